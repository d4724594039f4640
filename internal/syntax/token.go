package syntax

import (
	"errors"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	digits  = "0123456789"
)

// Trim removes spaces and tabs at both ends, which are not a part of a header's value, RFC 9110
// section 5.5. net/http does that for HTTP/1, and not for HTTP/2.
func Trim(value string) string { return strings.Trim(value, " \t") }

// HasField reports whether there is a header field of that name with a value, in whatever case
// it was set.
func HasField(h http.Header, name string) bool {
	for n, values := range h {
		if len(values) > 0 && EqualFold(n, name) {
			return true
		}
	}
	return false
}

// SetField sets the one value of a field, and removes fields whose name differs in case alone, as a
// caller may have written DPoP-Nonce.
func SetField(h http.Header, name, value string) {
	for n := range h {
		if EqualFold(n, name) {
			delete(h, n)
		}
	}
	h[name] = []string{value}
}

// HasSpaceAround reports whether there is something invisible at one of the ends of a name:
// white space, a control character, a byte order mark.
func HasSpaceAround(name string) bool {
	isInvisible := func(c rune) bool { return unicode.IsSpace(c) || !unicode.IsPrint(c) && c != utf8.RuneError }
	return strings.TrimFunc(name, isInvisible) != name
}

// IsToken reports whether s is a token, RFC 9110 section 5.6.2. Names of headers, cookies and
// schemes are tokens.
func IsToken(s string) bool {
	return s != "" && strings.Trim(s, letters+digits+"!#$%&'*+-.^_`|~") == ""
}

// The errors of Credentials.
var (
	ErrNoScheme      = errors.New("the Authorization header does not begin with the name of a scheme, such as Bearer")
	ErrNoCredentials = errors.New("nothing follows the scheme after a space")
)

// Credentials returns what follows a scheme in the value of an Authorization header, RFC 9110
// section 11.4. It is "" for an empty value and for another scheme, such as BearerX and
// "Bearer:" for Bearer. Whether the rest is a b64token is not looked at.
func Credentials(value, scheme string) (string, error) {
	n := len(scheme)
	if len(value) > n+1 && value[:n] == scheme && value[n] == ' ' && value[n+1] > ' ' && value[len(value)-1] > ' ' {
		return value[n+1:], nil // what nearly every request has; the rest returns the same
	}
	value = Trim(value)
	if value == "" {
		return "", nil
	}
	if !IsToken(value[:1]) {
		return "", ErrNoScheme
	}
	if len(value) < n || !EqualFold(value[:n], scheme) {
		return "", nil
	}
	rest := value[n:]
	if rest != "" && (IsToken(rest[:1]) || rest[0] == ':') {
		return "", nil // the name of the scheme goes on
	}
	credentials := strings.TrimLeft(rest, " ")
	if credentials == "" || len(credentials) == len(rest) {
		return "", ErrNoCredentials
	}
	return credentials, nil
}

// schemes are those of the IANA registry, and some that are in use without it.
var schemes = []string{
	"Basic", "Bearer", "Concealed", "Digest", "DPoP", "GNAP", "HOBA", "Mutual", "Negotiate", "OAuth",
	"PrivateToken", "SCRAM-SHA-1", "SCRAM-SHA-256", "vapid",
	"ApiKey", "AWS4-HMAC-SHA256", "JWT", "NTLM", "Token",
}

// KnownScheme returns the scheme of an Authorization value as it is registered. It is "" for any
// other value, whose first word may be a secret.
func KnownScheme(value string) string {
	word, _, _ := strings.Cut(Trim(value), " ")
	for _, scheme := range schemes {
		if EqualFold(word, scheme) {
			return scheme
		}
	}
	return ""
}

// IsB64Token reports whether s is a b64token, RFC 6750 section 2.1.
func IsB64Token(s string) bool {
	s = strings.TrimRight(s, "=")
	return s != "" && strings.Trim(s, letters+digits+"-._~+/") == ""
}

// IsQuotable reports whether s can be between quotes in a header without escapes. It is then
// printable ASCII without quotes and backslashes. "" is quotable.
func IsQuotable(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c < 0x20 || c > 0x7e || c == '"' || c == '\\' })
}

// IsWord reports whether s is quotable, has no spaces, and is not empty. A scope-token is a
// word, RFC 6749 section 3.3.
func IsWord(s string) bool {
	return s != "" && IsQuotable(s) && !strings.Contains(s, " ")
}

// IsASCII reports whether s has ASCII only.
func IsASCII(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c > unicode.MaxASCII })
}

// BareType returns a media type without "application/", which senders may omit, RFC 7515
// section 4.1.9. "application/at+jwt" becomes "at+jwt".
func BareType(typ string) string {
	const prefix = "application/"
	if len(typ) > len(prefix) && EqualFold(typ[:len(prefix)], prefix) {
		return typ[len(prefix):]
	}
	return typ
}

// EqualFold reports whether s equals ascii, in any case. Characters such as the Kelvin sign
// fold to an ASCII letter, but have more bytes, so they equal nothing.
func EqualFold(s, ascii string) bool {
	return len(s) == len(ascii) && strings.EqualFold(s, ascii)
}

// CountFold returns how often ascii occurs in s, in any case. It takes no memory.
func CountFold(s, ascii string) (n int) {
	for i := range len(s) - len(ascii) + 1 {
		if EqualFold(s[i:i+len(ascii)], ascii) {
			n++
		}
	}
	return n
}
