package jwthttptest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/jwthttp/jwthttp/dpop"
	"github.com/jwthttp/jwthttp/internal/jws"
)

// A Setup describes to [Conformance] what cannot be seen of a chain from outside.
type Setup struct {
	// Issuer signs the tokens that the chain accepts. It is required.
	Issuer *Issuer

	// Request returns a request of a protected route, without a credential: GET / if nil.
	// With a good token its answer is a 2xx. Request is called each time that one is sent. A
	// request with a body must be a new one, because a body is read once.
	//
	// Conformance examines the method of this request, and little of the path's other methods.
	// Call it once more for each method that must be protected.
	Request func() *http.Request

	// Claims and Options make a good token, as in [Issuer.Token]. Its algorithm is RS256 unless
	// Options have another one.
	Claims  any
	Options []TokenOption

	// Shows is a text that every answer to a good token has exactly once, and no other
	// answer has, such as the subject. "" is for no such text. Set it where you can. It
	// shows:
	//   - that the handler runs once
	//   - that the handler runs for the right user: good tokens of other subjects are sent
	//     in between
	//   - that the handler does not run after a refusal
	//   - whether a user is logged in, on a page that changes with every request
	Shows string

	// Algorithms are the other ones by which the chain accepts the key of a good token, as with
	// jwthttp.FromKeyfunc and several algorithms. It is empty for a key of one algorithm.
	Algorithms []Algorithm

	// Accepts lists the faults that the chain accepts on purpose: NoExpiry under
	// AllowMissingExpiry, WrongIssuer and NoIssuer where no issuer is configured, and NoAudience
	// where tokens have no aud.
	Accepts []Fault

	// Header is the name of the header whose whole value is the token (see
	// jwthttp.HeaderNamed). "" is for Authorization.
	Header string

	// Cookie is the name of the cookie that may hold the token. "" is for no cookie.
	// CookieOnly says that the chain reads no header. HeaderFirst says that a token in the
	// header makes the chain ignore the cookie (see jwthttp.FirstOf).
	Cookie      string
	CookieOnly  bool
	HeaderFirst bool

	// These are as in jwthttp.Options.
	AllowAnonymous   bool
	Realm            string
	ResourceMetadata string
	ChallengeScopes  []string
	AllowUnbound     bool // beside DPoP or Certificate

	// DPoP has the options of the chain's dpop.Verifier. Nil is for a chain without one. Then
	// Conformance has keys of its own, binds good tokens to them, and makes a proof for each
	// request. The proofs are for the first of Origins. It looks at Origins, at Algorithms, at
	// AllowReplays, and at whether there are Nonces, so those of a test will do.
	//
	// In a testing/synctest bubble it also lets a nonce get too old, which takes some minutes of
	// the bubble's clock.
	DPoP *dpop.Options

	// Certificate is the client certificate that comes with Request, for a chain with a Binding
	// of package mtls: in its TLS, or in the header of a proxy whose address is its RemoteAddr.
	// Good tokens under Bearer are bound to it.
	Certificate *x509.Certificate

	// Scopes are all scopes that RequireScopes demands on the route, in one guard or in
	// several. A token that lacks one must get a 403 that names some of them. Good tokens
	// have them in the claim scope, as a text. Options can move them:
	// Claim("scope", nil), Claim("scp", …).
	Scopes []string

	// Forbidden are claims of a good token that a guard on the route refuses (see
	// jwthttp.Require); nil for no such guard. Issuer signs them, so iss is not another. Options are
	// applied to them too, so Options must not set the claim that makes the difference.
	Forbidden any

	// Sessions are the routes by which users log in and stay logged in. Nil is for none.
	Sessions *Sessions

	// GRPC says that the chain makes a call of each request to a gRPC server, as the handler of
	// grpcauth/grpcauthtest does. Then Conformance leaves out what a call cannot carry: other methods,
	// queries, forms, upgrades, and header values that are not printable ASCII. It examines neither the
	// body of a refusal nor its Cache-Control.
	GRPC bool

	// OwnErrors says that the chain has its own ErrorHandler. Then a refusal must only:
	//   - have a status other than 2xx
	//   - show no part of a token or of an inner error
	//   - be all that is written
	OwnErrors bool

	// CORS is an origin of another site that the chain's CORS layer accepts. "" is for a
	// chain without such a layer.
	CORS string

	// Outage puts the keys, the store of a check, or that of used proofs, out of reach for good.
	// It is called last, and then a good token must get a 503. Nil skips this.
	//
	// A jwks.Source has its keys by then, so Issuer.Fail changes nothing for hours. Close
	// the source, or let the hours pass in a testing/synctest bubble.
	Outage func()
}

