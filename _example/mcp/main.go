// Mcp is a server of the Model Context Protocol whose tools know who calls them.
//
//	go run ./mcp          serves, and prints a token and requests to try
//	go run ./mcp -check   sends those requests itself and checks the answers
//
// ADDR is its address, 127.0.0.1:5000 if unset. ISSUER is an authorization server that issues the
// tokens instead. Pages of ORIGIN may call, which is that of the MCP Inspector if unset.
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/_example/internal/try"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/jwks"
	"github.com/jwthttp/jwthttp/oauth"
)

func main() {
	demo := try.Start()
	self, issuer := demo.URL, os.Getenv("ISSUER")
	resources := []string{self + "/mcp", self + "/sessions", self + "/sdk"}
	steps := stepsWithoutToken(self)
	var keys jwthttp.KeySource
	if issuer != "" {
		source, err := jwks.Discover(issuer, jwks.Options{Audience: resources})
		if err != nil {
			log.Fatal(err)
		}
		keys = source
	} else {
		issuer = "https://issuer.example.com"
		secret := make([]byte, 32)
		rand.Read(secret)
		keys = jwthttp.HS256(secret)
		token, err := mint(context.Background(), secret, issuer, "alice", readScope, resources...)
		if err != nil {
			log.Fatal(err)
		}
		steps = append(steps, stepsWithToken(self, token)...)
	}
	handler, err := newHandler(self, issuer, keys, cmp.Or(os.Getenv("ORIGIN"), "http://localhost:6274"))
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	if err := demo.Serve(server.Serve, steps); err != nil {
		log.Fatal(err)
	}
}

// mint makes an access token by RFC 9068. A real issuer signs with a private key, and the
// server fetches the public key: see ../provider.
func mint(ctx context.Context, secret []byte, issuer, subject, scope string, audience ...string) (string, error) {
	opts := issue.Options{Issuer: issuer, Audience: audience, Type: "at+jwt", Lifetime: time.Hour}
	iss, err := issue.New[oauth.Claims](opts, issue.HS256(secret))
	if err != nil {
		return "", err
	}
	token, _, err := iss.Token(ctx, oauth.Claims{
		RegisteredClaims: jwt.RegisteredClaims{Subject: subject}, ClientID: "demo", Scope: oauth.Scope(scope),
	})
	return token, err
}
