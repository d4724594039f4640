package jwthttp_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/jwthttp/jwthttp"
)

// jwtHeader is an extractor as users write it. It has a scheme of its own and takes everything
// else for no credential.
func jwtHeader(source jwthttp.Source) jwthttp.Extractor {
	return jwthttp.Extractor{Source: source, Extract: func(r *http.Request) (string, error) {
		token, ok := strings.CutPrefix(r.Header.Get("X-Jwt"), "JWT ")
		if !ok {
			return "", jwthttp.ErrNoToken
		}
		return token, nil
	}}
}

// White space around the value of a header does not count, RFC 9110 section 5.5. Over HTTP/2,
// net/http's client sends it and net/http's server passes it to handlers. With AllowAnonymous,
// a request that seems to have no credential is a 200.
func TestWhiteSpace(t *testing.T) {
	token, cookie := good(), "token="+good()
	expired := signHS(secret, plainHeader, `{"exp":1}`)
	inTurn := []jwthttp.Extractor{jwthttp.FirstOf(jwthttp.BearerHeader(), jwthttp.HeaderNamed("X-Token"), jwtHeader("header:x-jwt"), jwthttp.Cookie("token"))}
	renamed := []jwthttp.Extractor{jwthttp.BearerHeader(), jwthttp.HeaderNamed("X-Token")}
	renamed[0].Source, renamed[1].Source = "proxy:first", "proxy:second"
	returned := []jwthttp.Extractor{{Source: "header:X-Jwt", Extract: func(*http.Request) (string, error) { return " \t" + token + "\t ", nil }}}
	nothing := []jwthttp.Extractor{{Source: "header:X-Jwt", Extract: func(*http.Request) (string, error) { return " \t", nil }}}
	notHeader := []jwthttp.Extractor{{Source: "query:token", Extract: func(*http.Request) (string, error) { return " " + token, nil }}}
	values := func(name string, values ...string) http.Header { return http.Header{name: values} }
	beside := func(h http.Header, cookie string) http.Header {
		h = maps.Clone(h)
		h["Cookie"] = []string{cookie}
		return h
	}
	const anonymous, alice = "anonymous", `{"sub":"alice","role":""}` + "\n"
	for _, tc := range []struct {
		name   string
		places []jwthttp.Extractor
		header http.Header
		status int
		body   string // the body of a 200
	}{
		{"before Bearer", bothPlaces, values("Authorization", " Bearer "+token), 200, alice},
		{"tabs before Bearer", bothPlaces, values("Authorization", "\t\tbearer  "+token), 200, alice},
		{"after the token", bothPlaces, values("Authorization", "Bearer "+token+" \t"), 200, alice},
		{"a tab after the token", bothPlaces, values("Authorization", "Bearer "+token+"\t"), 200, alice},
		{"around both", bothPlaces, values("Authorization", " \t Bearer "+token+"\t "), 200, alice},
		{"before a Bearer token that is bad", bothPlaces, values("Authorization", " Bearer x"), 401, ""},
		{"before one that has expired", bothPlaces, values("Authorization", " Bearer "+expired), 401, ""},
		{"before a Bearer header beside a good cookie", bothPlaces, beside(values("Authorization", " Bearer "+expired), cookie), 400, ""},
		{"before the first of two places", inTurn, beside(values("Authorization", "\tBearer "+expired), cookie), 401, ""},
		{"before Bearer alone", bothPlaces, values("Authorization", " Bearer"), 400, ""},
		{"around Bearer alone", bothPlaces, values("Authorization", "\tBearer\t"), 400, ""},
		{"a tab between, with a space before", bothPlaces, values("Authorization", " Bearer\t"+token), 400, ""},
		{"alone", bothPlaces, values("Authorization", " \t "), 200, anonymous},
		{"alone beside a good cookie", bothPlaces, beside(values("Authorization", " "), cookie), 200, alice},
		{"before another scheme", bothPlaces, values("Authorization", " Basic YTpi"), 200, anonymous},
		{"alone in the first of two headers", bothPlaces, values("Authorization", " ", "Bearer "+token), 400, ""},
		{"alone in the second of two headers", bothPlaces, values("Authorization", "Bearer "+token, "\t"), 400, ""},
		{"alone in both", bothPlaces, values("Authorization", " ", " "), 400, ""},
		{"a no-break space before Bearer", bothPlaces, values("Authorization", "\u00a0Bearer "+token), 400, ""},
		{"a no-break space alone", bothPlaces, values("Authorization", "\u00a0"), 400, ""},
		{"a no-break space beside a good cookie", inTurn, beside(values("Authorization", "\u00a0Bearer "+expired), cookie), 400, ""},
		{"a no-break space after the token", bothPlaces, values("Authorization", "Bearer "+token+"\u00a0"), 400, ""},
		{"an extractor of a new name", renamed, values("Authorization", " Bearer "+token), 200, alice},
		{"an extractor of a new name, expired", renamed, values("Authorization", " Bearer "+expired), 401, ""},

		{"before a named header's token", bothPlaces, values("X-Token", " "+token), 200, alice},
		{"around a named header's token", bothPlaces, values("X-Token", "\t"+token+" "), 200, alice},
		{"before a named header's token that is bad", bothPlaces, values("X-Token", " x"), 401, ""},
		{"alone in a named header", bothPlaces, values("X-Token", "\t "), 200, anonymous},
		{"alone in one of two named headers", bothPlaces, values("X-Token", " ", token), 400, ""},
		{"a no-break space before a named header's token", bothPlaces, values("X-Token", "\u00a0"+token), 401, ""},
		{"a named header of a new name", renamed, values("X-Token", " "+token), 200, alice},

		{"before a custom scheme", inTurn, values("X-Jwt", " JWT "+token), 200, alice},
		{"around a custom scheme", inTurn, values("X-Jwt", "\tJWT  "+token+" "), 200, alice},
		{"before a custom scheme, expired, beside a good cookie", inTurn, beside(values("X-Jwt", " JWT "+expired), cookie), 401, ""},
		{"a custom scheme in the second of two headers", inTurn, values("X-Jwt", "", "JWT "+token), 400, ""},
		{"a custom scheme in both headers", inTurn, values("X-Jwt", " ", " JWT "+token), 400, ""},
		{"alone, with a custom scheme", inTurn, values("X-Jwt", " "), 200, anonymous},
		{"what a custom extractor returns", returned, nil, 200, alice},
		{"a custom extractor returns only white space", nothing, nil, 200, anonymous},
		{"a value that is not from a header is not changed", notHeader, nil, 401, ""},

		{"around a cookie", bothPlaces, values("Cookie", " a=b ;\ttoken="+token+"\t"), 200, alice},
		{"around the name of a cookie", bothPlaces, values("Cookie", "token ="+token), 200, alice},
		{"around a cookie that is bad", bothPlaces, values("Cookie", "\ttoken=x "), 401, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{AllowAnonymous: true, Extractors: tc.places})
			before := tc.header.Clone()
			for _, version := range []int{1, 2} {
				r := httptest.NewRequest("GET", "/", nil)
				r.Proto, r.ProtoMajor, r.ProtoMinor = fmt.Sprintf("HTTP/%d.0", version), version, 0
				r.Header = tc.header.Clone()
				rec := httptest.NewRecorder()
				show[AppClaims](auth).ServeHTTP(rec, r)
				if rec.Code != tc.status || rec.Code == 200 && rec.Body.String() != tc.body {
					t.Errorf("in process: %d %s", rec.Code, rec.Body)
				}
				if !maps.EqualFunc(r.Header, before, slices.Equal[[]string]) {
					t.Errorf("the request was changed: %v", r.Header)
				}
			}
			a := sendHTTP2(t, show[AppClaims](auth), tc.header)
			if a.StatusCode != tc.status || a.StatusCode == 200 && a.body != tc.body {
				t.Errorf("over HTTP/2: %d %s", a.StatusCode, a.body)
			}
		})
	}
}

