package jwks_test

import (
	"context"
	"expvar"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

func ExampleDiscover() {
	keys, err := jwks.Discover("https://tenant.eu.auth0.com/", jwks.Options{Audience: []string{"https://api.example.com"}})
	if err != nil {
		log.Fatal(err)
	}
	defer keys.Close()
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	protected := auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, _ := jwthttp.ClaimsFromContext[Claims](r.Context())
		fmt.Fprintf(w, "Hello, %s!\n", claims.Subject)
	}))

	// Nothing is fetched before the first token.
	w := httptest.NewRecorder()
	protected.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	fmt.Println(w.Code, keys.Stats().Fetches)
	// Output: 401 0
}

// Two issuers call this service by different names.
func ExampleNew() {
	a, err := jwks.New("https://a.example.com/keys", jwks.Options{Issuer: "https://a.example.com", Audience: []string{"orders"}})
	if err != nil {
		log.Fatal(err)
	}
	defer a.Close()
	b, err := jwks.New("https://b.example.net/jwks.json", jwks.Options{Issuer: "https://b.example.net/", Audience: []string{"client-7"}})
	if err != nil {
		log.Fatal(err)
	}
	defer b.Close()
	_, err = jwthttp.New[Claims](jwthttp.Issuers{a.Issuer(): a, b.Issuer(): b}, jwthttp.Options{})
	fmt.Println(err)

	_, err = jwks.New("http://a.example.com/keys", jwks.Options{Issuer: "https://a.example.com"})
	fmt.Println(err)
	// Output:
	// <nil>
	// jwks: Options.Audience is empty, so that tokens for other services would be accepted: set it to the name of this service in aud, or set AllowAnyAudience
	// jwks: the address of the key set: use https, or set Options.AllowInsecureHTTP: "http://a.example.com/keys" is plain http, which others can change on the way (loopback, such as http://127.0.0.1, needs neither)
}

// Each customer brings an identity provider. The table of customers says whose tokens count.
func ExampleNewTenants() {
	table := map[string]jwks.Options{
		"https://login.a.example.com/": {Audience: []string{"orders"}}, // its metadata names its keys
		"https://b.example.net":        {Audience: []string{"client-7"}, KeySetURL: "https://b.example.net/jwks.json"},
	}
	keys, err := jwks.NewTenants(func(ctx context.Context, issuer string) (jwks.Options, error) {
		opts, ok := table[issuer] // exactly, and the address does not come from the token
		if !ok {
			return jwks.Options{}, jwthttp.ErrUnknownKey
		}
		return opts, nil
	}, jwks.TenantOptions{})
	if err != nil {
		log.Fatal(err)
	}
	defer keys.Close()
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	_, err = auth.Verify(context.Background(), tokenOfTenant("mallory", "https://evil.example.com"))
	fmt.Println(err)
	fmt.Println(keys.Stats().Lookups, keys.Stats().Fetches)
	// Output:
	// jwthttp: invalid token: The access token has another issuer: the token has iss "https://evil.example.com" (unverified), which is not among the trusted ones: add it if you trust it, exactly as the token writes it
	// 1 0
}

func ExampleParse() {
	set, err := jwks.Parse([]byte(`{"keys": [
		{"kty": "OKP", "crv": "Ed25519", "kid": "2026-11", "use": "sig", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
		{"kty": "oct", "kid": "shared", "k": "c2VjcmV0"}
	]}`))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(set.Keys)
	fmt.Println(set.Skipped)
	_, err = jwthttp.New[Claims](set.Keys, jwthttp.Options{Issuer: "https://issuer.example.com", Audience: []string{"orders"}})
	fmt.Println(err)
	// Output:
	// [jwthttp.Key{EdDSA kid="2026-11"}]
	// [key 2 (kid "shared"): it publishes a secret (k): its owner has to replace it]
	// <nil>
}

// A health check succeeds as soon as there are keys. Events are counted.
func ExampleSource_Ready() {
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "down for maintenance", http.StatusServiceUnavailable)
	}))
	defer provider.Close()
	var events expvar.Map
	keys, err := jwks.New(provider.URL+"/keys", jwks.Options{
		Issuer:   "https://issuer.example.com",
		Audience: []string{"orders"},
		OnEvent:  func(e jwks.Event) { events.Add(string(e.Kind), 1) },
	})
	if err != nil {
		log.Fatal(err)
	}
	defer keys.Close()

	ready := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := keys.Ready(r.Context()); err != nil {
			http.Error(w, "no keys", http.StatusServiceUnavailable)
		}
	})
	w := httptest.NewRecorder()
	ready.ServeHTTP(w, httptest.NewRequest("GET", "/ready", nil))
	fmt.Println(w.Code, keys.Stats().Keys)
	// Output: 503 0
}

func ExampleSource_Refresh() {
	keys, err := jwks.Discover("https://issuer.example.com", jwks.Options{Audience: []string{"orders"}})
	if err != nil {
		log.Fatal(err)
	}
	defer keys.Close()
	// The keys are fetched before the first request, if the provider is up by then.
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if err := keys.Refresh(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "starting without keys:", err)
	}
}
