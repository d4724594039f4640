package jwthttp

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jwthttp/jwthttp/internal/jws"
	"github.com/jwthttp/jwthttp/internal/syntax"
	"github.com/jwthttp/jwthttp/internal/validate"
)

const (
	maxLeeway            = 5 * time.Minute
	defaultMaxTokenBytes = 8 << 10
	minMaxTokenBytes     = 64 // no signed token is shorter
	maxMaxTokenBytes     = 64 << 10
	maxCookieBytes       = 4 << 10
	defaultRemembered    = 4 << 10
	maxRemembered        = 1 << 20
)

// Options say what a [Middleware] accepts. The zero value makes every check: it wants a Bearer
// header with a token that expires and names no audience. New copies what it needs and changes
// nothing in it.
type Options struct {
	// Issuer is the iss that every token must carry, compared exactly:
	// "https://issuer.example.com/". If empty, any iss is accepted, or the one that the key is
	// bound to.
	Issuer string

	// Audience lists the names of this service in aud. A token must carry one of them, compared
	// exactly. If empty, and the key has no audience, a token that has an aud is refused, because
	// it is meant for another service (RFC 7519 section 4.1.3).
	Audience []string

	// AllowAnyAudience accepts tokens for other services. Lost: protection against a token that
	// was stolen at another service. It excludes Audience. The audiences of Key.WithIssuer stay
	// in force.
	AllowAnyAudience bool

	// Type is the typ that every token must have, such as "at+jwt" (RFC 9068), in any case and
	// with or without "application/". If empty, JWT, at+jwt and no typ are accepted.
	Type string

	// Types are like Type where there is more than one, and exclude it: exactly these are
	// accepted. "" in it accepts a token without typ.
	Types []string

	// AllowPadding accepts tokens whose segments all have the padding of base64 (RFC 4648 section
	// 4), as AWS load balancers write it in x-amzn-oidc-data. Lost: a token has one spelling.
	AllowPadding bool

	// Bindings are the ways in which a client proves that a token is its own: package dpop has one,
	// and package mtls. With any, a token must be bound. For each request, those are asked that the
	// members of its cnf name: so with both, a route takes tokens of either kind. A token that is
	// bound in another way is refused. [Middleware.Verify] sees no request, so it accepts no bound
	// token.
	//
	// The places of BearerHeader then take the schemes of Bindings too, such as DPoP, and a token
	// that is bound so may come in no other place.
	Bindings []Binding

	// AllowUnbound also accepts tokens without cnf, as Bearer tokens, while clients move to bound
	// ones. It needs Bindings. Lost: a stolen token of that kind works for whoever has it.
	AllowUnbound bool

	// AllowSenderConstrained accepts tokens with cnf (RFC 7800), which are bound to a key (DPoP,
	// mutual TLS), and verifies no proof. It excludes Bindings. Lost: the binding, unless a
	// [Check] of yours verifies it.
	AllowSenderConstrained bool

	// AllowNumericSubject accepts a sub that is a number: plain digits, 0 to 2^53-1. All of this
	// package sees the digits, such as "42". The field of the claims type is not converted, so
	// New refuses a type whose sub is a string. Lost: 42 and "42" are one subject.
	AllowNumericSubject bool

	// AllowMissingExpiry accepts tokens without exp. Lost: a limit for how long a stolen token
	// works.
	AllowMissingExpiry bool

	// Leeway is how far this clock may differ from the issuer's: 0 to 5 minutes.
	Leeway time.Duration

	// MaxAge is the longest accepted age of a token by its iat. iat must then be present and not
	// in the future. Leeway is added to it. 0 accepts any age.
	MaxAge time.Duration

	// Extractors are the only places where a token may be; BearerHeader() if empty. A request
	// with tokens in two of them is refused: see [FirstOf].
	Extractors []Extractor

	// TrustedOrigins are other origins whose pages may send requests that change state, with a
	// token that the browser adds by itself, such as a cookie. The cross-origin gate lets these
	// requests pass:
	//
	//   - those with GET, HEAD and OPTIONS, unless they open a WebSocket
	//   - those from the service's own origin, and from TrustedOrigins
	//   - those of a client that is not a browser: it sends neither Sec-Fetch-Site nor Origin
	//
	// The service's own origin is needed here only if a proxy changes the Host. Permitted and
	// prohibited:
	//
	//	https://app.example.com       permitted
	//	http://localhost:3000         permitted
	//	https://app.example.com/      prohibited: no path
	//	https://app.example.com:443   prohibited: no default port
	//	https://*.example.com         prohibited: no wildcard
	//
	// Browsers since 2023 send Sec-Fetch-Site, which tells an http page from an https page of the
	// same host. For older browsers Origin is compared with the Host without the default port. The
	// Host names no scheme: an http origin is refused where the connection is TLS, and passes where
	// a proxy has ended TLS. HTTP Strict Transport Security closes that.
	TrustedOrigins []string

	// AllowAnonymous calls the next handler when no token was sent, with no token in the context.
	// Lost: the certainty that a handler which runs has a user. A token that was sent must still
	// be good.
	AllowAnonymous bool

	// Realm is the name in challenges, "api" if empty: printable ASCII without quotes and
	// backslashes.
	Realm string

	// ChallengeScopes are the scopes that a client should ask for when it gets a token. The
	// challenge of every 401, and no other, names them (RFC 6750 section 3).
	ChallengeScopes []string

	// ResourceMetadata is the URL of this service's metadata (RFC 9728). Every challenge then
	// names it, so that a client finds out where to get a token. It is https, or http for
	// loopback. Package oauth serves it.
	ResourceMetadata string

	// ErrorHandler answers refused requests; [WriteError] if nil. It must write an answer, or
	// net/http sends a 200 with an empty body. It must keep the answer out of caches
	// (Cache-Control: no-store). It is called concurrently, with an error of a kind listed at
	// [ErrNoToken].
	ErrorHandler func(w http.ResponseWriter, r *http.Request, err error)

	// Logger gets the refusals of [Middleware.Handler] at Debug, and at Error what the operator
	// must mend, such as keys that are out of reach: each kind at most once a minute. A record
	// says what was wanted, what came and how to mend it. It holds no token and no secret. nil is
	// [slog.Default], asked for each record.
	Logger *slog.Logger

	// OnResult gets the result of every request of [Middleware.Handler], before the request is
	// answered, for metrics. If a guard inside refuses the request, OnResult is called again,
	// with Result.Guard. It is called concurrently, and the request waits for it. It does not get
	// a request whose check, key function or Binding panics.
	OnResult func(r *http.Request, res Result)

	// MaxTokenBytes is the size of the longest accepted token, in bytes: 8192 if 0, else from 64
	// to 65536. A token in a cookie has at most 4096, whatever this says. The header of a
	// token has at most 2 KiB and 32 members. The payload has at most 256 members, nested at most
	// 32 deep.
	MaxTokenBytes int

	// RememberSignatures is how many good signatures of public keys are remembered: 4096 if 0
	// (160 KiB when full), none if negative, at most 1048576. Set it to twice the tokens in use at
	// a time. A token that was seen already costs one hash. Key, time and claims are checked for
	// every request.
	RememberSignatures int
}

