package goredis

import (
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jwthttp/jwthttp/denylist"
)

// NewStore returns the store of NewDenylist.
func NewStore(client redis.UniversalClient, timeout time.Duration) denylist.Store {
	return NewStoreAhead(client, timeout, 0)
}

// NewStoreAhead returns the store of a program whose clock is fast.
func NewStoreAhead(client redis.UniversalClient, timeout, ahead time.Duration) denylist.Store {
	return &revocations{connection{client, timeout, denylistPrefix, func() time.Time { return time.Now().Add(ahead) }, "Redis"}}
}

// Ahead makes the clock of p fast.
func (p *Proofs) Ahead(ahead time.Duration) {
	p.now = func() time.Time { return time.Now().Add(ahead) }
}

// The names of two scripts in Redis.
var (
	SwapHash   = swap.Hash()
	EnlistHash = enlist.Hash()
)
