// Package browser starts a real browser for tests.
package browser

import (
	"context"
	"os"
	"testing"

	"github.com/chromedp/chromedp"
)

// Start starts a browser without a window, which ends with the test, and returns its first tab.
// chromedp.NewContext opens more of them.
func Start(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.WindowSize(900, 1100))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium's own rule for root
	}
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("a browser is missing or does not start: apt-get install chromium: %v", err)
	}
	return ctx
}
