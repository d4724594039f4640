package providers

import (
	"log"
	"net/http"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

func auth0(serve func(http.Handler)) {
	keys, err := jwks.Discover("https://example.eu.auth0.com/", jwks.Options{
		Audience: []string{"https://api.example.com"}, // the Identifier of the API
	})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer keys.Close()
	serve(auth.Handler(api))
}
