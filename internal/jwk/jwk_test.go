package jwk_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/jwthttp/jwthttp/internal/jwk"
)

var rsaPublic = sync.OnceValue(func() *rsa.PublicKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return &key.PublicKey
})

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// ecPoint returns x and y of a point of P-256 for which f is true.
func ecPoint(f func(x, y []byte) bool) (x, y []byte) {
	for {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			panic(err)
		}
		point, err := key.PublicKey.Bytes()
		if err != nil {
			panic(err)
		}
		if x, y = point[1:33], point[33:]; f(x, y) {
			return x, y
		}
	}
}

func rsaJWK(n, e string) string { return fmt.Sprintf(`{"kty":"RSA","n":%q,"e":%q}`, n, e) }
func ecJWK(x, y string) string {
	return fmt.Sprintf(`{"kty":"EC","crv":"P-256","x":%q,"y":%q}`, x, y)
}
func edJWK(x string) string { return fmt.Sprintf(`{"kty":"OKP","crv":"Ed25519","x":%q}`, x) }

// with returns the JWK with more members.
func with(key, members string) string { return strings.TrimSuffix(key, "}") + "," + members + "}" }

// A number may be written in several forms. If Lenient accepts a form that Canonical refuses,
// it reads the same key.
func TestForms(t *testing.T) {
	n := rsaPublic().N.Bytes()
	standard := base64.RawStdEncoding.EncodeToString
	padded := base64.URLEncoding.EncodeToString
	_, edStandard := anyEd(t, func(x []byte) bool { return strings.ContainsAny(standard(x), "+/") })
	ed := b64(edStandard)
	x, y := ecPoint(func(x, y []byte) bool { return strings.ContainsAny(standard(y), "+/") })
	xShort, y2 := ecPoint(func(x, y []byte) bool { return x[0] == 0 && x[1] != 0 })
	x2, yShort := ecPoint(func(x, y []byte) bool { return y[0] == 0 && y[1] != 0 })
	canonicalRSA := rsaJWK(b64(n), "AQAB")
	for _, tc := range []struct {
		name      string
		key       string
		canonical string // the canonical form; "" if Lenient refuses the key too
	}{
		{"n with padding", rsaJWK(padded(n), "AQAB"), canonicalRSA},
		{"n in the standard alphabet", rsaJWK(standard(n), "AQAB"), canonicalRSA},
		{"n in the standard alphabet with padding", rsaJWK(base64.StdEncoding.EncodeToString(n), "AQAB"), canonicalRSA},
		{"n in both alphabets", rsaJWK(standard(n)[:100]+b64(n)[100:], "AQAB"), canonicalRSA},
		{"n in lines", rsaJWK(b64(n)[:64]+"\r\n"+b64(n)[64:], "AQAB"), canonicalRSA},
		{"n with a zero before", rsaJWK(b64(append([]byte{0}, n...)), "AQAB"), canonicalRSA},
		{"n with a space", rsaJWK(b64(n)[:64]+" "+b64(n)[64:], "AQAB"), ""},
		{"n in hex", rsaJWK(fmt.Sprintf("%x", n)+"==!", "AQAB"), ""},
		{"n with padding inside", rsaJWK(b64(n)[:64]+"="+b64(n)[64:], "AQAB"), ""},
		{"n of padding alone", rsaJWK("==", "AQAB"), ""},
		{"n empty", rsaJWK("", "AQAB"), ""},
		{"e with padding", rsaJWK(b64(n), "AQAB="), canonicalRSA},
		{"e with zeros before", rsaJWK(b64(n), b64([]byte{0, 0, 0, 0, 0, 1, 0, 1})), canonicalRSA},
		{"e empty", rsaJWK(b64(n), ""), ""},
		{"e of 32 bits", rsaJWK(b64(n), b64([]byte{0x80, 0, 0, 1})), ""},
		{"e of 65 bits", rsaJWK(b64(n), b64([]byte{1, 0, 0, 0, 0, 0, 1, 0, 1})), ""},
		{"bits after e", rsaJWK(b64(n), "Aw"), rsaJWK(b64(n), "Aw")},
		{"bits after e that are not zero", rsaJWK(b64(n), "Ax"), rsaJWK(b64(n), "Aw")},

		{"x with padding", ecJWK(padded(x), b64(y)), ecJWK(b64(x), b64(y))},
		{"y in the standard alphabet", ecJWK(b64(x), standard(y)), ecJWK(b64(x), b64(y))},
		{"x without its leading zero", ecJWK(b64(xShort[1:]), b64(y2)), ecJWK(b64(xShort), b64(y2))},
		{"y without its leading zero", ecJWK(b64(x2), b64(yShort[1:])), ecJWK(b64(x2), b64(yShort))},
		{"x with a zero before", ecJWK(b64(append([]byte{0}, x...)), b64(y)), ""},
		{"x cut at its end", ecJWK(b64(x[:31]), b64(y)), ""},
		{"y empty", ecJWK(b64(x), ""), ""},
		{"x and y exchanged", ecJWK(b64(y), b64(x)), ""},
		{"the point at infinity", ecJWK(b64(make([]byte, 32)), b64(make([]byte, 32))), ""},
		{"beyond the field", ecJWK(b64(bytes.Repeat([]byte{255}, 32)), b64(y)), ""},

		{"Ed25519 x with padding", edJWK(ed + "="), edJWK(ed)},
		{"Ed25519 x in the standard alphabet", edJWK(standard(edStandard)), edJWK(ed)},
		{"Ed25519 x too short", edJWK(b64(edStandard[1:])), ""},
		{"Ed25519 x too long", edJWK(b64(append([]byte{0}, edStandard...))), ""},
		{"Ed25519 x empty", edJWK(""), ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			lenient, err := jwk.Parse([]byte(tc.key), jwk.Lenient)
			if (err == nil) != (tc.canonical != "") {
				t.Fatalf("Lenient: %v", err)
			}
			got, errCanonical := jwk.Parse([]byte(tc.key), jwk.Canonical)
			if isCanonical := tc.key == tc.canonical; isCanonical != (errCanonical == nil) {
				t.Errorf("Canonical: %v", errCanonical)
			}
			if err != nil {
				if lenient.Public != nil || got.Public != nil {
					t.Error("a key with an error")
				}
				return
			}
			want, err := jwk.Parse([]byte(tc.canonical), jwk.Canonical)
			if err != nil {
				t.Fatal(err)
			}
			if !equal(lenient.Public, want.Public) || lenient.Thumbprint != want.Thumbprint {
				t.Error("the key is not that of the canonical form")
			}
		})
	}
}

