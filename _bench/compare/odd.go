package main

import (
	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/_bench/contest"
	"github.com/jwthttp/jwthttp/_bench/tokens"
)

// oddTokens measures good tokens that hardly any issuer sends. One name has an escape. A date has a
// fraction, and the claims type is golang-jwt's: the library's decoder decodes this one.
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
	floor, err := served("HS256", contest.Tokens("HS256", 0, users), passes, contest.Floor)
	if err != nil {
		return err
	}
	t := r.inTurns("HS256: odd tokens", append(runners, floor...))
	r.Tables = append(r.Tables, t)
	r.atMost("an escaped member name, ratio to the plain one", t.Rows[1].Ratio, 1.4, 1.1)
	r.atMost("a date with a fraction (the slow way), ratio to what it cost before", t.Rows[2].Ratio/t.row(contest.Floor.Name).Ratio/slowWayBefore, 1.4, 1.1)
	return nil
}

// slowWayBefore is what a date with a fraction cost while the library decoded all payloads, as a
// multiple of the floor: the median of three runs of this measurement at that time.
const slowWayBefore = 2.1
