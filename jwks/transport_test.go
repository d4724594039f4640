package jwks_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwthttp/jwthttp/jwks"
)

// A web is all servers of a test, as an http.RoundTripper. It records the requests.
type web struct {
	mu    sync.Mutex
	pages map[string]http.HandlerFunc // by address without its query; other addresses are 404
	asked []string
}

func newWeb() *web { return &web{pages: map[string]http.HandlerFunc{}} }

func (w *web) put(url string, page http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pages[url] = page
}

// take returns what was requested since the last call.
func (w *web) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	asked := w.asked
	w.asked = nil
	return asked
}

func (w *web) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	w.asked = append(w.asked, r.URL.String())
	where, _, _ := strings.Cut(r.URL.String(), "?")
	page := w.pages[where]
	w.mu.Unlock()
	rec := httptest.NewRecorder()
	if page == nil {
		page = http.NotFound
	}
	page(rec, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	res := rec.Result()
	res.Request = r
	return res, nil
}

// text serves a body with header lines, "Name: value" each.
func text(body string, lines ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for _, line := range lines {
			name, value, _ := strings.Cut(line, ": ")
			w.Header().Add(name, value)
		}
		io.WriteString(w, body)
	}
}

func status(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(code)
		if code != http.StatusNoContent && code != http.StatusNotModified {
			io.WriteString(w, body)
		}
	}
}

func redirect(location string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", location)
		w.WriteHeader(http.StatusFound)
	}
}

// after serves the page after a delay.
func after(delay time.Duration, page http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(delay):
			page(w, r)
		case <-r.Context().Done():
		}
	}
}

// roundTrip is a function as an http.RoundTripper.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// open returns a source of the usual issuer. It is closed when the test ends.
func open(t testing.TB, url string, opts jwks.Options) *jwks.Source {
	t.Helper()
	opts.Issuer, opts.Audience = issuer, []string{audience}
	source, err := jwks.New(url, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { source.Close() })
	return source
}

// through returns options with this transport.
func through(transport http.RoundTripper) jwks.Options {
	return jwks.Options{Client: &http.Client{Transport: transport}}
}

// wantRefresh asserts that a fetch brings keys, or fails with this sentence if it is not
// empty.
func wantRefresh(t testing.TB, source *jwks.Source, sentence string) {
	t.Helper()
	err := source.Refresh(t.Context())
	if sentence != "" {
		wantError(t, err, nil, sentence)
	} else if err != nil {
		t.Errorf("Refresh: %v", err)
	}
}

