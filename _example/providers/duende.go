package providers

import (
	"log"
	"net/http"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

func duende(serve func(http.Handler)) {
	keys, err := jwks.Discover("https://identity.example.com", jwks.Options{
		Audience: []string{"orders"}, // the name of the ApiResource
	})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{Type: "at+jwt", Leeway: 10 * time.Second})
	if err != nil {
		log.Fatal(err)
	}
	guarded := auth.Handler(jwthttp.RequireScopes("orders.read")(api))
	defer keys.Close()
	serve(guarded)
}
