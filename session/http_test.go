package session_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/session"
)

// The answers, whole.
const (
	attributes = "; HttpOnly; Secure; SameSite=Lax\n"
	bothSet    = "Set-Cookie: __Host-refresh=REFRESH; Path=/; Max-Age=N" + attributes + "Set-Cookie: __Host-access=ACCESS; Path=/; Max-Age=N" + attributes
	bothGone   = "Set-Cookie: __Host-access=; Path=/; Max-Age=0" + attributes + "Set-Cookie: __Host-refresh=; Path=/; Max-Age=0" + attributes

	problem = "Cache-Control: no-store\nContent-Type: application/problem+json\n"
	oauth   = "400\nCache-Control: no-store\nContent-Type: application/json\n\n"

	webRefreshed = "204\nCache-Control: no-store\n" + bothSet + "\n"
	appRefreshed = "200\nCache-Control: no-store\nContent-Type: application/json\n\n" +
		`{"access_token":"ACCESS","token_type":"Bearer","expires_in":N,"refresh_token":"REFRESH"}` + "\n"
	webEnded = "401\n" + problem + bothGone + `Www-Authenticate: Bearer realm="api", error="invalid_token", error_description="The session has ended"` + "\n\n" +
		`{"title":"Unauthorized","status":401,"detail":"The session has ended","error":"invalid_token"}` + "\n"
	appEnded       = oauth + `{"error":"invalid_grant","error_description":"the session has ended"}` + "\n"
	appTwo         = oauth + `{"error":"invalid_request","error_description":"send one refresh_token, and at most one grant_type"}` + "\n"
	appForm        = oauth + `{"error":"invalid_request","error_description":"the form is malformed, or has more than 4 KiB"}` + "\n"
	appOther       = oauth + `{"error":"invalid_request","error_description":"the body is not a form: send it as application/x-www-form-urlencoded"}` + "\n"
	appGrant       = oauth + `{"error":"unsupported_grant_type","error_description":"grant_type is refresh_token here"}` + "\n"
	webTwo         = "400\n" + problem + bothGone + webTwoRest
	webTwoRest     = `Www-Authenticate: Bearer realm="api", error="invalid_request", error_description="The request carries more than one refresh token, or a malformed one"` + "\n\n" + `{"title":"Bad Request","status":400,"detail":"The request carries more than one refresh token, or a malformed one","error":"invalid_request"}` + "\n"
	webForm        = "400\n" + problem + `Www-Authenticate: Bearer realm="api", error="invalid_request", error_description="The form is malformed, or has more than 4 KiB"` + "\n\n" + `{"title":"Bad Request","status":400,"detail":"The form is malformed, or has more than 4 KiB","error":"invalid_request"}` + "\n"
	crossOrigin    = "403\n" + problem + "\n" + `{"title":"Forbidden","status":403,"detail":"The request comes from another origin","error":"cross_origin"}` + "\n"
	unavailable    = "503\n" + problem + "Retry-After: 5\n\n" + `{"title":"Service Unavailable","status":503,"detail":"Sessions cannot be begun, refreshed or ended at the moment","error":"temporarily_unavailable"}` + "\n"
	misconfigured  = "500\n" + problem + "\n" + `{"title":"Internal Server Error","status":500,"detail":"The server is misconfigured","error":"server_error"}` + "\n"
	notAllowed     = "405\nAllow: POST\nContent-Type: text/plain; charset=utf-8\nX-Content-Type-Options: nosniff\n\nMethod Not Allowed\n"
	webLoggedOut   = "204\nCache-Control: no-store\n" + bothGone + "\n"
	webNavigated   = "303\nCache-Control: no-store\nLocation: /\n" + bothGone + "\n"
	appLoggedOut   = "200\nCache-Control: no-store\n\n"
	loggedIn       = "204\nCache-Control: no-store\n" + bothSet + "\n"
	foreign        = "Origin: https://evil.example.com"
	foreignByFetch = "Sec-Fetch-Site: cross-site"
)

var errDown = errors.New("connection refused")

