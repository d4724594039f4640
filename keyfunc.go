package jwthttp

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync/atomic"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/internal/jws"
	"github.com/jwthttp/jwthttp/internal/keyhook"
)

const (
	maxKeys = 8  // that are tried for one token
	maxKept = 64 // that FromKeyfunc does not make anew
)

// TokenHeader is what a token's JOSE header says of itself, RFC 7515 section
// 4.1. While a [KeySource] looks at it, nothing in it is verified.
type TokenHeader struct {
	Algorithm string // alg
	KeyID     string // kid, at most 256 bytes of printable ASCII; "" if absent
	Type      string // typ; "" if absent

	unverified *unverifiedPayload // only while a KeySource is asked
}

// Format prints alg, kid and typ under every verb.
func (h TokenHeader) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "jwthttp.TokenHeader{%q kid=%q typ=%q}", h.Algorithm, h.KeyID, h.Type)
}

// A KeySource knows which keys may verify a token. [Key], [KeySet], [KeyFunc],
// [Issuers], what [FromKeyfunc] returns, and the sources of package jwks are key
// sources.
//
// A source may have a method Issuer() string, as those of package jwks do. Then
// tokens must carry that iss, [New] refuses the source where [Options] or [Issuers]
// ask for another, and the headers it is given have no UnverifiedIssuer.
type KeySource interface {
	// Keys returns the keys that may verify a token with header h, read-only.
	// Those of another algorithm, or with another id than the token's kid, are
	// passed over. What remains is one key, or at most 8 without id, which are
	// tried in turn; anything else, and an error that wraps ErrUnknownKey, makes
	// the token invalid (401). Any other error, and a key that New would refuse,
	// is a 503. It is called concurrently, once for each token, before the
	// signature is checked.
	Keys(ctx context.Context, h TokenHeader) ([]Key, error)
}

// A Key verifies signatures of one algorithm and no other. It is immutable,
// safe for concurrent use, never prints its material, and is a [KeySource] of
// its own. The zero Key is refused everywhere.
type Key struct {
	// Behind a pointer, since fmt calls no method of what stands in somebody's
	// unexported field, but follows no second pointer either.
	material *keyMaterial
}

type keyMaterial struct {
	algorithm string
	id        string
	issuer    string
	audience  []string
	verifier  jws.Verifier
	mistake   error          // why the key is unfit for use
	origin    keyhook.Origin // of a key from a remote set; else nil
}

func init() {
	keyhook.WithOrigin = func(k any, origin keyhook.Origin) any {
		return k.(Key).with(func(m *keyMaterial) { m.origin = origin })
	}
}

// WithID returns the key with an id: at most 256 bytes of printable ASCII. It
// then verifies tokens whose kid is this id, and tokens without kid as long as it
// is the only key of its algorithm. A key without id takes tokens of any kid.
func (k Key) WithID(kid string) Key {
	return k.with(func(m *keyMaterial) {
		m.id = kid
		if !isKeyID(kid) {
			m.mistake = errors.Join(m.mistake, fmt.Errorf("the id %.40q is no kid that a token may have: use at most 256 bytes of printable ASCII, or leave WithID out", kid))
		}
	})
}

// WithIssuer returns the key bound to an issuer: a token that it verifies must
// carry exactly this iss, and one of the audiences if any are given, besides
// what [Options] ask for.
func (k Key) WithIssuer(issuer string, audience ...string) Key {
	return k.with(func(m *keyMaterial) {
		m.issuer, m.audience = issuer, slices.Clone(audience)
		if issuer == "" || slices.Contains(audience, "") {
			m.mistake = errors.Join(m.mistake, errors.New("WithIssuer was given an empty issuer or audience: name it, or leave the audience out"))
		}
	})
}

func (k Key) with(change func(*keyMaterial)) Key {
	if k.material == nil {
		return k
	}
	m := *k.material
	change(&m)
	return Key{&m}
}

