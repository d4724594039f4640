package goredis_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/redis/go-redis/v9"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/goredis"
	"github.com/jwthttp/jwthttp/internal/leaktest"
	"github.com/jwthttp/jwthttp/internal/tokentest"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/session"
	"github.com/jwthttp/jwthttp/session/sessiontest"
)

// short returns how often a test repeats: n, or all with SESSION_LONG.
func short(n, all int) int {
	if os.Getenv("SESSION_LONG") != "" {
		return all
	}
	return n
}

func newSessions(t testing.TB, client redis.UniversalClient, opts goredis.SessionOptions) session.Store {
	t.Helper()
	store, err := goredis.NewSessions(client, opts)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// login returns a new record, which is not written, with a value in each field.
func login(t testing.TB, store session.Store, subject string) session.Record {
	t.Helper()
	_, now, err := store.Load(t.Context(), [32]byte{})
	if err != nil {
		t.Fatal(err)
	}
	r := session.Record{
		Version: 1, Written: now, Reissues: 3, ID: rand.Text()[:22], Subject: subject, About: "Ann's phone \x00é",
		LoggedIn: now.Add(-time.Microsecond), IdleEnd: now.Add(time.Hour), End: now.Add(2 * time.Hour),
	}
	rand.Read(r.Key[:])
	rand.Read(r.Previous[:])
	return next(r)
}

// next returns another value for a record, of the same version.
func next(r session.Record) session.Record {
	rand.Read(r.Current[:])
	rand.Read(r.Salt[:])
	return r
}

func swap(t testing.TB, store session.Store, r session.Record, want bool) {
	t.Helper()
	if written, err := store.Swap(t.Context(), r); err != nil || written != want {
		t.Fatalf("version %d: written %v and error %v, want %v", r.Version, written, err, want)
	}
}

func wantRecord(t testing.TB, store session.Store, want session.Record) {
	t.Helper()
	if got, _, err := store.Load(t.Context(), want.Key); err != nil || got != want {
		t.Errorf("loaded\n%+v and error %v, want\n%+v", got, err, want)
	}
}

func wantNoRecord(t testing.TB, store session.Store, key [32]byte) {
	t.Helper()
	if got, now, err := store.Load(t.Context(), key); err != nil || got != (session.Record{}) || now.IsZero() {
		t.Errorf("loaded %+v, %v and error %v, want none", got, now, err)
	}
}

func wantListed(t testing.TB, store session.Store, subject string, want ...session.Record) {
	t.Helper()
	got, now, err := store.List(t.Context(), subject)
	if err != nil || now.IsZero() || len(got) != len(want) {
		t.Fatalf("listed %+v, %v and error %v, want %d", got, now, err, len(want))
	}
	for _, r := range want {
		if !slices.Contains(got, r) {
			t.Errorf("listed %+v, want %+v", got, r)
		}
	}
}

// wantFailures asserts that each call returns an error with this text.
func wantFailures(t testing.TB, store session.Store, r session.Record, text string) {
	t.Helper()
	_, _, errLoad := store.Load(t.Context(), r.Key)
	_, errLogin := store.Swap(t.Context(), r)
	r.Version++
	_, errSwap := store.Swap(t.Context(), r)
	_, _, errList := store.List(t.Context(), r.Subject)
	errDelete := store.Delete(t.Context(), r.Key)
	for name, err := range map[string]error{"Load": errLoad, "Swap of a new one": errLogin, "Swap": errSwap, "List": errList, "Delete": errDelete} {
		if err == nil || !strings.HasPrefix(err.Error(), "goredis: Redis (") || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: error %v, want one with %q", name, err, text)
		}
	}
}

func recordKey(r session.Record) string {
	return "jwthttp:session:" + base64.RawURLEncoding.EncodeToString(r.Key[:])
}

func subjectKey(subject string) string {
	digest := sha256.Sum256([]byte(subject))
	return "jwthttp:session:subject:" + base64.RawURLEncoding.EncodeToString(digest[:])
}

// Three instances of a service have clients of their own.
func TestSessionsContract(t *testing.T) {
	s, c := start(t), startCluster(t)
	for _, test := range []struct {
		name   string
		client func() redis.UniversalClient
	}{
		{"one server", func() redis.UniversalClient { return s.client(t) }},
		{"a cluster", func() redis.UniversalClient { return c.client(t) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stores [3]session.Store
			for i := range stores {
				stores[i] = newSessions(t, test.client(), goredis.SessionOptions{Timeout: patient})
			}
			sessiontest.Store(t, stores[:]...)
		})
	}
}

