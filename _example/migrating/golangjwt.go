package migrating

import (
	"log"
	"net/http"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
)

func fromGolangJWT(secret []byte, mux *http.ServeMux) {
	auth, err := jwthttp.New[Claims](jwthttp.HS256(secret), jwthttp.Options{
		Issuer:   "https://id.example.com",
		Audience: []string{"orders"},
	})
	if err != nil {
		log.Fatal(err)
	}
	mux.Handle("/orders", auth.Handler(http.HandlerFunc(orders)))
}

func fromGolangJWTIssuers(secretA []byte, keyOfB jwt.Keyfunc, mux *http.ServeMux) {
	auth, err := jwthttp.New[Claims](jwthttp.Issuers{
		"https://a.example.com": jwthttp.HS256(secretA),
		"https://b.example.com": jwthttp.FromKeyfunc(keyOfB, "RS256"),
	}, jwthttp.Options{Audience: []string{"orders"}})
	if err != nil {
		log.Fatal(err)
	}
	mux.Handle("/orders", auth.Handler(http.HandlerFunc(orders)))
}
