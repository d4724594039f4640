package jwthttp_test

//lint:file-ignore SA1019 these tests make keys and signatures that no constructor makes

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
)

type curveOfNothing struct{ elliptic.Curve }

func (curveOfNothing) Params() *elliptic.CurveParams { return nil }

// New and Err refuse each bad key with an error that says how to mend it. A bad key that a
// source returns makes the answer a 503.
func TestNewRefusesPublicKeys(t *testing.T) {
	rs, ec, ed := &rsaKey().PublicKey, &ecKey().PublicKey, edPublic(edKey())
	point := func(x, y *big.Int) jwthttp.Key {
		return jwthttp.ES256(&ecdsa.PublicKey{Curve: elliptic.P256(), X: x, Y: y})
	}
	of := func(curve elliptic.Curve) jwthttp.Key {
		return jwthttp.ES256(&must(ecdsa.GenerateKey(curve, rand.Reader)).PublicKey)
	}
	zero, one, p := new(big.Int), big.NewInt(1), elliptic.P256().Params().P
	plus := func(a, b *big.Int) *big.Int { return new(big.Int).Add(a, b) }
	neg := func(a *big.Int) *big.Int { return new(big.Int).Neg(a) }
	modulus := func(bits int) *rsa.PublicKey {
		return &rsa.PublicKey{N: plus(new(big.Int).Lsh(one, uint(bits-1)), one), E: 65537}
	}

	const (
		nilEC   = "the EC key is nil: read one with jwt.ParseECPublicKeyFromPEM and check its error"
		noPoint = "the EC key is not a point of its curve: the key is damaged, export it again"
		curve   = `an ES256 key is of the curve elliptic.P256(), and this one is not: make one with "openssl ecparam -name prime256v1 -genkey -noout"`
		edSize  = "an Ed25519 public key has 32 bytes, not %d: read one with jwt.ParseEdPublicKeyFromPEM and check its error"
		nilRSA  = "the RSA key is nil: read one with ParseRSAPublicKey and check its error"
		rsaSize = `an RSA key needs 2048 to 8192 bits, not %d: make one with "openssl genrsa 3072"`
		rsaOdd  = "the RSA modulus is negative or even: the key is damaged, export it again"
		rsaExp  = "an RSA key needs an odd exponent from 3 below 2^31, not %d: the usual one is 65537"
	)
	for _, tc := range []struct {
		name, algorithm string
		key             jwthttp.Key
		want            string
	}{
		{"nil EC key", "ES256", jwthttp.ES256(nil), nilEC},
		{"zero EC key", "ES256", jwthttp.ES256(&ecdsa.PublicKey{}), nilEC},
		{"EC key of a curve alone", "ES256", point(nil, nil), nilEC},
		{"EC key without X", "ES256", point(nil, ec.Y), nilEC},
		{"EC key without Y", "ES256", point(ec.X, nil), nilEC},
		{"EC key without curve", "ES256", jwthttp.ES256(&ecdsa.PublicKey{X: ec.X, Y: ec.Y}), nilEC},
		{"P-224", "ES256", of(elliptic.P224()), curve},
		{"P-384", "ES256", of(elliptic.P384()), curve},
		{"P-521", "ES256", of(elliptic.P521()), curve},
		{"a curve of one's own", "ES256", jwthttp.ES256(&ecdsa.PublicKey{Curve: &elliptic.CurveParams{Name: "own"}, X: ec.X, Y: ec.Y}), curve},
		{"a nil curve of a type", "ES256", jwthttp.ES256(&ecdsa.PublicKey{Curve: (*elliptic.CurveParams)(nil), X: ec.X, Y: ec.Y}), curve},
		{"a curve without parameters", "ES256", jwthttp.ES256(&ecdsa.PublicKey{Curve: curveOfNothing{}, X: ec.X, Y: ec.Y}), curve},
		{"the parameters of P-256", "ES256", jwthttp.ES256(&ecdsa.PublicKey{Curve: elliptic.P256().Params(), X: ec.X, Y: ec.Y}), curve},
		{"P-256 point on P-384", "ES256", jwthttp.ES256(&ecdsa.PublicKey{Curve: elliptic.P384(), X: ec.X, Y: ec.Y}), curve},
		{"point off the curve", "ES256", point(ec.X, plus(ec.Y, one)), noPoint},
		{"X and Y swapped", "ES256", point(ec.Y, ec.X), noPoint},
		{"0, 0", "ES256", point(zero, zero), noPoint},
		{"negative X", "ES256", point(neg(ec.X), ec.Y), noPoint},
		{"negative Y", "ES256", point(ec.X, neg(ec.Y)), noPoint},
		{"X + p", "ES256", point(plus(ec.X, p), ec.Y), noPoint},
		{"Y + p", "ES256", point(ec.X, plus(ec.Y, p)), noPoint},
		{"X of 257 bits", "ES256", point(plus(ec.X, new(big.Int).Lsh(one, 256)), ec.Y), noPoint},
		{"huge Y", "ES256", point(ec.X, new(big.Int).Lsh(one, 1<<16)), noPoint},

		{"nil Ed25519 key", "EdDSA", jwthttp.EdDSA(nil), fmt.Sprintf(edSize, 0)},
		{"empty Ed25519 key", "EdDSA", jwthttp.EdDSA(ed25519.PublicKey{}), fmt.Sprintf(edSize, 0)},
		{"31 bytes", "EdDSA", jwthttp.EdDSA(ed[:31]), fmt.Sprintf(edSize, 31)},
		{"33 bytes", "EdDSA", jwthttp.EdDSA(append(slices.Clone(ed), 0)), fmt.Sprintf(edSize, 33)},
		{"an Ed25519 private key", "EdDSA", jwthttp.EdDSA(ed25519.PublicKey(edKey())), fmt.Sprintf(edSize, 64)},
		{"Ed25519 key of zeros", "EdDSA", jwthttp.EdDSA(make([]byte, 32)), "of small order, so that everybody can sign for it: the key is empty or damaged, export it again"},

		{"nil PS256 key", "PS256", jwthttp.PS256(nil), nilRSA},
		{"PS256 key without modulus", "PS256", jwthttp.PS256(&rsa.PublicKey{E: 65537}), nilRSA},
		{"PS256, 2047 bits", "PS256", jwthttp.PS256(modulus(2047)), fmt.Sprintf(rsaSize, 2047)},
		{"PS256, 8193 bits", "PS256", jwthttp.PS256(modulus(8193)), fmt.Sprintf(rsaSize, 8193)},
		{"PS256, negative modulus", "PS256", jwthttp.PS256(&rsa.PublicKey{N: neg(rs.N), E: 65537}), rsaOdd},
		{"PS256, even modulus", "PS256", jwthttp.PS256(&rsa.PublicKey{N: plus(rs.N, one), E: 65537}), rsaOdd},
		{"PS256, exponent 0", "PS256", jwthttp.PS256(&rsa.PublicKey{N: rs.N}), fmt.Sprintf(rsaExp, 0)},
		{"PS256, exponent 1", "PS256", jwthttp.PS256(&rsa.PublicKey{N: rs.N, E: 1}), fmt.Sprintf(rsaExp, 1)},
		{"PS256, exponent even", "PS256", jwthttp.PS256(&rsa.PublicKey{N: rs.N, E: 65536}), fmt.Sprintf(rsaExp, 65536)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := jwthttp.New[AppClaims](tc.key, jwthttp.Options{})
			refused(t, tc.want)(nil, err)
			if got := tc.key.Err(); got == nil || err != nil && "jwthttp: "+got.Error() != err.Error() {
				t.Errorf("Err returns %v, New %v", got, err)
			}
			verify(t, mustNew[AppClaims](t, &ownSource{[]jwthttp.Key{tc.key}}, jwthttp.Options{}), signHS(secret, `{"alg":"`+tc.algorithm+`"}`, payload("")), jwthttp.ErrUnavailable)
		})
	}

	// These good keys are nearest to the bad ones.
	for _, key := range append(allKeys(), jwthttp.PS256(modulus(2048)), jwthttp.PS256(modulus(8192)), point(ec.X, new(big.Int).Sub(p, ec.Y))) {
		if _, err := jwthttp.New[AppClaims](key, jwthttp.Options{}); err != nil || key.Err() != nil {
			t.Error(err, key.Err())
		}
	}
}

