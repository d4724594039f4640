package jwthttptest_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/internal/jws"
	"github.com/jwthttp/jwthttp/jwthttptest"
)

// Conformance has nothing to report about chains of each algorithm.
func TestConformanceOfEachAlgorithm(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	for _, a := range algorithms {
		material := iss.Material(a)
		keyfunc := func(*jwt.Token) (any, error) { return material, nil }
		family := sameKey(a)
		for name, tc := range map[string]struct {
			keys  jwthttp.KeySource
			more  []jwthttptest.Algorithm
			skips bool
		}{
			"a key":                   {keys: iss.Key(a)},
			"keys of all algorithms":  {keys: allKeys(iss)},
			"a key function":          {keys: jwthttp.FromKeyfunc(keyfunc, string(a))},
			"one for all of its type": {keys: jwthttp.FromKeyfunc(keyfunc, names(a, family)...), more: family, skips: isEC(a)},
			"a source":                {keys: iss.Source(t), skips: strings.HasPrefix(string(a), "HS")},
		} {
			if tc.skips {
				continue
			}
			t.Run(string(a)+"/"+name, func(t *testing.T) {
				jwthttptest.Conformance(t, mustNew(t, tc.keys, iss.Options()).Handler(whoami), jwthttptest.Setup{
					Issuer: iss, Claims: Claims{Subject: "alice"}, Options: []jwthttptest.TokenOption{a}, Algorithms: tc.more, Shows: "alice",
				})
			})
		}
	}
}

// Conformance finds what chains do wrong about one algorithm, and nothing else.
func TestConformanceOfBrokenAlgorithms(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	every := func(jwthttptest.Algorithm) bool { return true }
	isPublic := func(a jwthttptest.Algorithm) bool { return !strings.HasPrefix(string(a), "HS") }
	isSecret := func(a jwthttptest.Algorithm) bool { return !isPublic(a) }
	for _, tc := range []struct {
		name    string
		is      func(jwthttptest.Algorithm) bool
		accepts func(a jwthttptest.Algorithm, tok parts) bool // tokens that the middleware refuses
		wants   func(a jwthttptest.Algorithm) []string        // the probes that show it
		hint    string
	}{
		{"every algorithm for the key", func(a jwthttptest.Algorithm) bool { return a != jwthttptest.EdDSA }, func(a jwthttptest.Algorithm, tok parts) bool {
			other := jwthttptest.Algorithm(fmt.Sprint(tok.header["alg"]))
			if isEC(a) && isEC(other) {
				return other != a && len(tok.signature)%2 == 0 && verifyEC(iss, a, string(other), tok, len(tok.signature)/2)
			}
			return other != a && isSecret(a) == isSecret(other) && verifies(string(other), iss.Material(a), tok)
		}, func(a jwthttptest.Algorithm) (probes []string) {
			for _, other := range sameKey(a) {
				probes = append(probes, fmt.Sprintf("%s with the key of %s", other, a))
			}
			return probes
		}, "RFC "},
		{"the public key as a secret", isPublic, func(a jwthttptest.Algorithm, tok parts) bool {
			return tok.header["alg"] == "HS256" && verifies("HS256", publicPEM(t, iss.Material(a)), tok)
		}, probes("HS256 with public key"), "the token chooses the algorithm"},
		{"the key in the header", every, func(a jwthttptest.Algorithm, tok parts) bool {
			return tok.header["jwk"] != nil && verifies(string(a), embedded(t, tok.header["jwk"]), tok)
		}, probes("embedded key"), "the token brings its own key"},
		{"an empty secret", isSecret, func(a jwthttptest.Algorithm, tok parts) bool {
			return tok.header["alg"] == string(a) && verifies(string(a), []byte{}, tok)
		}, probes("HS256 with no secret", "unknown id, no secret", "kid that is a path"), "the look-up returns an empty secret"},
		{"the first bytes of a signature", isSecret, func(a jwthttptest.Algorithm, tok parts) bool {
			mac := hmac.New(jws.MethodOf(string(a)).(*jwt.SigningMethodHMAC).Hash.New, iss.Secret())
			mac.Write([]byte(tok.input))
			n := len(tok.signature)
			return n >= 16 && n < mac.Size() && hmac.Equal(mac.Sum(nil)[:n], tok.signature)
		}, probes("truncated"), "only a part of the signature is compared"},
		{"DER", isEC, func(a jwthttptest.Algorithm, tok parts) bool {
			return ecdsa.VerifyASN1(iss.Material(a).(*ecdsa.PublicKey), digest(string(a), tok), tok.signature)
		}, probes("r and s in DER"), "check the signature's length"},
		{"any length of s", isEC, func(a jwthttptest.Algorithm, tok parts) bool {
			half := jws.MethodOf(string(a)).(*jwt.SigningMethodECDSA).KeySize
			return len(tok.signature) == 2*half-1 && verifyEC(iss, a, string(a), tok, half)
		}, probes("s without the zero before it"), "check the signature's length"},
	} {
		for _, a := range algorithms {
			if !tc.is(a) {
				continue
			}
			t.Run(tc.name+"/"+string(a), func(t *testing.T) {
				good := mustNew(t, iss.Key(a), iss.Options()).Handler(whoami)
				var got recorder
				jwthttptest.Conformance(&got, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if tok, ok := split(r); ok && tc.accepts(a, tok) {
						r.Header.Set("Authorization", "Bearer "+iss.Token(t, Claims{Subject: "alice"}, a))
					}
					good.ServeHTTP(w, r)
				}), jwthttptest.Setup{Issuer: iss, Claims: Claims{Subject: "alice"}, Options: []jwthttptest.TokenOption{a}})
				text, want := strings.Join(got, "\n"), tc.wants(a)
				if len(got) != 1 || !strings.HasPrefix(text, "the chain "+letsIn) || strings.Count(text, ": 200, not 401") != len(want) || !strings.Contains(text, tc.hint) {
					t.Errorf("reports %q", got)
				}
				for _, probe := range want {
					if !strings.Contains(text, "\t"+probe+": 200, not 401") {
						t.Errorf("no %q in %q", probe, got)
					}
				}
			})
		}
	}
}

