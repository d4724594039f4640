package before

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// GolangJWT is an API with a middleware of its own.
func GolangJWT(secret []byte, mux *http.ServeMux) {
	mux.Handle("/orders", authenticate(secret, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims := r.Context().Value(contextKey{}).(*UserClaims)
		fmt.Fprintf(w, "Hello, %s!\n", claims.Subject)
	})))
}

func authenticate(secret []byte, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		claims := &UserClaims{}
		_, err := jwt.ParseWithClaims(raw, claims, func(*jwt.Token) (any, error) { return secret, nil },
			jwt.WithValidMethods([]string{"HS256"}), jwt.WithIssuer("https://id.example.com"), jwt.WithAudience("orders"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), contextKey{}, claims)))
	})
}

// GolangJWTIssuers is an API of several issuers, each with its key function.
func GolangJWTIssuers(secretA []byte, keyOfB jwt.Keyfunc, mux *http.ServeMux) {
	keys := map[string]jwt.Keyfunc{
		"https://a.example.com": func(*jwt.Token) (any, error) { return secretA, nil },
		"https://b.example.com": keyOfB,
	}
	keyfunc := func(t *jwt.Token) (any, error) {
		issuer, _ := t.Claims.GetIssuer() // not verified yet
		keyOf, ok := keys[issuer]
		if !ok {
			return nil, errors.New("unknown issuer")
		}
		return keyOf(t)
	}
	mux.HandleFunc("/orders", func(w http.ResponseWriter, r *http.Request) {
		raw, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		claims := &UserClaims{}
		_, err := jwt.ParseWithClaims(raw, claims, keyfunc,
			jwt.WithValidMethods([]string{"HS256", "RS256"}), jwt.WithAudience("orders"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		fmt.Fprintf(w, "Hello, %s!\n", claims.Subject)
	})
}
