package jwthttp_test

import (
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/go-jose/go-jose/v4"
	josejwt "github.com/go-jose/go-jose/v4/jwt"
	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
)

// For any text in up to three Authorization and three Cookie lines, the answer is the one that
// the contract gives. Here the contract is written with regular expressions.
func FuzzRequest(f *testing.F) {
	token := goodForLong()
	long := signHS(secret, plainHeader, `{"sub":"alice","exp":4102444800,"pad":"`+strings.Repeat("x", 3<<10)+`"}`) // too long for a cookie
	good := []string{token, long}
	const oneLineEach = 1 | 1<<2
	for _, auth := range []string{
		"", "Bearer", "Bearer " + token, "bearer  " + token + " ", "Bearer\t" + token, "Basic YTpi", "Bearer " + token + ",x", "Bearer a.b.c", "Bearer:" + token, "BearerX " + token,
		"Bearer " + long, token, "Bearer a.b~c+/==", "Bearer =", "Bearer a=b", " Bearer " + token, "Bearer  ", "Bearer\x00" + token, "Bearer\u00a0" + token, "\u00a0Bearer " + token, "\vBearer " + token, "\tBearer " + token + "\t", " \t", ",Bearer " + token, "\x00", "Bearer " + token + "\xff", "Bearer " + strings.Repeat("x", 8193), "Bearer " + strings.Repeat("x", 8193) + "!",
	} {
		for _, cookie := range []string{"", "token=" + token, `token="` + token + `"`, "token=" + token + "; token=" + token, "token=; x", "Token=" + token, "token=" + long, "x=1; token =" + token, "token=" + token + ";", `token="` + token, "token", "token= " + token, "token=" + token + ",x", "token=\xe9", strings.Repeat(";", 2999) + "token=" + token, strings.Repeat(";", 3000)} {
			f.Add(uint8(oneLineEach), auth, "", cookie, "")
		}
		f.Add(uint8(oneLineEach), "", "", auth, "")
	}
	for lines := range uint8(1 << 6) {
		f.Add(lines, "Bearer "+token, "", "token="+token, "x=1")
		f.Add(lines, "", "Bearer "+token, "token=", "token="+token)
	}
	opts := jwthttp.Options{Extractors: bothPlaces}
	strict := mustNew[AppClaims](f, jwthttp.HS256(secret), opts)
	opts.AllowAnonymous = true
	anonymous := mustNew[AppClaims](f, jwthttp.HS256(secret), opts)
	f.Fuzz(func(t *testing.T, lines uint8, auth1, auth2, cookie1, cookie2 string) {
		auth, allowed := strict, lines&(1<<4) != 0
		if allowed {
			auth = anonymous
		}
		r := httptest.NewRequest("GET", "/", nil)
		isForeign := lines&(1<<5) != 0
		if isForeign {
			r.Method = "POST"
			r.Header.Set("Sec-Fetch-Site", "cross-site")
		}
		r.Header["Authorization"] = []string{auth1, auth2, ""}[:lines&3]
		r.Header["Cookie"] = []string{cookie1, cookie2, ""}[:lines>>2&3]
		want := contract(r.Header["Authorization"], r.Header["Cookie"], isForeign, good)
		isAnonymous := want == noToken && allowed
		if isAnonymous {
			want = accepted
		}

		ran, loggedIn := 0, false
		rec := httptest.NewRecorder()
		auth.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			ran++
			_, loggedIn = jwthttp.ClaimsFromContext[AppClaims](r.Context())
		})).ServeHTTP(rec, r)
		got := rec.Result()
		if want == accepted {
			if got.StatusCode != 200 || ran != 1 || loggedIn == isAnonymous {
				t.Errorf("%d, next ran %d times, logged in: %v", got.StatusCode, ran, loggedIn)
			}
			return
		}
		if ran != 0 {
			t.Fatal("next ran")
		}
		checkRefusal(t, got, want)
	})
}

// A verdict is what the contract says of a request: the status, and the error in the body.
type verdict struct {
	status int
	code   string
}

var (
	accepted       = verdict{200, ""}
	noToken        = verdict{401, ""}
	invalidRequest = verdict{400, "invalid_request"}
	invalidToken   = verdict{401, "invalid_token"}
	crossOrigin    = verdict{403, "cross_origin"}

	// RFC 9110 sections 5.5 and 5.6.2 say where a value and a scheme begin and end. RFC 6750
	// section 2.1 is the grammar of a Bearer token.
	isEmpty   = regexp.MustCompile("^[ \t]*$")
	hasScheme = regexp.MustCompile("^[ \t]*[!#$%&'*+.^_`|~0-9A-Za-z-]")
	isBearer  = regexp.MustCompile("^[ \t]*(?i:bearer)([^!#$%&'*+.^_`|~0-9A-Za-z:-]|$)")
	b64tokens = regexp.MustCompile(`^[ \t]*(?i:bearer) +([A-Za-z0-9._~+/-]+=*)[ \t]*$`)

	// RFC 6265 sections 4.2.1 and 4.1.1 (cookie-octet) are the grammar of cookies. net/http
	// also ignores this white space.
	cookiePair = regexp.MustCompile("(?s)^[ \t\r\n]*token[ \t\r\n]*(?:=(.*?))?[ \t\r\n]*$")
	isCookie   = regexp.MustCompile(`^(?:[!#-+\--:<-\[\]-~]*|"[!#-+\--:<-\[\]-~]*")$`)
)

