package jwks

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/internal/jwk"
	"github.com/jwthttp/jwthttp/internal/jws"
	"github.com/jwthttp/jwthttp/internal/keyhook"
	"github.com/jwthttp/jwthttp/internal/logtext"
)

const (
	maxKeys    = 100 // that are used, of one set
	maxReports = 100 // of keys that cannot be used
	maxTried   = 8   // for one token, as in jwthttp
)

// A Set is what [Parse] found in a key set.
type Set struct {
	Keys    jwthttp.KeySet // 1 to 100 keys, bound to no issuer
	Skipped []error        // why other keys cannot be used, each with its place and kid; at most 112
}

// Parse reads a JSON Web Key Set, RFC 7517 section 5, from a file or an embedded text. It also
// reads a JSON object that maps kids to PEM texts, each a certificate or a public key, as Google
// and Firebase publish them. The same rules hold as for a [Source]:
//
//   - Keys for RS, PS and ES with 256, 384 and 512, and for EdDSA (Ed25519), are used. A key
//     without alg is for RS256, for EdDSA, or for the ES algorithm of its curve. If the issuer
//     uses another one, add alg to the text; for a Source there is [Options].Algorithms. An RSA
//     key has 2048 to 8192 bits.
//   - These keys are skipped: symmetric and private keys, keys with another use than sig, keys
//     with key_ops but without verify, and keys that cannot verify a signature.
//   - One kid may name keys of several algorithms. Of two keys with one kid and one algorithm,
//     the second is skipped.
//   - Keys with and without a kid may be in one set. With more than 8 keys of one algorithm
//     without a kid, jwthttp.New refuses the set, and a [Source] reports it. A token that
//     would need more than 8 tries is refused.
//   - The first 100 keys that can be used are used. Skipped reports the rest in one error. Of
//     keys that cannot be used, it reports 100, and how many more there are.
//   - Certificates in a key (x5c, x5t) are ignored.
//   - These deviations are accepted, as by other readers: a byte order mark at the beginning,
//     base64 in the standard alphabet or with padding, and EC coordinates without their
//     leading zeros.
//
// In a map, each member is a key without alg. Neither the dates nor the signature of a
// certificate are checked: the place that the text comes from vouches for it, as it does for a
// key set.
//
// The error says what the text is if it is neither, or why none of its keys can be used.
func Parse(data []byte) (Set, error) {
	found, skipped, err := parse(data, nil)
	if err != nil {
		return Set{}, fmt.Errorf("jwks: Parse: %w", err)
	}
	var set Set
	for _, k := range found {
		set.Keys = append(set.Keys, k.Key)
	}
	for _, k := range skipped {
		set.Skipped = append(set.Skipped, k.err)
	}
	return set, nil
}

// A foundKey is a key that can be used, with its identity. One key of a document may be several
// of them, each for one algorithm.
type foundKey struct {
	jwthttp.Key
	identity
	place  int     // in the document, from 1
	origin *origin // once the key belongs to a Source
}

type identity struct {
	keyName
	thumbprint [sha256.Size]byte
}

// A keyName is what a token says about its key. A set has one key for each keyName with a kid,
// and any number of keys without a kid.
type keyName struct{ kid, algorithm string }

type skippedKey struct {
	kid   string
	cause error
	err   error // the cause with the place in the document and the kid
}

// parse returns at least one key, or an error. wanted is Options.Algorithms.
func parse(document []byte, wanted []string) ([]foundKey, []skippedKey, error) {
	c := collector{wanted: wanted}
	var o outline
	isSet := false
	err := eachMember(document, func(name string, value jsontext.Value) error {
		if name != "keys" || value.Kind() == 'n' {
			o.note(name, value)
			return nil
		}
		isSet = true
		return eachElement(value, func(text jsontext.Value) {
			c.add(func() (jwk.Key, error) { return jwk.Parse(text, jwk.Lenient) })
		})
	})
	if err == nil && !isSet && o.isPEMMap() {
		isSet = true
		err = eachMember(document, func(kid string, value jsontext.Value) error {
			c.add(func() (jwk.Key, error) { return parsePEM(kid, value) })
			return nil
		})
	}
	if err != nil || !isSet {
		return nil, nil, o.describe(document, err)
	}
	return c.result()
}

// A collector collects the keys of a document, within the limits.
type collector struct {
	wanted  []string // Options.Algorithms
	found   []foundKey
	skipped []skippedKey

	place      int // of the key that was added last, from 1
	used       int // how many keys of the document are in found
	rest       int // how many were not read, because enough are used
	unreported int
}

