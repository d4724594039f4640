package jws

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// The names that code needs, RFC 7518 section 3.1 and RFC 8037 section 3.1.
const (
	HS256 = "HS256"
	RS256 = "RS256"
	PS256 = "PS256"
	ES256 = "ES256"
	EdDSA = "EdDSA"
)

// An algorithm is what a name in alg stands for.
type algorithm struct {
	name   string
	family family
	method jwt.SigningMethod // golang-jwt's own value
	hash   crypto.Hash       // of EdDSA: that of remembered messages
	curve  elliptic.Curve    // of ECDSA; else nil
}

type family int

const (
	hmacFamily family = iota
	rsaFamily
	pssFamily
	ecFamily
	edFamily
)

// algorithms are all of them. The first one that takes a key is the usual one for its type.
var algorithms = []algorithm{
	{HS256, hmacFamily, jwt.SigningMethodHS256, crypto.SHA256, nil},
	{"HS384", hmacFamily, jwt.SigningMethodHS384, crypto.SHA384, nil},
	{"HS512", hmacFamily, jwt.SigningMethodHS512, crypto.SHA512, nil},
	{RS256, rsaFamily, jwt.SigningMethodRS256, crypto.SHA256, nil},
	{"RS384", rsaFamily, jwt.SigningMethodRS384, crypto.SHA384, nil},
	{"RS512", rsaFamily, jwt.SigningMethodRS512, crypto.SHA512, nil},
	{PS256, pssFamily, jwt.SigningMethodPS256, crypto.SHA256, nil},
	{"PS384", pssFamily, jwt.SigningMethodPS384, crypto.SHA384, nil},
	{"PS512", pssFamily, jwt.SigningMethodPS512, crypto.SHA512, nil},
	{ES256, ecFamily, jwt.SigningMethodES256, crypto.SHA256, elliptic.P256()},
	{"ES384", ecFamily, jwt.SigningMethodES384, crypto.SHA384, elliptic.P384()},
	{"ES512", ecFamily, jwt.SigningMethodES512, crypto.SHA512, elliptic.P521()},
	{EdDSA, edFamily, jwt.SigningMethodEdDSA, crypto.SHA256, nil},
}

// Algorithms returns the names of all algorithms, HMAC first.
func Algorithms() []string { return namesOf(func(*algorithm) bool { return true }) }

// AlgorithmsFor returns the names of the algorithms that take keys of this type and curve, the
// usual one first. There are none for other types.
func AlgorithmsFor(material any) []string {
	return namesOf(func(a *algorithm) bool { return a.takes(material) })
}

func namesOf(isWanted func(*algorithm) bool) (names []string) {
	for i := range algorithms {
		if isWanted(&algorithms[i]) {
			names = append(names, algorithms[i].name)
		}
	}
	return names
}

// Canonical returns the name that is used here for an algorithm. RFC 9864 gives EdDSA with
// Ed25519 a second name. Every other text is returned as it is.
func Canonical(name string) string {
	if name == "Ed25519" {
		return EdDSA
	}
	return name
}

// IsAlgorithm reports whether name is one of Algorithms.
func IsAlgorithm(name string) bool { return find(name) != nil }

// IsSymmetric reports whether name is an HMAC.
func IsSymmetric(name string) bool {
	a := find(name)
	return a != nil && a.family == hmacFamily
}

// MethodOf returns golang-jwt's own value for an algorithm, nil for other names. Its registry is
// not asked, because every program can write to that.
func MethodOf(name string) jwt.SigningMethod {
	if a := find(name); a != nil {
		return a.method
	}
	return nil
}

// NameOf returns the name of golang-jwt's own value for an algorithm. It is "" for other values.
// No method of them is called, because a value of the caller's may claim any name.
func NameOf(method jwt.SigningMethod) string {
	for i := range algorithms {
		if method == algorithms[i].method {
			return algorithms[i].name
		}
	}
	return ""
}

func find(name string) *algorithm {
	for i := range algorithms {
		if algorithms[i].name == name {
			return &algorithms[i]
		}
	}
	return nil
}

// takes reports whether material has the type, and the curve, of a key for a.
func (a *algorithm) takes(material any) bool {
	switch m := material.(type) {
	case []byte:
		return a.family == hmacFamily
	case *rsa.PublicKey:
		return a.family == rsaFamily || a.family == pssFamily
	case *ecdsa.PublicKey:
		return a.family == ecFamily && m != nil && m.Curve == a.curve
	case ed25519.PublicKey:
		return a.family == edFamily
	}
	return false
}

// digest returns the digest of text. It is in sum.
func (a *algorithm) digest(sum *[sha512.Size]byte, text []byte) []byte {
	switch a.hash {
	case crypto.SHA384:
		s := sha512.Sum384(text)
		return sum[:copy(sum[:], s[:])]
	case crypto.SHA512:
		*sum = sha512.Sum512(text)
		return sum[:]
	}
	s := sha256.Sum256(text)
	return sum[:copy(sum[:], s[:])]
}

// List returns names as a list in a sentence, such as "a, b or c".
func List(names []string, conjunction string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return fmt.Sprintf("%s %s %s", strings.Join(names[:last], ", "), conjunction, names[last])
}
