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
	"unsafe"

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

// Algorithms are all of them.
var Algorithms = []string{HS256, RS256, PS256, ES256, EdDSA}

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
	message   []byte // for PeekIssuer
}

type hmacVerifier struct {
	secret []byte
	states reserve.Reserve[hmacState] // keyed: to key one costs more than to hash a short token
}

// An hmacState is what one verification needs: less than 1 KiB, so it may stay with the key.
type hmacState struct {
	mac       hash.Hash
	sum       [sha256.Size]byte
	signature [sha256.Size]byte
}

func (v *hmacVerifier) IsFor(material any) bool {
	secret, ok := material.([]byte)
	return ok && hmac.Equal(secret, v.secret)
}

// Verify remembers nothing: to look up a digest takes longer than this.
func (v *hmacVerifier) Verify(signingInput, sig string, _ *Workspace) (ok, remembered bool) {
	if len(sig) != Base64URL.EncodedLen(sha256.Size) {
		return false, false
	}
	s := v.states.Get()
	defer v.states.Put(s)
	if _, err := Base64URL.Decode(s.signature[:], []byte(sig)); err != nil {
		return false, false
	}
	s.mac.Reset()
	s.mac.Write(bytesOf(signingInput))
	equal := hmac.Equal(s.mac.Sum(s.sum[:0]), s.signature[:])
	clear(s.sum[:]) // it is a good signature, also where the token's was not
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
	b.hash.Write(bytesOf(signingInput))
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
	return ed25519.Verify(e.key, bytesOf(signingInput), sig)
}

// bytesOf returns the bytes of s without a copy. A hash and a signature's verification only read
// them; they must not be changed.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
