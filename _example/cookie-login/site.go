package main

import (
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"log"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/cookie"
	"github.com/jwthttp/jwthttp/issue"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Parse(pageText))

// A site puts tokens in a cookie and removes them.
type site struct {
	issuer    *issue.Issuer[jwt.RegisteredClaims]
	cookie    *cookie.Cookie
	algorithm string
	lifetime  time.Duration
}

// newHandler is the whole site: the routes inside auth need a token, and the welcome
// page does not.
func newHandler(algorithm string, key issue.Key, lifetime time.Duration) (http.Handler, error) {
	iss, err := issue.New[jwt.RegisteredClaims](issue.Options{Lifetime: lifetime}, key)
	if err != nil {
		return nil, err
	}
	// Over TLS, remove AllowInsecureHTTP: the cookie is then __Host-token.
	loginCookie, err := cookie.New(cookie.Options{AllowInsecureHTTP: true})
	if err != nil {
		return nil, err
	}
	app := &site{iss, loginCookie, algorithm, lifetime}
	opts := iss.Options()
	opts.Extractors = []jwthttp.Extractor{loginCookie.Extractor()}
	opts.ErrorHandler = app.refused
	auth, err := jwthttp.New[jwt.RegisteredClaims](iss, opts)
	if err != nil {
		return nil, err
	}
	opts.AllowAnonymous = true
	optional, err := jwthttp.New[jwt.RegisteredClaims](iss, opts)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", optional.Handler(http.HandlerFunc(app.welcome)))
	mux.HandleFunc("GET /generate", app.generate)
	mux.Handle("GET /validate", auth.Handler(http.HandlerFunc(app.validate)))
	mux.Handle("POST /forget", auth.Handler(http.HandlerFunc(app.forget)))
	return mux, nil
}

// refused answers every request that the middleware refuses:
//   - A bad token leads to the welcome page, and its cookie is cleared. Otherwise the browser
//     would send it again, to the welcome page too, and be redirected for ever.
//   - No token leads to the welcome page. Nothing is cleared: a form on another site comes
//     without the cookie, and must not log the user out.
//   - The rest, such as a form on another origin or an outage, gets the usual answer.
func (s *site) refused(w http.ResponseWriter, r *http.Request, err error) {
	log.Print(err) // says what to mend, if the fault is the site's
	switch {
	case errors.Is(err, jwthttp.ErrInvalidToken), errors.Is(err, jwthttp.ErrInvalidRequest):
		s.cookie.Clear(w)
	case errors.Is(err, jwthttp.ErrNoToken):
	default:
		jwthttp.WriteError(w, r, err)
		return
	}
	if r.URL.Path == "/" { // no redirect: a browser may keep the cookie after all
		s.show(w, "bad", "Invalid token")
		return
	}
	http.Redirect(w, r, "/?result=invalid", http.StatusSeeOther)
}

// welcome shows one of these results, and no text from the address.
func (s *site) welcome(w http.ResponseWriter, r *http.Request) {
	switch r.FormValue("result") {
	case "generated":
		s.show(w, "good", fmt.Sprintf("Token generated, it expires in %.0f s", s.lifetime.Seconds()))
	case "forgotten":
		s.show(w, "", "Token forgotten")
	case "invalid":
		s.show(w, "bad", "Invalid token")
	default:
		result := ""
		if claims, ok := jwthttp.ClaimsFromContext[jwt.RegisteredClaims](r.Context()); ok {
			result = "Welcome back, " + claims.Subject
		}
		s.show(w, "", result)
	}
}

// generate is what a login does after it has checked a password. A real login is a POST
// inside http.CrossOriginProtection: otherwise another site could log a user in.
func (s *site) generate(w http.ResponseWriter, r *http.Request) {
	token, expires, err := s.issuer.Token(r.Context(), jwt.RegisteredClaims{Subject: "bob"})
	if err == nil {
		err = s.cookie.Set(w, token, expires)
	}
	if err != nil {
		log.Print(err)
		http.Error(w, "no token could be generated", http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/?result=generated", http.StatusSeeOther)
}

// validate is called only with a good token.
func (s *site) validate(w http.ResponseWriter, r *http.Request) {
	claims, _ := jwthttp.ClaimsFromContext[jwt.RegisteredClaims](r.Context())
	s.show(w, "good", fmt.Sprintf("Valid token of %s, it expires in %.0f s", claims.Subject, time.Until(claims.ExpiresAt.Time).Seconds()))
}

// forget changes something, so it is a POST: the cross-origin gate accepts it from this
// site's own pages only.
func (s *site) forget(w http.ResponseWriter, r *http.Request) {
	s.cookie.Clear(w)
	http.Redirect(w, r, "/?result=forgotten", http.StatusSeeOther)
}

func (s *site) show(w http.ResponseWriter, mood, result string) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'")
	err := page.Execute(w, map[string]string{
		"Algorithm": s.algorithm, "Seconds": fmt.Sprintf("%.0f", s.lifetime.Seconds()), "Mood": mood, "Result": result,
	})
	if err != nil {
		log.Print(err) // the browser has gone
	}
}
