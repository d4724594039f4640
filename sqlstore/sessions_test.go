package sqlstore_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/internal/leaktest"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/session"
	"github.com/jwthttp/jwthttp/sqlstore"
)

type sessions = session.Sessions[jwt.RegisteredClaims]

// keys returns the issuer of the service.
func keys() (*issue.Issuer[jwt.RegisteredClaims], error) {
	return issue.New[jwt.RegisteredClaims](issue.Options{Issuer: "https://site.example.com"}, issue.HS256([]byte(strings.Repeat("0123456789abcdef", 4))))
}

// newInstance returns what an instance of the service has.
func newInstance(store *sqlstore.Store, grace time.Duration) (*sessions, *denylist.List, error) {
	iss, err := keys()
	if err != nil {
		return nil, nil, err
	}
	list, err := store.Denylist(denylist.Options{})
	if err != nil {
		return nil, nil, err
	}
	claims := func(context.Context, session.Session) (c jwt.RegisteredClaims, err error) { return c, nil }
	s, err := session.New(iss, store, claims, session.Options{Revoked: list, Grace: grace, Logger: slog.New(slog.DiscardHandler)})
	return s, list, err
}

func newSessions(t testing.TB, store *sqlstore.Store, grace time.Duration) (*sessions, *denylist.List) {
	t.Helper()
	s, list, err := newInstance(store, grace)
	if err != nil {
		t.Fatal(err)
	}
	return s, list
}

func begin(t testing.TB, s *sessions) *session.Tokens {
	t.Helper()
	tokens, err := s.Start(t.Context(), "alice", "a test")
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

func refreshRequest(url, token string) *http.Request {
	body := strings.NewReader("grant_type=refresh_token&refresh_token=" + token)
	r, _ := http.NewRequest("POST", url, body)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// refresh returns the answer to an app.
func refresh(t testing.TB, s *sessions, token string) (status int, answer session.Tokens) {
	t.Helper()
	w := httptest.NewRecorder()
	s.Refresh(w, refreshRequest("/refresh", token))
	if w.Code == 200 {
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Error(err)
		}
	}
	return w.Code, answer
}

// A stopper is the ResponseWriter of an answer that is not sent.
type stopper struct {
	http.ResponseWriter
	stop func()
}

func (s stopper) WriteHeader(int) { s.stop() }

// Of 32 simultaneous refreshes with one token, at 3 instances, one step is taken. After a logout
// nothing works.
func TestRefreshAtTheSameTime(t *testing.T) {
	each(t, func(t *testing.T, dialect sqlstore.Dialect) {
		var instances []*sessions
		for _, db := range newDatabase(t, dialect).migrated(t, 3) {
			s, _ := newSessions(t, newStore(t, db, dialect), 0)
			instances = append(instances, s)
		}
		for range short(5, 1000) {
			first := begin(t, instances[0]).Refresh
			var callers sync.WaitGroup
			var status [32]int
			var answers [32]session.Tokens
			for i := range answers {
				callers.Go(func() { status[i], answers[i] = refresh(t, instances[i%len(instances)], first) })
			}
			callers.Wait()
			for i := range answers {
				if status[i] != 200 || answers[i].Refresh != answers[0].Refresh || answers[i].Refresh == first {
					t.Fatalf("call %d: %d with %q, and call 0 got %q", i, status[i], answers[i].Refresh, answers[0].Refresh)
				}
			}
			if err := instances[1].EndOthers(t.Context(), "alice", ""); err != nil {
				t.Fatal(err)
			}
			for i, s := range instances {
				for _, token := range []string{first, answers[0].Refresh} {
					if status, _ := refresh(t, s, token); status != 400 {
						t.Errorf("instance %d: %d after the logout, want 400", i, status)
					}
				}
			}
		}
	})
}

// What is on disk, and in a dump, has no token, and no part of one, in any encoding. No token can be
// made of a row.
func TestNothingToSteal(t *testing.T) {
	each(t, func(t *testing.T, dialect sqlstore.Dialect) {
		d := newDatabase(t, dialect)
		db := d.migrated(t, 1)[0]
		store := newStore(t, db, dialect)
		s, _ := newSessions(t, store, 0)
		var issued leaktest.Secrets
		for i := range short(40, 1000) {
			tokens := begin(t, s)
			issued.Add(t, tokens)
			for range i % 3 {
				status, next := refresh(t, s, tokens.Refresh)
				if status != 200 {
					t.Fatalf("refresh: %d", status)
				}
				tokens = &next
				issued.Add(t, tokens)
			}
			if i%10 == 9 {
				if err := s.EndOthers(t.Context(), "alice", ""); err != nil { // also in what was deleted
					t.Fatal(err)
				}
			}
		}
		last := begin(t, s)
		issued.Add(t, last)
		status, next := refresh(t, s, last.Refresh)
		if status != 200 {
			t.Fatalf("refresh: %d", status)
		}
		issued.Add(t, &next)

		for name, content := range d.files(t) {
			if found := issued.Find(content); found != nil {
				t.Errorf("%s has secrets: %q", name, found)
			}
			// What has to be there is found.
			all, _, err := store.List(t.Context(), "alice")
			if err != nil || len(all) != 1 {
				t.Fatalf("%d sessions and %v", len(all), err)
			}
			if found := (leaktest.Secrets{all[0].Key[:], all[0].Current[:], all[0].Salt[:]}).Find(content); len(found) < 5 && name != "test.db" {
				t.Errorf("%s does not have the session: %q", name, found)
			}
		}
		if made := issued.Build(row(t, db)); made != nil {
			t.Errorf("a secret is %q of what is in a row", made)
		}
	})
}

// files returns what a reader of the disk, or of a backup, gets.
func (d *database) files(t testing.TB) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	if d.dialect == sqlstore.PostgreSQL {
		for _, format := range []string{"plain", "custom"} {
			dump, err := steady.get(t).Command("pg_dump", "--format="+format, "--compress=0", d.name)
			if err != nil {
				t.Fatal(err)
			}
			if all["a dump, "+format], err = dump.Output(); err != nil {
				t.Fatal(err)
			}
		}
		return all
	}
	dir, _, _ := strings.Cut(strings.TrimPrefix(d.name, "file:"), "/test.db?")
	for _, name := range []string{"test.db", "test.db-wal"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = b
	}
	return all
}