// Of 32 callers in three processes, one replaces a record.
func TestSessionsAtTheSameTime(t *testing.T) {
	s, c := start(t), startCluster(t)
	for _, test := range []struct {
		name   string
		client func() redis.UniversalClient
	}{
		{"one server", func() redis.UniversalClient { return s.client(t) }},
		{"a cluster", func() redis.UniversalClient { return c.client(t) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stores [3]session.Store
			for i := range stores {
				stores[i] = newSessions(t, test.client(), goredis.SessionOptions{Timeout: patient})
			}
			r := login(t, stores[0], "alice")
			for range short(30, 1000) {
				var mu sync.Mutex
				var winners []session.Record
				var wg sync.WaitGroup
				begin := make(chan struct{})
				for caller := range 32 {
					mine := r
					if caller%2 == 0 { // the others write the same
						mine = next(r)
					}
					wg.Go(func() {
						<-begin
						written, err := stores[caller%3].Swap(t.Context(), mine)
						if err != nil {
							t.Error(err)
						}
						if written {
							mu.Lock()
							winners = append(winners, mine)
							mu.Unlock()
						}
					})
				}
				close(begin)
				wg.Wait()
				if len(winners) != 1 {
					t.Fatalf("version %d: %d callers have written", r.Version, len(winners))
				}
				wantRecord(t, stores[0], winners[0])
				r = winners[0]
				r.Version++
			}
		})
	}
}

func TestSessionsRoundTrips(t *testing.T) {
	client := start(t).client(t)
	store := newSessions(t, client, goredis.SessionOptions{Timeout: patient})
	a, b := login(t, store, "alice"), login(t, store, "alice")
	swap(t, store, a, true) // Redis has all scripts now
	wantListed(t, store, "alice", a)
	c := &counter{}
	client.AddHook(c)
	for _, test := range []struct {
		name             string
		does             func()
		alone, pipelines int64
	}{
		{"a load", func() { wantRecord(t, store, a) }, 1, 0},
		{"a swap", func() { a.Version++; swap(t, store, a, true) }, 1, 0},
		{"an ending after the End", func() { a.Version++; a.Ended, a.IdleEnd = true, a.End.Add(time.Second); swap(t, store, a, true) }, 2, 0},
		{"a new one", func() { swap(t, store, b, true) }, 2, 0},
		{"a list", func() { wantListed(t, store, "alice", a, b) }, 1, 1},
		{"a list of none", func() { wantListed(t, store, "bob") }, 1, 0},
		{"a delete", func() { store.Delete(t.Context(), b.Key) }, 2, 0},
		{"a delete of none", func() { store.Delete(t.Context(), b.Key) }, 1, 0},
	} {
		alone, pipelines := c.single.Load(), c.pipelines.Load()
		test.does()
		if a, p := c.single.Load()-alone, c.pipelines.Load()-pipelines; a != test.alone || p != test.pipelines {
			t.Errorf("%s: %d commands alone and %d pipelines, want %d and %d", test.name, a, p, test.alone, test.pipelines)
		}
	}
	do(t, client, "SCRIPT", "FLUSH") // as after a restart
	swap(t, store, b, true)
	wantListed(t, store, "alice", a, b)
	do(t, client, "SCRIPT", "FLUSH")
	wantRecord(t, store, b)
}

