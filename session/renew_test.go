package session

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/issue"
)

// A bench has sessions whose store, claims function and signer note their calls, and fail on demand.
// The store's clock is an hour ahead of the process.
type bench struct {
	*Sessions[jwt.RegisteredClaims]
	memory *Memory
	calls  []string

	losses   int // of the next swaps
	onSwap   func()
	loadErr  error
	swapErr  error
	onClaims func() error
	signErr  error
}

type benchStore struct{ *bench }

const ahead = time.Hour

func (s benchStore) Load(ctx context.Context, key [sha256.Size]byte) (Record, time.Time, error) {
	s.calls = append(s.calls, "load")
	r, now, _ := s.memory.Load(ctx, key)
	return r, now.Add(ahead), s.loadErr
}

func (s benchStore) Swap(ctx context.Context, r Record) (bool, error) {
	s.calls = append(s.calls, "swap")
	if f := s.onSwap; f != nil {
		s.onSwap = nil
		f()
	}
	if s.swapErr != nil {
		return false, s.swapErr
	}
	if s.losses > 0 {
		s.losses--
		return false, nil
	}
	return s.memory.Swap(ctx, r)
}

func (s benchStore) Delete(ctx context.Context, key [sha256.Size]byte) error {
	s.calls = append(s.calls, "delete")
	return s.memory.Delete(ctx, key)
}

func (s benchStore) List(ctx context.Context, subject string) ([]Record, time.Time, error) {
	all, now, err := s.memory.List(ctx, subject)
	return all, now.Add(ahead), err
}

type benchSigner struct {
	*bench
	key ed25519.PrivateKey
}

func (s benchSigner) Public() crypto.PublicKey { return s.key.Public() }

func (s benchSigner) Sign(r io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	s.calls = append(s.calls, "sign")
	if s.signErr != nil {
		return nil, s.signErr
	}
	return s.key.Sign(r, digest, opts)
}

func (b *bench) signer() issue.Key {
	return issue.NewKey(jwt.SigningMethodEdDSA, benchSigner{b, ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))})
}

func (b *bench) hmac() issue.Key { return issue.HS256([]byte(strings.Repeat("0123456789abcdef", 4))) }

