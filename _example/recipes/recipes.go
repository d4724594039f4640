// Package recipes has the recipes of the README, of docs/recipes.md and of docs/issuing.md. Each
// is in a function that a test runs.
package recipes

import (
	"context"
	"crypto/rsa"
	"crypto/tls"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/cors"
	"golang.org/x/oauth2"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/cookie"
	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/dpop"
	"github.com/jwthttp/jwthttp/jwks"
	"github.com/jwthttp/jwthttp/mtls"
	"github.com/jwthttp/jwthttp/oauth"
)

// Claims are what your handlers read of a token.
type Claims struct {
	Subject string `json:"sub"`
	Name    string `json:"name,omitempty"`
}

func me(w http.ResponseWriter, r *http.Request) {
	claims, _ := jwthttp.ClaimsFromContext[Claims](r.Context())
	fmt.Fprintf(w, "Hello, %s!\n", claims.Subject)
}

func headerOrCookie(keys jwthttp.KeySource) http.Handler {
	loginCookie, err := cookie.New(cookie.Options{}) // __Host-token; HttpOnly; Secure; SameSite=Lax
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{
		Extractors: []jwthttp.Extractor{jwthttp.FirstOf(jwthttp.BearerHeader(), loginCookie.Extractor())},
	})
	if err != nil {
		log.Fatal(err)
	}
	return auth.Handler(http.HandlerFunc(me))
}

func publicKey(file string) *rsa.PublicKey {
	data, err := os.ReadFile(file) // PEM, a certificate, or a line of ssh-keygen
	if err != nil {
		log.Fatal(err)
	}
	pub, err := jwthttp.ParseRSAPublicKey(data)
	if err != nil {
		log.Fatal(err)
	}
	return pub
}

func rotation() http.Handler {
	auth, err := jwthttp.New[Claims](jwthttp.KeySet{
		jwthttp.RS256(publicKey("jwt_key.pub")).WithID("2026-11"),
		jwthttp.RS256(publicKey("jwt_key_before.pub")).WithID("2026-05"),
	}, jwthttp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	return auth.Handler(http.HandlerFunc(me))
}

// Staff are claims with roles.
type Staff struct {
	Subject string   `json:"sub"`
	Roles   []string `json:"roles"`
}

func roles(auth *jwthttp.Middleware[Staff], users, orders, health http.Handler) http.Handler {
	mux := http.NewServeMux()
	admins := jwthttp.Require(func(c Staff) error {
		if !slices.Contains(c.Roles, "admin") {
			return errors.New("not an admin") // the client does not see it
		}
		return nil
	})
	mux.Handle("GET /users", auth.Handler(admins(users)))
	mux.Handle("GET /orders", auth.Handler(jwthttp.RequireScopes("orders:read")(orders)))
	mux.Handle("GET /health", health) // needs no token, so it is not wrapped
	return mux
}

func anonymous(keys jwthttp.KeySource) http.Handler {
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{AllowAnonymous: true})
	if err != nil {
		log.Fatal(err)
	}
	greet := func(w http.ResponseWriter, r *http.Request) {
		if claims, ok := jwthttp.ClaimsFromContext[Claims](r.Context()); ok {
			fmt.Fprintf(w, "Hello, %s!\n", claims.Subject)
			return
		}
		fmt.Fprintln(w, "Hello, guest!")
	}
	return auth.Handler(http.HandlerFunc(greet))
}

func refusalsInTheLog(keys jwthttp.KeySource) http.Handler {
	slog.SetLogLoggerLevel(slog.LevelDebug)
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	return auth.Handler(http.HandlerFunc(me))
}

