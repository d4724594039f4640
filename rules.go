package jwthttp

import (
	"errors"
	"fmt"
	"time"

	"github.com/jwthttp/jwthttp/internal/logtext"
	"github.com/jwthttp/jwthttp/internal/reason"
	"github.com/jwthttp/jwthttp/internal/syntax"
	"github.com/jwthttp/jwthttp/internal/tokenjson"
)

var (
	errUnasked       = because(reason.Audience, errors.New("the token has an aud and Options.Audience is empty: say there what this service is called, or set AllowAnyAudience"))
	errMissingExpiry = because(reason.MissingClaim, errors.New("exp is missing"))
	errMissingIssued = because(reason.MissingClaim, errors.New("iat is missing, which MaxAge needs"))
	errTooOld        = because(reason.Expired, errors.New("iat is further back than MaxAge"))
)

// The rules are what a token must say, whatever the claims type. They are compiled from Options.
type rules struct {
	issuer             string   // "" if any
	audience           []string // none if any, or if the token must have no aud
	allowAnyAudience   bool
	allowMissingExpiry bool
	allowSenderBound   bool
	leeway, maxAge     time.Duration
}

// check applies the rules, and those of the key that verified the token. Time comes last, so that
// "expired" is said only of a token that was good here once.
func (r *rules) check(f *tokenjson.Facts, k Key) error {
	bound := k.material
	if f.SenderIsBound && !r.allowSenderBound {
		return reason.SenderBound
	}
	for _, want := range [...]string{r.issuer, bound.issuer} {
		if want != "" && !f.IsFrom(want) {
			if !f.HasIssuer() {
				return because(reason.Issuer, fmt.Errorf("the token has no iss, want %q", want))
			}
			return because(reason.Issuer, fmt.Errorf("want iss %q, to the letter (mind a slash at the end)", want))
		}
	}
	for _, want := range [...][]string{r.audience, bound.audience} {
		if f.IsFor(want) {
			continue
		}
		if !f.HasAudience() {
			return because(reason.Audience, fmt.Errorf("the token has no aud, want one of %q: have the issuer set it, or say AllowAnyAudience", want))
		}
		return because(reason.Audience, fmt.Errorf("want aud to name one of %q", want))
	}
	if f.HasAudience() && len(r.audience)+len(bound.audience) == 0 && !r.allowAnyAudience {
		return errUnasked // RFC 7519 section 4.1.3: it is not for us
	}

	now := time.Now()
	if f.NotBefore.Present && now.Add(r.leeway).Before(f.NotBefore.Ceil()) {
		return because(reason.NotYetValid, fmt.Errorf("nbf is %s ahead, and Leeway is %v", logtext.Duration(f.NotBefore.Ceil().Sub(now)), r.leeway))
	}
	if !f.Expires.Present && !r.allowMissingExpiry {
		return errMissingExpiry
	}
	if f.Expires.Present && !now.Before(f.Expires.Floor().Add(r.leeway)) {
		return because(reason.Expired, fmt.Errorf("exp is %s back, and Leeway is %v", logtext.Duration(now.Sub(f.Expires.Floor())), r.leeway))
	}
	if r.maxAge == 0 {
		return nil
	}
	if !f.IssuedAt.Present {
		return errMissingIssued
	}
	issued := f.IssuedAt.Floor()
	if now.Add(r.leeway).Before(issued) {
		return reason.IssuedLater
	}
	if now.After(issued.Add(r.maxAge).Add(r.leeway)) {
		return errTooOld
	}
	return nil
}

// acceptsType reports whether a token of the type typ is meant for access, RFC 7519 section 5.1:
// a logout token or a DPoP proof is not. want is the only type that is accepted, in its short
// form; "" accepts JWT, at+jwt and none.
func acceptsType(typ, want string) bool {
	typ = syntax.BareType(typ)
	if want != "" {
		return syntax.EqualFold(typ, want)
	}
	return typ == "" || typ == "JWT" || syntax.EqualFold(typ, "JWT") || syntax.EqualFold(typ, "at+jwt")
}
