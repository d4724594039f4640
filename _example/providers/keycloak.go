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

func keycloak(serve func(http.Handler)) {
	keys, err := jwks.Discover("https://id.example.com/realms/staff", jwks.Options{Audience: []string{"orders"}})
	if err != nil {
		log.Fatal(err)
	}
	type Roles struct {
		Roles []string `json:"roles"`
	}
	type Claims struct {
		Subject string           `json:"sub"`
		Type    string           `json:"typ"` // of the payload
		Realm   Roles            `json:"realm_access"`
		Clients map[string]Roles `json:"resource_access"` // by client ID
	}
	isAccessToken := func(_ context.Context, t *jwthttp.Token[Claims]) error {
		if t.Claims.Type != "Bearer" {
			return errors.New("not an access token")
		}
		return nil
	}
	auth, err := jwthttp.New(keys, jwthttp.Options{}, isAccessToken)
	if err != nil {
		log.Fatal(err)
	}
	isManager := jwthttp.Require(func(c Claims) error {
		if !slices.Contains(c.Realm.Roles, "manager") {
			return errors.New("not a manager")
		}
		return nil
	})
	isReader := jwthttp.Require(func(c Claims) error {
		if !slices.Contains(c.Clients["orders"].Roles, "reader") {
			return errors.New("not a reader of orders")
		}
		return nil
	})
	guarded := auth.Handler(isManager(isReader(api)))
	defer keys.Close()
	serve(guarded)
}
