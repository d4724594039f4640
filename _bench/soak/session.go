package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"slices"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/session"
)

const (
	sessionUsers = 4    // of a store: two in process, and one by each version of HTTP
	loginsEach   = 32   // of a user
	subjectsEach = 4    // of a user, so each has several devices
	leftEach     = 16   // sessions of a user that are idle, or about to be
	maxSessions  = 1024 // of the store in memory
	tabs         = 6    // simultaneous refreshes with one token

	accessLife = 5 * time.Minute // longer than idle, with which an access token ends
	grace      = 50 * time.Millisecond
	idle       = 25 * time.Second     // longer than a slow machine needs for a login
	tolerance  = 2 * time.Millisecond // between the clock of the store, in milliseconds, and that of a user
	reissues   = 5                    // of a token that a user asks for; a store that fails may add some, up to 10
)

// sessions is a service whose users stay logged in. An access token ends with its session.
type sessions struct {
	*session.Sessions[pass]
	store   *store
	handler http.Handler
	fault   func(format string, args ...any)
	users   []*sessionUser
}

// pass are the claims of an access token. The package sets them.
type pass struct {
	Subject string `json:"sub"`
	Session string `json:"sid"`
}

func newSessions(mux *http.ServeMux, fault func(format string, args ...any), store *store) (*sessions, error) {
	iss, err := issue.New[pass](issue.Options{Lifetime: accessLife}, issue.HS256([]byte("a secret of the soak for sessions")))
	if err != nil {
		return nil, err
	}
	claims := func(context.Context, session.Session) (p pass, err error) {
		runtime.Gosched() // between Load and Swap, so that refreshes race
		return p, nil
	}
	all, err := session.New(iss, store.sessions, claims, session.Options{Grace: grace, Idle: idle, Revoked: store.list})
	if err != nil {
		return nil, err
	}
	auth, err := jwthttp.New(iss, all.Options(), denylist.Check[pass](store.list))
	if err != nil {
		return nil, err
	}
	path := "/session/" + store.name
	mux.HandleFunc(path+"/login", func(w http.ResponseWriter, r *http.Request) {
		if all.Login(w, r, r.URL.Query().Get("user")) == nil {
			w.WriteHeader(http.StatusNoContent)
		}
	})
	mux.HandleFunc(path+"/refresh", all.Refresh)
	mux.HandleFunc(path+"/logout", all.Logout)
	mux.Handle(path+"/page", all.Handler(auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
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
	sessionsAway = reply{refusal(503, "temporarily_unavailable", "", "Sessions cannot be begun, refreshed or ended at the moment"), ""}
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
	isRevoked         bool // it was ended before it was idle
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
		if !isNew || most <= grace || l.reissues >= reissues {
			return false
		}
		l.older, l.current, l.reissues = l.current, got, l.reissues+1
	default:
		return false
	}
	l.from, l.to = began, ended
	return true
}

// run has users act until ctx ends. first is the index of the store.
func (s *sessions) run(ctx context.Context, first int, net *network) {
	var all sync.WaitGroup
	for i := range sessionUsers {
		n := first*sessionUsers + i
		u := &sessionUser{Rand: rand.New(rand.NewPCG(2, uint64(n))), sessions: s, unknown: map[string]bool{}, tally: make([]int64, len(acts))}
		base := net.home
		u.send = func(r *http.Request) (*http.Response, error) {
			arrive(r, net.machines[0])
			w := httptest.NewRecorder()
			s.handler.ServeHTTP(w, r)
			return w.Result(), nil
		}
		if version := i - 1; version > 0 {
			base, u.send = net.away, net.client(version, n).RoundTrip
		}
		u.base = base.JoinPath("session", s.store.name).String()
		for k := range subjectsEach {
			u.subjects = append(u.subjects, fmt.Sprintf("user-%d-%d", n, k))
		}
		s.users = append(s.users, u)
		all.Go(func() { u.live(ctx) })
	}
	all.Wait()
}

// isAllThere checks the sessions at the end. None has ended by itself, and none that was ended is back.
func (u *sessionUser) isAllThere() {
	for _, l := range slices.Clone(u.logins) {
		u.refresh(l, byForm, l.current)
	}
	for _, l := range u.ended {
		u.isEnded(l, byForm, l.current)
	}
}

// live has the user act until ctx ends, and then waits for its store.
func (u *sessionUser) live(ctx context.Context) {
	var lots []int
	for i, a := range acts {
		lots = append(lots, slices.Repeat([]int{i}, a.weight)...)
	}
	for ctx.Err() == nil {
		if n := len(u.logins); n < subjectsEach || n < loginsEach && u.IntN(3) == 0 {
			u.logins = append(u.logins, u.begin(nil))
		}
		i := lots[u.IntN(len(lots))]
		acts[i].do(u, u.logins[u.IntN(len(u.logins))])
		u.tally[i]++
	}
	u.isAllThere()
}

// printSessions prints what users have done with each store.
func printSessions(all []*sessions) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Println("\nwhat users of sessions have done")
	for _, s := range all {
		fmt.Fprintf(w, "%s\t", s.store.name)
	}
	fmt.Fprintln(w, " ")
	for i, a := range acts {
		for _, s := range all {
			sum := int64(0)
			for _, u := range s.users {
				sum += u.tally[i]
			}
			fmt.Fprintf(w, "%d\t", sum)
		}
		fmt.Fprintf(w, "  %s\n", a.name)
	}
	w.Flush()
}
