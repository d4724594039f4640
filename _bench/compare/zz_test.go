package main
import ("testing";"fmt"
"github.com/jwthttp/jwthttp/_bench/contest"
"github.com/jwthttp/jwthttp/_bench/tokens"
)
func run(b *testing.B, name, alg string, toks []contest.Token, c contest.Contestant) {
	b.Run(name, func(b *testing.B){
		rig, err := c.NewRig(alg); if err != nil { b.Fatal(err) }
		b.ReportAllocs()
		i := 0
		for b.Loop() { rig.Serve(toks[i]); i++; if i==len(toks) {i=0} }
	})
}
func BenchmarkZZ(b *testing.B){
	toks := contest.Tokens("HS256",0,2000)
	for _, c := range []contest.Contestant{contest.Ours, contest.Floor, contest.GolangJWT, contest.CristalHQ} {
		run(b, "ten/"+c.Name, "HS256", toks, c)
	}
	rs := contest.Tokens("RS256",0,200)
	for _, c := range []contest.Contestant{contest.Ours,  contest.GolangJWT} {
		run(b, "seen/"+c.Name, "RS256", rs, c)
	}
	for _, s := range tokens.Providers {
		types := map[string][]contest.ClaimsType{
			"Auth0": {auth0Three, auth0All}, "Keycloak": {keycloakThree, keycloakAll}, "Entra": {entraThree, entraAll},
		}[s.Name]
		all := contest.Signed("HS256", users, s.Payload)
		run(b, fmt.Sprint(s, "/3/alone"), "HS256", all, types[0].Alone)
		run(b, fmt.Sprint(s, "/3/golang"), "HS256", all, types[0].Same[1])
		run(b, fmt.Sprint(s, "/3/same"), "HS256", all, types[0].Same[0])
		run(b, fmt.Sprint(s, "/all/same"), "HS256", all, types[1].Same[0])
		run(b, fmt.Sprint(s, "/all/golang"), "HS256", all, types[1].Same[1])
		run(b, fmt.Sprint(s, "/reg/same"), "HS256", all, contest.RegisteredOnly.Same[0])
		run(b, fmt.Sprint(s, "/reg/golang"), "HS256", all, contest.RegisteredOnly.Same[1])
		run(b, fmt.Sprint(s, "/map/same"), "HS256", all, contest.Map.Same[0])
		run(b, fmt.Sprint(s, "/map/golang"), "HS256", all, contest.Map.Same[1])
	}
}
