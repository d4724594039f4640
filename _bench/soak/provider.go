package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/jwthttp/jwthttp/jwks"
)

// These are the promises of package jwks.
const (
	cooldown = 30 * time.Second // between fetches for tokens, after the budget is spent
	budget   = 4
	healing  = 12 * time.Second // at most, from the end of a failure of failFor
	slack    = 10 * time.Second // for this machine
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
	public any
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
	alg     string
	source  *jwks.Source
	keys    atomic.Pointer[[]*publicKey] // the newest first
	mode    atomic.Int32                 // good, slow, failing, or that of a liar
	trouble atomic.Uint32                // odd while an answer may be a 503
	lying   atomic.Uint32                // odd while other keys may be taken for the published ones
	evil    *publicKey                   // which only metadata of another issuer name
	others  [publishes]any               // public keys, with which it replaces its own
	fetches atomic.Int64
	failed  atomic.Int64 // how many of the fetches failed

	phases, refreshes int64 // phases of trouble, and refreshes by phase
	report            func(format string, args ...any)
}

const (
	good = iota
	slow
	failing
	liedIssuer // in the metadata, with the keys of a liar
	garbage
	replaced // other keys under the same names
	modes
)

const publishes = 2 // the newest key and the one before it

func newProvider(report func(string, ...any), alg string) (*provider, error) {
	p := &provider{report: report, alg: alg}
	p.keys.Store(&[]*publicKey{})
	p.Server = httptest.NewUnstartedServer(p)
	p.Server.Config.ErrorLog = log.New(io.Discard, "", 0)
	p.Server.Start()
	p.evil = p.newKey()
	for range publishes + 1 {
		p.rotate(p.newKey())
	}
	var err error
	for i := range p.others {
		if _, p.others[i], err = generate(alg); err != nil {
			return nil, err
		}
	}
	p.source, err = jwks.Discover(p.URL, jwks.Options{Audience: []string{audience}, OnEvent: p.heard})
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

// ServeHTTP answers with the metadata, or with a key set. Only the keys count as a fetch.
func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	mode := p.mode.Load()
	w.Header().Set("Cache-Control", fmt.Sprintf("max-age=%.0f", lifetime.Seconds()))
	if r.URL.Path != "/keys" && r.URL.Path != "/lies" {
		metadata := map[string]string{"issuer": p.URL, "jwks_uri": p.URL + "/keys"}
		if mode == liedIssuer {
			metadata = map[string]string{"issuer": p.URL + "/x", "jwks_uri": p.URL + "/lies"}
		}
		json.NewEncoder(w).Encode(metadata)
		return
	}
	p.fetches.Add(1)
	switch mode {
	case failing:
		p.failed.Add(1)
		w.WriteHeader(http.StatusInternalServerError)
		return
	case garbage:
		p.failed.Add(1)
		io.WriteString(w, `{"keys":[{"kty":"RSA","kid":"`)
		return
	case slow:
		select {
		case <-time.After(delay):
		case <-r.Context().Done():
		}
	}
	var set jose.JSONWebKeySet
	add := func(kid string, key any) {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: key, KeyID: kid, Algorithm: p.alg, Use: "sig"})
	}
	if r.URL.Path == "/lies" {
		add(p.evil.kid, p.evil.public)
		json.NewEncoder(w).Encode(set)
		return
	}
	for i, k := range (*p.keys.Load())[:publishes] {
		key := k.public
		if mode == replaced {
			key = p.others[i]
		}
		add(k.kid, key)
	}
	json.NewEncoder(w).Encode(set)
}

func (p *provider) newKey() *publicKey {
	private, public, err := generate(p.alg)
	if err != nil {
		panic(err)
	}
	k := &publicKey{kid: rand.Text(), public: public}
	for range 32 {
		k.tokens = append(k.tokens, newSigner(p.alg, k.kid, private).token(p.URL, poolNumbers.Add(1), farAhead, ""))
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

// liar lies in each way in turn. It is believed in one case only: other keys under the names of its own
// ones. Its tokens are refused then, until it tells the truth again.
func (p *provider) liar(ctx context.Context) {
	for mode := int32(liedIssuer); wait(ctx, 3*time.Second); mode = max(liedIssuer, (mode+1)%modes) {
		p.phases++
		p.trouble.Add(1)
		if mode == replaced {
			p.lying.Add(1)
		}
		p.mode.Store(mode)
		p.refreshes++
		err := p.source.Refresh(ctx)
		if err == nil && mode != replaced {
			p.report("a lie of kind %d was believed", mode)
		}
		wait(ctx, 2*time.Second)
		p.mode.Store(good)
		for {
			p.refreshes++
			if err := p.source.Refresh(context.Background()); err == nil {
				break
			}
		}
		if mode == replaced {
			p.lying.Add(1)
		}
		p.trouble.Add(1)
	}
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