// serveTLS returns a real server that logs nothing.
func serveTLS(t testing.TB, page http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(page)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// An error lists everything that is wrong with a configuration, and how to mend it.
func TestConstructorErrors(t *testing.T) {
	const (
		likeThis  = "write it like https://issuer.example.com"
		plainHTTP = "is plain http, which others can change on the way (loopback, such as http://127.0.0.1, needs neither)"
		noHTTPS   = "is not an https URL: " + likeThis
		user      = "it has a user or password, which end up in logs: " + likeThis
		fragment  = "has a fragment (#): leave it out"
		space     = "it begins or ends with white space: remove that"
	)
	good := jwks.Options{Audience: []string{audience}}
	for _, tc := range []struct {
		name string
		url  string // the address of the key set, and the issuer for Discover
		opts jwks.Options
		want []string
	}{
		{"empty", "", good, []string{"does not begin with https://: " + likeThis}},
		{"no URL", "https://issuer.example.com/%zz", good, []string{"it is not a URL: " + likeThis}},
		{"a space in the host", "https://issuer example.com", good, []string{"it is not a URL: " + likeThis}},
		{"a line break", "https://issuer.example.com/\n", good, []string{space}},
		{"a space at the end", "https://issuer.example.com ", good, []string{space}},
		{"a space at the beginning", " https://issuer.example.com", good, []string{space}},
		{"a tab at the end", "https://issuer.example.com/\t", good, []string{space}},
		{"a space that does not break", "https://issuer.example.com\u00a0", good, []string{space}},
		{"a byte order mark", "\ufeffhttps://issuer.example.com", good, []string{space}},
		{"a space of no width", "https://issuer.example.com\u200b", good, []string{space}},
		{"a password and a space", "https://alice:s3cret@issuer.example.com/keys ", good, []string{space, user}},
		{"a fragment and a space", "https://issuer.example.com/keys#s3cret ", good, []string{space, fragment}},
		{"a template, a space and plain http", " http://issuer.example.com/{tenantid}/keys", good, []string{space, "it is a template", plainHTTP}},
		{"a template", "https://issuer.example.com/{tenantid}/v2.0", good, []string{"put the id of your tenant in place of the braces"}},
		{"a template for a host", "https://{tenant}.example.com", good, []string{"put the id of your tenant in place of the braces"}},
		{"a path", "/keys", good, []string{"does not begin with https://: " + likeThis}},
		{"a name", "issuer.example.com/keys", good, []string{"does not begin with https://: " + likeThis}},
		{"no host", "https:///keys", good, []string{"names no host: " + likeThis}},
		{"a port alone", "https://:443/keys", good, []string{"names no host: " + likeThis}},
		{"no slashes", "https:issuer.example.com", good, []string{"does not begin with https://: " + likeThis}},
		{"no scheme", "//issuer.example.com/keys", good, []string{"does not begin with https://: " + likeThis}},
		{"ftp", "ftp://issuer.example.com/keys", good, []string{noHTTPS}},
		{"file", "file://localhost/etc/keys", good, []string{noHTTPS}},
		{"ftp with a query", "ftp://issuer.example.com/keys?s3cret", good, []string{noHTTPS}},
		{"plain http", "http://issuer.example.com/keys?s3cret", good, []string{plainHTTP}},
		{"plain http, a private network", "http://10.0.0.1/keys", good, []string{plainHTTP}},
		{"plain http, every address of this machine", "http://0.0.0.0/keys", good, []string{plainHTTP}},
		{"plain http, localhost of another", "http://localhost.example.com/keys", good, []string{plainHTTP}},
		{"plain http, 127.0.0.1 of another", "http://127.0.0.1.example.com/keys", good, []string{plainHTTP}},
		{"plain http, link-local", "http://[fe80::1]/keys", good, []string{plainHTTP}},
		{"a user", "https://alice@issuer.example.com/keys", good, []string{user}},
		{"a password", "https://alice:s3cret@issuer.example.com/keys", good, []string{user}},
		{"loopback as a user", "http://127.0.0.1@issuer.example.com/keys", good, []string{user}},
		{"a user without slashes", "https:alice:s3cret@issuer.example.com", good, []string{user}},
		{"a fragment", "https://issuer.example.com/keys#s3cret", good, []string{fragment}},
		{"a fragment on loopback", "http://127.0.0.1/keys#1", good, []string{fragment}},

		{"no audience", issuer, jwks.Options{}, []string{"set it to the name of this service in aud, or set AllowAnyAudience"}},
		{"an empty list of audiences", issuer, jwks.Options{Audience: []string{}}, []string{"set it to the name of this service in aud, or set AllowAnyAudience"}},
		{"an empty audience", issuer, jwks.Options{Audience: []string{"orders", ""}}, []string{"name the service, or leave it out"}},
		{"an audience with a space at its end", issuer, jwks.Options{Audience: []string{"bills", "orders "}}, []string{`Options.Audience has "orders ": it begins or ends with white space`}},
		{"an audience with a line break before it", issuer, jwks.Options{Audience: []string{"\norders"}}, []string{`Options.Audience has "\norders": it begins or ends with white space`}},
		{"an audience of a space", issuer, jwks.Options{Audience: []string{" "}}, []string{`Options.Audience has " ": it begins or ends with white space`}},
		{"an audience and any audience", issuer, jwks.Options{Audience: []string{"orders"}, AllowAnyAudience: true}, []string{"contradict each other: keep one"}},
		{"an audience that is not UTF-8", issuer, jwks.Options{Audience: []string{"\xff"}}, []string{"is not UTF-8", "check where it comes from"}},
		{"MaxStale too long", issuer, jwks.Options{Audience: good.Audience, MaxStale: 24*time.Hour + 1}, []string{"use at most 24h0m0s, 0 for 1h0m0s, or -1 for none"}},
		{"MaxStale without a unit", issuer, jwks.Options{Audience: good.Audience, MaxStale: 3600}, []string{"write 3600*time.Second"}},
		{"all at once", "http://issuer.example.com", jwks.Options{Audience: []string{""}, AllowAnyAudience: true, MaxStale: 48 * time.Hour},
			[]string{plainHTTP, "leave it out", "keep one", "use at most 24h0m0s"}},
	} {
		for name, make := range map[string]func() (*jwks.Source, error){
			"New": func() (*jwks.Source, error) {
				opts := tc.opts
				opts.Issuer = issuer
				return jwks.New(tc.url, opts)
			},
			"Discover": func() (*jwks.Source, error) { return jwks.Discover(tc.url, tc.opts) },
		} {
			t.Run(name+" "+tc.name, func(t *testing.T) { wantMistakes(t, make, tc.want...) })
		}
	}

	t.Run("New without issuer, and more", func(t *testing.T) {
		wantMistakes(t, func() (*jwks.Source, error) { return jwks.New("keys", jwks.Options{}) },
			"set it to the iss of the tokens", likeThis, "set AllowAnyAudience")
	})
	t.Run("New, the issuer has a template and a space", func(t *testing.T) {
		opts := good
		opts.Issuer = "{realm} "
		wantMistakes(t, func() (*jwks.Source, error) { return jwks.New(keysURL, opts) }, space, "it is a template")
	})
	for name, tc := range map[string]struct{ issuer, want string }{
		"a space at the end": {issuer + " ", "the issuer: it begins or ends with white space"},
		"a space before":     {" issuer", "it begins or ends with white space"},
		"a line break":       {"issuer\r\n", "it begins or ends with white space"},
		"a template":         {"https://login.microsoftonline.com/{tenantid}/v2.0", "put the id of your tenant in place of the braces"},
		"a template, no URL": {"{realm}", "put the id of your tenant in place of the braces"},
	} {
		t.Run("New, the issuer has "+name, func(t *testing.T) {
			opts := good
			opts.Issuer = tc.issuer
			wantMistakes(t, func() (*jwks.Source, error) { return jwks.New(keysURL, opts) }, tc.want)
		})
	}
	for _, tc := range []struct {
		name   string
		issuer string
		own    string // Options.Issuer
		want   string
	}{
		{"a query", issuer + "?tenant=s3cret", "", "which no issuer has: leave it out"},
		{"an empty query", issuer + "?", "", "which no issuer has: leave it out"},
		{"the address of metadata", issuer + "/.well-known/openid-configuration", "", "leave out /.well-known and what follows it"},
		{"the address of metadata, RFC 8414", issuer + "/.well-known/oauth-authorization-server/tenant", "", "leave out /.well-known and what follows it"},
		{"another Options.Issuer", issuer, issuer + "/", "leave Options.Issuer empty"},
		{"a long one", issuer + "/" + strings.Repeat("a", 256), "", "more than 256 bytes: check where it comes from"},
		{"no UTF-8", issuer + "/\xff", "", "check where it comes from"},
	} {
		t.Run("Discover "+tc.name, func(t *testing.T) {
			opts := good
			opts.Issuer = tc.own
			wantMistakes(t, func() (*jwks.Source, error) { return jwks.Discover(tc.issuer, opts) }, tc.want)
		})
	}
}

func wantMistakes(t testing.TB, make func() (*jwks.Source, error), want ...string) {
	t.Helper()
	source, err := make()
	if source != nil {
		source.Close()
		t.Fatal("the configuration is accepted")
	}
	for _, sentence := range want {
		wantError(t, err, nil, sentence)
	}
	for line := range strings.Lines(fmt.Sprint(err)) {
		if !strings.HasPrefix(line, "jwks: ") || strings.Contains(line, "s3cret") {
			t.Errorf("error %q", line)
		}
	}
	if got := strings.Count(fmt.Sprint(err), "\n") + 1; got > len(want) {
		t.Errorf("%d of %d mistakes are reported: %v", got, len(want), err)
	}
}

func TestWhatIsAllowed(t *testing.T) {
	for _, url := range []string{
		keysURL, "HTTPS://Issuer.example.com", "https://issuer.example.com:8443/a?b=c", "https://10.0.0.1/keys", "https://[2001:db8::1]/keys",
		"http://127.0.0.1/keys", "http://127.8.9.10:8080/keys", "http://[::1]:8080/keys", "http://localhost:8080/keys", "http://[::ffff:127.0.0.1]/keys",
	} {
		t.Run(url, func(t *testing.T) { open(t, url, jwks.Options{}) })
	}
	for _, stale := range []time.Duration{-1, time.Millisecond, 24 * time.Hour} {
		t.Run("MaxStale "+stale.String(), func(t *testing.T) { open(t, keysURL, jwks.Options{MaxStale: stale}) })
	}
	t.Run("the issuer twice", func(t *testing.T) { discover(t, issuer, jwks.Options{Issuer: issuer}) })
	t.Run("any audience", func(t *testing.T) {
		source, err := jwks.Discover(issuer, jwks.Options{AllowAnyAudience: true})
		if err != nil {
			t.Fatal(err)
		}
		source.Close()
	})
}

// A redirect is followed only to the same host and scheme. No other address is ever asked.
func TestRedirects(t *testing.T) {
	good := text(keySet(edJWK("a", "a")))
	const refused = "it redirects to another host or scheme, which is not followed: if you trust that one, use its address"
	for _, tc := range []struct {
		name      string
		locations []string // one after another
		asked     int
		want      string
	}{
		{"a path", []string{"/new"}, 2, ""},
		{"a relative path", []string{"new"}, 2, ""},
		{"the same host", []string{issuer + "/new"}, 2, ""},
		{"the same host in upper case", []string{"https://ISSUER.example.com/new"}, 2, ""},
		{"the same host with its port", []string{"https://issuer.example.com:443/new"}, 2, ""},
		{"the same host with its port, and back", []string{"https://issuer.example.com:443/1", "/2", "https://issuer.example.com:/3"}, 4, ""},
		{"three times", []string{"/1", "/2", "/3"}, 4, ""},
		{"four times", []string{"/1", "/2", "/3", "/4"}, 4, "it redirects more than 3 times"},
		{"in circles", []string{"/keys"}, 4, "it redirects more than 3 times"},
		{"another host", []string{"https://evil.example.com/new"}, 1, refused},
		{"another host without scheme", []string{"//evil.example.com/new"}, 1, refused},
		{"a host below", []string{"https://a.issuer.example.com/new"}, 1, refused},
		{"another port", []string{"https://issuer.example.com:8443/new"}, 1, refused},
		{"the port of http", []string{"https://issuer.example.com:80/new"}, 1, refused},
		{"the port with a zero", []string{"https://issuer.example.com:0443/new"}, 1, refused},
		{"another host with the port", []string{"https://evil.example.com:443/new"}, 1, refused},
		{"down to http", []string{"http://issuer.example.com/new"}, 1, refused},
		{"down to http with the port of https", []string{"http://issuer.example.com:443/new"}, 1, refused},
		{"down to loopback", []string{"http://127.0.0.1/new"}, 1, refused},
		{"a file", []string{"file:///etc/new"}, 1, refused},
		{"a user", []string{"https://alice@issuer.example.com/new"}, 1, refused},
		{"a user and a password", []string{"https://alice:pw@issuer.example.com/new"}, 1, refused},
		{"another host at the second step", []string{"/new", "https://evil.example.com/new"}, 2, refused},
		{"another host and back", []string{"https://evil.example.com/new", keysURL}, 1, refused},
	} {
		t.Run(tc.name, func(t *testing.T) {
			step := 0
			var asked []string
			source := open(t, keysURL, through(roundTrip(func(r *http.Request) (*http.Response, error) {
				asked = append(asked, r.URL.String())
				page := good
				if step < len(tc.locations) {
					page = redirect(tc.locations[step])
					if tc.name != "in circles" {
						step++
					}
				}
				rec := httptest.NewRecorder()
				page(rec, r)
				return rec.Result(), nil
			})))
			wantRefresh(t, source, tc.want)
			if len(asked) != tc.asked {
				t.Errorf("asked %q, want %d", asked, tc.asked)
			}
			if err := source.Stats().LastError; err != nil && (strings.Contains(err.Error(), "evil") || strings.Contains(err.Error(), "alice")) {
				t.Errorf("the error shows the address of the redirect: %v", err)
			}
		})
	}
}

// Real servers do the same. The client trusts both and could reach both.
func TestRedirectsOverNetwork(t *testing.T) {
	var led atomic.Int32 // requests at the address of the redirect
	target := func(w http.ResponseWriter, r *http.Request) {
		led.Add(1)
		text(keySet(edJWK("a", "a")))(w, r)
	}
	other, otherPlain := serveTLS(t, target), httptest.NewServer(http.HandlerFunc(target))
	defer otherPlain.Close()
	location := ""
	page := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/keys" {
			redirect(location)(w, r)
		} else {
			target(w, r)
		}
	}
	secure, plain := serveTLS(t, page), httptest.NewServer(http.HandlerFunc(page))
	defer plain.Close()
	for _, tc := range []struct {
		name     string
		from     *httptest.Server
		location string
		led      int32
	}{
		{"the same server", secure, secure.URL + "/new", 1},
		{"another port", secure, other.URL + "/new", 0},
		{"down to http", secure, otherPlain.URL + "/new", 0},
		{"the same plain server", plain, plain.URL + "/new", 1},
		{"another port, plain", plain, otherPlain.URL + "/new", 0},
		{"another name of the host", plain, strings.Replace(plain.URL, "127.0.0.1", "localhost", 1) + "/new", 0},
		{"up to https", plain, other.URL + "/new", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			led.Store(0)
			location = tc.location
			source := open(t, tc.from.URL+"/keys", jwks.Options{Client: secure.Client()})
			if err := source.Refresh(t.Context()); (err == nil) != (tc.led == 1) || led.Load() != tc.led {
				t.Errorf("the address of the redirect was asked %d times: %v", led.Load(), err)
			}
		})
	}
}

