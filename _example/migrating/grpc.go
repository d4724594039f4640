package migrating

import (
	"context"
	"log"

	"google.golang.org/grpc"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/grpcauth"
)

// fromGRPC returns a server whose calls need a token, but for health checks.
func fromGRPC(secret []byte, register func(*grpc.Server)) *grpc.Server {
	auth, err := jwthttp.New[Claims](jwthttp.HS256(secret), jwthttp.Options{Audience: []string{"orders"}})
	if err != nil {
		log.Fatal(err)
	}
	public := grpcauth.Public("/grpc.health.v1.Health/Check")
	unary, err := grpcauth.Unary(auth, public)
	if err != nil {
		log.Fatal(err)
	}
	stream, err := grpcauth.Stream(auth, public)
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer(grpc.UnaryInterceptor(unary), grpc.StreamInterceptor(stream))
	register(server) // your services
	if err := grpcauth.Check(server, public); err != nil {
		log.Fatal(err)
	}
	return server
}

// subjectOf returns the subject of a call's token, for its handler.
func subjectOf(ctx context.Context) string {
	claims, _ := jwthttp.ClaimsFromContext[Claims](ctx)
	return claims.Subject
}
