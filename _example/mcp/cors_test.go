package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/jwthttp/jwthttp/_example/internal/browser"
)

// What clients send.
const (
	initialize  = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}`
	initialized = `{"jsonrpc":"2.0","method":"notifications/initialized"}`
	whoami      = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami"}}`
	note        = `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"note","arguments":{"text":"buy milk"}}}`
)

// A page may send what a client sends, and read what a client reads: also from a refusal.
func TestCORS(t *testing.T) {
	const page, other = "https://app.example.com", "https://evil.example.net"
	w := start(t, page)
	for _, path := range paths {
		token := w.token(t, "alice", readScope, w.self+path)
		asks := http.Header{
			"Access-Control-Request-Method":  {"POST"},
			"Access-Control-Request-Headers": {"authorization,content-type,mcp-protocol-version,mcp-session-id"},
		}
		for _, tc := range []struct {
			name, method, path, origin, token, body string
			header                                  http.Header
			status                                  int
			allowed                                 string // the origin that may read the answer
		}{
			{"preflight", "OPTIONS", path, page, "", "", asks, 204, page},
			{"preflight to end a session", "OPTIONS", path, page, "", "", http.Header{"Access-Control-Request-Method": {"DELETE"}, "Access-Control-Request-Headers": {"authorization,mcp-session-id"}}, 204, page},
			{"preflight of another origin", "OPTIONS", path, other, "", "", asks, 204, ""},
			{"no token", "POST", path, page, "", whoami, nil, 401, page},
			{"a bad token", "POST", path, page, token + "x", whoami, nil, 401, page},
			{"too little scope", "POST", path, page, w.token(t, "alice", "openid", w.self+path), whoami, nil, 403, page},
			{"a good token", "POST", path, page, token, whoami, nil, 200, page},
			{"another origin", "POST", path, other, token, whoami, nil, 403, ""},
			{"an origin without a name", "POST", path, "null", token, whoami, nil, 403, ""},
			{"two origins", "POST", path, "", token, whoami, http.Header{"Origin": {page, other}}, 403, ""},
			{"two origins, the other way round", "POST", path, "", token, whoami, http.Header{"Origin": {other, page}}, 403, ""},
			{"two origins, the first one empty", "POST", path, "", token, whoami, http.Header{"Origin": {"", other}}, 403, ""},
			{"preflight of two origins", "OPTIONS", path, "", "", "", http.Header{"Origin": {page, other}, "Access-Control-Request-Method": {"POST"}}, 403, ""},
			{"no page", "POST", path, "", token, whoami, nil, 200, ""},
			{"the metadata", "GET", "/.well-known/oauth-protected-resource" + path, other, "", "", nil, 200, "*"},
		} {
			t.Run(tc.name+path, func(t *testing.T) {
				req := request(t, tc.method, w.self+tc.path, tc.token, "", tc.body)
				if tc.origin != "" {
					req.Header.Set("Origin", tc.origin)
				}
				for name, values := range tc.header {
					req.Header[name] = values
				}
				res := send(t, req)
				h := res.Header
				if res.StatusCode != tc.status || strings.Join(h.Values("Access-Control-Allow-Origin"), ", ") != tc.allowed || h.Get("Access-Control-Allow-Credentials") != "" {
					t.Errorf("%s %v", res.Status, h)
				}
				switch {
				case tc.allowed != page:
				case tc.method == "OPTIONS":
					if h.Get("Access-Control-Allow-Methods") != tc.header.Get("Access-Control-Request-Method") || h.Get("Access-Control-Allow-Headers") != tc.header.Get("Access-Control-Request-Headers") {
						t.Errorf("%v", h)
					}
				case !strings.EqualFold(strings.Join(h.Values("Access-Control-Expose-Headers"), ", "), "WWW-Authenticate, Mcp-Session-Id"):
					t.Errorf("%v", h)
				case tc.status != 200 && !strings.Contains(h.Get("WWW-Authenticate"), ` scope="notes:read"`):
					t.Errorf("%v", h)
				}
			})
		}
	}
}

// A page in a real browser reads the challenges and the session, if its origin may.
func TestBrowser(t *testing.T) {
	empty := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	page, other := httptest.NewServer(empty), httptest.NewServer(empty)
	defer page.Close()
	defer other.Close()
	w := start(t, page.URL)
	tab := browser.Start(t)
	open := func(url string) {
		t.Helper()
		if err := chromedp.Do(tab, chromedp.Navigate(url)); err != nil {
			t.Fatal(err)
		}
	}
	type answer struct {
		Status                          int
		Challenge, Session, Body, Error string
	}
	fetch := func(t *testing.T, method, path, token, session, body string) answer {
		t.Helper()
		got, err := chromedp.Run(tab, chromedp.Evaluate[answer](fmt.Sprintf(`(async (method, url, token, session, body) => {
			const headers = {Accept: "application/json, text/event-stream", "Mcp-Protocol-Version": "2025-06-18"};
			if (body) headers["Content-Type"] = "application/json";
			if (token) headers.Authorization = "Bearer " + token;
			if (session) headers["Mcp-Session-Id"] = session;
			try {
				const r = await fetch(url, {method, headers, body: body || undefined});
				const header = (name) => r.headers.get(name) ?? "";
				return {Status: r.status, Challenge: header("WWW-Authenticate"), Session: header("Mcp-Session-Id"), Body: await r.text()};
			} catch (err) {
				return {Error: err.name};
			}
		})(%q, %q, %q, %q, %q)`, method, w.self+path, token, session, body), chromedp.EvalAwaitPromise))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for _, path := range paths[:2] {
		t.Run(path, func(t *testing.T) {
			metadata := "/.well-known/oauth-protected-resource" + path
			reader, writer := w.token(t, "alice", readScope, w.self+path), w.token(t, "alice", readScope+" "+writeScope, w.self+path)
			open(page.URL)
			if a := fetch(t, "POST", path, "", "", initialize); a.Status != 401 || a.Challenge != `Bearer realm="api", scope="notes:read", resource_metadata="`+w.self+metadata+`"` {
				t.Errorf("no token: %+v", a)
			}
			if a := fetch(t, "GET", metadata, "", "", ""); a.Status != 200 || !strings.Contains(a.Body, w.issuer) {
				t.Errorf("metadata: %+v", a)
			}
			began := fetch(t, "POST", path, reader, "", initialize)
			if began.Status != 200 || (began.Session == "") != (path == "/mcp") {
				t.Errorf("initialize: %+v", began)
			}
			if a := fetch(t, "POST", path, reader, began.Session, initialized); a.Status != 202 {
				t.Errorf("initialized: %+v", a)
			}
			if a := fetch(t, "POST", path, reader, began.Session, note); a.Status != 403 || !strings.Contains(a.Challenge, `error="insufficient_scope", scope="notes:read notes:write"`) {
				t.Errorf("too little scope: %+v", a)
			}
			if a := fetch(t, "POST", path, writer, began.Session, note); a.Status != 200 || !strings.Contains(a.Body, "noted for alice: buy milk") {
				t.Errorf("note: %+v", a)
			}
			if path == "/sessions" {
				if a := fetch(t, "DELETE", path, reader, began.Session, ""); a.Status != 204 {
					t.Errorf("end: %+v", a)
				}
			}
			open(other.URL)
			if a := fetch(t, "POST", path, writer, "", initialize); a.Error != "TypeError" {
				t.Errorf("another origin: %+v", a)
			}
			if a := fetch(t, "GET", metadata, "", "", ""); a.Status != 200 {
				t.Errorf("metadata for another origin: %+v", a)
			}
		})
	}
}
