package jwthttp

import (
	"fmt"
	"net/http"
	"strings"
)

const defaultRealm = "api"

// An answer is what a client gets for a failure, except what the middleware adds.
type answer struct {
	params    string // of the challenge, after the realm
	challenge string // whole, with the default realm
	body      []byte // RFC 9457
}

// newAnswer puts scope, if any, between the error and its description.
func newAnswer(k *kind, sentence, scope string) *answer {
	a := &answer{}
	member := ""
	if k.code != "" {
		if scope != "" {
			scope = `, scope="` + scope + `"`
		}
		a.params = `, error="` + k.code + `"` + scope + `, error_description="` + sentence + `"`
		member = `,"error":"` + k.code + `"`
	}
	a.challenge = a.challengeOf(&responder{realm: defaultRealm})
	a.body = fmt.Appendf(nil, `{"title":%q,"status":%d,"detail":%q%s}`+"\n", http.StatusText(k.status), k.status, sentence, member)
	return a
}

// challengeOf returns the value of WWW-Authenticate, RFC 6750 section 3, RFC 9728 section
// 5.1.
func (a *answer) challengeOf(r *responder) string {
	challenge := `Bearer realm="` + r.realm + `"` + a.params
	if r.metadata != "" {
		challenge += `, resource_metadata="` + r.metadata + `"`
	}
	return challenge
}

// A responder is what a guard needs of its middleware to answer as that does.
type responder struct {
	realm    string
	metadata string // the URL of RFC 9728, or ""
	write    func(w http.ResponseWriter, r *http.Request, err error)
}

// failure returns err as a failure at this middleware, whose realm the challenge then
// names. Every error that leaves a middleware over HTTP passes here.
func (r *responder) failure(err error) *failure {
	f := *failureOf(err)
	f.at = r
	return &f
}

// WriteError answers a refused request: the status, the challenge (RFC 6750 section 3, RFC
// 9110 section 11) and a problem document (RFC 9457) that err's kind asks for. No text of an
// inner error and no byte of the request reaches the client.
//
// It is the default of [Options].ErrorHandler. A custom handler may call it with the error
// that it was given, wrapped or not. The challenge then names the realm of the middleware
// that refused. An error of no known kind is answered like a refused token, or with a 503 if
// it wraps [context.DeadlineExceeded] or [context.Canceled].
//
// Header fields that were set before stay, such as Vary, Set-Cookie and those of CORS.
// Those that describe another body, or let caches keep this one, are removed: Etag,
// Location, CDN-Cache-Control and their like. Content-Encoding stays: a middleware outside
// has set it and compresses this body too.
//
// WriteError logs nothing. It is safe for concurrent use.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	f := failureOf(err)
	h := w.Header()
	for name := range h {
		if isOfAnotherAnswer(http.CanonicalHeaderKey(name)) {
			delete(h, name)
		}
	}
	h.Set("Cache-Control", "no-store")
	if f.kind.challenges {
		challenge := f.answer.challenge
		if f.at != nil && (f.at.realm != defaultRealm || f.at.metadata != "") {
			challenge = f.answer.challengeOf(f.at)
		}
		h.Set("WWW-Authenticate", challenge)
	}
	if f.kind == unavailable {
		h.Set("Retry-After", "5")
	}
	h.Set("Content-Type", "application/problem+json")
	w.WriteHeader(f.kind.status)
	if r.Method != http.MethodHead { // RFC 9110 section 9.3.2: the same fields, no body
		w.Write(f.answer.body)
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
