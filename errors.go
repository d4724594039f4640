package jwthttp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/internal/logtext"
)

// The kinds of failure. Every error that this package hands to an error
// handler, or returns from Authenticate and Verify, is exactly one of them by
// [errors.Is], whatever kind the errors of checks and key sources inside it may
// be; ErrUnknownKey comes along with ErrInvalidToken. Where golang-jwt has an
// error for the same reason (jwt.ErrTokenExpired, …) errors.Is finds that one
// too, and it finds the caller's own. The text is for logs: it says more than a
// client is told, on one line, and never holds the token, though a claim that
// could not be decoded may be named in it.
var (
	ErrNoToken           = errors.New("jwthttp: no token")                // 401: nothing was sent
	ErrInvalidRequest    = errors.New("jwthttp: invalid request")         // 400: more than one credential, or a malformed one
	ErrInvalidToken      = errors.New("jwthttp: invalid token")           // 401: the token was refused
	ErrForbidden         = errors.New("jwthttp: forbidden")               // 403: a good token, but not for this
	ErrInsufficientScope = errors.New("jwthttp: insufficient scope")      // 403: a good token, without a scope that is needed
	ErrCrossOrigin       = errors.New("jwthttp: cross-origin request")    // 403: another site used the browser's cookie
	ErrUnavailable       = errors.New("jwthttp: temporarily unavailable") // 503: keys or a check's store are out of reach
	ErrMisconfigured     = errors.New("jwthttp: misconfigured")           // 500: a fault of the program, such as a guard outside its middleware

	// ErrUnknownKey is what a [KeySource] returns when it has no key for the
	// token. Any other error of a key source is ErrUnavailable.
	ErrUnknownKey = errors.New("jwthttp: unknown key")
)

// The reasons for a failure, each with its word in Result. Their sentences are all
// that a client reads, so they are constants that need no escaping in a header or
// in JSON.
var (
	errNoToken      = newFailure(ErrNoToken, "no_token", "No access token was sent", nil)
	errTwoTokens    = newFailure(ErrInvalidRequest, "two_credentials", "The request carries more than one credential", nil)
	errCredential   = newFailure(ErrInvalidRequest, "malformed_credential", "The credential is malformed", nil)
	errManyCookies  = newFailure(ErrInvalidRequest, "malformed_credential", "The request carries too many cookies", nil).because(fmt.Errorf("at most %d are read", maxCookiePairs))
	errMalformed    = newFailure(ErrInvalidToken, "malformed_token", "The access token is malformed", jwt.ErrTokenMalformed)
	errTooLarge     = newFailure(ErrInvalidToken, "token_too_large", "The access token is too large", jwt.ErrTokenMalformed)
	errHeader       = newFailure(ErrInvalidToken, "header", "The access token has a header that is not accepted", jwt.ErrTokenUnverifiable)
	errType         = newFailure(ErrInvalidToken, "type", "The access token is of another type", jwt.ErrTokenUnverifiable)
	errUnknownKey   = newFailure(ErrInvalidToken, "unknown_key", "The access token was signed with an unknown key", errors.Join(ErrUnknownKey, jwt.ErrTokenUnverifiable))
	errSignature    = newFailure(ErrInvalidToken, "signature", "The access token signature is invalid", jwt.ErrTokenSignatureInvalid)
	errClaims       = newFailure(ErrInvalidToken, "claims", "The access token has malformed claims", jwt.ErrTokenInvalidClaims)
	errMissingClaim = newFailure(ErrInvalidToken, "missing_claim", "The access token lacks a required claim", jwt.ErrTokenRequiredClaimMissing)
	errBound        = newFailure(ErrInvalidToken, "sender_constrained", "The access token is bound to a key", jwt.ErrTokenInvalidClaims)
	errIssuer       = newFailure(ErrInvalidToken, "issuer", "The access token has another issuer", jwt.ErrTokenInvalidIssuer)
	errNoIssuer     = newFailure(ErrInvalidToken, "issuer", "The access token has another issuer", errors.Join(ErrUnknownKey, jwt.ErrTokenInvalidIssuer))
	errAudience     = newFailure(ErrInvalidToken, "audience", "The access token is for another audience", jwt.ErrTokenInvalidAudience)
	errNotYet       = newFailure(ErrInvalidToken, "not_yet_valid", "The access token is not valid yet", jwt.ErrTokenNotValidYet)
	errIssuedLater  = newFailure(ErrInvalidToken, "not_yet_valid", "The access token is not valid yet", jwt.ErrTokenUsedBeforeIssued)
	errExpired      = newFailure(ErrInvalidToken, "expired", "The access token expired", jwt.ErrTokenExpired)
	errRefused      = newFailure(ErrInvalidToken, "check", "The access token was refused", nil)
	errForbidden    = newFailure(ErrForbidden, "forbidden", "The access token does not allow this", nil)
	errScope        = newFailure(ErrInsufficientScope, "insufficient_scope", "The access token lacks a required scope", nil)
	errCrossOrigin  = newFailure(ErrCrossOrigin, "cross_origin", "The request comes from another origin", nil)
	errUnavailable  = newFailure(ErrUnavailable, "unavailable", "The access token cannot be checked at the moment", nil)

	errMisconfigured = newFailure(ErrMisconfigured, "misconfigured", "The server is misconfigured", nil)
)

