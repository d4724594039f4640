package jwthttp

import "github.com/jwthttp/jwthttp/internal/reason"

// Remembered returns how many signatures m remembers, or -1 if m never remembers any.
func Remembered[C any](m *Middleware[C]) int {
	return m.verifier.work.Remembered()
}

// KnownHeaders returns how many headers m remembers.
func KnownHeaders[C any](m *Middleware[C]) int { return m.verifier.work.KnownHeaders() }

// KeysKept returns how many keys a source of FromKeyfunc has made and keeps.
func KeysKept(source KeySource) int {
	return source.(*keyfuncSource).source.Kept()
}

// ReasonWords returns every word of Result.Reason.
func ReasonWords() []string { return reason.Words() }
