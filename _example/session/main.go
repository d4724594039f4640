// Session is a site whose users stay logged in for longer than an access token lives.
//
//	go -C _example/session run .
//
// Open the address that it prints. Sessions are in the file sessions.db, and survive a restart.
// Behind a proxy that speaks TLS, set -https: the cookies are then __Host-access and __Host-refresh.
// Flags choose another store and other times. SESSION_SECRET is the secret of the access tokens. It is
// a new one at each start if unset, and then they are refreshed.
package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx
	"github.com/redis/go-redis/v9"
	_ "modernc.org/sqlite" // the driver sqlite

	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/goredis"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/session"
	"github.com/jwthttp/jwthttp/sqlstore"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:5000", "the `address` to listen on")
	kind := flag.String("store", "sqlite", "where sessions are: memory, sqlite, postgres or redis")
	dsn := flag.String("dsn", "", "the file of sqlite, the URL of postgres, or the host:port of redis")
	lifetime := flag.Duration("lifetime", time.Minute, "of an access token")
	idle := flag.Duration("idle", 0, "a session ends if it is not refreshed for so long; 7 days if 0")
	grace := flag.Duration("grace", 0, "a refresh token may come again for so long; 10 seconds if 0")
	https := flag.Bool("https", false, "browsers come over TLS, through a proxy")
	flag.Parse()
	if flag.NArg() > 0 {
		log.Fatalf("what is %q? Session takes flags only", flag.Arg(0))
	}
	handler, err := newSite(*kind, *dsn, os.Getenv("SESSION_SECRET"), *lifetime, session.Options{
		Idle: *idle, Grace: *grace, AllowInsecureHTTP: !*https,
	})
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	if *https {
		fmt.Printf("let the proxy pass requests to http://%s\n", listener.Addr())
	} else {
		fmt.Printf("open http://%s/ in a browser, log in, and come back after %v\n", listener.Addr(), *lifetime)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(server.Serve(listener))
}

// newSite returns the site with a store of that kind.
func newSite(kind, dsn, secret string, lifetime time.Duration, opts session.Options) (http.Handler, error) {
	if secret == "" {
		secret = rand.Text() + rand.Text()
	}
	iss, err := issue.New[Claims](issue.Options{Lifetime: lifetime}, issue.HS256([]byte(secret)))
	if err != nil {
		return nil, err
	}
	store, revoked, err := open(kind, dsn)
	if err != nil {
		return nil, err
	}
	opts.Revoked = revoked
	return newHandler(iss, store, opts)
}

// open returns a store of sessions, and a denylist in the same place, so that all instances know it.
func open(kind, dsn string) (session.Store, *denylist.List, error) {
	switch kind {
	case "memory":
		store, err := session.NewMemory(0)
		if err != nil {
			return nil, nil, err
		}
		revoked, err := denylist.NewMemory(denylist.Options{})
		return store, revoked, err
	case "sqlite":
		if dsn == "" {
			dsn = "sessions.db"
		}
		return openSQL("sqlite", "file:"+dsn+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)", sqlstore.SQLite)
	case "postgres":
		return openSQL("pgx", dsn, sqlstore.PostgreSQL)
	case "redis":
		if dsn == "" {
			dsn = "127.0.0.1:6379"
		}
		client := redis.NewClient(&redis.Options{Addr: dsn})
		store, err := goredis.NewSessions(client, goredis.SessionOptions{})
		if err != nil {
			return nil, nil, err
		}
		revoked, err := goredis.NewDenylist(client, goredis.DenylistOptions{})
		return store, revoked, err
	}
	return nil, nil, fmt.Errorf("-store is %q: use memory, sqlite, postgres or redis", kind)
}

func openSQL(driver, dsn string, dialect sqlstore.Dialect) (session.Store, *denylist.List, error) {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, nil, err
	}
	if err := sqlstore.Migrate(context.Background(), db, dialect); err != nil {
		return nil, nil, err
	}
	store, err := sqlstore.New(db, dialect, sqlstore.Options{})
	if err != nil {
		return nil, nil, err
	}
	revoked, err := sqlstore.NewDenylist(db, dialect, sqlstore.DenylistOptions{})
	return store, revoked, err
}
