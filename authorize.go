package jwthttp

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// Require returns a guard that stands behind a [Middleware] for C, in the manner
// of alice: allow decides by the verified claims. Its error is a 403 through the
// middleware's error handler, which finds it by errors.Is (503 if it wraps
// [ErrUnavailable], [context.DeadlineExceeded] or [context.Canceled]); the
// client does not see it. Behind no such middleware, or without a token, the
// guard refuses with a 401. A nil allow refuses everybody. allow is called
// concurrently.
func Require[C any](allow func(C) error) func(http.Handler) http.Handler {
	if allow == nil {
		allow = func(C) error { return errors.New("Require was given no rule") }
	}
	missing := errNoToken.because(fmt.Errorf("Require[%[1]s] found no token of a middleware New[%[1]s] before it", reflect.TypeFor[C]()))
	return func(next http.Handler) http.Handler {
		next = orDefault(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			claims, ok := ClaimsFromContext[C](r.Context())
			if !ok {
				refuse(w, r, missing)
				return
			}
			if err := allow(claims); err != nil {
				refuse(w, r, blame(errForbidden, err))
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// RequireScopes returns a guard that stands behind a [Middleware], in the manner of
// alice: a token needs all of these scopes, as [Token.Scopes] finds them for any
// claims type, else the answer is a 403 that names them (RFC 6750 section 3.1),
// through the error handler of the innermost middleware. Behind no middleware, or
// without a token, the guard refuses with a 401. Given no scope, or one that is no
// scope-token (RFC 6749 section 3.3: printable ASCII without spaces, quotes and
// backslashes), it refuses everybody with a 403 whose error says so.
func RequireScopes(all ...string) func(http.Handler) http.Handler {
	all = slices.Clone(all)
	return requireScopes("RequireScopes", all, func(have []string) bool {
		return !slices.ContainsFunc(all, func(s string) bool { return !slices.Contains(have, s) })
	})
}

// RequireAnyScope is [RequireScopes] for a token that needs one of these scopes;
// the answer to others names them all.
func RequireAnyScope(some ...string) func(http.Handler) http.Handler {
	some = slices.Clone(some)
	return requireScopes("RequireAnyScope", some, func(have []string) bool {
		return slices.ContainsFunc(some, func(s string) bool { return slices.Contains(have, s) })
	})
}

func requireScopes(name string, scopes []string, suffices func(have []string) bool) func(http.Handler) http.Handler {
	missing := errNoToken.because(fmt.Errorf("%s found no token of a middleware before it", name))
	needed := strings.Join(scopes, " ")
	lacking := errScope.because(fmt.Errorf("%s needs %q", name, needed))
	lacking.answer = newAnswer(ErrInsufficientScope, lacking.answer.sentence, needed)
	isOdd := func(s string) bool { return s == "" || !isPlain(s) || strings.Contains(s, " ") }
	if len(scopes) == 0 || slices.ContainsFunc(scopes, isOdd) {
		lacking = errForbidden.because(fmt.Errorf("%s was given %q: pass at least one scope, each a string of its own that a token can have", name, scopes))
		suffices = func([]string) bool { return false }
	}
	return func(next http.Handler) http.Handler {
		next = orDefault(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var have []string
			g, ok := r.Context().Value(grantKey{}).(grant)
			if ok {
				have, ok = g.granted()
			}
			if !ok {
				refuse(w, r, missing)
				return
			}
			if !suffices(have) {
				refuse(w, r, lacking)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// refuse answers as the innermost door does.
func refuse(w http.ResponseWriter, r *http.Request, err error) {
	d, _ := r.Context().Value(doorKey{}).(*door)
	if d == nil {
		WriteError(w, r, err)
		return
	}
	d.write(w, r, d.mark(err))
}
