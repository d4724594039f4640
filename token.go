package jwthttp

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/internal/tokenjson"
)

// A Token is a verified token. All handlers of one request share the pointer, and no other
// request has it. Do not change it.
//
// Strings in the claims, in Registered and in Scopes are parts of the payload. A program that keeps
// one keeps all of that payload in memory: three quarters of [Options].MaxTokenBytes at most. So
// keep a [strings.Clone] of it. The payloads of other requests are not kept.
type Token[C any] struct {
	Claims C           // the payload; its Validate method, if any, has passed
	Header TokenHeader // verified like the claims
	Source Source      // the place in the request

	// Pointers for the reason that Key.material is one; nil for a token that a test made.
	raw    *string
	facts  *tokenjson.Facts
	scopes *[]string // of WithScopes; nil if they are in facts
}

// Raw returns the token as it was sent, to pass it to another service. It is "" for a token that
// a test made. It is a credential: keep it out of logs. It does not identify the token, so
// identify a token by its jti: anybody can make a second good signature out of one of ES256.
func (t *Token[C]) Raw() string {
	if t.raw == nil {
		return ""
	}
	return *t.raw
}

// ExpiresAt returns exp, rounded down to a second and without leeway. It is zero for a token that
// never expires, which only AllowMissingExpiry accepts, and for one that a test made.
//
// The middleware checks a request once. A handler that streams for a long time should end its
// stream at this time, as context.WithDeadline does.
func (t *Token[C]) ExpiresAt() time.Time {
	if t.facts == nil || !t.facts.Expires.Present() {
		return time.Time{}
	}
	return t.facts.Expires.Floor()
}

// Registered returns the claims that RFC 7519 section 4.1 names, whatever C holds of them, for a
// [Check] that serves every claims type. Dates are rounded down to a second. It is empty for a
// token that a test made.
func (t *Token[C]) Registered() jwt.RegisteredClaims {
	if t.facts == nil {
		return jwt.RegisteredClaims{}
	}
	return t.facts.Registered()
}

// SessionID returns sid, the login that the token is of (OpenID Connect). It is "" if there is none.
func (t *Token[C]) SessionID() string {
	if t.facts == nil {
		return ""
	}
	return t.facts.Session()
}

// Scopes returns what the token may be used for: the words of the string scope (RFC 8693 section
// 4.2, RFC 9068), or the elements of the array scope. Where scope is absent, null or empty, scp is
// read in the same way. A claim of another kind gives no scope. [RequireScopes] asks for it.
func (t *Token[C]) Scopes() []string {
	return slices.Collect(t.eachScope)
}

func (t *Token[C]) eachScope(yield func(string) bool) {
	if t.scopes != nil {
		slices.Values(*t.scopes)(yield)
	} else if t.facts != nil {
		t.facts.Scopes(yield)
	}
}

// WithScopes returns a copy of t that has these scopes, for tests of handlers: see [NewContext].
func (t Token[C]) WithScopes(scopes ...string) *Token[C] {
	scopes = slices.Clone(scopes)
	t.scopes = &scopes
	return &t
}

// tokenResult returns what a Result says of the token, which at let pass.
func (t *Token[C]) tokenResult(at *attempt) Result {
	res := Result{Source: t.Source, Algorithm: t.Header.Algorithm, KeyID: t.Header.KeyID}
	if t.facts != nil {
		res.Issuer, res.Subject = strings.Clone(t.facts.Issuer()), strings.Clone(t.facts.Subject())
		res.Binding = at.boundBy(t.facts.Confirmation())
	}
	return res
}

func (t *Token[C]) tokenFacts() *tokenjson.Facts { return t.facts }

// String returns algorithm, key id and source, never the token or its claims.
func (t *Token[C]) String() string {
	if t == nil {
		return "jwthttp.Token(nil)"
	}
	return fmt.Sprintf("jwthttp.Token{%s kid=%q %s}", t.Header.Algorithm, t.Header.KeyID, t.Source)
}

// Format prints String under every verb.
func (t Token[C]) Format(f fmt.State, _ rune) { f.Write([]byte(t.String())) }

// MarshalText is String: neither JSON nor log/slog show more.
func (t Token[C]) MarshalText() ([]byte, error) { return []byte(t.String()), nil }
