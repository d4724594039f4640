// Package devissuer makes tokens for trying a middleware, good ones and others. Its issuer is for
// one machine: its keys are in memory only, and it gives a token to everyone who asks.
package devissuer

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/internal/jws"
	"github.com/jwthttp/jwthttp/issue"
)

const (
	maxLifetime = 24 * time.Hour
	maxKeys     = 8 // with more of one algorithm, a middleware refuses a token without kid
)

// An Issuer signs tokens with RS256, as most providers do. Its methods are safe for concurrent
// use.
type Issuer struct {
	opts issue.Options

	mu     sync.Mutex
	keys   []issue.Key // the current one last
	public http.Handler
	signer *jws.Signer
	header Header
}

// New returns an issuer with one key. name is the iss of its tokens, audience is their aud, and
// typ is their typ.
func New(name string, audience []string, typ string) (*Issuer, error) {
	iss := &Issuer{opts: issue.Options{Issuer: name, Audience: slices.Clone(audience), Type: typ, Lifetime: maxLifetime}}
	if _, err := iss.Rotate(); err != nil {
		return nil, err
	}
	return iss, nil
}

// Rotate makes a new key, which signs from now on, and returns its kid. The last eight keys
// stay published, so that tokens of the older ones stay good.
func (iss *Issuer) Rotate() (kid string, err error) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return "", fmt.Errorf("a key could not be made: %w", err)
	}
	signer, err := jws.NewSigner(jws.RS256, private)
	if err != nil {
		return "", err
	}
	// A kid is never used twice. So a service that has the keys of an earlier run sees that
	// this key is new.
	kid = "dev-" + rand.Text()[:8]
	iss.mu.Lock()
	defer iss.mu.Unlock()
	keys := append(slices.Clone(iss.keys), issue.NewKey(jwt.SigningMethodRS256, private).WithID(kid).From(time.Now()))
	keys = keys[max(0, len(keys)-maxKeys):]
	issuer, err := issue.New[jwt.MapClaims](iss.opts, keys...)
	if err != nil {
		return "", err
	}
	iss.keys, iss.public, iss.signer, iss.header = keys, issuer.JWKS(), signer, Header{jws.RS256, kid, iss.opts.Type}
	return kid, nil
}

// KeySet returns the published keys as a JSON Web Key Set, RFC 7517 section 5, the current one
// last.
func (iss *Issuer) KeySet() []byte {
	iss.mu.Lock()
	defer iss.mu.Unlock()
	set := answer{header: http.Header{}}
	iss.public.ServeHTTP(&set, &http.Request{Method: http.MethodGet})
	return set.Bytes()
}

// An answer is for the program itself. Its header would let caches keep the keys for ten minutes,
// and Rotate replaces them at once.
type answer struct {
	bytes.Buffer
	header http.Header
}

func (a *answer) Header() http.Header { return a.header }
func (a *answer) WriteHeader(int)     {}

// Token returns a signed token that is good for lifetime. A negative lifetime makes a token that
// has expired. It has the claims iss, aud, sub, iat, exp and jti. Each of claims is added,
// or replaces the one of its name. A claim that is null is left out.
func (iss *Issuer) Token(ctx context.Context, claims map[string]jsontext.Value, lifetime time.Duration) (string, error) {
	if lifetime.Abs() > maxLifetime {
		return "", errors.New("a lifetime is at most 24 hours: send the claim exp for a longer one, in JSON with Content-Type: application/json")
	}
	all := jwt.MapClaims{"iss": iss.opts.Issuer, "aud": iss.opts.Audience, "sub": "alice"}
	if len(iss.opts.Audience) == 1 {
		all["aud"] = iss.opts.Audience[0]
	}
	for name, value := range claims {
		all[name] = value
	}
	iss.mu.Lock()
	defer iss.mu.Unlock()
	return Sign(ctx, iss.signer, iss.header, all, lifetime)
}
