package jwks

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"

	// go-jose reads one key at a time, checks points, sizes and encodings, is
	// strict about names and duplicates, and brings no further module.
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/internal/logtext"
)

const (
	maxKeys    = 100
	maxUnnamed = 8 // of an algorithm: more are never tried
)

// A Set is what [Parse] found in a key set.
type Set struct {
	Keys    jwthttp.KeySet // at least one, bound to no issuer
	Skipped []error        // why the other keys cannot be used, each with its place and kid
}

// Parse reads a JSON Web Key Set, RFC 7517 section 5, from a file or an embedded
// text, by the rules that hold for remote ones: keys for RS256, PS256, ES256 and
// EdDSA (Ed25519) are taken, all others skipped, such as symmetric and private
// ones, ones with another use than sig, key_ops without verify, the wrong size,
// or the kid of one before. A key without alg is for RS256, ES256 or EdDSA, as
// its type says, and RSA keys have 2048 to 4096 bits. Certificates in x5c are
// ignored. Text that is no key set, has
// more than 100 keys or none that can be used is an error.
func Parse(data []byte) (Set, error) {
	found, skipped, err := parse(data)
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

// A foundKey is a key with what tells it from others.
type foundKey struct {
	jwthttp.Key
	identity
	place int // in the set
}

type identity struct{ kid, algorithm, thumbprint string }

type skippedKey struct {
	kid string
	err error
}

// parse returns at least one key, or an error.
func parse(data []byte) (found []foundKey, skipped []skippedKey, err error) {
	var document struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(data, &document); err != nil {
		return nil, nil, fmt.Errorf("it is no JSON key set: %w", cutError{err})
	}
	if document.Keys == nil {
		return nil, nil, errors.New("it has no member keys, so it is no key set; if it is the metadata of an issuer, pass that issuer to Discover")
	}
	if len(document.Keys) > maxKeys {
		return nil, nil, fmt.Errorf("it has %d keys, at most %d are taken", len(document.Keys), maxKeys)
	}
	skip := func(i int, kid string, err error) {
		skipped = append(skipped, skippedKey{kid, fmt.Errorf("key %d (kid %.40q): %w", i+1, kid, cutError{err})})
	}
	for i, text := range document.Keys {
		k, err := parseKey(text)
		if err == nil && k.kid != "" && slices.ContainsFunc(found, func(f foundKey) bool { return f.kid == k.kid }) {
			err = errors.New("its kid stands twice in the set, and the first key has it")
		}
		if err != nil {
			skip(i, k.kid, err)
			continue
		}
		k.place = i
		found = append(found, k)
	}
	// Keys without kid are tried one after the other, so they stand beside no
	// named key of their algorithm, and there are few of them.
	count := map[string]int{}
	for _, k := range slices.Clone(found) {
		if k.kid != "" {
			continue
		}
		isNamed := func(f foundKey) bool { return f.kid != "" && f.algorithm == k.algorithm }
		if count[k.algorithm]++; count[k.algorithm] > maxUnnamed || slices.ContainsFunc(found, isNamed) {
			skip(k.place, "", fmt.Errorf("it has no kid, and there are others for %s: give each a kid", k.algorithm))
			found = slices.DeleteFunc(found, func(f foundKey) bool { return f.Key == k.Key })
		}
	}
	if len(found) == 0 {
		reasons := make([]error, len(skipped))
		for i, s := range skipped {
			reasons[i] = s.err
		}
		return nil, nil, errors.Join(append([]error{errors.New("it has no key that can be used")}, reasons...)...)
	}
	return found, skipped, nil
}

// A cutError names what stands in a document, such as a name that is there twice,
// however long it is.
type cutError struct{ error }

func (e cutError) Error() string { return logtext.Cut(e.error.Error()) }
func (e cutError) Unwrap() error { return e.error }

// parseKey reads one JWK, RFC 7517 section 4. It returns the kid with an error
// too, where there is one.
func parseKey(text []byte) (k foundKey, err error) {
	var members map[string]*json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return k, fmt.Errorf("it is no JSON object: %w", err)
	}
	if kid := members["kid"]; kid != nil {
		_ = json.Unmarshal(*kid, &k.kid) // for the error, whatever else is wrong
	}
	var jwk struct {
		KeyID      string    `json:"kid"`
		Type       string    `json:"kty"`
		Use        *string   `json:"use"`
		Operations *[]string `json:"key_ops"`
		Algorithm  string    `json:"alg"`
	}
	if err := json.Unmarshal(text, &jwk); err != nil {
		return k, fmt.Errorf("it is no JWK: %w", err)
	}
	k.kid = jwk.KeyID
	for _, name := range []string{"k", "d", "p", "q", "dp", "dq", "qi", "oth", "priv"} {
		if v := members[name]; v != nil && string(*v) != "null" {
			return k, fmt.Errorf("it is secret (%s), and what is published is none: the issuer has to replace it", name)
		}
	}
	if jwk.Use != nil && *jwk.Use != "sig" {
		return k, fmt.Errorf("its use is %.40q, not sig", *jwk.Use)
	}
	if jwk.Operations != nil && !slices.Contains(*jwk.Operations, "verify") {
		return k, errors.New("its key_ops have no verify")
	}
	// Nothing is taken from certificates, so an odd one spoils no key.
	for _, name := range []string{"x5c", "x5u", "x5t", "x5t#S256"} {
		delete(members, name)
	}
	bare, err := json.Marshal(members)
	if err != nil {
		return k, err
	}
	var parsed jose.JSONWebKey
	if err := parsed.UnmarshalJSON(bare); errors.Is(err, jose.ErrUnsupportedKeyType) {
		return k, fmt.Errorf("its type %.40q, curve or size is not supported", jwk.Type)
	} else if err != nil {
		return k, err
	}
	if k.algorithm, k.Key, err = makeKey(parsed.Key, jwk.Algorithm); err != nil {
		return k, err
	}
	if k.kid != "" {
		k.Key = k.WithID(k.kid)
	}
	if err := k.Err(); err != nil {
		return k, err
	}
	thumbprint, err := parsed.Thumbprint(crypto.SHA256)
	k.thumbprint = string(thumbprint)
	return k, err
}

