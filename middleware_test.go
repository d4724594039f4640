package jwthttp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/justinas/alice"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/cookie"
)

// bothPlaces are the extractors of a Bearer header, a cookie and a header. Only one of them
// may find a credential.
var bothPlaces = []jwthttp.Extractor{jwthttp.BearerHeader(), jwthttp.Cookie("token"), jwthttp.HeaderNamed("x-token")}

// Each row of the contract is checked over real HTTP: the status, the exact challenge, the
// body's error, what must be absent, and whether next ran.
func TestAnswers(t *testing.T) {
	auth := mustNew(t, jwthttp.HS256(secret), jwthttp.Options{Extractors: bothPlaces}, func(ctx context.Context, tok *jwthttp.Token[AppClaims]) error {
		switch tok.Claims.Role {
		case "revoked":
			return errors.New("revoked")
		case "store down":
			return fmt.Errorf("asking the store: %w", jwthttp.ErrUnavailable)
		case "store slow":
			return context.DeadlineExceeded
		}
		return nil
	})
	s := serve(t, auth)
	token := good()
	bearer := "Authorization: Bearer " + token
	big := signHS(secret, plainHeader, payload(`"pad":"`+strings.Repeat("x", 8<<10)+`"`))

	for _, tc := range []struct {
		name        string
		method      string
		lines       []string
		status      int
		code        string // the error in the challenge and in the body
		description string
	}{
		{"two headers", "GET", []string{bearer, bearer}, 400, "invalid_request", "The request carries more than one credential"},
		{"two headers of other schemes", "GET", []string{"Authorization: Basic YTpi", "Authorization: Digest x"}, 400, "invalid_request", "The request carries more than one credential"},
		{"two headers, one empty", "GET", []string{bearer, "Authorization:"}, 400, "invalid_request", "The request carries more than one credential"},
		{"two values of a named header", "GET", []string{"X-Token: " + token, "X-Token: " + token}, 400, "invalid_request", "The request carries more than one credential"},
		{"two cookies of the name", "GET", []string{"Cookie: token=" + token + "; token=x"}, 400, "invalid_request", "The request carries more than one credential"},
		{"two cookies, one empty", "GET", []string{"Cookie: token=; token=" + token}, 400, "invalid_request", "The request carries more than one credential"},
		{"3,001 cookies", "GET", []string{"Cookie: token=" + token + strings.Repeat(";", 3000)}, 400, "invalid_request", "The request carries too many cookies"},
		{"3,001 cookies of other names beside a good header", "GET", []string{bearer, "Cookie: a=b" + strings.Repeat(";", 3000)}, 400, "invalid_request", "The request carries too many cookies"},
		{"two cookie headers", "GET", []string{"Cookie: token=" + token, "Cookie: token=" + token}, 400, "invalid_request", "The request carries more than one credential"},
		{"header and cookie", "GET", []string{bearer, "Cookie: token=" + token}, 400, "invalid_request", "The request carries more than one credential"},
		{"cookie and named header", "GET", []string{"X-Token: " + token, "Cookie: token=" + token}, 400, "invalid_request", "The request carries more than one credential"},

		{"nothing", "GET", nil, 401, "", ""},
		{"empty header", "GET", []string{"Authorization:"}, 401, "", ""},
		{"empty named header and cookie", "GET", []string{"X-Token:", "Cookie: token="}, 401, "", ""},
		{"Basic", "GET", []string{"Authorization: Basic YTpi"}, 401, "", ""},
		{"BearerX", "GET", []string{"Authorization: BearerX " + token}, 401, "", ""},
		{"Bearer:", "GET", []string{"Authorization: Bearer:" + token}, 401, "", ""},
		{"Bearer: with a space", "GET", []string{"Authorization: Bearer: " + token}, 401, "", ""},
		{"bare token", "GET", []string{"Authorization: " + token}, 401, "", ""},
		{"Basic beside a good cookie", "GET", []string{"Authorization: Basic YTpi", "Cookie: token=" + token}, 200, "", ""},
		{"bare token beside a good cookie", "GET", []string{"Authorization: " + token, "Cookie: token=" + token}, 200, "", ""},
		{"empty cookie without =", "GET", []string{"Cookie: token"}, 401, "", ""},

		{"Bearer alone", "GET", []string{"Authorization: Bearer"}, 400, "invalid_request", "The credential is malformed"},
		{"Bearer and a tab", "GET", []string{"Authorization: Bearer\t" + token}, 400, "invalid_request", "The credential is malformed"},
		{"a tab inside", "GET", []string{"Authorization: Bearer \t" + token}, 400, "invalid_request", "The credential is malformed"},
		{"a comma", "GET", []string{bearer + ","}, 400, "invalid_request", "The credential is malformed"},
		{"a comma after the scheme", "GET", []string{"Authorization: Bearer," + token}, 400, "invalid_request", "The credential is malformed"},
		{"a quote", "GET", []string{`Authorization: Bearer "` + token + `"`}, 400, "invalid_request", "The credential is malformed"},
		{"a second word", "GET", []string{bearer + " x"}, 400, "invalid_request", "The credential is malformed"},
		{"a byte above 0x7f", "GET", []string{bearer + "\xe9"}, 400, "invalid_request", "The credential is malformed"},
		{"= in the middle", "GET", []string{"Authorization: Bearer a=b"}, 400, "invalid_request", "The credential is malformed"},
		{"= before", "GET", []string{"Authorization: Bearer =abc"}, 400, "invalid_request", "The credential is malformed"},
		{"= alone", "GET", []string{"Authorization: Bearer =="}, 400, "invalid_request", "The credential is malformed"},
		{"no scheme", "GET", []string{`Authorization: "Bearer ` + token + `"`}, 400, "invalid_request", "The credential is malformed"},
		{"no scheme, a comma", "GET", []string{"Authorization: ,Bearer " + token}, 400, "invalid_request", "The credential is malformed"},
		{"no scheme, a byte above 0x7f", "GET", []string{"Authorization: \xe9 " + token}, 400, "invalid_request", "The credential is malformed"},
		{"no scheme beside a good cookie", "GET", []string{"Authorization: =", "Cookie: token=" + token}, 400, "invalid_request", "The credential is malformed"},
		{"a cookie with a space", "GET", []string{"Cookie: token=a b"}, 400, "invalid_request", "The credential is malformed"},
		{"a cookie with a backslash", "GET", []string{`Cookie: token=a\b`}, 400, "invalid_request", "The credential is malformed"},
		{"a cookie with one quote beside a good header", "GET", []string{bearer, `Cookie: token="x`}, 400, "invalid_request", "The credential is malformed"},
		{"bad header beside a good cookie", "GET", []string{"Authorization: Bearer", "Cookie: token=" + token}, 400, "invalid_request", "The credential is malformed"},

		{"cookie from another origin", "POST", []string{"Cookie: token=" + token, "Sec-Fetch-Site: cross-site"}, 403, "cross_origin", ""},
		{"cookie from the same site", "POST", []string{"Cookie: token=" + token, "Sec-Fetch-Site: same-site"}, 403, "cross_origin", ""},
		{"cookie from another origin, old browser", "DELETE", []string{"Cookie: token=" + token, "Origin: https://evil.example"}, 403, "cross_origin", ""},
		{"cookie from a sandboxed frame", "POST", []string{"Cookie: token=" + token, "Origin: null"}, 403, "cross_origin", ""},
		{"bad cookie from another origin", "POST", []string{"Cookie: token=x", "Sec-Fetch-Site: cross-site"}, 403, "cross_origin", ""},
		{"WebSocket with a cookie from another origin", "GET", []string{"Cookie: token=" + token, "Origin: https://evil.example", "Connection: Upgrade", "Upgrade: WebSocket"}, 403, "cross_origin", ""},
		{"cookie from its own origin", "POST", []string{"Cookie: token=" + token, "Sec-Fetch-Site: same-origin"}, 200, "", ""},
		{"cookie, not from a browser", "POST", []string{"Cookie: token=" + token}, 200, "", ""},
		{"cookie, read only, from another origin", "GET", []string{"Cookie: token=" + token, "Sec-Fetch-Site: cross-site"}, 200, "", ""},
		{"header from another origin", "POST", []string{bearer, "Sec-Fetch-Site: cross-site", "Origin: https://evil.example"}, 200, "", ""},
		{"named header from another origin", "POST", []string{"X-Token: " + token, "Sec-Fetch-Site: cross-site"}, 200, "", ""},

		{"b64token that is not a JWT", "GET", []string{"Authorization: Bearer a.b~c+/=="}, 401, "invalid_token", "The access token is malformed"},
		{"one word", "GET", []string{"Authorization: Bearer abc"}, 401, "invalid_token", "The access token is malformed"},
		{"padded", "GET", []string{bearer + "="}, 401, "invalid_token", "The access token is malformed"},
		{"oversized", "GET", []string{"Authorization: Bearer " + big}, 401, "invalid_token", "The access token is too large"},
		{"oversized for a cookie", "GET", []string{"Cookie: token=" + signHS(secret, plainHeader, payload(`"pad":"`+strings.Repeat("x", 3<<10)+`"`))}, 401, "invalid_token", "The access token is too large"},
		{"unsigned", "GET", []string{"Authorization: Bearer " + b64(`{"alg":"none"}`) + "." + b64(payload("")) + "."}, 401, "invalid_token", "The access token is malformed"},
		{"alg none with a signature", "GET", []string{"Authorization: Bearer " + signHS(secret, `{"alg":"none"}`, payload(""))}, 401, "invalid_token", "The access token was signed with an unknown key"},
		{"wrongly signed", "GET", []string{"Authorization: Bearer " + signHS([]byte("another"), plainHeader, payload(""))}, 401, "invalid_token", "The access token signature is invalid"},
		{"unknown key", "GET", []string{"Authorization: Bearer " + signHS(secret, `{"alg":"HS512"}`, payload(""))}, 401, "invalid_token", "The access token was signed with an unknown key"},
		{"crit", "GET", []string{"Authorization: Bearer " + signHS(secret, `{"alg":"HS256","crit":["x"]}`, payload(""))}, 401, "invalid_token", "The access token has a header that is not accepted"},
		{"wrong typ", "GET", []string{"Authorization: Bearer " + signHS(secret, `{"alg":"HS256","typ":"logout+jwt"}`, payload(""))}, 401, "invalid_token", "The access token is of another type"},
		{"expired", "GET", []string{"Authorization: Bearer " + signHS(secret, plainHeader, `{"exp":1}`)}, 401, "invalid_token", "The access token expired"},
		{"not yet valid", "GET", []string{"Authorization: Bearer " + signHS(secret, plainHeader, payload(`"nbf":4102444800`))}, 401, "invalid_token", "The access token is not valid yet"},
		{"an audience where none is configured", "GET", []string{"Authorization: Bearer " + signHS(secret, plainHeader, payload(`"aud":"orders"`))}, 401, "invalid_token", "The access token is for another audience"},
		{"failed check", "GET", []string{"Authorization: Bearer " + signHS(secret, plainHeader, payload(`"role":"revoked"`))}, 401, "invalid_token", "The access token was refused"},
		{"bad cookie", "GET", []string{"Cookie: token=a.b"}, 401, "invalid_token", "The access token is malformed"},
		{"bad named header", "GET", []string{"X-Token: Bearer " + token}, 401, "invalid_token", "The access token is malformed"},

		{"store out of reach", "GET", []string{"Authorization: Bearer " + signHS(secret, plainHeader, payload(`"role":"store down"`))}, 503, "temporarily_unavailable", ""},
		{"store too slow", "GET", []string{"Authorization: Bearer " + signHS(secret, plainHeader, payload(`"role":"store slow"`))}, 503, "temporarily_unavailable", ""},

		{"good", "GET", []string{bearer}, 200, "", ""},
		{"good, lower case, more spaces", "PATCH", []string{"Authorization: bEARER   " + token}, 200, "", ""},
		{"good cookie", "GET", []string{"Cookie: other=1; token=" + token}, 200, "", ""},
		{"good cookie, the last of 3,000", "GET", []string{"Cookie: " + strings.Repeat("a=b;", 2999) + "token=" + token}, 200, "", ""},
		{"good cookie in quotes", "GET", []string{`Cookie: token="` + token + `"`}, 200, "", ""},
		{"good named header", "GET", []string{"X-Token: " + token}, 200, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := s.send(t, tc.method, tc.lines...)
			if a.StatusCode != tc.status {
				t.Fatalf("status %d, want %d: %s", a.StatusCode, tc.status, a.body)
			}
			if tc.status == 200 {
				if a.ran != 1 || a.body != `{"sub":"alice","role":""}`+"\n" {
					t.Errorf("next ran %d times, body %s", a.ran, a.body)
				}
				return
			}
			if a.ran != 0 {
				t.Fatalf("next ran %d times", a.ran)
			}
			checkProblem(t, a, tc.status, tc.code, tc.description)
		})
	}
}

