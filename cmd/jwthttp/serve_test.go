package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/cmd/jwthttp/internal/explain"
	"github.com/jwthttp/jwthttp/jwks"
	"github.com/jwthttp/jwthttp/jwthttptest"
)

// A running program is "jwthttp serve" at url until the test ends.
type running struct{ url string }

func startServe(t *testing.T, args ...string) running {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	var log bytes.Buffer
	var group sync.WaitGroup
	group.Go(func() {
		status := run(ctx, append([]string{"serve", "-addr", "127.0.0.1:0"}, args...), strings.NewReader(""), in, &log)
		in.Close()
		if status != exitGood || log.Len() > 0 {
			t.Errorf("status %d, it complains: %s", status, &log)
		}
	})
	t.Cleanup(func() {
		stop()
		out.Close()
		group.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	url := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(line)
	if url == "" {
		stop()
		group.Wait()
		t.Fatalf("it prints no address: %q, %v, %s", line, err, &log)
	}
	group.Go(func() { io.Copy(io.Discard, out) })
	return running{url}
}

// post sends a body of a content type, and returns the status and the body of the answer.
func (s running) post(t *testing.T, path, contentType, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return send(t, r)
}

func (s running) get(t *testing.T, path string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", s.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return send(t, r)
}

func send(t *testing.T, r *http.Request) (int, string) {
	t.Helper()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// token returns a new token, as the printed command cuts it out.
func (s running) token(t *testing.T, contentType, claims string) string {
	t.Helper()
	status, body := s.post(t, "/token", contentType, claims)
	parts := strings.Split(body, `"`)
	if status != 200 || len(parts) < 5 || parts[1] != "access_token" {
		t.Fatalf("%d %s", status, body)
	}
	return parts[3]
}

func (s running) rotate(t *testing.T) {
	t.Helper()
	if status, body := s.post(t, "/rotate", "", ""); status != 200 || !strings.Contains(body, `"kid":"dev-`) {
		t.Fatalf("%d %s", status, body)
	}
}

func (s running) explain(t *testing.T, token string) explain.Report {
	t.Helper()
	asked, err := json.Marshal(map[string]string{"token": token})
	if err != nil {
		t.Fatal(err)
	}
	status, body := s.post(t, "/explain", jsonType, string(asked))
	var report explain.Report
	if err := json.Unmarshal([]byte(body), &report); status != 200 || err != nil {
		t.Fatalf("%d %.200s: %v", status, body, err)
	}
	return report
}

func kids(t *testing.T, s running) []string {
	t.Helper()
	_, body := s.get(t, keysPath)
	set, err := jwks.Parse([]byte(body))
	if err != nil || len(set.Skipped) > 0 {
		t.Fatal(err, set.Skipped)
	}
	var ids []string
	for _, m := range regexp.MustCompile(`"kid":"([^"]*)"`).FindAllStringSubmatch(body, -1) {
		ids = append(ids, m[1])
	}
	return ids
}

// A real middleware with discovery accepts the tokens, before and after a rotation.
func TestServeIssues(t *testing.T) {
	t.Parallel()
	s := startServe(t)
	keys, err := jwks.Discover(s.url, jwks.Options{Audience: []string{"api"}})
	if err != nil {
		t.Fatal(err)
	}
	defer keys.Close()
	auth, err := jwthttp.New[jwt.MapClaims](keys, jwthttp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	accept := func(name, token string) jwt.MapClaims {
		t.Helper()
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		verified, err := auth.Authenticate(r)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := s.explain(t, token); got.Verdict != explain.Good || len(got.Findings) > 0 {
			t.Errorf("%s: the page says %+v", name, got)
		}
		return verified.Claims
	}

	old := s.token(t, formType, "sub=bob&scope=read+write&aud=api&aud=other&grant_type=client_credentials&client_secret=x")
	claims := accept("form", old)
	if got := fmt.Sprintf("%v, %v, %v", claims["sub"], claims["scope"], claims["aud"]); got != "bob, read write, [api other]" || claims["grant_type"] != nil || claims["client_secret"] != nil {
		t.Errorf("claims of the form: %v", claims)
	}
	credentials := url.Values{}
	for _, name := range []string{
		"client_secret", "password", "refresh_token", "code", "assertion", "client_assertion", "client_assertion_type",
		"code_verifier", "device_code", "subject_token", "actor_token",
	} {
		credentials.Set(name, "hunter2hunter2")
	}
	claims = accept("credentials", s.token(t, formType, "username=bob&client_id=web&"+credentials.Encode()))
	if claims["username"] != "bob" || claims["client_id"] != "web" || strings.Contains(fmt.Sprint(claims), "hunter2") {
		t.Errorf("claims of a form with credentials: %v", claims)
	}
	claims = accept("JSON", s.token(t, "application/json; charset=utf-8", `{"sub": null, "n": 1e2, "nested": {"a": [true]}, "expires_in": 60}`))
	issued, _ := claims["iat"].(float64)
	if _, ok := claims["sub"]; ok || claims["n"] != 100.0 || fmt.Sprint(claims["nested"]) != "map[a:[true]]" || claims["exp"] != issued+60 || claims["expires_in"] != nil {
		t.Errorf("claims of the JSON: %v", claims)
	}
	claims = accept("no body", s.token(t, "", ""))
	if issued, _ = claims["iat"].(float64); claims["sub"] != "alice" || claims["iss"] != s.url || claims["aud"] != "api" || claims["exp"] != issued+900 || claims["jti"] == "" {
		t.Errorf("claims of the default: %v", claims)
	}

	for lifetime, want := range map[string]int{"-60": 1, "0": 1, "60": 0} {
		got := s.explain(t, s.token(t, formType, "expires_in="+lifetime)).Findings
		if len(got) != want || want == 1 && (got[0].Reason != "expired" || !strings.HasPrefix(got[0].Mend, "the token expired")) {
			t.Errorf("a lifetime of %s s: %+v", lifetime, got)
		}
	}

	before := kids(t, s)
	s.rotate(t)
	if after := kids(t, s); len(before) != 1 || len(after) != 2 || after[0] != before[0] || after[1] == before[0] {
		t.Errorf("keys %q, and after a rotation %q", before, after)
	}
	fresh := s.token(t, "", "")
	accept("new key", fresh)
	unverified, _, err := jwt.NewParser().ParseUnverified(fresh, jwt.MapClaims{})
	if err != nil || unverified.Header["kid"] != kids(t, s)[1] {
		t.Errorf("a new token has the kid %v: %v", unverified.Header["kid"], err)
	}
	accept("old key", old)
	for range 8 {
		s.rotate(t)
	}
	if got := kids(t, s); len(got) != 8 || slices.Contains(got, before[0]) {
		t.Errorf("after many rotations there are the keys %q", got)
	}
	if got := s.explain(t, old); got.Verdict != explain.Refused {
		t.Errorf("a token of a key that is gone: %+v", got)
	}
}

func TestServeTokenAnswers(t *testing.T) {
	t.Parallel()
	s := startServe(t)
	for _, tc := range []struct {
		name, contentType, body string
		status                  int
		want                    string // a pattern
	}{
		{"default", "", "", 200, `^\{"access_token":"[^"]+","token_type":"Bearer","expires_in":900\}\n$`},
		{"lifetime", formType, "expires_in=5", 200, `"expires_in":5\}`},
		{"a day", jsonType, `{"expires_in": 86400}`, 200, `"expires_in":86400\}`},
		{"more than a day", jsonType, `{"expires_in": 86401}`, 400, `at most 24 hours`},
		{"expired", jsonType, `{"expires_in": -5}`, 200, `"expires_in":-5\}`},
		{"exp is given", jsonType, `{"exp": 253402300799}`, 200, `"token_type":"Bearer"\}`},
		{"lifetime of words", formType, "expires_in=soon", 400, `"expires_in is not a number of seconds`},
		{"lifetime of years", formType, "expires_in=99999999", 400, `at most 24 hours: send the claim exp for a longer one, in JSON with Content-Type: application/json`},
		{"lifetime that overflows", jsonType, `{"expires_in": 1e300}`, 400, `"expires_in is not a number of seconds`},
		{"array", jsonType, `["alice"]`, 400, `not a JSON object`},
		{"null", jsonType, `null`, 400, `not a JSON object`},
		{"empty", jsonType, ``, 400, `not a JSON object`},
		{"claim twice", jsonType, `{"sub": "a", "sub": "b"}`, 400, `not a JSON object.*duplicate`},
		{"claim of control characters twice", jsonType, `{"\u001b[31m\u202e": 1, "\u001b[31m\u202e": 2}`, 400, `not a JSON object.*duplicate`},
		{"not UTF-8", formType, "sub=%ff", 400, `sub.* is not UTF-8`},
		{"bad escape", formType, "sub=%zz", 400, `the form cannot be read`},
		{"garbage", jsonType, "\x00\xff\x1b[31m", 400, `not a JSON object`},
		{"JSON as a form", formType, `{"sub": "bob"}`, 400, `send it with Content-Type: application/json`},
		{"JSON as a form, escaped", formType, `%7B%22sub%22%3A%22bob%22%7D`, 400, `send it with Content-Type: application/json`},
		{"JSON as a form, with a percent sign", formType, `{"sub": "100%"}`, 400, `send it with Content-Type: application/json`},
		{"JSON as a form, with =", formType, ` {"sub": "a=b&c"}`, 400, `send it with Content-Type: application/json`},
		{"too large", jsonType, `{"sub": "` + strings.Repeat("a", maxBodyBytes) + `"}`, 413, `1 MiB`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			status, body := s.post(t, "/token", tc.contentType, tc.body)
			if status != tc.status || !regexp.MustCompile(tc.want).MatchString(body) {
				t.Errorf("%d %s", status, body)
			}
			if strings.ContainsAny(body, "\x1b\u202e") || strings.Contains(body, `\u001b`) {
				t.Errorf("it may change how a terminal shows text: %q", body)
			}
			if got := strings.Contains(body, `"error":"invalid_request"`); got != (status != 200) {
				t.Errorf("%d %s", status, body)
			}
		})
	}
}

// What a browser may send for another page is refused, and changes nothing.
func TestServeRefusesOtherSites(t *testing.T) {
	t.Parallel()
	s := startServe(t)
	port := s.url[strings.LastIndexByte(s.url, ':'):]
	before := kids(t, s)
	for _, tc := range []struct {
		name, host  string
		header      map[string]string
		contentType string
		status      int // of POST; GET of the page is asked too where the Host is bad
	}{
		{"program", "", nil, jsonType, 200},
		{"own page", "", map[string]string{"Origin": s.url, "Sec-Fetch-Site": "same-origin"}, jsonType, 200},
		{"own page of an older browser", "", map[string]string{"Origin": s.url}, jsonType, 200},
		{"localhost", "localhost" + port, map[string]string{"Origin": "http://localhost" + port}, jsonType, 200},
		{"upper case", "LOCALHOST" + port, nil, jsonType, 200},
		{"IPv6", "[::1]" + port, nil, jsonType, 200},

		{"rebound name", "attacker.example" + port, nil, jsonType, 421},
		{"rebound name with its own origin", "attacker.example" + port, map[string]string{"Origin": "http://attacker.example" + port, "Sec-Fetch-Site": "same-origin"}, jsonType, 421},
		{"name that ends with localhost", "evil.localhost" + port, nil, jsonType, 421},
		{"name that begins with localhost", "localhost.attacker.example" + port, nil, jsonType, 421},
		{"dot after the name", "localhost." + port, nil, jsonType, 421},
		{"other address of loopback", "127.0.0.2" + port, nil, jsonType, 421},
		{"short address", "127.1" + port, nil, jsonType, 421},
		{"any address", "0.0.0.0" + port, nil, jsonType, 421},
		{"no port", "127.0.0.1", nil, jsonType, 421},
		{"other port", "127.0.0.1:1", nil, jsonType, 421},

		{"other origin", "", map[string]string{"Origin": "https://attacker.example"}, jsonType, 403},
		{"other port of loopback", "", map[string]string{"Origin": "http://127.0.0.1:1"}, jsonType, 403},
		{"no origin that is known", "", map[string]string{"Origin": "null"}, jsonType, 403},
		{"cross-site", "", map[string]string{"Sec-Fetch-Site": "cross-site"}, jsonType, 403},
		{"same-site", "", map[string]string{"Sec-Fetch-Site": "same-site"}, jsonType, 403},
		{"cross-site that says own origin", "", map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": s.url}, jsonType, 403},

		{"form of text", "", nil, "text/plain", 415},
		{"form with files", "", nil, "multipart/form-data; boundary=x", 415},
		{"no type", "", nil, "", 415},
		{"bad type", "", nil, "application/json;;=", 415},
		{"JSON in a parameter", "", nil, "text/plain; a=application/json", 415},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, path := range []string{"/explain", "/token", "/rotate"} {
				if tc.status == 200 && path == "/rotate" {
					continue
				}
				r, err := http.NewRequestWithContext(t.Context(), "POST", s.url+path, strings.NewReader(`{"token": "a.b.c"}`))
				if err != nil {
					t.Fatal(err)
				}
				r.Host = tc.host
				for name, value := range tc.header {
					r.Header.Set(name, value)
				}
				if tc.contentType != "" {
					r.Header.Set("Content-Type", tc.contentType)
				}
				if status, body := send(t, r); status != tc.status || strings.Contains(body, "access_token") != (status == 200 && path == "/token") {
					t.Errorf("%s: %d %s, want %d", path, status, body, tc.status)
				}
			}
			if tc.status == http.StatusMisdirectedRequest {
				for _, path := range []string{"/", keysPath, metadataPath, "/none"} {
					r, err := http.NewRequestWithContext(t.Context(), "GET", s.url+path, nil)
					if err != nil {
						t.Fatal(err)
					}
					r.Host = tc.host
					if status, body := send(t, r); status != tc.status || !strings.Contains(body, "use "+s.url) {
						t.Errorf("GET %s: %d %s", path, status, body)
					}
				}
			}
		})
	}
	// A form is a way to get a token, for a program.
	if status, body := s.post(t, "/explain", formType, "token=a.b.c"); status != 415 {
		t.Errorf("a form to explain: %d %s", status, body)
	}
	if status, body := s.post(t, "/rotate", formType, ""); status != 415 {
		t.Errorf("a form to rotate: %d %s", status, body)
	}
	if status, _ := s.get(t, "/token"); status != 405 {
		t.Errorf("GET /token: %d", status)
	}
	if status, _ := s.get(t, "/rotate"); status != 405 {
		t.Errorf("GET /rotate: %d", status)
	}
	if after := kids(t, s); !slices.Equal(before, after) {
		t.Errorf("the keys %q have become %q", before, after)
	}
}

// Whatever is pasted gets a report or a sentence.
func TestServeExplainsBadInput(t *testing.T) {
	t.Parallel()
	s := startServe(t)
	for _, tc := range []struct{ name, token string }{
		{"empty", ""},
		{"garbage", "\x00\x01\xfe\xff\x1b[31m\u202e"},
		{"64 KiB", strings.Repeat("a", 64<<10)},
		{"64 KiB to escape", strings.Repeat("\x01", 64<<10)},
		{"dots", strings.Repeat(".", 64<<10)},
		{"forged", s.token(t, "", "")[:300] + "AAAA"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := s.explain(t, tc.token); got.Verdict == explain.Good || len(got.Steps) == 0 {
				t.Errorf("%+v", got)
			}
		})
	}
	for _, tc := range []struct {
		name, body string
		status     int
	}{
		{"no JSON", "eyJ", 400},
		{"binary", "\xff\xfe\x00", 400},
		{"no token", `{}`, 400},
		{"null", `{"token": null}`, 400},
		{"number", `{"token": 1}`, 400},
		{"two values", `{"token": "a"} {"token": "b"}`, 400},
		{"too large", `{"token": "` + strings.Repeat("a", maxBodyBytes) + `"}`, 413},
	} {
		t.Run(tc.name, func(t *testing.T) {
			status, body := s.post(t, "/explain", jsonType, tc.body)
			if status != tc.status || !strings.Contains(body, `"error_description":"`) {
				t.Errorf("%d %s, want %d", status, body, tc.status)
			}
		})
	}
}

// The page may run its own script and use its own style, and nothing else.
func TestServePage(t *testing.T) {
	t.Parallel()
	s := startServe(t, "-issuer", "https://issuer.example.com/<b>", "-audience", "orders", "-audience", "users")
	res, err := http.Get(s.url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	hash := func(element string) string {
		t.Helper()
		found := regexp.MustCompile("(?s)<"+element+"[^>]*>(.*?)</"+element+">").FindAllSubmatch(body, -1)
		if len(found) != 1 {
			t.Fatalf("%d elements %s", len(found), element)
		}
		sum := sha256.Sum256(found[0][1])
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8",
		"Content-Security-Policy": "default-src 'none'; script-src " + hash("script") + "; style-src " + hash("style") +
			"; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
		"Cache-Control":                "no-store",
		"Referrer-Policy":              "no-referrer",
		"X-Content-Type-Options":       "nosniff",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Access-Control-Allow-Origin":  "",
	} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if text := string(body); !strings.Contains(text, "the issuer &#34;https://issuer.example.com/&lt;b&gt;&#34; and the audience &#34;orders&#34; or &#34;users&#34;") {
		t.Errorf("it does not say which middleware is asked: %s", text)
	}
	for _, state := range []string{explain.Passed, explain.Failed, explain.Assumed} {
		if !strings.Contains(string(body), `"`+state+`": "`) {
			t.Errorf("it does not know the state %q of a step", state)
		}
	}
	if inline := regexp.MustCompile(`(?i)\s(style|on[a-z]+)=|javascript:|innerHTML|https?://[^1i]|<link|<img`).FindAllString(string(body), -1); len(inline) > 0 {
		t.Errorf("the page has %q", inline)
	}
}

// With flags for keys, the page asks that middleware, and no development issuer is there.
func TestServeOtherProvider(t *testing.T) {
	t.Parallel()
	provider := jwthttptest.NewIssuer(t)
	_, keySet := running{provider.URL}.get(t, "/keys")
	file := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(file, []byte(keySet), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, flags := range map[string][]string{
		"file":      {"-key", file, "-issuer", provider.URL},
		"discovery": {"-discover", provider.URL},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startServe(t, append(flags, "-audience", provider.Audience)...)
			if got := s.explain(t, provider.Token(t, jwt.MapClaims{"sub": "alice"})); got.Verdict != explain.Good {
				t.Errorf("a good token: %+v", got)
			}
			got := s.explain(t, provider.Token(t, jwt.MapClaims{"sub": "alice"}, jwthttptest.WrongAudience))
			if got.Verdict != explain.Refused || len(got.Findings) != 1 || got.Findings[0].Reason != "audience" {
				t.Errorf("another audience: %+v", got)
			}
			for i := range 4 {
				t.Run(fmt.Sprint("at once ", i), func(t *testing.T) {
					t.Parallel()
					if got := s.explain(t, provider.Token(t, jwt.MapClaims{}, jwthttptest.UnknownKeyID)); got.Verdict != explain.Refused {
						t.Errorf("an unknown key: %+v", got)
					}
				})
			}
			for _, path := range []string{metadataPath, keysPath} {
				if status, _ := s.get(t, path); status != 404 {
					t.Errorf("GET %s: %d", path, status)
				}
			}
			for _, path := range []string{"/token", "/rotate"} {
				if status, body := s.post(t, path, "", ""); status != 404 {
					t.Errorf("POST %s: %d %s", path, status, body)
				}
			}
			if _, page := s.get(t, "/"); strings.Contains(page, `id="make"`) || strings.Contains(page, `id="rotate"`) || !strings.Contains(page, "come from the flags") {
				t.Errorf("the page offers tokens: %s", page)
			}
		})
	}
}

// The development issuer's page does not advise to accept tokens of another issuer.
func TestServeAdvisesNoOtherIssuer(t *testing.T) {
	t.Parallel()
	s := startServe(t, "-audience", "orders")
	for name, token := range map[string]string{
		"foreign token":            read(t, "rs256.jwt"),
		"own token of another iss": s.token(t, jsonType, `{"iss": "https://issuer.example.com"}`),
		"own token of a port":      s.token(t, jsonType, `{"iss": "http://127.0.0.1:1"}`),
	} {
		t.Run(name, func(t *testing.T) {
			got := s.explain(t, token)
			if got.Verdict != explain.Refused {
				t.Errorf("the verdict is %s", got.Verdict)
			}
			said := false
			for _, f := range got.Findings {
				if strings.Contains(f.Mend, "Options.Issuer") || strings.Contains(f.Mend, "if you trust it") {
					t.Errorf("%s: %s", f.Reason, f.Mend)
				}
				said = said || strings.Contains(f.Mend, fmt.Sprintf("send a token of %q", s.url))
			}
			if !said {
				t.Errorf("no finding names the issuer: %+v", got.Findings)
			}
		})
	}
}

// The options of tokens hold for the development issuer's middleware too, and its tokens fit.
func TestServeOptions(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		flags  []string
		claims string
		want   string
	}{
		{"type", []string{"-type", "at+jwt"}, `{}`, explain.Good},
		{"one type of a list", []string{"-types", "at+jwt"}, `{}`, explain.Good},
		{"two types", []string{"-types", "JOSE", "-types", "at+jwt"}, `{}`, explain.Good},
		{"no type", []string{"-types", ""}, `{}`, explain.Good},
		{"any audience", []string{"-allow-any-audience"}, `{"aud": "x"}`, explain.Good},
		{"one of two audiences", []string{"-audience", "a", "-audience", "b"}, `{"aud": "b"}`, explain.Good},
		{"other issuer", []string{"-issuer", "https://issuer.example.com/"}, `{}`, explain.Good},
		{"too old", []string{"-max-age", "1m"}, `{"iat": 1}`, explain.Refused},
		{"leeway", []string{"-leeway", "5m"}, `{"expires_in": -60}`, explain.Good},
		{"no leeway", nil, `{"expires_in": -60}`, explain.Refused},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := startServe(t, tc.flags...)
			if got := s.explain(t, s.token(t, jsonType, tc.claims)); got.Verdict != tc.want {
				t.Errorf("%+v", got)
			}
		})
	}
}

