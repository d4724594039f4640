package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/oauth"
)

// Every call needs the first scope. The tool that writes needs the second one too.
const (
	readScope  = "notes:read"
	writeScope = "notes:write"
)

// newHandler serves the same tools in three ways. A client knows an endpoint by its URL. So
// each endpoint has its own metadata, and its tokens name it in aud.
func newHandler(self, issuer string, keys jwthttp.KeySource) (http.Handler, error) {
	mux := http.NewServeMux()
	for path, guarded := range map[string]func(*jwthttp.Middleware[oauth.Claims], *oauth.Resource) http.Handler{
		"/mcp": stateless, "/sessions": withSessions, "/sdk": guardedBySDK,
	} {
		resource, err := oauth.NewResource(oauth.Metadata{
			Resource:             self + path,
			AuthorizationServers: []string{issuer},
			ScopesSupported:      []string{readScope, writeScope},
		})
		if err != nil {
			return nil, err
		}
		opts, err := oauth.AccessTokens(issuer, self+path)
		if err != nil {
			return nil, err
		}
		opts.ResourceMetadata = resource.URL()
		m, err := jwthttp.New[oauth.Claims](keys, opts)
		if err != nil {
			return nil, err
		}
		mux.Handle(path, guarded(m, resource))
		mux.Handle(resource.Path(), resource)
	}
	return mux, nil
}

// stateless is the short way. Each request is a session of its own, so a tool gets the context
// of the request that calls it.
func stateless(m *jwthttp.Middleware[oauth.Claims], _ *oauth.Resource) http.Handler {
	server := newServer(func(ctx context.Context, _ *mcp.CallToolRequest) *auth.TokenInfo {
		token, _ := jwthttp.TokenFromContext[oauth.Claims](ctx)
		return tokenInfo(token)
	})
	readers := jwthttp.RequireScopes(readScope)
	return m.Handler(readers(mcp.NewStreamableHTTPHandler(server, &mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true})))
}

// withSessions is for servers that send messages between calls. The context of a tool is then
// that of the request that began the session. So its claims are those of that request, also
// when a later call has another token. The TokenInfo of the SDK belongs to the call, and binds
// the session to its user. So the token is passed to the SDK as a TokenInfo.
func withSessions(m *jwthttp.Middleware[oauth.Claims], _ *oauth.Resource) http.Handler {
	asTokenInfo := auth.RequireBearerToken(func(ctx context.Context, _ string, _ *http.Request) (*auth.TokenInfo, error) {
		token, ok := jwthttp.TokenFromContext[oauth.Claims](ctx)
		if !ok {
			return nil, auth.ErrInvalidToken
		}
		return tokenInfo(token), nil
	}, nil)
	readers := jwthttp.RequireScopes(readScope)
	return m.Handler(readers(asTokenInfo(mcp.NewStreamableHTTPHandler(newServer(ofCall), sessions))))
}

// guardedBySDK uses package jwthttp only to verify the token. Two things are lost:
//
//   - the error in a challenge, which says that another scope is needed
//   - the 503 with Retry-After while keys are out of reach: it is a 500
func guardedBySDK(m *jwthttp.Middleware[oauth.Claims], resource *oauth.Resource) http.Handler {
	guard := auth.RequireBearerToken(func(ctx context.Context, raw string, _ *http.Request) (*auth.TokenInfo, error) {
		token, err := m.Verify(ctx, raw)
		switch {
		case errors.Is(err, jwthttp.ErrUnavailable):
			return nil, errors.New("temporarily unavailable")
		case err != nil:
			return nil, auth.ErrInvalidToken // without err: the SDK sends its text to the client
		}
		return tokenInfo(token), nil
	}, &auth.RequireBearerTokenOptions{ResourceMetadataURL: resource.URL(), Scopes: []string{readScope}})
	return guard(mcp.NewStreamableHTTPHandler(newServer(ofCall), sessions))
}

var sessions = &mcp.StreamableHTTPOptions{JSONResponse: true, SessionTimeout: 10 * time.Minute}

func ofCall(_ context.Context, call *mcp.CallToolRequest) *auth.TokenInfo {
	return call.Extra.TokenInfo
}

func tokenInfo(token *jwthttp.Token[oauth.Claims]) *auth.TokenInfo {
	return &auth.TokenInfo{UserID: token.Claims.Subject, Scopes: token.Scopes(), Expiration: token.ExpiresAt()}
}

// newServer returns a server with two tools, for mcp.NewStreamableHTTPHandler. caller returns
// the caller of a tool.
func newServer(caller func(context.Context, *mcp.CallToolRequest) *auth.TokenInfo) func(*http.Request) *mcp.Server {
	server := mcp.NewServer(&mcp.Implementation{Name: "notes", Version: "v0.0.1"}, nil)
	mcp.AddTool(server, &mcp.Tool{Name: "whoami", Description: "Says who calls."},
		func(ctx context.Context, call *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
			return text(caller(ctx, call).UserID), nil, nil
		})
	type note struct {
		Text string `json:"text"`
	}
	mcp.AddTool(server, &mcp.Tool{Name: "note", Description: "Takes a note. Needs the scope " + writeScope + "."},
		func(ctx context.Context, call *mcp.CallToolRequest, n note) (*mcp.CallToolResult, any, error) {
			who := caller(ctx, call)
			// The name of the tool is in the body, which no guard reads. (From protocol
			// 2026-07-28 on it is also in a header.) So it is too late for a 403: the
			// client gets the tool's error.
			if !slices.Contains(who.Scopes, writeScope) {
				return nil, nil, errors.New("the access token lacks the scope " + writeScope)
			}
			return text(fmt.Sprintf("noted for %s: %s", who.UserID, n.Text)), nil, nil
		})
	return func(*http.Request) *mcp.Server { return server }
}

func text(s string) *mcp.CallToolResult {
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: s}}}
}
