package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"time"

	"github.com/jwthttp/jwthttp/session"
)

var _ session.Store = (*Store)(nil)

// Swap implements [session.Store].
func (s *Store) Swap(ctx context.Context, r session.Record) (written bool, err error) {
	const columns = `(key, version, ended, current_digest, previous_digest, salt, written, reissues, id, subject, about, logged_in, idle_end, session_end)`
	const values = `($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`
	query := `UPDATE jwthttp_sessions SET ` + columns + ` = ` + values + ` WHERE key = $1 AND version = $2 - 1`
	if r.Version == 1 {
		query = `INSERT INTO jwthttp_sessions ` + columns + ` VALUES ` + values + ` ON CONFLICT (key) DO NOTHING`
	}
	rows, err := s.exec(ctx, query, r.Key[:], r.Version, r.Ended, r.Current[:], r.Previous[:], r.Salt[:], r.Written.UnixMicro(), r.Reissues,
		r.ID, []byte(r.Subject), []byte(r.About), r.LoggedIn.UnixMicro(), r.IdleEnd.UnixMicro(), r.End.UnixMicro())
	if err == nil && rows == 1 && r.Version == 1 {
		s.clean(ctx)
	}
	return rows == 1, err
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

// Delete implements [session.Store].
func (s *Store) Delete(ctx context.Context, key [sha256.Size]byte) error {
	_, err := s.exec(ctx, `DELETE FROM jwthttp_sessions WHERE key = $1`, key[:])
	return err
}

// selectSession has one row also if there is no session, for the time. Its version is then NULL.
const selectSession = `SELECT CLOCK, version, COALESCE(ended, FALSE), key, current_digest, previous_digest, salt,
	COALESCE(written, 0), COALESCE(reissues, 0), COALESCE(id, ''), COALESCE(subject, ''), COALESCE(about, ''),
	COALESCE(logged_in, 0), COALESCE(idle_end, 0), COALESCE(session_end, 0)
FROM (SELECT 1 AS one) AS one LEFT JOIN jwthttp_sessions AS r ON `

func (s *Store) find(ctx context.Context, where string, arg []byte) (all []session.Record, now time.Time, err error) {
	err = s.query(ctx, func() { all = nil }, func(rows *sql.Rows) error {
		var r session.Record
		var version sql.NullInt64
		err := rows.Scan(micros{&now}, &version, &r.Ended, digest(r.Key[:]), digest(r.Current[:]), digest(r.Previous[:]), digest(r.Salt[:]),
			micros{&r.Written}, &r.Reissues, &r.ID, &r.Subject, &r.About, micros{&r.LoggedIn}, micros{&r.IdleEnd}, micros{&r.End})
		if err != nil || !version.Valid {
			return err
		}
		if r.Version = version.Int64; r.Version < 1 {
			return errors.New("a row of jwthttp_sessions has a version that no store writes: another program has written it")
		}
		all = append(all, r)
		return nil
	}, selectSession+where, arg)
	if err != nil {
		return nil, time.Time{}, err
	}
	return all, now, nil
}

// A digest scans all of its bytes. NULL is that of no session.
type digest []byte

func (d digest) Scan(v any) error {
	b, _ := v.([]byte)
	if v != nil && len(b) != len(d) {
		return errors.New("a row of jwthttp_sessions has a digest of the wrong size: another program has written it")
	}
	copy(d, b)
	return nil
}
