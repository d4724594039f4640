package goredis_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/redis/go-redis/v9"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/denylist/denylisttest"
	"github.com/jwthttp/jwthttp/goredis"
	"github.com/jwthttp/jwthttp/internal/tokentest"
)

// patient is a timeout for tests in which only the machine may be slow.
const patient = 5 * time.Second

type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}

func TestMain(m *testing.M) {
	redis.SetLogger(silence{}) // the tests stop servers on purpose
	os.Exit(m.Run())
}

func newList(t testing.TB, client redis.UniversalClient, opts goredis.DenylistOptions) *denylist.List {
	t.Helper()
	list, err := goredis.NewDenylist(client, opts)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// A site is a real server. Its middleware has a list and is outside a handler that counts its
// calls.
type site struct {
	*httptest.Server
	ran atomic.Int64
}

func serve(t testing.TB, list *denylist.List) *site {
	t.Helper()
	s := &site{}
	s.Server = httptest.NewServer(tokentest.Protect[jwt.MapClaims](t, list).Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { s.ran.Add(1) })))
	t.Cleanup(s.Close)
	return s
}

// get returns the status for a token. It asserts that the headers and the calls of the handler
// agree with the status.
func (s *site) get(t testing.TB, raw string) int {
	t.Helper()
	before := s.ran.Load()
	req, err := http.NewRequest("GET", s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+raw)
	res, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	challenge, retry := "", ""
	switch res.StatusCode {
	case 401:
		challenge = `Bearer realm="api", error="invalid_token", error_description="The access token was refused"`
	case 503:
		retry = "5"
	}
	if h := res.Header; h.Get("WWW-Authenticate") != challenge || h.Get("Retry-After") != retry {
		t.Errorf("status %d with WWW-Authenticate %q and Retry-After %q", res.StatusCode, h.Get("WWW-Authenticate"), h.Get("Retry-After"))
	}
	if ran := s.ran.Load() > before; ran != (res.StatusCode == 200) {
		t.Errorf("status %d, and the handler ran: %v", res.StatusCode, ran)
	}
	return res.StatusCode
}

func (s *site) want(t testing.TB, status int, raw string) {
	t.Helper()
	if got := s.get(t, raw); got != status {
		t.Errorf("status %d, want %d", got, status)
	}
}

