package syntax_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/jwthttp/jwthttp/internal/syntax"
)

// normal is NormalURL with a buffer that was used before.
func normal(raw string) (origin, path string, ok bool) {
	origin, b, ok := syntax.NormalURL(raw, []byte("/../a%"))
	return origin, string(b), ok
}

func TestNormalURL(t *testing.T) {
	for _, tc := range []struct{ raw, origin, path string }{
		{"https://api.example.com/a/b", "https://api.example.com", "/a/b"},
		{"https://api.example.com", "https://api.example.com", "/"},
		{"https://api.example.com?a", "https://api.example.com", "/"},
		{"https://api.example.com#a", "https://api.example.com", "/"},
		{"HTTPS://API.Example.COM/A", "https://api.example.com", "/A"},
		{"httpS://api.example.com/", "https://api.example.com", "/"},
		{"Http://api.example.com/", "http://api.example.com", "/"},
		{"https://api.example.com:443/", "https://api.example.com", "/"},
		{"https://api.example.com:/", "https://api.example.com", "/"},
		{"https://api.example.com:80/", "https://api.example.com:80", "/"},
		{"https://api.example.com:0443/", "https://api.example.com:0443", "/"},
		{"http://api.example.com:80/", "http://api.example.com", "/"},
		{"http://api.example.com:443/", "http://api.example.com:443", "/"},
		{"https://[2001:DB8::1]/", "https://[2001:db8::1]", "/"},
		{"https://[2001:DB8::1]:443/", "https://[2001:db8::1]", "/"},
		{"https://[::443]/", "https://[::443]", "/"},
		{"https://api%2eexample.com/", "https://api.example.com", "/"},
		{"https://%41pi.example.com/", "https://api.example.com", "/"},
		{"https://a%c3%bc.example.com/", "https://a%C3%BC.example.com", "/"},
		{"https://\u212A.example.com/", "https://\u212A.example.com", "/"}, // the Kelvin sign is not a k
		{"https://api.example.com./", "https://api.example.com.", "/"},
		{"https://api.example.com/a?b/../c#d", "https://api.example.com", "/a"},
		{"https://api.example.com/a#b?c", "https://api.example.com", "/a"},
		{"https://api.example.com/%7Euser/%41%2d", "https://api.example.com", "/~user/A-"},
		{"https://api.example.com/a%2fb%3f%23", "https://api.example.com", "/a%2Fb%3F%23"},
		{"https://api.example.com/%252e%252e", "https://api.example.com", "/%252e%252e"},
		{"https://api.example.com/a/../b/./c", "https://api.example.com", "/b/c"},
		{"https://api.example.com/a/%2e%2E/b/%2e", "https://api.example.com", "/b/"},
		{"https://api.example.com/../../a/..", "https://api.example.com", "/"},
		{"https://api.example.com/a//../b", "https://api.example.com", "/a/b"},
		{"https://api.example.com//a/", "https://api.example.com", "//a/"},
		{"https://api.example.com/...", "https://api.example.com", "/..."},
		{"https://api.example.com/.a/..b", "https://api.example.com", "/.a/..b"},
		{"https://api.example.com/ä b", "https://api.example.com", "/ä b"},

		{"", "", ""},
		{"/a", "", ""},
		{"//api.example.com/a", "", ""},
		{"https:/api.example.com/a", "", ""},
		{"https:api.example.com/a", "", ""},
		{"https://", "", ""},
		{"https:///a", "", ""},
		{"https://:443/a", "", ""},
		{"ftp://api.example.com/a", "", ""},
		{" https://api.example.com/a", "", ""},
		{"https://api.example.com/%", "", ""},
		{"https://api.example.com/%4", "", ""},
		{"https://api.example.com/%zz", "", ""},
		{"https://api.example.com/%4g", "", ""},
		{"https://%zz/", "", ""},
		{"https://user:pw@api.example.com/", "", ""},
		{"https://api.example.com@evil.example/", "", ""},
		{"https://user@:443/", "", ""},
		{"https://api.example.com:1:2/", "", ""},
		{"https://[::1:443/", "", ""},
	} {
		origin, path, ok := normal(tc.raw)
		if ok != (tc.origin != "") || ok && (origin != tc.origin || path != tc.path) {
			t.Errorf("%q: %q %q %v, want %q %q", tc.raw, origin, path, ok, tc.origin, tc.path)
		}
	}
}

