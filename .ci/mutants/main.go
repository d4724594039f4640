// Command mutants breaks the code in every way that list.go names, one at a time,
// and fails if the tests do not notice. It runs in the root of the module:
//
//	go run ./.ci/mutants [-only REGEXP] [-for DURATION] [-parallel N]
//
// The work tree stays as it is: go test reads the broken file through -overlay.
package main

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// A mutant is one way to break the code.
type mutant struct {
	file, name string // from the root of the module; what the broken code does
	old, new   string // old stands in the file exactly once

	tests []string // packages whose tests must notice; nil for those of the file's own
	run   string   // which of their tests, as in go test -run; all if ""
	hangs bool     // a test that does not end notices too
}

func (m *mutant) packages() []string {
	switch dir, _ := path.Split("./" + m.file); {
	case m.tests != nil:
		return m.tests
	case strings.HasPrefix(dir, "./internal/"):
		return []string{dir, "./"}
	default:
		return []string{dir}
	}
}

func main() {
	only := flag.String("only", "", "run the mutants alone whose file and name match this regular expression")
	limit := flag.Duration("for", 0, "begin no more of them after this time; they come in random order. 0 runs all")
	parallel := flag.Int("parallel", runtime.NumCPU(), "how many to run at a time")
	flag.Parse()
	tmp, err := os.MkdirTemp("", "mutants")
	if err != nil {
		fatal(err)
	}
	failed := run(tmp, regexp.MustCompile(*only), *limit, max(*parallel, 1))
	os.RemoveAll(tmp)
	if failed {
		os.Exit(1)
	}
}

func fatal(err error) {
	fmt.Println(err)
	os.Exit(1)
}

func run(tmp string, only *regexp.Regexp, limit time.Duration, parallel int) (failed bool) {
	chosen := slices.DeleteFunc(slices.Clone(mutants), func(m mutant) bool { return !only.MatchString(m.file + " " + m.name) })

	// The list must fit the code, and the tests must pass on the code as it is, or
	// what they say of a mutant is worth nothing.
	var packages []string
	for i := range chosen {
		if err := chosen[i].write(filepath.Join(tmp, fmt.Sprint(i))); err != nil {
			fmt.Println(err)
			failed = true
		}
		packages = append(packages, chosen[i].packages()...)
	}
	if failed || len(chosen) == 0 {
		return true
	}
	slices.Sort(packages)
	if out, err := goTest(slices.Compact(packages)...); err != nil {
		fmt.Printf("%s\nthe tests fail without any mutant\n", out)
		return true
	}

	began := time.Now()
	order := rand.Perm(len(chosen))
	if limit == 0 {
		slices.Sort(order)
	}
	var workers sync.WaitGroup
	var mu sync.Mutex
	counts := map[string]int{}
	slots := make(chan struct{}, parallel)
	for _, i := range order {
		slots <- struct{}{}
		if limit > 0 && time.Since(began) > limit {
			break
		}
		workers.Go(func() {
			defer func() { <-slots }()
			m, start := &chosen[i], time.Now()
			verdict, by, ok := m.test(filepath.Join(tmp, fmt.Sprint(i)))
			mu.Lock()
			defer mu.Unlock()
			counts[verdict]++
			failed = failed || !ok
			fmt.Printf("%-16s %4.1fs  %s: %s%s\n", verdict, time.Since(start).Seconds(), m.file, m.name, by)
		})
	}
	workers.Wait()
	fmt.Printf("of %d mutants, in %.0f s: %v\n", len(chosen), time.Since(began).Seconds(), counts)
	return failed
}

// write puts the broken file at place, and the overlay for it beside that.
func (m *mutant) write(place string) error {
	text, err := os.ReadFile(m.file)
	if err != nil {
		return err
	}
	if n := strings.Count(string(text), m.old); n != 1 || m.old == m.new {
		return fmt.Errorf("%s: %s: its old text stands %d times in the file, or changes nothing", m.file, m.name, n)
	}
	broken := strings.Replace(string(text), m.old, m.new, 1)
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{m.file: place + ".go"}})
	if err != nil {
		return err
	}
	if err := os.WriteFile(place+".go", []byte(broken), 0o600); err != nil {
		return err
	}
	return os.WriteFile(place+".json", overlay, 0o600)
}

var failedTest = regexp.MustCompile(`(?m)^--- FAIL: (\S+)|^(?:panic|fatal error|goleak): .*`)

// test returns how the tests fared, and whether that is as it should be.
func (m *mutant) test(place string) (verdict, by string, ok bool) {
	args := []string{"-overlay=" + place + ".json", "-failfast"}
	if m.run != "" {
		args = append(args, "-run="+m.run)
	}
	out, err := goTest(append(args, m.packages()...)...)
	found := failedTest.FindStringSubmatch(out)
	switch {
	case err == nil:
		return "SURVIVED", "", false
	case strings.Contains(out, "panic: test timed out"):
		return "timeout", "", m.hangs
	case strings.Contains(out, "[build failed]"), strings.Contains(out, "[setup failed]"):
		return "DOES NOT COMPILE", "\n" + out, false
	case found == nil: // go itself has failed
		return "ERROR", "\n" + out, false
	}
	return "killed", " (" + cmp.Or(found[1], found[0]) + ")", true
}

// goTest leaves out vet, which is no test, and inlining: the tests are compiled anew
// for each mutant, and that takes most of the time.
func goTest(args ...string) (string, error) {
	out, err := exec.Command("go", append([]string{"test", "-gcflags=-l", "-vet=off", "-timeout=3m"}, args...)...).CombinedOutput()
	return string(out), err
}
