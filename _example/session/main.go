// Session is a site whose users stay logged in for longer than an access token lives.
//
//	go -C _example/session run .          serves, and prints requests to try
//	go -C _example/session run . -check   sends those requests itself and checks the answers
//
// Open the address that it prints. Sessions are in the file sessions.db, and survive a restart. Flags
// choose another store and other times; see -help.
//
// Behind a proxy that speaks TLS, set -https: the cookies are then __Host-access and __Host-refresh.
// SESSION_SECRET is the secret of the access tokens. If it is unset, it is a new one at each start, and
// access tokens of before are refused: a browser gets a 401 until its access cookie ends, after less than
// -lifetime. Then its session is refreshed, and goes on.
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
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jwthttp/jwthttp/_example/internal/try"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/session"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout); err != nil {
		// New reports each thing to mend on a line of its own.
		fmt.Fprintln(os.Stderr, "session:", strings.ReplaceAll(err.Error(), "\n", "; "))
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, getenv func(string) string, out io.Writer) error {
	flags := flag.NewFlagSet("session", flag.ContinueOnError)
	flags.SetOutput(out)
	addr := flags.String("addr", cmp.Or(getenv("ADDR"), "127.0.0.1:5000"), "the `address` to listen on")
	kind := flags.String("store", "sqlite", "where sessions are: memory, sqlite, postgres or redis")
	dsn := flags.String("dsn", "", "the file of sqlite, sessions.db if unset; the URL of postgres; the host:port or the URL of redis, 127.0.0.1:6379 if unset")
	lifetime := flags.Duration("lifetime", time.Minute, "of an access token")
	idle := flags.Duration("idle", 0, "a session ends if it is not refreshed for so long; 7 days if 0")
	grace := flags.Duration("grace", 0, "a refresh token may come again for so long; 10 seconds if 0")
	https := flags.Bool("https", false, "browsers come over TLS, through a proxy")
	check := flags.Bool("check", false, "send requests, on a free port and with a new file for sqlite, and exit 0 only if every answer is right")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("what is %q? There are flags only, see -help", flags.Arg(0))
	}
	if *check {
		if *https {
			return errors.New("-check is a browser that comes without TLS, so it takes no -https")
		}
		*addr = "127.0.0.1:0"
		if *kind == "sqlite" && *dsn == "" {
			dir, err := os.MkdirTemp("", "session-")
			if err != nil {
				return err
			}
			defer os.RemoveAll(dir)
			*dsn = filepath.Join(dir, "sessions.db")
		}
	}
	kept, err := open(ctx, *kind, *dsn)
	if err != nil {
		return err
	}
	defer kept.close()
	secret := getenv("SESSION_SECRET")
	if secret == "" {
		secret = rand.Text() + rand.Text()
	}
	iss, err := issue.New[Claims](issue.Options{Lifetime: *lifetime}, issue.HS256([]byte(secret)))
	if err != nil {
		return err
	}
	handler, err := newHandler(iss, kept.sessions, session.Options{Idle: *idle, Grace: *grace, Revoked: kept.revoked, AllowInsecureHTTP: !*https})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s, set another address such as -addr 127.0.0.1:5001: %w", *addr, err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	site := "http://" + listener.Addr().String()

	var result error
	if *check {
		result = try.Check(ctx, out, steps(site))
	} else {
		if *https {
			fmt.Fprintf(out, "# Let the proxy pass requests to %s\n", site)
		} else {
			fmt.Fprintf(out, "# Open %s/ in a browser, log in, and come back after %v.\n", site, *lifetime)
		}
		try.Print(out, site, steps(site))
		select {
		case <-ctx.Done():
			fmt.Fprintln(out, "stopping")
		case err := <-served:
			return err
		}
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return errors.Join(result, server.Shutdown(patience))
}
