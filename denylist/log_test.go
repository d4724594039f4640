package denylist_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/internal/tokentest"
)

// wantRecords asserts the records in log since the last call, and what each line contains.
func wantRecords(t testing.TB, log *bytes.Buffer, want ...string) {
	t.Helper()
	var lines []string
	for line := range strings.Lines(log.String()) {
		lines = append(lines, line)
	}
	log.Reset()
	if len(lines) != len(want) {
		t.Errorf("%d records, want %d: %q", len(lines), len(want), lines)
		return
	}
	for i, part := range want {
		if !strings.Contains(lines[i], part) {
			t.Errorf("the record %q, want %q", lines[i], part)
		}
	}
}

func newLogger(log *bytes.Buffer) *slog.Logger { return slog.New(slog.NewTextHandler(log, nil)) }

// setDefault sets the default logger until the test ends.
func setDefault(t testing.TB, logger *slog.Logger) {
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	slog.SetDefault(logger)
}

const (
	checkFailed = `level=ERROR msg="denylist: tokens cannot be checked, and get a 503" err="denylist: the store failed: `
	raiseFailed = `level=ERROR msg="denylist: a revocation failed, and its tokens may still be good" err="denylist: the store failed: `
)

// A store that is down is logged once a minute for checks, and once for revocations.
func TestStoreDownIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		list, err := denylist.New(failing{errors.New("the disk is full")}, denylist.Options{Logger: newLogger(&log)})
		if err != nil {
			t.Fatal(err)
		}
		auth := tokentest.Protect[jwt.MapClaims](t, list)
		iat := time.Now().Unix()
		claims := jwt.MapClaims{"sub": "alice", "iat": iat, "exp": iat + 3600}
		for range 100 {
			want(t, auth, claims, jwthttp.ErrUnavailable)
		}
		wantRecords(t, &log, checkFailed+`the disk is full"`)
		for range 3 {
			list.RevokeSubject(t.Context(), "", "alice", time.Now())
			list.RevokeToken(t.Context(), "", "1", time.Now().Add(time.Hour))
		}
		wantRecords(t, &log, raiseFailed+`the disk is full"`)
		time.Sleep(time.Minute)
		want(t, auth, claims, jwthttp.ErrUnavailable)
		wantRecords(t, &log, `the disk is full" suppressed=99`)
		list.RevokeSubject(t.Context(), "", "alice", time.Now())
		wantRecords(t, &log, `the disk is full" suppressed=5`)
	})
}

func TestWhatElseIsLogged(t *testing.T) {
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	for _, tc := range []struct {
		name  string
		store denylist.Store
		ctx   context.Context
		want  []string
	}{
		{"a store that is well", &faulty{}, t.Context(), nil},
		{"a revoked token", &faulty{found: [3]int64{1}}, t.Context(), nil},
		{"a number that no list wrote", &faulty{found: [3]int64{-1}}, t.Context(), []string{checkFailed + "it returned the number -1"}},
		{"a client that has left", failing{context.Canceled}, gone, nil},
		{"a request that had too little time", failing{context.DeadlineExceeded}, late, []string{checkFailed}},
		{"an error of two lines", failing{errors.New("a\nlevel=ERROR\u2028b")}, t.Context(), []string{checkFailed + `a; level=ERROR b"`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var log bytes.Buffer
			list, err := denylist.New(tc.store, denylist.Options{Logger: newLogger(&log)})
			if err != nil {
				t.Fatal(err)
			}
			tokentest.Protect[jwt.MapClaims](t, list).Verify(tc.ctx, tokentest.Sign(t, jwt.MapClaims{"sub": "alice", "jti": "1"}))
			wantRecords(t, &log, tc.want...)
		})
	}
}

// A list in memory that is full says what to raise. It does so even if no logger is set, and
// to the logger that is the default at that moment.
func TestFullIsLogged(t *testing.T) {
	var first, second, own bytes.Buffer
	setDefault(t, newLogger(&first))
	list := newMemory(t, denylist.Options{MaxEntries: 1})
	set := newMemory(t, denylist.Options{MaxEntries: 1, Logger: newLogger(&own)})
	slog.SetDefault(newLogger(&second)) // after NewMemory
	fill := func(list *denylist.List) {
		for _, id := range []string{"1", "2", "3"} {
			list.RevokeToken(t.Context(), "", id, time.Now().Add(time.Hour))
		}
	}
	fill(list)
	wantRecords(t, &first)
	wantRecords(t, &second, raiseFailed+"denylist: the list is full: raise Options.MaxEntries")
	fill(set)
	wantRecords(t, &second)
	wantRecords(t, &own, raiseFailed+"denylist: the list is full")
}

// An issuer whose tokens cannot be revoked locks its users out, so the operator learns it.
func TestUnrevocableIsLogged(t *testing.T) {
	var log bytes.Buffer
	auth := tokentest.Protect[jwt.MapClaims](t, newMemory(t, denylist.Options{Logger: newLogger(&log)}))
	for range 2 {
		want(t, auth, jwt.MapClaims{"sub": "alice", "exp": time.Now().Add(25 * time.Hour).Unix()}, denylist.ErrNotRevocable)
	}
	wantRecords(t, &log, `level=WARN msg="denylist: a token cannot be revoked, and gets a 401" err="denylist: the token cannot be revoked: it lives longer than MaxLifetime`)
}

// A misuse is returned, and its caller logs it.
func TestMisuseIsNotLogged(t *testing.T) {
	var log bytes.Buffer
	list := newMemory(t, denylist.Options{Logger: newLogger(&log)})
	if err := list.RevokeToken(t.Context(), "", "", time.Now()); !errors.Is(err, jwthttp.ErrMisconfigured) {
		t.Errorf("error %v", err)
	}
	wantRecords(t, &log)
}
