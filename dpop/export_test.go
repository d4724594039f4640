package dpop

import (
	"math"
	"time"
)

// SetClocks gives a memory clocks that the test moves, in seconds since it was made.
func (m *Memory) SetClocks(wall, steady *int) {
	m.now = func() instant {
		return instant{uint32(*wall + startingClock), uint32(*steady + startingClock)}
	}
}

// At returns the time that is so many seconds after the memory was made.
func (m *Memory) At(seconds int) time.Time { return time.Unix(m.start+int64(seconds)+startingClock, 0) }

// FarAway is later than every time that a memory can tell.
var FarAway = time.Unix(math.MaxInt64/2, 0)
