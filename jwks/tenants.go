package jwks

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/internal/keyhook"
	"github.com/jwthttp/jwthttp/internal/reason"
	"github.com/jwthttp/jwthttp/internal/validate"
)

const (
	defaultMaxOpen     = 1000
	maxTenants         = 100_000 // that are remembered
	defaultIdleTimeout = time.Hour
	minIdleTimeout     = time.Minute
	defaultLookupTTL   = 5 * time.Minute
	minLookupTTL       = time.Second
	maxTenantTime      = 24 * time.Hour
	maxIdleConns       = 100 // of the shared transport; tenants are on many hosts
)

// TenantOptions are the limits of [Tenants]. The zero value is good for most services.
type TenantOptions struct {
	// MaxOpen is how many tenants have keys in memory at a time: 1,000 if 0, at most 100,000.
	// Set it to more than the tenants that are active within an hour. A tenant beyond it takes
	// the place of the one that was silent for longest. That one's keys are fetched again with
	// its next token.
	MaxOpen int

	// IdleTimeout is for how long a tenant is silent before its keys are no longer renewed, and
	// forgotten: 1 hour if 0, at least a minute, at most 24 hours. That is so in an outage too: a
	// MaxStale longer than this is of no use to a tenant that was silent meanwhile.
	IdleTimeout time.Duration

	// LookupTTL is for how long an answer of lookup is used: 5 minutes if 0, at least a second,
	// at most 24 hours. So a tenant that is no longer in your table is accepted for this time at
	// most, and for an hour more if lookup fails. Forget ends that at once. A refusal is used for a
	// minute at most.
	LookupTTL time.Duration

	// Client fetches the keys of all tenants. See [Options].Client.
	Client *http.Client

	// Logger gets what an operator has to know of all tenants. Each kind of record is written
	// once a minute at most, over all tenants together. See [Options].Logger.
	Logger *slog.Logger

	// OnEvent gets everything that happens to all tenants, for metrics. See [Options].OnEvent.
	OnEvent func(Event)
}

// Tenants are a [jwthttp.KeySource] for issuers that are not known when the program starts.
// Make one with [NewTenants], and share it between all middlewares. It is safe for concurrent
// use.
type Tenants struct {
	lookup  func(context.Context, string) (Options, error)
	opts    TenantOptions
	client  *http.Client
	close   func()
	records map[EventKind]*record // one for all tenants, so that their number costs nothing
	start   time.Time             // of the clock that all times here are of

	known *tenantTable // those for which lookup has returned Options

	ctx     context.Context // of look-ups; over with Close
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	asking  asking
	sources sources
	stats   TenantStats
}

// A tenant is an issuer that lookup knows. What a token with a known key needs comes first, so
// that it is close together.
type tenant struct {
	issuer string
	next   atomic.Pointer[tenant] // in the bucket of the table
	source atomic.Pointer[Source] // nil while it is closed
	due    atomic.Int64           // until then its keys are used without any thought of lookup
	used   atomic.Int64           // when its keys were last wanted, to a second

	// Tenants.mu guards the rest.
	open      *openSource // nil while it is closed
	options   Options
	asked     time.Duration // when lookup was asked for them
	again     time.Duration // lookup is not asked before
	err       error         // of the last look-up; nil if that returned options
	forgotten bool
	place     *list.Element // in sources.closed; nil while it is open
}

var errTenantsClosed = errors.New("jwks: the tenants are closed")

