package jwthttp

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
)

// A Source names the place in a request where a token stood:
// "header:Authorization", "cookie:session", or what a custom [Extractor] calls
// its place. Tokens that came through Verify have none.
type Source string

const (
	inHeader Source = "header:"
	inCookie Source = "cookie:"
)

// cut returns the name behind one of the prefixes.
func (s Source) cut(prefix Source) (name string, ok bool) {
	return strings.CutPrefix(string(s), string(prefix))
}

// An Extractor is one place where a request may carry a token. BearerHeader,
// Cookie, HeaderNamed and FirstOf make the usual ones; a custom one is a literal:
//
//	jwthttp.Extractor{
//		Source:  "query:access_token",
//		Extract: func(r *http.Request) (string, error) { return r.URL.Query().Get("access_token"), nil },
//	}
type Extractor struct {
	// Source names the place. Unless it begins with "header:", tokens from it go
	// through the cross-origin gate (see Options.TrustedOrigins): only a header
	// that scripts must set on purpose is safe without it.
	Source Source

	// Extract returns the token, or "" if this place holds none, which an error
	// that wraps ErrNoToken or http.ErrNoCookie says as well. Any other error is
	// final: the answer is 400, or 503 if it wraps ErrUnavailable,
	// context.DeadlineExceeded or context.Canceled. It is called concurrently and
	// must leave the request's body alone.
	//
	// With a Source of "header:NAME" two values of that header are an error before
	// Extract is called. Extract sees the value without the spaces and tabs around
	// it, which HTTP/2 servers leave there, and they are removed from what it returns.
	Extract func(r *http.Request) (token string, err error)

	firstOf []Extractor // in place of Source and Extract
	bearer  bool        // what Extract returns is yet to be held against b64token
	builtin bool        // Extract is of this package: it reads its header as compiled wants it read
	mistake error       // of the call that made it; New returns it
}

// BearerHeader reads "Authorization: Bearer …", RFC 6750 section 2.1. Another
// scheme is no credential here, and neither is an empty value. These are errors:
//   - two Authorization headers, of whatever scheme
//   - a Bearer header that does not hold exactly one token
//   - a value that does not begin with the name of a scheme
func BearerHeader() Extractor {
	return Extractor{Source: inAuthorization, Extract: bearer, bearer: true, builtin: true}
}

// Cookie reads the cookie of that name, up to 4096 bytes. Since browsers send it
// by themselves, it goes through the cross-origin gate. The prefixes __Host-
// and __Secure- work. Quotes around the value are removed. An empty value is no
// token, and neither is a name without "=". These are errors:
//   - two cookies of the name, also if one is empty
//   - a value with bytes that RFC 6265 forbids, such as a space or a comma
//   - more than 3,000 cookies, whatever their names
func Cookie(name string) Extractor {
	return Extractor{
		mistake: checkCookieName(name),
		Source:  inCookie + Source(name),
		Extract: func(r *http.Request) (string, error) { return findCookie(r.Header["Cookie"], name) },
	}
}

// HeaderNamed reads a bare token from a header other than Authorization, such
// as X-Access-Token. An empty value is no token; two values are an error.
//
// Such tokens skip the cross-origin gate, for no other site can make a browser
// send the header. A header that a proxy sets from its own session cookie (as
// Google IAP and Cloudflare Access do) gives no such assurance: change the
// Source of the returned value to one without "header:", and the gate applies.
func HeaderNamed(name string) Extractor {
	name = textproto.CanonicalMIMEHeaderKey(name)
	var mistake error
	switch name {
	case authorization:
		mistake = errors.New("jwthttp: HeaderNamed cannot read Authorization: use BearerHeader, or a custom Extractor for another scheme")
	case "Cookie":
		mistake = errors.New("jwthttp: HeaderNamed cannot read Cookie: use Cookie with the name of the cookie")
	case "Host", "Trailer", "Transfer-Encoding":
		mistake = fmt.Errorf("jwthttp: HeaderNamed cannot read %s: net/http takes it out of the headers, choose another name", name)
	}
	return Extractor{
		mistake: mistake,
		builtin: true,
		Source:  inHeader + Source(name),
		Extract: func(r *http.Request) (string, error) {
			switch values := r.Header[name]; len(values) {
			case 0:
				return "", nil
			case 1:
				return trimSpace(values[0]), nil
			default:
				return "", errTwoTokens
			}
		},
	}
}

