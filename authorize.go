package jwthttp

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
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
		allow = func(C) error { return errors.New("jwthttp: Require was given no rule") }
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

// refuse answers as the innermost door does.
func refuse(w http.ResponseWriter, r *http.Request, err error) {
	d, _ := r.Context().Value(doorKey{}).(*door)
	if d == nil {
		WriteError(w, r, err)
		return
	}
	d.write(w, r, d.mark(err))
}
