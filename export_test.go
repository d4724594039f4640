package jwthttp

// Remembered counts the signatures that m remembers; -1 if it never does.
func Remembered[C any](m *Middleware[C]) int {
	return m.verifier.work.Remembered()
}

// KeysKept counts the keys that a source of FromKeyfunc has made and keeps.
func KeysKept(source KeySource) int {
	return source.(*keyfuncSource).Kept()
}