// Keys returns k itself.
func (k Key) Keys(context.Context, TokenHeader) ([]Key, error) { return []Key{k}, nil }

// String returns the algorithm and the id, never the material.
func (k Key) String() string {
	if k.material == nil {
		return "jwthttp.Key{}"
	}
	return fmt.Sprintf("jwthttp.Key{%s kid=%q}", k.material.algorithm, k.material.id)
}

// Format prints String under every verb.
func (k Key) Format(f fmt.State, _ rune) { f.Write([]byte(k.String())) }

// MarshalText is String: neither JSON nor log/slog show more.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Err returns why k is unfit for use and how to mend it, or nil. [New] asks for
// it. A [KeySource] that makes keys of what others send asks for it too, and
// leaves such keys out: one among those that it returns is a 503.
func (k Key) Err() error {
	if k.material == nil {
		return errors.New("the key is empty: make one with HS256, RS256 or another algorithm's function")
	}
	return k.material.mistake
}

// eligible reports whether k may verify a token with header h.
func (k Key) eligible(h TokenHeader) bool {
	m := k.material
	return m.algorithm == h.Algorithm && (m.id == h.KeyID || m.id == "" || h.KeyID == "")
}

// A KeySet is several keys side by side. A token that names a kid is verified
// by the key of that id; ids are unique, and a token without kid is refused where
// two named keys of its algorithm are there. Keys without ids (two secrets during
// a rotation) are tried one after the other, at most 8 of an algorithm. They do
// not stand beside named keys of the same algorithm, for then no token could
// tell which is meant: to rotate from a key without id to one with, leave the id
// off both until the old one is gone. [New] checks all this, copies the set and
// indexes it.
type KeySet []Key

// Keys returns the keys of the set that are eligible for a token with header h.
func (s KeySet) Keys(_ context.Context, h TokenHeader) ([]Key, error) {
	var keys []Key
	for _, k := range s {
		if k.material != nil && k.eligible(h) {
			keys = append(keys, k)
		}
	}
	return keys, nil
}

// A KeyFunc is a key source that is a function, called with the request's
// context; what it is to know of the request, such as a tenant, a middleware
// before this one puts there. What holds for [KeySource] holds for it. Make keys
// once and keep them: a new one for each token costs more than the rest.
type KeyFunc func(ctx context.Context, h TokenHeader) ([]Key, error)

// Keys calls f.
func (f KeyFunc) Keys(ctx context.Context, h TokenHeader) ([]Key, error) { return f(ctx, h) }

// keyIndex is a key set made fast: the slices are what Keys returns.
type keyIndex struct {
	byID        map[string][]Key // one key each
	byAlgorithm map[string][]Key // of keys without id; or the only key of the algorithm
}

func (x *keyIndex) Keys(_ context.Context, h TokenHeader) ([]Key, error) {
	if keys := x.byID[h.KeyID]; len(keys) > 0 && keys[0].material.algorithm == h.Algorithm {
		return keys, nil
	}
	return x.byAlgorithm[h.Algorithm], nil
}

