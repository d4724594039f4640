package session_test

import (
	"crypto/rand"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jwthttp/jwthttp/session"
	"github.com/jwthttp/jwthttp/session/sessiontest"
)

func newMemory(t *testing.T, max int) *session.Memory {
	t.Helper()
	m, err := session.NewMemory(max)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMemory(t *testing.T) {
	m := newMemory(t, 0)
	sessiontest.Store(t, m, m, m)
}

// logIn stores a session that is idle after so long.
func logIn(t *testing.T, m *session.Memory, subject string, idle time.Duration) (session.Record, error) {
	t.Helper()
	now := time.Now()
	r := session.Record{Version: 1, ID: rand.Text()[:22], Subject: subject, Written: now, LoggedIn: now, IdleEnd: now.Add(idle), End: now.Add(idle)}
	rand.Read(r.Key[:])
	rand.Read(r.Current[:])
	written, err := m.Swap(t.Context(), r)
	if err == nil && !written {
		t.Fatal("a new session was not written")
	}
	return r, err
}

func TestNewMemoryRefuses(t *testing.T) {
	for _, max := range []int{-1, 10_000_001} {
		if _, err := session.NewMemory(max); err == nil || !strings.Contains(err.Error(), "use a positive number of at most 10000000") {
			t.Errorf("%d: %v", max, err)
		}
	}
}

// A full store refuses logins, and keeps what it has. Sessions that are over make room.
func TestMemoryFull(t *testing.T) {
	m := newMemory(t, 100)
	var kept []session.Record
	for range 99 {
		r, err := logIn(t, m, "alice", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, r)
	}
	if _, err := logIn(t, m, "bob", -time.Microsecond); err != nil {
		t.Fatal(err)
	}
	r, err := logIn(t, m, "carol", time.Hour) // in place of bob
	if err != nil {
		t.Fatal(err)
	}
	kept = append(kept, r)
	if _, err := logIn(t, m, "dave", time.Hour); err == nil || !strings.Contains(err.Error(), "the store in memory is full: pass a larger number to NewMemory") {
		t.Fatalf("a login too many: %v", err)
	}
	for _, want := range kept {
		got, _, err := m.Load(t.Context(), want.Key)
		if err != nil || got.Version != 1 || got.Subject != want.Subject {
			t.Fatalf("a session that lives is gone: %+v and %v", got, err)
		}
		want.Version = 2
		if written, err := m.Swap(t.Context(), want); !written || err != nil {
			t.Fatalf("no refresh in a full store: %v and %v", written, err)
		}
	}
	if err := m.Delete(t.Context(), kept[0].Key); err != nil {
		t.Fatal(err)
	}
	if _, err := logIn(t, m, "dave", time.Hour); err != nil {
		t.Fatalf("a login after a logout: %v", err)
	}
}

// Sessions that are over do not stay: each login looks at some.
func TestMemorySweeps(t *testing.T) {
	m := newMemory(t, 10_000)
	for range 50_000 {
		if _, err := logIn(t, m, "alice", -time.Microsecond); err != nil {
			t.Fatal(err)
		}
	}
	all, _, err := m.List(t.Context(), "alice")
	if err != nil || len(all) > 10 {
		t.Errorf("%d sessions that are over stay, and %v", len(all), err)
	}
}

// An ending that is not complete stays until its IdleEnd, which may be after the End of its session.
func TestMemoryKeepsMarks(t *testing.T) {
	m := newMemory(t, 0)
	r, err := logIn(t, m, "alice", -time.Microsecond)
	if err != nil {
		t.Fatal(err)
	}
	r.Version, r.Ended, r.IdleEnd = 2, true, time.Now().Add(time.Hour)
	if written, err := m.Swap(t.Context(), r); err != nil || !written {
		t.Fatal(written, err)
	}
	for range 1000 {
		if _, err := logIn(t, m, "bob", -time.Microsecond); err != nil {
			t.Fatal(err)
		}
	}
	if all, _, err := m.List(t.Context(), "alice"); err != nil || len(all) != 1 || !all[0].Ended {
		t.Errorf("%+v and %v", all, err)
	}
}

// A session takes at most 600 bytes, also where the maps have just grown.
func TestMemoryPerSession(t *testing.T) {
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	m := newMemory(t, 0)
	before := heap()
	n, worst := 0, 0.0
	for n < 40_000 {
		for range 2500 {
			now := time.Now()
			request := fmt.Sprintf("POST /login\r\nUser-Agent: %s\r\n\r\n%s", strings.Repeat("Firefox on Linux", 3), strings.Repeat("x", 1024))
			subject := fmt.Sprintf("%08x-%04x-4000-8000-%012x", n, n%65536, n)
			r := session.Record{Version: 1, ID: rand.Text()[:22], Subject: subject, About: request[25:73], Written: now, LoggedIn: now, IdleEnd: now.Add(time.Hour), End: now.Add(time.Hour)}
			rand.Read(r.Key[:])
			if _, err := m.Swap(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			n++
		}
		worst = max(worst, float64(heap()-before)/float64(n))
	}
	t.Logf("%d sessions: at most %.0f bytes each, %.0f at the end", n, worst, float64(heap()-before)/float64(n))
	if worst > 600 {
		t.Errorf("a session takes %.0f bytes", worst)
	}
	runtime.KeepAlive(m)
}

// One subject has 100,000 sessions. A list with a search in it would take minutes here.
func TestMemoryOfOneSubject(t *testing.T) {
	const n = 100_000
	m := newMemory(t, 0)
	var all []session.Record
	for range n {
		r, err := logIn(t, m, "alice", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	for i, r := range all {
		if i%25_000 == 0 {
			if list, _, err := m.List(t.Context(), "alice"); err != nil || len(list) != n-i {
				t.Fatalf("%d sessions and %v, want %d", len(list), err, n-i)
			}
		}
		r.Version = 2
		if written, err := m.Swap(t.Context(), r); !written || err != nil {
			t.Fatalf("%v and %v", written, err)
		}
		if err := m.Delete(t.Context(), r.Key); err != nil {
			t.Fatal(err)
		}
	}
	if list, _, err := m.List(t.Context(), "alice"); err != nil || len(list) != 0 {
		t.Errorf("%d sessions and %v after all are deleted", len(list), err)
	}
}
