package session_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/dpop"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/session"
)

// Handlers that rebuild the header do not lose the new cookies: the browser would keep the old ones.
func TestHandlerKeepsItsCookies(t *testing.T) {
	theme := func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "theme", Value: "dark"})
		io.WriteString(w, "hello")
	}
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		theme(w, r)
	}))
	defer upstream.Close()
	target, err := url.Parse(upstream.URL)
	if err != nil {
		t.Fatal(err)
	}
	for name, app := range map[string]http.Handler{
		"TimeoutHandler": http.TimeoutHandler(http.HandlerFunc(theme), time.Minute, "late"),
		"too late": http.TimeoutHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "theme", Value: "dark"})
			<-r.Context().Done()
		}), time.Millisecond, "late"),
		"ReverseProxy": &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(target) }},
		"clear":        http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { clear(w.Header()) }),
	} {
		t.Run(name, func(t *testing.T) {
			s := setup{app: func(*site) http.Handler { return app }}.start(t)
			got := s.send(t, "GET", "/app", "", "Cookie: "+refreshCookie+"="+s.start(t))
			for _, cookie := range []string{accessCookie, refreshCookie} {
				if n := strings.Count(got.whole, "Set-Cookie: "+cookie+"=") - strings.Count(got.whole, "Set-Cookie: "+cookie+"=;"); n != 1 {
					t.Errorf("%s %d times, want once: %s", cookie, n, got.whole)
				}
			}
			if got.Header.Get("Cache-Control") != "no-store" {
				t.Error(got.whole)
			}
		})
	}
}

// What next sets under the same names, as a logout does, comes last, and so it counts.
func TestHandlerAndLogoutInside(t *testing.T) {
	s := setup{app: func(s *site) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Method = http.MethodPost
			s.sessions.Logout(w, r)
		})
	}}.start(t)
	got := s.send(t, "GET", "/app", "", "Cookie: "+refreshCookie+"="+s.start(t))
	last := map[string]string{}
	for _, c := range got.Cookies() {
		last[c.Name] = c.Value
	}
	if len(got.Header["Set-Cookie"]) != 4 || last[accessCookie] != "" || last[refreshCookie] != "" {
		t.Error(got.whole)
	}
}