// These are answers over the network and their results. Each error begins with the address.
func TestAnswers(t *testing.T) {
	good := keySet(edJWK("a", "a"))
	padded := func(size int) string { return good + strings.Repeat(" ", size-len(good)) }
	const html = "<!doctype html><title>Sign in</title>"
	const many = 64 << 20
	for _, tc := range []struct {
		name string
		page http.HandlerFunc
		want string
	}{
		{"keys", text(good), ""},
		{"keys as text/html", text(good, "Content-Type: text/html"), ""},
		{"keys in gzip", zipped(good), ""},
		{"500", status(500, good), "it answered with status 500"},
		{"404", status(404, good), "it answered with status 404"},
		{"401", status(401, good), "it answered with status 401"},
		{"201", status(201, good), "it answered with status 201"},
		{"206", status(206, good), "it answered with status 206"},
		{"204", status(204, ""), "it answered with status 204"},
		{"304 without a condition", status(304, ""), "it answered with status 304"},
		{"a redirect to nowhere", status(302, ""), "it answered with status 302"},
		{"nothing", text(""), "it is empty, not a key set"},
		{"HTML", text(html), "it is HTML or XML, not a key set"},
		{"HTML as JSON", text(html, "Content-Type: application/json"), "it is HTML or XML, not a key set"},
		{"no keys", text(keySet()), "no key that can be used"},
		{"truncated JSON", text(good[:len(good)-1]), "it is not a JSON key set"},
		{"fewer bytes than it says", text(good, "Content-Length: 1000"), "unexpected EOF"},
		{"broken off", func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, good)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, "unexpected EOF"},
		{"gzip that is none", text(good, "Content-Encoding: gzip"), "gzip"},
		{"512 KiB", text(padded(512 << 10)), ""},
		{"512 KiB and a byte", text(padded(512<<10 + 1)), "it answered with more than 512 KiB, which is too large for a key set or metadata: check the address"},
		{"64 MiB", func(w http.ResponseWriter, r *http.Request) {
			chunk := []byte(padded(64 << 10))
			for sent := 0; ; sent += len(chunk) {
				if sent >= many {
					t.Error("the body was read to its end")
					return
				}
				if _, err := w.Write(chunk); err != nil {
					return
				}
				chunk = bytes.Repeat([]byte(" "), 64<<10)
			}
		}, "it answered with more than 512 KiB, which is too large for a key set or metadata: check the address"},
		{"64 MiB in gzip", zipped(padded(many)), "it answered with more than 512 KiB, which is too large for a key set or metadata: check the address"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := serveTLS(t, tc.page)
			source := open(t, server.URL+"/keys", jwks.Options{Client: server.Client()})
			var before, now runtime.MemStats
			runtime.ReadMemStats(&before)
			err := source.Refresh(t.Context())
			runtime.ReadMemStats(&now)
			if took := now.TotalAlloc - before.TotalAlloc; took > 16<<20 {
				t.Errorf("%d MiB were allocated", took>>20)
			}
			if tc.want == "" {
				if err != nil || source.Stats().Keys != 1 {
					t.Errorf("Refresh: %v, keys %d", err, source.Stats().Keys)
				}
				return
			}
			wantError(t, err, nil, tc.want)
			if !strings.HasPrefix(fmt.Sprint(err), "jwks: "+server.URL+"/keys: ") || source.Stats().Keys != 0 {
				t.Errorf("Refresh: %v, keys %d", err, source.Stats().Keys)
			}
		})
	}
}

