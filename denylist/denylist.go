// Package denylist revokes tokens before they expire: one token (logging out), all tokens of a
// session, or all tokens of a subject (logging out everywhere). [Check] makes a check for [jwthttp.New] of a [List].
// [BackChannel] takes the logouts of an OpenID provider.
//
//	revoked, err := denylist.NewMemory(denylist.Options{MaxLifetime: time.Hour})
//	if err != nil {
//		log.Fatal(err)
//	}
//	auth, err := jwthttp.New(keys, jwthttp.Options{}, denylist.Check[Claims](revoked))
//
//	func logout(w http.ResponseWriter, r *http.Request) {
//		token, _ := jwthttp.TokenFromContext[Claims](r.Context())
//		if err := denylist.Revoke(r.Context(), revoked, token); err != nil {
//			slog.Error("logout", "err", err) // WriteError does not log it
//			jwthttp.WriteError(w, r, err)    // 503 or 500: the token is still good
//			return
//		}
//		fmt.Fprintln(w, "Goodbye")
//	}
//
// There are four kinds of lists:
//
//   - [NewMemory] makes a list in memory. It belongs to one process, and ends with it.
//   - Package goredis makes a list in Redis or Valkey, for several processes.
//   - Package sqlstore makes one in a database of database/sql, for several processes.
//   - [New] makes a list of a [Store] of yours.
//
// # What a revocation reaches
//
// [Revoke] and [List.RevokeToken] refuse the token with one jti. [List.RevokeSession] refuses the
// tokens with one sid. [List.RevokeSubject] refuses the tokens of one sub that were issued (iat) up
// to a moment. All of them count for one iss only,
// since two issuers may use the same ids. A list forgets a revocation when the last token that
// it refuses has expired.
//
// A revocation does not end with its request, so a client that leaves does not undo its logout.
// The context's values are kept, but not its cancellation and deadline. Instead, a revocation
// has 10 seconds, or less if the store waits for less.
//
// # Which tokens can be revoked
//
// A [Check] refuses a token that no revocation would reach, with [ErrNotRevocable]. A token
// needs:
//
//   - jti or sub
//   - exp and iat, at most [Options].MaxLifetime apart (24 hours if that is 0)
//   - an iat that is at most 5 minutes ahead
//
// exp without iat is not enough. Such a token could outlive the revocation of its subject, and
// would be accepted again.
//
// # What is logged
//
// A list logs to [Options].Logger, and without one to [slog.Default]. It logs each of these once a
// minute at most. The next record of its kind counts those that were suppressed.
//
//   - Error: the store failed, so tokens get a 503.
//   - Error: a revocation failed, because the store failed or is full.
//   - Error: the keys of a [BackChannel] are out of reach.
//   - Warn: a BackChannel refused a logout.
//   - Warn: a token cannot be revoked, so it is refused: [ErrNotRevocable].
//
// It does not log that a client left before the store answered.
package denylist

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"time"
	"unicode/utf8"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/internal/keyhook"
	"github.com/jwthttp/jwthttp/internal/logtext"
	"github.com/jwthttp/jwthttp/internal/tokenjson"
	"github.com/jwthttp/jwthttp/internal/validate"
)

const (
	defaultMaxLifetime = 24 * time.Hour
	maxMaxLifetime     = 366 * 24 * time.Hour
	maxLeeway          = 5 * time.Minute // as in jwthttp.Options

	// slack is for how long a revocation outlives the exp of its token. The clock of the
	// program that revokes may be wrong, and so may that of the program that checks.
	slack = 2 * maxLeeway

	// raiseTimeout limits a revocation, which does not end with its request.
	raiseTimeout = 10 * time.Second
)

