package main

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
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
		{"a new key for Ed25519", []string{"-alg", "Ed25519", "-public", public}, []string{"-key", public}, "EdDSA"},
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
		{"a file with a byte order mark", "", []string{"-claims", "@" + writeFile(t, []byte("\ufeff"+`{"sub": "dave"}`))}, "sub", "dave"},
		{"one audience", "", []string{"-audience", "a"}, "aud", "a"},
		{"an iss of the claims", "", []string{"-claims", `{"iss": "x"}`}, "iss", "x"},
		{"a jti of the claims", "", []string{"-claims", `{"jti": "1"}`}, "jti", "1"},
		{"null", "", []string{"-claims", `{"roles": null}`}, "roles", nil},
		{"a null jti", "", []string{"-unchecked", "-claims", `{"jti": null}`}, "jti", nil},
		{"a wrong exp stays", "", []string{"-unchecked", "-claims", `{"exp": "soon"}`}, "exp", "soon"},
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
		token, _, _ := mintToken(t, "", "-secret-file", data("secret.txt"), "-lifetime", "-1h", "-unchecked")
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
		if _, header, _ := mintToken(t, "", "-secret-file", data("secret.txt"), "-type", "", "-unchecked"); header["typ"] != nil || header["kid"] != nil {
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
	_, stderr, _ = command(t, "", "mint", "-alg", "ES256", "-unchecked", "-audience", "\x1b[31m", "-public", filepath.Join(t.TempDir(), "a b.pem"))
	if !strings.Contains(stderr, "with your own text for FILE and NAME:\n\n\tjwthttp explain -key FILE -audience NAME token.txt") || strings.Contains(stderr, "\x1b") {
		t.Errorf("got %q", stderr)
	}
	_, stderr, _ = command(t, "", "mint", "-alg", "ES256", "-audience", "my api", "-issuer", "my\"issuer")
	for _, part := range []string{"with your own text for ISSUER and NAME:", "-key key.pem -issuer ISSUER -audience NAME token.txt", `jwthttp.Options{Issuer: "my\"issuer", Audience: []string{"my api"}}`} {
		if !strings.Contains(stderr, part) {
			t.Errorf("%q is missing in:\n%s", part, stderr)
		}
	}
	if _, stderr, _ = command(t, "", "mint", "-secret-file", data("secret.txt")); stderr != "" {
		t.Errorf("with a key of the caller's: %q", stderr)
	}
}

