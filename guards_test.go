package jwthttp_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/justinas/alice"

	"github.com/jwthttp/jwthttp"
)

// scopeClaims are the ways in which a token can list its scopes.
var scopeClaims = []struct {
	name, claims string
	want         []string
}{
	{"scope", `"scope":"read write"`, []string{"read", "write"}},
	{"one scope", `"scope":"read"`, []string{"read"}},
	{"doubled spaces", `"scope":"  read   write "`, []string{"read", "write"}},
	{"a tab is no separator", `"scope":"read\twrite"`, []string{"read\twrite"}},
	{"escaped", `"\u0073cope":"re\u0061d\u0020write"`, []string{"read", "write"}},
	{"escaped wholly", `"\u0073\u0063\u006f\u0070\u0065":"read"`, []string{"read"}},
	{"escaped wholly, beside scp", `"\u0073\u0063\u006F\u0070\u0065":"read","scp":"write"`, []string{"read"}},
	{"scp escaped wholly", `"\u0073\u0063\u0070":["read"]`, []string{"read"}},
	{"scp as Entra has it", `"scp":"read write"`, []string{"read", "write"}},
	{"scp as Okta has it", `"scp":["read","wr\u0069te"]`, []string{"read", "write"}},
	{"a space in an element makes no two of it", `"scp":["read write"]`, []string{"read write"}},
	{"no union", `"scope":"read","scp":["write"]`, []string{"read"}},
	{"no union, the other way round", `"scp":"write","scope":"read"`, []string{"read"}},
	{"none", `"role":"read"`, nil},
	{"in another case", `"Scope":"read"`, nil},
	{"inside another claim", `"x":{"scope":"read"}`, nil},
	{"empty", `"scope":""`, nil},
	{"empty beside scp", `"scope":"","scp":"read"`, []string{"read"}},
	{"empty after scp", `"scp":["read"],"scope":""`, []string{"read"}},
	{"spaces beside scp", `"scope":"  ","scp":"read"`, []string{"read"}},
	{"an empty array beside scp", `"scope":[],"scp":"read"`, []string{"read"}},
	{"spaces alone", `"scope":"   "`, nil},
	{"empty array", `"scp":[]`, nil},
	{"scope as Duende and Spring have it", `"scope":["read","wr\u0069te"]`, []string{"read", "write"}},
	{"an array and no union", `"scope":["read"],"scp":"write"`, []string{"read"}},
	{"a space in an element of scope", `"scope":["read write"],"scp":["read"]`, []string{"read write"}},
	{"a number in scope", `"scope":["read",1],"scp":"write"`, nil},
	{"null in scope", `"scope":[null],"scp":"write"`, nil},
	{"null", `"scope":null`, nil},
	{"null beside scp", `"scope":null,"scp":"read"`, []string{"read"}},
	{"a number", `"scope":1`, nil},
	{"a number beside scp", `"scope":1,"scp":"read"`, nil},
	{"false beside scp", `"scope":false,"scp":"read"`, nil},
	{"an object beside scp", `"scope":{},"scp":"read"`, nil},
	{"an object", `"scope":{"read":true}`, nil},
	{"scp null", `"scp":null`, nil},
	{"scp a number", `"scp":7`, nil},
	{"scp an object", `"scp":{"0":"read"}`, nil},
	{"a number among them", `"scp":["read",1]`, nil},
	{"an array among them", `"scp":["read",["write"]]`, nil},
}

func TestScopes(t *testing.T) {
	testScopes[AppClaims](t)
	testScopes[jwt.MapClaims](t)
	testScopes[jwt.RegisteredClaims](t)
	testScopes[rawClaims](t)
	testScopes[struct{}](t)
}

func testScopes[C any](t *testing.T) {
	auth := mustNew[C](t, jwthttp.HS256(secret), jwthttp.Options{})
	for _, tc := range scopeClaims {
		token := verify(t, auth, signHS(secret, plainHeader, payload(tc.claims)), nil)
		if got := token.Scopes(); !slices.Equal(got, tc.want) {
			t.Errorf("%T, %s: %q, want %q", *token, tc.name, got, tc.want)
		}
	}
}