// A Reporter receives the faults of a chain. A [testing.TB] is one.
type Reporter interface {
	Helper()
	Errorf(format string, args ...any)
}

// Conformance examines a chain as a program has built it, with its router and its other
// middleware. It sends good, missing, doubled, malformed and hostile credentials, and
// compares the answers with those that package jwthttp promises.
//
// It reports each fault of the chain once, with the requests that showed it, and with the
// answers to the first five of them. If the Setup is wrong, or the chain refuses a good token,
// it reports that alone.
//
// It makes more than 100 requests in process, without a time limit, and with Setup.DPoP some 300. With
// Setup.Sessions it logs in some 30 times, so session.Options.MaxPerSubject must let it.
// The handler runs for those with a good token. They come one at a time, except that one proof, or
// one refresh token, comes several times at once.
//   - All come from one address, so a rate limiter in the chain must let them pass.
//   - Some look as if they came over HTTP/2.
//   - The ResponseWriter is an [http.Flusher], but not an [http.Hijacker].
func Conformance(t Reporter, chain http.Handler, setup Setup) {
	t.Helper()
	if problem := setup.problem(chain); problem != "" {
		t.Errorf("jwthttptest: %s", problem)
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
	x.scheme = x.schemes()[0]
	if setup.DPoP != nil {
		x.algs, _ = setup.algs() // problem has returned its error
		x.key = x.newClientKey(x.algorithms()[0])
	}
	x.run()
	for _, key := range x.borrowed {
		pool.give(key)
	}
	for _, f := range x.findings {
		if len(f.more) > 0 {
			f.rows = append(f.rows, fmt.Sprintf("and %d more: %s", len(f.more), strings.Join(f.more, "; ")))
		}
		t.Errorf("the chain %s\n\t%s", f.fault, strings.Join(f.rows, "\n\t"))
	}
}

// problem returns what is wrong with the arguments of Conformance, or "".
func (s Setup) problem(chain http.Handler) string {
	if v := reflect.ValueOf(chain); !v.IsValid() || (v.Kind() == reflect.Pointer || v.Kind() == reflect.Func) && v.IsNil() {
		return "Conformance needs a chain, and this one is nil"
	}
	for _, fault := range s.Accepts {
		if !slices.Contains(Faults(), fault) {
			return fmt.Sprintf("Setup.Accepts has %q: use the constants of Fault", fault)
		}
	}
	own := s.algorithm()
	for _, a := range s.Algorithms {
		if !slices.Contains(others(own), string(a)) {
			return fmt.Sprintf("Setup.Algorithms has %q: leave out what is not another algorithm for the key of the good token, which is %s; to change that one, put its algorithm in Setup.Options", a, own)
		}
	}
	switch {
	case s.Issuer == nil || s.Issuer.keys == nil:
		return "Conformance needs Setup.Issuer: make one with NewIssuer, and configure the chain to accept its tokens"
	case s.Request != nil && s.Request() == nil:
		return "Setup.Request returns nil"
	case s.Cookie == "" && (s.CookieOnly || s.HeaderFirst):
		return "Setup.CookieOnly and HeaderFirst need the cookie's name in Setup.Cookie"
	case s.CookieOnly && (s.HeaderFirst || s.Header != ""):
		return "Setup.CookieOnly says that no header is read: leave out Header and HeaderFirst"
	case s.AllowUnbound && s.DPoP == nil && s.Certificate == nil:
		return "Setup.AllowUnbound is for a chain that takes bound tokens too: set DPoP or Certificate"
	case s.DPoP != nil && (s.CookieOnly || s.Header != ""):
		return "Setup.DPoP says that tokens come in Authorization: leave out Header and CookieOnly"
	case s.GRPC && (s.Cookie != "" || s.Header != "" || s.DPoP != nil || s.CORS != "" || s.Sessions != nil):
		return "Setup.GRPC says that tokens come in the metadata authorization: leave out Header, Cookie, DPoP, CORS and Sessions"
	case s.DPoP != nil && s.Request != nil && s.Request().RequestURI == "":
		return "Setup.Request returns a request without RequestURI, which a proof is for: make it with httptest.NewRequest"
	}
	if s.DPoP != nil {
		if _, err := s.algs(); err != nil {
			return fmt.Sprintf("Setup.DPoP is not as dpop.New takes it: %v", err)
		}
	}
	if s.Sessions != nil {
		return s.Sessions.problem(s)
	}
	return ""
}

// algs returns what a challenge of DPoP says of the algorithms.
func (s Setup) algs() (string, error) {
	options := *s.DPoP
	options.Replays, options.AllowReplays = nil, true // a store of its own would be one too many
	v, err := dpop.New(options)
	if err != nil {
		return "", err
	}
	_, parameters := v.Scheme()
	return parameters, nil
}

// algorithms returns those of proofs, as jws.Algorithms names them.
func (x *exam) algorithms() (names []string) {
	_, list, _ := strings.Cut(strings.TrimSuffix(x.algs, `"`), `"`)
	for name := range strings.FieldsSeq(list) {
		if name = jws.Canonical(name); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// algorithm returns the algorithm of a good token.
func (s Setup) algorithm() string {
	own := RS256
	for _, o := range s.Options {
		if a, ok := o.(Algorithm); ok {
			own = a
		}
	}
	return string(own)
}

// The faults of chains. Each is the end of a sentence that begins with "the chain".
const (
	faultClosed           = "refuses a good token: Setup.Request, Claims and Options must make a request that it accepts; tokens are RS256 unless Setup.Options has another algorithm"
	faultUnseen           = "does not see a good token: is Authorization removed on the way, or has the cookie another name (package cookie puts __Host- before it)?"
	faultMisplaced        = "has a guard that is not inside a middleware for its claims type, or a guard that asks for nothing: the log says which, and how to mend it"
	faultRefuses          = "refuses what it must accept:"
	faultRefusesTolerated = "refuses what Setup.Accepts or Setup.Algorithms lists:"
	faultOpen             = "runs the handler whatever is sent: is the handler inside the middleware on this route, and does the middleware return after a refusal?"
	faultPolite           = "answers what it must refuse with a 2xx, but not as it answers a good token: does its error handler set no status, or does the handler run without claims?"
	faultAccepts          = "accepts what it must refuse:"
	faultStatus           = "refuses with another status than it should:"
	faultShows            = "does not answer a good token with Setup.Shows exactly once: does next run twice, is its output dropped, or is an answer or a user kept for the next request?"
	faultReplaced         = "has something outside of the middleware that replaces the status of its refusals (a recoverer, a router's error page):"
	faultChallenge        = "refuses without the challenge that tells a client what to do (WWW-Authenticate, RFC 6750 section 3): does something outside remove or overwrite it?"
	faultRealm            = "names another realm, scope or resource_metadata than the Setup: give Setup.Realm, Setup.ChallengeScopes and Setup.ResourceMetadata the values of Options"
	faultBody             = "refuses with another body than the problem document of WriteError: set Setup.OwnErrors if that is intended"
	faultGoesOn           = "writes more after a refusal: does the handler run too, because a return is missing?"
	faultHead             = "sends a body to HEAD:"
	faultCache            = "does not keep caches from storing an answer:"
	faultLeak             = "shows the client what is in a token or in an inner error:"
	faultPanic            = "panics:"
	faultAnonymous        = "does not serve requests without a token, although Setup.AllowAnonymous is set: does its handler read claims when there are none? Use the ok of ClaimsFromContext"
	faultGate             = "lets pages of other sites use the browser's cookie:"
	faultPreflight        = "refuses CORS preflight requests, which never carry a token: put the CORS layer outside of the middleware"
	faultCORS             = "refuses requests from other origins without CORS headers, so their scripts cannot read why: put the CORS layer outside of the middleware"
	faultAllowed          = "does not let scripts of other origins send proofs: let the CORS layer allow the headers Authorization and DPoP"
	faultExposed          = "does not let scripts of other origins read what they need to make a proof: let the CORS layer expose WWW-Authenticate and DPoP-Nonce"
	faultNonce            = "does not give clients the one nonce that their next proof needs, or gives one that Setup.DPoP.Nonces does not know of (DPoP-Nonce, RFC 9449 section 8): does something outside remove or add it?"
	faultNonceFirst       = "asks for a nonce and sends none that it accepts: does something outside remove DPoP-Nonce? If Setup.DPoP has no Nonces, set them"
	faultLogin            = "does not log users in: Setup.Sessions.Login and Start must make requests whose answers have both tokens:"
	faultCookie           = "sets or removes the cookies of a session in another way than it should:"
	faultLives            = "does not end a session that must end:"
	faultEnds             = "ends a session that must live:"
	faultTells            = "tells clients which refresh tokens were good once: give ended and unknown ones the same answer:"
	faultOutage           = "makes clients throw away good tokens while the keys, or a check's store, are out of reach: answer with a 503 and Retry-After"
)

// A finding is a fault, and the probes that showed it.
type finding struct {
	fault string
	rows  []string // of the first five probes, with details
	more  []string // the names of the others
}

// An exam is one call of Conformance.
type exam struct {
	Setup
	tb          testing.TB
	chain       http.Handler
	scheme      string    // of good tokens now
	key         clientKey // of the client, with Setup.DPoP
	algs        string    // of challenges of DPoP
	borrowed    []*rsa.PrivateKey
	nonce       string    // the last one that the chain has sent
	minted      []string  // the first bytes of each part of a token
	signed      []string  // the first bytes of each signature
	welcome     *response // to a good token
	withoutUser *response // to no credential, the last time
	findings    []*finding
	asked       int         // how many probes the middleware had to refuse
	accepted    []*response // to those of them that it accepted
	loggedIn    []*client   // of Sessions
}

func (x *exam) run() {
	x.sendOtherUser() // a chain that keeps its first user is found out
	if x.hasNonces() {
		x.send(x.with(x.token())) // it gets the first nonce
	}
	x.welcome = x.send(x.with(x.token()))
	if x.welcome.panicked || !x.welcome.isOK() {
		fault := faultClosed
		switch {
		case isProblem(x.welcome, noToken):
			fault = faultUnseen
		case isProblem(x.welcome, useNonce) || x.hasNonces() && x.nonce == "":
			fault = faultNonceFirst
		case isProblem(x.welcome, misconfigured):
			fault = faultMisplaced
		}
		x.add(fault, probe{name: "a good token"}, "%d %.200q", x.welcome.Code, x.welcome.Body)
		return
	}
	x.withoutUser = x.send(none)
	x.judge(probe{"no credentials", none, noToken, "is the handler inside the middleware on this route? Set Setup.AllowAnonymous if this is intended"})
	for _, x.scheme = range x.schemes() {
		for _, t := range x.tables() {
			if t.applies {
				for _, p := range t.probes() {
					if !x.GRPC || x.isCall(p.change) {
						x.judge(p)
					}
				}
			}
		}
	}
	x.scheme = x.schemes()[0]
	x.sendOtherUser()
	x.judge(probe{"a good token, after all that", x.with(x.token()), accepted, ""})
	if x.Sessions != nil && x.Sessions.Outage != nil {
		x.Sessions.Outage()
		x.examineOutage()
	}
	if x.Outage != nil {
		x.Outage()
		x.judge(probe{"a good token in an outage", x.with(x.token()), unavailable, "a token that cannot be checked must not pass, or Setup.Outage does not reach the chain"})
	}
	if x.asked <= 3 || len(x.accepted) < x.asked {
		return
	}
	// The chain accepts everything: one finding takes the place of all.
	fault := faultPolite
	if slices.ContainsFunc(x.accepted, x.isWelcome) {
		fault = faultOpen
	}
	x.findings = slices.DeleteFunc(x.findings, func(f *finding) bool { return f.fault == faultAccepts })
	x.add(fault, probe{name: fmt.Sprintf("all of %d requests, the first", x.asked)}, "%.200q", x.accepted[0].text())
}

// sendOtherUser sends a good token of another subject.
func (x *exam) sendOtherUser() {
	if x.Shows != "" {
		x.send(x.with(x.token(Claim("sub", rand.Text()))))
	}
}

// add adds the hint of a probe if the chain did the opposite of what is wanted.
func (x *exam) add(fault string, p probe, format string, args ...any) {
	f := x.found(fault)
	if f == nil {
		f = &finding{fault: fault}
		x.findings = append(x.findings, f)
	}
	if x.scheme != x.schemes()[0] {
		p.name += ", under " + x.scheme
	}
	if len(f.rows) == 5 {
		f.more = append(f.more, p.name)
		return
	}
	row := p.name + ": " + fmt.Sprintf(format, args...)
	if p.hint != "" && fault == p.want.otherwise {
		row += "; " + p.hint
	}
	f.rows = append(f.rows, row)
}

func (x *exam) found(fault string) *finding {
	for _, f := range x.findings {
		if f.fault == fault {
			return f
		}
	}
	return nil
}
