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
	"github.com/jwthttp/jwthttp/denylist/internal/contract"
)

func TestMemoryContract(t *testing.T) { contract.Test(t, denylist.NewMemoryStore(10_000)) }

// An entry is there until its time, to the millisecond.
func TestMemoryExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := denylist.NewMemoryStore(10)
		a, b := denylist.Key{1}, denylist.Key{2}
		for key, keep := range map[denylist.Key]time.Duration{a: time.Minute, b: time.Hour} {
			if err := store.Raise(t.Context(), key, 1, time.Now().Add(keep)); err != nil {
				t.Fatal(err)
			}
		}
		for _, test := range []struct {
			wait       time.Duration
			forA, forB int64
		}{{time.Minute - time.Millisecond, 1, 1}, {time.Millisecond, 0, 1}} {
			time.Sleep(test.wait)
			if forA, forB, _ := store.Find(t.Context(), a, b); forA != test.forA || forB != test.forB {
				t.Errorf("found %d and %d, want %d and %d", forA, forB, test.forA, test.forB)
			}
		}
	})
}

func TestMemoryOptions(t *testing.T) {
	for _, test := range []struct {
		name string
		opts denylist.Options
		want []string // parts of the error; none if it is good
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

// A full list refuses new revocations, keeps the old ones, and has room again when
// they have expired.
func TestMemoryFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list := newMemory(t, denylist.Options{MaxEntries: 3, MaxLifetime: 2 * time.Hour})
		auth := contract.Protect[jwt.MapClaims](t, list)
		exp := time.Now().Add(time.Hour)
		for i, keep := range []time.Duration{40 * time.Minute, 20 * time.Minute, time.Hour} {
			if err := list.RevokeToken(t.Context(), "", fmt.Sprint(i), time.Now().Add(keep)); err != nil {
				t.Fatal(err)
			}
		}
		for _, err := range []error{
			list.RevokeToken(t.Context(), "", "3", exp),
			list.RevokeSubject(t.Context(), "", "alice", time.Now()),
		} {
			if !errors.Is(err, denylist.ErrFull) || !errors.Is(err, jwthttp.ErrUnavailable) {
				t.Errorf("error = %v, want ErrFull and ErrUnavailable", err)
			}
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

// Whatever comes, a list holds what a plain map would, and never more than allowed.
func TestMemoryAgainstAMap(t *testing.T) {
	const keys, limit = 40, 25
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			store := denylist.NewMemoryStore(limit)
			list, err := denylist.New(store, 0)
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
				key := denylist.Key{byte(random.IntN(keys))}
				n, until := random.Int64N(100)+1, now.Add(time.Duration(1+random.IntN(60))*time.Second)
				err := store.Raise(t.Context(), key, n, until)
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
					key := denylist.Key{byte(i)}
					if n, _, _ := store.Find(t.Context(), key, key); n != model[key].n {
						t.Fatalf("key %d has %d, want %d", i, n, model[key].n)
					}
				}
			}
		})
	}
}

// For the race detector; and a revocation is seen as soon as it has returned.
func TestMemoryConcurrently(t *testing.T) {
	store := denylist.NewMemoryStore(300)
	var wg sync.WaitGroup
	for worker := range byte(8) {
		wg.Go(func() {
			for i := range byte(100) {
				key := denylist.Key{i, worker % 4}
				keep := time.Hour
				if worker%4 == 3 {
					keep = time.Millisecond
				}
				if err := store.Raise(t.Context(), key, int64(i)+1, time.Now().Add(keep)); err != nil && !errors.Is(err, denylist.ErrFull) {
					t.Error(err)
				} else if n, _, _ := store.Find(t.Context(), key, denylist.Key{0, 9}); err == nil && keep == time.Hour && n != int64(i)+1 {
					t.Errorf("found %d, want %d", n, i+1)
				}
			}
		})
	}
	wg.Wait()
}

// What Options.MaxEntries says an entry takes.
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
	auth, err := jwthttp.New[jwt.RegisteredClaims](jwthttp.HS256(contract.Secret), jwthttp.Options{})
	if err != nil {
		b.Fatal(err)
	}
	raw := contract.Sign(b, jwt.MapClaims{"iss": "https://issuer.example.com", "sub": "alice", "jti": "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"})
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
	if err := store.Raise(b.Context(), key, 1, time.Now().Add(time.Hour)); err != nil {
		b.Fatal(err)
	}
	b.Run("find", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				store.Find(b.Context(), key, denylist.Key{2})
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
