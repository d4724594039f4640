package jwthttptest_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/dpop"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/jwthttptest"
	"github.com/jwthttp/jwthttp/session"
)

// t is the T of your test.
var t *testing.T

func TestExamples(tt *testing.T) {
	for name, example := range map[string]func(){
		"handler": ExampleWithClaims, "faults": ExampleFault, "provider": ExampleIssuer_Rotate, "conformance": ExampleConformance,
		"bound": ExampleBoundTo, "conformance of bound tokens": ExampleConformance_boundTokens,
		"conformance of sessions": ExampleConformance_sessions,
	} {
		tt.Run(name, func(tt *testing.T) {
			t = tt
			example()
		})
	}
}

func greet(w http.ResponseWriter, r *http.Request) {
	claims, ok := jwthttp.ClaimsFromContext[Claims](r.Context())
	if !ok {
		http.Error(w, "no claims", http.StatusInternalServerError)
		return
	}
	io.WriteString(w, "Hello, "+claims.Subject)
}

// A handler is tested without the middleware. It needs no token and no cryptography.
func ExampleWithClaims() {
	for _, test := range []struct{ subject, want string }{
		{"alice", "Hello, alice"},
		{"bob", "Hello, bob"},
	} {
		w := httptest.NewRecorder()
		greet(w, jwthttptest.WithClaims(t, httptest.NewRequest("GET", "/", nil), Claims{Subject: test.subject}))
		if w.Body.String() != test.want {
			t.Errorf("%s: %s", test.subject, w.Body)
		}
	}
}

// Every bad token is refused.
func ExampleFault() {
	iss := jwthttptest.NewIssuer(t)
	auth, err := jwthttp.New[Claims](iss.HS256(), iss.Options())
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range jwthttptest.Faults() {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+iss.Token(t, Claims{Subject: "alice"}, jwthttptest.HS256, fault))
		w := httptest.NewRecorder()
		auth.Handler(http.HandlerFunc(greet)).ServeHTTP(w, r)
		if w.Code != http.StatusUnauthorized {
			t.Errorf("%s: %d", fault, w.Code)
		}
	}
}

// A test from end to end includes a change of the provider's key.
func ExampleIssuer_Rotate() {
	iss := jwthttptest.NewIssuer(t)
	auth, err := jwthttp.New[Claims](iss.Source(t), jwthttp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(auth.Handler(http.HandlerFunc(greet)))
	defer server.Close()
	for range 2 {
		r, err := http.NewRequest("GET", server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+iss.Token(t, Claims{Subject: "alice"}))
		res, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Errorf("status %d", res.StatusCode)
		}
		iss.Rotate()
	}
}

// A whole program is tested, with a public route and a layer outside the mux.
func ExampleConformance() {
	iss := jwthttptest.NewIssuer(t)
	auth, err := jwthttp.New[Claims](iss.RS256(), iss.Options())
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /me", auth.Handler(http.HandlerFunc(greet)))
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "public") })
	program := http.MaxBytesHandler(mux, 1<<20)

	jwthttptest.Conformance(t, program, jwthttptest.Setup{
		Issuer:  iss,
		Claims:  Claims{Subject: "alice"},
		Shows:   "alice",
		Request: func() *http.Request { return httptest.NewRequest("GET", "/me", nil) },
	})
}

// A token that is bound to a key is of no use without a proof by this key.
func ExampleBoundTo() {
	iss := jwthttptest.NewIssuer(t)
	proofs, err := dpop.New(dpop.Options{Origins: []string{"https://api.example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	opts := iss.Options()
	opts.Bindings = []jwthttp.Binding{proofs}
	auth, err := jwthttp.New[Claims](iss.RS256(), opts)
	if err != nil {
		t.Fatal(err)
	}
	key, err := dpop.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	token := iss.Token(t, Claims{Subject: "alice"}, jwthttptest.BoundTo(key))
	proof, err := key.Proof("GET", "https://api.example.com/me", token, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		proof string
		want  int
	}{
		{proof, http.StatusOK},
		{"", http.StatusUnauthorized},
	} {
		r := httptest.NewRequest("GET", "/me", nil)
		r.Header.Set("Authorization", "DPoP "+token)
		r.Header.Set("DPoP", test.proof)
		w := httptest.NewRecorder()
		auth.Handler(http.HandlerFunc(greet)).ServeHTTP(w, r)
		if w.Code != test.want {
			t.Errorf("proof %q: status %d", test.proof, w.Code)
		}
	}
}

// Conformance binds the tokens and makes the proofs by itself.
func ExampleConformance_boundTokens() {
	iss := jwthttptest.NewIssuer(t)
	options := dpop.Options{Origins: []string{"https://api.example.com"}}
	proofs, err := dpop.New(options)
	if err != nil {
		t.Fatal(err)
	}
	opts := iss.Options()
	opts.Bindings = []jwthttp.Binding{proofs}
	auth, err := jwthttp.New[Claims](iss.RS256(), opts)
	if err != nil {
		t.Fatal(err)
	}
	jwthttptest.Conformance(t, auth.Handler(http.HandlerFunc(greet)), jwthttptest.Setup{
		Issuer: iss,
		Claims: Claims{Subject: "alice"},
		Shows:  "alice",
		DPoP:   &options,
	})
}

// A program with sessions makes its own tokens. It and Conformance have one secret.
func ExampleConformance_sessions() {
	iss := jwthttptest.NewIssuer(t)
	own, err := issue.New[Claims](issue.Options{Issuer: iss.URL, Audience: []string{iss.Audience}}, issue.HS256(iss.Secret()))
	if err != nil {
		t.Fatal(err)
	}
	store, err := session.NewMemory(0)
	if err != nil {
		t.Fatal(err)
	}
	claims := func(context.Context, session.Session) (Claims, error) { return Claims{}, nil }
	sessions, err := session.New(own, store, claims, session.Options{Grace: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	auth, err := jwthttp.New[Claims](own, sessions.Options())
	if err != nil {
		t.Fatal(err)
	}
	program := http.NewServeMux()
	program.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		if sessions.Login(w, r, "alice") == nil { // check a password before
			http.Redirect(w, r, "/me", http.StatusSeeOther)
		}
	})
	program.HandleFunc("POST /refresh", sessions.Refresh)
	program.HandleFunc("POST /logout", sessions.Logout)
	program.Handle("GET /me", sessions.Handler(auth.Handler(http.HandlerFunc(greet))))

	jwthttptest.Conformance(t, program, jwthttptest.Setup{
		Issuer:      iss,
		Options:     []jwthttptest.TokenOption{jwthttptest.HS256},
		Claims:      Claims{Subject: "alice"},
		Shows:       "alice",
		Request:     func() *http.Request { return httptest.NewRequest("GET", "/me", nil) },
		Cookie:      "__Host-access",
		HeaderFirst: true,
		Sessions: &jwthttptest.Sessions{
			Login:   func() *http.Request { return httptest.NewRequest("POST", "/login", nil) },
			Refresh: "/refresh",
			Logout:  "/logout",
			Grace:   100 * time.Millisecond,
		},
	})
}
