package jwthttptest

import (
	"cmp"
	"net/http"
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
	c.examine(probe{c.name("a silent refresh"), nil, accepted, ""}, w)
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