// checkProblem asserts everything that the contract says of a refusal.
func checkProblem(t *testing.T, a answer, status int, code, description string) {
	t.Helper()
	challenge, retry := "", ""
	switch {
	case status == 503:
		retry = "5"
	case description != "":
		challenge = `Bearer realm="api", error="` + code + `", error_description="` + description + `"`
	case status == 401:
		challenge = `Bearer realm="api"`
	}
	if got := a.Header.Values("WWW-Authenticate"); strings.Join(got, "|") != challenge {
		t.Errorf("challenge %q, want %q", got, challenge)
	}
	if got := a.Header.Get("Retry-After"); got != retry {
		t.Errorf("Retry-After %q, want %q", got, retry)
	}
	if got := a.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control %q", got)
	}
	if got := a.Header.Get("Vary"); got != "" {
		t.Errorf("Vary %q", got)
	}
	if got := a.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type %q", got)
	}
	var problem map[string]any
	if err := json.Unmarshal([]byte(a.body), &problem); err != nil {
		t.Fatalf("body %q: %v", a.body, err)
	}
	wantCode := any(code)
	if code == "" {
		wantCode = nil
	}
	if problem["error"] != wantCode || problem["status"] != float64(status) || problem["title"] != http.StatusText(status) || problem["detail"] == "" {
		t.Errorf("body %s", a.body)
	}
	if description != "" && problem["detail"] != description {
		t.Errorf("detail %q, want %q", problem["detail"], description)
	}
}

