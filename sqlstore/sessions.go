package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"time"

	"github.com/jwthttp/jwthttp/session"
)

// Options are the limits of a [Store]. The zero value fits most services.
type Options struct {
	// Timeout is how long a call waits for the database before it is an error: 2 seconds if 0,
	// at most 30 seconds. SQLite also waits until its busy_timeout is over.
	Timeout time.Duration
}

// A Store keeps sessions. It is a [session.Store]: each call is one statement. Make it with [New].
type Store struct{ *connection }

var _ session.Store = (*Store)(nil)

// New returns a store in a database that [Migrate] has prepared. It needs no network. The error lists
// what is wrong.
func New(db *sql.DB, dialect Dialect, opts Options) (*Store, error) {
	c, err := connect(db, dialect, "Options", opts.Timeout)
	if err != nil {
		return nil, err
	}
	return &Store{c}, nil
}

// selectSession has one row also if there is no session, for the time.
const selectSession = `SELECT CLOCK, r.key, COALESCE(r.version, 0), COALESCE(r.ended, 0), r.current_digest, r.previous_digest, r.salt,
	COALESCE(r.written, 0), COALESCE(r.reissues, 0), COALESCE(r.id, ''), r.subject, r.about,
	COALESCE(r.logged_in, 0), COALESCE(r.idle_end, 0), COALESCE(r.session_end, 0)
FROM (SELECT 1 AS one) AS one LEFT JOIN jwthttp_sessions AS r ON `

func (s *Store) find(ctx context.Context, where string, arg []byte) (all []session.Record, now time.Time, err error) {
	now, err = s.query(ctx, selectSession+where, []any{arg}, func(scan func(...any) error) error {
		var r session.Record
		var key, current, previous, salt, subject, about []byte
		var ended, written, loggedIn, idleEnd, end int64
		err := scan(&key, &r.Version, &ended, &current, &previous, &salt, &written, &r.Reissues, &r.ID, &subject, &about, &loggedIn, &idleEnd, &end)
		if err != nil || r.Version == 0 {
			return err
		}
		for _, d := range []struct{ to, from []byte }{{r.Key[:], key}, {r.Current[:], current}, {r.Previous[:], previous}, {r.Salt[:], salt}} {
			if copy(d.to, d.from) != len(d.to) || len(d.from) != len(d.to) {
				return errors.New("a row of jwthttp_sessions has a digest of the wrong size: another program has written it")
			}
		}
		r.Ended, r.Subject, r.About = ended != 0, string(subject), string(about)
		r.Written, r.LoggedIn, r.IdleEnd, r.End = time.UnixMicro(written), time.UnixMicro(loggedIn), time.UnixMicro(idleEnd), time.UnixMicro(end)
		all = append(all, r)
		return nil
	})
	if err != nil {
		return nil, time.Time{}, err
	}
	return all, now, nil
}

// Load implements [session.Store].
func (s *Store) Load(ctx context.Context, key [sha256.Size]byte) (r session.Record, now time.Time, err error) {
	all, now, err := s.find(ctx, `r.key = $1`, key[:])
	if len(all) > 0 {
		r = all[0]
	}
	return r, now, err
}

// List implements [session.Store].
func (s *Store) List(ctx context.Context, subject string) (all []session.Record, now time.Time, err error) {
	return s.find(ctx, `r.subject = $1`, []byte(subject))
}

// Swap implements [session.Store].
func (s *Store) Swap(ctx context.Context, r session.Record) (written bool, err error) {
	query := `UPDATE jwthttp_sessions SET version = $2, ended = $3, current_digest = $4, previous_digest = $5, salt = $6,
	written = $7, reissues = $8, id = $9, subject = $10, about = $11, logged_in = $12, idle_end = $13, session_end = $14
WHERE key = $1 AND version = $2 - 1`
	if r.Version == 1 {
		query = `INSERT INTO jwthttp_sessions (key, version, ended, current_digest, previous_digest, salt,
	written, reissues, id, subject, about, logged_in, idle_end, session_end)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (key) DO NOTHING`
	}
	ended := 0
	if r.Ended {
		ended = 1
	}
	rows, err := s.exec(ctx, query, r.Key[:], r.Version, ended, r.Current[:], r.Previous[:], r.Salt[:],
		r.Written.UnixMicro(), r.Reissues, r.ID, []byte(r.Subject), []byte(r.About), r.LoggedIn.UnixMicro(), r.IdleEnd.UnixMicro(), r.End.UnixMicro())
	if err == nil && rows == 1 && r.Version == 1 {
		s.clean(ctx, "jwthttp_sessions", "idle_end")
	}
	return rows == 1, err
}

// Delete implements [session.Store].
func (s *Store) Delete(ctx context.Context, key [sha256.Size]byte) error {
	_, err := s.exec(ctx, `DELETE FROM jwthttp_sessions WHERE key = $1`, key[:])
	return err
}
