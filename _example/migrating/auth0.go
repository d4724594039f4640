package migrating

import (
	"log"
	"net/http"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/dpop"
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

// fromAuth0DPoP takes bound tokens, and others too.
func fromAuth0DPoP(keys jwthttp.KeySource) *jwthttp.Middleware[Claims] {
	proofs, err := dpop.New(dpop.Options{Origins: []string{"https://api.example.com"}, MaxAge: 5 * time.Minute})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{Bindings: []jwthttp.Binding{proofs}, AllowUnbound: true})
	if err != nil {
		log.Fatal(err)
	}
	return auth
}