func contract(authorization []string, cookieLines []string, isForeign bool, good []string) verdict {
	var pairs, cookies []string
	for _, line := range cookieLines {
		pairs = append(pairs, strings.Split(line, ";")...)
	}
	for _, pair := range pairs {
		if value := cookiePair.FindStringSubmatch(pair); value != nil {
			cookies = append(cookies, value[1])
		}
	}
	if len(authorization) > 1 || len(cookies) > 1 || len(pairs) > 3000 {
		return invalidRequest
	}
	inHeader, inCookie := "", ""
	if len(authorization) == 1 && !isEmpty.MatchString(authorization[0]) {
		token := b64tokens.FindStringSubmatch(authorization[0])
		if token != nil {
			inHeader = token[1]
		} else if isBearer.MatchString(authorization[0]) || !hasScheme.MatchString(authorization[0]) {
			return invalidRequest
		}
	}
	if len(cookies) == 1 {
		if !isCookie.MatchString(cookies[0]) {
			return invalidRequest
		}
		inCookie = strings.Trim(cookies[0], `"`)
	}
	switch {
	case inHeader != "" && inCookie != "":
		return invalidRequest
	case inHeader == "" && inCookie == "":
		return noToken
	case inCookie != "" && isForeign:
		return crossOrigin
	case slices.Contains(good, inHeader), slices.Contains(good, inCookie) && len(inCookie) <= 4096:
		return accepted
	}
	return invalidToken
}

// Cookie finds the value that net/http finds, where net/http finds any.
func FuzzCookies(f *testing.F) {
	for _, line := range []string{"token=a.b.c", `token="a"; x="b;c"`, " token =a ; token", "token==; ;=;", "token=a b", "token=a,b", "token=\xff", "Token=a", "a=token=b", "\vtoken=a", "token\r\n=a\n", `token=""`, `token="`} {
		f.Add(line, "", 0)
		f.Add(line, "token=b", 2990)
		f.Add("a=b", line, 3000)
	}
	f.Fuzz(func(t *testing.T, line1, line2 string, semicolons int) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["Cookie"] = []string{line1, line2 + strings.Repeat(";", max(0, min(semicolons, 3001)))}
		got, err := jwthttp.Cookie("token").Extract(r)
		if err != nil && (got != "" || !errors.Is(err, jwthttp.ErrInvalidRequest)) {
			t.Fatalf("%q, %v", got, err)
		}
		if strings.Count(strings.Join(r.Header["Cookie"], ";"), ";")+1 > 3000 {
			if err == nil {
				t.Error("too many cookies pass")
			}
			return
		}
		// net/http drops bad values, except those with a space or a comma.
		switch known := r.CookiesNamed("token"); {
		case len(known) == 0 && got != "", len(known) > 1 && err == nil:
			t.Errorf("%q, %v, for %v", got, err, known)
		case len(known) == 1 && err == nil && got != known[0].Value:
			t.Errorf("%q for %q", got, known[0].Value)
		case len(known) == 1 && err != nil && !strings.ContainsAny(known[0].Value, " ,") && len(bad(r.Header["Cookie"])) == 0:
			t.Errorf("%v for %q", err, known[0].Value)
		}
	})
}

// bad returns the pairs of this name that net/http drops.
func bad(lines []string) (pairs []string) {
	for pair := range strings.SplitSeq(strings.Join(lines, ";"), ";") {
		if value := cookiePair.FindStringSubmatch(pair); value != nil && !isCookie.MatchString(value[1]) {
			pairs = append(pairs, pair)
		}
	}
	return pairs
}

// A request that passes the gate also passes net/http's own protection.
func FuzzGate(f *testing.F) {
	for _, origin := range []string{"", "null", "https://app.example.com", "http://app.example.com", "https://trusted.example.com", "data:", "https://", "https://app.example.com:443", "//app.example.com", "HTTPS://app.example.com", "https://x@app.example.com", " https://app.example.com\t", "https://[::1]", "https://app.example.com."} {
		for _, site := range []string{"", "same-origin", "cross-site", " none", "x"} {
			for _, host := range []string{"app.example.com", "", ":443", "[::1]", "APP.example.com", "app.example.com:443", "app.example.com:80"} {
				f.Add(host, site, origin, uint8(3))
				f.Add(host, site, origin, uint8(1))
				f.Add(host, site, origin, uint8(2))
			}
		}
	}
	const trusted = "https://trusted.example.com"
	reference := http.NewCrossOriginProtection()
	if err := reference.AddTrustedOrigin(trusted); err != nil {
		f.Fatal(err)
	}
	opts := places(jwthttp.Cookie("token"))
	opts.TrustedOrigins = []string{trusted}
	auth := mustNew[AppClaims](f, jwthttp.HS256(secret), opts)
	token := goodForLong()
	f.Fuzz(func(t *testing.T, host, site, origin string, which uint8) {
		r := httptest.NewRequest("POST", "/", nil)
		r.Host = host
		r.Header.Set("Cookie", "token="+token)
		plain := httptest.NewRequest("POST", "/", nil)
		plain.Host = strings.ToLower(host)
		if which&1 != 0 {
			r.Header["Sec-Fetch-Site"] = []string{site}
			plain.Header.Set("Sec-Fetch-Site", strings.Trim(site, " \t"))
		}
		if which&2 != 0 {
			r.Header["Origin"] = []string{origin}
			plain.Header.Set("Origin", strings.Trim(origin, " \t"))
			scheme, _, _ := strings.Cut(strings.Trim(origin, " \t"), ":") // net/http counts the default port
			plain.Host = strings.TrimSuffix(plain.Host, map[string]string{"https": ":443", "http": ":80"}[scheme])
		}
		_, err := auth.Authenticate(r)
		if err != nil && !errors.Is(err, jwthttp.ErrCrossOrigin) {
			t.Fatal(err)
		}
		if refused := reference.Check(plain); refused != nil && err == nil {
			t.Errorf("passes, but net/http says %v", refused)
		}
		if err != nil && which&3 == 0 {
			t.Error("a request that is not from a browser is refused")
		}
	})
}

