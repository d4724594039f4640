package main

import (
	"testing"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/_bench/contest"
	"github.com/jwthttp/jwthttp/_bench/tokens"
)

// Every contestant accepts what it is measured with, and refuses what it must refuse.
func TestContestantsServeRealTokens(t *testing.T) {
	both := []contest.ClaimsType{contest.RegisteredOnly, contest.Map}
	for _, task := range []task{
		{tokens.Auth0, append(both, auth0Three, auth0All)}, {tokens.KeycloakLarge, append(both, keycloakThree, keycloakAll)},
		{tokens.EntraLarge, append(both, entraThree, entraAll)}, {tokens.Claims(250), append(both, manyThree)},
		{tokens.Clients(200), append(both, manyThree, clientsAll)},
	} {
		for _, typ := range task.types {
			contestants := typ.Same
			if typ.Alone.Protect != nil {
				contestants = append(contestants[:len(contestants):len(contestants)], typ.Alone)
			}
			for _, c := range contestants {
				t.Run(task.shape.String()+", "+typ.Name+", "+c.Name, func(t *testing.T) {
					if _, err := served("HS256", contest.Signed("HS256", 2, task.shape.Payload), c); err != nil {
						t.Error(err)
					}
				})
			}
		}
	}
}

// A contestant that refuses its tokens is not measured: it would seem to be fast.
func TestRefusedTokensAreAnError(t *testing.T) {
	otherKey := keysContestant("x", jwthttp.HS256(secret(1)).WithID(contest.KeyID), contest.Issuer)
	if _, err := servedBy(otherKey, "HS256", contest.Tokens("HS256", 0, 2)); err == nil {
		t.Error("no error")
	}
}
