package session_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jwthttp/jwthttp/session"
)

const (
	accessCookie  = "__Host-access"
	refreshCookie = "__Host-refresh"
)

// A tap is a Store that notes its calls and fails on demand, and whose clock can be set.
type tap struct {
	session.Store
	mu     sync.Mutex
	calls  []string
	ahead  time.Duration
	before func(call string) error // its error is that of the call, which does nothing
	after  func(call string) error // its error is that of the call, which has done its work
}

func newTap(t *testing.T) *tap { return &tap{Store: newMemory(t, 0)} }

// taken returns the calls since it was called last.
func (s *tap) taken() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := strings.Join(s.calls, " ")
	s.calls = nil
	return all
}

func (s *tap) wait(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead += d
}

// failWith lets all calls fail, or none if err is nil.
func (s *tap) failWith(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = func(string) error { return err }
}

func (s *tap) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Add(s.ahead)
}

func (s *tap) around(ctx context.Context, call string, do func() error) error {
	s.mu.Lock()
	s.calls = append(s.calls, call)
	before, after := s.before, s.after
	s.mu.Unlock()
	if before != nil {
		if err := before(call); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	if after != nil {
		return after(call)
	}
	return nil
}

func (s *tap) Load(ctx context.Context, key [32]byte) (r session.Record, _ time.Time, err error) {
	err = s.around(ctx, "Load", func() (err error) {
		r, _, err = s.Store.Load(ctx, key)
		return err
	})
	return r, s.now(), err
}

func (s *tap) Swap(ctx context.Context, r session.Record) (written bool, err error) {
	err = s.around(ctx, "Swap", func() (err error) {
		written, err = s.Store.Swap(ctx, r)
		return err
	})
	return written, err
}

func (s *tap) Delete(ctx context.Context, key [32]byte) error {
	return s.around(ctx, "Delete", func() error { return s.Store.Delete(ctx, key) })
}

func (s *tap) List(ctx context.Context, subject string) (all []session.Record, _ time.Time, err error) {
	err = s.around(ctx, "List", func() (err error) {
		all, _, err = s.Store.List(ctx, subject)
		return err
	})
	return all, s.now(), err
}

// start begins a session, and returns its refresh token.
func (s *site) start(t *testing.T) string {
	t.Helper()
	tokens, err := s.sessions.Start(t.Context(), "alice", "phone")
	if err != nil {
		t.Fatal(err)
	}
	return tokens.Refresh
}

// A reply is an answer with a text of all of it: status, header and body.
type reply struct {
	*http.Response
	body, whole string
}

// send sends a request without a cookie jar. Each of fields is a line of the header.
func (s *site) send(t *testing.T, method, path, form string, fields ...string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	if form != "" && !strings.Contains(strings.Join(fields, "\n"), "Content-Type: ") {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		req.Header.Add(name, value)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var whole bytes.Buffer
	fmt.Fprintln(&whole, resp.StatusCode)
	for _, name := range slices.Sorted(maps.Keys(resp.Header)) {
		if name == "Date" || name == "Content-Length" {
			continue
		}
		for _, value := range resp.Header[name] {
			fmt.Fprintf(&whole, "%s: %s\n", name, value)
		}
	}
	fmt.Fprintf(&whole, "\n%s", body)
	return reply{resp, string(body), whole.String()}
}

// app is a refresh of an app, browser one of a browser.
func (s *site) app(t *testing.T, token string) reply {
	t.Helper()
	return s.send(t, "POST", "/refresh", "grant_type=refresh_token&refresh_token="+url.QueryEscape(token))
}

func (s *site) web(t *testing.T, token string) reply {
	t.Helper()
	return s.send(t, "POST", "/refresh", "", "Cookie: "+refreshCookie+"="+token)
}

// refreshToken returns the one that the answer has, in a cookie or in its body.
func (r reply) refreshToken(t *testing.T) string {
	t.Helper()
	found := aRefreshToken.FindString(r.whole)
	if found == "" || r.StatusCode >= 400 {
		t.Fatalf("no refresh token: %s", r.whole)
	}
	return found
}

func (r reply) accessToken(t *testing.T) string {
	t.Helper()
	found := aJWT.FindString(r.whole)
	if found == "" {
		t.Fatalf("no access token: %s", r.whole)
	}
	return found
}

var (
	aRefreshToken = regexp.MustCompile(`jr1_[\w-]{64}`)
	aJWT          = regexp.MustCompile(`eyJ[\w-]+\.[\w-]+\.[\w-]+`)
	anExpiry      = regexp.MustCompile(`; Expires=[^;]+`)
	aMaxAge       = regexp.MustCompile(`Max-Age=[1-9]\d*`)
	anExpiresIn   = regexp.MustCompile(`"expires_in":(89\d|900)`)
)

// shape returns the whole answer with names in place of what is random.
func (r reply) shape() string {
	text := aRefreshToken.ReplaceAllString(r.whole, "REFRESH")
	text = aJWT.ReplaceAllString(text, "ACCESS")
	text = anExpiry.ReplaceAllString(text, "")
	text = aMaxAge.ReplaceAllString(text, "Max-Age=N")
	return anExpiresIn.ReplaceAllString(text, `"expires_in":N`)
}
