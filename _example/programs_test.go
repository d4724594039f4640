package example

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jwthttp/jwthttp"
)

// programs has what only one program does. TestChecks has what every program does.
var programs = []struct {
	name  string
	args  []string
	works func(t *testing.T, p *program)
}{
	{"cookie-login", []string{"-alg", "RS256"}, func(t *testing.T, p *program) {
		// The redirect leads to the page.
		cookie := p.wants(t, "GET", "/generate", 200).Request.Response.Header.Get("Set-Cookie")
		if !regexp.MustCompile(`^token=.*; Max-Age=(59|60);`).MatchString(cookie) {
			t.Errorf("Set-Cookie: %s", cookie)
		}
		for _, file := range []string{"jwt_key", "jwt_key.pub"} {
			if _, err := os.Stat(filepath.Join(p.dir, file)); err != nil {
				t.Error(err)
			}
		}
	}},
	{"bearer-api", nil, func(t *testing.T, p *program) {
		auth, err := jwthttp.New[struct{}](jwthttp.HS256([]byte(secretOfFile)), jwthttp.Options{})
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(p.wants(t, "GET", "/sign-token", 200).Body)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := auth.Verify(t.Context(), strings.Split(string(body), `"`)[3]); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}},
	{"dpop", []string{"-profile", "nonces"}, func(t *testing.T, p *program) {
		if res := p.wants(t, "GET", "/orders", 401); res.Header.Get("DPoP-Nonce") == "" {
			t.Errorf("no nonce: %v", res.Header)
		}
	}},
	{"provider", nil, func(t *testing.T, p *program) {
		p.wants(t, "GET", "/orders", 401)
		rotate := regexp.MustCompile(`(http://\S+)/rotate`).FindStringSubmatch(p.reads(t, "/rotate"))
		if rotate == nil {
			t.Fatal("it prints no address to rotate at")
		}
		provider := &program{url: rotate[1]}
		keys := func() string {
			t.Helper()
			body, err := io.ReadAll(provider.wants(t, "GET", "/keys", 200).Body)
			if err != nil {
				t.Fatal(err)
			}
			return string(body)
		}
		before := keys()
		if provider.wants(t, "POST", "/rotate", 200); keys() == before {
			t.Error("the keys are the same")
		}
	}},
}

const secretOfFile = "a secret of 32 bytes from a file"

func TestPrograms(t *testing.T) {
	bin := t.TempDir()
	gotool(t, "build", "-ldflags=-w", "-o", bin+string(filepath.Separator), "./...")
	for _, tc := range programs {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tc.works(t, start(t, filepath.Join(bin, tc.name), tc.args...))
		})
	}
	gotool(t, "build", "-C", "session", "-ldflags=-w", "-o", filepath.Join(bin, "session"), ".")
	buildHello(t, bin)
	for _, name := range directories(t, "*/main.go") {
		path := filepath.Join(bin, name)
		parallel := (*testing.T).Parallel
		if name == "hello" { // which has one address
			parallel = func(*testing.T) {}
		}
		t.Run(name+" tries itself", func(t *testing.T) {
			parallel(t)
			if _, err := os.Stat(filepath.Join(name, "check.go")); err != nil {
				t.Errorf("-check is to be in a file of its own: %v", err)
			}
			for _, more := range variants[name] {
				check(t, path, append([]string{"-check"}, more...)...)
			}
			check(t, path, "-check")
		})
		t.Run(name+" prints what works", func(t *testing.T) {
			parallel(t)
			paste(t, path)
		})
	}
}

// variants are tried too.
var variants = map[string][][]string{
	"cookie-login": {{"-alg", "RS256"}},
	"dpop":         {{"-profile", "both"}, {"-profile", "nonces"}},
	"routers":      {{"-router", "gin"}, {"-router", "fiber"}, {"-router", "connect"}},
}

func gotool(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "go", args...).CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", args, err, out)
	}
}

// directories returns those that have a file of the pattern.
func directories(t *testing.T, pattern string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		names = append(names, filepath.Dir(file))
	}
	return slices.Compact(names)
}

