package main

import (
	"fmt"
	"os"
	"slices"
	"text/tabwriter"
)

// A tally counts the answers of each status to each kind of request.
type tally [96][6]int64

var statuses = []int{200, 400, 401, 403, 503} // other statuses come last

func (t *tally) count(kind, status int) {
	i := slices.Index(statuses, status)
	if i < 0 {
		i = len(statuses)
	}
	t[kind][i]++
}

func (t *tally) add(other *tally) {
	for kind, row := range other {
		for i, n := range row {
			t[kind][i] += n
		}
	}
}

func (t *tally) sum() (n int64) {
	for _, row := range t {
		for _, c := range row {
			n += c
		}
	}
	return n
}

// printTallies prints the sum of the tallies of all workers.
func printTallies(all []*tally) {
	var sum tally
	for _, t := range all {
		sum.add(t)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "200\t400\t401\t403\t503\tothers\t \n")
	for kind := range kinds {
		for _, n := range sum[kind] {
			fmt.Fprintf(w, "%d\t", n)
		}
		fmt.Fprintf(w, "  %s\n", kinds[kind].name)
	}
	w.Flush()
}
