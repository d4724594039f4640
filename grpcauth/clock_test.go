package grpcauth

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
)

// A slowStream needs some time for an operation.
type slowStream struct {
	grpc.ServerStream
	takes time.Duration
	ops   int
}

func (s *slowStream) SendMsg(any) error { return s.RecvMsg(nil) }

func (s *slowStream) RecvMsg(any) error {
	s.ops++
	time.Sleep(s.takes)
	return nil
}

// The earlier of the timer and the wall clock ends a stream. No test can set the clock, so this one
// has the timer late or early.
func TestStreamClock(t *testing.T) {
	errOver := errors.New("over")
	for name, tc := range map[string]struct {
		end   time.Duration // from now
		fired bool
		takes time.Duration
		want  error
		ops   int
	}{
		"before":                      {time.Minute, false, time.Second, nil, 2},
		"exactly at the end":          {0, false, 0, errOver, 0},
		"the machine slept":           {-time.Second, false, 0, errOver, 0},
		"the machine slept meanwhile": {time.Second, false, time.Second, errOver, 1},
		"the clock was set back":      {time.Minute, true, 0, errOver, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				inner := &slowStream{takes: tc.takes}
				s := &limitedStream{stream{inner, context.Background()}, time.Now().Add(tc.end), make(chan struct{}), func() error { return errOver }}
				if tc.fired {
					close(s.ended)
				}
				errSend, errRecv := s.SendMsg(nil), s.RecvMsg(nil)
				synctest.Wait() // for operations that go on
				if errSend != tc.want || errRecv != tc.want || inner.ops != tc.ops {
					t.Errorf("SendMsg: %v, RecvMsg: %v, %d operations", errSend, errRecv, inner.ops)
				}
			})
		})
	}
}
