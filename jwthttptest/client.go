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
	"time"
)

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

// follow goes on with the token of an answer that should have none.
func (c *client) follow(w *response, p *pair) {
	if got := c.pairOf(w); got.refresh != "" {
		*p = got
	}
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
