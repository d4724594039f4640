package jwks_test

import (
	"context"
	"errors"
	"fmt"
	"io"
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

// wrappings are the ways to use a source in a middleware.
var wrappings = map[string]func(*jwks.Source) jwthttp.KeySource{
	"bare":    func(s *jwks.Source) jwthttp.KeySource { return s },
	"KeyFunc": func(s *jwks.Source) jwthttp.KeySource { return jwthttp.KeyFunc(s.Keys) },
	"Issuers": func(s *jwks.Source) jwthttp.KeySource { return jwthttp.Issuers{issuer: s} },
	"KeyFunc that binds keys": func(s *jwks.Source) jwthttp.KeySource {
		return jwthttp.KeyFunc(func(ctx context.Context, h jwthttp.TokenHeader) ([]jwthttp.Key, error) {
			keys, err := s.Keys(ctx, h)
			bound := make([]jwthttp.Key, len(keys))
			for i, k := range keys {
				bound[i] = k.WithIssuer(issuer, audience)
			}
			return bound, err
		})
	},
}

// A key may be replaced under its kid, for example when a realm is created again, or in a set
// without kids. The new key is found at once. The old key stops working, so this is also a
// revocation.
func TestReplacedKeys(t *testing.T) {
	rs := func(alg string) string { return with(rsaJWK("x", rsaKey()), fmt.Sprintf(`"alg":%q`, alg)) }
	for _, tc := range []struct {
		name          string
		before, after []string
		old           string // accepted before; "" if no token is
		new           string // accepted after
		oldStays      bool
	}{
		{"one kid", []string{edJWK("a", "x")}, []string{edJWK("b", "x")}, signed("a", "x"), signed("b", "x"), false},
		{"one kid of several", []string{edJWK("a", "x"), edJWK("c", "c")}, []string{edJWK("b", "x"), edJWK("c", "c")}, signed("a", "x"), signed("b", "x"), false},
		{"no kid", []string{edJWK("a", "")}, []string{edJWK("b", "")}, signed("a", ""), signed("b", ""), false},
		{"no kid in the set", []string{edJWK("a", "")}, []string{edJWK("b", "")}, signed("a", "x"), signed("b", "x"), false},
		{"one more without kid", []string{edJWK("a", "")}, []string{edJWK("a", ""), edJWK("b", "")}, signed("a", ""), signed("b", ""), true},
		{"no kid in the token, another named key", []string{edJWK("a", "x")}, []string{edJWK("a", "x"), edJWK("b", "y")}, signed("a", ""), signed("b", ""), true},
		{"no kid, then the kid of the token", []string{edJWK("a", "")}, []string{edJWK("b", "x")}, signed("a", "x"), signed("b", "x"), false},
		{"the kid of the token, then no kid", []string{edJWK("a", "x")}, []string{edJWK("b", "")}, signed("a", "x"), signed("b", "x"), false},
		{"of RSA", []string{rsaJWK("x", rsaKey())}, []string{rsaJWK("x", rsaOther())}, tokenOf("RS256", "x", rsaKey()), tokenOf("RS256", "x", rsaOther()), false},
		{"of two algorithms one", []string{rs("RS256"), rs("PS256")}, []string{rsaJWK("x", rsaOther()), rs("PS256")}, tokenOf("PS256", "x", rsaKey()), tokenOf("RS256", "x", rsaOther()), true},
		{"another algorithm", []string{edJWK("a", "x")}, []string{ecJWK("x", ecKey())}, signed("a", "x"), tokenOf("ES256", "x", ecKey()), true},
	} {
		for name, wrap := range wrappings {
			t.Run(tc.name+", "+name, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					p := newProvider()
					p.set(func() {
						p.header = http.Header{"Cache-Control": {"max-age=86400"}, "Etag": {`"1"`}}
						p.body = keySet(tc.before...)
					})
					d := protect(t, p, jwks.Options{})
					d.auth = must(newAuth(wrap(d.Source)))
					d.want(t, 200, tc.old)
					p.set(func() { p.body, p.delay = keySet(tc.after...), time.Second })
					d.wantAfter(t, time.Second, 200, tc.new)
					d.wantAtOnce(t, 200, tc.new)
					if n := p.count(); n != 2 {
						t.Errorf("%d fetches", n)
					}
					if tc.oldStays {
						return
					}
					d.want(t, 401, tc.old)
					p.set(func() { p.delay = 0 })
					p.set(func() { p.body = keySet(tc.before...) })
					d.want(t, 200, tc.old) // the old key again
				})
			})
		}
	}
}

