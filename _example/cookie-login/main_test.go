package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/jwthttptest"
)

func mustKey(t *testing.T, alg, file string) issue.Key {
	t.Helper()
	key, err := newKey(alg, file)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// token returns a token of a key for bob.
func token(t *testing.T, key issue.Key) string {
	t.Helper()
	iss, err := issue.New[jwt.RegisteredClaims](issue.Options{}, key)
	if err != nil {
		t.Fatal(err)
	}
	raw, _, err := iss.Token(t.Context(), jwt.RegisteredClaims{Subject: "bob"})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

var secret = bytes.Repeat([]byte("s"), 32)

// expired returns a token that the secret has signed.
func expired(t *testing.T) string {
	t.Helper()
	return jwthttptest.Sign(t, "HS256", secret, `{"alg":"HS256"}`, fmt.Sprintf(`{"sub":"bob","exp":%d}`, time.Now().Unix()-1))
}

// start serves the site until the test ends.
func start(t *testing.T, alg string, key issue.Key, lifetime time.Duration) (url string) {
	t.Helper()
	handler, err := newHandler(alg, key, lifetime)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

var resultLine = regexp.MustCompile(`<output id="result" class="\w*">(.*)</output>`)

// A visitor follows links and redirects, and keeps cookies.
type visitor struct {
	client *http.Client
	url    string
}

func newVisitor(t *testing.T, url string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{&http.Client{Jar: jar}, url}
}

// goes returns the status and the result line of the page that a request leads to.
func (v *visitor) goes(t *testing.T, method, path string, headers ...string) (status int, result string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, v.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := v.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if m := resultLine.FindSubmatch(body); m != nil {
		return res.StatusCode, string(m[1])
	}
	return res.StatusCode, string(body)
}

func (v *visitor) sees(t *testing.T, method, path, want string, headers ...string) {
	t.Helper()
	if status, result := v.goes(t, method, path, headers...); status != 200 || !regexp.MustCompile("^"+want+"$").MatchString(result) {
		t.Errorf("%s %s: %d %s, want %s", method, path, status, result, want)
	}
}

func TestSite(t *testing.T) {
	keys := filepath.Join(t.TempDir(), "jwt_key")
	for _, alg := range []string{"HS256", "RS256"} {
		t.Run(alg, func(t *testing.T) {
			url := start(t, alg, mustKey(t, alg, keys), time.Minute)
			v := newVisitor(t, url)
			v.sees(t, "GET", "/", "No result yet")
			v.sees(t, "GET", "/validate", "Invalid token")
			v.sees(t, "GET", "/generate", "Token generated, it expires in 60 s")
			v.sees(t, "GET", "/validate", `Valid token of bob, it expires in \d\d s`)
			v.sees(t, "GET", "/", "Welcome back, bob")
			v.sees(t, "POST", "/forget", "Token forgotten", "Origin", url)
			v.sees(t, "GET", "/validate", "Invalid token")
			v.sees(t, "POST", "/forget", "Invalid token", "Origin", url)
			v.sees(t, "GET", "/?result=%3Cscript%3E", "No result yet")

			v.sees(t, "GET", "/generate", "Token generated, .*")
			if status, body := v.goes(t, "POST", "/forget", "Sec-Fetch-Site", "cross-site"); status != 403 || !strings.Contains(body, `"error":"cross_origin"`) {
				t.Errorf("from another site: %d %s", status, body)
			}
			v.sees(t, "GET", "/validate", "Valid token of bob, .*")
		})
	}
}

// The header of the answer that has the token.
func TestCookie(t *testing.T) {
	url := start(t, "HS256", mustKey(t, "HS256", ""), time.Minute)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Get(url + "/generate")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	cookies := res.Header.Values("Set-Cookie")
	if len(cookies) != 1 || !regexp.MustCompile(`^token=[\w-]+\.[\w-]+\.[\w-]+; Path=/; Expires=[^;]+; Max-Age=(59|60); HttpOnly; SameSite=Lax$`).MatchString(cookies[0]) {
		t.Errorf("Set-Cookie %q", cookies)
	}
	if got := res.Header.Get("Cache-Control"); got != "no-store" || res.StatusCode != 303 {
		t.Errorf("%d, Cache-Control %q", res.StatusCode, got)
	}
}

// No text of the address is on the page, and its policy permits only its own style.
func TestPage(t *testing.T) {
	url := start(t, "HS256", mustKey(t, "HS256", ""), time.Minute)
	res, err := http.Get(url + "/?result=generated&next=https://evil.example&x=%3Cscript%3E")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(body), "evil") || strings.Contains(string(body), "<script") {
		t.Errorf("%s", body)
	}
	if csp := res.Header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none';") || !strings.Contains(csp, "frame-ancestors 'none'") {
		t.Errorf("Content-Security-Policy %q", csp)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if res, err = client.Get(url + "/validate?next=//evil.example"); err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if got := res.Header.Get("Location"); res.StatusCode != 303 || got != "/?result=invalid" {
		t.Errorf("%s to %s", res.Status, got)
	}
}

// A token that a browser keeps for too long is refused.
func TestExpired(t *testing.T) {
	v := newVisitor(t, start(t, "HS256", issue.HS256(secret), time.Minute))
	v.sees(t, "GET", "/validate", "Invalid token", "Cookie", "token="+expired(t))
	v.sees(t, "GET", "/validate", "Invalid token", "Cookie", "token=x")
}

// A browser with a bad token is led to the welcome page, and loses the cookie.
func TestBadCookie(t *testing.T) {
	site := start(t, "HS256", issue.HS256(secret), time.Minute)
	address, err := url.Parse(site)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"expired": expired(t), "forged": token(t, mustKey(t, "HS256", "")), "no JWT": "x", "with a space": "a b", "oversized": strings.Repeat("x", 5000),
	} {
		for _, to := range []struct{ method, path string }{
			{"GET", "/"}, {"GET", "/?result=invalid"}, {"GET", "/?result=generated"}, {"GET", "/validate"}, {"POST", "/forget"},
		} {
			t.Run(name+" "+to.method+" "+to.path, func(t *testing.T) {
				v := newVisitor(t, site)
				v.client.Jar.SetCookies(address, []*http.Cookie{{Name: "token", Value: value, Path: "/"}})
				v.sees(t, to.method, to.path, "Invalid token", "Origin", site)
				if cookies := v.client.Jar.Cookies(address); len(cookies) != 0 {
					t.Errorf("the browser still has %q", cookies)
				}
				v.sees(t, "GET", "/", "No result yet")
				v.sees(t, "GET", "/generate", "Token generated, .*")
				v.sees(t, "GET", "/", "Welcome back, bob")
			})
		}
	}
}

// A stubborn transport sends a cookie with every request, also after it was cleared.
type stubborn struct{ cookie string }

func (s stubborn) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Cookie", s.cookie)
	return http.DefaultTransport.RoundTrip(r)
}

