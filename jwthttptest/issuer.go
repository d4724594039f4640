// Package jwthttptest tests handlers inside a middleware of package jwthttp, as
// net/http/httptest tests other handlers. It is for tests only, and needs a [testing.TB].
//
// An [Issuer] is an identity provider for one test. The chain under test accepts its tokens:
//
//	iss := jwthttptest.NewIssuer(t)
//	auth, err := jwthttp.New[Claims](iss.RS256(), iss.Options())
//	…
//	r.Header.Set("Authorization", "Bearer "+iss.Token(t, Claims{Subject: "alice"}))
//
// An issuer signs by any [Algorithm]. RS256 is the default:
//
//	auth, err := jwthttp.New[Claims](iss.Key(jwthttptest.ES384), iss.Options())
//	…
//	token := iss.Token(t, Claims{Subject: "alice"}, jwthttptest.ES384)
//
// [BoundTo] makes tokens that only the holder of a key can use:
//
//	key, err := dpop.GenerateKey()
//	…
//	token := iss.Token(t, Claims{Subject: "alice"}, jwthttptest.BoundTo(key))
//	proof, err := key.Proof("GET", "https://api.example.com/me", token, "")
//
// [Fault] lists bad tokens by name. [WithClaims] tests a handler without a middleware.
// [Conformance] examines a whole chain, with all that is outside and inside of the middleware:
//
//	jwthttptest.Conformance(t, program, jwthttptest.Setup{
//		Issuer: iss, Claims: Claims{Subject: "alice"}, Shows: "alice",
//		Request: func() *http.Request { return httptest.NewRequest("GET", "/me", nil) },
//	})
//
// Setup.DPoP and Setup.Certificate say that the chain takes bound tokens. Setup.Sessions says how users
// log in, and Setup.GRPC that the chain calls a gRPC server.
package jwthttptest

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/internal/jws"
	"github.com/jwthttp/jwthttp/jwks"
)

// An Issuer signs tokens. It serves the keys that verify them: its metadata (OpenID Connect
// Discovery 1.0) and its key set, which has a key for each algorithm of public keys. Make one with
// [NewIssuer]. Its methods are safe for concurrent use.
type Issuer struct {
	// URL is the iss of its tokens, and the address on loopback where it listens. An issuer
	// that was made in a testing/synctest bubble does not listen, because a real server
	// would stop the bubble's clock. Client and Source reach it all the same.
	//
	// A test may change it before it calls a method, to play a provider at its real address, such as
	// https://sso.example.com/realms/acme. Then only Client and Source reach it. Claim("iss", …) makes
	// a token of another issuer, and the key that Key returns verifies it.
	URL string

	// Audience is the aud of its tokens, "jwthttptest" by default. A test may change it
	// before it calls a method.
	Audience string

	tb   testing.TB
	keys *keyRing

	mu      sync.Mutex
	fetches int
	status  int // of every answer; 0 if it does not fail
	stalled bool
	waiting map[chan struct{}]bool // closed by Fail, Stall and Recover
}

// NewIssuer returns an issuer that is closed when the test ends. It may be called in a
// testing/synctest bubble, with the bubble's T.
//
// An RSA key takes a while to make. So it is made when it is needed: for a token of an RS or PS
// algorithm, or when the key set is fetched. After the test, other tests of the process use the
// RSA keys again.
func NewIssuer(tb testing.TB) *Issuer {
	tb.Helper()
	iss := &Issuer{Audience: "jwthttptest", tb: tb, keys: newKeyRing(), waiting: map[chan struct{}]bool{}}
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
		iss.keys.release()
	})
	return iss
}

// inBubble reports whether tb is in a testing/synctest bubble. No function says so, but
// Deadline panics there. A T that hides Deadline is in a bubble if the clock shows the year
// in which bubbles begin.
func inBubble(tb testing.TB) (yes bool) {
	t, ok := tb.(interface{ Deadline() (time.Time, bool) })
	if !ok {
		return time.Now().Year() == 2000
	}
	defer func() { yes = recover() != nil }()
	t.Deadline()
	return false
}

// Options returns the options of a middleware that accepts its tokens.
func (iss *Issuer) Options() jwthttp.Options {
	return jwthttp.Options{Issuer: iss.URL, Audience: []string{iss.Audience}}
}

// Key returns the key that verifies tokens with the option algorithm, until Rotate.
// [jwthttp.New] refuses the key if algorithm is not one of the constants.
func (iss *Issuer) Key(algorithm Algorithm) jwthttp.Key {
	method := jws.MethodOf(string(algorithm))
	if method == nil {
		return jwthttp.NewKey(nil, nil)
	}
	signer := iss.keys.current(string(algorithm))
	return jwthttp.NewKey(method, signer.material()).WithID(signer.id)
}

// HS256 returns Key for the option [HS256].
func (iss *Issuer) HS256() jwthttp.Key { return iss.Key(HS256) }

// RS256 returns Key for the option [RS256], which is the default.
func (iss *Issuer) RS256() jwthttp.Key { return iss.Key(RS256) }

// Source returns a source that discovers the issuer and fetches its keys, through Client. It
// is closed when tb ends. In a testing/synctest bubble tb is the bubble's T.
func (iss *Issuer) Source(tb testing.TB) *jwks.Source {
	tb.Helper()
	source, err := jwks.Discover(iss.URL, jwks.Options{Audience: []string{iss.Audience}, Client: iss.Client()})
	if err != nil {
		tb.Fatalf("jwthttptest: %v", err)
	}
	tb.Cleanup(func() { source.Close() })
	return source
}

