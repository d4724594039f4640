// Package denylist takes tokens back before they expire: one of them, or all that
// a subject has, which is logging out everywhere. A [List] is handed to
// [jwthttp.New] as a [Check].
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
//			jwthttp.WriteError(w, r, err)    // a 503 or a 500: the token is still good
//			return
//		}
//		fmt.Fprintln(w, "Goodbye")
//	}
//
// A token may live for [Options].MaxLifetime, which is 24 hours if it is 0. The
// list of [NewMemory] is known to one process, and gone with it. Package
// goredis keeps one in Redis or Valkey, for several processes. [New] makes one of a
// [Store] of yours.
//
// # What a revocation reaches
//
// [Revoke] and [List.RevokeToken] refuse the token of one jti, and
// [List.RevokeSubject] the tokens of one sub whose iat is not later than a moment.
// Both count for one iss alone, since two issuers may use the same ids. A list
// forgets a revocation when the last token that it refuses has expired.
//
// A revocation does not end with the request that asked for it: it ignores that its
// context is cancelled or past its deadline, and has 10 seconds of its own, or less if its
// store waits for less. The values of the context stay. So a client that leaves does not undo its logout.
//
// So that no token slips through, a Check refuses those that a revocation could
// not reach ([ErrNotRevocable]): a token needs jti or sub, and exp and iat, which
// are at most [Options].MaxLifetime apart; and iat is not ahead by more than 5
// minutes. exp alone would not do: a token without iat that lives for long would
// be good again once the list has forgotten that its subject logged out.
package denylist

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/internal/logtext"
)

const (
	defaultMaxLifetime = 24 * time.Hour
	maxMaxLifetime     = 366 * 24 * time.Hour
	maxLeeway          = 5 * time.Minute // as jwthttp.Options has it

	// slack is for how long revocations outlive the exp of their tokens: the
	// clocks of who revokes and of who checks may both be off.
	slack = 2 * maxLeeway

	// raiseTimeout bounds a revocation, whose context is not that of its request.
	raiseTimeout = 10 * time.Second
)

var (
	// ErrRevoked is the error of a [Check] for a token that was revoked, a 401.
	ErrRevoked = errors.New("denylist: the token was revoked")

	// ErrNotRevocable is wrapped by two errors, whose texts say what the issuer has
	// to change:
	//   - that of a [Check], for a token that no revocation would reach: a 401.
	//   - that of [Revoke], for a token that has no jti or no exp, or that lives
	//     longer than MaxLifetime. It wraps [jwthttp.ErrMisconfigured] too, which is
	//     a 500: logging out has failed, and the token is still good.
	ErrNotRevocable = errors.New("denylist: the token cannot be revoked")

	// ErrFull is wrapped by the error of a revocation for which a list in memory
	// has no room left. What it holds stays in force.
	ErrFull = errors.New("denylist: the list is full: raise Options.MaxEntries, or have the issuer shorten the life of its tokens")
)

// A Store is where a [List] keeps what was revoked: a number under each key. It is
// called concurrently. An error of it is a 503.
type Store interface {
	// Raise makes n, which is positive, the number under key, unless a higher
	// one is there, and keeps it until then at least, or longer if that was asked
	// for before. Both at once: of two calls at the same time none is lost. Once
	// it has returned nil, Find returns the number, wherever it is called.
	//
	// until is at least 10 minutes ahead. A store keeps the number for longer rather
	// than lose it to a clock that jumps. ctx is not cancelled with the request; it
	// ends after 10 seconds.
	Raise(ctx context.Context, kind Kind, key Key, n int64, until time.Time) error

	// Find returns the number under each key, and 0 where there is none. keys[k] is
	// of [Kind] k. The zero Key stands for none: its number is 0, without a look-up.
	// What is under a key and is not a positive number is an error.
	Find(ctx context.Context, keys [3]Key) ([3]int64, error)
}

// A Kind says what a [Key] stands for, so that a store can have room for each. It is
// the index of the key in the keys of [Store.Find].
type Kind int

// The kinds. Nothing revokes a session yet, so its key is always zero.
const (
	Token Kind = iota
	Subject
	Session
)

// A Key stands for a token, a subject or a session of one issuer: a SHA-256 digest,
// so that no id that a token brings is ever stored. Keys of different kinds differ.
type Key [sha256.Size]byte

// A List remembers what was revoked. Make one with [NewMemory], with package
// goredis, or with [New]. It is safe for concurrent use.
type List struct {
	store       Store
	maxLifetime time.Duration
}

// New returns a list that keeps what was revoked in a store of yours. maxLifetime
// is as in [Options].
func New(store Store, maxLifetime time.Duration) (*List, error) {
	var errs []error
	if isNil(store) {
		errs = append(errs, errors.New("denylist: the store is nil: make it first"))
	}
	errs = append(errs, checkMaxLifetime(maxLifetime))
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if maxLifetime == 0 {
		maxLifetime = defaultMaxLifetime
	}
	return &List{store, maxLifetime}, nil
}