// A HEAD request gets the header fields of a GET, RFC 9110 section 9.3.2.
func TestHEADHasNoBody(t *testing.T) {
	auth := mustNew(t, jwthttp.HS256(secret), jwthttp.Options{Extractors: bothPlaces}, func(context.Context, *jwthttp.Token[AppClaims]) error { return jwthttp.ErrUnavailable })
	s := serve(t, auth)
	for name, line := range map[string]string{"no token": "X: y", "malformed": "Authorization: Bearer", "expired": "Authorization: Bearer x", "unavailable": "Authorization: Bearer " + good()} {
		get, head := s.send(t, "GET", line), s.send(t, "HEAD", line)
		for _, name := range []string{"Date", "Content-Length"} { // Date changes, and Content-Length may be absent
			get.Header.Del(name)
			head.Header.Del(name)
		}
		if head.StatusCode != get.StatusCode || head.body != "" || !maps.EqualFunc(get.Header, head.Header, slices.Equal[[]string]) || head.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %q %v\nwant %d %v", name, head.StatusCode, head.body, head.Header, get.StatusCode, get.Header)
		}
		rec := httptest.NewRecorder()
		auth.Handler(nil).ServeHTTP(rec, httptest.NewRequest("HEAD", "/", nil))
		if rec.Body.Len() > 0 {
			t.Errorf("%s: a body was written", name)
		}
	}
}

func TestAllowAnonymous(t *testing.T) {
	s := serve(t, mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{AllowAnonymous: true, Extractors: bothPlaces}))
	token := good()
	for _, tc := range []struct {
		name   string
		lines  []string
		method string
		status int
		body   string
	}{
		{"nothing", nil, "GET", 200, "anonymous"},
		{"another scheme", []string{"Authorization: Basic YTpi"}, "GET", 200, "anonymous"},
		{"empty cookie", []string{"Cookie: token="}, "GET", 200, "anonymous"},
		{"good", []string{"Authorization: Bearer " + token}, "GET", 200, `{"sub":"alice","role":""}` + "\n"},
		{"malformed", []string{"Authorization: Bearer"}, "GET", 400, ""},
		{"two", []string{"Authorization: Bearer " + token, "Cookie: token=" + token}, "GET", 400, ""},
		{"bad", []string{"Authorization: Bearer x"}, "GET", 401, ""},
		{"expired", []string{"Cookie: token=" + signHS(secret, plainHeader, `{"exp":1}`)}, "GET", 401, ""},
		{"cross-origin", []string{"Cookie: token=" + token, "Sec-Fetch-Site: cross-site"}, "POST", 403, ""},
	} {
		a := s.send(t, tc.method, tc.lines...)
		if a.StatusCode != tc.status || tc.status == 200 && a.body != tc.body || (a.ran == 1) != (tc.status == 200) {
			t.Errorf("%s: %d %s, next ran %d times", tc.name, a.StatusCode, a.body, a.ran)
		}
		if got := strings.Join(a.Header.Values("Vary"), "|"); got != "Authorization, Cookie, X-Token" {
			t.Errorf("%s: Vary %q", tc.name, got)
		}
	}
}

// RFC 6750's grammar belongs to the extractor of the Bearer header, whatever its Source is.
// The grammar is checked before the result of another extractor counts.
func TestBearerGrammarGoesWithTheExtractor(t *testing.T) {
	renamed := jwthttp.BearerHeader()
	renamed.Source = "proxy:iap"
	down := jwthttp.Extractor{Source: "other", Extract: func(*http.Request) (string, error) { return "", jwthttp.ErrUnavailable }}
	scheme := jwthttp.Extractor{Source: "header:Authorization", Extract: func(r *http.Request) (string, error) {
		return strings.TrimPrefix(r.Header.Get("Authorization"), "JWT "), nil
	}}
	for _, tc := range []struct {
		name   string
		opts   jwthttp.Options
		value  string
		status int
	}{
		{"renamed", places(renamed), "Bearer a,b", 400},
		{"renamed, good form", places(renamed), "Bearer a.b.c", 401},
		{"beside one that is down", places(jwthttp.BearerHeader(), down), "Bearer a,b", 400},
		{"in FirstOf", places(jwthttp.FirstOf(jwthttp.BearerHeader(), down)), "Bearer a b", 400},
		{"oversized", places(jwthttp.BearerHeader()), "Bearer " + strings.Repeat("x", 9000) + ",", 400},
		{"another scheme's extractor", places(scheme), "JWT a,b", 401},
	} {
		if a := serve(t, mustNew[AppClaims](t, jwthttp.HS256(secret), tc.opts)).send(t, "GET", "Authorization: "+tc.value); a.StatusCode != tc.status {
			t.Errorf("%s: %d, want %d", tc.name, a.StatusCode, tc.status)
		}
	}
}