// Every answer of Refresh and Logout, whole. LIVE is the token of a session, OLD the one before.
func TestAnswers(t *testing.T) {
	down := func(_ *site, store *tap) { store.failWith(errDown) }
	const cookie = "Cookie: " + refreshCookie + "="
	const multipart = "--b\r\nContent-Disposition: form-data; name=\"refresh_token\"\r\n\r\nLIVE\r\n--b--\r\n"
	for _, tc := range []struct {
		name   string
		before func(s *site, store *tap)
		method string
		path   string
		form   string
		fields []string
		want   string
	}{
		{"browser", nil, "POST", "/refresh", "", []string{cookie + "LIVE"}, webRefreshed},
		{"browser, a form of a page", nil, "POST", "/refresh", "csrf=1", []string{cookie + "LIVE"}, webRefreshed},
		{"browser, own origin", nil, "POST", "/refresh", "", []string{cookie + "LIVE", "Origin: HOST", "Sec-Fetch-Site: same-origin"}, webRefreshed},
		{"browser, trusted origin", nil, "POST", "/refresh", "", []string{cookie + "LIVE", "Origin: https://www.example.com", "Sec-Fetch-Site: same-site"}, webRefreshed},
		{"browser, Authorization is not read", nil, "POST", "/refresh", "", []string{cookie + "LIVE", "Authorization: Bearer x"}, webRefreshed},
		{"browser, no cookie", nil, "POST", "/refresh", "", nil, webEnded},
		{"browser, an empty cookie", nil, "POST", "/refresh", "", []string{cookie}, webEnded},
		{"browser, malformed", nil, "POST", "/refresh", "", []string{cookie + "x"}, webEnded},
		{"browser, store is down", down, "POST", "/refresh", "", []string{cookie + "LIVE"}, unavailable},
		{"browser, another origin", nil, "POST", "/refresh", "", []string{cookie + "LIVE", foreign}, crossOrigin},
		{"browser, another site", nil, "POST", "/refresh", "", []string{cookie + "LIVE", foreignByFetch}, crossOrigin},
		{"browser, another origin without cookie", nil, "POST", "/refresh", "", []string{foreign}, crossOrigin},
		{"browser, a form of another origin without cookie", nil, "POST", "/refresh", "a=b", []string{foreign, foreignByFetch}, crossOrigin},
		{"browser, another origin, store is down", down, "POST", "/refresh", "", []string{cookie + "LIVE", foreign}, crossOrigin},
		{"browser, two cookies", nil, "POST", "/refresh", "", []string{cookie + "LIVE; " + refreshCookie + "=LIVE"}, webTwo},
		{"browser, two lines", nil, "POST", "/refresh", "", []string{cookie + "LIVE", cookie + "OLD"}, webTwo},
		{"browser, a cookie that RFC 6265 forbids", nil, "POST", "/refresh", "", []string{cookie + `a"b`}, webTwo},
		{"browser, cookie and body", nil, "POST", "/refresh", "refresh_token=LIVE", []string{cookie + "LIVE"}, webTwo},
		{"browser, cookie and grant", nil, "POST", "/refresh", "grant_type=refresh_token", []string{cookie + "LIVE"}, webTwo},
		{"browser, two from another origin", nil, "POST", "/refresh", "refresh_token=LIVE", []string{cookie + "LIVE", foreign}, crossOrigin},
		{"browser, two cookies of another origin", nil, "POST", "/refresh", "", []string{cookie + "1; " + refreshCookie + "=2", foreign}, crossOrigin},
		{"GET", nil, "GET", "/refresh", "", []string{cookie + "LIVE"}, notAllowed},
		{"PUT", nil, "PUT", "/refresh", "refresh_token=LIVE", nil, notAllowed},
		{"DELETE of logout", nil, "DELETE", "/logout", "", []string{cookie + "LIVE"}, notAllowed},
		{"GET of logout", nil, "GET", "/logout", "", []string{cookie + "LIVE"}, notAllowed},

		{"app", nil, "POST", "/refresh", "grant_type=refresh_token&refresh_token=LIVE", nil, appRefreshed},
		{"app, no grant", nil, "POST", "/refresh", "refresh_token=LIVE", nil, appRefreshed},
		{"app, client authentication", nil, "POST", "/refresh", "grant_type=refresh_token&refresh_token=LIVE&client_id=a&client_secret=b", []string{"Authorization: Basic YTpi"}, appRefreshed},
		{"app, another origin", nil, "POST", "/refresh", "refresh_token=LIVE", []string{foreign, foreignByFetch}, appRefreshed},
		{"app, access cookie", nil, "POST", "/refresh", "refresh_token=LIVE", []string{"Cookie: " + accessCookie + "=x"}, appRefreshed},
		{"app, empty refresh cookie", nil, "POST", "/refresh", "refresh_token=LIVE", []string{cookie}, appRefreshed},
		{"app, 4 KiB", nil, "POST", "/refresh", "refresh_token=LIVE&a=" + strings.Repeat("x", 4096-68-len("refresh_token=&a=")), nil, appRefreshed},
		{"app, more than 4 KiB", nil, "POST", "/refresh", "refresh_token=LIVE&a=" + strings.Repeat("x", 4097-68-len("refresh_token=&a=")), nil, appForm},
		{"app, more than 4 KiB without a token", nil, "POST", "/refresh", strings.Repeat("x", 5000), nil, appForm},
		{"app, two", nil, "POST", "/refresh", "refresh_token=LIVE&refresh_token=LIVE", nil, appTwo},
		{"app, two grants", nil, "POST", "/refresh", "refresh_token=LIVE&grant_type=refresh_token&grant_type=refresh_token", nil, appTwo},
		{"app, grant alone", nil, "POST", "/refresh", "grant_type=refresh_token", nil, appTwo},
		{"app, broken escape", nil, "POST", "/refresh", "refresh_token=%zz", nil, appForm},
		{"app, broken query", nil, "POST", "/refresh?x=%zz", "refresh_token=LIVE", nil, appRefreshed},
		{"app, a semicolon in the query", nil, "POST", "/refresh?a;b", "refresh_token=LIVE", nil, appRefreshed},
		{"app, another token in the query", nil, "POST", "/refresh?refresh_token=x", "refresh_token=LIVE", nil, appRefreshed},
		{"app, a form with a charset", nil, "POST", "/refresh", "refresh_token=LIVE", []string{"Content-Type: Application/X-WWW-Form-Urlencoded; charset=utf-8"}, appRefreshed},
		{"app, JSON", nil, "POST", "/refresh", `{"refresh_token":"LIVE"}`, []string{"Content-Type: application/json"}, appOther},
		{"app, JSON of another origin", nil, "POST", "/refresh", `{"refresh_token":"LIVE"}`, []string{"Content-Type: application/json", foreign}, appOther},
		{"app, multipart", nil, "POST", "/refresh", multipart, []string{"Content-Type: multipart/form-data; boundary=b"}, appOther},
		{"app, no Content-Type", nil, "POST", "/refresh", "refresh_token=LIVE", []string{"Content-Type: "}, appOther},
		{"app, a Content-Type that is malformed", nil, "POST", "/refresh", "refresh_token=LIVE", []string{"Content-Type: application/x-www-form-urlencoded; a=b; a=c"}, appOther},
		{"app, a Content-Type that is too long", nil, "POST", "/refresh", "refresh_token=LIVE", []string{"Content-Type: application/x-www-form-urlencoded; a=" + strings.Repeat("b", 256)}, appOther},
		{"browser, no cookie, no body of another kind", nil, "POST", "/refresh", "", []string{"Content-Type: application/json"}, webEnded},
		{"browser, JSON beside the cookie", nil, "POST", "/refresh", `{}`, []string{"Content-Type: application/json", cookie + "LIVE"}, webRefreshed},
		{"browser, broken form", nil, "POST", "/refresh", "csrf=%zz", []string{cookie + "LIVE"}, webForm},
		{"browser, more than 4 KiB", nil, "POST", "/refresh", "csrf=" + strings.Repeat("x", 5000), []string{cookie + "LIVE"}, webForm},
		{"browser, broken form of another origin", nil, "POST", "/refresh", "csrf=%zz", []string{cookie + "LIVE", foreign}, crossOrigin},
		{"browser, broken query", nil, "POST", "/refresh?x=%zz", "csrf=1", []string{cookie + "LIVE"}, webRefreshed},
		{"browser, token in the query", nil, "POST", "/refresh?refresh_token=LIVE", "csrf=1", []string{cookie + "LIVE"}, webRefreshed},
		{"app, token in the query", nil, "POST", "/refresh?refresh_token=LIVE", "grant_type=refresh_token", nil, appTwo},
		{"app, another grant", nil, "POST", "/refresh", "grant_type=password&refresh_token=LIVE", nil, appGrant},
		{"app, malformed", nil, "POST", "/refresh", "refresh_token=x", nil, appEnded},
		{"app, empty", nil, "POST", "/refresh", "refresh_token=", nil, appEnded},
		{"app, store is down", down, "POST", "/refresh", "refresh_token=LIVE", nil, unavailable},
		{"app, malformed while the store is down", down, "POST", "/refresh", "refresh_token=x", nil, appEnded},

		{"logout of a browser", nil, "POST", "/logout", "", []string{cookie + "LIVE"}, webLoggedOut},
		{"logout of a browser, old token", nil, "POST", "/logout", "", []string{cookie + "OLD"}, webLoggedOut},
		{"logout of a browser, no cookie", nil, "POST", "/logout", "", nil, webLoggedOut},
		{"logout of a browser, malformed", nil, "POST", "/logout", "", []string{cookie + "x"}, webLoggedOut},
		{"logout of a browser, malformed while the store is down", down, "POST", "/logout", "", []string{cookie + "x"}, webLoggedOut},
		{"logout of a form", nil, "POST", "/logout", "csrf=1", []string{cookie + "LIVE", "Sec-Fetch-Mode: navigate"}, webNavigated},
		{"logout of an old browser's form", nil, "POST", "/logout", "csrf=1", []string{cookie + "LIVE", "Accept: text/html,*/*"}, webNavigated},
		{"logout, store is down", down, "POST", "/logout", "", []string{cookie + "LIVE"}, unavailable},
		{"logout of a form, store is down", down, "POST", "/logout", "", []string{cookie + "LIVE", "Sec-Fetch-Mode: navigate"}, unavailable},
		{"logout from another origin", nil, "POST", "/logout", "", []string{cookie + "LIVE", foreign}, crossOrigin},
		{"logout from another origin without cookie", nil, "POST", "/logout", "a=b", []string{foreign, "Sec-Fetch-Mode: navigate"}, crossOrigin},
		{"logout, two cookies", nil, "POST", "/logout", "", []string{cookie + "LIVE; " + refreshCookie + "=OLD"}, webTwo},
		{"logout, cookie and body", nil, "POST", "/logout", "refresh_token=LIVE", []string{cookie + "LIVE"}, webTwo},
		{"logout of an app", nil, "POST", "/logout", "refresh_token=LIVE", nil, appLoggedOut},
		{"logout, broken query", nil, "POST", "/logout?x=%zz", "csrf=1", []string{cookie + "LIVE"}, webLoggedOut},
		{"logout, a semicolon in the query", nil, "POST", "/logout?a;b", "csrf=1", []string{cookie + "LIVE"}, webLoggedOut},
		{"logout, broken form", nil, "POST", "/logout", "csrf=%zz", []string{cookie + "LIVE"}, webForm},
		{"logout, more than 4 KiB", nil, "POST", "/logout", "csrf=" + strings.Repeat("x", 5000), []string{cookie + "LIVE"}, webForm},
		{"logout of an app, JSON", nil, "POST", "/logout", `{"refresh_token":"LIVE"}`, []string{"Content-Type: application/json"}, appOther},
		{"logout of an app, multipart", nil, "POST", "/logout", multipart, []string{"Content-Type: multipart/form-data; boundary=b"}, appOther},
		{"logout of an app, no Content-Type", nil, "POST", "/logout", "refresh_token=LIVE", []string{"Content-Type: "}, appOther},
		{"logout of an app, old token", nil, "POST", "/logout", "refresh_token=OLD", nil, appLoggedOut},
		{"logout of an app, malformed", nil, "POST", "/logout", "refresh_token=x", nil, appLoggedOut},
		{"logout of an app, another origin", nil, "POST", "/logout", "refresh_token=LIVE", []string{foreign}, appLoggedOut},
		{"logout of an app, as RFC 7009 names it", nil, "POST", "/logout", "token=LIVE&token_type_hint=refresh_token", nil, appLoggedOut},
		{"logout of an app, two of RFC 7009", nil, "POST", "/logout", "token=LIVE&token=OLD", nil, appTwo},
		{"logout of a script whose field has the name", nil, "POST", "/logout", "token=x", []string{cookie + "LIVE"}, webLoggedOut},
		{"logout of an app that takes pages", nil, "POST", "/logout", "token=LIVE", []string{"Accept: text/html, image/gif, image/jpeg, */*; q=0.2"}, appLoggedOut},
		{"logout of an app, two names", nil, "POST", "/logout", "refresh_token=LIVE&token=OLD", nil, appTwo},
		{"logout of a script whose field has the name, without a refresh cookie", nil, "POST", "/logout", "token=x", []string{"Cookie: " + accessCookie + "=x"}, webLoggedOut},
		{"logout of a form whose field has the name", nil, "POST", "/logout", "token=x", []string{"Sec-Fetch-Mode: navigate"}, webNavigated},
		{"app, a token of RFC 7009", nil, "POST", "/refresh", "token=LIVE", nil, webEnded},
		{"logout of an app, two", nil, "POST", "/logout", "refresh_token=LIVE&refresh_token=OLD", nil, appTwo},
		{"logout of an app, store is down", down, "POST", "/logout", "refresh_token=LIVE", nil, unavailable},
	} {
		t.Run(tc.name, func(t *testing.T) {
			store := newTap(t)
			s := setup{store: store, opts: session.Options{TrustedOrigins: []string{"https://www.example.com"}}}.start(t)
			old := s.start(t)
			live := s.app(t, old).refreshToken(t)
			if tc.before != nil {
				tc.before(s, store)
			}
			fill := strings.NewReplacer("LIVE", live, "OLD", old, "HOST", s.URL)
			fields := slices.Clone(tc.fields)
			for i := range fields {
				fields[i] = fill.Replace(fields[i])
			}
			if got := s.send(t, tc.method, fill.Replace(tc.path), fill.Replace(tc.form), fields...).shape(); got != tc.want {
				t.Fatalf("got:\n%s\nwant:\n%s", got, tc.want)
			}
			// The session has ended if a logout has succeeded, and else it lives.
			store.failWith(nil)
			isOut := strings.Contains(fill.Replace(tc.form)+strings.Join(fields, ""), "jr1_") && slices.Contains([]string{webLoggedOut, webNavigated, appLoggedOut}, tc.want)
			all, err := s.sessions.List(t.Context(), "alice")
			if err != nil || len(all) == 1 == isOut {
				t.Errorf("%d sessions, %v", len(all), err)
			}
		})
	}
}

