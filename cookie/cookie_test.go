package cookie_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/cookie"
	"github.com/jwthttp/jwthttp/jwthttptest"
)

var secret = []byte("0123456789abcdef0123456789abcdef")

type Claims struct {
	Subject string `json:"sub"`
}

// tokenUntil returns a token that the middleware of this file accepts until then.
func tokenUntil(t testing.TB, expires time.Time) string {
	t.Helper()
	return jwthttptest.Sign(t, "HS256", secret, `{"alg":"HS256"}`, fmt.Sprintf(`{"sub":"alice","exp":%d}`, expires.Unix()))
}

func good(t testing.TB) string { return tokenUntil(t, time.Now().Add(time.Hour)) }

func mustCookie(t testing.TB, opts cookie.Options) *cookie.Cookie {
	t.Helper()
	s, err := cookie.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// app is a program with a login, a logout, and a page that needs a token.
func app(t testing.TB, loginCookie *cookie.Cookie, expires time.Time) http.Handler {
	t.Helper()
	auth, err := jwthttp.New[Claims](jwthttp.HS256(secret), jwthttp.Options{Extractors: []jwthttp.Extractor{loginCookie.Extractor()}})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		if err := loginCookie.Set(w, tokenUntil(t, expires), expires); err != nil {
			http.Error(w, err.Error(), 500)
		}
	})
	mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) { loginCookie.Clear(w) })
	mux.Handle("/", auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, _ := jwthttp.TokenFromContext[Claims](r.Context())
		fmt.Fprintf(w, "%s by %s", token.Claims.Subject, token.Source)
	})))
	return mux
}

// An answer is a response and its body.
type answer struct {
	*http.Response
	body string
}

// send makes a request with header lines, "Name: value" each. A Host line sets the request's
// Host.
func send(t testing.TB, client *http.Client, method, url string, lines ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		if name == "Host" {
			req.Host = value
			continue
		}
		req.Header.Add(name, value)
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res, string(body)}
}

// browser returns a client that keeps cookies as a browser does. It sends Secure cookies only
// over https.
func browser(t testing.TB, s *httptest.Server) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := *s.Client()
	client.Jar = jar
	return &client
}

func TestLoginAndLogout(t *testing.T) {
	for _, tc := range []struct {
		name       string
		opts       cookie.Options
		serve      func(http.Handler) *httptest.Server
		cookie     string
		attributes string
	}{
		{"https", cookie.Options{}, httptest.NewTLSServer, "__Host-token", "; HttpOnly; Secure; SameSite=Lax"},
		{"https, named", cookie.Options{Name: "session"}, httptest.NewTLSServer, "__Host-session", "; HttpOnly; Secure; SameSite=Lax"},
		{"http", cookie.Options{AllowInsecureHTTP: true}, httptest.NewServer, "token", "; HttpOnly; SameSite=Lax"},
		{"http, named", cookie.Options{Name: "my.session_1-a", AllowInsecureHTTP: true}, httptest.NewServer, "my.session_1-a", "; HttpOnly; SameSite=Lax"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			expires := time.Now().Add(time.Hour).Truncate(time.Second)
			server := tc.serve(app(t, mustCookie(t, tc.opts), expires))
			defer server.Close()
			client := browser(t, server)

			if a := send(t, client, "GET", server.URL); a.StatusCode != 401 || a.Header.Get("WWW-Authenticate") != `Bearer realm="api"` {
				t.Fatalf("before the login: %d %v", a.StatusCode, a.Header)
			}

			a := send(t, client, "POST", server.URL+"/login")
			// Some time has passed since the login, and Max-Age is rounded up.
			want := tc.cookie + "=" + tokenUntil(t, expires) + "; Path=/; Expires=" + expires.UTC().Format(http.TimeFormat) + "; Max-Age=3600" + tc.attributes
			late := strings.Replace(want, "Max-Age=3600", "Max-Age=3599", 1)
			if got := strings.Join(a.Header.Values("Set-Cookie"), "|"); a.StatusCode != 200 || got != want && got != late {
				t.Fatalf("login: %d %s\nSet-Cookie %s\nwant       %s", a.StatusCode, a.body, got, want)
			}
			if got := a.Header.Values("Cache-Control"); !slices.Equal(got, []string{"no-store"}) {
				t.Errorf("login: Cache-Control %q", got)
			}

			a = send(t, client, "GET", server.URL)
			if a.StatusCode != 200 || a.body != "alice by cookie:"+tc.cookie || !slices.Equal(a.Header.Values("Cache-Control"), []string{"private"}) {
				t.Errorf("logged in: %d %s %v", a.StatusCode, a.body, a.Header)
			}

			a = send(t, client, "POST", server.URL+"/logout")
			want = tc.cookie + "=; Path=/; Max-Age=0" + tc.attributes
			if got := strings.Join(a.Header.Values("Set-Cookie"), "|"); got != want || a.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("logout: Set-Cookie %s\nwant               %s\nCache-Control %q", got, want, a.Header.Values("Cache-Control"))
			}
			if a := send(t, client, "GET", server.URL); a.StatusCode != 401 || a.Header.Get("WWW-Authenticate") != `Bearer realm="api"` {
				t.Errorf("after the logout: %d %v", a.StatusCode, a.Header)
			}
		})
	}
}

