// Package browser starts a real browser for tests.
package browser

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Start starts a browser without a window, which ends with the test, and returns its first tab.
// chromedp.NewContext opens more of them. The options are those that the test needs besides.
func Start(t *testing.T, options ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	all := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.WindowSize(900, 1100), chromedp.Env("TMPDIR="+Folder(t)))
	if os.Geteuid() == 0 {
		all = append(all, chromedp.NoSandbox) // Chromium's own rule for root
	}
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), append(all, options...)...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("a browser is missing or does not start: apt-get install chromium: %v", err)
	}
	return ctx
}

// Folder returns a folder for the files of a browser, which is removed at the end of the test. Its
// name is short, since a browser has sockets there. Parts of a browser that was killed may still
// write files for a moment, so t.TempDir would fail the test.
func Folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "browser")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 100 {
			if err = os.RemoveAll(dir); err == nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Error(err)
	})
	return dir
}