func counted(keys jwthttp.KeySource, registry *prometheus.Registry) http.Handler {
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "auth_requests_total"}, []string{"outcome", "reason"})
	registry.MustRegister(requests)
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{
		OnResult: func(_ *http.Request, res jwthttp.Result) {
			if res.Guard == "" { // else a guard refused a request that was counted before
				requests.WithLabelValues(res.Outcome, res.Reason).Inc()
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	return auth.Handler(jwthttp.RequireScopes("orders:read")(http.HandlerFunc(me)))
}

// An AdminOnly is the error of a rule.
type AdminOnly struct{}

func (AdminOnly) Error() string { return "not an admin" }

func logged(keys jwthttp.KeySource, revoked *denylist.List, users http.Handler) http.Handler {
	onResult := func(r *http.Request, res jwthttp.Result) {
		kind := res.Reason // "" if the request was accepted
		if errors.Is(res.Err, denylist.ErrRevoked) {
			kind = "logged_out" // else the reason is check
		}
		if _, ok := errors.AsType[AdminOnly](res.Err); ok {
			kind = "admin_only" // else the reason is forbidden
		}
		slog.InfoContext(r.Context(), "auth", "method", r.Method, "path", r.URL.Path, "kind", kind, "result", res)
	}
	auth, err := jwthttp.New(keys, jwthttp.Options{OnResult: onResult}, denylist.Check[Staff](revoked))
	if err != nil {
		log.Fatal(err)
	}
	admins := jwthttp.Require(func(c Staff) error {
		if !slices.Contains(c.Roles, "admin") {
			return AdminOnly{}
		}
		return nil
	})
	return auth.Handler(admins(users))
}

// rotating returns a function that replaces the keys while requests are served.
func rotating(first jwthttp.KeySet) (http.Handler, func(jwthttp.KeySet)) {
	var current atomic.Pointer[jwthttp.KeySet]
	keys := jwthttp.KeyFunc(func(ctx context.Context, h jwthttp.TokenHeader) ([]jwthttp.Key, error) {
		return current.Load().Keys(ctx, h)
	})
	current.Store(&first)
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	return auth.Handler(http.HandlerFunc(me)), func(next jwthttp.KeySet) { current.Store(&next) }
}

func severalIssuers(staff, shop jwthttp.KeySource) http.Handler {
	auth, err := jwthttp.New[Claims](jwthttp.Issuers{
		"https://staff.example.com": staff, // a *jwks.Source, or a Key
		"https://shop.example.com/": shop,
	}, jwthttp.Options{Audience: []string{"orders"}})
	if err != nil {
		log.Fatal(err)
	}
	return auth.Handler(http.HandlerFunc(me))
}

func tenants(db *sql.DB, client *http.Client) http.Handler {
	keys, err := jwks.NewTenants(func(ctx context.Context, issuer string) (jwks.Options, error) {
		var audience string
		err := db.QueryRowContext(ctx, "SELECT audience FROM tenants WHERE issuer = $1", issuer).Scan(&audience)
		if errors.Is(err, sql.ErrNoRows) {
			return jwks.Options{}, jwthttp.ErrUnknownKey // a 401 with the reason issuer; any other error is a 503
		}
		return jwks.Options{Audience: []string{audience}}, err
	}, jwks.TenantOptions{Client: client}) // nil for a client with the usual limits
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	return auth.Handler(http.HandlerFunc(me))
}

// A Customer is a user of a tenant that brings its own issuer.
type Customer struct {
	Subject string `json:"sub"`
	Issuer  string `json:"iss"`
}

func tenantsByPath(db *sql.DB, auth *jwthttp.Middleware[Customer], api http.Handler) http.Handler {
	ownTenant := jwthttp.RequireRequest(func(r *http.Request, c Customer) error {
		var issuer string
		err := db.QueryRowContext(r.Context(), "SELECT issuer FROM tenants WHERE name = $1", r.PathValue("tenant")).Scan(&issuer)
		if errors.Is(err, sql.ErrNoRows) || err == nil && issuer != c.Issuer {
			return errors.New("another tenant") // a 403
		}
		if err != nil {
			return fmt.Errorf("%w: %w", jwthttp.ErrUnavailable, err) // a 503
		}
		return nil
	})
	mux := http.NewServeMux()
	mux.Handle("GET /tenants/{tenant}", auth.Handler(ownTenant(api)))
	return mux
}

func spiffe(keys jwthttp.KeySource) http.Handler {
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{
		Audience: []string{"spiffe://example.org/orders"},
		Types:    []string{"JWT", "JOSE", ""}, // "" is for none
	})
	if err != nil {
		log.Fatal(err)
	}
	return auth.Handler(http.HandlerFunc(me))
}

// A Row has the id of a row in sub.
type Row struct {
	Subject json.Number `json:"sub"`
}

func numericSubject(keys jwthttp.KeySource) http.Handler {
	auth, err := jwthttp.New[Row](keys, jwthttp.Options{AllowNumericSubject: true})
	if err != nil {
		log.Fatal(err)
	}
	row := func(w http.ResponseWriter, r *http.Request) {
		claims, _ := jwthttp.ClaimsFromContext[Row](r.Context())
		id, err := claims.Subject.Int64()
		fmt.Fprintln(w, "row", id, err)
	}
	return auth.Handler(http.HandlerFunc(row))
}

func revocation(keys jwthttp.KeySource) http.Handler {
	revoked, err := denylist.NewMemory(denylist.Options{MaxLifetime: time.Hour})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New(keys, jwthttp.Options{}, denylist.Check[Claims](revoked))
	if err != nil {
		log.Fatal(err)
	}
	logout := func(w http.ResponseWriter, r *http.Request) {
		token, _ := jwthttp.TokenFromContext[Claims](r.Context())
		if err := denylist.Revoke(r.Context(), revoked, token); err != nil {
			slog.Error("logout", "err", err) // WriteError does not log it
			jwthttp.WriteError(w, r, err)    // a 503 or a 500: the token is still good
			return
		}
		fmt.Fprintln(w, "Goodbye") // with a cookie also: loginCookie.Clear(w)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /logout", auth.Handler(http.HandlerFunc(logout)))
	mux.Handle("/", auth.Handler(http.HandlerFunc(me)))
	return mux
}

func logoutByProvider(keys jwthttp.KeySource, revoked *denylist.List) http.Handler {
	auth, err := jwthttp.New(keys, jwthttp.Options{Audience: []string{"https://api.example.com"}}, denylist.Check[Claims](revoked))
	if err != nil {
		log.Fatal(err)
	}
	logout, err := denylist.BackChannel(keys, "my-client", revoked)
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/backchannel-logout", logout)
	mux.Handle("/", auth.Handler(http.HandlerFunc(me)))
	return mux
}

func stepUp(auth *jwthttp.Middleware[Claims], transfer http.Handler) http.Handler {
	mux := http.NewServeMux()
	recent := oauth.RequireRecent(5 * time.Minute)
	mux.Handle("POST /transfer", auth.Handler(recent(transfer)))
	return mux
}

func withCORS(mux http.Handler) http.Handler {
	outside := cors.New(cors.Options{
		AllowedOrigins: []string{"https://app.example.com"},
		AllowedHeaders: []string{"Authorization", "DPoP"},
		ExposedHeaders: []string{"WWW-Authenticate", "DPoP-Nonce"},
	})
	return outside.Handler(mux) // a preflight request never has a token
}

func withCORSAndCookies(mux http.Handler, origins []string) http.Handler {
	outside := cors.New(cors.Options{
		AllowedOrigins:   origins, // such as https://app.example.com, and no "*"
		AllowCredentials: true,
		AllowedMethods:   []string{"GET", "POST", "PUT", "DELETE"},
		AllowedHeaders:   []string{"Content-Type"},
	})
	return outside.Handler(mux)
}

// protocolToken returns the token of new WebSocket(url, ["chat", "bearer." + token]).
func protocolToken(r *http.Request) (token string, err error) {
	for name := range strings.SplitSeq(strings.Join(r.Header["Sec-Websocket-Protocol"], ","), ",") {
		const prefix = "bearer."
		name = strings.Trim(name, " \t")
		if len(name) < len(prefix) || !strings.EqualFold(name[:len(prefix)], prefix) {
			continue
		}
		if token != "" || len(name) == len(prefix) {
			return "", errors.New("not exactly one token") // a 400
		}
		token = name[len(prefix):]
	}
	return token, nil
}

func webSocket(keys jwthttp.KeySource, origins []string) http.Handler {
	loginCookie, err := cookie.New(cookie.Options{})
	if err != nil {
		log.Fatal(err)
	}
	inProtocol := jwthttp.Extractor{Source: "websocket:bearer", Extract: protocolToken}
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{
		Extractors:     []jwthttp.Extractor{jwthttp.BearerHeader(), jwthttp.FirstOf(inProtocol, loginCookie.Extractor())},
		TrustedOrigins: origins, // of pages elsewhere, such as https://app.example.com
	})
	if err != nil {
		log.Fatal(err)
	}
	return auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { chat(w, r, origins) }))
}

