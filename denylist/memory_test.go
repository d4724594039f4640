package denylist_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/denylist/denylisttest"
	"github.com/jwthttp/jwthttp/internal/tokentest"
)

// find returns the number of one key.
func find(t testing.TB, store denylist.Store, kind denylist.Kind, key denylist.Key) int64 {
	t.Helper()
	var keys [3]denylist.Key
	keys[kind] = key
	found, err := store.Find(t.Context(), keys)
	if err != nil {
		t.Fatal(err)
	}
	return found[kind]
}

func TestMemoryContract(t *testing.T) { denylisttest.Store(t, denylist.NewMemoryStore(10_000)) }

// An entry is found until its time, to the millisecond.
func TestMemoryExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := denylist.NewMemoryStore(10)
		a, b := denylist.Key{1}, denylist.Key{2}
		for key, keep := range map[denylist.Key]time.Duration{a: time.Minute, b: time.Hour} {
			if err := store.Raise(t.Context(), denylist.Subject, key, 1, time.Now().Add(keep)); err != nil {
				t.Fatal(err)
			}
		}
		for _, test := range []struct {
			wait       time.Duration
			forA, forB int64
		}{{time.Minute - time.Millisecond, 1, 1}, {time.Millisecond, 0, 1}} {
			time.Sleep(test.wait)
			if forA, forB := find(t, store, denylist.Subject, a), find(t, store, denylist.Subject, b); forA != test.forA || forB != test.forB {
				t.Errorf("found %d and %d, want %d and %d", forA, forB, test.forA, test.forB)
			}
		}
	})
}

func TestMemoryOptions(t *testing.T) {
	for _, test := range []struct {
		name string
		opts denylist.Options
		want []string // parts of the error; none if there is no error
	}{
		{"zero", denylist.Options{}, nil},
		{"the largest", denylist.Options{MaxLifetime: 366 * 24 * time.Hour, MaxEntries: 10_000_000}, nil},
		{"the smallest", denylist.Options{MaxLifetime: time.Millisecond, MaxEntries: 1}, nil},
		{"negative entries", denylist.Options{MaxEntries: -1}, []string{"Options.MaxEntries is -1: use a positive number of at most 10000000, or 0 for 100000"}},
		{"too many entries", denylist.Options{MaxEntries: 10_000_001}, []string{"Options.MaxEntries is 10000001"}},
		{"negative lifetime", denylist.Options{MaxLifetime: -time.Second}, []string{"MaxLifetime is -1s: use a positive one of at most 8784h0m0s, or 0 for 24h0m0s"}},
		{"too long a lifetime", denylist.Options{MaxLifetime: 366*24*time.Hour + 1}, []string{"MaxLifetime is 8784h0m0.000000001s"}},
		{"no unit", denylist.Options{MaxLifetime: 3600}, []string{"write 3600*time.Second"}},
		{"all at once", denylist.Options{MaxLifetime: -1, MaxEntries: -1}, []string{"MaxLifetime", "MaxEntries"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			list, err := denylist.NewMemory(test.opts)
			if (err == nil) != (test.want == nil) || (list == nil) != (err != nil) {
				t.Fatalf("list %v, error %v", list, err)
			}
			for _, part := range test.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q lacks %q", err, part)
				}
			}
		})
	}
}

// A full list refuses new revocations and keeps the old ones. It has room again after these
// have expired.
func TestMemoryFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list := newMemory(t, denylist.Options{MaxEntries: 3, MaxLifetime: 2 * time.Hour})
		auth := tokentest.Protect[jwt.MapClaims](t, list)
		exp := time.Now().Add(time.Hour)
		for i, keep := range []time.Duration{40 * time.Minute, 20 * time.Minute, time.Hour} {
			if err := list.RevokeToken(t.Context(), "", fmt.Sprint(i), time.Now().Add(keep)); err != nil {
				t.Fatal(err)
			}
		}
		if err := list.RevokeToken(t.Context(), "", "3", exp); !errors.Is(err, denylist.ErrFull) || !errors.Is(err, jwthttp.ErrUnavailable) || errors.Is(err, jwthttp.ErrMisconfigured) {
			t.Errorf("error = %v, want ErrFull and ErrUnavailable", err)
		}
		for _, id := range []string{"0", "1", "2"} {
			want(t, auth, jwt.MapClaims{"jti": id}, denylist.ErrRevoked)
			if err := list.RevokeToken(t.Context(), "", id, time.Now()); err != nil {
				t.Errorf("what is held already needs no room: %v", err)
			}
		}
		want(t, auth, jwt.MapClaims{"jti": "3"}, nil)

		time.Sleep(30*time.Minute - time.Millisecond)
		if err := list.RevokeToken(t.Context(), "", "3", exp); !errors.Is(err, denylist.ErrFull) {
			t.Errorf("error = %v, want ErrFull", err)
		}
		time.Sleep(time.Millisecond)
		if err := list.RevokeToken(t.Context(), "", "3", exp); err != nil {
			t.Errorf("one has expired: %v", err)
		}
		for id, err := range map[string]error{"0": denylist.ErrRevoked, "1": nil, "2": denylist.ErrRevoked, "3": denylist.ErrRevoked} {
			want(t, auth, jwt.MapClaims{"jti": id}, err)
		}
		time.Sleep(2 * time.Hour)
		if err := list.RevokeToken(t.Context(), "", "4", time.Now().Add(time.Hour)); err != nil {
			t.Error(err)
		}
		if n := denylist.Entries(list); n != 1 {
			t.Errorf("%d entries, and all but one have expired", n)
		}
	})
}

