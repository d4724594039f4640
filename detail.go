package jwthttp

import (
	"iter"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/jwthttp/jwthttp/internal/credential"
	"github.com/jwthttp/jwthttp/internal/detail"
	"github.com/jwthttp/jwthttp/internal/jws"
	"github.com/jwthttp/jwthttp/internal/logtext"
	"github.com/jwthttp/jwthttp/internal/reason"
)

// A detailer has what the text of a failure is made of. Nothing is formatted before the text is
// asked for. No detailer keeps a signature, so what it keeps of a token is not a credential.
type detailer interface{ detail(f *failure) string }

// failure returns err as it leaves a middleware, with what was learned until then. r is nil if
// there is no request. It allocates once: failure and details are in one piece of memory.
func (l *learned) failure(err error, r *http.Request) *failure {
	f := failureOf(err)
	f.at = l.at
	t := &l.token
	switch {
	case f.inner != nil || t.payload == "" && l.segments == 0 && r == nil:
		plain := f // f itself stays on the stack
		return &plain
	case t.payload != "":
		x := &struct {
			failure
			claimsDetail
		}{f, claimsDetail{t.payload, t.key, time.Now()}}
		x.inner = &x.claimsDetail
		return &x.failure
	case f.Reason == reason.Signature && t.fault == nil:
		x := &struct {
			failure
			signatureDetail
		}{f, signatureDetail{t.header.KeyID, t.offered}}
		x.inner = &x.signatureDetail
		return &x.failure
	case r == nil || l.segments > 0 && f.Reason != reason.Credential:
		x := &struct {
			failure
			tokenDetail
		}{f, tokenDetail{t.header, t.offered, t.unverified, t.fault, l.size, l.limit, l.isCookie}}
		x.inner = &x.tokenDetail
		return &x.failure
	}
	x := &struct {
		failure
		requestDetail
	}{f, requestDetail{credential.NewRequest(r, f.Reason, f.at.places)}}
	x.inner = &x.requestDetail
	return &x.failure
}

// A requestDetail is for a request in which no token was found.
type requestDetail struct{ credential.Request }

func (d *requestDetail) detail(f *failure) string {
	return d.Explain(f.Reason, f.at.places, f.at.service.Names())
}

// A tokenDetail is for a token that was refused before its signature was verified, or whose signature
// is not base64url.
type tokenDetail struct {
	header      TokenHeader
	offered     []Key
	unverified  unverifiedPayload
	fault       error
	size, limit int
	isCookie    bool
}

func (d *tokenDetail) detail(f *failure) string {
	switch {
	case f.Reason == reason.TooLarge:
		return detail.TooLarge(d.size, d.limit, d.isCookie && d.limit == maxCookieBytes, d.limit < maxMaxTokenBytes)
	case d.fault != nil:
		return d.fault.Error()
	case f.Reason == reason.Type:
		return detail.Type(f.at.verifier.types, d.header.Type)
	case f.Reason == reason.UnknownIssuer:
		return detail.UnknownIssuer(d.unverified.issuer())
	case f.Reason == reason.UnknownKey:
		return logtext.NoKey(d.header.Algorithm, d.header.KeyID, jws.Algorithms(), d.names(f.at.verifier.keys), detail.AddKey)
	}
	return ""
}

// names returns the algorithms and ids of the keys that a source has for the sender of the token:
// all of a fixed set, and of another source those that it offered.
func (d *tokenDetail) names(source KeySource) iter.Seq2[string, string] {
	if issuers, ok := source.(Issuers); ok {
		source = issuers[d.unverified.issuer()]
	}
	switch x := source.(type) {
	case *onlyKey:
		return names(x.keys[:])
	case *keyIndex:
		return func(yield func(algorithm, id string) bool) {
			for _, algorithm := range slices.Sorted(maps.Keys(x.all)) {
				names(x.all[algorithm])(yield) // a set has too many keys to copy them
			}
		}
	}
	return names(d.offered)
}

// names returns the algorithms and ids of keys.
func names(keys []Key) iter.Seq2[string, string] {
	return func(yield func(algorithm, id string) bool) {
		for _, k := range keys {
			if k.material != nil && !yield(k.material.algorithm, k.material.id) {
				return
			}
		}
	}
}

// A signatureDetail is for a token that no key verified. It is small, because everybody can send
// such tokens.
type signatureDetail struct {
	kid   string
	tried []Key // of the algorithm of the token
}

func (d *signatureDetail) detail(*failure) string {
	return detail.Signature(d.tried[0].material.algorithm, d.kid, names(d.tried))
}

// A claimsDetail is for a token whose signature verified.
type claimsDetail struct {
	payload string
	key     Key
	when    time.Time
}

func (d *claimsDetail) detail(f *failure) string {
	return f.at.rules.Explain(f.Reason, d.payload, &d.key.material.sender, d.when)
}