// newKeyIndex returns the index of set, and everything that is wrong with it;
// issuer is the one that every token must name, "" if any.
func newKeyIndex(set []Key, issuer string) (*keyIndex, error) {
	if len(set) == 0 {
		return nil, errors.New("jwthttp: the key set is empty, so no token could be accepted: add a key")
	}
	x := &keyIndex{byID: map[string][]Key{}, byAlgorithm: map[string][]Key{}}
	var errs []error
	for i, k := range set {
		fault := func(err error) {
			if len(set) > 1 {
				err = fmt.Errorf("key %d: %w", i+1, err)
			}
			errs = append(errs, fmt.Errorf("jwthttp: %w", err))
		}
		if err := k.Err(); err != nil {
			fault(err)
			continue
		}
		m := k.material
		if issuer != "" && m.issuer != "" && m.issuer != issuer {
			fault(fmt.Errorf("the key is bound to the issuer %q, but Options.Issuer or Issuers asks for %q: no token can carry both", m.issuer, issuer))
		}
		if m.id != "" {
			if x.byID[m.id] != nil {
				fault(fmt.Errorf("the id %q stands twice in the set: give each key its own", m.id))
			}
			x.byID[m.id] = []Key{k}
		}
		x.byAlgorithm[m.algorithm] = append(x.byAlgorithm[m.algorithm], k)
	}
	for _, algorithm := range slices.Sorted(maps.Keys(x.byAlgorithm)) {
		keys, unnamed := x.byAlgorithm[algorithm], 0
		for _, k := range keys {
			if k.material.id == "" {
				unnamed++
			}
		}
		switch {
		case unnamed > 0 && unnamed < len(keys):
			errs = append(errs, fmt.Errorf("jwthttp: some %s keys have an id and some have none: give all of them one, or none", algorithm))
		case unnamed > maxKeys:
			errs = append(errs, fmt.Errorf("jwthttp: %d %s keys without id, at most %d are tried: give them ids", unnamed, algorithm, maxKeys))
		case unnamed == 0 && len(keys) > 1:
			delete(x.byAlgorithm, algorithm) // a token without kid does not say which it means
		}
	}
	return x, errors.Join(errs...)
}

// prepareKeys returns the source to ask at run time, and what is wrong with it.
func prepareKeys(source KeySource, issuer string) (KeySource, error) {
	switch s := source.(type) {
	case Key:
		return newKeyIndex([]Key{s}, issuer)
	case KeySet:
		return newKeyIndex(s, issuer)
	case *Key:
		if s != nil {
			return newKeyIndex([]Key{*s}, issuer)
		}
	case *KeySet:
		if s != nil {
			return newKeyIndex(*s, issuer)
		}
	case Issuers:
		return s.prepare(issuer)
	case *Issuers:
		if s != nil {
			return s.prepare(issuer)
		}
	case *legacySource:
		return s, s.mistake
	}
	if v := reflect.ValueOf(source); !v.IsValid() || (v.Kind() == reflect.Pointer || v.Kind() == reflect.Func || v.Kind() == reflect.Map) && v.IsNil() {
		return nil, errors.New("jwthttp: the key source is nil: pass HS256, RS256, a KeySet or a KeyFunc, and check the error of what made it")
	}
	if s, ok := source.(ofOneIssuer); ok && issuer != "" && s.Issuer() != issuer {
		return nil, fmt.Errorf("jwthttp: the key source is for tokens of %q, but Options.Issuer or Issuers asks for %q: no token can carry both (mind a slash at the end)", s.Issuer(), issuer)
	}
	return source, nil
}

// ofOneIssuer is a key source for the tokens of one issuer.
type ofOneIssuer interface{ Issuer() string }

// choosesByIssuer reports whether a source, as it is asked at run time, may want
// to know UnverifiedIssuer.
func choosesByIssuer(source KeySource) bool {
	switch source.(type) {
	case *keyIndex, *legacySource, ofOneIssuer:
		return false
	}
	return true
}

// eligibleKeys asks source and returns the keys to try for a token with header h:
// one, or several without ids.
func eligibleKeys(ctx context.Context, source KeySource, h TokenHeader) ([]Key, error) {
	keys, err := source.Keys(ctx, h)
	if err != nil {
		if f, ok := err.(*failure); ok {
			return nil, f
		}
		if errors.Is(err, ErrUnknownKey) {
			return nil, blame(errUnknownKey, err)
		}
		return nil, errUnavailable.because(err)
	}
	eligible, named := keys[:0:0], false
	for i, k := range keys {
		if err := k.Err(); err != nil {
			return nil, errUnavailable.because(err)
		}
		if !k.eligible(h) {
			continue
		}
		named = named || k.material.id != ""
		if len(eligible) == 0 {
			eligible = keys[i : i+1 : i+1] // the usual case, without a copy
		} else {
			eligible = append(eligible, k)
		}
	}
	if len(eligible) == 0 {
		return nil, errNotOurs
	}
	if len(eligible) > maxKeys || len(eligible) > 1 && named {
		return nil, errAmbiguous
	}
	return eligible, nil
}