// The page asks a middleware with a key of each kind.
func TestServeAlgorithms(t *testing.T) {
	t.Parallel()
	long := writeFile(t, []byte(strings.Repeat("a secret of 64 b", 4)))
	token := func(args ...string) string {
		token, _, _ := mintToken(t, "", flags(ours, []string{"-sub", "alice"}, args)...)
		return token
	}
	ps512 := token("-key", data("rsa-private.pem"), "-alg", "PS512")
	for _, tc := range []struct {
		name  string
		flags []string
		token string
		want  string
	}{
		{"HS512", []string{"-secret-file", long, "-alg", "HS512"}, token("-secret-file", long, "-alg", "HS512"), explain.Good},
		{"PS512", []string{"-key", data("rsa.pem"), "-alg", "PS512"}, ps512, explain.Good},
		{"PS512 with a key for PS384", []string{"-key", data("rsa.pem"), "-alg", "PS384"}, ps512, explain.Refused},
		{"ES384", []string{"-key", data("ec-384.pem"), "-alg", "ES384"}, read(t, "es384.jwt"), explain.Good},
		{"ES512 of a line of ssh-keygen", []string{"-key", data("ssh-ecdsa-521.pub")}, read(t, "ssh-ecdsa-521.jwt"), explain.Good},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := startServe(t, flags(ours, tc.flags)...)
			if got := s.explain(t, tc.token); got.Verdict != tc.want {
				t.Errorf("%+v", got)
			}
		})
	}
}

