package session_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/session"
)

var secret = []byte(strings.Repeat("0123456789abcdef", 4))

type Claims struct {
	Subject string `json:"sub"`
	Role    string `json:"role,omitempty"`
}

// A site is a program with sessions.
type site struct {
	*httptest.Server
	sessions *session.Sessions[Claims]
	store    session.Store
}

// A setup is what sites differ in. The zero setup is good.
type setup struct {
	opts   session.Options
	issuer issue.Options
	key    *issue.Key // HS256 if nil
	store  session.Store
	claims session.ClaimsFunc[Claims]
	app    func(s *site) http.Handler // inside of Handler, in place of /me
}

func noClaims(context.Context, session.Session) (c Claims, err error) { return c, nil }

// newSite returns a site for clients that keep their cookies without TLS.
func newSite(t *testing.T, opts session.Options, claims session.ClaimsFunc[Claims]) *site {
	t.Helper()
	opts.AllowInsecureHTTP = true
	return setup{opts: opts, claims: claims}.start(t)
}

func (c setup) start(t *testing.T) *site {
	t.Helper()
	if c.key == nil {
		key := issue.HS256(secret)
		c.key = &key
	}
	if c.issuer.Issuer == "" {
		c.issuer.Issuer = "https://site.example.com"
	}
	iss, err := issue.New[Claims](c.issuer, *c.key)
	if err != nil {
		t.Fatal(err)
	}
	if c.store == nil {
		c.store = newMemory(t, 0)
	}
	if c.claims == nil {
		c.claims = noClaims
	}
	if c.opts.Logger == nil {
		c.opts.Logger = slog.New(slog.DiscardHandler)
	}
	s, err := session.New(iss, c.store, c.claims, c.opts)
	if err != nil {
		t.Fatal(err)
	}
	var checks []jwthttp.Check[Claims]
	if c.opts.Revoked != nil {
		checks = append(checks, denylist.Check[Claims](c.opts.Revoked))
	}
	auth, err := jwthttp.New(iss, s.Options(), checks...)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		if s.Login(w, r, r.FormValue("user")) == nil {
			w.WriteHeader(http.StatusNoContent)
		}
	})
	mux.HandleFunc("/refresh", s.Refresh)
	mux.HandleFunc("/logout", s.Logout)
	whole := &site{sessions: s, store: c.store}
	me := auth.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, _ := jwthttp.TokenFromContext[Claims](r.Context())
		json.NewEncoder(w).Encode(map[string]string{"sub": token.Claims.Subject, "sid": token.SessionID()})
	})
	mux.Handle("/me", s.Handler(me))
	mux.Handle("/bare", me)
	if c.app != nil {
		mux.Handle("/app", s.Handler(c.app(whole)))
	}
	whole.Server = httptest.NewServer(mux)
	t.Cleanup(whole.Close)
	return whole
}

func (s *site) browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (s *site) do(t *testing.T, c *http.Client, method, path string, form url.Values) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var b strings.Builder
	if err := resp.Write(&b); err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(b.String(), "\r\n\r\n")
	return resp.StatusCode, body
}

// A browser logs in, stays logged in without its access cookie, and logs out.
func TestBrowser(t *testing.T) {
	s := newSite(t, session.Options{}, nil)
	c := s.browser(t)
	if status, body := s.do(t, c, "GET", "/me", nil); status != http.StatusUnauthorized {
		t.Fatalf("before: %d %s", status, body)
	}
	if status, body := s.do(t, c, "POST", "/login", url.Values{"user": {"alice"}}); status != http.StatusNoContent {
		t.Fatalf("login: %d %s", status, body)
	}
	at, _ := url.Parse(s.URL)
	for range 3 {
		status, body := s.do(t, c, "GET", "/me", nil)
		if status != 200 || !strings.Contains(body, `"sub":"alice"`) {
			t.Fatalf("me: %d %s", status, body)
		}
		c.Jar.SetCookies(at, []*http.Cookie{{Name: "access", MaxAge: -1}})
	}
	if status, body := s.do(t, c, "POST", "/refresh", nil); status != http.StatusNoContent {
		t.Fatalf("refresh: %d %s", status, body)
	}
	if status, body := s.do(t, c, "POST", "/logout", nil); status != http.StatusNoContent {
		t.Fatalf("logout: %d %s", status, body)
	}
	if status, body := s.do(t, c, "GET", "/me", nil); status != http.StatusUnauthorized {
		t.Fatalf("after: %d %s", status, body)
	}
}

// 32 callers with one token take one step, and get one successor.
func TestSimultaneousRefreshes(t *testing.T) {
	s := newSite(t, session.Options{}, nil)
	tokens, err := s.sessions.Start(t.Context(), "alice", "phone")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	successors := map[string]int{}
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			status, body := s.do(t, s.Client(), "POST", "/refresh", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens.Refresh}})
			var got session.Tokens
			if err := json.Unmarshal([]byte(body), &got); err != nil || status != 200 {
				t.Errorf("%d %s", status, body)
			}
			mu.Lock()
			successors[got.Refresh]++
			mu.Unlock()
		})
	}
	wg.Wait()
	if len(successors) != 1 || successors[tokens.Refresh] != 0 {
		t.Errorf("%d successors", len(successors))
	}
	all, err := s.sessions.List(t.Context(), "alice")
	if err != nil || len(all) != 1 || all[0].About != "phone" {
		t.Errorf("%v %v", all, err)
	}
}

// With a denylist, the access tokens of a session that has ended are refused at once.
func TestRevoked(t *testing.T) {
	list, err := denylist.NewMemory(denylist.Options{MaxLifetime: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, session.Options{Revoked: list}, nil)
	c := s.browser(t)
	s.do(t, c, "POST", "/login", url.Values{"user": {"alice"}})
	status, body := s.do(t, c, "GET", "/me", nil)
	if status != 200 {
		t.Fatal(status, body)
	}
	if err := s.sessions.EndOthers(t.Context(), "alice", ""); err != nil {
		t.Fatal(err)
	}
	if status, body := s.do(t, c, "GET", "/me", nil); status != http.StatusUnauthorized {
		t.Error(status, body)
	}
}

// A user who was locked is logged out at the next refresh.
func TestErrEnded(t *testing.T) {
	locked := false
	s := newSite(t, session.Options{}, func(context.Context, session.Session) (c Claims, err error) {
		if locked {
			err = session.ErrEnded
		}
		return c, err
	})
	tokens, err := s.sessions.Start(t.Context(), "alice", "")
	if err != nil {
		t.Fatal(err)
	}
	locked = true
	if status, body := s.do(t, s.Client(), "POST", "/refresh", url.Values{"refresh_token": {tokens.Refresh}}); status != 400 || !strings.Contains(body, "invalid_grant") {
		t.Error(status, body)
	}
	if _, err := s.sessions.Start(t.Context(), "alice", ""); !errors.Is(err, session.ErrEnded) {
		t.Error(err)
	}
	if all, err := s.sessions.List(t.Context(), "alice"); err != nil || len(all) != 0 {
		t.Error(all, err)
	}
}
