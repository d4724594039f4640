package sqlstore_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/jwthttp/jwthttp/internal/servertest"
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
	return steady.get(t).database(t)
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

// A server is a PostgreSQL with a number for each database.
type server struct {
	*servertest.PostgreSQL
	n atomic.Int64
}

// A sharedServer is started by the first test that needs it. It ends with TestMain.
type sharedServer struct {
	once sync.Once
	*server
	err error
}

var (
	steady   sharedServer // which no test stops
	stopping sharedServer // which runs again after a test has stopped it
)

func (s *sharedServer) get(t testing.TB) *server {
	t.Helper()
	s.once.Do(func() {
		var postgres *servertest.PostgreSQL
		if postgres, s.err = servertest.StartPostgreSQL(); s.err == nil {
			s.server = &server{PostgreSQL: postgres}
		}
	})
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.server
}

func TestMain(m *testing.M) {
	if os.Getenv("SQLSTORE_PROGRAM") != "" {
		program() // the test is another process
		return
	}
	code := m.Run()
	for _, s := range []*sharedServer{&steady, &stopping} {
		if s.server != nil {
			s.Remove()
		}
	}
	os.Exit(code)
}

func (s *server) database(t testing.TB) *database {
	t.Helper()
	db, err := sql.Open("pgx", s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	name := fmt.Sprintf("test%d", s.n.Add(1))
	do(t, db, "CREATE DATABASE "+name)
	return &database{sqlstore.PostgreSQL, s.URL(name)}
}
