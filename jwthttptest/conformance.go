package jwthttptest

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// A Setup tells [Conformance] what it cannot see from outside.
type Setup struct {
	// Issuer signs the tokens that the chain accepts. It is required.
	Issuer *Issuer

	// Request returns a request of a protected route, without credentials, which is
	// answered with a 2xx when a good token comes along: GET / if nil. Of the path's
	// other methods little can be seen from outside: those that must be protected
	// have a Conformance of their own. It is called for each request: a body is read
	// once, so it makes a new one.
	Request func() *http.Request

	// Claims and Options make a good token, as in [Issuer.Token].
	Claims  any
	Options []TokenOption

	// Shows is a text that every answer to a good token holds exactly once, and none
	// without one, such as its subject; "" if there is none. Set it where you can: it
	// tells that the handler runs once, and for the one who asks (good tokens of other
	// subjects come in between), that it does not run behind a refusal, and who is
	// logged in on a page that is another each time.
	Shows string

	// Accepts lists what the chain takes on purpose: NoExpiry under
	// AllowMissingExpiry, WrongIssuer and NoIssuer where no issuer is configured, …
	Accepts []Fault

	// Header is the name of the header whose whole value is the token, in place of
	// Authorization (see jwthttp.HeaderNamed); "" if there is none.
	Header string

	// Cookie is the name of the cookie that may hold the token, "" if none.
	// CookieOnly says that no header is read, HeaderFirst that one with a token lets
	// the cookie be (see jwthttp.FirstOf).
	Cookie      string
	CookieOnly  bool
	HeaderFirst bool

	// The same as in jwthttp.Options.
	AllowAnonymous   bool
	Realm            string
	ResourceMetadata string

	// Scopes are all that RequireScopes asks for on the route, in one guard or in
	// several: good tokens get them, and one that lacks any must get a 403 that names
	// some of them. They are in scope, as a text, unless Options put them elsewhere:
	// Claim("scope", nil), Claim("scp", …).
	Scopes []string

	// Forbidden are claims of a good token that a guard on the route refuses (see
	// jwthttp.Require); nil if there is none. Options are applied to them too, so
	// what makes the difference must not stand there.
	Forbidden any

	// OwnErrors says that the chain has an ErrorHandler of its own: nothing is
	// asked of its answers then but that they are no 2xx, tell no secret and are all
	// that is written.
	OwnErrors bool

	// CORS is an origin of another site that the chain's CORS layer lets in, "" if
	// there is no such layer.
	CORS string

	// Outage takes the keys, or the store of a check, out of reach for good; it is
	// called last. Then a good token must get a 503. Nil leaves that out. A
	// jwks.Source knows its keys by then, so Issuer.Fail changes nothing for hours:
	// close the source, or let the hours pass in a testing/synctest bubble.
	Outage func()
}

// A Reporter is a [testing.TB], or what records the faults of a chain otherwise.
type Reporter interface {
	Helper()
	Errorf(format string, args ...any)
}

// Conformance sends good, missing, doubled, malformed and hostile credentials
// through a chain as a program has assembled it, router and other middleware
// included, and compares the answers with those that package jwthttp promises. It
// reports each fault of the wiring once, with the requests that showed it, five of
// them with their answers. A chain that a good token does not get through is one
// fault, and ends it. So does a mistake in the Setup.
//
// Requests are made in process, some hundred, one at a time and without a time limit, and
// run the handler like any other. Some are made as if they came over HTTP/2. They come from one address: a rate limiter in the
// chain must let them pass. What they are answered to is an [http.Flusher] and no
// [http.Hijacker].
func Conformance(t Reporter, chain http.Handler, setup Setup) {
	t.Helper()
	if mistake := setup.mistake(chain); mistake != "" {
		t.Errorf("jwthttptest: %s", mistake)
		return
	}
	if setup.Request == nil {
		setup.Request = func() *http.Request { return httptest.NewRequest("GET", "/", nil) }
	}
	if setup.Realm == "" {
		setup.Realm = "api"
	}
	x := &exam{Setup: setup, tb: setup.Issuer.tb, chain: chain}
	if tb, ok := t.(testing.TB); ok {
		x.tb = tb
	}
	x.run()
	if x.asked > 3 && len(x.letIn) == x.asked {
		fault := faultPolite
		if slices.ContainsFunc(x.letIn, x.isWelcome) {
			fault = faultOpen
		}
		x.findings = slices.DeleteFunc(x.findings, func(f *finding) bool { return f.fault == faultLetIn })
		x.add(fault, fmt.Sprintf("all of %d requests, the first", x.asked), fmt.Sprintf("%.200q", x.letIn[0].text()))
	}
	for _, f := range x.findings {
		if len(f.more) > 0 {
			f.rows = append(f.rows, fmt.Sprintf("and %d more: %s", len(f.more), strings.Join(f.more, ", ")))
		}
		t.Errorf("the chain %s\n\t%s", f.fault, strings.Join(f.rows, "\n\t"))
	}
}

