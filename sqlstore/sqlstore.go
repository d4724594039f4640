// Package sqlstore keeps sessions and revocations in a database, by database/sql:
//
//	db, err := sql.Open("pgx", "postgres://app@db.example.com/app")
//	if err != nil {
//		log.Fatal(err)
//	}
//	store, err := sqlstore.New(db, sqlstore.PostgreSQL, sqlstore.Options{})
//	if err != nil {
//		log.Fatal(err)
//	}
//	if err := store.Migrate(ctx); err != nil {
//		log.Fatal(err)
//	}
//
// The store is for package session, and [Store.Denylist] makes a list of revocations in the same
// database. The program chooses the driver, and closes the database after the last request. Tested
// are github.com/jackc/pgx/v5/stdlib with PostgreSQL 15, and modernc.org/sqlite.
//
// # The database
//
// A session is one row, and an access token that was revoked is another one until it expires. No
// token can be made of them. Sessions go by the clock of the database. A revocation is over when that
// clock and the one of the program both say so. Rows that are over are deleted by later logins and
// revocations, some at a time.
//
//   - PostgreSQL is the primary. A replica may be behind, so it is refused with an error. For a
//     failover that loses no write, replicate synchronously. synchronous_commit=off loses the last
//     moments before a crash: sessions then come back that had ended.
//   - SQLite is 3.42 or later. All instances run on one machine, and each connection has WAL and a
//     busy_timeout below the timeout of its options:
//     file:app.db?_pragma=busy_timeout(1500)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL) with
//     modernc.org/sqlite. Without a busy_timeout, of two writers one fails at once. Without
//     synchronous(FULL), a power failure loses the last moments before it.
//   - After a backup was restored, end all sessions: DELETE FROM jwthttp_sessions. It has brought
//     back sessions that had ended.
package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync/atomic"
	"time"
)

const (
	defaultTimeout = 2 * time.Second
	maxTimeout     = 30 * time.Second
	attempts       = 10             // of a statement that PostgreSQL has undone, and of a migration
	cleanEvery     = 16             // new rows
	cleaned        = 100            // rows at once
	keptLonger     = 24 * time.Hour // than needed
)

// A Dialect is the kind of a database.
type Dialect string

// The dialects.
const (
	SQLite     Dialect = "SQLite"
	PostgreSQL Dialect = "PostgreSQL"
)

// words has what a dialect has for the words of the queries here.
var words = map[Dialect]*strings.Replacer{
	SQLite: strings.NewReplacer(
		"$", "?",
		"GREATEST", "MAX",
		"LEAST", "MIN",
		"FOR UPDATE SKIP LOCKED", "", // it has one writer at a time
		// Milliseconds, rounded since they are a float.
		"CLOCK", "(CAST(unixepoch('subsec') * 1000 + 0.5 AS INTEGER) * 1000)",
	),
	PostgreSQL: strings.NewReplacer(
		// The time of a replica is NULL, which is an error: it may be behind.
		"CLOCK", "(CASE WHEN NOT pg_is_in_recovery() THEN CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT) END)",
	),
}

// Options are the limits of a [Store]. The zero value fits most services.
type Options struct {
	// Timeout is how long a call waits for the database before it is an error: 2 seconds if 0,
	// at most 30 seconds. One that also deletes what is over takes up to a tenth longer.
	Timeout time.Duration
}

// A Store keeps sessions. It is a [session.Store]: each call is one statement. Make it with [New].
type Store struct {
	db      *sql.DB
	dialect Dialect
	timeout time.Duration
	added   atomic.Uint64 // rows
}

// New returns a store in a database. It needs no network: call [Store.Migrate] before the first
// request. The error lists what is wrong.
func New(db *sql.DB, dialect Dialect, opts Options) (*Store, error) {
	var errs []error
	if db == nil {
		errs = append(errs, errors.New("sqlstore: the database is nil: open it with sql.Open, and check its error"))
	}
	if words[dialect] == nil {
		errs = append(errs, fmt.Errorf("sqlstore: the dialect is %q: use sqlstore.SQLite or sqlstore.PostgreSQL", dialect))
	}
	if t := opts.Timeout; t != 0 && (t < time.Millisecond || t > maxTimeout) {
		errs = append(errs, fmt.Errorf("sqlstore: Options.Timeout is %v: use 1ms to %v, or 0 for %v", t, maxTimeout, defaultTimeout))
	}
	if errs != nil {
		return nil, errors.Join(errs...)
	}
	return &Store{db: db, dialect: dialect, timeout: cmp.Or(opts.Timeout, defaultTimeout)}, nil
}

