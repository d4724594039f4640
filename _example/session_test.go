package example

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/_example/internal/browser"
)

const (
	accessCookie  = "__Host-access"
	refreshCookie = "__Host-refresh"
)

// TestSession is _example/session in a real browser, over TLS. SESSION_LONG=1 makes it take
// minutes, with access tokens of 5 seconds.
func TestSession(t *testing.T) {
	path := filepath.Join(t.TempDir(), "session")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-C", "session", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lifetime, grace, polling := 2*time.Second, 3*time.Second, time.Duration(0)
	isLong := os.Getenv("SESSION_LONG") != ""
	if isLong {
		lifetime, grace, polling = 5*time.Second, 10*time.Second, 3*time.Minute
	}
	t.Run("five tabs", func(t *testing.T) {
		s, folder := startSite(t, path, lifetime, grace), browser.Folder(t)
		w := openWindow(t, folder, 5)
		s.login(t, w.tabs[0])
		testTogether(t, s, w, polling)
		testOffline(t, s, w, grace)
		testKilled(t, s, w, folder, grace)
	})
	if isLong {
		t.Run("killed later", func(t *testing.T) { testKilledLater(t, startSite(t, path, lifetime, time.Minute)) })
	}
	t.Run("other origins", func(t *testing.T) {
		w := openWindow(t, browser.Folder(t), 1)
		testForms(t, startSite(t, path, 10*time.Minute, grace), w.tabs[0])
		if _, err := chromedp.Call(w.tabs[0], network.ClearBrowserCookies, cdp.Empty{}); err != nil { // another port gets them too
			t.Fatal(err)
		}
		testLinks(t, startSite(t, path, 2*time.Second, grace), w.tabs[0])
	})
}

// A site is the program behind a proxy that speaks TLS. The proxy notes what the answers do, and can
// lose them.
type site struct {
	url  string
	lost chan struct{} // closed when a held answer is to be lost

	mu     sync.Mutex
	asked  int      // how many requests came
	fresh  int      // how many answers had new cookies
	tokens []string // the refresh tokens that were set, in their order
	faults []string // the answers that refuse, and those that remove the refresh cookie
	ended  int      // how many answers remove the refresh cookie: these are logouts
	late   int      // the requests whose access token expired on the way
	isHeld bool     // answers with a refresh token wait, and are lost in the end
	held   int      // how many wait
}

func startSite(t *testing.T, path string, lifetime, grace time.Duration) *site {
	t.Helper()
	p := start(t, path, "-https", "-addr", "127.0.0.1:0", "-store", "sqlite", "-dsn", filepath.Join(t.TempDir(), "sessions.db"),
		"-lifetime", lifetime.String(), "-grace", grace.String())
	backend, err := url.Parse(p.url)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{}
	silent := log.New(io.Discard, "", 0) // browsers that are killed leave handshakes unfinished
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(backend)
			r.Out.Host = r.In.Host
			s.mu.Lock()
			defer s.mu.Unlock()
			s.asked++
		},
		ModifyResponse: s.passes,
		ErrorHandler:   func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		ErrorLog:       silent,
	}
	server := httptest.NewUnstartedServer(proxy)
	server.EnableHTTP2 = true // a browser sends six requests at a time over HTTP/1
	server.Config.ErrorLog = silent
	server.StartTLS()
	t.Cleanup(server.Close)
	t.Cleanup(s.loseHeld)
	s.url = server.URL
	return s
}

// passes looks at an answer on its way to the browser.
func (s *site) passes(res *http.Response) error {
	s.mu.Lock()
	hasToken := false
	for _, c := range res.Cookies() {
		switch {
		case c.Name != refreshCookie:
		case c.Value == "":
			s.ended++
			s.faults = append(s.faults, "removes the refresh cookie")
		default:
			hasToken = true
			s.fresh++
			if !slices.Contains(s.tokens, c.Value) {
				s.tokens = append(s.tokens, c.Value)
			}
		}
	}
	if path := res.Request.URL.Path; res.StatusCode == http.StatusUnauthorized && hasExpired(res.Request) {
		s.late++
	} else if res.StatusCode >= 400 && path != "/favicon.ico" {
		s.faults = append(s.faults, fmt.Sprint(res.StatusCode, " ", res.Request.Method, " ", path))
	}
	lost := s.lost
	isHeld := s.isHeld && hasToken
	if isHeld {
		s.held++
	}
	s.mu.Unlock()
	if !isHeld {
		return nil
	}
	select {
	case <-lost:
	case <-res.Request.Context().Done():
	}
	return errors.New("lost")
}

