package jwthttptest_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/dpop"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/jwthttptest"
	"github.com/jwthttp/jwthttp/session"
)

// A store is one in memory that may be down, or may keep all sessions for ever.
type store struct {
	session.Store
	down      atomic.Bool
	deathless bool
}

func (s *store) Swap(ctx context.Context, r session.Record) (bool, error) {
	if s.deathless && r.Ended {
		return true, nil
	}
	return s.Store.Swap(ctx, r)
}

func (s *store) Delete(ctx context.Context, key [32]byte) error {
	if s.deathless {
		return nil
	}
	return s.Store.Delete(ctx, key)
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

func newList(t testing.TB) *denylist.List {
	t.Helper()
	list, err := denylist.NewMemory(denylist.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestConformanceOfSessions(t *testing.T) {
	for name, edit := range map[string]func(t testing.TB) (http.Handler, jwthttptest.Setup){
		"refreshed silently": func(t testing.TB) (http.Handler, jwthttptest.Setup) {
			s := newSite(t, nil, nil)
			return s.silent(), s.setup
		},
		"refreshed by scripts": func(t testing.TB) (http.Handler, jwthttptest.Setup) {
			s := newSite(t, nil, nil)
			return s.loud(), s.setup
		},
		"revoked": func(t testing.TB) (http.Handler, jwthttptest.Setup) {
			s := newSite(t, nil, newList(t))
			return s.silent(), s.setup
		},
		"browsers alone": func(t testing.TB) (http.Handler, jwthttptest.Setup) {
			s := newSite(t, nil, nil)
			s.setup.Sessions.Start = nil
			return s.silent(), s.setup
		},
		"apps alone": func(t testing.TB) (http.Handler, jwthttptest.Setup) {
			s := newSite(t, nil, nil)
			s.setup.Sessions.Login = nil
			return s.loud(), s.setup
		},
		"cookies alone": func(t testing.TB) (http.Handler, jwthttptest.Setup) {
			s := newSite(t, nil, nil)
			opts := s.Options()
			opts.Extractors = []jwthttp.Extractor{jwthttp.Cookie("__Host-access")}
			s.auth = mustNew(t, jwthttp.HS256(s.setup.Issuer.Secret()), opts)
			s.setup.Sessions.Start, s.setup.CookieOnly, s.setup.HeaderFirst = nil, true, false
			return s.silent(), s.setup
		},
		"anonymous": func(t testing.TB) (http.Handler, jwthttptest.Setup) {
			s := newSite(t, nil, nil)
			opts := s.Options()
			opts.AllowAnonymous, s.setup.AllowAnonymous = true, true
			s.auth = mustNew(t, jwthttp.HS256(s.setup.Issuer.Secret()), opts)
			return s.silent(), s.setup
		},
		"a login page with its own gate": func(t testing.TB) (http.Handler, jwthttptest.Setup) {
			s := newSite(t, nil, nil)
			return http.NewCrossOriginProtection().Handler(s.loud()), s.setup
		},
		"a login that leads to a page": func(t testing.TB) (http.Handler, jwthttptest.Setup) {
			s := newSite(t, nil, nil)
			return answered(s.silent(), func(w *httptest.ResponseRecorder) {
				if w.Code == http.StatusNoContent {
					w.Code = http.StatusSeeOther
					w.Header().Set("Location", "/home")
				}
			}), s.setup
		},
		"its own answers": func(t testing.TB) (http.Handler, jwthttptest.Setup) {
			s := newSite(t, nil, nil)
			s.setup.OwnErrors = true
			return answered(s.silent(), func(w *httptest.ResponseRecorder) {
				if w.Code >= 400 {
					w.Code, w.Body = http.StatusTeapot, bytes.NewBufferString("no")
				}
			}), s.setup
		},
		"other answers each time": func(t testing.TB) (http.Handler, jwthttptest.Setup) {
			s := newSite(t, nil, nil)
			s.setup.OwnErrors = true
			return answered(s.silent(), func(w *httptest.ResponseRecorder) {
				if w.Code >= 400 {
					w.Body = bytes.NewBufferString("no " + rand.Text())
				}
			}), s.setup
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				chain, setup := edit(t)
				jwthttptest.Conformance(t, chain, setup)
			})
		})
	}
	t.Run("outside of a bubble", func(t *testing.T) {
		s := newSite(t, nil, nil)
		jwthttptest.Conformance(t, s.silent(), s.setup)
	})
}

