package migrating

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/auth0/go-jwt-middleware/v3/validator"
	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/_example/migrating/before"
	"github.com/jwthttp/jwthttp/dpop"
	"github.com/jwthttp/jwthttp/jwthttptest"
)

func keyFunction(key any) jwt.Keyfunc {
	return func(*jwt.Token) (any, error) { return key, nil }
}

func outOfReach(*jwt.Token) (any, error) { return nil, jwthttp.ErrUnavailable }

// A holder makes proofs with any claims.
type holder struct {
	key        *ecdsa.PrivateKey
	thumbprint string
}

func newHolder(t *testing.T) holder {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := dpop.NewKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return holder{key, signer.Thumbprint()}
}

func (h holder) proof(t *testing.T, htu, token string) string {
	t.Helper()
	point, err := h.key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	digest := sha256.Sum256([]byte(token))
	proof := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
		"jti": rand.Text(), "htm": "GET", "htu": htu, "iat": time.Now().Unix(), "ath": encode(digest[:]),
	})
	proof.Header["typ"] = "dpop+jwt"
	proof.Header["jwk"] = map[string]any{"kty": "EC", "crv": "P-256", "x": encode(point[1:33]), "y": encode(point[33:])}
	text, err := proof.SignedString(h.key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestFromAuth0DPoP(t *testing.T) {
	iss := newIssuer(t)
	v, err := validator.New(
		validator.WithKeyFunc(func(context.Context) (any, error) { return iss.PublicKey(), nil }),
		validator.WithAlgorithm(validator.RS256),
		validator.WithIssuer(iss.URL),
		validator.WithAudience("orders"),
	)
	if err != nil {
		t.Fatal(err)
	}
	old, now := http.NewServeMux(), http.NewServeMux()
	before.Auth0DPoP(v, old)
	fromAuth0DPoP(iss.RS256().WithIssuer(iss.URL, "orders"), now)

	h := newHolder(t)
	claims := Claims{Subject: "alice", Scope: "orders:read"}
	unbound := iss.Token(t, claims)
	bound := iss.Token(t, claims, jwthttptest.Claim("cnf", map[string]any{"jkt": h.thumbprint}))
	const url = "https://api.example.com/orders"
	// with has a new proof for each program.
	with := func(scheme, token, htu string, more ...func(*http.Request)) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", scheme+" "+token)
			if htu != "" {
				r.Header.Set("DPoP", h.proof(t, htu, token))
			}
			for _, change := range more {
				change(r)
			}
		}
	}
	query := func(r *http.Request) { r.URL.RawQuery = "page=2" }
	used := h.proof(t, url, bound)
	use := with("DPoP", bound, "", func(r *http.Request) { r.Header.Set("DPoP", used) })
	compare(t, old, now, []try{
		{"unbound", with("Bearer", unbound, ""), greeted, greeted},
		{"bound", with("DPoP", bound, url), greeted, greeted},
		{"bound, under Bearer", with("Bearer", bound, url), unauthorized, rejected},
		{"bound, under Bearer without a proof", with("Bearer", bound, ""), unauthorized, rejected},
		{"no proof", with("DPoP", bound, ""), answer{400, "dpop_proof_missing"}, answer{401, "invalid_dpop_proof"}},
		{"the proof of another route", with("DPoP", bound, url+"/2"), answer{400, "invalid_dpop_proof"}, answer{401, "invalid_dpop_proof"}},
		{"a proof", use, greeted, greeted},
		{"the same proof again", use, greeted, answer{401, "invalid_dpop_proof"}},
		{"a query that htu has not", with("DPoP", bound, url, query), answer{400, "invalid_dpop_proof"}, greeted},
		{"a query that htu has", with("DPoP", bound, url+"?page=2", query), greeted, greeted},
		{"unbound, under Bearer with a proof", with("Bearer", unbound, url), answer{400, "invalid_request"}, greeted},
		{"unbound, under DPoP", with("DPoP", unbound, url), unauthorized, rejected},
		{"the host of a header", with("DPoP", bound, "https://other.example.com/orders", func(r *http.Request) {
			r.Header.Set("X-Forwarded-Host", "other.example.com")
		}), greeted, answer{401, "invalid_dpop_proof"}},
		{"the scheme of a header", with("DPoP", bound, url, func(r *http.Request) { r.TLS = nil }), answer{400, "invalid_dpop_proof"}, greeted},
	})
}

// A table has the issuers of tenants, until it fails.
type table struct {
	sync.Mutex
	issuers []string
	err     error
}

func (tb *table) set(err error, issuers ...string) {
	tb.Lock()
	defer tb.Unlock()
	tb.issuers, tb.err = issuers, err
}

func (tb *table) Issuers(context.Context) ([]string, error) {
	tb.Lock()
	defer tb.Unlock()
	return tb.issuers, tb.err
}

func (tb *table) Has(ctx context.Context, issuer string) (bool, error) {
	issuers, err := tb.Issuers(ctx)
	return slices.Contains(issuers, issuer), err
}

func TestFromAuth0Tenants(t *testing.T) {
	a, b, stranger := newIssuer(t), newIssuer(t), newIssuer(t)
	var tenants table
	tenants.set(nil, a.URL, b.URL)
	old, now := http.NewServeMux(), http.NewServeMux()
	before.Auth0Tenants(&tenants, old)
	fromAuth0Tenants(&tenants, now, func() {
		tokenOf := func(iss *jwthttptest.Issuer, options ...jwthttptest.TokenOption) func(*http.Request) {
			t.Helper()
			return bearer(iss.Token(t, Claims{Subject: "alice", Scope: "orders:read"}, options...))
		}
		unavailable := answer{503, `"error":"temporarily_unavailable"`}
		waitFor(t, now, tokenOf(a))
		waitFor(t, now, tokenOf(b))
		compare(t, old, now, []try{
			{"a tenant", tokenOf(a), greeted, greeted},
			{"another tenant", tokenOf(b), greeted, greeted},
			{"not a tenant", tokenOf(stranger), unauthorized, rejected},
			{"a tenant in the name of another one", tokenOf(a, jwthttptest.Claim("iss", b.URL)), unauthorized, rejected},
			{"another audience", tokenOf(a, jwthttptest.WrongAudience), unauthorized, rejected},
		})
		b.Rotate()
		waitFor(t, now, tokenOf(b))
		compare(t, old, now, []try{{"a new key", tokenOf(b), unauthorized, greeted}})
		tenants.set(errors.New("the database is down"))
		third := newIssuer(t)
		compare(t, old, now, []try{
			{"the table is out of reach, a tenant that is known", tokenOf(a), unauthorized, greeted},
			{"the table is out of reach, a tenant that is new", tokenOf(third), unauthorized, unavailable},
		})
		tenants.set(nil, a.URL)
		compare(t, old, now, []try{{"removed from the table, within LookupTTL", tokenOf(b), unauthorized, greeted}})
	})
}
