// Stream has server-sent events and a WebSocket that end when their token expires.
//
//	go run ./stream          serves a page that opens both, and prints requests to try
//	go run ./stream -check   sends those requests itself and checks the answers
//
// ADDR is its address, 127.0.0.1:5000 if unset.
package main

import (
	"crypto/rand"
	"io"
	"log"
	"net/http"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/_example/internal/try"
	"github.com/jwthttp/jwthttp/cookie"
	"github.com/jwthttp/jwthttp/issue"
)

// Claims are what the streams read of a token.
type Claims struct {
	Subject string `json:"sub"`
}

func main() {
	demo := try.Start()
	secret := make([]byte, 32)
	rand.Read(secret)
	iss, err := issue.New[Claims](issue.Options{Lifetime: 8 * time.Second}, issue.HS256(secret))
	if err != nil {
		log.Fatal(err)
	}
	handler, err := newHandler(iss)
	if err != nil {
		log.Fatal(err)
	}
	// A WriteTimeout would cut the streams. Each event has a deadline of its own.
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	if err := demo.Serve(server.Serve, steps(demo.URL)); err != nil {
		log.Fatal(err)
	}
}

// newHandler takes a token from the header, or else from a cookie. In a browser, a script
// cannot set a header for EventSource and WebSocket, but the browser sends cookies.
func newHandler(iss *issue.Issuer[Claims]) (http.Handler, error) {
	loginCookie, err := cookie.New(cookie.Options{AllowInsecureHTTP: true}) // remove it over TLS
	if err != nil {
		return nil, err
	}
	opts := iss.Options()
	opts.Extractors = []jwthttp.Extractor{jwthttp.FirstOf(jwthttp.BearerHeader(), loginCookie.Extractor())}
	auth, err := jwthttp.New[Claims](iss, opts)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", page)
	mux.HandleFunc("POST /token", serveToken(iss))
	mux.Handle("POST /login", http.NewCrossOriginProtection().Handler(login(iss, loginCookie)))
	mux.Handle("GET /events", auth.Handler(http.HandlerFunc(events)))
	mux.Handle("GET /echo", auth.Handler(http.HandlerFunc(echo)))
	return mux, nil
}

// alice is every caller, for trying.
var alice = Claims{Subject: "alice"}

// serveToken is for clients that set a header.
func serveToken(iss *issue.Issuer[Claims]) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token, _, err := iss.Token(r.Context(), alice)
		if err != nil {
			log.Print(err)
			jwthttp.WriteError(w, r, err)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		io.WriteString(w, token)
	}
}

// login is for browsers: their scripts never see the token.
func login(iss *issue.Issuer[Claims], loginCookie *cookie.Cookie) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token, expires, err := iss.Token(r.Context(), alice)
		if err == nil {
			err = loginCookie.Set(w, token, expires)
		}
		if err != nil {
			log.Print(err)
			http.Error(w, "no token could be minted", http.StatusInternalServerError)
			return
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

func page(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	io.WriteString(w, `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>jwthttp streams</title>
<form method="post" action="/login"><button>Log in</button></form>
<pre id="log"></pre>
<script>
const show = text => document.getElementById("log").append(text + "\n")
const events = new EventSource("/events")
events.addEventListener("tick", e => show("event " + e.data))
// An EventSource connects again by itself until it is closed.
events.addEventListener("expired", () => { events.close(); show("events: the token expired") })
events.onerror = () => { if (events.readyState === EventSource.CLOSED) show("events: refused") }
const socket = new WebSocket("ws://" + location.host + "/echo")
socket.onopen = () => socket.send("hello")
socket.onmessage = e => show("socket: " + e.data)
socket.onclose = e => show("socket: closed, " + e.code + " " + e.reason)
</script>
</html>
`)
}