// buildHello puts a free port in the place of the fixed one. It is below those that other programs get
// for port 0.
func buildHello(t *testing.T, bin string) {
	t.Helper()
	var addr string
	for addr == "" {
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(10_000)))
		if errors.Is(err, syscall.EADDRINUSE) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		addr = listener.Addr().String()
		listener.Close()
	}
	replaced := map[string]string{}
	for _, name := range []string{"main.go", "check.go"} {
		path, err := filepath.Abs(filepath.Join("hello", name))
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		replaced[path] = filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(replaced[path], []byte(strings.ReplaceAll(string(text), "127.0.0.1:8080", addr)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	gotool(t, "build", "-ldflags=-w", "-overlay", file, "-o", filepath.Join(bin, "hello"), "./hello")
}

// withoutSetUp returns a command whose environment has no setting, but where to listen.
func withoutSetUp(t *testing.T, path string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Dir, cmd.Env = t.TempDir(), []string{"PATH=" + os.Getenv("PATH"), "ADDR=127.0.0.1:0"}
	return cmd
}

func check(t *testing.T, path string, args ...string) {
	t.Helper()
	out, err := withoutSetUp(t, path, args...).Output()
	if err != nil || !regexp.MustCompile(`\nall \d+ answers were right\n$`).Match(out) {
		t.Errorf("%s: %v\n%s", args, err, out)
	}
}

// paste runs what the program prints in a shell. The answers have the statuses that it names.
func paste(t *testing.T, path string) {
	t.Helper()
	cmd := withoutSetUp(t, path)
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	var printed strings.Builder
	for lines := bufio.NewScanner(out); !strings.HasSuffix(printed.String(), "# That is all.\n"); {
		if !lines.Scan() {
			t.Fatalf("it has ended: %s%s", &printed, &log)
		}
		printed.WriteString(lines.Text() + "\n")
	}
	for strings.HasSuffix(path, "hello") { // it prints before it listens
		conn, err := net.Dial("tcp", strings.TrimPrefix(address.FindString(printed.String()), "http://"))
		if err == nil {
			conn.Close()
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	shell := withoutSetUp(t, "sh")
	shell.Stdin = strings.NewReader(printed.String())
	answers, err := shell.Output()
	got := regexp.MustCompile(`HTTP/1\.1 (\d\d\d)`).FindAllStringSubmatch(string(answers), -1)
	want := regexp.MustCompile(`(?m)^# .*: (\d\d\d)\b`).FindAllStringSubmatch(printed.String(), -1)
	same := slices.EqualFunc(got, want, func(a, b []string) bool { return a[1] == b[1] })
	if err != nil || !same || len(want) < 2 {
		t.Errorf("sh: %v\n%s\n%s", err, &printed, answers)
	}
}

// README.md of the examples has each of them, with the command that starts it.
func TestList(t *testing.T) {
	page := pages(t)["_example/README.md"]
	for _, name := range directories(t, "*/*.go") {
		row := "\n| [" + name + "](" + name + "/"
		if !strings.Contains(page, row) {
			t.Errorf("%s is not in _example/README.md", name)
			continue
		}
		command := "go -C _example run ./" + name
		if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil { // a module of its own
			command = "go -C _example/" + name + " run ."
		}
		_, line, _ := strings.Cut(page, row)
		line, _, _ = strings.Cut(line, "\n")
		_, err := os.Stat(filepath.Join(name, "main.go"))
		if isProgram := err == nil; isProgram != strings.HasSuffix(line, " | `"+command+"` |") {
			t.Errorf("%s: a program is started with %s, and another folder has no command: %s", name, command, line)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^\| \[([\w-]+)\]`).FindAllStringSubmatch(page, -1) {
		if _, err := os.Stat(m[1]); err != nil {
			t.Error(err)
		}
	}
}

// A program runs in a directory of its own with an .env file.
type program struct {
	url, dir string
	output   *bufio.Reader
}

var address = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// start runs a program until the test ends.
func start(t *testing.T, path string, args ...string) *program {
	t.Helper()
	p := &program{dir: t.TempDir()}
	if err := os.WriteFile(filepath.Join(p.dir, ".env"), []byte("JWT_SECRET='"+secretOfFile+"'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir, cmd.Env = p.dir, []string{"ADDR=127.0.0.1:0"}
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		cmd.Wait()
		if t.Failed() {
			t.Logf("%s\n%s", path, &log)
		}
	})
	p.output = bufio.NewReader(out)
	if p.url = address.FindString(p.reads(t, "http://127.0.0.1:")); p.url == "" {
		t.Fatal("it prints no address")
	}
	return p
}

// reads returns the next line that the program prints with text in it.
func (p *program) reads(t *testing.T, text string) string {
	t.Helper()
	for {
		line, err := p.output.ReadString('\n')
		if strings.Contains(line, text) {
			return line
		}
		if err != nil {
			t.Fatalf("it does not print %q: %v", text, err)
		}
	}
}

func (p *program) wants(t *testing.T, method, path string, status int) *http.Response {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, method, p.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	if res.StatusCode != status {
		t.Errorf("%s %s: %s, want %d", method, path, res.Status, status)
	}
	return res
}
