package session

import (
	"bytes"
	"crypto/sha256"
	"testing"
	"time"
)

const (
	testGrace = 10 * time.Second
	testIdle  = 7 * 24 * time.Hour
)

var start = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

func secretOf(text string) (s secret) {
	s = sha256.Sum256([]byte(text))
	return s
}

func digest(s secret) [sha256.Size]byte { return sha256.Sum256(s[:]) }

// fresh is the record of a login, with a secret.
func fresh(s secret) Record {
	return Record{
		Key: digest(secretOf("key")), Version: 1, Current: digest(s), Written: start,
		ID: "id", Subject: "alice", About: "phone", LoggedIn: start, IdleEnd: start.Add(testIdle), End: start.Add(30 * 24 * time.Hour),
	}
}

// Three refresh tokens of one session, the oldest first, and the record after the last of them.
func threeOf(t *testing.T) (r Record, grandparent, parent, current secret) {
	t.Helper()
	grandparent = secretOf("grandparent")
	r, parent = fresh(grandparent).take(rotate, &grandparent, start, testIdle)
	r, current = r.take(rotate, &parent, start, testIdle)
	return r, grandparent, parent, current
}

// Every row of the table of a refresh, at its boundaries: what is decided, what the client gets, and
// what is written.
func TestRule(t *testing.T) {
	const (
		theGrandparent = iota
		theParent
		theCurrent
		madeUp
	)
	asIs := func(*Record) {}
	login := func(r *Record) { r.Previous, r.Salt, r.Version = [sha256.Size]byte{}, [16]byte{}, 1 }
	ended := func(r *Record) { r.Ended = true }
	for _, tc := range []struct {
		name      string
		change    func(r *Record)
		presented int
		elapsed   time.Duration
		want      step
	}{
		{"row 1, no record", func(r *Record) { *r = Record{} }, theCurrent, 0, gone},
		{"row 2, ended and current", ended, theCurrent, 0, finish},
		{"row 2, ended and previous", ended, theParent, 0, finish},
		{"row 2, ended and made up", ended, madeUp, 0, finish},
		{"row 2, ended and idle", ended, theCurrent, testIdle, finish},
		{"row 3, idle with current", asIs, theCurrent, testIdle, gone},
		{"row 3, idle with previous", asIs, theParent, testIdle, gone},
		{"row 3, idle with another", asIs, madeUp, testIdle, gone},
		{"row 3, a nanosecond before idle", asIs, theCurrent, testIdle - 1, rotate},
		{"row 3, over", func(r *Record) { r.End = start.Add(time.Hour) }, theCurrent, time.Hour, gone},
		{"row 3, a nanosecond before the end", func(r *Record) { r.End = start.Add(time.Hour) }, theCurrent, time.Hour - 1, rotate},
		{"row 4, at once", asIs, theCurrent, 0, same},
		{"row 4, a nanosecond before Grace", asIs, theCurrent, testGrace - 1, same},
		{"row 4, the clock was set back", asIs, theCurrent, -time.Hour, same},
		{"row 5, at Grace", asIs, theCurrent, testGrace, rotate},
		{"row 5, late", asIs, theCurrent, time.Hour, rotate},
		{"row 5, no previous one", login, theCurrent, 0, rotate},
		{"row 5, no previous one and the clock was set back", login, theCurrent, -time.Hour, rotate},
		{"row 5, after reissues", func(r *Record) { r.Reissues = 7 }, theCurrent, time.Hour, rotate},
		{"row 6, at once", asIs, theParent, 0, repeat},
		{"row 6, at Grace", asIs, theParent, testGrace, repeat},
		{"row 6, the clock was set back", asIs, theParent, -time.Hour, repeat},
		{"row 6, after ten reissues", func(r *Record) { r.Reissues = 10 }, theParent, testGrace, repeat},
		{"row 7, a nanosecond after Grace", asIs, theParent, testGrace + 1, reissue},
		{"row 7, days later", asIs, theParent, testIdle - 1, reissue},
		{"row 7, the tenth", func(r *Record) { r.Reissues = 9 }, theParent, time.Hour, reissue},
		{"row 8, the eleventh reissue", func(r *Record) { r.Reissues = 10 }, theParent, testGrace + 1, reuse},
		{"row 8, grandparent at once", asIs, theGrandparent, 0, reuse},
		{"row 8, grandparent at Grace", asIs, theGrandparent, testGrace, reuse},
		{"row 8, grandparent late", asIs, theGrandparent, time.Hour, reuse},
		{"row 8, made up at once", asIs, madeUp, 0, reuse},
		{"row 8, made up and no previous one", login, madeUp, 0, reuse},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before, grandparent, parent, current := threeOf(t)
			presented := []secret{grandparent, parent, current, secretOf("made up")}[tc.presented]
			tc.change(&before)
			now := start.Add(tc.elapsed)
			if got := before.decide(&presented, now, testGrace); got != tc.want {
				t.Fatalf("step %d, not %d", got, tc.want)
			}
			after, next := before.take(tc.want, &presented, now, testIdle)
			want, wantNext := before, presented
			switch tc.want {
			case repeat:
				wantNext = current
			case rotate, reissue:
				if after.Salt == before.Salt {
					t.Error("the salt is not new")
				}
				want.Salt = after.Salt
				wantNext = presented.successor(after.Salt)
				want.Current, want.Written, want.Version = digest(wantNext), now, before.Version+1
				want.Previous, want.Reissues = digest(presented), before.Reissues+1
				if tc.want == rotate {
					want.Reissues = 0
				}
				want.IdleEnd = now.Add(testIdle)
				if want.End.Before(want.IdleEnd) {
					want.IdleEnd = want.End
				}
			}
			if after != want {
				t.Errorf("written:\n%+v, not\n%+v", after, want)
			}
			if next != wantNext {
				t.Errorf("the client gets %x, not %x", next, wantNext)
			}
		})
	}
}

