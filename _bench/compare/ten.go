package main

import (
	"fmt"
	"strconv"

	"github.com/jwthttp/jwthttp/_bench/contest"
)

const different = 2000 // tokens in turn: with a repeated token, a decoder's cache would seem too good

// contestants returns all of them, or those that the goals name.
func (r *Report) contestants() []contest.Contestant {
	if r.Quick {
		return []contest.Contestant{contest.Ours, contest.Floor, contest.CristalHQ, contest.GolangJWT, contest.Auth0, contest.JWTAuth}
	}
	return contest.All
}

func hs256(r *Report) error {
	runners, err := served("HS256", contest.Tokens("HS256", 0, different), r.contestants()...)
	if err != nil {
		return err
	}
	t := r.inTurns("HS256: 2,000 different tokens in turn", runners)
	r.Tables = append(r.Tables, t)
	r.atMost("HS256, ratio to its floor", 1/t.row(contest.Floor.Name).Ratio, 0.80, 0.69)
	r.atLeast("HS256, times faster than golang-jwt typed", t.row(contest.GolangJWT.Name).Ratio, 4, 5)
	r.atLeast("HS256, times faster than cristalhq", t.row(contest.CristalHQ.Name).Ratio, 3.2, 3.6)
	r.atLeast("HS256, times faster than auth0 v3", t.row(contest.Auth0.Name).Ratio, 17, 21)
	r.atLeast("HS256, times faster than jwtauth", t.row(contest.JWTAuth.Name).Ratio, 17, 21)
	r.atMost("HS256, allocations", t.Rows[0].Allocs, 12, 0)
	r.atMost("HS256, bytes", t.Rows[0].Bytes, 1040, 0) // the payload is one string, which the claims share
	return nil
}

func rs256Seen(r *Report) error {
	runners, err := served("RS256", contest.Tokens("RS256", 0, 200), r.contestants()...)
	if err != nil {
		return err
	}
	t := r.inTurns("RS256, seen before: 200 tokens in turn", runners)
	r.Tables = append(r.Tables, t)
	r.atLeast("RS256 seen before, times faster than golang-jwt typed", t.row(contest.GolangJWT.Name).Ratio, 13, 17)
	r.atLeast("RS256 seen before, times faster than auth0 v3", t.row(contest.Auth0.Name).Ratio, 15, 0)
	return nil
}

// rs256First gives jwthttp a new memory for every pass. The time to make the memory is not
// measured.
func rs256First(r *Report) error {
	tokens := contest.Tokens("RS256", 0, different)
	rigs := make([]*contest.Rig, r.Rounds+1)
	for i := range rigs {
		var err error
		if rigs[i], err = contest.Ours.NewRig("RS256"); err != nil {
			return err
		}
	}
	round := 0
	ours := runner{contest.Ours.Name, func() int {
		for _, token := range tokens {
			rigs[round].Serve(token)
		}
		round++
		return len(tokens)
	}}
	others, err := served("RS256", tokens, contest.Floor, contest.OursNoMemory, contest.GolangJWT)
	if err != nil {
		return err
	}
	t := r.inTurns("RS256, first sight: 2,000 different tokens", append([]runner{ours}, others...))
	r.Tables = append(r.Tables, t)
	r.atMost("RS256 first sight, ratio to its floor", 1/t.row(contest.Floor.Name).Ratio, 1.12, 0)
	return nil
}

func forged(r *Report) error {
	contestants := []contest.Contestant{contest.Ours, contest.GolangJWT, contest.Auth0, contest.JWTAuth}
	if r.Quick {
		contestants = contestants[:2]
	}
	for _, alg := range []string{"HS256", "RS256"} {
		token := contest.Forged(alg)
		if n := len(token) - len("Bearer "); n > 8<<10 || n < 7<<10 {
			return fmt.Errorf("the forged token has %d bytes: it is to be nearly 8 KiB", n)
		}
		var runners []runner
		for _, c := range contestants {
			rig, err := c.NewRig(alg)
			if err != nil {
				return err
			}
			runners = append(runners, runnerOf(c.Name, rig, []contest.Token{token}, 2000))
		}
		hash := contest.HMACOf(token)
		if alg == "HS256" {
			runners = append(runners, runner{"floor: the HMAC of those bytes", func() int {
				for range 2000 {
					hash()
				}
				return 2000
			}})
		}
		t := r.inTurns(alg+", forged, "+strconv.Itoa(len(token))+" bytes", runners)
		r.Tables = append(r.Tables, t)
		if alg == "RS256" {
			r.atMost("forged RS256, bytes", t.Rows[0].Bytes, 1536, 0)
			continue
		}
		r.atLeast("forged HS256, times faster than golang-jwt", t.row(contest.GolangJWT.Name).Ratio, 6, 0)
		r.atMost("forged HS256, ratio to the HMAC of those bytes", 1/t.row("floor: the HMAC of those bytes").Ratio, 1.6, 1.5)
		r.atMost("forged HS256, bytes", t.Rows[0].Bytes, 256, 0)
	}
	return nil
}
