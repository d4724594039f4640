package main

import "github.com/jwthttp/jwthttp/_example/internal/try"

func steps(url, issuer string) []try.Step {
	// In a browser, a user opens /login, and fills in the form.
	login := "ID=$(curl -s -L -c cookies -b cookies " + url + `/login | sed -n 's/.*name="id" value="\([^"]*\).*/\1/p')
TOKENS=$(curl -s -L -c cookies -b cookies -d id=$ID -d username=test-user2 -d password=verysecure ` + issuer + "/login/username)\n"
	keep := `TOKEN=$(echo "$TOKENS"` + try.Member("access_token") + "); echo $TOKEN"
	orders := `-H "Authorization: Bearer $TOKEN" ` + url + "/orders"
	return []try.Step{
		try.Curl("no token", url+"/orders", 401, "No access token was sent"),
		try.Lines("a login, in a browser at "+url+"/login, as test-user2 with the password verysecure", login+keep, "eyJ"),
		try.Curl("the access token is good", orders, 200, `"sub":"id2"`),
		try.Curl("the ID token is not for an API", `-H "Authorization: Bearer $(echo "$TOKENS"`+try.Member("id_token")+`)" `+url+"/orders", 403, `"insufficient_scope"`),
		try.Curl("the provider makes a new key", "-X POST "+issuer+"/rotate", 200, ""),
		try.Lines("a login again, which the new key signs", login+keep, "eyJ"),
		try.Curl("the API accepts it at once", orders, 200, `"sub":"id2"`),
	}
}