// wantSoon asserts that the status is as wanted within seconds. It is for a server that starts
// again.
func (s *site) wantSoon(t testing.TB, status int, raw string) {
	t.Helper()
	for range 100 {
		if s.get(t, raw) == status {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("status is not %d in time", status)
}

func token(t testing.TB, id string) string {
	t.Helper()
	return tokentest.Sign(t, jwt.MapClaims{"iss": "a", "sub": "alice " + id, "jti": id})
}

func revoke(t testing.TB, list *denylist.List, id string) {
	t.Helper()
	if err := list.RevokeToken(t.Context(), "a", id, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
}

// wantUnavailable asserts that a revocation of either kind reports an error.
func wantUnavailable(t testing.TB, list *denylist.List, text string) {
	t.Helper()
	for _, err := range []error{
		list.RevokeToken(t.Context(), "a", "another", time.Now().Add(time.Hour)),
		list.RevokeSubject(t.Context(), "a", "another", time.Now()),
	} {
		if !errors.Is(err, jwthttp.ErrUnavailable) || !strings.Contains(err.Error(), text) {
			t.Errorf("error = %v, want ErrUnavailable with %q", err, text)
		}
	}
}

func TestContract(t *testing.T) {
	s := start(t)
	denylisttest.Store(t, goredis.NewStore(s.client(t), patient), goredis.NewStore(s.client(t), patient))
}

func TestContractInACluster(t *testing.T) {
	c := startCluster(t)
	denylisttest.Store(t, goredis.NewStore(c.client(t), patient), goredis.NewStore(c.client(t), patient))
}

// Two programs with the same prefix share a list.
func TestShared(t *testing.T) {
	s := start(t)
	a, b := newList(t, s.client(t), goredis.DenylistOptions{Timeout: patient}), newList(t, s.client(t), goredis.DenylistOptions{Timeout: patient})
	other := newList(t, s.client(t), goredis.DenylistOptions{Timeout: patient, Prefix: "other:"})
	revoke(t, a, "1")
	serve(t, b).want(t, 401, token(t, "1"))
	serve(t, other).want(t, 200, token(t, "1"))
}

// Keys in Redis all have the same length, whatever the ids, and all expire.
func TestKeys(t *testing.T) {
	for _, test := range []struct {
		prefix, want string
		lifetime     time.Duration
		wantLifetime time.Duration
	}{
		{"", "jwthttp:deny:", 0, 24 * time.Hour},
		{"app:", "app:", 4 * time.Hour, 4 * time.Hour},
	} {
		t.Run(test.want, func(t *testing.T) {
			client := start(t).client(t)
			list := newList(t, client, goredis.DenylistOptions{Timeout: patient, Prefix: test.prefix, MaxLifetime: test.lifetime})
			keys := map[string]bool{}
			fresh := func(value any, keep time.Duration) {
				t.Helper()
				for _, key := range client.Keys(t.Context(), "*").Val() {
					if keys[key] {
						continue
					}
					keys[key] = true
					if !strings.HasPrefix(key, test.want) || len(key) != len(test.want)+43 {
						t.Errorf("key %q", key)
					}
					if got := do(t, client, "GET", key); got != value {
						t.Errorf("value %v, want %v", got, value)
					}
					if ttl := client.PTTL(t.Context(), key).Val(); ttl > keep || ttl < keep-10*time.Second {
						t.Errorf("it expires in %v, want %v", ttl, keep)
					}
				}
			}
			long := strings.Repeat("x", 10_000)
			for _, id := range []string{"1", "2\r\n", long} {
				if err := list.RevokeToken(t.Context(), "a", id, time.Now().Add(time.Hour)); err != nil {
					t.Fatal(err)
				}
				fresh("1", 70*time.Minute)
			}
			upTo := time.Now()
			for _, id := range []string{"1", "2\r\n", long} {
				if err := list.RevokeSubject(t.Context(), "a", id, upTo); err != nil {
					t.Fatal(err)
				}
				fresh(fmt.Sprint(upTo.Unix()), test.wantLifetime+10*time.Minute)
			}
			if len(keys) != 6 {
				t.Errorf("%d keys: %v", len(keys), keys)
			}
			// After they are raised again, they keep the longer time to live.
			for _, exp := range []time.Duration{time.Minute, 3 * time.Hour, time.Hour} {
				if err := list.RevokeToken(t.Context(), "a", "1", time.Now().Add(exp)); err != nil {
					t.Fatal(err)
				}
			}
			longest := time.Duration(0)
			for key := range keys {
				if do(t, client, "GET", key) == "1" {
					longest = max(longest, client.PTTL(t.Context(), key).Val())
				}
			}
			if longest > 190*time.Minute || longest < 189*time.Minute {
				t.Errorf("it expires in %v, want 3h10m", longest)
			}
			// Permanent keys are raised, and stay permanent.
			for key := range keys {
				do(t, client, "PERSIST", key)
			}
			for _, id := range []string{"1", "2\r\n", long} {
				err := errors.Join(list.RevokeToken(t.Context(), "a", id, time.Now().Add(time.Minute)), list.RevokeSubject(t.Context(), "a", id, upTo.Add(time.Minute)))
				if err != nil {
					t.Fatal(err)
				}
			}
			raised := 0
			for key := range keys {
				if ttl := client.PTTL(t.Context(), key).Val(); ttl != -1 {
					t.Errorf("it expires in %v, and was permanent", ttl)
				}
				if do(t, client, "GET", key) == fmt.Sprint(upTo.Add(time.Minute).Unix()) {
					raised++
				}
			}
			if raised != 3 {
				t.Errorf("%d subjects were raised, want 3", raised)
			}
		})
	}
}

// A counter counts the commands that are sent to Redis.
type counter struct{ single, pipelines, commands atomic.Int64 }

func (c *counter) DialHook(next redis.DialHook) redis.DialHook { return next }

func (c *counter) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		c.single.Add(1)
		return next(ctx, cmd)
	}
}

func (c *counter) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		c.pipelines.Add(1)
		c.commands.Add(int64(len(cmds)))
		return next(ctx, cmds)
	}
}

