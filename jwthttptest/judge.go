package jwthttptest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// judge sends a probe and compares the response with the answer that it must get.
func (x *exam) judge(p probe) *response {
	w := x.send(p.change)
	x.examine(p, w)
	return w
}

// examine compares a response with the answer that a probe must get.
func (x *exam) examine(p probe, w *response) {
	switch {
	case p.want.wrong != nil:
		if p.want.wrong(x, w) {
			x.add(p.want.otherwise, p, "%d", w.Code)
		}
	case p.want.anonymous && x.isOpen():
		x.judgeAnonymous(p, w)
	case p.want.status == http.StatusOK:
		x.judgeAccepted(p, w)
	default:
		x.judgeRefused(p, w)
	}
}

// judgeAccepted judges the response to what must reach the handler.
func (x *exam) judgeAccepted(p probe, w *response) {
	control := strings.Join(w.Header().Values("Cache-Control"), ",")
	switch {
	case w.panicked:
		x.add(faultPanic, p, "%s", w.Body)
	case !w.isOK():
		x.add(p.want.otherwise, p, "%d %.200q", w.Code, w.Body)
	case p.want == tolerated: // the page may differ from that of a good token
	case x.Shows != "" && strings.Count(w.Body.String(), x.Shows) != 1:
		x.add(faultShows, p, "%.200q", w.Body)
	case containsAny(w.visible("Set-Cookie"), x.signed): // a session may send its cookie again
		x.add(faultLeak, p, "the token in %.300q", w.visible("Set-Cookie"))
	case p.want.private && (strings.Contains(control, "public") || !containsAny(control, []string{"private", "no-store"})):
		x.add(faultCache, p, "Cache-Control is %q: it should be private, or stricter", control)
	case x.hasNonces() && w.Header().Get("DPoP-Nonce") != "" && (control == "" || strings.Contains(control, "public")):
		x.add(faultCache, p, "Cache-Control is %q: an answer with a nonce has no-store", control)
	default:
		x.checkNonce(p, w)
	}
}

// judgeAnonymous judges the response of a chain that serves requests without a token.
func (x *exam) judgeAnonymous(p probe, w *response) {
	switch {
	case w.panicked:
		x.add(faultAnonymous, p, "it panicked: %s", w.Body)
	case p.want.outside && w.is4xx():
		x.checkLeak(p, w)
	case !w.isOK():
		x.add(faultAnonymous, p, "%d", w.Code)
	case x.hasUser(w):
		x.add(p.want.otherwise, p, "%.200q, not %.200q as without it", w.text(), x.withoutUser.text())
	default:
		x.checkVary(p, w)
	}
}

// judgeRefused judges the response to what must be refused.
func (x *exam) judgeRefused(p probe, w *response) {
	want, isOurs := p.want, isOurs(w, p.want)
	if want.otherwise == faultAccepts {
		x.asked++
	}
	switch {
	case w.panicked:
		x.add(faultPanic, p, "%s", w.Body)
		return
	case w.isOK() && isOurs:
		x.add(faultReplaced, p, "%d, not %d", w.Code, want.status)
		return
	case w.isOK():
		if want.otherwise == faultAccepts {
			x.accepted = append(x.accepted, w)
		}
		x.add(want.otherwise, p, "%d, not %d", w.Code, want.status)
		return
	}
	x.checkLeak(p, w)
	retry := w.Header().Get("Retry-After")
	switch more := x.afterRefusal(w); {
	case more != "":
		x.add(faultGoesOn, p, "%s", more)
	case x.OwnErrors:
	case want.outside && w.is4xx() && !isOurs:
	case want == unavailable && (w.Code != want.status || retry == ""):
		x.add(faultOutage, p, "%d, Retry-After: %q", w.Code, retry)
	case w.Code != want.status && isOurs && !w.is4xx():
		x.add(faultReplaced, p, "%d, not %d", w.Code, want.status)
	case w.Code != want.status:
		x.add(faultStatus, p, "%d, not %d", w.Code, want.status)
	default:
		x.checkRefusal(p, w)
	}
}

// checkRefusal checks the header and the body of a refusal that has the wanted status.
func (x *exam) checkRefusal(p probe, w *response) {
	x.checkNonce(p, w)
	challenge, control, contentType := w.Header().Values("WWW-Authenticate"), w.Header().Get("Cache-Control"), w.Header().Get("Content-Type")
	description, fault := x.checkChallenges(challenge, w.tried, p.want)
	if fault != "" {
		detail := fmt.Sprintf("%q", challenge)
		if x.found(fault) == nil {
			detail += ", not " + x.wantedChallenges(w.tried, p.want)
		}
		x.add(fault, p, "%s", detail)
	}
	if x.GRPC {
		return // a call has neither a cache nor a body
	}
	if !strings.Contains(control, "no-store") {
		x.add(faultCache, p, "Cache-Control is %q: a refusal has no-store", control)
	}
	if w.method == http.MethodHead {
		if w.Body.Len() > 0 {
			x.add(faultHead, p, "%d bytes", w.Body.Len())
		}
		return
	}
	doc, _ := readProblem(w)
	if !doc.is(p.want) || contentType != "application/problem+json" || description != "" && doc.Detail != description {
		x.add(faultBody, p, "%s %.200q", contentType, w.Body)
	}
}

