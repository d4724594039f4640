package jwthttp

import (
	"log/slog"
	"strings"
	"time"

	"github.com/jwthttp/jwthttp/internal/logtext"
	"github.com/jwthttp/jwthttp/internal/tokenjson"
)

// A Result says what a [Middleware] decided on a request, for [Options].OnResult. It holds
// nothing secret, and prints well with log/slog. Outcome, Reason, Guard, Source and Algorithm
// have few values, so they suit labels of metrics.
type Result struct {
	// Outcome is "accepted", "anonymous" (no token, under AllowAnonymous), "refused" or
	// "unavailable" (503).
	Outcome string

	// Reason says why the request was not accepted, "" if it was. docs/refusals.md has a section
	// for each:
	//   - no_token, two_credentials, malformed_credential, cross_origin
	//   - malformed_token, token_too_large, header, type, unknown_key, signature
	//   - claims, missing_claim, sender_constrained, issuer, audience, not_yet_valid, expired
	//   - confirmation, unbound, scheme, proof, nonce, possession: of Bindings
	//   - check, also for a Validate method
	//   - unavailable, or canceled if the client had given up by then
	//   - forbidden, insufficient_scope, insufficient_user_authentication, misconfigured: of a guard
	Reason string

	// Guard names the guard inside the middleware that refused the request, such as
	// "RequireScopes". The middleware had accepted it, and OnResult was called before: to count
	// requests, leave out the results with a Guard.
	Guard string

	Err        error         // nil if accepted or anonymous; its text is for logs
	Source     Source        // the place of the token; "" if none was found
	Algorithm  string        // verified, as KeyID, Issuer and Subject are; "" if the signature is not good
	KeyID      string        // kid
	Issuer     string        // iss; "" also if the claims could not be read
	Subject    string        // sub; likewise
	Binding    string        // what the Bindings bind the token to: "jkt", "x5t#S256", both; "" if anybody may use it
	Remembered bool          // the signature was known to be good
	Duration   time.Duration // of the decision, with key look-up and checks

	// Unverified is what a token says whose signature did not verify. Anybody may have written
	// it. It is zero for other tokens.
	Unverified struct {
		Segments  int    // that dots separate: 3 for a signed token, 5 for an encrypted one
		Algorithm string // alg
		KeyID     string // kid
		Type      string // typ
		Issuer    string // iss, at most 256 bytes
	}
}

// learned is what a decision has found out, whatever its end.
type learned struct {
	at       *attempt         // under which scheme the token came
	source   Source           // "" if no token was found
	isCookie bool             // it was in one, whatever the name of its source
	token    openedToken      // verified if it has a key
	facts    *tokenjson.Facts // nil if the claims could not be read

	size, limit, segments int // of a token that could not be opened, in bytes
}

// result returns what was learned.
func (l *learned) result() Result {
	res := Result{Outcome: "accepted", Source: l.source}
	if h := l.token.header; l.token.key.material != nil {
		res.Algorithm, res.KeyID, res.Remembered = h.Algorithm, h.KeyID, l.token.remembered
		if l.facts != nil { // copies, so that a result does not keep the payload in memory
			res.Issuer, res.Subject = strings.Clone(l.facts.Issuer()), strings.Clone(l.facts.Subject())
			res.Binding = l.at.boundBy(l.facts.Confirmation())
		}
	} else {
		u := &res.Unverified
		u.Segments, u.Algorithm, u.KeyID, u.Type, u.Issuer = l.segments, h.Algorithm, h.KeyID, h.Type, l.token.unverified.issuer()
	}
	return res
}

// LogValue leaves out what is empty, for log/slog. What a token says is cut at 256 bytes and on
// one line.
func (res Result) LogValue() slog.Value {
	return slog.GroupValue(append(res.attrs(), slog.Bool("remembered", res.Remembered), slog.Duration("duration", res.Duration))...)
}

func (res Result) attrs() []slog.Attr {
	u := res.Unverified
	attrs := []slog.Attr{slog.String("outcome", res.Outcome)}
	add := func(attrs []slog.Attr, key, value string) []slog.Attr {
		if value == "" {
			return attrs
		}
		return append(attrs, slog.String(key, logtext.Cut(value)))
	}
	for _, a := range [...][2]string{
		{"reason", res.Reason}, {"guard", res.Guard}, {"source", string(res.Source)}, {"alg", res.Algorithm},
		{"kid", res.KeyID}, {"iss", res.Issuer}, {"sub", res.Subject}, {"binding", res.Binding},
	} {
		attrs = add(attrs, a[0], a[1])
	}
	var unverified []slog.Attr
	if u.Segments > 0 {
		unverified = append(unverified, slog.Int("segments", u.Segments))
	}
	for _, a := range [...][2]string{{"alg", u.Algorithm}, {"kid", u.KeyID}, {"typ", u.Type}, {"iss", u.Issuer}} {
		unverified = add(unverified, a[0], a[1])
	}
	if unverified != nil {
		attrs = append(attrs, slog.Attr{Key: "unverified", Value: slog.GroupValue(unverified...)})
	}
	if res.Err != nil {
		attrs = append(attrs, slog.String("err", res.Err.Error()))
	}
	return attrs
}
