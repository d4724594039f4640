// Package devissuer makes tokens for trying a middleware on one machine. Its keys are in
// memory only, and it gives a token to everyone who asks.
package devissuer

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"
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
	name, typ string
	audience  []string

	mu   sync.Mutex
	keys []key // the current one last
}

type key struct {
	private *rsa.PrivateKey
	id      string
}

// New returns an issuer with one key. name is the iss of its tokens, audience is their aud, and
// typ is their typ.
func New(name string, audience []string, typ string) (*Issuer, error) {
	iss := &Issuer{name: name, audience: slices.Clone(audience), typ: typ}
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

func (iss *Issuer) current() key {
	iss.mu.Lock()
	defer iss.mu.Unlock()
	return iss.keys[len(iss.keys)-1]
}

// KeySet returns the published keys as a JSON Web Key Set, RFC 7517 section 5, the current one
// last.
func (iss *Issuer) KeySet() []byte {
	iss.mu.Lock()
	defer iss.mu.Unlock()
	var set []map[string]string
	for _, k := range iss.keys {
		set = append(set, map[string]string{ // RFC 7518 section 6.3.1
			"kty": "RSA", "use": "sig", "alg": "RS256", "kid": k.id,
			"n": base64.RawURLEncoding.EncodeToString(k.private.N.Bytes()),
			"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(k.private.E)).Bytes()),
		})
	}
	text, err := json.Marshal(map[string]any{"keys": set})
	if err != nil {
		return nil // strings are always JSON
	}
	return text
}

// Token returns a signed token that is good for lifetime. A negative lifetime makes a token that
// has expired. It has the claims iss, aud, sub, iat, exp and jti. Each of claims is added,
// or replaces the one of its name. A claim that is null is left out.
func (iss *Issuer) Token(claims map[string]jsontext.Value, lifetime time.Duration) (string, error) {
	if lifetime.Abs() > maxLifetime {
		return "", errors.New("a lifetime is at most 366 days")
	}
	issued := time.Now()
	expires := issued.Add(lifetime)
	if lifetime <= 0 {
		issued = expires.Add(-Lifetime) // it was good once
	}
	all := jwt.MapClaims{
		"iss": iss.name, "aud": iss.audience, "sub": "alice", "jti": rand.Text(),
		"iat": issued.Unix(), "exp": expires.Unix(),
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
	current := iss.current()
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, all)
	token.Header["typ"], token.Header["kid"] = iss.typ, current.id
	signed, err := token.SignedString(current.private)
	if err != nil {
		return "", fmt.Errorf("the token could not be signed: %w", err)
	}
	return signed, nil
}
