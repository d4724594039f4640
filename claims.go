package jwthttp

import (
	"fmt"
	"math"
	"time"

	"github.com/jwthttp/jwthttp/internal/tokenjson"
)

// validate applies these rules, and those of the key that verified the token. Time
// comes last, so that "expired" is said only of a token that was good here.
func (o *Options) validate(f *tokenjson.Facts, k Key) error {
	bound := k.material
	if f.SenderIsBound && !o.AllowSenderConstrained {
		return errBound
	}
	for _, want := range [...]string{o.Issuer, bound.issuer} {
		if want != "" && !f.IsFrom(want) {
			if !f.HasIssuer() {
				return errIssuer.because(fmt.Errorf("the token has no iss, want %q", want))
			}
			return errIssuer.because(fmt.Errorf("want iss %q, to the letter (mind a slash at the end)", want))
		}
	}
	for _, want := range [...][]string{o.Audience, bound.audience} {
		if f.IsFor(want) {
			continue
		}
		if !f.HasAudience() {
			return errAudience.because(fmt.Errorf("the token has no aud, want one of %q: have the issuer set it, or say AllowAnyAudience", want))
		}
		return errAudience.because(fmt.Errorf("want aud to name one of %q", want))
	}
	if f.HasAudience() && len(o.Audience)+len(bound.audience) == 0 && !o.AllowAnyAudience {
		return errUnasked // RFC 7519 section 4.1.3: it is not for us
	}

	now := time.Now()
	if f.NotBefore.Present && now.Add(o.Leeway).Before(f.NotBefore.Ceil()) {
		return errNotYet.because(fmt.Errorf("nbf is %s ahead, and Leeway is %v", rounded(f.NotBefore.Ceil().Sub(now)), o.Leeway))
	}
	if !f.Expires.Present && !o.AllowMissingExpiry {
		return errMissingExpiry
	}
	if f.Expires.Present && !now.Before(f.Expires.Floor().Add(o.Leeway)) {
		return errExpired.because(fmt.Errorf("exp is %s back, and Leeway is %v", rounded(now.Sub(f.Expires.Floor())), o.Leeway))
	}
	if o.MaxAge == 0 {
		return nil
	}
	if !f.IssuedAt.Present {
		return errMissingIssued
	}
	issued := f.IssuedAt.Floor()
	if now.Add(o.Leeway).Before(issued) {
		return errIssuedLater
	}
	if now.After(issued.Add(o.MaxAge).Add(o.Leeway)) {
		return errTooOld
	}
	return nil
}

// rounded returns d for people: to a second, or in days where it is more than two of
// them. The largest time.Duration stands for everything beyond it.
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
