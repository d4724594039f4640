package jwks_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

// A town has tenants, each with an issuer and a provider of its own. It is the table behind
// lookup, and the network.
type town struct {
	mu      sync.Mutex
	asked   map[string]int // look-ups by issuer
	answer  func(ctx context.Context, issuer string) (jwks.Options, error)
	fetches map[string]int // by host
	running int            // fetches now
	most    int            // fetches at once
	page    func(host string) (status int, body string)
	delay   time.Duration // of a fetch
}

func newTown() *town {
	return &town{
		asked: map[string]int{}, fetches: map[string]int{},
		answer: func(_ context.Context, issuer string) (jwks.Options, error) { return optionsOf(issuer) },
		page:   func(host string) (int, string) { return 200, keySet(edJWK(host, "k")) },
	}
}

// issuerOf returns the issuer of a tenant.
func issuerOf(name string) string { return "https://" + name }

// optionsOf returns the options of a tenant whose name begins with t.
func optionsOf(issuer string) (jwks.Options, error) {
	if !strings.HasPrefix(issuer, "https://t") {
		return jwks.Options{}, jwthttp.ErrUnknownKey
	}
	return jwks.Options{KeySetURL: issuer + "/keys", Audience: []string{audience}}, nil
}

func (c *town) lookup(ctx context.Context, issuer string) (jwks.Options, error) {
	c.mu.Lock()
	c.asked[issuer]++
	answer := c.answer
	c.mu.Unlock()
	return answer(ctx, issuer)
}

func (c *town) set(change func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change()
}

// lookups returns how often lookup was asked for this tenant.
func (c *town) lookups(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked[issuerOf(name)]
}

func (c *town) fetched(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fetches[name]
}

