package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jwthttp/jwthttp/_example/internal/try"
	"github.com/jwthttp/jwthttp/internal/servertest"
)

var stores = []string{"memory", "sqlite", "postgres", "redis"}

// dsn returns that of a new place.
func dsn(t *testing.T, kind string) string {
	t.Helper()
	switch kind {
	case "sqlite":
		return filepath.Join(t.TempDir(), "a name%20with?signs#.db")
	case "postgres":
		s, err := servertest.StartPostgreSQL()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Remove)
		return s.URL("postgres")
	case "redis":
		return startRedis(t)
	}
	return ""
}

func startRedis(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("redis-server is missing: apt-get install redis-server")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(addr)
	var exited chan struct{}
	begin := func() {
		cmd := exec.Command(path, "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir())
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		exited = done
		go func() {
			cmd.Wait()
			close(done)
		}()
		t.Cleanup(func() {
			cmd.Process.Kill()
			<-done
		})
	}
	begin()
	client := redis.NewClient(&redis.Options{Addr: addr})
	defer client.Close()
	for range 1000 {
		if client.Ping(context.Background()).Err() == nil {
			return addr
		}
		select {
		case <-exited: // the port was taken by a connection of another test
			begin()
		case <-time.After(20 * time.Millisecond):
		}
	}
	t.Fatal("redis-server does not answer")
	return ""
}

// start runs the program as a process does, and returns its address.
func start(t *testing.T, args ...string) (at string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), func(string) string { return strings.Repeat("s", 32) }, writer)
		writer.Close()
		ended <- err
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the program: %v", err)
		}
	})
	lines := bufio.NewScanner(reader)
	for at == "" && lines.Scan() {
		at = regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(lines.Text())
	}
	if at == "" {
		t.Fatal("it prints no address")
	}
	go io.Copy(io.Discard, reader)
	return at
}

// A client follows no redirect. With a jar it is a browser.
type client struct {
	*http.Client
	at string
}

func newClient(t *testing.T, at string, isBrowser bool) client {
	t.Helper()
	c := client{&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, at}
	if isBrowser {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		c.Jar = jar
	}
	return c
}

func (c client) send(t *testing.T, method, path, form string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, c.at+path, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

// want sends a request and asserts the status and a part of the body.
func (c client) want(t *testing.T, status int, part, method, path, form string, header ...string) (*http.Response, string) {
	t.Helper()
	resp, body := c.send(t, method, path, form, header...)
	if resp.StatusCode != status || !strings.Contains(body, part) {
		t.Fatalf("%s %s with %q: %s %s, want %d with %q", method, path, form, resp.Status, body, status, part)
	}
	return resp, body
}

func (c client) cookie(t *testing.T, name string) string {
	t.Helper()
	u, err := url.Parse(c.at)
	if err != nil {
		t.Fatal(err)
	}
	for _, cookie := range c.Jar.Cookies(u) {
		if cookie.Name == name {
			return cookie.Value
		}
	}
	return ""
}

type tokens struct {
	Access    string `json:"access_token"`
	Refresh   string `json:"refresh_token"`
	Type      string `json:"token_type"`
	ExpiresIn int    `json:"expires_in"`
}

// tokens sends a form and returns the tokens that it gets.
func (c client) tokens(t *testing.T, path, form string) (got tokens) {
	t.Helper()
	resp, body := c.want(t, 200, "", "POST", path, form)
	if err := json.Unmarshal([]byte(body), &got); err != nil || got.Access == "" || got.Refresh == "" || got.Type != "Bearer" || got.ExpiresIn < 1 {
		t.Fatalf("%s: %s and %v", path, body, err)
	}
	if resp.Header.Get("Content-Type") != "application/json" || resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s: %v", path, resp.Header)
	}
	return got
}

type device struct {
	ID      string `json:"id"`
	Current bool   `json:"current"`
}

func (c client) devices(t *testing.T, want int) (all []device) {
	t.Helper()
	resp, body := c.want(t, 200, "", "GET", "/devices", "")
	if err := json.Unmarshal([]byte(body), &all); err != nil || len(all) != want || resp.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("%s, want %d devices", body, want)
	}
	return all
}

