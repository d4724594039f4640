package providers

import (
	"log"
	"net/http"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

func cloudflare(audienceTag string, serve func(http.Handler)) {
	const team = "https://example.cloudflareaccess.com"
	keys, err := jwks.New(team+"/cdn-cgi/access/certs", jwks.Options{Issuer: team, Audience: []string{audienceTag}})
	if err != nil {
		log.Fatal(err)
	}
	place := jwthttp.HeaderNamed("Cf-Access-Jwt-Assertion")
	place.Source = "access-assertion" // it is made of a cookie: the cross-origin gate checks it
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{
		Extractors: []jwthttp.Extractor{place}, Leeway: 10 * time.Second,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer keys.Close()
	serve(auth.Handler(api))
}
