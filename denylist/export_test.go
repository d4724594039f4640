package denylist

// NewMemoryStore is the store of NewMemory.
func NewMemoryStore(max int) Store { return &memory{max: max} }

// Entries returns how many a list in memory holds, expired ones too.
func Entries(l *List) int {
	m := l.store.(*memory)
	n := 0
	m.entries.Range(func(any, any) bool { n++; return true })
	if n != len(m.queue) {
		panic("what can be read and what is queued are not the same")
	}
	return n
}
