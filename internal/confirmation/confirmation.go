// Package confirmation reads the claim cnf, which binds a token to keys (RFC 7800).
package confirmation

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	"github.com/jwthttp/jwthttp/internal/logtext"
	"github.com/jwthttp/jwthttp/internal/tokenjson"
)

// A Thumbprint is the value of one member of cnf.
type Thumbprint struct {
	Present bool
	Sum     [sha256.Size]byte
}

var errForm = errors.New("cnf is not an object of thumbprints alone, such as {\"jkt\": \"…\"}: have the issuer write the key's thumbprint in place of anything else")

// Read returns the thumbprints in cnf, which is the JSON text of the claim: one for each of members,
// in their order. It refuses a cnf that is empty or has another member: a key that nobody asks for
// would bind the token to nothing.
func Read(cnf string, members []string) ([]Thumbprint, error) {
	found := make([]Thumbprint, len(members))
	n := 0
	var fault error
	ok, _ := tokenjson.Members([]byte(cnf), 1, len(members)+1, func(name, value []byte) bool {
		i := slices.Index(members, string(name))
		if value[0] != '"' {
			fault = errForm
		} else if i < 0 {
			fault = fmt.Errorf("cnf has the member %s, for which there is no Binding: add one to Options.Bindings, or have the issuer bind the token by %s", logtext.Quote(string(name)), logtext.Quotes(members))
		} else if fault = found[i].set(tokenjson.Unquote(value, nil)); fault != nil {
			fault = fmt.Errorf("cnf has a member %s that is %w", members[i], fault)
		}
		n++
		return fault == nil
	})
	switch {
	case fault != nil:
		return nil, fault
	case !ok:
		return nil, errForm
	case n == 0:
		return nil, errors.New("cnf is empty, so it binds the token to no key: have the issuer name the key, or leave cnf out")
	}
	return found, nil
}

// set takes a thumbprint in base64url, of which there is one spelling.
func (t *Thumbprint) set(text []byte) error {
	var sum [sha256.Size + 1]byte // room for one byte too many
	const size = (sha256.Size*8 + 5) / 6
	if len(text) == size {
		// The decoder passes over line breaks, and then there are fewer bytes.
		if n, err := base64.RawURLEncoding.Strict().Decode(sum[:], text); err == nil && n == sha256.Size {
			t.Present, t.Sum = true, [sha256.Size]byte(sum[:])
			return nil
		}
	}
	return errors.New("not a SHA-256 thumbprint: have the issuer write 43 characters of base64url, without padding")
}
