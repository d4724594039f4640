package jwthttptest

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Sessions describes to [Conformance] how users of a chain log in and stay logged in, as those of
// package session do.
type Sessions struct {
	// Login returns a new request that logs the subject of Setup.Claims in, as a browser sends it. The
	// answer sets the cookies Setup.Cookie and RefreshCookie. Nil is for a chain without browsers.
	Login func() *http.Request

	// Start returns a new request that logs the subject in, as an app sends it. The answer has both
	// tokens in the JSON of RFC 6749 section 5.1. Nil is for a chain without apps.
	Start func() *http.Request

	// Refresh and Logout are the paths of these routes, such as "/refresh". They are required.
	Refresh string
	Logout  string

	// RefreshCookie is the name of the refresh cookie: "__Host-refresh" if "".
	RefreshCookie string

	// Grace is for how long a refresh token that was used may come again, as in session.Options: 10
	// seconds if 0. Conformance waits for as long once. So give both a short one in a test, such as
	// 100 milliseconds, or call it in a testing/synctest bubble.
	Grace time.Duration

	// RevokesAccess says that an access token ends with its session, as with Revoked of
	// session.Options.
	RevokesAccess bool

	// Outage puts the store of the sessions out of reach for good. It is called after all else but
	// Setup.Outage. Then a login, a refresh and a logout must get a 503. Nil skips this.
	Outage func()
}

const (
	hintAttributes   = "package cookie sets them as they should be"
	hintNoStore      = "a cache must not give a token to another client: set Cache-Control: no-store"
	hintGET          = "a link or an image of another site can send it: take POST alone"
	hintForeign      = "put http.CrossOriginProtection around it, or use package session"
	hintReuse        = "a thief has one of the two: end the session (RFC 9700 section 4.14.2)"
	hintFixation     = "the browser's former session may be that of an attacker, or of another user: end it, and begin a new one"
	hintLostAnswer   = "the answer may have been lost on the way: let the client ask again until it has used the successor"
	hintTabs         = "tabs that share a cookie refresh at the same time: answer each with the same successor"
	hintOneSuccessor = "each copy would live on by itself, and no reuse would be found: a refresh token has one successor"
	hintOtherTokens  = "it is not a refresh token"
	hintForm         = "a refresh token comes in a form (RFC 6749 section 6)"
	hintQuery        = "addresses are kept in logs, histories and Referer headers"
	hintKeep         = "the session may be good: refuse the request, and change nothing"
	hintLogout       = "end the session in the store, and not in the browser alone"
	hintRevoke       = "Setup.Sessions.RevokesAccess says so: set session.Options.Revoked, and pass the list's Check to the middleware"
)

func (s *Sessions) problem(setup Setup) string {
	switch {
	case s.Login == nil && s.Start == nil:
		return "Setup.Sessions has neither Login nor Start: set the one for browsers, the one for apps, or both"
	case s.Login != nil && s.Login() == nil || s.Start != nil && s.Start() == nil:
		return "Setup.Sessions.Login or Start returns nil"
	case !strings.HasPrefix(s.Refresh, "/") || !strings.HasPrefix(s.Logout, "/"):
		return "Setup.Sessions needs the paths of Refresh and Logout, such as /refresh"
	case s.Login != nil && setup.Cookie == "":
		return "Setup.Sessions.Login needs the name of the access cookie in Setup.Cookie, such as __Host-access"
	case s.Start != nil && setup.CookieOnly:
		return "Setup.Sessions.Start is for apps, which send tokens in a header: leave out Start or CookieOnly"
	case (setup.DPoP != nil || setup.Certificate != nil) && !setup.AllowUnbound:
		return "Setup.Sessions is for bearer tokens: leave it out, or set AllowUnbound"
	}
	return ""
}

// A client is a browser, which has its tokens in cookies, or an app, which keeps them itself.
type client struct {
	*exam
	isApp bool
	begin func() *http.Request

	sample  string // a refresh token, to forge others
	unknown string // the shape of the answer to a forged one; "" if each is another one
	last    pair   // of a session that lives, for the outage
}

// A pair is what a login or a refresh hands out.
type pair struct{ access, refresh string }

