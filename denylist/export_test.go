package denylist

// NewMemoryStore returns the store of NewMemory.
func NewMemoryStore(max int) Store { return newMemory(max) }

// AheadBy makes the wall clock of a store of NewMemoryStore show d more milliseconds.
func AheadBy(s Store, d func() int64) {
	m := s.(*memory)
	right := m.now
	m.now = func() instant {
		now := right()
		now.wall += d()
		return now
	}
}

// Entries returns how many entries a list in memory has, with expired ones.
func Entries(l *List) int {
	total := 0
	for kind := range l.store.(*memory).rooms {
		r := &l.store.(*memory).rooms[kind]
		n := 0
		r.entries.Range(func(any, any) bool { n++; return true })
		if n != len(r.queue) {
			panic("what can be read and what is queued are not the same")
		}
		total += n
	}
	return total
}
