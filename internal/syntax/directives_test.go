package syntax_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/jwthttp/jwthttp/internal/syntax"
)

func TestDirectives(t *testing.T) {
	for _, tc := range []struct {
		name  string
		lines []string
		want  string // name=<value>, with a space between two of them
	}{
		{"nothing", nil, ""},
		{"empty lines", []string{"", " ", ",", " , ,,"}, ""},
		{"a name", []string{"no-store"}, "no-store=<>"},
		{"a value", []string{"max-age=60"}, "max-age=<60>"},
		{"upper case", []string{"Max-Age=60, Ext=Ab"}, "max-age=<60> ext=<Ab>"},
		{"several", []string{"public,max-age=60 ,\tno-cache"}, "public=<> max-age=<60> no-cache=<>"},
		{"several lines", []string{"public", "max-age=60"}, "public=<> max-age=<60>"},
		{"a value in quotes", []string{`max-age="60"`}, "max-age=<60>"},
		{"a comma in quotes", []string{`ext="a, max-age=86400", max-age=60`}, "ext=<a, max-age=86400> max-age=<60>"},
		{"an escaped quote", []string{`ext="a\", max-age=86400", max-age=60`}, `ext=<a", max-age=86400> max-age=<60>`},
		{"an escaped backslash at the end", []string{`ext="a\\", max-age=60`}, `ext=<a\> max-age=<60>`},
		{"an empty quoted value", []string{`ext="", max-age=60`}, "ext=<> max-age=<60>"},
		{"quotes without an end", []string{`ext="a, max-age=60`}, `ext=<"a> max-age=<60>`},
		{"quotes without an end do not reach the next line", []string{`ext="a`, `max-age=60"`}, `ext=<"a> max-age=<60">`},
		{"a backslash at the end", []string{`ext="a\`}, `ext=<"a\>`},
		{"something after the quotes", []string{`max-age="60"0, a`}, `max-age=<"60"0> a=<>`},
		{"spaces after the quotes", []string{`max-age="60" , a`}, "max-age=<60> a=<>"},
		{"a quote inside of a token", []string{`ext=a"b, max-age=60, c"`}, `ext=<a"b> max-age=<60> c"=<>`},
		{"a quote before a name", []string{`"max-age=60"`}, `"max-age=<60">`},
		{"spaces around =", []string{"max-age = 60"}, "max-age=< 60>"},
		{"no value", []string{"max-age=, a"}, "max-age=<> a=<>"},
		{"no name", []string{"=60, a"}, "a=<>"},
		{"two =", []string{"a=b=c"}, "a=<b=c>"},
		{"twice", []string{"max-age=1, max-age=2"}, "max-age=<1> max-age=<2>"},
		{"semicolons", []string{"public; max-age=60"}, "public; max-age=<60>"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for name, value := range syntax.Directives(tc.lines) {
				got = append(got, fmt.Sprintf("%s=<%s>", name, value))
			}
			if text := strings.Join(got, " "); text != tc.want {
				t.Errorf("got %s, want %s", text, tc.want)
			}
		})
	}
	for range syntax.Directives([]string{"a, b"}) {
		break // and nothing panics
	}
}

func TestDeltaSeconds(t *testing.T) {
	const most = math.MaxInt32 * time.Second
	for text, want := range map[string]time.Duration{
		"0": 0, "1": time.Second, "007": 7 * time.Second, "86400": 24 * time.Hour,
		"2147483647": most, "2147483648": most, "9223372036854775808": most, strings.Repeat("9", 10_000): most,
		"": -1, "-1": -1, "+1": -1, " 1": -1, "1 ": -1, "1.5": -1, "1e3": -1, "0x10": -1, "1_000": -1, "soon": -1, "\u0661": -1, `"1"`: -1,
	} {
		got, ok := syntax.DeltaSeconds(text)
		if ok != (want >= 0) || got != max(want, 0) {
			t.Errorf("%.40q: %v, %v", text, got, ok)
		}
	}
}

// Every byte of the lines is in exactly one directive or around it. A value cannot become a
// directive, and a directive cannot become a part of the value before it.
func FuzzDirectives(f *testing.F) {
	f.Add(`ext="a\", max-age=1", max-age=60`, "no-cache")
	f.Add(`a=b, c="d`, `e"`)
	f.Fuzz(func(t *testing.T, first, second string) {
		quote := func(s string) string { // RFC 9110 section 5.6.4
			return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
		}
		n := 0
		for name, value := range syntax.Directives([]string{"a=" + quote(first), "max-age=60, b=" + quote(second) + ",c"}) {
			want := []struct{ name, value string }{{"a", first}, {"max-age", "60"}, {"b", second}, {"c", ""}}[n]
			if name != want.name || value != want.value {
				t.Errorf("directive %d is %q=%q, want %q", n, name, value, want)
			}
			n++
		}
		if n != 4 {
			t.Errorf("%d directives", n)
		}
		for name := range syntax.Directives([]string{first, second}) {
			if name == "" || strings.ContainsAny(name, "=,") {
				t.Errorf("name %q", name)
			}
		}
	})
}
