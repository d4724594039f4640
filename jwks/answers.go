package jwks

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"unicode"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/internal/reason"
)

// canBeIssuer reports whether a source can have this issuer, which anybody may have invented. It
// is empty if it is longer than any that is trusted. Otherwise a zero byte, which databases refuse,
// would look like a database that is down.
func canBeIssuer(issuer string) bool {
	isHidden := func(c rune) bool { return !unicode.IsPrint(c) }
	return issuer != "" && !hasSpace(issuer) && !isTemplate(issuer) && !strings.ContainsFunc(issuer, isHidden)
}

// call returns the answer of lookup, with everything that is wrong with it as an error.
func (t *Tenants) call(ctx context.Context, issuer string) (opts Options, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = mistake{fmt.Errorf("it panicked in %s: %v", placeOfPanic(), fault)}
		}
	}()
	opts, err = t.lookup(ctx, issuer)
	if err != nil {
		return Options{}, err
	}
	opts.Audience, opts.Algorithms = slices.Clone(opts.Audience), slices.Clone(opts.Algorithms)
	// Neither order means anything, and a database may return another one each time.
	slices.Sort(opts.Audience)
	slices.Sort(opts.Algorithms)
	if _, err := t.newSource(issuer, opts); err != nil {
		return Options{}, mistake{err}
	}
	return opts, nil
}

// placeOfPanic returns the line that panicked. A deferred function calls it.
func placeOfPanic() string {
	var callers [32]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(2, callers[:])])
	isBefore := true // the deferred functions come before the panic
	for frame, more := frames.Next(); more; frame, more = frames.Next() {
		switch isRuntime := strings.HasPrefix(frame.Function, "runtime."); {
		case isRuntime:
			isBefore = false
		case !isBefore:
			return fmt.Sprintf("%s:%d", filepath.Base(frame.File), frame.Line)
		}
	}
	return "an unknown place"
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
		return nil, fmt.Errorf("it was asked for %.100q and returned the options of %.100q: let it compare exactly", issuer, opts.Issuer)
	}
	if opts.Client != nil || opts.Logger != nil || opts.OnEvent != nil {
		return nil, errors.New("it returned Options with a Client, Logger or OnEvent: set those in TenantOptions, for all tenants")
	}
	if opts.KeySetURL != "" && opts.MetadataURL != "" {
		return nil, errors.New("it returned Options with a KeySetURL and a MetadataURL: keep one")
	}
	if len(opts.Audience) == 0 && !opts.AllowAnyAudience { // as a map has it for an unknown issuer
		return nil, errors.New("Options.Audience is empty: return jwthttp.ErrUnknownKey for an issuer that is not in your table, else set Audience or AllowAnyAudience")
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
	if u, _ := checkAddress(issuer, "", opts.AllowInsecureHTTP); u == nil && keySet == "" && opts.MetadataURL == "" {
		err = fmt.Errorf("%w: or return a KeySetURL or MetadataURL, if the issuer is not an address", err)
	}
	if err != nil {
		return nil, err
	}
	s.records, s.isTenant = t.records, true
	return s, nil
}

// settle ends an inquiry with its answer, unless it has one already. It needs t.mu.
func (t *Tenants) settle(f *inquiry, opts Options, err error) {
	if f.settled {
		return
	}
	f.settled = true
	defer close(f.done)
	n := t.known.find(f.issuer)
	isRefused := errors.Is(err, jwthttp.ErrUnknownKey) && !isUnavailable(err)
	if err == nil || isRefused {
		t.asking.err, t.stats.LastError = nil, nil
	}
	switch {
	case t.closed:
		f.err = errTenantsClosed
	case err == nil:
		if n == nil { // see claim
			t.asking.budget.giveBack()
			t.asking.refused.remove(f.issuer)
		}
		if f.tenant = t.accept(n, f, opts); f.isOld {
			t.forget(f.tenant)
		}
	case isRefused:
		if n != nil {
			t.forget(n)
		}
		f.err = reason.UnknownIssuer
		if !f.isOld {
			t.asking.refused.add(f.issuer, f.err, t.clock()+min(t.opts.LookupTTL, maxRefusalTTL))
		}
	default:
		failed := newFetchError(fmt.Errorf("the look-up of the tenant failed: %w", err))
		t.stats.LastError = failed
		t.running.Go(func() { t.report(LookupFailed, f.issuer, failed) })
		keep := failureTTL
		if errors.As(err, new(mistake)) {
			keep = mistakeTTL
		} else {
			t.asking.err = failed
		}
		switch {
		case n == nil:
			f.err = failed
			t.asking.refused.add(f.issuer, failed, t.clock()+keep)
		case t.fail(n, failed):
			f.tenant = n
		default:
			f.err = failed
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
		if n.open != nil {
			t.shut(n.open)
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
