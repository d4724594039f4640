package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"
)

// schema has for each version the statements that make it of the version before. A version that was
// released does not change. A new one also works with programs that know the one before, since
// instances are replaced one by one. Subjects are bytes: PostgreSQL has no text with a zero byte.
var schema = [][]string{{
	`CREATE TABLE jwthttp_sessions (
	key BYTEA NOT NULL PRIMARY KEY,
	version BIGINT NOT NULL,
	ended BIGINT NOT NULL,
	current_digest BYTEA NOT NULL,
	previous_digest BYTEA NOT NULL,
	salt BYTEA NOT NULL,
	written BIGINT NOT NULL,
	reissues BIGINT NOT NULL,
	id TEXT NOT NULL,
	subject BYTEA NOT NULL,
	about BYTEA NOT NULL,
	logged_in BIGINT NOT NULL,
	idle_end BIGINT NOT NULL,
	session_end BIGINT NOT NULL
) TABLE_OPTIONS`,
	`CREATE INDEX jwthttp_sessions_subject ON jwthttp_sessions (subject)`,
	`CREATE INDEX jwthttp_sessions_idle_end ON jwthttp_sessions (idle_end)`,
	`CREATE TABLE jwthttp_revocations (
	key BYTEA NOT NULL PRIMARY KEY,
	n BIGINT NOT NULL,
	until BIGINT NOT NULL
) TABLE_OPTIONS`,
	`CREATE INDEX jwthttp_revocations_until ON jwthttp_revocations (until)`,
}}

// migrationLock is a number that no other program takes for a lock in PostgreSQL.
const migrationLock = 0x6a77746874747001

// Migrate makes the tables whose names begin with jwthttp_, or brings them up to date. Call it at
// every start: it does nothing if there is nothing to do. Several instances may start at once. All of
// it happens, or none. Instances that know an older version go on.
//
// To create tables is a right that the instances themselves need not have: then call Migrate once
// with a database that has it, and grant them SELECT, INSERT, UPDATE and DELETE.
func Migrate(ctx context.Context, db *sql.DB, dialect Dialect) error {
	c, err := connect(db, dialect, "", 0)
	if err != nil {
		return err
	}
	for range attempts {
		if err = migrate(ctx, db, dialect); err == nil || errors.Is(err, errNoBusyTimeout) || dialect != SQLite {
			break
		}
		// While another instance begins with WAL, SQLite fails at once, whatever busy_timeout is.
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
	return c.failed(ctx, err)
}

var errNoBusyTimeout = errors.New("the connection has no busy_timeout, so that of two writers one fails at once: set it in the name of the database, such as file:app.db?_pragma=busy_timeout(1500) with modernc.org/sqlite")

func migrate(ctx context.Context, db *sql.DB, dialect Dialect) (err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil { // the connection may be in a transaction, and ends with it
			_ = conn.Raw(func(any) error { return driver.ErrBadConn })
		}
		conn.Close()
	}()
	var version, busyTimeout int
	begin := []string{`BEGIN ISOLATION LEVEL READ COMMITTED`, fmt.Sprintf(`SELECT pg_advisory_xact_lock(%d)`, migrationLock)}
	if dialect == SQLite {
		begin = []string{`BEGIN IMMEDIATE`}
		if err := conn.QueryRowContext(ctx, `PRAGMA busy_timeout`).Scan(&busyTimeout); err != nil {
			return err
		}
		if busyTimeout == 0 {
			return errNoBusyTimeout
		}
	}
	const read = `SELECT COALESCE(MAX(version), 0) FROM jwthttp_schema`
	if err := conn.QueryRowContext(ctx, read).Scan(&version); err == nil && version >= len(schema) {
		return nil // without a right to create tables, and without a lock
	}
	for _, statement := range append(begin, `CREATE TABLE IF NOT EXISTS jwthttp_schema (version BIGINT NOT NULL PRIMARY KEY)`) {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	if err := conn.QueryRowContext(ctx, read).Scan(&version); err != nil {
		return err
	}
	for ; version < len(schema); version++ {
		for _, statement := range append(schema[version], fmt.Sprintf(`INSERT INTO jwthttp_schema VALUES (%d)`, version+1)) {
			if _, err := conn.ExecContext(ctx, dialect.translate(statement)); err != nil {
				return err
			}
		}
	}
	_, err = conn.ExecContext(ctx, `COMMIT`)
	return err
}
