package main

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"time"

	"github.com/jwthttp/jwthttp/_example/internal/try"
	"github.com/jwthttp/jwthttp/issue"
)

const addr = "127.0.0.1:8080" // as in main.go

// The program of the README is main.go alone, and it has neither a demo secret nor -check. So this
// file runs before main: it sets JWT_SECRET if that is unset, and prints what to try.
func init() {
	check := flag.Bool("check", false, "try the printed lines, and exit 0 only if every answer is right")
	flag.Parse()
	if os.Getenv("JWT_SECRET") == "" {
		os.Setenv("JWT_SECRET", rand.Text()+rand.Text())
	}
	iss, err := issue.New[Claims](issue.Options{Lifetime: time.Hour}, issue.HS256([]byte(os.Getenv("JWT_SECRET"))))
	if err != nil {
		log.Fatalf("JWT_SECRET: %v", err)
	}
	token, _, err := iss.Token(context.Background(), Claims{Subject: "alice"})
	if err != nil {
		log.Fatal(err)
	}
	url := "http://" + addr
	steps := []try.Step{
		try.Curl("no token", url+"/me", 401, "No access token was sent"),
		try.Curl("a token of alice", fmt.Sprintf(`-H "Authorization: Bearer %s" %s/me`, token, url), 200, "Hello, alice!"),
	}
	if !*check {
		try.Print(os.Stdout, url, steps)
		return
	}
	go func() {
		waitForMain()
		if err := try.Check(context.Background(), os.Stdout, steps); err != nil {
			log.Fatal(err)
		}
		os.Exit(0)
	}()
}

// waitForMain returns once main listens. If main cannot listen, it ends the program.
func waitForMain() {
	for range 600 {
		if conn, err := net.Dial("tcp", addr); err == nil {
			conn.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}
