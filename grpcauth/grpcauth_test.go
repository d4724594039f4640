package grpcauth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/grpcauth"
	"github.com/jwthttp/jwthttp/grpcauth/grpcauthtest"
	"github.com/jwthttp/jwthttp/jwthttptest"
	"github.com/jwthttp/jwthttp/oauth"
)

// wantCode has the code of each status of an answer over HTTP.
var wantCode = map[int]codes.Code{
	400: codes.InvalidArgument, 401: codes.Unauthenticated, 403: codes.PermissionDenied, 503: codes.Unavailable, 500: codes.Internal,
}

// checkRefusal checks that a call ended as the same request does over HTTP.
func checkRefusal(t *testing.T, err error, w *httptest.ResponseRecorder) {
	t.Helper()
	st := status.Convert(err)
	text := w.Header().Get("WWW-Authenticate")
	if text == "" {
		var problem struct{ Detail string }
		if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil {
			t.Fatal(err)
		}
		text = problem.Detail
	}
	if st.Code() != wantCode[w.Code] || st.Message() != text || text == "" {
		t.Errorf("%v, and over HTTP %d %s", st, w.Code, text)
	}
	var wait time.Duration
	for _, d := range st.Details() {
		info, ok := d.(*errdetails.RetryInfo)
		if !ok {
			t.Errorf("a detail is a %T", d)
		}
		wait = info.GetRetryDelay().AsDuration()
	}
	if after := w.Header().Get("Retry-After"); after != "" && after+"s" != wait.String() || after == "" && len(st.Details()) > 0 {
		t.Errorf("details %v, and Retry-After is %q", st.Details(), after)
	}
}

