package jwthttp

// Remembered counts the signatures that m remembers; -1 if it never does.
func Remembered[C any](m *Middleware[C]) int {
	if m.memory == nil {
		return -1
	}
	return m.memory.Len()
}

// ParseHeader reads a header the short way and the long way.
func ParseHeader(text []byte) (short TokenHeader, isPlain bool, long TokenHeader, err error) {
	short, isPlain = parsePlainHeader(text)
	long, err = parseAnyHeader(text, make([]byte, len(text)))
	return short, isPlain, long, err
}
