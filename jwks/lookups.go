package jwks

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/internal/logtext"
	"github.com/jwthttp/jwthttp/internal/reason"
)

const (
	maxLookups      = 16 // that run at once
	lookupTimeout   = 5 * time.Second
	maxLookupStale  = time.Hour // for which an answer is used past its time, while lookup fails
	maxRefusalTTL   = time.Minute
	maxRefused      = 1000
	failureTTL      = time.Second // of a look-up for an issuer that is not known
	mistakeTTL      = 10 * time.Second
	renewalPause    = 10 * time.Second // after a look-up for a known tenant that failed
	strangersAtOnce = 50               // look-ups for issuers that were never accepted
	strangersDelay  = time.Second / 10 // until one more is allowed
)

// asking is the state of all look-ups. Tenants.mu guards it.
type asking struct {
	turns
	flights map[string]*inquiry // by issuer
	refused refusals
	budget  budget        // for issuers that are not known
	err     error         // of the last look-up; nil if it had an answer
	warn    time.Duration // no record of a flood is written before
}

// An inquiry is a look-up under way. It belongs to no request.
type inquiry struct {
	issuer  string
	began   time.Duration
	done    chan struct{}
	tenant  *tenant // once done; nil if err is the answer
	err     error
	settled bool
}

func newAsking() asking {
	return asking{
		turns:   turns{free: maxLookups},
		flights: map[string]*inquiry{},
		refused: refusals{entries: map[string]*list.Element{}},
		budget:  budget{size: strangersAtOnce, delay: strangersDelay},
	}
}

// find returns the tenant with this issuer once there is an answer of lookup to use. It waits
// no longer than ctx and until. t.mu is held, but not while find waits.
func (t *Tenants) find(ctx context.Context, until time.Time, issuer string) (*tenant, error) {
	hasTurn := false
	defer func() {
		if hasTurn {
			t.asking.release()
		}
	}()
	for {
		n, err := t.remembered(issuer)
		if n != nil || err != nil {
			return n, err
		}
		f := t.asking.flights[issuer]
		switch {
		case f != nil:
			if hasTurn {
				t.asking.release()
				hasTurn = false
			}
			if err = t.wait(ctx, until, f.done); err == nil {
				return f.tenant, f.err
			}
		case hasTurn || t.asking.take():
			hasTurn = false // the look-up has it from now on
			t.ask(issuer)
			continue
		default:
			err = t.await(ctx, until, &t.asking.turns)
			hasTurn = err == nil
		}
		if err == nil {
			continue
		}
		if n := t.tenant(issuer); n != nil && ctx.Err() == nil {
			// The look-up takes too long. The next tokens do not wait for it.
			if t.clock()-n.asked < t.opts.LookupTTL || t.fail(n, err) {
				return n, nil
			}
		}
		return nil, err
	}
}

// tenant returns the tenant with this issuer, nil if it is not known.
func (t *Tenants) tenant(issuer string) *tenant {
	n, _ := t.known.Load(issuer)
	known, _ := n.(*tenant)
	return known
}

// remembered returns the tenant, or why its tokens are refused, if that needs no look-up.
func (t *Tenants) remembered(issuer string) (*tenant, error) {
	if t.closed {
		return nil, errTenantsClosed
	}
	now := t.clock()
	n := t.tenant(issuer)
	if n == nil {
		if err := t.asking.refused.find(issuer, now); err != nil {
			return nil, err
		}
		if t.asking.flights[issuer] == nil && !t.asking.budget.has(time.Now()) {
			return nil, t.unasked(now)
		}
		return nil, nil
	}
	age := now - n.asked
	isFresh := age < t.opts.LookupTTL
	if !isFresh && n.err == nil {
		return nil, nil
	}
	if now >= n.again && (n.err != nil || age >= t.opts.LookupTTL/2) && t.asking.flights[issuer] == nil && t.asking.take() {
		t.ask(issuer)
	}
	if age >= t.opts.LookupTTL+maxLookupStale {
		return nil, n.err
	}
	t.setDue(n)
	return n, nil
}

// setDue sets when the next token of the tenant has to come to find.
func (t *Tenants) setDue(n *tenant) {
	due := n.asked + t.opts.LookupTTL/2
	switch {
	case n.err != nil:
		due = min(n.again, n.asked+t.opts.LookupTTL+maxLookupStale)
	case t.asking.flights[n.issuer] != nil:
		due = n.asked + t.opts.LookupTTL
	}
	n.due.Store(int64(due))
}

// unasked returns the error for an issuer that is not looked up because of the budget.
func (t *Tenants) unasked(now time.Duration) error {
	if t.asking.err != nil {
		return t.asking.err // it is not known whether there is such a tenant
	}
	t.stats.Unasked++
	if now >= t.asking.warn {
		t.asking.warn = now + time.Minute
		err := fmt.Errorf("so far, %d tokens of issuers that were never accepted were refused without a look-up", t.stats.Unasked)
		t.running.Go(func() { t.report(Flooded, "", err) })
	}
	return reason.UnknownIssuer
}

