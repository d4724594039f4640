// Package jwks verifies tokens with the keys that an identity provider publishes as a JSON Web
// Key Set (RFC 7517). A [Source] is a key source for [jwthttp.New]. It fetches the keys, renews
// them and follows their rotation. While the provider is down, it uses the keys that it has.
//
//	keys, err := jwks.Discover("https://tenant.example.com/", jwks.Options{Audience: []string{"https://api.example.com"}})
//	if err != nil {
//		log.Fatal(err)
//	}
//	defer keys.Close() // when the program ends: from then on its tokens get a 503
//	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{})
//
// Every key is bound to the issuer and the audiences of its source. A token must carry them,
// so [jwthttp.Options] need not name them again.
//
// The first token, [Source.Ready] or [Source.Refresh] causes the first fetch. From then on the
// source renews its keys until [Source.Close], at times that the provider chooses. [Source] says
// when. [NewTenants] is for issuers that are not known when the program starts, such as those of
// customers: it opens a source for each.
//
// # What a token waits for
//
// A token that is signed with the key that it names never waits for the network. That is the
// key with its kid. In a set without kids, and for a token without kid, it is every key of the
// token's algorithm. A token asks for a fetch in three cases:
//
//   - There are no keys.
//   - It names a key that the set does not have. The key may be new.
//   - Its signature fails under the key that it names. The provider may have replaced the key
//     under its kid. If so, the token is tried again.
//
// A token waits for a fetch at most 2 seconds, and no longer than its request's context lasts.
// Once there are keys, a budget limits the fetches for tokens: four at once, and one more every
// 30 seconds. If no key verifies a token, its request gets:
//
//   - 401, if the signature fails under the key that the token names. That holds even if the
//     provider cannot be reached, because there is a key and it refuses the token.
//   - 401, if the provider has answered and does not have the key.
//   - 401 at once, if a fetch is not allowed now and the last fetch succeeded.
//   - 503, if the set does not have the key, and the last fetch failed or takes too long. So a
//     client does not throw away a good token.
//   - 503, if there are no keys.
//
// Keys past their expiry are used until [Options].MaxStale is over. Then every token gets a
// 503. Of the wall clock and the monotonic clock, the one that has gone further decides: the
// monotonic clock stops while a machine sleeps.
//
// Only a fetch can find a wrong address or a wrong issuer, and until then every token gets a
// 503. The log says why. [Source.Refresh] returns the reason, so call Refresh when the program
// starts.
//
// # What is logged
//
// A source logs to [Options].Logger, and without one to [slog.Default]. It logs each of these
// once a minute at most. The next record of its kind counts those that were suppressed.
//
//   - Error: the keys, or the metadata, cannot be fetched. If the issuer of the metadata is
//     another one, the record has both.
//   - Warn: keys are used past their expiry.
//   - Warn: the set has new keys that cannot be used, for example because of their algorithm.
//     Keys for another use than signatures are not logged.
//   - Info: keys were removed.
//   - Debug: keys were fetched, or added.
//
// # Whose keys
//
// The document is a key set, or a map from kid to a certificate or public key in PEM, as Firebase
// and Google publish it. [Parse] lists which keys are used, and how many.
//
// Nothing in a token decides where keys are fetched from. An address is https; only loopback
// may be plain http, and what [Options].AllowInsecureHTTP allows. A redirect to another host or
// scheme is not followed. A document has at most 512 KiB.
package jwks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/internal/jws"
	"github.com/jwthttp/jwthttp/internal/keyhook"
	"github.com/jwthttp/jwthttp/internal/syntax"
	"github.com/jwthttp/jwthttp/internal/validate"
)

const (
	fetchTimeout     = 5 * time.Second
	maxWait          = 2 * time.Second // of a request for a fetch
	defaultMaxStale  = time.Hour
	maxMaxStale      = 24 * time.Hour
	maxIssuerBytes   = 256 // as jwthttp.Issuers has it
	wellKnownOIDC    = "/.well-known/openid-configuration"
	wellKnownRFC8414 = "/.well-known/oauth-authorization-server"
)

