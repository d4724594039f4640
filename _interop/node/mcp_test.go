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
	"slices"
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
	type asked struct {
		Scope, Resource string
		Method          string `json:"code_challenge_method"`
		Prompts         []string
	}
	type step struct {
		command map[string]any
		result  string
		asked   []asked // of the authorization server
		scope   string  // of the token
	}
	connect := func(path, client string) step {
		return step{map[string]any{"do": "connect", "url": origin + path, "client": client}, "",
			[]asked{{"notes:read", origin + path, "S256", []string{"login", "consent"}}}, "notes:read"}
	}
	whoami := map[string]any{"do": "call", "tool": "whoami"}
	note := map[string]any{"do": "call", "tool": "note", "arguments": map[string]string{"text": "buy milk"}}
	stepUp := func(path string) []step {
		return []step{
			connect(path, "authorization_code"),
			{whoami, "alice", nil, "notes:read"},
			{note, "noted for alice: buy milk", []asked{{"notes:read notes:write", origin + path, "S256", []string{"consent"}}}, "notes:read notes:write"},
			{note, "noted for alice: buy milk", nil, "notes:read notes:write"},
			{whoami, "alice", nil, "notes:read notes:write"},
		}
	}
	for name, steps := range map[string][]step{
		"step-up":          stepUp("/mcp"),
		"within a session": stepUp("/sessions"),
		// With a refresh token this version of the SDK renews its token, which has the same scopes
		// then, and gives up: modelcontextprotocol/typescript-sdk issue 2255.
		"a refresh token": {
			connect("/mcp", "authorization_code,refresh_token"),
			{note, "Streamable HTTP error: Server returned 403 after trying upscoping", nil, "notes:read"},
			{whoami, "alice", nil, "notes:read"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, step := range steps {
				var got struct {
					Result, Scope string
					Asked         []asked
				}
				p.do(t, step.command, &got)
				if got.Result != step.result || got.Scope != step.scope || !slices.EqualFunc(got.Asked, step.asked, func(a, b asked) bool { return reflect.DeepEqual(a, b) }) {
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