// smallOrder has the points whose order divides 8, in every encoding. The sign bit of x is 0.
var smallOrder = []string{
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // the second spelling of 0
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // the second spelling of 1
}

// For a key of small order, Go verifies signatures that anybody can make. No such key is
// accepted.
func TestEdDSAKeysOfSmallOrder(t *testing.T) {
	var points [][]byte
	for _, text := range smallOrder {
		for _, sign := range []byte{0, 0x80} {
			point := must(hex.DecodeString(text))
			point[31] |= sign
			points = append(points, point)
		}
	}
	for _, pub := range points {
		if !isForgeable(pub, points) {
			t.Errorf("%x is not of small order", pub)
		}
		refused(t, "of small order")(jwthttp.New[AppClaims](jwthttp.EdDSA(pub), jwthttp.Options{}))
		verify(t, mustNew[AppClaims](t, jwthttp.FromKeyfunc(anyKey(ed25519.PublicKey(pub)), "EdDSA"), jwthttp.Options{}), signHS(secret, `{"alg":"EdDSA"}`, payload("")), jwthttp.ErrUnavailable)
	}
	if isForgeable(edPublic(edKey()), points) {
		t.Error("the forgery does not tell good keys from bad ones")
	}
}

// About half of all y belong to no point, RFC 8032 section 5.1.3: x² = (y²-1) / (dy²+1) has no
// root. No signature verifies under such a key.
func TestEdDSAKeysOffTheCurve(t *testing.T) {
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	d := new(big.Int).Mul(big.NewInt(-121665), new(big.Int).ModInverse(big.NewInt(121666), p))
	one := big.NewInt(1)
	isPoint := func(y *big.Int) bool {
		yy := new(big.Int).Mul(y, y)
		under := new(big.Int).Add(new(big.Int).Mul(d, yy), one)
		xx := new(big.Int).Mul(new(big.Int).Sub(yy, one), under.ModInverse(under.Mod(under, p), p))
		return big.Jacobi(xx.Mod(xx, p), p) >= 0
	}
	count := map[bool]int{}
	for n := int64(2); n < 200; n++ {
		y := big.NewInt(n)
		if n%2 == 0 {
			y.Sub(p, y)
		}
		pub := ed25519.PublicKey(y.FillBytes(make([]byte, 32)))
		slices.Reverse(pub)
		pub[31] |= byte(n<<6) & 0x80 // both signs of x
		want := isPoint(y)
		count[want]++
		if err := jwthttp.EdDSA(pub).Err(); (err == nil) != want || err != nil && !strings.Contains(err.Error(), "not a point of its curve") {
			t.Errorf("%x: error %v, on the curve: %t", pub, err, want)
		}
	}
	// A y that is not below the prime is not decoded, although the reduced y may be that of a
	// point.
	for n := range int64(19) {
		for _, sign := range []byte{0, 0x80} {
			pub := ed25519.PublicKey(new(big.Int).Add(p, big.NewInt(n)).FillBytes(make([]byte, 32)))
			slices.Reverse(pub)
			pub[31] |= sign
			if err := jwthttp.EdDSA(pub).Err(); err == nil {
				t.Errorf("%x: no error", pub)
			}
		}
	}
	if count[true] < 50 || count[false] < 50 {
		t.Errorf("points and others: %v", count)
	}
	if err := jwthttp.EdDSA(edPublic(edKey())).Err(); err != nil {
		t.Error(err)
	}
}

// isForgeable tries a few messages with S = 0 and each R, and reports whether one verifies.
func isForgeable(pub ed25519.PublicKey, points [][]byte) bool {
	for n := range 100 {
		for _, r := range points {
			if ed25519.Verify(pub, fmt.Append(nil, n), append(slices.Clone(r), make([]byte, 32)...)) {
				return true
			}
		}
	}
	return false
}

