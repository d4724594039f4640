package main

import (
	"context"
	"fmt"
	"net"
	"strings"

	"github.com/golang-jwt/jwt/v5"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/_bench/contest"
	"github.com/jwthttp/jwthttp/grpcauth"
)

const byHandGRPC = "golang-jwt v5.3.1, by hand"

// grpcCalls measures unary calls over a connection in memory, and then the interceptors alone. Client and
// server of a call are in this process.
func grpcCalls(r *Report) error {
	key := jwthttp.HS256(contest.Secret).WithID(contest.KeyID)
	auth, err := jwthttp.New[contest.Claims](key, jwthttp.Options{Issuer: contest.Issuer, Audience: []string{contest.Audience}})
	if err != nil {
		return err
	}
	ours, err := grpcauth.Unary(auth)
	if err != nil {
		return err
	}
	type claimsKey struct{}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithIssuer(contest.Issuer), jwt.WithAudience(contest.Audience), jwt.WithExpirationRequired())
	byHand := func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		md, _ := metadata.FromIncomingContext(ctx)
		values := md["authorization"]
		if len(values) != 1 {
			return nil, status.Error(codes.Unauthenticated, "no token")
		}
		claims := &contest.Registered{}
		_, err := parser.ParseWithClaims(strings.TrimPrefix(values[0], "Bearer "), claims, func(*jwt.Token) (any, error) { return contest.Secret, nil })
		if err != nil {
			return nil, status.Error(codes.Unauthenticated, "bad token")
		}
		return handler(context.WithValue(ctx, claimsKey{}, claims), req)
	}
	all := contest.Tokens("HS256", 0, users)
	interceptors := []struct {
		name      string
		intercept grpc.UnaryServerInterceptor
	}{{contest.Ours.Name, ours}, {byHandGRPC, byHand}}

	bare, stop, err := callsOf("no interceptor", nil, all)
	if err != nil {
		return err
	}
	defer stop()
	calls := []runner{bare}
	var alone []runner
	for _, c := range interceptors {
		run, stop, err := callsOf(c.name, c.intercept, all)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		defer stop()
		calls = append(calls, run)
		alone = append(alone, interceptorAlone(c.name, c.intercept, all))
	}
	t := r.inTurns("HS256: gRPC, unary calls with client and server", calls)
	r.Tables = append(r.Tables, t)
	t = r.inTurns("HS256: gRPC, the interceptor alone", alone)
	r.Tables = append(r.Tables, t)
	r.atLeast("gRPC, the interceptor alone, times faster than golang-jwt by hand", t.row(byHandGRPC).Ratio, 2, 2.7)
	return nil
}

// callsOf starts a server, and makes a runner of a client that calls it once with each token. A call that
// fails is a panic. A good call and one with a bad token are tried first.
func callsOf(name string, intercept grpc.UnaryServerInterceptor, all []contest.Token) (run runner, stop func(), err error) {
	var opts []grpc.ServerOption
	if intercept != nil {
		opts = append(opts, grpc.UnaryInterceptor(intercept))
	}
	server := grpc.NewServer(opts...)
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	listener := bufconn.Listen(1 << 20)
	go server.Serve(listener)
	conn, err := grpc.NewClient("passthrough:///", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		server.Stop()
		return runner{}, nil, err
	}
	stop = func() { conn.Close(); server.Stop() }
	client := grpc_health_v1.NewHealthClient(conn)
	call := func(token contest.Token) error {
		_, err := client.Check(metadata.AppendToOutgoingContext(context.Background(), "authorization", token), &grpc_health_v1.HealthCheckRequest{})
		return err
	}
	if err := call(contest.Forged("HS256")); intercept != nil && status.Code(err) != codes.Unauthenticated {
		stop()
		return runner{}, nil, fmt.Errorf("a forged token is answered with %v", err)
	}
	if err := call(all[0]); err != nil {
		stop()
		return runner{}, nil, err
	}
	return repeated(name, func() int {
		for _, token := range all {
			mustRun(name, func() error { return call(token) })
		}
		return len(all)
	}), stop, nil
}

// interceptorAlone makes a runner of calls whose metadata has arrived.
func interceptorAlone(name string, intercept grpc.UnaryServerInterceptor, all []contest.Token) runner {
	info := &grpc.UnaryServerInfo{FullMethod: grpc_health_v1.Health_Check_FullMethodName}
	var calls []context.Context
	for _, token := range all {
		calls = append(calls, metadata.NewIncomingContext(context.Background(), metadata.Pairs("authorization", token)))
	}
	handler := func(context.Context, any) (any, error) { return nil, nil }
	return repeated(name, func() int {
		for _, ctx := range calls {
			if _, err := intercept(ctx, nil, info, handler); err != nil {
				panic(fmt.Sprint(name, ": ", err))
			}
		}
		return len(calls)
	})
}
