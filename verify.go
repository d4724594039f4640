package jwthttp

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"github.com/jwthttp/jwthttp/internal/jws"
	"github.com/jwthttp/jwthttp/internal/keyhook"
	"github.com/jwthttp/jwthttp/internal/tokenjson"
)

const (
	maxHeaderBytes      = 2 << 10
	maxHeaderDepth      = 4
	maxHeaderMembers    = 32  // at all depths
	maxHeaderNames      = 900 // bytes of their names together
	maxKeyIDBytes       = 256
	maxTypeBytes        = 64  // of alg and typ
	maxPlainHeaderBytes = 192 // on the stack
)

// What a byte may be part of.
const (
	notInSegment = 1 << iota // anything but A–Z a–z 0–9 - _
	inB64Token               // . ~ + /, besides those
)

var charClass = func() (class [256]uint8) {
	for c := range class {
		class[c] = notInSegment
	}
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") {
		class[c] = 0
	}
	for _, c := range []byte(".~+/") {
		class[c] = notInSegment | inB64Token
	}
	return class
}()

// isSegment reports whether s has nothing but base64url's characters. Every
// byte of every token passes here, so there is one branch for eight of them.
func isSegment(s string) bool {
	for ; len(s) >= 8; s = s[8:] {
		if charClass[s[0]]|charClass[s[1]]|charClass[s[2]]|charClass[s[3]]|charClass[s[4]]|charClass[s[5]]|charClass[s[6]]|charClass[s[7]] != 0 {
			return false
		}
	}
	for i := range len(s) {
		if charClass[s[i]] != 0 {
			return false
		}
	}
	return true
}

// Verify checks a token outside of HTTP: a gRPC call's, a queue message's. raw is
// the token alone, without "Bearer". All that [Options] say of tokens holds;
// extractors and the cross-origin gate play no part. The error is of a kind
// listed at [ErrNoToken], which stands for an empty raw. It is safe for
// concurrent use.
func (m *Middleware[C]) Verify(ctx context.Context, raw string) (*Token[C], error) {
	v, err := m.verify(ctx, raw, "", nil)
	if err != nil {
		return nil, m.door.mark(err)
	}
	return v.token, nil
}

// verify is the way of a token. Before the signature is verified nothing of the
// payload is decoded. It notes in res, which may be nil, what is verified.
func (m *Middleware[C]) verify(ctx context.Context, raw string, source Source, res *Result) (*verified[C], error) {
	limit := m.opts.MaxTokenBytes
	if _, ok := source.cut(inCookie); ok {
		limit = min(limit, maxCookieBytes)
	}
	parts, err := split(raw, limit)
	if err != nil {
		return nil, err
	}
	header, err := m.parseHeader(parts.header)
	if err != nil {
		return nil, err
	}
	if !m.opts.acceptsType(header.Type) {
		return nil, errType
	}
	asked := header
	if m.payloads != nil {
		asked.unverified = &unverifiedPayload{parts.payload, m.payloads}
	}
	keys, err := eligibleKeys(ctx, m.keys, asked)
	if err != nil {
		return nil, err
	}
	key, remembered, err := parts.signedBy(keys, m.work)
	if err != nil {
		key, remembered, err = m.signedByNewer(ctx, asked, keys, &parts)
	}
	if err != nil {
		return nil, err
	}
	if res != nil {
		res.Algorithm, res.KeyID, res.Remembered = header.Algorithm, header.KeyID, remembered
	}

	// Fresh bytes each time: a claims field may keep a part of them.
	payload := make([]byte, jws.Base64URL.DecodedLen(len(parts.payload)))
	if _, err := jws.Base64URL.Decode(payload, []byte(parts.payload)); err != nil {
		return nil, errMalformed
	}
	v := newVerified[C](ctx, &m.door, raw)
	t := v.token
	t.Header, t.Source = header, source
	var facts tokenjson.Facts
	if err := m.claims.Decode(payload, &t.Claims, &facts); err != nil {
		return nil, errClaims.because(err)
	}
	t.expires = facts.Expires.Seconds
	if res != nil {
		res.Issuer = facts.Issuer()
	}
	if err := m.opts.validate(&facts, key); err != nil {
		return nil, err
	}
	if own, ok := any(&t.Claims).(tokenjson.Validator); ok {
		if err := own.Validate(); err != nil {
			return nil, blame(errRefused, err)
		}
	}
	for _, check := range m.checks {
		if err := check(ctx, t); err != nil {
			return nil, blame(errRefused, err)
		}
	}
	return v, nil
}

