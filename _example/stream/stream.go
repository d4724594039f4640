package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"github.com/jwthttp/jwthttp"
)

// untilExpiry returns a context that ends when the token expires: the middleware looks at a
// request only once. A token without exp sets no deadline. If Leeway accepts a token after its
// exp, the deadline has passed.
func untilExpiry(ctx context.Context, token *jwthttp.Token[Claims]) (context.Context, context.CancelFunc) {
	expires := token.ExpiresAt()
	if expires.IsZero() {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, expires)
}

// events sends one event a second, and a last one when the token expires.
func events(w http.ResponseWriter, r *http.Request) {
	token, _ := jwthttp.TokenFromContext[Claims](r.Context())
	ctx, cancel := untilExpiry(r.Context(), token)
	defer cancel()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	// It works because the middleware passes the server's own ResponseWriter.
	rc := http.NewResponseController(w)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for n := 1; ctx.Err() == nil; n++ {
		if err := send(w, rc, "tick", fmt.Sprintf("%d for %q", n, token.Claims.Subject)); err != nil {
			return // the client has gone
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		send(w, rc, "expired", "log in again")
	}
}

// send gives up on a client that does not read. Otherwise the client would keep the handler
// running after its token has expired.
func send(w http.ResponseWriter, rc *http.ResponseController, event, data string) error {
	if err := rc.SetWriteDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", event, data); err != nil {
		return err
	}
	return rc.Flush()
}

// echo sends back what it gets, and closes the connection when the token expires.
func echo(w http.ResponseWriter, r *http.Request) {
	token, _ := jwthttp.TokenFromContext[Claims](r.Context())
	ctx, cancel := untilExpiry(r.Context(), token)
	defer cancel()
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // Accept has answered
	}
	defer conn.CloseNow()
	// Close sends the reason to the client, and ends Read and Write. If the client does not
	// answer, that takes seconds. With ctx, Read and Write would cut the connection without a
	// reason.
	stop := context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			conn.Close(websocket.StatusPolicyViolation, "token expired")
		}
	})
	defer stop()
	for {
		kind, message, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		if ctx.Err() != nil {
			continue // too late: Close has begun
		}
		if err := conn.Write(r.Context(), kind, message); err != nil {
			return
		}
	}
}