func (x *exam) clients() (all []*client) {
	if x.Sessions.Login != nil {
		all = append(all, &client{exam: x, begin: x.Sessions.Login})
	}
	if x.Sessions.Start != nil {
		all = append(all, &client{exam: x, isApp: true, begin: x.Sessions.Start})
	}
	return all
}

// sessions has requests that depend on those before them, so it judges them itself. A refresh token is
// good once, except within Grace. So each step goes on with the newest one.
func (x *exam) sessions() []probe {
	var waiting []func()
	for _, c := range x.clients() {
		if !c.logsIn() || !c.refreshes() {
			continue // the rest would show no more
		}
		x.loggedIn = append(x.loggedIn, c)
		c.refusesOthers()
		c.logsOut()
		if !c.isApp {
			c.keepsOtherSitesOut()
			c.refreshesSilently()
		}
		waiting = append(waiting, c.findsReuse(), c.repeatsALostAnswer())
	}
	if len(waiting) > 0 {
		time.Sleep(cmp.Or(x.Sessions.Grace, 10*time.Second) + 10*time.Millisecond)
	}
	for _, after := range waiting {
		after()
	}
	return nil
}

func (c *client) logsIn() bool {
	w := c.ask(c.begin())
	first := c.pairOf(w)
	if first.access == "" || first.refresh == "" || !c.isFine(w) {
		c.report(faultLogin, "a login", "", "%d %.200q, Set-Cookie: %.200q", w.Code, w.Body, w.Header()["Set-Cookie"])
		return false
	}
	c.sample = first.refresh
	if one, two := shape(c.presentForged()), shape(c.presentForged()); one == two {
		c.unknown = one
	}
	c.checkPair("a login", w)
	c.judge(probe{c.name("the access token of a login"), c.using(first.access), accepted, ""})
	c.judge(probe{c.name("a refresh token in place of an access token"), c.using(first.refresh), invalidToken, "the middleware must not take it"})

	r := c.begin()
	r.Method = http.MethodGet
	if got := c.pairOf(c.ask(r)); got != (pair{}) {
		c.report(faultGate, "a login by GET", hintGET, "it hands out tokens")
	}
	if !c.isApp {
		again := c.pairOf(c.ask(c.begin(), c.carrying(first.refresh)))
		if again.refresh == "" || again.refresh == first.refresh {
			c.report(faultLives, "a login with the cookie of another session", hintFixation, "it has the refresh token that came")
		} else {
			c.mustHaveEnded(faultLives, "a session whose browser has logged in again", hintFixation, first.refresh)
		}
	}
	return true
}

func (c *client) refreshes() bool {
	path := c.Sessions.Refresh
	now := c.login()
	w := c.present(path, now.refresh)
	next := c.pairOf(w)
	if next.access == "" || next.refresh == "" {
		c.report(faultEnds, "a refresh", "", "%d %.200q", w.Code, w.Body)
		return false
	}
	c.checkPair("a refresh", w)
	if next.refresh == now.refresh {
		c.report(faultLives, "a refresh", "a refresh token that never changes is as good for a thief", "the refresh token is the same")
	}
	c.judge(probe{c.name("the access token of a refresh"), c.using(next.access), accepted, ""})
	c.judge(probe{c.name("the refresh token of a refresh, in place of an access token"), c.using(next.refresh), invalidToken, "the middleware must not take it"})

	if c.isApp {
		c.mustLive("a refresh with Authorization: Basic …", &next, "clients of OAuth 2.0 send their own name there", authorization("Basic YTpi"))
		for _, kind := range []string{"application/json", "text/plain"} {
			text := "refresh_token=" + next.refresh
			if kind == "application/json" {
				text = `{"grant_type":"refresh_token","refresh_token":"` + next.refresh + `"}`
			}
			w = c.ask(c.request(path), form(text), headers("Content-Type", kind))
			c.mustRefuse(faultAccepts, "a refresh token in a body of "+kind, hintForm, w, http.StatusBadRequest)
			c.follow(w, &next)
		}
	}
	token := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {next.refresh}}.Encode()
	for _, method := range []string{http.MethodPost, http.MethodGet} {
		r := c.request(path + "?" + token)
		r.Method = method
		w = c.ask(r)
		if c.pairOf(w) != (pair{}) {
			c.report(faultAccepts, "a refresh token in the query of a "+method, hintQuery, "%d, with tokens", w.Code)
		}
		c.follow(w, &next)
	}
	w = c.ask(c.request(path), c.carrying(next.refresh), method(http.MethodGet))
	if c.pairOf(w) != (pair{}) {
		c.report(faultGate, "a refresh by GET", hintGET, "%d, with tokens", w.Code)
	}
	c.follow(w, &next)
	c.mustLive("a refresh after those that were refused", &next, hintKeep)
	c.last = next
	c.refreshesAtOnce()
	return true
}

