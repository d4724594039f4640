package jwthttp_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
)

// Size, alphabet and segments are checked before anything is decoded.
func TestSegments(t *testing.T) {
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{})
	token := good()
	header, payload, sig := b64(plainHeader), b64(payload("")), token[strings.LastIndex(token, ".")+1:]
	for name, raw := range map[string]string{
		"no dots":               "abc",
		"one dot":               header + "." + payload,
		"three dots":            token + "." + sig,
		"five parts (JWE)":      "a.b.c.d.e",
		"empty header":          "." + payload + "." + sig,
		"empty payload":         header + ".." + sig,
		"empty signature":       header + "." + payload + ".",
		"only dots":             "..",
		"line feed inside":      token[:10] + "\n" + token[10:],
		"carriage return":       token[:len(token)-5] + "\r" + token[len(token)-5:],
		"line feed after":       token + "\n",
		"space":                 " " + token,
		"padding":               token + "=",
		"padding in the middle": header + "==." + payload + "." + sig,
		"standard alphabet":     "+/" + token,
		"NUL":                   token + "\x00",
		"stray trailing bits":   token[:len(token)-1] + string(token[len(token)-1]+1),
		"shortened signature":   token[:len(token)-4],
		"header not base64":     "a." + payload + "." + sig,
	} {
		t.Run(name, func(t *testing.T) { verify(t, auth, raw, jwthttp.ErrInvalidToken) })
	}
	verify(t, auth, token, nil)
	// What the last verification left in a buffer does not complete a short signature.
	input, whole := cutSignature(t, token)
	verify(t, auth, input+"."+b64(string(whole[:29])), jwt.ErrTokenSignatureInvalid)
	// The signed payload segment contains a line break, which Go's decoder skips.
	verify(t, auth, macSegments(secret, header+"."+payload[:8]+"\n"+payload[8:]), jwt.ErrTokenMalformed)
	// The segment has stray bits at its end and decodes to the same bytes.
	verify(t, auth, strayBits(token), jwthttp.ErrInvalidToken)
	rs := mustNew[AppClaims](t, jwthttp.RS256(&rsaKey().PublicKey), jwthttp.Options{RememberSignatures: -1})
	rsToken := signRS(t, rsaKey(), `{"alg":"RS256"}`, `{"sub":"alice","exp":4102444800}`)
	verify(t, rs, rsToken, nil)
	verify(t, rs, strayBits(rsToken), jwthttp.ErrInvalidToken)
	verify(t, auth, macSegments(secret, strayBits(b64(`{"alg":"HS256"} `))+"."+payload), jwt.ErrTokenMalformed)
	verify(t, auth, macSegments(secret, b64(`{"alg":"HS256"} `)+"."+payload), nil)
	// One payload is too long by a character, and one has stray bits at its end.
	verify(t, auth, macSegments(secret, header+"."+payload[:len(payload)/4*4+1]), jwt.ErrTokenMalformed)
	verify(t, auth, macSegments(secret, header+"."+b64("{}")[:2]+"h"), jwt.ErrTokenMalformed)
}

// A load balancer of AWS pads each segment, and signs what it sends.
func TestPadding(t *testing.T) {
	for _, a := range algorithms() {
		t.Run(a.name, func(t *testing.T) {
			pad := func(segment string) string { return segment + strings.Repeat("=", (4-len(segment)%4)%4) }
			sign := func(input string) string {
				return b64(string(signature(t, a.name, a.private, input)))
			}
			header, claims := b64(a.header()+" "), b64(payload(`"scope":"read"`)+" ")
			for pad(header) == header {
				header = b64(a.header() + "  ")
			}
			for pad(claims) == claims {
				claims = b64(payload(`"scope":"read"`) + "  ")
			}
			padded := pad(header) + "." + pad(claims)
			sig := sign(padded)
			bare := header + "." + claims
			for _, remembered := range []int{0, -1} {
				opts := jwthttp.Options{Extractors: []jwthttp.Extractor{jwthttp.HeaderNamed("X-Amzn-Oidc-Data")}, RememberSignatures: remembered}
				strict := mustNew[AppClaims](t, a.key, opts)
				opts.AllowPadding = true
				auth := mustNew[AppClaims](t, a.key, opts)
				r := httptest.NewRequest("GET", "/", nil)
				r.Header.Set("X-Amzn-Oidc-Data", padded+"."+pad(sig))
				for range 2 {
					token, err := auth.Authenticate(r)
					if err != nil || token.Claims.Subject != "alice" || token.Registered().Subject != "alice" || !slices.Equal(token.Scopes(), []string{"read"}) || token.Raw() != padded+"."+pad(sig) {
						t.Fatalf("%v, %v", token, err)
					}
				}
				verify(t, auth, bare+"."+sign(bare), nil)
				verify(t, strict, padded+"."+pad(sig), jwt.ErrTokenMalformed)
				for name, raw := range map[string]string{
					"unpadded after it was signed": bare + "." + sig, "padded after it was signed": padded + "." + pad(sign(bare)),
				} {
					if _, err := auth.Verify(t.Context(), raw); !errors.Is(err, jwt.ErrTokenSignatureInvalid) {
						t.Errorf("%s: %v", name, err)
					}
				}
				for name, raw := range map[string]string{
					"a header without": header + "." + pad(claims) + "." + pad(sig), "a payload without": pad(header) + "." + claims + "." + pad(sig),
					"too much": padded + "." + pad(sig) + "=", "four too much": padded + "." + pad(sig) + "====", "in the front": "=" + padded + "." + pad(sig),
					"the standard alphabet": "+/" + padded + "." + pad(sig), "a line break": padded + "." + pad(sig) + "\n",
					"stray bits": strayBits(bare[:len(header)]) + pad(header)[len(header):] + "." + pad(claims) + "." + pad(sig),
				} {
					if _, err := auth.Verify(t.Context(), raw); !errors.Is(err, jwt.ErrTokenMalformed) {
						t.Errorf("%s: %v", name, err)
					}
				}
			}
		})
	}
}

