package dpop_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/dpop"
)

// The example of RFC 9449 section 7.1.
func TestExampleOfTheRFC(t *testing.T) {
	const proof = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
	const token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
	var thumbprint [sha256.Size]byte
	base64.RawURLEncoding.Decode(thumbprint[:], []byte("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"))
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Unix(1562262618, 0)))
		v := verifier(t, dpop.Options{Origins: []string{"https://resource.example.org"}})
		if err := v.Confirm(request("GET", "/protectedresource", proof), token, thumbprint); err != nil {
			t.Error(err)
		}
		if err := v.Confirm(request("GET", "/protectedresource", proof), token, thumbprint); !errors.Is(err, jwthttp.ErrInvalidProof) {
			t.Errorf("used again: %v", err)
		}
	})
}

func TestGoodProofs(t *testing.T) {
	all := []string{"ES256", "ES384", "ES512", "EdDSA", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
	ed := edwards().private
	for _, tc := range []struct {
		name       string
		s          signer
		algorithms []string
	}{
		{"ES256", p256(), nil},
		{"EdDSA", edwards(), nil},
		{"Ed25519", newSigner(ed, "Ed25519"), nil},
		{"Ed25519 where EdDSA is named", newSigner(ed, "Ed25519"), []string{"EdDSA"}},
		{"EdDSA where Ed25519 is named", edwards(), []string{"Ed25519"}},
		{"ES384", newSigner(ecKey(elliptic.P384()), "ES384"), all},
		{"ES512", newSigner(ecKey(elliptic.P521()), "ES512"), all},
		{"RS256", newSigner(rsa2048(), "RS256"), all},
		{"PS256", newSigner(rsa2048(), "PS256"), all},
		{"PS512", newSigner(rsa2048(), "PS512"), all},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := verifier(t, dpop.Options{Algorithms: tc.algorithms})
			if err := confirm(v, tc.s, tc.s.sign(tc.s.header(), payload())); err != nil {
				t.Error(err)
			}
		})
	}

	s := p256()
	for name, tc := range map[string]struct{ header, payload fmt.Stringer }{
		"more members":     {s.header().with("kid", 1).with("jku", "http://evil.example/").with("x5u", 1).with("x5c", []int{1}), payload().with("foo", object{"a": object{"b": 1}})},
		"jwk of WebCrypto": {s.header().with("jwk", s.jwk().with("ext", true).with("key_ops", []string{"verify"}).with("kid", "k").with("use", "sig").with("alg", "ES256")), payload()},
		"white space":      {raw(" " + s.header().String() + "\n"), raw("\t" + payload().String() + " ")},
		"escapes":          {raw(strings.NewReplacer(`"typ"`, `"\u0074yp"`, "dpop+jwt", `\u0064pop+jwt`, "ES256", `\u0045S256`).Replace(s.header().String())), raw(strings.NewReplacer(`"htm"`, `"h\u0074m"`, `"GET"`, `"\u0047ET"`).Replace(payload().String()))},
		"iat of fractions": {s.header(), payload().with("iat", float64(time.Now().UnixMilli())/1000)},
		"exp and nbf":      {s.header(), payload().with("exp", time.Now().Unix()+5).with("nbf", time.Now().Unix()-5)},
		"jti of 256 bytes": {s.header(), payload().with("jti", strings.Repeat("j", 256))},
		"a nonce":          {s.header(), payload().with("nonce", "of somebody")},
	} {
		t.Run(name, func(t *testing.T) {
			if err := confirm(verifier(t, dpop.Options{}), s, s.sign(tc.header, tc.payload)); err != nil {
				t.Error(err)
			}
		})
	}

	r := request("GET", target)
	r.Header["Dpop"] = []string{" \t" + s.sign(s.header(), payload()) + "\t "}
	if err := verifier(t, dpop.Options{}).Confirm(r, token, s.thumbprint()); err != nil {
		t.Errorf("white space around the value: %v", err)
	}
}

