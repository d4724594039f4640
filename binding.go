package jwthttp

import (
	"crypto/sha256"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/jwthttp/jwthttp/internal/confirmation"
	"github.com/jwthttp/jwthttp/internal/detail"
	"github.com/jwthttp/jwthttp/internal/reason"
)

// A Binding knows one way in which a client proves that a token is its own: that it holds the key
// which the token's claim cnf (RFC 7800) names. Packages dpop and mtls have the usual ones.
//
// A Binding is comparable, such as a pointer, and safe for concurrent use. That it has confirmed a
// token is remembered in the request's context, so that several middlewares ask it once. Whoever
// dispatches another request with that context and token lets it pass without a proof of its own.
type Binding interface {
	// Member names the member of cnf that the Binding is for, such as "jkt" (RFC 9449). Its value
	// is a SHA-256 thumbprint in base64url. New calls Member and Scheme, and nobody does later.
	Member() string

	// Scheme returns the authentication scheme of bound tokens and the parameters of its
	// challenge, such as "DPoP" and `algs="ES256"`. It is empty where tokens come as unbound ones
	// do.
	Scheme() (name, parameters string)

	// Confirm returns nil if r proves possession of the key with that thumbprint. token is the
	// token as it was sent, and all rules for its claims have passed. Confirm must not read the
	// body. Its error refuses the token:
	//   - with a 503, if it wraps ErrUnavailable, context.DeadlineExceeded or context.Canceled
	//   - as invalid_dpop_proof or use_dpop_nonce, if it wraps ErrInvalidProof or ErrUseNonce
	//   - else as invalid_token: the key is another one, or there is none
	//
	// The client does not see the text of the error. It is for logs: see [Result].Err.
	Confirm(r *http.Request, token string, thumbprint [sha256.Size]byte) error

	// Answer sets header fields, such as DPoP-Nonce, of an answer to a request under Scheme, and
	// of one with a challenge of Scheme. It may be called several times for one answer, so it
	// must not add to fields that it has set. It is not called for a Binding without a scheme.
	Answer(h http.Header)
}

// A binding is a Binding compiled. Its scheme is a number as in answer.Service, 0 if tokens come as
// unbound ones do.
type binding struct {
	Binding
	scheme int
}

// An attempt is a middleware's configuration, and the scheme under which a token came.
type attempt struct {
	*config
	scheme int // 0 for Bearer and for other places; answer.SeveralSchemes if none or several were tried
}

// confirm asks the Bindings whether r comes from the holder of the keys that the token is bound to.
// cnf is the claim as JSON, "" if absent. r is nil outside of HTTP.
func (at *attempt) confirm(r *http.Request, raw, cnf string) error {
	switch {
	case cnf == "" && !at.allowUnbound:
		if r == nil {
			return because(reason.Unbound, errNeedsRequest)
		}
		return because(reason.Unbound, errUnbound)
	case cnf == "" && at.scheme > 0:
		return because(reason.Scheme, errSchemeOfBound)
	case cnf == "":
		return nil
	case r == nil:
		return because(reason.SenderBound, errNoRequest)
	}
	found, err := confirmation.Read(cnf, at.members)
	if err != nil {
		return because(reason.Confirmation, err)
	}
	// A token that is bound by the Binding of a scheme comes under this scheme, and no other does.
	for i, b := range at.bindings {
		if b.scheme > 0 && found[i].Present != (b.scheme == at.scheme) {
			return because(reason.Scheme, wrongScheme{at})
		}
	}
	for i, b := range at.bindings {
		if !found[i].Present || r.Context().Value(confirmedKey{b.Binding, raw}) != nil {
			continue
		}
		if err := b.Confirm(r, raw, found[i].Sum); err != nil {
			return because(reasonOfProof(err), err)
		}
	}
	return nil
}

var (
	errUnbound       = errors.New("the token has no cnf, so whoever has it could use it: have the issuer bind it to the client's key, or set AllowUnbound while clients move")
	errNeedsRequest  = errors.New("the token has no cnf, and Verify has no request that could prove the key of one that has: use Handler or Authenticate, or a Middleware without Bindings")
	errSchemeOfBound = errors.New("the token has no cnf, and its scheme is for bound tokens alone: have the issuer bind it to the client's key, or have the client send it under Bearer")
	errNoRequest     = errors.New("the token has cnf, and Verify has no request that could prove the key: use Handler or Authenticate")
)

// wrongScheme is the error for a token under another scheme than its own.
type wrongScheme struct{ at *attempt }

func (e wrongScheme) Error() string {
	schemes, wants := e.at.service.Names(), map[string]string{}
	for i, b := range e.at.bindings {
		if b.scheme > 0 {
			wants[e.at.members[i]] = schemes[b.scheme]
		}
	}
	return detail.Scheme(wants, schemes[max(e.at.scheme, 0)])
}

// A confirmedKey asks a context whether a middleware outside has had this token confirmed, so that
// a proof is used once.
type confirmedKey struct {
	by    Binding
	token string
}

// asks reports whether by is one of the Bindings. They have confirmed each bound token that was let
// pass.
func (at *attempt) asks(by Binding) bool {
	return slices.ContainsFunc(at.bindings, func(b binding) bool { return b.Binding == by })
}

// boundBy names the members of cnf, for a token whose signature has verified.
func (at *attempt) boundBy(cnf string) string {
	if cnf == "" || at.bindings == nil {
		return ""
	}
	found, _ := confirmation.Read(cnf, at.members)
	var names []string
	for i, t := range found {
		if t.Present {
			names = append(names, at.members[i])
		}
	}
	return strings.Join(names, " ")
}

// answer sets the header fields of an answer under the scheme of the token.
func (at *attempt) answer(h http.Header) {
	if at.scheme > 0 {
		at.service.Bound[at.scheme-1].Answer(h)
	}
}

func reasonOfProof(err error) *reason.Reason {
	switch {
	case isUnavailable(err):
		return reason.Unavailable
	case errors.Is(err, ErrUseNonce):
		return reason.Nonce
	case errors.Is(err, ErrInvalidProof):
		return reason.Proof
	}
	return reason.Possession
}