func TestRequireScopes(t *testing.T) {
	logged(t)
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{})
	anonymous := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{AllowAnonymous: true})
	const many = 10_000
	wide := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{MaxTokenBytes: 64 << 10})
	var all strings.Builder
	for i := range many {
		fmt.Fprintf(&all, "%x ", i)
	}
	token := func(claims string) string {
		return "Authorization: Bearer " + signHS(secret, plainHeader, payload(claims))
	}
	insufficient := func(scopes string) string {
		return `Bearer realm="api", error="insufficient_scope", scope="` + scopes + `", error_description="The access token lacks a required scope"`
	}
	for _, tc := range []struct {
		name      string
		chain     alice.Chain
		line      string
		status    int
		challenge string
	}{
		{"one of one", alice.New(auth.Handler, jwthttp.RequireScopes("read")), token(`"scope":"write read"`), 200, ""},
		{"two of two", alice.New(auth.Handler, jwthttp.RequireScopes("read", "write")), token(`"scope":"write read"`), 200, ""},
		{"one of two", alice.New(auth.Handler, jwthttp.RequireScopes("read", "write")), token(`"scope":"read"`), 403, insufficient("read write")},
		{"in another case", alice.New(auth.Handler, jwthttp.RequireScopes("read")), token(`"scope":"Read"`), 403, insufficient("read")},
		{"a longer one", alice.New(auth.Handler, jwthttp.RequireScopes("read")), token(`"scope":"read:all"`), 403, insufficient("read")},
		{"no scopes", alice.New(auth.Handler, jwthttp.RequireScopes("read")), token(`"role":"x"`), 403, insufficient("read")},
		{"two guards", alice.New(auth.Handler, jwthttp.RequireScopes("read"), jwthttp.RequireScopes("write")), token(`"scope":"read"`), 403, insufficient("write")},
		{"any, the second", alice.New(auth.Handler, jwthttp.RequireAnyScope("admin", "read")), token(`"scp":["read"]`), 200, ""},
		{"any, neither", alice.New(auth.Handler, jwthttp.RequireAnyScope("admin", "read")), token(`"scope":"write"`), 403, insufficient("admin read")},
		{"10,000 scopes, the last", alice.New(wide.Handler, jwthttp.RequireScopes("270f")), token(`"scope":"` + all.String() + `"`), 200, ""},
		{"10,000 scopes, none", alice.New(wide.Handler, jwthttp.RequireScopes("read")), token(`"scope":"` + all.String() + `"`), 403, insufficient("read")},

		{"a bad token", alice.New(auth.Handler, jwthttp.RequireScopes("read")), token(`"exp":1,"scope":"read"`), 401, `Bearer realm="api", error="invalid_token", error_description="The access token has malformed claims"`},
		{"no token", alice.New(auth.Handler, jwthttp.RequireScopes("read")), "X: y", 401, `Bearer realm="api"`},
		{"no token, anonymous", alice.New(anonymous.Handler, jwthttp.RequireScopes("read")), "X: y", 401, `Bearer realm="api"`},
		{"outside of every middleware", alice.New(jwthttp.RequireScopes("read")), token(`"scope":"read"`), 500, ""},
		{"outside of the middleware", alice.New(jwthttp.RequireScopes("read"), auth.Handler), token(`"scope":"read"`), 500, ""},
		{"any, outside of every middleware", alice.New(jwthttp.RequireAnyScope("read")), token(`"scope":"read"`), 500, ""},

		// Scopes that no token can have are a mistake in the program.
		{"given nothing", alice.New(auth.Handler, jwthttp.RequireScopes()), token(`"scope":"read"`), 500, ""},
		{"any, given nothing", alice.New(auth.Handler, jwthttp.RequireAnyScope()), token(`"scope":"read"`), 500, ""},
		{"given an empty one", alice.New(auth.Handler, jwthttp.RequireScopes("")), token(`"scope":""`), 500, ""},
		{"given two in one", alice.New(auth.Handler, jwthttp.RequireScopes("read write")), token(`"scp":["read write"]`), 500, ""},
		{"given a quote", alice.New(auth.Handler, jwthttp.RequireAnyScope("read", `"`)), token(`"scope":"read"`), 500, ""},
		{"given nothing, no token", alice.New(anonymous.Handler, jwthttp.RequireScopes()), "X: y", 500, ""},
		{"given nothing, outside of every middleware", alice.New(jwthttp.RequireScopes()), "X: y", 500, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := &site{}
			s.Server = httptest.NewServer(tc.chain.ThenFunc(func(http.ResponseWriter, *http.Request) { s.ran++ }))
			defer s.Close()
			a := s.send(t, "GET", tc.line)
			if a.StatusCode != tc.status || strings.Join(a.Header.Values("WWW-Authenticate"), "|") != tc.challenge {
				t.Errorf("%d, challenge %q", a.StatusCode, a.Header.Values("WWW-Authenticate"))
			}
			if (a.ran == 1) != (tc.status == 200) {
				t.Errorf("next ran %d times", a.ran)
			}
			if code := map[int]string{403: "insufficient_scope", 500: "server_error"}[tc.status]; code != "" && !strings.Contains(a.body, `"error":"`+code+`"`) {
				t.Errorf("body %s", a.body)
			}
			if a.Header["Retry-After"] != nil {
				t.Errorf("headers %v", a.Header)
			}
			if tc.status != 200 && a.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("headers %v", a.Header)
			}
		})
	}
}