// A kind that is full takes no room from the others. An administrator can log a subject out
// however many tokens are in the list.
func TestMemoryFullOfOneKind(t *testing.T) {
	kinds := []denylist.Kind{denylist.Token, denylist.Subject, denylist.Session}
	for _, full := range kinds {
		store := denylist.NewMemoryStore(2)
		raise := func(kind denylist.Kind, n byte) error {
			return store.Raise(t.Context(), kind, denylist.Key{n, byte(kind)}, 1, time.Now().Add(time.Hour))
		}
		if err := errors.Join(raise(full, 1), raise(full, 2)); err != nil {
			t.Fatal(err)
		}
		for n := byte(3); n < 10; n++ {
			for _, kind := range kinds {
				var want error
				if kind == full || n > 4 { // the other kinds have room for two
					want = denylist.ErrFull
				}
				if err := raise(kind, n); !errors.Is(err, want) || (err == nil) != (want == nil) {
					t.Errorf("kind %d is full, error of kind %d = %v, want %v", full, kind, err, want)
				}
			}
		}
	}

	list := newMemory(t, denylist.Options{MaxEntries: 1})
	auth := tokentest.Protect[jwt.MapClaims](t, list)
	if err := list.RevokeToken(t.Context(), "", "1", time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := list.RevokeToken(t.Context(), "", "2", time.Now().Add(time.Hour)); !errors.Is(err, denylist.ErrFull) {
		t.Errorf("error = %v, want ErrFull", err)
	}
	now := time.Now()
	if err := list.RevokeSubject(t.Context(), "", "alice", now); err != nil {
		t.Error(err)
	}
	want(t, auth, jwt.MapClaims{"jti": "2", "sub": "alice", "iat": now.Unix()}, denylist.ErrRevoked)
	want(t, auth, jwt.MapClaims{"jti": "2", "sub": "bob"}, nil)
}

// A revocation outlives a wall clock that is wrong for a while, whenever it was made. It is
// forgotten when both clocks are past its time.
func TestMemoryClockJumps(t *testing.T) {
	const far = 10 * 365 * 24 * time.Hour
	for _, test := range []struct {
		name   string
		raised time.Duration // how far the wall clock is ahead when the revocation is made
		jumps  []time.Duration
	}{
		{"no jump", 0, nil},
		{"ahead for a moment", 0, []time.Duration{far, 0}},
		{"ahead until an hour before", 0, []time.Duration{far, far, far, 0}},
		{"back for a moment", 0, []time.Duration{-far, 0}},
		{"ahead and back", 0, []time.Duration{far, -far, far, 0}},
		{"ahead when it was made", time.Hour, []time.Duration{0}},
		{"further ahead when it was made", 5*time.Hour - time.Minute, []time.Duration{0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := denylist.NewMemoryStore(10)
				ahead := test.raised
				denylist.AheadBy(store, func() int64 { return ahead.Milliseconds() })
				list, err := denylist.New(store, denylist.Options{})
				if err != nil {
					t.Fatal(err)
				}
				key, until := denylist.Key{1}, time.Now().Add(5*time.Hour)
				if err := store.Raise(t.Context(), denylist.Token, key, 7, until); err != nil {
					t.Fatal(err)
				}
				// A list forgets only when it is written to.
				write := func() {
					t.Helper()
					if err := store.Raise(t.Context(), denylist.Token, denylist.Key{2}, 1, time.Now().Add(time.Hour)); err != nil {
						t.Fatal(err)
					}
				}
				wantKept := func() {
					t.Helper()
					if n := find(t, store, denylist.Token, key); n != 7 {
						t.Errorf("%v before its time, ahead by %v: found %d", time.Until(until), ahead, n)
					}
				}
				for _, ahead = range append(test.jumps, 0) {
					wantKept()
					write()
					wantKept()
					time.Sleep(30 * time.Minute)
				}
				ahead = 0
				time.Sleep(time.Until(until) - time.Millisecond)
				write()
				wantKept()
				time.Sleep(time.Millisecond + 10*time.Minute) // an entry that was looked at again is kept that long
				if n := find(t, store, denylist.Token, key); n != 0 {
					t.Errorf("found %d after its time", n)
				}
				write()
				if n := denylist.Entries(list); n != 1 {
					t.Errorf("%d entries, want 1", n)
				}
			})
		})
	}
}