// The command that mint shows finds the token good, and so does a middleware with the options.
func TestMintsAdviceIsRight(t *testing.T) {
	for _, tc := range []struct {
		name  string
		flags []string
		opts  jwthttp.Options
		says  string // has opts
	}{
		{"nothing", nil, jwthttp.Options{}, "jwthttp.Options{})"},
		{"audience", []string{"-audience", "orders"}, jwthttp.Options{Audience: []string{"orders"}}, `jwthttp.Options{Audience: []string{"orders"}})`},
		{"audience of the claims", []string{"-claims", `{"aud": "orders"}`}, jwthttp.Options{Audience: []string{"orders"}}, `jwthttp.Options{Audience: []string{"orders"}})`},
		{"audiences of the claims", []string{"-claims", `{"aud": ["orders", "users"]}`}, jwthttp.Options{Audience: []string{"orders"}}, `jwthttp.Options{Audience: []string{"orders"}})`},
		{"issuer", []string{"-issuer", "https://issuer.example.com"}, jwthttp.Options{Issuer: "https://issuer.example.com"}, `jwthttp.Options{Issuer: "https://issuer.example.com"})`},
		{"type", []string{"-type", "logout+jwt"}, jwthttp.Options{Type: "logout+jwt"}, `jwthttp.Options{Type: "logout+jwt"})`},
		{"type of access tokens", []string{"-type", "at+jwt", "-alg", "PS256"}, jwthttp.Options{Type: "at+jwt"}, `jwthttp.Options{Type: "at+jwt"})`},
		{"PS512", []string{"-alg", "PS512"}, jwthttp.Options{}, "jwthttp.NewKey(jwt.SigningMethodPS512, pub), jwthttp.Options{})"},
		{"ES384", []string{"-alg", "ES384"}, jwthttp.Options{}, "jwthttp.NewKey(jwt.SigningMethodES384, pub), jwthttp.Options{})"},
		{"unchecked", []string{"-unchecked"}, jwthttp.Options{}, "jwthttp.Options{})"},
		{"no type", []string{"-type", "", "-unchecked"}, jwthttp.Options{}, "jwthttp.Options{})"},
		{"no exp and bound", []string{"-kid", "1", "-claims", `{"exp": null, "cnf": {"jkt": "x"}}`, "-unchecked"}, jwthttp.Options{AllowMissingExpiry: true, AllowSenderConstrained: true}, "jwthttp.Options{AllowMissingExpiry: true, AllowSenderConstrained: true})"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "key.pem")
			token, stderr, _ := command(t, "", flags([]string{"mint", "-public", name}, tc.flags)...)
			_, advised, _ := strings.Cut(stderr, "\tjwthttp explain ")
			advised, _, _ = strings.Cut(advised, " token.txt\n")
			if line, _ := firstLine(t, token, strings.Fields(advised)...); !strings.HasPrefix(line, "good: ") || !strings.Contains(stderr, tc.says) {
				t.Errorf("explain %s: %s\nand %s\nwant %s", advised, line, stderr, tc.says)
			}
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			block, _ := pem.Decode(data)
			public, err := x509.ParsePKIXPublicKey(block.Bytes)
			if err != nil {
				t.Fatal(err)
			}
			if err := verify(t, strings.TrimSpace(token), public, tc.opts); err != nil {
				t.Error(err)
			}
		})
	}
}

