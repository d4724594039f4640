package logtext_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/jwthttp/jwthttp/internal/logtext"
)

func TestCut(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "",
		"a b, é 世 😀":               "a b, é 世 😀",
		"one\ntwo":                 "one; two",
		"a\r\n\t\x00\x1b[31m\x7fb": "a ;    [31m b",
		"a\u0085b\u2028c\u2029d":   "a b c d",
		"a\u202eb\u2066c\u2069d\u200ee\u200ff\u061cg": "a b c d e f g",
		"a\xffb":                 "a\ufffdb",
		strings.Repeat("a", 256): strings.Repeat("a", 256),
		strings.Repeat("a", 257): strings.Repeat("a", 157) + "…" + strings.Repeat("a", 96),
		strings.Repeat("a", 156) + strings.Repeat("é", 99) + strings.Repeat("b", 95): strings.Repeat("a", 156) + "…" + strings.Repeat("b", 95),
		strings.Repeat("a", 154) + strings.Repeat("😀", 99) + strings.Repeat("b", 93): strings.Repeat("a", 154) + "…" + strings.Repeat("b", 93),
		strings.Repeat("a", 255) + "\n":          strings.Repeat("a", 157) + "…" + strings.Repeat("a", 94) + "; ",
		strings.Repeat("a", 252) + "\n" + "TAIL": strings.Repeat("a", 157) + "…" + strings.Repeat("a", 90) + "; TAIL",
		strings.Repeat("\xff", 257):              strings.Repeat("\ufffd", 52) + "…" + strings.Repeat("\ufffd", 32),
	} {
		if got := logtext.Cut(text); got != want {
			t.Errorf("Cut(%q) = %q, want %q", text, got, want)
		}
	}
}

// A result has one line for every reader, and at most 256 bytes. An ellipsis is added only to
// a text that is longer than 256 bytes on one line.
func FuzzCut(f *testing.F) {
	f.Add("a\nb\u2028c")
	f.Add(strings.Repeat("\xff", 300))
	f.Fuzz(func(t *testing.T, text string) {
		got := logtext.Cut(text)
		if len(got) > 256 || !utf8.ValidString(got) {
			t.Errorf("%q", got)
		}
		if strings.Contains(got, "…") && !strings.Contains(text, "…") && 3*len(text) <= 256 {
			t.Errorf("%q is cut to %q", text, got)
		}
		if again := logtext.Cut(got); again != got {
			t.Errorf("%q is cut to %q", got, again)
		}
		for _, c := range got {
			if c < ' ' || c >= 0x7f && c < 0xa0 || strings.ContainsRune("\u2028\u2029", c) || unicode.Is(unicode.Bidi_Control, c) {
				t.Errorf("%q has %q", got, c)
			}
		}
	})
}

// What is quoted is printable, and as long as its escapes allow.
func TestQuote(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"", `""`},
		{"a\"b", `"a\"b"`},
		{strings.Repeat("k", 128), `"` + strings.Repeat("k", 128) + `"`},
		{strings.Repeat("k", 129), `"` + strings.Repeat("k", 128) + `"…`},
		{strings.Repeat("\x01", 200), `"` + strings.Repeat(`\x01`, 30) + `"…`},
		{"\u202e\u2028\x1b[1m", `"\u202e\u2028\x1b[1m"`},
	} {
		if got := logtext.Quote(tc.text); got != tc.want {
			t.Errorf("%q: %s, want %s", tc.text, got, tc.want)
		}
	}
	if got, want := logtext.Quotes([]string{"a", strings.Repeat("b", 49)}), `"a", "`+strings.Repeat("b", 48)+`"…`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := logtext.Quotes(strings.Split("abcdefghij", "")), `"a", "b", "c", "d", "e", "f", "g", "h" and 2 more`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestURL(t *testing.T) {
	const hidden = "one with @, which is not shown"
	for text, want := range map[string]string{
		"https://a.example.com/b?secret": `"https://a.example.com/b"`,
		"/b#secret":                      `"/b"`,
		"":                               `""`,
		"https://u:p@a.example.com/":     hidden,
		"https:u@a":                      hidden,
		"/b?u@a":                         `"/b"`,
		strings.Repeat("x", 65):          `"` + strings.Repeat("x", 64) + `"…`,
	} {
		if got := logtext.URL(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	if got := logtext.Short(strings.Repeat("\x00", 40)); got != `"`+strings.Repeat(`\x00`, 6)+`"…` {
		t.Errorf("Short: %s", got)
	}
	if got := logtext.Quote(strings.Repeat("\xff", 200)); len(got) > 133 || !strings.HasSuffix(got, `"…`) {
		t.Errorf("Quote: %s", got)
	}
}
