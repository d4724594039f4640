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
	// Keys returns the keys that may verify a token with header h, read-only. Of
	// those, the keys that [KeySet] would use are tried in turn. With none, with
	// more than 8, and with an error that wraps ErrUnknownKey, the token is invalid
	// (401). Any other error, and a key that New would refuse, is a 503.
	//
	// It is called concurrently, for each token, before the signature is checked.
	// It is called a second time for a token whose signature fails under a key of
	// package jwks, if the provider has replaced that key in the meantime.
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

// WithID returns the key with an id: at most 256 bytes of printable ASCII. It then
// verifies tokens whose kid is this id, and tokens without kid. A key without id
// verifies tokens of any kid, but for those that name another key of its algorithm.
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
		m.mistake = errors.Join(m.mistake, prefixed("WithIssuer: ", checkNames(issuer, audience)))
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

// has reports whether k is a key of that algorithm and id.
func (k Key) has(algorithm, id string) bool {
	m := k.material
	return m != nil && m.algorithm == algorithm && m.id == id
}

// A KeySet is several keys side by side, of any algorithms, with and without ids. Of
// the keys of a token's algorithm, these may verify it:
//
//   - if the token names a kid, the key with that id
//   - if no key has that id, the keys without id
//   - if the token names no kid, all keys, with and without id
//
// They are tried one after the other. A token for which there are more than 8 is
// refused, so a token should name its key where there are many.
//
// [New] copies the set and indexes it. It refuses two keys of one algorithm and id, and
// more than 8 keys of one algorithm without id.
type KeySet []Key

// Keys returns the keys of the set that may verify a token with header h.
func (s KeySet) Keys(_ context.Context, h TokenHeader) ([]Key, error) { return eligible(s, h), nil }

// eligible returns those of keys that may verify a token with header h.
func eligible(keys []Key, h TokenHeader) []Key {
	isNamed := h.KeyID != "" && slices.ContainsFunc(keys, func(k Key) bool { return k.has(h.Algorithm, h.KeyID) })
	isEligible := func(k Key) bool {
		switch {
		case isNamed:
			return k.has(h.Algorithm, h.KeyID)
		case h.KeyID != "":
			return k.has(h.Algorithm, "")
		default:
			return k.material != nil && k.material.algorithm == h.Algorithm
		}
	}
	// Most sources return nothing else, so there is nothing to copy.
	if !slices.ContainsFunc(keys, func(k Key) bool { return !isEligible(k) }) {
		return keys
	}
	var some []Key
	for _, k := range keys {
		if isEligible(k) {
			some = append(some, k)
		}
	}
	return some
}

// A KeyFunc is a key source that is a function. What [KeySource] says of Keys holds for
// it, and it returns 8 keys at most, or the token is refused. ctx is that of the request:
// a middleware outside of this one can put a tenant in it. Make keys once and keep them: a
// new key for each token costs more than the rest.
type KeyFunc func(ctx context.Context, h TokenHeader) ([]Key, error)

// Keys calls f.
func (f KeyFunc) Keys(ctx context.Context, h TokenHeader) ([]Key, error) {
	keys, err := f(ctx, h)
	if err == nil && len(keys) > maxKeys {
		return nil, errTooManyKeys
	}
	return keys, err
}

// keyIndex is a key set made fast: the slices are what Keys returns.
type keyIndex struct {
	named   map[string][]Key // by id: one key for each algorithm
	unnamed map[string][]Key // by algorithm
	all     map[string][]Key // by algorithm
}

func (x *keyIndex) Keys(_ context.Context, h TokenHeader) ([]Key, error) {
	if h.KeyID == "" {
		return x.all[h.Algorithm], nil
	}
	for i, k := range x.named[h.KeyID] {
		if k.material.algorithm == h.Algorithm {
			return x.named[h.KeyID][i : i+1 : i+1], nil
		}
	}
	return x.unnamed[h.Algorithm], nil
}

