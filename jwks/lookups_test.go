package jwks_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
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

const cannotLookUp = `level=ERROR msg="jwks: a tenant cannot be looked up"`

func TestLookupAnswers(t *testing.T) {
	errDatabase := errors.New("the database is down")
	good := func() jwks.Options { opts, _ := optionsOf(issuerOf("t1")); return opts }
	for _, tc := range []struct {
		name   string
		answer func() (jwks.Options, error)
		status int
		logged string        // at Error; "" for nothing
		again  time.Duration // lookup is not asked before
	}{
		{"options", func() (jwks.Options, error) { return good(), nil }, 200, "", 150 * time.Second},
		{"with the issuer", func() (jwks.Options, error) { o := good(); o.Issuer = issuerOf("t1"); return o, nil }, 200, "", 150 * time.Second},
		{"ErrUnknownKey", func() (jwks.Options, error) { return jwks.Options{}, jwthttp.ErrUnknownKey }, 401, "", time.Minute},
		{"ErrUnknownKey, wrapped", func() (jwks.Options, error) { return good(), fmt.Errorf("no row: %w", jwthttp.ErrUnknownKey) }, 401, "", time.Minute},
		{"ErrUnknownKey after a timeout", func() (jwks.Options, error) {
			return jwks.Options{}, errors.Join(jwthttp.ErrUnknownKey, context.DeadlineExceeded)
		}, 503, "deadline exceeded", time.Second},
		{"another error", func() (jwks.Options, error) { return jwks.Options{}, errDatabase }, 503, "the database is down", time.Second},
		{"options and an error", func() (jwks.Options, error) { return good(), errDatabase }, 503, "the database is down", time.Second},
		{"a panic", func() (jwks.Options, error) { panic("no database") }, 503, "it panicked in lookups_test.go:", 10 * time.Second},
		{"a panic of the runtime", func() (jwks.Options, error) { return good(), []error{nil}[good().MaxStale+1] }, 503, "index out of range", 10 * time.Second},
		{"Goexit", func() (jwks.Options, error) { runtime.Goexit(); return good(), nil }, 503, "runtime.Goexit", 10 * time.Second},
		{"another issuer", func() (jwks.Options, error) { o := good(); o.Issuer = issuerOf("t2"); return o, nil }, 503, `returned the options of \"https://t2\": let it compare exactly`, 10 * time.Second},
		{"zero options", func() (jwks.Options, error) { return jwks.Options{}, nil }, 503, "Options.Audience is empty: return jwthttp.ErrUnknownKey for an issuer that is not in your table", 10 * time.Second},
		{"both addresses", func() (jwks.Options, error) {
			o := good()
			o.KeySetURL, o.MetadataURL = "https://t1/keys", "https://t1/metadata"
			return o, nil
		}, 503, "with a KeySetURL and a MetadataURL: keep one", 10 * time.Second},
		{"plain http", func() (jwks.Options, error) { o := good(); o.KeySetURL = "http://t1/keys"; return o, nil }, 503, "is plain http", 10 * time.Second},
		{"a Client", func() (jwks.Options, error) { o := good(); o.Client = http.DefaultClient; return o, nil }, 503, "set those in TenantOptions", 10 * time.Second},
		{"a Logger", func() (jwks.Options, error) { o := good(); o.Logger = slog.Default(); return o, nil }, 503, "set those in TenantOptions", 10 * time.Second},
		{"an OnEvent", func() (jwks.Options, error) { o := good(); o.OnEvent = func(jwks.Event) {}; return o, nil }, 503, "set those in TenantOptions", 10 * time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var log journal
				var told atomic.Int32
				d := newTown().protect(t, jwks.TenantOptions{Logger: log.logger(slog.LevelInfo), OnEvent: func(e jwks.Event) {
					if e.Kind == jwks.LookupFailed && e.Issuer == issuerOf("t1") && e.Err != nil {
						told.Add(1)
					}
				}})
				d.answer = func(context.Context, string) (jwks.Options, error) { return tc.answer() }
				d.wantAtOnce(t, tc.status, of("t1"))
				d.wantAtOnce(t, tc.status, of("t1"))
				var records [][]string
				if tc.logged != "" {
					records = [][]string{{cannotLookUp, "issuer=https://t1 ", tc.logged}}
				}
				log.want(t, records...)
				if got := int(told.Load()); got != len(records) {
					t.Errorf("%d events", got)
				}
				if err := d.Tenants.Stats().LastError; (err != nil) != (tc.status == 503) {
					t.Errorf("Stats has %v", err)
				}
				time.Sleep(tc.again - 1)
				d.wantAtOnce(t, tc.status, of("t1"))
				if n := d.lookups("t1"); n != 1 {
					t.Errorf("%d look-ups before %v", n, tc.again)
				}
				time.Sleep(time.Nanosecond)
				d.wantAtOnce(t, tc.status, of("t1"))
				synctest.Wait()
				if n := d.lookups("t1"); n != 2 {
					t.Errorf("%d look-ups after %v", n, tc.again)
				}
				// Whatever it was, it can be mended.
				d.set(func() { d.answer = func(context.Context, string) (jwks.Options, error) { return good(), nil } })
				time.Sleep(5 * time.Minute)
				d.wantAtOnce(t, 200, of("t1"))
				if err := d.Tenants.Stats().LastError; err != nil {
					t.Errorf("Stats has %v after it was mended", err)
				}
			})
		})
	}
}

