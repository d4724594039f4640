package goredis

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/dpop"
)

const (
	proofsPrefix = "jwthttp:proof:"

	// clockMargin is how far the clocks of two programs may be apart. One that is ahead would
	// otherwise forget a proof that the other one still accepts.
	clockMargin = 30 * time.Second
)

// ProofOptions are the limits of used proofs in Redis. The zero value fits most services.
type ProofOptions struct {
	// Timeout is how long a request waits for Redis before it gets a 503: 250 ms if 0, at most 5
	// seconds.
	Timeout time.Duration

	// Prefix begins all keys: "jwthttp:proof:" if empty, at most 128 bytes. All instances of a
	// service must have the same. Their dpop.Options may have different limits: a proof is kept for
	// the longest that these can be, 7 minutes and a half.
	Prefix string
}

// Proofs are the DPoP proofs that were used. Make them with [NewProofs]. They are a
// [dpop.Store]: set them as Replays in [dpop.Options]. They are safe for concurrent use.
type Proofs struct{ connection }

var _ dpop.Store = (*Proofs)(nil)

// NewProofs returns used proofs that are kept in Redis. What a request needs is one round trip.
// While Redis is down, slow or full, every request with a proof gets a 503.
//
// The error lists what is wrong with client and opts. The rules for client are those of the
// package.
func NewProofs(client redis.UniversalClient, opts ProofOptions) (*Proofs, error) {
	c, err := connect(client, "ProofOptions", opts.Timeout, opts.Prefix, proofsPrefix)
	if err != nil {
		return nil, err
	}
	return &Proofs{c}, nil
}

// Use reports whether a proof is used for the first time, and remembers it until that time. Of
// simultaneous calls for one id, in all processes, one is the first. An error wraps
// [jwthttp.ErrUnavailable]. The proof may then be used up, so the client must make a new one.
func (p *Proofs) Use(ctx context.Context, id [sha256.Size]byte, until time.Time) (first bool, err error) {
	if p == nil || p.client == nil {
		return false, fmt.Errorf("%w: goredis: there is no client: make Proofs with NewProofs", jwthttp.ErrUnavailable)
	}
	keep := max(until.Sub(p.now()), 0) + clockMargin
	limited, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	cmd := redis.NewBoolCmd(limited, "set", p.key(id[:]), 1, "nx", "px", keep.Milliseconds())
	if err := p.client.Process(limited, once{cmd}); err != nil {
		return false, fmt.Errorf("%w: %w", jwthttp.ErrUnavailable, p.failed(ctx, err))
	}
	return cmd.Val(), nil
}

// A once is a command that the client does not repeat when an answer was lost. The second time,
// Redis would report the proof of this very request as used.
type once struct{ *redis.BoolCmd }

func (once) NoRetry() bool { return true }