// hasExpired reports whether a request has an access token that has expired. The cookie ends a second
// before its token, so on a machine with much to do a request may take too long. The next one gets a
// new token, and nobody is logged out.
func hasExpired(r *http.Request) bool {
	c, err := r.Cookie(accessCookie)
	if err != nil {
		return false
	}
	var claims jwt.RegisteredClaims
	_, _, err = jwt.NewParser().ParseUnverified(c.Value, &claims)
	return err == nil && claims.ExpiresAt != nil && !time.Now().Before(claims.ExpiresAt.Time)
}

func (s *site) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("%d requests, %d refreshes, %d refresh tokens, %d requests with a token that expired on the way, %d logouts", s.asked, s.fresh, len(s.tokens), s.late, s.ended)
}

// hold makes answers with a refresh token wait from now on.
func (s *site) hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.isHeld, s.held, s.lost = true, 0, make(chan struct{})
}

// loseHeld loses the answers that wait. Later ones pass.
func (s *site) loseHeld() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isHeld {
		s.isHeld = false
		close(s.lost)
	}
}

// see calls f with the notes of the proxy.
func (s *site) see(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *site) issued() (tokens []string) {
	s.see(func() { tokens = slices.Clone(s.tokens) })
	return tokens
}

func (s *site) requests() (n int) {
	s.see(func() { n = s.asked })
	return n
}

func (s *site) refreshes() (n int) {
	s.see(func() { n = s.fresh })
	return n
}

func (s *site) lates() (n int) {
	s.see(func() { n = s.late })
	return n
}

// takeFaults returns the faults since the last call.
func (s *site) takeFaults() (faults []string) {
	s.see(func() { faults, s.faults = s.faults, nil })
	return faults
}

// isTrue waits for something.
func isTrue(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !condition(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("in vain: ", what)
		}
	}
}

// A window has tabs of one browser.
type window struct {
	first context.Context
	tabs  []tab
}

// openWindow starts a browser with the cookies that are in a folder.
func openWindow(t *testing.T, folder string, tabs int) *window {
	t.Helper()
	w := &window{first: browser.Start(t, chromedp.UserDataDir(folder), chromedp.IgnoreCertErrors)}
	for range tabs {
		ctx, cancel := chromedp.NewContext(w.first)
		t.Cleanup(cancel)
		ctx, cancel = context.WithTimeout(ctx, 8*time.Minute)
		t.Cleanup(cancel)
		b := tab{Context: ctx}
		b.does(t, chromedp.Navigate("about:blank"))
		w.tabs = append(w.tabs, b)
	}
	return w
}

// close lets the browser write its cookies to the disk.
func (w *window) close(t *testing.T) {
	t.Helper()
	if err := chromedp.Cancel(w.first); err != nil {
		t.Fatal(err)
	}
}

// kill is a kill -9.
func (w *window) kill(t *testing.T) {
	t.Helper()
	if err := chromedp.FromContext(w.first).Browser.Process().Kill(); err != nil {
		t.Fatal(err)
	}
	<-w.first.Done()
}

// all runs f in all tabs at once. It returns a function that waits for them.
func (w *window) all(f func(tab) error) (wait func() error) {
	errs := make([]error, len(w.tabs))
	var running sync.WaitGroup
	for i, b := range w.tabs {
		running.Go(func() { errs[i] = f(b) })
	}
	return func() error {
		running.Wait()
		return errors.Join(errs...)
	}
}

// headline reads the page as it is. It does not wait: an answer without a headline is a refusal.
func headline() chromedp.Action[string] {
	return chromedp.Evaluate[string](`document.querySelector("h1")?.textContent ?? document.body.innerText`)
}

