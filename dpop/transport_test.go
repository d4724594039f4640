package dpop_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/dpop"
)

func newKey(t testing.TB, private crypto.Signer) *dpop.Key {
	t.Helper()
	k, err := dpop.NewKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// A remoteSigner is a key at a service: a crypto.Signer and nothing more.
type remoteSigner struct {
	public crypto.PublicKey
	sign   func(digest []byte, opts crypto.SignerOpts) ([]byte, error)
}

func (r remoteSigner) Public() crypto.PublicKey { return r.public }
func (r remoteSigner) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return r.sign(digest, opts)
}

// What a key makes, the verifier accepts. Many signatures, since some have a short r or s.
func TestKeys(t *testing.T) {
	generated, err := dpop.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	p384 := ecKey(elliptic.P384())
	for _, tc := range []struct {
		key *dpop.Key
		alg string
		n   int
	}{
		{generated, "ES256", 3000},
		{newKey(t, p256().private), "ES256", 3},
		{newKey(t, p384), "ES384", 20},
		{newKey(t, ecKey(elliptic.P521())), "ES512", 20},
		{newKey(t, edwards().private), "EdDSA", 3},
		{newKey(t, rsa2048()), "PS256", 3},
		{newKey(t, remoteSigner{p384.Public(), func(digest []byte, opts crypto.SignerOpts) ([]byte, error) {
			return p384.Sign(rand.Reader, digest, opts)
		}}), "ES384", 3},
	} {
		v := verifier(t, dpop.Options{Algorithms: []string{tc.alg}})
		var thumbprint [sha256.Size]byte
		if n, err := base64.RawURLEncoding.Decode(thumbprint[:], []byte(tc.key.Thumbprint())); n != len(thumbprint) || err != nil || tc.key.Algorithm() != tc.alg {
			t.Fatalf("%v: thumbprint %s, %v", tc.key, tc.key.Thumbprint(), err)
		}
		for range tc.n {
			proof, err := tc.key.Proof("GET", base+target, token, "")
			if err != nil {
				t.Fatal(err)
			}
			if err := v.Confirm(request("GET", target, proof), token, thumbprint); err != nil {
				t.Fatalf("%v: %v", tc.key, err)
			}
		}
	}
	if newKey(t, p256().private).Thumbprint() != fmt.Sprint(b64(func() []byte { sum := p256().thumbprint(); return sum[:] }())) {
		t.Error("the thumbprint is another one")
	}
}

