package sqlstore

import (
	"context"
	"database/sql"
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
	ended BOOLEAN NOT NULL,
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
)`,
	`CREATE INDEX jwthttp_sessions_subject ON jwthttp_sessions (subject)`,
	`CREATE INDEX jwthttp_sessions_idle_end ON jwthttp_sessions (idle_end)`,
	`CREATE TABLE jwthttp_revocations (
	key BYTEA NOT NULL PRIMARY KEY,
	n BIGINT NOT NULL,
	until BIGINT NOT NULL
)`,
	`CREATE INDEX jwthttp_revocations_until ON jwthttp_revocations (until)`,
}}

// migrationLock is a number that no other program takes for a lock in PostgreSQL.
const migrationLock int64 = 0x6a77746874747001

const readVersion = `SELECT COALESCE(MAX(version), 0) FROM jwthttp_schema`

// Migrate makes the tables whose names begin with jwthttp_, or brings them up to date. Call it at
// every start: it does nothing if there is nothing to do. Several instances may start at once. All of
// it happens, or none. Instances that know an older version go on. It waits for another instance that
// migrates, for as long as ctx: Timeout does not count here.
//
// To create tables is a right that the instances themselves need not have: then call Migrate once
// with a database that has it, and grant them SELECT, INSERT, UPDATE and DELETE.
func (s *Store) Migrate(ctx context.Context) (err error) {
	for range attempts {
		if err = s.migrate(ctx); err == nil || errors.Is(err, errNoBusyTimeout) || s.dialect != SQLite {
			break
		}
		// While another instance begins with WAL, or migrates, SQLite fails at once, whatever
		// busy_timeout is.
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
	return s.failed(ctx, err)
}

var errNoBusyTimeout = errors.New("the connection has no busy_timeout, so that of two writers one fails at once: set it in the name of the database, such as file:app.db?_pragma=busy_timeout(1500) with modernc.org/sqlite")

func (s *Store) migrate(ctx context.Context) error {
	var opts sql.TxOptions
	statements := []string{`CREATE TABLE IF NOT EXISTS jwthttp_schema (version BIGINT NOT NULL PRIMARY KEY)`}
	if s.dialect == PostgreSQL {
		// Below the other levels, the tables are read as they are when the lock is there.
		opts.Isolation = sql.LevelReadCommitted
		statements = append([]string{fmt.Sprintf(`SELECT pg_advisory_xact_lock(%d)`, migrationLock)}, statements...)
	} else {
		var busyTimeout int
		if err := s.db.QueryRowContext(ctx, `PRAGMA busy_timeout`).Scan(&busyTimeout); err != nil {
			return err
		}
		if busyTimeout == 0 {
			return errNoBusyTimeout
		}
	}
	var version int
	if err := s.db.QueryRowContext(ctx, readVersion).Scan(&version); err == nil && version >= len(schema) {
		return nil // without a right to create tables, and without a lock
	}
	tx, err := s.db.BeginTx(ctx, &opts)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, statement := range statements {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	if err := tx.QueryRowContext(ctx, readVersion).Scan(&version); err != nil {
		return err
	}
	for ; version < len(schema); version++ {
		for _, statement := range append(schema[version], fmt.Sprintf(`INSERT INTO jwthttp_schema VALUES (%d)`, version+1)) {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
	}
	return tx.Commit()
}
