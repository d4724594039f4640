package providers

import (
	"context"
	"errors"
	"log"
	"net/http"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

func clerk(serve func(http.Handler)) {
	keys, err := jwks.Discover("https://clerk.example.com", jwks.Options{AllowAnyAudience: true})
	if err != nil {
		log.Fatal(err)
	}
	type Claims struct {
		Subject string `json:"sub"`
		Origin  string `json:"azp"`
	}
	isOfOurPage := func(_ context.Context, t *jwthttp.Token[Claims]) error {
		if t.Claims.Origin != "https://app.example.com" {
			return errors.New("not for a page of ours")
		}
		return nil
	}
	auth, err := jwthttp.New(keys, jwthttp.Options{Leeway: 10 * time.Second}, isOfOurPage)
	if err != nil {
		log.Fatal(err)
	}
	defer keys.Close()
	serve(auth.Handler(api))
}
