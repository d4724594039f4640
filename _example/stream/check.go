package main

import "github.com/jwthttp/jwthttp/_example/internal/try"

func steps(url string) []try.Step {
	cookie := `-b "token=$(curl -s -X POST ` + url + `/token)" `
	return []try.Step{
		try.Curl("the page with both streams, which is for a browser: "+url+"/", url+"/", 200, "<!doctype html>"),
		try.Curl("events for 8 seconds, and then the last one", `-N -H "Authorization: Bearer $(curl -s -X POST `+url+`/token)" `+url+"/events", 200, "event: expired"),
		try.Lines("the first event with a cookie, as a browser sends it", "curl -s -N "+cookie+url+"/events | head -n 2", `data: 1 for "alice"`),
		try.Curl("no token", url+"/events", 401, "No access token was sent"),
		try.Curl("a WebSocket that another site opens with the cookie", cookie+"-H 'Origin: https://evil.example' -H 'Connection: Upgrade' -H 'Upgrade: websocket' "+url+"/echo", 403, `"cross_origin"`),
	}
}
