package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A user logs in, and the app calls the API, over real connections.
func TestLogin(t *testing.T) {
	provider, api := httptest.NewUnstartedServer(nil), httptest.NewUnstartedServer(nil)
	issuer, self := "http://"+provider.Listener.Addr().String(), "http://"+api.Listener.Addr().String()
	p, err := newProvider(issuer, self+"/callback")
	if err != nil {
		t.Fatal(err)
	}
	provider.Config.Handler = p.handler
	provider.Start()
	defer provider.Close()
	api.Config.Handler = withLogin(t, issuer, self, nil, nil)
	api.Start()
	defer api.Close()

	client := &http.Client{Transport: http.DefaultTransport}
	tokens := login(t, client, self)
	// The example storage has a service user too, whose tokens are opaque.
	res, err := client.PostForm(issuer+"/oauth/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {"sid1"}, "client_secret": {"verysecret"}, "scope": {scope},
	})
	if err != nil {
		t.Fatal(err)
	}
	var opaque struct {
		AccessToken string `json:"access_token"`
	}
	decode(t, res, &opaque)

	for _, tc := range []struct {
		name, token     string
		status          int
		challenge, body string
	}{
		{"no token", "", 401, `Bearer realm="api"`, "No access token"},
		{"access token", tokens.Access, 200, "", `"sub":"id2"`},
		{"ID token", tokens.ID, 403, `error="insufficient_scope", scope="orders:read"`, "insufficient_scope"},
		{"opaque access token", opaque.AccessToken, 401, `error="invalid_token"`, "invalid_token"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			res := get(t, client, self, tc.token)
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			challenge := res.Header.Get("WWW-Authenticate")
			if res.StatusCode != tc.status || !strings.Contains(challenge, tc.challenge) || (challenge == "") != (tc.challenge == "") || !strings.Contains(string(body), tc.body) {
				t.Errorf("%s, %s, %s", res.Status, challenge, body)
			}
		})
	}
}

// In a bubble, the time between two refreshes takes no real time, and the second of each
// answer is known.
func TestRotationAndOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const issuer, self = "http://localhost:9998", "http://localhost:5000"
		p, err := newProvider(issuer, self+"/callback")
		if err != nil {
			t.Fatal(err)
		}
		hosts := network{"localhost:9998": p.handler}
		uplink := &link{RoundTripper: hosts}
		client := &http.Client{Transport: hosts}
		hosts["localhost:5000"] = withLogin(t, issuer, self, client, &http.Client{Transport: uplink})

		expect := func(when string, calls int, token, want string, fetches int64) {
			t.Helper()
			if got := statuses(t, client, self, calls, token); got != want {
				t.Errorf("%s: %s, want %s", when, got, want)
			}
			if got := uplink.fetches.Load(); got != fetches {
				t.Errorf("%s: the keys were fetched %d times, want %d", when, got, fetches)
			}
		}

		first := login(t, client, self).Access
		expect("first token", 10, first, "10 x 200", 1)

		// An unknown key starts a refresh, also if it was invented. Four may come at once, so an
		// invented key does not delay a new one.
		_, rest, _ := strings.Cut(first, ".")
		header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","kid":"made up"}`))
		expect("forged token", 1, header+"."+rest, "1 x 401", 2)
		rotate(t, p)
		second := login(t, client, self).Access
		expect("new key", 30, second, "30 x 200", 3)
		expect("key before, still published", 1, first, "1 x 200", 3)

		// A key that the provider withdraws is good until the next refresh.
		rotate(t, p)
		third := login(t, client, self).Access
		expect("key withdrawn", 29, first, "29 x 200", 3)
		expect("newer key", 1, third, "1 x 200", 4)
		expect("key withdrawn and refreshed", 1, first, "1 x 401", 5)
		expect("key before the newest", 1, second, "1 x 200", 5)

		// While the provider is down, known keys still work. Other keys may exist, so their
		// tokens are not refused as bad.
		uplink.cut.Store(true)
		expect("known key, provider down", 30, third, "30 x 200", 5)
		rotate(t, p)
		fourth := login(t, client, self).Access
		expect("new key, provider down", 23, fourth, "23 x 503", 5)
		// Tokens of unknown keys start a refresh at least each 30 s.
		uplink.cut.Store(false)
		if got := statuses(t, client, self, 31, fourth); !regexp.MustCompile(`^([0-9]+ x 503, )?[0-9]+ x 200$`).MatchString(got) {
			t.Errorf("new key, provider back: %s", got)
		}
		expect("new key is known", 1, fourth, "1 x 200", 6)

		// This service starts while its provider is down.
		uplink2 := &link{RoundTripper: hosts}
		uplink2.cut.Store(true)
		starting, keys, err := newAPI(issuer, &http.Client{Transport: uplink2})
		if err != nil {
			t.Fatal(err)
		}
		defer keys.Close()
		hosts["localhost:5001"] = starting
		res := get(t, client, "http://localhost:5001", fourth)
		if res.StatusCode != 503 || res.Header.Get("Retry-After") != "5" {
			t.Errorf("start, provider down: %s, Retry-After: %s", res.Status, res.Header.Get("Retry-After"))
		}
		time.Sleep(2 * time.Second) // the attempt after 1 to 1.5 s fails
		uplink2.cut.Store(false)
		time.Sleep(3 * time.Second) // the attempt after 3 to 4.5 s succeeds
		if res := get(t, client, "http://localhost:5001", fourth); res.StatusCode != 200 {
			t.Errorf("start, provider back, after what Retry-After said: %s", res.Status)
		}

		// The provider does not say how long its keys are fresh, so they are fresh for 15
		// minutes. They are used for an hour more if the provider is down.
		uplink.cut.Store(true)
		time.Sleep(74 * time.Minute)
		expect("known key, an hour long", 1, login(t, client, self).Access, "1 x 200", 6)
		time.Sleep(time.Minute)
		late := login(t, client, self).Access
		expect("known key, too long", 5, late, "5 x 503", 6)
		uplink.cut.Store(false)
		time.Sleep(12 * time.Second) // the longest pause between attempts
		expect("known key, provider back", 5, late, "5 x 200", 7)
	})
}

