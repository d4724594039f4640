package jwks_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

// Keys are made once for a test run, because RSA keys take a while to make.
var (
	rsaKey   = sync.OnceValue(func() *rsa.PrivateKey { return newRSAKey(2048) })
	rsaOther = sync.OnceValue(func() *rsa.PrivateKey { return newRSAKey(2048) })
	ecKey    = sync.OnceValue(func() *ecdsa.PrivateKey { return newECKey(elliptic.P256()) })
)

func newRSAKey(bits int) *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, bits)) }

func newECKey(curve elliptic.Curve) *ecdsa.PrivateKey {
	return must(ecdsa.GenerateKey(curve, rand.Reader))
}

// quickRSAKey returns a key of very many bits. It is made of many small primes, because
// finding two large ones takes minutes. Such a key is not secure.
func quickRSAKey(bits int) *rsa.PrivateKey {
	for {
		n, phi := big.NewInt(1), big.NewInt(1)
		for left := bits; left > 1; left = bits - n.BitLen() {
			size := 256
			if left < 2*size {
				size = left
			}
			p := must(rand.Prime(rand.Reader, size))
			n.Mul(n, p)
			phi.Mul(phi, p.Sub(p, big.NewInt(1)))
		}
		d := new(big.Int).ModInverse(big.NewInt(65537), phi)
		if d != nil && n.BitLen() == bits {
			return &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: n, E: 65537}, D: d}
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// n returns the modulus as a member of a JWK.
func n(key *rsa.PrivateKey) string { return fmt.Sprintf(`"n":%q`, b64(key.N.Bytes())) }

func rsaJWK(kid string, key *rsa.PrivateKey) string {
	return fmt.Sprintf(`{"kid":%q,"kty":"RSA",%s,"e":"AQAB"}`, kid, n(key))
}

func ecJWK(kid string, key *ecdsa.PrivateKey) string {
	point := must(key.PublicKey.Bytes())[1:]
	x, y := point[:len(point)/2], point[len(point)/2:]
	return fmt.Sprintf(`{"kid":%q,"kty":"EC","crv":%q,"x":%q,"y":%q}`, kid, key.Curve.Params().Name, b64(x), b64(y))
}

// with returns the JWK with more members.
func with(jwk string, members ...string) string {
	return strings.TrimSuffix(jwk, "}") + "," + strings.Join(members, ",") + "}"
}

// certificate returns a certificate for the key, as x5c contains it.
func certificate(key *rsa.PrivateKey) string {
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	return base64.StdEncoding.EncodeToString(must(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)))
}

// certificateOf returns a certificate of a good key, with these names.
func certificateOf(template *x509.Certificate) string {
	template.SerialNumber = big.NewInt(1)
	return toPEM("CERTIFICATE", must(x509.CreateCertificate(rand.Reader, template, template, ecKey().Public(), ecKey())))
}

// providerClaims returns claims that are valid for an hour.
func providerClaims() map[string]any {
	return map[string]any{"iss": issuer, "aud": audience, "sub": "alice", "exp": time.Now().Add(time.Hour).Unix()}
}

// signAs returns a token that is signed with Go's crypto alone, RFC 7518 section 3 and RFC
// 8037. Its header has alg, kid if kid is not empty, and more.
func signAs(algorithm, kid string, private crypto.Signer, claims map[string]any, more ...string) string {
	header := []string{fmt.Sprintf(`"alg":%q`, algorithm)}
	if kid != "" {
		header = append(header, fmt.Sprintf(`"kid":%q`, kid))
	}
	input := b64([]byte("{"+strings.Join(append(header, more...), ",")+"}")) + "." + b64(must(json.Marshal(claims)))
	if algorithm == "EdDSA" {
		return input + "." + b64(must(private.Sign(nil, []byte(input), crypto.Hash(0))))
	}
	hash := map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}[algorithm[2:]]
	h := hash.New()
	h.Write([]byte(input))
	sum := h.Sum(nil)
	var sig []byte
	switch algorithm[:2] {
	case "RS":
		sig = must(private.Sign(rand.Reader, sum, hash))
	case "PS":
		sig = must(private.Sign(rand.Reader, sum, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash}))
	case "ES":
		r, s, err := ecdsa.Sign(rand.Reader, private.(*ecdsa.PrivateKey), sum)
		size := map[string]int{"ES256": 32, "ES384": 48, "ES512": 66}[algorithm]
		sig = make([]byte, 2*size)
		must(r, err).FillBytes(sig[:size])
		s.FillBytes(sig[size:])
	}
	return input + "." + b64(sig)
}

func tokenOf(algorithm, kid string, private crypto.Signer) string {
	return signAs(algorithm, kid, private, providerClaims())
}

// wantToken asserts how a token is answered with these keys: with the error want, or accepted
// if want is nil.
func wantToken(t testing.TB, keys jwthttp.KeySource, token string, want error) {
	t.Helper()
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{Issuer: issuer, Audience: []string{audience}})
	if err != nil {
		t.Fatalf("New refuses the keys: %v", err)
	}
	if _, err := auth.Verify(t.Context(), token); !errors.Is(err, want) {
		t.Errorf("the token is answered with %v, want %v", err, want)
	}
}

// wantSkipped asserts the texts of errors. A wanted text is the beginning and a later part, with
// "…" between them.
func wantSkipped(t testing.TB, skipped []error, want ...string) {
	t.Helper()
	if len(skipped) != len(want) {
		t.Fatalf("skipped %q, want %q", skipped, want)
	}
	for i, err := range skipped {
		begin, end, _ := strings.Cut(want[i], "…")
		if !strings.HasPrefix(err.Error(), begin) || !strings.Contains(err.Error(), end) {
			t.Errorf("skipped %q, want %q", err, want[i])
		}
	}
}

