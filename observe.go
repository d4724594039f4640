package jwthttp

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/jwthttp/jwthttp/internal/logtext"
	"github.com/jwthttp/jwthttp/internal/reason"
)

// An observer tells OnResult and the log what a middleware and its guards decide. It computes
// nothing for a level that is off.
type observer struct {
	onResult func(r *http.Request, res Result)
	logger   *slog.Logger // nil is slog.Default()

	keysAreDown, otherIsDown logtext.Limit
}

// passed reports a request that goes on to the next handler. onResult is set.
func (o *observer) passed(r *http.Request, l *learned, isAnonymous bool, start time.Time) {
	res := l.result()
	if isAnonymous {
		res.Outcome, res.Reason = "anonymous", reason.NoToken.Word
	}
	res.Duration = time.Since(start)
	o.onResult(r, res)
}

// refused reports a request that was refused by the middleware.
func (o *observer) refused(r *http.Request, f *failure, l *learned, start time.Time) {
	var took time.Duration
	if o.onResult != nil {
		took = time.Since(start)
	}
	limit := &o.otherIsDown
	if l.token.key.material == nil {
		limit = &o.keysAreDown
	}
	o.report(r, f, "", limit, func() Result {
		res := l.result()
		res.Duration = took
		return res
	})
}

// report tells of a refusal by a guard, or by the middleware if guard is "". If it is not the
// client's fault, limit says whether it is logged. what returns all of the result that f does not
// say.
func (o *observer) report(r *http.Request, f *failure, guard string, limit *logtext.Limit, what func() Result) {
	ctx, logger := r.Context(), logtext.OrDefault(o.logger)
	isOurs := f.Err == ErrUnavailable && !errors.Is(ctx.Err(), context.Canceled)
	if isOurs {
		attrs := append(make([]slog.Attr, 0, 4), slog.Any("err", f))
		if guard != "" {
			attrs = append(attrs, slog.String("guard", guard))
		}
		limit.Log(ctx, logger, slog.LevelError, "jwthttp: tokens cannot be checked", append(attrs, section(f.Word))...)
	}
	isLogged := !isOurs && f.Err != ErrMisconfigured && logger.Enabled(ctx, slog.LevelDebug)
	if !isLogged && o.onResult == nil {
		return
	}
	res := what()
	res.Outcome, res.Reason, res.Guard, res.Err = "refused", f.Word, guard, f
	if f.Err == ErrUnavailable {
		res.Outcome = "unavailable"
		if !isOurs {
			res.Reason = reason.Canceled
		}
	}
	if isLogged {
		logger.LogAttrs(ctx, slog.LevelDebug, "jwthttp: a request was refused", append(res.attrs(), section(res.Reason))...)
	}
	if o.onResult != nil {
		o.onResult(r, res)
	}
}

// section names where the documentation explains a reason.
func section(word string) slog.Attr { return slog.String("see", "docs/refusals.md#"+word) }