// Another byte in any segment is found before the function of a user is asked.
// The same is true of one more dot.
func TestAlphabet(t *testing.T) {
	asked := 0
	auth := mustNew[AppClaims](t, jwthttp.KeyFunc(func(context.Context, jwthttp.TokenHeader) ([]jwthttp.Key, error) {
		asked++
		return []jwthttp.Key{jwthttp.HS256(secret)}, nil
	}), jwthttp.Options{})
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	segments := strings.Split(good(), ".")
	for i := range segments {
		for b := range 256 {
			odd := string([]byte{byte(b)})
			if strings.Contains(alphabet, odd) {
				continue
			}
			for _, at := range []int{0, 5, len(segments[i]) - 1} {
				changed := slices.Clone(segments)
				changed[i] = changed[i][:at] + odd + changed[i][at+1:] // of the same length
				verify(t, auth, strings.Join(changed, "."), jwt.ErrTokenMalformed)
				changed[i] = segments[i][:at] + odd + segments[i][at:]
				verify(t, auth, strings.Join(changed, "."), jwt.ErrTokenMalformed)
			}
		}
	}
	header, payload, signature := segments[0], segments[1], segments[2]
	for _, input := range []string{header + "~" + payload, header + ".", "." + payload, "."} {
		verify(t, auth, macSegments(secret, input), jwt.ErrTokenMalformed)
	}
	verify(t, auth, header+"."+payload+"~"+signature, jwt.ErrTokenMalformed)
	if asked != 0 {
		t.Errorf("the key source was asked %d times", asked)
	}
	verify(t, auth, strings.Join(segments, "."), nil)
}

// Keys that are fixed ask nobody, so the alphabet of the payload is looked at when something fails. The
// answer is the same as where it is looked at first, whatever else is wrong with the token.
func TestAlphabetOfFixedKeys(t *testing.T) {
	var raw, text string
	var result jwthttp.Result
	for _, padding := range []bool{false, true} {
		opts := jwthttp.Options{
			AllowPadding: padding,
			Extractors:   []jwthttp.Extractor{{Source: "test", Extract: func(*http.Request) (string, error) { return raw, nil }}},
			OnResult: func(_ *http.Request, res jwthttp.Result) {
				result = res
				text = res.Err.Error()
				result.Err, result.Duration = nil, 0
			},
		}
		look := func(auth *jwthttp.Middleware[AppClaims]) (jwthttp.Result, string) {
			auth.Handler(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
			return result, text
		}
		key := jwthttp.HS256(secret).WithID("k")
		one, first := mustNew[AppClaims](t, key, opts), mustNew[AppClaims](t, jwthttp.Issuers{"https://id.example": key}, opts)
		set := mustNew[AppClaims](t, jwthttp.KeySet{key, jwthttp.HS256(secretN(1)).WithID("l")}, opts)
		for _, header := range []string{plainHeader, `{"alg":"HS256","crit":["x"]}`, `{"alg":"HS256","typ":"dpop+jwt"}`, `{"alg":"RS256"}`, `{"alg":"HS256","kid":"m"}`, `[]`} {
			for _, odd := range []string{"\n", "=", "==", "+", "~", "\x00", "\xff", "ä", " "} {
				for at := range 8 {
					input := b64(payload(`"iss":"https://id.example"`))
					input = b64(header) + "." + input[:len(input)-at] + odd + input[len(input)-at:]
					for _, signer := range [][]byte{secret, secretN(2)} {
						raw = macSegments(signer, input)
						want, wantText := look(first)
						for _, fixed := range []*jwthttp.Middleware[AppClaims]{one, set} {
							if got, text := look(fixed); got.Reason != "malformed_token" || got != want || text != wantText {
								t.Errorf("%s with %q at %d: %+v and %s, want %+v and %s", header, odd, at, got, text, want, wantText)
							}
						}
					}
				}
			}
		}
	}
}

// Go's decoder skips line breaks. They are refused at every place, even if the issuer has
// signed them.
func TestLineBreaksAnywhere(t *testing.T) {
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{})
	signed := b64(plainHeader) + "." + b64(payload(""))
	for i := range len(signed) + 1 {
		for _, lineBreak := range []string{"\n", "\r"} {
			verify(t, auth, macSegments(secret, signed[:i]+lineBreak+signed[i:]), jwt.ErrTokenMalformed)
		}
	}
}

// strayBits sets the lowest bit of the last character. Base64url does not use that bit.
func strayBits(segment string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := len(segment) - 1
	return segment[:last] + alphabet[strings.IndexByte(alphabet, segment[last])+1:][:1]
}

func TestSizeLimits(t *testing.T) {
	sized := func(n int) string {
		for pad := n*3/4 - 150; ; pad++ {
			if raw := signHS(secret, plainHeader, payload(`"pad":"`+strings.Repeat("x", pad)+`"`)); len(raw) >= n {
				return raw
			}
		}
	}
	for _, tc := range []struct{ option, limit int }{{0, 8192}, {1000, 1000}, {65536, 65536}} {
		auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{MaxTokenBytes: tc.option})
		for raw := sized(tc.limit - 3); ; raw = sized(len(raw) + 1) {
			if len(raw) > tc.limit {
				verify(t, auth, raw, jwthttp.ErrInvalidToken)
				break
			}
			verify(t, auth, raw, nil)
		}
	}
}

