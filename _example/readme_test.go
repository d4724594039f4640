package example

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// Every Go block of the README is the text of a program that compiles here.
func TestREADME(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	programs, err := filepath.Glob("*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, name := range programs {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[string(text)] = name
	}
	blocks := regexp.MustCompile("(?ms)^```go\n(.*?)^```$").FindAllSubmatch(readme, -1)
	if len(blocks) == 0 {
		t.Fatal("the README has no program")
	}
	for _, block := range blocks {
		if texts[string(block[1])] == "" {
			t.Errorf("no program here has this text:\n%s", block[1])
		}
	}
}
