package sqlstore_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/denylist/denylisttest"
	"github.com/jwthttp/jwthttp/session"
	"github.com/jwthttp/jwthttp/session/sessiontest"
	"github.com/jwthttp/jwthttp/sqlstore"
)

func TestStore(t *testing.T) {
	each(t, func(t *testing.T, dialect sqlstore.Dialect) {
		testStore(t, newDatabase(t, dialect))
	})
}

// Above the default isolation level, PostgreSQL undoes statements that come second.
func TestStoreSerializable(t *testing.T) {
	d := newDatabase(t, sqlstore.PostgreSQL)
	d.name += "&default_transaction_isolation=serializable"
	testStore(t, d)
	t.Run("readers and writers", func(t *testing.T) {
		store := newStore(t, d.open(t), d.dialect)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 100 {
					if _, err := store.Swap(t.Context(), login("carol", time.Hour)); err != nil {
						t.Error(err)
					}
					if _, _, err := store.List(t.Context(), "carol"); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if all, _, err := store.List(t.Context(), "carol"); len(all) != 800 || err != nil {
			t.Errorf("%d sessions and %v", len(all), err)
		}
	})
}

func testStore(t *testing.T, d *database) {
	t.Helper()
	var stores []session.Store
	for _, db := range d.migrated(t, 3) {
		stores = append(stores, newStore(t, db, d.dialect))
	}
	sessiontest.Store(t, stores...)
}

func TestDenylist(t *testing.T) {
	each(t, func(t *testing.T, dialect sqlstore.Dialect) {
		var stores []denylist.Store
		for _, db := range newDatabase(t, dialect).migrated(t, 3) {
			stores = append(stores, sqlstore.Revocations(newStore(t, db, dialect)))
		}
		denylisttest.Store(t, stores...)
	})
}

// Several instances start at the same time, and again.
func TestMigrateAtTheSameTime(t *testing.T) {
	each(t, func(t *testing.T, dialect sqlstore.Dialect) {
		for range 5 {
			d := newDatabase(t, dialect)
			if dialect == sqlstore.PostgreSQL {
				d.name += "&default_transaction_isolation=serializable"
			}
			var instances sync.WaitGroup
			start := make(chan struct{})
			for range 3 {
				store := newStore(t, d.open(t), dialect)
				instances.Go(func() {
					<-start
					for range 2 {
						if err := store.Migrate(t.Context()); err != nil {
							t.Error(err)
						}
					}
					if _, err := store.Swap(t.Context(), login("alice", time.Hour)); err != nil {
						t.Error(err)
					}
				})
			}
			close(start)
			instances.Wait()
			all, _, err := newStore(t, d.open(t), dialect).List(t.Context(), "alice")
			if err != nil || len(all) != 3 {
				t.Errorf("%d sessions and %v, want 3", len(all), err)
			}
		}
	})
}

// login returns a new record that is idle after so long by the clock of the test.
func login(subject string, idle time.Duration) session.Record {
	now := time.Now()
	r := session.Record{Version: 1, ID: rand.Text()[:22], Subject: subject, Written: now, LoggedIn: now, IdleEnd: now.Add(idle), End: now.Add(idle)}
	rand.Read(r.Key[:])
	rand.Read(r.Current[:])
	return r
}

// Without Migrate the error says what to call.
func TestWithoutMigrate(t *testing.T) {
	each(t, func(t *testing.T, dialect sqlstore.Dialect) {
		store := newStore(t, newDatabase(t, dialect).open(t), dialect)
		if _, _, err := store.Load(t.Context(), [32]byte{}); err == nil || !strings.Contains(err.Error(), ": call Store.Migrate first") {
			t.Errorf("%v", err)
		}
	})
}

// The error of a first start says what to mend.
func TestMigrateSaysWhatToMend(t *testing.T) {
	const kind = ": the database is of another kind: pass its dialect to New"
	sqlite, postgreSQL := newDatabase(t, sqlstore.SQLite), newDatabase(t, sqlstore.PostgreSQL)
	for _, tc := range []struct {
		name string
		d    *database
		want string
	}{
		{"a SQLite that is taken for a PostgreSQL", &database{sqlstore.PostgreSQL, sqlite.name}, kind},
		{"a PostgreSQL that is taken for a SQLite", &database{sqlstore.SQLite, postgreSQL.name}, kind},
		{"a folder that is not there", &database{sqlstore.SQLite, "file:" + filepath.Join(t.TempDir(), "no", "test.db")}, ": make its folder first, and let this program write there"},
	} {
		driver := "sqlite"
		if tc.d.name == postgreSQL.name {
			driver = "pgx"
		}
		db, err := sql.Open(driver, tc.d.name)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		store, err := sqlstore.New(db, tc.d.dialect, sqlstore.Options{Timeout: patient})
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Migrate(t.Context()); err == nil || !strings.HasSuffix(err.Error(), tc.want) {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}

// If a migration fails half-way, nothing of it stays, and neither does a transaction.
func TestMigrateFails(t *testing.T) {
	each(t, func(t *testing.T, dialect sqlstore.Dialect) {
		db := newDatabase(t, dialect).open(t)
		db.SetMaxOpenConns(1)
		store := newStore(t, db, dialect)
		do(t, db, `CREATE TABLE jwthttp_revocations (key INTEGER)`) // is in the way
		for range 2 {
			if err := store.Migrate(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "sqlstore: "+string(dialect)+": ") || !strings.Contains(err.Error(), "jwthttp_revocations") {
				t.Fatalf("a table in the way: %v", err)
			}
		}
		for _, table := range []string{"jwthttp_sessions", "jwthttp_schema"} {
			if _, err := db.Exec(`SELECT 1 FROM ` + table); err == nil {
				t.Errorf("%s stays after a migration that failed", table)
			}
		}
		canceled, cancel := context.WithCancel(t.Context())
		cancel()
		if err := store.Migrate(canceled); !errors.Is(err, context.Canceled) {
			t.Errorf("canceled: %v", err)
		}
		do(t, db, `DROP TABLE jwthttp_revocations`)
		if err := store.Migrate(t.Context()); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

// An instance needs no right to create tables. One that is older than the tables goes on.
func TestMigrateHasNothingToDo(t *testing.T) {
	d := newDatabase(t, sqlstore.PostgreSQL)
	db := d.migrated(t, 1)[0]
	do(t, db, `CREATE ROLE guest LOGIN`)
	do(t, db, `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO guest`)
	do(t, db, `INSERT INTO jwthttp_schema VALUES (1000)`)
	guest := (&database{d.dialect, strings.Replace(d.name, "postgres@", "guest@", 1)}).open(t)
	if _, err := guest.Exec(`CREATE TABLE other (n INTEGER)`); err == nil {
		t.Fatal("the guest can create tables")
	}
	store := newStore(t, guest, d.dialect)
	if err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if written, err := store.Swap(t.Context(), login("alice", time.Hour)); !written || err != nil {
		t.Errorf("%v and %v", written, err)
	}
}

func TestRefused(t *testing.T) {
	db := newDatabase(t, sqlstore.SQLite).open(t)
	for _, test := range []struct {
		name    string
		db      *sql.DB
		dialect sqlstore.Dialect
		timeout time.Duration
		want    string
	}{
		{"no database", nil, sqlstore.SQLite, 0, "sqlstore: the database is nil: open it with sql.Open, and check its error"},
		{"no dialect", db, "", 0, `sqlstore: the dialect is "": use sqlstore.SQLite or sqlstore.PostgreSQL`},
		{"another dialect", db, "MySQL", 0, `sqlstore: the dialect is "MySQL": use sqlstore.SQLite or sqlstore.PostgreSQL`},
		{"less than nothing", db, sqlstore.SQLite, -1, "sqlstore: Options.Timeout is -1ns: use 1ms to 30s, or 0 for 2s"},
		{"a long timeout", db, sqlstore.SQLite, 31 * time.Second, "sqlstore: Options.Timeout is 31s: use 1ms to 30s, or 0 for 2s"},
		{"a number without a unit", db, sqlstore.SQLite, 500, "sqlstore: Options.Timeout is 500ns: use 1ms to 30s, or 0 for 2s"},
		{"all of it", nil, "", -1, "sqlstore: the database is nil: open it with sql.Open, and check its error\n" +
			"sqlstore: the dialect is \"\": use sqlstore.SQLite or sqlstore.PostgreSQL\n" +
			"sqlstore: Options.Timeout is -1ns: use 1ms to 30s, or 0 for 2s"},
	} {
		t.Run(test.name, func(t *testing.T) {
			store, err := sqlstore.New(test.db, test.dialect, sqlstore.Options{Timeout: test.timeout})
			if store != nil || err == nil || err.Error() != test.want {
				t.Errorf("%v and %v, want %s", store, err, test.want)
			}
		})
	}
	t.Run("a list", func(t *testing.T) {
		for _, empty := range []*sqlstore.Store{nil, {}} {
			if list, err := empty.Denylist(denylist.Options{}); list != nil || err == nil || err.Error() != "sqlstore: the Store is nil or empty: make it with New, and check its error" {
				t.Error(list, err)
			}
		}
		if _, err := newStore(t, db, sqlstore.SQLite).Denylist(denylist.Options{MaxLifetime: -1}); err == nil || !strings.Contains(err.Error(), "MaxLifetime is -1ns") {
			t.Error(err)
		}
	})
	t.Run("SQLite that does not wait", func(t *testing.T) {
		impatient, err := sql.Open("sqlite", "file:"+t.TempDir()+"/test.db")
		if err != nil {
			t.Fatal(err)
		}
		defer impatient.Close()
		if err := newStore(t, impatient, sqlstore.SQLite).Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), "the connection has no busy_timeout") {
			t.Error(err)
		}
	})
	t.Run("no tables", func(t *testing.T) {
		if _, _, err := newStore(t, db, sqlstore.SQLite).Load(t.Context(), [32]byte{}); err == nil || !strings.Contains(err.Error(), "jwthttp_sessions") {
			t.Error(err)
		}
	})
}

// The time is that of the server: here an hour ahead of the test.
func TestClockOfTheServer(t *testing.T) {
	d := newDatabase(t, sqlstore.PostgreSQL)
	db := d.migrated(t, 1)[0]
	do(t, db, `CREATE SCHEMA ahead`)
	do(t, db, `CREATE FUNCTION ahead.clock_timestamp() RETURNS timestamptz LANGUAGE SQL AS $$ SELECT pg_catalog.clock_timestamp() + interval '1 hour' $$`)
	d.name += "&search_path=ahead,pg_catalog,public"
	store := newStore(t, d.open(t), d.dialect)
	_, loaded, err := store.Load(t.Context(), [32]byte{})
	if err != nil {
		t.Fatal(err)
	}
	_, listed, err := store.List(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	for _, now := range []time.Time{loaded, listed} {
		if d := time.Until(now); d < 50*time.Minute || d > 70*time.Minute {
			t.Errorf("the time is %v ahead, want an hour", d)
		}
	}

	// Revocations do not end early: what counts is the clock that is behind.
	ahead, right := sqlstore.Revocations(store), sqlstore.Revocations(newStore(t, db, d.dialect))
	raise := func(list denylist.Store, n int64) {
		t.Helper()
		if err := list.Raise(t.Context(), 0, denylist.Key{1}, n, time.Now().Add(15*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	want := func(list denylist.Store) {
		t.Helper()
		if found, err := list.Find(t.Context(), [3]denylist.Key{{1}}); found != [3]int64{2} || err != nil {
			t.Errorf("%v and %v, want 2", found, err)
		}
	}
	raise(right, 2)
	want(ahead)
	raise(ahead, 1)
	want(right)
}

// A replica may be behind, so it does not answer.
func TestReplica(t *testing.T) {
	s := stopping.get(t)
	d := s.database(t)
	r := login("alice", time.Hour)
	db := d.migrated(t, 1)[0]
	store := newStore(t, db, d.dialect)
	if written, err := store.Swap(t.Context(), r); !written || err != nil {
		t.Fatalf("%v and %v", written, err)
	}
	db.Close()
	s.Stop()
	if err := s.RunReplica(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		s.Stop()
		if err := s.Run(); err != nil {
			t.Error(err)
		}
	}()
	replica := d.open(t)
	store = newStore(t, replica, d.dialect)
	list := sqlstore.Revocations(store)
	_, _, errLoad := store.Load(t.Context(), r.Key)
	_, _, errList := store.List(t.Context(), "alice")
	_, errFind := list.Find(t.Context(), [3]denylist.Key{{1}})
	for _, err := range []error{errLoad, errList, errFind} {
		if err == nil || !strings.Contains(err.Error(), "use the primary of PostgreSQL") {
			t.Errorf("a replica: %v", err)
		}
	}
}

// While the database is away, calls are errors. Afterwards everything is there.
func TestOutage(t *testing.T) {
	s := stopping.get(t)
	d := s.database(t)
	db := d.migrated(t, 1)[0]
	store := newStore(t, db, d.dialect)
	r := login("alice", time.Hour)
	if written, err := store.Swap(t.Context(), r); !written || err != nil {
		t.Fatalf("%v and %v", written, err)
	}
	for range 2 {
		s.Stop()
		next := r
		next.Version++
		got, _, errLoad := store.Load(t.Context(), r.Key)
		all, _, errList := store.List(t.Context(), "alice")
		written, errSwap := store.Swap(t.Context(), next)
		errDelete := store.Delete(t.Context(), r.Key)
		if got.Version != 0 || len(all) != 0 || written {
			t.Errorf("without a server: %+v, %v and %v", got, all, written)
		}
		for _, err := range []error{errLoad, errList, errSwap, errDelete} {
			if err == nil || !strings.HasPrefix(err.Error(), "sqlstore: PostgreSQL: ") {
				t.Errorf("without a server: %v", err)
			}
		}
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		if got, _, err := store.Load(t.Context(), r.Key); err != nil || got.Version != r.Version {
			t.Errorf("afterwards: %+v and %v", got, err)
		}
		if written, err := store.Swap(t.Context(), next); !written || err != nil {
			t.Errorf("afterwards: %v and %v", written, err)
		}
		r = next
	}
}

// A row that another transaction holds is waited for, and no longer than Timeout.
func TestTimeout(t *testing.T) {
	d := newDatabase(t, sqlstore.PostgreSQL)
	db := d.migrated(t, 1)[0]
	store, err := sqlstore.New(db, d.dialect, sqlstore.Options{Timeout: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	r := login("alice", time.Hour)
	if written, err := newStore(t, db, d.dialect).Swap(t.Context(), r); !written || err != nil {
		t.Fatalf("%v and %v", written, err)
	}
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.Exec(`SELECT 1 FROM jwthttp_sessions FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	r.Version++
	long, cancelLong := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancelLong()
	if written, err := store.Swap(long, r); written || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "did not answer within 100ms: check that it runs and that SetMaxOpenConns leaves a connection, or raise Timeout") {
		t.Errorf("%v and %v", written, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if written, err := store.Swap(ctx, r); written || err == nil || !strings.Contains(err.Error(), "had not answered when the request ended") {
		t.Errorf("%v and %v", written, err)
	}
}

// To delete what is over takes no login for long, while another program has the table.
func TestCleanWaitsLittle(t *testing.T) {
	d := newDatabase(t, sqlstore.PostgreSQL)
	db := d.migrated(t, 1)[0]
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.Exec(`LOCK TABLE jwthttp_revocations`); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	store, err := sqlstore.New(db, d.dialect, sqlstore.Options{Timeout: 8 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if written, err := store.Swap(t.Context(), login("alice", time.Hour)); !written || err != nil {
		t.Fatalf("%v and %v", written, err)
	}
	if took := time.Since(start); took > 6*time.Second {
		t.Errorf("a login took %v", took)
	}
}

// Logins delete what has been over for a day, and nothing else. So do revocations.
func TestClean(t *testing.T) {
	each(t, func(t *testing.T, dialect sqlstore.Dialect) {
		db := newDatabase(t, dialect).migrated(t, 1)[0]
		store := newStore(t, db, dialect)
		list := sqlstore.Revocations(store)
		add := func(idle time.Duration, subject string) {
			t.Helper()
			if written, err := store.Swap(t.Context(), login(subject, idle)); !written || err != nil {
				t.Fatalf("%v and %v", written, err)
			}
		}
		raise := func(key denylist.Key, keep time.Duration) {
			t.Helper()
			if err := list.Raise(t.Context(), 0, key, 1, time.Now().Add(keep)); err != nil {
				t.Fatal(err)
			}
		}
		for range 100 {
			add(-25*time.Hour, "over")
			add(-23*time.Hour, "nearly")
			add(time.Hour, "alice")
		}
		for subject, want := range map[string][2]int{"over": {0, 20}, "nearly": {100, 100}, "alice": {100, 100}} {
			all, _, err := store.List(t.Context(), subject)
			if err != nil || len(all) < want[0] || len(all) > want[1] {
				t.Errorf("%d sessions of %s and %v, want %d to %d", len(all), subject, err, want[0], want[1])
			}
		}
		for i := range byte(100) {
			raise(denylist.Key{1, i}, -23*time.Hour)
			raise(denylist.Key{2, i}, -25*time.Hour)
		}
		var n int
		if err := db.QueryRow(`SELECT COUNT(*) FROM jwthttp_revocations`).Scan(&n); err != nil || n < 100 || n > 120 {
			t.Errorf("%d revocations and %v, want 100 to 120", n, err)
		}
	})
}

// What another program has written is an error, and not a session.
func TestDamagedRows(t *testing.T) {
	each(t, func(t *testing.T, dialect sqlstore.Dialect) {
		db := newDatabase(t, dialect).migrated(t, 1)[0]
		store := newStore(t, db, dialect)
		r := login("alice", time.Hour)
		if written, err := store.Swap(t.Context(), r); !written || err != nil {
			t.Fatalf("%v and %v", written, err)
		}
		one := `X'01'`
		if dialect == sqlstore.PostgreSQL {
			one = `'\x01'`
		}
		for _, column := range []string{"current_digest", "previous_digest", "salt"} {
			t.Run(column, func(t *testing.T) {
				do(t, db, fmt.Sprintf(`UPDATE jwthttp_sessions SET %s = %s`, column, one))
				if got, _, err := store.Load(t.Context(), r.Key); err == nil || got.Version != 0 || !strings.Contains(err.Error(), "a digest of the wrong size") {
					t.Errorf("%+v and %v", got, err)
				}
				r.Version++
				if written, err := store.Swap(t.Context(), r); !written || err != nil {
					t.Fatalf("%v and %v", written, err)
				}
			})
		}
		do(t, db, `UPDATE jwthttp_sessions SET version = 0`)
		if got, _, err := store.Load(t.Context(), r.Key); err == nil || got.Version != 0 || !strings.Contains(err.Error(), "a version that no store writes") {
			t.Errorf("%+v and %v", got, err)
		}
		list := sqlstore.Revocations(store)
		if err := list.Raise(t.Context(), 0, denylist.Key{1}, 1, time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		do(t, db, `UPDATE jwthttp_revocations SET n = 0`)
		if found, err := list.Find(t.Context(), [3]denylist.Key{{1}}); err == nil || found != [3]int64{} {
			t.Errorf("%v and %v", found, err)
		}
	})
}

// The devices of a subject are found by an index, however many sessions there are.
func TestIndex(t *testing.T) {
	each(t, func(t *testing.T, dialect sqlstore.Dialect) {
		d := newDatabase(t, dialect)
		explain := `EXPLAIN QUERY PLAN `
		if dialect == sqlstore.PostgreSQL {
			explain = `EXPLAIN `
			d.name += "&enable_seqscan=off&plan_cache_mode=force_generic_plan"
		}
		db := d.migrated(t, 1)[0]
		rows, err := db.Query(explain+sqlstore.ListQuery(dialect), []byte("alice"))
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		var plan strings.Builder
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			if err := rows.Scan(values...); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(&plan, *values[len(values)-1].(*any))
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(plan.String(), "jwthttp_sessions_subject") {
			t.Errorf("the plan has no index:\n%s", plan.String())
		}
	})
}
