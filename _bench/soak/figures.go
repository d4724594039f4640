package main

import (
	"fmt"
	"math/bits"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/jwthttp/jwthttp"
)

// A tally counts the answers of each status to each kind of request.
type tally [64][6]int64

var statuses = []int{200, 400, 401, 403, 503} // other statuses come last

func (t *tally) count(kind, status int) {
	i := slices.Index(statuses, status)
	if i < 0 {
		i = len(statuses)
	}
	t[kind][i]++
}

func (t *tally) sum() (n int64) {
	for _, row := range t {
		for _, c := range row {
			n += c
		}
	}
	return n
}

func sumOf(tallies []tally) (sum tally) {
	for _, t := range tallies {
		for kind, row := range t {
			for i, n := range row {
				sum[kind][i] += n
			}
		}
	}
	return sum
}

func printTallies(local, tcp tally) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "200\t400\t401\t403\t503\tothers\t200\t400\t401\t403\t503\tothers\t \n")
	for kind := range kinds {
		for _, n := range slices.Concat(local[kind][:], tcp[kind][:]) {
			fmt.Fprintf(w, "%d\t", n)
		}
		fmt.Fprintf(w, "  %s\n", kinds[kind].name)
	}
	fmt.Println("answers in process, and over TCP")
	w.Flush()
}

// A histogram counts durations in buckets, 128 for each power of two.
type histogram [64 * 128]uint32

func bucket(d time.Duration) int {
	n := uint64(max(d, 1))
	shift := max(bits.Len64(n)-8, 0)
	return shift<<7 + int(n>>shift)
}

func (h *histogram) add(d time.Duration) { h[bucket(d)]++ }

// quantile returns the lower end of the bucket that has the quantile, in microseconds.
func (h *histogram) quantile(q float64) float64 {
	var n, below float64
	for _, c := range h {
		n += float64(c)
	}
	for i, c := range h {
		if below += float64(c); below > q*n {
			shift := max(i>>7-1, 0)
			return float64((i-shift<<7)<<shift) / 1000
		}
	}
	return 0
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

const (
	turns   = 20
	turnFor = 25 * time.Millisecond
)

// figures measures the same handler with and without the middleware, in turns. A disturbance
// of the machine then affects both.
func figures(w *world, auth *jwthttp.Middleware[Claims]) error {
	bare := http.HandlerFunc(echo)
	guarded := auth.Handler(bare)
	home, away := httptest.NewServer(bare), httptest.NewServer(guarded)
	defer home.Close()
	defer away.Close()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	hs := make([]token, 2000)
	for i := range hs {
		hs[i] = w.ours.token(fixedIssuer, poolNumbers.Add(1), farAhead, "")
	}

	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(out, "requests/s\twithout\tratio\tp50 µs\twithout\tadded\tp99 µs\twithout\tadded\t \n")
	for _, f := range []struct {
		name          string
		tokens        []token
		without, with way
		urls          [2]string
	}{
		{"HS256 in process", hs, &inProcess{handler: bare}, &inProcess{handler: guarded}, [2]string{"/", "/"}},
		{"RS256 in process, repeated", w.pools.seen, &inProcess{handler: bare}, &inProcess{handler: guarded}, [2]string{"/", "/"}},
		{"RS256 in process, fresh", w.pools.fresh, &inProcess{handler: bare}, &inProcess{handler: guarded}, [2]string{"/", "/"}},
		{"HS256 over TCP", hs, overTCP{client}, overTCP{client}, [2]string{home.URL, away.URL}},
		{"RS256 over TCP, repeated", w.pools.seen, overTCP{client}, overTCP{client}, [2]string{home.URL, away.URL}},
	} {
		var h [2]histogram
		var rates [2][]float64
		next := [2]int{}
		for turn := range 2*turns + 2 { // the first two warm up
			i := turn % 2
			by := []way{f.without, f.with}[i]
			r, err := http.NewRequest(http.MethodGet, f.urls[i], nil)
			if err != nil {
				return err
			}
			var took time.Duration
			n := 0
			for began := time.Now(); time.Since(began) < turnFor; n++ {
				r.Header["Authorization"] = []string{"Bearer " + f.tokens[next[i]%len(f.tokens)].raw}
				next[i]++
				start := time.Now()
				got, err := by.send(r)
				d := time.Since(start)
				if err != nil || got.status != http.StatusOK {
					return fmt.Errorf("%s: answer %+v, %v", f.name, got, err)
				}
				if turn >= 2 {
					h[i].add(d)
				}
				took += d
			}
			if turn >= 2 {
				rates[i] = append(rates[i], float64(n)/took.Seconds())
			}
		}
		ratios := make([]float64, turns)
		for i := range ratios {
			ratios[i] = rates[1][i] / rates[0][i]
		}
		fmt.Fprintf(out, "%.0f\t%.0f\t%.2f\t", median(rates[1]), median(rates[0]), median(ratios))
		for _, q := range []float64{0.50, 0.99} {
			with, without := h[1].quantile(q), h[0].quantile(q)
			fmt.Fprintf(out, "%.1f\t%.1f\t%.1f\t", with, without, with-without)
		}
		fmt.Fprintf(out, "  %s\n", f.name)
	}
	fmt.Println("\nthe same handler with the middleware and without it, in turns, one request at a time")
	return out.Flush()
}
