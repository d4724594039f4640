package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"go.uber.org/goleak"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/cmd/jwthttp/internal/explain"
	"github.com/jwthttp/jwthttp/jwthttptest"
)

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// forged returns a token whose signature is good for nothing.
func forged(header, payload string) string {
	return encode(header) + "." + encode(payload) + "." + strings.Repeat("Sig0", 11)
}

func TestHostileTokens(t *testing.T) {
	const header = `{"alg":"HS256"}`
	garbage := make([]byte, 2000)
	rand.Read(garbage)
	for _, tc := range []struct{ name, token string }{
		{"64 KiB", forged(header, `{"exp":4102444800,"x":"`+strings.Repeat("x", 48<<10)+`"}`)},
		{"a megabyte", strings.Repeat("eyJhbGciOiJIUzI1NiJ9.", 49_000)},
		{"a megabyte of one segment", strings.Repeat("A", 1<<20)},
		{"binary garbage", string(garbage)},
		{"zeros", strings.Repeat("\x00", 100)},
		{"ANSI escapes", "\x1b[2J\x1b]0;title\a" + forged(header, `{"sub":"\u001b[31m"}`)},
		{"ANSI escapes in claims", forged(header, "{\"sub\":\"\\u001b[31mred\",\"\\u001b[2J\":1,\"iss\":\"\\u202eevil\"}")},
		{"raw control characters in claims", forged(header, "{\"sub\":\"\x1b[31m\x07\u202e\u2066\u200f\"}")},
		{"a BOM and lines in claims", forged(header, "\ufeff{\"sub\":\"a\u2028b\u0085c\"}")},
		{"ANSI escapes in the header", forged("{\"alg\":\"\\u001b[31m\",\"kid\":\"\\u202e\",\"typ\":\"\\u001b]8;;\"}", `{}`)},
		{"crit with escapes", forged("{\"alg\":\"HS256\",\"crit\":[\"\\u001b[31m\u202e\"]}", `{}`)},
		{"enc in three segments", forged(`{"alg":"dir","enc":"A128GCM"}`, `{}`)},
		{"aud with marks", forged(header, "{\"aud\":[\"\u202e\u2066\",\"\\u0000\"],\"exp\":1}")},
		{"right-to-left marks", "\u202e\u2067" + forged(header, `{}`) + "\u2069"},
		{"deep", forged(header, strings.Repeat(`{"a":`, 9000)+"1"+strings.Repeat("}", 9000))},
		{"deeper than readers go", forged(header, strings.Repeat("[", 40000))},
		{"deep in a header", forged(`{"alg":"HS256","a":`+strings.Repeat("[", 900)+strings.Repeat("]", 900)+"}", `{}`)},
		{"many members", forged(header, "{"+strings.Repeat(`"a":1,`, 300)+`"b":1}`)},
		{"many claims", forged(header, manyMembers(3000))},
		{"huge dates", forged(header, `{"exp":1e400,"nbf":-1e308,"iat":"NaN"}`)},
		{"dates of other types", forged(header, `{"exp":null,"nbf":{},"iat":true,"aud":[null,1],"sub":[],"iss":null,"jti":{}}`)},
		{"infinite text", forged(header, `{"exp":"Infinity","nbf":"1e999"}`)},
		{"half a surrogate", forged(header, `{"sub":"\ud800","exp":4102444800}`)},
		{"twice inside", forged(header, `{"a":{"b":1,"b":2},"exp":4102444800}`)},
		{"twice in the header", forged(`{"alg":"HS256","alg":"none"}`, `{}`)},
		{"alg is a list", forged(`{"alg":["HS256"],"kid":1,"typ":null}`, `{}`)},
		{"a long alg", forged(`{"alg":"`+strings.Repeat("A", 1500)+`"}`, `{}`)},
		{"a large header", forged(`{"alg":"HS256","x5c":["`+strings.Repeat("A", 4000)+`"]}`, `{}`)},
		{"a key of 300,000 bits", forged(`{"alg":"RS512","jwk":{"kty":"RSA","e":"AQAB","n":"`+strings.Repeat("x", 40000)+`"}}`, `{}`)},
		{"empty segments", ".."},
		{"an empty payload", forged(header, "")},
		{"an empty header", forged("", `{"exp":4102444800}`)},
		{"many members of a header", forged(manyMembers(6000), `{"exp":4102444800}`)},
		{"dots", strings.Repeat(".", 5000)},
		{"an array", forged(`[]`, `[]`)},
		{"a number", forged("1", "1")},
		{"a header that is null", forged("null", "null")},
		{"five segments", forged(header, `{}`) + ".a.b"},
		{"a JSON serialization", `{"payload":"e30","protected":"eyJhbGciOiJIUzI1NiJ9","signature":"AAAA"}`},
		{"a header line of another scheme", "Authorization: Basic dXNlcjpwYXNzd29yZHBhc3N3b3Jk"},
		{"an empty header line", "Authorization:  "},
		{"SAML", `<saml:Assertion xmlns:saml="x">` + "\x1b" + `</saml:Assertion>`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for name, config := range map[string][]string{"secret": secret, "key": rsaKey, "no key": nil, "lax": {"-allow-any-audience", "-allow-missing-expiry"}} {
				for _, format := range [][]string{nil, {"-json"}} {
					stdout, stderr, status := command(t, tc.token, flags([]string{"explain"}, format, config)...)
					if stdout == "" || stderr != "" {
						t.Errorf("%s: stdout %.200q, stderr %.200q", name, stdout, stderr)
					}
					if isSure := len(config) > 0 && name != "lax"; isSure && status != exitRefused {
						t.Errorf("%s: status %d, want %d: %.300s", name, status, exitRefused, stdout)
					}
					if status == exitGood || strings.Contains(stdout, "explain does not know") {
						t.Errorf("%s: status %d: %.300s", name, status, stdout)
					}
				}
			}
		})
	}
}