// Of many requests for a new tenant one makes lookup be asked. If its client leaves, the others
// do not notice.
func TestOneLookup(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := newTown().protect(t, jwks.TenantOptions{})
		d.answer = func(ctx context.Context, issuer string) (jwks.Options, error) {
			select {
			case <-time.After(time.Second):
				return optionsOf(issuer)
			case <-ctx.Done():
				return jwks.Options{}, ctx.Err()
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if got := d.status(ctx, of("t1")); got != 503 {
				t.Errorf("status %d for the client that leaves", got)
			}
		})
		synctest.Wait()
		for range 50 {
			wg.Go(func() { d.wantAfter(t, time.Second, 200, of("t1")) })
		}
		synctest.Wait()
		cancel()
		wg.Wait()
		if a, b := d.lookups("t1"), d.fetched("t1"); a != 1 || b != 1 {
			t.Errorf("%d look-ups, %d fetches", a, b)
		}
	})
}

// No request waits for a lookup longer than 2 seconds. One that blocks for ever occupies its
// place, and nothing else.
func TestLookupBlocks(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := newTown().protect(t, jwks.TenantOptions{})
		d.want(t, 200, of("t1"))
		forever := make(chan struct{})
		isBlocked := func(issuer string) bool { return strings.HasPrefix(issuer, "https://tb") }
		d.set(func() {
			d.answer = func(ctx context.Context, issuer string) (jwks.Options, error) {
				if isBlocked(issuer) {
					<-forever
				}
				return optionsOf(issuer)
			}
		})
		var wg sync.WaitGroup
		for i := range 11 {
			wg.Go(func() { d.wantAfter(t, 2*time.Second, 503, of(fmt.Sprint("tb", i))) })
		}
		wg.Wait()
		d.wantAtOnce(t, 200, of("t2")) // there is one place left
		d.wantAfter(t, 2*time.Second, 503, of("tb11"))
		d.wantAfter(t, 2*time.Second, 503, of("t3")) // there is none
		d.wantAtOnce(t, 200, of("t1"))
		// Nobody waits for a look-up that has no answer after 5 seconds. It is not repeated
		// before it returns.
		time.Sleep(5 * time.Second)
		wantError(t, d.Tenants.Stats().LastError, context.DeadlineExceeded, "no answer after 5s")
		d.wantAtOnce(t, 503, of("tb0"))
		if n := d.lookups("tb0"); n != 1 {
			t.Errorf("%d look-ups", n)
		}
		// Tenants that are known do not notice it.
		for range 100 {
			time.Sleep(time.Minute)
			d.wantAtOnce(t, 200, of("t1"))
		}
		close(forever)
		synctest.Wait()
		d.wantAtOnce(t, 200, of("t3"))
		d.wantAtOnce(t, 200, of("tb0"))
	})
}