// states are tokens of sessions that are over, with the calls of the store that their refresh takes.
var states = []struct {
	name  string
	make  func(t *testing.T, s *site, store *tap) string
	calls string
}{
	{"unknown", func(t *testing.T, _ *site, _ *tap) string { return setup{}.start(t).start(t) }, "Load"},
	{"idle", func(t *testing.T, s *site, store *tap) string {
		token := s.start(t)
		store.wait(20 * time.Hour)
		return token
	}, "Load"},
	{"over", func(t *testing.T, s *site, store *tap) string {
		token := s.start(t)
		for range 2 {
			store.wait(9 * time.Hour)
			token = s.app(t, token).refreshToken(t)
		}
		store.wait(6 * time.Hour)
		return token
	}, "Load"},
	{"ended", func(t *testing.T, s *site, _ *tap) string {
		token := s.start(t)
		s.send(t, "POST", "/logout", "refresh_token="+token)
		return token
	}, "Load"},
	{"reused", func(t *testing.T, s *site, store *tap) string {
		token := s.start(t)
		next := s.app(t, token).refreshToken(t)
		store.wait(time.Minute)
		s.app(t, next)
		return token
	}, "Load Swap Delete"},
	{"ended, not completed", func(t *testing.T, s *site, store *tap) string {
		token := s.start(t)
		store.before = func(call string) error {
			if call == "Delete" {
				return errDown
			}
			return nil
		}
		s.send(t, "POST", "/logout", "refresh_token="+token)
		store.before = nil
		return token
	}, "Load Delete"},
}

// A client cannot tell why its session is over, and a clock cannot tell unknown from idle from over.
func TestEndedAnswersAreEqual(t *testing.T) {
	for _, tc := range states {
		t.Run(tc.name, func(t *testing.T) {
			for _, c := range []struct {
				name    string
				refresh func(*site, *testing.T, string) reply
				want    string
			}{{"browser", (*site).web, webEnded}, {"app", (*site).app, appEnded}} {
				store := newTap(t)
				s := setup{store: store, opts: session.Options{Idle: 12 * time.Hour, MaxLifetime: 24 * time.Hour}}.start(t)
				token := tc.make(t, s, store)
				store.taken()
				if got := c.refresh(s, t, token).whole; got != c.want {
					t.Errorf("%s: got:\n%s\nwant:\n%s", c.name, got, c.want)
				}
				if got := store.taken(); got != tc.calls {
					t.Errorf("%s: %s, want %s", c.name, got, tc.calls)
				}
				if all, err := s.sessions.List(t.Context(), "alice"); len(all) != 0 || err != nil {
					t.Errorf("%s: %d sessions, %v", c.name, len(all), err)
				}
			}
		})
	}
}

// What is not exactly a refresh token is that of an ended session, without a call of the store.
func TestMalformedTokens(t *testing.T) {
	store := newTap(t)
	s := setup{store: store}.start(t)
	token := s.start(t)
	store.taken()
	flipped := token[:len(token)-1] + map[bool]string{true: "B", false: "A"}[token[len(token)-1] == 'A']
	for name, text := range map[string]string{
		"empty":                  "",
		"the prefix":             "jr1_",
		"without the prefix":     token[4:],
		"another prefix":         "jr2_" + token[4:],
		"the prefix in capitals": "JR1_" + token[4:],
		"too short":              token[:len(token)-1],
		"too long":               token + "A",
		"padding":                token + "=",
		"padding in place":       token[:len(token)-1] + "=",
		"the other alphabet":     token[:20] + "+" + token[21:],
		"a slash":                token[:20] + "/" + token[21:],
		"a space in it":          token[:20] + " " + token[21:],
		"a newline in it":        token[:20] + "\n" + token[21:],
		"a space after":          token + " ",
		"a NUL":                  token[:20] + "\x00" + token[21:],
		"not ASCII":              token[:20] + "é" + token[22:],
		"a JWT":                  "eyJhbGciOiJIUzI1NiJ9.e30.AAAA",
		"twice":                  token + token,
	} {
		if got := s.app(t, text).whole; got != appEnded {
			t.Errorf("%s: %s", name, got)
		}
		if !strings.ContainsAny(text, " \n\x00é") { // the others are no values of a cookie
			if got := s.web(t, text).whole; got != webEnded {
				t.Errorf("%s in a cookie: %s", name, got)
			}
		}
	}
	if calls := store.taken(); calls != "" {
		t.Error(calls)
	}
	// With one bit changed it is well-formed: of the family, and never given out. That is reuse.
	if got := s.app(t, flipped).whole; got != appEnded {
		t.Error(got)
	}
	if got := store.taken(); got != "Load Swap Delete" {
		t.Error(got)
	}
}

// Handlers that are called without a server have no body.
func TestRefreshWithoutBody(t *testing.T) {
	s := setup{}.start(t)
	w := httptest.NewRecorder()
	s.sessions.Refresh(w, &http.Request{Method: "POST", URL: &url.URL{}, Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}})
	if w.Code != http.StatusUnauthorized {
		t.Error(w.Code)
	}
}

// A body whose length is not known may be empty. One that another handler has read is, too.
func TestRefreshOfABodyThatWasRead(t *testing.T) {
	s := setup{}.start(t)
	for _, tc := range []struct {
		name, kind, body string
		before           func(r *http.Request)
		want             int
	}{
		{"of unknown length, empty", "application/json", "", func(*http.Request) {}, 401},
		{"of unknown length, JSON", "application/json", `{"refresh_token":"LIVE"}`, func(*http.Request) {}, 400},
		{"a form that was read", "application/x-www-form-urlencoded", "refresh_token=LIVE", func(r *http.Request) { r.FormValue("csrf") }, 200},
		{"JSON that was read", "application/json", `{}`, func(r *http.Request) { io.ReadAll(r.Body) }, 401},
	} {
		r := httptest.NewRequest("POST", "/refresh", struct{ io.Reader }{strings.NewReader(strings.ReplaceAll(tc.body, "LIVE", s.start(t)))})
		r.Header.Set("Content-Type", tc.kind)
		tc.before(r)
		w := httptest.NewRecorder()
		s.sessions.Refresh(w, r)
		if w.Code != tc.want {
			t.Errorf("%s: %d %s", tc.name, w.Code, w.Body)
		}
	}
}