// FromKeyfunc makes a key source of a golang-jwt key function. The algorithms
// are those that it has keys for: "HS256", or some of "RS256", "PS256", "ES256"
// and "EdDSA"; without a name, or with names of both kinds, [New] returns an
// error.
//
// The [jwt.Token] that f is given has its Method, a Header of alg, kid and typ,
// and an empty [jwt.MapClaims], for nothing of the token is verified yet; it has
// no Raw. A function that picks the key by iss becomes an [Issuers]. f returns a
// []byte, an [*rsa.PublicKey], an [*ecdsa.PublicKey], an [ed25519.PublicKey], or a
// [jwt.VerificationKeySet] of at most 8 of them. A key for another algorithm than
// the token's is passed over; nil, or a value that is no such key, is a 503. An
// error of f makes the token invalid (401), unless it wraps [ErrUnavailable],
// [context.DeadlineExceeded] or [context.Canceled] (503). f is called
// concurrently.
//
// Of the keys that f returned, the last 64 are kept ready. With more of them in use
// each token costs the making of its key: a [KeyFunc] that keeps its own does not.
func FromKeyfunc(f jwt.Keyfunc, algorithms ...string) KeySource {
	s := &legacySource{keyfunc: f, algorithms: slices.Clone(algorithms)}
	if f == nil {
		s.mistake = errors.New("jwthttp: FromKeyfunc was given a nil function: pass one, and check the error of what made it")
	}
	if len(algorithms) == 0 {
		s.mistake = errors.Join(s.mistake, errors.New(`jwthttp: FromKeyfunc needs the algorithms that the function has keys for: add "HS256", or some of "RS256", "PS256", "ES256" and "EdDSA"`))
	}
	for _, a := range algorithms {
		if !slices.Contains([]string{jws.HS256, jws.RS256, jws.PS256, jws.ES256, jws.EdDSA}, a) {
			s.mistake = errors.Join(s.mistake, fmt.Errorf("jwthttp: FromKeyfunc does not know the algorithm %q: use HS256, RS256, PS256, ES256 or EdDSA", a))
		}
	}
	if slices.Contains(algorithms, jws.HS256) && slices.ContainsFunc(algorithms, func(a string) bool { return a != jws.HS256 }) {
		s.mistake = errors.Join(s.mistake, errors.New("jwthttp: FromKeyfunc with HS256 and another algorithm at once lets a public key be taken for a secret: use a KeySet or a KeyFunc, whose keys carry their algorithm"))
	}
	return s
}

type legacySource struct {
	keyfunc    jwt.Keyfunc
	algorithms []string
	mistake    error

	// The keys made of what keyfunc returned of late. It is asked for every
	// token all the same, so a key that it returns no more is not used.
	made atomic.Pointer[[]Key]
}

// keep returns the key made of material, one that was made before or a new one;
// the zero Key if the algorithm takes no such material.
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
		// The oldest goes, so that who has a few more keys than are kept does not
		// make all of them anew all the time.
		made = append(slices.Clone(made[max(0, len(made)-maxKept+1):]), k)
		s.made.Store(&made)
	}
	return k
}

func (s *legacySource) Keys(_ context.Context, h TokenHeader) ([]Key, error) {
	if s.mistake != nil {
		return nil, s.mistake
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
		if f := blame(errUnknownKey, err); f.kind == ErrUnavailable {
			return nil, err
		}
		return nil, fmt.Errorf("%w: %w", ErrUnknownKey, err)
	}
	set, ok := got.(jwt.VerificationKeySet)
	if !ok {
		set.Keys = []jwt.VerificationKey{got}
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