// show returns a handler that answers with the claims, or with "anonymous".
func show[C any](auth *jwthttp.Middleware[C]) http.Handler { return auth.Handler(showClaims[C]()) }

// sendHTTP2 sends a GET over TCP, with exactly this header.
func sendHTTP2(t *testing.T, h http.Handler, header http.Header) answer {
	t.Helper()
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("the request came over %s", r.Proto)
		}
		for name, values := range header {
			if name != "Cookie" && !slices.Equal(r.Header[name], values) {
				t.Errorf("%s arrived as %q", name, r.Header[name])
			}
		}
		h.ServeHTTP(w, r)
	}))
	s.Config.Protocols = protocols
	s.Start()
	defer s.Close()
	transport := &http.Transport{Protocols: protocols}
	defer transport.CloseIdleConnections()
	r, err := http.NewRequest("GET", s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		r.Header = header
	}
	res, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{Response: res, body: string(body)}
}

// Bytes that RFC 9110 does not call white space are not removed. They reach a handler only
// from a server other than net/http's.
func TestOtherSpace(t *testing.T) {
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{AllowAnonymous: true, Extractors: bothPlaces})
	for c := range 256 {
		if c == ' ' || c == '\t' || isTchar(byte(c)) {
			continue
		}
		for _, value := range []string{"Bearer " + good(), "", "x"} {
			for _, first := range []string{"", " "} {
				r := httptest.NewRequest("GET", "/", nil)
				r.Header["Authorization"] = []string{first + string([]byte{byte(c)}) + value}
				rec := httptest.NewRecorder()
				show[AppClaims](auth).ServeHTTP(rec, r)
				if rec.Code != 400 {
					t.Errorf("%q: %d %s", r.Header["Authorization"], rec.Code, rec.Body)
				}
			}
		}
	}
}

