package jwthttp

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync/atomic"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/internal/jws"
)

const maxKept = 64 // keys that FromKeyfunc does not make anew

// FromKeyfunc makes a key source of a golang-jwt key function. algorithms are those that the
// function has keys for: "HS256", or some of "RS256", "PS256", "ES256" and "EdDSA". Without a
// name, or with names of both kinds, [New] returns an error.
//
// f is called concurrently. The [jwt.Token] that it gets has its Method, a Header of alg, kid
// and typ, and an empty [jwt.MapClaims]. It has no Raw, because nothing of the token is
// verified yet. A function that picks the key by iss becomes an [Issuers].
//
// f returns a []byte, an [*rsa.PublicKey], an [*ecdsa.PublicKey], an [ed25519.PublicKey], or a
// [jwt.VerificationKeySet] of at most 8 of them:
//   - A key for another algorithm than the token's is not tried.
//   - nil, or a value that is not such a key, is a 503.
//   - An error makes the token invalid (401), or is a 503 if it wraps [ErrUnavailable],
//     [context.DeadlineExceeded] or [context.Canceled].
//
// The last 64 keys that f returned are kept ready. With more keys in use, each token costs the
// making of its key. A [KeyFunc] that keeps its own keys does not cost that.
func FromKeyfunc(f jwt.Keyfunc, algorithms ...string) KeySource {
	s := &legacySource{keyfunc: f, algorithms: slices.Clone(algorithms)}
	if f == nil {
		s.err = errors.New("FromKeyfunc was given a nil function: pass one, and check the error of what made it")
	}
	if len(algorithms) == 0 {
		s.err = errors.Join(s.err, errors.New(`FromKeyfunc needs the algorithms that the function has keys for: add "HS256", or some of "RS256", "PS256", "ES256" and "EdDSA"`))
	}
	for _, a := range algorithms {
		if !slices.Contains([]string{jws.HS256, jws.RS256, jws.PS256, jws.ES256, jws.EdDSA}, a) {
			s.err = errors.Join(s.err, fmt.Errorf("FromKeyfunc does not know the algorithm %q: use HS256, RS256, PS256, ES256 or EdDSA", a))
		}
	}
	if slices.Contains(algorithms, jws.HS256) && slices.ContainsFunc(algorithms, func(a string) bool { return a != jws.HS256 }) {
		s.err = errors.Join(s.err, errors.New("FromKeyfunc with HS256 and another algorithm at once lets a public key be taken for a secret: use a KeySet or a KeyFunc, whose keys carry their algorithm"))
	}
	return s
}

type legacySource struct {
	keyfunc    jwt.Keyfunc
	algorithms []string
	err        error

	// The keys made of what keyfunc returned last. keyfunc is still asked for every token,
	// so a key that it does not return any more is not used.
	made atomic.Pointer[[]Key]
}

// keep returns the key made of material: one that was made before, or a new one. It returns
// the zero Key if the material is of another algorithm.
func (s *legacySource) keep(material any, algorithm string) Key {
	var made []Key
	if p := s.made.Load(); p != nil {
		made = *p
	}
	for _, k := range made {
		if k.material.algorithm == algorithm && k.material.verifier.IsFor(material) {
			return k
		}
	}
	k := newKey(algorithm, material)
	if errors.Is(k.Err(), jws.ErrMaterial) {
		return Key{}
	}
	if k.Err() == nil {
		// Only the oldest goes. Else a few keys more than are kept would all be made anew
		// all the time.
		made = append(slices.Clone(made[max(0, len(made)-maxKept+1):]), k)
		s.made.Store(&made)
	}
	return k
}

func (s *legacySource) Keys(_ context.Context, h TokenHeader) ([]Key, error) {
	if s.err != nil {
		return nil, s.err
	}
	if !slices.Contains(s.algorithms, h.Algorithm) {
		return nil, ErrUnknownKey
	}
	header := map[string]any{"alg": h.Algorithm}
	if h.KeyID != "" {
		header["kid"] = h.KeyID
	}
	if h.Type != "" {
		header["typ"] = h.Type
	}
	got, err := s.keyfunc(&jwt.Token{Method: jwt.GetSigningMethod(h.Algorithm), Header: header, Claims: jwt.MapClaims{}})
	if err != nil {
		if errUnknownKey.orUnavailable(err).kind == unavailable {
			return nil, err
		}
		return nil, fmt.Errorf("%w: %w", ErrUnknownKey, err)
	}
	set, ok := got.(jwt.VerificationKeySet)
	if !ok {
		set.Keys = []jwt.VerificationKey{got}
	}
	if len(set.Keys) > maxKeys {
		return nil, errTooManyKeys
	}
	if len(set.Keys) == 0 {
		return nil, errors.New("the key function returned an empty set: return an error if there is no key for the token")
	}
	var keys []Key
	for _, material := range set.Keys {
		k, err := s.keyOf(material, h.Algorithm)
		if err != nil {
			return nil, err
		}
		if k.material != nil {
			keys = append(keys, k)
		}
	}
	return keys, nil
}

// keyOf returns the zero Key for material of another algorithm.
func (s *legacySource) keyOf(material any, algorithm string) (Key, error) {
	if v := reflect.ValueOf(material); v.IsValid() && (v.Kind() == reflect.Pointer || v.Kind() == reflect.Slice) && v.IsNil() {
		return Key{}, fmt.Errorf("the key function returned a nil %T: return an error if there is no key for the token", material)
	}
	if k := s.keep(material, algorithm); k.material != nil {
		return k, nil
	}
	switch material.(type) {
	case []byte, *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey:
		return Key{}, nil
	case interface{ Public() crypto.PublicKey }:
		return Key{}, fmt.Errorf("the key function returned a private key (%T): return its public half", material)
	default:
		return Key{}, fmt.Errorf("the key function returned a %T: return []byte for HS256, *rsa.PublicKey for RS256 and PS256, *ecdsa.PublicKey for ES256 or ed25519.PublicKey for EdDSA", material)
	}
}
