package devissuer

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/internal/jws"
)

// Lifetime is how long a token is good if nothing else is asked for.
const Lifetime = 15 * time.Minute

// A Header is that of a token. Algorithm is the one of the signer.
type Header struct {
	Algorithm string `json:"alg"`
	KeyID     string `json:"kid,omitempty"`
	Type      string `json:"typ,omitempty"`
}

// Sign returns a token that a middleware may have to refuse, for the claims may say anything. It
// adds those of iat, exp and jti that they do not have, and removes each that is null. A lifetime
// that is not positive is that of a token that has expired.
func Sign(ctx context.Context, signer *jws.Signer, h Header, claims jwt.MapClaims, lifetime time.Duration) (string, error) {
	issued := time.Now()
	expires := issued.Add(lifetime)
	if lifetime <= 0 {
		issued = expires.Add(-Lifetime) // it was good once
	}
	for name, value := range map[string]any{"iat": issued.Unix(), "exp": expires.Unix(), "jti": rand.Text()} {
		if _, ok := claims[name]; !ok {
			claims[name] = value
		}
	}
	maps.DeleteFunc(claims, func(_ string, value any) bool {
		text, ok := value.(jsontext.Value)
		return value == nil || ok && text.Kind() == 'n'
	})
	header, err := json.Marshal(h)
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("the claims cannot be encoded: %w", err)
	}
	input := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(payload)
	signature, err := signer.Sign(ctx, input)
	if err != nil {
		return "", err
	}
	return input + "." + signature, nil
}
