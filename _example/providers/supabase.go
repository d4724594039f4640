package providers

import (
	"context"
	"errors"
	"log"
	"net/http"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

func supabase(secret []byte, serve func(http.Handler)) {
	const issuer, audience = "https://example.supabase.co/auth/v1", "authenticated"
	legacy := jwthttp.HS256(secret).WithIssuer(issuer, audience)
	keys, err := jwks.New(issuer+"/.well-known/jwks.json", jwks.Options{Issuer: issuer, Audience: []string{audience}})
	if err := errors.Join(err, legacy.Err()); err != nil {
		log.Fatal(err)
	}
	both := jwthttp.KeyFunc(func(ctx context.Context, h jwthttp.TokenHeader) ([]jwthttp.Key, error) {
		if h.Algorithm == "HS256" {
			return legacy.Keys(ctx, h)
		}
		return keys.Keys(ctx, h)
	})
	auth, err := jwthttp.New[Claims](both, jwthttp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer keys.Close()
	serve(auth.Handler(api))
}
