package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"

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

// protect returns two handlers. The first one takes tokens with and without a binding. The second
// one takes tokens with a proof that has a nonce.
func (b *bound) protect(keys jwthttp.KeySource, next http.Handler) (both, nonced http.Handler, err error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	ed, err := dpop.NewKey(private)
	if err != nil {
		return nil, nil, err
	}
	ec, err := dpop.GenerateKey()
	if err != nil {
		return nil, nil, err
	}
	b.keys = []*dpop.Key{ed, ec}
	proofs, err := dpop.New(dpop.Options{Origins: []string{publicOrigin}})
	if err != nil {
		return nil, nil, err
	}
	certificates, err := mtls.Forwarded(certificate, mtls.XFCC, "127.0.0.1")
	if err != nil {
		return nil, nil, err
	}
	nonces, err := dpop.NewNonces([]byte(rand.Text() + rand.Text()))
	if err != nil {
		return nil, nil, err
	}
	if b.nonces, err = dpop.New(dpop.Options{Origins: []string{publicOrigin}, Nonces: nonces}); err != nil {
		return nil, nil, err
	}
	all, err := jwthttp.New[Claims](keys, jwthttp.Options{Audience: []string{audience}, Bindings: []jwthttp.Binding{certificates, proofs}, AllowUnbound: true})
	if err != nil {
		return nil, nil, err
	}
	some, err := jwthttp.New[Claims](keys, jwthttp.Options{Audience: []string{audience}, Bindings: []jwthttp.Binding{b.nonces}})
	if err != nil {
		return nil, nil, err
	}
	return all.Handler(next), some.Handler(next), nil
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
	wantsNonce  = func() answer {
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
		r.URL = m.both
		r.Header["Authorization"], r.Header["Dpop"] = []string{"DPoP " + m.used.token}, []string{m.used.proof}
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
}
