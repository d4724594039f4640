package example

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jwthttp/jwthttp"
)

// programs has every program except hello, whose address is fixed: TestFreshModule runs it.
var programs = []struct {
	name  string
	args  []string
	works func(t *testing.T, p *program)
}{
	{"quickstart", nil, func(t *testing.T, p *program) { p.wants(t, "GET", "/me", 401) }},
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
	{"discover", nil, func(t *testing.T, p *program) { p.wants(t, "GET", "/ready", 200) }},
	{"observe", nil, func(t *testing.T, p *program) { p.wants(t, "GET", "/metrics", 200) }},
	{"stream", nil, func(t *testing.T, p *program) { p.wants(t, "GET", "/events", 401) }},
	{"routers", []string{"-router", "gin"}, func(t *testing.T, p *program) { p.wants(t, "GET", "/me", 401) }},
	{"dpop", []string{"-profile", "nonces"}, func(t *testing.T, p *program) {
		if res := p.wants(t, "GET", "/orders", 401); res.Header.Get("DPoP-Nonce") == "" {
			t.Errorf("no nonce: %v", res.Header)
		}
	}},
	{"mcp", nil, func(t *testing.T, p *program) { p.wants(t, "POST", "/mcp", 401) }},
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

// Each program prints its address once it listens, and works.
func TestPrograms(t *testing.T) {
	bin := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin+string(filepath.Separator), "./...").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, tc := range programs {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tc.works(t, start(t, filepath.Join(bin, tc.name), tc.args...))
		})
	}
}

// The table of docs/recipes.md has every program.
func TestProgramsTable(t *testing.T) {
	page := pages(t)["docs/recipes.md"]
	mains, err := filepath.Glob("*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	tested := map[string]bool{"hello": true}
	for _, p := range programs {
		tested[p.name] = true
	}
	mains = slices.DeleteFunc(mains, func(main string) bool { // session is a module of its own
		_, err := os.Stat(filepath.Join(filepath.Dir(main), "go.mod"))
		return err == nil
	})
	for _, main := range mains {
		if name := filepath.Dir(main); !strings.Contains(page, "\n| `./"+name+"` | ") || !tested[name] {
			t.Errorf("%s is not in the table of docs/recipes.md, or no test starts it", name)
		}
	}
	if len(mains) != len(tested) {
		t.Errorf("%d programs, %d with a test", len(mains), len(tested))
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