// exec returns how many rows one statement has changed.
func (s *Store) exec(ctx context.Context, query string, args ...any) (rows int64, err error) {
	err = s.repeat(ctx, func(ctx context.Context) error {
		result, err := s.db.ExecContext(ctx, words[s.dialect].Replace(query), args...)
		if err == nil {
			rows, err = result.RowsAffected()
		}
		return err
	})
	return rows, err
}

// query calls scan for each row. It calls begin first, and again if it starts anew.
func (s *Store) query(ctx context.Context, begin func(), scan func(*sql.Rows) error, query string, args ...any) error {
	return s.repeat(ctx, func(ctx context.Context) error {
		begin()
		rows, err := s.db.QueryContext(ctx, words[s.dialect].Replace(query), args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for err == nil && rows.Next() {
			err = scan(rows)
		}
		return cmp.Or(err, rows.Err())
	})
}

// repeat calls f within Timeout, and again while PostgreSQL has undone it because another statement
// was faster. That is so in the isolation levels above the default, for reads too.
func (s *Store) repeat(ctx context.Context, f func(context.Context) error) (err error) {
	limited, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	for n := range attempts {
		err = f(limited)
		var failure interface{ SQLState() string }
		if !errors.As(err, &failure) || failure.SQLState() != "40001" {
			break
		}
		select {
		case <-limited.Done():
		case <-time.After(rand.N(time.Duration(n+1) * time.Millisecond)):
		}
	}
	return s.failed(ctx, err)
}

// micros scans the microseconds of a time. Only that of the database itself can be NULL.
type micros struct{ *time.Time }

func (m micros) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return errors.New("it has no time: use the primary of PostgreSQL, or SQLite 3.42 or later")
	}
	*m.Time = time.UnixMicro(n)
	return nil
}

// failed says what failed in a call with ctx. It is nil if err is.
func (s *Store) failed(ctx context.Context, err error) error {
	var timeout net.Error
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("sqlstore: %v had not answered when the request ended: %w", s.dialect, err)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Errorf("sqlstore: %v did not answer within %v: check that it runs and that SetMaxOpenConns leaves a connection, or raise Timeout: %w", s.dialect, s.timeout, err)
	}
	hint := "" // no decision depends on the text
	switch text := err.Error(); {
	case strings.Contains(text, "no such table: jwthttp_"):
		hint = ": call Store.Migrate first; all connections of :memory: are databases of their own, unless SetMaxOpenConns(1)"
	case strings.Contains(text, `relation "jwthttp_`) && strings.Contains(text, "does not exist"):
		hint = ": call Store.Migrate first, with the same search_path"
	case strings.Contains(text, "database is locked"):
		hint = ": raise busy_timeout, and let no program keep the database locked"
	case strings.Contains(text, "readonly database"):
		hint = ": let this program write to the file and to its folder"
	case strings.Contains(text, "unable to open database file"):
		hint = ": make its folder first, and let this program write there"
	case strings.Contains(text, "no such function: pg_"), strings.Contains(text, `syntax error at or near "PRAGMA"`):
		hint = ": the database is of another kind: pass its dialect to New"
	}
	return fmt.Errorf("sqlstore: %v: %w%s", s.dialect, err, hint)
}

// clean deletes some rows that are over, now and then. It is called after a row was added, and more
// rows are deleted than added. If it fails, the next call does the same.
func (s *Store) clean(ctx context.Context) {
	if s.added.Add(1)%cleanEvery != 1 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout/10)
	defer cancel()
	for _, rows := range [][2]string{{"jwthttp_sessions", "idle_end"}, {"jwthttp_revocations", "until"}} {
		// A clock that is ahead for a moment deletes nothing. The subquery makes the time a constant,
		// which the index needs.
		_, _ = s.exec(ctx, fmt.Sprintf(
			`DELETE FROM %[1]s WHERE key IN (SELECT key FROM %[1]s WHERE %[2]s < (SELECT CLOCK - $1) ORDER BY %[2]s LIMIT $2 FOR UPDATE SKIP LOCKED)`, rows[0], rows[1]),
			keptLonger.Microseconds(), cleaned)
	}
}