// All keys expire, and a load does not change that.
func TestSessionsExpire(t *testing.T) {
	client := start(t).client(t)
	store := newSessions(t, client, goredis.SessionOptions{Timeout: patient})
	expires := func(key string, want time.Time) {
		t.Helper()
		want = want.Add(time.Minute)
		if ms, _ := do(t, client, "PEXPIRETIME", key).(int64); ms != want.UnixMilli() {
			t.Errorf("%s expires at %v, want %v", key, time.UnixMilli(ms), want)
		}
	}
	r := login(t, store, "alice")
	swap(t, store, r, true)
	expires(recordKey(r), r.IdleEnd)
	expires(subjectKey("alice"), r.End)
	r.Version, r.IdleEnd = 2, r.IdleEnd.Add(time.Second)
	swap(t, store, r, true)
	wantRecord(t, store, r)
	wantListed(t, store, "alice", r)
	expires(recordKey(r), r.IdleEnd)

	brief := login(t, store, "alice")
	brief.End = brief.Written.Add(time.Minute)
	brief.IdleEnd = brief.End
	swap(t, store, brief, true)
	expires(subjectKey("alice"), r.End)
	if keys := client.Keys(t.Context(), "*").Val(); len(keys) != 3 {
		t.Errorf("keys %v", keys)
	}

	// What is over goes, from the list of the subject too.
	over := login(t, store, "alice")
	over.IdleEnd, over.End = over.Written.Add(-2*time.Minute), over.Written.Add(-2*time.Minute)
	swap(t, store, over, true)
	wantNoRecord(t, store, over.Key)
	wantListed(t, store, "alice", r, brief)
	if n := do(t, client, "ZCARD", subjectKey("alice")); n != int64(2) {
		t.Errorf("%d sessions of the subject", n)
	}
	swap(t, store, over, true)
	other := login(t, store, "alice")
	swap(t, store, other, true)
	store.Delete(t.Context(), other.Key)
	if n := do(t, client, "ZCARD", subjectKey("alice")); n != int64(2) {
		t.Errorf("%d sessions of the subject after a login and a logout", n)
	}

	// An ending near the End of a session is found until its IdleEnd.
	mark := login(t, store, "carol")
	swap(t, store, mark, true)
	mark.Version, mark.Ended, mark.IdleEnd = 2, true, mark.End.Add(time.Hour)
	swap(t, store, mark, true)
	wantListed(t, store, "carol", mark)
	expires(recordKey(mark), mark.IdleEnd)
	expires(subjectKey("carol"), mark.IdleEnd)
}

// In a bubble, the clock of this process is years behind that of Redis.
func TestSessionsClock(t *testing.T) {
	s := start(t)
	before := time.Now()
	synctest.Test(t, func(t *testing.T) {
		client := redis.NewClient(&redis.Options{Addr: s.addr, ContextTimeoutEnabled: true})
		defer client.Close()
		store := newSessions(t, client, goredis.SessionOptions{Timeout: patient})
		r := login(t, store, "alice")
		swap(t, store, r, true)
		wantRecord(t, store, r)
		_, loaded, err := store.Load(t.Context(), r.Key)
		if err != nil || loaded.Before(r.Written) {
			t.Errorf("the time is %v with error %v, after %v", loaded, err, r.Written)
		}
		_, listed, err := store.List(t.Context(), "alice")
		if err != nil || listed.Before(loaded) || loaded.Before(before) || listed.After(before.Add(time.Hour)) {
			t.Errorf("the time is %v and %v with error %v, after %v", loaded, listed, err, before)
		}
	})
}

// A failing fails each command that has a word, before it is sent.
type failing struct {
	word string
	redis.Hook
}

func (f failing) DialHook(next redis.DialHook) redis.DialHook { return next }
func (f failing) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (f failing) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if slices.Contains(cmd.Args(), any(f.word)) {
			cmd.SetErr(errors.New("the program has crashed"))
			return cmd.Err()
		}
		return next(ctx, cmd)
	}
}

// Wherever a login stops, there is no session that a list does not have.
func TestSessionsLoginStops(t *testing.T) {
	s := start(t)
	whole := newSessions(t, s.client(t), goredis.SessionOptions{Timeout: patient})
	for _, test := range []struct{ name, word string }{{"before", goredis.EnlistHash}, {"between", goredis.SwapHash}} {
		t.Run(test.name, func(t *testing.T) {
			client := s.client(t)
			client.AddHook(failing{word: test.word})
			r := login(t, whole, test.name)
			if written, err := newSessions(t, client, goredis.SessionOptions{Timeout: patient}).Swap(t.Context(), r); err == nil || written {
				t.Errorf("written %v and error %v", written, err)
			}
			wantNoRecord(t, whole, r.Key)
			wantListed(t, whole, r.Subject)
			swap(t, whole, r, true)
			wantListed(t, whole, r.Subject, r)
		})
	}
}

// A list between the two steps of a login does not hide the session.
func TestSessionsListDuringLogin(t *testing.T) {
	client := start(t).client(t)
	store := newSessions(t, client, goredis.SessionOptions{Timeout: patient})
	r := login(t, store, "alice")
	swap(t, store, r, true)
	value := do(t, client, "GET", recordKey(r))
	do(t, client, "DEL", recordKey(r)) // as before the second step
	wantListed(t, store, "alice")
	do(t, client, "SET", recordKey(r), value)
	wantListed(t, store, "alice", r)
}

