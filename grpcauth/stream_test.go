package grpcauth_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/grpcauth"
	"github.com/jwthttp/jwthttp/jwthttptest"
)

const expiredText = `Bearer realm="orders", error="invalid_token", error_description="The access token expired"`

// isExpired reports whether err tells that a token has expired.
func isExpired(err error) bool {
	st, ok := status.FromError(err)
	return ok && st.Code() == codes.Unauthenticated && st.Message() == expiredText
}

type duplexServer = grpc_testing.TestService_FullDuplexCallServer

// A stream ends when its token does, whatever its handler does at the time. The bubble also shows
// that all goroutines end.
func TestStreamEnds(t *testing.T) {
	big := &grpc_testing.StreamingOutputCallResponse{Payload: &grpc_testing.Payload{Body: make([]byte, 1<<20)}}
	sendUntilError := func(stream duplexServer) error {
		for {
			if err := stream.Send(big); err != nil {
				return err
			}
		}
	}
	for name, tc := range map[string]struct {
		duplex func(t *testing.T, stream duplexServer) error
		reads  bool // whether the client does
	}{
		"waiting for a message": {func(t *testing.T, stream duplexServer) error {
			_, err := stream.Recv()
			if !isExpired(err) {
				t.Errorf("Recv: %v", err)
			}
			return err
		}, true},
		"waiting for a client that does not read": {func(t *testing.T, stream duplexServer) error {
			err := sendUntilError(stream)
			if !isExpired(err) {
				t.Errorf("Send: %v", err)
			}
			return err
		}, false},
		"both at the same time": {func(t *testing.T, stream duplexServer) error {
			done := make(chan error)
			go func() { done <- sendUntilError(stream) }()
			_, err := stream.Recv()
			if errSend := <-done; !isExpired(err) || !isExpired(errSend) {
				t.Errorf("Recv: %v, Send: %v", err, errSend)
			}
			return err
		}, false},
		"waiting for its context": {func(t *testing.T, stream duplexServer) error {
			<-stream.Context().Done()
			if err := stream.Context().Err(); err != context.DeadlineExceeded {
				t.Error(err)
			}
			return stream.Context().Err()
		}, true},
		"waiting for its context, and taking that for the end": {func(t *testing.T, stream duplexServer) error {
			<-stream.Context().Done()
			return nil
		}, true},
		"going on": {func(t *testing.T, stream duplexServer) error {
			<-stream.Context().Done()
			for range 3 {
				_, errRecv := stream.Recv()
				errSend := stream.Send(&grpc_testing.StreamingOutputCallResponse{})
				if !isExpired(errRecv) || !isExpired(errSend) {
					t.Errorf("Recv: %v, Send: %v", errRecv, errSend)
				}
			}
			return errors.New("own")
		}, true},
		"trying again after Recv": {func(t *testing.T, stream duplexServer) error {
			for range 3 {
				if _, err := stream.Recv(); !isExpired(err) {
					t.Errorf("Recv: %v", err)
				}
			}
			return nil
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				iss := jwthttptest.NewIssuer(t)
				auth := newAuth(t, iss, func(o *jwthttp.Options) { o.Realm = "orders" })
				start := time.Now()
				var took time.Duration
				s := &service{duplex: func(stream duplexServer) error {
					if got := subject(stream.Context()); got != "alice" {
						t.Errorf("subject %q", got)
					}
					err := tc.duplex(t, stream)
					took = time.Since(start)
					return err
				}}
				client := inMemory().serve(t, s, interceptors(t, auth)...)
				raw := token(t, iss, jwthttptest.Claim("exp", start.Add(time.Minute).Unix()))
				stream, err := client.FullDuplexCall(with(t.Context(), "Bearer "+raw))
				if err != nil {
					t.Fatal(err)
				}
				if !tc.reads {
					time.Sleep(2 * time.Minute)
				}
				for err == nil {
					_, err = stream.Recv()
				}
				if !isExpired(err) {
					t.Errorf("the client got %v", err)
				}
				if synctest.Wait(); took != time.Minute {
					t.Errorf("the handler ran for %v", took)
				}
			})
		})
	}
}

