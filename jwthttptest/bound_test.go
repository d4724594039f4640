package jwthttptest_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/dpop"
	"github.com/jwthttp/jwthttp/jwthttptest"
	"github.com/jwthttp/jwthttp/mtls"
)

const apiOrigin = "https://api.example.com"

func mustVerifier(t testing.TB, opts dpop.Options) *dpop.Verifier {
	t.Helper()
	v, err := dpop.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func newNonces(t testing.TB) *dpop.Nonces {
	t.Helper()
	secret := make([]byte, 32)
	rand.Read(secret)
	nonces, err := dpop.NewNonces(secret)
	if err != nil {
		t.Fatal(err)
	}
	return nonces
}

func newCertificate(t testing.TB) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "client"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// overTLS makes requests that come with a client certificate.
func overTLS(target string, cert *x509.Certificate) func() *http.Request {
	return func() *http.Request {
		r := httptest.NewRequest("GET", target, nil)
		r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{cert}}
		return r
	}
}

func cnfOf(t *testing.T, raw string) string {
	t.Helper()
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(raw, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims struct{ Cnf json.RawMessage }
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return string(claims.Cnf)
}

func TestBoundTo(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	key, err := dpop.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	cert := newCertificate(t)
	sum := sha256.Sum256(cert.Raw)
	jkt, x5t := `"jkt":"`+key.Thumbprint()+`"`, `"x5t#S256":"`+base64.RawURLEncoding.EncodeToString(sum[:])+`"`
	byKey, byCertificate := jwthttptest.BoundTo(key), jwthttptest.BoundTo(cert)
	for _, tc := range []struct {
		name    string
		options []jwthttptest.TokenOption
		want    string
	}{
		{"nothing", nil, ``},
		{"a key", []jwthttptest.TokenOption{byKey}, `{` + jkt + `}`},
		{"a certificate", []jwthttptest.TokenOption{byCertificate}, `{` + x5t + `}`},
		{"both", []jwthttptest.TokenOption{byCertificate, byKey}, `{` + jkt + `,` + x5t + `}`},
		{"a key twice", []jwthttptest.TokenOption{byKey, byKey}, `{` + jkt + `}`},
		{"what no object is", []jwthttptest.TokenOption{jwthttptest.Claim("cnf", "x"), byKey}, `{` + jkt + `}`},
		{"nothing after all", []jwthttptest.TokenOption{byKey, jwthttptest.Claim("cnf", nil)}, ``},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := cnfOf(t, iss.Token(t, nil, append(tc.options, jwthttptest.HS256)...)); got != tc.want {
				t.Errorf("cnf is %s, want %s", got, tc.want)
			}
		})
	}
	for name, option := range map[string]jwthttptest.TokenOption{
		"*dpop.Key": jwthttptest.BoundTo[*dpop.Key](nil), "certificate": jwthttptest.BoundTo[*x509.Certificate](nil),
	} {
		if text := ended(t, func(tb testing.TB) { iss.Token(tb, nil, option, jwthttptest.HS256) }); !strings.Contains(text, "nil "+name) {
			t.Errorf("a nil %s: %q", name, text)
		}
	}
}

