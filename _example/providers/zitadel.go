package providers

import (
	"context"
	"errors"
	"log"
	"net/http"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

func zitadel(serve func(http.Handler)) {
	keys, err := jwks.Discover("https://example.zitadel.cloud", jwks.Options{
		Audience: []string{"234567890123456789"}, // the ID of the project
	})
	if err != nil {
		log.Fatal(err)
	}
	isAccessToken := func(_ context.Context, t *jwthttp.Token[Claims]) error {
		if t.Registered().ID == "" {
			return errors.New("an ID token: it has no jti")
		}
		return nil
	}
	auth, err := jwthttp.New(keys, jwthttp.Options{Leeway: 10 * time.Second}, isAccessToken)
	if err != nil {
		log.Fatal(err)
	}
	defer keys.Close()
	serve(auth.Handler(api))
}
