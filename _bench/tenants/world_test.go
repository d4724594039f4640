// Package tenants measures jwks.Tenants: 100,000 tenants, of which 1,000 have their keys in
// memory. This compares them with Issuers, and simulates three periods of traffic:
//
//	go -C _bench test -v ./tenants
//
// A period is one minute, or as many as TENANTS_MINUTES says. This measures several cores:
//
//	go -C _bench test -bench . ./tenants
package tenants

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"math/rand"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

const (
	known    = 100_000
	open     = 1_000
	audience = "orders"
)

type claims struct {
	Subject string `json:"sub"`
}

// A world has all tenants, and their providers as an http.RoundTripper. They share one key,
// because only its making would take time.
type world struct {
	key     ed25519.PrivateKey
	keySet  string
	delay   time.Duration // of a fetch
	fetches atomic.Int64
}

func newWorld() *world {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	return &world{key: key, keySet: fmt.Sprintf(`{"keys":[{"kid":"k","kty":"OKP","crv":"Ed25519","x":%q}]}`, b64(key.Public().(ed25519.PublicKey)))}
}

func b64(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

func issuerOf(i int) string { return fmt.Sprintf("https://login.tenant-%06d.example.com/", i) }

func (w *world) client() *http.Client { return &http.Client{Transport: w} }

func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	w.fetches.Add(1)
	time.Sleep(w.delay)
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(w.keySet)), Request: r}, nil
}

func (w *world) tenants(tb testing.TB, opts jwks.TenantOptions) *jwks.Tenants {
	tb.Helper()
	opts.Client = w.client()
	table := map[string]string{} // of the addresses of key sets
	for i := range known {
		table[issuerOf(i)] = issuerOf(i) + "keys"
	}
	tenants, err := jwks.NewTenants(func(_ context.Context, issuer string) (jwks.Options, error) {
		keySet, ok := table[issuer]
		if !ok {
			return jwks.Options{}, jwthttp.ErrUnknownKey
		}
		return jwks.Options{KeySetURL: keySet, Audience: []string{audience}}, nil
	}, opts)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { tenants.Close() })
	return tenants
}

func (w *world) token(i int) string {
	input := b64([]byte(`{"alg":"EdDSA","kid":"k"}`)) + "." + b64(fmt.Appendf(nil, `{"iss":%q,"aud":%q,"sub":"alice","exp":%d}`, issuerOf(i), audience, time.Now().Add(240*time.Hour).Unix()))
	return input + "." + b64(ed25519.Sign(w.key, []byte(input)))
}

// unsigned returns a token for which no keys are fetched, because of its algorithm.
func unsigned(issuer string) string {
	return b64([]byte(`{"alg":"HS256"}`)) + "." + b64(fmt.Appendf(nil, `{"iss":%q}`, issuer)) + "." + strings.Repeat("A", 43)
}

// remember makes the tenants from that number on known.
func remember(tb testing.TB, tenants *jwks.Tenants, from int) {
	tb.Helper()
	auth, err := jwthttp.New[claims](tenants, jwthttp.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	for i := from; i < known; i++ {
		auth.Verify(tb.Context(), unsigned(issuerOf(i)))
	}
	if n := tenants.Stats().Known; n != known-from {
		tb.Fatalf("%d tenants are known", n)
	}
}

// zipf returns a function that draws tenants, of which the first ones are the most active.
func zipf(n int, s float64) func() int {
	draw := rand.NewZipf(rand.New(rand.NewSource(1)), s, 1, uint64(n-1))
	return func() int { return int(draw.Uint64()) }
}
