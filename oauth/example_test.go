package oauth_test

import (
	"crypto/ed25519"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/oauth"
)

// This is the key of the example's issuer. The keys of a real issuer come from package jwks.
var exampleKey = ed25519.NewKeyFromSeed([]byte("an example's seed of 32 bytes..."))

func exampleToken(typ string, claims jwt.MapClaims) string {
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
	token.Header["typ"] = typ
	raw, err := token.SignedString(exampleKey)
	if err != nil {
		log.Fatal(err)
	}
	return raw
}

// An access token passes. An ID token of the same issuer for the same service does not pass.
// Neither does a token without a claim that RFC 9068 requires.
func ExampleAccessTokens() {
	opts, err := oauth.AccessTokens("https://issuer.example.com", "https://api.example.com")
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New[oauth.Claims](jwthttp.EdDSA(exampleKey.Public().(ed25519.PublicKey)), opts)
	if err != nil {
		log.Fatal(err)
	}
	h := auth.Handler(jwthttp.RequireScopes("read")(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, _ := jwthttp.ClaimsFromContext[oauth.Claims](r.Context())
		fmt.Fprintln(w, claims.Subject, "by", claims.ClientID, "as", claims.Roles)
	})))

	claims := jwt.MapClaims{
		"iss": "https://issuer.example.com", "aud": "https://api.example.com", "sub": "alice", "client_id": "s6BhdRkqt3", "jti": "1",
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(), "scope": "read write", "roles": []string{"editor"},
	}
	accessToken, idToken := exampleToken("at+jwt", claims), exampleToken("JWT", claims)
	delete(claims, "client_id")
	for _, token := range []string{accessToken, idToken, exampleToken("at+jwt", claims)} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		fmt.Print(w.Code, " ", w.Body)
	}
	// Output:
	// 200 alice by s6BhdRkqt3 as [editor]
	// 401 {"title":"Unauthorized","status":401,"detail":"The access token is of another type","error":"invalid_token"}
	// 401 {"title":"Unauthorized","status":401,"detail":"The access token was refused","error":"invalid_token"}
}

// A client of the Model Context Protocol has no token. The challenge tells it where to get
// one.
func ExampleNewResource() {
	resource, err := oauth.NewResource(oauth.Metadata{
		Resource:             "https://api.example.com/mcp",
		AuthorizationServers: []string{"https://issuer.example.com"},
		ScopesSupported:      []string{"read", "write"},
	})
	if err != nil {
		log.Fatal(err)
	}
	opts, err := oauth.AccessTokens("https://issuer.example.com", "https://api.example.com/mcp")
	if err != nil {
		log.Fatal(err)
	}
	opts.ResourceMetadata = resource.URL()
	auth, err := jwthttp.New[oauth.Claims](jwthttp.EdDSA(exampleKey.Public().(ed25519.PublicKey)), opts)
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/mcp", auth.Handler(http.NotFoundHandler()))
	mux.Handle(resource.Path(), resource)

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("POST", "https://api.example.com/mcp", nil))
	fmt.Println(w.Code, w.Header().Get("WWW-Authenticate"))
	w = httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "https://api.example.com/.well-known/oauth-protected-resource/mcp", nil))
	fmt.Print(w.Code, " ", w.Body)
	// Output:
	// 401 Bearer realm="api", resource_metadata="https://api.example.com/.well-known/oauth-protected-resource/mcp"
	// 200 {"resource":"https://api.example.com/mcp","authorization_servers":["https://issuer.example.com"],"scopes_supported":["read","write"],"bearer_methods_supported":["header"]}
}

// A transfer needs a login of the last five minutes. The client reads in the challenge what to ask
// the issuer for.
func ExampleRequireRecent() {
	auth, err := jwthttp.New[jwt.RegisteredClaims](jwthttp.EdDSA(exampleKey.Public().(ed25519.PublicKey)), jwthttp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	recent := oauth.RequireRecent(5*time.Minute, "urn:example:mfa")
	h := auth.Handler(recent(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "Transferred") })))

	now := time.Now()
	for _, login := range []time.Time{now.Add(-time.Hour), now.Add(-time.Minute)} {
		r := httptest.NewRequest("POST", "/transfer", nil)
		r.Header.Set("Authorization", "Bearer "+exampleToken("at+jwt", jwt.MapClaims{
			"sub": "alice", "exp": now.Add(time.Minute).Unix(), "auth_time": login.Unix(), "acr": "urn:example:mfa",
		}))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		fmt.Print(w.Code, " ", w.Body)
		if challenge := w.Header().Get("WWW-Authenticate"); challenge != "" {
			fmt.Println(challenge)
		}
	}
	// Output:
	// 401 {"title":"Unauthorized","status":401,"detail":"A more recent or a stronger login is required","error":"insufficient_user_authentication"}
	// Bearer realm="api", error="insufficient_user_authentication", error_description="A more recent or a stronger login is required", acr_values="urn:example:mfa", max_age="300"
	// 200 Transferred
}