// Each rule for a single key is tested. A skipped key does not spoil the good keys before and
// after it. A set of a skipped key alone is an error.
func TestParseKey(t *testing.T) {
	const odd = `"kid":"odd"`
	rs, ec, ed := rsaJWK("odd", rsaKey()), ecJWK("odd", ecKey()), edJWK("odd", "odd")
	small, large, huge := newRSAKey(1024), quickRSAKey(4097), quickRSAKey(8192)
	p384, p521 := newECKey(elliptic.P384()), newECKey(elliptic.P521())
	bits := func(bits int) string { // odd, and exactly that many bits long
		modulus := new(big.Int).SetBit(big.NewInt(1), bits-1, 1)
		return fmt.Sprintf(`{%s,"kty":"RSA","n":%q,"e":"AQAB"}`, odd, b64(modulus.Bytes()))
	}
	rsaWith := func(n, e string) string { return fmt.Sprintf(`{%s,"kty":"RSA",%s,"e":%q}`, odd, n, e) }
	modulus := b64(rsaKey().N.Bytes())
	private := b64(rsaKey().D.Bytes())
	point := must(ecKey().PublicKey.Bytes())[1:]
	zeroEC, zeroPoint := ecKey(), point
	for zeroPoint[0] != 0 { // x begins with a zero, as it does for one key in 256
		zeroEC = newECKey(elliptic.P256())
		zeroPoint = must(zeroEC.PublicKey.Bytes())[1:]
	}
	ecWith := func(x, y []byte) string {
		return fmt.Sprintf(`{%s,"kty":"EC","crv":"P-256","x":%q,"y":%q}`, odd, b64(x), b64(y))
	}
	okp := func(crv string, x []byte) string {
		return fmt.Sprintf(`{%s,"kty":"OKP","crv":%q,"x":%q}`, odd, crv, b64(x))
	}
	edPublic := []byte(edKey("odd").Public().(ed25519.PublicKey))
	long := strings.Repeat("k", 257)
	named := func(kid string) string { return strings.Replace(ed, odd, `"kid":`+kid, 1) }

	type row struct {
		name      string
		jwk       string
		algorithm string // "" if the key is skipped
		private   crypto.Signer
		reason    string
	}
	rows := []row{
		{"RSA", rs, "RS256", rsaKey(), ""},
		{"RSA RS256", with(rs, `"alg":"RS256"`), "RS256", rsaKey(), ""},
		{"RSA PS256", with(rs, `"alg":"PS256"`), "PS256", rsaKey(), ""},
		{"EC", ec, "ES256", ecKey(), ""},
		{"EC ES256", with(ec, `"alg":"ES256"`), "ES256", ecKey(), ""},
		{"Ed25519", ed, "EdDSA", edKey("odd"), ""},
		{"Ed25519 EdDSA", with(ed, `"alg":"EdDSA"`), "EdDSA", edKey("odd"), ""},
		{"Ed25519 Ed25519", with(ed, `"alg":"Ed25519"`), "EdDSA", edKey("odd"), ""},
		{"Ed25519 on RSA", with(rs, `"alg":"Ed25519"`), "", rsaKey(), `alg "Ed25519"`},
		{"Ed448 on Ed25519", with(ed, `"alg":"Ed448"`), "", edKey("odd"), `alg "Ed448"`},

		{"alg null", with(ed, `"alg":null`), "EdDSA", edKey("odd"), ""},
		{"alg empty", with(ed, `"alg":""`), "EdDSA", edKey("odd"), ""},
		{"alg a number", with(ed, `"alg":256`), "", edKey("odd"), "not a JWK"},
		{"alg in lower case", with(rs, `"alg":"rs256"`), "", rsaKey(), `alg "rs256"`},
		{"RS1", with(rs, `"alg":"RS1"`), "", rsaKey(), `alg "RS1" is not supported for this key (*rsa.PublicKey): use RS256, RS384, RS512, PS256, PS384 or PS512`},
		{"RSA-OAEP", with(rs, `"alg":"RSA-OAEP"`), "", rsaKey(), `alg "RSA-OAEP"`},
		{"HS256 on RSA", with(rs, `"alg":"HS256"`), "", rsaKey(), `alg "HS256"`},
		{"none on RSA", with(rs, `"alg":"none"`), "", rsaKey(), `alg "none"`},
		{"ES256 on RSA", with(rs, `"alg":"ES256"`), "", rsaKey(), `alg "ES256"`},
		{"RS256 on EC", with(ec, `"alg":"RS256"`), "", ecKey(), `alg "RS256"`},
		{"ES384 on P-256", with(ec, `"alg":"ES384"`), "", ecKey(), `alg "ES384"`},
		{"EdDSA on EC", with(ec, `"alg":"EdDSA"`), "", ecKey(), `alg "EdDSA"`},
		{"ES256 on Ed25519", with(ed, `"alg":"ES256"`), "", edKey("odd"), `alg "ES256"`},
		{"none on Ed25519", with(ed, `"alg":"none"`), "", edKey("odd"), `alg "none"`},

		{"kty unknown", `{` + odd + `,"kty":"XYZ"}`, "", nil, `type "XYZ"`},
		{"kty missing", `{` + odd + `,` + n(rsaKey()) + `,"e":"AQAB"}`, "", rsaKey(), "key type"},
		{"kty in lower case", strings.Replace(rs, `"RSA"`, `"rsa"`, 1), "", rsaKey(), `type "rsa"`},
		{"KTY", strings.Replace(rs, `"kty"`, `"KTY"`, 1), "", rsaKey(), "key type"},
		{"kty a number", strings.Replace(rs, `"RSA"`, `1`, 1), "", rsaKey(), "not a JWK"},
		{"oct", `{` + odd + `,"kty":"oct","k":"` + b64([]byte("0123456789abcdef0123456789abcdef")) + `"}`, "", nil, "secret (k)"},
		{"oct HS256", `{` + odd + `,"kty":"oct","alg":"HS256","k":"` + b64([]byte("0123456789abcdef0123456789abcdef")) + `"}`, "", nil, "secret (k)"},
		{"oct without k", `{` + odd + `,"kty":"oct","alg":"HS256"}`, "", nil, ""},
		{"ML-DSA", `{` + odd + `,"kty":"AKP","alg":"ML-DSA-44","pub":"` + b64(make([]byte, 1312)) + `"}`, "", nil, ""},

		{"RSA private", with(rs, `"d":"`+private+`"`), "", rsaKey(), "secret (d)"},
		{"RSA with null for what is secret", with(rs, `"d":null,"p":null,"k":null`), "RS256", rsaKey(), ""},
		{"RSA private, d empty", with(rs, `"d":""`), "", rsaKey(), "secret (d)"},
		{"RSA private, d a number", with(rs, `"d":1`), "", rsaKey(), "secret (d)"},
		{"EC private", with(ec, `"d":"`+b64(must(ecKey().Bytes()))+`"`), "", ecKey(), "secret (d)"},
		{"OKP private", with(ed, `"d":"`+b64(edKey("odd").Seed())+`"`), "", edKey("odd"), "secret (d)"},

		{"use sig", with(rs, `"use":"sig"`), "RS256", rsaKey(), ""},
		{"use null", with(rs, `"use":null`), "RS256", rsaKey(), ""},
		{"use enc", with(rs, `"use":"enc"`), "", rsaKey(), `use is "enc"`},
		{"use empty", with(rs, `"use":""`), "", rsaKey(), `use is ""`},
		{"use in upper case", with(rs, `"use":"SIG"`), "", rsaKey(), `use is "SIG"`},
		{"use a number", with(rs, `"use":1`), "", rsaKey(), "not a JWK"},
		{"use an array", with(rs, `"use":["sig"]`), "", rsaKey(), "not a JWK"},

		{"key_ops verify", with(rs, `"key_ops":["verify"]`), "RS256", rsaKey(), ""},
		{"key_ops verify among others", with(rs, `"key_ops":["encrypt","verify"]`), "RS256", rsaKey(), ""},
		{"key_ops null", with(rs, `"key_ops":null`), "RS256", rsaKey(), ""},
		{"key_ops without verify", with(rs, `"key_ops":["sign","encrypt"]`), "", rsaKey(), "no verify"},
		{"key_ops empty", with(rs, `"key_ops":[]`), "", rsaKey(), "no verify"},
		{"key_ops in upper case", with(rs, `"key_ops":["VERIFY"]`), "", rsaKey(), "no verify"},
		{"key_ops a string", with(rs, `"key_ops":"verify"`), "", rsaKey(), "not a JWK"},
		{"key_ops without verify, use sig", with(rs, `"use":"sig","key_ops":["sign"]`), "", rsaKey(), "no verify"},
		{"key_ops verify, use enc", with(rs, `"use":"enc","key_ops":["verify"]`), "", rsaKey(), `use is "enc"`},

		{"RSA without n", `{` + odd + `,"kty":"RSA","e":"AQAB"}`, "", nil, "n is missing"},
		{"RSA without e", `{` + odd + `,"kty":"RSA",` + n(rsaKey()) + `}`, "", rsaKey(), "e is missing"},
		{"RSA n empty", rsaWith(`"n":""`, "AQAB"), "", nil, "n is missing"},
		{"RSA n null", rsaWith(`"n":null`, "AQAB"), "", nil, "n is missing"},
		{"RSA n a number", rsaWith(`"n":3233`, "AQAB"), "", nil, ""},
		{"RSA n not base64url", rsaWith(`"n":"*`+modulus[1:]+`"`, "AQAB"), "", rsaKey(), "base64"},
		{"RSA n in the standard alphabet", rsaWith(`"n":"`+base64.RawStdEncoding.EncodeToString(rsaKey().N.Bytes())+`"`, "AQAB"), "RS256", rsaKey(), ""},
		{"RSA n with padding", rsaWith(`"n":"`+modulus+`=="`, "AQAB"), "RS256", rsaKey(), ""},
		{"RSA n in the standard alphabet with padding", rsaWith(`"n":"`+base64.StdEncoding.EncodeToString(rsaKey().N.Bytes())+`"`, "AQAB="), "RS256", rsaKey(), ""},
		{"RSA n with a zero before", rsaWith(`"n":"`+b64(append([]byte{0}, rsaKey().N.Bytes()...))+`"`, "AQAB"), "RS256", rsaKey(), ""},
		{"RSA n even", rsaWith(`"n":"`+b64(new(big.Int).Lsh(big.NewInt(1), 2047).Bytes())+`"`, "AQAB"), "", nil, "negative or even"},
		{"RSA e empty", rsaWith(n(rsaKey()), ""), "", nil, ""},
		{"RSA e 0", rsaWith(n(rsaKey()), "AA"), "", nil, "odd exponent"},
		{"RSA e 1", rsaWith(n(rsaKey()), "AQ"), "", nil, "odd exponent"},
		{"RSA e 2", rsaWith(n(rsaKey()), "Ag"), "", nil, "odd exponent"},
		{"RSA e even", rsaWith(n(rsaKey()), b64([]byte{1, 0, 0})), "", nil, "odd exponent"},
		{"RSA e 2^31+1", rsaWith(n(rsaKey()), b64([]byte{0x80, 0, 0, 1})), "", nil, "odd exponent"},
		{"RSA e 2^32+1", rsaWith(n(rsaKey()), b64([]byte{1, 0, 0, 0, 1})), "", nil, ""},
		{"RSA e 2^64+65537", rsaWith(n(rsaKey()), b64([]byte{1, 0, 0, 0, 0, 0, 1, 0, 1})), "", rsaKey(), "odd exponent"},

		{"RSA 1024 bits", rsaJWK("odd", small), "", small, "2048 to 8192 bits, not 1024"},
		{"RSA 2047 bits", bits(2047), "", nil, "2048 to 8192 bits, not 2047"},
		{"RSA 4097 bits", rsaJWK("odd", large), "RS256", large, ""},
		{"RSA 8192 bits", rsaJWK("odd", huge), "RS256", huge, ""},
		{"RSA 8193 bits", bits(8193), "", nil, "2048 to 8192 bits, not 8193"},
		{"RSA 16384 bits", bits(16384), "", nil, "2048 to 8192 bits, not 16384"},

		{"P-384", ecJWK("odd", p384), "ES384", p384, ""},
		{"P-384 ES384", with(ecJWK("odd", p384), `"alg":"ES384"`), "ES384", p384, ""},
		{"P-384 that says ES256", with(ecJWK("odd", p384), `"alg":"ES256"`), "", nil, `alg "ES256" is not supported for this key (*ecdsa.PublicKey): use ES384`},
		{"P-384 that says ES512", with(ecJWK("odd", p384), `"alg":"ES512"`), "", nil, `alg "ES512"`},
		{"P-521", ecJWK("odd", p521), "ES512", p521, ""},
		{"P-521 ES512", with(ecJWK("odd", p521), `"alg":"ES512"`), "ES512", p521, ""},
		{"P-521 that says ES384", with(ecJWK("odd", p521), `"alg":"ES384"`), "", nil, `alg "ES384"`},
		{"a point of P-384 that says P-521", strings.Replace(ecJWK("odd", p384), "P-384", "P-521", 1), "", nil, "not on the curve P-521"},
		{"a point of P-521 that says P-384", strings.Replace(ecJWK("odd", p521), "P-521", "P-384", 1), "", nil, "P-384 has 48 bytes"},
		{"secp256k1", strings.Replace(ec, "P-256", "secp256k1", 1), "", ecKey(), "not supported"},
		{"EC off the curve", ecWith(point[:32], make([]byte, 32)), "", nil, "not on the curve"},
		{"EC infinity", ecWith(make([]byte, 32), make([]byte, 32)), "", nil, "not on the curve"},
		{"EC x cut", ecWith(point[:31], point[32:]), "", nil, "not on the curve"},
		{"EC x without its leading zero", ecWith(zeroPoint[1:32], zeroPoint[32:]), "ES256", zeroEC, ""},
		{"EC x and y without anything", ecWith(nil, nil), "", nil, "x is missing"},
		{"EC x too long", ecWith(append([]byte{0}, point[:32]...), point[32:]), "", ecKey(), "length"},
		{"EC without y", `{` + odd + `,"kty":"EC","crv":"P-256","x":"` + b64(point[:32]) + `"}`, "", nil, "y is missing"},
		{"X25519", okp("X25519", edPublic), "", nil, "not supported"},
		{"Ed448", okp("Ed448", make([]byte, 57)), "", nil, "not supported"},
		{"Ed25519 of small order", okp("Ed25519", make([]byte, 32)), "", nil, "order"},
		{"Ed25519 off the curve", okp("Ed25519", append([]byte{2}, make([]byte, 31)...)), "", nil, "curve"},
		{"Ed25519 too short", okp("Ed25519", edPublic[:31]), "", nil, ""},
		{"Ed25519 too long", okp("Ed25519", append(edPublic[:32:32], 0)), "", nil, ""},
		{"Ed25519 without x", `{` + odd + `,"kty":"OKP","crv":"Ed25519"}`, "", nil, "x is missing"},

		{"kid null", named("null"), "EdDSA", edKey("odd"), ""},
		{"kid empty", named(`""`), "EdDSA", edKey("odd"), ""},
		{"kid of 256 bytes", named(`"` + long[:256] + `"`), "EdDSA", edKey("odd"), ""},
		{"kid of 257 bytes", named(`"` + long + `"`), "", edKey("odd"), "cannot be the kid of a token"},
		{"kid with a control byte", named(`"a\u0001"`), "", edKey("odd"), "cannot be the kid of a token"},
		{"kid with a line break", named(`"a\nb"`), "", edKey("odd"), "cannot be the kid of a token"},
		{"kid beyond ASCII", named(`"schlüssel"`), "", edKey("odd"), "cannot be the kid of a token"},
		{"kid that is not UTF-8", named("\"a\xff\""), "", edKey("odd"), "UTF-8"},
		{"a member that is not UTF-8", with(ed, "\"a\":\"\xff\""), "", edKey("odd"), "UTF-8"},
		{"kid a number", named("1"), "", edKey("odd"), "not a JWK"},

		{"x5c garbage", with(rs, `"x5c":["garbage",1,null]`), "RS256", rsaKey(), ""},
		{"x5c a string", with(rs, `"x5c":"garbage"`), "RS256", rsaKey(), ""},
		{"x5c of the key", with(rs, `"x5c":["`+certificate(rsaKey())+`"]`), "RS256", rsaKey(), ""},
		{"x5c of another key", with(rs, `"x5c":["`+certificate(rsaOther())+`"]`), "RS256", rsaKey(), ""},
		{"x5u", with(rs, `"x5u":"http://127.0.0.1:1/cert"`), "RS256", rsaKey(), ""},
		{"x5u garbage", with(rs, `"x5u":":%"`), "RS256", rsaKey(), ""},
		{"x5t garbage", with(rs, `"x5t":"*","x5t#S256":5`), "RS256", rsaKey(), ""},
		{"unknown members", with(rs, `"issuer":"x","exp":1,"X5C":1,"D":1`), "RS256", rsaKey(), ""},

		{"member twice", with(edJWK("odd", ""), `"kty":"OKP"`), "", edKey("odd"), "duplicate"},
		{"member twice, escaped", with(edJWK("odd", ""), `"\u006bty":"OKP"`), "", edKey("odd"), "duplicate"},
		{"unknown member twice", with(edJWK("odd", ""), `"a":1,"a":1`), "", edKey("odd"), "duplicate"},
		{"certificate twice", with(edJWK("odd", ""), `"x5t":"a","x5t":"a"`), "", edKey("odd"), "duplicate"},

		{"null", `null`, "", nil, ""},
		{"a number", `1`, "", nil, "not a JSON object"},
		{"a string", `"key"`, "", nil, "not a JSON object"},
		{"an array", `[` + edJWK("odd", "") + `]`, "", edKey("odd"), "not a JSON object"},
		{"an empty object", `{}`, "", nil, "key type"},
	}
	for _, alg := range []string{"RS384", "RS512", "PS384", "PS512"} {
		rows = append(rows, row{"RSA " + alg, with(rs, fmt.Sprintf(`"alg":%q`, alg)), alg, rsaKey(), ""})
	}
	for _, name := range []string{"k", "d", "p", "q", "dp", "dq", "qi", "oth", "priv"} {
		rows = append(rows, row{"secret " + name, with(rs, fmt.Sprintf("%q:%q", name, private)), "", rsaKey(), "secret (" + name + ")"})
	}

	for _, tc := range rows {
		t.Run(tc.name, func(t *testing.T) {
			alone, err := jwks.Parse([]byte(keySet(tc.jwk)))
			if tc.algorithm != "" {
				if err != nil || len(alone.Keys) != 1 || len(alone.Skipped) != 0 {
					t.Fatalf("Parse returned %v, %v", alone, err)
				}
				kid := ""
				if strings.Contains(tc.jwk, odd) {
					kid = "odd"
				}
				wantToken(t, alone.Keys, tokenOf(tc.algorithm, kid, tc.private), nil)
				wantToken(t, alone.Keys, tokenOf(tc.algorithm, "", tc.private), nil)
				for _, algorithm := range algorithmsOf(tc.private) {
					if algorithm != tc.algorithm {
						wantToken(t, alone.Keys, tokenOf(algorithm, kid, tc.private), jwthttp.ErrUnknownKey)
					}
				}
				return
			}
			if wantError(t, err, nil, "no key that can be used"); alone.Keys != nil || alone.Skipped != nil {
				t.Errorf("Parse returned a set with an error: %v", alone)
			}

			set, err := jwks.Parse([]byte(keySet(edJWK("a", "a"), tc.jwk, edJWK("b", "b"))))
			if err != nil || len(set.Keys) != 2 {
				t.Fatalf("Parse returned %v, %v", set, err)
			}
			begin := `key 2 (kid "`
			if strings.Contains(tc.jwk, odd) {
				begin = `key 2 (kid "odd"): `
			}
			wantSkipped(t, set.Skipped, begin+"…"+tc.reason)
			if text := set.Skipped[0].Error(); strings.Contains(text, private[:16]) || strings.Contains(text, long) {
				t.Errorf("the error shows what it should not: %s", text)
			}
			wantToken(t, set.Keys, token("a"), nil)
			wantToken(t, set.Keys, token("b"), nil)
			for _, algorithm := range algorithmsOf(tc.private) {
				wantToken(t, set.Keys, tokenOf(algorithm, "odd", tc.private), jwthttp.ErrUnknownKey)
			}
		})
	}
}

