package main

import "github.com/jwthttp/jwthttp/_example/internal/try"

func stepsForAll(url string) []try.Step {
	return []try.Step{
		try.Curl("the API has the keys of the provider", url+"/ready", 200, ""),
		try.Curl("no token", url+"/me", 401, "No access token was sent"),
	}
}

// stepsWithTokens are for the provider that every caller gets a token of.
func stepsWithTokens(url, issuer string) []try.Step {
	return []try.Step{
		try.Curl("what the provider says of itself", issuer+"/.well-known/openid-configuration", 200, issuer+"/.well-known/jwks.json"),
		try.Lines("a token of the provider", "TOKEN=$(curl -s -X POST "+issuer+"/token -d sub=alice); echo $TOKEN", "eyJ"),
		try.Curl("the API accepts it", `-H "Authorization: Bearer $TOKEN" `+url+"/me", 200, `"sub":"alice"`),
		try.Curl("a changed token", `-H "Authorization: Bearer ${TOKEN%????????}AAAAAAAA" `+url+"/me", 401, "The access token signature is invalid"),
	}
}
