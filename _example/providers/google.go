package providers

import (
	"log"
	"net/http"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

func google(serve func(http.Handler)) {
	opts := jwks.Options{Audience: []string{"1234567890-example.apps.googleusercontent.com"}}
	long, err := jwks.Discover("https://accounts.google.com", opts)
	if err != nil {
		log.Fatal(err)
	}
	opts.Issuer = "accounts.google.com"
	short, err := jwks.New("https://www.googleapis.com/oauth2/v3/certs", opts)
	if err != nil {
		log.Fatal(err)
	}
	both := jwthttp.Issuers{long.Issuer(): long, short.Issuer(): short}
	auth, err := jwthttp.New[Claims](both, jwthttp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer long.Close()
	defer short.Close()
	serve(auth.Handler(api))
}
