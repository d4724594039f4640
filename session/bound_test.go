package session_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/dpop"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/session"
)

const boundOrigin = "https://api.example.com"

// A boundSite is a service whose tokens are bound by DPoP.
type boundSite struct {
	http.Handler
	sessions *session.Sessions[Claims]
	log      bytes.Buffer
	logins   int // that were authenticated
}

func alice() (string, error) { return "alice", nil }

func (s *boundSite) authenticate() (string, error) {
	s.logins++
	return "alice", nil
}

func newBoundSite(t *testing.T, opts dpop.Options, store session.Store) *boundSite {
	t.Helper()
	opts.Origins = []string{boundOrigin}
	verifier, err := dpop.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	iss, err := issue.New[Claims](issue.Options{Bindings: []jwthttp.Binding{verifier}}, issue.HS256(secret))
	if err != nil {
		t.Fatal(err)
	}
	site := &boundSite{}
	logger := slog.New(slog.NewTextHandler(&site.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if site.sessions, err = session.New(iss, store, noClaims, session.Options{Logger: logger}); err != nil {
		t.Fatal(err)
	}
	auth, err := jwthttp.New[Claims](iss, site.sessions.Options())
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		if tokens, err := site.sessions.StartBound(w, r, "phone", site.authenticate); err == nil {
			json.NewEncoder(w).Encode(tokens)
		}
	})
	mux.HandleFunc("/refresh", site.sessions.Refresh)
	mux.HandleFunc("/logout", site.sessions.Logout)
	mux.Handle("/me", auth.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "in") }))
	site.Handler = mux
	return site
}

// RoundTrip lets a dpop.Transport be the client.
func (s *boundSite) RoundTrip(r *http.Request) (*http.Response, error) {
	body := ""
	if r.Body != nil {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body = string(b)
	}
	in := httptest.NewRequest(r.Method, r.URL.RequestURI(), strings.NewReader(body))
	in.Header = r.Header.Clone()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, in)
	return w.Result(), nil
}

// A phone is a client with a key of its own.
type phone struct {
	http.Client
	nonces int // of good answers to post
}

func newPhone(t *testing.T, site *boundSite) *phone {
	t.Helper()
	key, err := dpop.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	p := &phone{}
	transport, err := dpop.NewTransport(key, dpop.TransportOptions{Origins: []string{boundOrigin}, Base: site})
	if err != nil {
		t.Fatal(err)
	}
	p.Client.Transport = transport
	return p
}

// post returns the status, the body and the tokens in it.
func (p *phone) post(t *testing.T, path string, form url.Values) (int, string, session.Tokens) {
	t.Helper()
	resp, err := p.PostForm(boundOrigin+path, form)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode == 200 && resp.Header.Get("DPoP-Nonce") != "" {
		p.nonces++
	}
	var tokens session.Tokens
	if resp.StatusCode == 200 && len(body) > 0 {
		if err := json.Unmarshal(body, &tokens); err != nil {
			t.Fatal(err)
		}
	}
	return resp.StatusCode, strings.TrimSpace(string(body)), tokens
}

func (p *phone) me(t *testing.T, scheme, access string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", boundOrigin+"/me", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", scheme+" "+access)
	resp, err := p.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode
}

func refreshForm(token string) url.Values {
	return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
}

