package migrating

import (
	"log"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/jwthttp/jwthttp"
)

func fromJWTAuth(secret []byte, router chi.Router) {
	auth, err := jwthttp.New[Claims](jwthttp.HS256(secret), jwthttp.Options{
		Issuer:     "https://id.example.com",
		Audience:   []string{"orders"},
		Leeway:     30 * time.Second,
		Extractors: []jwthttp.Extractor{jwthttp.FirstOf(jwthttp.BearerHeader(), jwthttp.Cookie("jwt"))},
	})
	if err != nil {
		log.Fatal(err)
	}
	router.Group(func(r chi.Router) {
		r.Use(auth.Handler) // Verifier and Authenticator in one
		r.HandleFunc("/orders", orders)
	})
}
