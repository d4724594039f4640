package jwks_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

// bubble runs f with a clock that only waiting advances. It fails if a goroutine is left after
// all sources are closed.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

func TestFirstUse(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider("a", "b")
		d := protect(t, p, jwks.Options{})
		time.Sleep(24 * time.Hour)
		if n := p.count(); n != 0 {
			t.Fatalf("%d fetches before the first use", n)
		}
		if stats := d.Stats(); stats != (jwks.Stats{}) {
			t.Errorf("stats before the first use: %+v", stats)
		}
		p.set(func() { p.delay = time.Second })
		start := time.Now()
		d.wantAfter(t, time.Second, 200, token("a"))
		d.wantAtOnce(t, 200, token("a"))
		d.wantAtOnce(t, 200, token("b"))
		if n := p.count(); n != 1 {
			t.Errorf("%d fetches", n)
		}
		stats := d.Stats()
		if stats.Keys != 2 || stats.Fetches != 1 || !stats.LastSuccess.Equal(start.Add(time.Second)) || !stats.LastFailure.IsZero() || stats.LastError != nil {
			t.Errorf("stats %+v", stats)
		}
		if ahead := time.Until(stats.NextRefresh); ahead < 30*time.Minute || ahead > 54*time.Minute {
			t.Errorf("the keys are renewed in %v", ahead)
		}
	})
}

// Keys are renewed before their expiry without a request. No request waits for a renewal,
// however slow the provider is.
func TestRenewal(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider("a")
		d := protect(t, p, jwks.Options{})
		d.want(t, 200, token("a"))
		p.set(func() { p.delay = 4 * time.Second })
		for range 10 * 60 {
			time.Sleep(time.Minute)
			d.wantAtOnce(t, 200, token("a"))
		}
		times := p.times()
		for i := 1; i < len(times); i++ {
			if gap := times[i].Sub(times[i-1]); gap < 30*time.Minute || gap > 54*time.Minute+4*time.Second {
				t.Errorf("renewed after %v", gap)
			}
		}
		if len(times) < 11 || len(times) > 21 {
			t.Errorf("%d fetches in ten hours", len(times))
		}
		// A key that the provider no longer publishes stops working with the renewal.
		p.set(func() { p.delay = 0 })
		p.publish("b")
		time.Sleep(time.Hour)
		d.wantAtOnce(t, 200, token("b"))
		d.want(t, 401, token("a"))
	})
}

// 10,000 instances that start together do not renew together.
func TestRenewalsSpread(t *testing.T) {
	const instances, bins = 10_000, 20
	bubble(t, func(t *testing.T) {
		p := newProvider("a")
		for range instances { // all at the same moment of the bubble's clock
			if err := protect(t, p, jwks.Options{}).Refresh(t.Context()); err != nil {
				t.Error(err)
			}
		}
		start := time.Now()
		if n := p.count(); n != instances {
			t.Fatalf("%d fetches at the start", n)
		}
		time.Sleep(54*time.Minute - 1) // no second renewal: it is at least an hour away
		synctest.Wait()
		var count [bins]int
		times := p.times()[instances:]
		for _, at := range times {
			since := at.Sub(start) - 30*time.Minute
			if since < 0 {
				t.Fatalf("a renewal after %v", at.Sub(start))
			}
			count[since*bins/(24*time.Minute)]++
		}
		if len(times) != instances {
			t.Errorf("%d renewals in the window", len(times))
		}
		// 500 are expected in each twentieth. 150 is seven standard deviations.
		for i, n := range count {
			if n < 350 || n > 650 {
				t.Errorf("%d renewals in part %d of %d", n, i+1, bins)
			}
		}
	})
}

// A service that starts while its issuer is down works within seconds of the issuer's return,
// with or without requests.
func TestDownAtBoot(t *testing.T) {
	for _, asks := range []bool{false, true} {
		t.Run(fmt.Sprintf("requests meanwhile: %v", asks), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p := newProvider("a")
				p.goDown()
				var told events
				d := protect(t, p, jwks.Options{OnEvent: told.add})
				d.want(t, 503, token("a"))
				for i := range 2000 {
					time.Sleep(300 * time.Millisecond)
					if asks {
						d.wantAtOnce(t, 503, token("a"))
						d.wantAtOnce(t, 503, unknown(i))
					}
				}
				stats := d.Stats()
				wantError(t, stats.LastError, nil, "status 500")
				if stats.Keys != 0 || stats.LastFailure.IsZero() || !stats.LastSuccess.IsZero() {
					t.Errorf("stats %+v", stats)
				}
				times := p.times()
				for i := 1; i < len(times); i++ {
					least := min(time.Second<<min(i-1, 3), 8*time.Second)
					if gap := times[i].Sub(times[i-1]); gap < least || gap > least*3/2 {
						t.Errorf("retry %d came after %v", i, gap)
					}
				}
				p.comeUp()
				time.Sleep(12 * time.Second)
				synctest.Wait()
				if !strings.HasSuffix(told.take(), ", fetched, key added a") {
					t.Error("no fetch within 12 seconds of the provider's return")
				}
				d.wantAtOnce(t, 200, token("a"))
				d.want(t, 401, token("random"))
				if stats := d.Stats(); stats.LastError != nil {
					t.Errorf("stats %+v", stats)
				}
			})
		})
	}
}

