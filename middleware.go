// Package jwthttp is JSON Web Token authentication for net/http (RFC 7519, RFC
// 6750). A [Middleware] takes one token from a request, verifies it, and puts its
// claims, decoded into a type of yours, in the request's context. What it
// refuses never reaches your handler.
//
//	auth, err := jwthttp.New[AppClaims](jwthttp.HS256(secret), jwthttp.Options{Audience: []string{"orders"}})
//	if err != nil {
//		log.Fatal(err) // says what to mend
//	}
//	mux.Handle("GET /me", auth.Handler(http.HandlerFunc(me)))
//
//	func me(w http.ResponseWriter, r *http.Request) {
//		claims, ok := jwthttp.ClaimsFromContext[AppClaims](r.Context())
//
// The zero [Options] is the strictest setting. Fields that weaken it begin with
// Allow. What needs no token is not wrapped: put the public route beside the
// protected one, and CORS, which answers preflight requests, outside of it.
//
// # Claims
//
// AppClaims is any struct, or [jwt.MapClaims], [jwt.RegisteredClaims] and what
// embeds it. Unlike with encoding/json, names match in exact case only, so every
// field of it has a name in its tag. If the type has a method Validate() error, that
// is called for every token, and its error is a 401 like that of a [Check]. An aud
// may be a string or an array: [jwt.ClaimStrings] takes both. Numbers in a field of
// type any are float64, but integers of magnitude 2^53 and above are
// [encoding/json.Number], so that no digit is lost.
//
// Whatever the type, these hold: exp is there and ahead; nbf, if there, has
// passed; iss and aud are those of [Options] and of the key; sub and jti, if
// there, are strings. The header has at most 2 KiB and 32 members; the payload is
// one JSON object of at most 256 members, nested at most 32 deep, with at most 64
// audiences and no name twice; dates are numbers from 0 to the end of year 9999.
//
// # Cookies
//
// A browser sends cookies by itself, also for a page of somebody else's, so a
// token from a cookie (from anywhere but a header) goes through a cross-origin
// gate: GET, HEAD and OPTIONS pass, all other methods and WebSocket upgrades only
// from the service's own origin, from [Options].TrustedOrigins, or from a client
// that is no browser, which sends neither Sec-Fetch-Site nor Origin.
//
// # Beside it
//
// Package jwks has the keys of identity providers, cookie a browser's login, denylist
// logging out, oauth the access tokens of RFC 9068 and the metadata of RFC 9728, and
// jwthttptest an issuer for tests and an examination of a whole chain.
package jwthttp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jwthttp/jwthttp/internal/jws"
	"github.com/jwthttp/jwthttp/internal/loopback"
	"github.com/jwthttp/jwthttp/internal/reserve"
	"github.com/jwthttp/jwthttp/internal/tokenjson"
)

const (
	defaultRealm         = "api"
	defaultMaxTokenBytes = 8 << 10
	minMaxTokenBytes     = 64 // no signed token is shorter
	maxMaxTokenBytes     = 64 << 10
	maxCookieBytes       = 4 << 10
	maxLeeway            = 5 * time.Minute
	defaultRemembered    = 4 << 10
	maxRemembered        = 1 << 20
)

