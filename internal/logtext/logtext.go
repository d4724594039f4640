// Package logtext makes texts fit for a log that others may have chosen.
package logtext

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const maxBytes = 256

// Cut returns at most the first 256 bytes of text, on one line.
func Cut(text string) string {
	if len(text) > maxBytes {
		cut := maxBytes
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut]
	}
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, text)
}
