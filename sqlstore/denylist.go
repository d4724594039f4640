package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"github.com/jwthttp/jwthttp/denylist"
)

// DenylistOptions are the limits of a list in a database. The zero value fits tokens that live for at
// most a day.
type DenylistOptions struct {
	// MaxLifetime is as in [denylist.Options]: 24 hours if 0. Programs that share a list must
	// have the same.
	MaxLifetime time.Duration

	// Timeout is as in [Options]. Each request of the middleware waits for as long at most, and
	// then gets a 503.
	Timeout time.Duration

	// Logger is as in [denylist.Options].
	Logger *slog.Logger
}

// NewDenylist returns a list of revocations in a database that [Migrate] has prepared. What a request
// needs is one SELECT. It needs no network. The error lists what is wrong.
func NewDenylist(db *sql.DB, dialect Dialect, opts DenylistOptions) (*denylist.List, error) {
	c, err := connect(db, dialect, "DenylistOptions", opts.Timeout)
	list, listErr := denylist.New(&revocations{c}, denylist.Options{MaxLifetime: opts.MaxLifetime, Logger: opts.Logger})
	if err := errors.Join(err, listErr); err != nil {
		return nil, err
	}
	return list, nil
}

type revocations struct{ *connection }

var _ denylist.Store = (*revocations)(nil)

// Raise ignores the kind, since a database has no limit for each. The time at which a revocation ends
// is the later one of that by the clock of the caller and that by the clock of the database.
func (s *revocations) Raise(ctx context.Context, _ denylist.Kind, key denylist.Key, n int64, until time.Time) error {
	_, err := s.exec(ctx, `INSERT INTO jwthttp_revocations AS r (key, n, until) VALUES ($1, $2, GREATEST($3, CLOCK + $4))
ON CONFLICT (key) DO UPDATE SET until = GREATEST(r.until, excluded.until),
	n = CASE WHEN r.until > CLOCK THEN GREATEST(r.n, excluded.n) ELSE excluded.n END`,
		key[:], n, until.UnixMicro(), time.Until(until).Microseconds())
	if err == nil {
		s.clean(ctx, "jwthttp_revocations", "until")
	}
	return err
}

// Find implements [denylist.Store]. A key that is zero is in no row.
func (s *revocations) Find(ctx context.Context, keys [3]denylist.Key) (found [3]int64, err error) {
	if keys == [3]denylist.Key{} {
		return found, nil
	}
	_, err = s.query(ctx, `SELECT CLOCK, r.key, COALESCE(r.n, 0)
FROM (SELECT 1 AS one) AS one LEFT JOIN jwthttp_revocations AS r ON r.key IN ($1, $2, $3) AND r.until > CLOCK`,
		[]any{keys[0][:], keys[1][:], keys[2][:]}, func(scan func(...any) error) error {
			var key []byte
			var n int64
			if err := scan(&key, &n); err != nil || key == nil {
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
		})
	if err != nil {
		return [3]int64{}, err
	}
	return found, nil
}
