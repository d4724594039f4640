package denylist

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	defaultMaxEntries = 100_000
	maxMaxEntries     = 10_000_000
)

// Options are those of a list in memory. The zero value is good for tokens that
// live for a day at most.
type Options struct {
	// MaxLifetime is how far exp and iat of a token may be apart: 24 hours if 0,
	// at most 366 days. Tokens that live longer are refused, and the revocation
	// of a subject is kept for as long. Set it to the longest life that the issuer
	// gives its access tokens.
	MaxLifetime time.Duration

	// MaxEntries is how many revocations are kept, those of tokens and those of
	// subjects together: 100,000 if 0, at most 10,000,000. One takes about 250
	// bytes. More of them are refused ([ErrFull]); none is dropped before its time.
	MaxEntries int
}

// NewMemory returns a list in the memory of this process: other processes do not
// know what it holds, and after a restart nobody does. It starts no goroutine; what
// has expired makes room for what is revoked next.
func NewMemory(opts Options) (*List, error) {
	var errs []error
	if opts.MaxEntries < 0 || opts.MaxEntries > maxMaxEntries {
		errs = append(errs, fmt.Errorf("denylist: Options.MaxEntries is %d: use a positive number of at most %d, or 0 for %d", opts.MaxEntries, maxMaxEntries, defaultMaxEntries))
	}
	if opts.MaxEntries == 0 {
		opts.MaxEntries = defaultMaxEntries
	}
	list, err := New(&memory{max: opts.MaxEntries}, opts.MaxLifetime)
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	return list, nil
}

// A memory is a Store. Reading takes no lock, so that cores do not wait for each
// other.
type memory struct {
	max     int
	entries sync.Map // Key to *entry

	mu    sync.Mutex
	queue queue // the same entries, for one writer at a time
}

// An entry is never changed once it can be read, but for its place in the queue.
type entry struct {
	key   Key
	n     int64
	until int64 // Unix time in milliseconds: the wall clock also counts while a machine sleeps
	place int
}

var _ Store = (*memory)(nil)

func (m *memory) Raise(_ context.Context, key Key, n int64, until time.Time) error {
	now := time.Now().UnixMilli()
	e := &entry{key: key, n: n, until: until.UnixMilli()}
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.queue) > 0 && m.queue[0].until <= now {
		m.entries.Delete(heap.Pop(&m.queue).(*entry).key)
	}
	if v, ok := m.entries.Load(key); ok {
		before := v.(*entry)
		e.n, e.until, e.place = max(n, before.n), max(e.until, before.until), before.place
		m.queue[e.place] = e
		heap.Fix(&m.queue, e.place)
		m.entries.Store(key, e)
		return nil
	}
	if len(m.queue) >= m.max {
		return ErrFull
	}
	heap.Push(&m.queue, e)
	m.entries.Store(key, e)
	return nil
}

func (m *memory) Find(_ context.Context, token, subject Key) (tokenN, subjectN int64, err error) {
	now := time.Now().UnixMilli()
	return m.find(token, now), m.find(subject, now), nil
}

func (m *memory) find(key Key, now int64) int64 {
	v, ok := m.entries.Load(key)
	if !ok {
		return 0
	}
	if e := v.(*entry); e.until > now {
		return e.n
	}
	return 0
}

// A queue is a heap with the entry first that expires first.
type queue []*entry

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].until < q[j].until }
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
