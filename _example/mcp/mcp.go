package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/rs/cors"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/oauth"
)

// Every call needs the first scope. The tool that writes needs the second one too.
const (
	readScope  = "notes:read"
	writeScope = "notes:write"
)

// newHandler serves the same tools in three ways, also to pages of the origins. A client knows an
// endpoint by its URL. So each endpoint has its own metadata, and its tokens name it in aud.
func newHandler(self, issuer string, keys jwthttp.KeySource, origins ...string) (http.Handler, error) {
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
		opts.ChallengeScopes = []string{readScope} // without it, clients ask for all of ScopesSupported
		m, err := jwthttp.New[oauth.Claims](keys, opts)
		if err != nil {
			return nil, err
		}
		mux.Handle(path, withCORS(origins, guarded(m, resource)))
		mux.Handle(resource.Path(), resource) // has CORS headers for pages of any origin
	}
	return mux, nil
}

// withCORS is outside of the middleware, because a preflight request never has a token. The
// headers that it exposes are also on the answers of the middleware, and say to a page where to
// get a token. MCP wants a 403 for pages of other origins. Several Origin lines are a 403 too:
// package cors looks at the first one and allows all of them.
func withCORS(origins []string, next http.Handler) http.Handler {
	pages := cors.New(cors.Options{
		AllowOriginFunc: func(origin string) bool { return slices.Contains(origins, origin) },
		AllowedMethods:  []string{"GET", "POST", "DELETE"},
		AllowedHeaders:  []string{"Authorization", "Content-Type", "Last-Event-ID", "Mcp-Method", "Mcp-Name", "Mcp-Protocol-Version", "Mcp-Session-Id"},
		ExposedHeaders:  []string{"WWW-Authenticate", "Mcp-Session-Id"},
	})
	inside := pages.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") != "" && !pages.OriginAllowed(r) {
			http.Error(w, "pages of this origin may not call", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.Header["Origin"]) > 1 {
			http.Error(w, "a page has one origin", http.StatusForbidden)
			return
		}
		inside.ServeHTTP(w, r)
	})
}

// stateless is the short way. Each request is a session of its own, so a tool gets the context
// of the request that calls it.
func stateless(m *jwthttp.Middleware[oauth.Claims], _ *oauth.Resource) http.Handler {
	server := newServer(func(ctx context.Context, _ *mcp.CallToolRequest) *auth.TokenInfo {
		token, _ := jwthttp.TokenFromContext[oauth.Claims](ctx)
		return tokenInfo(token)
	})
	readers := jwthttp.RequireScopes(readScope)
	return m.Handler(readers(stepUp(mcp.NewStreamableHTTPHandler(server, &mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true}))))
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
	return m.Handler(readers(stepUp(asTokenInfo(mcp.NewStreamableHTTPHandler(newServer(ofCall), sessions)))))
}

// stepUp refuses a call of the tool that writes, if the token lacks a scope. The challenge names
// all scopes that the call needs. A client gets a token with these, and repeats its call. This is
// for the client's sake: a call that stepUp does not find in the body reaches the tool, which
// checks for itself.
func stepUp(next http.Handler) http.Handler {
	writing := jwthttp.RequireScopes(readScope, writeScope)(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mcp.DefaultMaxRequestBodyBytes))
		if err != nil {
			http.Error(w, "the body is too long, or ends too early", http.StatusRequestEntityTooLarge)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		var call struct {
			Method string
			Params struct{ Name string }
		}
		if json.Unmarshal(body, &call) == nil && call.Method == "tools/call" && call.Params.Name == "note" {
			writing.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// guardedBySDK uses package jwthttp only to verify the token. Three things are lost:
//
//   - the error in a challenge, which says that another scope is needed
//   - the challenge for the tool that writes
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
			// Here it is too late for a 403: the client gets the tool's error. See stepUp.
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
