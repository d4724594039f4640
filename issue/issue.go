// Package issue makes the tokens that your own middleware accepts. What signs and what verifies is
// written once, so it cannot differ:
//
//	iss, err := issue.New[Claims](issue.Options{Lifetime: time.Hour}, issue.HS256(secret))
//	if err != nil {
//		log.Fatal(err) // says what to mend
//	}
//	auth, err := jwthttp.New[Claims](iss, iss.Options())
//	if err != nil {
//		log.Fatal(err)
//	}
//	token, expires, err := iss.Token(ctx, Claims{Subject: "alice"})
//
// Token and expires fit the Set of package cookie.
//
// With [NewKey] others can verify the tokens without a secret. [Issuer.JWKS] and [Issuer.Metadata]
// publish the public keys, which package jwks and other libraries fetch. A key is replaced by a
// successor with [Key.From], and no token is refused in between. [Directory] reads keys from files.
package issue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/internal/logtext"
	"github.com/jwthttp/jwthttp/internal/reason"
	"github.com/jwthttp/jwthttp/internal/syntax"
	"github.com/jwthttp/jwthttp/internal/validate"
)

const (
	defaultLifetime = 15 * time.Minute
	maxLifetime     = 24 * time.Hour
)

// Options say what is the same in all tokens of an [Issuer]. The zero value makes tokens of 15
// minutes without iss and aud.
type Options struct {
	// Issuer is the iss of the tokens, "" for none. It is the URL of this service if others fetch
	// the keys: see [Issuer.Metadata].
	Issuer string

	// Audience is the aud of the tokens: the services that they are for. A token without audience
	// has no aud.
	Audience []string

	// Lifetime is from iat to exp: 15 minutes if 0, else from 1 second to 24 hours. exp is in whole
	// seconds, rounded down, and so is a Lifetime with a fraction.
	Lifetime time.Duration

	// Type is the typ of the tokens, such as "at+jwt" (RFC 9068). It is "JWT" if empty, and then
	// the middleware has no rule of its own for it.
	Type string

	// Bindings are those of the middleware. If there are any, the claims of each token must have
	// a cnf with the thumbprint of the client's key, for one of them.
	Bindings []jwthttp.Binding

	// Logger gets what the operator must mend, such as a [Directory] that cannot be read. nil is
	// [slog.Default], asked for each record. Nothing secret is logged.
	Logger *slog.Logger
}

// An Issuer makes tokens, and is the [jwthttp.KeySource] that verifies them. Make one with [New].
// It is safe for concurrent use. The zero Issuer makes no token, and is a key source without keys.
type Issuer[C any] struct {
	core core
	own  *jwthttp.Middleware[C] // which verifies what was made
}

// A core is what an Issuer is without the claims type.
type core struct {
	opts    Options
	fixed   []fixed
	members []string // of cnf, one for each Binding
	ring    *ring
}

