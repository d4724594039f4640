package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	ginstore "github.com/appleboy/gin-jwt/v3/store"
	"github.com/golang-jwt/jwt/v5"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/redis/go-redis/v9"
	_ "modernc.org/sqlite"

	"github.com/jwthttp/jwthttp/goredis"
	"github.com/jwthttp/jwthttp/session"
	"github.com/jwthttp/jwthttp/sqlstore"
)

const (
	callers     = 8                // clients at the same time
	callerCount = 4                // sessions of each
	patient     = 30 * time.Second // for a store on a machine with other work
)

// A contender keeps sessions somewhere.
type contender struct {
	name    string
	clients [callers]*client
}

// A shelf has the stores that are measured, and what stops them.
type shelf struct {
	dir     string
	all     []contender
	missing []string // what has to be installed for more
	stops   []func()
}

// sessionStores measures how many sessions a second each store begins, and how many it refreshes. Some
// clients do so at the same time. A server runs on the same CPUs. A quick run has none.
func sessionStores(r *Report) (err error) {
	s := &shelf{}
	if s.dir, err = os.MkdirTemp("", "compare-"); err != nil {
		return err
	}
	defer os.RemoveAll(s.dir)
	defer func() {
		for _, stop := range slices.Backward(s.stops) {
			stop()
		}
	}()
	err = errors.Join(s.memory(), s.sqlite())
	if !r.Quick {
		err = errors.Join(err, s.postgresql(), s.redis())
	}
	if err != nil {
		return err
	}
	var begun, refreshed []runner
	for _, c := range s.all {
		begun = append(begun, c.runner(func(c *client) error { return c.login(callerCount) }))
		if err := c.together(func(c *client) error { return c.login(callerCount) }); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		refreshed = append(refreshed, c.runner((*client).refresh))
	}
	note := ""
	if len(s.missing) > 0 {
		note = "left out, for want of a server: " + strings.Join(s.missing, ", ")
	}
	for _, work := range []struct {
		verb    string
		runners []runner
	}{{"refreshed", refreshed}, {"begun", begun}} {
		t := inTurns(wallTime, fmt.Sprintf("HS256: sessions that are %s by %d clients at the same time, wall time", work.verb, callers), r.Rounds, work.runners)
		for i := range t.Rows {
			t.Rows[i].Name = fmt.Sprintf("%s: %.0f sessions a second", t.Rows[i].Name, 1e9/t.Rows[i].Ns)
		}
		t.Note = note
		r.Tables = append(r.Tables, t)
	}
	return nil
}

// together lets each client do something at the same time.
func (c *contender) together(do func(c *client) error) error {
	var all sync.WaitGroup
	var errs [callers]error
	for i, client := range c.clients {
		all.Go(func() { errs[i] = do(client) })
	}
	all.Wait()
	return errors.Join(errs[:]...)
}

// runner returns one whose clients do something with callerCount sessions each.
func (c *contender) runner(do func(c *client) error) runner {
	return repeated(c.name, func() int {
		mustRun(c.name, func() error { return c.together(do) })
		return callers * callerCount
	})
}

