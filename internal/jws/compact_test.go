package jws_test

import (
	"encoding/base64"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/jwthttp/jwthttp/internal/jws"
)

// A text of a fault says what came in place of a token, and how to mend it.
func TestSplit(t *testing.T) {
	const cut, unsigned, none = "does not have three segments", "no signature: copy all of it", "a byte that is not of base64url"
	for _, tc := range []struct {
		name, raw string
		want      string // part of the error; "" for none
	}{
		{"three segments", "aA.-_.09", ""},
		{"no dot", "abcdefghijklmnop", "no dots: it is an opaque token"},
		{"a word", "undefined", "a short word"},
		{"nothing", "", "a short word"},
		{"one dot", "a.b", unsigned},
		{"empty signature", "a.b.", unsigned},
		{"three dots", "a.b.c.d", cut},
		{"a dot at the end", "a.b.c.", cut},
		{"empty header", ".b.c", cut},
		{"empty payload", "a..c", cut},
		{"dots alone", "..", unsigned},
		{"four dots", "a.b.c.d.e", "five segments: it is an encrypted token (JWE)"},
		{"four dots, no key", "a..c.d.e", "five segments: it is an encrypted token (JWE)"},
		{"padding", "aa==.b.c", "base64url in a token has no padding"},
		{"base64", "a+.b/.c", "a token is base64url, not base64"},
		{"line break", "a.b\n.c", "white space or a quote"},
		{"quotes", `"a.b.c"`, "white space or a quote"},
		{"Bearer", "bearer a.b.c", "send the token alone"},
		{"another byte", "a.b\x00.c", none},
		{"a letter beyond ASCII", "a.ä.c", none},
		{"as large as may be", "a.b." + strings.Repeat("c", 96), ""},
		{"a byte too large", "a.b." + strings.Repeat("c", 97), "larger than the limit"},
	} {
		parts, err := jws.Split(tc.raw, 100, false)
		if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("%s: error %v, want %q", tc.name, err, tc.want)
		}
		var fault *jws.Fault
		if isLarge := strings.Contains(tc.want, "larger"); err != nil && (!errors.As(err, &fault) || (fault.Class == jws.TooLarge) != isLarge || !isLarge && fault.Class != jws.Malformed) {
			t.Errorf("%s: %#v", tc.name, err)
		}
		joined := parts.Header + "." + parts.Payload + "." + parts.Signature
		if err == nil && (joined != tc.raw || parts.SigningInput != parts.Header+"."+parts.Payload) || err != nil && joined != ".." {
			t.Errorf("%s: %+v", tc.name, parts)
		}
	}
}

// A signature is looked at as encoding/base64 does.
func TestCheckSignature(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	check := func(signature string) {
		t.Helper()
		_, want := base64.RawURLEncoding.Strict().DecodeString(signature)
		parts, err := jws.Split("a.b."+signature, 100, false)
		if err != nil {
			t.Fatalf("%q: %v", signature, err)
		}
		if err := jws.CheckSignature(&parts); (err == nil) != (want == nil) || err != nil && !strings.Contains(err.Error(), "was the token cut or changed?") {
			t.Errorf("%q: %v, want %v", signature, err, want)
		}
	}
	for n := range 13 {
		for _, last := range alphabet {
			check(strings.Repeat("_", n) + string(last))
		}
	}
}

// With padding, either no segment has any, or each has exactly what it needs.
func TestSplitPadded(t *testing.T) {
	whole := regexp.MustCompile(`^([\w-]{4})*([\w-]{2}==|[\w-]{3}=|[\w-]{4})$`)
	var segments []string
	for n := range 10 {
		for padding := range 5 {
			segments = append(segments, "abcdefghi"[:n]+strings.Repeat("=", padding))
		}
	}
	segments = append(segments, "ab=c", "=abc", "a+==", "a\n==", "ab==\n", "ab=", "ab=.")
	for _, a := range segments {
		for _, b := range segments {
			for _, c := range []string{"abcd", "ab==", "ab", "ab=", "", "=", a} {
				raw := a + "." + b + "." + c
				_, errPlain := jws.Split(raw, 100, false)
				want := errPlain == nil || whole.MatchString(a) && whole.MatchString(b) && whole.MatchString(c)
				parts, err := jws.Split(raw, 100, true)
				if (err == nil) != want {
					t.Fatalf("%q: %v", raw, err)
				}
				bare := func(s string) string { return strings.ReplaceAll(s, "=", "") }
				if err == nil && (parts != jws.Segments{Header: bare(a), Payload: bare(b), Signature: bare(c), SigningInput: a + "." + b}) {
					t.Fatalf("%q: %+v", raw, parts)
				}
			}
		}
	}
	for raw, want := range map[string]string{
		"ab==.ab.ab==": "not in every segment the padding", "ab==.cd==.": "no signature", strings.Repeat("abcd", 8) + "==": "no dots", "ab==.a b.cd==": "white space",
		"ab==.ab==.ab==" + strings.Repeat("c", 100): "larger than the limit",
	} {
		if _, err := jws.Split(raw, 100, true); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", raw, err)
		}
	}
}
