package main

import "github.com/jwthttp/jwthttp/_example/internal/try"

func steps(url string) []try.Step {
	verify := "-X POST " + url + "/verify-token"
	return []try.Step{
		try.Curl("sign a token", url+"/sign-token", 200, `{"token":"eyJ`),
		try.Lines("sign one, and keep it", "TOKEN=$(curl -s "+url+"/sign-token"+try.Member("token")+"); echo $TOKEN", "eyJ"),
		try.Curl("who it is for", verify+` -H "Authorization: Bearer $TOKEN"`, 200, `{"id":1,"username":"alice"}`),
		try.Curl("no token", verify, 401, "No access token was sent"),
		try.Curl("a changed token", verify+` -H "Authorization: Bearer ${TOKEN%????}AAAA"`, 401, "The access token signature is invalid"),
		try.Curl("a token without a signature", verify+" -H 'Authorization: Bearer eyJhbGciOiJub25lIn0.e30.'", 401, "The access token is malformed"),
	}
}
