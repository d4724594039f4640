package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jwthttp/jwthttp/session"
)

// start returns the address of a site whose access tokens live for two seconds.
func start(t *testing.T, kind, dsn string) string {
	t.Helper()
	handler, err := newSite(kind, dsn, strings.Repeat("s", 32), 2*time.Second, session.Options{AllowInsecureHTTP: true})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

func send(t *testing.T, c *http.Client, method, url string, form url.Values, header ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestSite(t *testing.T) {
	for _, kind := range []string{"memory", "sqlite"} {
		t.Run(kind, func(t *testing.T) {
			at := start(t, kind, filepath.Join(t.TempDir(), "sessions.db"))
			c := browser(t)
			if status, _ := send(t, c, "GET", at+"/me", nil); status != http.StatusUnauthorized {
				t.Fatal("before the login: ", status)
			}
			if status, body := send(t, c, "POST", at+"/login", url.Values{"user": {"alice"}}); status != 200 || !strings.Contains(body, "Welcome back, alice") {
				t.Fatal(status, body)
			}
			time.Sleep(2100 * time.Millisecond) // longer than the access token lives
			if status, body := send(t, c, "GET", at+"/me", nil); status != 200 || body != `{"sub":"alice","name":"The user alice"}`+"\n" {
				t.Fatal(status, body)
			}

			// An app, which keeps its tokens itself.
			status, body := send(t, http.DefaultClient, "POST", at+"/token", url.Values{"user": {"alice"}})
			var app session.Tokens
			if err := json.Unmarshal([]byte(body), &app); err != nil || status != 200 || app.Type != "Bearer" || app.ExpiresIn < 1 {
				t.Fatal(status, body)
			}
			status, body = send(t, http.DefaultClient, "POST", at+"/refresh", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {app.Refresh}})
			if err := json.Unmarshal([]byte(body), &app); err != nil || status != 200 {
				t.Fatal(status, body)
			}
			if status, body := send(t, http.DefaultClient, "GET", at+"/me", nil, "Authorization", "Bearer "+app.Access); status != 200 {
				t.Fatal(status, body)
			}

			var devices []struct {
				ID      string `json:"id"`
				Current bool   `json:"current"`
			}
			status, body = send(t, c, "GET", at+"/devices", nil)
			if err := json.Unmarshal([]byte(body), &devices); err != nil || status != 200 || len(devices) != 2 || devices[0].Current == devices[1].Current {
				t.Fatal(status, body)
			}
			if status, body := send(t, c, "POST", at+"/devices/end-others", nil); status != http.StatusNoContent {
				t.Fatal(status, body)
			}
			if status, body := send(t, http.DefaultClient, "GET", at+"/me", nil, "Authorization", "Bearer "+app.Access); status != http.StatusUnauthorized {
				t.Error("the app after end-others: ", status, body)
			}
			if status, body := send(t, http.DefaultClient, "POST", at+"/refresh", url.Values{"refresh_token": {app.Refresh}}); status != http.StatusBadRequest || !strings.Contains(body, "invalid_grant") {
				t.Error("the app after end-others: ", status, body)
			}
			if status, body := send(t, c, "POST", at+"/logout", nil); status != http.StatusNoContent {
				t.Fatal(status, body)
			}
			if status, _ := send(t, c, "GET", at+"/me", nil); status != http.StatusUnauthorized {
				t.Error("after the logout: ", status)
			}
		})
	}
}

// A store that is not known is an error, and so is one that is out of reach.
func TestOpen(t *testing.T) {
	if _, _, err := open("files", ""); err == nil || !strings.Contains(err.Error(), "use memory, sqlite, postgres or redis") {
		t.Error(err)
	}
	if _, _, err := open("postgres", "postgres://app@127.0.0.1:1/app?connect_timeout=1"); err == nil {
		t.Error("no server is needed")
	}
}
