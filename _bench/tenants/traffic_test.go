package tenants

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

// minutes returns how long each period of simulated traffic lasts: 1, or TENANTS_MINUTES.
func minutes(t *testing.T) int {
	text := os.Getenv("TENANTS_MINUTES")
	if text == "" {
		return 1
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("TENANTS_MINUTES is %q: use a number of minutes", text)
	}
	return n
}

// TestTraffic simulates 100 tokens a second of 100,000 tenants that are known. There are three
// periods: in the first the keys are fetched, and in the third 1,000 tokens a second of invented
// issuers come too. A provider answers after 200 ms, and sets no max-age.
func TestTraffic(t *testing.T) {
	const perSecond, inventedPerSecond = 100, 1000
	for _, tc := range []struct {
		zipf    float64
		maxOpen int
	}{{1.1, 1_000}, {1.1, 10_000}, {1.5, 1_000}} {
		t.Run(fmt.Sprintf("Zipf %v, MaxOpen %d", tc.zipf, tc.maxOpen), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				tenants := w.tenants(t, jwks.TenantOptions{MaxOpen: tc.maxOpen})
				remember(t, tenants, 0)
				auth, err := jwthttp.New[claims](tenants, jwthttp.Options{RememberSignatures: known})
				if err != nil {
					t.Fatal(err)
				}
				w.delay = 200 * time.Millisecond
				draw, tokens := zipf(known, tc.zipf), map[int]string{}
				run := func(length time.Duration, invented int) {
					before, fetches := tenants.Stats(), w.fetches.Load()
					var waited, refused, longest atomic.Int64
					var wg sync.WaitGroup
					n := 0
					for start := time.Now(); time.Since(start) < length; time.Sleep(time.Second / perSecond) {
						for i := range invented / perSecond {
							auth.Verify(t.Context(), unsigned(fmt.Sprintf("https://login.invented-%d-%d.example.com/", n, i)))
						}
						i := draw()
						if tokens[i] == "" {
							tokens[i] = w.token(i)
						}
						token, sent := tokens[i], time.Now()
						wg.Go(func() {
							if _, err := auth.Verify(t.Context(), token); err != nil {
								refused.Add(1)
							}
							if took := time.Since(sent); took > 0 {
								waited.Add(1)
								longest.Store(max(longest.Load(), int64(took)))
							}
						})
						n++
					}
					wg.Wait()
					after := tenants.Stats()
					per := func(n uint64) float64 { return float64(n) / length.Minutes() }
					t.Logf("%d tokens/s, %d invented: %d open; a minute: %.0f fetches, %.0f sources opened, %.0f closed for others, %.0f look-ups; %.1f %% of the tokens wait, %v at most; %d are refused",
						perSecond, invented, after.Open, per(uint64(w.fetches.Load()-fetches)), per(after.Opened-before.Opened), per(after.Evicted-before.Evicted), per(after.Lookups-before.Lookups), float64(waited.Load())/float64(n)*100, time.Duration(longest.Load()), refused.Load())
					if refused.Load() > 0 || after.Known != known {
						t.Errorf("%d good tokens are refused, %d tenants are known", refused.Load(), after.Known)
					}
				}
				length := time.Duration(minutes(t)) * time.Minute
				run(length, 0) // to open what is active
				run(length, 0)
				run(length, inventedPerSecond)
			})
		})
	}
}

// TestMemory measures what a tenant that is known takes, and what its keys take.
func TestMemory(t *testing.T) {
	heap := func() int64 {
		var stats runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&stats)
		return int64(stats.HeapAlloc)
	}
	w := newWorld()
	tenants := w.tenants(t, jwks.TenantOptions{MaxOpen: 1})
	before := heap()
	remember(t, tenants, 0)
	closed := heap() - before
	runtime.KeepAlive(tenants)

	tokens := make([]string, open)
	for i := range tokens {
		tokens[i] = w.token(i)
	}
	tenants = w.tenants(t, jwks.TenantOptions{MaxOpen: open})
	auth, err := jwthttp.New[claims](tenants, jwthttp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	before = heap()
	for _, token := range tokens {
		if _, err := auth.Verify(t.Context(), token); err != nil {
			t.Fatal(err)
		}
	}
	opened := heap() - before
	t.Logf("a tenant that is known: %d bytes; one with its source and a key: %d bytes", closed/known, opened/open)
	runtime.KeepAlive(tenants)
}
