package jws

import (
	"bytes"

	"github.com/jwthttp/jwthttp/internal/tokenjson"
)

// MaxTypeBytes is the longest alg and the longest typ that a header may have.
const MaxTypeBytes = 64

// The other limits of a header.
const (
	maxHeaderBytes      = 2 << 10
	maxHeaderDepth      = 4
	maxHeaderMembers    = 32 // at all depths
	maxKeyIDBytes       = 256
	maxPlainHeaderBytes = 192 // on the stack
)

// A Header has what is read of a token's JOSE header, RFC 7515 section 4.1. Keys in a header
// (jwk, jku, x5u, x5c) are never read.
type Header struct {
	Algorithm string // alg
	KeyID     string // kid; "" if absent
	Type      string // typ; "" if absent

	isKnown bool // it was remembered
}

// ReadHeader reads a header from its segment, which is base64url. The error is a *[Fault]. The
// algorithm has the name that Canonical returns.
func (w *Workspace) ReadHeader(segment string) (Header, error) {
	if h, ok := w.headers.find(segment); ok {
		return h, nil
	}
	h, err := w.decodeHeader(segment)
	h.Algorithm = Canonical(h.Algorithm)
	return h, err
}

func (w *Workspace) decodeHeader(segment string) (Header, error) {
	size := decodedLen(len(segment))
	if size > maxHeaderBytes {
		return Header{}, errHeader
	}
	var plain [maxPlainHeaderBytes]byte
	if size <= len(plain) {
		if !decode(plain[:], segment) {
			return Header{}, errEncoding
		}
		if h, ok := readPlainHeader(plain[:size]); ok {
			return h, nil
		}
	}
	b := w.buffers.Get().(*buffers)
	defer w.buffers.Put(b)
	text, scratch := b.chunk[:maxHeaderBytes], b.chunk[maxHeaderBytes:]
	if !decode(text, segment) {
		return Header{}, errEncoding
	}
	return readHeader(text[:size], scratch)
}

// readPlainHeader reads the header that nearly every token has: an object of alg, kid and typ
// in any order, without white space and escapes. ok is false for every other header, which
// readHeader then reads. For these headers readHeader has the same result.
func readPlainHeader(text []byte) (h Header, ok bool) {
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
		if end <= 0 || end+1 == len(value) || end > MaxTypeBytes && field != &h.KeyID || *field != "" || !isPlainText(value[:end]) {
			return h, false // an empty value, a second one, or one that is too long or has escapes
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

// intern returns string(b). It does not allocate for the usual values.
func intern(b []byte) string {
	switch string(b) {
	case "JWT":
		return "JWT"
	case "at+jwt":
		return "at+jwt"
	case "Ed25519":
		return "Ed25519"
	}
	if len(b) == len(HS256) { // as all names but that one, and few ids
		for i := range algorithms {
			if name := algorithms[i].name; string(b) == name {
				return name
			}
		}
	}
	return string(b)
}

// readHeader reads any header. scratch is at least as long as text.
func readHeader(text, scratch []byte) (Header, error) {
	var h Header
	var fault *Fault
	ok, isLarge := tokenjson.Members(text, maxHeaderDepth, maxHeaderMembers, func(name, value []byte) bool {
		if fault != nil {
			return true // the first one counts, if the rest is strict
		}
		var field *string
		limit, tooLong := MaxTypeBytes, errHeader
		switch string(name) {
		case "alg":
			field = &h.Algorithm
		case "kid":
			field, limit, tooLong = &h.KeyID, maxKeyIDBytes, errKeyID
		case "typ":
			field = &h.Type
		// These change what a token means, RFC 7515 section 4.1.11.
		case "crit":
			fault = errCrit
		case "b64":
			fault = errB64
		case "zip":
			fault = errZip
		case "enc":
			fault = errEnc
		}
		switch {
		case field == nil:
		case value[0] != '"':
			fault = errNotString
		default:
			text := tokenjson.Unquote(value, scratch)
			switch {
			case len(text) > limit:
				fault = tooLong
			case field == &h.Type && len(text) == 0:
				fault = errType
			default:
				*field = intern(text)
			}
		}
		return true
	})
	switch {
	case isLarge:
		return Header{}, errHeader
	case !ok:
		return Header{}, errNotJSON
	case fault != nil:
		return Header{}, fault
	}
	if !IsKeyID(h.KeyID) {
		return Header{}, errKeyID
	}
	return h, nil
}

// IsKeyID reports whether s can be the kid of a token. It has at most 256 bytes, from 0x20 to
// 0x7e.
func IsKeyID(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return len(s) <= maxKeyIDBytes
}

// PeekIssuer returns the iss of a payload whose signature has not been verified. It is "" if
// iss is not a string, or has more than maxBytes as it is written. The payload may not be
// strict JSON.
func (w *Workspace) PeekIssuer(segment string, maxBytes int) string {
	b := w.buffers.Get().(*buffers)
	defer w.buffers.Put(b)
	const first = 512 // nearly every payload has its iss in these
	for size := min(len(segment), first); ; size = len(segment) {
		payload, ok := b.decode(segment[:size])
		if !ok {
			return ""
		}
		if issuer := tokenjson.PeekIssuer(payload, maxBytes); issuer != "" || size == len(segment) {
			return issuer
		}
	}
}

// decode decodes a segment into b.message.
func (b *buffers) decode(segment string) (text []byte, ok bool) {
	b.message, ok = Decode(b.message, segment)
	return b.message, ok
}
