package goredis_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/redis/go-redis/v9"

	"github.com/jwthttp/jwthttp/goredis"
	"github.com/jwthttp/jwthttp/internal/tokentest"
)

// A Redis that is down or slow is named in the log, once a minute for checks and once for
// revocations.
func TestRedisIsNamed(t *testing.T) {
	const timeout = 50 * time.Millisecond
	const noAnswer = "goredis: Redis (%s) did not answer within 50ms: check that it runs there"
	kill := func(_ testing.TB, s *server) { s.kill() }
	stop := func(t testing.TB, s *server) { s.stop(t) }
	for _, tc := range []struct {
		name   string
		fail   func(t testing.TB, s *server)
		client func(t testing.TB, s *server) redis.UniversalClient
		want   string // with the address
	}{
		{"down", kill, nil, noAnswer},
		{"down, and the client does not try again", kill, func(t testing.TB, s *server) redis.UniversalClient {
			client := redis.NewClient(&redis.Options{Addr: s.addr, ContextTimeoutEnabled: true, MaxRetries: -1, DialerRetries: 1})
			t.Cleanup(func() { client.Close() })
			return client
		}, "goredis: Redis (%s): dial tcp %[1]s: connect: connection refused"},
		{"hanging", stop, nil, noAnswer},
		{"full", func(t testing.TB, s *server) {
			client := s.client(t)
			do(t, client, "CONFIG", "SET", "maxmemory", "1")
		}, nil, "goredis: Redis (%s): OOM command not allowed"},
		{"a cluster that hangs", stop, func(t testing.TB, s *server) redis.UniversalClient {
			client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{s.addr, "127.0.0.1:1"}, ContextTimeoutEnabled: true})
			t.Cleanup(func() { client.Close() })
			return client
		}, "goredis: Redis (%s, 127.0.0.1:1)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := start(t)
			var client redis.UniversalClient = s.client(t)
			if tc.client != nil {
				client = tc.client(t, s)
			}
			var log bytes.Buffer
			list := newList(t, client, goredis.DenylistOptions{Timeout: timeout, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			auth := tokentest.Protect[jwt.MapClaims](t, list)
			tc.fail(t, s)
			for id := range 5 {
				auth.Verify(t.Context(), token(t, fmt.Sprint(id)))
				list.RevokeToken(t.Context(), "a", fmt.Sprint(id), time.Now().Add(time.Hour))
			}
			lines := strings.Split(strings.TrimSpace(log.String()), "\n")
			if tc.name == "full" { // it still answers checks
				lines = append([]string{lines[0]}, lines...)
			}
			want := fmt.Sprintf(tc.want, s.addr)
			if len(lines) != 2 || !strings.Contains(lines[0], want) || !strings.Contains(lines[1], want) {
				t.Errorf("records %q, want two with %q", lines, want)
			}
		})
	}
}
