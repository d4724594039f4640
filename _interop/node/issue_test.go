package node

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/issue"
)

// jose verifies the tokens of package issue with the keys that it publishes, and refuses others.
func testIssued(t *testing.T, p *peer) {
	modulus, err1 := rsa.GenerateKey(rand.Reader, 2048)
	p256, err2 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p384, err3 := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	p521, err4 := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	_, edwards, err5 := ed25519.GenerateKey(rand.Reader)
	for _, err := range []error{err1, err2, err3, err4, err5} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for alg, key := range map[string]crypto.Signer{
		"RS256": modulus, "RS384": modulus, "RS512": modulus, "PS256": modulus, "PS384": modulus, "PS512": modulus,
		"ES256": p256, "ES384": p384, "ES512": p521, "EdDSA": edwards,
	} {
		t.Run(alg, func(t *testing.T) {
			mux := http.NewServeMux()
			server := httptest.NewServer(mux)
			defer server.Close()
			iss, err := issue.New[jwt.MapClaims](issue.Options{Issuer: server.URL, Audience: []string{p.Resource}, Type: "at+jwt"}, issue.NewKey(jwt.GetSigningMethod(alg), key))
			if err != nil {
				t.Fatal(err)
			}
			mux.Handle("/.well-known/jwks.json", iss.JWKS())
			mux.Handle("/.well-known/openid-configuration", iss.Metadata())
			token, expires, err := iss.Token(t.Context(), jwt.MapClaims{"sub": "alice", "name": "Älice <&> \u2028", "roles": []string{"admin"}})
			if err != nil {
				t.Fatal(err)
			}
			var got struct {
				Payload map[string]any
				Header  map[string]string
				Refused string
			}
			command := map[string]any{"do": "verify", "issuer": server.URL, "audience": p.Resource, "alg": alg, "token": token}
			p.do(t, command, &got)
			c := got.Payload
			if got.Refused != "" || c["sub"] != "alice" || c["name"] != "Älice <&> \u2028" || !reflect.DeepEqual(c["roles"], []any{"admin"}) || c["iss"] != server.URL ||
				c["aud"] != p.Resource || c["exp"] != float64(expires.Unix()) || len(c) != 8 || got.Header["alg"] != alg || got.Header["kid"] == "" {
				t.Errorf("%+v", got)
			}
			end := strings.LastIndexByte(token, '.')
			command["token"] = token[:end+1] + strings.Repeat("A", len(token)-end-1)
			p.do(t, command, &got)
			if got.Refused != "ERR_JWS_SIGNATURE_VERIFICATION_FAILED" {
				t.Errorf("another signature: %q", got.Refused)
			}
		})
	}
}