// The answer of a slow handler does not put a token into the browser that was replaced meanwhile: used
// again, it would end the session. Nor does it bring back cookies after a logout, or an access cookie
// that outlives its token. An answer within a second costs nothing.
func TestHandlerOfALateAnswer(t *testing.T) {
	nothing := func(*testing.T, *session.Sessions[Claims], *tap, string) {}
	otherTab := func(t *testing.T, s *session.Sessions[Claims], _ *tap, first string) {
		if status, _, _ := post(t.Context(), s.Refresh, first); status != http.StatusOK {
			t.Error("the other tab:", status)
		}
	}
	silent := func(http.ResponseWriter) {}
	for _, tc := range []struct {
		name      string
		since     time.Duration // another refresh with the same token
		takes     time.Duration
		begins    func(w http.ResponseWriter)
		meanwhile func(t *testing.T, s *session.Sessions[Claims], store *tap, first string) // a second before the answer
		calls     string                                                                    // of the store, for the answer
		cookies   int
	}{
		{"at once", 0, time.Second, silent, nothing, "", 2},
		{"after half a minute", 0, 30 * time.Second, silent, nothing, "Load", 2},
		{"after more", 0, 30*time.Second + 1, silent, nothing, "Load", 1},
		{"nobody else", 0, time.Hour, silent, nothing, "Load", 1},
		{"early hints, and another tab", 0, time.Hour, func(w http.ResponseWriter) { time.Sleep(2 * time.Second); w.WriteHeader(http.StatusEarlyHints) }, func(t *testing.T, s *session.Sessions[Claims], store *tap, first string) {
			if calls := store.taken(); calls != "Load Swap Load Swap" {
				t.Errorf("the calls of the login, the refresh and early hints: %q", calls)
			}
			otherTab(t, s, store, first)
		}, "Load", 0},
		{"another tab", 0, time.Hour, silent, otherTab, "Load", 0},
		{"another tab, after one of many", 9 * time.Second, 3 * time.Second, silent, otherTab, "Load", 0},
		{"another tab, and a Flush before", 0, time.Hour, func(w http.ResponseWriter) { w.(http.Flusher).Flush() }, otherTab, "", 2},
		{"another tab, and a cookie of next", 0, time.Hour, func(w http.ResponseWriter) {
			http.SetCookie(w, &http.Cookie{Name: refreshCookie, Value: "next's"})
		}, otherTab, "Load", 1},
		{"the successor was used", 0, time.Hour, silent, func(t *testing.T, s *session.Sessions[Claims], store *tap, first string) {
			store.wait(-time.Hour) // Grace again, so that the answer is the successor
			_, second, _ := post(t.Context(), s.Refresh, first)
			store.wait(time.Hour)
			otherTab(t, s, store, second)
		}, "Load", 0},
		{"a logout within Grace", 0, 5 * time.Second, silent, func(t *testing.T, s *session.Sessions[Claims], _ *tap, _ string) {
			if err := s.EndOthers(t.Context(), "alice", ""); err != nil {
				t.Error(err)
			}
		}, "Load", 0},
		{"the store fails", 0, time.Hour, silent, func(t *testing.T, s *session.Sessions[Claims], store *tap, first string) {
			otherTab(t, s, store, first)
			store.failWith(errors.New("the store is down"))
		}, "Load", 1},
		{"the store stalls", 0, time.Hour, silent, func(t *testing.T, s *session.Sessions[Claims], store *tap, first string) {
			otherTab(t, s, store, first)
			store.before = func(string) error { time.Sleep(2 * time.Second); return nil }
		}, "Load", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newTap(t)
				s := newSessions(t, store, session.Options{})
				tokens, err := s.Start(t.Context(), "alice", "")
				if err != nil {
					t.Fatal(err)
				}
				if tc.since > 0 {
					otherTab(t, s, store, tokens.Refresh)
					time.Sleep(tc.since)
				}
				ctx, cancel := context.WithCancel(t.Context())
				r := httptest.NewRequestWithContext(ctx, "GET", "/", nil)
				r.AddCookie(&http.Cookie{Name: refreshCookie, Value: tokens.Refresh})
				w := httptest.NewRecorder()
				s.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					tc.begins(w)
					time.Sleep(tc.takes - time.Second)
					tc.meanwhile(t, s, store, tokens.Refresh)
					time.Sleep(time.Second)
					cancel() // as a handler does whose time is over
					store.taken()
					io.WriteString(w, "news")
					io.WriteString(w, "more")
				})).ServeHTTP(w, r)
				// Not those of w.Result: a recorder takes early hints for the answer.
				if calls := store.taken(); calls != tc.calls || len(w.Header()["Set-Cookie"]) != tc.cookies || w.Header().Get("Cache-Control") != "no-store" {
					t.Errorf("%q, %q", calls, w.Header())
				}
			})
		})
	}
}

// The writer of a refreshed request has the interfaces of that of net/http: gin's Stream needs a
// CloseNotifier, and some handlers ask for a Hijacker.
func TestHandlerHasTheInterfacesOfNetHTTP(t *testing.T) {
	s := setup{app: func(*site) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.RawQuery == "hijack" {
				conn, _, err := w.(http.Hijacker).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				io.WriteString(conn, "HTTP/1.1 418 I'm a teapot\r\nContent-Length: 0\r\n\r\n")
				conn.Close()
				return
			}
			c, isCloseNotifier := w.(interface{ CloseNotify() <-chan bool })
			if isCloseNotifier && c.CloseNotify() == nil {
				t.Error("the channel of net/http is not there")
			}
			_, isHijacker := w.(http.Hijacker)
			_, isFlusher := w.(http.Flusher)
			_, hasFlushError := w.(interface{ FlushError() error })
			_, isPusher := w.(http.Pusher)
			_, isReaderFrom := w.(io.ReaderFrom)
			_, isStringWriter := w.(io.StringWriter)
			fmt.Fprint(w, isCloseNotifier, isHijacker, isFlusher, hasFlushError, isPusher, isReaderFrom, isStringWriter)
		})
	}}.start(t)
	for _, query := range []string{"", "hijack"} {
		plain := s.send(t, "GET", "/app?"+query, "")
		refreshed := s.send(t, "GET", "/app?"+query, "", "Cookie: "+refreshCookie+"="+s.start(t))
		if refreshed.StatusCode != plain.StatusCode || refreshed.body != plain.body {
			t.Errorf("%d %s, and without a refresh %d %s", refreshed.StatusCode, refreshed.body, plain.StatusCode, plain.body)
		}
	}

	// A writer of another package may have less.
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", refreshCookie+"="+s.start(t))
	s.sessions.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-w.(interface{ CloseNotify() <-chan bool }).CloseNotify():
			t.Error("the client is said to have left")
		default:
		}
		if _, ok := w.(http.Hijacker); ok {
			t.Error("it is said to be a Hijacker")
		}
	})).ServeHTTP(httptest.NewRecorder(), r)
}