// follow goes on with the token of an answer that should have none.
func (c *client) follow(w *response, p *pair) {
	if got := c.pairOf(w); got.refresh != "" {
		*p = got
	}
}

func (c *client) refreshesAtOnce() {
	const times = 8
	now, began := c.login(), time.Now()
	responses := make([]*response, times)
	var ready, done sync.WaitGroup
	ready.Add(times)
	for i := range responses {
		r := c.request(c.Sessions.Refresh)
		c.carrying(now.refresh)(r)
		done.Go(func() {
			ready.Done()
			ready.Wait()
			responses[i] = c.serve(r)
		})
	}
	done.Wait()
	name, refused := "one refresh token, several times at once", 0
	var successors []string
	for _, w := range responses {
		if got := c.pairOf(w); got.refresh == "" {
			refused++
		} else if !slices.Contains(successors, got.refresh) {
			successors = append(successors, got.refresh)
		}
	}
	if refused > 0 {
		c.report(faultEnds, name, hintTabs, "%d of %d are refused", refused, times)
	}
	if len(successors) > 1 && time.Since(began) < cmp.Or(c.Sessions.Grace, 10*time.Second) { // a slow machine takes longer
		c.report(faultAccepts, name, hintOneSuccessor, "%d different refresh tokens", len(successors))
	}
}

// refusesOthers has what is not a refresh token of a session that lives.
func (c *client) refusesOthers() {
	path := c.Sessions.Refresh
	live := c.login()
	c.checkEnded(faultAccepts, "a refresh token that was made up", hintOtherTokens, c.presentForged())
	for _, other := range []struct{ name, token string }{
		{"an access token", live.access},
		{"an access token of the issuer", c.mint(c.Claims)},
		{"an empty refresh token", ""},
		{"a refresh token of undefined", "undefined"},
		{"a refresh token that is too short", live.refresh[:len(live.refresh)-1]},
		{"a refresh token with more after it", live.refresh + "x"},
	} {
		c.checkEnded(faultAccepts, other.name, hintOtherTokens, c.present(path, other.token))
	}
	c.mustRefuse(faultAccepts, "a refresh token of 8 KiB", hintOtherTokens, c.present(path, live.refresh+strings.Repeat("x", 8<<10)), any4xx)
	c.mustLive("a session after tokens like its own", &live, "a token that was made up ends nobody's session")

	two := c.login()
	var changes []change
	if c.isApp {
		text := "grant_type=refresh_token&refresh_token=" + url.QueryEscape(two.refresh)
		changes = append(changes, form(text+"&refresh_token="+url.QueryEscape(c.login().refresh)))
	} else {
		other := c.login().refresh
		changes = append(changes, all(c.carrying(two.refresh), c.carrying(other)))
		if c.Sessions.Start != nil {
			changes = append(changes, all(c.carrying(two.refresh), form("refresh_token="+url.QueryEscape(other))))
		}
	}
	for i, both := range changes {
		name := []string{"two refresh tokens", "a refresh token in the cookie and one in a form"}[i]
		w := c.ask(c.request(path), both)
		if c.mustRefuse(faultAccepts, name, hintOne, w, http.StatusBadRequest) && !c.OwnErrors {
			c.checkCleared(name, w)
		}
	}
	// Only a part of it is another one, so it may be recognized as one of the session, which then ends.
	c.mustRefuse(faultAccepts, "a refresh token with another end", hintOtherTokens, c.present(path, withOtherEnd(c.login().refresh)), c.statusOfEnded())
}

