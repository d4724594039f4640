// Package answer writes the answers to refused requests: status, challenge and problem
// document.
package answer

import (
	"fmt"
	"net/http"
	"strings"
)

// DefaultRealm is the realm of a service that has not named one.
const DefaultRealm = "api"

// A Service is what a challenge says of the service that refuses. All must be quotable.
type Service struct {
	Realm    string
	Scopes   string // that a client should ask for, in the challenge of a 401; or ""
	Metadata string // the URL of RFC 9728, or ""

	Bound     []Scheme // of tokens that are bound to a key; their numbers begin with 1
	OnlyBound bool     // there is no challenge of Bearer, whose number is 0
}

// A Scheme is an authentication scheme besides Bearer.
type Scheme struct {
	Name       string
	Parameters string              // of its challenges, written as they are; or ""
	Answer     func(h http.Header) // sets header fields
}

// SeveralSchemes stands for no scheme, or for more than one, in place of a number.
const SeveralSchemes = -1

// An Answer is what a client gets for one kind of refusal. It is safe for concurrent use.
type Answer struct {
	status int
	// These are of the challenge, after the realm.
	code, scope, description, parameters string

	challenge string // whole, of a service with the default realm; "" for none
	body      []byte // RFC 9457
}

// New makes an answer. code is the error of challenge and body (RFC 6750 section 3.1), or
// "". scope is what the client would need, or "". sentence and scope are written as they are.
func New(status int, code, scope, sentence string, challenges bool) *Answer {
	a := &Answer{status: status}
	member := ""
	if code != "" {
		a.code, a.description = `, error="`+code+`"`, `, error_description="`+sentence+`"`
		member = `,"error":"` + code + `"`
	}
	if scope != "" {
		a.scope = scopeParam(scope)
	}
	if challenges {
		a.challenge = a.challengeOf(&Service{Realm: DefaultRealm}, "Bearer", "", true)
	}
	a.body = fmt.Appendf(nil, `{"title":%q,"status":%d,"detail":%q%s}`+"\n", http.StatusText(status), status, sentence, member)
	return a
}

// WithParameters returns an Answer whose challenge has more parameters, which are written as they
// are, after the description.
func (a Answer) WithParameters(parameters string) *Answer {
	a.parameters = ", " + parameters
	a.challenge = a.challengeOf(&Service{Realm: DefaultRealm}, "Bearer", "", true)
	return &a
}

func scopeParam(scope string) string { return `, scope="` + scope + `"` }

// challenges returns the values of WWW-Authenticate: one for each scheme. The error is in that of
// the scheme that was tried, or in all.
func (a *Answer) challenges(s *Service, tried int) []string {
	isInAll := tried == SeveralSchemes || tried == 0 && s.OnlyBound
	lines := make([]string, 0, 1+len(s.Bound))
	if !s.OnlyBound {
		lines = append(lines, a.challengeOf(s, "Bearer", "", isInAll || tried == 0))
	}
	for i, scheme := range s.Bound {
		lines = append(lines, a.challengeOf(s, scheme.Name, scheme.Parameters, isInAll || tried == i+1))
	}
	return lines
}

// challengeOf returns a challenge, RFC 6750 section 3, RFC 9449 section 7.1, RFC 9728 section 5.1.
func (a *Answer) challengeOf(s *Service, scheme, parameters string, hasError bool) string {
	code, scope, description := a.code, a.scope, a.description+a.parameters
	if !hasError {
		code, scope, description = "", "", ""
	}
	if a.status == http.StatusUnauthorized && s.Scopes != "" {
		scope = scopeParam(s.Scopes)
	}
	challenge := scheme + ` realm="` + s.Realm + `"` + code + scope + description
	if parameters != "" {
		challenge += ", " + parameters
	}
	if s.Metadata != "" {
		challenge += `, resource_metadata="` + s.Metadata + `"`
	}
	return challenge
}

// Write answers r, which tried the scheme of that number. It removes the header fields that were
// set for another answer. s may be nil.
func (a *Answer) Write(w http.ResponseWriter, r *http.Request, s *Service, tried int) {
	h := w.Header()
	Clean(h)
	if s != nil {
		for i, scheme := range s.Bound {
			if a.challenge != "" || tried == i+1 {
				scheme.Answer(h)
			}
		}
	}
	h.Set("Cache-Control", "no-store")
	if a.challenge != "" {
		if s == nil || s.isDefault() {
			h.Set("WWW-Authenticate", a.challenge)
		} else {
			h["Www-Authenticate"] = a.challenges(s, tried)
		}
	}
	if a.status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "5")
	}
	h.Set("Content-Type", "application/problem+json")
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead { // RFC 9110 section 9.3.2: the same fields, no body
		w.Write(a.body)
	}
}

// Clean removes the header fields that were set for another answer.
func Clean(h http.Header) {
	for name := range h {
		if isOfAnotherAnswer(http.CanonicalHeaderKey(name)) {
			delete(h, name)
		}
	}
}

// Names returns the schemes by their numbers. That of Bearer is "" if no token under it is good.
func (s *Service) Names() []string {
	names := []string{"Bearer"}
	if s.OnlyBound {
		names[0] = ""
	}
	for _, scheme := range s.Bound {
		names = append(names, scheme.Name)
	}
	return names
}

func (s *Service) isDefault() bool {
	return s.Realm == DefaultRealm && s.Scopes == "" && s.Metadata == "" && s.Bound == nil
}

// isOfAnotherAnswer reports whether a header field that was set before is meant for an
// answer that is not given now.
func isOfAnotherAnswer(name string) bool {
	switch name {
	case "Www-Authenticate", "Retry-After", "Location", "Refresh", "X-Accel-Redirect", "X-Sendfile":
		return true // they send the client, or a proxy, to something else
	case "Content-Type", "Content-Length", "Content-Range", "Accept-Ranges", "Content-Disposition", "Content-Language", "Content-Location",
		"Etag", "Last-Modified", "Trailer",
		"Digest", "Content-Digest", "Repr-Digest", "Unencoded-Digest", "Content-Md5": // RFC 9530, and what it replaces
		return true
	}
	// http.TrailerPrefix announces a trailer in its own way.
	return isForCaches(name) || strings.HasPrefix(name, http.TrailerPrefix)
}

// ForbidCaching sets no-store, and removes what lets a cache keep the answer in spite of it.
func ForbidCaching(h http.Header) {
	for name := range h {
		if isForCaches(http.CanonicalHeaderKey(name)) {
			delete(h, name)
		}
	}
	h.Set("Cache-Control", "no-store")
}

// isForCaches reports whether a header field says for how long an answer may be kept.
func isForCaches(name string) bool {
	switch name {
	case "Cache-Control", "Expires", "Age", "Surrogate-Control", "Edge-Control", "X-Accel-Expires":
		return true
	}
	// CDN-Cache-Control (RFC 9213) and the like of single vendors override no-store.
	return strings.HasSuffix(name, "-Cache-Control")
}
