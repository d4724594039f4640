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