// Err has the sentence that New shows. It is nil for a key that can be used.
func TestKeyErr(t *testing.T) {
	for _, key := range allKeys() {
		for _, key := range []jwthttp.Key{key, key.WithID("a"), key.WithIssuer("a", "b"), key.WithID("")} {
			if err := key.Err(); err != nil {
				t.Errorf("%v: %v", key, err)
			}
		}
	}
	for _, tc := range []struct {
		key  jwthttp.Key
		want string
	}{
		{jwthttp.Key{}, "the key is empty: make one with HS256, RS256 or another algorithm's function"},
		{jwthttp.Key{}.WithID("a").WithIssuer("b"), "the key is empty: make one with HS256, RS256 or another algorithm's function"},
		{jwthttp.HS256(nil), `an HS256 secret needs 32 bytes or more, not 0: make one with "openssl rand -base64 32"`},
		{jwthttp.RS256(nil), "the RSA key is nil: read one with ParseRSAPublicKey and check its error"},
		{jwthttp.ES256(nil).WithID("a"), "the EC key is nil: read one with jwt.ParseECPublicKeyFromPEM and check its error"},
		{jwthttp.HS256(secret).WithIssuer(""), "WithIssuer was given an empty issuer or audience: name it, or leave the audience out"},
		{jwthttp.EdDSA(nil).WithID("\n"), "an Ed25519 public key has 32 bytes, not 0: read one with jwt.ParseEdPublicKeyFromPEM and check its error\n" +
			`the id "\n" cannot be the kid of a token: use at most 256 bytes of printable ASCII, or leave WithID out`},
	} {
		if err := tc.key.Err(); err == nil || err.Error() != tc.want {
			t.Errorf("%v: %v, want %s", tc.key, err, tc.want)
		}
	}
}

// cutSignature returns the signing input and the signature of a token.
func cutSignature(t testing.TB, token string) (signingInput string, sig []byte) {
	t.Helper()
	dot := strings.LastIndexByte(token, '.')
	return token[:dot], must(base64.RawURLEncoding.DecodeString(token[dot+1:]))
}

// For every algorithm, a token that is signed with Go's crypto passes. No other signature
// does, not even one that differs in a single bit.
func TestAlgorithms(t *testing.T) {
	for _, a := range algorithms() {
		t.Run(a.name, func(t *testing.T) {
			auth := mustNew[AppClaims](t, a.key, jwthttp.Options{})
			token := a.sign(t, payload(""))
			for range 2 { // the second verification uses the remembered signature
				if got := verify(t, auth, token, nil); got.Claims.Subject != "alice" || got.Header != (jwthttp.TokenHeader{Algorithm: a.name, Type: "JWT"}) {
					t.Errorf("%v: %+v", got, got.Claims)
				}
			}
			input, sig := cutSignature(t, token)
			refuse := func(what string, sig []byte) {
				t.Helper()
				if _, err := auth.Verify(t.Context(), input+"."+b64(string(sig))); !errors.Is(err, jwt.ErrTokenSignatureInvalid) {
					t.Errorf("%s: %v", what, err)
				}
			}
			for bit := range len(sig) * 8 {
				flipped := bytes.Clone(sig)
				flipped[bit/8] ^= 1 << (bit % 8)
				refuse(fmt.Sprintf("bit %d flipped", bit), flipped)
			}
			for _, n := range []int{len(sig) - 1, len(sig) - 3, len(sig) / 2, 1} {
				verify(t, auth, token, nil) // what this leaves in a buffer does not complete a short signature
				refuse(fmt.Sprintf("%d bytes", n), sig[:n])
			}
			refuse("without the first byte", sig[1:])
			refuse("a zero after it", append(bytes.Clone(sig), 0))
			refuse("a zero before it", append([]byte{0}, sig...))
			refuse("twice", append(bytes.Clone(sig), sig...))
			refuse("zeros", make([]byte, len(sig)))
			refuse("ones", bytes.Repeat([]byte{0xff}, len(sig)))
			refuse("of another key", signature(t, a.name, a.forger, input))
			_, other := cutSignature(t, a.sign(t, payload(`"role":"admin"`)))
			refuse("of another payload", other)
			refuse("of the payload alone", signature(t, a.name, a.private, b64(payload(""))))
			verify(t, auth, a.forge(t, payload("")), jwt.ErrTokenSignatureInvalid)
			verify(t, auth, token, nil)
		})
	}
}

// RFC 7518 section 3.4: a signature is r and s with 32 bytes each, and not DER. Both are
// between 1 and n-1 (CVE-2022-21449).
func TestES256Signatures(t *testing.T) {
	signingInput := b64(`{"alg":"ES256"}`) + "." + b64(payload(""))
	sum := sha256.Sum256([]byte(signingInput))
	n := elliptic.P256().Params().N
	plusN := func(x *big.Int) *big.Int { return new(big.Int).Add(x, n) }
	zero, one := new(big.Int), big.NewInt(1)
	// These r and s are so small that r+n and s+n fit in 32 bytes.
	small, r, s := recovered(sum[:], big.NewInt(1), big.NewInt(1))
	// These r and s are so large that their DER has 64 bytes.
	large, r27, s31 := recovered(sum[:], new(big.Int).Lsh(one, 27*8-2), new(big.Int).Lsh(one, 31*8-2))
	der := must(asn1.Marshal([]*big.Int{r27, s31}))
	if len(der) != 64 || !ecdsa.VerifyASN1(large, sum[:], der) {
		t.Fatalf("%d bytes of DER", len(der))
	}
	for _, tc := range []struct {
		name string
		pub  *ecdsa.PublicKey
		sig  []byte
		want error
	}{
		{"small", small, concat(r, s), nil},
		{"r + n", small, concat(plusN(r), s), jwt.ErrTokenSignatureInvalid},
		{"s + n", small, concat(r, plusN(s)), jwt.ErrTokenSignatureInvalid},
		{"both + n", small, concat(plusN(r), plusN(s)), jwt.ErrTokenSignatureInvalid},
		{"r = 0", small, concat(zero, s), jwt.ErrTokenSignatureInvalid},
		{"s = 0", small, concat(r, zero), jwt.ErrTokenSignatureInvalid},
		{"both 0", small, concat(zero, zero), jwt.ErrTokenSignatureInvalid},
		{"r = n", small, concat(n, s), jwt.ErrTokenSignatureInvalid},
		{"s = n", small, concat(r, n), jwt.ErrTokenSignatureInvalid},
		{"both n", small, concat(n, n), jwt.ErrTokenSignatureInvalid},
		{"swapped", small, concat(s, r), jwt.ErrTokenSignatureInvalid},
		{"without leading zeros", small, slices.Concat(r.Bytes(), s.Bytes()), jwt.ErrTokenSignatureInvalid},
		{"little-endian", small, reversed(concat(s, r)), jwt.ErrTokenSignatureInvalid},
		{"after a 4, as in the encoding of a point", small, append([]byte{4}, concat(r, s)...), jwt.ErrTokenSignatureInvalid},

		{"large", large, concat(r27, s31), nil},
		{"DER of 64 bytes", large, der, jwt.ErrTokenSignatureInvalid},
		{"DER", &ecKey().PublicKey, must(ecdsa.SignASN1(rand.Reader, ecKey(), sum[:])), jwt.ErrTokenSignatureInvalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			verify(t, mustNew[AppClaims](t, jwthttp.ES256(tc.pub), jwthttp.Options{}), signingInput+"."+b64(string(tc.sig)), tc.want)
		})
	}
}

