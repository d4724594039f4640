package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/issue"
)

func start(t *testing.T, lifetime time.Duration) (*issue.Issuer[Claims], string) {
	t.Helper()
	iss, err := issue.New[Claims](issue.Options{Lifetime: lifetime}, issue.HS256([]byte("a secret of 32 bytes for testing")))
	if err != nil {
		t.Fatal(err)
	}
	handler, err := newHandler(iss)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return iss, server.URL
}

// patience ends a test whose stream does not end.
func patience(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func mustToken(t *testing.T, iss *issue.Issuer[Claims]) (token string, expires time.Time) {
	t.Helper()
	token, expires, err := iss.Token(t.Context(), alice)
	if err != nil {
		t.Fatal(err)
	}
	return token, expires
}

// endedWith fails the test unless it is now the time at which a stream should end.
func endedWith(t *testing.T, expires time.Time) {
	t.Helper()
	if late := time.Since(expires); late < 0 || late > 5*time.Second {
		t.Errorf("ended %v after exp", late)
	}
}

func get(t *testing.T, url string, headers http.Header) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(patience(t), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = headers
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

func TestStreamsEndWithTheToken(t *testing.T) {
	iss, url := start(t, 2*time.Second) // one to two seconds, because exp is a whole second
	for name, header := range map[string]func(token string) http.Header{
		"header": func(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} },
		"cookie": func(token string) http.Header { return http.Header{"Cookie": {"token=" + token}, "Origin": {url}} },
	} {
		t.Run("events by "+name, func(t *testing.T) {
			t.Parallel()
			token, expires := mustToken(t, iss)
			res := get(t, url+"/events", header(token))
			if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
				t.Fatal(res.Status, res.Header)
			}
			var lines []string
			scanner := bufio.NewScanner(res.Body)
			for scanner.Scan() {
				// Each event comes at once, and not only with the end of the answer.
				if len(lines) == 0 && !time.Now().Before(expires) {
					t.Error("the first event was held back")
				}
				lines = append(lines, scanner.Text())
			}
			endedWith(t, expires)
			if err := scanner.Err(); err != nil {
				t.Error(err) // the stream did not end cleanly
			}
			if len(lines) < 6 || !slices.Equal(lines[:3], []string{"event: tick", `data: 1 for "alice"`, ""}) ||
				!slices.Equal(lines[len(lines)-3:], []string{"event: expired", "data: log in again", ""}) {
				t.Errorf("%q", lines)
			}
			// The stream does not begin again, as an EventSource would try.
			if res := get(t, url+"/events", header(token)); res.StatusCode != 401 {
				t.Error(res.Status)
			}
		})
		t.Run("WebSocket by "+name, func(t *testing.T) {
			t.Parallel()
			token, expires := mustToken(t, iss)
			ctx := patience(t)
			conn, _, err := websocket.Dial(ctx, url+"/echo", &websocket.DialOptions{HTTPHeader: header(token)})
			if err != nil {
				t.Fatal(err)
			}
			defer conn.CloseNow()
			if err := conn.Write(ctx, websocket.MessageText, []byte("hello")); err != nil {
				t.Fatal(err)
			}
			if _, message, err := conn.Read(ctx); err != nil || string(message) != "hello" {
				t.Fatalf("%q %v", message, err)
			}
			_, message, err := conn.Read(ctx)
			endedWith(t, expires)
			var closed websocket.CloseError
			if !errors.As(err, &closed) || closed.Code != websocket.StatusPolicyViolation || closed.Reason != "token expired" {
				t.Errorf("%q %v", message, err)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	iss, url := start(t, time.Hour)
	token, _ := mustToken(t, iss)
	for _, tc := range []struct {
		name    string
		headers http.Header
		status  int
		body    string
	}{
		{"cookie from another origin", http.Header{"Cookie": {"token=" + token}, "Origin": {"https://evil.example"}}, 403, `"cross_origin"`},
		{"cookie from another site", http.Header{"Cookie": {"token=" + token}, "Sec-Fetch-Site": {"cross-site"}}, 403, `"cross_origin"`},
		{"no token", nil, 401, "No access token"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			conn, res, err := websocket.Dial(patience(t), url+"/echo", &websocket.DialOptions{HTTPHeader: tc.headers})
			if err == nil {
				conn.CloseNow()
				t.Fatal("it was let in")
			}
			if res == nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != tc.status || !strings.Contains(string(body), tc.body) {
				t.Errorf("%s %s", res.Status, body)
			}
		})
	}
}

// The cookie of login opens a stream.
func TestLogin(t *testing.T) {
	_, url := start(t, time.Hour)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Post(url+"/login", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	cookies := res.Cookies()
	if res.StatusCode != http.StatusSeeOther || len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteLaxMode || cookies[0].Path != "/" {
		t.Fatal(res.Status, cookies)
	}
	stream := get(t, url+"/events", http.Header{"Cookie": {cookies[0].Name + "=" + cookies[0].Value}})
	line, err := bufio.NewReader(stream.Body).ReadString('\n')
	if err != nil || line != "event: tick\n" {
		t.Errorf("%s %q %v", stream.Status, line, err)
	}
	stream.Body.Close() // ends the handler; otherwise the server would wait for it
	if home := get(t, url, nil); home.StatusCode != 200 || !strings.HasPrefix(home.Header.Get("Content-Type"), "text/html") {
		t.Error(home.Status, home.Header)
	}
}

// A token that never expires sets no deadline, and ends with the request.
func TestNoExpiry(t *testing.T) {
	request, leave := context.WithCancel(t.Context())
	ctx, cancel := untilExpiry(request, &jwthttp.Token[Claims]{})
	defer cancel()
	if deadline, ok := ctx.Deadline(); ok || ctx.Err() != nil {
		t.Error(deadline, ctx.Err())
	}
	leave()
	if !errors.Is(ctx.Err(), context.Canceled) {
		t.Error(ctx.Err())
	}
}
