// Package before has the programs of docs/migrating.md under the headings "Before". Each uses
// another package than jwthttp, so that the tests send it what they send its successor. To be short,
// they ignore errors of New.
package before

import (
	"context"
	"errors"
	"net/http"

	"github.com/golang-jwt/jwt/v5"
)

// CustomClaims are those of auth0 beside the registered ones.
type CustomClaims struct {
	Scope string `json:"scope"`
}

// Validate is called for every token.
func (c *CustomClaims) Validate(context.Context) error {
	if c.Scope == "" {
		return errors.New("no scope")
	}
	return nil
}

// UserClaims are those of golang-jwt and echo-jwt.
type UserClaims struct {
	Scope string `json:"scope"`
	jwt.RegisteredClaims
}

type contextKey struct{}

func loginAgain(w http.ResponseWriter, _ *http.Request, _ error) {
	http.Error(w, "log in again", http.StatusUnauthorized)
}
