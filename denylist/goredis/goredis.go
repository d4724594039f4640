// Package goredis keeps a denylist in Redis or Valkey, by way of the client
// github.com/redis/go-redis: for programs of several processes, which all refuse
// what one of them has revoked.
//
//	client := redis.NewClient(&redis.Options{Addr: "localhost:6379", ContextTimeoutEnabled: true})
//	revoked, err := goredis.New(client, goredis.Options{MaxLifetime: time.Hour})
//	if err != nil {
//		log.Fatal(err)
//	}
//	auth, err := jwthttp.New(keys, jwthttp.Options{}, denylist.Check[Claims](revoked))
//
// A request takes one round trip, of two GETs; in a cluster one to each of two
// nodes, at the same time. While Redis is down, slow, or answers what was never
// written, requests get a 503 and none passes.
//
// # What Redis must promise
//
// A list is as good as the memory of what keeps it, and a key that Redis has lost is
// a token that is good again. So let it write to disk (appendonly yes), for a Redis
// that comes back empty has forgotten who logged out. Let it evict nothing
// (maxmemory-policy noeviction): when it is full, revoking fails, and what was
// revoked stays so. Read from masters: a replica may be behind, and after a failover
// the last moments before it may be lost (see WAIT in Redis's manual).
//
// A key is a prefix and 43 characters, its value a number. It expires by itself.
package goredis

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
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

// Options are those of a list in Redis. The zero value is good for tokens that live
// for a day at most.
type Options struct {
	// MaxLifetime is as in [denylist.Options]: 24 hours if 0. Programs that share a
	// list must have the same. When it is raised, what was revoked before is
	// still kept for the shorter time.
	MaxLifetime time.Duration

	// Timeout is how long a request waits for Redis: 250 ms if 0, at most 5 seconds.
	// Then it is a 503. A revocation waits for as long, in a cluster up to twice;
	// one that was given up may have been kept all the same.
	Timeout time.Duration

	// Prefix begins all keys: "jwthttp:deny:" if empty, at most 128 bytes. Programs
	// with one prefix share a list.
	Prefix string
}

// New returns a list that is kept in Redis. The client is a *redis.Client, also one
// of Sentinel, or a *redis.ClusterClient, with ContextTimeoutEnabled; it stays the
// caller's, to be closed after the last request. New needs no network: what is wrong
// with the configuration is its error, as far as it shows. Whether the client reads
// from a replica, which lets tokens pass for as long as it is behind, does not: its
// Addr must not be one, and a client of Sentinel must not have ReplicaOnly or
// UseDisconnectedReplicas.
func New(client redis.UniversalClient, opts Options) (*denylist.List, error) {
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf("goredis: "+format, args...)) }
	heedsContext := true
	switch c := client.(type) {
	case nil:
		fault("the client is nil: make it with redis.NewClient")
	case *redis.Client:
		if c == nil {
			fault("the client is nil: make it with redis.NewClient")
			break
		}
		heedsContext = c.Options().ContextTimeoutEnabled
	case *redis.ClusterClient:
		if c == nil {
			fault("the client is nil: make it with redis.NewClusterClient")
			break
		}
		heedsContext = c.Options().ContextTimeoutEnabled
		if c.Options().ReadOnly {
			fault("the client reads from replicas, which may not know yet what was revoked: make it without ReadOnly, RouteByLatency and RouteRandomly")
		}
	case *redis.Ring:
		fault("the client is a Ring, which asks another shard when one is down, where nothing is revoked: use a *redis.ClusterClient")
	default:
		fault("the client is a %T: use a *redis.Client or a *redis.ClusterClient", client)
	}
	if !heedsContext {
		fault("the client goes by its own timeouts alone, so that a Redis that hangs would hold up requests for seconds: make it with ContextTimeoutEnabled")
	}
	if opts.Timeout < 0 || opts.Timeout > maxTimeout {
		fault("Options.Timeout is %v: use a positive one of at most %v, or 0 for %v", opts.Timeout, maxTimeout, defaultTimeout)
	}
	if opts.Timeout > 0 && opts.Timeout < time.Millisecond {
		fault("Options.Timeout is %v, as a number without a unit is: write %d*time.Millisecond", opts.Timeout, opts.Timeout.Nanoseconds())
	}
	if len(opts.Prefix) > maxPrefixBytes {
		fault("Options.Prefix has %d bytes: use at most %d, for every key has it", len(opts.Prefix), maxPrefixBytes)
	}
	if opts.Timeout == 0 {
		opts.Timeout = defaultTimeout
	}
	if opts.Prefix == "" {
		opts.Prefix = defaultPrefix
	}
	list, err := denylist.New(&store{client, opts.Timeout, opts.Prefix}, opts.MaxLifetime)
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	return list, nil
}

type store struct {
	client  redis.UniversalClient
	timeout time.Duration
	prefix  string
}

var _ denylist.Store = (*store)(nil)

// raise is one step for Redis, so that of two revocations at once the later moment
// stays. The time to live is relative: the clock of Redis plays no part.
var raise = redis.NewScript(`
local n, ttl = ARGV[1], ARGV[2]
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
	if left > tonumber(ttl) then
		ttl = left
	end
end
return redis.call('SET', KEYS[1], n, 'PX', ttl)
`)

func (s *store) Raise(ctx context.Context, key denylist.Key, n int64, until time.Time) error {
	ttl := max(time.Until(until).Milliseconds(), 1) // Redis refuses 0
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return raise.Run(ctx, s.client, []string{s.name(key)}, n, ttl).Err()
}

func (s *store) Find(ctx context.Context, token, subject denylist.Key) (tokenN, subjectN int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	// A pipeline, since in a cluster no single command may have both keys; and the
	// client answers none from a cache of its own.
	pipe := s.client.Pipeline()
	cmds := [2]*redis.StringCmd{pipe.Get(ctx, s.name(token)), pipe.Get(ctx, s.name(subject))}
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return 0, 0, err
	}
	var n [2]int64
	for i, cmd := range cmds {
		text, err := cmd.Result()
		if errors.Is(err, redis.Nil) {
			continue
		}
		if err != nil {
			return 0, 0, err
		}
		// As raise has it; the error does not quote what somebody else has written.
		if n[i], err = strconv.ParseInt(text, 10, 64); err != nil || n[i] < 1 || len(text) > 15 || strconv.FormatInt(n[i], 10) != text {
			return 0, 0, errors.New("goredis: the value is not a number of a denylist")
		}
	}
	return n[0], n[1], nil
}

func (s *store) name(key denylist.Key) string {
	return s.prefix + base64.RawURLEncoding.EncodeToString(key[:])
}