// A session of an issuer with DPoP is its client's alone: a thief of the refresh token cannot refresh,
// log out, or end the session by a reuse.
func TestBoundSession(t *testing.T) {
	nonces, err := dpop.NewNonces(secret)
	if err != nil {
		t.Fatal(err)
	}
	for name, opts := range map[string]dpop.Options{"without nonces": {}, "with nonces": {Nonces: nonces}} {
		t.Run(name, func(t *testing.T) {
			site := newBoundSite(t, opts, newMemory(t, 0))
			owner, thief := newPhone(t, site), newPhone(t, site)
			status, body, first := owner.post(t, "/login", nil)
			if status != 200 || first.Type != "DPoP" || site.logins != 1 { // also if it was sent twice for its nonce
				t.Fatal(status, body, site.logins)
			}
			if got := owner.nonces; (got == 1) != (opts.Nonces != nil) { // of the answer to the login that succeeded
				t.Error("nonces:", got)
			}
			if got := owner.me(t, first.Type, first.Access); got != 200 {
				t.Error("the owner's access token:", got)
			}
			if got := thief.me(t, first.Type, first.Access); got != 401 {
				t.Error("the thief's use of it:", got)
			}
			status, body, second := owner.post(t, "/refresh", refreshForm(first.Refresh))
			if status != 200 || second.Type != "DPoP" || second.Refresh == first.Refresh {
				t.Fatal(status, body)
			}
			if status, body, third := owner.post(t, "/refresh", refreshForm(second.Refresh)); status != 200 || third.Refresh != second.Refresh {
				t.Fatal(status, body) // within Grace
			}
			const ended = `{"error":"invalid_grant","error_description":"the session has ended"}`
			for _, stolen := range []string{first.Refresh, second.Refresh} {
				if status, body, _ := thief.post(t, "/refresh", refreshForm(stolen)); status != 400 || body != ended {
					t.Error("the thief refreshes:", status, body)
				}
				if status, body, _ := thief.post(t, "/logout", refreshForm(stolen)); status != 200 {
					t.Error("the thief logs out:", status, body) // the answer for a session that is over
				}
				resp, err := (&http.Client{Transport: site}).PostForm(boundOrigin+"/refresh", refreshForm(stolen))
				if err != nil {
					t.Fatal(err)
				}
				if body, _ := io.ReadAll(resp.Body); resp.StatusCode != 400 || !strings.Contains(string(body), "_dpop_") && name == "without nonces" {
					t.Errorf("without a proof: %d %s", resp.StatusCode, body)
				}
			}
			if status, body, third := owner.post(t, "/refresh", refreshForm(second.Refresh)); status != 200 || owner.me(t, "DPoP", third.Access) != 200 {
				t.Error("the owner afterwards:", status, body)
			}
			if status, body, _ := owner.post(t, "/logout", refreshForm(second.Refresh)); status != 200 {
				t.Error("the owner logs out:", status, body)
			}
			if status, body, _ := owner.post(t, "/refresh", refreshForm(second.Refresh)); status != 400 || body != ended {
				t.Error("after the logout:", status, body)
			}
		})
	}
}

// The tokens of an issuer with DPoP cannot be unbound, or in a cookie, by mistake.
func TestBoundMisuse(t *testing.T) {
	site := newBoundSite(t, dpop.Options{}, newMemory(t, 0))
	if _, err := site.sessions.Start(t.Context(), "alice", ""); !errors.Is(err, jwthttp.ErrMisconfigured) || !strings.Contains(err.Error(), "call StartBound") {
		t.Error("Start:", err)
	}
	w := httptest.NewRecorder()
	if err := site.sessions.Login(w, httptest.NewRequest("POST", "/login", nil), "alice"); !errors.Is(err, jwthttp.ErrMisconfigured) || !strings.Contains(err.Error(), "with a cookie") || w.Code != 500 || w.Header()["Set-Cookie"] != nil {
		t.Error("Login:", err, w.Code)
	}
	unbound := newSessions(t, newMemory(t, 0), session.Options{})
	w = httptest.NewRecorder()
	if _, err := site.sessions.StartBound(w, httptest.NewRequest("POST", "/login", nil), "", nil); !errors.Is(err, jwthttp.ErrMisconfigured) || w.Code != 500 {
		t.Error("StartBound without a function:", err, w.Code)
	}
	w = httptest.NewRecorder()
	if _, err := unbound.StartBound(w, httptest.NewRequest("POST", "/login", nil), "", alice); !errors.Is(err, jwthttp.ErrMisconfigured) || w.Code != 500 {
		t.Error("StartBound without a Binding:", err, w.Code)
	}
	iss, err := issue.New[Claims](issue.Options{Bindings: []jwthttp.Binding{ownProofs{member: "a"}, ownProofs{member: "b"}}}, issue.HS256(secret))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := session.New(iss, newMemory(t, 0), noClaims, session.Options{}); err == nil || !strings.Contains(err.Error(), "2 Bindings with proofs") {
		t.Error("two Bindings:", err)
	}
	for name, text := range map[string]string{
		"Format":  fmt.Sprintf("%v %+v %#v %s", session.Tokens{Access: "secret"}, &session.Tokens{Refresh: "secret"}, session.Tokens{Access: "secret"}, session.Tokens{Access: "secret"}),
		"slog":    logged(session.Tokens{Access: "secret", Refresh: "secret"}),
		"pointer": logged(&session.Tokens{Access: "secret", Refresh: "secret"}),
	} {
		if strings.Contains(text, "secret") {
			t.Error(name, text)
		}
	}
	for _, form := range []string{"", "token=jr1_x", "refresh_token="} { // nobody can have a cookie here
		for _, path := range []string{"/refresh", "/logout"} {
			r := httptest.NewRequest("POST", path, strings.NewReader(form))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			if site.ServeHTTP(w, r); w.Code != 400 || w.Header()["Set-Cookie"] != nil {
				t.Errorf("%s with %q: %d %s", path, form, w.Code, w.Body)
			}
		}
	}
	for _, tc := range []struct{ name, proof, want, log string }{
		{"no proof", "", `{"error":"invalid_dpop_proof"}`, "there is no DPoP header"},
		{"not a proof", "x", `{"error":"invalid_dpop_proof"}`, "the proof is not one JWT"},
	} {
		for _, path := range []string{"/login", "/refresh", "/logout"} {
			site.log.Reset()
			r := httptest.NewRequest("POST", path, strings.NewReader("refresh_token=x"))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if tc.proof != "" {
				r.Header.Set("DPoP", tc.proof)
			}
			w := httptest.NewRecorder()
			site.ServeHTTP(w, r)
			if w.Code != 400 || strings.TrimSpace(w.Body.String()) != tc.want || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Content-Type") != "application/json" {
				t.Errorf("%s, %s: %d %s %v", tc.name, path, w.Code, w.Body, w.Header())
			}
			if !strings.Contains(site.log.String(), `level=DEBUG msg="session: a request was refused" err="dpop: `+tc.log) {
				t.Errorf("%s, %s: log %s", tc.name, path, &site.log)
			}
		}
	}
}