// The whole site, from outside, with each store.
func TestSite(t *testing.T) {
	for _, kind := range stores {
		t.Run(kind, func(t *testing.T) {
			at := start(t, "-store", kind, "-dsn", dsn(t, kind), "-lifetime", "2s", "-idle", "1h", "-grace", "1s")
			laptop, app := newClient(t, at, true), newClient(t, at, false)

			laptop.want(t, 401, "", "GET", "/me", "")
			laptop.want(t, 200, "Who are you?", "GET", "/", "")
			resp, _ := laptop.want(t, 303, "", "POST", "/login", "user=alice")
			if cookies := resp.Cookies(); len(cookies) != 2 || resp.Header.Get("Location") != "/" {
				t.Errorf("a login: %v", resp.Header)
			} else {
				for _, c := range cookies {
					if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.MaxAge < 1 {
						t.Errorf("a login: %v", c)
					}
				}
			}
			for laptop.cookie(t, "access") != "" { // until the access cookie is over
				time.Sleep(50 * time.Millisecond)
			}
			resp, body := laptop.want(t, 200, "", "GET", "/me", "")
			if body != `{"sub":"alice","name":"The user alice"}`+"\n" || resp.Header.Get("Content-Type") != "application/json" || laptop.cookie(t, "access") == "" {
				t.Errorf("after an access token: %v %s", resp.Header, body)
			}
			laptop.want(t, 204, "", "POST", "/refresh", "")
			laptop.want(t, 200, "Welcome back, alice", "GET", "/", "")

			phone := app.tokens(t, "/token", "user=alice")
			app.want(t, 200, `"sub":"alice"`, "GET", "/me", "", "Authorization", "Bearer "+phone.Access)
			next := app.tokens(t, "/refresh", "grant_type=refresh_token&refresh_token="+phone.Refresh)
			if next.Refresh == phone.Refresh {
				t.Error("the same refresh token")
			}
			again := app.tokens(t, "/refresh", "grant_type=refresh_token&refresh_token="+phone.Refresh)
			if again.Refresh == phone.Refresh {
				t.Error("the same refresh token, after a lost answer")
			}
			app.want(t, 200, `"sub":"alice"`, "GET", "/me", "", "Authorization", "Bearer "+again.Access)

			other := app.tokens(t, "/token", "user=alice")
			bob := newClient(t, at, true)
			bob.want(t, 303, "", "POST", "/login", "user=bob")
			all := laptop.devices(t, 3)
			for _, d := range all { // the one that began last is first
				bob.want(t, 204, "", "POST", "/devices/end", "id="+d.ID) // of another user
			}
			laptop.want(t, 204, "", "POST", "/devices/end", "id=unknown")
			laptop.devices(t, 3)
			ended := 0
			for _, d := range all {
				if !d.Current && ended == 0 {
					laptop.want(t, 204, "", "POST", "/devices/end", "id="+d.ID)
					ended++
				}
			}
			laptop.devices(t, 2)
			laptop.want(t, 204, "", "POST", "/devices/end-others", "")
			if rest := laptop.devices(t, 1); !rest[0].Current {
				t.Errorf("%+v is left", rest)
			}
			for name, token := range map[string]tokens{"the first": next, "the second": other} {
				app.want(t, 401, "", "GET", "/me", "", "Authorization", "Bearer "+token.Access)
				if _, body := app.want(t, 400, `"error":"invalid_grant"`, "POST", "/refresh", "grant_type=refresh_token&refresh_token="+token.Refresh); t.Failed() {
					t.Errorf("%s: %s", name, body)
				}
			}
			bob.want(t, 200, `"sub":"bob"`, "GET", "/me", "")

			third := app.tokens(t, "/token", "user=alice")
			app.want(t, 200, "", "POST", "/logout", "refresh_token="+third.Refresh)
			app.want(t, 200, "", "POST", "/logout", "refresh_token="+third.Refresh)
			app.want(t, 401, "", "GET", "/me", "", "Authorization", "Bearer "+third.Access)
			old := laptop.cookie(t, "refresh")
			laptop.want(t, 204, "", "POST", "/logout", "")
			if laptop.cookie(t, "access")+laptop.cookie(t, "refresh") != "" {
				t.Error("a logout leaves cookies")
			}
			laptop.want(t, 401, "", "GET", "/me", "")
			app.want(t, 401, "", "GET", "/me", "", "Cookie", "refresh="+old)
		})
	}
}