// A form that cannot be read is no reason to log a browser out, and none to say so.
func TestABrokenFormKeepsTheSession(t *testing.T) {
	for _, path := range []string{"/refresh", "/logout"} {
		s := setup{}.start(t)
		token := s.start(t)
		for _, form := range []string{"csrf=%zz", "csrf=" + strings.Repeat("x", 5000)} {
			if got := s.send(t, "POST", path, form, "Cookie: "+refreshCookie+"="+token); got.whole != webForm {
				t.Error(path, got.whole)
			}
		}
		if got := s.web(t, token); got.StatusCode != 204 {
			t.Error(path, got.whole)
		}
	}
}

// AllowInsecureHTTP is for this machine: another Host gets no cookie, and a log says how to mend it.
func TestLoopbackOnly(t *testing.T) {
	for _, tc := range []struct {
		name, host string
		insecure   bool
		form       string
		ok         bool
	}{
		{"this machine", "localhost:8080", true, "", true},
		{"this machine by number", "127.0.0.1", true, "", true},
		{"another machine", "app.example.com", true, "", false},
		{"another machine, a form of a page", "app.example.com:8080", true, "csrf=1", false},
		{"another machine, cookie and token", "app.example.com", true, "refresh_token=x", false},
		{"another machine over TLS", "app.example.com", false, "", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var log bytes.Buffer
			store := newTap(t)
			s := setup{store: store, opts: session.Options{AllowInsecureHTTP: tc.insecure, Logger: slog.New(slog.NewTextHandler(&log, nil))}}.start(t)
			name := refreshCookie
			if tc.insecure {
				name = "refresh"
			}
			next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !tc.ok {
					t.Error("next runs")
				}
				w.WriteHeader(http.StatusNoContent)
			})
			for i, h := range []http.HandlerFunc{
				s.sessions.Handler(next).ServeHTTP, s.sessions.Refresh, s.sessions.Logout,
				func(w http.ResponseWriter, r *http.Request) {
					if err := s.sessions.Login(w, r, "alice"); err == nil {
						w.WriteHeader(http.StatusNoContent)
					} else if !errors.Is(err, jwthttp.ErrUnavailable) {
						t.Error(err)
					}
				},
			} {
				token := s.start(t)
				store.taken()
				r := httptest.NewRequest("POST", "http://"+tc.host+"/", strings.NewReader(tc.form))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.Header.Set("Cookie", name+"="+token)
				w := httptest.NewRecorder()
				h(w, r)
				switch {
				case tc.ok && w.Code != 204:
					t.Error(i, w.Code, w.Body)
				case !tc.ok && (w.Code != 503 || w.Header()["Set-Cookie"] != nil || store.taken() != ""):
					t.Error(i, w.Code, w.Header(), w.Body)
				}
			}
			const want = "level=ERROR msg=\"session: the check of the Host failed, so what needs it gets a 503\" err=\"jwthttp: temporarily unavailable: " +
				"cookie: Options.AllowInsecureHTTP is set and the Host is not this machine: serve TLS and remove the option\"\n"
			if _, record, _ := strings.Cut(log.String(), " "); !tc.ok && record != want || tc.ok && record != "" {
				t.Error(record)
			}
		})
	}
	t.Run("an app", func(t *testing.T) { // its tokens are in no cookie, as those of a Bearer header
		s := setup{opts: session.Options{AllowInsecureHTTP: true}}.start(t)
		r := httptest.NewRequest("POST", "http://app.example.com/", strings.NewReader("refresh_token="+s.start(t)))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		s.sessions.Refresh(w, r)
		if w.Code != 200 {
			t.Error(w.Code, w.Body)
		}
	})
}

// The cookies last as long as what they hold, and the access cookie ends before its token.
func TestCookieLifetimes(t *testing.T) {
	for _, tc := range []struct {
		lifetime time.Duration
		access   string
	}{
		{24 * time.Hour, "Max-Age=3570"}, // the session is idle before
		{15 * time.Minute, "Max-Age=870"},
		{5 * time.Minute, "Max-Age=270"},
		{time.Minute, "Max-Age=54"},
		{10 * time.Second, "Max-Age=9"},
		{5 * time.Second, "Max-Age=4"},
		{2 * time.Second, "Max-Age=1"},
	} {
		t.Run(tc.lifetime.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				iss, err := issue.New[Claims](issue.Options{Lifetime: tc.lifetime}, issue.HS256(secret))
				if err != nil {
					t.Fatal(err)
				}
				s, err := session.New(iss, newMemory(t, 0), noClaims, session.Options{Idle: time.Hour, MaxLifetime: 90 * time.Minute})
				if err != nil {
					t.Fatal(err)
				}
				w := httptest.NewRecorder()
				if err := s.Login(w, httptest.NewRequest("POST", "/login", nil), "alice"); err != nil {
					t.Fatal(err)
				}
				lines := w.Header()["Set-Cookie"]
				if len(lines) != 2 || !strings.Contains(lines[0], "Max-Age=3600;") || !strings.Contains(lines[1], tc.access+";") {
					t.Fatal(lines)
				}
				time.Sleep(59 * time.Minute) // and the end of the session does not move
				r := httptest.NewRequest("POST", "/refresh", nil)
				r.Header.Set("Cookie", refreshCookie+"="+aRefreshToken.FindString(lines[0]))
				w = httptest.NewRecorder()
				s.Refresh(w, r)
				if lines := w.Header()["Set-Cookie"]; len(lines) != 2 || !strings.Contains(lines[0], "Max-Age=1860;") {
					t.Error(lines)
				}
			})
		})
	}
}

// In the last second of a session there is no access cookie, since it would be over at once.
func TestCookieOfTheLastSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSessions(t, newMemory(t, 0), session.Options{Idle: time.Second})
		w := httptest.NewRecorder()
		if err := s.Login(w, httptest.NewRequest("POST", "/login", nil), "alice"); err != nil {
			t.Fatal(err)
		}
		if lines := w.Header()["Set-Cookie"]; len(lines) != 2 || !strings.Contains(lines[0], "Max-Age=1;") || !strings.Contains(lines[1], "Max-Age=0;") {
			t.Error(lines)
		}
	})
}

// Login begins a session, and ends the one that the browser had.
func TestLogin(t *testing.T) {
	const cookie = "Cookie: " + refreshCookie + "="
	for _, tc := range []struct {
		name   string
		fields []string
		want   string
		ended  bool // the session that the browser had
	}{
		{"first", nil, loggedIn, false},
		{"own origin", []string{"Origin: HOST"}, loggedIn, false},
		{"again", []string{cookie + "LIVE"}, loggedIn, true},
		{"again with an old token", []string{cookie + "OLD"}, loggedIn, true},
		{"a malformed cookie", []string{cookie + "x"}, loggedIn, false},
		{"a cookie that RFC 6265 forbids", []string{cookie + `"`}, loggedIn, false},
		{"two cookies", []string{cookie + "LIVE; " + refreshCookie + "=LIVE"}, loggedIn, false},
		{"another origin", []string{foreign}, crossOrigin, false},
		{"another origin with a cookie", []string{foreign, cookie + "LIVE"}, crossOrigin, false},
		{"another site", []string{foreignByFetch}, crossOrigin, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := setup{}.start(t)
			old := s.start(t)
			live := s.app(t, old).refreshToken(t)
			fill := strings.NewReplacer("LIVE", live, "OLD", old, "HOST", s.URL)
			fields := []string{"User-Agent: Firefox"}
			for _, field := range tc.fields {
				fields = append(fields, fill.Replace(field))
			}
			got := s.send(t, "POST", "/login", "user=alice", fields...)
			if got.shape() != tc.want {
				t.Fatalf("got:\n%s\nwant:\n%s", got.shape(), tc.want)
			}
			all, err := s.sessions.List(t.Context(), "alice")
			if err != nil {
				t.Fatal(err)
			}
			var abouts []string
			for _, one := range all {
				abouts = append(abouts, one.About)
			}
			slices.Sort(abouts)
			want := "[Firefox phone]"
			if tc.ended {
				want = "[Firefox]"
			} else if tc.want != loggedIn {
				want = "[phone]"
			}
			if fmt.Sprint(abouts) != want {
				t.Errorf("%v, want %s", abouts, want)
			}
			if isLive := s.app(t, live).StatusCode == 200; isLive == tc.ended {
				t.Errorf("the old session lives: %v", isLive)
			}
			if tc.want == loggedIn {
				if next := s.web(t, got.refreshToken(t)); next.StatusCode != 204 {
					t.Error(next.whole)
				}
			}
		})
	}
}

