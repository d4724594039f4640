package main

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jwthttp/jwthttp/session"
)

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
		if l.previous == "" || l.reissues >= reissues {
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
			if l.isRevoked && time.Now().Add(time.Second).Before(l.expires) {
				u.show(l, pageRevoked, "Authorization", "Bearer "+l.access)
			}
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
	token := l.current
	var access, got [tabs]string
	var ways [tabs]int
	for i := range ways {
		ways[i] = u.IntN(wayCount)
	}
	began := time.Now().Round(0)
	var all sync.WaitGroup
	u.areTogether = true
	for i := range tabs {
		all.Go(func() { access[i], got[i] = u.ask(l, ways[i], token) })
	}
	all.Wait()
	u.areTogether = false
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
	var list []session.Session
	u.call("List", func(ctx context.Context) (err error) {
		list, err = u.List(ctx, l.subject)
		return err
	})
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
	if len(listed) > 0 && !u.unknown[l.subject] {
		u.fault("the list of %s has sessions that nobody knows: %v", l.subject, listed)
	}
	if u.IntN(4) > 0 {
		others = []*login{l}
		u.call("End", func(ctx context.Context) error { return u.End(ctx, l.subject, l.id) })
	} else {
		u.call("EndOthers", func(ctx context.Context) error { return u.EndOthers(ctx, l.subject, l.id) })
		u.unknown[l.subject] = false
	}
	for _, other := range others {
		u.leftAt = slices.DeleteFunc(u.leftAt, func(l *login) bool { return l == other })
		u.isOver(other)
	}
}