// A key under the kid of another key replaces it at once. That is how a provider may revoke a
// stolen key.
func TestSameKid(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider("a")
		d := protect(t, p, jwks.Options{})
		d.want(t, 200, signed("a", "a"))
		p.set(func() { p.body = keySet(edJWK("b", "a")) })
		if err := d.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		d.want(t, 200, signed("b", "a"))
		d.want(t, 401, signed("a", "a"))
	})
}

// Failures of long ago do not delay the next retry.
func TestRetriesBeginAnew(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider("a")
		d := protect(t, p, jwks.Options{})
		p.goDown()
		for range 6 {
			if err := d.Refresh(t.Context()); err == nil {
				t.Fatal("Refresh succeeds while the provider is down")
			}
			time.Sleep(2 * time.Minute)
		}
		p.comeUp()
		if err := d.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.goDown()
		if err := d.Refresh(t.Context()); err == nil {
			t.Fatal("Refresh succeeds while the provider is down")
		}
		before := p.count()
		time.Sleep(1600 * time.Millisecond)
		if n := p.count() - before; n != 1 {
			t.Errorf("%d retries within 1.6 s, want 1", n)
		}
	})
}

// When the provider is down, instances do not retry together.
func TestRetriesSpread(t *testing.T) {
	const instances, bins = 1000, 10
	bubble(t, func(t *testing.T) {
		p := newProvider("a")
		p.goDown()
		var count [bins]int
		for range instances {
			d := protect(t, p, jwks.Options{})
			wantError(t, d.Refresh(t.Context()), nil, "status 500")
			wait := time.Until(d.Stats().NextRefresh) - time.Second
			if wait < 0 || wait >= 500*time.Millisecond {
				t.Fatalf("tried again after 1s and %v", wait)
			}
			count[wait*bins/(500*time.Millisecond)]++
		}
		// 100 are expected in each tenth. 60 is six standard deviations.
		for i, n := range count {
			if n < 40 || n > 160 {
				t.Errorf("%d retries in part %d of %d", n, i+1, bins)
			}
		}
	})
}

// Keys outlive their provider until the stale limit, and no longer.
func TestStale(t *testing.T) {
	for _, tc := range []struct {
		maxStale, want time.Duration
	}{
		{0, time.Hour}, {-1, 0}, {10 * time.Minute, 10 * time.Minute}, {24 * time.Hour, 24 * time.Hour},
	} {
		t.Run(tc.maxStale.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p := newProvider("a")
				var told events
				d := protect(t, p, jwks.Options{MaxStale: tc.maxStale, OnEvent: told.add})
				d.want(t, 200, token("a"))
				dead := time.Now().Add(time.Hour + tc.want)
				p.goDown()
				for time.Until(dead) > time.Minute {
					time.Sleep(time.Minute)
					d.wantAtOnce(t, 200, token("a"))
				}
				time.Sleep(time.Until(dead) - 1)
				d.wantAtOnce(t, 200, token("a"))
				synctest.Wait()
				text := told.take()
				want := 1
				if tc.want == 0 {
					want = 0
				}
				if n := strings.Count(text, "served stale"); n != want {
					t.Errorf("%d events say that keys are stale, want %d", n, want)
				}
				if n := strings.Count(text, "failed"); n != int(d.Stats().Fetches)-1 {
					t.Errorf("%d events say that one of %d fetches failed", n, d.Stats().Fetches)
				}
				if strings.Contains(text, "removed") {
					t.Error("a key was removed")
				}
				time.Sleep(time.Nanosecond)
				for range 30 {
					d.want(t, 503, token("a"))
					time.Sleep(time.Second)
				}
				if stats := d.Stats(); stats.Keys != 0 {
					t.Errorf("stats %+v", stats)
				}
				p.comeUp()
				time.Sleep(12 * time.Second)
				d.wantAtOnce(t, 200, token("a"))
			})
		})
	}
}

