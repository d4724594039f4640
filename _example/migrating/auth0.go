package migrating

import (
	"log"
	"net/http"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

func fromAuth0(issuer string, mux *http.ServeMux, serve func()) {
	keys, err := jwks.Discover(issuer, jwks.Options{Audience: []string{"orders"}})
	if err != nil {
		log.Fatal(err)
	}
	defer keys.Close()
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{
		Leeway:         30 * time.Second,
		AllowAnonymous: true, // WithCredentialsOptional
		ErrorHandler:   loginAgain,
	})
	if err != nil {
		log.Fatal(err)
	}
	mux.Handle("/orders", auth.Handler(http.HandlerFunc(orders)))
	serve()
}
