package jwthttp

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/jwthttp/jwthttp/internal/keyhook"
	"github.com/jwthttp/jwthttp/internal/reason"
	"github.com/jwthttp/jwthttp/internal/tokenjson"
	"github.com/jwthttp/jwthttp/internal/validate"
)

const maxKeys = 8 // how many keys are tried for one token, at most
var errTooManyKeys = because(reason.UnknownKey, fmt.Errorf("more than %d keys may have signed the token: have the issuer name one in kid, and a KeyFunc return that one alone", maxKeys))

// TokenHeader is the JOSE header of a token, RFC 7515 section 4.1. A [KeySource] gets it before
// anything in it is verified.
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

// A KeySource has the keys that may verify a token. [Key], [KeySet], [KeyFunc], [Issuers], the
// result of [FromKeyfunc] and the sources of package jwks are key sources.
//
// A source may have a method Issuer() string, as those of package jwks do. Then tokens must carry
// that iss, and the source gets no UnverifiedIssuer. [New] refuses the source if [Options] or
// [Issuers] ask for another issuer.
//
// Issuer may return "", as that of package issue does for tokens without iss. Then any iss is
// accepted, as with an empty Options.Issuer. So a source that gets its issuer from a configuration
// returns an error for an empty one where it is made.
type KeySource interface {
	// Keys returns the keys that may verify a token with header h. They are read-only. Those that
	// [KeySet] would use are tried in turn. The token is invalid (401) if none of them is for it,
	// if more than 8 are, and if the error wraps ErrUnknownKey. Any other error is a 503, and so
	// is a key that New would refuse.
	//
	// Keys is called concurrently, for each token, before the signature is checked. It is called
	// again if the signature fails under a key of package jwks that the provider has replaced in
	// the meantime.
	Keys(ctx context.Context, h TokenHeader) ([]Key, error)
}

// A KeySet is several keys, of any algorithms, with and without ids. Of the keys of a token's
// algorithm, these may verify the token:
//
//   - if the token names a kid, the key with that id
//   - if no key has that id, the keys without id
//   - if the token names no kid, all keys, with and without id
//
// They are tried one after the other. A token with more than 8 such keys is refused, so a token
// should name its key if there are many.
//
// [New] copies the set and indexes it. It refuses two keys of one algorithm and id, and more than
// 8 keys of one algorithm without id.
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
		return slices.Clip(keys)
	}
	var some []Key
	for _, k := range keys {
		if isEligible(k) {
			some = append(some, k)
		}
	}
	return some
}

// A KeyFunc is a key source that is a function. It returns 8 keys at most, or the token is
// refused. If there is no key for the token, it returns [ErrUnknownKey] (401). Any other error is
// a 503, unlike with [FromKeyfunc]. ctx is that of the request: a middleware outside of this one
// can put a tenant in it. Make keys once and keep them: a new key for each token costs more than
// the rest.
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
		return slices.Clip(x.all[h.Algorithm]), nil // so that an append by the caller copies
	}
	named := x.named[h.KeyID]
	for i, k := range named {
		if k.material.algorithm == h.Algorithm {
			return named[i : i+1 : i+1], nil
		}
	}
	return slices.Clip(x.unnamed[h.Algorithm]), nil
}

// An onlyKey is the index of a set of one.
type onlyKey struct {
	keys     [1]Key
	material keyMaterial // of a key of Issuers: with many issuers, each further place takes long to reach
}

func (o *onlyKey) Keys(_ context.Context, h TokenHeader) ([]Key, error) {
	m := o.keys[0].material
	if m.algorithm != h.Algorithm || m.id != "" && h.KeyID != "" && m.id != h.KeyID {
		return nil, nil
	}
	return o.keys[:], nil
}

// prepare returns the index of the set, whose keys are bound to issuer if they are bound to none,
// and everything that is wrong with it. issuer is the one that every token must name, "" if any.
func (s KeySet) prepare(issuer string) (KeySource, error) {
	if len(s) == 0 {
		return nil, errors.New("the key set is empty, so no token could be accepted: add a key")
	}
	x := &keyIndex{named: map[string][]Key{}, unnamed: map[string][]Key{}, all: map[string][]Key{}}
	var errs []error
	for i, k := range s {
		fault := func(err error) {
			if len(s) > 1 {
				err = validate.Prefixed(fmt.Sprintf("key %d: ", i+1), err)
			}
			errs = append(errs, err)
		}
		if err := k.Err(); err != nil {
			fault(err)
			continue
		}
		m := k.material
		if issuer != "" && m.sender.Issuer != "" && m.sender.Issuer != issuer {
			fault(fmt.Errorf("the key is bound to the issuer %q, but Options.Issuer or Issuers asks for %q: use one issuer in both", m.sender.Issuer, issuer))
		}
		k = k.bindTo(issuer)
		x.all[m.algorithm] = append(x.all[m.algorithm], k)
		if m.id == "" {
			x.unnamed[m.algorithm] = append(x.unnamed[m.algorithm], k)
			continue
		}
		if slices.ContainsFunc(x.named[m.id], func(k Key) bool { return k.has(m.algorithm, m.id) }) {
			fault(fmt.Errorf("the id %q is twice in the set for %s: give each key its own", m.id, m.algorithm))
		}
		x.named[m.id] = append(x.named[m.id], k)
	}
	for _, algorithm := range slices.Sorted(maps.Keys(x.unnamed)) {
		if n := len(x.unnamed[algorithm]); n > maxKeys {
			errs = append(errs, fmt.Errorf("%d %s keys without id, at most %d are tried: give them ids", n, algorithm, maxKeys))
		}
	}
	if len(s) == 1 && errs == nil {
		only := &onlyKey{keys: [1]Key(x.all[s[0].material.algorithm])}
		if issuer != "" {
			only.material = *only.keys[0].material
			only.keys[0] = Key{&only.material}
		}
		return only, nil
	}
	return x, errors.Join(errs...)
}

