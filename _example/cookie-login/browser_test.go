package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/jwthttp/jwthttp/_example/internal/browser"
)

// A tab is a tab of a real browser without a window.
type tab struct{ context.Context }

func openTab(t *testing.T) tab {
	t.Helper()
	ctx, cancel := context.WithTimeout(browser.Start(t), 4*time.Minute)
	t.Cleanup(cancel)
	return tab{ctx}
}

func do[T any](t *testing.T, b tab, action chromedp.Action[T]) T {
	t.Helper()
	v, err := chromedp.Run(b, action)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (b tab) visits(t *testing.T, url string) {
	t.Helper()
	if err := chromedp.Do(b, chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
}

// follows clicks, and returns the text of an element of the next page.
func (b tab) follows(t *testing.T, link, look string) string {
	t.Helper()
	if _, err := chromedp.RunResponse(b, chromedp.Click(chromedp.CSS(link))); err != nil {
		t.Fatal(err)
	}
	return do(t, b, chromedp.Text(chromedp.CSS(look)))
}

// screenshot puts a picture in the artifacts of the test.
func (b tab) screenshot(t *testing.T, name string) {
	t.Helper()
	png := do(t, b, chromedp.CaptureScreenshot())
	if err := os.WriteFile(filepath.Join(t.ArtifactDir(), name+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}

const (
	generate = `a[href="/generate"]`
	validate = `a[href="/validate"]`
	result   = "#result"
)

func TestInABrowser(t *testing.T) {
	t.Parallel()
	const lifetime = 20 * time.Second
	url := start(t, "RS256", mustKey(t, "RS256", filepath.Join(t.TempDir(), "jwt_key")), lifetime)
	b := openTab(t)
	b.visits(t, url)
	b.screenshot(t, "1-welcome")
	if got := b.follows(t, generate, result); got != "Token generated, it expires in 20 s" {
		t.Fatalf("result %q", got)
	}
	b.screenshot(t, "2-generated")

	// The browser has the cookie, and its scripts do not.
	if got := do(t, b, chromedp.Evaluate[string]("document.cookie")); got != "" {
		t.Errorf("document.cookie is %q", got)
	}
	jar, err := chromedp.Call(b, network.GetCookies, network.GetCookiesParams{})
	if err != nil {
		t.Fatal(err)
	}
	cookies := jar.Cookies
	if len(cookies) != 1 || !cookies[0].HTTPOnly || cookies[0].SameSite != network.CookieSameSiteLax {
		t.Errorf("%d cookies, or not HttpOnly and SameSite=Lax", len(cookies))
	}

	if got := b.follows(t, validate, result); !strings.HasPrefix(got, "Valid token of bob, it expires in ") {
		t.Errorf("result %q", got)
	}
	b.screenshot(t, "3-valid")

	time.Sleep(time.Until(time.Unix(int64(cookies[0].Expires), 0)) + time.Second)
	if got := b.follows(t, validate, result); got != "Invalid token" {
		t.Errorf("result %q", got)
	}
	b.screenshot(t, "4-invalid")
}

// A form that changes something works on the site's own pages only.
func TestFormsInABrowser(t *testing.T) {
	t.Parallel()
	url := start(t, "HS256", mustKey(t, "HS256", ""), time.Minute)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, fmt.Sprintf(`<form method="post" action="%s/forget"><button>Win a prize</button></form>`, url))
	}))
	defer elsewhere.Close()
	b := openTab(t)
	login := func() {
		t.Helper()
		b.visits(t, url)
		if got := b.follows(t, generate, result); !strings.HasPrefix(got, "Token generated") {
			t.Fatalf("result %q", got)
		}
	}
	wantLogin := func(yes bool) {
		t.Helper()
		b.visits(t, url)
		if got := b.follows(t, validate, result); strings.HasPrefix(got, "Valid token of bob") != yes {
			t.Errorf("result %q", got)
		}
	}

	// Another port is another origin of the same site. The browser sends the cookie, and only
	// the gate refuses it.
	login()
	b.visits(t, elsewhere.URL)
	if got := b.follows(t, "button", "body"); !strings.Contains(got, `"error":"cross_origin"`) {
		t.Errorf("from another origin: %s", got)
	}
	b.screenshot(t, "cross-origin")
	wantLogin(true)

	// For another site the browser does not send the cookie, which is SameSite=Lax.
	b.visits(t, strings.Replace(elsewhere.URL, "127.0.0.1", "localhost", 1))
	if got := b.follows(t, "button", result); got != "Invalid token" {
		t.Errorf("from another site: %s", got)
	}
	wantLogin(true)

	b.visits(t, url)
	if got := b.follows(t, "button", result); got != "Token forgotten" {
		t.Errorf("from the page itself: %s", got)
	}
	wantLogin(false)
}
