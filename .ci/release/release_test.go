// Package release_test releases this tree in a temporary repository, by the commands of
// RELEASING.md, and uses what was released.
package release_test

import (
	"archive/zip"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const path = "github.com/jwthttp/jwthttp"

var modules = []string{path, path + "/goredis", path + "/grpcauth", path + "/sqlstore"}

// sandbox is a repository for tests: a checkout, and the origin from which the go command fetches.
type sandbox struct {
	checkout string
	modcache string
	env      []string
}

// newSandbox copies the files of this tree, edited ones too. Other modules come from the cache of the
// user. A network is needed only for what is not there.
func newSandbox(t *testing.T) *sandbox {
	t.Helper()
	for program, pkg := range map[string]string{"git": "git", "bash": "bash", "tar": "tar"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%s is missing: apt-get install %s", program, pkg)
		}
	}
	tree, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	output, err := exec.Command("go", "env", "GOMODCACHE", "GOPROXY").Output()
	if err != nil {
		t.Fatal(err)
	}
	cache, proxy, _ := strings.Cut(strings.TrimSpace(string(output)), "\n")
	dir := t.TempDir()
	origin := filepath.Join(dir, "origin.git")
	s := &sandbox{checkout: filepath.Join(dir, "checkout"), modcache: filepath.Join(dir, "mod")}
	config := filepath.Join(dir, "gitconfig")
	text := fmt.Sprintf(`[user]
	name = a test
	email = test@example.com
[init]
	defaultBranch = main
[url "file://%s"]
	insteadOf = https://%s
`, origin, path)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "GIT_") { // of a hook that runs the gate
			s.env = append(s.env, kv)
		}
	}
	s.env = append(s.env,
		"GIT_CONFIG_GLOBAL="+config, "GIT_CONFIG_NOSYSTEM=1",
		"GOENV=off", "GOWORK=off", "GOTOOLCHAIN=local", "TMPDIR="+dir, "GOPRIVATE="+path,
		"GOFLAGS=-modcacherw -buildvcs=false",
		"GOBIN="+filepath.Join(dir, "bin"),
		"GOPROXY=file://"+cache+"/cache/download,"+proxy,
	)
	s.mustRun(t, dir, `git init --quiet --bare "$1"
		git --git-dir="$1" --work-tree="$2" add --all
		git --git-dir="$1" --work-tree="$2" commit --quiet --message "all"
		git clone --quiet "$1" "$3"`, origin, tree, s.checkout)
	return s
}

// run runs a script of bash in dir, and returns what it writes.
func (s *sandbox) run(dir, script string, args ...string) (string, error) {
	cmd := exec.Command("bash", append([]string{"-euo", "pipefail", "-c", script, "bash"}, args...)...)
	cmd.Dir, cmd.Env = dir, s.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (s *sandbox) mustRun(t *testing.T, dir, script string, args ...string) string {
	t.Helper()
	out, err := s.run(dir, script, args...)
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, script, out)
	}
	return out
}

// edit replaces each match of the pattern in a file of the checkout.
func (s *sandbox) edit(t *testing.T, name, pattern, by string) {
	t.Helper()
	name = filepath.Join(s.checkout, name)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	changed := regexp.MustCompile(pattern).ReplaceAll(text, []byte(by))
	if string(changed) == string(text) {
		t.Fatalf("%s has no %s", name, pattern)
	}
	if err := os.WriteFile(name, changed, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Of two releases, one after the other, all modules can be required, built and installed.
func TestRelease(t *testing.T) {
	text, err := os.ReadFile("../../RELEASING.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	const set = "version=v0.1.0\nmodules='goredis grpcauth sqlstore'\n"
	if len(blocks) != 2 || !strings.HasPrefix(blocks[0][1], set) {
		t.Fatalf("RELEASING.md has %d blocks of commands; two are wanted, and the first sets\n%s", len(blocks), set)
	}
	s := newSandbox(t)
	for _, version := range []string{"v0.1.0", "v0.2.0"} {
		given := strings.Replace(set, "v0.1.0", version, 1)
		s.mustRun(t, s.checkout, given+strings.TrimPrefix(blocks[0][1], set))
		// A cache of its own: the cache of the user would keep this release in place of the real one.
		s.mustRun(t, s.checkout, "export GOMODCACHE=$1 GOSUMDB=off\n"+given+blocks[1][1], s.modcache)
		if left := s.mustRun(t, s.checkout, "git status --porcelain"); left != "" {
			t.Errorf("the release of %s left\n%s", version, left)
		}
		for _, module := range modules {
			// An upper-case letter would be escaped in the name of the file. There is none.
			name := filepath.Join(s.modcache, "cache/download", module, "@v", version+".zip")
			examineZip(t, name, module+"@"+version+"/")
		}
	}
}

// examineZip looks for what users would have to download and cannot use.
func examineZip(t *testing.T, name, prefix string) {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > 2<<20 {
		t.Errorf("%s has %d bytes", prefix, info.Size())
	}
	archive, err := zip.OpenReader(name)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	var names []string
	for _, file := range archive.File {
		inside, found := strings.CutPrefix(file.Name, prefix)
		if !found || strings.HasPrefix(inside, "_") || strings.Contains(inside, "/_") {
			t.Errorf("%s has %s", prefix, file.Name)
		}
		names = append(names, inside)
	}
	t.Logf("%s: %d files, %d bytes", prefix, len(names), info.Size())
	for _, want := range []string{"LICENSE", "go.mod"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s has no %s", prefix, want)
		}
	}
}

// .ci/compatible finds a method that is gone. One module is enough here: each is compiled for that.
func TestCompatible(t *testing.T) {
	s := newSandbox(t)
	if out, err := s.run(s.checkout, ".ci/compatible"); err != nil || !strings.Contains(out, "no version") {
		t.Fatalf("without a tag: %v\n%s", err, out)
	}
	s.mustRun(t, s.checkout, "git tag v0.1.0")
	s.edit(t, "sqlstore/denylist.go", `\) Denylist\(`, ") Revocations(")
	if out, err := s.run(s.checkout, ".ci/compatible sqlstore"); err == nil || !strings.Contains(out, "(*Store).Denylist: removed, since v0.1.0") {
		t.Fatalf("a method less: %v\n%s", err, out)
	}
	s.edit(t, "CHANGELOG.md", `## \[Unreleased\]\n`, "$0\n### Removed\n\n- `Store.Denylist` of `sqlstore`.\n")
	if out, err := s.run(s.checkout, ".ci/compatible sqlstore"); err != nil || !strings.Contains(out, "as CHANGELOG.md says") {
		t.Fatalf("a method less that CHANGELOG.md names: %v\n%s", err, out)
	}
}