// kindsConfused returns keys of one type that have the members or the name of another type.
func kindsConfused() map[string]string {
	rs, ec, ed := rsaJWK("odd", rsaKey()), ecJWK("odd", ecKey()), edJWK("odd", "odd")
	members := func(jwk string) string { return strings.TrimSuffix(strings.TrimPrefix(jwk, "{"), "}") }
	point := must(ecKey().PublicKey.Bytes())
	return map[string]string{
		"RSA that says EC":      strings.Replace(rs, `"RSA"`, `"EC"`, 1),
		"RSA that says OKP":     strings.Replace(rs, `"RSA"`, `"OKP"`, 1),
		"RSA that says oct":     strings.Replace(rs, `"RSA"`, `"oct"`, 1),
		"EC that says RSA":      strings.Replace(ec, `"EC"`, `"RSA"`, 1),
		"EC that says OKP":      strings.Replace(ec, `"EC"`, `"OKP"`, 1),
		"EC with crv Ed25519":   strings.Replace(ec, "P-256", "Ed25519", 1),
		"EC with crv P-384":     strings.Replace(ec, "P-256", "P-384", 1),
		"EC of crv in one case": strings.Replace(ec, "P-256", "p-256", 1),
		"EC without crv":        strings.Replace(ec, `"crv"`, `"curve"`, 1),
		"OKP that says EC":      strings.Replace(ed, `"OKP"`, `"EC"`, 1),
		"OKP that says RSA":     strings.Replace(ed, `"OKP"`, `"RSA"`, 1),
		"OKP with crv P-256":    strings.Replace(ed, "Ed25519", "P-256", 1),
		"an EC point in OKP":    fmt.Sprintf(`{"kid":"odd","kty":"OKP","crv":"Ed25519","x":%q}`, b64(point)),
		"two types":             "{" + members(rs) + `,"kty":"EC"}`,
		"kty an array":          strings.Replace(rs, `"RSA"`, `["RSA"]`, 1),
		"oct with n and e":      strings.Replace(with(rs, `"k":"AAAA"`), `"RSA"`, `"oct"`, 1),
		"a secret by an escape": with(rs, `"\u0064":"AQ"`),
	}
}