// zipped serves a page in gzip to clients that accept it, as Go's transport does.
func zipped(body string) http.HandlerFunc {
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	io.WriteString(z, body)
	z.Close()
	return text(buf.String(), "Content-Encoding: gzip")
}

// A fetch ends after 5 seconds, wherever it hangs.
func TestFetchTakesFiveSeconds(t *testing.T) {
	hang := func(r *http.Request) error {
		<-r.Context().Done()
		return r.Context().Err()
	}
	respond := func(r *http.Request, body io.Reader) *http.Response {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(body), Request: r}
	}
	good := keySet(edJWK("a", "a"))
	for _, tc := range []struct {
		name    string
		timeout time.Duration // the Timeout of the client
		answer  func(r *http.Request) (*http.Response, error)
		takes   time.Duration
		fails   bool
	}{
		{"no answer", 0, func(r *http.Request) (*http.Response, error) { return nil, hang(r) }, 5 * time.Second, true},
		{"a header and nothing more", 0, func(r *http.Request) (*http.Response, error) {
			return respond(r, readerFunc(func([]byte) (int, error) { return 0, hang(r) })), nil
		}, 5 * time.Second, true},
		{"a byte in a second", 0, func(r *http.Request) (*http.Response, error) {
			return respond(r, &drip{r.Context(), good, time.Second}), nil
		}, 5 * time.Second, true},
		{"a redirect in every two seconds", 0, func(r *http.Request) (*http.Response, error) {
			select {
			case <-time.After(2 * time.Second):
				rec := httptest.NewRecorder()
				redirect("/again")(rec, r)
				return rec.Result(), nil
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		}, 5 * time.Second, true},
		{"slow, but in time", 0, func(r *http.Request) (*http.Response, error) {
			return respond(r, &drip{r.Context(), good, 4 * time.Second / time.Duration(len(good))}), nil
		}, 4 * time.Second, false},
		{"a client with a shorter Timeout", 2 * time.Second, func(r *http.Request) (*http.Response, error) { return nil, hang(r) }, 2 * time.Second, true},
		{"a client with a longer Timeout", time.Minute, func(r *http.Request) (*http.Response, error) { return nil, hang(r) }, 5 * time.Second, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				source := open(t, keysURL, jwks.Options{Client: &http.Client{Transport: roundTrip(tc.answer), Timeout: tc.timeout}})
				start := time.Now()
				err := source.Refresh(t.Context())
				if took := time.Since(start); took.Round(10*time.Millisecond) != tc.takes {
					t.Errorf("Refresh took %v, want %v", took, tc.takes)
				}
				if (err != nil) != tc.fails || tc.fails && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Refresh: %v", err)
				}
			})
		})
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// A drip is a body that delivers one byte at a time.
type drip struct {
	ctx   context.Context
	left  string
	pause time.Duration
}

func (d *drip) Read(p []byte) (int, error) {
	if d.left == "" {
		return 0, io.EOF
	}
	select {
	case <-time.After(d.pause):
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	}
	n := copy(p[:1], d.left)
	d.left = d.left[n:]
	return n, nil
}

func TestUntrustedCertificate(t *testing.T) {
	asked := false
	server := serveTLS(t, func(w http.ResponseWriter, r *http.Request) {
		asked = true
		text(keySet(edJWK("a", "a")))(w, r)
	})
	source := open(t, server.URL, jwks.Options{})
	var unknown x509.UnknownAuthorityError
	if err := source.Refresh(t.Context()); !errors.As(err, &unknown) || asked {
		t.Errorf("Refresh: %v, asked: %v", err, asked)
	}
}

// Without a client of the user's own, keys may come over plain http from this machine.
func TestOwnClient(t *testing.T) {
	var accept, agent string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		accept, agent = r.Header.Get("Accept"), r.Header.Get("Authorization")+r.Header.Get("Cookie")
		text(keySet(edJWK("a", "a")))(w, r)
	}))
	defer server.Close()
	for _, host := range []string{"127.0.0.1", "localhost"} {
		source := open(t, strings.Replace(server.URL, "127.0.0.1", host, 1)+"/keys", jwks.Options{})
		wantRefresh(t, source, "")
		wantToken(t, source, token("a"), nil)
		if accept != "application/jwk-set+json, application/json" || agent != "" {
			t.Errorf("Accept: %q, Authorization or Cookie: %q", accept, agent)
		}
	}
}

