package main

import "github.com/jwthttp/jwthttp/_example/internal/try"

func steps(router, url, token string) []try.Step {
	header := `-H "Authorization: Bearer $TOKEN" `
	all := []try.Step{
		try.Lines("a token of alice", "TOKEN="+token, ""),
		try.Curl("a page that needs no token", url+"/", 200, welcome),
	}
	if router == "connect" {
		return append(all, []try.Step{
			try.Curl("a token in the header", header+"--json '{}' "+url+"/api.v1.API/Me", 200, "alice"),
			try.Curl("no token", "--json '{}' "+url+"/api.v1.API/Me", 401, "No access token was sent"),
			try.Curl("a token that lacks a scope", header+"--json '{}' "+url+"/api.v1.API/Admin", 403, "insufficient_scope"),
		}...)
	}
	return append(all, []try.Step{
		try.Curl("a token in the header", header+url+"/me", 200, "alice"),
		try.Curl("a token in a cookie, as a browser sends it", `-b "token=$TOKEN" `+url+"/me", 200, "alice"),
		try.Curl("no token", url+"/me", 401, "No access token was sent"),
		try.Curl("a token that lacks a scope", header+url+"/admin", 403, "insufficient_scope"),
		try.Curl("the cookie, sent by a page of another site", `-b "token=$TOKEN" -H "Sec-Fetch-Site: cross-site" --json '{"text":"hello"}' `+url+"/notes", 403, "cross_origin"),
	}...)
}
