// Package validate has the checks of configuration. Each returns an error that says what is
// wrong and how to mend it, or nil.
package validate

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jwthttp/jwthttp/internal/syntax"
)

// Names finds what would keep an issuer or an audience from ever being that of a token. An
// empty issuer is good.
func Names(issuer string, audience []string) error {
	var errs []error
	for _, name := range append([]string{issuer}, audience...) {
		if !utf8.ValidString(name) {
			errs = append(errs, fmt.Errorf("%.200q is not UTF-8, so no token carries it: check where it comes from", name))
		}
		if syntax.HasSpaceAround(name) {
			errs = append(errs, fmt.Errorf("%.200q has white space at its beginning or end: take it off", name))
		}
	}
	if strings.Contains(issuer, ":") && strings.ContainsAny(issuer, "{}") { // no URI has braces, RFC 3986
		errs = append(errs, fmt.Errorf("the issuer %.200q is a template: put your tenant's id in place of what is in braces", issuer))
	}
	return errors.Join(errs...)
}

// Type finds what would keep a typ of at most max bytes from ever being that of a token.
func Type(field, typ string, max int) error {
	bare := syntax.BareType(typ)
	if bare == "" || syntax.IsWord(bare) && !strings.Contains(bare, ";") && !strings.HasSuffix(bare, "/") && len(bare) <= max-len("application/") {
		return nil
	}
	return fmt.Errorf("%s is %q, which no token has: use a media type such as at+jwt", field, typ)
}

// Origin finds what is not an origin as browsers write it.
func Origin(field, origin string) error {
	if syntax.IsOrigin(origin) {
		return nil
	}
	return fmt.Errorf("%s has %q, which is not an origin that can be trusted: write it like https://app.example.com, in lower case, without wildcard, path or default port, and a name beyond ASCII in its xn-- form", field, origin)
}

// Scopes finds what is not a scope-token, RFC 6749 section 3.3.
func Scopes(field string, scopes []string) error {
	var errs []error
	for _, scope := range scopes {
		if !syntax.IsWord(scope) {
			errs = append(errs, fmt.Errorf("%s has %.200q, which is not a scope: use printable ASCII without spaces, quotes and backslashes, and one string for each scope", field, scope))
		}
	}
	return errors.Join(errs...)
}

// Duration finds a duration that is negative or beyond max, and one without a unit. The error
// says which ones to use.
func Duration(field string, d, max time.Duration, use string) error {
	if d < 0 || d > max {
		return fmt.Errorf("%s is %v: use %s", field, d, use)
	}
	return Unit(field, d, "time.Second")
}

// Unit finds a duration that was written as a number without a unit. Example is the unit that
// is meant, such as "time.Second".
func Unit(field string, d time.Duration, example string) error {
	if d <= 0 || d >= time.Millisecond {
		return nil
	}
	return fmt.Errorf("%s is %v, which looks like a number without a unit: write %d*%s", field, d, d.Nanoseconds(), example)
}

// CookieName finds what keeps browsers from sending a cookie of this name.
func CookieName(name string) error {
	if !syntax.IsToken(name) {
		return fmt.Errorf("%q cannot be the name of a cookie: use letters, digits, hyphens and underscores", name)
	}
	for _, prefix := range []string{"__Host-", "__Secure-"} {
		if len(name) < len(prefix) || !strings.EqualFold(name[:len(prefix)], prefix) {
			continue
		}
		// Browsers disagree on whether the rules of the prefix hold for it then.
		if name[:len(prefix)] != prefix || name == prefix {
			return fmt.Errorf("the cookie name %q breaks a prefix: write %sname, in exactly this case", name, prefix)
		}
	}
	return nil
}

// HeaderName finds what keeps HeaderNamed from reading a header. name is in its canonical form.
func HeaderName(name string) error {
	switch name {
	case "Authorization":
		return errors.New("HeaderNamed cannot read Authorization: use BearerHeader, or a custom Extractor for another scheme")
	case "Cookie":
		return errors.New("HeaderNamed cannot read Cookie: use Cookie with the name of the cookie")
	case "Host", "Trailer", "Transfer-Encoding":
		return fmt.Errorf("HeaderNamed cannot read %s: net/http takes it out of the headers, choose another name", name)
	}
	return nil
}

// Source finds what is wrong with the name of a place: header:NAME, cookie:NAME, or any plain
// name.
func Source(source string) error {
	if source == "" {
		return errors.New("an extractor has no Source: call the place header:NAME, cookie:NAME or by any other name")
	}
	for _, prefix := range []string{"header:", "cookie:"} {
		if len(source) >= len(prefix) && source[:len(prefix)] != prefix && syntax.EqualFold(source[:len(prefix)], prefix) {
			return fmt.Errorf("the Source %q looks like one of the prefixes: write %s in lower case", source, prefix)
		}
	}
	if name, ok := strings.CutPrefix(source, "cookie:"); ok {
		return CookieName(name)
	}
	name, ok := strings.CutPrefix(source, "header:")
	switch {
	case !ok && !syntax.IsWord(source):
		return fmt.Errorf("the Source %q is not a plain name: use printable ASCII without spaces and quotes", source)
	case ok && !syntax.IsToken(name):
		return fmt.Errorf("%q cannot be the name of a header: use letters, digits and hyphens", name)
	case ok && strings.EqualFold(name, "Cookie"):
		return errors.New("the Source header:Cookie would open the cross-origin gate: call it cookie:NAME")
	}
	return nil
}

// IsNil reports whether v is nil, or what is in it.
func IsNil(v any) bool {
	switch v := reflect.ValueOf(v); v.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Map, reflect.Func, reflect.Chan, reflect.Slice:
		return v.IsNil()
	}
	return false
}

// Prefixed returns err with a prefix before each of the errors that are joined in it.
func Prefixed(prefix string, err error) error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return fmt.Errorf("%s%w", prefix, err)
	}
	var errs []error
	for _, e := range joined.Unwrap() {
		errs = append(errs, Prefixed(prefix, e))
	}
	return errors.Join(errs...)
}
