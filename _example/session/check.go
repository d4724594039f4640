package main

import "github.com/jwthttp/jwthttp/_example/internal/try"

func steps(site string) []try.Step {
	const browser = "-c cookies -b cookies "
	// The lines after a request of an app keep its tokens.
	tokens := func(request string) string {
		return "ANSWER=$(curl -s " + request + `); echo "$ANSWER"
ACCESS=$(echo "$ANSWER"` + try.Member("access_token") + `)
REFRESH=$(echo "$ANSWER"` + try.Member("refresh_token") + ")"
	}
	const app = `-H "Authorization: Bearer $ACCESS" `
	refresh := `-d "grant_type=refresh_token&refresh_token=$REFRESH" ` + site + "/refresh"
	return []try.Step{
		try.Curl("nobody is logged in", site+"/me", 401, `"No access token was sent"`),
		try.Curl("a browser logs in", browser+"-d user=alice "+site+"/login", 303, "Set-Cookie: refresh="),
		try.Curl("it has an access token", browser+site+"/me", 200, `"sub":"alice"`),
		try.Lines("the access token is over, and it is still logged in", "grep -v access cookies >refresh; curl -s -c cookies -b refresh "+site+"/me", `"sub":"alice"`),
		try.Curl("it can also refresh by itself", browser+"-X POST "+site+"/refresh", 204, ""),
		try.Curl("a form of another site cannot log it out", browser+"-X POST -H 'Origin: https://other.example' "+site+"/logout", 403, `"cross_origin"`),
		try.Lines("an app logs in", tokens("-d user=alice "+site+"/token"), `"token_type":"Bearer"`),
		try.Curl("it has an access token", app+site+"/me", 200, `"sub":"alice"`),
		try.Lines("it refreshes", tokens(refresh), `"refresh_token":"jr1_`),
		try.Curl("both are devices of alice", browser+site+"/devices", 200, `"current":true`),
		try.Curl("the browser ends the app", browser+"-X POST "+site+"/devices/end-others", 204, ""),
		try.Curl("the access token of the app has ended", app+site+"/me", 401, `"invalid_token"`),
		try.Curl("and so has its refresh token", refresh, 400, `"invalid_grant"`),
		try.Curl("the browser logs out", browser+"-X POST "+site+"/logout", 204, ""),
		// curl may keep one of two cookies that an answer takes away, so the 401 may be for a token.
		try.Curl("nobody is logged in", browser+site+"/me", 401, `"status":401`),
	}
}
