package jws

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha512"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"

	"github.com/jwthttp/jwthttp/internal/validate"
)

const maxSigning = 16 // calls of one crypto.Signer at once

// A Signer makes the signatures of one algorithm. It is safe for concurrent use if its crypto.Signer
// is.
type Signer struct {
	Public  crypto.PublicKey // nil for a secret
	IsLocal bool             // the key is in memory, so that signing does not stall

	algorithm *algorithm
	mac       *hmacVerifier // for a secret
	work      *Workspace    // for a secret
	signer    crypto.Signer
	size      int // of a signature of an RSA or Ed25519 key
	slots     chan struct{}
}

// NewSigner returns the signer for an algorithm and a key: a []byte for HMAC, else a crypto.Signer.
// A crypto.Signer may be in hardware or at a service. Its Sign is not called here. The error says
// how to get a good key.
func NewSigner(name string, material any) (*Signer, error) {
	s := &Signer{algorithm: find(name)}
	if s.algorithm.family == hmacFamily {
		v, err := NewVerifier(name, material)
		if err == ErrMaterial {
			return nil, MaterialError(name, material)
		}
		if err != nil {
			return nil, err
		}
		s.IsLocal, s.mac, s.work = true, v.(*hmacVerifier), NewWorkspace(0)
		return s, nil
	}
	var ok bool
	s.signer, ok = material.(crypto.Signer)
	// Public of a short Ed25519 key panics.
	if ed, isEd := material.(ed25519.PrivateKey); validate.IsNil(material) || isEd && len(ed) != ed25519.PrivateKeySize {
		return nil, errors.New("the private key is nil or empty: read one from a file, and check its error")
	}
	if !ok {
		return nil, fmt.Errorf("%s signs with a private key or another crypto.Signer, and got %T: read a key from a file with ParsePrivateKey", name, material)
	}
	var err error
	if s.Public, err = publicOf(s.signer); err != nil {
		return nil, err
	}
	if _, err := NewVerifier(name, s.Public); err == ErrMaterial {
		if others := AlgorithmsFor(s.Public); others != nil {
			return nil, fmt.Errorf("%s does not take a key for %s: use the method of the key", name, List(others, "or"))
		}
		return nil, fmt.Errorf("%s does not take the public key of the signer (%T): use the algorithm of the key, or have Public return what that of the standard library returns", name, s.Public)
	} else if err != nil {
		return nil, err
	}
	s.size = ed25519.SignatureSize
	if pub, ok := s.Public.(*rsa.PublicKey); ok {
		s.size = pub.Size()
	}
	switch key := s.signer.(type) {
	case *rsa.PrivateKey, *ecdsa.PrivateKey:
		s.IsLocal = true
	case ed25519.PrivateKey:
		s.IsLocal, s.signer = true, slices.Clone(key) // the caller may clear it
	default:
		s.slots = make(chan struct{}, maxSigning)
	}
	return s, nil
}

// publicOf calls Public of the caller's signer.
func publicOf(signer crypto.Signer) (public any, err error) {
	defer func() {
		if recover() != nil {
			err = fmt.Errorf("the signer's Public panics (%T): have it return the public key", signer)
		}
	}()
	return signer.Public(), nil
}

// Check signs once, and returns an error if the signature is not one of the public key.
func (s *Signer) Check() error {
	const input = "A signature that is never sent."
	signature, err := s.Sign(context.Background(), input)
	if err != nil {
		return fmt.Errorf("%w: read a whole key from a file with ParsePrivateKey", err)
	}
	if s.mac != nil {
		return nil
	}
	verifier, err := NewVerifier(s.algorithm.name, s.Public)
	if err != nil {
		return err
	}
	if ok, _ := verifier.Verify(input, signature, NewWorkspace(0)); !ok {
		return errors.New("the signature of the signer does not verify: mind that its Public and Sign use the same key")
	}
	return nil
}

// Sign returns the signature of a signing input, in base64url. It returns when ctx is done at the
// latest.
func (s *Signer) Sign(ctx context.Context, input string) (string, error) {
	if s.mac != nil {
		b := s.work.buffers.Get().(*buffers)
		defer s.work.buffers.Put(b)
		sum, err := s.mac.sum(b, input)
		return base64.RawURLEncoding.EncodeToString(sum), err
	}
	a := s.algorithm
	var sum [sha512.Size]byte
	digest, options := a.digest(&sum, []byte(input)), crypto.SignerOpts(a.hash)
	switch a.family {
	case edFamily: // it signs the text, RFC 8037 section 3.1
		digest, options = []byte(input), crypto.Hash(0)
	case pssFamily:
		options = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: a.hash} // RFC 7518 section 3.5
	}
	signature, err := s.call(ctx, digest, options)
	if err != nil {
		return "", fmt.Errorf("the signer failed: %w", err)
	}
	if a.family == ecFamily {
		if signature, err = joined(signature, (a.curve.Params().BitSize+7)/8); err != nil {
			return "", err
		}
	} else if len(signature) != s.size {
		return "", fmt.Errorf("the signer's signature has %d bytes, and those of its key have %d: have its Sign return what that of the standard library returns", len(signature), s.size)
	}
	return base64.RawURLEncoding.EncodeToString(signature), nil
}

// call calls the crypto.Signer, on a goroutine if it may stall. That keeps its slot until the signer
// returns, so there are never more than maxSigning of them.
func (s *Signer) call(ctx context.Context, digest []byte, opts crypto.SignerOpts) (signature []byte, err error) {
	if s.IsLocal {
		return s.run(ctx, digest, opts)
	}
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("%d calls of it have not returned: %w", maxSigning, context.Cause(ctx))
	}
	type result struct {
		signature []byte
		err       error
	}
	done := make(chan result, 1)
	go func() {
		res := result{err: errors.New("it ended its goroutine")}
		defer func() {
			<-s.slots
			done <- res
		}()
		res.signature, res.err = s.run(ctx, digest, opts)
	}()
	select {
	case res := <-done:
		return res.signature, res.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// run has the crypto.Signer sign. A panic is an error: a key in memory that lacks its private half
// panics too.
func (s *Signer) run(ctx context.Context, digest []byte, opts crypto.SignerOpts) (signature []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			switch p.(type) {
			case error, string:
				err = fmt.Errorf("it panicked: %.200v", p)
			default: // which may be a key
				err = fmt.Errorf("it panicked with a %T", p)
			}
		}
	}()
	if withContext, ok := s.signer.(interface {
		SignContext(ctx context.Context, rand io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error)
	}); ok {
		return withContext.SignContext(ctx, rand.Reader, digest, opts)
	}
	return s.signer.Sign(rand.Reader, digest, opts)
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
