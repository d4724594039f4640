package providers

import (
	"log"
	"net/http"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

func spring(serve func(http.Handler)) {
	keys, err := jwks.Discover("https://auth.example.com", jwks.Options{
		Audience: []string{"orders-web"}, // the client IDs of your clients
	})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{Leeway: 10 * time.Second})
	if err != nil {
		log.Fatal(err)
	}
	guarded := auth.Handler(jwthttp.RequireScopes("orders.read")(api)) // ID tokens have no scope
	defer keys.Close()
	serve(guarded)
}
