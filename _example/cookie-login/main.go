// Cookie-login is a small site that puts a token of 60 seconds in a cookie, and shows its
// subject.
//
//	go run ./cookie-login             HS256, with a new secret each time
//	go run ./cookie-login -alg RS256  with the private key in jwt_key
//	go run ./cookie-login -check      sends the requests that it prints, and checks the answers
//
// The file is one that ssh-keygen -t rsa -f jwt_key writes, without a passphrase. If the working
// directory does not have it, the program makes it and jwt_key.pub. ADDR is its address,
// 127.0.0.1:5000 if unset.
package main

import (
	"flag"
	"log"
	"net/http"
	"time"

	"github.com/jwthttp/jwthttp/_example/internal/try"
)

func main() {
	alg := flag.String("alg", "HS256", "what signs the tokens: HS256 or RS256")
	demo := try.Start()
	key, err := newKey(*alg, "jwt_key")
	if err != nil {
		log.Fatal(err)
	}
	handler, err := newHandler(*alg, key, time.Minute)
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	if err := demo.Serve(server.Serve, steps(*alg, demo.URL)); err != nil {
		log.Fatal(err)
	}
}