// isTchar reports whether RFC 9110 section 5.6.2 allows c in a token.
func isTchar(c byte) bool {
	return strings.IndexByte("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", c) >= 0
}

func TestCookies(t *testing.T) {
	some := func(n int) string { return strings.Repeat("x=y;", n) } // the caller adds one more pair
	two, malformed := "The request carries more than one credential", "The credential is malformed"
	const many = "The request carries too many cookies"
	for _, tc := range []struct {
		name  string
		lines []string
		want  string // the token, or the sentence of a 400
	}{
		{"none", nil, ""},
		{"one", []string{"token=a.b.c"}, "a.b.c"},
		{"between others", []string{"a=1; token=a.b.c; b=2"}, "a.b.c"},
		{"in the second line", []string{"a=1", "token=a.b.c"}, "a.b.c"},
		{"another name", []string{"xtoken=1; tokenx=2; token2=3"}, ""},
		{"in another case", []string{"Token=1; TOKEN=2"}, ""},
		{"empty", []string{"token="}, ""},
		{"without =", []string{"token"}, ""},
		{"empty quotes", []string{`token=""`}, ""},
		{"= in the value", []string{"token=a=b="}, "a=b="},
		{"in quotes", []string{`token="a.b.c"`}, "a.b.c"},
		{"white space around the pair", []string{"\ta=1; \t token=a.b.c \t;b"}, "a.b.c"},
		{"white space around the name", []string{"token \t=a.b.c"}, "a.b.c"},
		{"no separators but semicolons", []string{"a=1, token=a.b.c"}, ""},
		{"every byte that is allowed", []string{"token=!#$%&'()*+-./09:<=>?@AZ[]^_`az{|}~"}, "!#$%&'()*+-./09:<=>?@AZ[]^_`az{|}~"},
		{"names that are none", []string{"a b=1; =2; \x00=3; é=4; token=a.b.c"}, "a.b.c"},

		{"two", []string{"token=a; token=b"}, two},
		{"two of the same value", []string{"token=a; token=a"}, two},
		{"two lines", []string{"token=a", "token=b"}, two},
		{"an empty one beside a full one", []string{"token=; token=a"}, two},
		{"a full one beside an empty one", []string{"token=a; token="}, two},
		{"two that are empty", []string{"token=; token="}, two},
		{"one without = beside a full one", []string{"token; token=a"}, two},
		{"a bad one beside a good one", []string{"token=a b; token=a"}, two},
		{"two of which net/http drops one", []string{`token="; token=a`}, two},
		{"two, with other white space", []string{"token=a;\ttoken\t=b"}, two},

		{"a space", []string{"token=a b"}, malformed},
		{"a space before", []string{"token= a"}, malformed},
		{"a space in quotes", []string{`token="a b"`}, malformed},
		{"white space between quotes", []string{`token=" "`}, malformed},
		{"a comma", []string{"token=a,b"}, malformed},
		{"a backslash", []string{`token=a\b`}, malformed},
		{"a quote before", []string{`token="a`}, malformed},
		{"a quote after", []string{`token=a"`}, malformed},
		{"a quote alone", []string{`token="`}, malformed},
		{"quotes in quotes", []string{`token=""a""`}, malformed},
		{"a control character", []string{"token=a\x01"}, malformed},
		{"NUL", []string{"token=\x00"}, malformed},
		{"DEL", []string{"token=\x7f"}, malformed},
		{"a line break inside", []string{"token=a\r\nb"}, malformed},
		{"a byte above 0x7f", []string{"token=\xe9"}, malformed},
		{"a no-break space after", []string{"token=a\u00a0"}, malformed},

		{"3,000 pairs", []string{some(2999) + "token=a.b.c"}, "a.b.c"},
		{"3,001 pairs", []string{some(3000) + "token=a.b.c"}, many},
		{"3,001 pairs without the name", []string{some(3001)}, many},
		{"3,001 pairs, all empty", []string{strings.Repeat(";", 3000)}, many},
		{"3,000 semicolons after a bad one", []string{"token=x" + strings.Repeat(";", 3000)}, many},
		{"3,001 pairs in two lines", []string{some(1499) + "x", some(1500) + "x"}, many},
		{"3,000 pairs in two lines", []string{some(1499) + "x", some(1499) + "token=a.b.c"}, "a.b.c"},
		{"two good ones and 2,999 more", []string{"token=a; token=b; " + some(2999)}, many},
		{"two good ones and 2,998 more", []string{"token=a; token=b; " + strings.TrimSuffix(some(2998), ";")}, two},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, places := range [][]jwthttp.Extractor{{jwthttp.Cookie("token")}, bothPlaces, {jwthttp.FirstOf(jwthttp.BearerHeader(), jwthttp.Cookie("token"))}} {
				r := httptest.NewRequest("GET", "/", nil)
				r.Header["Cookie"] = tc.lines
				auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{AllowAnonymous: true, Extractors: places})
				rec := httptest.NewRecorder()
				show[AppClaims](auth).ServeHTTP(rec, r)
				got, err := jwthttp.Cookie("token").Extract(r)
				switch tc.want {
				case two, malformed, many:
					if got != "" || !errors.Is(err, jwthttp.ErrInvalidRequest) {
						t.Errorf("%q, %v", got, err)
					}
					a := answer{Response: rec.Result(), body: rec.Body.String()}
					if a.Header.Del("Vary"); a.StatusCode != 400 {
						t.Fatalf("%d %s", a.StatusCode, a.body)
					}
					checkProblem(t, a, 400, "invalid_request", tc.want)
				default:
					want := 401
					if tc.want == "" {
						want = 200
					}
					if got != tc.want || err != nil || rec.Code != want {
						t.Errorf("%q, %v, %d %s", got, err, rec.Code, rec.Body)
					}
				}
			}
		})
	}
}

