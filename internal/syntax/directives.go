package syntax

import (
	"iter"
	"math"
	"strconv"
	"strings"
	"time"
)

const space = " \t"

// Directives returns the directives in the lines of a Cache-Control header, RFC 9111 section
// 5.2. Each has its name in lower case, and its value without quotes. The value is "" if there
// is none. A value that is neither a token nor a quoted string is returned unchanged.
func Directives(lines []string) iter.Seq2[string, string] { return elements(lines, "") }

// elements is Directives for any header with such a list. Characters of before, between "=" and a
// value, are left out.
func elements(lines []string, before string) iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for _, line := range lines {
			for line != "" {
				var name, value string
				name, value, line = nextDirective(line, before)
				if name != "" && !yield(name, value) {
					return
				}
			}
		}
	}
}

// nextDirective returns the first element of a list, RFC 9110 section 5.6.1, and the rest. An
// element ends at a comma that is not inside of a quoted string. Characters of before, between "="
// and the value, are left out.
func nextDirective(list, before string) (name, value, rest string) {
	list = strings.TrimLeft(list, space)
	end := strings.IndexAny(list, "=,")
	if end < 0 {
		end = len(list)
	}
	name = strings.ToLower(strings.TrimRight(list[:end], space))
	if !strings.HasPrefix(list[end:], "=") {
		return name, "", strings.TrimPrefix(list[end:], ",")
	}
	list = strings.TrimLeft(list[end+1:], before)
	quoted, after, isQuoted := unquote(list)
	if !isQuoted {
		after = list
	}
	more, rest, _ := strings.Cut(after, ",")
	if isQuoted && strings.Trim(more, space) == "" {
		return name, quoted, rest
	}
	return name, strings.TrimRight(list[:len(list)-len(after)+len(more)], space), rest
}

// unquote returns the text of the quoted string at the beginning of s, RFC 9110 section 5.6.4,
// and the rest of s.
func unquote(s string) (text, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		return "", "", false
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), s[i+1:], true
		case '\\':
			if i++; i == len(s) {
				return "", "", false
			}
		}
		b.WriteByte(s[i])
	}
	return "", "", false
}

// DeltaSeconds reads delta-seconds, RFC 9111 section 1.2.2. They are digits only. The result
// is at most 2^31 - 1 seconds, so that a few can be added without overflow.
func DeltaSeconds(s string) (time.Duration, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil {
		n = math.MaxInt32
	}
	return time.Duration(n) * time.Second, true
}