// visits does visit, and once more where an access token has expired on the way.
func (s *site) visits(b tab) error {
	for {
		late := s.lates()
		if err := s.visit(b); err == nil || s.lates() == late {
			return err
		}
	}
}

// visit opens two pages and sends three requests of a script at once, one of them a refresh.
func (s *site) visit(b tab) error {
	if err := chromedp.Do(b, chromedp.Navigate(s.url)); err != nil {
		return err
	}
	if got, err := chromedp.Run(b, headline()); err != nil || got != "Welcome back, bob" {
		return fmt.Errorf("the page says %q, %w", got, err)
	}
	if err := chromedp.Do(b, chromedp.Navigate(s.url+"/me")); err != nil {
		return err
	}
	got, err := chromedp.Run(b, chromedp.Evaluate[string](`Promise.all([fetch("/me"), fetch("/devices"), fetch("/refresh", {method: "POST"})]).
		then(answers => answers.map(a => a.status).join(" "))`, chromedp.EvalAwaitPromise))
	if err != nil || got != "200 200 204" {
		return fmt.Errorf("the script got %q, %w", got, err)
	}
	return nil
}

func (s *site) login(t *testing.T, b tab) {
	t.Helper()
	b.does(t, chromedp.Navigate(s.url))
	if _, err := chromedp.RunResponse(b, chromedp.Click(chromedp.CSS(`[action="/login"] button`))); err != nil {
		t.Fatal(err)
	}
	s.wantUser(t, b, "after the login")
}

// wantUser looks whether the page greets the user. It opens the page again where an access token has
// expired on the way.
func (s *site) wantUser(t *testing.T, b tab, when string) {
	t.Helper()
	got := ask(t, b, headline())
	for range 10 {
		if got == "Welcome back, bob" {
			return
		}
		if faults := s.takeFaults(); len(faults) > 0 {
			t.Fatalf("%s: the page says %q; %q", when, got, faults)
		}
		b.does(t, chromedp.Navigate(s.url))
		got = ask(t, b, headline())
	}
	t.Fatalf("%s: the page says %q", when, got)
}

