package jwthttp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/jwthttp/jwthttp/internal/credential"
	"github.com/jwthttp/jwthttp/internal/gate"
	"github.com/jwthttp/jwthttp/internal/reason"
	"github.com/jwthttp/jwthttp/internal/syntax"
	"github.com/jwthttp/jwthttp/internal/tokenjson"
	"github.com/jwthttp/jwthttp/internal/upload"
	"github.com/jwthttp/jwthttp/internal/validate"
)

// A Check is a rule of the caller's for tokens that have passed all others, such as revocation or
// tenant. It is called concurrently and must not change the token. Its error refuses the token:
//   - with a 503, if it wraps [ErrUnavailable], [context.DeadlineExceeded] or [context.Canceled]
//   - else with a 401, whatever kind it wraps
//
// What a good token does not allow is a matter for [Require].
type Check[C any] func(ctx context.Context, t *Token[C]) error

// A Middleware lets requests with a good token pass. Make one with [New]. It is safe for
// concurrent use, and serves any number of handlers.
type Middleware[C any] struct {
	*config
	claims tokenjson.Decoder
	checks []Check[C]
}

// New returns a middleware that verifies tokens with keys and decodes their claims into C. checks
// are called in their order, after all other rules.
//
// C is any struct, or [jwt.MapClaims], [jwt.RegisteredClaims] and what embeds it.
//
//   - Names match in exact case only, unlike with encoding/json, so every field has a name in its
//     tag.
//   - A method Validate() error of C is called for every token. Its error is a 401, like that of a
//     Check.
//   - An aud may be a string or an array. [jwt.ClaimStrings] takes both.
//   - A struct has the UnmarshalJSON of a type that it embeds, as in all of Go. Its other fields then
//     stay empty: declare a field with a name, and do not embed such a type.
//   - A number in a field of type any is a float64. An integer of magnitude 2^53 or more that is
//     written in digits alone is an [encoding/json.Number], so that no digit is lost.
//
// Whatever the type, these rules hold:
//
//   - exp is present and in the future. nbf, if present, is in the past.
//   - iss and aud are those of [Options] and of the key.
//   - sub and jti, if present, are strings. AllowNumericSubject adds a sub that is a number.
//   - Dates are numbers from 0 to the end of the year 9999.
//   - The payload is one JSON object. No name occurs twice.
//
// The error names everything that is wrong with the configuration at once, each with how to mend
// it: keys too short, options that contradict each other, a type that the decoder cannot fill.
// New does not ask keys for a key. It calls a Validate method of C once on empty claims, to see
// that the method does not panic.
func New[C any](keys KeySource, opts Options, checks ...Check[C]) (*Middleware[C], error) {
	config, errOptions := opts.compile(keys)
	claims, errType := tokenjson.NewDecoder(reflect.TypeFor[C](), opts.AllowNumericSubject)
	var errChecks error
	isNil := func(c Check[C]) bool { return c == nil }
	if slices.ContainsFunc(checks, isNil) {
		errChecks = fmt.Errorf("check %d is nil: make what it was made of, such as the list of denylist.Check, or take it out", 1+slices.IndexFunc(checks, isNil))
	}
	if err := errors.Join(errOptions, errType, errChecks); err != nil {
		return nil, validate.Prefixed("jwthttp: ", err)
	}
	return &Middleware[C]{config, claims, slices.Clone(checks)}, nil
}

// Handler wraps next, which is called for requests with a good token. next reads the token by
// [ClaimsFromContext] and [TokenFromContext]. A handler outside, such as a logger, cannot. It
// fits wherever a func(http.Handler) http.Handler does, such as alice.New. A nil next is
// [http.DefaultServeMux].
//
// Before next is called, "Cache-Control: private" is set for a token that did not come from
// Authorization, unless a value is set already. Under AllowAnonymous, Vary names the headers that
// tokens may come from. A Binding sets the header fields of its scheme, such as DPoP-Nonce. next
// gets the ResponseWriter as it is, so a next that clears the header loses these fields. One is
// httputil.ReverseProxy after a 1xx of its upstream.
func (m *Middleware[C]) Handler(next http.Handler) http.Handler {
	if next == nil {
		next = http.DefaultServeMux
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if m.vary != "" {
			w.Header().Add("Vary", m.vary)
		}
		v, err := m.decide(r)
		if err == error(reason.NoToken) {
			anonymous := r.WithContext(&tokenContext[C]{Context: r.Context(), at: m.none})
			defer upload.Return(r, anonymous)
			next.ServeHTTP(w, anonymous)
			return
		}
		if err != nil {
			m.write(w, r, err)
			return
		}
		v.at.answer(w.Header())
		// Shared caches do not keep answers to Authorization, RFC 9111 section 3.5, but know
		// nothing of other credentials.
		if v.token.Source != inAuthorization && !syntax.HasField(w.Header(), "Cache-Control") {
			w.Header().Set("Cache-Control", "private")
		}
		accepted := r.WithContext(&v.tokenContext)
		defer upload.Return(r, accepted)
		next.ServeHTTP(w, accepted)
	})
}

