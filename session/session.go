package session

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/cookie"
	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/internal/answer"
	"github.com/jwthttp/jwthttp/internal/logtext"
	"github.com/jwthttp/jwthttp/internal/reason"
	"github.com/jwthttp/jwthttp/internal/validate"
	"github.com/jwthttp/jwthttp/issue"
)

const (
	defaultIdle        = 7 * 24 * time.Hour
	defaultMaxLifetime = 30 * 24 * time.Hour
	defaultGrace       = 10 * time.Second
	maxGrace           = time.Minute
	longest            = 400 * 24 * time.Hour // as long as browsers keep a cookie
	minLifetime        = 2 * time.Second      // of access tokens
	attempts           = 4                    // of a step whose swap is lost
	maxCookieBytes     = 4096                 // of name and value, as in package cookie
	refreshTimeout     = 10 * time.Second     // of a login and of a refresh
	endTimeout         = 10 * time.Second     // of an ending, which goes on without its client
	shortTimeout       = time.Second          // of what an answer should not wait for
)

// ErrEnded is the error of a session that is over: it was logged out, idle for too long, reached its
// end, or its refresh token was used twice. A [ClaimsFunc] returns it to end a session, such as that
// of a user who was locked.
var ErrEnded = errors.New("session: the session has ended")

// A Session is what is known of one, for a [ClaimsFunc] and for a page of devices.
type Session struct {
	ID       string    // the sid of its access tokens; not a secret
	Subject  string    // whose it is
	About    string    // as given at login: where it was begun
	LoggedIn time.Time // the auth_time of its access tokens, by the clock of the store
	LastUsed time.Time // when it was refreshed last, or begun
	Expires  time.Time // when it ends if it is not refreshed before
}

// A ClaimsFunc says what an access token may say of a user now. It is called at login and at each
// refresh, concurrently. Its error is a 503 and ends nothing, but [ErrEnded] ends the session.
//
// sub, sid and auth_time are set for it. The claims leave them out or zero, or say the same: others
// are a 500. auth_time is the time of the login (OpenID Connect Core section 2), and no refresh makes
// it a later one.
type ClaimsFunc[C any] func(ctx context.Context, s Session) (C, error)

// Options say how long sessions live. The zero value is good for most.
type Options struct {
	// Idle is for how long a session lives without a refresh: 7 days if 0, at most 400 days.
	// Choose the longest pause of an honest user, and add the issuer's Lifetime: a client refreshes
	// only when its access token ends.
	Idle time.Duration

	// MaxLifetime is for how long a session lives after its login: 30 days if 0, at most 400 days.
	// No refresh moves this end.
	MaxLifetime time.Duration

	// Grace is for how long a refresh token that was used may come again: 10 seconds if 0, at most
	// one minute. Tabs that refresh at the same time need it, and so does a lost answer. Uses
	// within Grace of each other count as one, so it is shorter than Idle.
	Grace time.Duration

	// MaxPerSubject is how many sessions one subject may have: any number if 0. A login beyond it
	// ends the one that was used least recently. Of simultaneous logins, that many stay.
	MaxPerSubject int

	// Revoked is the denylist of the middleware, if there is one. Access tokens of an ended session
	// are then refused at once, if each middleware has the [denylist.Check] of the list. Its
	// MaxLifetime is at least the issuer's Lifetime. Without it, they stay good until they expire.
	Revoked *denylist.List

	// TrustedOrigins are as in [jwthttp.Options]: other origins whose pages may log in, refresh and
	// log out.
	TrustedOrigins []string

	// AllowInsecureHTTP is as in [cookie.Options]: for development on this machine without TLS.
	// Lost: the prefix of the cookies and Secure.
	AllowInsecureHTTP bool

	// Logger gets at Error, once a minute at most each, what the operator must mend: a store, a
	// claims function or a signer that fails, and a fault of the program, such as a user without
	// an id. It gets a reuse of a refresh token at Warn, and at Debug why each request was refused.
	// These records have the context of the request. New logs an Idle that is too short at Warn. nil
	// is [slog.Default], asked for each record.
	Logger *slog.Logger
}