// A connection may die without a word, as when a firewall forgets it. The own client finds that
// out within 3 seconds, and does not use it again.
func TestDeadConnection(t *testing.T) {
	// setUp returns a server of keys whose connections go through a proxy, and the function that
	// makes the proxy carry nothing more in those that exist.
	setUp := func(t *testing.T) (server *httptest.Server, address string, freeze func()) {
		server = httptest.NewUnstartedServer(text(keySet(edJWK("a", "a"))))
		server.EnableHTTP2 = true
		server.StartTLS()
		t.Cleanup(server.Close)
		proxy := must(net.Listen("tcp", "127.0.0.1:0"))
		var frozen atomic.Pointer[atomic.Bool]
		frozen.Store(new(atomic.Bool))
		var running sync.WaitGroup
		carry := func(to, from net.Conn, dead *atomic.Bool) {
			defer to.Close()
			buf := make([]byte, 4096)
			for {
				n, err := from.Read(buf)
				if err != nil {
					return
				}
				if !dead.Load() {
					to.Write(buf[:n])
				}
			}
		}
		running.Go(func() {
			for {
				client, err := proxy.Accept()
				if err != nil {
					return
				}
				upstream, dead := must(net.Dial("tcp", server.Listener.Addr().String())), frozen.Load()
				running.Go(func() { carry(upstream, client, dead) })
				running.Go(func() { carry(client, upstream, dead) })
			}
		})
		t.Cleanup(func() {
			proxy.Close()
			server.CloseClientConnections()
			running.Wait()
		})
		return server, "https://" + proxy.Addr().String(), func() { frozen.Swap(new(atomic.Bool)).Store(true) }
	}
	wantLost := func(t *testing.T, began time.Time, err error) {
		t.Helper()
		wantError(t, err, nil, "connection lost")
		if took := time.Since(began); took > 4500*time.Millisecond {
			t.Errorf("it is noticed after %v", took)
		}
	}
	t.Run("a source", func(t *testing.T) {
		t.Parallel()
		server, address, freeze := setUp(t)
		source := open(t, address+"/keys", jwks.Options{})
		jwks.Trust(source, server.Certificate())
		wantRefresh(t, source, "")
		freeze()
		began := time.Now()
		wantLost(t, began, source.Refresh(t.Context()))
		wantRefresh(t, source, "")
	})
	t.Run("tenants of one host", func(t *testing.T) {
		t.Parallel()
		server, address, freeze := setUp(t)
		tenants := must(jwks.NewTenants(func(_ context.Context, issuer string) (jwks.Options, error) {
			return jwks.Options{KeySetURL: address + "/" + issuer, Audience: []string{audience}}, nil
		}, jwks.TenantOptions{}))
		defer tenants.Close()
		jwks.Trust(tenants, server.Certificate())
		auth := must(newAuth(tenants))
		verify := func(issuer string) error {
			claims := providerClaims()
			claims["iss"] = issuer
			_, err := auth.Verify(t.Context(), signAs("EdDSA", "a", edKey("a"), claims))
			return err
		}
		if err := verify("one"); err != nil {
			t.Fatal(err)
		}
		freeze()
		for _, issuer := range []string{"two", "three", "four"} { // each token waits for 2 seconds, which may be too short
			err := errors.New("not asked")
			for began := time.Now(); err != nil && time.Since(began) < 8*time.Second; time.Sleep(100 * time.Millisecond) {
				err = verify(issuer)
			}
			if err != nil {
				t.Errorf("%s: %v", issuer, err)
			}
		}
	})
}

// The user's client is used, except its CheckRedirect, and is not changed.
func TestUsersClient(t *testing.T) {
	w := newWeb()
	w.put(keysURL, redirect("https://evil.example.com/keys"))
	w.put("https://evil.example.com/keys", text(keySet(edJWK("a", "a"))))
	called := 0
	client := &http.Client{Transport: w, CheckRedirect: func(*http.Request, []*http.Request) error {
		called++
		return nil
	}}
	source := open(t, keysURL, jwks.Options{Client: client})
	wantRefresh(t, source, "it redirects to another host")
	if asked := w.take(); len(asked) != 1 || called != 0 {
		t.Errorf("asked %q, CheckRedirect called %d times", asked, called)
	}
	if res, err := client.Get(keysURL); err != nil || res.StatusCode != 200 || called != 1 {
		t.Errorf("the client was changed: %v, CheckRedirect called %d times", err, called)
	}

	// Later changes to the client have no effect on the source.
	client.Transport = nil
	w.put(keysURL, text(keySet(edJWK("a", "a"))))
	wantRefresh(t, source, "")
}

// A renewal is conditional on the validators of the last good answer, RFC 9110 section 13.
// Refresh, and the first fetch after a failure, set no condition and ask for no cached answer. So
// does a second fetch, if the renewal would change the keys.
func TestRevalidation(t *testing.T) {
	const date = "Mon, 02 Jan 2006 15:04:05 GMT"
	const whole = "||no-cache"
	a, b := keySet(edJWK("a", "a")), keySet(edJWK("b", "b"))
	bubble(t, func(t *testing.T) {
		w := newWeb()
		source := open(t, keysURL, through(w))
		for _, step := range []struct {
			name       string
			refresh    bool // by the operator, and not a renewal
			page       http.HandlerFunc
			conditions string // conditions of each request
			want       string // in the error
			key        string // the key in use then
		}{
			{"the first", true, text(a, `ETag: "1"`, "Last-Modified: "+date), whole, "", "a"},
			{"not modified", false, status(304, ""), `"1"|` + date + "|", "", "a"},
			{"not modified again", false, status(304, ""), `"1"|` + date + "|", "", "a"},
			{"Refresh", true, text(b, `ETag: "1"`, "Last-Modified: "+date), whole, "", "b"},
			{"304 to Refresh", true, status(304, ""), whole, "status 304", "b"},
			{"a renewal after a failure", false, text(b, `ETag: "1"`, "Last-Modified: "+date), whole, "", "b"},
			{"an outage", false, status(500, ""), `"1"|` + date + "|", "status 500", "b"},
			{"304 after an outage", false, status(304, ""), whole, "status 304", "b"},
			{"modified", false, text(a, `ETag: W/"2"`), whole, "", "a"},
			{"not modified since", false, status(304, ""), `W/"2"||`, "", "a"},
			{"HTML", false, text("<html>", `ETag: "3"`, "Last-Modified: "+date), `W/"2"||`, "not a key set", "a"},
			{"304 after HTML", false, status(304, ""), whole, "status 304", "a"},
			{"modified after HTML", false, text(a, "Last-Modified: "+date), whole, "", "a"},
			{"not modified by date alone", false, status(304, ""), "|" + date + "|", "", "a"},
			{"no keys", false, text(keySet(), `ETag: "4"`), "|" + date + "|", "no key that can be used", "a"},
			{"the same keys again", false, text(a), whole, "", "a"},
			{"no ETag before", false, text(a, `ETag: "5"`), "||", "", "a"},
			{"the key is withdrawn", false, text(b), `"5"||, then ` + whole, "", "b"},
		} {
			var conditions []string
			w.put(keysURL, func(w http.ResponseWriter, r *http.Request) {
				conditions = append(conditions, strings.Join([]string{r.Header.Get("If-None-Match"), r.Header.Get("If-Modified-Since"), r.Header.Get("Cache-Control")}, "|"))
				step.page(w, r)
			})
			if step.refresh {
				wantRefresh(t, source, step.want)
			} else {
				awaitRenewal(source)
				if err := source.Stats().LastError; (err != nil) != (step.want != "") || !strings.Contains(fmt.Sprint(err), step.want) {
					t.Errorf("%s: %v, want %q", step.name, err, step.want)
				}
			}
			if got := strings.Join(conditions, ", then "); got != step.conditions {
				t.Errorf("%s: asked with %q, want %q", step.name, got, step.conditions)
			}
			wantToken(t, source, token(step.key), nil)
		}
	})
}