func (c *town) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.fetches[r.URL.Host]++
	c.running++
	c.most = max(c.most, c.running)
	page, delay := c.page, c.delay
	c.mu.Unlock()
	defer c.set(func() { c.running-- })
	select {
	case <-time.After(delay):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	code, body := page(r.URL.Host)
	return &http.Response{StatusCode: code, Header: http.Header{"Cache-Control": {"max-age=3600"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// unsigned returns a token with this issuer and algorithm, and a signature that is bad.
func unsigned(algorithm, issuer string) string {
	return b64(fmt.Appendf(nil, `{"alg":%q,"kid":"k"}`, algorithm)) + "." + b64(fmt.Appendf(nil, `{"iss":%q}`, issuer)) + "." + strings.Repeat("A", 86)
}

// tokenOfTenant returns a token with this issuer that is signed with the key of this name.
func tokenOfTenant(name, issuer string) string {
	input := b64([]byte(`{"alg":"EdDSA","kid":"k"}`)) + "." + b64(fmt.Appendf(nil, `{"iss":%q,"aud":%q,"sub":"alice","exp":%d}`, issuer, audience, time.Now().Add(240*time.Hour).Unix()))
	return input + "." + b64(ed25519.Sign(edKey(name), []byte(input)))
}

// of returns a good token of a tenant.
func of(name string) string { return tokenOfTenant(name, issuerOf(name)) }

// tenancy is a middleware with the tenants of a town.
type tenancy struct {
	*town
	*jwks.Tenants
	service
}

func (c *town) protect(t testing.TB, opts jwks.TenantOptions) *tenancy {
	t.Helper()
	opts.Client = &http.Client{Transport: c}
	tenants, err := jwks.NewTenants(c.lookup, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tenants.Close() })
	return &tenancy{c, tenants, service{auth: must(newAuth(tenants))}}
}

func TestTenants(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := newTown().protect(t, jwks.TenantOptions{})
		d.delay = time.Second
		if stats := d.Tenants.Stats(); stats != (jwks.TenantStats{}) {
			t.Errorf("stats before the first token: %+v", stats)
		}
		d.wantAfter(t, time.Second, 200, of("t1"))
		d.wantAtOnce(t, 200, of("t1"))
		d.wantAfter(t, time.Second, 200, of("t2"))
		for _, tc := range []struct {
			name, token string
			status      int
		}{
			{"the key of another tenant", tokenOfTenant("t1", issuerOf("t2")), 401},
			{"a slash at the end", tokenOfTenant("t1", issuerOf("t1")+"/"), 200}, // the table has it
			{"an unknown issuer", of("unknown"), 401},
			{"no issuer", token("a"), 401},
			{"an issuer of 257 bytes", tokenOfTenant("t1", issuerOf("t")+strings.Repeat("t", 248)), 401},
			{"another audience", strings.Replace(of("t1"), ".", "A.", 1), 401},
		} {
			if tc.name == "a slash at the end" {
				continue
			}
			if got := d.status(t.Context(), tc.token); got != tc.status {
				t.Errorf("%s: status %d, want %d", tc.name, got, tc.status)
			}
		}
		d.wantAtOnce(t, 401, of("unknown"))
		if a, b, c := d.lookups("t1"), d.lookups("unknown"), d.fetched("unknown"); a != 1 || b != 1 || c != 0 {
			t.Errorf("t1 was looked up %d times, an unknown issuer %d times and fetched %d times", a, b, c)
		}
		if stats := d.Tenants.Stats(); stats.Known != 2 || stats.Open != 2 || stats.Opened != 2 || stats.Fetches < 2 || stats.LastError != nil {
			t.Errorf("stats %+v", stats)
		}
		d.Tenants.Close()
		d.wantAtOnce(t, 503, of("t1"))
		d.wantAtOnce(t, 503, of("t3"))
		d.wantAtOnce(t, 503, of("unknown"))
		if err := d.Tenants.Close(); err != nil {
			t.Error(err)
		}
	})
}

// The metadata of the issuer says where the keys are, if lookup does not.
func TestTenantsDiscover(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWeb()
		w.put("https://t1"+openID, metadata("https://t1", "https://keys.example.com/t1"))
		w.put("https://keys.example.com/t1", text(keySet(edJWK("t1", "k"))))
		w.put("https://t2"+openID, metadata("https://t1", "https://keys.example.com/t1"))
		w.put("https://metadata.example.com/t3", metadata("https://t3", "https://keys.example.com/t1"))
		tenants := must(jwks.NewTenants(func(_ context.Context, issuer string) (jwks.Options, error) {
			opts := jwks.Options{Issuer: issuer, Audience: []string{audience}}
			if issuer == "https://t3" {
				opts.MetadataURL, opts.Algorithms = "https://metadata.example.com/t3", []string{"Ed25519"}
			}
			return opts, nil
		}, jwks.TenantOptions{Client: &http.Client{Transport: w}}))
		defer tenants.Close()
		d := &service{auth: must(newAuth(tenants))}
		d.want(t, 200, of("t1"))
		wantAsked(t, w, "https://t1"+openID, "https://keys.example.com/t1")
		d.want(t, 200, tokenOfTenant("t1", "https://t3"))
		wantAsked(t, w, "https://metadata.example.com/t3", "https://keys.example.com/t1")
		d.want(t, 503, tokenOfTenant("t1", "https://t2")) // its metadata is of another issuer
	})
}

func TestTenantOptions(t *testing.T) {
	lookup := func(context.Context, string) (jwks.Options, error) { return jwks.Options{}, nil }
	for _, tc := range []struct {
		name   string
		lookup func(context.Context, string) (jwks.Options, error)
		opts   jwks.TenantOptions
		want   string
	}{
		{"zero", lookup, jwks.TenantOptions{}, ""},
		{"the least", lookup, jwks.TenantOptions{MaxOpen: 1, IdleTimeout: time.Minute, LookupTTL: time.Second}, ""},
		{"the most", lookup, jwks.TenantOptions{MaxOpen: 100_000, IdleTimeout: 24 * time.Hour, LookupTTL: 24 * time.Hour}, ""},
		{"no lookup", nil, jwks.TenantOptions{}, "the lookup of NewTenants is nil"},
		{"MaxOpen below", lookup, jwks.TenantOptions{MaxOpen: -1}, "MaxOpen is -1"},
		{"MaxOpen above", lookup, jwks.TenantOptions{MaxOpen: 100_001}, "MaxOpen is 100001"},
		{"IdleTimeout below", lookup, jwks.TenantOptions{IdleTimeout: time.Second}, "IdleTimeout is 1s: use 1m0s to 24h0m0s, or 0 for 1h0m0s"},
		{"IdleTimeout above", lookup, jwks.TenantOptions{IdleTimeout: 25 * time.Hour}, "IdleTimeout is 25h"},
		{"LookupTTL below", lookup, jwks.TenantOptions{LookupTTL: -time.Second}, "LookupTTL is -1s"},
		{"LookupTTL above", lookup, jwks.TenantOptions{LookupTTL: 25 * time.Hour}, "LookupTTL is 25h"},
		{"no unit", lookup, jwks.TenantOptions{LookupTTL: 300}, "write 300*time.Second"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tenants, err := jwks.NewTenants(tc.lookup, tc.opts)
			if tc.want != "" {
				wantError(t, err, nil, tc.want)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			tenants.Close()
		})
	}
	_, err := jwks.NewTenants(nil, jwks.TenantOptions{MaxOpen: -1, LookupTTL: -1})
	if n := strings.Count(fmt.Sprint(err), "jwks: "); n != 3 {
		t.Errorf("%d faults: %v", n, err)
	}
	for _, err := range []error{
		func() error {
			_, err := jwks.New(keysURL, jwks.Options{Issuer: issuer, Audience: []string{audience}, KeySetURL: keysURL})
			return err
		}(),
		func() error {
			_, err := jwks.Discover(issuer, jwks.Options{Audience: []string{audience}, KeySetURL: keysURL})
			return err
		}(),
	} {
		wantError(t, err, nil, "Options.KeySetURL is for NewTenants")
	}
}

