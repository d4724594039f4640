package main

import (
	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/_bench/contest"
	"github.com/jwthttp/jwthttp/_bench/tokens"
)

// oddTokens measures good tokens that hardly any issuer sends. One name has an escape. A date has a
// fraction, and the claims type is golang-jwt's.
func oddTokens(r *Report) error {
	var runners []runner
	for _, work := range []struct {
		name    string
		payload func(int) string
	}{
		{"ten claims", tokens.Claims(10).Payload},
		{"ten claims, one name with an escape", tokens.EscapedName},
		{"ten claims, iat with a fraction", tokens.FractionalDate},
	} {
		more, err := served("HS256", contest.Signed("HS256", users, work.payload), passes, ours[tokens.ThreeClaims](work.name, jwthttp.Options{}))
		if err != nil {
			return err
		}
		runners = append(runners, more...)
	}
	t := r.inTurns("HS256: odd tokens", runners)
	r.Tables = append(r.Tables, t)
	r.atMost("an escaped member name, ratio to the plain one", t.Rows[1].Ratio, 1.4, 1.1)
	r.atMost("a date with a fraction, ratio to one without", t.Rows[2].Ratio, 1.4, 1.1)
	return nil
}
