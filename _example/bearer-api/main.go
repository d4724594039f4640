// Bearer-api is an API that signs tokens and verifies them.
//
//	JWT_SECRET=$(openssl rand -base64 32) go run ./bearer-api
//
// It prints requests to try. The secret may also be in the file bearer-api/.env or .env, as in
// bearer-api/.env.example. ADDR is its address, 127.0.0.1:5000 if unset.
package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/joho/godotenv"
)

func main() {
	if len(os.Args) > 1 {
		log.Fatal("bearer-api takes no arguments; from the environment it takes JWT_SECRET and ADDR")
	}
	for _, file := range []string{".env", "bearer-api/.env"} {
		if err := godotenv.Load(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			log.Fatalf("%s: %v", file, err)
		}
	}
	handler, err := newHandler(os.Getenv("JWT_SECRET"))
	if err != nil {
		log.Fatalf("JWT_SECRET, from the environment or a file .env: %v", err)
	}
	listener, err := net.Listen("tcp", cmp.Or(os.Getenv("ADDR"), "127.0.0.1:5000"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf(`# a token, and who it is for
curl -s http://%[1]s/sign-token
curl -s -X POST -H "Authorization: Bearer $(curl -s http://%[1]s/sign-token | cut -d '"' -f 4)" http://%[1]s/verify-token

# no token, and a forged one
curl -i -X POST http://%[1]s/verify-token
curl -i -X POST -H 'Authorization: Bearer eyJhbGciOiJub25lIn0.e30.' http://%[1]s/verify-token
`, listener.Addr())
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(server.Serve(listener))
}