func TestParseConfusedKinds(t *testing.T) {
	for name, jwk := range kindsConfused() {
		t.Run(name, func(t *testing.T) {
			set, err := jwks.Parse([]byte(keySet(edJWK("a", "a"), jwk)))
			if err != nil || len(set.Keys) != 1 {
				t.Fatalf("Parse returned %v, %v", set, err)
			}
			wantSkipped(t, set.Skipped, "key 2 (kid …")
		})
	}
	// A key may also have the members of another type. It is a key of its own type and of no
	// other.
	both := strings.Replace(ecJWK("odd", ecKey()), `"kid":"odd","kty":"EC",`, "", 1)
	set, err := jwks.Parse([]byte(keySet(with(rsaJWK("x", rsaKey()), strings.Trim(both, "{}")))))
	if err != nil {
		t.Fatal(err)
	}
	wantToken(t, set.Keys, tokenOf("RS256", "x", rsaKey()), nil)
	wantToken(t, set.Keys, tokenOf("ES256", "x", ecKey()), jwthttp.ErrUnknownKey)
}

// algorithmsOf returns the algorithms that the key can sign for.
func algorithmsOf(private crypto.Signer) []string {
	switch private := private.(type) {
	case *rsa.PrivateKey:
		if private.N.BitLen() < 2048 { // too few for the salt and the hash of PS512
			return []string{"RS256", "PS256"}
		}
		return []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
	case *ecdsa.PrivateKey:
		return []string{map[string]string{"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}[private.Params().Name]}
	case ed25519.PrivateKey:
		return []string{"EdDSA"}
	}
	return nil
}

// The keys of a set affect each other in these ways.
func TestParseSet(t *testing.T) {
	unnamed := func(count int) (keys, tokens []string) {
		for i := range count {
			name := fmt.Sprint(i)
			keys, tokens = append(keys, edJWK(name, "")), append(tokens, signed(name, ""), signed(name, "any"))
		}
		return keys, tokens
	}
	eight, tokensOfEight := unnamed(8)
	rs := tokenOf("RS256", "x", rsaKey())
	for _, tc := range []struct {
		name    string
		keys    []string
		good    []string // tokens
		bad     []string
		skipped []string
	}{
		{
			"two keys of one kid: the first stays", []string{edJWK("a", "x"), edJWK("b", "x")},
			[]string{signed("a", "x"), signed("a", "")}, []string{signed("b", "x"), signed("b", "")}, []string{`key 2 (kid "x"): …twice`},
		},
		{ // The time for that would grow with the number of Options.Algorithms.
			"the second of a kid is not examined", []string{edJWK("a", "x"), `{"kid":"x","kty":"OKP","crv":"Ed25519","x":"` + b64(make([]byte, 32)) + `"}`},
			[]string{signed("a", "x")}, nil, []string{`key 2 (kid "x"): …twice`},
		},
		{
			"three keys of one kid", []string{edJWK("a", "x"), edJWK("b", "x"), edJWK("c", "x")},
			[]string{signed("a", "x")}, []string{signed("b", "x"), signed("c", "x")}, []string{`key 2 (kid "x"): …twice`, `key 3 (kid "x"): …twice`},
		},
		{
			"two algorithms of one kid", []string{edJWK("a", "x"), rsaJWK("x", rsaKey())},
			[]string{signed("a", "x"), rs}, []string{signed("b", "x"), tokenOf("PS256", "x", rsaKey())}, nil,
		},
		{
			"two algorithms of one kid, the other way round", []string{rsaJWK("x", rsaKey()), edJWK("a", "x")},
			[]string{rs, signed("a", "x")}, []string{tokenOf("ES256", "x", ecKey())}, nil,
		},
		{
			"one RSA key of one kid for two algorithms", []string{with(rsaJWK("x", rsaKey()), `"alg":"RS256"`), with(rsaJWK("x", rsaKey()), `"alg":"PS256"`)},
			[]string{rs, tokenOf("PS256", "x", rsaKey())}, nil, nil,
		},
		{
			"one kid and algorithm, with alg and without", []string{rsaJWK("x", rsaKey()), with(rsaJWK("x", rsaOther()), `"alg":"RS256"`), ecJWK("x", ecKey())},
			[]string{rs, tokenOf("ES256", "x", ecKey())}, []string{tokenOf("RS256", "x", rsaOther())}, []string{`key 2 (kid "x"): …twice in the set for RS256`},
		},
		{
			"the first of a kid is unfit", []string{with(edJWK("a", "x"), `"use":"enc"`), edJWK("b", "x")},
			[]string{signed("b", "x")}, []string{signed("a", "x")}, []string{`key 1 (kid "x"): …enc`},
		},
		{
			"one key of two kids", []string{edJWK("a", "x"), edJWK("a", "y")},
			[]string{signed("a", "x"), signed("a", "y")}, []string{signed("a", "z")}, nil,
		},
		{
			"kids that differ in case", []string{edJWK("a", "x"), edJWK("b", "X")},
			[]string{signed("a", "x"), signed("b", "X")}, []string{signed("a", "X")}, nil,
		},
		{
			"one key for two algorithms", []string{rsaJWK("x", rsaKey()), with(rsaJWK("y", rsaKey()), `"alg":"PS256"`)},
			[]string{rs, tokenOf("PS256", "y", rsaKey())}, []string{tokenOf("RS256", "y", rsaKey()), tokenOf("PS256", "x", rsaKey())}, nil,
		},
		{
			"two named keys, a token without kid", []string{edJWK("a", "a"), edJWK("b", "b")},
			[]string{token("a"), token("b"), signed("a", ""), signed("b", "")}, []string{signed("c", "")}, nil,
		},
		{"one without kid", []string{edJWK("a", "")}, []string{signed("a", ""), signed("a", "any")}, nil, nil},
		{"eight without kid", eight, tokensOfEight, []string{signed("8", "")}, nil},
		{
			"seven without kid beside a named one", append([]string{edJWK("a", "a")}, eight[:7]...),
			append([]string{token("a"), signed("a", "")}, tokensOfEight[:14]...), []string{signed("8", "")}, nil,
		},
		{
			"eight without kid beside a named one: those without kid are too many", append([]string{edJWK("a", "a")}, eight...),
			[]string{token("a"), signed("0", "any"), signed("7", "any")}, []string{signed("a", ""), signed("0", ""), signed("7", "")}, nil,
		},
		{
			"without kid beside a named one", []string{edJWK("a", "a"), edJWK("b", "")},
			[]string{token("a"), signed("a", ""), signed("b", ""), signed("b", "b")}, []string{signed("b", "a"), signed("a", "b")}, nil,
		},
		{
			"without kid before a named one", []string{edJWK("b", ""), edJWK("a", "a")},
			[]string{token("a"), signed("a", ""), signed("b", ""), signed("b", "b")}, []string{signed("b", "a"), signed("a", "b")}, nil,
		},
		{
			"without kid beside an unfit named one", []string{with(edJWK("a", "a"), `"use":"enc"`), edJWK("b", "")},
			[]string{signed("b", ""), signed("b", "b")}, []string{token("a")}, []string{`key 1 (kid "a"): …enc`},
		},
		{
			"without kid beside a named one of another algorithm", []string{rsaJWK("x", rsaKey()), edJWK("b", "")},
			[]string{rs, signed("b", ""), signed("b", "x")}, []string{tokenOf("RS256", "y", rsaKey())}, nil,
		},
		{
			"eight without kid beside eight of another algorithm", append(slicesOf(8, with(strings.Replace(rsaJWK("x", rsaKey()), `"kid":"x",`, "", 1), `"alg":"PS256"`)), eight...),
			append([]string{tokenOf("PS256", "", rsaKey())}, tokensOfEight...), nil, nil,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set, err := jwks.Parse([]byte(keySet(tc.keys...)))
			if err != nil {
				t.Fatal(err)
			}
			wantSkipped(t, set.Skipped, tc.skipped...)
			for _, token := range tc.good {
				wantToken(t, set.Keys, token, nil)
			}
			for _, token := range tc.bad {
				wantToken(t, set.Keys, token, jwthttp.ErrInvalidToken)
			}
		})
	}
}

// A set with more keys without a kid than are tried is reported, because nothing else shows
// that problem.
func TestTooManyWithoutKid(t *testing.T) {
	var keys []string
	for i := range 9 {
		keys = append(keys, edJWK(fmt.Sprint(i), ""))
	}
	for count, want := range map[int][]string{8: nil, 9: {"the issuer has to give its keys kids: 9 EdDSA keys have none"}} {
		set, err := jwks.Parse([]byte(keySet(keys[:count]...)))
		if err != nil || len(set.Keys) != count {
			t.Fatalf("%d keys of %d, %v", len(set.Keys), count, err)
		}
		wantSkipped(t, set.Skipped, want...)
	}
}

func slicesOf(count int, text string) (texts []string) {
	for range count {
		texts = append(texts, text)
	}
	return texts
}

// documents returns texts, each with the number of keys that Parse returns for it or the
// reason why Parse returns an error.
func documents() []document {
	a, b := edJWK("a", "a"), edJWK("b", "b")
	many := func(count int) string {
		var keys []string
		for i := range count {
			keys = append(keys, edJWK(fmt.Sprint(i), fmt.Sprint(i)))
		}
		return keySet(keys...)
	}
	return []document{
		{"a set", keySet(a, b), 2, ""},
		{"white space around", " \r\n\t" + keySet(a) + "\n", 1, ""},
		{"other members", `{"x":{"keys":1},"keys":[` + a + `],"y":null}`, 1, ""},
		{"name escaped", strings.Replace(keySet(a), "keys", `\u006beys`, 1), 1, ""},
		{"100 keys", many(100), 100, ""},

		{"no key", keySet(), 0, "no key that can be used"},
		{"keys null", `{"keys":null}`, 0, "no member keys"},
		{"keys an object", `{"keys":` + a + `}`, 0, "not a JSON key set"},
		{"keys a string", `{"keys":"x"}`, 0, "not a JSON key set"},
		{"keys an array of arrays", `{"keys":[[` + a + `]]}`, 0, "no key that can be used"},
		{"an empty object", `{}`, 0, "no member keys"},
		{"the metadata of an issuer", `{"issuer":"` + issuer + `","jwks_uri":"` + keysURL + `"}`, 0, `it is the metadata of the issuer "` + issuer + `", not a key set: pass that issuer to Discover`},
		{"metadata without issuer", `{"jwks_uri":"` + keysURL + `"}`, 0, "it is the metadata of an issuer, not a key set: pass that issuer to Discover"},
		{"metadata whose issuer is a number", `{"issuer":1}`, 0, "it is the metadata of an issuer, not a key set"},
		{"a key alone", a, 0, `it is one JWK, not a key set: put it in {"keys": […]}`},
		{"keys in an array", `[` + a + `]`, 0, `it is a JSON array, not a key set: if it is a list of JWKs, put it in {"keys": …}`},
		{"an empty array", `[]`, 0, "it is a JSON array, not a key set"},
		{"an OAuth error", `{"error":"invalid_client","error_description":"no"}`, 0, "it is an answer with a member error, not a key set: check the address"},
		{"Google's error", `{"error":{"code":404,"status":"NOT_FOUND"}}`, 0, "it is an answer with a member error, not a key set: check the address"},
		{"a certificate in PEM", certificatePEM(rsaKey()), 0, "it is PEM text, not a key set: pass its key to jwthttp.NewKey"},
		{"a public key in PEM", "\ufeff \n" + publicPEM(ecKey()), 0, "it is PEM text, not a key set: pass its key to jwthttp.NewKey"},
		{"a private key in PEM", privatePEM(ecKey()), 0, "it is a private key (PEM), not a key set"},
		{"a JSON string", `"` + keysURL + `"`, 0, "not a JSON key set"},
		{"null", `null`, 0, "no member keys"},
		{"a string", `""`, 0, "not a JSON key set"},
		{"nothing", ``, 0, "it is empty, not a key set: check the address or the file"},
		{"white space alone", "\ufeff \r\n", 0, "it is empty, not a key set"},
		{"HTML", "<!doctype html><title>Sign in</title>", 0, "it is HTML or XML, not a key set: check the address"},
		{"XML", "\n<?xml version=\"1.0\"?><EntityDescriptor/>", 0, "it is HTML or XML, not a key set: check the address"},
		{"a key set in a member", `{"jwks":` + keySet(a) + `}`, 0, "it is not a key set, for it has no member keys: check the address or the file"},
		{"truncated", strings.TrimSuffix(keySet(a, b), "}]}"), 0, "not a JSON key set"},
		{"truncated by a byte", strings.TrimSuffix(keySet(a), "}"), 0, "not a JSON key set"},
		{"something after it", keySet(a) + "x", 0, "not a JSON key set"},
		{"a set after it", keySet(a) + keySet(b), 0, "not a JSON key set"},
		{"a byte order mark", "\ufeff" + keySet(a), 1, ""},
		{"two byte order marks", "\ufeff\ufeff" + keySet(a), 0, "not a JSON key set"},
		{"a byte order mark after a space", " \ufeff" + keySet(a), 0, "not a JSON key set"},
		{"UTF-16", "{\x00\"\x00k\x00", 0, "not a JSON key set"},
		{"invalid UTF-8 in its place", "{\xff" + keySet(a)[1:], 0, "not a JSON key set"},
		{"invalid UTF-8 in a member that is ignored", `{"x":"` + "\xff" + `","keys":[` + a + `]}`, 1, ""},

		{"Keys", strings.Replace(keySet(a), "keys", "Keys", 1), 0, "no member keys"},
		{"KEYS beside keys", `{"KEYS":[` + b + `],"keys":[` + a + `]}`, 1, ""},
		{"keys twice", `{"keys":[` + a + `],"keys":[` + a + `]}`, 0, "duplicate"},
		{"keys twice, escaped", `{"keys":[` + a + `],"\u006beys":[` + b + `]}`, 0, "duplicate"},
		{"an unknown member twice", `{"x":1,"keys":[` + a + `],"x":1}`, 0, "duplicate"},

		{"100,000 [", strings.Repeat("[", 100_000), 0, "it is a JSON array, not a key set"},
		{"100,000 [ in keys", `{"keys":[` + strings.Repeat("[", 100_000), 0, "not a JSON key set"},
		{"100,000 [ and ] in a key", keySet(a, with(b, `"x":`+strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000))), 0, "not a JSON key set"},
		{`100,000 {"a":`, strings.Repeat(`{"a":`, 100_000), 0, "not a JSON key set"},
	}
}

