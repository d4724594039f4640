package jwthttp

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"math/big"
	"slices"
)

// The algorithms, RFC 7518 section 3.1 and RFC 8037 section 3.1.
const (
	algHS256 = "HS256"
	algRS256 = "RS256"
	algPS256 = "PS256"
	algES256 = "ES256"
	algEdDSA = "EdDSA"
)

// HS256 returns a key for HMAC with SHA-256, RFC 7518 section 3.2. The secret is
// copied and taken byte for byte: base64 is not decoded, and the line break at
// the end of a file counts. It has 32 bytes or more, random ones: "openssl rand
// -base64 32" makes them. A shorter one, or the text of a public key, is an error
// from [New].
func HS256(secret []byte) Key {
	k := &keyMaterial{algorithm: algHS256}
	switch {
	case len(secret) < 32:
		k.mistake = fmt.Errorf("an HS256 secret needs 32 bytes or more, not %d: make one with \"openssl rand -base64 32\"", len(secret))
	case looksPublic(secret):
		k.mistake = errors.New("an HS256 secret cannot be the text of a key or certificate: what others can read is no secret; for a public key use RS256 and ParseRSAPublicKey")
	default:
		k.verifier = newHMACVerifier(bytes.Clone(secret))
	}
	return Key{k}
}

// RS256 returns a key for RSASSA-PKCS1-v1_5 with SHA-256, RFC 7518 section 3.3.
// The key is copied and has 2048 to 8192 bits; another one, or nil, is an error
// from [New]. [ParseRSAPublicKey] reads one from a file.
func RS256(pub *rsa.PublicKey) Key { return rsaKey(algRS256, pub) }

// PS256 returns a key for RSASSA-PSS with SHA-256 and a salt of 32 bytes, RFC
// 7518 section 3.5. What holds for the key of [RS256] holds for it.
func PS256(pub *rsa.PublicKey) Key { return rsaKey(algPS256, pub) }

func rsaKey(algorithm string, pub *rsa.PublicKey) Key {
	k := &keyMaterial{algorithm: algorithm, mistake: checkRSA(pub)}
	if k.mistake == nil {
		pub = &rsa.PublicKey{N: new(big.Int).Set(pub.N), E: pub.E}
		k.verifier = newPublicVerifier(algorithm, rsaScheme{pub, algorithm == algPS256}, x509.MarshalPKCS1PublicKey(pub))
	}
	return Key{k}
}

// ES256 returns a key for ECDSA with P-256 and SHA-256, RFC 7518 section 3.4. The
// key is copied; nil, or one of another curve or beside it, is an error from
// [New]. [jwt.ParseECPublicKeyFromPEM] reads one from a file.
func ES256(pub *ecdsa.PublicKey) Key {
	k := &keyMaterial{algorithm: algES256}
	point, err := ecPoint(pub)
	if err == nil {
		pub, err = ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	}
	k.mistake = err
	if k.mistake == nil {
		k.verifier = newPublicVerifier(algES256, ecScheme{pub, point}, point)
	}
	return Key{k}
}

// EdDSA returns a key for Ed25519, RFC 8037 section 3.1. The key is copied; nil,
// or one that has not 32 bytes or is of small order, is an error from [New].
// [jwt.ParseEdPublicKeyFromPEM] reads one from a file.
func EdDSA(pub ed25519.PublicKey) Key {
	k := &keyMaterial{algorithm: algEdDSA, mistake: checkEd(pub)}
	if k.mistake == nil {
		pub = bytes.Clone(pub)
		k.verifier = newPublicVerifier(algEdDSA, edScheme{pub}, pub)
	}
	return Key{k}
}

// makeKey returns the key of an algorithm, the zero Key if it takes no such
// material.
func makeKey(material any, algorithm string) Key {
	switch m := material.(type) {
	case []byte:
		if algorithm == algHS256 {
			return HS256(m)
		}
	case *rsa.PublicKey:
		if algorithm == algRS256 || algorithm == algPS256 {
			return rsaKey(algorithm, m)
		}
	case *ecdsa.PublicKey:
		if algorithm == algES256 {
			return ES256(m)
		}
	case ed25519.PublicKey:
		if algorithm == algEdDSA {
			return EdDSA(m)
		}
	}
	return Key{}
}

