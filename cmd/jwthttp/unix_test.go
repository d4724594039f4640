//go:build unix

package main

import (
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
