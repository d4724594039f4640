// Package rules has what a verified token must say, whatever the claims type, and words for a log
// why one was refused.
package rules

import (
	"slices"
	"time"

	"github.com/jwthttp/jwthttp/internal/reason"
	"github.com/jwthttp/jwthttp/internal/syntax"
	"github.com/jwthttp/jwthttp/internal/tokenjson"
)

// Rules are compiled from Options.
type Rules struct {
	Issuer             string   // "" if any
	Audience           []string // none if any, or if the token must have no aud
	AllowAnyAudience   bool
	AllowMissingExpiry bool
	AllowSenderBound   bool
	Leeway, MaxAge     time.Duration
}

// A Sender is the issuer that a key is bound to, with the audiences for which it signs. Both may be
// empty.
type Sender struct {
	Issuer   string
	Audience []string
}

// Check applies the rules, and those of the key that verified the token. Time comes last, so that
// "expired" is said only of a token that was good here once.
func (r *Rules) Check(f *tokenjson.Facts, key *Sender) error {
	if f.Confirmation() != "" && !r.AllowSenderBound {
		return reason.SenderBound
	}
	for _, want := range [...]string{r.Issuer, key.Issuer} {
		if want != "" && f.Issuer() != want {
			return reason.Issuer
		}
	}
	for _, want := range [...][]string{r.Audience, key.Audience} {
		if !f.IsFor(want) {
			return reason.Audience
		}
	}
	if f.HasAudience() && len(r.Audience)+len(key.Audience) == 0 && !r.AllowAnyAudience {
		return reason.Audience // RFC 7519 section 4.1.3: it is not for us
	}

	now := time.Now()
	if f.NotBefore.Present() && now.Add(r.Leeway).Before(f.NotBefore.Ceil()) {
		return reason.NotYetValid
	}
	if !f.Expires.Present() && !r.AllowMissingExpiry {
		return reason.MissingClaim
	}
	if f.Expires.Present() && !now.Before(f.Expires.Floor().Add(r.Leeway)) {
		return reason.Expired
	}
	if r.MaxAge == 0 {
		return nil
	}
	if !f.IssuedAt.Present() {
		return reason.MissingClaim
	}
	issued := f.IssuedAt.Floor()
	if now.Add(r.Leeway).Before(issued) {
		return reason.IssuedLater
	}
	if now.After(issued.Add(r.MaxAge).Add(r.Leeway)) {
		return reason.Expired
	}
	return nil
}

// ShortTypes returns the short forms of the types that AcceptsType is to accept: of one if it is not
// "", else of all in list.
func ShortTypes(one string, list []string) []string {
	types := slices.Clone(list)
	if one != "" {
		types = []string{one}
	}
	for i := range types {
		types[i] = syntax.BareType(types[i])
	}
	return types
}

// AcceptsType reports whether a token of the type typ is meant for access, RFC 7519 section 5.1:
// a logout token or a DPoP proof is not. want are the types that are accepted, in their short
// form, "" for none; without any, JWT, at+jwt and none are accepted.
func AcceptsType(typ string, want []string) bool {
	typ = syntax.BareType(typ)
	if len(want) > 0 {
		return slices.ContainsFunc(want, func(w string) bool { return syntax.EqualFold(typ, w) })
	}
	return typ == "" || typ == "JWT" || syntax.EqualFold(typ, "JWT") || syntax.EqualFold(typ, "at+jwt")
}
