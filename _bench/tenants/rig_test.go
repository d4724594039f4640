package tenants

import (
	"context"
	"fmt"
	"testing"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

// A rig has Tenants and Issuers that know the same 100,000 issuers. Of these, 1,000 have keys.
type rig struct {
	issuers, tenants         jwthttp.KeySource
	issuersAuth, tenantsAuth *jwthttp.Middleware[claims]
	headers                  []jwthttp.TokenHeader // of the tokens, as a key source gets them
	tokens                   []string
	unknown                  []string // tokens of issuers that neither knows
	draws                    []int
}

// draw returns the tenant of the token in this turn, by a Zipf distribution.
func (r *rig) draw(i int) int { return r.draws[i%len(r.draws)] }

func newRig(tb testing.TB) *rig {
	w := newWorld()
	tenants := w.tenants(tb, jwks.TenantOptions{MaxOpen: open})
	issuers := jwthttp.Issuers{}
	for i := range known {
		source, err := jwks.New(issuerOf(i)+"keys", jwks.Options{Issuer: issuerOf(i), Audience: []string{audience}, Client: w.client()})
		if err != nil {
			tb.Fatal(err)
		}
		if i < open {
			tb.Cleanup(func() { source.Close() })
		}
		issuers[issuerOf(i)] = source
	}
	r := &rig{issuers: issuers, tenants: tenants}
	remember(tb, tenants, open)
	next := zipf(open, 1.2)
	for range 1 << 16 {
		r.draws = append(r.draws, next())
	}
	for i := range open {
		r.tokens = append(r.tokens, w.token(i))
		r.unknown = append(r.unknown, unsigned(fmt.Sprintf("https://login.invented-%d.example.com/", i)))
	}
	auth := func(s jwthttp.KeySource) *jwthttp.Middleware[claims] {
		auth, err := jwthttp.New[claims](s, jwthttp.Options{})
		if err != nil {
			tb.Fatal(err)
		}
		for _, token := range r.tokens {
			if _, err := auth.Verify(tb.Context(), token); err != nil {
				tb.Fatal(err)
			}
		}
		return auth
	}
	r.issuersAuth, r.tenantsAuth = auth(issuers), auth(tenants)
	for _, token := range r.unknown { // the budget of look-ups is used up
		r.tenantsAuth.Verify(tb.Context(), token)
	}
	peek, err := jwthttp.New[claims](jwthttp.KeyFunc(func(_ context.Context, h jwthttp.TokenHeader) ([]jwthttp.Key, error) {
		r.headers = append(r.headers, h)
		return nil, jwthttp.ErrUnknownKey
	}), jwthttp.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	for _, token := range r.tokens {
		peek.Verify(tb.Context(), token)
	}
	return r
}

func BenchmarkParallelKeys(b *testing.B) {
	r := newRig(b)
	for _, s := range []struct {
		name string
		jwthttp.KeySource
	}{{"Issuers", r.issuers}, {"Tenants", r.tenants}} {
		b.Run(s.name, func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i++ {
					if _, err := s.Keys(context.Background(), r.headers[r.draw(i)]); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}
