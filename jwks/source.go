// Package jwks verifies tokens with the keys that an identity provider publishes
// as a JSON Web Key Set (RFC 7517). A [Source] is a key source for
// [jwthttp.New]: it fetches the keys, keeps them fresh, follows their rotation,
// and goes on with those it has while the provider is down.
//
//	keys, err := jwks.Discover("https://tenant.example.com/", jwks.Options{Audience: []string{"https://api.example.com"}})
//	if err != nil {
//		log.Fatal(err)
//	}
//	defer keys.Close() // when the program ends: then its tokens are answered with 503
//	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{})
//
// Every key is bound to the issuer and the audiences that the source was made
// with: a token that it verifies must carry them, so [jwthttp.Options] need not
// name them again.
//
// # When keys are fetched
//
// Nothing is fetched before the first token, or [Source.Ready] or [Source.Refresh].
// From then on the source renews its keys by itself until [Source.Close]:
//
//   - Keys are fresh for as long as the provider's Cache-Control or Expires says, from 5
//     minutes to 24 hours, 15 minutes if it says nothing. no-cache, no-store and max-age=0
//     mean 5 minutes.
//   - They are renewed at a random moment between half and nine tenths of that time, so
//     that a fleet that was started at once does not ask at once.
//   - A fetch takes at most 5 seconds with all that belongs to it. One that has failed is
//     repeated after 1 second, then 2, 4 and 8 (up to a minute as long as the keys are
//     fresh), and up to half of that more at random.
//
// A renewal is conditional (RFC 9110 section 13). A whole fetch asks for the metadata
// first, where [Discover] was called, and takes no answer from a cache. [Source.Refresh],
// a fetch for a token, a fetch after a failure, and at least one fetch a day are whole.
//
// A token that names a known key, and is signed with it, never waits for the network. A
// token may ask for a fetch:
//
//   - if it names a key that the set does not have: it may be new
//   - if its signature fails under the key that it names: the key may have been replaced
//     under its kid; the token is tried again if so
//
// There is a budget of four such fetches, and one more each 30 seconds. The token waits for
// the fetch no longer than 2 seconds and its request's context. Without budget it is
// refused at once (401). While there are no keys, every token waits for the fetch that is
// under way, no longer than that; while keys cannot be had, the answer to tokens that need
// them is 503, so that no client throws away a good token.
//
// A provider may ask for quiet: Retry-After in a 429 or 503 delays what the source does by
// itself, by an hour at most and by half of the time for which the keys are fresh; fetches
// for tokens by 5 minutes at most; and both by a minute at most once the keys are past
// their expiry, or there are none.
//
// Keys that are past their expiry are used on until [Options].MaxStale is over, and then the
// answer is 503. The earlier of the wall clock and the monotonic clock decides, for one of
// them stands still while a machine sleeps.
//
// A mistake in an address or an issuer's name is only found by a fetch, so it shows as a
// 503 for every token: [Options].OnEvent says why, and so does Refresh, if it is
// called when the program starts.
//
// # Whose keys
//
// Addresses are https; plain http is for loopback only. A redirect to another
// host is not followed, and a document has at most 512 KiB. Of more than 100 keys the
// first 100 that can be used count. Nothing in a token decides where keys are fetched
// from. Which keys of a set are taken, [Parse] says.
package jwks

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/internal/keyhook"
	"github.com/jwthttp/jwthttp/internal/syntax"
)

const (
	fetchTimeout     = 5 * time.Second
	maxWait          = 2 * time.Second // of a request
	defaultMaxStale  = time.Hour
	maxMaxStale      = 24 * time.Hour
	maxIssuerBytes   = 256 // as jwthttp.Issuers has it
	wellKnownOIDC    = "/.well-known/openid-configuration"
	wellKnownRFC8414 = "/.well-known/oauth-authorization-server"
)