// isOpen reports whether the route serves requests without a token. A guard refuses them.
func (x *exam) isOpen() bool { return x.AllowAnonymous && len(x.Scopes) == 0 && x.Forbidden == nil }

// isWelcome reports whether a response is that to a good token.
func (x *exam) isWelcome(w *response) bool {
	return w.text() == x.welcome.text() || x.Shows != "" && strings.Contains(w.Body.String(), x.Shows)
}

// hasUser reports whether an open chain answered as if a user were logged in.
func (x *exam) hasUser(w *response) bool {
	if x.Shows != "" {
		return strings.Contains(w.Body.String(), x.Shows)
	}
	if w.text() == x.withoutUser.text() || x.holdsToken(w.query) && x.holdsToken(w.text()) {
		return false // a page may show its own address
	}
	// A page that shows the time is another one now, also without a user.
	before := x.withoutUser.text()
	x.withoutUser = x.send(none)
	return x.withoutUser.text() == before
}

// checkVary checks the header that keeps a cache from serving the anonymous page to users.
func (x *exam) checkVary(p probe, w *response) {
	var places []string
	if name, _ := x.header(); !x.CookieOnly {
		places = append(places, name)
	}
	if x.Cookie != "" {
		places = append(places, "Cookie")
	}
	vary := w.Header().Values("Vary")
	names := strings.Split(strings.ReplaceAll(strings.Join(vary, ","), " ", ""), ",")
	for _, place := range places {
		if !slices.ContainsFunc(names, func(name string) bool { return name == "*" || strings.EqualFold(name, place) }) {
			x.add(faultCache, p, "Vary is %q: without %s a cache serves the anonymous page to users who are logged in", vary, place)
		}
	}
}

// afterRefusal returns what a chain wrote after a refusal, or "".
func (x *exam) afterRefusal(w *response) string {
	if w.after != 0 {
		return fmt.Sprintf("WriteHeader(%d) after %d", w.after, w.Code)
	}
	text, page := w.Body.String(), strings.TrimSpace(x.welcome.Body.String())
	doc, rest := readProblem(w)
	isProblem := doc.Status == w.Code
	if _, err := rest.Token(); isProblem && err == io.EOF {
		return "" // nothing follows it
	}
	if isProblem || x.Shows != "" && strings.Contains(text, x.Shows) ||
		// A short page may be a part of a word, so only the end counts.
		page != "" && strings.HasSuffix(strings.TrimSpace(text), page) {
		return fmt.Sprintf("%d %.300q", w.Code, text)
	}
	return ""
}

// A problem is what a problem document says, RFC 9457.
type problem struct {
	Status        int
	Detail, Error string
}

func (p problem) is(want *answer) bool { return p.Status == want.status && p.Error == want.code }

// readProblem returns the zero problem for another body, and what follows the document.
func readProblem(w *response) (p problem, rest *json.Decoder) {
	rest = json.NewDecoder(strings.NewReader(w.Body.String()))
	if rest.Decode(&p) != nil {
		return problem{}, rest
	}
	return p, rest
}

func isProblem(w *response, want *answer) bool {
	p, _ := readProblem(w)
	return p.is(want)
}

// isOurs reports whether the middleware wrote a response, whatever its status is now.
func isOurs(w *response, want *answer) bool {
	challenge := w.Header().Get("WWW-Authenticate")
	return isProblem(w, want) || strings.HasPrefix(challenge, schemeBearer+" ") || strings.HasPrefix(challenge, schemeDPoP+" ")
}

// checkNonce checks that an answer under DPoP, and a challenge that names DPoP, has one nonce where
// the chain has nonces, RFC 9449 section 8.
func (x *exam) checkNonce(p probe, w *response) {
	if x.DPoP == nil {
		return
	}
	nonces := w.Header().Values("DPoP-Nonce")
	isWanted := w.tried == schemeDPoP || slices.ContainsFunc(w.Header().Values("WWW-Authenticate"), isDPoP)
	if !x.hasNonces() && len(nonces) > 0 || x.hasNonces() && isWanted && (len(nonces) != 1 || nonces[0] == "") {
		x.add(faultNonce, p, "%d, DPoP-Nonce: %q", w.Code, nonces)
	}
}

