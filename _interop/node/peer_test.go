package node

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// A peer is the process of a script. It carries out one command after the other.
type peer struct {
	Issuer        string // of tokens
	Service       string // the origin of a resource server
	Resource      string // the audience of tokens
	ID, Secret    string // of the only client
	TokenEndpoint string

	dir      string // of the script
	script   string
	commands io.Writer
	answers  *bufio.Reader
}

// command returns the path of a program of Node.js.
func command(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is missing: apt-get install nodejs npm", name)
	}
	return path
}

// startPeer installs what package-lock.json lists in a new folder, and starts the peer there.
func startPeer(t *testing.T) *peer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	node, npm := command(t, "node"), command(t, "npm")
	version, err := exec.CommandContext(ctx, node, "--version").Output()
	var major, minor int
	if _, scanErr := fmt.Sscanf(string(version), "v%d.%d", &major, &minor); err != nil || scanErr != nil {
		t.Fatalf("node --version: %q, %v, %v", version, err, scanErr)
	}
	if major < 20 || major == 20 && minor < 18 {
		t.Fatalf("node is %s: 20.18 or newer is needed, such as the packages nodejs and npm of Debian 13", bytes.TrimSpace(version))
	}
	dir := t.TempDir()
	scripts, err := filepath.Glob("*.mjs")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(scripts, "package.json", "package-lock.json") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	install := exec.CommandContext(ctx, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	install.Dir = dir
	if output, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, output)
	}
	p := startScript(t, dir, "peer.mjs")
	p.answer(t, p)
	return p
}

// startScript starts a script in the folder of the packages.
func startScript(t *testing.T, dir, script string) *peer {
	t.Helper()
	// Nothing that hangs outlives this. t.Context would end before the script is told to.
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	t.Cleanup(cancel)
	process := exec.CommandContext(ctx, command(t, "node"), script)
	process.Dir = dir
	var log bytes.Buffer
	process.Stderr, process.WaitDelay = &log, time.Second // a child that is left does not block Wait
	commands, err := process.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	answers, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		commands.Close() // which ends it
		if err := process.Wait(); err != nil {
			t.Errorf("%s: %v", script, err)
		}
		if t.Failed() {
			t.Logf("%s:\n%s", script, log.String())
		}
	})
	return &peer{dir: dir, script: script, commands: commands, answers: bufio.NewReader(answers)}
}

// do has the peer carry out a command.
func (p *peer) do(t *testing.T, command map[string]any, answer any) {
	t.Helper()
	line, err := json.Marshal(command)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.commands.Write(append(line, '\n')); err != nil {
		t.Fatal(err)
	}
	p.answer(t, answer)
}

func (p *peer) answer(t *testing.T, answer any) {
	t.Helper()
	line, err := p.answers.ReadBytes('\n')
	if err != nil {
		t.Fatalf("%s has no answer: %v", p.script, err)
	}
	var failure struct{ Error string }
	if err := json.Unmarshal(line, &failure); err != nil || failure.Error != "" {
		t.Fatalf("%s: %v %s", p.script, err, failure.Error)
	}
	if err := json.Unmarshal(line, answer); err != nil {
		t.Fatal(err)
	}
}
