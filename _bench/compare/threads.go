package main

import (
	"fmt"
	"net/http"
	"runtime"
	"sync"

	"github.com/jwthttp/jwthttp/_bench/contest"
)

// threads compares the gain from a second thread with the gain of a floor. Then it has more
// threads than most machines have CPUs.
func threads(r *Report) error {
	for _, alg := range []string{"HS256", "RS256"} {
		var runners []runner
		for _, n := range []int{1, 2} {
			run, err := parallel(contest.Ours, alg, n, runtime.GOMAXPROCS(0))
			if err != nil {
				return err
			}
			runners = append(runners, run)
		}
		for _, n := range []int{1, 2} {
			run, err := parallel(contest.Floor, "HS256", n, runtime.GOMAXPROCS(0))
			if err != nil {
				return err
			}
			runners = append(runners, run)
		}
		t := inTurns(wallTime, alg+", seen before, two threads", r.Rounds, runners)
		r.Tables = append(r.Tables, t)
		ours := t.Rows[0].Ns / t.Rows[1].Ns
		floor := t.Rows[2].Ns / t.Rows[3].Ns
		r.atLeast(alg+", gain of a second thread, ratio to the floor's", ours/floor, 0.93, 0)
	}
	var runners []runner
	for _, n := range []int{1, 2, 4, 8, 16, 32, 64} {
		for _, c := range []contest.Contestant{contest.Ours, contest.GolangJWT} {
			run, err := parallel(c, "HS256", n, n)
			if err != nil {
				return err
			}
			runners = append(runners, run)
		}
	}
	r.Tables = append(r.Tables, inTurns(wallTime, "HS256: as many threads as GOMAXPROCS", r.Rounds, runners))
	return nil
}

// parallel makes a runner of n threads that share a handler.
func parallel(c contest.Contestant, alg string, n, procs int) (runner, error) {
	const requests = 20_000
	tokens := contest.Tokens(alg, 0, 200)
	handler, err := c.Protect(alg, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	return runner{fmt.Sprintf("%s %s, %d threads", c.Name, alg, n), func() int {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		var wg sync.WaitGroup
		for range n {
			wg.Go(func() {
				rig := contest.Share(handler)
				for i := range requests / n {
					rig.Serve(tokens[i%len(tokens)])
				}
			})
		}
		wg.Wait()
		return requests / n * n
	}}, err
}