// mistake says what there is no Conformance with.
func (s Setup) mistake(chain http.Handler) string {
	if v := reflect.ValueOf(chain); !v.IsValid() || (v.Kind() == reflect.Pointer || v.Kind() == reflect.Func) && v.IsNil() {
		return "Conformance needs a chain, and this one is nil"
	}
	for _, fault := range s.Accepts {
		if !slices.Contains(Faults(), fault) {
			return fmt.Sprintf("Setup.Accepts has %q: use the constants of Fault", fault)
		}
	}
	switch {
	case s.Issuer == nil || s.Issuer.rsa == nil:
		return "Conformance needs Setup.Issuer, of NewIssuer, whose tokens the chain accepts"
	case s.Request != nil && s.Request() == nil:
		return "Setup.Request returns nil"
	case s.Cookie == "" && (s.CookieOnly || s.HeaderFirst):
		return "Setup.CookieOnly and HeaderFirst need the cookie's name in Setup.Cookie"
	case s.CookieOnly && (s.HeaderFirst || s.Header != ""):
		return "Setup.CookieOnly says that no header is read: leave out Header and HeaderFirst"
	}
	return ""
}

// What can be wrong with a chain, as it continues "the chain …".
const (
	faultClosed    = "refuses a good token: Setup must describe one that it accepts"
	faultUnseen    = "does not see a good token: is Authorization removed on the way, or the cookie called otherwise (package cookie puts __Host- before it)?"
	faultMisplaced = "has a guard that is not inside a middleware for its claims type, or was given nothing to ask for: the log says which, and how to mend it"
	faultPicky     = "refuses what it must accept:"
	faultAccepts   = "refuses what it takes on purpose, says Setup.Accepts:"
	faultOpen      = "runs the handler whatever is sent: is the middleware before it on this route, and does it return after refusing?"
	faultPolite    = "answers what it must refuse with a 2xx, but not as it answers a good token: does its error handler set no status, or does the handler run without claims?"
	faultLetIn     = "lets in what it must refuse:"
	faultStatus    = "refuses with another status than it should:"
	faultShows     = "does not answer a good token with Setup.Shows, once: does next run twice, is its output dropped, or are answers or claims kept for the next who asks?"
	faultReplaced  = "has something outside of the middleware that replaces the status of its refusals (a recoverer, a router's error page):"
	faultChallenge = "refuses without the challenge that tells a client what to do (WWW-Authenticate, RFC 6750 section 3): does something outside remove or overwrite it?"
	faultRealm     = "names another realm or resource_metadata than the Setup: say in Setup.Realm and Setup.ResourceMetadata what Options have"
	faultBody      = "refuses with another body than the problem document of WriteError: say Setup.OwnErrors if that is meant"
	faultGoesOn    = "writes more behind a refusal: does the handler run after all, for want of a return?"
	faultHead      = "sends a body to HEAD:"
	faultCache     = "does not keep caches from storing an answer:"
	faultLeak      = "tells the client what is in a token or in an inner error:"
	faultPanic     = "panics:"
	faultAnonymous = "does not serve requests without a token, though Setup.AllowAnonymous is set: does its handler read claims when there are none? See the ok of ClaimsFromContext"
	faultGate      = "lets pages of other sites use the browser's cookie:"
	faultPreflight = "refuses CORS preflight requests, which never carry a token: put the CORS layer outside of the middleware"
	faultCORS      = "answers other origins without CORS headers when it refuses, so their scripts cannot read why: put the CORS layer outside of the middleware"
	faultOutage    = "makes clients throw away good tokens while the keys, or a check's store, are out of reach: that is a 503 with Retry-After"
)

