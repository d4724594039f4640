package main

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// mintToken runs mint and returns the token's header and claims, unverified.
func mintToken(t *testing.T, stdin string, args ...string) (token string, header map[string]any, claims jwt.MapClaims) {
	t.Helper()
	stdout, stderr, status := command(t, stdin, append([]string{"mint"}, args...)...)
	token = strings.TrimSuffix(stdout, "\n")
	if status != exitGood || strings.ContainsAny(token, " \n") {
		t.Fatalf("status %d, stdout %q, stderr %s", status, stdout, stderr)
	}
	claims = jwt.MapClaims{}
	parsed, _, err := jwt.NewParser().ParseUnverified(token, claims)
	if err != nil {
		t.Fatal(err)
	}
	return token, parsed.Header, claims
}

func privatePEM(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func TestExplainAcceptsWhatMintMakes(t *testing.T) {
	t.Setenv("JWTHTTP_TEST_SECRET", "a secret of this test, 32 bytes and more")
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private := writeFile(t, []byte(privatePEM(t, ed)))
	public := filepath.Join(t.TempDir(), "key.pem")
	long := writeFile(t, []byte(strings.Repeat("a secret of 64 b", 4)))
	for _, tc := range []struct {
		name          string
		mint, explain []string
		alg           string
	}{
		{"a new key", []string{"-public", public}, []string{"-key", public}, "RS256"},
		{"a new key for PS256", []string{"-alg", "PS256", "-public", public}, []string{"-key", public, "-alg", "PS256"}, "PS256"},
		{"a new key for ES256", []string{"-alg", "ES256", "-public", public}, []string{"-key", public}, "ES256"},
		{"a new key for ES384", []string{"-alg", "ES384", "-public", public}, []string{"-key", public}, "ES384"},
		{"a new key for ES512", []string{"-alg", "ES512", "-public", public}, []string{"-key", public}, "ES512"},
		{"a new key for RS512", []string{"-alg", "RS512", "-public", public}, []string{"-key", public, "-alg", "RS512"}, "RS512"},
		{"a new key for PS512", []string{"-alg", "PS512", "-public", public}, []string{"-key", public, "-alg", "PS512"}, "PS512"},
		{"a secret for HS512", []string{"-secret-file", long, "-alg", "HS512"}, []string{"-secret-file", long, "-alg", "HS512"}, "HS512"},
		{"a secret for HS384", []string{"-secret-file", long, "-alg", "HS384"}, []string{"-secret-file", long, "-alg", "HS384"}, "HS384"},
		{"a new key for EdDSA", []string{"-alg", "EdDSA", "-public", public}, []string{"-key", public}, "EdDSA"},
		{"a secret of the environment", []string{"-secret-env", "JWTHTTP_TEST_SECRET"}, []string{"-secret-env", "JWTHTTP_TEST_SECRET"}, "HS256"},
		{"a secret of a file", []string{"-secret-file", data("secret.txt")}, []string{"-secret-file", data("secret.txt")}, "HS256"},
		{"a private key of openssl", []string{"-key", data("rsa-private.pem")}, []string{"-key", data("rsa.pem")}, "RS256"},
		{"a private key for PS256", []string{"-key", data("rsa-private.pem"), "-alg", "PS256"}, []string{"-key", data("rsa.pem"), "-alg", "PS256"}, "PS256"},
		{"a private key and its public half", []string{"-key", private, "-public", public}, []string{"-key", public}, "EdDSA"},
		{"a kid", []string{"-secret-file", data("secret.txt"), "-kid", "1"}, []string{"-secret-file", data("secret.txt"), "-kid", "1"}, "HS256"},
		{"a type", []string{"-secret-file", data("secret.txt"), "-type", "at+jwt"}, []string{"-secret-file", data("secret.txt"), "-type", "at+jwt"}, "HS256"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			token, header, _ := mintToken(t, "", flags(ours, []string{"-sub", "alice"}, tc.mint)...)
			if header["alg"] != tc.alg {
				t.Errorf("alg is %v, want %s", header["alg"], tc.alg)
			}
			if line, _ := firstLine(t, token, flags(ours, tc.explain)...); !strings.HasPrefix(line, "good") {
				t.Error(line)
			}
		})
	}
}

