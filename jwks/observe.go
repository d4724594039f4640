package jwks

import (
	"log/slog"
	"slices"
	"time"

	"github.com/jwthttp/jwthttp/internal/logtext"
)

// An EventKind is what happened to a [Source].
type EventKind string

const (
	Fetched     EventKind = "fetched"      // the provider has answered, perhaps that nothing has changed
	Failed      EventKind = "failed"       // a fetch has failed, or where the keys are could not be asked again; Err says why
	KeySkipped  EventKind = "key skipped"  // a new key cannot be used; Err says why
	KeyAdded    EventKind = "key added"    // a new key is in use
	KeyRemoved  EventKind = "key removed"  // a key is in use no longer
	ServedStale EventKind = "served stale" // keys are in use past their expiry; told once until the next success
)

// An Event is told to [Options].OnEvent. It holds nothing secret.
type Event struct {
	Kind   EventKind
	Issuer string
	KeyID  string // of a key, on one line and at most 256 bytes of it; "" if it has none
	Err    error  // nil but for Failed and KeySkipped; its text is on one line, of about 256 bytes at most
}

// LogValue leaves out what is empty, for log/slog.
func (e Event) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("kind", string(e.Kind)), slog.String("issuer", e.Issuer)}
	if e.KeyID != "" {
		attrs = append(attrs, slog.String("kid", e.KeyID))
	}
	if e.Err != nil {
		attrs = append(attrs, slog.Any("err", e.Err))
	}
	return slog.GroupValue(attrs...)
}

// Stats are the figures of a [Source] at one moment.
type Stats struct {
	Keys        int       // in use; 0 before the first success and past the stale limit
	Fetches     uint64    // begun so far; discovery and keys together are one
	LastSuccess time.Time // zero if there was none
	LastFailure time.Time // zero if there was none
	LastError   error     // of the last fetch; nil if it succeeded
	NextRefresh time.Time // zero before the first fetch
}

// Stats returns the figures as they are now.
func (s *Source) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := s.stats
	if known := s.usable(s.now()); known != nil {
		stats.Keys = len(known.found)
	}
	return stats
}

func (s *Source) tell(e Event) {
	e.Issuer, e.KeyID = s.issuer, logtext.Cut(e.KeyID)
	s.onEvent(e)
}

// tellChanges tells what is not the same in two sets; before may be nil.
func (s *Source) tellChanges(before, now *index) {
	if before == nil {
		before = &index{}
	}
	for _, k := range now.found {
		if !before.has(k.identity) {
			s.tell(Event{Kind: KeyAdded, KeyID: k.kid})
		}
	}
	for _, k := range before.found {
		if !now.has(k.identity) {
			s.tell(Event{Kind: KeyRemoved, KeyID: k.kid})
		}
	}
	for _, k := range now.skipped {
		isSame := func(b skippedKey) bool { return b.kid == k.kid && b.err.Error() == k.err.Error() }
		if !slices.ContainsFunc(before.skipped, isSame) {
			s.tell(Event{Kind: KeySkipped, KeyID: k.kid, Err: newFetchError(k.err)})
		}
	}
}
