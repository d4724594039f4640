package recipes

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/session"
)

// people are the users of a test, by their names. What is not true is locked.
type people map[string]bool

func (p people) Find(_ context.Context, id string) (User, error) {
	isFree, ok := p[id]
	if !ok {
		return User{}, errors.New("the database is down")
	}
	return User{ID: id, Name: strings.ToUpper(id[:1]) + id[1:], IsLocked: !isFree}, nil
}

func byName(r *http.Request) (string, bool) {
	return r.PostFormValue("user"), r.PostFormValue("password") == "correct"
}

var sessionSecret = []byte("a secret of 32 bytes for testing")

// fetch sends a form, or a GET if it is nil, and returns the status and the body.
func fetch(t *testing.T, c *http.Client, at string, form url.Values) (int, string) {
	t.Helper()
	method := "POST"
	if form == nil {
		method = "GET"
	}
	r, err := http.NewRequestWithContext(t.Context(), method, at, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Accept", "text/html")
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestBrowserSite(t *testing.T) {
	users := people{"alice": true, "bob": false}
	s := newService(sessionSecret, users)
	mux := http.NewServeMux()
	mux.Handle("/", browserSite(s, byName))
	mux.Handle("/devices", devices(s))
	mux.Handle("/devices/", devices(s))
	server := httptest.NewTLSServer(mux)
	defer server.Close()
	browser := server.Client()
	browser.Jar, _ = cookiejar.New(nil)
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	step := func(path string, form url.Values, status int, part string) {
		t.Helper()
		if got, body := fetch(t, browser, server.URL+path, form); got != status || !strings.Contains(body, part) {
			t.Fatalf("%s: %d %s, want %d %s", path, got, body, status, part)
		}
	}
	later := func() { browser.Jar.SetCookies(at, []*http.Cookie{{Name: "__Host-access", Path: "/", MaxAge: -1}}) }
	alice := url.Values{"user": {"alice"}, "password": {"correct"}}

	step("/", nil, 200, "Log in")
	step("/orders", nil, 401, "No access token was sent")
	step("/login", url.Values{"user": {"alice"}, "password": {"wrong"}}, 403, "wrong user")
	step("/login", url.Values{"user": {"bob"}, "password": {"correct"}}, 401, "The session has ended")
	step("/login", alice, 200, "Hello, Alice!")
	later()
	step("/orders", nil, 200, "Hello, alice!")

	other, err := s.sessions.Start(t.Context(), "alice", "phone")
	if err != nil {
		t.Fatal(err)
	}
	step("/devices", nil, 200, "phone")
	step("/devices/end-others", url.Values{}, 204, "")
	if all, err := s.sessions.List(t.Context(), "alice"); err != nil || len(all) != 1 || all[0].About == "phone" {
		t.Error(all, err, other)
	}

	later()
	delete(users, "alice")
	step("/orders", nil, 503, "temporarily_unavailable")
	users["alice"] = true
	step("/orders", nil, 200, "Hello, alice!")
	step("/logout", url.Values{}, 200, "Log in")

	step("/login", alice, 200, "Hello, Alice!")
	if _, err := s.sessions.Start(t.Context(), "alice", "phone"); err != nil {
		t.Fatal(err)
	}
	later()
	step("/devices/logout-everywhere", url.Values{}, 200, "Log in")
	if all, err := s.sessions.List(t.Context(), "alice"); err != nil || len(all) != 0 || len(browser.Jar.Cookies(at)) != 0 {
		t.Error(all, err, browser.Jar.Cookies(at))
	}

	step("/login", alice, 200, "Hello, Alice!")
	later()
	users["alice"] = false
	step("/", nil, 200, "Log in")
	if left := browser.Jar.Cookies(at); len(left) != 0 {
		t.Error(left)
	}
}

func TestAppBackend(t *testing.T) {
	users := people{"alice": true, "bob": false}
	s := newService(sessionSecret, users)
	server := httptest.NewServer(appBackend(s, byName))
	defer server.Close()
	login := func(user string) (int, string) {
		return fetch(t, http.DefaultClient, server.URL+"/token", url.Values{"user": {user}, "password": {"correct"}, "device": {"phone"}})
	}
	if status, body := login("bob"); status != 403 || !strings.Contains(body, "locked") {
		t.Error(status, body)
	}
	if status, body := login("carol"); status != 503 {
		t.Error(status, body)
	}
	if status, body := fetch(t, http.DefaultClient, server.URL+"/token", url.Values{"user": {"alice"}}); status != 403 {
		t.Error(status, body)
	}
	status, body := login("alice")
	var tokens session.Tokens
	if err := json.Unmarshal([]byte(body), &tokens); err != nil || status != 200 {
		t.Fatal(status, body)
	}
	hello := func(c *http.Client) {
		t.Helper()
		if status, body := fetch(t, c, server.URL+"/", nil); status != 200 || body != "Hello, alice!\n" {
			t.Error(status, body)
		}
	}
	hello(appClient(t.Context(), server.URL, tokens))
	tokens.ExpiresIn = -60 // as time does
	c := appClient(t.Context(), server.URL, tokens)
	hello(c)
	hello(c)
	if status, body := fetch(t, http.DefaultClient, server.URL+"/logout", url.Values{"refresh_token": {tokens.Refresh}}); status != 200 {
		t.Error(status, body)
	}
	if status, body := fetch(t, http.DefaultClient, server.URL+"/refresh", url.Values{"refresh_token": {tokens.Refresh}}); status != 400 || !strings.Contains(body, "invalid_grant") {
		t.Error(status, body)
	}
}

// What docs/sessions.md says of a way to see a thief found.
func TestThiefIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(sessionSecret, people{"alice": true})
		tokens, err := s.sessions.Start(t.Context(), "alice", "laptop")
		if err != nil {
			t.Fatal(err)
		}
		refresh := func(token string, status int) string {
			t.Helper()
			r := httptest.NewRequest("POST", "/refresh", strings.NewReader(url.Values{"refresh_token": {token}}.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			s.sessions.Refresh(w, r)
			var next session.Tokens
			if err := json.Unmarshal(w.Body.Bytes(), &next); err != nil || w.Code != status {
				t.Fatalf("%d %s, want %d", w.Code, w.Body, status)
			}
			return next.Refresh
		}
		first := tokens.Refresh
		second := refresh(first, 200)
		if same := refresh(second, 200); same != second {
			t.Error("a token that is younger than Grace has a successor")
		}
		time.Sleep(11 * time.Second) // Grace is 10 seconds
		second = refresh(first, 200) // on purpose: the answer may have been lost
		time.Sleep(11 * time.Second)
		third := refresh(second, 200)
		refresh(first, 400)
		refresh(third, 400) // the session is over for both
	})
}

// What docs/sessions.md says of a front end of another origin.
func TestOtherOrigin(t *testing.T) {
	const page = "https://app.example.com"
	for _, trusted := range [][]string{nil, {page}} {
		iss, err := issue.New[Claims](issue.Options{}, issue.HS256(sessionSecret))
		if err != nil {
			t.Fatal(err)
		}
		store, err := session.NewMemory(0)
		if err != nil {
			t.Fatal(err)
		}
		sessions, err := session.New(iss, store, func(context.Context, session.Session) (Claims, error) { return Claims{}, nil }, session.Options{TrustedOrigins: trusted})
		if err != nil {
			t.Fatal(err)
		}
		auth, err := jwthttp.New[Claims](iss, sessions.Options())
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		if err := sessions.Login(w, httptest.NewRequest("POST", "https://api.example.com/login", nil), "alice"); err != nil {
			t.Fatal(err)
		}
		cookies := map[string]string{}
		for _, c := range w.Result().Cookies() {
			cookies[c.Name] = c.Name + "=" + c.Value
		}
		h := withCORSAndCookies(sessions.Handler(auth.Handler(http.HandlerFunc(me))), trusted)
		post := func(line string) *httptest.ResponseRecorder {
			return send(h, "POST", "/", "Origin: "+page, "Sec-Fetch-Site: same-site", "Cookie: "+line)
		}
		if trusted != nil {
			wants(t, post(cookies["__Host-access"]), 200, "Hello, alice!")
			wants(t, post(cookies["__Host-refresh"]), 200, "Hello, alice!")
			continue
		}
		wants(t, post(cookies["__Host-access"]), 403, "")
		wants(t, post(cookies["__Host-refresh"]), 401, "No access token was sent")
		wants(t, send(h, "GET", "/", "Origin: "+page, "Sec-Fetch-Site: same-site", "Cookie: "+cookies["__Host-refresh"]), 200, "Hello, alice!")
	}
}

// A client with its key logs in, calls, refreshes and logs out. Without the key its tokens are of no use.
func TestBoundBackend(t *testing.T) {
	claims := func(_ context.Context, s session.Session) (Claims, error) {
		if s.Subject == "bob" {
			return Claims{}, session.ErrEnded
		}
		return Claims{Subject: s.Subject}, nil
	}
	server := httptest.NewUnstartedServer(nil)
	api := "http://" + server.Listener.Addr().String()
	server.Config.Handler = boundBackend(sessionSecret, api, claims, byName)
	server.Start()
	defer server.Close()
	owner, thief := newProver(api, newP256(t)), newProver(api, newP256(t))
	login := func(c *http.Client, user string) (int, string) {
		return fetch(t, c, api+"/token", url.Values{"user": {user}, "password": {"correct"}, "device": {"phone"}})
	}
	if status, body := login(owner, "bob"); status != 400 || !strings.Contains(body, "invalid_grant") {
		t.Error("a locked user:", status, body)
	}
	if status, body := login(http.DefaultClient, "alice"); status != 400 || !strings.Contains(body, "invalid_dpop_proof") {
		t.Error("a login without a proof:", status, body)
	}
	status, body := login(owner, "alice")
	var tokens session.Tokens
	if err := json.Unmarshal([]byte(body), &tokens); err != nil || status != 200 || tokens.Type != "DPoP" {
		t.Fatal(status, body)
	}
	call := func(who string, c *http.Client, want int) {
		t.Helper()
		ctx := context.WithValue(t.Context(), oauth2.HTTPClient, c)
		if status, body := fetch(t, appClient(ctx, api, tokens), api+"/", nil); status != want || want == 200 && body != "Hello, alice!\n" {
			t.Errorf("%s: %d %s", who, status, body)
		}
	}
	form := url.Values{"refresh_token": {tokens.Refresh}}
	call("the owner", owner, 200)
	call("a thief with a key", thief, 401)
	call("a thief without one", http.DefaultClient, 401)
	for path, want := range map[string]int{"/refresh": 400, "/logout": 200} { // the answers for a session that is over
		if status, body := fetch(t, thief, api+path, form); status != want {
			t.Error("a thief at", path, status, body)
		}
	}
	tokens.ExpiresIn = -60 // as time does
	call("the owner, who refreshes", owner, 200)
	if status, body := fetch(t, owner, api+"/logout", form); status != 200 {
		t.Error(status, body)
	}
	if status, body := fetch(t, owner, api+"/refresh", form); status != 400 || !strings.Contains(body, "invalid_grant") {
		t.Error(status, body)
	}
}
