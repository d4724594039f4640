package jws

import "crypto/sha256"

// Fingerprint is what the signatures of an asymmetric key are remembered under.
func Fingerprint(v Verifier) [sha256.Size]byte { return v.(*publicVerifier).fingerprint }

// Room is for how many signatures there is room in w.
func Room(w *Workspace) int { return len(w.memory.sets) * perSet }

// Add adds a digest to the memory of w, and reports whether it is there then.
func Add(w *Workspace, d [sha256.Size]byte) bool {
	w.memory.add(d)
	return w.memory.has((*digest)(&d))
}

// ReadBothWays reads a header the short way and the long way.
func ReadBothWays(text []byte) (short Header, isPlain bool, long Header, err error) {
	short, isPlain = readPlainHeader(text)
	long, err = readHeader(text, make([]byte, len(text)))
	return short, isPlain, long, err
}

// IsSegment is isSegment.
func IsSegment(s string) bool { return isSegment(s) }
