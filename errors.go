package jwthttp

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/internal/logtext"
)

// The kinds of failure. Every error that this package passes to an error handler, or
// returns from Authenticate and Verify, is exactly one of them by [errors.Is]. Errors of
// checks and key sources inside it do not change its kind. [errors.Is] also finds:
//   - ErrUnknownKey, beside ErrInvalidToken
//   - golang-jwt's error for the same reason, such as [jwt.ErrTokenExpired]
//   - the caller's own error
//
// The text is for logs. It says more than a client is told, on one line. It never holds the
// token, but may name a claim that could not be decoded.
var (
	ErrNoToken           = errors.New("jwthttp: no token")                // 401: nothing was sent
	ErrInvalidRequest    = errors.New("jwthttp: invalid request")         // 400: more than one credential, or a malformed one
	ErrInvalidToken      = errors.New("jwthttp: invalid token")           // 401: the token was refused
	ErrForbidden         = errors.New("jwthttp: forbidden")               // 403: a good token, but not for this
	ErrInsufficientScope = errors.New("jwthttp: insufficient scope")      // 403: a good token, without a scope that is needed
	ErrCrossOrigin       = errors.New("jwthttp: cross-origin request")    // 403: another site used the browser's cookie
	ErrUnavailable       = errors.New("jwthttp: temporarily unavailable") // 503: keys or a check's store are out of reach
	ErrMisconfigured     = errors.New("jwthttp: misconfigured")           // 500: a fault of the program, such as a guard outside its middleware

	// ErrUnknownKey is what a [KeySource] returns when it has no key for the token.
	// Any other error of a key source is ErrUnavailable.
	ErrUnknownKey = errors.New("jwthttp: unknown key")
)

// A kind says how the failures of one of these errors are answered.
type kind struct {
	err        error
	status     int
	code       string // the error of challenge and body, RFC 6750 section 3.1; "" for none
	challenges bool   // the answer has WWW-Authenticate
}

var (
	noToken           = &kind{ErrNoToken, http.StatusUnauthorized, "", true} // no code where nothing was sent
	invalidRequest    = &kind{ErrInvalidRequest, http.StatusBadRequest, "invalid_request", true}
	invalidToken      = &kind{ErrInvalidToken, http.StatusUnauthorized, "invalid_token", true}
	forbidden         = &kind{ErrForbidden, http.StatusForbidden, "forbidden", false}
	insufficientScope = &kind{ErrInsufficientScope, http.StatusForbidden, "insufficient_scope", true}
	crossOrigin       = &kind{ErrCrossOrigin, http.StatusForbidden, "cross_origin", false}
	unavailable       = &kind{ErrUnavailable, http.StatusServiceUnavailable, "temporarily_unavailable", false}
	misconfigured     = &kind{ErrMisconfigured, http.StatusInternalServerError, "server_error", false}
)

// The words of Result.Reason.
const (
	reasonNoToken             = "no_token"             // nothing was sent, or a guard found no token
	reasonTwoCredentials      = "two_credentials"      // in one place, or in two
	reasonMalformedCredential = "malformed_credential" // a header or cookie that does not hold one token
	reasonCrossOrigin         = "cross_origin"         // the browser's cookie, sent for another site
	reasonMalformedToken      = "malformed_token"      // three segments, base64url, JSON: one is not there
	reasonTokenTooLarge       = "token_too_large"      // larger than MaxTokenBytes, or than a cookie may be
	reasonHeader              = "header"               // limits of the header, or crit, b64, zip, enc
	reasonType                = "type"                 // typ is for something else
	reasonUnknownKey          = "unknown_key"          // no key for alg and kid, or too many
	reasonSignature           = "signature"            // it failed under all keys that were tried
	reasonClaims              = "claims"               // the payload does not fit the claims type, or the RFC
	reasonMissingClaim        = "missing_claim"        // exp or iat
	reasonSenderConstrained   = "sender_constrained"   // cnf is there
	reasonIssuer              = "issuer"               // another iss, or none
	reasonAudience            = "audience"             // another aud, none, or one where none is configured
	reasonNotYetValid         = "not_yet_valid"        // nbf or iat is ahead
	reasonExpired             = "expired"              // exp, or MaxAge, is over
	reasonCheck               = "check"                // a Validate method, or a check
	reasonForbidden           = "forbidden"            // Require
	reasonInsufficientScope   = "insufficient_scope"   // RequireScopes, RequireAnyScope
	reasonUnavailable         = "unavailable"          // keys, or the store of a check
	reasonCanceled            = "canceled"             // the same, but the client had given up
	reasonMisconfigured       = "misconfigured"        // a fault of the program
)

// A reason is why requests are refused. Its sentence is all that a client reads, so it is a
// constant that needs no escaping in a header or in JSON.
type reason struct {
	kind     *kind
	word     string
	sentence string
	alias    error // golang-jwt's error for the same, or nil
	answer   *answer
}

// A failure is why one request was refused. It is never changed once it is made.
type failure struct {
	*reason
	cause error      // an inner error, or nil; no client sees it
	at    *responder // of the middleware that refused; nil if it is not known
}

func newFailure(k *kind, word, sentence string, alias error) *failure {
	return &failure{reason: &reason{k, word, sentence, alias, newAnswer(k, sentence, "")}}
}