// Once the header has a credential, that credential is final. Not even the number of cookies
// is checked.
func TestCookiesAreNotRead(t *testing.T) {
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), places(jwthttp.FirstOf(jwthttp.BearerHeader(), jwthttp.Cookie("token"))))
	for _, tc := range []struct {
		name, authorization, cookies string
		status                       int
	}{
		{"3,001 pairs", "Bearer " + good(), strings.Repeat(";", 3000), 200},
		{"two of the name", "Bearer " + good(), "token=a; token=b", 200},
		{"a bad header", "Bearer x", strings.Repeat(";", 3000), 401},
		{"another scheme", "Basic YTpi", strings.Repeat(";", 3000), 400},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Authorization", tc.authorization)
			r.Header.Set("Cookie", tc.cookies)
			rec := httptest.NewRecorder()
			show[AppClaims](auth).ServeHTTP(rec, r)
			if rec.Code != tc.status {
				t.Errorf("%d %s", rec.Code, rec.Body)
			}
		})
	}
}

// Many cookies cost no more than their bytes. Nothing is allocated for them.
func TestManyCookiesAreCheap(t *testing.T) {
	place := jwthttp.Cookie("token")
	for name, line := range map[string]string{
		"9 KB of one letter":    strings.Repeat("a;", 4500),
		"9 KB of semicolons":    strings.Repeat(";", 9<<10),
		"2,999 pairs":           strings.Repeat("a=b;", 2998) + "token=a.b.c",
		"2,999 pairs in quotes": strings.Repeat(`a="b";`, 2998) + `token="a.b.c"`,
		"the name all over":     strings.Repeat("token=a;", 2999),
		"longer names":          strings.Repeat("tokens=a;", 1000) + "token=a.b.c",
		"one value of 9 KB":     "a=" + strings.Repeat("b", 9<<10) + "; token=a.b.c",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", line)
		if n := testing.AllocsPerRun(20, func() { place.Extract(r) }); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// Long headers cost a refused request nothing: no token of it has verified, so anybody can send them.
func TestLongHeadersAreCheap(t *testing.T) {
	const size = 900_000 // net/http reads at most 1 MiB of headers
	custom := jwthttp.Extractor{Source: "header:X-Custom", Extract: func(r *http.Request) (string, error) { return r.Header.Get("X-Custom"), nil }}
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), places(jwthttp.BearerHeader(), jwthttp.Cookie("token"), jwthttp.HeaderNamed("X-Token"), custom))
	h := auth.Handler(http.NotFoundHandler())
	letters, spaces, wide := strings.Repeat("A", size), strings.Repeat("a ", size/2), strings.Repeat("\u023a", size/2) // longer in lower case
	escapes := strings.Repeat("\u2028", size/3)
	for _, tc := range []struct {
		name, value string
	}{
		{"Authorization", "Bearer " + letters}, {"Authorization", "Bearer " + spaces}, {"Authorization", letters}, {"Authorization", "=" + letters}, {"Authorization", "Bearer " + strings.Repeat(".", size)},
		{"X-Token", letters}, {"X-Token", escapes}, {"X-Custom", letters},
		{"Cookie", "token=" + letters}, {"Cookie", "token=" + spaces}, {"Cookie", letters + "=a"}, {"Cookie", strings.Repeat("a=b;", size/4)},
		{"Origin", letters}, {"Origin", escapes}, {"Origin", "https://" + letters}, {"Origin", "https://app.example.com:" + letters}, {"Origin", "a:" + strings.Repeat("%", size)}, {"Origin", "https://" + strings.Repeat(".", 254)},
		{"Sec-Fetch-Site", letters}, {"Sec-Fetch-Site", escapes},
		{"Upgrade", letters}, {"Upgrade", wide}, {"Upgrade", "websocket" + wide},
		{"Host", letters}, {"Host", escapes}, {"X-Any", letters},
	} {
		for _, method := range []string{"GET", "POST"} {
			r := httptest.NewRequest(method, "/", nil)
			r.Header = http.Header{"Cookie": {"token=x"}, "Origin": {"https://evil.example"}}
			if tc.name == "Host" {
				r.Host = tc.value
			} else {
				r.Header[tc.name] = []string{tc.value}
			}
			w := &nothing{http.Header{}}
			if bytes := bytesPerRun(10, func() { h.ServeHTTP(w, r) }); bytes >= 2<<10 && !underRace() {
				t.Errorf("%s with %s %.20q: %d bytes", method, tc.name, tc.value, bytes)
			}
		}
	}
	// White space around what a custom extractor reads costs a copy of the headers, as SECURITY.md says.
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("X-Custom", " x")
	for i := range 20_000 {
		r.Header[fmt.Sprint("X-", i)] = []string{""}
	}
	if bytes := bytesPerRun(3, func() { auth.Authenticate(r) }); bytes > 1_700_000 {
		t.Errorf("20,000 headers, and white space around one: %d bytes", bytes)
	}
}

