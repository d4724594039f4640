package jwthttptest

import (
	"crypto/rand"
	"encoding/asn1"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
)

// A probe is a request, and the answer that it must get.
type probe struct {
	name   string // of the request, in reports
	change change // makes the request
	want   *answer
	hint   string // how to mend a chain that does the opposite
}

// An answer is what a probe must get.
type answer struct {
	status     int    // 200 means every 2xx, and 101
	code       string // error in the challenge and in the problem document; "" for none
	challenges bool   // with WWW-Authenticate
	anonymous  bool   // a chain that serves requests without a token answers without a user
	private    bool   // caches that users share must not store it
	outside    bool   // a layer outside may refuse first, with any 4xx
	otherwise  string // the fault of a chain that does the opposite

	// wrong reports whether a response is wrong. If it is set, nothing else counts.
	wrong func(x *exam, w *response) bool
}

var (
	accepted        = &answer{status: 200, otherwise: faultRefuses}
	acceptedPrivate = &answer{status: 200, otherwise: faultRefuses, private: true} // caches do not recognize the credential
	tolerated       = &answer{status: 200, otherwise: faultRefusesTolerated}

	noToken           = &answer{status: 401, challenges: true, anonymous: true, otherwise: faultAccepts}
	invalidRequest    = &answer{status: 400, code: "invalid_request", challenges: true, otherwise: faultAccepts}
	invalidToken      = &answer{status: 401, code: "invalid_token", challenges: true, otherwise: faultAccepts}
	invalidProof      = &answer{status: 401, code: "invalid_dpop_proof", challenges: true, otherwise: faultAccepts}
	useNonce          = &answer{status: 401, code: "use_dpop_nonce", challenges: true, otherwise: faultAccepts}
	insufficientScope = &answer{status: 403, code: "insufficient_scope", challenges: true, otherwise: faultAccepts}
	forbidden         = &answer{status: 403, code: "forbidden", otherwise: faultAccepts}
	unavailable       = &answer{status: 503, code: "temporarily_unavailable", otherwise: faultAccepts}
	misconfigured     = &answer{status: 500, code: "server_error"}
	crossOrigin       = &answer{status: 403, code: "cross_origin", outside: true, otherwise: faultGate}

	notCrossOrigin = &answer{otherwise: faultStatus, wrong: func(_ *exam, w *response) bool {
		return w.Code == crossOrigin.status && isProblem(w, crossOrigin)
	}}
	// Another handler may serve the method. The protected one is recognized by what it writes.
	notWelcome = &answer{otherwise: faultAccepts, wrong: func(x *exam, w *response) bool {
		return w.isOK() && w.Body.Len() > 0 && x.isWelcome(w)
	}}
	// Scripts of the request's Origin cannot read it.
	unreadable = &answer{otherwise: faultGate, wrong: func(_ *exam, w *response) bool {
		return w.allowedOrigin() == w.origin && w.Header().Get("Access-Control-Allow-Credentials") == "true"
	}}
	allowsDPoP = &answer{otherwise: faultAllowed, wrong: func(_ *exam, w *response) bool {
		return !w.lists("Access-Control-Allow-Headers", "Authorization") || !w.lists("Access-Control-Allow-Headers", "DPoP")
	}}
	exposesDPoP = &answer{otherwise: faultExposed, wrong: func(x *exam, w *response) bool {
		return !w.lists("Access-Control-Expose-Headers", "WWW-Authenticate") || x.hasNonces() && !w.lists("Access-Control-Expose-Headers", "DPoP-Nonce")
	}}
	readable = &answer{otherwise: faultCORS, wrong: func(_ *exam, w *response) bool { return w.allowedOrigin() == "" }}
	allowed  = &answer{otherwise: faultPreflight, wrong: func(_ *exam, w *response) bool {
		return w.panicked || !w.isOK() || w.allowedOrigin() == ""
	}}
)

// orOutside is for a request that a layer outside may refuse too, by its size, content type or
// query.
func (a *answer) orOutside() *answer {
	b := *a
	b.outside = true
	return &b
}

