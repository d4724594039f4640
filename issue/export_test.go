package issue

import "time"

// At returns what signs and what is published when the clock shows now. Only so can it be set back.
func At[C any](iss *Issuer[C], now time.Time) (signs Key, set []byte) {
	s := iss.core.ring.at(now)
	return s.signs, s.set
}
