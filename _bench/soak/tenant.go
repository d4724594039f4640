package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

const (
	tenantCount = 24
	patience    = 2 * time.Second // for as long, a token waits for its tenant
)

// A tenant is a customer with an issuer and a key of its own. All keys have one kid.
type tenant struct {
	issuer     string
	signer     signer
	tokens     []token
	forged     []token       // with the keys of other tenants
	membership atomic.Uint32 // only increases: see membership
}

// The membership of a tenant, in turn.
const (
	member = iota
	leaving
	left
	returning
	memberships
)

// tenants are in a table that fails now and then.
type tenants struct {
	all     []*tenant
	source  *jwks.Tenants
	server  *httptest.Server // the provider of all
	auth    *jwthttp.Middleware[Claims]
	report  func(string, ...any)
	isAway  atomic.Bool   // the table
	trouble atomic.Uint32 // odd while an answer may be a 503 for that
	lookups atomic.Int64
	changes int
}

func newTenants(mux *http.ServeMux, report func(string, ...any)) (*tenants, error) {
	t := &tenants{report: report}
	keySets := http.NewServeMux()
	t.server = httptest.NewServer(keySets)
	byIssuer := map[string]int{}
	for i := range tenantCount {
		it := &tenant{issuer: fmt.Sprintf("https://tenant-%d.example.com", i)}
		alg := []string{"ES256", "EdDSA"}[i%2]
		private, public, err := generate(alg)
		if err != nil {
			return nil, err
		}
		it.signer = newSigner(alg, "k", private)
		set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: public, KeyID: "k", Algorithm: alg, Use: "sig"}}}
		keySets.HandleFunc(fmt.Sprintf("/%d", i), func(w http.ResponseWriter, r *http.Request) { json.NewEncoder(w).Encode(set) })
		byIssuer[it.issuer] = i
		t.all = append(t.all, it)
	}
	for i, it := range t.all {
		for range 16 {
			it.tokens = append(it.tokens, it.signer.token(it.issuer, poolNumbers.Add(1), farAhead, ""))
			it.forged = append(it.forged, t.all[(i+2)%tenantCount].signer.token(it.issuer, poolNumbers.Add(1), farAhead, ""))
		}
	}
	var err error
	t.source, err = jwks.NewTenants(func(_ context.Context, issuer string) (jwks.Options, error) {
		t.lookups.Add(1)
		if t.isAway.Load() {
			return jwks.Options{}, errors.New("the table is away")
		}
		i, is := byIssuer[issuer]
		if !is || t.all[i].membership.Load()%memberships == leaving || t.all[i].membership.Load()%memberships == left {
			return jwks.Options{}, jwthttp.ErrUnknownKey
		}
		return jwks.Options{KeySetURL: fmt.Sprintf("%s/%d", t.server.URL, i), Audience: []string{audience}}, nil
	}, jwks.TenantOptions{LookupTTL: 2 * time.Second})
	if err != nil {
		return nil, err
	}
	if t.auth, err = jwthttp.New[Claims](t.source, jwthttp.Options{}); err != nil {
		return nil, err
	}
	mux.Handle("/tenant", t.auth.Handler(http.HandlerFunc(echo)))
	for _, it := range t.all {
		t.isBack(it)
	}
	return t, nil
}

func (t *tenants) close() {
	t.source.Close()
	t.server.Close()
}

// isBack waits until a tenant is accepted. A flood of invented issuers may use up the look-ups.
func (t *tenants) isBack(it *tenant) {
	err := patiently(func() error { _, err := t.auth.Verify(context.Background(), it.tokens[0].raw); return err })
	if err != nil {
		t.report("a token of %s: %v", it.issuer, err)
	}
}

// isWell waits until a look-up has succeeded after the last one that failed. Until then new issuers get
// a 503 without a look-up.
func (t *tenants) isWell() {
	err := patiently(func() error {
		issuer := fmt.Sprintf("https://nobody-%d.example.com", poolNumbers.Add(1))
		_, err := t.auth.Verify(context.Background(), unsigned("ES256", "k").token(issuer, poolNumbers.Add(1), farAhead, "").raw)
		if errors.Is(err, jwthttp.ErrInvalidToken) {
			return nil
		}
		return err
	})
	if err != nil {
		t.report("a token of an issuer that is not a tenant: %v", err)
	}
}

func (t *tenants) print() {
	fmt.Printf("%d tenants: %d changes, %d look-ups\n", len(t.all), t.changes, t.lookups.Load())
}

// change has tenants leave and come back, and the table fail.
func (t *tenants) change(ctx context.Context) {
	for i := 0; wait(ctx, 2*time.Second); i++ {
		t.changes++
		it := t.all[i%tenantCount]
		if i%4 == 3 {
			t.trouble.Add(1)
			t.isAway.Store(true)
			wait(ctx, 2*time.Second)
			t.isAway.Store(false)
			for _, it := range t.all {
				t.isBack(it)
			}
			t.isWell()
			t.trouble.Add(1)
			continue
		}
		it.membership.Add(1)
		t.source.Forget(it.issuer)
		it.membership.Add(1)
		wait(ctx, time.Second)
		it.membership.Add(1)
		t.source.Forget(it.issuer)
		t.isBack(it)
		it.membership.Add(1)
	}
}

// promisedTenant is promised for a token of a tenant. The first token after a change may have to wait.
func (r *request) promisedTenant(began, ended moment, buf []answer) []answer {
	same := began.membership == ended.membership
	if !same || began.membership%memberships != left {
		buf = append(buf, r.hit)
	}
	if !same || began.membership%memberships != member {
		buf = append(buf, otherIssuer)
	}
	if began.trouble != ended.trouble || began.trouble%2 == 1 || ended.at.Sub(began.at) >= patience {
		buf = append(buf, unavailable)
	}
	return buf
}

func (r *request) ofTenant(m *maker, tokens func(*tenant) []token) {
	r.tenant = pick(m, m.tenants.all)
	r.URL = m.open.JoinPath("tenant")
	r.bearer(pick(m, tokens(r.tenant)))
}

var tenantKinds = []kind{
	{"a tenant", 8, func(m *maker, r *request) { r.ofTenant(m, func(t *tenant) []token { return t.tokens }) }},
	{"a tenant, the key of another", 2, func(m *maker, r *request) {
		r.ofTenant(m, func(t *tenant) []token { return t.forged })
		r.hit = badSignature
	}},
	{"no tenant", 1, func(m *maker, r *request) {
		r.ofTenant(m, func(t *tenant) []token { return t.tokens })
		r.bearer(unsigned("ES256", "k").token("https://"+m.randomID(), m.number(), farAhead, ""))
		r.hit = otherIssuer
	}},
}
