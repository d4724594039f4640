package main

import (
	_ "embed"
	"html/template"
	"io"
	"log"
	"net/http"
	"net/url"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/dpop"
	"github.com/jwthttp/jwthttp/issue"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Parse(pageText))

//go:embed page.js
var script string

// newIssuer has the page, which calls the API at origin, and POST /token for trying: every caller
// gets a token, which is bound to the key of its proof, if it sends one. A real issuer knows its callers.
// self is what they call the issuer by.
func newIssuer(secret []byte, self, origin string) (http.Handler, error) {
	proofs, err := dpop.New(dpop.Options{Origins: []string{self}})
	if err != nil {
		return nil, err
	}
	opts := issue.Options{Lifetime: time.Hour}
	unbound, err := issue.New[Claims](opts, issue.HS256(secret))
	if err != nil {
		return nil, err
	}
	opts.Bindings = []jwthttp.Binding{proofs}
	bound, err := issue.New[Claims](opts, issue.HS256(secret)) // it makes bound tokens only
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		connect := "'self'"
		if u, err := url.Parse(origin); err == nil {
			connect += " " + u.Scheme + "://" + u.Host
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'; connect-src "+connect)
		if err := page.Execute(w, origin); err != nil {
			log.Print(err) // the browser has gone
		}
	})
	mux.HandleFunc("GET /page.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		io.WriteString(w, script)
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		iss, more := unbound, []issue.Claim(nil)
		if r.Header.Get("DPoP") != "" {
			thumbprint, use, err := proofs.TokenRequest(r)
			if err == nil { // everybody is alice: there is no password
				err = use()
			}
			if err != nil {
				log.Print(err)
				proofs.WriteTokenError(w, r, err)
				return
			}
			iss, more = bound, []issue.Claim{{Name: "cnf", Value: map[string]string{"jkt": thumbprint}}}
		}
		token, _, err := iss.Token(r.Context(), Claims{Subject: "alice"}, more...)
		if err != nil {
			log.Print(err)
			jwthttp.WriteError(w, r, err)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		io.WriteString(w, token)
	})
	return mux, nil
}
