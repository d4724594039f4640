package goredis

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jwthttp/jwthttp/session"
)

const (
	sessionsPrefix = "jwthttp:session:"
	subjectInfix   = "subject:" // before the digest of a subject; no key of a record is as long

	// sessionMargin is how much longer than needed Redis keeps a session. The clock of a node that
	// takes over in a failover may be ahead for a moment.
	sessionMargin = time.Minute
)

// SessionOptions are the limits of sessions in Redis. The zero value fits most services.
type SessionOptions struct {
	// Timeout is how long a call waits for Redis before it is an error: 250 ms if 0, at most 5
	// seconds. A refresh has two calls, and up to eight if other requests refresh the same
	// session.
	Timeout time.Duration

	// Prefix begins all keys: "jwthttp:session:" if empty, at most 128 bytes. Programs with the
	// same prefix share their sessions.
	Prefix string
}

// NewSessions returns a store of sessions in Redis, for [session.New]. It needs Redis 6.2, or Valkey.
// The clock is that of Redis.
//
// A Load, and a Swap of a session that exists, are one round trip each. A new session, an ending near
// the End of a session, a List and a Delete are two. While Redis is down, slow or full, or has a value
// that no store wrote, each call is an error, and nothing is lost. A replica refuses each Load and List,
// unless it has replica-read-only no.
//
// The error lists what is wrong with client and opts. The rules for client are those of the
// package.
func NewSessions(client redis.UniversalClient, opts SessionOptions) (session.Store, error) {
	c, err := connect(client, "SessionOptions", opts.Timeout, opts.Prefix, sessionsPrefix)
	if err != nil {
		return nil, err
	}
	return &sessions{c}, nil
}

// The sessions have one key each, and one for each subject. In a cluster these are on different
// nodes, so no command and no script has more than one key. A subject's key is a sorted set of
// records' keys. Its scores are the ends of the sessions, or the IdleEnd that is later.
type sessions struct{ connection }

var _ session.Store = (*sessions)(nil)

// load uses GETEX, which counts as a command that writes. So a replica, which may be behind, refuses
// it. So does a primary that has lost its replicas, if it has min-replicas-to-write.
var load = redis.NewScript(`
local t = redis.call('TIME')
return {t[1] * 1000000 + t[2], redis.call('GETEX', KEYS[1])}
`)

// swap is one step for Redis. ARGV[1] is how the value to be replaced begins, or empty if there is to
// be none. If the answer is lost, the client repeats the call, which then finds its own value.
var swap = redis.NewScript(`
local before = redis.call('GET', KEYS[1])
if before == ARGV[2] then
	return 1
end
if (before and before:sub(1, #ARGV[1])) ~= (ARGV[1] ~= '' and ARGV[1]) then
	return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
return 1
`)

// enlist adds a session to those of a subject, and drops what is over. The set lives as long as the
// session in it that ends last. ZADD is first, since Redis may be full, and asks that of the first
// write alone.
var enlist = redis.NewScript(`
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('PEXPIREAT', KEYS[1], redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2])
return redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', redis.call('TIME')[1] * 1000)
`)

// listed drops nothing but what is over. A key without a record may be that of a session whose record
// is about to be written.
var listed = redis.NewScript(`
local t = redis.call('TIME')
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', t[1] * 1000)
return {t[1] * 1000000 + t[2], redis.call('ZRANGE', KEYS[1], 0, -1)}
`)

// ask runs load or listed.
func (s *sessions) ask(ctx context.Context, script *redis.Script, key string) (now time.Time, found any, err error) {
	answer, err := script.Run(ctx, s.client, []string{key}).Slice()
	if err != nil {
		return time.Time{}, nil, err
	}
	micros, _ := answer[0].(int64)
	return time.UnixMicro(micros), answer[1], nil
}

func (s *sessions) Load(ctx context.Context, key [sha256.Size]byte) (r session.Record, now time.Time, err error) {
	limited, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	now, found, err := s.ask(limited, load, s.key(key[:]))
	if value, ok := found.(string); ok {
		r, err = unpack(key, value)
	}
	if err != nil {
		return session.Record{}, time.Time{}, s.failed(ctx, err)
	}
	return r, now, nil
}

// Swap adds a new session to those of its subject first, so that no record is without: whoever ends
// all sessions of a subject must find it. A crash in between leaves a key that List passes over.
func (s *sessions) Swap(ctx context.Context, r session.Record) (written bool, err error) {
	limited, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	before, until := beginning(r.Version-1), r.End
	if r.Version == 1 {
		before = nil
	}
	if until.Before(r.IdleEnd) {
		until = r.IdleEnd // of an ending, which is found until it is complete
	}
	if r.Version == 1 || until != r.End {
		if err := enlist.Run(limited, s.client, []string{s.subject(r.Subject)}, r.Key[:], expiry(until)).Err(); err != nil {
			return false, s.failed(ctx, err)
		}
	}
	n, err := swap.Run(limited, s.client, []string{s.key(r.Key[:])}, before, pack(&r), expiry(r.IdleEnd)).Int()
	return n == 1, s.failed(ctx, err)
}