func TestBadProofs(t *testing.T) {
	s, h, p := p256(), p256().header(), payload()
	good := s.sign(h, p)
	segments := strings.Split(good, ".")
	private := s.private.(*ecdsa.PrivateKey)
	d, err := private.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	x, y := s.jwk()["x"].(string), s.jwk()["y"].(string)
	jwk := func(name string, value any) string { return s.sign(h.with("jwk", s.jwk().with(name, value)), p) }
	text := func(header string) string { return s.sign(raw(header), p) }
	replaced := func(old, new string) string { return s.sign(h, raw(strings.Replace(p.String(), old, new, 1))) }
	hs := signer{private: s.private, method: s.method, alg: "HS256"}
	members := func(o object, n int) object {
		for i := range n {
			o = o.with(fmt.Sprint("m", i), i)
		}
		return o
	}
	der := func() string {
		sum := sha256.Sum256([]byte(segments[0] + "." + segments[1]))
		signature, err := ecdsa.SignASN1(rand.Reader, private, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		return segments[0] + "." + segments[1] + "." + b64(signature)
	}()
	now := time.Now()

	for _, tc := range []struct {
		name  string
		proof string
		want  string // is in the error
	}{
		{"empty", "", "not one JWT"},
		{"a word", "undefined", "not one JWT"},
		{"two segments", segments[0] + "." + segments[1], "not one JWT"},
		{"no signature", segments[0] + "." + segments[1] + ".", "not one JWT"},
		{"four segments", good + ".AA", "not one JWT"},
		{"two in one line", good + ", " + good, "not one JWT"},
		{"padding", good + "=", "not one JWT"},
		{"a line break", good[:20] + "\n" + good[20:], "not one JWT"},
		{"standard base64", "+/" + good, "not one JWT"},
		{"a scheme", "DPoP " + good, "not one JWT"},
		{"more than 4 KiB", s.sign(h, p.with("foo", strings.Repeat("x", 3000))), "of at most 4 KiB"},
		{"header of more than 2 KiB", s.sign(h.with("foo", strings.Repeat("x", 2000)), p), "header of the proof is too large"},
		{"33 members in the header", s.sign(members(h, 26), p), "too many members"},
		{"header nested 5 deep", text(strings.Replace(h.String(), "{", `{"a":[[[[]]]],`, 1)), "nested too deep"},
		{"trailing bits", segments[0][:len(segments[0])-1] + "B." + segments[1] + "." + segments[2], "not a strict JSON object in base64url"},

		{"header not JSON", text("typ"), "not a strict JSON"},
		{"header a list", text("[" + h.String() + "]"), "not a strict JSON"},
		{"header null", text("null"), "not a strict JSON"},
		{"something after the header", text(h.String() + "{}"), "not a strict JSON"},
		{"typ twice", text(strings.Replace(h.String(), "{", `{"typ":"dpop+jwt",`, 1)), "not a strict JSON"},
		{"jwk twice, escaped", text(strings.Replace(h.String(), "{", `{"\u006awk":{},`, 1)), "not a strict JSON"},
		{"x twice in jwk", text(strings.Replace(h.String(), `"x":`, `"x":"AA","x":`, 1)), "not a strict JSON"},
		{"a name twice at a depth", text(strings.Replace(h.String(), "{", `{"a":{"b":{"c":1,"c":2}},`, 1)), "not a strict JSON"},
		{"header not UTF-8", text(strings.Replace(h.String(), "{", `{"a":"`+"\xff"+`",`, 1)), "not a strict JSON"},
		{"header with a lone surrogate", text(strings.Replace(h.String(), "{", `{"a":"\ud800",`, 1)), "not a strict JSON"},

		{"no typ", s.sign(h.with("typ", nil), p), "typ is not"},
		{"typ JWT", s.sign(h.with("typ", "JWT"), p), "typ is not"},
		{"typ at+jwt", s.sign(h.with("typ", "at+jwt"), p), "typ is not"},
		{"typ in another case", s.sign(h.with("typ", "DPoP+JWT"), p), "typ is not"},
		{"typ null", text(strings.Replace(h.String(), `"dpop+jwt"`, "null", 1)), "typ is not"},
		{"typ a number", s.sign(h.with("typ", 1), p), "typ is not"},
		{"typ a list", s.sign(h.with("typ", []string{"dpop+jwt"}), p), "typ is not"},
		{"TYP", s.sign(h.with("typ", nil).with("TYP", "dpop+jwt"), p), "typ is not"},
		{"crit", s.sign(h.with("crit", []string{"exp"}), p), "crit, b64, zip or enc"},
		{"crit null", text(strings.Replace(h.String(), "{", `{"crit":null,`, 1)), "crit, b64, zip or enc"},
		{"b64", s.sign(h.with("b64", true), p), "crit, b64, zip or enc"},
		{"zip", s.sign(h.with("zip", "DEF"), p), "crit, b64, zip or enc"},
		{"enc", s.sign(h.with("enc", "A128GCM"), p), "crit, b64, zip or enc"},

		{"no alg", s.sign(h.with("alg", nil), p), "alg is missing"},
		{"alg a number", s.sign(h.with("alg", 1), p), "alg is missing or not a string"},
		{"alg none", s.sign(h.with("alg", "none"), p), `alg is "none"`},
		{"alg HS256", hs.sign(hs.header(), p), `alg is "HS256"`},
		{"alg RS256", newSigner(rsa2048(), "RS256").sign(newSigner(rsa2048(), "RS256").header(), p), `alg is "RS256", and Options.Algorithms has "ES256", "Ed25519", "EdDSA"`},
		{"alg in lower case", s.sign(h.with("alg", "es256"), p), `alg is "es256"`},
		{"alg of another key", s.sign(h.with("alg", "EdDSA"), p), "the jwk is refused for EdDSA"},

		{"no jwk", s.sign(h.with("jwk", nil), p), "no jwk"},
		{"jwk null", text(h.with("jwk", nil).String()[:1] + `"jwk":null,` + h.with("jwk", nil).String()[1:]), "no jwk"},
		{"jwk a string", s.sign(h.with("jwk", "k"), p), "no jwk"},
		{"jwk a list", s.sign(h.with("jwk", []object{s.jwk()}), p), "no jwk"},
		{"JWK", s.sign(h.with("jwk", nil).with("JWK", s.jwk()), p), "no jwk"},
		{"jwk empty", s.sign(h.with("jwk", object{}), p), "the jwk is refused"},
		{"private d", jwk("d", b64(d)), "secret (d)"},
		{"private d empty", jwk("d", ""), "secret (d)"},
		{"private d null", text(strings.Replace(h.String(), `"jwk":{`, `"jwk":{"d":null,`, 1)), "secret (d)"},
		{"private p", jwk("p", "AQ"), "secret (p)"},
		{"private q", jwk("q", "AQ"), "secret (q)"},
		{"private dp", jwk("dp", "AQ"), "secret (dp)"},
		{"private dq", jwk("dq", "AQ"), "secret (dq)"},
		{"private qi", jwk("qi", "AQ"), "secret (qi)"},
		{"private oth", jwk("oth", []int{}), "secret (oth)"},
		{"private k", jwk("k", "AQ"), "secret (k)"},
		{"private priv", jwk("priv", "AQ"), "secret (priv)"},
		{"oct", s.sign(h.with("jwk", object{"kty": "oct", "k": "AQAB"}), p), "secret (k)"},
		{"oct without k", s.sign(h.with("jwk", object{"kty": "oct"}), p), `type "oct"`},
		{"kty in lower case", jwk("kty", "ec"), `type "ec"`},
		{"kty missing", jwk("kty", nil), "no key type"},
		{"use enc", jwk("use", "enc"), `use is "enc"`},
		{"key_ops sign", jwk("key_ops", []string{"sign"}), "key_ops"},
		{"alg of the jwk", jwk("alg", "ES384"), `for the algorithm "ES384"`},
		{"crv P-384", jwk("crv", "P-384"), "P-384"},
		{"crv missing", jwk("crv", nil), "curve"},
		{"x padded", jwk("x", x+"="), "not base64url"},
		{"x with a line break", jwk("x", x[:4]+"\n"+x[4:]), "not canonical"},
		{"x not canonical", jwk("x", x[:42]+string(x[42]+1)), "not canonical base64url"},
		{"x short", jwk("x", b64(make([]byte, 31))), "length 31"},
		{"x long", jwk("x", b64(make([]byte, 33))), "length 33"},
		{"x in the standard alphabet", jwk("x", "+"+x[1:]), "not base64url"},
		{"x and y exchanged", s.sign(h.with("jwk", s.jwk().with("x", y).with("y", x)), p), "not on the curve"},
		{"y missing", jwk("y", nil), "y is missing"},
		{"the point 0", s.sign(h.with("jwk", s.jwk().with("x", b64(make([]byte, 32))).with("y", b64(make([]byte, 32)))), p), "not on the curve"},

		{"DER", der, "signature"},
		{"signature of another key", p256two().sign(h, p), "signature"},
		{"signature changed", good[:len(good)-10] + "AAAAAAAAAA"[:9] + "A", "signature"},
		{"signature of zeros", segments[0] + "." + segments[1] + "." + b64(make([]byte, 64)), "signature"},
		{"signature short", segments[0] + "." + segments[1] + "." + segments[2][:80], "signature"},
		{"payload changed", segments[0] + "." + b64([]byte(payload().String())) + "." + segments[2], "signature"},

		{"payload not JSON", s.sign(h, raw("jti")), "not a strict JSON"},
		{"payload a list", s.sign(h, raw("["+p.String()+"]")), "not a strict JSON"},
		{"payload nested 5 deep", s.sign(h, raw(strings.Replace(p.String(), "{", `{"a":[[[[]]]],`, 1))), "nested too deep"},
		{"257 members in the payload", s.sign(h, members(p, 252)), "nested too deep or has too many"},
		{"htm twice", replaced("{", `{"htm":"GET",`), "not a strict JSON"},
		{"htm twice, escaped", replaced("{", `{"\u0068tm":"GET",`), "not a strict JSON"},
		{"payload not UTF-8", replaced("{", `{"a":"`+"\xff"+`",`), "not a strict JSON"},
		{"something after the payload", s.sign(h, raw(p.String()+"x")), "not a strict JSON"},

		{"no jti", s.sign(h, p.with("jti", nil)), "jti is missing"},
		{"jti empty", s.sign(h, p.with("jti", "")), "jti is missing"},
		{"jti a number", s.sign(h, p.with("jti", 1)), "jti is missing, or is not a string"},
		{"jti of 257 bytes", s.sign(h, p.with("jti", strings.Repeat("j", 257))), "1 to 256 bytes"},
		{"JTI", s.sign(h, p.with("jti", nil).with("JTI", "j")), "jti is missing"},
		{"no htm", s.sign(h, p.with("htm", nil)), "htm or htu is missing"},
		{"htm a list", s.sign(h, p.with("htm", []string{"GET"})), "htm or htu is missing"},
		{"HTM", s.sign(h, p.with("htm", nil).with("HTM", "GET")), "htm or htu is missing"},
		{"htm of another method", s.sign(h, p.with("htm", "POST")), `htm is "POST", and the method of the request is "GET"`},
		{"htm in lower case", s.sign(h, p.with("htm", "get")), `htm is "get"`},
		{"no htu", s.sign(h, p.with("htu", nil)), "htm or htu is missing"},
		{"htu null", replaced(`"`+base+`/orders/17"`, "null"), "htm or htu is missing"},
		{"no iat", s.sign(h, p.with("iat", nil)), "iat is missing"},
		{"iat a string", s.sign(h, p.with("iat", fmt.Sprint(now.Unix()))), "not a number"},
		{"iat null", replaced(fmt.Sprint(now.Unix()), "null"), ""},
		{"iat negative", s.sign(h, p.with("iat", -1)), "not a number"},
		{"iat 1e300", s.sign(h, p.with("iat", 1e300)), "not a number"},
		{"iat in milliseconds", s.sign(h, p.with("iat", now.UnixMilli())), "not a number of seconds"},
		{"no ath", s.sign(h, p.with("ath", nil)), "ath is missing, as in a proof for a token endpoint"},
		{"ath a number", s.sign(h, p.with("ath", 1)), "ath is missing, as in a proof for a token endpoint"},
		{"ath of another token", s.sign(h, p.with("ath", digest("another"))), "ath is not"},
		{"ath padded", s.sign(h, p.with("ath", digest(token)+"=")), "ath is not"},
		{"ath in hexadecimal", s.sign(h, p.with("ath", fmt.Sprintf("%x", sha256.Sum256([]byte(token))))), "ath is not"},
		{"ath cut", s.sign(h, p.with("ath", digest(token)[:42])), "ath is not"},
		{"exp over", s.sign(h, p.with("exp", now.Unix()-11)), "exp is"},
		{"exp a string", s.sign(h, p.with("exp", "x")), "not a number"},
		{"nbf ahead", s.sign(h, p.with("nbf", now.Unix()+12)), "nbf is"},
		{"nbf a list", s.sign(h, p.with("nbf", []int{1})), "not a number"},
		{"nonce a number", s.sign(h, p.with("nonce", 1)), "nonce is not a string"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			uses := 0
			v := verifier(t, dpop.Options{Replays: storeFunc(func(context.Context, [sha256.Size]byte, time.Time) (bool, error) {
				uses++
				return true, nil
			})})
			err := confirm(v, s, tc.proof)
			if !errors.Is(err, jwthttp.ErrInvalidProof) || !contains(err, tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
			if uses != 0 {
				t.Error("it was used up")
			}
		})
	}
	if err := confirm(verifier(t, dpop.Options{}), s, good); err != nil {
		t.Errorf("what all of them are made of: %v", err)
	}
}

// Keys of other types have other rules.
func TestBadKeys(t *testing.T) {
	all := []string{"ES256", "EdDSA", "RS256", "PS256"}
	ed, rs := edwards(), newSigner(rsa2048(), "PS256")
	n := rs.jwk()["n"].(string)
	modulus := func(bits uint) string {
		return b64(new(big.Int).SetBit(new(big.Int).SetBit(new(big.Int), int(bits)-1, 1), 0, 1).Bytes())
	}
	prime := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19)).Bytes()
	for i, j := 0, len(prime)-1; i < j; i, j = i+1, j-1 {
		prime[i], prime[j] = prime[j], prime[i]
	}
	offCurve := append([]byte{2}, make([]byte, 31)...)
	for _, tc := range []struct {
		name string
		s    signer
		jwk  object
		want string
	}{
		{"1024 bits", rs, rs.jwk().with("n", modulus(1024)), "2048 to 8192 bits"},
		{"2047 bits", rs, rs.jwk().with("n", modulus(2047)), "2048 to 8192 bits"},
		{"4097 bits", rs, rs.jwk().with("n", modulus(4097)), "at most 4096 bits"},
		{"8193 bits", rs, rs.jwk().with("n", modulus(8193)), "at most 4096 bits"},
		{"e of 18 bits", rs, rs.jwk().with("e", "AwAB"), "exponent of at most 65537"},
		{"16384 bits", rs, rs.jwk().with("n", modulus(16384)), "of at most 4 KiB"},
		{"e 1", rs, rs.jwk().with("e", "AQ"), "exponent"},
		{"e even", rs, rs.jwk().with("e", "BA"), "exponent"},
		{"e of 33 bits", rs, rs.jwk().with("e", "AQAAAAE"), "exponent"},
		{"e with a zero before it", rs, rs.jwk().with("e", "AAEAAQ"), "begins with a zero"},
		{"n with a zero before it", rs, rs.jwk().with("n", b64(append([]byte{0}, rsa2048().N.Bytes()...))), "begins with a zero"},
		{"n even", rs, rs.jwk().with("n", n[:len(n)-2]+"AA"), "even"},
		{"RSA key that names EC", rs, rs.jwk().with("kty", "EC"), "curve"},

		{"Ed448", ed, ed.jwk().with("crv", "Ed448"), "Ed448"},
		{"X25519", ed, ed.jwk().with("crv", "X25519"), "X25519"},
		{"31 bytes", ed, ed.jwk().with("x", b64(make([]byte, 31))), "32 bytes"},
		{"33 bytes", ed, ed.jwk().with("x", b64(make([]byte, 33))), "32 bytes"},
		{"zeros", ed, ed.jwk().with("x", b64(make([]byte, 32))), "small order"},
		{"the neutral element", ed, ed.jwk().with("x", b64(append([]byte{1}, make([]byte, 31)...))), "small order"},
		{"the prime and 3", ed, ed.jwk().with("x", b64(append([]byte{prime[0] + 3}, prime[1:]...))), "not a point"},
		{"off the curve", ed, ed.jwk().with("x", b64(offCurve)), ""},
		{"Ed25519 with d", ed, ed.jwk().with("d", b64(make([]byte, 32))), "secret (d)"},
		{"for another algorithm", ed, ed.jwk().with("alg", "ES256"), "ES256"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			thumbprint := sha256.Sum256([]byte(tc.jwk.String()))
			proof := tc.s.sign(tc.s.header().with("jwk", tc.jwk), payload())
			err := verifier(t, dpop.Options{Algorithms: all}).Confirm(request("GET", target, proof), token, thumbprint)
			if !errors.Is(err, jwthttp.ErrInvalidProof) || !contains(err, tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
	// The same key under both names of its algorithm, also in its jwk.
	for _, alg := range []string{"EdDSA", "Ed25519"} {
		if err := confirm(verifier(t, dpop.Options{}), ed, ed.sign(ed.header().with("jwk", ed.jwk().with("alg", alg)), payload())); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
	}
}

func TestHeaderField(t *testing.T) {
	s := p256()
	v := verifier(t, dpop.Options{})
	good := s.sign(s.header(), payload())
	for name, r := range map[string]*http.Request{
		"none":             request("GET", target),
		"two":              request("GET", target, good, s.sign(s.header(), payload())),
		"the same twice":   request("GET", target, good, good),
		"an empty one too": request("GET", target, good, ""),
	} {
		if err := v.Confirm(r, token, s.thumbprint()); !errors.Is(err, jwthttp.ErrInvalidProof) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := v.Confirm(request("GET", target, good), token, s.thumbprint()); err != nil {
		t.Error(err)
	}
}

// A proof by another key refuses the token, and its signature is not looked at.
func TestAnotherKey(t *testing.T) {
	s, other := p256(), p256two()
	v := verifier(t, dpop.Options{})
	for name, proof := range map[string]string{
		"good":                 other.sign(other.header(), payload()),
		"forged":               s.sign(other.header(), payload()),
		"another type":         edwards().sign(edwards().header(), payload()),
		"a payload of no JSON": other.sign(other.header(), raw("x")),
	} {
		err := confirm(v, s, proof)
		if err == nil || errors.Is(err, jwthttp.ErrInvalidProof) || errors.Is(err, jwthttp.ErrUseNonce) || errors.Is(err, jwthttp.ErrUnavailable) || !contains(err, "another key") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The payload is not read before the signature has verified.
func TestPayloadAfterSignature(t *testing.T) {
	s := p256()
	for _, p := range []string{"x", `{"jti":1}`, `{"a":{"a":1,"a":1}}`} {
		proof := s.sign(s.header(), raw(p))
		if err := confirm(verifier(t, dpop.Options{}), s, proof[:len(proof)-8]+"AAAAAAAA"); !contains(err, "signature") {
			t.Errorf("%s: %v", p, err)
		}
	}
}

func TestURLs(t *testing.T) {
	prefixed := []string{base + "/api/", "https://www.example.com", "http://localhost:8080"}
	for _, tc := range []struct {
		name    string
		origins []string
		target  string
		htu     string
		ok      bool
	}{
		{"as it is", nil, "/orders/17", base + "/orders/17", true},
		{"a query in the target", nil, "/orders/17?a=b&c=/../", base + "/orders/17", true},
		{"a query in htu", nil, "/orders/17?a=b", base + "/orders/17?c=d", true},
		{"a fragment in htu", nil, "/orders/17", base + "/orders/17#a", true},
		{"the root", nil, "/", base, true},
		{"the root with a query", nil, "/?a", base + "?b", true},
		{"scheme and host in upper case", nil, "/a", "HTTPS://API.EXAMPLE.COM/a", true},
		{"the default port", nil, "/a", "https://api.example.com:443/a", true},
		{"a default port in Origins", []string{"https://API.example.com:443"}, "/a", base + "/a", true},
		{"unreserved, encoded in htu", nil, "/~user", base + "/%7euser", true},
		{"unreserved, encoded in the target", nil, "/%7Euser", base + "/~user", true},
		{"digits in another case", nil, "/a%2fb", base + "/a%2Fb", true},
		{"dot segments in htu", nil, "/b", base + "/a/../b", true},
		{"a trailing slash", nil, "/a/", base + "/a/", true},
		{"two slashes", nil, "//a", base + "//a", true},
		{"absolute form", nil, base + "/a?b", base + "/a", true},
		{"loopback", prefixed, "/a", "http://localhost:8080/a", true},
		{"a prefix that the proxy took off", prefixed, "/a", base + "/api/a", true},
		{"a prefix and the root", prefixed, "/", base + "/api/", true},
		{"a prefix without its slash and the root", prefixed, "/", base + "/api", true},
		{"a prefix without its slash and the root with a query", prefixed, "/?a", base + "/api?b", true},
		{"the second origin", prefixed, "/a", "https://www.example.com/a", true},
		{"absolute form with the prefix's origin", prefixed, "https://www.example.com/a", "https://www.example.com/a", true},

		{"a prefix without its slash and a path", prefixed, "/a", base + "/api", false},
		{"a prefix without its slash and two slashes", prefixed, "//", base + "/api", false},
		{"a prefix and more without a slash", prefixed, "/", base + "/apis", false},
		{"a part of the prefix", prefixed, "/", base + "/ap", false},
		{"another path", nil, "/b", base + "/a", false},
		{"a path in another case", nil, "/A", base + "/a", false},
		{"a longer target", nil, "/a/b", base + "/a", false},
		{"a longer htu", nil, "/a", base + "/a/b", false},
		{"no trailing slash in htu", nil, "/a/", base + "/a", false},
		{"no trailing slash in the target", nil, "/a", base + "/a/", false},
		{"one slash of two", nil, "//a", base + "/a", false},
		{"another host", nil, "/a", "https://evil.example/a", false},
		{"the Host header", nil, "/a", "https://example.com/a", false}, // as httptest.NewRequest sets it
		{"another scheme", nil, "/a", "http://api.example.com/a", false},
		{"another port", nil, "/a", "https://api.example.com:8443/a", false},
		{"a user", nil, "/a", "https://user@api.example.com/a", false},
		{"our host as a user", nil, "/a", "https://api.example.com@evil.example/a", false},
		{"our host and more", nil, "/a", "https://api.example.com.evil.example/a", false},
		{"a dot after the host", nil, "/a", "https://api.example.com./a", false},
		{"no scheme", nil, "/a", "//api.example.com/a", false},
		{"a path alone", nil, "/a", "/a", false},
		{"empty", nil, "/a", "", false},
		{"%2F is not a slash", nil, "/a/b", base + "/a%2Fb", false},
		{"a slash is not %2F", nil, "/a%2Fb", base + "/a/b", false},
		{"encoded twice", nil, "/%7Ea", base + "/%257Ea", false},
		{"%3F is not a question mark", nil, "/a", base + "/a%3Fb", false},
		{"%23 is not a fragment", nil, "/a", base + "/a%23b", false},
		{"a malformed escape", nil, "/a", base + "/a%", false},
		{"dot segments in the target", nil, "/a/../b", base + "/b", false},
		{"dot segments in both", nil, "/a/../b", base + "/a/../b", false},
		{"encoded dot segments in the target", nil, "/a/%2e%2E/b", base + "/b", false},
		{"encoded dot segments in both", nil, "/a/%2e%2e/b", base + "/a/%2e%2e/b", false},
		{"one dot", nil, "/./b", base + "/b", false},
		{"one dot at the end", nil, "/b/.", base + "/b/", false},
		{"a fragment in the target", nil, "/a#b", base + "/a", false},
		{"a fragment in both", nil, "/a#b", base + "/a#b", false},
		{"asterisk form", nil, "*", base + "/", false},
		{"authority form", nil, "api.example.com:443", base + "/", false},
		{"absolute form of another host", nil, "https://evil.example/a", base + "/a", false},
		{"absolute form of another scheme", nil, "http://api.example.com/a", base + "/a", false},
		{"the target with the prefix", prefixed, "/api/a", base + "/a", false},
		{"without the prefix", prefixed, "/a", base + "/a", false},
		{"the prefix of another origin", prefixed, "/a", "https://www.example.com/api/a", false},
		{"another prefix of that length", prefixed, "/a", base + "/app/a", false},
		{"a prefix as a part of a segment", prefixed, "/a", base + "/apia", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := edwards()
			r := request("GET", "/rewritten", s.sign(s.header(), payload().with("htu", tc.htu)))
			r.RequestURI = tc.target // a router may change r.URL
			r.Header.Set("X-Forwarded-Host", "evil.example")
			r.Header.Set("X-Forwarded-Proto", "http")
			r.Header.Set("Forwarded", "host=evil.example;proto=http")
			opts := dpop.Options{Origins: tc.origins}
			err := verifier(t, opts).Confirm(r, token, s.thumbprint())
			if (err == nil) != tc.ok || err != nil && !errors.Is(err, jwthttp.ErrInvalidProof) {
				t.Error(err)
			}
		})
	}
}

// The error says what to change, and shows no query.
func TestURLError(t *testing.T) {
	s := edwards()
	confirm := func(uri, htu string) error {
		r := request("GET", "/a", s.sign(s.header(), payload().with("htu", htu)))
		r.RequestURI = uri
		return verifier(t, dpop.Options{}).Confirm(r, token, s.thumbprint())
	}
	err := confirm("/a?secret", "https://internal:8080/a")
	if want := `dpop: htu is "https://internal:8080/a", and this service is https://api.example.com with the target "/a": mind Options.Origins, and that no proof is for a target with dot segments`; err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
	if err := confirm("/a", base+"/"+strings.Repeat("\u2028x", 400)); len(err.Error()) > 400 || strings.Contains(err.Error(), "\u2028") {
		t.Errorf("%v", err)
	}
	for _, htu := range []string{base + "/b?SECRET", base + "/b#SECRET", "https://SECRET:x@api.example.com/a", "https:SECRET@api.example.com/a", "ftp://a?SECRET", "SECRET@"} {
		if err := confirm("/a?SECRET", htu); err == nil || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v", htu, err)
		}
	}
	if err := confirm("", base+"/a"); !contains(err, "httptest.NewRequest") {
		t.Errorf("%v", err)
	}
}

// Routers and http.StripPrefix rewrite r.URL, and the target stays, over HTTP/1 and HTTP/2.
func TestServers(t *testing.T) {
	s := edwards()
	for _, isHTTP2 := range []bool{false, true} {
		var v *dpop.Verifier
		mux := http.NewServeMux()
		mux.Handle("/api/", http.StripPrefix("/api", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := v.Confirm(r, token, s.thumbprint()); err != nil {
				http.Error(w, err.Error(), http.StatusUnauthorized)
			}
			fmt.Fprint(w, r.Proto)
		})))
		server := httptest.NewUnstartedServer(mux)
		server.EnableHTTP2 = isHTTP2
		server.StartTLS()
		v = verifier(t, dpop.Options{Origins: []string{server.URL}})
		r, err := http.NewRequest("POST", server.URL+"/api/a%2Fb/%7euser?c=d", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("DPoP", s.sign(s.header(), payload().with("htm", "POST").with("htu", server.URL+"/api/a%2fb/~user")))
		resp, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if want := map[bool]string{false: "HTTP/1.1", true: "HTTP/2.0"}[isHTTP2]; resp.StatusCode != 200 || string(body) != want {
			t.Errorf("HTTP/2 %v: %d %s", isHTTP2, resp.StatusCode, body)
		}
		server.Close()
	}
}

// A raw connection sends what clients of Go do not.
func TestTargetsOnTheWire(t *testing.T) {
	s := edwards()
	var v *dpop.Verifier
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := v.Confirm(r, token, s.thumbprint()); err != nil {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer server.Close()
	v = verifier(t, dpop.Options{Origins: []string{server.URL}})
	for _, tc := range []struct {
		target, htu string
		want        int
	}{
		{"/a", server.URL + "/a", 200},
		{server.URL + "/a", server.URL + "/a", 200},
		{"http://evil.example/a", server.URL + "/a", 401},
		{"/a/../b", server.URL + "/b", 401},
		{"/a/%2e%2e/b", server.URL + "/b", 401},
		{"/a#b", server.URL + "/a", 401},
		{"//a", server.URL + "/a", 401},
		{"*", server.URL + "/", 401},
	} {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		method := "GET"
		if tc.target == "*" {
			method = "OPTIONS"
		}
		proof := s.sign(s.header(), payload().with("htu", tc.htu).with("htm", method))
		fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\nDPoP: %s\r\nConnection: close\r\n\r\n", method, tc.target, proof)
		answer, err := io.ReadAll(conn)
		conn.Close()
		if got := fmt.Sprintf("HTTP/1.1 %d ", tc.want); tc.target != "*" && (err != nil || !strings.HasPrefix(string(answer), got)) {
			t.Errorf("%s: %.60q, want %d", tc.target, answer, tc.want)
		}
	}
}

func TestTimes(t *testing.T) {
	s := edwards()
	for _, tc := range []struct {
		name   string
		opts   dpop.Options
		age    time.Duration // of iat
		claims object
		ok     bool
	}{
		{"now", dpop.Options{}, 0, nil, true},
		{"70 s back", dpop.Options{}, 70 * time.Second, nil, true},
		{"71 s back", dpop.Options{}, 71 * time.Second, nil, false},
		{"10 s ahead", dpop.Options{}, -10 * time.Second, nil, true},
		{"11 s ahead", dpop.Options{}, -11 * time.Second, nil, false},
		{"a year back", dpop.Options{}, 365 * 24 * time.Hour, nil, false},
		{"a year ahead", dpop.Options{}, -365 * 24 * time.Hour, nil, false},
		{"6 minutes of 5 and 1", dpop.Options{MaxAge: 5 * time.Minute, Leeway: time.Minute}, 6 * time.Minute, nil, true},
		{"more than 6 minutes of 5 and 1", dpop.Options{MaxAge: 5 * time.Minute, Leeway: time.Minute}, 361 * time.Second, nil, false},
		{"1 s of leeway", dpop.Options{MaxAge: time.Second, Leeway: time.Second}, 3 * time.Second, nil, false},
		{"iat in 1970", dpop.Options{}, 0, object{"iat": 0}, false},
		{"iat in 9999", dpop.Options{}, 0, object{"iat": int64(253402300799)}, false},
		{"exp 9 s back", dpop.Options{}, 0, object{"exp": -9}, true},
		{"exp 10 s back", dpop.Options{}, 0, object{"exp": -10}, false},
		{"nbf 10 s ahead", dpop.Options{}, 0, object{"nbf": 10}, true},
		{"nbf 11 s ahead", dpop.Options{}, 0, object{"nbf": 11}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(26 * 365 * 24 * time.Hour)
				p := payload().with("iat", time.Now().Add(-tc.age).Unix())
				for name, value := range tc.claims {
					if seconds, ok := value.(int); ok && name != "iat" {
						value = time.Now().Unix() + int64(seconds)
					}
					p = p.with(name, value)
				}
				err := confirm(verifier(t, tc.opts), s, s.sign(s.header(), p))
				if (err == nil) != tc.ok || err != nil && !errors.Is(err, jwthttp.ErrInvalidProof) {
					t.Error(err)
				}
			})
		})
	}
}

