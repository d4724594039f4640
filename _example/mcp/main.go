// Mcp is a server of the Model Context Protocol whose tools know who calls them.
//
//	go run ./mcp
//
// It prints a token and requests to try. ADDR is its address, 127.0.0.1:5000 if unset. ISSUER is
// an authorization server that issues the tokens instead. Pages of ORIGIN may call, which is
// that of the MCP Inspector if unset.
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/jwks"
	"github.com/jwthttp/jwthttp/oauth"
)

func main() {
	if len(os.Args) > 1 {
		log.Fatal("mcp takes no arguments; from the environment it takes ADDR, ISSUER and ORIGIN")
	}
	listener, err := net.Listen("tcp", cmp.Or(os.Getenv("ADDR"), "127.0.0.1:5000"))
	if err != nil {
		log.Fatal(err)
	}
	self, issuer := "http://"+listener.Addr().String(), os.Getenv("ISSUER")
	resources := []string{self + "/mcp", self + "/sessions", self + "/sdk"}
	var keys jwthttp.KeySource
	if issuer != "" {
		source, err := jwks.Discover(issuer, jwks.Options{Audience: resources})
		if err != nil {
			log.Fatal(err)
		}
		keys = source
		fmt.Printf("an MCP client needs only this URL: %s/mcp\n", self)
	} else {
		issuer = "https://issuer.example.com"
		secret := make([]byte, 32)
		rand.Read(secret)
		keys = jwthttp.HS256(secret)
		token, err := mint(context.Background(), secret, issuer, "alice", readScope, resources...)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf(requests, self, token)
	}
	handler, err := newHandler(self, issuer, keys, cmp.Or(os.Getenv("ORIGIN"), "http://localhost:6274"))
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(server.Serve(listener))
}

const requests = `# where to get a token: the challenge names a document, which names the issuer
curl -i -X POST %[1]s/mcp
curl %[1]s/.well-known/oauth-protected-resource/mcp

# a tool (an MCP client wants the URL %[1]s/mcp and the header; /sessions and /sdk
# serve the same tools in other ways)
TOKEN=%[2]s
call() { curl -i -H "Authorization: Bearer $TOKEN" -H 'Accept: application/json, text/event-stream' --json "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"$1\",\"arguments\":$2}}" %[1]s/mcp; }
call whoami {}

# one that this token has no scope for: the challenge says which
call note '{"text":"buy milk"}'
`

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