// Until then nothing of the token is in the way: of messages, of the client's going, of its own
// deadline, of a handler's error.
func TestStreamBefore(t *testing.T) {
	own := status.Error(codes.NotFound, "own")
	for name, tc := range map[string]struct {
		options []jwthttptest.TokenOption
		duplex  func(t *testing.T, stream duplexServer) error
		client  func(stream grpc_testing.TestService_FullDuplexCallClient, cancel func()) error
		want    codes.Code
	}{
		"messages": {nil, nil, func(stream grpc_testing.TestService_FullDuplexCallClient, _ func()) error {
			for range 50 {
				time.Sleep(time.Second)
				if err := stream.Send(&grpc_testing.StreamingOutputCallRequest{}); err != nil {
					return err
				}
				if _, err := stream.Recv(); err != nil {
					return err
				}
			}
			stream.CloseSend()
			if _, err := stream.Recv(); err != io.EOF {
				return err
			}
			return nil
		}, codes.OK},
		"an error": {nil, func(*testing.T, duplexServer) error { return own }, func(stream grpc_testing.TestService_FullDuplexCallClient, _ func()) error {
			_, err := stream.Recv()
			return err
		}, codes.NotFound},
		"the client goes": {nil, func(t *testing.T, stream duplexServer) error {
			_, err := stream.Recv()
			if status.Code(err) != codes.Canceled {
				t.Errorf("Recv: %v", err)
			}
			_, err = stream.Recv()
			if status.Code(err) != codes.Canceled {
				t.Errorf("Recv: %v", err)
			}
			return err
		}, func(stream grpc_testing.TestService_FullDuplexCallClient, cancel func()) error {
			time.Sleep(time.Second)
			cancel()
			_, err := stream.Recv()
			return err
		}, codes.Canceled},
		"no expiry": {[]jwthttptest.TokenOption{jwthttptest.NoExpiry}, nil, func(stream grpc_testing.TestService_FullDuplexCallClient, _ func()) error {
			time.Sleep(24 * time.Hour)
			if err := stream.Send(&grpc_testing.StreamingOutputCallRequest{}); err != nil {
				return err
			}
			_, err := stream.Recv()
			stream.CloseSend()
			return err
		}, codes.OK},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				iss := jwthttptest.NewIssuer(t)
				auth := newAuth(t, iss, func(o *jwthttp.Options) { o.AllowMissingExpiry = true })
				s := &service{}
				if tc.duplex != nil {
					s.duplex = func(stream duplexServer) error { return tc.duplex(t, stream) }
				}
				client := inMemory().serve(t, s, interceptors(t, auth)...)
				options := append([]jwthttptest.TokenOption{jwthttptest.Claim("exp", time.Now().Add(time.Minute).Unix())}, tc.options...)
				ctx, cancel := context.WithCancel(with(t.Context(), "Bearer "+token(t, iss, options...)))
				defer cancel()
				stream, err := client.FullDuplexCall(ctx)
				if err != nil {
					t.Fatal(err)
				}
				if err := tc.client(stream, cancel); status.Code(err) != tc.want {
					t.Errorf("the client got %v", err)
				}
			})
		})
	}
}

// An outerStream is a stream as an interceptor outside passes it, with a context of its own.
type outerStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s outerStream) Context() context.Context { return s.ctx }

// An interceptor outside may end the context before the token does, to have handlers come to their
// end. The stream works until the token ends, and no longer.
func TestStreamOutlivesContext(t *testing.T) {
	for name, outer := range map[string]func(context.Context) (context.Context, context.CancelFunc){
		"deadline": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 10*time.Second)
		},
		"cancellation": func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(10*time.Second, cancel)
			return ctx, cancel
		},
	} {
		for _, waits := range []bool{false, true} { // the handler, for the client
			t.Run(fmt.Sprintf("%s/%t", name, waits), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					iss := jwthttptest.NewIssuer(t)
					intercept, err := grpcauth.Stream(newAuth(t, iss, func(o *jwthttp.Options) { o.Realm = "orders" }))
					if err != nil {
						t.Fatal(err)
					}
					client := inMemory().serve(t, &service{}, grpc.ChainStreamInterceptor(func(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
						ctx, cancel := outer(ss.Context())
						defer cancel()
						return handler(srv, outerStream{ss, ctx})
					}, intercept))
					start := time.Now()
					stream, err := client.FullDuplexCall(with(t.Context(), "Bearer "+token(t, iss, jwthttptest.Claim("exp", start.Add(time.Minute).Unix()))))
					echoes := 0
					for err == nil && echoes < 100 {
						if !waits || echoes < 20 {
							stream.Send(&grpc_testing.StreamingOutputCallRequest{}) // Recv has the error
						}
						if _, err = stream.Recv(); err == nil {
							echoes++
							time.Sleep(time.Second)
						}
					}
					want := 60
					if waits {
						want = 20
					}
					if took := time.Since(start); !isExpired(err) || echoes != want || took != time.Minute {
						t.Errorf("%d echoes, and after %v %v", echoes, took, err)
					}
				})
			})
		}
	}
}