// Options say whose keys a [Source] has, and how it fetches them. The zero value is an error:
// Audience or AllowAnyAudience must be set.
type Options struct {
	// Issuer is the iss that a token must carry, compared exactly. New needs it. Leave it
	// empty for Discover and NewTenants, which get it from elsewhere.
	Issuer string

	// Audience lists the names of this service in aud. A token must carry one of them,
	// compared exactly.
	Audience []string

	// Algorithms lists the algorithms that this issuer signs tokens with, such as "RS256" and
	// "PS256". Keys serve these and no others:
	//
	//   - A key that names its algorithm (alg) serves that one. If that one is not listed, the
	//     key is skipped and reported.
	//   - A key without alg serves every listed algorithm that fits its type and curve. It still
	//     counts as one key in Stats, in events, and among the 100 keys that are used.
	//
	// A token of another algorithm is refused (401) and starts no fetch. If nil, [Parse] says
	// what keys serve. The names are RS, PS and ES with 256, 384 and 512, and EdDSA or Ed25519,
	// which are one.
	Algorithms []string

	// AllowAnyAudience binds the keys to no audience. Lost: that a token which the provider
	// issued for another service is refused. The rules of jwthttp.Options stay in force: a
	// token with an aud needs Audience or AllowAnyAudience there. It excludes Audience.
	AllowAnyAudience bool

	// MetadataURL is the address of the issuer's metadata, for Discover. It is the only one
	// that is asked. Set it if the metadata is not under the issuer's own address, as with Azure
	// AD B2C, Oracle and Kubernetes. The issuer in the metadata must still equal that of
	// Discover, which then need not be a URL. A query (?) is allowed, and is never logged. New
	// refuses the option.
	MetadataURL string

	// KeySetURL is for [NewTenants] only: the address of the key set. If it is empty, the
	// metadata of the issuer says where the keys are. New has a parameter for it, and Discover
	// asks the metadata, so both refuse it.
	KeySetURL string

	// AllowInsecureHTTP allows addresses without TLS (http) beyond loopback: of the issuer, of
	// its metadata, and of the keys, also where https metadata names them. It is for networks
	// that others cannot reach, such as those of Docker Compose, and for meshes with a TLS of
	// their own. Lost: that the keys are the issuer's. Whoever is on the network path, such as a
	// proxy in HTTP_PROXY, can replace the keys, and then make tokens. A redirect from https to
	// http is still not followed.
	AllowInsecureHTTP bool

	// MaxStale is for how long keys are used past their expiry while the provider cannot be
	// reached: 1 hour if 0, not at all if negative, at most 24 hours. While the provider
	// cannot be reached, a key that it has withdrawn is trusted for that much longer.
	MaxStale time.Duration

	// Client fetches. Its Timeout, Transport and Jar are used, and its CheckRedirect is not.
	// Its Transport must honour the request's context, and can add credentials to a request.
	// If nil, the source has its own client. That one uses the proxies in HTTPS_PROXY, HTTP_PROXY
	// and NO_PROXY, as http.DefaultTransport does, but never for loopback. A proxy does not see
	// inside TLS.
	Client *http.Client

	// Logger gets what an operator has to know, as the package comment says. If nil, each
	// record goes to the logger that slog.Default returns at that moment. No request calls
	// it. Close waits for it, so its handler must return.
	Logger *slog.Logger

	// OnEvent gets everything that happens, for metrics. If nil, only Logger gets it. It is
	// called concurrently, and never by a request. Close waits for it, so it must return and
	// must not call Close. If it panics, the program ends.
	OnEvent func(Event)
}

