// Provider protects an API with the tokens of a real OpenID provider: the example
// server of github.com/zitadel/oidc, which runs in the same process.
//
//	go run ./provider          serves, and prints how to log in and what to try
//	go run ./provider -check   logs in and tries it itself, and checks the answers
//
// ADDR is the address of the API, 127.0.0.1:5000 if unset.
package main

import (
	"encoding/json"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/_example/internal/try"
	"github.com/jwthttp/jwthttp/jwks"
)

// Claims are what the API reads of a token.
type Claims struct {
	Subject string `json:"sub"`
}

func main() {
	demo := try.Start()
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	issuer, self := "http://"+other.Addr().String(), demo.URL
	p, err := newProvider(issuer, self+"/callback")
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", p.handler)
	mux.HandleFunc("POST /rotate", func(w http.ResponseWriter, _ *http.Request) {
		if err := p.rotate(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	go (&http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}).Serve(other)

	api, keys, err := newAPI(issuer, nil)
	if err != nil {
		log.Fatal(err)
	}
	app, err := newApp(issuer, self+"/callback", nil)
	if err != nil {
		log.Fatal(err)
	}
	api.Handle("GET /login", app.login)
	api.Handle("GET /callback", app.callback)
	server := &http.Server{Handler: api, ReadHeaderTimeout: 5 * time.Second}
	err = demo.Serve(server.Serve, steps(self, issuer))
	keys.Close()
	if err != nil {
		log.Fatal(err)
	}
}

// newAPI fetches keys with client, or with the default of package jwks if it is nil.
func newAPI(issuer string, client *http.Client) (*http.ServeMux, *jwks.Source, error) {
	// The provider puts the id of the client that requested the token in aud.
	keys, err := jwks.Discover(issuer, jwks.Options{Audience: []string{clientID}, Client: client})
	if err != nil {
		return nil, nil, err
	}
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{})
	if err != nil {
		return nil, nil, err
	}
	// The provider's ID tokens have the same iss, aud, typ and key. They have no scope, so
	// this guard refuses them.
	readers := jwthttp.RequireScopes(scope)
	mux := http.NewServeMux()
	mux.Handle("GET /orders", auth.Handler(readers(http.HandlerFunc(orders))))
	return mux, keys, nil
}

// orders is called only with a verified token that has the scope.
func orders(w http.ResponseWriter, r *http.Request) {
	token, _ := jwthttp.TokenFromContext[Claims](r.Context())
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]string{"sub": token.Claims.Subject, "kid": token.Header.KeyID})
}