// The end is a refusal like others, by the settings of the middleware, and asks nobody again.
func TestStreamEndIsRefusal(t *testing.T) {
	const metadataURL = "https://api.example.com/.well-known/oauth-protected-resource"
	const text = `Bearer realm="orders", error="invalid_token", error_description="The access token expired", resource_metadata="` + metadataURL + `"`
	for name, tc := range map[string]struct {
		edit func(*jwthttp.Options)
		want string
	}{
		"plain":  {func(*jwthttp.Options) {}, "Unauthenticated: " + text},
		"leeway": {func(o *jwthttp.Options) { o.Leeway = time.Minute }, "Unauthenticated: " + text},
		"error handler": {func(o *jwthttp.Options) {
			o.ErrorHandler = func(w http.ResponseWriter, r *http.Request, err error) {
				if r.URL.Path != duplexMethod || !errors.Is(err, jwthttp.ErrInvalidToken) || !errors.Is(err, jwt.ErrTokenExpired) {
					t.Errorf("%s: %v", r.URL, err)
				}
				w.Header().Set("WWW-Authenticate", "own")
				w.WriteHeader(http.StatusForbidden)
			}
		}, "PermissionDenied: own"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				iss := jwthttptest.NewIssuer(t)
				var results []string
				var log bytes.Buffer
				asked := 0
				keys := jwthttp.KeyFunc(func(context.Context, jwthttp.TokenHeader) ([]jwthttp.Key, error) {
					asked++
					return []jwthttp.Key{iss.HS256()}, nil
				})
				opts := iss.Options()
				opts.Realm, opts.ResourceMetadata = "orders", metadataURL
				opts.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
				opts.OnResult = func(r *http.Request, res jwthttp.Result) {
					results = append(results, strings.Join([]string{r.URL.Path, res.Outcome, res.Reason, res.Guard, res.Subject, string(res.Source)}, " "))
				}
				tc.edit(&opts)
				auth, err := jwthttp.New(keys, opts, func(context.Context, *jwthttp.Token[Claims]) error { asked++; return nil })
				if err != nil {
					t.Fatal(err)
				}
				s := &service{duplex: func(stream duplexServer) error {
					for range 3 {
						stream.Recv()
					}
					return nil
				}}
				client := inMemory().serve(t, s, interceptors(t, auth)...)
				stream, err := client.FullDuplexCall(with(t.Context(), "Bearer "+token(t, iss, jwthttptest.Claim("exp", time.Now().Add(time.Minute).Unix()))))
				if err != nil {
					t.Fatal(err)
				}
				_, err = stream.Recv()
				if got := fmt.Sprint(status.Code(err), ": ", status.Convert(err).Message()); got != tc.want {
					t.Errorf("%s\nnot %s", got, tc.want)
				}
				want := []string{duplexMethod + " accepted   alice header:Authorization", duplexMethod + " refused expired Stream alice header:Authorization"}
				if !slices.Equal(results, want) || asked != 2 {
					t.Errorf("results %q, %d questions", results, asked)
				}
				if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "reason=expired guard=Stream") || !strings.Contains(got, "have the client call again with a new one") {
					t.Errorf("log %s", got)
				}
			})
		})
	}
}

// The client's own deadline is not the token's.
func TestStreamDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		iss := jwthttptest.NewIssuer(t)
		ended := make(chan error, 1)
		s := &service{duplex: func(stream duplexServer) error {
			_, err := stream.Recv()
			ended <- err
			return err
		}}
		client := inMemory().serve(t, s, interceptors(t, newAuth(t, iss, nil))...)
		ctx, cancel := context.WithTimeout(with(t.Context(), "Bearer "+token(t, iss)), time.Second)
		defer cancel()
		stream, err := client.FullDuplexCall(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Recv(); status.Code(err) != codes.DeadlineExceeded {
			t.Error(err)
		}
		if err := <-ended; status.Code(err) != codes.DeadlineExceeded && status.Code(err) != codes.Canceled {
			t.Error(err)
		}
	})
}