func (c *client) logsOut() {
	path := c.Sessions.Logout
	now := c.login()
	c.ask(c.request(path), c.carrying(now.refresh), method(http.MethodGet))
	c.mustLive("a session after a logout by GET", &now, hintGET)
	before := now
	if got := c.pairOf(c.present(c.Sessions.Refresh, now.refresh)); got.refresh != "" {
		now = got
	}
	w := c.present(path, now.refresh)
	if !c.isFine(w) {
		c.report(faultLives, "a logout", "it needs no access token", "%d %.200q", w.Code, w.Body)
		return
	}
	if !c.OwnErrors {
		c.checkNoStore("a logout", w)
	}
	c.checkCleared("a logout", w)
	c.mustHaveEnded(faultLives, "a session after its logout", hintLogout, now.refresh)
	if before.refresh != now.refresh {
		c.mustHaveEnded(faultLives, "the refresh token before that of a logout", hintLogout, before.refresh)
	}
	if c.Sessions.RevokesAccess {
		c.judge(probe{c.name("the access token after a logout"), c.using(now.access), invalidToken, hintRevoke})
	}
	for _, again := range []struct{ name, token string }{
		{"a logout that comes again", now.refresh},
		{"a logout with a token that was made up", forged(c.sample)},
	} {
		if other := c.present(path, again.token); shape(other) != shape(w) {
			c.report(faultTells, again.name, "", "%s, not %s", shape(other), shape(w))
		}
	}
}

// keepsOtherSitesOut has requests that a page of another site makes a browser send.
func (c *client) keepsOtherSitesOut() {
	now := c.login()
	for _, from := range []struct{ name, header, value string }{
		{"from another site", "Sec-Fetch-Site", "cross-site"},
		{"from a site beside this one", "Sec-Fetch-Site", "same-site"},
		{"with Origin: null", "Origin", "null"},
		{"with another Origin", "Origin", "https://elsewhere.example"},
	} {
		foreign := func(r *http.Request) {
			r.Header.Del("Sec-Fetch-Site")
			r.Header.Set(from.header, from.value)
		}
		for _, route := range []struct {
			name string
			r    *http.Request
		}{
			{"a login ", c.begin()},
			{"a refresh ", c.request(c.Sessions.Refresh)},
			{"a logout ", c.request(c.Sessions.Logout)},
		} {
			w := c.ask(route.r, c.carrying(now.refresh), foreign)
			c.mustRefuse(faultGate, route.name+from.name, hintForeign, w, any4xx)
			if len(c.cookies(w)) > 0 {
				c.report(faultGate, route.name+from.name, hintForeign, "it changes the cookies: %.120q", w.Header()["Set-Cookie"])
			}
			c.follow(w, &now)
		}
	}
	c.mustLive("a session after requests of other sites", &now, hintForeign)
}

// refreshesSilently has a refresh cookie on the route, where a session.Handler may refresh it.
func (c *client) refreshesSilently() {
	now := c.login()
	alone := func() change { return cookie(c.refreshCookie(), now.refresh) }
	w := c.send(alone())
	got := c.pairOf(w)
	if got.refresh == "" {
		if !c.isOpen() {
			c.judge(probe{c.name("a refresh cookie alone"), alone(), noToken, "the route takes it for an access token"})
		}
		return
	}
	c.checkPair("a silent refresh", w)
	now = got
	if !c.CookieOnly {
		c.judge(probe{c.name("a bad header beside a refresh cookie"), all(c.inHeader(c.bad(Expired)), alone()), invalidToken, hintFinal})
	}
	w = c.send(all(method(http.MethodPost), alone(), headers("Sec-Fetch-Site", "cross-site")))
	if c.pairOf(w) != (pair{}) {
		c.report(faultGate, "a silent refresh for another site", hintForeign, "%d, with tokens", w.Code)
	}
	c.follow(w, &now)
	if !c.isFine(c.present(c.Sessions.Logout, now.refresh)) {
		return // reported as a logout
	}
	const ended = "a refresh cookie after its logout"
	if w := c.judge(probe{c.name(ended), alone(), noToken, hintLogout}); !c.OwnErrors && c.pairOf(w) == (pair{}) {
		c.checkCleared(ended, w)
	}
}