type finding struct {
	fault string
	rows  []string // with details
	more  []string // the names of the others
}

type exam struct {
	Setup
	tb       testing.TB
	chain    http.Handler
	minted   []string  // how each part of a token begins
	signed   []string  // how each signature does
	welcome  *response // the answer to a good token
	nobody   *response // the last answer to no credentials
	findings []*finding
	asked    int         // refusals that were expected
	letIn    []*response // to those that were none
}

func (x *exam) add(fault, row, detail string) {
	f := x.found(fault)
	if f == nil {
		f = &finding{fault: fault}
		x.findings = append(x.findings, f)
	}
	if len(f.rows) < 5 {
		f.rows = append(f.rows, row+": "+detail)
	} else {
		f.more = append(f.more, row)
	}
}

func (x *exam) found(fault string) *finding {
	for _, f := range x.findings {
		if f.fault == fault {
			return f
		}
	}
	return nil
}

// An expected refusal.
type refusal struct {
	status  int
	code    string // none where nothing was sent
	outside bool   // something outside may refuse it first, with any 4xx
	fault   string // of one who lets it in; faultLetIn if ""
}

var (
	noToken           = refusal{status: 401}
	invalidRequest    = refusal{status: 400, code: "invalid_request"}
	invalidToken      = refusal{status: 401, code: "invalid_token"}
	crossOrigin       = refusal{status: 403, code: "cross_origin", outside: true, fault: faultGate}
	forbidden         = refusal{status: 403, code: "forbidden"}
	insufficientScope = refusal{status: 403, code: "insufficient_scope"}
	unavailable       = refusal{status: 503, code: "temporarily_unavailable"}
	misconfigured     = refusal{status: 500, code: "server_error"}
)

const hintWhiteSpace = "white space around a header's value does not count, but HTTP/2 servers leave it there"

// orOutside is for what a layer that knows nothing of tokens may refuse as well: one
// for sizes, content types, queries.
func (want refusal) orOutside() refusal {
	want.outside = true
	return want
}

func (x *exam) run() {
	stranger := func() {
		if x.Shows != "" {
			x.send(x.with(x.token(Claim("sub", rand.Text()))))
		}
	}
	stranger() // who comes first must not be who all others are
	x.welcome = x.send(x.with(x.token()))
	if x.welcome.panicked || !isOK(x.welcome) {
		fault := faultClosed
		switch {
		case isProblem(x.welcome, noToken):
			fault = faultUnseen
		case isProblem(x.welcome, misconfigured):
			fault = faultMisplaced
		}
		x.add(fault, "a good token", fmt.Sprintf("%d %.200q", x.welcome.Code, x.welcome.Body))
		return
	}
	x.nobody = x.send(none)
	x.anonymous("no credentials", none, noToken, "is the middleware before the handler on this route? Say Setup.AllowAnonymous if this is meant")
	switch {
	case x.CookieOnly:
	case x.Header != "":
		x.named()
	default:
		x.bearer()
	}
	if x.Cookie != "" {
		x.cookies()
	}
	x.nothing()
	x.tokens()
	x.guards()
	if x.CORS != "" {
		x.cors()
	}
	stranger()
	x.accept("a good token, after all that", x.with(x.token()))
	if x.Outage != nil {
		x.Outage()
		x.refuse("a good token in an outage", x.with(x.token()), unavailable, "what cannot be checked must not pass, or Setup.Outage does not reach it")
	}
}

