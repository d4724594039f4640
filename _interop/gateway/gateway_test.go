package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/grpcauth"
	"github.com/jwthttp/jwthttp/issue"
)

// A health service is one for alice alone.
type health struct {
	grpc_health_v1.UnimplementedHealthServer
}

func (health) Check(ctx context.Context, _ *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	claims, ok := jwthttp.ClaimsFromContext[jwt.RegisteredClaims](ctx)
	if !ok || claims.Subject != "alice" {
		return nil, errors.New("the handler sees no alice")
	}
	return &grpc_health_v1.HealthCheckResponse{Status: grpc_health_v1.HealthCheckResponse_SERVING}, nil
}

// start returns the address of a gateway in front of a gRPC server with these options. The gateway is
// a client of the server. headers decides which header fields become metadata, besides Authorization.
func start(t *testing.T, headers runtime.HeaderMatcherFunc, auth *jwthttp.Middleware[jwt.RegisteredClaims], opts ...grpcauth.Option) string {
	t.Helper()
	unary, err := grpcauth.Unary(auth, opts...)
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.UnaryInterceptor(unary))
	grpc_health_v1.RegisterHealthServer(server, health{})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		server.Serve(listener)
	}()
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	gateway := httptest.NewServer(runtime.NewServeMux(
		runtime.WithIncomingHeaderMatcher(headers),
		runtime.WithHealthEndpointAt(grpc_health_v1.NewHealthClient(conn), "/health")))
	t.Cleanup(func() {
		gateway.Close()
		conn.Close()
		server.Stop()
		<-done
	})
	return gateway.URL + "/health"
}

// get returns the answer to a request with these header fields, and its body.
func get(t *testing.T, url string, header http.Header) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(r.Header, header)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, text
}

// A client of the gateway gets the status and the challenge that package jwthttp gives over HTTP.
func TestGateway(t *testing.T) {
	const secret = "an example's secret of 32 bytes."
	iss, err := issue.New[jwt.RegisteredClaims](issue.Options{Lifetime: time.Hour}, issue.HS256([]byte(secret)))
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := iss.Token(t.Context(), jwt.RegisteredClaims{Subject: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	expired, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": "alice", "exp": 1}).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	down := jwthttp.KeyFunc(func(context.Context, jwthttp.TokenHeader) ([]jwthttp.Key, error) { return nil, errors.New("down") })
	scope := grpcauth.Guard(jwthttp.RequireScopes("health"), "/grpc.health.v1.Health/Check")
	rule := grpcauth.Guard(jwthttp.Require(func(jwt.RegisteredClaims) error { return errors.New("secret") }))
	for name, tc := range map[string]struct {
		keys   jwthttp.KeySource
		opts   []grpcauth.Option
		header http.Header
		status int
		want   string // WWW-Authenticate
		retry  string // of a RetryInfo in the body
	}{
		"good":                   {iss, nil, http.Header{"Authorization": {"Bearer " + token}}, 200, "", ""},
		"in lower case":          {iss, nil, http.Header{"Authorization": {"bearer " + token}}, 200, "", ""},
		"no token":               {iss, nil, nil, 401, `Bearer realm="api"`, ""},
		"another scheme":         {iss, nil, http.Header{"Authorization": {"Basic eDp5"}}, 401, `Bearer realm="api"`, ""},
		"cookie":                 {iss, nil, http.Header{"Cookie": {"token=" + token}}, 401, `Bearer realm="api"`, ""},
		"expired":                {iss, nil, http.Header{"Authorization": {"Bearer " + expired}}, 401, `Bearer realm="api", error="invalid_token", error_description="The access token expired"`, ""},
		"two headers":            {iss, nil, http.Header{"Authorization": {"Bearer " + token, "Bearer " + token}}, 400, "", ""},
		"metadata":               {iss, nil, http.Header{"Grpc-Metadata-Authorization": {"Bearer " + token}}, 401, `Bearer realm="api"`, ""},
		"a scope is missing":     {iss, []grpcauth.Option{scope}, http.Header{"Authorization": {"Bearer " + token}}, 403, "", ""},
		"refused by a rule":      {iss, []grpcauth.Option{rule}, http.Header{"Authorization": {"Bearer " + token}}, 403, "", ""},
		"keys are out of reach":  {down, nil, http.Header{"Authorization": {"Bearer " + token}}, 503, "", "5s"},
		"malformed":              {iss, nil, http.Header{"Authorization": {"Bearer " + token + " x"}}, 400, "", ""},
		"the gateway's own name": {iss, nil, http.Header{"Grpcgateway-Authorization": {"Bearer " + token}}, 401, `Bearer realm="api"`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			auth, err := jwthttp.New[jwt.RegisteredClaims](tc.keys, jwthttp.Options{})
			if err != nil {
				t.Fatal(err)
			}
			resp, text := get(t, start(t, runtime.DefaultHeaderMatcher, auth, tc.opts...), tc.header)
			var body struct {
				Status  string
				Details []struct{ RetryDelay string }
			}
			if err := json.Unmarshal(text, &body); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			retry := ""
			for _, d := range body.Details {
				retry += d.RetryDelay
			}
			if got := resp.Header.Get("WWW-Authenticate"); resp.StatusCode != tc.status || got != tc.want || retry != tc.retry || (body.Status == "SERVING") != (tc.status == 200) {
				t.Errorf("%d, WWW-Authenticate: %s, %s", resp.StatusCode, got, text)
			}
		})
	}
}

// With the matcher of earlier releases, a client can send the key authorization twice, and does not
// choose which one counts.
func TestGatewayWithLegacyMatcher(t *testing.T) {
	iss, err := issue.New[jwt.RegisteredClaims](issue.Options{Lifetime: time.Hour}, issue.HS256([]byte("an example's secret of 32 bytes.")))
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := iss.Token(t.Context(), jwt.RegisteredClaims{Subject: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	auth, err := jwthttp.New[jwt.RegisteredClaims](iss, jwthttp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	url := start(t, runtime.LegacyHeaderMatcher, auth)
	bearer := []string{"Bearer " + token}
	for name, tc := range map[string]struct {
		header http.Header
		status int
	}{
		"header":              {http.Header{"Authorization": bearer}, 200},
		"metadata":            {http.Header{"Grpc-Metadata-Authorization": bearer}, 200},
		"header and metadata": {http.Header{"Authorization": bearer, "Grpc-Metadata-Authorization": bearer}, 400},
	} {
		t.Run(name, func(t *testing.T) {
			if resp, text := get(t, url, tc.header); resp.StatusCode != tc.status {
				t.Errorf("%d: %s", resp.StatusCode, text)
			}
		})
	}
}
