package jwthttp

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/jwthttp/jwthttp/internal/tokenjson"
)

// A Token is a verified token. The pointer that handlers get is shared by all of
// one request and by no other; it is for reading.
type Token[C any] struct {
	Claims C           // the payload; its Validate method, if any, has passed
	Header TokenHeader // verified like the claims
	Source Source      // where in the request the token stood

	raw     *string   // behind a pointer for the reason that Key.material is
	expires int64     // Unix time; 0 for a token without exp, which no token with one has
	scopes  *[]string // of WithScopes; nil if they stand in raw
}

// Raw returns the token as it was sent, to hand it on to another service; "" for
// one that a test made. It is a credential: keep it out of logs. It does not identify
// the token: of an ES256 signature anybody can make a second one that is as good, so
// keep lists by jti.
func (t *Token[C]) Raw() string {
	if t.raw == nil {
		return ""
	}
	return *t.raw
}

// ExpiresAt returns exp, rounded down to a second and without leeway. It is zero
// for a token that never expires, which only AllowMissingExpiry lets in, and for
// one that a test made. A handler that streams for long ends its stream then, for
// the middleware looks at a request once: context.WithDeadline does it.
func (t *Token[C]) ExpiresAt() time.Time {
	if t.expires == 0 {
		return time.Time{}
	}
	return time.Unix(t.expires, 0)
}

// Registered returns the claims that RFC 7519 section 4.1 names, whatever C holds
// of them, for a [Check] that serves every claims type. Dates are rounded down to a
// second. It reads the token again each time, which takes a part of what verifying
// it took. It is empty for a token that a test made.
func (t *Token[C]) Registered() jwt.RegisteredClaims { return tokenjson.Registered(payloadOf(t.Raw())) }

// Scopes returns what the token may be used for: the words of scope (RFC 8693
// section 4.2, RFC 9068) or, in a token without scope, those of scp, a string or an
// array as Microsoft Entra and Okta send it. A claim of another kind grants
// nothing. Like Registered it reads the token again. [RequireScopes] asks for it.
func (t *Token[C]) Scopes() []string {
	if t.scopes != nil {
		return slices.Clone(*t.scopes)
	}
	return tokenjson.Scopes(payloadOf(t.Raw()))
}

// WithScopes returns a copy of t that has these scopes, for tests of handlers: see
// [NewContext].
func (t Token[C]) WithScopes(scopes ...string) *Token[C] {
	scopes = slices.Clone(scopes)
	t.scopes = &scopes
	return &t
}

// String tells algorithm, key id and source, never the token or its claims.
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

// ClaimsFromContext returns the claims that the middleware for C verified. ok is
// false, and nobody logged in, behind no middleware for exactly this type, in a
// handler further out than it, and under AllowAnonymous when no token was sent.
func ClaimsFromContext[C any](ctx context.Context) (claims C, ok bool) {
	if t, ok := TokenFromContext[C](ctx); ok {
		return t.Claims, true
	}
	return claims, false
}

// TokenFromContext returns the token that the middleware for C verified. ok is
// as in [ClaimsFromContext].
func TokenFromContext[C any](ctx context.Context) (t *Token[C], ok bool) {
	t, _ = ctx.Value(tokenKey[C]{}).(*Token[C])
	return t, t != nil
}

// NewContext returns a context that carries t as if a middleware had verified
// it, for tests of handlers. A nil t is a request without a token.
func NewContext[C any](ctx context.Context, t *Token[C]) context.Context {
	return &tokenContext[C]{Context: ctx, token: t}
}

// A token's key is its type, so middlewares for two claims types stand in one
// chain. The others have none: guards look for the innermost.
type (
	tokenKey[C any] struct{}
	doorKey         struct{}
	grantKey        struct{}
)

// A tokenContext also hides a token further out: its own may be nil.
type tokenContext[C any] struct {
	context.Context
	token *Token[C]
	door  *door
}

func (c *tokenContext[C]) Value(key any) any {
	switch key.(type) {
	case tokenKey[C]:
		return c.token
	case doorKey:
		if c.door != nil {
			return c.door
		}
	case grantKey:
		return grant(c)
	}
	return c.Context.Value(key)
}

// A grant is what a token allows, whatever its claims type is.
type grant interface {
	// granted returns the scopes; ok says that there is a token.
	granted() (scopes []string, ok bool)
	claimsType() reflect.Type
}

func (c *tokenContext[C]) granted() ([]string, bool) {
	if c.token == nil {
		return nil, false
	}
	return c.token.Scopes(), true
}

func (c *tokenContext[C]) claimsType() reflect.Type { return reflect.TypeFor[C]() }

func (c *tokenContext[C]) String() string               { return "jwthttp.Context" }
func (c *tokenContext[C]) Format(f fmt.State, _ rune)   { f.Write([]byte(c.String())) }
func (c *tokenContext[C]) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// verified holds a token and the context that carries it in one allocation.
type verified[C any] struct {
	tokenContext[C]
	storage Token[C]
	raw     string
}

func newVerified[C any](ctx context.Context, d *door, raw string) *verified[C] {
	v := &verified[C]{raw: raw}
	v.storage.raw = &v.raw
	v.tokenContext = tokenContext[C]{Context: ctx, token: &v.storage, door: d}
	return v
}
