package jws_test

import (
	"bytes"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"

	"github.com/jwthttp/jwthttp/internal/jws"
)

// compareDecode compares Decode with encoding/base64.
func compareDecode(t *testing.T, text string) {
	t.Helper()
	want, err := base64.RawURLEncoding.Strict().DecodeString(text)
	isGood := err == nil && !strings.ContainsAny(text, "\r\n") // which that decoder skips
	got, ok := jws.Decode(nil, text)
	if ok != isGood || ok && !bytes.Equal(got, want) {
		t.Fatalf("%q: %x, %v, want %x, %v", text, got, ok, want, isGood)
	}
}

// Every byte at every place of texts of every length up to 24 is decoded, or refused, as
// encoding/base64 does.
func TestDecode(t *testing.T) {
	for n := range 25 {
		text := bytes.Repeat([]byte("Q"), n)
		compareDecode(t, string(text))
		for at := range text {
			for c := range 256 {
				text[at] = byte(c)
				compareDecode(t, string(text))
			}
			text[at] = 'A'
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, text := range []string{"", "A", "QQ", "QR", "QUE", "QUF", "QUFB", "QUFBQUFB", "QUFBQUFBQQ", "QUFB\nQUFB", "QUFB+/==", "-_-_"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { compareDecode(t, text) })
}

func BenchmarkDecode(b *testing.B) {
	text := strings.Repeat("eyJhbGciOiJIUzI1NiJ9", 100)
	b.Run("jws", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			jws.Decode(nil, text)
		}
	})
	b.Run("encoding/base64", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			base64.RawURLEncoding.DecodeString(text)
		}
	})
}

// Reading eight bytes at once has the same result as reading each byte.
func FuzzSegmentLen(f *testing.F) {
	for _, text := range []string{"", "a", "abcdefgh", "abcdefg.", "abcdefgh=", "\x00bcdefgh", "abcdefghijklmnopqrstuvwxyz-_09AZ", "abcdefghijklmnop+/", "abc\ndefg", "é234567"} {
		f.Add(text)
	}
	for at := range 17 {
		f.Add(strings.Repeat("a", at) + "." + strings.Repeat("b", 16-at))
	}
	segment := regexp.MustCompile(`^[A-Za-z0-9_-]*`)
	f.Fuzz(func(t *testing.T, text string) {
		if got, want := jws.SegmentLen(text), len(segment.FindString(text)); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	})
}