// While keys are fresh, retries become rare. They never become so rare that the keys expire
// without a retry.
func TestRetriesWhileFresh(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider("a")
		p.set(func() { p.header.Set("Cache-Control", "max-age=86400") })
		d := protect(t, p, jwks.Options{MaxStale: -1})
		d.want(t, 200, token("a"))
		expires := time.Now().Add(24 * time.Hour)
		p.goDown()
		time.Sleep(time.Until(expires) - time.Second)
		d.want(t, 200, token("a"))
		before := p.count()
		if before < 60 || before > 12*60 {
			t.Errorf("%d fetches in a day", before)
		}
		p.comeUp()
		time.Sleep(13 * time.Second)
		d.wantAtOnce(t, 200, token("a"))
	})
}

// A flood of random kids costs the provider a budget of four fetches, and one more each 30
// seconds. Tokens with a known kid cost nothing. A new key is found after at most 30 seconds.
func TestFloodOfUnknownKeys(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider("a")
		d := protect(t, p, jwks.Options{})
		d.want(t, 200, token("a"))
		p.set(func() { p.delay = 500 * time.Millisecond })
		before := p.count()
		for i := range 10_000 {
			d.want(t, 401, unknown(i))
			d.wantAtOnce(t, 200, token("a"))
		}
		if n := p.count() - before; n != 4 {
			t.Errorf("%d fetches for 10,000 random kids", n)
		}
		p.publish("a", "new")
		start := time.Now()
		for i := 0; d.status(t.Context(), token("new")) != 200; i++ {
			if time.Since(start) > 30*time.Second {
				t.Fatal("a new key is not seen after 30 s")
			}
			time.Sleep(100 * time.Millisecond)
			d.want(t, 401, unknown(i))
			d.wantAtOnce(t, 200, token("a"))
		}
		if n := p.count() - before; n != 5 {
			t.Errorf("%d fetches", n)
		}
		d.wantAtOnce(t, 200, token("new"))
	})
}

// A token with an unknown kid does not delay a rotation.
func TestStrayKids(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider("a")
		p.set(func() { p.delay = time.Second })
		d := protect(t, p, jwks.Options{})
		d.want(t, 200, token("a"))
		for i := range 3 {
			d.wantAfter(t, time.Second, 401, unknown(i))
		}
		p.publish("a", "new")
		d.wantAfter(t, time.Second, 200, token("new"))
		d.wantAtOnce(t, 200, token("a"))
		// One unknown kid every half minute never uses the budget up.
		for i := range 100 {
			time.Sleep(30 * time.Second)
			d.wantAfter(t, time.Second, 401, unknown(i))
		}
		p.publish("a", "newer")
		d.wantAfter(t, time.Second, 200, token("newer"))
	})
}

// Tokens of an algorithm for which no provider publishes keys cost the provider nothing.
func TestUnpublishedAlgorithms(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider("a")
		d := protect(t, p, jwks.Options{})
		for _, algorithm := range []string{"none", "HS256", "HS512", "RS1", "ES256K", "EdDSA ", ""} {
			d.wantAtOnce(t, 401, b64(fmt.Appendf(nil, `{"alg":%q}`, algorithm))+".e30.AAAA")
		}
		if n := p.count(); n != 0 {
			t.Errorf("%d fetches", n)
		}
	})
}

// The budget is claimed before the fetch, whether or not the fetch succeeds. Failed fetches
// are retried with a backoff, so their number is bounded too.
func TestFloodWhileDown(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider("a")
		d := protect(t, p, jwks.Options{})
		d.want(t, 200, token("a"))
		p.set(func() { p.stalled = true })
		before := p.count()
		for i := range 200 {
			d.want(t, 503, unknown(i)) // the token may be good
			d.wantAtOnce(t, 200, token("a"))
			time.Sleep(100 * time.Millisecond)
		}
		if n := p.count() - before; n > 8 {
			t.Errorf("%d fetches", n)
		}
		// After the provider's return, the next retry finds the key that was published
		// meanwhile.
		p.set(func() { p.stalled = false })
		p.publish("a", "new")
		time.Sleep(90*time.Second + 5*time.Second)
		d.wantAtOnce(t, 200, token("new"))
	})
}