var (
	// ErrRevoked is the error of a [Check] for a revoked token: a 401.
	ErrRevoked = errors.New("denylist: the token was revoked")

	// ErrNotRevocable is wrapped by two errors. Their texts say what the issuer has to change.
	//
	//   - The error of a [Check], for a token that no revocation would reach: a 401.
	//   - The error of [Revoke], for a token without jti or exp, or that lives longer than
	//     MaxLifetime. It also wraps [jwthttp.ErrMisconfigured], a 500: logging out has
	//     failed, and the token is still good.
	ErrNotRevocable = errors.New("denylist: the token cannot be revoked")

	// ErrFull is wrapped by the error of a revocation for which a list in memory has no room.
	// Earlier revocations stay in force.
	ErrFull = errors.New("denylist: the list is full: raise Options.MaxEntries, or have the issuer shorten the life of its tokens")
)

// A Store keeps the revocations of a [List]: a number under each key. An error of a store is a
// 503. A store is safe for concurrent use. Test one of your own with package denylisttest.
type Store interface {
	// Raise stores the number n under key and keeps it at least until then. n is positive.
	//
	//   - A higher number under key stays, and so does a later time.
	//   - Both happen in one step, so that two calls at the same time lose nothing.
	//   - After Raise has returned nil, every Find returns the number, in every process.
	//
	// until is at least 10 minutes ahead. If a clock jumps, a store keeps the number for too
	// long rather than too short. ctx does not end with the request, but after 10 seconds.
	Raise(ctx context.Context, kind Kind, key Key, n int64, until time.Time) error

	// Find returns the number under each key, and 0 if there is none. keys[k] is of [Kind]
	// k. For the zero Key it returns 0 without a look-up. Anything but a positive number
	// under a key is an error.
	Find(ctx context.Context, keys [3]Key) ([3]int64, error)
}

// A Kind says what a [Key] is for, so that a store can limit each kind by itself. It is the
// index of the key in the keys of [Store.Find].
type Kind int

// The kinds.
const (
	Token Kind = iota
	Subject
	Session
)

// A Key is a SHA-256 digest of a kind, an issuer, and the id of a token, subject or session. So
// no id is ever stored, and keys of different kinds differ.
type Key [sha256.Size]byte

// A List remembers revocations. Make one with [NewMemory], with package goredis, or with [New].
// It is safe for concurrent use.
type List struct {
	store       Store
	maxLifetime time.Duration
	logger      *slog.Logger // nil for slog.Default()

	failedChecks, failedRaises, unrevocable logtext.Limit
}

// New returns a list that keeps its revocations in store. A nil store is an error, and so is
// [Options].MaxEntries, which is for [NewMemory].
func New(store Store, opts Options) (*List, error) {
	var errs []error
	if validate.IsNil(store) {
		errs = append(errs, errors.New("denylist: the store is nil: make one first, and check the error of what made it"))
	}
	if opts.MaxEntries != 0 {
		errs = append(errs, errors.New("denylist: Options.MaxEntries is for NewMemory: leave it out, and give the store a limit of its own"))
	}
	errs = append(errs, checkMaxLifetime(opts.MaxLifetime))
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return newList(store, opts), nil
}

func newList(store Store, opts Options) *List {
	if opts.MaxLifetime == 0 {
		opts.MaxLifetime = defaultMaxLifetime
	}
	return &List{store: store, maxLifetime: opts.MaxLifetime, logger: opts.Logger}
}

func checkMaxLifetime(d time.Duration) error {
	if d < 0 || d > maxMaxLifetime {
		return fmt.Errorf("denylist: MaxLifetime is %v: use a positive one of at most %v, or 0 for %v", d, maxMaxLifetime, defaultMaxLifetime)
	}
	return validate.Prefixed("denylist: ", validate.Unit("MaxLifetime", d, "time.Second"))
}

