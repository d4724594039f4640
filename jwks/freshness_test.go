package jwks_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwthttp/jwthttp/jwks"
)

// The clock that has advanced further decides when keys stop working. The monotonic clock does
// not advance while a machine sleeps, and the wall clock may be set.
func TestSleep(t *testing.T) {
	const fresh, dead = time.Hour, 2 * time.Hour
	for _, tc := range []struct {
		name   string
		asleep time.Duration // how far only the wall clock advances
		awake  time.Duration // how far both clocks advance
		status int           // the status while the provider is down
	}{
		{"not long enough", dead - 1, 0, 200},
		{"to the nanosecond", dead, 0, 503},
		{"a part of it", time.Hour, time.Hour - 1, 200},
		{"a part of it, to the nanosecond", time.Hour, time.Hour, 503},
		{"for a month", 31 * 24 * time.Hour, 0, 503},
		{"for 500 years", 1<<63 - 1 - 24*time.Hour, 0, 503},
		{"the clock is set back by an hour", -time.Hour, dead - 1, 200},
		{"the clock is set back, and the monotonic one goes on", -time.Hour, dead, 503},
		{"the clock is set back by 200 years", -200 * 365 * 24 * time.Hour, dead, 503},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p := newProvider("a")
				var skew atomic.Int64
				d := protect(t, p, jwks.Options{})
				jwks.SkewWallClock(d.Source, &skew)
				d.want(t, 200, token("a"))
				p.goDown()
				time.Sleep(tc.awake)
				skew.Store(int64(tc.asleep))
				d.want(t, tc.status, token("a"))
				if keys := d.Stats().Keys; keys != map[int]int{200: 1, 503: 0}[tc.status] {
					t.Errorf("%d keys", keys)
				}
				p.comeUp()
				time.Sleep(13 * time.Second)
				d.wantAtOnce(t, 200, token("a"))
			})
		})
	}
}

// After a sleep, the first request sees that the keys have expired and starts their renewal,
// because timers have slept too. That request does not wait.
func TestRenewalAfterSleep(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider("a")
		p.set(func() { p.header.Set("Cache-Control", "max-age=86400") })
		var skew atomic.Int64
		var told events
		d := protect(t, p, jwks.Options{OnEvent: told.add})
		jwks.SkewWallClock(d.Source, &skew)
		d.want(t, 200, token("a"))
		p.publish("a", "b")
		skew.Store(int64(24*time.Hour - 1)) // not expired yet
		d.wantAtOnce(t, 200, token("a"))
		synctest.Wait()
		if n := p.count(); n != 1 {
			t.Fatalf("%d fetches", n)
		}
		skew.Store(int64(24*time.Hour + 1))
		told.take()
		for range 100 {
			d.wantAtOnce(t, 200, token("a"))
		}
		synctest.Wait()
		if got := told.take(); strings.Count(got, "served stale") != 1 || !strings.Contains(got, "fetched, key added b") {
			t.Errorf("told: %s", got)
		}
		d.wantAtOnce(t, 200, token("b"))
		if n := p.count(); n != 2 {
			t.Errorf("%d fetches", n)
		}

		// The provider is down when the machine wakes up. It is tried again as usual.
		p.goDown()
		skew.Add(int64(24*time.Hour + 1))
		d.wantAtOnce(t, 200, token("a"))
		synctest.Wait()
		for range 20 {
			d.wantAtOnce(t, 200, token("a"))
			time.Sleep(3 * time.Second)
		}
		if n := p.count(); n < 7 || n > 13 {
			t.Errorf("%d fetches in a minute", n-2)
		}
		p.comeUp()
		time.Sleep(13 * time.Second)
		if stats := d.Stats(); stats.LastError != nil {
			t.Errorf("stats %+v", stats)
		}

		// The provider asked for a retry in an hour. After the machine has slept, the retry
		// comes soon.
		if err := d.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.set(func() { p.status = 503; p.header.Set("Retry-After", "3600") })
		if err := d.Refresh(t.Context()); err == nil {
			t.Fatal("Refresh succeeds while the provider is down")
		}
		if wait := time.Until(d.Stats().NextRefresh); wait < 30*time.Minute {
			t.Fatalf("tried again in %v", wait)
		}
		skew.Add(int64(24*time.Hour + 1))
		d.wantAtOnce(t, 200, token("a"))
		if wait := time.Until(d.Stats().NextRefresh); wait > time.Minute {
			t.Errorf("tried again in %v", wait)
		}
		skew.Add(int64(time.Hour))
		p.comeUp()
		time.Sleep(time.Minute)
		d.wantAtOnce(t, 200, token("a"))
	})
}

