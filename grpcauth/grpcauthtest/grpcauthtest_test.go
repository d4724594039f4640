package grpcauthtest_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/grpcauth"
	"github.com/jwthttp/jwthttp/grpcauth/grpcauthtest"
	"github.com/jwthttp/jwthttp/jwthttptest"
	"github.com/jwthttp/jwthttp/mtls"
)

type Claims struct {
	Subject string `json:"sub"`
}

type service struct {
	grpc_testing.UnimplementedTestServiceServer
}

func (s *service) UnaryCall(ctx context.Context, _ *grpc_testing.SimpleRequest) (*grpc_testing.SimpleResponse, error) {
	claims, _ := jwthttp.ClaimsFromContext[Claims](ctx)
	return &grpc_testing.SimpleResponse{Username: claims.Subject}, nil
}

// serve starts a server with interceptors, over TLS if client is not nil.
func serve(t *testing.T, s *service, client *tls.Config, opts ...grpc.ServerOption) grpc_testing.TestServiceClient {
	t.Helper()
	memory := bufconn.Listen(1 << 16)
	creds := insecure.NewCredentials()
	if client != nil {
		creds = credentials.NewTLS(client)
	}
	server := grpc.NewServer(opts...)
	grpc_testing.RegisterTestServiceServer(server, s)
	done := make(chan struct{})
	go func() {
		defer close(done)
		server.Serve(memory)
	}()
	conn, err := grpc.NewClient("passthrough:///bufconn", grpc.WithTransportCredentials(creds),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return memory.DialContext(ctx) }))
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

// handler makes calls of the unary method.
func handler(client grpc_testing.TestServiceClient) http.Handler {
	return grpcauthtest.Handler(func(ctx context.Context) (string, error) {
		reply, err := client.UnaryCall(ctx, &grpc_testing.SimpleRequest{})
		return reply.GetUsername(), err
	})
}

