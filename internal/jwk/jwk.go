// Package jwk makes a public key and its thumbprint of one JSON Web Key, RFC 7517 section 4.
package jwk

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/jwthttp/jwthttp/internal/tokenjson"
)

// A Form says which spellings of a key's numbers are accepted.
type Form int

const (
	// Canonical is for the key of a proof, which anybody may send. The form is that of RFC 7518
	// section 6 and RFC 8037 section 2: base64url without padding, integers without leading zeros,
	// and coordinates of full length. A secret member is an error whatever its value, and so is an
	// RSA key of more than 4096 bits, or with an exponent of more than 65537. So is a member that is
	// read and has more than 256 bytes, or 700 in the case of n. A longer kid is left out.
	Canonical Form = iota

	// Lenient is for key sets as providers publish them. It also accepts the standard
	// alphabet, padding and line breaks of base64, integers with leading zeros, and EC
	// coordinates without theirs. None of these spellings is ambiguous.
	Lenient
)

// A Key is the public key of a JWK.
type Key struct {
	Public     any // *rsa.PublicKey, *ecdsa.PublicKey of P-256, P-384 or P-521, or ed25519.PublicKey
	ID         string
	Algorithm  string            // alg; "" if absent
	Thumbprint [sha256.Size]byte // RFC 7638, of Public; the same for every spelling
}

const (
	maxDepth      = 32
	maxOperations = 8 // as many as RFC 7517 section 4.3 has
	maxProofBits  = 4096
	maxProofExp   = 65537

	// These are of a member in JSON. The longest that a good key needs is an n of 4096 bits, with 683
	// bytes. The next are coordinates of P-521, with 88, and key_ops.
	maxProofModulus = 700
	maxProofMember  = 256
)

// An OtherUseError says that a key is not for signatures.
type OtherUseError string

func (e OtherUseError) Error() string { return string(e) }

// Parse reads a JWK. The text must be one JSON object in valid UTF-8 without duplicate names.
// These are errors: a private or symmetric key, a key with another use than to verify
// signatures, and other types and curves than those of [Key]. Certificates are ignored.
//
// types are the values of kty that are good, none for all. The numbers of another key are not decoded.
//
// Package jws may still refuse the size or the exponent of an RSA key. With an error, the Key
// has only the ID, if the JWK has one.
func Parse(text []byte, form Form, types ...string) (Key, error) {
	if !bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("{")) { // before memory is taken for it
		return Key{}, notAnObject(text, false)
	}
	m := members{form: form}
	ok, isLarge := tokenjson.Members(text, maxDepth, len(text), m.read)
	k := Key{ID: m.text("kid")}
	if !ok {
		return k, notAnObject(text, isLarge)
	}
	if m.fault != nil {
		return k, m.fault
	}
	if m.secret != "" {
		return k, fmt.Errorf("it publishes a secret (%s): its owner has to replace it", m.secret)
	}
	if m.use != nil && *m.use != "sig" {
		return k, OtherUseError(fmt.Sprintf("its use is %.40q, not sig", *m.use))
	}
	if m.operations != nil && !slices.Contains(m.operations, "verify") {
		return k, OtherUseError("its key_ops have no verify")
	}
	var err error
	switch kty := m.text("kty"); {
	case kty == "":
		err = errors.New("it has no key type (kty)")
	case len(types) > 0 && !slices.Contains(types, kty):
		err = fmt.Errorf("its type %.40q is not supported here: use %s", kty, strings.Join(types, " or "))
	case kty == "RSA":
		k.Public, err = m.rsaKey(form)
	case kty == "EC":
		k.Public, err = m.ecKey(form)
	case kty == "OKP":
		k.Public, err = m.edKey(form)
	default:
		err = fmt.Errorf("its type %.40q is not supported: use RSA, EC or OKP", kty)
	}
	if err != nil {
		return Key{ID: k.ID}, err
	}
	k.Algorithm, k.Thumbprint = m.text("alg"), Thumbprint(k.Public)
	return k, nil
}

// Thumbprint returns the thumbprint of a public key, RFC 7638. The key is of a type of
// [Key].Public, and a point of its curve.
func Thumbprint(pub any) [sha256.Size]byte {
	var room [512]byte // enough but for RSA of more than 2048 bits
	return sha256.Sum256(appendJWK(room[:0], pub))
}

// Encode returns a public key as a JWK with the required members, in the form of RFC 7638 section
// 3. The key is as for [Thumbprint].
func Encode(pub any) []byte { return appendJWK(make([]byte, 0, 256), pub) }