// An error names the address without its query, in one line of bounded length. It contains
// nothing of the answer that could be secret.
func TestErrorText(t *testing.T) {
	const secret = "s3cret"
	private := with(edJWK("a", "a"), fmt.Sprintf(`"d":%q`, secret))
	for _, tc := range []struct {
		name string
		page http.HandlerFunc
		want string
	}{
		{"status", status(500, secret), "status 500"},
		{"redirect", redirect("https://" + secret + ".example.com/" + secret), "redirects"},
		{"redirect in a circle", redirect("/keys?" + secret), "redirects"},
		{"HTML", text("<p>" + secret), "it is HTML or XML, not a key set"},
		{"an error", text(`{"error":"` + secret + `","error_description":"` + secret + `"}`), "member error"},
		{"a private JWK", text(with(edJWK("a", "a"), `"d":"`+secret+`"`)), "it is one JWK"},
		{"a private PEM key", text("-----BEGIN PRIVATE KEY-----\n" + secret), "it is a private key"},
		{"a map with a private PEM key", text(`{"a":"-----BEGIN PRIVATE KEY-----\n` + secret + `"}`), "publishes a private key"},
		{"a map that is none", text(`{"a":"-----BEGIN CERTIFICATE-----","b":"` + secret + `"}`), "it is not a map of kids to certificates"},
		{"a string", text(`"` + secret + `"`), "not a JSON key set"},
		{"a string of keys", text(`{"keys":"` + secret + `"}`), "not a JSON key set"},
		{"truncated", text(`{"keys":["` + secret), "not a JSON key set"},
		{"a private key", text(keySet(private)), "secret (d)"},
		{"a hundred private keys", text(keySet(slicesOf(100, private)...)), "secret (d)"},
		{"lines in a kid", text(keySet(`{"kid":"a\r\nlevel=info msg=all-is-well\u0085\u2028","use":"enc"}`)), "use is"},
		{"a long kid", text(keySet(`{"kid":"` + strings.Repeat("\U0001f511", 300) + `","use":"enc"}`)), "no key that can be used"},
		{"a long name twice", text(`{"keys":[],"` + strings.Repeat("n", 2000) + `":1,"` + strings.Repeat("n", 2000) + `":1}`), "not a JSON key set"},
		{"too much", text(strings.Repeat(secret, 100_000)), "more than 512 KiB"},
		{"no connection", nil, "refused"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWeb()
			w.put(keysURL, tc.page)
			var transport http.RoundTripper = w
			if tc.page == nil {
				transport = roundTrip(func(*http.Request) (*http.Response, error) {
					return nil, errors.New("connection refused\nat " + keysURL)
				})
			}
			source := open(t, keysURL+"?key="+secret, through(transport))
			err := source.Refresh(t.Context())
			wantError(t, err, nil, tc.want)
			message := fmt.Sprint(err)
			if !strings.HasPrefix(message, "jwks: "+keysURL+": ") || len(message) > 270 || strings.ContainsAny(message, "\r\n\u0085\u2028") {
				t.Errorf("%d bytes: %q", len(message), message)
			}
			if strings.Contains(message, secret) {
				t.Errorf("the error shows what it should not: %q", message)
			}
		})
	}
}

// Go reads the proxies of the environment only once in a program, so this test runs its
// program again.
func TestProxy(t *testing.T) {
	const variable = "JWKS_TEST_URL"
	if url := os.Getenv(variable); url != "" {
		fmt.Println("fetched:", open(t, url, jwks.Options{}).Refresh(t.Context()))
		return
	}
	var proxied atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		proxied.Add(1)
		w.WriteHeader(http.StatusTeapot)
	}))
	defer proxy.Close()
	keys := httptest.NewServer(text(keySet(edJWK("a", "a"))))
	defer keys.Close()
	for _, tc := range []struct {
		name    string
		url     string
		proxied int32
		want    string
	}{
		{"loopback", keys.URL, 0, "fetched: <nil>"},
		{"localhost", strings.Replace(keys.URL, "127.0.0.1", "localhost", 1), 0, "fetched: <nil>"},
		{"elsewhere", "https://issuer.invalid/keys", 1, "I'm a teapot"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			proxied.Store(0)
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProxy$")
			cmd.Env = append(os.Environ(), variable+"="+tc.url, "NO_PROXY=", "no_proxy=")
			for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
				cmd.Env = append(cmd.Env, name+"="+proxy.URL)
			}
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), tc.want) || proxied.Load() != tc.proxied {
				t.Errorf("asked through the proxy %d times, %v: %s", proxied.Load(), err, out)
			}
		})
	}
}

