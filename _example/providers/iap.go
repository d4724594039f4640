package providers

import (
	"log"
	"net/http"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

func iap(serve func(http.Handler)) {
	keys, err := jwks.New("https://www.gstatic.com/iap/verify/public_key-jwk", jwks.Options{
		Issuer:   "https://cloud.google.com/iap",
		Audience: []string{"/projects/123456789012/global/backendServices/1234567890123456789"},
	})
	if err != nil {
		log.Fatal(err)
	}
	place := jwthttp.HeaderNamed("X-Goog-Iap-Jwt-Assertion")
	place.Source = "iap-assertion" // it is made of a cookie: the cross-origin gate checks it
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{
		Extractors: []jwthttp.Extractor{place}, Leeway: 30 * time.Second,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer keys.Close()
	serve(auth.Handler(api))
}