// The parts of a token, for checks that no middleware should make.
type parts struct {
	input     string
	header    map[string]any
	signature []byte
}

func split(r *http.Request) (tok parts, ok bool) {
	all := r.Header["Authorization"]
	if len(all) != 1 || !strings.HasPrefix(all[0], "Bearer ") || strings.Count(all[0], ".") != 2 {
		return tok, false
	}
	raw := all[0][len("Bearer "):]
	i := strings.LastIndexByte(raw, '.')
	tok.input = raw[:i]
	header, _, _ := strings.Cut(raw, ".")
	text, err := base64.RawURLEncoding.DecodeString(header)
	if err != nil || json.Unmarshal(text, &tok.header) != nil {
		return tok, false
	}
	tok.signature, err = base64.RawURLEncoding.Strict().DecodeString(raw[i+1:])
	return tok, err == nil
}

func verifies(algorithm string, key any, tok parts) bool {
	method := jws.MethodOf(algorithm)
	return method != nil && method.Verify(tok.input, tok.signature, key) == nil
}

func digest(algorithm string, tok parts) []byte {
	h := jws.MethodOf(algorithm).(*jwt.SigningMethodECDSA).Hash.New()
	h.Write([]byte(tok.input))
	return h.Sum(nil)
}

// verifyEC verifies r and s of the issuer's key for a, by the hash of another algorithm.
func verifyEC(iss *jwthttptest.Issuer, a jwthttptest.Algorithm, other string, tok parts, half int) bool {
	r, s := new(big.Int).SetBytes(tok.signature[:half]), new(big.Int).SetBytes(tok.signature[half:])
	return ecdsa.Verify(iss.Material(a).(*ecdsa.PublicKey), digest(other, tok), r, s)
}

// embedded returns the key of a JWK.
func embedded(t testing.TB, jwk any) any {
	t.Helper()
	m := jwk.(map[string]any)
	bytes := func(name string) []byte {
		b, err := base64.RawURLEncoding.DecodeString(fmt.Sprint(m[name]))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	switch m["kty"] {
	case "oct":
		return bytes("k")
	case "RSA":
		return &rsa.PublicKey{N: new(big.Int).SetBytes(bytes("n")), E: int(new(big.Int).SetBytes(bytes("e")).Int64())}
	case "EC":
		curve := map[any]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}[m["crv"]]
		key, err := ecdsa.ParseUncompressedPublicKey(curve, slices.Concat([]byte{4}, bytes("x"), bytes("y")))
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	return ed25519.PublicKey(bytes("x"))
}

func isEC(a jwthttptest.Algorithm) bool { return strings.HasPrefix(string(a), "ES") }

// sameKey returns the other algorithms for the type of a's key.
func sameKey(a jwthttptest.Algorithm) (others []jwthttptest.Algorithm) {
	for _, family := range []string{"HS", "RSPS", "ES"} {
		for _, other := range algorithms {
			if other != a && strings.Contains(family, string(a[:2])) && strings.Contains(family, string(other[:2])) {
				others = append(others, other)
			}
		}
	}
	return others
}

func names(a jwthttptest.Algorithm, more []jwthttptest.Algorithm) []string {
	list := []string{string(a)}
	for _, other := range more {
		list = append(list, string(other))
	}
	return list
}

func probes(list ...string) func(jwthttptest.Algorithm) []string {
	return func(jwthttptest.Algorithm) []string { return list }
}