// RequireRequest sees the request of its route. All else is as with Require.
func TestRequireRequest(t *testing.T) {
	records := logged(t)
	type tenantClaims struct {
		Tenant string `json:"tenant"`
	}
	auth := mustNew[tenantClaims](t, jwthttp.HS256(secret), jwthttp.Options{})
	anonymous := mustNew[tenantClaims](t, jwthttp.HS256(secret), jwthttp.Options{AllowAnonymous: true})
	errOther := errors.New("another tenant")
	guard := jwthttp.RequireRequest(func(r *http.Request, c tenantClaims) error {
		switch c.Tenant {
		case "down":
			return fmt.Errorf("its list: %w", jwthttp.ErrUnavailable)
		case r.PathValue("tenant"):
			return nil
		}
		return errOther
	})
	const name = "RequireRequest[jwthttp_test.tenantClaims]"
	acme := "Authorization: Bearer " + signHS(secret, plainHeader, payload(`"tenant":"acme"`))
	for _, tc := range []struct {
		name   string
		chain  alice.Chain
		path   string
		line   string
		status int
		record string
	}{
		{"its tenant", alice.New(auth.Handler, guard), "/t/acme", acme, 200, ""},
		{"another tenant", alice.New(auth.Handler, guard), "/t/other", acme, 403, ""},
		{"a path without one", alice.New(auth.Handler, guard), "/none", acme, 403, ""},
		{"no token", alice.New(anonymous.Handler, guard), "/t/acme", "X: y", 401, ""},
		{"outside of every middleware", alice.New(jwthttp.RequireRequest(func(*http.Request, tenantClaims) error { return nil })), "/t/acme", acme, 500, name + " is outside of every middleware"},
		{"a list that is down", alice.New(auth.Handler, guard), "/t/down", "Authorization: Bearer " + signHS(secret, plainHeader, payload(`"tenant":"down"`)), 503, "its list: "},
		{"without a rule", alice.New(auth.Handler, jwthttp.RequireRequest[tenantClaims](nil)), "/t/acme", acme, 500, name + " was given no rule: pass a function"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			records.take()
			ran := 0
			mux := http.NewServeMux()
			next := tc.chain.ThenFunc(func(http.ResponseWriter, *http.Request) { ran++ })
			mux.Handle("GET /t/{tenant}", next)
			mux.Handle("GET /none", next)
			w, r := httptest.NewRecorder(), httptest.NewRequest("GET", tc.path, nil)
			field, value, _ := strings.Cut(tc.line, ": ")
			r.Header.Set(field, value)
			mux.ServeHTTP(w, r)
			if w.Code != tc.status || (ran == 1) != (tc.status == 200) {
				t.Errorf("status %d, want %d; next ran %d times", w.Code, tc.status, ran)
			}
			if record := strings.Join(records.take(), "\n"); !strings.Contains(record, tc.record) || tc.record == "" && record != "" {
				t.Errorf("record %q", record)
			}
		})
	}
	var seen error
	told := mustNew[tenantClaims](t, jwthttp.HS256(secret), jwthttp.Options{ErrorHandler: func(_ http.ResponseWriter, _ *http.Request, err error) { seen = err }})
	r := httptest.NewRequest("GET", "/t/other", nil)
	r.Header.Set("Authorization", strings.TrimPrefix(acme, "Authorization: "))
	told.Handler(guard(nil)).ServeHTTP(httptest.NewRecorder(), r)
	if !errors.Is(seen, errOther) || !errors.Is(seen, jwthttp.ErrForbidden) {
		t.Errorf("error %v", seen)
	}
}

// HandlerFunc fits both methods of a ServeMux, and nil is the default one as with Handler.
func TestHandlerFunc(t *testing.T) {
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{})
	ran := 0
	count := func(_ http.ResponseWriter, r *http.Request) {
		if _, ok := jwthttp.ClaimsFromContext[AppClaims](r.Context()); ok {
			ran++
		}
	}
	mux := http.NewServeMux()
	mux.Handle("/a", auth.HandlerFunc(count))
	mux.HandleFunc("/b", auth.HandlerFunc(count))
	mux.Handle("/c", auth.HandlerFunc(nil))
	for _, tc := range []struct {
		path, authorization string
		status, ran         int
	}{
		{"/a", "Bearer " + signHS(secret, plainHeader, payload("")), 200, 1},
		{"/b", "Bearer " + signHS(secret, plainHeader, payload("")), 200, 1},
		{"/c", "Bearer " + signHS(secret, plainHeader, payload("")), 404, 0},
		{"/a", "", 401, 0},
		{"/b", "", 401, 0},
		{"/c", "", 401, 0},
	} {
		ran = 0
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", tc.path, nil)
		r.Header.Set("Authorization", tc.authorization)
		mux.ServeHTTP(w, r)
		if w.Code != tc.status || ran != tc.ran {
			t.Errorf("%s %q: status %d, ran %d", tc.path, tc.authorization, w.Code, ran)
		}
	}
}

