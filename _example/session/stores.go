package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx
	"github.com/redis/go-redis/v9"
	_ "modernc.org/sqlite" // the driver sqlite

	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/goredis"
	"github.com/jwthttp/jwthttp/session"
	"github.com/jwthttp/jwthttp/sqlstore"
)

// A place has the sessions, and a denylist with them, so that all instances know it.
type place struct {
	sessions session.Store
	revoked  *denylist.List
	close    func() error
}

// open returns a place that has answered once. Its errors do not show the dsn, which may have a
// password.
func open(ctx context.Context, kind, dsn string) (p place, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var hint string
	switch kind {
	case "memory":
		hint = "leave -dsn out"
		p, err = openMemory(dsn)
	case "sqlite":
		hint = "pass a file in a folder that is there, such as -dsn sessions.db"
		p, err = openSQLite(ctx, dsn)
	case "postgres":
		hint = "pass the URL of a server that runs, such as -dsn postgres://app:password@127.0.0.1:5432/app"
		p, err = openPostgreSQL(ctx, dsn)
	case "redis":
		hint = "pass where a server runs, such as -dsn 127.0.0.1:6379 or -dsn redis://:password@127.0.0.1:6379/0"
		p, err = openRedis(dsn)
	default:
		return p, fmt.Errorf("-store is %q: use memory, sqlite, postgres or redis", kind)
	}
	if err == nil {
		if _, _, err = p.sessions.Load(ctx, [32]byte{}); err != nil {
			p.close()
		}
	}
	if err != nil {
		return place{}, fmt.Errorf("-store %s: %s: %w", kind, hint, err)
	}
	return p, nil
}

func openMemory(dsn string) (p place, err error) {
	if dsn != "" {
		return p, errors.New("it is in this process")
	}
	p.close = func() error { return nil }
	if p.sessions, err = session.NewMemory(0); err == nil {
		p.revoked, err = denylist.NewMemory(denylist.Options{})
	}
	return p, err
}

func openSQLite(ctx context.Context, file string) (place, error) {
	if file == "" {
		file = "sessions.db"
	}
	path := url.URL{Path: file} // escapes what has a meaning in the name of a database
	return openSQL(ctx, "sqlite", "file:"+path.EscapedPath()+"?_pragma=busy_timeout(1500)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)", sqlstore.SQLite)
}

func openPostgreSQL(ctx context.Context, dsn string) (place, error) {
	if dsn == "" {
		return place{}, errors.New("-dsn is missing")
	}
	if _, err := pgx.ParseConfig(dsn); err != nil { // which may show the dsn
		return place{}, errors.New("-dsn is not the URL of a PostgreSQL")
	}
	return openSQL(ctx, "pgx", dsn, sqlstore.PostgreSQL)
}

func openSQL(ctx context.Context, driver, name string, dialect sqlstore.Dialect) (p place, err error) {
	db, err := sql.Open(driver, name)
	if err != nil {
		return p, err
	}
	defer func() {
		if err != nil {
			db.Close()
		}
	}()
	store, err := sqlstore.New(db, dialect, sqlstore.Options{})
	if err != nil {
		return p, err
	}
	if err := store.Migrate(ctx); err != nil {
		return p, err
	}
	revoked, err := store.Denylist(denylist.Options{})
	return place{store, revoked, db.Close}, err
}

func openRedis(dsn string) (p place, err error) {
	opts := &redis.Options{Addr: dsn}
	if dsn == "" {
		opts.Addr = "127.0.0.1:6379"
	}
	if strings.Contains(dsn, "://") {
		if opts, err = redis.ParseURL(dsn); err != nil {
			return p, errors.New("-dsn is not the URL of a Redis")
		}
	}
	opts.ContextTimeoutEnabled = true
	client := redis.NewClient(opts)
	defer func() {
		if err != nil {
			client.Close()
		}
	}()
	store, err := goredis.NewSessions(client, goredis.SessionOptions{})
	if err != nil {
		return p, err
	}
	revoked, err := goredis.NewDenylist(client, goredis.DenylistOptions{})
	return place{store, revoked, client.Close}, err
}
