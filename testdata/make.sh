#!/bin/sh
# Makes the keys and tokens in this folder with other people's tools: PyJWT
# (Debian: python3-jwt, python3-cryptography), ssh-keygen and openssl. Run it
# here; the private keys are thrown away, so all files change together.
set -eu
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
exp=4102444800 # 2100-01-01

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

openssl genrsa -out "$tmp/rsa.pem" 2048 2>/dev/null
openssl rsa -in "$tmp/rsa.pem" -pubout -out pkix.pem 2>/dev/null
openssl rsa -in "$tmp/rsa.pem" -RSAPublicKey_out -out pkcs1.pem 2>/dev/null
openssl req -new -x509 -key "$tmp/rsa.pem" -days 1 -subj /CN=expired.example -out certificate.pem
openssl ecparam -name prime256v1 -genkey -noout | openssl ec -pubout -out ec.pem 2>/dev/null

b64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
signed=$(printf '{"alg":"RS256","typ":"JWT"}' | b64url).$(printf '{"sub":"bob","exp":%d}' $exp | b64url)
signature=$(printf %s "$signed" | openssl dgst -sha256 -sign "$tmp/rsa.pem" -binary | b64url)
printf %s "$signed.$signature" >openssl_rs256.jwt