// What a client may do wrong, and what it gets.
func TestMistakes(t *testing.T) {
	at := start(t, "-store", "memory")
	app := newClient(t, at, false)
	good := app.tokens(t, "/token", "user=alice")
	grant := "grant_type=refresh_token&refresh_token=" + good.Refresh
	type mistake struct {
		name, method, path, form string
		header                   []string
		status                   int
		part                     string
	}
	mistakes := []mistake{
		{"no token", "GET", "/me", "", nil, 401, ""},
		{"no token", "GET", "/devices", "", nil, 401, ""},
		{"no token", "POST", "/devices/end", "id=x", nil, 401, ""},
		{"no token", "POST", "/devices/end-others", "", nil, 401, ""},
		{"a bad token", "GET", "/me", "", []string{"Authorization", "Bearer x.y.z"}, 401, "invalid_token"},
		{"two access cookies", "GET", "/me", "", []string{"Cookie", "access=a; access=b"}, 400, "invalid_request"},
		{"no id", "POST", "/devices/end", "", []string{"Authorization", "Bearer " + good.Access}, 400, "send one id"},
		{"two ids", "POST", "/devices/end", "id=a&id=b", []string{"Authorization", "Bearer " + good.Access}, 400, "send one id"},
		{"no user", "POST", "/login", "", nil, 400, "send one user"},
		{"an empty user", "POST", "/token", "user=", nil, 400, "send one user"},
		{"two users", "POST", "/token", "user=a&user=b", nil, 400, "send one user"},
		{"a bad form", "POST", "/login", "user=%zz", nil, 400, "send one user"},
		{"a user that is not UTF-8", "POST", "/token", "user=%ff", nil, 400, "send one user"},
		{"a long form", "POST", "/token", "user=" + strings.Repeat("a", 5000), nil, 400, "send one user"},
		{"a login from another site", "POST", "/login", "user=alice", []string{"Origin", "https://other.example"}, 403, "cross_origin"},
		{"a refresh from another site", "POST", "/refresh", "", []string{"Origin", "https://other.example", "Cookie", "refresh=" + good.Refresh}, 403, "cross_origin"},
		{"a logout from another site", "POST", "/logout", "", []string{"Origin", "https://other.example", "Cookie", "refresh=" + good.Refresh}, 403, "cross_origin"},
		{"an end from another site", "POST", "/devices/end-others", "", []string{"Origin", "https://other.example", "Cookie", "access=" + good.Access}, 403, "cross_origin"},
		{"no refresh token", "POST", "/refresh", "", nil, 401, "invalid_token"},
		{"an unknown refresh cookie", "POST", "/refresh", "", []string{"Cookie", "refresh=x"}, 401, "invalid_token"},
		{"an unknown refresh token", "POST", "/refresh", "grant_type=refresh_token&refresh_token=x", nil, 400, "invalid_grant"},
		{"a form without a refresh token", "POST", "/refresh", "grant_type=refresh_token", nil, 400, "invalid_request"},
		{"another grant", "POST", "/refresh", "grant_type=password&refresh_token=x", nil, 400, "unsupported_grant_type"},
		{"two refresh tokens", "POST", "/refresh", grant + "&refresh_token=x", nil, 400, "invalid_request"},
		{"a refresh cookie and a form", "POST", "/refresh", grant, []string{"Cookie", "refresh=" + good.Refresh}, 400, "invalid_request"},
		{"two refresh cookies", "POST", "/refresh", "", []string{"Cookie", "refresh=x; refresh=y"}, 400, "invalid_request"},
		{"a bad form", "POST", "/refresh", "grant_type=%zz", nil, 400, "invalid_request"},
		{"a long form", "POST", "/refresh", "refresh_token=" + strings.Repeat("a", 5000), nil, 400, "invalid_request"},
		{"a logout with two tokens", "POST", "/logout", "refresh_token=a&refresh_token=b", nil, 400, "invalid_request"},
		{"another page", "GET", "/other", "", nil, 404, ""},
	}
	for _, path := range []string{"/login", "/token", "/refresh", "/logout", "/devices/end", "/devices/end-others"} {
		mistakes = append(mistakes, mistake{"a GET", "GET", path, "", nil, 405, ""})
	}
	for _, path := range []string{"/", "/me", "/devices"} {
		mistakes = append(mistakes, mistake{"a POST", "POST", path, "", nil, 405, ""})
	}
	for _, m := range mistakes {
		t.Run(m.path+" with "+m.name, func(t *testing.T) {
			resp, body := app.want(t, m.status, m.part, m.method, m.path, m.form, m.header...)
			if m.status == 405 && resp.Header.Get("Allow") == "" || m.status == 401 && resp.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("%v", resp.Header)
			}
			if strings.Contains(m.part, "_") && (!strings.HasSuffix(resp.Header.Get("Content-Type"), "json") || !json.Valid([]byte(body))) {
				t.Errorf("%v: %s", resp.Header, body)
			}
		})
	}
	app.tokens(t, "/refresh", grant) // nothing of it has ended the session
}

