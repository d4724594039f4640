package migrating

import (
	"log"
	"net/http"

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