// cookie returns the value of a cookie that the browser has.
func (s *site) cookie(t *testing.T, b tab, name string) string {
	t.Helper()
	all, err := chromedp.Call(b, network.GetCookies, network.GetCookiesParams{URLs: []string{s.url}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all.Cookies {
		if c.Name == name {
			if !c.Secure || !c.HTTPOnly || c.SameSite != network.CookieSameSiteLax {
				t.Errorf("%s is not Secure, HttpOnly and SameSite=Lax", name)
			}
			return c.Value
		}
	}
	return ""
}

func (s *site) waitForExpiry(t *testing.T, b tab) {
	t.Helper()
	isTrue(t, "the access cookie expires", func() bool { return s.cookie(t, b, accessCookie) == "" })
}

func (w *window) setOffline(t *testing.T, isOffline bool) {
	t.Helper()
	conditions := &network.Conditions{Offline: isOffline, DownloadThroughput: -1, UploadThroughput: -1}
	for _, b := range w.tabs {
		_, err := chromedp.Call(b, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{conditions}})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// holdAll lets all tabs refresh, and holds the answers. It returns what they wait for.
func (s *site) holdAll(t *testing.T, w *window, f func(tab) error) (wait func() error) {
	t.Helper()
	s.waitForExpiry(t, w.tabs[0])
	s.hold()
	wait = w.all(f)
	isTrue(t, "all tabs refresh", func() (yes bool) {
		s.see(func() { yes = s.held == len(w.tabs) })
		return yes
	})
	return wait
}

// wantNoFault fails the test if anything was refused, or a cookie was removed.
func (s *site) wantNoFault(t *testing.T, when string) {
	t.Helper()
	if faults := s.takeFaults(); len(faults) > 0 {
		t.Fatalf("%s: %q", when, faults)
	}
}

// testTogether has tabs that refresh together, for so long and twice at least.
func testTogether(t *testing.T, s *site, w *window, polling time.Duration) {
	rounds := 0
	for end := time.Now().Add(polling); rounds < 2 || time.Now().Before(end); rounds++ {
		if err := w.all(s.visits)(); err != nil {
			t.Fatalf("round %d: %v; %q", rounds, err, s.takeFaults())
		}
		if polling > 0 {
			time.Sleep(500 * time.Millisecond)
		}
	}
	s.wantNoFault(t, "together")
	t.Logf("%d rounds of %d tabs: %s", rounds, len(w.tabs), s)
}

// testOffline takes the network away in the middle of a refresh of all tabs: the program has
// replaced the token, and no tab gets the answer. It comes back after Grace.
func testOffline(t *testing.T, s *site, w *window, grace time.Duration) {
	for _, b := range w.tabs { // a script of this page may send requests
		b.does(t, chromedp.Navigate(s.url+"/devices"))
	}
	before := s.cookie(t, w.tabs[0], refreshCookie)
	noAnswer := func(b tab) error {
		got, err := chromedp.Run(b, chromedp.Evaluate[string](`fetch("/me").then(answer => "" + answer.status, () => "no answer")`, chromedp.EvalAwaitPromise))
		if err != nil || got != "no answer" {
			return fmt.Errorf("a request got %q, %w", got, err)
		}
		return nil
	}
	time.Sleep(grace) // or the refresh would not replace a token
	tokens := len(s.issued())
	wait := s.holdAll(t, w, noAnswer)
	w.setOffline(t, true)
	s.loseHeld()
	if err := wait(); err != nil {
		t.Fatal(err)
	}
	if s.cookie(t, w.tabs[0], refreshCookie) != before || len(s.issued()) == tokens {
		t.Fatal("the browser has got the answer, or the token was not replaced")
	}
	asked := s.requests()
	time.Sleep(grace)
	if err := w.all(noAnswer)(); err != nil {
		t.Fatal(err)
	}
	if s.requests() != asked {
		t.Fatal("the browser is not offline")
	}
	w.setOffline(t, false)
	if err := w.all(s.visits)(); err != nil {
		t.Fatalf("%v; %q", err, s.takeFaults())
	}
	s.wantNoFault(t, "back online")
	t.Logf("offline in the middle of a refresh, and back: %s", s)
}

// testKilled closes the browser, which writes its cookies to the disk. Then the browser is killed in
// the middle of a refresh, and so the disk has the cookie from before, whose successor it never got.
func testKilled(t *testing.T, s *site, w *window, folder string, grace time.Duration) {
	onDisk := s.cookie(t, w.tabs[0], refreshCookie)
	w.close(t)
	time.Sleep(grace) // or the refresh would not replace the token
	tokens := len(s.issued())
	w = openWindow(t, folder, 2)
	s.killAmidRefresh(t, w)
	if len(s.issued()) == tokens {
		t.Fatal("the token was not replaced")
	}
	w = openWindow(t, folder, 2)
	if got := s.cookie(t, w.tabs[0], refreshCookie); got != onDisk {
		t.Fatalf("the refresh cookie is not the one from before: %q", got)
	}
	if err := w.all(s.visits)(); err != nil {
		t.Fatalf("%v; %q", err, s.takeFaults())
	}
	s.wantNoFault(t, "after the kill")
	t.Logf("killed in the middle of a refresh: %s", s)
}

func (s *site) killAmidRefresh(t *testing.T, w *window) {
	t.Helper()
	wait := s.holdAll(t, w, func(b tab) error { return chromedp.Do(b, chromedp.Navigate(s.url)) })
	w.kill(t)
	s.loseHeld()
	if wait() == nil {
		t.Fatal("the tabs got the answers")
	}
}

// testKilledLater kills a browser without closing it first. Chromium writes a cookie to the disk 30
// seconds after it came, so the browser may come back with an older one. That is at most the one
// before, because Grace is a minute here: tokens are replaced less often than cookies are written.
func testKilledLater(t *testing.T, s *site) {
	folder := browser.Folder(t)
	w := openWindow(t, folder, 5)
	s.login(t, w.tabs[0])
	for range 3 {
		// The cookie of the login must be on the disk, and a token must have been replaced.
		tokens, writes := len(s.issued()), time.Now().Add(45*time.Second)
		rounds := 0
		for ; len(s.issued()) == tokens || time.Now().Before(writes); rounds++ {
			if err := w.all(s.visits)(); err != nil {
				t.Fatalf("round %d: %v; %q", rounds, err, s.takeFaults())
			}
			time.Sleep(500 * time.Millisecond)
		}
		s.killAmidRefresh(t, w)
		w = openWindow(t, folder, 5)
		all := s.issued()
		at := slices.Index(all, s.cookie(t, w.tabs[0], refreshCookie))
		if at < 0 {
			t.Fatal("the disk has no refresh cookie")
		}
		if err := w.all(s.visits)(); err != nil {
			t.Fatalf("%v; %q", err, s.takeFaults())
		}
		s.wantNoFault(t, "after a kill")
		t.Logf("killed after %d rounds, with token %d of %d on the disk: %s", rounds, at+1, len(all), s)
	}
}

// origins returns the addresses of a page with forms and links: one of the site's own host, and one
// of another site.
func origins(t *testing.T, s *site) map[string]string {
	t.Helper()
	page := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/counted" { // as the links of a newsletter
			http.Redirect(w, r, s.url, http.StatusFound)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<a id="link" href="%s/">A link</a> <a id="counted" href="/counted">A counted link</a>`, s.url)
		for _, path := range []string{"/refresh", "/logout", "/login", "/devices/end-others"} {
			fmt.Fprintf(w, `<form method="post" action="%s%s"><input name="user" value="mallory"><button>Win</button></form>`, s.url, path)
		}
	}))
	page.Config.ErrorLog = log.New(io.Discard, "", 0)
	page.StartTLS()
	t.Cleanup(page.Close)
	return map[string]string{"another origin": page.URL, "another site": strings.Replace(page.URL, "127.0.0.1", "localhost", 1)}
}

// testForms sends forms of other pages. The browser has an access token all the time.
func testForms(t *testing.T, s *site, b tab) {
	s.login(t, b)
	for name, page := range origins(t, s) {
		for path, want := range map[string]int64{
			"/refresh": 403, "/logout": 403, "/login": 403,
			// From another site no cookie comes, because of SameSite=Lax.
			"/devices/end-others": map[string]int64{"another origin": 403, "another site": 401}[name],
		} {
			before := s.cookie(t, b, refreshCookie)
			b.does(t, chromedp.Navigate(page))
			res, err := chromedp.RunResponse(b, chromedp.Click(chromedp.CSS(fmt.Sprintf("[action=%q] button", s.url+path))))
			if err != nil {
				t.Fatal(err)
			}
			if faults := s.takeFaults(); res.Status != want || !slices.Equal(faults, []string{fmt.Sprint(want, " POST ", path)}) {
				t.Errorf("%s from %s: %d, %q, want %d", path, name, res.Status, faults, want)
			}
			if got := s.cookie(t, b, refreshCookie); got != before || got == "" {
				t.Errorf("%s from %s has changed the refresh cookie", path, name)
			}
			b.does(t, chromedp.Navigate(s.url))
			s.wantUser(t, b, path+" from "+name)
		}
	}
}

// testLinks follows links of other pages. The access token has expired each time.
func testLinks(t *testing.T, s *site, b tab) {
	s.login(t, b)
	for name, page := range origins(t, s) {
		for _, link := range []string{"#link", "#counted"} {
			s.waitForExpiry(t, b)
			refreshes := s.refreshes()
			b.does(t, chromedp.Navigate(page))
			if _, err := chromedp.RunResponse(b, chromedp.Click(chromedp.CSS(link))); err != nil {
				t.Fatal(err)
			}
			s.wantUser(t, b, link+" from "+name)
			if s.refreshes() == refreshes {
				t.Errorf("%s from %s was followed without a refresh", link, name)
			}
		}
	}
	s.wantNoFault(t, "links")
}
