// Package logtext makes texts fit for a log that others may have chosen.
package logtext

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const maxBytes = 256

// Cut returns at most the first 256 bytes of text, on one line. A line break becomes "; ",
// since errors that were joined stand on lines of their own. Other control characters,
// those that change the direction of text, and the separators of lines and paragraphs
// become spaces.
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
	end := maxBytes
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}
