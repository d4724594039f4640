package jwthttp

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"sync/atomic"
)

// A signatureMemory remembers which signatures have verified, by a digest of the
// key, the signed bytes and the signature. That never changes, so nothing in it
// expires; when a set is full, a newcomer takes another's place. There is no
// secret in it. It is safe for concurrent use.
type signatureMemory struct {
	sets []signatureSet // as many as a power of two
}

const signaturesPerSet = 8

type signatureSet [signaturesPerSet]atomic.Pointer[signatureDigest]

type signatureDigest [sha256.Size]byte

// newSignatureMemory returns a memory for n signatures or a few more.
func newSignatureMemory(n int) *signatureMemory {
	sets := 1 << bits.Len(uint(n-1)/signaturesPerSet)
	return &signatureMemory{make([]signatureSet, sets)}
}

func (m *signatureMemory) set(d *signatureDigest) *signatureSet {
	return &m.sets[binary.LittleEndian.Uint64(d[:])&uint64(len(m.sets)-1)]
}

func (m *signatureMemory) has(d *signatureDigest) bool {
	set := m.set(d)
	for i := range set {
		if known := set[i].Load(); known != nil && *known == *d {
			return true
		}
	}
	return false
}

// add is only for signatures that have verified.
func (m *signatureMemory) add(d signatureDigest) {
	set := m.set(&d)
	for i := range set {
		if set[i].CompareAndSwap(nil, &d) {
			return
		}
	}
	set[d[len(d)-1]%signaturesPerSet].Store(&d)
}
