package jwthttp_test

import (
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"math/big"
	"net/http"
	"os"
	"testing"

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

// Tokens and keys that other tools made, with the commands of testdata/make.sh.
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
	} {
		s := serve(t, mustNew[AppClaims](t, tc.key, jwthttp.Options{}))
		a := s.send(t, "GET", "Authorization: Bearer "+string(readFile(t, tc.token)))
		if a.StatusCode != http.StatusOK || a.body != `{"sub":"bob","role":""}`+"\n" {
			t.Errorf("%s: %d %s", tc.token, a.StatusCode, a.body)
		}
		other := serve(t, mustNew[AppClaims](t, jwthttp.KeySet{jwthttp.HS256(secret), jwthttp.RS256(&rsaKey().PublicKey)}, jwthttp.Options{}))
		if a := other.send(t, "GET", "Authorization: Bearer "+string(readFile(t, tc.token))); a.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s with another key: %d %s", tc.token, a.StatusCode, a.body)
		}
	}
}

// RFC 7515 appendix A.1 and A.2. They expired in 2011, which is found only after
// the signature has passed.
func TestRFC7515Examples(t *testing.T) {
	decode := func(s string) []byte {
		b, err := base64.RawURLEncoding.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	const (
		k = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
		n = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
	)
	rsaPub := &rsa.PublicKey{N: new(big.Int).SetBytes(decode(n)), E: 65537}
	for name, tc := range map[string]struct {
		key   jwthttp.Key
		token string
	}{
		"A.1": {jwthttp.HS256(decode(k)), "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"},
		"A.2": {jwthttp.RS256(rsaPub), "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"},
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
