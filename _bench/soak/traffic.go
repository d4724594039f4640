package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A request is what is sent, with the facts that decide its answer.
type request struct {
	*http.Request
	kind int
	hit  answer // the promised answer if the source has the key

	provider *provider  // the provider of the key, or nil if keys are fixed
	key      *publicKey // nil if the provider never had a key with that kid
	expires  int64      // if not 0, hit is only promised before this time
	tenant   *tenant    // the tenant of the token, or nil
	store    *store     // that is asked, or nil
	orElse   answer     // if it has a status, it is as good as hit
	accepted func()     // called after a 200, if not nil
	maker    *maker
}

// A kind is a kind of request. Its weight says how often it is sent.
type kind struct {
	name   string
	weight int
	fill   func(m *maker, r *request)
}

var kinds = slices.Concat(bearerKinds, boundKinds, tenantKinds, revokedKinds)

var bearerKinds = []kind{
	{"HS256, fresh", 20, func(m *maker, r *request) { r.bearer(m.mint("")) }},
	{"HS256, repeated", 8, func(m *maker, r *request) { r.bearer(m.repeated) }},
	{"RS256, fresh", 8, func(m *maker, r *request) {
		r.bearer(m.pools.fresh[m.pools.next.Add(1)%uint64(len(m.pools.fresh))])
	}},
	{"RS256, repeated", 10, func(m *maker, r *request) { r.bearer(pick(m, m.pools.seen)) }},
	{"PS256, ES256 and EdDSA", 9, func(m *maker, r *request) { r.bearer(pick(m, pick(m, m.pools.kinds))) }},
	{"RS256, expires in the run", 2, func(m *maker, r *request) {
		i := min(max(0, int(time.Since(m.pools.since)/time.Second)+m.IntN(4)-1), len(m.pools.expiring)-1)
		r.bearer(m.pools.expiring[i])
		r.expires = m.pools.since.Unix() + int64(i)
	}},
	{"HS256, expired", 4, func(m *maker, r *request) { // in this second, or long ago
		r.bearer(m.ours.token(fixedIssuer, m.number(), time.Now().Unix()-int64(m.IntN(2)*3600), ""))
		r.hit = expired
	}},
	{"RS256, expired", 2, func(m *maker, r *request) { r.bearer(pick(m, m.pools.expired)); r.hit = expired }},
	{"not yet valid", 3, func(m *maker, r *request) {
		r.bearer(m.mint(fmt.Sprintf(`,"nbf":%d`, time.Now().Unix()+3600)))
		r.hit = notYet
	}},
	{"HS256, forged", 4, func(m *maker, r *request) {
		r.bearer(m.foreign.token(fixedIssuer, m.number(), farAhead, ""))
		r.hit = badSignature
	}},
	{"RS256, PS256, ES256 and EdDSA, forged", 3, func(m *maker, r *request) { r.bearer(pick(m, m.pools.forged)); r.hit = badSignature }},
	{"tampered payload", 4, func(m *maker, r *request) {
		one, other := parts(pick(m, m.pools.seen)), parts(m.mint(""))
		r.bearer(token{raw: one[0] + "." + other[1] + "." + one[2]})
		r.hit = badSignature
	}},
	{"malformed", 4, func(m *maker, r *request) {
		t := m.mint("")
		s := parts(t)
		r.bearer(token{raw: pick(m, []string{"x", s[0] + "." + s[1], s[0] + "." + s[1] + ".", t.raw + ".x", s[0] + ".+" + s[1] + "." + s[2], s[1][:9] + "." + s[1] + "." + s[2]})})
		r.hit = malformed
	}},
	{"a claim twice", 1, func(m *maker, r *request) { r.bearer(m.mint(`,"sub":"root"`)); r.hit = badClaims }},
	{"no token behind Bearer", 2, func(m *maker, r *request) {
		r.Header["Authorization"] = []string{pick(m, []string{"Bearer", "Bearer a b", `bearer "x"`, "BEARER a,b"})}
		r.hit = badHeader
	}},
	{"alg of another key", 2, func(m *maker, r *request) {
		r.bearer(unsigned(pick(m, []string{"HS256", "ES256", "EdDSA"}), "RS256").token(fixedIssuer, m.number(), farAhead, ""))
		r.hit = unknownKey
	}},
	{"oversized", 2, func(m *maker, r *request) { r.bearer(m.mint(padding(8 << 10))); r.hit = tooLarge }},
	{"another audience", 2, func(m *maker, r *request) {
		r.bearer(m.ours.tokenFor(fixedIssuer, "billing", m.number(), farAhead, ""))
		r.hit = otherService
	}},
	{"another issuer", 2, func(m *maker, r *request) {
		r.bearer(m.ours.token("https://evil.example.com", m.number(), farAhead, ""))
		r.hit = otherIssuer
	}},
	{"bound to a key", 1, func(m *maker, r *request) { r.bearer(m.mint(`,"cnf":{"jkt":"x"}`)); r.hit = boundToKey }},
	{"two Authorization headers", 2, func(m *maker, r *request) {
		r.bearer(m.mint(""))
		r.Header["Authorization"] = append(r.Header["Authorization"], "Basic eDp4")
		r.hit = twoTokens
	}},
	{"a header and a cookie", 2, func(m *maker, r *request) { r.bearer(m.mint("")); r.cookie(m.mint("")); r.hit = twoTokens }},
	{"no credentials", 3, func(m *maker, r *request) {}},
	{"another scheme", 2, func(m *maker, r *request) { r.Header["Authorization"] = []string{"Basic eDp4"} }},
	{"HEAD without credentials", 1, func(m *maker, r *request) {
		r.Method = http.MethodHead
		r.hit.body = ""
	}},
	{"cookie, GET", 3, func(m *maker, r *request) {
		r.cookie(pick(m, []token{m.mint(""), pick(m, m.pools.seen)}))
		r.Header["Sec-Fetch-Site"] = []string{"cross-site"}
	}},
	{"cookie, POST from here", 2, func(m *maker, r *request) {
		r.Method = http.MethodPost
		r.cookie(m.mint(""))
		if m.IntN(2) == 0 { // otherwise the request is not from a browser
			r.Header["Sec-Fetch-Site"] = []string{"same-origin"}
		}
	}},
	{"cookie, POST from elsewhere", 3, func(m *maker, r *request) {
		r.Method = http.MethodPost
		r.cookie(m.mint(""))
		if m.IntN(2) == 0 {
			r.Header["Sec-Fetch-Site"] = []string{"cross-site"}
		} else {
			r.Header["Origin"] = []string{"https://evil.example.com"}
		}
		r.hit = crossOrigin
	}},
	{"cookie, oversized", 1, func(m *maker, r *request) { r.cookie(m.mint(padding(4 << 10))); r.hit = tooLarge }},
	{"scopes there", 3, func(m *maker, r *request) {
		r.URL = m.guarded
		r.bearer(m.mint(`,"scope":"a orders:write orders:read"`))
	}},
	{"scope missing", 3, func(m *maker, r *request) {
		r.URL = m.guarded
		r.bearer(m.mint(`,"scope":"orders:read"`))
		r.hit = lacksScope
	}},
	{"unknown kid, fixed keys", 4, func(m *maker, r *request) {
		r.bearer(unsigned("HS256", m.randomID()).token(fixedIssuer, m.number(), farAhead, ""))
		r.hit = unknownKey
	}},
	{"unknown kid, provider", 6, func(m *maker, r *request) {
		r.provider = pick(m, m.providers)
		r.bearer(unsigned(r.provider.alg, m.randomID()).token(r.provider.URL, m.number(), farAhead, ""))
	}},
	{"provider, newest key", 6, func(m *maker, r *request) { r.of(m, 0) }},
	{"provider, key before it", 6, func(m *maker, r *request) { r.of(m, 1) }},
	{"provider, withdrawn key", 2, func(m *maker, r *request) { r.of(m, 2) }},
	{"provider, forged", 2, func(m *maker, r *request) {
		r.of(m, 1)
		r.bearer(unsigned(r.provider.alg, r.key.kid).token(r.provider.URL, m.number(), farAhead, ""))
		r.hit = badSignature
	}},
	{"provider, key of a liar", 2, func(m *maker, r *request) {
		r.provider = m.providers[2]
		r.bearer(pick(m, r.provider.evil.tokens))
	}},
}