// A cookie has at most 4096 bytes, whatever the option says. A smaller option counts.
func TestCookieSizeLimit(t *testing.T) {
	sized := func(n int) string {
		payload := fmt.Sprintf(`{"exp":%d,"pad":"`, time.Now().Add(time.Hour).Unix())
		for pad := n * 3 / 4; ; pad-- {
			if raw := signHS(secret, plainHeader, payload+strings.Repeat("x", max(pad, 0))+`"}`); len(raw) <= n {
				return raw
			}
		}
	}
	token := jwthttp.Cookie("token")
	around := token
	around.Extract = func(r *http.Request) (string, error) { return token.Extract(r) }
	for _, tc := range []struct {
		option, size, want int
		places             []jwthttp.Extractor
	}{
		{0, 4096, 200, bothPlaces}, {0, 4097, 401, bothPlaces}, {65536, 4096, 200, bothPlaces}, {65536, 4097, 401, bothPlaces},
		{1000, 1000, 200, bothPlaces}, {1000, 1001, 401, bothPlaces},
		{0, 4097, 401, []jwthttp.Extractor{changed(token, "session")}}, {0, 4097, 401, []jwthttp.Extractor{changed(around, "session")}},
		{0, 4097, 401, []jwthttp.Extractor{{Source: "session", Extract: token.Extract}}},
	} {
		auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{MaxTokenBytes: tc.option, Extractors: tc.places})
		raw := sized(tc.size)
		if len(raw) < tc.size { // base64url does not have every size; a space in the header makes up for it
			raw = signHS(secret, `{"alg":"HS256","typ":"JWT" }`, string(decodeB64(t, strings.Split(raw, ".")[1])))
		}
		if len(raw) != tc.size {
			t.Fatalf("%d bytes, want %d", len(raw), tc.size)
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.AddCookie(&http.Cookie{Name: "token", Value: raw})
		rec := httptest.NewRecorder()
		auth.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(rec, r)
		if rec.Code != tc.want {
			t.Errorf("MaxTokenBytes %d, a cookie of %d bytes: %d", tc.option, len(raw), rec.Code)
		}
	}
}

func TestHeaderRules(t *testing.T) {
	kid256 := strings.Repeat("k", 256)
	auth := mustNew[AppClaims](t, jwthttp.KeySet{jwthttp.HS256(secret)}, jwthttp.Options{})
	for _, tc := range []struct {
		name, header string
		want         error
	}{
		{"plain", `{"alg":"HS256"}`, nil},
		{"white space", " {\r\n\t\"alg\" : \"HS256\" } ", nil},
		{"unknown member", `{"alg":"HS256","x":[1,{"y":[]}]}`, nil},
		{"keys offered", `{"alg":"HS256","jku":"https://evil.example","jwk":{"kty":"oct"},"x5u":1,"x5c":null}`, nil},
		{"escaped name", `{"\u0061lg":"HS256"}`, nil},
		{"escaped value", `{"alg":"\u0048S256"}`, nil},
		{"longest kid", `{"alg":"HS256","kid":"` + kid256 + `"}`, nil},
		{"empty kid", `{"alg":"HS256","kid":""}`, nil},
		{"kid of the first and the last byte", `{"alg":"HS256","kid":" ~"}`, nil},
		{"the same, escaped", `{"alg":"HS256","kid":"\u0020\u007e"}`, nil},

		{"control character", "{\"alg\":\"HS256\",\"kid\":\"a\x1fb\"}", jwt.ErrTokenMalformed},
		{"no JSON", `alg`, jwt.ErrTokenMalformed},
		{"empty", ` `, jwt.ErrTokenMalformed},
		{"array", `["alg"]`, jwt.ErrTokenMalformed},
		{"null", `null`, jwt.ErrTokenMalformed},
		{"two objects", `{"alg":"HS256"}{}`, jwt.ErrTokenMalformed},
		{"trailing comma", `{"alg":"HS256",}`, jwt.ErrTokenMalformed},
		{"byte order mark", "\ufeff" + `{"alg":"HS256"}`, jwt.ErrTokenMalformed},
		{"invalid UTF-8", `{"alg":"HS256","x":"` + "\xff" + `"}`, jwt.ErrTokenMalformed},
		{"lone surrogate", `{"alg":"HS256","x":"\ud800"}`, jwt.ErrTokenMalformed},
		{"duplicate", `{"alg":"HS256","alg":"HS256"}`, jwt.ErrTokenMalformed},
		{"duplicate by escape", `{"alg":"none","\u0061lg":"HS256"}`, jwt.ErrTokenMalformed},
		{"duplicate inside", `{"alg":"HS256","x":{"a":1,"a":1}}`, jwt.ErrTokenMalformed},
		{"alg null", `{"alg":null}`, jwt.ErrTokenMalformed},
		{"alg number", `{"alg":1}`, jwt.ErrTokenMalformed},
		{"alg array", `{"alg":["HS256"]}`, jwt.ErrTokenMalformed},
		{"kid number", `{"alg":"HS256","kid":1}`, jwt.ErrTokenMalformed},
		{"kid null", `{"alg":"HS256","kid":null}`, jwt.ErrTokenMalformed},
		{"typ null", `{"alg":"HS256","typ":null}`, jwt.ErrTokenMalformed},
		{"kid too long", `{"alg":"HS256","kid":"` + kid256 + `k"}`, jwt.ErrTokenUnverifiable},
		{"kid with DEL", `{"alg":"HS256","kid":"a` + "\x7f" + `"}`, jwt.ErrTokenUnverifiable},
		{"kid with 0x1f", `{"alg":"HS256","kid":"a\u001f"}`, jwt.ErrTokenUnverifiable},
		{"alg of 65 bytes", `{"alg":"` + strings.Repeat("H", 65) + `"}`, jwt.ErrTokenUnverifiable},
		{"33 members", `{"alg":"HS256"` + names(32) + `}`, jwt.ErrTokenUnverifiable},
		{"33 members inside", `{"alg":"HS256","x":[{` + names(31)[1:] + `}]}`, jwt.ErrTokenUnverifiable},
		{"colons in strings", `{"alg":"HS256","x":"` + strings.Repeat(`\":`, 200) + `"}`, nil},
		{"32 members", `{"alg":"HS256"` + names(31) + `}`, nil},
		{"many members", `{"alg":"HS256"` + names(70) + `}`, jwt.ErrTokenUnverifiable},
		{"kid with a control", `{"alg":"HS256","kid":"a\n"}`, jwt.ErrTokenUnverifiable},
		{"kid beyond ASCII", `{"alg":"HS256","kid":"é"}`, jwt.ErrTokenUnverifiable},
		{"crit", `{"alg":"HS256","crit":["exp"]}`, jwt.ErrTokenUnverifiable},
		{"crit empty", `{"alg":"HS256","crit":[]}`, jwt.ErrTokenUnverifiable},
		{"crit null", `{"alg":"HS256","crit":null}`, jwt.ErrTokenUnverifiable},
		{"crit escaped", `{"alg":"HS256","cr\u0069t":null}`, jwt.ErrTokenUnverifiable},
		{"crit that names nothing known", `{"alg":"HS256","crit":{"x":1}}`, jwt.ErrTokenUnverifiable},
		{"b64 true", `{"alg":"HS256","b64":true}`, jwt.ErrTokenUnverifiable},
		{"b64 false", `{"alg":"HS256","b64":false}`, jwt.ErrTokenUnverifiable},
		{"b64 null", `{"alg":"HS256","b64":null}`, jwt.ErrTokenUnverifiable},
		{"zip null", `{"alg":"HS256","zip":null}`, jwt.ErrTokenUnverifiable},
		{"zip empty", `{"alg":"HS256","zip":""}`, jwt.ErrTokenUnverifiable},
		{"enc null", `{"alg":"HS256","enc":null}`, jwt.ErrTokenUnverifiable},
		{"enc escaped", `{"alg":"HS256","\u0065nc":"A128GCM"}`, jwt.ErrTokenUnverifiable},
		{"zip", `{"alg":"HS256","zip":"DEF"}`, jwt.ErrTokenUnverifiable},
		{"enc", `{"alg":"HS256","enc":"A128GCM"}`, jwt.ErrTokenUnverifiable},
		{"4 deep", `{"alg":"HS256","x":[[[]]]}`, nil},
		{"5 deep", `{"alg":"HS256","x":[[[[]]]]}`, jwt.ErrTokenUnverifiable},
		{"2 KiB", pad(`{"alg":"HS256"`, 2048), nil},
		{"more than 2 KiB", pad(`{"alg":"HS256"`, 2049), jwt.ErrTokenUnverifiable},

		{"no alg", `{}`, jwthttp.ErrUnknownKey},
		{"alg in another case", `{"alg":"hs256"}`, jwthttp.ErrUnknownKey},
		{"Alg", `{"Alg":"HS256"}`, jwthttp.ErrUnknownKey},
		{"none", `{"alg":"none"}`, jwthttp.ErrUnknownKey},
		{"None", `{"alg":"nOnE"}`, jwthttp.ErrUnknownKey},
		{"empty alg", `{"alg":""}`, jwthttp.ErrUnknownKey},
		{"HS512", `{"alg":"HS512"}`, jwthttp.ErrUnknownKey},
		{"RS256", `{"alg":"RS256"}`, jwthttp.ErrUnknownKey},
	} {
		t.Run(tc.name, func(t *testing.T) { verify(t, auth, signHS(secret, tc.header, payload("")), tc.want) })
	}
}

