package example

import (
	"bytes"
	"io/fs"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What "go doc" prints of a package that programs can import fits on two screens of 50 lines.
// Details are at the type, function or field to which they belong. The table of docs/packages.md has each.
func TestGoDoc(t *testing.T) {
	packages, table := 0, strings.Join(regexp.MustCompile(`(?m)^\|.*$`).FindAllString(pages(t)["docs/packages.md"], -1), "")
	err := filepath.WalkDir("..", func(dir string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		name := entry.Name()
		if dir != ".." && strings.ContainsAny(name[:1], "._") || name == "internal" || name == "testdata" {
			return fs.SkipDir
		}
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || !slices.ContainsFunc(files, func(f string) bool { return !strings.HasSuffix(f, "_test.go") }) {
			return err
		}
		packages++
		path, err := filepath.Rel("..", dir)
		if err != nil {
			return err
		}
		if path == "." {
			path = "jwthttp"
		}
		if !strings.Contains(table, "`"+filepath.ToSlash(path)+"`") {
			t.Errorf("docs/packages.md does not have `%s`", path)
		}
		command := exec.CommandContext(t.Context(), "go", "doc", ".")
		command.Dir = dir
		text, err := command.CombinedOutput()
		if err != nil {
			t.Errorf("go doc in %s: %v\n%s", dir, err, text)
		}
		if n := bytes.Count(text, []byte("\n")); n > 100 {
			t.Errorf("go doc in %s: %d lines, want at most 100: move some to the doc of a type, function or field", dir, n)
		}
		return nil
	})
	if err != nil || packages < 15 {
		t.Errorf("%d packages, %v", packages, err)
	}
}
