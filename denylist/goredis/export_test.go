package goredis

import (
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jwthttp/jwthttp/denylist"
)

// NewStore returns the store of New.
func NewStore(client redis.UniversalClient, timeout time.Duration) denylist.Store {
	return &store{client, timeout, defaultPrefix, time.Now, "Redis"}
}

// NewStoreAhead returns the store of a program whose clock is fast.
func NewStoreAhead(client redis.UniversalClient, timeout, ahead time.Duration) denylist.Store {
	return &store{client, timeout, defaultPrefix, func() time.Time { return time.Now().Add(ahead) }, "Redis"}
}