func isNil(store Store) bool {
	switch v := reflect.ValueOf(store); v.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Map, reflect.Func, reflect.Chan, reflect.Slice:
		return v.IsNil()
	}
	return false
}

func checkMaxLifetime(d time.Duration) error {
	if d < 0 || d > maxMaxLifetime {
		return fmt.Errorf("denylist: MaxLifetime is %v: use a positive one of at most %v, or 0 for %v", d, maxMaxLifetime, defaultMaxLifetime)
	}
	if d > 0 && d < time.Millisecond {
		return fmt.Errorf("denylist: MaxLifetime is %v, as a number without a unit is: write %d*time.Second", d, d.Nanoseconds())
	}
	return nil
}

// Check returns a check that refuses what list has revoked, with [ErrRevoked], and
// what it could not revoke, with [ErrNotRevocable]: a 401 both. While the store is
// out of reach it refuses everything, with [jwthttp.ErrUnavailable], a 503. A nil
// list makes a nil check, which jwthttp.New reports.
//
// A handler that streams for long may call it again with its token, for the
// middleware looks at a request once. The handler itself has to end at the token's
// ExpiresAt: the check refuses a token only when it has been over for 5 minutes.
func Check[C any](list *List) jwthttp.Check[C] {
	if !list.isMade() {
		return nil
	}
	return func(ctx context.Context, t *jwthttp.Token[C]) error { return list.check(ctx, t.Registered()) }
}

// Revoke refuses t from now on, and no other token of its subject: logging out. It
// needs a jti, which the issuer must not use twice ([ErrNotRevocable] if there is
// none). The list keeps it until t has expired, and 10 minutes more.
//
// An error means that t is still good, as far as one knows. No client then throws
// away a token that others may still use. The error is one of two kinds, and
// [jwthttp.WriteError] answers accordingly:
//   - [jwthttp.ErrUnavailable]: the store failed, a 503. The client may try again.
//   - [jwthttp.ErrMisconfigured]: no repetition would help, a 500. The token has no
//     jti or no exp, or lives longer than MaxLifetime ([ErrNotRevocable]), or t or
//     list is nil.
//
// Log the error: WriteError does not, and it says what to mend.
func Revoke[C any](ctx context.Context, list *List, t *jwthttp.Token[C]) error {
	if t == nil {
		return misuse("denylist: Revoke was given no token: call it inside the middleware, with its claims type, where no request is anonymous")
	}
	c := t.Registered()
	if c.ID == "" {
		return misuse("%w: it has no jti: have the issuer set one, different for each token, or revoke its subject", ErrNotRevocable)
	}
	if c.ExpiresAt == nil {
		return misuse("%w: it has no exp, so it would have to be remembered for ever: have the issuer set one", ErrNotRevocable)
	}
	return list.RevokeToken(ctx, c.Issuer, c.ID, c.ExpiresAt.Time)
}

// RevokeToken refuses the token with this iss and jti, for a caller that has no
// token but knows its id. Both are compared exactly, as in [List.RevokeSubject]. The
// issuer of tokens without iss is "". The list keeps it until exp, and 10 minutes
// more; for 10 minutes at least, in case that this clock is ahead. exp is at most
// MaxLifetime ahead. A caller that does not know exp passes that. An error is as that
// of [Revoke].
func (l *List) RevokeToken(ctx context.Context, issuer, id string, exp time.Time) error {
	if err := l.checkNames(issuer, id, "id"); err != nil {
		return err
	}
	if exp.Unix() <= 0 {
		return misuse("denylist: exp is %s, as in no token: say when the token expires", exp.UTC().Format(time.RFC3339))
	}
	if exp.Unix() > time.Now().Add(l.maxLifetime+slack).Unix() {
		return misuse("%w: its exp is %s, and no Check lets a token live for longer than MaxLifetime, which is %v: raise that, or have the issuer shorten the life of its tokens", ErrNotRevocable, exp.UTC().Format(time.RFC3339), l.maxLifetime)
	}
	return l.raise(ctx, Token, keyOf(Token, issuer, id), 1, exp.Add(slack))
}

// RevokeSubject refuses the tokens with this iss and sub, compared exactly, that
// were issued at upTo or before: logging out everywhere. The issuer of tokens
// without iss is "". upTo is time.Now() as a rule, by the issuer's clock: if that
// may be ahead of this one, add by how much, up to 5 minutes. An error is as that
// of [Revoke].
//
// A revocation for an issuer or a subject that no token carries succeeds and reaches
// nothing: the list does not know which there are. Pass iss as it is in the tokens,
// byte by byte: https://issuer.example.com and https://issuer.example.com/ are two
// issuers.
//
// iat has whole seconds, so a token that is issued in the same second as upTo is
// refused too, even after this has returned. upTo never moves backwards: an earlier
// one than before changes nothing. The list keeps it for MaxLifetime, and 10 minutes
// more.
func (l *List) RevokeSubject(ctx context.Context, issuer, subject string, upTo time.Time) error {
	if err := l.checkNames(issuer, subject, "subject"); err != nil {
		return err
	}
	s := upTo.Unix()
	if s <= 0 {
		return misuse("denylist: upTo is %s, and no token is that old: use time.Now()", upTo.UTC().Format(time.RFC3339))
	}
	if s > time.Now().Add(maxLeeway).Unix() {
		return misuse("denylist: upTo is %s, which would lock the subject out until then, and cannot be taken back: use time.Now()", upTo.UTC().Format(time.RFC3339))
	}
	return l.raise(ctx, Subject, keyOf(Subject, issuer, subject), s, upTo.Add(l.maxLifetime+slack))
}