// anyEd returns an Ed25519 key whose bytes satisfy f.
func anyEd(t testing.TB, f func(x []byte) bool) (ed25519.PrivateKey, []byte) {
	t.Helper()
	for {
		pub, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if f(pub) {
			return private, pub
		}
	}
}

func equal(a, b any) bool {
	return a.(interface{ Equal(crypto.PublicKey) bool }).Equal(b)
}

// All other rules are the same in both forms.
func TestMembers(t *testing.T) {
	n := b64(rsaPublic().N.Bytes())
	_, pub := anyEd(t, func([]byte) bool { return true })
	rs, ed := rsaJWK(n, "AQAB"), edJWK(b64(pub))
	x, y := ecPoint(func(x, y []byte) bool { return true })
	ec := ecJWK(b64(x), b64(y))
	named := func(key string) string { return with(key, `"kid":"k"`) }
	type row struct {
		name, key, want string // want is in the error; "" if there is no error
		id, algorithm   string
	}
	rows := []row{
		{"RSA", rs, "", "", ""},
		{"EC", ec, "", "", ""},
		{"OKP", ed, "", "", ""},
		{"kid and alg", with(named(rs), `"alg":"any"`), "", "k", "any"},
		{"null is absent", with(named(rs), `"alg":null,"use":null,"key_ops":null,"x":null`), "", "k", ""},
		{"unknown members", with(named(rs), `"a":{"b":[1,{}]},"x5c":1,"D":"x","KTY":1`), "", "k", ""},
		{"use sig", with(rs, `"use":"sig","key_ops":["sign","verify"]`), "", "", ""},
		{"names escaped", strings.NewReplacer("kty", `\u006b\u0074\u0079`).Replace(rs), "", "", ""},

		{"null", "null", "not a JSON object", "", ""},
		{"a number", "1", "not a JSON object", "", ""},
		{"an array", "[" + rs + "]", "not a JSON object", "", ""},
		{"a string", `"` + n + `"`, "not a JSON object", "", ""},
		{"nothing", "", "not a strict JSON", "", ""},
		{"cut", rs[:len(rs)-1], "not a strict JSON", "", ""},
		{"two", rs + rs, "not a strict JSON", "", ""},
		{"a name twice", with(named(rs), `"kty":"RSA"`), "duplicate", "k", ""},
		{"a name twice, escaped", with(named(rs), `"\u006bty":"RSA"`), "duplicate", "k", ""},
		{"a name twice at a depth", with(named(rs), `"a":{"b":1,"b":2}`), "duplicate", "k", ""},
		{"invalid UTF-8", with(named(rs), `"a":"`+"\xff"+`"`), "UTF-8", "k", ""},
		{"a lone surrogate", with(named(rs), `"a":"\ud800"`), "surrogate", "k", ""},

		{"kid a number", with(rs, `"kid":1`), "kid is not a string", "", ""},
		{"kty a number", named(strings.Replace(rs, `"RSA"`, `1`, 1)), "kty is not a string", "k", ""},
		{"n a number", named(`{"kty":"RSA","n":1,"e":"AQAB"}`), "n is not a string", "k", ""},
		{"alg a list", with(named(rs), `"alg":["RS256"]`), "alg is not a string", "k", ""},
		{"use a list", with(named(rs), `"use":["sig"]`), "use is not a string", "k", ""},
		{"key_ops a string", with(named(rs), `"key_ops":"verify"`), "key_ops is not a list", "k", ""},
		{"key_ops with a number", with(named(rs), `"key_ops":["verify",1]`), "key_ops is not a list", "k", ""},
		{"key_ops with a list", with(named(rs), `"key_ops":[["verify"]]`), "key_ops is not a list", "k", ""},
		{"kty missing", `{"kid":"k"}`, "no key type", "k", ""},
		{"kty unknown", `{"kid":"k","kty":"AKP"}`, `type "AKP" is not supported`, "k", ""},
		{"oct", `{"kid":"k","kty":"oct"}`, `type "oct" is not supported`, "k", ""},
		{"kty in lower case", named(strings.Replace(rs, "RSA", "rsa", 1)), "not supported", "k", ""},
		{"P-256 that says P-384", named(strings.Replace(ec, "P-256", "P-384", 1)), "P-384", "k", ""},
		{"P-256 that says P-521", named(strings.Replace(ec, "P-256", "P-521", 1)), "P-521", "k", ""},
		{"P-521, x too long", named(strings.Replace(ecJWK(b64(make([]byte, 67)), b64(make([]byte, 66))), "P-256", "P-521", 1)), "coordinate x has the length 67, and P-521 has 66 bytes", "k", ""},
		{"secp256k1", named(strings.Replace(ec, "P-256", "secp256k1", 1)), `curve "secp256k1" is not supported: use P-256, P-384 or P-521`, "k", ""},
		{"EC without crv", named(strings.Replace(ec, "crv", "curve", 1)), `curve "" is not supported`, "k", ""},
		{"Ed448", named(strings.Replace(ed, "Ed25519", "Ed448", 1)), `curve "Ed448" is not supported`, "k", ""},
		{"OKP with crv P-256", named(strings.Replace(ed, "Ed25519", "P-256", 1)), "not supported", "k", ""},
		{"n missing", named(`{"kty":"RSA","e":"AQAB"}`), "n is missing", "k", ""},
		{"e missing", named(`{"kty":"RSA","n":"` + n + `"}`), "e is missing", "k", ""},
		{"y missing", named(`{"kty":"EC","crv":"P-256","x":"` + b64(x) + `"}`), "y is missing", "k", ""},
		{"x missing", named(`{"kty":"OKP","crv":"Ed25519"}`), "x is missing", "k", ""},

		{"9 key_ops", with(named(rs), `"key_ops":["verify",2,3,4,5,6,7,8,9]`), "key_ops has more than 8 operations", "k", ""},
		{"8 key_ops", with(named(rs), `"key_ops":["sign","verify","encrypt","decrypt","wrapKey","unwrapKey","deriveKey","deriveBits"]`), "", "k", ""},
		{"use enc", with(named(rs), `"use":"enc"`), `use is "enc"`, "k", ""},
		{"use empty", with(named(rs), `"use":""`), `use is ""`, "k", ""},
		{"key_ops empty", with(named(rs), `"key_ops":[]`), "no verify", "k", ""},
		{"key_ops escaped", with(named(rs), `"\u006b\u0065\u0079\u005f\u006f\u0070\u0073":["sign"]`), "no verify", "k", ""},
	}
	for _, name := range []string{"k", "d", "p", "q", "dp", "dq", "qi", "oth", "priv"} {
		for _, value := range []string{`"AQ"`, `""`, "0", "[]", "{}", "false"} {
			rows = append(rows, row{"secret " + name + " " + value, with(named(rs), fmt.Sprintf("%q:%s", name, value)), "secret (" + name + ")", "k", ""})
		}
	}
	for _, tc := range rows {
		for _, form := range []jwk.Form{jwk.Canonical, jwk.Lenient} {
			t.Run(fmt.Sprint(tc.name, " ", form), func(t *testing.T) {
				k, err := jwk.Parse([]byte(tc.key), form)
				if k.ID != tc.id || k.Algorithm != tc.algorithm {
					t.Errorf("ID %q, Algorithm %q", k.ID, k.Algorithm)
				}
				if tc.want == "" {
					if err != nil || k.Public == nil {
						t.Errorf("error %v", err)
					}
				} else if err == nil || !strings.Contains(err.Error(), tc.want) || k.Public != nil || k.Thumbprint != [32]byte{} {
					t.Errorf("error %v, want %q", err, tc.want)
				}
			})
		}
	}
}

