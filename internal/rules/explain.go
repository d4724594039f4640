package rules

import (
	"time"

	"github.com/jwthttp/jwthttp/internal/detail"
	"github.com/jwthttp/jwthttp/internal/reason"
	"github.com/jwthttp/jwthttp/internal/tokenjson"
)

// Explain says what was wanted and what came. The token with this payload was refused for why, when
// it was.
func (r *Rules) Explain(why *reason.Reason, payload string, key *Sender, when time.Time) string {
	claims, _ := tokenjson.ReadFacts(payload, true)
	switch why {
	case reason.SenderBound:
		return detail.SenderBound
	case reason.Issuer:
		want := r.Issuer
		if want == "" || claims.Issuer() == want {
			want = key.Issuer
		}
		return detail.Issuer(want, claims.Issuer(), claims.HasIssuer())
	case reason.Audience:
		want, option := r.Audience, "Options.Audience"
		if claims.IsFor(want) {
			want, option = key.Audience, "the Audience of its keys (jwks.Options or WithIssuer)"
		}
		return detail.Audience(want, claims.Audience(), option)
	case reason.NotYetValid:
		return detail.Ahead("nbf", claims.NotBefore.Ceil().Sub(when), r.Leeway)
	case reason.IssuedLater:
		return detail.Ahead("iat", claims.IssuedAt.Floor().Sub(when), r.Leeway)
	case reason.MissingClaim:
		if !claims.Expires.Present() && !r.AllowMissingExpiry {
			return detail.MissingExpiry
		}
		return detail.MissingIssuedAt
	case reason.Expired:
		if claims.Expires.Present() && !when.Before(claims.Expires.Floor().Add(r.Leeway)) {
			return detail.Expired(when.Sub(claims.Expires.Floor()), r.Leeway)
		}
		return detail.TooOld(when.Sub(claims.IssuedAt.Floor()), r.MaxAge, r.Leeway)
	}
	return ""
}