func TestOneRoundTrip(t *testing.T) {
	client := start(t).client(t)
	list := newList(t, client, goredis.DenylistOptions{Timeout: patient})
	s := serve(t, list)
	revoke(t, list, "1")
	c := &counter{}
	client.AddHook(c)
	for i, id := range []string{"1", "2", "3"} {
		s.get(t, token(t, id))
		if n := int64(i + 1); c.single.Load() != 0 || c.pipelines.Load() != n || c.commands.Load() != 2*n {
			t.Errorf("after %d requests: %d commands alone, %d pipelines of %d", n, c.single.Load(), c.pipelines.Load(), c.commands.Load())
		}
	}
	revoke(t, list, "2")
	if n := c.single.Load(); n != 1 {
		t.Errorf("%d commands for a revocation", n)
	}
	store := goredis.NewStore(client, patient)
	for _, test := range []struct {
		keys                [3]denylist.Key
		pipelines, commands int64
	}{
		{[3]denylist.Key{{1}, {2}, {3}}, 1, 3},
		{[3]denylist.Key{{1}, {}, {3}}, 1, 2},
		{[3]denylist.Key{{}, {}, {3}}, 1, 1},
		{[3]denylist.Key{}, 0, 0},
	} {
		pipelines, commands, single := c.pipelines.Load(), c.commands.Load(), c.single.Load()
		if found, err := store.Find(t.Context(), test.keys); err != nil || found != [3]int64{} {
			t.Errorf("found %v and %v", found, err)
		}
		if p, n := c.pipelines.Load()-pipelines, c.commands.Load()-commands; p != test.pipelines || n != test.commands || c.single.Load() != single {
			t.Errorf("%v: %d commands in %d pipelines, want %d in %d", test.keys, n, p, test.commands, test.pipelines)
		}
	}
	do(t, client, "SCRIPT", "FLUSH") // as after a restart
	revoke(t, list, "3")
	s.want(t, 401, token(t, "3"))
}

// While a Redis is down, no token passes. After it has started again, tokens are checked
// again.
func TestDown(t *testing.T) {
	redisServer := start(t, "--appendonly", "yes", "--appendfsync", "always")
	list := newList(t, redisServer.client(t), goredis.DenylistOptions{})
	s := serve(t, list)
	good, bad := token(t, "good"), token(t, "bad")
	s.wantSoon(t, 200, good)
	revoke(t, list, "bad")
	s.wantSoon(t, 401, bad)

	// It is killed while requests are in progress.
	var wg sync.WaitGroup
	var unavailable atomic.Int64
	for range 8 {
		wg.Go(func() {
			for unavailable.Load() < 20 {
				req, _ := http.NewRequest("GET", s.URL, nil)
				req.Header.Set("Authorization", "Bearer "+bad)
				res, err := s.Client().Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				res.Body.Close()
				switch res.StatusCode {
				case 401:
				case 503:
					unavailable.Add(1)
				default:
					t.Errorf("status %d for a revoked token", res.StatusCode)
					return
				}
			}
		})
	}
	time.Sleep(100 * time.Millisecond)
	redisServer.kill()
	wg.Wait()
	for range 3 {
		s.want(t, 503, good)
		s.want(t, 503, bad)
	}
	wantUnavailable(t, list, "")

	redisServer.run(t)
	s.wantSoon(t, 200, good)
	s.wantSoon(t, 401, bad) // it was on disk
	revoke(t, list, "good")
	s.wantSoon(t, 401, good)
}

// A Redis that hangs delays a request by the timeout and no longer.
func TestSlow(t *testing.T) {
	for _, test := range []struct{ timeout, want time.Duration }{{0, 250 * time.Millisecond}, {50 * time.Millisecond, 50 * time.Millisecond}} {
		redisServer := start(t)
		list := newList(t, redisServer.client(t), goredis.DenylistOptions{Timeout: test.timeout})
		s := serve(t, list)
		s.wantSoon(t, 200, token(t, "1"))
		revoke(t, list, "2")
		redisServer.stop(t)
		var wg sync.WaitGroup
		for _, id := range []string{"1", "2", "3"} {
			wg.Go(func() {
				start := time.Now()
				s.want(t, 503, token(t, id))
				if took := time.Since(start); took < test.want || took > test.want+1500*time.Millisecond {
					t.Errorf("it took %v, want %v", took, test.want)
				}
			})
		}
		wg.Wait()
		start := time.Now()
		wantUnavailable(t, list, "deadline exceeded")
		if took := time.Since(start); took < 2*test.want || took > 2*test.want+3*time.Second {
			t.Errorf("two revocations took %v", took)
		}
		redisServer.resume(t)
		s.wantSoon(t, 200, token(t, "1"))
		s.wantSoon(t, 401, token(t, "2"))
	}
}