// The time of an entry ends while the wall clock is years slow. The entry is kept until some
// minutes after the clock was corrected.
func TestMemoryPutBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := denylist.NewMemoryStore(3)
		ahead := time.Duration(0)
		denylist.AheadBy(store, func() int64 { return ahead.Milliseconds() })
		key := denylist.Key{1}
		raise := func(key denylist.Key) {
			t.Helper()
			if err := store.Raise(t.Context(), denylist.Token, key, 1, time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		raise(key)
		ahead = -10 * 365 * 24 * time.Hour
		for range 12 {
			time.Sleep(25 * time.Minute)
			raise(denylist.Key{2})
			if n := find(t, store, denylist.Token, key); n != 1 {
				t.Errorf("found %d while the clock is slow", n)
			}
		}
		ahead = 0
		time.Sleep(10 * time.Minute)
		if n := find(t, store, denylist.Token, key); n != 0 {
			t.Errorf("found %d, although both clocks are past its time", n)
		}
	})
}

// An entry that was made while the wall clock was years ahead is kept for years. It takes no
// more room than one entry.
func TestMemoryMadeAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := denylist.NewMemoryStore(3)
		ahead := 10 * 365 * 24 * time.Hour
		denylist.AheadBy(store, func() int64 { return ahead.Milliseconds() })
		raise := func(key denylist.Key, until time.Time) error {
			return store.Raise(t.Context(), denylist.Token, key, 1, until)
		}
		stuck := denylist.Key{1}
		if err := raise(stuck, time.Now().Add(ahead+time.Minute)); err != nil {
			t.Fatal(err)
		}
		ahead = 0
		for i := range byte(100) {
			for j := range byte(2) {
				if err := raise(denylist.Key{2, i, j}, time.Now().Add(time.Minute)); err != nil {
					t.Fatalf("after %d rounds: %v", i, err)
				}
			}
			if err := raise(denylist.Key{3}, time.Now().Add(time.Minute)); !errors.Is(err, denylist.ErrFull) {
				t.Fatalf("error = %v, want ErrFull", err)
			}
			time.Sleep(time.Minute)
		}
		if n := find(t, store, denylist.Token, stuck); n != 1 {
			t.Errorf("found %d", n)
		}
	})
}

// However the wall clock jumps, no number is lost before both clocks are past its time. All
// numbers are forgotten some time later.
func TestMemoryNeverForgetsEarly(t *testing.T) {
	const keys = 20
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 2))
			store := denylist.NewMemoryStore(keys)
			var ahead time.Duration
			denylist.AheadBy(store, func() int64 { return ahead.Milliseconds() })
			list, err := denylist.New(store, denylist.Options{})
			if err != nil {
				t.Fatal(err)
			}
			type kept struct {
				n            int64
				wall, steady time.Time // the end by each clock; the steady clock is the test's
			}
			model := map[denylist.Key]kept{}
			isOver := func(k kept) bool { return !k.wall.After(time.Now().Add(ahead)) && !k.steady.After(time.Now()) }
			for range 1000 {
				time.Sleep(time.Duration(random.IntN(120)) * time.Second)
				if random.IntN(5) == 0 {
					ahead = []time.Duration{0, time.Hour, -time.Hour, 100 * time.Hour, -100 * time.Hour}[random.IntN(5)]
				}
				key := denylist.Key{byte(random.IntN(keys)), 1}
				n, keep := random.Int64N(100)+1, time.Duration(random.IntN(3600))*time.Second
				until := time.Now().Add(ahead + keep)
				if err := store.Raise(t.Context(), denylist.Token, key, n, until); err != nil {
					t.Fatal(err)
				}
				k := kept{n, until, time.Now().Add(keep)}
				if before, ok := model[key]; ok && !isOver(before) {
					k.n = max(k.n, before.n)
					if before.wall.After(k.wall) {
						k.wall = before.wall
					}
					if before.steady.After(k.steady) {
						k.steady = before.steady
					}
				}
				model[key] = k
				for key, k := range model {
					if isOver(k) {
						delete(model, key)
					} else if n := find(t, store, denylist.Token, key); n < k.n {
						t.Fatalf("key %d has %d, want %d or more", key[0], n, k.n)
					}
				}
			}
			ahead = 0
			time.Sleep(200 * time.Hour)
			if err := store.Raise(t.Context(), denylist.Subject, denylist.Key{1}, 1, time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			if n := denylist.Entries(list); n != 1 {
				t.Errorf("%d entries after all, want 1", n)
			}
		})
	}
}