// RFC 9111 section 4.2 says how long keys are fresh. The renewal is between half and nine
// tenths of that time. If it fails and no stale keys are allowed, the keys are gone when that
// time is over, to the nanosecond.
func TestLifetime(t *testing.T) {
	const least, quarter, day = 5 * time.Minute, 15 * time.Minute, 24 * time.Hour
	// Bubbles begin at midnight UTC of 2000-01-01.
	const now, hourAgo = "Sat, 01 Jan 2000 00:00:00 GMT", "Fri, 31 Dec 1999 23:00:00 GMT"
	const inHour, inTen = "Sat, 01 Jan 2000 01:00:00 GMT", "Sat, 01 Jan 2000 00:10:00 GMT"
	const year1, year9999 = "Mon, 01 Jan 0001 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"
	for _, tc := range []struct {
		name  string
		lines []string
		want  time.Duration
	}{
		{"nothing", nil, quarter},
		{"max-age", []string{"Cache-Control: max-age=600"}, 10 * time.Minute},
		{"max-age among others", []string{"Cache-Control: public, max-age=600, must-revalidate, no-transform"}, 10 * time.Minute},
		{"max-age in a second line", []string{"Cache-Control: public", "Cache-Control: max-age=600"}, 10 * time.Minute},
		{"max-age in upper case", []string{"Cache-Control: PUBLIC,MAX-AGE=600"}, 10 * time.Minute},
		{"max-age in quotes", []string{`Cache-Control: max-age="600"`}, 10 * time.Minute},
		{"max-age with zeros before", []string{"Cache-Control: max-age=0000000600"}, 10 * time.Minute},
		{"max-age twice: the smallest", []string{"Cache-Control: max-age=600, max-age=900"}, 10 * time.Minute},
		{"max-age twice: the smallest, the other way round", []string{"Cache-Control: max-age=900, max-age=600"}, 10 * time.Minute},
		{"max-age twice in two lines", []string{"Cache-Control: max-age=900", "Cache-Control: max-age=600"}, 10 * time.Minute},
		{"max-age twice, one no number", []string{"Cache-Control: max-age=900, max-age=x"}, least},
		{"max-age of 5 minutes", []string{"Cache-Control: max-age=300"}, least},
		{"max-age of 301", []string{"Cache-Control: max-age=301"}, 301 * time.Second},
		{"max-age of a day", []string{"Cache-Control: max-age=86400"}, day},
		{"max-age below 5 minutes", []string{"Cache-Control: max-age=299"}, least},
		{"max-age of 0", []string{"Cache-Control: max-age=0"}, least},
		{"max-age above a day", []string{"Cache-Control: max-age=86401"}, day},
		{"max-age beyond 32 bits", []string{"Cache-Control: max-age=4294967296"}, day},
		{"max-age beyond time.Duration", []string{"Cache-Control: max-age=9223372037"}, day},
		{"max-age beyond 64 bits", []string{"Cache-Control: max-age=99999999999999999999999"}, day},
		{"max-age negative", []string{"Cache-Control: max-age=-600"}, least},
		{"max-age no number", []string{"Cache-Control: max-age=soon"}, least},
		{"max-age with a fraction", []string{"Cache-Control: max-age=600.5"}, least},
		{"max-age empty", []string{"Cache-Control: max-age="}, least},
		{"max-age without =", []string{"Cache-Control: max-age"}, least},
		{"max-age with something after its quotes", []string{`Cache-Control: max-age="600"0`}, least},
		{"x-max-age", []string{"Cache-Control: x-max-age=600"}, quarter},
		{"s-maxage", []string{"Cache-Control: s-maxage=600"}, quarter},
		{"s-maxage beside max-age", []string{"Cache-Control: s-maxage=7200, max-age=600"}, 10 * time.Minute},
		{"max-age in the text of another", []string{`Cache-Control: ext="a, max-age=86400", max-age=600`}, 10 * time.Minute},
		{"max-age in the text of another, after a quote", []string{`Cache-Control: ext="a\", max-age=86400, b", max-age=600`}, 10 * time.Minute},
		{"no-store in the text of another", []string{`Cache-Control: max-age=600, ext="a, no-store, b"`}, 10 * time.Minute},
		{"a text without an end", []string{`Cache-Control: ext="a, max-age=86400`, "Cache-Control: max-age=600"}, 10 * time.Minute},

		{"Age", []string{"Cache-Control: max-age=600", "Age: 100"}, 500 * time.Second},
		{"Age above max-age", []string{"Cache-Control: max-age=600", "Age: 700"}, least},
		{"Age beyond 64 bits", []string{"Cache-Control: max-age=600", "Age: 99999999999999999999999"}, least},
		{"Age and max-age beyond 64 bits", []string{"Cache-Control: max-age=99999999999999999999999", "Age: 99999999999999999999999"}, least},
		{"Age no number", []string{"Cache-Control: max-age=600", "Age: old"}, 10 * time.Minute},
		{"Age negative", []string{"Cache-Control: max-age=600", "Age: -100"}, 10 * time.Minute},
		{"Age twice: the first", []string{"Cache-Control: max-age=600", "Age: 100, 200"}, 500 * time.Second},
		{"Age with spaces", []string{"Cache-Control: max-age=600", "Age:  100 "}, 500 * time.Second},
		{"Age and a max-age above a day", []string{"Cache-Control: max-age=86500", "Age: 200"}, 86300 * time.Second},

		{"no-store", []string{"Cache-Control: no-store"}, least},
		{"no-cache", []string{"Cache-Control: no-cache"}, least},
		{"no-cache in upper case", []string{"Cache-Control: No-Cache"}, least},
		{"no-cache for a field", []string{`Cache-Control: no-cache="Set-Cookie", max-age=600`}, least},
		{"no-store beside max-age", []string{"Cache-Control: max-age=600, no-store"}, least},
		{"no-cache before max-age", []string{"Cache-Control: no-cache", "Cache-Control: max-age=600"}, least},
		{"no-store beside Expires", []string{"Cache-Control: no-store", "Expires: " + inHour}, least},
		{"as Keycloak has it", []string{"Cache-Control: no-cache"}, least},
		{"as Spring has it", []string{"Cache-Control: no-cache, no-store, max-age=0, must-revalidate", "Pragma: no-cache", "Expires: 0"}, least},

		{"Expires", []string{"Expires: " + inHour}, time.Hour},
		{"Expires with Date", []string{"Expires: " + inHour, "Date: " + hourAgo}, 2 * time.Hour},
		{"Expires with spaces around", []string{"Expires:  " + inHour + " ", "Date:  " + hourAgo + " "}, 2 * time.Hour},
		{"Expires of a clock that is slow", []string{"Expires: " + now, "Date: " + hourAgo}, time.Hour},
		{"Expires with a Date that is none", []string{"Expires: " + inHour, "Date: today"}, time.Hour},
		{"Expires in the past", []string{"Expires: " + hourAgo, "Date: " + now}, least},
		{"Expires 0", []string{"Expires: 0"}, least},
		{"Expires empty", []string{"Expires: "}, least},
		{"Expires twice: the earliest", []string{"Expires: " + inHour, "Expires: " + inTen}, 10 * time.Minute},
		{"Expires twice, one no date", []string{"Expires: " + inHour, "Expires: 0"}, least},
		{"Expires in more than a day", []string{"Expires: Mon, 01 Jan 2001 00:00:00 GMT"}, day},
		{"Expires in the year 9999", []string{"Expires: " + year9999}, day},
		{"Expires in the year 9999 with Age", []string{"Expires: " + year9999, "Age: 86400"}, day},
		{"Expires in the year 9999 with an Age beyond 64 bits", []string{"Expires: " + year9999, "Age: 99999999999999999999999"}, day},
		{"Expires in the year 1", []string{"Expires: " + year1}, least},
		{"Expires in the year 1 with Age", []string{"Expires: " + year1, "Age: 1"}, least},
		{"Expires in the year 1 with Date", []string{"Expires: " + year1, "Date: " + now, "Age: 99999999999999999999999"}, least},
		{"Expires and Date in the year 1", []string{"Expires: " + year1, "Date: " + year1}, least},
		{"Date in the year 1", []string{"Expires: " + inHour, "Date: " + year1}, day},
		{"Date in the year 9999", []string{"Expires: " + inHour, "Date: " + year9999, "Age: 1"}, least},
		{"max-age beats Expires", []string{"Expires: " + inHour, "Cache-Control: max-age=600"}, 10 * time.Minute},
		{"max-age beats Expires in the past", []string{"Expires: 0", "Cache-Control: max-age=600"}, 10 * time.Minute},
		{"Expires with Age", []string{"Expires: " + inTen, "Date: " + now, "Age: 200"}, 400 * time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWeb()
				w.put(keysURL, text(keySet(edJWK("a", "a")), tc.lines...))
				opts := through(w)
				opts.MaxStale = -1
				source := open(t, keysURL, opts)
				wantRefresh(t, source, "")
				wantLifetime(t, source, tc.want)
				w.put(keysURL, status(500, ""))
				time.Sleep(tc.want - 1)
				if source.Stats().Keys != 1 {
					t.Errorf("the keys were gone before %v", tc.want)
				}
				time.Sleep(time.Nanosecond)
				if source.Stats().Keys != 0 {
					t.Errorf("the keys are in use after %v", tc.want)
				}
			})
		})
	}
}