// What comes again within Grace is not written, so Grace runs from the last write.
func TestGraceDoesNotSlide(t *testing.T) {
	r, _, parent, current := threeOf(t)
	for at := time.Duration(0); at <= testGrace; at += testGrace / 4 {
		for _, presented := range []secret{parent, current} {
			if presented == current && at == testGrace {
				continue
			}
			does := r.decide(&presented, start.Add(at), testGrace)
			next, got := r.take(does, &presented, start.Add(at), testIdle)
			if next != r || got != current {
				t.Fatalf("after %v: step %d: %+v, not %+v", at, does, next, r)
			}
			r = next
		}
	}
	if got := r.decide(&parent, start.Add(testGrace+1), testGrace); got != reissue {
		t.Errorf("after Grace: step %d", got)
	}
}

// A session that is refreshed for ever ends when it was to end at its login.
func TestNoRefreshMovesEnd(t *testing.T) {
	s := secretOf("first")
	r := fresh(s)
	end, now := r.End, r.Written
	for range 1000 {
		now = now.Add(time.Hour)
		does := r.decide(&s, now, testGrace)
		if does == gone {
			break
		}
		r, s = r.take(does, &s, now, testIdle)
		if !r.End.Equal(end) || r.IdleEnd.After(end) {
			t.Fatalf("after %v: ends %v and %v, not %v", now.Sub(start), r.IdleEnd, r.End, end)
		}
	}
	if !now.Equal(end) {
		t.Errorf("over at %v, not %v", now, end)
	}
}

// Ten answers in a row may be lost. Each of the tokens in them is dead, and so is an eleventh try.
func TestTenReissues(t *testing.T) {
	r, _, parent, current := threeOf(t)
	now := start
	dead := []secret{current}
	for i := range 11 {
		now = now.Add(time.Hour)
		does := r.decide(&parent, now, testGrace)
		if i == 10 {
			if does != reuse {
				t.Errorf("the eleventh: step %d", does)
			}
			break
		}
		if does != reissue {
			t.Fatalf("reissue %d: step %d", i+1, does)
		}
		if r, current = r.take(does, &parent, now, testIdle); r.Reissues != i+1 || r.Previous != digest(parent) {
			t.Fatalf("reissue %d: %+v", i+1, r)
		}
		for _, old := range dead {
			if old == current || r.decide(&old, now, testGrace) != reuse {
				t.Fatalf("reissue %d: a token that was replaced is good", i+1)
			}
		}
		dead = append(dead, current)
	}
	if got := r.decide(&current, now, testGrace); got != rotate {
		t.Errorf("the last reissued token: step %d", got)
	}
}

// The same token and salt have the same successor. Another salt has another one, and so has another
// token.
func TestSuccessor(t *testing.T) {
	a, b := secretOf("a"), secretOf("b")
	salt := [16]byte{1}
	first := a.successor(salt)
	if again := a.successor(salt); again != first {
		t.Error("one token and salt have two successors")
	}
	if a.successor(salt) == a.successor([16]byte{2}) || a.successor(salt) == b.successor(salt) {
		t.Error("two salts or two tokens have one successor")
	}
	if a.successor(salt) == a {
		t.Error("a token is its own successor")
	}
	r := fresh(a)
	one, a1 := r.take(rotate, &a, start, testIdle)
	two, a2 := r.take(rotate, &a, start, testIdle)
	if one.Salt == two.Salt || a1 == a2 {
		t.Error("two rotations of one record have one salt")
	}
}

// A record has digests and a salt alone, and they make no secret.
func TestRecordHasNoSecret(t *testing.T) {
	r, grandparent, parent, current := threeOf(t)
	for _, s := range []secret{grandparent, parent, current} {
		for _, known := range [][]byte{r.Current[:], r.Previous[:], r.Key[:]} {
			if bytes.Equal(known, s[:]) {
				t.Error("a secret is in the record")
			}
		}
	}
	if r.Current != digest(current) || r.Previous != digest(parent) {
		t.Error("what a record has is not the SHA-256 of its secrets")
	}
	stored := secret(r.Previous)
	if made := stored.successor(r.Salt); made == current || digest(made) == r.Current {
		t.Error("the record makes its current secret")
	}
}