// The jar compares schemes and not ports, as a browser does. It makes an exception for
// loopback, so the servers are called example.com here.
func TestSecureIsForHTTPSAlone(t *testing.T) {
	handler := app(t, mustCookie(t, cookie.Options{}), time.Now().Add(time.Hour))
	secure, plain := httptest.NewTLSServer(handler), httptest.NewServer(handler)
	defer secure.Close()
	defer plain.Close()
	client := browser(t, secure)
	transport := client.Transport.(*http.Transport).Clone()
	transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		server := map[string]*httptest.Server{"example.com:443": secure, "example.com:80": plain}[addr]
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}
	defer transport.CloseIdleConnections()
	client.Transport = transport
	send(t, client, "POST", "https://example.com/login")
	if a := send(t, client, "GET", "https://example.com"); a.StatusCode != 200 {
		t.Fatalf("https: %d", a.StatusCode)
	}
	if a := send(t, client, "GET", "http://example.com"); a.StatusCode != 401 {
		t.Errorf("http: %d", a.StatusCode)
	}
}

func TestCrossOrigin(t *testing.T) {
	loginCookie := mustCookie(t, cookie.Options{})
	server := httptest.NewTLSServer(app(t, loginCookie, time.Now().Add(time.Hour)))
	defer server.Close()
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := browser(t, server)
	send(t, client, "POST", server.URL+"/login")
	for _, tc := range []struct {
		name, method string
		lines        []string
		status       int
	}{
		{"same-origin", "POST", []string{"Sec-Fetch-Site: same-origin", "Origin: " + server.URL}, 200},
		{"typed in", "POST", []string{"Sec-Fetch-Site: none"}, 200},
		{"cross-site", "POST", []string{"Sec-Fetch-Site: cross-site", "Origin: https://evil.example.com"}, 403},
		{"cross-site PUT", "PUT", []string{"Sec-Fetch-Site: cross-site"}, 403},
		{"cross-site DELETE", "DELETE", []string{"Sec-Fetch-Site: cross-site"}, 403},
		{"same-site", "POST", []string{"Sec-Fetch-Site: same-site", "Origin: https://sub.example.com"}, 403},
		{"Origin null", "POST", []string{"Origin: null"}, 403},
		{"Origin null, cross-site", "POST", []string{"Sec-Fetch-Site: cross-site", "Origin: null"}, 403},
		{"old browser, same host", "POST", []string{"Origin: https://" + u.Host}, 200},
		{"old browser, another host", "POST", []string{"Origin: https://evil.example.com"}, 403},
		{"old browser, another port", "POST", []string{"Origin: https://" + u.Hostname() + ":1"}, 403},
		{"no browser", "POST", nil, 200},
		{"GET, cross-site", "GET", []string{"Sec-Fetch-Site: cross-site"}, 200},
		{"HEAD, cross-site", "HEAD", []string{"Sec-Fetch-Site: cross-site"}, 200},
		{"WebSocket, cross-site", "GET", []string{"Sec-Fetch-Site: cross-site", "Upgrade: websocket"}, 403},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := send(t, client, tc.method, server.URL, tc.lines...)
			if a.StatusCode != tc.status || a.Header.Get("WWW-Authenticate") != "" {
				t.Fatalf("%d %s %v", a.StatusCode, a.body, a.Header)
			}
			if tc.status == 403 && !strings.Contains(a.body, `"error":"cross_origin"`) {
				t.Errorf("body %s", a.body)
			}
		})
	}
}

