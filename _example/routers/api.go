package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"github.com/jwthttp/jwthttp"
)

// Claims are what the API reads of a token.
type Claims struct {
	Subject string `json:"sub"`
}

// subject reads the verified token from the request's context, which every framework
// passes to the handler.
func subject(ctx context.Context) string {
	claims, _ := jwthttp.ClaimsFromContext[Claims](ctx)
	return claims.Subject
}

// A note is the body of POST /notes, which answers with the note and its author.
type note struct {
	Text   string `json:"text"`
	Author string `json:"author,omitempty"`
}

const welcome = "This page needs no token.\n"

// The handlers for routers that take handlers of net/http.

func home(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, welcome) }

func me(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, map[string]string{"sub": subject(r.Context())})
}

func notes(w http.ResponseWriter, r *http.Request) {
	var n note
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<10)).Decode(&n); err != nil {
		http.Error(w, "the body is no note", http.StatusBadRequest)
		return
	}
	n.Author = subject(r.Context())
	writeJSON(w, n)
}

// admin is called only with a token that has the scope.
func admin(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, map[string]string{"admin": subject(r.Context())})
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

// events sends one event a second, until the client leaves or its token expires.
func events(w http.ResponseWriter, r *http.Request) {
	token, _ := jwthttp.TokenFromContext[Claims](r.Context())
	ctx, cancel := context.WithDeadline(r.Context(), token.ExpiresAt())
	defer cancel()
	flusher, ok := w.(http.Flusher)
	if !ok {
		http.Error(w, "no http.Flusher", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	rc := http.NewResponseController(w)
	for n := 1; ctx.Err() == nil; n++ {
		if err := rc.SetWriteDeadline(time.Now().Add(5 * time.Second)); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		if _, err := fmt.Fprintf(w, "data: %d for %q\n\n", n, token.Claims.Subject); err != nil {
			return
		}
		flusher.Flush()
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// socket sends a greeting and ends. Example stream has a socket that ends with its token.
func socket(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // Accept has answered
	}
	defer conn.CloseNow()
	if err := conn.Write(r.Context(), websocket.MessageText, []byte("hello "+subject(r.Context()))); err != nil {
		return
	}
	conn.Close(websocket.StatusNormalClosure, "")
}
