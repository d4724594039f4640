package jwthttp

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/internal/jws"
	"github.com/jwthttp/jwthttp/internal/keyhook"
	"github.com/jwthttp/jwthttp/internal/rules"
	"github.com/jwthttp/jwthttp/internal/validate"
)

// A Key verifies signatures of one algorithm and no other. It is a [KeySource] of its own. It is
// immutable, safe for concurrent use, and never prints its material. The zero Key is refused
// everywhere.
type Key struct {
	// A pointer: fmt does not call the methods of a value in an unexported field, but it does not
	// follow a second pointer either.
	material *keyMaterial
}

type keyMaterial struct {
	algorithm string
	id        string
	sender    rules.Sender // that the key is bound to
	verifier  jws.Verifier
	err       error          // why the key is unfit for use
	origin    keyhook.Origin // of a key from a remote set; else nil
}

// WithID returns the key with an id: at most 256 bytes of printable ASCII. It then verifies
// tokens whose kid is this id, and tokens without kid. A key without id verifies tokens with any
// kid that no other key of its algorithm has. A second call replaces the id. It does not mend an
// error: see [Key.Err].
func (k Key) WithID(kid string) Key {
	return k.with(func(m *keyMaterial) {
		m.id = kid
		if !jws.IsKeyID(kid) {
			m.err = errors.Join(m.err, fmt.Errorf("the id %.40q cannot be the kid of a token: use at most 256 bytes of printable ASCII, or leave WithID out", kid))
		}
	})
}

// WithIssuer returns the key bound to an issuer. A token that it verifies must carry exactly this
// iss, and one of the audiences if there are any. What [Options] ask for holds too. A second call
// replaces both. It does not mend an error: see [Key.Err].
func (k Key) WithIssuer(issuer string, audience ...string) Key {
	return k.with(func(m *keyMaterial) {
		m.sender = rules.Sender{Issuer: issuer, Audience: slices.Clone(audience)}
		if issuer == "" || slices.Contains(audience, "") {
			m.err = errors.Join(m.err, errors.New("WithIssuer was given an empty issuer or audience: name it, or leave the audience out"))
		}
		m.err = errors.Join(m.err, validate.Prefixed("WithIssuer: ", validate.Names(issuer, audience)))
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

// Err returns why k is unfit for use and how to mend it, or nil. [New] calls it. A [KeySource] of
// your own calls it too if it makes keys of what others send, and returns no unfit key: one among
// several makes the answer a 503.
func (k Key) Err() error {
	if k.material == nil {
		return errors.New("the key is empty: make one with HS256, RS256 or another algorithm's function")
	}
	return k.material.err
}

// has reports whether k is a key of that algorithm and id.
func (k Key) has(algorithm, id string) bool {
	m := k.material
	return m != nil && m.algorithm == algorithm && m.id == id
}

// HS256 returns a key for HMAC with SHA-256, RFC 7518 section 3.2. The secret is copied and taken
// byte for byte: base64 is not decoded, and the line break at the end of a file counts. It has 32
// random bytes or more, as "openssl rand -base64 32" makes them. A shorter secret, one of zeros,
// and the text of a public key are errors from [New].
func HS256(secret []byte) Key { return newKey(jws.HS256, secret) }

// RS256 returns a key for RSASSA-PKCS1-v1_5 with SHA-256, RFC 7518 section 3.3. The key is copied
// and has 2048 to 8192 bits. Another key, and nil, are errors from [New]. [ParseRSAPublicKey]
// reads one from a file.
func RS256(pub *rsa.PublicKey) Key { return newKey(jws.RS256, pub) }

// PS256 returns a key for RSASSA-PSS with SHA-256 and a salt of 32 bytes, RFC 7518 section 3.5.
// The rules for the key are those of [RS256].
func PS256(pub *rsa.PublicKey) Key { return newKey(jws.PS256, pub) }

// ES256 returns a key for ECDSA with P-256 and SHA-256, RFC 7518 section 3.4. The key is copied.
// nil, a key of another curve, and one that is not on its curve are errors from [New].
// [jwt.ParseECPublicKeyFromPEM] reads one from a file.
func ES256(pub *ecdsa.PublicKey) Key { return newKey(jws.ES256, pub) }

// EdDSA returns a key for Ed25519, RFC 8037 section 3.1. The key is copied. nil, a key that does
// not have 32 bytes, one that is not on the curve, and one of small order are errors from [New].
// [jwt.ParseEdPublicKeyFromPEM] reads one from a file.
func EdDSA(pub ed25519.PublicKey) Key { return newKey(jws.EdDSA, pub) }

// NewKey returns a key for any algorithm, by golang-jwt's own value for it:
//
//   - HMAC ([jwt.SigningMethodHS256], HS384, HS512): a []byte as for [HS256]. It has at least as
//     many bytes as the hash: 32, 48 or 64.
//   - RSASSA-PKCS1-v1_5 (RS256, RS384, RS512) and RSASSA-PSS (PS256, PS384, PS512): an
//     [*rsa.PublicKey] as for [RS256]. The salt of PSS is as long as the hash.
//   - ECDSA (ES256, ES384, ES512): an [*ecdsa.PublicKey] of P-256, P-384 or P-521, in this order.
//   - Ed25519 ([jwt.SigningMethodEdDSA]): an [ed25519.PublicKey] as for [EdDSA]. Tokens may call
//     it Ed25519 (RFC 9864) or EdDSA.
//
// Another method, such as nil or "none", and a method that golang-jwt does not define itself are
// errors from [New], and so is material of another type. No method of method is called.
func NewKey(method jwt.SigningMethod, material any) Key {
	algorithm := jws.NameOf(method)
	if algorithm == "" {
		return Key{&keyMaterial{err: fmt.Errorf("NewKey does not know the method, a %T: use golang-jwt's own jwt.SigningMethod value for %s", method, jws.List(jws.Algorithms(), "or"))}}
	}
	return newKey(algorithm, material)
}

func newKey(algorithm string, material any) Key {
	verifier, err := jws.NewVerifier(algorithm, material)
	if err == jws.ErrMaterial {
		err = jws.MaterialError(algorithm, material)
	}
	return Key{&keyMaterial{algorithm: algorithm, verifier: verifier, err: err}}
}

// ParseRSAPublicKey reads the public key for [RS256] from the bytes of a file:
//
//   - PEM: "PUBLIC KEY" (PKIX), "RSA PUBLIC KEY" (PKCS #1) or "CERTIFICATE". Dates and chain of a
//     certificate are not checked: you trust it because you name it.
//   - one line as ssh-keygen writes it to a .pub file: "ssh-rsa AAAA… comment"
//
// The error says what was found instead (a private key, another kind of key, two keys) and how to
// get the right one. The key has 2048 to 8192 bits.
func ParseRSAPublicKey(data []byte) (*rsa.PublicKey, error) {
	pub, err := jws.ParseRSAPublicKey(data)
	if err != nil {
		return nil, fmt.Errorf("jwthttp: ParseRSAPublicKey: %w", err)
	}
	return pub, nil
}