// The budget is four fetches, and one more each 30 seconds. The 30 seconds count from the
// start of a fetch, however long it takes and whether or not it succeeds. The budget never
// exceeds four.
func TestBudget(t *testing.T) {
	asks := map[string]func(i int) string{
		"unknown kids":      unknown,
		"failed signatures": func(int) string { return signed("forger", "a") },
		"both":              func(i int) string { return []string{unknown(i), signed("forger", "a")}[i%2] },
	}
	for name, forged := range asks {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p := newProvider("a")
				p.set(func() { p.header.Set("Cache-Control", "max-age=86400") })
				d := protect(t, p, jwks.Options{})
				d.want(t, 200, token("a"))
				p.set(func() { p.delay = time.Second })
				// wantFetches asserts how many of the next tokens start a fetch.
				wantFetches := func(want int) {
					t.Helper()
					before := p.count()
					for i := range want {
						d.wantAfter(t, time.Second, 401, forged(i))
					}
					for i := range 10 {
						d.wantAtOnce(t, 401, forged(i))
					}
					if n := p.count() - before; n != want {
						t.Errorf("%d fetches, want %d", n, want)
					}
				}
				start := time.Now()
				wantFetches(4)
				time.Sleep(time.Until(start.Add(30*time.Second - 1)))
				wantFetches(0)
				time.Sleep(time.Nanosecond)
				wantFetches(1)
				time.Sleep(time.Until(start.Add(60*time.Second - 1)))
				wantFetches(0)
				time.Sleep(time.Nanosecond)
				wantFetches(1)
				time.Sleep(60 * time.Second) // to 121 s, when the budget is two again
				wantFetches(2)
				time.Sleep(6 * time.Hour)
				wantFetches(4)
			})
		})
	}
	for _, status := range []int{200, 500} {
		t.Run(fmt.Sprint("slow, status ", status), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p := newProvider("a")
				p.set(func() { p.header.Set("Cache-Control", "max-age=86400") })
				d := protect(t, p, jwks.Options{})
				d.want(t, 200, token("a"))
				p.set(func() { p.delay, p.status = 4*time.Second, status })
				start, before := time.Now(), d.Stats().Fetches
				for i := range 4 {
					d.wantAfter(t, 2*time.Second, 503, unknown(i))
					time.Sleep(2*time.Second - 1)
					d.wantAtOnce(t, 200, token("a"))
					time.Sleep(time.Nanosecond)
					synctest.Wait()
				}
				for i := range 10 {
					d.wantAtOnce(t, map[int]int{200: 401, 500: 503}[status], unknown(i))
				}
				if n := d.Stats().Fetches - before; n != 4 {
					t.Errorf("%d fetches", n)
				}
				p.set(func() { p.delay, p.status = 0, 200 })
				time.Sleep(time.Until(start.Add(30*time.Second - 1)))
				synctest.Wait()
				p.set(func() { p.delay = 4 * time.Second })
				retries := d.Stats().Fetches - before - 4 // by the backoff
				if isDown := status == 500; isDown == (retries == 0) {
					t.Errorf("%d retries", retries)
				}
				d.wantAtOnce(t, 401, unknown(2))
				time.Sleep(time.Nanosecond)
				d.wantAfter(t, 2*time.Second, 503, unknown(3))
				if n := d.Stats().Fetches - before; n != 5+retries {
					t.Errorf("%d fetches, %d of them retries", n, retries)
				}
			})
		})
	}
}

// A rotation causes no wrong answer, unless there is a flood of unknown kids.
func TestRotation(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider("key 0")
		p.set(func() { p.delay = time.Second })
		d := protect(t, p, jwks.Options{})
		d.want(t, 200, token("key 0"))
		for i := range 50 {
			before, after := fmt.Sprint("key ", i), fmt.Sprint("key ", i+1)
			p.publish(before, after)
			var wg sync.WaitGroup
			for range 20 {
				wg.Go(func() { d.want(t, 200, token(after)) })
				wg.Go(func() { d.wantAtOnce(t, 200, token(before)) })
			}
			wg.Wait()
			time.Sleep(time.Minute)
		}
	})
}

// A fetch that began before a key was published does not decide on the tokens of that key.
func TestFetchThatMissedTheKey(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider("a")
		d := protect(t, p, jwks.Options{})
		d.want(t, 200, token("a"))
		p.set(func() { p.delay = time.Second })
		done := make(chan error)
		go func() { done <- d.Refresh(t.Context()) }()
		time.Sleep(500 * time.Millisecond)
		p.publish("a", "new")
		d.wantAfter(t, 1500*time.Millisecond, 200, token("new")) // the rest of this fetch, and a fetch of its own
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// A request waits until its context ends, and for at most two seconds. The fetch that it
// started continues.
func TestWaiting(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider("a")
		p.set(func() { p.delay = 3 * time.Second })
		d := protect(t, p, jwks.Options{})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		start := time.Now()
		if got := d.status(ctx, token("a")); got != 503 || time.Since(start) != 50*time.Millisecond {
			t.Errorf("status %d after %v", got, time.Since(start))
		}
		_, err := d.Keys(ctx, jwthttp.TokenHeader{Algorithm: "EdDSA", KeyID: "a"})
		wantError(t, err, context.DeadlineExceeded, "")
		d.wantAfter(t, 2*time.Second, 503, token("a"))
		time.Sleep(time.Second)
		d.wantAtOnce(t, 200, token("a"))
		if n := p.count(); n != 1 {
			t.Errorf("%d fetches", n)
		}

		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if got := d.status(gone, token("a")); got != 200 {
			t.Errorf("status %d for a known key", got)
		}
		if got := d.status(gone, token("new")); got != 503 {
			t.Errorf("status %d", got)
		}
		// A fetch from a provider that never answers ends after five seconds.
		time.Sleep(3 * time.Second)
		synctest.Wait()
		p.set(func() { p.stalled = true })
		start = time.Now()
		wantError(t, d.Refresh(t.Context()), context.DeadlineExceeded, "keys")
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("given up after %v", took)
		}
		d.wantAtOnce(t, 200, token("a"))
	})
}

