package jws

import (
	"errors"
	"strings"
)

// The errors in the form of a token. Clients do not see these texts.
var (
	ErrTooLarge  = errors.New("the token is larger than the limit")
	ErrMalformed = errors.New("the token is not three segments of base64url with a JSON object as its header")
	ErrHeader    = errors.New("the header is too large, is nested too deep or has too many members")
	ErrKeyID     = errors.New("kid is not printable ASCII of at most 256 bytes")
	ErrCritical  = errors.New("the header has crit, b64, zip or enc")
	ErrType      = errors.New("typ is empty")
)

// Segments are the parts of a JWS in compact form, RFC 7515 section 7.1. Each is
// base64url and not decoded yet.
type Segments struct {
	Header, Payload, Signature string
	SigningInput               string // header and payload, with the dot between them
}

// Split cuts raw at its two dots and checks its size and alphabet. It decodes nothing:
// Go's decoder skips line breaks, so the alphabet is checked first.
func Split(raw string, limit int) (Segments, error) {
	if len(raw) > limit {
		return Segments{}, ErrTooLarge
	}
	header, rest, _ := strings.Cut(raw, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	if header == "" || payload == "" || signature == "" || !isSegment(header) || !isSegment(payload) || !isSegment(signature) {
		return Segments{}, ErrMalformed
	}
	return Segments{header, payload, signature, raw[:len(header)+1+len(payload)]}, nil
}

// DecodePayload returns the payload in fresh memory: a field of the caller's claims type
// may keep a part of it.
func (s *Segments) DecodePayload() ([]byte, error) {
	payload := make([]byte, Base64URL.DecodedLen(len(s.Payload)))
	if _, err := Base64URL.Decode(payload, []byte(s.Payload)); err != nil {
		return nil, ErrMalformed
	}
	return payload, nil
}

// PayloadOf returns the payload of a token that was verified before. It is nil for "".
func PayloadOf(raw string) []byte {
	parts, err := Split(raw, len(raw))
	if err != nil {
		return nil
	}
	payload, err := parts.DecodePayload()
	if err != nil {
		return nil
	}
	return payload
}

// notInSegment is 0 for A–Z a–z 0–9 - _, and 1 for every other byte.
var notInSegment = func() (not [256]uint8) {
	for c := range not {
		if strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", byte(c)) < 0 {
			not[c] = 1
		}
	}
	return not
}()

// isSegment reports whether s has only bytes of base64url. It reads every byte of every token,
// so it has one branch for eight bytes.
func isSegment(s string) bool {
	for ; len(s) >= 8; s = s[8:] {
		if notInSegment[s[0]]|notInSegment[s[1]]|notInSegment[s[2]]|notInSegment[s[3]]|notInSegment[s[4]]|notInSegment[s[5]]|notInSegment[s[6]]|notInSegment[s[7]] != 0 {
			return false
		}
	}
	for i := range len(s) {
		if notInSegment[s[i]] != 0 {
			return false
		}
	}
	return true
}
