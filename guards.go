package jwthttp

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/jwthttp/jwthttp/internal/guardhook"
	"github.com/jwthttp/jwthttp/internal/logtext"
	"github.com/jwthttp/jwthttp/internal/reason"
	"github.com/jwthttp/jwthttp/internal/syntax"
)

// Require returns a guard for handlers inside a [Middleware] for C: auth.Handler(guard(handler)).
// allow decides by the verified claims. It is called concurrently, and the client does not see
// its error. The error handler of the innermost middleware outside of the guard answers what is
// refused. Without one, [WriteError] does. The answers are:
//   - An error of allow is a 403, and [errors.Is] finds it. It is a 503 if it wraps
//     [ErrUnavailable], [context.DeadlineExceeded] or [context.Canceled].
//   - A request without a token, which AllowAnonymous lets pass, is a 401.
//   - These are faults of the program: a guard that is not inside a middleware for exactly C, and
//     a nil allow. Every request gets a 500 ([ErrMisconfigured]). The log gets a record at Error,
//     once a minute for each call of Require.
func Require[C any](allow func(C) error) func(http.Handler) http.Handler {
	if allow == nil {
		return requireRule[C]("Require", nil)
	}
	return requireRule("Require", func(_ *http.Request, claims C) error { return allow(claims) })
}

// RequireRequest is like [Require], and allow sees the request too, such as the tenant in
// r.PathValue("tenant"). Path values are those of the [http.ServeMux] that the guard is inside of.
// Outside of it they are "", which equals a claim that is absent: refuse an empty claim. allow must
// not change r, nor read its body.
func RequireRequest[C any](allow func(r *http.Request, claims C) error) func(http.Handler) http.Handler {
	return requireRule("RequireRequest", allow)
}

func requireRule[C any](kind string, allow func(*http.Request, C) error) func(http.Handler) http.Handler {
	claims := reflect.TypeFor[C]()
	name := kind + "[" + logtext.Name(claims.String()) + "]"
	if allow == nil {
		return unfitGuard(name, fmt.Errorf("%s was given no rule: pass a function", name))
	}
	missing := because(reason.NoToken, fmt.Errorf("%s needs one", name))
	return newGuard(name, func(r *http.Request) (refusedToken, error) {
		token, inside := r.Context().Value(tokenKey[C]{}).(*Token[C])
		if !inside {
			return nil, misplaced(r.Context(), name, claims)
		}
		if token == nil {
			return nil, missing
		}
		if err := allow(r, token.Claims); err != nil {
			return token, orUnavailable(reason.Forbidden, err)
		}
		return nil, nil
	})
}

// RequireScopes returns a guard for handlers inside a [Middleware] for any claims type: a token
// needs all of these scopes, as [Token.Scopes] finds them. To others the answer is a 403 that
// names the scopes (RFC 6750 section 3.1). All else is as with [Require]. These are faults of the
// program too: no scope, and a scope that is not a scope-token (RFC 6749 section 3.3: printable
// ASCII without spaces, quotes and backslashes).
func RequireScopes(all ...string) func(http.Handler) http.Handler {
	all = slices.Clone(all)
	return requireScopes("RequireScopes", "and", all, func(token scoped) bool {
		return !slices.ContainsFunc(all, func(s string) bool { return !token.hasScope(s) })
	})
}

// RequireAnyScope is like [RequireScopes], but one of these scopes is enough. The answer to other
// tokens names all of them.
func RequireAnyScope(some ...string) func(http.Handler) http.Handler {
	some = slices.Clone(some)
	return requireScopes("RequireAnyScope", "or", some, func(token scoped) bool {
		return slices.ContainsFunc(some, func(s string) bool { return token.hasScope(s) })
	})
}

func requireScopes(name, conjunction string, scopes []string, suffices func(scoped) bool) func(http.Handler) http.Handler {
	if len(scopes) == 0 || slices.ContainsFunc(scopes, func(s string) bool { return !syntax.IsWord(s) }) {
		return unfitGuard(name, fmt.Errorf("%s was given %q: pass at least one scope, each as an argument of its own", name, scopes))
	}
	needed := strings.Join(scopes, " ")
	lacking := reason.Scope.WithScope(needed, fmt.Sprintf(`%s needs "%s"`, name, strings.Join(scopes, `" `+conjunction+` "`)))
	return requireToken(name, fmt.Sprintf("%s for %.80q", name, needed), func(token scoped) error {
		if suffices(token) {
			return nil
		}
		return lacking
	})
}