func names(n int) (members string) {
	for i := range n {
		members += fmt.Sprintf(`,"x%d":"y"`, i)
	}
	return members
}

// pad completes an unfinished object so that it has n bytes.
func pad(object string, n int) string {
	object += `,"x":"`
	return object + strings.Repeat("x", n-len(object)-2) + `"}`
}

func TestType(t *testing.T) {
	for _, tc := range []struct {
		option string
		accept []string
		refuse []string
	}{
		{"", []string{`"JWT"`, `"jwt"`, `"at+jwt"`, `"AT+JWT"`, `"application/jwt"`, `"APPLICATION/at+jwt"`, ``},
			[]string{`""`, `"JOSE"`, `"logout+jwt"`, `"dpop+jwt"`, `"secevent+jwt"`, `"id_token+jwt"`, `"application/"`, `"text/jwt"`, `"JWT "`}},
		{"at+jwt", []string{`"at+jwt"`, `"At+Jwt"`, `"application/at+jwt"`}, []string{``, `"JWT"`, `"application/jwt"`}},
		{"application/at+jwt", []string{`"at+jwt"`, `"application/at+jwt"`}, []string{``, `"JWT"`}},
		{"task+jwt", []string{`"task+jwt"`, `"TASK+JWT"`}, []string{`"tas\u212a+jwt"`, `"ta\u017fk+jwt"`, ``}},
	} {
		auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{Type: tc.option})
		token := func(typ string) string {
			if typ != "" {
				typ = `,"typ":` + typ
			}
			return signHS(secret, `{"alg":"HS256"`+typ+`}`, payload(""))
		}
		for _, typ := range tc.accept {
			t.Run(tc.option+" accepts "+typ, func(t *testing.T) { verify(t, auth, token(typ), nil) })
		}
		for _, typ := range tc.refuse {
			t.Run(tc.option+" refuses "+typ, func(t *testing.T) { verify(t, auth, token(typ), jwt.ErrTokenUnverifiable) })
		}
	}
}

// Exactly the types of the list are accepted.
func TestListOfTypes(t *testing.T) {
	for _, tc := range []struct {
		name           string
		types          []string
		accept, refuse []string
	}{
		{"as SPIFFE has it", []string{"JWT", "JOSE", ""}, []string{`"JWT"`, `"jose"`, `"application/jose"`, ``}, []string{`"at+jwt"`, `"JOSE+JSON"`, `""`, `"application/"`}},
		{"none of the default ones", []string{"application/a+jwt", "b+jwt"}, []string{`"a+jwt"`, `"Application/B+JWT"`}, []string{``, `"JWT"`, `"at+jwt"`, `"c+jwt"`}},
		{"without typ alone", []string{""}, []string{``}, []string{`""`, `"JWT"`, `"at+jwt"`}},
		{"an empty list", []string{}, []string{``, `"JWT"`, `"at+jwt"`}, []string{`"JOSE"`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{Types: tc.types})
			clear(tc.types) // New has made a copy
			for _, typ := range append(tc.accept, tc.refuse...) {
				var want error
				if slices.Contains(tc.refuse, typ) {
					want = jwt.ErrTokenUnverifiable
				}
				header := `{"alg":"HS256","typ":` + typ + `}`
				if typ == "" {
					header = `{"alg":"HS256"}`
				}
				if _, err := auth.Verify(t.Context(), signHS(secret, header, payload(""))); !errors.Is(err, want) {
					t.Errorf("%s: %v", typ, err)
				}
			}
		})
	}
}

