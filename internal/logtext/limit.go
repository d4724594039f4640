package logtext

import (
	"sync"
	"time"
)

// A Limit allows one log record a minute. The zero value is ready for use. It is safe for
// concurrent use.
type Limit struct {
	mu   sync.Mutex
	next time.Time
}

// Allow reports whether a record may be written now.
func (l *Limit) Allow() bool {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Before(l.next) {
		return false
	}
	l.next = now.Add(time.Minute)
	return true
}