// For package oauth, which knows what a login must be, and for module grpcauth.
var _ = guardhook.Set(func(name string, fault error, r *reason.Reason, accept func(guardhook.Login) error) func(http.Handler) http.Handler {
	if fault != nil {
		return unfitGuard(name, fault)
	}
	return requireToken(name, name, func(token scoped) error {
		if err := accept(token.login()); err != nil {
			return because(r, err)
		}
		return nil
	})
})

// requireToken returns a guard for tokens of any claims type. where names it in an error.
func requireToken(name, where string, accept func(scoped) error) func(http.Handler) http.Handler {
	missing := because(reason.NoToken, fmt.Errorf("%s needs one", name))
	return newGuard(name, func(r *http.Request) (refusedToken, error) {
		token, inside := r.Context().Value(scopedKey{}).(scoped)
		switch {
		case !inside:
			return nil, outside(where)
		case !token.hasToken():
			return nil, missing
		}
		return token, accept(token)
	})
}

// A refusedToken is the token that a guard has refused.
type refusedToken interface{ tokenResult(*attempt) Result }

// newGuard returns a guard that refuses what decide has an error for. decide also returns the
// token that it has refused, nil if there is none.
func newGuard(name string, decide func(*http.Request) (refusedToken, error)) func(http.Handler) http.Handler {
	var records logtext.Limit
	return func(next http.Handler) http.Handler {
		if next == nil {
			next = http.DefaultServeMux
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			token, err := decide(r)
			if err == nil {
				next.ServeHTTP(w, r)
				return
			}
			refuse(w, r, name, token, err, &records)
		})
	}
}

// refuse answers and reports as the innermost middleware does. What is not the client's fault is
// logged within a limit.
func refuse(w http.ResponseWriter, r *http.Request, name string, token refusedToken, err error, limit *logtext.Limit) {
	at, inside := r.Context().Value(attemptKey{}).(*attempt)
	if f, ok := err.(*failure); ok && f.Err == ErrMisconfigured {
		var logger *slog.Logger
		if inside {
			logger = at.observer.logger
		}
		attrs := append(make([]slog.Attr, 0, 4), slog.Any("err", f))
		if r.Pattern != "" {
			attrs = append(attrs, slog.String("pattern", r.Pattern))
		}
		limit.Log(r.Context(), logger, slog.LevelError, "jwthttp: a guard is misconfigured", append(attrs, section(f.Word))...)
	}
	if !inside {
		WriteError(w, r, err)
		return
	}
	f := (&learned{at: at}).failure(err, nil)
	if inner, ok := token.(detailer); ok && f.Err == ErrInsufficientScope {
		f.inner = inner
	}
	at.observer.report(r, f, name, limit, func() Result {
		if token == nil {
			return Result{}
		}
		return token.tokenResult(at)
	})
	at.write(w, r, f)
}

// unfitGuard returns the guard that could not be made as it was asked for.
func unfitGuard(name string, cause error) func(http.Handler) http.Handler {
	err := because(reason.Misconfigured, cause)
	return newGuard(name, func(*http.Request) (refusedToken, error) { return nil, err })
}

// misplaced returns the failure of a guard that is inside no middleware for claims.
func misplaced(ctx context.Context, name string, claims reflect.Type) error {
	token, inside := ctx.Value(scopedKey{}).(scoped)
	if !inside {
		return outside(name)
	}
	found := logtext.Name(token.claimsType().String())
	if found == logtext.Name(claims.String()) {
		found = "another type of this name" // of another package, or of a function
	}
	return because(reason.Misconfigured, fmt.Errorf("%s is only inside a middleware for %s: make both for the same claims type, or put the guard inside one for its own", name, found))
}

// outside returns the failure of a guard that is inside no middleware.
func outside(name string) error {
	return because(reason.Misconfigured, fmt.Errorf("%s is outside of every middleware: put it inside one, as in auth.Handler(guard(handler))", name))
}