// Check returns a check of list, which is safe for concurrent use. It refuses:
//
//   - revoked tokens with [ErrRevoked], a 401
//   - tokens that cannot be revoked with [ErrNotRevocable], a 401
//   - every token with [jwthttp.ErrUnavailable], a 503, while the store fails
//
// If list is nil, the check is nil, and jwthttp.New reports it.
//
// A middleware checks a request once. A handler that streams for long may call the check again
// with its token. That handler must also end at the token's ExpiresAt, because the check
// refuses an expired token only after 5 minutes.
func Check[C any](list *List) jwthttp.Check[C] {
	if !list.isMade() {
		return nil
	}
	return func(ctx context.Context, t *jwthttp.Token[C]) error {
		if t == nil {
			return ErrNotRevocable
		}
		f := keyhook.Facts(t)
		if err := list.canRevoke(f); err != nil {
			return list.logged(ctx, &list.unrevocable, slog.LevelWarn, "denylist: a token cannot be revoked, and gets a 401", err)
		}
		return list.check(ctx, f)
	}
}

// Revoke logs out: list refuses t from now on, and no other token of its subject. t needs a
// jti, which the issuer must not use twice. The list keeps the revocation until 10 minutes
// after t has expired.
//
// With an error, t is probably still good, so the client must keep it. The error is of one of
// two kinds, and [jwthttp.WriteError] answers either:
//
//   - [jwthttp.ErrUnavailable], a 503: the store failed. The client may try again.
//   - [jwthttp.ErrMisconfigured], a 500: a repetition would not help. t has no jti or no exp,
//     or lives longer than MaxLifetime ([ErrNotRevocable]), or t or list is nil.
//
// Log the error, since it says how to mend it and WriteError does not log.
func Revoke[C any](ctx context.Context, list *List, t *jwthttp.Token[C]) error {
	if t == nil {
		return misuse("denylist: the token for Revoke is nil: call Revoke inside the middleware, with its claims type, for a request that is not anonymous")
	}
	c := t.Registered()
	if c.ID == "" {
		return misuse("%w: it has no jti: have the issuer set one, different for each token, or revoke its subject", ErrNotRevocable)
	}
	if c.ExpiresAt == nil {
		return misuse("%w: it has no exp, and would have to be remembered for ever: have the issuer set one", ErrNotRevocable)
	}
	return list.RevokeToken(ctx, c.Issuer, c.ID, c.ExpiresAt.Time)
}

// RevokeToken refuses the token with this iss and jti. It is for a caller that knows the id of
// a token and does not have the token.
//
//   - iss and jti are compared exactly, as in [List.RevokeSubject]. The issuer of tokens
//     without iss is "".
//   - exp is at most MaxLifetime ahead, with 10 minutes for clocks that differ. A caller that does
//     not know it passes the time that is MaxLifetime ahead.
//   - The list keeps the revocation until 10 minutes after exp, and at least for 10 minutes,
//     because this clock may be ahead.
//
// The errors are those of [Revoke].
func (l *List) RevokeToken(ctx context.Context, issuer, id string, exp time.Time) error {
	if err := l.checkNames(issuer, id, "id"); err != nil {
		return err
	}
	if exp.Unix() <= 0 {
		return misuse("denylist: exp is %s, which no token has: pass the time at which the token expires", exp.UTC().Format(time.RFC3339))
	}
	if exp.Unix() > time.Now().Add(l.maxLifetime+slack).Unix() {
		return misuse("%w: its exp is %s, which is more than MaxLifetime (%v) ahead: raise that, or have the issuer shorten the life of its tokens", ErrNotRevocable, exp.UTC().Format(time.RFC3339), l.maxLifetime)
	}
	return l.raise(ctx, Token, keyOf(Token, issuer, id), 1, exp.Add(slack))
}