// add reads the next key of the document.
func (c *collector) add(read func() (jwk.Key, error)) {
	c.place++
	if c.used == maxKeys { // to parse thousands more would take a second
		c.rest++
		return
	}
	parsed, err := read()
	var serves []string
	if err == nil {
		serves, err = algorithmsOf(parsed.Public, parsed.Algorithm, c.wanted)
	}
	if err != nil {
		c.skip(parsed.ID, err)
		return
	}
	before := len(c.found)
	var twice []string
	for _, algorithm := range serves {
		name := keyName{parsed.ID, algorithm}
		// To make the key takes long, and there may be hundreds with one kid.
		if name.kid != "" && slices.ContainsFunc(c.found[:before], func(f foundKey) bool { return f.keyName == name }) {
			twice = append(twice, algorithm)
			continue
		}
		k := jwthttp.NewKey(jws.MethodOf(algorithm), parsed.Public)
		if name.kid != "" {
			k = k.WithID(name.kid)
		}
		if err := k.Err(); err != nil { // and so for every algorithm
			c.skip(name.kid, err)
			return
		}
		c.found = append(c.found, foundKey{Key: k, identity: identity{name, parsed.Thumbprint}, place: c.place})
	}
	if len(twice) > 0 {
		c.skip(parsed.ID, fmt.Errorf("its kid is twice in the set for %s, and the first key is used", jws.List(twice, "and")))
	}
	if len(c.found) > before {
		c.used++
	}
}

func (c *collector) skip(kid string, err error) {
	if len(c.skipped) == maxReports {
		c.unreported++
		return
	}
	c.skipped = append(c.skipped, skippedKey{kid, err, cutError{fmt.Errorf("key %d (kid %.40q): %w", c.place, kid, err)}})
}

// result returns at least one key, or an error.
func (c *collector) result() ([]foundKey, []skippedKey, error) {
	skipped := c.skipped
	note := func(format string, args ...any) {
		err := fmt.Errorf(format, args...)
		skipped = append(skipped, skippedKey{"", err, err})
	}
	if c.unreported > 0 {
		note("%d more keys cannot be used, and only the first %d are reported one by one", c.unreported, maxReports)
	}
	for _, algorithm := range algorithms {
		n := 0
		for _, k := range c.found {
			if k.keyName == (keyName{"", algorithm}) {
				n++
			}
		}
		if n > maxTried {
			note("the issuer has to give its keys kids: %d %s keys have none, and a token for which more than %d keys would be tried is refused", n, algorithm, maxTried)
		}
	}
	if c.rest > 0 {
		note("the issuer has to remove old keys: the last %d are ignored, and only the first %d that can be used are used", c.rest, maxKeys)
	}
	if len(c.found) == 0 {
		reasons := []error{errors.New("it has no key that can be used")}
		for _, s := range skipped {
			reasons = append(reasons, s.err)
		}
		return nil, nil, errors.Join(reasons...)
	}
	return c.found, skipped, nil
}

// eachMember calls f for each member of a JSON object, and returns the first error. Duplicate
// names are an error, because two readers could read two different things. What is inside of a
// value is not checked: f decides, so that one bad key does not spoil the others.
func eachMember(document []byte, f func(name string, value jsontext.Value) error) error {
	document = bytes.TrimPrefix(document, []byte(byteOrderMark))
	d := newDecoder(document)
	if kind := d.PeekKind(); kind == 'n' { // null has no members
		if err := d.SkipValue(); err != nil {
			return err
		}
	} else if err := eachInObject(d, f); err != nil {
		return err
	}
	if _, err := d.ReadToken(); err == nil {
		return errors.New("something follows the JSON object")
	} else if err != io.EOF {
		return err
	}
	return nil
}

const byteOrderMark = "\ufeff" // RFC 8259 section 8.1 lets readers ignore it