// A renewal is due when the machine wakes up. It asks for everything if, by either clock, the
// last whole fetch was a day ago.
func TestWholeFetchAfterSleep(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWeb()
		w.put(issuer+openID, metadata(issuer, keysURL))
		w.put(keysURL, text(keySet(edJWK("a", "a")), "Cache-Control: max-age=600", `ETag: "1"`))
		var skew atomic.Int64
		source := discover(t, issuer, through(w))
		jwks.SkewWallClock(source, &skew)
		wantRefresh(t, source, "")
		awaitRenewal(source)
		wantAsked(t, w, issuer+openID, keysURL, keysURL)
		skew.Store(int64(24 * time.Hour))
		awaitRenewal(source)
		wantAsked(t, w, issuer+openID, keysURL)
		awaitRenewal(source)
		wantAsked(t, w, keysURL)
	})
}

// The source follows a provider's Retry-After within limits. Only the first fetch succeeds.
// Its keys are fresh for a day.
func TestRetryAfter(t *testing.T) {
	// The first failure is at midnight UTC of 2000-01-02.
	const inHalfHour = "Sun, 02 Jan 2000 00:30:00 GMT"
	for _, tc := range []struct {
		name   string
		status int
		lines  []string
		quiet  time.Duration // the pause that the header means; 0 if it means none
	}{
		{"none", 503, nil, 0},
		{"seconds", 503, []string{"Retry-After: 1800"}, 30 * time.Minute},
		{"seconds, 429", 429, []string{"Retry-After: 1800"}, 30 * time.Minute},
		{"seconds with spaces", 503, []string{"Retry-After:  1800 "}, 30 * time.Minute},
		{"a date", 503, []string{"Retry-After: " + inHalfHour}, 30 * time.Minute},
		{"a date by the provider's clock", 503, []string{"Retry-After: Sat, 01 Jan 2005 00:30:00 GMT", "Date: Sat, 01 Jan 2005 00:00:00 GMT"}, 30 * time.Minute},
		{"a few seconds", 503, []string{"Retry-After: 20"}, 20 * time.Second},
		{"an hour", 503, []string{"Retry-After: 3600"}, time.Hour},
		{"a day", 503, []string{"Retry-After: 86400"}, time.Hour},
		{"beyond 64 bits", 503, []string{"Retry-After: 99999999999999999999999"}, time.Hour},
		{"the year 9999", 503, []string{"Retry-After: Fri, 31 Dec 9999 23:59:59 GMT"}, time.Hour},
		{"the year 1", 503, []string{"Retry-After: Mon, 01 Jan 0001 00:00:00 GMT"}, 0},
		{"the year 9999, from the year 1", 503, []string{"Retry-After: Fri, 31 Dec 9999 23:59:59 GMT", "Date: Mon, 01 Jan 0001 00:00:00 GMT"}, time.Hour},
		{"now", 503, []string{"Retry-After: 0"}, 0},
		{"negative", 503, []string{"Retry-After: -1800"}, 0},
		{"no number", 503, []string{"Retry-After: soon"}, 0},
		{"a fraction", 503, []string{"Retry-After: 1800.5"}, 0},
		{"with another status", 500, []string{"Retry-After: 1800"}, 0},
		{"with a redirect", 302, []string{"Retry-After: 1800"}, 0},
	} {
		failing := func(w http.ResponseWriter, r *http.Request) {
			for _, line := range tc.lines {
				name, value, _ := strings.Cut(line, ": ")
				w.Header().Add(name, value)
			}
			w.WriteHeader(tc.status)
		}
		// gap returns how long it takes until the next fetch, while a token asks every second.
		gap := func(t *testing.T, source *jwks.Source, token string, limit time.Duration) time.Duration {
			t.Helper()
			fetches, start := source.Stats().Fetches, time.Now()
			for time.Since(start) <= limit {
				time.Sleep(time.Second)
				if token != "" {
					auth := service{Source: source, auth: must(newAuth(source))}
					auth.wantAtOnce(t, 503, token)
				}
				synctest.Wait()
				if source.Stats().Fetches != fetches {
					return time.Since(start)
				}
			}
			t.Errorf("no fetch in %v", limit)
			return 0
		}
		want := func(t *testing.T, got, quiet, more time.Duration) {
			t.Helper()
			if got < quiet || got > quiet+more {
				t.Errorf("asked again after %v, want %v and at most %v more", got, quiet, more)
			}
		}
		t.Run(tc.name, func(t *testing.T) {
			// It begins a day before the first failure.
			setUp := func(t *testing.T) (*web, *jwks.Source) {
				w := newWeb()
				w.put(keysURL, text(keySet(edJWK("a", "a")), "Cache-Control: max-age=86400"))
				source := open(t, keysURL, through(w))
				time.Sleep(24 * time.Hour)
				return w, source
			}
			t.Run("a renewal", func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					w, source := setUp(t)
					wantRefresh(t, source, "")
					w.put(keysURL, failing)
					wantRefresh(t, source, "status")
					want(t, gap(t, source, "", 2*time.Hour), tc.quiet, max(2*time.Second, tc.quiet/10+time.Second))
					wantRefresh(t, source, "status") // Refresh ignores Retry-After
				})
			})
			t.Run("a token", func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					w, source := setUp(t)
					wantRefresh(t, source, "")
					w.put(keysURL, failing)
					wantRefresh(t, source, "status")
					if tc.quiet > 0 {
						want(t, gap(t, source, unknown(1), 2*time.Hour), min(tc.quiet, 5*time.Minute), 2*time.Second)
					}
				})
			})
			t.Run("no keys", func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					w, source := setUp(t)
					w.put(keysURL, failing)
					wantRefresh(t, source, "status")
					want(t, gap(t, source, token("a"), 2*time.Hour), min(tc.quiet, time.Minute), max(2*time.Second, tc.quiet/10+time.Second))
					wantRefresh(t, source, "status")
				})
			})
			t.Run("from the metadata", func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					w := newWeb()
					time.Sleep(24 * time.Hour)
					w.put(issuer+rfc8414, failing)
					source := discover(t, issuer, through(w))
					wantRefresh(t, source, "status 404")
					want(t, gap(t, source, "", 2*time.Hour), min(tc.quiet, time.Minute), max(2*time.Second, tc.quiet/10+time.Second))
				})
			})
		})
	}
}

