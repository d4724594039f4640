package grpcauth

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"google.golang.org/grpc"

	"github.com/jwthttp/jwthttp/internal/guardhook"
	"github.com/jwthttp/jwthttp/internal/reason"
)

// A stream has the context of a call that has passed.
type stream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s *stream) Context() context.Context { return s.ctx }

// errExpired is for the log, and the cause of a context that is over because the token is.
var errExpired = errors.New("the token expired while its gRPC stream was open: have the client call again with a new one")

// newExpired returns a handler that refuses what is inside a middleware, and reports it, as a guard
// of the middleware does. It does not verify the token again: the keys and checks that this asks
// may hang, or be out of reach by now.
func newExpired() http.Handler {
	guard := guardhook.New("Stream", nil, reason.Expired, func(guardhook.Login) error { return errExpired })
	return guard(http.NotFoundHandler()) // which is never called
}

// A limitedStream ends with its token.
type limitedStream struct {
	stream
	end     time.Time
	ended   chan struct{} // closed at the end; the context may be over earlier, for reasons of its own
	refusal func() error  // for the client
}

// serveUntil runs the handler with a stream that ends at that time. refusal returns the error for
// the client. It is called once at most, and not before.
func serveUntil(ctx context.Context, end time.Time, srv any, ss grpc.ServerStream, handler grpc.StreamHandler, refusal func() error) error {
	ctx, cancel := context.WithDeadlineCause(ctx, end, errExpired)
	defer cancel()
	s := &limitedStream{stream{ss, ctx}, end, make(chan struct{}), sync.OnceValue(refusal)}
	defer time.AfterFunc(time.Until(end), func() { close(s.ended) }).Stop()
	err := handler(srv, s)
	if s.isOver() {
		return s.refusal() // a handler that saw its context end may have returned anything
	}
	return err
}

// isOver asks the wall clock too. A timer is late when the machine slept, or its clock was set.
func (s *limitedStream) isOver() bool {
	select {
	case <-s.ended:
		return true
	default:
		return !time.Now().Before(s.end)
	}
}

func (s *limitedStream) SendMsg(m any) error { return s.do(s.ServerStream.SendMsg, m) }
func (s *limitedStream) RecvMsg(m any) error { return s.do(s.ServerStream.RecvMsg, m) }

// do calls op, and returns when the token expires, whatever op does. Nothing but the return of the
// handler ends an op that waits for the client: gRPC then cancels it, and so its goroutine ends.
func (s *limitedStream) do(op func(any) error, m any) error {
	if s.isOver() { // an op may still be running, and two at a time are not allowed
		return s.refusal()
	}
	type outcome struct {
		err      error
		panicked any
	}
	done := make(chan outcome, 1)
	go func() {
		var o outcome
		defer func() {
			o.panicked = recover()
			done <- o
		}()
		o.err = op(m)
	}()
	select {
	case o := <-done:
		if o.panicked != nil {
			panic(o.panicked) // in the goroutine of the handler, where an interceptor may recover
		}
		if !s.isOver() { // a message may have come after a late timer's time
			return o.err
		}
	case <-s.ended:
	}
	return s.refusal()
}
