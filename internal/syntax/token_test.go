package syntax_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jwthttp/jwthttp/internal/syntax"
)

// Each alphabet is compared with a regular expression, for every byte at every place.
func TestAlphabets(t *testing.T) {
	for _, tc := range []struct {
		name string
		is   func(string) bool
		want *regexp.Regexp
	}{
		{"IsToken", syntax.IsToken, regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")},
		{"IsB64Token", syntax.IsB64Token, regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`)},
		{"IsQuotable", syntax.IsQuotable, regexp.MustCompile(`^[ !#-\[\]-~]*$`)},
		{"IsWord", syntax.IsWord, regexp.MustCompile(`^[!#-\[\]-~]+$`)},
	} {
		texts := []string{"", "=", "==", "a=", "a==", "=a", "a=b", "\u00e9", "a\u2028"}
		for c := range 256 {
			for _, format := range []string{"%s", "%sa", "a%s", "a%sa"} {
				texts = append(texts, fmt.Sprintf(format, string([]byte{byte(c)})))
			}
		}
		for _, text := range texts {
			if got := tc.is(text); got != tc.want.MatchString(text) {
				t.Errorf("%s(%q) = %v", tc.name, text, got)
			}
		}
	}
}

func TestTrim(t *testing.T) {
	for value, want := range map[string]string{"": "", " \t": "", "\t a b \t": "a b", "\na\r": "\na\r", "\u00a0a\v": "\u00a0a\v"} {
		if got := syntax.Trim(value); got != want {
			t.Errorf("Trim(%q) = %q", value, got)
		}
	}
}

func TestBareType(t *testing.T) {
	for typ, want := range map[string]string{
		"": "", "JWT": "JWT", "at+jwt": "at+jwt", "application/at+jwt": "at+jwt", "Application/JWT": "JWT", "application/application/jwt": "application/jwt",
		"application/": "application/", "application": "application", "text/jwt": "text/jwt", "applicat\u0131on/jwt": "applicat\u0131on/jwt",
	} {
		if got := syntax.BareType(typ); got != want {
			t.Errorf("BareType(%q) = %q", typ, got)
		}
	}
}

func TestEqualFold(t *testing.T) {
	for _, tc := range []struct {
		s, ascii string
		want     bool
	}{
		{"", "", true}, {"Bearer", "bearer", true}, {"at+JWT", "AT+jwt", true},
		{"a", "b", false}, {"a", "", false}, {"a ", "a", false}, {"\u212a", "k", false}, {"\u017f", "s", false}, {"[", "{", false},
	} {
		if got := syntax.EqualFold(tc.s, tc.ascii); got != tc.want {
			t.Errorf("EqualFold(%q, %q) = %v", tc.s, tc.ascii, got)
		}
	}
}

func TestCountFold(t *testing.T) {
	for s, want := range map[string]int{
		"": 0, "k": 0, "ok": 1, "OkoK": 2, "xokxOKx": 2, "o\u212a": 0, "\xffok": 1,
	} {
		if got := syntax.CountFold(s, "ok"); got != want {
			t.Errorf("CountFold(%q) = %d, want %d", s, got, want)
		}
	}
	if got := syntax.CountFold("aAaA", "aa"); got != 3 {
		t.Errorf("overlapping: %d", got)
	}
}

func TestFindCookie(t *testing.T) {
	for _, tc := range []struct {
		name  string
		lines []string
		value string
		err   error
	}{
		{"no header", nil, "", nil},
		{"none of the name", []string{"a=1; b=2", "Token=3", "token2=4"}, "", nil},
		{"one", []string{"token=a.b.c"}, "a.b.c", nil},
		{"among others", []string{"a=1; token=a.b.c;b", "c=2"}, "a.b.c", nil},
		{"on the second line", []string{"a=1", "token=a.b.c"}, "a.b.c", nil},
		{"white space", []string{"\ta=1; \t token =a.b.c\r\n"}, "a.b.c", nil},
		{"empty", []string{"token="}, "", nil},
		{"a name alone", []string{"token"}, "", nil},
		{"with =", []string{"token=a=b="}, "a=b=", nil},
		{"in quotes", []string{`token="a.b.c"`}, "a.b.c", nil},
		{"two", []string{"token=a; token=b"}, "", syntax.ErrTwoCookies},
		{"two, one of them empty", []string{"token", "token=b"}, "", syntax.ErrTwoCookies},
		{"one quote", []string{`token="`}, "", syntax.ErrCookieValue},
		{"quotes in quotes", []string{`token=""a""`}, "", syntax.ErrCookieValue},
		{"a space", []string{"token=a b"}, "", syntax.ErrCookieValue},
		{"a comma", []string{"token=a,b"}, "", syntax.ErrCookieValue},
		{"a backslash", []string{`token=a\b`}, "", syntax.ErrCookieValue},
		{"DEL", []string{"token=a\x7f"}, "", syntax.ErrCookieValue},
		{"beyond ASCII", []string{"token=\u00e9"}, "", syntax.ErrCookieValue},
		{"as many as net/http reads", []string{"token=a" + strings.Repeat(";", 2999)}, "a", nil},
		{"more than net/http reads", []string{"token=a", strings.Repeat(";", 2999)}, "", syntax.ErrManyCookies},
	} {
		if has := syntax.HasCookie(tc.lines, "token"); has && tc.value == "" && tc.err == nil || !has && tc.value != "" {
			t.Errorf("%s: HasCookie reports %v", tc.name, has)
		}
		if value, err := syntax.FindCookie(tc.lines, "token"); value != tc.value || err != tc.err {
			t.Errorf("%s: %q, %v", tc.name, value, err)
		}
	}
}

func TestSetField(t *testing.T) {
	h := http.Header{"DPoP-Nonce": {"a"}, "dpop-nonce": {"b", "c"}, "Dpop-Nonce": {"d"}, "X": {"e"}}
	syntax.SetField(h, "Dpop-Nonce", "f")
	if len(h) != 2 || !slices.Equal(h["Dpop-Nonce"], []string{"f"}) || h.Get("X") != "e" {
		t.Errorf("%v", h)
	}
}
