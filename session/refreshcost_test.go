package session

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/issue"
)

// An hourly store is one whose clock goes on by an hour at each Load, so that each refresh is a step.
type hourly struct {
	*Memory
	ahead time.Duration
}

func (s *hourly) Load(ctx context.Context, key [sha256.Size]byte) (Record, time.Time, error) {
	s.ahead += time.Hour
	r, now, err := s.Memory.Load(ctx, key)
	return r, now.Add(s.ahead), err
}

// A refresh with a store in memory, beside what it cannot do without: the HMAC of the successor, and
// two operations of the signature, for package issue verifies what it has signed.
func BenchmarkRefresh(b *testing.B) {
	fail := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	fail(err)
	sharedSecret := []byte(strings.Repeat("0123456789abcdef", 4))
	for _, tc := range []struct {
		name string
		key  issue.Key
		bare func(input []byte) // both operations
	}{
		{"HS256", issue.HS256(sharedSecret), func(input []byte) {
			for range 2 {
				h := hmac.New(sha256.New, sharedSecret)
				h.Write(input)
				h.Sum(nil)
			}
		}},
		{"ES256", issue.NewKey(jwt.SigningMethodES256, private), func(input []byte) {
			digest := sha256.Sum256(input)
			signature, err := ecdsa.SignASN1(rand.Reader, private, digest[:])
			fail(err)
			if !ecdsa.VerifyASN1(&private.PublicKey, digest[:], signature) {
				b.Fatal("not verified")
			}
		}},
	} {
		b.Run(tc.name, func(b *testing.B) {
			iss, err := issue.New[jwt.RegisteredClaims](issue.Options{}, tc.key)
			fail(err)
			memory, err := NewMemory(0)
			fail(err)
			store := &hourly{Memory: memory}
			s, err := New(iss, store, func(context.Context, Session) (c jwt.RegisteredClaims, err error) { return c, nil }, Options{})
			fail(err)
			tokens, err := s.Start(b.Context(), "alice", "")
			fail(err)
			input := []byte(tokens.Access[:strings.LastIndexByte(tokens.Access, '.')])
			var text secret
			least := [2]time.Duration{time.Hour, time.Hour} // of many turns
			for b.Loop() {
				began := time.Now()
				for range 10 {
					next, err := s.renew(b.Context(), tokens.Refresh, &proof{}, false)
					if err == ErrEnded { // 30 days are over
						next, err = s.Start(b.Context(), "alice", "")
					}
					fail(err)
					tokens = next
				}
				least[0] = min(least[0], time.Since(began))
				began = time.Now()
				for range 10 {
					text = text.successor([16]byte{1})
					tc.bare(input)
				}
				least[1] = min(least[1], time.Since(began))
			}
			b.ReportMetric(float64(least[0])/float64(least[1]), "x-bare")
			b.ReportMetric(float64(least[0])/10, "ns/refresh")
			b.ReportMetric(float64(least[1])/10, "ns/bare")
		})
	}
}
