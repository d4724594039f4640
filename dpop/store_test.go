package dpop_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"testing"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/dpop"
	"github.com/jwthttp/jwthttp/dpop/dpoptest"
)

func newMemory(t testing.TB, maxEntries int) *dpop.Memory {
	t.Helper()
	m, err := dpop.NewMemory(maxEntries)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func idOf(n int) (id [sha256.Size]byte) { return sha256.Sum256(fmt.Append(nil, n)) }

func use(t testing.TB, m *dpop.Memory, id [sha256.Size]byte, until time.Time) bool {
	t.Helper()
	first, err := m.Use(context.Background(), id, until)
	if err != nil {
		t.Fatal(err)
	}
	return first
}

func TestMemoryContract(t *testing.T) {
	m := newMemory(t, 0)
	if first, err := m.Use(t.Context(), [sha256.Size]byte{}, time.Now().Add(time.Minute)); !first || err != nil { // as by an earlier run
		t.Fatal(first, err)
	}
	dpoptest.Store(t, m)
}

// A million entries take at most 50 MB, and hold no pointer for the collector to follow. Digests
// are usual, but numbers are as good.
func TestMemoryBytes(t *testing.T) {
	heap := func() uint64 {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	before := heap()
	m := newMemory(t, 0)
	until := time.Now().Add(time.Hour)
	var id [sha256.Size]byte
	const n = 1_000_000
	for i := range n {
		binary.BigEndian.PutUint64(id[24:], uint64(i))
		if !use(t, m, id, until) {
			t.Fatal(i)
		}
	}
	if used := heap() - before; used > 50_000_000 {
		t.Errorf("%d bytes", used)
	}
	for i := n; ; i++ {
		binary.BigEndian.PutUint64(id[24:], uint64(i))
		if _, err := m.Use(context.Background(), id, until); err != nil {
			if !errors.Is(err, jwthttp.ErrUnavailable) {
				t.Error(err)
			}
			break
		}
		if i > n*21/20 {
			t.Fatal("it is never full")
		}
	}
	binary.BigEndian.PutUint64(id[24:], 0)
	if use(t, m, id, until) {
		t.Error("an entry was forgotten")
	}
	slots := reflect.ValueOf(m).Elem().FieldByName("shards").Index(0).FieldByName("slots").Type().Elem()
	if hasPointers(slots) {
		t.Errorf("%v has a pointer", slots)
	}
}

func hasPointers(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			if hasPointers(t.Field(i).Type) {
				return true
			}
		}
		return false
	case reflect.Array:
		return hasPointers(t.Elem())
	}
	return t.Kind() > reflect.Complex128
}

// A full memory refuses, and forgets nothing. It has room again when entries are over.
func TestMemoryIsFull(t *testing.T) {
	for _, limit := range []int{1, 2, 3, 100, 5000} {
		var wall, steady int
		m := newMemory(t, limit)
		m.SetClocks(&wall, &steady)
		for i := range limit {
			if !use(t, m, idOf(i), m.At(60+i%2)) {
				t.Fatal(i)
			}
		}
		for range 3 {
			if first, err := m.Use(context.Background(), idOf(-1), m.At(60)); first || !errors.Is(err, jwthttp.ErrUnavailable) || !contains(err, "NewMemory") {
				t.Errorf("%d: %v, %v", limit, first, err)
			}
			if use(t, m, idOf(0), m.At(60)) || use(t, m, idOf(limit-1), m.At(60)) {
				t.Errorf("%d: an entry was forgotten", limit)
			}
			wall, steady = wall+20, steady+20
		}
		wall, steady = 62, 62 // those until 60 are over, rounded up
		for i := range (limit + 1) / 2 {
			if !use(t, m, idOf(1000_000+i), m.At(200)) {
				t.Fatal(i)
			}
		}
		if limit > 1 && use(t, m, idOf(1), m.At(61)) {
			t.Errorf("%d: one until 61 was forgotten", limit)
		}
	}
}

