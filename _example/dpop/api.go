package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"

	"github.com/rs/cors"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/dpop"
)

// Claims are what the API reads of a token.
type Claims struct {
	Subject string `json:"sub"`
}

// newAPI returns an API that answers "ok" for every path and method. origin is what its clients
// call it by: proofs for another one are refused, whatever Host says.
func newAPI(secret []byte, origin, profile string) (http.Handler, error) {
	ofProofs := dpop.Options{Origins: []string{origin}}
	ofTokens := jwthttp.Options{Logger: newLogger()}
	switch profile {
	case "required":
	case "both":
		ofTokens.AllowUnbound = true
	case "nonces":
		shared := make([]byte, 32) // by all instances of a service; there is one here
		rand.Read(shared)
		nonces, err := dpop.NewNonces(shared)
		if err != nil {
			return nil, err
		}
		ofProofs.Nonces = nonces
	default:
		return nil, fmt.Errorf("-profile is %q: use required, both or nonces", profile)
	}
	proofs, err := dpop.New(ofProofs)
	if err != nil {
		return nil, fmt.Errorf("-origin, or -addr: %w", err)
	}
	ofTokens.Bindings = []jwthttp.Binding{proofs}
	auth, err := jwthttp.New[Claims](jwthttp.HS256(secret), ofTokens)
	if err != nil {
		return nil, fmt.Errorf("JWT_SECRET: %w", err)
	}
	// There is no ServeMux: it redirects targets with dot segments before they are refused.
	return withCORS(auth.Handler(http.HandlerFunc(ok))), nil
}

// ok is called only with a good token, and a good proof if the token is bound to a key.
func ok(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, "ok")
}

// withCORS lets the pages of every origin call the API. Its tokens come in a header and never in a
// cookie, so a page can use only those that it has.
func withCORS(api http.Handler) http.Handler {
	outside := cors.New(cors.Options{
		AllowedOrigins: []string{"*"},
		AllowedMethods: []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"},
		AllowedHeaders: []string{"Authorization", "DPoP"},
		ExposedHeaders: []string{"DPoP-Nonce", "WWW-Authenticate"}, // without them, a script could not answer use_dpop_nonce
	})
	return outside.Handler(api) // a preflight request never has a token
}

// newLogger shows each refusal with its reason, which clients do not learn.
func newLogger() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