// A right chain of each profile passes.
func TestConformanceOfBoundTokens(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	cert := newCertificate(t)
	nonces := newNonces(t)
	plain := dpop.Options{Origins: []string{apiOrigin}}
	withNonces := dpop.Options{Origins: []string{apiOrigin}, Nonces: nonces}
	cookie := []jwthttp.Extractor{jwthttp.BearerHeader(), jwthttp.Cookie("token")}
	request := func() *http.Request { return httptest.NewRequest("GET", "/orders/17?x=1", nil) }
	for _, tc := range []struct {
		name  string
		dpop  dpop.Options // no Origins for none
		opts  func(*jwthttp.Options)
		setup jwthttptest.Setup
	}{
		{"required", plain, nil, jwthttptest.Setup{Shows: "alice"}},
		{"required, without a text", plain, nil, jwthttptest.Setup{}},
		{"both", plain, nil, jwthttptest.Setup{AllowUnbound: true, Shows: "alice"}},
		{"nonces", withNonces, nil, jwthttptest.Setup{}},
		{"nonces, both", withNonces, nil, jwthttptest.Setup{AllowUnbound: true}},
		{"nonces of a test", withNonces, nil, jwthttptest.Setup{DPoP: &dpop.Options{Origins: []string{apiOrigin}, Nonces: newNonces(t)}}},
		{"a path", plain, nil, jwthttptest.Setup{Request: request}},
		{"the absolute form", plain, nil, jwthttptest.Setup{Request: func() *http.Request { return httptest.NewRequest("GET", apiOrigin+"/orders", nil) }}},
		{"several origins, and a proxy that takes a path off", dpop.Options{Origins: []string{"https://example.com/api/", "http://localhost:8080"}}, nil, jwthttptest.Setup{Request: request}},
		{"used proofs are good", dpop.Options{Origins: []string{apiOrigin}, AllowReplays: true}, nil, jwthttptest.Setup{}},
		{"other algorithms", dpop.Options{Origins: []string{apiOrigin}, Algorithms: []string{"PS256", "ES384"}}, nil, jwthttptest.Setup{}},
		{"Ed25519 first", dpop.Options{Origins: []string{apiOrigin}, Algorithms: []string{"EdDSA", "ES256"}}, nil, jwthttptest.Setup{}},
		{"anonymous", plain, func(o *jwthttp.Options) { o.AllowAnonymous = true }, jwthttptest.Setup{AllowAnonymous: true}},
		{"anonymous, both, nonces", withNonces, func(o *jwthttp.Options) { o.AllowAnonymous = true }, jwthttptest.Setup{AllowAnonymous: true, AllowUnbound: true}},
		{"a cookie, both", plain, func(o *jwthttp.Options) { o.Extractors = cookie }, jwthttptest.Setup{AllowUnbound: true, Cookie: "token"}},
		{"a header, else a cookie, both, nonces", withNonces, func(o *jwthttp.Options) {
			o.Extractors = []jwthttp.Extractor{jwthttp.FirstOf(cookie...)}
		}, jwthttptest.Setup{AllowUnbound: true, Cookie: "token", HeaderFirst: true}},
		{"a cookie in vain", plain, func(o *jwthttp.Options) { o.Extractors = cookie }, jwthttptest.Setup{Cookie: "token"}},
		{"all of a challenge", withNonces, func(o *jwthttp.Options) {
			o.Realm, o.ResourceMetadata, o.ChallengeScopes = "shop", apiOrigin+"/.well-known/oauth-protected-resource", []string{"read", "write"}
		}, jwthttptest.Setup{AllowUnbound: true, Realm: "shop", ResourceMetadata: apiOrigin + "/.well-known/oauth-protected-resource", ChallengeScopes: []string{"read", "write"}}},
		{"own errors", withNonces, func(o *jwthttp.Options) {
			verifier := o.Bindings[0]
			o.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) {
				verifier.Answer(w.Header())
				http.Error(w, "no", http.StatusUnauthorized)
			}
		}, jwthttptest.Setup{OwnErrors: true}},
		{"mtls beside", plain, nil, jwthttptest.Setup{Certificate: cert}},
		{"mtls beside, nonces", withNonces, nil, jwthttptest.Setup{Certificate: cert}},
		{"mtls beside, both", plain, nil, jwthttptest.Setup{Certificate: cert, AllowUnbound: true}},
		{"mtls alone", dpop.Options{}, nil, jwthttptest.Setup{Certificate: cert}},
		{"mtls alone, both", dpop.Options{}, nil, jwthttptest.Setup{Certificate: cert, AllowUnbound: true}},
		{"mtls alone, a cookie", dpop.Options{}, func(o *jwthttp.Options) { o.Extractors = cookie }, jwthttptest.Setup{Certificate: cert, Cookie: "token"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			opts := iss.Options()
			opts.AllowUnbound = tc.setup.AllowUnbound
			if tc.dpop.Origins != nil {
				opts.Bindings = append(opts.Bindings, mustVerifier(t, tc.dpop))
				if tc.setup.DPoP == nil {
					tc.setup.DPoP = &tc.dpop
				}
			}
			if tc.setup.Certificate != nil {
				opts.Bindings = append(opts.Bindings, mtls.Connection())
				tc.setup.Request = overTLS("/orders", cert)
			}
			if tc.opts != nil {
				tc.opts(&opts)
			}
			tc.setup.Issuer, tc.setup.Claims, tc.setup.Options = iss, Claims{Subject: "alice"}, []jwthttptest.TokenOption{jwthttptest.HS256}
			jwthttptest.Conformance(t, mustNew(t, iss.HS256(), opts).Handler(whoami), tc.setup)
		})
	}
	bound := func(verifier jwthttp.Binding) *jwthttp.Middleware[Claims] {
		opts := iss.Options()
		opts.Bindings = []jwthttp.Binding{verifier}
		return mustNew(t, iss.HS256(), opts)
	}
	setup := jwthttptest.Setup{Issuer: iss, Claims: Claims{Subject: "alice"}, Shows: "alice", Options: []jwthttptest.TokenOption{jwthttptest.HS256}, DPoP: &withNonces}
	t.Run("two middlewares and guards", func(t *testing.T) {
		auth := bound(mustVerifier(t, withNonces))
		setup := setup
		setup.Scopes, setup.Forbidden = []string{"read", "write"}, Claims{Subject: "mallory"}
		jwthttptest.Conformance(t, auth.Handler(auth.Handler(jwthttp.RequireScopes("read", "write")(jwthttp.Require(notMallory)(whoami)))), setup)
	})
	t.Run("a mux, and hosts", func(t *testing.T) {
		mux := http.NewServeMux()
		mux.Handle("GET example.com/orders/{id}", bound(mustVerifier(t, withNonces)).Handler(whoami))
		mux.HandleFunc("/", http.NotFound)
		setup := setup
		setup.Request = request
		jwthttptest.Conformance(t, mux, setup)
	})
	t.Run("StripPrefix", func(t *testing.T) {
		setup := setup
		setup.Request = request
		jwthttptest.Conformance(t, http.StripPrefix("/orders", bound(mustVerifier(t, withNonces)).Handler(whoami)), setup)
	})
	t.Run("CORS", func(t *testing.T) {
		setup := setup
		setup.CORS = "https://app.example.com"
		jwthttptest.Conformance(t, dpopCORS("Authorization, DPoP", "WWW-Authenticate, DPoP-Nonce", bound(mustVerifier(t, withNonces)).Handler(whoami)), setup)
	})
	t.Run("an outage of the store", func(t *testing.T) {
		store := &failingStore{Store: newMemory(t)}
		opts := withNonces
		opts.Replays = store
		setup := setup
		setup.DPoP, setup.Outage = &opts, store.fail
		jwthttptest.Conformance(t, bound(mustVerifier(t, opts)).Handler(whoami), setup)
	})
	t.Run("a bubble", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			iss := jwthttptest.NewIssuer(t)
			opts := iss.Options()
			opts.Bindings = []jwthttp.Binding{mustVerifier(t, withNonces)}
			jwthttptest.Conformance(t, mustNew(t, iss.Source(t), opts).Handler(whoami), jwthttptest.Setup{Issuer: iss, Claims: Claims{Subject: "alice"}, DPoP: &withNonces})
		})
	})
}

