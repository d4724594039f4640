// Bearer-api is an API that signs tokens and verifies them.
//
//	go run ./bearer-api          serves, and prints requests to try
//	go run ./bearer-api -check   sends those requests itself and checks the answers
//
// JWT_SECRET is the secret of its tokens, from the environment or from a file .env or
// bearer-api/.env, as in bearer-api/.env.example. If it is unset, it is a new one at each start, and
// tokens of before are refused. ADDR is its address, 127.0.0.1:5000 if unset.
package main

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/joho/godotenv"

	"github.com/jwthttp/jwthttp/_example/internal/try"
)

func main() {
	for _, file := range []string{".env", "bearer-api/.env"} {
		if err := godotenv.Load(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			log.Fatalf("%s: %v", file, err)
		}
	}
	secret := os.Getenv("JWT_SECRET")
	if secret == "" {
		secret = rand.Text() + rand.Text()
	}
	demo := try.Start()
	handler, err := newHandler(secret)
	if err != nil {
		log.Fatalf("JWT_SECRET, from the environment or a file .env: %v", err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	if err := demo.Serve(server.Serve, steps(demo.URL)); err != nil {
		log.Fatal(err)
	}
}
