package jwthttp

import (
	"time"

	"github.com/jwthttp/jwthttp/internal/tokenjson"
)

// ParseNumericDate reads a JSON number.
func ParseNumericDate(number string) (floor, ceil time.Time, ok bool) {
	d, ok := tokenjson.ParseNumericDate([]byte(number))
	return d.Floor(), d.Ceil(), ok
}

// WalkTo returns the raw values of the members of a JSON object by name, and
// whether it is nested too deep; nil for other JSON.
func WalkTo(text []byte, maxDepth int) (members map[string]string, tooDeep bool) {
	var o tokenjson.Object
	if !o.Open(text, maxDepth) {
		return nil, false
	}
	members = map[string]string{}
	for o.Next() {
		members[string(o.Name())] = string(o.Value)
	}
	return members, o.TooDeep()
}

// Remembered counts the signatures that m remembers; -1 if it never does.
func Remembered[C any](m *Middleware[C]) int {
	return m.work.Remembered()
}

// ParseHeader reads a header the short way and the long way.
func ParseHeader(text []byte) (short TokenHeader, isPlain bool, long TokenHeader, err error) {
	short, isPlain = parsePlainHeader(text)
	long, err = parseAnyHeader(text, make([]byte, len(text)))
	return short, isPlain, long, err
}

// KeysKept counts the keys that a source of FromKeyfunc has made and keeps.
func KeysKept(source KeySource) int {
	made := source.(*legacySource).made.Load()
	if made == nil {
		return 0
	}
	return len(*made)
}

// IsSegment is isSegment.
func IsSegment(s string) bool { return isSegment(s) }
