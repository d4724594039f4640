// Compare measures jwthttp and others side by side, in one process and in turns, and checks the
// ratios against goals.
//
//	go -C _bench run ./compare                 prints the tables, exits 1 if a goal is missed
//	go -C _bench run ./compare -quick          the same in three minutes, for the gate: few rounds,
//	                                           goals with a margin, and no goal of threads and servers
//	go -C _bench run ./compare -json FILE      writes it too
//	go -C _bench run ./compare -plot FILE.svg  draws the chart of the README
//	go -C _bench run ./compare -curves FILE.svg
//	                                           measures how the time of a request grows, and nothing
//	                                           else; draws and prints what docs/scaling.md shows of it
//
// What tenants cost is measured by another program: go -C _bench test ./tenants.
//
// Measurements of a server take their load from wrk, or from this program where wrk is missing.
// Those of sessions start PostgreSQL and Redis, and leave out what is not installed.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

// The gate's run has few rounds, and machines differ by a fifth and more. It finds what became slow, and
// not by how little a goal is missed.
const (
	quickRounds   = 7
	quickMargin   = 0.4
	quickAttempts = 3 // of a measurement that misses a goal
)

func main() {
	rounds := flag.Int("rounds", 15, "rounds of every measurement, at least 7")
	quick := flag.Bool("quick", false, fmt.Sprintf("%d rounds, and a margin of %g %% for every goal", quickRounds, 100*quickMargin))
	jsonFile := flag.String("json", "", "write the results to this file")
	plotFile := flag.String("plot", "", "draw the chart to this SVG file")
	curvesFile := flag.String("curves", "", "measure growth instead, and draw it to this SVG file")
	only := flag.String("only", "", "measure only this: "+strings.Join(measurementNames(), ", "))
	load := flag.String("load", "", "send load to this URL instead (used by itself)")
	flag.Parse()
	if *load != "" {
		sendLoad(*load)
		return
	}
	settings := Settings{Rounds: max(*rounds, 7)}
	if *quick {
		settings = Settings{Rounds: quickRounds, Margin: quickMargin, Quick: true}
	}
	measure := func() (*Report, error) { return measureAll(settings, *only) }
	if *curvesFile != "" {
		measure = func() (*Report, error) { return measureCurves(settings) }
	}
	report, err := measure()
	if err == nil {
		report.print(os.Stdout)
		err = report.write(*jsonFile, *plotFile, *curvesFile)
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
