package main

import "github.com/jwthttp/jwthttp/_example/internal/try"

func steps(alg, url string) []try.Step {
	return []try.Step{
		try.Curl("the page, which is for a browser: "+url+"/", url+"/", 200, "<!doctype html>"),
		try.Curl("no token, so it leads to the page", url+"/validate", 303, "Location: /?result=invalid"),
		try.Curl("a token in a cookie that scripts cannot read", "-c cookies "+url+"/generate", 303, "; HttpOnly; SameSite=Lax"),
		try.Lines("the header of the token, which everyone can read", "tail -n 1 cookies | cut -f 7 | cut -d . -f 1 | base64 -d; echo", `"alg":"`+alg+`"`),
		try.Curl("the token is good; after a minute it is not, which leads to the page", "-b cookies "+url+"/validate", 200, "Valid token of bob"),
		try.Curl("a bad token is taken from the browser", "-b token=x "+url+"/validate", 303, "Set-Cookie: token=; Path=/; Max-Age=0"),
		try.Curl("a form of another site cannot log the user out", "-b cookies -X POST -H 'Origin: https://other.example' "+url+"/forget", 403, `"cross_origin"`),
		try.Curl("a form of this site can", "-b cookies -c cookies -X POST "+url+"/forget", 303, "Location: /?result=forgotten"),
		try.Curl("and the token is gone", "-b cookies "+url+"/validate", 303, "Location: /?result=invalid"),
	}
}
