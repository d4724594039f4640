package denylist

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

const (
	defaultMaxEntries = 100_000
	maxMaxEntries     = 10_000_000

	// lookAgain is the longest time until an entry is examined again that only the wall
	// clock keeps.
	lookAgain = 10 * time.Minute
)

// Options are the limits of a list, and its logger. The zero value fits tokens that live for at
// most a day.
type Options struct {
	// MaxLifetime is the longest time from iat to exp of a token: 24 hours if 0, at most 366
	// days. Tokens that live longer are refused. The revocation of a subject is kept for this
	// time. Set it to the longest life of the issuer's access tokens.
	MaxLifetime time.Duration

	// MaxEntries is for [NewMemory] only. It is how many revocations of tokens are kept, and
	// also how many of subjects and how many of sessions: 100,000 of each if 0, at most 10,000,000.
	// A list that is full of tokens still logs subjects out. Further revocations are refused
	// ([ErrFull]).
	//
	// An entry takes about 250 bytes, so 100,000 take 25 MB. An entry is dropped only when
	// both the wall clock and the monotonic clock say that its time is over. So a wall clock
	// that is wrong for a while loses none.
	MaxEntries int

	// Logger gets what an operator has to mend, as the package comment says. If nil, each
	// record goes to the logger that slog.Default returns at that moment.
	Logger *slog.Logger
}

// NewMemory returns a list in the memory of this process. Other processes do not see it, and a
// restart loses it. It starts no goroutine. Expired entries are removed at the next revocation.
func NewMemory(opts Options) (*List, error) {
	var errs []error
	if opts.MaxEntries < 0 || opts.MaxEntries > maxMaxEntries {
		errs = append(errs, fmt.Errorf("denylist: Options.MaxEntries is %d: use a positive number of at most %d, or 0 for %d", opts.MaxEntries, maxMaxEntries, defaultMaxEntries))
	}
	if opts.MaxEntries == 0 {
		opts.MaxEntries = defaultMaxEntries
	}
	errs = append(errs, checkMaxLifetime(opts.MaxLifetime))
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return newList(newMemory(opts.MaxEntries), opts), nil
}

// A memory is a Store with a room for each Kind. Readers take no lock, so that cores do not
// wait for each other.
type memory struct {
	max int // in each room
	now func() instant

	mu    sync.Mutex // for one writer at a time
	rooms [3]room
}

func newMemory(max int) *memory {
	start := time.Now()
	return &memory{max: max, now: func() instant {
		now := time.Now()
		return instant{now.UnixMilli(), now.Sub(start).Milliseconds()}
	}}
}

// An instant is the time of two clocks, in milliseconds.
type instant struct {
	wall   int64 // Unix time. It counts while a machine sleeps, and may jump.
	steady int64 // since the list was made. It never jumps, and may stand still while a machine sleeps.
}

var _ Store = (*memory)(nil)

func (m *memory) Raise(_ context.Context, kind Kind, key Key, n int64, until time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	for kind := range m.rooms {
		m.rooms[kind].dropOver(now)
	}
	defer m.count()
	e := &entry{key: key, n: n, until: instant{until.UnixMilli(), now.steady + until.UnixMilli() - now.wall}}
	return m.rooms[kind].raise(e, m.max)
}

func (m *memory) count() {
	for kind := range m.rooms {
		m.rooms[kind].size.Store(int64(len(m.rooms[kind].queue)))
	}
}

func (m *memory) isEmpty(kind Kind) bool { return m.rooms[kind].size.Load() == 0 }

func (m *memory) Find(_ context.Context, keys [3]Key) (found [3]int64, err error) {
	for kind := range keys {
		if keys[kind] == (Key{}) {
			continue
		}
		// The clocks are read only if there is an entry: that is rare.
		if e, ok := m.rooms[kind].load(keys[kind]); ok && !e.isOver(m.now()) {
			found[kind] = e.n
		}
	}
	return found, nil
}

// A room keeps the entries of one Kind.
type room struct {
	entries sync.Map     // Key to *entry
	queue   queue        // the same entries, for writers
	size    atomic.Int64 // how many there are
}

// An entry is not changed once readers can find it, except for its place in the queue.
type entry struct {
	key   Key
	n     int64
	until instant
	place int
}

// isOver reports whether both clocks say that the time of e is over. If the wall clock were
// ahead for a moment and counted alone, the entry would be lost for good.
func (e *entry) isOver(now instant) bool {
	return e.until.wall <= now.wall && e.until.steady <= now.steady
}

func (r *room) raise(e *entry, limit int) error {
	if before, ok := r.load(e.key); ok {
		e.n, e.place = max(e.n, before.n), before.place
		e.until.wall, e.until.steady = max(e.until.wall, before.until.wall), max(e.until.steady, before.until.steady)
		r.replace(e)
		return nil
	}
	if len(r.queue) >= limit {
		return ErrFull
	}
	heap.Push(&r.queue, e)
	r.entries.Store(e.key, e)
	return nil
}

func (r *room) dropOver(now instant) {
	for len(r.queue) > 0 && r.queue[0].until.steady <= now.steady {
		if r.queue[0].isOver(now) {
			r.entries.Delete(heap.Pop(&r.queue).(*entry).key)
			continue
		}
		// The wall clock was put back. The entry moves back in the queue, so that others can
		// be dropped. It is examined again soon, since the wall clock may be put forward.
		e := *r.queue[0]
		e.until.steady = now.steady + min(e.until.wall-now.wall, lookAgain.Milliseconds())
		r.replace(&e)
	}
}

// replace puts e in the place of the entry with its key.
func (r *room) replace(e *entry) {
	r.queue[e.place] = e
	heap.Fix(&r.queue, e.place)
	r.entries.Store(e.key, e)
}

func (r *room) load(key Key) (*entry, bool) {
	v, ok := r.entries.Load(key)
	if !ok {
		return nil, false
	}
	return v.(*entry), true
}

// A queue is a heap. First is the entry whose time ends first by the steady clock.
type queue []*entry

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].until.steady < q[j].until.steady }
func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = i, j
}

func (q *queue) Push(e any) {
	e.(*entry).place = len(*q)
	*q = append(*q, e.(*entry))
}

func (q *queue) Pop() any {
	last := len(*q) - 1
	e := (*q)[last]
	(*q)[last] = nil // or the array would keep it alive
	*q = (*q)[:last]
	return e
}