var challengeOf = regexp.MustCompile(`^Bearer realm="api", error="([a-z_]+)", error_description="([A-Za-z ]+)"$`)

// checkRefusal asserts everything that the contract says of an answer to a GET or POST.
func checkRefusal(t *testing.T, got *http.Response, want verdict) {
	t.Helper()
	var problem struct {
		Title, Detail, Error string
		Status               int
	}
	dec := json.NewDecoder(got.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&problem); err != nil || got.StatusCode != want.status {
		t.Fatalf("%d, want %d: %v", got.StatusCode, want.status, err)
	}
	if problem.Status != want.status || problem.Title != http.StatusText(want.status) || problem.Error != want.code || problem.Detail == "" {
		t.Errorf("body %+v, want %+v", problem, want)
	}
	h := got.Header
	if h.Get("Cache-Control") != "no-store" || h.Get("Content-Type") != "application/problem+json" {
		t.Errorf("headers %v", h)
	}
	challenge := strings.Join(h.Values("WWW-Authenticate"), "|")
	switch want {
	case noToken:
		if challenge != `Bearer realm="api"` {
			t.Errorf("challenge %q", challenge)
		}
	case crossOrigin:
		if challenge != "" {
			t.Errorf("challenge %q", challenge)
		}
	default:
		if parts := challengeOf.FindStringSubmatch(challenge); parts == nil || parts[1] != want.code || parts[2] != problem.Detail {
			t.Errorf("challenge %q for %+v", challenge, problem)
		}
	}
}

func goodForLong() string { return signHS(secret, plainHeader, `{"sub":"alice","exp":4102444800}`) }

// Every token that is not the known good one is refused, whatever it consists of.
func FuzzVerify(f *testing.F) {
	token := goodForLong()
	for _, raw := range []string{token, "..", token + "\n", token[:len(token)-1], "a.b.c", unsignedToken()} {
		f.Add(raw)
	}
	auth := mustNew[jwt.MapClaims](f, allKeys(), jwthttp.Options{})
	f.Fuzz(func(t *testing.T, raw string) {
		if _, err := auth.Verify(t.Context(), raw); (err == nil) != (raw == token) {
			t.Errorf("%q: %v", raw, err)
		}
	})
}

func unsignedToken() string {
	return b64(`{"alg":"none"}`) + "." + b64(`{"sub":"alice","exp":4102444800}`) + "."
}

// Good tokens have bytes flipped, dropped, inserted or doubled, or get parts of another token.
// Only a text that equals a good token in every byte passes, whether or not signatures are
// remembered.
func FuzzMutated(f *testing.F) {
	var good []string
	for _, a := range algorithms() {
		for _, payload := range []string{`{"sub":"alice","exp":4102444800}`, `{"sub":"mallory","exp":4102444800,"role":"none"}`} {
			good = append(good, a.sign(f, payload))
		}
	}
	step := func(op, at int, with byte) []byte { return []byte{byte(op), byte(at >> 8), byte(at), with} }
	for which := range good {
		f.Add(uint8(which), []byte{})
		for op := range mutations {
			f.Add(uint8(which), step(op, 3, 1))
			f.Add(uint8(which), step(op, len(good[which])-1, '='))
			f.Add(uint8(which), append(step(op, strings.LastIndexByte(good[which], '.'), byte(which+1)), step(op, 0, 'A')...))
		}
	}
	f.Add(uint8(0), step(1, 0, ' '))
	for which := range good {
		for at := range 128 { // the bits of the last characters, some of which Base64url does not use
			f.Add(uint8(which), step(0, len(good[which])-1-at>>3, byte(at)))
		}
	}
	auth := mustNew[AppClaims](f, allKeys(), jwthttp.Options{})
	forgetful := mustNew[AppClaims](f, allKeys(), jwthttp.Options{RememberSignatures: -1})
	f.Fuzz(func(t *testing.T, which uint8, script []byte) {
		raw := good[int(which)%len(good)]
		for ; len(script) >= 4 && len(raw) > 0 && len(raw) < 9000; script = script[4:] {
			at := (int(script[1])<<8 | int(script[2])) % len(raw)
			other := good[int(script[3])%len(good)]
			raw = mutate(raw, int(script[0])%mutations, at, script[3], other)
		}
		want := 401
		if slices.Contains(good, strings.Trim(raw, " ")) { // spaces after the scheme are allowed
			want = 200
		}
		ran := 0
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["Authorization"] = []string{"Bearer " + raw}
		rec := httptest.NewRecorder()
		auth.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { ran++ })).ServeHTTP(rec, r)
		isAnswer := rec.Code == want || want == 401 && rec.Code == 400
		if !isAnswer || (ran == 1) != (want == 200) {
			t.Errorf("%d, next ran %d times: %q", rec.Code, ran, raw)
		}
		if _, err := forgetful.Verify(t.Context(), raw); (err == nil) != slices.Contains(good, raw) {
			t.Errorf("without memory: %v: %q", err, raw)
		}
	})
}