// A Vary that an outer handler has set stays.
func TestVaryIsAdded(t *testing.T) {
	query := jwthttp.Extractor{Source: "query:access_token", Extract: func(*http.Request) (string, error) { return "", nil }}
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{AllowAnonymous: true, Extractors: []jwthttp.Extractor{query, jwthttp.BearerHeader()}})
	rec := httptest.NewRecorder()
	rec.Header().Set("Vary", "Accept-Encoding")
	auth.Handler(http.NotFoundHandler()).ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
	if got := strings.Join(rec.Header().Values("Vary"), ", "); got != "Accept-Encoding, Authorization" {
		t.Errorf("Vary %q", got)
	}
}

// A new Source is another name for the place, and Vary still names the header that is read.
func TestVaryOfChangedSources(t *testing.T) {
	custom := asking(jwthttp.HeaderNamed("X-Token"))
	for _, tc := range []struct {
		place jwthttp.Extractor
		want  string
	}{
		{changed(jwthttp.BearerHeader(), "proxy"), "Authorization"}, {changed(jwthttp.HeaderNamed("x-token"), "proxy"), "X-Token"},
		{changed(jwthttp.Cookie("a"), "session"), "Cookie"}, {changed(asking(jwthttp.Cookie("a")), "session"), "Cookie"},
		{jwthttp.FirstOf(changed(jwthttp.Cookie("a"), "session")), "Cookie"}, {changed(custom, "proxy"), ""},
	} {
		auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{AllowAnonymous: true, Extractors: []jwthttp.Extractor{tc.place}})
		rec := httptest.NewRecorder()
		auth.Handler(http.NotFoundHandler()).ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
		if got := rec.Header().Get("Vary"); got != tc.want {
			t.Errorf("%s: Vary %q, want %q", tc.place.Source, got, tc.want)
		}
	}
}

// A check cannot turn a refused request into an anonymous one.
func TestCheckErrorIsNoAnonymity(t *testing.T) {
	auth := mustNew(t, jwthttp.HS256(secret), jwthttp.Options{AllowAnonymous: true}, func(context.Context, *jwthttp.Token[AppClaims]) error {
		return jwthttp.ErrNoToken
	})
	if a := serve(t, auth).send(t, "GET", "Authorization: Bearer "+good()); a.StatusCode != 401 || a.ran != 0 {
		t.Errorf("%d, next ran %d times", a.StatusCode, a.ran)
	}
}

// An anonymous inner middleware hides the outer token of the same claims type, from guards as
// well. An outer token of another type stays visible.
func TestAnonymousInnerMiddlewareHidesOuterToken(t *testing.T) {
	type inner struct {
		Subject string `json:"sub"`
	}
	outer := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{})
	options := jwthttp.Options{AllowAnonymous: true, Realm: "inner", Extractors: []jwthttp.Extractor{jwthttp.Cookie("inner")}}
	sameType := mustNew[AppClaims](t, jwthttp.HS256(secret), options)
	otherType := mustNew[inner](t, jwthttp.HS256(secret), options)
	guard := jwthttp.Require(func(AppClaims) error { return nil })

	get := func(h http.Handler) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+good())
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		return rec
	}
	report := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, ok := jwthttp.ClaimsFromContext[AppClaims](r.Context())
		_, okInner := jwthttp.ClaimsFromContext[inner](r.Context())
		fmt.Fprint(w, claims.Subject, ok, okInner)
	})
	if got := get(alice.New(outer.Handler, sameType.Handler).Then(report)).Body.String(); got != "falsefalse" && got != "false false" {
		t.Errorf("inner middleware of the same type: %q", got)
	}
	if got := get(alice.New(outer.Handler, otherType.Handler).Then(report)).Body.String(); got != "alicetrue false" && got != "alice true false" {
		t.Errorf("inner middleware of another type: %q", got)
	}
	rec := get(alice.New(outer.Handler, sameType.Handler, guard).Then(report))
	if got := rec.Header().Get("WWW-Authenticate"); rec.Code != 401 || got != `Bearer realm="inner"` {
		t.Errorf("guard inside the first: %d %s", rec.Code, got)
	}
	if rec := get(alice.New(outer.Handler, otherType.Handler, guard).Then(report)); rec.Code != 200 {
		t.Errorf("guard inside the other: %d", rec.Code)
	}
}

func TestCacheControl(t *testing.T) {
	token := good()
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{Extractors: bothPlaces})
	public := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "max-age=60")
			next.ServeHTTP(w, r)
		})
	}
	for _, tc := range []struct {
		name, header, value, want string
		chain                     alice.Chain
	}{
		{"cookie", "Cookie", "token=" + token, "private", alice.New(auth.Handler)},
		{"named header", "X-Token", token, "private", alice.New(auth.Handler)},
		{"Authorization", "Authorization", "Bearer " + token, "", alice.New(auth.Handler)},
		{"cookie, set outside", "Cookie", "token=" + token, "max-age=60", alice.New(public, auth.Handler)},
		{"cookie, set inside", "Cookie", "token=" + token, "max-age=60", alice.New(auth.Handler, public)},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set(tc.header, tc.value)
		rec := httptest.NewRecorder()
		tc.chain.ThenFunc(func(http.ResponseWriter, *http.Request) {}).ServeHTTP(rec, r)
		if got := rec.Header().Get("Cache-Control"); got != tc.want || rec.Code != 200 {
			t.Errorf("%s: %d %q, want %q", tc.name, rec.Code, got, tc.want)
		}
	}
}

type bareWriter struct{ http.ResponseWriter }

func TestResponseWriterIsNotWrapped(t *testing.T) {
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{AllowAnonymous: true})
	w := &bareWriter{httptest.NewRecorder()}
	auth.Handler(http.HandlerFunc(func(got http.ResponseWriter, r *http.Request) {
		if got != http.ResponseWriter(w) {
			t.Errorf("next got a %T", got)
		}
	})).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
}

func TestTrustedOrigins(t *testing.T) {
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{
		Extractors:     []jwthttp.Extractor{jwthttp.Cookie("__Host-token")},
		TrustedOrigins: []string{"https://app.example.com", "http://localhost:3000", "chrome-extension://abcdef"},
	})
	s := serve(t, auth)
	for origin, status := range map[string]int{
		"https://app.example.com":      200,
		"http://localhost:3000":        200,
		"chrome-extension://abcdef":    200,
		"https://app.example.com:8443": 403,
		"http://app.example.com":       403,
		"https://evil.example":         403,
	} {
		for _, upgrade := range []string{"", "websocket"} {
			method, lines := "POST", []string{"Cookie: __Host-token=" + good(), "Origin: " + origin, "Sec-Fetch-Site: cross-site"}
			if upgrade != "" {
				method, lines = "GET", append(lines, "Upgrade: h2c", "Upgrade: "+upgrade)
			}
			if a := s.send(t, method, lines...); a.StatusCode != status {
				t.Errorf("%s %s %s: %d, want %d", method, upgrade, origin, a.StatusCode, status)
			}
		}
	}
}

