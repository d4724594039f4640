package jws

import "crypto/sha256"

// Fingerprint returns the fingerprint of an asymmetric key. Signatures are remembered under
// it.
func Fingerprint(v Verifier) [sha256.Size]byte { return v.(*publicVerifier).fingerprint }

// Room returns how many signatures w has room for.
func Room(w *Workspace) int { return len(w.memory.sets) * perSet }

// Add adds a digest to the memory of w, and reports whether the memory then has it.
func Add(w *Workspace, d [sha256.Size]byte) bool {
	w.memory.add(d)
	return w.memory.has((*digest)(&d))
}

// ReadBothWays reads a header with both readers, the short one and the long one.
func ReadBothWays(text []byte) (short Header, isPlain bool, long Header, err error) {
	short, isPlain = readPlainHeader(text)
	long, err = readHeader(text, make([]byte, len(text)))
	return short, isPlain, long, err
}

// SegmentLen calls segmentLen.
func SegmentLen(s string) int { return segmentLen(s) }

// IsKept reports whether w remembers the header of a segment.
func IsKept(w *Workspace, segment string) bool {
	_, ok := w.headers.find(segment)
	return ok
}
