// Quickstart is a server with one protected route, and the requests to try on it.
//
//	go run ./quickstart          serves on 127.0.0.1:5000 and prints curl lines
//	go run ./quickstart -check   sends those requests itself and checks the answers
//
// It needs no settings. It takes these from the environment:
//
//	ADDR            where to listen
//	JWT_SECRET      the HS256 secret, 32 bytes or more; a random one if unset
//	JWT_PUBLIC_KEY  the file of a public key for RS256; a key pair of its own if unset
//	JWT_AUDIENCE    what tokens must name in aud; unchecked if unset
//	JWT_ISSUER      what tokens must name in iss; unchecked if unset
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/_example/internal/try"
	"github.com/jwthttp/jwthttp/issue"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout); err != nil {
		// New reports each thing to mend on a line of its own.
		fmt.Fprintln(os.Stderr, "quickstart:", strings.ReplaceAll(err.Error(), "\n", "; "))
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, getenv func(string) string, out io.Writer) error {
	flags := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	check := flags.Bool("check", false, "")
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), `usage: quickstart [-check]

-check sends the requests to the server itself, and exits 0 only if every answer is right.

From the environment:
  ADDR            where to listen, 127.0.0.1:5000 if unset
  JWT_SECRET      the HS256 secret, 32 bytes or more; a random one if unset
  JWT_PUBLIC_KEY  the file of a public key for RS256; a key pair of its own if unset
  JWT_AUDIENCE    what tokens must name in aud; unchecked if unset
  JWT_ISSUER      what tokens must name in iss; unchecked if unset
`)
	}
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("what is %q? Settings come from the environment, the one flag is -check", flags.Arg(0))
	}
	addr := cmp.Or(getenv("ADDR"), "127.0.0.1:5000")
	if *check {
		addr = cmp.Or(getenv("ADDR"), "127.0.0.1:0") // whichever port is free
	}
	iss, err := newIssuer(getenv)
	if err != nil {
		return err
	}
	handler, err := newHandler(iss)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s, set another address such as ADDR=127.0.0.1:5001: %w", addr, err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	url := "http://" + listener.Addr().String()

	var result error
	if *check {
		result = try.Check(ctx, out, iss.steps(ctx, url))
	} else {
		try.Print(out, url, iss.steps(ctx, url))
		select {
		case <-ctx.Done():
			fmt.Fprintln(out, "stopping")
		case err := <-served:
			return err
		}
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return errors.Join(result, server.Shutdown(grace))
}

// newHandler has everything that an app needs of jwthttp.
func newHandler(iss *issuer) (http.Handler, error) {
	opts := iss.minters["HS256"].Options() // those of RS256 are the same
	opts.Extractors = []jwthttp.Extractor{jwthttp.BearerHeader(), jwthttp.Cookie("token")}
	opts.AllowAnyAudience = opts.Audience == nil
	auth, err := jwthttp.New[jwt.MapClaims](jwthttp.KeySet{jwthttp.HS256(iss.secret), jwthttp.RS256(iss.public)}, opts)
	if err != nil {
		return nil, fmt.Errorf("JWT_PUBLIC_KEY: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", home)
	mux.HandleFunc("POST /token", iss.serveToken)
	mux.Handle("/me", auth.Handler(http.HandlerFunc(me)))
	return mux, nil
}

func home(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	io.WriteString(w, `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>jwthttp quickstart</title>
<style>body{font:1rem/1.6 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}code{background:#eee;padding:.1rem .3rem}</style>
<h1>jwthttp quickstart</h1>
<p>A server with one protected route, to try JSON Web Tokens on.</p>
<ul>
<li><code>POST /token</code> mints a token for trying; <code>sub</code> and <code>alg</code> (HS256, RS256) are form fields
<li><code>/me</code> answers with the claims of the token in the <code>Authorization: Bearer</code> header or the cookie <code>token</code>
</ul>
<p>The terminal that started it shows requests to paste.</p>
</html>
`)
}

// me is called only with a verified token.
func me(w http.ResponseWriter, r *http.Request) {
	token, _ := jwthttp.TokenFromContext[jwt.MapClaims](r.Context())
	writeJSON(w, http.StatusOK, map[string]any{
		"claims":    token.Claims,
		"algorithm": token.Header.Algorithm,
		"kid":       token.Header.KeyID,
		"source":    token.Source,
	})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// An issuer mints the tokens. In an app, a login page or an identity provider does that. Here
// every caller gets a token.
type issuer struct {
	secret []byte
	public *rsa.PublicKey
	opts   issue.Options
	// minters are by algorithm. There is none for RS256 if the public key came from a file.
	minters map[string]*issue.Issuer[jwt.MapClaims]
}

const lifetime = time.Hour

func newIssuer(getenv func(string) string) (*issuer, error) {
	iss := &issuer{secret: []byte(getenv("JWT_SECRET")), minters: map[string]*issue.Issuer[jwt.MapClaims]{}}
	if len(iss.secret) == 0 {
		iss.secret = make([]byte, 32)
		rand.Read(iss.secret)
	}
	keys := map[string]issue.Key{"HS256": issue.HS256(iss.secret)}
	if file := getenv("JWT_PUBLIC_KEY"); file == "" {
		private, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return nil, err
		}
		iss.public, keys["RS256"] = &private.PublicKey, issue.NewKey(jwt.SigningMethodRS256, private)
	} else {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("JWT_PUBLIC_KEY, whose path is best an absolute one: %w", err)
		}
		if iss.public, err = jwthttp.ParseRSAPublicKey(data); err != nil {
			return nil, fmt.Errorf("JWT_PUBLIC_KEY: %s: %w", file, err)
		}
	}
	iss.opts = issue.Options{Issuer: getenv("JWT_ISSUER"), Lifetime: lifetime}
	if audience := getenv("JWT_AUDIENCE"); audience != "" {
		iss.opts.Audience = []string{audience}
	}
	for alg, key := range keys {
		minter, err := issue.New[jwt.MapClaims](iss.opts, key.WithID("quickstart"))
		if err != nil {
			return nil, fmt.Errorf("JWT_SECRET, JWT_AUDIENCE, JWT_ISSUER: %w", err)
		}
		iss.minters[alg] = minter
	}
	return iss, nil
}

func (iss *issuer) serveToken(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	alg, subject := cmp.Or(r.FormValue("alg"), "HS256"), cmp.Or(r.FormValue("sub"), "bob")
	minter := iss.minters[alg]
	switch {
	case minter != nil:
	case alg == "RS256":
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": "this server has only the public key of JWT_PUBLIC_KEY: mint the token where the private one is"})
		return
	default:
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": "alg is HS256 or RS256"})
		return
	}
	token, _, err := minter.Token(r.Context(), jwt.MapClaims{"sub": subject})
	if err != nil {
		writeJSON(w, http.StatusInternalServerError, map[string]string{"error": "no token could be minted"})
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, http.StatusOK, map[string]any{"token": token, "algorithm": alg, "expires_in": int(lifetime.Seconds())})
}
