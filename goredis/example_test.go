package goredis_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/redis/go-redis/v9"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/dpop"
	"github.com/jwthttp/jwthttp/goredis"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/session"
)

// The instances of a service share their revocations.
func ExampleNewDenylist() {
	client := redis.NewClient(&redis.Options{Addr: "localhost:6379", ContextTimeoutEnabled: true})
	defer client.Close()
	revoked, err := goredis.NewDenylist(client, goredis.DenylistOptions{MaxLifetime: time.Hour})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New(jwthttp.HS256([]byte("an example's secret of 32 bytes.")), jwthttp.Options{}, denylist.Check[jwt.RegisteredClaims](revoked))
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("GET /me", auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, _ := jwthttp.ClaimsFromContext[jwt.RegisteredClaims](r.Context())
		fmt.Fprintf(w, "Hello, %s!\n", claims.Subject)
	})))
	http.Handle("POST /logout", auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, _ := jwthttp.TokenFromContext[jwt.RegisteredClaims](r.Context())
		if err := denylist.Revoke(r.Context(), revoked, token); err != nil {
			slog.Error("logout", "err", err) // WriteError does not log it
			jwthttp.WriteError(w, r, err)
			return
		}
		fmt.Fprintln(w, "Goodbye")
	})))
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", nil))
}

// A proof that one instance of a service has accepted is refused by all of them.
func ExampleNewProofs() {
	client := redis.NewClient(&redis.Options{Addr: "localhost:6379", ContextTimeoutEnabled: true})
	defer client.Close()
	used, err := goredis.NewProofs(client, goredis.ProofOptions{})
	if err != nil {
		log.Fatal(err)
	}
	proofs, err := dpop.New(dpop.Options{Origins: []string{"https://api.example.com"}, Replays: used})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New[jwt.RegisteredClaims](jwthttp.HS256([]byte("an example's secret of 32 bytes.")), jwthttp.Options{Bindings: []jwthttp.Binding{proofs}})
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("GET /me", auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, _ := jwthttp.ClaimsFromContext[jwt.RegisteredClaims](r.Context())
		fmt.Fprintf(w, "Hello, %s!\n", claims.Subject)
	})))
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", nil))
}

// The instances of a service share their sessions, and what they have revoked.
func ExampleNewSessions() {
	client := redis.NewClient(&redis.Options{Addr: "localhost:6379", ContextTimeoutEnabled: true})
	defer client.Close()
	store, err := goredis.NewSessions(client, goredis.SessionOptions{})
	if err != nil {
		log.Fatal(err)
	}
	revoked, err := goredis.NewDenylist(client, goredis.DenylistOptions{MaxLifetime: time.Hour})
	if err != nil {
		log.Fatal(err)
	}
	iss, err := issue.New[jwt.RegisteredClaims](issue.Options{}, issue.HS256([]byte("an example's secret of 32 bytes.")))
	if err != nil {
		log.Fatal(err)
	}
	claims := func(context.Context, session.Session) (c jwt.RegisteredClaims, err error) { return c, nil }
	sessions, err := session.New(iss, store, claims, session.Options{Revoked: revoked})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New(iss, sessions.Options(), denylist.Check[jwt.RegisteredClaims](revoked))
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("POST /refresh", sessions.Refresh)
	http.HandleFunc("POST /logout", sessions.Logout)
	http.Handle("GET /me", sessions.Handler(auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, _ := jwthttp.ClaimsFromContext[jwt.RegisteredClaims](r.Context())
		fmt.Fprintf(w, "Hello, %s!\n", claims.Subject)
	}))))
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", nil))
}