func manyMembers(n int) string {
	var b strings.Builder
	b.WriteString("{")
	for i := range n {
		fmt.Fprintf(&b, `"c%d":1,`, i)
	}
	b.WriteString(`"exp":4102444800}`)
	return b.String()
}

// The work grows with the size of a token, and not with the square of it. Memory that is
// allocated stands for the work, because it does not depend on the machine.
func TestWorkGrowsWithTheSize(t *testing.T) {
	setup := explain.Setup{Options: jwthttp.Options{Issuer: "https://issuer.example.com", Audience: []string{"orders"}}}
	if err := setup.AddSecret([]byte(strings.TrimSpace(read(t, "secret.txt"))), "the secret", "", ""); err != nil {
		t.Fatal(err)
	}
	allocated := func(token string) float64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		explain.Explain(t.Context(), token, setup)
		runtime.ReadMemStats(&after)
		return float64(after.TotalAlloc - before.TotalAlloc)
	}
	for name, token := range map[string]func(n int) string{
		"header":   func(n int) string { return forged(manyMembers(n), `{}`) },
		"claims":   func(n int) string { return forged(`{"alg":"HS256"}`, manyMembers(n)) },
		"segments": func(n int) string { return strings.Repeat("eyJh.", n) },
		"depth": func(n int) string {
			return forged(`{"alg":"HS256"}`, strings.Repeat(`{"a":`, n)+"1"+strings.Repeat("}", n))
		},
	} {
		allocated(token(10)) // what is allocated once
		small, large := allocated(token(1000)), allocated(token(4000))
		if large > 8*small { // 16 times if it were the square
			t.Errorf("%s: %.0f bytes for a token of four times the size, and %.0f for one", name, large, small)
		}
	}
}

// A caller that has gone gets no more work done, and a token that was not looked at is not good.
func TestExplainEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	setup := explain.Setup{Options: jwthttp.Options{Issuer: "https://issuer.example.com", Audience: []string{"orders"}}}
	for name, token := range map[string]string{"good": read(t, "hs256.jwt"), "bad": read(t, "everything.jwt"), "header": forged(manyMembers(100), `{}`)} {
		r := explain.Explain(ctx, token, setup)
		if got := reasons(r); r.Verdict == explain.Good || len(got) > 2 || !slices.Contains(got, "canceled") {
			t.Errorf("%s: %s, %v", name, r.Verdict, got)
		}
	}
}

