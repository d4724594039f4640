// Package reason has every reason for which a request is refused, and its answer.
package reason

import (
	"errors"
	"net/http"
	"slices"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/internal/answer"
)

// The kinds of error that package jwthttp exports, under the same names.
var (
	ErrNoToken           = errors.New("jwthttp: no token")
	ErrInvalidRequest    = errors.New("jwthttp: invalid request")
	ErrInvalidToken      = errors.New("jwthttp: invalid token")
	ErrForbidden         = errors.New("jwthttp: forbidden")
	ErrInsufficientScope = errors.New("jwthttp: insufficient scope")
	ErrCrossOrigin       = errors.New("jwthttp: cross-origin request")
	ErrUnavailable       = errors.New("jwthttp: temporarily unavailable")
	ErrMisconfigured     = errors.New("jwthttp: misconfigured")
	ErrInvalidProof      = errors.New("jwthttp: invalid proof of possession")
	ErrUseNonce          = errors.New("jwthttp: a nonce of the server is needed")

	ErrInsufficientUserAuthentication = errors.New("jwthttp: insufficient user authentication")

	ErrUnknownKey = errors.New("jwthttp: unknown key") // not a kind
)

// A Kind says how the refusals of one of these errors are answered.
type Kind struct {
	Err        error
	status     int
	code       string // the error of challenge and body, RFC 6750 section 3.1; "" for none
	challenges bool   // the answer has WWW-Authenticate
}

var (
	noToken           = &Kind{ErrNoToken, http.StatusUnauthorized, "", true} // no code where nothing was sent
	invalidRequest    = &Kind{ErrInvalidRequest, http.StatusBadRequest, "invalid_request", true}
	invalidToken      = &Kind{ErrInvalidToken, http.StatusUnauthorized, "invalid_token", true}
	invalidProof      = &Kind{ErrInvalidProof, http.StatusUnauthorized, "invalid_dpop_proof", true}
	useNonce          = &Kind{ErrUseNonce, http.StatusUnauthorized, "use_dpop_nonce", true}
	forbidden         = &Kind{ErrForbidden, http.StatusForbidden, "forbidden", false}
	insufficientScope = &Kind{ErrInsufficientScope, http.StatusForbidden, "insufficient_scope", true}
	insufficientLogin = &Kind{ErrInsufficientUserAuthentication, http.StatusUnauthorized, "insufficient_user_authentication", true}
	crossOrigin       = &Kind{ErrCrossOrigin, http.StatusForbidden, "cross_origin", false}
	unavailable       = &Kind{ErrUnavailable, http.StatusServiceUnavailable, "temporarily_unavailable", false}
	misconfigured     = &Kind{ErrMisconfigured, http.StatusInternalServerError, "server_error", false}
)

// A Reason is why requests are refused. It is an error of its kind. It is never changed.
type Reason struct {
	*Kind
	Word     string         // as in Result.Reason; few reasons share one
	Sentence string         // all that a client reads, so it needs no escapes in a header or in JSON
	Alias    error          // golang-jwt's error for the same, or nil
	Answer   *answer.Answer // what the client gets
	Needs    string         // of a guard: which scopes it needs; else ""
}

// words has the word of every reason, each once, in the order in which a request meets them.
var words []string

func newReason(k *Kind, word, sentence string, alias error) *Reason {
	if !slices.Contains(words, word) {
		words = append(words, word)
	}
	return &Reason{k, word, sentence, alias, answer.New(k.status, k.code, "", sentence, k.challenges), ""}
}

// Words returns the word of every reason, each once, and Canceled.
func Words() []string { return append(slices.Clone(words), Canceled) }

// Canceled is the word in place of that of Unavailable if the client had given up.
const Canceled = "canceled"