func (s *sessions) Delete(ctx context.Context, key [sha256.Size]byte) error {
	limited, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	value, err := s.client.GetDel(limited, s.key(key[:])).Result()
	if errors.Is(err, redis.Nil) {
		return nil
	}
	if err != nil {
		return s.failed(ctx, err)
	}
	// The record is gone, and that counts. If this fails, List passes over the key until its end.
	if r, err := unpack(key, value); err == nil {
		s.client.ZRem(limited, s.subject(r.Subject), key[:])
	}
	return nil
}

func (s *sessions) List(ctx context.Context, subject string) (all []session.Record, now time.Time, err error) {
	limited, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	now, found, err := s.ask(limited, listed, s.subject(subject))
	if err != nil {
		return nil, time.Time{}, s.failed(ctx, err)
	}
	keys, _ := found.([]any)
	pipe := s.client.Pipeline()
	cmds := make([]*redis.StringCmd, len(keys))
	for i, key := range keys {
		id, _ := key.(string)
		cmds[i] = pipe.Get(limited, s.key([]byte(id)))
	}
	if _, err := pipe.Exec(limited); err != nil && !errors.Is(err, redis.Nil) {
		return nil, time.Time{}, s.failed(ctx, err)
	}
	for i, cmd := range cmds {
		value, err := cmd.Result()
		if errors.Is(err, redis.Nil) {
			continue
		}
		var r session.Record
		if err == nil {
			id, _ := keys[i].(string)
			var key [sha256.Size]byte
			copy(key[:], id)
			r, err = unpack(key, value)
		}
		if err != nil {
			return nil, time.Time{}, s.failed(ctx, err)
		}
		all = append(all, r)
	}
	return all, now, nil
}

// subject returns the key of a subject's sessions.
func (s *sessions) subject(subject string) string {
	digest := sha256.Sum256([]byte(subject))
	inner := connection{prefix: s.prefix + subjectInfix}
	return inner.key(digest[:])
}

// expiry returns the Unix time in milliseconds until which Redis keeps what is needed until t.
func expiry(t time.Time) int64 { return max(t.Add(sessionMargin).UnixMilli(), 1) }

const format = 1 // of a value

// A head is how a value begins. The ID, the subject and what is shown of the session follow.
type head struct {
	Format  uint8
	Version int64

	Ended                             bool
	Current, Previous                 [sha256.Size]byte
	Salt                              [16]byte
	Reissues                          int64
	Written, LoggedIn, IdleEnd, End   int64   // Unix time in microseconds, as TIME has it
	Writer                            [8]byte // random: no two calls of Swap write the same value
	IDBytes, SubjectBytes, AboutBytes uint32
}

// beginning returns how the values of a version begin.
func beginning(version int64) []byte {
	return binary.BigEndian.AppendUint64([]byte{format}, uint64(version))
}

func pack(r *session.Record) []byte {
	h := head{
		Format: format, Version: r.Version, Ended: r.Ended, Current: r.Current, Previous: r.Previous, Salt: r.Salt, Reissues: int64(r.Reissues),
		Written: r.Written.UnixMicro(), LoggedIn: r.LoggedIn.UnixMicro(), IdleEnd: r.IdleEnd.UnixMicro(), End: r.End.UnixMicro(),
		IDBytes: uint32(len(r.ID)), SubjectBytes: uint32(len(r.Subject)), AboutBytes: uint32(len(r.About)),
	}
	rand.Read(h.Writer[:])
	value, _ := binary.Append(nil, binary.BigEndian, &h) // all fields have a fixed size
	return append(value, r.ID+r.Subject+r.About...)
}

var errForeign = errors.New("the value is not a session: use a prefix that no other program has")

// unpack does not quote a value in its error, since it may be a secret of another program.
func unpack(key [sha256.Size]byte, value string) (session.Record, error) {
	var h head
	n, err := binary.Decode([]byte(value), binary.BigEndian, &h)
	if err != nil || h.Format != format || h.Version < 1 || uint64(len(value)-n) != uint64(h.IDBytes)+uint64(h.SubjectBytes)+uint64(h.AboutBytes) {
		return session.Record{}, errForeign
	}
	subject := n + int(h.IDBytes)
	about := subject + int(h.SubjectBytes)
	return session.Record{
		Key: key, Version: h.Version, Ended: h.Ended, Current: h.Current, Previous: h.Previous, Salt: h.Salt, Reissues: int(h.Reissues),
		Written: time.UnixMicro(h.Written), LoggedIn: time.UnixMicro(h.LoggedIn), IdleEnd: time.UnixMicro(h.IdleEnd), End: time.UnixMicro(h.End),
		ID: value[n:subject], Subject: value[subject:about], About: value[about:],
	}, nil
}
