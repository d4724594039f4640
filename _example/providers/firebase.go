package providers

import (
	"log"
	"net/http"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

func firebase(serve func(http.Handler)) {
	keys, err := jwks.Discover("https://securetoken.google.com/example-project", jwks.Options{
		Audience: []string{"example-project"},
	})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer keys.Close()
	serve(auth.Handler(api))
}

func firebaseSessions(serve func(http.Handler)) {
	const address = "https://www.googleapis.com/identitytoolkit/v3/relyingparty/publicKeys"
	keys, err := jwks.New(address, jwks.Options{
		Issuer:   "https://session.firebase.google.com/example-project",
		Audience: []string{"example-project"},
	})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{
		Extractors: []jwthttp.Extractor{jwthttp.Cookie("session")},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer keys.Close()
	serve(auth.Handler(api))
}
