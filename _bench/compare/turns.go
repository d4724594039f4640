package main

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/_bench/contest"
)

// A runner sends a batch of requests and returns how many.
type runner struct {
	name  string
	batch func() int
}

// inTurns measures the runners one after another in each round, so a disturbance of the
// machine affects all of them. Each round begins with another runner, so no runner always
// follows the same one. Ratios are to the first runner. Times are those of the CPUs.
func (r *Report) inTurns(work string, runners []runner) Table {
	return inTurns(cpuTime, work, r.Rounds, runners)
}

var processStart = time.Now()

func wallTime() time.Duration { return time.Since(processStart) }

func inTurns(clock func() time.Duration, work string, rounds int, runners []runner) Table {
	ns := make([][]float64, len(runners))
	t := Table{Work: work, Rows: make([]Row, len(runners))}
	for round := range rounds + 1 { // the first round warms up
		for turn := range runners {
			i := (turn + round) % len(runners)
			r := runners[i]
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := clock()
			n := float64(r.batch())
			took := float64((clock() - start).Nanoseconds()) / n
			runtime.ReadMemStats(&after)
			if round == 0 {
				continue
			}
			ns[i] = append(ns[i], took)
			t.Rows[i].Allocs = float64(after.Mallocs-before.Mallocs) / n
			t.Rows[i].Bytes = float64(after.TotalAlloc-before.TotalAlloc) / n
		}
	}
	for i, r := range runners {
		ratios := make([]float64, rounds)
		for round := range rounds {
			ratios[round] = ns[i][round] / ns[0][round]
		}
		t.Rows[i].Name, t.Rows[i].Ns, t.Rows[i].Ratio = r.name, median(ns[i]), median(ratios)
	}
	return t
}

func median[T cmp.Ordered](v []T) T {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

func isOurs(name string) bool { return strings.HasPrefix(name, contest.Ours.Name) }

// ours is jwthttp with another claims type, other options or checks.
func ours[C any](name string, opts jwthttp.Options, checks ...jwthttp.Check[C]) contest.Contestant {
	return contest.Contestant{Name: contest.Ours.Name + ", " + name, Protect: contest.OursWith(opts, checks...)}
}

// served makes runners of contestants, which must do the usual work.
func served(alg string, tokens []contest.Token, contestants ...contest.Contestant) ([]runner, error) {
	var runners []runner
	for _, c := range contestants {
		rig, err := c.NewRig(alg)
		if err != nil {
			return nil, err
		}
		run, err := passing(c.Name, rig, tokens)
		if err != nil {
			return nil, err
		}
		runners = append(runners, run)
	}
	return runners, nil
}

// batchTime is how long a batch lasts, at least. In it, every runner has its share of garbage
// collections: in a shorter one, a fast runner has none, or one too many.
const batchTime = 50 * time.Millisecond

// passing makes a runner of a rig that all tokens must pass.
func passing(name string, rig *contest.Rig, tokens []contest.Token) (runner, error) {
	once := runnerOf(name, rig, tokens, 1)
	before := rig.Ran()
	if n := once.batch(); rig.Ran()-before != n {
		return once, fmt.Errorf("%s: %d of %d tokens got through", name, rig.Ran()-before, n)
	}
	start := time.Now()
	once.batch()
	return runnerOf(name, rig, tokens, int(batchTime/max(time.Since(start), 1))+1), nil
}

// servedBy makes a runner of a contestant whose keys or rules are not the usual ones.
func servedBy(c contest.Contestant, alg string, tokens []contest.Token) (runner, error) {
	rig, err := c.UncheckedRig(alg)
	if err != nil {
		return runner{}, err
	}
	return passing(c.Name, rig, tokens)
}

// runnerOf makes a runner whose batch sends all tokens passes times.
func runnerOf(name string, rig *contest.Rig, tokens []contest.Token, passes int) runner {
	return runner{name, func() int {
		for range passes {
			for _, token := range tokens {
				rig.Serve(token)
			}
		}
		return passes * len(tokens)
	}}
}
