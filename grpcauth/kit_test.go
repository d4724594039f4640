package grpcauth_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/test/bufconn"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/grpcauth"
	"github.com/jwthttp/jwthttp/jwthttptest"
)

type Claims struct {
	Subject string `json:"sub"`
}

// subject is what a handler tells its client.
func subject(ctx context.Context) string {
	claims, ok := jwthttp.ClaimsFromContext[Claims](ctx)
	if !ok {
		return "nobody"
	}
	return claims.Subject
}

// A service tells each client its subject.
type service struct {
	grpc_testing.UnimplementedTestServiceServer
	ran atomic.Int32

	duplex func(grpc_testing.TestService_FullDuplexCallServer) error // nil is an echo
}

func payload(text string) *grpc_testing.Payload { return &grpc_testing.Payload{Body: []byte(text)} }

func (s *service) UnaryCall(ctx context.Context, _ *grpc_testing.SimpleRequest) (*grpc_testing.SimpleResponse, error) {
	s.ran.Add(1)
	return &grpc_testing.SimpleResponse{Username: subject(ctx)}, nil
}

func (s *service) StreamingOutputCall(_ *grpc_testing.StreamingOutputCallRequest, stream grpc_testing.TestService_StreamingOutputCallServer) error {
	s.ran.Add(1)
	return stream.Send(&grpc_testing.StreamingOutputCallResponse{Payload: payload(subject(stream.Context()))})
}

func (s *service) StreamingInputCall(stream grpc_testing.TestService_StreamingInputCallServer) error {
	s.ran.Add(1)
	for {
		switch _, err := stream.Recv(); err {
		case nil:
		case io.EOF: // its response has room for a number alone
			return stream.SendAndClose(&grpc_testing.StreamingInputCallResponse{AggregatedPayloadSize: int32(len(subject(stream.Context())))})
		default:
			return err
		}
	}
}

func (s *service) FullDuplexCall(stream grpc_testing.TestService_FullDuplexCallServer) error {
	s.ran.Add(1)
	if s.duplex != nil {
		return s.duplex(stream)
	}
	for {
		switch _, err := stream.Recv(); err {
		case nil:
			if err := stream.Send(&grpc_testing.StreamingOutputCallResponse{Payload: payload(subject(stream.Context()))}); err != nil {
				return err
			}
		case io.EOF:
			return nil
		default:
			return err
		}
	}
}

// The methods of the service, by kind.
const (
	unaryMethod  = "/grpc.testing.TestService/UnaryCall"
	serverMethod = "/grpc.testing.TestService/StreamingOutputCall"
	clientMethod = "/grpc.testing.TestService/StreamingInputCall"
	duplexMethod = "/grpc.testing.TestService/FullDuplexCall"
)

// kinds has a call of each kind. It returns the subject that the handler has told, or as many
// letters.
var kinds = []struct {
	name string
	call func(context.Context, grpc_testing.TestServiceClient) (string, error)
}{
	{"unary", func(ctx context.Context, c grpc_testing.TestServiceClient) (string, error) {
		resp, err := c.UnaryCall(ctx, &grpc_testing.SimpleRequest{})
		return resp.GetUsername(), err
	}},
	{"server stream", func(ctx context.Context, c grpc_testing.TestServiceClient) (string, error) {
		stream, err := c.StreamingOutputCall(ctx, &grpc_testing.StreamingOutputCallRequest{})
		if err != nil {
			return "", err
		}
		resp, err := stream.Recv()
		return string(resp.GetPayload().GetBody()), err
	}},
	{"client stream", func(ctx context.Context, c grpc_testing.TestServiceClient) (string, error) {
		stream, err := c.StreamingInputCall(ctx)
		if err != nil {
			return "", err
		}
		stream.Send(&grpc_testing.StreamingInputCallRequest{}) // CloseAndRecv has the error
		resp, err := stream.CloseAndRecv()
		return strings.Repeat("x", int(resp.GetAggregatedPayloadSize())), err
	}},
	{"bidirectional stream", func(ctx context.Context, c grpc_testing.TestServiceClient) (string, error) {
		stream, err := c.FullDuplexCall(ctx)
		if err != nil {
			return "", err
		}
		stream.Send(&grpc_testing.StreamingOutputCallRequest{}) // Recv has the error
		stream.CloseSend()
		resp, err := stream.Recv()
		return string(resp.GetPayload().GetBody()), err
	}},
}