// newKeyIndex returns the index of set, and everything that is wrong with it;
// issuer is the one that every token must name, "" if any.
func newKeyIndex(set []Key, issuer string) (*keyIndex, error) {
	if len(set) == 0 {
		return nil, errors.New("the key set is empty, so no token could be accepted: add a key")
	}
	x := &keyIndex{named: map[string][]Key{}, unnamed: map[string][]Key{}, all: map[string][]Key{}}
	var errs []error
	for i, k := range set {
		fault := func(err error) {
			if len(set) > 1 {
				err = prefixed(fmt.Sprintf("key %d: ", i+1), err)
			}
			errs = append(errs, err)
		}
		if err := k.Err(); err != nil {
			fault(err)
			continue
		}
		m := k.material
		if issuer != "" && m.issuer != "" && m.issuer != issuer {
			fault(fmt.Errorf("the key is bound to the issuer %q, but Options.Issuer or Issuers asks for %q: no token can carry both", m.issuer, issuer))
		}
		x.all[m.algorithm] = append(x.all[m.algorithm], k)
		if m.id == "" {
			x.unnamed[m.algorithm] = append(x.unnamed[m.algorithm], k)
			continue
		}
		if slices.ContainsFunc(x.named[m.id], func(k Key) bool { return k.has(m.algorithm, m.id) }) {
			fault(fmt.Errorf("the id %q stands twice in the set for %s: give each key its own", m.id, m.algorithm))
		}
		x.named[m.id] = append(x.named[m.id], k)
	}
	for _, algorithm := range slices.Sorted(maps.Keys(x.unnamed)) {
		if n := len(x.unnamed[algorithm]); n > maxKeys {
			errs = append(errs, fmt.Errorf("%d %s keys without id, at most %d are tried: give them ids", n, algorithm, maxKeys))
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
		return nil, errors.New("the key source is nil: pass HS256, RS256, a KeySet or a KeyFunc, and check the error of what made it")
	}
	if s, ok := source.(ofOneIssuer); ok && issuer != "" && s.Issuer() != issuer {
		return nil, fmt.Errorf("the key source is for tokens of %q, but Options.Issuer or Issuers asks for %q: no token can carry both (mind a slash at the end)", s.Issuer(), issuer)
	}
	return source, nil
}

// prefixed returns err with a prefix before each of the errors that are joined in it.
func prefixed(prefix string, err error) error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return fmt.Errorf("%s%w", prefix, err)
	}
	var errs []error
	for _, e := range joined.Unwrap() {
		errs = append(errs, prefixed(prefix, e))
	}
	return errors.Join(errs...)
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

// eligibleKeys asks source and returns the keys to try for a token with header h: 1 to
// 8.
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
	for _, k := range keys {
		if err := k.Err(); err != nil {
			return nil, errUnavailable.because(err)
		}
	}
	keys = eligible(keys, h)
	if len(keys) == 0 {
		return nil, errNotOurs
	}
	if len(keys) > maxKeys {
		return nil, errTooManyKeys
	}
	return keys, nil
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
		s.mistake = errors.New("FromKeyfunc was given a nil function: pass one, and check the error of what made it")
	}
	if len(algorithms) == 0 {
		s.mistake = errors.Join(s.mistake, errors.New(`FromKeyfunc needs the algorithms that the function has keys for: add "HS256", or some of "RS256", "PS256", "ES256" and "EdDSA"`))
	}
	for _, a := range algorithms {
		if !slices.Contains([]string{jws.HS256, jws.RS256, jws.PS256, jws.ES256, jws.EdDSA}, a) {
			s.mistake = errors.Join(s.mistake, fmt.Errorf("FromKeyfunc does not know the algorithm %q: use HS256, RS256, PS256, ES256 or EdDSA", a))
		}
	}
	if slices.Contains(algorithms, jws.HS256) && slices.ContainsFunc(algorithms, func(a string) bool { return a != jws.HS256 }) {
		s.mistake = errors.Join(s.mistake, errors.New("FromKeyfunc with HS256 and another algorithm at once lets a public key be taken for a secret: use a KeySet or a KeyFunc, whose keys carry their algorithm"))
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