func checkRSA(pub *rsa.PublicKey) error {
	if pub == nil || pub.N == nil {
		return errors.New("the RSA key is nil: read one with ParseRSAPublicKey and check its error")
	}
	switch bits := pub.N.BitLen(); {
	case bits < 2048 || bits > 8192:
		return fmt.Errorf("an RSA key needs 2048 to 8192 bits, not %d: make one with \"openssl genrsa 3072\"", bits)
	case pub.N.Sign() < 0 || pub.N.Bit(0) == 0:
		return errors.New("the RSA modulus is negative or even: the key is damaged, export it again")
	case pub.E < 3 || int64(pub.E) >= 1<<31 || pub.E%2 == 0:
		return fmt.Errorf("an RSA key needs an odd exponent from 3 below 2^31, not %d: the usual one is 65537", pub.E)
	}
	return nil
}

// ecPoint returns the point that pub is, SEC 1 section 2.3.3.
func ecPoint(pub *ecdsa.PublicKey) ([]byte, error) {
	//lint:ignore SA1019 Bytes panics on a curve without a point
	if pub == nil || pub.Curve == nil || pub.X == nil || pub.Y == nil {
		return nil, errors.New("the EC key is nil: read one with jwt.ParseECPublicKeyFromPEM and check its error")
	}
	if pub.Curve != elliptic.P256() {
		return nil, errors.New("an ES256 key is of the curve elliptic.P256(), and this one is not: make one with \"openssl ecparam -name prime256v1 -genkey -noout\"")
	}
	point, err := pub.Bytes()
	if err != nil {
		return nil, errors.New("the EC key is no point of its curve: the key is damaged, export it again")
	}
	return point, nil
}

func checkEd(pub ed25519.PublicKey) error {
	if len(pub) != ed25519.PublicKeySize {
		return fmt.Errorf("an Ed25519 public key has 32 bytes, not %d: read one with jwt.ParseEdPublicKeyFromPEM and check its error", len(pub))
	}
	y := bytes.Clone(pub)
	y[31] &= 0x7f // the sign of x
	if slices.Contains(smallOrder, hex.EncodeToString(y)) {
		return errors.New("the Ed25519 key is of small order, so that anybody can sign for it: the key is empty or damaged, export it again")
	}
	return nil
}

// smallOrder are the y coordinates of the points whose order divides 8, in every
// encoding: the field is 2^255-19, so 0 and 1 have two.
var smallOrder = []string{
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
}

// looksPublic reports whether a secret is a key or certificate in one of the
// forms that they are handed around in: whoever has the public key could then
// sign with it.
func looksPublic(secret []byte) bool {
	// As it came, and as it is without line breaks, indents and the zeros of
	// UTF-16; then what the text of that encodes.
	text := bytes.ReplaceAll(secret, []byte(`\n`), nil)
	text = bytes.Map(func(c rune) rune {
		if c <= ' ' {
			return -1
		}
		return c
	}, text)
	if isKeyForm(secret) || isKeyForm(text) {
		return true
	}
	unpadded := bytes.TrimRight(text, "=")
	for _, decode := range []func(dst, src []byte) ([]byte, error){
		base64.RawStdEncoding.AppendDecode, base64.RawURLEncoding.AppendDecode, hex.AppendDecode,
	} {
		if inner, err := decode(nil, unpadded); err == nil && isKeyForm(inner) {
			return true
		}
	}
	return false
}

func isKeyForm(b []byte) bool {
	for _, mark := range []string{
		"----BEGIN",                                                 // PEM and RFC 4716
		"AAAAB3NzaC1", "AAAAC3NzaC1", "AAAAE2VjZHNh", "AAAAHHNzaC1", // ssh-rsa, ssh-ed25519, ecdsa-sha2,
		"AAAAIHNzaC1", "AAAAKGVjZHNh", "AAAAGnNrLXNz", "AAAAInNrLWVj", // their certificates, and keys in hardware
		"\x00\x00\x00\x07ssh-", "\x00\x00\x00\x0bssh-", "\x00\x00\x00\x13ecdsa-", // as bytes
		`"kty"`, // JWK
	} {
		if bytes.Contains(b, []byte(mark)) {
			return true
		}
	}
	var first asn1.RawValue // something may stand behind it, such as a line break
	if _, err := asn1.Unmarshal(b, &first); err != nil {
		return false
	}
	_, errPKIX := x509.ParsePKIXPublicKey(first.FullBytes)
	_, errPKCS1 := x509.ParsePKCS1PublicKey(first.FullBytes)
	_, errCert := x509.ParseCertificate(first.FullBytes)
	return errPKIX == nil || errPKCS1 == nil || errCert == nil
}