// Options say what a [Middleware] accepts. The zero value is the strictest:
// a Bearer header, a token that expires and names no audience.
type Options struct {
	// Issuer is the iss that every token must carry, compared exactly. Empty
	// means any, or the one a key is bound to.
	Issuer string

	// Audience lists what this service is called in aud: a token must carry one
	// of them, compared exactly. With none, a token that has an aud is refused,
	// for it is meant for somebody else (RFC 7519 section 4.1.3).
	Audience []string

	// AllowAnyAudience accepts tokens for other services. Lost: that a token
	// stolen by one service is worthless at the next. It excludes Audience, and
	// leaves the audiences of Key.WithIssuer in force.
	AllowAnyAudience bool

	// Leeway is how far this clock may differ from the issuer's: from 0, the
	// default, to 5 minutes, as in 30*time.Second.
	Leeway time.Duration

	// MaxAge is the longest accepted age of a token by its iat, which is then
	// required and not ahead; Leeway adds to it. 0 means any.
	MaxAge time.Duration

	// Type is the typ that every token must have, such as "at+jwt" (RFC 9068),
	// in any case and with or without "application/". Empty accepts JWT,
	// at+jwt and none.
	Type string

	// AllowMissingExpiry accepts tokens without exp. Lost: that a stolen token
	// stops working one day.
	AllowMissingExpiry bool

	// AllowAnonymous calls the next handler when no token was sent, with none in
	// the context. Lost: that being called means being logged in. A token that
	// was sent must still be good.
	AllowAnonymous bool

	// AllowSenderConstrained accepts tokens with cnf (RFC 7800), which are bound
	// to a key (DPoP, mutual TLS). Lost: the binding, unless a [Check] of yours
	// verifies it.
	AllowSenderConstrained bool

	// Extractors are the places where a token may stand; BearerHeader() if
	// empty, and only those listed if not. A request with tokens in two of them
	// is refused: see [FirstOf].
	Extractors []Extractor

	// TrustedOrigins pass the cross-origin gate, with a token that the browser
	// sends by itself, such as a cookie, on requests that change state:
	// "https://app.example.com". The service's own origin needs no mention, unless
	// a proxy changes the Host.
	//
	// Browsers since 2023 send Sec-Fetch-Site, which tells an http page from an
	// https page of the same host. For older browsers Origin is compared with the
	// Host, which names no scheme: an http origin is refused where the connection
	// is TLS, and passes where a proxy has ended TLS. HTTP Strict Transport Security
	// closes that.
	TrustedOrigins []string

	// Realm is named in challenges, "api" if empty: printable ASCII without
	// quotes and backslashes.
	Realm string

	// ErrorHandler answers what is refused; [WriteError] if nil. It must write
	// an answer (writing nothing is a 200 with an empty body) and keep it out of
	// caches (Cache-Control: no-store). It is called concurrently, with an error
	// of a kind listed at [ErrNoToken].
	ErrorHandler func(w http.ResponseWriter, r *http.Request, err error)

	// ResourceMetadata is the URL of this service's metadata (RFC 9728), which
	// every challenge then names, so that a client finds out where to get a
	// token: https, or http for loopback. Package oauth serves it.
	ResourceMetadata string

	// OnResult is told how every request fared at [Middleware.Handler], before it
	// is answered, for logs and metrics. It is called concurrently, and the
	// request waits for it. Guards behind the middleware are not its matter, and a
	// request whose check or key function panics is not told of.
	OnResult func(r *http.Request, res Result)

	// MaxTokenBytes is the size of the longest accepted token: 8192 if 0, else
	// from 64 to 65536. A cookie has at most 4096 all the same.
	MaxTokenBytes int

	// RememberSignatures is how many signatures of public keys are remembered as
	// good, so that a token seen before costs a hash (with HS256 it does anyway): 4096
	// if 0 (160 KiB when full), none if negative, at most 1048576. Nothing else is
	// remembered: the key is looked up, and time and claims are checked, for every
	// request.
	RememberSignatures int
}

// A Check is a rule of the caller's for tokens that have passed all others:
// revocation, tenant. Its error refuses the token (401, whatever kind it wraps),
// or is a 503 if it wraps [ErrUnavailable], [context.DeadlineExceeded] or
// [context.Canceled]; what a good token does not allow is a matter for [Require].
// It is called concurrently and must not change the token.
type Check[C any] func(ctx context.Context, t *Token[C]) error

// A Middleware lets requests with a good token pass. Make one with [New]. It is
// safe for concurrent use, and serves any number of handlers.
type Middleware[C any] struct {
	keys    KeySource
	opts    Options
	checks  []Check[C]
	claims  tokenjson.Decoder
	vary    string
	door    door
	work    *jws.Workspace
	headers reserve.Reserve[[2 * maxHeaderBytes]byte] // for headers that are being read

	payloads *reserve.Reserve[[]byte] // for UnverifiedIssuer; nil if the key source has no use for it
}

