// Package cookie keeps a browser's token in a cookie: a [Session] sets it at login,
// takes it back at logout, and is the extractor that finds it in between.
//
//	session, err := cookie.New(cookie.Options{})
//	if err != nil {
//		log.Fatal(err) // says what to mend
//	}
//	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{Extractors: []jwthttp.Extractor{session.Extractor()}})
//	if err != nil {
//		log.Fatal(err)
//	}
//	sameOrigin := http.NewCrossOriginProtection()
//	mux.Handle("POST /login", sameOrigin.Handler(login))   // calls session.Set
//	mux.Handle("POST /logout", sameOrigin.Handler(logout)) // calls session.Clear
//	mux.Handle("/", auth.Handler(app))
//
// Browsers send a cookie by themselves, whoever's page made them. What stands
// behind the middleware is guarded against that by its cross-origin gate, as long
// as no GET changes anything. Login and logout stand before it and need
// [http.CrossOriginProtection] of their own, or another site could log a user in as
// somebody else.
package cookie

import (
	"errors"
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
	maxBytes     = 4096 // of name and value; browsers drop a longer cookie and say nothing
	plainChars   = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
)

// Options say what the cookie of a [Session] is. The zero value is the strictest.
type Options struct {
	// Name is what the cookie is called, "token" if empty: at most 64 letters,
	// digits, hyphens, underscores and dots. It gets the prefix
	// __Host- by itself, so that browsers take it from nobody but this host, and
	// over https only. For a cookie that another program sets under a name of its
	// choice, use jwthttp.Cookie.
	Name string

	// AllowInsecureHTTP is for development on this machine without TLS, in browsers
	// that do not count localhost as secure. Lost: the prefix and Secure, so the
	// token travels readable, and whatever else this host serves, on other ports
	// too, can read and set it. Therefore a request whose Host is not localhost,
	// 127.0.0.0/8 or ::1 is refused with a 503 where the extractor would look for
	// the cookie; Set does not know the request, so a login page that other machines
	// reach still sends the token readable. A proxy on the same machine that writes
	// such a Host itself hides the others from that.
	AllowInsecureHTTP bool
}

// A Session is a cookie that holds a token: HttpOnly, Secure, SameSite=Lax, for all
// paths of one host. Make one with [New]. It is safe for concurrent use.
type Session struct {
	name     string
	insecure bool
}

// New returns a session. The error says how to mend the name.
func New(opts Options) (*Session, error) {
	name := opts.Name
	if name == "" {
		name = defaultName
	}
	if strings.Trim(name, plainChars) != "" || len(name) > maxNameBytes {
		return nil, fmt.Errorf("cookie: Options.Name is %.200q: use at most %d letters, digits, hyphens, underscores and dots", name, maxNameBytes)
	}
	if strings.HasPrefix(name, "__") {
		return nil, fmt.Errorf("cookie: Options.Name is %.200q, with a prefix: leave it out, __Host- is put there unless AllowInsecureHTTP is set", name)
	}
	if !opts.AllowInsecureHTTP {
		name = hostPrefix + name
	}
	return &Session{name: name, insecure: opts.AllowInsecureHTTP}, nil
}

// Extractor returns the place where the token stands, for
// [jwthttp.Options].Extractors. It is [jwthttp.Cookie], so tokens from it go through
// the cross-origin gate.
func (s *Session) Extractor() jwthttp.Extractor {
	place := jwthttp.Cookie(s.name)
	if s.insecure {
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

// It is a fault of this side, and no reason to throw a good token away.
var errNotLoopback = fmt.Errorf("%w: cookie: Options.AllowInsecureHTTP is set and the Host is not this machine: serve TLS and take it out", jwthttp.ErrUnavailable)

// Set gives the browser the token, until it expires: ExpiresAt of a
// [jwthttp.Token], or what whoever issued it said. Call it before the answer is
// written. It sets "Cache-Control: no-store" in place of what was there, for no cache
// may hand the token on. Of several calls of Set and Clear for one answer, the
// browser heeds the last.
//
// With an error nothing is set. It says how to mend an empty token, one with other
// characters than a JWT has, one that with the name takes more than 4096 bytes, and
// an expiry that is zero or not ahead. It does not hold the token.
func (s *Session) Set(w http.ResponseWriter, token string, expires time.Time) error {
	lifetime := time.Until(expires)
	switch {
	case token == "":
		return errors.New("cookie: the token is empty: Clear takes one back")
	case strings.Trim(token, plainChars) != "":
		return errors.New("cookie: the token has other characters than letters, digits, -, _ and dots: pass a JWT alone, without Bearer or quotes")
	case len(s.name)+len(token) > maxBytes:
		return fmt.Errorf("cookie: name and token have %d bytes, and browsers drop a cookie of more than %d: have fewer claims, or send it in a header", len(s.name)+len(token), maxBytes)
	case expires.IsZero():
		return errors.New("cookie: the expiry is zero: pass when the token expires, as in its exp")
	case lifetime <= 0:
		return errors.New("cookie: the expiry is not ahead: get a new token, and compare this clock with the issuer's")
	}
	// Rounded up: 0 would have no Max-Age at all, and the token has its own exp.
	maxAge := min(math.Ceil(lifetime.Seconds()), math.MaxInt32)
	if expires.UTC().Year() > 9999 {
		expires = time.Time{} // no Expires, which has four digits for the year
	}
	return s.write(w, http.Cookie{Value: token, Expires: expires, MaxAge: int(maxAge)})
}

// Clear takes the cookie back. The token itself stays good until it expires, for
// whoever has a copy: package denylist revokes it. Cache-Control is as in Set.
//
// An error handler that redirects a browser with a bad token clears the cookie first.
// Otherwise the browser sends it again, and is redirected for ever where the page that
// it ends at has a middleware too.
func (s *Session) Clear(w http.ResponseWriter) {
	s.write(w, http.Cookie{MaxAge: -1})
}

// write adds the attributes that a browser must see on every cookie of the name.
func (s *Session) write(w http.ResponseWriter, c http.Cookie) error {
	c.Name, c.Path = s.name, "/"
	c.HttpOnly, c.Secure, c.SameSite = true, !s.insecure, http.SameSiteLaxMode
	if c.Valid() != nil { // SetCookie would say nothing
		return errors.New("cookie: the session has no name: make it with New")
	}
	http.SetCookie(w, &c)
	w.Header().Set("Cache-Control", "no-store")
	return nil
}

// isLoopback reports whether the Host of a request, with or without a port, can only
// be this machine.
func isLoopback(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name, _, err = net.SplitHostPort(host + ":80")
	}
	return err == nil && syntax.IsLoopback(name)
}