func (r *request) bearer(t token) {
	r.Header["Authorization"] = []string{"Bearer " + t.raw}
	r.hit = accepted(t, "header:Authorization")
}

func (r *request) cookie(t token) {
	r.Header["Cookie"] = []string{"a=b; session=" + t.raw}
	r.hit = accepted(t, "cookie:session")
}

// of makes r a request with a token of a provider's key.
func (r *request) of(m *maker, age int) {
	r.provider = pick(m, m.providers)
	r.key = (*r.provider.keys.Load())[age]
	r.bearer(pick(m, r.key.tokens))
}

func parts(t token) []string { return strings.Split(t.raw, ".") }

// A moment is the state that may change during a request.
type moment struct {
	at            time.Time
	state         int32
	trouble, lies uint32
	membership    uint32 // of the tenant
	away          uint32 // of the store
}

func (m moment) String() string {
	return fmt.Sprintf("%s (the key's state %d, trouble %d, lies %d, membership %d, away %d)", m.at.Format("15:04:05.000000"), m.state, m.trouble, m.lies, m.membership, m.away)
}

func (r *request) now() (m moment) {
	if r.provider != nil {
		m.trouble, m.lies = r.provider.trouble.Load(), r.provider.lying.Load()
		m.state = gone
	}
	if r.key != nil {
		m.state = r.key.state.Load()
	}
	if r.tenant != nil {
		m.membership, m.trouble = r.tenant.membership.Load(), r.maker.tenants.trouble.Load()
	}
	if r.store != nil {
		m.away = r.store.away.Load()
	}
	m.at = time.Now()
	return m
}