func appendJWK(text []byte, pub any) []byte {
	switch pub := pub.(type) {
	case *rsa.PublicKey:
		text = add(text, `{"e":"`, big.NewInt(int64(pub.E)).Bytes())
		text = add(text, `","kty":"RSA","n":"`, pub.N.Bytes())
	case *ecdsa.PublicKey:
		point, _ := pub.Bytes() // there is no error for a point of the curve
		size := len(point) / 2
		text = append(append(text, `{"crv":"`...), pub.Params().Name...)
		text = add(text, `","kty":"EC","x":"`, point[1:1+size])
		text = add(text, `","y":"`, point[1+size:])
	case ed25519.PublicKey:
		text = add(text, `{"crv":"Ed25519","kty":"OKP","x":"`, pub)
	}
	return append(text, `"}`...)
}

func add(text []byte, before string, value []byte) []byte {
	return base64.RawURLEncoding.AppendEncode(append(text, before...), value)
}

// names are the members with a string that is needed.
var names = [...]string{"kid", "kty", "alg", "crv", "n", "e", "x", "y"}

// indexOf returns the index of a name in names, -1 for others.
func indexOf(name []byte) int {
	for i := range names {
		if string(name) == names[i] {
			return i
		}
	}
	return -1
}

// members has what is needed of a JWK.
type members struct {
	form       Form
	texts      [len(names)]string
	use        *string
	operations []string // nil if absent
	secret     string   // the name of a secret member; "" if there is none
	fault      error    // the first member of a wrong type
}

func (m *members) text(name string) string { return m.texts[slices.Index(names[:], name)] }

// notAnObject returns why a text is not one strict JSON object.
func notAnObject(text []byte, isLarge bool) error {
	var value jsontext.Value
	if err := json.Unmarshal(text, &value); err != nil { // it says more than a pass over a token's JSON
		return fmt.Errorf("it is not a strict JSON object: %w", err)
	}
	if isLarge {
		return errors.New("it is nested too deep")
	}
	return errors.New("it is not a JSON object")
}

// read takes one member. Others than those that are needed are not kept in memory. A member that
// is null counts as absent, but for a secret one in a Canonical JWK.
func (m *members) read(name, value []byte) bool {
	i, isNull := -1, value[0] == 'n'
	switch string(name) {
	case "k", "d", "p", "q", "dp", "dq", "qi", "oth", "priv":
		// Private and symmetric keys: RFC 7518 sections 6.2.2, 6.3.2 and 6.4, RFC 8037 section 2,
		// and priv of post-quantum keys.
		if m.secret == "" && (!isNull || m.form == Canonical) {
			m.secret = string(name)
		}
		return true
	case "key_ops", "use": // below
	default:
		if i = indexOf(name); i < 0 {
			return true
		}
	}
	switch {
	case m.isTooLong(name, value):
		return true
	case string(name) == "key_ops":
		if !isNull {
			m.readOperations(value)
		}
		return true
	case value[0] == '"' && i < 0:
		use := textOf(value)
		m.use = &use
		return true
	case value[0] == '"':
		m.texts[i] = textOf(value)
		return true
	}
	if !isNull {
		m.fail(fmt.Errorf("it is not a JWK: %s is not a string", name))
	}
	return true
}

// isTooLong reports whether a member of a proof's key is so long that it takes no memory: anybody may
// send it. It is a fault, but for a kid, which proofs do not need.
func (m *members) isTooLong(name, value []byte) bool {
	switch {
	case m.form == Lenient || len(value) <= maxProofMember:
		return false
	case string(name) == "kid" && value[0] == '"':
	case string(name) != "n":
		m.fail(fmt.Errorf("its %s has more than %d bytes, which no key of a proof needs", name, maxProofMember))
	case len(value) <= maxProofModulus:
		return false
	default:
		m.fail(fmt.Errorf("its n has more than %d bytes, and the RSA key of a proof has at most %d bits", maxProofModulus, maxProofBits))
	}
	return true
}

// fail keeps the first fault.
func (m *members) fail(err error) {
	if m.fault == nil {
		m.fault = err
	}
}

func (m *members) readOperations(value []byte) {
	m.operations = []string{}
	if bytes.Count(value, []byte(",")) >= maxOperations { // a longer list takes memory
		m.fail(fmt.Errorf("it is not a JWK: key_ops has more than %d operations", maxOperations))
		return
	}
	if json.Unmarshal(value, &m.operations) != nil {
		m.fail(errors.New("it is not a JWK: key_ops is not a list of strings"))
	}
}

