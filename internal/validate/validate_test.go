package validate_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jwthttp/jwthttp/internal/validate"
)

// wantError compares an error with a part of its text, "" for no error.
func wantError(t *testing.T, name string, err error, part string) {
	t.Helper()
	if (err == nil) != (part == "") || err != nil && !strings.Contains(err.Error(), part) {
		t.Errorf("%s: %v, want %q", name, err, part)
	}
}

func TestNames(t *testing.T) {
	for _, tc := range []struct{ issuer, audience, want string }{
		{"", "", ""},
		{"https://a.example.com/", "orders", ""},
		{"a{b}", "x{y}", ""},
		{"https://a.example.com/{tenant}", "", "is a template"},
		{" a", "", "white space"},
		{"", "orders\n", "white space"},
		{"\xe9", "", "not UTF-8"},
		{"", "\xe9", "not UTF-8"},
	} {
		wantError(t, fmt.Sprintf("%+v", tc), validate.Names(tc.issuer, []string{tc.audience}), tc.want)
	}
}

func TestType(t *testing.T) {
	const want = "which no token has"
	for typ, want := range map[string]string{
		"": "", "at+jwt": "", "application/at+jwt": "", "APPLICATION/JWT": "",
		"a b": want, "application/": want, "text/": want, "a;b": want, strings.Repeat("a", 53): want, strings.Repeat("a", 52): "",
	} {
		wantError(t, typ, validate.Type("Type", typ, 64), want)
	}
}

func TestUnit(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "", -1: "", time.Millisecond: "", time.Hour: "",
		30: "MaxAge is 30ns, which looks like a number without a unit: write 30*time.Second", time.Millisecond - 1: "write 999999*time.Second",
	} {
		wantError(t, d.String(), validate.Unit("MaxAge", d, "time.Second"), want)
	}
}

func TestSource(t *testing.T) {
	for source, want := range map[string]string{
		"header:X-Token": "", "cookie:__Host-token": "", "query:token": "",
		"": "has no Source", "Header:X": "in lower case", "cookie:": "name of a cookie", "cookie:__host-a": "breaks a prefix",
		"cookie:__Secure-": "breaks a prefix", "header:a b": "name of a header", "header:cookie": "cross-origin gate", "a b": "not a plain name",
	} {
		wantError(t, source, validate.Source(source), want)
	}
}

func TestHeaderName(t *testing.T) {
	for name, want := range map[string]string{"X-Token": "", "Authorization": "use BearerHeader", "Cookie": "use Cookie", "Host": "choose another name"} {
		wantError(t, name, validate.HeaderName(name), want)
	}
}

func TestPrefixed(t *testing.T) {
	a, b := errors.New("a"), errors.New("b")
	err := validate.Prefixed("x: ", errors.Join(a, validate.Prefixed("y: ", b)))
	if got := strings.Split(err.Error(), "\n"); !slices.Equal(got, []string{"x: a", "x: y: b"}) || !errors.Is(err, a) || !errors.Is(err, b) {
		t.Errorf("%v", err)
	}
	if validate.Prefixed("x: ", nil) != nil {
		t.Error("an error of nothing")
	}
}