// The size of the token limits its audiences. Their cost grows no faster than it.
func TestManyAudiences(t *testing.T) {
	auth := mustNew[struct{}](t, jwthttp.HS256(secret), jwthttp.Options{Audience: []string{"a service", "orders"}, MaxTokenBytes: 64 << 10})
	for name, one := range map[string]string{"plain": `"x"`, "empty": `""`, "escaped": `"\u0078"`} {
		token := func(n int, last string) string {
			return signHS(secret, plainHeader, payload(`"aud":[`+strings.Repeat(one+",", n/(len(one)+1))+last+`]`))
		}
		verify(t, auth, token(48_000, `"\u006frders"`), nil)
		_, err := auth.Verify(t.Context(), token(48_000, `"ordersx"`))
		if !errors.Is(err, jwt.ErrTokenInvalidAudience) || len(err.Error()) > 1000 {
			t.Errorf("%s: %v", name, err)
		}
		if underRace() {
			continue
		}
		cost := func(raw string) uint64 {
			return bytesPerRun(10, func() {
				if _, err := auth.Verify(t.Context(), raw); err != nil {
					t.Fatal(err)
				}
			})
		}
		small, large := cost(token(4_800, `"orders"`)), cost(token(48_000, `"orders"`))
		if large > 12*small || large > 4*64<<10 {
			t.Errorf("%s: %d bytes of memory, and %d for a tenth of the audiences", name, large, small)
		}
	}
}

// A claims type counts how often it is decoded.
type watched struct{}

var decodings int

func (w *watched) UnmarshalJSON([]byte) error { decodings++; return nil }

// The payload is never parsed before its signature verifies.
func TestSignatureComesFirst(t *testing.T) {
	auth := mustNew[watched](t, jwthttp.KeySet{jwthttp.HS256(secret), jwthttp.RS256(&rsaKey().PublicKey)}, jwthttp.Options{})
	decodings = 0
	verify(t, auth, signHS([]byte("another"), plainHeader, payload("")), jwt.ErrTokenSignatureInvalid)
	verify(t, auth, signHS([]byte("another"), plainHeader, `not even JSON`), jwt.ErrTokenSignatureInvalid)
	verify(t, auth, signHS([]byte("another"), plainHeader, `{"exp":1}`), jwt.ErrTokenSignatureInvalid)
	verify(t, auth, signHS(secret, `{"alg":"RS256"}`, payload("")), jwt.ErrTokenSignatureInvalid)
	verify(t, auth, macSegments([]byte("another"), b64(plainHeader)+".a"), jwt.ErrTokenSignatureInvalid)
	if decodings != 0 {
		t.Errorf("claims of unsigned tokens were decoded %d times", decodings)
	}
	verify(t, auth, good(), nil)
	if decodings != 1 {
		t.Errorf("claims of a good token were decoded %d times", decodings)
	}
}

// The rules hold for every claims type. A type may have no registered claims, hide them, or
// panic in golang-jwt's getters.
func TestClaimRules(t *testing.T) {
	t.Run("struct", func(t *testing.T) { testClaimRules[AppClaims](t) })
	t.Run("MapClaims", func(t *testing.T) { testClaimRules[jwt.MapClaims](t) })
	t.Run("RegisteredClaims", func(t *testing.T) { testClaimRules[jwt.RegisteredClaims](t) })
	t.Run("embedding", func(t *testing.T) { testClaimRules[embedding](t) })
	t.Run("empty", func(t *testing.T) { testClaimRules[struct{}](t) })
	t.Run("shadowing", func(t *testing.T) { testClaimRules[shadowing](t) })
	t.Run("panicking", func(t *testing.T) { testClaimRules[panicking](t) })
	t.Run("raw", func(t *testing.T) { testClaimRules[rawClaims](t) })
}

type embedding struct {
	*jwt.RegisteredClaims
	Role string `json:"role"`
}

type shadowing struct {
	jwt.RegisteredClaims
	NotBefore any `json:"nbf"`
	Expires   any `json:"exp"`
}

type panicking struct{ jwt.RegisteredClaims }

func (panicking) GetExpirationTime() (*jwt.NumericDate, error) { panic("called") }

type rawClaims []byte

func (r *rawClaims) UnmarshalJSON(b []byte) error { *r = b; return nil }