func (o *Options) checkNames() error {
	var errs []error
	if o.Type != "" && len(o.Types) > 0 {
		errs = append(errs, errors.New("Options.Type and Options.Types contradict each other: keep one"))
	}
	for _, typ := range o.Types {
		errs = append(errs, validate.Type("a string in Options.Types", typ, jws.MaxTypeBytes))
	}
	if slices.Contains(o.Audience, "") {
		errs = append(errs, errors.New("Options.Audience has an empty string: name the service, or leave it out"))
	}
	if o.AllowAnyAudience && len(o.Audience) > 0 {
		errs = append(errs, errors.New("Options.AllowAnyAudience and Options.Audience contradict each other: keep one"))
	}
	return errors.Join(append(errs,
		validate.Prefixed("Options.Issuer: ", validate.Names(o.Issuer, nil)),
		validate.Prefixed("Options.Audience: ", validate.Names("", o.Audience)),
		validate.Type("Options.Type", o.Type, jws.MaxTypeBytes))...)
}

func (o *Options) checkTimes() error {
	return errors.Join(
		validate.Duration("Options.Leeway", o.Leeway, maxLeeway, "0 to 5m"),
		validate.Duration("Options.MaxAge", o.MaxAge, math.MaxInt64, "0 for any age, or a positive one"))
}