// Every reason.
var (
	// NoToken: nothing was sent, or a guard found no token.
	NoToken = newReason(noToken, "no_token", "No access token was sent", nil)
	// TwoCredentials: more than one credential, in one place or in two.
	TwoCredentials = newReason(invalidRequest, "two_credentials", "The request carries more than one credential", nil)
	// Credential: a header or a cookie does not hold exactly one token.
	Credential = newReason(invalidRequest, "malformed_credential", "The credential is malformed", nil)
	// ManyCookies: more than 3,000 cookies.
	ManyCookies = newReason(invalidRequest, "malformed_credential", "The request carries too many cookies", nil)
	// CrossOrigin: the browser's cookie was sent for another site.
	CrossOrigin = newReason(crossOrigin, "cross_origin", "The request comes from another origin", nil)
	// Malformed: the token does not have three segments of base64url and a JSON header.
	Malformed = newReason(invalidToken, "malformed_token", "The access token is malformed", jwt.ErrTokenMalformed)
	// TooLarge: larger than MaxTokenBytes, or than a cookie may be.
	TooLarge = newReason(invalidToken, "token_too_large", "The access token is too large", jwt.ErrTokenMalformed)
	// Header: the header is beyond its limits, or has crit, b64, zip or enc.
	Header = newReason(invalidToken, "header", "The access token has a header that is not accepted", jwt.ErrTokenUnverifiable)
	// Type: typ is for something else.
	Type = newReason(invalidToken, "type", "The access token is of another type", jwt.ErrTokenUnverifiable)
	// UnknownKey: no key fits alg and kid, or too many do.
	UnknownKey = newReason(invalidToken, "unknown_key", "The access token was signed with an unknown key", errors.Join(ErrUnknownKey, jwt.ErrTokenUnverifiable))
	// Signature: the signature failed under all keys that were tried.
	Signature = newReason(invalidToken, "signature", "The access token signature is invalid", jwt.ErrTokenSignatureInvalid)
	// Claims: the payload does not fit the claims type, or the RFC.
	Claims = newReason(invalidToken, "claims", "The access token has malformed claims", jwt.ErrTokenInvalidClaims)
	// MissingClaim: exp or iat is not there.
	MissingClaim = newReason(invalidToken, "missing_claim", "The access token lacks a required claim", jwt.ErrTokenRequiredClaimMissing)
	// SenderBound: cnf is there.
	SenderBound = newReason(invalidToken, "sender_constrained", "The access token is bound to a key", jwt.ErrTokenInvalidClaims)
	// Issuer: the token has another iss, or none.
	Issuer = newReason(invalidToken, "issuer", "The access token has another issuer", jwt.ErrTokenInvalidIssuer)
	// UnknownIssuer: Issuers, or jwks.Tenants, does not have this iss.
	UnknownIssuer = newReason(invalidToken, "issuer", "The access token has another issuer", errors.Join(ErrUnknownKey, jwt.ErrTokenInvalidIssuer))
	// Audience: the token has another aud, none, or one where none is configured.
	Audience = newReason(invalidToken, "audience", "The access token is for another audience", jwt.ErrTokenInvalidAudience)
	// NotYetValid: nbf is ahead.
	NotYetValid = newReason(invalidToken, "not_yet_valid", "The access token is not valid yet", jwt.ErrTokenNotValidYet)
	// IssuedLater: iat is ahead.
	IssuedLater = newReason(invalidToken, "not_yet_valid", "The access token is not valid yet", jwt.ErrTokenUsedBeforeIssued)
	// Expired: exp or MaxAge is over.
	Expired = newReason(invalidToken, "expired", "The access token expired", jwt.ErrTokenExpired)
	// Confirmation: Bindings cannot confirm what cnf says.
	Confirmation = newReason(invalidToken, "confirmation", "The access token is bound in a way that is not accepted", jwt.ErrTokenInvalidClaims)
	// Unbound: cnf is not there, and Bindings want one.
	Unbound = newReason(invalidToken, "unbound", "The access token is not bound to a key", jwt.ErrTokenInvalidClaims)
	// Scheme: the token came under another scheme than that of its Binding.
	Scheme = newReason(invalidToken, "scheme", "The access token was sent under another scheme than its own", nil)
	// Proof: a Binding refused the proof.
	Proof = newReason(invalidProof, "proof", "The proof of possession was refused", nil)
	// Nonce: a Binding wants a nonce of the server.
	Nonce = newReason(useNonce, "nonce", "The proof of possession needs a current nonce of the server", nil)
	// Possession: the request comes from the holder of another key, or of none.
	Possession = newReason(invalidToken, "possession", "The access token is bound to another key", nil)
	// Check: a Validate method or a check refused it.
	Check = newReason(invalidToken, "check", "The access token was refused", nil)
	// Forbidden: Require refused it.
	Forbidden = newReason(forbidden, "forbidden", "The access token does not allow this", nil)
	// Scope: RequireScopes or RequireAnyScope refused it.
	Scope = newReason(insufficientScope, "insufficient_scope", "The access token lacks a required scope", nil)
	// Login: RequireRecent refused it.
	Login = newReason(insufficientLogin, "insufficient_user_authentication", "A more recent or a stronger login is required", nil)
	// Unavailable: keys, or the store of a check, are out of reach.
	Unavailable = newReason(unavailable, "unavailable", "The access token cannot be checked at the moment", nil)
	// Misconfigured: a fault of the program.
	Misconfigured = newReason(misconfigured, "misconfigured", "The server is misconfigured", nil)
)

// Error returns the kind and the sentence.
func (r *Reason) Error() string { return r.Err.Error() + ": " + r.Sentence }

// Unwrap returns the errors that r is, by errors.Is.
func (r *Reason) Unwrap() []error {
	if r.Alias == nil {
		return []error{r.Err}
	}
	return []error{r.Err, r.Alias}
}

// Self returns r, also from what embeds it.
func (r *Reason) Self() *Reason { return r }

// WithScope returns r for a resource that needs scope: the challenge names it. needs says so in
// a log.
func (r *Reason) WithScope(scope, needs string) *Reason {
	s := *r
	s.Needs = needs
	s.Answer = answer.New(r.status, r.code, scope, r.Sentence, r.challenges)
	return &s
}

// WithParameters returns r with more parameters in its challenge, as they are.
func (r *Reason) WithParameters(parameters string) *Reason {
	s := *r
	s.Answer = r.Answer.WithParameters(parameters)
	return &s
}

// usual has one reason of each kind but ErrInvalidToken. The first that fits counts.
var usual = []*Reason{Misconfigured, Unavailable, NoToken, Credential, CrossOrigin, Forbidden, Scope, Login, Nonce, Proof}

// OfKind returns the reason for an error that wraps a kind, and Check for other errors.
func OfKind(err error) *Reason {
	for _, r := range usual {
		if errors.Is(err, r.Err) {
			return r
		}
	}
	return Check
}

// IsKind reports whether err is one of the kinds.
func IsKind(err error) bool {
	return err == ErrInvalidToken || slices.ContainsFunc(usual, func(r *Reason) bool { return err == r.Err })
}
