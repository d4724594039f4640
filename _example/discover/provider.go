package main

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const demoAudience = "demo"

// A provider is an identity provider for trying: every caller gets a token.
type provider struct {
	issuer string
	kid    string
	key    *rsa.PrivateKey
}

// startProvider serves a provider until the program ends.
func startProvider(addr string) (*provider, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	p := &provider{issuer: "http://" + listener.Addr().String(), kid: "demo-1", key: key}
	server := &http.Server{Handler: p.handler(), ReadHeaderTimeout: 5 * time.Second}
	go server.Serve(listener)
	return p, nil
}

func (p *provider) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(map[string]string{"issuer": p.issuer, "jwks_uri": p.issuer + "/keys"})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "max-age=3600")
		b64 := base64.RawURLEncoding.EncodeToString
		json.NewEncoder(w).Encode(map[string]any{"keys": []any{map[string]string{
			"kty": "RSA", "use": "sig", "alg": "RS256", "kid": p.kid,
			"n": b64(p.key.N.Bytes()), "e": b64(big.NewInt(int64(p.key.E)).Bytes()),
		}}})
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		token, err := p.token(r.FormValue("sub"), demoAudience)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		io.WriteString(w, token)
	})
	return mux
}

func (p *provider) token(subject, audience string) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"iss": p.issuer, "aud": audience, "sub": subject, "exp": time.Now().Add(time.Hour).Unix(),
	})
	token.Header["kid"] = p.kid
	signed, err := token.SignedString(p.key)
	if err != nil {
		return "", fmt.Errorf("signing: %w", err)
	}
	return signed, nil
}
