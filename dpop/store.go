package dpop

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash/maphash"
	"math"
	"math/bits"
	"sync"
	"time"

	"github.com/jwthttp/jwthttp"
)

// A Store remembers which proofs were used, for all instances of a service. Test one of your own
// with package dpoptest. It is safe for concurrent use.
type Store interface {
	// Use remembers id at least until then, and reports whether it was not remembered yet. A later
	// Use with an earlier time, by an instance with other limits, shortens nothing.
	//
	//   - Both happen in one step: of several calls at the same time, in whatever process, one
	//     returns true.
	//   - A store that is full, or out of reach, returns an error, which is a 503. It forgets
	//     nothing before its time.
	//   - If a clock jumps, it remembers for too long rather than too short.
	//
	// id is a digest of a key and a jti. until is at most 8 minutes ahead. ctx is that
	// of the request.
	Use(ctx context.Context, id [sha256.Size]byte, until time.Time) (first bool, err error)
}

const (
	defaultMaxEntries = 1_000_000
	maxMaxEntries     = 10_000_000

	shards        = 16
	minPerShard   = 4096 // with fewer, there is one shard
	minSlots      = 64
	usedOf100     = 85      // slots of a table, at most
	startingClock = 1 << 30 // so that a wall clock can be set back, by 34 years
)

// A Memory is a [Store] in the memory of this process. Other processes do not see it. An entry
// takes less than 50 bytes in a full store, and up to 95 before, none of them a pointer. It starts no
// goroutine.
//
// An entry is forgotten only when both the wall clock and the monotonic clock say that its time is
// over. So a wall clock that is wrong for a while loses none.
type Memory struct {
	now    func() instant
	start  int64 // Unix time of the wall clock that is 0
	seed   maphash.Seed
	shards []shard
}

// An instant is the time of two clocks, in seconds since the memory was made, plus startingClock. It
// is not zero, since a slot with zeros is empty.
type instant struct {
	wall   uint32 // It counts while a machine sleeps, and may jump.
	steady uint32 // It never jumps, and may stand still while a machine sleeps.
}

// A shard is a hash table with open addressing. Shards do not wait for each other.
type shard struct {
	mu    sync.Mutex
	limit int // of entries
	used  int // slots that are not empty, also by entries whose time is over
	swept instant
	slots []slot
}

type slot struct {
	id    [sha256.Size]byte
	until instant // zero if the slot is empty
}

// NewMemory returns a store for about this many entries: 1,000,000 if 0, which take 50 MB, at most
// 10,000,000. Memory is taken as it is needed. A full store refuses further proofs with an error
// that wraps [jwthttp.ErrUnavailable]. An entry is needed for MaxAge and twice the Leeway, 80
// seconds by default, so a million is enough for 12,500 requests a second.
func NewMemory(maxEntries int) (*Memory, error) {
	if maxEntries < 0 || maxEntries > maxMaxEntries {
		return nil, fmt.Errorf("dpop: NewMemory has %d entries: use a positive number of at most %d, or 0 for %d", maxEntries, maxMaxEntries, defaultMaxEntries)
	}
	if maxEntries == 0 {
		maxEntries = defaultMaxEntries
	}
	start := time.Now()
	m := &Memory{start: start.Unix() - startingClock, seed: maphash.MakeSeed()}
	m.now = func() instant {
		now := time.Now()
		return instant{m.wall(now), clamp(int64(now.Sub(start)/time.Second) + startingClock)}
	}
	n, limit := shards, maxEntries/shards
	if limit < minPerShard {
		n, limit = 1, maxEntries
	} else {
		limit += 5 * int(math.Sqrt(float64(limit))) // a shard gets some more than another
	}
	m.shards = make([]shard, n)
	for i := range m.shards {
		m.shards[i].limit = limit
	}
	return m, nil
}

// wall returns a time of the wall clock, rounded down.
func (m *Memory) wall(t time.Time) uint32 { return clamp(t.Unix() - m.start) }

func clamp(seconds int64) uint32 { return uint32(min(max(seconds, 1), math.MaxUint32)) }

// Use implements [Store].
func (m *Memory) Use(_ context.Context, id [sha256.Size]byte, until time.Time) (first bool, err error) {
	hash := maphash.Bytes(m.seed, id[:])
	s := &m.shards[hash%uint64(len(m.shards))]
	now := m.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	wall := clamp(int64(m.wall(until)) + 1) // rounded up
	steady := clamp(int64(now.steady) + 1 + int64(wall) - int64(now.wall))
	return s.use(m, slot{id, instant{wall, steady}}, hash, now)
}

var errFull = fmt.Errorf("%w: dpop: the store of used proofs is full: pass a larger number to NewMemory, or lower Options.MaxAge", jwthttp.ErrUnavailable)

func (s *shard) use(m *Memory, e slot, hash uint64, now instant) (first bool, err error) {
	if s.used >= s.most() {
		s.sweep(m, now)
	}
	// The id is at most where the first empty slot is.
	var free *slot
	for i := s.place(hash); ; i = (i + 1) % len(s.slots) {
		at := &s.slots[i]
		isEmpty := at.until == instant{}
		if isEmpty || at.until.isOver(now) {
			if free == nil {
				free = at
			}
		} else if at.id == e.id {
			return false, nil
		}
		if isEmpty {
			break
		}
	}
	if isEmpty := free.until == (instant{}); isEmpty {
		if s.used >= s.limit {
			return false, errFull
		}
		s.used++
	}
	*free = e
	return true, nil
}

// isOver reports whether both clocks say that a time is over.
func (until instant) isOver(now instant) bool {
	return until.wall <= now.wall && until.steady <= now.steady
}

// place returns where an id is looked for first.
func (s *shard) place(hash uint64) int {
	high, _ := bits.Mul64(hash, uint64(len(s.slots)))
	return int(high)
}

// most returns how many slots of the table may be used.
func (s *shard) most() int { return min(len(s.slots)*usedOf100/100, s.limit) }

// sweep drops the entries whose time is over, and takes more memory if few are.
func (s *shard) sweep(m *Memory, now instant) {
	if s.used >= s.limit && s.swept == now {
		return // there is nothing to drop
	}
	s.swept = now
	live := 0
	for i := range s.slots {
		if s.slots[i].until != (instant{}) && !s.slots[i].until.isOver(now) {
			live++
		}
	}
	size := len(s.slots)
	if live >= s.most()*3/4 {
		size = min(max(2*size, minSlots), s.limit*100/usedOf100+1) // more than limit, so one is empty
	}
	if live == s.used && size == len(s.slots) {
		return
	}
	before := s.slots
	s.slots, s.used = make([]slot, size), live
	for _, e := range before {
		if e.until == (instant{}) || e.until.isOver(now) {
			continue
		}
		i := s.place(maphash.Bytes(m.seed, e.id[:]))
		for s.slots[i].until != (instant{}) {
			i = (i + 1) % len(s.slots)
		}
		s.slots[i] = e
	}
}
