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
)

// compiled returns e as requests are read with it. A function of the caller's own for a header
// gets what ours do by themselves: one value, and no white space around it. Else a function that
// looks for "JWT " would take " JWT x" for no credential. A proxy inside the middleware would
// pass it on to a reader that trims it.
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

// find returns the token that r carries in this place, "" if none, and the single place that it
// is.
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

// isMalformed reports whether a token from e, which was found to be none, has not even the form
// of RFC 6750's b64token. To ask this of good tokens would be one scan more.
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