const mutations = 8

// mutate changes one thing in raw, which has a byte at that place.
func mutate(raw string, op, at int, with byte, other string) string {
	parts, others := strings.Split(raw, "."), strings.Split(other, ".")
	switch op {
	case 0:
		return raw[:at] + string([]byte{raw[at] ^ 1<<(with&7)}) + raw[at+1:]
	case 1:
		return raw[:at] + string([]byte{with}) + raw[at:]
	case 2:
		return raw[:at] + raw[at+1:]
	case 3:
		return raw[:at] + raw[max(0, at-int(with)):]
	case 4: // replaces a segment with one of another token
		if i := at % 3; i < len(parts) {
			parts[i] = others[i]
		}
	case 5: // swaps two segments
		i := at % len(parts)
		parts[i], parts[0] = parts[0], parts[i]
	case 6: // decodes a segment, changes a byte, and encodes it again
		i := at % len(parts)
		if b, err := base64.RawURLEncoding.DecodeString(parts[i]); err == nil && len(b) > 0 {
			b[at%len(b)] ^= with
			parts[i] = base64.RawURLEncoding.EncodeToString(b)
		}
	case 7: // joins the beginning of one token to the end of another
		return raw[:at] + other[min(at, len(other)):]
	}
	return strings.Join(parts, ".")
}

// The verdict on a signed header and payload is the one that reference_test.go reaches with
// encoding/json and math/big. Tokens that are accepted are accepted by go-jose and golang-jwt
// as well, with the same claims.
func FuzzSigned(f *testing.F) {
	headers := []string{plainHeader, `{"alg":"HS256","kid":"\u0061","x":[1]}`, ` {"typ":"at+jwt" , "alg":"HS256"}`, `{"alg":"none"}`, `{"alg":"HS256","crit":[]}`, `{"alg":"HS256","x":1e999}`, `{"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}}`}
	for _, payload := range []string{
		`{"exp":4102444800}`, `{"exp":4.1e9,"aud":["a","b"],"iss":"i","nbf":0.5}`, `{"exp":4102444800,"sub":"\u0061","x":{"y":[1,null]}}`,
		`{"exp":"1"}`, `{"exp":1e300}`, `{"a":1,"a":2}`, `{"\u0065xp":4102444800}`, ` {"exp" : 4102444800 , "nbf" : 1 } `, `[]`, `null`, `{"exp":200e7,"aud":[]}`, `{"exp":200e7,"SUB":1}`, `{"exp":4102444800,"aud":[""]}`, `{"exp":4102444800,"n":12345678901234567890}`,
		`{"exp":4102444800,"cnf":{}}`, `{"iss":"i","aud":"a","exp":1}`, `{"iss":"i","aud":["b","a"],"exp":4102444800,"nbf":4102444800}`, `{"iss":"i","aud":"a","sub":null}`, `{"x":"\ud800"}`, `{"x":"\ud83d\ude00"}`, "{\"x\":\"\xff\"}", `{"x":1e400,"exp":4102444800}`,
		`{"iss":"i","aud":"a","exp":4102444800,"iat":1.5,"jti":"\u0000","big":-9007199254740993}`, `{"exp":NaN}`, `{"exp":01}`, `{"exp":-0}`, `{"exp":4102444800,"x":` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + `}`, `{"exp":4102444800,"x":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`,
		`{"exp":4102444800,"aud":[` + strings.TrimSuffix(strings.Repeat(`"a",`, 64), ",") + `]}`, `{"exp":4102444800,"aud":[` + strings.TrimSuffix(strings.Repeat(`"a",`, 65), ",") + `]}`,
	} {
		for _, header := range headers {
			f.Add(header, payload)
		}
	}
	for _, header := range []string{
		`{}`, `{"alg":"HS256","kid":"a\n"}`, `{"alg":"HS256","typ":""}`, `{"alg":"HS256","typ":"dpop+jwt"}`, `{"alg":"HS256","typ":"APPLICATION/JWT"}`, `{"alg":"HS256","x":[[[[]]]]}`, `{"alg":1}`, `{"alg":"HS256","\u0062\u0036\u0034":true}`,
		pad(`{"alg":"HS256"`, 2048), pad(`{"alg":"HS256"`, 2049), `{"alg":"HS256"` + names(31) + `}`, `{"alg":"HS256"` + names(32) + `}`, `{"alg":"HS256","` + strings.Repeat("n", 893) + `":1}`, `{"alg":"HS256","` + strings.Repeat("n", 894) + `":1}`, "{\"alg\":\"HS256\",\"kid\":\"a\x7f\"}", "{\"kid\":\"a\x7f\",\"alg\":\"HS256\" }", `{"alg":"HS256","x":"` + strings.Repeat(`\":`, 40) + `"}`,
	} {
		f.Add(header, `{"exp":4102444800}`)
	}
	f.Add(plainHeader, "")
	f.Add("", `{"exp":4102444800}`)
	opts := jwthttp.Options{AllowAnyAudience: true}
	maps := mustNew[jwt.MapClaims](f, jwthttp.HS256(secret), opts)
	registered := mustNew[jwt.RegisteredClaims](f, jwthttp.HS256(secret), opts)
	ours := mustNew[jwt.RegisteredClaims](f, jwthttp.HS256(secret), jwthttp.Options{Issuer: "i", Audience: []string{"a"}})
	f.Fuzz(func(t *testing.T, header, payload string) {
		raw := signHS(secret, header, payload)
		if len(raw) > 8192 {
			return
		}
		h, p := readHeader(header), readPayload(payload)
		if header == "" || payload == "" { // an empty segment is malformed, so nothing is read
			h.faults, h.isUnknownKey = []error{jwt.ErrTokenMalformed}, false
		}
		if p.isAboutNow() {
			return
		}
		token, err := maps.Verify(t.Context(), raw)
		token2, err2 := registered.Verify(t.Context(), raw)
		_, err3 := ours.Verify(t.Context(), raw)
		wantMap := p.verdict("", "")
		if wantMap != jwt.ErrTokenInvalidClaims && p.hasHugeNumber {
			wantMap = jwt.ErrTokenInvalidClaims // the number does not fit in a float64
		}
		checkReason(t, err, h, wantMap)
		checkReason(t, err2, h, p.verdict("", ""))
		checkReason(t, err3, h, p.verdict("i", "a"))
		if err == nil && !sameJSON(map[string]any(token.Claims), map[string]any(p.members)) {
			t.Errorf("claims %#v, want %#v", token.Claims, p.members)
		}
		if err2 != nil {
			return
		}
		if got := token2.Header; got.Algorithm != "HS256" || got.KeyID != h.text("kid") || got.Type != h.text("typ") {
			t.Errorf("header %v of %q", got, header)
		}
		if got, want := token2.Registered(), p.registered(); !reflect.DeepEqual(got, want) {
			t.Errorf("Registered returns %+v, want %+v", got, want)
		}
		checkAgainstJose(t, raw, h, token2)
		checkAgainstGolangJWT(t, raw, p, token2.Claims)
	})
}

