package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/coder/websocket"
	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/adaptor"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwthttptest"
)

// unreachable is the kid of tokens whose keys cannot be fetched.
const unreachable = "unreachable"

func testAuth(t *testing.T, iss *jwthttptest.Issuer) *jwthttp.Middleware[Claims] {
	t.Helper()
	key := iss.RS256()
	auth, err := newAuth(jwthttp.KeyFunc(func(_ context.Context, h jwthttp.TokenHeader) ([]jwthttp.Key, error) {
		if h.KeyID == unreachable {
			return nil, errors.New("connection refused by keys.internal")
		}
		return []jwthttp.Key{key}, nil
	}), iss.Options())
	if err != nil {
		t.Fatal(err)
	}
	return auth
}

// A server is a router on a TCP port, reached by its client.
type server struct {
	name, url string
	*http.Client
}

// start starts every router.
func start(t *testing.T, auth *jwthttp.Middleware[Claims]) []server {
	t.Helper()
	client := &http.Client{
		Transport:     &http.Transport{DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	t.Cleanup(client.CloseIdleConnections)
	var servers []server
	for _, router := range routers {
		s := httptest.NewServer(router.make(auth))
		t.Cleanup(s.Close)
		servers = append(servers, server{router.name, s.URL, client})
	}
	return append(servers, server{"fiber", listen(t, fiberApp(auth)), client})
}

// listen starts fiber on its own server. adaptor.FiberApp would pass only the last of several
// Authorization headers to fiber.
func listen(t *testing.T, app *fiber.App) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- app.Listener(l, fiber.ListenConfig{DisableStartupMessage: true}) }()
	t.Cleanup(func() {
		if err := app.ShutdownWithTimeout(5 * time.Second); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return "http://" + l.Addr().String()
}

// connectRoutes are the API's paths in connect's protocol.
var connectRoutes = map[string]string{
	"/me":    "/api.v1.API/Me?connect=v1&encoding=json&message=%7B%7D",
	"/notes": "/api.v1.API/Note",
	"/admin": "/api.v1.API/Admin?connect=v1&encoding=json&message=%7B%7D",
}

func (s server) request(t *testing.T, method, path, body string, header http.Header) *http.Request {
	t.Helper()
	if s.name == "connect" {
		bare, query, _ := strings.Cut(path, "?")
		if route, ok := connectRoutes[bare]; ok {
			path = route + strings.TrimSuffix("&"+query, "&")
		}
	}
	r, err := http.NewRequestWithContext(patience(t), method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(r.Header, header)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

func (s server) send(t *testing.T, method, path, body string, header http.Header) (*http.Response, string) {
	t.Helper()
	res, err := s.Do(s.request(t, method, path, body, header))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(text)
}

// patience ends a test that hangs.
func patience(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// An answer is what a client should get. With a code or a detail it is the problem document
// of a refusal. Otherwise it is the answer of the handler.
type answer struct {
	status    int
	challenge string // the whole WWW-Authenticate; "" if there is none
	code      string // the body's error
	detail    string
	cache     string // the whole Cache-Control
	body      string // JSON of a handler, or text
	header    http.Header
}

func refused(status int, code, params, detail string) answer {
	a := answer{status: status, code: code, detail: detail, cache: "no-store"}
	if status != http.StatusServiceUnavailable && code != "cross_origin" {
		a.challenge = `Bearer realm="api"` + params
	}
	return a
}

func invalidRequest(detail string) answer {
	return refused(400, "invalid_request", `, error="invalid_request", error_description="`+detail+`"`, detail)
}

func invalidToken(detail string) answer {
	return refused(401, "invalid_token", `, error="invalid_token", error_description="`+detail+`"`, detail)
}

// with returns the answer with one more header.
func with(a answer, name, value string) answer {
	a.header = http.Header{name: {value}}
	return a
}

var (
	noToken        = refused(401, "", "", "No access token was sent")
	twoCredentials = invalidRequest("The request carries more than one credential")
	malformed      = invalidRequest("The credential is malformed")
	expired        = invalidToken("The access token expired")
	crossOrigin    = refused(403, "cross_origin", "", "The request comes from another origin")
	lacksScope     = refused(403, "insufficient_scope", `, error="insufficient_scope", scope="admin", error_description="The access token lacks a required scope"`, "The access token lacks a required scope")
	outOfReach     = refused(503, "temporarily_unavailable", "", "The access token cannot be checked at the moment")
	meAnswer       = answer{status: 200, body: `{"sub":"alice"}`}
	meByCookie     = answer{status: 200, body: `{"sub":"alice"}`, cache: "private"}
	noteByHeader   = answer{status: 200, body: `{"text":"hello","author":"alice"}`}
	noteByCookie   = answer{status: 200, body: `{"text":"hello","author":"alice"}`, cache: "private"}
)

type row struct {
	name   string
	method string // a method and a path; "" means GET /me
	header http.Header
	body   string
	want   answer
}

// rows are the requests that every router answers alike.
func rows(t *testing.T, iss *jwthttptest.Issuer) []row {
	t.Helper()
	token := func(options ...jwthttptest.TokenOption) string {
		return iss.Token(t, Claims{Subject: "alice"}, options...)
	}
	authorization := func(values ...string) http.Header { return http.Header{"Authorization": values} }
	bearer := func(options ...jwthttptest.TokenOption) http.Header {
		return authorization("Bearer " + token(options...))
	}
	cookie := func(pairs ...string) http.Header {
		h := http.Header{"Cookie": {"token=" + token()}}
		for i := 0; i < len(pairs); i += 2 {
			h[pairs[i]] = []string{pairs[i+1]}
		}
		return h
	}
	const hello = `{"text":"hello"}`
	padding := func(n int) jwthttptest.TokenOption { return jwthttptest.Claim("padding", strings.Repeat("x", n)) }
	return []row{
		{"public", "GET /", nil, "", answer{status: 200, body: welcome}},
		{"public, with a bad token", "GET /", authorization("Bearer x"), "", answer{status: 200, body: welcome}},

		{"header", "", bearer(), "", meAnswer},
		{"header, lower case and spaces", "", authorization("bearer   " + token()), "", meAnswer},
		{"header, 7 KiB", "", bearer(padding(5 << 10)), "", meAnswer},
		{"header, HEAD", "HEAD /me", bearer(), "", answer{status: 200}},
		{"header, POST", "POST /notes", bearer(), hello, noteByHeader},
		{"header, POST cross-site", "POST /notes", http.Header{"Authorization": {"Bearer " + token()}, "Sec-Fetch-Site": {"cross-site"}}, hello, noteByHeader},
		{"header, scope", "GET /admin", bearer(jwthttptest.Claim("scope", "read admin")), "", answer{status: 200, body: `{"admin":"alice"}`}},
		{"cookie", "", cookie(), "", meByCookie},
		{"cookie beside Basic", "", cookie("Authorization", "Basic YTpi"), "", meByCookie},
		{"cookie, POST same-origin", "POST /notes", cookie("Sec-Fetch-Site", "same-origin"), hello, noteByCookie},
		{"cookie, POST of no browser", "POST /notes", cookie(), hello, noteByCookie},

		{"two Authorization headers", "", authorization("Bearer "+token(), "Bearer "+token()), "", twoCredentials},
		{"two Authorization headers, the last a good one", "", authorization("Basic YTpi", "Bearer "+token()), "", twoCredentials},
		{"two Authorization headers, the first a good one", "", authorization("Bearer "+token(), "Basic YTpi"), "", twoCredentials},
		{"header and cookie", "", cookie("Authorization", "Bearer "+token()), "", twoCredentials},
		{"two cookies", "", http.Header{"Cookie": {"token=" + token() + "; token=" + token()}}, "", twoCredentials},
		{"two Cookie headers", "", http.Header{"Cookie": {"token=" + token(), "token=" + token()}}, "", twoCredentials},

		{"nothing", "", nil, "", noToken},
		{"nothing, HEAD", "HEAD /me", nil, "", noToken},
		{"nothing, POST", "POST /notes", nil, hello, noToken},
		{"nothing, POST of no JSON", "POST /notes", nil, "{", noToken},
		{"nothing, scope", "GET /admin", nil, "", noToken},
		{"empty Authorization", "", authorization(""), "", noToken},
		{"Basic", "", authorization("Basic YTpi"), "", noToken},
		{"bare token", "", authorization(token()), "", noToken},
		{"BearerX", "", authorization("BearerX " + token()), "", noToken},
		{"token in the query", "GET /me?access_token=" + token(), nil, "", noToken},

		{"Bearer alone", "", authorization("Bearer"), "", malformed},
		{"a second word", "", authorization("Bearer " + token() + " x"), "", malformed},
		{"a tab", "", authorization("Bearer\t" + token()), "", malformed},
		{"quotes", "", authorization(`Bearer "` + token() + `"`), "", malformed},
		{"a byte above 0x7f", "", authorization("Bearer \xe9" + token()), "", malformed},

		{"cookie, POST cross-site", "POST /notes", cookie("Sec-Fetch-Site", "cross-site"), hello, crossOrigin},
		{"cookie, POST with another Origin", "POST /notes", cookie("Origin", "https://elsewhere.example"), hello, crossOrigin},
		{"cookie, WebSocket cross-site", "", cookie("Sec-Fetch-Site", "cross-site", "Connection", "Upgrade", "Upgrade", "websocket"), "", crossOrigin},

		{"no token at all", "", authorization("Bearer abc"), "", invalidToken("The access token is malformed")},
		{"expired", "", bearer(jwthttptest.Expired), "", expired},
		{"expired, HEAD", "HEAD /me", bearer(jwthttptest.Expired), "", expired},
		{"expired, POST", "POST /notes", bearer(jwthttptest.Expired), hello, expired},
		{"not yet valid", "", bearer(jwthttptest.NotYetValid), "", invalidToken("The access token is not valid yet")},
		{"alg none", "", bearer(jwthttptest.AlgNone), "", invalidToken("The access token is malformed")}, // because it has no signature
		{"alg none, with a signature", "", bearer(jwthttptest.Header("alg", "none")), "", invalidToken("The access token was signed with an unknown key")},
		{"forged", "", bearer(jwthttptest.ForgedSignature), "", invalidToken("The access token signature is invalid")},
		{"tampered", "", bearer(jwthttptest.TamperedClaims), "", invalidToken("The access token signature is invalid")},
		{"wrong issuer", "", bearer(jwthttptest.WrongIssuer), "", invalidToken("The access token has another issuer")},
		{"wrong audience", "", bearer(jwthttptest.WrongAudience), "", invalidToken("The access token is for another audience")},
		{"oversized", "", bearer(padding(7 << 10)), "", invalidToken("The access token is too large")},

		{"missing scope", "GET /admin", bearer(), "", lacksScope},
		{"keys out of reach", "", bearer(jwthttptest.Header("kid", unreachable)), "", outOfReach},
	}
}

// differs has the answers of a router that differ from those of the other routers.
var differs = map[string]map[string]answer{
	// Other routers serve HEAD with the handler of GET. connect's protocol does not have HEAD.
	// A refusal comes before that.
	"header, HEAD": {"connect": {status: 405, header: http.Header{"Allow": {"GET, POST"}}}},
	// Here the guard is inside the CORS layer, which has set its Vary.
	"missing scope": {"cors-inside": with(lacksScope, "Vary", "Origin")},
}

// adds has the headers that a router adds to all its answers, refusals included.
var adds = map[string][]string{
	"cors-outside": {"Vary"}, // Origin
}

// addsOwn has the headers that a router adds to its handlers' answers, and not to refusals.
var addsOwn = map[string][]string{
	"cors-inside": {"Vary"},
	"connect":     {"Accept-Encoding", "Vary"}, // for its GET
}

func TestAnswers(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	table := rows(t, iss)
	for _, s := range start(t, testAuth(t, iss)) {
		t.Run(s.name, func(t *testing.T) {
			for _, row := range table {
				t.Run(row.name, func(t *testing.T) {
					method, path, _ := strings.Cut(cmp.Or(row.method, "GET /me"), " ")
					res, body := s.send(t, method, path, row.body, row.header)
					want := row.want
					if other, ok := differs[row.name][s.name]; ok {
						want = other
					}
					compare(t, s.name, res, body, want)
				})
			}
		})
	}
}

// compare fails the test unless res is the wanted answer and nothing more.
func compare(t *testing.T, router string, res *http.Response, body string, want answer) {
	t.Helper()
	t.Logf("%s %v %s", res.Status, res.Header, body)
	if res.StatusCode != want.status {
		t.Errorf("status: %d, want %d", res.StatusCode, want.status)
	}
	head := res.Request.Method == http.MethodHead
	header := http.Header{}
	maps.Copy(header, want.header)
	for name, value := range map[string]string{"Www-Authenticate": want.challenge, "Cache-Control": want.cache} {
		if value != "" {
			header.Set(name, value)
		}
	}
	if want.status == http.StatusServiceUnavailable {
		header.Set("Retry-After", "5")
	}
	if want.detail != "" {
		header.Set("Content-Type", "application/problem+json")
	}
	for name, values := range header {
		if !slices.Equal(res.Header[name], values) {
			t.Errorf("%s: %q, want %q", name, res.Header[name], values)
		}
	}
	for name, values := range res.Header {
		switch name {
		case "Date", "Content-Length", "Connection":
			continue
		case "Content-Type":
			if want.detail == "" {
				continue // checked below for the handler's answers
			}
		}
		if _, ok := header[name]; !ok && !slices.Contains(adds[router], name) && !(want.detail == "" && slices.Contains(addsOwn[router], name)) {
			t.Errorf("%s: %q, want none", name, values)
		}
	}
	switch {
	case head:
		if body != "" {
			t.Errorf("body: %q", body)
		}
	case want.detail != "":
		problem := map[string]any{"title": http.StatusText(want.status), "status": want.status, "detail": want.detail}
		if want.code != "" {
			problem["error"] = want.code
		}
		sameJSON(t, body, problem)
	case strings.HasPrefix(want.body, "{"):
		// Some frameworks add a charset, which is right.
		if kind, _, err := mime.ParseMediaType(res.Header.Get("Content-Type")); err != nil || kind != "application/json" {
			t.Errorf("Content-Type: %q", res.Header["Content-Type"])
		}
		sameJSON(t, body, json.RawMessage(want.body))
	case body != want.body:
		t.Errorf("body: %q, want %q", body, want.body)
	}
}

func sameJSON(t *testing.T, body string, want any) {
	t.Helper()
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var a, b map[string]any
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		t.Errorf("body: %q: %v", body, err)
		return
	}
	if err := json.Unmarshal(text, &b); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(a, b) {
		t.Errorf("body: %s, want %s", body, text)
	}
}

// A client of net/http hides any bytes after an answer to HEAD.
func TestHeadHasNoBody(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	for _, s := range start(t, testAuth(t, iss)) {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		r := s.request(t, "HEAD", "/me", "", http.Header{"Authorization": {"Bearer " + iss.Token(t, nil, jwthttptest.Expired)}})
		r.Close = true
		if err := r.Write(conn); err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(conn)
		if err != nil || !bytes.HasPrefix(text, []byte("HTTP/1.1 401 ")) || bytes.Index(text, []byte("\r\n\r\n")) != len(text)-4 {
			t.Errorf("%s: %q %v", s.name, text, err)
		}
	}
}

// A good token with a body that is not a note is a fault of the client. The answer names no
// Go type.
func TestBadBody(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	header := http.Header{"Authorization": {"Bearer " + iss.Token(t, Claims{Subject: "alice"})}}
	for _, s := range start(t, testAuth(t, iss)) {
		t.Run(s.name, func(t *testing.T) {
			res, body := s.send(t, "POST", "/notes", "[1]", header)
			if res.StatusCode < 400 || res.StatusCode > 499 || strings.Contains(body, "main.note") {
				t.Errorf("%s %s", res.Status, body)
			}
		})
	}
}

// Without a token, a router answers requests that it does not serve in one of two ways, and no
// handler runs:
//   - If it calls the middleware before it looks for a route, the answer is a 401. It hides
//     which paths exist.
//   - Otherwise the answer is the router's own.
func TestNotServed(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	preflight := http.Header{"Origin": {"https://app.example"}, "Access-Control-Request-Method": {"GET"}, "Access-Control-Request-Headers": {"authorization"}}
	type statuses struct{ preflight, method, path, below, slash int }
	want := map[string]statuses{
		"mux":          {405, 405, 404, 404, 404},
		"alice":        {405, 405, 404, 404, 404},
		"chi":          {405, 405, 404, 404, 404},
		"gorilla":      {405, 405, 404, 404, 404},
		"cors-outside": {204, 405, 404, 404, 404},
		"cors-inside":  {401, 401, 401, 401, 401}, // a whole mux is inside the middleware
		"gin":          {404, 404, 404, 404, 301}, // gin.Engine: HandleMethodNotAllowed is off, RedirectTrailingSlash on
		"echo":         {401, 401, 401, 401, 401}, // Group.Use also applies to them
		"huma":         {405, 405, 404, 404, 404},
		"connect":      {401, 401, 404, 404, 404}, // takes any method on its path
		"fiber":        {401, 401, 401, 401, 401}, // a group's middleware applies to every route that is registered after it
	}
	for _, s := range start(t, testAuth(t, iss)) {
		t.Run(s.name, func(t *testing.T) {
			var got statuses
			for _, try := range []struct {
				method, path string
				header       http.Header
				status       *int
			}{
				{"OPTIONS", "/me", preflight, &got.preflight},
				{"DELETE", "/me", nil, &got.method},
				{"GET", "/unknown", nil, &got.path},
				{"GET", "/me/unknown", nil, &got.below},
				{"GET", "/me/", nil, &got.slash},
				// Other spellings of /me. A router may accept some of them. None avoids the
				// middleware.
				{"GET", "/ME", nil, new(int)},
				{"GET", "//me", nil, new(int)},
				{"GET", "/./me", nil, new(int)},
				{"GET", "/x/../me", nil, new(int)},
				{"GET", "/%6de", nil, new(int)},
				{"GET", "/me%2f", nil, new(int)},
				{"GET", "/me;x", nil, new(int)},
			} {
				res, body := s.send(t, try.method, try.path, "", try.header)
				*try.status = res.StatusCode
				t.Log(try.method, try.path, res.Status, res.Header, body)
				switch {
				case res.StatusCode == 401:
					compare(t, s.name, res, body, noToken)
				case res.StatusCode == 204 && try.status == &got.preflight && s.name == "cors-outside":
				case res.StatusCode < 300 || len(res.Header["Www-Authenticate"]) > 0:
					t.Errorf("%s %s: %s %v %q", try.method, try.path, res.Status, res.Header, body)
				}
			}
			if got != want[s.name] {
				t.Errorf("%+v, want %+v", got, want[s.name])
			}
		})
	}
}

// With CORS outside, scripts of the other origin can read why they are refused.
func TestCORS(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	for _, s := range start(t, testAuth(t, iss)) {
		origin := http.Header{"Origin": {"https://app.example"}}
		refusal, body := s.send(t, "GET", "/me", "", origin)
		origin.Set("Authorization", "Bearer "+iss.Token(t, Claims{Subject: "alice"}))
		accepted, _ := s.send(t, "GET", "/me", "", origin)
		onRefusal, onAccepted := "", ""
		switch s.name {
		case "cors-outside":
			onRefusal, onAccepted = "https://app.example", "https://app.example"
		case "cors-inside":
			onAccepted = "https://app.example"
		}
		if got := refusal.Header.Get("Access-Control-Allow-Origin"); got != onRefusal || refusal.StatusCode != 401 {
			t.Errorf("%s: %s %v %s", s.name, refusal.Status, refusal.Header, body)
		}
		if s.name == "cors-outside" && refusal.Header.Get("Access-Control-Expose-Headers") == "" {
			t.Errorf("%s: a script cannot read the challenge: %v", s.name, refusal.Header)
		}
		if got := accepted.Header.Get("Access-Control-Allow-Origin"); got != onAccepted || accepted.StatusCode != 200 {
			t.Errorf("%s: %s %v", s.name, accepted.Status, accepted.Header)
		}
	}
}

func TestConformance(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	auth := testAuth(t, iss)
	for _, router := range routers {
		for _, path := range []string{"/me", "/admin"} {
			t.Run(router.name+path, func(t *testing.T) {
				setup := jwthttptest.Setup{Issuer: iss, Claims: Claims{Subject: "alice"}, Cookie: "token"}
				if path == "/admin" {
					setup.Scopes = []string{"admin"}
				}
				if router.name == "cors-outside" {
					setup.CORS = "https://app.example"
				}
				target := path
				if router.name == "connect" {
					target = connectRoutes[path]
				}
				setup.Request = func() *http.Request { return httptest.NewRequest("GET", target, nil) }
				jwthttptest.Conformance(t, router.make(auth), setup)
			})
		}
		t.Run(router.name+"/notes", func(t *testing.T) {
			jwthttptest.Conformance(t, router.make(auth), jwthttptest.Setup{
				Issuer: iss, Claims: Claims{Subject: "alice"}, Cookie: "token",
				Request: func() *http.Request {
					path := "/notes"
					if router.name == "connect" {
						path = connectRoutes[path]
					}
					r := httptest.NewRequest("POST", path, strings.NewReader(`{"text":"hello"}`))
					r.Header.Set("Content-Type", "application/json")
					return r
				},
			})
		})
	}
}

// The middleware passes the server's ResponseWriter, and so do the routers.
func TestStreams(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	token := iss.Token(t, Claims{Subject: "alice"})
	for _, s := range start(t, testAuth(t, iss)) {
		if s.name == "fiber" {
			continue // TestFiberAdaptor
		}
		t.Run(s.name+"/events", func(t *testing.T) { firstEvent(t, s, token) })
		t.Run(s.name+"/socket", func(t *testing.T) {
			if err := greeting(t, s, token); err != nil {
				t.Error(err)
			}
		})
		t.Run(s.name+"/socket without token", func(t *testing.T) {
			conn, res, err := websocket.Dial(patience(t), s.url+"/socket", nil)
			if err == nil {
				conn.CloseNow()
				t.Fatal("it was let in")
			}
			if res == nil || res.StatusCode != 401 {
				t.Error(res, err)
			}
		})
	}
}

// firstEvent reads an event while the handler, which sends more of them, runs on.
func firstEvent(t *testing.T, s server, token string) {
	t.Helper()
	res, err := s.Do(s.request(t, "GET", "/events", "", http.Header{"Authorization": {"Bearer " + token}}))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	line, err := bufio.NewReader(res.Body).ReadString('\n')
	if err != nil || line != "data: 1 for \"alice\"\n" || res.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("%s %v %q %v", res.Status, res.Header, line, err)
	}
}

func greeting(t *testing.T, s server, token string) error {
	t.Helper()
	conn, _, err := websocket.Dial(patience(t), s.url+"/socket", &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + token}}})
	if err != nil {
		return err
	}
	defer conn.CloseNow()
	if _, text, err := conn.Read(patience(t)); err != nil || string(text) != "hello alice" {
		return fmt.Errorf("%q %w", text, err)
	}
	return nil
}

