// Package jws has JSON Web Signatures (RFC 7515, RFC 7518, RFC 8037). It splits a token, reads
// its header, checks keys and verifies signatures. It remembers the signatures that have
// verified.
package jws

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding"
	"hash"
	"sync"
	"unsafe"
)

// A Verifier verifies signatures with one key of one algorithm. It is safe for concurrent use.
type Verifier interface {
	// Verify reports whether sig, in base64url, is a signature of signingInput. remembered
	// reports whether w remembered it. A signature that verifies is added to w.
	Verify(signingInput, sig string, w *Workspace) (ok, remembered bool)

	// IsFor reports whether material, as for NewVerifier, is the same key.
	IsFor(material any) bool
}

// A Workspace has the memory and the buffers that all keys share. It is safe for concurrent
// use.
type Workspace struct {
	memory  *memory // nil if nothing is remembered
	headers headers
	buffers sync.Pool // of *buffers
}

// NewWorkspace returns a workspace that remembers n signatures of public keys, rounded up. It
// remembers none if n is not positive.
func NewWorkspace(n int) *Workspace {
	w := &Workspace{}
	if n > 0 {
		w.memory = newMemory(n)
	}
	w.buffers.New = func() any { return new(buffers) }
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
	hashes    [3]hash.Hash // SHA-256, SHA-384 and SHA-512, each made when it is needed
	chunk     [2 * maxHeaderBytes]byte
	sum       [sha512.Size]byte // of the signing input, by the hash of the algorithm
	seen      digest
	signature [maxRSABits / 8]byte
	der       [maxDERBytes]byte
	message   []byte // a payload
}

func (b *buffers) hasher(of crypto.Hash) hash.Hash {
	h := &b.hashes[of-crypto.SHA256]
	if *h == nil {
		*h = of.New()
	}
	return *h
}

// An hmacVerifier has the two states of its hash that RFC 2104 section 2 begins with: after the
// secret with one padding, and with the other.
type hmacVerifier struct {
	hash   crypto.Hash
	size   int           // of a state
	states []byte        // both
	room   [2 * 108]byte // for those of SHA-256: with many keys, each further place takes long to reach
	secret []byte
}

func keyedHMAC(hash crypto.Hash, secret []byte) (Verifier, error) {
	h := hash.New()
	block := make([]byte, h.BlockSize())
	if len(secret) > len(block) {
		h.Write(secret)
		h.Sum(block[:0])
	} else {
		copy(block, secret)
	}
	v := &hmacVerifier{hash: hash, secret: bytes.Clone(secret)}
	v.states = v.room[:0]
	const inner, outer = 0x36, 0x5c
	for _, padding := range []byte{inner, outer} {
		padded := bytes.Clone(block)
		for i := range padded {
			padded[i] ^= padding
		}
		h.Reset()
		h.Write(padded)
		var err error
		if v.states, err = h.(encoding.BinaryAppender).AppendBinary(v.states); err != nil {
			return nil, err
		}
	}
	v.size = len(v.states) / 2
	return v, nil
}

func (v *hmacVerifier) IsFor(material any) bool {
	secret, ok := material.([]byte)
	return ok && hmac.Equal(secret, v.secret)
}

// Verify remembers nothing: to look up a digest takes longer than this.
func (v *hmacVerifier) Verify(signingInput, sig string, w *Workspace) (ok, remembered bool) {
	if len(sig) != encodedLen(v.hash.Size()) {
		return false, false
	}
	b := w.buffers.Get().(*buffers)
	defer w.buffers.Put(b)
	signature := b.signature[:v.hash.Size()]
	if !decode(signature, sig) {
		return false, false
	}
	sum, err := v.sum(b, signingInput)
	if err != nil {
		return false, false
	}
	equal := hmac.Equal(sum, signature)
	clear(b.sum[:]) // it is a good signature, also where the token's was not
	return equal, false
}

// sum returns the HMAC of a signing input. It is in b.sum.
func (v *hmacVerifier) sum(b *buffers, signingInput string) ([]byte, error) {
	h := b.hasher(v.hash)
	sum, err := sumFrom(h, v.states[:v.size], bytesOf(signingInput), &b.sum)
	if err != nil {
		return nil, err
	}
	return sumFrom(h, v.states[v.size:], sum, &b.sum)
}

// sumFrom returns the sum of text, hashed from a state of h on. It is in sum.
func sumFrom(h hash.Hash, state, text []byte, sum *[sha512.Size]byte) ([]byte, error) {
	err := h.(encoding.BinaryUnmarshaler).UnmarshalBinary(state)
	h.Write(text)
	return h.Sum(sum[:0]), err
}

// A publicVerifier verifies the signatures of one public key, and remembers them.
type publicVerifier struct {
	scheme
	algorithm   *algorithm
	fingerprint [sha256.Size]byte // of algorithm and key
}

