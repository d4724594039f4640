package jwthttp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/jwthttp/jwthttp/internal/answer"
	"github.com/jwthttp/jwthttp/internal/logtext"
	"github.com/jwthttp/jwthttp/internal/reason"
)

// The kinds of failure. Every error that this package passes to an error handler, or returns from
// Authenticate and Verify, is exactly one of them by [errors.Is]. The error of a check or of a
// key source, which it may wrap, does not change its kind. [errors.Is] also finds:
//   - ErrUnknownKey, beside ErrInvalidToken
//   - golang-jwt's error for the same reason, such as [jwt.ErrTokenExpired]
//   - the caller's own error
//
// The text is for logs. It says more than a client is told, on one line. It never holds the
// token, but may name a claim that could not be decoded.
var (
	ErrNoToken           = reason.ErrNoToken           // 401: nothing was sent
	ErrInvalidRequest    = reason.ErrInvalidRequest    // 400: more than one credential, or a malformed one
	ErrInvalidToken      = reason.ErrInvalidToken      // 401: the token was refused
	ErrForbidden         = reason.ErrForbidden         // 403: the token is good, and Require refused it
	ErrInsufficientScope = reason.ErrInsufficientScope // 403: the token is good, and lacks a scope
	ErrCrossOrigin       = reason.ErrCrossOrigin       // 403: another site used the browser's cookie
	ErrUnavailable       = reason.ErrUnavailable       // 503: keys or a check's store are out of reach
	ErrMisconfigured     = reason.ErrMisconfigured     // 500: a fault of the program, such as a guard outside its middleware

	// 401: the token is good, and oauth.RequireRecent wants a newer or a stronger login
	ErrInsufficientUserAuthentication = reason.ErrInsufficientUserAuthentication

	ErrInvalidProof = reason.ErrInvalidProof // 401: the proof of a bound token was refused
	ErrUseNonce     = reason.ErrUseNonce     // 401: the proof needs a current nonce of the server

	// ErrUnknownKey is what a [KeySource] returns when it has no key for the token. Any other
	// error of a key source is ErrUnavailable.
	ErrUnknownKey = reason.ErrUnknownKey
)

// A failure is why one request was refused. It is never changed once it is made.
type failure struct {
	*reason.Reason
	inner any      // the error that led to it, or a detailer, or nil; no client sees it
	at    *attempt // of the middleware that refused; nil if it is not known
}

// Error is on one line: it may hold what an attacker chose, and it ends up in logs.
func (f *failure) Error() string {
	text := ""
	switch inner := f.inner.(type) {
	case detailer:
		text = inner.detail(f)
	case error:
		text = logtext.Cut(strings.TrimPrefix(inner.Error(), f.Err.Error()+": ")) // the kind once
	}
	if text == "" {
		return f.Reason.Error()
	}
	return f.Reason.Error() + ": " + text
}

// Format prints Error under every verb, and so nothing else of the request.
func (f *failure) Format(s fmt.State, _ rune) { s.Write([]byte(f.Error())) }

// MarshalText is Error: neither JSON nor log/slog show more.
func (f *failure) MarshalText() ([]byte, error) { return []byte(f.Error()), nil }

func (f *failure) Unwrap() []error {
	if cause, ok := f.inner.(error); ok {
		return append(f.Reason.Unwrap(), cause)
	}
	return f.Reason.Unwrap()
}

// because returns the failure for r with the inner error that led to it.
func because(r *reason.Reason, cause error) *failure {
	return &failure{Reason: r, inner: innerError{cause}}
}

// An innerError has no kind by errors.Is: the failure around it has its own.
type innerError struct{ error }

func (e innerError) Is(target error) bool {
	return !reason.IsKind(target) && target != ErrUnknownKey && errors.Is(e.error, target)
}

func (e innerError) As(target any) bool { return errors.As(e.error, target) }

// orUnavailable returns the failure for an error of the caller's code: for r, or for
// reason.Unavailable if something is out of reach.
func orUnavailable(r *reason.Reason, err error) *failure {
	if isUnavailable(err) {
		r = reason.Unavailable
	}
	return because(r, err)
}

// unfitRequest returns the refusal for an error of credential.Find.
func unfitRequest(err error) error {
	if err == error(reason.NoToken) {
		return err
	}
	if r, ok := err.(refusal); ok && r.Self().Err == ErrInvalidRequest {
		return err
	}
	return orUnavailable(reason.Credential, err)
}

func isUnavailable(err error) bool {
	return errors.Is(err, ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// A refusal is a *failure or a *reason.Reason.
type refusal interface {
	error
	Self() *reason.Reason
}

// failureOf returns err as a failure: a refusal itself, the failure of a middleware that err
// wraps, or one of the kind that err wraps.
func failureOf(err error) failure {
	switch r := err.(type) {
	case *failure:
		return *r
	case *reason.Reason:
		return failure{Reason: r}
	}
	var f *failure
	if errors.As(err, &f) && f.at != nil {
		return *f
	}
	if r := reason.OfKind(err); r != reason.Check {
		return *because(r, err)
	}
	return *orUnavailable(reason.Check, err)
}

// WriteError answers a refused request: the status, the challenge (RFC 6750 section 3, RFC 9110
// section 11) and a problem document (RFC 9457) that err's kind asks for. No text of an inner
// error and no byte of the request reaches the client.
//
// It is the default of [Options].ErrorHandler. A custom handler may call it with the error that
// it was given, wrapped or not. The challenges are then those of the middleware that refused: one
// for each scheme, with the error in that of the scheme that was tried. An error of no known kind
// is answered like a refused token, or with a 503 if it wraps [context.DeadlineExceeded] or
// [context.Canceled].
//
// Header fields that were set before stay, such as Vary, Set-Cookie and those of CORS. Those that
// describe another body, or let caches keep this one, are removed: Etag, Location,
// CDN-Cache-Control and their like. Content-Encoding stays: a middleware outside has set it and
// compresses this body too.
//
// WriteError logs nothing. It is safe for concurrent use.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	f := failureOf(err)
	if f.at == nil {
		f.Answer.Write(w, r, nil, answer.SeveralSchemes)
		return
	}
	f.Answer.Write(w, r, &f.at.service, f.at.scheme)
}
