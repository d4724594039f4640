// Package jwthttptest tests handlers that package jwthttp guards, in the manner of
// net/http/httptest. It is for tests only: what it makes needs a [testing.TB].
//
// An [Issuer] is an identity provider of a test's own, whose tokens the chain under
// test accepts:
//
//	iss := jwthttptest.NewIssuer(t)
//	auth, err := jwthttp.New[Claims](iss.RS256(), iss.Options())
//	…
//	r.Header.Set("Authorization", "Bearer "+iss.Token(t, Claims{Subject: "alice"}))
//
// Bad tokens have names, see [Fault]. [WithClaims] tests a handler by itself, and
// [Conformance] a whole chain with what stands around the middleware in it:
//
//	jwthttptest.Conformance(t, program, jwthttptest.Setup{
//		Issuer: iss, Claims: Claims{Subject: "alice"}, Shows: "alice",
//		Request: func() *http.Request { return httptest.NewRequest("GET", "/me", nil) },
//	})
package jwthttptest

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

// An Issuer signs tokens and is the provider of the keys that verify them: it
// serves its metadata (OpenID Connect Discovery 1.0) and its key set. Its methods
// are safe for concurrent use.
type Issuer struct {
	// URL is the iss of its tokens, and where it listens, on loopback. One that was
	// made in a testing/synctest bubble does not listen, for a real server would stop
	// the bubble's clock: only Client reaches it, and so Source.
	URL string

	// Audience is the aud of its tokens: "jwthttptest" unless the test changes it,
	// before it asks for anything.
	Audience string

	tb     testing.TB
	secret []byte
	rsa    *rsaKeys

	mu      sync.Mutex
	fetches int
	status  int // of every answer; 0 if all is well
	stalled bool
	waiting map[chan struct{}]bool // closed by the next mood
}

// NewIssuer returns an issuer that ends with the test. Its RSA keys take a while to
// make: the first one is made when it is asked for, so not for a test of [HS256]
// alone, and they serve another test of the process when this one has ended. It may
// be called in a testing/synctest bubble, with its T.
func NewIssuer(tb testing.TB) *Issuer {
	tb.Helper()
	iss := &Issuer{Audience: "jwthttptest", tb: tb, secret: make([]byte, 32), rsa: &rsaKeys{count: 1}, waiting: map[chan struct{}]bool{}}
	rand.Read(iss.secret)
	server := httptest.NewUnstartedServer(iss)
	iss.URL = "http://" + server.Listener.Addr().String()
	if inBubble(tb) {
		server.Close()
	} else {
		server.Start()
	}
	tb.Cleanup(func() {
		iss.Recover() // Close waits for requests
		server.Close()
		iss.rsa.release()
	})
	return iss
}

// inBubble goes by what a bubble's T refuses, for nothing else says so, or by where
// a bubble's clock begins if tb wraps that T.
func inBubble(tb testing.TB) (yes bool) {
	t, ok := tb.(interface{ Deadline() (time.Time, bool) })
	if !ok {
		return time.Now().Year() == 2000
	}
	defer func() { yes = recover() != nil }()
	t.Deadline()
	return false
}

// Options are those of a middleware for its tokens.
func (iss *Issuer) Options() jwthttp.Options {
	return jwthttp.Options{Issuer: iss.URL, Audience: []string{iss.Audience}}
}

// HS256 returns the key for tokens with the option [HS256].
func (iss *Issuer) HS256() jwthttp.Key { return jwthttp.HS256(iss.secret).WithID(hmacID) }

// RS256 returns the key for its tokens, until Rotate.
func (iss *Issuer) RS256() jwthttp.Key {
	key := iss.rsa.current()
	return jwthttp.RS256(&key.PublicKey).WithID(key.id)
}

// Source returns a source that discovers the issuer and fetches its keys by Client;
// it is closed when tb ends. In a testing/synctest bubble tb is the bubble's T.
func (iss *Issuer) Source(tb testing.TB) *jwks.Source {
	tb.Helper()
	source, err := jwks.Discover(iss.URL, jwks.Options{Audience: []string{iss.Audience}, Client: iss.Client()})
	if err != nil {
		tb.Fatalf("jwthttptest: %v", err)
	}
	tb.Cleanup(func() { source.Close() })
	return source
}

// Secret returns the 32 bytes of HS256, for a program that wants to be configured.
func (iss *Issuer) Secret() []byte { return slices.Clone(iss.secret) }

// PublicKey returns the key of RS256, for a program that wants to be configured.
func (iss *Issuer) PublicKey() *rsa.PublicKey { return &iss.rsa.current().PublicKey }

// Rotate publishes a new RSA key, under a new kid, and signs with it from now on.
// The key before it stays published until the next Rotate, as with providers, so
// who reads the published keys refuses after two what was signed before.
//
// A [jwks.Source] learns of a rotation when a token names a kid that it does not know.
// Such a token makes it fetch the keys, four times at once and one more time each 30
// seconds. Forged tokens, which [Faults] and [Conformance] make, use up the same
// budget. So send a token after each Rotate, and let two minutes pass where many forged
// tokens came before it, in a testing/synctest bubble.
func (iss *Issuer) Rotate() { iss.rsa.rotate() }

