package grpcauth_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/grpcauth"
	"github.com/jwthttp/jwthttp/issue"
)

// A greeter greets whoever calls it.
type greeter struct {
	grpc_testing.UnimplementedTestServiceServer
}

func (greeter) UnaryCall(ctx context.Context, _ *grpc_testing.SimpleRequest) (*grpc_testing.SimpleResponse, error) {
	claims, _ := jwthttp.ClaimsFromContext[jwt.RegisteredClaims](ctx)
	return &grpc_testing.SimpleResponse{Username: "Hello, " + claims.Subject}, nil
}

// newServer returns a server whose calls need a token, but for those of the health check.
func newServer(auth *jwthttp.Middleware[jwt.RegisteredClaims]) (*grpc.Server, error) {
	opts := []grpcauth.Option{
		grpcauth.Public("/grpc.health.v1.Health/Check"),
		grpcauth.Guard(jwthttp.RequireScopes("orders:write"), "/grpc.testing.TestService/StreamingInputCall"),
	}
	unary, err := grpcauth.Unary(auth, opts...)
	if err != nil {
		return nil, err
	}
	stream, err := grpcauth.Stream(auth, opts...)
	if err != nil {
		return nil, err
	}
	server := grpc.NewServer(grpc.UnaryInterceptor(unary), grpc.StreamInterceptor(stream))
	grpc_testing.RegisterTestServiceServer(server, greeter{})
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	return server, grpcauth.Check(server, opts...) // after all services are registered
}

// A client sends its token as metadata. Over TLS, it does so best with
// google.golang.org/grpc/credentials/oauth.
func Example() {
	iss, err := issue.New[jwt.RegisteredClaims](issue.Options{Lifetime: time.Hour}, issue.HS256([]byte("an example's secret of 32 bytes.")))
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New[jwt.RegisteredClaims](iss, iss.Options())
	if err != nil {
		log.Fatal(err)
	}
	server, err := newServer(auth)
	if err != nil {
		log.Fatal(err) // says what to mend
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go server.Serve(listener)
	defer server.Stop()

	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	client := grpc_testing.NewTestServiceClient(conn)

	_, err = client.UnaryCall(context.Background(), &grpc_testing.SimpleRequest{})
	fmt.Println(status.Code(err), status.Convert(err).Message())

	token, _, err := iss.Token(context.Background(), jwt.RegisteredClaims{Subject: "alice"})
	if err != nil {
		log.Fatal(err)
	}
	ctx := metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+token)
	resp, err := client.UnaryCall(ctx, &grpc_testing.SimpleRequest{})
	fmt.Println(resp.GetUsername(), err)

	uploads, err := client.StreamingInputCall(ctx)
	if err != nil {
		log.Fatal(err)
	}
	_, err = uploads.CloseAndRecv()
	fmt.Println(status.Code(err), status.Convert(err).Message())

	check, err := grpc_health_v1.NewHealthClient(conn).Check(context.Background(), &grpc_health_v1.HealthCheckRequest{})
	fmt.Println(check.GetStatus(), err)
	// Output:
	// Unauthenticated Bearer realm="api"
	// Hello, alice <nil>
	// PermissionDenied Bearer realm="api", error="insufficient_scope", scope="orders:write", error_description="The access token lacks a required scope"
	// SERVING <nil>
}
