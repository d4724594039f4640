package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/_example/internal/try"
)

func (iss *issuer) steps(ctx context.Context, url string) []try.Step {
	bob := jwt.MapClaims{"sub": "bob"}
	hs256 := must(iss.minters["HS256"].Token(ctx, bob))
	// An issuer makes no expired token.
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.RegisteredClaims{
		Issuer: iss.opts.Issuer, Audience: iss.opts.Audience, ExpiresAt: jwt.NewNumericDate(time.Now().Add(-time.Minute)),
	}).SignedString(iss.secret)
	expired := must(token, time.Time{}, err)
	// The claims of another user, with the signature of the good token.
	parts := strings.Split(hs256, ".")
	forged := parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"admin","exp":4102444800}`)) + "." + parts[2]

	me := url + "/me"
	bearer := func(token string) string { return me + " -H 'Authorization: Bearer " + token + "'" }
	refused := func(sentence string) string {
		return fmt.Sprintf("Www-Authenticate: Bearer realm=\"api\", error=\"invalid_token\", error_description=\"%s\"\r\n", sentence)
	}
	steps := []try.Step{
		try.Curl("a good token in the header", bearer(hs256), 200, `"source":"header:Authorization"`),
		try.Curl("the same in a cookie", me+" -H 'Cookie: token="+hs256+"'", 200, `"source":"cookie:token"`),
		try.Curl("an expired one", bearer(expired), 401, refused("The access token expired")),
		try.Curl("a forged one", bearer(forged), 401, refused("The access token signature is invalid")),
		try.Curl("none", me, 401, "Www-Authenticate: Bearer realm=\"api\"\r\n"),
	}
	if minter := iss.minters["RS256"]; minter != nil {
		steps = append(steps, try.Curl("a good one, RS256", bearer(must(minter.Token(ctx, bob))), 200, `"algorithm":"RS256"`))
	}
	return append(steps, try.Curl("a token of your own", "-X POST "+url+"/token -d sub=alice -d alg=HS256", 200, `"token":"eyJ`))
}

// must returns a token of a key that is in memory, and of claims that are in order.
func must(token string, _ time.Time, err error) string {
	if err != nil {
		panic(err)
	}
	return token
}
