// Package logtext makes texts that others may have chosen fit for a log.
package logtext

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxBytes = 256
	ellipsis = "…"
)

// Cut returns text on one line, in at most 256 bytes of valid UTF-8. A longer text is cut and
// ends with "…". These characters are replaced:
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
	end := maxBytes - len(ellipsis)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + ellipsis
}