// claimsOf decodes a proof. No byte of it is verified.
func claimsOf(t testing.TB, proof string) (header, payload object) {
	t.Helper()
	segments := strings.Split(proof, ".")
	if len(segments) != 3 {
		t.Fatalf("not a proof: %q", proof)
	}
	for i, v := range []*object{&header, &payload} {
		b, err := base64.RawURLEncoding.DecodeString(segments[i])
		if err == nil {
			err = json.Unmarshal(b, v)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return header, payload
}

func TestProofsOfAKey(t *testing.T) {
	key := newKey(t, p256().private)
	proof, err := key.Proof("POST", "https://api.example.com/a%2Fb/%7E%C3%BC?c=d#e", "", "nonce")
	if err != nil {
		t.Fatal(err)
	}
	header, payload := claimsOf(t, proof)
	if want := (object{"typ": "dpop+jwt", "alg": "ES256", "jwk": map[string]any(p256().jwk())}); !reflect.DeepEqual(header, want) {
		t.Errorf("header %v", header)
	}
	if payload["htm"] != "POST" || payload["htu"] != "https://api.example.com/a%2Fb/%7E%C3%BC" || payload["nonce"] != "nonce" || len(payload["jti"].(string)) < 22 || payload["iat"] == nil || len(payload) != 5 {
		t.Errorf("payload %v", payload)
	}
	proof, err = key.Proof("", "http://localhost:8080", token, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, payload := claimsOf(t, proof); payload["htm"] != "GET" || payload["htu"] != "http://localhost:8080/" || payload["ath"] != digest(token) || len(payload) != 5 {
		t.Errorf("payload %v", payload)
	}
	for _, bad := range []string{"", "/a", "api.example.com/a", "ftp://api.example.com/", "https:api.example.com", "https://%zz/"} {
		if _, err := key.Proof("GET", bad, token, ""); !contains(err, "dpop: ") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, bad := range []string{"https://bücher.example/a", "https://b%C3%BCcher.example:8443", "https://api.example.\u212aom"} {
		if _, err := key.Proof("GET", bad, token, ""); !contains(err, "dpop: the URL of a proof has the host") || !contains(err, "xn--") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := key.Proof("GET", base, "Bearer "+token, ""); !contains(err, "dpop: the token of a proof has characters that no token has: pass it alone") {
		t.Errorf("a token with its scheme: %v", err)
	}
}

func TestNewKeyErrors(t *testing.T) {
	ec := ecKey(elliptic.P256())
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		weak = &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), 1023, 1), E: 65537}}
	}
	signs := func(sign func([]byte, crypto.SignerOpts) ([]byte, error)) crypto.Signer {
		return remoteSigner{ec.Public(), sign}
	}
	for name, tc := range map[string]struct {
		signer crypto.Signer
		want   string
	}{
		"nil":           {nil, "GenerateKey"},
		"nil pointer":   {(*ecdsa.PrivateKey)(nil), "GenerateKey"},
		"nil slice":     {ed25519.PrivateKey(nil), "GenerateKey"},
		"short":         {ed25519.PrivateKey{1}, "GenerateKey"},
		"empty":         {&ecdsa.PrivateKey{}, "P-256"},
		"P-224":         {ecKey(elliptic.P224()), "P-256"},
		"1024 bits":     {weak, "2048"},
		"a secret":      {remoteSigner{[]byte("0123456789abcdef0123456789abcdef"), nil}, "P-256"},
		"no public key": {remoteSigner{}, "P-256"},
		"down":          {signs(func([]byte, crypto.SignerOpts) ([]byte, error) { return nil, errors.New("connection refused") }), "connection refused"},
		"another key": {signs(func(d []byte, o crypto.SignerOpts) ([]byte, error) {
			return ecKey(elliptic.P256()).Sign(rand.Reader, d, o)
		}), "the same key"},
		"r and s":  {signs(func([]byte, crypto.SignerOpts) ([]byte, error) { return make([]byte, 64), nil }), "DER"},
		"nothing":  {signs(func([]byte, crypto.SignerOpts) ([]byte, error) { return nil, nil }), "DER"},
		"negative": {signs(func([]byte, crypto.SignerOpts) ([]byte, error) { return []byte{0x30, 6, 2, 1, 0xff, 2, 1, 1}, nil }), "DER"},
		"more after it": {signs(func(d []byte, o crypto.SignerOpts) ([]byte, error) {
			s, err := ec.Sign(rand.Reader, d, o)
			return append(s, 0), err
		}), "DER"},
		"r of a P-384": {signs(func(d []byte, o crypto.SignerOpts) ([]byte, error) {
			return ecKey(elliptic.P384()).Sign(rand.Reader, d, o)
		}), ""},
	} {
		if k, err := dpop.NewKey(tc.signer); k != nil || !contains(err, "dpop: ") || !contains(err, tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}

// A seen request is what a server got.
type seen struct {
	method, path, authorization, proof, body string
}

// A service is a server that records requests, and answers as a test says.
type service struct {
	*httptest.Server
	mu     sync.Mutex
	seen   []seen
	answer func(n int, w http.ResponseWriter, r *http.Request) // of the n-th request, from 0
}

func newService(t testing.TB, answer func(n int, w http.ResponseWriter, r *http.Request)) *service {
	s := &service{answer: answer}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		n := len(s.seen)
		s.seen = append(s.seen, seen{r.Method, r.RequestURI, r.Header.Get("Authorization"), r.Header.Get("DPoP"), string(body)})
		s.mu.Unlock()
		if s.answer != nil {
			s.answer(n, w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func newTransport(t testing.TB, opts dpop.TransportOptions) *dpop.Transport {
	t.Helper()
	transport, err := dpop.NewTransport(newKey(t, edwards().private), opts)
	if err != nil {
		t.Fatal(err)
	}
	return transport
}

func static(token string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return token, nil }
}

func do(t testing.TB, c *http.Client, method, url string, body io.Reader, header ...string) (status int, text string) {
	t.Helper()
	r, err := http.NewRequest(method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestTransport(t *testing.T) {
	for _, tc := range []struct {
		name   string
		token  func(context.Context) (string, error)
		header []string
		want   string // of Authorization
		ath    any    // nil if absent
	}{
		{"with a source", static(token), nil, "DPoP " + token, digest(token)},
		{"as the base of oauth2", nil, []string{"Authorization", "Bearer " + token}, "DPoP " + token, digest(token)},
		{"as the base of oauth2, token type DPoP", nil, []string{"Authorization", "DPoP " + token}, "DPoP " + token, digest(token)},
		{"a scheme in lower case", nil, []string{"Authorization", "bearer  " + token}, "DPoP " + token, digest(token)},
		{"the header before the source", static("other"), []string{"Authorization", "Bearer " + token}, "DPoP " + token, digest(token)},
		{"no token", nil, nil, "", nil},
		{"client authentication", nil, []string{"Authorization", "Basic dTpw"}, "Basic dTpw", nil},
		{"client authentication before the source", static(token), []string{"Authorization", "Basic dTpw"}, "Basic dTpw", nil},
		{"an old proof", static(token), []string{"DPoP", "old", "DPoP", "older"}, "DPoP " + token, digest(token)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newService(t, nil)
			client := &http.Client{Transport: newTransport(t, dpop.TransportOptions{Origins: []string{s.URL}, Token: tc.token})}
			do(t, client, "PUT", s.URL+"/a%2Fb?c=d", strings.NewReader("body"), tc.header...)
			if len(s.seen) != 1 {
				t.Fatalf("%d requests", len(s.seen))
			}
			got := s.seen[0]
			_, payload := claimsOf(t, got.proof)
			if got.authorization != tc.want || got.body != "body" || payload["ath"] != tc.ath || payload["htm"] != "PUT" || payload["htu"] != s.URL+"/a%2Fb" {
				t.Errorf("%+v %v", got, payload)
			}
		})
	}
}

// Both ends together, with and without nonces.
func TestTransportAndVerifier(t *testing.T) {
	key, err := dpop.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	var thumbprint [sha256.Size]byte
	base64.RawURLEncoding.Decode(thumbprint[:], []byte(key.Thumbprint()))
	for _, nonces := range []*dpop.Nonces{nil, newNonces(t, secretA)} {
		var v *dpop.Verifier
		s := newService(t, func(_ int, w http.ResponseWriter, r *http.Request) {
			v.Answer(w.Header())
			raw := strings.TrimPrefix(r.Header.Get("Authorization"), "DPoP ")
			switch err := v.Confirm(r, raw, thumbprint); {
			case errors.Is(err, jwthttp.ErrUseNonce):
				w.Header().Set("WWW-Authenticate", `DPoP error="use_dpop_nonce", algs="ES256"`)
				w.WriteHeader(401)
			case err != nil:
				t.Error(err)
			}
		})
		v = verifier(t, dpop.Options{Origins: []string{s.URL}, Nonces: nonces})
		transport, err := dpop.NewTransport(key, dpop.TransportOptions{Origins: []string{s.URL}, Token: static(token)})
		if err != nil {
			t.Fatal(err)
		}
		client := &http.Client{Transport: transport}
		for i := range 5 {
			if status, _ := do(t, client, "POST", s.URL+"/a?b", strings.NewReader("x")); status != 200 {
				t.Errorf("request %d: %d", i, status)
			}
		}
		if want := map[bool]int{true: 5, false: 6}[nonces == nil]; len(s.seen) != want {
			t.Errorf("%d requests", len(s.seen))
		}
	}
}

// A request for another origin takes neither token nor proof along.
func TestTransportOfOtherOrigins(t *testing.T) {
	other := newService(t, nil)
	s := newService(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", other.URL+"/there")
		w.WriteHeader(http.StatusTemporaryRedirect)
	})
	// The Transport of oauth2 sets the header at each hop.
	opts := dpop.TransportOptions{Origins: []string{s.URL}, Token: static(token)}
	for name, transport := range map[string]http.RoundTripper{
		"plain":      newTransport(t, opts),
		"in oauth2":  bearer{newTransport(t, opts), "Bearer"},
		"DPoP":       bearer{newTransport(t, opts), "DPoP"},
		"lower case": bearer{newTransport(t, opts), "dpop"},
	} {
		s.seen, other.seen = nil, nil
		if status, _ := do(t, &http.Client{Transport: transport}, "POST", s.URL, strings.NewReader("x")); status != 200 || len(s.seen) != 1 || len(other.seen) != 1 {
			t.Fatalf("%s: %d", name, status)
		}
		if got := other.seen[0]; got.authorization != "" || got.proof != "" || got.body != "x" {
			t.Errorf("%s: %+v", name, got)
		}
		if got := s.seen[0]; got.authorization != "DPoP "+token || got.proof == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	client := &http.Client{Transport: newTransport(t, opts)}
	other.seen = nil
	do(t, client, "GET", other.URL, nil, "Authorization", "Basic dTpw", "DPoP", "proof")
	if got := other.seen[0]; got.authorization != "Basic dTpw" || got.proof != "" {
		t.Errorf("Basic: %+v", got)
	}
	// The Host header decides which service a proof is for, and the URL who gets it.
	for _, tc := range []struct{ url, host string }{{s.URL, "api.example.com"}, {other.URL, strings.TrimPrefix(s.URL, "http://")}} {
		s.seen, other.seen = nil, nil
		r, _ := http.NewRequest("GET", tc.url, nil)
		r.Host = tc.host
		resp, err := newTransport(t, opts).RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		for _, got := range append(s.seen, other.seen...) {
			if got.authorization != "" || got.proof != "" {
				t.Errorf("%v: %+v", tc, got)
			}
		}
	}
}

// net/http sends the names of fields in the case in which the caller has written them.
func TestTransportAndNamesInAnotherCase(t *testing.T) {
	for _, tc := range []struct {
		url           string
		header        http.Header
		authorization []string
		proofs        int
	}{
		{"https://other.example.com", http.Header{"authorization": {"DPoP " + token}, "DPoP": {"proof"}}, nil, 0},
		{"https://other.example.com", http.Header{"DPoP": {"proof"}}, nil, 0},
		{"https://other.example.com", http.Header{"AUTHORIZATION": {"Bearer " + token}}, nil, 0},
		{"https://other.example.com", http.Header{"authorization": {"Basic dTpw"}, "dPoP": {"proof"}}, []string{"Basic dTpw"}, 0},
		{base, http.Header{"authorization": {"Bearer " + token}, "DPoP": {"proof"}}, []string{"DPoP " + token}, 1},
		{base, http.Header{"authorization": {"Basic dTpw"}}, []string{"Basic dTpw"}, 1},
		{base, http.Header{"DPoP": {"proof"}}, []string{"DPoP other"}, 1},
	} {
		var authorization, proofs []string
		transport := newTransport(t, dpop.TransportOptions{Origins: []string{base}, Token: static("other"), Base: roundTripper(func(r *http.Request) (*http.Response, error) {
			for name, values := range r.Header {
				switch strings.ToLower(name) {
				case "authorization":
					authorization = append(authorization, values...)
				case "dpop":
					proofs = append(proofs, values...)
				}
			}
			return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
		})})
		r := httptest.NewRequest("GET", tc.url, nil)
		r.Header = tc.header
		if _, err := transport.RoundTrip(r); err != nil || !slices.Equal(authorization, tc.authorization) || len(proofs) != tc.proofs || slices.Contains(proofs, "proof") {
			t.Errorf("%s %v: Authorization %q, DPoP %q, %v", tc.url, tc.header, authorization, proofs, err)
		}
	}
}

// bearer does what the Transport of golang.org/x/oauth2 does.
type bearer struct {
	base http.RoundTripper
	typ  string
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", b.typ+" "+token)
	return b.base.RoundTrip(r)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// net/http sends a request for a host beyond ASCII to the xn-- host, which may be one of the origins.
func TestTransportBeyondASCII(t *testing.T) {
	const ascii, beyond, foreign = "https://xn--bcher-kva.example", "https://bücher.example", "https://evil.example.com"
	for _, tc := range []struct {
		name, origin, url, host string
		want                    string // the error; "" if the request is sent
		isOwn                   bool
	}{
		{"xn--", ascii, ascii + "/a", "", "", true},
		{"xn-- in a later label", "https://api.xn--bcher-kva.example", "https://api.bücher.example/a", "", `"api.bücher.example": write it in ASCII`, false},
		{"beyond ASCII", ascii, beyond + "/a", "", `dpop: the request is for the host "bücher.example": write it in ASCII, which begins with xn--, as TransportOptions.Origins has it`, false},
		{"a Host beyond ASCII", ascii, ascii + "/a", "bücher.example", `"bücher.example": write it in ASCII`, false},
		{"a foreign host", ascii, foreign + "/a", "", "", false},
		{"a foreign host with a Host beyond ASCII", ascii, foreign + "/a", "bücher.example", "", false},
		{"beyond ASCII, and no origin is", base, beyond + "/a", "", "", false},
		{"xn-- inside of a label", "https://a-xn--b.example.com", beyond + "/a", "", "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var sent *http.Request
			transport := newTransport(t, dpop.TransportOptions{Origins: []string{tc.origin}, Token: static(token), Base: roundTripper(func(r *http.Request) (*http.Response, error) {
				sent = r
				return &http.Response{StatusCode: 204, Body: http.NoBody, Header: http.Header{}}, nil
			})})
			var closed atomic.Bool
			r, err := http.NewRequest("POST", tc.url, closer{strings.NewReader("x"), &closed})
			if err != nil {
				t.Fatal(err)
			}
			r.Host = tc.host
			r.Header.Set("Authorization", "Bearer "+token)
			resp, err := transport.RoundTrip(r)
			if tc.want != "" {
				if resp != nil || sent != nil || !contains(err, tc.want) || !closed.Load() {
					t.Errorf("%v, sent %v, body closed: %v", err, sent, closed.Load())
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := sent.Header; (got.Get("Authorization") == "DPoP "+token) != tc.isOwn || (got.Get("DPoP") != "") != tc.isOwn || !tc.isOwn && got.Get("Authorization") != "" {
				t.Errorf("sent %v", got)
			}
		})
	}
}

func TestTransportAndNonces(t *testing.T) {
	challenge := func(w http.ResponseWriter, nonce string) {
		w.Header().Set("DPoP-Nonce", nonce)
		w.Header().Set("WWW-Authenticate", `DPoP realm="api", error="use_dpop_nonce", error_description="x"`)
		w.WriteHeader(http.StatusUnauthorized)
	}
	tokenError := func(w http.ResponseWriter, nonce, contentType, code string) {
		w.Header().Set("DPoP-Nonce", nonce)
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"error":%q}`, code)
	}
	for _, tc := range []struct {
		name   string
		answer func(n int, w http.ResponseWriter, r *http.Request)
		body   io.Reader
		want   []string // the nonces of the proofs
		status int
		text   string
	}{
		{"a resource server", func(n int, w http.ResponseWriter, _ *http.Request) {
			if n == 0 {
				challenge(w, "one")
			}
		}, strings.NewReader("body"), []string{"", "one"}, 200, ""},
		{"without a body", func(n int, w http.ResponseWriter, _ *http.Request) {
			if n == 0 {
				challenge(w, "one")
			}
		}, nil, []string{"", "one"}, 200, ""},
		{"an authorization server", func(n int, w http.ResponseWriter, _ *http.Request) {
			if n == 0 {
				tokenError(w, "one", "application/json; charset=UTF-8", "use_dpop_nonce")
			}
		}, strings.NewReader("body"), []string{"", "one"}, 200, ""},
		{"white space around =", func(n int, w http.ResponseWriter, _ *http.Request) {
			if n == 0 {
				w.Header().Set("DPoP-Nonce", "one")
				w.Header().Set("WWW-Authenticate", `DPoP error = "use_dpop_nonce"`)
				w.WriteHeader(401)
			}
		}, nil, []string{"", "one"}, 200, ""},
		{"twice", func(n int, w http.ResponseWriter, _ *http.Request) {
			challenge(w, fmt.Sprint("nonce", n))
		}, strings.NewReader("body"), []string{"", "nonce0"}, 401, ""},
		{"the body cannot be sent again", func(n int, w http.ResponseWriter, _ *http.Request) {
			challenge(w, "one")
		}, io.MultiReader(strings.NewReader("body")), []string{""}, 401, ""},
		{"no nonce", func(n int, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", `DPoP error="use_dpop_nonce"`)
			w.WriteHeader(401)
		}, nil, []string{""}, 401, ""},
		{"two nonces", func(n int, w http.ResponseWriter, _ *http.Request) {
			w.Header()["Dpop-Nonce"] = []string{"one", "two"}
			w.Header().Set("WWW-Authenticate", `DPoP error="use_dpop_nonce"`)
			w.WriteHeader(401)
		}, nil, []string{""}, 401, ""},
		{"a nonce with a quote", func(n int, w http.ResponseWriter, _ *http.Request) { challenge(w, `a"b`) }, nil, []string{""}, 401, ""},
		{"a nonce with a space", func(n int, w http.ResponseWriter, _ *http.Request) { challenge(w, `a b`) }, nil, []string{""}, 401, ""},
		{"a nonce of 513 bytes", func(n int, w http.ResponseWriter, _ *http.Request) { challenge(w, strings.Repeat("n", 513)) }, nil, []string{""}, 401, ""},
		{"another error", func(n int, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("DPoP-Nonce", "one")
			w.Header().Set("WWW-Authenticate", `DPoP error="invalid_dpop_proof"`)
			w.WriteHeader(401)
		}, nil, []string{""}, 401, ""},
		{"another scheme", func(n int, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("DPoP-Nonce", "one")
			w.Header().Set("WWW-Authenticate", `Bearer error="use_dpop_nonce"`)
			w.WriteHeader(401)
		}, nil, []string{""}, 401, ""},
		{"another status", func(n int, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("DPoP-Nonce", "one")
			w.Header().Set("WWW-Authenticate", `DPoP error="use_dpop_nonce"`)
			w.WriteHeader(403)
		}, nil, []string{""}, 403, ""},
		{"another error of a token endpoint", func(n int, w http.ResponseWriter, _ *http.Request) {
			tokenError(w, "one", "application/json", "invalid_grant")
		}, nil, []string{""}, 400, `{"error":"invalid_grant"}`},
		{"no JSON", func(n int, w http.ResponseWriter, _ *http.Request) {
			tokenError(w, "one", "text/plain", "use_dpop_nonce")
		}, nil, []string{""}, 400, `{"error":"use_dpop_nonce"}`},
		{"a large body", func(n int, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("DPoP-Nonce", "one")
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(400)
			io.WriteString(w, strings.Repeat(" ", 100<<10)+"end")
		}, nil, []string{""}, 400, strings.Repeat(" ", 100<<10) + "end"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newService(t, tc.answer)
			client := &http.Client{Transport: newTransport(t, dpop.TransportOptions{Origins: []string{s.URL}, Token: static(token)})}
			status, text := do(t, client, "POST", s.URL, tc.body)
			var nonces []string
			ids := map[any]bool{}
			for _, r := range s.seen {
				_, payload := claimsOf(t, r.proof)
				nonce, _ := payload["nonce"].(string)
				nonces = append(nonces, nonce)
				ids[payload["jti"]] = true
				if tc.body != nil && r.body != "body" || payload["ath"] != digest(token) {
					t.Errorf("%+v", r)
				}
			}
			if !reflect.DeepEqual(nonces, tc.want) || len(ids) != len(s.seen) || status != tc.status || tc.text != "" && text != tc.text {
				t.Errorf("nonces %q, status %d, %.40q", nonces, status, text)
			}
		})
	}
}

// The last nonce of an origin is used, whatever answer it came with, and the same one does not make
// a request go twice.
func TestTransportKeepsNonces(t *testing.T) {
	s := newService(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("DPoP-Nonce", []string{"one", "two", "two", "three"}[n])
		if n == 2 {
			w.Header().Set("WWW-Authenticate", `DPoP error="use_dpop_nonce"`)
			w.WriteHeader(401)
		}
	})
	other := newService(t, nil)
	client := &http.Client{Transport: newTransport(t, dpop.TransportOptions{Origins: []string{s.URL, other.URL}})}
	for range 4 {
		do(t, client, "GET", s.URL, nil)
	}
	do(t, client, "GET", other.URL, nil)
	for i, want := range []any{nil, "one", "two", "two"} {
		if _, payload := claimsOf(t, s.seen[i].proof); payload["nonce"] != want {
			t.Errorf("%d: %v", i, payload["nonce"])
		}
	}
	if _, payload := claimsOf(t, other.seen[0].proof); payload["nonce"] != nil {
		t.Error("another origin gets the nonce")
	}
}

// A closer tells that a body was closed.
type closer struct {
	io.Reader
	closed *atomic.Bool
}

func (c closer) Close() error { c.closed.Store(true); return nil }

func TestTransportErrors(t *testing.T) {
	s := newService(t, nil)
	var down bool
	key := newKey(t, remoteSigner{p256().private.Public(), func(digest []byte, opts crypto.SignerOpts) ([]byte, error) {
		if down {
			return nil, errors.New("KMS is down")
		}
		return p256().private.Sign(rand.Reader, digest, opts)
	}})
	down = true
	for name, tc := range map[string]struct {
		key    *dpop.Key
		token  func(context.Context) (string, error)
		change func(*http.Request)
		want   string
	}{
		"no token":    {newKey(t, p256().private), func(context.Context) (string, error) { return "", errors.New("login first") }, nil, "login first"},
		"empty token": {newKey(t, p256().private), static(""), nil, "empty token"},
		"the signer":  {key, static(token), nil, "KMS is down"},
		"opaque":      {newKey(t, p256().private), static(token), func(r *http.Request) { r.URL.Opaque = "//x/a" }, "URL.Opaque"},
		"scheme only": {newKey(t, p256().private), static(token), func(r *http.Request) { r.Header.Set("Authorization", "Bearer") }, "no token"},
	} {
		transport, err := dpop.NewTransport(tc.key, dpop.TransportOptions{Origins: []string{s.URL}, Token: tc.token})
		if err != nil {
			t.Fatal(err)
		}
		var closed atomic.Bool
		r, _ := http.NewRequest("POST", s.URL, closer{strings.NewReader("x"), &closed})
		if tc.change != nil {
			tc.change(r)
		}
		if resp, err := transport.RoundTrip(r); resp != nil || !contains(err, tc.want) || !contains(err, "dpop: ") || !closed.Load() {
			t.Errorf("%s: %v, body closed: %v", name, err, closed.Load())
		}
	}
	var closed atomic.Bool
	r, _ := http.NewRequest("POST", s.URL, closer{strings.NewReader("x"), &closed})
	if _, err := new(dpop.Transport).RoundTrip(r); !contains(err, "make it with NewTransport") || !closed.Load() {
		t.Errorf("a zero Transport: %v, body closed: %v", err, closed.Load())
	}
	if len(s.seen) != 0 {
		t.Error("a request was sent")
	}
}

// A RoundTripper does not change the request.
func TestTransportLeavesTheRequest(t *testing.T) {
	s := newService(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 0 {
			w.Header().Set("DPoP-Nonce", "one")
			w.Header().Set("WWW-Authenticate", `DPoP error="use_dpop_nonce"`)
			w.WriteHeader(401)
		}
	})
	transport := newTransport(t, dpop.TransportOptions{Origins: []string{s.URL}})
	for _, url := range []string{s.URL, newService(t, nil).URL} {
		r, _ := http.NewRequest("POST", url, strings.NewReader("x"))
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("DPoP", "mine")
		before := r.Header.Clone()
		body := r.Body
		resp, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if !reflect.DeepEqual(r.Header, before) || r.Body != body || r.URL.String() != url {
			t.Errorf("%v", r)
		}
	}
	r := &http.Request{Method: "GET", URL: mustURL(t, s.URL)} // without a header
	resp, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if r.Header != nil {
		t.Error("it got a header")
	}
}

// A caller may fill the trailers while the body is read, such as a proxy that passes a request on.
func TestTransportSendsTrailers(t *testing.T) {
	var got []string
	h := func(_ int, _ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		got = append(got, r.Trailer.Get("X-Checksum"))
	}
	ours, other := newService(t, h), newService(t, h)
	transport := newTransport(t, dpop.TransportOptions{Origins: []string{ours.URL}})
	for _, url := range []string{ours.URL, other.URL} {
		from, to := io.Pipe()
		r, _ := http.NewRequest("POST", url, from)
		r.Trailer = http.Header{"X-Checksum": nil}
		r.Header.Set("Authorization", "DPoP "+token)
		go func() {
			io.WriteString(to, "body")
			r.Trailer.Set("X-Checksum", "abc")
			to.Close()
		}()
		resp, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	if !slices.Equal(got, []string{"abc", "abc"}) {
		t.Errorf("%q", got)
	}
}

func TestTransportIsConcurrent(t *testing.T) {
	var count atomic.Int32
	s := newService(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("DPoP-Nonce", fmt.Sprint(count.Add(1)))
	})
	client := &http.Client{Transport: newTransport(t, dpop.TransportOptions{Origins: []string{s.URL}, Token: static(token)})}
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for range 10 {
				do(t, client, "POST", s.URL, bytes.NewReader([]byte("x")))
			}
		})
	}
	callers.Wait()
	client.CloseIdleConnections()
	if len(s.seen) != 80 {
		t.Errorf("%d requests", len(s.seen))
	}
}

func TestNewTransportErrors(t *testing.T) {
	key := newKey(t, edwards().private)
	var noBase *http.Transport
	if transport, err := dpop.NewTransport(key, dpop.TransportOptions{Origins: []string{base}, Base: noBase}); transport != nil || !contains(err, "dpop: TransportOptions.Base is a nil *http.Transport: leave it out, or make one") {
		t.Error(err)
	}
	for name, tc := range map[string]struct {
		key     *dpop.Key
		origins []string
		want    string
	}{
		"nothing": {nil, nil, "GenerateKey"},
		"none":    {key, nil, "TransportOptions.Origins is empty"},
		"a path":  {key, []string{base + "/api"}, "write https://api.example.com"},
		"http":    {key, []string{"http://api.example.com"}, "plain http"},
		"a name":  {key, []string{"api.example.com"}, "TransportOptions.Origins"},
	} {
		if transport, err := dpop.NewTransport(tc.key, dpop.TransportOptions{Origins: tc.origins}); transport != nil || !contains(err, "dpop: ") || !contains(err, tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
