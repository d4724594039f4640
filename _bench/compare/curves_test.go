package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// pointsOf returns points of a formula. The ratio of each is wrong by the next of the errors.
func pointsOf(ns []float64, f func(n float64) float64, errs ...float64) (points []Point) {
	for i, n := range ns {
		y := f(n)
		if len(errs) > 0 {
			y *= 1 + errs[i%len(errs)]
		}
		points = append(points, Point{n, y})
	}
	return points
}

func TestFit(t *testing.T) {
	wide := []float64{1, 10, 100, 1000, 10_000, 100_000}
	near := []float64{10, 30, 65, 100, 250}
	for _, try := range []struct {
		name   string
		points []Point
		shapes []shape
		want   string
		least  float64 // of the error
		most   float64
	}{
		{"constant", pointsOf(wide, func(float64) float64 { return 1 }), []shape{logarithmic, linear}, "1.00 ± 0 %", 0, 1e-9},
		{"constant, noise", pointsOf(wide, func(float64) float64 { return 1 }, 0.03, -0.03), []shape{logarithmic, linear}, "1.00 ± 3 %", 0.03, 0.035},
		{"linear", pointsOf(near, func(n float64) float64 { return 0.75 + 0.025*n }), []shape{logarithmic, linear}, "0.75 + 0.025·n ± 0 %", 0, 1e-9},
		{"linear, over a wide range", pointsOf(wide, func(n float64) float64 { return 1 + 0.00025*n }), []shape{logarithmic, linear}, "1.00 + 0.00025·n ± 0 %", 0, 1e-9},
		{"linear, below nothing at 0", pointsOf(near, func(n float64) float64 { return 0.5*n - 2 }), []shape{logarithmic, linear}, "−2.00 + 0.50·n ± 0 %", 0, 1e-9},
		{"linear, noise", pointsOf(near, func(n float64) float64 { return 1 + n }, 0.1, 0, -0.1, 0), []shape{logarithmic, linear}, "", 0.05, 0.15},
		{"logarithmic", pointsOf(wide, func(n float64) float64 { return 1 + 0.2*math.Log10(n) }), []shape{logarithmic, linear}, "1.00 + 0.20·log₁₀ n ± 0 %", 0, 1e-9},
		{"falling", pointsOf(wide, func(n float64) float64 { return 1 - 0.1*math.Log10(n) }), []shape{logarithmic, linear}, "1.00 − 0.10·log₁₀ n ± 0 %", 0, 1e-9},
		{"logarithmic, and noise that is as linear", []Point{{1, 1}, {100, 0.99}, {1e4, 1.08}, {1e5, 1.1}, {1e6, 1.27}}, []shape{logarithmic, linear}, "0.96 + 0.037·log₁₀ n ± 6 %", 0.05, 0.07},
		{"threads on two CPUs", pointsOf([]float64{1, 2, 4, 8}, func(n float64) float64 { return 0.2 + 0.8/min(n, 2) }), []shape{perCPU(2)}, "0.20 + 0.80/min(n, 2) ± 0 %", 0, 1e-9},
		{"threads on one CPU, noise", pointsOf([]float64{1, 2, 4, 8}, func(float64) float64 { return 1 }, 0.2, -0.2), []shape{perCPU(1)}, "0.92 ± 23 %", 0.2, 0.3},
	} {
		t.Run(try.name, func(t *testing.T) {
			got := fit(try.points, try.shapes...)
			if try.want != "" && got.String() != try.want {
				t.Errorf("%s, want %s", got, try.want)
			}
			if got.Error < try.least || got.Error > try.most {
				t.Errorf("%s: the error is %g", got, got.Error)
			}
		})
	}
}