// newBench returns a bench with a session that has just begun, and its refresh token.
func newBench(t *testing.T, keyOf func(b *bench) issue.Key) (*bench, string) {
	t.Helper()
	b := &bench{}
	key := keyOf(b)
	iss, err := issue.New[jwt.RegisteredClaims](issue.Options{}, key)
	if err != nil {
		t.Fatal(err)
	}
	if b.memory, err = NewMemory(0); err != nil {
		t.Fatal(err)
	}
	claims := func(context.Context, Session) (c jwt.RegisteredClaims, err error) {
		b.calls = append(b.calls, "claims")
		if b.onClaims != nil {
			err = b.onClaims()
		}
		return c, err
	}
	b.Sessions, err = New(iss, benchStore{b}, claims, Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := b.Start(t.Context(), "alice", "phone")
	if err != nil {
		t.Fatal(err)
	}
	b.calls = nil
	return b, tokens.Refresh
}

// record returns the only one.
func (b *bench) record(t *testing.T) Record {
	t.Helper()
	all, _, err := b.memory.List(t.Context(), "alice")
	if err != nil || len(all) != 1 {
		t.Fatalf("%d records, %v", len(all), err)
	}
	return all[0]
}

func (b *bench) wantCalls(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(b.calls, want) {
		t.Errorf("calls %v, not %v", b.calls, want)
	}
	b.calls = nil
}

// A refresh that loses its swap loads and decides again, four times at most. It signs once, and writes
// nothing before it has signed.
func TestSwapRaces(t *testing.T) {
	errDown := errors.New("it is down")
	load, signed := "load", []string{"load", "claims", "sign", "swap"}
	for _, tc := range []struct {
		name   string
		change func(b *bench)
		want   error
		calls  []string
	}{
		{"no loss", func(*bench) {}, nil, signed},
		{"one loss", func(b *bench) { b.losses = 1 }, nil, append(signed, load, "swap")},
		{"three losses", func(b *bench) { b.losses = 3 }, nil, append(signed, load, "swap", load, "swap", load, "swap")},
		{"four losses", func(b *bench) { b.losses = 4 }, jwthttp.ErrUnavailable, append(signed, load, "swap", load, "swap", load, "swap")},
		{"the load fails", func(b *bench) { b.loadErr = errDown }, jwthttp.ErrUnavailable, []string{load}},
		{"the claims function fails", func(b *bench) { b.onClaims = func() error { return errDown } }, jwthttp.ErrUnavailable, []string{load, "claims"}},
		{"the signer fails", func(b *bench) { b.signErr = errDown }, jwthttp.ErrUnavailable, []string{load, "claims", "sign"}},
		{"the swap fails", func(b *bench) { b.swapErr = errDown }, jwthttp.ErrUnavailable, signed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b, refresh := newBench(t, (*bench).signer)
			before := b.record(t)
			tc.change(b)
			tokens, err := b.renew(t.Context(), refresh, &proof{}, false)
			if !errors.Is(err, tc.want) {
				t.Fatalf("%v, not %v", err, tc.want)
			}
			b.wantCalls(t, tc.calls...)
			after := b.record(t)
			if tc.want != nil {
				if after != before {
					t.Errorf("written: %+v", after)
				}
				b.losses, b.loadErr, b.swapErr, b.onClaims, b.signErr = 0, nil, nil, nil, nil
				if tokens, err = b.renew(t.Context(), refresh, &proof{}, false); err != nil {
					t.Fatalf("afterwards: %v", err)
				}
				after = b.record(t)
			}
			if after.Version != 2 || tokens.Refresh == refresh || tokens.Access == "" {
				t.Errorf("version %d", after.Version)
			}
			if got, process := after.Written, time.Now(); got.Sub(process) < ahead/2 {
				t.Errorf("written at %v, which is by the clock of the process", got)
			}
		})
	}

	t.Run("another caller is faster", func(t *testing.T) {
		b, refresh := newBench(t, (*bench).signer)
		var first *Tokens
		b.onSwap = func() {
			var err error
			if first, err = b.renew(t.Context(), refresh, &proof{}, false); err != nil {
				t.Error(err)
			}
		}
		second, err := b.renew(t.Context(), refresh, &proof{}, false)
		if err != nil || first == nil || second.Refresh != first.Refresh {
			t.Fatalf("%v: two successors", err)
		}
		if r := b.record(t); r.Version != 2 {
			t.Errorf("%d steps", r.Version-1)
		}
		b.wantCalls(t, load, "claims", "sign", "swap", load, "claims", "sign", "swap", load)
	})

	t.Run("a logout is faster", func(t *testing.T) {
		b, refresh := newBench(t, (*bench).signer)
		b.onSwap = func() {
			if err := b.EndOthers(t.Context(), "alice", ""); err != nil {
				t.Error(err)
			}
		}
		if _, err := b.renew(t.Context(), refresh, &proof{}, false); err != ErrEnded {
			t.Errorf("%v, not %v", err, ErrEnded)
		}
		if all, _, err := b.memory.List(t.Context(), "alice"); err != nil || len(all) != 0 {
			t.Errorf("%d records, %v", len(all), err)
		}
	})

	t.Run("malformed", func(t *testing.T) {
		b, refresh := newBench(t, (*bench).signer)
		for _, text := range []string{"", tokenPrefix, refresh[1:], refresh[:len(refresh)-1], refresh + "A", refresh[:len(refresh)-1] + "="} {
			if _, err := b.renew(t.Context(), text, &proof{}, false); err != ErrEnded {
				t.Errorf("%q: %v, not %v", text, err, ErrEnded)
			}
		}
		b.wantCalls(t)
	})

	t.Run("no step", func(t *testing.T) {
		b, refresh := newBench(t, (*bench).signer)
		tokens, err := b.renew(t.Context(), refresh, &proof{}, false)
		if err != nil {
			t.Fatal(err)
		}
		b.calls = nil
		for _, text := range []string{refresh, tokens.Refresh} {
			again, err := b.renew(t.Context(), text, &proof{}, false)
			if err != nil || again.Refresh != tokens.Refresh {
				t.Errorf("%v", err)
			}
			b.wantCalls(t, load, "claims", "sign")
		}
	})
}

// A claims function that stalls for ten minutes writes nothing afterwards. Its client may have used
// the same token meanwhile, and the token after it.
func TestStalledRefresh(t *testing.T) {
	t.Run("a signer that sees its context", func(t *testing.T) { stalledRefresh(t, (*bench).signer) })
	t.Run("HMAC", func(t *testing.T) { stalledRefresh(t, (*bench).hmac) })
}

func stalledRefresh(t *testing.T, keyOf func(*bench) issue.Key) {
	synctest.Test(t, func(t *testing.T) {
		b, refresh := newBench(t, keyOf)
		b.onClaims = func() error {
			b.onClaims = nil
			time.Sleep(10 * time.Minute)
			return nil
		}
		done := make(chan error)
		go func() {
			_, err := b.renew(t.Context(), refresh, &proof{}, false)
			done <- err
		}()
		synctest.Wait()
		for range 3 {
			time.Sleep(time.Minute)
			tokens, err := b.renew(t.Context(), refresh, &proof{}, false)
			if err != nil {
				t.Fatal(err)
			}
			refresh = tokens.Refresh
		}
		if err := <-done; !errors.Is(err, jwthttp.ErrUnavailable) {
			t.Errorf("%v, not %v", err, jwthttp.ErrUnavailable)
		}
		if tokens, err := b.renew(t.Context(), refresh, &proof{}, false); err != nil || tokens.Refresh == refresh {
			t.Errorf("afterwards: %v", err)
		}
	})
}