// findsReuse returns what comes after Grace.
func (c *client) findsReuse() (after func()) {
	first := c.login()
	second := c.pairOf(c.present(c.Sessions.Refresh, first.refresh))
	return func() {
		third := c.pairOf(c.present(c.Sessions.Refresh, second.refresh))
		if second.refresh == "" || third.refresh == "" {
			c.report(faultEnds, "a second refresh", "", "it is refused")
			return
		}
		if third.refresh == second.refresh {
			return // reported as a refresh token that never changes
		}
		c.follow(c.mustHaveEnded(faultAccepts, "a refresh token whose successor was used", hintReuse, first.refresh), &third)
		c.mustHaveEnded(faultLives, "a session with a reuse", hintReuse, third.refresh)
		if c.Sessions.RevokesAccess {
			c.judge(probe{c.name("the access token after a reuse"), c.using(third.access), invalidToken, hintRevoke})
		}
	}
}

func (c *client) repeatsALostAnswer() (after func()) {
	first := c.login()
	c.present(c.Sessions.Refresh, first.refresh)
	return func() {
		c.mustLive("a refresh token after Grace, whose successor was never used", &first, hintLostAnswer)
	}
}

// examineOutage is called when the store of the sessions is out of reach.
func (x *exam) examineOutage() {
	for _, c := range x.loggedIn {
		c.isDown("a login in an outage", c.ask(c.begin()))
		c.isDown("a refresh in an outage", c.present(c.Sessions.Refresh, c.last.refresh))
		c.isDown("a logout in an outage", c.present(c.Sessions.Logout, c.last.refresh))
	}
}

func (c *client) isDown(name string, w *response) {
	retry, got := w.Header().Get("Retry-After"), c.pairOf(w)
	touched := !c.isApp && len(c.cookies(w)) > 0
	wrong := w.Code != unavailable.status || retry == ""
	if w.panicked || got != (pair{}) || touched || wrong && !c.OwnErrors || w.Code < 400 {
		c.report(faultOutage, name, "it has not happened, so the client must keep what it has", "%d, Retry-After: %q, Set-Cookie: %q", w.Code, retry, w.Header()["Set-Cookie"])
	}
	c.checkLeak(probe{name: c.name(name)}, w)
}

// name returns that of a probe of this client.
func (c *client) name(text string) string {
	if c.isApp {
		return "app: " + text
	}
	return "browser: " + text
}

func (c *client) report(fault, name, hint, format string, args ...any) {
	c.add(fault, probe{name: c.name(name), want: &answer{otherwise: fault}, hint: hint}, format, args...)
}

func (c *client) refreshCookie() string { return cmp.Or(c.Sessions.RefreshCookie, "__Host-refresh") }

// request returns a POST to a route of the sessions.
func (x *exam) request(target string) *http.Request {
	own := x.Request()
	r := httptest.NewRequestWithContext(own.Context(), http.MethodPost, target, nil)
	r.Host, r.TLS, r.RemoteAddr = own.Host, own.TLS, own.RemoteAddr
	return r
}

// carrying puts a refresh token where the client has it.
func (c *client) carrying(token string) change {
	if c.isApp {
		return form("grant_type=refresh_token&refresh_token=" + url.QueryEscape(token))
	}
	return all(headers("Sec-Fetch-Site", "same-origin"), cookie(c.refreshCookie(), token))
}

// using puts an access token where the client has it.
func (c *client) using(token string) change {
	if c.isApp {
		return c.inHeader(token)
	}
	return c.cookie(token)
}

func (c *client) ask(r *http.Request, changes ...change) *response {
	all(changes...)(r)
	return c.serve(r)
}

func (c *client) present(path, token string) *response {
	return c.ask(c.request(path), c.carrying(token))
}

func (c *client) presentForged() *response {
	return c.present(c.Sessions.Refresh, forged(c.sample))
}

// login begins one more session.
func (c *client) login() pair {
	w := c.ask(c.begin())
	got := c.pairOf(w)
	if got.access == "" || got.refresh == "" {
		c.report(faultLogin, "one more login", "each must begin another session: is there a limit?", "%d %.200q", w.Code, w.Body)
		return pair{forged(c.sample), forged(c.sample)}
	}
	return got
}

