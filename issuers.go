package jwthttp

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/jwthttp/jwthttp/internal/jws"
	"github.com/jwthttp/jwthttp/internal/reason"
	"github.com/jwthttp/jwthttp/internal/validate"
)

const maxIssuerBytes = 256

// Issuers are the issuers that a service trusts, each with the source of its keys, such as a
// source of package jwks:
//
//	jwthttp.Issuers{"https://a.example.com": sourceA, "https://b.example.com/": sourceB}
//
// A token is verified with the keys of the issuer in its iss, compared exactly. A token of any
// other issuer is refused (401): nothing in a token adds to this set. A key that is not bound to
// an issuer by [Key.WithIssuer] is bound to the one in this map. The audiences of one issuer's
// tokens belong to its keys: set them by WithIssuer, or in the options of package jwks.
// [Options].Audience holds for all of them.
//
// [New] copies the map. An empty map, a nil source, and a name that is empty or longer than 256
// bytes are errors.
type Issuers map[string]KeySource

// Keys asks the source of the issuer that the token names. If it has to bind keys, it returns
// only those that may verify the token.
func (s Issuers) Keys(ctx context.Context, h TokenHeader) ([]Key, error) {
	issuer := h.UnverifiedIssuer()
	source := s[issuer]
	if source == nil {
		return nil, reason.UnknownIssuer
	}
	keys, err := source.Keys(ctx, h)
	if err != nil || !slices.ContainsFunc(keys, Key.isFree) {
		return keys, err
	}
	if slices.ContainsFunc(keys, func(k Key) bool { return k.Err() != nil }) {
		return keys, nil // one unfit key makes all of them useless
	}
	keys = eligible(keys, h)
	if len(keys) > maxKeys {
		return nil, errTooManyKeys
	}
	bound := make([]Key, len(keys))
	for i, k := range keys {
		bound[i] = k.bindTo(issuer)
	}
	return bound, nil
}

// isFree reports whether k is bound to no issuer.
func (k Key) isFree() bool { return k.material != nil && k.material.sender.Issuer == "" }

func (k Key) bindTo(issuer string) Key {
	if issuer != "" && k.isFree() {
		return k.WithIssuer(issuer)
	}
	return k
}

// prepare returns the source to ask at run time, and what is wrong with s; issuer is the one that
// every token must name, "" if any.
func (s Issuers) prepare(issuer string) (KeySource, error) {
	if len(s) == 0 {
		return nil, errors.New("Issuers is empty, so no token could be accepted: add one with its key source")
	}
	prepared := Issuers{}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(s)) {
		if name == "" || len(name) > maxIssuerBytes || !utf8.ValidString(name) {
			errs = append(errs, fmt.Errorf("Issuers has %.40q, which cannot be the iss of a token here: use 1 to %d bytes of UTF-8", name, maxIssuerBytes))
			continue
		}
		if err := validate.Names(name, nil); err != nil {
			errs = append(errs, validate.Prefixed("Issuers: ", err))
			continue
		}
		if issuer != "" && name != issuer {
			errs = append(errs, fmt.Errorf("Issuers has %q, but Options.Issuer, or the Issuers around it, asks for %q: leave that out, the set says who is trusted", name, issuer))
			continue
		}
		var err error
		if prepared[name], err = prepareKeys(s[name], name); err != nil {
			errs = append(errs, validate.Prefixed(fmt.Sprintf("Issuers[%q]: ", name), err))
		}
	}
	return prepared, errors.Join(errs...)
}

// An unverifiedPayload is the payload of a token whose signature has not been verified.
type unverifiedPayload struct {
	segment string // base64url
	work    *jws.Workspace
}

// UnverifiedIssuer returns the payload's iss before any signature is verified. The sender of the
// token chooses it, so use it to choose among known keys and for nothing else. Bind the keys that
// you return for it by [Key.WithIssuer]; [Issuers] does that. It is "":
//   - if the token has no iss, or one that is not a string or is longer than 256 bytes as it is
//     written
//   - in the Header of a verified [Token]
//   - in a TokenHeader that a [KeySource] did not get from a [Middleware]
func (h TokenHeader) UnverifiedIssuer() string {
	if h.unverified == nil {
		return ""
	}
	return h.unverified.issuer()
}

func (p *unverifiedPayload) issuer() string {
	if p.work == nil {
		return ""
	}
	// If the payload is not strict JSON, the claims are refused later, and the keys are bound to
	// what is read now.
	return p.work.PeekIssuer(p.segment, maxIssuerBytes)
}