// verify asks a middleware with one key, for the algorithm of the token.
func verify(t *testing.T, token string, key any, opts jwthttp.Options) error {
	t.Helper()
	parsed, _, err := jwt.NewParser().ParseUnverified(token, jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	auth, err := jwthttp.New[jwt.MapClaims](jwthttp.NewKey(parsed.Method, key), opts)
	if err != nil {
		t.Fatal(err)
	}
	_, err = auth.Verify(t.Context(), token)
	return err
}

// Without -unchecked there is a good token, or the reason why not and how to sign it all the same.
func TestMintSignsGoodTokens(t *testing.T) {
	const again = "\nTo sign it all the same, as a token that must be refused, add -unchecked\n"
	secret := []byte(read(t, "secret.txt"))
	ahead := func(d time.Duration) string { return fmt.Sprint(time.Now().Add(d).Unix()) }
	for _, tc := range []struct {
		name  string
		args  []string
		says  string
		isBad bool // for every middleware
	}{
		{"a numeric sub", []string{"-claims", `{"sub": 42}`}, "issue: the middleware would refuse the token, so change its claims, and not options of the middleware: The access token has malformed claims: sub is a number", true},
		{"a coming nbf", []string{"-claims", `{"nbf": ` + ahead(time.Hour) + `}`}, "the middleware would refuse the token", true},
		{"an nbf of text", []string{"-claims", `{"nbf": "now"}`}, "the middleware would refuse the token", true},
		{"a bound token", []string{"-claims", `{"cnf": {"jkt": "x"}}`}, "bound to a key", true},
		{"100 KB", []string{"-claims", `{"text": "` + strings.Repeat("x", 100_000) + `"}`}, "too large", true},
		{"an exp in the past", []string{"-claims", `{"exp": ` + ahead(-time.Hour) + `}`}, "not a time from now to Options.Lifetime (15m0s) ahead", true},
		{"an exp of text", []string{"-claims", `{"exp": "soon"}`}, "not a time from now to Options.Lifetime", true},
		{"an exp with odd characters", []string{"-claims", `{"exp": "\u202e\u001b[31m"}`}, "not a time from now to Options.Lifetime", true},
		{"an exp that is null", []string{"-claims", `{"exp": null}`}, "exp is null or 0, and a good token has another one: leave it out", true},
		{"an exp of 0", []string{"-claims", `{"exp": 0}`}, "exp is null or 0", true},
		{"a later exp", []string{"-claims", `{"exp": ` + ahead(time.Hour) + `}`}, "or set Lifetime", false},
		{"an old iat", []string{"-claims", `{"iat": 1}`}, "the claims have the iat 1, which is not now", false},
		{"an iat that is null", []string{"-claims", `{"iat": null}`}, "iat is null or 0", false},
		{"a jti that is null", []string{"-claims", `{"jti": null}`}, "jti is null or 0", false},
		{"an aud that is a number", []string{"-claims", `{"aud": 7}`}, "the claims have the aud 7", true},
		{"an iss that is a list", []string{"-claims", `{"iss": ["a"]}`}, `the claims have the iss ["a"]`, true},
		{"an iss with a space", []string{"-issuer", "a "}, "white space", false},
		{"a token that has expired", []string{"-lifetime", "-1h"}, "-lifetime is -1h0m0s: use 1s to 24h\n", true},
		{"a lifetime of 0", []string{"-lifetime", "0"}, "-lifetime is 0s: use 1s to 24h\n", true},
		{"a lifetime of years", []string{"-lifetime", "100000h"}, "-lifetime is 100000h0m0s: use 1s to 24h\n", false},
		{"a lifetime of a day and more", []string{"-lifetime", "24h1ns"}, "-lifetime is 24h0m0.000000001s: use 1s to 24h\n", false},
		{"no type", []string{"-type", ""}, "-type is empty", false},
		{"a kid that is no ASCII", []string{"-kid", "ä"}, "cannot be the kid of a token", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			args := flags([]string{"-secret-file", data("secret.txt")}, tc.args)
			stdout, stderr, status := command(t, "", append([]string{"mint"}, args...)...)
			if status != exitUnknown || stdout != "" || !strings.Contains(stderr, tc.says) || !strings.HasSuffix(stderr, again) {
				t.Errorf("status %d, stdout %q, stderr %q, want %q", status, stdout, stderr, tc.says)
			}
			if strings.ContainsAny(stderr, "\x1b\u202e") {
				t.Errorf("a terminal may obey %q", stderr)
			}
			token, _, _ := mintToken(t, "", append(args, "-unchecked")...)
			if err := verify(t, token, secret, jwthttp.Options{AllowAnyAudience: true}); (err != nil) != tc.isBad {
				t.Errorf("with -unchecked: %v", err)
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
		{"no claims at all", "", []string{"-claims", "-"}, "standard input is empty"},
		{"two objects", `{"a":1} {"b":2}`, []string{"-claims", "-"}, "not one JSON object"},
		{"an object and more", `{"a":1}]x`, []string{"-claims", "-"}, "not one JSON object"},
		{"a name twice", `{"sub":"a","sub":"b"}`, []string{"-claims", "-"}, "it has a name twice, or a text that is not UTF-8"},
		{"a lone surrogate", `{"sub":"\ud800"}`, []string{"-claims", "-"}, "it has a name twice, or a text that is not UTF-8"},
		{"megabytes of claims", strings.Repeat(" ", 2<<20), []string{"-claims", "-"}, "more than 1 MiB"},
		{"claims in UTF-16", "", []string{"-claims", "@" + writeFile(t, []byte("\xff\xfe{\x00}\x00"))}, "-claims: got UTF-16, as PowerShell writes it: save the file as UTF-8"},
		{"a file of claims that is missing", "", []string{"-claims", "@no"}, "there is no such file"},
		{"a short secret", "", []string{"-secret-file", data("secret-short.txt"), "-unchecked"}, "32 bytes or more, not 20"},
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
