package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/jwthttp/jwthttp/_bench/contest"
)

// The chart has a bar for each table, also where a contestant is in one table only.
func TestPlot(t *testing.T) {
	rows := []Row{{Name: contest.Ours.Name, Ns: 3000}, {Name: contest.JWTAuth.Name, Ns: 60000}}
	r := Report{Tables: []Table{
		{Work: "HS256: another table", Rows: rows},
		{Work: "Keycloak, 979 bytes, 3 fields", Rows: rows[:1]},
		{Work: "HS256: 2,000 tokens", Rows: rows},
		{Work: "RS256, seen before: tokens", Rows: rows},
	}}
	file := filepath.Join(t.TempDir(), "chart.svg")
	if err := r.write("", file, ""); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"RS256, seen before", "Keycloak, 979 bytes, 3 fields", contest.JWTAuth.Name, "60.0"} {
		if !bytes.Contains(data, []byte(text)) {
			t.Errorf("the chart has no %q", text)
		}
	}
	if err := new(Report).write("", file, ""); err == nil {
		t.Error("a chart of nothing is no error")
	}
}