// A tenant whose look-up blocks for ever does not occupy more than one place.
func TestLookupBlocksForOneTenant(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := newTown().protect(t, jwks.TenantOptions{})
		d.want(t, 200, of("t1"))
		forever := make(chan struct{})
		d.set(func() {
			d.answer = func(_ context.Context, issuer string) (jwks.Options, error) {
				if issuer == issuerOf("t1") {
					<-forever
				}
				return optionsOf(issuer)
			}
		})
		time.Sleep(5 * time.Minute)
		d.wantAfter(t, 2*time.Second, 200, of("t1")) // and then it uses its old answer
		for i := range 55 {
			time.Sleep(time.Minute)
			d.wantAtOnce(t, 200, of("t1"))
			d.wantAtOnce(t, 200, of(fmt.Sprint("t", 2+i)))
		}
		if n := d.lookups("t1"); n != 2 {
			t.Errorf("%d look-ups", n)
		}
		time.Sleep(time.Hour)
		d.wantAtOnce(t, 503, of("t1"))
		close(forever)
		synctest.Wait()
		d.status(t.Context(), of("t1"))
		synctest.Wait()
		d.wantAtOnce(t, 200, of("t1"))
	})
}

// At most 12 look-ups for new tenants run at once. The others wait for their turn.
func TestLookupsAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := newTown().protect(t, jwks.TenantOptions{})
		var running, most atomic.Int32
		d.answer = func(_ context.Context, issuer string) (jwks.Options, error) {
			most.Store(max(most.Load(), running.Add(1)))
			time.Sleep(500 * time.Millisecond)
			running.Add(-1)
			return optionsOf(issuer)
		}
		var wg sync.WaitGroup
		var after [5]atomic.Int32
		start := time.Now()
		for i := range 100 {
			wg.Go(func() {
				if status := d.status(t.Context(), of(fmt.Sprint("t", i))); status == 200 {
					after[time.Since(start)/(500*time.Millisecond)].Add(1)
				} else if took := time.Since(start); status != 503 || took != 2*time.Second {
					t.Errorf("status %d after %v", status, took)
				}
			})
		}
		wg.Wait()
		if n := most.Load(); n != 12 {
			t.Errorf("%d look-ups at once", n)
		}
		for i := 1; i < 4; i++ {
			if n := after[i].Load(); n != 12 {
				t.Errorf("%d are served after %d turns", n, i)
			}
		}
	})
}

// A tenant that is removed from the table stops within LookupTTL, whether or not it sends tokens
// in the meantime. No token of an active tenant waits.
func TestTenantIsRemoved(t *testing.T) {
	for _, pause := range []time.Duration{10 * time.Second, 5 * time.Minute} {
		t.Run(pause.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				d := newTown().protect(t, jwks.TenantOptions{})
				d.set(func() {
					d.answer = func(_ context.Context, issuer string) (jwks.Options, error) {
						time.Sleep(time.Second)
						return optionsOf(issuer)
					}
				})
				d.wantAfter(t, time.Second, 200, of("t1"))
				for range 100 {
					time.Sleep(10 * time.Second)
					d.wantAtOnce(t, 200, of("t1"))
				}
				d.set(func() {
					d.answer = func(context.Context, string) (jwks.Options, error) { return jwks.Options{}, jwthttp.ErrUnknownKey }
				})
				for n := 5 * time.Minute / pause; n > 1; n-- {
					time.Sleep(pause)
					d.status(t.Context(), of("t1"))
				}
				time.Sleep(pause) // 5 minutes of silence are 5 minutes too
				d.want(t, 401, of("t1"))
				synctest.Wait()
				if stats := d.Tenants.Stats(); stats.Known != 0 || stats.Open != 0 || stats.Refused != 1 {
					t.Errorf("stats %+v", stats)
				}
			})
		})
	}
}

// New options replace the source. What the old one accepted is refused from then on.
func TestOptionsChange(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := newTown().protect(t, jwks.TenantOptions{})
		d.want(t, 200, of("t1"))
		for range 30 { // equal options change nothing
			time.Sleep(time.Minute)
			d.wantAtOnce(t, 200, of("t1"))
		}
		if a, b := d.lookups("t1"), d.Tenants.Stats().Opened; a < 10 || b != 1 {
			t.Errorf("%d look-ups, opened %d times", a, b)
		}
		d.set(func() {
			d.answer = func(_ context.Context, issuer string) (jwks.Options, error) {
				return jwks.Options{KeySetURL: issuer + "/keys", Audience: []string{"invoices"}}, nil
			}
		})
		time.Sleep(5 * time.Minute)
		d.want(t, 401, of("t1"))
		// What was accepted once stays in use while lookup makes a mistake.
		d.set(func() {
			d.answer = func(_ context.Context, issuer string) (jwks.Options, error) { return jwks.Options{}, nil }
		})
		time.Sleep(30 * time.Minute)
		d.want(t, 401, of("t1"))
		if stats := d.Tenants.Stats(); stats.Opened != 2 || stats.Known != 1 {
			t.Errorf("stats %+v", stats)
		}
	})
}