// Sessions are the logins of a service. Make them with [New]. They are safe for concurrent use.
type Sessions[C any] struct {
	*core
	issuer *issue.Issuer[C]
	claims ClaimsFunc[C]
}

// A core is what Sessions are without the claims type.
type core struct {
	opts                     Options
	iss                      string
	lifetime                 time.Duration // of access tokens
	store                    Store
	proofs                   proofs // of the issuer's Bindings; nil if sessions are not bound
	access, refresh          *cookie.Cookie
	accessName, refreshName  string
	failures, faults, reuses logtext.Limit
}

// proofs is a Binding that verifies proofs of requests for tokens, as *dpop.Verifier does.
type proofs interface {
	jwthttp.Binding
	TokenRequest(r *http.Request) (thumbprint string, use func() error, err error)
	WriteTokenError(w http.ResponseWriter, r *http.Request, err error)
}

// New returns the sessions of an issuer, which makes their access tokens. Its Lifetime is 2 seconds
// or more: an access cookie ends a tenth of that before its token, at least 1 and at most 30 seconds.
// The error names everything that is wrong at once, each with how to mend it.
func New[C any](iss *issue.Issuer[C], store Store, claims ClaimsFunc[C], opts Options) (*Sessions[C], error) {
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if iss == nil {
		fault("the issuer is nil: make one with issue.New, and check its error")
	}
	if validate.IsNil(store) {
		fault("the store is nil: make one with NewMemory, and check its error")
	} else if m, ok := store.(*Memory); ok && m.records == nil {
		fault("the store is an empty Memory: make one with NewMemory, and check its error")
	}
	if claims == nil {
		fault("the claims function is nil: it says what an access token has, such as the user's roles")
	}
	duration := func(name string, d *time.Duration, max, zero time.Duration) {
		errs = append(errs, validate.Duration(name, *d, max, fmt.Sprintf("at most %v, or 0 for %v", logtext.Duration(max), logtext.Duration(zero))))
		*d = cmp.Or(*d, zero)
	}
	duration("Options.Idle", &opts.Idle, longest, defaultIdle)
	duration("Options.MaxLifetime", &opts.MaxLifetime, longest, defaultMaxLifetime)
	duration("Options.Grace", &opts.Grace, maxGrace, defaultGrace)
	if opts.MaxPerSubject < 0 {
		fault("Options.MaxPerSubject is %d: use a positive number, or 0 for any number", opts.MaxPerSubject)
	}
	for _, origin := range opts.TrustedOrigins {
		errs = append(errs, validate.Origin("Options.TrustedOrigins", origin))
	}
	if iss != nil && iss.Lifetime() < minLifetime {
		fault("access tokens live for %v, and their cookie ends a second before them: set the issuer's Lifetime to %v or more", iss.Lifetime(), minLifetime)
	}
	if iss != nil && opts.Revoked != nil && opts.Revoked.MaxLifetime() < iss.Lifetime() {
		fault("Options.Revoked forgets after %v, and access tokens live for %v: set the MaxLifetime of the list to that or more", opts.Revoked.MaxLifetime(), iss.Lifetime())
	}
	var bindings []proofs
	if iss != nil {
		for _, b := range iss.Options().Bindings {
			if p, ok := b.(proofs); ok {
				bindings = append(bindings, p)
			}
		}
	}
	if len(bindings) > 1 {
		fault("the issuer has %d Bindings with proofs of token requests, and a session is bound to one key: keep one", len(bindings))
	}
	access, errAccess := cookie.New(cookie.Options{Name: "access", AllowInsecureHTTP: opts.AllowInsecureHTTP})
	refresh, errRefresh := cookie.New(cookie.Options{Name: "refresh", AllowInsecureHTTP: opts.AllowInsecureHTTP})
	if err := errors.Join(append(errs, errAccess, errRefresh)...); err != nil {
		return nil, validate.Prefixed("session: ", err)
	}
	if opts.Idle < 2*iss.Lifetime() || opts.Idle <= opts.Grace {
		cmp.Or(opts.Logger, slog.Default()).Warn("session: Idle is so short that users who are active may be logged out",
			"mend", "set it to the longest pause of a user and the issuer's Lifetime together, and to more than Grace", "Idle", opts.Idle, "Lifetime", iss.Lifetime(), "Grace", opts.Grace)
	}
	opts.TrustedOrigins = slices.Clone(opts.TrustedOrigins)
	c := &core{opts: opts, iss: iss.Issuer(), lifetime: iss.Lifetime(), store: store, access: access, refresh: refresh}
	if len(bindings) > 0 {
		c.proofs = bindings[0]
	}
	c.accessName, c.refreshName = "__Host-access", "__Host-refresh"
	if opts.AllowInsecureHTTP {
		c.accessName, c.refreshName = "access", "refresh"
	}
	return &Sessions[C]{c, iss, claims}, nil
}