// recovered returns r, s and a public key under which they are a good signature of sum, SEC 1
// section 4.1.6. It adds 1 to r until r is the x of a point.
func recovered(sum []byte, r, s *big.Int) (*ecdsa.PublicKey, *big.Int, *big.Int) {
	curve := elliptic.P256()
	c := curve.Params()
	for ; ; r = new(big.Int).Add(r, big.NewInt(1)) {
		square := new(big.Int).Exp(r, big.NewInt(3), nil)
		square.Sub(square, new(big.Int).Mul(big.NewInt(3), r)).Add(square, c.B).Mod(square, c.P)
		y := new(big.Int).ModSqrt(square, c.P)
		if y == nil {
			continue
		}
		// Q = (sR - eG) / r
		inverse := new(big.Int).ModInverse(r, c.N)
		e := new(big.Int).SetBytes(sum)
		e.Mul(e.Neg(e), inverse).Mod(e, c.N)
		x1, y1 := curve.ScalarBaseMult(e.Bytes())
		inverse.Mul(inverse, s).Mod(inverse, c.N)
		x2, y2 := curve.ScalarMult(r, y, inverse.Bytes())
		x, y := curve.Add(x1, y1, x2, y2)
		return &ecdsa.PublicKey{Curve: curve, X: x, Y: y}, r, s
	}
}

func reversed(b []byte) []byte {
	b = bytes.Clone(b)
	slices.Reverse(b)
	return b
}

// RFC 7518 section 3.5: the salt is as long as the hash. A signature of PKCS #1 v1.5 is not a
// PSS signature, and a PSS signature is not one of PKCS #1 v1.5.
func TestRSASignatures(t *testing.T) {
	key := rsaKey()
	auth := mustNew[AppClaims](t, jwthttp.KeySet{jwthttp.RS256(&key.PublicKey), jwthttp.PS256(&key.PublicKey)}, jwthttp.Options{})
	ps, rs := b64(`{"alg":"PS256"}`)+"."+b64(payload("")), b64(`{"alg":"RS256"}`)+"."+b64(payload(""))
	sum := func(signingInput string) []byte { h := sha256.Sum256([]byte(signingInput)); return h[:] }
	wide := func(signingInput string) []byte { h := sha512.Sum384([]byte(signingInput)); return h[:] }
	for _, salt := range []int{0, 1, 20, 31, 32, 33, 64, 222} {
		t.Run(fmt.Sprintf("salt of %d", salt), func(t *testing.T) {
			sig := signPSS(key, sum(ps), salt)
			if salt == 0 { // Go takes 0 for the longest salt
				sig = signWithoutSalt(key, sum(ps))
			}
			if err := rsa.VerifyPSS(&key.PublicKey, crypto.SHA256, sum(ps), sig, nil); err != nil {
				t.Error("the signature is bad whatever the length of the salt")
			}
			want := jwt.ErrTokenSignatureInvalid
			if salt == 32 {
				want = nil
			}
			verify(t, auth, ps+"."+b64(string(sig)), want)
		})
	}
	for _, tc := range []struct {
		name, signingInput string
		sig                []byte
		want               error
	}{
		{"PSS with SHA-384", ps, must(rsa.SignPSS(rand.Reader, key, crypto.SHA384, wide(ps), &rsa.PSSOptions{SaltLength: 32})), jwt.ErrTokenSignatureInvalid},
		{"v1.5 as PS256", ps, signature(t, "RS256", key, ps), jwt.ErrTokenSignatureInvalid},
		{"v1.5", rs, signature(t, "RS256", key, rs), nil},
		{"PSS as RS256", rs, signature(t, "PS256", key, rs), jwt.ErrTokenSignatureInvalid},
		{"v1.5 with SHA-384", rs, must(rsa.SignPKCS1v15(nil, key, crypto.SHA384, wide(rs))), jwt.ErrTokenSignatureInvalid},
		{"v1.5 that names no hash", rs, must(rsa.SignPKCS1v15(nil, key, 0, sum(rs))), jwt.ErrTokenSignatureInvalid},
	} {
		t.Run(tc.name, func(t *testing.T) { verify(t, auth, tc.signingInput+"."+b64(string(tc.sig)), tc.want) })
	}
	// A signature is as long as the modulus, even where the encoded PSS message is a byte
	// shorter.
	odd := must(rsa.GenerateKey(rand.Reader, 2049))
	verify(t, mustNew[AppClaims](t, jwthttp.RS256(&odd.PublicKey), jwthttp.Options{}), signAs(t, "RS256", odd, `{"alg":"RS256"}`, payload("")), nil)
	verify(t, mustNew[AppClaims](t, jwthttp.PS256(&odd.PublicKey), jwthttp.Options{}), signAs(t, "PS256", odd, `{"alg":"PS256"}`, payload("")), nil)
}