// New returns an issuer of tokens with claims C, which is the type of the middleware's claims. keys
// are one that signs, and its predecessors and successors: see [Key.From]. The error names
// everything that is wrong at once, each with how to mend it.
func New[C any](opts Options, keys ...Key) (*Issuer[C], error) {
	opts.Audience, opts.Bindings = slices.Clone(opts.Audience), slices.Clone(opts.Bindings)
	errLifetime := validate.Duration("Options.Lifetime", opts.Lifetime, maxLifetime, "1s to 24h, or 0 for 15m")
	if errLifetime == nil && opts.Lifetime > 0 && opts.Lifetime < time.Second {
		errLifetime = fmt.Errorf("Options.Lifetime is %v: use 1s to 24h, or 0 for 15m", opts.Lifetime)
	}
	opts.Lifetime = cmp.Or(opts.Lifetime, defaultLifetime)
	ring, errKeys := newRing(keys, &opts, cmp.Or(syntax.BareType(opts.Type), "JWT"))
	iss := &Issuer[C]{core: core{opts: opts, ring: ring, fixed: fixedClaims(&opts)}}
	_, errOptions := jwthttp.New[C](iss, iss.Options())
	// Under Bindings, Verify accepts no bound token, because no request proves the key.
	check := iss.Options()
	check.RememberSignatures, check.AllowSenderConstrained, check.Bindings = -1, len(opts.Bindings) > 0, nil
	own, errOwn := jwthttp.New[C](iss, check)
	if errOptions == nil {
		errOptions = errOwn
	}
	errs := []error{errKeys, errLifetime}
	if errOptions == nil {
		errs = append(errs, fits[C](iss.core.fixed))
	}
	if errOptions != nil {
		for line := range strings.SplitSeq(errOptions.Error(), "\n") { // one for each error; they are these Options too
			errs = append(errs, errors.New(strings.TrimPrefix(line, "jwthttp: ")))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, validate.Prefixed("issue: ", err)
	}
	for _, b := range opts.Bindings {
		iss.core.members = append(iss.core.members, b.Member())
	}
	iss.own = own
	return iss, nil
}

// Options returns the options of a middleware that accepts the tokens: Issuer, Audience, Type and
// Bindings. You may set further fields, such as Extractors.
func (iss *Issuer[C]) Options() jwthttp.Options {
	o := &iss.core.opts
	return jwthttp.Options{Issuer: o.Issuer, Audience: slices.Clone(o.Audience), Type: o.Type, Bindings: slices.Clone(o.Bindings)}
}

// Keys returns the keys that may verify a token with header h, as a [jwthttp.KeySource] does. If there
// is none, it returns all keys, which a log then names.
func (iss *Issuer[C]) Keys(ctx context.Context, h jwthttp.TokenHeader) ([]jwthttp.Key, error) {
	if iss.own == nil {
		return nil, errEmpty
	}
	s := iss.core.ring.at(ctx, time.Now())
	if keys, err := s.accepted.Keys(ctx, h); len(keys) > 0 || err != nil {
		return keys, err
	}
	return s.all, nil
}

// Issuer returns Options.Issuer, so that [jwthttp.New] refuses another one.
func (iss *Issuer[C]) Issuer() string { return iss.core.opts.Issuer }

// Lifetime returns Options.Lifetime, or what it is by default.
func (iss *Issuer[C]) Lifetime() time.Duration { return iss.core.opts.Lifetime }

// A Claim is one that the claims type does not have, such as sid or auth_time. It may have a field
// for it that is zero, or has the same value. The value is one that encoding/json can encode.
type Claim struct {
	Name  string
	Value any
}

// Token returns a token with claims, and the time of its exp. It sets these claims:
//
//   - iss and aud: those of [Options]
//   - iat: now, in whole seconds
//   - exp: Lifetime from now. An exp of the claims that is earlier is kept.
//   - jti: random. A jti of the claims is kept.
//
// Claims that contradict are an error: another iss or aud, an iat that is not of the last minute, an
// exp that is later or over. Some values of the registered claims (RFC 7519 section 4.1) and of cnf
// count as absent: "", 0, null, [], the zero [jwt.NumericDate] and a UUID of zeros. claims are encoded
// as by encoding/json, and more is added to them; texts that are not UTF-8 are an error.
//
// Token verifies what it has made, as a middleware with [Issuer.Options] as they are: a numeric sub, a
// token that is too large, a Validate that fails. There is either a token or an error:
//
//   - An error that wraps [jwthttp.ErrUnavailable] says that the signer failed, or that ctx ended
//     before it signed.
//   - Any other error is one of the claims, and wraps [jwthttp.ErrMisconfigured].
//
// So [jwthttp.WriteError] answers 503 and 500. No error holds a token.
func (iss *Issuer[C]) Token(ctx context.Context, claims C, more ...Claim) (token string, expires time.Time, err error) {
	if iss.own == nil {
		return "", time.Time{}, errEmpty
	}
	token, expires, err = iss.core.make(ctx, &claims, more) // with a MarshalJSON of the pointer
	if err != nil {
		return "", time.Time{}, err
	}
	if _, err := iss.own.Verify(ctx, token); err != nil {
		return "", time.Time{}, refusal(err)
	}
	return token, expires, nil
}

var errEmpty = &failure{jwthttp.ErrMisconfigured, "the Issuer is empty: make it with New, and check its error", nil}

// make returns a token that is not verified yet.
func (c *core) make(ctx context.Context, claims any, more []Claim) (token string, expires time.Time, err error) {
	now := time.Now()
	text, expires, err := c.payload(claims, more, now)
	if err != nil {
		return "", time.Time{}, &failure{jwthttp.ErrMisconfigured, logtext.Cut(err.Error()), []error{foreign{err}}}
	}
	s := c.ring.at(ctx, now)
	if err = ctx.Err(); err == nil {
		input := s.header + encode(text)
		var signature string
		if signature, err = s.signs.signer.Sign(ctx, input); err == nil {
			return input + "." + signature, expires, nil
		}
	}
	return "", time.Time{}, &failure{jwthttp.ErrUnavailable, "no token could be signed: " + logtext.Cut(err.Error()), []error{foreign{err}}}
}

// refusal returns the error for a token that the middleware refuses. It is not of the kind that a
// client's token gets.
func refusal(err error) error {
	f := &failure{kind: jwthttp.ErrMisconfigured, text: "the middleware would refuse the token, so change its claims, and not options of the middleware: " + strings.TrimPrefix(err.Error(), jwthttp.ErrInvalidToken.Error()+": ")}
	if errors.Is(err, jwthttp.ErrUnavailable) {
		f.kind = jwthttp.ErrUnavailable
	}
	if r, ok := err.(interface{ Self() *reason.Reason }); ok {
		switch r.Self() {
		case reason.Signature:
			return &failure{jwthttp.ErrUnavailable, "the signer's signature does not verify: have its Public and its Sign use the same key", nil}
		case reason.Expired:
			return &failure{jwthttp.ErrUnavailable, "the token expired before it was signed: use a faster signer, or a longer Lifetime", nil}
		case reason.UnknownKey:
			return &failure{jwthttp.ErrUnavailable, "the key was taken out of the directory while it signed: leave it there until its tokens are over", nil}
		}
	}
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		for _, cause := range several.Unwrap() {
			f.causes = append(f.causes, foreign{cause})
		}
	}
	return f
}

// A failure is why there is no token.
type failure struct {
	kind   error
	text   string
	causes []error
}

func (f *failure) Error() string   { return "issue: " + f.text }
func (f *failure) Unwrap() []error { return append([]error{f.kind}, f.causes...) }

// A foreign error has no kind by errors.Is: the failure around it has its own.
type foreign struct{ error }

func (e foreign) Is(target error) bool { return !reason.IsKind(target) && errors.Is(e.error, target) }
func (e foreign) As(target any) bool   { return errors.As(e.error, target) }
