package issue

import (
	"crypto"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/internal/jwk"
	"github.com/jwthttp/jwthttp/internal/jws"
)

// A Key signs tokens. It never prints its material, and it is not a [jwthttp.Key], which verifies.
// It is immutable, and safe for concurrent use if its signer is. The zero Key is an error from
// [New].
type Key struct {
	*material // a pointer, for the reason that jwthttp.Key has one
}

type material struct {
	algorithm string
	id        string
	from      time.Time // when it begins to sign; zero for always
	signer    *jws.Signer
	jwk       []byte // of the public key, whose memory may be the signer's; nil for a secret
	verifies  jwthttp.Key
	fault     error      // why the key is unfit for use
	directory *directory // of Directory, which has nothing else
}

// HS256 returns a key for HMAC with SHA-256. The secret is as for [jwthttp.HS256]: 32 random bytes
// or more, taken byte for byte. An unfit secret is an error from [New].
func HS256(secret []byte) Key { return NewKey(jwt.SigningMethodHS256, secret) }

// NewKey returns a key for any algorithm, by golang-jwt's own value for it. Anything but these is
// an error from [New]:
//
//   - HMAC: a []byte as for [jwthttp.NewKey]
//   - RSASSA-PKCS1-v1_5, RSASSA-PSS, ECDSA and Ed25519: a [crypto.Signer] whose public key is one
//     for [jwthttp.NewKey]. It may be a private key of the standard library, which
//     [ParsePrivateKey] reads from a file.
//
// Any other signer may be in hardware, or at a key management service (KMS). Its Sign runs on a
// goroutine, at most 16 times at once. If it has a method
//
//	SignContext(ctx context.Context, rand io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error)
//
// then that is called instead, with the context of [Issuer.Token]. New does not call it, so that a
// service starts while its KMS is down.
//
// The id of a public key is its thumbprint, RFC 7638. A secret has none.
func NewKey(method jwt.SigningMethod, material any) Key { return Key{newMaterial(method, material)} }

func newMaterial(method jwt.SigningMethod, given any) *material {
	m := &material{algorithm: jws.NameOf(method)}
	if m.algorithm == "" {
		m.fault = jwthttp.NewKey(method, given).Err() // it says which methods there are
		return m
	}
	if m.signer, m.fault = jws.NewSigner(m.algorithm, given); m.fault != nil {
		return m
	}
	if m.signer.IsLocal {
		m.fault = m.signer.Check()
	}
	if m.signer.Public == nil {
		m.verifies = jwthttp.NewKey(method, given)
		return m
	}
	m.jwk = jwk.Encode(m.signer.Public)
	sum := sha256.Sum256(m.jwk) // RFC 7638
	m.id = encode(sum[:])
	m.verifies = jwthttp.NewKey(method, m.signer.Public).WithID(m.id)
	return m
}

// ParsePrivateKey reads the private key for [NewKey] from the bytes of a file, as openssl and
// ssh-keygen write it: PEM of PKCS #8 ("PRIVATE KEY"), PKCS #1 ("RSA PRIVATE KEY"), SEC 1 ("EC
// PRIVATE KEY") or OpenSSH ("OPENSSH PRIVATE KEY"). The key is an [*rsa.PrivateKey] of 2048 to 8192
// bits, an [*ecdsa.PrivateKey] of P-256, P-384 or P-521, or an [ed25519.PrivateKey].
//
// The error says what was found instead (a public key, an encrypted key, two keys) and how to mend
// it. It shows nothing of the file.
func ParsePrivateKey(data []byte) (crypto.Signer, error) {
	key, err := jws.ParsePrivateKey(data)
	if err != nil {
		return nil, fmt.Errorf("issue: ParsePrivateKey: %w", err)
	}
	return key, nil
}

// WithID returns the key with an id, which is the kid of its tokens: 1 to 256 bytes of printable
// ASCII.
func (k Key) WithID(kid string) Key {
	return k.with(func(m *material) {
		m.id, m.verifies = kid, m.verifies.WithID(kid)
		if kid == "" || !jws.IsKeyID(kid) {
			m.fault = errors.Join(m.fault, fmt.Errorf("the id %.40q cannot be the kid of a token: use 1 to 256 bytes of printable ASCII, or leave WithID out", kid))
		}
	})
}

// From returns the key as the successor of those with an earlier From. It is accepted and published
// from now on, and signs from t on. t may be in the past, as it is after a restart.
//
// Give every instance of a service the same keys: their clocks do the rest, and may differ by 30
// seconds. t should be 11 minutes or more ahead when the last instance gets the key, since caches
// keep the published keys for 10 minutes. [New] warns if t is nearer. Leave the predecessor in the
// list for Lifetime and 10 minutes after t. It is accepted and published for that long.
func (k Key) From(t time.Time) Key {
	return k.with(func(m *material) { m.from = t.Round(0) })
}

func (k Key) with(change func(*material)) Key {
	if k.material == nil {
		return k
	}
	m := *k.material
	change(&m)
	if m.directory != nil {
		m.fault = errors.New("a Directory has neither WithID nor From: the names of its files say from when they sign")
	}
	return Key{&m}
}

var errDirectory = errors.New("a Directory has all keys of an issuer: leave the others out")

// err returns why the key cannot be one of several.
func (k Key) err() error {
	switch {
	case k.material == nil:
		return errors.New("it is empty: make it with HS256 or NewKey")
	case k.fault == nil && k.directory != nil:
		return errDirectory
	}
	return k.fault
}

// String returns the algorithm and the id, never the material.
func (k Key) String() string {
	if k.material == nil {
		return "issue.Key{}"
	}
	return fmt.Sprintf("issue.Key{%s kid=%q}", k.algorithm, k.id)
}

// Format prints String under every verb.
func (k Key) Format(f fmt.State, _ rune) { f.Write([]byte(k.String())) }

// MarshalText is String: neither JSON nor log/slog show more.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }
