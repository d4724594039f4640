package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/dpop"
	"github.com/jwthttp/jwthttp/mtls"
)

// The service is behind a proxy, which ends TLS and writes the certificate of a client into a header.
const (
	publicOrigin = "https://api.example.com"
	certificate  = "X-Forwarded-Client-Cert"
)

// bound has what makes tokens that only their owner can use.
type bound struct {
	keys   []*dpop.Key // of clients
	nonces *dpop.Verifier
}

// protect adds these handlers:
//
//   - /both takes tokens with and without a binding.
//   - /nonced takes tokens with a proof that has a nonce.
//   - /shared/0 and /shared/1 are of two instances, which share the proofs that were used.
//   - /connected takes tokens that are bound to the certificate of the connection.
func (b *bound) protect(mux *http.ServeMux, keys jwthttp.KeySource, stores *stores) error {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	ed, err := dpop.NewKey(private)
	if err != nil {
		return err
	}
	ec, err := dpop.GenerateKey()
	if err != nil {
		return err
	}
	b.keys = []*dpop.Key{ed, ec}
	nonces, err := dpop.NewNonces([]byte(rand.Text() + rand.Text()))
	if err != nil {
		return err
	}
	certificates, err := mtls.Forwarded(certificate, mtls.XFCC, "127.0.0.1")
	if err != nil {
		return err
	}
	var errs []error
	verifier := func(opts dpop.Options) *dpop.Verifier {
		opts.Origins = []string{publicOrigin}
		v, err := dpop.New(opts)
		errs = append(errs, err)
		return v
	}
	handle := func(path string, opts jwthttp.Options) {
		opts.Audience = []string{audience}
		auth, err := jwthttp.New[Claims](keys, opts)
		if errs = append(errs, err); err == nil {
			mux.Handle(path, auth.Handler(http.HandlerFunc(echo)))
		}
	}
	b.nonces = verifier(dpop.Options{Nonces: nonces})
	handle("/both", jwthttp.Options{Bindings: []jwthttp.Binding{certificates, verifier(dpop.Options{})}, AllowUnbound: true})
	handle("/nonced", jwthttp.Options{Bindings: []jwthttp.Binding{b.nonces}})
	handle("/connected", jwthttp.Options{Bindings: []jwthttp.Binding{mtls.Connection()}})
	for i, proofs := range stores.proofs {
		handle(fmt.Sprintf("/shared/%d", i), jwthttp.Options{Bindings: []jwthttp.Binding{verifier(dpop.Options{Replays: proofs})}})
	}
	return errors.Join(errs...)
}

// nonce returns the nonce that an answer would have now.
func (b *bound) nonce() string {
	h := http.Header{}
	b.nonces.Answer(h)
	return h.Get("DPoP-Nonce")
}

// boundRefusal is the answer of the first handler of protect. scheme has the error in its challenge.
func boundRefusal(scheme, code, sentence string) answer {
	a := refusal(401, code, "", sentence)
	challenges := map[string]string{"Bearer": `Bearer realm="api"`, "DPoP": `DPoP realm="api"`}
	challenges[scheme] += `, error="` + code + `", error_description="` + sentence + `"`
	a.challenge = fmt.Sprint([]string{challenges["Bearer"], challenges["DPoP"] + algs})
	return a
}

const algs = `, algs="ES256 Ed25519 EdDSA"`

var (
	badProof    = boundRefusal("DPoP", "invalid_dpop_proof", "The proof of possession was refused")
	otherKey    = boundRefusal("DPoP", "invalid_token", "The access token is bound to another key")
	otherCert   = boundRefusal("Bearer", "invalid_token", "The access token is bound to another key")
	downgrade   = boundRefusal("Bearer", "invalid_token", "The access token was sent under another scheme than its own")
	unboundDPoP = boundRefusal("DPoP", "invalid_token", "The access token was sent under another scheme than its own")
	oddBinding  = boundRefusal("Bearer", "invalid_token", "The access token is bound in a way that is not accepted")
	otherClient = refusal(401, "invalid_token", "", "The access token is bound to another key")
	sharedAgain = func() answer {
		const sentence = "The proof of possession was refused"
		a := refusal(401, "invalid_dpop_proof", "", sentence)
		a.challenge = `DPoP realm="api", error="invalid_dpop_proof", error_description="` + sentence + `"` + algs
		return a
	}()
	wantsNonce = func() answer {
		const sentence = "The proof of possession needs a current nonce of the server"
		a := refusal(401, "use_dpop_nonce", "", sentence)
		a.challenge = `DPoP realm="api", error="use_dpop_nonce", error_description="` + sentence + `"` + algs
		a.nonces = 1
		return a
	}()
)

// A usedProof is a token with a proof that was accepted.
type usedProof struct{ token, proof string }

func jkt(key *dpop.Key) string { return `"jkt":"` + key.Thumbprint() + `"` }

// certificateOf returns the member of cnf for a certificate, and the header of the proxy.
func certificateOf(number uint64) (member, header string) {
	sum := sha256.Sum256([]byte(subject(number)))
	return `"x5t#S256":"` + base64.RawURLEncoding.EncodeToString(sum[:]) + `"`, "Hash=" + hex.EncodeToString(sum[:]) + `;Subject="CN=a,b;c"`
}

// proved makes r a request with a token and proofs for a path of the service.
func (r *request) proved(t token, path, nonce string, keys ...*dpop.Key) {
	r.bearer(t)
	r.Header["Authorization"] = []string{"DPoP " + t.raw}
	for _, key := range keys {
		proof, err := key.Proof(r.Method, publicOrigin+path, t.raw, nonce)
		if err != nil {
			panic(err)
		}
		r.Header["Dpop"] = append(r.Header["Dpop"], proof)
	}
}