// If an answer is lost, the client asks again, and Redis finds its own value.
func TestSessionsLostAnswer(t *testing.T) {
	s := start(t)
	direct := newSessions(t, s.client(t), goredis.SessionOptions{Timeout: patient})
	for _, test := range []struct {
		name  string
		times int64
	}{{"once", 1}, {"always", 1000}} {
		t.Run(test.name, func(t *testing.T) {
			r := login(t, direct, test.name)
			swap(t, direct, r, true)
			r = next(r)
			r.Version++
			address, passed := loseAnswers(t, s.addr, goredis.SwapHash, test.times)
			client := redis.NewClient(&redis.Options{Addr: address, ContextTimeoutEnabled: true})
			defer client.Close()
			written, err := newSessions(t, client, goredis.SessionOptions{Timeout: patient}).Swap(t.Context(), r)
			if isLost := test.times > 1; written == isLost || (err != nil) != isLost || passed.Load() < 2 {
				t.Errorf("written %v and error %v after %d tries", written, err, passed.Load())
			}
			wantRecord(t, direct, r)
		})
	}
}

func TestSessionsFaults(t *testing.T) {
	t.Run("down", func(t *testing.T) {
		s := start(t, "--appendonly", "yes", "--appendfsync", "always")
		store := newSessions(t, s.client(t), goredis.SessionOptions{Timeout: patient})
		r := login(t, store, "alice")
		swap(t, store, r, true)
		s.kill()
		wantFailures(t, newSessions(t, s.client(t), goredis.SessionOptions{}), r, s.addr)
		s.run(t)
		wantRecord(t, store, r) // it was on disk
		wantListed(t, store, "alice", r)
	})
	t.Run("hanging", func(t *testing.T) {
		s := start(t)
		store := newSessions(t, s.client(t), goredis.SessionOptions{Timeout: 50 * time.Millisecond})
		r := login(t, newSessions(t, s.client(t), goredis.SessionOptions{Timeout: patient}), "alice")
		s.stop(t)
		defer s.resume(t)
		wantFailures(t, store, r, "did not answer within 50ms: check that it runs there, or raise Timeout")
	})
	t.Run("full", func(t *testing.T) {
		client := start(t).client(t)
		store := newSessions(t, client, goredis.SessionOptions{Timeout: patient})
		r := login(t, store, "alice")
		swap(t, store, r, true)
		do(t, client, "CONFIG", "SET", "maxmemory", "1")
		for _, changed := range []session.Record{login(t, store, "alice"), {Key: r.Key, Version: 2, Subject: "alice", IdleEnd: r.IdleEnd}} {
			if written, err := store.Swap(t.Context(), changed); written || err == nil || !strings.Contains(err.Error(), "OOM") {
				t.Errorf("written %v and error %v", written, err)
			}
		}
		wantRecord(t, store, r)
		wantListed(t, store, "alice", r)
		if n := do(t, client, "ZCARD", subjectKey("alice")); n != int64(1) {
			t.Errorf("%d sessions of the subject", n)
		}
	})
	t.Run("a replica", func(t *testing.T) {
		primary := start(t, "--repl-diskless-sync-delay", "0")
		_, port, _ := strings.Cut(primary.addr, ":")
		store := newSessions(t, primary.client(t), goredis.SessionOptions{Timeout: patient})
		r := login(t, store, "alice")
		swap(t, store, r, true)
		client := start(t, "--replicaof", "127.0.0.1 "+port).client(t)
		for tries := 0; do(t, client, "EXISTS", recordKey(r)) != int64(1); tries++ {
			if tries > 500 {
				t.Fatal("the replica has no record in time")
			}
			time.Sleep(20 * time.Millisecond)
		}
		wantFailures(t, newSessions(t, client, goredis.SessionOptions{Timeout: patient}), r, "READONLY")
	})
	t.Run("a client that leaves", func(t *testing.T) {
		store := newSessions(t, start(t).client(t), goredis.SessionOptions{Timeout: patient})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, _, err := store.Load(ctx, [32]byte{}); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "had not answered when the request ended") {
			t.Errorf("error %v", err)
		}
	})
}

