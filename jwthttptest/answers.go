package jwthttptest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
)

// accept sends what must pass. It returns nil if it did not.
func (x *exam) accept(row string, change func(*http.Request)) *response {
	w := x.send(change)
	switch {
	case w.panicked:
		x.add(faultPanic, row, w.Body.String())
	case !isOK(w):
		x.add(faultPicky, row, fmt.Sprintf("%d %.200q", w.Code, w.Body))
	case strings.Count(w.Body.String(), x.Shows) != 1 && x.Shows != "":
		x.add(faultShows, row, fmt.Sprintf("%.200q", w.Body))
	// Only a cookie is sent again, to last longer.
	case containsAny(w.told("Set-Cookie"), x.signed):
		x.add(faultLeak, row, fmt.Sprintf("the token in %.300q", w.told("Set-Cookie")))
	default:
		return w
	}
	return nil
}

// private sends what must pass, with a credential that caches do not know for one.
func (x *exam) private(row string, change func(*http.Request)) {
	w := x.accept(row, change)
	if w == nil {
		return
	}
	control := strings.Join(w.Header().Values("Cache-Control"), ",")
	if strings.Contains(control, "public") || !strings.Contains(control, "private") && !strings.Contains(control, "no-store") {
		x.add(faultCache, row, fmt.Sprintf("Cache-Control is %q: it should be private, or stricter", control))
	}
}

// anonymous sends what holds no credential.
func (x *exam) anonymous(row string, change func(*http.Request), want refusal, hint string) {
	if !x.isOpen() {
		x.refuse(row, change, want, hint)
		return
	}
	w := x.send(change)
	switch {
	case w.panicked:
		x.add(faultAnonymous, row, "it panicked: "+w.Body.String())
	case want.outside && is4xx(w):
		x.leak(row, w)
	case !isOK(w):
		x.add(faultAnonymous, row, fmt.Sprint(w.Code))
	case x.isKnown(w):
		x.add(faultLetIn, row, fmt.Sprintf("%.200q, not %.200q as without it; %s", w.text(), x.nobody.text(), hint))
	default:
		x.vary(row, w)
	}
}

// isWelcome reports whether an answer is that to a good token.
func (x *exam) isWelcome(w *response) bool {
	return w.text() == x.welcome.text() || x.Shows != "" && strings.Contains(w.Body.String(), x.Shows)
}

// isKnown reports whether an open chain took somebody for logged in.
func (x *exam) isKnown(w *response) bool {
	if x.Shows != "" {
		return strings.Contains(w.Body.String(), x.Shows)
	}
	if w.text() == x.nobody.text() || x.holdsToken(w.query) && x.holdsToken(w.text()) {
		return false // a page may hold its own address
	}
	// One with the time differs from what it was before, and so does the plain one.
	before := x.nobody.text()
	x.nobody = x.send(none)
	return x.nobody.text() == before
}

// isOpen reports whether requests without a token are served; a guard behind the
// middleware takes none.
func (x *exam) isOpen() bool { return x.AllowAnonymous && len(x.Scopes) == 0 && x.Forbidden == nil }

// vary asks for what keeps a cache from serving the anonymous page to those who are
// logged in.
func (x *exam) vary(row string, w *response) {
	var places []string
	if !x.CookieOnly {
		places = append(places, cmp.Or(x.Header, "Authorization"))
	}
	if x.Cookie != "" {
		places = append(places, "Cookie")
	}
	named := strings.Split(strings.Join(w.Header().Values("Vary"), ","), ",")
	for _, place := range places {
		if !slices.ContainsFunc(named, func(name string) bool {
			name = strings.TrimSpace(name)
			return name == "*" || strings.EqualFold(name, place)
		}) {
			x.add(faultCache, row, fmt.Sprintf("Vary is %q: without %s a cache serves the anonymous page to those who are logged in", w.Header().Values("Vary"), place))
		}
	}
}