const (
	hintOne        = "exactly one credential counts"
	hintEmpty      = "it holds nothing"
	hintNoScheme   = "it does not begin with the name of a scheme"
	hintOneToken   = "accept only spaces and one token after the scheme"
	hintFinal      = "a header that is there is final"
	hintWhiteSpace = "white space around a header's value does not count, but HTTP/2 servers keep it"
	hintSignature  = "the signature is not checked"
	hintScopes     = "the route lacks RequireScopes, or asks for less"
)

// A table is a list of probes that applies to some chains. Its function may judge probes
// itself, where others depend on the response.
type table struct {
	applies bool
	probes  func() []probe
}

// tables returns the tables for the scheme in order. Each is made when the one before it has been
// judged.
func (x *exam) tables() []table {
	return []table{
		{!x.CookieOnly && x.Header == "", x.inAuthorization},
		{x.Header != "", x.inNamedHeader},
		{x.Cookie != "" && x.scheme == schemeBearer, x.inCookie},
		{x.Cookie != "" && !x.CookieOnly && x.scheme == schemeBearer, x.inHeaderAndCookie},
		{x.Cookie != "" && x.scheme == schemeBearer, x.fromOtherSites},
		{true, x.inOtherPlaces},
		{!x.isOpen() && !x.GRPC, x.otherMethods},
		{true, x.faultyTokens},
		{true, x.hostileTokens},
		{true, x.otherAlgorithms},
		{keyType(x.algorithm()) == "EC", x.otherForms},
		{x.Request().Method == http.MethodGet && !x.GRPC, x.head},
		{true, x.guards},
		{x.CORS != "", x.cors},
		{x.scheme == schemeDPoP, x.boundTokens},
		{x.scheme == schemeDPoP, x.faultyProofs},
		{x.scheme == schemeDPoP, x.otherRequests},
		{x.scheme == schemeDPoP, x.otherKeys},
		{x.scheme == schemeDPoP, x.usedProofs},
		{x.scheme == schemeDPoP && x.hasNonces(), x.nonces},
		{x.Certificate != nil, x.certificates},
		{x.Sessions != nil && x.scheme == schemeBearer, x.sessions},
	}
}

// inAuthorization is RFC 6750 section 2.1, and RFC 9449 section 7.1 for the scheme DPoP.
func (x *exam) inAuthorization() []probe {
	good, expired, scheme := x.token(), x.bad(Expired), x.scheme
	hintScheme := "only the scheme " + scheme + " is one"
	if x.DPoP != nil {
		hintScheme = "it is under no scheme of the chain"
	}
	return []probe{
		{"Authorization: " + strings.ToLower(scheme) + " …", authorization(strings.ToLower(scheme) + " " + good), accepted, ""},
		{"Authorization: " + strings.ToUpper(scheme) + " …", authorization(strings.ToUpper(scheme) + "   " + good), accepted, ""},
		{"Authorization: " + scheme + " …, with white space, over HTTP/2", overHTTP2(authorization("\t " + scheme + " " + good + " \t")), accepted, ""},
		{"an empty Authorization", authorization(""), noToken, hintScheme},
		{"Authorization: white space, over HTTP/2", overHTTP2(authorization(" \t")), noToken, hintEmpty},
		{"Authorization: Basic …", authorization("Basic YTpi"), noToken, hintScheme},
		{"Authorization: " + scheme + "X …", authorization(scheme + "X " + good), noToken, hintScheme},
		{"Authorization: " + scheme + ":…", authorization(scheme + ":" + good), noToken, hintScheme},
		{"Authorization: a token without a scheme", authorization(good), noToken, hintScheme},
		{`Authorization: " ` + scheme + ` " and an expired token, over HTTP/2`, overHTTP2(authorization(" " + scheme + " " + expired)), invalidToken, hintWhiteSpace},
		{`Authorization: "\t` + scheme + ` " and an expired token, over HTTP/2`, overHTTP2(authorization("\t" + scheme + " " + expired)), invalidToken, hintWhiteSpace},
		{`Authorization: "` + scheme + ` …"`, authorization(`"` + scheme + ` ` + good + `"`), invalidRequest, hintNoScheme},
		{"Authorization: ," + scheme + " …", authorization("," + scheme + " " + good), invalidRequest, hintNoScheme},
		{"Authorization: " + scheme + " … after a no-break space", authorization("\u00a0" + scheme + " " + good), invalidRequest, hintNoScheme},
		{"Authorization: =", authorization("="), invalidRequest, hintNoScheme},
		{"Authorization: " + scheme, authorization(scheme), invalidRequest, hintOneToken},
		{"Authorization: " + scheme + " and a space", authorization(scheme + " "), invalidRequest, hintOneToken},
		{"Authorization: " + scheme + " and a token after a tab", authorization(scheme + "\t" + good), invalidRequest, hintOneToken},
		{"Authorization: " + scheme + " and a token with a comma", authorization(scheme + " " + good + ","), invalidRequest, hintOneToken},
		{"Authorization: " + scheme + " and two tokens", authorization(scheme + " " + good + " " + good), invalidRequest, hintOneToken},
		{`Authorization: ` + scheme + ` "…"`, authorization(scheme + ` "` + good + `"`), invalidRequest, hintOneToken},
		{"Authorization: " + scheme + " é…", authorization(scheme + " é" + good), invalidRequest, hintOneToken},
		{"two Authorization headers, one empty", authorization(scheme+" "+good, ""), invalidRequest, hintOne},
		{"two Authorization headers", authorization(scheme+" "+good, scheme+" "+x.token()), invalidRequest, hintOne},
		{"Authorization: " + scheme + " … and Basic …", authorization(scheme+" "+good, "Basic YTpi"), invalidRequest, hintOne},
	}
}