// HandlerFunc is [Middleware.Handler] for a function. The result fits [http.ServeMux.Handle] and
// [http.ServeMux.HandleFunc].
func (m *Middleware[C]) HandlerFunc(next http.HandlerFunc) http.HandlerFunc {
	if next == nil {
		return m.Handler(nil).ServeHTTP
	}
	return m.Handler(next).ServeHTTP
}

// Authenticate decides on r without answering it. It returns a verified token, or an error of a
// kind listed at [ErrNoToken]. It ignores AllowAnonymous: a request without a token is an error.
// A Binding confirms the request at each call, unless it is inside of Handler, and a proof may be
// good for one call only. It is safe for concurrent use.
func (m *Middleware[C]) Authenticate(r *http.Request) (*Token[C], error) {
	l := learned{at: m.none}
	v, err := m.authenticate(r, &l)
	if err != nil {
		return nil, l.failure(err, r)
	}
	return v.token, nil
}

// Verify checks a token outside of HTTP, such as that of a message in a queue. For gRPC see
// module grpcauth. raw is the token alone, without "Bearer". All rules of [Options] for tokens
// hold. Extractors and the cross-origin gate are not used. The error is of a kind listed at
// [ErrNoToken], which an empty raw gets. With Options.Bindings it accepts no bound token, because
// no request proves that the token comes from its owner. It is safe for concurrent use.
func (m *Middleware[C]) Verify(ctx context.Context, raw string) (*Token[C], error) {
	l := learned{at: m.none}
	v, err := m.verify(ctx, nil, raw, &l)
	if err != nil {
		return nil, l.failure(err, nil)
	}
	return v.token, nil
}

// decide is authenticate, and reports the decision. The error is a *failure, or reason.NoToken
// itself under AllowAnonymous.
func (m *Middleware[C]) decide(r *http.Request) (*verified[C], error) {
	var start time.Time
	if m.observer.onResult != nil {
		start = time.Now()
	}
	l := learned{at: m.none}
	v, err := m.authenticate(r, &l)
	if err != nil && !(m.anonymous && err == error(reason.NoToken)) {
		f := l.failure(err, r)
		m.observer.refused(r, f, &l, start)
		return nil, f
	}
	if m.observer.onResult != nil {
		m.observer.passed(r, &l, err != nil, start)
	}
	return v, err
}

// authenticate returns reason.NoToken itself for a request without a token.
func (m *Middleware[C]) authenticate(r *http.Request, l *learned) (*verified[C], error) {
	raw, place, err := credential.Find(m.places, r)
	if place != nil {
		l.at = &m.attempts[place.Scheme]
	}
	if err != nil {
		return nil, unfitRequest(err)
	}
	l.source, l.isCookie = Source(place.Source), place.IsCookie()
	if _, ok := l.source.cut(inHeader); !ok && gate.IsCrossOrigin(r, m.trusted) {
		return nil, reason.CrossOrigin
	}
	v, err := m.verify(r.Context(), r, raw, l)
	if (err == error(reason.Malformed) || err == error(reason.TooLarge)) && place.IsMalformed(raw) {
		err = reason.Credential
	}
	return v, err
}

// verify takes a raw token to verified claims. l has its place. r is nil outside of HTTP.
func (m *Middleware[C]) verify(ctx context.Context, r *http.Request, raw string, l *learned) (*verified[C], error) {
	limit := m.maxTokenBytes
	if l.isCookie {
		limit = min(limit, maxCookieBytes)
	}
	err := m.verifier.open(ctx, raw, limit, &l.token)
	if err != nil {
		l.size, l.limit, l.segments = len(raw), limit, strings.Count(raw, ".")+1
		return nil, err
	}
	v := newVerified[C](ctx, l.at, raw)
	t := v.token
	t.Header, t.Source = l.token.header, l.source
	if err := m.claims.Decode(l.token.payload, &t.Claims, &v.facts); err != nil {
		return nil, because(reason.Claims, err)
	}
	l.facts = &v.facts
	if err := m.rules.Check(l.facts, &l.token.key.material.sender); err != nil {
		return nil, err
	}
	if m.bindings != nil {
		if err := l.at.confirm(r, raw, v.facts.Confirmation()); err != nil {
			return nil, err
		}
	}
	if own, ok := any(&t.Claims).(tokenjson.Validator); ok {
		if err := own.Validate(); err != nil {
			return nil, orUnavailable(reason.Check, err)
		}
	}
	for _, rule := range m.checks {
		if err := rule(ctx, t); err != nil {
			return nil, orUnavailable(reason.Check, err)
		}
	}
	return v, nil
}
