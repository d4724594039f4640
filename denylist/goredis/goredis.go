// Package goredis keeps a denylist in Redis or Valkey, with the client
// github.com/redis/go-redis. It is for several processes: each refuses what any of them has
// revoked.
//
//	client := redis.NewClient(&redis.Options{Addr: "localhost:6379", ContextTimeoutEnabled: true})
//	revoked, err := goredis.New(client, goredis.Options{MaxLifetime: time.Hour})
//	if err != nil {
//		log.Fatal(err)
//	}
//	auth, err := jwthttp.New(keys, jwthttp.Options{}, denylist.Check[Claims](revoked))
//
// A request takes one round trip, with a GET for jti and a GET for sub. In a cluster, it takes
// one to each node that has such a key, at the same time. While Redis is down or slow, or has
// a value that no list wrote, every request gets a 503, and the list logs which Redis it is.
//
// A key is a prefix and 43 characters. Its value is a number. It expires by itself.
//
// # How to configure Redis
//
// If Redis loses a key, a revoked token is accepted again. So:
//
//   - Write to disk (appendonly yes). A Redis that restarts empty has lost all revocations.
//   - Evict nothing (maxmemory-policy noeviction). If Redis is full, new revocations fail, and
//     the old ones stay.
//   - Read from masters. A replica may be behind. A failover may lose the last moments before
//     it (see WAIT in the manual of Redis).
//   - Keep its clock right. Redis deletes expired keys by its own clock, so a jump ahead loses
//     revocations for good.
//
// The clocks of the programs matter less. If one is ahead for a moment, nothing is lost: of the
// times by its clock and by that of Redis, the longer one counts.
package goredis

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jwthttp/jwthttp/denylist"
)

const (
	defaultTimeout = 250 * time.Millisecond
	maxTimeout     = 5 * time.Second
	defaultPrefix  = "jwthttp:deny:"
	maxPrefixBytes = 128
)

// Options are the limits of a list in Redis. The zero value fits tokens that live for at most a
// day.
type Options struct {
	// MaxLifetime is as in [denylist.Options]: 24 hours if 0. Programs that share a list must
	// have the same. If it is raised, earlier revocations are still kept for the shorter time.
	MaxLifetime time.Duration

	// Timeout is how long a request waits for Redis before it gets a 503: 250 ms if 0, at
	// most 5 seconds. A revocation waits for as long, and in a cluster up to twice as long.
	// A revocation that timed out may still be in Redis.
	Timeout time.Duration

	// Prefix begins all keys: "jwthttp:deny:" if empty, at most 128 bytes. Programs with the
	// same prefix share a list.
	Prefix string

	// Logger is as in [denylist.Options]: it gets that Redis fails, once a minute at most. If
	// nil, each record goes to the logger that slog.Default returns at that moment.
	Logger *slog.Logger
}

// New returns a list that is kept in Redis. client is a *redis.Client, also one of Sentinel,
// or a *redis.ClusterClient. It must have ContextTimeoutEnabled. The caller closes it after
// the last request. New needs no network.
//
// The error lists what is wrong with the configuration, except for one thing. New cannot see
// whether a *redis.Client reads from a replica, which may be behind and let revoked tokens
// pass. So its Addr must not be that of a replica. A client of Sentinel must not have
// ReplicaOnly or UseDisconnectedReplicas.
func New(client redis.UniversalClient, opts Options) (*denylist.List, error) {
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf("goredis: "+format, args...)) }
	heedsContext := true
	var addrs []string
	switch c := client.(type) {
	case nil:
		fault("the client is nil: make it with redis.NewClient")
	case *redis.Client:
		if c == nil {
			fault("the client is nil: make it with redis.NewClient")
			break
		}
		heedsContext = c.Options().ContextTimeoutEnabled
		addrs = []string{c.Options().Addr}
	case *redis.ClusterClient:
		if c == nil {
			fault("the client is nil: make it with redis.NewClusterClient")
			break
		}
		heedsContext = c.Options().ContextTimeoutEnabled
		addrs = c.Options().Addrs
		if c.Options().ReadOnly {
			fault("the client reads from replicas, which may not have the last revocations yet: make it without ReadOnly, RouteByLatency and RouteRandomly")
		}
	case *redis.Ring:
		fault("the client is a Ring, which asks another shard without the revocations if one is down: use a *redis.ClusterClient")
	default:
		fault("the client is a %T: use a *redis.Client or a *redis.ClusterClient", client)
	}
	if !heedsContext {
		fault("the client ignores Options.Timeout, so that a Redis that hangs would delay requests for seconds: make it with ContextTimeoutEnabled")
	}
	if opts.Timeout < 0 || opts.Timeout > maxTimeout {
		fault("Options.Timeout is %v: use a positive one of at most %v, or 0 for %v", opts.Timeout, maxTimeout, defaultTimeout)
	}
	if opts.Timeout > 0 && opts.Timeout < time.Millisecond {
		fault("Options.Timeout is %v, which looks like a number without a unit: write %d*time.Millisecond", opts.Timeout, opts.Timeout.Nanoseconds())
	}
	if len(opts.Prefix) > maxPrefixBytes {
		fault("Options.Prefix has %d bytes, and every key begins with it: use at most %d", len(opts.Prefix), maxPrefixBytes)
	}
	if opts.Timeout == 0 {
		opts.Timeout = defaultTimeout
	}
	if opts.Prefix == "" {
		opts.Prefix = defaultPrefix
	}
	s := &store{client, opts.Timeout, opts.Prefix, time.Now, "Redis (" + strings.Join(addrs, ", ") + ")"}
	list, err := denylist.New(s, denylist.Options{MaxLifetime: opts.MaxLifetime, Logger: opts.Logger})
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	return list, nil
}

