package providers

import (
	"context"
	"errors"
	"log"
	"net/http"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

func google(serve func(http.Handler)) {
	opts := jwks.Options{Audience: []string{clientID}}
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
	auth, err := jwthttp.New(both, jwthttp.Options{}, isOfOurClient)
	if err != nil {
		log.Fatal(err)
	}
	defer long.Close()
	defer short.Close()
	serve(auth.Handler(api))
}

const clientID = "1234567890-example.apps.googleusercontent.com"

// GoogleClaims are claims of an ID token of Google.
type GoogleClaims struct {
	Subject string `json:"sub"`
	Client  string `json:"azp"`
}

// isOfOurClient refuses the tokens of service accounts, which anybody can make.
func isOfOurClient(_ context.Context, t *jwthttp.Token[GoogleClaims]) error {
	if t.Claims.Client != clientID {
		return errors.New("not of a login in our client")
	}
	return nil
}
