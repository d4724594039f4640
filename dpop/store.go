package dpop

import (
	"context"
	"crypto/sha256"
	"time"
)

// A Store remembers which proofs were used, for all instances of a service. Test one of your own
// with package dpoptest. It is safe for concurrent use.
type Store interface {
	// Use remembers id at least until then, and reports whether it was not remembered yet.
	//
	//   - Both happen in one step: of several calls at the same time, in whatever process, one
	//     returns true.
	//   - A store that is full, or out of reach, returns an error, which is a 503. It forgets
	//     nothing before its time.
	//   - If a clock jumps, it remembers for too long rather than too short.
	//
	// id is a digest of a key and a jti. until is usually less than 7 minutes ahead. ctx is that
	// of the request.
	Use(ctx context.Context, id [sha256.Size]byte, until time.Time) (first bool, err error)
}
