package main

import (
	"fmt"
	"runtime"
)

// measurements are what can be measured. Those that are noisy or long are not quick.
var measurements = []struct {
	name    string
	measure func(*Report) error
	isQuick bool
}{
	{"hs256", hs256, true},
	{"seen", rs256Seen, true},
	{"real", realTokens, true},
	{"many", manyMembers, true},
	{"few", fewAllocations, true},
	{"odd", oddTokens, true},
	{"first", rs256First, true},
	{"forged", forged, true},
	{"dpop", proofs, true},
	{"bound", boundTokens, false},
	{"issue", issuing, true},
	{"session", sessions, true},
	{"guards", guards, true},
	{"denylist", denylists, true},
	{"grpc", grpcCalls, true},
	{"keysets", keySets, true},
	{"spread", spreadKeys, true},
	{"issuers", spreadIssuers, true},
	{"jwks", remoteKeys, true},
	{"memory", memory, true},
	{"live", liveTokens, false},
	{"algorithms", algorithms, false},
	{"threads", threads, false},
	{"server", server, false},
}

func measurementNames() (names []string) {
	for _, m := range measurements {
		names = append(names, m.name)
	}
	return names
}

// measureAll repeats a quick measurement once if it misses a goal, since the machine may have had
// other work.
func measureAll(s Settings, only string) (*Report, error) {
	all := newReport(s)
	isKnown := false
	for _, m := range measurements {
		if only != "" && only != m.name || s.Quick && !m.isQuick && only == "" {
			continue
		}
		isKnown = true
		var part *Report
		for attempt := 1; attempt == 1 || s.Quick && attempt <= quickAttempts && len(part.missed()) > 0; attempt++ {
			part = newReport(s)
			if err := m.measure(part); err != nil {
				return nil, fmt.Errorf("%s: %w", m.name, err)
			}
		}
		all.Tables = append(all.Tables, part.Tables...)
		all.Goals = append(all.Goals, part.Goals...)
	}
	if !isKnown {
		return nil, fmt.Errorf("there is no measurement %q", only)
	}
	return all, nil
}

func newReport(s Settings) *Report {
	return &Report{Go: runtime.Version(), CPUs: runtime.NumCPU(), Settings: s}
}