// A refusal's error says which guard refused the token and what it needs. A guard keeps no
// slice of its caller.
func TestGuardsSayWhy(t *testing.T) {
	logged(t)
	var seen error
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{AllowAnonymous: true, ErrorHandler: func(_ http.ResponseWriter, _ *http.Request, err error) { seen = err }})
	all, some := []string{"read", "write"}, []string{"read", "write"}
	scopes, anyScope := jwthttp.RequireScopes(all...), jwthttp.RequireAnyScope(some...)
	all[0], all[1], some[0], some[1] = "x", "x", "x", "x"
	rule := jwthttp.Require(func(AppClaims) error { return nil })
	const missing, lacks = "jwthttp: no token: No access token was sent: ", "jwthttp: insufficient scope: The access token lacks a required scope: "
	const fault = "jwthttp: misconfigured: The server is misconfigured: "
	for _, tc := range []struct {
		guard func(http.Handler) http.Handler
		token string
		want  string // "" if the handler runs
	}{
		{scopes, "", missing + "RequireScopes needs one"},
		{anyScope, "", missing + "RequireAnyScope needs one"},
		{rule, "", missing + "Require[jwthttp_test.AppClaims] needs one"},
		{scopes, "x", lacks + `RequireScopes needs "read" and "write", the token has "x": have the client ask for it, and the issuer grant it`},
		{anyScope, "x", lacks + `RequireAnyScope needs "read" or "write", the token has "x": have the client ask for it, and the issuer grant it`},
		{scopes, "read write", ""},
		{anyScope, "write", ""},
		{rule, "x", ""},
		{jwthttp.RequireScopes(), "x", fault + "RequireScopes was given []: pass at least one scope, each as an argument of its own"},
		{jwthttp.RequireScopes(), "", fault + "RequireScopes was given []: pass at least one scope, each as an argument of its own"},
		{jwthttp.RequireScopes("a b"), "x", fault + `RequireScopes was given ["a b"]: pass at least one scope, each as an argument of its own`},
		{jwthttp.RequireAnyScope(""), "x", fault + `RequireAnyScope was given [""]: pass at least one scope, each as an argument of its own`},
		{jwthttp.Require[jwt.MapClaims](nil), "x", fault + "Require[jwt.MapClaims] was given no rule: pass a function"},
		{jwthttp.Require[AppClaims](nil), "", fault + "Require[jwthttp_test.AppClaims] was given no rule: pass a function"},
	} {
		seen = nil
		r := httptest.NewRequest("GET", "/", nil)
		if tc.token != "" {
			r.Header.Set("Authorization", "Bearer "+signHS(secret, plainHeader, payload(`"scope":"`+tc.token+`"`)))
		}
		ran := false
		alice.New(auth.Handler, tc.guard).ThenFunc(func(http.ResponseWriter, *http.Request) { ran = true }).ServeHTTP(httptest.NewRecorder(), r)
		if got := fmt.Sprint(seen); ran != (tc.want == "") || !ran && got != tc.want {
			t.Errorf("ran: %v, error %s\nwant %s", ran, got, tc.want)
		}
	}
}

