package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/_bench/contest"
	"github.com/jwthttp/jwthttp/dpop"
	"github.com/jwthttp/jwthttp/mtls"
)

const (
	boundOrigin = "https://api.example.com"
	boundTarget = "/orders/17?page=2"
	boundCount  = 200 // proofs, or requests, of a batch
)

// proofs measures DPoP proofs against what they cannot do without: the verification of one
// signature, and two digests. A proof that is refused before its signature is verified costs a
// tenth of that.
func proofs(r *Report) error {
	edPublic, edPrivate, err1 := ed25519.GenerateKey(rand.Reader)
	_, edOther, err2 := ed25519.GenerateKey(rand.Reader)
	ecPrivate, err3 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ecOther, err4 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return err
	}
	for _, work := range []struct {
		name          string
		signer, other crypto.Signer
		limit         float64
		verify        func(input, digest, signature []byte) bool
	}{
		{"ES256", ecPrivate, ecOther, 1.15, func(_, digest, signature []byte) bool {
			return ecdsa.VerifyASN1(&ecPrivate.PublicKey, digest, signature)
		}},
		{"Ed25519", edPrivate, edOther, 1.25, func(input, _, signature []byte) bool { return ed25519.Verify(edPublic, input, signature) }},
	} {
		if err := proofsOf(r, work.name, work.signer, work.other, work.limit, work.verify); err != nil {
			return fmt.Errorf("%s: %w", work.name, err)
		}
	}
	return nil
}

func proofsOf(r *Report, name string, signer, another crypto.Signer, limit float64, verify func(input, digest, signature []byte) bool) error {
	key, err := dpop.NewKey(signer)
	if err != nil {
		return err
	}
	other, err := dpop.NewKey(another)
	if err != nil {
		return err
	}
	thumbprint, err := thumbprintOf(key)
	if err != nil {
		return err
	}
	token := strings.TrimPrefix(contest.Tokens("HS256", 0, 1)[0], "Bearer ")
	var inputs, signatures [][]byte
	var good, byOther, badType, private []*http.Request
	for range boundCount {
		proof, err := key.Proof("GET", boundOrigin+boundTarget, token, "")
		if err != nil {
			return err
		}
		end := strings.LastIndexByte(proof, '.')
		input := []byte(proof[:end])
		hash, digest := crypto.Hash(0), input
		if name == "ES256" {
			sum := sha256.Sum256(input)
			hash, digest = crypto.SHA256, sum[:]
		}
		signature, err := signer.Sign(rand.Reader, digest, hash)
		if err != nil {
			return err
		}
		inputs, signatures = append(inputs, input), append(signatures, signature)
		good = append(good, proved(proof))
		badType = append(badType, proved(withHeader(proof, "dpop+jwt", "jwt")))
		private = append(private, proved(withHeader(proof, `"x":`, `"d":"AQ","x":`)))
		proof, err = other.Proof("GET", boundOrigin+boundTarget, token, "")
		if err != nil {
			return err
		}
		byOther = append(byOther, proved(proof))
	}
	runners := []runner{repeated("floor: the signature and two digests", func() int {
		for i, input := range inputs {
			sha256.Sum256([]byte(token)) // for ath
			digest := sha256.Sum256(input)
			if !verify(input, digest[:], signatures[i]) {
				panic(name + ": the floor's signature")
			}
		}
		return len(inputs)
	})}
	confirm := func(what string, newVerifier func() *dpop.Verifier, requests []*http.Request, isGood bool) {
		runners = append(runners, repeated(what, func() int {
			v := newVerifier()
			for _, r := range requests {
				if err := v.Confirm(r, token, thumbprint); (err == nil) != isGood {
					panic(fmt.Sprint(what, ": ", err))
				}
			}
			return len(requests)
		}))
	}
	v, err := dpop.New(dpop.Options{Origins: []string{boundOrigin}, AllowReplays: true})
	if err != nil {
		return err
	}
	same := func() *dpop.Verifier { return v }
	confirm("good, replays allowed", same, good, true)
	confirm("good, remembered", func() *dpop.Verifier { // the last one has seen these proofs
		v, err := dpop.New(dpop.Options{Origins: []string{boundOrigin}})
		if err != nil {
			panic(err)
		}
		return v
	}, good, true)
	confirm("refused: another key", same, byOther, false)
	confirm("refused: typ", same, badType, false)
	confirm("refused: a private key", same, private, false)
	t := r.inTurns("DPoP, "+name+": 200 proofs", runners)
	r.Tables = append(r.Tables, t)
	r.atMost("a proof of "+name+", ratio to the signature and two digests", t.Rows[1].Ratio, limit, 0)
	for _, row := range t.Rows[3:] {
		r.atMost(name+", "+row.Name+", ratio to the signature and two digests", row.Ratio, 0.1, 0)
	}
	return nil
}

// repeated makes a runner whose batch lasts for batchTime.
func repeated(name string, once func() int) runner {
	once() // warms up
	start := time.Now()
	once()
	passes := int(batchTime/max(time.Since(start), 1)) + 1
	return runner{name, func() (n int) {
		for range passes {
			n += once()
		}
		return n
	}}
}

func thumbprintOf(key *dpop.Key) ([sha256.Size]byte, error) {
	b, err := base64.RawURLEncoding.DecodeString(key.Thumbprint())
	return [sha256.Size]byte(b), err
}