// The same, with what helps whoever reads the log.
var (
	errNoScheme       = errCredential.because(errors.New("the Authorization header does not begin with the name of a scheme, such as Bearer"))
	errCookieValue    = errCredential.because(errors.New("the cookie has a byte that RFC 6265 section 4.1.1 forbids, such as a space, a comma or a quote"))
	errNotOurs        = errUnknownKey.because(errors.New("the key source has no key of the token's alg and kid"))
	errTooManyKeys    = errUnknownKey.because(fmt.Errorf("more than %d keys may have signed the token: have the issuer name one in kid, and a KeyFunc return that one alone", maxKeys))
	errUnasked        = errAudience.because(errors.New("the token has an aud and Options.Audience is empty: say there what this service is called, or set AllowAnyAudience"))
	errMissingExpiry  = errMissingClaim.because(errors.New("exp is missing"))
	errMissingIssued  = errMissingClaim.because(errors.New("iat is missing, which MaxAge needs"))
	errTooOld         = errExpired.because(errors.New("iat is further back than MaxAge"))
	errHeaderSize     = errHeader.because(errors.New("it is too large, nested too deep or has too many members"))
	errHeaderKeyID    = errHeader.because(errors.New("kid is no printable ASCII of at most 256 bytes"))
	errHeaderCritical = errHeader.because(errors.New("it has crit, b64, zip or enc"))
)

// A failure is why a request was refused. Values are never changed once made.
type failure struct {
	kind   error
	word   string // of Result.Reason
	reason error  // golang-jwt's name for it, or nil
	cause  error  // an inner error, or nil; no client ever sees it
	answer *answer
}

// An answer is what a client gets for a failure, but for what the door adds.
type answer struct {
	sentence  string
	status    int
	params    string // of the challenge, behind the realm
	challenge string // whole, with the default realm
	body      []byte // RFC 9457
}

func newFailure(kind error, word, sentence string, reason error) *failure {
	return &failure{kind: kind, word: word, reason: reason, answer: newAnswer(kind, sentence, "")}
}

// newAnswer puts scope, if any, between the error and its description.
func newAnswer(kind error, sentence, scope string) *answer {
	a := &answer{sentence: sentence}
	var code string
	switch kind {
	case ErrNoToken:
		a.status = http.StatusUnauthorized // RFC 6750 section 3.1: no code where nothing was sent
	case ErrInvalidRequest:
		a.status, code = http.StatusBadRequest, "invalid_request"
	case ErrInvalidToken:
		a.status, code = http.StatusUnauthorized, "invalid_token"
	case ErrForbidden:
		a.status, code = http.StatusForbidden, "forbidden"
	case ErrInsufficientScope:
		a.status, code = http.StatusForbidden, "insufficient_scope"
	case ErrCrossOrigin:
		a.status, code = http.StatusForbidden, "cross_origin"
	case ErrUnavailable:
		a.status, code = http.StatusServiceUnavailable, "temporarily_unavailable"
	case ErrMisconfigured:
		a.status, code = http.StatusInternalServerError, "server_error"
	}
	member := ""
	if code != "" {
		if scope != "" {
			scope = `, scope="` + scope + `"`
		}
		a.params = `, error="` + code + `"` + scope + `, error_description="` + sentence + `"`
		member = `,"error":"` + code + `"`
	}
	a.challenge = a.challengeAt(&door{realm: defaultRealm})
	a.body = fmt.Appendf(nil, `{"title":%q,"status":%d,"detail":%q%s}`+"\n", http.StatusText(a.status), a.status, sentence, member)
	return a
}

// challengeAt is the value of WWW-Authenticate, RFC 6750 section 3, RFC 9728
// section 5.1.
func (a *answer) challengeAt(d *door) string {
	challenge := `Bearer realm="` + d.realm + `"` + a.params
	if d.metadata != "" {
		challenge += `, resource_metadata="` + d.metadata + `"`
	}
	return challenge
}

