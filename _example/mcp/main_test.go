package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
	"golang.org/x/oauth2"

	"github.com/jwthttp/jwthttp"
)

var paths = []string{"/mcp", "/sessions", "/sdk"}

// A world is the server, and an authorization server that logs every caller in as alice.
type world struct {
	self, issuer string
	secret       []byte
	down         atomic.Bool // the keys cannot be fetched

	mu     sync.Mutex
	logins []url.Values // what the authorization endpoint was asked for
}

func start(t *testing.T, origins ...string) *world {
	t.Helper()
	w := &world{secret: []byte("0123456789abcdef0123456789abcdef")}
	issuer := httptest.NewServer(w.authorizationServer())
	t.Cleanup(issuer.Close)
	server := httptest.NewUnstartedServer(nil)
	w.self, w.issuer = "http://"+server.Listener.Addr().String(), issuer.URL
	key := []jwthttp.Key{jwthttp.HS256(w.secret)}
	handler, err := newHandler(w.self, w.issuer, jwthttp.KeyFunc(func(context.Context, jwthttp.TokenHeader) ([]jwthttp.Key, error) {
		if w.down.Load() {
			return nil, errors.New("connection refused")
		}
		return key, nil
	}), origins...)
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = handler
	server.Start()
	t.Cleanup(server.Close)
	return w
}

func (w *world) authorizationServer() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/oauth-authorization-server", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		json.NewEncoder(rw).Encode(oauthex.AuthServerMeta{
			Issuer: w.issuer, AuthorizationEndpoint: w.issuer + "/authorize", TokenEndpoint: w.issuer + "/token",
			ResponseTypesSupported: []string{"code"}, CodeChallengeMethodsSupported: []string{"S256"},
		})
	})
	mux.HandleFunc("GET /authorize", func(rw http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		w.mu.Lock()
		defer w.mu.Unlock()
		w.logins = append(w.logins, q)
		answer := url.Values{"code": {fmt.Sprint(len(w.logins))}, "state": {q.Get("state")}}
		http.Redirect(rw, r, q.Get("redirect_uri")+"?"+answer.Encode(), http.StatusFound)
	})
	mux.HandleFunc("POST /token", func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		defer w.mu.Unlock()
		login := w.logins[len(w.logins)-1]
		challenge := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		if r.FormValue("code") != fmt.Sprint(len(w.logins)) || r.FormValue("resource") != login.Get("resource") ||
			base64.RawURLEncoding.EncodeToString(challenge[:]) != login.Get("code_challenge") {
			http.Error(rw, `{"error":"invalid_grant"}`, http.StatusBadRequest)
			return
		}
		token, err := mint(r.Context(), w.secret, w.issuer, "alice", login.Get("scope"), login.Get("resource"))
		if err != nil {
			http.Error(rw, err.Error(), http.StatusInternalServerError)
			return
		}
		rw.Header().Set("Content-Type", "application/json")
		json.NewEncoder(rw).Encode(map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": 3600})
	})
	return mux
}

func (w *world) token(t *testing.T, subject, scope string, audience ...string) string {
	t.Helper()
	token, err := mint(t.Context(), w.secret, w.issuer, subject, scope, audience...)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// connect is the SDK's own client. Without a good token it logs in where the server says.
func (w *world) connect(t *testing.T, path, token string) (*mcp.ClientSession, error) {
	t.Helper()
	config := &auth.AuthorizationCodeHandlerConfig{
		PreregisteredClient:      &oauthex.ClientCredentials{ClientID: "test"},
		RedirectURL:              "http://127.0.0.1/callback",
		AuthorizationCodeFetcher: logIn,
	}
	if token != "" {
		config.InitialTokenSource = oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token})
	}
	oauth, err := auth.NewAuthorizationCodeHandler(config)
	if err != nil {
		t.Fatal(err)
	}
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "v0.0.1"}, nil)
	session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: w.self + path, OAuthHandler: oauth}, nil)
	if err == nil {
		t.Cleanup(func() { session.Close() })
	}
	return session, err
}