// A read that fails at once has written no header, so that of the error has the new cookies too.
func TestHandlerOfAReadThatFails(t *testing.T) {
	s := setup{app: func(*site) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.Copy(w, iotest.ErrReader(errors.New("no file"))); err == nil {
				t.Error("no error")
			}
			clear(w.Header())
			w.Header().Set("Cache-Control", "public")
			w.WriteHeader(http.StatusNotFound)
		})
	}}.start(t)
	got := s.send(t, "GET", "/app", "", "Cookie: "+refreshCookie+"="+s.start(t))
	if got.StatusCode != http.StatusNotFound || got.Header.Get("Cache-Control") != "no-store" || len(got.Header["Set-Cookie"]) != 2 {
		t.Error(got.whole)
	}
}

// net/http fills the trailers of a request when its body ends.
func TestHandlerKeepsTrailers(t *testing.T) {
	s := setup{app: func(*site) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			io.WriteString(w, r.Trailer.Get("X-Checksum"))
		})
	}}.start(t)
	for name, token := range map[string]string{"refreshed": s.start(t), "ended": "x"} {
		req, err := http.NewRequestWithContext(t.Context(), "POST", s.URL+"/app", io.MultiReader(strings.NewReader("body")))
		if err != nil {
			t.Fatal(err)
		}
		req.Trailer = http.Header{"X-Checksum": {"abc"}}
		req.Header.Set("Cookie", refreshCookie+"="+token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "abc" {
			t.Errorf("%s: %q %v", name, body, err)
		}
	}
}

// After the header, another goroutine of next may set trailers while next writes: nothing else looks at
// the map. A handler outside that keeps an answer back gets one that no cache keeps.
func TestHandlerLeavesAHeaderThatIsWritten(t *testing.T) {
	s := setup{}.start(t)
	for name, begin := range map[string]func(w http.ResponseWriter){
		"WriteHeader": func(w http.ResponseWriter) { w.WriteHeader(http.StatusOK) },
		"Write":       func(w http.ResponseWriter) { io.WriteString(w, "a") },
		"Flush":       func(w http.ResponseWriter) { w.(http.Flusher).Flush() },
		"101":         func(w http.ResponseWriter) { w.WriteHeader(http.StatusSwitchingProtocols) },
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", refreshCookie+"="+s.start(t))
		out := httptest.NewRecorder()
		s.sessions.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			begin(w)
			w.Header().Set("Cache-Control", "public")
			io.WriteString(w, "b")
			w.(http.Flusher).Flush()
			w.WriteHeader(http.StatusOK)
			if got := w.Header().Get("Cache-Control"); got != "public" {
				t.Errorf("%s: the map was written to: %q", name, got)
			}
		})).ServeHTTP(out, r)
		if got := out.Header().Get("Cache-Control"); got != "no-store" || out.Result().Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// slowClaims returns sessions whose claims function takes a time that can be set.
func slowClaims(t *testing.T, opts session.Options) (s *session.Sessions[Claims], takes *time.Duration) {
	t.Helper()
	iss, err := issue.New[Claims](issue.Options{}, issue.HS256(secret))
	if err != nil {
		t.Fatal(err)
	}
	takes = new(time.Duration)
	s, err = session.New(iss, newMemory(t, 0), func(context.Context, session.Session) (c Claims, err error) {
		time.Sleep(*takes)
		return c, nil
	}, opts)
	if err != nil {
		t.Fatal(err)
	}
	return s, takes
}

