package jws

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"sync"
)

const maxRSABits = 8192

// NewVerifier returns the verifier for an algorithm and a key. material is a []byte,
// *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey, and is copied. The error says what is
// wrong with the key and how to get a good one. It is ErrMaterial if the algorithm does not use
// this type.
func NewVerifier(name string, material any) (Verifier, error) {
	a := find(name)
	if a == nil {
		return nil, ErrMaterial
	}
	switch m := material.(type) {
	case []byte:
		if a.family == hmacFamily {
			return newHMACVerifier(a, m)
		}
	case *rsa.PublicKey:
		if a.family == rsaFamily || a.family == pssFamily {
			return newRSAVerifier(a, m)
		}
	case *ecdsa.PublicKey:
		if a.family == ecFamily {
			return newECVerifier(a, m)
		}
	case ed25519.PublicKey:
		if a.family == edFamily {
			return newEdVerifier(a, m)
		}
	}
	return nil, ErrMaterial
}

// ErrMaterial is the error for a key of a type that the algorithm does not use.
var ErrMaterial = errors.New("the key is of another algorithm")

// MaterialError is ErrMaterial for people. It says what the algorithm takes.
func MaterialError(name string, material any) error {
	want := map[family]string{hmacFamily: "[]byte", rsaFamily: "*rsa.PublicKey", pssFamily: "*rsa.PublicKey", ecFamily: "*ecdsa.PublicKey", edFamily: "ed25519.PublicKey"}[find(name).family]
	if _, ok := material.(interface{ Public() crypto.PublicKey }); ok && want != "[]byte" {
		return fmt.Errorf("%s verifies with the public half of a key, and got a private key (%T): pass its %s", name, material, want)
	}
	mend := fmt.Sprintf("pass a key for %s, or use the algorithm of this key", name)
	_, isText := material.(string)
	if _, isBytes := material.([]byte); isBytes || isText {
		switch want {
		case "[]byte":
			mend = "convert the secret to it"
		case "*rsa.PublicKey":
			mend = "read PEM with ParseRSAPublicKey first, or use an HS algorithm for a secret"
		case "*ecdsa.PublicKey":
			mend = "read PEM with jwt.ParseECPublicKeyFromPEM first, or use an HS algorithm for a secret"
		default:
			mend = "read PEM with jwt.ParseEdPublicKeyFromPEM first, or use an HS algorithm for a secret"
		}
	}
	return fmt.Errorf("%s takes the type %s, and got %T: %s", name, want, material, mend)
}

func newHMACVerifier(a *algorithm, secret []byte) (Verifier, error) {
	const mend = "make one with \"openssl rand -base64 %d\""
	size := a.hash.Size() // RFC 7518 section 3.2
	if len(secret) < size {
		return nil, fmt.Errorf("an %s secret needs %d bytes or more, not %d: "+mend, a.name, size, len(secret), size)
	}
	if len(bytes.Trim(secret, "\x00")) == 0 {
		return nil, fmt.Errorf("an %s secret cannot be all zeros, like an empty buffer: "+mend, a.name, size)
	}
	if looksPublic(secret) {
		return nil, fmt.Errorf("an %s secret cannot be the text of a key or certificate, which others can read: for a public key use RS256 and ParseRSAPublicKey", a.name)
	}
	return keyedHMAC(a.hash, secret)
}

func newRSAVerifier(a *algorithm, pub *rsa.PublicKey) (Verifier, error) {
	if err := checkRSA(pub); err != nil {
		return nil, err
	}
	pub = &rsa.PublicKey{N: new(big.Int).Set(pub.N), E: pub.E}
	sch := rsaScheme{pub, a.hash, a.family == pssFamily}
	// An empty signature is refused after the checks of the key, and before the slow part.
	if err := sch.verify(make([]byte, a.hash.Size()), nil); !errors.Is(err, rsa.ErrVerification) {
		return nil, fmt.Errorf("the RSA key cannot verify a signature: %w", err)
	}
	return newPublicVerifier(a, sch, x509.MarshalPKCS1PublicKey(pub)), nil
}

func newECVerifier(a *algorithm, pub *ecdsa.PublicKey) (Verifier, error) {
	point, err := ecPoint(a, pub)
	if err != nil {
		return nil, err
	}
	pub, err = ecdsa.ParseUncompressedPublicKey(a.curve, point)
	if err != nil {
		return nil, err
	}
	return newPublicVerifier(a, ecScheme{pub}, point), nil
}

func newEdVerifier(a *algorithm, pub ed25519.PublicKey) (Verifier, error) {
	if err := checkEd(pub); err != nil {
		return nil, err
	}
	pub = bytes.Clone(pub)
	return newPublicVerifier(a, edScheme{pub}, pub), nil
}

func checkRSA(pub *rsa.PublicKey) error {
	if pub == nil || pub.N == nil {
		return errors.New("the RSA key is nil: read one with ParseRSAPublicKey and check its error")
	}
	switch bits := pub.N.BitLen(); {
	case bits < 2048 || bits > maxRSABits:
		return fmt.Errorf("an RSA key needs 2048 to 8192 bits, not %d: make one with \"openssl genrsa 3072\"", bits)
	case pub.N.Sign() < 0 || pub.N.Bit(0) == 0:
		return errors.New("the RSA modulus is negative or even: the key is damaged, export it again")
	case pub.E < 3 || int64(pub.E) >= 1<<31 || pub.E%2 == 0:
		return fmt.Errorf("an RSA key needs an odd exponent from 3 below 2^31, not %d: the usual one is 65537", pub.E)
	}
	return nil
}