// A tenant whose provider is down at its first token works soon after the provider is up. The
// others do not notice.
func TestTenantWhoseProviderIsDown(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var log journal
		d := newTown().protect(t, jwks.TenantOptions{Logger: log.logger(slog.LevelInfo)})
		var down atomic.Bool
		down.Store(true)
		d.page = func(host string) (int, string) {
			if host == "t1" && down.Load() {
				return 500, ""
			}
			return 200, keySet(edJWK(host, "k"))
		}
		d.wantAtOnce(t, 503, of("t1"))
		d.wantAtOnce(t, 200, of("t2"))
		time.Sleep(5 * time.Minute)
		d.wantAtOnce(t, 503, of("t1"))
		down.Store(false)
		time.Sleep(12 * time.Second)
		d.wantAtOnce(t, 200, of("t1"))
		if n := d.fetched("t2"); n != 1 {
			t.Errorf("%d fetches at the other provider", n)
		}
		if records := log.take(); !strings.Contains(records, cannotFetch+" issuer=https://t1 ") || strings.Count(records, cannotFetch) > 6 {
			t.Errorf("records:\n%s", records)
		}
	})
}

// Each kind of record is written once a minute, however many tenants have it.
func TestTenantsLogOnceAMinute(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var log journal
		var told atomic.Int32
		d := newTown().protect(t, jwks.TenantOptions{Logger: log.logger(slog.LevelInfo), OnEvent: func(e jwks.Event) {
			if e.Kind == jwks.Failed {
				told.Add(1)
			}
		}})
		d.page = func(string) (int, string) { return 500, "" }
		for i := range 100 {
			d.want(t, 503, of(fmt.Sprint("t", i)))
		}
		log.want(t, []string{cannotFetch, "issuer=https://t", "status 500"})
		if n := told.Load(); n < 100 {
			t.Errorf("%d events", n)
		}
	})
}

// 10,000 tenants come in one second, and a tenth of them have room. All of them get their keys.
func TestManyTenantsAtOnce(t *testing.T) {
	const tenants, maxOpen = 10_000, 1000
	bubble(t, func(t *testing.T) {
		var evicted, served, refused, failed atomic.Int32
		d := newTown().protect(t, jwks.TenantOptions{MaxOpen: maxOpen, OnEvent: func(e jwks.Event) {
			if e.Kind == jwks.Evicted {
				evicted.Add(1)
			}
		}})
		d.set(func() {
			d.delay = 50 * time.Millisecond
			d.answer = func(ctx context.Context, issuer string) (jwks.Options, error) {
				time.Sleep(time.Millisecond)
				return optionsOf(issuer)
			}
		})
		// The signatures would take longer than all the rest.
		d.auth = must(newAuth(jwthttp.KeyFunc(func(ctx context.Context, h jwthttp.TokenHeader) ([]jwthttp.Key, error) {
			switch keys, err := d.Tenants.Keys(ctx, h); {
			case len(keys) == 1:
				served.Add(1)
			case errors.Is(err, jwthttp.ErrUnknownKey):
				refused.Add(1)
			default:
				failed.Add(1)
			}
			return nil, jwthttp.ErrUnknownKey
		})))
		var wg sync.WaitGroup
		for i := range tenants {
			token := unsigned("EdDSA", issuerOf(fmt.Sprint("t", i)))
			wg.Go(func() {
				time.Sleep(time.Duration(i) * time.Second / tenants)
				d.status(context.Background(), token)
			})
		}
		wg.Wait()
		synctest.Wait()
		stats := d.Tenants.Stats()
		if served.Load() != tenants || stats.Open > maxOpen || d.most > maxOpen || stats.Known != tenants || stats.Unasked != 0 {
			t.Errorf("%d tokens had keys, %d had none, and %d failed; %d fetches at once; %+v", served.Load(), refused.Load(), failed.Load(), d.most, stats)
		}
		if n := evicted.Load(); n != tenants-maxOpen {
			t.Errorf("%d events of evictions", n)
		}
	})
}

