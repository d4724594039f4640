// Package keyfunc asks golang-jwt's key functions, and keeps the keys that they return ready.
package keyfunc

import (
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

const maxKept = 64 // keys that are not made anew

// A Source has a key function. It is safe for concurrent use.
type Source struct {
	keyfunc    jwt.Keyfunc
	algorithms []string
	boxed      []any // the same, for headers: to box a text takes memory for each token
	makeKey    func(algorithm string, v jws.Verifier, err error) any

	// The keys made of what keyfunc returned last. keyfunc is still asked for every token,
	// so a key that it does not return any more is not used.
	made atomic.Pointer[[]*madeKey] // never nil
}

type madeKey struct {
	algorithm string
	verifier  jws.Verifier
	key       any
}

// New returns the source, and everything that is wrong with it. makeKey makes the caller's key
// of a verifier, or of the reason why there is none.
func New(f jwt.Keyfunc, algorithms []string, makeKey func(algorithm string, v jws.Verifier, err error) any) (*Source, error) {
	var errs []error
	if f == nil {
		errs = append(errs, errors.New("FromKeyfunc was given a nil function: pass one, and check the error of what made it"))
	}
	if len(algorithms) == 0 {
		errs = append(errs, errors.New(`FromKeyfunc needs the algorithms that the function has keys for: add "HS256", or some of "RS256", "ES256" and other names of public keys`))
	}
	var names []string
	symmetric := 0
	for _, a := range algorithms {
		a = jws.Canonical(a)
		if !jws.IsAlgorithm(a) {
			errs = append(errs, fmt.Errorf("FromKeyfunc does not know the algorithm %q: use %s", a, jws.List(jws.Algorithms(), "or")))
		}
		if jws.IsSymmetric(a) {
			symmetric++
		}
		names = append(names, a)
	}
	if symmetric > 0 && symmetric < len(names) {
		errs = append(errs, errors.New("FromKeyfunc with HMAC (HS256, HS384, HS512) and another algorithm at once lets a public key be taken for a secret: use a KeySet or a KeyFunc, whose keys carry their algorithm"))
	}
	s := &Source{keyfunc: f, algorithms: names, makeKey: makeKey}
	for _, name := range names {
		s.boxed = append(s.boxed, name)
	}
	s.made.Store(&[]*madeKey{})
	return s, errors.Join(errs...)
}

// Algorithms returns the names of the algorithms that the key function has keys for. The slice is
// read-only.
func (s *Source) Algorithms() []string { return s.algorithms }

// HasAlgorithm reports whether the key function has keys for the algorithm.
func (s *Source) HasAlgorithm(algorithm string) bool { return slices.Contains(s.algorithms, algorithm) }

// Ask asks the key function about an algorithm that it has keys for, and returns what it returned.
// The function gets nothing of the token but the header, because nothing is verified yet.
func (s *Source) Ask(algorithm, kid, typ string) (any, error) {
	header := map[string]any{"alg": s.boxed[slices.Index(s.algorithms, algorithm)]}
	if kid != "" {
		header["kid"] = kid
	}
	switch typ {
	case "":
	case "JWT":
		header["typ"] = "JWT" // the usual one takes no memory
	default:
		header["typ"] = typ
	}
	return s.keyfunc(&jwt.Token{Method: jws.MethodOf(algorithm), Header: header, Claims: jwt.MapClaims{}})
}

// Key returns the key made of what the key function returned: one that was made before, or a
// new one. It is nil if material is of another algorithm.
func (s *Source) Key(material any, algorithm string) (any, error) {
	if v := reflect.ValueOf(material); v.IsValid() && (v.Kind() == reflect.Pointer || v.Kind() == reflect.Slice) && v.IsNil() {
		return nil, fmt.Errorf("the key function returned a nil %T: return an error if there is no key for the token", material)
	}
	made := s.made.Load()
	for _, k := range *made {
		if k.algorithm == algorithm && k.verifier.IsFor(material) {
			return k.key, nil
		}
	}
	verifier, err := jws.NewVerifier(algorithm, material)
	if errors.Is(err, jws.ErrMaterial) {
		return nil, unfit(material)
	}
	k := &madeKey{algorithm, verifier, s.makeKey(algorithm, verifier, err)}
	if err == nil {
		// Only the oldest goes. Else a few keys more than are kept would all be made anew
		// all the time.
		kept := (*made)[max(0, len(*made)-maxKept+1):]
		next := append(slices.Clone(kept), k)
		s.made.Store(&next)
	}
	return k.key, nil
}

// Kept returns how many keys are kept.
func (s *Source) Kept() int { return len(*s.made.Load()) }

// unfit returns an error for material that is of no algorithm.
func unfit(material any) error {
	switch material.(type) {
	case []byte, *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey:
		return nil
	case interface{ Public() crypto.PublicKey }:
		return fmt.Errorf("the key function returned a private key (%T): return its public half", material)
	}
	return fmt.Errorf("the key function returned a %T: return []byte for HMAC, *rsa.PublicKey for RS and PS, *ecdsa.PublicKey for ES or ed25519.PublicKey for EdDSA", material)
}