// Sessions survive a restart of the program, but for those in its memory.
func TestRestart(t *testing.T) {
	for _, kind := range stores[1:] {
		t.Run(kind, func(t *testing.T) {
			at := dsn(t, kind)
			var old tokens
			t.Run("before", func(t *testing.T) {
				old = newClient(t, start(t, "-store", kind, "-dsn", at), false).tokens(t, "/token", "user=alice")
			})
			app := newClient(t, start(t, "-store", kind, "-dsn", at), false)
			app.want(t, 200, `"sub":"alice"`, "GET", "/me", "", "Authorization", "Bearer "+old.Access)
			app.tokens(t, "/refresh", "grant_type=refresh_token&refresh_token="+old.Refresh)
		})
	}
}

// The program tries itself, with each store and without any set-up.
func TestCheck(t *testing.T) {
	for _, kind := range append(stores, "") {
		t.Run(kind, func(t *testing.T) {
			args := []string{"-check"}
			if kind != "" {
				args = append(args, "-store", kind, "-dsn", dsn(t, kind))
			} else {
				t.Chdir(t.TempDir())
			}
			var out strings.Builder
			if err := run(t.Context(), args, func(string) string { return "" }, &out); err != nil || !strings.Contains(out.String(), "all 15 answers were right") {
				t.Errorf("%v\n%s", err, &out)
			}
			if left, _ := filepath.Glob("*.db*"); kind == "" && left != nil {
				t.Errorf("it leaves %q", left)
			}
		})
	}
	wrong := httptest.NewServer(http.NotFoundHandler())
	defer wrong.Close()
	if err := try.Check(t.Context(), io.Discard, steps(wrong.URL)); err == nil || err.Error() != "15 of 15 answers were wrong" {
		t.Errorf("a site without pages: %v", err)
	}
}

// A start that cannot work says what to pass, and no password.
func TestRefused(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, test := range []struct {
		name, args, want string
	}{
		{"another store", "-store files", `-store is "files": use memory, sqlite, postgres or redis`},
		{"a place in memory", "-store memory -dsn x", "-store memory: leave -dsn out"},
		{"a folder that is not there", "-store sqlite -dsn " + filepath.Join(t.TempDir(), "none", "x.db"), "-store sqlite: pass a file in a folder that is there, such as -dsn sessions.db: "},
		{"no URL", "-store postgres", "-store postgres: pass the URL of a server that runs, such as -dsn postgres://app:password@127.0.0.1:5432/app: -dsn is missing"},
		{"not a URL", "-store postgres -dsn s3cret://s3cret:s3cret", "-dsn is not the URL of a PostgreSQL"},
		{"no PostgreSQL", "-store postgres -dsn postgres://app:s3cret@127.0.0.1:1/app?connect_timeout=1", "-store postgres: pass the URL of a server that runs, such as -dsn postgres://"},
		{"no Redis", "-store redis -dsn 127.0.0.1:1", "-store redis: pass where a server runs, such as -dsn 127.0.0.1:6379 or "},
		{"no Redis at a URL", "-store redis -dsn redis://:s3cret@127.0.0.1:1/0", "-store redis: pass where a server runs, such as -dsn 127.0.0.1:6379 or "},
		{"a URL of another kind", "-store redis -dsn postgres://:s3cret@127.0.0.1:1/0", "-dsn is not the URL of a Redis"},
		{"a short lifetime", "-store memory -lifetime -1s", "Lifetime is -1s"},
		{"a long grace", "-store memory -grace 1h", "Grace is 1h0m0s"},
		{"a short idle", "-store memory -idle -1s", "Idle is -1s"},
		{"an address that is taken", "-store memory -addr " + taken.Addr().String(), "set another address such as -addr 127.0.0.1:5001"},
		{"a check with TLS", "-store memory -check -https", "it takes no -https"},
		{"an argument", "memory", `what is "memory"? There are flags only, see -help`},
		{"an unknown flag", "-nothing", "flag provided but not defined: -nothing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := run(t.Context(), strings.Fields(test.args), func(string) string { return "" }, io.Discard)
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%v, want %s", err, test.want)
			}
		})
	}
}