// Material returns the key that verifies tokens with the option algorithm, until Rotate. It is for
// a program under test that takes no [jwthttp.Key], such as one that reads its key from a file.
//
//   - HS256, HS384, HS512: a []byte, the same for the three
//   - RS256, RS384, RS512, PS256, PS384, PS512: an [*rsa.PublicKey], the same for the six
//   - ES256, ES384, ES512: an [*ecdsa.PublicKey]
//   - EdDSA: an [ed25519.PublicKey]
//
// It is nil if algorithm is not one of the constants.
func (iss *Issuer) Material(algorithm Algorithm) any {
	if !jws.IsAlgorithm(string(algorithm)) {
		return nil
	}
	return iss.keys.current(string(algorithm)).material()
}

// Secret returns Material for [HS256]: 64 bytes.
func (iss *Issuer) Secret() []byte { return iss.Material(HS256).([]byte) }

// PublicKey returns Material for [RS256].
func (iss *Issuer) PublicKey() *rsa.PublicKey { return iss.Material(RS256).(*rsa.PublicKey) }

// Rotate publishes a new key with a new kid for each algorithm of public keys, and signs with it
// from now on. The keys before them stay published until the next Rotate, as with real providers.
// So after two calls the published keys do not verify older tokens. The secret of the HMAC
// algorithms stays, because it is not published.
//
// A [jwks.Source] fetches the keys when a token has a kid that it does not know: four times at
// once, and one more time each 30 seconds. So send a token after each Rotate. The forged tokens
// of [Faults] and [Conformance] use up the same budget. After many of them let two minutes pass
// before Rotate, in a testing/synctest bubble.
func (iss *Issuer) Rotate() { iss.keys.rotate() }

// Fail answers every request with a status from 400 to 599, until Recover. It panics for
// another status.
func (iss *Issuer) Fail(status int) {
	if status < 400 || status > 599 {
		panic(fmt.Sprintf("jwthttptest: Fail(%d): use a status from 400 to 599", status))
	}
	iss.set(status, false)
}

// Stall makes every request wait until Recover or Fail, or until its client gives up.
func (iss *Issuer) Stall() { iss.set(0, true) }

// Recover ends Fail and Stall. It answers the requests that wait.
func (iss *Issuer) Recover() { iss.set(0, false) }

func (iss *Issuer) set(status int, stalled bool) {
	iss.mu.Lock()
	defer iss.mu.Unlock()
	iss.status, iss.stalled = status, stalled
	for c := range iss.waiting {
		close(c)
	}
	clear(iss.waiting)
}

// wait returns the status to fail with. It waits while the issuer is stalled, until ctx is
// done.
func (iss *Issuer) wait(ctx context.Context) (status int, err error) {
	iss.mu.Lock()
	defer iss.mu.Unlock()
	for iss.stalled && ctx.Err() == nil {
		// Each request has its own channel. One that was made in a bubble must not be
		// closed outside of it, where the test ends.
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

// Fetches returns how many requests for the key set have come, answered or not. A source that
// cannot get the metadata does not request the key set.
func (iss *Issuer) Fetches() int {
	iss.mu.Lock()
	defer iss.mu.Unlock()
	return iss.fetches
}

// Client returns a client that reaches only this issuer, at its URL. It needs no network, so it works
// in a testing/synctest bubble too.
func (iss *Issuer) Client() *http.Client { return Client(iss) }

// Client returns a client that reaches these issuers, each at its URL, without a network. It is for
// jwks.TenantOptions, and for issuers whose URL a test has changed.
func Client(issuers ...*Issuer) *http.Client { return &http.Client{Transport: inMemory(issuers)} }

const (
	metadataPath = "/.well-known/openid-configuration"
	keysPath     = "/keys"
)

// ServeHTTP serves the metadata and the key set, as the listener at URL does: below the path of URL, at
// /.well-known/openid-configuration and /keys.
func (iss *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if u, err := url.Parse(iss.URL); err == nil {
		path = strings.TrimPrefix(path, strings.TrimSuffix(u.Path, "/"))
	}
	if path == keysPath {
		iss.mu.Lock()
		iss.fetches++
		iss.mu.Unlock()
	}
	status, err := iss.wait(r.Context())
	if err != nil {
		return
	}
	if status != 0 {
		http.Error(w, "the test called Fail", status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	switch path {
	case metadataPath:
		json.NewEncoder(w).Encode(map[string]string{"issuer": iss.URL, "jwks_uri": strings.TrimSuffix(iss.URL, "/") + keysPath})
	case keysPath:
		json.NewEncoder(w).Encode(map[string]any{"keys": iss.keys.published()})
	default:
		http.NotFound(w, r)
	}
}

type inMemory []*Issuer

func (m inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close() // a RoundTripper must, also on errors
	}
	i := slices.IndexFunc(m, func(iss *Issuer) bool { return strings.HasPrefix(r.URL.String(), strings.TrimSuffix(iss.URL, "/")+"/") })
	if i < 0 {
		var urls []string
		for _, iss := range m {
			urls = append(urls, iss.URL)
		}
		return nil, fmt.Errorf("jwthttptest: this client reaches %s only", strings.Join(urls, ", "))
	}
	w := httptest.NewRecorder()
	m[i].ServeHTTP(w, r)
	if r.Context().Err() != nil {
		return nil, context.Cause(r.Context())
	}
	res := w.Result()
	res.Request = r
	return res, nil
}
