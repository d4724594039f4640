package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestDiscover(t *testing.T) {
	p, err := startProvider("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	handler, keys, err := newAPI(p.issuer, demoAudience)
	if err != nil {
		t.Fatal(err)
	}
	defer keys.Close()
	api := httptest.NewServer(handler)
	defer api.Close()

	minted, err := http.Post(p.issuer+"/token", "application/x-www-form-urlencoded", strings.NewReader("sub=alice"))
	if err != nil {
		t.Fatal(err)
	}
	defer minted.Body.Close()
	good, err := io.ReadAll(minted.Body)
	if err != nil {
		t.Fatal(err)
	}
	other, err := p.newIssuer("another API")
	if err != nil {
		t.Fatal(err)
	}
	another, _, err := other.Token(t.Context(), Claims{Subject: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, path, token string
		status            int
		body              string
	}{
		{"ready", "/ready", "", 200, ""},
		{"no token", "/me", "", 401, "No access token"},
		{"a good token", "/me", string(good), 200, `{"kid":"demo-1","sub":"alice"}`},
		{"for another API", "/me", another, 401, "for another audience"},
		{"forged", "/me", string(good[:len(good)-8]) + "AAAAAAAA", 401, "signature"},
	} {
		req, err := http.NewRequest("GET", api.URL+tc.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if tc.token != "" {
			req.Header.Set("Authorization", "Bearer "+tc.token)
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
		if res.StatusCode != tc.status || !strings.Contains(string(body), tc.body) {
			t.Errorf("%s: %d %s", tc.name, res.StatusCode, body)
		}
	}
}

// Without keys the API is not ready, and no token is thrown away.
func TestProviderIsDown(t *testing.T) {
	handler, keys, err := newAPI("http://127.0.0.1:1", demoAudience)
	if err != nil {
		t.Fatal(err)
	}
	defer keys.Close()
	for _, path := range []string{"/ready", "/me"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Authorization", "Bearer eyJhbGciOiJSUzI1NiJ9.e30.AAAA")
		handler.ServeHTTP(w, r)
		if w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}