// logIn is the browser.
func logIn(ctx context.Context, args *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
	req, err := http.NewRequestWithContext(ctx, "GET", args.URL, nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultTransport.RoundTrip(req) // follows no redirect
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	back, err := res.Location()
	if err != nil {
		return nil, err
	}
	return &auth.AuthorizationResult{Code: back.Query().Get("code"), State: back.Query().Get("state")}, nil
}

// call returns the text of a tool, with the prefix "error: " if it is an error.
func call(t *testing.T, session *mcp.ClientSession, tool string, arguments any) string {
	t.Helper()
	res, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: tool, Arguments: arguments})
	if err != nil {
		t.Fatal(err)
	}
	said := res.Content[0].(*mcp.TextContent).Text
	if res.IsError {
		return "error: " + said
	}
	return said
}

func TestTools(t *testing.T) {
	w := start(t)
	for _, path := range paths {
		t.Run(path, func(t *testing.T) {
			session, err := w.connect(t, path, w.token(t, "bob", readScope+" "+writeScope, w.self+path))
			if err != nil {
				t.Fatal(err)
			}
			if said := call(t, session, "whoami", nil); said != "bob" {
				t.Errorf("whoami: %s", said)
			}
			if said := call(t, session, "note", map[string]string{"text": "buy milk"}); said != "noted for bob: buy milk" {
				t.Errorf("note: %s", said)
			}
		})
	}
	if len(w.logins) != 0 {
		t.Errorf("a good token was not good enough: %v", w.logins)
	}
}

// A client needs only the URL to find out who issues tokens, and for what.
func TestNoToken(t *testing.T) {
	for _, path := range paths {
		t.Run(path, func(t *testing.T) {
			w := start(t)
			session, err := w.connect(t, path, "")
			if err != nil {
				t.Fatal(err)
			}
			if said := call(t, session, "whoami", nil); said != "alice" {
				t.Errorf("whoami: %s", said)
			}
			if len(w.logins) != 1 || w.logins[0].Get("resource") != w.self+path || w.logins[0].Get("scope") != readScope {
				t.Errorf("logins: %v", w.logins)
			}
		})
	}
}