// A request whose client has gone does not wait for Redis.
func TestCanceled(t *testing.T) {
	redisServer := start(t)
	auth := tokentest.Protect[jwt.MapClaims](t, newList(t, redisServer.client(t), goredis.DenylistOptions{Timeout: patient}))
	redisServer.stop(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := auth.Verify(ctx, token(t, "1")); !errors.Is(err, jwthttp.ErrUnavailable) {
		t.Errorf("error = %v, want ErrUnavailable", err)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
}

// A client that closes its connection does not undo its logout.
func TestRevocationOutlivesItsRequest(t *testing.T) {
	redisServer := start(t)
	list := newList(t, redisServer.client(t), goredis.DenylistOptions{Timeout: patient})
	s := serve(t, list)
	for name, end := range map[string]func(context.Context) (context.Context, context.CancelFunc){
		"cancelled": func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return ctx, cancel
		},
		"past its deadline": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithDeadline(ctx, time.Now().Add(-time.Second))
		},
		"cancelled meanwhile": func(ctx context.Context) (context.Context, context.CancelFunc) {
			redisServer.stop(t)
			time.AfterFunc(300*time.Millisecond, func() { redisServer.resume(t) })
			return context.WithTimeout(ctx, 100*time.Millisecond)
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := end(t.Context())
			defer cancel()
			if err := list.RevokeToken(ctx, "a", name, time.Now().Add(time.Hour)); err != nil {
				t.Error(err)
			}
			if ctx.Err() == nil {
				t.Error("the request had not ended")
			}
			s.want(t, 401, token(t, name))
			s.want(t, 200, token(t, name+", another"))
		})
	}
}