// A guard that is not inside a middleware for its claims type is a mistake in the program. A
// request without a token is not one.
func TestMisplacedGuards(t *testing.T) {
	type AppClaims struct{} // another type with the same name
	records := logged(t)
	var told []string // the realms of the middlewares whose error handlers were called
	options := func(realm, header string) jwthttp.Options {
		return jwthttp.Options{Realm: realm, Extractors: []jwthttp.Extractor{jwthttp.HeaderNamed(header)}, AllowAnonymous: true, ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			told = append(told, realm)
			jwthttp.WriteError(w, r, err)
		}}
	}
	app := mustNew[globalClaims](t, jwthttp.HS256(secret), options("app", "X-App")).Handler
	appAgain := mustNew[globalClaims](t, jwthttp.HS256(secret), options("app again", "X-Other")).Handler
	maps := mustNew[jwt.MapClaims](t, jwthttp.HS256(secret), options("maps", "X-Maps")).Handler
	local := mustNew[AppClaims](t, jwthttp.HS256(secret), options("local", "X-Local")).Handler
	byHand := func(token *jwthttp.Token[globalClaims]) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				next.ServeHTTP(w, r.WithContext(jwthttp.NewContext(r.Context(), token)))
			})
		}
	}
	noContext := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r.WithContext(context.Background())) })
	}
	mux := func(next http.Handler) http.Handler {
		mux := http.NewServeMux()
		mux.Handle("GET /{path...}", next)
		return mux
	}
	rule := func() func(http.Handler) http.Handler {
		return jwthttp.Require(func(globalClaims) error { return nil })
	}
	pointer := func() func(http.Handler) http.Handler {
		return jwthttp.Require(func(*globalClaims) error { return nil })
	}
	scopes := func() func(http.Handler) http.Handler { return jwthttp.RequireScopes("read", "write") }
	anyScope := func() func(http.Handler) http.Handler { return jwthttp.RequireAnyScope("read") }
	huge := func() func(http.Handler) http.Handler { return jwthttp.RequireScopes(strings.Repeat("s", 1000)) }
	const outside = " is outside of every middleware: put it inside one, as in auth.Handler(guard(handler))"
	const only, mend = " is only inside a middleware for ", ": make both for the same claims type, or put the guard inside one for its own"
	const name = "Require[jwthttp_test.AppClaims]"
	for _, tc := range []struct {
		name   string
		chain  alice.Chain
		token  bool   // the request has a token in every header
		status int    // 200 if the handler ran
		told   string // the realm of the middleware that answers
		record string
	}{
		{"rule outside", alice.New(rule()), true, 500, "", name + outside},
		{"rule outside of its middleware", alice.New(rule(), app), true, 500, "", name + outside},
		{"rule outside, without a token", alice.New(rule(), app), false, 500, "", name + outside},
		{"rule where the context was lost", alice.New(app, noContext, rule()), true, 500, "", name + outside},
		{"rule inside", alice.New(app, rule()), true, 200, "", ""},
		{"rule inside, without a token", alice.New(app, rule()), false, 401, "app", ""},
		{"rule inside two, without a token", alice.New(app, maps, rule()), false, 401, "maps", ""},
		{"rule inside two", alice.New(app, maps, rule()), true, 200, "", ""},
		{"rule inside two of the same type, the inner one without a token", alice.New(app, app, rule()), false, 401, "app", ""},
		{"rule inside another", alice.New(maps, rule()), true, 500, "maps", name + only + "jwt.MapClaims" + mend},
		{"rule inside another, without a token", alice.New(maps, rule()), false, 500, "maps", name + only + "jwt.MapClaims" + mend},
		{"rule between two", alice.New(maps, rule(), app), true, 500, "maps", name + only + "jwt.MapClaims" + mend},
		{"rule for a pointer", alice.New(app, pointer()), true, 500, "app", "Require[*jwthttp_test.AppClaims]" + only + "jwthttp_test.AppClaims" + mend},
		{"rule for a pointer, without a token", alice.New(app, pointer()), false, 500, "app", "Require[*jwthttp_test.AppClaims]" + only + "jwthttp_test.AppClaims" + mend},
		{"rule for a type of the same name", alice.New(local, rule()), true, 500, "local", name + only + "another type of this name" + mend},
		{"rule for a type with a long name", alice.New(app, jwthttp.Require(func([]struct{ X, YYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYY string }) error { return nil })), true, 500, "app", "Require[[]struct { X string; " + strings.Repeat("Y", 39) + "…]" + only + "jwthttp_test.AppClaims" + mend},
		{"rule in a test", alice.New(byHand(&jwthttp.Token[globalClaims]{}), rule()), false, 200, "", ""},
		{"rule in a test, without a token", alice.New(byHand(nil), rule()), true, 401, "", ""},
		{"rule in a test of another type", alice.New(byHand(nil), jwthttp.Require(func(jwt.MapClaims) error { return nil })), true, 500, "", "Require[jwt.MapClaims]" + only + "jwthttp_test.AppClaims" + mend},
		{"rule that is nil", alice.New(app, jwthttp.Require[globalClaims](nil)), true, 500, "app", name + " was given no rule: pass a function"},
		{"rule that is nil, outside", alice.New(jwthttp.Require[globalClaims](nil)), true, 500, "", name + " was given no rule: pass a function"},

		{"scopes outside", alice.New(scopes()), true, 500, "", `RequireScopes for \"read write\"` + outside},
		{"scopes outside of a middleware", alice.New(scopes(), app), true, 500, "", `RequireScopes for \"read write\"` + outside},
		{"many scopes outside", alice.New(huge()), true, 500, "", `RequireScopes for \"` + strings.Repeat("s", 80) + `\"` + outside},
		{"scopes outside, on a route", alice.New(mux, anyScope()), true, 500, "", `RequireAnyScope for \"read\"` + outside + `" pattern="GET /{path...}`},
		{"scopes inside any type", alice.New(maps, anyScope()), true, 200, "", ""},
		{"scopes inside, without a token", alice.New(maps, anyScope()), false, 401, "maps", ""},
		{"scopes in a test, without a token", alice.New(byHand(nil), anyScope()), true, 401, "", ""},
		{"no scopes", alice.New(app, jwthttp.RequireScopes()), true, 500, "app", "RequireScopes was given []: pass at least one scope, each as an argument of its own"},

		{"an inner one of the same type without a token hides the outer token", alice.New(app, appAgain, rule()), true, 401, "app again", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			told = nil
			records.take()
			r := httptest.NewRequest("GET", "/x?\u2028", nil)
			if tc.token {
				for _, header := range []string{"X-App", "X-Maps", "X-Local"} {
					r.Header.Set(header, signHS(secret, plainHeader, payload(`"scope":"read write"`)))
				}
			}
			ran := 0
			rec := httptest.NewRecorder()
			tc.chain.ThenFunc(func(http.ResponseWriter, *http.Request) { ran++ }).ServeHTTP(rec, r)
			if rec.Code != tc.status || (ran == 1) != (tc.status == 200) {
				t.Fatalf("%d %s, next ran %d times", rec.Code, rec.Body, ran)
			}
			if got := strings.Join(told, "|"); got != tc.told {
				t.Errorf("the error handlers of %q were called, want %q", got, tc.told)
			}
			var want []string
			if tc.record != "" {
				want = []string{`level=ERROR msg="jwthttp: a guard is misconfigured" err="jwthttp: misconfigured: The server is misconfigured: ` + tc.record + "\" see=docs/refusals.md#misconfigured\n"}
			}
			if got := records.take(); !slices.Equal(got, want) {
				t.Errorf("logged %q\nwant   %q", got, want)
			}
			if tc.status == 500 {
				a := answer{Response: rec.Result(), body: rec.Body.String()}
				a.Header.Del("Vary")
				checkProblem(t, a, 500, "server_error", "")
			}
		})
	}
}