// NewTenants returns a key source for tenants that bring their own issuers. lookup finds the
// options of an issuer in a table of yours:
//
//	keys, err := jwks.NewTenants(func(ctx context.Context, issuer string) (jwks.Options, error) {
//		var keySet string
//		err := db.QueryRowContext(ctx, "SELECT key_set FROM tenants WHERE issuer = $1", issuer).Scan(&keySet)
//		if errors.Is(err, sql.ErrNoRows) {
//			return jwks.Options{}, jwthttp.ErrUnknownKey // 401
//		}
//		return jwks.Options{KeySetURL: keySet, Audience: []string{"orders"}}, err // an error is a 503
//	}, jwks.TenantOptions{})
//
// # What lookup must do
//
// The issuer is what a token says of itself before anything in it is verified. So anybody
// chooses it. It has 1 to 256 bytes of printable UTF-8.
//
//   - Look it up, and compare it exactly. Never make an address, a query or the name of a file
//     of it: then anybody could bring an issuer. If your database may ignore case or accents, set
//     Options.Issuer to what the table has: another spelling is refused then.
//   - Return its Options as for [Discover]. If they have a KeySetURL, they are those for [New].
//     Issuer may be empty. Client, Logger and OnEvent stay nil, because all tenants share those
//     of TenantOptions.
//   - Return an error that wraps [jwthttp.ErrUnknownKey] for an issuer that you do not trust. Its
//     tokens get a 401, and the Reason of the [jwthttp.Result] is issuer. Any other error is a 503.
//   - Return when ctx is over, which is after 5 seconds or with Close. Close waits for it.
//
// It is called concurrently, once at a time for an issuer, and in no request's goroutine. If it
// panics, that is an error. Options of another issuer, and those that Discover or New would
// refuse, are a 503 and an Error in the log. lookup is asked again after 10 seconds then, and
// 1 second after another error.
//
// # When lookup is asked
//
// The answer is used for [TenantOptions].LookupTTL. When half of that is over, the next token
// makes lookup be asked again, and does not wait. Only the first token of a tenant, or one that
// comes after a silence, waits: for at most 2 seconds, together with the fetch of the keys.
//
//   - If the answer has changed, the keys are fetched anew and the old ones are not used.
//   - If the tenant is not trusted any longer, its keys are forgotten.
//   - If lookup fails, the last answer is used for an hour more, and lookup is asked every 10
//     seconds. A token that comes after a silence waits for lookup again.
//
// At most 16 look-ups run at once: 12 for new issuers, and 4 for tenants that are known. Others
// wait for their turn. New issuers share a budget: 50 look-ups at once, and 10 more a second. A
// look-up that finds a tenant uses nothing of it. Beyond the budget, a token of a new issuer gets
// a 401 without a look-up, or a 503 if the last look-up failed. So a flood of invented issuers
// costs your database 10 look-ups a second, and tenants that are known do not notice it. A new
// tenant may be refused until it ends.
//
// The answers for 100,000 tenants are remembered, and 1,000 refusals apart from them.
//
// # When keys are fetched
//
// Each tenant has a [Source] of its own, from the first token on until it is silent for
// [TenantOptions].IdleTimeout. No token of a tenant waits for the provider of another one, except
// for a place among [TenantOptions].MaxOpen.
func NewTenants(lookup func(ctx context.Context, issuer string) (Options, error), opts TenantOptions) (*Tenants, error) {
	if err := checkTenantOptions(lookup == nil, &opts); err != nil {
		return nil, err
	}
	t := &Tenants{lookup: lookup, opts: opts, records: newRecords(), start: time.Now(), known: newTenantTable(), close: func() {}}
	client, own := newClient(opts.Client)
	t.client = client
	if own != nil {
		own.MaxIdleConns = maxIdleConns
		t.close = own.CloseIdleConnections
	}
	t.asking = newAsking()
	t.sources.free = opts.MaxOpen
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t, nil
}