// New returns a middleware that verifies tokens with keys and decodes their
// claims into C. checks are called in their order, after all other rules.
//
// The error names everything that is wrong with the configuration at once, each
// with how to mend it: keys too short, options that contradict each other, a
// type that the decoder cannot fill. It does not ask keys for any. A Validate
// method of C is called once on empty claims, to see that it does not panic.
func New[C any](keys KeySource, opts Options, checks ...Check[C]) (*Middleware[C], error) {
	m := &Middleware[C]{checks: slices.Clone(checks)}
	m.headers.Make = func() *[2 * maxHeaderBytes]byte { return new([2 * maxHeaderBytes]byte) }
	var errKeys, errClaims, errChecks error
	m.keys, errKeys = prepareKeys(keys, opts.Issuer)
	m.claims, errClaims = tokenjson.NewDecoder(reflect.TypeFor[C]())
	if slices.ContainsFunc(checks, func(c Check[C]) bool { return c == nil }) {
		errChecks = errors.New("jwthttp: a check is nil: make what it was made of, or take it out")
	}
	if err := errors.Join(prefixed("jwthttp: ", errKeys), errClaims, opts.prepare(), errChecks); err != nil {
		return nil, err
	}
	if s, ok := m.keys.(ofOneIssuer); ok && opts.Issuer == "" {
		opts.Issuer = s.Issuer()
	}
	m.opts = opts
	if choosesByIssuer(m.keys) {
		m.payloads = &reserve.Reserve[[]byte]{Make: func() *[]byte { b := make([]byte, opts.MaxTokenBytes); return &b }}
	}
	m.work = jws.NewWorkspace(opts.RememberSignatures)
	m.door = door{realm: opts.Realm, metadata: opts.ResourceMetadata, write: opts.ErrorHandler}
	if opts.AllowAnonymous {
		m.vary = varyOn(opts.Extractors)
	}
	return m, nil
}

// Handler wraps next, which is called for requests with a good token and can
// read it by [ClaimsFromContext] and [TokenFromContext]; what stands outside, such
// as a logger, cannot. It fits wherever a func(http.Handler) http.Handler does,
// such as alice.New. A nil next is [http.DefaultServeMux].
//
// Before next is called, "Cache-Control: private" is set for a token that did not
// come from Authorization, unless a value is set already; and under
// AllowAnonymous, Vary names the headers that tokens may come from. The
// ResponseWriter is handed on as it is.
func (m *Middleware[C]) Handler(next http.Handler) http.Handler {
	next = orDefault(next)
	vary, anonymous := m.vary, m.opts.AllowAnonymous
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if vary != "" {
			w.Header().Add("Vary", vary)
		}
		v, err := m.decide(r)
		if err == error(errNoToken) && anonymous {
			next.ServeHTTP(w, r.WithContext(&tokenContext[C]{Context: r.Context(), door: &m.door}))
			return
		}
		if err != nil {
			m.door.write(w, r, m.door.mark(err))
			return
		}
		// Shared caches leave answers to Authorization alone, RFC 9111 section
		// 3.5, but know nothing of other credentials.
		if v.token.Source != inAuthorization && w.Header()["Cache-Control"] == nil {
			w.Header().Set("Cache-Control", "private")
		}
		next.ServeHTTP(w, r.WithContext(&v.tokenContext))
	})
}

// Authenticate decides on r without answering it: a verified token, or an error
// of a kind listed at [ErrNoToken]. AllowAnonymous plays no part: no token is an
// error. It is safe for concurrent use.
func (m *Middleware[C]) Authenticate(r *http.Request) (*Token[C], error) {
	v, err := m.authenticate(r, nil)
	if err != nil {
		return nil, m.door.mark(err)
	}
	return v.token, nil
}

// decide is authenticate, and tells who wants to know how it went.
func (m *Middleware[C]) decide(r *http.Request) (*verified[C], error) {
	if m.opts.OnResult == nil {
		return m.authenticate(r, nil)
	}
	start := time.Now()
	var res Result
	v, err := m.authenticate(r, &res)
	res.Duration = time.Since(start)
	res.conclude(r.Context(), err, m.opts.AllowAnonymous)
	if res.Err != nil {
		res.Err = m.door.mark(res.Err)
	}
	m.opts.OnResult(r, res)
	return v, err
}

// authenticate returns errNoToken itself for a request that carries none. It notes
// in res, which may be nil, what it learns.
func (m *Middleware[C]) authenticate(r *http.Request, res *Result) (*verified[C], error) {
	raw, place, err := extract(m.opts.Extractors, r)
	if err != nil {
		return nil, err
	}
	if res != nil {
		res.Source = place.Source
	}
	if _, ok := place.Source.cut(inHeader); !ok && isCrossOrigin(r, m.opts.TrustedOrigins) {
		return nil, errCrossOrigin
	}
	v, err := m.verify(r.Context(), raw, place.Source, res)
	// RFC 6750's grammar only matters where it is the fault: one scan less.
	if (err == error(errMalformed) || err == error(errTooLarge)) && place.bearer && !isB64Token(raw) {
		return nil, errCredential
	}
	return v, err
}