// Forged tokens with a known kid cost the provider no more than a budget. They cost good
// tokens nothing.
func TestForgedSignatures(t *testing.T) {
	for _, name := range []string{"bare", "KeyFunc", "Issuers"} {
		wrap := wrappings[name]
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p := newProvider("a", "b")
				p.set(func() { p.header.Set("Cache-Control", "max-age=86400") })
				d := protect(t, p, jwks.Options{})
				d.auth = must(newAuth(wrap(d.Source)))
				d.want(t, 200, token("a"))
				p.set(func() { p.delay = 900 * time.Millisecond })
				start := time.Now()
				stop := make(chan struct{})
				var wg sync.WaitGroup
				for i := range 8 {
					forged := []string{signed("forger", "a"), signed("a", "b"), signed("forger", ""), unknown(i)}[i%4]
					wg.Go(func() {
						for {
							select {
							case <-stop:
								return
							case <-time.After(500 * time.Millisecond):
								if status := d.status(t.Context(), forged); status != 401 {
									t.Errorf("status %d", status)
								}
							}
						}
					})
				}
				for time.Since(start) < 100*time.Second {
					d.wantAtOnce(t, 200, token("a"))
					d.wantAtOnce(t, 200, token("b"))
					d.wantAtOnce(t, 200, signed("b", ""))
					time.Sleep(400 * time.Millisecond)
				}
				// The first fetch, a budget of 4, and one more each 30 s.
				if n := p.count(); n != 1+4+3 {
					t.Errorf("%d fetches in 100 seconds", n)
				}
				p.publish("a", "new")
				for since := time.Now(); d.status(t.Context(), token("new")) != 200; time.Sleep(100 * time.Millisecond) {
					if time.Since(since) > 32*time.Second {
						t.Error("a new key is not seen")
						break
					}
				}
				close(stop)
				wg.Wait()
			})
		})
	}
}

// Many tokens of a new key arrive together. They cause one fetch, and all are accepted.
func TestReplacedKeyUnderLoad(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider("a")
		d := protect(t, p, jwks.Options{})
		d.want(t, 200, token("a"))
		p.set(func() { p.body, p.delay = keySet(edJWK("b", "a")), time.Second })
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() { d.wantAfter(t, time.Second, 200, signed("b", "a")) })
			wg.Go(func() { d.wantAtOnce(t, 200, token("a")) }) // until the provider withdraws the key
		}
		wg.Wait()
		if n := p.count(); n != 2 {
			t.Errorf("%d fetches", n)
		}
		d.wantAfter(t, time.Second, 401, token("a"))
	})
}

// A signature fails while the provider is down, the context has ended, or the source is being
// closed. The answer is a 401 and never late. After Close it is a 503.
func TestFailedSignatureInTrouble(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider("a")
		p.set(func() { p.header.Set("Cache-Control", "max-age=86400") })
		d := protect(t, p, jwks.Options{})
		d.want(t, 200, token("a"))
		forged := signed("forger", "a")

		p.set(func() { p.status, p.delay = 500, time.Second })
		d.wantAfter(t, time.Second, 401, forged)
		d.wantAtOnce(t, 200, token("a"))
		p.set(func() { p.status, p.delay = 0, 0 }) // or a retry might be under way in an hour
		time.Sleep(time.Hour)
		p.set(func() { p.stalled = true })
		d.wantAfter(t, 2*time.Second, 401, forged)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		start := time.Now()
		if status := d.status(ctx, forged); status != 401 || time.Since(start) != 50*time.Millisecond {
			t.Errorf("status %d after %v", status, time.Since(start))
		}
		if status := d.status(ctx, token("a")); status != 200 {
			t.Errorf("status %d", status)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			d.wantAfter(t, time.Second, 401, forged)
		}()
		time.Sleep(time.Second)
		d.Close()
		<-done
		d.wantAtOnce(t, 503, forged)
	})
}

