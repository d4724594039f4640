package main

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
	"sync/atomic"
	"time"

	"github.com/jwthttp/jwthttp/jwks"
)

// What package jwks promises.
const (
	cooldown = 30 * time.Second // between fetches for tokens, when the budget of them is spent
	budget   = 4
	healing  = 12 * time.Second // at most, from the end of a failure of failFor
	slack    = 3 * time.Second  // of this machine
)

const (
	slowFor  = 4 * time.Second
	delay    = 2500 * time.Millisecond // longer than a request waits, shorter than a fetch may take
	failFor  = 6 * time.Second
	lifetime = 5 * time.Minute // the shortest that a source honours: renewals come from half of it on
)

// A publicKey is a key of a provider, with tokens of it. Its state only grows.
type publicKey struct {
	kid    string
	key    *rsa.PrivateKey
	tokens []token
	state  atomic.Int32
}

const (
	published = iota // at the provider; the source may or may not have it
	known            // the source has it: every token of it is accepted
	withdrawn        // no longer at the provider; the source may or may not have it
	gone             // the source has dropped it: no token of it is accepted
)

// A provider publishes keys on loopback and changes them.
type provider struct {
	*httptest.Server
	source  *jwks.Source
	keys    atomic.Pointer[[]*publicKey] // the newest first
	mode    atomic.Int32                 // good, slow or failing
	trouble atomic.Uint32                // odd while an answer may be a 503
	fetches atomic.Int64
	failed  atomic.Int64 // of the fetches

	phases, refreshes int64 // of trouble; by the conductor, not by the source
	report            func(format string, args ...any)
}

const (
	good = iota
	slow
	failing
)

const publishes = 2 // the newest key and the one before it

func newProvider(report func(string, ...any)) (*provider, error) {
	p := &provider{report: report}
	p.keys.Store(&[]*publicKey{})
	p.Server = httptest.NewServer(p)
	for range publishes + 1 {
		p.rotate(p.newKey())
	}
	var err error
	p.source, err = jwks.New(p.URL, jwks.Options{Issuer: p.URL, Audience: []string{audience}, OnEvent: p.heard})
	if err != nil {
		return nil, err
	}
	(*p.keys.Load())[publishes].state.Store(gone) // it never had it
	return p, p.source.Refresh(context.Background())
}

func (p *provider) close() {
	p.source.Close()
	p.Server.Close()
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.fetches.Add(1)
	switch p.mode.Load() {
	case failing:
		p.failed.Add(1)
		w.WriteHeader(http.StatusInternalServerError)
		return
	case slow:
		select {
		case <-time.After(delay):
		case <-r.Context().Done():
		}
	}
	var set struct {
		Keys []map[string]string `json:"keys"`
	}
	for _, k := range (*p.keys.Load())[:publishes] {
		encode := base64.RawURLEncoding.EncodeToString
		set.Keys = append(set.Keys, map[string]string{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": k.kid,
			"n": encode(k.key.N.Bytes()), "e": encode(big.NewInt(int64(k.key.E)).Bytes())})
	}
	w.Header().Set("Cache-Control", fmt.Sprintf("max-age=%.0f", lifetime.Seconds()))
	json.NewEncoder(w).Encode(set)
}

func (p *provider) newKey() *publicKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	k := &publicKey{kid: rand.Text(), key: key}
	for range 32 {
		k.tokens = append(k.tokens, rs256(k.kid, key).token(p.URL, poolNumbers.Add(1), farAhead, ""))
	}
	return k
}

// rotate publishes k and withdraws the oldest key.
func (p *provider) rotate(k *publicKey) {
	before := *p.keys.Load()
	if len(before) >= publishes {
		before = before[:publishes]
		before[publishes-1].state.Store(withdrawn)
	}
	now := append([]*publicKey{k}, before...)
	p.keys.Store(&now)
}

// heard learns from the source which keys it has, once it has them.
func (p *provider) heard(e jwks.Event) {
	for _, k := range *p.keys.Load() {
		if k.kid == e.KeyID && e.Kind == jwks.KeyAdded {
			k.state.CompareAndSwap(published, known)
		}
		if k.kid == e.KeyID && e.Kind == jwks.KeyRemoved {
			k.state.CompareAndSwap(withdrawn, gone)
		}
	}
}

// mustKnow makes a refusal of the newest key's tokens wrong, and acceptance of
// the oldest one's.
func (p *provider) mustKnow() {
	keys := *p.keys.Load()
	keys[0].state.CompareAndSwap(published, known)
	keys[publishes].state.CompareAndSwap(withdrawn, gone)
}

// wait returns whether ctx is still good after that time.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// steady changes keys under the flood of unknown ones, and is always there.
func (p *provider) steady(ctx context.Context) {
	for wait(ctx, 4*time.Second) {
		p.rotate(p.newKey())
		if !wait(ctx, cooldown+slack) {
			return
		}
		p.mustKnow()
	}
}

// shaky is slow in the first seconds of every minute and fails in the middle of
// it, when unknown keys start a fetch, and changes its key each time.
func (p *provider) shaky(ctx context.Context) {
	for start := time.Now(); ; start = start.Add(2 * cooldown) {
		next := p.newKey()
		if !wait(ctx, time.Until(start)) {
			return
		}
		if !p.phase(ctx, slow, time.Second, slowFor, next) {
			return
		}
		next = p.newKey()
		if !wait(ctx, time.Until(start.Add(cooldown-failFor/3))) || !p.phase(ctx, failing, failFor/2, failFor, next) {
			return
		}
	}
}

// phase is a time of trouble with a new key in it. It ends when the source has had
// a good answer again.
func (p *provider) phase(ctx context.Context, mode int32, before, whole time.Duration, next *publicKey) bool {
	p.phases++
	p.trouble.Add(1)
	p.mode.Store(mode)
	ok := wait(ctx, before)
	if ok {
		p.rotate(next)
		ok = wait(ctx, whole-before)
	}
	back := time.Now()
	p.mode.Store(good)
	for ; ok; ok = wait(ctx, 10*time.Millisecond) {
		stats := p.source.Stats()
		if stats.LastSuccess.After(back) {
			p.mustKnow()
			p.trouble.Add(1)
			return true
		}
		if stats.LastError == nil {
			p.refreshes++
			p.source.Refresh(ctx) // nothing has failed, so nothing will be asked soon
		}
		if time.Since(back) > healing+slack {
			p.report("%v after its keys are there again the source has none: %v", time.Since(back), stats.LastError)
			return false
		}
	}
	return false
}

// maxFetches is how often a source may ask in that time:
//   - once at first
//   - for unknown keys and failed signatures, within the budget
//   - to renew keys after half of their lifetime
//   - again after each failure; backoff allows five in a phase
func (p *provider) maxFetches(d time.Duration) int64 {
	return 1 + budget + int64(d/cooldown) + int64(d/(lifetime/2)) + min(p.failed.Load(), 5*p.phases) + p.refreshes
}
