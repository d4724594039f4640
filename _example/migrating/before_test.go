package migrating

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/labstack/echo/v5"

	"github.com/jwthttp/jwthttp/_example/migrating/before"
	"github.com/jwthttp/jwthttp/jwthttptest"
)

// An answer is a status and a part of the body.
type answer struct {
	status int
	body   string
}

// A try is a request, and what the program answered before it moved and after.
type try struct {
	name          string
	change        func(*http.Request)
	before, after answer
}

var (
	greeted      = answer{200, "Hello, alice!\n"}
	unauthorized = answer{401, ""}
	invalid      = answer{400, `"error":"invalid_request"`}
	rejected     = answer{401, `"error":"invalid_token"`}
)

// compare sends each request to both programs.
func compare(t *testing.T, before, after http.Handler, tries []try) {
	t.Helper()
	for _, try := range tries {
		for _, program := range []struct {
			name    string
			handler http.Handler
			want    answer
		}{{"before", before, try.before}, {"after", after, try.after}} {
			r := httptest.NewRequest("GET", "https://api.example.com/orders", nil)
			try.change(r)
			w := httptest.NewRecorder()
			program.handler.ServeHTTP(w, r)
			if w.Code != program.want.status || !strings.Contains(w.Body.String(), program.want.body) {
				t.Errorf("%s, %s: %d %q, want %+v", try.name, program.name, w.Code, w.Body, program.want)
			}
		}
	}
}

func nothing(*http.Request) {}

// waitFor sends a request until its answer is a 200. On a busy machine, the first one may be a 503.
func waitFor(t *testing.T, handler http.Handler, change func(*http.Request)) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		r := httptest.NewRequest("GET", "https://api.example.com/orders", nil)
		change(r)
		w := httptest.NewRecorder()
		if handler.ServeHTTP(w, r); w.Code == 200 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after a minute: %d %s", w.Code, w.Body)
		}
	}
}

func TestBefore(t *testing.T) {
	gin.SetMode(gin.ReleaseMode)
	iss := newIssuer(t)
	issuer, err := url.Parse(iss.URL)
	if err != nil {
		t.Fatal(err)
	}
	router, e, engine := chi.NewRouter(), echo.New(), gin.New()
	auth0, golangJWT := http.NewServeMux(), http.NewServeMux()
	before.Auth0(issuer, auth0)
	before.JWTAuth(iss.Secret(), router)
	before.Echo(iss.Secret(), e)
	before.Gin(iss.Secret(), engine)
	before.GolangJWT(iss.Secret(), golangJWT)
	ownSecret := hs256(t, iss)
	newRouter, newE, newEngine, newMux, newAuth0 := chi.NewRouter(), echo.New(), gin.New(), http.NewServeMux(), http.NewServeMux()
	fromJWTAuth(iss.Secret(), newRouter)
	fromEcho(iss.Secret(), newE)
	fromGin(iss.Secret(), newEngine)
	fromGolangJWT(iss.Secret(), newMux)
	guest := answer{200, "Hello, guest!\n"}
	loginAgain := answer{401, "log in again"}
	fromAuth0(iss.URL, newAuth0, func() {
		for _, pair := range []struct {
			name                   string
			before, after          http.Handler
			token                  func(...jwthttptest.TokenOption) string
			noTokenBefore, noToken answer
			noExpiry, twoHeaders   answer // before
			refused                answer // after
		}{
			{"auth0", auth0, newAuth0, func(options ...jwthttptest.TokenOption) string {
				return iss.Token(t, Claims{Subject: "alice", Scope: "orders:read"}, options...)
			}, guest, guest, greeted, loginAgain, loginAgain},
			{"jwtauth", router, newRouter, ownSecret, unauthorized, unauthorized, greeted, greeted, rejected},
			{"echo-jwt", e, newE, ownSecret, guest, guest, greeted, greeted, loginAgain},
			{"gin-jwt", engine, newEngine, hs256(t, iss, jwthttptest.Claim("aud", nil)), unauthorized, unauthorized, answer{400, ""}, greeted, rejected},
			{"golang-jwt", golangJWT, newMux, ownSecret, answer{401, "token is malformed"}, unauthorized, greeted, greeted, rejected},
		} {
			t.Run(pair.name, func(t *testing.T) {
				compare(t, pair.before, pair.after, []try{
					{"good", bearer(pair.token()), greeted, greeted},
					{"no token", nothing, pair.noTokenBefore, pair.noToken},
					{"expired", bearer(pair.token(jwthttptest.Expired)), unauthorized, pair.refused},
					{"forged", bearer(pair.token(jwthttptest.ForgedSignature)), unauthorized, pair.refused},
					{"no exp", bearer(pair.token(jwthttptest.NoExpiry)), pair.noExpiry, pair.refused},
					{"two headers", func(r *http.Request) {
						r.Header["Authorization"] = []string{"Bearer " + pair.token(), "Bearer " + pair.token()}
					}, pair.twoHeaders, invalid},
				})
			})
		}
	})
}

// Several issuers, each with its key function.
func TestFromGolangJWTIssuers(t *testing.T) {
	a, b := newIssuer(t), newIssuer(t)
	keyOfB := b.PublicKey()
	old, now := http.NewServeMux(), http.NewServeMux()
	before.GolangJWTIssuers(a.Secret(), keyFunction(keyOfB), old)
	fromGolangJWTIssuers(a.Secret(), keyFunction(keyOfB), now)
	tokenOf := func(iss *jwthttptest.Issuer, name string, options ...jwthttptest.TokenOption) func(*http.Request) {
		t.Helper()
		return bearer(iss.Token(t, Claims{Subject: "alice", Scope: "orders:read"}, append(options, jwthttptest.Claim("iss", name))...))
	}
	const nameA, nameB = "https://a.example.com", "https://b.example.com"
	compare(t, old, now, []try{
		{"a", tokenOf(a, nameA, jwthttptest.HS256), greeted, greeted},
		{"b", tokenOf(b, nameB), greeted, greeted},
		{"b says that it is a", tokenOf(b, nameA), unauthorized, rejected},
		{"a says that it is b", tokenOf(a, nameB, jwthttptest.HS256), unauthorized, rejected},
		{"a third issuer", tokenOf(a, "https://c.example.com", jwthttptest.HS256), answer{401, "unknown issuer"}, rejected},
		{"no issuer", tokenOf(a, "", jwthttptest.HS256), answer{401, "unknown issuer"}, rejected},
		{"no exp", tokenOf(a, nameA, jwthttptest.HS256, jwthttptest.NoExpiry), greeted, rejected},
	})
	old, now = http.NewServeMux(), http.NewServeMux()
	before.GolangJWTIssuers(a.Secret(), outOfReach, old)
	fromGolangJWTIssuers(a.Secret(), outOfReach, now)
	compare(t, old, now, []try{
		{"keys of b out of reach", tokenOf(b, nameB), unauthorized, answer{503, `"error":"temporarily_unavailable"`}},
		{"a meanwhile", tokenOf(a, nameA, jwthttptest.HS256), greeted, greeted},
	})
}