// globalClaims is AppClaims. It has a name of its own for a test that declares another
// AppClaims.
type globalClaims = AppClaims

// A misplaced guard answers every request. It is logged once a minute, by the logger that is
// slog's default at that time. The handlers of one guard share that minute.
func TestMisplacedGuardsAreLoggedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := logged(t)
		next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("next ran") })
		guard, other := jwthttp.RequireScopes("read"), jwthttp.Require(func(AppClaims) error { return nil })
		handlers := []http.Handler{guard(next), guard(next), other(next)}
		flood := func() {
			var wg sync.WaitGroup
			for i := range 60 {
				wg.Go(func() {
					rec := httptest.NewRecorder()
					handlers[i%3].ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
					if rec.Code != 500 {
						t.Errorf("%d", rec.Code)
					}
				})
			}
			wg.Wait()
		}
		flood()
		flood()
		if got := first.take(); len(got) != 2 || strings.Contains(got[0], "RequireScopes") == strings.Contains(got[1], "RequireScopes") {
			t.Errorf("logged %q", got)
		}
		time.Sleep(time.Minute - time.Nanosecond)
		flood()
		if got := first.take(); len(got) != 0 {
			t.Errorf("logged %q before the minute was over", got)
		}
		second := logged(t)
		time.Sleep(time.Nanosecond)
		flood()
		if got, got2 := first.take(), second.take(); len(got) != 0 || len(got2) != 2 {
			t.Errorf("logged %q and %q", got, got2)
		}
	})
}

// Without a handler, guards serve http.DefaultServeMux, as a middleware does.
func TestGuardsWithoutHandler(t *testing.T) {
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{})
	for _, guard := range []func(http.Handler) http.Handler{jwthttp.RequireScopes("read"), jwthttp.Require(func(AppClaims) error { return nil })} {
		r := httptest.NewRequest("GET", "/nothing-is-here", nil)
		r.Header.Set("Authorization", "Bearer "+signHS(secret, plainHeader, payload(`"scope":"read"`)))
		w := httptest.NewRecorder()
		auth.Handler(guard(nil)).ServeHTTP(w, r)
		if w.Code != 404 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
}

