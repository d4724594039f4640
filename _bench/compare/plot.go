package main

import (
	"errors"
	"fmt"
	"image/color"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/jwthttp/jwthttp/_bench/contest"
	"github.com/jwthttp/jwthttp/_bench/tokens"
)

// plotted returns the tables of the chart, as far as they were measured.
func (r *Report) plotted() (tables []Table) {
	for _, work := range []string{"HS256: 2,000 ", "RS256, seen before: ", tokens.Keycloak.String() + ", " + threeFields} {
		i := slices.IndexFunc(r.Tables, func(t Table) bool { return strings.HasPrefix(t.Work, work) })
		if i >= 0 {
			tables = append(tables, r.Tables[i])
		}
	}
	return tables
}

// plotTables draws the microseconds of a request. Each contestant of the first table has a bar for
// each table that it is in, and the fastest is on top.
func plotTables(file string, tables []Table) error {
	if len(tables) == 0 {
		return errors.New("there is nothing to draw: leave -only out")
	}
	colors := []color.Color{color.RGBA{0x1f, 0x6f, 0xb4, 0xff}, color.RGBA{0xf2, 0x8e, 0x2b, 0xff}, color.RGBA{0x59, 0xa1, 0x4f, 0xff}}
	plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans"}
	p := plot.New()
	p.Title.Padding = vg.Points(6)
	p.Y.Tick.Label.Font.Size = vg.Points(9)
	p.Legend.TextStyle.Font.Size = vg.Points(9)
	p.Title.Text = "Time for one protected request (shorter is better)"
	p.X.Label.Text = "µs"
	p.X.Min = 0
	p.Legend.Top = true
	p.Legend.Padding = vg.Points(4)

	var names []string
	for _, row := range tables[0].Rows {
		if !strings.HasPrefix(row.Name, contest.Ours.Name+",") && row.Name != contest.ContextFloor.Name && row.Name != contest.FloorNoHeader.Name {
			names = append(names, row.Name)
		}
	}
	slices.SortStableFunc(names, func(a, b string) int {
		return int(tables[0].row(b).Ns - tables[0].row(a).Ns)
	})
	width := vg.Points(9)
	for i, t := range tables {
		values := make(plotter.Values, len(names))
		var labels plotter.XYLabels
		for j, name := range names {
			if !slices.ContainsFunc(t.Rows, func(r Row) bool { return r.Name == name }) {
				continue
			}
			values[j] = t.row(name).Ns / 1000
			labels.XYs = append(labels.XYs, plotter.XY{X: values[j], Y: float64(j)})
			labels.Labels = append(labels.Labels, fmt.Sprintf(" %.1f", values[j]))
		}
		bars, err := plotter.NewBarChart(values, width)
		if err != nil {
			return err
		}
		bars.Horizontal = true
		bars.LineStyle.Width = 0
		bars.Color = colors[i]
		bars.Offset = width * vg.Length(float64(len(tables)-1)/2-float64(i))
		text, err := plotter.NewLabels(labels)
		if err != nil {
			return err
		}
		text.Offset.Y = bars.Offset - vg.Points(3)
		for k := range text.TextStyle {
			text.TextStyle[k].Font.Size = vg.Points(8)
		}
		p.Add(bars, text)
		work, _, _ := strings.Cut(t.Work, ":")
		p.Legend.Add(work, bars)
	}
	labels := make([]string, len(names))
	for i, name := range names {
		labels[i] = name + "    " // a replacement for this font is wider
	}
	p.NominalY(labels...)
	p.X.Max *= 1.1
	return p.Save(18*vg.Centimeter, vg.Length(3+3*len(tables))*vg.Centimeter, file)
}
