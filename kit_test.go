package jwthttp_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jwthttp/jwthttp"
)

var secret = []byte("0123456789abcdef0123456789abcdef")

// rsaKey is made once a test run, for it takes a while.
var rsaKey = sync.OnceValue(newRSAKey)

func newRSAKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

// AppClaims is what most tests ask for.
type AppClaims struct {
	Subject string `json:"sub"`
	Role    string `json:"role"`
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// signHS signs any two texts as the header and payload of a token.
func signHS(key []byte, header, payload string) string {
	return macSegments(key, b64(header)+"."+b64(payload))
}

func macSegments(key []byte, signingInput string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(signingInput))
	return signingInput + "." + b64(string(mac.Sum(nil)))
}

func signRS(t testing.TB, key *rsa.PrivateKey, header, payload string) string {
	t.Helper()
	signingInput := b64(header) + "." + b64(payload)
	sum := sha256.Sum256([]byte(signingInput))
	sig, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return signingInput + "." + b64(string(sig))
}

const plainHeader = `{"alg":"HS256","typ":"JWT"}`

// payload returns the JSON of claims that are good for an hour; more, if any,
// is put behind them as it is.
func payload(more string) string {
	if more != "" {
		more = "," + more
	}
	return fmt.Sprintf(`{"sub":"alice","exp":%d%s}`, time.Now().Add(time.Hour).Unix(), more)
}

// good returns an HS256 token that the strictest options accept.
func good() string { return signHS(secret, plainHeader, payload("")) }

func mustNew[C any](t testing.TB, keys jwthttp.KeySource, opts jwthttp.Options, checks ...jwthttp.Check[C]) *jwthttp.Middleware[C] {
	t.Helper()
	auth, err := jwthttp.New[C](keys, opts, checks...)
	if err != nil {
		t.Fatal(err)
	}
	return auth
}

// An answer is what came back over real HTTP, and how often next ran for it.
type answer struct {
	*http.Response
	body string
	ran  int
}

// A site is a real server with a middleware before a handler that counts.
type site struct {
	*httptest.Server
	ran int
}

func serve[C any](t testing.TB, auth *jwthttp.Middleware[C]) *site {
	t.Helper()
	s := &site{}
	s.Server = httptest.NewServer(auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.ran++
		claims, ok := jwthttp.ClaimsFromContext[C](r.Context())
		if !ok {
			io.WriteString(w, "anonymous")
			return
		}
		json.NewEncoder(w).Encode(claims)
	})))
	t.Cleanup(s.Close)
	return s
}

// send makes a request of header lines, "Name: value" each, for "METHOD".
func (s *site) send(t testing.TB, method string, lines ...string) answer {
	t.Helper()
	req, err := http.NewRequest(method, s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		req.Header.Add(name, strings.TrimPrefix(value, " "))
	}
	s.ran = 0
	res, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res, string(body), s.ran}
}

// verify asserts that a token is refused as want, or accepted if want is nil.
func verify[C any](t testing.TB, auth *jwthttp.Middleware[C], raw string, want error) *jwthttp.Token[C] {
	t.Helper()
	token, err := auth.Verify(t.Context(), raw)
	if (token == nil) == (err == nil) {
		t.Fatalf("Verify returned neither or both: %v, %v", token, err)
	}
	if !errors.Is(err, want) {
		t.Fatalf("error = %v, want %v", err, want)
	}
	if err != nil && len(raw) > 20 && strings.Contains(err.Error(), raw) {
		t.Errorf("the error shows the token: %v", err)
	}
	return token
}
