package example

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jwthttp/jwthttp/jwks"
)

// pages returns the text of every page by its path from the root of the repository.
func pages(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, pattern := range []string{"../*.md", "../docs/*.md", "../_example/*.md"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			texts[filepath.ToSlash(strings.TrimPrefix(name, ".."+string(filepath.Separator)))] = string(text)
		}
	}
	for _, name := range []string{"README.md", "SECURITY.md", "docs/migrating.md", "docs/recipes.md"} {
		if texts[name] == "" {
			t.Fatalf("there is no %s", name)
		}
	}
	return texts
}

// sources returns the text of every file that matches one of the patterns.
func sources(t *testing.T, patterns ...string) []string {
	t.Helper()
	var texts []string
	for _, pattern := range patterns {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(names), err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, string(text))
		}
	}
	return texts
}

// isInside reports whether one of the texts is block, or has its lines: as they are, or
// indented by one tab.
func isInside(texts []string, block string) bool {
	lines := "\n" + block
	indented := regexp.MustCompile("(?m)^(.)").ReplaceAllString(lines, "\t$1")
	return slices.ContainsFunc(texts, func(text string) bool {
		return text == block || strings.Contains(text, lines) || strings.Contains(text, indented)
	})
}

var goBlock = regexp.MustCompile("(?ms)^```go\n(.*?)^```$")

// Every Go block of a page is the text of a program or an example that is compiled and
// run. TestMigrating has the rule for docs/migrating.md.
func TestPages(t *testing.T) {
	texts := sources(t, "*/*.go", "../example_test.go", "../goredis/example_test.go", "../grpcauth/example_test.go", "../jwks/example_test.go", "../jwthttptest/example_test.go", "../sqlstore/example_test.go")
	blocks := map[string]int{}
	for name, page := range pages(t) {
		if name == "docs/migrating.md" {
			continue
		}
		for _, block := range goBlock.FindAllStringSubmatch(page, -1) {
			if blocks[name]++; !isInside(texts, block[1]) {
				t.Errorf("%s: no program has this text:\n%s", name, block[1])
			}
		}
	}
	for _, name := range []string{"README.md", "docs/recipes.md"} {
		if blocks[name] == 0 {
			t.Errorf("%s has no Go block", name)
		}
	}
}

// Every link of a page to a file of the repository leads to a file that exists. A link to a
// heading leads to a heading that exists. A link that names a test leads to the test.
func TestLinks(t *testing.T) {
	texts := pages(t)
	code := regexp.MustCompile("(?ms)^```.*?^```$")
	link := regexp.MustCompile(`\[([^\]]*)\]\(([^)\s]+)\)`)
	testName := regexp.MustCompile("^`(Test\\w+)`$")
	found, tests := 0, 0
	for name, page := range texts {
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(page, ""), -1) {
			label, target := m[1], m[2]
			if strings.Contains(target, "://") {
				continue
			}
			found++
			file, heading, _ := strings.Cut(target, "#")
			path := name
			if file != "" {
				path = filepath.ToSlash(filepath.Join(filepath.Dir(name), file))
			}
			if _, err := os.Stat(filepath.Join("..", path)); err != nil {
				t.Errorf("%s: the link to %s leads nowhere: %v", name, target, err)
				continue
			}
			if heading != "" && !slices.Contains(anchors(texts[path]), heading) {
				t.Errorf("%s: %s has no heading #%s", name, path, heading)
			}
			test := testName.FindStringSubmatch(label)
			if test == nil {
				continue
			}
			tests++
			text, err := os.ReadFile(filepath.Join("..", path))
			if err != nil || !strings.Contains(string(text), "\nfunc "+test[1]+"(") {
				t.Errorf("%s: %s has no %s, %v", name, path, test[1], err)
			}
		}
	}
	if found < 20 || tests < 5 {
		t.Errorf("%d links and %d links to tests: the pages have more", found, tests)
	}
}

// anchors returns the anchors that GitHub gives to the headings of a page.
func anchors(page string) []string {
	var all []string
	for _, m := range regexp.MustCompile("(?m)^#+ (.*)$").FindAllStringSubmatch(page, -1) {
		plain := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(m[1]), "")
		all = append(all, strings.ReplaceAll(plain, " ", "-"))
	}
	return all
}

// jwks.Discover accepts the issuers of docs/providers.md, but refuses those that still have a
// placeholder.
func TestProvidersTable(t *testing.T) {
	rows := regexp.MustCompile("(?m)^\\| [^|]+ \\| `(https://[^`]+)`").FindAllStringSubmatch(pages(t)["docs/providers.md"], -1)
	if len(rows) < 5 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, row := range rows {
		keys, err := jwks.Discover(row[1], jwks.Options{Audience: []string{"orders"}})
		if isTemplate := strings.Contains(row[1], "{"); (err != nil) != isTemplate {
			t.Errorf("%s: %v", row[1], err)
		}
		if err == nil {
			keys.Close()
		}
	}
}

// The README is short: the rest is in docs.
func TestREADMELength(t *testing.T) {
	if n := strings.Count(pages(t)["README.md"], "\n"); n > 200 {
		t.Errorf("%d lines, want at most 200: move some to docs", n)
	}
}

// Every Go block of docs/migrating.md is in a file of package migrating. Those of other packages,
// under a heading "Before", are in its package before. Each of these has an "After".
func TestMigrating(t *testing.T) {
	before, after := sources(t, "migrating/before/*.go"), sources(t, "migrating/*.go")
	heading, headings := "", []string{} // those that have blocks
	for _, part := range regexp.MustCompile("(?ms)^#+ (.*?)$|^```go\n(.*?)^```$").FindAllStringSubmatch(pages(t)["docs/migrating.md"], -1) {
		if part[1] != "" {
			heading = part[1]
			continue
		}
		headings = append(headings, heading)
		texts := after
		if heading == "Before" {
			texts = before
		}
		if !isInside(texts, part[2]) {
			t.Errorf("under %q: no file in migrating has this text:\n%s", heading, part[2])
		}
	}
	headings = slices.DeleteFunc(slices.Compact(headings), func(h string) bool { return h != "Before" && h != "After" })
	if want := slices.Repeat([]string{"Before", "After"}, 10); !slices.Equal(headings, want) {
		t.Errorf("headings of blocks: %q, want %q", headings, want)
	}
}