// Clients of connect's protocols derive their codes from the status.
func TestConnectClients(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	s := httptest.NewUnstartedServer(connectService(testAuth(t, iss)))
	s.EnableHTTP2 = true // gRPC needs HTTP/2
	s.StartTLS()
	defer s.Close()
	bearer := func(options ...jwthttptest.TokenOption) string {
		return "Bearer " + iss.Token(t, Claims{Subject: "alice"}, options...)
	}
	for protocol, options := range map[string][]connect.ClientOption{
		"Connect":        nil,
		"Connect by GET": {connect.WithHTTPGet(), connect.WithIdempotency(connect.IdempotencyNoSideEffects)},
		"gRPC":           {connect.WithGRPC()},
		"gRPC-Web":       {connect.WithGRPCWeb()},
	} {
		for name, tc := range map[string]struct {
			procedure     string
			authorization string
			want          connect.Code // 0 for none
		}{
			"good":          {"Me", bearer(), 0},
			"nothing":       {"Me", "", connect.CodeUnauthenticated},
			"malformed":     {"Me", "Bearer", connect.CodeInternal},
			"expired":       {"Me", bearer(jwthttptest.Expired), connect.CodeUnauthenticated},
			"missing scope": {"Admin", bearer(), connect.CodePermissionDenied},
			"out of reach":  {"Me", bearer(jwthttptest.Header("kid", unreachable)), connect.CodeUnavailable},
		} {
			client := connect.NewClient[emptypb.Empty, structpb.Struct](s.Client(), s.URL+"/api.v1.API/"+tc.procedure, options...)
			req := connect.NewRequest(&emptypb.Empty{})
			req.Header().Set("Authorization", tc.authorization)
			res, err := client.CallUnary(patience(t), req)
			switch {
			case tc.want != 0:
				var failed *connect.Error
				if !errors.As(err, &failed) || failed.Code() != tc.want {
					t.Errorf("%s, %s: %v", protocol, name, err)
				}
			case err != nil || res.Msg.Fields["sub"].GetStringValue() != "alice":
				t.Errorf("%s, %s: %v %v", protocol, name, res, err)
			}
		}
	}
}

