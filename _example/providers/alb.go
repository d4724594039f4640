package providers

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"strings"

	"github.com/jwthttp/jwthttp"
)

func alb(loadBalancer, issuer string, serve func(http.Handler)) {
	isOurs := func(_ context.Context, t *jwthttp.Token[Claims]) error {
		var header struct{ Signer string }
		first, _, _ := strings.Cut(t.Raw(), ".") // verified, like all of the token
		text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(first, "="))
		if err != nil || json.Unmarshal(text, &header) != nil || header.Signer != loadBalancer {
			return errors.New("signed by another load balancer")
		}
		return nil
	}
	place := jwthttp.HeaderNamed("X-Amzn-Oidc-Data")
	place.Source = "alb-data" // it is made of a cookie: the cross-origin gate checks it
	keys := &albKeys{address: "https://public-keys.auth.elb.eu-central-1.amazonaws.com/"}
	auth, err := jwthttp.New(keys, jwthttp.Options{
		Issuer: issuer, AllowPadding: true, Extractors: []jwthttp.Extractor{place},
	}, isOurs)
	if err != nil {
		log.Fatal(err)
	}
	serve(auth.Handler(api))
}