// checkTenantOptions sets the defaults, and returns everything that is wrong.
func checkTenantOptions(noLookup bool, o *TenantOptions) error {
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf("jwks: "+format, args...)) }
	if noLookup {
		fault("the lookup of NewTenants is nil: pass a function that finds an issuer in your table")
	}
	if o.MaxOpen < 0 || o.MaxOpen > maxTenants {
		fault("TenantOptions.MaxOpen is %d: use a positive number of at most %d, or 0 for %d", o.MaxOpen, maxTenants, defaultMaxOpen)
	}
	for _, limit := range []struct {
		name          string
		value         *time.Duration
		least, preset time.Duration
	}{
		{"IdleTimeout", &o.IdleTimeout, minIdleTimeout, defaultIdleTimeout},
		{"LookupTTL", &o.LookupTTL, minLookupTTL, defaultLookupTTL},
	} {
		switch d := *limit.value; {
		case d == 0:
			*limit.value = limit.preset
		case validate.Unit("TenantOptions."+limit.name, d, "time.Second") != nil:
			fault("%w", validate.Unit("TenantOptions."+limit.name, d, "time.Second"))
		case d < limit.least || d > maxTenantTime:
			fault("TenantOptions.%s is %v: use %v to %v, or 0 for %v", limit.name, d, limit.least, maxTenantTime, limit.preset)
		}
	}
	if o.MaxOpen == 0 {
		o.MaxOpen = defaultMaxOpen
	}
	if o.OnEvent == nil {
		o.OnEvent = func(Event) {}
	}
	return errors.Join(errs...)
}

// Keys returns the keys of the issuer that the token names, bound to that issuer. The error
// wraps [jwthttp.ErrUnknownKey] if lookup does not accept the issuer, or if the issuer has no
// such key. Any other error is a 503.
func (t *Tenants) Keys(ctx context.Context, h jwthttp.TokenHeader) ([]jwthttp.Key, error) {
	issuer := h.UnverifiedIssuer()
	if n := t.known.find(issuer); n != nil {
		if s := n.source.Load(); s != nil {
			now := s.now()
			if since := now.monotonic.Sub(t.start); int64(since) < n.due.Load() {
				if keys := s.held(h, now); keys != nil {
					n.touch(since)
					return keys, nil
				}
			}
		}
	}
	return t.keys(ctx, h, issuer)
}

// keys is Keys for a token that may have to wait: for lookup, for a place among the open
// sources, and for the provider.
func (t *Tenants) keys(ctx context.Context, h jwthttp.TokenHeader, issuer string) ([]jwthttp.Key, error) {
	if !canBeIssuer(issuer) {
		return nil, reason.UnknownIssuer
	}
	until := keyhook.Until(ctx, maxWait)
	for {
		o, err := t.acquire(ctx, until, issuer)
		if err != nil {
			return nil, err
		}
		keys, err := o.source.awaitKeys(ctx, h, until)
		t.mu.Lock()
		t.unpin(o)
		again := err == errClosed && !t.closed
		t.mu.Unlock()
		if !again { // else the options of the tenant have changed in the meantime
			return keys, err
		}
	}
}

// acquire returns the source of the issuer. It stays open until it is unpinned.
func (t *Tenants) acquire(ctx context.Context, until time.Time, issuer string) (*openSource, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for {
		n, err := t.find(ctx, until, issuer)
		if err != nil {
			return nil, err
		}
		o, err := t.pin(ctx, until, n)
		if o != nil || err != nil {
			return o, err
		}
	}
}

// Forget drops the answer of lookup for an issuer, and the keys of its tenant. The next token of
// that issuer makes lookup be asked, and the keys be fetched again. Call it when a tenant is added
// to your table, changed there or removed from it, and when its provider has withdrawn a stolen
// key: after the call, no token is verified with the old answer or the old keys. Other processes
// have to call it too. An issuer that is not known is no error. A call that lookup has not
// answered yet is not waited for: the tokens that wait for it get a 503.
func (t *Tenants) Forget(issuer string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f := t.asking.flights[issuer]; f != nil {
		f.isOld = true
	}
	t.asking.refused.remove(issuer)
	if n := t.known.find(issuer); n != nil {
		t.forget(n)
	}
}

// clock returns the time since the start.
func (t *Tenants) clock() time.Duration { return time.Since(t.start) }

// Close closes all sources, and waits for lookup, Logger and OnEvent. From then on every token
// gets a 503, and none waits. Close returns nil. It may be called again.
func (t *Tenants) Close() error {
	t.mu.Lock()
	t.closed = true
	t.cancel()
	t.shutAll()
	t.mu.Unlock()
	t.running.Wait()
	t.close()
	return nil
}
