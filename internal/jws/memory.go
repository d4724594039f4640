package jws

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"sync/atomic"
)

// A memory remembers which signatures have verified. An entry is a digest of the key, the
// signed bytes and the signature. A good signature stays good, so no entry expires. In a full
// set, a new entry replaces another. There is nothing secret in it. It is safe for concurrent
// use.
type memory struct {
	sets []set // their number is a power of two
}

const perSet = 8

type set [perSet]atomic.Pointer[digest]

type digest [sha256.Size]byte

// newMemory returns a memory for n signatures, rounded up.
func newMemory(n int) *memory {
	sets := 1 << bits.Len(uint(n-1)/perSet)
	return &memory{make([]set, sets)}
}

func (m *memory) set(d *digest) *set {
	return &m.sets[binary.LittleEndian.Uint64(d[:])&uint64(len(m.sets)-1)]
}

func (m *memory) has(d *digest) bool {
	set := m.set(d)
	for i := range set {
		if known := set[i].Load(); known != nil && *known == *d {
			return true
		}
	}
	return false
}

// add remembers a signature, which must have verified.
func (m *memory) add(d digest) {
	set := m.set(&d)
	for i := range set {
		if set[i].CompareAndSwap(nil, &d) {
			return
		}
	}
	set[d[len(d)-1]%perSet].Store(&d)
}

// len returns how many signatures are remembered.
func (m *memory) len() (n int) {
	for i := range m.sets {
		for j := range m.sets[i] {
			if m.sets[i][j].Load() != nil {
				n++
			}
		}
	}
	return n
}
