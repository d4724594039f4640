package main

import (
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"log"
	"net/http"
	"net/url"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Parse(pageText))

//go:embed page.js
var script string

// newIssuer has the page, which calls the API at origin, and POST /token for trying: every caller
// gets a token. A real issuer knows its callers, and verifies a proof there too (RFC 9449
// section 5).
func newIssuer(secret []byte, origin string) http.Handler {
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
		r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
		thumbprint := r.PostFormValue("jkt")
		if sum, err := base64.RawURLEncoding.Strict().DecodeString(thumbprint); thumbprint != "" && (err != nil || len(sum) != 32) {
			http.Error(w, "jkt is the SHA-256 thumbprint of a key, in base64url (RFC 7638)", http.StatusBadRequest)
			return
		}
		token, err := mint(secret, thumbprint)
		if err != nil {
			log.Print(err)
			http.Error(w, "no token could be minted", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		io.WriteString(w, token)
	})
	return mux
}

// mint makes a token that is bound to the key with this thumbprint, or to none if it is "".
func mint(secret []byte, thumbprint string) (string, error) {
	claims := jwt.MapClaims{"sub": "alice", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()}
	if thumbprint != "" {
		claims["cnf"] = map[string]string{"jkt": thumbprint}
	}
	return jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(secret)
}