// Requests that wait for the keys of a source when the options change get those of the next one.
func TestOptionsChangeWhileTokensWait(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := newTown().protect(t, jwks.TenantOptions{LookupTTL: time.Second})
		d.answer = func(_ context.Context, issuer string) (jwks.Options, error) {
			return jwks.Options{KeySetURL: issuer + "/keys?at=" + fmt.Sprint(time.Now().Unix()), Audience: []string{audience}}, nil
		}
		d.delay = 1500 * time.Millisecond
		var wg sync.WaitGroup
		wg.Go(func() { d.wantAfter(t, 1800*time.Millisecond, 200, of("t1")) })
		time.Sleep(600 * time.Millisecond)
		d.set(func() { d.delay = 800 * time.Millisecond })
		time.Sleep(400 * time.Millisecond)
		wg.Go(func() { d.wantAfter(t, 800*time.Millisecond, 200, of("t1")) })
		wg.Wait()
	})
}

// While the database is down, a tenant that is known goes on for an hour. Its tokens do not wait.
func TestLookupFailsForLong(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var log journal
		d := newTown().protect(t, jwks.TenantOptions{Logger: log.logger(slog.LevelInfo)})
		start := time.Now()
		d.want(t, 200, of("t1"))
		d.want(t, 200, of("t3"))
		d.set(func() {
			d.answer = func(context.Context, string) (jwks.Options, error) {
				return jwks.Options{}, errors.New("the database is down")
			}
		})
		for time.Since(start) < 65*time.Minute-time.Second {
			time.Sleep(time.Second)
			d.wantAtOnce(t, 200, of("t1"))
		}
		if n := d.lookups("t1"); n < 6*60 || n > 6*64 {
			t.Errorf("%d look-ups", n)
		}
		if n := strings.Count(log.take(), cannotLookUp); n < 55 || n > 64 {
			t.Errorf("%d records", n)
		}
		d.wantAtOnce(t, 200, of("t3")) // after a long silence
		d.wantAtOnce(t, 503, of("t2"))
		time.Sleep(time.Second)
		d.wantAtOnce(t, 503, of("t1"))
		d.set(func() {
			d.answer = func(_ context.Context, issuer string) (jwks.Options, error) { return optionsOf(issuer) }
		})
		time.Sleep(10 * time.Second)
		d.status(t.Context(), of("t1"))
		synctest.Wait()
		d.wantAtOnce(t, 200, of("t1"))
		d.wantAtOnce(t, 200, of("t2"))
	})
}

// A flood of invented issuers costs 50 look-ups, and 10 more a second. Tenants that are known
// do not notice it: nothing of them is looked up, fetched or closed because of it.
func TestFloodOfIssuers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var log journal
		d := newTown().protect(t, jwks.TenantOptions{MaxOpen: 20, Logger: log.logger(slog.LevelInfo)})
		for i := range 20 {
			d.want(t, 200, of(fmt.Sprint("t", i)))
		}
		asked := d.Tenants.Stats().Lookups
		const seconds = 100
		for second := range seconds {
			for i := range 200 {
				d.wantAtOnce(t, 401, unsigned("EdDSA", issuerOf(fmt.Sprint("invented", second, "-", i))))
			}
			for i := range 20 {
				d.wantAtOnce(t, 200, of(fmt.Sprint("t", i)))
			}
			time.Sleep(time.Second)
		}
		stats := d.Tenants.Stats()
		if n := stats.Lookups - asked; n != 50+10*(seconds-1) {
			t.Errorf("%d look-ups", n)
		}
		if stats.Unasked != 200*seconds-50-10*(seconds-1) || stats.Refused > 1000 || stats.Known != 20 || stats.Open != 20 || stats.Fetches != 20 || stats.Evicted != 0 {
			t.Errorf("stats %+v", stats)
		}
		log.want(t, []string{"level=WARN", "issuers are refused without a look-up", "so far, 1 tokens"}, []string{"issuers are refused without a look-up"})
		// It is over: a new tenant is found at once.
		time.Sleep(time.Second)
		d.wantAtOnce(t, 200, of("t20"))
		// New tenants use nothing of the budget.
		for i := range 500 {
			d.wantAtOnce(t, 200, of(fmt.Sprint("t", i)))
		}
	})
}