// The key of a proof comes from anybody, so Canonical refuses more than Lenient.
func TestKeysOfProofs(t *testing.T) {
	n := func(bits uint) string {
		return b64(new(big.Int).SetBit(new(big.Int).SetBit(new(big.Int), int(bits)-1, 1), 0, 1).Bytes())
	}
	type row struct{ name, key, want string }
	rows := []row{
		{"4096 bits", rsaJWK(n(4096), "AQAB"), ""},
		{"4097 bits", rsaJWK(n(4097), "AQAB"), "the RSA key of a proof has at most 4096 bits and an exponent of at most 65537, not 4097 bits and an exponent of 17 bits"},
		{"e 65539", rsaJWK(n(2048), "AQAD"), "exponent of at most 65537"},
		{"8192 bits", rsaJWK(n(8192), "AQAB"), "its n has more than 700 bytes, and the RSA key of a proof has at most 4096 bits"},
		{"alg, long", with(rsaJWK(n(2048), "AQAB"), `"alg":"`+strings.Repeat("a", 255)+`"`), "its alg has more than 256 bytes"},
		{"alg, not as long", with(rsaJWK(n(2048), "AQAB"), `"alg":"`+strings.Repeat("a", 254)+`"`), ""},
		{"key_ops, long", with(rsaJWK(n(2048), "AQAB"), `"key_ops":["verify","`+strings.Repeat("a", 245)+`"]`), "its key_ops has more than 256 bytes"},
		{"kid, long", with(rsaJWK(n(2048), "AQAB"), `"kid":"`+strings.Repeat("a", 1000)+`"`), ""},
		{"x5c, long", with(rsaJWK(n(2048), "AQAB"), `"x5c":["`+strings.Repeat("a", 1000)+`"]`), ""},
		{"e of 31 bits", rsaJWK(n(2048), b64([]byte{0x7f, 255, 255, 255})), "exponent of at most 65537"},
	}
	for _, name := range []string{"k", "d", "p", "q", "dp", "dq", "qi", "oth", "priv"} {
		rows = append(rows, row{name + " null", with(rsaJWK(n(2048), "AQAB"), fmt.Sprintf("%q:null", name)), "secret (" + name + ")"})
	}
	for _, tc := range rows {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := jwk.Parse([]byte(tc.key), jwk.Canonical); (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Canonical: error %v, want %q", err, tc.want)
			}
			if _, err := jwk.Parse([]byte(tc.key), jwk.Lenient); err != nil {
				t.Errorf("Lenient: error %v", err)
			}
		})
	}
	long := with(rsaJWK(n(2048), "AQAB"), `"kid":{"a":"`+strings.Repeat("a", 1000)+`"}`)
	if _, err := jwk.Parse([]byte(long), jwk.Canonical); err == nil || !strings.Contains(err.Error(), "its kid has more than 256 bytes") {
		t.Errorf("a kid that is long and no string: %v", err)
	}
}

