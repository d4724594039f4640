package providers

import (
	"log"
	"net/http"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

func okta(serve func(http.Handler)) {
	keys, err := jwks.Discover("https://example.okta.com/oauth2/default", jwks.Options{
		Audience: []string{"api://default"},
	})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	guarded := auth.Handler(jwthttp.RequireScopes("orders.read")(api))
	defer keys.Close()
	serve(guarded)
}
