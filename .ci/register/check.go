package main

import (
	"fmt"
	"slices"
)

// rules is how many numbered rules there are.
const rules = 40

// check returns what is wrong with the form of a register.
func check(register []clause) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	known := []string{"HTTP", "SENDER", "SESSIONS", "DOC"}
	for n := range rules {
		number := fmt.Sprint(n + 1)
		known = append(known, number)
		if !slices.ContainsFunc(register, func(c clause) bool { return c.rule == number }) {
			fault("rule %s has no clause", number)
		}
	}
	for _, c := range register {
		if !slices.Contains(known, c.rule) {
			fault("there is no rule %s, of which %q is a clause", c.rule, c.text)
		}
		if c.text == "" || len(c.proofs) == 0 {
			fault("the clause %q of rule %s has no text or no proof", c.text, c.rule)
		}
		for i, p := range c.proofs {
			if slices.ContainsFunc(c.proofs[:i], func(o proof) bool { return o.test == p.test }) {
				fault("%s proves %q twice", p.test, c.text)
			}
		}
	}
	return faults
}
