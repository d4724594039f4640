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
// A request takes one round trip, of a GET for each of jti and sub; in a cluster one to
// each node that has such a key, at the same time. While Redis is down, slow, or answers what was never
// written, requests get a 503 and none passes.
//
// # What Redis must promise
//
// A list is as good as the memory of what keeps it, and a key that Redis has lost is
// a token that is good again. So let it write to disk (appendonly yes), for a Redis
// that comes back empty has forgotten who logged out. Let it evict nothing
// (maxmemory-policy noeviction): when it is full, revoking fails, and what was
// revoked stays so. Read from masters: a replica may be behind, and after a failover
// the last moments before it may be lost (see WAIT in Redis's manual). Keep its clock
// right: Redis deletes by that clock what has expired, so a jump ahead loses what was
// revoked, for good. A program whose clock is ahead for a moment loses nothing: when it
// revokes, the longer of the times by its clock and by Redis's counts.
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
	// Then it is a 503. A revocation waits for as long, in a cluster up to twice, also
	// when its client has left; one that was given up may have been kept all the same.
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
	list, err := denylist.New(&store{client, opts.Timeout, opts.Prefix, time.Now}, opts.MaxLifetime)
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
}

var _ denylist.Store = (*store)(nil)

// raise is one step for Redis, so that of two revocations at once the later moment
// stays. ARGV[2] is the time to live by the clock of the caller. By that of Redis it
// lasts until ARGV[3]. The longer one counts, since either clock may be ahead.
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

// The kind plays no part, for Redis has one room for all.
func (s *store) Raise(ctx context.Context, _ denylist.Kind, key denylist.Key, n int64, until time.Time) error {
	ttl := max(until.Sub(s.now()).Milliseconds(), 1) // Redis refuses 0
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return raise.Run(ctx, s.client, []string{s.name(key)}, n, ttl, until.UnixMilli()).Err()
}

func (s *store) Find(ctx context.Context, keys [3]denylist.Key) (found [3]int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	// A pipeline, since in a cluster no single command may have several keys; and the
	// client answers none from a cache of its own.
	pipe := s.client.Pipeline()
	var cmds [3]*redis.StringCmd
	for kind, key := range keys {
		if key != (denylist.Key{}) {
			cmds[kind] = pipe.Get(ctx, s.name(key))
		}
	}
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return found, err
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
			return [3]int64{}, err
		}
		// As raise has it; the error does not quote what somebody else has written.
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 1 || len(text) > 15 || strconv.FormatInt(n, 10) != text {
			return [3]int64{}, errors.New("goredis: the value is not a number of a denylist")
		}
		found[kind] = n
	}
	return found, nil
}

func (s *store) name(key denylist.Key) string {
	return s.prefix + base64.RawURLEncoding.EncodeToString(key[:])
}
