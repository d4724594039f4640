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

// Every call needs the first scope, and the tool that writes the second one too.
const (
	readScope  = "notes:read"
	writeScope = "notes:write"
)

// newHandler serves the same tools in three ways. Clients know an endpoint by its
// URL, so each has metadata of its own, and tokens name it in aud.
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

// stateless is the short way. Each request is a session of its own, so a tool has the
// context of the request that calls it.
func stateless(m *jwthttp.Middleware[oauth.Claims], _ *oauth.Resource) http.Handler {
	server := newServer(func(ctx context.Context, _ *mcp.CallToolRequest) *auth.TokenInfo {
		token, _ := jwthttp.TokenFromContext[oauth.Claims](ctx)
		return tokenInfo(token)
	})
	readers := jwthttp.RequireScopes(readScope)
	return m.Handler(readers(mcp.NewStreamableHTTPHandler(server, &mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true})))
}

// withSessions is for servers that have something to say between calls. Here a tool's
// context is that of the request which began the session, and claims in it are of that
// request's token, whoever calls later and with whatever token. What the SDK calls
// TokenInfo is of the call, and binds the session to its user, so the token is handed
// on as one.
func withSessions(m *jwthttp.Middleware[oauth.Claims], _ *oauth.Resource) http.Handler {
	handOn := auth.RequireBearerToken(func(ctx context.Context, _ string, _ *http.Request) (*auth.TokenInfo, error) {
		token, ok := jwthttp.TokenFromContext[oauth.Claims](ctx)
		if !ok {
			return nil, auth.ErrInvalidToken
		}
		return tokenInfo(token), nil
	}, nil)
	readers := jwthttp.RequireScopes(readScope)
	return m.Handler(readers(handOn(mcp.NewStreamableHTTPHandler(newServer(ofCall), sessions))))
}

// guardedBySDK has only the token checked by package jwthttp. Lost, compared with the
// others: the error in a challenge, by which a client knows that another scope would
// do, and the 503 with Retry-After when keys are out of reach (it is a 500).
func guardedBySDK(m *jwthttp.Middleware[oauth.Claims], resource *oauth.Resource) http.Handler {
	guard := auth.RequireBearerToken(func(ctx context.Context, raw string, _ *http.Request) (*auth.TokenInfo, error) {
		token, err := m.Verify(ctx, raw)
		switch {
		case errors.Is(err, jwthttp.ErrUnavailable):
			return nil, errors.New("temporarily unavailable")
		case err != nil:
			return nil, auth.ErrInvalidToken // without err, for the client is sent the text
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

// newServer returns a server with two tools, for mcp.NewStreamableHTTPHandler. caller
// says who calls one.
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
			// Which tool is called stands in the body, where no guard looks (and in a
			// header from protocol 2026-07-28 on), so this comes too late for a 403: the
			// client is told by the tool's error.
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
