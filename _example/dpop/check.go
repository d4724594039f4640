package main

import "github.com/jwthttp/jwthttp/_example/internal/try"

// steps has the client too, which is the same program.
func (s site) steps(program string) []try.Step {
	orders := s.api + "/orders"
	status, want := 401, `"error":"invalid_token"`
	if s.profile == "both" {
		status, want = 200, "ok"
	}
	return []try.Step{
		try.Curl("no token, and the challenge says what is needed", orders, 401, "Www-Authenticate: DPoP "),
		try.Lines("a client that has a key, and a token which is bound to it", "CALL=$('"+program+"' -call "+s.origin+"/orders -issuer "+s.issuer+`); echo "$CALL"`, "200 ok"),
		try.Lines("the same request again, as a thief who has read it would send it: 401", `echo "$CALL" | grep DPoP: | sh`, `"error":"invalid_dpop_proof"`),
		try.Lines("the token alone, as a thief who has read a log would send it: 401", `echo "$CALL" | grep Bearer | sh`, `"error":"invalid_token"`),
		try.Curl("a token that is bound to no key", `-H "Authorization: Bearer $(curl -s -X POST `+s.issuer+`/token)" `+orders, status, want),
		try.Curl("a page for a browser, with a key that no script can read: "+s.issuer+"/", s.issuer+"/", 200, "<!doctype html>"),
	}
}
