package jwthttp

import (
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"reflect"
	"slices"
	"strings"

	"github.com/jwthttp/jwthttp/internal/credential"
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
//		Source: "query:access_token",
//		Extract: func(r *http.Request) (string, error) {
//			query, err := url.ParseQuery(r.URL.RawQuery)
//			if err != nil {
//				return "", err
//			}
//			tokens := query["access_token"]
//			if len(tokens) > 1 {
//				return "", errors.New("two tokens in the query")
//			}
//			return strings.Join(tokens, ""), nil
//		},
//	}
//
// Get would take the first of two tokens, and another program on the way may look at the second.
// r.URL.Query would leave out a second one in a part that it cannot read, such as "access_token=%zz".
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
	made    Source      // as this package made it; "" in a literal
	err     error       // of the call that made it; New returns it
}

// BearerHeader reads "Authorization: Bearer …", RFC 6750 section 2.1. With Options.Bindings it reads
// their schemes too, such as "Authorization: DPoP …". Another scheme is not a credential here, and
// neither is an empty value. A token without "Bearer" before it is taken for
// the name of another scheme. These are errors:
//   - two Authorization headers, of whatever scheme
//   - a header of one of these schemes that does not hold exactly one token
//   - a value that does not begin with the name of a scheme, such as a quote or a comma
func BearerHeader() Extractor {
	return Extractor{Source: inAuthorization, Extract: bearer, bearer: true, own: codeOf(bearer), made: inAuthorization}
}

// Cookie reads the cookie of that name, up to 4096 bytes. Browsers send it by themselves, so its
// tokens must pass the cross-origin gate. The prefixes __Host- and __Secure- work. Quotes around
// the value are removed. An empty value is not a token, and neither is a name without "=". A token
// that is cut into several cookies needs an Extractor of its own, a literal. These are errors:
//   - two cookies of the name, also if one is empty
//   - a value with bytes that RFC 6265 forbids, such as a space or a comma
//   - more than 3,000 cookies, whatever their names
func Cookie(name string) Extractor {
	extract := func(r *http.Request) (string, error) {
		token, err := credential.Cookie(r, name)
		if err == syntax.ErrCookieValue {
			err = because(reason.Credential, err)
		}
		return token, err
	}
	source := inCookie + Source(name)
	return Extractor{Source: source, Extract: extract, own: codeOf(extract), made: source, err: validate.CookieName(name)}
}

var cookieCode = codeOf(Cookie("a").Extract)

// HeaderNamed reads a bare token from a header other than Authorization, such as X-Access-Token.
// An empty value is not a token. Two values are an error.
//
// The cross-origin gate does not check such tokens: another site cannot make a browser send the
// header. A header that a proxy sets from its own session cookie (as Google IAP and Cloudflare
// Access do) gives no such assurance. Change the Source of the returned value to one without
// "header:", and the gate checks them.
func HeaderNamed(name string) Extractor {
	name = textproto.CanonicalMIMEHeaderKey(name)
	extract := func(r *http.Request) (string, error) { return credential.Header(r, name) }
	source := inHeader + Source(name)
	return Extractor{Source: source, Extract: extract, own: codeOf(extract), made: source, err: validate.HeaderName(name)}
}

// FirstOf reads the first of several places that holds a token, and not those after it. It is for
// an explicit header beside a cookie that the browser sends anyway. A bad token in the first
// place is an error. The second place is not a fallback for it.
//
// The result has no Source and no Extract of its own, and New refuses one that is set: change those
// of its places.
func FirstOf(places ...Extractor) Extractor {
	if len(places) == 0 {
		return Extractor{err: errors.New("a FirstOf has no places: name at least one")}
	}
	return Extractor{firstOf: slices.Clone(places)}
}

var errNoScheme = because(reason.Credential, syntax.ErrNoScheme)

func bearer(r *http.Request) (string, error) {
	token, err := credential.Authorization(r, "Bearer")
	if err == syntax.ErrNoScheme {
		err = errNoScheme
	}
	return token, err
}

// check returns what is wrong with the configuration of one of the places that all returns.
func (e *Extractor) check() error {
	if e.err != nil {
		return e.err
	}
	if e.firstOf != nil { // else the Source would name a place that the cross-origin gate never sees
		return errors.New("a FirstOf has a Source or an Extract function of its own, which nobody would ask: set those of its places, before FirstOf gets them")
	}
	if e.Extract == nil {
		return errors.New("an extractor has no Extract function: set it, or use BearerHeader or Cookie")
	}
	if err := validate.Source(string(e.Source)); err != nil {
		return err
	}
	// A cookie would not pass the cross-origin gate, and a log would name the wrong header.
	if _, isHeader := e.Source.cut(inHeader); isHeader && !strings.EqualFold(string(e.Source), string(e.reads())) {
		return fmt.Errorf("an extractor reads another place than its Source %q: leave the Source that Cookie, BearerHeader or HeaderNamed has set, or write an Extractor of your own for this header", e.Source)
	}
	return nil
}

// reads returns the Source of what e reads, as far as that is known. It is not e.Source where the
// caller has changed that. A cookie stays one under a function that the caller has put around it.
func (e *Extractor) reads() Source {
	code := codeOf(e.Extract)
	if code == cookieCode || strings.HasPrefix(string(e.made), string(inCookie)) {
		return inCookie
	}
	if code == e.own {
		return e.made
	}
	return e.Source
}

// compiled returns e as it is used for requests. schemes are those of Bindings, under which tokens
// come to the places of BearerHeader too.
func (e *Extractor) compiled(schemes []string) credential.Place {
	if e.firstOf != nil {
		return credential.Place{FirstOf: compiled(e.firstOf, schemes)}
	}
	isOwn := codeOf(e.Extract) == e.own // or the caller has replaced the function
	p := credential.Place{Source: string(e.Source), Reads: string(e.reads()), Extract: e.Extract, IsB64Token: e.bearer && (isOwn || e.Source == inAuthorization)}
	if name, isHeader := e.Source.cut(inHeader); isHeader && !isOwn {
		p.Extract = credential.OneValue(name, e.Extract)
	}
	if !e.takesSchemes() || len(schemes) == 0 {
		return p
	}
	all := []credential.Place{p}
	for i, scheme := range schemes {
		p.Scheme = i + 1
		p.Extract = func(r *http.Request) (string, error) { return credential.Authorization(r, scheme) }
		all = append(all, p)
	}
	return credential.Place{FirstOf: all} // the header has one scheme, so the order plays no part
}

// takesSchemes reports whether e is the place of BearerHeader, as this package made it.
func (e *Extractor) takesSchemes() bool {
	return e.bearer && e.Source == inAuthorization && codeOf(e.Extract) == e.own
}

func compiled(places []Extractor, schemes []string) []credential.Place {
	var compiled []credential.Place
	for i := range places {
		compiled = append(compiled, places[i].compiled(schemes))
	}
	return compiled
}

func codeOf(f func(r *http.Request) (string, error)) uintptr { return reflect.ValueOf(f).Pointer() }

// all returns the single places in these, those of FirstOf included, and each FirstOf that was changed.
func all(places []Extractor) (list []*Extractor) {
	for i := range places {
		e := &places[i]
		if e.firstOf == nil || e.Source != "" || e.Extract != nil {
			list = append(list, e)
		}
		list = append(list, all(e.firstOf)...)
	}
	return list
}