// FirstOf reads the first of several places that holds a token and leaves the
// rest alone: an explicit header beside a cookie that the browser sends anyway.
// What is present is final: a bad token in the first place is an error, and the
// second is no fallback for it.
func FirstOf(places ...Extractor) Extractor {
	return Extractor{firstOf: append([]Extractor{}, places...)}
}

const (
	authorization   = "Authorization"
	inAuthorization = inHeader + authorization
)

func bearer(r *http.Request) (string, error) {
	values := r.Header[authorization]
	if len(values) == 0 {
		return "", nil
	}
	if len(values) > 1 {
		return "", errTwoTokens
	}
	value := values[0]
	const scheme = "Bearer"
	if token, ok := strings.CutPrefix(value, scheme+" "); ok && token != "" && token[0] > ' ' && token[len(token)-1] > ' ' {
		return token, nil // what nearly every request has; the rest says the same
	}
	value = trimSpace(value)
	if value == "" {
		return "", nil
	}
	if !isTokenChar(value[0]) {
		return "", errNoScheme
	}
	if len(value) < len(scheme) || !strings.EqualFold(value[:len(scheme)], scheme) {
		return "", nil
	}
	rest := value[len(scheme):]
	if rest != "" && (isTokenChar(rest[0]) || rest[0] == ':') {
		return "", nil // the name of the scheme goes on: BearerX
	}
	token := strings.TrimLeft(rest, " ")
	if token == "" || len(token) == len(rest) {
		return "", errCredential
	}
	return token, nil // extract or authenticate checks its characters
}

// trimSpace removes the white space that RFC 9110 section 5.5 excludes from the
// value of a header: spaces and tabs, and nothing else. HTTP/1 servers have removed
// it already, HTTP/2 servers have not.
func trimSpace(value string) string { return strings.Trim(value, " \t") }

const maxCookiePairs = 3000 // where net/http gives up and returns no cookie at all

// findCookie returns the value of the only cookie of that name, "" if there is none
// or an empty one (RFC 6265 sections 4.1.1 and 4.2.1). It finds the cookies that
// net/http finds, and returns an error where net/http drops one and says nothing: the
// next reader of the header may find it.
func findCookie(lines []string, name string) (string, error) {
	pairs := 0
	for _, line := range lines {
		pairs += strings.Count(line, ";") + 1
	}
	if pairs > maxCookiePairs {
		return "", errManyCookies
	}
	value, found := "", false
	for _, line := range lines {
		for more := true; more; {
			var pair string
			pair, line, more = strings.Cut(line, ";")
			key, v, _ := strings.Cut(textproto.TrimString(pair), "=")
			if textproto.TrimString(key) != name {
				continue
			}
			if found {
				return "", errTwoTokens
			}
			value, found = v, true
		}
	}
	if len(value) > 1 && value[0] == '"' && value[len(value)-1] == '"' {
		value = value[1 : len(value)-1]
	}
	for i := range len(value) {
		if c := value[i]; c <= ' ' || c > '~' || c == '"' || c == ',' || c == '\\' {
			return "", errCookieValue
		}
	}
	return value, nil
}

// isB64Token reports whether s is RFC 6750's b64token.
func isB64Token(s string) bool {
	s = strings.TrimRight(s, "=")
	for i := range len(s) {
		if c := charClass[s[i]]; c != 0 && c&inB64Token == 0 {
			return false
		}
	}
	return s != ""
}

// isTokenChar reports whether c may stand in a token of RFC 9110 section 5.6.2:
// the names of headers, cookies and schemes.
func isTokenChar(c byte) bool {
	return charClass[c] == 0 || strings.IndexByte("!#$%&'*+.^`|~", c) >= 0
}

func isToken(s string) bool {
	for i := range len(s) {
		if !isTokenChar(s[i]) {
			return false
		}
	}
	return s != ""
}

