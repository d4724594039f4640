package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/cmd/jwthttp/internal/explain"
	"github.com/jwthttp/jwthttp/jwthttptest"
)

// command runs a subcommand in process.
func command(t *testing.T, stdin string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(t.Context(), args, strings.NewReader(stdin), &out, &errs)
	if args[0] == "explain" {
		expectHarmless(t, out.String()+errs.String(), stdin)
	}
	return out.String(), errs.String(), status
}

// expectHarmless checks what every output of explain has to be: without control characters,
// without secrets, and without a signature.
func expectHarmless(t *testing.T, output, token string) {
	t.Helper()
	isOdd := func(c rune) bool {
		return c != '\n' && (unicode.IsControl(c) || unicode.In(c, unicode.Cf, unicode.Zl, unicode.Zp))
	}
	if strings.ContainsFunc(output, isOdd) || !utf8.ValidString(output) {
		t.Errorf("the output has characters that a terminal obeys: %.2000q", output)
	}
	hidden := strings.FieldsFunc(token, func(c rune) bool { return c == ' ' || c == '\n' || c == '"' })
	for _, name := range []string{"secret.txt", "secret-hex.txt", "secret-short.txt", "secret-decoded.bin"} {
		hidden = append(hidden, strings.TrimSpace(read(t, name)))
	}
	for _, word := range hidden {
		if at := strings.LastIndex(word, "."); at >= 0 {
			word = word[at+1:]
		}
		if len(word) >= 16 && strings.Contains(output, word[:16]) {
			t.Errorf("the output has a secret or a signature: %.2000s", output)
		}
	}
}

// firstLine runs explain and returns the first line of what it writes.
func firstLine(t *testing.T, stdin string, args ...string) (line string, status int) {
	t.Helper()
	stdout, stderr, status := command(t, stdin, append([]string{"explain"}, args...)...)
	if stdout == "" {
		stdout = stderr
	}
	line, _, _ = strings.Cut(stdout, "\n")
	return line, status
}

