// Package guardhook lets package oauth and module grpcauth make a guard as package jwthttp makes its
// own: with the challenge, the error handler, the log and OnResult of the middleware that it is
// inside of.
package guardhook

import (
	"net/http"
	"time"

	"github.com/jwthttp/jwthttp/internal/reason"
)

// A Login is what a verified token says of the user's login.
type Login struct {
	Time   time.Time // auth_time; zero if the token has none, or one that is no date
	ACR    string    // "" likewise
	Leeway time.Duration
}

// New returns the guard of that name. It refuses with r what accept has an error for, and
// says the error in the log. If fault is not nil, the guard refuses every request, because the
// program asked for something that cannot be.
var New func(name string, fault error, r *reason.Reason, accept func(Login) error) func(http.Handler) http.Handler

// Set sets New. Package jwthttp calls it once, when it is initialized. It returns a value
// so that a variable can be declared with it.
func Set(newGuard func(name string, fault error, r *reason.Reason, accept func(Login) error) func(http.Handler) http.Handler) struct{} {
	New = newGuard
	return struct{}{}
}