func textOf(value []byte) string {
	if bytes.IndexByte(value, '\\') < 0 {
		return string(value[1 : len(value)-1])
	}
	return string(tokenjson.Unquote(value, nil))
}

// rsaKey reads n and e, RFC 7518 section 6.3.1.
func (m *members) rsaKey(form Form) (*rsa.PublicKey, error) {
	n, err := m.integer("n", form)
	if err != nil {
		return nil, err
	}
	e, err := m.integer("e", form)
	if err != nil {
		return nil, err
	}
	if form == Canonical && (n.BitLen() > maxProofBits || e.Cmp(big.NewInt(maxProofExp)) > 0) {
		return nil, fmt.Errorf("the RSA key of a proof has at most %d bits and an exponent of at most %d, not %d bits and an exponent of %d bits", maxProofBits, maxProofExp, n.BitLen(), e.BitLen())
	}
	if e.BitLen() > 31 { // the int of some machines has 32 bits
		return nil, fmt.Errorf("an RSA key needs an odd exponent from 3 below 2^31, not one of %d bits", e.BitLen())
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}, nil
}

// curves are those of RFC 7518 section 6.2.1.1.
var curves = map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}

// ecKey reads x and y, RFC 7518 section 6.2.1.
func (m *members) ecKey(form Form) (*ecdsa.PublicKey, error) {
	name := m.text("crv")
	curve := curves[name]
	if curve == nil {
		return nil, fmt.Errorf("its curve %.40q is not supported: use P-256, P-384 or P-521", name)
	}
	size := (curve.Params().BitSize + 7) / 8
	point := append([]byte{4}, make([]byte, 2*size)...) // uncompressed, SEC 1 section 2.3.3
	for i, member := range []string{"x", "y"} {
		coordinate, err := m.bytes(member, form)
		if err != nil {
			return nil, err
		}
		if len(coordinate) > size || len(coordinate) < size && form == Canonical {
			return nil, fmt.Errorf("its coordinate %s has the length %d, and %s has %d bytes", member, len(coordinate), name, size)
		}
		copy(point[1+(i+1)*size-len(coordinate):], coordinate)
	}
	if pub, err := ecdsa.ParseUncompressedPublicKey(curve, point); err == nil {
		return pub, nil
	}
	return nil, fmt.Errorf("its point (x, y) is not on the curve %s: the key is damaged", name)
}

// edKey reads x, RFC 8037 section 2. It is bytes and not an integer, so no zero may be missing.
func (m *members) edKey(form Form) (ed25519.PublicKey, error) {
	if curve := m.text("crv"); curve != "Ed25519" {
		return nil, fmt.Errorf("its curve %.40q is not supported: use Ed25519", curve)
	}
	x, err := m.bytes("x", form)
	if err != nil {
		return nil, err
	}
	if len(x) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("an Ed25519 public key has %d bytes, not %d", ed25519.PublicKeySize, len(x))
	}
	return x, nil
}

// integer reads a Base64urlUInt, RFC 7518 section 2.
func (m *members) integer(name string, form Form) (*big.Int, error) {
	b, err := m.bytes(name, form)
	if err != nil {
		return nil, err
	}
	if b[0] == 0 && form == Canonical {
		return nil, fmt.Errorf("its %s begins with a zero", name)
	}
	return new(big.Int).SetBytes(b), nil
}

// bytes reads a member in base64url. It returns at least one byte.
func (m *members) bytes(name string, form Form) ([]byte, error) {
	text := m.text(name)
	if text == "" {
		return nil, fmt.Errorf("its %s is missing", name)
	}
	if form == Lenient {
		text = strings.TrimRight(strings.ReplaceAll(strings.ReplaceAll(text, "+", "-"), "/", "_"), "=")
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) == 0 {
		return nil, fmt.Errorf("its %s is not base64url", name)
	}
	if form == Canonical && !isEncoded(text, b) { // line breaks, or bits after the last byte
		return nil, fmt.Errorf("its %s is not canonical base64url", name)
	}
	return b, nil
}

// isEncoded reports whether text, which was decoded to b, is how b is encoded. It may have line breaks,
// or bits after the last byte, in its last characters.
func isEncoded(text string, b []byte) bool {
	var room [4]byte
	whole := len(b) / 3
	return len(text) == base64.RawURLEncoding.EncodedLen(len(b)) && string(base64.RawURLEncoding.AppendEncode(room[:0], b[3*whole:])) == text[4*whole:]
}
