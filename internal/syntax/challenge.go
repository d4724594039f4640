package syntax

import "strings"

// HasError reports whether the lines of WWW-Authenticate have a challenge of a scheme with this
// error, RFC 9110 section 11.6.1. There may be white space around "=", sections 11.2 and 5.6.3.
func HasError(lines []string, scheme, code string) bool {
	current := ""
	for name, value := range elements(lines, space) {
		if end := strings.IndexAny(name, space); end >= 0 { // "dpop realm", of DPoP realm="api"
			current, name = name[:end], strings.TrimLeft(name[end:], space)
		} else if value == "" {
			current = name
		}
		if name == "error" && value == code && EqualFold(current, scheme) {
			return true
		}
	}
	return false
}
