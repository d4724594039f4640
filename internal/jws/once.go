package jws

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
)

// ErrSignature is the error of VerifyOnce for a good key and another signature.
var ErrSignature = errors.New("the signature is not one of this key")

// VerifyOnce verifies sig, in Base64URL, with a key that came with it. The name is one of an
// asymmetric algorithm, and material a key as for NewVerifier. w remembers no signatures. The key
// is not copied, and a good signature proves that it can verify. The error is ErrMaterial,
// ErrSignature, or says what is wrong with the key.
func (w *Workspace) VerifyOnce(name string, material any, signingInput, sig string) error {
	a := find(name)
	if a == nil || !a.takes(material) {
		return ErrMaterial
	}
	var sch scheme
	switch m := material.(type) {
	case *rsa.PublicKey:
		if err := checkRSA(m); err != nil {
			return err
		}
		sch = rsaScheme{m, a.hash, a.family == pssFamily}
	case *ecdsa.PublicKey:
		sch = ecScheme{m}
	case ed25519.PublicKey:
		if err := checkEdForm(m); err != nil {
			return err
		}
		sch = edScheme{m}
	default: // HMAC
		return ErrMaterial
	}
	if ok, _ := (&publicVerifier{scheme: sch, algorithm: a}).Verify(signingInput, sig, w); !ok {
		return ErrSignature
	}
	return nil
}
