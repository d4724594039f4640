// Package denylisttest tests implementations of [denylist.Store]:
//
//	func TestStore(t *testing.T) {
//		denylisttest.Store(t, mystore.New(addr))
//	}
package denylisttest

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/internal/tokentest"
	"github.com/jwthttp/jwthttp/internal/validate"
)

// Store tests what every store must do, and a list of each. The store is in use by nothing else, and
// has room for 100 entries of each kind. Several stores are clients of the same one, as those of several
// instances of a service are: each has to see at once what the others have raised. It takes about 2
// seconds, and each call has to end within 0.1 seconds.
//
// What it cannot test:
//
//   - A store that is full, or out of reach, returns an error and forgets nothing.
//   - What was raised is still there after the server was killed.
//   - A clock that jumps shortens nothing.
//   - Find does not go to a replica.
func Store(t *testing.T, stores ...denylist.Store) {
	t.Helper()
	if len(stores) == 0 {
		t.Fatal("denylisttest.Store has no store: pass one")
	}
	if slices.ContainsFunc(stores, func(s denylist.Store) bool { return validate.IsNil(s) }) {
		t.Fatal("denylisttest.Store has a nil store: check the error of the function that makes it")
	}
	s := suite{stores, rand.Text()} // revocations of an earlier run may still be in the store
	t.Run("list", s.list)
	t.Run("store", s.store)
}

type suite struct {
	stores []denylist.Store
	run    string
}

// at returns one of the stores.
func (s suite) at(i int) denylist.Store { return s.stores[i%len(s.stores)] }

// key returns a key that no other run has.
func (s suite) key(parts ...any) denylist.Key {
	return sha256.Sum256(fmt.Append([]byte(s.run), parts...))
}

// An id is what a list knows of a token: iss, sub and jti, and its age in seconds.
type id struct {
	iss, sub, jti string
	age           int
}

// list tests a list of each store. Each case has ids of its own, since the cases share the store.
func (s suite) list(t *testing.T) {
	now := time.Now()
	ago := func(seconds int) time.Time { return now.Add(-time.Duration(seconds) * time.Second) }
	token := func(iss, jti string) func(*denylist.List) error {
		return func(l *denylist.List) error {
			return l.RevokeToken(t.Context(), s.issuer(iss), s.text(iss, jti), now.Add(time.Hour))
		}
	}
	subject := func(iss, sub string, upTo time.Time) func(*denylist.List) error {
		return func(l *denylist.List) error {
			return l.RevokeSubject(t.Context(), s.issuer(iss), s.text(iss, sub), upTo)
		}
	}
	long := strings.Repeat("long", 1500)

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
				func(l *denylist.List) error { return l.RevokeToken(t.Context(), s.issuer("i11"), "j", ago(100_000)) },
			},
			refused: []id{{"i11", "other", "j", 1000}},
			passes:  []id{{"i11", "s", "j2", 1000}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			var lists []*denylist.List
			for _, store := range s.stores {
				list, err := denylist.New(store, denylist.Options{})
				if err != nil {
					t.Fatal(err)
				}
				lists = append(lists, list)
			}
			for i, revoke := range test.revoke {
				if err := revoke(lists[i%len(lists)]); err != nil {
					t.Fatal(err)
				}
			}
			verify := func(w id, want error) {
				t.Helper()
				claims := jwt.MapClaims{"iat": ago(w.age).Unix()}
				for name, value := range map[string]string{"iss": s.issuer(w.iss), "sub": s.text(w.iss, w.sub), "jti": s.text(w.iss, w.jti)} {
					if value != "" {
						claims[name] = value
					}
				}
				for i, list := range lists {
					if _, err := tokentest.Protect[jwt.MapClaims](t, list).Verify(t.Context(), tokentest.Sign(t, claims)); !errors.Is(err, want) {
						t.Errorf("%.60q, store %d: error = %v, want %v", fmt.Sprint(w), i, err, want)
					}
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

// issuer returns an issuer that no other run has. There may be none.
func (s suite) issuer(name string) string {
	if name == "" {
		return ""
	}
	return s.run + name
}

// text returns a subject or jti for an issuer. Without one, it is that of this run.
func (s suite) text(issuer, text string) string {
	if issuer != "" {
		return text
	}
	return s.issuer(text)
}

func (s suite) store(t *testing.T) {
	kinds := []denylist.Kind{denylist.Token, denylist.Subject, denylist.Session}
	raised := 0
	raise := func(t *testing.T, kind denylist.Kind, key denylist.Key, n int64, keep time.Duration) {
		t.Helper()
		raised++
		if err := s.at(raised).Raise(t.Context(), kind, key, n, time.Now().Add(keep)); err != nil {
			t.Fatal(err)
		}
	}
	want := func(t *testing.T, keys [3]denylist.Key, want [3]int64) {
		t.Helper()
		for i, store := range s.stores {
			if got, err := store.Find(t.Context(), keys); err != nil || got != want {
				t.Errorf("store %d: found %v and %v, want %v", i, got, err, want)
			}
		}
	}
	var none denylist.Key

	t.Run("three keys", func(t *testing.T) {
		token := s.key("three")
		subject, session := token, token // of which one bit differs
		subject[31] ^= 1
		session[0] ^= 0x80
		raise(t, denylist.Token, token, 5, time.Hour)
		raise(t, denylist.Subject, subject, 253402300799, time.Hour)
		raise(t, denylist.Session, session, 6, time.Hour)
		other := s.key("other")
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
			keys[kind] = s.key("same time", kind)
			var wg sync.WaitGroup
			for n := range int64(200) {
				wg.Go(func() {
					n := n*37%200 + 1 // 1 to 200, in no order
					if err := s.at(int(n)).Raise(t.Context(), kind, keys[kind], n, time.Now().Add(time.Hour)); err != nil {
						t.Error(err)
					}
					if got, err := s.at(int(n)+1).Find(t.Context(), keys); err != nil || got[kind] < n {
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
			longer[kind], shorter[kind], gone[kind] = s.key("longer", kind), s.key("shorter", kind), s.key("gone", kind)
			raise(t, kind, longer[kind], 9, short)
			raise(t, kind, longer[kind], 7, time.Hour)
			raise(t, kind, shorter[kind], 7, time.Hour)
			raise(t, kind, shorter[kind], 9, short)
		}
		for _, kind := range kinds { // last, since calls may take a while
			raise(t, kind, gone[kind], 7, short)
		}
		want(t, gone, [3]int64{7, 7, 7})
		time.Sleep(soon)
		want(t, longer, [3]int64{9, 9, 9})
		want(t, shorter, [3]int64{9, 9, 9})
		want(t, gone, [3]int64{})
		for _, kind := range kinds {
			raise(t, kind, s.key("over"), 7, -time.Millisecond) // a time that is over is not an error
			raise(t, kind, gone[kind], 3, time.Hour)
		}
		want(t, gone, [3]int64{3, 3, 3}) // the numbers before had expired
	})
}