func chat(w http.ResponseWriter, r *http.Request, origins []string) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols:   []string{"chat"}, // the answer names this one, and never the token
		OriginPatterns: origins,
	})
	if err != nil {
		return // Accept has answered
	}
	defer conn.CloseNow()
	claims, _ := jwthttp.ClaimsFromContext[Claims](r.Context())
	if err := conn.Write(r.Context(), websocket.MessageText, []byte("Hello, "+claims.Subject+"!")); err != nil {
		return
	}
	conn.Close(websocket.StatusNormalClosure, "")
}

func proofs(keys jwthttp.KeySource, api http.Handler) http.Handler {
	proofs, err := dpop.New(dpop.Options{Origins: []string{"https://api.example.com"}})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{Bindings: []jwthttp.Binding{proofs}})
	if err != nil {
		log.Fatal(err)
	}
	return auth.Handler(api)
}

func proving(token func(context.Context) (string, error)) (*http.Client, *dpop.Key) {
	key, err := dpop.GenerateKey()
	if err != nil {
		log.Fatal(err)
	}
	transport, err := dpop.NewTransport(key, dpop.TransportOptions{
		Origins: []string{"https://api.example.com"}, // the token and the proofs go nowhere else
		Token:   token,                               // func(context.Context) (string, error)
	})
	if err != nil {
		log.Fatal(err)
	}
	client := &http.Client{Transport: transport}
	return client, key
}