// challengeForm is how WriteError writes a challenge, RFC 6750 section 3, RFC 9449 section 7.1 and
// RFC 9728 section 5.1.
var challengeForm = regexp.MustCompile(`^(Bearer|DPoP) realm="([^"]*)"(?:, error="(\w+)")?(?:, scope="([^"]*)")?(?:, error_description="([^"\\]+)")?(?:, (algs="[^"]*"))?(?:, resource_metadata="([^"]*)")?$`)

// challenged returns the schemes of the challenges, in order.
func (x *exam) challenged() []string {
	switch {
	case x.DPoP == nil:
		return []string{schemeBearer}
	case x.takesBearer():
		return []string{schemeBearer, schemeDPoP}
	}
	return []string{schemeDPoP}
}

// hasError reports whether the challenge of scheme has the error of a request that tried another
// one, or the same: the error is in that of the scheme that was tried, and in all if there is no
// such challenge, or none or several were tried.
func (x *exam) hasError(scheme, tried string) bool {
	return scheme == tried || !slices.Contains(x.challenged(), tried)
}

// parameters returns those that only the challenge of scheme has.
func (x *exam) parameters(scheme string) string {
	if scheme == schemeDPoP {
		return x.algs
	}
	return ""
}

// checkChallenges returns the error_description of the challenges, and what is wrong with them.
func (x *exam) checkChallenges(got []string, tried string, want *answer) (description, fault string) {
	if !want.challenges && len(got) == 0 {
		return "", ""
	}
	schemes := x.challenged()
	if !want.challenges || len(got) != len(schemes) {
		return "", faultChallenge
	}
	for i, scheme := range schemes {
		code := ""
		if x.hasError(scheme, tried) {
			code = want.code
		}
		m := challengeForm.FindStringSubmatch(got[i])
		if m == nil || m[1] != scheme || m[3] != code || (m[3] == "") != (m[5] == "") || m[6] != x.parameters(scheme) {
			return "", faultChallenge
		}
		if m[5] != "" {
			description = m[5]
		}
		if scopes := strings.Fields(m[4]); want.status != http.StatusUnauthorized {
			// One of several nested guards names its own scopes only.
			if (len(scopes) > 0) != (want == insufficientScope && code != "") || slices.ContainsFunc(scopes, func(s string) bool { return !slices.Contains(x.Scopes, s) }) {
				return "", faultChallenge
			}
		} else if m[4] != strings.Join(x.ChallengeScopes, " ") {
			fault = faultRealm
		}
		if m[2] != x.Realm || m[7] != x.ResourceMetadata {
			fault = faultRealm
		}
	}
	return description, fault
}

// wantedChallenges shows the challenges as they should be.
func (x *exam) wantedChallenges(tried string, want *answer) string {
	if !want.challenges {
		return "none"
	}
	var lines []string
	for _, scheme := range x.challenged() {
		hasError := want.code != "" && x.hasError(scheme, tried)
		text := scheme + ` realm="` + x.Realm + `"`
		if hasError {
			text += `, error="` + want.code + `"`
		}
		if hasError && want == insufficientScope {
			text += `, scope="` + strings.Join(x.Scopes, " ") + `"`
		}
		if want.status == http.StatusUnauthorized && len(x.ChallengeScopes) > 0 {
			text += `, scope="` + strings.Join(x.ChallengeScopes, " ") + `"`
		}
		if hasError {
			text += `, error_description="…"`
		}
		if parameters := x.parameters(scheme); parameters != "" {
			text += ", " + parameters
		}
		if x.ResourceMetadata != "" {
			text += `, resource_metadata="` + x.ResourceMetadata + `"`
		}
		lines = append(lines, text)
	}
	return strings.Join(lines, ", and ")
}

// marker is in the claims of every bad token.
const marker = "conformance-marker"

// secrets are parts of bad tokens and of inner errors. No client may see them.
var secrets = []string{
	marker, "other-issuer.example.com", "another-service", "logout+jwt", "urn:example:unknown", "/dev/null", "UNION SELECT",
	"jwthttp: ", "verification error", "signature is invalid: ", "illegal base64", "invalid character", "crypto/", "token has invalid claims", "token is unverifiable",
	"dpop: ", "mtls: ", "cnf.jkt", "goroutine ", ".go:",
}

// checkLeak finds what a refusal shows a client and should not.
func (x *exam) checkLeak(p probe, w *response) {
	text := w.visible("")
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			x.add(faultLeak, p, "%q in %.300q", secret, text)
			return
		}
	}
	// A page may show the client's own address, and a login may come back to it.
	if x.holdsToken(text) && !x.holdsToken(w.query) {
		x.add(faultLeak, p, "a part of the token in %.300q", text)
	}
}

func (x *exam) holdsToken(text string) bool { return containsAny(text, x.minted) }

func containsAny(text string, parts []string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
}
