package goredis

import (
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jwthttp/jwthttp/denylist"
)

// NewStore is the store of New.
func NewStore(client redis.UniversalClient, timeout time.Duration) denylist.Store {
	return &store{client, timeout, defaultPrefix, time.Now}
}

// NewStoreAhead is one of a program whose clock is ahead.
func NewStoreAhead(client redis.UniversalClient, timeout, ahead time.Duration) denylist.Store {
	return &store{client, timeout, defaultPrefix, func() time.Time { return time.Now().Add(ahead) }}
}