func provingTokens(key *dpop.Key, tokens oauth2.TokenSource) *http.Client {
	transport, err := dpop.NewTransport(key, dpop.TransportOptions{
		Origins: []string{"https://issuer.example.com", "https://api.example.com"},
	})
	if err != nil {
		log.Fatal(err)
	}
	client := &http.Client{Transport: &oauth2.Transport{Source: tokens, Base: transport}}
	return client
}

func proofsWithNonces(secret []byte) *dpop.Verifier {
	nonces, err := dpop.NewNonces(secret) // 32 random bytes, the same in all instances
	if err != nil {
		log.Fatal(err)
	}
	proofs, err := dpop.New(dpop.Options{Origins: []string{"https://api.example.com"}, Nonces: nonces})
	if err != nil {
		log.Fatal(err)
	}
	return proofs
}

func proofsBehindProxy() (*dpop.Verifier, error) {
	return dpop.New(dpop.Options{Origins: []string{"https://example.com/api"}})
}

func clientCertificates(keys jwthttp.KeySource, api http.Handler) *http.Server {
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{Bindings: []jwthttp.Binding{mtls.Connection()}})
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{
		Handler:   auth.Handler(api),
		TLSConfig: &tls.Config{ClientAuth: tls.RequestClientCert}, // the token says which one
	}
	return server
}

func forwardedCertificates(keys jwthttp.KeySource, api http.Handler) http.Handler {
	certificates, err := mtls.Forwarded("X-SSL-Client-Cert", mtls.EscapedPEM, "10.0.0.7") // of nginx
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{Bindings: []jwthttp.Binding{certificates}})
	if err != nil {
		log.Fatal(err)
	}
	return auth.Handler(api)
}

func mcp(keys jwthttp.KeySource, server http.Handler) http.Handler {
	resource, err := oauth.NewResource(oauth.Metadata{
		Resource:             "https://api.example.com/mcp",
		AuthorizationServers: []string{"https://issuer.example.com"},
	})
	if err != nil {
		log.Fatal(err)
	}
	opts, err := oauth.AccessTokens("https://issuer.example.com", "https://api.example.com/mcp")
	if err != nil {
		log.Fatal(err)
	}
	opts.ResourceMetadata = resource.URL()         // where a client finds out who issues tokens
	opts.ChallengeScopes = []string{"orders:read"} // what it should ask for there
	auth, err := jwthttp.New[oauth.Claims](keys, opts)
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/mcp", auth.Handler(server))
	mux.Handle(resource.Path(), resource)
	return mux
}