// used makes r a request with a proof that was used.
func (r *request) used(u usedProof, url *url.URL) {
	r.URL = url
	r.Header["Authorization"], r.Header["Dpop"] = []string{"DPoP " + u.token}, []string{u.proof}
}

func sharedProof(m *maker, r *request) {
	key := pick(m, m.bound.keys)
	r.store, r.URL = m.stores.redis, pick(m, m.shared[:])
	t := m.mint(`,"cnf":{` + jkt(key) + `}`)
	r.proved(t, r.URL.Path, "", key)
	u := usedProof{t.raw, r.Header["Dpop"][0]}
	r.accepted = func() { m.usedShared = u }
}

func goodProof(m *maker, r *request) {
	key := pick(m, m.bound.keys)
	r.URL = m.both
	t := m.mint(`,"cnf":{` + jkt(key) + `}`)
	r.proved(t, m.both.Path, "", key)
	m.used = usedProof{t.raw, r.Header["Dpop"][0]}
}

var boundKinds = []kind{
	{"DPoP", 5, goodProof},
	{"DPoP, a proof used before", 2, func(m *maker, r *request) {
		if m.used.proof == "" {
			goodProof(m, r)
			return
		}
		r.used(m.used, m.both)
		r.hit = badProof
	}},
	{"DPoP, another URL, no proof, two proofs", 2, func(m *maker, r *request) {
		key := m.bound.keys[0]
		r.URL = m.both
		t := m.mint(`,"cnf":{` + jkt(key) + `}`)
		switch m.IntN(3) {
		case 0:
			r.proved(t, m.both.Path+"/x", "", key)
		case 1:
			r.proved(t, m.both.Path, "")
		case 2:
			r.proved(t, m.both.Path, "", key, key)
		}
		r.hit = badProof
	}},
	{"DPoP, another key", 2, func(m *maker, r *request) {
		r.URL = m.both
		r.proved(m.mint(`,"cnf":{`+jkt(m.bound.keys[0])+`}`), m.both.Path, "", m.bound.keys[1])
		r.hit = otherKey
	}},
	{"DPoP, a token that is not bound", 1, func(m *maker, r *request) {
		r.URL = m.both
		r.proved(m.mint(""), m.both.Path, "", m.bound.keys[0])
		r.hit = unboundDPoP
	}},
	{"DPoP, the token under Bearer", 2, func(m *maker, r *request) {
		r.URL = m.both
		t := m.mint(`,"cnf":{` + jkt(m.bound.keys[0]) + `}`)
		r.proved(t, m.both.Path, "", m.bound.keys[0])
		r.Header["Authorization"] = []string{"Bearer " + t.raw}
		r.hit = downgrade
	}},
	{"bearer, where bindings are accepted", 3, func(m *maker, r *request) {
		r.URL = m.both
		r.bearer(m.mint(""))
	}},
	{"a binding that is not accepted", 1, func(m *maker, r *request) {
		r.URL = m.both
		r.bearer(m.mint(`,"cnf":{"kid":"k"}`))
		r.hit = oddBinding
	}},
	{"a client certificate", 4, func(m *maker, r *request) {
		member, header := certificateOf(m.number())
		r.URL = m.both
		r.bearer(m.mint(`,"cnf":{` + member + `}`))
		r.Header[certificate] = []string{header}
	}},
	{"another certificate, none, two", 2, func(m *maker, r *request) {
		member, header := certificateOf(m.number())
		_, other := certificateOf(m.number())
		r.URL = m.both
		r.bearer(m.mint(`,"cnf":{` + member + `}`))
		r.Header[certificate] = [][]string{{other}, nil, {header, header}}[m.IntN(3)]
		r.hit = otherCert
	}},
	{"a client certificate and DPoP", 2, func(m *maker, r *request) {
		member, header := certificateOf(m.number())
		key := pick(m, m.bound.keys)
		r.URL = m.both
		r.proved(m.mint(`,"cnf":{`+member+`,`+jkt(key)+`}`), m.both.Path, "", key)
		r.Header[certificate] = []string{header}
	}},
	{"DPoP with a nonce", 3, func(m *maker, r *request) {
		key := pick(m, m.bound.keys)
		r.URL = m.nonced
		r.proved(m.mint(`,"cnf":{`+jkt(key)+`}`), m.nonced.Path, m.bound.nonce(), key)
		r.hit.cache, r.hit.nonces = "no-store", 1
	}},
	{"DPoP without a nonce", 2, func(m *maker, r *request) {
		r.URL = m.nonced
		r.proved(m.mint(`,"cnf":{`+jkt(m.bound.keys[0])+`}`), m.nonced.Path, pick(m, []string{"", "x"}), m.bound.keys[0])
		r.hit = wantsNonce
	}},
	{"DPoP at one of two instances", 4, sharedProof},
	{"DPoP at one of two instances, a proof used before", 4, func(m *maker, r *request) {
		if m.usedShared.proof == "" {
			sharedProof(m, r)
			return
		}
		r.store = m.stores.redis
		r.used(m.usedShared, pick(m, m.shared[:]))
		r.hit = sharedAgain
	}},
	{"the certificate of the connection", 4, func(m *maker, r *request) {
		r.URL = m.connected
		r.bearer(m.mint(`,"cnf":{` + m.machine.thumbprint() + `}`))
	}},
	{"that of another connection", 2, func(m *maker, r *request) {
		member, header := certificateOf(m.number())
		r.URL = m.connected
		r.bearer(m.mint(`,"cnf":{` + member + `}`))
		r.Header[certificate] = []string{header} // which nobody reads here
		r.hit = otherClient
	}},
}