// A login that fails sets nothing and ends nothing.
func TestLoginFails(t *testing.T) {
	var claims func(context.Context) (Claims, error)
	signer := newSigner(t)
	for _, tc := range []struct {
		name string
		fail func(store *tap)
		want string
	}{
		{"store", func(store *tap) { store.failWith(errDown) }, unavailable},
		{"store, at the swap of the new", func(store *tap) {
			store.before = func(call string) error {
				if call == "Swap" {
					return errDown
				}
				return nil
			}
		}, unavailable},
		{"claims function", func(*tap) { claims = failing(errDown) }, unavailable},
		{"signer", func(*tap) { signer.err.Store(&errDown) }, unavailable},
		{"claims that contradict", func(*tap) {
			claims = func(context.Context) (Claims, error) {
				return Claims{Subject: "bob"}, nil
			}
		}, misconfigured},
		{"claims that are too large for a cookie", func(*tap) { claims = tooLarge }, misconfigured},
		{"a locked user", func(*tap) { claims = failing(fmt.Errorf("locked: %w", session.ErrEnded)) }, strings.Replace(webEnded, bothGone, "", 1)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			claims = nil
			signer.err.Store(nil)
			store := newTap(t)
			s := setup{store: store, key: signer.key(), claims: func(ctx context.Context, _ session.Session) (c Claims, err error) {
				if claims != nil {
					return claims(ctx)
				}
				return c, nil
			}}.start(t)
			token := s.start(t)
			tc.fail(store)
			if got := s.send(t, "POST", "/login", "user=alice", "Cookie: "+refreshCookie+"="+token).shape(); got != tc.want {
				t.Fatalf("got:\n%s\nwant:\n%s", got, tc.want)
			}
			claims = nil
			signer.err.Store(nil)
			store.failWith(nil)
			if all, err := s.sessions.List(t.Context(), "alice"); err != nil || len(all) != 1 {
				t.Errorf("%v %v", all, err)
			}
			if got := s.web(t, token); got.StatusCode != 204 {
				t.Error(got.whole)
			}
		})
	}
}

func failing(err error) func(context.Context) (Claims, error) {
	return func(context.Context) (c Claims, _ error) { return c, err }
}

func tooLarge(context.Context) (Claims, error) {
	return Claims{Role: strings.Repeat("x", 3000)}, nil
}

// Whether a token fits a cookie is known before the session is written, to the byte.
func TestLargestCookie(t *testing.T) {
	role := ""
	s := setup{claims: func(context.Context, session.Session) (Claims, error) { return Claims{Role: role}, nil }}.start(t).sessions
	counts := map[int]int{}
	for size := 2700; size < 2900; size++ {
		role = strings.Repeat("x", size)
		w := httptest.NewRecorder()
		w.Code = http.StatusNoContent
		err := s.Login(w, httptest.NewRequest("POST", "/", nil), fmt.Sprint(size))
		all, errList := s.List(t.Context(), fmt.Sprint(size))
		if lines := w.Header()["Set-Cookie"]; err == nil != (len(all) == 1) || err == nil != (len(lines) == 2) || errList != nil {
			t.Fatalf("%d: %v, %d sessions, %d cookies", size, err, len(all), len(lines))
		}
		counts[w.Code]++
	}
	if counts[204] < 10 || counts[500] < 10 {
		t.Error(counts)
	}
}

// A signer is a key at a service that may fail and stall.
type signer struct {
	*ecdsa.PrivateKey
	err    atomic.Pointer[error]
	stalls atomic.Bool
}

func newSigner(t testing.TB) *signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &signer{PrivateKey: key}
}

func (s *signer) key() *issue.Key {
	key := issue.NewKey(jwt.SigningMethodES256, s)
	return &key
}

func (s *signer) SignContext(ctx context.Context, random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if err := s.err.Load(); err != nil {
		return nil, *err
	}
	if s.stalls.Load() {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return s.Sign(random, digest, opts)
}

// While the store, the claims function or the signer fails, nothing is written, no cookie is cleared,
// and the session lives on.
func TestOutage(t *testing.T) {
	otherService, err := jwthttp.New[Claims](jwthttp.HS256(secret), jwthttp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, errRefused := otherService.Verify(t.Context(), "x")
	type parts struct {
		store  *tap
		signer *signer
		claims atomic.Pointer[func(context.Context) (Claims, error)]
	}
	claims := func(f func(context.Context) (Claims, error)) func(*parts) {
		return func(p *parts) { p.claims.Store(&f) }
	}
	call := func(name string) func(*parts) {
		return func(p *parts) {
			p.store.before = func(call string) error {
				if call == name {
					return errDown
				}
				return nil
			}
		}
	}
	for _, tc := range []struct {
		name string
		fail func(*parts)
		want string
	}{
		{"the store", func(p *parts) { p.store.failWith(errDown) }, unavailable},
		{"its Load", call("Load"), unavailable},
		{"its Swap", call("Swap"), unavailable},
		{"the claims function", claims(failing(errDown)), unavailable},
		{"the claims function, with a refused token of another service", claims(failing(errRefused)), unavailable},
		{"the claims function, with a refusal", claims(failing(jwthttp.ErrForbidden)), unavailable},
		{"the claims function, misconfigured", claims(failing(jwthttp.ErrMisconfigured)), unavailable},
		{"the claims function stalls", claims(func(ctx context.Context) (c Claims, err error) {
			<-ctx.Done()
			return c, ctx.Err()
		}), ""},
		{"the signer", func(p *parts) { p.signer.err.Store(&errDown) }, unavailable},
		{"the signer stalls", func(p *parts) { p.signer.stalls.Store(true) }, ""},
		{"claims too large for a cookie", claims(tooLarge), misconfigured},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := &parts{store: newTap(t), signer: newSigner(t)}
			s := setup{store: p.store, key: p.signer.key(), claims: func(ctx context.Context, _ session.Session) (c Claims, err error) {
				if f := p.claims.Load(); f != nil {
					return (*f)(ctx)
				}
				return c, nil
			}}.start(t)
			token := s.start(t)
			tc.fail(p)
			for range 15 {
				p.store.wait(time.Minute) // with a write at each of them, it would be over after ten
				if tc.want == "" {
					ctx, cancel := context.WithCancel(t.Context())
					w := httptest.NewRecorder()
					r := httptest.NewRequestWithContext(ctx, "POST", "/refresh", nil)
					r.Header.Set("Cookie", refreshCookie+"="+token)
					time.AfterFunc(time.Millisecond, cancel)
					s.sessions.Refresh(w, r)
					if w.Code != 503 || w.Header()["Set-Cookie"] != nil {
						t.Fatal(w.Code, w.Header())
					}
					continue
				}
				if got := s.web(t, token).whole; got != tc.want {
					t.Fatalf("got:\n%s\nwant:\n%s", got, tc.want)
				}
				if got := s.send(t, "GET", "/me", "", "Cookie: "+refreshCookie+"="+token).whole; got != tc.want {
					t.Fatalf("Handler: got:\n%s\nwant:\n%s", got, tc.want)
				}
				if tc.want == misconfigured {
					continue // an app may have such a token
				}
				if got := s.app(t, token).whole; got != tc.want {
					t.Fatalf("app: got:\n%s\nwant:\n%s", got, tc.want)
				}
			}
			if calls := p.store.taken(); tc.name != "its Swap" && strings.Count(calls, "Swap") != 1 {
				t.Error(calls) // but for that of Start
			}
			p.store.failWith(nil)
			p.claims.Store(nil)
			p.signer.err.Store(nil)
			p.signer.stalls.Store(false)
			if got := s.web(t, token); got.StatusCode != 204 {
				t.Error(got.whole)
			}
		})
	}
}

