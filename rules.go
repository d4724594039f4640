package jwthttp

import (
	"slices"
	"time"

	"github.com/jwthttp/jwthttp/internal/reason"
	"github.com/jwthttp/jwthttp/internal/syntax"
	"github.com/jwthttp/jwthttp/internal/tokenjson"
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
		if want != "" && f.Issuer() != want {
			return reason.Issuer
		}
	}
	for _, want := range [...][]string{r.audience, bound.audience} {
		if !f.IsFor(want) {
			return reason.Audience
		}
	}
	if f.HasAudience() && len(r.audience)+len(bound.audience) == 0 && !r.allowAnyAudience {
		return reason.Audience // RFC 7519 section 4.1.3: it is not for us
	}

	now := time.Now()
	if f.NotBefore.Present && now.Add(r.leeway).Before(f.NotBefore.Ceil()) {
		return reason.NotYetValid
	}
	if !f.Expires.Present && !r.allowMissingExpiry {
		return reason.MissingClaim
	}
	if f.Expires.Present && !now.Before(f.Expires.Floor().Add(r.leeway)) {
		return reason.Expired
	}
	if r.maxAge == 0 {
		return nil
	}
	if !f.IssuedAt.Present {
		return reason.MissingClaim
	}
	issued := f.IssuedAt.Floor()
	if now.Add(r.leeway).Before(issued) {
		return reason.IssuedLater
	}
	if now.After(issued.Add(r.maxAge).Add(r.leeway)) {
		return reason.Expired
	}
	return nil
}

// acceptsType reports whether a token of the type typ is meant for access, RFC 7519 section 5.1:
// a logout token or a DPoP proof is not. want are the types that are accepted, in their short
// form, "" for none; without any, JWT, at+jwt and none are accepted.
func acceptsType(typ string, want []string) bool {
	typ = syntax.BareType(typ)
	if len(want) > 0 {
		return slices.ContainsFunc(want, func(w string) bool { return syntax.EqualFold(typ, w) })
	}
	return typ == "" || typ == "JWT" || syntax.EqualFold(typ, "JWT") || syntax.EqualFold(typ, "at+jwt")
}