// before changes the requests of a path, or of all with "".
func before(next http.Handler, path string, change func(*http.Request)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path == "" || r.URL.Path == path {
			change(r)
		}
		next.ServeHTTP(w, r)
	})
}

// without removes a text from all Set-Cookie.
func without(next http.Handler, text string) http.Handler {
	return answered(next, func(w *httptest.ResponseRecorder) {
		for i, line := range w.Header()["Set-Cookie"] {
			w.Header()["Set-Cookie"][i] = strings.Replace(line, text, "", 1)
		}
	})
}

func toForm(r *http.Request, form url.Values) {
	text := form.Encode()
	r.Method, r.Body, r.ContentLength = "POST", io.NopCloser(strings.NewReader(text)), int64(len(text))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
}

// A naive program has sessions as others have them: a map of refresh tokens.
type naive struct {
	iss    *jwthttptest.Issuer
	t      testing.TB
	tokens map[string]bool
	mu     sync.Mutex

	keeps     bool // one token for ever
	strict    bool // refuses a token that comes again
	stateless bool // the refresh tokens are JWTs like the others
}

func (n *naive) tokensFor(w http.ResponseWriter, old string) {
	next := old
	if !n.keeps || old == "" {
		next = rand.Text() + "%3D" // padding, as it is in a cookie
	}
	if n.stateless {
		next = n.iss.Token(n.t, Claims{Subject: "alice"}, jwthttptest.HS256)
	}
	n.tokens[next] = true
	w.Header().Set("Cache-Control", "no-store")
	json.NewEncoder(w).Encode(session.Tokens{Access: n.iss.Token(n.t, Claims{Subject: "alice"}, jwthttptest.HS256), Type: "Bearer", Refresh: next})
}

func (n *naive) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	token := r.PostFormValue("refresh_token")
	isGood := len(r.PostForm["refresh_token"]) == 1 && n.tokens[token] || n.stateless && strings.HasPrefix(token, "eyJ")
	switch {
	case r.Method != "POST":
		http.Error(w, "no", http.StatusMethodNotAllowed)
	case r.URL.Path == "/token":
		n.tokensFor(w, "")
	case r.URL.Path == "/logout":
		delete(n.tokens, token)
	case r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || !isGood:
		http.Error(w, "no", http.StatusBadRequest)
	default:
		if n.strict {
			delete(n.tokens, token)
		}
		n.tokensFor(w, token)
	}
}

// The faults of sessions by the beginning of their reports.
const (
	cookies = "sets or removes the cookies of a session in another way"
	outage  = "makes clients throw away good tokens"
	lives   = "does not end a session that must end:"
	ends    = "ends a session that must live:"
	tells   = "tells clients which refresh tokens were good once:"
)

