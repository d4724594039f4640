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
	"time"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/dpop"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/session"
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

// An app refreshes the tokens of package session with golang.org/x/oauth2 as it is, whichever way the
// client authenticates, and learns when its session has ended.
func TestOAuth2Refresh(t *testing.T) {
	for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleAutoDetect, oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams} {
		t.Run(fmt.Sprint(style), func(t *testing.T) {
			iss, err := issue.New[jwt.RegisteredClaims](issue.Options{Lifetime: time.Minute}, issue.HS256([]byte("a secret of 32 bytes, or more: 1234")))
			if err != nil {
				t.Fatal(err)
			}
			store, err := session.NewMemory(0)
			if err != nil {
				t.Fatal(err)
			}
			claims := func(context.Context, session.Session) (c jwt.RegisteredClaims, err error) { return c, nil }
			sessions, err := session.New(iss, store, claims, session.Options{})
			if err != nil {
				t.Fatal(err)
			}
			auth, err := jwthttp.New[jwt.RegisteredClaims](iss, sessions.Options())
			if err != nil {
				t.Fatal(err)
			}
			mux := http.NewServeMux()
			refreshes := 0
			mux.HandleFunc("POST /refresh", func(w http.ResponseWriter, r *http.Request) {
				refreshes++
				sessions.Refresh(w, r)
			})
			mux.Handle("GET /me", sessions.Handler(auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				claims, _ := jwthttp.ClaimsFromContext[jwt.RegisteredClaims](r.Context())
				io.WriteString(w, claims.Subject)
			}))))
			server := httptest.NewServer(mux)
			defer server.Close()

			started, err := sessions.Start(t.Context(), "alice", "phone")
			if err != nil {
				t.Fatal(err)
			}
			config := oauth2.Config{ClientID: "app", ClientSecret: "secret", Endpoint: oauth2.Endpoint{TokenURL: server.URL + "/refresh", AuthStyle: style}}
			known := &oauth2.Token{AccessToken: started.Access, TokenType: started.Type, RefreshToken: started.Refresh, Expiry: time.Now().Add(time.Duration(started.ExpiresIn) * time.Second)}
			for i := range 3 {
				source := config.TokenSource(t.Context(), known)
				if known, err = source.Token(); err != nil || !known.Valid() || refreshes != i {
					t.Fatalf("%d refreshes, %v", refreshes, err)
				}
				resp, err := oauth2.NewClient(t.Context(), source).Get(server.URL + "/me")
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				if string(body) != "alice" {
					t.Errorf("%s %q %v", resp.Status, body, err)
				}
				if left := time.Until(known.Expiry); left < 50*time.Second || left > time.Minute {
					t.Errorf("expires in %v", left)
				}
				known.Expiry = time.Now().Add(-time.Second)
			}
			if all, err := sessions.List(t.Context(), "alice"); err != nil || len(all) != 1 {
				t.Errorf("%v %v", all, err)
			}
			if err := sessions.EndOthers(t.Context(), "alice", ""); err != nil {
				t.Fatal(err)
			}
			_, err = config.TokenSource(t.Context(), known).Token()
			var refused *oauth2.RetrieveError
			if !errors.As(err, &refused) || refused.ErrorCode != "invalid_grant" || refused.Response.StatusCode != http.StatusBadRequest {
				t.Error(err)
			}
		})
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