// A refresh does not change keys that are still published, and the middleware still remembers
// their signatures. A change of other keys has no effect on them.
func TestRefreshKeepsKeys(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider("a")
		var remembered atomic.Bool
		d := protect(t, p, jwks.Options{})
		d.auth = must(jwthttp.New[Claims](d.Source, jwthttp.Options{OnResult: func(_ *http.Request, r jwthttp.Result) { remembered.Store(r.Remembered) }}))
		d.want(t, 200, token("a"))
		d.want(t, 401, signed("forger", "a"))
		p.publish("a", "b")
		if err := d.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		d.want(t, 200, token("a"))
		if !remembered.Load() {
			t.Error("the signature was forgotten")
		}
		keys := func(kid string) jwthttp.Key {
			return must(d.Keys(t.Context(), jwthttp.TokenHeader{Algorithm: "EdDSA", KeyID: kid}))[0]
		}
		before := keys("a")
		p.publish("a", "c")
		if err := d.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if keys("a") != before {
			t.Error("the key was made anew")
		}
	})
}

// Refresh does not rely on a fetch that began before it, or on a cached answer. A key that was
// withdrawn before the call is gone after it.
func TestRefreshIsWhole(t *testing.T) {
	// setUp returns a provider that takes a second for an answer. The answer has the keys at
	// the time of the request, and is a 304 to every conditional request.
	setUp := func(t *testing.T) (*web, *service, *atomic.Int64) {
		w := newWeb()
		var fetches atomic.Int64
		keys := text(keySet(edJWK("a", "a"), edJWK("b", "b")), "Cache-Control: max-age=3600", "Last-Modified: Mon, 02 Jan 2006 15:04:05 GMT")
		w.put(issuer+openID, metadata(issuer, keysURL))
		w.put(keysURL, slow(&fetches, keys))
		source := discover(t, issuer, through(w))
		d := &service{source, must(newAuth(source))}
		d.want(t, 200, token("a"))
		return w, d, &fetches
	}
	withdraw := func(w *web, fetches *atomic.Int64) {
		w.put(keysURL, slow(fetches, text(keySet(edJWK("b", "b")), "Cache-Control: max-age=3600", "Last-Modified: Mon, 02 Jan 2006 15:04:05 GMT")))
	}
	t.Run("alone", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			w, d, fetches := setUp(t)
			withdraw(w, fetches)
			awaitRenewal(d.Source)
			time.Sleep(time.Second)
			synctest.Wait()
			d.wantAtOnce(t, 200, token("a")) // always a 304
			wantRefresh(t, d.Source, "")
			d.want(t, 401, token("a"))
			d.wantAtOnce(t, 200, token("b"))
		})
	})
	for name, begin := range map[string]func(*service){
		"during a renewal": func(d *service) { time.Sleep(time.Until(d.Stats().NextRefresh)); synctest.Wait() },
		"during one for a token": func(d *service) {
			go d.Keys(context.Background(), jwthttp.TokenHeader{Algorithm: "EdDSA", KeyID: "new"})
		},
		"during another's Refresh": func(d *service) { go d.Refresh(context.Background()) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w, d, fetches := setUp(t)
				begin(d)
				time.Sleep(500 * time.Millisecond)
				before := fetches.Load()
				withdraw(w, fetches)
				start := time.Now()
				var wg sync.WaitGroup
				for range 10 {
					wg.Go(func() {
						wantRefresh(t, d.Source, "")
						if took := time.Since(start); took != 1500*time.Millisecond {
							t.Errorf("after %v", took)
						}
					})
				}
				wg.Wait()
				if n := fetches.Load() - before; n != 1 {
					t.Errorf("%d fetches for ten that refresh at once", n)
				}
				if keys := d.Stats().Keys; keys != 1 {
					t.Errorf("%d keys", keys)
				}
			})
		})
	}
	t.Run("the fetch before it fails", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			w, d, fetches := setUp(t)
			w.put(keysURL, slow(fetches, status(500, "")))
			go d.Refresh(context.Background())
			time.Sleep(500 * time.Millisecond)
			withdraw(w, fetches)
			wantRefresh(t, d.Source, "")
			w.put(keysURL, slow(fetches, status(500, "")))
			wantRefresh(t, d.Source, "status 500")
		})
	})
	t.Run("its context ends while it waits for another", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			_, d, fetches := setUp(t)
			go d.Refresh(context.Background())
			time.Sleep(500 * time.Millisecond)
			before := fetches.Load()
			for _, wait := range []time.Duration{0, 100 * time.Millisecond} {
				ctx, cancel := context.WithTimeout(t.Context(), wait)
				if err := d.Refresh(ctx); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("error %v", err)
				}
				cancel()
			}
			time.Sleep(time.Second)
			if n := fetches.Load() - before; n != 0 {
				t.Errorf("%d fetches", n)
			}
		})
	})
}

