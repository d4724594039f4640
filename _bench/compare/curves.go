package main

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// A Curve is how the time of a request grows with something.
type Curve struct {
	Of     string  `json:"of"` // what is counted
	Ns     float64 `json:"ns"` // of the first point
	Points []Point `json:"points"`
	Fit    Formula `json:"fit"`
}

// A Point is one measurement of a curve.
type Point struct {
	N     float64 `json:"n"`
	Ratio float64 `json:"ratio"` // to the first point
}

// A Formula is the kind of growth that the points show.
type Formula struct {
	Text  string  `json:"text"`
	Error float64 `json:"error"` // the standard deviation of what it says, relative to what was measured

	at       func(n float64) float64
	isLinear bool
}

func (f Formula) String() string { return fmt.Sprintf("%s ± %.0f %%", f.Text, 100*f.Error) }

// A shape is a kind of growth, a + b·x(n).
type shape struct {
	term     string // after b
	x        func(n float64) float64
	isLinear bool
}

var (
	linear      = shape{"·n", func(n float64) float64 { return n }, true}
	logarithmic = shape{"·log₁₀ n", math.Log10, false}
)

// perCPU is for threads, of which each has a CPU until all are busy.
func perCPU(cpus int) shape {
	return shape{fmt.Sprintf("/min(n, %d)", cpus), func(n float64) float64 { return 1 / min(n, float64(cpus)) }, false}
}

// constantError is how far apart the runs of one program are on a machine with other work.
const constantError = 0.05

// fit returns the formula of the points: a constant if that is as good as the measurement, else the
// first of the shapes, or a later one that halves its error. The noise of a few points does not do that.
func fit(points []Point, shapes ...shape) Formula {
	best := leastSquares(points, nil)
	limit := best.Error
	if limit <= constantError {
		return best
	}
	for _, s := range shapes {
		if f := leastSquares(points, &s); f.Error <= limit {
			best, limit = f, f.Error/2
		}
	}
	return best
}

// leastSquares makes the squares of the relative errors least. A nil shape is a constant. The error is
// infinite if the points do not determine the formula.
func leastSquares(points []Point, s *shape) Formula {
	var w, wx, wxx, wy, wxy float64 // sums over the points, each with its weight
	for _, p := range points {
		weight, x := 1/(p.Ratio*p.Ratio), 0.0
		if s != nil {
			x = s.x(p.N)
		}
		w, wx, wxx = w+weight, wx+weight*x, wxx+weight*x*x
		wy, wxy = wy+weight*p.Ratio, wxy+weight*x*p.Ratio
	}
	a, b, parameters := wy/w, 0.0, 1
	f := Formula{Text: decimal(a), at: func(float64) float64 { return a }}
	if s != nil {
		b = (w*wxy - wx*wy) / (w*wxx - wx*wx)
		a, parameters = (wy-b*wx)/w, 2
		sign := " + "
		if b < 0 {
			sign = " − "
		}
		f = Formula{Text: decimal(a) + sign + twoDigits(math.Abs(b)) + s.term, at: func(n float64) float64 { return a + b*s.x(n) }, isLinear: s.isLinear}
	}
	sum := 0.0
	for _, p := range points {
		sum += math.Pow(f.at(p.N)/p.Ratio-1, 2)
	}
	if f.Error = math.Sqrt(sum / float64(len(points)-parameters)); math.IsNaN(f.Error) {
		f.Error = math.Inf(1)
	}
	return f
}

// decimal writes a number with two places after the point.
func decimal(v float64) string {
	return strings.Replace(fmt.Sprintf("%.2f", v), "-", "−", 1)
}

// twoDigits writes a positive number with the two digits that count most.
func twoDigits(v float64) string {
	text := strconv.FormatFloat(v, 'e', 1, 64)
	rounded, _ := strconv.ParseFloat(text, 64)
	exponent, _ := strconv.Atoi(text[strings.IndexByte(text, 'e')+1:])
	return strconv.FormatFloat(rounded, 'f', max(0, 1-exponent), 64)
}

// growths are what is measured, in the order of the picture.
var growths = []struct {
	of     string
	ns     []int
	runner func(n int) (runner, error)
}{
	{"claims", []int{10, 30, 65, 100, 250}, withClaims},
	{"KB of payload", []int{1, 2, 4, 8, 16, 32}, withPayload},
	{"roles that are wanted", []int{10, 50, 100, 200, 500, 1000}, withRoles},
	{"keys of a set", []int{1, 10, 100, 1000, spread}, withKeys},
	{"issuers", []int{1, 10, 100, 1000, spread, 100_000}, withIssuers},
	{"tenants with keys", []int{1, 10, 100, 1000, spread}, withTenants},
	{"denied tokens", []int{1, 100, 10_000, 100_000, 1_000_000}, withDenied},
	{"remembered proofs", []int{1, 100, 10_000, 100_000, 1_000_000}, withProofs},
	{"sessions (a refresh)", []int{100, 1000, 10_000, 100_000}, withSessions},
	{ofThreads, []int{1, 2, 4, 8, 16, 32, 64}, withThreads},
}

// Threads are the only curve whose time is that of a clock: all threads are at work in it.
const ofThreads = "threads"

// measureCurves measures each growth in turns. The runners of one are in memory together, so the garbage
// collector has the same work for all of its points.
func measureCurves(s Settings) (*Report, error) {
	r := newReport(s)
	for _, g := range growths {
		var runners []runner
		for _, n := range g.ns {
			run, err := g.runner(n)
			if err != nil {
				return nil, fmt.Errorf("%d %s: %w", n, g.of, err)
			}
			runners = append(runners, run)
		}
		clock, shapes := cpuTime, []shape{logarithmic, linear}
		if g.of == ofThreads {
			clock, shapes = wallTime, []shape{perCPU(runtime.NumCPU())}
		}
		t := inTurns(clock, g.of, s.Rounds, runners)
		c := Curve{Of: g.of, Ns: t.Rows[0].Ns}
		for i, n := range g.ns {
			c.Points = append(c.Points, Point{float64(n), t.Rows[i].Ratio})
		}
		c.Fit = fit(c.Points, shapes...)
		r.Curves = append(r.Curves, c)
	}
	return r, nil
}

// printCurves writes a table for docs/scaling.md.
func printCurves(out io.Writer, curves []Curve) {
	fmt.Fprint(out, "\n| n | from | to | time of the first, µs | ratio of the last | formula of the ratio |\n|---|--:|--:|--:|--:|---|\n")
	for _, c := range curves {
		first, last := c.Points[0], c.Points[len(c.Points)-1]
		fmt.Fprintf(out, "| %s | %s | %s | %.1f | %.2f | %s |\n", c.Of, thousands(first.N), thousands(last.N), c.Ns/1000, last.Ratio, c.Fit)
	}
}

// thousands writes a whole number with its commas.
func thousands(v float64) string {
	digits := strconv.FormatFloat(v, 'f', 0, 64)
	var groups []string
	for len(digits) > 3 {
		groups = append(groups, digits[len(digits)-3:])
		digits = digits[:len(digits)-3]
	}
	groups = append(groups, digits)
	slices.Reverse(groups)
	return strings.Join(groups, ",")
}