// Whatever the provider answers, good keys stay.
func TestBadRefresh(t *testing.T) {
	for name, change := range map[string]func(p *provider){
		"status 500":   func(p *provider) { p.status = 500 },
		"status 204":   func(p *provider) { p.status, p.body = 204, "" },
		"status 304":   func(p *provider) { p.status = 304 },
		"status 404":   func(p *provider) { p.status = 404 },
		"HTML":         func(p *provider) { p.body = "<html>Sign in</html>" },
		"empty":        func(p *provider) { p.body = "" },
		"empty object": func(p *provider) { p.body = "{}" },
		"no keys":      func(p *provider) { p.body = `{"keys":[]}` },
		"truncated":    func(p *provider) { p.body = p.body[:len(p.body)-5] },
		"10 MB":        func(p *provider) { p.body = strings.Repeat(" ", 10<<20) + p.body },
		"5,000 keys":   func(p *provider) { p.body = keySet(strings.Split(strings.Repeat(`{"kty":"x"} `, 5000), " ")[:5000]...) },
		"keys that cannot verify": func(p *provider) {
			p.body = keySet(fmt.Sprintf(`{"kid":"a","kty":"OKP","crv":"Ed25519","x":%q}`, b64(append([]byte{2}, make([]byte, 31)...))))
		},
		"no usable key":      func(p *provider) { p.body = `{"keys":[{"kty":"oct","k":"AAAA"}]}` },
		"another encryption": func(p *provider) { p.body = strings.Replace(p.body, `"kty"`, `"use":"enc","kty"`, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p := newProvider("a")
				var told events
				d := protect(t, p, jwks.Options{OnEvent: told.add})
				d.want(t, 200, token("a"))
				synctest.Wait() // events are reported after the request
				good := p.body
				p.set(func() { change(p) })
				if err := d.Refresh(t.Context()); err == nil {
					t.Error("no error")
				}
				synctest.Wait()
				d.wantAtOnce(t, 200, token("a"))
				d.want(t, 503, token("new"))
				synctest.Wait()
				if got := told.take(); got != "fetched, key added a, failed, failed" {
					t.Errorf("told: %s", got)
				}
				p.set(func() { p.status, p.body = 0, good })
				if err := d.Refresh(t.Context()); err != nil {
					t.Error(err)
				}
				d.wantAtOnce(t, 200, token("a"))
			})
		})
	}
}

func TestClose(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider("a")
		p.set(func() { p.stalled = true })
		var told events
		d := protect(t, p, jwks.Options{OnEvent: told.add})
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() { d.wantAfter(t, time.Second, 503, token("a")) })
		}
		wg.Go(func() { wantError(t, d.Refresh(t.Context()), nil, "closed") })
		time.Sleep(time.Second)
		for range 2 {
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		}
		wg.Wait()
		wantError(t, d.Ready(t.Context()), nil, "closed")
		wantError(t, d.Refresh(t.Context()), nil, "closed")
		d.wantAtOnce(t, 503, token("a"))
		time.Sleep(24 * time.Hour)
		if n := p.count(); n != 1 || told.take() != "" {
			t.Errorf("%d fetches, or an event for the fetch that Close ended", n)
		}

		// After Close, a source neither uses nor renews the keys that it has.
		d = protect(t, newProvider("a"), jwks.Options{})
		d.want(t, 200, token("a"))
		d.Close()
		d.want(t, 503, token("a"))
		if stats := d.Stats(); stats.Keys != 0 {
			t.Errorf("stats %+v", stats)
		}
	})
}

func TestReadyAndRefresh(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider("a")
		p.goDown()
		d := protect(t, p, jwks.Options{})
		wantError(t, d.Ready(t.Context()), nil, "status 500")
		wantError(t, d.Ready(t.Context()), nil, "status 500") // known without another fetch
		if n := p.count(); n != 1 {
			t.Errorf("%d fetches", n)
		}
		wantError(t, d.Refresh(t.Context()), nil, "status 500") // asks again
		if n := p.count(); n != 2 {
			t.Errorf("%d fetches", n)
		}
		p.comeUp()
		p.set(func() { p.delay = 4 * time.Second })
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				if err := d.Refresh(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := p.count(); n != 3 {
			t.Errorf("%d fetches", n)
		}
		if err := d.Ready(t.Context()); err != nil {
			t.Error(err)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		wantError(t, d.Refresh(gone), context.Canceled, "")
		if err := d.Ready(gone); err != nil {
			t.Error(err)
		}
		time.Sleep(5 * time.Second)
		p.goDown()
		wantError(t, d.Refresh(t.Context()), nil, "status 500")
		if err := d.Ready(t.Context()); err != nil { // the keys are as good as before
			t.Error(err)
		}
	})
}

