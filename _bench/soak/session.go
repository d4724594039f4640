package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/session"
)

const (
	sessionUsers = 4    // in process, and as many over TCP
	loginsEach   = 64   // of a user
	subjectsEach = 8    // of a user, so each has several devices
	leftEach     = 32   // sessions of a user that are idle, or about to be
	maxSessions  = 2048 // of the store
	tabs         = 6    // simultaneous refreshes with one token

	accessLife = 5 * time.Minute // longer than idle, with which an access token ends
	grace      = 50 * time.Millisecond
	idle       = 5 * time.Second
	tolerance  = 2 * time.Millisecond // between the clock of the store, in microseconds, and that of a user
)

// sessions is a service whose users stay logged in. An access token ends with its session.
type sessions struct {
	*session.Sessions[pass]
	store   *session.Memory
	handler http.Handler
	fault   func(format string, args ...any)
	users   []*sessionUser // the first half of them is in process
	sent    int64          // refreshes, in process and over TCP
	took    time.Duration
}

// pass are the claims of an access token. The package sets them.
type pass struct {
	Subject string `json:"sub"`
	Session string `json:"sid"`
}

func newSessions(fault func(format string, args ...any)) (*sessions, error) {
	iss, err := issue.New[pass](issue.Options{Lifetime: accessLife}, issue.HS256([]byte("a secret of the soak for sessions")))
	if err != nil {
		return nil, err
	}
	store, err := session.NewMemory(maxSessions)
	if err != nil {
		return nil, err
	}
	revoked, err := denylist.NewMemory(denylist.Options{MaxLifetime: accessLife, MaxEntries: 10_000_000})
	if err != nil {
		return nil, err
	}
	claims := func(context.Context, session.Session) (p pass, err error) {
		runtime.Gosched() // between Load and Swap, so that refreshes race
		return p, nil
	}
	quiet := slog.New(slog.DiscardHandler) // a reuse is a warning, and a full store an error
	all, err := session.New(iss, store, claims, session.Options{Grace: grace, Idle: idle, Revoked: revoked, Logger: quiet})
	if err != nil {
		return nil, err
	}
	auth, err := jwthttp.New(iss, all.Options(), denylist.Check[pass](revoked))
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/session/login", func(w http.ResponseWriter, r *http.Request) {
		if all.Login(w, r, r.URL.Query().Get("user")) == nil {
			w.WriteHeader(http.StatusNoContent)
		}
	})
	mux.HandleFunc("/session/refresh", all.Refresh)
	mux.HandleFunc("/session/logout", all.Logout)
	mux.Handle("/session/page", all.Handler(auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		runtime.Gosched()
		t, _ := jwthttp.TokenFromContext[pass](r.Context())
		w.Header()["Content-Type"] = plainText
		if r.URL.RawQuery == "public" {
			w.Header().Set("Cache-Control", "public, max-age=60")
		}
		fmt.Fprint(w, t.Claims.Subject, " ", t.SessionID())
	}))))
	return &sessions{Sessions: all, store: store, handler: mux, fault: fault}, nil
}

// A reply is an answer with what it does to the cookies: "set" or "cleared", of both, "access cleared",
// or "".
type reply struct {
	answer
	cookies string
}

// What is promised. Tokens are taken out of replies before.
var (
	webRefreshed = reply{answer{status: 204, cache: "no-store"}, "set"}
	appRefreshed = reply{answer{status: 200, cache: "no-store", mediaType: "application/json"}, ""}
	webEnded     = reply{refusal(401, "invalid_token", "", "The session has ended"), "cleared"}
	appEnded     = reply{answer{status: 400, cache: "no-store", mediaType: "application/json", body: `{"error":"invalid_grant","error_description":"the session has ended"}` + "\n"}, ""}
	pageEnded    = reply{noToken, "cleared"}
	pageRevoked  = reply{invalid("was refused"), ""}
	twoOfThem    = reply{refusal(400, "invalid_request", "", "The request carries more than one refresh token, or a malformed one"), "cleared"}
	storeFull    = reply{refusal(503, "temporarily_unavailable", "", "Sessions cannot be begun, refreshed or ended at the moment"), ""}
	notPosted    = reply{answer{status: 405, mediaType: "text/plain; charset=utf-8", body: "Method Not Allowed\n"}, ""}
	loggedOut    = reply{answer{status: 204, cache: "no-store"}, "cleared"}
	navigatedOut = reply{answer{status: 303, cache: "no-store"}, "cleared"}
	appLoggedOut = reply{answer{status: 200, cache: "no-store"}, ""}
)

