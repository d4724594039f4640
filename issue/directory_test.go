//go:build unix

package issue_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/issue"
)

const (
	fileLayout  = "20060102T150405Z"
	reloadAfter = 10 * time.Second
)

// writeFile makes a file in one step, as cron jobs should.
func writeFile(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	temporary := filepath.Join(dir, ".new")
	if err := errors.Join(os.WriteFile(temporary, data, 0o600), os.Rename(temporary, filepath.Join(dir, name))); err != nil {
		t.Fatal(err)
	}
}

// writeKey makes a file with the key of edKeyOf(n).
func writeKey(t *testing.T, dir, name string, n int) {
	t.Helper()
	writeFile(t, dir, name, pemOf(edSeed(n)))
}

func remove(t *testing.T, path ...string) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(path...)); err != nil {
		t.Fatal(err)
	}
}

// at returns the name of a file whose key signs after d.
func at(d time.Duration) string { return time.Now().UTC().Add(d).Format(fileLayout) + ".pem" }

// A file's name is the time from which its key signs.
func TestDirectory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it is 2000-01-01T00:00:00Z
		dir := t.TempDir()
		for n, name := range []string{"1999-12-31", "20000101T000001Z.pem", "2000-01-02.pem", "20000102T143000Z", "2000-02-29.key"} {
			writeKey(t, dir, name, n)
		}
		for _, name := range []string{"1999-12-31.pub", "key.pub", ".2000-01-01.pem.swp", "..data", ".pub"} {
			writeFile(t, dir, name, []byte("not a key"))
		}
		if err := os.Mkdir(filepath.Join(dir, "..2026_11_28"), 0o700); err != nil {
			t.Fatal(err)
		}
		var log journal
		iss := newIssuer[Claims](t, issue.Options{Logger: log.logger()}, issue.Directory(dir))
		log.want(t, "at New", 1, 0) // for the key that signs a second later
		if got := len(published(t, iss)); got != 5 {
			t.Errorf("%d keys are published", got)
		}
		auth := newAuth(t, iss)
		for n, from := range []time.Time{time.Now(), time.Date(2000, 1, 1, 0, 0, 1, 0, time.UTC), time.Date(2000, 1, 2, 0, 0, 0, 0, time.UTC),
			time.Date(2000, 1, 2, 14, 30, 0, 0, time.UTC), time.Date(2000, 2, 29, 0, 0, 0, 0, time.UTC)} {
			if n > 0 {
				time.Sleep(time.Until(from.Add(-1)))
				if got, want := signedBy(t, iss, Claims{}), nameOf(edKeyOf(n-1)); got != want {
					t.Errorf("before %v: %s signs, want %s", from, got, want)
				}
				time.Sleep(time.Nanosecond)
			}
			token, _, err := iss.Token(t.Context(), Claims{})
			if err != nil || headerOf(t, token) != nameOf(edKeyOf(n)) {
				t.Errorf("at %v: %v, %s signs", from, err, headerOf(t, token))
			}
			if _, err := auth.Verify(t.Context(), token); err != nil {
				t.Errorf("at %v: %v", from, err)
			}
		}
		log.want(t, "in the end", 1, 0)
	})
}

// What openssl and ssh-keygen write is for one algorithm each.
func TestDirectoryAlgorithms(t *testing.T) {
	for file, want := range map[string]string{
		"pkcs1": "RS256", "pkcs8-rsa": "RS256", "ssh-rsa-2048": "RS256",
		"sec1-p256": "ES256", "pkcs8-p256": "ES256", "ssh-ecdsa-256": "ES256",
		"sec1-p384": "ES384", "ssh-ecdsa-384": "ES384", "pkcs8-p521": "ES512", "ssh-ecdsa-521": "ES512",
		"pkcs8-ed25519": "EdDSA", "ssh-ed25519-256": "EdDSA",
	} {
		t.Run(file, func(t *testing.T) {
			dir := t.TempDir()
			writeFile(t, dir, "2026-01-01.pem", readKeyFile(t, file))
			iss := newIssuer[Claims](t, issue.Options{}, issue.Directory(dir))
			token, _, err := iss.Token(t.Context(), Claims{})
			if err != nil || !strings.HasPrefix(headerOf(t, token), want+" ") {
				t.Fatalf("%v: %s", err, headerOf(t, token))
			}
			if _, err := newAuth(t, iss).Verify(t.Context(), token); err != nil {
				t.Error(err)
			}
		})
	}
}