// A proof that was used is remembered for as long as it could pass: for each age, the store is
// asked until then.
func TestReplayIsRememberedLongEnough(t *testing.T) {
	s := edwards()
	for _, nonces := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			opts := dpop.Options{}
			if nonces {
				opts.Nonces = newNonces(t, secretA)
			}
			v := verifier(t, opts)
			p := payload().with("iat", time.Now().Add(10*time.Second).Unix()) // as far ahead as it may be
			if nonces {
				p = p.with("nonce", nonceOf(v))
			}
			proof := s.sign(s.header(), p)
			if err := confirm(v, s, proof); err != nil {
				t.Fatal(err)
			}
			for range 100 {
				time.Sleep(time.Second)
				if err := confirm(v, s, proof); err == nil {
					t.Fatal("it passed twice")
				}
			}
		})
	}
}

// remembering returns a store that keeps a proof for exactly as long as it is told.
func remembering() storeFunc {
	until := map[[sha256.Size]byte]time.Time{}
	return func(_ context.Context, id [sha256.Size]byte, end time.Time) (bool, error) {
		first := !time.Now().Before(until[id])
		if first {
			until[id] = end
		}
		return first, nil
	}
}

// A store that instances share keeps a proof for as long as any options permit. They may differ, as
// while a service moves to others.
func TestInstancesWithOtherLimits(t *testing.T) {
	s := p256()
	synctest.Test(t, func(t *testing.T) {
		store := remembering()
		short := verifier(t, dpop.Options{Replays: store, MaxAge: time.Second, Leeway: time.Second})
		long := verifier(t, dpop.Options{Replays: store, MaxAge: 5 * time.Minute, Leeway: time.Minute})
		proof := s.sign(s.header(), payload())
		if err := confirm(short, s, proof); err != nil {
			t.Fatal(err)
		}
		for range 500 {
			if err := confirm(long, s, proof); err == nil {
				t.Fatal("it passed twice")
			}
			time.Sleep(time.Second)
		}
	})
	synctest.Test(t, func(t *testing.T) { // a Memory is that of this process, and needs its room
		m := newMemory(t, 1)
		v := verifier(t, dpop.Options{Replays: m})
		for range 3 {
			if err := confirm(v, s, s.sign(s.header(), payload())); err != nil {
				t.Fatal(err)
			}
			time.Sleep(83 * time.Second)
		}
	})
}

