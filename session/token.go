package session

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/jwthttp/jwthttp/internal/jws"
)

const tokenPrefix = "jr1_" // for scanners that look for secrets

// A refreshToken has the secret of a family, which is the same for all refresh tokens of a session,
// and the secret that changes.
type refreshToken struct {
	family  [16]byte
	current secret
}

func newRefreshToken() (t refreshToken) {
	rand.Read(t.family[:])
	rand.Read(t.current[:])
	return t
}

func parseRefreshToken(text string) (t refreshToken, ok bool) {
	var room [len(t.family) + len(t.current)]byte
	text, ok = strings.CutPrefix(text, tokenPrefix)
	if !ok || len(text) != base64.RawURLEncoding.EncodedLen(len(room)) {
		return t, false
	}
	b, ok := jws.Decode(room[:], text)
	copy(t.family[:], b)
	copy(t.current[:], b[min(len(b), len(t.family)):])
	return t, ok
}

func (t *refreshToken) String() string {
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(append(t.family[:], t.current[:]...))
}

// key returns the key of the record. Whoever reads a store cannot name the family. jkt is the
// thumbprint of the key that the session is bound to, "" if it is not: with another key, no record is
// found, so a thief of the token cannot refresh, log out or end anything.
func (t *refreshToken) key(jkt string) [sha256.Size]byte {
	return sha256.Sum256(append(t.family[:], jkt...))
}

// id returns the id of the session, which pages and access tokens show.
func (t *refreshToken) id() string {
	sum := sha256.Sum256(append([]byte("id"), t.family[:]...))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}
