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

// These are the promises of package jwks.
const (
	cooldown = 30 * time.Second // between fetches for tokens, after the budget is spent
	budget   = 4
	healing  = 12 * time.Second // at most, from the end of a failure of failFor
	slack    = 3 * time.Second  // for this machine
)

const (
	slowFor  = 4 * time.Second
	delay    = 2500 * time.Millisecond // longer than a request waits, shorter than a fetch may take
	failFor  = 6 * time.Second
	lifetime = 5 * time.Minute // the shortest that a source accepts: renewals begin at half of it
)

// A publicKey is a key of a provider, with tokens of that key. Its state only increases.
type publicKey struct {
	kid    string
	key    *rsa.PrivateKey
	tokens []token
	state  atomic.Int32
}

const (
	published = iota // the provider has it; the source may have it
	known            // the source has it: all its tokens are accepted
	withdrawn        // the provider does not have it any more; the source may have it
	gone             // the source does not have it any more: none of its tokens is accepted
)

// A provider publishes keys on loopback and changes them.
type provider struct {
	*httptest.Server
	source  *jwks.Source
	keys    atomic.Pointer[[]*publicKey] // the newest first
	mode    atomic.Int32                 // good, slow or failing
	trouble atomic.Uint32                // odd while an answer may be a 503
	fetches atomic.Int64
	failed  atomic.Int64 // how many of the fetches failed

	phases, refreshes int64 // phases of trouble, and refreshes by phase
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
	(*p.keys.Load())[publishes].state.Store(gone) // the source never had it
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

// heard records which keys the source has added and removed.
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

// mustKnow says that from now on it is wrong to refuse tokens of the newest key, and wrong to
// accept tokens of the oldest.
func (p *provider) mustKnow() {
	keys := *p.keys.Load()
	keys[0].state.CompareAndSwap(published, known)
	keys[publishes].state.CompareAndSwap(withdrawn, gone)
}

// wait waits for d. It reports whether ctx has not ended.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// steady changes its keys while unknown keys flood the source. It never fails.
func (p *provider) steady(ctx context.Context) {
	for wait(ctx, 4*time.Second) {
		p.rotate(p.newKey())
		if !wait(ctx, cooldown+slack) {
			return
		}
		p.mustKnow()
	}
}

// shaky changes its key in two phases of every minute. It is slow in the first seconds and
// fails in the middle, when unknown keys start a fetch.
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

// phase is a time of trouble in which a new key is published. It ends when the source has had
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
			p.source.Refresh(ctx) // nothing has failed, so no retry is due
		}
		if time.Since(back) > healing+slack {
			p.report("%v after its keys are there again the source has none: %v", time.Since(back), stats.LastError)
			return false
		}
	}
	return false
}

// maxFetches returns how often a source may fetch in that time:
//
//   - once at first
//   - for unknown keys and failed signatures, within the budget
//   - to renew keys after half of their lifetime
//   - again after each failure; the backoff allows five in a phase
func (p *provider) maxFetches(d time.Duration) int64 {
	return 1 + budget + int64(d/cooldown) + int64(d/(lifetime/2)) + min(p.failed.Load(), 5*p.phases) + p.refreshes
}