// Beyond the budget, it is not the client's fault if the database is down.
func TestFloodWhileLookupFails(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := newTown().protect(t, jwks.TenantOptions{})
		d.answer = func(context.Context, string) (jwks.Options, error) {
			return jwks.Options{}, errors.New("the database is down")
		}
		for i := range 200 {
			d.wantAtOnce(t, 503, unsigned("EdDSA", issuerOf(fmt.Sprint("t", i))))
		}
		if n := d.Tenants.Stats().Lookups; n != 50 {
			t.Errorf("%d look-ups", n)
		}
		d.set(func() {
			d.answer = func(_ context.Context, issuer string) (jwks.Options, error) { return optionsOf(issuer) }
		})
		time.Sleep(time.Second)
		d.wantAtOnce(t, 200, of("t1"))
	})
}

// Refusals are bounded, and replace nothing but refusals.
func TestRefusalsAreBounded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := newTown().protect(t, jwks.TenantOptions{LookupTTL: 24 * time.Hour})
		d.want(t, 200, of("t0"))
		for i := range 3000 {
			d.wantAtOnce(t, 401, unsigned("EdDSA", issuerOf(fmt.Sprint("invented", i))))
			time.Sleep(100 * time.Millisecond)
		}
		if stats := d.Tenants.Stats(); stats.Lookups != 3001 || stats.Refused != 1000 || stats.Known != 1 {
			t.Errorf("stats %+v", stats)
		}
		d.wantAtOnce(t, 401, unsigned("EdDSA", issuerOf("invented2999")))
		d.wantAtOnce(t, 200, of("t0"))
		if a, b := d.lookups("invented2999"), d.lookups("t0"); a != 1 || b != 1 {
			t.Errorf("%d and %d look-ups", a, b)
		}
	})
}

// An issuer that no source can have is refused without a look-up. So it breaks no line of the log,
// and does not make a database that refuses zero bytes look as if it were down.
func TestOddIssuers(t *testing.T) {
	for _, issuer := range []string{
		"", strings.Repeat("t", 257), `https://t1\u0000`, `https://t\n1`, `https://t\u20281`, `https://t\u202e1`, `https://t\u200b1`,
		"https://t1 ", " https://t1", `https://t1\t`, `https://t1\u00a0`, "https://t{1}",
	} {
		t.Run(issuer, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var log journal
				var told atomic.Int64
				d := newTown().protect(t, jwks.TenantOptions{Logger: log.logger(slog.LevelInfo), OnEvent: func(jwks.Event) { told.Add(1) }})
				d.answer = func(context.Context, string) (jwks.Options, error) { return jwks.Options{}, errors.New("no") }
				d.wantAtOnce(t, 401, b64([]byte(`{"alg":"EdDSA","kid":"k"}`))+"."+b64([]byte(`{"iss":"`+issuer+`"}`))+"."+strings.Repeat("A", 86))
				synctest.Wait()
				if stats, records := d.Tenants.Stats(), log.take(); stats != (jwks.TenantStats{}) || records != "" || told.Load() > 0 {
					t.Errorf("stats %+v, %d events, records %q", stats, told.Load(), records)
				}
			})
		})
	}
}

// A look-up that failed long ago says nothing of now. So the first token after a silence waits for
// lookup, also if the last look-up failed.
func TestSilenceAfterFailure(t *testing.T) {
	removed := func(context.Context, string) (jwks.Options, error) { return jwks.Options{}, jwthttp.ErrUnknownKey }
	here := func(_ context.Context, issuer string) (jwks.Options, error) { return optionsOf(issuer) }
	failing := func(context.Context, string) (jwks.Options, error) {
		return jwks.Options{}, errors.New("the database is down")
	}
	for _, tc := range []struct {
		name    string
		silence time.Duration
		answer  func(context.Context, string) (jwks.Options, error)
		status  int
	}{
		{"removed in a minute", 6 * time.Minute, removed, 401},
		{"removed in an hour", 50 * time.Minute, removed, 401},
		{"here after an hour", 50 * time.Minute, here, 200},
		{"here after three hours", 3 * time.Hour, here, 200},
		{"still failing after an hour", 50 * time.Minute, failing, 200},
		{"still failing after three hours", 3 * time.Hour, failing, 503},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				d := newTown().protect(t, jwks.TenantOptions{})
				d.want(t, 200, of("t1"))
				d.set(func() { d.answer = failing })
				time.Sleep(3 * time.Minute)
				d.wantAtOnce(t, 200, of("t1"))
				synctest.Wait()
				d.set(func() { d.answer = tc.answer })
				time.Sleep(tc.silence)
				d.want(t, tc.status, of("t1"))
			})
		})
	}
}

