// Package grpcauthtest tests gRPC servers inside the interceptors of package grpcauth. It is for tests
// only.
//
//	chain := grpcauthtest.Handler(func(ctx context.Context) (string, error) {
//		reply, err := client.GetMe(ctx, &pb.GetMeRequest{})
//		return reply.GetSubject(), err
//	})
//	jwthttptest.Conformance(t, chain, jwthttptest.Setup{
//		Issuer: iss, Claims: Claims{Subject: "alice"}, Shows: "alice", GRPC: true,
//	})
package grpcauthtest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// Handler returns a handler that makes a call of each request, for Conformance of package jwthttptest
// with Setup.GRPC. Run it once for each method that must be protected, or for one of each kind.
//
// call is a client's call, with the context that it gets, whose metadata are the header of the request.
// It returns what the service has answered, such as the subject, and the error of the client. A stream
// returns all that it has received, also where it ends with an error.
//
// The answer of the handler is that of the call. The code of an error becomes the status that package
// grpcauth has made it of, its message the WWW-Authenticate, and its RetryInfo the Retry-After.
func Handler(call func(ctx context.Context) (answer string, err error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		md := metadata.MD{}
		for name, values := range r.Header {
			md.Append(strings.ToLower(name), values...)
		}
		answer, err := call(metadata.NewOutgoingContext(r.Context(), md))
		if err != nil {
			writeStatus(w, status.Convert(err))
		}
		io.WriteString(w, answer)
	})
}

// statusOf has the HTTP status of each code that a refusal has. All others are a fault of the program.
var statusOf = map[codes.Code]int{
	codes.InvalidArgument:  http.StatusBadRequest,
	codes.Unauthenticated:  http.StatusUnauthorized,
	codes.PermissionDenied: http.StatusForbidden,
	codes.Unavailable:      http.StatusServiceUnavailable,
}

var errorOf = regexp.MustCompile(`, error="([^"]*)"`)

// writeStatus answers with what the status says. The body is as much of a problem document as tells
// Conformance where a refusal ends.
func writeStatus(w http.ResponseWriter, st *status.Status) {
	code, known := statusOf[st.Code()]
	if !known {
		code = http.StatusInternalServerError
	}
	problem := map[string]any{"status": code, "detail": st.Message()}
	if strings.HasPrefix(st.Message(), "Bearer ") {
		w.Header().Set("WWW-Authenticate", st.Message())
		if found := errorOf.FindStringSubmatch(st.Message()); found != nil {
			problem["error"] = found[1]
		}
	}
	for _, detail := range st.Details() {
		if retry, ok := detail.(*errdetails.RetryInfo); ok {
			w.Header().Set("Retry-After", fmt.Sprint(retry.GetRetryDelay().GetSeconds()))
		}
	}
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(problem)
}