// Retry-After never takes more than half of the time until the keys are stale, so they do not
// expire because of it. No provider is asked too often.
func TestRetryAfterWhileStale(t *testing.T) {
	for _, maxStale := range []time.Duration{0, -1, 24 * time.Hour} {
		t.Run(fmt.Sprint(maxStale), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p := newProvider("a")
				p.set(func() { p.header.Set("Cache-Control", "max-age=14400") })
				d := protect(t, p, jwks.Options{MaxStale: maxStale})
				d.want(t, 200, token("a"))
				expires := time.Now().Add(4 * time.Hour)
				dead := expires.Add(map[time.Duration]time.Duration{0: time.Hour, -1: 0, 24 * time.Hour: 24 * time.Hour}[maxStale])
				p.set(func() { p.status = 503; p.header.Set("Retry-After", "86400") })
				time.Sleep(time.Until(dead.Add(10 * time.Minute)))
				times := p.times()[1:]
				for i, at := range times[1:] {
					gap, before := at.Sub(times[i]), times[i]
					limit := time.Minute
					if fresh := expires.Sub(before); fresh > 0 {
						limit = min(time.Hour, fresh/2)
					} else if left := dead.Sub(before); left > 0 {
						limit = min(time.Minute, left/2)
					}
					if gap > max(limit, 12*time.Second) || gap < min(limit, 8*time.Second) {
						t.Errorf("asked again after %v, %v before the keys expire and %v before they die", gap, expires.Sub(before), dead.Sub(before))
					}
				}
				p.comeUp()
				time.Sleep(time.Minute)
				d.wantAtOnce(t, 200, token("a"))
			})
		})
	}
}

// While the metadata answers with Retry-After, keys are fetched from the known address.
func TestRetryAfterOfMetadataAlone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWeb()
		w.put(issuer+openID, metadata(issuer, keysURL))
		w.put(keysURL, text(keySet(edJWK("a", "a")), "Cache-Control: max-age=86400"))
		source := discover(t, issuer, through(w))
		wantRefresh(t, source, "")
		w.put(issuer+openID, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(http.StatusTooManyRequests)
		})
		wantRefresh(t, source, "it answered with status 429") // the keys may have another address
		w.take()
		d := service{Source: source, auth: must(newAuth(source))}
		time.Sleep(2*time.Minute - 1)
		d.wantAtOnce(t, 401, unknown(1))
		wantAsked(t, w)
		time.Sleep(time.Nanosecond)
		d.wantAtOnce(t, 401, unknown(1))
		wantAsked(t, w, issuer+openID, issuer+rfc8414, keysURL)
	})
}
