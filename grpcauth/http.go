package grpcauth

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// newRequest returns a call as the HTTP request that it is, without metadata that is not about the
// token.
func newRequest(ctx context.Context, method string) *http.Request {
	r := &http.Request{
		Method: http.MethodPost, URL: &url.URL{Path: method}, RequestURI: method,
		Proto: "HTTP/2.0", ProtoMajor: 2, Header: http.Header{}, Body: http.NoBody,
	}
	in := &incoming{Context: ctx}
	for _, host := range metadata.ValueFromIncomingContext(in, ":authority") {
		r.Host = host
	}
	for key, values := range in.md {
		if strings.EqualFold(key, "authorization") {
			r.Header["Authorization"] = append(r.Header["Authorization"], values...)
		}
	}
	if p, ok := peer.FromContext(ctx); ok {
		if p.Addr != nil {
			r.RemoteAddr = p.Addr.String()
		}
		if info, ok := p.AuthInfo.(credentials.TLSInfo); ok {
			r.TLS = &info.State
		}
	}
	return r.WithContext(ctx)
}

// incoming keeps the metadata of a call when package metadata asks its context for them. An
// interceptor outside may have added a key in upper case, and of two keys that differ in case
// package metadata returns one.
type incoming struct {
	context.Context
	md metadata.MD
}

func (in *incoming) Value(key any) any {
	value := in.Context.Value(key)
	if md, ok := value.(metadata.MD); ok {
		in.md = md
	}
	return value
}

// An answer is an [http.ResponseWriter] that becomes a status.
type answer struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(code int) {
	if a.code < http.StatusOK { // those before are not final
		a.code = code
	}
}

func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

// codeOf has the code of each status that a refusal has. All others are Internal: an answer that
// is not a refusal, and yet has not called the handler, is a fault of the program.
var codeOf = map[int]codes.Code{
	http.StatusBadRequest:         codes.InvalidArgument,
	http.StatusUnauthorized:       codes.Unauthenticated,
	http.StatusForbidden:          codes.PermissionDenied,
	http.StatusServiceUnavailable: codes.Unavailable,
}

// status returns the error for the client. It is never nil.
func (a *answer) status() error {
	code, ok := codeOf[a.code]
	if !ok {
		code = codes.Internal
	}
	text := strings.Join(a.header["Www-Authenticate"], ", ") // RFC 9110 section 5.3
	if text == "" {
		var problem struct{ Detail string }
		json.Unmarshal(a.body.Bytes(), &problem) // "" in the answer of an ErrorHandler
		text = problem.Detail
	}
	st := status.New(code, text)
	if seconds, err := strconv.ParseUint(a.header.Get("Retry-After"), 10, 31); err == nil && code == codes.Unavailable {
		wait := time.Duration(seconds) * time.Second
		if detailed, err := st.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(wait)}); err == nil {
			st = detailed
		}
	}
	return st.Err()
}
