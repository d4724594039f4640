// Package sqlstore keeps sessions and revocations in a database, by database/sql: [New] makes a
// store for package session, and [NewDenylist] a list of revocations.
//
//	db, err := sql.Open("pgx", "postgres://app@db.example.com/app")
//	if err != nil {
//		log.Fatal(err)
//	}
//	if err := sqlstore.Migrate(ctx, db, sqlstore.PostgreSQL); err != nil {
//		log.Fatal(err)
//	}
//	store, err := sqlstore.New(db, sqlstore.PostgreSQL, sqlstore.Options{})
//
// The program chooses the driver, and closes the database after the last request. Tested are
// github.com/jackc/pgx/v5/stdlib with PostgreSQL 15, and modernc.org/sqlite.
//
// # The database
//
// A session is one row, and an access token that was revoked is another one until it expires. No
// token can be made of them. All times are by the clock of the database. Rows that are over are
// deleted by later logins, some at a time.
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
	"context"
	"database/sql"
	"errors"
	"fmt"
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
type Dialect int

// The dialects.
const (
	SQLite Dialect = iota + 1
	PostgreSQL
)

// String returns the name, such as SQLite.
func (d Dialect) String() string {
	switch d {
	case SQLite:
		return "SQLite"
	case PostgreSQL:
		return "PostgreSQL"
	}
	return fmt.Sprintf("Dialect(%d)", int(d))
}

// translate returns a query in the words of a dialect.
func (d Dialect) translate(query string) string {
	if d == SQLite {
		return sqliteWords.Replace(query)
	}
	return postgresWords.Replace(query)
}

var (
	sqliteWords = strings.NewReplacer(
		"$", "?",
		"BIGINT", "INTEGER",
		"BYTEA", "BLOB",
		"GREATEST", "MAX",
		"FOR UPDATE SKIP LOCKED", "", // it has one writer at a time
		"TABLE_OPTIONS", "STRICT, WITHOUT ROWID",
		// Milliseconds, rounded since they are a float.
		"CLOCK", "(CAST(unixepoch('subsec') * 1000 + 0.5 AS INTEGER) * 1000)",
	)
	postgresWords = strings.NewReplacer(
		"TABLE_OPTIONS", "",
		// The time of a replica is NULL, which is an error: it may be behind.
		"CLOCK", "(CASE WHEN NOT pg_is_in_recovery() THEN CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT) END)",
	)
)

// A connection is a database with the limits for its use.
type connection struct {
	db      *sql.DB
	dialect Dialect
	timeout time.Duration
	added   atomic.Uint64 // rows
}

func connect(db *sql.DB, dialect Dialect, options string, timeout time.Duration) (*connection, error) {
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf("sqlstore: "+format, args...)) }
	if db == nil {
		fault("the database is nil: open it with sql.Open, and check its error")
	}
	if dialect != SQLite && dialect != PostgreSQL {
		fault("the dialect is %d: use SQLite or PostgreSQL", dialect)
	}
	if timeout < 0 || timeout > maxTimeout {
		fault("%s.Timeout is %v: use a positive one of at most %v, or 0 for %v", options, timeout, maxTimeout, defaultTimeout)
	}
	if timeout > 0 && timeout < time.Millisecond {
		fault("%s.Timeout is %v, which looks like a number without a unit: write %d*time.Millisecond", options, timeout, timeout.Nanoseconds())
	}
	if timeout == 0 {
		timeout = defaultTimeout
	}
	return &connection{db: db, dialect: dialect, timeout: timeout}, errors.Join(errs...)
}

// exec returns how many rows one statement has changed.
func (c *connection) exec(ctx context.Context, query string, args ...any) (rows int64, err error) {
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	for range attempts {
		var result sql.Result
		if result, err = c.db.ExecContext(limited, c.dialect.translate(query), args...); err == nil {
			rows, err = result.RowsAffected()
		}
		// PostgreSQL has undone it, for another statement was faster. That is so in the isolation
		// levels above the default.
		var failure interface{ SQLState() string }
		if !errors.As(err, &failure) || failure.SQLState() != "40001" {
			break
		}
	}
	return rows, c.failed(ctx, err)
}

// query calls scan for each row. The first column of a row is the time, and none is without.
func (c *connection) query(ctx context.Context, query string, args []any, scan func(scan func(columns ...any) error) error) (now time.Time, err error) {
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	rows, err := c.db.QueryContext(limited, c.dialect.translate(query), args...)
	if err != nil {
		return now, c.failed(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		var clock sql.NullInt64
		if err := scan(func(columns ...any) error { return rows.Scan(append([]any{&clock}, columns...)...) }); err != nil {
			return now, c.failed(ctx, err)
		}
		if !clock.Valid {
			return now, c.failed(ctx, errNoClock)
		}
		now = time.UnixMicro(clock.Int64)
	}
	return now, c.failed(ctx, rows.Err())
}

var errNoClock = errors.New("it has no time: use the primary of PostgreSQL, or SQLite 3.42 or later")

// failed says what failed in a call with ctx. It is nil if err is.
func (c *connection) failed(ctx context.Context, err error) error {
	var timeout net.Error
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("sqlstore: %v had not answered when the request ended: %w", c.dialect, err)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Errorf("sqlstore: %v did not answer within %v: check that it runs, or raise Timeout: %w", c.dialect, c.timeout, err)
	}
	return fmt.Errorf("sqlstore: %v: %w", c.dialect, err)
}

// clean deletes some rows that are over, now and then. It is called after a row was added, and more
// rows are deleted than added. If it fails, the next call does the same.
func (c *connection) clean(ctx context.Context, table, end string) {
	if c.added.Add(1)%cleanEvery != 1 {
		return
	}
	// A clock that is ahead for a moment deletes nothing. The subquery makes the time a constant,
	// which the index needs.
	_, _ = c.exec(ctx, strings.NewReplacer("TABLE", table, "END", end).Replace(
		`DELETE FROM TABLE WHERE key IN (SELECT key FROM TABLE WHERE END < (SELECT CLOCK - $1) ORDER BY END LIMIT $2 FOR UPDATE SKIP LOCKED)`),
		keptLonger.Microseconds(), cleaned)
}
