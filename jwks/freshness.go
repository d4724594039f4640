package jwks

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/jwthttp/jwthttp/internal/syntax"
)

const (
	minLifetime     = 5 * time.Minute
	maxLifetime     = 24 * time.Hour
	defaultLifetime = 15 * time.Minute
	renewalFrom     = 0.5 // of the lifetime
	renewalTo       = 0.9
	maxWholeAge     = 24 * time.Hour // then a fetch must be whole

	budgetSize  = 4                // fetches at once that tokens ask for
	budgetDelay = 30 * time.Second // until one more

	firstRetry    = time.Second
	maxRetry      = 8 * time.Second // while keys are wanted
	maxRetryFresh = time.Minute

	// For how long Retry-After is heeded.
	maxQuiet      = time.Hour
	maxQuietToken = 5 * time.Minute // when a token asks
	maxQuietStale = time.Minute     // when keys are past their expiry, or there are none
)

// A moment is read from both clocks. The monotonic one stands still while a machine
// sleeps, and the wall clock may be set.
type moment struct{ monotonic, wall time.Time }

func readClocks() moment {
	now := time.Now()
	return moment{now, now.Round(0)} // Round removes the monotonic reading
}

// since returns how much time has passed, by the clock that has gone further.
func (m moment) since(earlier moment) time.Duration {
	return max(m.monotonic.Sub(earlier.monotonic), m.wall.Sub(earlier.wall))
}

// A budget is for fetches that tokens ask for. It is counted by the monotonic clock, so
// neither a set clock nor a machine that slept adds to it.
type budget struct{ full time.Time } // when all of it will be there again

// claim takes one fetch out of the budget, and reports whether there was one.
func (b *budget) claim(now time.Time) bool {
	full := b.full
	if full.Before(now) {
		full = now
	}
	full = full.Add(budgetDelay)
	if full.Sub(now) > budgetSize*budgetDelay {
		return false
	}
	b.full = full
	return true
}

// A setback is what is known of the fetches since the last good one.
type setback struct {
	failures int
	at       time.Time
	spread   float64       // from 0 to 1 at random, so that a fleet does not retry at once
	quiet    time.Duration // that the provider has asked for
}

// pause returns how long after a failure the next fetch begins. fresh is how long the
// keys in use are fresh and left is how long they may be used, both 0 or less if not.
func (s *setback) pause(fresh, left time.Duration) time.Duration {
	wait := min(max(fresh/2, maxRetry), maxRetryFresh)
	if s.failures < 10 { // else the shift would overflow some day
		wait = min(firstRetry<<(s.failures-1), wait)
	}
	wait = min(wait+time.Duration(s.spread*float64(wait)/2), max(fresh/2, maxRetry*3/2))
	var quiet time.Duration
	switch {
	case fresh > 0:
		quiet = min(maxQuiet, fresh/2)
	case left > 0:
		quiet = min(maxQuietStale, left/2)
	default:
		quiet = maxQuietStale
	}
	return max(wait, min(s.quiet+time.Duration(s.spread*float64(s.quiet)/10), quiet))
}

// renewal returns after how long keys are renewed that are fresh for a lifetime.
func renewal(lifetime time.Duration) time.Duration {
	return time.Duration(float64(lifetime) * (renewalFrom + (renewalTo-renewalFrom)*rand.Float64()))
}

// lifetimeOf returns for how long an answer is fresh, RFC 9111 section 4.2, within
// bounds. An answer that does not say is fresh for as long as the one it confirms
// was, or for 15 minutes. Where it contradicts itself the shortest time counts, and
// what cannot be read counts as 0 (section 4.2.1). All times are clamped before they
// are added, so nothing overflows.
func lifetimeOf(h http.Header, before time.Duration, isNew bool) time.Duration {
	lifetime := defaultLifetime
	if !isNew && before > 0 {
		lifetime = before
	}
	if expires := h.Values("Expires"); len(expires) > 0 {
		lifetime = maxLifetime + ageOf(h)
		for _, value := range expires {
			lifetime = min(lifetime, untilDate(value, h))
		}
		lifetime -= ageOf(h)
	}
	// max-age overrides Expires, section 5.3.
	isDated, isUncached := false, false
	for name, value := range syntax.Directives(h.Values("Cache-Control")) {
		switch name {
		case "max-age":
			seconds, _ := syntax.DeltaSeconds(value)
			if left := seconds - ageOf(h); !isDated || left < lifetime {
				lifetime = left
			}
			isDated = true
		case "no-cache", "no-store": // also no-cache="…", as most caches take it
			isUncached = true
		}
	}
	if isUncached {
		lifetime = 0
	}
	return min(max(lifetime, minLifetime), maxLifetime)
}

// ageOf returns for how long caches have kept an answer. The first value counts, and
// one that is no number is ignored, RFC 9111 section 5.1.
func ageOf(h http.Header) time.Duration {
	first, _, _ := strings.Cut(h.Get("Age"), ",")
	age, _ := syntax.DeltaSeconds(trim(first))
	return age
}

// untilDate returns how long after its own Date an answer has put a date: 0 if that is
// past or no date.
func untilDate(value string, h http.Header) time.Duration {
	date, err := http.ParseTime(trim(value))
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(trim(h.Get("Date")))
	if err != nil {
		now = time.Now()
	}
	return max(date.Sub(now), 0) // Sub saturates
}

// retryAfter returns for how long an answer asks not to be asked again, RFC 9110 section
// 10.2.3; 0 for what is neither seconds nor a date.
func retryAfter(h http.Header) time.Duration {
	value := trim(h.Get("Retry-After"))
	if seconds, ok := syntax.DeltaSeconds(value); ok {
		return min(seconds, maxQuiet)
	}
	return min(untilDate(value, h), maxQuiet)
}

// trim removes what does not count around a field value, RFC 9110 section 5.5. HTTP/1
// clients of net/http do that, and HTTP/2 ones do not.
func trim(value string) string { return strings.Trim(value, " \t") }
