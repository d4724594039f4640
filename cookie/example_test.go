package cookie_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/cookie"
	"github.com/jwthttp/jwthttp/issue"
)

// A browser logs in, returns, and logs out.
func Example() {
	iss, err := issue.New[jwt.RegisteredClaims](issue.Options{}, issue.HS256([]byte("an example's secret of 32 bytes.")))
	if err != nil {
		log.Fatal(err)
	}
	loginCookie, err := cookie.New(cookie.Options{})
	if err != nil {
		log.Fatal(err)
	}
	opts := iss.Options()
	opts.Extractors = []jwthttp.Extractor{loginCookie.Extractor()}
	auth, err := jwthttp.New[jwt.RegisteredClaims](iss, opts)
	if err != nil {
		log.Fatal(err)
	}

	login := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A real program checks the password here.
		token, expires, err := iss.Token(r.Context(), jwt.RegisteredClaims{Subject: r.FormValue("user")})
		if err == nil {
			err = loginCookie.Set(w, token, expires)
		}
		if err != nil {
			log.Print(err)
			http.Error(w, "no login", http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, "welcome")
	})
	logout := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		loginCookie.Clear(w)
		fmt.Fprintln(w, "goodbye")
	})
	me := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, _ := jwthttp.ClaimsFromContext[jwt.RegisteredClaims](r.Context())
		fmt.Fprintln(w, claims.Subject)
	})
	sameOrigin := http.NewCrossOriginProtection()
	mux := http.NewServeMux()
	mux.Handle("POST /login", sameOrigin.Handler(login))
	mux.Handle("POST /logout", sameOrigin.Handler(logout))
	mux.Handle("/me", auth.Handler(me))

	server := httptest.NewTLSServer(mux)
	defer server.Close()
	browser := server.Client()
	browser.Jar, _ = cookiejar.New(nil)
	show := func(method, path string, headers ...string) {
		req, err := http.NewRequest(method, server.URL+path, nil)
		if err != nil {
			log.Fatal(err)
		}
		for i := 0; i < len(headers); i += 2 {
			req.Header.Set(headers[i], headers[i+1])
		}
		res, err := browser.Do(req)
		if err != nil {
			log.Fatal(err)
		}
		defer res.Body.Close()
		var word string
		fmt.Fscan(res.Body, &word)
		if res.StatusCode != http.StatusOK {
			word = "refused"
		}
		fmt.Println(method, path, res.StatusCode, word)
	}
	show("GET", "/me")
	show("POST", "/login?user=alice")
	show("GET", "/me")
	show("POST", "/me", "Sec-Fetch-Site", "cross-site") // a page of another site
	show("POST", "/logout")
	show("GET", "/me")
	// Output:
	// GET /me 401 refused
	// POST /login?user=alice 200 welcome
	// GET /me 200 alice
	// POST /me 403 refused
	// POST /logout 200 goodbye
	// GET /me 401 refused
}
