package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/session"
)

// A sessionUser has sessions that nobody else uses, so it knows what is promised.
type sessionUser struct {
	*rand.Rand
	*sessions
	send        func(*http.Request) (*http.Response, error)
	base        string
	subjects    []string
	logins      []*login
	leftAt      []*login        // without a logout
	ended       []*login        // the last ones
	areTogether bool            // its requests refresh one session, and some may come too late four times in a row
	unknown     map[string]bool // subjects with a session that has begun with a 503
	tally       []int64         // of acts
}

// do sends a request, and again while its store is away. It returns the last answer without its tokens,
// and these.
func (u *sessionUser) do(method, path, form string, header ...string) (got reply, access, refresh string) {
	u.patiently(func() bool {
		got, access, refresh = u.once(method, path, form, header...)
		return got == sessionsAway || got.answer == unavailable && (got.cookies == "" || got.cookies == "set") // by a silent refresh
	})
	return got, access, refresh
}

// patiently repeats a call while its store is away. The call reports whether it got a 503.
func (u *sessionUser) patiently(do func() bool) {
	for {
		away, began := u.store.away.Load(), time.Now()
		if !do() || !u.store.mayFail(began, time.Now(), away) && !u.areTogether {
			return
		}
		u.store.refused.Add(1)
		time.Sleep(20 * time.Millisecond)
	}
}

// call repeats a call of the package while its store is away.
func (u *sessionUser) call(what string, do func(context.Context) error) {
	var err error
	u.patiently(func() bool {
		err = do(context.Background())
		return errors.Is(err, jwthttp.ErrUnavailable)
	})
	if err != nil {
		u.fault("%s in %s: %v", what, u.store.name, err)
	}
}

func (u *sessionUser) once(method, path, form string, header ...string) (got reply, access, refresh string) {
	r, err := http.NewRequest(method, u.base+"/"+path, strings.NewReader(form))
	if err != nil {
		panic(err)
	}
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := u.send(r)
	if err != nil {
		u.fault("%s %s: %v", method, path, err)
		return
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		u.fault("%s %s: %v", method, path, err)
	}
	got.answer = answerOf(res.StatusCode, res.Header, body)
	set, cleared := 0, 0
	for _, c := range res.Cookies() {
		if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" {
			u.fault("%s %s sets the cookie %q", method, path, c.Raw)
		}
		switch {
		case c.Value == "" && c.MaxAge < 0: // which is 0 in the text
			cleared++
		case c.Name == "__Host-access" && c.MaxAge > 0:
			access, set = c.Value, set+1
		case c.Name == "__Host-refresh" && c.MaxAge > 0:
			refresh, set = c.Value, set+1
		}
	}
	switch n := len(res.Cookies()); {
	case set == 2 && n == 2:
		got.cookies = "set"
	case cleared == 2 && n == 2:
		got.cookies = "cleared"
	case cleared == 1 && n == 1 && res.Cookies()[0].Name == "__Host-access":
		got.cookies = "access cleared"
	case n != 0:
		got.cookies = fmt.Sprint(res.Header["Set-Cookie"])
	}
	var tokens session.Tokens
	if json.Unmarshal(body, &tokens) == nil && tokens.Type == "Bearer" && tokens.ExpiresIn > 0 && tokens.Refresh != "" {
		access, refresh, got.body = tokens.Access, tokens.Refresh, ""
	}
	return got, access, refresh
}

// want sends a request that has one right answer.
func (u *sessionUser) want(want reply, method, path, form string, header ...string) (access, refresh string) {
	got, access, refresh := u.do(method, path, form, header...)
	if got != want {
		u.fault("%s %s %q %q\n got      %+v\n promised %+v", method, path, form, header, got, want)
	}
	return access, refresh
}

// show asks for a page with the access token of l. The answer is good, unless the token has expired.
func (u *sessionUser) show(l *login, good reply, header ...string) {
	over := reply{invalid("expired"), ""}
	if header[0] == "Cookie" {
		over.cookies = "access cleared"
	}
	began := time.Now()
	got, _, _ := u.do("GET", "page", "", header...)
	if !(got == good && began.Before(l.expires) || got == over && !time.Now().Before(l.expires)) {
		u.fault("a page with %q, whose token expires at %v\n got      %+v\n promised %+v\n or then  %+v", header, l.expires, got, good, over)
	}
}

// ways in which a refresh token is sent
const (
	byCookie = iota
	byForm
	silently
	wayCount
)