func TestEvents(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider("a", "b")
		var told events
		d := protect(t, p, jwks.Options{OnEvent: told.add})
		want := func(want string) {
			t.Helper()
			d.Refresh(t.Context())
			synctest.Wait()
			if got := told.take(); got != want {
				t.Errorf("told: %s\nwant: %s", got, want)
			}
		}
		want("fetched, key added a, key added b")
		want("fetched")
		p.publish("b", "c")
		want("fetched, key added c, key removed a")
		p.set(func() { p.body = keySet(edJWK("b", "b"), `{"kty":"oct","kid":"s","k":"AAAA"}`, edJWK("c2", "c")) })
		want("fetched, key added c, key removed c, key skipped s") // another key of the same kid
		want("fetched")
		p.goDown()
		want("failed")
		p.comeUp()
		p.set(func() { p.body = keySet(edJWK("x", ""), edJWK("y", "")) })
		want("fetched, key added, key added, key removed b, key removed c")
		// Of 150 keys, the first 100 count. One report is about the rest, and one is about too
		// many keys without a kid.
		var many []string
		for range 150 {
			many = append(many, edJWK("x", ""))
		}
		p.set(func() { p.body = keySet(many...) })
		want("fetched, key removed, key skipped, key skipped")
		want("fetched")
		p.set(func() { p.body = keySet(many[:100]...) })
		want("fetched")
		// A JWK for two algorithms is two keys.
		p.set(func() {
			p.body = keySet(with(rsaJWK("r", rsaKey()), `"alg":"RS256"`), with(rsaJWK("r", rsaKey()), `"alg":"PS256"`), with(rsaJWK("r", rsaOther()), `"alg":"PS256"`))
		})
		want("fetched, key added r, key added r, " + strings.Repeat("key removed, ", 100) + "key skipped r")
	})
}

// The names of a provider's keys can neither fill a log nor forge a line of it.
func TestEventsAreShort(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider()
		kid := "a\r\nlevel=INFO msg=forged " + strings.Repeat("\U0001f511", 300)
		p.set(func() {
			p.body = keySet(edJWK("a", "a"), fmt.Sprintf(`{"kid":%s,"use":"enc"}`, must(json.Marshal(kid))))
		})
		var told events
		d := protect(t, p, jwks.Options{OnEvent: told.add})
		d.want(t, 200, token("a"))
		synctest.Wait()
		skipped := told.list[len(told.list)-1]
		if skipped.Kind != jwks.KeySkipped || len(skipped.KeyID) < 200 || len(skipped.KeyID) > 256 || len(skipped.Err.Error()) > 270 {
			t.Errorf("%s: %d bytes of kid, %d of an error", skipped.Kind, len(skipped.KeyID), len(skipped.Err.Error()))
		}
		if text := skipped.KeyID + skipped.Err.Error() + skipped.LogValue().String(); strings.ContainsAny(text, "\r\n") {
			t.Errorf("more than a line: %q", text)
		}
	})
}