// Guards answer through the innermost middleware and see only its token.
func TestScopesOfTheInnermostMiddleware(t *testing.T) {
	var seen error
	options := func(name string) jwthttp.Options {
		return jwthttp.Options{Realm: name, Extractors: []jwthttp.Extractor{jwthttp.HeaderNamed(name)}, AllowAnonymous: true,
			ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
				seen = err
				jwthttp.WriteError(w, r, fmt.Errorf("at the %s middleware: %w", name, err))
			}}
	}
	outer := mustNew[AppClaims](t, jwthttp.HS256(secret), options("outer"))
	inner := mustNew[jwt.MapClaims](t, jwthttp.HS256(secret), options("inner"))
	guarded := alice.New(outer.Handler, inner.Handler, jwthttp.RequireScopes("read")).ThenFunc(func(http.ResponseWriter, *http.Request) {})
	read, write := signHS(secret, plainHeader, payload(`"scope":"read"`)), signHS(secret, plainHeader, payload(`"scope":"write"`))
	for _, tc := range []struct {
		name, outer, inner string
		status             int
		want               error
	}{
		{"the inner one has it", write, read, 200, nil},
		{"the outer one has it", read, write, 403, jwthttp.ErrInsufficientScope},
		{"an anonymous inner middleware hides the outer token", read, "", 401, jwthttp.ErrNoToken},
		{"the inner one alone", "", read, 200, nil},
	} {
		seen = nil
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("outer", tc.outer)
		r.Header.Set("inner", tc.inner)
		rec := httptest.NewRecorder()
		guarded.ServeHTTP(rec, r)
		if rec.Code != tc.status || !errors.Is(seen, tc.want) {
			t.Errorf("%s: %d, %v", tc.name, rec.Code, seen)
		}
		if tc.want != nil && !strings.HasPrefix(rec.Header().Get("WWW-Authenticate"), `Bearer realm="inner"`) {
			t.Errorf("%s: %v", tc.name, rec.Header())
		}
	}
}

// A handler's test gives a token the scopes that the test needs.
func TestWithScopes(t *testing.T) {
	guarded := jwthttp.RequireScopes("read")(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	token := jwthttp.Token[AppClaims]{Claims: AppClaims{Subject: "alice"}}
	scopes := []string{"read"}
	with := token.WithScopes(scopes...)
	scopes[0] = "x"
	with.Scopes()[0] = "y"
	if got := with.Scopes(); !slices.Equal(got, []string{"read"}) || with.Claims.Subject != "alice" || token.Scopes() != nil {
		t.Errorf("%v, %v", got, token.Scopes())
	}
	verified := verify(t, mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{}), signHS(secret, plainHeader, payload(`"scope":"read"`)), nil)
	for name, tc := range map[string]struct {
		token  *jwthttp.Token[AppClaims]
		status int
	}{
		"with": {with, 200}, "without": {&token, 403}, "another": {token.WithScopes("write"), 403}, "nil": {nil, 401},
		"verified": {verified, 200}, "verified, then none": {verified.WithScopes(), 403},
	} {
		rec := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/", nil)
		guarded.ServeHTTP(rec, r.WithContext(jwthttp.NewContext(r.Context(), tc.token)))
		if rec.Code != tc.status {
			t.Errorf("%s: %d", name, rec.Code)
		}
	}
}

func TestRegistered(t *testing.T) {
	auth := mustNew[struct{}](t, jwthttp.HS256(secret), jwthttp.Options{AllowAnyAudience: true, AllowMissingExpiry: true})
	of := func(payload string) jwt.RegisteredClaims {
		t.Helper()
		return verify(t, auth, signHS(secret, plainHeader, payload), nil).Registered()
	}
	got := of(`{"iss":"i","sub":"\u0073","aud":["a","b"],"exp":4102444800.9,"nbf":1.5,"iat":2.75,"jti":"j","x":{"sub":"no"}}`)
	if got.Issuer != "i" || got.Subject != "s" || got.ID != "j" || !slices.Equal(got.Audience, []string{"a", "b"}) ||
		got.ExpiresAt.Unix() != 4102444800 || got.NotBefore.Unix() != 1 || got.IssuedAt.Unix() != 2 {
		t.Errorf("%+v", got)
	}
	got = of(`{"aud":"a"}`)
	if !slices.Equal(got.Audience, []string{"a"}) || got.ExpiresAt != nil || got.IssuedAt != nil || got.NotBefore != nil || got.Subject+got.ID+got.Issuer != "" {
		t.Errorf("%+v", got)
	}
	if got := (&jwthttp.Token[struct{}]{}).Registered(); got.Subject != "" || got.ExpiresAt != nil {
		t.Errorf("%+v", got)
	}
}