// A header is the same in any case, and the Source of a header that a proxy sets may be renamed.
func TestChangedSources(t *testing.T) {
	for _, e := range []jwthttp.Extractor{
		changed(jwthttp.HeaderNamed("X-Token"), "header:x-token"), changed(jwthttp.BearerHeader(), "header:authorization"),
		changed(jwthttp.HeaderNamed("X-Token"), "proxy:X-Token"), changed(jwthttp.Cookie("a"), "cookie:b"),
	} {
		if _, err := jwthttp.New[AppClaims](jwthttp.HS256(secret), jwthttp.Options{Extractors: []jwthttp.Extractor{e}}); err != nil {
			t.Errorf("%s: %v", e.Source, err)
		}
	}
	made, err := cookie.New(cookie.Options{Name: "a", AllowInsecureHTTP: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jwthttp.New[AppClaims](jwthttp.HS256(secret), jwthttp.Options{Extractors: []jwthttp.Extractor{changed(made.Extractor(), "header:X-Token")}}); err == nil {
		t.Error("a cookie passes for a header")
	}
}

// changed returns an extractor with another Source.
func changed(e jwthttp.Extractor, source jwthttp.Source) jwthttp.Extractor {
	e.Source = source
	return e
}

func asking(e jwthttp.Extractor) jwthttp.Extractor {
	e.Extract = jwthttp.BearerHeader().Extract
	return e
}

// New refuses each bad configuration with an error that says how to mend it.
func TestNewRefuses(t *testing.T) {
	for _, tc := range []struct {
		name string
		opts jwthttp.Options
		want string
	}{
		{"empty audience", jwthttp.Options{Audience: []string{"a", ""}}, "Options.Audience has an empty string"},
		{"audience and any", jwthttp.Options{Audience: []string{"a"}, AllowAnyAudience: true}, "contradict each other"},
		{"negative leeway", jwthttp.Options{Leeway: -1}, "use 0 to 5m"},
		{"long leeway", jwthttp.Options{Leeway: 5*time.Minute + time.Second}, "use 0 to 5m"},
		{"leeway without unit", jwthttp.Options{Leeway: 30}, "jwthttp: Options.Leeway is 30ns, which looks like a number without a unit: write 30*time.Second"},
		{"age without unit", jwthttp.Options{MaxAge: 3600}, "jwthttp: Options.MaxAge is 3.6µs, which looks like a number without a unit: write 3600*time.Second"},
		{"white space after the issuer", jwthttp.Options{Issuer: "https://a.example\n"}, `jwthttp: Options.Issuer: "https://a.example\n" has white space at its beginning or end`},
		{"white space before the issuer", jwthttp.Options{Issuer: "\u00a0a"}, "has white space"},
		{"a byte order mark before the issuer", jwthttp.Options{Issuer: "\ufeffhttps://a.example"}, "has white space"},
		{"a zero width space after the issuer", jwthttp.Options{Issuer: "https://a.example\u200b"}, "has white space"},
		{"white space after an audience", jwthttp.Options{Audience: []string{"a", "b\t"}}, `"b\t" has white space`},
		{"a template as the issuer", jwthttp.Options{Issuer: "https://login.example/{tenantid}/v2.0"}, `jwthttp: Options.Issuer: the issuer "https://login.example/{tenantid}/v2.0" is a template`},
		{"negative age", jwthttp.Options{MaxAge: -1}, "Options.MaxAge"},
		{"big token", jwthttp.Options{MaxTokenBytes: 64<<10 + 1}, "use 64 to 65536"},
		{"tiny token", jwthttp.Options{MaxTokenBytes: 63}, "use 64 to 65536"},
		{"issuer in another encoding", jwthttp.Options{Issuer: "\xe9"}, "is not UTF-8"},
		{"Trailer", places(jwthttp.HeaderNamed("trailer")), "choose another name"},
		{"negative token", jwthttp.Options{MaxTokenBytes: -1}, "use 64 to 65536"},
		{"realm with a quote", jwthttp.Options{Realm: `a"b`}, "printable ASCII without quotes"},
		{"realm with a backslash", jwthttp.Options{Realm: `a\b`}, "printable ASCII without quotes"},
		{"realm with a line break", jwthttp.Options{Realm: "a\r\nb"}, "printable ASCII without quotes"},
		{"realm beyond ASCII", jwthttp.Options{Realm: "é"}, "printable ASCII without quotes"},
		{"an empty challenge scope", jwthttp.Options{ChallengeScopes: []string{"read", ""}}, `Options.ChallengeScopes has "", which is not a scope`},
		{"two challenge scopes in one", jwthttp.Options{ChallengeScopes: []string{"read write"}}, "one string for each scope"},
		{"a challenge scope with a quote", jwthttp.Options{ChallengeScopes: []string{`a"b`}}, "without spaces, quotes and backslashes"},
		{"a challenge scope with a line break", jwthttp.Options{ChallengeScopes: []string{"a\nb"}}, "printable ASCII"},
		{"odd type", jwthttp.Options{Type: "é"}, "Options.Type"},
		{"type with a space", jwthttp.Options{Type: " at+jwt"}, "Options.Type"},
		{"type without an end", jwthttp.Options{Type: "application/"}, "Options.Type"},
		{"type and types", jwthttp.Options{Type: "JWT", Types: []string{"JWT"}}, "Options.Type and Options.Types contradict each other: keep one"},
		{"odd type in the list", jwthttp.Options{Types: []string{"", "JWT", "é"}}, `a string in Options.Types is "é", which no token has`},
		{"types in one string", jwthttp.Options{Types: []string{"JWT JOSE"}}, "a string in Options.Types is"},
		{"empty cookie name", places(jwthttp.Cookie("")), "cannot be the name of a cookie"},
		{"odd cookie name", places(jwthttp.Cookie("a b")), "cannot be the name of a cookie"},
		{"prefix in another case", places(jwthttp.Cookie("__host-token")), "breaks a prefix"},
		{"prefix alone", places(jwthttp.Cookie("__Secure-")), "breaks a prefix"},
		{"empty header name", places(jwthttp.HeaderNamed("")), "cannot be the name of a header"},
		{"odd header name", places(jwthttp.HeaderNamed("a b")), "cannot be the name of a header"},
		{"Authorization", places(jwthttp.HeaderNamed("authorization")), "use BearerHeader"},
		{"Cookie", places(jwthttp.HeaderNamed("COOKIE")), "use Cookie"},
		{"Host", places(jwthttp.HeaderNamed("host")), "choose another name"},
		{"a cookie declared a header", places(jwthttp.Extractor{Source: "header:cookie", Extract: jwthttp.Cookie("a").Extract}), "cross-origin gate"},
		{"a cookie whose Source was changed", places(changed(jwthttp.Cookie("a"), "header:X-Token")), `reads another place than its Source "header:X-Token"`},
		{"a cookie in a literal for a header", places(jwthttp.Extractor{Source: "header:X-Token", Extract: jwthttp.Cookie("a").Extract}), "reads another place"},
		{"BearerHeader for another header", places(changed(jwthttp.BearerHeader(), "header:X-Token")), "reads another place"},
		{"HeaderNamed for another header", places(jwthttp.FirstOf(changed(jwthttp.HeaderNamed("X-Token"), "header:X-Other"))), "reads another place"},
		{"zero extractor", places(jwthttp.Extractor{}), "no Extract function"},
		{"prefix in capitals", places(jwthttp.Extractor{Source: "Cookie:a", Extract: jwthttp.Cookie("a").Extract}), "in lower case"},
		{"header in capitals", places(jwthttp.Extractor{Source: "HEADER:x", Extract: jwthttp.Cookie("a").Extract}), "in lower case"},
		{"source with a line break", places(jwthttp.Extractor{Source: "x\r\ny", Extract: jwthttp.Cookie("a").Extract}), "not a plain name"},
		{"source with a space", places(jwthttp.Extractor{Source: " header:x", Extract: jwthttp.Cookie("a").Extract}), "not a plain name"},
		{"long type", jwthttp.Options{Type: strings.Repeat("t", 53)}, "Options.Type"},
		{"no source", places(jwthttp.Extractor{Extract: jwthttp.BearerHeader().Extract}), "has no Source"},
		{"FirstOf nothing", places(jwthttp.FirstOf()), "name at least one"},
		{"FirstOf with a Source", places(changed(jwthttp.FirstOf(jwthttp.HeaderNamed("X-Token")), "iap")), "set those of its places"},
		{"FirstOf with a Source, in FirstOf", places(jwthttp.FirstOf(changed(jwthttp.FirstOf(jwthttp.HeaderNamed("X-Token")), "iap"))), "set those of its places"},
		{"FirstOf with a function", places(asking(jwthttp.FirstOf(jwthttp.Cookie("a")))), "set those of its places"},
		{"FirstOf a bad extractor", places(jwthttp.FirstOf(jwthttp.BearerHeader(), jwthttp.Cookie(""))), "cannot be the name of a cookie"},
		{"the same place twice", places(jwthttp.Cookie("a"), jwthttp.FirstOf(jwthttp.BearerHeader(), jwthttp.Cookie("a"))), "cookie:a twice"},
		{"the same header twice", places(jwthttp.HeaderNamed("x-a"), jwthttp.HeaderNamed("X-A")), "header:X-A twice"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			refused(t, tc.want)(jwthttp.New[AppClaims](jwthttp.HS256(secret), tc.opts))
		})
	}
	for _, origin := range []string{
		"", "null", "*", "app.example.com", "https://", "https://app.example.com/", "https://app.example.com/x", "https://App.example.com",
		"HTTPS://app.example.com", "https://app.example.com:443", "http://app.example.com:80", "https://app.example.com:", "https://app.example.com:0443",
		"https://app.example.com:0", "https://app.example.com:65536", "https://*.example.com", "https://user@app.example.com", "https://bücher.example",
		"https://app.example.com?x", "https://app.example.com#x", "https://[::1", "ws://app.example.com", "wss://app.example.com", "https://[0:0::1]", "https://a b", "https://:8080", "ftp://a.example", "file://", "https://<app>.example.com", "https://a..b", "https://127.1", "https://1.2.3.999", "https://.a",
	} {
		t.Run("origin "+origin, func(t *testing.T) {
			refused(t, "which is not an origin that can be trusted")(jwthttp.New[AppClaims](jwthttp.HS256(secret), jwthttp.Options{TrustedOrigins: []string{origin}}))
		})
	}
	if _, err := jwthttp.New[AppClaims](jwthttp.HS256(secret), jwthttp.Options{TrustedOrigins: []string{"http://[::1]:8080", "https://a.example", "http://127.0.0.1:3000", "https://a1.example:8443", "capacitor://localhost", "https://a.example.", "https://my_app.test"}}); err != nil {
		t.Error(err)
	}
}

func places(e ...jwthttp.Extractor) jwthttp.Options { return jwthttp.Options{Extractors: e} }

// refused asserts that a constructor returned an error with this sentence.
func refused(t *testing.T, sentence string) func(auth any, err error) {
	return func(_ any, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), sentence) || !strings.HasPrefix(err.Error(), "jwthttp: ") {
			t.Errorf("error = %v, want %q", err, sentence)
		}
	}
}

