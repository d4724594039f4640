// Package denylisttest tests what every denylist.Store must do, and a denylist.List of it.
package denylisttest

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

// Sign returns a token with these claims. iat is now and exp an hour ahead, unless claims has
// them. A claim that is nil is left out.
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

// Protect returns a middleware that checks list.
func Protect[C any](t testing.TB, list *denylist.List) *jwthttp.Middleware[C] {
	t.Helper()
	auth, err := jwthttp.New(jwthttp.HS256(Secret), jwthttp.Options{MaxTokenBytes: 64 << 10}, denylist.Check[C](list))
	if err != nil {
		t.Fatal(err)
	}
	return auth
}

// Test tests a store. Nothing else may use it.
func Test(t *testing.T, store denylist.Store) {
	t.Run("list", func(t *testing.T) { testList(t, store) })
	t.Run("store", func(t *testing.T) { testStore(t, store) })
}

// An id is what a list knows of a token: iss, sub and jti, and its age in seconds.
type id struct {
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

	// The cases share the store, so each has ids of its own.
	for _, test := range []struct {
		name            string
		revoke          []func(*denylist.List) error
		refused, passes []id
	}{
		{
			name:   "nothing",
			passes: []id{{"i0", "s", "j", 10}, {"i0", "s", "", 10}, {"i0", "", "j", 10}, {"", "s0", "j0", 10}},
		}, {
			name:    "a token",
			revoke:  []func(*denylist.List) error{token("i1", "j")},
			refused: []id{{"i1", "s", "j", 10}, {"i1", "other", "j", 10}, {"i1", "", "j", 10}},
			passes:  []id{{"i1", "s", "J", 10}, {"i1", "s", "j2", 10}, {"i1", "s", "", 10}, {"other", "s", "j", 10}, {"", "s", "j", 10}, {"i1", "j", "s", 10}, {"i1", "j", "", 10}},
		}, {
			name:    "a token twice",
			revoke:  []func(*denylist.List) error{token("i2", "j"), token("i2", "j")},
			refused: []id{{"i2", "s", "j", 10}},
		}, {
			name:    "a token without issuer",
			revoke:  []func(*denylist.List) error{token("", "j3")},
			refused: []id{{"", "s", "j3", 10}},
			passes:  []id{{"j3", "s", "", 10}, {"i3", "s", "j3", 10}},
		}, {
			name:    "a subject",
			revoke:  []func(*denylist.List) error{subject("i4", "s", ago(60))},
			refused: []id{{"i4", "s", "j", 1000}, {"i4", "s", "", 61}, {"i4", "s", "j2", 60}},
			passes:  []id{{"i4", "s", "j", 59}, {"i4", "S", "j", 1000}, {"other", "s", "j", 1000}, {"", "s", "j", 1000}, {"i4", "j", "s", 1000}, {"i4", "", "s", 1000}},
		}, {
			name:    "a subject again, later",
			revoke:  []func(*denylist.List) error{subject("i5", "s", ago(60)), subject("i5", "s", ago(30))},
			refused: []id{{"i5", "s", "j", 30}},
			passes:  []id{{"i5", "s", "j", 29}},
		}, {
			name:    "a subject again, earlier",
			revoke:  []func(*denylist.List) error{subject("i6", "s", ago(30)), subject("i6", "s", ago(60))},
			refused: []id{{"i6", "s", "j", 30}},
			passes:  []id{{"i6", "s", "j", 29}},
		}, {
			name:    "a subject up to now",
			revoke:  []func(*denylist.List) error{subject("i7", "s", now)},
			refused: []id{{"i7", "s", "j", 0}},
			passes:  []id{{"i7", "s", "j", -2}},
		}, {
			name:    "where the issuer ends",
			revoke:  []func(*denylist.List) error{token("i8", "8j"), subject("i8\x00", "s", now)},
			refused: []id{{"i8", "s", "8j", 10}, {"i8\x00", "s", "j", 10}},
			passes:  []id{{"i88", "s", "j", 10}, {"i", "s", "88j", 10}, {"i8", "\x00s", "j", 10}, {"i8", "s\x00", "j", 10}, {"", "s", "i88j", 10}},
		}, {
			name:    "long ids",
			revoke:  []func(*denylist.List) error{token("i9", long), subject("i9", long, now)},
			refused: []id{{"i9", "s", long, 10}, {"i9", long, "j", 10}},
			passes:  []id{{"i9", "s", long + "x", 10}, {"i9", long + "x", long[1:], 10}},
		}, {
			name:    "odd ids",
			revoke:  []func(*denylist.List) error{token("i10", "a b\r\n:{}*é\x00"), subject("i10", "\r\nFLUSHALL\r\n", now)},
			refused: []id{{"i10", "s", "a b\r\n:{}*é\x00", 10}, {"i10", "\r\nFLUSHALL\r\n", "j", 10}},
			passes:  []id{{"i10", "s", "a b\r\n:{}*é", 10}, {"i10", "FLUSHALL", "j", 10}},
		}, {
			name: "what has expired, unless this clock is ahead",
			revoke: []func(*denylist.List) error{
				subject("i11", "s", ago(100_000)),
				func(l *denylist.List) error { return l.RevokeToken(context.Background(), "i11", "j", ago(100_000)) },
			},
			refused: []id{{"i11", "other", "j", 1000}},
			passes:  []id{{"i11", "s", "j2", 1000}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			list, err := denylist.New(store, denylist.Options{})
			if err != nil {
				t.Fatal(err)
			}
			auth := Protect[jwt.MapClaims](t, list)
			for _, revoke := range test.revoke {
				if err := revoke(list); err != nil {
					t.Fatal(err)
				}
			}
			verify := func(w id, want error) {
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
	kinds := []denylist.Kind{denylist.Token, denylist.Subject, denylist.Session}
	raise := func(t *testing.T, kind denylist.Kind, key denylist.Key, n int64, keep time.Duration) {
		t.Helper()
		if err := store.Raise(t.Context(), kind, key, n, time.Now().Add(keep)); err != nil {
			t.Fatal(err)
		}
	}
	want := func(t *testing.T, keys [3]denylist.Key, want [3]int64) {
		t.Helper()
		if got, err := store.Find(t.Context(), keys); err != nil || got != want {
			t.Errorf("found %v and %v, want %v", got, err, want)
		}
	}
	var none denylist.Key

	t.Run("three keys", func(t *testing.T) {
		token, subject, session := denylist.Key{1}, denylist.Key{31: 1}, denylist.Key{1, 1}
		raise(t, denylist.Token, token, 5, time.Hour)
		raise(t, denylist.Subject, subject, 253402300799, time.Hour)
		raise(t, denylist.Session, session, 6, time.Hour)
		other := denylist.Key{0, 1}
		for _, test := range []struct {
			keys [3]denylist.Key
			want [3]int64
		}{
			{[3]denylist.Key{token, subject, session}, [3]int64{5, 253402300799, 6}},
			{[3]denylist.Key{token, none, none}, [3]int64{5, 0, 0}},
			{[3]denylist.Key{none, subject, none}, [3]int64{0, 253402300799, 0}},
			{[3]denylist.Key{none, none, session}, [3]int64{0, 0, 6}},
			{[3]denylist.Key{token, none, session}, [3]int64{5, 0, 6}},
			{[3]denylist.Key{other, subject, other}, [3]int64{0, 253402300799, 0}},
			{[3]denylist.Key{other, other, session}, [3]int64{0, 0, 6}},
			{[3]denylist.Key{token, other, other}, [3]int64{5, 0, 0}},
			{[3]denylist.Key{other, other, other}, [3]int64{}},
			{[3]denylist.Key{}, [3]int64{}},
		} {
			want(t, test.keys, test.want)
		}
	})

	t.Run("at the same time", func(t *testing.T) {
		for _, kind := range kinds {
			var keys [3]denylist.Key
			keys[kind] = denylist.Key{2, byte(kind)}
			var wg sync.WaitGroup
			for n := range int64(200) {
				wg.Go(func() {
					n := n*37%200 + 1 // 1 to 200, in no order
					if err := store.Raise(t.Context(), kind, keys[kind], n, time.Now().Add(time.Hour)); err != nil {
						t.Error(err)
					}
					if got, err := store.Find(t.Context(), keys); err != nil || got[kind] < n {
						t.Errorf("found %v and %v after %d", got, err, n)
					}
				})
			}
			wg.Wait()
			var highest [3]int64
			highest[kind] = 200
			want(t, keys, highest)
		}
	})

	// The highest number and the longest time count, independently.
	t.Run("until then", func(t *testing.T) {
		const short, soon = time.Second, 1500 * time.Millisecond
		var longer, shorter, gone [3]denylist.Key
		for _, kind := range kinds {
			longer[kind], shorter[kind], gone[kind] = denylist.Key{3, byte(kind)}, denylist.Key{4, byte(kind)}, denylist.Key{5, byte(kind)}
			raise(t, kind, longer[kind], 9, short)
			raise(t, kind, longer[kind], 7, time.Hour)
			raise(t, kind, shorter[kind], 7, time.Hour)
			raise(t, kind, shorter[kind], 9, short)
			raise(t, kind, gone[kind], 7, short)
		}
		want(t, gone, [3]int64{7, 7, 7})
		time.Sleep(soon)
		want(t, longer, [3]int64{9, 9, 9})
		want(t, shorter, [3]int64{9, 9, 9})
		want(t, gone, [3]int64{})
		for _, kind := range kinds {
			raise(t, kind, denylist.Key{6}, 7, -time.Millisecond) // a time that is over is not an error
			raise(t, kind, gone[kind], 3, time.Hour)
		}
		want(t, gone, [3]int64{3, 3, 3}) // the numbers before had expired
	})
}
