// Package grpcauth authenticates the calls of a gRPC server with a [jwthttp.Middleware]. A call
// goes the way of an HTTP request: all checks, guards, Options.Logger and Options.OnResult are
// those of the middleware. Handlers read the claims with [jwthttp.ClaimsFromContext].
//
//	health := grpcauth.Public("/grpc.health.v1.Health/Check")
//	unary, err := grpcauth.Unary(auth, health)
//	if err != nil {
//		log.Fatal(err) // It says what to mend.
//	}
//	stream, err := grpcauth.Stream(auth, health)
//	if err != nil {
//		log.Fatal(err)
//	}
//	server := grpc.NewServer(grpc.UnaryInterceptor(unary), grpc.StreamInterceptor(stream))
//	// Register the services here.
//	if err := grpcauth.Check(server, health); err != nil {
//		log.Fatal(err)
//	}
//
// A server needs both interceptors: without Stream, anybody may call its streaming methods.
//
// # The token
//
// The token is in the metadata key authorization, after "Bearer ", and the key has one value. Other
// keys hold no token, so an Extractor of Options for a cookie or another header finds none. To
// OnResult, checks and guards, a call is a POST whose path is the full method. No other metadata is
// in that request.
//
// # Answers
//
// The status of the answer over HTTP decides the code:
//   - no token, or a bad one (401): Unauthenticated
//   - two tokens, or a malformed value (400): InvalidArgument
//   - a scope is missing, or a rule refuses (403): PermissionDenied
//   - keys or the store of a check are out of reach (503): Unavailable, with a RetryInfo
//   - a fault of the program (500), and all else: Internal
//
// The message is the WWW-Authenticate that HTTP would send. An answer without one has its sentence
// as the message, such as "The access token does not allow this". An Options.ErrorHandler decides
// here too, so its answers should have the statuses above.
//
// # Panics
//
// A panic of a check, a guard or a handler ends the process, as in any gRPC server. To recover, put
// an interceptor outside: it is the first of [grpc.ChainUnaryInterceptor], and a second one is the
// first of [grpc.ChainStreamInterceptor].
//
// # Bound tokens
//
// A token with cnf is refused, as over HTTP, unless Options has a Binding that confirms it. With
// [mtls.Connection] the certificate of the call's own TLS connection confirms it. A call has neither
// a DPoP proof nor the header of a proxy, so [dpop] and [mtls.Forwarded] refuse each bound token.
//
// # grpc-gateway
//
// A gateway passes Authorization on as the metadata key authorization, and returns the message of
// Unauthenticated as WWW-Authenticate. Connect it as a client: its functions whose names end in
// HandlerServer call the service without any interceptor, and so without this package.
//
// [dpop]: https://pkg.go.dev/github.com/jwthttp/jwthttp/dpop
// [mtls.Connection]: https://pkg.go.dev/github.com/jwthttp/jwthttp/mtls#Connection
// [mtls.Forwarded]: https://pkg.go.dev/github.com/jwthttp/jwthttp/mtls#Forwarded
package grpcauth

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"google.golang.org/grpc"

	"github.com/jwthttp/jwthttp"
)

// Unary returns the interceptor for methods with one request and one response. The handler runs
// for calls with a good token, and for methods of [Public]. Pass the same options to [Stream] and
// to [Check].
//
// The error names everything that is wrong with the arguments, and how to mend it. The interceptor
// is safe for concurrent use.
func Unary[C any](auth *jwthttp.Middleware[C], opts ...Option) (grpc.UnaryServerInterceptor, error) {
	g, err := newGate(auth, opts)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (resp any, err error) {
		err = g.pass(ctx, info.FullMethod, func(ctx context.Context) (err error) {
			resp, err = handler(ctx, req)
			return err
		})
		return resp, err
	}, nil
}

// Stream returns the interceptor for methods that stream, as [Unary] does for the others.
//
// A stream ends when its token expires, as Token.ExpiresAt says, and so without Options.Leeway. Its
// context is then over, and its SendMsg and RecvMsg return an Unauthenticated error, also those
// that were waiting. Whatever the handler returns, the client gets that error. A client that wants to
// go on calls again with a new token. A revocation does not end a stream: checks see a call once.
//
// The end is a refusal by a guard with the name Stream. Options.ErrorHandler decides on its error.
// Options.OnResult gets a second Result for the call, with the reason expired.
//
// These are matters of the handler:
//   - After an error of RecvMsg or SendMsg, its message belongs to gRPC. RecvMsg may still write into
//     it, and SendMsg may still read it.
//   - After the end, headers and trailers may still be set, and the client gets them.
//   - A handler that uses neither the stream nor its context does not see the end. Its client waits
//     until it returns.
//   - After the machine slept, or its clock was set, the context may end later than the stream.
func Stream[C any](auth *jwthttp.Middleware[C], opts ...Option) (grpc.StreamServerInterceptor, error) {
	g, err := newGate(auth, opts)
	if err != nil {
		return nil, err
	}
	expired := newExpired()
	return func(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		return g.pass(ss.Context(), info.FullMethod, func(ctx context.Context) error {
			token, ok := jwthttp.TokenFromContext[C](ctx)
			if !ok || token.ExpiresAt().IsZero() {
				return handler(srv, &stream{ServerStream: ss, ctx: ctx})
			}
			return serveUntil(ctx, token.ExpiresAt(), srv, ss, handler, func() error {
				w := &answer{header: http.Header{}}
				expired.ServeHTTP(w, newRequest(ctx, info.FullMethod))
				return w.status()
			})
		})
	}, nil
}

// A gate decides which calls reach their handler.
type gate struct {
	public map[string]bool // by full method
	chain  http.Handler    // the middleware, with the guards inside; it ends at a *call
}

// A call is on its way through a gate. A context carries it, because a guard may wrap the
// ResponseWriter.
type call struct {
	method string
	next   func(context.Context) error
	passed bool
	err    error // of next
}

type callKey struct{}

func newGate[C any](auth *jwthttp.Middleware[C], opts []Option) (*gate, error) {
	err := check(opts, nil)
	if auth == nil {
		err = errors.Join(errors.New("grpcauth: the middleware is nil: make it with jwthttp.New"), err)
	}
	if err != nil {
		return nil, err
	}
	g := &gate{public: map[string]bool{}}
	var chain http.Handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		c := r.Context().Value(callKey{}).(*call)
		c.passed = true
		c.err = c.next(r.Context())
	})
	for i := len(opts) - 1; i >= 0; i-- { // the first guard is the outermost
		if chain = opts[i].inside(chain); chain == nil {
			return nil, errors.New("grpcauth: the function of a Guard returned a nil handler: have it return one that calls the handler that it got")
		}
		for _, method := range opts[i].methods {
			g.public[method] = opts[i].guard == nil
		}
	}
	g.chain = auth.Handler(chain)
	return g, nil
}

// pass calls next if the call may reach its handler, and returns its error, or else the status of
// the refusal.
func (g *gate) pass(ctx context.Context, method string, next func(context.Context) error) error {
	// gRPC before 1.79.3 routed ":path: pkg.Service/Method" to the method, and so past a guard that
	// knows it with its slash (CVE-2026-33186). Other transports may still do so.
	method = "/" + strings.TrimPrefix(method, "/")
	if g.public[method] {
		return next(ctx)
	}
	c := &call{method: method, next: next}
	w := &answer{header: http.Header{}}
	g.chain.ServeHTTP(w, newRequest(context.WithValue(ctx, callKey{}, c), method))
	if c.passed {
		return c.err
	}
	return w.status()
}
