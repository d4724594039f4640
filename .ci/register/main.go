// Command register holds the register against the code. The register, in list.go, has the
// promises of this project: clauses, the tests that prove each, and mutants, which break the
// code so that one named test must fail. It runs in the root of the module:
//
//	go run ./.ci/register [-only REGEXP] [-parallel N]
//
// First every named test runs on the code as it is: it must exist, run and pass. Then for
// each mutant its test runs alone: it must fail. The work tree stays as it is, because go
// reads the broken code through -overlay.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"time"
)

// A clause is a part of a rule, in the words of the project.
type clause struct {
	rule   string // the number in the list of what must never happen, "HTTP" and "SENDER" for the answers on the wire, or "DOC" for what doc comments promise
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
	old  string // is in the declaration exactly once
	new  string
}

func main() {
	only := flag.String("only", "", "take only the clauses, tests and mutants whose line, as it is printed, matches this regular expression")
	parallel := flag.Int("parallel", runtime.NumCPU(), "how many mutants to run at a time")
	flag.Parse()
	tmp, err := os.MkdirTemp("", "register")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	ok := run(tmp, regexp.MustCompile(*only), max(*parallel, 1))
	os.RemoveAll(tmp)
	if !ok {
		os.Exit(1)
	}
}

func run(tmp string, only *regexp.Regexp, parallel int) bool {
	began := time.Now()
	var tests []testName
	var every, jobs []job
	for _, c := range register {
		for _, p := range c.proofs {
			all := only.MatchString(c.rule + " " + c.text + " " + p.test)
			chosen := all
			for _, m := range p.mutants {
				j := job{mutant: m, test: parseTest(p.test)}
				every = append(every, j)
				if all || only.MatchString(j.String()) {
					jobs, chosen = append(jobs, j), true
				}
			}
			if chosen {
				tests = append(tests, parseTest(p.test))
			}
		}
	}
	overlay, _ := instrument(jobs)
	_, faults := instrument(every) // also where -only leaves out a mutant that has no place any more
	faults = append(check(register), faults...)
	if len(tests) == 0 {
		faults = append(faults, "nothing was chosen")
	}
	if report(faults) {
		return false
	}
	place := filepath.Join(tmp, "all")
	if err := overlay.write(place); err != nil {
		return !report([]string{err.Error()})
	}
	binaries := map[string]string{}
	for _, t := range tests {
		if binaries[t.dir] != "" {
			continue
		}
		binary, err := compile(t.dir, place)
		if err != nil {
			return !report([]string{"with all mutants the code does not compile; the number in a name is that of a mutant, counted from 1:\n" + err.Error()})
		}
		binaries[t.dir] = binary
	}
	if report(pass(tests, binaries, parallel)) {
		return false
	}

	var workers sync.WaitGroup
	var mu sync.Mutex
	counts := map[string]int{}
	ok := true
	slots := make(chan struct{}, parallel)
	for i := range jobs {
		slots <- struct{}{}
		workers.Go(func() {
			defer func() { <-slots }()
			start, j := time.Now(), &jobs[i]
			verdict, detail := j.verdict(binaries, filepath.Join(tmp, fmt.Sprint(i)))
			mu.Lock()
			defer mu.Unlock()
			counts[verdict]++
			ok = ok && verdict == killed
			fmt.Printf("%-16s %4.1fs  %s\n%s", verdict, time.Since(start).Seconds(), j, detail)
		})
	}
	workers.Wait()
	fmt.Printf("%d clauses, %d tests; of %d mutants, in %.0f s: %v\n", len(register), len(tests), len(jobs), time.Since(began).Seconds(), counts)
	return ok
}

func report(faults []string) bool {
	for _, fault := range faults {
		fmt.Println(fault)
	}
	return len(faults) > 0
}

// verdict runs the test of a mutant, which has a binary of its own if it is not in those of
// all.
func (j *job) verdict(binaries map[string]string, place string) (verdict, detail string) {
	if j.id > 0 {
		return j.run(binaries[j.test.dir])
	}
	s, err := readSource(j.dir)
	if err != nil {
		return failed, err.Error() + "\n"
	}
	_, name := splitAt(j.at)
	d := s.find(name)
	text := string(s.texts[d.file])
	changed := overlay{d.file: text[:d.from] + strings.Replace(d.text, j.old, j.new, 1) + text[d.to:]}
	if err := changed.write(place); err != nil {
		return failed, err.Error() + "\n"
	}
	binary, err := compile(j.test.dir, place)
	if err != nil {
		return broken, err.Error()
	}
	defer os.Remove(binary)
	return j.run(binary)
}
