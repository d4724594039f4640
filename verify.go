package jwthttp

import (
	"context"
	"slices"
	"time"

	"github.com/jwthttp/jwthttp/internal/jws"
	"github.com/jwthttp/jwthttp/internal/keyhook"
	"github.com/jwthttp/jwthttp/internal/reason"
	"github.com/jwthttp/jwthttp/internal/rules"
)

// maxWait is how long a request waits for keys and for replaced keys, together.
const maxWait = 2 * time.Second

// A verifier turns a raw token into a verified payload. It knows neither HTTP nor the claims
// type. It is safe for concurrent use.
type verifier struct {
	keys  KeySource
	types []string // that are accepted, in their short form; none for the usual ones
	work  *jws.Workspace
	peeks bool // the key source may ask for UnverifiedIssuer
	fixed bool // the key source has its keys, and calls nobody

	start time.Time // waits are measured from it: time.Since reads one clock, and time.Now two

	padding bool // a token may have it
}

// An openedToken is a token whose signature has verified. Only open makes one, so there is no
// payload without a signature.
type openedToken struct {
	header     TokenHeader
	key        Key // the one that verified; zero if none did, and then nothing is verified
	remembered bool
	payload    string // JSON in fresh memory; "" if no key verified

	// Why open failed, for texts.
	fault      error             // of the form, also of a signature that no key verified
	offered    []Key             // what the key source returned
	unverified unverifiedPayload // zero if the form is bad
}

// open verifies the signature of raw, which has at most limit bytes. It fills o, which is zero
// before. An error leaves it without a payload.
func (v *verifier) open(ctx context.Context, raw string, limit int, o *openedToken) error {
	if raw == "" {
		return reason.NoToken
	}
	parts, err := jws.Cut(raw, limit, v.padding)
	if err == nil && !v.fixed {
		err = jws.CheckPayload(raw, &parts)
	}
	if err != nil {
		o.fault = err
		return reasonOf(err)
	}
	if err = v.openParts(ctx, &parts, o); err == nil {
		return nil
	}
	if fault := jws.CheckPayload(raw, &parts); fault != nil { // it comes before every other
		*o = openedToken{fault: fault}
		return reasonOf(fault)
	}
	return err
}

// openParts is open for a token that was cut.
func (v *verifier) openParts(ctx context.Context, parts *jws.Segments, o *openedToken) error {
	header, err := v.work.ReadHeader(parts.Header)
	if err != nil {
		o.fault = err
		return reasonOf(err)
	}
	o.header = TokenHeader{Algorithm: header.Algorithm, KeyID: header.KeyID, Type: header.Type}
	o.unverified = unverifiedPayload{parts.Payload, v.work}
	if !rules.AcceptsType(header.Type, v.types) {
		return reason.Type
	}
	asked := o.header
	if v.peeks {
		asked.unverified = &unverifiedPayload{parts.Payload, v.work}
	}
	var arrived time.Duration
	if !v.fixed {
		arrived = time.Since(v.start)
	}
	keys, err := eligibleKeys(ctx, v.keys, asked)
	o.offered = keys
	if err != nil {
		return err
	}
	var ok bool
	if o.key, o.remembered, ok = v.signedBy(keys, parts); !ok {
		if keys, err = v.replacedKeys(ctx, v.start.Add(arrived+maxWait), asked, keys); err != nil {
			return err
		}
		if o.key, o.remembered, ok = v.signedBy(keys, parts); !ok {
			if len(keys) > 0 {
				o.offered = keys
			}
			o.fault = jws.CheckSignature(parts)
			return reason.Signature
		}
	}
	v.work.KeepHeader(parts.Header, header)
	if o.payload, err = v.work.Payload(parts.Payload); err != nil {
		o.fault = err
		return reasonOf(err)
	}
	return nil
}

// signedBy returns the key that verifies the signature.
func (v *verifier) signedBy(keys []Key, parts *jws.Segments) (k Key, remembered, ok bool) {
	for _, k := range keys {
		if ok, remembered := k.material.verifier.Verify(parts.SigningInput, parts.Signature, v.work); ok {
			return k, remembered, true
		}
	}
	return Key{}, false, false
}

// replacedKeys returns the keys that took the place of some in tried, after a signature failed
// under all of these. A key of a remote set may be replaced under its kid. Other keys have no
// origin, and for them nothing is asked again. It waits no longer than ctx and until.
func (v *verifier) replacedKeys(ctx context.Context, until time.Time, h TokenHeader, tried []Key) ([]Key, error) {
	var origins []keyhook.Origin
	for _, k := range tried {
		if k.material.origin != nil {
			origins = append(origins, k.material.origin)
		}
	}
	if origins == nil {
		return nil, nil
	}
	var asked []any
	renewed := false
	for _, o := range origins {
		if source := o.Source(); !slices.Contains(asked, source) {
			asked = append(asked, source)
			renewed = o.Renewed(ctx, until, h.Algorithm, h.KeyID, origins) || renewed
		}
	}
	if !renewed {
		return nil, nil
	}
	keys, err := eligibleKeys(keyhook.WithUntil(ctx, until), v.keys, h)
	isTried := func(k Key) bool {
		return slices.ContainsFunc(tried, func(t Key) bool { return t.material.verifier == k.material.verifier })
	}
	return slices.DeleteFunc(slices.Clone(keys), isTried), err
}

// reasonOf returns the reason for a fault of the form.
func reasonOf(fault error) error {
	if f, ok := fault.(*jws.Fault); ok {
		switch f.Class {
		case jws.TooLarge:
			return reason.TooLarge
		case jws.InHeader:
			return reason.Header
		case jws.WrongType:
			return reason.Type
		}
	}
	return reason.Malformed
}
