package jws

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
)

// NewOneTimeVerifier is NewVerifier for a public key that came with a signature. It checks no more
// than a good signature leaves open, and does not copy the key. Its Verify takes a workspace that
// remembers nothing.
func NewOneTimeVerifier(name string, material any) (Verifier, error) {
	a := find(name)
	if a == nil || !a.takes(material) {
		return nil, ErrMaterial
	}
	switch m := material.(type) {
	case *rsa.PublicKey:
		if err := checkRSA(m); err != nil {
			return nil, err
		}
		return &publicVerifier{scheme: rsaScheme{m, a.hash, a.family == pssFamily}, algorithm: a}, nil
	case *ecdsa.PublicKey:
		return &publicVerifier{scheme: ecScheme{m}, algorithm: a}, nil
	case ed25519.PublicKey:
		if err := checkEdForm(m); err != nil {
			return nil, err
		}
		return &publicVerifier{scheme: edScheme{m}, algorithm: a}, nil
	}
	return nil, ErrMaterial // a secret
}