// A token that no middleware takes is tried with the keys that the middleware would use for it,
// and with no other.
func TestOnlyUsedKeysVerify(t *testing.T) {
	hmac := []byte(read(t, "secret-trimmed.txt"))
	oct := fmt.Sprintf(`{"kty":"oct","k":%q}`, base64.RawURLEncoding.EncodeToString(hmac))
	withOct := writeFile(t, []byte(`{"keys":[`+read(t, "jwk.json")+`,`+oct+`]}`))
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	private, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(read(t, "rsa-private.pem")))
	if err != nil {
		t.Fatal(err)
	}
	asJWK := func(pub rsa.PublicKey, kid string) string {
		return fmt.Sprintf(`{"kty":"RSA","alg":"RS256","kid":%q,"e":"AQAB","n":%q}`, kid, base64.RawURLEncoding.EncodeToString(pub.N.Bytes()))
	}
	setOf := func(keys ...string) []string {
		return []string{"-key", writeFile(t, []byte(`{"keys":[`+strings.Join(keys, ",")+`]}`))}
	}
	nine := []string{asJWK(private.PublicKey, "the key")}
	for i := range 8 {
		nine = append(nine, asJWK(other.PublicKey, fmt.Sprint("other ", i)))
	}
	sign := func(header string) string {
		input := encode(header) + "." + encode(`{"iss":"https://issuer.example.com","aud":"orders","exp":4102444800}`)
		signature, err := jwt.SigningMethodHS256.Sign(input, hmac)
		if strings.Contains(header, "RS256") {
			signature, err = jwt.SigningMethodRS256.Sign(input, private)
		}
		if err != nil {
			t.Fatal(err)
		}
		return input + "." + base64.RawURLEncoding.EncodeToString(signature)
	}
	for _, tc := range []struct {
		name, header string
		flags        []string
		want         string
	}{
		{"the first key of a kid", `{"alg":"RS256","kid":"a","crit":["x"]}`, setOf(asJWK(private.PublicKey, "a"), asJWK(other.PublicKey, "a")), "header"},
		{"the second key of a kid", `{"alg":"RS256","kid":"a","crit":["x"]}`, setOf(asJWK(other.PublicKey, "a"), asJWK(private.PublicKey, "a")), "header signature"},
		{"the key of another kid", `{"alg":"RS256","kid":"a","crit":["x"]}`, setOf(asJWK(other.PublicKey, "a"), asJWK(private.PublicKey, "b")), "header signature"},
		{"one of eight keys without kid", `{"alg":"RS256","crit":["x"]}`, setOf(nine[:8]...), "header"},
		{"one of nine keys without kid", `{"alg":"RS256","crit":["x"]}`, setOf(nine...), "header unknown_key"},
		{"the key", `{"alg":"HS256","crit":["x"]}`, secret, "header"},
		{"the key, by its id", `{"alg":"HS256","kid":"mine","crit":["x"]}`, flags(secret, []string{"-kid", "mine"}), "header"},
		{"the key, and a token without kid", `{"alg":"HS256","crit":["x"]}`, flags(secret, []string{"-kid", "mine"}), "header"},
		{"a kid that cannot be one", `{"alg":"HS256","kid":7}`, flags(secret, []string{"-kid", "mine"}), "malformed_token"},
		{"another id", `{"alg":"HS256","kid":"zzz","crit":["x"]}`, flags(secret, []string{"-kid", "mine"}), "header unknown_key"},
		{"another id, without crit", `{"alg":"HS256","kid":"zzz"}`, flags(secret, []string{"-kid", "mine"}), "unknown_key"},
		{"a secret that was published", `{"alg":"HS256","crit":["x"]}`, []string{"-key", withOct}, "header unknown_key"},
		{"another algorithm", `{"alg":"HS384","crit":["x"]}`, secret, "header unknown_key"},
		{"another signature", `{"alg":"HS256","crit":["x"]}`, []string{"-secret-file", data("secret-hex.txt")}, "header signature"},
		{"a large token", `{"alg":"HS256","kid":"zzz","x":"` + strings.Repeat("x", 64<<10) + `"}`, flags(secret, []string{"-kid", "mine"}), "token_too_large header unknown_key"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := asJSON(t, sign(tc.header), flags(ours, tc.flags)...)
			if got := strings.Join(reasons(r), " "); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
			i := slices.IndexFunc(r.Steps, func(s explain.Step) bool { return s.Name == "signature" })
			if isGood := !strings.ContainsAny(tc.want, " ") && tc.want != "unknown_key"; (r.Steps[i].Status == explain.Passed) != isGood {
				t.Errorf("the signature is %q", r.Steps[i].Status)
			}
		})
	}
}

