package providers

import (
	"log"
	"net/http"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

func logto(serve func(http.Handler)) {
	keys, err := jwks.Discover("https://example.logto.app/oidc", jwks.Options{
		Audience: []string{"https://api.example.com"}, // the API identifier
	})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{Type: "at+jwt"})
	if err != nil {
		log.Fatal(err)
	}
	guarded := auth.Handler(jwthttp.RequireScopes("read:orders")(api))
	defer keys.Close()
	serve(guarded)
}