// named asks for what holds for a header of another name.
func (x *exam) named() {
	good := x.token()
	x.private("a good token in "+x.Header, x.inHeader(good))
	x.anonymous("an empty "+x.Header, x.inHeader(""), noToken, "it holds nothing")
	x.anonymous("white space in "+x.Header, overHTTP2(x.inHeader(" \t")), noToken, "it holds nothing")
	for _, value := range []string{" " + good, good + "\t"} {
		x.private("a good token in "+x.Header+", with white space, over HTTP/2", overHTTP2(x.inHeader(value)))
	}
	x.refuse("an expired token in "+x.Header+", behind white space, over HTTP/2", overHTTP2(x.inHeader(" "+x.bad(Expired))), invalidToken, hintWhiteSpace)
	x.refuse("two of "+x.Header+", one empty", x.inHeader(good, ""), invalidRequest, "exactly one credential counts")
	x.anonymous("a good token in Authorization", authorization("Bearer "+good), noToken, "only "+x.Header+" is read")
	x.refuse("two of "+x.Header, x.inHeader(good, x.token()), invalidRequest, "exactly one credential counts")
}

// bearer asks for what RFC 6750 section 2.1 says of the Authorization header.
func (x *exam) bearer() {
	good := x.token()
	for _, value := range []string{"bearer " + good, "BEARER   " + good} {
		x.accept(fmt.Sprintf("Authorization: %.9s…", value), authorization(value))
	}
	for _, value := range []string{"", "Basic YTpi", "BearerX " + good, "Bearer:" + good, good} {
		x.anonymous(fmt.Sprintf("Authorization: %.9s…", value), authorization(value), noToken, "only the scheme Bearer is one")
	}
	x.accept("Authorization: Bearer …, with white space, over HTTP/2", overHTTP2(authorization("\t Bearer "+good+" \t")))
	x.anonymous("Authorization: white space, over HTTP/2", overHTTP2(authorization(" \t")), noToken, "it holds nothing")
	for _, value := range []string{" Bearer ", "\tBearer "} {
		x.refuse(fmt.Sprintf("Authorization: %q and an expired token, over HTTP/2", value), overHTTP2(authorization(value+x.bad(Expired))), invalidToken, hintWhiteSpace)
	}
	for _, value := range []string{`"Bearer ` + good + `"`, ",Bearer " + good, "\u00a0Bearer " + good, "="} {
		x.refuse(fmt.Sprintf("Authorization: %.12q…", value), authorization(value), invalidRequest, "it does not begin with the name of a scheme")
	}
	x.refuse("two Authorization headers, one empty", authorization("Bearer "+good, ""), invalidRequest, "exactly one credential counts")
	for _, value := range []string{"Bearer", "Bearer ", "Bearer\t" + good, "Bearer " + good + ",", "Bearer " + good + " " + good, `Bearer "` + good + `"`, "Bearer é" + good} {
		x.refuse(fmt.Sprintf("Authorization: %.12q…", value), authorization(value), invalidRequest, "take nothing but spaces and one token behind the scheme")
	}
	x.refuse("two Authorization headers", authorization("Bearer "+good, "Bearer "+x.token()), invalidRequest, "exactly one credential counts")
	x.refuse("Authorization: Bearer … and Basic …", authorization("Bearer "+good, "Basic YTpi"), invalidRequest, "exactly one credential counts")
}