// isCrossOrigin reports whether another site may have made a browser send r, in a way
// that can change something. It goes by the same headers as
// [http.CrossOriginProtection].
func isCrossOrigin(r *http.Request, trusted []string) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		// A WebSocket upgrade is a GET that opens the way for everything else. Over
		// HTTP/2 it is a CONNECT (RFC 8441).
		if !isWebSocket(r) {
			return false
		}
	}
	sites, origins := r.Header["Sec-Fetch-Site"], r.Header["Origin"]
	if len(sites) > 1 || len(origins) > 1 {
		return true // no browser sends two, so something on the way has mixed them up
	}
	if len(sites)+len(origins) == 0 {
		return false // not a browser, or a very old one with a request of the page itself
	}
	origin := ""
	if len(origins) == 1 {
		origin = trimSpace(origins[0])
		if slices.Contains(trusted, origin) {
			return false
		}
	}
	if len(sites) == 1 {
		site := trimSpace(sites[0])
		return site != "same-origin" && site != "none"
	}
	return !isOwnOrigin(origin, r)
}

func isWebSocket(r *http.Request) bool {
	return slices.ContainsFunc(r.Header["Upgrade"], func(v string) bool { return strings.Contains(strings.ToLower(v), "websocket") })
}

// isOwnOrigin reports whether origin is that of a page of this service. An origin
// without a host (null, data:, file:) is not, not even where the Host is empty. What
// the browser's scheme was is known only where the connection is TLS.
func isOwnOrigin(origin string, r *http.Request) bool {
	scheme, host, _ := strings.Cut(origin, "://")
	return isOrigin(origin) && equalFoldASCII(r.Host, host) && (scheme == "https" || scheme == "http" && r.TLS == nil)
}

func orDefault(next http.Handler) http.Handler {
	if next == nil {
		return http.DefaultServeMux
	}
	return next
}

// prepare fills in defaults and returns what is wrong.
func (o *Options) prepare() error {
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf("jwthttp: "+format, args...)) }

	o.Audience = slices.Clone(o.Audience)
	if slices.Contains(o.Audience, "") {
		fault("Options.Audience has an empty string: name the service, or leave it out")
	}
	if !utf8.ValidString(o.Issuer + strings.Join(o.Audience, "")) {
		fault("Options.Issuer or Options.Audience is no UTF-8, which no token carries: check where it comes from")
	}
	if err := checkNames(o.Issuer, o.Audience); err != nil {
		errs = append(errs, prefixed("jwthttp: Options: ", err))
	}
	if o.AllowAnyAudience && len(o.Audience) > 0 {
		fault("Options.AllowAnyAudience and Options.Audience contradict each other: keep one")
	}
	if o.Leeway < 0 || o.Leeway > maxLeeway {
		fault("Options.Leeway is %v: use 0 to 5m", o.Leeway)
	}
	if o.MaxAge < 0 {
		fault("Options.MaxAge is %v: use 0 for any age, or a positive one", o.MaxAge)
	}
	checkUnit := func(name string, d time.Duration) {
		if d > 0 && d < time.Millisecond {
			fault("Options.%s is %v, as a number without a unit is: write %d*time.Second", name, d, d.Nanoseconds())
		}
	}
	checkUnit("Leeway", o.Leeway)
	checkUnit("MaxAge", o.MaxAge)
	o.Type = bareType(o.Type)
	if !isPlain(o.Type) || strings.ContainsAny(o.Type, " ;") || strings.HasSuffix(o.Type, "/") || len(o.Type) > maxTypeBytes-len("application/") {
		fault("Options.Type is %q, which no token has: use a media type such as at+jwt", o.Type)
	}
	if o.Realm == "" {
		o.Realm = defaultRealm
	}
	if !isPlain(o.Realm) {
		fault("Options.Realm is %q: use printable ASCII without quotes and backslashes", o.Realm)
	}
	if o.ErrorHandler == nil {
		o.ErrorHandler = WriteError
	}
	if o.ResourceMetadata != "" && !isMetadataURL(o.ResourceMetadata) {
		// Not quoted, since there may be a password in it.
		fault("Options.ResourceMetadata is no URL that clients may be sent to: write it like https://api.example.com/.well-known/oauth-protected-resource, in printable ASCII, without user, password and fragment; plain http is for loopback")
	}
	if o.MaxTokenBytes != 0 && (o.MaxTokenBytes < minMaxTokenBytes || o.MaxTokenBytes > maxMaxTokenBytes) {
		fault("Options.MaxTokenBytes is %d: use %d to %d, or 0 for %d", o.MaxTokenBytes, minMaxTokenBytes, maxMaxTokenBytes, defaultMaxTokenBytes)
	}
	if o.MaxTokenBytes == 0 {
		o.MaxTokenBytes = defaultMaxTokenBytes
	}
	if o.RememberSignatures > maxRemembered {
		fault("Options.RememberSignatures is %d: use at most %d, 0 for %d, or -1 for none", o.RememberSignatures, maxRemembered, defaultRemembered)
	}
	if o.RememberSignatures == 0 {
		o.RememberSignatures = defaultRemembered
	}

	o.TrustedOrigins = slices.Clone(o.TrustedOrigins)
	for _, origin := range o.TrustedOrigins {
		if !isOrigin(origin) {
			fault("Options.TrustedOrigins has %q, which no browser sends: write it like https://app.example.com, in lower case, without wildcard, path or default port, and a name beyond ASCII in its xn-- form", origin)
		}
	}

	o.Extractors = slices.Clone(o.Extractors)
	if len(o.Extractors) == 0 {
		o.Extractors = []Extractor{BearerHeader()}
	}
	seen := map[Source]bool{}
	for i := range o.Extractors {
		err := o.Extractors[i].check(func(s Source) {
			place := s
			if name, ok := s.cut(inHeader); ok {
				place = inHeader + Source(strings.ToLower(name))
			}
			if seen[place] {
				fault("Options.Extractors has %s twice, so that each token there would count as two: keep one", s)
			}
			seen[place] = true
		})
		if err != nil {
			errs = append(errs, err)
			continue
		}
		o.Extractors[i] = o.Extractors[i].compiled()
	}
	return errors.Join(errs...)
}

