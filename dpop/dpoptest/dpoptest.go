// Package dpoptest tests implementations of [dpop.Store]:
//
//	func TestStore(t *testing.T) {
//		dpoptest.Store(t, mystore.New(addr))
//	}
package dpoptest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jwthttp/jwthttp/dpop"
	"github.com/jwthttp/jwthttp/internal/validate"
)

// Store tests what every store must do. The store is in use by nothing else, and has room for
// 10,000 entries. Several stores are clients of the same one, as those of several instances of a
// service are: each has to know what the others have used. It takes about 3 seconds.
//
// What it cannot test: that a store which is full, or out of reach, returns an error and forgets
// nothing.
func Store(t *testing.T, stores ...dpop.Store) {
	t.Helper()
	if len(stores) == 0 {
		t.Fatal("dpoptest.Store has no store: pass one")
	}
	if slices.ContainsFunc(stores, func(s dpop.Store) bool { return validate.IsNil(s) }) {
		t.Fatal("dpoptest.Store has a nil store: check the error of the function that makes it")
	}
	run := rand.Text() // ids of an earlier run may still be in the store
	id := func(parts ...any) [sha256.Size]byte { return sha256.Sum256(fmt.Append([]byte(run), parts...)) }
	ctx := context.Background()
	use := func(t *testing.T, store dpop.Store, id [sha256.Size]byte, until time.Time, want bool) {
		t.Helper()
		first, err := store.Use(ctx, id, until)
		if err != nil {
			t.Fatalf("Use returned the error %v", err)
		}
		if first != want {
			t.Errorf("Use returned %v, want %v", first, want)
		}
	}
	in := func(d time.Duration) time.Time { return time.Now().Add(d) }

	t.Run("the first use is the only one", func(t *testing.T) {
		for i := range 10 {
			for j := range 3 * len(stores) {
				use(t, stores[j%len(stores)], id("only", i), in(time.Minute), j == 0)
			}
		}
	})
	t.Run("ids that differ in one bit are different", func(t *testing.T) {
		one := id("bits")
		use(t, stores[0], one, in(time.Minute), true)
		for bit := range 8 * len(one) {
			other := one
			other[bit/8] ^= 1 << (bit % 8)
			use(t, stores[0], other, in(time.Minute), true)
			use(t, stores[0], other, in(time.Minute), false)
		}
		var zero [sha256.Size]byte // which an earlier run may have used
		if _, err := stores[0].Use(ctx, zero, in(time.Minute)); err != nil {
			t.Fatalf("Use returned the error %v", err)
		}
		use(t, stores[0], zero, in(time.Minute), false)
	})
	t.Run("of simultaneous uses one is the first", func(t *testing.T) {
		for i := range 50 {
			var first, failed atomic.Int32
			var callers sync.WaitGroup
			for j := range 12 {
				callers.Go(func() {
					ok, err := stores[j%len(stores)].Use(ctx, id("simultaneous", i), in(time.Minute))
					if err != nil {
						failed.Add(1)
					} else if ok {
						first.Add(1)
					}
				})
			}
			callers.Wait()
			if first.Load() != 1 || failed.Load() != 0 {
				t.Fatalf("of 12 calls %d were the first and %d failed", first.Load(), failed.Load())
			}
		}
	})
	t.Run("nothing is forgotten before its time", func(t *testing.T) {
		began := time.Now()
		longer := began.Add(3500 * time.Millisecond)
		use(t, stores[0], id("longer"), longer, true)
		use(t, stores[len(stores)-1], id("longer"), in(time.Millisecond), false) // by an instance with other limits
		var untils []time.Time
		for i := range 25 { // also until a time between two milliseconds, and between two seconds
			until := began.Add(500*time.Millisecond + time.Duration(i)*(100*time.Millisecond+333*time.Microsecond))
			untils = append(untils, until)
			use(t, stores[0], id("until", i), until, true)
		}
		for i, until := range untils {
			time.Sleep(time.Until(until.Add(-50 * time.Millisecond)))
			for j := i; j < len(untils); j++ {
				first, err := stores[j%len(stores)].Use(ctx, id("until", j), untils[j])
				if err != nil {
					t.Fatal(err)
				}
				if first && time.Now().Before(untils[j]) {
					t.Errorf("an entry was forgotten %v before its time", time.Until(untils[j]))
				}
			}
		}
		first, err := stores[0].Use(ctx, id("longer"), longer)
		if err != nil {
			t.Fatal(err)
		}
		if first && time.Now().Before(longer) {
			t.Error("an entry was forgotten, since a later Use had an earlier time: keep the later of both")
		}
	})
	t.Run("many are remembered", func(t *testing.T) {
		const n = 5000
		for i := range n {
			use(t, stores[i%len(stores)], id("many", i), in(time.Minute), true)
		}
		for i := range n {
			use(t, stores[(i+1)%len(stores)], id("many", i), in(time.Minute), false)
		}
	})
	t.Run("with a canceled context, a call fails or is a use", func(t *testing.T) {
		canceled, cancel := context.WithCancel(ctx)
		cancel()
		first, err := stores[0].Use(canceled, id("canceled"), in(time.Minute))
		if err != nil && first {
			t.Error("Use returned true and an error")
		}
		if err == nil {
			if !first {
				t.Error("Use returned false for the first use")
			}
			use(t, stores[0], id("canceled"), in(time.Minute), false)
		}
	})
}
