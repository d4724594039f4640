package grpcauth

import (
	"context"
	"errors"
	"sync"
	"time"

	"google.golang.org/grpc"
)

// A stream has the context of a call that has passed.
type stream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s *stream) Context() context.Context { return s.ctx }

// errExpired is the cause of a context that is over because the token is.
var errExpired = errors.New("grpcauth: the token of the stream has expired")

// A limitedStream ends with its token.
type limitedStream struct {
	stream
	expired func() error // for the client
}

// serveUntil runs the handler with a stream that ends at that time. expired returns the error for
// the client, and is called then.
func serveUntil(ctx context.Context, end time.Time, srv any, ss grpc.ServerStream, handler grpc.StreamHandler, expired func() error) error {
	ctx, cancel := context.WithDeadlineCause(ctx, end, errExpired)
	defer cancel()
	s := &limitedStream{stream{ss, ctx}, sync.OnceValue(expired)}
	err := handler(srv, s)
	if s.isOver() {
		return s.expired() // a handler that saw its context end may have returned anything
	}
	return err
}

func (s *limitedStream) isOver() bool { return context.Cause(s.ctx) == errExpired }

func (s *limitedStream) SendMsg(m any) error { return s.do(s.ServerStream.SendMsg, m) }
func (s *limitedStream) RecvMsg(m any) error { return s.do(s.ServerStream.RecvMsg, m) }

// do calls op, and returns when the token expires, whatever op does. Nothing but the return of the
// handler ends an op that waits for the client: gRPC then cancels it, and so its goroutine ends.
func (s *limitedStream) do(op func(any) error, m any) error {
	if s.isOver() { // an op may still be running, and two at a time are not allowed
		return s.expired()
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
	var o outcome
	select {
	case o = <-done:
	case <-s.ctx.Done():
		if s.isOver() {
			return s.expired()
		}
		o = <-done // the client has gone, and op says so
	}
	if o.panicked != nil {
		panic(o.panicked) // in the goroutine of the handler, where an interceptor may recover
	}
	return o.err
}
