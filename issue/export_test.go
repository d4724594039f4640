package issue

import (
	"context"
	"time"
)

// At returns what signs and what is published when the clock shows now. Only so can it be set back.
func At[C any](iss *Issuer[C], now time.Time) (signs Key, set []byte) {
	s := iss.core.ring.at(context.Background(), now)
	return s.signs, s.set
}

// Stall makes the directory of an issuer as one whose disk does not answer, until the function
// returned is called.
func Stall[C any](iss *Issuer[C]) (end func()) {
	d, under := iss.core.ring.directory, make(chan struct{})
	d.mu.Lock()
	d.under, d.waited = under, time.Now().Add(maxWait)
	d.mu.Unlock()
	return func() {
		d.mu.Lock()
		d.under = nil
		d.mu.Unlock()
		close(under)
	}
}

// Make makes a token as Token does, and does not verify it.
func Make[C any](ctx context.Context, iss *Issuer[C], claims C) (string, error) {
	token, _, err := iss.core.make(ctx, claims, nil)
	return token, err
}