// A refresh that began before the session was idle does not outlive an ending that came after.
func TestEndingBesideARefreshAtIdle(t *testing.T) {
	for _, everywhere := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			s, takes := slowClaims(t, session.Options{Idle: time.Hour})
			tokens, err := s.Start(t.Context(), "alice", "")
			if err != nil {
				t.Fatal(err)
			}
			all, err := s.List(t.Context(), "alice")
			if err != nil || len(all) != 1 {
				t.Fatal(all, err)
			}
			time.Sleep(time.Hour - time.Second)
			*takes = 2 * time.Second
			status := make(chan int)
			go func() {
				got, _, _ := post(t.Context(), s.Refresh, tokens.Refresh)
				status <- got
			}()
			time.Sleep(1500 * time.Millisecond)
			if everywhere {
				err = s.EndOthers(t.Context(), "alice", "")
			} else {
				err = s.End(t.Context(), "alice", all[0].ID)
			}
			if err != nil {
				t.Error(err)
			}
			if got := <-status; got != http.StatusBadRequest {
				t.Error("the refresh:", got)
			}
			if all, err := s.List(t.Context(), "alice"); err != nil || len(all) != 0 {
				t.Error(all, err)
			}
		})
	}
}

// A session that ends while its claims are made has ended: that is no fault of the program.
func TestEndOfASessionDuringItsRefresh(t *testing.T) {
	for _, silent := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			var log strings.Builder
			s, takes := slowClaims(t, session.Options{MaxLifetime: time.Hour, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
			tokens, err := s.Start(t.Context(), "alice", "")
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour - time.Second)
			*takes = 2 * time.Second
			next := 0
			h, want := http.Handler(http.HandlerFunc(s.Refresh)), http.StatusUnauthorized
			if silent {
				h, want = s.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { next++ })), http.StatusOK
			}
			r := httptest.NewRequest("POST", "/refresh", nil)
			r.AddCookie(&http.Cookie{Name: refreshCookie, Value: tokens.Refresh})
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			cleared := strings.Join(w.Header()["Set-Cookie"], "\n")
			if w.Code != want || silent != (next == 1) || strings.Count(cleared, "Max-Age=0") != 2 || strings.Contains(cleared, "jr1_") {
				t.Errorf("silent %v: %d, next %d times, %q", silent, w.Code, next, cleared)
			}
			if !strings.Contains(log.String(), "the session was over before its claims were there") || strings.Contains(log.String(), "ERROR") {
				t.Error(log.String())
			}
		})
	}
}

// heeding is a store of proofs that does nothing for a client that has left.
type heeding struct{}

func (heeding) Use(ctx context.Context, _ [32]byte, _ time.Time) (bool, error) {
	return ctx.Err() == nil, ctx.Err()
}

func TestBoundLogoutOfAClientThatLeaves(t *testing.T) {
	site := newBoundSite(t, dpop.Options{Replays: heeding{}}, newMemory(t, 0))
	owner := newPhone(t, site)
	_, _, tokens := owner.post(t, "/login", nil)
	stays := site.Handler
	site.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		cancel()
		stays.ServeHTTP(w, r.WithContext(ctx))
	})
	if status, body, _ := owner.post(t, "/logout", refreshForm(tokens.Refresh)); status != http.StatusOK {
		t.Error(status, body)
	}
	if all, err := site.sessions.List(t.Context(), "alice"); err != nil || len(all) != 0 {
		t.Error(all, err)
	}
}

// A login whose write is answered with an error leaves no session that nobody has the tokens of.
func TestLoginWhoseAnswerIsLost(t *testing.T) {
	store := newTap(t)
	s := newSessions(t, store, session.Options{MaxPerSubject: 2})
	start := func(about string, wantError bool) {
		if _, err := s.Start(t.Context(), "alice", about); (err != nil) != wantError || wantError && !errors.Is(err, jwthttp.ErrUnavailable) {
			t.Error(about, err)
		}
	}
	start("phone", false)
	start("laptop", false)
	writes := 0
	store.after = func(call string) error {
		if call == "Swap" {
			if writes++; writes == 1 {
				return errors.New("the answer is lost")
			}
		}
		return nil
	}
	start("ghost", true)
	start("tv", false)
	all, err := s.List(t.Context(), "alice")
	if err != nil || len(all) != 2 || all[0].About != "tv" || all[1].About != "laptop" {
		t.Error(all, err)
	}
}