type document struct {
	name   string
	text   string
	keys   int
	reason string
}

// However many keys there are, the first 100 usable ones count. The number of reports is
// bounded.
func TestParseManyKeys(t *testing.T) {
	var good []string
	for i := range 150 {
		name := fmt.Sprint(i)
		good = append(good, edJWK(name, name))
	}
	null := slicesOf(250, "null")
	for _, tc := range []struct {
		name    string
		keys    []string
		first   string // the first key that counts
		last    string
		skipped int
		report  string // the last report
	}{
		{"100", good[:100], "0", "99", 0, ""},
		{"101", good[:101], "0", "99", 1, "the issuer has to remove old keys: the last 1 are ignored, and only the first 100"},
		{"150", good, "0", "99", 1, "the last 50 are ignored"},
		{"150 after odd ones", slices.Concat(null[:10], good), "0", "99", 11, "the last 50 are ignored"},
		{"150 with odd ones among them", slices.Concat(good[:50], null[:10], good[50:]), "0", "99", 11, "the last 50 are ignored"},
		{"one after 100 odd ones", slices.Concat(null[:100], good[7:8]), "7", "7", 100, "key 100 (kid"},
		{"one after 101 odd ones", slices.Concat(null[:101], good[7:8]), "7", "7", 101, "1 more keys cannot be used"},
		{"one after 250 odd ones", slices.Concat(null, good[7:8]), "7", "7", 101, "150 more keys cannot be used"},
		{"both too many", slices.Concat(null, good), "0", "99", 102, "the last 50 are ignored"},
		{"one kid 250 times", slicesOf(250, good[7]), "7", "7", 101, "149 more keys cannot be used"},
		{"none", null, "", "", 0, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set, err := jwks.Parse([]byte(keySet(tc.keys...)))
			if tc.first == "" {
				wantError(t, err, nil, "no key that can be used")
				if lines := strings.Count(fmt.Sprint(err), "\n"); lines > 101 {
					t.Errorf("%d lines", lines)
				}
				return
			}
			if err != nil || len(set.Skipped) != tc.skipped {
				t.Fatalf("%d skipped, %v", len(set.Skipped), err)
			}
			if tc.skipped > 0 {
				wantError(t, set.Skipped[len(set.Skipped)-1], nil, tc.report)
			}
			if got, want := len(set.Keys), min(len(tc.keys), 100); tc.first != tc.last && got != want {
				t.Errorf("%d keys, want %d", got, want)
			}
			wantToken(t, set.Keys, token(tc.first), nil)
			wantToken(t, set.Keys, token(tc.last), nil)
			wantToken(t, set.Keys, token("100"), jwthttp.ErrUnknownKey)
		})
	}
}

