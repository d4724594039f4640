package syntax_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/jwthttp/jwthttp/internal/syntax"
)

func TestIsLoopback(t *testing.T) {
	for hostname, want := range map[string]bool{
		"localhost": true, "LocalHost": true, "127.0.0.1": true, "127.255.255.255": true, "::1": true, "::ffff:127.0.0.1": true, "0:0:0:0:0:0:0:1": true,
		"": false, "localho\u017ft": false, "localhost.": false, "a.localhost": false, "10.0.0.1": false, "192.168.0.1": false, "fd00::1": false, "128.0.0.1": false, "127.1": false, "0.0.0.0": false, "::": false, "::2": false, "[::1]": false, "::1%lo": false,
	} {
		if got := syntax.IsLoopback(hostname); got != want {
			t.Errorf("%q: %v, want %v", hostname, got, want)
		}
	}
}

func TestCheckURL(t *testing.T) {
	const (
		noURL    = "it is not a URL"
		user     = "it has a user or password"
		noHost   = "names no host"
		noScheme = "does not begin with https://"
		plain    = "is plain http"
		noHTTPS  = "is not an https URL"
		odd      = "has other characters"
		fragment = "has a fragment (#)"
	)
	for _, tc := range []struct {
		raw          string
		parse, check string // the errors of ParseURL and CheckURL; "" if there is none
	}{
		{"https://a.example", "", ""},
		{"https://a.example:8443/b/?c=d&e", "", ""},
		{"HTTPS://A.Example/{b}", "", ""},
		{"https://[2001:db8::1]/", "", ""},
		{"http://localhost:8080/a", "", ""},
		{"http://127.8.9.10", "", ""},
		{"http://[::1]:80", "", ""},

		{"https://a.example/%zz", noURL, noURL},
		{"https://a b.example", noURL, noURL},
		{"https://a.example/\n", noURL, noURL},
		{":", noURL, noURL},
		{"https://alice@a.example", user, user},
		{"https://alice:s3cret@a.example", user, user},
		{"http://127.0.0.1@a.example", user, user},
		{"alice:s3cret@a.example", user, user},
		{"https:alice:s3cret@a.example", user, user},
		{"https://:8443/alice:s3cret@a", user, user},
		{"", noScheme, noScheme},
		{"a.example", noScheme, noScheme},
		{"/a", noScheme, noScheme},
		{"https:a.example", noScheme, noScheme},
		{"https:///a", noHost, noHost},
		{"https://:443/a", noHost, noHost},
		{"urn:example:a", noScheme, noScheme},
		{"http://a.example?s3cret", plain, plain},
		{"http://10.0.0.1", plain, plain},
		{"http://0.0.0.0", plain, plain},
		{"http://localhost.example", plain, plain},
		{"http://127.0.0.1.example", plain, plain},
		{"a.example:443?s3cret://", noScheme, noScheme},
		{"//a.example", noScheme, noScheme},
		{"ftp://localhost/?s3cret", noHTTPS, noHTTPS},
		{"javascript://a/%0aalert(1)", noHTTPS, noHTTPS},

		{"https://a.example/b c", "", odd},
		{"https://a.example/b?s3cret\"", "", odd},
		{`https://a.example/\b`, "", odd},
		{"https://b\u00fccher.example", "", odd},
		{"https://a.example/#s3cret", "", fragment},
		{"https://a.example/#", "", fragment},
	} {
		for name, check := range map[string]struct {
			f    func(raw, example string) (*url.URL, error)
			want string
		}{"ParseURL": {syntax.ParseURL, tc.parse}, "CheckURL": {syntax.CheckURL, tc.check}} {
			u, err := check.f(tc.raw, "https://b.example")
			if check.want == "" {
				if want, _ := url.Parse(tc.raw); err != nil || *u != *want {
					t.Errorf("%s(%q) = %v, %v", name, tc.raw, u, err)
				}
				continue
			}
			if u != nil || err == nil || !strings.Contains(err.Error(), check.want) || !strings.HasSuffix(err.Error(), ": write it like https://b.example") || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%s(%q) = %v, %v, want %q", name, tc.raw, u, err, check.want)
			}
		}
	}
}

func TestWithoutQuery(t *testing.T) {
	for address, want := range map[string]string{"": "", "https://a/b": "https://a/b", "https://a/b?c#d": "https://a/b", "https://a#b?c": "https://a", "?": ""} {
		if got := syntax.WithoutQuery(address); got != want {
			t.Errorf("WithoutQuery(%q) = %q", address, got)
		}
	}
}

// Every origin that a browser sends is canonical, except for some schemes and a dot at the
// end.
func TestIsOrigin(t *testing.T) {
	for s, want := range map[string]struct{ origin, canonical bool }{
		"https://a.example":             {true, true},
		"http://a.example:8080":         {true, true},
		"http://localhost:3000":         {true, true},
		"https://a_b.xn--bcher-kva.c:1": {true, true},
		"https://10.0.0.1":              {true, true},
		"https://[2001:db8::1]:8443":    {true, true},
		"http://a.example:443":          {true, true},
		"https://a.example:65535":       {true, true},
		"chrome-extension://abcdef":     {true, true},
		"https://a.example.":            {true, false},
		"ftp://a.example":               {false, true},
		"wss://a.example":               {false, true},
		"https://a.example/":            {false, true},
		"https://a.example/b?c":         {false, true},

		"":                            {false, false},
		"null":                        {false, false},
		"https://":                    {false, false},
		"//a.example":                 {false, false},
		"https://*.a.example":         {false, false},
		"https://A.example":           {false, false},
		"HTTPS://a.example":           {false, false},
		"https://a.example:443":       {false, false},
		"http://a.example:80":         {false, false},
		"https://a.example:":          {false, false},
		"https://a.example:0":         {false, false},
		"https://a.example:080":       {false, false},
		"https://a.example:65536":     {false, false},
		"https://a..example":          {false, false},
		"https://.a.example":          {false, false},
		"https://b\u00fccher.example": {false, false},
		"https://127.1":               {false, false},
		"https://0x7f000001":          {false, false},
		"https://a.0x7f":              {false, false},
		"https://[::FFFF]":            {false, false},
		"https://[0:0:0:0:0:0:0:1]":   {false, false},
		"https://[::1%25lo]":          {false, false},
	} {
		if got := syntax.IsOrigin(s); got != want.origin {
			t.Errorf("IsOrigin(%q) = %v", s, got)
		}
		u, err := url.Parse(s)
		if got := err == nil && syntax.IsCanonical(u, s); got != want.canonical {
			t.Errorf("IsCanonical(%q) = %v", s, got)
		}
	}
}