// checkReason asserts that err has exactly one reason, and the right one. Faults of the header
// come before those of the claims.
func checkReason(t *testing.T, err error, h referenceHeader, claims error) {
	t.Helper()
	want := h.faults
	if len(want) == 0 {
		want = []error{claims}
	}
	if slices.Contains(want, nil) != (err == nil) {
		t.Fatalf("error %v, want one of %v", err, want)
	}
	if err == nil {
		return
	}
	if !errors.Is(err, jwthttp.ErrInvalidToken) {
		t.Errorf("%v is not ErrInvalidToken", err)
	}
	is := classesOf(err)
	if len(is) != 1 || !slices.Contains(want, is[0]) || errors.Is(err, jwthttp.ErrUnknownKey) != h.isUnknownKey {
		t.Errorf("error %v is of the classes %v, want one of %v", err, is, want)
	}
}

// checkAgainstJose asserts that go-jose accepts what this package accepted. go-jose is as
// strict about names and their case.
func checkAgainstJose(t *testing.T, raw string, h referenceHeader, got *jwthttp.Token[jwt.RegisteredClaims]) {
	t.Helper()
	for _, name := range []string{"jwk", "x5c", "nonce"} {
		if h.members[name] != nil {
			return // go-jose reads these members
		}
	}
	if h.hasHugeNumber {
		return // go-jose reads all numbers of the header as float64
	}
	token, err := josejwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.HS256})
	if err != nil {
		t.Fatalf("go-jose refuses %q: %v", raw, err)
	}
	var claims josejwt.Claims
	if err := token.Claims(secret, &claims); err != nil {
		t.Fatalf("go-jose refuses %q: %v", raw, err)
	}
	c := got.Claims
	if claims.Issuer != c.Issuer || claims.Subject != c.Subject || claims.ID != c.ID || !slices.Equal(claims.Audience, josejwt.Audience(c.Audience)) || token.Headers[0].KeyID != got.Header.KeyID {
		t.Errorf("claims %+v, go-jose %+v", c, claims)
	}
	ours := got.Registered() // rounded down, while go-jose's float64 may be rounded up
	for _, date := range []struct {
		theirs *josejwt.NumericDate
		ours   *jwt.NumericDate
	}{{claims.Expiry, ours.ExpiresAt}, {claims.NotBefore, ours.NotBefore}, {claims.IssuedAt, ours.IssuedAt}} {
		if (date.theirs == nil) != (date.ours == nil) {
			t.Errorf("date %v, go-jose %v", date.ours, date.theirs)
		} else if date.ours != nil && int64(*date.theirs) != date.ours.Unix() && int64(*date.theirs) != date.ours.Unix()+1 {
			t.Errorf("date %v, go-jose %v", date.ours, *date.theirs)
		}
	}
}

