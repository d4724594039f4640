package explain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
)

const (
	maxQuoted   = 120 // bytes of a JSON value in a sentence
	maxClipped  = 600 // bytes of an error text
	maxShown    = 64 << 10
	maxIndented = 32 // levels
)

// clip makes a text that others may have chosen fit for a line, and cuts it.
func clip(text string) string {
	text = strings.ReplaceAll(text, "\n", "; ")
	if len(text) > maxClipped {
		text = text[:maxClipped] + "…"
	}
	return escape(strings.ToValidUTF8(text, "\ufffd"))
}

// escape writes every character that a terminal may not show as it is in the form that JSON
// has for it.
func escape(text string) string {
	var b strings.Builder
	for _, c := range text {
		switch {
		case strconv.IsPrint(c):
			b.WriteRune(c)
		case c > 0xffff:
			high, low := utf16.EncodeRune(c)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, c)
		}
	}
	return b.String()
}

// display returns a JSON text indented and escaped, "" for what is not JSON: that may be
// anything, also a secret.
func display(text []byte) string {
	var b bytes.Buffer
	text = bytes.ToValidUTF8(text, []byte("\ufffd"))
	if len(text) > maxShown {
		return ""
	}
	var err error
	if depth(text) <= maxIndented {
		err = json.Indent(&b, text, "", "  ")
	} else { // indented, thousands of levels would be a hundred megabytes
		err = json.Compact(&b, text)
	}
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	for i := range lines {
		lines[i] = escape(lines[i])
	}
	return strings.Join(lines, "\n")
}

// depth returns how deep brackets are nested in a text, at most.
func depth(text []byte) int {
	deepest, now := 0, 0
	for _, c := range text {
		switch c {
		case '{', '[':
			now++
			deepest = max(deepest, now)
		case '}', ']':
			now--
		}
	}
	return deepest
}
