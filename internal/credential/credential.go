// Package credential finds the one credential of a request.
package credential

import (
	"errors"
	"iter"
	"maps"
	"net/http"
	"net/textproto"
	"slices"
	"strings"

	"github.com/jwthttp/jwthttp/internal/reason"
	"github.com/jwthttp/jwthttp/internal/syntax"
)

// A Place is where a request may carry a token: an Extractor of package jwthttp, compiled.
type Place struct {
	Source     string // "header:NAME", "cookie:NAME", or any other name
	Reads      string // Source, unless that is another name for a header or a cookie
	Extract    func(r *http.Request) (token string, err error)
	IsB64Token bool // a token here is a b64token, and Extract leaves it to others to check that
	Scheme     int  // the number of the authentication scheme; 0 for Bearer and for other places

	FirstOf []Place // in place of all others
}

const (
	inHeader = "header:"
	inCookie = "cookie:"
)

// Authorization returns what follows scheme in the one Authorization header. It is "" if there is
// no such header, and for another scheme.
func Authorization(r *http.Request, scheme string) (token string, err error) {
	values := r.Header["Authorization"]
	if len(values) == 0 {
		return "", nil
	}
	if len(values) > 1 {
		return "", reason.TwoCredentials
	}
	token, err = syntax.Credentials(values[0], scheme)
	switch err {
	case nil:
		return token, nil
	case syntax.ErrNoScheme:
		return "", err
	}
	return "", reason.Credential
}

// Header returns the one value of another header, "" if there is none. name is canonical.
func Header(r *http.Request, name string) (token string, err error) {
	switch values := r.Header[name]; len(values) {
	case 0:
		return "", nil
	case 1:
		return syntax.Trim(values[0]), nil
	default:
		return "", reason.TwoCredentials
	}
}

// Cookie returns the value of the one cookie of that name, "" if there is none.
func Cookie(r *http.Request, name string) (token string, err error) {
	token, err = syntax.FindCookie(r.Header["Cookie"], name)
	switch err {
	case nil:
		return token, nil
	case syntax.ErrTwoCookies:
		return "", reason.TwoCredentials
	case syntax.ErrManyCookies:
		return "", reason.ManyCookies
	}
	return "", err
}

// OneValue returns extract for a header of which it gets one value, without white space around it,
// as functions of package jwthttp do. Otherwise a function that looks for "JWT " would not see a
// credential in " JWT x", and a handler inside that trims the value would.
func OneValue(name string, extract func(r *http.Request) (string, error)) func(r *http.Request) (string, error) {
	name = textproto.CanonicalMIMEHeaderKey(name)
	return func(r *http.Request) (string, error) {
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
}

// Find returns the one token that r carries, and its place. It returns reason.NoToken if there is
// none, and the errors of Extract as they are. With an error, the place is the one that was tried,
// nil if none was or several were.
func Find(places []Place, r *http.Request) (token string, at *Place, err error) {
	for i := range places {
		t, p, err := places[i].find(r)
		if err != nil {
			if triesNone(err) {
				p = nil
			}
			return "", p, err
		}
		if t == "" {
			continue
		}
		if token != "" {
			return "", nil, reason.TwoCredentials
		}
		if len(places) > 1 && p.IsMalformed(t) { // before another place is asked
			return "", p, reason.Credential
		}
		token, at = t, p
	}
	if token == "" {
		return "", nil, reason.NoToken
	}
	return token, at, nil
}

// triesNone reports whether an error is about no scheme, or about several.
func triesNone(err error) bool {
	if err == error(reason.Credential) { // which errors.Is would allocate for
		return false
	}
	return err == error(reason.TwoCredentials) || errors.Is(err, syntax.ErrNoScheme)
}

// find returns the token that r carries in this place, "" if none. The second result is the place
// itself, or the one of FirstOf that has the token.
func (p *Place) find(r *http.Request) (string, *Place, error) {
	if p.FirstOf == nil {
		token, err := p.Extract(r)
		if err != nil && (errors.Is(err, reason.ErrNoToken) || errors.Is(err, http.ErrNoCookie)) {
			return "", nil, nil
		}
		return token, p, err
	}
	for i := range p.FirstOf {
		if token, place, err := p.FirstOf[i].find(r); token != "" || err != nil {
			return token, place, err
		}
	}
	return "", nil, nil
}

// IsMalformed reports whether a token that was refused is not even a b64token of RFC 6750. Good
// tokens are not asked, because that would be one scan more.
func (p *Place) IsMalformed(token string) bool { return p.IsB64Token && !syntax.IsB64Token(token) }

// IsCookie reports whether p reads a cookie, whatever its Source.
func (p *Place) IsCookie() bool { return strings.HasPrefix(p.Reads, inCookie) }

// All returns the single places in these, those of FirstOf included.
func All(places []Place) iter.Seq[*Place] {
	return func(yield func(*Place) bool) { all(places, yield) }
}

func all(places []Place, yield func(*Place) bool) bool {
	for i := range places {
		if p := &places[i]; p.FirstOf != nil && !all(p.FirstOf, yield) || p.FirstOf == nil && !yield(p) {
			return false
		}
	}
	return true
}

// Vary names the request headers that the places read.
func Vary(places []Place) string {
	var names []string
	for p := range All(places) {
		name, ok := strings.CutPrefix(p.Reads, inHeader)
		if p.IsCookie() {
			name, ok = "Cookie", true
		}
		if ok && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}