// A Source is a [jwthttp.KeySource] with the keys of one issuer. Make one with [New] or
// [Discover], and share it between all middlewares. It is safe for concurrent use.
//
// # When keys are fetched
//
// The first fetch is that of the first token, [Source.Ready] or [Source.Refresh]. From then on:
//
//   - Keys are fresh for as long as the provider's Cache-Control or Expires says: at least 5
//     minutes, at most 24 hours, and 15 minutes if it says nothing. no-cache, no-store and
//     max-age=0 mean 5 minutes.
//   - Keys are renewed at a random moment between 50 % and 90 % of that time. So programs that
//     started together do not fetch together.
//   - A fetch takes at most 5 seconds, with the metadata.
//   - A fetch that failed is repeated after 1 second, then 2, 4 and 8. While the keys are
//     fresh, the pauses grow up to a minute. Up to half of each pause is added at random.
//
// A renewal is conditional (RFC 9110 section 13). A whole fetch is not: it asks caches for a new
// answer (no-cache), and with [Discover] it asks for the metadata first. These fetches are whole:
//
//   - the first one, [Source.Refresh], and one for a token
//   - one after a failure
//   - one after a renewal whose answer has other keys, which are not used before it
//   - at least one a day
//
// A provider may answer 429 or 503 with Retry-After. The source then waits, but not for ever:
//
//   - Renewals wait at most an hour, and at most half of the time for which the keys are fresh.
//   - Fetches for tokens wait at most 5 minutes.
//   - Once the keys are past their expiry, or if there are none, the source asks again after
//     at most a minute.
type Source struct {
	issuer   string
	audience []string
	wanted   []string // Options.Algorithms
	maxStale time.Duration
	logger   *slog.Logger // nil for slog.Default()
	records  map[EventKind]*record
	onEvent  func(Event)
	close    func()

	served atomic.Pointer[served] // nil until the first success

	ctx     context.Context // of fetches; over with Close
	cancel  context.CancelFunc
	running sync.WaitGroup
	remote  remote // used by the flight only

	now func() moment // readClocks, except in tests

	isTenant bool // Tenants opens another source if this one is closed

	mu      sync.Mutex
	closed  bool
	flight  *flight // the fetch under way, or nil
	timer   *time.Timer
	setback setback
	budget  budget // of fetches that tokens ask for
	whole   moment // when the last good whole fetch began
	located bool   // that fetch also read the metadata
	stats   Stats
}

// A flight is a fetch under way. It belongs to the source, not to the request that began it.
type flight struct {
	began moment
	whole bool // see remote.fetch
	done  chan struct{}
	err   error // once done

	errLocate error // once done; the metadata could not be read, but the keys could
}

// served are the keys in use.
type served struct {
	*index
	fetched    moment // when the fetch began; its duration counts as age, RFC 9111 section 4.2.3
	lifetime   time.Duration
	isReported atomic.Bool // ServedStale was reported
}

// fresh returns for how long the keys are still fresh. It is not positive past their expiry.
func (k *served) fresh(now moment) time.Duration { return k.lifetime - now.since(k.fetched) }

var errClosed = errors.New("jwks: the source is closed")

