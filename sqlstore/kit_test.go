package sqlstore_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/jwthttp/jwthttp/sqlstore"
)

var dialects = []sqlstore.Dialect{sqlstore.SQLite, sqlstore.PostgreSQL}

// patient is a timeout for tests in which only the machine may be slow.
const patient = 30 * time.Second

// each runs a test with each kind of database.
func each(t *testing.T, run func(t *testing.T, dialect sqlstore.Dialect)) {
	t.Helper()
	for _, dialect := range dialects {
		t.Run(string(dialect), func(t *testing.T) { run(t, dialect) })
	}
}

// A database is a new one, which has no tables.
type database struct {
	dialect sqlstore.Dialect
	name    string // for sql.Open
}

// short returns how often a test repeats: n, or all with SESSION_LONG.
func short(n, all int) int {
	if os.Getenv("SESSION_LONG") != "" {
		return all
	}
	return n
}

func newDatabase(t testing.TB, dialect sqlstore.Dialect) *database {
	t.Helper()
	if dialect == sqlstore.SQLite {
		return &database{dialect, "file:" + filepath.Join(t.TempDir(), "test.db") + "?_pragma=busy_timeout(20000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)"}
	}
	return sharedServer(t).database(t)
}

// open returns another pool of connections, as another process has it.
func (d *database) open(t testing.TB) *sql.DB {
	t.Helper()
	db, err := d.pool()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func (d *database) pool() (*sql.DB, error) {
	driver := "pgx"
	if d.dialect == sqlstore.SQLite {
		driver = "sqlite"
	}
	db, err := sql.Open(driver, d.name)
	if err == nil {
		db.SetMaxOpenConns(12)
		db.SetMaxIdleConns(12)
	}
	return db, err
}

// migrated returns so many pools, with the tables.
func (d *database) migrated(t testing.TB, n int) (dbs []*sql.DB) {
	t.Helper()
	for range n {
		dbs = append(dbs, d.open(t))
	}
	if err := newStore(t, dbs[0], d.dialect).Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return dbs
}

func newStore(t testing.TB, db *sql.DB, dialect sqlstore.Dialect) *sqlstore.Store {
	t.Helper()
	store, err := sqlstore.New(db, dialect, sqlstore.Options{Timeout: patient})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// do executes a statement of the test itself.
func do(t testing.TB, db *sql.DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.Exec(statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// A server is a real PostgreSQL on a loopback port.
type server struct {
	dir  string
	port string
	cmd  *exec.Cmd
	log  bytes.Buffer

	exited chan struct{}
	n      atomic.Int64 // databases
}

var shared struct {
	once sync.Once
	*server
	err error
}

// sharedServer returns a server for all tests that do not stop it. It ends with TestMain.
func sharedServer(t testing.TB) *server {
	t.Helper()
	shared.once.Do(func() { shared.server, shared.err = startServer() })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.server
}

func TestMain(m *testing.M) {
	if os.Getenv("SQLSTORE_PROGRAM") != "" {
		program() // the test is another process
		return
	}
	code := m.Run()
	if shared.server != nil {
		shared.remove()
	}
	os.Exit(code)
}

// ownServer returns a server that the test may stop.
func ownServer(t testing.TB) *server {
	t.Helper()
	s, err := startServer()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.remove)
	return s
}

func startServer() (*server, error) {
	dir, err := os.MkdirTemp("", "sqlstore-postgresql-")
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir, port: strconv.Itoa(l.Addr().(*net.TCPAddr).Port)}
	l.Close()
	if attr := s.attr(); attr.Credential != nil {
		if err := os.Chown(dir, int(attr.Credential.Uid), int(attr.Credential.Gid)); err != nil {
			return nil, err
		}
	}
	initdb, err := s.command("initdb", "-D", dir, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	if err != nil {
		return nil, err
	}
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return s, s.run()
}

// attr has the user of Debian's package for root, as whom no PostgreSQL runs.
func (s *server) attr() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{}
	if os.Getuid() == 0 {
		if u, err := user.Lookup("postgres"); err == nil {
			uid, _ := strconv.Atoi(u.Uid)
			gid, _ := strconv.Atoi(u.Gid)
			attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	return attr
}

func (s *server) command(name string, args ...string) (*exec.Cmd, error) {
	path, err := exec.LookPath(name)
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name); err != nil && len(found) > 0 {
		path, err = slices.Max(found), nil // Debian has it outside of PATH
	}
	if err != nil {
		return nil, fmt.Errorf("%s is missing: apt-get install postgresql", name)
	}
	cmd := exec.Command(path, args...)
	cmd.Dir, cmd.SysProcAttr = s.dir, s.attr()
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	return cmd, nil
}

// run starts the process, or starts it again, and waits until it answers. It tries again if the port
// is taken by a connection of another test, or if what was killed has not gone.
func (s *server) run() error {
	db, err := sql.Open("pgx", s.url("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	if err := s.begin(); err != nil {
		return err
	}
	for range 1000 {
		if err = db.Ping(); err == nil {
			return nil
		}
		select {
		case <-s.exited:
			if err := s.begin(); err != nil {
				return err
			}
		case <-time.After(20 * time.Millisecond):
		}
	}
	s.stop()
	return fmt.Errorf("postgres does not answer: %w\n%s", err, s.log.Bytes())
}

func (s *server) begin() error {
	cmd, err := s.command("postgres", "-D", s.dir, "-p", s.port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
		"-c", "fsync=off", "-c", "max_connections=200")
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = &s.log, &s.log
	exited := make(chan struct{})
	s.cmd, s.exited = cmd, exited
	if err := cmd.Start(); err != nil {
		close(exited)
		return err
	}
	go func() {
		cmd.Wait()
		close(exited)
	}()
	return nil
}

// stop ends the server as a crash of it does: it recovers when it starts again.
func (s *server) stop() {
	s.cmd.Process.Signal(syscall.SIGQUIT)
	<-s.exited
}

// kill kills the server and its children, which are in groups of their own.
func (s *server) kill() {
	parent := s.cmd.Process.Pid
	s.cmd.Process.Signal(syscall.SIGSTOP) // no more children
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		stat, _ := os.ReadFile(name)
		var pid, ppid int
		fmt.Sscan(string(stat), &pid)
		fmt.Sscanf(string(stat[bytes.LastIndexByte(stat, ')')+1:]), " %1s %d", new(string), &ppid) // a name may have anything
		if ppid == parent {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	s.cmd.Process.Kill()
	<-s.exited
}

func (s *server) remove() {
	if s.cmd != nil {
		s.stop()
	}
	os.RemoveAll(s.dir)
}

func (s *server) url(name string) string {
	u := url.URL{Scheme: "postgres", User: url.User("postgres"), Host: net.JoinHostPort("127.0.0.1", s.port), Path: name, RawQuery: "sslmode=disable"}
	return u.String()
}

func (s *server) database(t testing.TB) *database {
	t.Helper()
	db, err := sql.Open("pgx", s.url("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	name := fmt.Sprintf("test%d", s.n.Add(1))
	do(t, db, "CREATE DATABASE "+name)
	return &database{sqlstore.PostgreSQL, s.url(name)}
}