func newDecoder(text []byte) *jsontext.Decoder {
	return jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

func eachInObject(d *jsontext.Decoder, f func(name string, value jsontext.Value) error) error {
	if token, err := d.ReadToken(); err != nil {
		return err
	} else if token.Kind() != '{' {
		return errors.New("it is not a JSON object")
	}
	seen := map[string]bool{}
	for d.PeekKind() == '"' {
		token, err := d.ReadToken()
		if err != nil {
			return err
		}
		name := token.String()
		if seen[name] {
			return fmt.Errorf("duplicate name %q", name)
		}
		seen[name] = true
		value, err := d.ReadValue()
		if err != nil {
			return err
		}
		if err := f(name, value); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

// eachElement calls f for the elements of an array that eachMember has found.
func eachElement(array jsontext.Value, f func(jsontext.Value)) error {
	d := newDecoder(array)
	if token, err := d.ReadToken(); err != nil {
		return err
	} else if token.Kind() != '[' {
		return errors.New("keys is not an array")
	}
	for d.PeekKind() != ']' {
		element, err := d.ReadValue()
		if err != nil {
			return err
		}
		f(element)
	}
	return nil
}

// A cutError has a text that quotes the document, such as a duplicate name. It is cut.
type cutError struct{ error }

func (e cutError) Error() string { return logtext.Cut(e.error.Error()) }
func (e cutError) Unwrap() error { return e.error }

// algorithms are what keys are made for.
var algorithms = slices.DeleteFunc(jws.Algorithms(), jws.IsSymmetric)

// possible returns the algorithms that keys can be for, by Options.Algorithms.
func possible(wanted []string) []string {
	if wanted == nil {
		return algorithms
	}
	return wanted
}

// algorithmsOf returns the algorithms that a key serves, at least one. alg is what it says about
// that, "" if nothing. wanted is Options.Algorithms.
func algorithmsOf(pub any, alg string, wanted []string) ([]string, error) {
	fitting := jws.AlgorithmsFor(pub)
	serves := fitting
	switch algorithm := jws.Canonical(alg); {
	case alg == "" && wanted == nil:
		return fitting[:1], nil // the usual one
	case alg == "":
	case !slices.Contains(fitting, algorithm):
		return nil, fmt.Errorf("its alg %.40q is not supported for this key (%T): use %s", alg, pub, jws.List(fitting, "or"))
	default:
		serves = []string{algorithm}
	}
	serves = slices.DeleteFunc(slices.Clone(serves), func(name string) bool { return !slices.Contains(possible(wanted), name) })
	if len(serves) > 0 {
		return serves, nil
	}
	if alg == "" {
		return nil, fmt.Errorf("Options.Algorithms (%s) has none of those of its type: add %s, if tokens use it", jws.List(wanted, "and"), jws.List(fitting, "or"))
	}
	return nil, fmt.Errorf("its alg %s is not in Options.Algorithms (%s): add it, if tokens use it", jws.Canonical(alg), jws.List(wanted, "and"))
}

// An index is what a document has.
type index struct {
	found   []foundKey
	skipped []skippedKey
	used    int               // how many keys of the document are in found
	source  jwthttp.KeySource // of the keys in found
}

func newIndex(found []foundKey, skipped []skippedKey) *index {
	var set jwthttp.KeySet
	for _, k := range found {
		set = append(set, k.Key)
	}
	return &index{found, skipped, len(firstOfEach(found)), keyhook.Index(set).(jwthttp.KeySource)}
}

// firstOfEach returns one of several keys that are one in the document. keys are in the order of
// their places.
func firstOfEach(keys []foundKey) []foundKey {
	return slices.CompactFunc(slices.Clone(keys), func(a, b foundKey) bool { return a.place == b.place })
}

func (x *index) has(key identity) bool {
	return slices.ContainsFunc(x.found, func(k foundKey) bool { return k.identity == key })
}

// find returns the keys to try for a token, nil if there are none. If they are too many, the
// middleware refuses the token.
func (x *index) find(wanted jwthttp.TokenHeader) []jwthttp.Key {
	keys, _ := x.source.Keys(context.Background(), wanted) // an index has no errors
	return keys
}

// An unknownKey says which key a token wants, and which ones there are. Floods of tokens end
// here, so the text is made only if it is read.
type unknownKey struct {
	algorithm, kid string   // of the token, unverified
	wanted         []string // Options.Algorithms
	has            *index   // nil if nothing was fetched yet
}

func (e *unknownKey) Error() string {
	var keys []foundKey
	mend := ""
	if e.has != nil {
		keys, mend = e.has.found, ": is the token of another issuer, or of one that has not published the key?"
	}
	// A key of RSA without alg is used for RS256, and it may be meant for another algorithm.
	usual := keyName{kid: e.kid, algorithm: "RS256"}
	if e.wanted == nil && (strings.HasPrefix(e.algorithm, "RS") || strings.HasPrefix(e.algorithm, "PS")) &&
		slices.ContainsFunc(keys, func(k foundKey) bool { return k.keyName == usual }) {
		mend = fmt.Sprintf(": if that RS256 key has no alg, and the issuer signs with %s, name %s in Options.Algorithms", e.algorithm, e.algorithm)
	}
	if slices.Contains(algorithms, e.algorithm) && !slices.Contains(possible(e.wanted), e.algorithm) {
		return fmt.Sprintf("jwks: no key can have alg %q (unverified), because Options.Algorithms has %s only: add it there if the issuer uses it, or have the issuer sign with one of these; the source has %s", e.algorithm, jws.List(e.wanted, "and"), logtext.Keys(names(keys)))
	}
	return "jwks: " + logtext.NoKey(e.algorithm, e.kid, possible(e.wanted), names(keys), mend)
}

func (e *unknownKey) Unwrap() error { return jwthttp.ErrUnknownKey }

// names yields the algorithm and the kid of each key.
func names(keys []foundKey) iter.Seq2[string, string] {
	return func(yield func(algorithm, kid string) bool) {
		for _, k := range keys {
			if !yield(k.algorithm, k.kid) {
				return
			}
		}
	}
}

// replaces reports whether tokens of that name have other keys now than before: one that was
// tried is gone, or a new one is there.
func (s *served) replaces(before *served, name keyName, tried []*origin) bool {
	now := s.originsOf(name)
	for _, o := range tried {
		if o.name == name && !slices.Contains(now, o) {
			return true
		}
	}
	if before == nil || before.index == s.index {
		return false
	}
	was := before.originsOf(name)
	return slices.ContainsFunc(now, func(o *origin) bool { return !slices.Contains(was, o) })
}

// originsOf returns the origins of the keys that find returns.
func (x *index) originsOf(name keyName) (origins []*origin) {
	eligible := x.find(jwthttp.TokenHeader{Algorithm: name.algorithm, KeyID: name.kid})
	for _, k := range x.found {
		if slices.Contains(eligible, k.Key) {
			origins = append(origins, k.origin)
		}
	}
	return origins
}
