#!/usr/bin/env python3
"""Makes the tokens and keys of the tests of explain.

It needs PyJWT, cryptography, openssl and ssh-keygen: on Debian, "apt-get install python3-jwt
python3-cryptography openssl openssh-client". Run it in its own directory. Every key is
thrown away but rsa-private.pem, which a test passes in place of a public key.
"""
import base64, hashlib, hmac, json, os, subprocess, tempfile
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

EXP = 4102444800  # the year 2100
ISS, AUD = "https://issuer.example.com", "orders"
tmp = tempfile.mkdtemp()


def run(*args, **kw):
    return subprocess.run(args, check=True, capture_output=True, **kw).stdout


def write(name, content):
    with open(name, "wb") as f:
        f.write(content if isinstance(content, bytes) else content.encode())


def read(name):
    with open(name, "rb") as f:
        return f.read()


def b64(b):
    return base64.urlsafe_b64encode(b).rstrip(b"=").decode()


def claims(**more):
    c = {"iss": ISS, "aud": AUD, "sub": "alice", "exp": EXP}
    c.update(more)
    return {k: v for k, v in c.items() if v is not None}


def token(name, key, alg, header=None, **more):
    write(name + ".jwt", jwt.encode(claims(**more), key, algorithm=alg, headers=header) + "\n")


def by_hand(name, header, payload, sign):
    """A token that PyJWT refuses to make."""
    segments = [b64(json.dumps(header).encode()), b64(payload if isinstance(payload, bytes) else json.dumps(payload).encode())]
    signing = ".".join(segments).encode()
    write(name + ".jwt", signing.decode() + "." + b64(sign(signing)) + "\n")


# Keys, by openssl and ssh-keygen.
run("openssl", "genrsa", "-out", tmp + "/rsa.pem", "2048")
write("rsa-private.pem", read(tmp + "/rsa.pem"))
write("rsa.pem", run("openssl", "rsa", "-in", tmp + "/rsa.pem", "-pubout"))
write("rsa-pkcs1.pem", run("openssl", "rsa", "-in", tmp + "/rsa.pem", "-RSAPublicKey_out"))
write("rsa.crt", run("openssl", "req", "-x509", "-new", "-key", tmp + "/rsa.pem", "-days", "36500", "-subj", "/CN=issuer.example.com"))
write("rsa.der", run("openssl", "rsa", "-in", tmp + "/rsa.pem", "-pubout", "-outform", "DER"))
run("openssl", "genrsa", "-out", tmp + "/other.pem", "2048")
write("other.pem", run("openssl", "rsa", "-in", tmp + "/other.pem", "-pubout"))
run("openssl", "genrsa", "-out", tmp + "/small.pem", "1024")
write("small.pem", run("openssl", "rsa", "-in", tmp + "/small.pem", "-pubout"))
run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", tmp + "/ec.pem")
write("ec.pem", run("openssl", "ec", "-in", tmp + "/ec.pem", "-pubout"))
run("openssl", "genpkey", "-algorithm", "ed25519", "-out", tmp + "/ed.pem")
write("ed.pem", run("openssl", "pkey", "-in", tmp + "/ed.pem", "-pubout"))
for kind, size in [("rsa", "2048"), ("ecdsa", "256"), ("ed25519", "256")]:
    run("ssh-keygen", "-q", "-t", kind, "-b", size, "-N", "", "-C", "a comment", "-f", tmp + "/ssh_" + kind, "-m", "PEM")
    write("ssh-" + kind + ".pub", read(tmp + "/ssh_" + kind + ".pub"))
# Larger curves: each in PEM and as a line of ssh-keygen.
for size, curve in [("384", "secp384r1"), ("521", "secp521r1")]:
    run("openssl", "ecparam", "-name", curve, "-genkey", "-noout", "-out", tmp + "/ec-" + size + ".pem")
    write("ec-" + size + ".pem", run("openssl", "ec", "-in", tmp + "/ec-" + size + ".pem", "-pubout"))
    run("ssh-keygen", "-q", "-t", "ecdsa", "-b", size, "-N", "", "-C", "a comment", "-f", tmp + "/ssh_ecdsa-" + size, "-m", "PEM")
    write("ssh-ecdsa-" + size + ".pub", read(tmp + "/ssh_ecdsa-" + size + ".pub"))
RSA, OTHER, SMALL, EC, ED = (read(tmp + "/" + n) for n in ("rsa.pem", "other.pem", "small.pem", "ec.pem", "ed.pem"))
write("secret.txt", run("openssl", "rand", "-base64", "32"))  # with the line break of openssl
write("secret-hex.txt", run("openssl", "rand", "-hex", "32").strip())
SECRET = read("secret.txt").strip()
write("secret-trimmed.txt", SECRET)
write("secret-decoded.bin", base64.b64decode(SECRET))
write("secret-quoted.txt", b'"' + SECRET + b'"')
write("secret-short.txt", b"only-20-bytes-secret")

