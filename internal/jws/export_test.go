package jws

import "crypto/sha256"

// Fingerprint is what the signatures of an asymmetric key are remembered under.
func Fingerprint(v Verifier) [sha256.Size]byte { return v.(*publicVerifier).fingerprint }

// Room is for how many signatures there is room in m.
func Room(m *Memory) int { return len(m.sets) * perSet }

// Add adds a digest to m, and reports whether it is there then.
func Add(m *Memory, d [sha256.Size]byte) bool {
	m.add(d)
	return m.has((*digest)(&d))
}