// What cannot be served is refused with what to pass instead.
func TestServeFlags(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() }) // not before the parallel subtests
	for _, tc := range []struct {
		name string
		args []string
		want string
	}{
		{"port taken", []string{"-addr", taken.Addr().String()}, "pass another port, such as -addr 127.0.0.1:8911, or -addr 127.0.0.1:0 for a free one"},
		{"port that is none", []string{"-addr", "127.0.0.1:99999"}, "pass another port"},
		{"all addresses", []string{"-addr", ":8910"}, "is not loopback"},
		{"all addresses of IPv4", []string{"-addr", "0.0.0.0:0"}, "is not loopback, and this server gives tokens to everyone who reaches it: use 127.0.0.1, [::1] or localhost"},
		{"all addresses of IPv6", []string{"-addr", "[::]:0"}, "is not loopback"},
		{"network", []string{"-addr", "192.0.2.1:0"}, "is not loopback"},
		{"name", []string{"-addr", "host.example.com:0"}, "is not loopback"},
		{"no port", []string{"-addr", "127.0.0.1"}, "write it like 127.0.0.1:8910"},
		{"control characters", []string{"-addr", "\x1b[31m\u202e:1"}, `-addr "\x1b[31m\u202e:1"`},
		{"token as an argument", []string{"-addr", "127.0.0.1:0", "eyJhbGciOiJub25lIn0.e30."}, "paste a token into the page"},
		{"flag that is none", []string{"-addr", "127.0.0.1:0", "-adress"}, "argument 3 is not one of the flags"},
		{"options that contradict each other", []string{"-addr", "127.0.0.1:0", "-allow-any-audience", "-audience", "a"}, "contradict"},
		{"leeway of an hour", []string{"-addr", "127.0.0.1:0", "-leeway", "1h"}, "Leeway"},
		{"secret of 20 bytes", []string{"-addr", "127.0.0.1:0", "-secret-file", data("secret-short.txt")}, "32 bytes or more, not 20"},
		{"secret of 44 bytes for HS512", []string{"-addr", "127.0.0.1:0", "-secret-file", data("secret-trimmed.txt"), "-alg", "HS512"}, "64 bytes or more, not 44"},
		{"alg of another curve", []string{"-addr", "127.0.0.1:0", "-key", data("ec-384.pem"), "-alg", "ES256"}, "use ES384"},
		{"secret in a key set", []string{"-addr", "127.0.0.1:0", "-key", data("jwk-oct.json")}, "symmetric key"},
		{"private key", []string{"-addr", "127.0.0.1:0", "-key", data("rsa-private.pem")}, "takes only its public half"},
		{"leeway of an hour, and a key", []string{"-addr", "127.0.0.1:0", "-key", data("rsa.pem"), "-leeway", "1h"}, "Leeway"},
		{"two sources of keys", []string{"-addr", "127.0.0.1:0", "-discover", "https://a.example.com", "-jwks", "https://a.example.com"}, "-jwks and -discover"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second) // it ends without being told
			defer cancel()
			var out, log bytes.Buffer
			status := run(ctx, append([]string{"serve"}, tc.args...), strings.NewReader(""), &out, &log)
			if status != exitUnknown || !strings.Contains(log.String(), tc.want) || out.Len() > 0 {
				t.Errorf("status %d\n%s%s", status, &log, &out)
			}
			if strings.Contains(log.String(), "eyJ") {
				t.Errorf("it repeats the token: %s", &log)
			}
		})
	}
}