// A scheme is an asymmetric algorithm with its key.
type scheme interface {
	size() int // of a signature, in bytes
	IsFor(material any) bool
	// check verifies sig against the signing input, whose digest is sum.
	check(b *buffers, signingInput string, sum, sig []byte) bool
}

// pub is the public key in an encoding that differs for every key of the algorithm.
func newPublicVerifier(a *algorithm, sch scheme, pub []byte) *publicVerifier {
	return &publicVerifier{sch, a, sha256.Sum256(append([]byte(a.name+" "), pub...))}
}

func (v *publicVerifier) Verify(signingInput, sig string, w *Workspace) (ok, remembered bool) {
	if len(sig) != encodedLen(v.size()) {
		return false, false
	}
	b := w.buffers.Get().(*buffers)
	defer w.buffers.Put(b)
	signature := b.signature[:v.size()]
	if !decode(signature, sig) {
		return false, false
	}
	sum := v.algorithm.digest(&b.sum, bytesOf(signingInput))
	if w.memory == nil {
		return v.check(b, signingInput, sum, signature), false
	}
	// The first part has a fixed length, and the algorithm and the key that it stands for fix
	// the lengths of the others. So no other three parts have the same digest.
	h := b.hasher(crypto.SHA256)
	h.Reset()
	h.Write(v.fingerprint[:])
	h.Write(sum)
	h.Write(signature)
	h.Sum(b.seen[:0])
	if w.memory.has(&b.seen) {
		return true, true
	}
	if !v.check(b, signingInput, sum, signature) {
		return false, false
	}
	w.memory.add(b.seen)
	return true, false
}

type rsaScheme struct {
	key  *rsa.PublicKey
	hash crypto.Hash
	pss  bool
}

func (r rsaScheme) size() int { return r.key.Size() }

func (r rsaScheme) IsFor(material any) bool {
	pub, ok := material.(*rsa.PublicKey)
	return ok && pub.N != nil && pub.E == r.key.E && pub.N.Cmp(r.key.N) == 0
}

func (r rsaScheme) check(_ *buffers, _ string, sum, sig []byte) bool {
	return r.verify(sum, sig) == nil
}

func (r rsaScheme) verify(sum, sig []byte) error {
	if r.pss {
		return rsa.VerifyPSS(r.key, r.hash, sum, sig, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	}
	return rsa.VerifyPKCS1v15(r.key, r.hash, sum, sig)
}

type ecScheme struct{ key *ecdsa.PublicKey }

func (e ecScheme) size() int { return 2 * e.half() } // r and s, RFC 7518 section 3.4

// half returns the length of r and of s: 32, 48 or 66 bytes.
func (e ecScheme) half() int { return (e.key.Params().BitSize + 7) / 8 }

func (e ecScheme) IsFor(material any) bool {
	pub, ok := material.(*ecdsa.PublicKey)
	//lint:ignore SA1019 Bytes allocates, for every token with FromKeyfunc
	return ok && pub.Curve == e.key.Curve && pub.X != nil && pub.Y != nil && pub.X.Cmp(e.key.X) == 0 && pub.Y.Cmp(e.key.Y) == 0
}

// check passes r and s in DER. ecdsa.Verify takes them as numbers, and needs twice the memory to
// make the same of them.
func (e ecScheme) check(b *buffers, _ string, sum, sig []byte) bool {
	body := appendInteger(b.der[3:3], sig[:e.half()])
	body = appendInteger(body, sig[e.half():])
	// A length of 128 and more takes a second byte, X.690 section 8.1.3.
	der := b.der[1 : 3+len(body)]
	der[0], der[1] = 0x30, byte(len(body))
	if len(body) >= 0x80 {
		der = b.der[:3+len(body)]
		der[0], der[1], der[2] = 0x30, 0x81, byte(len(body))
	}
	return ecdsa.VerifyASN1(e.key, sum, der)
}

// maxDERBytes is the length of the longest signature in DER: two integers of 66 bytes for P-521,
// each with a zero before it.
const maxDERBytes = 3 + 2*(2+1+66)

// appendInteger appends a positive number in DER, X.690 section 8.3: without leading zeros, but
// with one where the first bit is set.
func appendInteger(der, number []byte) []byte {
	number = bytes.TrimLeft(number, "\x00")
	if len(number) == 0 || number[0] >= 0x80 {
		return append(append(der, 2, byte(len(number)+1), 0), number...)
	}
	return append(append(der, 2, byte(len(number))), number...)
}

type edScheme struct{ key ed25519.PublicKey }

func (e edScheme) size() int { return ed25519.SignatureSize }

func (e edScheme) IsFor(material any) bool {
	pub, ok := material.(ed25519.PublicKey)
	return ok && e.key.Equal(pub)
}

func (e edScheme) check(_ *buffers, signingInput string, _, sig []byte) bool {
	return ed25519.Verify(e.key, bytesOf(signingInput), sig)
}

// bytesOf returns the bytes of s without a copy. A hash and a signature's verification only read
// them; they must not be changed.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