func (o *Options) checkPlaces() error {
	var errs []error
	seen := map[Source]bool{}
	for _, place := range all(o.Extractors) {
		if err := place.check(); err != nil {
			errs = append(errs, err)
			continue
		}
		source := place.Source
		if name, ok := source.cut(inHeader); ok {
			source = inHeader + Source(strings.ToLower(name))
		}
		if seen[source] {
			errs = append(errs, fmt.Errorf("Options.Extractors has %s twice, so that each token there would count as two: keep one", place.Source))
		}
		seen[source] = true
	}
	for _, origin := range o.TrustedOrigins {
		errs = append(errs, validate.Origin("Options.TrustedOrigins", origin))
	}
	return errors.Join(errs...)
}

func (o *Options) checkAnswers() error {
	errs := []error{validate.Scopes("Options.ChallengeScopes", o.ChallengeScopes)}
	if !syntax.IsQuotable(o.Realm) {
		errs = append(errs, fmt.Errorf("Options.Realm is %q: use printable ASCII without quotes and backslashes", o.Realm))
	}
	if o.ResourceMetadata != "" {
		if _, err := syntax.CheckURL(o.ResourceMetadata, "https://api.example.com/.well-known/oauth-protected-resource"); err != nil {
			errs = append(errs, validate.Prefixed("Options.ResourceMetadata is not a URL that clients may be sent to: ", err))
		}
	}
	return errors.Join(errs...)
}

func (o *Options) checkLimits() error {
	var errs []error
	if o.MaxTokenBytes != 0 && (o.MaxTokenBytes < minMaxTokenBytes || o.MaxTokenBytes > maxMaxTokenBytes) {
		errs = append(errs, fmt.Errorf("Options.MaxTokenBytes is %d: use %d to %d, or 0 for %d", o.MaxTokenBytes, minMaxTokenBytes, maxMaxTokenBytes, defaultMaxTokenBytes))
	}
	if o.RememberSignatures > maxRemembered {
		errs = append(errs, fmt.Errorf("Options.RememberSignatures is %d: use at most %d, 0 for %d, or -1 for none", o.RememberSignatures, maxRemembered, defaultRemembered))
	}
	return errors.Join(errs...)
}

// checkBindings also returns the error for options that need Bindings, or exclude them.
func (o *Options) checkBindings() error {
	var errs []error
	if o.AllowUnbound && len(o.Bindings) == 0 {
		errs = append(errs, errors.New("Options.AllowUnbound needs Options.Bindings: name a Binding, or leave AllowUnbound out"))
	}
	if o.AllowSenderConstrained && len(o.Bindings) > 0 {
		errs = append(errs, errors.New("Options.AllowSenderConstrained and Options.Bindings contradict each other: keep Bindings, which verify what the other one passes over"))
	}
	schemes, err := validate.Bindings(o.Bindings)
	errs = append(errs, validate.Prefixed("Options.Bindings has ", err))
	if len(schemes) > 0 && len(o.Extractors) > 0 && !slices.ContainsFunc(all(o.Extractors), (*Extractor).takesSchemes) {
		errs = append(errs, fmt.Errorf("no token can come under the scheme %s of Options.Bindings: add BearerHeader() to Options.Extractors, which then reads that scheme too", schemes[0]))
	}
	return errors.Join(errs...)
}