// refuse sends what must be refused.
func (x *exam) refuse(row string, change func(*http.Request), want refusal, hint string) {
	w, fault := x.send(change), cmp.Or(want.fault, faultLetIn)
	if fault == faultLetIn {
		x.asked++
	}
	switch {
	case w.panicked:
		x.add(faultPanic, row, w.Body.String())
	case isOK(w) && isOurs(w, want):
		x.add(faultReplaced, row, fmt.Sprintf("%d, not %d", w.Code, want.status))
	case isOK(w):
		if fault == faultLetIn {
			x.letIn = append(x.letIn, w)
		}
		x.add(fault, row, strings.TrimSuffix(fmt.Sprintf("%d, not %d; %s", w.Code, want.status, hint), "; "))
	default:
		x.judge(row, w, want)
	}
}

// judge compares a refusal with what it should be.
func (x *exam) judge(row string, w *response, want refusal) {
	if x.tells(row, w) || x.OwnErrors {
		return
	}
	fault, detail := "", fmt.Sprintf("%d, not %d", w.Code, want.status)
	retry := w.Header().Get("Retry-After")
	switch isOurs := isOurs(w, want); {
	case want.outside && is4xx(w) && !isOurs:
		return
	case want == unavailable && (w.Code != want.status || retry == ""):
		fault, detail = faultOutage, fmt.Sprintf("%d, Retry-After: %q", w.Code, retry)
	case w.Code != want.status && isOurs && !is4xx(w):
		fault = faultReplaced
	case w.Code != want.status:
		fault = faultStatus
	}
	if fault != "" {
		x.add(fault, row, detail)
		return
	}
	challenge := w.Header().Values("WWW-Authenticate")
	description, fault := x.challenge(challenge, want)
	if fault != "" {
		detail := fmt.Sprintf("%q", challenge)
		if x.found(fault) == nil {
			detail += ", not " + x.wanted(want)
		}
		x.add(fault, row, detail)
	}
	if !strings.Contains(w.Header().Get("Cache-Control"), "no-store") {
		x.add(faultCache, row, fmt.Sprintf("Cache-Control is %q: a refusal has no-store", w.Header().Get("Cache-Control")))
	}
	if w.method == http.MethodHead {
		if w.Body.Len() > 0 {
			x.add(faultHead, row, fmt.Sprintf("%d bytes", w.Body.Len()))
		}
		return
	}
	if p, _ := readProblem(w); !isProblem(w, want) || w.Header().Get("Content-Type") != "application/problem+json" || description != "" && p.Detail != description {
		x.add(faultBody, row, fmt.Sprintf("%s %.200q", w.Header().Get("Content-Type"), w.Body))
	}
}

// tells finds what stands in a refusal, of whatever form, that must not: a secret,
// or what a handler wrote that ran behind it. It reports whether one did.
func (x *exam) tells(row string, w *response) (goesOn bool) {
	x.leak(row, w)
	text, page := w.Body.String(), strings.TrimSpace(x.welcome.Body.String())
	p, rest := readProblem(w)
	_, err := rest.Token()
	switch isProblem := p.Status == w.Code; {
	case w.after != 0:
		x.add(faultGoesOn, row, fmt.Sprintf("WriteHeader(%d) after %d", w.after, w.Code))
	case isProblem && err == io.EOF: // nothing is behind it
		return false
	case isProblem,
		x.Shows != "" && strings.Contains(text, x.Shows),
		// Somewhere in it, a short page may be a part of a word.
		page != "" && strings.HasSuffix(strings.TrimSpace(text), page):
		x.add(faultGoesOn, row, fmt.Sprintf("%d %.300q", w.Code, text))
	default:
		return false
	}
	return true
}

// A problem is what a problem document says, RFC 9457.
type problem struct {
	Status        int
	Detail, Error string
}

// readProblem returns the zero problem for another body, and what is behind it.
func readProblem(w *response) (p problem, rest *json.Decoder) {
	rest = json.NewDecoder(strings.NewReader(w.Body.String()))
	if rest.Decode(&p) != nil {
		return problem{}, rest
	}
	return p, rest
}

func isProblem(w *response, want refusal) bool {
	p, _ := readProblem(w)
	return p.Status == want.status && p.Error == want.code
}

// isOurs reports whether the middleware wrote an answer, whatever became of its status.
func isOurs(w *response, want refusal) bool {
	return isProblem(w, want) || strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Bearer ")
}