// While nonces are switched on, instances with them and without them share a store: one goes by the
// time of the nonce, the other by iat.
func TestInstancesWithAndWithoutNonces(t *testing.T) {
	s := p256()
	for _, nonceFirst := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			store := remembering()
			first := verifier(t, dpop.Options{Replays: store, MaxAge: 5 * time.Minute, Nonces: newNonces(t, secretA)})
			second := verifier(t, dpop.Options{Replays: store, MaxAge: 5 * time.Minute})
			nonce, before := nonceOf(first), time.Now().Unix()
			time.Sleep(5 * time.Minute)
			p := payload().with("iat", time.Now().Unix()).with("nonce", nonce)
			if !nonceFirst { // and the clock of the client is behind
				p = payload().with("iat", before).with("nonce", nonceOf(first))
				first, second = second, first
			}
			proof := s.sign(s.header(), p)
			if err := confirm(first, s, proof); err != nil {
				t.Fatal(err)
			}
			for i := range 900 {
				time.Sleep(time.Second)
				if err := confirm(second, s, proof); err == nil {
					t.Fatalf("nonce first: %v: it passed again after %d s", nonceFirst, i+1)
				}
			}
		})
	}
}

// What nobody has made is refused by what takes it.
func TestZeroValues(t *testing.T) {
	_, err := jwthttp.New[struct{}](jwthttp.HS256(secretA), jwthttp.Options{Bindings: []jwthttp.Binding{&dpop.Verifier{}}})
	if !contains(err, "a *dpop.Verifier without a Member: make it with the function of its package") {
		t.Errorf("Verifier: %v", err)
	}
	for _, m := range []*dpop.Memory{{}, nil} {
		if _, err := dpop.New(dpop.Options{Origins: []string{base}, Replays: m}); !contains(err, "Options.Replays is nil or empty: make the store first") {
			t.Errorf("Memory: %v", err)
		}
	}
	if _, err := dpop.New(dpop.Options{Origins: []string{base}, Nonces: &dpop.Nonces{}}); !contains(err, "Options.Nonces has no secret: make it with NewNonces") {
		t.Errorf("Nonces: %v", err)
	}
	for _, k := range []*dpop.Key{{}, nil} {
		if _, err := dpop.NewTransport(k, dpop.TransportOptions{Origins: []string{base}}); !contains(err, "the key of NewTransport is nil or empty: make one with GenerateKey") {
			t.Errorf("Key: %v", err)
		}
		if _, err := k.Proof("GET", base, "", ""); !contains(err, "the key is nil or empty: make one with GenerateKey") {
			t.Errorf("Proof: %v", err)
		}
	}
}