// A value that no store has written is an error, and not a session that does not exist.
func TestSessionsNonsense(t *testing.T) {
	client := start(t).client(t)
	store := newSessions(t, client, goredis.SessionOptions{Timeout: patient})
	r := login(t, store, "alice")
	swap(t, store, r, true)
	good, _ := do(t, client, "GET", recordKey(r)).(string)
	for _, test := range []struct {
		name    string
		command []any
		text    string
	}{
		{"nothing", []any{"SET", "", ""}, "the value is not a session"},
		{"a text", []any{"SET", "", "secret"}, "the value is not a session"},
		{"a long text", []any{"SET", "", strings.Repeat("secret", 100)}, "the value is not a session"},
		{"another format", []any{"SET", "", "\x02" + good[1:]}, "the value is not a session"},
		{"version 0", []any{"SET", "", good[:8] + "\x00" + good[9:]}, "the value is not a session"},
		{"a byte less", []any{"SET", "", good[:len(good)-1]}, "the value is not a session"},
		{"a byte more", []any{"SET", "", good + "x"}, "the value is not a session"},
		{"a hash", []any{"HSET", "", "secret", "1"}, "WRONGTYPE"},
		{"a list", []any{"RPUSH", "", "secret"}, "WRONGTYPE"},
	} {
		t.Run(test.name, func(t *testing.T) {
			do(t, client, "DEL", recordKey(r))
			do(t, client, append([]any{test.command[0], recordKey(r)}, test.command[2:]...)...)
			got, _, err := store.Load(t.Context(), r.Key)
			all, _, errList := store.List(t.Context(), "alice")
			for _, err := range []error{err, errList} {
				if err == nil || !strings.Contains(err.Error(), test.text) || strings.Contains(err.Error(), "secret") || got != (session.Record{}) || all != nil {
					t.Errorf("error %v with %v and %v", err, got, all)
				}
			}
			if written, _ := store.Swap(t.Context(), r); written {
				t.Error("the value was replaced")
			}
		})
	}
	t.Run("the list of a subject", func(t *testing.T) {
		do(t, client, "DEL", subjectKey("alice"), recordKey(r))
		do(t, client, "SET", subjectKey("alice"), "secret")
		if written, err := store.Swap(t.Context(), r); err == nil || written {
			t.Errorf("written %v and error %v", written, err)
		}
		wantNoRecord(t, store, r.Key)
		if all, _, err := store.List(t.Context(), "alice"); err == nil || all != nil {
			t.Errorf("listed %v and error %v", all, err)
		}
	})
}

// While one node of a cluster is down, no session counts as one that does not exist, and no list
// leaves one out.
func TestSessionsClusterNodeDown(t *testing.T) {
	c := startCluster(t)
	client := c.client(t)
	store := newSessions(t, client, goredis.SessionOptions{Timeout: patient})
	isOnSecond := func(key string) bool { return client.ClusterKeySlot(t.Context(), key).Val() >= 8192 }
	subject := "alice"
	for isOnSecond(subjectKey(subject)) {
		subject += "!"
	}
	var up, down []session.Record
	for len(up) == 0 || len(down) == 0 {
		r := login(t, store, subject)
		swap(t, store, r, true)
		if isOnSecond(recordKey(r)) {
			down = append(down, r)
		} else {
			up = append(up, r)
		}
	}
	wantListed(t, store, subject, append(up, down...)...)
	c[1].kill()
	for _, r := range up {
		wantRecord(t, store, r)
	}
	impatient := newSessions(t, client, goredis.SessionOptions{})
	if r, _, err := impatient.Load(t.Context(), down[0].Key); err == nil {
		t.Errorf("loaded %+v", r)
	}
	if all, _, err := impatient.List(t.Context(), subject); err == nil || all != nil {
		t.Errorf("listed %+v and error %v", all, err)
	}
}

// A service has sessions in Redis.
type service struct {
	*session.Sessions[jwt.RegisteredClaims]
}

func newService(t testing.TB, store session.Store, opts session.Options) service {
	t.Helper()
	iss, err := issue.New[jwt.RegisteredClaims](issue.Options{Issuer: "https://site.example.com"}, issue.HS256([]byte("an example's secret of 32 bytes.")))
	if err != nil {
		t.Fatal(err)
	}
	opts.Logger = slog.New(slog.DiscardHandler)
	s, err := session.New(iss, store, func(context.Context, session.Session) (c jwt.RegisteredClaims, err error) { return c, nil }, opts)
	if err != nil {
		t.Fatal(err)
	}
	return service{s}
}

