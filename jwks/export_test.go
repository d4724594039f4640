package jwks

import (
	"sync/atomic"
	"time"
)

// SkewWallClock makes the wall clock of a source differ from the monotonic one by as many
// nanoseconds as skew has, as it does when the machine has slept or the clock was set.
func SkewWallClock(s *Source, skew *atomic.Int64) {
	s.now = func() moment {
		now := readClocks()
		return moment{now.monotonic, now.wall.Add(time.Duration(skew.Load()))}
	}
}
