package syntax

import "strings"

// HasError reports whether the lines of WWW-Authenticate have a challenge of a scheme with this
// error, RFC 9110 section 11.6.1.
func HasError(lines []string, scheme, code string) bool {
	current := ""
	for name, value := range Directives(lines) {
		if first, parameter, ok := strings.Cut(name, " "); ok { // "dpop realm", of DPoP realm="api"
			current, name = first, strings.TrimLeft(parameter, " ")
		} else if value == "" {
			current = name
		}
		if name == "error" && value == code && EqualFold(current, scheme) {
			return true
		}
	}
	return false
}