// New says which file is wrong, and how to mend it.
func TestDirectoryErrors(t *testing.T) {
	good := pemOf(edSeed(0))
	write := func(name string, data []byte) func(*testing.T, string) {
		return func(t *testing.T, dir string) { writeFile(t, dir, name, data) }
	}
	file := func(name string) func(*testing.T, string) {
		return func(t *testing.T, dir string) { writeFile(t, dir, "1999-01-01.pem", readKeyFile(t, name)) }
	}
	// Beside a good key.
	beside := func(change func(t *testing.T, dir string)) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			writeFile(t, dir, "1998-01-01.pem", good)
			change(t, dir)
		}
	}
	link := func(target string) func(*testing.T, string) {
		return beside(func(t *testing.T, dir string) {
			if err := os.Symlink(target, filepath.Join(dir, "1999-01-01.pem")); err != nil {
				t.Fatal(err)
			}
		})
	}
	for _, tc := range []struct {
		name string
		with func(t *testing.T, dir string)
		want []string
	}{
		{"no directory", func(t *testing.T, dir string) { remove(t, dir) }, []string{"the directory of keys: open ", "no such file or directory: name a directory that this service can read"}},
		{"a file in its place", func(t *testing.T, dir string) {
			remove(t, dir)
			writeFile(t, filepath.Dir(dir), filepath.Base(dir), good)
		}, []string{"not a directory: name a directory that this service can read"}},
		{"empty", func(*testing.T, string) {}, []string{"has no keys: add one, such as by \"openssl genpkey -algorithm ed25519 -out ", "/$(date -u +%Y-%m-%d).pem"}},
		{"nothing but what is passed over", func(t *testing.T, dir string) { write(".hidden", good)(t, dir); write("1999-01-01.pub", good)(t, dir) }, []string{"has no keys: add one"}},
		{"a directory", beside(func(t *testing.T, dir string) {
			if err := os.Mkdir(filepath.Join(dir, "1999-01-01.pem"), 0o700); err != nil {
				t.Fatal(err)
			}
		}), []string{"1999-01-01.pem is not a file of at most 65536 bytes: keep nothing but keys in the directory"}},
		{"a named pipe", beside(func(t *testing.T, dir string) {
			if err := syscall.Mkfifo(filepath.Join(dir, "1999-01-01.pem"), 0o600); err != nil {
				t.Fatal(err)
			}
		}), []string{"1999-01-01.pem is not a file of at most 65536 bytes"}},
		{"65 KiB", beside(write("1999-01-01.pem", append(slices.Clone(good), make([]byte, 65<<10)...))), []string{"1999-01-01.pem is not a file of at most 65536 bytes"}},
		{"a link to nothing", link("gone"), []string{"1999-01-01.pem: no such file or directory: let this service read it, or move it away"}},
		{"a link to itself", link("1999-01-01.pem"), []string{"1999-01-01.pem: too many levels of symbolic links: let this service read it, or move it away"}},
		{"an endless device", link("/dev/zero"), []string{"1999-01-01.pem is not a file of at most 65536 bytes"}},
		{"nothing in the file", write("1999-01-01.pem", nil), []string{`the file "1999-01-01.pem": `}},
		{"a public key", write("1999-01-01.pem", readKeyFile(t, "pkcs8-ed25519.pub")), []string{`the file "1999-01-01.pem": got a public key or a certificate, and only the private half signs: pass the file that`}},
		{"a certificate", file("bad-certificate"), []string{`the file "1999-01-01.pem": got a public key or a certificate`}},
		{"an encrypted key", file("bad-encrypted-pkcs8"), []string{`the file "1999-01-01.pem": got an encrypted private key: decrypt it with`}},
		{"an encrypted key of ssh", file("bad-encrypted-ssh"), []string{`the file "1999-01-01.pem": got an encrypted`}},
		{"a small key", file("bad-small-pkcs8"), []string{`the file "1999-01-01.pem": `, "2048"}},
		{"a curve that signs no tokens", file("bad-secp256k1"), []string{`the file "1999-01-01.pem": got an EC key`}},
		{"two keys in a file", write("1999-01-01.pem", append(slices.Clone(good), good...)), []string{`the file "1999-01-01.pem": the file has more than one PEM block`}},
		{"a copy", beside(write("1999-01-01.pem.bak", good)), []string{`the file "1999-01-01.pem.bak": its name has a second extension or that of a copy, and its key would be in use: move it away, or call it like 2006-01-02.pem`}},
		{"a copy of an editor", beside(write("1999-01-01.pem~", good)), []string{`the file "1999-01-01.pem~": its name has a second extension or that of a copy`}},
		{"an old file", beside(write("1999-01-01.OLD", good)), []string{`the file "1999-01-01.OLD": its name has a second extension or that of a copy`}},
		{"the name of a program", beside(write("make.sh", good)), []string{`the file "make.sh": its name is not the time from which its key signs: call it like 2006-01-02.pem or 20060102T150405Z.pem, or move it away`}},
		{"a day that there is not", beside(write("1999-02-29.pem", good)), []string{`the file "1999-02-29.pem": its name is not the time`}},
		{"a month that there is not", beside(write("1999-13-01.pem", good)), []string{`the file "1999-13-01.pem": its name`}},
		{"another layout of a day", beside(write("19990101.pem", good)), []string{`the file "19990101.pem": its name`}},
		{"another layout of a time", beside(write("1999-01-01T00:00:00Z.pem", good)), []string{`the file "1999-01-01T00:00:00Z.pem": its name`}},
		{"a time without Z", beside(write("19990101T000000.pem", good)), []string{`the file "19990101T000000.pem": its name`}},
		{"a time with more", beside(write("19990101T000000Z-1.pem", good)), []string{`the file "19990101T000000Z-1.pem": its name`}},
		{"a name with a line break", beside(write("1999-01-01\nx.pem", good)), []string{`the file "1999-01-01\nx.pem": its name`}},
		{"one key in two files", beside(write("1999-01-01.pem", good)), []string{"(the name of a file is its From)", "have one key: remove one of them"}},
		{"two files of one time", func(t *testing.T, dir string) {
			writeKey(t, dir, "1999-01-01.pem", 1)
			writeKey(t, dir, "19990101T000000Z.pem", 2)
		}, []string{"(the name of a file is its From)", "have one time: call the successor by a later one"}},
		{"no key for now", func(t *testing.T, dir string) { writeKey(t, dir, "2000-01-02.pem", 1) }, []string{"(the name of a file is its From)", "no key signs before 2000-01-02T00:00:00Z: add the one that is in use"}},
		{"257 files", func(t *testing.T, dir string) { writeKeys(t, dir, 257) }, []string{"has more than 256 keys: remove those that are over"}},
		{"several", func(t *testing.T, dir string) { write("a.pem", good)(t, dir); write("1999-01-01.pem", nil)(t, dir) }, []string{`the file "a.pem"`, `the file "1999-01-01.pem"`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "keys")
				if err := os.Mkdir(dir, 0o700); err != nil {
					t.Fatal(err)
				}
				tc.with(t, dir)
				iss, err := issue.New[Claims](issue.Options{}, issue.Directory(dir))
				if iss != nil || err == nil {
					t.Fatal("there is no error")
				}
				for _, want := range append(tc.want, "issue: the directory of keys") {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("the error lacks %q:\n%v", want, err)
					}
				}
			})
		})
	}
}