func data(name string) string { return filepath.Join("testdata", name) }

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(data(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A secret in another form is named with the algorithm of the token, and with how long that wants it.
func TestSecretsOfLongHashes(t *testing.T) {
	long := bytes.Repeat([]byte("0123456789abcdef"), 4)
	for _, tc := range []struct {
		method jwt.SigningMethod
		secret []byte
		says   string
	}{
		{jwt.SigningMethodHS512, long, "decode it before you pass it to HS512"},
		{jwt.SigningMethodHS384, long[:48], "decode it before you pass it to HS384"},
		{jwt.SigningMethodHS512, long[:48], `before you pass it to HS512; that has only 48 bytes, and HS512 needs 64, so make a new one with "openssl rand -base64 64"`},
	} {
		token, err := jwt.NewWithClaims(tc.method, jwt.MapClaims{"exp": 1}).SignedString(tc.secret)
		if err != nil {
			t.Fatal(err)
		}
		file := writeFile(t, []byte(base64.StdEncoding.EncodeToString(tc.secret)))
		if stdout, stderr, _ := command(t, token, "explain", "-alg", tc.method.Alg(), "-secret-file", file); !strings.Contains(stdout, tc.says) {
			t.Errorf("%s, want %q\n%s", stdout, tc.says, stderr)
		}
	}
}

// Flags of the middleware that the tokens of testdata are for.
var (
	ours     = []string{"-issuer", "https://issuer.example.com", "-audience", "orders"}
	secret   = []string{"-secret-file", data("secret-trimmed.txt")}
	rsaKey   = []string{"-key", data("rsa.pem")}
	keycloak = []string{"-issuer", "https://sso.example.com/realms/shop", "-audience", "orders"}
)

func flags(lists ...[]string) (all []string) {
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

func TestGoodTokensOfTools(t *testing.T) {
	renamed := writeFile(t, []byte(strings.ReplaceAll(read(t, "rsa.pem"), " PUBLIC", " RSA PUBLIC")))
	for _, tc := range []struct {
		name, token string
		flags       []string
	}{
		{"secret", "hs256", secret},
		{"PKIX", "rs256", rsaKey},
		{"PKCS1", "rs256", []string{"-key", data("rsa-pkcs1.pem")}},
		{"certificate", "rs256", []string{"-key", data("rsa.crt")}},
		{"PSS", "ps256", flags(rsaKey, []string{"-alg", "PS256"})},
		{"P-256", "es256", []string{"-key", data("ec.pem")}},
		{"Ed25519", "eddsa", []string{"-key", data("ed.pem")}},
		{"PKIX under the name of PKCS#1", "rs256", []string{"-key", renamed}},
		{"ssh-rsa", "ssh-rsa", []string{"-key", data("ssh-rsa.pub")}},
		{"ssh-ed25519", "ssh-ed25519", []string{"-key", data("ssh-ed25519.pub")}},
		{"ecdsa-sha2-nistp256", "ssh-ecdsa", []string{"-key", data("ssh-ecdsa.pub")}},
		{"P-384", "es384", []string{"-key", data("ec-384.pem")}},
		{"P-521", "es512", []string{"-key", data("ec-521.pem")}},
		{"P-384, named", "es384", []string{"-key", data("ec-384.pem"), "-alg", "ES384"}},
		{"ecdsa-sha2-nistp384", "ssh-ecdsa-384", []string{"-key", data("ssh-ecdsa-384.pub")}},
		{"ecdsa-sha2-nistp521", "ssh-ecdsa-521", []string{"-key", data("ssh-ecdsa-521.pub")}},
		{"RS512", "rs512", flags(rsaKey, []string{"-alg", "RS512"})},
		{"JWK", "rs256", []string{"-key", data("jwk.json")}},
		{"two keys", "es256", flags(rsaKey, []string{"-key", data("ec.pem")})},
		{"key set of Keycloak", "keycloak-access-orders", flags(keycloak, []string{"-key", data("keycloak-jwks.json")})},
		{"type", "at", flags(secret, []string{"-type", "at+jwt"})},
		{"bound", "dpop", flags(secret, []string{"-allow-sender-constrained"})},
		{"one of two types", "hs256", flags(secret, []string{"-types", "", "-types", "JWT"})},
		{"a numeric sub", "sub-number", flags(secret, []string{"-allow-numeric-subject"})},
		{"no expiry", "exp-none", flags(secret, []string{"-allow-missing-expiry"})},
		{"any audience", "cognito-access", flags(secret, []string{"-issuer", "https://issuer.example.com", "-allow-any-audience"})},
	} {
		t.Run(tc.name, func(t *testing.T) {
			config := tc.flags
			if !strings.Contains(strings.Join(config, " "), "-issuer") {
				config = flags(ours, config)
			}
			if line, status := firstLine(t, "", append(config, data(tc.token+".jwt"))...); line != "good: the middleware accepts this token" || status != exitGood {
				t.Errorf("got %q and status %d", line, status)
			}
		})
	}
}

// A mistake is a configuration or a token that is wrong, and what the first line must say.
type mistake struct {
	name    string
	token   string   // a file of testdata, or what was pasted
	flags   []string // ours are added if there is no -issuer
	reason  string
	says    string // in the first line
	unknown bool   // the exit status is 2
}

var mistakes = []mistake{
	// Secrets.
	{"the secret is not decoded", "hs256-decoded.jwt", secret, "signature", "the secret's base64 decoding verifies the token: decode it", false},
	{"the hex secret is not decoded", "hs256-hex-decoded.jwt", []string{"-secret-file", data("secret-hex.txt")}, "signature", "the secret's hex decoding", false},
	{"the secret was decoded", "hs256.jwt", []string{"-secret-file", data("secret-decoded.bin")}, "signature", "encoded in base64 verifies the token", false},
	{"the file has a line break", "hs256.jwt", []string{"-secret-file", data("secret.txt")}, "signature", "without the line break", false},
	{"the issuer's file has a line break", "hs256-line-break.jwt", secret, "signature", "with a line break at its end", false},
	{"quotes around the secret", "hs256.jwt", []string{"-secret-file", data("secret-quoted.txt")}, "signature", "without the quotes", false},
	{"another secret", "hs256.jwt", []string{"-secret-file", data("secret-hex.txt")}, "signature", "is not the one that signed", false},
	{"a short secret", "hs256-short.jwt", []string{"-secret-file", data("secret-short.txt")}, "configuration", "needs 32 bytes or more, not 20", true},
	{"a short secret that is right", "hs256-short.jwt", []string{"-secret-file", data("secret-short.txt")}, "configuration", "; apart from that, the key verifies this token", true},
	{"a private key of the right pair", "rs256.jwt", []string{"-key", data("rsa-private.pem")}, "configuration", "; apart from that, the key verifies this token", true},
	{"the secret of a documentation", "hs256-example.jwt", secret, "signature", "an example of documentation", false},
	{"an empty secret at the issuer", "hs256-empty.jwt", secret, "signature", "an empty secret", false},
	{"another hash", "hs512.jwt", secret, "unknown_key", "is for HS256, and the token is signed with HS512", false},
	{"a public key in place of a secret", "rs256.jwt", []string{"-secret-file", data("rsa.pem")}, "configuration", "the text of a key, not a secret: pass it with -key", true},

	// Keys.
	{"another key", "rs256-other.jwt", rsaKey, "signature", "the keys are not those that signed the token", false},
	{"the private key", "rs256.jwt", []string{"-key", data("rsa-private.pem")}, "configuration", "is a private key, and a middleware takes only its public half", true},
	{"a key that is too small", "rs256-small.jwt", []string{"-key", data("small.pem")}, "configuration", "needs 2048 to 8192 bits, not 1024", true},
	{"PS256 with a key for RS256", "ps256.jwt", rsaKey, "unknown_key", "is for RS256, and the token is signed with PS256", false},
	{"RS256 with a key for PS256", "rs256.jwt", flags(rsaKey, []string{"-alg", "PS256"}), "unknown_key", "is for PS256, and the token is signed with RS256", false},
	{"RS512", "rs512.jwt", rsaKey, "unknown_key", "is for RS256, and the token is signed with RS512", false},
	{"a header with another algorithm", "rs256-named-ps256.jwt", flags(rsaKey, []string{"-alg", "PS256"}), "signature", `the header says "PS256", but the signature is one of RS256`, false},
	{"a signature in DER", "es256-der.jwt", []string{"-key", data("ec.pem")}, "signature", "in the DER form that OpenSSL writes", false},
	{"a private key's token and a secret", "rs256.jwt", secret, "unknown_key", "with a private key (RS256), and the middleware has a secret", false},
	{"a secret's token and a public key", "hs256.jwt", rsaKey, "unknown_key", "with a secret (HS256), and the middleware has public keys only", false},
	{"the public key as a secret", "hs256-public-key.jwt", rsaKey, "unknown_key", "everybody can read: it is a forgery", false},
	{"another id", "keycloak-access-orders.jwt", flags(keycloak, rsaKey, []string{"-kid", "2026-11"}), "unknown_key", `its id is "2026-11" and the token's kid is "b9cDGw`, false},
	{"a key of another curve", "es384.jwt", []string{"-key", data("ec.pem")}, "unknown_key", `no key of the middleware is for "ES384": it has ES256`, false},
	{"an ssh key of another curve", "ssh-ecdsa-384.jwt", []string{"-key", data("ssh-ecdsa-521.pub")}, "unknown_key", `no key of the middleware is for "ES384": it has ES512`, false},
	{"another key of P-521", "es512.jwt", []string{"-key", data("ssh-ecdsa-521.pub")}, "signature", "the keys are not those that signed the token", false},
	{"a secret that is too short for HS512", "hs512.jwt", flags(secret, []string{"-alg", "HS512"}), "configuration", "needs 64 bytes or more, not 44", true},
	{"another kind of key", "eddsa.jwt", rsaKey, "unknown_key", `no key of the middleware is for "EdDSA"`, false},
	{"unsigned", "none.jwt", secret, "malformed_token", `its alg is "none"`, false},
	{"no alg", "no-alg.jwt", rsaKey, "unknown_key", "the header has no alg", false},
	{"a token for Microsoft Graph", "graph.jwt", rsaKey, "signature", "tokens for Microsoft Graph", false},
	{"a secret in a key set", "hs256.jwt", []string{"-key", data("jwk-oct.json")}, "configuration", "symmetric key (kty oct)", true},
	{"a private key in a key set", "rs256-other.jwt", []string{"-key", data("jwk-private.json")}, "configuration", "it is a private key: publish its public half", true},

	// Keycloak.
	{"Keycloak: no audience mapper", "keycloak-access.jwt", flags(keycloak, []string{"-key", data("keycloak-jwks.json")}), "audience", "in Keycloak with an audience mapper", false},
	{"Keycloak: no audience is configured", "keycloak-access.jwt", []string{"-issuer", "https://sso.example.com/realms/shop", "-key", data("keycloak-jwks.json")}, "audience", "have the issuer name this service in aud, as with an audience mapper of Keycloak", false},
	{"another port", "hs256.jwt", flags(secret, []string{"-issuer", "https://issuer.example.com:8911", "-audience", "orders"}), "issuer", "differ in their port", false},
	{"Keycloak: an ID token", "keycloak-id.jwt", flags(keycloak, []string{"-key", data("keycloak-jwks.json")}), "audience", "this is an ID token", false},
	{"Keycloak: a refresh token", "keycloak-refresh.jwt", flags(keycloak, []string{"-key", data("keycloak-jwks.json")}), "unknown_key", "this is a refresh token", false},
	{"Keycloak: before version 17", "keycloak-16.jwt", flags(keycloak, []string{"-key", data("keycloak-jwks.json")}), "issuer", "/auth before /realms", false},
	{"Keycloak: the kid is for encryption", "keycloak-access-orders.jwt", flags(keycloak, []string{"-key", data("keycloak-jwks-enc.json")}), "unknown_key", `its use is "enc"`, false},
	{"Keycloak: the kid is for another algorithm", "keycloak-access-orders.jwt", flags(keycloak, []string{"-key", data("keycloak-jwks-ps256.json")}), "unknown_key", "is for PS256, and the token is signed with RS256", false},
	{"Keycloak: the kid is another key's", "keycloak-access-orders.jwt", flags(keycloak, []string{"-key", data("keycloak-jwks-ps512.json")}), "unknown_key", "for PS256 only", false},
	{"Keycloak: the keys were replaced", "keycloak-access-orders.jwt", flags(keycloak, []string{"-key", data("keycloak-jwks-rotated.json")}), "unknown_key", "no key has the kid", false},

	// Issuer and audience.
	{"the issuer has a slash", "iss-slash.jwt", secret, "issuer", "the token's iss has a slash at its end", false},
	{"the configuration has a slash", "hs256.jwt", flags(secret, []string{"-issuer", "https://issuer.example.com/", "-audience", "orders"}), "issuer", "the configuration has a slash", false},
	{"http for https", "iss-http.jwt", secret, "issuer", "the token's iss is http", false},
	{"https for http", "hs256.jwt", flags(secret, []string{"-issuer", "http://issuer.example.com", "-audience", "orders"}), "issuer", "the configuration is http", false},
	{"capital letters in the issuer", "hs256.jwt", flags(secret, []string{"-issuer", "https://Issuer.example.com", "-audience", "orders"}), "issuer", "differ in capital letters", false},
	{"a host inside the container network", "iss-other-host.jwt", flags(secret, []string{"-issuer", "http://localhost:8080/realms/shop", "-audience", "orders"}), "issuer", "differ in their host", false},
	{"another realm", "iss-other-host.jwt", flags(secret, []string{"-issuer", "http://keycloak:8080/realms/main", "-audience", "orders"}), "issuer", "another realm or tenant", false},
	{"Google without a scheme", "iss-google.jwt", flags(secret, []string{"-issuer", "https://accounts.google.com", "-audience", "orders"}), "issuer", "as with Google", false},
	{"Entra version 1", "entra-v1.jwt", flags(secret, []string{"-issuer", "https://login.microsoftonline.com/8f6bd982-92c3-4de0-985d-0e287c55e379/v2.0", "-audience", "x"}), "issuer", "an Entra token of version 1", false},
	{"no audience is configured", "hs256.jwt", flags(secret, []string{"-issuer", "https://issuer.example.com"}), "audience", `set Options.Audience to what this service is called there, such as "orders"`, false},
	{"another service", "hs256.jwt", flags(secret, []string{"-issuer", "https://issuer.example.com", "-audience", "billing"}), "audience", `for "orders" and not for "billing"`, false},
	{"audiences in one string", "aud-list.jwt", secret, "audience", "one string with several names", false},
	{"audiences in one flag", "hs256.jwt", flags(secret, []string{"-issuer", "https://issuer.example.com", "-audience", "billing,orders"}), "audience", "several names in one string", false},
	{"api:// of Entra", "entra-v1.jwt", flags(secret, []string{"-audience", "2ed2bb8a-53ea-4bbb-aa8a-2b0f9c2f2f31", "-issuer", "https://sts.windows.net/8f6bd982-92c3-4de0-985d-0e287c55e379/"}), "audience", "api://", false},
	{"no aud, as with Cognito", "cognito-access.jwt", secret, "audience", "Amazon Cognito", false},

	// Claims and header.
	{"exp in milliseconds", "exp-milliseconds.jwt", secret, "claims", "exp is in milliseconds", false},
	{"exp as text", "exp-text.jwt", secret, "claims", "exp is a string", false},
	{"exp as a date", "exp-date.jwt", secret, "claims", "not a date in words", false},
	{"exp as a lifetime", "exp-lifetime.jwt", secret, "expired", "looks like a lifetime", false},
	{"no exp", "exp-none.jwt", secret, "missing_claim", "has no exp", false},
	{"exp under another name", "expires.jwt", secret, "missing_claim", `"expires_at" and no exp`, false},
	{"no iat", "hs256.jwt", flags(secret, []string{"-max-age", "1h"}), "missing_claim", "has no iat", false},
	{"a numeric sub", "sub-number.jwt", secret, "claims", "sub is a number", false},
	{"Latin-1", "latin1.jwt", secret, "claims", "not valid UTF-8", false},
	{"not an object", "not-object.jwt", secret, "claims", "not a JSON object", false},
	{"DPoP", "dpop.jwt", secret, "sender_constrained", "a DPoP key of the client", false},
	{"a logout token", "logout.jwt", secret, "type", "this is a logout token", false},
	{"a JWT where at+jwt is wanted", "hs256.jwt", flags(secret, []string{"-type", "at+jwt"}), "type", "may be an ID token", false},
	{"a JWT where a list wants others", "hs256.jwt", flags(secret, []string{"-types", "JOSE", "-types", "at+jwt"}), "type", `Options.Types asks for "JOSE", "at+jwt"`, false},
	{"crit", "crit.jwt", rsaKey, "header", "the header has crit", false},
	{"too large", "rs256.jwt", flags(rsaKey, []string{"-max-token-bytes", "256"}), "token_too_large", "set Options.MaxTokenBytes to 1024", false},

	// What was pasted.
	{"nothing", "", secret, "no_token", "nothing was given", false},
	{"an opaque token", "opaque.txt", secret, "malformed_token", "the token is opaque", false},
	{"an encrypted token", "jwe.txt", secret, "malformed_token", "encrypted (a JWE)", false},
	{"undefined", "undefined", secret, "malformed_token", `the word "undefined"`, false},
	{"a variable", "$TOKEN", secret, "malformed_credential", "the name of a variable", false},
	{"a key", "rsa.pem", secret, "malformed_credential", "a key or a certificate", false},
	{"UTF-16", "\xff\xfee\x00y\x00J\x00\r\x00\n\x00", secret, "malformed_credential", "this is UTF-16, as PowerShell writes it: save the file as UTF-8", false},
	{"binary data", "rsa.der", secret, "malformed_credential", "binary data", false},

	// Wrong options.
	{"a leeway without a unit", "hs256.jwt", flags(secret, []string{"-leeway", "30ns"}), "configuration", "Options.Leeway", true},
	{"both kinds of audience", "hs256.jwt", flags(secret, ours, []string{"-allow-any-audience"}), "configuration", "contradict each other", true},
	{"no key", "hs256.jwt", nil, "no_key", "no key was given", true},
}

func TestTheFirstLineNamesTheMistake(t *testing.T) {
	for _, tc := range mistakes {
		t.Run(tc.name, func(t *testing.T) {
			token := tc.token
			if strings.Contains(token, ".") {
				token = read(t, token)
			}
			expectFirstLine(t, token, tc)
		})
	}
}

// No key makes such a token good, and the log of the middleware says so too.
func TestAlgorithmsThatNoKeyCanHave(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	for name, tc := range map[string]struct {
		flags []string
		first string // of the algorithms
	}{
		"secret": {flags(ours, secret), "HS256, HS384, HS512, RS256"}, "public key": {flags(ours, rsaKey), "HS256, HS384, HS512, RS256"},
		"key set": {[]string{"-discover", iss.URL, "-audience", iss.Audience}, "RS256, RS384"},
	} {
		for _, alg := range []string{"ES256K", "ML-DSA-44", "ED25519", "custom", "XYZ"} {
			t.Run(name+"/"+alg, func(t *testing.T) {
				token := encode(fmt.Sprintf(`{"alg":%q}`, alg)) + "." + encode(`{"exp":9999999999}`) + ".AAAA"
				want := fmt.Sprintf(`no key can have alg %q, because keys are used for `+tc.first, alg)
				line, status := firstLine(t, token, tc.flags...)
				if status != exitRefused || !strings.Contains(line, want) || !strings.HasSuffix(line, " and EdDSA only: have the issuer sign with one of these") {
					t.Errorf("status %d, %s", status, line)
				}
			})
		}
	}
	// RFC 9864 has this name for EdDSA.
	token := encode(`{"alg":"Ed25519"}`) + "." + encode(`{"exp":9999999999}`) + "." + encode(strings.Repeat("x", 64))
	if line, _ := firstLine(t, token, flags(ours, rsaKey)...); strings.Contains(line, "no key can have") {
		t.Error(line)
	}
	if line, _ := firstLine(t, token, flags(ours, []string{"-key", data("ssh-ed25519.pub")})...); strings.Contains(line, "no key of the middleware is for") {
		t.Error(line)
	}
}

// expectFirstLine runs explain with a token and the flags of tc.
func expectFirstLine(t *testing.T, token string, tc mistake) {
	t.Helper()
	config := tc.flags
	if named := strings.Join(config, " "); !strings.Contains(named, "-issuer") && !strings.Contains(named, "-discover") {
		config = flags(ours, config)
	}
	line, status := firstLine(t, token, config...)
	verdict, want := "refused: ", exitRefused
	if tc.unknown {
		verdict, want = "cannot tell: ", exitUnknown
	}
	if !strings.HasPrefix(line, verdict+tc.reason+": ") || !strings.Contains(line, tc.says) || status != want {
		t.Errorf("got status %d, want %d, and the line\n%s\nwant %s%s: … %s", status, want, line, verdict, tc.reason, tc.says)
	}
}

// A good token, as people paste it.
func TestTheFirstLineNamesWhatWasPasted(t *testing.T) {
	token := strings.TrimSpace(read(t, "hs256.jwt"))
	wrapped := token[:60] + "\n" + token[60:120] + "\n  " + token[120:]
	parts := strings.Split(token, ".")
	spaced := encode("{ \"alg\": \"HS256\" }") + "." + parts[1] + "." + parts[2] // its header does not begin with eyJ
	lines := encode("{\n\"alg\": \"HS256\" }") + "." + parts[1] + "." + parts[2]
	padded := func(s string) string {
		parts := strings.Split(s, ".")
		for i, part := range parts {
			parts[i] += strings.Repeat("=", (4-len(part)%4)%4)
		}
		return strings.Join(parts, ".")
	}
	standard := func(s string) string { return strings.NewReplacer("-", "+", "_", "/").Replace(padded(s)) }
	for _, tc := range []struct{ name, pasted, reason, says string }{
		{"Bearer", "Bearer " + token, "malformed_credential", `"Bearer " was pasted along`},
		{"bearer in lower case", "bearer  " + token, "malformed_credential", `"bearer " was pasted along`},
		{"JWT", "JWT " + token, "malformed_credential", `"JWT " was pasted along`},
		{"quotes", `"` + token + `"`, "malformed_credential", "quotes around"},
		{"typographic quotes", "“" + token + "”", "malformed_credential", "quotes around"},
		{"lines", wrapped, "malformed_credential", "line breaks or spaces inside"},
		{"lines, and a header with a space", spaced[:30] + "\n" + spaced[30:60] + "\n" + spaced[60:], "malformed_credential", "line breaks or spaces inside"},
		{"lines, and a header with lines", lines[:8] + "\r\n" + lines[8:], "malformed_credential", "line breaks or spaces inside"},
		{"JSON, and a header with a space", `{"access_token": "` + spaced + `"}`, "malformed_credential", "the whole JSON answer"},
		{"cookie, and a header with lines", "session=" + lines + "; Path=/", "malformed_credential", "a name was pasted along"},
		{"URL of a host like a token", "https://eye.example.com/cb?access_token=" + token, "malformed_credential", "a URL with a token"},
		{"a name that ends like a token begins", "key-" + token, "malformed_token", "other text around the token"},
		{"a host before the token", "eyCandy.com." + token, "malformed_token", "other text around the token"},
		{"a header with a space alone", strings.Split(spaced, ".")[0], "malformed_token", "only the first segment"},
		{"no payload", parts[0] + ".." + parts[2], "malformed_token", "has no payload"},
		{"JSON", `{"access_token": "` + token + `", "token_type": "Bearer"}`, "malformed_credential", "the whole JSON answer"},
		{"URL", "https://app.example.com/cb?access_token=" + token + "&x=1", "malformed_credential", "a URL with a token"},
		{"cookie", "session=" + token + "; Path=/", "malformed_credential", "a name was pasted along"},
		{"percent", strings.ReplaceAll(token, ".", "%2E"), "malformed_credential", "percent-encoded"},
		{"two", token + " " + token, "malformed_credential", "more than one token"},
		{"ellipsis", token[:40] + "...", "malformed_token", "cut short with an ellipsis"},
		{"zero width", token[:40] + "\u200b" + token[40:], "malformed_credential", "invisible characters"},
		{"right to left", "\u202e" + token, "malformed_credential", "invisible characters"},
		{"padding", padded(token), "malformed_credential", "set Options.AllowPadding"},
		{"standard base64", standard(strings.TrimSpace(read(t, "rs256.jwt"))), "malformed_credential", "standard base64"},
		{"cut", token[:len(token)-10], "signature", "the signature segment is not base64url"},
		{"cut at a whole byte", token[:strings.LastIndex(token, ".")+17], "signature", "the signature has 12 bytes, and one of HS256 by this key has 32: the token was cut off"},
		{"header alone", strings.Split(token, ".")[0], "malformed_token", "only the first segment"},
		{"no signature", token[:strings.LastIndex(token, ".")], "malformed_token", "no signature"},
		{"a header without Bearer", "Authorization: " + token, "no_token", `Authorization has no "Bearer " before the token`},
		{"a header with another scheme", "Authorization: JWT " + token, "no_token", "Authorization has the scheme JWT, and the middleware takes Bearer"},
		{"a header with a password", "authorization: Basic YWxpY2U6c2VjcmV0", "no_token", "Authorization has the scheme Basic"},
		{"a header with a colon after Bearer", "Authorization: Bearer: " + token, "no_token", `"Bearer" is not followed by a space`},
		{"a header with a tab after Bearer", "Authorization: Bearer\t" + token, "malformed_credential", `"Bearer" is not followed by a space`},
		{"a header with Bearer alone", "Authorization: Bearer", "malformed_credential", `"Bearer" is not followed by a space and the token`},
		{"a header with Bearer twice", "Authorization: Bearer Bearer " + token, "malformed_credential", `"Bearer " was pasted along`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			expectFirstLine(t, tc.pasted, mistake{flags: secret, reason: tc.reason, says: tc.says})
		})
	}
	t.Run("white space does not count", func(t *testing.T) {
		if line, _ := firstLine(t, " \r\n"+token+"\r\n", flags(ours, secret)...); !strings.HasPrefix(line, "good") {
			t.Error(line)
		}
	})
	t.Run("a whole header line is one", func(t *testing.T) {
		if line, _ := firstLine(t, "Authorization: Bearer "+token+"\r\n", flags(ours, secret)...); !strings.HasPrefix(line, "good") {
			t.Error(line)
		}
	})
}

// An audience that the provider writes into every client's token is not advised.
func TestNoAdviceToAcceptEveryClient(t *testing.T) {
	for _, tc := range []struct {
		name, aud  string
		flags      []string
		says, hide string
	}{
		{"account", `"account"`, nil, "have the issuer name this service in aud", "such as"},
		{"an administrator of Keycloak", `["realm-management", "broker", "account"]`, nil, "have the issuer name this service in aud", "such as"},
		{"account and a service", `["account", "orders"]`, nil, `such as "orders"`, `such as "account"`},
		{"userinfo of Auth0", `["https://tenant.example.com/userinfo", "https://api.example.com"]`, nil, `such as "https://api.example.com"`, "such as \"https://tenant"},
		{"only userinfo, and a name is configured", `"https://tenant.example.com/userinfo"`, []string{"-audience", "orders"}, `have the issuer add "orders"`, "set Options.Audience"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			token, _, _ := mintToken(t, "", "-secret-file", data("secret.txt"), "-claims", `{"aud": `+tc.aud+`}`)
			line, _ := firstLine(t, token, flags(tc.flags, []string{"-secret-file", data("secret.txt")})...)
			if !strings.Contains(line, tc.says) || strings.Contains(line, tc.hide) {
				t.Errorf("got %s, want %s and not %s", line, tc.says, tc.hide)
			}
		})
	}
}

// asJSON runs explain -json.
func asJSON(t *testing.T, stdin string, args ...string) (r explain.Report) {
	t.Helper()
	stdout, stderr, _ := command(t, stdin, append([]string{"explain", "-json"}, args...)...)
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatalf("%v: %s%s", err, stdout, stderr)
	}
	return r
}