// Options say whose keys a [Source] has and how it gets them. The zero value is
// not enough: an audience must be named.
type Options struct {
	// Issuer is the iss that tokens of these keys must carry, compared exactly.
	// New needs it; Discover is given it, so leave it empty there.
	Issuer string

	// Audience lists what this service is called in aud: a token of these keys
	// must carry one of them, compared exactly.
	Audience []string

	// AllowAnyAudience binds the keys to no audience. Lost: that a token which
	// the provider issued for another service is refused here. What
	// jwthttp.Options say of audiences still holds: a token with an aud needs one
	// of their Audience, or their AllowAnyAudience. It excludes Audience.
	AllowAnyAudience bool

	// MaxStale is for how long keys are used past their expiry while the provider
	// cannot be reached: 1 hour if 0, not at all if negative, at most 24 hours.
	// Longer means that a key which the provider took back is trusted longer by
	// whoever is cut off from it.
	MaxStale time.Duration

	// Client fetches; its Timeout, Transport and Jar are used, its CheckRedirect
	// is not. Its transport must honour the request's context. If nil, a client
	// of its own goes through the proxies that HTTPS_PROXY and NO_PROXY name, as
	// http.DefaultTransport does; TLS ends at the provider all the same, and
	// loopback addresses are never asked by a proxy.
	Client *http.Client

	// OnEvent is told what happens, for logs and metrics. It is called
	// concurrently and never by a request. It must return, for Close waits for it,
	// so it must not call Close; a panic of it ends the program.
	OnEvent func(Event)
}

// A Source is a [jwthttp.KeySource] with the keys of one issuer. Make one with
// [New] or [Discover] and share it between all middlewares. It is safe for
// concurrent use.
type Source struct {
	issuer   string
	audience []string
	maxStale time.Duration
	onEvent  func(Event)
	close    func()

	served atomic.Pointer[served] // nil until the first success

	ctx     context.Context // of fetches; over with Close
	cancel  context.CancelFunc
	running sync.WaitGroup
	remote  remote // for the one flight alone

	now func() moment // readClocks, but for tests

	mu      sync.Mutex
	closed  bool
	flight  *flight // the fetch under way, or nil
	timer   *time.Timer
	setback setback
	budget  budget // of fetches that tokens ask for
	whole   moment // when the last good whole fetch began
	located bool   // that one also found where the keys are
	stats   Stats
}

// A flight is a fetch under way. It belongs to the source, not to who asked for it.
type flight struct {
	began moment
	whole bool // see remote.fetch
	done  chan struct{}
	err   error // once done
}

// served are the keys in use.
type served struct {
	*index
	fetched  moment // when the fetch began: all its time counts as age, RFC 9111 section 4.2.3
	lifetime time.Duration
	isTold   atomic.Bool // that they are in use past their expiry
}

// fresh returns for how long the keys are fresh, 0 or less if they are past their expiry.
func (k *served) fresh(now moment) time.Duration { return k.lifetime - now.since(k.fetched) }

var errClosed = errors.New("jwks: the source is closed")

