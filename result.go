package jwthttp

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jwthttp/jwthttp/internal/logtext"
	"github.com/jwthttp/jwthttp/internal/reason"
	"github.com/jwthttp/jwthttp/internal/tokenjson"
)

// A Result says what a [Middleware] decided on a request, for [Options].OnResult. It holds
// nothing secret, and prints well with log/slog. Outcome, Reason, Source and Algorithm have few
// values, so they suit labels of metrics.
type Result struct {
	// Outcome is "accepted", "anonymous" (no token, under AllowAnonymous), "refused" or
	// "unavailable" (503).
	Outcome string

	// Reason says why the request was not accepted, "" if it was:
	//   - no_token, two_credentials, malformed_credential, cross_origin
	//   - malformed_token, token_too_large, header, type, unknown_key, signature
	//   - claims, missing_claim, sender_constrained, issuer, audience, not_yet_valid, expired
	//   - check, also for a Validate method
	//   - unavailable, or canceled if the client had given up by then
	Reason string

	Err        error         // nil if accepted or anonymous; its text is for logs
	Source     Source        // the place of the token; "" if none was found
	Algorithm  string        // verified, as the next three are; "" if the signature is not good
	KeyID      string        // kid
	Issuer     string        // iss; "" also if the claims could not be read
	Remembered bool          // the signature was known to be good
	Duration   time.Duration // of the decision, with key look-up and checks
}

// learned is what a decision has found out, whatever its end.
type learned struct {
	source Source          // "" if no token was found
	token  openedToken     // zero if the signature did not verify
	facts  tokenjson.Facts // zero if the claims could not be read
}

// result returns how a request fared whose decision ended with err.
func (l *learned) result(ctx context.Context, err error, allowAnonymous bool) Result {
	res := Result{
		Outcome:    "accepted",
		Source:     l.source,
		Algorithm:  l.token.header.Algorithm,
		KeyID:      l.token.header.KeyID,
		Issuer:     l.facts.Issuer(),
		Remembered: l.token.remembered,
	}
	if err == nil {
		return res
	}
	f := failureOf(err)
	res.Outcome, res.Reason, res.Err = "refused", f.Word, err
	switch {
	case err == error(reason.NoToken) && allowAnonymous:
		res.Outcome, res.Err = "anonymous", nil
	case f.Err == ErrUnavailable:
		res.Outcome = "unavailable"
		if errors.Is(ctx.Err(), context.Canceled) {
			res.Reason = reason.Canceled
		}
	}
	return res
}

// LogValue leaves out what is empty, for log/slog, and cuts an iss at 256 bytes.
func (res Result) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("outcome", res.Outcome)}
	for _, a := range []slog.Attr{
		slog.String("reason", res.Reason), slog.String("source", string(res.Source)), slog.String("alg", res.Algorithm),
		slog.String("kid", res.KeyID), slog.String("iss", logtext.Cut(res.Issuer)),
	} {
		if a.Value.String() != "" {
			attrs = append(attrs, a)
		}
	}
	if res.Err != nil {
		attrs = append(attrs, slog.String("err", res.Err.Error()))
	}
	attrs = append(attrs, slog.Bool("remembered", res.Remembered), slog.Duration("duration", res.Duration))
	return slog.GroupValue(attrs...)
}