// A claim that is too deep is found, also in a token that is nearly as large as one can be.
func TestDeepClaims(t *testing.T) {
	hmac := []byte(read(t, "secret-trimmed.txt"))
	for name, deep := range map[string]string{
		"lists":   strings.Repeat("[", 8000) + strings.Repeat("]", 8000),
		"objects": strings.Repeat(`{"a":`, 8000) + "1" + strings.Repeat("}", 8000),
	} {
		for _, header := range []string{`{"alg":"HS256"}`, `{"alg":"HS256","kid":"` + strings.Repeat("k", 200) + `"}`} {
			input := encode(header) + "." + encode(`{"iss":"https://issuer.example.com","aud":"orders","exp":4102444800,"x":`+deep+`}`)
			signature, err := jwt.SigningMethodHS256.Sign(input, hmac)
			if err != nil {
				t.Fatal(err)
			}
			token := input + "." + base64.RawURLEncoding.EncodeToString(signature)
			t.Run(name, func(t *testing.T) {
				expectFirstLine(t, token, mistake{flags: flags(secret, []string{"-max-token-bytes", "65536"}), reason: "claims", says: `the claim "x" is nested too deep`})
			})
		}
	}
}

// What is found does not depend on chance: every byte of a good token that is changed is found.
func TestEveryChangedByteIsRefused(t *testing.T) {
	token := strings.TrimSpace(read(t, "hs256.jwt"))
	for i := range len(token) {
		changed := []byte(token)
		changed[i] ^= 1
		if line, status := firstLine(t, string(changed), flags(ours, secret)...); status != exitRefused {
			t.Errorf("byte %d: status %d: %s", i, status, line)
		}
	}
}