func testClaimRules[C any](t *testing.T) {
	nested := func(depth int) string { return `"x":` + strings.Repeat("[", depth-1) + strings.Repeat("]", depth-1) }
	members := func(n int) string {
		var b strings.Builder
		for i := range n - 2 { // sub and exp come first
			fmt.Fprintf(&b, `"m%d":0,`, i)
		}
		return strings.TrimSuffix(b.String(), ",")
	}
	audiences := func(n int) string {
		return `"aud":[` + strings.TrimSuffix(strings.Repeat(`"x",`, n-1), ",") + `,"orders"]`
	}
	auth := mustNew[C](t, jwthttp.HS256(secret), jwthttp.Options{AllowAnyAudience: true})
	forever := mustNew[C](t, jwthttp.HS256(secret), jwthttp.Options{AllowAnyAudience: true, AllowMissingExpiry: true})
	for _, tc := range []struct {
		name, payload string
		want          error
	}{
		{"good", payload(""), nil},
		{"white space", " \n" + payload("") + "\t\r\n", nil},
		{"null", `null`, jwthttp.ErrInvalidToken},
		{"array", `[]`, jwthttp.ErrInvalidToken},
		{"string", `"x"`, jwthttp.ErrInvalidToken},
		{"empty", ` `, jwthttp.ErrInvalidToken},
		{"no JSON", `{exp:1}`, jwthttp.ErrInvalidToken},
		{"trailing object", payload("") + `{}`, jwthttp.ErrInvalidToken},
		{"trailing comma", strings.TrimSuffix(payload(""), "}") + `,}`, jwthttp.ErrInvalidToken},
		{"byte order mark", "\ufeff" + payload(""), jwthttp.ErrInvalidToken},
		{"NUL", payload("") + "\x00", jwthttp.ErrInvalidToken},
		{"invalid UTF-8", payload(`"x":"` + "\xc3" + `"`), jwthttp.ErrInvalidToken},
		{"lone surrogate", payload(`"x":"\udc00"`), jwthttp.ErrInvalidToken},
		{"duplicate", payload(`"x":1,"x":1`), jwthttp.ErrInvalidToken},
		{"duplicate by escape", payload(`"x":1,"\u0078":1`), jwthttp.ErrInvalidToken},
		{"duplicate inside", payload(`"x":[{"y":{"a":1,"a":2}}]`), jwthttp.ErrInvalidToken},
		{"other case is another name", payload(`"SUB":"admin","EXP":1`), nil},
		{"32 deep", payload(nested(32)), nil},
		{"33 deep", payload(nested(33)), jwthttp.ErrInvalidToken},
		{"33 deep in objects", payload(`"x":` + strings.Repeat(`{"a":`, 32) + "1" + strings.Repeat("}", 32)), jwthttp.ErrInvalidToken},
		{"brackets in a string", payload(`"x":"` + strings.Repeat(`[{\"`, 40) + `"`), nil},
		{"256 members", payload(members(256)), nil},
		{"257 members", payload(members(257)), jwthttp.ErrInvalidToken},
		{"65 audiences", payload(audiences(65)), nil},
		{"1,000 audiences", payload(audiences(1000)), nil},
		{"1,000 audiences and a number", payload(strings.TrimSuffix(audiences(1000), "]") + `,7]`), jwthttp.ErrInvalidToken},

		{"no exp", `{"sub":"alice"}`, jwt.ErrTokenRequiredClaimMissing},
		{"exp nested", `{"x":{"exp":4102444800}}`, jwt.ErrTokenRequiredClaimMissing},
		{"exp escaped", `{"\u0065xp":4102444800}`, nil},
		{"exp escaped and past", `{"\u0065x\u0070":1}`, jwt.ErrTokenExpired},
		{"exp null", `{"exp":null}`, jwthttp.ErrInvalidToken},
		{"exp string", `{"exp":"4102444800"}`, jwthttp.ErrInvalidToken},
		{"exp true", `{"exp":true}`, jwthttp.ErrInvalidToken},
		{"exp array", `{"exp":[4102444800]}`, jwthttp.ErrInvalidToken},
		{"exp object", `{"exp":{"x":1}}`, jwthttp.ErrInvalidToken},
		{"exp 1e300", `{"exp":1e300}`, jwthttp.ErrInvalidToken},
		{"exp beyond 9999", `{"exp":253402300800}`, jwthttp.ErrInvalidToken},
		{"exp at the end of 9999", `{"exp":253402300799}`, nil},
		{"exp negative", `{"exp":-1}`, jwthttp.ErrInvalidToken},
		{"exp 0", `{"exp":0}`, jwt.ErrTokenExpired},
		{"exp fraction", `{"exp":4102444800.5}`, nil},
		{"exp exponent", `{"exp":4.1024448e9}`, nil},
		{"nbf null", payload(`"nbf":null`), jwthttp.ErrInvalidToken},
		{"nbf string", payload(`"nbf":"0"`), jwthttp.ErrInvalidToken},
		{"nbf ahead", payload(`"nbf":4102444800`), jwt.ErrTokenNotValidYet},
		{"nbf escaped and ahead", payload(`"n\u0062f":4102444800`), jwt.ErrTokenNotValidYet},
		{"nbf past", payload(`"nbf":0`), nil},
		{"nbf negative", payload(`"nbf":-1`), jwthttp.ErrInvalidToken},
		{"nbf beyond 9999", payload(`"nbf":253402300800`), jwt.ErrTokenInvalidClaims},
		{"iat null", payload(`"iat":null`), jwthttp.ErrInvalidToken},
		{"iat string", payload(`"iat":"0"`), jwthttp.ErrInvalidToken},
		{"iat 1e300", payload(`"iat":1e300`), jwthttp.ErrInvalidToken},
		{"iat negative", payload(`"iat":-1`), jwthttp.ErrInvalidToken},
		{"iat beyond 9999", payload(`"iat":253402300800`), jwthttp.ErrInvalidToken},
		{"iat ahead", payload(`"iat":4102444800`), nil},
		{"iss null", payload(`"iss":null`), jwthttp.ErrInvalidToken},
		{"iss number", payload(`"iss":1`), jwthttp.ErrInvalidToken},
		{"jti number", payload(`"jti":1`), jwthttp.ErrInvalidToken},
		{"jti null", payload(`"jti":null`), jwthttp.ErrInvalidToken},
		{"sub null", `{"sub":null,"exp":4102444800}`, jwthttp.ErrInvalidToken},
		{"sub object", `{"sub":{},"exp":4102444800}`, jwthttp.ErrInvalidToken},
		{"aud null", payload(`"aud":null`), jwthttp.ErrInvalidToken},
		{"aud number", payload(`"aud":1`), jwthttp.ErrInvalidToken},
		{"aud object", payload(`"aud":{"x":1}`), jwthttp.ErrInvalidToken},
		{"aud with a number", payload(`"aud":["x",1]`), jwthttp.ErrInvalidToken},
		{"aud with null", payload(`"aud":[null]`), jwthttp.ErrInvalidToken},
		{"aud nested", payload(`"aud":[["x"]]`), jwthttp.ErrInvalidToken},
		{"aud empty", payload(`"aud":[]`), nil},
		{"cnf", payload(`"cnf":{"jkt":"x"}`), jwthttp.ErrInvalidToken},
		{"cnf null", payload(`"cnf":null`), jwthttp.ErrInvalidToken},
		{"CNF is another name", payload(`"CNF":{}`), nil},
		{"cnf after an escaped quote", payload(`"name":"\" x","cnf":{}`), jwthttp.ErrInvalidToken},
		{"nbf after a backslash", payload(`"name":"\\","nbf":4102444800`), jwt.ErrTokenNotValidYet},
		{"nbf after both", payload(`"name":"\\\"","nbf":4102444800,"x":"\""`), jwt.ErrTokenNotValidYet},
		{"cnf escaped", payload(`"\u0063nf":{}`), jwthttp.ErrInvalidToken},
	} {
		t.Run(tc.name, func(t *testing.T) {
			token := signHS(secret, plainHeader, tc.payload)
			verify(t, auth, token, tc.want)
			// AllowMissingExpiry only allows a missing exp. An exp that is present still
			// counts.
			if tc.want == jwt.ErrTokenRequiredClaimMissing {
				tc.want = nil
			}
			verify(t, forever, token, tc.want)
		})
	}
}

