package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/jwthttp/jwthttp/_example/internal/browser"
)

// The page makes a key that cannot be exported, and calls the API of another origin with it.
func TestInABrowser(t *testing.T) {
	ctx, cancel := context.WithTimeout(browser.Start(t), 4*time.Minute)
	t.Cleanup(cancel)
	for _, profile := range []string{"required", "both", "nonces"} {
		t.Run(profile, func(t *testing.T) {
			// The API notes what comes, beneath CORS and all.
			var mu sync.Mutex
			var methods []string
			server := httptest.NewUnstartedServer(nil)
			origin := "http://" + server.Listener.Addr().String()
			api, err := newAPI([]byte(secret), origin, profile)
			if err != nil {
				t.Fatal(err)
			}
			server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				methods = append(methods, r.Method)
				mu.Unlock()
				api.ServeHTTP(w, r)
			})
			server.Start()
			defer server.Close()
			issuer := serveIssuer(t, origin)
			defer issuer.Close()

			if err := chromedp.Do(ctx, chromedp.Navigate(issuer.URL), chromedp.WaitVisible(chromedp.CSS("[data-ready]"))); err != nil {
				t.Fatal(err)
			}
			first := "Call the API: 200 ok"
			if profile == "nonces" {
				first += ", after a nonce"
			}
			for i, step := range []struct{ button, want string }{
				{"again", "Send the same proof again: call the API first"},
				{"call", first},
				{"again", "Send the same proof again: 401 invalid_dpop_proof"},
				{"call", "Call the API: 200 ok"}, // with the nonce of the answer before
				{"steal", "Send the token alone: 401 invalid_token"},
				{"export", "Export the key: InvalidAccessError"},
				{"call", "Call the API: 200 ok"},
			} {
				if err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS("#"+step.button))); err != nil {
					t.Fatal(err)
				}
				if got, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS(fmt.Sprintf("#log li:nth-child(%d)", i+1)))); err != nil || got != step.want {
					t.Fatalf("%q, %v, want %q", got, err, step.want)
				}
			}
			// The browser has asked before it sent Authorization and DPoP.
			mu.Lock()
			defer mu.Unlock()
			gets := 5
			if profile == "nonces" {
				gets = 6
			}
			if n := len(slices.DeleteFunc(slices.Clone(methods), func(m string) bool { return m != "GET" })); n != gets || !slices.Contains(methods, "OPTIONS") {
				t.Errorf("the API got %v, want %d times GET, and OPTIONS", methods, gets)
			}
		})
	}
}

// A script reads no answer of the issuer from another origin, and the page is in no frame.
func TestPage(t *testing.T) {
	w := httptest.NewRecorder()
	mustIssuer(t, issuerOrigin, apiOrigin+"/v1").ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	want := "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'; connect-src 'self' " + apiOrigin
	if got := w.Header().Get("Content-Security-Policy"); w.Code != 200 || got != want {
		t.Errorf("%d, Content-Security-Policy %q, want %q", w.Code, got, want)
	}
	w = httptest.NewRecorder()
	r := httptest.NewRequest("POST", "/token", nil)
	r.Header.Set("Origin", "https://evil.example")
	mustIssuer(t, issuerOrigin, apiOrigin).ServeHTTP(w, r)
	if got := w.Header().Get("Access-Control-Allow-Origin"); got != "" {
		t.Errorf("Access-Control-Allow-Origin %q", got)
	}
}
