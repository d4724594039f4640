package grpcauth

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"google.golang.org/grpc"
)

// An Option is about some methods of a server. Make one with [Public] or [Guard].
type Option struct {
	methods []string
	guard   func(http.Handler) http.Handler // nil for Public
	fault   error                           // of the arguments
}

// Public lets everybody call these methods. A token is then neither needed nor verified, and the
// handler sees no claims. A method is named in full, such as "/grpc.health.v1.Health/Check".
func Public(methods ...string) Option { return Option{methods: slices.Clone(methods)} }

// Guard puts a guard inside of the middleware: [jwthttp.RequireScopes], [jwthttp.Require],
// [jwthttp.RequireRequest] or one like them. It guards these methods, or with none each method that
// is not [Public]. The first Guard decides first. A method is named as for Public.
func Guard(guard func(http.Handler) http.Handler, methods ...string) Option {
	o := Option{methods: slices.Clone(methods), guard: guard}
	if guard == nil {
		o.fault = errors.New("grpcauth: Guard has a nil guard: pass one such as jwthttp.RequireScopes(\"orders:read\")")
	}
	return o
}

// Check returns an error for each method of the options that no service of the server has. Call it
// after all services are registered, with the options that [Unary] and [Stream] got: without them it
// finds nothing. A misspelled name would otherwise leave a method without its guard.
func Check(server *grpc.Server, opts ...Option) error {
	if server == nil {
		return errors.New("grpcauth: Check has a nil server: pass the one that grpc.NewServer returned")
	}
	return check(opts, server.GetServiceInfo())
}

// check returns everything that is wrong with options, and with services that is not nil also what
// is not among these.
func check(opts []Option, services map[string]grpc.ServiceInfo) error {
	var errs []error
	isPublic := map[string]bool{}
	for _, o := range opts {
		errs = append(errs, o.fault)
		if o.fault == nil && o.guard == nil && len(o.methods) == 0 {
			errs = append(errs, errors.New("grpcauth: Public has no method, or an Option is zero: name a method, or leave it out"))
		}
		for _, method := range o.methods {
			errs = append(errs, checkName(method, services))
			if other, seen := isPublic[method]; seen && other != (o.guard == nil) {
				errs = append(errs, fmt.Errorf("grpcauth: %q is public and has a guard: keep one", method))
			}
			isPublic[method] = o.guard == nil
		}
	}
	return errors.Join(errs...)
}

func checkName(full string, services map[string]grpc.ServiceInfo) error {
	rest, hasSlash := strings.CutPrefix(full, "/")
	service, method, _ := strings.Cut(rest, "/")
	info, registered := services[service]
	switch {
	case !hasSlash || service == "" || method == "" || strings.Contains(method, "/") || strings.ContainsFunc(full, isOdd):
		return fmt.Errorf("grpcauth: %q is not the full name of a method: write it like /pkg.Service/Method", full)
	case services == nil:
		return nil
	case !registered:
		return fmt.Errorf("grpcauth: the server has no service %q for the method %q: register it before Check, or mend the name", service, full)
	case !slices.ContainsFunc(info.Methods, func(m grpc.MethodInfo) bool { return m.Name == method }):
		return fmt.Errorf("grpcauth: the service %q has no method %q: mend the name %q", service, method, full)
	}
	return nil
}

// isOdd reports whether c is in no name of a method. An option for such a name would do nothing.
func isOdd(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune("*?#%,;:", c) }

// inside returns next with the guard around it, for the methods of o. It is nil if the guard is.
func (o Option) inside(next http.Handler) http.Handler {
	if o.guard == nil {
		return next
	}
	guarded := o.guard(next)
	if guarded == nil {
		return nil
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := next
		if c := r.Context().Value(callKey{}).(*call); len(o.methods) == 0 || slices.Contains(o.methods, c.method) {
			h = guarded
		}
		h.ServeHTTP(w, r)
	})
}
