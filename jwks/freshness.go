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
	maxWholeAge     = 24 * time.Hour // after the last whole fetch, the next one is due

	budgetSize  = 4                // fetches for tokens, at once
	budgetDelay = 30 * time.Second // until one more is allowed

	firstRetry    = time.Second
	maxRetry      = 8 * time.Second // while there are no fresh keys
	maxRetryFresh = time.Minute

	// The longest times for which Retry-After is obeyed.
	maxQuiet      = time.Hour
	maxQuietToken = 5 * time.Minute // for a fetch that a token asks for
	maxQuietStale = time.Minute     // for keys past their expiry, or if there are none
)

// A moment is the time of both clocks. The monotonic clock stops while a machine sleeps.
// The wall clock may be set.
type moment struct{ monotonic, wall time.Time }

func readClocks() moment {
	now := time.Now()
	return moment{now, now.Round(0)} // Round removes the monotonic reading
}

// since returns the time that has passed since earlier, by the clock that has gone further.
func (m moment) since(earlier moment) time.Duration {
	return max(m.monotonic.Sub(earlier.monotonic), m.wall.Sub(earlier.wall))
}

// A budget limits what tokens ask for: fetches, or look-ups. The monotonic clock counts, so
// neither a clock that was set nor a machine that slept adds to it.
type budget struct {
	size  time.Duration // how many at once
	delay time.Duration // until there is one more
	full  time.Time     // when the whole budget is available again
}

// claim takes one from the budget, and reports whether there was one.
func (b *budget) claim(now time.Time) bool {
	full := b.full
	if full.Before(now) {
		full = now
	}
	full = full.Add(b.delay)
	if full.Sub(now) > b.size*b.delay {
		return false
	}
	b.full = full
	return true
}

// has reports whether claim would find one.
func (b *budget) has(now time.Time) bool {
	copied := *b
	return copied.claim(now)
}

// giveBack undoes a claim.
func (b *budget) giveBack() { b.full = b.full.Add(-b.delay) }

// A setback is the state of the fetches since the last one that succeeded.
type setback struct {
	failures int
	at       time.Time
	spread   float64       // random, from 0 to 1, so that several programs do not retry together
	quiet    time.Duration // from Retry-After
}

// pause returns how long after a failure the next fetch begins. fresh is for how long the keys
// are still fresh. left is for how long they may still be used. Each is not positive if that
// time is over.
func (s *setback) pause(fresh, left time.Duration) time.Duration {
	wait := min(max(fresh/2, maxRetry), maxRetryFresh)
	if s.failures < 10 { // the shift must not overflow
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

// renewal returns how long to wait until keys with this lifetime are renewed.
func renewal(lifetime time.Duration) time.Duration {
	return time.Duration(float64(lifetime) * (renewalFrom + (renewalTo-renewalFrom)*rand.Float64()))
}

// lifetimeOf returns for how long an answer is fresh, RFC 9111 section 4.2, within the limits:
//
//   - An answer that does not say it is fresh for as long as the answer before that it
//     confirms, or for 15 minutes.
//   - If an answer contradicts itself, the shortest time counts.
//   - A value that cannot be read counts as 0 (section 4.2.1).
//
// before is the lifetime of the last answer. isNew is false if the answer confirms that one.
// All times are limited before they are added, so nothing overflows.
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
		case "no-cache", "no-store": // also no-cache="…", as in most caches
			isUncached = true
		}
	}
	if isUncached {
		lifetime = 0
	}
	return min(max(lifetime, minLifetime), maxLifetime)
}

// ageOf returns for how long caches have kept an answer. The first value counts. A value that
// is not a number is ignored, RFC 9111 section 5.1.
func ageOf(h http.Header) time.Duration {
	first, _, _ := strings.Cut(h.Get("Age"), ",")
	age, _ := syntax.DeltaSeconds(syntax.Trim(first))
	return age
}

// untilDate returns the time from the Date of an answer until value. It is 0 if value is past,
// or not a date.
func untilDate(value string, h http.Header) time.Duration {
	date, err := http.ParseTime(syntax.Trim(value))
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(syntax.Trim(h.Get("Date")))
	if err != nil {
		now = time.Now()
	}
	return max(date.Sub(now), 0) // Sub saturates
}

// retryAfter returns the time in Retry-After, RFC 9110 section 10.2.3. It is 0 for a value that
// is neither seconds nor a date.
func retryAfter(h http.Header) time.Duration {
	value := syntax.Trim(h.Get("Retry-After"))
	if seconds, ok := syntax.DeltaSeconds(value); ok {
		return min(seconds, maxQuiet)
	}
	return min(untilDate(value, h), maxQuiet)
}