// ask begins a look-up. The caller has a turn, which is passed to it.
func (t *Tenants) ask(issuer string) {
	f := &inquiry{issuer: issuer, began: t.clock(), done: make(chan struct{})}
	t.asking.flights[issuer] = f
	t.stats.Lookups++
	if t.tenant(issuer) == nil {
		t.asking.budget.claim(time.Now())
	}
	t.running.Add(2)
	ctx, cancel := context.WithTimeout(t.ctx, lookupTimeout)
	// A lookup that does not heed its context occupies its turn, but nobody waits for it.
	stop := context.AfterFunc(ctx, func() {
		defer t.running.Done()
		t.settle(f, Options{}, fmt.Errorf("the look-up has no answer after %v: %w", lookupTimeout, context.Cause(ctx)))
	})
	go func() {
		defer t.running.Done()
		opts, err := t.call(ctx, issuer)
		if stop() {
			t.running.Done()
		}
		cancel()
		t.settle(f, opts, err)
		t.mu.Lock()
		t.asking.release()
		t.mu.Unlock()
	}()
}

// call returns the answer of lookup, with everything that is wrong with it as an error.
func (t *Tenants) call(ctx context.Context, issuer string) (opts Options, err error) {
	isOver := false
	defer func() {
		if fault := recover(); fault != nil {
			err = mistake{fmt.Errorf("it panicked: %v", fault)}
		} else if !isOver {
			err = mistake{errors.New("it called runtime.Goexit")}
		}
	}()
	opts, err = t.lookup(ctx, issuer)
	isOver = true
	if err != nil {
		return Options{}, err
	}
	opts.Audience = slices.Clone(opts.Audience)
	if _, err := t.newSource(issuer, opts); err != nil {
		return Options{}, mistake{err}
	}
	return opts, nil
}

func isUnavailable(err error) bool {
	return errors.Is(err, jwthttp.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// A mistake is a fault of lookup, and not of what it asks.
type mistake struct{ error }

func (m mistake) Unwrap() error { return m.error }

// newSource returns a source for a tenant, as New and Discover do.
func (t *Tenants) newSource(issuer string, opts Options) (*Source, error) {
	if opts.Issuer != "" && opts.Issuer != issuer {
		return nil, fmt.Errorf("jwks: it was asked for %.100q and returned the options of %.100q: let it compare exactly", issuer, opts.Issuer)
	}
	if opts.Client != nil || opts.Logger != nil || opts.OnEvent != nil {
		return nil, errors.New("jwks: it returned Options with a Client, Logger or OnEvent: set those in TenantOptions, for all tenants")
	}
	opts.Client, opts.Logger, opts.OnEvent = t.client, t.opts.Logger, t.opts.OnEvent
	keySet := opts.KeySetURL
	opts.KeySetURL = ""
	var s *Source
	var err error
	if keySet != "" {
		opts.Issuer = issuer
		s, err = New(keySet, opts)
	} else {
		s, err = Discover(issuer, opts)
	}
	if err != nil {
		return nil, err
	}
	s.records, s.isTenant = t.records, true
	return s, nil
}

// settle ends an inquiry with its answer, unless it has one already.
func (t *Tenants) settle(f *inquiry, opts Options, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f.settled {
		return
	}
	f.settled = true
	delete(t.asking.flights, f.issuer)
	defer close(f.done)
	n := t.tenant(f.issuer)
	isRefused := errors.Is(err, jwthttp.ErrUnknownKey) && !isUnavailable(err)
	if err == nil || isRefused {
		t.asking.err = nil
	}
	switch {
	case t.closed:
		f.err = errTenantsClosed
	case err == nil:
		if n == nil {
			t.asking.budget.giveBack()
			t.asking.refused.remove(f.issuer)
		}
		f.tenant = t.accept(n, f, opts)
	case isRefused:
		if n != nil {
			t.forget(n)
		}
		f.err = reason.UnknownIssuer
		t.asking.refused.add(f.issuer, f.err, t.clock()+min(t.opts.LookupTTL, maxRefusalTTL))
	default:
		f.err = newFetchError(fmt.Errorf("the look-up of the tenant failed: %w", err))
		keep := failureTTL
		if errors.As(err, new(mistake)) {
			keep = mistakeTTL
		} else {
			t.asking.err = f.err
		}
		t.running.Go(func() { t.report(LookupFailed, f.issuer, f.err) })
		if n == nil {
			t.asking.refused.add(f.issuer, f.err, t.clock()+keep)
		} else if t.fail(n, f.err) {
			f.tenant, f.err = n, nil
		}
	}
}

// accept returns the tenant with its new options.
func (t *Tenants) accept(n *tenant, f *inquiry, opts Options) *tenant {
	if n == nil {
		n = &tenant{issuer: f.issuer, options: opts}
		t.remember(n)
	} else if !reflect.DeepEqual(n.options, opts) {
		n.options = opts
		if o := n.open.Load(); o != nil {
			t.shut(o)
		}
	}
	n.asked, n.again, n.err = f.began, 0, nil
	t.setDue(n)
	return n
}

// fail keeps the old options of a tenant after a look-up that failed. It reports whether they
// may still be used.
func (t *Tenants) fail(n *tenant, err error) bool {
	now := t.clock()
	n.err, n.again = err, now+renewalPause
	t.setDue(n)
	return now-n.asked < t.opts.LookupTTL+maxLookupStale
}

// report logs what happened, and passes it to OnEvent. The issuer may be unverified.
func (t *Tenants) report(kind EventKind, issuer string, err error) {
	var attrs []slog.Attr
	issuer = logtext.Cut(issuer)
	if issuer != "" {
		attrs = append(attrs, slog.String("issuer", issuer))
	}
	r := t.records[kind]
	r.limit.Log(context.Background(), t.opts.Logger, r.level, r.message, append(attrs, slog.Any("err", err))...)
	t.opts.OnEvent(Event{Kind: kind, Issuer: issuer, Err: err})
}
