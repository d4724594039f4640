// Package jws verifies the signatures of tokens (RFC 7515, RFC 7518, RFC 8037) by
// keys that are fit for it, and remembers those that have verified.
package jws

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"math/big"

	"github.com/jwthttp/jwthttp/internal/reserve"
)

// The algorithms, RFC 7518 section 3.1 and RFC 8037 section 3.1.
const (
	HS256 = "HS256"
	RS256 = "RS256"
	PS256 = "PS256"
	ES256 = "ES256"
	EdDSA = "EdDSA"
)

// Base64URL is base64url without padding, RFC 7515 section 2; strict about trailing
// bits.
var Base64URL = base64.RawURLEncoding.Strict()

// A Verifier has a key of one algorithm. It is safe for concurrent use.
type Verifier interface {
	// Verify checks sig, Base64URL, against the signing input. It may look it up in
	// memory, and adds to it what has verified; memory may be nil.
	Verify(signingInput, sig string, memory *Memory) (ok, remembered bool)

	// IsFor reports whether the key was made of equal material.
	IsFor(material any) bool
}

type hmacVerifier struct {
	secret []byte
	states reserve.Reserve[hmacState]
}

// An hmacState is what one verification needs; reused, since setting up a keyed
// hash costs more than hashing a short token.
type hmacState struct {
	mac       hash.Hash
	chunk     [4 << 10]byte
	sum       [sha256.Size]byte
	signature [sha256.Size]byte
}

func (v *hmacVerifier) IsFor(material any) bool {
	secret, ok := material.([]byte)
	return ok && hmac.Equal(secret, v.secret)
}

// Verify remembers nothing: to look up a digest takes longer than this.
func (v *hmacVerifier) Verify(signingInput, sig string, _ *Memory) (ok, remembered bool) {
	if len(sig) != Base64URL.EncodedLen(sha256.Size) {
		return false, false
	}
	s := v.states.Get()
	defer v.states.Put(s)
	if _, err := Base64URL.Decode(s.signature[:], []byte(sig)); err != nil {
		return false, false
	}
	s.mac.Reset()
	writeString(s.mac, s.chunk[:], signingInput)
	equal := hmac.Equal(s.mac.Sum(s.sum[:0]), s.signature[:])
	clear(s.sum[:]) // it is a good signature, also where the token's was not
	return equal, false
}

// A publicVerifier verifies the signatures of one public key, and remembers them.
type publicVerifier struct {
	scheme
	fingerprint [sha256.Size]byte // of algorithm and key
	states      reserve.Reserve[publicState]
}

// A scheme is an asymmetric algorithm with its key.
type scheme interface {
	size() int // of a signature, in bytes
	IsFor(material any) bool
	// check verifies s.signature against the signing input, whose digest is s.sum.
	check(s *publicState, signingInput string) bool
}

type publicState struct {
	hash      hash.Hash
	chunk     [4 << 10]byte
	sum       [sha256.Size]byte
	seen      digest
	signature []byte
	message   []byte // for a scheme that hashes by itself
}

// pub is the public key in an encoding that no other of the algorithm has.
func newPublicVerifier(algorithm string, sch scheme, pub []byte) *publicVerifier {
	v := &publicVerifier{scheme: sch}
	v.fingerprint = sha256.Sum256(append([]byte(algorithm+" "), pub...))
	v.states.Make = func() *publicState { return &publicState{hash: sha256.New(), signature: make([]byte, sch.size())} }
	return v
}

func (v *publicVerifier) Verify(signingInput, sig string, memory *Memory) (ok, remembered bool) {
	if len(sig) != Base64URL.EncodedLen(v.size()) {
		return false, false
	}
	s := v.states.Get()
	defer v.states.Put(s)
	if _, err := Base64URL.Decode(s.signature, []byte(sig)); err != nil {
		return false, false
	}
	s.hash.Reset()
	writeString(s.hash, s.chunk[:], signingInput)
	s.hash.Sum(s.sum[:0])
	if memory == nil {
		return v.check(s, signingInput), false
	}
	// Parts of fixed length stand before the one whose length the key fixes.
	s.hash.Reset()
	s.hash.Write(v.fingerprint[:])
	s.hash.Write(s.sum[:])
	s.hash.Write(s.signature)
	s.hash.Sum(s.seen[:0])
	if memory.has(&s.seen) {
		return true, true
	}
	if !v.check(s, signingInput) {
		return false, false
	}
	memory.add(s.seen)
	return true, false
}

type rsaScheme struct {
	key *rsa.PublicKey
	pss bool
}

func (r rsaScheme) size() int { return r.key.Size() }

func (r rsaScheme) IsFor(material any) bool {
	pub, ok := material.(*rsa.PublicKey)
	return ok && pub.N != nil && pub.E == r.key.E && pub.N.Cmp(r.key.N) == 0
}

func (r rsaScheme) check(s *publicState, _ string) bool {
	if r.pss {
		return rsa.VerifyPSS(r.key, crypto.SHA256, s.sum[:], s.signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
	}
	return rsa.VerifyPKCS1v15(r.key, crypto.SHA256, s.sum[:], s.signature) == nil
}

type ecScheme struct{ key *ecdsa.PublicKey }

func (e ecScheme) size() int { return 64 } // r and s, RFC 7518 section 3.4

func (e ecScheme) IsFor(material any) bool {
	pub, ok := material.(*ecdsa.PublicKey)
	//lint:ignore SA1019 Bytes allocates, for every token of a FromKeyfunc
	return ok && pub.Curve == elliptic.P256() && pub.X != nil && pub.Y != nil && pub.X.Cmp(e.key.X) == 0 && pub.Y.Cmp(e.key.Y) == 0
}

func (e ecScheme) check(state *publicState, _ string) bool {
	var r, s big.Int
	r.SetBytes(state.signature[:32])
	s.SetBytes(state.signature[32:])
	return ecdsa.Verify(e.key, state.sum[:], &r, &s)
}

type edScheme struct{ key ed25519.PublicKey }

func (e edScheme) size() int { return ed25519.SignatureSize }

func (e edScheme) IsFor(material any) bool {
	pub, ok := material.(ed25519.PublicKey)
	return ok && e.key.Equal(pub)
}

func (e edScheme) check(s *publicState, signingInput string) bool {
	s.message = append(s.message[:0], signingInput...)
	return ed25519.Verify(e.key, s.message, s.signature)
}

// writeString hashes s by way of chunk, so that no copy of it is allocated.
func writeString(h hash.Hash, chunk []byte, s string) {
	for len(s) > 0 {
		n := copy(chunk, s)
		h.Write(chunk[:n])
		s = s[n:]
	}
}
