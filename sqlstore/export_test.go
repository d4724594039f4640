package sqlstore

import "github.com/jwthttp/jwthttp/denylist"

// Revocations returns the store of [Store.Denylist].
func Revocations(s *Store) denylist.Store { return &revocations{s} }

// ListQuery is that of Store.List, in the words of a dialect.
func ListQuery(dialect Dialect) string {
	return words[dialect].Replace(selectSession + `r.subject = $1`)
}
