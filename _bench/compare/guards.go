package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/_bench/contest"
	"github.com/jwthttp/jwthttp/_bench/tokens"
	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/oauth"
)

// guards measures RequireScopes, one inside another. Each asks for a scope of its own. RequireRecent is
// beside them.
func guards(r *Report) error {
	scopes := []string{"orders:read", "orders:write", "orders:cancel", "customers:read", "customers:write"}
	loggedIn := fmt.Sprintf(`,"auth_time":%d,"scope":"%s"`, time.Now().Unix(), strings.Join(scopes, " "))
	all := contest.Signed("HS256", users, func(i int) string {
		return strings.Replace(tokens.Claims(10).Payload(i), `,"scope":"orders:read"`, loggedIn, 1)
	})
	protect := ours[contest.Claims]("", jwthttp.Options{}).Protect
	var runners []runner
	add := func(name string, guards ...func(http.Handler) http.Handler) error {
		run, err := servedBy(contest.Contestant{Name: name, Protect: func(alg string, next http.Handler) (http.Handler, error) {
			for _, guard := range guards {
				next = guard(next)
			}
			return protect(alg, next)
		}}, "HS256", all)
		runners = append(runners, run)
		return err
	}
	var inside []func(http.Handler) http.Handler
	err := add("jwthttp, 0 guards")
	for i, scope := range scopes {
		inside = append(inside, jwthttp.RequireScopes(scope))
		err = errors.Join(err, add(fmt.Sprintf("jwthttp, %d guards", i+1), inside...))
	}
	if err := errors.Join(err, add("jwthttp, RequireRecent", oauth.RequireRecent(time.Hour))); err != nil {
		return err
	}
	t := r.inTurns("HS256: RequireScopes inside the middleware, and RequireRecent", runners)
	r.Tables = append(r.Tables, t)
	r.atMost("five RequireScopes, ratio to none", t.Rows[len(scopes)].Ratio, 1.6, 1.3)
	return nil
}

// denylists measures lists in memory. None of the tokens is in them. A quick run has no long list.
func denylists(r *Report) error {
	sizes := []int{0, 1000, 1_000_000}
	if r.Quick {
		sizes = sizes[:2]
	}
	all := contest.Tokens("HS256", 0, users)
	runners, err := served("HS256", all, ours[contest.Claims]("no denylist", jwthttp.Options{}))
	if err != nil {
		return err
	}
	for _, n := range sizes {
		list, err := denied(n)
		if err != nil {
			return err
		}
		more, err := served("HS256", all, ours(fmt.Sprintf("denylist of %d", n), jwthttp.Options{}, denylist.Check[contest.Claims](list)))
		if err != nil {
			return err
		}
		runners = append(runners, more...)
	}
	t := r.inTurns("HS256: a denylist in memory", runners)
	r.Tables = append(r.Tables, t)
	r.atMost("an empty denylist, ratio to none", t.Rows[1].Ratio, 1.2, 1.1)
	return nil
}

// denied returns a list of n tokens.
func denied(n int) (*denylist.List, error) {
	list, err := denylist.NewMemory(denylist.Options{MaxLifetime: 24 * time.Hour, MaxEntries: max(n, 1)})
	for i := 0; i < n && err == nil; i++ {
		err = list.RevokeToken(context.Background(), contest.Issuer, fmt.Sprint("revoked-", i), time.Now().Add(time.Hour))
	}
	return list, err
}