// A token that only Leeway still accepts opens a stream that is over. Unary methods accept it.
func TestStreamWithinLeeway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		iss := jwthttptest.NewIssuer(t)
		auth := newAuth(t, iss, func(o *jwthttp.Options) { o.Leeway = time.Minute })
		client := inMemory().serve(t, &service{}, interceptors(t, auth)...)
		ctx := with(t.Context(), "Bearer "+token(t, iss, jwthttptest.Claim("exp", time.Now().Add(-time.Second).Unix())))
		if got, err := kinds[0].call(ctx, client); got != "alice" || err != nil {
			t.Errorf("unary: %q, %v", got, err)
		}
		const want = `Bearer realm="api", error="invalid_token", error_description="The access token expired"`
		for _, kind := range kinds[1:] {
			if _, err := kind.call(ctx, client); status.Code(err) != codes.Unauthenticated || status.Convert(err).Message() != want {
				t.Errorf("%s: %v", kind.name, err)
			}
		}
	})
}

// Also over TCP with TLS, in real time.
func TestStreamEndsOverTLS(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	ended := make(chan error, 1)
	s := &service{duplex: func(stream duplexServer) error {
		_, err := stream.Recv()
		ended <- err
		return err
	}}
	auth := newAuth(t, iss, func(o *jwthttp.Options) { o.Realm = "orders" })
	client := overTLS().serve(t, s, interceptors(t, auth)...)
	// A slow machine may need so long that the token has expired before the call comes.
	for lifetime := 2 * time.Second; ; lifetime *= 2 {
		stream, err := client.FullDuplexCall(with(t.Context(), "Bearer "+token(t, iss, jwthttptest.Claim("exp", time.Now().Add(lifetime).Unix()))))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Recv(); !isExpired(err) {
			t.Errorf("the client got %v", err)
		}
		if s.ran.Load() > 0 {
			break
		}
	}
	if err := <-ended; !isExpired(err) {
		t.Errorf("Recv: %v", err)
	}
}

// A fakeStream is a stream whose operations do what a test wants.
type fakeStream struct {
	grpc.ServerStream
	ctx context.Context
	op  func() error
}

func (s *fakeStream) Context() context.Context { return s.ctx }
func (s *fakeStream) SendMsg(any) error        { return s.op() }
func (s *fakeStream) RecvMsg(any) error        { return s.op() }

// After its end a stream does nothing, for an operation may still be running.
func TestStreamAfterEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		iss := jwthttptest.NewIssuer(t)
		intercept, err := grpcauth.Stream(newAuth(t, iss, func(o *jwthttp.Options) { o.Realm = "orders" }))
		if err != nil {
			t.Fatal(err)
		}
		ctx := metadata.NewIncomingContext(t.Context(), metadata.Pairs("authorization", "Bearer "+token(t, iss)))
		ops := 0
		err = intercept(nil, &fakeStream{ctx: ctx, op: func() error { ops++; return nil }}, &grpc.StreamServerInfo{FullMethod: duplexMethod}, func(_ any, s grpc.ServerStream) error {
			time.Sleep(2 * time.Hour)
			for range 50 {
				if errSend, errRecv := s.SendMsg(nil), s.RecvMsg(nil); !isExpired(errSend) || !isExpired(errRecv) {
					t.Errorf("SendMsg: %v, RecvMsg: %v", errSend, errRecv)
				}
			}
			return nil
		})
		if synctest.Wait(); ops > 0 || !isExpired(err) {
			t.Errorf("%d operations, %v", ops, err)
		}
	})
}

// A panic of an inner stream, such as that of a codec, is one in the handler's goroutine.
func TestStreamPanics(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	intercept, err := grpcauth.Stream(newAuth(t, iss, nil))
	if err != nil {
		t.Fatal(err)
	}
	ctx := metadata.NewIncomingContext(t.Context(), metadata.Pairs("authorization", "Bearer "+token(t, iss)))
	for name, do := range map[string]func(grpc.ServerStream) error{
		"SendMsg": func(s grpc.ServerStream) error { return s.SendMsg(nil) },
		"RecvMsg": func(s grpc.ServerStream) error { return s.RecvMsg(nil) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if p := recover(); p != "codec" {
					t.Errorf("panic %v", p)
				}
			}()
			intercept(nil, &fakeStream{ctx: ctx, op: func() error { panic("codec") }}, &grpc.StreamServerInfo{FullMethod: duplexMethod}, func(_ any, s grpc.ServerStream) error { return do(s) })
		})
	}
}
