package providers

import (
	"context"
	"errors"
	"log"
	"net/http"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

func cognito(pool, clientID string, serve func(http.Handler)) {
	keys, err := jwks.Discover("https://cognito-idp.eu-central-1.amazonaws.com/"+pool, jwks.Options{AllowAnyAudience: true})
	if err != nil {
		log.Fatal(err)
	}
	type Claims struct {
		ClientID string `json:"client_id"`
		Use      string `json:"token_use"`
	}
	isForUs := func(_ context.Context, t *jwthttp.Token[Claims]) error {
		if t.Claims.Use != "access" || t.Claims.ClientID != clientID {
			return errors.New("not an access token of our app client")
		}
		return nil
	}
	auth, err := jwthttp.New(keys, jwthttp.Options{}, isForUs)
	if err != nil {
		log.Fatal(err)
	}
	defer keys.Close()
	serve(auth.Handler(api))
}
