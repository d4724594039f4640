package jwthttp_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
)

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func parseKey(t testing.TB, name string) *rsa.PublicKey {
	t.Helper()
	pub, err := jwthttp.ParseRSAPublicKey(readFile(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return pub
}

// These tokens and keys were made by other tools, with the commands of testdata/make.sh.
func TestTokensOfOtherTools(t *testing.T) {
	for _, tc := range []struct {
		token string
		key   jwthttp.Key
	}{
		{"pyjwt_hs256.jwt", jwthttp.HS256(readFile(t, "hs256.secret"))},
		{"pyjwt_rs256.jwt", jwthttp.RS256(parseKey(t, "jwt_key.pub"))},
		{"openssl_rs256.jwt", jwthttp.RS256(parseKey(t, "pkix.pem"))},
		{"openssl_rs256.jwt", jwthttp.RS256(parseKey(t, "pkcs1.pem"))},
		{"openssl_rs256.jwt", jwthttp.RS256(parseKey(t, "certificate.pem"))},
		{"openssl_ps256.jwt", jwthttp.PS256(parseKey(t, "openssl_ps256.pem"))},
		{"openssl_es256.jwt", jwthttp.ES256(must(jwt.ParseECPublicKeyFromPEM(readFile(t, "openssl_es256.pem"))))},
		{"openssl_ed25519.jwt", jwthttp.EdDSA(must(jwt.ParseEdPublicKeyFromPEM(readFile(t, "openssl_ed25519.pem"))).(ed25519.PublicKey))},
	} {
		s := serve(t, mustNew[AppClaims](t, tc.key, jwthttp.Options{}))
		a := s.send(t, "GET", "Authorization: Bearer "+string(readFile(t, tc.token)))
		if a.StatusCode != http.StatusOK || a.body != `{"sub":"bob","role":""}`+"\n" {
			t.Errorf("%s: %d %s", tc.token, a.StatusCode, a.body)
		}
		other := serve(t, mustNew[AppClaims](t, allKeys(), jwthttp.Options{}))
		if a := other.send(t, "GET", "Authorization: Bearer "+string(readFile(t, tc.token))); a.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s with another key: %d %s", tc.token, a.StatusCode, a.body)
		}
	}
}

// testdata/tools.json has a token of each algorithm by PyJWT, and one by openssl.
func TestTokensOfOtherToolsByAlgorithm(t *testing.T) {
	var tools []struct{ Tool, Alg, Key, Token string }
	if err := json.Unmarshal(readFile(t, "tools.json"), &tools); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, tc := range tools {
		t.Run(tc.Tool+" "+tc.Alg, func(t *testing.T) {
			var public any = []byte(tc.Key)
			if block, _ := pem.Decode([]byte(tc.Key)); block != nil {
				public = must(x509.ParsePKIXPublicKey(block.Bytes))
			}
			wantAccepted(t, tc.Alg, public, tc.Token)
			seen[tc.Alg]++
		})
	}
	for _, a := range algorithms() {
		if seen[a.name] != 2 {
			t.Errorf("%d tokens of %s", seen[a.name], a.name)
		}
	}
}

// go-jose and golang-jwt sign by each algorithm, and the tokens pass.
func TestTokensOfOtherLibraries(t *testing.T) {
	for _, a := range algorithms() {
		t.Run(a.name, func(t *testing.T) {
			signer := must(jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(a.name), Key: a.private}, nil))
			wantAccepted(t, a.name, a.public, must(must(signer.Sign([]byte(payload("")))).CompactSerialize()))
			method := jwt.GetSigningMethod(a.name)
			wantAccepted(t, a.name, a.public, must(jwt.NewWithClaims(method, jwt.MapClaims{"exp": int64(4102444800)}).SignedString(a.private)))
		})
	}
}

// wantAccepted asserts that a token passes with its key, with and without a memory, and with no
// key of another algorithm or of somebody else.
func wantAccepted(t *testing.T, algorithm string, public any, token string) {
	t.Helper()
	for _, remember := range []int{0, -1} {
		auth := mustNew[AppClaims](t, jwthttp.NewKey(jwt.GetSigningMethod(algorithm), public), jwthttp.Options{RememberSignatures: remember})
		verify(t, auth, token, nil)
		verify(t, auth, token, nil)
	}
	for _, a := range algorithms() {
		verify(t, mustNew[AppClaims](t, a.otherKey(), jwthttp.Options{}), token, jwthttp.ErrInvalidToken)
		if key := jwthttp.NewKey(jwt.GetSigningMethod(a.name), public); a.name != algorithm && key.Err() == nil {
			verify(t, mustNew[AppClaims](t, key, jwthttp.Options{}), token, jwthttp.ErrUnknownKey)
		}
	}
}