func (x *exam) cookies() {
	good := x.token()
	x.private("a good token in the cookie", x.cookie(good))
	x.refuse("two cookies of the name", x.cookie(good, x.token()), invalidRequest, "exactly one credential counts")
	x.refuse("two cookies of the name, one empty", x.cookie("", good), invalidRequest, "exactly one credential counts")
	x.accept("a good token in the cookie, with white space", header("Cookie", "\ta=b; \t"+x.Cookie+"="+good+"\t"))
	for _, value := range []string{"a b", "a,b", `"a`, `a\b`, "é"} {
		x.refuse(fmt.Sprintf("a cookie of %q", value), header("Cookie", x.Cookie+"="+value), invalidRequest, "net/http takes it for none: read the Cookie header, as jwthttp.Cookie does")
	}
	// A server may limit its headers, but not to less.
	x.refuse("a bad token before 3,000 more cookies", header("Cookie", x.Cookie+"="+x.bad(Expired)+strings.Repeat(";", 3000)), invalidRequest.orOutside(), "net/http takes more than 3,000 for none: count them, as jwthttp.Cookie does")
	twice, badHeader := both(x.inHeader(good), x.cookie(good)), both(x.inHeader(x.bad(Expired)), x.cookie(good))
	switch {
	case x.CookieOnly:
	case x.HeaderFirst:
		x.accept("a header and a cookie", twice)
		x.accept("a good header beside a bad cookie", both(x.inHeader(good), x.cookie(x.bad(Expired))))
		x.refuse("a bad header beside a good cookie", badHeader, invalidToken, "a header that is there is final")
	default:
		x.refuse("a header and a cookie", twice, invalidRequest, "exactly one credential counts")
		x.refuse("a bad header beside a good cookie", badHeader, invalidRequest, "a header that is there is final")
	}
	if !x.CookieOnly {
		want := invalidRequest
		if x.HeaderFirst {
			want = invalidToken
		}
		x.refuse("a bad header behind white space beside a good cookie, over HTTP/2", overHTTP2(both(x.inHeader(x.bad(Expired)), x.spaced, x.cookie(good))), want, hintWhiteSpace)
	}
	if !x.CookieOnly && x.Header == "" {
		x.refuse("a malformed header beside a good cookie", both(authorization("Bearer"), x.cookie(good)), invalidRequest, "a header that is there is final")
	}
	x.accept("Authorization: Basic … beside a good cookie", both(authorization("Basic YTpi"), x.cookie(good)))

	for _, origin := range []string{"https://elsewhere.example", "null"} {
		w := x.send(both(x.cookie(good), header("Origin", origin)))
		if h := w.Header(); h.Get("Access-Control-Allow-Origin") == origin && h.Get("Access-Control-Allow-Credentials") == "true" {
			x.add(faultGate, "a good cookie, with Origin: "+origin, "Access-Control-Allow-Origin is the same, with Access-Control-Allow-Credentials, so its scripts read the answer")
		}
	}
	x.gate("a WebSocket upgrade", both(upgrade, x.cookie(good)))
	for _, name := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		// An expired token shows, and runs no handler for it, whether the method is
		// there and behind the middleware.
		w := x.send(both(method(name), x.cookie(x.bad(Expired)), header("Sec-Fetch-Site", "same-origin")))
		if w.Code == http.StatusForbidden && isProblem(w, crossOrigin) {
			x.add(faultStatus, "a "+name+" from the page itself", "it is 403: see Options.TrustedOrigins")
		}
		if x.isRefused(w, invalidToken) {
			x.gate("a "+name, both(method(name), x.cookie(good)))
		}
	}
}

// isRefused reports whether an answer is a refusal of the middleware, as far as one
// can see.
func (x *exam) isRefused(w *response, want refusal) bool {
	if x.OwnErrors {
		return !w.panicked && !isOK(w) && w.Code != http.StatusNotFound && w.Code != http.StatusMethodNotAllowed
	}
	return w.Code == want.status && isProblem(w, want)
}

// gate asks for the cross-origin gate's refusal of what comes from elsewhere.
func (x *exam) gate(row string, change func(*http.Request)) {
	for _, from := range []struct{ row, header, value string }{
		{"from another site", "Sec-Fetch-Site", "cross-site"},
		{"from a site beside this one", "Sec-Fetch-Site", "same-site"},
		{"with Origin: null", "Origin", "null"},
		{"with another Origin", "Origin", "https://elsewhere.example"},
	} {
		x.refuse(row+" "+from.row, both(change, header(from.header, from.value)), crossOrigin, "")
	}
}

