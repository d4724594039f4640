package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/redis/go-redis/v9"
	_ "modernc.org/sqlite"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/dpop"
	"github.com/jwthttp/jwthttp/goredis"
	"github.com/jwthttp/jwthttp/internal/servertest"
	"github.com/jwthttp/jwthttp/session"
	"github.com/jwthttp/jwthttp/sqlstore"
)

const (
	upFor    = 5 * time.Second // and up to as long again
	downFor  = 1500 * time.Millisecond
	timeout  = 5 * time.Second // of each call; a machine that is slower may get a 503
	database = 12              // connections
)

// A store keeps sessions and revocations. It fails now and then.
type store struct {
	name     string
	sessions session.Store
	list     *denylist.List
	away     atomic.Uint32 // odd while an answer may be a 503
	refused  atomic.Int64  // requests with a 503
	failures int

	take, back  func() error                // makes it fail, and ends that; nil for a store that never fails
	works       func(context.Context) error // asks all connections of the pool
	inUse, left func() (int, error)         // connections of the pool, and of the server
	close       func()
}

// stores are those of all kinds.
type stores struct {
	all           []*store
	sqlite, redis *store
	proofs        [2]dpop.Store // of two instances
	peer          *peer
	cleanups      []func()
}

func newStores() (*stores, error) {
	s := &stores{}
	for _, add := range []func() error{s.addMemory, s.addSQLite, s.addPostgreSQL, s.addRedis} {
		if err := add(); err != nil {
			s.clean()
			return nil, err
		}
	}
	return s, nil
}

func (s *stores) clean() {
	for _, clean := range slices.Backward(s.cleanups) {
		clean()
	}
}

func (s *stores) addMemory() error {
	list, err := denylist.NewMemory(denylist.Options{MaxLifetime: listed, MaxEntries: 10_000_000})
	if err != nil {
		return err
	}
	memory, err := session.NewMemory(maxSessions)
	s.all = append(s.all, &store{name: "memory", sessions: memory, list: list, close: func() {}})
	return err
}

// addSQLite adds a file that another program writes too. That program is killed in the middle of it.
// The store fails while its tables are away.
func (s *stores) addSQLite() error {
	dir, err := os.MkdirTemp("", "soak-")
	if err != nil {
		return err
	}
	s.cleanups = append(s.cleanups, func() { os.RemoveAll(dir) })
	dsn := "file:" + filepath.Join(dir, "soak.db") + "?_txlock=immediate&_pragma=busy_timeout(4500)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"
	db, sqlite, err := s.addSQL("SQLite", sqlstore.SQLite, "sqlite", dsn)
	if err != nil {
		return err
	}
	if s.peer, err = startPeer(dsn); err != nil {
		return err
	}
	s.cleanups = append(s.cleanups, s.peer.kill)
	rename := func(from, to string) error {
		return patiently(func() error {
			tx, err := db.Begin()
			if err != nil {
				return err
			}
			defer tx.Rollback()
			for _, table := range []string{"sessions", "revocations"} {
				if _, err := tx.Exec("ALTER TABLE " + from + table + " RENAME TO " + to + table); err != nil {
					return err
				}
			}
			return tx.Commit()
		})
	}
	s.sqlite = sqlite
	sqlite.take = func() error {
		s.peer.kill()
		return rename("jwthttp_", "away_")
	}
	sqlite.back = func() error {
		return errors.Join(rename("away_", "jwthttp_"), s.peer.start())
	}
	return nil
}

func (s *stores) addPostgreSQL() error {
	server, err := servertest.StartPostgreSQL()
	if err != nil {
		return err
	}
	s.cleanups = append(s.cleanups, server.Remove)
	_, postgres, err := s.addSQL("PostgreSQL", sqlstore.PostgreSQL, "pgx", server.URL("postgres"))
	if err != nil {
		return err
	}
	postgres.take = func() error { server.Kill(); return nil }
	postgres.back = func() error { return patiently(server.Run) }
	postgres.left = func() (n int, err error) {
		db, err := sql.Open("pgx", server.URL("postgres"))
		if err != nil {
			return 0, err
		}
		defer db.Close()
		return n, db.QueryRow("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()").Scan(&n)
	}
	return nil
}

func (s *stores) addSQL(name string, dialect sqlstore.Dialect, driver, dsn string) (*sql.DB, *store, error) {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, nil, err
	}
	s.cleanups = append(s.cleanups, func() { db.Close() })
	db.SetMaxOpenConns(database)
	db.SetMaxIdleConns(database)
	of, err := sqlstore.New(db, dialect, sqlstore.Options{Timeout: timeout})
	if err != nil {
		return nil, nil, err
	}
	if err := of.Migrate(context.Background()); err != nil {
		return nil, nil, err
	}
	list, err := of.Denylist(denylist.Options{MaxLifetime: listed})
	if err != nil {
		return nil, nil, err
	}
	it := &store{name: name, sessions: of, list: list}
	it.works = func(ctx context.Context) error {
		if err := db.PingContext(ctx); err != nil {
			return err
		}
		for db.Stats().Idle > 0 { // all that the outage has broken are found
			conn, err := db.Conn(ctx)
			if err != nil {
				return err
			}
			defer conn.Close()
			if err := conn.PingContext(ctx); err != nil {
				return err
			}
		}
		return nil
	}
	it.inUse = func() (int, error) { return db.Stats().InUse, nil }
	it.close = func() { db.Close() }
	s.all = append(s.all, it)
	return db, it, nil
}