// Options returns the options of a middleware that accepts the access tokens: those of the issuer,
// from a Bearer header or from the access cookie. An access cookie that is refused, such as that of a
// session that was ended on another device, is cleared by its ErrorHandler. So the next request is
// refreshed, or is that of a visitor. Its Logger is not set.
func (s *Sessions[C]) Options() jwthttp.Options {
	opts := s.issuer.Options()
	opts.Extractors = []jwthttp.Extractor{jwthttp.FirstOf(jwthttp.BearerHeader(), s.access.Extractor())}
	opts.TrustedOrigins = slices.Clone(s.opts.TrustedOrigins)
	opts.ErrorHandler = s.refuseAccess
	return opts
}

// Tokens are those of a login or a refresh, as the JSON of RFC 6749 section 5.1. They are
// credentials: keep them out of logs.
type Tokens struct {
	Access    string `json:"access_token"`
	Type      string `json:"token_type"` // Bearer, or DPoP
	ExpiresIn int64  `json:"expires_in"` // seconds, and 1 for less: to some clients 0 is for ever
	Refresh   string `json:"refresh_token"`

	accessExpires, refreshExpires time.Time
}

// Format prints no token, under every verb.
func (t Tokens) Format(f fmt.State, _ rune) { f.Write([]byte("session.Tokens")) }

// LogValue is that of Format. The JSON of Tokens has the tokens.
func (t Tokens) LogValue() slog.Value { return slog.StringValue("session.Tokens") }

// Start begins a session, for an app that keeps its tokens itself. Call it after a password or
// another proof was checked. about is for a page of devices, such as "Ann's phone": at most 256 bytes
// are kept. The error is [ErrEnded] if the claims function returns it. Any other is for
// [jwthttp.WriteError]: a 503, or a 500 for a subject or claims that cannot be those of a token. Tokens
// that are bound by DPoP need [Sessions.StartBound].
//
// With an mtls.Binding of the issuer, the claims function returns cnf. It has the thumbprint of the
// certificate that the user has registered, and not of the one that a request came with. The refresh
// token is not bound.
func (s *Sessions[C]) Start(ctx context.Context, subject, about string) (*Tokens, error) {
	if s.proofs != nil {
		return nil, s.misconfigured(ctx, errBound)
	}
	return s.begin(ctx, subject, about, "", false, nil)
}

var errBound = fmt.Errorf("%w: session: the issuer has Bindings with proofs, so its tokens are bound to a key: call StartBound with the request that has a proof", jwthttp.ErrMisconfigured)