func decodeB64(t testing.TB, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func rsaPublic(t testing.TB, n string) *rsa.PublicKey {
	return &rsa.PublicKey{N: new(big.Int).SetBytes(decodeB64(t, n)), E: 65537}
}

func ecPublic(t testing.TB, x, y string) *ecdsa.PublicKey {
	t.Helper()
	return must(ecdsa.ParseUncompressedPublicKey(elliptic.P256(), slices.Concat([]byte{4}, decodeB64(t, x), decodeB64(t, y))))
}

func p521(t testing.TB, x, y string) jwthttp.Key {
	t.Helper()
	return jwthttp.NewKey(jwt.SigningMethodES512, must(ecdsa.ParseUncompressedPublicKey(elliptic.P521(), slices.Concat([]byte{4}, decodeB64(t, x), decodeB64(t, y)))))
}

// The examples are RFC 7515 appendix A.1 to A.3. They expired in 2011. That is found only
// after the signature has passed.
func TestRFC7515Examples(t *testing.T) {
	const (
		k = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
		n = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
		x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
		y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
	)
	for name, tc := range map[string]struct {
		key   jwthttp.Key
		token string
	}{
		"A.1": {jwthttp.HS256(decodeB64(t, k)), "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"},
		"A.2": {jwthttp.RS256(rsaPublic(t, n)), "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"},
		"A.3": {jwthttp.ES256(ecPublic(t, x, y)), "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"},
	} {
		s := serve(t, mustNew[AppClaims](t, tc.key, jwthttp.Options{}))
		a := s.send(t, "GET", "Authorization: Bearer "+tc.token)
		want := `Bearer realm="api", error="invalid_token", error_description="The access token expired"`
		if got := a.Header.Get("WWW-Authenticate"); a.StatusCode != 401 || got != want || a.ran != 0 {
			t.Errorf("%s: %d %s, next ran %d times", name, a.StatusCode, got, a.ran)
		}
		_, err := mustNew[AppClaims](t, tc.key, jwthttp.Options{}).Verify(t.Context(), tc.token)
		if !errors.Is(err, jwt.ErrTokenExpired) || errors.Is(err, jwt.ErrTokenSignatureInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// RFC 7515 appendix A.4, RFC 8037 appendix A.4 and RFC 7520 section 4 sign texts that are not JSON. The
// claims are refused, and only after the signature has passed.
func TestExamplesThatAreNotClaims(t *testing.T) {
	const n = "n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw"
	for name, tc := range map[string]struct {
		key   jwthttp.Key
		token string
	}{
		"RFC 7515 appendix A.4": {p521(t, "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk", "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"), "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn"},
		"RFC 7520 section 4.2":  {jwthttp.NewKey(jwt.SigningMethodPS384, rsaPublic(t, n)).WithID("bilbo.baggins@hobbiton.example"), "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4.cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw"},
		"RFC 7520 section 4.3":  {p521(t, "AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt", "AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1"), "eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4.AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cmL1eJAQy3mtPBu_u_sDDyYjnAMDxXPn7XrT0lw-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2"},
		"RFC 8037":              {jwthttp.EdDSA(decodeB64(t, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")), "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"},
		"RFC 7520 section 4.1":  {jwthttp.RS256(rsaPublic(t, n)).WithID("bilbo.baggins@hobbiton.example"), "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4.MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg"},
		"RFC 7520 section 4.4":  {jwthttp.HS256(decodeB64(t, "hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg")).WithID("018c0ae5-4d9b-471b-bfd6-eef314bc7037"), "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9.SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4.s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0"},
	} {
		t.Run(name, func(t *testing.T) {
			auth := mustNew[AppClaims](t, tc.key, jwthttp.Options{})
			verify(t, auth, tc.token, jwt.ErrTokenInvalidClaims)
			dot := strings.LastIndexByte(tc.token, '.')
			for _, at := range []int{dot - 2, dot + 2} { // in the payload, and in the signature
				other := "A"
				if tc.token[at] == 'A' {
					other = "B"
				}
				verify(t, auth, tc.token[:at]+other+tc.token[at+1:], jwt.ErrTokenSignatureInvalid)
			}
		})
	}
}