// signWithoutSalt makes an RSASSA-PSS signature with an empty salt, RFC 8017 section 9.1.1.
func signWithoutSalt(key *rsa.PrivateKey, sum []byte) []byte {
	em := make([]byte, key.Size())
	h := sha256.Sum256(append(make([]byte, 8), sum...))
	em[len(em)-1] = 0xbc
	copy(em[len(em)-1-len(h):], h[:])
	db := em[:len(em)-1-len(h)]
	db[len(db)-1] = 1
	for i := range db {
		mask := sha256.Sum256(binary.BigEndian.AppendUint32(h[:], uint32(i/len(h))))
		db[i] ^= mask[i%len(h)]
	}
	em[0] &= 0x7f
	return new(big.Int).Exp(new(big.Int).SetBytes(em), key.D, key.N).FillBytes(em)
}

// RFC 8032 section 5.1.7: S is below the order of the group, so no signature has a second
// spelling. EdDSA has neither a context nor a prehash here.
func TestEdDSASignatures(t *testing.T) {
	key := edKey()
	auth := mustNew[AppClaims](t, jwthttp.EdDSA(edPublic(key)), jwthttp.Options{})
	signingInput := b64(`{"alg":"EdDSA"}`) + "." + b64(payload(""))
	refuse := func(what string, sig []byte) {
		t.Run(what, func(t *testing.T) {
			verify(t, auth, signingInput+"."+b64(string(sig)), jwt.ErrTokenSignatureInvalid)
		})
	}
	sig := ed25519.Sign(key, []byte(signingInput))
	verify(t, auth, signingInput+"."+b64(string(sig)), nil)

	order, _ := new(big.Int).SetString("27742317777372353535851937790883648493", 10)
	order.Add(order, new(big.Int).Lsh(big.NewInt(1), 252))
	for n := range 15 { // every multiple of the order that fits in 32 bytes
		s := new(big.Int).SetBytes(reversed(sig[32:]))
		s.Add(s, new(big.Int).Mul(order, big.NewInt(int64(n+1))))
		if s.BitLen() <= 256 {
			refuse(fmt.Sprintf("S + %d L", n+1), append(bytes.Clone(sig[:32]), reversed(s.FillBytes(make([]byte, 32)))...))
		}
	}
	for _, text := range smallOrder {
		r := must(hex.DecodeString(text))
		refuse("R of small order, S = 0, "+text, append(bytes.Clone(r), make([]byte, 32)...))
		refuse("R of small order, good S, "+text, append(bytes.Clone(r), sig[32:]...))
	}
	refuse("S = L", append(bytes.Clone(sig[:32]), reversed(order.FillBytes(make([]byte, 32)))...))
	refuse("S = 0", append(bytes.Clone(sig[:32]), make([]byte, 32)...))
	refuse("zeros", make([]byte, 64))
	refuse("S before R", slices.Concat(sig[32:], sig[:32]))
	refuse("with a context", must(key.Sign(nil, []byte(signingInput), &ed25519.Options{Context: "x"})))
	sum := sha512.Sum512([]byte(signingInput))
	refuse("prehashed", must(key.Sign(nil, sum[:], crypto.SHA512)))
	refuse("of the digest", ed25519.Sign(key, sum[:]))
}

// A token passes only if its header, its signature and the key are of one algorithm. A key
// verifies no other algorithm, whatever the header says.
func TestOnlyOneAlgorithmPerKey(t *testing.T) {
	all := algorithms()
	var known []string
	for _, a := range all {
		known = append(known, a.name)
	}
	known = append(known, "Ed25519") // RFC 9864
	others := []string{"HS128", "RS1", "RS224", "PS128", "ES521", "ES256K", "Ed448", "none", "es256", "eddsa", "ed25519", "ES256 ", ""}
	passed := 0
	for _, header := range append(slices.Clone(known), others...) {
		meant := strings.Replace(header, "Ed25519", "EdDSA", 1)
		for _, signer := range all {
			token := signAs(t, signer.name, signer.private, fmt.Sprintf(`{"alg":%q}`, header), payload(""))
			want := func(isKnown bool) error {
				switch {
				case !isKnown:
					return jwthttp.ErrUnknownKey
				case meant != signer.name:
					return jwt.ErrTokenSignatureInvalid
				}
				passed++
				return nil
			}
			for _, a := range all {
				t.Run(fmt.Sprintf("header %q, signed by %s, key %s", header, signer.name, a.name), func(t *testing.T) {
					verify(t, mustNew[AppClaims](t, a.key, jwthttp.Options{}), token, want(meant == a.name))
				})
			}
			t.Run(fmt.Sprintf("header %q, signed by %s, all keys", header, signer.name), func(t *testing.T) {
				isKnown := slices.Contains(known, header)
				verify(t, mustNew[AppClaims](t, allKeys(), jwthttp.Options{}), token, want(isKnown))
				verify(t, mustNew[AppClaims](t, &ownSource{allKeys()}, jwthttp.Options{}), token, want(isKnown))
			})
		}
	}
	if passed != 3*len(known) {
		t.Errorf("%d passed", passed)
	}
}

