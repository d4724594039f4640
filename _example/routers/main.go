// Routers is one protected API, mounted in eleven ways. Each way is a function in
// frameworks.go or nethttp.go.
//
//	go run ./routers               a plain http.ServeMux
//	go run ./routers -router gin   another router; a wrong name lists all
//	go run ./routers -check        sends the requests that it prints, and checks the answers
//
// ADDR is its address, 127.0.0.1:5000 if unset.
package main

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v3"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/_example/internal/try"
	"github.com/jwthttp/jwthttp/issue"
)

var routers = []struct {
	name string
	make func(auth *jwthttp.Middleware[Claims]) http.Handler
}{
	{"mux", plainMux},
	{"alice", aliceChain},
	{"chi", chiRouter},
	{"gorilla", gorillaRouter},
	{"cors-outside", corsOutside},
	{"cors-inside", corsInside},
	{"gin", ginEngine},
	{"echo", echoServer},
	{"huma", humaAPI},
	{"connect", connectService},
	// fiber is not an http.Handler: newServer adds it.
}

func main() {
	log.SetFlags(0)
	name := flag.String("router", "mux", "`name` of the router")
	demo := try.Start()
	secret := make([]byte, 32)
	rand.Read(secret)
	iss, err := issue.New[Claims](issue.Options{Lifetime: time.Hour}, issue.HS256(secret))
	if err != nil {
		log.Fatal(err)
	}
	auth, err := newAuth(iss, iss.Options())
	if err != nil {
		log.Fatal(err)
	}
	token, _, err := iss.Token(context.Background(), Claims{Subject: "alice"})
	if err != nil {
		log.Fatal(err)
	}
	serve, err := newServer(*name, auth)
	if err != nil {
		log.Fatal(err)
	}
	if err := demo.Serve(serve, steps(*name, demo.URL, token)); err != nil {
		log.Fatal(err)
	}
}

// newAuth takes a token from the header, or from a cookie, which a browser sends.
func newAuth(keys jwthttp.KeySource, opts jwthttp.Options) (*jwthttp.Middleware[Claims], error) {
	opts.Extractors = []jwthttp.Extractor{jwthttp.BearerHeader(), jwthttp.Cookie("token")}
	return jwthttp.New[Claims](keys, opts)
}

// newServer returns a function that serves the router of that name until its listener fails.
func newServer(name string, auth *jwthttp.Middleware[Claims]) (serve func(net.Listener) error, err error) {
	if name == "fiber" {
		return func(l net.Listener) error {
			return fiberApp(auth).Listener(l, fiber.ListenConfig{DisableStartupMessage: true})
		}, nil
	}
	names := "fiber"
	for _, router := range routers {
		if router.name == name {
			server := &http.Server{Handler: router.make(auth), ReadHeaderTimeout: 5 * time.Second}
			return server.Serve, nil
		}
		names += ", " + router.name
	}
	return nil, fmt.Errorf("there is no router %q, but: %s", name, names)
}
