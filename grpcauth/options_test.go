package grpcauth_test

import (
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/interop/grpc_testing"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/grpcauth"
	"github.com/jwthttp/jwthttp/jwthttptest"
)

// What is wrong is an error of both constructors and of Check. It says how to mend it.
func TestOptionErrors(t *testing.T) {
	auth := newAuth(t, jwthttptest.NewIssuer(t), nil)
	server := grpc.NewServer()
	grpc_testing.RegisterTestServiceServer(server, &service{})
	guard := jwthttp.RequireScopes("x")
	const form = "is not the full name of a method: write it like /pkg.Service/Method"
	for name, tc := range map[string]struct {
		opts []grpcauth.Option
		want []string // each is in the error; none is for a good one
	}{
		"good":                    {[]grpcauth.Option{grpcauth.Public(unaryMethod, serverMethod), grpcauth.Guard(guard, clientMethod), grpcauth.Guard(guard, clientMethod), grpcauth.Guard(guard)}, nil},
		"without a leading slash": {[]grpcauth.Option{grpcauth.Public("grpc.testing.TestService/UnaryCall")}, []string{`"grpc.testing.TestService/UnaryCall" ` + form}},
		"a wildcard":              {[]grpcauth.Option{grpcauth.Guard(guard, "/grpc.testing.TestService/*")}, []string{form}},
		"a space at the end":      {[]grpcauth.Option{grpcauth.Guard(guard, unaryMethod+" ")}, []string{form}},
		"a query":                 {[]grpcauth.Option{grpcauth.Public(unaryMethod + "?x")}, []string{form}},
		"without a method":        {[]grpcauth.Option{grpcauth.Public("/grpc.testing.TestService")}, []string{form}},
		"with an empty method":    {[]grpcauth.Option{grpcauth.Public("/grpc.testing.TestService/")}, []string{form}},
		"with an empty service":   {[]grpcauth.Option{grpcauth.Public("//UnaryCall")}, []string{form}},
		"with a third slash":      {[]grpcauth.Option{grpcauth.Public("/grpc.testing.TestService/UnaryCall/")}, []string{form}},
		"empty":                   {[]grpcauth.Option{grpcauth.Public("")}, []string{form}},
		"of a guard":              {[]grpcauth.Option{grpcauth.Guard(guard, "x")}, []string{form}},
		"two":                     {[]grpcauth.Option{grpcauth.Public("x", "/y")}, []string{`"x" ` + form, `"/y" ` + form}},
		"no public method":        {[]grpcauth.Option{grpcauth.Public()}, []string{"Public has no method"}},
		"nil guard":               {[]grpcauth.Option{grpcauth.Guard(nil, unaryMethod)}, []string{"Guard has a nil guard"}},
		"nil guard for all":       {[]grpcauth.Option{grpcauth.Guard(nil)}, []string{"Guard has a nil guard"}},
		"zero":                    {[]grpcauth.Option{{}}, []string{"Public has no method, or an Option is zero"}},
		"public and guarded":      {[]grpcauth.Option{grpcauth.Public(unaryMethod), grpcauth.Guard(guard, unaryMethod)}, []string{"is public and has a guard: keep one"}},
		"guarded and public":      {[]grpcauth.Option{grpcauth.Guard(guard, unaryMethod), grpcauth.Public(unaryMethod)}, []string{"is public and has a guard: keep one"}},
	} {
		t.Run(name, func(t *testing.T) {
			unary, errUnary := grpcauth.Unary(auth, tc.opts...)
			stream, errStream := grpcauth.Stream(auth, tc.opts...)
			if (unary == nil) != (errUnary != nil) || (stream == nil) != (errStream != nil) {
				t.Error("an interceptor and an error")
			}
			checkErrors(t, "Unary", errUnary, tc.want)
			checkErrors(t, "Stream", errStream, tc.want)
			checkErrors(t, "Check", grpcauth.Check(server, tc.opts...), tc.want)
		})
	}
	t.Run("nil middleware", func(t *testing.T) {
		want := []string{"the middleware is nil: make it with jwthttp.New", form}
		_, err := grpcauth.Unary[Claims](nil, grpcauth.Public("x"))
		checkErrors(t, "Unary", err, want)
		_, err = grpcauth.Stream[Claims](nil, grpcauth.Public("x"))
		checkErrors(t, "Stream", err, want)
	})
}

// The constructors alone call the function of a guard.
func TestGuardOfNilHandler(t *testing.T) {
	auth := newAuth(t, jwthttptest.NewIssuer(t), nil)
	want := []string{"the function of a Guard returned a nil handler"}
	for _, methods := range [][]string{nil, {unaryMethod}} {
		guard := grpcauth.Guard(func(http.Handler) http.Handler { return nil }, methods...)
		unary, err := grpcauth.Unary(auth, grpcauth.Public(serverMethod), guard, grpcauth.Guard(jwthttp.RequireScopes("x")))
		if checkErrors(t, "Unary", err, want); unary != nil {
			t.Error("an interceptor and an error")
		}
		stream, err := grpcauth.Stream(auth, guard)
		if checkErrors(t, "Stream", err, want); stream != nil {
			t.Error("an interceptor and an error")
		}
	}
}

func checkErrors(t *testing.T, of string, err error, want []string) {
	t.Helper()
	text := ""
	if err != nil {
		text = err.Error()
	}
	if (err != nil) != (len(want) > 0) || err != nil && strings.Count(text, "\n")+1 != len(want) {
		t.Errorf("%s: %q, not %q", of, text, want)
	}
	for _, part := range want {
		if !strings.Contains(text, part) {
			t.Errorf("%s: %q has no %q", of, text, part)
		}
	}
}

// Check finds names that no service has.
func TestCheck(t *testing.T) {
	checkErrors(t, "Check without a server", grpcauth.Check(nil, grpcauth.Public(unaryMethod)), []string{"Check has a nil server"})
	server := grpc.NewServer()
	grpc_testing.RegisterTestServiceServer(server, &service{})
	guard := jwthttp.RequireScopes("x")
	for name, tc := range map[string]struct {
		opts []grpcauth.Option
		want []string
	}{
		"no options":      {nil, nil},
		"another service": {[]grpcauth.Option{grpcauth.Public("/grpc.testing.Test/UnaryCall")}, []string{`the server has no service "grpc.testing.Test" for the method "/grpc.testing.Test/UnaryCall"`}},
		"another method":  {[]grpcauth.Option{grpcauth.Public("/grpc.testing.TestService/Unary")}, []string{`the service "grpc.testing.TestService" has no method "Unary"`}},
		"in another case": {[]grpcauth.Option{grpcauth.Public("/grpc.testing.TestService/unaryCall")}, []string{`has no method "unaryCall"`}},
		"of a guard":      {[]grpcauth.Option{grpcauth.Guard(guard, "/grpc.testing.TestService/Stream")}, []string{`has no method "Stream"`}},
		"each": {[]grpcauth.Option{grpcauth.Public(unaryMethod, "/a.B/C"), grpcauth.Guard(guard, "/a.B/D", duplexMethod)},
			[]string{`"/a.B/C"`, `"/a.B/D"`}},
	} {
		t.Run(name, func(t *testing.T) {
			checkErrors(t, "Check", grpcauth.Check(server, tc.opts...), tc.want)
		})
	}
}
