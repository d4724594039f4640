package providers

import (
	"context"
	"errors"
	"log"
	"net/http"
	"slices"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

func entra(tenant, clientID string, serve func(http.Handler)) {
	keys, err := jwks.Discover(entraIssuer(tenant), jwks.Options{Audience: []string{clientID}})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New[EntraClaims](keys, jwthttp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	guarded := auth.Handler(jwthttp.RequireScopes("Orders.Read")(api))
	defer keys.Close()
	serve(guarded)
}

// EntraClaims are claims of a token of Entra.
type EntraClaims struct {
	Subject string `json:"sub"`
	Tenant  string `json:"tid"`
}

func entraIssuer(tenant string) string {
	return "https://login.microsoftonline.com/" + tenant + "/v2.0"
}

func entraTenants(tenants []string, clientID string, serve func(http.Handler)) {
	issuers := jwthttp.Issuers{}
	for _, tenant := range tenants {
		keys, err := jwks.Discover(entraIssuer(tenant), jwks.Options{Audience: []string{clientID}})
		if err != nil {
			log.Fatal(err)
		}
		issuers[entraIssuer(tenant)] = keys
	}
	isOfTenant := func(_ context.Context, t *jwthttp.Token[EntraClaims]) error {
		if tid := t.Claims.Tenant; !slices.Contains(tenants, tid) || t.Registered().Issuer != entraIssuer(tid) {
			return errors.New("tid is not one of our tenants, or not the tenant of iss")
		}
		return nil
	}
	auth, err := jwthttp.New(issuers, jwthttp.Options{}, isOfTenant)
	if err != nil {
		log.Fatal(err)
	}
	for _, keys := range issuers {
		defer keys.(*jwks.Source).Close()
	}
	serve(auth.Handler(jwthttp.RequireScopes("Orders.Read")(api)))
}
