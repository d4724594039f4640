package jwthttp_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/justinas/alice"

	"github.com/jwthttp/jwthttp"
)

// The examples share this secret. Take yours from the environment.
var exampleSecret = []byte("an example's secret of 32 bytes.")

func exampleToken(claims jwt.MapClaims) string {
	claims["exp"] = time.Now().Add(time.Minute).Unix()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(exampleSecret)
	if err != nil {
		log.Fatal(err)
	}
	return token
}

func request(h http.Handler, headers ...string) {
	r := httptest.NewRequest("GET", "/", nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Print(w.Code, " ", w.Header().Get("WWW-Authenticate"), " ", w.Body)
}

type Account struct {
	Subject string `json:"sub"`
	Tenant  string `json:"tenant"`
}

func whoami(w http.ResponseWriter, r *http.Request) {
	account, ok := jwthttp.ClaimsFromContext[Account](r.Context())
	if !ok {
		fmt.Fprintln(w, "nobody")
		return
	}
	fmt.Fprintln(w, account.Subject, "of", account.Tenant)
}

func Example() {
	auth, err := jwthttp.New[Account](jwthttp.HS256(exampleSecret), jwthttp.Options{Audience: []string{"orders"}})
	if err != nil {
		log.Fatal(err)
	}
	h := auth.Handler(http.HandlerFunc(whoami))

	request(h, "Authorization", "Bearer "+exampleToken(jwt.MapClaims{"sub": "alice", "tenant": "acme", "aud": "orders"}))
	request(h, "Authorization", "Bearer "+exampleToken(jwt.MapClaims{"sub": "alice", "aud": "billing"}))
	request(h)
	// Output:
	// 200  alice of acme
	// 401 Bearer realm="api", error="invalid_token", error_description="The access token is for another audience" {"title":"Unauthorized","status":401,"detail":"The access token is for another audience","error":"invalid_token"}
	// 401 Bearer realm="api" {"title":"Unauthorized","status":401,"detail":"No access token was sent"}
}

// A chain of alice has a public route beside the protected one.
func ExampleMiddleware_Handler() {
	auth, err := jwthttp.New[Account](jwthttp.HS256(exampleSecret), jwthttp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	logging := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Print(r.Method, " ")
			next.ServeHTTP(w, r)
		})
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", alice.New(logging, auth.Handler).ThenFunc(whoami))
	mux.Handle("GET /health", alice.New(logging).ThenFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "fine") }))

	request(mux, "Authorization", "Bearer "+exampleToken(jwt.MapClaims{"sub": "bob", "tenant": "acme"}))
	// Output: GET 200  bob of acme
}