func TestClaimsOfMint(t *testing.T) {
	file := "@" + writeFile(t, []byte(`{"roles": ["admin"]}`))
	for _, tc := range []struct {
		name, stdin string
		flags       []string
		claim       string
		want        any // nil for none
	}{
		{"a flag", "", []string{"-sub", "alice"}, "sub", "alice"},
		{"an object", "", []string{"-claims", `{"sub": "bob"}`}, "sub", "bob"},
		{"a flag before an object", "", []string{"-claims", `{"sub": "bob"}`, "-sub", "alice"}, "sub", "alice"},
		{"standard input", `{"sub": "carol"}`, []string{"-claims", "-"}, "sub", "carol"},
		{"a file", "", []string{"-claims", file, "-issuer", "x"}, "iss", "x"},
		{"one audience", "", []string{"-audience", "a"}, "aud", "a"},
		{"null", "", []string{"-claims", `{"jti": null}`}, "jti", nil},
		{"a wrong exp stays", "", []string{"-claims", `{"exp": "soon"}`}, "exp", "soon"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, _, claims := mintToken(t, tc.stdin, append(tc.flags, "-secret-file", data("secret.txt"))...)
			if got := claims[tc.claim]; got != tc.want {
				t.Errorf("%s is %v, want %v", tc.claim, got, tc.want)
			}
		})
	}
	t.Run("dates", func(t *testing.T) {
		_, _, claims := mintToken(t, "", "-secret-file", data("secret.txt"))
		iat, _ := claims.GetIssuedAt()
		exp, _ := claims.GetExpirationTime()
		if got := exp.Sub(iat.Time); got != 15*time.Minute {
			t.Errorf("the lifetime is %v", got)
		}
		if claims["jti"] == "" {
			t.Error("jti is empty")
		}
	})
	t.Run("a token that has expired", func(t *testing.T) {
		token, _, _ := mintToken(t, "", "-secret-file", data("secret.txt"), "-lifetime", "-1h")
		if line, _ := firstLine(t, token, "-secret-file", data("secret.txt")); !strings.Contains(line, "refused: expired: the token expired 1h0m") {
			t.Error(line)
		}
	})
	t.Run("digits", func(t *testing.T) {
		token, _, _ := mintToken(t, "", "-secret-file", data("secret.txt"), "-claims", `{"id": 12345678901234567890}`)
		payload := strings.Split(token, ".")[1]
		b, err := jwt.NewParser().DecodeSegment(payload)
		if err != nil || !strings.Contains(string(b), `"id":12345678901234567890`) {
			t.Errorf("%s, %v", b, err)
		}
	})
	t.Run("no typ", func(t *testing.T) {
		if _, header, _ := mintToken(t, "", "-secret-file", data("secret.txt"), "-type", ""); header["typ"] != nil {
			t.Errorf("typ is %v", header["typ"])
		}
	})
}

func TestMintSaysHowToVerify(t *testing.T) {
	_, stderr, _ := command(t, "", "mint", "-alg", "EdDSA", "-audience", "orders")
	for _, part := range []string{"-----BEGIN PUBLIC KEY-----", "jwthttp explain -key key.pem -audience orders token.txt", `jwthttp.EdDSA(pub.(ed25519.PublicKey)), jwthttp.Options{Audience: []string{"orders"}}`} {
		if !strings.Contains(stderr, part) {
			t.Errorf("%q is missing in:\n%s", part, stderr)
		}
	}
	_, stderr, _ = command(t, "", "mint", "-alg", "ES256", "-audience", "\x1b[31m", "-public", filepath.Join(t.TempDir(), "a b.pem"))
	if !strings.Contains(stderr, "-key FILE -audience NAME token.txt") || strings.Contains(stderr, "\x1b") {
		t.Errorf("got %q", stderr)
	}
	if _, stderr, _ = command(t, "", "mint", "-secret-file", data("secret.txt")); stderr != "" {
		t.Errorf("with a key of the caller's: %q", stderr)
	}
}

// The command that mint shows finds the token good.
func TestMintsAdviceIsRight(t *testing.T) {
	for _, tc := range []struct {
		name  string
		flags []string
		says  string
	}{
		{"nothing", nil, "jwthttp.Options{})"},
		{"audience", []string{"-audience", "orders"}, `jwthttp.Options{Audience: []string{"orders"}})`},
		{"audience of the claims", []string{"-claims", `{"aud": "orders"}`}, `jwthttp.Options{Audience: []string{"orders"}})`},
		{"audiences of the claims", []string{"-claims", `{"aud": ["orders", "users"]}`}, `jwthttp.Options{Audience: []string{"orders"}})`},
		{"type", []string{"-type", "logout+jwt"}, `jwthttp.Options{Type: "logout+jwt"})`},
		{"type of access tokens", []string{"-type", "at+jwt", "-alg", "PS256"}, `jwthttp.Options{Type: "at+jwt"})`},
		{"PS512", []string{"-alg", "PS512"}, "jwthttp.NewKey(jwt.SigningMethodPS512, pub), jwthttp.Options{})"},
		{"ES384", []string{"-alg", "ES384"}, "jwthttp.NewKey(jwt.SigningMethodES384, pub), jwthttp.Options{})"},
		{"no type", []string{"-type", ""}, "jwthttp.Options{})"},
		{"no exp and bound", []string{"-kid", "1", "-claims", `{"exp": null, "cnf": {"jkt": "x"}}`}, "jwthttp.Options{AllowMissingExpiry: true, AllowSenderConstrained: true})"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "key.pem")
			token, stderr, _ := command(t, "", flags([]string{"mint", "-public", name}, tc.flags)...)
			_, advised, _ := strings.Cut(stderr, "\tjwthttp explain ")
			advised, _, _ = strings.Cut(advised, " token.txt\n")
			if line, _ := firstLine(t, token, strings.Fields(advised)...); !strings.HasPrefix(line, "good: ") || !strings.Contains(stderr, tc.says) {
				t.Errorf("explain %s: %s\nand %s\nwant %s", advised, line, stderr, tc.says)
			}
		})
	}
}

