package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"
)

const (
	clientID = "orders-app"
	scope    = "orders:read"
)

// A provider is the example of zitadel/oidc, with its users and its login form. Two things are
// added: access tokens that are JWTs and have a scope, and keys that change.
type provider struct {
	*storage.Storage
	handler http.Handler

	mu   sync.Mutex
	keys []signingKey // the current one last
}

func newProvider(issuer, redirectURI string) (*provider, error) {
	p := &provider{Storage: storage.NewStorageWithClients(storage.NewUserStore(issuer), map[string]*storage.Client{
		clientID: storage.NativeClient(clientID, redirectURI), // without a secret, but with PKCE
	})}
	if err := p.rotate(); err != nil {
		return nil, err
	}
	p.handler = exampleop.SetupServer(issuer, p, slog.New(slog.DiscardHandler), false)
	return p, nil
}

// rotate makes a new key, which signs from now on. The key before stays published until the
// next rotation, because tokens that it has signed are in use.
func (p *provider) rotate() error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = append(p.keys[max(0, len(p.keys)-1):], signingKey{rand.Text(), key})
	return nil
}

// SigningKey replaces that of storage.Storage, as all methods below do.
func (p *provider) SigningKey(context.Context) (op.SigningKey, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.keys[len(p.keys)-1], nil
}

func (p *provider) KeySet(context.Context) (set []op.Key, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, key := range p.keys {
		set = append(set, publicKey{key})
	}
	return set, nil
}

func (p *provider) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	known, err := p.Storage.GetClientByClientID(ctx, id)
	return client{known}, err
}

// GetPrivateClaimsFromScopes returns the claims of an access token that the library does not
// set by itself. One of them is the scope.
func (p *provider) GetPrivateClaimsFromScopes(_ context.Context, _, _ string, scopes []string) (map[string]any, error) {
	return map[string]any{"scope": strings.Join(scopes, " ")}, nil
}

type client struct{ op.Client }

func (client) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeJWT }
func (client) IsScopeAllowed(s string) bool        { return s == scope }

type signingKey struct {
	id      string
	private *rsa.PrivateKey
}

func (k signingKey) ID() string                                  { return k.id }
func (k signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k signingKey) Key() any                                    { return k.private }

type publicKey struct{ signingKey }

func (k publicKey) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k publicKey) Use() string                        { return "sig" }
func (k publicKey) Key() any                           { return &k.private.PublicKey }