func newAuth(t *testing.T, iss *jwthttptest.Issuer, edit func(*jwthttp.Options)) *jwthttp.Middleware[Claims] {
	t.Helper()
	opts := iss.Options()
	if edit != nil {
		edit(&opts)
	}
	auth, err := jwthttp.New[Claims](iss.HS256(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return auth
}

func unary(t *testing.T, auth *jwthttp.Middleware[Claims], opts ...grpcauth.Option) grpc.UnaryServerInterceptor {
	t.Helper()
	interceptor, err := grpcauth.Unary(auth, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return interceptor
}

// A token that is bound to the certificate of the connection is as good over gRPC.
func TestCertificate(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewTLSServer(nil)
	defer web.Close()
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	client := &tls.Config{RootCAs: roots, ServerName: "127.0.0.1", Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	creds := grpc.Creds(credentials.NewTLS(&tls.Config{Certificates: web.TLS.Certificates, ClientAuth: tls.RequestClientCert}))

	iss := jwthttptest.NewIssuer(t)
	for _, tc := range []struct {
		name    string
		binding []jwthttp.Binding
		fault   string
	}{
		{"bound", []jwthttp.Binding{mtls.Connection()}, ""},
		{"not bound", nil, "the chain refuses a good token"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			auth := newAuth(t, iss, func(o *jwthttp.Options) { o.Bindings = tc.binding })
			var got recorder
			jwthttptest.Conformance(&got, handler(serve(t, &service{}, client, creds, grpc.UnaryInterceptor(unary(t, auth)))), jwthttptest.Setup{
				Issuer: iss, Claims: Claims{Subject: "alice"}, Shows: "alice", GRPC: true, Certificate: cert, Options: hs256,
			})
			if tc.fault == "" && len(got) > 0 || tc.fault != "" && (len(got) != 1 || !strings.HasPrefix(got[0], tc.fault)) {
				t.Errorf("%q, want %q", got, tc.fault)
			}
		})
	}
}

// hs256 is quicker than the default.
var hs256 = []jwthttptest.TokenOption{jwthttptest.HS256}

// A recorder records the faults of a chain.
type recorder []string

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) { *r = append(*r, fmt.Sprintf(format, args...)) }

// Conformance finds the faults of servers.
func TestBrokenServers(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	right := unary(t, newAuth(t, iss, nil))
	// around changes the error of a call.
	around := func(change func(error) error) grpc.UnaryServerInterceptor {
		return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			resp, err := right(ctx, req, info, next)
			if err != nil {
				return resp, change(err)
			}
			return resp, nil
		}
	}
	// with changes the metadata of a call.
	with := func(change func(metadata.MD)) grpc.UnaryServerInterceptor {
		return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			md, _ := metadata.FromIncomingContext(ctx)
			md = md.Copy()
			change(md)
			return right(metadata.NewIncomingContext(ctx, md), req, info, next)
		}
	}
	down := false
	keys := jwthttp.KeyFunc(func(context.Context, jwthttp.TokenHeader) ([]jwthttp.Key, error) {
		if down {
			return nil, errors.New("the keys are gone")
		}
		return []jwthttp.Key{iss.HS256()}, nil
	})
	remote, err := jwthttp.New[Claims](keys, iss.Options())
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name   string
		server grpc.UnaryServerInterceptor
		setup  jwthttptest.Setup
		faults []string
		parts  []string
	}{
		{"a right one", right, jwthttptest.Setup{}, nil, nil},
		{"a right one in an outage", unary(t, remote), jwthttptest.Setup{Outage: func() { down = true }}, nil, nil},
		{"right guards", unary(t, newAuth(t, iss, nil), grpcauth.Guard(jwthttp.RequireScopes("read", "write"))), jwthttptest.Setup{Scopes: []string{"read", "write"}}, nil, nil},
		{"no scopes", right, jwthttptest.Setup{Scopes: []string{"read"}}, []string{"accepts what it must refuse:"}, []string{"a good token without the scope read: 200, not 403"}},
		{"another realm", unary(t, newAuth(t, iss, func(o *jwthttp.Options) { o.Realm = "shop" })), jwthttptest.Setup{}, []string{"names another realm"}, nil},
		{"everybody passes", func(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			return &grpc_testing.SimpleResponse{Username: "alice"}, nil
		}, jwthttptest.Setup{}, []string{"runs the handler whatever is sent"}, nil},
		{"the first of two tokens", with(func(md metadata.MD) { md["authorization"] = md["authorization"][:min(1, len(md["authorization"]))] }),
			jwthttptest.Setup{}, []string{"accepts what it must refuse:"}, []string{"two Authorization"}},
		{"a token in a cookie", with(func(md metadata.MD) {
			if values := md["cookie"]; len(values) > 0 && strings.HasPrefix(values[0], "token=") {
				md.Append("authorization", "Bearer "+strings.TrimPrefix(values[0], "token="))
			}
		}), jwthttptest.Setup{}, []string{"accepts what it must refuse:"}, []string{"a good token in a cookie token"}},
		{"no challenge", around(func(err error) error { return status.Error(status.Code(err), "no") }), jwthttptest.Setup{}, []string{"refuses without the challenge"}, nil},
		{"another code", around(func(err error) error {
			return status.Error(codes.Internal, status.Convert(err).Message())
		}), jwthttptest.Setup{}, []string{"has something outside of the middleware that replaces the status"}, []string{"no credentials: 500, not 401"}},
		{"the inner error", around(func(err error) error {
			return status.Errorf(status.Code(err), "%s, jwthttp: signature is invalid: crypto/rsa", status.Convert(err).Message())
		}), jwthttptest.Setup{OwnErrors: true}, []string{"shows the client what is in a token"}, nil},
		{"an outage like a bad token", func(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			if down {
				return nil, status.Error(codes.Unauthenticated, `Bearer realm="api", error="invalid_token", error_description="no"`)
			}
			return right(ctx, req, info, next)
		}, jwthttptest.Setup{Outage: func() { down = true }}, []string{"makes clients throw away good tokens"}, nil},
		{"not a gRPC setup", right, jwthttptest.Setup{GRPC: true, Cookie: "token"}, []string{"Setup.GRPC says that tokens come in the metadata authorization"}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			down = false
			tc.setup.Issuer, tc.setup.Claims, tc.setup.Shows, tc.setup.GRPC = iss, Claims{Subject: "alice"}, "alice", true
			tc.setup.Options = hs256
			var got recorder
			jwthttptest.Conformance(&got, handler(serve(t, &service{}, nil, grpc.UnaryInterceptor(tc.server))), tc.setup)
			text := strings.Join(got, "\n")
			for _, report := range got {
				report = strings.TrimPrefix(strings.TrimPrefix(report, "the chain "), "jwthttptest: ")
				if !slices.ContainsFunc(tc.faults, func(f string) bool { return strings.HasPrefix(report, f) }) {
					t.Errorf("unexpected: %s", report)
				}
			}
			if len(got) != len(tc.faults) {
				t.Errorf("%d faults, want %d:\n%s", len(got), len(tc.faults), text)
			}
			for _, part := range tc.parts {
				if !strings.Contains(text, part) {
					t.Errorf("no %q in:\n%s", part, text)
				}
			}
		})
	}
}

// What a stream has sent before its refusal is found.
func TestStreamThatSendsEarly(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	auth := newAuth(t, iss, nil)
	chain := grpcauthtest.Handler(func(ctx context.Context) (string, error) {
		md, _ := metadata.FromOutgoingContext(ctx)
		r := httptest.NewRequest("POST", "/", nil)
		r.Header["Authorization"] = md["authorization"]
		if _, err := auth.Authenticate(r); err != nil {
			return "alice", status.Error(codes.Unauthenticated, `Bearer realm="api"`)
		}
		return "alice", nil
	})
	var got recorder
	jwthttptest.Conformance(&got, chain, jwthttptest.Setup{Issuer: iss, Claims: Claims{Subject: "alice"}, Shows: "alice", GRPC: true, OwnErrors: true, Options: hs256})
	if len(got) != 1 || !strings.HasPrefix(got[0], "the chain writes more after a refusal") {
		t.Errorf("%q", got)
	}
}