func writeKeys(t *testing.T, dir string, n int) {
	t.Helper()
	for i := range n {
		writeKey(t, dir, at(time.Duration(i-n)*time.Hour), i)
	}
}

func TestDirectoryOf256Files(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		writeKeys(t, dir, 256)
		iss := newIssuer[Claims](t, issue.Options{}, issue.Directory(dir))
		if got := signedBy(t, iss, Claims{}); got != nameOf(edKeyOf(255)) {
			t.Errorf("%s signs", got)
		}
	})
}

// A Directory is all of an issuer's keys, and its files say the rest.
func TestDirectoryAmongKeys(t *testing.T) {
	dir := t.TempDir()
	writeKey(t, dir, "2026-01-01.pem", 0)
	for _, tc := range []struct {
		name string
		keys []issue.Key
		want string
	}{
		{"before another key", []issue.Key{issue.Directory(dir), edKeyOf(1)}, "issue: key 1: a Directory has all keys of an issuer: leave the others out"},
		{"after another key", []issue.Key{edKeyOf(1), issue.Directory(dir)}, "issue: key 2: a Directory has all keys of an issuer: leave the others out"},
		{"two", []issue.Key{issue.Directory(dir), issue.Directory(dir)}, "issue: key 2: a Directory has all keys"},
		{"with an id", []issue.Key{issue.Directory(dir).WithID("a")}, "issue: key 1: a Directory has neither WithID nor From: the names of its files say from when they sign"},
		{"with From", []issue.Key{issue.Directory(dir).From(time.Now())}, "issue: key 1: a Directory has neither WithID nor From"},
	} {
		iss, err := issue.New[Claims](issue.Options{}, tc.keys...)
		if iss != nil || err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}

// A file of which only a part is there is never a key, whatever the part.
func TestDirectoryHalfWritten(t *testing.T) {
	whole := pemOf(edSeed(0))
	for n := range len(whole) - 1 { // the last line break does not matter
		dir := t.TempDir()
		writeFile(t, dir, "2026-01-01.pem", whole[:n])
		if _, err := issue.New[Claims](issue.Options{}, issue.Directory(dir)); err == nil || !strings.Contains(err.Error(), `"2026-01-01.pem"`) {
			t.Errorf("the first %d bytes: %v", n, err)
		}
	}
}

// A file that is added needs no restart: its key is accepted and published 10 seconds later, and
// signs from its time on. A key whose file is removed is gone 10 seconds later.
func TestDirectoryReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log journal
		dir := t.TempDir()
		writeKey(t, dir, "1999-01-01.pem", 0)
		iss := newIssuer[Claims](t, issue.Options{Logger: log.logger()}, issue.Directory(dir))
		auth := newAuth(t, iss)
		old, _, err := iss.Token(t.Context(), Claims{})
		if err != nil {
			t.Fatal(err)
		}
		writeKey(t, dir, at(11*time.Minute+reloadAfter), 1)
		writeKey(t, dir, at(5*time.Minute), 2)
		time.Sleep(reloadAfter - 1)
		if accepts(t, iss, edKeyOf(1)) {
			t.Error("the directory is read before 10 seconds are over")
		}
		time.Sleep(time.Nanosecond)
		if got := published(t, iss); !slices.Equal(got, []string{nameOf(edKeyOf(0)), nameOf(edKeyOf(2)), nameOf(edKeyOf(1))}) {
			t.Errorf("published are %v", got)
		}
		log.want(t, "a file that is 5 minutes ahead", 1, 0)
		if got := signedBy(t, iss, Claims{}); got != nameOf(edKeyOf(0)) {
			t.Errorf("%s signs", got)
		}
		time.Sleep(5*time.Minute - reloadAfter)
		if got := signedBy(t, iss, Claims{}); got != nameOf(edKeyOf(2)) {
			t.Errorf("%s signs 5 minutes later", got)
		}
		if _, err := auth.Verify(t.Context(), old); err != nil {
			t.Errorf("the predecessor: %v", err)
		}
		time.Sleep(11 * time.Minute)
		if got := signedBy(t, iss, Claims{}); got != nameOf(edKeyOf(1)) {
			t.Errorf("%s signs 16 minutes later", got)
		}
		time.Sleep(time.Hour)
		remove(t, dir, "1999-01-01.pem")
		time.Sleep(reloadAfter)
		if accepts(t, iss, edKeyOf(0)) || !accepts(t, iss, edKeyOf(1)) {
			t.Error("the wrong key is removed")
		}
		log.want(t, "in the end", 1, 0)
		// The next one signs at once.
		writeKey(t, dir, at(0), 3)
		time.Sleep(reloadAfter)
		if got := signedBy(t, iss, Claims{}); got != nameOf(edKeyOf(3)) {
			t.Errorf("%s signs in the end", got)
		}
	})
}

