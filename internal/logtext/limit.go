package logtext

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// A Limit allows one log record a minute. The zero value is ready for use. It is safe for
// concurrent use.
type Limit struct {
	mu         sync.Mutex
	next       time.Time
	suppressed int
}

// Allow reports whether a record may be written now. suppressed is how many may not have been
// written since the last one.
func (l *Limit) Allow() (suppressed int, ok bool) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Before(l.next) {
		l.suppressed++
		return 0, false
	}
	suppressed, l.suppressed = l.suppressed, 0
	l.next = now.Add(time.Minute)
	return suppressed, true
}

// Log writes a record if l allows it, and reports whether it does. It adds how many were suppressed
// before, if any. A nil logger is slog.Default().
func (l *Limit) Log(ctx context.Context, logger *slog.Logger, level slog.Level, message string, attrs ...slog.Attr) (isAllowed bool) {
	logger = OrDefault(logger)
	if !logger.Enabled(ctx, level) {
		return true
	}
	suppressed, ok := l.Allow()
	if !ok {
		return false
	}
	if suppressed > 0 {
		attrs = append(attrs, slog.Int("suppressed", suppressed))
	}
	logger.LogAttrs(ctx, level, message, attrs...)
	return true
}

// Log writes a record that comes once, such as that of a constructor. A nil logger is
// slog.Default().
func Log(logger *slog.Logger, level slog.Level, message string, attrs ...slog.Attr) {
	OrDefault(logger).LogAttrs(context.Background(), level, message, attrs...)
}

// OrDefault returns logger, or slog.Default() for nil.
func OrDefault(logger *slog.Logger) *slog.Logger {
	if logger == nil {
		return slog.Default()
	}
	return logger
}