// Two secrets are in use while one replaces the other.
func ExampleKeySet() {
	old, next := []byte("the secret of the last few months"), exampleSecret
	auth, err := jwthttp.New[Account](jwthttp.KeySet{jwthttp.HS256(next), jwthttp.HS256(old)}, jwthttp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	_, err = auth.Verify(context.Background(), exampleToken(jwt.MapClaims{"sub": "alice"}))
	fmt.Println(err)
	// Output: <nil>
}

// A check refuses what was revoked. An unavailable store is not the token's fault.
func ExampleCheck() {
	revoked := func(ctx context.Context, subject string) (bool, error) { return subject == "mallory", nil }
	notRevoked := func(ctx context.Context, t *jwthttp.Token[Account]) error {
		out, err := revoked(ctx, t.Claims.Subject)
		if err != nil {
			return fmt.Errorf("%w: %w", jwthttp.ErrUnavailable, err)
		}
		if out {
			return errors.New("revoked")
		}
		return nil
	}
	auth, err := jwthttp.New(jwthttp.HS256(exampleSecret), jwthttp.Options{}, notRevoked)
	if err != nil {
		log.Fatal(err)
	}
	_, err = auth.Verify(context.Background(), exampleToken(jwt.MapClaims{"sub": "mallory"}))
	fmt.Println(err)
	// Output: jwthttp: invalid token: The access token was refused: revoked
}

// An explicit header counts before the cookie that the browser sends anyway.
func ExampleFirstOf() {
	auth, err := jwthttp.New[Account](jwthttp.HS256(exampleSecret), jwthttp.Options{
		Extractors: []jwthttp.Extractor{jwthttp.FirstOf(jwthttp.BearerHeader(), jwthttp.Cookie("__Host-token"))},
	})
	if err != nil {
		log.Fatal(err)
	}
	h := auth.Handler(http.HandlerFunc(whoami))
	request(h, "Cookie", "__Host-token="+exampleToken(jwt.MapClaims{"sub": "carol", "tenant": "acme"}))
	// Output: 200  carol of acme
}

// An error handler sends browsers to a login page and passes every other error to WriteError.
func ExampleWriteError() {
	auth, err := jwthttp.New[Account](jwthttp.HS256(exampleSecret), jwthttp.Options{
		Realm: "shop",
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if errors.Is(err, jwthttp.ErrNoToken) && r.Header.Get("Sec-Fetch-Mode") == "navigate" {
				http.Redirect(w, r, "/login", http.StatusSeeOther)
				return
			}
			jwthttp.WriteError(w, r, err)
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	request(auth.Handler(http.HandlerFunc(whoami)))
	// Output: 401 Bearer realm="shop" {"title":"Unauthorized","status":401,"detail":"No access token was sent"}
}

// A guard inside the middleware asks for more than a good token.
func ExampleRequire() {
	auth, err := jwthttp.New[Account](jwthttp.HS256(exampleSecret), jwthttp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	onlyAcme := jwthttp.Require(func(a Account) error {
		if a.Tenant != "acme" {
			return errors.New("another tenant")
		}
		return nil
	})
	h := alice.New(auth.Handler, onlyAcme).ThenFunc(whoami)
	request(h, "Authorization", "Bearer "+exampleToken(jwt.MapClaims{"sub": "dave", "tenant": "umbrella"}))
	// Output: 403  {"title":"Forbidden","status":403,"detail":"The access token does not allow this","error":"forbidden"}
}

// The tenant in the path must be that of the token.
func ExampleRequireRequest() {
	auth, err := jwthttp.New[Account](jwthttp.HS256(exampleSecret), jwthttp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	ownTenant := jwthttp.RequireRequest(func(r *http.Request, a Account) error {
		if a.Tenant == "" || a.Tenant != r.PathValue("tenant") {
			return errors.New("another tenant")
		}
		return nil
	})
	mux := http.NewServeMux()
	mux.Handle("GET /tenants/{tenant}", auth.Handler(ownTenant(http.HandlerFunc(whoami))))
	token := exampleToken(jwt.MapClaims{"sub": "dave", "tenant": "umbrella"})
	for _, path := range []string{"/tenants/umbrella", "/tenants/acme"} {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", path, nil)
		r.Header.Set("Authorization", "Bearer "+token)
		mux.ServeHTTP(w, r)
		fmt.Println(path, w.Code)
	}
	// Output:
	// /tenants/umbrella 200
	// /tenants/acme 403
}

// Guards are in the chain after the middleware.
func ExampleRequireScopes() {
	auth, err := jwthttp.New[Account](jwthttp.HS256(exampleSecret), jwthttp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	h := alice.New(auth.Handler, jwthttp.RequireScopes("orders:read")).ThenFunc(whoami)
	request(h, "Authorization", "Bearer "+exampleToken(jwt.MapClaims{"sub": "alice", "tenant": "acme", "scope": "orders:read orders:write"}))
	request(h, "Authorization", "Bearer "+exampleToken(jwt.MapClaims{"sub": "bob", "scope": "profile"}))
	// Output:
	// 200  alice of acme
	// 403 Bearer realm="api", error="insufficient_scope", scope="orders:read", error_description="The access token lacks a required scope" {"title":"Forbidden","status":403,"detail":"The access token lacks a required scope","error":"insufficient_scope"}
}

// A test gives the token the scopes that the handler decides by.
func ExampleToken_WithScopes() {
	guarded := jwthttp.RequireScopes("orders:read")(http.HandlerFunc(whoami))
	token := jwthttp.Token[Account]{Claims: Account{"erin", "acme"}}
	r := httptest.NewRequest("GET", "/", nil)
	w := httptest.NewRecorder()
	guarded.ServeHTTP(w, r.WithContext(jwthttp.NewContext(r.Context(), token.WithScopes("orders:read"))))
	fmt.Print(w.Body)
	// Output: erin of acme
}

// OnResult records in a log or a metric which requests were accepted.
func ExampleOptions_onResult() {
	auth, err := jwthttp.New[Account](jwthttp.HS256(exampleSecret), jwthttp.Options{
		OnResult: func(r *http.Request, res jwthttp.Result) {
			res.Duration = 0 // the output below must not change
			log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
				if a.Key == slog.TimeKey {
					return slog.Attr{}
				}
				return a
			}}))
			log.Info("request", "path", r.URL.Path, "auth", res)
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	h := auth.Handler(http.HandlerFunc(whoami))
	request(h, "Authorization", "Bearer "+exampleToken(jwt.MapClaims{"sub": "alice", "tenant": "acme", "iss": "https://acme.example"}))
	// Output:
	// level=INFO msg=request path=/ auth.outcome=accepted auth.source=header:Authorization auth.alg=HS256 auth.iss=https://acme.example auth.sub=alice auth.remembered=false auth.duration=0s
	// 200  alice of acme
}

// A stream ends when its token expires.
func ExampleToken_ExpiresAt() {
	stream := func(w http.ResponseWriter, r *http.Request) {
		token, _ := jwthttp.TokenFromContext[Account](r.Context())
		ctx := r.Context()
		if end := token.ExpiresAt(); !end.IsZero() {
			var cancel context.CancelFunc
			ctx, cancel = context.WithDeadline(ctx, end)
			defer cancel()
		}
		for i := range 3 {
			if ctx.Err() != nil {
				return // the token expired, or the client hung up
			}
			fmt.Fprintf(w, "data: %d\n", i)
			http.NewResponseController(w).Flush()
		}
	}
	auth, err := jwthttp.New[Account](jwthttp.HS256(exampleSecret), jwthttp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	request(auth.Handler(http.HandlerFunc(stream)), "Authorization", "Bearer "+exampleToken(jwt.MapClaims{"sub": "alice"}))
	// Output:
	// 200  data: 0
	// data: 1
	// data: 2
}

// A handler can be tested without tokens.
func ExampleNewContext() {
	r := httptest.NewRequest("GET", "/", nil)
	r = r.WithContext(jwthttp.NewContext(r.Context(), &jwthttp.Token[Account]{Claims: Account{"erin", "acme"}}))
	w := httptest.NewRecorder()
	whoami(w, r)
	fmt.Print(w.Body)
	// Output: erin of acme
}

// A key function that was written for golang-jwt is used with the algorithms that it has keys
// for.
func ExampleFromKeyfunc() {
	keyfunc := func(t *jwt.Token) (any, error) { return exampleSecret, nil }
	auth, err := jwthttp.New[jwt.MapClaims](jwthttp.FromKeyfunc(keyfunc, "HS256"), jwthttp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	token, err := auth.Verify(context.Background(), exampleToken(jwt.MapClaims{"sub": "frank"}))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(token.Claims["sub"], token)
	// Output: frank jwthttp.Token{HS256 kid="" }
}

// Keys are found by tenant. A middleware outside this one has put the tenant in the context.
func ExampleKeyFunc() {
	type tenant struct{}
	keys := map[string]jwthttp.Key{"acme": jwthttp.HS256(exampleSecret)}
	source := jwthttp.KeyFunc(func(ctx context.Context, h jwthttp.TokenHeader) ([]jwthttp.Key, error) {
		name, _ := ctx.Value(tenant{}).(string)
		key, ok := keys[name]
		if !ok {
			return nil, fmt.Errorf("%w: tenant %q", jwthttp.ErrUnknownKey, name)
		}
		return []jwthttp.Key{key}, nil
	})
	auth, err := jwthttp.New[Account](source, jwthttp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	token := exampleToken(jwt.MapClaims{"sub": "gina"})
	for _, name := range []string{"acme", "umbrella"} {
		_, err := auth.Verify(context.WithValue(context.Background(), tenant{}, name), token)
		fmt.Println(err)
	}
	// Output:
	// <nil>
	// jwthttp: invalid token: The access token was signed with an unknown key: jwthttp: unknown key: tenant "umbrella"
}

// Tokens come from two issuers. Each issuer has keys of its own and uses its own name for the
// service.
func ExampleIssuers() {
	staff, shop := []byte("the staff's secret of 32 bytes or more"), []byte("the shop's secret of 32 bytes or more")
	auth, err := jwthttp.New[Account](jwthttp.Issuers{
		"https://staff.example.com": jwthttp.HS256(staff).WithIssuer("https://staff.example.com", "orders"),
		"https://shop.example.com/": jwthttp.HS256(shop).WithIssuer("https://shop.example.com/", "https://orders.example.com"),
	}, jwthttp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for _, t := range []struct {
		issuer, audience string
		secret           []byte
	}{
		{"https://staff.example.com", "orders", staff},
		{"https://shop.example.com/", "https://orders.example.com", shop},
		{"https://shop.example.com/", "orders", shop},
		{"https://staff.example.com", "orders", shop},
		{"https://evil.example.com", "orders", shop},
	} {
		claims := jwt.MapClaims{"iss": t.issuer, "aud": t.audience, "exp": time.Now().Add(time.Minute).Unix()}
		token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(t.secret)
		if err != nil {
			log.Fatal(err)
		}
		_, err = auth.Verify(context.Background(), token)
		fmt.Println(err)
	}
	// Output:
	// <nil>
	// <nil>
	// jwthttp: invalid token: The access token is for another audience: want aud "https://orders.example.com", the token has "orders": have the issuer add it, or name this service in the Audience of its keys (jwks.Options or WithIssuer) as the token does
	// jwthttp: invalid token: The access token signature is invalid: tried the key HS256 without kid, the token names HS256 without kid (unverified): compare the secret byte for byte with that of the issuer (base64 is not decoded, and a line break at the end counts)
	// jwthttp: invalid token: The access token has another issuer: the token has iss "https://evil.example.com" (unverified), which is not among the trusted ones: add it if you trust it, exactly as the token writes it
}

// The public key is in the format of ssh-keygen.
func ExampleParseRSAPublicKey() {
	data, err := os.ReadFile("testdata/jwt_key.pub")
	if err != nil {
		log.Fatal(err)
	}
	pub, err := jwthttp.ParseRSAPublicKey(data)
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New[Account](jwthttp.RS256(pub), jwthttp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	raw, err := os.ReadFile("testdata/pyjwt_rs256.jwt")
	if err != nil {
		log.Fatal(err)
	}
	token, err := auth.Verify(context.Background(), string(raw))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(token.Claims.Subject, token)
	// Output: bob jwthttp.Token{RS256 kid="" }
}

// A page is public and greets the users that it knows.
func ExampleOptions_allowAnonymous() {
	auth, err := jwthttp.New[Account](jwthttp.HS256(exampleSecret), jwthttp.Options{AllowAnonymous: true})
	if err != nil {
		log.Fatal(err)
	}
	h := auth.Handler(http.HandlerFunc(whoami))
	request(h)
	request(h, "Authorization", "Bearer "+exampleToken(jwt.MapClaims{"sub": "hugo", "tenant": "acme"}))
	request(h, "Authorization", "Bearer nonsense")
	// Output:
	// 200  nobody
	// 200  hugo of acme
	// 401 Bearer realm="api", error="invalid_token", error_description="The access token is malformed" {"title":"Unauthorized","status":401,"detail":"The access token is malformed","error":"invalid_token"}
}

// A token is in the query string. Avoid this: URLs are kept in logs and in browser histories.
func ExampleExtractor() {
	auth, err := jwthttp.New[Account](jwthttp.HS256(exampleSecret), jwthttp.Options{Extractors: []jwthttp.Extractor{{
		Source: "query:access_token",
		Extract: func(r *http.Request) (string, error) {
			query, err := url.ParseQuery(r.URL.RawQuery) // r.URL.Query would leave out what it cannot read
			if err != nil {
				return "", err // any error is an ErrInvalidRequest
			}
			tokens := query["access_token"]
			if len(tokens) > 1 {
				return "", errors.New("two tokens in the query")
			}
			return strings.Join(tokens, ""), nil
		},
	}}})
	if err != nil {
		log.Fatal(err)
	}
	good := "access_token=" + exampleToken(jwt.MapClaims{"sub": "ida"})
	token, err := auth.Authenticate(httptest.NewRequest("GET", "/?"+good, nil))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(token.Claims.Subject, "by", token.Source)
	for _, more := range []string{"&" + good, "&access_token=", "&access_token=%zz", "&access_token=x;", ";a=b"} {
		_, err = auth.Authenticate(httptest.NewRequest("GET", "/?"+good+more, nil))
		fmt.Println("refused:", errors.Is(err, jwthttp.ErrInvalidRequest))
	}
	// Output:
	// ida by query:access_token
	// refused: true
	// refused: true
	// refused: true
	// refused: true
	// refused: true
}

// Grant is a claims type with a rule of its own.
type Grant struct {
	jwt.RegisteredClaims
	Level int `json:"level"`
}

// Validate is called for every token whose signature and times are good.
func (g Grant) Validate() error {
	if g.Level < 1 || g.Level > 3 {
		return fmt.Errorf("there is no level %d", g.Level)
	}
	return nil
}

func ExampleNew_validate() {
	auth, err := jwthttp.New[Grant](jwthttp.HS256(exampleSecret), jwthttp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	_, err = auth.Verify(context.Background(), exampleToken(jwt.MapClaims{"level": 7}))
	fmt.Println(err)
	// Output: jwthttp: invalid token: The access token was refused: there is no level 7
}
