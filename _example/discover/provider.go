package main

import (
	"crypto/rand"
	"crypto/rsa"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/issue"
)

const demoAudience = "demo"

// A provider is an identity provider for trying: every caller gets a token.
type provider struct {
	issuer string
	key    issue.Key
}

// startProvider serves a provider until the program ends.
func startProvider(addr string) (*provider, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	p := &provider{"http://" + listener.Addr().String(), issue.NewKey(jwt.SigningMethodRS256, key).WithID("demo-1")}
	iss, err := p.newIssuer(demoAudience)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/.well-known/openid-configuration", iss.Metadata())
	mux.Handle("/.well-known/jwks.json", iss.JWKS())
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		token, _, err := iss.Token(r.Context(), Claims{Subject: r.FormValue("sub")})
		if err != nil {
			log.Print(err)
			jwthttp.WriteError(w, r, err)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		io.WriteString(w, token)
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go server.Serve(listener)
	return p, nil
}

func (p *provider) newIssuer(audience string) (*issue.Issuer[Claims], error) {
	return issue.New[Claims](issue.Options{Issuer: p.issuer, Audience: []string{audience}, Lifetime: time.Hour}, p.key)
}