// A transport is how client and server are connected.
type transport struct {
	name   string
	server *tls.Config // nil for a connection in memory
	client *tls.Config
}

func inMemory() transport { return transport{name: "bufconn"} }

// overTLS returns a transport over TCP on loopback, whose server asks for a certificate.
func overTLS() transport {
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return transport{
		"TLS",
		&tls.Config{Certificates: s.TLS.Certificates, ClientAuth: tls.RequestClientCert},
		&tls.Config{RootCAs: roots, ServerName: "127.0.0.1"},
	}
}

// serve starts a server, and returns a client and the service. The test's end stops both.
func (tr transport) serve(t *testing.T, s *service, opts ...grpc.ServerOption) grpc_testing.TestServiceClient {
	t.Helper()
	var listener net.Listener
	var dial []grpc.DialOption
	target := "passthrough:///bufconn"
	if tr.server == nil {
		memory := bufconn.Listen(1 << 10)
		listener = memory
		dial = append(dial, grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return memory.DialContext(ctx) }))
	} else {
		var err error
		if listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
		target = listener.Addr().String()
		opts = append(opts, grpc.Creds(credentials.NewTLS(tr.server)))
		dial = append(dial, grpc.WithTransportCredentials(credentials.NewTLS(tr.client)))
	}
	server := grpc.NewServer(opts...)
	grpc_testing.RegisterTestServiceServer(server, s)
	done := make(chan struct{})
	go func() {
		defer close(done)
		server.Serve(listener)
	}()
	conn, err := grpc.NewClient(target, dial...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		server.Stop()
		<-done
	})
	return grpc_testing.NewTestServiceClient(conn)
}

// interceptors returns both for the same options.
func interceptors[C any](t *testing.T, auth *jwthttp.Middleware[C], opts ...grpcauth.Option) []grpc.ServerOption {
	t.Helper()
	unary, err := grpcauth.Unary(auth, opts...)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := grpcauth.Stream(auth, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return []grpc.ServerOption{grpc.UnaryInterceptor(unary), grpc.StreamInterceptor(stream)}
}

// newAuth returns a middleware for the tokens of iss by HS256. edit may be nil.
func newAuth(t *testing.T, iss *jwthttptest.Issuer, edit func(*jwthttp.Options), checks ...jwthttp.Check[Claims]) *jwthttp.Middleware[Claims] {
	t.Helper()
	opts := iss.Options()
	if edit != nil {
		edit(&opts)
	}
	auth, err := jwthttp.New(iss.HS256(), opts, checks...)
	if err != nil {
		t.Fatal(err)
	}
	return auth
}

// token returns one of alice, by HS256.
func token(t *testing.T, iss *jwthttptest.Issuer, options ...jwthttptest.TokenOption) string {
	t.Helper()
	return iss.Token(t, Claims{Subject: "alice"}, append(options, jwthttptest.HS256)...)
}

// with returns a context whose calls have these values of authorization.
func with(ctx context.Context, values ...string) context.Context {
	for _, v := range values {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", v)
	}
	return ctx
}

// overHTTP returns what the same middleware answers over HTTP. ran says that the handler ran.
func overHTTP(chain func(http.Handler) http.Handler, values ...string) (w *httptest.ResponseRecorder, ran bool) {
	w = httptest.NewRecorder()
	r := httptest.NewRequest("POST", "/", nil)
	r.Header["Authorization"] = values
	chain(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		ran = true
		fmt.Fprint(w, subject(r.Context()))
	})).ServeHTTP(w, r)
	return w, ran
}