// curveNames are the names of the curves: those of Go, and those of openssl.
var curveNames = map[elliptic.Curve][2]string{
	elliptic.P256(): {"P256", "prime256v1"},
	elliptic.P384(): {"P384", "secp384r1"},
	elliptic.P521(): {"P521", "secp521r1"},
}

// ecPoint returns the point of pub, uncompressed, SEC 1 section 2.3.3.
func ecPoint(a *algorithm, pub *ecdsa.PublicKey) ([]byte, error) {
	//lint:ignore SA1019 Bytes panics on a curve without a point
	if pub == nil || pub.Curve == nil || pub.X == nil || pub.Y == nil {
		return nil, errors.New("the EC key is nil: read one with jwt.ParseECPublicKeyFromPEM and check its error")
	}
	if pub.Curve != a.curve {
		name := curveNames[a.curve]
		return nil, fmt.Errorf("an %s key is of the curve elliptic.%s(), and this one is not: make one with \"openssl ecparam -name %s -genkey -noout\"", a.name, name[0], name[1])
	}
	point, err := pub.Bytes()
	if err != nil {
		return nil, errors.New("the EC key is not a point of its curve: the key is damaged, export it again")
	}
	return point, nil
}

func checkEd(pub ed25519.PublicKey) error {
	if err := checkEdForm(pub); err != nil {
		return err
	}
	if fmt.Sprint(verifyNothing(pub)) != badSignature() {
		return errDamagedEd
	}
	return nil
}

var errDamagedEd = errors.New("the Ed25519 key is not a point of its curve: the key is damaged, export it again")

// checkEdForm finds what no signature would find.
func checkEdForm(pub ed25519.PublicKey) error {
	if len(pub) != ed25519.PublicKeySize {
		return fmt.Errorf("an Ed25519 public key has 32 bytes, not %d: read one with jwt.ParseEdPublicKeyFromPEM and check its error", len(pub))
	}
	y := bytes.Clone(pub)
	y[31] &= 0x7f // the sign of x
	if slices.Contains(smallOrder, hex.EncodeToString(y)) {
		return errors.New("the Ed25519 key is of small order, so that everybody can sign for it: the key is empty or damaged, export it again")
	}
	// RFC 8032 section 5.1.3: a y that is not below the field's prime is not decoded.
	slices.Reverse(y)
	if new(big.Int).SetBytes(y).Cmp(fieldPrime) >= 0 {
		return errDamagedEd
	}
	return nil
}

// fieldPrime is 2^255-19.
var fieldPrime = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))

// badSignature is the text of the error for a bad signature of a good key.
var badSignature = sync.OnceValue(func() string { return fmt.Sprint(verifyNothing(basePoint)) })

// basePoint is a good key, RFC 8032 section 5.1.
var basePoint = append(ed25519.PublicKey{0x58}, bytes.Repeat([]byte{0x66}, 31)...)

// verifyNothing returns the error for a signature of zeros. The standard library has no
// function that checks a key. But its error for a bad key differs from that for a bad
// signature.
func verifyNothing(pub ed25519.PublicKey) error {
	return ed25519.VerifyWithOptions(pub, nil, make([]byte, ed25519.SignatureSize), &ed25519.Options{})
}

// smallOrder are the y coordinates of the points whose order divides 8, in every encoding. The
// field is 2^255-19, so 0 and 1 have two encodings.
var smallOrder = []string{
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
}

// looksPublic reports whether a secret is a key or certificate in one of its usual forms. With
// such a secret, everybody who has the public key could sign tokens.
func looksPublic(secret []byte) bool {
	// Three things are checked: the secret, its text without line breaks, indents and the
	// zeros of UTF-16, and what that text encodes.
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
	for _, part := range []string{
		"----BEGIN",                                                 // PEM and RFC 4716
		"AAAAB3NzaC1", "AAAAC3NzaC1", "AAAAE2VjZHNh", "AAAAHHNzaC1", // ssh-rsa, ssh-ed25519, ecdsa-sha2,
		"AAAAIHNzaC1", "AAAAKGVjZHNh", "AAAAGnNrLXNz", "AAAAInNrLWVj", // their certificates, and keys in hardware
		"\x00\x00\x00\x07ssh-", "\x00\x00\x00\x0bssh-", "\x00\x00\x00\x13ecdsa-", // as bytes
		"BgkqhkiG9w0BAQEF", "MFkwEwYHKoZIzj0C", "MCowBQYDK2VwAyEA", // base64 of PKIX for RSA, P-256 and Ed25519, with something around it
		`"kty"`, // JWK
	} {
		if bytes.Contains(b, []byte(part)) {
			return true
		}
	}
	return IsPublicDER(b)
}

// IsPublicDER reports whether b begins with a public key or a certificate in DER. The form
// decides, because crypto/x509 knows few algorithms. Its lengths are exact, which those of a
// random secret are not.
func IsPublicDER(b []byte) bool {
	var parts []asn1.RawValue // a line break or more may follow them
	if _, err := asn1.Unmarshal(b, &parts); err != nil {
		return false
	}
	var modulus *big.Int
	return startsWith(parts, new(pkix.AlgorithmIdentifier), new(asn1.BitString)) || // SubjectPublicKeyInfo, RFC 5280 section 4.1
		startsWith(parts, new([]asn1.RawValue), new(pkix.AlgorithmIdentifier), new(asn1.BitString)) || // Certificate, the same section
		startsWith(parts, &modulus, new(*big.Int)) && modulus.Sign() > 0 // RSAPublicKey, RFC 8017 appendix A.1.1; a private key has a 0 there
}

// startsWith reads the first of parts into forms.
func startsWith(parts []asn1.RawValue, forms ...any) bool {
	if len(parts) < len(forms) {
		return false
	}
	for i, form := range forms {
		if !isDER(parts[i].FullBytes, form) {
			return false
		}
	}
	return true
}
