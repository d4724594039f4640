package session_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/session"
)

// payload returns the claims of an access token, which is not verified.
func payload(t *testing.T, access string) jwt.MapClaims {
	t.Helper()
	claims := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(access, claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// The auth_time of every access token is when the user logged in, by the clock of the store. No
// refresh makes a login fresh, whichever row of the table it is.
func TestAuthTime(t *testing.T) {
	for _, tc := range []struct {
		name  string
		clock time.Duration // of the store, against the process
	}{
		{"one clock", 0},
		{"the store is a day ahead", 24 * time.Hour},
		{"the store is a day behind", -24 * time.Hour},
	} {
		t.Run(tc.name, func(t *testing.T) {
			store := newTap(t)
			store.wait(tc.clock)
			var seen []time.Time // by the claims function
			s := setup{store: store, claims: func(_ context.Context, s session.Session) (c Claims, err error) {
				seen = append(seen, s.LoggedIn)
				return c, nil
			}}.start(t)
			earliest := store.now().Unix()
			tokens, err := s.sessions.Start(t.Context(), "alice", "phone")
			if err != nil {
				t.Fatal(err)
			}
			latest := store.now().Unix()
			login := payload(t, tokens.Access)["auth_time"].(float64)
			if login < float64(earliest) || login > float64(latest) {
				t.Fatalf("auth_time %.0f, and the login was between %d and %d", login, earliest, latest)
			}
			refresh := func(row, token string, wait time.Duration) string {
				t.Helper()
				store.wait(wait)
				got := s.app(t, token)
				if at := payload(t, got.accessToken(t))["auth_time"]; at != login {
					t.Errorf("%s: auth_time %v, and the login was at %.0f", row, at, login)
				}
				return got.refreshToken(t)
			}
			first := tokens.Refresh
			second := refresh("rotated", first, time.Hour)
			refresh("the same", second, 0)
			refresh("repeated", first, 0)
			third := refresh("reissued", first, time.Hour)
			fourth := refresh("rotated", third, time.Hour)

			store.wait(time.Hour)
			page := s.send(t, "GET", "/me", "", "Cookie: "+refreshCookie+"="+fourth)
			if at := payload(t, page.accessToken(t))["auth_time"]; at != login {
				t.Errorf("Handler: auth_time %v, and the login was at %.0f", at, login)
			}
			for _, at := range seen {
				if at.Unix() != int64(login) {
					t.Errorf("the claims function gets %v", at)
				}
			}
			again, err := s.sessions.Start(t.Context(), "alice", "phone")
			if err != nil {
				t.Fatal(err)
			}
			if at := payload(t, again.Access)["auth_time"].(float64); at < login+(3*time.Hour).Seconds() {
				t.Errorf("a new login has the auth_time %.0f of the one before", at)
			}
		})
	}
}

// A claims type may have an auth_time: one that is zero is filled in, and one that says another time is
// an error, which ends nothing.
func TestOwnAuthTime(t *testing.T) {
	type claims struct {
		Subject  string           `json:"sub"`
		AuthTime *jwt.NumericDate `json:"auth_time"`
	}
	for _, tc := range []struct {
		name string
		of   func(s session.Session) *jwt.NumericDate
		good bool
	}{
		{"null", func(session.Session) *jwt.NumericDate { return nil }, true},
		{"0", func(session.Session) *jwt.NumericDate { return jwt.NewNumericDate(time.Unix(0, 0)) }, true},
		{"the login", func(s session.Session) *jwt.NumericDate { return jwt.NewNumericDate(s.LoggedIn) }, true},
		{"the last refresh", func(s session.Session) *jwt.NumericDate { return jwt.NewNumericDate(s.LastUsed) }, false},
		{"a second later", func(s session.Session) *jwt.NumericDate {
			return jwt.NewNumericDate(s.LoggedIn.Add(time.Second))
		}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			iss, err := issue.New[claims](issue.Options{}, issue.HS256(secret))
			if err != nil {
				t.Fatal(err)
			}
			store := newTap(t)
			isLogin := true
			s, err := session.New(iss, store, func(_ context.Context, s session.Session) (c claims, err error) {
				if !isLogin {
					c.AuthTime = tc.of(s)
				}
				return c, nil
			}, session.Options{Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			auth, err := jwthttp.New[claims](iss, s.Options())
			if err != nil {
				t.Fatal(err)
			}
			tokens, err := s.Start(t.Context(), "alice", "")
			if err != nil {
				t.Fatal(err)
			}
			login := payload(t, tokens.Access)["auth_time"]

			// A step, so that LastUsed is not LoggedIn.
			store.wait(time.Hour)
			status, token, _ := post(t.Context(), s.Refresh, tokens.Refresh)
			if status != 200 {
				t.Fatal(status)
			}
			store.wait(time.Hour)
			isLogin = false
			store.taken()
			status, _, access := post(t.Context(), s.Refresh, token)
			if !tc.good {
				if calls := store.taken(); status != 500 || access != "" || calls != "Load" {
					t.Errorf("%d, %q", status, calls)
				}
				isLogin = true
				if status, _, access = post(t.Context(), s.Refresh, token); status != 200 {
					t.Fatalf("the session is over: %d", status)
				}
			}
			verified, err := auth.Verify(t.Context(), access)
			if err != nil {
				t.Fatal(err)
			}
			if at := verified.Claims.AuthTime; at == nil || float64(at.Unix()) != login {
				t.Errorf("auth_time %v, and the login was at %v", at, login)
			}

			// A login with claims that contradict is an error too, and begins no session.
			isLogin = false
			store.taken()
			w := httptest.NewRecorder()
			err = s.Login(w, httptest.NewRequest("POST", "/login", nil), "bob")
			if isGood := err == nil; isGood != (tc.good || tc.name == "the last refresh") {
				t.Errorf("a login: %v", err)
			}
			if err != nil && (w.Code != http.StatusInternalServerError || store.taken() != "Load" || !strings.Contains(err.Error(), `the claim "auth_time" has one value in the claims and another one beside them`)) {
				t.Error(w.Code, err)
			}
		})
	}
}