func TestTwoDigits(t *testing.T) {
	for want, v := range map[string]float64{"0.10": 0.0999, "1.0": 1, "12": 12.3, "1200": 1234, "0.00010": 0.0001, "10": 9.99, "0.0": 0} {
		if got := twoDigits(v); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestThousands(t *testing.T) {
	for want, n := range map[string]float64{"1": 1, "999": 999, "1,000": 1000, "10,000": 1e4, "1,000,000": 1e6} {
		if got := thousands(n); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// An svgFile has what the tests need of a picture.
type svgFile struct {
	texts []string
	dots  [][2]float64 // the places of the points, in the order of the file
}

var moveTo = regexp.MustCompile(`^M([0-9.]+),([0-9.]+)`)

func readSVG(t *testing.T, file string) (f svgFile) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	inText := false
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return f
		}
		if err != nil {
			t.Fatalf("%s is not XML: %v", file, err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			if inText = e.Name.Local == "text"; inText {
				f.texts = append(f.texts, "")
			}
			attr := map[string]string{}
			for _, a := range e.Attr {
				attr[a.Name.Local] = a.Value
			}
			if e.Name.Local == "path" && strings.Contains(attr["style"], "fill:#1F6FB4") {
				m := moveTo.FindStringSubmatch(attr["d"])
				if m == nil {
					t.Fatalf("a path begins with %.20s", attr["d"])
				}
				x, _ := strconv.ParseFloat(m[1], 64)
				y, _ := strconv.ParseFloat(m[2], 64)
				f.dots = append(f.dots, [2]float64{x, y})
			}
		case xml.CharData:
			if inText {
				f.texts[len(f.texts)-1] += string(e)
			}
		case xml.EndElement:
			inText = false
		}
	}
}

// The picture has a panel for each curve, with its formula, and each point at its place.
func TestPlotCurves(t *testing.T) {
	near := []float64{10, 20, 30}
	wide := []float64{1, 100, 10_000}
	var curves []Curve
	for _, c := range []struct {
		of string
		ns []float64
		f  func(n float64) float64
	}{
		{"claims", near, func(n float64) float64 { return n / 10 }},
		{"keys & issuers", wide, func(n float64) float64 { return 1 + math.Log10(n) }},
		{"threads", wide, func(float64) float64 { return 1 }},
		{"proofs", near, func(n float64) float64 { return n / 10 }},
	} {
		points := pointsOf(c.ns, c.f)
		curves = append(curves, Curve{Of: c.of, Points: points, Fit: fit(points, logarithmic, linear)})
	}
	file := filepath.Join(t.TempDir(), "curves.svg")
	if err := (&Report{Curves: curves}).write("", "", file); err != nil {
		t.Fatal(err)
	}
	picture := readSVG(t, file)
	for _, text := range []string{"claims", "keys & issuers", "threads", "0.00 + 0.10·n ± 0 %", "1.00 + 1.0·log₁₀ n ± 0 %", "1.00 ± 0 %", "10k"} {
		if !slices.Contains(picture.texts, text) {
			t.Errorf("the picture has no text %q: %q", text, picture.texts)
		}
	}
	if len(picture.dots) != 12 {
		t.Fatalf("%d points are drawn, not 12", len(picture.dots))
	}
	for i, want := range [][2]float64{{1, 1}, {1, 1}, {1, 0}, {1, 1}} { // how the steps compare, across and up
		p := picture.dots[3*i : 3*i+3]
		for axis, name := range []string{"across", "up"} {
			first, second := p[1][axis]-p[0][axis], p[2][axis]-p[1][axis]
			if math.Abs(first-second) > 0.1 || (first > 1) != (want[axis] > 0) {
				t.Errorf("%s: the points go %s by %g and then %g", curves[i].Of, name, first, second)
			}
		}
	}
	if err := new(Report).write("", "", file); err == nil {
		t.Error("a picture of nothing is no error")
	}
}

// docs/scaling.md has the formulas of its picture.
func TestPictureOfTheDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/scaling.md")
	if err != nil {
		t.Fatal(err)
	}
	picture := readSVG(t, "../../docs/growth.svg")
	points := 0
	for _, g := range growths {
		points += len(g.ns)
		row := slices.IndexFunc(strings.Split(string(page), "\n"), func(line string) bool {
			return strings.HasPrefix(line, "| "+g.of+" |") && slices.ContainsFunc(picture.texts, func(text string) bool {
				return strings.Contains(text, "±") && strings.HasSuffix(line, "| "+text+" |")
			})
		})
		if row < 0 || !slices.Contains(picture.texts, g.of) {
			t.Errorf("%s: the page and the picture do not have the same formula: put what -curves prints into the page", g.of)
		}
	}
	if len(picture.dots) != points {
		t.Errorf("the picture has %d points, and %d are measured", len(picture.dots), points)
	}
}

// What each curve is measured with does its work. The largest sizes are left out.
func TestGrowths(t *testing.T) {
	for _, g := range growths {
		t.Run(g.of, func(t *testing.T) {
			run, err := g.runner(g.ns[0])
			if err != nil {
				t.Fatal(err)
			}
			if n := run.batch(); n <= 0 {
				t.Errorf("%d requests", n)
			}
		})
	}
}