func checkAgainstGolangJWT(t *testing.T, raw string, p referencePayload, got jwt.RegisteredClaims) {
	t.Helper()
	if hasFolded(p.members) {
		return // encoding/json reads SUB as sub
	}
	var want jwt.RegisteredClaims
	_, err := jwt.ParseWithClaims(raw, &want, func(*jwt.Token) (any, error) { return secret, nil }, jwt.WithValidMethods([]string{"HS256"}), jwt.WithExpirationRequired())
	var tooLarge *json.UnmarshalTypeError
	switch {
	case errors.Is(err, jwt.ErrTokenNotValidYet), errors.Is(err, jwt.ErrTokenExpired):
		return // golang-jwt reads dates as float64, so its dates may differ from the written ones
	case errors.As(err, &tooLarge) && strings.HasPrefix(tooLarge.Value, "number"):
		return // golang-jwt reads all numbers of the header as float64, 1e999 too
	case err != nil:
		t.Fatalf("golang-jwt refuses %q: %v", raw, err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("claims %+v, want %+v", got, want)
	}
}

// hasFolded reports whether a name differs from a registered one only in case.
func hasFolded(m map[string]any) bool {
	for name := range m {
		for _, registered := range []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti"} {
			if name != registered && strings.EqualFold(name, registered) {
				return true
			}
		}
	}
	return false
}