func TestNewReportsEverythingAtOnce(t *testing.T) {
	_, err := jwthttp.New[*AppClaims](
		jwthttp.KeySet{jwthttp.HS256([]byte("short")), jwthttp.RS256(nil)},
		jwthttp.Options{Leeway: time.Hour, Realm: `"`, TrustedOrigins: []string{"*"}, Extractors: []jwthttp.Extractor{jwthttp.Cookie("")}},
		nil,
	)
	for _, want := range []string{"32 bytes or more", "RSA key is nil", "is a pointer", "Leeway", "Realm", "not an origin that can be trusted", "cannot be the name of a cookie", "check 1 is nil"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
}

// New copies what it is given.
func TestNewCopies(t *testing.T) {
	opts := jwthttp.Options{Audience: []string{"a"}, Extractors: []jwthttp.Extractor{jwthttp.BearerHeader()}}
	material := []byte(string(secret))
	set := jwthttp.KeySet{jwthttp.HS256(material)}
	checks := []jwthttp.Check[AppClaims]{func(context.Context, *jwthttp.Token[AppClaims]) error { return nil }}
	auth := mustNew(t, set, opts, checks...)
	opts.Audience[0], opts.Extractors[0], set[0], checks[0] = "b", jwthttp.Extractor{}, jwthttp.Key{}, nil
	clear(material)
	s := serve(t, auth)
	if a := s.send(t, "GET", "Authorization: Bearer "+signHS(secret, plainHeader, payload(`"aud":"a"`))); a.StatusCode != 200 {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
}

func TestErrorHandler(t *testing.T) {
	var got error
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{Realm: "shop", ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
		got = err
		if errors.Is(err, jwt.ErrTokenExpired) {
			http.Redirect(w, r, "/login", http.StatusSeeOther)
			return
		}
		jwthttp.WriteError(w, r, fmt.Errorf("wrapped: %w", err))
	}})
	handler := auth.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("next ran") }))
	send := func(token string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, r)
		return rec
	}
	if rec := send(signHS(secret, plainHeader, `{"exp":1}`)); rec.Code != 303 || !errors.Is(got, jwthttp.ErrInvalidToken) {
		t.Errorf("%d %v", rec.Code, got)
	}
	rec := send("x")
	want := `Bearer realm="shop", error="invalid_token", error_description="The access token is malformed"`
	if rec.Code != 401 || rec.Header().Get("WWW-Authenticate") != want || !errors.Is(got, jwt.ErrTokenMalformed) {
		t.Errorf("%d %v %v", rec.Code, rec.Header(), got)
	}
}