// withLogin returns the API together with the app. Each has its own client to the provider.
func withLogin(t *testing.T, issuer, self string, appClient, keysClient *http.Client) http.Handler {
	t.Helper()
	api, keys, err := newAPI(issuer, keysClient)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { keys.Close() })
	app, err := newApp(issuer, self+"/callback", appClient)
	if err != nil {
		t.Fatal(err)
	}
	api.Handle("GET /login", app.login)
	api.Handle("GET /callback", app.callback)
	return api
}

type tokens struct {
	Access string `json:"access_token"`
	ID     string `json:"id_token"`
}

// login does what a user does with a browser: it follows redirects, keeps cookies and fills
// in the form.
func login(t *testing.T, client *http.Client, self string) (got tokens) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Transport: client.Transport, Jar: jar}
	res, err := browser.Get(self + "/login")
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`(?s)<form method="POST" action="([^"]+)".*name="id" value="([^"]+)"`).FindSubmatch(page)
	if form == nil {
		t.Fatalf("%s: %s without the form:\n%s", res.Request.URL, res.Status, page)
	}
	action, err := res.Request.URL.Parse(string(form[1]))
	if err != nil {
		t.Fatal(err)
	}
	res, err = browser.PostForm(action.String(), url.Values{"id": {string(form[2])}, "username": {"test-user2"}, "password": {"verysecure"}})
	if err != nil {
		t.Fatal(err)
	}
	decode(t, res, &got)
	return got
}

func decode(t *testing.T, res *http.Response, into any) {
	t.Helper()
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, into); err != nil || res.StatusCode != 200 {
		t.Fatalf("%s: %s\n%s", res.Request.URL, res.Status, body)
	}
}

// get requests the orders from the API at self.
func get(t *testing.T, client *http.Client, self, token string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", self+"/orders", nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

// statuses calls the API once a second, and returns the statuses in order: "2 x 200, 1 x 401".
func statuses(t *testing.T, client *http.Client, self string, calls int, token string) string {
	t.Helper()
	var texts []string
	for n, last := 0, 0; calls > 0; calls-- {
		if status := get(t, client, self, token).StatusCode; status != last {
			n, last = 0, status
			texts = append(texts, "")
		}
		n++
		texts[len(texts)-1] = fmt.Sprintf("%d x %d", n, last)
		time.Sleep(time.Second)
	}
	return strings.Join(texts, ", ")
}

func rotate(t *testing.T, p *provider) {
	t.Helper()
	if err := p.rotate(); err != nil {
		t.Fatal(err)
	}
}

// A network has its hosts in memory, so a bubble knows when all of them wait.
type network map[string]http.Handler

func (n network) RoundTrip(r *http.Request) (*http.Response, error) {
	in := r.Clone(r.Context())
	in.RequestURI, in.Host = r.URL.RequestURI(), r.URL.Host
	if in.Body == nil {
		in.Body = http.NoBody
	}
	defer in.Body.Close()
	w := httptest.NewRecorder()
	n[r.URL.Host].ServeHTTP(w, in)
	res := w.Result()
	res.Request = r
	return res, nil
}

// A link is a connection to the provider. It can be cut.
type link struct {
	http.RoundTripper
	cut     atomic.Bool
	fetches atomic.Int64 // successful fetches of keys
}

func (l *link) RoundTrip(r *http.Request) (*http.Response, error) {
	if l.cut.Load() {
		return nil, errors.New("connection refused")
	}
	if r.URL.Path == "/keys" {
		l.fetches.Add(1)
	}
	return l.RoundTripper.RoundTrip(r)
}