// payloadOf returns the payload of a token that was verified, nil for one that a
// test made.
func payloadOf(raw string) []byte {
	parts, err := split(raw, maxMaxTokenBytes)
	if err != nil {
		return nil
	}
	payload, err := jws.Base64URL.DecodeString(parts.payload)
	if err != nil {
		return nil
	}
	return payload
}

// segments are the parts of a JWS in compact form, RFC 7515 section 7.1.
type segments struct {
	header, payload, signature string
	signingInput               string // header and payload with the dot between
}

// split cuts raw at its two dots and checks its size and alphabet. Go's decoder
// would pass over line breaks, so nothing is decoded before this.
func split(raw string, limit int) (segments, error) {
	if raw == "" {
		return segments{}, errNoToken
	}
	if len(raw) > limit {
		return segments{}, errTooLarge
	}
	header, rest, _ := strings.Cut(raw, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	if header == "" || payload == "" || signature == "" || !isSegment(header) || !isSegment(payload) || !isSegment(signature) {
		return segments{}, errMalformed
	}
	return segments{header, payload, signature, raw[:len(header)+1+len(payload)]}, nil
}

// parseHeader reads the JOSE header, RFC 7515 section 4. Keys that it offers (jwk,
// jku, x5u, x5c) are never looked at.
func (m *Middleware[C]) parseHeader(segment string) (TokenHeader, error) {
	var plain [maxPlainHeaderBytes]byte
	if jws.Base64URL.DecodedLen(len(segment)) <= len(plain) {
		n, err := jws.Base64URL.Decode(plain[:], []byte(segment))
		if err != nil {
			return TokenHeader{}, errMalformed
		}
		if h, ok := parsePlainHeader(plain[:n]); ok {
			return h, nil
		}
	}
	if jws.Base64URL.DecodedLen(len(segment)) > maxHeaderBytes {
		return TokenHeader{}, errHeaderSize
	}
	buf := m.headers.Get()
	defer m.headers.Put(buf)
	n, err := jws.Base64URL.Decode(buf[:], []byte(segment))
	if err != nil {
		return TokenHeader{}, errMalformed
	}
	return parseAnyHeader(buf[:n], buf[maxHeaderBytes:])
}

// parsePlainHeader reads what nearly every token has: an object of alg, kid and
// typ in any order, without white space and escapes. It leaves everything else
// to parseAnyHeader, which would say the same of these.
func parsePlainHeader(text []byte) (h TokenHeader, ok bool) {
	if len(text) < 2 || text[0] != '{' {
		return h, false
	}
	for text[0] != '}' {
		const before = len(`{"alg":"`)
		if len(text) < before || text[1] != '"' || string(text[5:before]) != `":"` {
			return h, false
		}
		var field *string
		switch string(text[2:5]) {
		case "alg":
			field = &h.Algorithm
		case "kid":
			field = &h.KeyID
		case "typ":
			field = &h.Type
		default:
			return h, false
		}
		value := text[before:]
		end := bytes.IndexByte(value, '"')
		if end <= 0 || end+1 == len(value) || end > maxTypeBytes && field != &h.KeyID || *field != "" || !isPlainText(value[:end]) {
			return h, false // an empty value, a second one, or something odd
		}
		*field = intern(value[:end])
		text = value[end+1:]
		if text[0] != ',' && text[0] != '}' {
			return h, false
		}
	}
	return h, len(text) == 1
}

func isPlainText(b []byte) bool {
	for _, c := range b {
		if c < 0x20 || c > 0x7e || c == '\\' {
			return false
		}
	}
	return true
}

// intern returns string(b), without a copy for what most headers say.
func intern(b []byte) string {
	switch string(b) {
	case jws.HS256:
		return jws.HS256
	case jws.RS256:
		return jws.RS256
	case jws.PS256:
		return jws.PS256
	case jws.ES256:
		return jws.ES256
	case jws.EdDSA:
		return jws.EdDSA
	case "JWT":
		return "JWT"
	case "at+jwt":
		return "at+jwt"
	}
	return string(b)
}

// scratch has as much room as text takes.
func parseAnyHeader(text, scratch []byte) (TokenHeader, error) {
	// The strict check keeps a list of names: it is not for attackers to fill.
	if members, size := tokenjson.CountNames(text); members > maxHeaderMembers || size > maxHeaderNames {
		return TokenHeader{}, errHeaderSize
	}
	var members tokenjson.Object
	if !members.Open(text, maxHeaderDepth) || !tokenjson.IsStrict(text) {
		return TokenHeader{}, errMalformed
	}
	var h TokenHeader
	for members.Next() {
		var field *string
		limit, tooLong := maxTypeBytes, errHeaderSize
		switch string(members.Name()) {
		case "alg":
			field = &h.Algorithm
		case "kid":
			field, limit, tooLong = &h.KeyID, maxKeyIDBytes, errHeaderKeyID
		case "typ":
			field = &h.Type
		case "crit", "b64", "zip", "enc": // they change what a token means, RFC 7515 section 4.1.11
			return TokenHeader{}, errHeaderCritical
		default:
			continue
		}
		v := members.Value
		if v[0] != '"' {
			return TokenHeader{}, errMalformed
		}
		value := tokenjson.Unquote(v, scratch)
		if len(value) > limit {
			return TokenHeader{}, tooLong
		}
		*field = intern(value)
		if field == &h.Type && len(value) == 0 {
			return TokenHeader{}, errType
		}
	}
	if members.TooDeep() {
		return TokenHeader{}, errHeaderSize
	}
	if !isKeyID(h.KeyID) {
		return TokenHeader{}, errHeaderKeyID
	}
	return h, nil
}

func isKeyID(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return len(s) <= maxKeyIDBytes
}

// acceptsType reports whether a token of this typ is meant for access, RFC 7519
// section 5.1: a logout token or a DPoP proof is not.
func (o *Options) acceptsType(typ string) bool {
	typ = bareType(typ)
	if o.Type != "" {
		return equalFoldASCII(typ, o.Type)
	}
	return typ == "" || typ == "JWT" || equalFoldASCII(typ, "JWT") || equalFoldASCII(typ, "at+jwt")
}

// bareType removes the prefix that RFC 7515 section 4.1.9 lets senders omit.
func bareType(typ string) string {
	const prefix = "application/"
	if len(typ) > len(prefix) && strings.EqualFold(typ[:len(prefix)], prefix) {
		return typ[len(prefix):]
	}
	return typ
}

// equalFoldASCII keeps signs like the Kelvin sign, which fold to a letter and
// are longer, apart from it.
func equalFoldASCII(s, ascii string) bool {
	return len(s) == len(ascii) && strings.EqualFold(s, ascii)
}

// signedBy returns the key that verifies the signature.
func (s *segments) signedBy(keys []Key, work *jws.Workspace) (k Key, remembered bool, err error) {
	for _, k := range keys {
		if ok, remembered := k.material.verifier.Verify(s.signingInput, s.signature, work); ok {
			return k, remembered, nil
		}
	}
	return Key{}, false, errSignature
}

// signedByNewer verifies a signature that failed under all keys in tried, where one of
// them was replaced under its kid in the meantime. Other keys have no origin, and for
// them nothing is asked again.
func (m *Middleware[C]) signedByNewer(ctx context.Context, h TokenHeader, tried []Key, parts *segments) (k Key, remembered bool, err error) {
	var origins []keyhook.Origin
	for _, k := range tried {
		if k.material.origin != nil {
			origins = append(origins, k.material.origin)
		}
	}
	var asked []any
	renewed := false
	for _, o := range origins {
		if source := o.Source(); !slices.Contains(asked, source) {
			asked = append(asked, source)
			renewed = o.Renewed(ctx, h.Algorithm, h.KeyID, origins) || renewed
		}
	}
	if !renewed {
		return Key{}, false, errSignature
	}
	keys, err := eligibleKeys(ctx, m.keys, h)
	if err != nil {
		return Key{}, false, err
	}
	isTried := func(k Key) bool {
		return slices.ContainsFunc(tried, func(t Key) bool { return t.material.verifier == k.material.verifier })
	}
	return parts.signedBy(slices.DeleteFunc(slices.Clone(keys), isTried), m.work)
}
