package session_test

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/session"
)

// A refresh takes two round trips to the store if it is alone, and at most four in a race: of callers
// with one token, and of callers with that and the one before. In every other round all of them have
// loaded the record before the first of them writes. A reuse may take more, for it ends the session.
func TestRoundTrips(t *testing.T) {
	const callers = 16
	shared := newMemory(t, 0)
	var stores [callers]*tap // each caller is an instance of its own, whose store counts
	var instances [callers]*session.Sessions[Claims]
	for i := range callers {
		stores[i] = &tap{Store: shared}
		instances[i] = newSessions(t, stores[i], session.Options{})
	}
	wait := func(d time.Duration) {
		for _, store := range stores {
			store.wait(d)
		}
	}
	most := 0
	for round := range rounds(100, 1000) {
		random := rand.New(rand.NewPCG(uint64(round), 24))
		tokens, err := instances[0].Start(t.Context(), "alice", "")
		if err != nil {
			t.Fatal(err)
		}
		stores[0].taken()
		alone := func(row, token, want string) string {
			t.Helper()
			status, next, _ := post(t.Context(), instances[0].Refresh, token)
			if got := stores[0].taken(); status != 200 || got != want {
				t.Fatalf("%s: %d after %q, want %q", row, status, got, want)
			}
			return next
		}
		before := tokens.Refresh
		current := alone("rotated", before, "Load Swap")
		alone("the same", current, "Load")
		alone("repeated", before, "Load")
		wait(time.Minute)
		current = alone("reissued", before, "Load Swap")

		wait(time.Duration(random.IntN(30)) * time.Second)
		withBefore := random.IntN(2) == 0
		var statuses [callers]int
		var all, wg sync.WaitGroup
		all.Add(callers)
		for i := range callers {
			token := current
			if withBefore && random.IntN(2) == 0 {
				token = before
			}
			var once sync.Once
			stores[i].after = func(string) error {
				if round%2 == 0 {
					once.Do(func() {
						all.Done()
						all.Wait()
					})
				}
				return nil
			}
			wg.Go(func() { statuses[i], _, _ = post(t.Context(), instances[i].Refresh, token) })
		}
		wg.Wait()
		for i, store := range stores {
			store.after = nil
			calls := store.taken()
			n, limit := len(strings.Fields(calls)), 4
			if statuses[i] == http.StatusBadRequest { // a reuse
				limit = 6
			}
			if most = max(most, n); n > limit || statuses[i] != 200 && (limit == 4 || !withBefore) {
				t.Fatalf("round %d, caller %d: %d after %s", round, i, statuses[i], calls)
			}
		}
		if err := instances[0].EndOthers(t.Context(), "alice", ""); err != nil {
			t.Fatal(err)
		}
	}
	if most < 3 {
		t.Errorf("at most %d round trips: no caller has lost a swap", most)
	}
}

// What Handler adds to the middleware where the access cookie is there, as for most requests.
func BenchmarkHandler(b *testing.B) {
	for name, key := range map[string]issue.Key{"HS256": issue.HS256(secret), "ES256": *newSigner(b).key()} {
		b.Run(name, func(b *testing.B) {
			iss := must(issue.New[Claims](issue.Options{}, key))
			s := must(session.New(iss, must(session.NewMemory(0)), noClaims, session.Options{}))
			auth := must(jwthttp.New[Claims](iss, s.Options()))
			tokens := must(s.Start(b.Context(), "alice", ""))
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Cookie", "theme=dark; "+accessCookie+"="+tokens.Access+"; "+refreshCookie+"="+tokens.Refresh)
			w := httptest.NewRecorder()
			inner := auth.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			outer := s.Handler(inner)
			least := [2]time.Duration{time.Hour, time.Hour} // of many turns
			for b.Loop() {
				for i, h := range []http.Handler{inner, outer} {
					began := time.Now()
					for range 100 {
						h.ServeHTTP(w, r)
					}
					least[i] = min(least[i], time.Since(began))
				}
			}
			b.ReportMetric(100*(float64(least[1])/float64(least[0])-1), "%more")
			b.ReportMetric(float64(least[0])/100, "ns/auth")
			b.ReportMetric(float64(least[1])/100, "ns/both")
		})
	}
}
