package main

import (
	"math"
	"slices"

	"github.com/jwthttp/jwthttp/_bench/contest"
	"github.com/jwthttp/jwthttp/_bench/tokens"
)

const users = 500 // of a shape, each with a token

// A task is a shape of tokens and the claims types to decode them into.
type task struct {
	shape tokens.Shape
	types []contest.ClaimsType
}

func custom[T any, P interface {
	*T
	contest.CustomClaims
}]() contest.CustomClaims {
	return P(new(T))
}

var (
	auth0Three = contest.Typed[tokens.Auth0ThreeClaims, tokens.Auth0Three](threeFields, custom[struct {
		tokens.Auth0Three
		contest.Validates
	}])
	auth0All = contest.Typed[tokens.Auth0AllClaims, tokens.Auth0All](allFields, custom[struct {
		tokens.Auth0All
		contest.Validates
	}])
	keycloakThree = contest.Typed[tokens.KeycloakThreeClaims, tokens.KeycloakThree](threeFields, custom[struct {
		tokens.KeycloakThree
		contest.Validates
	}])
	keycloakAll = contest.Typed[tokens.KeycloakAllClaims, tokens.KeycloakAll](allFields, custom[struct {
		tokens.KeycloakAll
		contest.Validates
	}])
	entraThree = contest.Typed[tokens.EntraThreeClaims, tokens.EntraThree](threeFields, custom[struct {
		tokens.EntraThree
		contest.Validates
	}])
	entraAll = contest.Typed[tokens.EntraAllClaims, tokens.EntraAll](allFields, custom[struct {
		tokens.EntraAll
		contest.Validates
	}])
	manyThree = contest.Typed[tokens.ThreeClaims, tokens.Three](threeFields, custom[struct {
		tokens.Three
		contest.Validates
	}])
	clientsAll = contest.Typed[tokens.ClientsClaims, tokens.ThreeAndClients](allFields, custom[struct {
		tokens.ThreeAndClients
		contest.Validates
	}])
)

const (
	threeFields = "3 fields"
	allFields   = "all fields"
)

// realTokens measures the tokens of providers with the same claims type for all packages. Three
// fields are measured without those of RFC 7519 too, since only the other packages need these.
func realTokens(r *Report) error {
	for _, shape := range tokens.Providers {
		types := map[string][]contest.ClaimsType{
			"Auth0": {auth0Three, auth0All}, "Keycloak": {keycloakThree, keycloakAll}, "Entra": {entraThree, entraAll},
		}[shape.Name]
		tables, err := r.measureTask(task{shape, append(types, contest.RegisteredOnly, contest.Map)})
		if err != nil {
			return err
		}
		three, typed, mapped := tables[0], tables[:3], tables[3]
		name := shape.String()
		r.atLeast(name+", the same claims type, times faster than golang-jwt", slowest(typed, contest.GolangJWT.Name), 3, 4.5)
		if shape.Name != "Auth0" {
			alone := three.row(types[0].Alone.Name).Ratio
			r.atLeast(name+", 3 fields, times faster than golang-jwt typed", three.row(contest.GolangJWT.Name).Ratio/alone, 4, 5)
		}
		r.atLeast(name+", MapClaims, times faster than golang-jwt", mapped.row(contest.GolangJWTMap.Name).Ratio, 1.8, 2.4)
	}
	return nil
}

// manyMembers measures tokens with more claims or clients than most have.
func manyMembers(r *Report) error {
	var tasks []task
	claims, clients := []int{10, 30, 65, 100, 250}, []int{10, 50, 200}
	if r.Quick {
		claims, clients = []int{10, 65, 250}, []int{200}
	}
	for _, n := range claims {
		tasks = append(tasks, task{tokens.Claims(n), []contest.ClaimsType{manyThree, contest.RegisteredOnly, contest.Map}})
	}
	for _, n := range clients {
		tasks = append(tasks, task{tokens.Clients(n), []contest.ClaimsType{manyThree, clientsAll, contest.RegisteredOnly, contest.Map}})
	}
	for _, task := range tasks {
		tables, err := r.measureTask(task)
		if err != nil {
			return err
		}
		r.atLeast(task.shape.String()+", times faster than golang-jwt", slowest(tables, contest.GolangJWT.Name, contest.GolangJWTMap.Name), 1.5, 3)
		r.atLeast(task.shape.String()+", times faster than the fastest package", slowest(tables), 1, 0)
	}
	return nil
}

// measureTask returns a table for each claims type. A quick run has only the fast packages.
func (r *Report) measureTask(t task) (tables []Table, err error) {
	all := contest.Signed("HS256", users, t.shape.Payload)
	for _, typ := range t.types {
		contestants := typ.Same
		if r.Quick {
			contestants = contestants[:3]
		}
		if typ.Alone.Protect != nil {
			contestants = append(contestants[:len(contestants):len(contestants)], typ.Alone)
		}
		runners, err := served("HS256", all, contestants...)
		if err != nil {
			return nil, err
		}
		table := r.inTurns(t.shape.String()+", "+typ.Name, runners)
		if typ.Name != contest.Map.Name {
			table.Note = contest.JWTAuth.Name + " has no claims types: see MapClaims"
		}
		tables = append(tables, table)
	}
	r.Tables = append(r.Tables, tables...)
	return tables, nil
}

// slowest returns how many times faster jwthttp is than a package, in the table where it is least.
// The package has one of the names, or is the fastest one if there are none.
func slowest(tables []Table, names ...string) float64 {
	least := math.Inf(1)
	for _, t := range tables {
		for _, row := range t.Rows[1:] {
			if slices.Contains(names, row.Name) || len(names) == 0 && !isOurs(row.Name) {
				least = min(least, row.Ratio)
			}
		}
	}
	return least
}
