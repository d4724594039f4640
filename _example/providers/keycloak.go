package providers

import (
	"context"
	"errors"
	"log"
	"net/http"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

func keycloak(serve func(http.Handler)) {
	keys, err := jwks.Discover("https://id.example.com/realms/staff", jwks.Options{Audience: []string{"orders"}})
	if err != nil {
		log.Fatal(err)
	}
	type Claims struct {
		Subject string `json:"sub"`
		Type    string `json:"typ"` // of the payload
	}
	isAccessToken := func(_ context.Context, t *jwthttp.Token[Claims]) error {
		if t.Claims.Type != "Bearer" {
			return errors.New("not an access token")
		}
		return nil
	}
	auth, err := jwthttp.New(keys, jwthttp.Options{}, isAccessToken)
	if err != nil {
		log.Fatal(err)
	}
	defer keys.Close()
	serve(auth.Handler(api))
}
