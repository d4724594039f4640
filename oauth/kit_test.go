package oauth_test

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwthttptest"
	"github.com/jwthttp/jwthttp/oauth"
)

const (
	issuer   = "https://issuer.example.com"
	audience = "https://api.example.com/mcp"
)

var private = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))

func key() jwthttp.Key { return jwthttp.EdDSA(private.Public().(ed25519.PublicKey)) }

// accessToken returns the claims that RFC 9068 requires, with changes. A nil removes a claim.
func accessToken(changes map[string]any) jwt.MapClaims {
	claims := jwt.MapClaims{
		"iss": issuer, "sub": "alice", "aud": audience, "client_id": "s6BhdRkqt3", "jti": "dbe39bf3a3ba4238a513f51d6e1691c4",
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	}
	maps.Copy(claims, changes)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	return claims
}

// sign returns the token with this typ in its header, or without a typ if typ is empty.
func sign(t testing.TB, typ string, claims jwt.MapClaims) string {
	t.Helper()
	return signText(t, typ, claims, func(payload string) string { return payload })
}

// signText is sign for a payload that was changed as text.
func signText(t testing.TB, typ string, claims jwt.MapClaims, change func(payload string) string) string {
	t.Helper()
	header := `{"alg":"EdDSA"}`
	if typ != "" {
		header = fmt.Sprintf(`{"alg":"EdDSA","typ":%q}`, typ)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	return jwthttptest.Sign(t, "EdDSA", private, header, change(string(payload)))
}

func mustAccessTokens(t testing.TB, issuer string, audience ...string) jwthttp.Options {
	t.Helper()
	opts, err := oauth.AccessTokens(issuer, audience...)
	if err != nil {
		t.Fatal(err)
	}
	return opts
}

func mustNew[C any](t testing.TB, keys jwthttp.KeySource, opts jwthttp.Options) *jwthttp.Middleware[C] {
	t.Helper()
	auth, err := jwthttp.New[C](keys, opts)
	if err != nil {
		t.Fatal(err)
	}
	return auth
}

// An answer is a response and its body.
type answer struct {
	*http.Response
	body string
}

// send makes a request with headers, a name and a value each.
func send(t testing.TB, method, url string, headers ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res, string(body)}
}

func decode[T any](t testing.TB, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}