// wantLifetime asserts when the keys are renewed that were fetched just now.
func wantLifetime(t testing.TB, source *jwks.Source, lifetime time.Duration) {
	t.Helper()
	stats := source.Stats()
	wait := stats.NextRefresh.Sub(stats.LastSuccess)
	if wait < lifetime/2 || wait > lifetime/10*9 || !stats.LastSuccess.Equal(time.Now()) {
		t.Errorf("renewed after %v, want half to nine tenths of %v", wait, lifetime)
	}
}

// awaitRenewal sleeps until the next renewal is over.
func awaitRenewal(source *jwks.Source) {
	time.Sleep(time.Until(source.Stats().NextRefresh))
	synctest.Wait()
}

// After a 304, keys are fresh for as long as the 304 says, or else for as long as before.
func TestLifetimeOfNotModified(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWeb()
		source := open(t, keysURL, through(w))
		w.put(keysURL, text(keySet(edJWK("a", "a")), `ETag: "1"`, "Cache-Control: max-age=600"))
		wantRefresh(t, source, "")
		for _, step := range []struct {
			name string
			page http.HandlerFunc
			want time.Duration
		}{
			{"the first", text(keySet(edJWK("a", "a")), `ETag: "1"`, "Cache-Control: max-age=7200"), 2 * time.Hour},
			{"304 that says nothing", status(304, ""), 2 * time.Hour},
			{"304 that says nothing again", status(304, ""), 2 * time.Hour},
			{"304 with max-age", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Cache-Control", "max-age=600")
				w.WriteHeader(304)
			}, 10 * time.Minute},
			{"304 that says nothing after it", status(304, ""), 10 * time.Minute},
			{"304 with no-cache", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Cache-Control", "no-cache")
				w.WriteHeader(304)
			}, 5 * time.Minute},
			{"200 that says nothing", text(keySet(edJWK("a", "a"))), 15 * time.Minute},
		} {
			w.put(keysURL, step.page)
			awaitRenewal(source)
			wantLifetime(t, source, step.want)
			if t.Failed() {
				t.Fatal(step.name)
			}
		}
	})
}

// What a provider makes of the address may hold its query, which is secret.
func TestQueryInAnErrorOfTheProvider(t *testing.T) {
	for name, answer := range map[string]func(http.ResponseWriter, *http.Request){
		"a Location that is none": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "https://keys.example.com:443x"+r.URL.RequestURI())
			w.WriteHeader(http.StatusFound)
		},
		"a status that is none": func(w http.ResponseWriter, r *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			fmt.Fprintf(conn, "HTTP/1.1 5%s x\r\n\r\n", r.URL.RequestURI())
		},
	} {
		provider := httptest.NewServer(http.HandlerFunc(answer))
		err := open(t, provider.URL+"/keys?code=TOPSECRET", jwks.Options{}).Refresh(t.Context())
		if err == nil || strings.Contains(err.Error(), "TOPSECRET") || !strings.Contains(err.Error(), "?…") {
			t.Errorf("%s: %v", name, err)
		}
		provider.Close()
	}
}

type panickingBody struct{}

func (panickingBody) Read([]byte) (int, error) { panic("no more") }
func (panickingBody) Close() error             { return nil }

func panicsInBody(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: panickingBody{}}, nil
}

// A Transport of the user's that panics is a fetch that fails. Nothing else could recover it.
func TestTransportThatPanics(t *testing.T) {
	for _, transport := range []http.RoundTripper{(*http.Transport)(nil), roundTrip(func(*http.Request) (*http.Response, error) { panic("no credentials") }), roundTrip(panicsInBody)} {
		source := open(t, "https://id.example.com/keys", through(transport))
		wantRefresh(t, source, "Options.Client has panicked: ")
	}
}

// A Transport may end its goroutine, as t.FailNow in a test does. The next fetch is as any other.
func TestTransportThatCallsGoexit(t *testing.T) {
	w, exits := newWeb(), true
	w.put(keysURL, text(keySet(edJWK("a", "a"))))
	source := open(t, keysURL, through(roundTrip(func(r *http.Request) (*http.Response, error) {
		if exits {
			runtime.Goexit()
		}
		return w.RoundTrip(r)
	})))
	wantRefresh(t, source, "Options.Client has called runtime.Goexit: its Transport must return")
	exits = false
	wantRefresh(t, source, "")
	wantToken(t, source, token("a"), nil)
}