// A browser that keeps a bad cookie after all is not redirected for ever.
func TestCookieThatStays(t *testing.T) {
	url := start(t, "HS256", mustKey(t, "HS256", ""), time.Minute)
	for _, cookie := range []string{"token=x", "token=x; token=y", "token=a b"} {
		v := &visitor{&http.Client{Transport: stubborn{cookie}}, url}
		v.sees(t, "GET", "/", "Invalid token")
		v.sees(t, "GET", "/validate", "Invalid token")
	}
}

// Some refusals clear the cookie. A request without it may come from another site, and does
// not log the user out.
func TestWhatIsCleared(t *testing.T) {
	url := start(t, "HS256", issue.HS256(secret), time.Minute)
	good := token(t, issue.HS256(secret))
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, tc := range []struct {
		name, method, path, cookie, origin string
		status                             int
		cleared                            bool
	}{
		{"a bad token", "GET", "/validate", "token=x", "", 303, true},
		{"a bad token at the welcome page", "GET", "/", "token=x", "", 200, true},
		{"two tokens", "GET", "/validate", "token=x; token=" + good, "", 303, true},
		{"no token", "GET", "/validate", "", "", 303, false},
		{"no token at the welcome page", "GET", "/", "", "", 200, false},
		{"no token from another site", "POST", "/forget", "", "https://evil.example", 303, false},
		{"a good token from another origin", "POST", "/forget", "token=" + good, "https://evil.example", 403, false},
		{"a good token", "GET", "/validate", "token=" + good, "", 200, false},
	} {
		req, err := http.NewRequestWithContext(t.Context(), tc.method, url+tc.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{"Cookie": tc.cookie, "Origin": tc.origin} {
			if value != "" {
				req.Header.Set(name, value)
			}
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		var want []string
		if tc.cleared {
			want = []string{"token=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"}
		}
		if got := res.Header.Values("Set-Cookie"); res.StatusCode != tc.status || !slices.Equal(got, want) {
			t.Errorf("%s: %d, Set-Cookie %q, want %d, %q", tc.name, res.StatusCode, got, tc.status, want)
		}
		if tc.cleared && res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: Cache-Control %q", tc.name, res.Header.Get("Cache-Control"))
		}
	}
}

// The program reads files of ssh-keygen, and ssh-keygen reads files of the program.
func TestKeyFiles(t *testing.T) {
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Fatal("ssh-keygen is missing: apt-get install openssh-client")
	}
	keygen := func(t *testing.T, args ...string) string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), "ssh-keygen", args...).CombinedOutput()
		if err != nil {
			t.Fatalf("ssh-keygen %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	file := func(t *testing.T) string { return filepath.Join(t.TempDir(), "jwt_key") }
	write := func(t *testing.T, name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	t.Run("of ssh-keygen", func(t *testing.T) {
		keys := file(t)
		keygen(t, "-q", "-t", "rsa", "-N", "", "-f", keys)
		before, err := os.ReadFile(keys)
		if err != nil {
			t.Fatal(err)
		}
		v := newVisitor(t, start(t, "RS256", mustKey(t, "RS256", keys), time.Minute))
		v.sees(t, "GET", "/generate", "Token generated, .*")
		v.sees(t, "GET", "/validate", "Valid token of bob, .*")
		if after, err := os.ReadFile(keys); err != nil || !bytes.Equal(before, after) {
			t.Errorf("the file has changed: %v", err)
		}
	})
	t.Run("made here", func(t *testing.T) {
		keys := file(t)
		raw := token(t, mustKey(t, "RS256", keys))
		derived, public := keygen(t, "-y", "-f", keys), keygen(t, "-i", "-m", "PEM", "-f", keys+".pub")
		if strings.Fields(derived)[1] != strings.Fields(public)[1] {
			t.Errorf("ssh-keygen derives\n%s, the file has\n%s", derived, public)
		}
		if info, err := os.Stat(keys); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
		// The next run verifies the tokens of the first. It does not read the public half.
		if err := os.Remove(keys + ".pub"); err != nil {
			t.Fatal(err)
		}
		newVisitor(t, start(t, "RS256", mustKey(t, "RS256", keys), time.Minute)).sees(t, "GET", "/validate", "Valid token of bob, .*", "Cookie", "token="+raw)
	})
	for _, tc := range []struct {
		name string
		make func(t *testing.T, keys string)
		want string
	}{
		{"with a passphrase", func(t *testing.T, keys string) { keygen(t, "-q", "-t", "rsa", "-N", "hunter2", "-f", keys) }, "ssh-keygen -p"},
		{"of another kind", func(t *testing.T, keys string) { keygen(t, "-q", "-t", "ed25519", "-N", "", "-f", keys) }, "RS256 does not take a key for EdDSA"},
		{"too short", func(t *testing.T, keys string) { keygen(t, "-q", "-t", "rsa", "-b", "1024", "-N", "", "-f", keys) }, "2048"},
		{"not a key", func(t *testing.T, keys string) { write(t, keys, "hello") }, "jwt_key: issue: ParsePrivateKey: "},
		{"the public half alone", func(t *testing.T, keys string) { write(t, keys+".pub", "hello") }, "jwt_key is missing, move "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			keys := file(t)
			tc.make(t, keys)
			key, err := newKey("RS256", keys)
			if err == nil { // New refuses a key that is unfit
				_, err = newHandler("RS256", key, time.Minute)
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %s", err, tc.want)
			}
		})
	}
	if _, err := newKey("none", ""); err == nil || err.Error() != `-alg is "none": use HS256 or RS256` {
		t.Errorf("error %v", err)
	}
}
