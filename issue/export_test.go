package issue

import "time"

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
