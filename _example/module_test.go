package example

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jwthttp/jwthttp/jwthttptest"
)

// The README's program works in a module of its own, as the README sets one up, and
// brings no more into its binary than the README says.
func TestFreshModule(t *testing.T) {
	checkout, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	gotool := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	program, err := os.ReadFile("hello/main.go")
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0") // a port that is free
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	listener.Close()
	here := strings.Replace(string(program), "127.0.0.1:8080", addr, 1)
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(here), 0o644); err != nil {
		t.Fatal(err)
	}
	gotool("mod", "init", "example.com/app")
	gotool("mod", "edit", "-require", "github.com/jwthttp/jwthttp@v0.0.0", "-replace", "github.com/jwthttp/jwthttp="+checkout)
	gotool("mod", "tidy")
	gotool("build", "-o", "app", ".")
	modules := strings.Fields(gotool("list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", ".", "github.com/jwthttp/jwthttp/jwks")) // package jwks adds none
	slices.Sort(modules)
	want := []string{"example.com/app", "github.com/go-json-experiment/json", "github.com/golang-jwt/jwt/v5", "github.com/jwthttp/jwthttp"}
	if modules = slices.Compact(modules); !slices.Equal(modules, want) {
		t.Errorf("modules %q, want %q", modules, want)
	}

	secret := strings.Repeat("s", 32)
	ctx, stop := context.WithCancel(t.Context())
	app := exec.CommandContext(ctx, filepath.Join(dir, "app"))
	app.Env = []string{"JWT_SECRET=" + secret}
	if err := app.Start(); err != nil {
		t.Fatal(err)
	}
	defer app.Wait()
	defer stop()
	get := func(token string) (*http.Response, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+addr+"/me", nil)
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		res, err := http.DefaultClient.Do(req)
		for range 100 { // until it listens
			if err == nil {
				break
			}
			time.Sleep(50 * time.Millisecond)
			res, err = http.DefaultClient.Do(req)
		}
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res, string(body)
	}
	if res, body := get(""); res.StatusCode != 401 || res.Header.Get("WWW-Authenticate") != `Bearer realm="api"` {
		t.Errorf("no token: %s %s", res.Status, body)
	}
	token := jwthttptest.Sign(t, "HS256", []byte(secret), `{"alg":"HS256"}`, `{"sub":"alice","exp":253402300799}`)
	if res, body := get(token); res.StatusCode != 200 || body != "Hello, alice!\n" {
		t.Errorf("a good token: %s %s", res.Status, body)
	}
	if res, body := get(token[:len(token)-4] + "AAAA"); res.StatusCode != 401 {
		t.Errorf("a forged token: %s %s", res.Status, body)
	}
}