// RevokeSubject logs out everywhere: it refuses the tokens with this iss and sub that were
// issued at upTo or before.
//
//   - iss and sub are compared exactly. https://issuer.example.com and
//     https://issuer.example.com/ are two issuers. The issuer of tokens without iss is "".
//   - The list does not know which issuers and subjects there are. A revocation that matches
//     no token succeeds.
//   - upTo is usually time.Now(). If the issuer's clock may be ahead of this one, add the
//     difference, up to 5 minutes.
//   - iat has whole seconds. A token that is issued in the same second as upTo is refused too,
//     even if it is issued after the call.
//   - An upTo that is earlier than that of the last call changes nothing.
//   - The list keeps the revocation until 10 minutes after upTo plus MaxLifetime.
//
// The errors are those of [Revoke].
func (l *List) RevokeSubject(ctx context.Context, issuer, subject string, upTo time.Time) error {
	if err := l.checkNames(issuer, subject, "subject"); err != nil {
		return err
	}
	s := upTo.Unix()
	if s <= 0 {
		return misuse("denylist: upTo is %s, and there is no token that old: use time.Now()", upTo.UTC().Format(time.RFC3339))
	}
	if s > time.Now().Add(maxLeeway).Unix() {
		return misuse("denylist: upTo is %s, which would lock the subject out until then and cannot be undone: use time.Now()", upTo.UTC().Format(time.RFC3339))
	}
	return l.raise(ctx, Subject, keyOf(Subject, issuer, subject), s, upTo.Add(l.maxLifetime+slack))
}

// RevokeSession refuses the tokens with this iss and sid, from now on. Their iat does not matter, for
// a session that has ended does not come back. The list keeps the revocation until 10 minutes after
// MaxLifetime from now. The errors are those of [Revoke].
func (l *List) RevokeSession(ctx context.Context, issuer, sid string) error {
	if err := l.checkNames(issuer, sid, "session"); err != nil {
		return err
	}
	return l.raise(ctx, Session, keyOf(Session, issuer, sid), 1, time.Now().Add(l.maxLifetime+slack))
}

// MaxLifetime returns [Options].MaxLifetime, or what it is by default. It is 0 if l is nil.
func (l *List) MaxLifetime() time.Duration {
	if l == nil {
		return 0
	}
	return l.maxLifetime
}

func (l *List) isMade() bool { return l != nil && l.store != nil }

func (l *List) raise(ctx context.Context, kind Kind, key Key, n int64, until time.Time) error {
	// A revocation continues when its client has left, but not for ever.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), raiseTimeout)
	defer cancel()
	// Also kept is a revocation whose time is over. This clock may be ahead for a moment, and
	// the token is good again when the clock is right.
	if least := time.Now().Add(slack); until.Before(least) {
		until = least
	}
	if err := l.store.Raise(ctx, kind, key, n, until); err != nil {
		return l.logged(ctx, &l.failedRaises, slog.LevelError, "denylist: a revocation failed, and its tokens may still be good", failed("denylist: the store failed: %w", err))
	}
	return nil
}

func (l *List) check(ctx context.Context, f *tokenjson.Facts) error {
	issuer := f.Issuer()
	var keys [3]Key
	if id := f.ID(); id != "" && l.mayHave(Token) {
		keys[Token] = keyOf(Token, issuer, id)
	}
	if sub := f.Subject(); sub != "" && l.mayHave(Subject) {
		keys[Subject] = keyOf(Subject, issuer, sub)
	}
	if sid := f.Session(); sid != "" && l.mayHave(Session) {
		keys[Session] = keyOf(Session, issuer, sid)
	}
	found, err := l.store.Find(ctx, keys)
	if err != nil {
		return l.checkFailed(ctx, failed("denylist: the store failed: %w", err))
	}
	for kind, n := range found {
		if n < 0 || n > 0 && keys[kind] == (Key{}) {
			return l.checkFailed(ctx, failed("denylist: the store failed: it returned the number %d, which no list wrote", n))
		}
	}
	if found[Token] != 0 || found[Session] != 0 || f.IssuedAt.Floor().Unix() <= found[Subject] {
		return ErrRevoked
	}
	return nil
}

// mayHave reports whether there may be an entry of a kind. To make a key takes longer than to ask.
func (l *List) mayHave(kind Kind) bool {
	m, inMemory := l.store.(*memory)
	return !inMemory || !m.isEmpty(kind)
}