func TestCookiesAsSent(t *testing.T) {
	server := httptest.NewTLSServer(app(t, mustCookie(t, cookie.Options{}), time.Now().Add(time.Hour)))
	defer server.Close()
	token := good(t)
	for _, tc := range []struct {
		name   string
		lines  []string
		status int
		detail string
	}{
		{"one", []string{"Cookie: __Host-token=" + token}, 200, ""},
		{"among others", []string{"Cookie: a=b; __Host-token=" + token + "; token=x; __host-token=y"}, 200, ""},
		{"in quotes", []string{`Cookie: __Host-token="` + token + `"`}, 200, ""},
		{"two of the name", []string{"Cookie: __Host-token=" + token + "; __Host-token=" + token}, 400, "The request carries more than one credential"},
		{"two lines of the name", []string{"Cookie: __Host-token=" + token, "Cookie: __Host-token=x"}, 400, "The request carries more than one credential"},
		{"two of the name, one empty", []string{"Cookie: __Host-token=; __Host-token=" + token}, 400, "The request carries more than one credential"},
		{"with a space", []string{"Cookie: __Host-token=" + token + " x"}, 400, "The credential is malformed"},
		{"before 3,000 others", []string{"Cookie: __Host-token=" + token + strings.Repeat(";", 3000)}, 400, "The request carries too many cookies"},
		{"empty", []string{"Cookie: __Host-token="}, 401, "No access token was sent"},
		{"without the prefix", []string{"Cookie: token=" + token}, 401, "No access token was sent"},
		{"in another case", []string{"Cookie: __host-token=" + token}, 401, "No access token was sent"},
		{"oversized", []string{"Cookie: __Host-token=" + strings.Repeat("a", 4097)}, 401, "The access token is too large"},
		{"expired", []string{"Cookie: __Host-token=" + tokenUntil(t, time.Now().Add(-time.Second))}, 401, "The access token expired"},
		{"no token", []string{"Cookie: __Host-token=hello"}, 401, "The access token is malformed"},
		{"in a header instead", []string{"Authorization: Bearer " + token}, 401, "No access token was sent"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := send(t, server.Client(), "GET", server.URL, tc.lines...)
			if a.StatusCode != tc.status || tc.detail != "" && !strings.Contains(a.body, `"detail":"`+tc.detail+`"`) {
				t.Errorf("%d %s", a.StatusCode, a.body)
			}
		})
	}
}

func TestSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now() // 2000-01-01 00:00:00 UTC
		loginCookie := mustCookie(t, cookie.Options{})
		fits := strings.Repeat("a", 4096-len("__Host-token"))
		const behind = "; HttpOnly; Secure; SameSite=Lax"
		for _, tc := range []struct {
			name, token string
			expires     time.Time
			want        string // Set-Cookie, or the error
		}{
			{"an hour", "a.b.c", now.Add(time.Hour), "__Host-token=a.b.c; Path=/; Expires=Sat, 01 Jan 2000 01:00:00 GMT; Max-Age=3600" + behind},
			{"in another zone", "a.b.c", now.Add(time.Hour).In(time.FixedZone("", 7200)), "__Host-token=a.b.c; Path=/; Expires=Sat, 01 Jan 2000 01:00:00 GMT; Max-Age=3600" + behind},
			{"a second and a bit", "a.b.c", now.Add(1001 * time.Millisecond), "__Host-token=a.b.c; Path=/; Expires=Sat, 01 Jan 2000 00:00:01 GMT; Max-Age=2" + behind},
			{"a nanosecond", "a.b.c", now.Add(1), "__Host-token=a.b.c; Path=/; Expires=Sat, 01 Jan 2000 00:00:00 GMT; Max-Age=1" + behind},
			{"for ages", "a.b.c", now.AddDate(290, 0, 0), "__Host-token=a.b.c; Path=/; Expires=Wed, 01 Jan 2290 00:00:00 GMT; Max-Age=2147483647" + behind},
			{"in the year 9999", "a.b.c", time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), "__Host-token=a.b.c; Path=/; Expires=Fri, 31 Dec 9999 23:59:59 GMT; Max-Age=2147483647" + behind},
			{"in the year 10000 in UTC, 9999 in its zone", "a.b.c", time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -7200)), "__Host-token=a.b.c; Path=/; Max-Age=2147483647" + behind},
			{"in the year 10000", "a.b.c", now.AddDate(8000, 0, 0), "__Host-token=a.b.c; Path=/; Max-Age=2147483647" + behind},
			{"every character", "AZaz09-_.", now.Add(time.Second), "__Host-token=AZaz09-_.; Path=/; Expires=Sat, 01 Jan 2000 00:00:01 GMT; Max-Age=1" + behind},
			{"as long as can be", fits, now.Add(time.Second), "__Host-token=" + fits + "; Path=/; Expires=Sat, 01 Jan 2000 00:00:01 GMT; Max-Age=1" + behind},

			{"too long", fits + "a", now.Add(time.Second), "cookie: name and token have 4097 bytes, and browsers drop a cookie of more than 4096: put fewer claims in the token, or send it in a header"},
			{"empty", "", now.Add(time.Second), "cookie: the token is empty: pass a token, or call Clear to remove the cookie"},
			{"with Bearer", "Bearer a.b.c", now.Add(time.Second), "cookie: the token has characters other than letters, digits, -, _ and dots: pass a JWT alone, without Bearer or quotes"},
			{"in quotes", `"a.b.c"`, now.Add(time.Second), "cookie: the token has characters other than letters, digits, -, _ and dots: pass a JWT alone, without Bearer or quotes"},
			{"with a line break", "a.b.c\r\nX: y", now.Add(time.Second), "cookie: the token has characters other than letters, digits, -, _ and dots: pass a JWT alone, without Bearer or quotes"},
			{"with a semicolon", "a.b;c", now.Add(time.Second), "cookie: the token has characters other than letters, digits, -, _ and dots: pass a JWT alone, without Bearer or quotes"},
			{"with padding", "a.b.c=", now.Add(time.Second), "cookie: the token has characters other than letters, digits, -, _ and dots: pass a JWT alone, without Bearer or quotes"},
			{"no expiry", "a.b.c", time.Time{}, "cookie: the expiry is zero: pass the time of the token's exp"},
			{"expired", "a.b.c", now.Add(-time.Second), "cookie: the expiry is not in the future: get a new token, and compare this clock with the issuer's"},
			{"expires now", "a.b.c", now, "cookie: the expiry is not in the future: get a new token, and compare this clock with the issuer's"},
		} {
			w := httptest.NewRecorder()
			err := loginCookie.Set(w, tc.token, tc.expires)
			if err != nil {
				if err.Error() != tc.want || !errors.Is(err, jwthttp.ErrMisconfigured) || len(w.Header()) > 0 {
					t.Errorf("%s: %v, headers %v\nwant %s", tc.name, err, w.Header(), tc.want)
				}
				continue
			}
			if got := strings.Join(w.Header().Values("Set-Cookie"), "|"); got != tc.want {
				t.Errorf("%s: %s\nwant %s", tc.name, got, tc.want)
			}
		}
	})
}

// A jar keeps the cookie for as long as the token is valid, and no longer.
func TestMaxAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler := app(t, mustCookie(t, cookie.Options{}), time.Now().Add(time.Minute))
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		at := &url.URL{Scheme: "https", Host: "app.example.com", Path: "/"}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("POST", "/login", nil))
		jar.SetCookies(at, w.Result().Cookies())
		if n := len(jar.Cookies(at)); n != 1 {
			t.Fatalf("%d cookies", n)
		}
		kept := jar.Cookies(at)[0]
		time.Sleep(time.Minute - time.Second)
		if len(jar.Cookies(at)) != 1 {
			t.Error("gone a second early")
		}
		time.Sleep(time.Second + 1)
		if len(jar.Cookies(at)) != 0 {
			t.Error("kept too long")
		}
		// If a client keeps the cookie longer, the token's exp refuses it.
		r := httptest.NewRequest("GET", "/", nil)
		r.AddCookie(kept)
		w = httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != 401 || !strings.Contains(w.Body.String(), "The access token expired") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}