// Redis keeps a revocation of a program whose clock is fast as long as those of other
// programs. It keeps one of a program whose clock is slow for longer.
func TestClockAhead(t *testing.T) {
	client := start(t).client(t)
	for i, test := range []struct{ ahead, want time.Duration }{
		{0, time.Hour}, {30 * time.Minute, time.Hour}, {100 * time.Hour, time.Hour}, {-time.Hour, 2 * time.Hour},
	} {
		key := denylist.Key{1, byte(i)}
		store := goredis.NewStoreAhead(client, patient, test.ahead)
		if err := store.Raise(t.Context(), denylist.Token, key, 7, time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if found, err := store.Find(t.Context(), [3]denylist.Key{key}); err != nil || found != [3]int64{7} {
			t.Errorf("ahead by %v: found %v and %v", test.ahead, found, err)
		}
		name := "jwthttp:deny:" + base64.RawURLEncoding.EncodeToString(key[:])
		if ttl := client.PTTL(t.Context(), name).Val(); ttl > test.want || ttl < test.want-10*time.Second {
			t.Errorf("ahead by %v: it expires in %v, want %v", test.ahead, ttl, test.want)
		}
	}
}

// A Redis that has no room left returns an error for a new revocation, and keeps the old ones.
func TestFull(t *testing.T) {
	client := start(t).client(t)
	list := newList(t, client, goredis.DenylistOptions{Timeout: patient})
	s := serve(t, list)
	revoke(t, list, "1")
	do(t, client, "CONFIG", "SET", "maxmemory", "1mb", "maxmemory-policy", "noeviction")
	wantUnavailable(t, list, "OOM")
	s.want(t, 401, token(t, "1"))
	s.want(t, 200, token(t, "2"))
	do(t, client, "CONFIG", "SET", "maxmemory", "0")
	revoke(t, list, "2")
	s.want(t, 401, token(t, "2"))
}

// A value that no list has written is an error.
func TestNonsense(t *testing.T) {
	client := start(t).client(t)
	list := newList(t, client, goredis.DenylistOptions{Timeout: patient})
	s := serve(t, list)
	known := token(t, "1") // as old as each revocation, even if a second ends in between
	for _, kind := range []struct {
		name   string
		revoke func() error
	}{
		{"token", func() error { return list.RevokeToken(t.Context(), "a", "1", time.Now().Add(time.Hour)) }},
		{"subject", func() error { return list.RevokeSubject(t.Context(), "a", "alice 1", time.Now()) }},
	} {
		for _, command := range [][]any{
			{"SET", "", "abc"}, {"SET", "", ""}, {"SET", "", "1.5"}, {"SET", "", "1 "}, {"SET", "", "0x1"}, {"SET", "", "99999999999999999999"}, {"SET", "", "0"}, {"SET", "", "-5"}, {"SET", "", "1e3"}, {"SET", "", "inf"}, {"SET", "", "+5"}, {"SET", "", "005"}, {"SET", "", "9999999999999999"},
			{"RPUSH", "", "1"}, {"HSET", "", "1", "1"}, {"SADD", "", "1"}, {"PFADD", "", "1"},
		} {
			t.Run(fmt.Sprint(kind.name, command), func(t *testing.T) {
				do(t, client, "FLUSHALL")
				if err := kind.revoke(); err != nil {
					t.Fatal(err)
				}
				s.want(t, 401, known)
				keys := client.Keys(t.Context(), "*").Val()
				if len(keys) != 1 {
					t.Fatalf("keys %v", keys)
				}
				do(t, client, "DEL", keys[0])
				do(t, client, append([]any{command[0], keys[0]}, command[2:]...)...)
				s.want(t, 503, known)
				// Revoking again fails, and does not let the token pass.
				text := "not a number of a denylist"
				if command[0] != "SET" && command[0] != "PFADD" {
					text = "WRONGTYPE"
				}
				if err := kind.revoke(); !errors.Is(err, jwthttp.ErrUnavailable) || !strings.Contains(err.Error(), text) {
					t.Errorf("error = %v, want ErrUnavailable with %q", err, text)
				}
				s.want(t, 503, known)
			})
		}
	}
}

// A bad value under the key of a session is an error too, even beside good numbers.
func TestNonsenseOfASession(t *testing.T) {
	client := start(t).client(t)
	store := goredis.NewStore(client, patient)
	keys := [3]denylist.Key{{1}, {2}, {3}}
	for kind, key := range keys {
		if err := store.Raise(t.Context(), denylist.Kind(kind), key, 7, time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	do(t, client, "SET", "jwthttp:deny:"+base64.RawURLEncoding.EncodeToString(keys[denylist.Session][:]), "0")
	if found, err := store.Find(t.Context(), keys); err == nil || found != [3]int64{} {
		t.Errorf("found %v and %v", found, err)
	}
}

// In a cluster, the two keys of a token are on two nodes. While one node is down, a token that
// needs it gets a 503, and a revoked token never passes.
func TestClusterNodeDown(t *testing.T) {
	c := startCluster(t)
	list := newList(t, c.client(t), goredis.DenylistOptions{Timeout: time.Second})
	auth := tokentest.Protect[jwt.MapClaims](t, list)
	const tokens = 24
	for i := range tokens / 2 {
		revoke(t, list, fmt.Sprint(i))
	}
	count := func() (good, revoked, unavailable int) {
		var mu sync.Mutex
		var wg sync.WaitGroup
		for i := range tokens {
			wg.Go(func() {
				_, err := auth.Verify(t.Context(), token(t, fmt.Sprint(i)))
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					good++
					if i < tokens/2 {
						t.Errorf("token %d was revoked", i)
					}
				case errors.Is(err, denylist.ErrRevoked):
					revoked++
				case errors.Is(err, jwthttp.ErrUnavailable):
					unavailable++
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		return good, revoked, unavailable
	}
	if good, revoked, unavailable := count(); good != tokens/2 || revoked != tokens/2 {
		t.Errorf("%d good, %d revoked, %d unavailable", good, revoked, unavailable)
	}
	c[1].kill()
	// Three of four tokens have a key on that node.
	if good, revoked, unavailable := count(); unavailable == 0 {
		t.Errorf("%d good, %d revoked, %d unavailable", good, revoked, unavailable)
	}
}

func TestNewMistakes(t *testing.T) {
	ok := redis.NewClient(&redis.Options{ContextTimeoutEnabled: true})
	defer ok.Close()
	heedless := redis.NewClient(&redis.Options{})
	defer heedless.Close()
	cluster := func(opts redis.ClusterOptions) redis.UniversalClient {
		opts.Addrs = []string{"127.0.0.1:1"}
		client := redis.NewClusterClient(&opts)
		t.Cleanup(func() { client.Close() })
		return client
	}
	ring := redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"a": "127.0.0.1:1"}, ContextTimeoutEnabled: true})
	defer ring.Close()
	sentinel := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: "m", SentinelAddrs: []string{"127.0.0.1:1"}, ContextTimeoutEnabled: true})
	defer sentinel.Close()
	type wrapper struct{ redis.UniversalClient }

	for _, test := range []struct {
		name   string
		client redis.UniversalClient
		opts   goredis.DenylistOptions
		want   []string // parts of the error; none if there is no error
	}{
		{"a client", ok, goredis.DenylistOptions{}, nil},
		{"one of Sentinel", sentinel, goredis.DenylistOptions{}, nil},
		{"a cluster", cluster(redis.ClusterOptions{ContextTimeoutEnabled: true}), goredis.DenylistOptions{}, nil},
		{"the largest", ok, goredis.DenylistOptions{MaxLifetime: 366 * 24 * time.Hour, Timeout: 5 * time.Second, Prefix: strings.Repeat("p", 128)}, nil},
		{"the smallest", ok, goredis.DenylistOptions{MaxLifetime: time.Millisecond, Timeout: time.Millisecond, Prefix: "p"}, nil},
		{"nil", nil, goredis.DenylistOptions{}, []string{"the client is nil: make it with redis.NewClient"}},
		{"a nil client", (*redis.Client)(nil), goredis.DenylistOptions{}, []string{"the client is nil: make it with redis.NewClient"}},
		{"a nil cluster", (*redis.ClusterClient)(nil), goredis.DenylistOptions{}, []string{"the client is nil: make it with redis.NewClusterClient"}},
		{"its own timeouts", heedless, goredis.DenylistOptions{}, []string{"make it with ContextTimeoutEnabled"}},
		{"a cluster with its own timeouts", cluster(redis.ClusterOptions{}), goredis.DenylistOptions{}, []string{"make it with ContextTimeoutEnabled"}},
		{"replicas", cluster(redis.ClusterOptions{ContextTimeoutEnabled: true, ReadOnly: true}), goredis.DenylistOptions{}, []string{"reads from replicas"}},
		{"the nearest", cluster(redis.ClusterOptions{ContextTimeoutEnabled: true, RouteByLatency: true}), goredis.DenylistOptions{}, []string{"reads from replicas"}},
		{"any", cluster(redis.ClusterOptions{ContextTimeoutEnabled: true, RouteRandomly: true}), goredis.DenylistOptions{}, []string{"reads from replicas"}},
		{"a ring", ring, goredis.DenylistOptions{}, []string{"the client is a Ring, which asks another shard"}},
		{"a wrapper", wrapper{ok}, goredis.DenylistOptions{}, []string{"the client is a goredis_test.wrapper: use a *redis.Client"}},
		{"a negative timeout", ok, goredis.DenylistOptions{Timeout: -1}, []string{"DenylistOptions.Timeout is -1ns: use a positive one of at most 5s, or 0 for 250ms"}},
		{"too long a timeout", ok, goredis.DenylistOptions{Timeout: 5*time.Second + 1}, []string{"DenylistOptions.Timeout is 5.000000001s"}},
		{"no unit", ok, goredis.DenylistOptions{Timeout: 250}, []string{"write 250*time.Millisecond"}},
		{"too long a prefix", ok, goredis.DenylistOptions{Prefix: strings.Repeat("p", 129)}, []string{"DenylistOptions.Prefix has 129 bytes"}},
		{"a lifetime", ok, goredis.DenylistOptions{MaxLifetime: -1}, []string{"MaxLifetime is -1ns"}},
		{"all at once", heedless, goredis.DenylistOptions{MaxLifetime: -1, Timeout: -1, Prefix: strings.Repeat("p", 129)}, []string{"ContextTimeoutEnabled", "MaxLifetime", "Timeout is", "Prefix"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			list, err := goredis.NewDenylist(test.client, test.opts)
			if (err == nil) != (test.want == nil) || (list == nil) != (err != nil) {
				t.Fatalf("list %v, error %v", list, err)
			}
			for _, part := range test.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q lacks %q", err, part)
				}
			}
		})
	}
}