# Good tokens.
token("hs256", SECRET, "HS256")
token("rs256", RSA, "RS256")
token("ps256", RSA, "PS256")
token("es256", EC, "ES256")
token("eddsa", ED, "EdDSA")
for kind, alg in [("rsa", "RS256"), ("ecdsa", "ES256"), ("ed25519", "EdDSA")]:
    key = serialization.load_ssh_private_key(read(tmp + "/ssh_" + kind), None) if kind == "ed25519" else read(tmp + "/ssh_" + kind)
    token("ssh-" + kind, key, alg)
for size, alg in [("384", "ES384"), ("521", "ES512")]:
    token(alg.lower(), read(tmp + "/ec-" + size + ".pem"), alg)
    token("ssh-ecdsa-" + size, read(tmp + "/ssh_ecdsa-" + size), alg)

# Secrets and keys.
token("hs256-decoded", base64.b64decode(SECRET), "HS256")
token("hs256-hex-decoded", bytes.fromhex(read("secret-hex.txt").decode()), "HS256")
token("hs256-line-break", SECRET + b"\n", "HS256")
token("hs256-short", read("secret-short.txt"), "HS256")
token("hs256-example", "your-256-bit-secret", "HS256")
token("hs256-empty", "", "HS256")
token("hs512", SECRET, "HS512")
token("rs512", RSA, "RS512")
token("rs256-other", OTHER, "RS256")
token("rs256-small", SMALL, "RS256")
token("none", "", "none")
by_hand("hs256-public-key", {"alg": "HS256", "typ": "JWT"}, claims(), lambda s: hmac.new(read("rsa.pem"), s, hashlib.sha256).digest())
by_hand("es256-der", {"alg": "ES256", "typ": "JWT"}, claims(), lambda s: run("openssl", "dgst", "-sha256", "-sign", tmp + "/ec.pem", input=s))
by_hand("rs256-named-ps256", {"alg": "PS256", "typ": "JWT"}, claims(), lambda s: run("openssl", "dgst", "-sha256", "-sign", tmp + "/rsa.pem", input=s))
by_hand("graph", {"alg": "RS256", "typ": "JWT", "nonce": "x"}, claims(), lambda s: b"\x01" * 256)
by_hand("no-alg", {"typ": "JWT"}, claims(), lambda s: b"\x01" * 256)
token("crit", RSA, "RS256", {"crit": ["exp2"], "exp2": 1})

# Claims.
for name, value in [("milliseconds", EXP * 1000), ("text", str(EXP)), ("lifetime", 3600), ("none", None)]:
    by_hand("exp-" + name, {"alg": "HS256"}, claims(exp=value), lambda s: hmac.new(SECRET, s, hashlib.sha256).digest())
by_hand("exp-date", {"alg": "HS256"}, claims(exp="2100-01-01T00:00:00Z"), lambda s: hmac.new(SECRET, s, hashlib.sha256).digest())
by_hand("expires", {"alg": "HS256"}, claims(exp=None, expires_at=EXP), lambda s: hmac.new(SECRET, s, hashlib.sha256).digest())
by_hand("sub-number", {"alg": "HS256"}, claims(sub=4711), lambda s: hmac.new(SECRET, s, hashlib.sha256).digest())
by_hand("aud-list", {"alg": "HS256"}, claims(aud="orders,billing"), lambda s: hmac.new(SECRET, s, hashlib.sha256).digest())
by_hand("latin1", {"alg": "HS256"}, '{"name": "Zo\u00eb", "exp": 4102444800}'.encode("latin-1"), lambda s: hmac.new(SECRET, s, hashlib.sha256).digest())
by_hand("not-object", {"alg": "HS256"}, b"alice", lambda s: hmac.new(SECRET, s, hashlib.sha256).digest())
token("iss-slash", SECRET, "HS256", iss=ISS + "/")
token("iss-http", SECRET, "HS256", iss="http://issuer.example.com")
token("iss-other-host", SECRET, "HS256", iss="http://keycloak:8080/realms/shop")
token("iss-google", SECRET, "HS256", iss="accounts.google.com")
token("entra-v1", SECRET, "HS256", iss="https://sts.windows.net/8f6bd982-92c3-4de0-985d-0e287c55e379/", aud="api://2ed2bb8a-53ea-4bbb-aa8a-2b0f9c2f2f31")
token("cognito-access", SECRET, "HS256", aud=None, token_use="access", client_id="1example23456789")
token("dpop", SECRET, "HS256", cnf={"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"})
token("everything", SECRET, "HS256", iss=ISS + "/", aud="billing", exp=1700000000, cnf={"x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"})
token("logout", SECRET, "HS256", {"typ": "logout+jwt"})
token("at", SECRET, "HS256", {"typ": "at+jwt"})

