package example

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every Go block of the README is the text of a program or an example that
// compiles, or a run of lines of one, indented a step less.
func TestREADME(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	programs, err := filepath.Glob("*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	programs = append(programs, "../example_test.go", "../jwks/example_test.go", "../jwthttptest/example_test.go")
	var texts []string
	for _, name := range programs {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	blocks := regexp.MustCompile("(?ms)^```go\n(.*?)^```$").FindAllSubmatch(readme, -1)
	if len(blocks) == 0 {
		t.Fatal("the README has no program")
	}
	for _, block := range blocks {
		whole := string(block[1])
		lines := "\n" + regexp.MustCompile("(?m)^(.)").ReplaceAllString(whole, "\t$1")
		if !slices.ContainsFunc(texts, func(text string) bool { return text == whole || strings.Contains(text, lines) }) {
			t.Errorf("no program here has this text:\n%s", whole)
		}
	}
}

// Every test that the README names is there.
func TestREADMETests(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	links := regexp.MustCompile("\\[`(Test\\w+)`\\]\\((\\S+)\\)").FindAllSubmatch(readme, -1)
	if len(links) == 0 {
		t.Fatal("the README names no test")
	}
	for _, link := range links {
		file, err := os.ReadFile(filepath.Join("..", string(link[2])))
		if err != nil {
			t.Error(err)
		}
		if !strings.Contains(string(file), "\nfunc "+string(link[1])+"(") {
			t.Errorf("%s has no %s", link[2], link[1])
		}
	}
}

// Every Go block of docs/migrating.md is a run of lines of a file in migrating, as it
// stands or indented a step less, but for those of other packages, which stand under
// a heading that is Before.
func TestMigrating(t *testing.T) {
	page, err := os.ReadFile("../docs/migrating.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("migrating/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, "\n"+string(text))
	}
	heading, headings := "", []string{} // those that have blocks
	for _, part := range regexp.MustCompile("(?ms)^#+ (.*?)$|^```go\n(.*?)^```$").FindAllSubmatch(page, -1) {
		if len(part[1]) > 0 {
			heading = string(part[1])
			continue
		}
		headings = append(headings, heading)
		if heading == "Before" {
			continue
		}
		lines := "\n" + string(part[2])
		indented := regexp.MustCompile("(?m)^(.)").ReplaceAllString(lines, "\t$1")
		if !slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, lines) || strings.Contains(text, indented) }) {
			t.Errorf("under %q: no file in migrating has this text:%s", heading, lines)
		}
	}
	headings = slices.DeleteFunc(slices.Compact(headings), func(h string) bool { return h != "Before" && h != "After" })
	if want := slices.Repeat([]string{"Before", "After"}, 5); !slices.Equal(headings, want) {
		t.Errorf("headings of blocks: %q, want %q", headings, want)
	}
}
