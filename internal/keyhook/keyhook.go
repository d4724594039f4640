// Package keyhook lets package jwks give a jwthttp.Key the way back to the source that
// the key came from. No other package can, so there is no exported function for it.
package keyhook

import (
	"context"
	"time"
)

// An Origin is one key's way back to its source. Origins are compared by ==. They are
// safe for concurrent use.
type Origin interface {
	// Source returns the source, which is compared by ==.
	Source() any

	// Renewed is called after the signature of a token failed under all keys in tried,
	// which may have been replaced under their kid. tried may hold keys of other
	// sources too. It reports whether the source now has a key for algorithm and kid
	// that is not in tried. It may fetch the keys to find out, within the limits of
	// the source, and waits no longer than ctx and until.
	Renewed(ctx context.Context, until time.Time, algorithm, kid string, tried []Origin) bool
}

// WithOrigin takes a jwthttp.Key and returns it with its origin, also a jwthttp.Key.
// Package jwthttp sets it once, before main.
var WithOrigin func(key any, origin Origin) any
