package jwthttp

// Remembered returns how many signatures m remembers, or -1 if m never remembers any.
func Remembered[C any](m *Middleware[C]) int {
	return m.verifier.work.Remembered()
}

// KeysKept returns how many keys a source of FromKeyfunc has made and keeps.
func KeysKept(source KeySource) int {
	return source.(*keyfuncSource).source.Kept()
}
