package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
)

// Settings say how a run measures.
type Settings struct {
	Rounds int     `json:"rounds"`
	Margin float64 `json:"margin,omitempty"` // by which a goal may be missed
	Quick  bool    `json:"quick,omitempty"`
}

// A Report is everything that one run measured.
type Report struct {
	Go   string `json:"go"`
	CPUs int    `json:"cpus"`
	Settings
	Tables []Table `json:"tables"`
	Goals  []Goal  `json:"goals"`
	Curves []Curve `json:"curves,omitempty"`
}

// A Table is one kind of work.
type Table struct {
	Work string `json:"work"`
	Note string `json:"note,omitempty"`
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

// A Goal is a number and its bound. A run that misses it fails.
type Goal struct {
	Name    string  `json:"name"`
	Got     float64 `json:"got"`
	Min     float64 `json:"min,omitempty"`
	Max     float64 `json:"max,omitempty"`
	Stretch float64 `json:"stretch,omitempty"` // a better bound that may be missed; 0 if there is none
	Margin  float64 `json:"margin,omitempty"`
}

func (g Goal) met() bool {
	if g.Max != 0 { // a difference of two measurements may be less than 0
		return g.Got <= g.Max*(1+g.Margin)
	}
	return g.Got >= g.Min*(1-g.Margin)
}

func (g Goal) want() string {
	text := fmt.Sprintf("at most %g", g.Max)
	if g.Max == 0 {
		text = fmt.Sprintf("at least %g", g.Min)
	}
	if g.Stretch != 0 {
		text += fmt.Sprintf(", stretch %g", g.Stretch)
	}
	return text
}

func (g Goal) verdict() string {
	switch {
	case !g.met():
		return "MISSED"
	case g.Stretch != 0 && (g.Max == 0 && g.Got >= g.Stretch || g.Max != 0 && g.Got <= g.Stretch):
		return "met++"
	}
	return "met"
}

func (r *Report) missed() []Goal {
	return slices.DeleteFunc(slices.Clone(r.Goals), Goal.met)
}

// atMost adds a goal. stretch is 0 if there is none.
func (r *Report) atMost(name string, got, limit, stretch float64) {
	r.Goals = append(r.Goals, Goal{Name: name, Got: got, Max: limit, Stretch: stretch, Margin: r.Margin})
}

func (r *Report) atLeast(name string, got, limit, stretch float64) {
	r.Goals = append(r.Goals, Goal{Name: name, Got: got, Min: limit, Stretch: stretch, Margin: r.Margin})
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
		if t.Note != "" {
			fmt.Fprintf(out, "(%s)\n", t.Note)
		}
	}
	if len(r.Curves) > 0 {
		printCurves(out, r.Curves)
	}
	if len(r.Goals) == 0 {
		return
	}
	fmt.Fprintf(out, "\nGoals, with a margin of %g %%; met++ is a stretch that is met\n", 100*r.Margin)
	for _, g := range r.Goals {
		fmt.Fprintf(out, "%-6s  %s: %.3g, %s\n", g.verdict(), g.Name, g.Got, g.want())
	}
}

func (r *Report) write(jsonFile, plotFile, curvesFile string) error {
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
		if err := plotTables(plotFile, r.plotted()); err != nil {
			return err
		}
	}
	if curvesFile != "" {
		return plotCurves(curvesFile, r.Curves)
	}
	return nil
}