func TestConformanceOfBrokenSessions(t *testing.T) {
	type chains = func(t testing.TB, s *site) http.Handler
	simple := func(n *naive) chains {
		return func(t testing.TB, s *site) http.Handler {
			n.iss, n.t, n.tokens = s.setup.Issuer, t, map[string]bool{}
			s.setup.Sessions.Login, s.setup.Sessions.Outage, s.setup.OwnErrors, s.setup.Sessions.Grace = nil, nil, true, time.Second
			mux := http.NewServeMux()
			mux.Handle("/", n)
			mux.Handle("/{$}", s.auth.Handler(whoami))
			return mux
		}
	}
	for _, tc := range []struct {
		name   string
		chain  chains
		faults []string
		parts  []string
	}{
		{"no HttpOnly", func(t testing.TB, s *site) http.Handler { return without(s.silent(), "; HttpOnly") }, []string{cookies}, []string{
			"browser: a login: __Host-refresh: HttpOnly is missing; package cookie sets them", "browser: a refresh: __Host-access: HttpOnly is missing", "browser: a silent refresh",
		}},
		{"no Secure", func(t testing.TB, s *site) http.Handler { return without(s.silent(), "; Secure") }, []string{cookies}, []string{
			"Secure is missing", "__Host-access is not removed",
		}},
		{"no SameSite", func(t testing.TB, s *site) http.Handler { return without(s.silent(), "; SameSite=Lax") }, []string{cookies}, []string{"SameSite is neither"}},
		{"no Path", func(t testing.TB, s *site) http.Handler { return without(s.silent(), "; Path=/") }, []string{cookies}, []string{"Path is not /"}},
		{"no prefix", func(t testing.TB, s *site) http.Handler {
			chain := answered(s.silent(), func(w *httptest.ResponseRecorder) {
				for i, line := range w.Header()["Set-Cookie"] {
					w.Header()["Set-Cookie"][i] = strings.TrimPrefix(line, "__Host-") + "; Domain=example.com"
				}
			})
			s.setup.Cookie, s.setup.Sessions.RefreshCookie = "access", "refresh"
			return before(chain, "", func(r *http.Request) {
				for i, line := range r.Header["Cookie"] {
					line = strings.ReplaceAll(line, "access=", "__Host-access=")
					r.Header["Cookie"][i] = strings.ReplaceAll(line, "refresh=", "__Host-refresh=")
				}
			})
		}, []string{cookies}, []string{"Domain is set, the name has no prefix __Host-"}},
		{"a cookie twice", func(t testing.TB, s *site) http.Handler {
			return answered(s.silent(), func(w *httptest.ResponseRecorder) {
				w.Header()["Set-Cookie"] = slices.Concat(w.Header()["Set-Cookie"], w.Header()["Set-Cookie"])
			})
		}, []string{cookies}, []string{"4 cookies for two names"}},
		{"cookies that stay", func(t testing.TB, s *site) http.Handler {
			return answered(s.silent(), func(w *httptest.ResponseRecorder) {
				w.Header()["Set-Cookie"] = slices.DeleteFunc(w.Header()["Set-Cookie"], func(line string) bool { return strings.Contains(line, "access=;") })
			})
		}, []string{cookies}, []string{"browser: a refresh token that was made up: __Host-access is not removed", "browser: a logout; ", "browser: two refresh tokens; ", "browser: a refresh cookie after its logout; "}},
		{"no no-store", func(t testing.TB, s *site) http.Handler {
			return answered(s.silent(), func(w *httptest.ResponseRecorder) {
				if w.Code < 400 {
					w.Header().Del("Cache-Control")
				}
			})
		}, []string{"does not keep caches from storing"}, []string{"browser: a login: ", "browser: a refresh: ", "browser: a logout: ", "browser: a silent refresh", "app: a login"}},
		{"every method refreshes", func(t testing.TB, s *site) http.Handler {
			return before(s.silent(), "/refresh", func(r *http.Request) { r.Method = "POST" })
		}, []string{"lets pages of other sites"}, []string{"browser: a refresh by GET: 204, with tokens; a link", "app: a refresh by GET"}},
		{"every method logs in", func(t testing.TB, s *site) http.Handler {
			return before(s.silent(), "/login", func(r *http.Request) { r.Method = "POST" })
		}, []string{"lets pages of other sites"}, []string{"browser: a login by GET"}},
		{"every method logs out", func(t testing.TB, s *site) http.Handler {
			return before(s.silent(), "/logout", func(r *http.Request) { r.Method = "POST" })
		}, []string{ends}, []string{"browser: a session after a logout by GET: 401"}},
		{"a body of any kind", func(t testing.TB, s *site) http.Handler {
			return before(s.silent(), "/refresh", func(r *http.Request) {
				if kind := r.Header.Get("Content-Type"); kind == "application/json" || kind == "text/plain" {
					text, _ := io.ReadAll(r.Body)
					form, _ := url.ParseQuery(strings.NewReplacer(`{"grant_type":"refresh_token","refresh_token":"`, "refresh_token=", `"}`, "").Replace(string(text)))
					toForm(r, form)
				}
			})
		}, []string{letsIn}, []string{"app: a refresh token in a body of application/json: 200, with tokens; a refresh token comes in a form", "text/plain"}},
		{"a token in the query", func(t testing.TB, s *site) http.Handler {
			return before(s.silent(), "/refresh", func(r *http.Request) {
				if r.URL.RawQuery != "" {
					toForm(r, r.URL.Query())
				}
			})
		}, []string{letsIn}, []string{"app: a refresh token in the query of a POST: 200, with tokens; addresses"}},
		{"no gate", func(t testing.TB, s *site) http.Handler {
			return before(s.loud(), "", func(r *http.Request) {
				if r.URL.Path != "/" {
					r.Header.Del("Sec-Fetch-Site")
					r.Header.Del("Origin")
				}
			})
		}, []string{"lets pages of other sites", ends}, []string{"browser: a login from another site: 204, with tokens", "browser: a refresh with another Origin", "a logout from another site: 204", "a session after requests of other sites"}},
		{"a silent refresh without a gate", func(t testing.TB, s *site) http.Handler {
			return before(s.silent(), "/", func(r *http.Request) {
				if !strings.Contains(strings.Join(r.Header["Cookie"], ""), "access=") {
					r.Header.Del("Sec-Fetch-Site")
				}
			})
		}, []string{"lets pages of other sites"}, []string{"browser: a silent refresh for another site"}},
		{"a silent refresh that replaces a header", func(t testing.TB, s *site) http.Handler {
			return before(s.silent(), "/", func(r *http.Request) {
				if strings.Contains(strings.Join(r.Header["Cookie"], ""), "refresh=") {
					r.Header.Del("Authorization")
				}
			})
		}, []string{letsIn}, []string{"browser: a bad header beside a refresh cookie"}},
		{"a refresh cookie is as good", func(t testing.TB, s *site) http.Handler {
			inside := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if c, err := r.Cookie("__Host-refresh"); err == nil && len(c.Value) > 60 {
					io.WriteString(w, "alice")
					return
				}
				s.auth.Handler(whoami).ServeHTTP(w, r)
			})
			mux := s.routes()
			mux.Handle("/{$}", inside)
			return mux
		}, []string{letsIn}, []string{"browser: a refresh cookie alone"}},
		{"no end", func(t testing.TB, s *site) http.Handler {
			s.store.deathless = true
			return s.silent()
		}, []string{lives, letsIn}, []string{"a session with a reuse", "a session after its logout: 204, with tokens; end the session in the store", "a session whose browser has logged in again"}},
		{"a login that goes on with the session that came", func(t testing.TB, s *site) http.Handler {
			return before(s.silent(), "/login", func(r *http.Request) { r.Header.Del("Cookie") })
		}, []string{lives}, []string{"browser: a session whose browser has logged in again: 204, with tokens; the browser's former session"}},
		{"a logout with the access token", func(t testing.TB, s *site) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/logout" && !strings.Contains(r.Header.Get("Cookie"), "access=") {
					jwthttp.WriteError(w, r, jwthttp.ErrNoToken)
					return
				}
				s.silent().ServeHTTP(w, r)
			})
		}, []string{lives, outage}, []string{"browser: a logout: 401", "app: a logout: 401"}},
		{"access tokens that outlive their session", func(t testing.TB, s *site) http.Handler {
			s.setup.Sessions.RevokesAccess = true
			return s.silent()
		}, []string{letsIn}, []string{"the access token after a logout: 200, not 401; Setup.Sessions.RevokesAccess says so", "the access token after a reuse"}},
		{"other texts for other tokens", func(t testing.TB, s *site) http.Handler {
			var known sync.Map
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				token := r.PostFormValue("refresh_token")
				rec := httptest.NewRecorder()
				s.silent().ServeHTTP(rec, r)
				if r.URL.Path == "/refresh" && rec.Code == 200 {
					known.Store(token, true)
				}
				maps.Copy(w.Header(), rec.Header())
				w.WriteHeader(rec.Code)
				text := rec.Body.String()
				if _, ok := known.Load(token); ok && rec.Code == 400 {
					text = strings.Replace(text, "the session has ended", "the token was used", 1)
				}
				io.WriteString(w, text)
			})
		}, []string{tells}, []string{"app: a refresh token whose successor was used", "app: a session after its logout"}},
		{"a logout that says what it found", func(t testing.TB, s *site) http.Handler {
			var seen sync.Map
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if token := r.PostFormValue("refresh_token"); r.URL.Path == "/logout" && token != "" && r.Method == "POST" {
					if _, again := seen.LoadOrStore(token, true); again {
						http.Error(w, "no session", http.StatusNotFound)
						return
					}
				}
				s.silent().ServeHTTP(w, r)
			})
		}, []string{tells}, []string{"app: a logout that comes again: 404"}},
		{"an ended session with another status", func(t testing.TB, s *site) http.Handler {
			return answered(s.loud(), func(w *httptest.ResponseRecorder) {
				if strings.Contains(w.Body.String(), "session has ended") {
					w.Code = http.StatusForbidden
				}
			})
		}, []string{"refuses with another status"}, []string{"browser: a refresh token that was made up: 403, not 401", "app: a refresh token that was made up; "}},
		{"an ended session with another error", func(t testing.TB, s *site) http.Handler {
			return answered(s.loud(), func(w *httptest.ResponseRecorder) {
				w.Body = bytes.NewBuffer(bytes.ReplaceAll(w.Body.Bytes(), []byte("invalid_grant"), []byte("invalid_token")))
			})
		}, []string{"refuses with another body"}, []string{"app: a refresh token that was made up: "}},
		{"one of two tokens", func(t testing.TB, s *site) http.Handler {
			return before(s.silent(), "/refresh", func(r *http.Request) {
				if c := r.Header["Cookie"]; len(c) > 0 {
					r.Header["Cookie"] = []string{strings.Split(c[0], ";")[0]}
				}
				r.ParseForm()
				if all := r.PostForm["refresh_token"]; len(all) > 1 {
					r.PostForm["refresh_token"] = all[:1]
				}
			})
		}, []string{letsIn}, []string{"browser: two refresh tokens: 204, with tokens; exactly one", "app: two refresh tokens"}},
		{"a cookie before a form", func(t testing.TB, s *site) http.Handler {
			return before(s.silent(), "/refresh", func(r *http.Request) {
				if len(r.Header["Cookie"]) > 0 {
					r.Body = http.NoBody
				}
			})
		}, []string{letsIn}, []string{"browser: a refresh token in the cookie and one in a form"}},
		{"a body with tokens for a browser", func(t testing.TB, s *site) http.Handler {
			return answered(s.silent(), func(w *httptest.ResponseRecorder) {
				if lines := w.Header()["Set-Cookie"]; w.Code == http.StatusNoContent && len(lines) > 0 {
					w.Code, w.Body = http.StatusOK, bytes.NewBufferString(lines[len(lines)-1])
					w.Header().Set("Location", "/#"+lines[0])
				}
			})
		}, []string{"shows the client what is in a token"}, []string{"browser: a login: a token in Location", "browser: a refresh: a token in the body"}},
		{"a refusal with the token", func(t testing.TB, s *site) http.Handler {
			s.setup.OwnErrors = true
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if token := r.PostFormValue("refresh_token"); r.URL.Path == "/refresh" && len(r.PostForm["refresh_token"]) > 1 {
					http.Error(w, "what is "+token+"?", http.StatusBadRequest)
					return
				}
				s.silent().ServeHTTP(w, r)
			})
		}, []string{"shows the client what is in a token"}, []string{"app: two refresh tokens: a part of the token in"}},
		{"no other Authorization", func(t testing.TB, s *site) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/refresh" && r.Header.Get("Authorization") != "" {
					jwthttp.WriteError(w, r, jwthttp.ErrNoToken)
					return
				}
				s.silent().ServeHTTP(w, r)
			})
		}, []string{ends}, []string{"app: a refresh with Authorization: Basic …: 401"}},
		{"no token_type", func(t testing.TB, s *site) http.Handler {
			return answered(s.silent(), func(w *httptest.ResponseRecorder) {
				w.Body = bytes.NewBuffer(bytes.ReplaceAll(w.Body.Bytes(), []byte("token_type"), []byte("type")))
			})
		}, []string{"refuses with another status"}, []string{`app: a login: token_type is ""`}},
		{"tokens like its own end all sessions", func(t testing.TB, s *site) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				rec := httptest.NewRecorder()
				s.silent().ServeHTTP(rec, r)
				if r.URL.Path == "/refresh" && rec.Code == 400 && strings.Contains(rec.Body.String(), "invalid_grant") {
					s.EndOthers(r.Context(), "alice", "")
				}
				maps.Copy(w.Header(), rec.Header())
				w.WriteHeader(rec.Code)
				w.Write(rec.Body.Bytes())
			})
		}, []string{ends}, []string{"app: a session after tokens like its own: 400"}},
		{"an outage that ends sessions", func(t testing.TB, s *site) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if s.store.down.Load() && r.URL.Path == "/refresh" {
					s.store.down.Store(false)
					defer s.store.down.Store(true)
					r.Header["Cookie"] = nil
					if r.Body != nil {
						toForm(r, url.Values{"refresh_token": {"gone"}})
					}
				}
				s.silent().ServeHTTP(w, r)
			})
		}, []string{outage}, []string{"browser: a refresh in an outage: 400", `app: a refresh in an outage: 400, Retry-After: ""`}},
		{"a lost answer is an end", func(t testing.TB, s *site) http.Handler {
			var used sync.Map
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				token := r.PostFormValue("refresh_token")
				if r.URL.Path == "/refresh" && token != "" {
					if first, _ := used.LoadOrStore(token, time.Now()); time.Since(first.(time.Time)) > 100*time.Millisecond {
						r.PostForm.Set("refresh_token", "gone")
					}
				}
				s.silent().ServeHTTP(w, r)
			})
		}, []string{ends, lives, outage}, []string{"app: a refresh token after Grace, whose successor was never used: 400"}},
		{"one token for ever", simple(&naive{keeps: true}), []string{lives}, []string{"app: a refresh: the refresh token is the same"}},
		{"tokens that are never used up", simple(&naive{}), []string{letsIn, lives}, []string{
			"app: one refresh token, several times at once: 8 different refresh tokens; each copy", "app: a refresh token whose successor was used: 200, with tokens; a thief",
		}},
		{"tokens that are used up at once", simple(&naive{strict: true}), []string{ends, lives}, []string{
			"app: one refresh token, several times at once: 7 of 8 are refused; tabs", "app: a refresh token after Grace", "app: a session with a reuse",
		}},
		{"refresh tokens like the others", simple(&naive{stateless: true}), []string{letsIn, lives}, []string{
			"app: a refresh token in place of an access token: 200", "app: an access token: 200, with tokens; it is not a refresh token", "app: an access token of the issuer",
		}},
		{"a login that keeps the token that came", func(t testing.TB, s *site) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if c, err := r.Cookie("__Host-refresh"); err == nil && r.URL.Path == "/login" && r.Header.Get("Origin") == "" && r.Header.Get("Sec-Fetch-Site") == "same-origin" {
					http.SetCookie(w, c)
					return
				}
				s.silent().ServeHTTP(w, r)
			})
		}, []string{lives}, []string{"browser: a login with the cookie of another session: it has the refresh token that came"}},
		{"no refresh", func(t testing.TB, s *site) http.Handler {
			return before(s.loud(), "/refresh", func(r *http.Request) { toForm(r, url.Values{"refresh_token": {"gone"}}) })
		}, []string{ends, "refuses with another status"}, []string{"browser: a refresh: 400", "app: a refresh: 400"}},
		{"a refresh that panics", func(t testing.TB, s *site) http.Handler {
			return before(s.loud(), "/refresh", func(r *http.Request) {
				if r.PostFormValue("refresh_token") == "undefined" {
					panic("undefined")
				}
			})
		}, []string{"panics:"}, []string{"app: a refresh token of undefined: undefined"}},
		{"two logins", func(t testing.TB, s *site) http.Handler {
			logins := 0
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/token" {
					if logins++; logins > 2 {
						w.WriteHeader(http.StatusTooManyRequests)
						return
					}
				}
				s.silent().ServeHTTP(w, r)
			})
		}, []string{"does not log users in", ends}, []string{"app: one more login: 429"}},
		{"no login", func(t testing.TB, s *site) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/login" {
					w.WriteHeader(http.StatusNoContent)
					return
				}
				s.silent().ServeHTTP(w, r)
			})
		}, []string{"does not log users in"}, []string{"browser: a login: 204"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, nil, nil)
				chain := tc.chain(t, s)
				var got recorder
				jwthttptest.Conformance(&got, chain, s.setup)
				checkReports(t, got, tc.faults, tc.parts)
			})
		})
	}
}