// A cache may keep an older set than the source has, and answer renewals with it. A fetch that asks
// for no cached answer decides: a withdrawn key stays away, and a new one stays in use.
func TestRenewalFromACache(t *testing.T) {
	for name, tc := range map[string]struct{ before, after []string }{
		"a withdrawn key":            {[]string{"a", "b"}, []string{"a"}},
		"a new key":                  {[]string{"a"}, []string{"a", "b"}},
		"the other key":              {[]string{"b"}, []string{"a"}},
		"a key replaced under a kid": {[]string{"a"}, []string{"b as a"}},
	} {
		set := func(names []string) string {
			var keys []string
			for _, name := range names {
				if name == "b as a" {
					keys = append(keys, edJWK("b", "a"))
				} else {
					keys = append(keys, edJWK(name, name))
				}
			}
			return keySet(keys...)
		}
		// setUp returns a source with the new set, behind a cache that has the old one for hours.
		setUp := func(t *testing.T) (*service, *web, *events) {
			w, told := newWeb(), &events{}
			cached, origin := text(set(tc.before), "Cache-Control: max-age=14400", "Age: 60"), text(set(tc.before), "Cache-Control: max-age=14400")
			page := func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Cache-Control") == "no-cache" {
					after(time.Second, origin)(w, r)
				} else {
					after(time.Second, cached)(w, r)
				}
			}
			w.put(keysURL, page)
			opts := through(w)
			opts.OnEvent = told.add
			source := open(t, keysURL, opts)
			d := &service{source, must(newAuth(source))}
			wantRefresh(t, source, "")
			origin = text(set(tc.after), "Cache-Control: max-age=14400")
			wantRefresh(t, source, "")
			synctest.Wait()
			w.take()
			told.take()
			return d, w, told
		}
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				d, w, told := setUp(t)
				fetches := d.Stats().Fetches
				awaitRenewal(d.Source)
				time.Sleep(2 * time.Second)
				synctest.Wait()
				wantAsked(t, w, keysURL, keysURL)
				if stats, got := d.Stats(), told.take(); stats.Fetches != fetches+2 || stats.Keys != len(tc.after) || got != "fetched" {
					t.Errorf("%+v, told: %s", stats, got)
				}
				wantLifetime(t, d.Source, 4*time.Hour)
			})
		})
		t.Run(name+", Refresh meanwhile", func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				d, w, told := setUp(t)
				awaitRenewal(d.Source)
				wantRefresh(t, d.Source, "")
				synctest.Wait()                   // for the event
				wantAsked(t, w, keysURL, keysURL) // the second is good for both
				if got := told.take(); got != "fetched" {
					t.Errorf("told: %s", got)
				}
			})
		})
		t.Run(name+", a token of another key meanwhile", func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				d, w, _ := setUp(t)
				awaitRenewal(d.Source)
				time.Sleep(500 * time.Millisecond)
				d.wantAfter(t, 1500*time.Millisecond, 401, token("none"))
				wantAsked(t, w, keysURL, keysURL)
			})
		})
		t.Run(name+", the provider is down", func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				d, w, told := setUp(t)
				w.put(keysURL, func(w http.ResponseWriter, r *http.Request) {
					if r.Header.Get("Cache-Control") == "no-cache" {
						w.WriteHeader(http.StatusBadGateway)
					} else {
						text(set(tc.before))(w, r)
					}
				})
				awaitRenewal(d.Source)
				if stats, got := d.Stats(), told.take(); stats.Keys != len(tc.after) || got != "failed" {
					t.Errorf("%+v, told: %s", stats, got)
				}
			})
		})
	}
}

