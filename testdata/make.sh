#!/bin/sh
# Makes the keys and tokens in this folder with other people's tools: PyJWT
# (Debian: python3-jwt, python3-cryptography), ssh-keygen and openssl. Run it
# here, with the names of the parts to make anew if not all of them. The private
# keys are thrown away, so all files of a part change together.
set -eu
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
exp=4102444800 # 2100-01-01

pyjwt() {
	openssl rand -hex 32 | tr -d '\n' >hs256.secret
	ssh-keygen -q -t rsa -N '' -C bob@example -f "$tmp/jwt_key"
	cp "$tmp/jwt_key.pub" jwt_key.pub

	/usr/bin/python3 - "$tmp/jwt_key" $exp <<'PY'
import sys, jwt
from cryptography.hazmat.primitives import serialization
claims = {"sub": "bob", "exp": int(sys.argv[2])}
secret = open("hs256.secret").read()
open("pyjwt_hs256.jwt", "w").write(jwt.encode(claims, secret, algorithm="HS256"))
key = serialization.load_ssh_private_key(open(sys.argv[1], "rb").read(), password=None)
open("pyjwt_rs256.jwt", "w").write(jwt.encode(claims, key, algorithm="RS256"))
PY
}

b64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

# unsigned leaves the first two segments of a token in a file, for openssl takes
# what it signs with Ed25519 from nothing else.
unsigned() {
	header=$(printf '{"alg":"%s","typ":"JWT"}' "$1" | b64url)
	claims=$(printf '{"sub":"bob","exp":%d}' $exp | b64url)
	printf '%s.%s' "$header" "$claims" >"$tmp/unsigned"
}

# token reads the signature, base64url.
token() { printf '%s.%s' "$(cat "$tmp/unsigned")" "$(cat)"; }

rs256() {
	openssl genrsa -out "$tmp/rsa.pem" 2048 2>/dev/null
	openssl rsa -in "$tmp/rsa.pem" -pubout -out pkix.pem 2>/dev/null
	openssl rsa -in "$tmp/rsa.pem" -RSAPublicKey_out -out pkcs1.pem 2>/dev/null
	openssl req -new -x509 -key "$tmp/rsa.pem" -days 1 -subj /CN=expired.example -out certificate.pem
	unsigned RS256
	openssl dgst -sha256 -sign "$tmp/rsa.pem" -binary "$tmp/unsigned" | b64url | token >openssl_rs256.jwt
}

# A public key that is the wrong one everywhere.
ec() { openssl ecparam -name prime256v1 -genkey -noout | openssl ec -pubout -out ec.pem 2>/dev/null; }

ps256() {
	openssl genrsa -out "$tmp/pss.pem" 2048 2>/dev/null
	openssl rsa -in "$tmp/pss.pem" -pubout -out openssl_ps256.pem 2>/dev/null
	unsigned PS256
	openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest -sign "$tmp/pss.pem" -binary "$tmp/unsigned" |
		b64url | token >openssl_ps256.jwt
}

# openssl signs in DER; a token has r and s, 32 bytes each.
es256() {
	openssl ecparam -name prime256v1 -genkey -noout -out "$tmp/ec.pem"
	openssl ec -in "$tmp/ec.pem" -pubout -out openssl_es256.pem 2>/dev/null
	unsigned ES256
	openssl dgst -sha256 -sign "$tmp/ec.pem" -binary "$tmp/unsigned" |
		openssl asn1parse -inform DER | awk -F: '/INTEGER/ { printf "%64s", $NF }' | tr ' ' 0 | basenc --base16 -d |
		b64url | token >openssl_es256.jwt
}

ed25519() {
	openssl genpkey -algorithm ed25519 -out "$tmp/ed.pem"
	openssl pkey -in "$tmp/ed.pem" -pubout -out openssl_ed25519.pem
	unsigned EdDSA
	openssl pkeyutl -sign -rawin -inkey "$tmp/ed.pem" -in "$tmp/unsigned" | b64url | token >openssl_ed25519.jwt
}

# tools.json has a token of each algorithm by PyJWT, and one by openssl where it signs.
tools() {
	/usr/bin/python3 - "$tmp" $exp <<'PY'
import base64, json, subprocess, sys, jwt
tmp, exp = sys.argv[1], int(sys.argv[2])
claims = {"sub": "bob", "exp": exp}
b64 = lambda b: base64.urlsafe_b64encode(b).rstrip(b"=").decode()
def openssl(*args, **kw):
    return subprocess.run(["openssl", *args], check=True, capture_output=True, **kw).stdout
def numbers(der, size):  # r and s of a signature in DER
    at = 3 if der[1] == 0x81 else 2
    out = b""
    for _ in range(2):
        n = der[at + 1]
        out += int.from_bytes(der[at + 2:at + 2 + n], "big").to_bytes(size, "big")
        at += 2 + n
    return out
found = []
curves = {"ES256": ("prime256v1", 32), "ES384": ("secp384r1", 48), "ES512": ("secp521r1", 66)}
for alg in ["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]:
    private = tmp + "/private.pem"
    header = json.dumps({"alg": alg, "typ": "JWT"}, separators=(",", ":")).encode()
    signed = (b64(header) + "." + b64(json.dumps(claims).encode())).encode()
    digest = "-sha" + alg[2:]
    if alg[:2] == "HS":
        key = secret = openssl("rand", "-hex", "32").decode().strip()
        sig = bytes.fromhex(openssl("dgst", digest, "-mac", "HMAC", "-macopt", "key:" + key, input=signed).split()[-1].decode())
    else:
        if alg in curves:
            openssl("ecparam", "-name", curves[alg][0], "-genkey", "-noout", "-out", private)
        elif alg == "EdDSA":
            openssl("genpkey", "-algorithm", "ed25519", "-out", private)
        else:
            openssl("genrsa", "-out", private, "2048")
        key, secret = openssl("pkey", "-in", private, "-pubout").decode(), open(private).read()
        if alg in curves:
            sig = numbers(openssl("dgst", digest, "-sign", private, input=signed), curves[alg][1])
        elif alg == "EdDSA":
            open(tmp + "/signed", "wb").write(signed)
            sig = openssl("pkeyutl", "-sign", "-rawin", "-inkey", private, "-in", tmp + "/signed")
        else:
            pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"] if alg[0] == "P" else []
            sig = openssl("dgst", digest, *pss, "-sign", private, input=signed)
    found.append({"tool": "PyJWT", "alg": alg, "key": key, "token": jwt.encode(claims, secret, algorithm=alg)})
    found.append({"tool": "openssl", "alg": alg, "key": key, "token": signed.decode() + "." + b64(sig)})
json.dump(found, open("tools.json", "w"), indent=1)
PY
}

for part in ${*:-pyjwt rs256 ec ps256 es256 ed25519 tools}; do
	"$part"
done
