package jwthttp

// Remembered counts the signatures that m remembers; -1 if it never does.
func Remembered[C any](m *Middleware[C]) int {
	if m.memory == nil {
		return -1
	}
	return m.memory.count()
}

func (m *signatureMemory) count() (n int) {
	for i := range m.sets {
		for j := range m.sets[i] {
			if m.sets[i][j].Load() != nil {
				n++
			}
		}
	}
	return n
}

// Fingerprint is what the signatures of an asymmetric key are remembered under.
func Fingerprint(k Key) [32]byte { return k.material.verifier.(*publicVerifier).fingerprint }

// FillMemory adds the digests to a memory for n, and returns its room and what
// it then holds.
func FillMemory(n int, digests [][32]byte) (room, held int) {
	m := newSignatureMemory(n)
	for _, d := range digests {
		m.add(d)
		if !m.has((*signatureDigest)(&d)) {
			return -1, -1
		}
	}
	return len(m.sets) * signaturesPerSet, m.count()
}

// ParseHeader reads a header the short way and the long way.
func ParseHeader(text []byte) (short TokenHeader, isPlain bool, long TokenHeader, err error) {
	short, isPlain = parsePlainHeader(text)
	long, err = parseAnyHeader(text, make([]byte, len(text)))
	return short, isPlain, long, err
}
