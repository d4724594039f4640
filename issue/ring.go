package issue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/internal/keyhook"
	"github.com/jwthttp/jwthttp/internal/logtext"
)

const (
	maxAge  = 10 * time.Minute     // of published keys in caches
	maxLead = maxAge + time.Minute // a key that begins to sign sooner may not be known everywhere
)

// A ring says which key signs, and which are accepted, from the list of keys and the time alone. So
// all instances with one list agree. It is safe for concurrent use.
type ring struct {
	typ       string
	lifetime  time.Duration
	logger    *slog.Logger
	state     atomic.Pointer[state]
	directory *reader // of the keys; nil for a fixed list
}

// A state is what a ring says from since until until.
type state struct {
	since, until time.Time
	keys         []Key // by From
	signs        Key
	header       string // of its tokens, in base64url, with the dot
	accepted     jwthttp.KeySource
	all          jwthttp.KeySet // that are accepted
	algorithms   []string       // of set
	set          []byte         // that is published
}

// newRing returns the error for keys that cannot serve.
func newRing(keys []Key, opts *Options, typ string) (*ring, error) {
	r := &ring{typ: typ, lifetime: opts.Lifetime, logger: opts.Logger}
	now, keys, err := time.Now(), slices.Clone(keys), error(nil)
	if len(keys) == 1 && keys[0].err() == errDirectory {
		r.directory = &reader{directory: keys[0].directory, read: now}
		keys, err = r.directory.load(now)
	} else {
		err = sortKeys(keys, now)
	}
	if err == nil {
		r.state.Store(r.newState(keys, now))
		r.warn(keys, now)
	}
	return r, err
}

// sortKeys sorts keys by From. It returns everything that keeps them from serving together.
func sortKeys(keys []Key, now time.Time) error {
	if len(keys) == 0 {
		return errors.New("there is no key, so no token could be signed: add one")
	}
	var errs []error
	for i, k := range keys {
		if err := k.err(); err != nil {
			errs = append(errs, fmt.Errorf("key %d: %w", i+1, err))
		}
	}
	if errs != nil {
		return errors.Join(errs...)
	}
	slices.SortStableFunc(keys, func(a, b Key) int { return a.from.Compare(b.from) })
	if from := keys[0].from; from.After(now) {
		errs = append(errs, fmt.Errorf("no key signs before %s: add the one that is in use, without From or with an earlier one", from.Format(time.RFC3339)))
	}
	ids := map[string]int{}
	for i, k := range keys {
		if i > 0 && k.from.Equal(keys[i-1].from) {
			errs = append(errs, fmt.Errorf("%v and %v begin to sign at the same time: give the successor a later From", keys[i-1], k))
		}
		if ids[k.id]++; k.id != "" && ids[k.id] == 2 {
			errs = append(errs, fmt.Errorf("the id %q is that of two keys: name each key once, and give each its own id", k.id))
		}
	}
	if ids[""] > 8 {
		errs = append(errs, fmt.Errorf("%d keys have no id, and at most 8 are tried for one token: use WithID", ids[""]))
	}
	return errors.Join(errs...)
}

// at returns the state at a time. It does not wait for a directory once ctx is done.
func (r *ring) at(ctx context.Context, now time.Time) *state {
	if r.directory != nil {
		r.directory.reread(ctx, r, now)
	}
	s := r.state.Load()
	if now.Before(s.until) && !now.Before(s.since) {
		return s
	}
	next := r.newState(s.keys, now)
	r.state.CompareAndSwap(s, next) // else other keys were read
	return next
}

// newState returns the state for keys, which are sorted. If a clock was set back to before all of
// them, the first one signs.
func (r *ring) newState(keys []Key, now time.Time) *state {
	now = now.Round(0) // From has no monotonic clock either
	s := &state{since: now, until: now.Add(24 * time.Hour), keys: keys, signs: keys[0]}
	changes := func(t time.Time) (ahead bool) {
		if ahead = t.After(now); ahead && t.Before(s.until) {
			s.until = t
		}
		return ahead
	}
	var accepted jwthttp.KeySet
	set := []jsontext.Value{}
	for i, k := range keys {
		if !changes(k.from) {
			s.signs = k
		}
		// The tokens of a key that is over live on for Lifetime, and caches may be as old as maxAge.
		if i+1 < len(keys) && !changes(keys[i+1].from.Add(r.lifetime+maxAge)) {
			continue
		}
		accepted = append(accepted, k.verifies)
		if k.jwk != nil { // a secret is never published
			names := mustMarshal(map[string]string{"alg": k.algorithm, "kid": k.id, "use": "sig"})
			set = append(set, append(append(names[:len(names)-1], ','), k.jwk[1:]...))
			if !slices.Contains(s.algorithms, k.algorithm) {
				s.algorithms = append(s.algorithms, k.algorithm)
			}
		}
	}
	s.all = slices.Clip(accepted)
	s.accepted = keyhook.Index(accepted).(jwthttp.KeySource) // the last key is always one
	s.set = mustMarshal(map[string]any{"keys": set})
	s.header = encode(mustMarshal(struct {
		Algorithm string `json:"alg"`
		KeyID     string `json:"kid,omitempty"`
		Type      string `json:"typ"`
	}{s.signs.algorithm, s.signs.id, r.typ})) + "."
	return s
}

// warn logs which keys begin to sign before others may know them.
func (r *ring) warn(keys []Key, now time.Time) {
	for _, k := range keys {
		if lead := k.from.Sub(now); lead > 0 && lead < maxLead {
			r.warnOf(k)
		}
	}
}

func (r *ring) warnOf(k Key) {
	logtext.Log(r.logger, slog.LevelWarn, "issue: a key begins to sign before others may know it",
		slog.String("key", k.String()), slog.Time("from", k.from), slog.String("mend", "set From 11 minutes ahead or more, for published keys are cached for 10"))
}