// The kit is in the tests of programs that have no sessions, too.
func TestDependencies(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"session", "issue", "denylist"} {
		if strings.Contains(string(out), "github.com/jwthttp/jwthttp/"+name+"\n") {
			t.Errorf("jwthttptest imports package %s", name)
		}
	}
}

func TestSetupOfSessions(t *testing.T) {
	for _, tc := range []struct {
		name string
		edit func(*jwthttptest.Setup)
		want string
	}{
		{"nobody logs in", func(s *jwthttptest.Setup) { s.Sessions.Login, s.Sessions.Start = nil, nil }, "Setup.Sessions has neither Login nor Start"},
		{"no request", func(s *jwthttptest.Setup) { s.Sessions.Login = func() *http.Request { return nil } }, "Setup.Sessions.Login or Start returns nil"},
		{"no path", func(s *jwthttptest.Setup) { s.Sessions.Logout = "" }, "Setup.Sessions needs the paths"},
		{"no cookie", func(s *jwthttptest.Setup) { s.Cookie, s.HeaderFirst = "", false }, "Setup.Sessions.Login needs the name"},
		{"no header", func(s *jwthttptest.Setup) { s.CookieOnly, s.HeaderFirst = true, false }, "Setup.Sessions.Start is for apps"},
		{"bound tokens", func(s *jwthttptest.Setup) { s.DPoP = &dpop.Options{Origins: []string{apiOrigin}} }, "Setup.Sessions is for bearer tokens"},
		{"gRPC", func(s *jwthttptest.Setup) { s.GRPC = true }, "Setup.GRPC says"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newSite(t, nil, nil)
			tc.edit(&s.setup)
			var got recorder
			jwthttptest.Conformance(&got, s.silent(), s.setup)
			if len(got) != 1 || !strings.HasPrefix(got[0], "jwthttptest: "+tc.want) {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}