// slow serves the page after a second, or a 304 to a conditional request.
func slow(count *atomic.Int64, page http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		count.Add(1)
		answer := page
		if r.Header.Get("If-Modified-Since") != "" {
			answer = status(http.StatusNotModified, "")
		}
		after(time.Second, answer)(w, r)
	}
}

// A token with an unknown key that joins a renewal is not refused because of its result. A
// fetch of its own decides.
func TestRenewalDoesNotDecide(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWeb()
		var fetches atomic.Int64
		w.put(keysURL, slow(&fetches, text(keySet(edJWK("a", "a")), "Last-Modified: Mon, 02 Jan 2006 15:04:05 GMT")))
		source := open(t, keysURL, through(w))
		d := &service{source, must(newAuth(source))}
		d.want(t, 200, token("a"))
		w.put(keysURL, slow(&fetches, text(keySet(edJWK("a", "a"), edJWK("b", "b")), "Last-Modified: Mon, 02 Jan 2006 15:04:05 GMT")))
		time.Sleep(time.Until(source.Stats().NextRefresh))
		synctest.Wait()
		if n := fetches.Load(); n != 2 {
			t.Fatalf("%d fetches", n)
		}
		time.Sleep(100 * time.Millisecond)
		d.wantAfter(t, 1900*time.Millisecond, 200, token("b")) // the rest of the renewal, and a fetch of its own
	})
}

// A KeyFunc may hold back a key of the source. That key is not taken for a replacement, and
// does not hide one.
func TestReplacedKeyThroughAFilter(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider()
		p.set(func() {
			p.header.Set("Cache-Control", "max-age=86400")
			p.body = keySet(edJWK("a", ""), edJWK("blocked", ""))
		})
		d := protect(t, p, jwks.Options{})
		d.want(t, 200, signed("blocked", ""))
		keys := must(d.Source.Keys(t.Context(), jwthttp.TokenHeader{Algorithm: "EdDSA"}))
		blocked, asked := keys[1], 0
		d.auth = must(newAuth(jwthttp.KeyFunc(func(ctx context.Context, h jwthttp.TokenHeader) ([]jwthttp.Key, error) {
			asked++
			keys, err := d.Source.Keys(ctx, h)
			return slices.DeleteFunc(slices.Clone(keys), func(k jwthttp.Key) bool { return k == blocked }), err
		})))
		d.want(t, 200, signed("a", ""))
		d.want(t, 401, signed("blocked", ""))
		if n := p.count(); n != 2 || asked != 2 {
			t.Errorf("%d fetches, asked %d times", n, asked)
		}
		p.set(func() { p.body = keySet(edJWK("b", ""), edJWK("blocked", "")) })
		d.want(t, 200, signed("b", ""))
		d.want(t, 401, signed("a", ""))
	})
}

