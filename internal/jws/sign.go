package jws

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha512"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
)

// A Signer makes the signatures of one algorithm. It is safe for concurrent use if its
// crypto.Signer is.
type Signer struct {
	signer    crypto.Signer
	algorithm *algorithm
}

// NewSigner returns the signer for an algorithm of public keys. signer is not nil, and may be in
// hardware. It signs once here, to see that it fits its public key.
func NewSigner(name string, signer crypto.Signer) (Signer, error) {
	s := Signer{signer, find(name)}
	verifier, err := NewVerifier(name, signer.Public())
	if err != nil {
		return Signer{}, err
	}
	const input = "A signature that is never sent."
	signature, err := s.Sign(input)
	if err != nil {
		return Signer{}, err
	}
	if ok, _ := verifier.Verify(input, signature, NewWorkspace(0)); !ok {
		return Signer{}, errors.New("the signature of the signer does not verify: mind that its Public and Sign use the same key")
	}
	return s, nil
}

// Sign returns the signature of a signing input, in base64url.
func (s Signer) Sign(input string) (string, error) {
	return SignBy(s.algorithm.name, input, func(digest []byte, options crypto.SignerOpts) ([]byte, error) {
		return s.signer.Sign(rand.Reader, digest, options)
	})
}

// SignBy returns the signature of a signing input, in base64url. sign is called as the Sign of a
// crypto.Signer is. name is an algorithm of public keys.
func SignBy(name, input string, sign func(digest []byte, options crypto.SignerOpts) ([]byte, error)) (string, error) {
	a := find(name)
	var sum [sha512.Size]byte
	digest, options := a.digest(&sum, []byte(input)), crypto.SignerOpts(a.hash)
	switch a.family {
	case edFamily: // it signs the text, RFC 8037 section 3.1
		digest, options = []byte(input), crypto.Hash(0)
	case pssFamily:
		options = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: a.hash} // RFC 7518 section 3.5
	}
	signature, err := sign(digest, options)
	if err != nil {
		return "", fmt.Errorf("the signer failed: %w", err)
	}
	if a.family == ecFamily {
		if signature, err = joined(signature, (a.curve.Params().BitSize+7)/8); err != nil {
			return "", err
		}
	}
	return base64.RawURLEncoding.EncodeToString(signature), nil
}

// A MAC makes the signatures of one HMAC, RFC 7518 section 3.2. It is safe for concurrent use.
type MAC struct {
	verifier *hmacVerifier
	work     *Workspace
}

// NewMAC returns the MAC of a secret. It refuses the secrets that NewVerifier refuses.
func NewMAC(name string, secret []byte) (MAC, error) {
	v, err := NewVerifier(name, secret)
	if err != nil {
		return MAC{}, err
	}
	return MAC{v.(*hmacVerifier), NewWorkspace(0)}, nil
}

// Sign returns the signature of a signing input, in base64url.
func (m MAC) Sign(input string) (string, error) {
	b := m.work.buffers.Get().(*buffers)
	defer m.work.buffers.Put(b)
	sum, err := m.verifier.sum(b, input)
	return base64.RawURLEncoding.EncodeToString(sum), err
}

// joined returns r and s side by side, each of half bytes, RFC 7518 section 3.4. A crypto.Signer
// returns both in DER.
func joined(der []byte, half int) ([]byte, error) {
	var numbers struct{ R, S *big.Int }
	rest, err := asn1.Unmarshal(der, &numbers)
	if err != nil || len(rest) > 0 || numbers.R.Sign() <= 0 || numbers.S.Sign() <= 0 || max(numbers.R.BitLen(), numbers.S.BitLen()) > 8*half {
		return nil, errors.New("the signer's ECDSA signature is not r and s in DER: have its Sign return what that of the standard library returns")
	}
	signature := make([]byte, 2*half)
	numbers.R.FillBytes(signature[:half])
	numbers.S.FillBytes(signature[half:])
	return signature, nil
}