func (x *exam) inNamedHeader() []probe {
	good, in := x.token(), x.inHeader
	return []probe{
		{"a good token in " + x.Header, in(good), acceptedPrivate, ""},
		{"a good token in " + x.Header + ", after white space, over HTTP/2", overHTTP2(in(" " + good)), acceptedPrivate, ""},
		{"a good token in " + x.Header + ", before white space, over HTTP/2", overHTTP2(in(good + "\t")), acceptedPrivate, ""},
		{"an empty " + x.Header, in(""), noToken, hintEmpty},
		{"white space in " + x.Header, overHTTP2(in(" \t")), noToken, hintEmpty},
		{"a good token in Authorization", authorization("Bearer " + good), noToken, "only " + x.Header + " is read"},
		{"an expired token in " + x.Header + ", after white space, over HTTP/2", overHTTP2(in(" " + x.bad(Expired))), invalidToken, hintWhiteSpace},
		{"two of " + x.Header, in(good, x.token()), invalidRequest, hintOne},
		{"two of " + x.Header + ", one empty", in(good, ""), invalidRequest, hintOne},
	}
}

func (x *exam) inCookie() []probe {
	good := x.token()
	raw := func(before, value, after string) change { return headers("Cookie", before+x.Cookie+"="+value+after) }
	probes := []probe{
		{"a good token in the cookie", x.cookie(good), acceptedPrivate, ""},
		{"a good token in the cookie, with white space", raw("\ta=b; \t", good, "\t"), accepted, ""},
		{"Authorization: Basic … beside a good cookie", all(authorization("Basic YTpi"), x.cookie(good)), accepted, ""},
		{"two cookies of the name", x.cookie(good, x.token()), invalidRequest, hintOne},
		{"two cookies of the name, one empty", x.cookie("", good), invalidRequest, hintOne},
		// A layer outside may limit headers, here to less than 4 KiB.
		{"a bad token before 3,000 more cookies", raw("", x.bad(Expired), strings.Repeat(";", 3000)), invalidRequest.orOutside(), "net/http reads none of more than 3,000: count them, as jwthttp.Cookie does"},
	}
	for _, value := range []string{"a b", "a,b", `"a`, `a\b`, "é"} {
		probes = append(probes, probe{fmt.Sprintf("a cookie of %q", value), raw("", value, ""), invalidRequest, "net/http drops it: read the Cookie header, as jwthttp.Cookie does"})
	}
	return probes
}