// challengeForm is RFC 6750 section 3 and RFC 9728 section 5.1 as WriteError has them.
var challengeForm = regexp.MustCompile(`^Bearer realm="([^"]*)"(?:, error="(\w+)"(?:, scope="([^"]*)")?, error_description="([^"\\]+)")?(?:, resource_metadata="([^"]*)")?$`)

// challenge returns the error_description of a challenge, and what is wrong with it.
func (x *exam) challenge(got []string, want refusal) (description, fault string) {
	if x.wanted(want) == "none" && len(got) == 0 {
		return "", ""
	}
	if x.wanted(want) == "none" || len(got) != 1 {
		return "", faultChallenge
	}
	m := challengeForm.FindStringSubmatch(got[0])
	if m == nil || m[2] != want.code {
		return "", faultChallenge
	}
	// One of nested guards names its own.
	scopes := strings.Fields(m[3])
	if (len(scopes) > 0) != (want == insufficientScope) || slices.ContainsFunc(scopes, func(s string) bool { return !slices.Contains(x.Scopes, s) }) {
		return "", faultChallenge
	}
	if m[1] != x.Realm || m[5] != x.ResourceMetadata {
		return m[4], faultRealm
	}
	return m[4], ""
}

// wanted shows a challenge as it should be.
func (x *exam) wanted(want refusal) string {
	text := `Bearer realm="` + x.Realm + `"`
	switch want.code {
	case crossOrigin.code, forbidden.code, unavailable.code:
		return "none"
	case insufficientScope.code:
		text += `, error="insufficient_scope", scope="` + strings.Join(x.Scopes, " ") + `", error_description="…"`
	case invalidRequest.code, invalidToken.code:
		text += `, error="` + want.code + `", error_description="…"`
	}
	if x.ResourceMetadata != "" {
		text += `, resource_metadata="` + x.ResourceMetadata + `"`
	}
	return text
}

// marks are what hostile tokens hold, and how the texts of inner errors go.
var marks = []string{
	marker, "other-issuer.example.com", "another-service", "logout+jwt", "urn:example:unknown", "/dev/null", "UNION SELECT",
	"jwthttp: ", "verification error", "signature is invalid: ", "illegal base64", "invalid character", "crypto/", "token has invalid claims", "token is unverifiable",
	"goroutine ", ".go:",
}

const marker = "conformance-marker"

// leak finds what an answer tells that it should not.
func (x *exam) leak(row string, w *response) {
	text := w.told("")
	for _, mark := range marks {
		if strings.Contains(text, mark) {
			x.add(faultLeak, row, fmt.Sprintf("%q in %.300q", mark, text))
			return
		}
	}
	// A page may show the client's own address, or come back to it from a login.
	if x.holdsToken(text) && !x.holdsToken(w.query) {
		x.add(faultLeak, row, fmt.Sprintf("a part of the token in %.300q", text))
	}
}

func (x *exam) holdsToken(text string) bool { return containsAny(text, x.minted) }

func containsAny(text string, parts []string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
}

// A response is an answer of the chain, and to what.
type response struct {
	*httptest.ResponseRecorder
	method   string
	query    string
	panicked bool // with what the body is then
	decided  bool // by WriteHeader
	after    int  // another status that came after that
}

// WriteHeader notes what a handler says that runs behind a refusal, which net/http
// drops.
func (w *response) WriteHeader(status int) {
	if status < 200 && status != http.StatusSwitchingProtocols {
		return // the answer is still to come
	}
	if w.decided && status != w.Code {
		w.after = status
	}
	w.decided = true
	w.ResponseRecorder.WriteHeader(status)
}

func (w *response) text() string { return fmt.Sprint(w.Code, " ", w.Body) }

// told is all that a client sees but for one header.
func (w *response) told(but string) string {
	text := w.Body.String()
	for name, values := range w.Header() {
		if name != but {
			text += "\n" + name + ": " + strings.Join(values, "\n")
		}
	}
	return text
}

// isOK reports whether the handler has run, as far as one can see.
func isOK(w *response) bool {
	return w.Code >= 200 && w.Code < 300 || w.Code == http.StatusSwitchingProtocols
}

func is4xx(w *response) bool { return w.Code >= 400 && w.Code < 500 }
