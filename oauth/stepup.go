package oauth

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jwthttp/jwthttp/internal/detail"
	"github.com/jwthttp/jwthttp/internal/guardhook"
	"github.com/jwthttp/jwthttp/internal/logtext"
	"github.com/jwthttp/jwthttp/internal/reason"
	"github.com/jwthttp/jwthttp/internal/syntax"
)

// RequireRecent returns a guard for handlers inside a [jwthttp.Middleware] for any claims type: the
// user must have logged in recently, or strongly enough, RFC 9470. Others get a 401 with the error
// insufficient_user_authentication. It says what is wanted, so that the client sends the user to
// log in again, and comes back with another token.
//
//	transfer := oauth.RequireRecent(5*time.Minute, "urn:example:mfa")
//	mux.Handle("POST /transfer", auth.Handler(transfer(handler)))
//
// A token must have:
//
//   - auth_time that is at most maxAge ago, and not ahead. The middleware's Leeway counts. auth_time
//     does not change when a token is refreshed.
//   - one of acr as its acr, compared exactly. The client is told all of them, so begin with the one
//     that you prefer. Without any, each acr is good, and so is none.
//
// maxAge is in whole seconds. 0 is no rule for the age: no client could meet max_age=0, because every
// login is older than that when its token arrives. All else is as with [jwthttp.RequireScopes]. These
// are faults of the program too: a negative maxAge or one with fractions of a second, neither maxAge
// nor acr, and an acr that has spaces, quotes or backslashes or is empty.
func RequireRecent(maxAge time.Duration, acr ...string) func(http.Handler) http.Handler {
	acr = slices.Clone(acr)
	var fault error
	switch {
	case maxAge < 0 || maxAge%time.Second != 0:
		fault = fmt.Errorf("RequireRecent was given the age %v: pass whole seconds, such as 5*time.Minute, or 0 for any age", maxAge)
	case maxAge == 0 && len(acr) == 0:
		fault = errors.New("RequireRecent was given no rule: pass an age, such as 5*time.Minute, or an acr")
	case slices.ContainsFunc(acr, func(s string) bool { return !syntax.IsWord(s) }):
		fault = fmt.Errorf("RequireRecent was given %q: pass each acr as an argument of its own, in printable ASCII without spaces, quotes and backslashes", acr)
	}
	var wanted []string // RFC 9470 section 3
	if len(acr) > 0 {
		wanted = append(wanted, `acr_values="`+strings.Join(acr, " ")+`"`)
	}
	if maxAge > 0 {
		wanted = append(wanted, `max_age="`+strconv.FormatInt(int64(maxAge/time.Second), 10)+`"`)
	}
	refusal := reason.Login.WithParameters(strings.Join(wanted, ", "))
	return guardhook.New("RequireRecent", fault, refusal, func(login guardhook.Login) error {
		if len(acr) > 0 && !slices.Contains(acr, login.ACR) {
			return fmt.Errorf("the token has acr %s, want %s: have the client pass acr_values to the issuer, and the issuer set acr", logtext.Quote(login.ACR), logtext.Quotes(acr))
		}
		if maxAge == 0 {
			return nil
		}
		age := time.Since(login.Time)
		switch {
		case login.Time.IsZero():
			return errors.New("the token has no auth_time that is a number of seconds since 1970: have the issuer set it in access tokens, RFC 9068 section 2.2.1")
		case age < -login.Leeway:
			return errors.New(detail.Ahead("auth_time", time.Until(login.Time), login.Leeway))
		case age-login.Leeway > maxAge: // maxAge+login.Leeway may be more than a Duration can be
			return fmt.Errorf("the login is %s old, and at most %v are accepted: the user has to log in again", logtext.Duration(age), maxAge)
		}
		return nil
	})
}
