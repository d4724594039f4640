package issue

import (
	"context"
	"time"
)

// At returns what signs and what is published when the clock shows now. Only so can it be set back.
func At[C any](iss *Issuer[C], now time.Time) (signs Key, set []byte) {
	s := iss.core.ring.at(now)
	return s.signs, s.set
}

// Stall makes the directory of a key as one whose disk does not answer, until the function returned
// is called.
func Stall(k Key) (end func()) {
	k.directory.mu.Lock()
	return k.directory.mu.Unlock
}

// Make makes a token as Token does, and does not verify it.
func Make[C any](ctx context.Context, iss *Issuer[C], claims C) (string, error) {
	token, _, err := iss.core.make(ctx, claims, nil)
	return token, err
}
