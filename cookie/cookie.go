// Package cookie keeps a browser's token in a cookie. A [Cookie] sets it at login and
// removes it at logout. It is also the extractor that finds the token in a request.
//
//	loginCookie, err := cookie.New(cookie.Options{})
//	if err != nil {
//		log.Fatal(err) // says what to mend
//	}
//	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{Extractors: []jwthttp.Extractor{loginCookie.Extractor()}})
//	if err != nil {
//		log.Fatal(err)
//	}
//	sameOrigin := http.NewCrossOriginProtection()
//	mux.Handle("POST /login", sameOrigin.Handler(login))   // calls loginCookie.Set
//	mux.Handle("POST /logout", sameOrigin.Handler(logout)) // calls loginCookie.Clear
//	mux.Handle("/", auth.Handler(app))
//
// A browser sends cookies by itself, also for a page of another site.
//
//   - Handlers inside the middleware are protected by its cross-origin gate, as long as no
//     GET changes anything.
//   - Login and logout are outside of the middleware. They need an
//     [http.CrossOriginProtection] of their own. Without it, another site could log a user in
//     to an account of the attacker.
package cookie

import (
	"fmt"
	"math"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/internal/syntax"
)

const (
	defaultName = "token"
	hostPrefix  = "__Host-"

	maxNameBytes = 64   // it counts towards maxBytes, as the token does
	maxBytes     = 4096 // of name and value; browsers drop a longer cookie without a word
	plainChars   = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
)

// Options configure a [Cookie]. The zero value is the strictest.
type Options struct {
	// Name is the name of the cookie, "token" if empty: at most 64 letters, digits,
	// hyphens, underscores and dots. New adds the prefix __Host-. With the prefix, browsers
	// take the cookie from this host only, and over https only. For a cookie that another
	// program sets, use jwthttp.Cookie.
	Name string

	// AllowInsecureHTTP is for development on this machine without TLS, in browsers that
	// do not count localhost as secure. Lost: the prefix and the attribute Secure. The
	// token is sent unencrypted, and other ports of this host can read and set it.
	//
	//   - A request whose Host is not localhost, under .localhost (RFC 6761 section 6.3), in
	//     127.0.0.0/8 or ::1 is refused with a 503, before the extractor looks for the cookie.
	//   - A proxy on this machine that writes such a Host itself defeats this check.
	//   - Set does not know the request. A login page that other machines can reach still
	//     sends the token unencrypted.
	AllowInsecureHTTP bool
}

// A Cookie is a cookie that holds a token: HttpOnly, Secure, SameSite=Lax, for all paths of
// one host. Make one with [New]: the zero Cookie sets nothing. It is safe for
// concurrent use.
type Cookie struct {
	name     string
	insecure bool
}

// New returns a cookie. It returns an error for a name that does not follow the rules of
// [Options].
func New(opts Options) (*Cookie, error) {
	name := opts.Name
	if name == "" {
		name = defaultName
	}
	if strings.Trim(name, plainChars) != "" || len(name) > maxNameBytes {
		return nil, fmt.Errorf("cookie: Options.Name is %.200q: use at most %d letters, digits, hyphens, underscores and dots", name, maxNameBytes)
	}
	if strings.HasPrefix(name, "__") {
		return nil, fmt.Errorf("cookie: Options.Name is %.200q, which has a prefix: leave the prefix out, New adds __Host- unless AllowInsecureHTTP is set", name)
	}
	if !opts.AllowInsecureHTTP {
		name = hostPrefix + name
	}
	return &Cookie{name: name, insecure: opts.AllowInsecureHTTP}, nil
}

// Extractor returns the place of the token, for [jwthttp.Options].Extractors. It is a
// [jwthttp.Cookie], so tokens from it pass the cross-origin gate.
func (c *Cookie) Extractor() jwthttp.Extractor {
	place := jwthttp.Cookie(c.name)
	if c.insecure {
		find := place.Extract
		place.Extract = func(r *http.Request) (string, error) {
			if !isLoopback(r.Host) {
				return "", errNotLoopback
			}
			return find(r)
		}
	}
	return place
}