func TestReplays(t *testing.T) {
	s, other := p256(), p256two()
	v := verifier(t, dpop.Options{})
	p := payload()
	if err := confirm(v, s, s.sign(s.header(), p)); err != nil {
		t.Fatal(err)
	}
	// ECDSA has another signature each time, and JSON another text.
	for name, proof := range map[string]string{
		"another signature": s.sign(s.header(), p),
		"another text":      s.sign(s.header(), raw(" "+p.String())),
		"another time":      s.sign(s.header(), p.with("iat", time.Now().Unix()-5)),
		"jti escaped":       s.sign(s.header(), raw(strings.Replace(p.String(), p["jti"].(string), fmt.Sprintf(`\u%04x%s`, p["jti"].(string)[0], p["jti"].(string)[1:]), 1))),
	} {
		if err := confirm(v, s, proof); !errors.Is(err, jwthttp.ErrInvalidProof) || !contains(err, "used before") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := confirm(v, other, other.sign(other.header(), p)); err != nil {
		t.Errorf("the same jti by another key: %v", err)
	}
	if err := confirm(v, s, s.sign(s.header(), payload())); err != nil {
		t.Errorf("another jti: %v", err)
	}
	allowed := verifier(t, dpop.Options{AllowReplays: true})
	for range 2 {
		if err := confirm(allowed, s, s.sign(s.header(), p)); err != nil {
			t.Errorf("AllowReplays: %v", err)
		}
	}
}

// Of simultaneous uses one passes.
func TestSimultaneousReplays(t *testing.T) {
	s := edwards()
	v := verifier(t, dpop.Options{})
	for range 20 {
		proof := s.sign(s.header(), payload())
		var passed atomic.Int32
		var callers sync.WaitGroup
		for range 12 {
			callers.Go(func() {
				if confirm(v, s, proof) == nil {
					passed.Add(1)
				}
			})
		}
		callers.Wait()
		if passed.Load() != 1 {
			t.Fatalf("%d passed", passed.Load())
		}
	}
}

// A refused proof can still be used where it is good.
func TestRefusedProofIsNotUsedUp(t *testing.T) {
	s := edwards()
	v := verifier(t, dpop.Options{})
	proof := s.sign(s.header(), payload())
	for name, r := range map[string]*http.Request{
		"another method": request("POST", target, proof),
		"another path":   request("GET", "/", proof),
		"two":            request("GET", target, proof, proof),
	} {
		if err := v.Confirm(r, token, s.thumbprint()); err == nil {
			t.Errorf("%s passed", name)
		}
	}
	if err := v.Confirm(request("GET", target, proof), "another token", s.thumbprint()); err == nil {
		t.Error("another token passed")
	}
	if err := v.Confirm(request("GET", target, proof), token, p256().thumbprint()); err == nil {
		t.Error("another key passed")
	}
	if err := confirm(v, s, proof); err != nil {
		t.Error(err)
	}
}

// What the store is asked, and what its answers become.
func TestStoreIsAsked(t *testing.T) {
	s := edwards()
	type key struct{}
	var ids [][sha256.Size]byte
	var first bool
	var fail error
	store := storeFunc(func(ctx context.Context, id [sha256.Size]byte, until time.Time) (bool, error) {
		if ctx.Value(key{}) != "request" {
			t.Error("not the context of the request")
		}
		if ahead := time.Until(until); ahead < 405*time.Second || ahead > 421*time.Second {
			t.Errorf("until %v ahead", ahead)
		}
		ids = append(ids, id)
		return first, fail
	})
	v := verifier(t, dpop.Options{Replays: store})
	confirm := func(p object) error {
		r := request("GET", target, s.sign(s.header(), p))
		return v.Confirm(r.WithContext(context.WithValue(r.Context(), key{}, "request")), token, s.thumbprint())
	}
	p := payload()
	first = true
	if err := confirm(p); err != nil {
		t.Error(err)
	}
	first = false
	if err := confirm(p); !errors.Is(err, jwthttp.ErrInvalidProof) {
		t.Errorf("used before: %v", err)
	}
	fail = errors.New("connection refused")
	for range 2 {
		if err := confirm(p); !errors.Is(err, jwthttp.ErrUnavailable) || errors.Is(err, jwthttp.ErrInvalidProof) || !errors.Is(err, fail) {
			t.Errorf("down: %v", err)
		}
		first = true // an error counts whatever comes with it
	}
	fail = nil
	if err := confirm(payload()); err != nil {
		t.Error(err)
	}
	thumbprint := s.thumbprint()
	want := sha256.Sum256(append(thumbprint[:], p["jti"].(string)...))
	for i, id := range ids {
		if (id == want) != (i < len(ids)-1) {
			t.Errorf("id %d", i)
		}
	}
}

func TestScheme(t *testing.T) {
	for _, tc := range []struct {
		algorithms []string
		want       string
	}{
		{nil, `algs="ES256 Ed25519 EdDSA"`},
		{[]string{"ES256"}, `algs="ES256"`},
		{[]string{"EdDSA", "Ed25519", "PS256", "PS256"}, `algs="Ed25519 EdDSA PS256"`},
	} {
		v := verifier(t, dpop.Options{Algorithms: tc.algorithms})
		if name, parameters := v.Scheme(); name != "DPoP" || parameters != tc.want || v.Member() != "jkt" {
			t.Errorf("%v: %s %s", tc.algorithms, name, parameters)
		}
	}
}

func TestNewErrors(t *testing.T) {
	var noStore *dpop.Memory
	for _, tc := range []struct {
		name string
		opts dpop.Options
		want string
	}{
		{"nothing", dpop.Options{}, "dpop: Options.Origins is empty: name the origin"},
		{"http", dpop.Options{Origins: []string{"http://api.example.com"}}, "plain http"},
		{"no scheme", dpop.Options{Origins: []string{"api.example.com"}}, "Options.Origins"},
		{"a wildcard", dpop.Options{Origins: []string{"https://*.example.com"}}, "wildcard"},
		{"two in one text", dpop.Options{Origins: []string{base + ",https://b.example.com"}}, "one origin in each text"},
		{"a port that is none", dpop.Options{Origins: []string{base + ":99999"}}, "a port that is not from 1 to 65535"},
		{"port 0", dpop.Options{Origins: []string{base + ":0"}}, "a port that is not from 1 to 65535"},
		{"a query", dpop.Options{Origins: []string{base + "/?a"}}, "query"},
		{"a fragment", dpop.Options{Origins: []string{base + "/#a"}}, "fragment"},
		{"dot segments", dpop.Options{Origins: []string{base + "/a/../b"}}, "dot segments"},
		{"a malformed escape", dpop.Options{Origins: []string{base + "/%zz"}}, "URL"},
		{"a user", dpop.Options{Origins: []string{"https://u:secret@api.example.com"}}, "user"},
		{"beyond ASCII", dpop.Options{Origins: []string{"https://münchen.example"}}, "ASCII"},
		{"HS256", dpop.Options{Origins: []string{base}, Algorithms: []string{"HS256"}}, "a proof would show: use ES256"},
		{"none", dpop.Options{Origins: []string{base}, Algorithms: []string{"none"}}, `"none"`},
		{"empty algorithm", dpop.Options{Origins: []string{base}, Algorithms: []string{""}}, `""`},
		{"MaxAge negative", dpop.Options{Origins: []string{base}, MaxAge: -1}, "MaxAge"},
		{"MaxAge of 6 minutes", dpop.Options{Origins: []string{base}, MaxAge: 6 * time.Minute}, "at most 5 minutes"},
		{"MaxAge without a unit", dpop.Options{Origins: []string{base}, MaxAge: 60}, "60*time.Second"},
		{"Leeway negative", dpop.Options{Origins: []string{base}, Leeway: -1}, "Leeway"},
		{"Leeway of 2 minutes", dpop.Options{Origins: []string{base}, Leeway: 2 * time.Minute}, "at most 1 minute"},
		{"Nonces without a secret", dpop.Options{Origins: []string{base}, Nonces: new(dpop.Nonces)}, "NewNonces"},
		{"a nil store", dpop.Options{Origins: []string{base}, Replays: noStore}, "Options.Replays is nil or empty"},
		{"Replays and AllowReplays", dpop.Options{Origins: []string{base}, Replays: storeFunc(nil), AllowReplays: true}, "leave one of them out"},
	} {
		v, err := dpop.New(tc.opts)
		if v != nil || !contains(err, tc.want) || !strings.HasPrefix(err.Error(), "dpop: ") || strings.Contains(err.Error(), "secret@") {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
}