// Error cuts the text of an inner error at 256 bytes and keeps it on one line:
// it may hold what an attacker chose, and it ends up in logs.
func (f *failure) Error() string {
	text := f.kind.Error() + ": " + f.answer.sentence
	if f.cause == nil {
		return text
	}
	return text + ": " + logtext.Cut(f.cause.Error())
}

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
	g.cause = inner{cause}
	return &g
}

// An inner error keeps its kind to itself: the failure around it has its own.
type inner struct{ error }

func (e inner) Is(target error) bool {
	switch target {
	case ErrNoToken, ErrInvalidRequest, ErrInvalidToken, ErrForbidden, ErrInsufficientScope, ErrCrossOrigin, ErrUnavailable, ErrMisconfigured, ErrUnknownKey:
		return false
	}
	return errors.Is(e.error, target)
}

func (e inner) As(target any) bool { return errors.As(e.error, target) }

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
	realm    string
	metadata string // the URL of RFC 9728, or ""
	write    func(w http.ResponseWriter, r *http.Request, err error)
}

// A refusal is a failure at a door, whose realm the challenge then names.
type refusal struct {
	*failure
	door *door
}

// mark returns err as a refusal at this door. Every error that leaves a
// middleware over HTTP passes here.
func (d *door) mark(err error) error {
	f, _ := failureOf(err)
	return &refusal{f, d}
}

// failureOf finds the outermost failure in err, or the one that fits its kind,
// and the door it was refused at, or nil.
func failureOf(err error) (*failure, *door) {
	if f, ok := err.(*failure); ok {
		return f, nil
	}
	var r *refusal
	if errors.As(err, &r) {
		return r.failure, r.door
	}
	for _, f := range []*failure{errMisconfigured, errUnavailable, errNoToken, errCredential, errCrossOrigin, errForbidden, errScope} {
		if errors.Is(err, f.kind) {
			return f.because(err), nil
		}
	}
	return blame(errRefused, err), nil
}

// WriteError answers a refused request: the status, the challenge (RFC 6750
// section 3, RFC 9110 section 11) and a problem document (RFC 9457) that err's
// kind asks for. It is the default of [Options].ErrorHandler; a custom handler
// falls back to it by handing on the error it was given, wrapped or not, so
// that the challenge names the realm of the middleware that refused. An error
// of no known kind is answered like a refused token, unless it wraps
// [context.DeadlineExceeded] or [context.Canceled]. No text of an inner error
// and no byte of the request reaches the client. It is safe for concurrent use.
//
// Header fields that were set before stay, such as Vary, Set-Cookie and those of
// CORS, unless they describe another body or let caches keep this one, as Etag,
// Location and CDN-Cache-Control do. Content-Encoding stays: a middleware outside
// that has set it compresses this body too.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	f, d := failureOf(err)
	h := w.Header()
	for name := range h {
		if isOfAnotherAnswer(http.CanonicalHeaderKey(name)) {
			delete(h, name)
		}
	}
	h.Set("Cache-Control", "no-store")
	switch f.kind {
	case ErrNoToken, ErrInvalidRequest, ErrInvalidToken, ErrInsufficientScope:
		challenge := f.answer.challenge
		if d != nil && (d.realm != defaultRealm || d.metadata != "") {
			challenge = f.answer.challengeAt(d)
		}
		h.Set("WWW-Authenticate", challenge)
	case ErrUnavailable:
		h.Set("Retry-After", "5")
	}
	h.Set("Content-Type", "application/problem+json")
	w.WriteHeader(f.answer.status)
	if r.Method != http.MethodHead { // RFC 9110 section 9.3.2: the same fields, no body
		w.Write(f.answer.body)
	}
}

// isOfAnotherAnswer reports whether a header field that is there already was meant
// for an answer that is not given now.
func isOfAnotherAnswer(name string) bool {
	switch name {
	case "Www-Authenticate", "Retry-After", "Location", "Refresh", "X-Accel-Redirect", "X-Sendfile":
		return true // they send the client, or a proxy, to something else
	case "Content-Type", "Content-Length", "Content-Range", "Accept-Ranges", "Content-Disposition", "Content-Language", "Content-Location",
		"Etag", "Last-Modified", "Trailer",
		"Digest", "Content-Digest", "Repr-Digest", "Content-Md5": // RFC 9530, and what it replaces
		return true
	case "Cache-Control", "Expires", "Age", "Surrogate-Control", "Edge-Control", "X-Accel-Expires":
		return true
	}
	// CDN-Cache-Control (RFC 9213) and its kin, one for each vendor, override no-store.
	// http.TrailerPrefix announces a trailer in its own way.
	return strings.HasSuffix(name, "-Cache-Control") || strings.HasPrefix(name, http.TrailerPrefix)
}