// New returns a source for the key set at url. It needs no network; what is wrong
// with the configuration, all of it, is its error. Prefer [Discover] where the
// issuer has it, which says where the keys are and moves them.
func New(url string, opts Options) (*Source, error) {
	errs := []error{checkOptions(&opts)}
	if opts.Issuer == "" {
		errs = append(errs, errors.New("jwks: Options.Issuer is empty: say which iss the tokens of these keys carry"))
	}
	_, faults := checkAddress(url, "/keys")
	for _, err := range faults {
		errs = append(errs, fmt.Errorf("jwks: the address of the key set: %w", err))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return newSource(remote{url: url}, opts), nil
}

// Discover returns a source for the keys of an issuer, which says itself where
// they are: at /.well-known/openid-configuration (OpenID Connect Discovery 1.0) or,
// where that fails, /.well-known/oauth-authorization-server (RFC 8414). The issuer
// is the URL that its tokens carry as iss, to the letter: that of the metadata
// must equal it. Like [New] it needs no network yet. Metadata is asked for with every
// whole fetch: the first one, [Source.Refresh], one for a token, one after a failure, and
// one a day.
func Discover(issuer string, opts Options) (*Source, error) {
	errs := []error{}
	if opts.Issuer != "" && opts.Issuer != issuer {
		errs = append(errs, fmt.Errorf("jwks: Options.Issuer is %q, and Discover was given %q: leave Options.Issuer empty", opts.Issuer, issuer))
	}
	opts.Issuer = issuer
	errs = append(errs, checkOptions(&opts))
	u, faults := checkAddress(issuer, "")
	for _, err := range faults {
		if err != errSpace && err != errTemplate { // checkOptions reports these
			errs = append(errs, fmt.Errorf("jwks: the issuer: %w", err))
		}
	}
	if u != nil && (u.RawQuery != "" || u.ForceQuery) {
		errs = append(errs, fmt.Errorf("jwks: the issuer: %.200q has a query (?), which no issuer has: leave it out", syntax.WithoutQuery(issuer)))
	}
	if u != nil && strings.Contains(u.Path, "/.well-known/") {
		errs = append(errs, fmt.Errorf("jwks: the issuer: %.200q is the address of metadata: leave out /.well-known and what follows it", syntax.WithoutQuery(issuer)))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	path := strings.TrimSuffix(u.EscapedPath(), "/")
	host := u.Scheme + "://" + u.Host
	return newSource(remote{
		discovery: []string{host + path + wellKnownOIDC, host + wellKnownRFC8414 + path},
		plainHTTP: u.Scheme == "http",
	}, opts), nil
}

// checkOptions fills in defaults and returns what is wrong.
func checkOptions(o *Options) error {
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf("jwks: "+format, args...)) }
	if len(o.Issuer) > maxIssuerBytes || !utf8.ValidString(o.Issuer+strings.Join(o.Audience, "")) {
		fault("the issuer or Options.Audience is no UTF-8, or the issuer has more than %d bytes: check where it comes from", maxIssuerBytes)
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
		fault("Options.Audience is empty, so a token that the issuer made for any other service would do: say what this one is called in aud, or set AllowAnyAudience")
	}
	if len(o.Audience) > 0 && o.AllowAnyAudience {
		fault("Options.AllowAnyAudience and Options.Audience contradict each other: keep one")
	}
	if o.MaxStale > maxMaxStale {
		fault("Options.MaxStale is %v: use at most %v, 0 for %v, or -1 for none", o.MaxStale, maxMaxStale, defaultMaxStale)
	}
	if o.MaxStale > 0 && o.MaxStale < time.Millisecond {
		fault("Options.MaxStale is %v, as a number without a unit is: write %d*time.Second", o.MaxStale, o.MaxStale.Nanoseconds())
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

func newSource(r remote, o Options) *Source {
	s := &Source{issuer: o.Issuer, audience: o.Audience, maxStale: o.MaxStale, onEvent: o.OnEvent, remote: r, now: readClocks}
	client, own := newClient(o.Client)
	s.remote.client, s.remote.issuer = client, o.Issuer
	s.close = func() {}
	if own != nil {
		s.close = own.CloseIdleConnections
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Issuer returns the iss that tokens of these keys must carry.
func (s *Source) Issuer() string { return s.issuer }

// Keys returns the keys that may verify a token with header h. See the package
// comment for when it waits. The error wraps [jwthttp.ErrUnknownKey] if the issuer
// has no such key; any other one is a 503.
func (s *Source) Keys(ctx context.Context, h jwthttp.TokenHeader) ([]jwthttp.Key, error) {
	if known := s.served.Load(); known != nil {
		fresh := known.fresh(s.now())
		if keys := known.find(h); keys != nil && fresh+s.maxStale > 0 {
			if fresh < 0 && !known.isTold.Load() {
				s.noticeStale(known)
			}
			return keys, nil
		}
	}
	if !slices.Contains(algorithms, h.Algorithm) {
		return nil, jwthttp.ErrUnknownKey // no fetch would bring one
	}
	var keys []jwthttp.Key
	err := s.await(ctx, func(known *served) bool {
		keys = known.find(h)
		return keys != nil
	})
	return keys, err
}

// Ready returns nil if there are keys to verify tokens with, for a health check;
// if there are none it waits for them as a request does.
func (s *Source) Ready(ctx context.Context) error {
	return s.await(ctx, func(*served) bool { return true })
}

// Refresh fetches the keys now, and returns when that is done or ctx is. The fetch
// begins after the call, asks for the metadata first, and takes no answer from a cache:
// a key that the issuer has withdrawn before the call is not in use after it. Refresh
// is for an operator who forces a key out, and for a program that wants its keys, or the
// reason why there are none, before the first request.
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
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// Close ends all fetching, and waits until it has ended. Tokens are answered with
// 503 from then on. It returns nil, also when called again.
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

// usable returns the keys in use, nil if there are none, or too old ones.
func (s *Source) usable(now moment) *served {
	known := s.served.Load()
	if known == nil || known.fresh(now)+s.maxStale <= 0 {
		return nil
	}
	return known
}

// await returns nil once the keys in use satisfy has. It joins the fetch that is
// under way, or starts one if that is due.
func (s *Source) await(ctx context.Context, has func(*served) bool) error {
	arrived := time.Now()
	f, isOwn, err := s.join(has)
	if f == nil {
		return err
	}
	limited, cancel := context.WithDeadline(ctx, arrived.Add(maxWait))
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
			// A fetch that began before may have missed a key that is new, and a
			// conditional one may have got an old answer.
			if isOwn || f.whole && f.began.monotonic.After(arrived) {
				return jwthttp.ErrUnknownKey
			}
		}
		f, isOwn, err = s.join(has)
	}
	return err
}

var errStillFetching = fmt.Errorf("jwks: the keys are still being fetched: %w", context.DeadlineExceeded)

// join returns the fetch to wait for and whether it was started just now, or no
// fetch and the verdict.
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
	// The budget is claimed before the fetch, whatever becomes of that.
	if known != nil && (since < min(s.setback.quiet, maxQuietToken) || !s.budget.claim(now.monotonic)) {
		// Where the last fetch failed, nobody knows whether there is such a key.
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

// start begins a fetch; s.mu is held, and none is under way.
func (s *Source) start(whole bool) *flight {
	f := &flight{began: s.now(), whole: whole, done: make(chan struct{})}
	s.flight = f
	s.stats.Fetches++
	s.running.Go(func() { s.fly(f) })
	return f
}

func (s *Source) fly(f *flight) {
	ctx, cancel := context.WithTimeout(s.ctx, fetchTimeout)
	fresh, errLocate, err := s.fetch(ctx, f)
	cancel()

	s.mu.Lock()
	if s.closed {
		f.err = errClosed
		close(f.done)
		s.mu.Unlock()
		return
	}
	before := s.served.Load()
	s.flight = nil
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
		s.tell(Event{Kind: Failed, Err: f.err})
		return
	}
	if errLocate != nil {
		s.tell(Event{Kind: Failed, Err: newFetchError(errLocate)})
	}
	s.tell(Event{Kind: Fetched})
	if before == nil {
		s.tellChanges(nil, fresh.index)
	} else if before.index != fresh.index {
		s.tellChanges(before.index, fresh.index)
	}
}

// pause returns how long after a failure the next fetch begins; s.mu is held.
func (s *Source) pause(now moment) time.Duration {
	known := s.usable(now)
	if known == nil {
		return s.setback.pause(0, 0)
	}
	fresh := known.fresh(now)
	return s.setback.pause(fresh, fresh+s.maxStale)
}

// schedule sets the time of the next renewal; s.mu is held.
func (s *Source) schedule(now moment, wait time.Duration) {
	if s.timer != nil {
		s.timer.Stop()
	}
	s.stats.NextRefresh = now.monotonic.Add(wait)
	s.timer = time.AfterFunc(wait, s.renew)
}

// renew begins the fetch that is due, unless another one came first. It is whole after a
// failure, where the metadata could not be read, and where the one after it could come
// more than a day after the last whole one.
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

// noticeStale is for the first request that sees keys past their expiry. They may be so
// because renewals fail, and because the machine slept: timers have slept too, so the
// renewal is set anew. The request does not wait.
func (s *Source) noticeStale(known *served) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || !known.isTold.CompareAndSwap(false, true) {
		return
	}
	s.running.Go(func() { s.tell(Event{Kind: ServedStale}) })
	now := s.now()
	var wait time.Duration
	if s.setback.failures > 0 {
		wait = s.pause(now) - now.monotonic.Sub(s.setback.at)
	}
	if next := s.stats.NextRefresh.Sub(now.monotonic); s.flight == nil && wait < next {
		s.schedule(now, wait)
	}
}

// fetch returns the keys that the provider has now. errLocate says why they are from
// where they were before, nil if that is not in question.
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
		found, skipped, err := parse(answer.document)
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

// bind returns the key bound to the issuer and its audiences: the one in use, if
// it is the same.
func (s *Source) bind(k foundKey, before *served) foundKey {
	if before != nil {
		for _, known := range before.found {
			if known.identity == k.identity {
				return known
			}
		}
	}
	k.origin = &origin{s}
	k.Key = keyhook.WithOrigin(k.WithIssuer(s.issuer, s.audience...), k.origin).(jwthttp.Key)
	return k
}

// An origin is the way back from a key to its source. Each key that was found has its
// own, as long as it is in use.
type origin struct{ source *Source }

func (o *origin) Source() any { return o.source }

// Renewed fetches the keys as for an unknown kid, out of the same budget: what was
// published under the kid may have been replaced.
func (o *origin) Renewed(ctx context.Context, algorithm, kid string, tried []keyhook.Origin) bool {
	wanted := jwthttp.TokenHeader{Algorithm: algorithm, KeyID: kid}
	return o.source.await(ctx, func(known *served) bool { return known.hasOther(wanted, tried) }) == nil
}