func (s service) start(t testing.TB) *session.Tokens {
	t.Helper()
	tokens, err := s.Start(t.Context(), "alice", "phone")
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

// refresh returns the status, and the new refresh token.
func (s service) refresh(t testing.TB, token string) (status int, successor string) {
	t.Helper()
	status, tokens := s.post(t, token)
	return status, tokens.Refresh
}

func (s service) post(t testing.TB, token string) (status int, tokens session.Tokens) {
	t.Helper()
	res := httptest.NewRecorder()
	s.Refresh(res, refreshRequest(t, token))
	if err := json.Unmarshal(res.Body.Bytes(), &tokens); err != nil && res.Code == http.StatusOK {
		t.Error(err)
	}
	return res.Code, tokens
}

func refreshRequest(t testing.TB, token string) *http.Request {
	req := httptest.NewRequestWithContext(t.Context(), "POST", "/", strings.NewReader(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return req
}

// A stopper is the ResponseWriter of an answer that is not sent.
type stopper struct {
	http.ResponseWriter
	stop func()
}

func (s stopper) WriteHeader(int) { s.stop() }

// The program crashes between the write and the answer. The same token again gets the successor that
// was written, or a later one after Grace, and that is good.
func TestSessionsCrash(t *testing.T) {
	store := newSessions(t, start(t).client(t), goredis.SessionOptions{Timeout: patient})
	long := newService(t, store, session.Options{Grace: time.Minute})
	brief := newService(t, store, session.Options{Grace: time.Millisecond})
	for i := range short(100, 1000) {
		first := long.start(t).Refresh
		func() {
			defer func() {
				if recover() != http.ErrAbortHandler {
					t.Error("the refresh has not crashed")
				}
			}()
			brief.Refresh(stopper{httptest.NewRecorder(), func() { panic(http.ErrAbortHandler) }}, refreshRequest(t, first))
		}()
		s, version := long, int64(2)
		if i%2 == 0 {
			s, version = brief, 3
			time.Sleep(3 * time.Millisecond)
		}
		status, successor := s.refresh(t, first)
		if status != http.StatusOK || successor == first {
			t.Fatalf("round %d: status %d and successor %q", i, status, successor)
		}
		all, _, err := store.List(t.Context(), "alice")
		if err != nil || len(all) != 1 || all[0].Version != version {
			t.Fatalf("round %d: %+v and error %v, want version %d", i, all, err, version)
		}
		if status, _ := s.refresh(t, successor); status != http.StatusOK {
			t.Fatalf("round %d: status %d for the successor", i, status)
		}
		if err := s.EndOthers(t.Context(), "alice", ""); err != nil {
			t.Fatal(err)
		}
	}
}

// 32 refreshes with one token, in three processes, take one step and get one successor.
func TestSessionsRefreshes(t *testing.T) {
	s := start(t)
	var services [3]service
	for i := range services {
		services[i] = newService(t, newSessions(t, s.client(t), goredis.SessionOptions{Timeout: patient}), session.Options{})
	}
	for range short(10, 1000) {
		first := services[0].start(t).Refresh
		var successors sync.Map
		var n atomic.Int64
		var wg sync.WaitGroup
		for caller := range 32 {
			wg.Go(func() {
				status, successor := services[caller%3].refresh(t, first)
				if status != http.StatusOK || successor == first {
					t.Errorf("status %d and successor %q", status, successor)
				}
				if _, isKnown := successors.LoadOrStore(successor, true); !isKnown {
					n.Add(1)
				}
			})
		}
		wg.Wait()
		if n.Load() != 1 {
			t.Fatalf("%d successors", n.Load())
		}
	}
}

// Redis is killed amid refreshes, once exactly between a write and its answer. No session ends, and
// the same tokens work again.
func TestSessionsDown(t *testing.T) {
	redisServer := start(t, "--appendonly", "yes", "--appendfsync", "always")
	s := newService(t, newSessions(t, redisServer.client(t), goredis.SessionOptions{Timeout: patient}), session.Options{Grace: time.Millisecond})
	var tokens [8]string
	for i := range tokens {
		tokens[i] = s.start(t).Refresh
	}
	for round := range short(3, 20) {
		var down atomic.Bool
		var wg sync.WaitGroup
		for i := range tokens[1:] {
			i++ // the first is that of the answer that is lost
			wg.Go(func() {
				for {
					wasDown := down.Load()
					status, successor := s.refresh(t, tokens[i])
					switch status {
					case http.StatusOK:
						tokens[i] = successor
					case http.StatusServiceUnavailable:
						if wasDown {
							return
						}
					default:
						t.Errorf("round %d: status %d", round, status)
						return
					}
				}
			})
		}
		time.Sleep(100 * time.Millisecond)
		tokens[0] = s.start(t).Refresh
		s.Refresh(stopper{httptest.NewRecorder(), func() {
			redisServer.kill()
			down.Store(true)
		}}, refreshRequest(t, tokens[0]))
		wg.Wait()
		if !down.Load() {
			t.Fatal("Redis was not killed")
		}
		redisServer.run(t)
		for i := range tokens {
			status, successor := 503, ""
			for tries := 0; status == 503 && tries < 100; tries++ {
				if status, successor = s.refresh(t, tokens[i]); status == 503 {
					time.Sleep(50 * time.Millisecond)
				}
			}
			if status != http.StatusOK {
				t.Fatalf("round %d: status %d for the token from before", round, status)
			}
			tokens[i] = successor
		}
	}
	all, err := s.List(t.Context(), "alice")
	if want := len(tokens) + short(3, 20); err != nil || len(all) != want {
		t.Errorf("%d sessions and error %v, want %d", len(all), err, want)
	}
}

// Neither a token nor a secret of one is in what Redis has on disk, and none can be made of that.
func TestSessionsOnDisk(t *testing.T) {
	dir := t.TempDir()
	client := start(t, "--dir", dir, "--rdbcompression", "no", "--appendonly", "yes", "--appenddirname", "aof").client(t)
	s := newService(t, newSessions(t, client, goredis.SessionOptions{Timeout: patient}), session.Options{Grace: time.Millisecond})
	var issued leaktest.Secrets
	tokens := s.start(t)
	issued.Add(t, tokens)
	for range 20 {
		time.Sleep(2 * time.Millisecond)
		status, next := s.post(t, tokens.Refresh)
		if status != http.StatusOK || next.Refresh == tokens.Refresh {
			t.Fatalf("status %d and successor %q", status, next.Refresh)
		}
		tokens = &next
		issued.Add(t, tokens)
	}
	do(t, client, "SAVE")
	var disk []byte
	for _, pattern := range []string{"dump.rdb", "aof/*"} {
		names, _ := filepath.Glob(filepath.Join(dir, pattern))
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			disk = append(disk, b...)
		}
	}
	value, _ := do(t, client, "GET", client.Keys(t.Context(), "jwthttp:session:"+strings.Repeat("?", 43)).Val()[0]).(string)
	if bytes.Count(disk, []byte(value)) < 2 || !bytes.Contains(disk, []byte("phone")) {
		t.Fatal("the files do not have the session")
	}
	if found := issued.Find(disk); found != nil {
		t.Errorf("the files have secrets: %q", found)
	}
	if made := issued.Build([]byte(value)); made != nil {
		t.Errorf("a secret is %q of what Redis has", made)
	}
}

// The third key of a denylist, that of a session, is looked up in the same round trip.
func TestRevokeSession(t *testing.T) {
	s, c := start(t), startCluster(t)
	for name, client := range map[string]redis.UniversalClient{"one server": s.client(t), "a cluster": c.client(t)} {
		t.Run(name, func(t *testing.T) {
			list := newList(t, client, goredis.DenylistOptions{Timeout: patient})
			auth := tokentest.Protect[jwt.MapClaims](t, list)
			if err := list.RevokeSession(t.Context(), "a", "0"); err != nil { // it also makes the connection
				t.Fatal(err)
			}
			count := &counter{}
			client.(interface{ AddHook(redis.Hook) }).AddHook(count)
			for _, test := range []struct {
				sid  string
				want error
			}{{"1", nil}, {"2", nil}, {"1", denylist.ErrRevoked}} {
				if test.want != nil {
					if err := list.RevokeSession(t.Context(), "a", test.sid); err != nil {
						t.Fatal(err)
					}
				}
				pipelines, commands := count.pipelines.Load(), count.commands.Load()
				raw := tokentest.Sign(t, jwt.MapClaims{"iss": "a", "sub": "alice", "jti": "j", "sid": test.sid})
				if _, err := auth.Verify(t.Context(), raw); !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
					t.Errorf("session %s: error %v, want %v", test.sid, err, test.want)
				}
				if p, n := count.pipelines.Load()-pipelines, count.commands.Load()-commands; p != 1 || n != 3 {
					t.Errorf("%d commands in %d pipelines, want 3 in 1", n, p)
				}
			}
		})
	}
}

// An ended session's access tokens stop, and its refresh token too, in all processes.
func TestSessionsRevoked(t *testing.T) {
	client := start(t).client(t)
	list := newList(t, client, goredis.DenylistOptions{Timeout: patient})
	s := newService(t, newSessions(t, client, goredis.SessionOptions{Timeout: patient}), session.Options{Revoked: list})
	auth, err := jwthttp.New(jwthttp.HS256([]byte("an example's secret of 32 bytes.")), s.Options(), denylist.Check[jwt.RegisteredClaims](list))
	if err != nil {
		t.Fatal(err)
	}
	phone, laptop := s.start(t), s.start(t)
	all, err := s.List(t.Context(), "alice")
	if err != nil || len(all) != 2 {
		t.Fatalf("%d sessions and error %v", len(all), err)
	}
	token, err := auth.Verify(t.Context(), laptop.Access)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.EndOthers(t.Context(), "alice", token.SessionID()); err != nil {
		t.Fatal(err)
	}
	if _, err := auth.Verify(t.Context(), phone.Access); !errors.Is(err, denylist.ErrRevoked) {
		t.Errorf("error %v for an access token of an ended session", err)
	}
	if status, _ := s.refresh(t, phone.Refresh); status != http.StatusBadRequest {
		t.Errorf("status %d for a refresh token of an ended session", status)
	}
	if status, _ := s.refresh(t, laptop.Refresh); status != http.StatusOK {
		t.Errorf("status %d for the other session", status)
	}
}

func TestNewSessionsMistakes(t *testing.T) {
	heedless := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{"127.0.0.1:1"}, RouteByLatency: true})
	defer heedless.Close()
	store, err := goredis.NewSessions(heedless, goredis.SessionOptions{Timeout: -1, Prefix: strings.Repeat("p", 129)})
	const want = "goredis: the client reads from replicas, which may be behind: make it without ReadOnly, RouteByLatency and RouteRandomly\n" +
		"goredis: the client ignores SessionOptions.Timeout, so that a Redis that hangs would delay requests for seconds: make it with ContextTimeoutEnabled\n" +
		"goredis: SessionOptions.Timeout is -1ns: use a positive one of at most 5s, or 0 for 250ms\n" +
		"goredis: SessionOptions.Prefix has 129 bytes, and every key begins with it: use at most 128"
	if store != nil || err == nil || err.Error() != want {
		t.Errorf("store %v, error %v\nwant %s", store, err, want)
	}
	if store, err := goredis.NewSessions(nil, goredis.SessionOptions{}); store != nil || err == nil {
		t.Errorf("store %v, error %v", store, err)
	}
}

