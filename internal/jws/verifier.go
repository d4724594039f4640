// Package jws has JSON Web Signatures (RFC 7515, RFC 7518, RFC 8037). It splits a token, reads
// its header, checks keys and verifies signatures. It remembers the signatures that have
// verified.
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

// Base64URL is base64url without padding, RFC 7515 section 2. Trailing bits must be zero.
var Base64URL = base64.RawURLEncoding.Strict()

// A Verifier verifies signatures with one key of one algorithm. It is safe for concurrent use.
type Verifier interface {
	// Verify reports whether sig, in Base64URL, is a signature of signingInput. remembered
	// reports whether w remembered it. A signature that verifies is added to w.
	Verify(signingInput, sig string, w *Workspace) (ok, remembered bool)

	// IsFor reports whether material, as for NewVerifier, is the same key.
	IsFor(material any) bool
}

// A Workspace has the memory and the buffers that all keys share. It is safe for concurrent
// use.
type Workspace struct {
	memory  *memory // nil if nothing is remembered
	buffers reserve.Reserve[buffers]
}

// NewWorkspace returns a workspace that remembers n signatures of public keys, rounded up. It
// remembers none if n is not positive.
func NewWorkspace(n int) *Workspace {
	w := &Workspace{}
	if n > 0 {
		w.memory = newMemory(n)
	}
	w.buffers.Make = func() *buffers { return &buffers{hash: sha256.New()} }
	return w
}

// Remembered returns how many signatures are remembered. It is -1 for a workspace that
// remembers none.
func (w *Workspace) Remembered() int {
	if w.memory == nil {
		return -1
	}
	return w.memory.len()
}

// The buffers of one verification. Keys share them: otherwise, one forged token for each of
// 10,000 keys would leave 10,000 buffers in memory.
type buffers struct {
	hash      hash.Hash
	chunk     [2 * maxHeaderBytes]byte
	sum       [sha256.Size]byte
	seen      digest
	signature [maxRSABits / 8]byte
	message   []byte // for Ed25519, which hashes by itself, and for PeekIssuer
}

type hmacVerifier struct {
	secret []byte
	macs   reserve.Reserve[hash.Hash] // with the key: setting it costs more than hashing a short token
}

func (v *hmacVerifier) IsFor(material any) bool {
	secret, ok := material.([]byte)
	return ok && hmac.Equal(secret, v.secret)
}

// Verify remembers nothing, because looking a signature up would take longer.
func (v *hmacVerifier) Verify(signingInput, sig string, w *Workspace) (ok, remembered bool) {
	if len(sig) != Base64URL.EncodedLen(sha256.Size) {
		return false, false
	}
	b := w.buffers.Get()
	defer w.buffers.Put(b)
	signature := b.signature[:sha256.Size]
	if _, err := Base64URL.Decode(signature, []byte(sig)); err != nil {
		return false, false
	}
	mac := v.macs.Get()
	defer v.macs.Put(mac)
	(*mac).Reset()
	writeString(*mac, b.chunk[:], signingInput)
	equal := hmac.Equal((*mac).Sum(b.sum[:0]), signature)
	clear(b.sum[:]) // it is a good signature, even if the token's was bad
	return equal, false
}

// A publicVerifier verifies the signatures of one public key, and remembers them.
type publicVerifier struct {
	scheme
	fingerprint [sha256.Size]byte // of algorithm and key
}

// A scheme is an asymmetric algorithm with its key.
type scheme interface {
	size() int // of a signature, in bytes
	IsFor(material any) bool
	// check verifies sig against the signing input, whose digest is b.sum.
	check(b *buffers, signingInput string, sig []byte) bool
}

// pub is the public key in an encoding that differs for every key of the algorithm.
func newPublicVerifier(algorithm string, sch scheme, pub []byte) *publicVerifier {
	return &publicVerifier{sch, sha256.Sum256(append([]byte(algorithm+" "), pub...))}
}

func (v *publicVerifier) Verify(signingInput, sig string, w *Workspace) (ok, remembered bool) {
	if len(sig) != Base64URL.EncodedLen(v.size()) {
		return false, false
	}
	b := w.buffers.Get()
	defer w.buffers.Put(b)
	signature := b.signature[:v.size()]
	if _, err := Base64URL.Decode(signature, []byte(sig)); err != nil {
		return false, false
	}
	b.hash.Reset()
	writeString(b.hash, b.chunk[:], signingInput)
	b.hash.Sum(b.sum[:0])
	if w.memory == nil {
		return v.check(b, signingInput, signature), false
	}
	// The first two parts have a fixed length, and the key fixes that of the third. So no
	// other three parts have the same digest.
	b.hash.Reset()
	b.hash.Write(v.fingerprint[:])
	b.hash.Write(b.sum[:])
	b.hash.Write(signature)
	b.hash.Sum(b.seen[:0])
	if w.memory.has(&b.seen) {
		return true, true
	}
	if !v.check(b, signingInput, signature) {
		return false, false
	}
	w.memory.add(b.seen)
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

func (r rsaScheme) check(b *buffers, _ string, sig []byte) bool {
	return r.verify(b.sum[:], sig) == nil
}

func (r rsaScheme) verify(sum, sig []byte) error {
	if r.pss {
		return rsa.VerifyPSS(r.key, crypto.SHA256, sum, sig, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	}
	return rsa.VerifyPKCS1v15(r.key, crypto.SHA256, sum, sig)
}

type ecScheme struct{ key *ecdsa.PublicKey }

func (e ecScheme) size() int { return 64 } // r and s, RFC 7518 section 3.4

func (e ecScheme) IsFor(material any) bool {
	pub, ok := material.(*ecdsa.PublicKey)
	//lint:ignore SA1019 Bytes allocates, for every token with FromKeyfunc
	return ok && pub.Curve == elliptic.P256() && pub.X != nil && pub.Y != nil && pub.X.Cmp(e.key.X) == 0 && pub.Y.Cmp(e.key.Y) == 0
}

func (e ecScheme) check(b *buffers, _ string, sig []byte) bool {
	var r, s big.Int
	r.SetBytes(sig[:32])
	s.SetBytes(sig[32:])
	return ecdsa.Verify(e.key, b.sum[:], &r, &s)
}

type edScheme struct{ key ed25519.PublicKey }

func (e edScheme) size() int { return ed25519.SignatureSize }

func (e edScheme) IsFor(material any) bool {
	pub, ok := material.(ed25519.PublicKey)
	return ok && e.key.Equal(pub)
}

func (e edScheme) check(b *buffers, signingInput string, sig []byte) bool {
	b.message = append(b.message[:0], signingInput...)
	return ed25519.Verify(e.key, b.message, sig)
}

// writeString hashes s through chunk, so that it allocates no copy of s.
func writeString(h hash.Hash, chunk []byte, s string) {
	for len(s) > 0 {
		n := copy(chunk, s)
		h.Write(chunk[:n])
		s = s[n:]
	}
}