// StartBound is Start for an issuer whose Bindings have a *dpop.Verifier (RFC 9449 section 5). r has a
// proof, and the tokens are bound to its key: cnf is set for the claims. The refresh token is bound too,
// so Refresh and Logout want a proof by the same key. With another key, or without, the token is as
// good as made up: nothing is refreshed and nothing ends.
//
// authenticate checks the password or another proof, and returns the subject. It is called once the
// proof is good, so that a code is not spent on a client that has to get a nonce first. With an error it
// has written the answer, and the error is logged at Debug. StartBound has written it with any other
// error:
//   - 400 invalid_dpop_proof or use_dpop_nonce for a proof, and 400 invalid_grant for [ErrEnded]
//   - 503 or 500 as [Sessions.Login]
func (s *Sessions[C]) StartBound(w http.ResponseWriter, r *http.Request, about string, authenticate func() (subject string, err error)) (*Tokens, error) {
	if s.proofs == nil {
		err := fmt.Errorf("%w: session: the issuer has no Binding with proofs: put the *dpop.Verifier into the Bindings of issue.Options, or call Start", jwthttp.ErrMisconfigured)
		s.writeError(w, r, s.misconfigured(r.Context(), err))
		return nil, err
	}
	if authenticate == nil {
		err := fmt.Errorf("%w: session: authenticate is nil: pass a function that checks the password and returns the subject", jwthttp.ErrMisconfigured)
		s.writeError(w, r, s.misconfigured(r.Context(), err))
		return nil, err
	}
	p, err := s.proven(w, r)
	if err != nil {
		s.writeError(w, r, err)
		return nil, err
	}
	subject, err := authenticate()
	if err != nil {
		s.logRefusal(r, "authenticate has refused the login: "+logtext.Cut(err.Error()))
		return nil, err
	}
	var tokens *Tokens
	if err = p.spend(r.Context()); err == nil {
		tokens, err = s.begin(r.Context(), subject, about, p.jkt, false, nil)
	}
	switch {
	case err == ErrEnded:
		writeJSON(w, http.StatusBadRequest, oauthError("invalid_grant", "the session has ended"))
	case err != nil:
		s.writeError(w, r, err)
	default:
		answer.ForbidCaching(w.Header())
	}
	return tokens, err
}

// begin is Start, with tokens that are bound to the key jkt, unless it is "". With inCookies they are
// for cookies. It ends the session old, if it is not nil, after the new one is written.
func (s *Sessions[C]) begin(ctx context.Context, subject, about, jkt string, inCookies bool, old *refreshToken) (*Tokens, error) {
	if subject == "" || len(subject) > maxTextBytes || !utf8.ValidString(subject) {
		return nil, s.misconfigured(ctx, fmt.Errorf("%w: session: the subject %.40q is not 1 to %d bytes of UTF-8: pass the id of the user", jwthttp.ErrMisconfigured, subject, maxTextBytes))
	}
	within, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	token := newRefreshToken()
	_, now, err := s.load(within, token.key(jkt))
	if err != nil {
		return nil, err
	}
	r := Record{
		Key: token.key(jkt), Version: 1, Current: sha256.Sum256(token.current[:]), Written: now,
		ID: token.id(), Subject: subject, About: strings.ToValidUTF8(about[:min(len(about), maxTextBytes)], ""),
		LoggedIn: now, IdleEnd: now.Add(min(s.opts.Idle, s.opts.MaxLifetime)), End: now.Add(s.opts.MaxLifetime),
	}
	ends := time.Now().Add(r.IdleEnd.Sub(now))
	tokens, err := s.sign(within, &r, ends, jkt, inCookies)
	if err == ErrEnded {
		s.logWhy(ctx, whyLocked, &r)
	}
	if err != nil {
		return nil, err
	}
	most := s.opts.MaxPerSubject
	if most > 0 { // the new session comes after all that its login sees, whatever the clock says
		others, _, err := s.records(within, subject)
		if err != nil {
			return nil, err
		}
		if len(others) > 0 && r.Written.Before(others[0].Written.Add(time.Microsecond)) {
			r.Written = others[0].Written.Add(time.Microsecond)
		}
	}
	if written, err := s.store.Swap(within, r); err != nil || !written {
		err = s.unavailable(within, "the store", cmp.Or(err, errBusy))
		if !errors.Is(err, errBusy) {
			s.undo(ctx, &r)
		}
		return nil, err
	}
	if most > 0 {
		err = s.endWhere(ctx, subject, func(other *Record, now time.Time) bool {
			if other.Ended || other.isOver(now) || old != nil && other.Key == old.key("") {
				return false
			}
			most--
			return most < 0
		})
	}
	if err == nil && old != nil {
		if err = s.end(ctx, old.key(""), &proof{}); err == ErrEnded {
			err = nil
		}
	}
	if err != nil {
		s.end(ctx, r.Key, &proof{}) // if this fails too, nobody has its tokens
		return nil, err
	}
	tokens.Refresh, tokens.refreshExpires = token.String(), ends
	return tokens, nil
}