// A signature that is made with the text of a public key is refused under every alg. Such a
// text is refused as a secret as well, except the bare bytes of a key: they look like any
// other bytes.
func TestPublicKeysAreNoSecrets(t *testing.T) {
	ec, ed := &ecKey().PublicKey, edPublic(edKey())
	point := must(ec.Bytes())
	keys := jwthttp.KeySet{jwthttp.ES256(ec), jwthttp.EdDSA(ed), jwthttp.HS256(secret)}
	ssh := func(fields ...string) (blob []byte) {
		for _, f := range fields {
			blob = append(binary.BigEndian.AppendUint32(blob, uint32(len(f))), f...)
		}
		return blob
	}
	line := func(blob []byte) []byte { return []byte(base64.StdEncoding.EncodeToString(blob)) }
	block := func(der []byte) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	}
	sshEC, sshEd := ssh("ecdsa-sha2-nistp256", "nistp256", string(point)), ssh("ssh-ed25519", string(ed))
	for _, tc := range []struct {
		name   string
		public []byte
		isBare bool
	}{
		{"Ed25519 bytes", ed, true},
		{"EC point", point, true},
		{"EC point, compressed", elliptic.MarshalCompressed(ec.Curve, ec.X, ec.Y), true},
		{"X", ec.X.FillBytes(make([]byte, 32)), true},
		{"EC DER", pkix(t, ec), false},
		{"Ed25519 DER", pkix(t, ed), false},
		{"EC PEM", block(pkix(t, ec)), false},
		{"Ed25519 PEM", block(pkix(t, ed)), false},
		{"EC PEM of openssl", readFile(t, "openssl_es256.pem"), false},
		{"Ed25519 PEM of openssl", readFile(t, "openssl_ed25519.pem"), false},
		{"EC PEM without its armour", line(pkix(t, ec)), false},
		{"Ed25519 PEM without its armour", line(pkix(t, ed)), false},
		{"EC ssh bytes", sshEC, false},
		{"Ed25519 ssh bytes", sshEd, false},
		{"EC ssh base64", line(sshEC), false},
		{"Ed25519 ssh base64", line(sshEd), false},
		{"EC ssh line", fmt.Appendf(nil, "ecdsa-sha2-nistp256 %s bob@example\n", line(sshEC)), false},
		{"Ed25519 ssh line", fmt.Appendf(nil, "ssh-ed25519 %s bob@example\n", line(sshEd)), false},
		{"EC JWK", fmt.Appendf(nil, `{"kty":"EC","crv":"P-256","x":%q,"y":%q}`, b64(string(point[1:33])), b64(string(point[33:]))), false},
		{"Ed25519 JWK", fmt.Appendf(nil, `{"kty":"OKP","crv":"Ed25519","x":%q}`, b64(string(ed))), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if !tc.isBare {
				refused(t, "cannot be the text of a key")(jwthttp.New[AppClaims](jwthttp.HS256(tc.public), jwthttp.Options{}))
			}
			for _, alg := range []string{"HS256", "ES256", "EdDSA"} {
				token := signHS(tc.public, fmt.Sprintf(`{"alg":%q}`, alg), payload(""))
				verify(t, mustNew[AppClaims](t, keys, jwthttp.Options{}), token, jwt.ErrTokenSignatureInvalid)
				for _, key := range keys[:2] {
					verify(t, mustNew[AppClaims](t, key, jwthttp.Options{}), token, jwthttp.ErrInvalidToken)
				}
			}
		})
	}
}

// Keys and certificates of openssl 3.0 that crypto/x509 does not know, in base64.
const (
	secp256k1            = "MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEKxSRnFrOCI0sDHIMgBMDhERA6sJa9wPEp8eWx5DCq1fCsWq6MTqpDyuYYQGhvx7M49CjY8q5wAbGTuQhuuUlkw=="
	ed448                = "MEMwBQYDK2VxAzoAvs3uhcLKhW9TFRB5TwwbaqKECR+rdr2YZUAOEZd7+GqRsTA4mO8pGLBHpdVyPZC6RQekekSjbbSA"
	x448                 = "MEIwBQYDK2VvAzkAU0QAnxQpjyz4pxG9EhVCJ5Q3QLtzESoQaRK7b3/kxsF6naecX+EPBJyUCcp7UdYJ8vJVYZXmXXE="
	secp256k1Certificate = "MIIBbTCCARKgAwIBAgIUMDHQD/JcYhd6ViDLDbsYOC/LcEQwCgYIKoZIzj0EAwIwDDEKMAgGA1UEAwwBYTAgFw0yNjExMjkwNTQyNDlaGA8yMTI2MTEwNTA1NDI0OVowDDEKMAgGA1UEAwwBYTBWMBAGByqGSM49AgEGBSuBBAAKA0IABCsUkZxazgiNLAxyDIATA4REQOrCWvcDxKfHlseQwqtXwrFqujE6qQ8rmGEBob8ezOPQo2PKucAGxk7kIbrlJZOjUzBRMB0GA1UdDgQWBBR4nfZcKv0y4WjRKT2Vq14pLKiBsTAfBgNVHSMEGDAWgBR4nfZcKv0y4WjRKT2Vq14pLKiBsTAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQC5oQ3blSMTxAkN1cjBz4fLWOmEzlzB6PkodbBLXN+w2gIhAPa8H1kSqiNF7sXZzfpZI2yYZTXUmJWp5YPnjKVFqE3I"
	ed448Certificate     = "MIIBeTCB+qADAgECAhRV468DwdzGZBFBTCja2RN+sFqXSDAFBgMrZXEwDDEKMAgGA1UEAwwBYTAgFw0yNjExMjkwNTQyNDlaGA8yMTI2MTEwNTA1NDI0OVowDDEKMAgGA1UEAwwBYTBDMAUGAytlcQM6AL7N7oXCyoVvUxUQeU8MG2qihAkfq3a9mGVADhGXe/hqkbEwOJjvKRiwR6XVcj2QukUHpHpEo220gKNTMFEwHQYDVR0OBBYEFCilmQi91GBHIjf9VZIZ/jQzLJw8MB8GA1UdIwQYMBaAFCilmQi91GBHIjf9VZIZ/jQzLJw8MA8GA1UdEwEB/wQFMAMBAf8wBQYDK2VxA3MAcVTG+pUVEfzxXsVvucVCvZ0rjB23ITssgqXW57XM/Wp9xbVwTj4Sy1ALYMBgVNaeje/FjL4zVqUAOAIFdx3iW8iKA1WK+7rk2fGdzHiP9O/jqc1S3yJ5nkSuOP/BTm82j+SWrEbL2EKG7h1CTC4grBAA"
)

func fromBase64(text string) []byte { return must(base64.StdEncoding.DecodeString(text)) }

var oidPSS = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}

// publicInfo returns a SubjectPublicKeyInfo, RFC 5280 section 4.1.
func publicInfo(oid asn1.ObjectIdentifier, key []byte) []byte {
	return must(asn1.Marshal(struct {
		Algorithm []asn1.ObjectIdentifier
		Key       asn1.BitString
	}{[]asn1.ObjectIdentifier{oid}, asn1.BitString{Bytes: key, BitLength: 8 * len(key)}}))
}

