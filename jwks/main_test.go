package jwks_test

import (
	"testing"

	"go.uber.org/goleak"
)

// Every test closes its sources. A goroutine that still runs afterwards is a leak.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