// A store that stalls holds EndOthers up for a fixed time, and not for one more with each session.
func TestEndOthersOfAStoreThatStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := newMemory(t, 0)
		s := newSessions(t, memory, session.Options{})
		for range 100 {
			if _, err := s.Start(t.Context(), "alice", ""); err != nil {
				t.Fatal(err)
			}
		}
		began := time.Now()
		err := newSessions(t, stuckLoads{memory}, session.Options{}).EndOthers(t.Context(), "alice", "")
		if took := time.Since(began); took > 20*time.Second || !errors.Is(err, jwthttp.ErrUnavailable) || len(err.Error()) > 1000 {
			t.Error(took, err)
		}
	})
}

type stuckLoads struct{ session.Store }

func (stuckLoads) Load(ctx context.Context, _ [32]byte) (r session.Record, now time.Time, err error) {
	<-ctx.Done()
	return r, now, ctx.Err()
}

// A cookie and a form are two refresh tokens, by whatever name the form has it.
func TestLogoutWithACookieAndAForm(t *testing.T) {
	s := setup{}.start(t)
	one, other := s.start(t), s.start(t)
	for form, want := range map[string]int{
		"token=" + other:         http.StatusBadRequest,
		"refresh_token=" + other: http.StatusBadRequest,
		"token=of+the+page":      http.StatusNoContent, // against forged requests, and no refresh token
	} {
		if got := s.send(t, "POST", "/logout", form, "Cookie: "+refreshCookie+"="+one); got.StatusCode != want {
			t.Errorf("%s: %s", form, got.whole)
		}
	}
	if all, err := s.sessions.List(t.Context(), "alice"); err != nil || len(all) != 1 {
		t.Error(all, err)
	}
}

// A token lives no longer than a Lifetime that is no whole second, so it can be revoked.
func TestLifetimeWithAFraction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const lifetime = 2500 * time.Millisecond
		iss, err := issue.New[Claims](issue.Options{Lifetime: lifetime}, issue.HS256(secret))
		if err != nil {
			t.Fatal(err)
		}
		revoked, err := denylist.NewMemory(denylist.Options{MaxLifetime: lifetime})
		if err != nil {
			t.Fatal(err)
		}
		s, err := session.New(iss, newMemory(t, 0), noClaims, session.Options{Revoked: revoked})
		if err != nil {
			t.Fatal(err)
		}
		auth, err := jwthttp.New(iss, s.Options(), denylist.Check[Claims](revoked))
		if err != nil {
			t.Fatal(err)
		}
		for range 100 {
			time.Sleep(10 * time.Millisecond)
			tokens, err := s.Start(t.Context(), "alice", "")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := auth.Verify(t.Context(), tokens.Access); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// An empty access cookie is none, however it is written, so the request is refreshed.
func TestEmptyAccessCookie(t *testing.T) {
	s := setup{}.start(t)
	for _, empty := range []string{``, `""`, `"" `} {
		got := s.send(t, "GET", "/me", "", "Cookie: "+accessCookie+"="+empty+"; "+refreshCookie+"="+s.start(t))
		if got.StatusCode != http.StatusOK || !slices.ContainsFunc(got.Header["Set-Cookie"], func(line string) bool { return strings.HasPrefix(line, accessCookie+"=ey") }) {
			t.Errorf("%q: %s", empty, got.whole)
		}
	}
}

// Sessions that were over long before cost an ending nothing: stores keep them for a day and more, and a
// denylist must not fill with them.
func TestEndOthersOfOldSessions(t *testing.T) {
	store := newTap(t)
	s := newSessions(t, store, session.Options{})
	start := func() {
		if _, err := s.Start(t.Context(), "alice", ""); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		start()
	}
	store.wait(8 * 24 * time.Hour)
	start()
	store.taken()
	if err := s.EndOthers(t.Context(), "alice", ""); err != nil {
		t.Error(err)
	}
	if calls := store.taken(); calls != "List Load Swap Delete" {
		t.Error(calls)
	}
}

// Of two lines for one cookie the last one counts, so that is the one that comes back.
func TestHandlerKeepsTheLastCookie(t *testing.T) {
	s := setup{}.start(t)
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(&http.Cookie{Name: refreshCookie, Value: s.start(t)})
	w := httptest.NewRecorder()
	w.Header().Add("Set-Cookie", accessCookie+"=; Path=/; Max-Age=0") // of a handler outside
	s.sessions.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { clear(w.Header()) })).ServeHTTP(w, r)
	last := map[string]string{}
	for _, c := range w.Result().Cookies() {
		last[c.Name] = c.Value
	}
	if last[accessCookie] == "" || last[refreshCookie] == "" {
		t.Error(w.Header()["Set-Cookie"])
	}
}