// compiled returns e as requests are read with it. An extractor of the caller's own for
// a header gets what holds for ours: one value, and no white space around it. Else
// an extractor that looks for "JWT " would take " JWT x" for no credential, and a proxy
// inside the middleware would pass it on to a reader that trims it.
func (e Extractor) compiled() Extractor {
	if e.firstOf != nil {
		e.firstOf = slices.Clone(e.firstOf)
		for i := range e.firstOf {
			e.firstOf[i] = e.firstOf[i].compiled()
		}
		return e
	}
	name, isHeader := e.Source.cut(inHeader)
	if !isHeader || e.builtin {
		return e
	}
	name = textproto.CanonicalMIMEHeaderKey(name)
	extract := e.Extract
	e.Extract = func(r *http.Request) (string, error) {
		values := r.Header[name]
		if len(values) > 1 {
			return "", errTwoTokens
		}
		if len(values) == 1 && trimSpace(values[0]) != values[0] {
			trimmed := *r // the caller's request stays as it is
			trimmed.Header = maps.Clone(r.Header)
			trimmed.Header[name] = []string{trimSpace(values[0])}
			r = &trimmed
		}
		token, err := extract(r)
		return trimSpace(token), err
	}
	return e
}

// find returns the token that r carries in this place, "" if none, and the single
// place that it is.
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

// extract returns the one token that r carries and where, errNoToken if none.
func extract(places []Extractor, r *http.Request) (token string, place *Extractor, err error) {
	for i := range places {
		t, p, err := places[i].find(r)
		if err != nil {
			if f, ok := err.(*failure); ok && f.kind == ErrInvalidRequest {
				return "", nil, f
			}
			return "", nil, blame(errCredential, err)
		}
		if t == "" {
			continue
		}
		if token != "" {
			return "", nil, errTwoTokens
		}
		// Before another place is asked; for the only one authenticate does it.
		if len(places) > 1 && p.bearer && !isB64Token(t) {
			return "", nil, errCredential
		}
		token, place = t, p
	}
	if token == "" {
		return "", nil, errNoToken
	}
	return token, place, nil
}

// check returns what is wrong with the configuration of e, and calls visit for
// the Source of every single place in it.
func (e *Extractor) check(visit func(Source)) error {
	if e.firstOf != nil {
		if len(e.firstOf) == 0 {
			return errors.New("jwthttp: FirstOf has no places: name at least one")
		}
		var errs []error
		for i := range e.firstOf {
			errs = append(errs, e.firstOf[i].check(visit))
		}
		return errors.Join(errs...)
	}
	visit(e.Source)
	if e.mistake != nil {
		return e.mistake
	}
	if e.Extract == nil {
		return errors.New("jwthttp: an extractor has no Extract function: set it, or use BearerHeader or Cookie")
	}
	return e.Source.check()
}

func (s Source) check() error {
	if s == "" {
		return errors.New("jwthttp: an extractor has no Source: call the place header:NAME, cookie:NAME or by any other name")
	}
	for _, prefix := range []Source{inHeader, inCookie} {
		if len(s) >= len(prefix) && s[:len(prefix)] != prefix && strings.EqualFold(string(s[:len(prefix)]), string(prefix)) {
			return fmt.Errorf("jwthttp: the Source %q looks like one of the prefixes: write %s in lower case", s, prefix)
		}
	}
	if name, ok := s.cut(inCookie); ok {
		return checkCookieName(name)
	}
	name, ok := s.cut(inHeader)
	switch {
	case !ok && (!isPlain(string(s)) || strings.Contains(string(s), " ")):
		return fmt.Errorf("jwthttp: the Source %q is no plain name: use printable ASCII without spaces and quotes", s)
	case ok && !isToken(name):
		return fmt.Errorf("jwthttp: %q cannot be the name of a header: use letters, digits and hyphens", name)
	case ok && strings.EqualFold(name, "Cookie"):
		return errors.New("jwthttp: the Source header:Cookie would open the cross-origin gate: call it cookie:NAME")
	}
	return nil
}

func checkCookieName(name string) error {
	if !isToken(name) {
		return fmt.Errorf("jwthttp: %q cannot be the name of a cookie: use letters, digits, hyphens and underscores", name)
	}
	for _, prefix := range []string{"__Host-", "__Secure-"} {
		if len(name) < len(prefix) || !strings.EqualFold(name[:len(prefix)], prefix) {
			continue
		}
		// Browsers disagree on whether the rules of the prefix hold for it then.
		if name[:len(prefix)] != prefix || name == prefix {
			return fmt.Errorf("jwthttp: the cookie name %q breaks a prefix: write %sname, in exactly this case", name, prefix)
		}
	}
	return nil
}
