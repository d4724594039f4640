// Package contract tests what every denylist.Store and a List of it must do.
package contract

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/denylist"
)

// Secret signs the tokens of [Sign].
var Secret = []byte("0123456789abcdef0123456789abcdef")

// Sign returns a token with these claims, and iat and exp an hour apart unless they
// are there; nil takes one away.
func Sign(t testing.TB, claims jwt.MapClaims) string {
	t.Helper()
	all := jwt.MapClaims{"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()}
	for name, value := range claims {
		all[name] = value
		if value == nil {
			delete(all, name)
		}
	}
	raw, err := jwt.NewWithClaims(jwt.SigningMethodHS256, all).SignedString(Secret)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// Protect returns a middleware with list before it.
func Protect[C any](t testing.TB, list *denylist.List) *jwthttp.Middleware[C] {
	t.Helper()
	auth, err := jwthttp.New(jwthttp.HS256(Secret), jwthttp.Options{MaxTokenBytes: 64 << 10}, denylist.Check[C](list))
	if err != nil {
		t.Fatal(err)
	}
	return auth
}

// Test tests a store that nothing else uses.
func Test(t *testing.T, store denylist.Store) {
	t.Run("list", func(t *testing.T) { testList(t, store) })
	t.Run("store", func(t *testing.T) { testStore(t, store) })
}

// who has a token: its iss, sub and jti, and for how many seconds.
type who struct {
	iss, sub, jti string
	age           int
}

func testList(t *testing.T, store denylist.Store) {
	now := time.Now()
	ago := func(seconds int) time.Time { return now.Add(-time.Duration(seconds) * time.Second) }
	token := func(iss, jti string) func(*denylist.List) error {
		return func(l *denylist.List) error { return l.RevokeToken(context.Background(), iss, jti, now.Add(time.Hour)) }
	}
	subject := func(iss, sub string, upTo time.Time) func(*denylist.List) error {
		return func(l *denylist.List) error { return l.RevokeSubject(context.Background(), iss, sub, upTo) }
	}
	long := strings.Repeat("long", 1500)

	// Ids are used by one case each, for they share the store.
	for _, test := range []struct {
		name            string
		revoke          []func(*denylist.List) error
		refused, passes []who
	}{
		{
			name:   "nothing",
			passes: []who{{"i0", "s", "j", 10}, {"i0", "s", "", 10}, {"i0", "", "j", 10}, {"", "s0", "j0", 10}},
		}, {
			name:    "a token",
			revoke:  []func(*denylist.List) error{token("i1", "j")},
			refused: []who{{"i1", "s", "j", 10}, {"i1", "other", "j", 10}, {"i1", "", "j", 10}},
			passes:  []who{{"i1", "s", "J", 10}, {"i1", "s", "j2", 10}, {"i1", "s", "", 10}, {"other", "s", "j", 10}, {"", "s", "j", 10}, {"i1", "j", "s", 10}, {"i1", "j", "", 10}},
		}, {
			name:    "a token twice",
			revoke:  []func(*denylist.List) error{token("i2", "j"), token("i2", "j")},
			refused: []who{{"i2", "s", "j", 10}},
		}, {
			name:    "a token without issuer",
			revoke:  []func(*denylist.List) error{token("", "j3")},
			refused: []who{{"", "s", "j3", 10}},
			passes:  []who{{"j3", "s", "", 10}, {"i3", "s", "j3", 10}},
		}, {
			name:    "a subject",
			revoke:  []func(*denylist.List) error{subject("i4", "s", ago(60))},
			refused: []who{{"i4", "s", "j", 1000}, {"i4", "s", "", 61}, {"i4", "s", "j2", 60}},
			passes:  []who{{"i4", "s", "j", 59}, {"i4", "S", "j", 1000}, {"other", "s", "j", 1000}, {"", "s", "j", 1000}, {"i4", "j", "s", 1000}, {"i4", "", "s", 1000}},
		}, {
			name:    "a subject again, later",
			revoke:  []func(*denylist.List) error{subject("i5", "s", ago(60)), subject("i5", "s", ago(30))},
			refused: []who{{"i5", "s", "j", 30}},
			passes:  []who{{"i5", "s", "j", 29}},
		}, {
			name:    "a subject again, earlier",
			revoke:  []func(*denylist.List) error{subject("i6", "s", ago(30)), subject("i6", "s", ago(60))},
			refused: []who{{"i6", "s", "j", 30}},
			passes:  []who{{"i6", "s", "j", 29}},
		}, {
			name:    "a subject up to now",
			revoke:  []func(*denylist.List) error{subject("i7", "s", now)},
			refused: []who{{"i7", "s", "j", 0}},
			passes:  []who{{"i7", "s", "j", -2}},
		}, {
			name:    "where the issuer ends",
			revoke:  []func(*denylist.List) error{token("i8", "8j"), subject("i8\x00", "s", now)},
			refused: []who{{"i8", "s", "8j", 10}, {"i8\x00", "s", "j", 10}},
			passes:  []who{{"i88", "s", "j", 10}, {"i", "s", "88j", 10}, {"i8", "\x00s", "j", 10}, {"i8", "s\x00", "j", 10}, {"", "s", "i88j", 10}},
		}, {
			name:    "long ids",
			revoke:  []func(*denylist.List) error{token("i9", long), subject("i9", long, now)},
			refused: []who{{"i9", "s", long, 10}, {"i9", long, "j", 10}},
			passes:  []who{{"i9", "s", long + "x", 10}, {"i9", long + "x", long[1:], 10}},
		}, {
			name:    "odd ids",
			revoke:  []func(*denylist.List) error{token("i10", "a b\r\n:{}*é\x00"), subject("i10", "\r\nFLUSHALL\r\n", now)},
			refused: []who{{"i10", "s", "a b\r\n:{}*é\x00", 10}, {"i10", "\r\nFLUSHALL\r\n", "j", 10}},
			passes:  []who{{"i10", "s", "a b\r\n:{}*é", 10}, {"i10", "FLUSHALL", "j", 10}},
		}, {
			name: "what has expired",
			revoke: []func(*denylist.List) error{
				subject("i11", "s", ago(100_000)),
				func(l *denylist.List) error { return l.RevokeToken(context.Background(), "i11", "j", ago(601)) },
			},
			passes: []who{{"i11", "s", "j", 1000}}, // no issuer uses a jti again, and there is nothing to keep
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			list, err := denylist.New(store, 0)
			if err != nil {
				t.Fatal(err)
			}
			auth := Protect[jwt.MapClaims](t, list)
			for _, revoke := range test.revoke {
				if err := revoke(list); err != nil {
					t.Fatal(err)
				}
			}
			verify := func(w who, want error) {
				t.Helper()
				claims := jwt.MapClaims{"iat": ago(w.age).Unix()}
				for name, value := range map[string]string{"iss": w.iss, "sub": w.sub, "jti": w.jti} {
					if value != "" {
						claims[name] = value
					}
				}
				if _, err := auth.Verify(t.Context(), Sign(t, claims)); !errors.Is(err, want) {
					t.Errorf("%.60q: error = %v, want %v", fmt.Sprint(w), err, want)
				}
			}
			for _, w := range test.refused {
				verify(w, denylist.ErrRevoked)
			}
			for _, w := range test.passes {
				verify(w, nil)
			}
		})
	}
}

func testStore(t *testing.T, store denylist.Store) {
	raise := func(t *testing.T, key denylist.Key, n int64, keep time.Duration) {
		t.Helper()
		if err := store.Raise(t.Context(), key, n, time.Now().Add(keep)); err != nil {
			t.Fatal(err)
		}
	}
	find := func(t *testing.T, token, subject denylist.Key) [2]int64 {
		t.Helper()
		a, b, err := store.Find(t.Context(), token, subject)
		if err != nil {
			t.Fatal(err)
		}
		return [2]int64{a, b}
	}
	none := denylist.Key{0}

	t.Run("two keys", func(t *testing.T) {
		a, b := denylist.Key{1}, denylist.Key{31: 1}
		raise(t, a, 5, time.Hour)
		raise(t, b, 253402300799, time.Hour)
		for _, test := range []struct {
			token, subject denylist.Key
			want           [2]int64
		}{
			{a, b, [2]int64{5, 253402300799}},
			{b, a, [2]int64{253402300799, 5}},
			{a, none, [2]int64{5, 0}},
			{none, b, [2]int64{0, 253402300799}},
			{none, none, [2]int64{0, 0}},
			{a, a, [2]int64{5, 5}},
		} {
			if got := find(t, test.token, test.subject); got != test.want {
				t.Errorf("found %v, want %v", got, test.want)
			}
		}
	})

	t.Run("at the same time", func(t *testing.T) {
		key := denylist.Key{2}
		var wg sync.WaitGroup
		for n := range int64(200) {
			wg.Go(func() {
				n := n*37%200 + 1 // 1 to 200, in no order
				if err := store.Raise(t.Context(), key, n, time.Now().Add(time.Hour)); err != nil {
					t.Error(err)
				}
				if got, _, err := store.Find(t.Context(), key, none); err != nil || got < n {
					t.Errorf("found %d and %v after %d", got, err, n)
				}
			})
		}
		wg.Wait()
		if got := find(t, key, none); got[0] != 200 {
			t.Errorf("found %d", got[0])
		}
	})

	// The number is the highest and the time the longest, each for itself.
	t.Run("until then", func(t *testing.T) {
		const short, soon = time.Second, 1500 * time.Millisecond
		gone, longer, shorter := denylist.Key{3}, denylist.Key{4}, denylist.Key{5}
		raise(t, longer, 9, short)
		raise(t, longer, 7, time.Hour)
		raise(t, shorter, 7, time.Hour)
		raise(t, shorter, 9, short)
		raise(t, gone, 7, time.Hour/2)
		if got := find(t, gone, none); got[0] != 7 {
			t.Errorf("found %d, want 7", got[0])
		}
		gone = denylist.Key{6}
		raise(t, gone, 7, short)
		time.Sleep(soon)
		if got := find(t, longer, shorter); got != [2]int64{9, 9} {
			t.Errorf("found %v, want 9 and 9", got)
		}
		if got := find(t, gone, none); got[0] != 0 {
			t.Errorf("found %d, which has expired", got[0])
		}
		raise(t, denylist.Key{7}, 7, -time.Millisecond) // nothing to keep is no failure
		raise(t, gone, 3, time.Hour)
		if got := find(t, gone, none); got[0] != 3 {
			t.Errorf("found %d, want 3: the number before had expired", got[0])
		}
	})
}
