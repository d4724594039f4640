package before

import (
	"context"

	"github.com/golang-jwt/jwt/v5"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/auth"
	"github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/selector"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// NewGRPCServer returns a server whose calls need a token, but for health checks.
func NewGRPCServer(secret []byte) *grpc.Server {
	authenticate := func(ctx context.Context) (context.Context, error) {
		raw, err := auth.AuthFromMD(ctx, "bearer")
		if err != nil {
			return nil, err
		}
		claims := &UserClaims{}
		_, err = jwt.ParseWithClaims(raw, claims, func(*jwt.Token) (any, error) { return secret, nil },
			jwt.WithValidMethods([]string{"HS256"}), jwt.WithAudience("orders"))
		if err != nil {
			return nil, status.Error(codes.Unauthenticated, err.Error())
		}
		return context.WithValue(ctx, contextKey{}, claims), nil
	}
	private := selector.MatchFunc(func(_ context.Context, call interceptors.CallMeta) bool {
		return call.FullMethod() != "/grpc.health.v1.Health/Check"
	})
	server := grpc.NewServer(
		grpc.UnaryInterceptor(selector.UnaryServerInterceptor(auth.UnaryServerInterceptor(authenticate), private)),
		grpc.StreamInterceptor(selector.StreamServerInterceptor(auth.StreamServerInterceptor(authenticate), private)),
	)
	return server
}

// Subject returns the subject of a call's token, for its handler.
func Subject(ctx context.Context) string {
	claims := ctx.Value(contextKey{}).(*UserClaims)
	return claims.Subject
}