// proved returns a request with a proof.
func proved(proof string) *http.Request {
	r := httptest.NewRequest("GET", boundTarget, nil)
	r.Header.Set("DPoP", proof)
	return r
}

// withHeader replaces a part of a proof's header. Its signature is then bad.
func withHeader(proof, old, new string) string {
	header, rest, _ := strings.Cut(proof, ".")
	text, err := base64.RawURLEncoding.DecodeString(header)
	if err != nil || strings.Count(string(text), old) != 1 {
		panic(fmt.Sprintf("%s: %v", text, err))
	}
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(text), old, new, 1))) + "." + rest
}

// boundTokens measures whole requests. Those with a token that is bound to nothing are the first.
func boundTokens(r *Report) error {
	ecKey, err := dpop.GenerateKey()
	if err != nil {
		return err
	}
	_, edPrivate, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	edKey, err := dpop.NewKey(edPrivate)
	if err != nil {
		return err
	}
	der, err := newCertificate()
	if err != nil {
		return err
	}
	sum := sha256.Sum256(der)
	x5t := `"cnf":{"x5t#S256":"` + base64.RawURLEncoding.EncodeToString(sum[:]) + `"}`

	proofs, err := dpop.New(dpop.Options{Origins: []string{boundOrigin}, AllowReplays: true})
	if err != nil {
		return err
	}
	var runners []runner
	add := func(name string, opts jwthttp.Options, scheme, cnf string, fill func(r *http.Request, token string) error) error {
		auth, err := jwthttp.New[contest.Claims](jwthttp.HS256(contest.Secret), opts)
		if err != nil {
			return err
		}
		requests, err := boundRequests(scheme, cnf, fill)
		if err != nil {
			return err
		}
		runners = append(runners, through(name, auth.Handler, requests))
		return nil
	}
	bindings := func(b ...jwthttp.Binding) jwthttp.Options { return jwthttp.Options{Bindings: b} }
	errs := []error{
		add("a bearer token, Bindings unset", jwthttp.Options{}, "Bearer", "", nil),
		add("a bearer token, AllowUnbound", jwthttp.Options{Bindings: []jwthttp.Binding{proofs}, AllowUnbound: true}, "Bearer", "", nil),
		add("the certificate of the connection", bindings(mtls.Connection()), "Bearer", x5t, func(r *http.Request, _ string) error {
			r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{{Raw: der}}}
			return nil
		}),
	}
	for _, f := range []struct {
		format mtls.Format
		value  string
	}{
		{mtls.ClientCert, ":" + base64.StdEncoding.EncodeToString(der) + ":"},
		{mtls.EscapedPEM, url.PathEscape(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))},
		{mtls.XFCC, "By=spiffe://example.com/api;Hash=" + hex.EncodeToString(sum[:]) + `;Subject="CN=client"`},
		{mtls.Base64DER, base64.StdEncoding.EncodeToString(der)},
	} {
		certificates, err := mtls.Forwarded("X-Cert", f.format, "10.0.0.7")
		if err != nil {
			return err
		}
		errs = append(errs, add("a forwarded certificate, "+f.format.String(), bindings(certificates), "Bearer", x5t, func(r *http.Request, _ string) error {
			r.RemoteAddr = "10.0.0.7:443"
			r.Header.Set("X-Cert", f.value)
			return nil
		}))
	}
	for _, key := range []*dpop.Key{ecKey, edKey} {
		errs = append(errs, add("a proof, "+key.Algorithm(), bindings(proofs), "DPoP", `"cnf":{"jkt":"`+key.Thumbprint()+`"}`, withProof(key)))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	r.Tables = append(r.Tables, r.inTurns("HS256: tokens that are bound, whole requests", runners))
	return nil
}

// boundRequests returns requests with tokens that have a cnf, or none if it is empty. fill adds what the
// token is bound to.
func boundRequests(scheme, cnf string, fill func(r *http.Request, token string) error) (requests []*http.Request, err error) {
	for i := range boundCount {
		payload := fmt.Sprintf(`{"sub":"user-%d","exp":%d`, i, time.Now().Add(time.Hour).Unix())
		if cnf != "" {
			payload += "," + cnf
		}
		token := contest.SignText("HS256", payload+"}", "", contest.Secret)
		r := httptest.NewRequest("GET", boundTarget, nil)
		r.Header.Set("Authorization", scheme+" "+token)
		if fill != nil {
			if err := fill(r, token); err != nil {
				return nil, err
			}
		}
		requests = append(requests, r)
	}
	return requests, nil
}

// withProof adds a proof of the key to a request.
func withProof(key *dpop.Key) func(r *http.Request, token string) error {
	return func(r *http.Request, token string) error {
		proof, err := key.Proof("GET", boundOrigin+boundTarget, token, "")
		r.Header.Set("DPoP", proof)
		return err
	}
}

// through makes a runner of requests that all must get through a middleware.
func through(name string, protect func(http.Handler) http.Handler, requests []*http.Request) runner {
	ran := 0
	handler := protect(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { ran++ }))
	writer := discard{}
	return repeated(name, func() int {
		before := ran
		for _, r := range requests {
			clear(writer)
			handler.ServeHTTP(writer, r)
		}
		if ran-before != len(requests) {
			panic(fmt.Sprintf("%s: %d of %d requests got through", name, ran-before, len(requests)))
		}
		return len(requests)
	})
}

func newCertificate() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}
	return x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
}

// discard is a ResponseWriter that keeps the header.
type discard http.Header

func (d discard) Header() http.Header         { return http.Header(d) }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}