// Tokens that were changed at random places, in their JSON and in their base64.
func TestEveryRefusalIsExplained(t *testing.T) {
	files, err := filepath.Glob(data("*.jwt"))
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	random := mathrand.New(mathrand.NewPCG(1, 2))
	change := func(b []byte) []byte {
		if len(b) == 0 {
			return b
		}
		i := random.IntN(len(b))
		switch random.IntN(4) {
		case 0:
			b[i] = byte(random.IntN(256))
		case 1:
			return b[:i]
		case 2:
			return slices.Delete(b, i, i+1)
		case 3:
			return slices.Insert(b, i, `"{}[]:,0n\`[random.IntN(10)])
		}
		return b
	}
	for _, name := range files {
		for range 8 {
			parts := strings.Split(strings.TrimSpace(read(t, filepath.Base(name))), ".")
			i := random.IntN(3)
			if decoded, err := base64.RawURLEncoding.DecodeString(parts[i]); err == nil && i < 2 && random.IntN(2) == 0 {
				parts[i] = encode(string(change(decoded)))
			} else {
				parts[i] = string(change([]byte(parts[i])))
			}
			token := strings.Join(parts, ".")
			for _, f := range asJSON(t, token, flags(ours, rsaKey)...).Findings {
				if f.Mend == "" || strings.Contains(f.Mend, "explain does not know") || strings.Contains(f.Mend, "the log of the middleware") {
					t.Errorf("%s: %+v", token, f)
				}
			}
		}
	}
}

func TestBadFilesAndFlags(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	const words = "correct-horse-battery-staple-and-more"
	for _, tc := range []struct {
		name string
		args []string
		says string
	}{
		{"directory", []string{"-key", dir}, "-key: it is a directory"},
		{"missing", []string{"-key", filepath.Join(dir, "no")}, "-key: there is no such file"},
		{"empty", []string{"-key", file("empty", "")}, "-key: the file is empty"},
		{"megabytes", []string{"-key", file("large", strings.Repeat("x", 2<<20))}, "-key: the file has more than 1 MiB"},
		{"no key in it", []string{"-key", file("text", "hello, world\n")}, "got no key"},
		{"damaged PEM", []string{"-key", file("damaged", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")}, "is damaged"},
		{"DER", []string{"-key", data("rsa.der")}, "got DER"},
		{"key set without keys", []string{"-key", file("set", `{"keys":[]}`)}, "no key"},
		{"JSON that is no key set", []string{"-key", file("json", `{"jwks_uri":"https://x"}`)}, "it is the metadata of an issuer, not a key set"},
		{"encrypted private key", []string{"-key", file("enc", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n")}, "encrypted private key"},
		{"certificate request", []string{"-key", file("csr", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n")}, "certificate request"},
		{"escapes in a file", []string{"-key", file("ansi", "\x1b[31m\u202e -----BEGIN \x1b[0m")}, "jwthttp explain: "},
		{"alg of another kind", []string{"-key", data("rsa.pem"), "-alg", "ES256"}, "use RS256, RS384, RS512, PS256, PS384 or PS512"},
		{"alg of a fetched key", []string{"-discover", "https://issuer.example.com", "-alg", "ES256"}, "use -algorithms for keys that are fetched"},
		{"kid without a key", []string{"-kid", "x"}, "-alg and -kid are for a secret or for the key of a file"},
		{"alg of another curve", []string{"-key", data("ssh-ecdsa-384.pub"), "-alg", "ES256"}, "use ES384"},
		{"alg of a secret", []string{"-secret-file", data("secret.txt"), "-alg", "RS256"}, "use HS256"},
		{"the secret as a name", []string{"-secret-env", words}, "pass its NAME, not the secret"},
		{"the secret as a file", []string{"-secret-file", words}, "pass the name of a file"},
		{"the secret as an argument", []string{"-secret", words}, "there is no flag -secret"},
		{"the secret as an argument with =", []string{"-secret=" + words}, "there is no flag -secret"},
		{"the secret as a flag", []string{"-" + words}, "jwthttp explain: "},
		{"the secret as the value of a flag", []string{"-secret-env", "-" + words, "-bogus"}, "argument 3 is not one of the flags"},
		{"a short secret as a flag", []string{"-correct-horse"}, "argument 1 is not one of the flags"},
		{"the secret as an algorithm", []string{"-key", data("rsa.pem"), "-alg", "correct-horse"}, "use RS256, RS384, RS512, PS256, PS384 or PS512"},
		{"three dashes", []string{"-json", "---x"}, "argument 2 is not one of the flags"},
		{"no value", []string{"-json", "-issuer"}, "explain: -issuer has no value: see"},
		{"the secret as a duration", []string{"-leeway", words}, "explain: -leeway has a value that is not a duration such as 30s: see"},
		{"a number as a duration", []string{"-issuer", "x", "-json", "-leeway=30"}, "-leeway has a value that is not a duration such as 30s"},
		{"the secret as a number", []string{"-leeway", "30s", "--max-token-bytes", words}, "-max-token-bytes has a value that it cannot have"},
		{"the secret as yes or no", []string{"-json=" + words}, "-json has a value that it cannot have"},
		{"the token as an argument", []string{"eyJhbGciOiJIUzI1NiJ9." + words}, "a token was given as an argument"},
		{"two secrets", []string{"-secret-env", "HOME", "-secret-file", data("secret.txt")}, "keep one"},
		{"two kinds of keys", []string{"-secret-file", data("secret.txt"), "-jwks", "https://issuer.example.com/keys"}, "keep one"},
		{"two addresses", []string{"-discover", "https://issuer.example.com", "-jwks", "https://issuer.example.com/keys"}, "keep one"},
		{"two issuers", []string{"-discover", "https://issuer.example.com", "-issuer", "https://issuer.example.com/"}, "-issuer and -discover differ"},
		{"metadata without discover", []string{"-jwks", "https://issuer.example.com/keys", "-issuer", "x", "-metadata", "https://issuer.example.com/metadata"}, "-metadata needs -discover"},
		{"metadata for a secret", flags(secret, []string{"-metadata", "https://issuer.example.com/metadata"}), "are for keys that are fetched"},
		{"algorithms for a secret", flags(secret, []string{"-algorithms", "HS256"}), "or use -alg for a key of a file"},
		{"plain http for a secret", flags(secret, []string{"-allow-insecure-http"}), "are for keys that are fetched"},
		{"an unknown algorithm", []string{"-discover", "https://issuer.example.com", "-algorithms", "RS256", "-algorithms", "HS256"}, "HS256"},
		{"jwks without issuer", []string{"-jwks", "https://issuer.example.com/keys"}, "-jwks needs -issuer"},
		{"plain http", []string{"-discover", "http://issuer.example.com"}, "https"},
		{"a template", []string{"-discover", "https://login.microsoftonline.com/{tenantid}/v2.0"}, "template"},
		{"an empty name of a secret", []string{"-secret-env", ""}, "-secret-env has an empty value: give it one, or leave the flag out"},
		{"an empty issuer", flags(secret, []string{"-issuer="}), "-issuer has an empty value"},
		{"an empty file", []string{"-key", ""}, "-key has an empty value"},
		{"an empty audience of two", flags(secret, []string{"-audience", "", "-audience", "orders"}), "-audience has an empty value"},
		{"two files", []string{data("hs256.jwt"), data("rs256.jwt")}, "more than one file"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			stdout, stderr, status := command(t, "x.y.z", append([]string{"explain"}, tc.args...)...)
			if status != exitUnknown || stdout != "" || !strings.Contains(stderr, tc.says) {
				t.Errorf("status %d, stdout %q, stderr %q, want %q", status, stdout, stderr, tc.says)
			}
			if strings.Contains(stderr, "correct-horse") {
				t.Errorf("the secret is in %q", stderr)
			}
		})
	}
}

// A key that this package does not use is not called damaged. The public keys are of openssl 3.0.
func TestKeysOfOtherKinds(t *testing.T) {
	private := func(name string) string {
		data, err := os.ReadFile(filepath.Join("../../internal/jws/testdata/private", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	block := func(kind, text string) string {
		return "-----BEGIN " + kind + "-----\n" + text + "\n-----END " + kind + "-----\n"
	}
	const (
		encrypted = `got an encrypted private key: pass its public half, which "openssl pkey -in FILE -pubout" prints`
		want      = `: want RSA, P-256, P-384, P-521 or Ed25519, which "openssl genpkey -algorithm ed25519" makes`
		curve     = "got an EC key, and its curve is not P-256, P-384 or P-521 by name: make one with \"openssl ecparam -name prime256v1 -genkey -noout\""
		use       = ", and no algorithm here takes it: use a key of RSA, P-256, P-384, P-521 or Ed25519"
		ed448     = "MEMwBQYDK2VxAzoAvs3uhcLKhW9TFRB5TwwbaqKECR+rdr2YZUAOEZd7+GqRsTA4mO8pGLBHpdVyPZC6RQekekSjbbSA"
	)
	for _, tc := range []struct{ name, text, says string }{
		{"encrypted PKCS#1", private("bad-encrypted-pkcs1"), encrypted},
		{"encrypted PKCS#8", private("bad-encrypted-pkcs8"), encrypted},
		{"DSA", private("bad-dsa"), "got a DSA key" + want},
		{"Ed448", private("bad-ed448"), "got an Ed448 key" + want},
		{"RSA-PSS", private("bad-rsa-pss"), "got an RSA-PSS key" + want},
		{"X25519", private("bad-x25519"), "got an X25519 key" + want},
		{"secp256k1", private("bad-secp256k1"), curve},
		{"secp256k1 in PKCS#8", private("bad-secp256k1-pkcs8"), curve},
		{"damaged", block("PRIVATE KEY", "AAAA"), "the private key is damaged: copy the file whole"},
		{"public Ed448", block("PUBLIC KEY", ed448), "got an Ed448 key" + use},
		{"public secp256k1", block("PUBLIC KEY", "MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEKxSRnFrOCI0sDHIMgBMDhERA6sJa9wPEp8eWx5DCq1fCsWq6MTqpDyuYYQGhvx7M49CjY8q5wAbGTuQhuuUlkw=="), "got an EC key whose curve is not P-256, P-384 or P-521 by name" + use},
		{"public P-256, compressed", block("PUBLIC KEY", "MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgAD53x3fI9ak7eAF02rw+C8YdWSRWfgqE22GgPXWKq+3mA="), "the PUBLIC KEY block is whole, but its key cannot be read: export the key again, and its point uncompressed if it is an EC key"},
		{"public Ed448, cut short", block("PUBLIC KEY", ed448[:80]), "the PUBLIC KEY block is damaged: copy the file whole"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if line, status := firstLine(t, "x.y.z", "-key", writeFile(t, []byte(tc.text))); status != exitUnknown || !strings.HasSuffix(line, tc.says) {
				t.Errorf("status %d, %s\nwant %s", status, line, tc.says)
			}
		})
	}
}

// What is behind a megabyte is not left out: the token is another one than the first.
func TestMoreThanAMegabyteIsRefused(t *testing.T) {
	token := strings.TrimSpace(read(t, "hs256.jwt"))
	spaces := strings.Repeat(" ", 1<<20-len(token))
	if line, status := firstLine(t, token+spaces, flags(ours, secret)...); status != exitGood {
		t.Errorf("a megabyte: status %d: %s", status, line)
	}
	stdout, stderr, status := command(t, token+spaces+"x", flags([]string{"explain"}, ours, secret)...)
	if status != exitUnknown || stdout != "" || !strings.Contains(stderr, "more than 1 MiB") {
		t.Errorf("more: status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
}

func TestKeysOfTheNetwork(t *testing.T) {
	var logged bytes.Buffer // the report says what a log would
	previous := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&logged, nil)))
	t.Cleanup(func() { slog.SetDefault(previous) })
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) }) // after the issuer has closed
	iss := jwthttptest.NewIssuer(t)
	token := iss.Token(t, map[string]string{"sub": "alice"})
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	secure := httptest.NewUnstartedServer(mux)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	metadata := func(path, issuer, keys string) {
		mux.HandleFunc("GET "+path+"/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, issuer, server.URL+keys)
		})
	}
	metadata("", server.URL+"/", "/keys")
	metadata("/shop", server.URL+"/shop", "/keys")
	metadata("/lost", server.URL+"/lost", "/no-keys")
	metadata("/realm", "https://sso.example.com/realm", "/keys")
	mux.HandleFunc("GET /elsewhere", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"issuer":"https://sso.example.com/realms/shop","jwks_uri":%q}`, server.URL+"/keys")
	})
	mux.HandleFunc("GET /html", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>\x1b[31m") })
	mux.HandleFunc("GET /fails", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	mux.HandleFunc("GET /moved", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://sso.example.com/keys", http.StatusFound)
	})
	mux.HandleFunc("GET /empty", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"keys":[]}`) })
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, read(t, "keycloak-jwks.json")) })
	mux.HandleFunc("GET /ps256", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, read(t, "keycloak-jwks-ps256.json")) })
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	shop := "https://sso.example.com/realms/shop"
	for _, tc := range []struct {
		name, token string
		flags       []string
		want        string
	}{
		{"good", token, []string{"-discover", iss.URL, "-audience", iss.Audience}, "good: "},
		{"good, a key set", read(t, "keycloak-access-orders.jwt"), []string{"-jwks", server.URL + "/keys", "-issuer", shop, "-audience", "orders"}, "good: "},
		{"good, metadata elsewhere", read(t, "keycloak-access-orders.jwt"), []string{"-discover", shop, "-metadata", server.URL + "/elsewhere", "-algorithms", "RS256", "-audience", "orders"}, "good: "},
		{"an algorithm that the issuer does not use", read(t, "keycloak-access-orders.jwt"), []string{"-jwks", server.URL + "/ps256", "-algorithms", "PS256", "-algorithms", "ES256", "-issuer", shop, "-audience", "orders"}, "PS256"},
		{"no audience", token, []string{"-discover", iss.URL}, "refused: audience: the token is for \"jwthttptest\", and no audience is configured"},
		{"the issuer without its slash", token, []string{"-discover", server.URL, "-audience", "x"}, "the metadata is of the issuer \"" + server.URL + "/\": the metadata's issuer has a slash at its end, and the configuration has none: pass jwks.Discover exactly"},
		{"a realm behind a proxy", token, []string{"-discover", server.URL + "/realm", "-audience", "x"}, "differ in their host"},
		{"no such path", token, []string{"-discover", server.URL + "/no", "-audience", "x"}, "this is not the address of an issuer: check the path"},
		{"a page", token, []string{"-jwks", server.URL + "/html", "-issuer", shop, "-audience", "x"}, "this is not the address of a key set: check the path"},
		{"no keys", token, []string{"-jwks", server.URL + "/empty", "-issuer", shop, "-audience", "x"}, "the key set has no key that can be used"},
		{"nobody listens", token, []string{"-jwks", closed.URL, "-issuer", shop, "-audience", "x"}, "cannot tell: unavailable: there are no keys, so every token gets a 503: nothing answers there: check host and port"},
		{"https for http", token, []string{"-discover", strings.Replace(server.URL, "http:", "https:", 1), "-audience", "x"}, "speaks http and not https: check scheme and port"},
		{"a certificate of nobody", token, []string{"-discover", secure.URL, "-audience", "x"}, "certificate is not trusted here"},
		{"an error of the server", token, []string{"-jwks", server.URL + "/fails", "-issuer", shop, "-audience", "x"}, "the issuer answers with the status 500: check the address"},
		{"a redirect to another host", token, []string{"-jwks", server.URL + "/moved", "-issuer", shop, "-audience", "x"}, "the issuer answers with the status 302: check the address"},
		{"metadata for a key set", token, []string{"-jwks", server.URL + "/.well-known/openid-configuration", "-issuer", shop, "-audience", "x"}, "use jwks.Discover (flag -discover) with \"" + server.URL + "/\""},
		{"no key set at its jwks_uri", token, []string{"-discover", server.URL + "/lost", "-audience", "x"}, "check its jwks_uri"},
		{"the token of another issuer, discovered", token, []string{"-discover", server.URL + "/shop", "-audience", "x"}, "pass jwks.Discover exactly \"" + iss.URL + "\""},
		{"the kid under another algorithm", read(t, "keycloak-access-orders.jwt"), []string{"-jwks", server.URL + "/ps256", "-issuer", shop, "-audience", "orders"}, "is for PS256, and the token is signed with RS256"},
		{"the token of another issuer", token, []string{"-jwks", server.URL + "/keys", "-issuer", shop, "-audience", "x"}, "set jwks.Options.Issuer to exactly \"" + iss.URL + "\", if you trust it; otherwise send a token of the issuer that is configured; its keys are needed too"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			line, _ := firstLine(t, tc.token, tc.flags...)
			if !strings.Contains(line, tc.want) || strings.Contains(line, " Options.Issuer") {
				t.Errorf("got  %s\nwant %s", line, tc.want)
			}
		})
	}
	if logged.Len() > 0 {
		t.Errorf("logged: %s", &logged)
	}
}

func TestNoRequestThatNoFlagNames(t *testing.T) {
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	defer server.Close()
	header := fmt.Sprintf(`{"alg":"RS256","jku":%q,"x5u":%[1]q,"kid":%[1]q}`, server.URL)
	payload := fmt.Sprintf(`{"iss":%q,"exp":4102444800}`, server.URL)
	for _, config := range [][]string{nil, secret, rsaKey, {"-issuer", server.URL}} {
		command(t, forged(header, payload), flags([]string{"explain"}, config)...)
	}
	if n := requests.Load(); n > 0 {
		t.Errorf("%d requests, want none", n)
	}
}

func TestHelpIsEnough(t *testing.T) {
	for _, name := range []string{"explain", "mint"} {
		var out, errs bytes.Buffer
		status := run(t.Context(), []string{name, "-h"}, strings.NewReader(""), &out, &errs)
		stdout, stderr := out.String(), errs.String()
		if status != exitGood || stderr != "" || !strings.Contains(stdout, "Usage: jwthttp "+name) || !strings.Contains(stdout, "-secret-env NAME") {
			t.Errorf("status %d, stdout %s, stderr %s", status, stdout, stderr)
		}
	}
	for _, args := range [][]string{nil, {"eyJhbGciOiJIUzI1NiJ9.e30.c2VjcmV0"}} {
		var out, errs bytes.Buffer
		if status := run(t.Context(), args, strings.NewReader(""), &out, &errs); status != exitUnknown || out.Len() > 0 || strings.Contains(errs.String(), "eyJ") {
			t.Errorf("%v: status %d, stdout %s, stderr %s", args, status, &out, &errs)
		}
	}
}