// These keys are tried:
//
//   - the key of the kid and algorithm, or else the keys of the algorithm without a kid
//   - for a token without a kid, all keys of the algorithm
//
// At most 8 keys are tried in any case.
func TestEligibleKeys(t *testing.T) {
	var named, unnamed []string
	for i := range 9 {
		name := fmt.Sprint(i)
		named, unnamed = append(named, edJWK(name, name)), append(unnamed, edJWK(name, ""))
	}
	rs := rsaJWK("x", rsaKey())
	for _, tc := range []struct {
		name      string
		keys      []string
		good, bad []string
	}{
		{"two without kid", unnamed[:2], []string{signed("0", ""), signed("1", ""), signed("1", "any")}, []string{signed("2", ""), signed("2", "any")}},
		{"one named", named[:1], []string{signed("0", "0"), signed("0", "")}, []string{signed("1", "")}},
		{"two named", named[:2], []string{token("0"), token("1"), signed("0", ""), signed("1", "")}, []string{signed("0", "1"), signed("2", "")}},
		{"eight named", named[:8], []string{signed("0", ""), signed("7", "")}, []string{signed("8", "")}},
		{"nine named", named[:9], []string{token("8")}, []string{signed("0", ""), signed("8", "")}},
		{"nine without kid", unnamed[:9], nil, []string{signed("0", ""), signed("0", "any"), signed("8", "any")}},
		{"one of each", []string{named[0], unnamed[1]}, []string{token("0"), signed("0", ""), signed("1", ""), signed("1", "1")}, []string{signed("1", "0"), signed("0", "1")}},
		{"four of each", slices.Concat(named[:4], unnamed[4:8]), []string{signed("0", ""), signed("7", ""), signed("7", "7"), token("3")}, []string{signed("8", ""), signed("0", "7")}},
		{"five named, four without kid", slices.Concat(named[:5], unnamed[5:9]), []string{signed("8", "8"), token("3")}, []string{signed("0", ""), signed("8", "")}},
		{"two algorithms of one kid", []string{rs, edJWK("0", "x")}, []string{tokenOf("RS256", "x", rsaKey()), signed("0", "x"), signed("0", "")}, []string{signed("1", "x"), tokenOf("PS256", "x", rsaKey())}},
		{"one RSA key for two algorithms", []string{rs, with(rs, `"alg":"PS256"`)}, []string{tokenOf("RS256", "x", rsaKey()), tokenOf("PS256", "x", rsaKey()), tokenOf("PS256", "", rsaKey())}, nil},
		{"the second of a kid", []string{edJWK("0", "x"), edJWK("1", "x")}, []string{signed("0", "x"), signed("0", "")}, []string{signed("1", "x"), signed("1", "")}},
		{"named, and without kid of another algorithm", []string{rs, unnamed[0]}, []string{signed("0", "x"), signed("0", ""), tokenOf("RS256", "", rsaKey())}, []string{tokenOf("RS256", "y", rsaKey())}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p := newProvider()
				p.set(func() { p.body = keySet(tc.keys...) })
				d := protect(t, p, jwks.Options{})
				for _, token := range tc.good {
					d.want(t, 200, token)
				}
				if n := p.count(); n > 1 {
					t.Errorf("%d fetches for good tokens", n)
				}
				for _, token := range tc.bad {
					d.want(t, 401, token)
				}
				for _, kid := range []string{"", "0", "y"} { // a caller's append takes a copy
					if keys, _ := d.Source.Keys(t.Context(), jwthttp.TokenHeader{Algorithm: "EdDSA", KeyID: kid}); cap(keys) > len(keys) {
						t.Errorf("%d keys for the kid %q, with room for %d", len(keys), kid, cap(keys))
					}
				}
			})
		})
	}
}

// A rotation from keys without kid to keys with one, and back, refuses no token.
func TestRotationToNames(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider()
		d := protect(t, p, jwks.Options{})
		for _, step := range []struct{ keys, good []string }{
			{[]string{edJWK("a", "")}, []string{signed("a", "")}},
			{[]string{edJWK("a", ""), edJWK("b", "b")}, []string{signed("a", ""), signed("b", "b")}},
			{[]string{edJWK("b", "b")}, []string{signed("b", "b")}},
			{[]string{edJWK("b", "b"), edJWK("c", "")}, []string{signed("b", "b"), signed("c", "")}},
			{[]string{edJWK("c", "")}, []string{signed("c", "")}},
		} {
			p.set(func() { p.body = keySet(step.keys...) })
			for _, token := range step.good {
				d.want(t, 200, token)
			}
			if err := d.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, token := range step.good {
				d.wantAtOnce(t, 200, token)
			}
		}
	})
}

// Tokens must carry the issuer and the audience that the source was made with.
func TestBinding(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, tc := range []struct {
			name       string
			opts       jwks.Options
			middleware jwthttp.Options
			want       error
		}{
			{"as it is", jwks.Options{Issuer: issuer, Audience: []string{audience}}, jwthttp.Options{}, nil},
			{"one of several audiences", jwks.Options{Issuer: issuer, Audience: []string{"x", audience}}, jwthttp.Options{}, nil},
			{"another audience", jwks.Options{Issuer: issuer, Audience: []string{"bills"}}, jwthttp.Options{AllowAnyAudience: true}, jwthttp.ErrInvalidToken},
			{"another issuer", jwks.Options{Issuer: issuer + "/", Audience: []string{audience}}, jwthttp.Options{}, jwthttp.ErrInvalidToken},
			{"any audience, said once", jwks.Options{Issuer: issuer, AllowAnyAudience: true}, jwthttp.Options{}, jwthttp.ErrInvalidToken},
			{"any audience, said twice", jwks.Options{Issuer: issuer, AllowAnyAudience: true}, jwthttp.Options{AllowAnyAudience: true}, nil},
			{"the audience is the middleware's", jwks.Options{Issuer: issuer, AllowAnyAudience: true}, jwthttp.Options{Audience: []string{audience}}, nil},
		} {
			tc.opts.Client = &http.Client{Transport: newProvider("a")}
			source, err := jwks.New(keysURL, tc.opts)
			if err != nil {
				t.Fatal(err)
			}
			defer source.Close()
			auth, err := jwthttp.New[Claims](source, tc.middleware)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := auth.Verify(t.Context(), token("a")); !errors.Is(err, tc.want) {
				t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
			}
		}
		source := protect(t, newProvider("a"), jwks.Options{}).Source
		_, err := jwthttp.New[Claims](source, jwthttp.Options{Issuer: issuer + "/"})
		wantError(t, err, nil, "a slash at the end counts")
		_, err = jwthttp.New[Claims](jwthttp.Issuers{issuer + "/": source}, jwthttp.Options{})
		wantError(t, err, nil, "a slash at the end counts")
		_, err = jwthttp.New[Claims]((*jwks.Source)(nil), jwthttp.Options{})
		wantError(t, err, nil, "key source is nil")
	})
}