// A public key of a kind that crypto/x509 does not read is not a secret either.
func TestUnknownPublicKeysAreNoSecrets(t *testing.T) {
	exponent := new(big.Int).SetBit(big.NewInt(1), 32, 1)
	for name, der := range map[string][]byte{
		"RSA-PSS":                  publicInfo(oidPSS, x509.MarshalPKCS1PublicKey(&rsaKey().PublicKey)),
		"ML-DSA-44":                publicInfo(asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 3, 17}, make([]byte, 1312)),
		"RSA with a big exponent":  must(asn1.Marshal(struct{ N, E *big.Int }{rsaKey().N, exponent})),
		"secp256k1":                fromBase64(secp256k1),
		"Ed448":                    fromBase64(ed448),
		"X448":                     fromBase64(x448),
		"certificate of secp256k1": fromBase64(secp256k1Certificate),
	} {
		for form, secret := range map[string][]byte{
			"DER": der, "DER and a line break": append(slices.Clone(der), '\n'),
			"base64": []byte(base64.StdEncoding.EncodeToString(der)), "base64url": []byte(b64(string(der))), "hex": []byte(hex.EncodeToString(der)),
		} {
			t.Run(name+", "+form, func(t *testing.T) {
				refused(t, "cannot be the text of a key")(jwthttp.New[AppClaims](jwthttp.HS256(secret), jwthttp.Options{}))
			})
		}
	}
}