// Faults of the configuration are errors with a mend, which works.
func TestFaultsOfTheServer(t *testing.T) {
	s := start(t)
	root := s.client(t)
	as := func(t *testing.T, rights string) *redis.Client {
		t.Helper()
		do(t, root, append([]any{"ACL", "SETUSER", "app", "reset", "on", ">word"}, anys(strings.Fields(rights))...)...)
		client := redis.NewClient(&redis.Options{Addr: s.addr, Username: "app", Password: "word", ContextTimeoutEnabled: true})
		t.Cleanup(func() { client.Close() })
		return client
	}
	r := login(t, newSessions(t, root, goredis.SessionOptions{Timeout: patient}), "alice")
	const mend = "~jwthttp:session:* +@read +@write +@scripting +@connection +time +cluster|slots"
	for _, rights := range []string{"~jwthttp:session:* +@read +@connection", "~other:* +@all", "~jwthttp:session:* +@all -time"} {
		store := newSessions(t, as(t, rights), goredis.SessionOptions{Timeout: patient})
		if _, _, err := store.Load(t.Context(), r.Key); err == nil || !strings.HasSuffix(err.Error(), ": give the user of this client "+mend) {
			t.Errorf("%s: %v", rights, err)
		}
	}
	store := newSessions(t, as(t, mend), goredis.SessionOptions{Timeout: patient})
	swap(t, store, r, true)
	if got, _, err := store.Load(t.Context(), r.Key); got.Version != 1 || err != nil {
		t.Errorf("%v and %v", got, err)
	}
	if all, _, err := store.List(t.Context(), "alice"); len(all) != 1 || err != nil {
		t.Errorf("%v and %v", all, err)
	}
	if err := store.Delete(t.Context(), r.Key); err != nil {
		t.Error(err)
	}

	do(t, root, "SET", subjectKey("alice"), "text")
	if _, _, err := store.List(t.Context(), "alice"); err == nil || !strings.HasSuffix(err.Error(), ": another program has such a key, so use a Prefix of your own") {
		t.Error(err)
	}

	var moved error
	node := redis.NewClient(&redis.Options{Addr: startCluster(t)[0].addr, ContextTimeoutEnabled: true})
	defer node.Close()
	store = newSessions(t, node, goredis.SessionOptions{Timeout: patient})
	for i := range 100 { // one of the nodes has the others
		if _, _, err := store.List(t.Context(), string(rune(0x100+i))); err != nil {
			moved = err
		}
	}
	if moved == nil || !strings.HasSuffix(moved.Error(), ": it is a node of a cluster, so make the client with redis.NewClusterClient") {
		t.Error(moved)
	}
}

func anys(words []string) (all []any) {
	for _, w := range words {
		all = append(all, w)
	}
	return all
}