// The thumbprints are those of RFC 7638 section 3.1 and RFC 8037 section A.3, and those that
// go-jose computes for other keys.
func TestThumbprint(t *testing.T) {
	for name, tc := range map[string]struct{ key, want string }{
		"RFC 7638": {`{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}`, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"},
		"RFC 8037": {`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"},
	} {
		k, err := jwk.Parse([]byte(tc.key), jwk.Canonical)
		if got := b64(k.Thumbprint[:]); err != nil || got != tc.want {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
	for i := range 20 {
		x, y := ecPoint(func(x, _ []byte) bool { return i > 0 || x[0] == 0 })
		_, pub := anyEd(t, func([]byte) bool { return true })
		for _, text := range []string{ecJWK(b64(x), b64(y)), edJWK(b64(pub)), rsaJWK(b64(rsaPublic().N.Bytes()), "Aw")} {
			checkAgainstJose(t, []byte(text))
		}
		for _, curve := range []elliptic.Curve{elliptic.P384(), elliptic.P521()} {
			key, err := ecdsa.GenerateKey(curve, rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			point, err := key.PublicKey.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			half := len(point) / 2
			text := fmt.Sprintf(`{"kty":"EC","crv":%q,"x":%q,"y":%q}`, curve.Params().Name, b64(point[1:1+half]), b64(point[1+half:]))
			if k, err := jwk.Parse([]byte(text), jwk.Canonical); err != nil || !key.PublicKey.Equal(k.Public) {
				t.Errorf("%s: %v", text, err)
			}
			checkAgainstJose(t, []byte(text))
		}
	}
}

// checkAgainstJose asserts that go-jose reads the same key as Canonical.
func checkAgainstJose(t *testing.T, text []byte) {
	t.Helper()
	k, err := jwk.Parse(text, jwk.Canonical)
	if err != nil {
		return
	}
	if lenient, err := jwk.Parse(text, jwk.Lenient); err != nil || lenient.Thumbprint != k.Thumbprint || lenient.ID != k.ID || lenient.Algorithm != k.Algorithm {
		t.Errorf("Lenient: %v, %v", lenient, err)
	}
	// This package ignores certificates, and does not have go-jose's limit of 4096 bits.
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatalf("encoding/json: %v", err)
	}
	for name := range members {
		if strings.HasPrefix(name, "x5") {
			return
		}
	}
	if pub, ok := k.Public.(*rsa.PublicKey); ok && (pub.N.BitLen() > 4096 || pub.E < 2) {
		return
	}
	var oracle jose.JSONWebKey
	if err := oracle.UnmarshalJSON(text); err != nil {
		t.Fatalf("go-jose: %v for %s", err, text)
	}
	thumbprint, err := oracle.Thumbprint(crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	if !equal(k.Public, oracle.Key) || !bytes.Equal(thumbprint, k.Thumbprint[:]) || k.ID != oracle.KeyID || k.Algorithm != oracle.Algorithm {
		t.Errorf("%+v, go-jose has %+v", k, oracle)
	}
}

// Two implementations agree on every key that is accepted.
func FuzzParse(f *testing.F) {
	n := b64(new(big.Int).SetBit(big.NewInt(1), 2047, 1).Bytes())
	x, y := ecPoint(func(x, y []byte) bool { return true })
	for _, text := range []string{
		rsaJWK(n, "AQAB"), ecJWK(b64(x), b64(y)), ecJWK(b64(x[1:]), b64(y)), edJWK(b64(x)),
		with(rsaJWK(n, "AQAB"), `"use":"sig","alg":"RS256","kid":"k","key_ops":["verify"]`),
		with(edJWK(b64(y)), `"alg":"Ed25519","\u006bid":"\ud83d\ude00"`),
		with(rsaJWK(n+"=", "Aw"), `"d":null`), `{"kty":"oct","k":"AA"}`, `null`, `{"kty":"RSA","kty":"EC"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		checkAgainstJose(t, text)
		if k, err := jwk.Parse(text, jwk.Lenient); (err == nil) != (k.Public != nil) {
			t.Errorf("%v, %v", k, err)
		}
	})
}
