package sqlstore_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jwthttp/jwthttp/session"
	"github.com/jwthttp/jwthttp/sqlstore"
)

// The program crashes between the write and the answer. The same token again gets the successor that
// was written, and a later one after Grace.
func TestCrashBetweenWriteAndAnswer(t *testing.T) {
	each(t, func(t *testing.T, dialect sqlstore.Dialect) {
		store := newStore(t, newDatabase(t, dialect).migrated(t, 1)[0], dialect)
		patient, _ := newSessions(t, store, time.Minute)
		hasty, _ := newSessions(t, store, time.Millisecond)
		for i := range short(20, 1000) {
			token := begin(t, patient).Refresh
			crash := func() (isCrash bool) {
				defer func() { isCrash = recover() == http.ErrAbortHandler }()
				hasty.Refresh(stopper{httptest.NewRecorder(), func() { panic(http.ErrAbortHandler) }}, refreshRequest("/refresh", token))
				return false
			}
			if !crash() {
				t.Fatal("the refresh has not crashed")
			}
			s, version := patient, int64(2)
			if i%2 == 0 {
				s, version = hasty, 3
				time.Sleep(3 * time.Millisecond)
			}
			status, answer := refresh(t, s, token)
			if status != 200 || answer.Refresh == token {
				t.Fatalf("round %d: %d with %q", i, status, answer.Refresh)
			}
			wantVersion(t, store, version)
			if status, _ := refresh(t, s, answer.Refresh); status != 200 {
				t.Fatalf("round %d: %d for the successor", i, status)
			}
			if err := s.EndOthers(t.Context(), "alice", ""); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// wantVersion asserts that alice's one session was written so often.
func wantVersion(t testing.TB, store *sqlstore.Store, want int64) {
	t.Helper()
	all, _, err := store.List(t.Context(), "alice")
	if err != nil || len(all) != 1 || all[0].Version != want {
		t.Fatalf("%d sessions and %v, want version %d: %+v", len(all), err, want, all)
	}
}

// The program is killed between the write and the answer, by kill -9. Another one, with the same
// database, answers the same token.
func TestProgramKilled(t *testing.T) {
	each(t, func(t *testing.T, dialect sqlstore.Dialect) {
		d := newDatabase(t, dialect)
		store := newStore(t, d.migrated(t, 1)[0], dialect)
		s, _ := newSessions(t, store, 0)
		p := start(t, d)
		for round := range short(3, 20) {
			token := begin(t, s).Refresh
			killed := make(chan error, 1)
			go func() {
				resp, err := http.DefaultClient.Do(refreshRequest(p.url+"/stop", token))
				if err == nil {
					resp.Body.Close()
				}
				killed <- err
			}()
			p.wantLine(t, "written")
			wantVersion(t, store, 2)
			p.kill()
			if err := <-killed; err == nil {
				t.Fatal("there was an answer")
			}
			p = start(t, d)
			resp, err := http.DefaultClient.Do(refreshRequest(p.url+"/refresh", token))
			if err != nil {
				t.Fatal(err)
			}
			var answer session.Tokens
			err = json.NewDecoder(resp.Body).Decode(&answer)
			resp.Body.Close()
			if resp.StatusCode != 200 || err != nil || answer.Refresh == token {
				t.Fatalf("round %d: %s, %q and %v", round, resp.Status, answer.Refresh, err)
			}
			if status, _ := refresh(t, s, answer.Refresh); status != 200 {
				t.Fatalf("round %d: %d for the successor", round, status)
			}
			if err := s.EndOthers(t.Context(), "alice", ""); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// program serves refreshes with the database of SQLSTORE_PROGRAM. It ends with its standard input.
func program() {
	kind, name, _ := strings.Cut(os.Getenv("SQLSTORE_PROGRAM"), " ")
	d := database{sqlstore.Dialect(kind), name}
	db, err := d.pool()
	if err != nil {
		log.Fatal(err)
	}
	store, err := sqlstore.New(db, d.dialect, sqlstore.Options{Timeout: patient})
	if err != nil {
		log.Fatal(err)
	}
	s, _, err := newInstance(store, 0)
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("http://" + listener.Addr().String())
	http.HandleFunc("/refresh", s.Refresh)
	http.HandleFunc("/stop", func(w http.ResponseWriter, r *http.Request) {
		s.Refresh(stopper{w, func() {
			fmt.Println("written")
			select {} // until it is killed
		}}, r)
	})
	go http.Serve(listener, nil)
	io.Copy(io.Discard, os.Stdin)
}

type process struct {
	cmd   *exec.Cmd
	lines *bufio.Scanner
	url   string
}

// start starts the program with a database.
func start(t testing.TB, d *database) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SQLSTORE_PROGRAM="+string(d.dialect)+" "+d.name)
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, lines: bufio.NewScanner(stdout)}
	t.Cleanup(p.kill)
	if !p.lines.Scan() {
		t.Fatalf("the program has not started: %v", p.lines.Err())
	}
	p.url = p.lines.Text()
	return p
}

func (p *process) wantLine(t testing.TB, want string) {
	t.Helper()
	if !p.lines.Scan() || p.lines.Text() != want {
		t.Fatalf("the program says %q, want %q", p.lines.Text(), want)
	}
}

func (p *process) kill() {
	p.cmd.Process.Kill()
	p.cmd.Wait()
}

// PostgreSQL is killed amid refreshes, once exactly between a write and its answer. When it is back,
// the same tokens are good.
func TestServerKilled(t *testing.T) {
	server := stopping.get(t)
	store := newStore(t, server.database(t).migrated(t, 1)[0], sqlstore.PostgreSQL)
	patient, _ := newSessions(t, store, time.Minute)
	hasty, _ := newSessions(t, store, time.Millisecond)
	var tokens [8]string
	for i := range tokens {
		tokens[i] = begin(t, hasty).Refresh
	}
	for round := range short(2, 20) {
		var isDown atomic.Bool
		var clients sync.WaitGroup
		for i := range tokens {
			clients.Go(func() {
				for {
					wasDown := isDown.Load()
					status, answer := refresh(t, hasty, tokens[i])
					switch status {
					case 200:
						tokens[i] = answer.Refresh
					case 503:
						if wasDown {
							return
						}
					default:
						t.Errorf("round %d: %d while the server goes down", round, status)
						return
					}
				}
			})
		}
		lost := begin(t, patient).Refresh
		patient.Refresh(stopper{httptest.NewRecorder(), func() {
			server.Kill()
			isDown.Store(true)
		}}, refreshRequest("/refresh", lost))
		clients.Wait()
		if !isDown.Load() {
			t.Fatal("the server was not killed")
		}
		if status, _ := refresh(t, patient, lost); status != 503 {
			t.Fatalf("round %d: %d without a server", round, status)
		}
		if err := server.Run(); err != nil {
			t.Fatal(err)
		}
		for _, token := range append(tokens[:], lost) {
			status, answer := refresh(t, hasty, token)
			if status != 200 || answer.Refresh == token {
				t.Fatalf("round %d: %d with %q for a token from before", round, status, answer.Refresh)
			}
			for i := range tokens {
				if tokens[i] == token {
					tokens[i] = answer.Refresh
				}
			}
		}
	}
	all, _, err := store.List(t.Context(), "alice")
	if want := len(tokens) + short(2, 20); err != nil || len(all) != want {
		t.Errorf("%d sessions and %v, want %d", len(all), err, want)
	}
}