// A KeyFunc may map the ids in tokens to those of the source.
func TestReplacedKeyUnderAnotherID(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider()
		p.set(func() {
			p.header.Set("Cache-Control", "max-age=86400")
			p.body = keySet(edJWK("a", "x"), edJWK("c", "c"))
		})
		d := protect(t, p, jwks.Options{})
		d.auth = must(newAuth(jwthttp.KeyFunc(func(ctx context.Context, h jwthttp.TokenHeader) ([]jwthttp.Key, error) {
			id := h.KeyID
			h.KeyID = strings.TrimPrefix(id, "tenant:")
			keys, err := d.Source.Keys(ctx, h)
			if err != nil {
				return nil, err
			}
			return []jwthttp.Key{keys[0].WithID(id)}, nil
		})))
		d.want(t, 200, signed("a", "tenant:x"))
		p.set(func() { p.body = keySet(edJWK("b", "x"), edJWK("c", "c")) })
		d.want(t, 200, signed("b", "tenant:x"))
		if n := p.count(); n != 2 {
			t.Errorf("%d fetches", n)
		}
	})
}

// A token waits for at most 2 seconds. It does not matter how many sources it waits for, or
// whether it waits for keys or for a replacement.
func TestWaitsDoNotAddUp(t *testing.T) {
	for _, sources := range []int{1, 4} {
		bubble(t, func(t *testing.T) {
			var all []*jwks.Source
			var providers []*provider
			for range sources {
				p := newProvider("a")
				providers = append(providers, p)
				all = append(all, protect(t, p, jwks.Options{}).Source)
			}
			auth := must(newAuth(jwthttp.KeyFunc(func(ctx context.Context, h jwthttp.TokenHeader) (keys []jwthttp.Key, err error) {
				for _, s := range all {
					found, err := s.Keys(ctx, h)
					if err != nil {
						return nil, err
					}
					keys = append(keys, found...)
				}
				return keys, nil
			})))
			d := service{Source: all[0], auth: auth}
			if sources == 1 { // without keys, and slow
				providers[0].set(func() { providers[0].delay = 1900 * time.Millisecond })
			} else {
				d.want(t, 200, token("a"))
				for _, p := range providers {
					p.set(func() { p.delay = time.Hour })
				}
			}
			began := time.Now()
			d.want(t, 401, signed("b", "a"))
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("%d sources: the request took %v", sources, took)
			}
		})
	}
}

// Nor does it matter that the key came with a fetch that began while the token was waiting for
// another one.
func TestWaitsForTwoFetchesDoNotAddUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider("a")
		d := protect(t, p, jwks.Options{})
		d.want(t, 200, token("a"))
		p.set(func() { p.delay = 3 * time.Second })
		go d.status(context.Background(), unknown(1))
		time.Sleep(1100 * time.Millisecond)
		go func() {
			time.Sleep(time.Second)
			p.publish("a", "b")
			p.set(func() { p.delay = 50 * time.Millisecond })
			time.Sleep(940 * time.Millisecond)
			p.set(func() { p.delay = time.Hour })
		}()
		d.wantAfter(t, 2*time.Second, 401, signed("x", "b"))
		if n := p.count(); n != 4 {
			t.Errorf("%d fetches", n)
		}
	})
}

// A token of a tenant waits for lookup, for the keys and for a replacement, 2 seconds in all. That
// holds too if the tenant is forgotten meanwhile.
func TestWaitsForTenantsDoNotAddUp(t *testing.T) {
	for _, tc := range []struct {
		name   string
		forget bool
		want   int
	}{{"lookup and a replacement", false, 401}, {"lookup, a replacement and lookup again", true, 503}} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				fetches := 0
				client := roundTrip(func(r *http.Request) (*http.Response, error) {
					if fetches++; fetches > 1 {
						<-r.Context().Done()
						return nil, r.Context().Err()
					}
					return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(keySet(edJWK("t1", "k")))), Request: r}, nil
				})
				tenants := must(jwks.NewTenants(func(_ context.Context, issuer string) (jwks.Options, error) {
					time.Sleep(1900 * time.Millisecond)
					return optionsOf(issuer)
				}, jwks.TenantOptions{Client: &http.Client{Transport: client}}))
				defer tenants.Close()
				d := service{auth: must(newAuth(tenants))}
				if tc.forget {
					go func() {
						time.Sleep(1950 * time.Millisecond)
						tenants.Forget(issuerOf("t1"))
					}()
				}
				d.wantAfter(t, 2*time.Second, tc.want, tokenOfTenant("forger", issuerOf("t1")))
			})
		})
	}
}
