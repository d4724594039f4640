package example

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/dpop"
)

// A dpop.Transport is the base of golang.org/x/oauth2: it proves the key at the token endpoint,
// which asks for a nonce, and at the API, which asks for another.
func TestOAuth2Client(t *testing.T) {
	const token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyIn0.c2lnbmF0dXJl"
	key, err := dpop.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	var thumbprint [sha256.Size]byte
	if _, err := base64.RawURLEncoding.Decode(thumbprint[:], []byte(key.Thumbprint())); err != nil {
		t.Fatal(err)
	}
	for _, tokenType := range []string{"DPoP", "Bearer"} {
		for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams} {
			t.Run(fmt.Sprint(tokenType, style), func(t *testing.T) {
				requests := map[string]int{}
				issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					requests["token"]++
					w.Header().Set("Content-Type", "application/json")
					w.Header().Set("DPoP-Nonce", "of-the-issuer")
					claims := payloadOf(t, r.Header.Get("DPoP"))
					switch {
					case r.FormValue("grant_type") != "client_credentials" || claims["ath"] != nil || strings.HasPrefix(r.Header.Get("Authorization"), "DPoP"):
						t.Errorf("%v %v", r.Form, r.Header)
					case claims["nonce"] != "of-the-issuer":
						w.WriteHeader(http.StatusBadRequest)
						io.WriteString(w, `{"error":"use_dpop_nonce"}`)
					default:
						fmt.Fprintf(w, `{"access_token":%q,"token_type":%q,"expires_in":60}`, token, tokenType)
					}
				}))
				defer issuer.Close()

				nonces, err := dpop.NewNonces([]byte("a secret of 32 bytes for nonces."))
				if err != nil {
					t.Fatal(err)
				}
				var proofs *dpop.Verifier
				api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					requests["api"]++
					proofs.Answer(w.Header())
					err := proofs.Confirm(r, strings.TrimPrefix(r.Header.Get("Authorization"), "DPoP "), thumbprint)
					if err == nil {
						return
					}
					if !errors.Is(err, jwthttp.ErrUseNonce) {
						t.Error(err)
					}
					w.Header().Set("WWW-Authenticate", `DPoP error="use_dpop_nonce"`)
					w.WriteHeader(http.StatusUnauthorized)
				}))
				defer api.Close()
				if proofs, err = dpop.New(dpop.Options{Origins: []string{api.URL}, Nonces: nonces}); err != nil {
					t.Fatal(err)
				}

				transport, err := dpop.NewTransport(key, dpop.TransportOptions{Origins: []string{issuer.URL, api.URL}})
				if err != nil {
					t.Fatal(err)
				}
				// The client of this context asks for tokens, and is the base of the one for the API.
				ctx := context.WithValue(t.Context(), oauth2.HTTPClient, &http.Client{Transport: transport})
				config := clientcredentials.Config{ClientID: "client", ClientSecret: "secret", TokenURL: issuer.URL, AuthStyle: style}
				client := config.Client(ctx)
				for range 3 {
					resp, err := client.Post(api.URL+"/orders?page=2", "text/plain", strings.NewReader("body"))
					if err != nil {
						t.Fatal(err)
					}
					resp.Body.Close()
					if resp.StatusCode != http.StatusOK {
						t.Error(resp.Status)
					}
				}
				if requests["token"] != 2 || requests["api"] != 4 {
					t.Errorf("%v", requests)
				}
			})
		}
	}
}

// payloadOf decodes the payload of a proof, which is not verified.
func payloadOf(t *testing.T, proof string) (claims map[string]any) {
	t.Helper()
	segments := strings.Split(proof, ".")
	if len(segments) != 3 {
		t.Errorf("no proof: %q", proof)
		return nil
	}
	b, err := base64.RawURLEncoding.DecodeString(segments[1])
	if err == nil {
		err = json.Unmarshal(b, &claims)
	}
	if err != nil {
		t.Error(err)
	}
	return claims
}