// Package jwks gives a key its origin and a key set its index with these functions, and package
// denylist asks whether a key is bound to no issuer, and for the facts of a token. They are not
// exported, because no other package may call them.
var _ = keyhook.Set(
	func(k any, origin keyhook.Origin) any {
		return k.(Key).with(func(m *keyMaterial) { m.origin = origin })
	},
	func(set any) any {
		// The error is for too many keys. eligibleKeys counts them again for each token.
		index, _ := set.(KeySet).prepare("")
		return index
	},
	func(source any) bool {
		s, _ := source.(KeySource)
		prepared, _ := prepareKeys(s, "") // New has its error
		switch p := prepared.(type) {
		case *onlyKey:
			return p.keys[0].isFree()
		case *keyIndex:
			return slices.ContainsFunc(slices.Concat(slices.Collect(maps.Values(p.all))...), Key.isFree)
		case *keyfuncSource:
			return true
		}
		return false
	},
	func(token any) *tokenjson.Facts {
		return token.(interface{ tokenFacts() *tokenjson.Facts }).tokenFacts()
	},
)

// prepareKeys returns the source to ask at run time, and what is wrong with it. issuer is the one
// that every token must name, "" if any.
//
// The cases are exact types. A type of the caller's that embeds one of them may have a Keys of
// its own, which must be asked.
func prepareKeys(source KeySource, issuer string) (KeySource, error) {
	_, isIssuers := source.(Issuers) // a nil map is an empty set
	if v := reflect.ValueOf(source); !isIssuers && (!v.IsValid() || (v.Kind() == reflect.Pointer || v.Kind() == reflect.Func || v.Kind() == reflect.Map) && v.IsNil()) {
		return nil, errors.New("the key source is nil: pass HS256, RS256, a KeySet or a KeyFunc, and check the error of what made it")
	}
	switch s := source.(type) {
	case *Key:
		return s.prepare(issuer)
	case Key:
		return s.prepare(issuer)
	case *KeySet:
		return s.prepare(issuer)
	case KeySet:
		return s.prepare(issuer)
	case *Issuers:
		return s.prepare(issuer)
	case Issuers:
		return s.prepare(issuer)
	case *keyfuncSource:
		return s, s.err
	}
	if s, ok := source.(ofOneIssuer); ok && issuer != "" && s.Issuer() != issuer {
		return nil, fmt.Errorf("the key source is for tokens of %q, but Options.Issuer or Issuers asks for %q: use one issuer in both (a slash at the end counts)", s.Issuer(), issuer)
	}
	return source, nil
}

func (k Key) prepare(issuer string) (KeySource, error) { return KeySet{k}.prepare(issuer) }

// ofOneIssuer is a key source for the tokens of one issuer.
type ofOneIssuer interface{ Issuer() string }

// choosesByIssuer reports whether a source, as it is asked at run time, may want to know
// UnverifiedIssuer.
func choosesByIssuer(source KeySource) bool {
	switch source.(type) {
	case *onlyKey, *keyIndex, *keyfuncSource, ofOneIssuer:
		return false
	}
	return true
}

// hasFixedKeys reports whether a source, as it is asked at run time, is a Key or a KeySet.
func hasFixedKeys(source KeySource) bool {
	switch source.(type) {
	case *onlyKey, *keyIndex:
		return true
	}
	return false
}

// eligibleKeys asks source and returns the keys to try for a token with header h: 1 to 8. If none
// is eligible, it returns those that the source offered, with the error.
func eligibleKeys(ctx context.Context, source KeySource, h TokenHeader) ([]Key, error) {
	keys, err := source.Keys(ctx, h)
	if err != nil {
		if err == error(reason.UnknownIssuer) || err == error(errTooManyKeys) {
			return nil, err
		}
		if errors.Is(err, ErrUnknownKey) {
			return nil, orUnavailable(reason.UnknownKey, err)
		}
		return nil, because(reason.Unavailable, err)
	}
	for _, k := range keys {
		if err := k.Err(); err != nil {
			return nil, because(reason.Unavailable, err)
		}
	}
	some := eligible(keys, h)
	if len(some) == 0 {
		return keys, reason.UnknownKey
	}
	if len(some) > maxKeys {
		return nil, errTooManyKeys
	}
	return some, nil
}
