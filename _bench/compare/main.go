// Compare measures jwthttp and others side by side, in one process and in turns,
// and checks the ratios against goals.
//
//	go -C _bench run ./compare                 prints the table, exits 1 if a goal is missed
//	go -C _bench run ./compare -json FILE      writes it too
//	go -C _bench run ./compare -plot FILE.svg  draws the chart of the README
package main

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/jwthttp/jwthttp/_bench/contest"
)

func main() {
	rounds := flag.Int("rounds", 15, "rounds of every measurement, at least 7")
	jsonFile := flag.String("json", "", "write the results to this file")
	plotFile := flag.String("plot", "", "draw the chart to this SVG file")
	only := flag.String("only", "", "measure only this: "+strings.Join(measurementNames(), ", "))
	load := flag.String("load", "", "send load to this URL instead (used by itself)")
	flag.Parse()
	if *load != "" {
		sendLoad(*load)
		return
	}
	report, err := measureAll(max(*rounds, 7), *only)
	if err == nil {
		report.print(os.Stdout)
		err = report.write(*jsonFile, *plotFile)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
	missed := report.missed()
	for _, g := range missed {
		fmt.Fprintf(os.Stderr, "compare: missed: %s is %.3g, want %s\n", g.Name, g.Got, g.want())
	}
	if len(missed) > 0 {
		os.Exit(1)
	}
}

// A Report is everything that one run measured.
type Report struct {
	Go     string  `json:"go"`
	CPUs   int     `json:"cpus"`
	Rounds int     `json:"rounds"`
	Tables []Table `json:"tables"`
	Goals  []Goal  `json:"goals"`
}

// A Table is one kind of work.
type Table struct {
	Work string `json:"work"`
	Rows []Row  `json:"rows"`
}

// A Row is what one contestant needed for a request.
type Row struct {
	Name   string  `json:"name"`
	Ns     float64 `json:"ns"` // the median of the rounds
	Allocs float64 `json:"allocs"`
	Bytes  float64 `json:"bytes"`
	Ratio  float64 `json:"ratio"` // to the first row; the median of the rounds' ratios
}

func (t Table) row(name string) Row {
	i := slices.IndexFunc(t.Rows, func(r Row) bool { return r.Name == name })
	if i < 0 {
		panic("no row " + name)
	}
	return t.Rows[i]
}

// A Goal is a number and its bound.
type Goal struct {
	Name string  `json:"name"`
	Got  float64 `json:"got"`
	Min  float64 `json:"min,omitempty"`
	Max  float64 `json:"max,omitempty"`
}

func (g Goal) met() bool { return g.Got >= g.Min && (g.Max == 0 || g.Got <= g.Max) }

func (g Goal) want() string {
	if g.Max == 0 {
		return fmt.Sprintf("at least %g", g.Min)
	}
	return fmt.Sprintf("at most %g", g.Max)
}

func (r *Report) missed() []Goal {
	return slices.DeleteFunc(slices.Clone(r.Goals), Goal.met)
}

func (r *Report) atMost(name string, got, limit float64) {
	r.Goals = append(r.Goals, Goal{Name: name, Got: got, Max: limit})
}

func (r *Report) atLeast(name string, got, limit float64) {
	r.Goals = append(r.Goals, Goal{Name: name, Got: got, Min: limit})
}

func (r *Report) print(out io.Writer) {
	fmt.Fprintf(out, "%s, %d CPUs, median of %d rounds in turns\n", r.Go, r.CPUs, r.Rounds)
	for _, t := range r.Tables {
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintf(out, "\n%s\n", t.Work)
		fmt.Fprintf(w, "ns\tallocs\tbytes\tratio\t \n")
		for _, row := range t.Rows {
			fmt.Fprintf(w, "%.0f\t%.0f\t%.0f\t%.2f\t  %s\n", row.Ns, row.Allocs, row.Bytes, row.Ratio, row.Name)
		}
		w.Flush()
	}
	fmt.Fprintln(out)
	for _, g := range r.Goals {
		verdict := "met"
		if !g.met() {
			verdict = "MISSED"
		}
		fmt.Fprintf(out, "%-6s  %s: %.3g, %s\n", verdict, g.Name, g.Got, g.want())
	}
}

func (r *Report) write(jsonFile, plotFile string) error {
	if jsonFile != "" {
		data, err := json.MarshalIndent(r, "", "\t")
		if err != nil {
			return err
		}
		if err := os.WriteFile(jsonFile, append(data, '\n'), 0o644); err != nil {
			return err
		}
	}
	if plotFile != "" {
		return plotTables(plotFile, r.Tables[:2])
	}
	return nil
}

// A runner sends a batch of requests and returns how many.
type runner struct {
	name  string
	batch func() int
}

// inTurns measures the runners one after another in each round, so a disturbance of the
// machine affects all of them. Each round begins with another runner, so no runner always
// follows the same one. Ratios are to the first runner.
func inTurns(work string, rounds int, runners []runner) Table {
	ns := make([][]float64, len(runners))
	t := Table{Work: work, Rows: make([]Row, len(runners))}
	for round := range rounds + 1 { // the first round warms up
		for turn := range runners {
			i := (turn + round) % len(runners)
			r := runners[i]
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			n := float64(r.batch())
			took := float64(time.Since(start).Nanoseconds()) / n
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

// served makes runners of contestants. A batch sends all tokens passes times.
func served(alg string, tokens []contest.Token, passes int, contestants ...contest.Contestant) ([]runner, error) {
	var runners []runner
	for _, c := range contestants {
		rig, err := c.NewRig(alg)
		if err != nil {
			return nil, err
		}
		runners = append(runners, runner{c.Name, func() int {
			for range passes {
				for _, token := range tokens {
					rig.Serve(token)
				}
			}
			return passes * len(tokens)
		}})
	}
	return runners, nil
}
