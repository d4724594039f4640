package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// The verdicts on a mutant. Only one is good.
const (
	killed   = "killed"
	survived = "SURVIVED"
	broken   = "DOES NOT COMPILE"
	failed   = "ERROR"
)

// A testName is a test, or those of its cases whose names begin with row.
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
	return n.test + "/" + strings.ReplaceAll(n.row, " ", "_")
}

// pattern is for go test -run.
func (n testName) pattern() string {
	if n.row == "" {
		return "^" + n.test + "$"
	}
	return "^" + n.test + "$/^" + regexp.QuoteMeta(strings.TrimPrefix(n.id(), n.test+"/"))
}

var passed = regexp.MustCompile(`(?m)^ *--- PASS: (.*) \(`)

// pass runs the tests on the code as it is, of so many packages at a time, and returns those that have
// not run and passed.
func pass(tests []testName, binaries map[string]string, parallel int) (faults []string) {
	byDir := map[string][]testName{}
	for _, t := range tests {
		byDir[t.dir] = append(byDir[t.dir], t)
	}
	var workers sync.WaitGroup
	var mu sync.Mutex
	slots := make(chan struct{}, parallel)
	for _, dir := range slices.Sorted(maps.Keys(byDir)) {
		slots <- struct{}{}
		workers.Go(func() {
			defer func() { <-slots }()
			found := passIn(dir, byDir[dir], binaries[dir])
			mu.Lock()
			defer mu.Unlock()
			faults = append(faults, found...)
		})
	}
	workers.Wait()
	return faults
}

// passIn is pass for the tests of one folder.
func passIn(dir string, tests []testName, binary string) (faults []string) {
	var functions []string
	for _, t := range tests {
		functions = append(functions, regexp.QuoteMeta(t.test))
	}
	slices.Sort(functions)
	out, err := runTests(binary, dir, 0, "^("+strings.Join(slices.Compact(functions), "|")+")$", "5m", "-test.v")
	ran := passed.FindAllStringSubmatch(string(out), -1)
	for _, t := range tests {
		if !slices.ContainsFunc(ran, func(m []string) bool { return m[1] == t.id() || t.row != "" && strings.HasPrefix(m[1], t.id()) }) {
			faults = append(faults, fmt.Sprintf("%s does not run and pass on the code as it is", t))
		}
	}
	if err != nil {
		faults = append(faults, fmt.Sprintf("the tests of %s: %v\n%s", dir, err, out))
	}
	return faults
}

// run runs the test alone on the broken code, three times before it gives up: a mutant may be
// a race that the test does not always lose.
func (j *job) run(binary string) (verdict, detail string) {
	for range 3 {
		if verdict, detail = j.runOnce(binary); verdict != survived {
			break
		}
	}
	return verdict, detail
}

// runOnce takes a panic, and a test that does not end, for a test that fails.
func (j *job) runOnce(binary string) (verdict, detail string) {
	out, err := runTests(binary, j.test.dir, j.id, j.test.pattern(), "30s", "-test.failfast")
	text := string(out)
	switch {
	case err == nil:
		return survived, ""
	case strings.Contains(text, "--- FAIL: "), strings.Contains(text, "panic: "), strings.Contains(text, "fatal error: "), strings.Contains(text, "goleak: "), strings.Contains(text, "DATA RACE"):
		return killed, ""
	}
	return failed, text + err.Error() + "\n"
}

// runTests runs a test binary in its folder, as go test does.
func runTests(binary, dir string, mutant int, pattern, timeout string, more ...string) ([]byte, error) {
	cmd := exec.Command(binary, append([]string{"-test.run=" + pattern, "-test.timeout=" + timeout}, more...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), fmt.Sprintf("MUTANT=%d", mutant))
	return cmd.CombinedOutput()
}