// A header is the same header however a custom Source spells its name. Reading it allocates
// nothing.
func TestExtractionAllocatesNothing(t *testing.T) {
	token, custom := good(), jwtHeader("header:x-jwt")
	for name, tc := range map[string]struct {
		place         jwthttp.Extractor
		header, value string
		more          float64 // allocations that white space adds
	}{
		"Bearer":       {jwthttp.BearerHeader(), "Authorization", "Bearer " + token, 0},
		"named header": {jwthttp.HeaderNamed("X-Token"), "X-Token", token, 0},
		"custom":       {custom, "X-Jwt", "JWT " + token, 6},
	} {
		auth := mustNew[AppClaims](t, jwthttp.HS256(secret), places(tc.place))
		count := func(value string) float64 {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set(tc.header, value)
			return testing.AllocsPerRun(100, func() {
				if _, err := auth.Authenticate(r); err != nil {
					t.Fatal(err)
				}
			})
		}
		verified := testing.AllocsPerRun(100, func() { auth.Verify(t.Context(), token) })
		if plain, spaced := count(tc.value), count(" "+tc.value+"\t"); !underRace() && (plain != verified || spaced > plain+tc.more) {
			t.Errorf("%s: %v allocations, %v with white space, %v to verify", name, plain, spaced, verified)
		}
	}
}