func page(subject, id, cache, cookies string) reply {
	return reply{answer{status: 200, cache: cache, mediaType: "text/plain; charset=utf-8", body: subject + " " + id}, cookies}
}

// A login is a session as its user knows it: the tokens, and when the current one was made.
type login struct {
	subject, id       string
	access            string
	expires           time.Time // the access token
	current, previous string
	older             string // one before the previous, or one that a late answer has replaced
	from, to          time.Time
	reissues          int
}

// isIdle reports whether the session was idle for too long at some moment between the two, or at both.
func (l *login) isIdle(began, ended time.Time) (maybe, surely bool) {
	return ended.Sub(l.from)+tolerance >= idle, began.Sub(l.to)-tolerance >= idle
}

// take notes that a refresh token was answered with another one, or "" for a session that has ended. It
// returns whether that was promised for a request between two moments.
func (l *login) take(presented, got string, began, ended time.Time) bool {
	least, most := began.Sub(l.to)-tolerance, ended.Sub(l.from)+tolerance
	maybeIdle, surelyIdle := l.isIdle(began, ended)
	isNew := got != l.current && got != l.previous && got != l.older
	switch {
	case got == "":
		return maybeIdle
	case surelyIdle:
		return false
	case presented == l.current && got == presented: // it is good for a while
		return l.previous != "" && least < grace
	case presented == l.current: // it has a successor
		if !isNew || l.previous != "" && most < grace {
			return false
		}
		l.older, l.previous, l.current, l.reissues = l.previous, l.current, got, 0
	case presented == l.previous && got == l.current: // the same successor
		return least <= grace
	case presented == l.previous: // the answer was lost
		if !isNew || most <= grace || l.reissues >= 10 {
			return false
		}
		l.older, l.current, l.reissues = l.current, got, l.reissues+1
	default:
		return false
	}
	l.from, l.to = began, ended
	return true
}

// A sessionUser has sessions that nobody else uses, so it knows what is promised.
type sessionUser struct {
	*rand.Rand
	*sessions
	send     func(*http.Request) (*http.Response, error)
	base     string
	left     *atomic.Int64 // refreshes
	subjects []string
	logins   []*login
	leftAt   []*login // without a logout
	ended    []*login // the last ones
	tally    []int64  // of acts
}

// run has users act until so many refreshes were sent in process and a tenth of it over TCP, or ctx
// ends. Then it fills the store.
func (s *sessions) run(ctx context.Context, refreshes int64, home, away *url.URL) {
	began := time.Now()
	var left [2]atomic.Int64
	left[0].Store(refreshes)
	left[1].Store(refreshes / 10)
	transport := &http.Transport{MaxIdleConnsPerHost: sessionUsers * tabs, DisableCompression: true, ResponseHeaderTimeout: 30 * time.Second}
	defer transport.CloseIdleConnections()
	var all sync.WaitGroup
	for i := range 2 * sessionUsers {
		u := &sessionUser{Rand: rand.New(rand.NewPCG(2, uint64(i))), sessions: s, tally: make([]int64, len(acts))}
		u.base, u.send, u.left = home.String(), inProcessOf(s.handler), &left[0]
		if i >= sessionUsers {
			u.base, u.send, u.left = away.String(), transport.RoundTrip, &left[1]
		}
		for n := range subjectsEach {
			u.subjects = append(u.subjects, fmt.Sprintf("user-%d-%d", i, n))
		}
		s.users = append(s.users, u)
		all.Go(func() { u.live(ctx) })
	}
	all.Wait()
	s.sent, s.took = refreshes+refreshes/10-left[0].Load()-left[1].Load(), time.Since(began)
	if most := s.count(); most > maxSessions {
		s.fault("the store has %d sessions, %d at most", most, maxSessions)
	}
	s.fill()
}