func (x *exam) inHeaderAndCookie() []probe {
	good, bad := x.token(), x.bad(Expired)
	name, scheme := x.header()
	wantTwo, hintTwo, wantBad := invalidRequest, hintOne, invalidRequest
	if x.HeaderFirst {
		wantTwo, hintTwo, wantBad = accepted, hintFinal, invalidToken
	}
	probes := []probe{
		{"a header and a cookie", all(x.inHeader(good), x.cookie(good)), wantTwo, hintTwo},
		{"a bad header beside a good cookie", all(x.inHeader(bad), x.cookie(good)), wantBad, hintFinal},
		{"a bad header after white space beside a good cookie, over HTTP/2", overHTTP2(all(headers(name, " "+scheme+bad), x.cookie(good))), wantBad, hintWhiteSpace},
	}
	if x.HeaderFirst {
		probes = append(probes, probe{"a good header beside a bad cookie", all(x.inHeader(good), x.cookie(bad)), accepted, hintFinal})
	}
	if x.Header == "" {
		probes = append(probes, probe{"a malformed header beside a good cookie", all(authorization("Bearer"), x.cookie(good)), invalidRequest, hintFinal})
	}
	return probes
}

// fromOtherSites has requests that pages of other sites send, with the browser's cookie.
func (x *exam) fromOtherSites() (probes []probe) {
	good, expired := x.cookie(x.token()), x.cookie(x.bad(Expired))
	for _, origin := range []string{"https://elsewhere.example", "null"} {
		probes = append(probes, probe{"a good cookie, with Origin: " + origin, all(good, headers("Origin", origin)), unreadable, "Access-Control-Allow-Origin is the same, with Access-Control-Allow-Credentials, so its scripts read the answer"})
	}
	gated := []probe{{name: "a WebSocket upgrade", change: upgrade}}
	for _, name := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		// An expired token shows whether the method exists inside the middleware, and does
		// not run the handler.
		w := x.judge(probe{"a " + name + " from the page itself", all(method(name), expired, headers("Sec-Fetch-Site", "same-origin")), notCrossOrigin, "see Options.TrustedOrigins"})
		if x.isRefused(w, invalidToken) {
			gated = append(gated, probe{name: "a " + name, change: method(name)})
		}
	}
	for _, p := range gated {
		for _, from := range []struct{ name, header, value string }{
			{"from another site", "Sec-Fetch-Site", "cross-site"},
			{"from a site beside this one", "Sec-Fetch-Site", "same-site"},
			{"with Origin: null", "Origin", "null"},
			{"with another Origin", "Origin", "https://elsewhere.example"},
		} {
			probes = append(probes, probe{p.name + " " + from.name, all(p.change, good, headers(from.header, from.value)), crossOrigin, ""})
		}
	}
	return probes
}

// isRefused reports whether the middleware refused, as far as can be seen from outside.
func (x *exam) isRefused(w *response, want *answer) bool {
	if x.OwnErrors {
		return !w.panicked && !w.isOK() && w.Code != http.StatusNotFound && w.Code != http.StatusMethodNotAllowed
	}
	return w.Code == want.status && isProblem(w, want)
}

func (x *exam) inOtherPlaces() []probe {
	good := x.token()
	probes := []probe{
		{"a token in the query", query(good), noToken.orOutside(), "addresses are kept in logs, histories and Referer headers"},
	}
	for _, name := range []string{"token", "access_token", "jwt", "id_token", "session", "__Host-token"} {
		if name != x.Cookie {
			probes = append(probes, probe{"a good token in a cookie " + name, cookie(name, good), noToken, "set Setup.Cookie, or do not read it"})
		}
	}
	return probes
}

// otherMethods has requests without a token that a chain may forget to protect.
func (x *exam) otherMethods() []probe {
	probes := []probe{{"a WebSocket upgrade without a token", upgrade, noToken.orOutside(), "it opens a connection for all that follows"}}
	for _, name := range []string{http.MethodOptions, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		w := x.judge(probe{name + " without a token", method(name), notWelcome, "that is what a good token gets"})
		if name == http.MethodPost && x.isRefused(w, noToken) {
			good := x.token()
			probes = append(probes, probe{"a token in a form", form("access_token=" + good + "&token=" + good + "&jwt=" + good), noToken.orOutside(), "a page of another site can send a form"})
		}
	}
	return probes
}

