package sqlstore

import (
	"database/sql"
	"time"

	"github.com/jwthttp/jwthttp/denylist"
)

// NewRevocations returns the store of NewDenylist.
func NewRevocations(db *sql.DB, dialect Dialect, timeout time.Duration) (denylist.Store, error) {
	c, err := connect(db, dialect, "DenylistOptions", timeout)
	return &revocations{c}, err
}

// ListQuery is that of Store.List, in the words of a dialect.
func ListQuery(dialect Dialect) string { return dialect.translate(selectSession + `r.subject = $1`) }