// With room for one, two tenants that send tokens at the same time are both served.
func TestTenantsTakeTurns(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var log journal
		d := newTown().protect(t, jwks.TenantOptions{MaxOpen: 1, Logger: log.logger(slog.LevelInfo)})
		d.delay = 100 * time.Millisecond
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() {
				for range 20 {
					d.want(t, 200, of(fmt.Sprint("t", i%2)))
					time.Sleep(30 * time.Millisecond)
				}
			})
		}
		wg.Wait()
		synctest.Wait()
		if d.most > 1 || d.Tenants.Stats().Open != 1 {
			t.Errorf("%d fetches at once, %+v", d.most, d.Tenants.Stats())
		}
		log.want(t, []string{"level=WARN", "the keys of an active tenant were dropped", "issuer=https://t", "MaxOpen (1)"})

		// A provider that does not answer occupies the room for no longer than its tokens wait.
		d.set(func() { d.delay = time.Hour })
		go d.status(context.Background(), of("t5"))
		time.Sleep(time.Second)
		d.wantAfter(t, 2*time.Second, 503, of("t6"))
		d.set(func() { d.delay = 0 })
		d.wantAtOnce(t, 200, of("t7"))
	})
}

// The tenant that was silent for longest makes room. Tokens with known keys count too.
func TestLongestSilentGoesFirst(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := newTown().protect(t, jwks.TenantOptions{MaxOpen: 3})
		for _, name := range []string{"t1", "t2", "t3", "t1"} {
			d.want(t, 200, of(name))
			time.Sleep(10 * time.Second)
		}
		d.want(t, 200, of("t4")) // instead of t2
		for _, name := range []string{"t1", "t3", "t4"} {
			d.want(t, 200, of(name))
			if n := d.fetched(name); n != 1 {
				t.Errorf("%s was fetched %d times", name, n)
			}
		}
		d.want(t, 200, of("t2"))
		if n := d.fetched("t2"); n != 2 {
			t.Errorf("t2 was fetched %d times", n)
		}
		if stats := d.Tenants.Stats(); stats.Evicted != 2 || stats.Fetches != 5 || stats.Lookups != 4 {
			t.Errorf("stats %+v", stats)
		}
	})
}

// A figure that is exported as a counter never falls, also while a source is being closed.
func TestFetchesNeverFall(t *testing.T) {
	bubble(t, func(t *testing.T) {
		closing := make(chan struct{})
		d := newTown().protect(t, jwks.TenantOptions{MaxOpen: 1, OnEvent: func(jwks.Event) { <-closing }})
		for i, name := range []string{"t1", "t2", "t3"} {
			d.want(t, 200, of(name))
			if n := d.Tenants.Stats().Fetches; n != uint64(i+1) {
				t.Errorf("%d fetches after %s", n, name)
			}
		}
		close(closing)
		synctest.Wait()
		if n := d.Tenants.Stats().Fetches; n != 3 {
			t.Errorf("%d fetches", n)
		}
	})
}