func TestAuthenticate(t *testing.T) {
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{AllowAnonymous: true, Extractors: bothPlaces})
	r := httptest.NewRequest("GET", "/", nil)
	if token, err := auth.Authenticate(r); token != nil || !errors.Is(err, jwthttp.ErrNoToken) {
		t.Errorf("%v, %v", token, err)
	}
	raw := good()
	r.AddCookie(&http.Cookie{Name: "token", Value: raw})
	token, err := auth.Authenticate(r)
	if err != nil || token.Claims.Subject != "alice" || token.Source != "cookie:token" || token.Raw() != raw {
		t.Errorf("%v, %v", token, err)
	}
	r.Method = "POST"
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if token, err := auth.Authenticate(r); token != nil || !errors.Is(err, jwthttp.ErrCrossOrigin) {
		t.Errorf("%v, %v", token, err)
	}
	rec := httptest.NewRecorder()
	jwthttp.WriteError(rec, r, err)
	if token, err := auth.Verify(t.Context(), ""); token != nil || !errors.Is(err, jwthttp.ErrNoToken) {
		t.Errorf("%v, %v", token, err)
	}
}

// A good token with one flipped, dropped or doubled byte is refused, wherever that byte is.
func TestEveryCorruptedByteIsRefused(t *testing.T) {
	auth := mustNew[AppClaims](t, allKeys(), jwthttp.Options{})
	ran := 0
	handler := auth.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { ran++ }))
	try := func(token string, want ...int) {
		t.Helper()
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["Authorization"] = []string{"Bearer " + token}
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, r)
		for _, code := range want {
			if rec.Code == code {
				return
			}
		}
		t.Errorf("%d for %q", rec.Code, token)
	}
	for _, a := range algorithms() {
		token := a.sign(t, payload(""))
		ran = 0
		try(token, 200)
		for i := range token {
			for _, c := range []byte{token[i] ^ 1, token[i] ^ 0x80, 'A', '.', ' ', '\n', '=', 0} {
				if c == token[i] {
					continue
				}
				try(token[:i]+string([]byte{c})+token[i+1:], 400, 401)
			}
			try(token[:i]+token[i+1:], 400, 401)
			try(token[:i]+token[i:i+1]+token[i:], 400, 401)
		}
		if ran != 1 {
			t.Errorf("next ran %d times", ran)
		}
	}
}

func TestRequire(t *testing.T) {
	errNotAdmin := errors.New("not an admin")
	onlyAdmins := jwthttp.Require(func(c AppClaims) error {
		switch c.Role {
		case "admin":
			return nil
		case "unsure":
			return fmt.Errorf("asking: %w", jwthttp.ErrUnavailable)
		}
		return errNotAdmin
	})
	var seen error
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
		seen = err
		jwthttp.WriteError(w, r, err)
	}})
	ok := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "ok") })
	send := func(h http.Handler, role string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+signHS(secret, plainHeader, payload(`"role":"`+role+`"`)))
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		return rec
	}
	guarded := alice.New(auth.Handler, onlyAdmins).Then(ok)
	if rec := send(guarded, "admin"); rec.Code != 200 || rec.Body.String() != "ok" {
		t.Errorf("admin: %d %s", rec.Code, rec.Body)
	}
	rec := send(guarded, "user")
	if rec.Code != 403 || rec.Header()["Www-Authenticate"] != nil || !strings.Contains(rec.Body.String(), `"error":"forbidden"`) || strings.Contains(rec.Body.String(), "admin") {
		t.Errorf("user: %d %v %s", rec.Code, rec.Header(), rec.Body)
	}
	if !errors.Is(seen, jwthttp.ErrForbidden) || !errors.Is(seen, errNotAdmin) {
		t.Errorf("the error handler got %v", seen)
	}
	if rec := send(guarded, "unsure"); rec.Code != 503 {
		t.Errorf("unsure: %d", rec.Code)
	}
	// A token that NewContext adds between the middleware and the guard does not hide the
	// middleware.
	seen = nil
	other := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r.WithContext(jwthttp.NewContext(r.Context(), &jwthttp.Token[struct{}]{})))
		})
	}
	if rec := send(alice.New(auth.Handler, other, onlyAdmins).Then(ok), "user"); rec.Code != 403 || seen == nil {
		t.Errorf("inside another context: %d, the error handler got %v", rec.Code, seen)
	}
}

func TestNilNextIsTheDefaultMux(t *testing.T) {
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{})
	r := httptest.NewRequest("GET", "/nowhere", nil)
	r.Header.Set("Authorization", "Bearer "+good())
	rec := httptest.NewRecorder()
	auth.Handler(nil).ServeHTTP(rec, r)
	if rec.Code != http.StatusNotFound {
		t.Errorf("%d", rec.Code)
	}
}