// isFine reports whether a login, a refresh or a logout has succeeded. A page may be sent elsewhere.
func (c *client) isFine(w *response) bool {
	return !w.panicked && w.Code >= 200 && w.Code < 400 && !(c.isApp && w.Code >= 300)
}

// cookies returns those of a session that an answer sets or removes.
func (c *client) cookies(w *response) (found []*http.Cookie) {
	for _, one := range w.Result().Cookies() {
		if one.Name == c.Cookie || one.Name == c.refreshCookie() {
			found = append(found, one)
		}
	}
	return found
}

func isRemoved(c *http.Cookie) bool {
	return c.Value == "" || c.MaxAge < 0 || !c.Expires.IsZero() && c.Expires.Before(time.Now())
}

// pairOf returns the tokens that an answer hands out, and remembers them, to find them in others.
func (c *client) pairOf(w *response) (p pair) {
	if c.isApp {
		var doc struct {
			Access  string `json:"access_token"`
			Refresh string `json:"refresh_token"`
		}
		json.Unmarshal(w.Body.Bytes(), &doc) // "" in another body
		p = pair{doc.Access, doc.Refresh}
	} else {
		for _, one := range c.cookies(w) {
			switch {
			case isRemoved(one):
			case one.Name == c.Cookie:
				p.access = one.Value
			default:
				p.refresh = one.Value
			}
		}
	}
	parts := append(strings.Split(p.access, "."), p.refresh)
	for _, part := range parts {
		if len(part) > 16 && !slices.Contains(c.minted, part[:16]) {
			c.minted = append(c.minted, part[:16])
		}
	}
	return p
}

// checkPair checks an answer that hands out tokens.
func (c *client) checkPair(name string, w *response) {
	got := []string{c.pairOf(w).access, c.pairOf(w).refresh}
	c.checkNoStore(name, w)
	if location := w.Header().Get("Location"); containsAny(location, got) {
		c.report(faultLeak, name, "", "a token in Location: %.300q", location)
	}
	if c.isApp {
		var doc struct {
			Type string `json:"token_type"`
		}
		if json.Unmarshal(w.Body.Bytes(), &doc); !strings.EqualFold(doc.Type, schemeBearer) {
			c.report(faultStatus, name, "RFC 6749 section 5.1 requires it", "token_type is %q", doc.Type)
		}
		return
	}
	if containsAny(w.Body.String(), got) {
		c.report(faultLeak, name, "", "a token in the body, which the page's scripts can read")
	}
	found := c.cookies(w)
	if len(found) != 2 {
		c.report(faultCookie, name, hintAttributes, "%d cookies for two names: %.120q", len(found), w.Header()["Set-Cookie"])
	}
	for _, one := range found {
		var wrong []string
		for _, fault := range []struct {
			name string
			is   bool
		}{
			{"HttpOnly is missing", !one.HttpOnly},
			{"Secure is missing", !one.Secure},
			{"SameSite is neither Lax nor Strict", one.SameSite != http.SameSiteLaxMode && one.SameSite != http.SameSiteStrictMode},
			{"Domain is set", one.Domain != ""},
			{"the name has no prefix __Host-", !strings.HasPrefix(one.Name, "__Host-")},
			{"Path is not /, as __Host- needs", strings.HasPrefix(one.Name, "__Host-") && one.Path != "/"},
		} {
			if fault.is {
				wrong = append(wrong, fault.name)
			}
		}
		if len(wrong) > 0 {
			c.report(faultCookie, name, hintAttributes, "%s: %s", one.Name, strings.Join(wrong, ", "))
		}
	}
}

func (c *client) checkNoStore(name string, w *response) {
	if control := w.Header().Get("Cache-Control"); !strings.Contains(control, "no-store") {
		c.report(faultCache, name, hintNoStore, "Cache-Control is %q", control)
	}
}

// checkCleared checks that an answer removes both cookies of a browser.
func (c *client) checkCleared(name string, w *response) {
	if c.isApp {
		return
	}
	for _, want := range []string{c.Cookie, c.refreshCookie()} {
		ok := slices.ContainsFunc(c.cookies(w), func(one *http.Cookie) bool {
			// A browser ignores a cookie of this prefix that is not as it must be.
			return one.Name == want && isRemoved(one) && (!strings.HasPrefix(want, "__Host-") || one.Secure && one.Path == "/" && one.Domain == "")
		})
		if !ok {
			c.report(faultCookie, name, "remove both, with the attributes with which they were set", "%s is not removed: %.120q", want, w.Header()["Set-Cookie"])
		}
	}
}

