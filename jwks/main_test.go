package jwks_test

import (
	"log/slog"
	"testing"

	"go.uber.org/goleak"
)

// Every test closes its sources. A goroutine that still runs afterwards is a leak. Only the
// tests of the log read records, and each of them sets a logger of its own.
func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	goleak.VerifyTestMain(m)
}
