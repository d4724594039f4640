// Dpop is an API whose tokens only their owner can use (DPoP, RFC 9449), and its clients: a
// program and a page in a browser.
//
//	go run ./dpop                   serves on 127.0.0.1:5000, and prints what to try.
//	go run ./dpop -profile both     accepts Bearer tokens that are bound to no key, too.
//	go run ./dpop -profile nonces   wants a nonce of its own in each proof.
//	go run ./dpop -check            sends requests itself, and checks the answers.
//	go run ./dpop -call URL -issuer URL    is a client: the server prints how to start it.
//
// It needs no settings. It takes these from the environment:
//
//	ADDR        where to listen, unless -addr says it
//	JWT_SECRET  the HS256 secret, 32 bytes or more; a random one if unset
//
// Every path and method answers "ok". An issuer for trying, and the page, are at an address of
// their own.
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/jwthttp/jwthttp/_example/internal/try"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Getenv, os.Stdout); err != nil {
		// New reports each thing to mend on a line of its own.
		fmt.Fprintln(os.Stderr, "dpop:", strings.ReplaceAll(err.Error(), "\n", "; "))
		os.Exit(1)
	}
}

const usage = `usage: dpop [-addr ADDR] [-origin ORIGIN] [-profile required|both|nonces] [-check]
       dpop -call URL -issuer URL

-addr     where to listen, 127.0.0.1:5000 if neither it nor ADDR is set
-origin   what clients call this API by, such as https://api.example.com where a proxy has that
          name; the address itself if unset
-profile  required: each token is bound to a key
          both:     Bearer tokens that are bound to no key are good too
          nonces:   required, and each proof has a nonce of the API
-check    sends requests to the API itself, and exits 0 only if every answer is right
-call     is a client: gets a token of the issuer for a key of its own, and calls the URL

From the environment:
  JWT_SECRET  the HS256 secret, 32 bytes or more; a random one if unset
`

func run(ctx context.Context, args []string, getenv func(string) string, out io.Writer) error {
	flags := flag.NewFlagSet("dpop", flag.ContinueOnError)
	addr := flags.String("addr", getenv("ADDR"), "")
	origin := flags.String("origin", "", "")
	profile := flags.String("profile", "required", "")
	check := flags.Bool("check", false, "")
	url := flags.String("call", "", "")
	issuerURL := flags.String("issuer", "", "")
	flags.Usage = func() { fmt.Fprint(flags.Output(), usage) }
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("what is %q? -h lists the flags", flags.Arg(0))
	case (*url == "") != (*issuerURL == ""):
		return errors.New("-call and -issuer need each other: paste both as the server prints them")
	case *url != "":
		return call(ctx, *url, *issuerURL, out)
	case *check && *origin != "":
		return errors.New("-check calls the API by its address, so it takes no -origin")
	}

	port := "5000"
	if *check {
		port = "0" // whichever is free
	}
	listener, err := net.Listen("tcp", cmp.Or(*addr, "127.0.0.1:"+port))
	if err != nil {
		return fmt.Errorf("cannot listen, choose another address such as -addr 127.0.0.1:5001: %w", err)
	}
	defer listener.Close()
	other, err := net.Listen("tcp", "127.0.0.1:0") // for this machine alone: every caller gets a token
	if err != nil {
		return err
	}
	defer other.Close()

	program, err := os.Executable()
	if err != nil {
		return err
	}
	self := "http://" + listener.Addr().String()
	s := site{api: self, origin: cmp.Or(*origin, self), issuer: "http://" + other.Addr().String(), profile: *profile}
	secret := []byte(getenv("JWT_SECRET"))
	if len(secret) == 0 {
		secret = make([]byte, 32)
		rand.Read(secret)
	}
	api, err := newAPI(secret, s.origin, s.profile)
	if err != nil {
		return err
	}
	issuer, err := newIssuer(secret, s.issuer, s.origin)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:                      api,
		ReadHeaderTimeout:            5 * time.Second,
		DisableGeneralOptionsHandler: true, // so that OPTIONS * comes to the middleware too
	}
	served := make(chan error, 2)
	go func() { served <- server.Serve(listener) }()
	go func() {
		served <- (&http.Server{Handler: issuer, ReadHeaderTimeout: 5 * time.Second}).Serve(other)
	}()
	if *check {
		return try.Check(ctx, out, s.steps(program))
	}
	if s.origin != self {
		fmt.Fprintf(out, "# The client and the page call %s, so that name has to lead here.\n", s.origin)
	}
	try.Print(out, self, s.steps(program))
	return <-served
}

// A site is where everything is, and how the API was configured.
type site struct{ api, origin, issuer, profile string }