// ask refreshes. It returns "" for a session that has ended.
func (u *sessionUser) ask(l *login, way int, token string) (access, refresh string) {
	var got, good, bad reply
	switch way {
	case byCookie:
		got, access, refresh = u.do("POST", "refresh", "", "Cookie", "a=b; __Host-refresh="+token, "Sec-Fetch-Site", "same-origin")
		good, bad = webRefreshed, webEnded
	case byForm:
		got, access, refresh = u.do("POST", "refresh", "grant_type=refresh_token&refresh_token="+token, "Authorization", "Basic eDp4")
		good, bad = appRefreshed, appEnded
	case silently:
		got, access, refresh = u.do("GET", "page?public", "", "Cookie", "__Host-refresh="+token) // no cache may keep its cookies
		good, bad = page(l.subject, l.id, "no-store", "set"), pageEnded
	}
	if got != good && got != bad {
		u.fault("a refresh of %+v, way %d\n got      %+v\n promised %+v\n or       %+v", *l, way, got, good, bad)
	}
	return access, refresh
}

// refresh refreshes a session with one of its tokens.
func (u *sessionUser) refresh(l *login, way int, token string) {
	began := time.Now().Round(0) // the store has no monotonic clock
	access, got := u.ask(l, way, token)
	u.took(l, token, access, got, began, time.Now().Round(0))
}

func (u *sessionUser) took(l *login, token, access, got string, began, ended time.Time) {
	before := *l
	if !l.take(token, got, began, ended) {
		u.fault("a refresh between %v and %v: %q was answered with %q, and the session was %+v", began, ended, token, got, before)
	}
	if got == "" {
		u.replace(l)
		return
	}
	u.learn(l, access)
}

// learn takes an access token, which must be that of the session.
func (u *sessionUser) learn(l *login, access string) {
	l.access = access
	var p struct {
		pass
		Expires int64 `json:"exp"`
	}
	if parts := strings.Split(access, "."); len(parts) == 3 {
		b, _ := base64.RawURLEncoding.DecodeString(parts[1])
		json.Unmarshal(b, &p)
	}
	if l.id == "" {
		l.id = p.Session
	}
	l.expires = time.Unix(p.Expires, 0)
	if p.pass != (pass{l.subject, l.id}) || l.id == "" {
		u.fault("the access token %q is not of %q, session %q", access, l.subject, l.id)
	}
}

// begin begins a session. A browser has the cookie of the old one, if that is not nil.
func (u *sessionUser) begin(old *login) *login {
	l := &login{subject: u.subjects[u.IntN(len(u.subjects))], from: time.Now().Round(0)}
	var access string
	if old == nil && u.IntN(2) == 0 {
		tokens, tries := &session.Tokens{}, 0
		u.call("a login", func(ctx context.Context) error {
			of, err := u.Start(ctx, l.subject, "soak")
			if err == nil {
				tokens = of
			}
			tries++
			return err
		})
		u.unknown[l.subject] = u.unknown[l.subject] || tries > 1
		access, l.current = tokens.Access, tokens.Refresh
	} else {
		header := []string{"User-Agent", "soak"}
		if old != nil {
			header = append(header, "Cookie", "__Host-refresh="+old.current)
		}
		away := u.store.away.Load()
		access, l.current = u.want(webRefreshed, "POST", "login?user="+l.subject, "", header...)
		u.unknown[l.subject] = u.unknown[l.subject] || u.store.mayFail(l.from, time.Now(), away)
	}
	l.to = time.Now().Round(0)
	u.learn(l, access)
	return l
}

// replace begins a session in place of one that has ended by itself.
func (u *sessionUser) replace(l *login) {
	if i := slices.Index(u.logins, l); i >= 0 {
		u.logins[i] = u.begin(nil)
	}
	u.ended = append(u.ended, l)
	if len(u.ended) > 16 {
		u.ended = slices.Delete(u.ended, 0, 1)
	}
}

// isOver checks that nothing works of a session that was ended, and replaces it. The access token of one
// that was idle has expired, and says so.
func (u *sessionUser) isOver(l *login) {
	u.isEnded(l, u.IntN(wayCount), l.current)
	now := time.Now().Round(0)
	if maybe, _ := l.isIdle(now, now); !maybe {
		l.isRevoked = true
		u.show(l, pageRevoked, "Authorization", "Bearer "+l.access)
	}
	u.replace(l)
}

func (u *sessionUser) isEnded(l *login, way int, token string) {
	if _, got := u.ask(l, way, token); got != "" {
		u.fault("the session %+v has ended, and %q was answered with %q", *l, token, got)
	}
}

func (u *sessionUser) logout(l *login, token string) {
	cookie := "__Host-refresh=" + token
	switch u.IntN(3) {
	case 0:
		u.want(loggedOut, "POST", "logout", "", "Cookie", cookie)
	case 1:
		u.want(navigatedOut, "POST", "logout", "", "Cookie", cookie, "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Site", "same-origin")
	case 2:
		u.want(appLoggedOut, "POST", "logout", "refresh_token="+token)
	}
}