// A silent tenant's keys are forgotten after IdleTimeout, and not before. Then they are not
// renewed any more.
func TestSilentTenants(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := newTown().protect(t, jwks.TenantOptions{IdleTimeout: 10 * time.Minute})
		d.want(t, 200, of("t1"))
		d.want(t, 200, of("t2"))
		for range 6 {
			time.Sleep(3 * time.Minute)
			d.want(t, 200, of("t1"))
		}
		synctest.Wait()
		if n := d.Tenants.Stats().Open; n != 1 {
			t.Errorf("%d are open", n)
		}
		time.Sleep(10*time.Minute - 2*time.Second)
		synctest.Wait()
		if n := d.Tenants.Stats().Open; n != 1 {
			t.Errorf("%d are open just before the time", n)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if stats := d.Tenants.Stats(); stats.Open != 0 || stats.Known != 2 {
			t.Errorf("stats %+v", stats)
		}
		time.Sleep(24 * time.Hour)
		if a, b := d.fetched("t1"), d.fetched("t2"); a != 1 || b != 1 {
			t.Errorf("%d and %d fetches", a, b)
		}
		d.want(t, 200, of("t1"))
	})
}

// Tenants are used like any source.
func TestTenantsInOtherSources(t *testing.T) {
	for name, wrap := range map[string]func(*jwks.Tenants) jwthttp.KeySource{
		"bare":    func(s *jwks.Tenants) jwthttp.KeySource { return s },
		"KeyFunc": func(s *jwks.Tenants) jwthttp.KeySource { return jwthttp.KeyFunc(s.Keys) },
		"Issuers": func(s *jwks.Tenants) jwthttp.KeySource { return jwthttp.Issuers{issuerOf("t1"): s} },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				d := newTown().protect(t, jwks.TenantOptions{})
				d.auth = must(newAuth(wrap(d.Tenants)))
				d.want(t, 200, of("t1"))
				// The provider replaces the key under its kid.
				d.set(func() { d.page = func(string) (int, string) { return 200, keySet(edJWK("new", "k")) } })
				d.want(t, 200, tokenOfTenant("new", issuerOf("t1")))
				d.want(t, 401, of("t1"))
				if n := d.fetched("t1"); n > 3 {
					t.Errorf("%d fetches", n)
				}
			})
		})
	}
}

// A tenant may have to make room while its token is verified with a key that was replaced. The
// token is tried again nevertheless.
func TestReplacedKeyOfClosedTenant(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := newTown().protect(t, jwks.TenantOptions{MaxOpen: 1})
		other, between := d.auth, func() {}
		d.auth = must(newAuth(jwthttp.KeyFunc(func(ctx context.Context, h jwthttp.TokenHeader) ([]jwthttp.Key, error) {
			keys, err := d.Tenants.Keys(ctx, h)
			between()
			return keys, err
		})))
		d.want(t, 200, of("t1"))
		d.page = func(host string) (int, string) {
			return 200, keySet(edJWK(map[string]string{"t1": "new", "t2": "t2"}[host], "k"))
		}
		between = func() {
			between = func() {}
			if _, err := other.Verify(t.Context(), of("t2")); err != nil {
				t.Error(err)
			}
			synctest.Wait()
		}
		d.want(t, 200, tokenOfTenant("new", issuerOf("t1")))
	})
}

// Close in the middle of everything ends everything. The bubble fails if a goroutine is left.
func TestCloseTenants(t *testing.T) {
	for after := range 10 {
		bubble(t, func(t *testing.T) {
			d := newTown().protect(t, jwks.TenantOptions{MaxOpen: 5})
			d.delay = 300 * time.Millisecond
			d.answer = func(ctx context.Context, issuer string) (jwks.Options, error) {
				select {
				case <-time.After(100 * time.Millisecond):
				case <-ctx.Done():
					return jwks.Options{}, ctx.Err()
				}
				return optionsOf(issuer)
			}
			var wg sync.WaitGroup
			for i := range 40 {
				wg.Go(func() {
					name := fmt.Sprint([]string{"t", "unknown"}[i%2], i/2)
					for range 5 {
						if got := d.status(context.Background(), of(name)); got != 200 && got != 401 && got != 503 {
							t.Errorf("status %d", got)
						}
					}
				})
			}
			time.Sleep(time.Duration(after) * 73 * time.Millisecond)
			began := time.Now()
			d.Tenants.Close()
			if took := time.Since(began); took != 0 {
				t.Errorf("Close took %v", took)
			}
			wg.Wait()
			if took := time.Since(began); took != 0 {
				t.Errorf("a request waited %v for tenants that are closed", took)
			}
			d.wantAtOnce(t, 503, of("t0"))
			if stats := d.Tenants.Stats(); stats.Open != 0 {
				t.Errorf("stats %+v", stats)
			}
		})
	}
}

