package main

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"os"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

const (
	panelsInRow = 3
	panelWidth  = 7.5 * vg.Centimeter
	panelHeight = 4.5 * vg.Centimeter
)

var pointColor = color.RGBA{0x1f, 0x6f, 0xb4, 0xff}

// plotCurves draws a panel for each curve: the points that were measured, and the formula.
func plotCurves(file string, curves []Curve) error {
	if len(curves) == 0 {
		return errors.New("there are no curves to draw")
	}
	plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans"}
	rows := (len(curves) + panelsInRow - 1) / panelsInRow
	panels := make([][]*plot.Plot, rows)
	for i := range panels {
		panels[i] = make([]*plot.Plot, panelsInRow)
	}
	for i, c := range curves {
		p, err := panel(c)
		if err != nil {
			return fmt.Errorf("%s: %w", c.Of, err)
		}
		panels[i/panelsInRow][i%panelsInRow] = p
	}
	svg := vgsvg.New(panelsInRow*panelWidth, vg.Length(rows)*panelHeight)
	canvas := draw.New(svg)
	canvas.SetColor(color.White)
	canvas.Fill(canvas.Rectangle.Path())
	pad := vg.Points(8)
	tiles := draw.Tiles{Rows: rows, Cols: panelsInRow, PadX: pad, PadY: pad, PadTop: pad, PadBottom: pad, PadLeft: pad, PadRight: pad}
	places := plot.Align(panels, tiles, canvas)
	for i, row := range panels {
		for j, p := range row {
			if p != nil {
				p.Draw(places[i][j])
			}
		}
	}
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	_, err = svg.WriteTo(out)
	return errors.Join(err, out.Close())
}

func panel(c Curve) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text = c.Fit.String()
	p.Title.TextStyle.Font.Size = vg.Points(9)
	p.Title.Padding = vg.Points(4)
	p.X.Label.Text = c.Of
	p.X.Label.TextStyle.Font.Size = vg.Points(9)
	p.X.Tick.Label.Font.Size = vg.Points(8)
	p.Y.Tick.Label.Font.Size = vg.Points(8)

	var points, line plotter.XYs
	var ticks plot.ConstantTicks
	for _, point := range c.Points {
		points = append(points, plotter.XY{X: point.N, Y: point.Ratio})
		ticks = append(ticks, plot.Tick{Value: point.N, Label: short(point.N)})
	}
	first, last := points[0].X, points[len(points)-1].X
	for i := range 101 {
		n := first * math.Pow(last/first, float64(i)/100)
		line = append(line, plotter.XY{X: n, Y: c.Fit.at(n)})
	}
	if !c.Fit.isLinear {
		p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, ticks
	}
	dots, err := plotter.NewScatter(points)
	if err != nil {
		return nil, err
	}
	dots.GlyphStyle = draw.GlyphStyle{Color: pointColor, Radius: vg.Points(2.5), Shape: draw.CircleGlyph{}}
	curve, err := plotter.NewLine(line)
	if err != nil {
		return nil, err
	}
	curve.Color = color.Gray{0x80}
	p.Add(curve, dots)
	p.Y.Min = 0
	p.Y.Max *= 1.15
	return p, nil
}

// short writes a number for the axis, such as 10k.
func short(n float64) string {
	switch {
	case n >= 1e6:
		return fmt.Sprintf("%gM", n/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%gk", n/1e3)
	}
	return fmt.Sprintf("%g", n)
}
