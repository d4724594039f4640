package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jwthttp/jwthttp/denylist"
)

// Denylist returns a list of revocations in the database of the store. What a request needs is one
// SELECT. Programs that share a list must have the same MaxLifetime. The error lists what is wrong.
func (s *Store) Denylist(opts denylist.Options) (*denylist.List, error) {
	if s == nil || s.db == nil {
		return nil, errors.New("sqlstore: the Store is nil or empty: make it with New, and check its error")
	}
	return denylist.New(&revocations{s}, opts)
}

// The revocations of a list. Each is kept for as long as the clock of the caller or that of the database
// asks for, and is over when both say so. So a clock that is ahead loses nothing.
type revocations struct{ store *Store }

// Raise ignores the kind, since a database has no limit for each.
func (r *revocations) Raise(ctx context.Context, _ denylist.Kind, key denylist.Key, n int64, until time.Time) error {
	_, err := r.store.exec(ctx, `INSERT INTO jwthttp_revocations AS r (key, n, until) VALUES ($1, $2, GREATEST($3, CLOCK + $4))
ON CONFLICT (key) DO UPDATE SET until = GREATEST(r.until, excluded.until),
	n = CASE WHEN r.until > LEAST(CLOCK, $5) THEN GREATEST(r.n, excluded.n) ELSE excluded.n END`,
		key[:], n, until.UnixMicro(), time.Until(until).Microseconds(), time.Now().UnixMicro())
	if err == nil {
		r.store.clean(ctx)
	}
	return err
}

// Find implements [denylist.Store]. A key that is zero is in no row.
func (r *revocations) Find(ctx context.Context, keys [3]denylist.Key) (found [3]int64, err error) {
	if keys == [3]denylist.Key{} {
		return found, nil
	}
	err = r.store.query(ctx, func() { found = [3]int64{} }, func(rows *sql.Rows) error {
		var now time.Time // only a replica has none
		var key []byte
		var n int64
		if err := rows.Scan(micros{&now}, &key, &n); err != nil || key == nil {
			return err
		}
		if n < 1 {
			return errors.New("a row of jwthttp_revocations has a number that no list writes: another program has written it")
		}
		for kind := range keys {
			if bytes.Equal(key, keys[kind][:]) && keys[kind] != (denylist.Key{}) {
				found[kind] = n
			}
		}
		return nil
	}, `SELECT CLOCK, r.key, COALESCE(r.n, 0)
FROM (SELECT 1 AS one) AS one LEFT JOIN jwthttp_revocations AS r ON r.key IN ($1, $2, $3) AND r.until > LEAST(CLOCK, $4)`,
		keys[0][:], keys[1][:], keys[2][:], time.Now().UnixMicro())
	if err != nil {
		return [3]int64{}, err
	}
	return found, nil
}
