package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jwthttp/jwthttp/_example/internal/try"
)

const secret = "0123456789abcdef0123456789abcdef"

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func testdata(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCheck(t *testing.T) {
	for name, getenv := range map[string]func(string) string{
		"no settings":  env(),
		"all settings": env("ADDR", "127.0.0.1:0", "JWT_SECRET", secret, "JWT_PUBLIC_KEY", testdata(t, "jwt_key.pub"), "JWT_AUDIENCE", "quick", "JWT_ISSUER", "start"),
	} {
		var out bytes.Buffer
		if err := run(t.Context(), []string{"-check"}, getenv, &out); err != nil || !strings.Contains(out.String(), "answers were right") {
			t.Errorf("%s: %v\n%s", name, err, &out)
		}
	}
}

// The check can fail.
func TestCheckFindsWrongAnswers(t *testing.T) {
	iss, err := newIssuer(env())
	if err != nil {
		t.Fatal(err)
	}
	open := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"source":"header:Authorization"}`) }))
	defer open.Close()
	var out bytes.Buffer
	if err := try.Check(t.Context(), &out, iss.steps(t.Context(), open.URL)); err == nil || err.Error() != "6 of 7 answers were wrong" {
		t.Errorf("%v\n%s", err, &out)
	}
}

// start runs the server until the test ends, and returns its address and what it
// printed.
func start(t *testing.T, getenv func(string) string) (url, printed string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, nil, getenv, w)
		w.Close()
	}()
	text := make(chan string)
	go func() {
		var seen bytes.Buffer
		buf := make([]byte, 4096)
		for sent := false; ; {
			n, err := r.Read(buf)
			seen.Write(buf[:n])
			if !sent && strings.Contains(seen.String(), "alg=HS256\n") {
				sent = true
				text <- seen.String()
			}
			if err != nil {
				if !sent {
					text <- seen.String()
				}
				return
			}
		}
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("the server stopped with %v", err)
		}
	})
	printed = <-text
	return regexp.MustCompile(`http://[0-9.:]+`).FindString(printed), printed
}

func send(t *testing.T, method, url, body string, headers ...string) (status int, answer map[string]any) {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		t.Fatalf("%s %s: %d: %v", method, url, res.StatusCode, err)
	}
	return res.StatusCode, answer
}

func TestServe(t *testing.T) {
	url, printed := start(t, env("ADDR", "127.0.0.1:0"))
	if n := strings.Count(printed, "curl "); n != 7 {
		t.Errorf("%d curl lines in:\n%s", n, printed)
	}
	form := "Content-Type: application/x-www-form-urlencoded"
	for _, alg := range []string{"HS256", "RS256"} {
		status, minted := send(t, "POST", url+"/token", "sub=alice&alg="+alg, form)
		token, _ := minted["token"].(string)
		if status != 200 || token == "" {
			t.Fatalf("%d %v", status, minted)
		}
		for _, method := range []string{"GET", "POST", "DELETE"} {
			status, me := send(t, method, url+"/me", "", "Authorization: Bearer "+token)
			claims, _ := me["claims"].(map[string]any)
			if status != 200 || claims["sub"] != "alice" || me["algorithm"] != alg || me["kid"] != "quickstart" || me["source"] != "header:Authorization" {
				t.Errorf("%s with %s: %d %v", method, alg, status, me)
			}
		}
		if status, me := send(t, "GET", url+"/me", "", "Cookie: token="+token); status != 200 || me["source"] != "cookie:token" {
			t.Errorf("cookie: %d %v", status, me)
		}
		if status, _ := send(t, "GET", url+"/me", "", "Cookie: token="+token, "Authorization: Bearer "+token); status != 400 {
			t.Errorf("both at once: %d", status)
		}
		if status, _ := send(t, "POST", url+"/me", "", "Cookie: token="+token, "Sec-Fetch-Site: cross-site"); status != 403 {
			t.Errorf("cookie from elsewhere: %d", status)
		}
	}
	if status, answer := send(t, "POST", url+"/token", "alg=none", form); status != 400 {
		t.Errorf("alg none: %d %v", status, answer)
	}
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		t.Errorf("home: %d %v", res.StatusCode, res.Header)
	}
}

// Tokens of other tools, with both keys live at once.
func TestServeWithKeysOfOthers(t *testing.T) {
	read := func(name string) string {
		data, err := os.ReadFile(testdata(t, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	url, _ := start(t, env("ADDR", "127.0.0.1:0", "JWT_SECRET", read("hs256.secret"), "JWT_PUBLIC_KEY", testdata(t, "jwt_key.pub")))
	for _, name := range []string{"pyjwt_hs256.jwt", "pyjwt_rs256.jwt"} {
		if status, me := send(t, "GET", url+"/me", "", "Authorization: Bearer "+read(name)); status != 200 {
			t.Errorf("%s: %d %v", name, status, me)
		}
	}
	if status, answer := send(t, "POST", url+"/token?alg=RS256", ""); status != 400 || !strings.Contains(answer["error"].(string), "only the public key") {
		t.Errorf("%d %v", status, answer)
	}
}

// A wrong setting gets one clear line.
func TestMistakes(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for name, tc := range map[string]struct {
		getenv func(string) string
		args   []string
		want   string
	}{
		"taken port":   {env("ADDR", taken.Addr().String()), nil, "ADDR=127.0.0.1:5001"},
		"short secret": {env("JWT_SECRET", "short"), nil, "needs 32 bytes or more"},
		"no such file": {env("JWT_PUBLIC_KEY", "nowhere.pem"), nil, "open nowhere.pem"},
		"bad key":      {env("JWT_PUBLIC_KEY", testdata(t, "ec.pem")), nil, "want an RSA key"},
		"argument":     {env(), []string{"check"}, `what is "check"?`},
		"flag":         {env(), []string{"-nonsense"}, "not defined"},
	} {
		if err := run(ctx, tc.args, tc.getenv, io.Discard); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}
