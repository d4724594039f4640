package session_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/session"
)

// An error of a store or of a denylist is an outage, whatever it wraps.
func TestErrorsOfStoresHaveNoKind(t *testing.T) {
	otherService, err := jwthttp.New[Claims](jwthttp.HS256(secret), jwthttp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, errRefused := otherService.Verify(t.Context(), "x")
	for _, cause := range []error{
		session.ErrEnded, jwthttp.ErrMisconfigured, jwthttp.ErrInvalidToken, jwthttp.ErrCrossOrigin, jwthttp.ErrNoToken, jwthttp.ErrForbidden,
		errRefused, denylist.ErrRevoked, context.Canceled, context.DeadlineExceeded, errDown,
	} {
		for _, call := range []string{"Load", "Swap", "Delete", "List", "Raise"} {
			t.Run(fmt.Sprintf("%v of %s", cause, call), func(t *testing.T) {
				store, list := newTap(t), &lists{}
				s := setup{store: store, opts: session.Options{MaxPerSubject: 1, Revoked: list.new(t)}}.start(t)
				token := s.start(t)
				wrapped := fmt.Errorf("store: %w", cause)
				if call == "Raise" {
					list.err = wrapped
				}
				store.before = func(name string) error {
					if name == call {
						return wrapped
					}
					return nil
				}
				if call == "Load" || call == "Swap" {
					if got := s.app(t, token).whole; got != unavailable {
						t.Error(got)
					}
					if got := s.web(t, token).whole; got != unavailable {
						t.Error(got)
					}
					if got := s.send(t, "GET", "/me", "", "Cookie: "+refreshCookie+"="+token).whole; got != unavailable {
						t.Error(got)
					}
				}
				_, err := s.sessions.Start(t.Context(), "alice", "")
				if !errors.Is(err, jwthttp.ErrUnavailable) || errors.Is(err, session.ErrEnded) || errors.Is(err, jwthttp.ErrMisconfigured) || errors.Is(err, jwthttp.ErrInvalidToken) {
					t.Errorf("Start reports %v", err)
				}
				for _, kept := range []error{context.Canceled, context.DeadlineExceeded, errDown} {
					if errors.Is(err, kept) != errors.Is(cause, kept) {
						t.Errorf("Start reports %v", err)
					}
				}
				if got := s.send(t, "POST", "/login", "user=alice", "Cookie: "+refreshCookie+"="+token).whole; got != unavailable {
					t.Error(got)
				}
				if call == "List" {
					if err := s.sessions.EndOthers(t.Context(), "alice", ""); !errors.Is(err, jwthttp.ErrUnavailable) || errors.Is(err, session.ErrEnded) {
						t.Errorf("EndOthers reports %v", err)
					}
				} else if got := s.send(t, "POST", "/logout", "refresh_token="+token).whole; got != unavailable {
					t.Error(got)
				}
			})
		}
	}
}

// A wrong store returns the record of another session: nothing ends.
type wrong struct {
	session.Store
	isOn  bool
	first *session.Record
}

func (s *wrong) Load(ctx context.Context, key [32]byte) (session.Record, time.Time, error) {
	if s.isOn {
		key = s.first.Key
	}
	return s.Store.Load(ctx, key)
}

func (s *wrong) Swap(ctx context.Context, r session.Record) (bool, error) {
	if s.first == nil {
		s.first = &r
	}
	return s.Store.Swap(ctx, r)
}

func TestRecordOfAnotherSession(t *testing.T) {
	store := &wrong{Store: newMemory(t, 0)}
	s := setup{store: store}.start(t)
	bob, alice := s.start(t), s.start(t)
	store.isOn = true
	if got := s.app(t, alice).whole; got != unavailable {
		t.Error(got)
	}
	if got := s.send(t, "POST", "/logout", "refresh_token="+alice).whole; got != unavailable {
		t.Error(got)
	}
	if got := s.app(t, bob); got.StatusCode != 200 {
		t.Error(got.whole)
	}
	store.isOn = false
	if got := s.app(t, alice); got.StatusCode != 200 {
		t.Error(got.whole)
	}
}

// A picky store fails as the test says.
type picky struct {
	session.Store
	swap func(r session.Record) error
	list func() error
}

func (s *picky) Swap(ctx context.Context, r session.Record) (bool, error) {
	if s.swap != nil {
		if err := s.swap(r); err != nil {
			return false, err
		}
	}
	return s.Store.Swap(ctx, r)
}

func (s *picky) List(ctx context.Context, subject string) ([]session.Record, time.Time, error) {
	if s.list != nil {
		if err := s.list(); err != nil {
			return nil, time.Time{}, err
		}
	}
	return s.Store.List(ctx, subject)
}

// A login whose store fails at any step leaves the browser's session as it was, and no other one.
func TestLoginFailsAtEachStep(t *testing.T) {
	for _, tc := range []struct {
		name string
		fail func(store *picky)
	}{
		{"the new record", func(store *picky) {
			store.swap = func(r session.Record) error {
				if r.Version == 1 {
					return errDown
				}
				return nil
			}
		}},
		{"the list of those before", func(store *picky) { store.list = func() error { return errDown } }},
		{"the list of too many", func(store *picky) {
			store.swap = func(session.Record) error {
				store.list = func() error { return errDown }
				return nil
			}
		}},
		{"the mark of the old record", func(store *picky) {
			store.swap = func(r session.Record) error {
				if r.Ended {
					store.swap = nil
					return errDown
				}
				return nil
			}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			store := &picky{Store: newMemory(t, 0)}
			s := setup{store: store, opts: session.Options{MaxPerSubject: 2}}.start(t)
			token := s.start(t)
			tc.fail(store)
			if got := s.send(t, "POST", "/login", "user=alice", "Cookie: "+refreshCookie+"="+token).whole; got != unavailable {
				t.Fatal(got)
			}
			store.swap, store.list = nil, nil
			if all, err := s.sessions.List(t.Context(), "alice"); err != nil || len(all) != 1 || all[0].About != "phone" {
				t.Errorf("%v %v", all, err)
			}
			if got := s.web(t, token); got.StatusCode != 204 {
				t.Error(got.whole)
			}
		})
	}
}

// A login waits for ten seconds, as a refresh does, and the operator gets to know.
func TestStalledLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		iss, err := issue.New[Claims](issue.Options{}, issue.HS256(secret))
		if err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		s, err := session.New(iss, newMemory(t, 0), func(ctx context.Context, _ session.Session) (c Claims, err error) {
			<-ctx.Done()
			return c, ctx.Err()
		}, session.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		w := httptest.NewRecorder()
		if err := s.Login(w, httptest.NewRequest("POST", "/", nil), "alice"); !errors.Is(err, jwthttp.ErrUnavailable) || w.Code != 503 {
			t.Error(w.Code, err)
		}
		if d := time.Since(began); d != 10*time.Second {
			t.Errorf("it took %v", d)
		}
		if !strings.Contains(log.String(), "the claims function failed") {
			t.Errorf("the log has %q", log.String())
		}
	})
}
