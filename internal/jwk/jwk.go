// Package jwk makes a public key and its thumbprint of one JSON Web Key, RFC 7517 section 4.
package jwk

import (
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
)

// A Form says which spellings of a key's numbers are accepted.
type Form int

const (
	// Canonical is the form of RFC 7518 section 6 and RFC 8037 section 2: base64url without
	// padding, integers without leading zeros, and coordinates of full length.
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

// An OtherUseError says that a key is not for signatures.
type OtherUseError string

func (e OtherUseError) Error() string { return string(e) }

// Parse reads a JWK. The text must be one JSON object in valid UTF-8 without duplicate names.
// These are errors: a private or symmetric key, a key with another use than to verify
// signatures, and other types and curves than those of [Key]. Certificates are ignored.
//
// Package jws may still refuse the size or the exponent of an RSA key. With an error, the Key
// has only the ID, if the JWK has one.
func Parse(text []byte, form Form) (Key, error) {
	var m members
	if err := json.Unmarshal(text, &m); err != nil {
		return Key{ID: m.text("kid")}, fmt.Errorf("it is not a strict JSON object: %w", err)
	}
	k := Key{ID: m.text("kid")}
	if m.fault != nil {
		return k, m.fault
	}
	if m.secret != "" {
		return k, fmt.Errorf("the issuer has to replace it, because it publishes a secret (%s)", m.secret)
	}
	if m.use != nil && *m.use != "sig" {
		return k, OtherUseError(fmt.Sprintf("its use is %.40q, not sig", *m.use))
	}
	if m.operations != nil && !slices.Contains(m.operations, "verify") {
		return k, OtherUseError("its key_ops have no verify")
	}
	var err error
	switch m.text("kty") {
	case "RSA":
		k.Public, err = m.rsaKey(form)
	case "EC":
		k.Public, err = m.ecKey(form)
	case "OKP":
		k.Public, err = m.edKey(form)
	case "":
		err = errors.New("it has no key type (kty)")
	default:
		err = fmt.Errorf("its type %.40q is not supported: use RSA, EC or OKP", m.text("kty"))
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
	var canonical string // the JSON of section 3
	switch pub := pub.(type) {
	case *rsa.PublicKey:
		canonical = fmt.Sprintf(`{"e":"%s","kty":"RSA","n":"%s"}`, encode(big.NewInt(int64(pub.E)).Bytes()), encode(pub.N.Bytes()))
	case *ecdsa.PublicKey:
		point, _ := pub.Bytes() // there is no error for a point of the curve
		size := len(point) / 2
		canonical = fmt.Sprintf(`{"crv":"%s","kty":"EC","x":"%s","y":"%s"}`, pub.Params().Name, encode(point[1:1+size]), encode(point[1+size:]))
	case ed25519.PublicKey:
		canonical = fmt.Sprintf(`{"crv":"Ed25519","kty":"OKP","x":"%s"}`, encode(pub))
	}
	return sha256.Sum256([]byte(canonical))
}

// names are the members with a string that is needed.
var names = [...]string{"kid", "kty", "alg", "crv", "n", "e", "x", "y"}

// secrets are the members of private and symmetric keys: RFC 7518 sections 6.2.2, 6.3.2 and
// 6.4, RFC 8037 section 2, and priv of post-quantum keys.
var secrets = [...]string{"k", "d", "p", "q", "dp", "dq", "qi", "oth", "priv"}

// members has what is needed of a JWK.
type members struct {
	texts      [len(names)]string
	use        *string
	operations []string // nil if absent
	secret     string   // the name of a secret member; "" if there is none
	fault      error    // the first member of a wrong type
}

func (m *members) text(name string) string { return m.texts[slices.Index(names[:], name)] }

// UnmarshalJSONFrom reads the members one by one, so that other members are not kept in
// memory. A member that is null counts as absent.
func (m *members) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() != '{' {
		m.fault = errors.New("it is not a JSON object")
		return d.SkipValue()
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() == '"' {
		token, err := d.ReadToken()
		if err != nil {
			return err
		}
		name := token.String()
		if err := m.read(name, d); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

func (m *members) read(name string, d *jsontext.Decoder) error {
	kind := d.PeekKind()
	if kind == 'n' {
		return d.SkipValue()
	}
	if slices.Contains(secrets[:], name) {
		if m.secret == "" {
			m.secret = name
		}
		return d.SkipValue()
	}
	i := slices.Index(names[:], name)
	switch {
	case i >= 0 && kind == '"':
		return readText(d, &m.texts[i])
	case name == "use" && kind == '"':
		m.use = new(string)
		return readText(d, m.use)
	case name == "key_ops" && kind == '[':
		return m.readOperations(d)
	case (i >= 0 || name == "use") && m.fault == nil:
		m.fault = fmt.Errorf("it is not a JWK: %s is not a string", name)
	case name == "key_ops" && m.fault == nil:
		m.fault = errOperations
	}
	return d.SkipValue()
}

var errOperations = errors.New("it is not a JWK: key_ops is not a list of strings")

func (m *members) readOperations(d *jsontext.Decoder) error {
	m.operations = []string{}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for kind := d.PeekKind(); kind != ']' && kind != 0; kind = d.PeekKind() {
		if kind != '"' {
			if m.fault == nil {
				m.fault = errOperations
			}
			if err := d.SkipValue(); err != nil {
				return err
			}
			continue
		}
		var operation string
		if err := readText(d, &operation); err != nil {
			return err
		}
		m.operations = append(m.operations, operation)
	}
	_, err := d.ReadToken()
	return err
}

func readText(d *jsontext.Decoder, text *string) error {
	token, err := d.ReadToken()
	if err == nil {
		*text = token.String()
	}
	return err
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
	if form == Canonical && encode(b) != text { // line breaks, or bits after the last byte
		return nil, fmt.Errorf("its %s is not canonical base64url", name)
	}
	return b, nil
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
