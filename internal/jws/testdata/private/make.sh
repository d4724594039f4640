#!/bin/sh
# Makes the keys in this folder anew, with openssl 3.0 and OpenSSH 9.2. FILE.pub is the public half
# of FILE, as the same program writes it. The keys are for tests alone.
set -eu
cd "$(dirname "$0")"
find . -type f ! -name make.sh -delete
exec 2>/dev/null

openssl genrsa -out pkcs8-rsa 2048
openssl rsa -in pkcs8-rsa -traditional -out pkcs1
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out pkcs8-p256
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521 -out pkcs8-p521
openssl genpkey -algorithm ed25519 -out pkcs8-ed25519
openssl ecparam -name prime256v1 -genkey -out sec1-p256
openssl ecparam -name secp384r1 -genkey -noout -out sec1-p384
openssl ec -in sec1-p384 -conv_form compressed -out sec1-compressed
openssl ec -in sec1-p384 -no_public -out sec1-no-public
for file in pkcs* sec1*; do
	openssl pkey -in $file -pubout -out $file.pub
done
openssl ec -in sec1-p384 -pubout -out sec1-compressed.pub

for kind in rsa-2048 ed25519-256 ecdsa-256 ecdsa-384 ecdsa-521; do
	ssh-keygen -q -t ${kind%-*} -b ${kind#*-} -N '' -C 'a key for tests' -f ssh-$kind
done

openssl pkcs8 -topk8 -in pkcs8-p256 -v2 aes256 -passout pass:hunter2 -out bad-encrypted-pkcs8
openssl rsa -in pkcs1 -traditional -aes128 -passout pass:hunter2 -out bad-encrypted-pkcs1
ssh-keygen -q -t ed25519 -N hunter2 -C '' -f bad-encrypted-ssh
openssl dsaparam -out dsa 1024
openssl gendsa -out bad-dsa-pkcs8 dsa
openssl pkey -in bad-dsa-pkcs8 -traditional -out bad-dsa
ssh-keygen -q -t dsa -N '' -C '' -f bad-dsa-ssh
openssl genpkey -algorithm x25519 -out bad-x25519
openssl genpkey -algorithm ed448 -out bad-ed448
openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out bad-rsa-pss
openssl genrsa -out bad-small-pkcs8 1024
ssh-keygen -q -t rsa -b 1024 -N '' -C '' -f bad-small-ssh
openssl ecparam -name secp256k1 -genkey -noout -out bad-secp256k1
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 -out bad-secp256k1-pkcs8
openssl ecparam -name prime256v1 -param_enc explicit -genkey -noout -out bad-explicit
openssl ecparam -name prime256v1 -out bad-parameters
openssl req -x509 -new -key pkcs1 -days 36500 -subj /CN=issuer.example.com -out bad-certificate
rm -f dsa bad-*.pub
