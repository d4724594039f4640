package jwthttp

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"fmt"

	"github.com/jwthttp/jwthttp/internal/jws"
)

// HS256 returns a key for HMAC with SHA-256, RFC 7518 section 3.2. The secret is
// copied and taken byte for byte: base64 is not decoded, and the line break at
// the end of a file counts. It has 32 bytes or more, random ones: "openssl rand
// -base64 32" makes them. A shorter one, one of zeros, or the text of a public key, is
// an error from [New].
func HS256(secret []byte) Key { return newKey(jws.HS256, secret) }

// RS256 returns a key for RSASSA-PKCS1-v1_5 with SHA-256, RFC 7518 section 3.3.
// The key is copied and has 2048 to 8192 bits; another one, or nil, is an error
// from [New]. [ParseRSAPublicKey] reads one from a file.
func RS256(pub *rsa.PublicKey) Key { return newKey(jws.RS256, pub) }

// PS256 returns a key for RSASSA-PSS with SHA-256 and a salt of 32 bytes, RFC
// 7518 section 3.5. What holds for the key of [RS256] holds for it.
func PS256(pub *rsa.PublicKey) Key { return newKey(jws.PS256, pub) }

// ES256 returns a key for ECDSA with P-256 and SHA-256, RFC 7518 section 3.4. The
// key is copied; nil, or one of another curve or beside it, is an error from
// [New]. [jwt.ParseECPublicKeyFromPEM] reads one from a file.
func ES256(pub *ecdsa.PublicKey) Key { return newKey(jws.ES256, pub) }

// EdDSA returns a key for Ed25519, RFC 8037 section 3.1. The key is copied; nil,
// or one that has not 32 bytes or is of small order, is an error from [New].
// [jwt.ParseEdPublicKeyFromPEM] reads one from a file.
func EdDSA(pub ed25519.PublicKey) Key { return newKey(jws.EdDSA, pub) }

func newKey(algorithm string, material any) Key {
	verifier, err := jws.NewVerifier(algorithm, material)
	return Key{&keyMaterial{algorithm: algorithm, verifier: verifier, mistake: err}}
}

// ParseRSAPublicKey reads the public key for [RS256] from the bytes of a file:
//
//   - PEM: "PUBLIC KEY" (PKIX), "RSA PUBLIC KEY" (PKCS #1) or "CERTIFICATE", whose
//     dates and chain are not checked: it is trusted because you name it
//   - one line as ssh-keygen writes it to a .pub file: "ssh-rsa AAAA… comment"
//
// The error says what was found instead (a private key, another kind of key, two
// keys) and how to get what is wanted. The key has 2048 to 8192 bits.
func ParseRSAPublicKey(data []byte) (*rsa.PublicKey, error) {
	pub, err := jws.ParseRSAPublicKey(data)
	if err != nil {
		return nil, fmt.Errorf("jwthttp: ParseRSAPublicKey: %w", err)
	}
	return pub, nil
}