// A secret may begin with some bytes of a public key: only the whole form is one.
func TestSecretsLikePublicKeys(t *testing.T) {
	der := pkix(t, edPublic(edKey()))
	with := func(i int, b byte) []byte {
		secret := slices.Clone(der)
		secret[i] = b
		return secret
	}
	for name, secret := range map[string][]byte{
		"an outer length that is too large":   with(1, der[1]+1),
		"an outer length that is too small":   with(1, der[1]-1),
		"an algorithm that is not a sequence": with(2, 0x31),
		"an algorithm without an OID":         with(4, 0x02),
		"a longer algorithm":                  with(3, der[3]+1),
		"a key that is not a bit string":      with(9, 0x04),
		"a longer key":                        with(10, der[10]+1),
		"a shorter key":                       with(10, der[10]-1),
		"a sequence of zeros":                 append([]byte{0x30, 30}, make([]byte, 30)...),
		"a private key":                       must(x509.MarshalPKCS8PrivateKey(edKey())),
		"an RSA private key":                  x509.MarshalPKCS1PrivateKey(rsaKey()),
	} {
		if err := jwthttp.HS256(secret).Err(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// foreign claims to be a method of golang-jwt.
type foreign struct{ jwt.SigningMethod }

// neverAsked is a method that must not be asked for anything.
type neverAsked struct{ jwt.SigningMethod }

func (neverAsked) Alg() string { panic("Alg was called") }

// uncomparable cannot be compared with ==.
type uncomparable struct {
	jwt.SigningMethod
	_ []byte
}

// NewKey takes golang-jwt's own values for the thirteen algorithms, and material of their type.
func TestNewKey(t *testing.T) {
	const methods = "use golang-jwt's own jwt.SigningMethod value for HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512 or EdDSA"
	for _, tc := range []struct {
		name     string
		method   jwt.SigningMethod
		material any
		want     string
	}{
		{"nil", nil, secret, "NewKey does not know the method, a <nil>: " + methods},
		{"a typed nil", (*jwt.SigningMethodHMAC)(nil), secret, "NewKey does not know the method, a *jwt.SigningMethodHMAC: " + methods},
		{"none", jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, methods},
		{"a copy", &jwt.SigningMethodHMAC{Name: "HS256", Hash: crypto.SHA256}, secret, methods},
		{"a weaker hash under a good name", &jwt.SigningMethodHMAC{Name: "HS512", Hash: crypto.SHA1}, longSecret, methods},
		{"one that wraps a good one", foreign{jwt.SigningMethodHS256}, secret, methods},
		{"the RSA part of PSS", jwt.SigningMethodPS256.SigningMethodRSA, &rsaKey().PublicKey, methods},
		{"one that panics", neverAsked{}, secret, methods},
		{"one that cannot be compared", uncomparable{}, secret, methods},

		{"nil material", jwt.SigningMethodHS256, nil, "HS256 takes the type []byte, and got <nil>: pass a key for HS256, or use the algorithm of this key"},
		{"a string", jwt.SigningMethodHS512, string(longSecret), "HS512 takes the type []byte, and got string: convert the secret to it"},
		{"a secret for RS384", jwt.SigningMethodRS384, longSecret, "RS384 takes the type *rsa.PublicKey, and got []uint8: read PEM with ParseRSAPublicKey first, or use an HS algorithm for a secret"},
		{"PEM for ES512", jwt.SigningMethodES512, []byte("-----BEGIN PUBLIC KEY-----"), "ES512 takes the type *ecdsa.PublicKey, and got []uint8: read PEM with jwt.ParseECPublicKeyFromPEM first"},
		{"text for EdDSA", jwt.SigningMethodEdDSA, "-----BEGIN PUBLIC KEY-----", "EdDSA takes the type ed25519.PublicKey, and got string: read PEM with jwt.ParseEdPublicKeyFromPEM first"},
		{"an RSA key for ES384", jwt.SigningMethodES384, &rsaKey().PublicKey, "ES384 takes the type *ecdsa.PublicKey, and got *rsa.PublicKey"},
		{"an RSA key that is no pointer", jwt.SigningMethodPS512, rsaKey().PublicKey, "PS512 takes the type *rsa.PublicKey, and got rsa.PublicKey"},
		{"an EC key for EdDSA", jwt.SigningMethodEdDSA, &ecKey().PublicKey, "EdDSA takes the type ed25519.PublicKey, and got *ecdsa.PublicKey"},
		{"a private RSA key", jwt.SigningMethodRS512, rsaKey(), "RS512 verifies with the public half of a key, and got a private key (*rsa.PrivateKey): pass its *rsa.PublicKey"},
		{"a private RSA key for a secret", jwt.SigningMethodHS256, rsaKey(), "HS256 takes the type []byte, and got *rsa.PrivateKey: pass a key for HS256, or use the algorithm of this key"},
		{"a private EC key", jwt.SigningMethodES512, ec521Key(), "pass its *ecdsa.PublicKey"},
		{"a private Ed25519 key", jwt.SigningMethodEdDSA, edKey(), "pass its ed25519.PublicKey"},
		{"a nil RSA key", jwt.SigningMethodRS384, (*rsa.PublicKey)(nil), "the RSA key is nil"},
		{"a nil EC key", jwt.SigningMethodES384, (*ecdsa.PublicKey)(nil), "the EC key is nil"},
		{"a nil Ed25519 key", jwt.SigningMethodEdDSA, ed25519.PublicKey(nil), "an Ed25519 public key has 32 bytes, not 0"},

		{"47 bytes for HS384", jwt.SigningMethodHS384, longSecret[:47], `an HS384 secret needs 48 bytes or more, not 47: make one with "openssl rand -base64 48"`},
		{"63 bytes for HS512", jwt.SigningMethodHS512, longSecret[:63], `an HS512 secret needs 64 bytes or more, not 63: make one with "openssl rand -base64 64"`},
		{"zeros for HS512", jwt.SigningMethodHS512, make([]byte, 64), "an HS512 secret cannot be all zeros"},
		{"PEM for HS512", jwt.SigningMethodHS512, readFile(t, "pkix.pem"), "an HS512 secret cannot be the text of a key"},
		{"P-256 for ES384", jwt.SigningMethodES384, &ecKey().PublicKey, `an ES384 key is of the curve elliptic.P384(), and this one is not: make one with "openssl ecparam -name secp384r1 -genkey -noout"`},
		{"P-521 for ES384", jwt.SigningMethodES384, &ec521Key().PublicKey, "an ES384 key is of the curve elliptic.P384()"},
		{"P-256 for ES512", jwt.SigningMethodES512, &ecKey().PublicKey, `an ES512 key is of the curve elliptic.P521(), and this one is not: make one with "openssl ecparam -name secp521r1 -genkey -noout"`},
		{"P-384 for ES512", jwt.SigningMethodES512, &ec384Key().PublicKey, "an ES512 key is of the curve elliptic.P521()"},
		{"2047 bits for PS512", jwt.SigningMethodPS512, oddKey(t, 2047), "an RSA key needs 2048 to 8192 bits, not 2047"},
		{"8193 bits for RS384", jwt.SigningMethodRS384, oddKey(t, 8193), "an RSA key needs 2048 to 8192 bits, not 8193"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			refused(t, tc.want)(jwthttp.New[AppClaims](jwthttp.NewKey(tc.method, tc.material), jwthttp.Options{}))
		})
	}

	// These are nearest to the bad ones.
	for _, a := range algorithms() {
		if err := jwthttp.NewKey(jwt.GetSigningMethod(a.name), a.public).Err(); err != nil {
			t.Errorf("%s: %v", a.name, err)
		}
	}
	for method, size := range map[jwt.SigningMethod]int{jwt.SigningMethodHS384: 48, jwt.SigningMethodHS512: 64} {
		if err := jwthttp.NewKey(method, longSecret[:size]).Err(); err != nil {
			t.Error(err)
		}
	}
}

// The signature of ECDSA has the length of its curve, and no byte may be missing.
func TestSignaturesOfLargerCurves(t *testing.T) {
	for _, a := range []algorithm{algorithms()[11], algorithms()[12]} {
		auth := mustNew[AppClaims](t, allKeys(), jwthttp.Options{})
		input := b64(a.header()) + "." + b64(payload(""))
		sig := signature(t, a.name, a.private, input)
		half := len(sig) / 2
		n := a.private.(*ecdsa.PrivateKey).Params().N.FillBytes(make([]byte, half))
		for name, bad := range map[string][]byte{
			"a byte of s missing":      sig[:len(sig)-1],
			"a byte of r missing":      sig[1:],
			"a byte of both missing":   slices.Concat(sig[1:half], sig[half+1:]),
			"r = 0":                    slices.Concat(make([]byte, half), sig[half:]),
			"s = 0":                    slices.Concat(sig[:half], make([]byte, half)),
			"r = n":                    slices.Concat(n, sig[half:]),
			"s = n":                    slices.Concat(sig[:half], n),
			"swapped":                  slices.Concat(sig[half:], sig[:half]),
			"64 bytes, as of ES256":    sig[:64],
			"r and s of one byte more": slices.Concat([]byte{0}, sig[:half], []byte{0}, sig[half:]),
		} {
			if _, err := auth.Verify(t.Context(), input+"."+b64(string(bad))); !errors.Is(err, jwt.ErrTokenSignatureInvalid) {
				t.Errorf("%s, %s: %v", a.name, name, err)
			}
		}
		verify(t, auth, input+"."+b64(string(sig)), nil)
	}
	// An r with zeros before it is found once in 256 signatures.
	auth := mustNew[AppClaims](t, algorithms()[11].key, jwthttp.Options{RememberSignatures: -1})
	for range 200 {
		verify(t, auth, algorithms()[11].sign(t, payload("")), nil)
	}
}

// Ed25519 and EdDSA name one algorithm, RFC 9864. A key source sees one name for both.
func TestNamesOfEd25519(t *testing.T) {
	key := jwthttp.EdDSA(edPublic(edKey()))
	var seen []string
	function := jwthttp.KeyFunc(func(_ context.Context, h jwthttp.TokenHeader) ([]jwthttp.Key, error) {
		seen = append(seen, h.Algorithm)
		return []jwthttp.Key{key}, nil
	})
	for name, source := range map[string]jwthttp.KeySource{
		"key": key, "set": jwthttp.KeySet{key.WithID("Ed25519")}, "function": function,
		"keyfunc, EdDSA":   jwthttp.FromKeyfunc(anyKey(edPublic(edKey())), "EdDSA"),
		"keyfunc, Ed25519": jwthttp.FromKeyfunc(anyKey(edPublic(edKey())), "Ed25519"),
	} {
		for _, header := range []string{`{"alg":"EdDSA"}`, `{"alg":"Ed25519"}`, `{"alg":"\u0045d25519","kid":"Ed25519"}`, `{"kid":"Ed25519","alg":"Ed25519"}`} {
			token := verify(t, mustNew[AppClaims](t, source, jwthttp.Options{}), signAs(t, "EdDSA", edKey(), header, payload("")), nil)
			if token.Header.Algorithm != "EdDSA" || strings.Contains(header, "kid") && token.Header.KeyID != "Ed25519" {
				t.Errorf("%s, %s: %v", name, header, token.Header)
			}
		}
	}
	if len(seen) != 4 || slices.ContainsFunc(seen, func(name string) bool { return name != "EdDSA" }) {
		t.Errorf("the function saw %q", seen)
	}
}