// No token is taken from the query string unless a user writes that extractor.
func TestCustomExtractor(t *testing.T) {
	query := jwthttp.Extractor{
		Source: "query:access_token",
		Extract: func(r *http.Request) (string, error) {
			switch r.URL.Query().Get("mood") {
			case "none":
				return "", fmt.Errorf("x: %w", jwthttp.ErrNoToken)
			case "no cookie":
				return "", http.ErrNoCookie
			case "odd":
				return "", errors.New("odd")
			case "down":
				return "", jwthttp.ErrUnavailable
			}
			return r.URL.Query().Get("access_token"), nil
		},
	}
	with := mustNew[AppClaims](t, jwthttp.HS256(secret), places(jwthttp.BearerHeader(), query))
	without := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{})
	for _, tc := range []struct {
		auth   *jwthttp.Middleware[AppClaims]
		method string
		query  string
		site   string
		want   error
	}{
		{without, "GET", "access_token=" + good(), "", jwthttp.ErrNoToken},
		{with, "GET", "access_token=" + good(), "", nil},
		{with, "POST", "access_token=" + good(), "cross-site", jwthttp.ErrCrossOrigin},
		{with, "GET", "access_token=x", "", jwthttp.ErrInvalidToken},
		{with, "GET", "mood=odd", "", jwthttp.ErrInvalidRequest},
		{with, "GET", "mood=none", "", jwthttp.ErrNoToken},
		{with, "GET", "mood=no+cookie", "", jwthttp.ErrNoToken},
		{with, "GET", "mood=down", "", jwthttp.ErrUnavailable},
	} {
		r := httptest.NewRequest(tc.method, "/?"+tc.query, nil)
		r.Header.Set("Sec-Fetch-Site", tc.site)
		token, err := tc.auth.Authenticate(r)
		if !errors.Is(err, tc.want) || (token == nil) != (tc.want != nil) {
			t.Errorf("%s %s: %v, want %v", tc.method, tc.query, err, tc.want)
		}
		if token != nil && token.Source != "query:access_token" {
			t.Errorf("source %s", token.Source)
		}
	}
}

func TestFirstOf(t *testing.T) {
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), places(jwthttp.FirstOf(jwthttp.BearerHeader(), jwthttp.Cookie("token"))))
	s := serve(t, auth)
	bearer, cookie := "Authorization: Bearer "+good(), "Cookie: token="+good()
	for _, tc := range []struct {
		name   string
		lines  []string
		status int
	}{
		{"header beside a cookie", []string{bearer, cookie}, 200},
		{"header beside a bad cookie", []string{bearer, "Cookie: token=x"}, 200},
		{"cookie alone", []string{cookie}, 200},
		{"another scheme beside a cookie", []string{"Authorization: Basic YTpi", cookie}, 200},
		{"bad header beside a good cookie", []string{"Authorization: Bearer x", cookie}, 401},
		{"malformed header beside a good cookie", []string{"Authorization: Bearer", cookie}, 400},
		{"two headers", []string{bearer, bearer}, 400},
		{"two cookies", []string{cookie, cookie}, 400},
		{"nothing", nil, 401},
	} {
		if a := s.send(t, "GET", tc.lines...); a.StatusCode != tc.status {
			t.Errorf("%s: %d, want %d", tc.name, a.StatusCode, tc.status)
		}
	}
	// FirstOf reports which extractor found the token. The cross-origin gate depends on that
	// extractor.
	if a := s.send(t, "POST", bearer, cookie, "Sec-Fetch-Site: cross-site"); a.StatusCode != 200 {
		t.Errorf("header from another origin: %d", a.StatusCode)
	}
	if a := s.send(t, "POST", cookie, "Sec-Fetch-Site: cross-site"); a.StatusCode != 403 {
		t.Errorf("cookie from another origin: %d", a.StatusCode)
	}
}

// A logger outside of the middleware sees the pattern of the mux inside.
func TestPatternIsSeenOutside(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders/{id}", func(http.ResponseWriter, *http.Request) {})
	for _, tc := range []struct {
		name, authorization string
		opts                jwthttp.Options
	}{
		{"a good token", "Bearer " + good(), jwthttp.Options{}},
		{"anonymous", "", jwthttp.Options{AllowAnonymous: true}},
	} {
		auth := mustNew[AppClaims](t, jwthttp.HS256(secret), tc.opts)
		r := httptest.NewRequest("GET", "/orders/17", nil)
		if tc.authorization != "" {
			r.Header.Set("Authorization", tc.authorization)
		}
		auth.Handler(mux).ServeHTTP(httptest.NewRecorder(), r)
		if r.Pattern != "GET /orders/{id}" {
			t.Errorf("%s: %q", tc.name, r.Pattern)
		}
	}
	// Without a mux nothing is written, as one request may be in several goroutines.
	h := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{}).Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer "+good())
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() { h.ServeHTTP(httptest.NewRecorder(), r) })
	}
	clients.Wait()
}

// net/http removes the temporary files of an upload after the request, as without a middleware.
func TestHandlerLeavesNoFiles(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	files := func() int {
		all, err := os.ReadDir(temp)
		if err != nil {
			t.Error(err)
		}
		return len(all)
	}
	read := func(r *http.Request) {
		if err := r.ParseMultipartForm(1); err != nil || len(r.MultipartForm.File["file"]) != 1 || files() != 1 {
			t.Error(err, files())
		}
	}
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{AllowAnonymous: true})
	body := "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n" + strings.Repeat("x", 1<<20) + "\r\n--b--\r\n"
	for _, tc := range []struct {
		name   string
		field  string
		before func(r *http.Request) // outside of the middleware
		inside func(r *http.Request)
		status int
	}{
		{"a good token", "Bearer " + good(), func(*http.Request) {}, read, 200},
		{"no token", "", func(*http.Request) {}, read, 200},
		{"read outside before", "Bearer " + good(), read, read, 200},
		{"a handler that panics", "Bearer " + good(), func(*http.Request) {}, func(r *http.Request) {
			read(r)
			panic("the handler fails")
		}, 500},
		{"read part by part", "Bearer " + good(), func(*http.Request) {}, func(r *http.Request) {
			parts, err := r.MultipartReader()
			for err == nil {
				_, err = parts.NextPart()
			}
			if err != io.EOF {
				t.Error(err)
			}
		}, 200},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { tc.inside(r) }))
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer func() {
					if recover() != nil {
						w.WriteHeader(http.StatusInternalServerError)
					}
				}()
				tc.before(r)
				h.ServeHTTP(w, r)
			}))
			defer server.Close()
			r := must(http.NewRequestWithContext(t.Context(), "POST", server.URL, strings.NewReader(body)))
			r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
			if tc.field != "" {
				r.Header.Set("Authorization", tc.field)
			}
			resp := must(server.Client().Do(r))
			resp.Body.Close()
			server.Close() // waits until the request is over
			if resp.StatusCode != tc.status || files() != 0 {
				t.Errorf("%d, and %d files are left", resp.StatusCode, files())
			}
		})
	}
}
