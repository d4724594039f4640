package dpop

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jwthttp/jwthttp/internal/jws"
	"github.com/jwthttp/jwthttp/internal/syntax"
	"github.com/jwthttp/jwthttp/internal/validate"
)

const (
	defaultMaxAge = time.Minute
	maxMaxAge     = 5 * time.Minute
	defaultLeeway = 10 * time.Second
	maxLeeway     = time.Minute

	exampleOrigin = "https://api.example.com"
)

// Options say which proofs are good. Origins is required.
type Options struct {
	// Origins are those that clients call this service by, such as https://api.example.com. An
	// origin has a path where a proxy takes one off. http is for loopback only.
	Origins []string

	// Algorithms are those of the proofs. If empty, they are ES256 and Ed25519, whose second name
	// EdDSA is always accepted too. PS, RS, ES384 and ES512 may be named besides. RSA keys have
	// 2048 to 4096 bits and an exponent of at most 65537, and cost more: see SECURITY.md.
	Algorithms []string

	// MaxAge is how old a proof may be: 1 minute if 0, at most 5 minutes. With Nonces, it is the
	// age of the nonce.
	MaxAge time.Duration

	// Leeway is by how much clocks may differ: 10 seconds if 0, at most 1 minute.
	Leeway time.Duration

	// Nonces, if not nil, are required in proofs. Then a proof cannot be made in advance, and the
	// clock of a client does not matter, if its proofs have neither exp nor nbf. A client has to
	// repeat its first request.
	//
	// Give Nonces to all instances at the same time. While some have none, a client whose clock is
	// more than a minute ahead may use a proof once at each kind. With one Memory for both, Leeway
	// counts in place of the minute.
	Nonces *Nonces

	// Replays remembers used proofs. If nil, that is NewMemory(0), for this process alone. A Memory
	// keeps a proof for MaxAge and twice the Leeway. Any other store keeps it for the longest that
	// these can be, 7 minutes, so that its instances may have different ones.
	//
	// Middlewares in one chain need the same Verifier: a second one with this store takes each proof
	// for a replay.
	Replays Store

	// AllowReplays accepts a proof again until it is too old. Who reads a request can then repeat
	// it for that long, at any instance.
	AllowReplays bool
}

// An origin is how clients call the service.
type origin struct {
	base   string // in its normal form, such as https://api.example.com
	prefix string // of the path, without the slash at its end; usually ""
}

// New returns a verifier of proofs. The error says what is wrong with the options and how to mend
// it. opts and its slices may be changed afterwards.
func New(opts Options) (*Verifier, error) {
	v := &Verifier{member: "jkt", maxAge: opts.MaxAge, leeway: opts.Leeway, nonces: opts.Nonces, replays: opts.Replays, workspace: jws.NewWorkspace(0)}
	v.scratch.New = func() any { return new(scratch) }
	if v.maxAge == 0 {
		v.maxAge = defaultMaxAge
	}
	if v.leeway == 0 {
		v.leeway = defaultLeeway
	}
	errs := []error{
		validate.Duration("Options.MaxAge", opts.MaxAge, maxMaxAge, "a positive one of at most 5 minutes, or 0 for 1 minute"),
		validate.Duration("Options.Leeway", opts.Leeway, maxLeeway, "a positive one of at most 1 minute, or 0 for 10 seconds"),
	}
	if len(opts.Origins) == 0 {
		errs = append(errs, fmt.Errorf("Options.Origins is empty: name the origin that clients call, such as %s", exampleOrigin))
	}
	for _, raw := range opts.Origins {
		base, prefix, err := syntax.ParseOrigin(raw, exampleOrigin)
		v.origins, errs = append(v.origins, origin{base, prefix}), append(errs, validate.Prefixed("Options.Origins: ", err))
	}
	names := opts.Algorithms
	if len(names) == 0 {
		names = []string{jws.ES256, jws.EdDSA}
	}
	for _, name := range names {
		errs = append(errs, v.add(name))
	}
	memory, isMemory := opts.Replays.(*Memory)
	if v.keep = v.maxAge + 2*v.leeway; opts.Replays != nil && !isMemory {
		v.keep = maxMaxAge + 2*maxLeeway // another instance may have other options
	}
	switch {
	case opts.Nonces != nil && opts.Nonces.secrets == nil:
		errs = append(errs, errors.New("Options.Nonces has no secret: make it with NewNonces, and check its error"))
	case opts.AllowReplays && opts.Replays != nil:
		errs = append(errs, errors.New("Options has Replays and AllowReplays: leave one of them out"))
	case opts.AllowReplays:
	case opts.Replays == nil:
		own, err := NewMemory(0)
		v.replays, errs = own, append(errs, err)
	case validate.IsNil(opts.Replays), isMemory && memory.shards == nil:
		errs = append(errs, errors.New("Options.Replays is nil or empty: make the store first, and check the error of what made it"))
	}
	if err := validate.Prefixed("dpop: ", errors.Join(errs...)); err != nil {
		return nil, err
	}
	return v, nil
}

// add adds an algorithm under all of its names.
func (v *Verifier) add(name string) error {
	canonical := jws.Canonical(name)
	switch {
	case jws.IsSymmetric(canonical):
		return fmt.Errorf("Options.Algorithms has %q, whose key is a secret that a proof would show: use ES256", name)
	case !jws.IsAlgorithm(canonical):
		return fmt.Errorf("Options.Algorithms has %.40q, which is not an algorithm here: use ES256, Ed25519, PS256 or their like", name)
	case slices.Contains(v.algorithms, canonical):
		return nil
	}
	if canonical == jws.EdDSA {
		v.algorithms = append(v.algorithms, "Ed25519") // RFC 9864
	}
	v.algorithms = append(v.algorithms, canonical)
	return nil
}
