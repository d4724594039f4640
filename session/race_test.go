package session_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/session"
)

// rounds returns how often to repeat: the long form is for SESSION_LONG=1.
func rounds(short, long int) int {
	if os.Getenv("SESSION_LONG") != "" {
		return long
	}
	return short
}

func newSessions(t *testing.T, store session.Store, opts session.Options) *session.Sessions[Claims] {
	t.Helper()
	iss, err := issue.New[Claims](issue.Options{}, issue.HS256(secret))
	if err != nil {
		t.Fatal(err)
	}
	opts.Logger = slog.New(slog.DiscardHandler)
	s, err := session.New(iss, store, noClaims, opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// post calls a handler as an app, without a network.
func post(ctx context.Context, h http.HandlerFunc, token string) (status int, refresh, access string) {
	r := httptest.NewRequestWithContext(ctx, "POST", "/", strings.NewReader("refresh_token="+url.QueryEscape(token)))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h(w, r)
	return w.Code, aRefreshToken.FindString(w.Body.String()), aJWT.FindString(w.Body.String())
}

// 32 callers with one token, over three instances with one store, take one step and get one successor.
// In every other round all of them have loaded the record before the first of them writes.
func TestSimultaneousRefreshesOfInstances(t *testing.T) {
	const callers = 32
	store := newTap(t)
	var instances []*session.Sessions[Claims]
	for range 3 {
		instances = append(instances, newSessions(t, store, session.Options{}))
	}
	for round := range rounds(100, 1000) {
		tokens, err := instances[0].Start(t.Context(), "alice", "")
		if err != nil {
			t.Fatal(err)
		}
		token := tokens.Refresh
		for step := range 2 {
			var loads atomic.Int32
			all := make(chan struct{})
			var swaps atomic.Int32
			store.after = nil
			if round%2 == 0 {
				store.after = func(call string) error {
					if call == "Load" {
						if n := loads.Add(1); n == callers {
							close(all)
						}
						<-all
					}
					return nil
				}
			}
			store.before = func(call string) error {
				if call == "Swap" {
					swaps.Add(1)
				}
				return nil
			}
			store.taken()
			successors := make([]string, callers)
			var wg sync.WaitGroup
			for i := range callers {
				wg.Go(func() {
					status, refresh, access := post(t.Context(), instances[i%3].Refresh, token)
					if status != 200 || access == "" {
						t.Errorf("round %d: %d", round, status)
					}
					successors[i] = refresh
				})
			}
			wg.Wait()
			for _, successor := range successors {
				if successor != successors[0] || successor == token {
					t.Fatalf("round %d: %q", round, successors)
				}
			}
			// Another step would have made another Version.
			records, _, err := store.Store.List(t.Context(), "alice")
			if err != nil || len(records) != 1 || records[0].Version != int64(2+step) {
				t.Fatalf("round %d: %v %v", round, records, err)
			}
			if round%2 == 0 && swaps.Load() != callers {
				t.Fatalf("round %d: %d callers met", round, swaps.Load())
			}
			token = successors[0]
			store.wait(time.Minute)
		}
		store.before, store.after = nil, nil
		if status, _, _ := post(t.Context(), instances[1].Logout, token); status != 200 {
			t.Fatal(status)
		}
	}
}

// A crowd is a store for simultaneous logins: each of them writes after all have listed what was there,
// lists after all have written, and ends a session after all have listed again. Its clock may stand
// still, and its lists have any order.
type crowd struct {
	session.Store
	now                    time.Time // if it stands still
	begun, written, listed meeting
}

// A meeting is where so many callers wait for each other.
type meeting struct {
	missing atomic.Int32
	all     chan struct{}
}

func (m *meeting) of(n int32) { m.missing.Store(n); m.all = make(chan struct{}) }

func (m *meeting) wait() {
	if m.missing.Add(-1) == 0 {
		close(m.all)
	}
	<-m.all
}

func (s *crowd) time() time.Time {
	if s.now.IsZero() {
		return time.Now()
	}
	return s.now
}

func (s *crowd) Load(ctx context.Context, key [32]byte) (session.Record, time.Time, error) {
	r, _, err := s.Store.Load(ctx, key)
	return r, s.time(), err
}

func (s *crowd) Swap(ctx context.Context, r session.Record) (bool, error) {
	if r.Version > 1 {
		return s.Store.Swap(ctx, r)
	}
	s.begun.wait()
	written, err := s.Store.Swap(ctx, r)
	s.written.wait()
	return written, err
}

func (s *crowd) List(ctx context.Context, subject string) ([]session.Record, time.Time, error) {
	all, _, err := s.Store.List(ctx, subject)
	if s.written.missing.Load() == 0 {
		s.listed.wait()
	}
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all, s.time(), err
}

// Of logins at the same time, over two instances, MaxPerSubject are kept: they do not end each other.
func TestMaxPerSubjectAtTheSameTime(t *testing.T) {
	const logins = 5
	for _, still := range []bool{false, true} {
		for most := 1; most <= 3; most++ {
			for round := range rounds(20, 1000) {
				store := &crowd{Store: newMemory(t, 0)}
				for _, m := range []*meeting{&store.begun, &store.written, &store.listed} {
					m.of(logins)
				}
				if still {
					store.now = time.Now()
				}
				var instances []*session.Sessions[Claims]
				for range 2 {
					instances = append(instances, newSessions(t, store, session.Options{MaxPerSubject: most}))
				}
				tokens := make([]string, logins)
				var callers sync.WaitGroup
				for i := range tokens {
					callers.Go(func() {
						started, err := instances[i%2].Start(t.Context(), "alice", "")
						if err != nil {
							t.Error(err)
							return
						}
						tokens[i] = started.Refresh
					})
				}
				callers.Wait()
				live := 0
				for _, token := range tokens {
					if status, _, _ := post(t.Context(), instances[0].Refresh, token); status == 200 {
						live++
					}
				}
				if all, err := instances[0].List(t.Context(), "alice"); err != nil || len(all) != most || live != most {
					t.Fatalf("MaxPerSubject %d, round %d: %d are listed and %d can be refreshed, %v", most, round, len(all), live, err)
				}
			}
		}
	}
}

// Two refreshes and a logout, in every order of their calls of the store: nothing works afterwards.
func TestRefreshAgainstLogout(t *testing.T) {
	for seed := range rounds(500, 10_000) {
		random := rand.New(rand.NewPCG(uint64(seed), 23))
		lists := &lists{}
		revoked := lists.new(t)
		store := newTap(t)
		s := newSessions(t, store, session.Options{Revoked: revoked})
		auth, err := jwthttp.New(must(issue.New[Claims](issue.Options{}, issue.HS256(secret))), s.Options(), denylist.Check[Claims](revoked))
		if err != nil {
			t.Fatal(err)
		}
		started, err := s.Start(t.Context(), "alice", "")
		if err != nil {
			t.Fatal(err)
		}
		refresh, access := []string{started.Refresh}, []string{started.Access}
		for range random.IntN(3) {
			status, next, token := post(t.Context(), s.Refresh, refresh[len(refresh)-1])
			if status != 200 {
				t.Fatal(seed, status)
			}
			refresh, access = append(refresh, next), append(access, token)
			store.wait(time.Duration(random.IntN(15)) * time.Second)
		}
		turns := make(chan chan struct{})
		store.before = func(string) error {
			turn := make(chan struct{})
			turns <- turn
			<-turn
			return nil
		}
		var mu sync.Mutex
		done := make(chan struct{})
		running := 0
		run := func(do func()) {
			running++
			go func() {
				do()
				done <- struct{}{}
			}()
		}
		known := len(refresh)
		recent := func() string { return refresh[max(0, known-1-random.IntN(2))] }
		for range 2 {
			token := recent()
			run(func() {
				status, next, token := post(t.Context(), s.Refresh, token)
				if status != 200 && status != 400 {
					t.Errorf("seed %d: refresh: %d", seed, status)
				}
				mu.Lock()
				defer mu.Unlock()
				refresh, access = append(refresh, next), append(access, token)
			})
		}
		token := recent()
		run(func() {
			if status, _, _ := post(t.Context(), s.Logout, token); status != 200 {
				t.Errorf("seed %d: logout: %d", seed, status)
			}
		})
		var waiting []chan struct{}
		for running > 0 {
			if len(waiting) < running {
				select {
				case turn := <-turns:
					waiting = append(waiting, turn)
				case <-done:
					running--
				}
				continue
			}
			i := random.IntN(len(waiting))
			close(waiting[i])
			waiting = append(waiting[:i], waiting[i+1:]...)
		}
		store.before = nil
		for range 2 {
			for _, token := range refresh {
				if token == "" {
					continue
				}
				if status, _, _ := post(t.Context(), s.Refresh, token); status != 400 {
					t.Fatalf("seed %d: a refresh after the logout gets %d", seed, status)
				}
			}
			store.wait(time.Minute)
		}
		for _, token := range access {
			if token == "" {
				continue
			}
			if _, err := auth.Verify(t.Context(), token); err == nil {
				t.Fatalf("seed %d: an access token is good after the logout", seed)
			}
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// The program ends, or its connection does, between the write and the answer: the same token again
// gets an answer, and a retry within Grace the successor that was lost.
func TestCrashBetweenWriteAndAnswer(t *testing.T) {
	for _, panics := range []bool{true, false} {
		t.Run(fmt.Sprint("panics ", panics), func(t *testing.T) {
			store := newTap(t)
			s := newSessions(t, store, session.Options{})
			started, err := s.Start(t.Context(), "alice", "")
			if err != nil {
				t.Fatal(err)
			}
			token := started.Refresh
			for i := range rounds(200, 1000) {
				lost := i % 11    // as often is a session good for
				isLate := i%3 > 0 // else the retries are within Grace, and read what was written
				for n := range lost {
					store.after = func(call string) error {
						if call == "Swap" && panics {
							panic("the program ends here")
						}
						if call == "Swap" {
							return errDown
						}
						return nil
					}
					status := 0
					func() {
						defer func() { recover() }()
						status, _, _ = post(t.Context(), s.Refresh, token)
					}()
					isLost := status == 0 && panics || status == 503 && !panics
					if isLost != (isLate || n == 0) || !isLost && status != 200 {
						t.Fatalf("round %d: %d", i, status)
					}
					store.after = nil
					if isLate {
						store.wait(time.Minute)
					}
				}
				status, next, access := post(t.Context(), s.Refresh, token)
				if status != 200 || access == "" {
					t.Fatalf("round %d: %d after %d lost answers", i, status, lost)
				}
				if lost > 0 && next == token {
					t.Fatal("the same token")
				}
				token = next
				store.wait(time.Minute)
			}
		})
	}
}

// A login whose store fails after it has written is a 503, and the next one is good.
func TestCrashInLogin(t *testing.T) {
	store := newTap(t)
	s := setup{store: store, opts: session.Options{MaxPerSubject: 1}}.start(t)
	store.after = func(call string) error {
		if call == "Swap" {
			return errDown
		}
		return nil
	}
	if got := s.send(t, "POST", "/login", "user=alice"); got.whole != unavailable {
		t.Fatal(got.whole)
	}
	store.after = nil
	token := s.send(t, "POST", "/login", "user=alice").refreshToken(t)
	if got := s.web(t, token); got.StatusCode != 204 {
		t.Error(got.whole)
	}
	if all, err := s.sessions.List(t.Context(), "alice"); err != nil || len(all) != 1 {
		t.Error(all, err)
	}
}

// The store fails here and there, before and after its work: clients get 503, keep their cookies, and
// live on.
func TestOutageAmidRefreshes(t *testing.T) {
	store := newTap(t)
	s := newSessions(t, store, session.Options{})
	random := rand.New(rand.NewPCG(23, 23))
	tokens := make([]string, 50)
	for i := range tokens {
		started, err := s.Start(t.Context(), fmt.Sprint(i), "")
		if err != nil {
			t.Fatal(err)
		}
		tokens[i] = started.Refresh
	}
	sometimes := func(string) error {
		if random.IntN(4) == 0 {
			return errDown
		}
		return nil
	}
	counts := map[int]int{}
	lost := make([]int, len(tokens)) // answers, since the last one
	refresh := func(i int) {
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/", nil)
		r.Header.Set("Cookie", refreshCookie+"="+tokens[i])
		w := httptest.NewRecorder()
		s.Refresh(w, r)
		counts[w.Code]++
		switch lines := w.Header()["Set-Cookie"]; {
		case w.Code == 204 && len(lines) == 2:
			tokens[i], lost[i] = aRefreshToken.FindString(lines[0]), 0
		case w.Code == 503 && lines == nil && w.Header().Get("Retry-After") != "":
			lost[i]++
		default:
			t.Fatal(w.Code, w.Header())
		}
	}
	for range rounds(5_000, 100_000) {
		i := random.IntN(len(tokens))
		store.before, store.after = sometimes, sometimes
		if lost[i] == 10 { // more of them in a row are reuse
			store.before, store.after = nil, nil
		}
		refresh(i)
		store.wait(time.Duration(random.IntN(3)) * time.Second)
	}
	store.before, store.after = nil, nil
	for i := range tokens {
		refresh(i)
		if lost[i] > 0 {
			t.Errorf("session %d is over", i)
		}
	}
	if counts[503] < 100 || counts[204] < 100 {
		t.Error(counts)
	}
}
