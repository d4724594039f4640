// Package keyhook lets package jwks reach what package jwthttp does not export: a Key's way
// back to its source, the index of a KeySet, and how long a request may still wait. Package
// denylist learns whether keys are bound to an issuer, and what a token says. The types of jwthttp
// are any here, because jwthttp imports this package.
package keyhook

import (
	"context"
	"time"

	"github.com/jwthttp/jwthttp/internal/tokenjson"
)

// An Origin is one key's way back to its source. Origins are compared by ==. They are
// safe for concurrent use.
type Origin interface {
	// Source returns the source, which is compared by ==.
	Source() any

	// Renewed reports whether the source has replaced a key for algorithm and kid, or one in
	// tried, since these were given out. It is called after a signature failed under all keys
	// in tried. tried may hold keys of other sources too. It may fetch the keys, within the
	// limits of the source. It waits no longer than ctx and until.
	Renewed(ctx context.Context, until time.Time, algorithm, kid string, tried []Origin) bool
}

var (
	// WithOrigin takes a jwthttp.Key and returns it, a jwthttp.Key, with its origin.
	WithOrigin func(key any, origin Origin) any

	// Index takes a jwthttp.KeySet and returns a jwthttp.KeySource that finds its keys fast.
	// It takes sets that jwthttp.New refuses because too many keys have no id. It returns
	// nil for an empty set.
	Index func(set any) any

	// HasFreeKey takes a jwthttp.KeySource and reports whether it is known to have a key that is
	// not bound to an issuer. What a source of the caller's has is not known.
	HasFreeKey func(source any) bool

	// Facts takes a *jwthttp.Token of any claims type. It returns nil for a token that a test made.
	Facts func(token any) *tokenjson.Facts
)

// Set sets the functions. Package jwthttp calls it once, when it is initialized. It returns
// a value so that a variable can be declared with it.
func Set(withOrigin func(key any, origin Origin) any, index func(set any) any, hasFreeKey func(source any) bool, facts func(token any) *tokenjson.Facts) struct{} {
	WithOrigin, Index, HasFreeKey, Facts = withOrigin, index, hasFreeKey, facts
	return struct{}{}
}

type untilKey struct{}

// WithUntil returns a context for sources that are asked for keys a second time: they wait no
// longer than until. It is not a deadline, because a function of the caller's may take longer.
func WithUntil(ctx context.Context, until time.Time) context.Context {
	return context.WithValue(ctx, untilKey{}, until)
}

// Until returns how long a source may wait that is asked now: as WithUntil says, else for wait.
func Until(ctx context.Context, wait time.Duration) time.Time {
	if until, ok := ctx.Value(untilKey{}).(time.Time); ok {
		return until
	}
	return time.Now().Add(wait)
}
