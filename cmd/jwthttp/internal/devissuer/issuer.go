// Package devissuer makes tokens for trying a middleware on one machine. Its keys are in
// memory only, and it gives a token to everyone who asks.
package devissuer

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
)

const (
	// Lifetime is how long a token is good if nothing else is asked for.
	Lifetime = 15 * time.Minute

	maxLifetime = 366 * 24 * time.Hour
	maxKeys     = 8 // with more of one algorithm, a middleware refuses a token without kid
)

// An Issuer signs tokens with RS256, as most providers do. Its methods are safe for concurrent
// use.
type Issuer struct {
	url      string
	audience []string

	mu   sync.Mutex
	keys []key // the current one last
}

type key struct {
	private *rsa.PrivateKey
	id      string
}

// New returns an issuer with one key. url is the iss of its tokens, and audience is their aud.
func New(url string, audience []string) (*Issuer, error) {
	iss := &Issuer{url: url, audience: slices.Clone(audience)}
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
	// A kid is never used twice. So a service that has the keys of an earlier run sees that
	// this key is new.
	k := key{private, "dev-" + rand.Text()[:8]}
	iss.mu.Lock()
	defer iss.mu.Unlock()
	iss.keys = append(iss.keys, k)
	iss.keys = slices.Clone(iss.keys[max(0, len(iss.keys)-maxKeys):])
	return k.id, nil
}

func (iss *Issuer) published() []key {
	iss.mu.Lock()
	defer iss.mu.Unlock()
	return slices.Clone(iss.keys)
}

// A JWK is a public key, RFC 7517 section 4 and RFC 7518 section 6.3.1.
type JWK struct {
	Type      string `json:"kty"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
	ID        string `json:"kid"`
	Modulus   string `json:"n"`
	Exponent  string `json:"e"`
}

// JWKs returns the published keys, the current one last.
func (iss *Issuer) JWKs() []JWK {
	var set []JWK
	for _, k := range iss.published() {
		set = append(set, JWK{
			Type: "RSA", Use: "sig", Algorithm: "RS256", ID: k.id,
			Modulus:  base64.RawURLEncoding.EncodeToString(k.private.N.Bytes()),
			Exponent: base64.RawURLEncoding.EncodeToString(big.NewInt(int64(k.private.E)).Bytes()),
		})
	}
	return set
}

// Keys returns the published keys, bound to the issuer and its audience. So an Issuer is a
// [jwthttp.KeySource] that sees a rotation at once.
func (iss *Issuer) Keys(ctx context.Context, h jwthttp.TokenHeader) ([]jwthttp.Key, error) {
	var set jwthttp.KeySet
	for _, k := range iss.published() {
		set = append(set, jwthttp.RS256(&k.private.PublicKey).WithID(k.id).WithIssuer(iss.url, iss.audience...))
	}
	return set.Keys(ctx, h)
}

// Token returns a signed token that is good for lifetime, which may be negative for a token
// that has expired. It has the claims iss, aud, sub, iat, exp and jti. Each of claims is added,
// or replaces the one of its name. A claim that is null is left out.
func (iss *Issuer) Token(claims map[string]jsontext.Value, lifetime time.Duration) (string, error) {
	if lifetime.Abs() > maxLifetime {
		return "", errors.New("a lifetime is at most 366 days")
	}
	now := time.Now()
	all := jwt.MapClaims{
		"iss": iss.url, "aud": iss.audience, "sub": "alice", "jti": rand.Text(),
		"iat": now.Unix(), "exp": now.Add(lifetime).Unix(),
	}
	if len(iss.audience) == 1 {
		all["aud"] = iss.audience[0]
	}
	for name, value := range claims {
		all[name] = value
	}
	maps.DeleteFunc(all, func(_ string, value any) bool {
		text, ok := value.(jsontext.Value)
		return ok && text.Kind() == 'n'
	})
	keys := iss.published()
	current := keys[len(keys)-1]
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, all)
	token.Header["kid"] = current.id
	signed, err := token.SignedString(current.private)
	if err != nil {
		return "", fmt.Errorf("the token could not be signed: %w", err)
	}
	return signed, nil
}
