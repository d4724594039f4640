package jwthttp

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
)

// The kinds of failure. Every error that this package hands to an error
// handler, or returns from Authenticate and Verify, is exactly one of them by
// [errors.Is]; ErrUnknownKey comes along with ErrInvalidToken. Where golang-jwt
// has an error for the same reason (jwt.ErrTokenExpired, …) errors.Is finds
// that one too.
var (
	ErrNoToken        = errors.New("jwthttp: no token")                // 401: nothing was sent
	ErrInvalidRequest = errors.New("jwthttp: invalid request")         // 400: more than one credential, or a malformed one
	ErrInvalidToken   = errors.New("jwthttp: invalid token")           // 401: the token was refused
	ErrForbidden      = errors.New("jwthttp: forbidden")               // 403: a good token, but not for this
	ErrCrossOrigin    = errors.New("jwthttp: cross-origin request")    // 403: another site used the browser's cookie
	ErrUnavailable    = errors.New("jwthttp: temporarily unavailable") // 503: keys or a check's store are out of reach

	// ErrUnknownKey is what a [KeySource] returns when it has no key for the
	// token. Any other error of a key source is ErrUnavailable.
	ErrUnknownKey = errors.New("jwthttp: unknown key")
)

// The reasons for a failure. Their sentences are all that a client reads, so
// they are constants that need no escaping in a header or in JSON.
var (
	errNoToken      = &failure{kind: ErrNoToken, sentence: "No access token was sent"}
	errTwoTokens    = &failure{kind: ErrInvalidRequest, sentence: "The request carries more than one credential"}
	errCredential   = &failure{kind: ErrInvalidRequest, sentence: "The credential is malformed"}
	errMalformed    = &failure{kind: ErrInvalidToken, sentence: "The access token is malformed", reason: jwt.ErrTokenMalformed}
	errTooLarge     = &failure{kind: ErrInvalidToken, sentence: "The access token is too large", reason: jwt.ErrTokenMalformed}
	errHeader       = &failure{kind: ErrInvalidToken, sentence: "The access token has a header that is not accepted", reason: jwt.ErrTokenUnverifiable}
	errType         = &failure{kind: ErrInvalidToken, sentence: "The access token is of another type", reason: jwt.ErrTokenUnverifiable}
	errUnknownKey   = &failure{kind: ErrInvalidToken, sentence: "The access token was signed with an unknown key", reason: errors.Join(ErrUnknownKey, jwt.ErrTokenUnverifiable)}
	errSignature    = &failure{kind: ErrInvalidToken, sentence: "The access token signature is invalid", reason: jwt.ErrTokenSignatureInvalid}
	errClaims       = &failure{kind: ErrInvalidToken, sentence: "The access token has malformed claims", reason: jwt.ErrTokenInvalidClaims}
	errMissingClaim = &failure{kind: ErrInvalidToken, sentence: "The access token lacks a required claim", reason: jwt.ErrTokenRequiredClaimMissing}
	errBound        = &failure{kind: ErrInvalidToken, sentence: "The access token is bound to a key", reason: jwt.ErrTokenInvalidClaims}
	errIssuer       = &failure{kind: ErrInvalidToken, sentence: "The access token has another issuer", reason: jwt.ErrTokenInvalidIssuer}
	errAudience     = &failure{kind: ErrInvalidToken, sentence: "The access token is for another audience", reason: jwt.ErrTokenInvalidAudience}
	errNotYet       = &failure{kind: ErrInvalidToken, sentence: "The access token is not valid yet", reason: jwt.ErrTokenNotValidYet}
	errIssuedLater  = &failure{kind: ErrInvalidToken, sentence: "The access token is not valid yet", reason: jwt.ErrTokenUsedBeforeIssued}
	errExpired      = &failure{kind: ErrInvalidToken, sentence: "The access token expired", reason: jwt.ErrTokenExpired}
	errRefused      = &failure{kind: ErrInvalidToken, sentence: "The access token was refused"}
	errForbidden    = &failure{kind: ErrForbidden, sentence: "The access token does not allow this"}
	errCrossOrigin  = &failure{kind: ErrCrossOrigin, sentence: "The request comes from another origin"}
	errUnavailable  = &failure{kind: ErrUnavailable, sentence: "The access token cannot be checked at the moment"}
)

// A failure is why a request was refused. Values are never changed once made.
type failure struct {
	kind     error  // decides the answer
	sentence string // what the client reads
	reason   error  // golang-jwt's name for it, or nil
	cause    error  // an inner error, or nil; no client ever sees it
	door     *door  // whose realm the challenge names; nil outside a door
}