// A verifier checks sig, base64url, against the signing input. It may look it up
// in memory, and adds to it what has verified; memory may be nil.
type verifier interface {
	verify(signingInput, sig string, memory *signatureMemory) (ok, remembered bool)
	isFor(material any) bool // whether the key was made of equal material
}

type hmacVerifier struct {
	secret []byte
	states reserve[hmacState]
}

// An hmacState is what one verification needs; reused, since setting up a keyed
// hash costs more than hashing a short token.
type hmacState struct {
	mac       hash.Hash
	chunk     [4 << 10]byte
	sum       [sha256.Size]byte
	signature [sha256.Size]byte
}

func newHMACVerifier(secret []byte) *hmacVerifier {
	v := &hmacVerifier{secret: secret}
	v.states.make = func() *hmacState { return &hmacState{mac: hmac.New(sha256.New, secret)} }
	return v
}

func (v *hmacVerifier) isFor(material any) bool {
	secret, ok := material.([]byte)
	return ok && hmac.Equal(secret, v.secret)
}

// verify remembers nothing: to look up a digest takes longer than this.
func (v *hmacVerifier) verify(signingInput, sig string, _ *signatureMemory) (ok, remembered bool) {
	if len(sig) != base64url.EncodedLen(sha256.Size) {
		return false, false
	}
	s := v.states.get()
	defer v.states.put(s)
	if _, err := base64url.Decode(s.signature[:], []byte(sig)); err != nil {
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
	states      reserve[publicState]
}

// A scheme is an asymmetric algorithm with its key.
type scheme interface {
	size() int // of a signature, in bytes
	isFor(material any) bool
	// check verifies s.signature against the signing input, whose digest is s.sum.
	check(s *publicState, signingInput string) bool
}

type publicState struct {
	hash      hash.Hash
	chunk     [4 << 10]byte
	sum       [sha256.Size]byte
	seen      signatureDigest
	signature []byte
	message   []byte // for a scheme that hashes by itself
}

// pub is the public key in an encoding that no other of the algorithm has.
func newPublicVerifier(algorithm string, sch scheme, pub []byte) *publicVerifier {
	v := &publicVerifier{scheme: sch}
	v.fingerprint = sha256.Sum256(append([]byte(algorithm+" "), pub...))
	v.states.make = func() *publicState { return &publicState{hash: sha256.New(), signature: make([]byte, sch.size())} }
	return v
}

func (v *publicVerifier) verify(signingInput, sig string, memory *signatureMemory) (ok, remembered bool) {
	if len(sig) != base64url.EncodedLen(v.size()) {
		return false, false
	}
	s := v.states.get()
	defer v.states.put(s)
	if _, err := base64url.Decode(s.signature, []byte(sig)); err != nil {
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

func (r rsaScheme) isFor(material any) bool {
	pub, ok := material.(*rsa.PublicKey)
	return ok && pub.N != nil && pub.E == r.key.E && pub.N.Cmp(r.key.N) == 0
}

func (r rsaScheme) check(s *publicState, _ string) bool {
	if r.pss {
		return rsa.VerifyPSS(r.key, crypto.SHA256, s.sum[:], s.signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
	}
	return rsa.VerifyPKCS1v15(r.key, crypto.SHA256, s.sum[:], s.signature) == nil
}

type ecScheme struct {
	key   *ecdsa.PublicKey
	point []byte
}

func (e ecScheme) size() int { return 64 } // r and s, RFC 7518 section 3.4

func (e ecScheme) isFor(material any) bool {
	pub, ok := material.(*ecdsa.PublicKey)
	if !ok {
		return false
	}
	point, err := ecPoint(pub)
	return err == nil && bytes.Equal(point, e.point)
}

func (e ecScheme) check(state *publicState, _ string) bool {
	var r, s big.Int
	r.SetBytes(state.signature[:32])
	s.SetBytes(state.signature[32:])
	return ecdsa.Verify(e.key, state.sum[:], &r, &s)
}

type edScheme struct{ key ed25519.PublicKey }

func (e edScheme) size() int { return ed25519.SignatureSize }

func (e edScheme) isFor(material any) bool {
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