// For ten minutes the claims function and the signer stall, and clients try again and again.
func TestStalledForTenMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stalls atomic.Bool
		stall := func(ctx context.Context) error {
			if stalls.Load() {
				<-ctx.Done()
			}
			return ctx.Err()
		}
		signer := newSigner(t)
		iss, err := issue.New[Claims](issue.Options{}, *signer.key())
		if err != nil {
			t.Fatal(err)
		}
		claims := func(ctx context.Context, s session.Session) (c Claims, err error) {
			if s.About == "stalls in the claims function" {
				err = stall(ctx)
			}
			return c, err
		}
		s, err := session.New(iss, newMemory(t, 0), claims, session.Options{})
		if err != nil {
			t.Fatal(err)
		}
		tokens := map[string]string{}
		for _, about := range []string{"stalls in the claims function", "stalls in the signer"} {
			started, err := s.Start(t.Context(), "alice", about)
			if err != nil {
				t.Fatal(err)
			}
			tokens[about] = started.Refresh
		}
		refresh := func(token string) *httptest.ResponseRecorder {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			r := httptest.NewRequestWithContext(ctx, "POST", "/refresh", nil)
			r.Header.Set("Cookie", refreshCookie+"="+token)
			w := httptest.NewRecorder()
			s.Refresh(w, r)
			return w
		}
		stalls.Store(true)
		signer.stalls.Store(true)
		for range 25 {
			for about, token := range tokens {
				if w := refresh(token); w.Code != 503 || w.Header()["Set-Cookie"] != nil {
					t.Fatal(about, w.Code, w.Header())
				}
			}
			time.Sleep(4 * time.Second)
		}
		stalls.Store(false)
		signer.stalls.Store(false)
		for about, token := range tokens {
			if w := refresh(token); w.Code != 204 {
				t.Error(about, w.Code, w.Body)
			}
		}
	})
}

// A claims function that says ErrEnded ends the session, and a store that fails then is still a 503.
func TestEndedByClaims(t *testing.T) {
	locked := false
	store := newTap(t)
	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s := setup{store: store, opts: session.Options{Logger: logger}, claims: func(context.Context, session.Session) (c Claims, err error) {
		if locked {
			err = fmt.Errorf("alice is locked: %w", session.ErrEnded)
		}
		return c, err
	}}.start(t)
	token := s.start(t)
	locked = true
	store.before = func(call string) error {
		if call == "Swap" {
			return errDown
		}
		return nil
	}
	if got := s.web(t, token).whole; got != unavailable {
		t.Error(got)
	}
	if text := log.String(); strings.Contains(text, "ErrEnded") || !strings.Contains(text, "the store failed") {
		t.Error("the log says that a session ends, and it has not:", text)
	}
	store.failWith(nil)
	if got := s.web(t, token).whole; got != webEnded {
		t.Error(got)
	}
	locked = false
	if got := s.web(t, token).whole; got != webEnded {
		t.Error(got)
	}
}

// A Logout takes any token of the family, also twice, and then no token of the family works.
func TestLogoutEndsTheFamily(t *testing.T) {
	for _, which := range []string{"first", "middle", "last"} {
		store := newTap(t)
		s := setup{store: store}.start(t)
		tokens := map[string]string{"first": s.start(t)}
		tokens["middle"] = s.app(t, tokens["first"]).refreshToken(t)
		store.wait(time.Minute)
		tokens["last"] = s.app(t, tokens["middle"]).refreshToken(t)
		for range 2 {
			if got := s.send(t, "POST", "/logout", "", "Cookie: "+refreshCookie+"="+tokens[which]).shape(); got != webLoggedOut {
				t.Errorf("%s: %s", which, got)
			}
		}
		for name, token := range tokens {
			if got := s.web(t, token).whole; got != webEnded {
				t.Errorf("%s after logout with the %s: %s", name, which, got)
			}
		}
	}
}

// A logout that fails has not happened, and the next one completes it.
func TestLogoutIsCompleted(t *testing.T) {
	for _, fails := range []string{"Load", "Swap", "Delete"} {
		for _, next := range []string{"logout", "refresh", "End"} {
			t.Run(fails+", then "+next, func(t *testing.T) {
				store := newTap(t)
				s := setup{store: store}.start(t)
				token := s.start(t)
				all, err := s.sessions.List(t.Context(), "alice")
				if err != nil || len(all) != 1 {
					t.Fatal(all, err)
				}
				store.before = func(call string) error {
					if call == fails {
						return errDown
					}
					return nil
				}
				if got := s.send(t, "POST", "/logout", "", "Cookie: "+refreshCookie+"="+token).whole; got != unavailable {
					t.Fatal(got)
				}
				store.failWith(nil)
				store.taken()
				want := map[string]string{"Load": "Load Swap Delete", "Swap": "Load Swap Delete", "Delete": "Load Delete"}[fails]
				switch next {
				case "logout":
					if got := s.send(t, "POST", "/logout", "", "Cookie: "+refreshCookie+"="+token).whole; got != webLoggedOut {
						t.Error(got)
					}
				case "refresh":
					got := s.web(t, token)
					if fails != "Delete" { // it has not begun
						if got.StatusCode != 204 {
							t.Error(got.whole)
						}
						return
					}
					if got.whole != webEnded {
						t.Error(got.whole)
					}
				case "End":
					want = "List " + want
					if err := s.sessions.End(t.Context(), "alice", all[0].ID); err != nil {
						t.Error(err)
					}
				}
				if got := store.taken(); got != want {
					t.Errorf("%s, want %s", got, want)
				}
			})
		}
	}
}

// A client that leaves does not undo its logout.
func TestLogoutOfAClientThatLeaves(t *testing.T) {
	for _, when := range []string{"Load", "Swap", "Delete"} {
		store := newTap(t)
		s := setup{store: store}.start(t)
		token := s.start(t)
		ctx, cancel := context.WithCancel(t.Context())
		store.before = func(call string) error {
			if call == when {
				cancel()
			}
			return nil
		}
		r := httptest.NewRequestWithContext(ctx, "POST", "/logout", nil)
		r.Header.Set("Cookie", refreshCookie+"="+token)
		s.sessions.Logout(httptest.NewRecorder(), r)
		if got := s.web(t, token).whole; got != webEnded {
			t.Error(when, got)
		}
	}
}

// A client that sends a used token and leaves ends the session all the same.
func TestReuseOfAClientThatLeaves(t *testing.T) {
	store := newTap(t)
	s := setup{store: store}.start(t)
	first := s.start(t)
	second := s.app(t, first).refreshToken(t)
	store.wait(time.Minute)
	third := s.app(t, second).refreshToken(t)
	ctx, cancel := context.WithCancel(t.Context())
	store.before = func(call string) error {
		if call == "Swap" {
			cancel()
		}
		return nil
	}
	post(ctx, s.sessions.Refresh, first)
	store.before = nil
	if got := s.web(t, third).whole; got != webEnded {
		t.Error(got)
	}
}