func TestIssuerAndAudience(t *testing.T) {
	key := jwthttp.HS256(secret)
	bound := key.WithIssuer("https://a.example", "orders", "billing")
	for _, tc := range []struct {
		name   string
		key    jwthttp.Key
		opts   jwthttp.Options
		claims string
		want   error
	}{
		{"iss", key, jwthttp.Options{Issuer: "a"}, `"iss":"a"`, nil},
		{"iss escaped", key, jwthttp.Options{Issuer: "a"}, `"iss":"\u0061"`, nil},
		{"another iss", key, jwthttp.Options{Issuer: "a"}, `"iss":"a/"`, jwt.ErrTokenInvalidIssuer},
		{"iss in another case", key, jwthttp.Options{Issuer: "a"}, `"iss":"A"`, jwt.ErrTokenInvalidIssuer},
		{"no iss", key, jwthttp.Options{Issuer: "a"}, ``, jwt.ErrTokenInvalidIssuer},
		{"empty iss", key, jwthttp.Options{Issuer: "a"}, `"iss":""`, jwt.ErrTokenInvalidIssuer},
		{"any iss", key, jwthttp.Options{}, `"iss":"b"`, nil},

		{"aud", key, jwthttp.Options{Audience: []string{"orders"}}, `"aud":"orders"`, nil},
		{"aud escaped", key, jwthttp.Options{Audience: []string{"orders"}}, `"aud":["x","\u006frders"]`, nil},
		{"aud in an array", key, jwthttp.Options{Audience: []string{"orders"}}, `"aud":[ "x" , "orders" ]`, nil},
		{"second audience", key, jwthttp.Options{Audience: []string{"a", "orders"}}, `"aud":"orders"`, nil},
		{"another aud", key, jwthttp.Options{Audience: []string{"orders"}}, `"aud":"Orders"`, jwt.ErrTokenInvalidAudience},
		{"a prefix", key, jwthttp.Options{Audience: []string{"orders"}}, `"aud":["order","orders2"]`, jwt.ErrTokenInvalidAudience},
		{"brackets", key, jwthttp.Options{Audience: []string{"orders"}}, `"aud":"[\"orders\"]"`, jwt.ErrTokenInvalidAudience},
		{"empty aud", key, jwthttp.Options{Audience: []string{"orders"}}, `"aud":[]`, jwt.ErrTokenInvalidAudience},
		{"no aud", key, jwthttp.Options{Audience: []string{"orders"}}, ``, jwt.ErrTokenInvalidAudience},
		{"an aud where none is configured", key, jwthttp.Options{}, `"aud":"orders"`, jwt.ErrTokenInvalidAudience},
		{"an empty aud where none is configured", key, jwthttp.Options{}, `"aud":[]`, jwt.ErrTokenInvalidAudience},
		{"any aud", key, jwthttp.Options{AllowAnyAudience: true}, `"aud":"orders"`, nil},

		{"bound", bound, jwthttp.Options{}, `"iss":"https://a.example","aud":"billing"`, nil},
		{"bound, another iss", bound, jwthttp.Options{}, `"iss":"https://b.example","aud":"billing"`, jwt.ErrTokenInvalidIssuer},
		{"bound, no iss", bound, jwthttp.Options{}, `"aud":"billing"`, jwt.ErrTokenInvalidIssuer},
		{"bound, another aud", bound, jwthttp.Options{}, `"iss":"https://a.example","aud":"x"`, jwt.ErrTokenInvalidAudience},
		{"bound, any aud does not undo it", bound, jwthttp.Options{AllowAnyAudience: true}, `"iss":"https://a.example","aud":"x"`, jwt.ErrTokenInvalidAudience},
		{"bound and options", bound, jwthttp.Options{Audience: []string{"eu"}}, `"iss":"https://a.example","aud":["eu","orders"]`, nil},
		{"bound but not options", bound, jwthttp.Options{Audience: []string{"eu"}}, `"iss":"https://a.example","aud":["orders"]`, jwt.ErrTokenInvalidAudience},
		{"bound without audience", key.WithIssuer("a"), jwthttp.Options{}, `"iss":"a","aud":"x"`, jwt.ErrTokenInvalidAudience},

		{"cnf allowed", key, jwthttp.Options{AllowSenderConstrained: true}, `"cnf":{"jkt":"x"}`, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			verify(t, mustNew[AppClaims](t, tc.key, tc.opts), signHS(secret, plainHeader, payload(tc.claims)), tc.want)
		})
	}
}

