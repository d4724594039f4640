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
}

// An Answer is what a client gets for one kind of refusal. It is safe for concurrent use.
type Answer struct {
	status int
	// These are of the challenge, after the realm.
	code, scope, description string

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
		a.challenge = a.challengeOf(&Service{Realm: DefaultRealm})
	}
	a.body = fmt.Appendf(nil, `{"title":%q,"status":%d,"detail":%q%s}`+"\n", http.StatusText(status), status, sentence, member)
	return a
}

func scopeParam(scope string) string { return `, scope="` + scope + `"` }

// challengeOf returns the value of WWW-Authenticate, RFC 6750 section 3, RFC 9728 section
// 5.1.
func (a *Answer) challengeOf(s *Service) string {
	scope := a.scope
	if a.status == http.StatusUnauthorized && s.Scopes != "" {
		scope = scopeParam(s.Scopes)
	}
	challenge := `Bearer realm="` + s.Realm + `"` + a.code + scope + a.description
	if s.Metadata != "" {
		challenge += `, resource_metadata="` + s.Metadata + `"`
	}
	return challenge
}

// Write answers r. It removes the header fields that were set for another answer. s may be
// nil.
func (a *Answer) Write(w http.ResponseWriter, r *http.Request, s *Service) {
	h := w.Header()
	for name := range h {
		if isOfAnotherAnswer(http.CanonicalHeaderKey(name)) {
			delete(h, name)
		}
	}
	h.Set("Cache-Control", "no-store")
	if a.challenge != "" {
		challenge := a.challenge
		if s != nil && *s != (Service{Realm: DefaultRealm}) {
			challenge = a.challengeOf(s)
		}
		h.Set("WWW-Authenticate", challenge)
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
	case "Cache-Control", "Expires", "Age", "Surrogate-Control", "Edge-Control", "X-Accel-Expires":
		return true
	}
	// CDN-Cache-Control (RFC 9213) and the like of single vendors override no-store.
	// http.TrailerPrefix announces a trailer in its own way.
	return strings.HasSuffix(name, "-Cache-Control") || strings.HasPrefix(name, http.TrailerPrefix)
}
