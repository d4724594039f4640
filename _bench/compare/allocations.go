package main

import (
	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/_bench/contest"
	"github.com/jwthttp/jwthttp/_bench/tokens"
)

// fewAllocations counts allocations where most members are wanted, and where few are.
func fewAllocations(r *Report) error {
	three, err := served("HS256", contest.Signed("HS256", users, tokens.Claims(10).Payload), ours[tokens.Three]("ten claims, 3 fields", jwthttp.Options{}))
	if err != nil {
		return err
	}
	groups, err := served("HS256", contest.Signed("HS256", users, tokens.Groups(1000).Payload), ours[tokens.ThreeAndGroups]("1,000 wanted groups", jwthttp.Options{}))
	if err != nil {
		return err
	}
	t := r.inTurns("HS256: allocations", append(three, groups...))
	r.Tables = append(r.Tables, t)
	r.atMost("ten claims with 3 fields, allocations", t.Rows[0].Allocs, 4, 3)
	r.atMost("1,000 wanted groups, allocations", t.Rows[1].Allocs, 10, 5)
	return nil
}
