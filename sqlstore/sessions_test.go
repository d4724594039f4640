package sqlstore_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/session"
	"github.com/jwthttp/jwthttp/sqlstore"
)

type sessions = session.Sessions[jwt.RegisteredClaims]

// keys returns the issuer of the service.
func keys(t testing.TB) *issue.Issuer[jwt.RegisteredClaims] {
	t.Helper()
	iss, err := issue.New[jwt.RegisteredClaims](issue.Options{Issuer: "https://site.example.com"}, issue.HS256([]byte(strings.Repeat("0123456789abcdef", 4))))
	if err != nil {
		t.Fatal(err)
	}
	return iss
}

// newSessions returns what an instance of a service has.
func newSessions(t *testing.T, db *sql.DB, dialect sqlstore.Dialect) (*sessions, *denylist.List) {
	t.Helper()
	store := newStore(t, db, dialect)
	list, err := store.Denylist(denylist.Options{})
	if err != nil {
		t.Fatal(err)
	}
	claims := func(context.Context, session.Session) (c jwt.RegisteredClaims, err error) { return c, nil }
	s, err := session.New(keys(t), store, claims, session.Options{Revoked: list})
	if err != nil {
		t.Fatal(err)
	}
	return s, list
}

// refresh returns the answer to an app.
func refresh(t testing.TB, s *sessions, token string) (status int, answer session.Tokens) {
	t.Helper()
	body := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}.Encode()
	r := httptest.NewRequest("POST", "/refresh", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.Refresh(w, r)
	if w.Code == 200 {
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Error(err)
		}
	}
	return w.Code, answer
}

// Of 32 simultaneous refreshes with one token, at 3 instances, one step is taken. After a logout
// nothing works.
func TestRefreshAtTheSameTime(t *testing.T) {
	each(t, func(t *testing.T, dialect sqlstore.Dialect) {
		var instances []*sessions
		for _, db := range newDatabase(t, dialect).migrated(t, 3) {
			s, _ := newSessions(t, db, dialect)
			instances = append(instances, s)
		}
		tokens, err := instances[0].Start(t.Context(), "alice", "a test")
		if err != nil {
			t.Fatal(err)
		}
		var callers sync.WaitGroup
		var status [32]int
		var answers [32]session.Tokens
		for i := range answers {
			callers.Go(func() { status[i], answers[i] = refresh(t, instances[i%len(instances)], tokens.Refresh) })
		}
		callers.Wait()
		for i := range answers {
			if status[i] != 200 || answers[i].Refresh != answers[0].Refresh || answers[i].Refresh == tokens.Refresh {
				t.Fatalf("call %d: %d with %q, and call 0 got %q", i, status[i], answers[i].Refresh, answers[0].Refresh)
			}
		}
		if err := instances[1].EndOthers(t.Context(), "alice", ""); err != nil {
			t.Fatal(err)
		}
		for i, s := range instances {
			for _, token := range []string{tokens.Refresh, answers[0].Refresh} {
				if status, _ := refresh(t, s, token); status != 400 {
					t.Errorf("instance %d: %d after the logout, want 400", i, status)
				}
			}
		}
	})
}

// The files of SQLite have no token, and no part of one, in any encoding.
func TestNothingToSteal(t *testing.T) {
	dir := t.TempDir()
	d := &database{sqlstore.SQLite, "file:" + filepath.Join(dir, "test.db") + "?_pragma=busy_timeout(20000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)"}
	s, _ := newSessions(t, d.migrated(t, 1)[0], d.dialect)
	var issued []*session.Tokens
	for i := range 100 {
		tokens, err := s.Start(t.Context(), "alice", "a test of the files")
		if err != nil {
			t.Fatal(err)
		}
		issued = append(issued, tokens)
		for range i % 3 {
			status, next := refresh(t, s, tokens.Refresh)
			if status != 200 {
				t.Fatalf("refresh: %d", status)
			}
			tokens = &next
			issued = append(issued, tokens)
		}
		if i%10 == 9 {
			if status, _ := refresh(t, s, tokens.Refresh); status != 200 {
				t.Fatalf("refresh: %d", status)
			}
			if err := s.EndOthers(t.Context(), "alice", ""); err != nil { // also in what was deleted
				t.Fatal(err)
			}
		}
	}
	if _, err := s.Start(t.Context(), "alice", "the last one"); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("%v and %v, want a database and its WAL", files, err)
	}
	var all []byte
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	if !bytes.Contains(all, []byte("a test of the files")) || !bytes.Contains(all, []byte("the last one")) {
		t.Fatal("the files do not have the sessions")
	}
	lower := bytes.ToLower(all)
	for _, tokens := range issued {
		text := strings.TrimPrefix(tokens.Refresh, "jr1_")
		raw, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil || len(raw) != 48 {
			t.Fatalf("%d bytes and %v", len(raw), err)
		}
		// Parts of at most 63 bytes are found fast.
		parts := []string{text[:22], text[24:], tokens.Access[strings.LastIndexByte(tokens.Access, '.')+1:]}
		for _, secret := range [][]byte{raw[:16], raw[16:32], raw[32:]} {
			parts = append(parts, string(secret), base64.RawURLEncoding.EncodeToString(secret), base64.RawStdEncoding.EncodeToString(secret))
			if bytes.Contains(lower, []byte(hex.EncodeToString(secret))) {
				t.Fatal("the files have a secret in hexadecimal digits")
			}
		}
		for _, part := range parts {
			if bytes.Contains(all, []byte(part)) {
				t.Fatalf("the files have %q", part)
			}
		}
	}
}

// Access tokens of a session that was ended are refused by each instance.
func TestRevoked(t *testing.T) {
	each(t, func(t *testing.T, dialect sqlstore.Dialect) {
		dbs := newDatabase(t, dialect).migrated(t, 2)
		s, _ := newSessions(t, dbs[0], dialect)
		other, list := newSessions(t, dbs[1], dialect)
		auth, err := jwthttp.New(keys(t), other.Options(), denylist.Check[jwt.RegisteredClaims](list))
		if err != nil {
			t.Fatal(err)
		}
		tokens, err := s.Start(t.Context(), "alice", "")
		if err != nil {
			t.Fatal(err)
		}
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