// promised returns the answers that are right for a request that began and ended at these
// moments.
func (r *request) promised(began, ended moment, buf []answer) []answer {
	switch {
	case r.expires != 0 && began.at.Unix() >= r.expires:
		return append(buf, expired)
	case r.expires != 0 && ended.at.Unix() >= r.expires:
		return append(buf, r.hit, expired)
	case r.tenant != nil:
		return r.promisedTenant(began, ended, buf)
	case r.store != nil:
		if buf = append(buf, r.hit); r.orElse.status != 0 {
			buf = append(buf, r.orElse)
		}
		if r.store.mayFail(began.at, ended.at, began.away) {
			buf = append(buf, unavailable)
		}
		return buf
	case r.provider == nil || began.state == known && ended.state == known && began.lies == ended.lies && began.lies%2 == 0:
		return append(buf, r.hit)
	}
	if r.key != nil && began.state < gone {
		buf = append(buf, r.hit)
	}
	if began.trouble != ended.trouble || began.trouble%2 == 1 || ended.at.Sub(began.at) >= patience {
		buf = append(buf, unavailable)
	}
	if r.key != nil && (began.lies != ended.lies || began.lies%2 == 1) {
		buf = append(buf, badSignature)
	}
	return append(buf, unknownKey)
}

// A maker makes the requests of one worker.
type maker struct {
	*rand.Rand
	pools     *pools
	providers []*provider
	ours      signer
	foreign   signer
	bound     *bound
	tenants   *tenants
	stores    *stores
	machine   *machine
	report    func(format string, args ...any)

	used       usedProof // the last one; its token is in no other request
	usedShared usedProof // the last one that two instances know
	revoked    map[*store][]token
	repeated   token
	counter    uint64
	patient    bool // it also sends requests that may have to wait
	request    request

	open, guarded, both, nonced, connected *url.URL
	shared                                 [2]*url.URL // of two instances
}

func newMaker(w *world, worker int, base *url.URL, patient bool, from *machine) *maker {
	m := &maker{
		Rand: rand.New(rand.NewPCG(1, uint64(worker))), pools: w.pools, providers: w.providers, ours: w.ours, foreign: w.foreign,
		counter: uint64(worker+1) << 40, patient: patient, open: base, guarded: base.JoinPath("orders"),
		bound: &w.bound, both: base.JoinPath("both"), nonced: base.JoinPath("nonced"), connected: base.JoinPath("connected"),
		shared:  [2]*url.URL{base.JoinPath("shared", "0"), base.JoinPath("shared", "1")},
		tenants: w.tenants, stores: w.stores, machine: from, report: w.fault, revoked: map[*store][]token{},
	}
	m.repeated = m.mint("")
	m.request.Request = &http.Request{Host: base.Host, Header: http.Header{}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody}
	return m
}

// lots has the index of each kind as often as its weight says.
var lots = func() (lots []int) {
	for i, k := range kinds {
		lots = append(lots, slices.Repeat([]int{i}, k.weight)...)
	}
	return lots
}()

// begin begins a request, which replaces the last one.
func (m *maker) begin() *request {
	r := &m.request
	clear(r.Header)
	*r = request{Request: r.Request, maker: m}
	r.Method, r.URL = http.MethodGet, m.open
	return r
}

// next makes the next request.
func (m *maker) next() *request {
	r := m.begin()
	r.hit, r.kind = noToken, pick(m, lots)
	kinds[r.kind].fill(m, r)
	if !m.patient && r.provider != nil && r.provider.mode.Load() == slow && (r.key == nil || r.key.state.Load() != known) {
		return m.next()
	}
	return r
}

func (m *maker) number() uint64 { m.counter++; return m.counter }

// mint makes a fresh token with further claims, each after a comma.
func (m *maker) mint(more string) token {
	return m.ours.token(fixedIssuer, m.number(), farAhead, more)
}

func (m *maker) randomID() string {
	b := make([]byte, 1+m.IntN(250))
	for i := range b {
		b[i] = "abcdefghijklmnopqrstuvwxyz0123456789 ./:-_"[m.IntN(42)]
	}
	return string(b)
}

func padding(n int) string { return `,"pad":"` + strings.Repeat("x", n) + `"` }

func pick[T any](m *maker, from []T) T { return from[m.IntN(len(from))] }