func TestParseDocument(t *testing.T) {
	for _, tc := range documents() {
		t.Run(tc.name, func(t *testing.T) {
			set, err := jwks.Parse([]byte(tc.text))
			if tc.keys == 0 {
				wantError(t, err, nil, tc.reason)
				if !strings.HasPrefix(fmt.Sprint(err), "jwks: Parse: ") || set.Keys != nil || set.Skipped != nil {
					t.Errorf("Parse returned %v, %v", set, err)
				}
				return
			}
			if err != nil || len(set.Keys) != tc.keys || set.Skipped != nil {
				t.Fatalf("Parse returned %d keys, %d skipped, %v", len(set.Keys), len(set.Skipped), err)
			}
			if tc.keys <= 2 {
				wantToken(t, set.Keys, token("a"), nil)
			}
		})
	}
}

// The cost of a document of the largest size is proportional to its size, whatever it
// contains.
func TestParseIsBounded(t *testing.T) {
	const size = 512 << 10
	fillTo := func(size int, begin, each, end string) string {
		var b strings.Builder
		b.WriteString(begin)
		for n := 0; b.Len() < size; n++ {
			b.WriteString(strings.ReplaceAll(each, "N", fmt.Sprint(n)))
		}
		return strings.TrimSuffix(b.String(), ",") + end
	}
	fill := func(begin, each, end string) string { return fillTo(size, begin, each, end) }
	a := edJWK("a", "a")
	for name, text := range map[string]string{
		"white space":              keySet(a) + strings.Repeat(" ", size),
		"members beside the keys":  fill(`{"keys":[`+a+`],`, `"N":0,`, `}`),
		"members of a key":         fill(`{"keys":[{`, `"N":0,`, `}]}`),
		"objects in a key":         fill(`{"keys":[{"x":[`, `{"":{}},`, `]}]}`),
		"arrays in a key":          fill(`{"keys":[{"x":[`, `[],`, `]}]}`),
		"numbers for keys":         fill(`{"keys":[`, `1,`, `]}`),
		"names twice":              fill(`{"keys":[`, `{"":1,"":1},`, `]}`),
		"names that are not UTF-8": fill(`{"keys":[`, "{\"\xff\":1},", `]}`),
		"keys of one kid":          fill(`{"keys":[`, a+",", `]}`),
		"keys without kid":         fill(`{"keys":[`, edJWK("a", "")+",", `]}`),
		"small EC keys":            fill(`{"keys":[`, `{"kty":"EC","crv":"P-256","x":"A","y":"A"},`, `]}`),
		"secrets":                  fill(`{"keys":[`, `{"k":0},`, `]}`),
		"empty keys":               fill(`{"keys":[`, `{},`, `]}`),
		"certificates":             fill(`{"keys":[{"x5c":[`, `"AAAA",`, `]}]}`),
		"operations":               fill(`{"keys":[{"key_ops":[`, `"verify",`, `]}]}`),
		"escapes":                  `{"keys":[{"kid":"` + strings.Repeat(`\u0000`, size/6) + `"}]}`,
		"a long name":              `{"keys":[{"` + strings.Repeat("n", size) + `":1}]}`,
		"a huge modulus":           `{"keys":[{"kty":"RSA","e":"AQAB","n":"` + strings.Repeat("_", size) + `"}]}`,
		"a huge exponent":          `{"keys":[{"kty":"RSA",` + n(rsaKey()) + `,"e":"` + strings.Repeat("_", size) + `"}]}`,
		"a huge point":             `{"keys":[{"kty":"EC","crv":"P-256","x":"` + strings.Repeat("_", size) + `","y":"AA"}]}`,
		"a huge number":            `{"keys":[{"n":` + strings.Repeat("9", size) + `}]}`,
		"PEM texts":                fill(`{`, `"N":"-----BEGIN",`, `}`),
		"PEM texts and another":    fill(`{`, `"N":"-----BEGIN",`, `"a":1}`),
		"a huge PEM text":          `{"a":"-----BEGIN CERTIFICATE-----` + strings.Repeat(`\nAAAA`, size/6) + `\n-----END CERTIFICATE-----"}`,
		"lines in a PEM text":      `{"a":"-----BEGIN CERTIFICATE-----` + strings.Repeat(`\nA: b`, size/6) + `\n-----END CERTIFICATE-----"}`,
		"names in a certificate":   pemMap("a", certificateOf(&x509.Certificate{DNSNames: slicesOf(90_000, "a")})),
		"URLs in a certificate":    pemMap("a", certificateOf(&x509.Certificate{URIs: slices.Repeat([]*url.URL{{Scheme: "a", Host: "a"}}, 45_000)})),
		"parts of a subject":       pemMap("a", certificateOf(&x509.Certificate{Subject: pkix.Name{Locality: slicesOf(25_000, "a")}})),
		"a huge key in PEM":        pemMap("a", toPEM("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(&rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 8*350_000), E: 3})))),
		"100 keys of many parts":   keySet(slicesOf(100, fillTo(size/100, `{"kty":"RSA",`+n(rsaKey())+`,"e":"AQAB",`, `"N":0,`, "}"))...),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			jwks.Parse([]byte(text))
			runtime.ReadMemStats(&after)
			if ratio := (after.TotalAlloc - before.TotalAlloc) / uint64(len(text)); ratio > 150 {
				t.Errorf("%d bytes for each byte", ratio)
			}
		})
	}
}