// A client learns which scope it lacks, and asks for it.
func TestTooLittleScope(t *testing.T) {
	for _, path := range paths {
		t.Run(path, func(t *testing.T) {
			w := start(t)
			session, err := w.connect(t, path, w.token(t, "alice", "openid", w.self+path))
			if path == "/sdk" { // its challenge has no error, so the client does not know what it lacks
				if err == nil || !strings.Contains(err.Error(), "Forbidden") || len(w.logins) != 0 {
					t.Errorf("%v, logins: %v", err, w.logins)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if said := call(t, session, "whoami", nil); said != "alice" {
				t.Errorf("whoami: %s", said)
			}
			if len(w.logins) != 1 || w.logins[0].Get("scope") != readScope {
				t.Errorf("logins: %v", w.logins)
			}
		})
	}
}

// A client asks for a scope more when a tool needs it, and for no other.
func TestStepUp(t *testing.T) {
	for _, path := range paths {
		t.Run(path, func(t *testing.T) {
			w := start(t)
			session, err := w.connect(t, path, "")
			if err != nil {
				t.Fatal(err)
			}
			want, scopes := "noted for alice: buy milk", []string{readScope, readScope + " " + writeScope}
			if path == "/sdk" { // it has no challenge for a tool
				want, scopes = "error: the access token lacks the scope notes:write", scopes[:1]
			}
			for range 2 {
				if said := call(t, session, "note", map[string]string{"text": "buy milk"}); said != want {
					t.Errorf("note: %s", said)
				}
			}
			var asked []string
			for _, login := range w.logins {
				scopes := strings.Fields(login.Get("scope")) // in any order
				slices.Sort(scopes)
				asked = append(asked, strings.Join(scopes, " "))
			}
			if !slices.Equal(asked, scopes) {
				t.Errorf("it asked for %q, want %q", asked, scopes)
			}
		})
	}
}

// The challenges over HTTP are these.
func TestChallenges(t *testing.T) {
	w := start(t)
	elsewhere := w.token(t, "alice", readScope, "https://api.example.com")
	for _, path := range paths {
		little := w.token(t, "alice", "openid", w.self+path)
		for _, tc := range []struct {
			name, token  string
			status       int
			error, scope string
		}{
			{"no token", "", 401, "", readScope},
			{"for another service", elsewhere, 401, "invalid_token", readScope},
			{"for the next endpoint", w.token(t, "alice", readScope, w.self+path+"2", w.self+paths[(slices.Index(paths, path)+1)%len(paths)]), 401, "invalid_token", readScope},
			{"too little scope", little, 403, "insufficient_scope", readScope},
		} {
			t.Run(tc.name+path, func(t *testing.T) {
				if path == "/sdk" { // the SDK names no error
					tc.error = ""
				}
				res := post(t, w.self+path, tc.token, "", whoami)
				challenges, err := oauthex.ParseWWWAuthenticate(res.Header.Values("WWW-Authenticate"))
				if err != nil || len(challenges) != 1 {
					t.Fatal(challenges, err)
				}
				params := challenges[0].Params
				if res.StatusCode != tc.status || challenges[0].Scheme != "bearer" || params["error"] != tc.error || params["scope"] != tc.scope {
					t.Errorf("%s, %v", res.Status, challenges)
				}
				metadata, err := oauthex.GetProtectedResourceMetadata(t.Context(), params["resource_metadata"], w.self+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(metadata.AuthorizationServers, []string{w.issuer}) || !slices.Equal(metadata.ScopesSupported, []string{readScope, writeScope}) {
					t.Errorf("%+v", metadata)
				}
			})
		}
	}
}

// A session outlives an outage.
func TestKeysOutOfReach(t *testing.T) {
	for path, answer := range map[string]string{"/mcp": "Service Unavailable", "/sessions": "Service Unavailable", "/sdk": "Internal Server Error"} {
		t.Run(path, func(t *testing.T) {
			w := start(t)
			session, err := w.connect(t, path, w.token(t, "alice", readScope, w.self+path))
			if err != nil {
				t.Fatal(err)
			}
			w.down.Store(true)
			if _, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "whoami"}); err == nil || !strings.Contains(err.Error(), answer) {
				t.Errorf("keys are out of reach: %v", err)
			}
			w.down.Store(false)
			if said := call(t, session, "whoami", nil); said != "alice" {
				t.Errorf("keys are back: %s", said)
			}
		})
	}
}

// A session belongs to the user who began it. A tool uses the token of its call.
func TestManyTokens(t *testing.T) {
	batch := "[" + note + "]" // which stepUp does not read
	w := start(t)
	for _, path := range paths {
		t.Run(path, func(t *testing.T) {
			reader := w.token(t, "alice", readScope, w.self+path)
			res := post(t, w.self+path, reader, "", initialize)
			session := res.Header.Get("Mcp-Session-Id")
			if res.StatusCode != 200 || (session == "") != (path == "/mcp") {
				t.Fatal(res.Status, res.Header)
			}
			post(t, w.self+path, reader, session, initialized)
			bob := "noted for bob: buy milk"
			if session != "" {
				bob = "session user mismatch"
			}
			lacks := "insufficient_scope"
			if path == "/sdk" {
				lacks = "lacks the scope notes:write"
			}
			for _, tc := range []struct{ user, scope, body, says string }{
				{"alice", "notes:read", note, lacks},
				{"alice", "notes:read", batch, "lacks the scope notes:write"},
				{"alice", "notes:read notes:write", note, "noted for alice: buy milk"},
				{"alice", "notes:read notes:write", batch, "noted for alice: buy milk"},
				{"bob", "notes:read notes:write", note, bob},
			} {
				res := post(t, w.self+path, w.token(t, tc.user, tc.scope, w.self+path), session, tc.body)
				body, err := io.ReadAll(res.Body)
				if err != nil {
					t.Fatal(err)
				}
				if !strings.Contains(string(body), tc.says) {
					t.Errorf("%s with %s: %s %s", tc.user, tc.scope, res.Status, body)
				}
			}
		})
	}
}

func post(t *testing.T, url, token, session, body string) *http.Response {
	t.Helper()
	return send(t, request(t, "POST", url, token, session, body))
}

func request(t *testing.T, method, url, token, session, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if session != "" {
		req.Header.Set("Mcp-Session-Id", session)
	}
	return req
}

func send(t *testing.T, req *http.Request) *http.Response {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}
