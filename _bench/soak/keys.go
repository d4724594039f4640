package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
)

// algorithms are one of each kind of key. The names of the fixed issuer's keys are the same.
var algorithms = []string{"HS256", "RS256", "PS256", "ES256", "EdDSA"}

// generate makes a private and a public key, or one secret.
func generate(alg string) (private, public any, err error) {
	var key crypto.Signer
	switch alg {
	case "HS256":
		secret := []byte(rand.Text() + rand.Text())
		return secret, secret, nil
	case "ES256":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "EdDSA":
		_, key, err = ed25519.GenerateKey(nil)
	default:
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		return nil, nil, err
	}
	return key, key.Public(), nil
}

// newKeys makes keys of all kinds.
func newKeys() (map[string]signer, jwthttp.KeySet, error) {
	signers, set := map[string]signer{}, jwthttp.KeySet{}
	for _, alg := range algorithms {
		private, public, err := generate(alg)
		if err != nil {
			return nil, nil, err
		}
		signers[alg] = newSigner(alg, alg, private)
		set = append(set, jwthttp.NewKey(jwt.GetSigningMethod(alg), public).WithID(alg))
	}
	return signers, set, nil
}
