package jwthttp_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
)

// SECURITY.md has a table of what a forged token of the full size costs. Its numbers are
// neither too low nor much too high, and it names every algorithm.
func TestCostOfForgedTokens(t *testing.T) {
	if strconv.IntSize == 32 {
		t.Skip("the numbers of SECURITY.md are of 64-bit machines")
	}
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
	es512 := func(int) jwthttp.Key {
		return jwthttp.NewKey(jwt.SigningMethodES512, &must(ecdsa.GenerateKey(elliptic.P521(), rand.Reader)).PublicKey)
	}
	rows := map[string][]row{
		"8 keys, HS256":       {{eight(hs), "HS256", 32}},
		"8 keys, ES256":       {{eight(es), "ES256", 64}},
		"8 keys, ES512":       {{eight(es512), "ES512", 132}},
		"8 keys, EdDSA":       {{eight(ed), "EdDSA", 64}},
		"8 keys, RS256, 2048": {{eight(rs(2048)), "RS256", 256}},
		"8 keys, RS256, 4096": {{eight(rs(4096)), "RS256", 512}},
		"8 keys, RS256, 8192": {{eight(rs(8192)), "RS256", 1024}},
		"8 keys, PS256, 8192": {{eight(func(int) jwthttp.Key { return jwthttp.PS256(oddKey(t, 8192)) }), "PS256", 1024}},

		"FromKeyfunc, HS256, 65 keys in turn":                       {{jwthttp.FromKeyfunc(inTurn, "HS256"), "HS256", 32}},
		"FromKeyfunc, RS256, 2048 bits, 65 keys in turn, 8 at once": {{jwthttp.FromKeyfunc(setsInTurn, "RS256"), "RS256", 256}},
	}
	for _, a := range algorithms() {
		family := a.name[:2]
		switch family {
		case "HS", "ES":
			name := fmt.Sprintf("%s256, %[1]s384, %[1]s512", family)
			rows[name] = append(rows[name], row{a.key, a.name, len(signature(t, a.name, a.private, ""))})
		case "RS", "PS":
			for _, bits := range []int{2048, 3072, 4096, 8192} {
				name := fmt.Sprintf("%s256, %[1]s384, %[1]s512, %d bits", family, bits)
				rows[name] = append(rows[name], row{jwthttp.NewKey(jwt.GetSigningMethod(a.name), oddKey(t, bits)), a.name, bits / 8})
			}
		default:
			rows[a.name] = append(rows[a.name], row{a.key, a.name, 64})
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
		most := 0
		for _, r := range row {
			auth := mustNew[AppClaims](t, r.keys, jwthttp.Options{})
			request := httptest.NewRequest("GET", "/", nil)
			request.Header.Set("Authorization", "Bearer "+forged(r.algorithm, r.signatureSize))
			bytes := bytesPerRun(130, func() {
				if _, err := auth.Authenticate(request); !errors.Is(err, jwt.ErrTokenSignatureInvalid) {
					t.Fatalf("%s: %v", name, err)
				}
			})
			most = max(most, int(bytes))
		}
		kib, ok := documented[name]
		switch {
		case !ok:
			t.Errorf("SECURITY.md has no row %q: that token takes %d bytes", name, most)
		case underRace():
		case most > kib<<10, kib > 2 && most < kib<<10*3/4:
			t.Errorf("%s: %d bytes, and SECURITY.md says %d KiB", name, most, kib)
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
