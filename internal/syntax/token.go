package syntax

import (
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	digits  = "0123456789"
)

// Trim removes the white space that RFC 9110 section 5.5 excludes from the value of a header:
// spaces and tabs, and nothing else. HTTP/1 servers have removed it already, HTTP/2 servers
// have not.
func Trim(value string) string { return strings.Trim(value, " \t") }

// HasField reports whether there is a header field of that name, in whatever case it was set.
func HasField(h http.Header, name string) bool {
	for n := range h {
		if EqualFold(n, name) {
			return true
		}
	}
	return false
}

// HasSpaceAround reports whether there is something invisible at one of the ends of a name:
// white space, a control character, a byte order mark.
func HasSpaceAround(name string) bool {
	isInvisible := func(c rune) bool { return unicode.IsSpace(c) || !unicode.IsPrint(c) && c != utf8.RuneError }
	return strings.TrimFunc(name, isInvisible) != name
}

// IsToken reports whether s is a token of RFC 9110 section 5.6.2: the name of a header, a
// cookie or a scheme.
func IsToken(s string) bool {
	return s != "" && strings.Trim(s, letters+digits+"!#$%&'*+-.^_`|~") == ""
}

// IsB64Token reports whether s is the b64token of RFC 6750 section 2.1.
func IsB64Token(s string) bool {
	s = strings.TrimRight(s, "=")
	return s != "" && strings.Trim(s, letters+digits+"-._~+/") == ""
}

// IsQuotable reports whether s can stand between quotes in a header field as it is:
// printable ASCII without quotes and backslashes.
func IsQuotable(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c < 0x20 || c > 0x7e || c == '"' || c == '\\' })
}

// IsWord is IsQuotable for a text with at least one character and no spaces, such as a
// scope-token of RFC 6749 section 3.3.
func IsWord(s string) bool {
	return s != "" && IsQuotable(s) && !strings.Contains(s, " ")
}

// BareType removes the prefix of a media type that RFC 7515 section 4.1.9 lets senders
// omit: "application/at+jwt" is "at+jwt".
func BareType(typ string) string {
	const prefix = "application/"
	if len(typ) > len(prefix) && EqualFold(typ[:len(prefix)], prefix) {
		return typ[len(prefix):]
	}
	return typ
}

// EqualFold reports whether s is ascii but for the case of letters. Characters like the
// Kelvin sign, which fold to a letter of ASCII, are longer and equal nothing.
func EqualFold(s, ascii string) bool {
	return len(s) == len(ascii) && strings.EqualFold(s, ascii)
}