func TestServeHelp(t *testing.T) {
	t.Parallel()
	var out, log bytes.Buffer
	if status := run(t.Context(), []string{"serve", "-h"}, strings.NewReader(""), &out, &log); status != exitGood {
		t.Errorf("status %d", status)
	}
	for _, want := range []string{"development issuer", "POST /token", "POST /rotate", "-addr", "-audience", "-discover"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the help does not say %s", want)
		}
	}
}

// The first lines are enough to try a middleware.
func TestServeIntroduction(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		c    config
		want string
	}{
		"own URL": {config{issuer: "http://127.0.0.1:8910"}, `A token's way    http://127.0.0.1:8910/
The issuer       "http://127.0.0.1:8910"
Get a token      TOKEN=$(curl -s -d sub=alice http://127.0.0.1:8910/token | cut -d'"' -f4)
Use a new key    curl -X POST http://127.0.0.1:8910/rotate
Accept tokens    keys, err := jwks.Discover("http://127.0.0.1:8910", jwks.Options{Audience: []string{"api"}})
                 auth, err := jwthttp.New[Claims](keys, jwthttp.Options{})
`},
		"type": {config{typ: "JOSE"}, `A token's way    http://127.0.0.1:8910/
The issuer       "http://127.0.0.1:8910"
Get a token      TOKEN=$(curl -s -d sub=alice http://127.0.0.1:8910/token | cut -d'"' -f4)
Use a new key    curl -X POST http://127.0.0.1:8910/rotate
Accept tokens    keys, err := jwks.Discover("http://127.0.0.1:8910", jwks.Options{Audience: []string{"api"}})
                 auth, err := jwthttp.New[Claims](keys, jwthttp.Options{Type: "JOSE"})
`},
		"types and other": {config{issuer: "https://issuer.example.com/", types: []string{"at+jwt", "JOSE"}}, `A token's way    http://127.0.0.1:8910/
The issuer       "https://issuer.example.com/"
Get a token      TOKEN=$(curl -s -d sub=alice http://127.0.0.1:8910/token | cut -d'"' -f4)
Use a new key    curl -X POST http://127.0.0.1:8910/rotate
Accept tokens    keys, err := jwks.New("http://127.0.0.1:8910/.well-known/jwks.json", jwks.Options{Issuer: "https://issuer.example.com/", Audience: []string{"api"}})
                 auth, err := jwthttp.New[Claims](keys, jwthttp.Options{Types: []string{"at+jwt", "JOSE"}})
`},
		"other": {config{issuer: "https://issuer.example.com/"}, `A token's way    http://127.0.0.1:8910/
The issuer       "https://issuer.example.com/"
Get a token      TOKEN=$(curl -s -d sub=alice http://127.0.0.1:8910/token | cut -d'"' -f4)
Use a new key    curl -X POST http://127.0.0.1:8910/rotate
Accept tokens    keys, err := jwks.New("http://127.0.0.1:8910/.well-known/jwks.json", jwks.Options{Issuer: "https://issuer.example.com/", Audience: []string{"api"}})
                 auth, err := jwthttp.New[Claims](keys, jwthttp.Options{})
`},
	} {
		t.Run(name, func(t *testing.T) {
			setup, err := tc.c.setup()
			if err != nil {
				t.Fatal(err)
			}
			s, err := tc.c.newSite(setup, "127.0.0.1:8910")
			if err != nil {
				t.Fatal(err)
			}
			if got := s.introduction(); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
		})
	}
}

