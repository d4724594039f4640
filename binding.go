package jwthttp

import (
	"crypto/sha256"
	"net/http"
)

// A Binding knows one way in which a client proves that a token is its own: that it holds the key
// which the token's claim cnf (RFC 7800) names. Packages dpop and mtls have the usual ones.
//
// A Binding is comparable, such as a pointer, and safe for concurrent use.
type Binding interface {
	// Member names the member of cnf that the Binding is for, such as "jkt" (RFC 9449) or
	// "x5t#S256" (RFC 8705). Its value is a SHA-256 thumbprint in base64url.
	Member() string

	// Scheme returns the authentication scheme of bound tokens and the parameters of its
	// challenge, such as "DPoP" and `algs="ES256"`. It is empty where tokens come as unbound ones
	// do.
	Scheme() (name, parameters string)

	// Confirm returns nil if r proves possession of the key with that thumbprint. token is the
	// token as it was sent. The error wraps ErrInvalidProof, ErrUseNonce, or ErrUnavailable; any
	// other error refuses the token.
	Confirm(r *http.Request, token string, thumbprint [sha256.Size]byte) error

	// Answer adds header fields, such as DPoP-Nonce, to an answer to a request under Scheme and
	// to one with a challenge of Scheme.
	Answer(h http.Header)
}