func newMemory(t testing.TB) *dpop.Memory {
	t.Helper()
	m, err := dpop.NewMemory(0)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A failingStore works until fail.
type failingStore struct {
	dpop.Store
	down bool
}

func (s *failingStore) fail() { s.down = true }

func (s *failingStore) Use(ctx context.Context, id [sha256.Size]byte, until time.Time) (bool, error) {
	if s.down {
		return false, errors.New("down")
	}
	return s.Store.Use(ctx, id, until)
}

// dpopCORS is a CORS layer that allows and exposes these headers.
func dpopCORS(allow, expose string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") != "" {
			w.Header().Set("Access-Control-Allow-Headers", allow)
			w.Header().Set("Access-Control-Expose-Headers", expose)
		}
		cors(next).ServeHTTP(w, r)
	})
}

// A lenient Binding takes an error of its Verifier for none, if excuses says so.
type lenient struct {
	*dpop.Verifier
	excuses func(r *http.Request, token string, err error) bool
}

func (l *lenient) Confirm(r *http.Request, token string, thumbprint [sha256.Size]byte) error {
	err := l.Verifier.Confirm(r, token, thumbprint)
	if err != nil && l.excuses(r, token, err) {
		return nil
	}
	return err
}

// excusing excuses errors of one text.
func excusing(text string) func(*http.Request, string, error) bool {
	return func(_ *http.Request, _ string, err error) bool { return strings.Contains(err.Error(), text) }
}

// A store in two steps forgets what comes between them.
type twoSteps struct {
	mu    sync.Mutex
	known map[[sha256.Size]byte]bool
}