// This is what the comment of ginMiddleware says of gin.WrapH.
func TestGinWrapH(t *testing.T) {
	auth := testAuth(t, jwthttptest.NewIssuer(t))
	e := gin.New()
	e.Use(gin.WrapH(auth.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))))
	e.GET("/me", func(c *gin.Context) { c.String(http.StatusOK, "the handler ran") })
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequest("GET", "/me", nil))
	if w.Code != 401 || !strings.HasSuffix(w.Body.String(), "the handler ran") {
		t.Error(w.Code, w.Body)
	}
}

// This is what the comment of fiberApp says of the adaptor. The test fails if that changes.
func TestFiberAdaptor(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	auth := testAuth(t, iss)
	token := iss.Token(t, Claims{Subject: "alice"})
	app := fiber.New(fiber.Config{ReadBufferSize: 16 << 10})
	app.Get("/wrapped", adaptor.HTTPMiddleware(auth.Handler), func(c fiber.Ctx) error {
		return c.SendString(fmt.Sprintf("sub %q", subject(c.Context())))
	})
	seen := make(chan struct{})
	app.Get("/events", adaptor.HTTPHandler(auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rc := http.NewResponseController(w)
		fmt.Fprintf(w, "data: 1 for %s\n", subject(r.Context()))
		if err := rc.SetWriteDeadline(time.Now().Add(time.Minute)); !errors.Is(err, http.ErrNotSupported) {
			t.Error(err)
		}
		if err := rc.Flush(); err != nil {
			t.Error(err)
		}
		select {
		case <-seen:
		case <-time.After(5 * time.Second):
			t.Error("the event was held back")
		}
	}))))
	app.Get("/socket", adaptor.HTTPHandler(auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if conn, err := websocket.Accept(w, r, nil); err == nil {
			conn.CloseNow()
		}
	}))))
	s := server{"fiber", listen(t, app), http.DefaultClient}

	for _, tc := range []struct {
		authorization []string
		want          string
	}{
		{[]string{"Bearer " + token}, `sub ""`},
		{[]string{"Basic YTpi", "Bearer " + token}, `sub ""`},
	} {
		if res, body := s.send(t, "GET", "/wrapped", "", http.Header{"Authorization": tc.authorization}); res.StatusCode != 200 || body != tc.want {
			t.Errorf("adaptor.HTTPMiddleware: %s %q", res.Status, body)
		}
	}
	res, err := s.Do(s.request(t, "GET", "/events", "", http.Header{"Authorization": {"Bearer " + token}}))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if line, err := bufio.NewReader(res.Body).ReadString('\n'); err != nil || line != "data: 1 for alice\n" {
		t.Errorf("%q %v", line, err)
	}
	close(seen)
	if err := greeting(t, s, token); err == nil {
		t.Error("the adaptor can do WebSockets now")
	}
}

func TestServe(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	auth := testAuth(t, iss)
	names := []string{"fiber"}
	for _, router := range routers {
		names = append(names, router.name)
	}
	for _, name := range names {
		serve, err := newServer(name, auth)
		if err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- serve(l) }()
		s := server{name, "http://" + l.Addr().String(), &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
		for path, status := range map[string]int{"/": 200, "/me": 401} {
			if res, _ := s.send(t, "GET", path, "", nil); res.StatusCode != status {
				t.Errorf("%s: GET %s: %s", name, path, res.Status)
			}
		}
		l.Close()
		<-done
	}
	if _, err := newServer("martini", auth); err == nil || !strings.Contains(err.Error(), "fiber, mux, ") {
		t.Error(err)
	}
}
