package node

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/jwks"
)

// A user who logs out at oidc-provider is refused by every instance of a service.
func testBackChannel(t *testing.T, p *peer) {
	revoked, err := denylist.NewMemory(denylist.Options{MaxLifetime: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	// The provider calls the first instance. The users call the second one.
	received := make(chan string, 10) // the logout tokens
	mux := http.NewServeMux()
	first := httptest.NewServer(mux)
	defer first.Close()
	var provider struct{ Issuer string }
	p.do(t, map[string]any{"do": "logins", "logout": first.URL}, &provider)
	keys, err := jwks.Discover(provider.Issuer, jwks.Options{AllowAnyAudience: true})
	if err != nil {
		t.Fatal(err)
	}
	defer keys.Close()
	for _, client := range []string{"sessions", "subjects"} {
		logout, err := denylist.BackChannel(keys, client, revoked)
		if err != nil {
			t.Fatal(err)
		}
		mux.HandleFunc("/"+client, func(w http.ResponseWriter, r *http.Request) {
			r.ParseForm()
			received <- r.PostForm.Get("logout_token")
			logout.ServeHTTP(w, r)
		})
	}
	auth, err := jwthttp.New(keys, jwthttp.Options{Audience: []string{p.Resource}, Type: "at+jwt"}, denylist.Check[jwt.MapClaims](revoked))
	if err != nil {
		t.Fatal(err)
	}
	second := httptest.NewServer(auth.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	defer second.Close()

	type tokens struct{ Access, ID string }
	login := func(browser, client, user string) (got tokens) {
		t.Helper()
		p.do(t, map[string]any{"do": "login", "browser": browser, "client": client, "user": user}, &got)
		return got
	}
	call := func(token string) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), "GET", second.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	post := func(client, token string) int {
		t.Helper()
		res, err := http.PostForm(first.URL+"/"+client, url.Values{"logout_token": {token}})
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		<-received
		return res.StatusCode
	}

	for _, tc := range []struct {
		client string
		has    []string // claims of the logout token
		laptop int      // the status after the phone's logout
	}{
		{"sessions", []string{"aud", "events", "exp", "iat", "iss", "jti", "sid", "sub"}, 200},
		{"subjects", []string{"aud", "events", "exp", "iat", "iss", "jti", "sub"}, 401},
	} {
		t.Run(tc.client, func(t *testing.T) {
			alice, bob := "alice of "+tc.client, "bob of "+tc.client
			phone, laptop := login("phone of "+alice, tc.client, alice), login("laptop of "+alice, tc.client, alice)
			other := login("phone of "+bob, tc.client, bob)
			for _, token := range []string{phone.Access, laptop.Access, other.Access} {
				if got := call(token); got != 200 {
					t.Fatalf("before the logout: %d", got)
				}
			}
			if got := post(tc.client, phone.ID); got != 400 {
				t.Errorf("an ID token in place of a logout token: %d", got)
			}
			var ended struct{ Calls []string }
			p.do(t, map[string]any{"do": "logout", "browser": "phone of " + alice}, &ended)
			if !slices.Equal(ended.Calls, []string{"success"}) {
				t.Fatalf("the provider's calls: %q", ended.Calls)
			}
			if got := call(phone.Access); got != 401 {
				t.Errorf("the phone after its logout: %d", got)
			}
			if got := call(laptop.Access); got != tc.laptop {
				t.Errorf("the laptop after the phone's logout: %d, want %d", got, tc.laptop)
			}
			if got := call(other.Access); got != 200 {
				t.Errorf("another user: %d", got)
			}

			raw := <-received
			token, _, err := jwt.NewParser().ParseUnverified(raw, jwt.MapClaims{})
			if err != nil {
				t.Fatal(err)
			}
			if has := slices.Sorted(maps.Keys(token.Claims.(jwt.MapClaims))); token.Header["typ"] != "logout+jwt" || !slices.Equal(has, tc.has) {
				t.Errorf("the logout token has %v %q, want %q", token.Header, has, tc.has)
			}
			if got := post(tc.client, raw); got != 200 {
				t.Errorf("the logout token again: %d", got)
			}
			if got := post(map[string]string{"sessions": "subjects", "subjects": "sessions"}[tc.client], raw); got != 400 {
				t.Errorf("the logout token of another client: %d", got)
			}

			// A login of the logout's second is refused too, so it may take another one.
			for tries := 1; ; tries++ {
				if got := call(login("phone of "+alice, tc.client, alice).Access); got == 200 {
					break
				} else if got != 401 || tries == 20 {
					t.Fatalf("after another login: %d", got)
				}
				time.Sleep(500 * time.Millisecond)
			}
			if got := call(phone.Access); got != 401 {
				t.Errorf("the old token after another login: %d", got)
			}
		})
	}
}