func (s *twoSteps) Use(_ context.Context, id [sha256.Size]byte, _ time.Time) (bool, error) {
	s.mu.Lock()
	known := s.known[id]
	s.mu.Unlock()
	time.Sleep(time.Millisecond) // of a bubble, so all callers get here
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[id] = true
	return !known, nil
}

// A proof that comes several times at once must pass once, so both halves of the store are one step.
func TestConformanceOfAStoreInTwoSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		iss := jwthttptest.NewIssuer(t)
		options := dpop.Options{Origins: []string{apiOrigin}}
		opts := iss.Options()
		opts.Bindings = []jwthttp.Binding{mustVerifier(t, dpop.Options{Origins: options.Origins, Replays: &twoSteps{known: map[[sha256.Size]byte]bool{}}})}
		var got recorder
		jwthttptest.Conformance(&got, mustNew(t, iss.HS256(), opts).Handler(whoami), jwthttptest.Setup{
			Issuer: iss, Claims: Claims{Subject: "alice"}, Options: []jwthttptest.TokenOption{jwthttptest.HS256}, DPoP: &options,
		})
		if len(got) != 1 || !strings.Contains(got[0], letsIn) || !strings.HasSuffix(got[0], "\n\tthe same proof, several times at once: 8 of 8 passed, not 1; check and remember the jti in one step") {
			t.Errorf("%q", got)
		}
	})
}

// claimOf returns a claim of a proof.
func claimOf(proof, name string) string {
	parts := strings.Split(proof, ".")
	if len(parts) != 3 {
		return ""
	}
	payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
	var claims map[string]any
	json.Unmarshal(payload, &claims)
	text, _ := claims[name].(string)
	return text
}

