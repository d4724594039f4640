package session

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	defaultMaxSessions = 1_000_000
	maxMaxSessions     = 10_000_000
	maxTextBytes       = 256 // of Subject and of About
	swept              = 8   // entries looked at for each new one
)

// A Memory is a [Store] in the memory of this process: its sessions end with it, and other processes
// do not see them. A session takes about 500 bytes. It starts no goroutine.
type Memory struct {
	max int

	mu        sync.Mutex
	records   map[[sha256.Size]byte]*memoryRecord
	bySubject map[string][]*memoryRecord
	ring      []*memoryRecord // all of them, in any order
	hand      int             // of the sweep, in ring
}

type memoryRecord struct {
	Record
	at int // in ring
}

// NewMemory returns a store for so many sessions: 1,000,000 if 0, at most 10,000,000. Memory is taken
// as it is needed. If it is full of sessions that live, a login is a 503.
func NewMemory(maxSessions int) (*Memory, error) {
	if maxSessions < 0 || maxSessions > maxMaxSessions {
		return nil, fmt.Errorf("session: NewMemory has %d sessions: use a positive number of at most %d, or 0 for %d", maxSessions, maxMaxSessions, defaultMaxSessions)
	}
	if maxSessions == 0 {
		maxSessions = defaultMaxSessions
	}
	return &Memory{max: maxSessions, records: map[[sha256.Size]byte]*memoryRecord{}, bySubject: map[string][]*memoryRecord{}}, nil
}

var errFull = errors.New("session: the store in memory is full: pass a larger number to NewMemory, set MaxPerSubject, or lower Idle")

// Load implements [Store].
func (m *Memory) Load(_ context.Context, key [sha256.Size]byte) (Record, time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.records[key]; r != nil {
		return r.Record, time.Now(), nil
	}
	return Record{}, time.Now(), nil
}

// Swap implements [Store].
func (m *Memory) Swap(_ context.Context, r Record) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := m.records[r.Key]
	if known != nil {
		if known.Version != r.Version-1 {
			return false, nil
		}
		known.Record = r
		return true, nil
	}
	if r.Version != 1 {
		return false, nil
	}
	now := time.Now()
	for range min(swept, len(m.ring)) {
		if m.hand++; m.hand >= len(m.ring) {
			m.hand = 0
		}
		if old := m.ring[m.hand]; old.isOver(now) {
			m.remove(old)
		}
	}
	if len(m.ring) >= m.max {
		return false, errFull
	}
	known = &memoryRecord{r, len(m.ring)}
	m.records[r.Key], m.ring = known, append(m.ring, known)
	m.bySubject[r.Subject] = append(m.bySubject[r.Subject], known)
	return true, nil
}

// Delete implements [Store].
func (m *Memory) Delete(_ context.Context, key [sha256.Size]byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.records[key]; r != nil {
		m.remove(r)
	}
	return nil
}

// remove needs m.mu.
func (m *Memory) remove(r *memoryRecord) {
	delete(m.records, r.Key)
	last := m.ring[len(m.ring)-1]
	m.ring[r.at], last.at = last, r.at
	m.ring[len(m.ring)-1] = nil
	m.ring = m.ring[:len(m.ring)-1]
	of := m.bySubject[r.Subject]
	at := slices.Index(of, r)
	if of = slices.Delete(of, at, at+1); len(of) == 0 {
		delete(m.bySubject, r.Subject)
	} else {
		m.bySubject[r.Subject] = of
	}
}

// List implements [Store].
func (m *Memory) List(_ context.Context, subject string) (all []Record, now time.Time, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.bySubject[subject] {
		all = append(all, r.Record)
	}
	return all, time.Now(), nil
}
