package node

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"
	"time"
)

// The SDK of npm finds the authorization server by the challenge. It asks there for the scopes of
// the challenge, and for no others: at first for those that every call needs, and then for those
// that a tool needs.
func testMCP(t *testing.T, dir string) {
	p := startScript(t, dir, "mcp.mjs")
	p.answer(t, p)
	origin := startExample(t, p.Issuer)
	for _, path := range []string{"/mcp", "/sessions"} {
		t.Run(path, func(t *testing.T) {
			type asked struct {
				Scope, Resource string
				Method          string `json:"code_challenge_method"`
				Prompts         []string
			}
			note := map[string]any{"do": "call", "tool": "note", "arguments": map[string]string{"text": "buy milk"}}
			for _, step := range []struct {
				command map[string]any
				result  string
				asked   []asked // of the authorization server
				scope   string  // of the token
			}{
				{map[string]any{"do": "connect", "url": origin + path}, "", []asked{{"notes:read", origin + path, "S256", []string{"login", "consent"}}}, "notes:read"},
				{map[string]any{"do": "call", "tool": "whoami"}, "alice", nil, "notes:read"},
				{note, "noted for alice: buy milk", []asked{{"notes:read notes:write", origin + path, "S256", []string{"consent"}}}, "notes:read notes:write"},
				{note, "noted for alice: buy milk", nil, "notes:read notes:write"},
				{map[string]any{"do": "call", "tool": "whoami"}, "alice", nil, "notes:read notes:write"},
			} {
				var got struct {
					Result, Scope string
					Asked         []asked
				}
				p.do(t, step.command, &got)
				if got.Result != step.result || got.Scope != step.scope || len(got.Asked) != len(step.asked) || len(got.Asked) > 0 && !reflect.DeepEqual(got.Asked, step.asked) {
					t.Errorf("%v: %+v, want %+v", step.command, got, step)
				}
			}
		})
	}
}

// startExample starts _example/mcp for tokens of the issuer, and returns its origin.
func startExample(t *testing.T, issuer string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	program := filepath.Join(t.TempDir(), "mcp")
	if output, err := exec.CommandContext(ctx, "go", "build", "-C", "../../_example", "-o", program, "./mcp").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, output)
	}
	process := exec.CommandContext(ctx, program)
	process.Env = append(os.Environ(), "ADDR=127.0.0.1:0", "ISSUER="+issuer)
	var log bytes.Buffer
	process.Stderr = &log
	output, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		process.Process.Kill()
		process.Wait()
		if t.Failed() {
			t.Logf("_example/mcp:\n%s", log.String())
		}
	})
	line, err := bufio.NewReader(output).ReadString('\n')
	origin := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(line)
	if origin == "" {
		t.Fatalf("_example/mcp prints %q, %v, and no address", line, err)
	}
	return origin
}