// Conformance finds what is wrong with each broken chain: the row is in the report.
func TestConformanceOfBrokenBoundChains(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	cert := newCertificate(t)
	plain := dpop.Options{Origins: []string{apiOrigin}}
	withNonces := dpop.Options{Origins: []string{apiOrigin}, Nonces: newNonces(t)}
	with := func(change func(*jwthttp.Options), bindings ...jwthttp.Binding) http.Handler {
		opts := iss.Options()
		opts.Bindings = bindings
		if change != nil {
			change(&opts)
		}
		return mustNew(t, iss.HS256(), opts).Handler(whoami)
	}
	verifier := func(opts dpop.Options) *dpop.Verifier { return mustVerifier(t, opts) }
	excused := func(excuses func(*http.Request, string, error) bool) http.Handler {
		return with(nil, &lenient{verifier(plain), excuses})
	}
	unbound := func(o *jwthttp.Options) { o.AllowUnbound = true }
	// before changes a request outside of a chain.
	before := func(next http.Handler, change func(*http.Request)) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			change(r)
			next.ServeHTTP(w, r)
		})
	}
	good := with(nil, verifier(plain))
	hosts := func(name func(r *http.Request) string) func(*http.Request, string, error) bool {
		return func(r *http.Request, _ string, err error) bool {
			return strings.Contains(err.Error(), `htu is "`) && strings.HasPrefix(claimOf(r.Header.Get("DPoP"), "htu"), "https://"+name(r)+"/")
		}
	}
	byBearer := mustNew(t, iss.HS256(), jwthttp.Options{Issuer: iss.URL, Audience: []string{iss.Audience}, AllowSenderConstrained: true}).Handler(whoami)
	var nonceOnce sync.Map
	required, both, nonces := jwthttptest.Setup{DPoP: &plain}, jwthttptest.Setup{DPoP: &plain, AllowUnbound: true}, jwthttptest.Setup{DPoP: &withNonces}
	cross := func(s jwthttptest.Setup) jwthttptest.Setup { s.CORS = "https://app.example.com"; return s }
	for _, tc := range []struct {
		name   string
		chain  http.Handler
		setup  jwthttptest.Setup
		faults []string // one for each report
		parts  []string // parts of the reports
	}{
		{"no scheme counts", before(good, func(r *http.Request) {
			if h := r.Header["Authorization"]; len(h) == 1 {
				r.Header.Set("Authorization", strings.Replace(h[0], "Bearer ", "DPoP ", 1))
			}
		}), required, []string{letsIn, challenge, body}, []string{"a bound token under Bearer: 200, not 401; a stolen token would work without its key"}},
		{"a router that verifies Bearer apart", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") {
				byBearer.ServeHTTP(w, r)
				return
			}
			with(unbound, verifier(plain)).ServeHTTP(w, r)
		}), both, nil, []string{"a bound token under Bearer, without a proof: 200, not 401; a stolen token"}},
		{"the DPoP header chooses", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("DPoP") == "" {
				r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "DPoP ", "Bearer ", 1))
				byBearer.ServeHTTP(w, r)
				return
			}
			good.ServeHTTP(w, r)
		}), required, nil, []string{"no DPoP header: 200, not 401", "a bound token under Bearer, without a proof: 200"}},
		{"unbound tokens, not told", with(unbound, verifier(plain)), required, []string{letsIn, challenge}, []string{"an unbound token under Bearer: 200, not 401; set Options.Bindings, and Setup.AllowUnbound"}},
		{"unbound tokens under DPoP", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if h := r.Header["Authorization"]; len(h) == 1 && len(r.Header["Dpop"]) == 1 {
				probe := r.Clone(r.Context())
				probe.Header.Set("Authorization", strings.Replace(h[0], "DPoP ", "Bearer ", 1))
				if auth := mustNew(t, iss.HS256(), iss.Options()); strings.HasPrefix(h[0], "DPoP ") {
					if _, err := auth.Authenticate(probe); err == nil {
						io.WriteString(w, "alice")
						return
					}
				}
			}
			good.ServeHTTP(w, r)
		}), required, []string{letsIn}, []string{"an unbound token under DPoP: 200, not 401"}},
		{"the token in a cookie", before(good, func(r *http.Request) {
			if c, err := r.Cookie("token"); err == nil && r.Header.Get("Authorization") == "" {
				r.Header.Set("Authorization", "DPoP "+c.Value)
			}
		}), jwthttptest.Setup{DPoP: &plain, Cookie: "token"}, nil, []string{"a bound token in the cookie: 200, not 401"}},
		{"a member that nobody knows", with(unbound, verifier(plain), &anyKid{}), both, []string{letsIn}, []string{"a cnf that has an unknown member beside jkt: 200, not 401; refuse a cnf that you do not understand"}},

		{"jkt is not compared", excused(excusing("by another key")), required, []string{letsIn}, []string{"a proof by another key: 200, not 401; compare the key's thumbprint", "a token of another key: 200"}},
		{"the signature is not verified", excused(excusing("signature of the proof")), required, []string{letsIn}, []string{"a proof that another key has signed: 200, not 401; the proof is not verified", "a proof that was changed after signing"}},
		{"typ is not compared", excused(excusing("typ is not")), required, []string{letsIn}, []string{"a proof of typ JWT: 200, not 401; typ must be dpop+jwt"}},
		{"alg is not compared", excused(excusing("alg is \"")), required, []string{letsIn}, []string{"a proof of HS256 with the public key: 200"}},
		{"a private key is as good", excused(excusing("it publishes a secret")), required, []string{letsIn}, []string{"a proof with the private key: 200, not 401"}},
		{"lax JSON", excused(excusing("strict JSON")), required, []string{letsIn}, []string{"a proof with typ twice: 200", "a proof with jti twice: 200, not 401; read the proof as strictly as a token"}},
		{"names in any case", excused(excusing("htm or htu is missing")), required, []string{letsIn}, []string{"a proof with HTM in place of htm: 200"}},
		{"no ath", excused(excusing("ath is not")), required, []string{letsIn}, []string{"a proof for another token: 200, not 401; compare ath"}},
		{"no htm", excused(excusing(`htm is "`)), required, []string{letsIn}, []string{"a proof for POST: 200, not 401; compare htm", "a proof for the method in lower case: 200"}},
		{"no htu", excused(excusing(`htu is "`)), required, []string{letsIn}, []string{"a proof for another path: 200", "a proof for another host: 200", "a proof for another scheme"}},
		{"htu by Host", excused(hosts(func(r *http.Request) string { return r.Host })), required, []string{letsIn}, []string{"a proof for another host, and a forged Host: 200, not 401; anybody can write"}},
		{"htu by X-Forwarded-Host", excused(hosts(func(r *http.Request) string { return r.Header.Get("X-Forwarded-Host") })), required, []string{letsIn}, []string{"and a forged X-Forwarded-Host: 200, not 401"}},
		{"htu with the query", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.RawQuery != "" {
				r.RequestURI = strings.ReplaceAll(r.RequestURI, "?", "%3F")
			}
			good.ServeHTTP(w, r)
		}), required, []string{picky}, []string{"a request with a query: 401"}},
		{"iat of any time", excused(excusing("iat is ")), required, []string{letsIn}, []string{"a proof of seven minutes ago: 200", "a proof of six minutes ahead: 200"}},
		{"two proofs", before(good, func(r *http.Request) {
			if h := r.Header["Dpop"]; len(h) > 1 {
				r.Header["Dpop"] = h[:1]
			}
		}), required, []string{letsIn}, []string{"two DPoP headers: 200", "two DPoP headers, the second bad: 200, not 401; exactly one proof counts"}},
		{"the last of two proofs", before(good, func(r *http.Request) {
			if h := r.Header["Dpop"]; len(h) > 1 {
				r.Header["Dpop"] = h[len(h)-1:]
			}
		}), required, []string{letsIn}, []string{"two DPoP headers, the first bad: 200"}},
		{"the first of two credentials", before(good, func(r *http.Request) {
			if h := r.Header["Authorization"]; len(h) > 1 {
				r.Header["Authorization"] = h[:1]
			}
		}), required, nil, []string{"Authorization: DPoP … and Bearer …: 200, not 400"}},
		{"used proofs", with(nil, verifier(dpop.Options{Origins: plain.Origins, AllowReplays: true})), required, []string{letsIn}, []string{"the same proof again: 200, not 401; a proof is good once", "the same proof again, signed anew: 200", "the same proof, several times at once: 8 of 8 passed"}},
		{"used proofs by their text", with(nil, &byText{Verifier: verifier(dpop.Options{Origins: plain.Origins, AllowReplays: true})}), required, []string{letsIn}, []string{"the same proof again, signed anew: 200, not 401; ES256 has many signatures"}},
		{"used proofs by jti alone", with(nil, &byJTI{Verifier: verifier(dpop.Options{Origins: plain.Origins, AllowReplays: true})}), required, []string{picky}, []string{"a proof of another client with the same jti: 401"}},
		{"used proofs before all else", with(nil, &byText{Verifier: verifier(plain), early: true}), required, []string{picky}, []string{"a proof that was refused before: 401"}},
		{"the proof before the token", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.Header.Get("Authorization"), "DPoP ") && r.Header.Get("DPoP") == "undefined" {
				w.Header().Set("WWW-Authenticate", `DPoP realm="api", error="invalid_dpop_proof", error_description="no", algs="ES256 Ed25519 EdDSA"`)
				w.Header().Set("Cache-Control", "no-store")
				w.Header().Set("Content-Type", "application/problem+json")
				w.WriteHeader(http.StatusUnauthorized)
				io.WriteString(w, `{"status":401,"detail":"no","error":"invalid_dpop_proof"}`)
				return
			}
			good.ServeHTTP(w, r)
		}), required, []string{challenge, body}, []string{"an expired token with a bad proof"}},
		{"the query is refused", before(good, func(r *http.Request) {
			if strings.Contains(r.RequestURI, "?") {
				r.Header.Del("DPoP")
			}
		}), required, []string{picky}, []string{"a request with a query: 401"}},
		{"an algorithm that Setup does not name", with(nil, verifier(dpop.Options{Origins: plain.Origins, Algorithms: []string{"ES256", "Ed25519", "PS256"}})), required, []string{challenge, letsIn}, []string{"a proof by PS256: 200, not 401", `algs=\"ES256 Ed25519 EdDSA PS256\"`}},
		{"algs lost", answered(good, func(w *httptest.ResponseRecorder) {
			if h := w.Header().Get("WWW-Authenticate"); h != "" {
				w.Header().Set("WWW-Authenticate", strings.Replace(h, `, algs="ES256 Ed25519 EdDSA"`, "", 1))
			}
		}), required, []string{challenge}, []string{`no credentials: ["DPoP realm=\"api\""], not DPoP realm="api", algs="ES256 Ed25519 EdDSA"` + "\n"}},
		{"one challenge of two", answered(with(unbound, verifier(plain)), func(w *httptest.ResponseRecorder) {
			if h := w.Header()["Www-Authenticate"]; len(h) > 1 {
				w.Header()["Www-Authenticate"] = h[:1]
			}
		}), both, []string{challenge}, []string{`no credentials: ["Bearer realm=\"api\""], not Bearer realm="api", and DPoP realm="api", algs="ES256 Ed25519 EdDSA"` + "\n"}},
		{"the error in each challenge", answered(with(unbound, verifier(plain)), func(w *httptest.ResponseRecorder) {
			if h := w.Header()["Www-Authenticate"]; len(h) > 1 && w.Code == http.StatusUnauthorized {
				h[0] = strings.Replace(h[1], "DPoP", "Bearer", 1)
				h[0], _, _ = strings.Cut(h[0], ", algs")
			}
		}), both, []string{challenge}, nil},

		{"nonces that count for nothing", with(nil, &lenient{verifier(withNonces), excusing("nonce")}), nonces, []string{letsIn}, []string{"a proof without a nonce: 200, not 401; every proof needs a current nonce", "a proof with a nonce of another server: 200"}},
		{"nonces that any text is", with(nil, &lenient{verifier(withNonces), func(r *http.Request, _ string, err error) bool {
			return errors.Is(err, jwthttp.ErrUseNonce) && claimOf(r.Header.Get("DPoP"), "nonce") != ""
		}}), nonces, []string{letsIn}, []string{"a proof with a nonce that was changed: 200"}},
		{"no nonces", good, nonces, []string{letsIn, nonceLost, picky}, []string{"a proof without a nonce: 200", `no credentials: 401, DPoP-Nonce: []`}},
		{"nonces, not told", with(nil, verifier(withNonces)), required, []string{"asks for a nonce and sends none that it accepts"}, nil},
		{"DPoP-Nonce lost", answered(with(nil, verifier(withNonces)), func(w *httptest.ResponseRecorder) { w.Header().Del("DPoP-Nonce") }), nonces, []string{"asks for a nonce and sends none that it accepts"}, nil},
		{"DPoP-Nonce lost in refusals", answered(with(nil, verifier(withNonces)), func(w *httptest.ResponseRecorder) {
			if _, known := nonceOnce.LoadOrStore("first", true); known && w.Code >= 400 {
				w.Header().Del("DPoP-Nonce")
			}
		}), nonces, []string{nonceLost}, []string{`no credentials: 401, DPoP-Nonce: []`}},
		{"DPoP-Nonce lost by errors of its own", with(func(o *jwthttp.Options) {
			o.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { http.Error(w, "no", http.StatusUnauthorized) }
		}, verifier(withNonces)), jwthttptest.Setup{DPoP: &withNonces, OwnErrors: true}, []string{"asks for a nonce and sends none that it accepts"}, nil},
		{"DPoP-Nonce twice", answered(with(nil, verifier(withNonces)), func(w *httptest.ResponseRecorder) {
			w.Header().Add("DPoP-Nonce", "x")
		}), nonces, []string{nonceLost}, nil},
		{"a nonce in caches", answered(with(nil, verifier(withNonces)), func(w *httptest.ResponseRecorder) {
			if w.Code == http.StatusOK {
				w.Header().Set("Cache-Control", "public")
			}
		}), nonces, []string{cache}, []string{"an answer with a nonce has no-store"}},

		{"CORS that does not know DPoP", cors(good), cross(required), []string{"does not let scripts of other origins send proofs", "does not let scripts of other origins read"}, []string{"Access-Control-Allow-Headers must name both"}},
		{"CORS that allows DPoP alone", dpopCORS("DPoP", "*", good), cross(required), []string{"does not let scripts of other origins send proofs"}, nil},
		{"CORS that allows all", dpopCORS("*", "*", good), cross(required), []string{"does not let scripts of other origins send proofs"}, nil},
		{"CORS that does not expose the nonce", dpopCORS("authorization,dpop", "WWW-Authenticate", with(nil, verifier(withNonces))), cross(nonces), []string{"does not let scripts of other origins read"}, nil},

		{"an outage that accepts proofs", with(nil, &lenient{verifier(dpop.Options{Origins: plain.Origins, Replays: &failingStore{newMemory(t), true}}), excusing("store of used proofs")}),
			jwthttptest.Setup{DPoP: &plain, Outage: func() {}}, []string{letsIn}, []string{"a good token in an outage: 200, not 503"}},

		{"any certificate", with(nil, &anyCertificate{mtls.Connection()}), jwthttptest.Setup{Certificate: cert, Request: overTLS("/", cert)}, []string{letsIn}, []string{"a token of another certificate: 200, not 401; compare the certificate's thumbprint", "without TLS: 200"}},
		{"any certificate beside DPoP", with(nil, &anyCertificate{mtls.Connection()}, verifier(plain)), jwthttptest.Setup{DPoP: &plain, Certificate: cert, Request: overTLS("/", cert)}, []string{letsIn}, []string{
			"a token of a key and another certificate: 200, not 401; every member of cnf", "a token of another certificate, under Bearer: 200"}},

		{"no origin", good, jwthttptest.Setup{DPoP: &dpop.Options{}}, []string{"jwthttptest: Setup.DPoP is not as dpop.New takes it: dpop: Options.Origins is empty"}, nil},
		{"a header of another name", good, jwthttptest.Setup{DPoP: &plain, Header: "X-Token"}, []string{"jwthttptest: Setup.DPoP says that tokens come in Authorization"}, nil},
		{"unbound without bound", good, jwthttptest.Setup{AllowUnbound: true}, []string{"jwthttptest: Setup.AllowUnbound is for a chain that takes bound tokens too"}, nil},
		{"a request of a client", good, jwthttptest.Setup{DPoP: &plain, Request: func() *http.Request {
			r, err := http.NewRequest("GET", "https://api.example.com/", nil)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}}, []string{"jwthttptest: Setup.Request returns a request without RequestURI"}, nil},
		{"another origin", good, jwthttptest.Setup{DPoP: &dpop.Options{Origins: []string{"https://other.example.com"}}}, []string{"refuses a good token"}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.setup.Issuer, tc.setup.Claims, tc.setup.Options = iss, Claims{Subject: "alice"}, []jwthttptest.TokenOption{jwthttptest.HS256}
			var got recorder
			jwthttptest.Conformance(&got, tc.chain, tc.setup)
			text := strings.Join(got, "\n")
			if len(got) == 0 || tc.faults != nil && len(got) != len(tc.faults) {
				t.Errorf("%d faults, want %d:\n%s", len(got), len(tc.faults), text)
			}
			for _, report := range got {
				if tc.faults != nil && !slices.ContainsFunc(tc.faults, func(f string) bool { return strings.HasPrefix(strings.TrimPrefix(report, "the chain "), f) }) {
					t.Errorf("unexpected: %s", report)
				}
			}
			for _, part := range tc.parts {
				if !strings.Contains(text, part) {
					t.Errorf("no %q in:\n%s", part, text)
				}
			}
		})
	}
}