// Kubernetes swaps a symbolic link, so all files change in one step.
func TestDirectoryOfKubernetes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log journal
		dir := t.TempDir()
		mount := func(version string, keys map[string]int) {
			t.Helper()
			if err := os.Mkdir(filepath.Join(dir, version), 0o700); err != nil {
				t.Fatal(err)
			}
			for name, n := range keys {
				writeKey(t, filepath.Join(dir, version), name, n)
			}
			if err := errors.Join(os.Symlink(version, filepath.Join(dir, "..data_tmp")), os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data"))); err != nil {
				t.Fatal(err)
			}
			for name := range keys {
				if err := os.Symlink(filepath.Join("..data", name), filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrExist) {
					t.Fatal(err)
				}
			}
		}
		mount("..2000_01_01_a", map[string]int{"1999-01-01.pem": 0})
		iss := newIssuer[Claims](t, issue.Options{Logger: log.logger()}, issue.Directory(dir))
		if got := signedBy(t, iss, Claims{}); got != nameOf(edKeyOf(0)) {
			t.Errorf("%s signs", got)
		}
		mount("..2000_01_01_b", map[string]int{"1999-01-01.pem": 0, "2000-01-02.pem": 1})
		remove(t, dir, "..2000_01_01_a")
		time.Sleep(reloadAfter)
		if !accepts(t, iss, edKeyOf(0)) || !accepts(t, iss, edKeyOf(1)) {
			t.Error("the second secret is not read")
		}
		// A file of one name and another key.
		mount("..2000_01_01_c", map[string]int{"1999-01-01.pem": 2, "2000-01-02.pem": 1})
		time.Sleep(reloadAfter)
		if got := signedBy(t, iss, Claims{}); got != nameOf(edKeyOf(2)) || accepts(t, iss, edKeyOf(0)) {
			t.Errorf("%s signs after a file has changed", got)
		}
		log.want(t, "in the end", 0, 0)
	})
}