// Handler refreshes only where the contract says so.
func TestHandlerRefreshes(t *testing.T) {
	const cookie = "Cookie: " + refreshCookie + "=LIVE"
	for _, tc := range []struct {
		name   string
		method string
		fields []string
		does   bool
	}{
		{"GET", "GET", []string{cookie}, true},
		{"HEAD", "HEAD", []string{cookie}, true},
		{"POST", "POST", []string{cookie}, true},
		{"POST of the own origin", "POST", []string{cookie, "Origin: HOST"}, true},
		{"POST of a trusted origin", "POST", []string{cookie, "Origin: https://www.example.com", "Sec-Fetch-Site: same-site"}, true},
		{"a link in a mail", "GET", []string{cookie, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"}, true},
		{"other cookies", "GET", []string{"Cookie: theme=dark; " + refreshCookie + "=LIVE; a=b"}, true},
		{"two lines", "GET", []string{cookie, "Cookie: a=b"}, true},
		{"empty access cookie", "GET", []string{"Cookie: " + accessCookie + "=; " + refreshCookie + "=LIVE"}, true},
		{"Sec-Purpose of another kind", "GET", []string{cookie, "Sec-Purpose: other"}, true},
		{"no cookie", "GET", nil, false},
		{"empty refresh cookie", "GET", []string{"Cookie: " + refreshCookie + "="}, false},
		{"two refresh cookies", "GET", []string{cookie, cookie}, false},
		{"Authorization", "GET", []string{cookie, "Authorization: Bearer x"}, false},
		{"empty Authorization", "GET", []string{cookie, "Authorization: "}, false},
		{"access cookie", "GET", []string{"Cookie: " + accessCookie + "=x; " + refreshCookie + "=LIVE"}, false},
		{"two access cookies", "GET", []string{"Cookie: " + accessCookie + "=; " + accessCookie + "=; " + refreshCookie + "=LIVE"}, false},
		{"3,000 cookies with the access cookie", "GET", []string{cookie + strings.Repeat("; a=b", 2998)}, true},
		{"3,001 cookies with the access cookie", "GET", []string{cookie + strings.Repeat("; a=b", 2999)}, false},
		{"3,001 cookies", "GET", []string{cookie + strings.Repeat("; a=b", 3000)}, false},
		{"POST of another origin", "POST", []string{cookie, foreign}, false},
		{"POST of another site", "POST", []string{cookie, foreignByFetch}, false},
		{"upgrade", "GET", []string{cookie, "Connection: Upgrade", "Upgrade: websocket"}, false},
		{"upgrade to another protocol", "GET", []string{cookie, "Connection: Upgrade", "Upgrade: x"}, false},
		{"CONNECT", "CONNECT", []string{cookie}, false},
		{"prefetch", "GET", []string{cookie, "Sec-Purpose: prefetch"}, false},
		{"prerender", "GET", []string{cookie, "Sec-Purpose: prefetch;prerender"}, false},
		{"prefetch with a parameter", "GET", []string{cookie, "Sec-Purpose: prefetch;anonymous-client-ip"}, false},
		{"prefetch in capitals", "GET", []string{cookie, "Sec-Purpose: Prefetch"}, false},
		{"prefetch in a second line", "GET", []string{cookie, "Sec-Purpose: other", "Sec-Purpose: prefetch"}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			store := newTap(t)
			s := setup{store: store, opts: session.Options{TrustedOrigins: []string{"https://www.example.com"}}}.start(t)
			token := s.start(t)
			store.taken()
			var seen *http.Request
			var isBare bool
			h := s.sessions.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				seen = r
				r.Pattern = "of a mux"
				_, isBare = w.(*httptest.ResponseRecorder)
			}))
			r := httptest.NewRequest(tc.method, "/", nil)
			r.Host = "site.example.com"
			for _, field := range tc.fields {
				name, value, _ := strings.Cut(field, ": ")
				r.Header.Add(name, strings.NewReplacer("LIVE", token, "HOST", "https://site.example.com").Replace(value))
			}
			before := r.Header.Clone()
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if seen == nil {
				t.Fatal("next was not called")
			}
			if r.Pattern != "of a mux" {
				t.Errorf("the pattern outside is %q", r.Pattern)
			}
			if !slices.Equal(before["Cookie"], r.Header["Cookie"]) {
				t.Error("the request of the caller was changed")
			}
			if !tc.does {
				if seen != r || !isBare || len(w.Header()) > 0 || store.taken() != "" {
					t.Error("it does not pass unchanged", w.Header())
				}
				return
			}
			if calls := store.taken(); calls != "Load Swap" {
				t.Error(calls)
			}
			if lines := w.Header()["Set-Cookie"]; len(lines) != 2 || w.Header().Get("Cache-Control") != "no-store" {
				t.Error(w.Header())
			}
			access, err := seen.Cookie(accessCookie)
			if err != nil || aJWT.FindString(w.Header()["Set-Cookie"][1]) != access.Value || len(seen.CookiesNamed(accessCookie)) != 1 {
				t.Error(access, err)
			}
			if refresh, err := seen.Cookie(refreshCookie); err != nil || refresh.Value != token {
				t.Error(refresh, err)
			}
			lines := seen.Header["Cookie"]
			if want := "theme=dark; " + refreshCookie + "=" + token + "; a=b; " + accessCookie + "=" + access.Value; tc.name == "other cookies" && lines[0] != want || len(lines) != 1 {
				t.Errorf("%q, want one line %q", lines, want)
			}
		})
	}
}

// A sibling domain may set a cookie whose name begins with white space of Unicode. It is not one of ours
// after Handler either.
func TestHandlerKeepsNames(t *testing.T) {
	s := setup{}.start(t)
	for _, space := range []string{"\u2000", "\u0085", "\u00a0", "\u3000", "\v", "\f"} {
		for token, isLive := range map[string]bool{s.start(t): true, "x": false} {
			var seen *http.Request
			h := s.sessions.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r }))
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Cookie", refreshCookie+"="+token+"; "+space+accessCookie+"=evil;\t"+space+"__Host-csrf=evil; a=b")
			h.ServeHTTP(httptest.NewRecorder(), r)
			access := seen.CookiesNamed(accessCookie)
			if (len(access) == 1) != isLive || isLive && access[0].Value == "evil" || len(seen.CookiesNamed("__Host-csrf")) != 0 || len(seen.CookiesNamed("a")) != 1 {
				t.Errorf("%q: %q", space, seen.Header["Cookie"])
			}
		}
	}
}

// One page is one step, even if Refresh is inside of Handler.
func TestHandlerTakesOneStep(t *testing.T) {
	store := newTap(t)
	s := setup{store: store, app: func(s *site) http.Handler { return http.HandlerFunc(s.sessions.Refresh) }}.start(t)
	token := s.start(t)
	store.taken()
	got := s.send(t, "POST", "/app", "", "Cookie: "+refreshCookie+"="+token)
	if n := strings.Count(store.taken(), "Swap"); n != 1 || got.StatusCode != 204 {
		t.Error(n, got.whole)
	}
	lines := got.Header["Set-Cookie"]
	if len(lines) != 4 || aRefreshToken.FindString(lines[0]) != aRefreshToken.FindString(lines[2]) {
		t.Error(lines)
	}
}

// The cookies of a refresh are set before next, so that a Logout in it wins.
func TestLogoutInsideHandlerWins(t *testing.T) {
	s := setup{app: func(s *site) http.Handler { return http.HandlerFunc(s.sessions.Logout) }}.start(t)
	token := s.start(t)
	got := s.send(t, "POST", "/app", "", "Cookie: "+refreshCookie+"="+token)
	if got.shape() != "204\nCache-Control: no-store\n"+bothSet+bothGone+"\n" {
		t.Error(got.shape())
	}
	if again := s.web(t, got.refreshToken(t)).whole; again != webEnded {
		t.Error(again)
	}
}

// A session that has ended passes without a token, its cookies are cleared, and the middleware answers.
func TestHandlerOfEndedSessions(t *testing.T) {
	for _, tc := range states {
		t.Run(tc.name, func(t *testing.T) {
			store := newTap(t)
			s := setup{store: store, opts: session.Options{Idle: 12 * time.Hour, MaxLifetime: 24 * time.Hour}}.start(t)
			token := tc.make(t, s, store)
			got := s.send(t, "GET", "/me", "", "Cookie: "+refreshCookie+"="+token)
			want := "401\n" + problem + bothGone + `Www-Authenticate: Bearer realm="api"` + "\n\n" +
				`{"title":"Unauthorized","status":401,"detail":"No access token was sent"}` + "\n"
			if got.whole != want {
				t.Errorf("got:\n%s\nwant:\n%s", got.whole, want)
			}
		})
	}
}