// row returns all that is stored of the one session.
func row(t testing.TB, db *sql.DB) (all []byte) {
	t.Helper()
	rows, err := db.Query(`SELECT * FROM jwthttp_sessions`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil || !rows.Next() {
		t.Fatalf("no row: %v", err)
	}
	values := make([]any, len(columns))
	for i := range values {
		values[i] = new(sql.RawBytes)
	}
	if err := rows.Scan(values...); err != nil {
		t.Fatal(err)
	}
	for _, v := range values {
		all = append(all, *v.(*sql.RawBytes)...)
	}
	if len(all) < 150 {
		t.Fatalf("a row has %d bytes", len(all))
	}
	return all
}

// Access tokens of a session that was ended are refused by each instance.
func TestRevoked(t *testing.T) {
	each(t, func(t *testing.T, dialect sqlstore.Dialect) {
		dbs := newDatabase(t, dialect).migrated(t, 2)
		s, _ := newSessions(t, newStore(t, dbs[0], dialect), 0)
		other, list := newSessions(t, newStore(t, dbs[1], dialect), 0)
		iss, err := keys()
		if err != nil {
			t.Fatal(err)
		}
		auth, err := jwthttp.New(iss, other.Options(), denylist.Check[jwt.RegisteredClaims](list))
		if err != nil {
			t.Fatal(err)
		}
		tokens := begin(t, s)
		if _, err := auth.Verify(t.Context(), tokens.Access); err != nil {
			t.Fatalf("before: %v", err)
		}
		if err := s.EndOthers(t.Context(), "alice", ""); err != nil {
			t.Fatal(err)
		}
		if _, err := auth.Verify(t.Context(), tokens.Access); !errors.Is(err, denylist.ErrRevoked) {
			t.Errorf("after: %v", err)
		}
	})
}
