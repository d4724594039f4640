package jwthttp

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jwthttp/jwthttp/internal/syntax"
	"github.com/jwthttp/jwthttp/internal/tokenjson"
)

var (
	errUnasked       = errAudience.because(errors.New("the token has an aud and Options.Audience is empty: say there what this service is called, or set AllowAnyAudience"))
	errMissingExpiry = errMissingClaim.because(errors.New("exp is missing"))
	errMissingIssued = errMissingClaim.because(errors.New("iat is missing, which MaxAge needs"))
	errTooOld        = errExpired.because(errors.New("iat is further back than MaxAge"))
)

// The rules are what a token must say, whatever the claims type. They are compiled from
// Options.
type rules struct {
	issuer             string   // "" if any
	audience           []string // none if any, or if the token must have no aud
	allowAnyAudience   bool
	allowMissingExpiry bool
	allowSenderBound   bool
	leeway, maxAge     time.Duration
}

// check applies the rules, and those of the key that verified the token. Time comes last,
// so that "expired" is said only of a token that was good here once.
func (r *rules) check(f *tokenjson.Facts, k Key) error {
	bound := k.material
	if f.SenderIsBound && !r.allowSenderBound {
		return errBound
	}
	for _, want := range [...]string{r.issuer, bound.issuer} {
		if want != "" && !f.IsFrom(want) {
			if !f.HasIssuer() {
				return errIssuer.because(fmt.Errorf("the token has no iss, want %q", want))
			}
			return errIssuer.because(fmt.Errorf("want iss %q, to the letter (mind a slash at the end)", want))
		}
	}
	for _, want := range [...][]string{r.audience, bound.audience} {
		if f.IsFor(want) {
			continue
		}
		if !f.HasAudience() {
			return errAudience.because(fmt.Errorf("the token has no aud, want one of %q: have the issuer set it, or say AllowAnyAudience", want))
		}
		return errAudience.because(fmt.Errorf("want aud to name one of %q", want))
	}
	if f.HasAudience() && len(r.audience)+len(bound.audience) == 0 && !r.allowAnyAudience {
		return errUnasked // RFC 7519 section 4.1.3: it is not for us
	}

	now := time.Now()
	if f.NotBefore.Present && now.Add(r.leeway).Before(f.NotBefore.Ceil()) {
		return errNotYet.because(fmt.Errorf("nbf is %s ahead, and Leeway is %v", rounded(f.NotBefore.Ceil().Sub(now)), r.leeway))
	}
	if !f.Expires.Present && !r.allowMissingExpiry {
		return errMissingExpiry
	}
	if f.Expires.Present && !now.Before(f.Expires.Floor().Add(r.leeway)) {
		return errExpired.because(fmt.Errorf("exp is %s back, and Leeway is %v", rounded(now.Sub(f.Expires.Floor())), r.leeway))
	}
	if r.maxAge == 0 {
		return nil
	}
	if !f.IssuedAt.Present {
		return errMissingIssued
	}
	issued := f.IssuedAt.Floor()
	if now.Add(r.leeway).Before(issued) {
		return errIssuedLater
	}
	if now.After(issued.Add(r.maxAge).Add(r.leeway)) {
		return errTooOld
	}
	return nil
}

// rounded returns d for people: to a second, or in days where it is more than two of
// them. The largest time.Duration means more than that.
func rounded(d time.Duration) string {
	const day = 24 * time.Hour
	if d < 2*day {
		return (d + time.Second - 1).Truncate(time.Second).String() // up, or it would be 0s
	}
	if d == math.MaxInt64 {
		return "more than 290 years"
	}
	return fmt.Sprintf("%d days", d/day)
}

// acceptsType reports whether a token of the type typ is meant for access, RFC 7519 section
// 5.1: a logout token or a DPoP proof is not. want is the only type that is accepted, in its
// short form; "" accepts JWT, at+jwt and none.
func acceptsType(typ, want string) bool {
	typ = syntax.BareType(typ)
	if want != "" {
		return syntax.EqualFold(typ, want)
	}
	return typ == "" || typ == "JWT" || syntax.EqualFold(typ, "JWT") || syntax.EqualFold(typ, "at+jwt")
}