// Error cuts the text of an inner error at 256 bytes: it may hold what an
// attacker chose, and it ends up in logs.
func (f *failure) Error() string {
	text := f.kind.Error() + ": " + f.sentence
	if f.cause == nil {
		return text
	}
	cause := f.cause.Error()
	if len(cause) > maxLoggedBytes {
		cut := maxLoggedBytes
		for cut > 0 && !utf8.RuneStart(cause[cut]) {
			cut--
		}
		cause = cause[:cut]
	}
	return text + ": " + cause
}

const maxLoggedBytes = 256

func (f *failure) Unwrap() []error {
	errs := []error{f.kind}
	if f.reason != nil {
		errs = append(errs, f.reason)
	}
	if f.cause != nil {
		errs = append(errs, f.cause)
	}
	return errs
}

// because returns f with the inner error that led to it.
func (f *failure) because(cause error) *failure {
	g := *f
	g.cause = cause
	return &g
}

// blame turns an error of the caller's own code into a failure: theirs is the
// given one, ours is a 503.
func blame(theirs *failure, err error) *failure {
	if errors.Is(err, ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return errUnavailable.because(err)
	}
	return theirs.because(err)
}

// A door is what guards behind a middleware need of it to answer as it does.
type door struct {
	realm string
	write func(w http.ResponseWriter, r *http.Request, err error)
}

// mark returns err as a failure at this door. Every error that leaves the
// package passes here.
func (d *door) mark(err error) error {
	f := *failureOf(err)
	f.door = d
	return &f
}

// failureOf finds the outermost failure in err, or the one that fits its kind.
func failureOf(err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	for _, f := range []*failure{errUnavailable, errNoToken, errCredential, errCrossOrigin, errForbidden} {
		if errors.Is(err, f.kind) {
			return f.because(err)
		}
	}
	return blame(errRefused, err)
}

// WriteError answers a refused request: the status, the challenge (RFC 6750
// section 3, RFC 9110 section 11) and a problem document (RFC 9457) that err's
// kind asks for. It is the default of [Options].ErrorHandler; a custom handler
// falls back to it by handing on the error it was given, wrapped or not, so
// that the challenge names the realm of the middleware that refused. An error
// of no known kind is answered like a refused token, unless it wraps
// [context.DeadlineExceeded] or [context.Canceled]. No text of an inner error
// and no byte of the request reaches the client. It is safe for concurrent use.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	f := failureOf(err)
	status, code := f.answer()

	h := w.Header()
	for _, name := range []string{"Content-Length", "Content-Encoding", "Etag", "Last-Modified"} {
		h.Del(name) // they were meant for an answer that is not given now
	}
	h.Set("Cache-Control", "no-store")
	switch f.kind {
	case ErrNoToken, ErrInvalidRequest, ErrInvalidToken:
		h.Set("WWW-Authenticate", f.challenge(code))
	case ErrUnavailable:
		h.Set("Retry-After", "5")
	}
	if r.Method == http.MethodHead {
		w.WriteHeader(status)
		return
	}
	body := `{"title":"` + http.StatusText(status) + `","status":` + strconv.Itoa(status) + `,"detail":"` + f.sentence + `"`
	if code != "" {
		body += `,"error":"` + code + `"`
	}
	h.Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	io.WriteString(w, body+"}\n")
}

// answer is the status and the error code that a client gets.
func (f *failure) answer() (status int, code string) {
	switch f.kind {
	case ErrNoToken:
		return http.StatusUnauthorized, "" // RFC 6750 section 3.1: no code where nothing was sent
	case ErrInvalidRequest:
		return http.StatusBadRequest, "invalid_request"
	case ErrForbidden:
		return http.StatusForbidden, "forbidden"
	case ErrCrossOrigin:
		return http.StatusForbidden, "cross_origin"
	case ErrUnavailable:
		return http.StatusServiceUnavailable, "temporarily_unavailable"
	default:
		return http.StatusUnauthorized, "invalid_token"
	}
}

// challenge is the value of WWW-Authenticate, RFC 6750 section 3.
func (f *failure) challenge(code string) string {
	realm := defaultRealm
	if f.door != nil {
		realm = f.door.realm
	}
	challenge := `Bearer realm="` + realm + `"`
	if code != "" {
		challenge += `, error="` + code + `", error_description="` + f.sentence + `"`
	}
	return challenge
}