// Every challenge of a 401 names the scopes to ask for, and no other challenge does.
func TestChallengeScopes(t *testing.T) {
	const scope, metadata = `, scope="read orders:write"`, "https://api.example.com/.well-known/oauth-protected-resource"
	for _, opts := range []jwthttp.Options{{}, {Realm: "shop"}, {ResourceMetadata: metadata}, {Realm: "shop", ResourceMetadata: metadata, AllowAnonymous: true}} {
		opts.Extractors = bothPlaces
		scopes := []string{"read", "orders:write"}
		opts.ChallengeScopes = scopes
		auth := mustNew[AppClaims](t, jwthttp.HS256(secret), opts)
		clear(scopes)
		realm, last := `Bearer realm="`+cmp.Or(opts.Realm, "api")+`"`, ""
		if opts.ResourceMetadata != "" {
			last = `, resource_metadata="` + metadata + `"`
		}
		s := &site{}
		s.Server = httptest.NewServer(alice.New(auth.Handler, jwthttp.RequireScopes("admin"), jwthttp.Require(func(AppClaims) error { return errors.New("no") })).Then(nil))
		defer s.Close()
		for _, tc := range []struct {
			name      string
			line      string
			challenge string
		}{
			{"no token", "", realm + scope + last}, // of a guard, under AllowAnonymous
			{"malformed", "Authorization: Bearer", realm + `, error="invalid_request", error_description="The credential is malformed"` + last},
			{"expired", "Authorization: Bearer " + signHS(secret, plainHeader, `{"exp":1}`), realm + `, error="invalid_token"` + scope + `, error_description="The access token expired"` + last},
			{"not a JWT", "Authorization: Bearer x", realm + `, error="invalid_token"` + scope + `, error_description="The access token is malformed"` + last},
			{"too little scope", "Authorization: Bearer " + good(), realm + `, error="insufficient_scope", scope="admin", error_description="The access token lacks a required scope"` + last},
			{"forbidden", "Authorization: Bearer " + signHS(secret, plainHeader, payload(`"scope":"admin"`)), ""},
			{"cross-origin", "Cookie: token=" + good() + "\nSec-Fetch-Site: cross-site", ""},
		} {
			var lines []string
			if tc.line != "" {
				lines = strings.Split(tc.line, "\n")
			}
			if got := strings.Join(s.send(t, "POST", lines...).Header.Values("WWW-Authenticate"), "|"); got != tc.challenge {
				t.Errorf("%+v, %s: %s\nwant %s", opts, tc.name, got, tc.challenge)
			}
		}
	}
}

func TestResourceMetadata(t *testing.T) {
	const url = "https://api.example.com/.well-known/oauth-protected-resource"
	const last = `, resource_metadata="` + url + `"`
	for _, opts := range []jwthttp.Options{{}, {Realm: "shop"}} {
		opts.ResourceMetadata, opts.Extractors = url, bothPlaces
		realm := `Bearer realm="` + map[bool]string{true: "api", false: "shop"}[opts.Realm == ""] + `"`
		auth := mustNew[AppClaims](t, jwthttp.HS256(secret), opts)
		s := &site{}
		s.Server = httptest.NewServer(alice.New(auth.Handler, jwthttp.RequireScopes("read"), jwthttp.Require(func(AppClaims) error { return errors.New("no") })).Then(nil))
		defer s.Close()
		for _, tc := range []struct {
			name      string
			lines     []string
			challenge string
		}{
			{"no token", nil, realm + last},
			{"malformed", []string{"Authorization: Bearer"}, realm + `, error="invalid_request", error_description="The credential is malformed"` + last},
			{"expired", []string{"Authorization: Bearer " + signHS(secret, plainHeader, `{"exp":1}`)}, realm + `, error="invalid_token", error_description="The access token expired"` + last},
			{"too little scope", []string{"Authorization: Bearer " + good()}, realm + `, error="insufficient_scope", scope="read", error_description="The access token lacks a required scope"` + last},
			{"forbidden", []string{"Authorization: Bearer " + signHS(secret, plainHeader, payload(`"scope":"read"`))}, ""},
			{"cross-origin", []string{"Cookie: token=" + good(), "Sec-Fetch-Site: cross-site"}, ""},
			{"never from Host", []string{"Host: evil.example"}, realm + last},
		} {
			if got := strings.Join(s.send(t, "POST", tc.lines...).Header.Values("WWW-Authenticate"), "|"); got != tc.challenge {
				t.Errorf("%s: %s\nwant %s", tc.name, got, tc.challenge)
			}
		}
	}
	for _, bad := range []string{
		"/.well-known/x", "api.example.com", "http://api.example.com/x", "ftp://api.example.com", "https://", "https://alice:hunter2@api.example.com/", "alice:hunter2@api.example.com",
		"https://api.example.com/#x", `https://api.example.com/"`, "https://api.example.com/ x", "https://api.example.com/\n", "https://bücher.example/", "http://localhost.evil.example/",
		"https://:8080/x", "https://api.example.com/#",
	} {
		_, err := jwthttp.New[AppClaims](jwthttp.HS256(secret), jwthttp.Options{ResourceMetadata: bad})
		if err == nil || !strings.Contains(err.Error(), "write it like https://") || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "  ") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	for _, fine := range []string{url, "http://localhost:8080/x", "http://127.0.0.1/x", "http://[::1]:80/x?y=z"} {
		mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{ResourceMetadata: fine})
	}
}