// No cache gives the cookies of one client to another, whatever next sets and however it writes.
func TestHandlerForbidsCaching(t *testing.T) {
	// Keys of the map in more than one spelling: net/http writes them as they are.
	forCaches := []string{
		"Cache-Control", "cache-control", "Cdn-Cache-Control", "CDN-Cache-Control", "cloudflare-cdn-cache-control", "Netlify-Cdn-Cache-Control",
		"Surrogate-Control", "surrogate-control", "Edge-Control", "X-Accel-Expires", "X-ACCEL-EXPIRES", "Expires", "Age",
	}
	public := func(w http.ResponseWriter) {
		for _, name := range forCaches {
			w.Header()[name] = []string{"public, max-age=3600"}
		}
	}
	for _, tc := range []struct {
		name   string
		method string
		next   func(t *testing.T, w http.ResponseWriter)
		status int
		body   string
	}{
		{"nothing", "GET", func(*testing.T, http.ResponseWriter) {}, 200, ""},
		{"WriteHeader", "GET", func(_ *testing.T, w http.ResponseWriter) { w.WriteHeader(http.StatusTeapot) }, 418, ""},
		{"Write", "GET", func(_ *testing.T, w http.ResponseWriter) { w.Write([]byte("x")) }, 200, "x"},
		{"WriteHeader and Write", "GET", func(_ *testing.T, w http.ResponseWriter) {
			w.WriteHeader(http.StatusCreated)
			w.Write([]byte("x"))
			w.Write([]byte("y"))
		}, 201, "xy"},
		{"WriteString", "GET", func(_ *testing.T, w http.ResponseWriter) { io.WriteString(w, "x") }, 200, "x"},
		{"io.Copy", "GET", func(t *testing.T, w http.ResponseWriter) {
			if _, err := io.Copy(w, struct{ io.Reader }{strings.NewReader("copied")}); err != nil {
				t.Error(err)
			}
		}, 200, "copied"},
		{"ReadFrom", "GET", func(_ *testing.T, w http.ResponseWriter) {
			if to, ok := w.(io.ReaderFrom); ok {
				to.ReadFrom(strings.NewReader("read"))
				return
			}
			io.Copy(w, strings.NewReader("read"))
		}, 200, "read"},
		{"Flush", "GET", func(_ *testing.T, w http.ResponseWriter) {
			w.(http.Flusher).Flush()
			w.Write([]byte("x"))
		}, 200, "x"},
		{"Flush alone", "GET", func(_ *testing.T, w http.ResponseWriter) { w.(http.Flusher).Flush() }, 200, ""},
		{"Write and Flush", "GET", func(_ *testing.T, w http.ResponseWriter) {
			w.Write([]byte("x"))
			w.(http.Flusher).Flush()
		}, 200, "x"},
		{"ResponseController", "GET", func(t *testing.T, w http.ResponseWriter) {
			c := http.NewResponseController(w)
			if err := errors.Join(c.SetWriteDeadline(time.Now().Add(time.Minute)), c.Flush(), c.EnableFullDuplex()); err != nil {
				t.Error(err)
			}
			w.Write([]byte("x"))
		}, 200, "x"},
		{"early hints", "GET", func(_ *testing.T, w http.ResponseWriter) {
			w.WriteHeader(http.StatusEarlyHints)
			public(w)
			w.Write([]byte("x"))
		}, 200, "x"},
		{"a second WriteHeader", "GET", func(_ *testing.T, w http.ResponseWriter) {
			w.WriteHeader(http.StatusAccepted)
			public(w)
		}, 202, ""},
		{"HEAD", "HEAD", func(_ *testing.T, w http.ResponseWriter) { w.WriteHeader(200) }, 200, ""},
		{"HEAD with a Write", "HEAD", func(_ *testing.T, w http.ResponseWriter) { w.Write([]byte("x")) }, 200, ""},
		{"HEAD with nothing", "HEAD", func(*testing.T, http.ResponseWriter) {}, 200, ""},
		{"ServeContent", "GET", func(_ *testing.T, w http.ResponseWriter) {
			r, _ := http.NewRequest("GET", "/", nil)
			http.ServeContent(w, r, "a.txt", time.Unix(1e9, 0), strings.NewReader("text"))
		}, 200, "text"},
		{"304", "GET", func(_ *testing.T, w http.ResponseWriter) { w.WriteHeader(http.StatusNotModified) }, 304, ""},
		{"redirect", "GET", func(_ *testing.T, w http.ResponseWriter) { w.WriteHeader(http.StatusFound) }, 302, ""},
	} {
		for _, isLive := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, live %v", tc.name, isLive), func(t *testing.T) {
				s := setup{app: func(*site) http.Handler {
					return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						public(w)
						tc.next(t, w)
					})
				}}.start(t)
				token := s.start(t)
				if !isLive {
					s.send(t, "POST", "/logout", "refresh_token="+token)
				}
				req, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(_ int, h textproto.MIMEHeader) error {
					if got := http.Header(h).Get("Cache-Control"); got != "no-store" {
						t.Error("early hints:", got)
					}
					return nil
				}}), tc.method, s.URL+"/app", nil)
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("Cookie", refreshCookie+"="+token)
				resp, err := http.DefaultTransport.RoundTrip(req)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				body, err := io.ReadAll(resp.Body)
				if err != nil || resp.StatusCode != tc.status || string(body) != tc.body {
					t.Errorf("%d %q %v", resp.StatusCode, body, err)
				}
				h := resp.Header
				if !slices.Equal(h["Cache-Control"], []string{"no-store"}) || len(h["Set-Cookie"]) != 2 {
					t.Error(h)
				}
				for _, name := range forCaches {
					if name = http.CanonicalHeaderKey(name); name != "Cache-Control" && h[name] != nil {
						t.Error(name, h[name])
					}
				}
			})
		}
	}
}

// A next that panics leaves its header fields to a recovery that is outside.
func TestHandlerForbidsCachingAfterAPanic(t *testing.T) {
	s := setup{}.start(t)
	h := s.sessions.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public")
		panic(http.ErrAbortHandler)
	}))
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", refreshCookie+"="+s.start(t))
	func() {
		defer func() { recover() }()
		h.ServeHTTP(w, r)
	}()
	if got := w.Header().Get("Cache-Control"); got != "no-store" {
		t.Error(got)
	}
}

// An answer without new cookies is next's, and may be cached.
func TestHandlerLeavesOtherAnswers(t *testing.T) {
	s := setup{app: func(*site) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Cache-Control", "public") })
	}}.start(t)
	if got := s.send(t, "GET", "/app", "", "Cookie: "+accessCookie+"=x").whole; got != "200\nCache-Control: public\n\n" {
		t.Error(got)
	}
}

// A flush that fails is an error, as without Handler, and has written no header.
func TestHandlerReportsAFlushThatFails(t *testing.T) {
	s := setup{}.start(t)
	h := s.sessions.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := http.NewResponseController(w).Flush(); !errors.Is(err, http.ErrNotSupported) {
			t.Error(err)
		}
		w.Header().Set("Cache-Control", "public")
		w.WriteHeader(http.StatusOK)
	}))
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", refreshCookie+"="+s.start(t))
	w := httptest.NewRecorder()
	h.ServeHTTP(struct{ http.ResponseWriter }{w}, r)
	if got := w.Result().Header.Get("Cache-Control"); got != "no-store" {
		t.Error(got)
	}
}

// net/http removes the temporary files of an upload, as without Handler, also those of a next that
// panics where a handler outside recovers.
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
	for _, panics := range []bool{false, true} {
		s := setup{}.start(t)
		h := s.sessions.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := r.ParseMultipartForm(1); err != nil || len(r.MultipartForm.File["file"]) != 1 || files() != 1 {
				t.Error(err, files())
			}
			if panics {
				panic("the handler fails")
			}
		}))
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				if recover() != nil {
					w.WriteHeader(http.StatusInternalServerError)
				}
			}()
			h.ServeHTTP(w, r)
		}))
		body := "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n" + strings.Repeat("x", 1<<20) + "\r\n--b--\r\n"
		req, err := http.NewRequestWithContext(t.Context(), "POST", server.URL, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		req.Header.Set("Cookie", refreshCookie+"="+s.start(t))
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		server.Close() // waits until the request is over
		if want := map[bool]int{false: 200, true: 500}[panics]; resp.StatusCode != want || files() != 0 {
			t.Errorf("panics %v: %d, and %d files are left", panics, resp.StatusCode, files())
		}
	}
}

// A request with an access cookie costs next to nothing.
func TestHandlerCost(t *testing.T) {
	s := setup{}.start(t)
	next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	h := s.sessions.Handler(next)
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", "theme=dark; "+accessCookie+"="+strings.Repeat("x", 500)+"; "+refreshCookie+"="+s.start(t))
	w := httptest.NewRecorder()
	allocs := func(want float64) {
		t.Helper()
		if n := testing.AllocsPerRun(100, func() { h.ServeHTTP(w, r) }); n > want {
			t.Errorf("%v allocations", n)
		}
	}
	allocs(1)
	r.Header = http.Header{"Sec-Purpose": {strings.Repeat("Ⱥ", 10000), "x"}} // a letter that is longer in lower case
	allocs(0)
}

// A nil next is the mux of net/http, as elsewhere in this module.
func TestHandlerOfNil(t *testing.T) {
	s := setup{}.start(t)
	w := httptest.NewRecorder()
	s.sessions.Handler(nil).ServeHTTP(w, httptest.NewRequest("GET", "/no-such-page", nil))
	if w.Code != http.StatusNotFound {
		t.Error(w.Code)
	}
}

// The tokens of Start and of a refresh are those of the middleware.
func TestAppTokens(t *testing.T) {
	s := setup{}.start(t)
	tokens, err := s.sessions.Start(t.Context(), "alice", "phone")
	if err != nil || tokens.Type != "Bearer" || tokens.ExpiresIn < 890 || tokens.ExpiresIn > 900 {
		t.Fatal(tokens, err)
	}
	if !aRefreshToken.MatchString(tokens.Refresh) || len(tokens.Refresh) != 68 {
		t.Error(tokens.Refresh)
	}
	got := s.app(t, tokens.Refresh)
	for _, access := range []string{tokens.Access, got.accessToken(t)} {
		me := s.send(t, "GET", "/me", "", "Authorization: Bearer "+access)
		var answer struct{ Sub, SID string }
		if err := json.Unmarshal([]byte(me.body), &answer); err != nil || answer.Sub != "alice" || len(answer.SID) != 22 {
			t.Error(me.whole, err)
		}
	}
}
