package syntax

import (
	"errors"
	"net/textproto"
	"slices"
	"strings"
)

const maxCookiePairs = 3000 // with more, net/http returns no cookie at all

// The errors of FindCookie.
var (
	ErrManyCookies = errors.New("there are more than 3,000 cookies")
	ErrTwoCookies  = errors.New("two cookies have the name")
	ErrCookieValue = errors.New("the cookie has a byte that RFC 6265 section 4.1.1 forbids, such as a space, a comma or a quote")
)

// CookieNames returns the names of the cookies in the lines of a Cookie header: the first 9, each
// once. It leaves out what may be a part of a value: a name without a value, as before the padding
// of base64, and all that follows an open quote.
func CookieNames(lines []string) []string {
	var names []string
	for _, line := range lines {
		for pair := range strings.SplitSeq(line, ";") {
			name, value, _ := strings.Cut(pair, "=")
			name, value = textproto.TrimString(name), textproto.TrimString(value)
			if strings.Count(value, `"`)%2 != 0 {
				break
			}
			if strings.Trim(value, "=") == "" || !IsToken(name) || slices.Contains(names, name) {
				continue
			}
			if names = append(names, name); len(names) == 9 {
				return names
			}
		}
	}
	return names
}

// HasCookie reports whether a cookie with this name has a value, which it does not check. So it takes a
// fraction of the time of FindCookie. It may report false where FindCookie returns an error.
func HasCookie(lines []string, name string) bool {
	for _, line := range lines {
		for more := true; more; {
			var pair string
			pair, line, more = strings.Cut(line, ";")
			key, value, _ := strings.Cut(pair, "=")
			if textproto.TrimString(key) != name {
				continue
			}
			if value = textproto.TrimString(value); value != "" && value != `""` {
				return true
			}
		}
	}
	return false
}

// FindCookie returns the value of the cookie with this name, RFC 6265 sections 4.1.1 and
// 4.2.1. lines are the lines of a Cookie header. The value is "" if there is no such cookie,
// or if it is empty. Two cookies with the name are an error.
//
// It finds the cookies that net/http finds. If net/http would silently drop the cookie, it
// returns an error, because the next reader of the header may find that cookie.
func FindCookie(lines []string, name string) (string, error) {
	pairs := 0
	for _, line := range lines {
		pairs += strings.Count(line, ";") + 1
	}
	if pairs > maxCookiePairs {
		return "", ErrManyCookies
	}
	value, found := "", false
	for _, line := range lines {
		for more := true; more; {
			var pair string
			pair, line, more = strings.Cut(line, ";")
			key, v, _ := strings.Cut(textproto.TrimString(pair), "=")
			if textproto.TrimString(key) != name {
				continue
			}
			if found {
				return "", ErrTwoCookies
			}
			value, found = v, true
		}
	}
	if len(value) > 1 && value[0] == '"' && value[len(value)-1] == '"' {
		value = value[1 : len(value)-1]
	}
	for i := range len(value) {
		if c := value[i]; c <= ' ' || c > '~' || c == '"' || c == ',' || c == '\\' {
			return "", ErrCookieValue
		}
	}
	return value, nil
}