// Against a map, with times that pass, and few ids that come again and again.
func TestMemoryAgainstAMap(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var wall, steady int
	m := newMemory(t, 3000)
	m.SetClocks(&wall, &steady)
	model := map[int]int{} // until when
	for step := range 200_000 {
		if step%50 == 0 {
			wall, steady = wall+1, steady+1
		}
		n, until := rnd.IntN(4000), wall+1+rnd.IntN(30)
		want := model[n] < wall
		got := use(t, m, idOf(n), m.At(until))
		if model[n] != wall && model[n] != wall-1 && got != want { // it rounds up, by a second for each clock
			t.Fatalf("step %d: %d until %d at %d: %v", step, n, model[n], wall, got)
		}
		if got {
			model[n] = until
		}
	}
}

// An entry is over only when both clocks say so.
func TestMemoryClocks(t *testing.T) {
	for _, tc := range []struct {
		name         string
		wall, steady int // later
		forgotten    bool
	}{
		{"both before its time", 59, 59, false},
		{"at its time", 60, 60, false},
		{"after it", 63, 63, true},
		{"the wall clock was put forward", 4000, 5, false},
		{"the wall clock was put back", -1, 100, false},
		{"the machine slept", 4000, 1, false},
		{"the machine slept, and time passed", 4000, 63, true},
	} {
		wall, steady := 0, 0
		m := newMemory(t, 100)
		m.SetClocks(&wall, &steady)
		if !use(t, m, idOf(1), m.At(60)) {
			t.Fatal(tc.name)
		}
		wall, steady = tc.wall, tc.steady
		if got := use(t, m, idOf(1), m.At(tc.wall+60)); got != tc.forgotten {
			t.Errorf("%s: forgotten %v", tc.name, got)
		}
	}
}

// A clock that was ahead when the memory was made, and then was set back, keeps nothing for longer.
func TestMemoryClockWasAhead(t *testing.T) {
	const day = 24 * 60 * 60
	wall, steady := 0, 0
	m := newMemory(t, 100)
	m.SetClocks(&wall, &steady)
	use(t, m, idOf(0), m.At(60)) // it could pass a day later
	for i := range 1000 {
		wall, steady = -day+20*i, 20*i
		if !use(t, m, idOf(1+i), m.At(wall+60)) || use(t, m, idOf(1+i), m.At(wall+60)) {
			t.Fatal(i)
		}
		if i >= 4 && !use(t, m, idOf(1+i-4), m.At(wall+60)) {
			t.Fatalf("step %d: an entry was not forgotten", i)
		}
	}
	if use(t, m, idOf(0), m.At(60)) {
		t.Error("what could still pass was forgotten")
	}
}

func TestMemoryTimes(t *testing.T) {
	m := newMemory(t, 100)
	for name, until := range map[string]time.Time{"far away": dpop.FarAway, "zero": {}, "now": time.Now(), "in 1970": time.Unix(0, 0)} {
		if !use(t, m, sha256.Sum256([]byte(name)), until) {
			t.Errorf("%s is not the first", name)
		}
	}
	if use(t, m, sha256.Sum256([]byte("far away")), dpop.FarAway) {
		t.Error("far away is over")
	}
}

func TestNewMemoryErrors(t *testing.T) {
	for _, n := range []int{-1, 10_000_001} {
		if m, err := dpop.NewMemory(n); m != nil || !contains(err, "dpop: NewMemory") {
			t.Errorf("%d: %v", n, err)
		}
	}
}

// No use of a memory takes long, whatever is in it, and none takes memory but for its table.
func TestMemoryAllocations(t *testing.T) {
	m := newMemory(t, 1000)
	until := time.Now().Add(time.Hour)
	for i := range 500 {
		use(t, m, idOf(i), until)
	}
	ctx, id := context.Background(), idOf(7)
	if n := testing.AllocsPerRun(100, func() { m.Use(ctx, id, until) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
