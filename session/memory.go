package session

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

const (
	defaultMaxSessions = 1_000_000
	maxMaxSessions     = 10_000_000
	maxTextBytes       = 256  // of Subject and of About
	swept              = 8    // sessions looked at for each new one
	sweptFull          = 1000 // if the store is full
)

// A Memory is a [Store] in the memory of this process: its sessions end with it, and other processes
// do not see them. A session takes about 500 bytes. It starts no goroutine.
type Memory struct {
	max int

	mu        sync.Mutex
	records   map[[sha256.Size]byte]*memoryRecord
	bySubject map[string][]*memoryRecord
}

// A memoryRecord is a Record in less memory: a time.Time takes 24 bytes.
type memoryRecord struct {
	key, current, previous          [sha256.Size]byte
	salt                            [16]byte
	version                         int64
	written, loggedIn, idleEnd, end int64 // Unix time in microseconds
	id, subject, about              string
	reissues                        int32
	at                              int32 // in the list of its subject
	ended                           bool
}

// NewMemory returns a store for so many sessions: 1,000,000 if 0, at most 10,000,000. Memory is taken
// as it is needed. If the store is full, a login is a 503, also one that would end another session.
func NewMemory(maxSessions int) (*Memory, error) {
	if maxSessions < 0 || maxSessions > maxMaxSessions {
		return nil, fmt.Errorf("session: NewMemory has %d sessions: use a positive number of at most %d, or 0 for %d", maxSessions, maxMaxSessions, defaultMaxSessions)
	}
	if maxSessions == 0 {
		maxSessions = defaultMaxSessions
	}
	return &Memory{max: maxSessions, records: map[[sha256.Size]byte]*memoryRecord{}, bySubject: map[string][]*memoryRecord{}}, nil
}

var errFull = errors.New("session: the store in memory is full: pass a larger number to NewMemory, or lower Idle")

// Load implements [Store].
func (m *Memory) Load(_ context.Context, key [sha256.Size]byte) (Record, time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if known := m.records[key]; known != nil {
		return known.record(), time.Now(), nil
	}
	return Record{}, time.Now(), nil
}

// Swap implements [Store].
func (m *Memory) Swap(_ context.Context, r Record) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := m.records[r.Key]
	switch {
	case known != nil && known.version == r.Version-1:
		m.unlink(known)
	case known == nil && r.Version == 1:
		if m.sweep(); len(m.records) >= m.max {
			return false, errFull
		}
		known = &memoryRecord{key: r.Key}
		m.records[r.Key] = known
	default:
		return false, nil
	}
	known.set(&r)
	m.link(known)
	return true, nil
}

// sweep needs m.mu. It removes some of the sessions that are over. A range over a map begins at a
// random place, so each of them gets its turn.
func (m *Memory) sweep() {
	looks := swept
	if len(m.records) >= m.max {
		looks = sweptFull
	}
	now := time.Now().UnixMicro()
	for _, known := range m.records {
		if looks--; looks < 0 {
			break
		}
		if known.idleEnd <= now { // an ending that is not complete is kept for longer than its end
			m.remove(known)
		}
	}
}

// Delete implements [Store].
func (m *Memory) Delete(_ context.Context, key [sha256.Size]byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if known := m.records[key]; known != nil {
		m.remove(known)
	}
	return nil
}

// List implements [Store].
func (m *Memory) List(_ context.Context, subject string) (all []Record, now time.Time, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, known := range m.bySubject[subject] {
		all = append(all, known.record())
	}
	return all, time.Now(), nil
}

// remove needs m.mu.
func (m *Memory) remove(known *memoryRecord) {
	delete(m.records, known.key)
	m.unlink(known)
}

// link needs m.mu.
func (m *Memory) link(known *memoryRecord) {
	list := m.bySubject[known.subject]
	known.at = int32(len(list))
	m.bySubject[known.subject] = append(list, known)
}

// unlink needs m.mu. The last one in the list takes the place of known.
func (m *Memory) unlink(known *memoryRecord) {
	list := m.bySubject[known.subject]
	last := list[len(list)-1]
	list[known.at], last.at = last, known.at
	list[len(list)-1] = nil
	if m.bySubject[known.subject] = list[:len(list)-1]; len(list) == 1 {
		delete(m.bySubject, known.subject)
	}
}

// set copies all but the key. The strings are copied too: a part of a request would keep all of it.
func (known *memoryRecord) set(r *Record) {
	known.version, known.ended, known.reissues = r.Version, r.Ended, int32(r.Reissues)
	known.current, known.previous, known.salt = r.Current, r.Previous, r.Salt
	known.written, known.loggedIn, known.idleEnd, known.end = r.Written.UnixMicro(), r.LoggedIn.UnixMicro(), r.IdleEnd.UnixMicro(), r.End.UnixMicro()
	known.id, known.subject, known.about = strings.Clone(r.ID), strings.Clone(r.Subject), strings.Clone(r.About)
}

func (known *memoryRecord) record() Record {
	return Record{
		Key: known.key, Version: known.version, Ended: known.ended,
		Current: known.current, Previous: known.previous, Salt: known.salt,
		Written: time.UnixMicro(known.written), Reissues: int(known.reissues),
		ID: known.id, Subject: known.subject, About: known.about,
		LoggedIn: time.UnixMicro(known.loggedIn), IdleEnd: time.UnixMicro(known.idleEnd), End: time.UnixMicro(known.end),
	}
}