func (x *exam) faultyTokens() (probes []probe) {
	hints := map[Fault]string{
		WrongIssuer:        "set Options.Issuer, or name this in Setup.Accepts",
		NoIssuer:           "set Options.Issuer, or name this in Setup.Accepts",
		WrongAudience:      "set Options.Audience",
		NoAudience:         "set Options.Audience, or name this in Setup.Accepts if tokens have no aud",
		NoExpiry:           "a token without exp never expires",
		TamperedClaims:     hintSignature,
		NoSignature:        hintSignature,
		ForgedSignature:    hintSignature,
		Truncated:          "only a part of the signature is compared",
		AlgNone:            hintSignature,
		HS256WithPublicKey: "the token chooses the algorithm",
		HS256WithNoSecret:  "the token chooses the key",
		UnknownIDNoSecret:  "the look-up returns an empty secret for an unknown kid: return an error",
		EmbeddedKey:        "the token brings its own key",
		SenderConstrained:  "the client's key is not checked: name this in Setup.Accepts if a check of yours does it",
	}
	for _, fault := range Faults() {
		want, hint := invalidToken, hints[fault]
		switch {
		case slices.Contains(x.Accepts, fault):
			want, hint = tolerated, ""
		case fault == Oversized:
			want = invalidToken.orOutside()
		}
		probes = append(probes, probe{string(fault), x.with(x.bad(fault)), want, hint})
	}
	return probes
}

func (x *exam) hostileTokens() (probes []probe) {
	good := x.token()
	part := strings.Split(good, ".")
	// A look-up that opens files or queries a database by kid finds this secret.
	signedBy := func(secret, kid string) string {
		return x.token(option(func(d *draft) { d.signHMAC([]byte(secret), kid) }))
	}
	// The signature of these is good.
	header := func(edit func(string) string) string { return x.token(editHeader(edit)) }
	payload := func(edit func(string) string) string { return x.token(editPayload(edit)) }
	for _, hostile := range []struct{ name, token string }{
		{"a word", "abc"},
		{"two segments", part[0] + "." + part[1]},
		{"four segments", good + "." + part[2]},
		{"five segments", good + ".a.b"},
		{"an empty header", "." + part[1] + "." + part[2]},
		{"an empty payload", part[0] + ".." + part[2]},
		{"padding", good + strings.Repeat("=", 4-len(part[2])%4)},
		{"the standard alphabet", x.inStandardAlphabet()},
		{"the signature of another token", part[0] + "." + part[1] + "." + strings.Split(x.token(), ".")[2]},
		{"alg nOnE", x.token(AlgNone, Header("alg", "nOnE"))},
		{"alg in lower case", x.token(option(func(d *draft) { d.header.set("alg", strings.ToLower(d.algorithm)) }))},
		{"kid twice", header(first(`"kid":"x"`))},
		{"kid that is a path", signedBy("", "../../../../dev/null")},
		{"kid that is SQL", signedBy("k", "x' UNION SELECT 'k' --")},
		{"kid that is a number", x.token(Header("kid", 1))},
		{"zip", header(first(`"zip":"DEF"`))},
		{"b64", header(first(`"b64":false`))},
		{"a payload of null", payload(func(string) string { return "null" })},
		{"a payload in an array", payload(func(p string) string { return "[" + p + "]" })},
		{"two payloads", payload(func(p string) string { return p + "{}" })},
		{"a claim twice, escaped", payload(first(`"\u0065xp":1`))},
		{"a lone surrogate", payload(first(`"a lone surrogate":"\ud800"`))},
		{"deep nesting", payload(first(`"x":` + strings.Repeat("[", 64) + strings.Repeat("]", 64)))},
		{"exp of 1e300", x.token(Claim("exp", json.RawMessage("1e300")))},
		{"exp of null", x.token(Claim("exp", json.RawMessage("null")))},
		{"exp below zero", x.token(Claim("exp", -1))},
		{"nbf as text", x.token(Claim("nbf", "0"))},
		{"sub as a number", x.token(Claim("sub", 1))},
	} {
		probes = append(probes, probe{hostile.name, x.with(hostile.token), invalidToken, ""})
	}
	return probes
}

