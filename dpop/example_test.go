package dpop_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/dpop"
	"github.com/jwthttp/jwthttp/issue"
)

// A service, and a client whose token is of no use to anybody else.
func Example() {
	server := httptest.NewUnstartedServer(nil)
	origin := "http://" + server.Listener.Addr().String() // https://api.example.com, of a real service

	// The service accepts proofs for its own origin, and tokens that are bound to a key.
	proofs, err := dpop.New(dpop.Options{Origins: []string{origin}})
	if err != nil {
		log.Fatal(err)
	}
	iss, err := issue.New[jwt.RegisteredClaims](issue.Options{Bindings: []jwthttp.Binding{proofs}}, issue.HS256([]byte("an example's secret of 32 bytes.")))
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New[jwt.RegisteredClaims](iss, iss.Options())
	if err != nil {
		log.Fatal(err)
	}
	server.Config.Handler = auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, _ := jwthttp.ClaimsFromContext[jwt.RegisteredClaims](r.Context())
		fmt.Printf("%s %s by %s\n", r.Method, r.RequestURI, claims.Subject)
	}))
	server.Start()
	defer server.Close()

	// The client has a key. An issuer, here this program, binds its tokens to the key.
	key, err := dpop.GenerateKey()
	if err != nil {
		log.Fatal(err)
	}
	cnf := issue.Claim{Name: "cnf", Value: map[string]string{"jkt": key.Thumbprint()}}
	token, _, err := iss.Token(context.Background(), jwt.RegisteredClaims{Subject: "alice"}, cnf)
	if err != nil {
		log.Fatal(err)
	}
	transport, err := dpop.NewTransport(key, dpop.TransportOptions{
		Origins: []string{origin},
		Token:   func(context.Context) (string, error) { return token, nil },
	})
	if err != nil {
		log.Fatal(err)
	}
	client := &http.Client{Transport: transport}
	resp, err := client.Get(origin + "/orders?page=2")
	if err != nil {
		log.Fatal(err)
	}
	resp.Body.Close()
	fmt.Println(resp.StatusCode)

	// Somebody who has stolen the token has no key.
	r, err := http.NewRequest("GET", origin+"/orders", nil)
	if err != nil {
		log.Fatal(err)
	}
	r.Header.Set("Authorization", "DPoP "+token)
	resp, err = http.DefaultClient.Do(r)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	var problem struct{ Error string }
	if err := json.NewDecoder(resp.Body).Decode(&problem); err != nil {
		log.Fatal(err)
	}
	fmt.Println(resp.StatusCode, problem.Error)
	// Output:
	// GET /orders?page=2 by alice
	// 200
	// 401 invalid_dpop_proof
}