// inProcessOf returns the answers of a handler.
func inProcessOf(handler http.Handler) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		r.RequestURI, r.RemoteAddr = r.URL.RequestURI(), "127.0.0.1:1"
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Result(), nil
	}
}

// do sends a request. It returns the answer without its tokens, and these.
func (u *sessionUser) do(method, path, form string, header ...string) (got reply, access, refresh string) {
	r, err := http.NewRequest(method, u.base+"session/"+path, strings.NewReader(form))
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
	u.left.Add(-1)
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
		tokens, err := u.Start(context.Background(), l.subject, "soak")
		if err != nil {
			u.fault("a login: %v", err)
			tokens = &session.Tokens{}
		}
		access, l.current = tokens.Access, tokens.Refresh
	} else {
		header := []string{"User-Agent", "soak"}
		if old != nil {
			header = append(header, "Cookie", "__Host-refresh="+old.current)
		}
		access, l.current = u.want(webRefreshed, "POST", "login?user="+l.subject, "", header...)
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

// An act is what a user does with one of its sessions.
type act struct {
	name   string
	weight int
	do     func(u *sessionUser, l *login)
}

var acts = []act{
	{"refresh by a cookie", 24, func(u *sessionUser, l *login) { u.refresh(l, byCookie, l.current) }},
	{"refresh by a form", 24, func(u *sessionUser, l *login) { u.refresh(l, byForm, l.current) }},
	{"silent refresh", 16, func(u *sessionUser, l *login) { u.refresh(l, silently, l.current) }},
	{"page with the access cookie, or Bearer", 10, func(u *sessionUser, l *login) {
		if u.IntN(2) == 0 {
			u.show(l, page(l.subject, l.id, "private", ""), "Cookie", "__Host-refresh="+l.previous+"; __Host-access="+l.access)
		} else {
			u.show(l, page(l.subject, l.id, "", ""), "Authorization", "Bearer "+l.access, "Cookie", "__Host-refresh="+l.previous)
		}
	}},
	{"simultaneous refreshes with one token", 4, simultaneous},
	{"the previous token again", 6, func(u *sessionUser, l *login) {
		if l.previous == "" || l.reissues >= 10 {
			u.refresh(l, byCookie, l.current)
			return
		}
		u.refresh(l, u.IntN(wayCount), l.previous)
	}},
	{"an old token, or one of the family that was made up", 3, func(u *sessionUser, l *login) {
		token := l.older
		if token == "" || u.IntN(4) == 0 {
			b, _ := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(l.current, "jr1_"))
			for i := range 32 {
				b[16+i] = byte(u.Uint32())
			}
			token = "jr1_" + base64.RawURLEncoding.EncodeToString(b)
		}
		u.isEnded(l, u.IntN(wayCount), token)
		u.isOver(l)
	}},
	{"logout", 2, func(u *sessionUser, l *login) {
		token := l.current
		if l.previous != "" && u.IntN(3) == 0 {
			token = l.previous
		}
		u.logout(l, token)
		u.isOver(l)
		if u.IntN(2) == 0 { // the same answer again
			u.logout(l, l.current)
		}
	}},
	{"login with the cookie of a session", 2, func(u *sessionUser, l *login) {
		next := u.begin(l)
		u.isOver(l)
		u.show(next, page(next.subject, next.id, "private", ""), "Cookie", "__Host-access="+next.access)
		u.logout(next, next.current)
		u.isEnded(next, byForm, next.current)
	}},
	{"a session that has ended", 5, func(u *sessionUser, _ *login) {
		if len(u.ended) > 0 {
			l := u.ended[u.IntN(len(u.ended))]
			u.isEnded(l, u.IntN(wayCount), l.current)
		}
	}},
	{"wrong cookies", 6, wrongCookies},
	{"devices: one ended, or all others", 1, devices},
	{"left without a logout, and back when it is idle", 3, func(u *sessionUser, l *login) {
		if len(u.leftAt) < leftEach {
			u.leftAt = append(u.leftAt, l)
			u.logins[slices.Index(u.logins, l)] = u.begin(nil)
			return
		}
		now := time.Now().Round(0)
		if _, surely := u.leftAt[0].isIdle(now, now); surely {
			u.isEnded(u.leftAt[0], u.IntN(wayCount), u.leftAt[0].current)
			u.leftAt = slices.Delete(u.leftAt, 0, 1)
		}
	}},
}