// The fault is the service's, so it is a 503: the client keeps its token, which may be good.
var errNotLoopback = fmt.Errorf("%w: cookie: Options.AllowInsecureHTTP is set and the Host is not this machine: serve TLS and remove the option", jwthttp.ErrUnavailable)

// Set gives the token to the browser. The browser keeps it until expires. Token of package issue
// returns both. For a token of another issuer, expires is ExpiresAt of a [jwthttp.Token], or the
// time that the issuer has reported. Call Set before the answer is written. After several calls of Set and Clear for one answer, the last
// counts. Set replaces Cache-Control by "no-store": a cache must not give the token to
// another client.
//
// Where Set returns an error, it has set nothing. The error wraps [jwthttp.ErrMisconfigured], a 500.
// It says how to mend one of these, and does not hold the token:
//   - an empty token
//   - a token with characters that a JWT does not have
//   - a token that takes more than 4096 bytes, together with the name
//   - an expiry that is zero or not in the future
func (c *Cookie) Set(w http.ResponseWriter, token string, expires time.Time) error {
	lifetime := time.Until(expires)
	switch {
	case token == "":
		return unset("the token is empty: pass a token, or call Clear to remove the cookie")
	case strings.Trim(token, plainChars) != "":
		return unset("the token has characters other than letters, digits, -, _ and dots: pass a JWT alone, without Bearer or quotes")
	case len(c.name)+len(token) > maxBytes:
		return unset("name and token have %d bytes, and browsers drop a cookie of more than %d: put fewer claims in the token, or send it in a header", len(c.name)+len(token), maxBytes)
	case expires.IsZero():
		return unset("the expiry is zero: pass the time of the token's exp")
	case lifetime <= 0:
		return unset("the expiry is not in the future: get a new token, and compare this clock with the issuer's")
	}
	// Rounded up: with a Max-Age of 0, SetCookie writes none. The middleware checks exp.
	maxAge := min(math.Ceil(lifetime.Seconds()), math.MaxInt32)
	if expires.UTC().Year() > 9999 {
		expires = time.Time{} // no Expires, which has four digits for the year
	}
	return c.write(w, http.Cookie{Value: token, Expires: expires, MaxAge: int(maxAge)})
}

// An unsetError is why a cookie was not set.
type unsetError string

func unset(format string, args ...any) error {
	return unsetError(fmt.Sprintf("cookie: "+format, args...))
}

func (e unsetError) Error() string { return string(e) }
func (e unsetError) Unwrap() error { return jwthttp.ErrMisconfigured }

// Clear removes the cookie from the browser, and sets Cache-Control as Set does. A copy of
// the token stays good until it expires: package denylist revokes it.
//
// An error handler that redirects a browser with a bad token must clear the cookie first.
// Otherwise the browser sends the bad token again. If the page that the redirect leads to is
// inside a middleware too, the browser is redirected for ever.
func (c *Cookie) Clear(w http.ResponseWriter) {
	c.write(w, http.Cookie{MaxAge: -1})
}

// write adds the attributes that every cookie of the name has.
func (c *Cookie) write(w http.ResponseWriter, set http.Cookie) error {
	set.Name, set.Path = c.name, "/"
	set.HttpOnly, set.Secure, set.SameSite = true, !c.insecure, http.SameSiteLaxMode
	if set.Valid() != nil { // SetCookie would drop it without a word
		return unset("the cookie has no name: make it with New")
	}
	http.SetCookie(w, &set)
	w.Header().Set("Cache-Control", "no-store")
	return nil
}

// isLoopback reports whether the Host of a request, with or without a port, can only
// be this machine.
func isLoopback(host string) bool {
	const longest = 253 + len(":65535") // a longer one would take memory
	if len(host) > longest {
		return false
	}
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name, _, err = net.SplitHostPort(host + ":80")
	}
	const under = ".localhost"
	rest := max(len(name)-len(under), 0)
	return err == nil && (syntax.IsLoopback(name) || rest > 0 && syntax.EqualFold(name[rest:], under))
}