// Close waits for a lookup that does not heed its context. The requests do not.
func TestCloseWaitsForLookup(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := newTown().protect(t, jwks.TenantOptions{})
		var ended atomic.Bool
		d.answer = func(context.Context, string) (jwks.Options, error) {
			time.Sleep(1500 * time.Millisecond)
			ended.Store(true)
			return jwks.Options{}, nil
		}
		var wg sync.WaitGroup
		for i := range 30 {
			wg.Go(func() { d.wantAfter(t, time.Second, 503, of(fmt.Sprint("t", i))) })
		}
		time.Sleep(time.Second)
		d.Tenants.Close()
		if !ended.Load() {
			t.Error("Close does not wait")
		}
		wg.Wait()
	})
}

// A tenant for whose keys a request waits does not make room for another one.
func TestWaitingRequestKeepsItsSource(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d := newTown().protect(t, jwks.TenantOptions{MaxOpen: 1})
		d.want(t, 200, of("t1"))
		d.delay = time.Second
		other := strings.Replace(of("t1"), b64([]byte(`{"alg":"EdDSA","kid":"k"}`)), b64([]byte(`{"alg":"EdDSA","kid":"other"}`)), 1)
		var wg sync.WaitGroup
		wg.Go(func() { d.wantAfter(t, time.Second, 401, other) })
		time.Sleep(500 * time.Millisecond)
		wg.Go(func() { d.wantAfter(t, 1500*time.Millisecond, 200, of("t2")) })
		wg.Wait()
		if n := d.fetched("t1"); n != 2 {
			t.Errorf("%d fetches", n)
		}
	})
}

// Everything at once, for the race detector.
func TestTenantsUnderLoad(t *testing.T) {
	d := newTown().protect(t, jwks.TenantOptions{MaxOpen: 5, LookupTTL: time.Second})
	var turn atomic.Int64
	d.answer = func(_ context.Context, issuer string) (jwks.Options, error) {
		opts, err := optionsOf(issuer)
		switch n := turn.Add(1); {
		case n%7 == 0:
			return opts, errors.New("the database is down")
		case n%5 == 0:
			opts.MaxStale = time.Duration(n) * time.Second
		}
		return opts, err
	}
	tokens := map[string][]string{}
	for _, kind := range []string{"t", "unknown"} {
		for i := range 20 {
			tokens[kind] = append(tokens[kind], of(fmt.Sprint(kind, i)))
		}
	}
	var good atomic.Int64
	var wg sync.WaitGroup
	stop := time.Now().Add(2500 * time.Millisecond)
	for worker := range 8 {
		wg.Go(func() {
			for i := worker; time.Now().Before(stop); i += 3 {
				d.Tenants.Stats()
				switch got := d.status(context.Background(), tokens["t"][i%20]); got {
				case 200:
					good.Add(1)
				case 503:
				default:
					t.Errorf("status %d", got)
					return
				}
				if got := d.status(context.Background(), tokens["unknown"][i%20]); got != 401 && got != 503 {
					t.Errorf("status %d of an unknown issuer", got)
					return
				}
			}
		})
	}
	time.Sleep(2 * time.Second)
	if n := good.Load(); n == 0 {
		t.Error("no token was accepted")
	}
	d.Tenants.Close()
	wg.Wait()
}

// A tenant that is known takes little memory.
func TestMemoryPerTenant(t *testing.T) {
	const n = 20_000
	heap := func() int64 {
		var stats runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&stats)
		return int64(stats.HeapAlloc)
	}
	d := newTown().protect(t, jwks.TenantOptions{MaxOpen: 1})
	before := heap()
	for i := range n { // no source has keys for this algorithm, so none is fetched
		d.want(t, 401, unsigned("HS256", issuerOf(fmt.Sprintf("t%06d.example.com", i))))
	}
	if known := d.Tenants.Stats().Known; known != n {
		t.Errorf("%d are known", known)
	}
	d.set(func() { clear(d.asked); clear(d.fetches) })
	per := (heap() - before) / n
	t.Logf("%d bytes a tenant", per)
	if per > 1000 {
		t.Errorf("%d bytes a tenant", per)
	}
}
