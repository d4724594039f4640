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
	Fetched     EventKind = "fetched"      // a fetch succeeded, also if the keys have not changed
	Failed      EventKind = "failed"       // a fetch failed, or the metadata could not be read; Err says why
	KeySkipped  EventKind = "key skipped"  // a new key cannot be used; Err says why
	KeyAdded    EventKind = "key added"    // a new key is in use
	KeyRemoved  EventKind = "key removed"  // a key is no longer in use
	ServedStale EventKind = "served stale" // keys are in use past their expiry; once until the next success
)

// An Event is passed to [Options].OnEvent. It has nothing secret in it.
type Event struct {
	Kind   EventKind
	Issuer string
	KeyID  string // of a key, on one line, cut to 256 bytes; "" if it has none
	Err    error  // for Failed and KeySkipped, else nil; its text is one line, with each cause cut to 256 bytes
}

// LogValue returns the fields that are not empty, for log/slog.
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

// Stats are figures of a [Source] at one moment.
type Stats struct {
	Keys        int       // in use; 0 before the first success, and once MaxStale is over
	Fetches     uint64    // begun so far; metadata and keys are one fetch
	LastSuccess time.Time // zero if there was none
	LastFailure time.Time // zero if there was none
	LastError   error     // of the last fetch; nil if it succeeded
	NextRefresh time.Time // zero before the first fetch
}

// Stats returns the current figures.
func (s *Source) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := s.stats
	if known := s.usable(s.now()); known != nil {
		stats.Keys = len(known.found)
	}
	return stats
}

func (s *Source) report(e Event) {
	e.Issuer, e.KeyID = s.issuer, logtext.Cut(e.KeyID)
	s.onEvent(e)
}

// reportChanges reports the differences between two sets. before may be nil.
func (s *Source) reportChanges(before, now *index) {
	if before == nil {
		before = &index{}
	}
	for _, k := range now.found {
		if !before.has(k.identity) {
			s.report(Event{Kind: KeyAdded, KeyID: k.kid})
		}
	}
	for _, k := range before.found {
		if !now.has(k.identity) {
			s.report(Event{Kind: KeyRemoved, KeyID: k.kid})
		}
	}
	for _, k := range now.skipped {
		isSame := func(b skippedKey) bool { return b.kid == k.kid && b.err.Error() == k.err.Error() }
		if !slices.ContainsFunc(before.skipped, isSame) {
			s.report(Event{Kind: KeySkipped, KeyID: k.kid, Err: newFetchError(k.err)})
		}
	}
}