func TestMintRefuses(t *testing.T) {
	ofCurve := func(curve elliptic.Curve) string {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return writeFile(t, []byte(privatePEM(t, key)))
	}
	private, p384 := ofCurve(elliptic.P224()), ofCurve(elliptic.P384())
	const words = "correct-horse-battery-staple-and-more"
	for _, tc := range []struct {
		name, stdin string
		args        []string
		says        string
	}{
		{"an empty name of a secret", "", []string{"-secret-env", ""}, "-secret-env has an empty value"},
		{"two keys", "", []string{"-secret-env", "HOME", "-key", data("rsa-private.pem")}, "keep one"},
		{"a public key", "", []string{"-key", data("rsa.pem")}, "only the private half signs"},
		{"a certificate", "", []string{"-key", data("rsa.crt")}, "only the private half signs"},
		{"no PEM", "", []string{"-key", data("secret.txt")}, "got one word"},
		{"an encrypted private key", "", []string{"-key", writeFile(t, []byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"))}, "-key: got an encrypted private key: decrypt it with"},
		{"a directory", "", []string{"-key", t.TempDir()}, "it is a directory"},
		{"another curve", "", []string{"-key", private}, "its curve is not P-256"},
		{"alg of another key", "", []string{"-key", data("rsa-private.pem"), "-alg", "ES256"}, "use RS256, RS384, RS512, PS256, PS384 or PS512"},
		{"alg of another curve", "", []string{"-key", p384, "-alg", "ES256"}, "use ES384, or leave it out"},
		{"alg of a secret", "", []string{"-secret-file", data("secret.txt"), "-alg", "RS256"}, "use HS256, HS384 or HS512"},
		{"HS512 without a secret", "", []string{"-alg", "HS512"}, "HS512 needs a secret that both sides know"},
		{"an unknown alg", "", []string{"-alg", "none"}, "-alg: use HS256"},
		{"HS256 without a secret", "", []string{"-alg", "HS256"}, "needs a secret that both sides know"},
		{"the secret as a name", "", []string{"-secret-env", words}, "pass its NAME"},
		{"the secret as an argument", "", []string{"-secret", words}, "there is no flag -secret"},
		{"an argument", "", []string{words}, "it takes flags only"},
		{"claims that are no object", "", []string{"-claims", "[1]"}, "not one JSON object"},
		{"claims that are null", "null", []string{"-claims", "-"}, "not one JSON object"},
		{"two objects", `{"a":1} {"b":2}`, []string{"-claims", "-"}, "not one JSON object"},
		{"megabytes of claims", strings.Repeat(" ", 2<<20), []string{"-claims", "-"}, "more than 1 MiB"},
		{"a file of claims that is missing", "", []string{"-claims", "@no"}, "there is no such file"},
		{"a long lifetime", "", []string{"-lifetime", "100000h"}, "more than 366 days"},
		{"the public half of a secret", "", []string{"-secret-file", data("secret.txt"), "-public", "x"}, "has no public half"},
		{"a private key as the target", "", []string{"-key", data("rsa-private.pem"), "-public", data("rsa-private.pem")}, "has no public key in it"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			stdout, stderr, status := command(t, tc.stdin, append([]string{"mint"}, tc.args...)...)
			if status != exitUnknown || stdout != "" || !strings.Contains(stderr, tc.says) {
				t.Errorf("status %d, stdout %q, stderr %q, want %q", status, stdout, stderr, tc.says)
			}
			if strings.Contains(stderr, words) {
				t.Errorf("the secret is in %q", stderr)
			}
		})
	}
	if b, err := os.ReadFile(data("rsa-private.pem")); err != nil || !strings.Contains(string(b), "PRIVATE KEY") {
		t.Errorf("the private key was replaced: %v", err)
	}
}