// checkFailed logs err and returns it.
func (l *List) checkFailed(ctx context.Context, err error) error {
	return l.logged(ctx, &l.failedChecks, slog.LevelError, "denylist: tokens cannot be checked, and get a 503", err)
}

// logged logs err and returns it. It does not log that a client has left: then the store may
// be well.
func (l *List) logged(ctx context.Context, limit *logtext.Limit, level slog.Level, message string, err error) error {
	if !errors.Is(ctx.Err(), context.Canceled) {
		limit.Log(ctx, l.logger, level, message, slog.Any("err", err))
	}
	return err
}

// canRevoke returns why no revocation would reach a token, or why one would be forgotten before
// the token expires. It is nil if the token can be revoked.
func (l *List) canRevoke(f *tokenjson.Facts) error {
	if f == nil || f.ID() == "" && f.Subject() == "" {
		return fmt.Errorf("%w: it has neither jti nor sub: have the issuer set one of them", ErrNotRevocable)
	}
	if !f.Expires.Present() || !f.IssuedAt.Present() {
		return fmt.Errorf("%w: it has no exp or no iat, so it is not known how long it lives: have the issuer set both", ErrNotRevocable)
	}
	exp, iat := f.Expires.Floor(), f.IssuedAt.Floor()
	if exp.Sub(iat) > l.maxLifetime {
		return fmt.Errorf("%w: it lives longer than MaxLifetime, which is %v: raise that, or have the issuer shorten the life of its tokens", ErrNotRevocable, l.maxLifetime)
	}
	now := time.Now()
	if iat.Unix() > now.Add(maxLeeway).Unix() {
		return fmt.Errorf("%w: its iat is more than %v ahead: set the clocks right", ErrNotRevocable, maxLeeway)
	}
	if exp.Unix() < now.Add(-maxLeeway).Unix() {
		return fmt.Errorf("%w: it expired more than %v ago, and its revocation may be forgotten: end the request at its exp", ErrNotRevocable, maxLeeway)
	}
	return nil
}

// checkNames returns why a revocation could not match a token.
func (l *List) checkNames(issuer, name, what string) error {
	if !l.isMade() {
		return misuse("denylist: the list is nil: make it with NewMemory, goredis.NewDenylist, Denylist of package sqlstore, or New")
	}
	if name == "" {
		return misuse("denylist: the %s is empty, and would match no token: pass the one to revoke", what)
	}
	if !utf8.ValidString(issuer) || !utf8.ValidString(name) {
		return misuse("denylist: the issuer or the %s is not UTF-8, so no token has it: check where it comes from", what)
	}
	return nil
}

// keyOf returns the key of a name. The kind is hashed, because a jti may equal a sub. The
// length of the issuer is hashed, because an id must not decide where the issuer ends.
func keyOf(kind Kind, issuer, name string) Key {
	var room [256]byte // most ids fit in it
	b := append(room[:0], "tsi"[kind])
	b = binary.BigEndian.AppendUint64(b, uint64(len(issuer)))
	b = append(b, issuer...)
	b = append(b, name...)
	return sha256.Sum256(b)
}

// failed returns the error of a store. The call may be repeated.
func failed(format string, args ...any) error {
	return &failure{jwthttp.ErrUnavailable, fmt.Errorf(format, args...)}
}

// misuse returns the error of a revocation that always fails.
func misuse(format string, args ...any) error {
	return &failure{jwthttp.ErrMisconfigured, fmt.Errorf(format, args...)}
}

// A failure is of a kind, and has only the text of its cause, cut and on one line: a store may
// put anything in it.
type failure struct {
	kind  error // of package jwthttp
	cause error
}

func (f *failure) Error() string { return logtext.Cut(f.cause.Error()) }

func (f *failure) Unwrap() []error { return []error{f.kind, f.cause} }
