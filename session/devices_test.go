package session_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/session"
)

// List has what a page of devices shows, the session that was used last first.
func TestList(t *testing.T) {
	store := newTap(t)
	s := setup{store: store, opts: session.Options{Idle: time.Hour, MaxLifetime: 90 * time.Minute}}.start(t)
	tokens := map[string]string{}
	begin := func(subject, about string) {
		started, err := s.sessions.Start(t.Context(), subject, about)
		if err != nil {
			t.Fatal(err)
		}
		tokens[about] = started.Refresh
		store.wait(10 * time.Minute)
	}
	begun := store.now()
	for _, about := range []string{"idle", "phone", "laptop", "logged out"} {
		begin("alice", about)
	}
	begin("bob", "of bob")
	s.send(t, "POST", "/logout", "refresh_token="+tokens["logged out"])
	used := store.now()
	s.app(t, tokens["phone"])
	store.wait(15 * time.Minute)
	all, err := s.sessions.List(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	var abouts []string
	for _, one := range all {
		abouts = append(abouts, one.About)
		if one.Subject != "alice" || len(one.ID) != 22 {
			t.Errorf("%+v", one)
		}
		for about, token := range tokens {
			if text := fmt.Sprintf("%+v", one); strings.Contains(text, token[4:20]) || strings.Contains(text, token[30:]) {
				t.Errorf("the token of %s is in %s", about, text)
			}
		}
	}
	if !slices.Equal(abouts, []string{"phone", "laptop"}) {
		t.Fatal(abouts)
	}
	near := func(name string, got, want time.Time) {
		t.Helper()
		if d := got.Sub(want); d < 0 || d > time.Minute {
			t.Errorf("%s is %v off", name, d)
		}
	}
	near("LoggedIn", all[0].LoggedIn, begun.Add(10*time.Minute))
	near("LastUsed", all[0].LastUsed, used)
	near("Expires, which is its end", all[0].Expires, begun.Add(100*time.Minute))
	near("LastUsed of the other", all[1].LastUsed, all[1].LoggedIn)
	near("Expires of the other", all[1].Expires, begun.Add(80*time.Minute))
	if none, err := s.sessions.List(t.Context(), "carol"); err != nil || len(none) != 0 {
		t.Error(none, err)
	}
	// The id is the sid of the access tokens.
	got := s.app(t, tokens["phone"])
	me := s.send(t, "GET", "/me", "", "Authorization: Bearer "+got.accessToken(t))
	if !strings.Contains(me.body, `"sid":"`+all[0].ID+`"`) {
		t.Error(me.body)
	}
}

// About is of 256 bytes at most, and valid.
func TestAbout(t *testing.T) {
	for _, tc := range []struct{ about, want string }{
		{"", ""},
		{strings.Repeat("x", 300), strings.Repeat("x", 256)},
		{strings.Repeat("é", 200), strings.Repeat("é", 128)},
		{"x" + strings.Repeat("é", 200), "x" + strings.Repeat("é", 127)},
		{"a\xffb", "ab"},
	} {
		s := setup{}.start(t)
		if _, err := s.sessions.Start(t.Context(), "alice", tc.about); err != nil {
			t.Fatal(err)
		}
		if all, err := s.sessions.List(t.Context(), "alice"); err != nil || len(all) != 1 || all[0].About != tc.want {
			t.Errorf("%q: %q %v", tc.about, all, err)
		}
	}
}

// Start refuses a subject that no store could keep.
func TestSubjects(t *testing.T) {
	s := setup{}.start(t)
	for subject, ok := range map[string]bool{"": false, strings.Repeat("x", 257): false, "a\xff": false, strings.Repeat("x", 256): true, "é": true} {
		_, err := s.sessions.Start(t.Context(), subject, "")
		if ok != (err == nil) || !ok && !errors.Is(err, jwthttp.ErrMisconfigured) {
			t.Errorf("%.20q: %v", subject, err)
		}
	}
}

// A browser whose session was ended on another device gets one 401, which clears its access cookie.
// Its next request is refreshed, which finds out that the session is over. A token in a header, and a
// store that is down, clear nothing.
func TestEndedElsewhere(t *testing.T) {
	list, err := denylist.NewMemory(denylist.Options{MaxLifetime: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	s := setup{opts: session.Options{Revoked: list}}.start(t)
	login := s.send(t, "POST", "/login", "user=alice")
	access, refresh := login.accessToken(t), login.refreshToken(t)
	if err := s.sessions.EndOthers(t.Context(), "alice", ""); err != nil {
		t.Fatal(err)
	}
	bearer := s.send(t, "GET", "/me", "", "Authorization: Bearer "+access, "Cookie: "+accessCookie+"="+access)
	if bearer.StatusCode != 401 || bearer.Header["Set-Cookie"] != nil {
		t.Errorf("in a header: %s", bearer.whole)
	}
	if dpop := s.send(t, "GET", "/me", "", "Authorization: dpop "+access, "Cookie: "+accessCookie+"="+access); dpop.StatusCode != 401 || dpop.Header["Set-Cookie"] != nil {
		t.Errorf("under DPoP: %s", dpop.whole)
	}
	if basic := s.send(t, "GET", "/me", "", "Authorization: Basic c3RhZ2luZzp4", "Cookie: "+accessCookie+"="+access); basic.StatusCode != 401 || len(basic.Cookies()) != 1 || basic.Cookies()[0].MaxAge >= 0 {
		t.Errorf("beside HTTP Basic: %s", basic.whole)
	}
	first := s.send(t, "GET", "/me", "", "Cookie: "+accessCookie+"="+access+"; "+refreshCookie+"="+refresh)
	cookies := first.Cookies()
	if first.StatusCode != 401 || len(cookies) != 1 || cookies[0].Name != accessCookie || cookies[0].MaxAge >= 0 || cookies[0].Value != "" {
		t.Errorf("the first request: %s", first.whole)
	}
	second := s.send(t, "GET", "/me", "", "Cookie: "+refreshCookie+"="+refresh)
	if cookies := second.Cookies(); second.StatusCode != 401 || len(cookies) != 2 || cookies[0].MaxAge >= 0 || cookies[1].MaxAge >= 0 {
		t.Errorf("the second request: %s", second.whole)
	}
	if third := s.send(t, "GET", "/me", ""); third.StatusCode != 401 || third.Header["Set-Cookie"] != nil {
		t.Errorf("the third request: %s", third.whole)
	}
}

// What a client is not told is in the log at Debug, without a token.
func TestRefusalsAreLogged(t *testing.T) {
	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s := setup{opts: session.Options{Logger: logger}}.start(t)
	token := s.start(t)
	for _, tc := range []struct{ name, path, form, field, want string }{
		{"unknown", "/refresh", "refresh_token=" + strings.Replace(token, "jr1_", "jr1_A", 1)[:len(token)], "X: y", "have the user log in again"},
		{"unknown, a browser", "/refresh", "", "Cookie: " + refreshCookie + "=x", "have the user log in again"},
		{"two", "/logout", "refresh_token=x", "Cookie: " + refreshCookie + "=" + token, "a cookie and a form with a token: send one"},
		{"a malformed form", "/logout", "a=%zz", "Cookie: " + refreshCookie + "=" + token, "the form is malformed"},
		{"two in a form", "/refresh", "refresh_token=x&refresh_token=y", "X: y", "send one refresh_token"},
		{"another grant", "/refresh", "refresh_token=x&grant_type=password", "X: y", "grant_type is refresh_token here"},
		{"another origin", "/logout", "", "Origin: https://evil.example.com", `Origin \"https://evil.example.com\"`},
		{"no Handler outside of the middleware", "/bare", "", "Cookie: " + refreshCookie + "=" + token, "put Sessions.Handler outside"},
		{"Handler, a session that is over", "/me", "", "Cookie: " + refreshCookie + "=x", "have the user log in again"},
		{"Handler, another origin", "/me", "", "Origin: https://evil.example.com\nCookie: " + refreshCookie + "=" + token, `it is not refreshed: jwthttp: cross-origin request: Origin \"https://evil.example.com\"`},
		{"Handler, HTTP Basic", "/me", "", "Authorization: Basic c3RhZ2luZzp4\nCookie: " + refreshCookie + "=" + token, `it is not refreshed: it has an Authorization header without an access token, as that of HTTP Basic: remove it outside`},
		{"JSON", "/refresh", "{}", "Content-Type: application/json", "send it as application/x-www-form-urlencoded"},
	} {
		log.Reset()
		a := s.send(t, "POST", tc.path, tc.form, strings.Split(tc.field, "\n")...)
		if text := log.String(); a.StatusCode < 400 || strings.Count(text, "\n") != 1 || !strings.Contains(text, `level=DEBUG msg="session: a request was refused"`) || !strings.Contains(text, tc.want) || aRefreshToken.MatchString(text) {
			t.Errorf("%s: %d, log %s", tc.name, a.StatusCode, text)
		}
	}
	log.Reset()
	if s.send(t, "GET", "/me", "", "Authorization: Bearer x", "Cookie: "+refreshCookie+"="+token); log.Len() > 0 {
		t.Errorf("a token of its own needs no refresh: %s", log.String())
	}
}

// The record of a refused refresh has its cause, and the session if there is one.
func TestWhyARefreshIsRefused(t *testing.T) {
	for _, tc := range []struct {
		name    string
		opts    session.Options
		do      func(t *testing.T, s *site, store *tap, token string) (again string)
		want    string
		isFound bool
	}{
		{"idle", session.Options{Idle: time.Hour}, func(_ *testing.T, _ *site, store *tap, token string) string {
			store.wait(time.Hour)
			return token
		}, "the session was idle for too long, and over at 2", true},
		{"its end", session.Options{Idle: time.Hour, MaxLifetime: time.Hour}, func(_ *testing.T, _ *site, store *tap, token string) string {
			store.wait(time.Hour)
			return token
		}, "the session had its end at 2", true},
		{"a locked user", session.Options{}, func(_ *testing.T, _ *site, _ *tap, token string) string { return token }, "the claims function returns ErrEnded", true},
		{"used twice", session.Options{}, func(t *testing.T, s *site, store *tap, token string) string {
			next := s.app(t, token).refreshToken(t)
			store.wait(time.Minute)
			s.app(t, next)
			return token
		}, "a refresh token was used twice", true},
		{"an ending that had failed", session.Options{}, func(t *testing.T, s *site, store *tap, token string) string {
			store.before = func(call string) error {
				if call == "Delete" {
					return errDown
				}
				return nil
			}
			s.send(t, "POST", "/logout", "refresh_token="+token)
			store.failWith(nil)
			return token
		}, "the session was ended before", true},
		{"ended", session.Options{}, func(t *testing.T, s *site, _ *tap, token string) string {
			s.send(t, "POST", "/logout", "refresh_token="+token)
			return token
		}, "no session has this refresh token", false},
		{"made up", session.Options{}, func(*testing.T, *site, *tap, string) string { return "x" }, "it is no refresh token of these sessions", false},
		{"none", session.Options{}, func(*testing.T, *site, *tap, string) string { return "" }, "the request has no refresh token", false},
	} {
		for _, kind := range []string{"app", "browser", "Handler"} {
			t.Run(tc.name+", "+kind, func(t *testing.T) {
				var log strings.Builder
				tc.opts.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
				var cause string // in the record of the middleware
				begun := false
				store := newTap(t)
				claims := func(context.Context, session.Session) (c Claims, err error) {
					if begun && tc.name == "a locked user" {
						err = session.ErrEnded
					}
					return c, err
				}
				auth, err := jwthttp.New[Claims](jwthttp.HS256(secret), jwthttp.Options{OnResult: func(_ *http.Request, res jwthttp.Result) { cause = res.Err.Error() }})
				if err != nil {
					t.Fatal(err)
				}
				s := setup{opts: tc.opts, store: store, claims: claims, app: func(*site) http.Handler {
					return auth.Handler(http.NotFoundHandler())
				}}.start(t)
				token := s.start(t)
				begun = true
				all, err := s.sessions.List(t.Context(), "alice")
				if err != nil || len(all) != 1 {
					t.Fatal(all, err)
				}
				token = tc.do(t, s, store, token)
				log.Reset()
				switch kind {
				case "app":
					s.app(t, token)
				case "browser":
					s.web(t, token)
				default:
					s.send(t, "GET", "/app", "", "Cookie: a=b; "+refreshCookie+"="+token+"; c=d")
					if was := strings.Contains(cause, "have the user log in again: its refresh token was refused, and a record of package session"); was != (token != "") {
						t.Error(cause)
					}
					if token == "" {
						return
					}
				}
				name := " sid=" + all[0].ID + " subject=alice\n"
				text := regexp.MustCompile("(?m)^.*level=WARN .*\n").ReplaceAllString(log.String(), "") // of the reuse
				if strings.Count(text, "session: a request was refused") != 1 || !strings.Contains(text, tc.want) || strings.HasSuffix(text, name) != tc.isFound || aRefreshToken.MatchString(text) {
					t.Error(text)
				}
			})
		}
	}
	var log strings.Builder
	s := setup{opts: session.Options{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}}.start(t)
	w := httptest.NewRecorder()
	s.sessions.Logout(w, httptest.NewRequest("DELETE", "/logins/1", nil))
	if want := "Refresh and Logout answer a POST, and this is "; w.Code != 405 || !strings.Contains(log.String(), want) {
		t.Errorf("%d, log %s", w.Code, &log)
	}
}

// EndOthers for all and then Login, as at a change of a password: this browser goes on, and a copy of the
// cookies that it had is worth nothing.
func TestEndAllAndLogIn(t *testing.T) {
	list, err := denylist.NewMemory(denylist.Options{MaxLifetime: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	s := setup{opts: session.Options{Revoked: list}, app: func(s *site) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := s.sessions.EndOthers(r.Context(), "alice", ""); err != nil {
				t.Error(err)
			}
			if s.sessions.Login(w, r, "alice") == nil {
				w.WriteHeader(http.StatusNoContent)
			}
		})
	}}.start(t)
	for _, isExpired := range []bool{false, true} { // the access cookie
		s.start(t) // another device
		login := s.send(t, "POST", "/login", "user=alice")
		before := "Cookie: " + accessCookie + "=" + login.accessToken(t) + "; " + refreshCookie + "=" + login.refreshToken(t)
		sent := before
		if isExpired {
			sent = "Cookie: " + refreshCookie + "=" + login.refreshToken(t)
		}
		change := s.send(t, "POST", "/app", "", sent)
		lines := change.Header["Set-Cookie"]
		after := "Cookie: " + accessCookie + "=" + aJWT.FindString(strings.Join(lines[len(lines)-2:], "\n")) + "; " + refreshCookie + "=" + aRefreshToken.FindString(strings.Join(lines[len(lines)-2:], "\n"))
		if got := s.send(t, "GET", "/me", "", after); got.StatusCode != 200 {
			t.Errorf("expired %v: this browser: %s", isExpired, got.whole)
		}
		for _, copied := range []string{before, sent} {
			if got := s.send(t, "GET", "/me", "", copied); got.StatusCode != 401 {
				t.Errorf("expired %v: a copy of its cookies: %s", isExpired, got.whole)
			}
		}
		if all, err := s.sessions.List(t.Context(), "alice"); err != nil || len(all) != 1 {
			t.Errorf("expired %v: %d sessions, %v", isExpired, len(all), err)
		}
	}
}

// A logout that ends nothing has the answer of a good one, and says so in the log.
func TestNothingToEnd(t *testing.T) {
	var log strings.Builder
	s := setup{opts: session.Options{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}}.start(t)
	token := s.start(t)
	for _, tc := range []struct {
		name, form string
		want       int // records
	}{
		{"a good one", "refresh_token=" + token, 0},
		{"again", "refresh_token=" + token, 1},
		{"made up", "refresh_token=x", 1},
		{"of a visitor", "", 0},
	} {
		log.Reset()
		a := s.send(t, "POST", "/logout", tc.form)
		if text := log.String(); a.StatusCode >= 300 || strings.Count(text, `level=DEBUG msg="session: there was nothing to end"`) != tc.want || strings.Count(text, "\n") != tc.want {
			t.Errorf("%s: %d, log %s", tc.name, a.StatusCode, text)
		}
	}
}

// End and EndOthers end what they say, of one subject.
func TestEnd(t *testing.T) {
	list, err := denylist.NewMemory(denylist.Options{MaxLifetime: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		end  func(s *site, id map[string]string) error
		left []string
	}{
		{"End", func(s *site, id map[string]string) error { return s.sessions.End(t.Context(), "alice", id["phone"]) }, []string{"laptop", "of bob", "tablet"}},
		{"End of another's", func(s *site, id map[string]string) error {
			return s.sessions.End(t.Context(), "alice", id["of bob"])
		}, []string{"laptop", "of bob", "phone", "tablet"}},
		{"End of none", func(s *site, id map[string]string) error { return s.sessions.End(t.Context(), "alice", "") }, []string{"laptop", "of bob", "phone", "tablet"}},
		{"EndOthers", func(s *site, id map[string]string) error {
			return s.sessions.EndOthers(t.Context(), "alice", id["phone"])
		}, []string{"of bob", "phone"}},
		{"EndOthers of none", func(s *site, id map[string]string) error { return s.sessions.EndOthers(t.Context(), "alice", "") }, []string{"of bob"}},
		{"EndOthers with another's", func(s *site, id map[string]string) error {
			return s.sessions.EndOthers(t.Context(), "alice", id["of bob"])
		}, []string{"of bob"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := setup{opts: session.Options{Revoked: list}}.start(t)
			all, id := map[string]*session.Tokens{}, map[string]string{}
			for _, about := range []string{"phone", "laptop", "tablet", "of bob"} {
				subject := "alice"
				if about == "of bob" {
					subject = "bob"
				}
				tokens, err := s.sessions.Start(t.Context(), subject, about)
				if err != nil {
					t.Fatal(err)
				}
				all[about] = tokens
				sessions, err := s.sessions.List(t.Context(), subject)
				if err != nil {
					t.Fatal(err)
				}
				for _, one := range sessions {
					id[one.About] = one.ID
				}
			}
			if err := tc.end(s, id); err != nil {
				t.Fatal(err)
			}
			for about, tokens := range all {
				lives := slices.Contains(tc.left, about)
				me := s.send(t, "GET", "/me", "", "Authorization: Bearer "+tokens.Access)
				if lives != (me.StatusCode == 200) || !lives && me.StatusCode != 401 {
					t.Errorf("access token of %s: %s", about, me.whole)
				}
				if got := s.app(t, tokens.Refresh); lives != (got.StatusCode == 200) || !lives && got.whole != appEnded {
					t.Errorf("%s: %s", about, got.whole)
				}
			}
		})
	}
}

// An End that fails may be called again, also if all but the denylist was reached.
func TestEndIsCompleted(t *testing.T) {
	store, list := newTap(t), &lists{}
	s := setup{store: store, opts: session.Options{Revoked: list.new(t)}}.start(t)
	tokens, err := s.sessions.Start(t.Context(), "alice", "")
	if err != nil {
		t.Fatal(err)
	}
	all, err := s.sessions.List(t.Context(), "alice")
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	list.err = errDown
	for range 2 {
		if err := s.sessions.End(t.Context(), "alice", all[0].ID); !errors.Is(err, jwthttp.ErrUnavailable) {
			t.Errorf("End reports %v", err)
		}
		if err := s.sessions.EndOthers(t.Context(), "alice", ""); !errors.Is(err, jwthttp.ErrUnavailable) {
			t.Errorf("EndOthers reports %v", err)
		}
		if got := s.app(t, tokens.Refresh); got.whole != unavailable {
			t.Error(got.whole)
		}
	}
	if left, err := s.sessions.List(t.Context(), "alice"); err != nil || len(left) != 0 {
		t.Error(left, err)
	}
	list.err = nil
	if err := s.sessions.End(t.Context(), "alice", all[0].ID); err != nil {
		t.Fatal(err)
	}
	if got := s.send(t, "GET", "/me", "", "Authorization: Bearer "+tokens.Access); got.StatusCode != 401 {
		t.Error(got.whole)
	}
	for name, do := range map[string]func() error{
		"List":      func() error { _, err := s.sessions.List(t.Context(), "alice"); return err },
		"End":       func() error { return s.sessions.End(t.Context(), "alice", "x") },
		"EndOthers": func() error { return s.sessions.EndOthers(t.Context(), "alice", "x") },
		"Start":     func() error { _, err := s.sessions.Start(t.Context(), "alice", "x"); return err },
	} {
		store.failWith(errDown)
		if err := do(); !errors.Is(err, jwthttp.ErrUnavailable) || !errors.Is(err, errDown) {
			t.Errorf("%s reports %v", name, err)
		}
	}
}

// A client that leaves before the sessions are listed ends them all the same.
func TestEndOfAClientThatLeaves(t *testing.T) {
	for name, end := range map[string]func(ctx context.Context, s *site, id string) error{
		"End":       func(ctx context.Context, s *site, id string) error { return s.sessions.End(ctx, "alice", id) },
		"EndOthers": func(ctx context.Context, s *site, _ string) error { return s.sessions.EndOthers(ctx, "alice", "") },
	} {
		t.Run(name, func(t *testing.T) {
			s := setup{store: newTap(t)}.start(t)
			token := s.start(t)
			all, err := s.sessions.List(t.Context(), "alice")
			if err != nil || len(all) != 1 {
				t.Fatal(all, err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := end(ctx, s, all[0].ID); err != nil {
				t.Error(err)
			}
			if got := s.app(t, token).whole; got != appEnded {
				t.Error(got)
			}
		})
	}
	// It does not wait for a store for ever.
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		began := time.Now()
		err := newSessions(t, stalling{newMemory(t, 0)}, session.Options{}).EndOthers(ctx, "alice", "")
		if d := time.Since(began); !errors.Is(err, jwthttp.ErrUnavailable) || d != 10*time.Second {
			t.Errorf("%v after %v", err, d)
		}
	})
}

type stalling struct{ session.Store }

func (stalling) List(ctx context.Context, _ string) ([]session.Record, time.Time, error) {
	<-ctx.Done()
	return nil, time.Time{}, ctx.Err()
}

// With Revoked, every ending refuses the access tokens at once.
func TestRevokedAtOnce(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, s *site, store *tap, first, token string){
		"Logout": func(t *testing.T, s *site, _ *tap, _, token string) {
			s.send(t, "POST", "/logout", "refresh_token="+token)
		},
		"reuse": func(t *testing.T, s *site, store *tap, first, token string) {
			store.wait(time.Minute)
			s.app(t, token)
			s.app(t, first)
		},
		"Login": func(t *testing.T, s *site, _ *tap, _, token string) {
			s.send(t, "POST", "/login", "user=bob", "Cookie: "+refreshCookie+"="+token)
		},
		"MaxPerSubject": func(t *testing.T, s *site, store *tap, _, _ string) {
			for range 3 {
				s.start(t)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			list := &lists{}
			store := newTap(t)
			s := setup{store: store, opts: session.Options{Revoked: list.new(t), MaxPerSubject: 3}}.start(t)
			first := s.start(t)
			got := s.app(t, first)
			access := got.accessToken(t)
			if me := s.send(t, "GET", "/me", "", "Authorization: Bearer "+access); me.StatusCode != 200 {
				t.Fatal(me.whole)
			}
			end(t, s, store, first, got.refreshToken(t))
			if me := s.send(t, "GET", "/me", "", "Authorization: Bearer "+access); me.StatusCode != 401 {
				t.Error(me.whole)
			}
		})
	}
}

// A login beyond MaxPerSubject ends the session that was used least recently, never the new one, also
// if the store's clock is coarse.
func TestMaxPerSubject(t *testing.T) {
	for _, step := range []time.Duration{time.Second, 0, -time.Second} {
		t.Run(fmt.Sprint("the clock goes by ", step), func(t *testing.T) {
			clock := &coarse{Memory: newMemory(t, 0), now: time.Now()}
			s := setup{store: clock, opts: session.Options{MaxPerSubject: 3}}.start(t)
			for i := range 8 {
				clock.now = clock.now.Add(step)
				started, err := s.sessions.Start(t.Context(), "alice", fmt.Sprint(i))
				if err != nil {
					t.Fatal(err)
				}
				all, err := s.sessions.List(t.Context(), "alice")
				if err != nil || len(all) != min(i+1, 3) {
					t.Fatalf("after %d logins there are %d sessions, %v", i+1, len(all), err)
				}
				if !slices.ContainsFunc(all, func(one session.Session) bool { return one.About == fmt.Sprint(i) }) {
					t.Errorf("the new session has ended: %v", all)
				}
				if step > 0 && all[len(all)-1].About != fmt.Sprint(max(0, i-2)) {
					t.Errorf("another one than the oldest has ended: %v", all)
				}
				if got := s.app(t, started.Refresh); got.StatusCode != 200 {
					t.Error(got.whole)
				}
			}
			if _, err := s.sessions.Start(t.Context(), "bob", ""); err != nil {
				t.Fatal(err)
			}
			if all, err := s.sessions.List(t.Context(), "alice"); err != nil || len(all) != 3 {
				t.Error(all, err)
			}
		})
	}
}

// A browser that logs in again takes no place of another device.
func TestLoginAgainTakesNoPlace(t *testing.T) {
	s := setup{opts: session.Options{MaxPerSubject: 2}}.start(t)
	phone := s.start(t)
	browser := s.send(t, "POST", "/login", "user=alice").refreshToken(t)
	for range 3 {
		browser = s.send(t, "POST", "/login", "user=alice", "Cookie: "+refreshCookie+"="+browser).refreshToken(t)
	}
	if got := s.app(t, phone); got.StatusCode != 200 {
		t.Error(got.whole)
	}
}

// New names everything that is wrong at once, with how to mend it.
func TestNewErrors(t *testing.T) {
	iss, err := issue.New[Claims](issue.Options{Lifetime: time.Hour}, issue.HS256(secret))
	if err != nil {
		t.Fatal(err)
	}
	list, err := denylist.NewMemory(denylist.Options{MaxLifetime: time.Hour - time.Second})
	if err != nil {
		t.Fatal(err)
	}
	enough, err := denylist.NewMemory(denylist.Options{MaxLifetime: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	short, err := issue.New[Claims](issue.Options{Lifetime: 2*time.Second - 1}, issue.HS256(secret))
	if err != nil {
		t.Fatal(err)
	}
	memory := newMemory(t, 0)
	const (
		noIssuer = "session: the issuer is nil: make one with issue.New, and check its error"
		noStore  = "session: the store is nil: make one with NewMemory, and check its error"
		noClaim  = "session: the claims function is nil: it says what an access token has, such as the user's roles"
	)
	for _, tc := range []struct {
		name   string
		issuer *issue.Issuer[Claims]
		store  session.Store
		claims session.ClaimsFunc[Claims]
		opts   session.Options
		want   string
	}{
		{"good", iss, memory, noClaims, session.Options{}, ""},
		{"good, all", iss, memory, noClaims, session.Options{Idle: 400 * 24 * time.Hour, MaxLifetime: 400 * 24 * time.Hour, Grace: time.Minute, MaxPerSubject: 1, Revoked: enough, TrustedOrigins: []string{"https://a.example.com"}, AllowInsecureHTTP: true}, ""},
		{"good, Idle beyond MaxLifetime", iss, memory, noClaims, session.Options{Idle: time.Hour, MaxLifetime: time.Minute}, ""},
		{"no issuer", nil, memory, noClaims, session.Options{}, noIssuer},
		{"a short Lifetime", short, memory, noClaims, session.Options{}, "session: access tokens live for 1.999999999s, and their cookie ends a second before them: set the issuer's Lifetime to 2s or more"},
		{"no store", iss, nil, noClaims, session.Options{}, noStore},
		{"a nil *Memory", iss, (*session.Memory)(nil), noClaims, session.Options{}, noStore},
		{"an empty Memory", iss, new(session.Memory), noClaims, session.Options{}, "session: the store is an empty Memory: make one with NewMemory, and check its error"},
		{"no claims function", iss, memory, nil, session.Options{}, noClaim},
		{"nothing", nil, nil, nil, session.Options{}, noIssuer + "\n" + noStore + "\n" + noClaim},
		{"nothing, with a list", nil, nil, nil, session.Options{Revoked: list}, noIssuer + "\n" + noStore + "\n" + noClaim},
		{"negative Idle", iss, memory, noClaims, session.Options{Idle: -1}, "session: Options.Idle is -1ns: use at most 400 days, or 0 for 7 days"},
		{"long Idle", iss, memory, noClaims, session.Options{Idle: 401 * 24 * time.Hour}, "session: Options.Idle is 9624h0m0s: use at most 400 days, or 0 for 7 days"},
		{"negative MaxLifetime", iss, memory, noClaims, session.Options{MaxLifetime: -1}, "session: Options.MaxLifetime is -1ns: use at most 400 days, or 0 for 30 days"},
		{"long MaxLifetime", iss, memory, noClaims, session.Options{MaxLifetime: 401 * 24 * time.Hour}, "session: Options.MaxLifetime is 9624h0m0s: use at most 400 days, or 0 for 30 days"},
		{"negative Grace", iss, memory, noClaims, session.Options{Grace: -1}, "session: Options.Grace is -1ns: use at most 1m0s, or 0 for 10s"},
		{"long Grace", iss, memory, noClaims, session.Options{Grace: time.Minute + 1}, "session: Options.Grace is 1m0.000000001s: use at most 1m0s, or 0 for 10s"},
		{"negative MaxPerSubject", iss, memory, noClaims, session.Options{MaxPerSubject: -1}, "session: Options.MaxPerSubject is -1: use a positive number, or 0 for any number"},
		{"a list that forgets too early", iss, memory, noClaims, session.Options{Revoked: list}, "session: Options.Revoked forgets after 59m59s, and access tokens live for 1h0m0s: set the MaxLifetime of the list to that or more"},
		{"an origin with a path", iss, memory, noClaims, session.Options{TrustedOrigins: []string{"https://a.example.com/"}}, "origin"},
		{"two faults", iss, nil, noClaims, session.Options{Grace: -1}, noStore + "\nsession: Options.Grace is -1ns: use at most 1m0s, or 0 for 10s"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, err := session.New(tc.issuer, tc.store, tc.claims, tc.opts)
			switch {
			case tc.want == "":
				if err != nil || s == nil {
					t.Error(err)
				}
			case err == nil || s != nil:
				t.Error("no error")
			case tc.want == "origin":
				if !strings.HasPrefix(err.Error(), "session: Options.TrustedOrigins") {
					t.Error(err)
				}
			case err.Error() != tc.want:
				t.Errorf("got:\n%v\nwant:\n%s", err, tc.want)
			}
		})
	}
}

// The middleware takes access tokens from both places, and trusts the same origins.
func TestOptions(t *testing.T) {
	trusted := []string{"https://www.example.com"}
	s := setup{opts: session.Options{TrustedOrigins: trusted}}.start(t)
	trusted[0] = "https://evil.example.com" // New has a copy
	access := s.app(t, s.start(t)).accessToken(t)
	for name, fields := range map[string][]string{
		"header":         {"Authorization: Bearer " + access},
		"cookie":         {"Cookie: " + accessCookie + "=" + access},
		"trusted origin": {"Cookie: " + accessCookie + "=" + access, "Origin: https://www.example.com", "Sec-Fetch-Site: same-site"},
	} {
		if got := s.send(t, "POST", "/me", url.Values{}.Encode(), fields...); got.StatusCode != 200 {
			t.Errorf("%s: %s", name, got.whole)
		}
	}
	if got := s.send(t, "POST", "/me", "", "Cookie: "+accessCookie+"="+access, foreign); got.StatusCode != 403 {
		t.Error(got.whole)
	}
	opts := s.sessions.Options()
	opts.TrustedOrigins[0] = "https://evil.example.com"
	if got := s.sessions.Options().TrustedOrigins[0]; got != "https://www.example.com" {
		t.Error(got)
	}
}

// lists is the store of a denylist whose revocations fail on demand.
type lists struct {
	mu      sync.Mutex
	numbers map[denylist.Key]int64
	err     error
}

func (l *lists) new(t *testing.T) *denylist.List {
	t.Helper()
	l.numbers = map[denylist.Key]int64{}
	list, err := denylist.New(l, denylist.Options{MaxLifetime: time.Hour, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func (l *lists) Raise(_ context.Context, _ denylist.Kind, key denylist.Key, n int64, _ time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.numbers[key] = max(n, l.numbers[key])
	}
	return l.err
}

func (l *lists) Find(_ context.Context, keys [3]denylist.Key) (found [3]int64, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, key := range keys {
		found[i] = l.numbers[key]
	}
	return found, nil
}

// A coarse store has a clock that goes only if the test says so.
type coarse struct {
	*session.Memory
	now time.Time
}

func (c *coarse) Load(ctx context.Context, key [32]byte) (session.Record, time.Time, error) {
	r, _, err := c.Memory.Load(ctx, key)
	return r, c.now, err
}

func (c *coarse) List(ctx context.Context, subject string) ([]session.Record, time.Time, error) {
	all, _, err := c.Memory.List(ctx, subject)
	return all, c.now, err
}