// Dates are compared to the second, with the clock of a bubble.
func TestTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now().Unix()
		token := func(claims string, args ...any) string {
			return signHS(secret, plainHeader, fmt.Sprintf("{"+claims+"}", args...))
		}
		strict := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{})
		lenient := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{Leeway: 5 * time.Second})
		aged := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{MaxAge: 60 * time.Second})
		agedLenient := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{MaxAge: 60 * time.Second, Leeway: 5 * time.Second})
		forever := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{AllowMissingExpiry: true})

		verify(t, forever, token(`"sub":"alice"`), nil)
		verify(t, forever, token(`"exp":%d`, start), jwt.ErrTokenExpired)
		if at := verify(t, forever, token(`"sub":"alice"`), nil).ExpiresAt(); !at.IsZero() {
			t.Errorf("a token without exp expires at %v", at)
		}
		if at := verify(t, lenient, token(`"exp":%d.9`, start+9), nil).ExpiresAt(); at.Unix() != start+9 {
			t.Errorf("the token expires at %v", at)
		}

		exp := token(`"exp":%d`, start+60)
		expFraction := token(`"exp":%d.9`, start+60)
		nbf := token(`"exp":%d,"nbf":%d`, start+600, start+30)
		nbfFraction := token(`"exp":%d,"nbf":%d.1`, start+600, start+29)
		iat := token(`"exp":%d,"iat":%d`, start+600, start)
		iatFraction := token(`"exp":%d,"iat":%d.5`, start+600, start)
		iatAhead := token(`"exp":%d,"iat":%d`, start+600, start+6)
		noIat := token(`"exp":%d`, start+600)

		verify(t, aged, noIat, jwt.ErrTokenRequiredClaimMissing)
		verify(t, strict, iatAhead, nil)
		verify(t, aged, iatAhead, jwt.ErrTokenUsedBeforeIssued)
		verify(t, agedLenient, iatAhead, jwt.ErrTokenUsedBeforeIssued)
		verify(t, aged, iat, nil)
		at := func(after time.Duration) {
			t.Helper()
			time.Sleep(time.Until(time.Unix(start, 0).Add(after)))
		}
		at(time.Second)
		verify(t, agedLenient, iatAhead, nil)
		at(25*time.Second - 1)
		verify(t, lenient, nbf, jwt.ErrTokenNotValidYet)
		at(25 * time.Second)
		verify(t, lenient, nbf, nil)
		verify(t, strict, nbf, jwt.ErrTokenNotValidYet)
		at(30*time.Second - 1)
		verify(t, strict, nbf, jwt.ErrTokenNotValidYet)
		verify(t, strict, nbfFraction, jwt.ErrTokenNotValidYet)
		at(30 * time.Second)
		verify(t, strict, nbf, nil)
		verify(t, strict, nbfFraction, nil)
		at(60*time.Second - 1)
		verify(t, strict, exp, nil)
		verify(t, strict, expFraction, nil)
		at(60 * time.Second)
		verify(t, strict, exp, jwt.ErrTokenExpired)
		verify(t, strict, expFraction, jwt.ErrTokenExpired)
		verify(t, lenient, exp, nil)
		verify(t, aged, iat, nil)
		at(60*time.Second + 1)
		verify(t, aged, iat, jwt.ErrTokenExpired)
		verify(t, aged, iatFraction, jwt.ErrTokenExpired)
		verify(t, agedLenient, iat, nil)
		at(65*time.Second - 1)
		verify(t, lenient, exp, nil)
		at(65 * time.Second)
		verify(t, lenient, exp, jwt.ErrTokenExpired)
		verify(t, agedLenient, iat, nil)
		at(65*time.Second + 1)
		verify(t, agedLenient, iat, jwt.ErrTokenExpired)
	})
}

// Times in a log are rounded for the reader.
func TestTimesAreRounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{Leeway: 2 * time.Second})
		time.Sleep(66653611 * time.Nanosecond)
		now := time.Now().Unix()
		for claims, want := range map[string]string{
			fmt.Sprintf(`{"exp":%d}`, now-2):                       "exp is 3s back, and Leeway is 2s",
			fmt.Sprintf(`{"exp":%d}`, now-3600-61):                 "exp is 1h1m2s back",
			fmt.Sprintf(`{"exp":%d}`, now-86400*2-1):               "exp is 2 days back",
			`{"exp":1}`:                                            "exp is 10956 days back",
			`{"exp":0.5}`:                                          "exp is 10957 days back",
			fmt.Sprintf(`{"exp":%d,"nbf":%d}`, now+86400, now+3):   "nbf is 3s ahead, and Leeway is 2s",
			fmt.Sprintf(`{"exp":%d,"nbf":%d.5}`, now+86400, now+3): "nbf is 4s ahead",
			`{"exp":253402300799,"nbf":253402300799}`:              "nbf is more than 290 years ahead",
		} {
			if _, err := auth.Verify(t.Context(), signHS(secret, plainHeader, claims)); err == nil || !strings.Contains(err.Error(), ": "+want) {
				t.Errorf("%s: %v, want %q", claims, err, want)
			}
		}
	})
}

// Checks run in their order, after everything else, and stop at the first error.
func TestChecks(t *testing.T) {
	type ctxKey struct{}
	errNo := errors.New("no")
	var calls []string
	check := func(name string, err error) jwthttp.Check[AppClaims] {
		return func(ctx context.Context, token *jwthttp.Token[AppClaims]) error {
			if ctx.Value(ctxKey{}) != "value" || token.Claims.Subject != "alice" || token.Header.Algorithm != "HS256" || token.Raw() == "" {
				t.Errorf("check %s was called with %v and %v", name, ctx, token)
			}
			calls = append(calls, name)
			return err
		}
	}
	auth := mustNew(t, jwthttp.HS256(secret), jwthttp.Options{}, check("first", nil), check("second", errNo), check("third", nil))
	ctx := context.WithValue(t.Context(), ctxKey{}, "value")
	if _, err := auth.Verify(ctx, good()); !errors.Is(err, errNo) || !errors.Is(err, jwthttp.ErrInvalidToken) {
		t.Error(err)
	}
	if got := strings.Join(calls, " "); got != "first second" {
		t.Errorf("calls: %s", got)
	}
	calls = nil
	verify(t, auth, signHS(secret, plainHeader, `{"exp":1}`), jwt.ErrTokenExpired)
	verify(t, auth, signHS([]byte("another"), plainHeader, payload("")), jwt.ErrTokenSignatureInvalid)
	if calls != nil {
		t.Errorf("checks ran for refused tokens: %v", calls)
	}
}

type byValue struct {
	Role string `json:"role"`
}

func (c byValue) Validate() error {
	if c.Role != "admin" {
		return errRole
	}
	return nil
}

type byPointer struct {
	Role string `json:"role"`
}

func (c *byPointer) Validate() error { return byValue(*c).Validate() }

var errRole = errors.New("not an admin")

func TestValidateOfTheType(t *testing.T) {
	admin, user := signHS(secret, plainHeader, payload(`"role":"admin"`)), good()
	v := mustNew[byValue](t, jwthttp.HS256(secret), jwthttp.Options{})
	verify(t, v, admin, nil)
	verify(t, v, user, errRole)
	verify(t, v, user, jwthttp.ErrInvalidToken)
	p := mustNew[byPointer](t, jwthttp.HS256(secret), jwthttp.Options{})
	verify(t, p, admin, nil)
	verify(t, p, user, errRole)
}