const nonceLost = "does not give clients the one nonce"

// anyKid confirms tokens that have a kid in cnf.
type anyKid struct{}

func (*anyKid) Member() string                                         { return "kid" }
func (*anyKid) Scheme() (string, string)                               { return "", "" }
func (*anyKid) Answer(http.Header)                                     {}
func (*anyKid) Confirm(*http.Request, string, [sha256.Size]byte) error { return nil }

// anyCertificate confirms tokens of any certificate.
type anyCertificate struct{ *mtls.Binding }

func (*anyCertificate) Confirm(*http.Request, string, [sha256.Size]byte) error { return nil }

// byText remembers used proofs by their text.
type byText struct {
	*dpop.Verifier
	early bool
	used  sync.Map
}

func (b *byText) Confirm(r *http.Request, token string, thumbprint [sha256.Size]byte) error {
	use := func() error {
		if _, known := b.used.LoadOrStore(r.Header.Get("DPoP"), true); known {
			return fmt.Errorf("%w: used", jwthttp.ErrInvalidProof)
		}
		return nil
	}
	if b.early {
		return cmpErr(use(), func() error { return b.Verifier.Confirm(r, token, thumbprint) })
	}
	return cmpErr(b.Verifier.Confirm(r, token, thumbprint), use)
}

// byJTI remembers used proofs by their jti alone.
type byJTI struct {
	*dpop.Verifier
	used sync.Map
}

func (b *byJTI) Confirm(r *http.Request, token string, thumbprint [sha256.Size]byte) error {
	return cmpErr(b.Verifier.Confirm(r, token, thumbprint), func() error {
		if _, known := b.used.LoadOrStore(claimOf(r.Header.Get("DPoP"), "jti"), true); known {
			return fmt.Errorf("%w: used", jwthttp.ErrInvalidProof)
		}
		return nil
	})
}

// cmpErr returns err, or that of next if err is nil.
func cmpErr(err error, next func() error) error {
	if err != nil {
		return err
	}
	return next()
}