// New returns a source for the key set, or the map of certificates, at url. It needs no network.
// The error lists everything that is wrong with the configuration. Prefer [Discover] if the
// issuer publishes metadata: then the issuer can move its keys.
func New(url string, opts Options) (*Source, error) {
	errs := []error{checkOptions(&opts)}
	if opts.Issuer == "" {
		errs = append(errs, errors.New("jwks: Options.Issuer is empty: set it to the iss of the tokens"))
	}
	if opts.MetadataURL != "" {
		errs = append(errs, errors.New("jwks: Options.MetadataURL is set, but New has the address of the keys: use Discover"))
	}
	_, faults := checkAddress(url, "/keys", opts.AllowInsecureHTTP)
	for _, err := range faults {
		errs = append(errs, fmt.Errorf("jwks: the address of the key set: %w", err))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return newSource(remote{url: url}, opts), nil
}

// Discover returns a source for the keys of an issuer, whose metadata says where they are. The
// metadata is at [Options].MetadataURL. Without that option it is at one of these paths, and the
// second is asked if the first fails:
//
//   - /.well-known/openid-configuration (OpenID Connect Discovery 1.0)
//   - /.well-known/oauth-authorization-server (RFC 8414)
//
// issuer is the iss of its tokens. It is a URL, unless MetadataURL is set. The issuer in the
// metadata must equal it to the letter. Discover needs no network. The error lists everything
// that is wrong with the configuration. Every whole fetch reads the metadata again. If a path
// takes all the time that a fetch has for metadata, the next fetch begins with the other one.
func Discover(issuer string, opts Options) (*Source, error) {
	errs := []error{}
	if opts.Issuer != "" && opts.Issuer != issuer {
		errs = append(errs, fmt.Errorf("jwks: Options.Issuer is %q, and the issuer of Discover is %q: leave Options.Issuer empty", opts.Issuer, issuer))
	}
	opts.Issuer = issuer
	errs = append(errs, checkOptions(&opts))
	places, faults := placesOf(opts)
	if err := errors.Join(append(errs, faults...)...); err != nil {
		return nil, err
	}
	return newSource(remote{
		discovery: places,
		onMachine: strings.HasPrefix(places[0], "http:"),
	}, opts), nil
}

// placesOf returns the addresses of the metadata, and everything that is wrong with what they
// are made of. checkOptions reports the rest.
func placesOf(o Options) (places []string, errs []error) {
	if o.MetadataURL != "" {
		if o.Issuer == "" {
			errs = append(errs, errors.New("jwks: the issuer is empty: pass Discover the iss of the tokens"))
		}
		u, faults := checkAddress(o.MetadataURL, wellKnownOIDC, o.AllowInsecureHTTP)
		for _, err := range faults {
			errs = append(errs, fmt.Errorf("jwks: Options.MetadataURL: %w", err))
		}
		if len(errs) == 0 {
			places = []string{u.String()}
		}
		return places, errs
	}
	u, faults := checkAddress(o.Issuer, "", o.AllowInsecureHTTP)
	for _, err := range faults {
		if err != errSpace && err != errTemplate { // checkOptions reports these
			errs = append(errs, fmt.Errorf("jwks: the issuer: %w", err))
		}
	}
	if u == nil {
		return nil, errs
	}
	shown := syntax.WithoutQuery(o.Issuer)
	if u.RawQuery != "" || u.ForceQuery {
		errs = append(errs, fmt.Errorf("jwks: the issuer: %.200q has a query (?), which no issuer has: leave it out", shown))
	}
	if strings.Contains(u.Path, "/.well-known/") {
		errs = append(errs, fmt.Errorf("jwks: the issuer: %.200q is the address of metadata: leave out /.well-known and what follows it, or set Options.MetadataURL to it", shown))
	}
	path := strings.TrimSuffix(u.EscapedPath(), "/")
	host := u.Scheme + "://" + u.Host
	return []string{host + path + wellKnownOIDC, host + wellKnownRFC8414 + path}, errs
}

// checkOptions sets the defaults, and returns everything that is wrong.
func checkOptions(o *Options) error {
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf("jwks: "+format, args...)) }
	if len(o.Issuer) > maxIssuerBytes || !utf8.ValidString(o.Issuer+strings.Join(o.Audience, "")) {
		fault("the issuer or Options.Audience is not UTF-8, or the issuer has more than %d bytes: check where it comes from", maxIssuerBytes)
	}
	o.Audience = slices.Clone(o.Audience)
	if hasSpace(o.Issuer) {
		fault("the issuer: %w", errSpace)
	}
	if isTemplate(o.Issuer) {
		fault("the issuer: %w", errTemplate)
	}
	for _, audience := range o.Audience {
		if hasSpace(audience) {
			fault("Options.Audience has %.200q: %w", audience, errSpace)
		}
	}
	if slices.Contains(o.Audience, "") {
		fault("Options.Audience has an empty string: name the service, or leave it out")
	}
	if len(o.Audience) == 0 && !o.AllowAnyAudience {
		fault("Options.Audience is empty, so that tokens for other services would be accepted: set it to the name of this service in aud, or set AllowAnyAudience")
	}
	if len(o.Audience) > 0 && o.AllowAnyAudience {
		fault("Options.AllowAnyAudience and Options.Audience contradict each other: keep one")
	}
	if err := checkAlgorithms(o); err != nil {
		fault("Options.Algorithms %w: use some of %s", err, jws.List(algorithms, "and"))
	}
	if o.KeySetURL != "" {
		fault("Options.KeySetURL is for NewTenants: pass the address to New, or leave it out")
	}
	if o.MaxStale > maxMaxStale {
		fault("Options.MaxStale is %v: use at most %v, 0 for %v, or -1 for none", o.MaxStale, maxMaxStale, defaultMaxStale)
	}
	if err := validate.Unit("Options.MaxStale", o.MaxStale, "time.Second"); err != nil {
		fault("%w", err)
	}
	switch {
	case o.MaxStale == 0:
		o.MaxStale = defaultMaxStale
	case o.MaxStale < 0:
		o.MaxStale = 0
	}
	if o.OnEvent == nil {
		o.OnEvent = func(Event) {}
	}
	return errors.Join(errs...)
}