func (l *List) isMade() bool { return l != nil && l.store != nil }

func (l *List) raise(ctx context.Context, kind Kind, key Key, n int64, until time.Time) error {
	// A revocation goes on when its client has left, and has an end all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), raiseTimeout)
	defer cancel()
	// A revocation that seems to be over is kept too: this clock may be ahead for a
	// moment, and the token be good when it is right again.
	if least := time.Now().Add(slack); until.Before(least) {
		until = least
	}
	if err := l.store.Raise(ctx, kind, key, n, until); err != nil {
		return failed("denylist: the store failed: %w", err)
	}
	return nil
}

func (l *List) check(ctx context.Context, c jwt.RegisteredClaims) error {
	if err := l.canRevoke(c); err != nil {
		return err
	}
	var keys [3]Key
	if c.ID != "" {
		keys[Token] = keyOf(Token, c.Issuer, c.ID)
	}
	if c.Subject != "" {
		keys[Subject] = keyOf(Subject, c.Issuer, c.Subject)
	}
	found, err := l.store.Find(ctx, keys)
	if err != nil {
		return failed("denylist: the store failed: %w", err)
	}
	for kind, n := range found {
		if n < 0 || n > 0 && keys[kind] == (Key{}) {
			return failed("denylist: the store failed: it has the number %d, which no list wrote", n)
		}
	}
	if found[Token] != 0 || c.IssuedAt.Unix() <= found[Subject] {
		return ErrRevoked
	}
	return nil
}

// canRevoke returns why no revocation would reach a token, or would be forgotten
// before it expires.
func (l *List) canRevoke(c jwt.RegisteredClaims) error {
	if c.ID == "" && c.Subject == "" {
		return fmt.Errorf("%w: it has neither jti nor sub: have the issuer set one of them", ErrNotRevocable)
	}
	if c.ExpiresAt == nil || c.IssuedAt == nil {
		return fmt.Errorf("%w: it has no exp or no iat, so nobody knows how long it lives: have the issuer set both", ErrNotRevocable)
	}
	if c.ExpiresAt.Sub(c.IssuedAt.Time) > l.maxLifetime {
		return fmt.Errorf("%w: it lives longer than MaxLifetime, which is %v: raise that, or have the issuer shorten the life of its tokens", ErrNotRevocable, l.maxLifetime)
	}
	now := time.Now()
	if c.IssuedAt.Unix() > now.Add(maxLeeway).Unix() {
		return fmt.Errorf("%w: its iat is more than %v ahead: set the clocks right", ErrNotRevocable, maxLeeway)
	}
	if c.ExpiresAt.Unix() < now.Add(-maxLeeway).Unix() {
		return fmt.Errorf("%w: it expired more than %v ago, and what was revoked is forgotten: end at its exp", ErrNotRevocable, maxLeeway)
	}
	return nil
}

// checkNames finds mistakes that would make a revocation reach nothing.
func (l *List) checkNames(issuer, name, what string) error {
	if !l.isMade() {
		return misuse("denylist: the list is nil: make it with NewMemory, goredis.New or New")
	}
	if name == "" {
		return misuse("denylist: the %s is empty, as in no token that it would reach: say which one is meant", what)
	}
	if !utf8.ValidString(issuer) || !utf8.ValidString(name) {
		return misuse("denylist: the issuer or the %s is no UTF-8, which no token carries: check where it comes from", what)
	}
	return nil
}

// keyOf hashes the kind first: a jti that equals a sub must not be taken for it. It
// prefixes the issuer with its length: where it ends is for no id to say.
func keyOf(kind Kind, issuer, name string) Key {
	var room [256]byte // most ids fit in it
	b := append(room[:0], "tsi"[kind])
	b = binary.BigEndian.AppendUint64(b, uint64(len(issuer)))
	b = append(b, issuer...)
	b = append(b, name...)
	return sha256.Sum256(b)
}

// failed returns the error of a store: it may be gone when the call is repeated.
func failed(format string, args ...any) error {
	return &failure{jwthttp.ErrUnavailable, fmt.Errorf(format, args...)}
}

// misuse returns the error of a revocation that fails however often it is repeated.
func misuse(format string, args ...any) error {
	return &failure{jwthttp.ErrMisconfigured, fmt.Errorf(format, args...)}
}

// A failure has the text of its cause alone, cut and on one line: a store may put anything in
// it.
type failure struct {
	kind  error // of package jwthttp
	cause error
}

func (f *failure) Error() string { return logtext.Cut(f.cause.Error()) }

func (f *failure) Unwrap() []error { return []error{f.kind, f.cause} }
