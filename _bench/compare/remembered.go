package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/_bench/contest"
)

func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// memory fills a signature memory of the default size.
func memory(r *Report) error {
	tokens := contest.Tokens("RS256", 0, 4096)
	before := heap()
	rig, err := contest.Ours.NewRig("RS256")
	if err != nil {
		return err
	}
	for _, token := range tokens {
		rig.Serve(token)
	}
	after := heap()
	if rig.Ran() != len(tokens) {
		return fmt.Errorf("%d of %d tokens got through", rig.Ran(), len(tokens))
	}
	runtime.KeepAlive(tokens)
	r.atMost("a full signature memory, KiB", (after-before)/1024, 2048, 0)
	runtime.KeepAlive(rig)
	return nil
}

// liveTokens measures more and more tokens in use, at random, for a signature memory of one size.
func liveTokens(r *Report) error {
	const remembered = 512
	all := contest.Tokens("RS256", 0, 10*remembered)
	var runners []runner
	hits, requests := make([]int, 0, 4), make([]int, 0, 4)
	shares := []float64{0.5, 1, 2, 10}
	for i, share := range shares {
		hits, requests = append(hits, 0), append(requests, 0)
		opts := jwthttp.Options{RememberSignatures: remembered, OnResult: func(_ *http.Request, res jwthttp.Result) {
			requests[i]++
			if res.Remembered {
				hits[i]++
			}
		}}
		rig, err := ours[contest.Claims]("", opts).NewRig("RS256")
		if err != nil {
			return err
		}
		live := all[:int(share*remembered)]
		serve := func(n int) int {
			for range n {
				rig.Serve(live[rand.IntN(len(live))])
			}
			return n
		}
		serve(10 * len(live)) // until the memory has what it would have after a long time
		hits[i], requests[i] = 0, 0
		runners = append(runners, runner{fmt.Sprintf("jwthttp, %g times as many live tokens as the memory holds", share), func() int { return serve(2000) }})
	}
	t := r.inTurns("RS256: live tokens at random", runners)
	for i := range t.Rows {
		t.Rows[i].Name += fmt.Sprintf(": hit rate %.2f", float64(hits[i])/float64(requests[i]))
	}
	r.Tables = append(r.Tables, t)
	return nil
}