func TestNoStore(t *testing.T) {
	loginCookie := mustCookie(t, cookie.Options{})
	for _, given := range [][]string{nil, {"private"}, {"public, max-age=60"}, {"no-cache", "private"}} {
		for _, write := range []func(http.ResponseWriter){
			func(w http.ResponseWriter) {
				if err := loginCookie.Set(w, "a.b.c", time.Now().Add(time.Hour)); err != nil {
					t.Error(err)
				}
			},
			loginCookie.Clear,
		} {
			w := httptest.NewRecorder()
			w.Header()["Cache-Control"] = given
			write(w)
			if got := w.Header()["Cache-Control"]; !slices.Equal(got, []string{"no-store"}) || len(w.Header().Values("Set-Cookie")) != 1 {
				t.Errorf("headers %v", w.Header())
			}
		}
	}
}

func TestLoopbackOnly(t *testing.T) {
	loginCookie := mustCookie(t, cookie.Options{AllowInsecureHTTP: true})
	server := httptest.NewServer(app(t, loginCookie, time.Now().Add(time.Hour)))
	defer server.Close()
	token := good(t)
	for host, ok := range map[string]bool{
		"localhost": true, "localhost:8080": true, "app.localhost": true, "App.LocalHost:3000": true, ".localhost": false, "app.localhost.": false, "LocalHost:8080": true, "127.0.0.1": true, "127.0.0.1:8080": true, "127.9.9.9": true, "[::1]": true, "[::1]:8080": true,
		"example.com": false, "example.com:80": false, "localhost.example.com": false, "notlocalhost": false, "localhost.": false, "127.0.0.1.example.com": false,
		"[127.0.0.1": false, "127.0.0.1]": false, "[::1": false,
		"10.0.0.1": false, "192.168.0.1:8080": false, "0.0.0.0:8080": false, "128.0.0.1": false, "[::2]:8080": false, "[fe80::1]": false, "[::]:80": false,
	} {
		t.Run(host, func(t *testing.T) {
			with := send(t, server.Client(), "GET", server.URL, "Host: "+host, "Cookie: token="+token)
			without := send(t, server.Client(), "GET", server.URL, "Host: "+host)
			if ok && (with.StatusCode != 200 || without.StatusCode != 401) {
				t.Errorf("%d with the cookie, %d without: %s", with.StatusCode, without.StatusCode, with.body)
			}
			if !ok && (with.StatusCode != 503 || without.StatusCode != 503) {
				t.Errorf("%d with the cookie, %d without: %s", with.StatusCode, without.StatusCode, with.body)
			}
		})
	}

	t.Run("a long Host", func(t *testing.T) {
		place, r := loginCookie.Extractor(), httptest.NewRequest("GET", "/", nil)
		r.Host = strings.Repeat("a", 243) + ".localhost:65535"
		if _, err := place.Extract(r); err != nil {
			t.Error(err)
		}
		for _, host := range []string{strings.Repeat("a", 244) + ".localhost:65535", strings.Repeat("a", 1<<20), "[::1%" + strings.Repeat("a", 1<<20) + "]"} {
			r.Host = host
			if n := testing.AllocsPerRun(20, func() { place.Extract(r) }); n > 0 {
				t.Errorf("%.20s: %v allocations", host, n)
			}
			if _, err := place.Extract(r); !errors.Is(err, jwthttp.ErrUnavailable) {
				t.Errorf("%.20s: %v", host, err)
			}
		}
	})
	t.Run("the log says why", func(t *testing.T) {
		auth, err := jwthttp.New[Claims](jwthttp.HS256(secret), jwthttp.Options{Extractors: []jwthttp.Extractor{loginCookie.Extractor()}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = auth.Authenticate(httptest.NewRequest("GET", "https://app.example.com/", nil))
		const want = "cookie: Options.AllowInsecureHTTP is set and the Host is not this machine: serve TLS and remove the option"
		if !errors.Is(err, jwthttp.ErrUnavailable) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("not over TLS", func(t *testing.T) {
		strict := mustCookie(t, cookie.Options{})
		r := httptest.NewRequest("GET", "https://app.example.com/", nil)
		r.Header.Set("Cookie", "__Host-token="+token)
		if raw, err := strict.Extractor().Extract(r); raw != token || err != nil {
			t.Errorf("%q, %v", raw, err)
		}
	})
	t.Run("an API client beside it", func(t *testing.T) {
		auth, err := jwthttp.New[Claims](jwthttp.HS256(secret), jwthttp.Options{Extractors: []jwthttp.Extractor{jwthttp.FirstOf(jwthttp.BearerHeader(), loginCookie.Extractor())}})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("POST", "https://app.example.com/", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		if _, err := auth.Authenticate(r); err != nil {
			t.Error(err)
		}
	})
}

func TestNames(t *testing.T) {
	const chars = "use at most 64 letters, digits, hyphens, underscores and dots"
	const prefix = ", which has a prefix: leave the prefix out, New adds __Host- unless AllowInsecureHTTP is set"
	for _, insecure := range []bool{false, true} {
		for _, tc := range []struct{ name, want string }{
			{"session", ""},
			{"_session", ""},
			{"Host-session", ""},
			{strings.Repeat("a", 64), ""},
			{strings.Repeat("a", 65), `"` + strings.Repeat("a", 65) + `": ` + chars},
			{"a b", `"a b": ` + chars},
			{"a;b", `"a;b": ` + chars},
			{"a=b", `"a=b": ` + chars},
			{"sitzung-ä", `"sitzung-ä": ` + chars},
			{"a\r\n", `"a\r\n": ` + chars},
			{"__Host-token", `"__Host-token"` + prefix},
			{"__host-token", `"__host-token"` + prefix},
			{"__Secure-token", `"__Secure-token"` + prefix},
			{"__Http-token", `"__Http-token"` + prefix},
			{"__Host-", `"__Host-"` + prefix},
		} {
			loginCookie, err := cookie.New(cookie.Options{Name: tc.name, AllowInsecureHTTP: insecure})
			if tc.want != "" {
				if loginCookie != nil || err == nil || err.Error() != "cookie: Options.Name is "+tc.want {
					t.Errorf("%q: error %v", tc.name, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%q: %v", tc.name, err)
				continue
			}
			// jwthttp.New accepts every name that New accepts.
			if _, err := jwthttp.New[Claims](jwthttp.HS256(secret), jwthttp.Options{Extractors: []jwthttp.Extractor{loginCookie.Extractor()}}); err != nil {
				t.Errorf("%q: %v", tc.name, err)
			}
		}
	}
}

// A Cookie that New did not make sets nothing, and Set returns an error.
func TestZeroCookie(t *testing.T) {
	var loginCookie cookie.Cookie
	if _, err := jwthttp.New[Claims](jwthttp.HS256(secret), jwthttp.Options{Extractors: []jwthttp.Extractor{loginCookie.Extractor()}}); err == nil {
		t.Error("jwthttp.New took it")
	}
	w := httptest.NewRecorder()
	if err := loginCookie.Set(w, "a.b.c", time.Now().Add(time.Hour)); err == nil || err.Error() != "cookie: the cookie has no name: make it with New" {
		t.Errorf("error %v", err)
	}
	loginCookie.Clear(w)
	if len(w.Header()) > 0 {
		t.Errorf("headers %v", w.Header())
	}
}

func TestConcurrentUse(t *testing.T) {
	loginCookie := mustCookie(t, cookie.Options{AllowInsecureHTTP: true})
	handler := app(t, loginCookie, time.Now().Add(time.Hour))
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			for range 50 {
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, httptest.NewRequest("POST", "/login", nil))
				r := httptest.NewRequest("GET", "http://localhost/", nil)
				for _, c := range w.Result().Cookies() {
					r.AddCookie(c)
				}
				w = httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				if w.Code != 200 {
					t.Errorf("%d %s", w.Code, w.Body)
				}
				loginCookie.Clear(w)
			}
		})
	}
	running.Wait()
}