// A client leaves the default port out of Host.
func TestServePort80(t *testing.T) {
	t.Parallel()
	var c config
	setup, err := c.setup()
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.newSite(setup, "127.0.0.1:80")
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]int{"localhost": 200, "127.0.0.1": 200, "[::1]:80": 200, "localhost:8910": 421, "attacker.example": 421} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		if s.handler().ServeHTTP(w, r); w.Code != want {
			t.Errorf("%s: %d, want %d", host, w.Code, want)
		}
	}
}

// When the program is told to end, it does, also while a client keeps its connection.
func TestServeEnds(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	var log bytes.Buffer
	status := make(chan int, 1)
	go func() {
		status <- run(ctx, []string{"serve", "-addr", "localhost:0"}, strings.NewReader(""), in, &log)
		in.Close()
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err, &log)
	}
	go io.Copy(io.Discard, out)
	address := strings.TrimSuffix(line[strings.Index(line, "127.0.0.1"):], "/\n")
	idle, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	if status, _ := (running{"http://" + address}).get(t, "/"); status != 200 {
		t.Errorf("GET /: %d", status)
	}
	stop()
	select {
	case got := <-status:
		if got != exitGood || log.Len() > 0 {
			t.Errorf("status %d: %s", got, &log)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("it does not end")
	}
	if again, err := net.Dial("tcp", address); err == nil {
		again.Close()
		t.Error("it still listens")
	}
}