func logged(tokens any) string {
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("a login", "tokens", tokens)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("a login", "tokens", tokens)
	return log.String()
}

// ownProofs is a Binding of the user's, without a scheme.
type ownProofs struct {
	*dpop.Verifier
	member string
}

func (p ownProofs) Member() string                  { return p.member }
func (ownProofs) Scheme() (name, parameters string) { return "", "" }

// While the store of used proofs is away, a login and a refresh get a 503, and nothing ends.
func TestBoundOutage(t *testing.T) {
	store := &proofStore{}
	site := newBoundSite(t, dpop.Options{Replays: store}, newMemory(t, 0))
	owner := newPhone(t, site)
	_, _, first := owner.post(t, "/login", nil)
	store.err = errors.New("no route to host")
	for _, path := range []string{"/login", "/refresh", "/logout"} {
		if status, body, _ := owner.post(t, path, refreshForm(first.Refresh)); status != 503 {
			t.Error(path, status, body)
		}
	}
	if text := site.log.String(); !strings.Contains(text, "level=ERROR") || !strings.Contains(text, "no route to host") {
		t.Error(text)
	}
	store.err = nil
	if status, body, _ := owner.post(t, "/refresh", refreshForm(first.Refresh)); status != 200 {
		t.Error(status, body)
	}
}

// A proofStore takes each proof for a new one, or fails.
type proofStore struct {
	err  error
	used int
}

func (s *proofStore) Use(context.Context, [32]byte, time.Time) (bool, error) {
	s.used++
	return true, s.err
}

// Only who has a session fills the store of used proofs: anybody can sign a proof.
func TestBoundStrangersUseNoProof(t *testing.T) {
	store := &proofStore{}
	site := newBoundSite(t, dpop.Options{Replays: store}, newMemory(t, 0))
	owner, thief := newPhone(t, site), newPhone(t, site)
	_, _, first := owner.post(t, "/login", nil)
	store.used = 0
	unknown := strings.Replace(first.Refresh, "jr1_", "jr1_A", 1)[:len(first.Refresh)]
	for _, token := range []string{"x", "", unknown, first.Refresh} {
		for _, path := range []string{"/refresh", "/logout"} {
			thief.post(t, path, refreshForm(token))
		}
	}
	if store.used != 0 {
		t.Error("strangers:", store.used)
	}
	owner.post(t, "/refresh", refreshForm(first.Refresh))
	owner.post(t, "/logout", refreshForm(first.Refresh))
	if store.used != 2 {
		t.Error("the owner:", store.used)
	}
}

// A proof is good once, whichever route it is for.
func TestBoundReplay(t *testing.T) {
	site := newBoundSite(t, dpop.Options{}, newMemory(t, 0))
	key, err := dpop.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	send := func(path, proof, refresh string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", path, strings.NewReader(refreshForm(refresh).Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("DPoP", proof)
		w := httptest.NewRecorder()
		w.Header().Set("Content-Length", "2") // of a handler outside, for another answer
		site.ServeHTTP(w, r)
		return w
	}
	refresh := ""
	for _, path := range []string{"/login", "/refresh"} {
		proof, err := key.Proof("POST", boundOrigin+path, "", "")
		if err != nil {
			t.Fatal(err)
		}
		first := send(path, proof, refresh)
		if first.Code != 200 || first.Header().Get("Cache-Control") != "no-store" {
			t.Fatal(path, first.Code, first.Body, first.Header())
		}
		refresh = aRefreshToken.FindString(first.Body.String())
		again := send(path, proof, refresh)
		if again.Code != 400 || strings.TrimSpace(again.Body.String()) != `{"error":"invalid_dpop_proof"}` || again.Header().Get("Content-Length") != "" {
			t.Error(path, "again:", again.Code, again.Body, again.Header())
		}
	}
}

