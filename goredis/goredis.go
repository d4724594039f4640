// Package goredis keeps state of several processes in Redis or Valkey, with the client
// github.com/redis/go-redis. It has one constructor for each kind of state:
//
//   - [NewDenylist] makes a list of revocations: each process refuses what any of them has
//     revoked.
//   - [NewProofs] remembers used DPoP proofs: each process refuses a proof that any of them has
//     accepted.
//   - [NewSessions] makes a store for package session: each process refreshes, lists and ends the
//     sessions that any of them has begun.
//
// One client is enough for all:
//
//	client := redis.NewClient(&redis.Options{Addr: "localhost:6379", ContextTimeoutEnabled: true})
//	revoked, err := goredis.NewDenylist(client, goredis.DenylistOptions{MaxLifetime: time.Hour})
//	if err != nil {
//		log.Fatal(err)
//	}
//	auth, err := jwthttp.New(keys, jwthttp.Options{}, denylist.Check[Claims](revoked))
//
// A key is a prefix and 43 characters, and it expires by itself. No key and no value has a token or a
// secret.
//
// # The client
//
// The client is a *redis.Client, also one of Sentinel, or a *redis.ClusterClient. It must have
// ContextTimeoutEnabled. The caller closes it after the last request. The constructors need no
// network.
//
// One fault is not found. No constructor can see whether a *redis.Client reads from a replica,
// which may be behind and let revoked tokens pass. So its Addr must not be that of a replica. A
// client of Sentinel must not have ReplicaOnly or UseDisconnectedReplicas. Sessions need no care
// here: a replica refuses to load them, unless it has replica-read-only no.
//
// # How to configure Redis
//
// If Redis loses a key, a revoked token or a used proof is accepted again. If it loses the last writes
// to sessions, a user is logged out, or a session that has ended is back. If it loses the list of a
// user's sessions, EndOthers, End and MaxPerSubject miss those that go on. So:
//
//   - Write to disk (appendonly yes). A Redis that restarts empty has lost all revocations, and
//     all used proofs that are still fresh, and all sessions.
//   - Evict nothing (maxmemory-policy noeviction). If Redis is full, new revocations fail, and
//     the old ones stay. Requests with a DPoP proof then get a 503, and so do logins, refreshes and
//     logouts of sessions.
//   - Read from masters. A replica may be behind. A failover may lose the last moments before
//     it (see WAIT in the manual of Redis). A master that is cut off from the others, and was
//     replaced, knows no later revocation: programs on its side accept such tokens until they reach
//     the new one.
//   - Keep its clock right. Redis deletes expired keys by its own clock, so a jump ahead loses
//     keys for good.
//
// The clocks of the programs matter less. If one is ahead for a moment, no revocation is lost: of
// the times by its clock and by that of Redis, the longer one counts. A used proof is kept for 30
// seconds more than needed, so clocks may be that far apart. Sessions go by the clock of Redis alone.
// In a cluster that is the clock of the node that has the session.
package goredis

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	defaultTimeout = 250 * time.Millisecond
	maxTimeout     = 5 * time.Second
	maxPrefixBytes = 128
)

// A connection is a client with the limits for its use.
type connection struct {
	client  redis.UniversalClient
	timeout time.Duration
	prefix  string
	now     func() time.Time
	redis   string // its name in errors, with its addresses
}

// connect returns the connection for options of that name. The error lists everything that is
// wrong.
func connect(client redis.UniversalClient, options string, timeout time.Duration, prefix, defaultPrefix string) (connection, error) {
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
			fault("the client reads from replicas, which may be behind: make it without ReadOnly, RouteByLatency and RouteRandomly")
		}
	case *redis.Ring:
		fault("the client is a Ring, which asks another shard if one is down, and that one has other keys: use a *redis.ClusterClient")
	default:
		fault("the client is a %T: use a *redis.Client or a *redis.ClusterClient", client)
	}
	if !heedsContext {
		fault("the client ignores %s.Timeout, so that a Redis that hangs would delay requests for seconds: make it with ContextTimeoutEnabled", options)
	}
	if timeout < 0 || timeout > maxTimeout {
		fault("%s.Timeout is %v: use a positive one of at most %v, or 0 for %v", options, timeout, maxTimeout, defaultTimeout)
	}
	if timeout > 0 && timeout < time.Millisecond {
		fault("%s.Timeout is %v, which looks like a number without a unit: write %d*time.Millisecond", options, timeout, timeout.Nanoseconds())
	}
	if len(prefix) > maxPrefixBytes {
		fault("%s.Prefix has %d bytes, and every key begins with it: use at most %d", options, len(prefix), maxPrefixBytes)
	}
	if timeout == 0 {
		timeout = defaultTimeout
	}
	if prefix == "" {
		prefix = defaultPrefix
	}
	return connection{client, timeout, prefix, time.Now, "Redis (" + strings.Join(addrs, ", ") + ")"}, errors.Join(errs...)
}

// failed returns the error of a call with ctx, and says what failed. It is nil if err is.
func (c *connection) failed(ctx context.Context, err error) error {
	var timeout net.Error
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("goredis: %.120s had not answered when the request ended: %w", c.redis, err)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Errorf("goredis: %.120s did not answer within %v: check that it runs there, or raise Timeout: %w", c.redis, c.timeout, err)
	}
	hint := "" // no decision depends on the text
	switch text := err.Error(); {
	case strings.HasPrefix(text, "MOVED "), strings.HasPrefix(text, "CROSSSLOT "):
		hint = ": it is a node of a cluster, so make the client with redis.NewClusterClient"
	case strings.HasPrefix(text, "WRONGTYPE "):
		hint = ": another program has such a key, so use a Prefix of your own"
	case strings.HasPrefix(text, "NOPERM "), strings.Contains(text, "ACL failure in script"), strings.Contains(text, "The user executing the script can't"):
		hint = fmt.Sprintf(": give the user of this client ~%s* +@read +@write +@scripting +@connection +time +cluster|slots", c.prefix)
	}
	return fmt.Errorf("goredis: %.120s: %w%s", c.redis, err, hint)
}

func (c *connection) key(id []byte) string {
	return c.prefix + base64.RawURLEncoding.EncodeToString(id)
}