// The iss that a key source sees before the signature is verified equals the iss of the
// verified claims. Otherwise keys of one issuer could verify a token of another.
func FuzzUnverifiedIssuer(f *testing.F) {
	for _, text := range []string{
		`{}`, `{"iss":"https://a.example"}`, `{"iss":"\u0068ttps:\/\/a.example"}`, `{"\u0069\u0073s":"https://a.example","exp":4102444800}`, ` { "x" : {"iss":"b"} , "iss" : "https://a.example" } `,
		`{"iss":"https://a.example","iss":"b"}`, `{"iss":"b","\u0069ss":"https://a.example"}`, `{"x":"\\","iss":"https://a.example"}`, `{"x":"\\\",\"iss\":\"b","iss":"https://a.example"}`, `{"iss":"https://a.example."`,
		`{"iss":"` + strings.Repeat("i", 256) + `"}`, `{"iss":"` + strings.Repeat("i", 257) + `"}`, `{"iss":"` + strings.Repeat(`\u0069`, 43) + `"}`, `{"iss":""}`, `{"iss":null}`, `{"iss":"\ud83d\ude00é"}`, `{"iss" "https://a.example"}`, `[{"iss":"https://a.example"}]`,
		`{"x":` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + `,"iss":"https://a.example"}`, `{"x":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `,"iss":"https://a.example"}`,
	} {
		f.Add([]byte(text))
	}
	opts := jwthttp.Options{AllowAnyAudience: true, AllowMissingExpiry: true, AllowSenderConstrained: true}
	var seen string
	plain := mustNew[jwt.MapClaims](f, jwthttp.KeyFunc(func(_ context.Context, h jwthttp.TokenHeader) ([]jwthttp.Key, error) {
		seen = h.UnverifiedIssuer()
		return []jwthttp.Key{jwthttp.HS256(secret)}, nil
	}), opts)
	issuers := mustNew[jwt.MapClaims](f, jwthttp.Issuers{issuerA: jwthttp.HS256(secret)}, opts)
	f.Fuzz(func(t *testing.T, text []byte) {
		raw := signHS(secret, `{"alg":"HS256"}`, string(text))
		seen = "nobody asked"
		token, err := plain.Verify(t.Context(), raw)
		_, errA := issuers.Verify(t.Context(), raw)
		if err != nil {
			if errA == nil {
				t.Errorf("%q: accepted by its issuer alone: %v", text, err)
			}
			return
		}
		want, _ := token.Claims["iss"].(string)
		var written map[string]json.RawMessage
		if err := json.Unmarshal(text, &written); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if len(written["iss"]) > 256+len(`""`) {
			want = ""
		}
		if seen != want {
			t.Errorf("%q: the key source saw %q, the claims have %q", text, seen, want)
		}
		if (errA == nil) != (want == issuerA) || errA != nil && !errors.Is(errA, jwt.ErrTokenInvalidIssuer) {
			t.Errorf("%q: %v", text, errA)
		}
	})
}

// A claims type may need no functions of ours, need some, or decode itself. The verdict and
// every claim are the same for all three.
func FuzzClaimsTypes(f *testing.F) {
	for _, tc := range scopeClaims {
		f.Add(`{"exp":4102444800,` + tc.claims + `}`)
	}
	for _, payload := range []string{
		`{}`, `null`, `{"sub":"a","iss":"b","jti":"c","exp":4102444800,"nbf":1,"iat":2,"aud":["x"]}`, `{"exp":4102444800.5,"role":"r"}`, `{"exp":4102444800,"role":1}`, `{"exp":4102444800,"sub":42}`, `{"exp":4102444800,"sub":-0}`, `{"exp":4102444800,"sub":9007199254740992}`, `{"exp":4102444800,"sub":1e2}`, `{"exp":4102444800,"role":null}`, `{"exp":4102444800,"x":1e999}`, `{"exp":4102444800}}`, `{"exp":4102444800,"x":"\ud800"}`, "{\"exp\":4102444800,\"x\":\"\xff\"}",
		`{"exp":4102444800,"role":"a","role":"b"}`, `{"exp":4102444800,"ROLE":"a"}`, `{"exp":4102444800,"\u0072ole":"\u0061"}`, `{"exp":4102444800,"x":{"role":"a","y":1,"y":2}}`, `,{"exp":4102444800}`, `{"exp" 4102444800}`, `{"exp":4102444800 "role":"a"}`, "{\"exp\":4102444800,\"role\":\"a\tb\"}", "\x01{\"exp\":4102444800}",
	} {
		f.Add(payload)
	}
	type withFunctions struct {
		plainClaims
		Unknown *jwt.NumericDate `json:"a name that no payload has"`
	}
	type foreign struct {
		plainClaims
		Unknown json.RawMessage `json:"a name that no payload has"`
	}
	opts := jwthttp.Options{AllowAnyAudience: true}
	ofShort := mustNew[plainClaims](f, jwthttp.HS256(secret), opts)
	ofFunctions := mustNew[withFunctions](f, jwthttp.HS256(secret), opts)
	ofForeign := mustNew[foreign](f, jwthttp.HS256(secret), opts)
	ofLax := mustNew[laxStream](f, jwthttp.HS256(secret), opts)
	opts.AllowNumericSubject = true
	ofNumeric := mustNew[struct{}](f, jwthttp.HS256(secret), opts)
	f.Fuzz(func(t *testing.T, payload string) {
		if strings.Contains(payload, "that no payload has") {
			return
		}
		raw := signHS(secret, plainHeader, payload)
		a, errA := ofShort.Verify(t.Context(), raw)
		b, errB := ofFunctions.Verify(t.Context(), raw)
		c, errC := ofForeign.Verify(t.Context(), raw)
		for _, err := range []error{errB, errC} {
			if (err == nil) != (errA == nil) || err != nil && errors.Is(err, jwt.ErrTokenInvalidClaims) != errors.Is(errA, jwt.ErrTokenInvalidClaims) {
				t.Fatalf("%q: %v, %v, %v", payload, errA, errB, errC)
			}
		}
		// A type that takes any JSON accepts no more than the rules allow.
		want := readPayload(payload)
		if _, err := ofLax.Verify(t.Context(), raw); err == nil && !want.isAboutNow() && want.verdict("", "") != nil || err != nil && errA == nil && !want.hasHugeNumber {
			t.Errorf("%q: with its own decoder %v, without %v", payload, err, errA)
		}
		numeric, err := ofNumeric.Verify(t.Context(), raw)
		if p := readPayloadWith(payload, true); !p.isAboutNow() && (err == nil) != (p.verdict("", "") == nil) || err == nil && numeric.Registered().Subject != p.subject() {
			t.Errorf("%q: with AllowNumericSubject %v, want the subject %q", payload, err, p.subject())
		}
		if errA != nil {
			return
		}
		if want := a.Claims; b.Claims.plainClaims != want || c.Claims.plainClaims != want {
			t.Errorf("%q: %v, %v, %v", payload, a.Claims, b.Claims, c.Claims)
		}
		if a.Claims.Subject != want.text("sub") || a.Claims.Role != want.text("role") {
			t.Errorf("%q: %+v", payload, a.Claims)
		}
		if !slices.Equal(a.Scopes(), want.scopes()) || !slices.Equal(b.Scopes(), want.scopes()) || !slices.Equal(c.Scopes(), want.scopes()) {
			t.Errorf("%q: scopes %q, %q, %q, want %q", payload, a.Scopes(), b.Scopes(), c.Scopes(), want.scopes())
		}
	})
}

type plainClaims struct {
	Subject string `json:"sub"`
	Role    string `json:"role"`
}

// Scopes are what encoding/json reads in scope and scp, whatever these contain and in either
// order.
func FuzzScopes(f *testing.F) {
	values := []string{`"read write"`, `"  read   write "`, `""`, `" "`, `"read\twrite"`, `"re\u0061d\u0020write"`, `"\u0000"`, `"\ud83d\ude00 é"`, `[]`, `["read","wr\u0069te"]`, `["read write"]`, `["read",1]`, `["read",["write"]]`, `[""]`, `[ "a" , "b" ]`, `["a]","[b"]`, `null`, `7`, `true`, `{"0":"read"}`, `["a",{"b":"]"}]`, `"\\"`, `["\"",null]`}
	for _, scope := range append(values, "") {
		for _, scp := range append(values, "") {
			f.Add(scope, scp, len(scope)%2 == 0)
		}
	}
	auth := mustNew[struct{}](f, jwthttp.HS256(secret), jwthttp.Options{})
	f.Fuzz(func(t *testing.T, scope, scp string, scopeFirst bool) {
		members := []string{`"exp":4102444800`}
		for name, value := range map[string]string{"scope": scope, "scp": scp} {
			if value == "" {
				continue
			}
			if member := fmt.Sprintf("%q:%s", name, value); (name == "scope") == scopeFirst {
				members = append([]string{member}, members...)
			} else {
				members = append(members, member)
			}
		}
		payload := "{" + strings.Join(members, ",") + "}"
		token, err := auth.Verify(t.Context(), signHS(secret, plainHeader, payload))
		if err != nil {
			return
		}
		if got, want := token.Scopes(), readPayload(payload).scopes(); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", payload, got, want)
		}
	})
}

// A key that is read from a file has these properties:
//
//   - It keeps the rules for keys.
//   - It is the key that crypto/x509 and golang-jwt read.
//   - Written again in every form, it reads the same.
//   - Its text is refused as a secret.
//
// An error shows no part of the file.
func FuzzParseRSAPublicKey(f *testing.F) {
	for _, name := range []string{"pkix.pem", "pkcs1.pem", "certificate.pem", "ec.pem", "jwt_key.pub", "openssl_ps256.pem", "openssl_ed25519.pem"} {
		text := readFile(f, name)
		f.Add(text)
		f.Add(bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")))
		f.Add(append([]byte("a key\n"), text...))
		f.Add(bytes.TrimSpace(text))
		f.Add(bytes.ReplaceAll(text, []byte(" PUBLIC"), []byte(" PRIVATE")))
		if block, _ := pem.Decode(text); block != nil {
			f.Add(block.Bytes)
		}
	}
	f.Add([]byte("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAA=="))
	f.Add(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey())}))
	f.Add(sshLine(&rsa.PublicKey{N: rsaKey().N, E: 3}))
	f.Add(sshLine(&rsa.PublicKey{N: rsaKey().N, E: 1<<31 - 1}))
	f.Add(sshLine(&rsa.PublicKey{N: rsaKey().N, E: 2}))
	f.Add(sshLine(&rsa.PublicKey{N: rsaKey().N, E: 65536}))
	f.Add(sshLine(&rsa.PublicKey{N: new(big.Int).Rsh(rsaKey().N, 1), E: 65537}))
	f.Fuzz(func(t *testing.T, data []byte) {
		pub, err := jwthttp.ParseRSAPublicKey(data)
		if (pub == nil) == (err == nil) {
			t.Fatalf("neither or both: %v, %v", pub, err)
		}
		if err != nil {
			if len(err.Error()) > 400 || strings.ContainsFunc(err.Error(), unicode.IsControl) {
				t.Errorf("the error is not fit for a log: %q", err)
			}
			const run = 44 // the length of the smallest secret in base64, and longer than any text that an error shares with a file
			for text := err.Error(); len(text) >= run && len(data) < 8<<10; text = text[1:] {
				if bytes.Contains(data, []byte(text[:run])) && !strings.ContainsRune(text[:run], ' ') {
					t.Fatalf("the error shows the file: %v", err)
				}
			}
			return
		}
		if bits := pub.N.BitLen(); bits < 2048 || bits > 8192 || pub.N.Sign() <= 0 || pub.N.Bit(0) == 0 || pub.E < 3 || pub.E > 1<<31-1 || pub.E%2 == 0 {
			t.Fatalf("a key of %d bits, e = %d", bits, pub.E)
		}
		if theirs, err := jwt.ParseRSAPublicKeyFromPEM(data); err == nil && !theirs.Equal(pub) {
			t.Error("golang-jwt reads another key")
		}
		pkcs1 := x509.MarshalPKCS1PublicKey(pub)
		for _, again := range [][]byte{
			pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix(t, pub)}), pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: pkcs1}), sshLine(pub),
		} {
			if got, err := jwthttp.ParseRSAPublicKey(again); err != nil || !got.Equal(pub) {
				t.Errorf("written anew as %q: %v", again[:20], err)
			}
		}
		if _, err := jwthttp.New[AppClaims](jwthttp.RS256(pub), jwthttp.Options{}); err != nil {
			t.Errorf("New refuses the key: %v", err)
		}
		for _, text := range [][]byte{data, pkcs1, pkix(t, pub), bytes.TrimSpace(data)} {
			if _, err := jwthttp.New[AppClaims](jwthttp.HS256(text), jwthttp.Options{}); err == nil {
				t.Error("the text of the key is accepted as a secret")
			}
		}
	})
}

// sshLine returns the key as ssh-keygen writes it, RFC 4253 section 6.6.
func sshLine(pub *rsa.PublicKey) []byte {
	var blob []byte
	for _, field := range [][]byte{[]byte("ssh-rsa"), append([]byte{0}, big.NewInt(int64(pub.E)).Bytes()...), append([]byte{0}, pub.N.Bytes()...)} {
		if len(field) > 1 && field[0] == 0 && field[1] < 0x80 {
			field = field[1:] // an mpint has its shortest form, RFC 4251 section 5
		}
		blob = append(binary.BigEndian.AppendUint32(blob, uint32(len(field))), field...)
	}
	return fmt.Appendf(nil, "ssh-rsa %s bob@example\n", base64.StdEncoding.EncodeToString(blob))
}