// An issuer gets DPoP while browsers have sessions: these end, and their cookies are cleared.
func TestCookiesBeforeBound(t *testing.T) {
	store := newMemory(t, 0)
	before := newSessions(t, store, session.Options{})
	w := httptest.NewRecorder()
	if err := before.Login(w, httptest.NewRequest("POST", "/login", nil), "alice"); err != nil {
		t.Fatal(err)
	}
	old := refreshCookie + "=" + aRefreshToken.FindString(strings.Join(w.Header()["Set-Cookie"], "\n"))
	site := newBoundSite(t, dpop.Options{}, store)
	reached := false
	for name, h := range map[string]http.Handler{
		"Refresh": http.HandlerFunc(site.sessions.Refresh),
		"Handler": site.sessions.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { reached = true; w.WriteHeader(401) })),
	} {
		r := httptest.NewRequest("POST", "/", nil)
		r.Header.Set("Cookie", old)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if lines := w.Header()["Set-Cookie"]; w.Code != 401 || len(lines) != 2 || !strings.Contains(strings.Join(lines, "\n"), refreshCookie+"=; ") {
			t.Error(name, w.Code, lines)
		}
	}
	if !reached {
		t.Error("Handler does not pass the request on")
	}
}

// loginRequest returns a login with the proof of a new key.
func loginRequest(t *testing.T) *http.Request {
	t.Helper()
	key, err := dpop.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	proof, err := key.Proof("POST", boundOrigin+"/login", "", "")
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/login", nil)
	r.Header.Set("DPoP", proof)
	return r
}

// A login of a user whom the claims function locks out gets the answer of an app.
func TestBoundEndedByClaims(t *testing.T) {
	verifier, err := dpop.New(dpop.Options{Origins: []string{boundOrigin}})
	if err != nil {
		t.Fatal(err)
	}
	iss, err := issue.New[Claims](issue.Options{Bindings: []jwthttp.Binding{verifier}}, issue.HS256(secret))
	if err != nil {
		t.Fatal(err)
	}
	locked := func(context.Context, session.Session) (c Claims, err error) { return c, session.ErrEnded }
	s, err := session.New(iss, newMemory(t, 0), locked, session.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	tokens, err := s.StartBound(w, loginRequest(t), "", alice)
	const want = `{"error":"invalid_grant","error_description":"the session has ended"}`
	if tokens != nil || err != session.ErrEnded || w.Code != 400 || strings.TrimSpace(w.Body.String()) != want {
		t.Error(tokens, err, w.Code, w.Body)
	}
}

// An authenticate that fails has written the answer, and uses no proof.
func TestBoundAuthenticate(t *testing.T) {
	store := &proofStore{}
	site := newBoundSite(t, dpop.Options{Replays: store}, newMemory(t, 0))
	r, w := loginRequest(t), httptest.NewRecorder()
	wrong := errors.New("wrong password")
	tokens, err := site.sessions.StartBound(w, r, "", func() (string, error) {
		http.Error(w, "no", http.StatusForbidden)
		return "", wrong
	})
	if tokens != nil || err != wrong || w.Code != 403 || store.used != 0 {
		t.Error(tokens, err, w.Code, store.used)
	}
	if text := site.log.String(); !strings.Contains(text, "authenticate has refused the login: wrong password") {
		t.Error(text)
	}
}

func mapClaims(claims jwt.MapClaims) session.ClaimsFunc[jwt.MapClaims] {
	return func(context.Context, session.Session) (jwt.MapClaims, error) { return claims, nil }
}

// The claims of a bound session may not name another key.
func TestBoundClaims(t *testing.T) {
	verifier, err := dpop.New(dpop.Options{Origins: []string{boundOrigin}})
	if err != nil {
		t.Fatal(err)
	}
	iss, err := issue.New[jwt.MapClaims](issue.Options{Bindings: []jwthttp.Binding{verifier}}, issue.HS256(secret))
	if err != nil {
		t.Fatal(err)
	}
	claims := jwt.MapClaims{"cnf": map[string]any{"jkt": strings.Repeat("A", 43)}}
	s, err := session.New(iss, newMemory(t, 0), mapClaims(claims), session.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	r, w := loginRequest(t), httptest.NewRecorder()
	if _, err := s.StartBound(w, r, "", alice); !errors.Is(err, jwthttp.ErrMisconfigured) || w.Code != 500 {
		t.Error(err, w.Code)
	}
}
