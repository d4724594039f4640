package main

import (
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/jwthttp/jwthttp"
)

// Claims are what your handlers read of a token.
type Claims struct {
	Subject string `json:"sub"`
}

func main() {
	auth, err := jwthttp.New[Claims](jwthttp.HS256([]byte(os.Getenv("JWT_SECRET"))), jwthttp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("/me", auth.Handler(http.HandlerFunc(me)))
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", nil))
}

// me is called for requests with a good token only.
func me(w http.ResponseWriter, r *http.Request) {
	claims, ok := jwthttp.ClaimsFromContext[Claims](r.Context())
	if !ok { // me is not inside a middleware for Claims
		http.Error(w, "no claims", http.StatusInternalServerError)
		return
	}
	fmt.Fprintf(w, "Hello, %s!\n", claims.Subject)
}
