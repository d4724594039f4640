package jws_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/jwthttp/jwthttp/internal/jws"
)

// A memory has room for the number that it was made for, and never holds more.
func TestMemoryIsBounded(t *testing.T) {
	for n, want := range map[int]int{1: 8, 8: 8, 9: 16, 1000: 1024, 4096: 4096, 4097: 8192} {
		m := jws.NewWorkspace(n)
		for i := range 20000 {
			if !jws.Add(m, sha256.Sum256(fmt.Append(nil, i))) {
				t.Fatalf("a memory for %d does not hold the last digest", n)
			}
		}
		if room, held := jws.Room(m), m.Remembered(); room != want || held > room || held < room*9/10 {
			t.Errorf("a memory for %d has room for %d, want %d, and holds %d", n, room, want, held)
		}
	}
}

// Each key of each algorithm has its own part of the memory. The same key, made again, has the
// same part.
func TestFingerprints(t *testing.T) {
	generate := func() (r *rsa.PublicKey, ec map[string]*ecdsa.PublicKey, ed ed25519.PublicKey) {
		rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		ec = map[string]*ecdsa.PublicKey{}
		for algorithm, curve := range map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()} {
			ecKey, err := ecdsa.GenerateKey(curve, rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			ec[algorithm] = &ecKey.PublicKey
		}
		if ed, _, err = ed25519.GenerateKey(rand.Reader); err != nil {
			t.Fatal(err)
		}
		return &rsaKey.PublicKey, ec, ed
	}
	of := map[[32]byte]string{}
	for n := range 2 {
		r, ec, ed := generate()
		for _, algorithm := range jws.Algorithms() {
			material := map[string]any{"RS": r, "PS": r, "ES": ec[algorithm], "Ed": ed}[algorithm[:2]]
			if material == nil {
				continue
			}
			name := fmt.Sprint(algorithm, n)
			fingerprint := func() [32]byte {
				v, err := jws.NewVerifier(algorithm, material)
				if err != nil {
					t.Fatal(err)
				}
				return jws.Fingerprint(v)
			}
			first, again := fingerprint(), fingerprint()
			if first != again {
				t.Errorf("%s: the same key counts as another", name)
			}
			if other, ok := of[first]; ok {
				t.Errorf("%s and %s share their signatures", name, other)
			}
			of[first] = name
		}
	}
}
