package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// The verdicts on a mutant. Only one is good.
const (
	killed   = "killed"
	survived = "SURVIVED"
	broken   = "DOES NOT COMPILE"
	failed   = "ERROR"
)

// A testName is a test, or one of its cases.
type testName struct{ dir, test, row string }

func parseTest(name string) testName {
	n := testName{dir: "."}
	if !strings.HasPrefix(name, "Test") && !strings.HasPrefix(name, "Fuzz") && !strings.HasPrefix(name, "Example") {
		n.dir, name, _ = strings.Cut(name, ".")
	}
	n.test, n.row, _ = strings.Cut(name, "/")
	return n
}

func (n testName) String() string {
	name := n.test
	if n.row != "" {
		name += "/" + n.row
	}
	if n.dir != "." {
		name = n.dir + "." + name
	}
	return name
}

// id is the name that the testing package gives.
func (n testName) id() string {
	if n.row == "" {
		return n.test
	}
	return n.test + "/" + strings.Map(func(c rune) rune {
		if c == ' ' {
			return '_'
		}
		return c
	}, n.row)
}

// pattern is for go test -run.
func (n testName) pattern() string {
	var parts []string
	for part := range strings.SplitSeq(n.id(), "/") {
		parts = append(parts, "^"+regexp.QuoteMeta(part)+"$")
	}
	return strings.Join(parts, "/")
}

// pass runs the tests on the code as it is, and reports whether each has run and passed.
func pass(tests []testName) bool {
	byDir := map[string][]testName{}
	for _, t := range tests {
		byDir[t.dir] = append(byDir[t.dir], t)
	}
	ok := true
	for _, dir := range slices.Sorted(maps.Keys(byDir)) {
		var functions []string
		for _, t := range byDir[dir] {
			functions = append(functions, regexp.QuoteMeta(t.test))
		}
		slices.Sort(functions)
		out, err := goTest(dir, "-json", "-run=^("+strings.Join(slices.Compact(functions), "|")+")$")
		results := map[string]string{}
		lines := bufio.NewScanner(bytes.NewReader(out))
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var event struct{ Action, Test string }
			if json.Unmarshal(lines.Bytes(), &event) == nil && event.Action != "output" {
				results[event.Test] = event.Action
			}
		}
		for _, t := range byDir[dir] {
			if got := results[t.id()]; got != "pass" {
				fmt.Printf("%s: %q on the code as it is, where it should pass\n", t, got)
				ok = false
			}
		}
		if err != nil {
			fmt.Printf("%s: %v\n", dir, err)
			ok = false
		}
	}
	return ok
}

func (j *job) overlay(file, text string) error {
	// go test may run in another folder than this.
	absolute, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{absolute: j.place + ".go"}})
	if err != nil {
		return err
	}
	if err := os.WriteFile(j.place+".go", []byte(text), 0o600); err != nil {
		return err
	}
	return os.WriteFile(j.place+".json", overlay, 0o600)
}

// run runs the test alone on the broken code. A panic and a test that does not end have
// noticed the mutant too.
func (j *job) run() (verdict, detail string) {
	out, err := goTest(j.test.dir, "-overlay="+j.place+".json", "-failfast", "-timeout=1m", "-run="+j.test.pattern())
	text := string(out)
	switch {
	case err == nil:
		return survived, ""
	case strings.Contains(text, "[build failed]"), strings.Contains(text, "[setup failed]"):
		return broken, text
	case strings.Contains(text, "--- FAIL: "), strings.Contains(text, "panic: "), strings.Contains(text, "fatal error: "), strings.Contains(text, "goleak: "):
		return killed, ""
	}
	return failed, text // go itself has failed
}

// goTest runs the tests of a folder in its module. It leaves out vet, which is not a test,
// and inlining: most of the time goes into compiling.
func goTest(dir string, args ...string) ([]byte, error) {
	cmd := exec.Command("go", append([]string{"test", "-gcflags=-l", "-vet=off", "-count=1"}, append(args, ".")...)...)
	cmd.Dir = dir
	return cmd.CombinedOutput()
}
