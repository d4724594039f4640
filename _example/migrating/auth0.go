package migrating

import (
	"context"
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
func fromAuth0DPoP(keys jwthttp.KeySource, mux *http.ServeMux) {
	proofs, err := dpop.New(dpop.Options{Origins: []string{"https://api.example.com"}})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{
		Bindings:     []jwthttp.Binding{proofs},
		AllowUnbound: true, // DPoPAllowed
	})
	if err != nil {
		log.Fatal(err)
	}
	mux.Handle("/orders", auth.Handler(http.HandlerFunc(orders)))
}

// Tenants are where the tenants are, such as a table of a database.
type Tenants interface {
	Has(ctx context.Context, issuer string) (bool, error)
}

func fromAuth0Tenants(tenants Tenants, mux *http.ServeMux, serve func()) {
	keys, err := jwks.NewTenants(func(ctx context.Context, issuer string) (jwks.Options, error) {
		known, err := tenants.Has(ctx, issuer) // a function of yours: SELECT … WHERE issuer = $1
		if err == nil && !known {
			err = jwthttp.ErrUnknownKey // a 401; any other error is a 503
		}
		return jwks.Options{Audience: []string{"orders"}}, err
	}, jwks.TenantOptions{})
	if err != nil {
		log.Fatal(err)
	}
	defer keys.Close()
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	mux.Handle("/orders", auth.Handler(http.HandlerFunc(orders)))
	serve()
}
