package session_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/session"
)

// A pass has what a refresh of an app says.
type pass struct {
	Access    string `json:"access_token"`
	Refresh   string `json:"refresh_token"`
	ExpiresIn int    `json:"expires_in"`
}

func take(t *testing.T, s *session.Sessions[jwt.RegisteredClaims], token string) (p pass) {
	t.Helper()
	r := httptest.NewRequest("POST", "/", strings.NewReader("refresh_token="+url.QueryEscape(token)))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.Refresh(w, r)
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != 200 {
		t.Fatal(w.Code, w.Body, err)
	}
	return p
}

// An access token is good until its session ends by itself, and not longer: neither an ending of a
// session that is idle nor a denylist would find it then. The clock of the store is an hour ahead.
func TestAccessTokenEndsWithItsSession(t *testing.T) {
	for _, tc := range []struct {
		name     string
		opts     session.Options
		lifetime time.Duration
		own      time.Duration // the exp of the claims, 0 for none
		expires  [3]int        // seconds, after 0, 5 and 9.5 minutes
	}{
		{"Lifetime is shorter", session.Options{Idle: time.Hour}, 10 * time.Minute, 0, [...]int{600, 600, 600}},
		{"Idle", session.Options{Idle: 10 * time.Minute}, 15 * time.Minute, 0, [...]int{600, 600, 600}},
		{"MaxLifetime", session.Options{MaxLifetime: 10 * time.Minute}, 15 * time.Minute, 0, [...]int{600, 300, 30}},
		{"Idle beyond MaxLifetime", session.Options{Idle: 8 * time.Minute, MaxLifetime: 10 * time.Minute}, time.Hour, 0, [...]int{480, 300, 30}},
		{"an earlier exp of the claims", session.Options{MaxLifetime: 10 * time.Minute}, 15 * time.Minute, 2 * time.Minute, [...]int{120, 120, 30}},
		{"a later exp of the claims", session.Options{MaxLifetime: 10 * time.Minute}, 15 * time.Minute, 14 * time.Minute, [...]int{600, 300, 30}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				iss, err := issue.New[jwt.RegisteredClaims](issue.Options{Lifetime: tc.lifetime}, issue.HS256(secret))
				if err != nil {
					t.Fatal(err)
				}
				store := newTap(t)
				store.wait(time.Hour)
				s, err := session.New(iss, store, func(context.Context, session.Session) (c jwt.RegisteredClaims, err error) {
					if tc.own > 0 {
						c.ExpiresAt = jwt.NewNumericDate(time.Now().Add(tc.own))
					}
					return c, nil
				}, tc.opts)
				if err != nil {
					t.Fatal(err)
				}
				auth, err := jwthttp.New[jwt.RegisteredClaims](iss, s.Options())
				if err != nil {
					t.Fatal(err)
				}
				want := func(step int, p pass) {
					t.Helper()
					if p.ExpiresIn != tc.expires[step] {
						t.Errorf("step %d: expires_in is %d, want %d", step, p.ExpiresIn, tc.expires[step])
					}
					token, err := auth.Verify(t.Context(), p.Access)
					if err != nil {
						t.Fatal(err)
					}
					if d := time.Until(token.Claims.ExpiresAt.Time); d != time.Duration(tc.expires[step])*time.Second {
						t.Errorf("step %d: exp is in %v, want %d s", step, d, tc.expires[step])
					}
				}
				w := httptest.NewRecorder()
				if err := s.Login(w, httptest.NewRequest("POST", "/", nil), "bob"); err != nil {
					t.Fatal(err)
				}
				early := min(max(tc.expires[0]/10, 1), 30)
				if cookies := fmt.Sprint(w.Header()["Set-Cookie"]); !strings.Contains(cookies, fmt.Sprintf("; Max-Age=%d;", tc.expires[0]-early)) {
					t.Error(cookies)
				}
				started, err := s.Start(t.Context(), "alice", "")
				if err != nil {
					t.Fatal(err)
				}
				want(0, pass{started.Access, started.Refresh, int(started.ExpiresIn)})
				time.Sleep(5 * time.Minute)
				next := take(t, s, started.Refresh)
				want(1, next)
				time.Sleep(4*time.Minute + 30*time.Second)
				next = take(t, s, next.Refresh)
				want(2, next)
				// The second of the end has begun.
				time.Sleep(time.Duration(tc.expires[2])*time.Second - 300*time.Millisecond)
				if tc.opts.MaxLifetime > 0 {
					next = take(t, s, next.Refresh)
					if next.ExpiresIn != 1 {
						t.Errorf("expires_in is %d", next.ExpiresIn)
					}
				}
				if _, err := auth.Verify(t.Context(), next.Access); err != nil {
					t.Error(err)
				}
				time.Sleep(300 * time.Millisecond)
				if _, err := auth.Verify(t.Context(), next.Access); err == nil {
					t.Error("an access token is good after the end of its session")
				}
			})
		})
	}
}

// Another instance has loaded the record five seconds earlier, and writes it first.
func TestAccessTokenOfALostSwapEndsWithItsSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newTap(t)
		s := newSessions(t, store, session.Options{Idle: 10 * time.Minute})
		started, err := s.Start(t.Context(), "alice", "")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		store.before = func(call string) error {
			if call == "Swap" {
				store.before = nil
				store.wait(-5 * time.Second)
				post(t.Context(), s.Refresh, started.Refresh)
				store.wait(5 * time.Second)
			}
			return nil
		}
		_, _, access := post(t.Context(), s.Refresh, started.Refresh)
		var claims jwt.RegisteredClaims
		if _, _, err := jwt.NewParser().ParseUnverified(access, &claims); err != nil {
			t.Fatal(err)
		}
		all, err := s.List(t.Context(), "alice")
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		if claims.ExpiresAt.After(all[0].Expires) {
			t.Errorf("exp is %v, and the session ends at %v", claims.ExpiresAt, all[0].Expires)
		}
	})
}

// A session lives until its end, also in a second that no exp can be in.
func TestAccessTokenOfTheLastSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(500 * time.Millisecond)
		store := newMemory(t, 0)
		s := newSessions(t, store, session.Options{MaxLifetime: 10 * time.Minute})
		started, err := s.Start(t.Context(), "alice", "")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10*time.Minute - 200*time.Millisecond)
		status, _, access := post(t.Context(), s.Refresh, started.Refresh)
		var claims jwt.RegisteredClaims
		if _, _, err := jwt.NewParser().ParseUnverified(access, &claims); err != nil || status != 200 {
			t.Fatal(status, err)
		}
		if d := time.Until(claims.ExpiresAt.Time); d != 700*time.Millisecond {
			t.Errorf("exp is in %v", d)
		}
	})
}

// expires_in is never 0, which golang.org/x/oauth2 takes for a token that never expires.
func TestExpiresInIsNotZero(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		iss, err := issue.New[jwt.RegisteredClaims](issue.Options{}, issue.HS256(secret))
		if err != nil {
			t.Fatal(err)
		}
		s, err := session.New(iss, newMemory(t, 0), func(context.Context, session.Session) (c jwt.RegisteredClaims, err error) { return c, nil }, session.Options{Idle: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(700 * time.Millisecond)
		started, err := s.Start(t.Context(), "alice", "")
		if err != nil || started.ExpiresIn != 1 {
			t.Fatal(started.ExpiresIn, err)
		}
		if got := take(t, s, started.Refresh).ExpiresIn; got != 1 {
			t.Error(got)
		}
	})
}
