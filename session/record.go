package session

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"time"
)

// A Record is what a [Store] keeps of a session: one record, however often it is refreshed. No token
// can be made of it. All its times are those of the store's clock.
type Record struct {
	Key     [sha256.Size]byte // a digest of what all refresh tokens of the session have, and of its bound key
	Version int64             // 1 for a new record, and one more for each change
	Ended   bool              // the session is over, and the record is about to be deleted

	Current  [sha256.Size]byte // the digest of the refresh token's other secret
	Previous [sha256.Size]byte // of that before; zero if there was none
	Salt     [16]byte          // that made the current secret of the previous one
	Written  time.Time         // when the current secret was made
	Reissues int               // how often the previous secret was answered again, late

	ID       string    // the sid of the access tokens
	Subject  string    // whose session it is
	About    string    // what a page of devices shows
	LoggedIn time.Time // the auth_time of the access tokens
	IdleEnd  time.Time // the session ends if it is not refreshed before
	End      time.Time // the session ends
}

// A Store keeps the records of sessions. Test one of your own with package sessiontest. It is safe
// for concurrent use, also by several processes. An error is a 503, and then nothing is lost: the
// same request may come again.
type Store interface {
	// Load returns the record of a key, and the time. If there is none, the record is zero. It
	// returns what the last Swap or Delete has left, in whatever process that was: not what a
	// replica has. The time is that of one clock for all processes, such as a database's, and has
	// milliseconds or better.
	Load(ctx context.Context, key [sha256.Size]byte) (r Record, now time.Time, err error)

	// Swap writes r in place of the record of its key, if that has the Version r.Version-1. A
	// record without one, for r.Version 1, has not existed. It reports whether it has written.
	// Comparing and writing are one step. It keeps r until r.IdleEnd at least, and may drop it
	// later. It keeps the microseconds of all times. Texts are UTF-8 of at most 256 bytes, and may
	// have a zero byte.
	Swap(ctx context.Context, r Record) (written bool, err error)

	// Delete removes the record of a key, if there is one.
	Delete(ctx context.Context, key [sha256.Size]byte) error

	// List returns the records of a subject in any order, and the time as Load does.
	List(ctx context.Context, subject string) (all []Record, now time.Time, err error)
}

// A step is what a refresh does with a session.
type step int

const (
	gone    step = iota // there is no session
	finish              // it is marked ended, and that is to be completed
	same                // the refresh token stays
	rotate              // the refresh token gets a successor
	repeat              // the successor that was made before is answered again
	reissue             // the answer with the successor was lost: another one takes its place
	reuse               // the token was used before, so the session ends
)

const maxReissues = 10

// decide is the rule: what to do when a secret is presented at the time now. The first row that fits
// counts, and all stores have this one rule.
func (r *Record) decide(secret *secret, now time.Time, grace time.Duration) step {
	digest := sha256.Sum256(secret[:])
	is := func(known *[sha256.Size]byte) bool { return subtle.ConstantTimeCompare(digest[:], known[:]) == 1 }
	hasPrevious := r.Previous != [sha256.Size]byte{}
	elapsed := max(0, now.Sub(r.Written)) // a clock may be set back
	switch {
	case r.Version == 0:
		return gone
	case r.Ended:
		return finish
	case r.isOver(now):
		return gone
	case is(&r.Current) && hasPrevious && elapsed < grace:
		return same
	case is(&r.Current):
		return rotate
	case hasPrevious && is(&r.Previous) && elapsed <= grace:
		return repeat
	case hasPrevious && is(&r.Previous) && r.Reissues < maxReissues:
		return reissue
	}
	return reuse
}

// isOver reports whether the session was idle for too long, or has reached its end.
func (r *Record) isOver(now time.Time) bool { return !now.Before(r.IdleEnd) || !now.Before(r.End) }

// take returns the record after a step with an answer, and the secret for the client. The record has
// a new Version if it is to be written. presented is the secret that came.
func (r Record) take(s step, presented *secret, now time.Time, idle time.Duration) (Record, secret) {
	next := *presented
	switch s {
	case repeat:
		next = presented.successor(r.Salt)
	case rotate, reissue:
		rand.Read(r.Salt[:])
		next = presented.successor(r.Salt)
		if s == rotate {
			r.Previous, r.Reissues = r.Current, 0
		} else {
			r.Reissues++
		}
		r.Current, r.Written, r.Version = sha256.Sum256(next[:]), now, r.Version+1
		r.IdleEnd = now.Add(idle)
		if r.End.Before(r.IdleEnd) {
			r.IdleEnd = r.End
		}
	}
	return r, next
}

// A secret is the half of a refresh token that changes.
type secret [32]byte

// successor returns the same secret for the same salt: whoever presents a token twice gets the same
// answer, and the store does not have it.
func (s *secret) successor(salt [16]byte) (next secret) {
	h := hmac.New(sha256.New, salt[:])
	h.Write(s[:])
	h.Sum(next[:0])
	return next
}