// nothing asks for what is no credential.
func (x *exam) nothing() {
	good := x.token()
	x.anonymous("a token in the query", func(r *http.Request) {
		q := r.URL.Query()
		for _, name := range []string{"access_token", "token", "jwt", "id_token"} {
			q.Set(name, good)
		}
		r.URL.RawQuery = q.Encode()
		r.RequestURI = r.URL.RequestURI()
	}, noToken.orOutside(), "addresses end up in logs, histories and Referer headers")
	for _, name := range []string{"token", "access_token", "jwt", "id_token", "session", "__Host-token"} {
		if name != x.Cookie {
			x.anonymous("a good token in a cookie "+name, cookie(name, good), noToken, "say Setup.Cookie, or do not read it")
		}
	}
	if x.isOpen() {
		return
	}
	x.refuse("a WebSocket upgrade without a token", upgrade, noToken.orOutside(), "it opens the way for all that follows")
	for _, name := range []string{http.MethodOptions, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		w := x.send(method(name))
		// Another handler may serve the method; this one is known by what it wrote.
		if isOK(w) && w.Body.Len() > 0 && x.isWelcome(w) {
			x.add(faultLetIn, name+" without a token", fmt.Sprintf("%d, and what a good token gets", w.Code))
		}
		if name == http.MethodPost && x.isRefused(w, noToken) {
			x.refuse("a token in a form", form("access_token="+good+"&token="+good+"&jwt="+good), noToken.orOutside(), "a page of another site can send a form")
		}
	}
}

// tokens asks for the refusal of bad ones.
func (x *exam) tokens() {
	hints := map[Fault]string{
		WrongIssuer: "set Options.Issuer, or say so in Setup.Accepts", NoIssuer: "set Options.Issuer, or say so in Setup.Accepts",
		WrongAudience: "set Options.Audience", NoAudience: "set Options.Audience",
		NoExpiry: "a token without exp never ends", AlgNone: "the signature is not checked",
		HS256WithPublicKey: "the token chooses the algorithm", HS256WithNoSecret: "the token chooses the key",
		UnknownIDNoSecret: "no key is none: the look-up finds an empty secret for a kid that it does not know",
		EmbeddedKey:       "the token brings its key along", TamperedClaims: "the signature is not checked",
		SenderConstrained: "the client's key is not checked: say so in Setup.Accepts if a check of yours does",
		NoSignature:       "the signature is not checked", ForgedSignature: "the signature is not checked",
	}
	for _, fault := range Faults() {
		want := invalidToken
		want.outside = fault == Oversized
		if !slices.Contains(x.Accepts, fault) {
			x.refuse(string(fault), x.with(x.bad(fault)), want, hints[fault])
		} else if w := x.send(x.with(x.bad(fault))); w.panicked || !isOK(w) {
			x.add(faultAccepts, string(fault), fmt.Sprintf("%.200q", w.text()))
		}
	}
	good := x.token()
	part := strings.Split(good, ".")
	// Signed with what a look-up finds that takes the kid for more than a name.
	signedBy := func(secret, kid string) TokenOption {
		return option(func(d *draft) { d.sign("HS256", []byte(secret), kid) })
	}
	hostile := map[string]string{
		"no token at all":            "abc",
		"two segments":               part[0] + "." + part[1],
		"four segments":              good + "." + part[2],
		"five segments":              good + ".a.b",
		"an empty header":            "." + part[1] + "." + part[2],
		"an empty payload":           part[0] + ".." + part[2],
		"padding":                    good + strings.Repeat("=", 4-len(part[2])%4),
		"the standard alphabet":      x.inStandardAlphabet(),
		"the signature of another":   strings.Join([]string{part[0], part[1], strings.Split(x.token(), ".")[2]}, "."),
		"alg nOnE":                   x.token(AlgNone, Header("alg", "nOnE")),
		"alg in lower case":          x.token(option(func(d *draft) { d.header.set("alg", strings.ToLower(d.algorithm)) })),
		"kid twice":                  x.rewritten(first(`"kid":"x"`), nil),
		"zip":                        x.rewritten(first(`"zip":"DEF"`), nil),
		"b64":                        x.rewritten(first(`"b64":false`), nil),
		"kid that is a path":         x.token(signedBy("", "../../../../dev/null")),
		"kid that is SQL":            x.token(signedBy("k", "x' UNION SELECT 'k' --")),
		"kid that is a number":       x.token(Header("kid", 1)),
		"a payload of null":          x.rewritten(nil, func(string) string { return "null" }),
		"a payload in an array":      x.rewritten(nil, func(p string) string { return "[" + p + "]" }),
		"a payload with more behind": x.rewritten(nil, func(p string) string { return p + "{}" }),
		"a claim twice, escaped":     x.rewritten(nil, first(`"\u0065xp":1`)),
		"a lone surrogate":           x.rewritten(nil, first(`"a lone surrogate":"\ud800"`)),
		"deep nesting":               x.rewritten(nil, first(`"x":`+strings.Repeat("[", 64)+strings.Repeat("]", 64))),
		"exp of 1e300":               x.token(Claim("exp", json.RawMessage("1e300"))),
		"exp of null":                x.token(Claim("exp", json.RawMessage("null"))),
		"exp below zero":             x.token(Claim("exp", -1)),
		"nbf as text":                x.token(Claim("nbf", "0")),
		"sub as a number":            x.token(Claim("sub", 1)),
	}
	for _, name := range slices.Sorted(maps.Keys(hostile)) {
		x.refuse(name, x.with(hostile[name]), invalidToken, "")
	}
	if x.Request().Method != http.MethodGet {
		return
	}
	w := x.send(both(method(http.MethodHead), x.with(good)))
	if w.Code != http.StatusNotFound && w.Code != http.StatusMethodNotAllowed {
		x.refuse("HEAD, expired", both(method(http.MethodHead), x.with(x.bad(Expired))), invalidToken, "")
	}
}