// During a rotation under load, known keys pass and new keys are found, under the race
// detector as well.
func TestRotationUnderLoad(t *testing.T) {
	p := newProvider("key 0")
	d := protect(t, p, jwks.Options{OnEvent: new(events).add})
	if err := d.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	var newest atomic.Int64
	var wg sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				n := newest.Load()
				d.want(t, 200, token(fmt.Sprint("key ", n)))
				d.want(t, 401, signed("forger", fmt.Sprint("key ", n)))
				d.Stats()
			}
		})
	}
	names := []string{"key 0"}
	for i := range 50 {
		names = append(names, fmt.Sprint("key ", i+1)) // all keys stay published, because a goroutine may lag
		p.publish(names...)
		if err := d.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		newest.Store(int64(i) + 1)
		if _, err := d.Keys(t.Context(), jwthttp.TokenHeader{Algorithm: "EdDSA", KeyID: fmt.Sprint("key ", i)}); err != nil {
			t.Error(err)
		}
	}
	close(done)
	wg.Wait()
}

// Close never turns a waiting request into a 401.
func TestCloseIsNo401(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for range 200 {
			p := newProvider("a")
			p.set(func() { p.delay = time.Second })
			d := protect(t, p, jwks.Options{})
			var wg sync.WaitGroup
			for range 20 {
				wg.Go(func() {
					if status := d.status(t.Context(), token("a")); status != 200 && status != 503 {
						t.Errorf("status %d", status)
					}
				})
			}
			time.Sleep(time.Second)
			d.Close()
			wg.Wait()
		}
	})
}

// When a context has ended, the error is the context's own error, whatever the context's cause
// is.
func TestContextIsOver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider("a")
		p.set(func() { p.delay = time.Second })
		d := protect(t, p, jwks.Options{})
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(fmt.Errorf("gone: %w", jwthttp.ErrUnknownKey))
		for _, err := range []error{d.Ready(ctx), d.Refresh(ctx)} {
			if !errors.Is(err, context.Canceled) || errors.Is(err, jwthttp.ErrUnknownKey) {
				t.Errorf("error = %v", err)
			}
		}
		if status := d.status(ctx, token("a")); status != 503 {
			t.Errorf("status %d", status)
		}
		p.set(func() { p.stalled = true })
		time.Sleep(time.Second)
		_, err := d.Keys(t.Context(), jwthttp.TokenHeader{Algorithm: "EdDSA", KeyID: "new"})
		wantError(t, err, context.DeadlineExceeded, "still being fetched")
	})
}

// A provider may accept connections and never answer. Each fetch uses one connection and
// closes it.
func TestSilentProvider(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	ended := make(chan struct{}, 10)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				io.Copy(io.Discard, conn)
				conn.Close()
				ended <- struct{}{}
			})
		}
	})
	source, err := jwks.New("https://"+listener.Addr().String()+"/keys", jwks.Options{Issuer: issuer, Audience: []string{audience}})
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, source.Refresh(t.Context()), nil, "keys")
	select {
	case <-ended: // before Close
	case <-time.After(5 * time.Second):
		t.Error("the connection outlives the fetch")
	}
	source.Close()
	listener.Close()
	wg.Wait()
}

// There are no events after Close has returned.
func TestCloseWaitsForEvents(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var running atomic.Int64
		d := protect(t, newProvider("a"), jwks.Options{OnEvent: func(jwks.Event) {
			running.Add(1)
			time.Sleep(time.Minute)
			running.Add(-1)
		}})
		d.wantAtOnce(t, 200, token("a"))
		time.Sleep(time.Second)
		if n := running.Load(); n != 1 {
			t.Fatalf("%d events are being reported", n)
		}
		d.Close()
		if n := running.Load(); n != 0 {
			t.Errorf("%d events are being reported", n)
		}
	})
}
