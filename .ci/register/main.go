// Command register holds the register against the code. The register, in list.go, has the
// promises of this project: clauses, the tests that prove each, and mutants, which break the
// code so that one named test must fail. It runs in the root of the module:
//
//	go run ./.ci/register [-only REGEXP] [-for DURATION] [-parallel N]
//
// First every named test runs alone on the code as it is: it must exist, run and pass. Then
// each mutant is compiled, and its test runs alone: it must fail. The work tree stays as it
// is, because go test reads the broken file through -overlay.
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"sync"
	"time"
)

// A clause is a part of a rule, in the words of the project.
type clause struct {
	rule   string // the number in the list of what must never happen, or "HTTP" for the answers on the wire
	text   string
	proofs []proof
}

// A proof is a test that fails when the clause is broken.
type proof struct {
	test    string // "TestName", "TestName/case", "dir.TestName/case"; dir is from the root of the module
	mutants []mutant
}

// A mutant is one careless change that breaks the clause.
type mutant struct {
	does string // what the broken code does
	at   string // the declaration: "dir.Function", "dir.Type.Method", "dir.variable"; no dir for the root
	old  string // stands in the declaration exactly once
	new  string
}

func main() {
	only := flag.String("only", "", "take only the clauses, tests and mutants whose line, as it is printed, matches this regular expression")
	limit := flag.Duration("for", 0, "begin no mutant after this time; the mutants come in random order. 0 runs all")
	parallel := flag.Int("parallel", runtime.NumCPU(), "how many mutants to run at a time")
	flag.Parse()
	tmp, err := os.MkdirTemp("", "register")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	ok := run(tmp, regexp.MustCompile(*only), *limit, max(*parallel, 1))
	os.RemoveAll(tmp)
	if !ok {
		os.Exit(1)
	}
}

// A job is a mutant with what must notice it.
type job struct {
	mutant
	test  testName
	place string // of its files, without extension
}

func (j *job) String() string { return fmt.Sprintf("%s: %s, by %s", j.at, j.does, j.test) }

func run(tmp string, only *regexp.Regexp, limit time.Duration, parallel int) (ok bool) {
	faults := check(register)
	var tests []testName
	var jobs []job
	for _, c := range register {
		for _, p := range c.proofs {
			name := parseTest(p.test)
			all := only.MatchString(c.rule + " " + c.text + " " + p.test)
			chosen := all
			for _, m := range p.mutants {
				j := job{m, name, filepath.Join(tmp, fmt.Sprint(len(jobs)))}
				if !all && !only.MatchString(j.String()) {
					continue
				}
				chosen = true
				if err := j.write(); err != nil {
					faults = append(faults, err.Error())
				}
				jobs = append(jobs, j)
			}
			if chosen {
				tests = append(tests, name)
			}
		}
	}
	for _, fault := range faults {
		fmt.Println(fault)
	}
	if len(faults) > 0 || len(tests) == 0 {
		fmt.Printf("%d faults in the register, %d tests chosen\n", len(faults), len(tests))
		return false
	}
	if !pass(tests) {
		return false
	}

	began := time.Now()
	order := rand.Perm(len(jobs))
	if limit == 0 {
		slices.Sort(order)
	}
	var workers sync.WaitGroup
	var mu sync.Mutex
	counts := map[string]int{}
	ok = true
	slots := make(chan struct{}, parallel)
	for _, i := range order {
		slots <- struct{}{}
		if limit > 0 && time.Since(began) > limit {
			break
		}
		workers.Go(func() {
			defer func() { <-slots }()
			start := time.Now()
			verdict, detail := jobs[i].run()
			mu.Lock()
			defer mu.Unlock()
			counts[verdict]++
			ok = ok && verdict == killed
			fmt.Printf("%-16s %4.1fs  %s\n%s", verdict, time.Since(start).Seconds(), &jobs[i], detail)
		})
	}
	workers.Wait()
	fmt.Printf("%d clauses, %d tests; of %d mutants, in %.0f s: %v\n", len(register), len(tests), len(jobs), time.Since(began).Seconds(), counts)
	return ok
}