// algorithms are what makeKey makes keys for.
var algorithms = []string{"RS256", "PS256", "ES256", "EdDSA"}

// makeKey returns the key for the one algorithm that alg names, or that the type
// of pub stands for where alg is "".
func makeKey(pub any, alg string) (algorithm string, key jwthttp.Key, err error) {
	switch pub := pub.(type) {
	case *rsa.PublicKey:
		switch alg {
		case "", "RS256":
			return "RS256", jwthttp.RS256(pub), nil
		case "PS256":
			return alg, jwthttp.PS256(pub), nil
		}
	case *ecdsa.PublicKey:
		if alg == "" || alg == "ES256" {
			return "ES256", jwthttp.ES256(pub), nil
		}
	case ed25519.PublicKey:
		if alg == "" || alg == "EdDSA" {
			return "EdDSA", jwthttp.EdDSA(pub), nil
		}
	}
	return "", jwthttp.Key{}, fmt.Errorf("its alg %.40q is not supported for a %T: RS256, PS256, ES256 and EdDSA are", alg, pub)
}

// An index finds the keys of a set.
type index struct {
	found      []foundKey
	skipped    []skippedKey
	byID       map[string][]jwthttp.Key // one key each
	unnamed    map[string][]jwthttp.Key // by algorithm
	withoutKid map[string][]jwthttp.Key // for tokens without kid: those unnamed, or the only one
}

func newIndex(found []foundKey, skipped []skippedKey) *index {
	x := &index{found, skipped, map[string][]jwthttp.Key{}, map[string][]jwthttp.Key{}, map[string][]jwthttp.Key{}}
	for _, k := range found {
		x.withoutKid[k.algorithm] = append(x.withoutKid[k.algorithm], k.Key)
		if k.kid == "" {
			x.unnamed[k.algorithm] = append(x.unnamed[k.algorithm], k.Key)
		} else {
			x.byID[k.kid] = []jwthttp.Key{k.Key}
		}
	}
	return x
}

func (x *index) has(key identity) bool {
	return slices.ContainsFunc(x.found, func(k foundKey) bool { return k.identity == key })
}

// find returns the keys for a token with header h; those of another algorithm
// and several named ones are not for it, which the middleware sees to.
func (x *index) find(h jwthttp.TokenHeader) []jwthttp.Key {
	if h.KeyID == "" {
		return x.withoutKid[h.Algorithm]
	}
	if keys := x.byID[h.KeyID]; keys != nil {
		return keys
	}
	return x.unnamed[h.Algorithm]
}