// The cross-origin gate lets these requests with a cookie pass and refuses the others.
func TestGate(t *testing.T) {
	const own, trusted, evil = "https://app.example.com", "https://other.example.com", "https://evil.example"
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{
		Extractors: []jwthttp.Extractor{jwthttp.Cookie("token")}, TrustedOrigins: []string{trusted, "capacitor://localhost"},
	})
	host := func(host string) func(*http.Request) { return func(r *http.Request) { r.Host = host } }
	method := func(name string) func(*http.Request) { return func(r *http.Request) { r.Method = name } }
	overTLS := func(r *http.Request) { r.TLS = new(tls.ConnectionState) }
	type values = []string
	for _, tc := range []struct {
		name          string
		change        func(*http.Request)
		sites, origin values
		passes        bool
	}{
		{"no browser", nil, nil, nil, true},
		{"own origin", nil, nil, values{own}, true},
		{"another origin", nil, nil, values{evil}, false},
		{"a trusted origin", nil, nil, values{trusted}, true},
		{"a trusted origin, and a site", nil, values{"cross-site"}, values{trusted}, true},
		{"same-origin", nil, values{"same-origin"}, nil, true},
		{"same-origin through a proxy that changes the Host", host("backend"), values{"same-origin"}, values{own}, true},
		{"typed in the address bar", nil, values{"none"}, nil, true},
		{"same-site", nil, values{"same-site"}, values{own}, false},
		{"cross-site", nil, values{"cross-site"}, nil, false},
		{"own origin, cross-site", nil, values{"cross-site"}, values{own}, false},
		{"an unknown site", nil, values{"no-site"}, values{own}, false},
		{"same-origin in another case", nil, values{"Same-Origin"}, nil, false},
		{"an empty site", nil, values{""}, nil, false},
		{"an empty site, own origin", nil, values{""}, values{own}, false},
		{"an empty origin", nil, nil, values{""}, false},
		{"white space for an origin", nil, nil, values{" \t"}, false},
		{"two sites", nil, values{"same-origin", "cross-site"}, nil, false},
		{"two sites that agree", nil, values{"same-origin", "same-origin"}, nil, false},
		{"two origins", nil, nil, values{own, evil}, false},
		{"two origins, the first one trusted", nil, values{"cross-site"}, values{trusted, evil}, false},
		{"two sites in one", nil, values{"same-origin, cross-site"}, nil, false},
		{"two origins in one", nil, nil, values{own + " " + evil}, false},
		{"white space around a site", nil, values{" same-origin\t"}, nil, true},
		{"white space around another site", nil, values{" cross-site "}, nil, false},
		{"white space around the own origin", nil, nil, values{"\t" + own + " "}, true},
		{"white space around a trusted origin", nil, values{"cross-site"}, values{" " + trusted}, true},
		{"white space around another origin", nil, nil, values{" " + evil}, false},

		{"null", nil, nil, values{"null"}, false},
		{"null with an empty Host", host(""), nil, values{"null"}, false},
		{"data: with an empty Host", host(""), nil, values{"data:"}, false},
		{"data:, with more, with an empty Host", host(""), nil, values{"data:text/html,x"}, false},
		{"file: with an empty Host", host(""), nil, values{"file:"}, false},
		{"file:// with an empty Host", host(""), nil, values{"file://"}, false},
		{"about:blank with an empty Host", host(""), nil, values{"about:blank"}, false},
		{"https:// with an empty Host", host(""), nil, values{"https://"}, false},
		{"a path with an empty Host", host(""), nil, values{"/x"}, false},
		{"another origin with an empty Host", host(""), nil, values{evil}, false},
		{"no browser with an empty Host", host(""), nil, nil, true},
		{"a port alone", host(":8080"), nil, values{"https://:8080"}, false},
		{"no scheme", nil, nil, values{"//app.example.com"}, false},
		{"another scheme", nil, nil, values{"capacitor://app.example.com"}, false},
		{"an app on this machine", host("localhost"), nil, values{"tauri://localhost"}, false},
		{"an app that is trusted", host("localhost"), nil, values{"capacitor://localhost"}, true},
		{"a user before the host", nil, nil, values{"https://x@app.example.com"}, false},
		{"a path after the host", nil, nil, values{own + "/"}, false},
		{"an origin in another case", nil, nil, values{"https://APP.example.com"}, false},
		{"a Host in another case", host("App.Example.COM"), nil, values{own}, true},
		{"a Host with another letter", host("app.example.\u212aom"), nil, values{"https://app.example.kom"}, false},
		{"a Host with a dot at the end", host("app.example.com."), nil, values{own}, false},
		{"both with a dot at the end", host("app.example.com."), nil, values{own + "."}, true},
		{"another port", host("app.example.com:8443"), nil, values{own}, false},
		{"a port on both sides", host("app.example.com:8443"), nil, values{own + ":8443"}, true},
		{"the default port", host("app.example.com:443"), nil, values{own}, true},
		{"the default port, over TLS", func(r *http.Request) { overTLS(r); r.Host = "app.example.com:443" }, nil, values{own}, true},
		{"the default port of http", host("app.example.com:80"), nil, values{"http://app.example.com"}, true},
		{"the default port of http, over TLS", func(r *http.Request) { overTLS(r); r.Host = "app.example.com:80" }, nil, values{"http://app.example.com"}, false},
		{"the default port, a Host in another case", host("App.Example.COM:443"), nil, values{own}, true},
		{"the default port of the other scheme", host("app.example.com:80"), nil, values{own}, false},
		{"the default port of the other scheme, http", host("app.example.com:443"), nil, values{"http://app.example.com"}, false},
		{"the port of the other scheme on both sides", host("app.example.com:80"), nil, values{own + ":80"}, true},
		{"the default port on both sides", host("app.example.com:443"), nil, values{own + ":443"}, false},
		{"the default port in the origin", nil, nil, values{own + ":443"}, false},
		{"the default port twice", host("app.example.com:443:443"), nil, values{own}, false},
		{"the default port with a zero", host("app.example.com:0443"), nil, values{own}, false},
		{"the default port of another host", host("app.example.com:443"), nil, values{evil}, false},
		{"the default port alone", host(":443"), nil, values{"https://"}, false},
		{"the default port of an app", host("localhost:443"), nil, values{"tauri://localhost"}, false},
		{"the default port of an address", host("[::1]:443"), nil, values{"https://[::1]"}, true},
		{"no port after the colon", host("app.example.com:"), nil, values{own}, false},
		{"a longer name", host("app.example.com.evil.example"), nil, values{own}, false},
		{"an address", host("[::1]:8080"), nil, values{"http://[::1]:8080"}, true},

		{"an http origin where a proxy may have ended TLS", nil, nil, values{"http://app.example.com"}, true},
		{"an http origin over TLS", overTLS, nil, values{"http://app.example.com"}, false},
		{"an https origin over TLS", overTLS, nil, values{own}, true},

		{"GET", method("GET"), values{"cross-site"}, values{evil}, true},
		{"HEAD", method("HEAD"), values{"cross-site"}, values{evil}, true},
		{"OPTIONS", method("OPTIONS"), values{"cross-site"}, values{evil}, true},
		{"get", method("get"), values{"cross-site"}, nil, false},
		{"PUT", method("PUT"), nil, values{evil}, false},
		{"PATCH", method("PATCH"), nil, values{evil}, false},
		{"DELETE", method("DELETE"), nil, values{evil}, false},
		{"TRACE", method("TRACE"), nil, values{evil}, false},
		{"QUERY", method("QUERY"), nil, values{evil}, false},
		{"CONNECT", method("CONNECT"), nil, values{evil}, false},
		{"a method without a name", method(""), nil, values{evil}, false},
		{"a WebSocket over HTTP/2", func(r *http.Request) { // net/http represents RFC 8441 in this way
			r.Method, r.ProtoMajor = "CONNECT", 2
			r.Header[":protocol"] = values{"websocket"}
		}, nil, values{evil}, false},
		{"a WebSocket over HTTP/2 from here", func(r *http.Request) {
			r.Method, r.ProtoMajor = "CONNECT", 2
			r.Header[":protocol"] = values{"websocket"}
		}, values{"same-origin"}, nil, true},
		{"a WebSocket", upgrade("websocket"), nil, values{evil}, false},
		{"a WebSocket from here", upgrade("websocket"), nil, values{own}, true},
		{"a WebSocket from no browser", upgrade("websocket"), nil, nil, true},
		{"a WebSocket in another case", upgrade("WebSocket"), values{"cross-site"}, nil, false},
		{"a WebSocket of several", upgrade("h2c, WebSocket"), nil, values{evil}, false},
		{"a WebSocket in a second header", upgrade("h2c", "websocket"), nil, values{evil}, false},
		{"a WebSocket with a version", upgrade("websocket/13"), nil, values{evil}, false},
		{"a WebSocket after white space", upgrade("\twebsocket"), nil, values{evil}, false},
		{"a WebSocket by OPTIONS", func(r *http.Request) { upgrade("websocket")(r); r.Method = "OPTIONS" }, nil, values{evil}, false},
		{"another upgrade", upgrade("h2c"), nil, values{evil}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/", nil)
			r.Host = "app.example.com"
			r.Header["Cookie"] = []string{"token=" + good()}
			if tc.sites != nil {
				r.Header["Sec-Fetch-Site"] = tc.sites
			}
			if tc.origin != nil {
				r.Header["Origin"] = tc.origin
			}
			if tc.change != nil {
				tc.change(r)
			}
			rec := httptest.NewRecorder()
			show[AppClaims](auth).ServeHTTP(rec, r)
			if tc.passes {
				if rec.Code != 200 {
					t.Errorf("%d %s", rec.Code, rec.Body)
				}
				return
			}
			if rec.Code != 403 {
				t.Fatalf("%d %s", rec.Code, rec.Body)
			}
			checkProblem(t, answer{Response: rec.Result(), body: rec.Body.String()}, 403, "cross_origin", "")
		})
	}
}

