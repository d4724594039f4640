package jwthttp

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/jwthttp/jwthttp/internal/guardhook"
	"github.com/jwthttp/jwthttp/internal/logtext"
	"github.com/jwthttp/jwthttp/internal/tokenjson"
)

// ClaimsFromContext returns the claims that the middleware for C verified. ok is false, and there
// is no user:
//   - in a handler that is not inside a middleware for exactly this type
//   - under AllowAnonymous, when no token was sent
func ClaimsFromContext[C any](ctx context.Context) (claims C, ok bool) {
	if t, ok := TokenFromContext[C](ctx); ok {
		return t.Claims, true
	}
	return claims, false
}

// TokenFromContext returns the token that the middleware for C verified. ok is as in
// [ClaimsFromContext].
func TokenFromContext[C any](ctx context.Context) (t *Token[C], ok bool) {
	t, _ = ctx.Value(tokenKey[C]{}).(*Token[C])
	return t, t != nil
}

// NewContext returns a context that carries t as if a middleware had verified it, for tests of
// handlers. A nil t is a request without a token.
func NewContext[C any](ctx context.Context, t *Token[C]) context.Context {
	return &tokenContext[C]{Context: ctx, token: t}
}

// A token's key is its type, so there may be middlewares for two claims types in one chain. The
// other keys have no type: guards ask for the innermost.
type (
	tokenKey[C any] struct{}
	attemptKey      struct{}
	scopedKey       struct{}
)

// A tokenContext hides a token of an outer context too: its own may be nil.
type tokenContext[C any] struct {
	context.Context
	token *Token[C]
	at    *attempt // nil for one that a test made
}

func (c *tokenContext[C]) Value(key any) any {
	switch key := key.(type) {
	case tokenKey[C]:
		return c.token
	case attemptKey:
		if c.at != nil {
			return c.at
		}
	case scopedKey:
		return scoped(c)
	case confirmedKey:
		if c.at != nil && c.token != nil && c.token.Raw() == key.token && c.at.asks(key.by) {
			return true
		}
	}
	return c.Context.Value(key)
}

// scoped is a context with a token of any claims type. It has the details of a refusal for want
// of a scope.
type scoped interface {
	detailer
	hasToken() bool
	hasScope(string) bool
	login() guardhook.Login
	refusedToken
	claimsType() reflect.Type
}

func (c *tokenContext[C]) hasToken() bool { return c.token != nil }

func (c *tokenContext[C]) hasScope(want string) bool {
	for have := range c.token.eachScope {
		if have == want {
			return true
		}
	}
	return false
}

func (c *tokenContext[C]) login() (l guardhook.Login) {
	if c.at != nil {
		l.Leeway = c.at.rules.Leeway
	}
	if c.token.facts != nil {
		l.Time, l.ACR = c.token.facts.Login()
	}
	return l
}

func (c *tokenContext[C]) tokenResult(at *attempt) Result { return c.token.tokenResult(at) }

func (c *tokenContext[C]) detail(f *failure) string {
	return f.Needs + ", the token has " + logtext.Quote(strings.Join(c.token.Scopes(), " ")) + ": have the client ask for it, and the issuer grant it"
}

func (c *tokenContext[C]) claimsType() reflect.Type { return reflect.TypeFor[C]() }

func (c *tokenContext[C]) String() string               { return "jwthttp.Context" }
func (c *tokenContext[C]) Format(f fmt.State, _ rune)   { f.Write([]byte(c.String())) }
func (c *tokenContext[C]) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// verified holds a token and the context that carries it in one allocation.
type verified[C any] struct {
	tokenContext[C]
	storage Token[C]
	facts   tokenjson.Facts
	raw     string
}

func newVerified[C any](ctx context.Context, at *attempt, raw string) *verified[C] {
	v := &verified[C]{raw: raw}
	v.storage.raw, v.storage.facts = &v.raw, &v.facts
	v.tokenContext = tokenContext[C]{Context: ctx, token: &v.storage, at: at}
	return v
}