// simultaneous sends one token several times at once. All answers have the same refresh token, unless
// they took longer than Grace.
func simultaneous(u *sessionUser, l *login) {
	u.left.Add(-tabs)
	token := l.current
	var access, got [tabs]string
	var ways [tabs]int
	for i := range ways {
		ways[i] = u.IntN(wayCount)
	}
	began := time.Now().Round(0)
	var all sync.WaitGroup
	for i := range tabs {
		all.Go(func() { access[i], got[i] = u.ask(l, ways[i], token) })
	}
	all.Wait()
	ended := time.Now().Round(0)
	different := slices.Compact(slices.Sorted(slices.Values(got[:])))
	if len(different) > 1 && ended.Sub(began)+tolerance >= grace { // which was the last, nobody knows
		u.logout(l, token)
		u.replace(l)
		return
	}
	if len(different) == 2 && slices.Contains(different, token) { // the first ones came within Grace of the rotation before
		u.took(l, token, access[slices.Index(got[:], token)], token, began, ended)
		different = slices.DeleteFunc(different, func(s string) bool { return s == token })
	}
	if len(different) > 1 {
		u.fault("simultaneous refreshes of %+v between %v and %v: %q", *l, began, ended, got)
	}
	u.took(l, token, access[slices.Index(got[:], different[0])], different[0], began, ended)
}

// wrongCookies sends what is refused and ends no session.
func wrongCookies(u *sessionUser, l *login) {
	good := "__Host-refresh=" + l.current
	b := make([]byte, 48)
	for i := range b {
		b[i] = byte(u.Uint32())
	}
	madeUp := "__Host-refresh=jr1_" + base64.RawURLEncoding.EncodeToString(b)
	malformed := []string{"__Host-refresh=x", "__Host-refresh=" + l.current[:40], "__Host-refresh=jr2_" + l.current[4:], "__Host-refresh=" + l.access, "refresh=" + l.current}[u.IntN(5)]
	switch u.IntN(9) {
	case 0:
		u.want(webEnded, "POST", "refresh", "", "Cookie", malformed)
	case 1:
		u.want(webEnded, "POST", "refresh", "", "Cookie", madeUp)
	case 2:
		u.want(twoOfThem, "POST", "refresh", "", "Cookie", good+"; "+madeUp)
	case 3:
		u.want(twoOfThem, "POST", "refresh", "refresh_token="+l.current, "Cookie", good)
	case 4:
		u.want(reply{crossOrigin, ""}, "POST", "refresh", "", "Cookie", good, "Sec-Fetch-Site", "cross-site")
	case 5:
		u.want(reply{crossOrigin, ""}, "POST", "logout", "", "Cookie", good, "Origin", "https://evil.example.com")
	case 6:
		u.want(notPosted, "GET", "refresh", "", "Cookie", good)
	case 7:
		u.want(pageEnded, "GET", "page", "", "Cookie", madeUp)
	case 8:
		u.want(reply{noToken, ""}, "GET", "page", "", "Cookie", good+"; "+madeUp)
	}
}