// addRedis adds a server of two instances, which share used proofs.
func (s *stores) addRedis() error {
	server, err := servertest.StartRedis()
	if err != nil {
		return err
	}
	redis.SetLogger(silent{})
	s.cleanups = append(s.cleanups, server.Remove)
	var clients [2]*redis.Client
	for i := range clients {
		clients[i] = redis.NewClient(&redis.Options{
			Addr: server.Addr, ContextTimeoutEnabled: true, PoolSize: 16, PoolTimeout: timeout, ReadTimeout: timeout, WriteTimeout: timeout,
			// go-redis fails at once, for a moment, after as many failed dials as PoolSize, whenever they
			// were. Dials that clients have cancelled must not count, or that moment is not in an outage.
			DialerRetries: 1,
			Dialer: func(_ context.Context, network, addr string) (net.Conn, error) {
				return net.DialTimeout(network, addr, timeout)
			},
		})
		s.cleanups = append(s.cleanups, func() { clients[i].Close() })
		if s.proofs[i], err = goredis.NewProofs(clients[i], goredis.ProofOptions{Timeout: timeout}); err != nil {
			return err
		}
	}
	it := &store{name: "Redis"}
	if it.sessions, err = goredis.NewSessions(clients[0], goredis.SessionOptions{Timeout: timeout}); err != nil {
		return err
	}
	if it.list, err = goredis.NewDenylist(clients[1], goredis.DenylistOptions{MaxLifetime: listed, Timeout: timeout}); err != nil {
		return err
	}
	it.take = func() error { server.Kill(); return nil }
	it.back = func() error { return patiently(server.Run) }
	it.works = func(ctx context.Context) error {
		var all sync.WaitGroup
		errs := make([]error, 64)
		for i := range errs {
			all.Go(func() { errs[i] = clients[i%2].Ping(ctx).Err() })
		}
		all.Wait()
		return errors.Join(errs...)
	}
	it.inUse = func() (n int, err error) {
		for _, c := range clients {
			stats := c.PoolStats()
			n += int(stats.TotalConns) - int(stats.IdleConns)
		}
		return n, nil
	}
	it.left = func() (int, error) {
		client := redis.NewClient(&redis.Options{Addr: server.Addr, PoolSize: 1})
		defer client.Close()
		all, err := client.Info(context.Background(), "clients").Result()
		n := 0
		if err == nil {
			n, err = connectedClients(all)
		}
		return n - 1, err // this client is one
	}
	it.close = func() { clients[0].Close(); clients[1].Close() }
	s.redis = it
	s.all = append(s.all, it)
	return nil
}

func connectedClients(info string) (n int, err error) {
	_, err = fmt.Sscanf(info, "# Clients\r\nconnected_clients:%d", &n)
	return n, err
}

// silent is for a client that logs each connection that fails.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

// protect adds a handler for each store, whose tokens may be revoked there.
func (s *stores) protect(mux *http.ServeMux, issuers jwthttp.KeySource) error {
	for _, it := range s.all {
		auth, err := jwthttp.New(issuers, jwthttp.Options{Audience: []string{audience}}, denylist.Check[Claims](it.list))
		if err != nil {
			return err
		}
		mux.Handle("/revocable/"+it.name, auth.Handler(http.HandlerFunc(echo)))
	}
	return nil
}

// fail makes the store fail again and again, until ctx ends. It works then.
func (s *store) fail(ctx context.Context, report func(string, ...any)) {
	if s.take == nil {
		return
	}
	for wait(ctx, upFor+rand.N(upFor)) {
		s.away.Add(1)
		s.failures++
		before := s.refused.Load()
		err := s.take()
		for is := wait(ctx, downFor); is && s.refused.Load() == before; { // a client has noticed
			is = wait(ctx, 10*time.Millisecond)
		}
		if err == nil {
			err = s.back()
		}
		if err == nil {
			err = patiently(s.isBack)
		}
		if err != nil {
			report("%s: %v", s.name, err)
			return
		}
		s.away.Add(1)
	}
}

// isBack returns nil if the store works again, with all its connections.
func (s *store) isBack() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, _, err := s.sessions.Load(ctx, sha256.Sum256([]byte("none")))
	return errors.Join(s.works(ctx), err)
}

// mayFail reports whether a 503 is right for what began and ended at these moments, in which away was
// so.
func (s *store) mayFail(began, ended time.Time, away uint32) bool {
	return away%2 == 1 || s.away.Load() != away || ended.Sub(began) >= timeout
}

// patiently repeats what a slow machine has not made possible yet.
func patiently(do func() error) (err error) {
	for start := time.Now(); time.Since(start) < 3*time.Minute; time.Sleep(50 * time.Millisecond) {
		if err = do(); err == nil {
			return nil
		}
	}
	return err
}

// close closes the pools of connections. No connection must be left then, neither in the pool nor at
// the server.
func (s *stores) close(report func(string, ...any)) {
	defer s.clean()
	for _, it := range s.all {
		none := func(where string, count func() (int, error)) {
			n, err := 0, error(nil)
			if count != nil && !eventually(func() bool { n, err = count(); return n == 0 && err == nil }) {
				report("%s: %d connections are %s, %v", it.name, n, where, err)
			}
		}
		none("in use", it.inUse)
		it.close()
		none("left at the server", it.left)
	}
}

func (s *stores) print() {
	for _, it := range s.all {
		fmt.Printf("%s: away %d times, and %d requests got a 503\n", it.name, it.failures, it.refused.Load())
	}
	fmt.Printf("SQLite: a program was killed %d times, which has acknowledged %d revocations\n", s.peer.kills, len(s.peer.revoked))
}