# Keycloak 26: the tokens of a realm in their shape, and its key set with a key for
# encryption. Names and ids are made up.
KC = "https://sso.example.com/realms/shop"
kid, kid_enc, kid_es = "b9cDGwWIkhFLvVgVtmFUoJqzJqJ_6fC9DmJfZ6bFYSk", "s1x2y3sYbIQ3hV0dDq3yGg1kVgdo6c_zBvYkGkzpIuQ", "4CQ6nK2gJ4dJ0pFzJ8yHq3lUu2T7bZbUO1yB0Y3eX2c"
pub = serialization.load_pem_private_key(RSA, None).public_key().public_numbers()
oth = serialization.load_pem_private_key(OTHER, None).public_key().public_numbers()


def integer(i):
    return b64(i.to_bytes((i.bit_length() + 7) // 8, "big"))


def jwk(numbers, kid, alg, use):
    return {"kid": kid, "kty": "RSA", "alg": alg, "use": use, "n": integer(numbers.n), "e": "AQAB"}


def dump(name, keys):
    write(name, json.dumps({"keys": keys}, indent=1) + "\n")


dump("keycloak-jwks.json", [jwk(oth, kid_enc, "RSA-OAEP", "enc"), jwk(pub, kid, "RS256", "sig")])
dump("keycloak-jwks-enc.json", [jwk(pub, kid, "RSA-OAEP", "enc"), jwk(oth, kid_enc, "RS256", "sig")])
dump("keycloak-jwks-ps256.json", [jwk(pub, kid, "PS256", "sig")])
dump("keycloak-jwks-ps512.json", [jwk(oth, kid, "PS256", "sig")])
dump("keycloak-jwks-rotated.json", [jwk(oth, kid_es, "RS256", "sig")])
write("jwk.json", json.dumps(jwk(pub, kid, "RS256", "sig")) + "\n")
write("jwk-private.json", jwt.algorithms.RSAAlgorithm.to_jwk(serialization.load_pem_private_key(OTHER, None)) + "\n")
write("jwk-oct.json", json.dumps({"kty": "oct", "alg": "HS256", "k": b64(SECRET)}) + "\n")
session = {"jti": "onrtac:5b0f1dc1-62b5-4a0a-9f0c-1b8b4bd1a111", "sid": "2f1ad1a6-0d9c-4c57-bb6a-c6b1a1a6d8aa", "iat": 1790000000, "azp": "shop-web", "acr": "1"}
access = dict(session, iss=KC, aud="account", sub="9d1c7d9e-7d8e-4b61-9d2f-6b4f3c1f9c11", typ="Bearer", scope="openid email profile",
              realm_access={"roles": ["offline_access", "uma_authorization", "default-roles-shop"]}, resource_access={"account": {"roles": ["manage-account"]}},
              email_verified=True, preferred_username="alice", email="alice@example.com")
token("keycloak-access", RSA, "RS256", {"kid": kid}, **access)
token("keycloak-access-orders", RSA, "RS256", {"kid": kid}, **dict(access, aud=["orders", "account"]))
token("keycloak-id", RSA, "RS256", {"kid": kid}, **dict(session, iss=KC, aud="shop-web", typ="ID", auth_time=1790000000, at_hash="3GfVnO0Wv8X0Vt3p9aYl0w", email="alice@example.com"))
token("keycloak-refresh", SECRET, "HS512", {"kid": "0c6ab37a-7f43-4b9a-9d87-7a37c6d8ea2c"}, **dict(session, iss=KC, aud=KC, typ="Refresh", scope="openid email profile"))
token("keycloak-16", RSA, "RS256", {"kid": kid}, **dict(access, iss="https://sso.example.com/auth/realms/shop", aud="orders"))

# Not a signed token.
head = b64(json.dumps({"alg": "dir", "enc": "A256GCM", "iss": "https://tenant.eu.auth0.com/"}).encode())
iv = os.urandom(12)
sealed = AESGCM(os.urandom(32)).encrypt(iv, json.dumps(claims()).encode(), head.encode())
write("jwe.txt", ".".join([head, "", b64(iv), b64(sealed[:-16]), b64(sealed[-16:])]) + "\n")
write("opaque.txt", b64(os.urandom(24)) + "\n")
