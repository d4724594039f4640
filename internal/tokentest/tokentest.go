// Package tokentest has tokens and a middleware for tests of lists.
package tokentest

import (
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/denylist"
)

// Secret signs the tokens of [Sign].
var Secret = []byte("0123456789abcdef0123456789abcdef")

// Sign returns a token with these claims. iat is now and exp an hour ahead, unless claims has
// them. A claim that is nil is left out.
func Sign(t testing.TB, claims jwt.MapClaims) string {
	t.Helper()
	all := jwt.MapClaims{"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()}
	for name, value := range claims {
		all[name] = value
		if value == nil {
			delete(all, name)
		}
	}
	raw, err := jwt.NewWithClaims(jwt.SigningMethodHS256, all).SignedString(Secret)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// Protect returns a middleware that checks list.
func Protect[C any](t testing.TB, list *denylist.List) *jwthttp.Middleware[C] {
	t.Helper()
	auth, err := jwthttp.New(jwthttp.HS256(Secret), jwthttp.Options{MaxTokenBytes: 64 << 10}, denylist.Check[C](list))
	if err != nil {
		t.Fatal(err)
	}
	return auth
}