type store struct {
	client  redis.UniversalClient
	timeout time.Duration
	prefix  string
	now     func() time.Time
	redis   string // its name in errors, with its addresses
}

var _ denylist.Store = (*store)(nil)

// raise is one step for Redis, so that of two revocations at the same time the higher number
// stays. ARGV[2] is the time to live, by the caller's clock. ARGV[3] is the time at which it
// ends, by the clock of Redis. The longer time counts, since either clock may be ahead.
var raise = redis.NewScript(`
local n, ttl = ARGV[1], tonumber(ARGV[2])
local now = redis.call('TIME')
ttl = math.max(ttl, math.floor(ARGV[3] - now[1] * 1000 - now[2] / 1000))
local before = redis.call('GET', KEYS[1])
if before then
	if #before > 15 or not before:find('^[1-9]%d*$') then
		return redis.error_reply('ERR the value is not a number of a denylist')
	end
	if tonumber(before) > tonumber(n) then
		n = before
	end
	local left = redis.call('PTTL', KEYS[1])
	if left == -1 then
		return redis.call('SET', KEYS[1], n)
	end
	if left > ttl then
		ttl = left
	end
end
return redis.call('SET', KEYS[1], n, 'PX', ttl)
`)

// Raise ignores the kind, since Redis has no limit for each.
func (s *store) Raise(ctx context.Context, _ denylist.Kind, key denylist.Key, n int64, until time.Time) error {
	ttl := max(until.Sub(s.now()).Milliseconds(), 1) // Redis refuses 0
	limited, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return s.failed(ctx, raise.Run(limited, s.client, []string{s.name(key)}, n, ttl, until.UnixMilli()).Err())
}

func (s *store) Find(ctx context.Context, keys [3]denylist.Key) (found [3]int64, err error) {
	limited, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	// It is a pipeline of GETs, since in a cluster the keys of one command must be on one
	// node. The client does not cache them.
	pipe := s.client.Pipeline()
	var cmds [3]*redis.StringCmd
	for kind, key := range keys {
		if key != (denylist.Key{}) {
			cmds[kind] = pipe.Get(limited, s.name(key))
		}
	}
	if _, err := pipe.Exec(limited); err != nil && !errors.Is(err, redis.Nil) {
		return found, s.failed(ctx, err)
	}
	for kind, cmd := range cmds {
		if cmd == nil {
			continue
		}
		text, err := cmd.Result()
		if errors.Is(err, redis.Nil) {
			continue
		}
		if err != nil {
			return [3]int64{}, s.failed(ctx, err)
		}
		// The same check as in raise. The error does not quote a value that another
		// program has written.
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 1 || len(text) > 15 || strconv.FormatInt(n, 10) != text {
			return [3]int64{}, s.failed(ctx, errors.New("the value is not a number of a denylist: use a prefix that no other program has"))
		}
		found[kind] = n
	}
	return found, nil
}

// failed returns the error of a call with ctx, and says what failed. It is nil if err is.
func (s *store) failed(ctx context.Context, err error) error {
	var timeout net.Error
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("goredis: %.120s had not answered when the request ended: %w", s.redis, err)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Errorf("goredis: %.120s did not answer within %v: check that it runs there, or raise Options.Timeout: %w", s.redis, s.timeout, err)
	}
	return fmt.Errorf("goredis: %.120s: %w", s.redis, err)
}

func (s *store) name(key denylist.Key) string {
	return s.prefix + base64.RawURLEncoding.EncodeToString(key[:])
}