func (s *shelf) add(name string, newClient func() (*client, error)) error {
	c := contender{name: name}
	for i := range c.clients {
		var err error
		if c.clients[i], err = newClient(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	s.all = append(s.all, c)
	return nil
}

func (s *shelf) ours(name string, store session.Store) error {
	sessions, _, err := newSessions(jwt.SigningMethodHS256, &hurried{Store: store}, noGrace)
	if err != nil {
		return err
	}
	return s.add("jwthttp, "+name, func() (*client, error) { return clientOf(sessions, false), nil })
}

func (s *shelf) memory() error {
	store, err := session.NewMemory(10_000_000)
	if err != nil {
		return err
	}
	gin := ginstore.NewMemoryStore()
	return errors.Join(s.ours("in memory", store), s.add(ginJWT+", in memory", func() (*client, error) { return clientOfGinJWT(gin) }))
}

// sqlite measures one connection too: those that wait for another one to write sleep meanwhile.
func (s *shelf) sqlite() (err error) {
	for _, connections := range []int{callers, 1} {
		name := fmt.Sprintf("SQLite, connections: %d", connections)
		source := "file:" + filepath.Join(s.dir, fmt.Sprintf("%d.db", connections)) + "?_pragma=busy_timeout(20000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"
		err = errors.Join(err, s.database(name, sqlstore.SQLite, connections, "sqlite", source))
	}
	return err
}

func (s *shelf) database(name string, dialect sqlstore.Dialect, connections int, driver, source string) error {
	db, err := sql.Open(driver, source)
	if err != nil {
		return err
	}
	s.stops = append(s.stops, func() { db.Close() })
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	store, err := sqlstore.New(db, dialect, sqlstore.Options{Timeout: patient})
	if err != nil {
		return err
	}
	err = patiently(func() error { return db.Ping() })
	if err == nil {
		err = store.Migrate(context.Background())
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return s.ours(name, store)
}

// postgresql starts a server with the settings of a new cluster.
func (s *shelf) postgresql() error {
	initdb, postgres := find("initdb"), find("postgres")
	if initdb == "" || postgres == "" {
		s.missing = append(s.missing, "PostgreSQL (apt-get install postgresql)")
		return nil
	}
	dir := filepath.Join(s.dir, "postgresql")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	var prefix []string
	if os.Getuid() == 0 { // as whom no PostgreSQL runs
		u, err := user.Lookup("postgres")
		if err != nil {
			return err
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		if err := errors.Join(os.Chown(dir, uid, gid), os.Chmod(s.dir, 0o755)); err != nil {
			return err
		}
		prefix = []string{"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"}
	}
	command := func(args ...string) *exec.Cmd {
		args = append(slices.Clone(prefix), args...)
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "LC_ALL=C")
		return cmd
	}
	if out, err := command(initdb, "-D", dir, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync").CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	port, err := s.serve(func(port string) *exec.Cmd {
		return command(postgres, "-D", dir, "-p", port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=")
	})
	if err != nil {
		return err
	}
	return s.database("PostgreSQL", sqlstore.PostgreSQL, callers, "pgx", "postgres://postgres@127.0.0.1:"+port+"/postgres?sslmode=disable")
}

// redis starts a server that appends each write to a file, and syncs it once a second.
func (s *shelf) redis() error {
	server := find("redis-server")
	if server == "" {
		s.missing = append(s.missing, "Redis (apt-get install redis-server)")
		return nil
	}
	port, err := s.serve(func(port string) *exec.Cmd {
		return exec.Command(server, "--port", port, "--bind", "127.0.0.1", "--dir", s.dir, "--save", "", "--appendonly", "yes", "--daemonize", "no")
	})
	if err != nil {
		return err
	}
	addr := net.JoinHostPort("127.0.0.1", port)
	db := redis.NewClient(&redis.Options{Addr: addr, ContextTimeoutEnabled: true})
	s.stops = append(s.stops, func() { db.Close() })
	if err := patiently(func() error { return db.Ping(context.Background()).Err() }); err != nil {
		return fmt.Errorf("a server of Redis: %w", err)
	}
	store, err := goredis.NewSessions(db, goredis.SessionOptions{Timeout: 5 * time.Second})
	if err != nil {
		return err
	}
	gin, err := ginstore.NewRedisRefreshTokenStore(&ginstore.RedisConfig{Addr: addr, CacheTTL: time.Minute, KeyPrefix: "gin-jwt:"})
	if err != nil {
		return err
	}
	s.stops = append(s.stops, func() { gin.Close() })
	return errors.Join(s.ours("Redis", store), s.add(ginJWT+", Redis", func() (*client, error) { return clientOfGinJWT(gin) }))
}

// find returns the path of a program, or "". Debian has those of PostgreSQL outside of PATH.
func find(program string) string {
	if path, err := exec.LookPath(program); err == nil {
		return path
	}
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + program); len(found) > 0 {
		return slices.Max(found)
	}
	return ""
}

// serve starts a server on a free port. It ends with the shelf.
func (s *shelf) serve(command func(port string) *exec.Cmd) (port string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, _ = net.SplitHostPort(l.Addr().String())
	l.Close()
	cmd := command(port)
	if err := cmd.Start(); err != nil {
		return "", err
	}
	s.stops = append(s.stops, func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
	})
	return port, nil
}

// patiently repeats what fails until the server has started.
func patiently(do func() error) (err error) {
	for start := time.Now(); time.Since(start) < patient; time.Sleep(20 * time.Millisecond) {
		if err = do(); err == nil {
			return nil
		}
	}
	return err
}
