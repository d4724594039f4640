package jwthttp_test

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
)

// SECURITY.md has a table of what a forged token of the full size costs. Its numbers are
// neither too low nor much too high, and it names every algorithm.
func TestCostOfForgedTokens(t *testing.T) {
	type row struct {
		keys          jwthttp.KeySource
		algorithm     string
		signatureSize int
	}
	hs := func(n int) jwthttp.Key { return jwthttp.HS256(secretN(n)) }
	es := func(int) jwthttp.Key { return jwthttp.ES256(&newECKey().PublicKey) }
	ed := func(int) jwthttp.Key { return jwthttp.EdDSA(edPublic(newEdKey())) }
	rs := func(bits int) func(int) jwthttp.Key {
		return func(int) jwthttp.Key { return jwthttp.RS256(oddKey(t, bits)) }
	}
	eight := func(newKey func(n int) jwthttp.Key) (set jwthttp.KeySet) {
		for n := range 8 {
			set = append(set, newKey(n))
		}
		return set
	}
	asked := 0
	inTurn := func(*jwt.Token) (any, error) { asked++; return secretN(asked % 65), nil }
	odd := make([]*rsa.PublicKey, 65)
	for i := range odd {
		odd[i] = oddKey(t, 2048)
	}
	setsInTurn := func(*jwt.Token) (any, error) {
		var set jwt.VerificationKeySet
		for range 8 {
			asked++
			set.Keys = append(set.Keys, odd[asked%65])
		}
		return set, nil
	}
	rows := map[string]row{
		"HS256":               {hs(0), "HS256", 32},
		"ES256":               {es(0), "ES256", 64},
		"EdDSA":               {ed(0), "EdDSA", 64},
		"8 keys, HS256":       {eight(hs), "HS256", 32},
		"8 keys, ES256":       {eight(es), "ES256", 64},
		"8 keys, EdDSA":       {eight(ed), "EdDSA", 64},
		"8 keys, RS256, 2048": {eight(rs(2048)), "RS256", 256},
		"8 keys, RS256, 4096": {eight(rs(4096)), "RS256", 512},
		"8 keys, RS256, 8192": {eight(rs(8192)), "RS256", 1024},
		"8 keys, PS256, 8192": {eight(func(int) jwthttp.Key { return jwthttp.PS256(oddKey(t, 8192)) }), "PS256", 1024},

		"FromKeyfunc, HS256, 65 keys in turn":                       {jwthttp.FromKeyfunc(inTurn, "HS256"), "HS256", 32},
		"FromKeyfunc, RS256, 2048 bits, 65 keys in turn, 8 at once": {jwthttp.FromKeyfunc(setsInTurn, "RS256"), "RS256", 256},
	}
	for _, bits := range []int{2048, 3072, 4096, 8192} {
		rows[fmt.Sprintf("RS256, %d bits", bits)] = row{rs(bits)(0), "RS256", bits / 8}
		rows[fmt.Sprintf("PS256, %d bits", bits)] = row{jwthttp.PS256(oddKey(t, bits)), "PS256", bits / 8}
	}

	for _, a := range algorithms() {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(rows)), func(name string) bool { return strings.HasPrefix(name, a.name) }) {
			t.Errorf("no row for %s", a.name)
		}
	}

	text, err := os.ReadFile("SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]int{}
	for _, m := range regexp.MustCompile(`(?m)^\| ([^|]+) \| ([0-9]+) KiB \|$`).FindAllStringSubmatch(string(text), -1) {
		documented[m[1]], _ = strconv.Atoi(m[2])
	}
	for name := range documented {
		if _, ok := rows[name]; !ok {
			t.Errorf("SECURITY.md has a row %q that nothing measures", name)
		}
	}
	for name, row := range rows {
		auth := mustNew[AppClaims](t, row.keys, jwthttp.Options{})
		raw := forged(row.algorithm, row.signatureSize)
		request := httptest.NewRequest("GET", "/", nil)
		request.Header.Set("Authorization", "Bearer "+raw)
		bytes := bytesPerRun(130, func() {
			if _, err := auth.Authenticate(request); !errors.Is(err, jwt.ErrTokenSignatureInvalid) {
				t.Fatalf("%s: %v", name, err)
			}
		})
		kib, ok := documented[name]
		switch {
		case !ok:
			t.Errorf("SECURITY.md has no row %q: that token takes %d bytes", name, bytes)
		case underRace():
		case int(bytes) > kib<<10, kib > 2 && int(bytes) < kib<<10*3/4:
			t.Errorf("%s: %d bytes, and SECURITY.md says %d KiB", name, bytes, kib)
		}
	}
}

// forged returns a token of nearly 8 KiB whose signature has the right size.
func forged(algorithm string, signatureSize int) string {
	signature := b64(strings.Repeat("\x01", signatureSize))
	header := b64(fmt.Sprintf(`{"alg":%q}`, algorithm))
	room := (8<<10-len(header)-len(signature)-2)*3/4 - 100
	return header + "." + b64(payload(`"pad":"`+strings.Repeat("x", room)+`"`)) + "." + signature
}

// oddKey returns an RSA key of that many bits. Nobody has the private key.
func oddKey(t *testing.T, bits int) *rsa.PublicKey {
	t.Helper()
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), uint(bits-1)))
	if err != nil {
		t.Fatal(err)
	}
	n.SetBit(n.SetBit(n, bits-1, 1), 0, 1)
	return &rsa.PublicKey{N: n, E: 65537}
}
