//go:build unix

package sqlstore_test

import (
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/jwthttp/jwthttp/internal/servertest"
)

// The PostgreSQL of the tests: what was written is there after a kill, and nothing is after Remove.
func TestServer(t *testing.T) {
	s, err := servertest.StartPostgreSQL()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Remove)
	query := func(text string) (string, error) {
		t.Helper()
		psql, err := s.Command("psql", "--no-psqlrc", "--tuples-only", "--no-align", "--command="+text, s.URL("postgres"))
		if err != nil {
			t.Fatal(err)
		}
		out, err := psql.Output()
		return strings.TrimSpace(string(out)), err
	}
	if _, err := query("CREATE TABLE kept AS SELECT 1 AS one"); err != nil {
		t.Fatal(err)
	}
	dir, err := query("SHOW data_directory")
	if err != nil {
		t.Fatal(err)
	}
	for name, end := range map[string]func(){"Kill": s.Kill, "Stop": s.Stop} {
		end()
		if _, err := query("SELECT 1"); err == nil {
			t.Errorf("%s: it still answers", name)
		}
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		if one, err := query("SELECT one FROM kept"); err != nil || one != "1" {
			t.Errorf("%s: %q and %v", name, one, err)
		}
	}
	s.Stop()
	if err := s.RunReplica(); err != nil {
		t.Fatal(err)
	}
	if is, err := query("SELECT pg_is_in_recovery()"); err != nil || is != "t" {
		t.Errorf("a replica: %q and %v", is, err)
	}
	if u, err := url.Parse(s.URL("app")); err != nil || u.Path != "/app" || u.Hostname() != "127.0.0.1" {
		t.Errorf("%v and %v", u, err)
	}
	s.Remove()
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("after Remove: %v", err)
	}
}
