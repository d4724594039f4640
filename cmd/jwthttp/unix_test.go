//go:build unix

package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A pipe that nobody writes to must not make the program wait.
func TestPipesAndDevicesAreNotFiles(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"explain", "-key", pipe}, {"explain", "-secret-file", "/dev/zero"}, {"explain", pipe}, {"mint", "-key", pipe}, {"mint", "-alg", "EdDSA", "-public", pipe}} {
		if stdout, stderr, status := command(t, "x.y.z", args...); status != exitUnknown || stdout != "" || !strings.Contains(stderr, "it is a pipe or a device") {
			t.Errorf("%v: status %d, stdout %q, stderr %q", args, status, stdout, stderr)
		}
	}
}

// A container's runtime and systemd end a program with SIGTERM.
func TestServeEndsOnSignals(t *testing.T) {
	const isServer = "JWTHTTP_TEST_IS_SERVER"
	if os.Getenv(isServer) != "" { // in the program that this test starts
		os.Args = []string{"jwthttp", "serve", "-addr", "127.0.0.1:0"}
		main()
	}
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestServeEndsOnSignals$")
			cmd.Env = append(os.Environ(), isServer+"=1")
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || !strings.Contains(line, "http://127.0.0.1:") {
				t.Errorf("got %q, %v", line, err)
			}
			if err := cmd.Process.Signal(signal); err != nil {
				t.Error(err)
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("after %v it ends with: %v", signal, err)
			}
		})
	}
}