var (
	errNoToken       = newFailure(noToken, reasonNoToken, "No access token was sent", nil)
	errTwoTokens     = newFailure(invalidRequest, reasonTwoCredentials, "The request carries more than one credential", nil)
	errCredential    = newFailure(invalidRequest, reasonMalformedCredential, "The credential is malformed", nil)
	errManyCookies   = newFailure(invalidRequest, reasonMalformedCredential, "The request carries too many cookies", nil)
	errMalformed     = newFailure(invalidToken, reasonMalformedToken, "The access token is malformed", jwt.ErrTokenMalformed)
	errTooLarge      = newFailure(invalidToken, reasonTokenTooLarge, "The access token is too large", jwt.ErrTokenMalformed)
	errHeader        = newFailure(invalidToken, reasonHeader, "The access token has a header that is not accepted", jwt.ErrTokenUnverifiable)
	errType          = newFailure(invalidToken, reasonType, "The access token is of another type", jwt.ErrTokenUnverifiable)
	errUnknownKey    = newFailure(invalidToken, reasonUnknownKey, "The access token was signed with an unknown key", errors.Join(ErrUnknownKey, jwt.ErrTokenUnverifiable))
	errSignature     = newFailure(invalidToken, reasonSignature, "The access token signature is invalid", jwt.ErrTokenSignatureInvalid)
	errClaims        = newFailure(invalidToken, reasonClaims, "The access token has malformed claims", jwt.ErrTokenInvalidClaims)
	errMissingClaim  = newFailure(invalidToken, reasonMissingClaim, "The access token lacks a required claim", jwt.ErrTokenRequiredClaimMissing)
	errBound         = newFailure(invalidToken, reasonSenderConstrained, "The access token is bound to a key", jwt.ErrTokenInvalidClaims)
	errIssuer        = newFailure(invalidToken, reasonIssuer, "The access token has another issuer", jwt.ErrTokenInvalidIssuer)
	errNoIssuer      = newFailure(invalidToken, reasonIssuer, "The access token has another issuer", errors.Join(ErrUnknownKey, jwt.ErrTokenInvalidIssuer))
	errAudience      = newFailure(invalidToken, reasonAudience, "The access token is for another audience", jwt.ErrTokenInvalidAudience)
	errNotYet        = newFailure(invalidToken, reasonNotYetValid, "The access token is not valid yet", jwt.ErrTokenNotValidYet)
	errIssuedLater   = newFailure(invalidToken, reasonNotYetValid, "The access token is not valid yet", jwt.ErrTokenUsedBeforeIssued)
	errExpired       = newFailure(invalidToken, reasonExpired, "The access token expired", jwt.ErrTokenExpired)
	errRefused       = newFailure(invalidToken, reasonCheck, "The access token was refused", nil)
	errForbidden     = newFailure(forbidden, reasonForbidden, "The access token does not allow this", nil)
	errScope         = newFailure(insufficientScope, reasonInsufficientScope, "The access token lacks a required scope", nil)
	errCrossOrigin   = newFailure(crossOrigin, reasonCrossOrigin, "The request comes from another origin", nil)
	errUnavailable   = newFailure(unavailable, reasonUnavailable, "The access token cannot be checked at the moment", nil)
	errMisconfigured = newFailure(misconfigured, reasonMisconfigured, "The server is misconfigured", nil)
)

// usual has one failure of each kind: what an error that wraps the kind is taken for. The
// first that fits counts.
var usual = []*failure{errMisconfigured, errUnavailable, errNoToken, errCredential, errCrossOrigin, errForbidden, errScope, errRefused}

// Error cuts the text of an inner error at 256 bytes and keeps it on one line: it may hold
// what an attacker chose, and it ends up in logs.
func (f *failure) Error() string {
	text := f.kind.err.Error() + ": " + f.sentence
	if f.cause == nil {
		return text
	}
	return text + ": " + logtext.Cut(f.cause.Error())
}

func (f *failure) Unwrap() []error {
	errs := []error{f.kind.err}
	if f.alias != nil {
		errs = append(errs, f.alias)
	}
	if f.cause != nil {
		errs = append(errs, f.cause)
	}
	return errs
}

// because returns f with the inner error that led to it.
func (f *failure) because(cause error) *failure {
	g := *f
	g.cause = innerError{cause}
	return &g
}

// An innerError has no kind by errors.Is: the failure around it has its own.
type innerError struct{ error }

func (e innerError) Is(target error) bool {
	for _, f := range usual {
		if target == f.kind.err {
			return false
		}
	}
	return target != ErrUnknownKey && errors.Is(e.error, target)
}

func (e innerError) As(target any) bool { return errors.As(e.error, target) }

// orUnavailable returns the failure for an error of the caller's code: f, or errUnavailable
// if something is out of reach.
func (f *failure) orUnavailable(err error) *failure {
	if errors.Is(err, ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return errUnavailable.because(err)
	}
	return f.because(err)
}

// failureOf returns the outermost failure in err, or makes one of the kind that err wraps.
func failureOf(err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	for _, f := range usual {
		if f != errRefused && errors.Is(err, f.kind.err) {
			return f.because(err)
		}
	}
	return errRefused.orUnavailable(err)
}

// prefixed returns err with a prefix before each of the errors that are joined in it.
func prefixed(prefix string, err error) error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return fmt.Errorf("%s%w", prefix, err)
	}
	var errs []error
	for _, e := range joined.Unwrap() {
		errs = append(errs, prefixed(prefix, e))
	}
	return errors.Join(errs...)
}