// inStandardAlphabet returns a good token but for the alphabet of its signature,
// RFC 4648 section 4 in place of 5.
func (x *exam) inStandardAlphabet() string {
	for {
		good := x.token(Claim("alphabet", rand.Text())) // the next one has another signature
		i := strings.LastIndexByte(good, '.')
		if other := strings.NewReplacer("-", "+", "_", "/").Replace(good[i:]); other != good[i:] {
			return good[:i] + other
		}
	}
}

func (x *exam) guards() {
	lacking := func(row string, scopes ...string) {
		x.refuse("a good token without "+row, x.with(x.token(withoutScopes(scopes...))), insufficientScope, "the route lacks RequireScopes, or asks for less")
	}
	if len(x.Scopes) > 0 {
		lacking("scopes", x.Scopes...)
	}
	if len(x.Scopes) > 1 {
		for _, scope := range x.Scopes {
			lacking("the scope "+scope, scope)
		}
	}
	if x.Forbidden != nil {
		x.refuse("a good token that a guard refuses", x.with(x.mint(x.Forbidden)), forbidden, "the route lacks its Require")
	}
}

// withoutScopes takes scopes out of a token, in whatever form they are there.
func withoutScopes(scopes ...string) TokenOption {
	return option(func(d *draft) {
		for _, name := range []string{"scope", "scp"} {
			text, _ := json.Marshal(d.claims[name])
			var words string
			var list []string
			isText, isList := json.Unmarshal(text, &words) == nil, json.Unmarshal(text, &list) == nil
			rest := slices.DeleteFunc(append(strings.Fields(words), list...), func(scope string) bool { return slices.Contains(scopes, scope) })
			switch {
			case len(rest) == 0:
				d.claims.set(name, nil)
			case isText:
				d.claims.set(name, strings.Join(rest, " "))
			case isList:
				d.claims.set(name, rest)
			}
		}
	})
}

func (x *exam) cors() {
	row := "OPTIONS with Origin and Access-Control-Request-Method"
	w := x.send(func(r *http.Request) {
		header("Origin", x.CORS, "Access-Control-Request-Method", r.Method, "Access-Control-Request-Headers", "authorization")(r)
		r.Method = http.MethodOptions
	})
	switch allowed := w.Header().Get("Access-Control-Allow-Origin"); {
	case w.panicked:
		x.add(faultPanic, row, w.Body.String())
	case !isOK(w) || allowed == "":
		x.add(faultPreflight, row, fmt.Sprintf("%d, Access-Control-Allow-Origin: %q", w.Code, allowed))
	}
	row = "an expired token, from another origin"
	w = x.send(both(header("Origin", x.CORS), x.with(x.bad(Expired))))
	if w.Header().Get("Access-Control-Allow-Origin") == "" {
		x.add(faultCORS, row, fmt.Sprintf("%d without Access-Control-Allow-Origin", w.Code))
	}
}
