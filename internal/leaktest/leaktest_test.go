package leaktest_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jwthttp/jwthttp/internal/leaktest"
)

func TestFind(t *testing.T) {
	sum := sha256.Sum256([]byte("a secret"))
	secrets := leaktest.Secrets{sum[:]}
	for name, text := range map[string]string{
		"raw":                        string(sum[:]),
		"hexadecimal":                hex.EncodeToString(sum[:]),
		"HEXADECIMAL":                strings.ToUpper(hex.EncodeToString(sum[:])),
		"raw in hexadecimal":         hex.EncodeToString([]byte("x" + string(sum[:]))),
		"base64 in hexadecimal":      hex.EncodeToString([]byte(base64.RawURLEncoding.EncodeToString(sum[:]))),
		"hexadecimal in hexadecimal": hex.EncodeToString([]byte(hex.EncodeToString(sum[:]))),
	} {
		if found := secrets.Find([]byte("before " + text + " after")); !slices.Contains(found, name) {
			t.Errorf("%s: found %q", name, found)
		}
	}
	for before := range 6 {
		whole := slices.Concat(make([]byte, before), sum[:], make([]byte, 5))
		for _, text := range []string{base64.StdEncoding.EncodeToString(whole), base64.RawURLEncoding.EncodeToString(whole)} {
			if found := secrets.Find([]byte(text)); !slices.Equal(found, []string{"base64", "base64"}) { // both halves
				t.Errorf("%q after %d bytes: found %q", text, before, found)
			}
		}
	}
	if found := secrets.Find(sum[16:]); !slices.Equal(found, []string{"raw"}) {
		t.Errorf("of a half: found %q", found)
	}
	if found := secrets.Find(fmt.Appendf(nil, "%x %s %q", sha256.Sum256(sum[:]), sum[:15], sum[:])); found != nil {
		t.Errorf("found %q", found)
	}
}

func TestBuild(t *testing.T) {
	secret := sha256.Sum256([]byte("a secret"))
	salt := sha256.Sum256([]byte("a salt"))
	mac := hmac.New(sha256.New, salt[:16])
	mac.Write(secret[:])
	next, digest := mac.Sum(nil), sha256.Sum256(secret[:])
	for _, test := range []struct {
		name    string
		secrets leaktest.Secrets
		record  []byte
		want    []string
	}{
		{"the successor", leaktest.Secrets{next}, slices.Concat([]byte("a"), salt[:16], secret[:], []byte("b")), []string{"HMAC"}},
		{"a digest", leaktest.Secrets{digest[:16]}, slices.Concat([]byte("a"), secret[:]), []string{"SHA-256"}},
		{"nothing", leaktest.Secrets{secret[:], next}, slices.Concat(digest[:], salt[:16]), nil},
	} {
		if got := test.secrets.Build(test.record); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