// undo deletes a record that may be written, for tokens that nobody gets. If this fails too, it ends by
// itself when it is idle.
func (c *core) undo(ctx context.Context, r *Record) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shortTimeout)
	defer cancel()
	if err := c.store.Delete(ctx, r.Key); err != nil {
		c.logWhy(ctx, "a login has failed, and its session may be in the store: "+logtext.Cut(err.Error()), r)
	}
}

// session returns what others may know of a record.
func (r *Record) session() Session {
	return Session{ID: r.ID, Subject: r.Subject, About: r.About, LoggedIn: r.LoggedIn, LastUsed: r.Written, Expires: r.IdleEnd}
}

const whyLocked = "the claims function returns ErrEnded for this user"

// sign returns an access token for a session. It expires at the time ends at the latest, but is good
// for the second that has begun. The error is one for the caller, and logged.
func (s *Sessions[C]) sign(ctx context.Context, r *Record, ends time.Time, jkt string, inCookie bool) (*Tokens, error) {
	claims, err := s.claims(ctx, r.session())
	if errors.Is(err, ErrEnded) {
		return nil, ErrEnded
	}
	if err != nil {
		return nil, s.unavailable(ctx, "the claims function", err)
	}
	more := []issue.Claim{{Name: "sub", Value: r.Subject}, {Name: "sid", Value: r.ID}, {Name: "auth_time", Value: r.LoggedIn.Unix()}}
	tokenType := "Bearer"
	if jkt != "" {
		more = append(more, issue.Claim{Name: "cnf", Value: map[string]string{s.proofs.Member(): jkt}})
		scheme, _ := s.proofs.Scheme()
		tokenType = cmp.Or(scheme, tokenType)
	}
	if now := time.Now(); ends.Before(now.Add(s.lifetime)) {
		more = append(more, issue.Claim{Name: "exp", Value: max(ends.Unix(), now.Unix()+1)})
	}
	token, expires, err := s.issuer.Token(ctx, claims, more...)
	if n := len(s.accessName) + len(token); inCookie && n > maxCookieBytes { // before anything is written
		err = fmt.Errorf("%w: session: the access token and the name of its cookie have %d bytes, and browsers drop a cookie of more than %d: return fewer claims", jwthttp.ErrMisconfigured, n, maxCookieBytes)
	}
	if errors.Is(err, jwthttp.ErrMisconfigured) {
		return nil, s.misconfigured(ctx, err)
	}
	if err != nil {
		return nil, s.unavailable(ctx, "the issuer", err)
	}
	return &Tokens{Access: token, Type: tokenType, ExpiresIn: max(int64(time.Until(expires).Seconds()), 1), accessExpires: expires}, nil
}

