package jwthttp

import (
	"errors"
	"iter"
	"maps"
	"net/http"
	"net/textproto"
	"reflect"
	"slices"
	"strings"

	"github.com/jwthttp/jwthttp/internal/reason"
	"github.com/jwthttp/jwthttp/internal/syntax"
	"github.com/jwthttp/jwthttp/internal/validate"
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
	// called, unless Extract is the function of BearerHeader or HeaderNamed. Spaces and tabs
	// around the value, and around the token that is returned, are removed. Extract may therefore
	// get a copy of the request, and must not change it.
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
		err:    validate.CookieName(name),
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
	return Extractor{Source: inHeader + Source(name), Extract: extract, own: codeOf(extract), err: validate.HeaderName(name)}
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
	return validate.Source(string(e.Source))
}

// compiled returns e as it is used for requests. A function of the caller's for a header gets one
// value without white space around it, as our own functions do. Otherwise a function that looks
// for "JWT " would not see a credential in " JWT x", and a handler inside that trims the value
// would.
func (e Extractor) compiled() Extractor {
	if e.firstOf != nil {
		e.firstOf = slices.Clone(e.firstOf)
		for i := range e.firstOf {
			e.firstOf[i] = e.firstOf[i].compiled()
		}
		return e
	}
	isOwn := codeOf(e.Extract) == e.own // or the caller has replaced the function
	e.bearer = e.bearer && (isOwn || e.Source == inAuthorization)
	name, isHeader := e.Source.cut(inHeader)
	if !isHeader || isOwn {
		return e
	}
	name = textproto.CanonicalMIMEHeaderKey(name)
	extract := e.Extract
	e.Extract = func(r *http.Request) (string, error) {
		values := r.Header[name]
		if len(values) > 1 {
			return "", reason.TwoCredentials
		}
		if len(values) == 1 && syntax.Trim(values[0]) != values[0] {
			// The caller's request stays as it is: others may be reading it.
			trimmed := *r
			trimmed.Header = maps.Clone(r.Header)
			trimmed.Header[name] = []string{syntax.Trim(values[0])}
			r = &trimmed
		}
		token, err := extract(r)
		return syntax.Trim(token), err
	}
	return e
}

func codeOf(f func(r *http.Request) (string, error)) uintptr { return reflect.ValueOf(f).Pointer() }

// find returns the token that r carries in this place, "" if none. The second result is the place
// itself, or the one of FirstOf's places that has the token.
func (e *Extractor) find(r *http.Request) (string, *Extractor, error) {
	if e.firstOf == nil {
		token, err := e.Extract(r)
		if err != nil && (errors.Is(err, ErrNoToken) || errors.Is(err, http.ErrNoCookie)) {
			return "", nil, nil
		}
		return token, e, err
	}
	for i := range e.firstOf {
		if token, place, err := e.firstOf[i].find(r); token != "" || err != nil {
			return token, place, err
		}
	}
	return "", nil, nil
}

// extract returns the one token that r carries and its place, reason.NoToken if there is none.
func extract(places []Extractor, r *http.Request) (token string, place *Extractor, err error) {
	for i := range places {
		t, p, err := places[i].find(r)
		if err != nil {
			if r, ok := err.(refusal); ok && r.Self().Err == ErrInvalidRequest {
				return "", nil, err
			}
			return "", nil, orUnavailable(reason.Credential, err)
		}
		if t == "" {
			continue
		}
		if token != "" {
			return "", nil, reason.TwoCredentials
		}
		if len(places) > 1 && p.isMalformed(t) { // before another place is asked
			return "", nil, reason.Credential
		}
		token, place = t, p
	}
	if token == "" {
		return "", nil, reason.NoToken
	}
	return token, place, nil
}

// all returns the single places in these, those of FirstOf included.
func all(places []Extractor) iter.Seq[*Extractor] {
	return func(yield func(*Extractor) bool) {
		for i := range places {
			if places[i].firstOf == nil {
				if !yield(&places[i]) {
					return
				}
				continue
			}
			for place := range all(places[i].firstOf) {
				if !yield(place) {
					return
				}
			}
		}
	}
}

// isMalformed reports whether a token that was refused is not even a b64token of RFC 6750. Good
// tokens are not asked, because that would be one scan more.
func (e *Extractor) isMalformed(token string) bool { return e.bearer && !syntax.IsB64Token(token) }

// varyOn names the request headers that the places read.
func varyOn(places []Extractor) string {
	var names []string
	for place := range all(places) {
		name, ok := place.Source.cut(inHeader)
		if _, isCookie := place.Source.cut(inCookie); isCookie {
			name, ok = "Cookie", true
		}
		if ok && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}
