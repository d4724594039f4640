package jwks

import (
	"container/heap"
	"container/list"
	"context"
	"fmt"
	"time"
)

const (
	touchAgain = time.Second // after which the time of a use is written again
	crowded    = time.Minute // a tenant that was in use within it should not be evicted
)

// sources is the state of all sources. Tenants.mu guards it.
type sources struct {
	turns            // as many as may be open
	open   int       // sources, with those in use by a request
	silent silent    // the open ones that no request waits for
	closed list.List // of known tenants without a source, in the order of their closing
	timer  *time.Timer
	armed  bool
}

// An openSource is the source of a tenant, from its opening on. Tenants.mu guards it.
type openSource struct {
	source *Source
	tenant *tenant
	pins   int           // requests that wait for it
	place  int           // in silent; -1 if it is not there
	since  time.Duration // its order there: tenant.used, as it was when last looked at
}

// touch records that the keys are in use.
func (n *tenant) touch(now time.Duration) {
	if now-time.Duration(n.used.Load()) >= touchAgain {
		n.used.Store(int64(now))
	}
}

// remember adds a tenant. If they are too many, the one that was closed first is forgotten.
func (t *Tenants) remember(n *tenant) {
	if t.known.len >= maxTenants {
		if t.sources.closed.Len() == 0 {
			t.evict()
		}
		if first := t.sources.closed.Front(); first != nil {
			t.forget(first.Value.(*tenant))
		}
	}
	t.known.add(n)
	n.place = t.sources.closed.PushBack(n)
}

// forget removes a tenant.
func (t *Tenants) forget(n *tenant) {
	if n.open != nil {
		t.shut(n.open)
	}
	t.sources.closed.Remove(n.place)
	t.known.remove(n)
	n.forgotten = true
}

// pin returns the source of a tenant, which it opens if need be. Until unpin, it makes no room
// for another one. pin waits no longer than ctx and until. It returns nil if the tenant was
// forgotten meanwhile. t.mu is held, but not while pin waits.
func (t *Tenants) pin(ctx context.Context, until time.Time, n *tenant) (*openSource, error) {
	hasTurn := false
	defer func() {
		if hasTurn {
			t.sources.release()
		}
	}()
	for {
		if t.closed {
			return nil, errTenantsClosed
		}
		if n.forgotten {
			return nil, nil
		}
		o := n.open
		if o == nil && (hasTurn || t.sources.take() || t.evict() && t.sources.take()) {
			hasTurn = false // the source has it from now on
			var err error
			if o, err = t.openSource(n); err != nil {
				t.sources.release()
				return nil, err
			}
		}
		if o != nil {
			o.pins++
			t.sources.silent.remove(o)
			return o, nil
		}
		if err := t.await(ctx, until, &t.sources.turns); err != nil {
			return nil, err
		}
		hasTurn = true
	}
}

// unpin is called once for each pin.
func (t *Tenants) unpin(o *openSource) {
	o.pins--
	if o.pins > 0 || o.tenant.open != o {
		return
	}
	now := t.clock()
	o.tenant.used.Store(int64(now))
	o.since = now
	heap.Push(&t.sources.silent, o)
	if t.sources.isWanted() {
		t.evict()
	} else {
		t.arm(t.opts.IdleTimeout)
	}
}

// openSource opens the source of a tenant. The caller has a turn, which is passed to it.
func (t *Tenants) openSource(n *tenant) (*openSource, error) {
	s, err := t.newSource(n.issuer, n.options)
	if err != nil { // lookup's answer was checked, so this does not happen
		return nil, err
	}
	o := &openSource{source: s, tenant: n, place: -1}
	t.sources.closed.Remove(n.place)
	n.place, n.open = nil, o
	n.source.Store(s)
	t.sources.open++
	t.stats.Opened++
	return o, nil
}

// shut closes a source, in a goroutine, because a source waits for Logger and OnEvent. Requests
// that wait for the source try again.
func (t *Tenants) shut(o *openSource) {
	n := o.tenant
	n.source.Store(nil)
	n.open = nil
	n.place = t.sources.closed.PushBack(n)
	t.sources.silent.remove(o)
	t.sources.open--
	t.sources.release()
	fetches := o.source.Stats().Fetches
	t.stats.Fetches += fetches // now, so that the figure never falls
	t.running.Go(func() {
		o.source.Close()
		t.mu.Lock()
		t.stats.Fetches += o.source.Stats().Fetches - fetches
		t.mu.Unlock()
	})
}

// shutAll closes all sources.
func (t *Tenants) shutAll() {
	if t.sources.timer != nil {
		t.sources.timer.Stop()
	}
	for n := range t.known.all() {
		if n.open != nil {
			t.shut(n.open)
		}
	}
}

// evict closes the source that was silent for longest. It reports whether there was one.
func (t *Tenants) evict() bool {
	o := t.sources.silent.first()
	if o == nil {
		return false
	}
	t.shut(o)
	t.stats.Evicted++
	if silent := t.clock() - o.since; silent < crowded {
		t.running.Go(func() {
			t.report(Evicted, o.tenant.issuer, fmt.Errorf("more tenants are active than MaxOpen (%d), so their keys are fetched again and again: raise it; this one was silent for %v", t.opts.MaxOpen, silent.Round(time.Second)))
		})
	}
	return true
}

// arm sets the time of the next sweep, unless one is due already.
func (t *Tenants) arm(wait time.Duration) {
	if !t.sources.armed {
		t.sources.armed = true
		t.sources.timer = time.AfterFunc(wait, t.sweep)
	}
}

// sweep closes the sources that were silent for too long.
func (t *Tenants) sweep() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sources.armed = false
	if t.closed {
		return
	}
	for {
		o := t.sources.silent.first()
		if o == nil {
			return
		}
		if left := o.since + t.opts.IdleTimeout - t.clock(); left > 0 {
			t.arm(left)
			return
		}
		t.shut(o)
	}
}

// silent is a heap of open sources, the one that was silent for longest first. The times of
// their use change without the heap, so first looks at them again.
type silent []*openSource

// first returns the source that was silent for longest, nil if there is none.
func (s *silent) first() *openSource {
	for len(*s) > 0 {
		o := (*s)[0]
		used := time.Duration(o.tenant.used.Load())
		if used == o.since {
			return o
		}
		o.since = used
		heap.Fix(s, 0)
	}
	return nil
}

func (s *silent) remove(o *openSource) {
	if o.place >= 0 {
		heap.Remove(s, o.place)
	}
}

func (s silent) Len() int           { return len(s) }
func (s silent) Less(i, k int) bool { return s[i].since < s[k].since }

func (s silent) Swap(i, k int) {
	s[i], s[k] = s[k], s[i]
	s[i].place, s[k].place = i, k
}

func (s *silent) Push(o any) {
	o.(*openSource).place = len(*s)
	*s = append(*s, o.(*openSource))
}

func (s *silent) Pop() any {
	last := len(*s) - 1
	o := (*s)[last]
	(*s)[last] = nil
	*s = (*s)[:last]
	o.place = -1
	return o
}
