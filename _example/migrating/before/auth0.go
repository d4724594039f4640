package before

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	jwtmiddleware "github.com/auth0/go-jwt-middleware/v3"
	"github.com/auth0/go-jwt-middleware/v3/jwks"
	"github.com/auth0/go-jwt-middleware/v3/validator"
)

// Auth0 is the API of one issuer.
func Auth0(issuer *url.URL, mux *http.ServeMux) {
	provider, _ := jwks.NewCachingProvider(jwks.WithIssuerURL(issuer))
	v, _ := validator.New(
		validator.WithKeyFunc(provider.KeyFunc),
		validator.WithAlgorithm(validator.RS256),
		validator.WithIssuer(issuer.String()),
		validator.WithAudience("orders"),
		validator.WithAllowedClockSkew(30*time.Second),
		validator.WithCustomClaims(func() *CustomClaims { return &CustomClaims{} }),
	)
	auth, _ := jwtmiddleware.New(
		jwtmiddleware.WithValidator(v),
		jwtmiddleware.WithCredentialsOptional(true),
		jwtmiddleware.WithErrorHandler(loginAgain),
	)
	mux.Handle("/orders", auth.CheckJWT(http.HandlerFunc(orders)))
}

func orders(w http.ResponseWriter, r *http.Request) {
	if !jwtmiddleware.HasClaims(r.Context()) {
		fmt.Fprintln(w, "Hello, guest!")
		return
	}
	claims := jwtmiddleware.MustGetClaims[*validator.ValidatedClaims](r.Context())
	fmt.Fprintf(w, "Hello, %s!\n", claims.RegisteredClaims.Subject) // scope is in claims.CustomClaims.(*CustomClaims)
}

// Auth0DPoP takes bound tokens, and others too.
func Auth0DPoP(v *validator.Validator, mux *http.ServeMux) {
	auth, _ := jwtmiddleware.New(
		jwtmiddleware.WithValidator(v), // as above
		jwtmiddleware.WithDPoPMode(jwtmiddleware.DPoPAllowed),
		jwtmiddleware.WithStandardProxy(),
	)
	mux.Handle("/orders", auth.CheckJWT(http.HandlerFunc(orders)))
}

// Tenants are where the tenants are, such as a table of a database.
type Tenants interface {
	Issuers(ctx context.Context) ([]string, error)
}

// Auth0Tenants is the API of many issuers.
func Auth0Tenants(tenants Tenants, mux *http.ServeMux) {
	provider, _ := jwks.NewMultiIssuerProvider(jwks.WithMaxProviders(1000))
	v, _ := validator.New(
		validator.WithKeyFunc(provider.KeyFunc),
		validator.WithAlgorithm(validator.RS256),
		validator.WithIssuersResolver(tenants.Issuers), // a function of yours: SELECT issuer FROM …
		validator.WithAudience("orders"),
	)
	auth, _ := jwtmiddleware.New(jwtmiddleware.WithValidator(v))
	mux.Handle("/orders", auth.CheckJWT(http.HandlerFunc(orders)))
}
