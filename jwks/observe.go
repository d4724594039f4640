package jwks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jwthttp/jwthttp/internal/jwk"
	"github.com/jwthttp/jwthttp/internal/logtext"
)

const maxLogged = 8 // skipped keys, in one record

// An EventKind is what happened to a [Source], or to [Tenants].
type EventKind string

const (
	Fetched     EventKind = "fetched"      // a fetch succeeded, also if the keys have not changed
	Failed      EventKind = "failed"       // a fetch failed, or the metadata could not be read; Err says why
	KeySkipped  EventKind = "key skipped"  // a new key cannot be used; Err says why
	KeyAdded    EventKind = "key added"    // a new key is in use, or one for more algorithms than before
	KeyRemoved  EventKind = "key removed"  // a key is no longer in use, or not for all algorithms as before
	ServedStale EventKind = "served stale" // keys are in use past their expiry; once until the next success

	// These are of Tenants only.
	LookupFailed EventKind = "lookup failed" // lookup failed, or its Options cannot be used; Err says why
	Flooded      EventKind = "flooded"       // issuers were refused without a look-up; once a minute at most, without Issuer; Err says how many
	Evicted      EventKind = "evicted"       // a tenant made room for another one within a minute of its last token; Err says how to mend it
)

// An Event is passed to [Options].OnEvent. It has nothing secret in it.
type Event struct {
	Kind   EventKind
	Issuer string // for LookupFailed it may be unverified, so it is on one line
	KeyID  string // of a key, on one line, cut to 256 bytes; "" if it has none
	Err    error  // for Failed, KeySkipped, LookupFailed, Flooded and Evicted, else nil; its text is one line, with each cause cut to 256 bytes
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
		stats.Keys = known.used
	}
	return stats
}

// TenantStats are figures of [Tenants] at one moment.
type TenantStats struct {
	Known     int    // tenants that are remembered
	Open      int    // of these, how many have a source
	Refused   int    // issuers whose refusal, or failure, is remembered
	Lookups   uint64 // begun so far
	Unasked   uint64 // tokens of issuers that were refused without a look-up, beyond the budget
	Opened    uint64 // sources opened so far
	Evicted   uint64 // of these, closed to make room for another tenant
	Fetches   uint64 // begun so far by all sources; metadata and keys are one fetch
	LastError error  // of the last look-up, also if its Options cannot be used; nil if it had an answer
}

// Stats returns the current figures. It asks each source that is open.
func (t *Tenants) Stats() TenantStats {
	var open []*Source
	t.mu.Lock()
	for n := range t.known.all() {
		if n.open != nil {
			open = append(open, n.open.source)
		}
	}
	stats := t.stats
	stats.Open, stats.Known = t.sources.open, t.known.len
	stats.Refused = t.asking.refused.len()
	t.mu.Unlock()
	for _, s := range open {
		stats.Fetches += s.Stats().Fetches
	}
	return stats
}

// A record is what is logged of a kind of events, once a minute at most.
type record struct {
	level   slog.Level
	message string
	limit   logtext.Limit
}

func newRecords() map[EventKind]*record {
	return map[EventKind]*record{
		Fetched:     {level: slog.LevelDebug, message: "jwks: the keys were fetched"},
		Failed:      {level: slog.LevelError, message: "jwks: the keys cannot be fetched"},
		KeySkipped:  {level: slog.LevelWarn, message: "jwks: the key set has keys that cannot be used"},
		KeyAdded:    {level: slog.LevelDebug, message: "jwks: new keys are in use"},
		KeyRemoved:  {level: slog.LevelInfo, message: "jwks: keys were removed"},
		ServedStale: {level: slog.LevelWarn, message: "jwks: keys are used past their expiry"},

		LookupFailed: {level: slog.LevelError, message: "jwks: a tenant cannot be looked up"},
		Flooded:      {level: slog.LevelWarn, message: "jwks: issuers are refused without a look-up, because too many are not known"},
		Evicted:      {level: slog.LevelWarn, message: "jwks: the keys of an active tenant were dropped"},
	}
}

// log writes the record of a kind. value is left out if it is nil.
func (s *Source) log(kind EventKind, name string, value any) {
	attrs := append(make([]slog.Attr, 0, 3), slog.String("issuer", s.issuer), slog.Int("in_use", s.Stats().Keys))
	if value != nil {
		attrs = append(attrs, slog.Any(name, value))
	}
	r := s.records[kind]
	r.limit.Log(context.Background(), s.logger, r.level, r.message, attrs...)
}

// report logs what happened, and passes it to OnEvent.
func (s *Source) report(kind EventKind, err error) {
	s.log(kind, "err", err)
	s.notify(Event{Kind: kind, Err: err})
}

// report logs what happened, and passes it to OnEvent. The issuer may be unverified, but lookup was
// asked for it: see canBeIssuer.
func (t *Tenants) report(kind EventKind, issuer string, err error) {
	var attrs []slog.Attr
	if issuer != "" {
		attrs = append(attrs, slog.String("issuer", issuer))
	}
	r := t.records[kind]
	r.limit.Log(context.Background(), t.opts.Logger, r.level, r.message, append(attrs, slog.Any("err", err))...)
	t.opts.OnEvent(Event{Kind: kind, Issuer: issuer, Err: err})
}

func (s *Source) notify(e Event) {
	e.Issuer, e.KeyID = s.issuer, logtext.Cut(e.KeyID)
	s.onEvent(e)
}

// reportChanges reports the differences between two sets. before may be nil. One record has all
// changes of a kind, because a later one may not come for days.
func (s *Source) reportChanges(before, now *index) {
	if before == nil {
		before = &index{}
	}
	s.reportKeys(KeyAdded, before.lacks(now))
	s.reportKeys(KeyRemoved, now.lacks(before))
	var causes []error
	rest := 0
	known := slices.Clone(before.skipped)
	for _, k := range now.skipped {
		isSame := func(b skippedKey) bool { return b.kid == k.kid && b.cause.Error() == k.cause.Error() }
		if i := slices.IndexFunc(known, isSame); i >= 0 { // in whatever place
			known = slices.Delete(known, i, i+1)
			continue
		}
		s.notify(Event{Kind: KeySkipped, KeyID: k.kid, Err: newFetchError(k.err)})
		switch {
		case errors.As(k.err, new(jwk.OtherUseError)): // nobody has to mend that
		case len(causes) == maxLogged:
			rest++
		default:
			causes = append(causes, k.err)
		}
	}
	if rest > 0 {
		causes = append(causes, fmt.Errorf("and %d more", rest))
	}
	if causes != nil {
		s.log(KeySkipped, "err", &fetchError{causes})
	}
}

func (s *Source) reportKeys(kind EventKind, keys keyList) {
	if keys == nil {
		return
	}
	s.log(kind, "keys", keys)
	for _, k := range firstOfEach(keys) {
		s.notify(Event{Kind: kind, KeyID: k.kid})
	}
}

// A keyList makes its text only for a record that is written.
type keyList []foundKey

func (l keyList) LogValue() slog.Value { return slog.StringValue(logtext.Keys(names(l))) }

// lacks returns the keys of other that x does not have.
func (x *index) lacks(other *index) (keys keyList) {
	for _, k := range other.found {
		if !x.has(k.identity) {
			keys = append(keys, k)
		}
	}
	return keys
}

// changesTo reports whether the keys of other are not those of x.
func (x *index) changesTo(other *index) bool {
	return x != other && (x.lacks(other) != nil || other.lacks(x) != nil)
}
