package jwthttp

import (
	"context"
	"errors"
	"fmt"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/internal/jws"
	"github.com/jwthttp/jwthttp/internal/keyfunc"
)

// FromKeyfunc makes a key source of a golang-jwt key function. algorithms are those that the
// function has keys for, by the names of RFC 7518: some of "HS256", "HS384" and "HS512", or some
// of those of public keys, such as "RS256" and "EdDSA". Without a name, or with names of both
// kinds, [New] returns an error.
//
// f is called concurrently. The [jwt.Token] that it gets has its Method, a Header of alg, kid and
// typ, and an empty [jwt.MapClaims]. It has no Raw, because nothing of the token is verified yet.
// Replace a function that picks the key by iss with an [Issuers].
//
// f returns a []byte, an [*rsa.PublicKey], an [*ecdsa.PublicKey], an [ed25519.PublicKey], or a
// [jwt.VerificationKeySet] of at most 8 of them:
//   - A key for another algorithm than the token's is not tried.
//   - nil, or a value that is not such a key, is a 503.
//   - An error makes the token invalid (401), or is a 503 if it wraps [ErrUnavailable],
//     [context.DeadlineExceeded] or [context.Canceled].
//
// The last 64 keys that were made of what f returned are kept ready. If more keys are in use, each
// token costs as much as making its key. A [KeyFunc] that keeps its keys does not cost that.
func FromKeyfunc(f jwt.Keyfunc, algorithms ...string) KeySource {
	source, err := keyfunc.New(f, algorithms, func(algorithm string, v jws.Verifier, err error) any {
		return Key{&keyMaterial{algorithm: algorithm, verifier: v, err: err}}
	})
	return &keyfuncSource{source, err}
}

type keyfuncSource struct {
	source *keyfunc.Source // not embedded: its methods are not for users
	err    error           // of the call that made it; New returns it
}

func (s *keyfuncSource) Keys(_ context.Context, h TokenHeader) ([]Key, error) {
	if s.err != nil {
		return nil, s.err
	}
	if !s.source.HasAlgorithm(h.Algorithm) {
		return nil, &notAsked{h.Algorithm, s.source}
	}
	got, err := s.source.Ask(h.Algorithm, h.KeyID, h.Type)
	if err != nil {
		if isUnavailable(err) {
			return nil, err
		}
		return nil, fmt.Errorf("%w: %w", ErrUnknownKey, err)
	}
	materials := []jwt.VerificationKey{got}
	if set, ok := got.(jwt.VerificationKeySet); ok {
		materials = set.Keys
	}
	if len(materials) > maxKeys {
		return nil, errTooManyKeys
	}
	if len(materials) == 0 {
		return nil, errors.New("the key function returned an empty set: return an error if there is no key for the token")
	}
	var keys []Key
	for _, material := range materials {
		k, err := s.source.Key(material, h.Algorithm)
		if err != nil {
			return nil, err
		}
		if k, ok := k.(Key); ok {
			keys = append(keys, k)
		}
	}
	return keys, nil
}

// A notAsked says that a key function has no keys for a token's algorithm. Floods of tokens end
// here, so the text is made only if it is read.
type notAsked struct {
	algorithm string // unverified
	source    *keyfunc.Source
}

func (e *notAsked) Error() string {
	return fmt.Sprintf("no key can have alg %.64q (unverified): FromKeyfunc was told that the function has keys for %s only: have the issuer sign with one of these, or name its algorithm there", e.algorithm, jws.List(e.source.Algorithms(), "and"))
}

func (e *notAsked) Unwrap() error { return ErrUnknownKey }
