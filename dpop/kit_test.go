package dpop_test

import (
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
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/dpop"
)

const (
	token  = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyIn0.c2lnbmF0dXJl"
	base   = "https://api.example.com"
	target = "/orders/17?page=2"
)

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return b64(sum[:])
}

// object is JSON of which the tests choose each member.
type object map[string]any

// with returns a copy with a member that is changed, or without it if value is nil.
func (o object) with(name string, value any) object {
	o = maps.Clone(o)
	o[name] = value
	if value == nil {
		delete(o, name)
	}
	return o
}

func (o object) String() string {
	b, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// A signer is a client that signs whatever a test wants, written apart from the package.
type signer struct {
	private crypto.Signer
	method  jwt.SigningMethod
	alg     string
}

func newSigner(private crypto.Signer, alg string) signer {
	method := jwt.GetSigningMethod(alg)
	if alg == "Ed25519" {
		method = jwt.SigningMethodEdDSA
	}
	return signer{private, method, alg}
}

var (
	p256    = sync.OnceValue(func() signer { return newSigner(ecKey(elliptic.P256()), "ES256") })
	p256two = sync.OnceValue(func() signer { return newSigner(ecKey(elliptic.P256()), "ES256") })
	edwards = sync.OnceValue(func() signer {
		_, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			panic(err)
		}
		return newSigner(private, "EdDSA")
	})
	rsa2048 = sync.OnceValue(func() *rsa.PrivateKey {
		private, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		return private
	})
)

func ecKey(curve elliptic.Curve) *ecdsa.PrivateKey {
	private, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		panic(err)
	}
	return private
}

// jwk returns the public key of a signer.
func (s signer) jwk() object {
	switch pub := s.private.Public().(type) {
	case *ecdsa.PublicKey:
		point, err := pub.Bytes()
		if err != nil {
			panic(err)
		}
		half := len(point) / 2
		return object{"kty": "EC", "crv": pub.Params().Name, "x": b64(point[1 : 1+half]), "y": b64(point[1+half:])}
	case ed25519.PublicKey:
		return object{"kty": "OKP", "crv": "Ed25519", "x": b64(pub)}
	case *rsa.PublicKey:
		return object{"kty": "RSA", "n": b64(pub.N.Bytes()), "e": "AQAB"}
	}
	panic("no such key")
}

// thumbprint is RFC 7638: encoding/json sorts the names.
func (s signer) thumbprint() [sha256.Size]byte { return sha256.Sum256([]byte(s.jwk().String())) }

func (s signer) header() object { return object{"typ": "dpop+jwt", "alg": s.alg, "jwk": s.jwk()} }

// payload returns that of a good proof for GET and target.
func payload() object {
	return object{"jti": rand.Text(), "htm": "GET", "htu": base + "/orders/17", "iat": time.Now().Unix(), "ath": digest(token)}
}

// sign signs any header and payload.
func (s signer) sign(header, payload fmt.Stringer) string {
	input := b64([]byte(header.String())) + "." + b64([]byte(payload.String()))
	signature, err := s.method.Sign(input, s.private)
	if err != nil {
		panic(err)
	}
	return input + "." + b64(signature)
}

// raw is JSON that no object is.
type raw string

func (r raw) String() string { return string(r) }

// request returns a request with these proofs.
func request(method, target string, proofs ...string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	for _, proof := range proofs {
		r.Header.Add("DPoP", proof)
	}
	return r
}

func verifier(t testing.TB, opts dpop.Options) *dpop.Verifier {
	t.Helper()
	if opts.Origins == nil {
		opts.Origins = []string{base}
	}
	v, err := dpop.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// confirm confirms a proof of s for GET and target.
func confirm(v *dpop.Verifier, s signer, proof string) error {
	return v.Confirm(request("GET", target, proof), token, s.thumbprint())
}

// A storeFunc is a Store.
type storeFunc func(ctx context.Context, id [sha256.Size]byte, until time.Time) (bool, error)

func (f storeFunc) Use(ctx context.Context, id [sha256.Size]byte, until time.Time) (bool, error) {
	return f(ctx, id, until)
}

// contains reports whether an error says something.
func contains(err error, text string) bool { return err != nil && strings.Contains(err.Error(), text) }

func mustURL(t testing.TB, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