// Fail lets every request fail with the HTTP status, of 400 or more, until Recover.
func (iss *Issuer) Fail(status int) {
	if status < 400 || status > 599 {
		panic(fmt.Sprintf("jwthttptest: Fail(%d): use a status from 400 to 599", status))
	}
	iss.setMood(status, false)
}

// Stall lets every request wait until Recover, or until its client gives up.
func (iss *Issuer) Stall() { iss.setMood(0, true) }

// Recover ends Fail and Stall. Requests that wait are answered.
func (iss *Issuer) Recover() { iss.setMood(0, false) }

func (iss *Issuer) setMood(status int, stalled bool) {
	iss.mu.Lock()
	defer iss.mu.Unlock()
	iss.status, iss.stalled = status, stalled
	for c := range iss.waiting {
		close(c)
	}
	clear(iss.waiting)
}

// mood waits while the issuer is stalled, until ctx is done.
func (iss *Issuer) mood(ctx context.Context) (status int, err error) {
	iss.mu.Lock()
	defer iss.mu.Unlock()
	for iss.stalled && ctx.Err() == nil {
		// Each request has a channel of its own: one that was made in a bubble must
		// not be closed outside, where the test ends.
		c := make(chan struct{})
		iss.waiting[c] = true
		iss.mu.Unlock()
		select {
		case <-c:
		case <-ctx.Done():
		}
		iss.mu.Lock()
		delete(iss.waiting, c)
	}
	return iss.status, ctx.Err()
}

// Fetches returns how often the key set was asked for, with or without success. A
// source that cannot get the metadata does not come to ask for it.
func (iss *Issuer) Fetches() int {
	iss.mu.Lock()
	defer iss.mu.Unlock()
	return iss.fetches
}

// Client returns a client that reaches this issuer, and nobody else, without a
// network, also in a testing/synctest bubble.
func (iss *Issuer) Client() *http.Client { return &http.Client{Transport: inMemory{iss}} }

const (
	metadataPath = "/.well-known/openid-configuration"
	keysPath     = "/keys"
)

// ServeHTTP serves the metadata and the key set, as the listener at URL does.
func (iss *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == keysPath {
		iss.mu.Lock()
		iss.fetches++
		iss.mu.Unlock()
	}
	status, err := iss.mood(r.Context())
	if err != nil {
		return
	}
	if status != 0 {
		http.Error(w, "the issuer fails, as the test has said", status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	switch r.URL.Path {
	case metadataPath:
		json.NewEncoder(w).Encode(map[string]string{"issuer": iss.URL, "jwks_uri": iss.URL + keysPath})
	case keysPath:
		json.NewEncoder(w).Encode(map[string]any{"keys": iss.rsa.published()})
	default:
		http.NotFound(w, r)
	}
}

type inMemory struct{ iss *Issuer }

func (m inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close() // a RoundTripper must, also on errors
	}
	if u, err := url.Parse(m.iss.URL); err != nil || r.URL.Host != u.Host {
		return nil, fmt.Errorf("jwthttptest: this client reaches %s only", m.iss.URL)
	}
	w := httptest.NewRecorder()
	m.iss.ServeHTTP(w, r)
	if r.Context().Err() != nil {
		return nil, context.Cause(r.Context())
	}
	res := w.Result()
	res.Request = r
	return res, nil
}

// rsaKeys are those that an issuer has had, the current one last. They are made on
// demand.
type rsaKeys struct {
	mu    sync.Mutex
	count int
	keys  []rsaKey
}

type rsaKey struct {
	*rsa.PrivateKey
	id string
}

func (k *rsaKeys) rotate() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.count++
}

func (k *rsaKeys) all() []rsaKey {
	k.mu.Lock()
	defer k.mu.Unlock()
	for len(k.keys) < k.count {
		k.keys = append(k.keys, rsaKey{pool.take(), fmt.Sprintf("rsa-%d", len(k.keys)+1)})
	}
	return slices.Clone(k.keys)
}

func (k *rsaKeys) current() rsaKey {
	all := k.all()
	return all[len(all)-1]
}

// published returns the last two, RFC 7517 section 4 and RFC 7518 section 6.3.1.
func (k *rsaKeys) published() (set []map[string]string) {
	all := k.all()
	for _, key := range all[max(0, len(all)-2):] {
		set = append(set, key.published())
	}
	return set
}

func (key rsaKey) published() map[string]string {
	return map[string]string{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": key.id,
		"n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
	}
}

func (k *rsaKeys) release() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, key := range k.keys {
		pool.give(key.PrivateKey)
	}
}

// pool holds the keys of issuers that have ended.
var pool keyPool

type keyPool struct {
	mu   sync.Mutex
	free []*rsa.PrivateKey
}

func (p *keyPool) take() *rsa.PrivateKey {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		key := p.free[n-1]
		p.free = p.free[:n-1]
		return key
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return key
}

func (p *keyPool) give(key *rsa.PrivateKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, key)
}
