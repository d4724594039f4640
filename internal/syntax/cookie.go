package syntax

import (
	"errors"
	"net/textproto"
	"strings"
)

const maxCookiePairs = 3000 // where net/http gives up and returns no cookie at all

// What is wrong with the cookies of a request.
var (
	ErrManyCookies = errors.New("there are more than 3,000 cookies")
	ErrTwoCookies  = errors.New("two cookies have the name")
	ErrCookieValue = errors.New("the cookie has a byte that RFC 6265 section 4.1.1 forbids, such as a space, a comma or a quote")
)

// FindCookie returns the value of the only cookie of that name in the lines of a Cookie
// header, RFC 6265 sections 4.1.1 and 4.2.1. It is "" if there is none or an empty one. It
// finds the cookies that net/http finds. Where net/http drops a cookie and says nothing, it
// returns an error: the next reader of the header may find that cookie.
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
