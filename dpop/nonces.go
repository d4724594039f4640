package dpop

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/internal/jws"
)

const (
	minSecretBytes = 32
	maxSecrets     = 8

	stampBytes = 8 // a Unix time
	macBytes   = 24
	nonceBytes = stampBytes + macBytes
)

// Nonces are those that a server asks for in proofs, RFC 9449 section 9. Each is a time with its
// HMAC, so nothing is stored, and all instances with the secret know all nonces. They are safe for
// concurrent use, and show no secret.
type Nonces struct {
	secrets func() [][]byte // a function, for fmt does not look into it; nil in zero Nonces
	latest  atomic.Pointer[stampedNonce]
}

// A stampedNonce is the nonce of one second.
type stampedNonce struct {
	second int64
	text   string
}

// NewNonces returns the nonces of these secrets, which all instances of a service share. The first
// one makes nonces, and each of them is accepted. To replace a secret, add the new one at the end
// everywhere, then move it to the front, and remove the old one after some minutes.
//
// A secret has 32 bytes or more, such as 32 of crypto/rand. It is copied.
func NewNonces(secrets ...[]byte) (*Nonces, error) {
	if len(secrets) == 0 || len(secrets) > maxSecrets {
		return nil, fmt.Errorf("dpop: NewNonces has %d secrets: pass one, or also those that it replaces, and 8 at most", len(secrets))
	}
	var copies [][]byte
	for i, secret := range secrets {
		const mend = "make one with \"openssl rand -base64 32\""
		if len(secret) < minSecretBytes {
			return nil, fmt.Errorf("dpop: secret %d of NewNonces has %d bytes, and it needs 32 or more: %s", i+1, len(secret), mend)
		}
		if len(bytes.Trim(secret, "\x00")) == 0 {
			return nil, fmt.Errorf("dpop: secret %d of NewNonces has only zeros: %s", i+1, mend)
		}
		copies = append(copies, bytes.Clone(secret))
	}
	return &Nonces{secrets: func() [][]byte { return copies }}, nil
}

// Format prints no secret, under every verb.
func (n *Nonces) Format(f fmt.State, _ rune) { f.Write([]byte("dpop.Nonces")) }

// MarshalText is that of Format: neither JSON nor log/slog show more.
func (n *Nonces) MarshalText() ([]byte, error) { return []byte("dpop.Nonces"), nil }

// at returns the nonce of a time.
func (n *Nonces) at(now time.Time) string {
	second := now.Unix()
	if latest := n.latest.Load(); latest != nil && latest.second == second {
		return latest.text
	}
	var nonce [nonceBytes]byte
	binary.BigEndian.PutUint64(nonce[:], uint64(second))
	copy(nonce[stampBytes:], macOf(n.secrets()[0], nonce[:stampBytes]))
	text := encode(nonce[:])
	n.latest.Store(&stampedNonce{second, text})
	return text
}

// timeOf returns the time of a nonce. ok reports whether it was made with one of the secrets.
func (n *Nonces) timeOf(text string) (made time.Time, ok bool) {
	var room [nonceBytes]byte
	if len(text) != base64.RawURLEncoding.EncodedLen(nonceBytes) {
		return made, false
	}
	nonce, ok := jws.Decode(room[:], text)
	if !ok {
		return made, false
	}
	for _, secret := range n.secrets() {
		if hmac.Equal(macOf(secret, nonce[:stampBytes]), nonce[stampBytes:]) {
			return time.Unix(int64(binary.BigEndian.Uint64(nonce)), 0), true
		}
	}
	return made, false
}

func macOf(secret, stamp []byte) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte("DPoP-Nonce ")) // the secret may be used for something else too
	h.Write(stamp)
	return h.Sum(nil)[:macBytes]
}

var (
	errNoNonce    = &refusal{jwthttp.ErrUseNonce, "the proof has no nonce: the client gets one with this answer, and tries again"}
	errOtherNonce = &refusal{jwthttp.ErrUseNonce, "the nonce is not one of this service: mind that all instances have the same secrets in NewNonces"}
)
