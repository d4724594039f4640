// Package leaktest looks for the secrets of sessions in what a store has written.
package leaktest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strings"
	"testing"

	"github.com/jwthttp/jwthttp/session"
)

// Secrets has what nobody may learn from a store: the secrets of refresh tokens, and the signatures
// of access tokens.
type Secrets [][]byte

// Add adds those of two tokens.
func (s *Secrets) Add(t testing.TB, tokens *session.Tokens) {
	t.Helper()
	refresh, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(tokens.Refresh, "jr1_"))
	if err != nil || len(refresh) != 48 {
		t.Fatalf("a refresh token has %d bytes and error %v, want 48", len(refresh), err)
	}
	signature, err := base64.RawURLEncoding.DecodeString(tokens.Access[strings.LastIndexByte(tokens.Access, '.')+1:])
	if err != nil || len(signature) < size {
		t.Fatalf("a signature has %d bytes and error %v", len(signature), err)
	}
	*s = append(*s, refresh[:16], refresh[16:], signature)
}

// size is how many bytes count as a find. So many are not equal by chance.
const size = 16

// Find returns how each secret, or half of one, is in data: as it is, in hexadecimal digits, and in
// base64 or base64url, beginning anywhere in a group of four characters. Data in hexadecimal digits,
// such as that of a dump, is looked through as well.
func (s Secrets) Find(data []byte) (found []string) {
	encodings := map[[size]byte]string{}
	isStart := make([]bool, 1<<24) // most of the data does not begin like a secret, which is fast to see
	start := func(b []byte) int { return int(b[0])<<16 | int(b[1])<<8 | int(b[2]) }
	for _, secret := range s {
		for ; len(secret) >= size; secret = secret[size:] {
			part := secret[:size]
			add := func(name, text string) {
				encodings[[size]byte([]byte(text))] = name
				isStart[start([]byte(text))] = true
			}
			add("raw", string(part))
			add("hexadecimal", hex.EncodeToString(part))
			add("HEXADECIMAL", strings.ToUpper(hex.EncodeToString(part)))
			for shift := range 3 {
				// The first characters have bits of what is before, and the last ones of what is after.
				whole := append(make([]byte, shift), part...)
				add("base64", base64.RawStdEncoding.EncodeToString(whole)[(shift*8+5)/6:])
				add("base64", base64.RawURLEncoding.EncodeToString(whole)[(shift*8+5)/6:])
			}
		}
	}
	look := func(where string, data []byte) {
		for ; len(data) >= size; data = data[1:] {
			if !isStart[start(data)] {
				continue
			}
			if name := encodings[[size]byte(data)]; name != "" {
				found = append(found, name+where)
			}
		}
	}
	look("", data)
	for _, digits := range hexadecimal.FindAll(data, -1) {
		decoded := make([]byte, len(digits)/2)
		hex.Decode(decoded, digits[:2*len(decoded)])
		look(" in hexadecimal", decoded)
	}
	return found
}

var hexadecimal = regexp.MustCompile(`[0-9a-fA-F]{8,}`)

// Build returns how a secret can be made of a stored record: as the digest of some bytes of it, or as
// their HMAC with other bytes of it.
func (s Secrets) Build(record []byte) (built []string) {
	parts := map[[size]byte]bool{}
	for _, secret := range s {
		for ; len(secret) >= size; secret = secret[size:] {
			parts[[size]byte(secret)] = true
		}
	}
	look := func(how string, sum []byte) {
		if parts[[size]byte(sum)] || parts[[size]byte(sum[size:])] {
			built = append(built, how)
		}
	}
	for n := range len(record) - size + 1 {
		sum := sha256.Sum256(record[n : n+size])
		look("SHA-256", sum[:])
		mac := hmac.New(sha256.New, record[n:n+size])
		for m := range len(record) - sha256.Size + 1 {
			mac.Reset()
			mac.Write(record[m : m+sha256.Size])
			look("HMAC", mac.Sum(sum[:0]))
		}
	}
	for n := range len(record) - sha256.Size + 1 {
		sum := sha256.Sum256(record[n : n+sha256.Size])
		look("SHA-256", sum[:])
	}
	return built
}