// While a file is bad or there is none, the keys of before serve, and the log says why once a minute.
func TestDirectoryTurnsBad(t *testing.T) {
	for _, tc := range []struct {
		name string
		turn func(t *testing.T, dir string)
		back func(t *testing.T, dir string)
		want string // in the log
	}{
		{"half a file", func(t *testing.T, dir string) { writeFile(t, dir, "1999-06-01.pem", pemOf(edSeed(1))[:60]) },
			func(t *testing.T, dir string) { remove(t, dir, "1999-06-01.pem") }, `1999-06-01.pem`},
		{"half of the file in use", func(t *testing.T, dir string) { writeFile(t, dir, "1999-01-01.pem", pemOf(edSeed(0))[:60]) },
			func(t *testing.T, dir string) { writeKey(t, dir, "1999-01-01.pem", 0) }, `1999-01-01.pem`},
		{"a name", func(t *testing.T, dir string) { writeKey(t, dir, "next.pem", 1) },
			func(t *testing.T, dir string) { remove(t, dir, "next.pem") }, `next.pem`},
		{"a copy", func(t *testing.T, dir string) { writeKey(t, dir, "1999-06-01.pem", 0) },
			func(t *testing.T, dir string) { remove(t, dir, "1999-06-01.pem") }, `have one key`},
		{"no file", func(t *testing.T, dir string) { remove(t, dir, "1999-01-01.pem") },
			func(t *testing.T, dir string) { writeKey(t, dir, "1999-01-01.pem", 0) }, `has no keys`},
		{"no directory", func(t *testing.T, dir string) { remove(t, dir) }, func(t *testing.T, dir string) {
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			writeKey(t, dir, "1999-01-01.pem", 0)
		}, `no such file or directory`},
		{"a key of tomorrow alone", func(t *testing.T, dir string) {
			remove(t, dir, "1999-01-01.pem")
			writeKey(t, dir, "2000-01-02.pem", 1)
		}, func(t *testing.T, dir string) { writeKey(t, dir, "1999-01-01.pem", 0) }, `no key signs before 2000-01-02T00:00:00Z`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log journal
				dir := t.TempDir()
				writeKey(t, dir, "1999-01-01.pem", 0)
				iss := newIssuer[Claims](t, issue.Options{Logger: log.logger()}, issue.Directory(dir))
				auth := newAuth(t, iss)
				use := func() {
					t.Helper()
					token, _, err := iss.Token(t.Context(), Claims{})
					if err != nil || headerOf(t, token) != nameOf(edKeyOf(0)) {
						t.Fatalf("%v, %s signs", err, headerOf(t, token))
					}
					if _, err := auth.Verify(t.Context(), token); err != nil {
						t.Error(err)
					}
				}
				tc.turn(t, dir)
				use()
				log.want(t, "at once", 0, 0)
				for second := range 180 { // up to 3 minutes
					time.Sleep(time.Second)
					use()
					if second+1 == int(reloadAfter/time.Second) {
						log.want(t, "after 10 seconds", 0, 1)
					}
				}
				log.want(t, "after 3 minutes", 0, 3)
				if !strings.Contains(log.String(), tc.want) || !strings.Contains(log.String(), "those of before stay in use") {
					t.Errorf("the log lacks %q: %s", tc.want, &log)
				}
				tc.back(t, dir)
				writeKey(t, dir, at(20*time.Minute), 9)
				time.Sleep(reloadAfter)
				use()
				if !accepts(t, iss, edKeyOf(9)) {
					t.Error("the directory is not read after it was mended")
				}
				time.Sleep(5 * time.Minute)
				use()
				log.want(t, "mended", 0, 3)
			})
		})
	}
}