// The order of audiences and of algorithms means nothing, so keys do not go because of it.
func TestOptionsInAnotherOrder(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := newTown().protect(t, jwks.TenantOptions{})
		opts := jwks.Options{Audience: []string{audience, "invoices"}, Algorithms: []string{"EdDSA", "RS256"}}
		d.answer = func(_ context.Context, issuer string) (jwks.Options, error) {
			slices.Reverse(opts.Audience)
			slices.Reverse(opts.Algorithms)
			opts.KeySetURL = issuer + "/keys"
			return opts, nil
		}
		for range 10 {
			d.want(t, 200, of("t1"))
			time.Sleep(3 * time.Minute)
		}
		if stats := d.Tenants.Stats(); stats.Lookups < 5 || stats.Opened != 1 {
			t.Errorf("stats %+v", stats)
		}
	})
}

// After Forget, neither the old answer of lookup nor the old keys are used, also if they were asked
// for before.
func TestForget(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := newTown().protect(t, jwks.TenantOptions{LookupTTL: time.Hour})
		d.Forget(issuerOf("t1")) // is not known yet
		d.want(t, 200, of("t1"))
		d.want(t, 401, of("new"))

		// The provider replaces the key, whose kid stays.
		d.set(func() { d.page = func(string) (int, string) { return 200, keySet(edJWK("stolen no more", "k")) } })
		d.want(t, 200, of("t1"))
		d.Forget(issuerOf("t1"))
		d.want(t, 401, of("t1"))
		d.want(t, 200, tokenOfTenant("stolen no more", issuerOf("t1")))

		// A tenant is removed from the table, and another one is added.
		d.set(func() {
			d.answer = func(_ context.Context, issuer string) (jwks.Options, error) {
				if issuer == issuerOf("t1") {
					return jwks.Options{}, jwthttp.ErrUnknownKey
				}
				return jwks.Options{KeySetURL: issuer + "/keys", Audience: []string{audience}}, nil
			}
		})
		d.Forget(issuerOf("t1"))
		d.Forget(issuerOf("new"))
		d.want(t, 401, tokenOfTenant("stolen no more", issuerOf("t1")))
		d.want(t, 200, tokenOfTenant("stolen no more", issuerOf("new")))

		// lookup has read the old row, and Forget comes before it returns.
		for _, old := range []struct {
			name   string
			opts   jwks.Options
			err    error
			now    int // of the token that waits
			answer error
			later  int
		}{
			{"removed", jwks.Options{KeySetURL: "https://late/keys", Audience: []string{audience}}, nil, 503, jwthttp.ErrUnknownKey, 401},
			{"added", jwks.Options{}, jwthttp.ErrUnknownKey, 401, nil, 200},
		} {
			read := make(chan bool)
			d.set(func() {
				d.answer = func(context.Context, string) (jwks.Options, error) {
					<-read
					return old.opts, old.err
				}
			})
			token := tokenOfTenant("stolen no more", issuerOf(old.name))
			status := make(chan int)
			go func() { status <- d.status(t.Context(), token) }()
			synctest.Wait()
			d.Forget(issuerOf(old.name))
			close(read)
			if got := <-status; got != old.now {
				t.Errorf("%s, while lookup runs: status %d, want %d", old.name, got, old.now)
			}
			synctest.Wait()
			d.set(func() {
				d.answer = func(_ context.Context, issuer string) (jwks.Options, error) {
					return jwks.Options{KeySetURL: issuer + "/keys", Audience: []string{audience}}, old.answer
				}
			})
			if got := d.status(t.Context(), token); got != old.later {
				t.Errorf("%s, afterwards: status %d, want %d", old.name, got, old.later)
			}
		}
	})
}
