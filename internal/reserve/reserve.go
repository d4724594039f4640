// Package reserve keeps buffers for reuse.
package reserve

import (
	"sync"
	"sync/atomic"
)

// A Reserve keeps values for reuse: a pool, and one value beside it, since the
// garbage collector empties pools. Make, which is set before first use, returns a
// new value. It is safe for concurrent use.
type Reserve[T any] struct {
	Make func() *T

	pool  sync.Pool
	spare atomic.Pointer[T]
}

// Get returns a value that nobody else has.
func (r *Reserve[T]) Get() *T {
	if v, ok := r.pool.Get().(*T); ok {
		return v
	}
	if v := r.spare.Swap(nil); v != nil {
		return v
	}
	return r.Make()
}

// Put takes a value back.
func (r *Reserve[T]) Put(v *T) {
	if r.spare.Load() == nil && r.spare.CompareAndSwap(nil, v) {
		return
	}
	r.pool.Put(v)
}