// New says when an Idle logs out users who are there. It does not speak of the defaults.
func TestShortIdleIsLogged(t *testing.T) {
	iss, err := issue.New[Claims](issue.Options{}, issue.HS256(secret))
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		opts session.Options
		want bool
	}{
		{session.Options{}, false},
		{session.Options{Idle: 30 * time.Minute}, false},
		{session.Options{Idle: 29 * time.Minute}, true},
		{session.Options{Idle: 15 * time.Minute}, true},
	} {
		var log strings.Builder
		tc.opts.Logger = slog.New(slog.NewTextHandler(&log, nil))
		if _, err := session.New(iss, newMemory(t, 0), noClaims, tc.opts); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(log.String(), "level=WARN msg=\"session: Idle is so short"); got != tc.want {
			t.Errorf("%v: %s", tc.opts.Idle, log.String())
		}
	}
}

// What only a program can have wrong is in the log, since its caller has no answer to write.
func TestFaultsOfTheProgramAreLogged(t *testing.T) {
	var log strings.Builder
	s, _ := slowClaims(t, session.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	w := httptest.NewRecorder()
	if err := s.Login(w, httptest.NewRequest("POST", "/login", nil), ""); !errors.Is(err, jwthttp.ErrMisconfigured) || w.Code != http.StatusInternalServerError {
		t.Error(w.Code, err)
	}
	if !strings.Contains(log.String(), "level=ERROR msg=\"session: a fault of the program") || !strings.Contains(log.String(), "pass the id of the user") {
		t.Error(log.String())
	}
}

// An ending that is complete when the time is over is no failure, if nothing else is meant.
func TestEndThatTakesAllItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newTap(t)
		s := newSessions(t, store, session.Options{})
		for _, about := range []string{"old", "new"} {
			if _, err := s.Start(t.Context(), "alice", about); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		all, err := s.List(t.Context(), "alice")
		if err != nil || len(all) != 2 {
			t.Fatal(all, err)
		}
		store.before = func(call string) error {
			if call == "List" {
				time.Sleep(6 * time.Second)
			} else {
				time.Sleep(1500 * time.Millisecond)
			}
			return nil
		}
		if err := s.End(t.Context(), "alice", all[0].ID); err != nil {
			t.Error(err)
		}
	})
}

// slowly is a body whose first byte takes 11 seconds.
type slowly struct{ io.Reader }

func (s *slowly) Read(b []byte) (int, error) {
	time.Sleep(11 * time.Second)
	return s.Reader.Read(b)
}

// The time of a logout begins when its form is there.
func TestBoundLogoutOfASlowForm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site := newBoundSite(t, dpop.Options{Replays: heeding{}}, newMemory(t, 0))
		owner := newPhone(t, site)
		_, _, tokens := owner.post(t, "/login", nil)
		handler := site.Handler
		site.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Body = io.NopCloser(&slowly{r.Body})
			handler.ServeHTTP(w, r)
		})
		if status, body, _ := owner.post(t, "/logout", refreshForm(tokens.Refresh)); status != http.StatusOK {
			t.Error(status, body)
		}
	})
}
