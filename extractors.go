package jwthttp

import (
	"errors"
	"net/http"
	"net/textproto"
	"slices"
	"strings"

	"github.com/jwthttp/jwthttp/internal/check"
	"github.com/jwthttp/jwthttp/internal/reason"
	"github.com/jwthttp/jwthttp/internal/syntax"
)

// A Source names the place of a token in a request: "header:Authorization", "cookie:session", or
// the name that a custom [Extractor] gives to its place. A token of Verify has none.
type Source string

const (
	inHeader Source = "header:"
	inCookie Source = "cookie:"

	authorization   = "Authorization"
	inAuthorization = inHeader + authorization
)

// cut returns the name after one of the prefixes.
func (s Source) cut(prefix Source) (name string, ok bool) {
	return strings.CutPrefix(string(s), string(prefix))
}

// An Extractor is a place where a request may carry a token. BearerHeader, Cookie, HeaderNamed
// and FirstOf make the usual ones. A custom one is a literal:
//
//	jwthttp.Extractor{
//		Source:  "query:access_token",
//		Extract: func(r *http.Request) (string, error) { return r.URL.Query().Get("access_token"), nil },
//	}
type Extractor struct {
	// Source names the place. Unless it begins with "header:", tokens from it must pass the
	// cross-origin gate (see Options.TrustedOrigins): only a header that scripts must set on
	// purpose is safe without it.
	Source Source

	// Extract returns the token. If the place holds none, it returns "", or an error that wraps
	// ErrNoToken or http.ErrNoCookie. Any other error is final: the answer is 400, or 503 if the
	// error wraps ErrUnavailable, context.DeadlineExceeded or context.Canceled. Extract is called
	// concurrently and must not read the body.
	//
	// With a Source of "header:NAME", two values of that header are a 400 before Extract is
	// called, unless Extract is the function of BearerHeader or HeaderNamed. Extract sees the value without the spaces and tabs around it, in a copy of the
	// request if there are any, so it must not change the request. They are removed from what it
	// returns, too.
	Extract func(r *http.Request) (token string, err error)

	firstOf []Extractor // in place of Source and Extract
	bearer  bool        // Extract leaves it to others to check b64token
	own     uintptr     // the code of Extract as this package made it; 0 in a literal
	err     error       // of the call that made it; New returns it
}

// BearerHeader reads "Authorization: Bearer …", RFC 6750 section 2.1. Another scheme is not a
// credential here, and neither is an empty value. A token without "Bearer" before it is taken for
// the name of another scheme. These are errors:
//   - two Authorization headers, of whatever scheme
//   - a Bearer header that does not hold exactly one token
//   - a value that does not begin with the name of a scheme, such as a quote or a comma
func BearerHeader() Extractor {
	return Extractor{Source: inAuthorization, Extract: bearer, bearer: true, own: codeOf(bearer)}
}

// Cookie reads the cookie of that name, up to 4096 bytes. Browsers send it by themselves, so its
// tokens must pass the cross-origin gate. The prefixes __Host- and __Secure- work. Quotes around
// the value are removed. An empty value is not a token, and neither is a name without "=". These
// are errors:
//   - two cookies of the name, also if one is empty
//   - a value with bytes that RFC 6265 forbids, such as a space or a comma
//   - more than 3,000 cookies, whatever their names
func Cookie(name string) Extractor {
	return Extractor{
		err:    check.CookieName(name),
		Source: inCookie + Source(name),
		Extract: func(r *http.Request) (string, error) {
			token, err := syntax.FindCookie(r.Header["Cookie"], name)
			switch err {
			case nil:
				return token, nil
			case syntax.ErrTwoCookies:
				return "", reason.TwoCredentials
			case syntax.ErrManyCookies:
				return "", reason.ManyCookies
			}
			return "", because(reason.Credential, err)
		},
	}
}

// HeaderNamed reads a bare token from a header other than Authorization, such as X-Access-Token.
// An empty value is not a token. Two values are an error.
//
// The cross-origin gate does not check such tokens: another site cannot make a browser send the
// header. A header that a proxy sets from its own session cookie (as Google IAP and Cloudflare
// Access do) gives no such assurance. Change the Source of the returned value to one without
// "header:", and the gate checks them.
func HeaderNamed(name string) Extractor {
	name = textproto.CanonicalMIMEHeaderKey(name)
	extract := func(r *http.Request) (string, error) {
		switch values := r.Header[name]; len(values) {
		case 0:
			return "", nil
		case 1:
			return syntax.Trim(values[0]), nil
		default:
			return "", reason.TwoCredentials
		}
	}
	return Extractor{Source: inHeader + Source(name), Extract: extract, own: codeOf(extract), err: check.HeaderName(name)}
}

// FirstOf reads the first of several places that holds a token, and not those after it. It is for
// an explicit header beside a cookie that the browser sends anyway. A bad token in the first
// place is an error. The second place is not a fallback for it.
func FirstOf(places ...Extractor) Extractor {
	if len(places) == 0 {
		return Extractor{err: errors.New("a FirstOf has no places: name at least one")}
	}
	return Extractor{firstOf: slices.Clone(places)}
}

var errNoScheme = because(reason.Credential, syntax.ErrNoScheme)

func bearer(r *http.Request) (string, error) {
	values := r.Header[authorization]
	if len(values) == 0 {
		return "", nil
	}
	if len(values) > 1 {
		return "", reason.TwoCredentials
	}
	token, err := syntax.Credentials(values[0], "Bearer")
	switch err {
	case nil:
		return token, nil
	case syntax.ErrNoScheme:
		return "", errNoScheme
	}
	return "", reason.Credential
}

// check returns what is wrong with the configuration of a single place.
func (e *Extractor) check() error {
	if e.err != nil {
		return e.err
	}
	if e.Extract == nil {
		return errors.New("an extractor has no Extract function: set it, or use BearerHeader or Cookie")
	}
	return check.Source(string(e.Source))
}
