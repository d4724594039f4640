package jwthttptest_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/jwthttptest"
	"github.com/jwthttp/jwthttp/session"
)

// A store is one in memory that may be down.
type store struct {
	session.Store
	down atomic.Bool
}

func (s *store) Load(ctx context.Context, key [32]byte) (session.Record, time.Time, error) {
	if s.down.Load() {
		return session.Record{}, time.Time{}, errors.New("connection refused")
	}
	return s.Store.Load(ctx, key)
}

// A site is a program with sessions.
type site struct {
	*session.Sessions[Claims]
	store *store
	auth  *jwthttp.Middleware[Claims]
	setup jwthttptest.Setup
}

func newSite(t testing.TB, edit func(*session.Options), revoked *denylist.List) *site {
	t.Helper()
	iss := jwthttptest.NewIssuer(t)
	own, err := issue.New[Claims](issue.Options{Issuer: iss.URL, Audience: []string{iss.Audience}}, issue.HS256(iss.Secret()))
	if err != nil {
		t.Fatal(err)
	}
	memory, err := session.NewMemory(0)
	if err != nil {
		t.Fatal(err)
	}
	opts := session.Options{Grace: 100 * time.Millisecond, Revoked: revoked}
	if edit != nil {
		edit(&opts)
	}
	s := &site{store: &store{Store: memory}}
	claims := func(context.Context, session.Session) (Claims, error) { return Claims{}, nil }
	if s.Sessions, err = session.New(own, s.store, claims, opts); err != nil {
		t.Fatal(err)
	}
	var checks []jwthttp.Check[Claims]
	if revoked != nil {
		checks = append(checks, denylist.Check[Claims](revoked))
	}
	if s.auth, err = jwthttp.New(own, s.Options(), checks...); err != nil {
		t.Fatal(err)
	}
	s.setup = jwthttptest.Setup{
		Issuer: iss, Claims: Claims{Subject: "alice"}, Shows: "alice", Options: []jwthttptest.TokenOption{jwthttptest.HS256},
		Cookie: "__Host-access", HeaderFirst: true,
		Sessions: &jwthttptest.Sessions{
			Login:   func() *http.Request { return httptest.NewRequest("POST", "/login", nil) },
			Start:   func() *http.Request { return httptest.NewRequest("POST", "/token", nil) },
			Refresh: "/refresh", Logout: "/logout", Grace: opts.Grace, RevokesAccess: revoked != nil,
			Outage: func() { s.store.down.Store(true) },
		},
	}
	return s
}

func (s *site) login(w http.ResponseWriter, r *http.Request) {
	if s.Login(w, r, "alice") == nil {
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *site) token(w http.ResponseWriter, r *http.Request) {
	tokens, err := s.Start(r.Context(), "alice", "phone")
	if err != nil {
		jwthttp.WriteError(w, r, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	json.NewEncoder(w).Encode(tokens)
}

func (s *site) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", s.login)
	mux.HandleFunc("POST /token", s.token)
	mux.HandleFunc("/refresh", s.Refresh)
	mux.HandleFunc("/logout", s.Logout)
	return mux
}

func (s *site) silent() http.Handler {
	mux := s.routes()
	mux.Handle("/{$}", s.Handler(s.auth.Handler(whoami)))
	return mux
}

func (s *site) loud() http.Handler {
	mux := s.routes()
	mux.Handle("/{$}", s.auth.Handler(whoami))
	return mux
}

func TestConformanceOfSessions(t *testing.T) {
	t.Run("silent", func(t *testing.T) {
		s := newSite(t, nil, nil)
		jwthttptest.Conformance(t, s.silent(), s.setup)
	})
	t.Run("loud", func(t *testing.T) {
		s := newSite(t, nil, nil)
		jwthttptest.Conformance(t, s.loud(), s.setup)
	})
	_ = io.EOF
	t.Run("in a bubble", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(t, func(o *session.Options) { o.Grace = 0 }, nil)
			jwthttptest.Conformance(t, s.silent(), s.setup)
		})
	})
}
