package migrating

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"github.com/jwthttp/jwthttp/_example/migrating/before"
	"github.com/jwthttp/jwthttp/jwthttptest"
)

// A service tells each client its subject.
type service struct {
	grpc_testing.UnimplementedTestServiceServer
	subject func(context.Context) string
}

func (s service) UnaryCall(ctx context.Context, _ *grpc_testing.SimpleRequest) (*grpc_testing.SimpleResponse, error) {
	return &grpc_testing.SimpleResponse{Username: s.subject(ctx)}, nil
}

func (s service) FullDuplexCall(stream grpc_testing.TestService_FullDuplexCallServer) error {
	for {
		if _, err := stream.Recv(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := stream.Send(&grpc_testing.StreamingOutputCallResponse{Payload: &grpc_testing.Payload{Body: []byte(s.subject(stream.Context()))}}); err != nil {
			return err
		}
	}
}

func (s service) register(server *grpc.Server) {
	grpc_testing.RegisterTestServiceServer(server, s)
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
}

// serve returns a connection to the server, in memory.
func serve(t *testing.T, server *grpc.Server) *grpc.ClientConn {
	t.Helper()
	listener := bufconn.Listen(1 << 10)
	done := make(chan struct{})
	go func() {
		defer close(done)
		server.Serve(listener)
	}()
	conn, err := grpc.NewClient("passthrough:///bufconn", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		server.Stop()
		<-done
	})
	return conn
}

func TestFromGRPC(t *testing.T) {
	iss := newIssuer(t)
	oldServer := before.NewGRPCServer(iss.Secret())
	service{subject: before.Subject}.register(oldServer)
	newServer := fromGRPC(iss.Secret(), service{subject: subjectOf}.register)
	old, now := serve(t, oldServer), serve(t, newServer)
	token := hs256(t, iss)

	for _, tc := range []struct {
		name        string
		values      []string // of authorization
		before, now codes.Code
		message     string // a part of it, now
	}{
		{"good", []string{"Bearer " + token()}, codes.OK, codes.OK, ""},
		{"lower case", []string{"bearer " + token()}, codes.OK, codes.OK, ""},
		{"no token", nil, codes.Unauthenticated, codes.Unauthenticated, `Bearer realm="api"`},
		{"another scheme", []string{"Basic YTpi"}, codes.Unauthenticated, codes.Unauthenticated, `Bearer realm="api"`},
		{"expired", []string{"Bearer " + token(jwthttptest.Expired)}, codes.Unauthenticated, codes.Unauthenticated, `error="invalid_token"`},
		{"forged", []string{"Bearer " + token(jwthttptest.ForgedSignature)}, codes.Unauthenticated, codes.Unauthenticated, `error="invalid_token"`},
		{"no exp", []string{"Bearer " + token(jwthttptest.NoExpiry)}, codes.OK, codes.Unauthenticated, `error="invalid_token"`},
		{"two tokens", []string{"Bearer " + token(), "Bearer " + token()}, codes.OK, codes.InvalidArgument, `error="invalid_request"`},
		{"Bearer alone", []string{"Bearer"}, codes.Unauthenticated, codes.InvalidArgument, `error="invalid_request"`},
	} {
		ctx := t.Context()
		for _, value := range tc.values {
			ctx = metadata.AppendToOutgoingContext(ctx, "authorization", value)
		}
		call := func(conn *grpc.ClientConn) (*grpc_testing.SimpleResponse, error) {
			return grpc_testing.NewTestServiceClient(conn).UnaryCall(ctx, &grpc_testing.SimpleRequest{})
		}
		if res, err := call(old); status.Code(err) != tc.before || err == nil && res.GetUsername() != "alice" {
			t.Errorf("%s, before: %v, %v, want %v", tc.name, res, err, tc.before)
		}
		if res, err := call(now); status.Code(err) != tc.now || err == nil && res.GetUsername() != "alice" || !strings.Contains(status.Convert(err).Message(), tc.message) {
			t.Errorf("%s, after: %v, %v, want %v %s", tc.name, res, err, tc.now, tc.message)
		}
	}
	for name, conn := range map[string]*grpc.ClientConn{"before": old, "after": now} {
		if _, err := grpc_health_v1.NewHealthClient(conn).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{}); err != nil {
			t.Errorf("health, %s: %v", name, err)
		}
	}
}

// A stream outlives its token before, and ends with it after.
func TestFromGRPCStream(t *testing.T) {
	iss := newIssuer(t)
	oldServer := before.NewGRPCServer(iss.Secret())
	service{subject: before.Subject}.register(oldServer)
	old := grpc_testing.NewTestServiceClient(serve(t, oldServer))
	now := grpc_testing.NewTestServiceClient(serve(t, fromGRPC(iss.Secret(), service{subject: subjectOf}.register)))

	ask := func(stream grpc_testing.TestService_FullDuplexCallClient) error {
		stream.Send(&grpc_testing.StreamingOutputCallRequest{}) // Recv has the error
		res, err := stream.Recv()
		if err == nil && string(res.GetPayload().GetBody()) != "alice" {
			t.Fatalf("the subject is %q", res.GetPayload().GetBody())
		}
		return err
	}
	// open returns streams with a token of so many seconds, if it has not expired until they are open.
	open := func(seconds time.Duration) (was, is grpc_testing.TestService_FullDuplexCallClient, ok bool) {
		t.Helper()
		token := hs256(t, iss)(jwthttptest.Claim("exp", time.Now().Add(seconds*time.Second).Unix()))
		ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token)
		was, err := old.FullDuplexCall(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if is, err = now.FullDuplexCall(ctx); err != nil {
			t.Fatal(err)
		}
		return was, is, ask(was) == nil && ask(is) == nil
	}
	was, is, ok := open(2)
	for seconds := time.Duration(4); !ok; seconds *= 2 {
		if seconds > 32 {
			t.Fatal("no token is good when its streams are open")
		}
		was, is, ok = open(seconds)
	}
	if _, err := is.Recv(); status.Code(err) != codes.Unauthenticated {
		t.Errorf("after, when the token has expired: %v", err)
	}
	if err := ask(was); err != nil {
		t.Errorf("before, when the token has expired: %v", err)
	}
}
