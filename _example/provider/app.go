package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"

	"github.com/zitadel/oidc/v3/pkg/client/rp"
	httphelper "github.com/zitadel/oidc/v3/pkg/http"
	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// An app is the client where a user logs in to get a token: authorization code with PKCE
// (RFC 7636). A caller of the API needs such an app. The API itself does not.
type app struct{ login, callback http.Handler }

// newApp fetches the provider's metadata with client, or with a default one if it is nil.
func newApp(issuer, redirectURI string, client *http.Client) (*app, error) {
	hashKey, blockKey := make([]byte, 32), make([]byte, 32)
	rand.Read(hashKey)
	rand.Read(blockKey)
	cookies := httphelper.NewCookieHandler(hashKey, blockKey, httphelper.WithUnsecure()) // plain http, on loopback
	options := []rp.Option{rp.WithPKCE(cookies)}
	if client != nil {
		options = append(options, rp.WithHTTPClient(client))
	}
	party, err := rp.NewRelyingPartyOIDC(context.Background(), issuer, clientID, "", redirectURI, []string{oidc.ScopeOpenID, scope}, options...)
	if err != nil {
		return nil, err
	}
	return &app{login: rp.AuthURLHandler(rand.Text, party), callback: rp.CodeExchangeHandler(showTokens, party)}, nil
}

// showTokens is for trying: a real app never shows tokens.
func showTokens(w http.ResponseWriter, _ *http.Request, tokens *oidc.Tokens[*oidc.IDTokenClaims], _ string, _ rp.RelyingParty) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	json.NewEncoder(w).Encode(map[string]string{"access_token": tokens.AccessToken, "id_token": tokens.IDToken})
}