// checkNames returns what would keep an issuer or an audience from ever being that of a
// token.
func checkNames(issuer string, audience []string) error {
	var errs []error
	for _, name := range append([]string{issuer}, audience...) {
		if strings.TrimSpace(name) != name {
			errs = append(errs, fmt.Errorf("%.200q has white space at its beginning or end: take it off", name))
		}
	}
	if strings.Contains(issuer, ":") && strings.ContainsAny(issuer, "{}") { // no URI has braces, RFC 3986
		errs = append(errs, fmt.Errorf("the issuer %.200q is a template: put your tenant's id in place of what is in braces", issuer))
	}
	return errors.Join(errs...)
}

// isPlain reports whether s can stand between quotes in a header as it is.
func isPlain(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c < 0x20 || c > 0x7e || c == '"' || c == '\\' })
}

// isMetadataURL reports whether s is a URL that a challenge can name.
func isMetadataURL(s string) bool {
	u, err := url.Parse(s)
	if err != nil || !isPlain(s) || strings.ContainsAny(s, " #") || u.Hostname() == "" || u.User != nil {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && loopback.Is(u.Hostname())
}

// varyOn names the request headers that the places read.
func varyOn(places []Extractor) string {
	var names []string
	for i := range places {
		places[i].check(func(s Source) {
			name, ok := s.cut(inHeader)
			if _, isCookie := s.cut(inCookie); isCookie {
				name, ok = "Cookie", true
			}
			if ok && !slices.Contains(names, name) {
				names = append(names, name)
			}
		})
	}
	return strings.Join(names, ", ")
}

// isOrigin reports whether a browser can send this as an Origin header: the
// comparison is exact, so another spelling would never match.
func isOrigin(s string) bool {
	u, err := url.Parse(s)
	if err != nil || s != u.Scheme+"://"+u.Host || strings.ContainsFunc(u.Host, notInHost) || slices.Contains([]string{"", "ws", "wss", "ftp", "file"}, u.Scheme) {
		return false
	}
	host, port := u.Hostname(), u.Port()
	if strings.HasSuffix(u.Host, ":") || u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		return false
	}
	if n, err := strconv.ParseUint(port, 10, 16); port != "" && (err != nil || n == 0 || port[0] == '0') {
		return false
	}
	if strings.HasPrefix(u.Host, "[") {
		ip, err := netip.ParseAddr(host)
		return err == nil && ip.String() == host
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	if last != "" && strings.Trim(last, "0123456789") == "" {
		ip, err := netip.ParseAddr(host)
		return err == nil && ip.String() == host
	}
	return host != "" && !strings.HasPrefix(host, ".") && !strings.Contains(host, "..")
}

func notInHost(c rune) bool {
	return (c < 'a' || c > 'z') && (c < '0' || c > '9') && !strings.ContainsRune(".-_:[]", c)
}
