package jwks

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jwthttp/jwthttp/internal/reason"
)

const (
	maxFirst       = 12 // look-ups at once for issuers that are not known
	maxRenewals    = 4  // look-ups at once for those that are, which a flood does not delay
	lookupTimeout  = 5 * time.Second
	maxLookupStale = time.Hour // for which an answer is used past its time, while lookup fails
	maxRefusalTTL  = time.Minute
	maxRefused     = 1000
	failureTTL     = time.Second // of a look-up for an issuer that is not known
	mistakeTTL     = 10 * time.Second
	renewalPause   = 10 * time.Second // after a look-up for a known tenant that failed
	unknownAtOnce  = 50               // look-ups for issuers that were never accepted
	unknownDelay   = time.Second / 10 // until one more is allowed
)

// asking is the state of all look-ups. Tenants.mu guards it.
type asking struct {
	first    turns               // of issuers that are not known
	renewals turns               // of those that are
	flights  map[string]*inquiry // by issuer, until lookup returns
	refused  refusals
	budget   budget        // for issuers that are not known
	err      error         // of the last look-up, unless it was a mistake; nil if it had an answer
	warn     time.Duration // no record of a flood is written before
}

// An inquiry is a look-up under way. It belongs to no request.
type inquiry struct {
	issuer  string
	began   time.Duration
	done    chan struct{}
	tenant  *tenant // once done; nil if err is the answer
	err     error
	settled bool // it has an answer, but lookup may not have returned yet
	isOld   bool // it began before a Forget of the issuer, so its answer is not kept
}

func newAsking() asking {
	return asking{
		first:    turns{free: maxFirst},
		renewals: turns{free: maxRenewals},
		flights:  map[string]*inquiry{},
		refused:  refusals{entries: map[string]*list.Element{}},
		budget:   budget{size: unknownAtOnce, delay: unknownDelay},
	}
}

// find returns the tenant with this issuer once there is an answer of lookup to use. It waits
// no longer than ctx and until. t.mu is held, but not while find waits.
func (t *Tenants) find(ctx context.Context, until time.Time, issuer string) (*tenant, error) {
	var turn *turns // that this call has
	defer func() {
		if turn != nil {
			turn.release()
		}
	}()
	for {
		n, err := t.remembered(issuer)
		if n != nil || err != nil {
			return n, err
		}
		f, q := t.asking.flights[issuer], t.turnsOf(issuer)
		switch {
		case f != nil:
			if turn != nil {
				turn.release()
				turn = nil
			}
			if err = t.wait(ctx, until, f.done); err == nil {
				if f.err == nil && f.tenant.forgotten { // again, and lookup may hang
					return nil, errStillLooking
				}
				return f.tenant, f.err
			}
		case turn != nil:
			t.ask(issuer, turn)
			turn = nil // the look-up has it from now on
		case q.take():
			t.ask(issuer, q)
		default:
			if err = t.await(ctx, until, q); err == nil {
				turn = q
			}
		}
		if err == nil {
			continue
		}
		if n := t.known.find(issuer); n != nil && ctx.Err() == nil {
			// The look-up takes too long. The next tokens do not wait for it.
			if t.clock()-n.asked < t.opts.LookupTTL || t.fail(n, err) {
				return n, nil
			}
		}
		return nil, err
	}
}

func (t *Tenants) turnsOf(issuer string) *turns {
	if t.known.find(issuer) == nil {
		return &t.asking.first
	}
	return &t.asking.renewals
}

// remembered returns the tenant, or why its tokens are refused, if that needs no look-up.
func (t *Tenants) remembered(issuer string) (*tenant, error) {
	if t.closed {
		return nil, errTenantsClosed
	}
	clock := time.Now()
	now := clock.Sub(t.start)
	n := t.known.find(issuer)
	if n == nil {
		if err := t.asking.refused.find(issuer, now); err != nil {
			return nil, err
		}
		if t.asking.flights[issuer] == nil && !t.asking.budget.has(clock) {
			return nil, t.unasked(now)
		}
		return nil, nil
	}
	age := now - n.asked
	isFresh := age < t.opts.LookupTTL
	if !isFresh && (n.err == nil || t.wasSilent(n, now)) {
		return nil, nil
	}
	if now >= n.again && (n.err != nil || age >= t.opts.LookupTTL/2) && t.asking.flights[issuer] == nil && t.asking.renewals.take() {
		t.ask(issuer, &t.asking.renewals)
	}
	if age >= t.opts.LookupTTL+maxLookupStale {
		return nil, n.err
	}
	t.setDue(n)
	return n, nil
}

// wasSilent reports whether no token has come for so long that lookup would have been asked again
// after its last failure. Since then it may have come to work, and the tenant may have been removed.
func (t *Tenants) wasSilent(n *tenant, now time.Duration) bool {
	if f := t.asking.flights[n.issuer]; f != nil && f.settled { // lookup hangs
		return false
	}
	return now >= n.again && now-time.Duration(n.used.Load()) >= 2*renewalPause
}

// setDue sets when the next token of the tenant has to come to find.
func (t *Tenants) setDue(n *tenant) {
	due := n.asked + t.opts.LookupTTL/2
	switch {
	case n.err != nil:
		due = min(n.again, n.asked+t.opts.LookupTTL+maxLookupStale)
	case t.asking.flights[n.issuer] != nil && !t.asking.flights[n.issuer].settled:
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
func (t *Tenants) ask(issuer string, turn *turns) {
	f := &inquiry{issuer: issuer, began: t.clock(), done: make(chan struct{})}
	t.asking.flights[issuer] = f
	t.stats.Lookups++
	if t.known.find(issuer) == nil {
		t.asking.budget.claim(time.Now())
	}
	t.running.Add(2)
	ctx, cancel := context.WithTimeout(t.ctx, lookupTimeout)
	// A lookup that does not heed its context occupies its turn, but nobody waits for it. It is
	// not asked again for this issuer.
	stop := context.AfterFunc(ctx, func() {
		defer t.running.Done()
		t.mu.Lock()
		defer t.mu.Unlock()
		t.settle(f, Options{}, fmt.Errorf("the look-up has no answer after %v: %w", lookupTimeout, context.Cause(ctx)))
	})
	go func() {
		var opts Options
		err := error(mistake{errors.New("it called runtime.Goexit")})
		defer func() {
			if stop() {
				t.running.Done()
			}
			cancel()
			t.mu.Lock()
			t.settle(f, opts, err) // and at once: a token after Forget must not meet this look-up
			delete(t.asking.flights, issuer)
			turn.release()
			t.mu.Unlock()
			t.running.Done()
		}()
		opts, err = t.call(ctx, issuer)
	}()
}
