package jwthttp

import "time"

// ParseNumericDate is parseNumericDate for a JSON number.
func ParseNumericDate(number string) (floor, ceil time.Time, ok bool) {
	d, ok := parseNumericDate([]byte(number))
	return d.floor(), d.ceil(), ok
}

// WalkTo returns the raw values of the members of a JSON object by name, and
// whether it is nested too deep; nil for other JSON.
func WalkTo(text []byte, maxDepth int) (members map[string]string, tooDeep bool) {
	o, ok := openObject(text, maxDepth)
	if !ok {
		return nil, false
	}
	members = map[string]string{}
	for o.next() {
		members[string(o.name)] = string(o.value)
	}
	return members, o.tooDeep
}