// After any operations, a list has the entries that a plain map would have, and never more
// than its limit.
func TestMemoryAgainstAMap(t *testing.T) {
	const keys, limit = 40, 25
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			store := denylist.NewMemoryStore(limit)
			list, err := denylist.New(store, denylist.Options{})
			if err != nil {
				t.Fatal(err)
			}
			type kept struct {
				n     int64
				until time.Time
			}
			model := map[denylist.Key]kept{}
			for range 2000 {
				time.Sleep(time.Duration(random.IntN(3)) * time.Second)
				now := time.Now()
				for key, k := range model {
					if !k.until.After(now) {
						delete(model, key)
					}
				}
				key := denylist.Key{byte(random.IntN(keys)), 1}
				n, until := random.Int64N(100)+1, now.Add(time.Duration(1+random.IntN(60))*time.Second)
				err := store.Raise(t.Context(), denylist.Token, key, n, until)
				before, known := model[key]
				if !known && len(model) == limit {
					if !errors.Is(err, denylist.ErrFull) {
						t.Fatalf("error = %v, want ErrFull", err)
					}
				} else if err != nil {
					t.Fatal(err)
				} else {
					if before.until.After(until) {
						until = before.until
					}
					model[key] = kept{max(n, before.n), until}
				}
				if n := denylist.Entries(list); n != len(model) {
					t.Fatalf("%d entries, want %d", n, len(model))
				}
				for i := range keys {
					key := denylist.Key{byte(i), 1}
					if n := find(t, store, denylist.Token, key); n != model[key].n {
						t.Fatalf("key %d has %d, want %d", i, n, model[key].n)
					}
				}
			}
		})
	}
}

// Concurrent revocations are found as soon as they return, under the race detector as well.
func TestMemoryConcurrently(t *testing.T) {
	store := denylist.NewMemoryStore(300)
	var wg sync.WaitGroup
	for worker := range byte(8) {
		wg.Go(func() {
			for i := range byte(100) {
				key := denylist.Key{i, worker % 4, 1}
				keep := time.Hour
				if worker%4 == 3 {
					keep = time.Millisecond
				}
				kind := denylist.Kind(worker % 3)
				if err := store.Raise(t.Context(), kind, key, int64(i)+1, time.Now().Add(keep)); err != nil && !errors.Is(err, denylist.ErrFull) {
					t.Error(err)
				} else if n := find(t, store, kind, key); err == nil && keep == time.Hour && n != int64(i)+1 {
					t.Errorf("found %d, want %d", n, i+1)
				}
			}
		})
	}
	wg.Wait()
}

// An entry takes as much memory as Options.MaxEntries says.
func TestMemoryPerEntry(t *testing.T) {
	const n = 100_000
	heap := func() uint64 {
		var stats runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	before := heap()
	list := newMemory(t, denylist.Options{})
	for i := range n {
		if err := list.RevokeToken(t.Context(), "", fmt.Sprint(i), time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	after := heap()
	runtime.KeepAlive(list)
	per := (int64(after) - int64(before)) / n
	t.Logf("%d bytes an entry", per)
	if per > 300 {
		t.Errorf("%d bytes an entry", per)
	}
}

func BenchmarkMemoryCheck(b *testing.B) {
	list := newMemory(b, denylist.Options{})
	for i := range 50_000 {
		if err := list.RevokeToken(b.Context(), "", fmt.Sprint(i), time.Now().Add(time.Hour)); err != nil {
			b.Fatal(err)
		}
	}
	auth, err := jwthttp.New[jwt.RegisteredClaims](jwthttp.HS256(tokentest.Secret), jwthttp.Options{})
	if err != nil {
		b.Fatal(err)
	}
	raw := tokentest.Sign(b, jwt.MapClaims{"iss": "https://issuer.example.com", "sub": "alice", "jti": "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"})
	token, err := auth.Verify(b.Context(), raw)
	if err != nil {
		b.Fatal(err)
	}
	check := denylist.Check[jwt.RegisteredClaims](list)
	b.Run("registered", func(b *testing.B) {
		for b.Loop() {
			token.Registered()
		}
	})
	b.Run("check", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := check(b.Context(), token); err != nil {
					b.Error(err)
				}
			}
		})
	})
	store := denylist.NewMemoryStore(10)
	key := denylist.Key{1}
	if err := store.Raise(b.Context(), denylist.Token, key, 1, time.Now().Add(time.Hour)); err != nil {
		b.Fatal(err)
	}
	b.Run("find", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				store.Find(b.Context(), [3]denylist.Key{key, {2}})
			}
		})
	})
	b.Run("verify", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := auth.Verify(b.Context(), raw); err != nil {
					b.Error(err)
				}
			}
		})
	})
}