// any4xx is for what a layer outside may refuse, such as a gate or a limit.
const any4xx = 0

// mustRefuse checks an answer that has a status and no tokens, and reports whether it is a refusal.
// fault is that of one that is not.
func (c *client) mustRefuse(fault, name, hint string, w *response, status int) bool {
	got := c.pairOf(w)
	switch {
	case w.panicked:
		c.report(faultPanic, name, "", "%s", w.Body)
		return false
	case got != (pair{}):
		c.report(fault, name, hint, "%d, with tokens", w.Code)
		return false
	case w.Code < 400:
		c.report(fault, name, hint, "%d", w.Code)
		return false
	case c.OwnErrors || status == any4xx && w.is4xx():
	case w.Code != status:
		c.report(faultStatus, name, hint, "%d, not %d", w.Code, max(status, http.StatusBadRequest))
	default:
		c.checkNoStore(name, w)
	}
	c.checkLeak(probe{name: c.name(name)}, w)
	return true
}

func (c *client) statusOfEnded() int {
	if c.isApp {
		return http.StatusBadRequest // RFC 6749 section 5.2
	}
	return http.StatusUnauthorized
}

// checkEnded checks the answer to a refresh token that is not good, and reports whether it is a refusal.
func (c *client) checkEnded(fault, name, hint string, w *response) bool {
	if !c.mustRefuse(fault, name, hint, w, c.statusOfEnded()) {
		return false
	}
	if !c.OwnErrors {
		c.checkCleared(name, w)
		if doc, _ := readProblem(w); c.isApp && doc.Error != "invalid_grant" {
			c.report(faultBody, name, "RFC 6749 section 5.2", "%.200q", w.Body)
		}
	}
	return true
}

// mustHaveEnded presents a refresh token that was good once. Its answer is that to one that was made up.
func (c *client) mustHaveEnded(fault, name, hint, token string) (w *response) {
	w = c.present(c.Sessions.Refresh, token)
	if got := shape(w); c.checkEnded(fault, name, hint, w) && c.unknown != "" && got != c.unknown {
		c.report(faultTells, name, "", "%s, not %s", got, c.unknown)
	}
	return w
}

// mustLive refreshes a session, and goes on with its new tokens.
func (c *client) mustLive(name string, p *pair, hint string, changes ...change) {
	w := c.ask(c.request(c.Sessions.Refresh), append([]change{c.carrying(p.refresh)}, changes...)...)
	got := c.pairOf(w)
	if got.refresh == "" {
		c.report(faultEnds, name, hint, "%d %.200q", w.Code, w.Body)
		*p = c.login()
		return
	}
	*p = got
}

// shape returns what tells one answer from another.
func shape(w *response) string {
	cookies := slices.Sorted(slices.Values(w.Header()["Set-Cookie"]))
	return fmt.Sprintf("%d %.300q %q %q", w.Code, w.Body, w.Header()["Www-Authenticate"], cookies)
}

// forged returns a token that looks like another one: its first four bytes are the same, and so is what
// is not a letter of base64url, such as padding.
func forged(token string) string {
	text := []byte(token)
	for _, i := range lettersOf(token) {
		if i >= 4 {
			text[i] = otherLetter(text[i])
		}
	}
	return string(text)
}

// withOtherEnd returns a token whose last letter is another one.
func withOtherEnd(token string) string {
	text, letters := []byte(token), lettersOf(token)
	if n := len(letters); n > 0 {
		text[letters[n-1]] = otherLetter(text[letters[n-1]])
	}
	return string(text)
}

// lettersOf returns where a token has letters of base64url, and not those of %3D, as some escape cookies.
func lettersOf(token string) (places []int) {
	for i := 0; i < len(token); i++ {
		switch c := token[i]; {
		case c == '%':
			i += 2
		case c == '-' || c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z':
			places = append(places, i)
		}
	}
	return places
}

func otherLetter(c byte) byte {
	for {
		if other := rand.Text()[0]; other != c {
			return other
		}
	}
}
