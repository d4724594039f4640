// Package reserve keeps buffers for reuse.
package reserve

import (
	"sync"
	"sync/atomic"
)

// A Reserve is a pool that keeps one value when the garbage collector empties it. It is safe
// for concurrent use.
type Reserve[T any] struct {
	Make func() *T // returns a new value; set it before the first use

	pool  sync.Pool
	spare atomic.Pointer[T]
}

// Get returns a value for the caller alone. It must be given back with Put.
func (r *Reserve[T]) Get() *T {
	if v, ok := r.pool.Get().(*T); ok {
		return v
	}
	if v := r.spare.Swap(nil); v != nil {
		return v
	}
	return r.Make()
}

// Put takes a value back. The caller must not use it again.
func (r *Reserve[T]) Put(v *T) {
	if r.spare.Load() == nil && r.spare.CompareAndSwap(nil, v) {
		return
	}
	r.pool.Put(v)
}