func TestTargets(t *testing.T) {
	for _, tc := range []struct {
		target, origin, normal string
		ok                     bool // it has a path whose normal form is normal
	}{
		{"/", "", "/", true},
		{"/a/b?c=d", "", "/a/b", true},
		{"/a?b#c", "", "/a", true},
		{"/a?b/../c", "", "/a", true},
		{"//evil.example/a", "", "//evil.example/a", true},
		{"/%7euser/a%2fb", "", "/~user/a%2Fb", true},
		{"/%252e%252e", "", "/%252e%252e", true},
		{"/...", "", "/...", true},
		{"https://API.example.com:443/a?b", "https://api.example.com", "/a", true},
		{"http://api.example.com", "http://api.example.com", "/", true},
		{"http://api.example.com?a", "http://api.example.com", "/", true},

		{"", "", "/", false},
		{"*", "", "/", false},
		{"api.example.com:443", "", "/", false},
		{"a/b", "", "/a/b", false},
		{"/a#b", "", "/a", false},
		{"/a#b?c", "", "/a", false},
		{"/a", "", "/", false},
		{"/", "", "/a", false},
		{"/a", "", "/A", false},
		{"/a%2Fb", "", "/a/b", false},
		{"/a/b", "", "/a%2Fb", false},
		{"/a/../b", "", "/b", false},
		{"/a/..", "", "/", false},
		{"/.", "", "/", false},
		{"/a/./b", "", "/a/b", false},
		{"/a/%2e%2e/b", "", "/b", false},
		{"/a/%2e", "", "/a/", false},
		{"/%", "", "/%", false},
		{"/%4", "", "/%4", false},
		{"/%g0", "", "/%g0", false},
		{"https://api.example.com/a/../b", "https://api.example.com", "/b", false},
	} {
		origin, path, ok := syntax.CutTarget(tc.target)
		if ok = ok && syntax.IsNormalOf([]byte(tc.normal), path); ok != tc.ok || ok && origin != tc.origin {
			t.Errorf("%q: %q %q %v", tc.target, origin, path, ok)
		}
	}
}

// What a request is usually for takes no memory.
func TestNormalAllocations(t *testing.T) {
	buffer := make([]byte, 0, 100)
	if n := testing.AllocsPerRun(100, func() {
		_, path, _ := syntax.NormalURL("https://api.example.com/orders/%7e17/../18", buffer[:0])
		_, target, _ := syntax.CutTarget("/orders/%318?page=2")
		if !syntax.IsNormalOf(path, target) {
			t.Error(target)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

var escape = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

// normalByURL is NormalURL by package url. ok is false where package url refuses what NormalURL
// keeps.
func normalByURL(raw string) (origin, path string, ok bool) {
	raw = escape.ReplaceAllStringFunc(raw, func(e string) string {
		if c, _ := url.PathUnescape(e); regexp.MustCompile(`^[A-Za-z0-9._~-]$`).MatchString(c) {
			return c
		}
		return strings.ToUpper(e)
	})
	raw, _, _ = strings.Cut(raw, "#")
	raw, _, _ = strings.Cut(raw, "?")
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || len(u.Host) > maxAuthority || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return "", "", false
	}
	u = u.ResolveReference(&url.URL{Path: u.Path, RawPath: u.RawPath})
	host := strings.ToLower(u.Hostname())
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port := u.Port(); port != "" && !(port == "443" && u.Scheme == "https") && !(port == "80" && u.Scheme == "http") {
		host += ":" + port
	}
	path = u.EscapedPath()
	if path == "" {
		path = "/"
	}
	return u.Scheme + "://" + host, path, true
}

const maxAuthority = 253 + len(":65535") // a name of RFC 1035, and a port: normal refuses what is longer

// Two implementations agree on every URL of the characters of RFC 3986.
func FuzzNormalURL(f *testing.F) {
	for _, seed := range []string{
		"https://API.example.com:443/a/../%7euser/%2e%2e/b%2fc?d#e", "http://[::1]:80/./", "https://a//b/..", "https://a", "https://a/..//b", "https://a:/%25/;.",
		"http://" + strings.Repeat("a", maxAuthority) + "/", "http://" + strings.Repeat("A", maxAuthority+1),
	} {
		f.Add(seed)
	}
	isURL := regexp.MustCompile(`^(?i:https?)://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]*)?(/([A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)?([?#].*)?$`)
	f.Fuzz(func(t *testing.T, raw string) {
		origin, path, ok := normal(raw)
		if ok {
			if _, target, _ := syntax.CutTarget(path); !syntax.IsNormalOf([]byte(path), target) && !strings.ContainsAny(path, "?#") {
				t.Errorf("%q is not its own normal form", path)
			}
			againOrigin, againPath, ok := normal(origin + path)
			if !ok || againOrigin != origin || againPath != path {
				t.Errorf("%q: %q %q, and then %q %q %v", raw, origin, path, againOrigin, againPath, ok)
			}
		}
		if !isURL.MatchString(raw) || strings.HasPrefix(path, "//") {
			return // ResolveReference makes one slash of two at the beginning
		}
		wantOrigin, wantPath, isParsed := normalByURL(raw)
		if isParsed && (!ok || origin != wantOrigin || path != wantPath) {
			t.Errorf("%q: %q %q %v, package url: %q %q", raw, origin, path, ok, wantOrigin, wantPath)
		}
	})
}