func reasons(r explain.Report) (all []string) {
	for _, f := range r.Findings {
		all = append(all, f.Reason)
	}
	return all
}

func TestEveryReasonAtOnce(t *testing.T) {
	for _, tc := range []struct {
		name, token string
		flags       []string
		want        string
	}{
		{"all claims", read(t, "everything.jwt"), secret, "sender_constrained issuer audience expired"},
		{"and the secret", read(t, "everything.jwt"), []string{"-secret-file", data("secret-hex.txt")}, "signature sender_constrained issuer audience expired"},
		{"and the type", read(t, "everything.jwt"), flags(secret, []string{"-type", "at+jwt"}), "type sender_constrained issuer audience expired"},
		{"and Bearer, type and secret", "Bearer " + read(t, "everything.jwt"), []string{"-secret-file", data("secret-hex.txt"), "-type", "at+jwt"},
			"malformed_credential type signature sender_constrained issuer audience expired"},
		{"as large as the limit", strings.TrimSpace(read(t, "everything.jwt")), flags(secret, []string{"-max-token-bytes", strconv.Itoa(len(read(t, "everything.jwt")) - 1)}), "sender_constrained issuer audience expired"},
		{"a header without Bearer", "Authorization: " + read(t, "everything.jwt"), secret, "no_token sender_constrained issuer audience expired"},
		{"a header with a password", "Authorization: Basic YWxpY2U6c2VjcmV0", secret, "no_token"},
		{"without a key", read(t, "everything.jwt"), nil, "sender_constrained issuer audience expired no_key"},
		{"with a secret that New refuses", read(t, "everything.jwt"), []string{"-secret-file", data("secret-short.txt")}, "configuration signature sender_constrained issuer audience expired"},
		{"unsigned", strings.TrimSpace(read(t, "none.jwt")), flags(secret, []string{"-issuer", "https://other.example.com", "-audience", "orders"}), "malformed_token issuer"},
		{"crit", read(t, "crit.jwt"), flags(rsaKey, []string{"-issuer", "https://issuer.example.com", "-audience", "billing"}), "header audience"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			config := tc.flags
			if !strings.Contains(strings.Join(config, " "), "-issuer") {
				config = flags(ours, config)
			}
			r := asJSON(t, tc.token, config...)
			if got := strings.Join(reasons(r), " "); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func TestStepsOfTheWay(t *testing.T) {
	const passed, failed, assumed, notDone = explain.Passed, explain.Failed, explain.Assumed, explain.NotDone
	for _, tc := range []struct {
		name, token string
		flags       []string
		want        map[string]string // passed if it is not here
	}{
		{"good", "hs256.jwt", secret, nil},
		{"another audience", "hs256.jwt", flags(secret, []string{"-issuer", "https://issuer.example.com"}), map[string]string{"audience": failed, "times": assumed}},
		{"another secret", "hs256.jwt", []string{"-secret-file", data("secret-hex.txt")}, map[string]string{
			"signature": failed, "claims": assumed, "binding": assumed, "issuer": assumed, "audience": assumed, "times": assumed}},
		{"a good signature after another type", "hs256.jwt", flags(secret, []string{"-type", "at+jwt"}), map[string]string{
			"type": failed, "key": assumed, "claims": assumed, "binding": assumed, "issuer": assumed, "audience": assumed, "times": assumed}},
		{"no key", "hs256.jwt", nil, map[string]string{"key": failed, "signature": notDone, "claims": assumed, "binding": assumed, "issuer": assumed, "audience": assumed, "times": assumed}},
		{"opaque", "opaque.txt", secret, map[string]string{"form": failed, "header": notDone, "type": notDone, "key": notDone, "signature": notDone,
			"claims": notDone, "binding": notDone, "issuer": notDone, "audience": notDone, "times": notDone}},
		{"opaque, and a short secret", "opaque.txt", []string{"-secret-file", data("secret-short.txt")}, map[string]string{"form": failed, "header": notDone, "type": notDone, "key": failed, "signature": notDone,
			"claims": notDone, "binding": notDone, "issuer": notDone, "audience": notDone, "times": notDone}},
		{"not an object", "not-object.jwt", secret, map[string]string{"claims": failed, "binding": notDone, "issuer": notDone, "audience": notDone, "times": notDone}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			config := tc.flags
			if !strings.Contains(strings.Join(config, " "), "-issuer") {
				config = flags(ours, config)
			}
			r := asJSON(t, read(t, tc.token), config...)
			for _, step := range r.Steps {
				want := tc.want[step.Name]
				if want == "" {
					want = passed
				}
				if step.Status != want || (step.Status == failed) != (step.Mend != "") {
					t.Errorf("%s is %q, want %q; mend %q", step.Name, step.Status, want, step.Mend)
				}
			}
			if len(r.Steps) != 11 {
				t.Errorf("%d steps", len(r.Steps))
			}
		})
	}
}

// A payload is the issuer's if the signature is good, whatever else is wrong.
func TestTextOfAReport(t *testing.T) {
	for _, tc := range []struct {
		name, token string
		flags       []string
		has, hasNot []string
	}{
		{"good", "hs256.jwt", flags(ours, secret), []string{"\nHeader:", "\nPayload:"}, []string{"unverified", "see:"}},
		{"another audience", "hs256.jwt", flags(secret, []string{"-audience", "billing"}), []string{"\nHeader:", "\nPayload:", "\n   see: docs/refusals.md#audience\n", "times       would pass"}, []string{"unverified"}},
		{"another secret", "hs256.jwt", flags(ours, []string{"-secret-file", data("secret-hex.txt")}), []string{"\nHeader, unverified:", "\nPayload, unverified:", "\n   see: docs/refusals.md#signature\n"}, nil},
		{"no key", "hs256.jwt", flags(ours), []string{"\nPayload, unverified:"}, []string{"see:"}},
		{"configuration", "hs256-short.jwt", flags(ours, []string{"-secret-file", data("secret-short.txt")}), []string{"1. configuration"}, []string{"see:"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			stdout, _, _ := command(t, read(t, tc.token), append([]string{"explain"}, tc.flags...)...)
			for _, text := range tc.has {
				if !strings.Contains(stdout, text) {
					t.Errorf("%q is missing in:\n%s", text, stdout)
				}
			}
			for _, text := range tc.hasNot {
				if strings.Contains(stdout, text) {
					t.Errorf("%q is in:\n%s", text, stdout)
				}
			}
		})
	}
}

// Nobody types into the null device.
func TestNullDeviceIsNotATerminal(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	var out, errs bytes.Buffer
	if status := run(t.Context(), append([]string{"explain"}, secret...), null, &out, &errs); status != exitRefused || errs.Len() > 0 {
		t.Errorf("status %d, stderr %s", status, &errs)
	}
}