// What a call gets is what a request gets: for every fault of a token, in every kind of call, over
// every transport.
func TestAsOverHTTP(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	errDown := errors.New("the store is down")
	auth, err := jwthttp.New(iss.HS256(), iss.Options(), func(_ context.Context, tok *jwthttp.Token[Claims]) error {
		if tok.Claims.Subject == "unlucky" {
			return fmt.Errorf("%w: %w", jwthttp.ErrUnavailable, errDown)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	rule := jwthttp.Require(func(c Claims) error {
		if c.Subject == "mallory" {
			return errors.New("it is mallory")
		}
		return nil
	})
	scopes := jwthttp.RequireScopes("orders:read", "orders:write")
	scoped := jwthttptest.Claim("scope", "orders:read orders:write")
	good := token(t, iss, scoped)
	rows := map[string][]string{
		"nothing":             nil,
		"empty":               {""},
		"two":                 {"Bearer " + good, "Bearer " + good},
		"another one second":  {"Bearer " + good, "Basic eDp5"},
		"two in one":          {"Bearer " + good + ", Bearer " + good},
		"no scheme":           {good},
		"another scheme":      {"Basic eDp5"},
		"DPoP":                {"DPoP " + good},
		"Bearer alone":        {"Bearer"},
		"two words":           {"Bearer " + good + " x"},
		"not a scheme":        {`"x"`},
		"not a JWT":           {"Bearer abc"},
		"white space":         {"  Bearer   " + good + " "},
		"in lower case":       {"bearer " + good},
		"in upper case":       {"BEARER " + good},
		"good":                {"Bearer " + good},
		"without a scope":     {"Bearer " + token(t, iss, jwthttptest.Claim("scope", "orders:read"))},
		"without any scope":   {"Bearer " + token(t, iss)},
		"refused by the rule": {"Bearer " + token(t, iss, scoped, jwthttptest.Claim("sub", "mallory"))},
		"the store is down":   {"Bearer " + token(t, iss, scoped, jwthttptest.Claim("sub", "unlucky"))},
	}
	for _, fault := range jwthttptest.Faults() {
		rows[string(fault)] = []string{"Bearer " + token(t, iss, scoped, fault)}
	}
	for _, tr := range []transport{inMemory(), overTLS()} {
		s := &service{}
		client := tr.serve(t, s, interceptors(t, auth, grpcauth.Guard(rule), grpcauth.Guard(scopes))...)
		for _, kind := range kinds {
			for name, values := range rows {
				t.Run(tr.name+"/"+kind.name+"/"+name, func(t *testing.T) {
					w, ran := overHTTP(func(h http.Handler) http.Handler { return auth.Handler(rule(scopes(h))) }, values...)
					before := s.ran.Load()
					got, err := kind.call(with(t.Context(), values...), client)
					if times := s.ran.Load() - before; ran && times != 1 || !ran && times != 0 {
						t.Errorf("the handler ran %d times", times)
					}
					if !ran {
						checkRefusal(t, err, w)
					} else if err != nil || len(got) != len("alice") {
						t.Errorf("%q, %v, and over HTTP %s", got, err, w.Body)
					}
				})
			}
		}
	}
}

// With the text of the challenges written down, so that both cannot be wrong.
func TestTexts(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	auth := newAuth(t, iss, func(o *jwthttp.Options) {
		o.Realm = "orders"
		o.ResourceMetadata = "https://api.example.com/.well-known/oauth-protected-resource"
	})
	opts := []grpcauth.Option{
		grpcauth.Guard(oauth.RequireRecent(5*time.Minute), unaryMethod),
		grpcauth.Guard(jwthttp.RequireScopes("orders:write"), serverMethod),
		grpcauth.Guard(jwthttp.Require(func(Claims) error { return errors.New("secret") }), clientMethod),
		grpcauth.Guard(jwthttp.Require(func(Claims) error { return context.DeadlineExceeded }), duplexMethod),
	}
	client := inMemory().serve(t, &service{}, interceptors(t, auth, opts...)...)
	const end = `, resource_metadata="https://api.example.com/.well-known/oauth-protected-resource"`
	good := "Bearer " + token(t, iss)
	for _, tc := range []struct {
		name   string
		kind   int
		values []string
		want   string
	}{
		{"nothing", 0, nil, `Unauthenticated: Bearer realm="orders"` + end},
		{"two", 0, []string{good, good}, `InvalidArgument: Bearer realm="orders", error="invalid_request", error_description="The request carries more than one credential"` + end},
		{"expired", 0, []string{"Bearer " + token(t, iss, jwthttptest.Expired)}, `Unauthenticated: Bearer realm="orders", error="invalid_token", error_description="The access token expired"` + end},
		{"scope", 1, []string{good}, `PermissionDenied: Bearer realm="orders", error="insufficient_scope", scope="orders:write", error_description="The access token lacks a required scope"` + end},
		{"step-up", 0, []string{good}, `Unauthenticated: Bearer realm="orders", error="insufficient_user_authentication", error_description="A more recent or a stronger login is required", max_age="300"` + end},
		{"rule", 2, []string{good}, `PermissionDenied: The access token does not allow this`},
		{"store", 3, []string{good}, `Unavailable: The access token cannot be checked at the moment`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := kinds[tc.kind].call(with(t.Context(), tc.values...), client)
			if got := fmt.Sprint(status.Code(err), ": ", status.Convert(err).Message()); got != tc.want {
				t.Errorf("%s\nnot %s", got, tc.want)
			}
		})
	}
}

// The kit's hostile requests get over gRPC what they get over HTTP.
func TestConformance(t *testing.T) {
	for _, tr := range []transport{inMemory(), overTLS()} {
		for _, kind := range []int{0, 1, 3} { // a client stream returns no text
			t.Run(tr.name+"/"+kinds[kind].name, func(t *testing.T) {
				iss := jwthttptest.NewIssuer(t)
				down := false
				keys := jwthttp.KeyFunc(func(context.Context, jwthttp.TokenHeader) ([]jwthttp.Key, error) {
					if down {
						return nil, errors.New("the keys are gone")
					}
					return []jwthttp.Key{iss.RS256()}, nil
				})
				auth, err := jwthttp.New[Claims](keys, iss.Options())
				if err != nil {
					t.Fatal(err)
				}
				rule := jwthttp.Require(func(c Claims) error {
					if c.Subject == "mallory" {
						return errors.New("it is mallory")
					}
					return nil
				})
				guards := []grpcauth.Option{grpcauth.Guard(jwthttp.RequireScopes("read")), grpcauth.Guard(rule)}
				client := tr.serve(t, &service{}, interceptors(t, auth, guards...)...)
				chain := grpcauthtest.Handler(func(ctx context.Context) (string, error) { return kinds[kind].call(ctx, client) })
				jwthttptest.Conformance(t, chain, jwthttptest.Setup{
					Issuer: iss, Claims: Claims{Subject: "alice"}, Shows: "alice", GRPC: true,
					Scopes: []string{"read"}, Forbidden: Claims{Subject: "mallory"},
					Outage: func() { down = true },
				})
			})
		}
	}
}

// intercept calls the interceptor of unary methods as gRPC does. It returns what the handler has
// returned.
func intercept(t *testing.T, unary grpc.UnaryServerInterceptor, method string, md metadata.MD) (any, error) {
	ctx := metadata.NewIncomingContext(t.Context(), md)
	return unary(ctx, "request", &grpc.UnaryServerInfo{FullMethod: method}, func(ctx context.Context, req any) (any, error) {
		if req != "request" {
			t.Errorf("the handler got %v", req)
		}
		return subject(ctx), nil
	})
}

// Bytes that clients of this package's gRPC do not send, and other clients do.
func TestOddMetadata(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	auth := newAuth(t, iss, func(o *jwthttp.Options) {
		o.Extractors = []jwthttp.Extractor{jwthttp.BearerHeader(), jwthttp.Cookie("token"), jwthttp.HeaderNamed("X-Token")}
	})
	unary, err := grpcauth.Unary(auth)
	if err != nil {
		t.Fatal(err)
	}
	good := token(t, iss)
	for name, values := range map[string][]string{
		"a byte above 0x7f": {"Bearer " + good + "\xff"}, "a byte above 0x7f first": {"\xffBearer " + good}, "NUL": {"Bearer " + good + "\x00"},
		"a line break": {"Bearer " + good + "\r\nx: y"}, "a tab": {"Bearer\t" + good}, "tabs around it": {"\tBearer " + good + "\t"}, "three": {"", "", "Bearer " + good},
	} {
		t.Run(name, func(t *testing.T) {
			w, ran := overHTTP(auth.Handler, values...)
			resp, err := intercept(t, unary, unaryMethod, metadata.MD{"authorization": values})
			if !ran {
				checkRefusal(t, err, w)
			} else if err != nil || resp != "alice" {
				t.Errorf("%v, %v", resp, err)
			}
		})
	}
	for name, md := range map[string]metadata.MD{
		"nothing": nil, "a cookie": metadata.Pairs("cookie", "token="+good), "another header": metadata.Pairs("x-token", good),
		"what a gateway adds": metadata.Pairs("grpcgateway-authorization", "Bearer "+good), "a binary one": metadata.Pairs("authorization-bin", "Bearer "+good),
	} {
		t.Run(name, func(t *testing.T) {
			resp, err := intercept(t, unary, unaryMethod, md)
			if status.Code(err) != codes.Unauthenticated || resp != nil {
				t.Errorf("%v, %v", resp, err)
			}
		})
	}
	// What another interceptor has added, in any case. Maps have any order, so try some.
	for name, tc := range map[string]struct {
		md   metadata.MD
		want codes.Code
	}{
		"upper case":        {metadata.MD{"Authorization": {"Bearer " + good}}, codes.OK},
		"both cases":        {metadata.MD{"authorization": {"Bearer " + good}, "Authorization": {"Bearer " + good}}, codes.InvalidArgument},
		"upper case, twice": {metadata.MD{"AUTHORIZATION": {"Bearer " + good}, "Authorization": {"Basic eDp5"}}, codes.InvalidArgument},
		"no value":          {metadata.MD{"authorization": {}, "Authorization": nil}, codes.Unauthenticated},
	} {
		t.Run(name, func(t *testing.T) {
			for range 20 {
				if _, err := intercept(t, unary, unaryMethod, tc.md); status.Code(err) != tc.want {
					t.Fatal(err)
				}
			}
		})
	}
	t.Run("no metadata", func(t *testing.T) {
		_, err := unary(t.Context(), nil, &grpc.UnaryServerInfo{FullMethod: unaryMethod}, nil)
		if status.Code(err) != codes.Unauthenticated {
			t.Error(err)
		}
	})
}

func TestPublic(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	auth := newAuth(t, iss, nil)
	deny := grpcauth.Guard(jwthttp.Require(func(Claims) error { return errors.New("no") }))
	client := inMemory().serve(t, &service{}, interceptors(t, auth, deny, grpcauth.Public(unaryMethod, serverMethod), grpcauth.Public(duplexMethod))...)
	for i, kind := range kinds {
		for name, values := range map[string][]string{
			"nothing": nil, "good": {"Bearer " + token(t, iss)}, "bad": {"Bearer x"}, "two": {"Bearer x", "Bearer y"},
		} {
			t.Run(kind.name+"/"+name, func(t *testing.T) {
				got, err := kind.call(with(t.Context(), values...), client)
				if isPublic := i != 2; isPublic && (err != nil || got != "nobody") || !isPublic && err == nil {
					t.Errorf("%q, %v", got, err)
				}
			})
		}
	}
}

// A guard is for the methods that it names, or for all. The first decides first.
func TestGuards(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	auth := newAuth(t, iss, nil)
	var asked []string
	guard := func(name string, allows bool) func(http.Handler) http.Handler {
		return jwthttp.Require(func(Claims) error {
			asked = append(asked, name)
			if !allows {
				return errors.New("no")
			}
			return nil
		})
	}
	unary, err := grpcauth.Unary(auth,
		grpcauth.Guard(guard("all", true)),
		grpcauth.Guard(guard("a and b", true), "/s.S/A", "/s.S/B"),
		grpcauth.Guard(guard("b", false), "/s.S/B"),
		grpcauth.Guard(guard("last", true)))
	if err != nil {
		t.Fatal(err)
	}
	for method, want := range map[string]string{
		"/s.S/A": "all, a and b, last", "/s.S/B": "all, a and b, b", "/s.S/C": "all, last", "/s.S/b": "all, last",
		"s.S/B": "all, a and b, b", // CVE-2026-33186
	} {
		t.Run(method, func(t *testing.T) {
			asked = nil
			_, err := intercept(t, unary, method, metadata.Pairs("authorization", "Bearer "+token(t, iss)))
			if got := strings.Join(asked, ", "); got != want || (status.Code(err) == codes.PermissionDenied) != strings.HasSuffix(want, " b") {
				t.Errorf("%s: %v", got, err)
			}
		})
	}
}

// OnResult sees a call as a request, and a guard's refusal as well.
func TestOnResult(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	var results []string
	auth := newAuth(t, iss, func(o *jwthttp.Options) {
		o.OnResult = func(r *http.Request, res jwthttp.Result) {
			results = append(results, fmt.Sprintf("%s %s %s over TLS %t, header %d: %s %s %s %s", r.Method, r.URL, r.Proto, r.TLS != nil, len(r.Header), res.Outcome, res.Reason, res.Guard, res.Subject))
			if r.RemoteAddr == "" || r.Host != "127.0.0.1" && !strings.HasPrefix(r.Host, "127.0.0.1:") && r.Host != "bufconn" {
				t.Errorf("from %q to %q", r.RemoteAddr, r.Host)
			}
		}
	})
	for _, tr := range []transport{inMemory(), overTLS()} {
		results = nil
		client := tr.serve(t, &service{}, interceptors(t, auth, grpcauth.Guard(jwthttp.RequireScopes("x"), unaryMethod))...)
		ctx := metadata.AppendToOutgoingContext(with(t.Context(), "Bearer "+token(t, iss)), "x-other", "y")
		kinds[0].call(ctx, client)
		kinds[1].call(ctx, client)
		kinds[1].call(t.Context(), client)
		tls := tr.server != nil
		want := []string{
			fmt.Sprintf("POST %s HTTP/2.0 over TLS %t, header 1: accepted   alice", unaryMethod, tls),
			fmt.Sprintf("POST %s HTTP/2.0 over TLS %t, header 1: refused insufficient_scope RequireScopes alice", unaryMethod, tls),
			fmt.Sprintf("POST %s HTTP/2.0 over TLS %t, header 1: accepted   alice", serverMethod, tls),
			fmt.Sprintf("POST %s HTTP/2.0 over TLS %t, header 0: refused no_token  ", serverMethod, tls),
		}
		if !slices.Equal(results, want) {
			t.Errorf("%s:\n%s\nnot\n%s", tr.name, strings.Join(results, "\n"), strings.Join(want, "\n"))
		}
	}
}

// No answer of an ErrorHandler lets a call pass, or looks like success.
func TestErrorHandler(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	for name, tc := range map[string]struct {
		write func(http.ResponseWriter)
		want  codes.Code
		text  string
	}{
		"nothing":        {func(http.ResponseWriter) {}, codes.Internal, ""},
		"a page":         {func(w http.ResponseWriter) { fmt.Fprint(w, "log in") }, codes.Internal, ""},
		"a redirect":     {func(w http.ResponseWriter) { w.WriteHeader(303) }, codes.Internal, ""},
		"status 0":       {func(w http.ResponseWriter) { w.WriteHeader(0) }, codes.Internal, ""},
		"an early hint":  {func(w http.ResponseWriter) { w.WriteHeader(103); w.WriteHeader(401) }, codes.Unauthenticated, ""},
		"two statuses":   {func(w http.ResponseWriter) { w.WriteHeader(403); w.WriteHeader(200) }, codes.PermissionDenied, ""},
		"its own JSON":   {func(w http.ResponseWriter) { w.WriteHeader(401); fmt.Fprint(w, `{"detail":"no"}`) }, codes.Unauthenticated, "no"},
		"a date":         {func(w http.ResponseWriter) { w.Header().Set("Retry-After", "Fri, 31 Dec"); w.WriteHeader(503) }, codes.Unavailable, ""},
		"two challenges": {func(w http.ResponseWriter) { w.Header()["Www-Authenticate"] = []string{"A", "B"}; w.WriteHeader(401) }, codes.Unauthenticated, "A, B"},
	} {
		t.Run(name, func(t *testing.T) {
			auth := newAuth(t, iss, func(o *jwthttp.Options) {
				o.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { tc.write(w) }
			})
			unary, err := grpcauth.Unary(auth)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := intercept(t, unary, unaryMethod, nil)
			if st := status.Convert(err); st.Code() != tc.want || st.Message() != tc.text || resp != nil || len(st.Details()) > 0 {
				t.Errorf("%v, %v", resp, err)
			}
		})
	}
}

// A handler's own error and panic are passed on as they are.
func TestHandlerErrors(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	unary, err := grpcauth.Unary(newAuth(t, iss, nil))
	if err != nil {
		t.Fatal(err)
	}
	ctx := metadata.NewIncomingContext(t.Context(), metadata.Pairs("authorization", "Bearer "+token(t, iss)))
	own := errors.New("own")
	resp, err := unary(ctx, nil, &grpc.UnaryServerInfo{FullMethod: unaryMethod}, func(context.Context, any) (any, error) { return "partial", own })
	if resp != "partial" || err != own {
		t.Errorf("%v, %v", resp, err)
	}
	defer func() {
		if p := recover(); p != "own" {
			t.Errorf("panic %v", p)
		}
	}()
	unary(ctx, nil, &grpc.UnaryServerInfo{FullMethod: unaryMethod}, func(context.Context, any) (any, error) { panic("own") })
}

// An interceptor outside may recover from a panic of a check or a guard.
func TestPanics(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	for name, auth := range map[string]*jwthttp.Middleware[Claims]{
		"guard": newAuth(t, iss, nil),
		"check": newAuth(t, iss, nil, func(context.Context, *jwthttp.Token[Claims]) error { panic("check") }),
	} {
		t.Run(name, func(t *testing.T) {
			unary, err := grpcauth.Unary(auth, grpcauth.Guard(jwthttp.Require(func(Claims) error { panic("guard") })))
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if p := recover(); p != name {
					t.Errorf("panic %v", p)
				}
			}()
			intercept(t, unary, unaryMethod, metadata.Pairs("authorization", "Bearer "+token(t, iss)))
		})
	}
}

// Under AllowAnonymous a call without a token has no user, and a guard refuses it.
func TestAnonymous(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	auth := newAuth(t, iss, func(o *jwthttp.Options) { o.AllowAnonymous = true })
	client := inMemory().serve(t, &service{}, interceptors(t, auth, grpcauth.Guard(jwthttp.RequireScopes("x"), clientMethod))...)
	for i, kind := range kinds {
		got, err := kind.call(t.Context(), client)
		if wantsUser := i == 2; !wantsUser && (err != nil || got != "nobody") || wantsUser && status.Code(err) != codes.Unauthenticated {
			t.Errorf("%s: %q, %v", kind.name, got, err)
		}
		if _, err := kind.call(with(t.Context(), "Bearer x"), client); status.Code(err) != codes.Unauthenticated {
			t.Errorf("%s with a bad token: %v", kind.name, err)
		}
	}
}
