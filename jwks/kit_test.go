package jwks_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

const (
	issuer   = "https://issuer.example.com"
	keysURL  = issuer + "/keys"
	audience = "orders"
)

type Claims struct {
	Subject string `json:"sub"`
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// edKey returns the private key of this name. It is the same on each call.
func edKey(name string) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	copy(seed, name)
	return ed25519.NewKeyFromSeed(seed)
}

// edJWK returns the public half of that key under this kid, or without a kid if kid is empty.
func edJWK(name, kid string) string {
	id := ""
	if kid != "" {
		id = fmt.Sprintf(`"kid":%q,`, kid)
	}
	return fmt.Sprintf(`{%s"kty":"OKP","crv":"Ed25519","x":%q}`, id, b64(edKey(name).Public().(ed25519.PublicKey)))
}

func keySet(jwks ...string) string { return `{"keys":[` + strings.Join(jwks, ",") + `]}` }

// signed returns a token of the provider that is valid for ten days. It is signed with the key
// of this name.
func signed(name, kid string) string {
	header := `{"alg":"EdDSA"}`
	if kid != "" {
		header = fmt.Sprintf(`{"alg":"EdDSA","kid":%q}`, kid)
	}
	claims, err := json.Marshal(map[string]any{"iss": issuer, "aud": audience, "sub": "alice", "exp": time.Now().Add(240 * time.Hour).Unix()})
	if err != nil {
		panic(err)
	}
	input := b64([]byte(header)) + "." + b64(claims)
	return input + "." + b64(ed25519.Sign(edKey(name), []byte(input)))
}

// token returns a token that is signed with the key of this name and has the name as its kid.
func token(name string) string { return signed(name, name) }

// unknown returns a token with an unknown kid and a bad signature.
func unknown(n int) string {
	return b64(fmt.Appendf(nil, `{"alg":"EdDSA","kid":"random %d"}`, n)) + ".e30." + strings.Repeat("A", 86)
}

// A provider is an identity provider as an http.RoundTripper. In a synctest bubble, a real
// server would stop the clock.
type provider struct {
	mu      sync.Mutex
	status  int    // 0 means 200
	body    string // the body when a request arrives
	header  http.Header
	delay   time.Duration // how long an answer takes
	stalled bool          // no answer at all
	fetches []time.Time
}

// newProvider publishes the keys of these names, fresh for an hour.
func newProvider(names ...string) *provider {
	p := &provider{header: http.Header{"Cache-Control": {"max-age=3600"}}}
	p.publish(names...)
	return p
}

func (p *provider) publish(names ...string) {
	var set []string
	for _, name := range names {
		set = append(set, edJWK(name, name))
	}
	p.set(func() { p.body = keySet(set...) })
}

func (p *provider) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

func (p *provider) goDown() { p.set(func() { p.status = http.StatusInternalServerError }) }
func (p *provider) comeUp() { p.set(func() { p.status = 0 }) }

func (p *provider) count() int { return len(p.times()) }

func (p *provider) times() []time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.fetches)
}

func (p *provider) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	p.fetches = append(p.fetches, time.Now())
	status, body, header, delay, stalled := p.status, p.body, p.header.Clone(), p.delay, p.stalled
	p.mu.Unlock()
	if status == 0 {
		status = http.StatusOK
	}
	if stalled {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	select {
	case <-time.After(delay):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// A service is a middleware with the keys of a provider.
type service struct {
	*jwks.Source
	auth *jwthttp.Middleware[Claims]
}

// protect returns a service with the usual options and opts. It is closed when the test ends.
func protect(t testing.TB, p *provider, opts jwks.Options) *service {
	t.Helper()
	opts.Issuer, opts.Audience, opts.Client = issuer, []string{audience}, &http.Client{Transport: p}
	source, err := jwks.New(keysURL, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { source.Close() })
	auth, err := newAuth(source)
	if err != nil {
		t.Fatal(err)
	}
	return &service{source, auth}
}

func newAuth(keys jwthttp.KeySource) (*jwthttp.Middleware[Claims], error) {
	return jwthttp.New[Claims](keys, jwthttp.Options{})
}

// status returns the status of the answer to a request with this token.
func (d *service) status(ctx context.Context, token string) int {
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(ctx, "GET", "/", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	d.auth.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, r)
	return w.Code
}

// want asserts the status of the answer to a request with this token.
func (d *service) want(t testing.TB, status int, token string) {
	t.Helper()
	if got := d.status(t.Context(), token); got != status {
		t.Errorf("%v: status %d, want %d", time.Now().Format(time.TimeOnly), got, status)
	}
}

// wantAtOnce also asserts that the request did not wait. It is for synctest bubbles, where
// only waiting takes time.
func (d *service) wantAtOnce(t testing.TB, status int, token string) {
	t.Helper()
	start := time.Now()
	d.want(t, status, token)
	if took := time.Since(start); took != 0 {
		t.Errorf("the request waited for %v", took)
	}
}

// wantAfter also asserts how long the request waited.
func (d *service) wantAfter(t testing.TB, wait time.Duration, status int, token string) {
	t.Helper()
	start := time.Now()
	d.want(t, status, token)
	if took := time.Since(start); took != wait {
		t.Errorf("the request waited for %v, want %v", took, wait)
	}
}

// events keeps the events of a source.
type events struct {
	mu   sync.Mutex
	list []jwks.Event
}

func (e *events) add(event jwks.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, event)
}

// take returns the events since the last call, one word for each.
func (e *events) take() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var words []string
	for _, event := range e.list {
		word := string(event.Kind)
		if event.KeyID != "" {
			word += " " + event.KeyID
		}
		if (event.Err != nil) != (event.Kind == jwks.Failed || event.Kind == jwks.KeySkipped) || event.Issuer != issuer {
			word += fmt.Sprintf(" (unexpected: %+v)", event)
		}
		words = append(words, word)
	}
	e.list = nil
	return strings.Join(words, ", ")
}

// wantError asserts that err wraps kind and that its text contains the sentence.
func wantError(t testing.TB, err, kind error, sentence string) {
	t.Helper()
	if err == nil || kind != nil && !errors.Is(err, kind) || !strings.Contains(err.Error(), sentence) {
		t.Errorf("error = %v, want %v with %q", err, kind, sentence)
	}
}