// A disk that does not answer stops no token, and the rotation goes on.
func TestDirectoryStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		writeKey(t, dir, "1999-01-01.pem", 0)
		writeKey(t, dir, at(time.Hour), 1)
		key := issue.Directory(dir)
		iss := newIssuer[Claims](t, issue.Options{}, key)
		end, began := issue.Stall(iss), time.Now()
		if got := signedBy(t, iss, Claims{}); got != nameOf(edKeyOf(0)) || time.Since(began) > time.Second {
			t.Errorf("%s signs after %v", got, time.Since(began))
		}
		began = time.Now()
		if got := signedBy(t, iss, Claims{}); got != nameOf(edKeyOf(0)) || time.Since(began) > 0 {
			t.Errorf("%s signs, and a second token waits %v for the disk", got, time.Since(began))
		}
		time.Sleep(time.Hour)
		if got := signedBy(t, iss, Claims{}); got != nameOf(edKeyOf(1)) {
			t.Errorf("%s signs", got)
		}
		end()
		writeKey(t, dir, at(0), 2)
		if got := signedBy(t, iss, Claims{}); got != nameOf(edKeyOf(2)) {
			t.Errorf("%s signs afterwards", got)
		}
	})
}

// Two instances on one directory, 8 goroutines, and files that come and go every 7 seconds.
func TestDirectoryConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		writeKey(t, dir, at(0), 0)
		opts := issue.Options{Lifetime: 15 * time.Second, Logger: slog.New(slog.DiscardHandler)}
		shared := issue.Directory(dir)
		var issuers []*issue.Issuer[Claims]
		var auths []*jwthttp.Middleware[Claims]
		for _, k := range []issue.Key{shared, shared, issue.Directory(dir)} {
			issuers = append(issuers, newIssuer[Claims](t, opts, k))
			auths = append(auths, newAuth(t, issuers[len(issuers)-1]))
		}
		ctx, stop := context.WithCancel(t.Context())
		var users sync.WaitGroup
		var mu sync.Mutex
		kids := map[string]bool{}
		for n := range 8 {
			users.Go(func() {
				for i := n; ctx.Err() == nil; i++ {
					token, _, err := issuers[i%3].Token(t.Context(), Claims{})
					if err != nil {
						t.Error(err)
						return
					}
					for _, auth := range auths {
						if _, err := auth.Verify(t.Context(), token); err != nil {
							t.Error(err)
						}
					}
					get(issuers[n%3].JWKS())
					var parsed jwt.RegisteredClaims
					header, _, err := jwt.NewParser().ParseUnverified(token, &parsed)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					kids[fmt.Sprint(header.Header["kid"])] = true
					mu.Unlock()
					time.Sleep(time.Second)
				}
			})
		}
		for n := 1; n <= 20; n++ {
			writeKey(t, dir, at(30*time.Second), n)
			if n%5 == 0 {
				writeFile(t, dir, "bad.pem", []byte("bad"))
			} else {
				remove(t, dir, "bad.pem")
			}
			time.Sleep(7 * time.Second)
		}
		stop()
		users.Wait()
		if len(kids) < 15 {
			t.Errorf("%d keys have signed", len(kids))
		}
	})
}
