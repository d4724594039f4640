package main

import "github.com/jwthttp/jwthttp/_example/internal/try"

func steps(url string) []try.Step {
	token := "TOKEN=$(curl -s -X POST " + url + "/token -d sub=alice"
	return []try.Step{
		try.Curl("no token", url+"/me", 401, "No access token was sent"),
		try.Lines("a token", token+"); echo $TOKEN", "eyJ"),
		try.Curl("it is good", `-H "Authorization: Bearer $TOKEN" `+url+"/me", 200, `"sub":"alice"`),
		try.Lines("a token of two seconds", token+" -d ttl=2s); echo $TOKEN; sleep 2", "eyJ"),
		try.Curl("it expired", `-H "Authorization: Bearer $TOKEN" `+url+"/me", 401, "The access token expired"),
		try.Lines("the figures", "curl -s "+url+"/metrics | grep auth_requests_total", `auth_requests_total{outcome="refused",reason="expired"} 1`),
	}
}
