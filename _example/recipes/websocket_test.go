package recipes

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/jwthttp/jwthttp/_example/internal/browser"
	"github.com/jwthttp/jwthttp/jwthttptest"
)

const elsewhere = "https://app.example.com"

func TestWebSocket(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	token := iss.Token(t, Claims{Subject: "alice"}, jwthttptest.Claim("aud", nil))
	expired := iss.Token(t, Claims{Subject: "alice"}, jwthttptest.Claim("aud", nil), jwthttptest.Expired)
	server := httptest.NewServer(webSocket(iss.RS256(), []string{elsewhere}))
	defer server.Close()
	const protocol = "Sec-WebSocket-Protocol: "
	cookie := "Cookie: __Host-token=" + token
	for _, tc := range []struct {
		name  string
		lines []string
		want  string // the status, and the protocol of the answer or its error
	}{
		{"a token", []string{protocol + "chat, bearer." + token}, "101 chat"},
		{"the token first", []string{protocol + "bearer." + token + ",chat"}, "101 chat"},
		{"two headers", []string{protocol + "chat", protocol + "bearer." + token}, "101 chat"},
		{"no other protocol", []string{protocol + "bearer." + token}, "101 "},
		{"no token", []string{protocol + "chat, bearer"}, "401 "},
		{"an expired token", []string{protocol + "chat, bearer." + expired}, "401 invalid_token"},
		{"an empty token", []string{protocol + "chat, bearer."}, "400 invalid_request"},
		{"two tokens", []string{protocol + "bearer." + token + ", bearer." + expired}, "400 invalid_request"},
		{"the same token twice", []string{protocol + "bearer." + token + ", bearer." + token}, "400 invalid_request"},
		{"an empty one before a token", []string{protocol + "bearer., bearer." + token}, "400 invalid_request"},
		{"two headers with two tokens", []string{protocol + "chat, bearer." + token, protocol + "bearer." + token}, "400 invalid_request"},
		{"a token beside Authorization", []string{protocol + "chat, bearer." + token, "Authorization: Bearer " + token}, "400 invalid_request"},
		{"Authorization", []string{protocol + "chat", "Authorization: Bearer " + token}, "101 chat"},
		{"a cookie", []string{protocol + "chat", cookie}, "101 chat"},
		{"a token beside a cookie", []string{protocol + "chat, bearer." + token, "Cookie: __Host-token=x"}, "101 chat"},
		{"a bad token beside a cookie", []string{protocol + "chat, bearer.x", cookie}, "401 invalid_token"},
		{"a prefix in another case", []string{protocol + "chat, BEARER." + token}, "101 chat"},
		{"a bad token with a prefix in another case beside a cookie", []string{protocol + "chat, Bearer.x", cookie}, "401 invalid_token"},
		{"two tokens, one with a prefix in another case", []string{protocol + "bearer." + token + ", Bearer." + token}, "400 invalid_request"},
		{"tabs around a token", []string{protocol + "chat,\tbearer." + token + "\t ,x"}, "101 chat"},
		{"a no-break space after a token", []string{protocol + "bearer." + token + "\u00a0, chat"}, "401 invalid_token"},
		{"a no-break space before a token", []string{protocol + "chat, \u00a0bearer." + token}, "401 "},
		{"a cookie from elsewhere", []string{protocol + "chat", cookie, "Origin: https://evil.example"}, "403 cross_origin"},
		{"a token from elsewhere", []string{protocol + "chat, bearer." + token, "Origin: https://evil.example"}, "403 cross_origin"},
		{"a token from a trusted origin", []string{protocol + "chat, bearer." + token, "Origin: " + elsewhere}, "101 chat"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			upgrade := []string{"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}
			for _, line := range append(upgrade, tc.lines...) {
				name, value, _ := strings.Cut(line, ": ")
				r.Header.Add(name, value)
			}
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			got := fmt.Sprint(res.StatusCode, " ", res.Header.Get("Sec-WebSocket-Protocol"))
			if res.StatusCode != http.StatusSwitchingProtocols {
				body, err := io.ReadAll(res.Body)
				if err != nil {
					t.Fatal(err)
				}
				_, code, _ := strings.Cut(string(body), `"error":"`)
				code, _, _ = strings.Cut(code, `"`)
				got += code
			}
			if got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}

// Pages of three origins open the WebSocket in a real browser: the service's own, one that it
// trusts, and one of the same host that gets the service's cookie too.
func TestWebSocketInABrowser(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	token := iss.Token(t, Claims{Subject: "alice"}, jwthttptest.Claim("aud", nil))
	serve := func(h http.Handler) string {
		server := httptest.NewUnstartedServer(h)
		server.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that a browser leaves unfinished
		server.StartTLS()
		t.Cleanup(server.Close)
		return server.URL
	}
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "text/html") })
	trusted, other := serve(page), serve(page)
	var mu sync.Mutex
	var cookies []bool // whether a request for the WebSocket had the cookie
	socket := webSocket(iss.RS256(), []string{trusted})
	mux := http.NewServeMux()
	mux.Handle("/", page)
	mux.HandleFunc("/chat", func(w http.ResponseWriter, r *http.Request) {
		_, err := r.Cookie("__Host-token")
		mu.Lock()
		cookies = append(cookies, err == nil)
		mu.Unlock()
		socket.ServeHTTP(w, r)
	})
	own := serve(mux)

	ctx, cancel := context.WithTimeout(browser.Start(t, chromedp.IgnoreCertErrors), 4*time.Minute)
	t.Cleanup(cancel)
	const withToken, hello = `["chat", "bearer." + token]`, "chat: Hello, alice!"
	for _, tc := range []struct {
		name, page, protocols, want string
		hasCookie                   bool
	}{
		{"a token", own, withToken, hello, false},
		{"no other protocol", own, `["bearer." + token]`, "closed", false}, // by the browser
		{"two tokens", own, `["chat", "bearer." + token, "bearer.x"]`, "closed", false},
		{"no token", own, `["chat"]`, "closed", false},
		{"a token from a trusted origin", trusted, withToken, hello, false},
		{"a token from another origin", other, withToken, "closed", false},
		{"a cookie", own, `["chat"]`, hello, true},
		{"a cookie from another origin", other, `["chat"]`, "closed", true},
		{"a token beside a cookie from another origin", other, withToken, "closed", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.hasCookie {
				_, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{
					Name: "__Host-token", Value: token, URL: own, Path: "/", Secure: new(true), HTTPOnly: new(true), SameSite: network.CookieSameSiteLax,
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			script := fmt.Sprintf(`new Promise(done => {
				const token = %q, socket = new WebSocket(%q, %s)
				socket.onmessage = e => done(socket.protocol + ": " + e.data)
				socket.onclose = () => done("closed")
			})`, token, strings.Replace(own, "https", "wss", 1)+"/chat", tc.protocols)
			if err := chromedp.Do(ctx, chromedp.Navigate(tc.page)); err != nil {
				t.Fatal(err)
			}
			mu.Lock()
			cookies = nil
			mu.Unlock()
			got, err := chromedp.Run(ctx, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise))
			if err != nil || got != tc.want {
				t.Errorf("%q, %v, want %q", got, err, tc.want)
			}
			mu.Lock()
			defer mu.Unlock()
			if len(cookies) != 1 || cookies[0] != tc.hasCookie {
				t.Errorf("requests with a cookie: %v", cookies)
			}
		})
	}
}
