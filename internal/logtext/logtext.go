// Package logtext makes texts that others may have chosen fit for a log.
package logtext

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	maxBytes  = 256
	maxTail   = 96 // of a text that is cut: an error says at its end how to mend it
	maxQuoted = 128
	ellipsis  = "…"
)

// Cut returns text on one line, in at most 256 bytes of valid UTF-8. A longer text has "…" in place of
// its middle. These characters are replaced:
//
//   - A line break becomes "; ", since errors that were joined have a line each.
//   - Other control characters become spaces. So do the separators of lines and paragraphs,
//     and characters that change the direction of text.
func Cut(text string) string {
	text = strings.ReplaceAll(cut(text), "\n", "; ")
	return cut(strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || unicode.In(c, unicode.Zl, unicode.Zp, unicode.Bidi_Control) {
			return ' '
		}
		return c
	}, text))
}

func cut(text string) string {
	if len(text) <= maxBytes {
		return text
	}
	end, tail := maxBytes-maxTail-len(ellipsis), len(text)-maxTail
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	for tail < len(text) && !utf8.RuneStart(text[tail]) {
		tail++
	}
	return text[:end] + ellipsis + text[tail:]
}

// Duration returns d for people: to a second, rounded up, or in days if it has more than two.
// The largest time.Duration stands for more than that.
func Duration(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d == math.MaxInt64:
		return "more than 290 years"
	case d < 2*day:
		return (d + time.Second - 1).Truncate(time.Second).String() // down would be 0s
	}
	return fmt.Sprintf("%d days", d/day)
}

// Name cuts the name of a type, so that there is room for what a record says of it.
func Name(name string) string {
	if len(name) <= 64 {
		return name
	}
	return fmt.Sprintf("%.60s…", name)
}

// Quote returns text in double quotes, with escapes for everything that is not printable. What is
// between the quotes is cut after 128 bytes.
func Quote(text string) string { return quote(text, maxQuoted) }

// Short is Quote, cut after 32 bytes, for what is a word in a good request.
func Short(text string) string { return quote(text, 32) }

// URL returns the URL of a request as Quote does, cut after 64 bytes. What may be secret in it is
// not shown: the query, and the whole of a text that may have a user and a password.
func URL(text string) string {
	if end := strings.IndexAny(text, "?#"); end >= 0 {
		text = text[:end]
	}
	if strings.Contains(text, "@") {
		return "one with @, which is not shown"
	}
	return quote(text, 64)
}

// Quotes returns a list of texts as Quote does, at most 8 of 48 bytes: "a", "b" and 3 more.
func Quotes(texts []string) string {
	quoted := make([]string, 0, maxListed)
	for _, text := range texts[:min(len(texts), maxListed)] {
		quoted = append(quoted, quote(text, 48))
	}
	return List(quoted, len(texts)-len(quoted))
}

func quote(text string, most int) string {
	var room [4*maxQuoted + 2]byte // an escape has 4 bytes for one, at most
	end := ""                      // of a text that was cut
	for n := min(most, len(text)); ; n = n * 3 / 4 {
		if n < len(text) {
			end = ellipsis
		}
		if quoted := strconv.AppendQuote(room[:0], text[:n]); len(quoted) <= most+2 { // an escape may have 10 bytes
			return string(append(quoted, end...))
		}
	}
}

// List joins texts with commas, and says that there are more.
func List(texts []string, more int) string {
	list := strings.Join(texts, ", ")
	if more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return list
}
