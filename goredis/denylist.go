package goredis

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jwthttp/jwthttp/denylist"
)

const denylistPrefix = "jwthttp:deny:"

// DenylistOptions are the limits of a list in Redis. The zero value fits tokens that live for at
// most a day.
type DenylistOptions struct {
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

// NewDenylist returns a list of revocations that is kept in Redis. What a request needs is one
// round trip, with a GET for jti and a GET for sub. In a cluster, it is one to each node that has
// such a key, at the same time. While Redis is down or slow, or has a value that no list wrote,
// every request gets a 503, and the list logs which Redis it is.
//
// The error lists what is wrong with client and opts. The rules for client are those of the
// package.
func NewDenylist(client redis.UniversalClient, opts DenylistOptions) (*denylist.List, error) {
	c, err := connect(client, "DenylistOptions", opts.Timeout, opts.Prefix, denylistPrefix)
	list, listErr := denylist.New(&revocations{c}, denylist.Options{MaxLifetime: opts.MaxLifetime, Logger: opts.Logger})
	if err := errors.Join(err, listErr); err != nil {
		return nil, err
	}
	return list, nil
}

// The revocations of a list. A key is that of [denylist.Key], and its value is a number.
type revocations struct{ connection }

var _ denylist.Store = (*revocations)(nil)

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
func (s *revocations) Raise(ctx context.Context, _ denylist.Kind, key denylist.Key, n int64, until time.Time) error {
	ttl := max(until.Sub(s.now()).Milliseconds(), 1) // Redis refuses 0
	limited, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return s.failed(ctx, raise.Run(limited, s.client, []string{s.key(key[:])}, n, ttl, until.UnixMilli()).Err())
}

func (s *revocations) Find(ctx context.Context, keys [3]denylist.Key) (found [3]int64, err error) {
	limited, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	// It is a pipeline of GETs, since in a cluster the keys of one command must be on one
	// node. The client does not cache them.
	pipe := s.client.Pipeline()
	var cmds [3]*redis.StringCmd
	for kind, key := range keys {
		if key != (denylist.Key{}) {
			cmds[kind] = pipe.Get(limited, s.key(key[:]))
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
