package before

import (
	"fmt"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/jwtauth/v5"
	"github.com/lestrrat-go/jwx/v2/jwt"
)

// JWTAuth is an API with chi's middleware.
func JWTAuth(secret []byte, router chi.Router) {
	auth := jwtauth.New("HS256", secret, nil,
		jwt.WithIssuer("https://id.example.com"), jwt.WithAudience("orders"), jwt.WithAcceptableSkew(30*time.Second))
	router.Group(func(r chi.Router) {
		r.Use(jwtauth.Verifier(auth))
		r.Use(jwtauth.Authenticator(auth))
		r.HandleFunc("/orders", func(w http.ResponseWriter, r *http.Request) {
			_, claims, _ := jwtauth.FromContext(r.Context())
			fmt.Fprintf(w, "Hello, %v!\n", claims["sub"])
		})
	})
}