// checkAlgorithms puts Algorithms, if it is not nil, in the order of algorithms.
func checkAlgorithms(o *Options) error {
	if o.Algorithms == nil {
		return nil
	}
	var names []string
	for _, name := range o.Algorithms {
		canonical := jws.Canonical(name)
		switch {
		case jws.IsSymmetric(name):
			return fmt.Errorf("has %s, whose key is a secret and is never published", name)
		case !slices.Contains(algorithms, canonical):
			return fmt.Errorf("has %.40q, which no key of a key set is used for", name)
		case slices.Contains(names, canonical):
			return fmt.Errorf("has %s twice (Ed25519 is EdDSA)", canonical)
		}
		names = append(names, canonical)
	}
	if len(names) == 0 {
		return errors.New("is empty, so that no token could be accepted")
	}
	o.Algorithms = slices.DeleteFunc(slices.Clone(algorithms), func(name string) bool { return !slices.Contains(names, name) })
	return nil
}

func newSource(r remote, o Options) *Source {
	s := &Source{issuer: o.Issuer, audience: o.Audience, wanted: o.Algorithms, maxStale: o.MaxStale, logger: o.Logger, records: newRecords(), onEvent: o.OnEvent, remote: r, now: readClocks, budget: budget{size: budgetSize, delay: budgetDelay}}
	client, own := newClient(o.Client)
	s.remote.client, s.remote.issuer, s.remote.insecure = client, o.Issuer, o.AllowInsecureHTTP
	s.close = func() {}
	if own != nil {
		s.close = own.CloseIdleConnections
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Issuer returns the iss that a token must carry.
func (s *Source) Issuer() string { return s.issuer }

// Keys returns the keys that may verify a token with header h. The package comment says when
// it waits. The error wraps [jwthttp.ErrUnknownKey] if the issuer has no such key. Any other
// error is a 503.
func (s *Source) Keys(ctx context.Context, h jwthttp.TokenHeader) ([]jwthttp.Key, error) {
	if keys := s.held(h, s.now()); keys != nil {
		return keys, nil
	}
	return s.awaitKeys(ctx, h, keyhook.Until(ctx, maxWait))
}

// held returns the keys for h that are in use and not too old, nil if there are none.
func (s *Source) held(h jwthttp.TokenHeader, now moment) []jwthttp.Key {
	known := s.served.Load()
	if known == nil {
		return nil
	}
	fresh := known.fresh(now)
	if keys := known.find(h); keys != nil && fresh+s.maxStale > 0 {
		if fresh < 0 && !known.isReported.Load() {
			s.noticeStale(known)
		}
		return keys
	}
	return nil
}

// awaitKeys is Keys for a token that may have to wait, no longer than ctx and until.
func (s *Source) awaitKeys(ctx context.Context, h jwthttp.TokenHeader, until time.Time) ([]jwthttp.Key, error) {
	var keys []jwthttp.Key
	var found *index                                       // the last one that was searched
	if !slices.Contains(possible(s.wanted), h.Algorithm) { // a fetch would not change that
		if known := s.served.Load(); known != nil {
			found = known.index
		}
		return nil, &unknownKey{h.Algorithm, h.KeyID, s.wanted, found}
	}
	err := s.await(ctx, until, func(known *served) bool {
		found, keys = known.index, known.find(h)
		return keys != nil
	})
	if err == jwthttp.ErrUnknownKey {
		err = &unknownKey{h.Algorithm, h.KeyID, s.wanted, found}
	}
	return keys, err
}

// Ready returns nil if there are keys to verify tokens with. It is for a health check. If
// there are no keys, it waits for them as a request does.
func (s *Source) Ready(ctx context.Context) error {
	return s.await(ctx, time.Now().Add(maxWait), func(*served) bool { return true })
}

// Refresh fetches the keys now. It returns when that is done, or when ctx is. The fetch is
// whole and begins after the call, so a key that the issuer has withdrawn before the call is
// not in use after it. The error says why the keys could not be fetched, or that only the
// metadata could not be read: then the keys come from the last known address, and they may
// have moved. Refresh has two uses:
//
//   - An operator forces a withdrawn key out.
//   - A program gets its keys before the first request, or the reason why there are none.
//
// Refresh asks caches on the way for a new answer, and cannot make them obey. nginx with
// proxy_cache does not by default, and some CDNs do not. With such a cache, a withdrawn key is in
// use until the cache asks the issuer again.
func (s *Source) Refresh(ctx context.Context) error {
	called := time.Now()
	for {
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			return errClosed
		}
		f := s.flight
		if f == nil {
			f = s.start(true)
		}
		s.mu.Unlock()
		err := f.wait(ctx)
		if f.whole && !f.began.monotonic.Before(called) {
			if err == nil && f.errLocate != nil {
				return newFetchError(f.errLocate)
			}
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// Close ends all fetches, and waits for Logger and OnEvent. From then on every token gets a
// 503. Close returns nil. It may be called again.
func (s *Source) Close() error {
	s.mu.Lock()
	s.closed = true
	s.cancel()
	if s.timer != nil {
		s.timer.Stop()
	}
	s.served.Store(nil)
	s.mu.Unlock()
	s.running.Wait()
	s.close()
	return nil
}

// usable returns the keys in use. It is nil if there are none, or if they are too old.
func (s *Source) usable(now moment) *served {
	known := s.served.Load()
	if known == nil || known.fresh(now)+s.maxStale <= 0 {
		return nil
	}
	return known
}

// await returns nil once the keys in use satisfy has. It joins the fetch that is under way,
// or starts one if the limits allow it. It waits no longer than ctx and until.
func (s *Source) await(ctx context.Context, until time.Time, has func(*served) bool) error {
	arrived := time.Now()
	f, isOwn, err := s.join(has)
	if f == nil {
		return err
	}
	limited, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	for f != nil {
		if err := f.wait(limited); err != nil {
			if err == limited.Err() && ctx.Err() == nil {
				return errStillFetching
			}
			return err
		}
		if known := s.usable(s.now()); known != nil {
			if has(known) {
				return nil
			}
			// A fetch that began earlier may have missed a new key. A conditional fetch
			// may have got an old answer.
			if isOwn || f.whole && f.began.monotonic.After(arrived) {
				return jwthttp.ErrUnknownKey
			}
		}
		f, isOwn, err = s.join(has)
	}
	return err
}

var errStillFetching = fmt.Errorf("jwks: the keys are still being fetched: %w", context.DeadlineExceeded)

// join returns the fetch to wait for, and whether this call has started it. If there is
// nothing to wait for, f is nil and err is the result.
func (s *Source) join(has func(*served) bool) (f *flight, isOwn bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, false, errClosed
	}
	now := s.now()
	known := s.usable(now)
	if known != nil && has(known) {
		return nil, false, nil
	}
	if s.flight != nil {
		return s.flight, false, nil
	}
	since := now.monotonic.Sub(s.setback.at)
	if known == nil && s.setback.failures > 0 && since < s.setback.pause(0, 0) {
		return nil, false, s.stats.LastError
	}
	// The budget is claimed before the fetch, also if the fetch fails.
	if known != nil && (since < min(s.setback.quiet, maxQuietToken) || !s.budget.claim(now.monotonic)) {
		// After a fetch that failed it is not known whether there is such a key.
		if s.stats.LastError != nil {
			return nil, false, s.stats.LastError
		}
		return nil, false, jwthttp.ErrUnknownKey
	}
	return s.start(true), true, nil
}

func (f *flight) wait(ctx context.Context) error {
	select {
	case <-f.done:
		return f.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// start begins a fetch. s.mu is held, and no fetch is under way.
func (s *Source) start(whole bool) *flight {
	f := &flight{began: s.now(), whole: whole, done: make(chan struct{})}
	s.flight = f
	s.stats.Fetches++
	s.running.Go(func() { s.run(f) })
	return f
}

func (s *Source) run(f *flight) {
	var fresh *served
	var errLocate error
	err := errors.New("Options.Client has called runtime.Goexit: its Transport must return")
	defer func() { s.finish(f, fresh, errLocate, err) }()
	ctx, cancel := context.WithTimeout(s.ctx, fetchTimeout)
	defer cancel()
	fresh, errLocate, err = s.fetch(ctx, f)
}

// finish ends a flight with what fetch has returned.
func (s *Source) finish(f *flight, fresh *served, errLocate, err error) {
	f.errLocate = errLocate
	s.mu.Lock()
	if s.closed {
		f.err = errClosed
		close(f.done)
		s.mu.Unlock()
		return
	}
	before := s.served.Load()
	s.flight = nil
	if err == nil && !f.whole && before != nil && before.changesTo(fresh.index) {
		// The answer may be of a cache that has an older set: a withdrawn key would be back, or a
		// new one gone. A whole fetch decides. Those who wait for this fetch join that one.
		s.start(true)
		close(f.done)
		s.mu.Unlock()
		return
	}
	now := s.now()
	s.setback.at, s.setback.quiet, s.setback.spread = now.monotonic, s.remote.quiet, rand.Float64()
	if err != nil {
		f.err = newFetchError(err)
		s.setback.failures++
		s.stats.LastFailure, s.stats.LastError = now.monotonic, f.err
		s.schedule(now, s.pause(now))
	} else {
		s.setback.failures = 0
		s.stats.LastSuccess, s.stats.LastError = now.monotonic, nil
		s.served.Store(fresh)
		if f.whole {
			s.whole, s.located = f.began, errLocate == nil
		}
		s.schedule(now, min(renewal(fresh.fresh(now)), maxWholeAge-now.since(s.whole)))
	}
	close(f.done)
	s.mu.Unlock()

	if err != nil {
		s.report(Failed, f.err)
		return
	}
	if errLocate != nil {
		s.report(Failed, newFetchError(errLocate))
	}
	s.report(Fetched, nil)
	if before == nil {
		s.reportChanges(nil, fresh.index)
	} else if before.index != fresh.index {
		s.reportChanges(before.index, fresh.index)
	}
}

// pause returns how long after a failure the next fetch begins. s.mu is held.
func (s *Source) pause(now moment) time.Duration {
	known := s.usable(now)
	if known == nil {
		return s.setback.pause(0, 0)
	}
	fresh := known.fresh(now)
	return s.setback.pause(fresh, fresh+s.maxStale)
}

// schedule sets the time of the next renewal. s.mu is held.
func (s *Source) schedule(now moment, wait time.Duration) {
	if s.timer != nil {
		s.timer.Stop()
	}
	s.stats.NextRefresh = now.monotonic.Add(wait)
	s.timer = time.AfterFunc(wait, s.renew)
}

// renew begins the fetch that is due, unless another fetch has come first. The fetch is whole
// in three cases:
//
//   - The last fetch failed.
//   - The metadata could not be read.
//   - The next renewal could come more than a day after the last whole fetch.
func (s *Source) renew() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.flight != nil || time.Now().Before(s.stats.NextRefresh) {
		return
	}
	whole := s.setback.failures > 0 || !s.located
	if known := s.served.Load(); known != nil {
		whole = whole || s.now().since(s.whole) >= maxWholeAge-time.Duration(renewalTo*float64(known.lifetime))
	}
	s.start(whole)
}

// noticeStale is called by the first request that finds keys past their expiry. Either
// renewals fail, or the machine has slept. Timers sleep too, so the renewal is scheduled again.
// The request does not wait.
func (s *Source) noticeStale(known *served) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || !known.isReported.CompareAndSwap(false, true) {
		return
	}
	errLast := s.stats.LastError // nil if the machine has slept
	s.running.Go(func() {
		s.log(ServedStale, "err", errLast)
		s.notify(Event{Kind: ServedStale})
	})
	now := s.now()
	var wait time.Duration
	if s.setback.failures > 0 {
		wait = s.pause(now) - now.monotonic.Sub(s.setback.at)
	}
	if next := s.stats.NextRefresh.Sub(now.monotonic); s.flight == nil && wait < next {
		s.schedule(now, wait)
	}
}

// fetch returns the keys that the provider has now. errLocate says why the metadata could not
// be read, if the keys were fetched from their old address nevertheless.
func (s *Source) fetch(ctx context.Context, f *flight) (fresh *served, errLocate, err error) {
	answer, err := s.remote.fetch(ctx, f.whole)
	if err != nil {
		return nil, nil, err
	}
	before := s.served.Load()
	var x *index
	if answer.document == nil && before != nil {
		x = before.index
	} else {
		found, skipped, err := parse(answer.document, s.wanted)
		if err != nil {
			return nil, nil, joinCauses(answer.errLocate, at(s.remote.url, err))
		}
		for i := range found {
			found[i] = s.bind(found[i], before)
		}
		x = newIndex(found, skipped)
	}
	return &served{index: x, fetched: f.began, lifetime: answer.lifetime}, answer.errLocate, nil
}

// bind returns the key, bound to the issuer and its audiences. If the same key is in use, it
// returns that one.
func (s *Source) bind(k foundKey, before *served) foundKey {
	if before != nil {
		for _, known := range before.found {
			if known.identity == k.identity {
				k.Key, k.origin = known.Key, known.origin
				return k
			}
		}
	}
	k.origin = &origin{s, k.keyName}
	k.Key = keyhook.WithOrigin(k.WithIssuer(s.issuer, s.audience...), k.origin).(jwthttp.Key)
	return k
}

// An origin is the way from a key back to its source. Each key in use has its own.
type origin struct {
	source *Source
	name   keyName
}

func (o *origin) Source() any { return o.source }

// Renewed fetches the keys as for an unknown kid, within the same budget. The provider may have
// replaced the key under its kid. A key that was not tried is no sign of that, because a KeyFunc
// around the source may hold it back. So the keys before the fetch are compared with those after
// it.
func (o *origin) Renewed(ctx context.Context, until time.Time, algorithm, kid string, tried []keyhook.Origin) bool {
	names := []keyName{{kid, algorithm}}
	var own []*origin
	for _, t := range tried {
		if t, ok := t.(*origin); ok && t.source == o.source {
			// A KeyFunc may have given the key another id than the source has.
			own, names = append(own, t), append(names, t.name)
		}
	}
	before := o.source.served.Load()
	err := o.source.await(ctx, until, func(known *served) bool {
		for _, name := range names {
			if known.replaces(before, name, own) {
				return true
			}
		}
		return false
	})
	return err == nil || err == errClosed && o.source.isTenant
}
