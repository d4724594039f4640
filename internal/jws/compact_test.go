package jws_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/jwthttp/jwthttp/internal/jws"
)

func TestSplit(t *testing.T) {
	for _, tc := range []struct {
		name, raw string
		want      error
	}{
		{"three segments", "aA.-_.09", nil},
		{"no dot", "abc", jws.ErrMalformed},
		{"one dot", "a.b", jws.ErrMalformed},
		{"three dots", "a.b.c.d", jws.ErrMalformed},
		{"a dot at the end", "a.b.c.", jws.ErrMalformed},
		{"empty header", ".b.c", jws.ErrMalformed},
		{"empty payload", "a..c", jws.ErrMalformed},
		{"empty signature", "a.b.", jws.ErrMalformed},
		{"padding", "aa==.b.c", jws.ErrMalformed},
		{"line break", "a.b\n.c", jws.ErrMalformed},
		{"nothing", "", jws.ErrMalformed},
		{"as large as may be", "a.b." + strings.Repeat("c", 96), nil},
		{"a byte too large", "a.b." + strings.Repeat("c", 97), jws.ErrTooLarge},
	} {
		parts, err := jws.Split(tc.raw, 100)
		if !errors.Is(err, tc.want) {
			t.Errorf("%s: error %v, want %v", tc.name, err, tc.want)
		}
		joined := parts.Header + "." + parts.Payload + "." + parts.Signature
		if err == nil && (joined != tc.raw || parts.SigningInput != parts.Header+"."+parts.Payload) || err != nil && joined != ".." {
			t.Errorf("%s: %+v", tc.name, parts)
		}
	}
}

// Checking eight bytes at once has the same result as checking each byte.
func FuzzIsSegment(f *testing.F) {
	for _, text := range []string{"", "a", "abcdefgh", "abcdefg.", "abcdefgh=", "\x00bcdefgh", "abcdefghijklmnopqrstuvwxyz-_09AZ", "abcdefghijklmnop+/", "abc\ndefg", "é234567"} {
		f.Add(text)
	}
	for at := range 17 {
		f.Add(strings.Repeat("a", at) + "." + strings.Repeat("b", 16-at))
	}
	plain := regexp.MustCompile(`^[A-Za-z0-9_-]*$`)
	f.Fuzz(func(t *testing.T, text string) {
		if got := jws.IsSegment(text); got != plain.MatchString(text) {
			t.Errorf("%q: %v", text, got)
		}
	})
}
