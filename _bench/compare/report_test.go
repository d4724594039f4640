package main

import (
	"testing"

	"github.com/jwthttp/jwthttp/_bench/contest"
)

func TestGoals(t *testing.T) {
	for _, try := range []struct {
		name string
		goal Goal
		want string
	}{
		{"at most, met", Goal{Got: 1, Max: 1}, "met"},
		{"at most, missed", Goal{Got: 1.01, Max: 1}, "MISSED"},
		{"at most, inside the margin", Goal{Got: 1.14, Max: 1, Margin: 0.15}, "met"},
		{"at most, outside of the margin", Goal{Got: 1.16, Max: 1, Margin: 0.15}, "MISSED"},
		{"at most, less than nothing", Goal{Got: -0.01, Max: 1}, "met"},
		{"at most, the stretch", Goal{Got: 0.5, Max: 1, Stretch: 0.5}, "met++"},
		{"at most, not the stretch", Goal{Got: 0.51, Max: 1, Stretch: 0.5}, "met"},
		{"at least, met", Goal{Got: 2, Min: 2}, "met"},
		{"at least, missed", Goal{Got: 1.99, Min: 2}, "MISSED"},
		{"at least, inside the margin", Goal{Got: 1.71, Min: 2, Margin: 0.15}, "met"},
		{"at least, outside of the margin", Goal{Got: 1.69, Min: 2, Margin: 0.15}, "MISSED"},
		{"at least, the stretch", Goal{Got: 3, Min: 2, Stretch: 3}, "met++"},
	} {
		t.Run(try.name, func(t *testing.T) {
			if got := try.goal.verdict(); got != try.want {
				t.Errorf("%s, want %s", got, try.want)
			}
		})
	}
}

func TestSlowest(t *testing.T) {
	tables := []Table{
		{Rows: []Row{{Name: contest.Ours.Name, Ratio: 1}, {Name: "a", Ratio: 3}, {Name: "b", Ratio: 2}, {Name: contest.Ours.Name + ", alone", Ratio: 0.5}}},
		{Rows: []Row{{Name: contest.Ours.Name, Ratio: 1}, {Name: "a", Ratio: 2.5}, {Name: "c", Ratio: 4}}},
	}
	if got := slowest(tables, "a"); got != 2.5 {
		t.Errorf("a: %g", got)
	}
	if got := slowest(tables, "b", "c"); got != 2 {
		t.Errorf("b or c: %g", got)
	}
	if got := slowest(tables); got != 2 {
		t.Errorf("all: %g", got)
	}
}
