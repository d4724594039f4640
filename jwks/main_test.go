package jwks_test

import (
	"testing"

	"go.uber.org/goleak"
)

// Every test closes its sources; what still runs then is a leak.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