// If no key of a set can be used, the error gives the reason for each key.
func TestParseSaysWhyNone(t *testing.T) {
	_, err := jwks.Parse([]byte(keySet(with(edJWK("a", "a"), `"use":"enc"`), with(edJWK("b", "b"), `"alg":"ES256"`))))
	for _, sentence := range []string{`key 1 (kid "a"): its use is "enc"`, `key 2 (kid "b"): its alg "ES256"`} {
		wantError(t, err, nil, sentence)
	}
}

// These are the documents of known providers, shortened, with their order and their unusual
// members. Their keys are replaced by ours.
func TestParseProviders(t *testing.T) {
	one, two, ecOther := rsaKey(), rsaOther(), newECKey(elliptic.P256())
	cert := func(key *rsa.PrivateKey) string { return fmt.Sprintf(`"x5c":[%q]`, certificate(key)) }
	for _, tc := range []struct {
		name    string
		text    string
		good    []string
		skipped []string
	}{
		{"Google", `{
  "keys": [
    {"e": "AQAB", ` + n(one) + `, "alg": "RS256", "kty": "RSA", "kid": "4feb44f0f7a7e27c7c403379aff20af5c8cf52dc", "use": "sig"},
    {"kid": "b0b2bd0ee3e3ed1c7c6a8b8e7b3a2dbd9f5bbf3a", "use": "sig", ` + n(two) + `, "kty": "RSA", "alg": "RS256", "e": "AQAB"}
  ]
}
`, []string{tokenOf("RS256", "4feb44f0f7a7e27c7c403379aff20af5c8cf52dc", one), tokenOf("RS256", "b0b2bd0ee3e3ed1c7c6a8b8e7b3a2dbd9f5bbf3a", two)}, nil},

		{"Microsoft Entra, without alg", `{"keys":[
{"kty":"RSA","use":"sig","kid":"JYhAcTPMZ_LX6DBlOWQ7Hn0NeXE","x5t":"JYhAcTPMZ_LX6DBlOWQ7Hn0NeXE",` + n(one) + `,"e":"AQAB",` + cert(one) + `,"cloud_instance_name":"microsoftonline.com","issuer":"https://login.microsoftonline.com/{tenantid}/v2.0"},
{"kty":"RSA","use":"sig","kid":"HTsuc_m_M3pmC6aKn2Ub80eXF24","x5t":"HTsuc_m_M3pmC6aKn2Ub80eXF24",` + n(two) + `,"e":"AQAB",` + cert(two) + `,"cloud_instance_name":"microsoftonline.com","issuer":"https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"}]}`,
			[]string{tokenOf("RS256", "JYhAcTPMZ_LX6DBlOWQ7Hn0NeXE", one), tokenOf("RS256", "HTsuc_m_M3pmC6aKn2Ub80eXF24", two)}, nil},

		{"Auth0", `{"keys":[
{"kty":"RSA","use":"sig",` + n(one) + `,"e":"AQAB","kid":"NjVBRjY5MDlCMUIwNzU4RTA2QzZFMDQ4QzQ2MDAyQjVDNjk1RTM2Qg","x5t":"NjVBRjY5MDlCMUIwNzU4RTA2QzZFMDQ4QzQ2MDAyQjVDNjk1RTM2Qg",` + cert(one) + `,"alg":"RS256"},
{"kty":"RSA","use":"sig",` + n(two) + `,"e":"AQAB","kid":"Tx0Vj0cJgU7nQEg3cE1bV","x5t":"q9hb5vP9o-lEcBNxM0a1rBy3W8g",` + cert(two) + `,"alg":"RS256"}]}`,
			[]string{tokenOf("RS256", "NjVBRjY5MDlCMUIwNzU4RTA2QzZFMDQ4QzQ2MDAyQjVDNjk1RTM2Qg", one), tokenOf("RS256", "Tx0Vj0cJgU7nQEg3cE1bV", two)}, nil},

		{"Keycloak, with a key for encryption", `{"keys":[
{"kid":"zX2a0Z9qQ1mK","kty":"RSA","alg":"RSA-OAEP","use":"enc",` + cert(two) + `,"x5t":"q9hb5vP9o-lEcBNxM0a1rBy3W8g","x5t#S256":"kQjM1Hk",` + n(two) + `,"e":"AQAB"},
{"kid":"7Yv0oD3hL5sN","kty":"RSA","alg":"RS256","use":"sig",` + cert(one) + `,"x5t":"q9hb5vP9o-lEcBNxM0a1rBy3W8g","x5t#S256":"kQjM1Hk",` + n(one) + `,"e":"AQAB"}]}`,
			[]string{tokenOf("RS256", "7Yv0oD3hL5sN", one)}, []string{`key 1 (kid "zX2a0Z9qQ1mK"): …use is "enc"`}},

		{"Amazon Cognito", `{"keys":[{"alg":"RS256","e":"AQAB","kid":"abcdefghijklmnopqrsexample+/aA=","kty":"RSA",` + n(one) + `,"use":"sig"},{"alg":"RS256","e":"AQAB","kid":"fgjhlkhjlkhexample=","kty":"RSA",` + n(two) + `,"use":"sig"}]}`,
			[]string{tokenOf("RS256", "abcdefghijklmnopqrsexample+/aA=", one), tokenOf("RS256", "fgjhlkhjlkhexample=", two)}, nil},

		// www.googleapis.com/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com
		{"Firebase, certificates", pemMap("93a9cf5b7b0e1d8f4b4a0d1fcb1c34df2e6c1f0d", certificatePEM(one), "c3bde9a1f0d94e6c8f2d7b45f1b8a2e07d6c9e43", certificatePEM(two)),
			[]string{tokenOf("RS256", "93a9cf5b7b0e1d8f4b4a0d1fcb1c34df2e6c1f0d", one), tokenOf("RS256", "c3bde9a1f0d94e6c8f2d7b45f1b8a2e07d6c9e43", two)}, nil},

		// www.gstatic.com/iap/verify/public_key
		{"Google IAP, public keys", strings.ReplaceAll(pemMap("LYyP2g", publicPEM(ecKey()), "mpf0DA", publicPEM(ecOther)), "-----BEGIN", `\u002d----BEGIN`),
			[]string{tokenOf("ES256", "LYyP2g", ecKey()), tokenOf("ES256", "mpf0DA", ecOther)}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set, err := jwks.Parse([]byte(tc.text))
			if err != nil || len(set.Keys) != len(tc.good) {
				t.Fatalf("Parse returned %v, %v", set, err)
			}
			wantSkipped(t, set.Skipped, tc.skipped...)
			for _, token := range tc.good {
				wantToken(t, set.Keys, token, nil)
			}
		})
	}
}
