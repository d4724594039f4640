package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/joho/godotenv"

	"github.com/jwthttp/jwthttp/jwthttptest"
)

func start(t *testing.T, secret string) (url string) {
	t.Helper()
	handler, err := newHandler(secret)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func send(t *testing.T, method, url string, authorization ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header["Authorization"] = authorization
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

func TestSignAndVerify(t *testing.T) {
	secret := strings.Repeat("s", 32)
	url := start(t, secret)
	res, body := send(t, "GET", url+"/sign-token")
	var signed struct{ Token string }
	if err := json.Unmarshal([]byte(body), &signed); err != nil || res.StatusCode != 200 || res.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%s %v %s", res.Status, res.Header, body)
	}
	res, body = send(t, "POST", url+"/verify-token", "Bearer "+signed.Token)
	if want := `{"id":1,"username":"alice"}` + "\n"; res.StatusCode != 200 || body != want || res.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%s %s", res.Status, body)
	}

	// Everyone who holds the token can read this.
	token, _, err := jwt.NewParser().ParseUnverified(signed.Token, jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	claims := token.Claims.(jwt.MapClaims)
	user, _ := claims["user"].(map[string]any)
	if len(claims) != 5 || len(user) != 2 || claims["sub"] != "1" {
		t.Errorf("claims %v", claims)
	}
}

func TestRefused(t *testing.T) {
	url := start(t, strings.Repeat("s", 32))
	sign := func(secret, payload string) string {
		return "Bearer " + jwthttptest.Sign(t, "HS256", []byte(secret), `{"alg":"HS256"}`, payload)
	}
	for _, tc := range []struct {
		name          string
		authorization []string
		status        int
		detail        string
	}{
		{"no header", nil, 401, "No access token was sent"},
		{"an empty header", []string{""}, 401, "No access token was sent"},
		{"Bearer alone", []string{"Bearer"}, 400, "The credential is malformed"},
		{"another scheme", []string{"Basic YTpi"}, 401, "No access token was sent"},
		{"two headers", []string{"Bearer a.b.c", "Bearer a.b.c"}, 400, "The request carries more than one credential"},
		{"garbage", []string{"Bearer x"}, 401, "The access token is malformed"},
		{"unsigned", []string{"Bearer eyJhbGciOiJub25lIn0.e30."}, 401, "The access token is malformed"},
		{"forged", []string{sign(strings.Repeat("x", 32), `{"exp":253402300799}`)}, 401, "The access token signature is invalid"},
		{"expired", []string{sign(strings.Repeat("s", 32), `{"exp":1}`)}, 401, "The access token expired"},
	} {
		res, body := send(t, "POST", url+"/verify-token", tc.authorization...)
		var problem struct{ Detail string }
		if err := json.Unmarshal([]byte(body), &problem); err != nil || res.StatusCode != tc.status || problem.Detail != tc.detail {
			t.Errorf("%s: %s %s", tc.name, res.Status, body)
		}
		if got := res.Header.Get("WWW-Authenticate"); !strings.HasPrefix(got, `Bearer realm="api"`) {
			t.Errorf("%s: challenge %q", tc.name, got)
		}
	}
	for _, path := range []string{"/verify-token", "/", "/nothing"} {
		if res, body := send(t, "GET", url+path); res.StatusCode != 404 || body != `{"error":"there is GET /sign-token and POST /verify-token"}`+"\n" {
			t.Errorf("GET %s: %s %s", path, res.Status, body)
		}
	}
}

// With a weak secret the API does not start, and the error says how to make a good one. The
// secret of the example file is weak.
func TestSecrets(t *testing.T) {
	text, err := os.Open(".env.example")
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	example, err := godotenv.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	secret, ok := example["JWT_SECRET"]
	if !ok {
		t.Fatal(".env.example has no JWT_SECRET")
	}
	for _, secret := range []string{secret, "secret", strings.Repeat("s", 31)} {
		handler, err := newHandler(secret)
		if handler != nil || err == nil || !strings.Contains(err.Error(), `needs 32 bytes or more, not `) || !strings.Contains(err.Error(), `make one with "openssl rand -base64 32"`) {
			t.Errorf("%q: %v", secret, err)
		}
	}
}