// otherAlgorithms has tokens that the issuer's key signs by another algorithm than its own. For
// ECDSA that is one of another curve.
func (x *exam) otherAlgorithms() (probes []probe) {
	own := x.algorithm()
	hint := "the token chooses the algorithm: accept one for each key (RFC 8725 section 3.1), or name this one in Setup.Algorithms"
	if keyType(own) == "EC" {
		hint = "the key's curve must be that of the token's algorithm (RFC 7518 section 3.4)"
	}
	for _, other := range others(own) {
		p := probe{other + " with the key of " + own, nil, invalidToken, hint}
		if slices.Contains(x.Algorithms, Algorithm(other)) {
			p.want, p.hint = tolerated, ""
		}
		p.change = x.with(x.token(option(func(d *draft) {
			d.algorithm = other
			d.header.set("alg", other)
		})))
		probes = append(probes, p)
	}
	return probes
}

// otherForms has good signatures in a form that ECDSA has elsewhere, and not in a JWS: r and s
// have the full length of the curve there, RFC 7518 section 3.4.
func (x *exam) otherForms() []probe {
	const hint = "check the signature's length before you split it into r and s"
	return []probe{
		{"r and s in DER", x.with(x.token(editSignature(inDER))), invalidToken, hint},
		{"s without the zero before it", x.with(x.token(editSignature(withoutZero))), invalidToken, hint},
	}
}

// inDER is the form of TLS and X.509, RFC 3279 section 2.2.3.
func inDER(signature []byte) ([]byte, bool) {
	half := len(signature) / 2
	der, err := asn1.Marshal([]*big.Int{new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:])})
	return der, err == nil
}

// withoutZero removes the first byte of s if that is zero. So a verifier that takes all after r for
// s still verifies it.
func withoutZero(signature []byte) ([]byte, bool) {
	half := len(signature) / 2
	if signature[half] != 0 {
		return nil, false
	}
	return slices.Delete(signature, half, half+1), true
}

// inStandardAlphabet returns a good token, except that its signature is in the alphabet of
// RFC 4648 section 4 in place of section 5.
func (x *exam) inStandardAlphabet() string {
	for {
		good := x.token(Claim("alphabet", rand.Text())) // each has another signature
		i := strings.LastIndexByte(good, '.')
		if other := strings.NewReplacer("-", "+", "_", "/").Replace(good[i:]); other != good[i:] {
			return good[:i] + other
		}
	}
}

func (x *exam) head() []probe {
	w := x.send(all(method(http.MethodHead), x.with(x.token())))
	if w.Code == http.StatusNotFound || w.Code == http.StatusMethodNotAllowed {
		return nil
	}
	return []probe{{"HEAD, expired", all(method(http.MethodHead), x.with(x.bad(Expired))), invalidToken, ""}}
}

func (x *exam) guards() (probes []probe) {
	for _, scope := range x.Scopes {
		probes = append(probes, probe{"a good token without the scope " + scope, x.with(x.token(withoutScopes(scope))), insufficientScope, hintScopes})
	}
	if len(x.Scopes) > 1 {
		probes = append(probes, probe{"a good token without scopes", x.with(x.token(withoutScopes(x.Scopes...))), insufficientScope, hintScopes})
	}
	if x.Forbidden != nil {
		probes = append(probes, probe{"a good token that a guard refuses", x.with(x.mint(x.Forbidden)), forbidden, "the route lacks its Require"})
	}
	return probes
}

// withoutScopes removes scopes from a token, in both claims and both forms.
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

func (x *exam) cors() []probe {
	expired := all(headers("Origin", x.CORS), x.with(x.bad(Expired)))
	probes := []probe{
		{"OPTIONS with Origin and Access-Control-Request-Method", preflight(x.CORS, "authorization"), allowed, "it must be a 2xx with Access-Control-Allow-Origin"},
		{"an expired token, from another origin", expired, readable, "Access-Control-Allow-Origin is missing"},
	}
	if x.scheme == schemeDPoP {
		probes = append(probes,
			probe{"OPTIONS with Access-Control-Request-Headers: authorization,dpop", preflight(x.CORS, "authorization,dpop"), allowsDPoP, "Access-Control-Allow-Headers must name both"},
			probe{"an expired token under DPoP, from another origin", expired, exposesDPoP, "Access-Control-Expose-Headers must name WWW-Authenticate, and DPoP-Nonce where there are nonces"},
		)
	}
	return probes
}