// devices compares the list of a subject with the sessions that are known, and ends some of them.
func devices(u *sessionUser, l *login) {
	began := time.Now().Round(0)
	list, err := u.List(context.Background(), l.subject)
	if err != nil {
		u.fault("List: %v", err)
	}
	ended := time.Now().Round(0)
	listed := map[string]bool{}
	for _, s := range list {
		listed[s.ID] = true
	}
	var others []*login
	for _, other := range slices.Concat(u.logins, u.leftAt) {
		if maybe, surely := other.isIdle(began, ended); other.subject == l.subject && (!maybe && !listed[other.id] || surely && listed[other.id]) {
			u.fault("the list of %s between %v and %v is %v, with the session %+v", l.subject, began, ended, list, *other)
		}
		if other.subject == l.subject && other != l {
			others = append(others, other)
		}
		if other.subject == l.subject {
			delete(listed, other.id)
		}
	}
	if len(listed) > 0 {
		u.fault("the list of %s has sessions that nobody knows: %v", l.subject, listed)
	}
	if u.IntN(4) > 0 {
		err = u.End(context.Background(), l.subject, l.id)
		others = []*login{l}
	} else {
		err = u.EndOthers(context.Background(), l.subject, l.id)
	}
	if err != nil {
		u.fault("an ending: %v", err)
	}
	for _, other := range others {
		u.leftAt = slices.DeleteFunc(u.leftAt, func(l *login) bool { return l == other })
		u.isOver(other)
	}
}

// live has the user act until no refreshes are left or ctx ends.
func (u *sessionUser) live(ctx context.Context) {
	var lots []int
	for i, a := range acts {
		lots = append(lots, slices.Repeat([]int{i}, a.weight)...)
	}
	for range loginsEach {
		u.logins = append(u.logins, u.begin(nil))
	}
	for ctx.Err() == nil && u.left.Load() > 0 {
		i := lots[u.IntN(len(lots))]
		acts[i].do(u, u.logins[u.IntN(len(u.logins))])
		u.tally[i]++
	}
}

// fill begins sessions until the store is full. That is a 503, and the sessions of the user stay.
func (s *sessions) fill() {
	u := s.users[0]
	for range 2 * maxSessions {
		got, _, _ := u.do("POST", "login?user="+u.subjects[0], "")
		if got == webRefreshed {
			continue
		}
		if got != storeFull {
			s.fault("a login while the store is full\n got      %+v\n promised %+v", got, storeFull)
		}
		if n := s.count(); n != maxSessions {
			s.fault("the store has %d sessions, and is full with %d", n, maxSessions)
		}
		for _, l := range u.logins {
			began := time.Now().Round(0)
			if _, got := u.ask(l, byForm, l.current); !l.take(l.current, got, began, time.Now().Round(0)) {
				s.fault("with the store full, a refresh of %+v was answered with %q", *l, got)
			}
		}
		return
	}
	s.fault("the store is to be full with %d sessions, and has taken %d more", maxSessions, 2*maxSessions)
}

// count returns how many records the store has.
func (s *sessions) count() (n int) {
	for _, u := range s.users {
		for _, subject := range u.subjects {
			all, _, err := s.store.List(context.Background(), subject)
			if err != nil {
				s.fault("List: %v", err)
			}
			n += len(all)
		}
	}
	return n
}

// print prints what users have done.
func (s *sessions) print() {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Println("\nwhat users of sessions have done, in process and over TCP")
	for i, a := range acts {
		var sums [2]int64
		for n, u := range s.users {
			sums[n/sessionUsers] += u.tally[i]
		}
		fmt.Fprintf(w, "%d\t%d\t  %s\n", sums[0], sums[1], a.name)
	}
	w.Flush()
	fmt.Printf("%d refreshes in %v (%.0f/s)\n", s.sent, s.took.Round(time.Second/10), float64(s.sent)/s.took.Seconds())
}