// Over HTTP/1 a client may send an empty Host. An opaque origin does not equal it.
func TestGateWithoutHost(t *testing.T) {
	s := serve(t, mustNew[AppClaims](t, jwthttp.HS256(secret), places(jwthttp.Cookie("token"))))
	for origin, status := range map[string]int{"Origin: null\r\n": 403, "Origin: data:\r\n": 403, "Origin: file://\r\n": 403, "Origin:\r\n": 403, "": 200} {
		conn, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost:\r\n%sCookie: token=%s\r\nContent-Length: 0\r\n\r\n", origin, good())
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != status {
			t.Errorf("%q: %d, want %d", origin, res.StatusCode, status)
		}
	}
}

func upgrade(values ...string) func(*http.Request) {
	return func(r *http.Request) { r.Method, r.Header["Upgrade"] = "GET", values }
}

// An extractor of this package may get another function. The rules for extractors of headers
// hold for it too.
func TestDerivedExtractors(t *testing.T) {
	token := func(r *http.Request) (string, error) {
		token, ok := strings.CutPrefix(r.Header.Get("X-Jwt"), "JWT ")
		if !ok {
			return "", nil
		}
		return token, nil
	}
	derived := jwthttp.HeaderNamed("X-Jwt")
	derived.Extract = token
	ofBearer := jwthttp.BearerHeader()
	ofBearer.Source, ofBearer.Extract = "header:X-Jwt", token
	for name, place := range map[string]jwthttp.Extractor{
		"literal": {Source: "header:X-Jwt", Extract: token}, "derived from HeaderNamed": derived, "derived from BearerHeader": ofBearer,
		"within FirstOf": jwthttp.FirstOf(jwthttp.Cookie("token"), derived),
	} {
		auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{AllowAnonymous: true, Extractors: []jwthttp.Extractor{place}})
		for _, tc := range []struct {
			values []string
			want   int
		}{
			{nil, 200}, {[]string{"JWT " + good()}, 200}, {[]string{" JWT " + good()}, 200}, {[]string{"JWT " + good() + "\t"}, 200},
			{[]string{" JWT forged.a.b"}, 401}, {[]string{"\tJWT  forged.a.b "}, 401}, {[]string{"JWT " + good(), ""}, 400}, {[]string{"", ""}, 400},
		} {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header["X-Jwt"] = tc.values
			rec := httptest.NewRecorder()
			auth.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(rec, r)
			if rec.Code != tc.want {
				t.Errorf("%s: %q: %d, want %d", name, tc.values, rec.Code, tc.want)
			}
		}
	}
}