// renew takes one step with a refresh token. The error is ErrEnded, or wraps
// jwthttp.ErrUnavailable or jwthttp.ErrMisconfigured. Nothing is written before there is an access
// token to answer with.
func (s *Sessions[C]) renew(ctx context.Context, text string, p *proof, inCookies bool) (*Tokens, error) {
	token, ok := parseRefreshToken(text)
	if !ok || inCookies && s.proofs != nil { // a cookie from before the issuer had the Binding
		why := "it is no refresh token of these sessions: have the user log in again"
		if text == "" {
			why = "the request has no refresh token, in a cookie or in a form"
		}
		s.logWhy(ctx, why)
		return nil, ErrEnded
	}
	// A refresh that took longer would undo what its client has done since, with the same token.
	within, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	var tokens *Tokens
	for range attempts {
		r, now, err := s.load(within, token.key(p.jkt))
		if err != nil {
			return nil, err
		}
		if r.Version != 0 { // else anybody could fill the store of used proofs
			if err := p.spend(within); err != nil {
				return nil, err
			}
		}
		does := r.decide(&token.current, now, s.opts.Grace)
		switch does {
		case gone:
			s.logGone(ctx, &r, now)
			return nil, ErrEnded
		case finish, reuse:
			why := "the session was ended before, and what remained of that is done now"
			if does == reuse {
				why = "a refresh token was used twice, so its session ends"
				s.reuses.Log(ctx, s.opts.Logger, slog.LevelWarn, "session: a refresh token was used twice, so its session ends: it may have been stolen",
					slog.String("sid", r.ID), slog.String("subject", logtext.Cut(r.Subject)))
			}
			if err := s.finish(ctx, r, now); err != errBusy {
				if err == ErrEnded {
					s.logWhy(ctx, why, &r)
				}
				return nil, err
			}
			continue
		}
		next, secret := r.take(does, &token.current, now, s.opts.Idle)
		ends := time.Now().Add(next.IdleEnd.Sub(now)) // which is never after its End
		if tokens == nil || tokens.accessExpires.After(ends) {
			if tokens, err = s.sign(within, &r, ends, p.jkt, inCookies); err == ErrEnded {
				if err = s.end(ctx, r.Key, &proof{}); err == ErrEnded {
					s.logWhy(ctx, whyLocked+", and its session ends", &r)
				}
				return nil, err
			} else if err != nil {
				return nil, err
			}
		}
		if next.Version != r.Version {
			written, err := s.store.Swap(within, next)
			if err != nil {
				return nil, s.unavailable(within, "the store", err)
			}
			if !written {
				continue // another caller was faster: decide again
			}
		}
		token.current = secret
		tokens.Refresh, tokens.refreshExpires = token.String(), ends
		return tokens, nil
	}
	return nil, s.unavailable(ctx, "the store", errBusy)
}

var errBusy = errors.New("other callers were faster, four times in a row")

// logGone logs why a refresh token has no session that lives.
func (c *core) logGone(ctx context.Context, r *Record, now time.Time) {
	switch at := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }; {
	case r.Version == 0:
		c.logWhy(ctx, "no session has this refresh token: it was ended, or its time was over long ago, or the token is another one or, with proofs, another key's: have the user log in again")
	case !now.Before(r.End):
		c.logWhy(ctx, "the session had its end at "+at(r.End)+", MaxLifetime after its login: have the user log in again", r)
	default:
		c.logWhy(ctx, "the session was idle for too long, and over at "+at(r.IdleEnd)+": have the user log in again", r)
	}
}

// logNothing logs an ending that has found no session.
func (c *core) logNothing(ctx context.Context) {
	cmp.Or(c.opts.Logger, slog.Default()).DebugContext(ctx, "session: there was nothing to end",
		"err", "no session has this refresh token: it was ended before, or the token is another one or, with proofs, another key's")
}

// load returns the record of a key, and the time. The error is one for the caller, and logged.
func (c *core) load(ctx context.Context, key [sha256.Size]byte) (r Record, now time.Time, err error) {
	if r, now, err = c.store.Load(ctx, key); err == nil && r.Version != 0 && r.Key != key {
		err = errors.New("it has returned the record of another key")
	}
	if err != nil {
		err = c.unavailable(ctx, "the store", err)
	}
	return r, now, err
}

// end ends the session of a record. It returns ErrEnded, also if there was none.
func (c *core) end(ctx context.Context, key [sha256.Size]byte, p *proof) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout) // a client that leaves does not undo its logout
	defer cancel()
	for range attempts {
		r, now, err := c.load(ctx, key)
		if err != nil {
			return err
		}
		if r.Version == 0 {
			c.logNothing(ctx)
			return ErrEnded
		}
		if err := p.spend(ctx); err != nil {
			return err
		}
		if err := c.finish(ctx, r, now); err != errBusy {
			return err
		}
	}
	return c.unavailable(ctx, "the store", errBusy)
}

