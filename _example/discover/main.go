// Discover protects an API with the keys that an identity provider publishes.
//
//	go run ./discover          runs a provider of its own too, and prints requests to try
//	go run ./discover -check   sends those requests itself and checks the answers
//	ISSUER=https://tenant.example.com/ AUDIENCE=https://api.example.com go run ./discover
//
// ISSUER is the iss of a provider's tokens, exactly. AUDIENCE is the name of this API in their
// aud. ADDR is the address of the API, 127.0.0.1:5000 if unset.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
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
	steps := stepsForAll(demo.URL)
	issuer, audience := os.Getenv("ISSUER"), os.Getenv("AUDIENCE")
	if issuer == "" {
		p, err := startProvider("127.0.0.1:0")
		if err != nil {
			log.Fatal(err)
		}
		issuer, audience = p.issuer, demoAudience
		steps = append(steps, stepsWithTokens(demo.URL, issuer)...)
	}
	if audience == "" {
		log.Fatal("AUDIENCE is not set: it is what the tokens of ISSUER call this API in aud")
	}
	api, keys, err := newAPI(issuer, audience)
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Handler: api, ReadHeaderTimeout: 5 * time.Second}
	err = demo.Serve(server.Serve, steps)
	keys.Close()
	if err != nil {
		log.Fatal(err)
	}
}

func newAPI(issuer, audience string) (http.Handler, *jwks.Source, error) {
	keys, err := jwks.Discover(issuer, jwks.Options{Audience: []string{audience}})
	if err != nil {
		return nil, nil, err
	}
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{})
	if err != nil {
		return nil, nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /me", auth.Handler(http.HandlerFunc(me)))
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, r *http.Request) {
		if err := keys.Ready(r.Context()); err != nil {
			http.Error(w, "no keys yet", http.StatusServiceUnavailable)
		}
	})
	return mux, keys, nil
}

// me is called only with a verified token.
func me(w http.ResponseWriter, r *http.Request) {
	token, _ := jwthttp.TokenFromContext[Claims](r.Context())
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]string{"sub": token.Claims.Subject, "kid": token.Header.KeyID})
}
