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

// A module is a fresh one, made by the README's commands.
type module struct{ dir, checkout string }

func newModule(t *testing.T) module {
	t.Helper()
	checkout, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	m := module{t.TempDir(), checkout}
	m.gotool(t, "mod", "init", "example.com/app")
	m.gotool(t, "mod", "edit", "-replace", "github.com/jwthttp/jwthttp="+checkout)
	return m
}

func (m module) gotool(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = m.dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func (m module) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(m.dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Package goredis, which is a module of its own, needs a second replace.
func TestFreshModuleWithRedis(t *testing.T) {
	m := newModule(t)
	m.gotool(t, "mod", "edit", "-replace", "github.com/jwthttp/jwthttp/goredis="+filepath.Join(m.checkout, "goredis"))
	m.write(t, "main.go", `package main

import _ "github.com/jwthttp/jwthttp/goredis"

func main() {}
`)
	m.gotool(t, "mod", "tidy")
	m.gotool(t, "build", "-o", "app", ".")
}

// The README's program works in a module of its own. It adds no more modules to the binary
// than the README says.
func TestFreshModule(t *testing.T) {
	m := newModule(t)
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
	m.write(t, "main.go", here)
	m.gotool(t, "mod", "tidy")
	m.gotool(t, "build", "-o", "app", ".")
	modules := strings.Fields(m.gotool(t, "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", ".", "github.com/jwthttp/jwthttp/jwks")) // package jwks adds none
	slices.Sort(modules)
	want := []string{"example.com/app", "github.com/go-json-experiment/json", "github.com/golang-jwt/jwt/v5", "github.com/jwthttp/jwthttp"}
	if modules = slices.Compact(modules); !slices.Equal(modules, want) {
		t.Errorf("modules %q, want %q", modules, want)
	}

	secret := strings.Repeat("s", 32)
	ctx, stop := context.WithCancel(t.Context())
	app := exec.CommandContext(ctx, filepath.Join(m.dir, "app"))
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