// finish takes the three steps of an ending, but for the mark of a record that has it. It returns
// ErrEnded, or errBusy if the record has changed. After a failure, the next call for the session goes
// on from here.
func (c *core) finish(ctx context.Context, r Record, now time.Time) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	if !r.Ended {
		r.Ended, r.Version = true, r.Version+1
		if end := now.Add(c.lifetime); r.IdleEnd.Before(end) {
			r.IdleEnd = end // or the store may drop the mark while access tokens live
		}
		if written, err := c.store.Swap(ctx, r); err != nil {
			return c.unavailable(ctx, "the store", err)
		} else if !written {
			return errBusy
		}
	}
	if c.opts.Revoked != nil {
		if err := c.opts.Revoked.RevokeSession(ctx, c.iss, r.ID); err != nil {
			return c.unavailable(ctx, "the denylist", err)
		}
	}
	if err := c.store.Delete(ctx, r.Key); err != nil {
		return c.unavailable(ctx, "the store", err)
	}
	return ErrEnded
}

// misconfigured logs a fault of the program, and returns it.
func (c *core) misconfigured(ctx context.Context, err error) error {
	c.faults.Log(ctx, c.opts.Logger, slog.LevelError, "session: a fault of the program, so the answer is a 500", slog.Any("err", err))
	return err
}

// unavailable returns the error for what failed, and logs it unless the client has left.
func (c *core) unavailable(ctx context.Context, what string, err error) error {
	if ctx.Err() != context.Canceled {
		c.failures.Log(ctx, c.opts.Logger, slog.LevelError, "session: "+what+" failed, so what needs it gets a 503", slog.String("err", logtext.Cut(err.Error())))
	}
	return fmt.Errorf("%w: session: %s failed: %w", jwthttp.ErrUnavailable, what, foreign{err})
}

// A foreign error has no kind by errors.Is: what failed is out of reach, whatever it says.
type foreign struct{ error }

func (e foreign) Is(target error) bool {
	return target != ErrEnded && !reason.IsKind(target) && errors.Is(e.error, target)
}

// List returns the sessions of a subject that live, the one that was used last first.
func (s *Sessions[C]) List(ctx context.Context, subject string) ([]Session, error) {
	var all []Session
	records, now, err := s.records(ctx, subject)
	for _, r := range records {
		if !r.Ended && !r.isOver(now) {
			all = append(all, r.session())
		}
	}
	return all, err
}

// records returns those of a subject, the one that was used last first, and the time: one order for all
// callers. There are those that are idle or over, and those whose ending has not been completed.
func (c *core) records(ctx context.Context, subject string) ([]Record, time.Time, error) {
	all, now, err := c.store.List(ctx, subject)
	if err != nil {
		return nil, now, c.unavailable(ctx, "the store", err)
	}
	slices.SortFunc(all, func(a, b Record) int { return cmp.Or(b.Written.Compare(a.Written), cmp.Compare(b.ID, a.ID)) })
	return all, now, nil
}

// End ends the session of a subject that has this id, if there is one. The error wraps
// [jwthttp.ErrUnavailable]: the session may still live, and End may be called again.
func (s *Sessions[C]) End(ctx context.Context, subject, id string) error {
	return s.endWhere(ctx, subject, func(r *Record, _ time.Time) bool { return r.ID == id })
}

// EndOthers ends all sessions of a subject but the one with the id keep. With "" it ends all of them.
// The errors are those of End.
func (s *Sessions[C]) EndOthers(ctx context.Context, subject, keep string) error {
	return s.endWhere(ctx, subject, func(r *Record, _ time.Time) bool { return r.ID != keep })
}

// endWhere also ends sessions that are idle since a moment ago: a refresh that began before may be about
// to keep one alive.
func (c *core) endWhere(ctx context.Context, subject string, isMeant func(r *Record, now time.Time) bool) error {
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	records, now, err := c.records(within, subject)
	for _, r := range records {
		isOver := !now.Before(r.End) || now.Sub(r.IdleEnd) > 2*refreshTimeout // for any refresh
		if !r.Ended && isOver || !isMeant(&r, now) {
			continue
		}
		if within.Err() != nil {
			return errors.Join(err, c.unavailable(within, "the store", within.Err()))
		}
		if errEnd := c.end(ctx, r.Key, &proof{}); errEnd != ErrEnded {
			err = errors.Join(err, errEnd)
		}
	}
	return err
}
