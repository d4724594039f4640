package session_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/session"
)

// User is what handlers read of a token.
type User struct {
	Subject string   `json:"sub"`
	Roles   []string `json:"roles,omitempty"`
}

// rolesOf asks for the roles at each login and refresh. A real one looks the user up.
func rolesOf(_ context.Context, s session.Session) (User, error) {
	if s.Subject == "mallory" {
		return User{}, session.ErrEnded // who is locked gets no token
	}
	return User{Roles: []string{"editor"}}, nil
}

// newExample returns the sessions of the examples, and the middleware that accepts their tokens.
func newExample() (*session.Sessions[User], *jwthttp.Middleware[User]) {
	secret := []byte("an example's secret of 32 bytes.") // take yours from the environment
	iss, err := issue.New[User](issue.Options{Lifetime: 15 * time.Minute}, issue.HS256(secret))
	if err != nil {
		log.Fatal(err)
	}
	store, err := session.NewMemory(0)
	if err != nil {
		log.Fatal(err)
	}
	sessions, err := session.New(iss, store, rolesOf, session.Options{})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New[User](iss, sessions.Options())
	if err != nil {
		log.Fatal(err)
	}
	return sessions, auth
}

// A browser logs in. It stays logged in when its access cookie is over, and logs out.
func Example_browser() {
	sessions, auth := newExample()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		user := r.PostFormValue("user") // check the password here
		if sessions.Login(w, r, user) == nil {
			w.WriteHeader(http.StatusNoContent)
		} // else the answer is written
	})
	mux.HandleFunc("POST /logout", sessions.Logout)
	mux.Handle("GET /", sessions.Handler(auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, _ := jwthttp.ClaimsFromContext[User](r.Context())
		fmt.Fprint(w, "Hello, ", user.Subject)
	}))))
	site := httptest.NewTLSServer(mux)
	defer site.Close()

	browser := site.Client()
	browser.Jar, _ = cookiejar.New(nil)
	at, err := url.Parse(site.URL)
	if err != nil {
		log.Fatal(err)
	}
	show := func(resp *http.Response, err error) {
		if err != nil {
			log.Fatal(err)
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		fmt.Printf("%d %.12s, cookies:", resp.StatusCode, body)
		for _, c := range browser.Jar.Cookies(at) {
			fmt.Print(" ", c.Name)
		}
		fmt.Println()
	}
	show(browser.PostForm(site.URL+"/login", url.Values{"user": {"alice"}}))
	browser.Jar.SetCookies(at, []*http.Cookie{{Name: "__Host-access", Path: "/", MaxAge: -1}}) // as time does
	show(browser.Get(site.URL))
	show(browser.PostForm(site.URL+"/logout", nil))
	// Output:
	// 204 , cookies: __Host-refresh __Host-access
	// 200 Hello, alice, cookies: __Host-refresh __Host-access
	// 204 , cookies:
}

// An app keeps both tokens itself, and refreshes as every OAuth 2.0 client does.
func Example_app() {
	sessions, auth := newExample()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		user := r.PostFormValue("user") // check the password here
		tokens, err := sessions.Start(r.Context(), user, r.PostFormValue("device"))
		if err != nil {
			jwthttp.WriteError(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		json.NewEncoder(w).Encode(tokens)
	})
	mux.HandleFunc("POST /refresh", sessions.Refresh)
	mux.Handle("GET /", auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, _ := jwthttp.ClaimsFromContext[User](r.Context())
		fmt.Fprint(w, "Hello, ", user.Subject)
	})))
	api := httptest.NewServer(mux)
	defer api.Close()

	ask := func(path string, form url.Values) (tokens session.Tokens) {
		resp, err := http.PostForm(api.URL+path, form)
		if err != nil {
			log.Fatal(err)
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		if resp.StatusCode != http.StatusOK {
			fmt.Printf("%d %s", resp.StatusCode, body)
		} else if err := json.Unmarshal(body, &tokens); err != nil {
			log.Fatal(err)
		}
		return tokens
	}
	first := ask("/token", url.Values{"user": {"alice"}, "device": {"Alice's phone"}})
	second := ask("/refresh", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {first.Refresh}})
	again := ask("/refresh", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {first.Refresh}}) // the answer was lost
	fmt.Println(second.Type, second.ExpiresIn > 800, second.Refresh != first.Refresh, again.Refresh == second.Refresh)

	r, err := http.NewRequest("GET", api.URL, nil)
	if err != nil {
		log.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+second.Access)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	fmt.Printf("%d %s\n", resp.StatusCode, body)

	ask("/refresh", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"made up"}})
	// Output:
	// Bearer true true true
	// 200 Hello, alice
	// 400 {"error":"invalid_grant","error_description":"the session has ended"}
}

// A page of devices lists the sessions of a user, and ends all but its own.
func ExampleSessions_EndOthers() {
	sessions, auth := newExample()
	ctx := context.Background()
	var tokens *session.Tokens
	for _, device := range []string{"Ann's laptop", "Ann's phone"} {
		var err error
		if tokens, err = sessions.Start(ctx, "ann", device); err != nil {
			log.Fatal(err)
		}
	}
	show := func() {
		all, err := sessions.List(ctx, "ann")
		if err != nil {
			log.Fatal(err)
		}
		for _, s := range all {
			fmt.Println(s.About, time.Since(s.LoggedIn) < time.Minute)
		}
	}
	show()

	// In a handler, this token is that of jwthttp.TokenFromContext.
	token, err := auth.Verify(ctx, tokens.Access)
	if err != nil {
		log.Fatal(err)
	}
	if err := sessions.EndOthers(ctx, token.Claims.Subject, token.SessionID()); err != nil {
		log.Fatal(err)
	}
	show()
	// Output:
	// Ann's phone true
	// Ann's laptop true
	// Ann's phone true
}
