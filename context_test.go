package jwthttp_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
	"github.com/justinas/alice"

	"github.com/jwthttp/jwthttp"
)

// Two middlewares with different claims types are in one chain.
func TestTwoClaimsTypesInOneChain(t *testing.T) {
	type device struct {
		Serial string `json:"serial"`
	}
	users := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{})
	devices := mustNew[device](t, jwthttp.HS256(secretN(1)), places(jwthttp.HeaderNamed("X-Device")))
	h := alice.New(users.Handler, devices.Handler).ThenFunc(func(w http.ResponseWriter, r *http.Request) {
		user, ok1 := jwthttp.ClaimsFromContext[AppClaims](r.Context())
		dev, ok2 := jwthttp.ClaimsFromContext[device](r.Context())
		_, ok3 := jwthttp.ClaimsFromContext[*AppClaims](r.Context())
		_, ok4 := jwthttp.TokenFromContext[jwt.MapClaims](r.Context())
		fmt.Fprintln(w, user.Subject, dev.Serial, ok1, ok2, ok3, ok4)
	})
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer "+good())
	r.Header.Set("X-Device", signHS(secretN(1), plainHeader, `{"serial":"007","exp":4102444800}`))
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	if got := rec.Body.String(); got != "alice 007 true true false false\n" {
		t.Errorf("%d %s", rec.Code, got)
	}
}

func TestNewContext(t *testing.T) {
	token := &jwthttp.Token[AppClaims]{Claims: AppClaims{Subject: "bob"}}
	type ctxKey struct{}
	parent, cancel := context.WithCancel(context.WithValue(t.Context(), ctxKey{}, "kept"))
	ctx := jwthttp.NewContext(parent, token)
	if got, ok := jwthttp.TokenFromContext[AppClaims](ctx); !ok || got != token {
		t.Errorf("%v %v", got, ok)
	}
	if claims, ok := jwthttp.ClaimsFromContext[AppClaims](ctx); !ok || claims.Subject != "bob" || ctx.Value(ctxKey{}) != "kept" {
		t.Errorf("%v %v", claims, ok)
	}
	hidden := jwthttp.NewContext[AppClaims](ctx, nil)
	if _, ok := jwthttp.TokenFromContext[AppClaims](hidden); ok {
		t.Error("a nil token does not hide the outer one")
	}
	if _, ok := jwthttp.ClaimsFromContext[AppClaims](parent); ok {
		t.Error("claims where there are none")
	}
	cancel()
	if !errors.Is(hidden.Err(), context.Canceled) {
		t.Error("cancelling the parent does not reach the context")
	}
	if token.Raw() != "" {
		t.Errorf("Raw = %q", token.Raw())
	}
	// A guard accepts that token. Outside every middleware, a guard answers with WriteError.
	guard := jwthttp.Require(func(c AppClaims) error { return nil })
	rec := httptest.NewRecorder()
	guard(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) })).
		ServeHTTP(rec, httptest.NewRequest("GET", "/", nil).WithContext(jwthttp.NewContext(t.Context(), token)))
	if rec.Code != 204 {
		t.Errorf("%d", rec.Code)
	}
}

// Only the handler's context has claims. Functions that are called while the request is
// decided, or for its refusal, find none.
func TestOnlyTheHandlerSeesClaims(t *testing.T) {
	logged(t)
	asked := map[string]int{}
	look := func(who string, ctx context.Context) {
		asked[who]++
		token, ok := jwthttp.TokenFromContext[AppClaims](ctx)
		if claims, ok2 := jwthttp.ClaimsFromContext[AppClaims](ctx); ok || ok2 || token != nil || claims != (AppClaims{}) {
			t.Errorf("%s sees %v, %+v", who, token, claims)
		}
		rec := httptest.NewRecorder()
		jwthttp.RequireScopes("read")(http.NotFoundHandler()).ServeHTTP(rec, httptest.NewRequest("GET", "/", nil).WithContext(ctx))
		if rec.Code != 500 { // the guard is outside the middleware
			t.Errorf("a guard that %s asks says %d", who, rec.Code)
		}
	}
	bearer := jwthttp.BearerHeader()
	find := bearer.Extract
	bearer.Extract = func(r *http.Request) (string, error) { look("the extractor", r.Context()); return find(r) }
	keys := jwthttp.KeyFunc(func(ctx context.Context, _ jwthttp.TokenHeader) ([]jwthttp.Key, error) {
		look("the key source", ctx)
		return []jwthttp.Key{jwthttp.HS256(secret)}, nil
	})
	auth := mustNew(t, keys, jwthttp.Options{
		Extractors:   []jwthttp.Extractor{bearer},
		OnResult:     func(r *http.Request, _ jwthttp.Result) { look("OnResult", r.Context()) },
		ErrorHandler: func(_ http.ResponseWriter, r *http.Request, _ error) { look("the error handler", r.Context()) },
	}, func(ctx context.Context, token *jwthttp.Token[AppClaims]) error {
		look("the check", ctx)
		if token.Claims.Role == "revoked" {
			return errors.New("revoked")
		}
		return nil
	})
	ran := 0
	for _, claims := range []string{`"scope":"read"`, `"scope":"read","role":"revoked"`, `"scope":"read","nbf":4102444800`, `"scope":"read","sub":1`} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+signHS(secret, plainHeader, payload(claims)))
		auth.Handler(http.HandlerFunc(func(_ http.ResponseWriter, inner *http.Request) {
			ran++
			if _, ok := jwthttp.ClaimsFromContext[AppClaims](inner.Context()); !ok {
				t.Error("the handler sees no claims")
			}
		})).ServeHTTP(httptest.NewRecorder(), r)
		look("code outside the middleware", r.Context())
	}
	if want := map[string]int{"the extractor": 4, "the key source": 4, "the check": 2, "OnResult": 4, "the error handler": 3, "code outside the middleware": 4}; !maps.Equal(asked, want) || ran != 1 {
		t.Errorf("asked %v, next ran %d times", asked, ran)
	}
}

// The package starts no goroutine and calls nothing that starts one. The same is true of each
// other package whose types have no Close.
func TestNoGoroutines(t *testing.T) {
	starters := []string{"time.AfterFunc", "time.NewTimer", "time.NewTicker", "time.Tick", "time.After", "context.AfterFunc", "context.WithCancel", "context.WithTimeout", "context.WithDeadline"}
	var files []string
	for _, dir := range []string{".", "cookie", "denylist", "dpop", "mtls", "oauth", "internal/*"} {
		found, err := filepath.Glob(dir + "/*.go")
		if err != nil || len(found) == 0 {
			t.Fatal(dir, err)
		}
		files = append(files, found...)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "internal") && strings.HasSuffix(filepath.Dir(file), "test") { // which only tests import
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				if file != filepath.Join("internal", "jws", "sign.go") { // no verification calls a Signer
					t.Errorf("%s has a go statement", file)
				}
			case *ast.SelectorExpr:
				on, _ := n.X.(*ast.Ident)
				if file == filepath.Join("denylist", "denylist.go") && n.Sel.Name == "WithTimeout" {
					return true // it bounds a revocation, and it is cancelled when the revocation returns
				}
				if n.Sel.Name == "Go" || on != nil && slices.Contains(starters, on.Name+"."+n.Sel.Name) {
					t.Errorf("%s uses %v.%s", file, n.X, n.Sel.Name)
				}
			}
			return true
		})
	}
}

// A token or a secret is never printed, whatever value contains it.
func TestNothingPrintsSecrets(t *testing.T) {
	secret := "a secret that must not be printed, ever"
	raw := signHS([]byte(secret), `{"alg":"HS256","kid":"k1"}`, payload(`"role":"PRIVATE"`))
	keys := jwthttp.KeySet{jwthttp.HS256([]byte(secret)).WithID("k1"), jwthttp.RS256(&rsaKey().PublicKey).WithID("k2")}
	auth := mustNew[AppClaims](t, keys, jwthttp.Options{})
	token := verify(t, auth, raw, nil)
	var ctx context.Context
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer "+raw)
	auth.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { ctx = r.Context() })).ServeHTTP(httptest.NewRecorder(), r)
	if _, ok := jwthttp.TokenFromContext[AppClaims](ctx); !ok {
		t.Fatal("no token in the context")
	}

	forbidden := []string{secret, fmt.Sprintf("%x", secret), fmt.Sprint([]byte(secret)), raw, raw[:40], raw[len(raw)-20:], rsaKey().N.String()}
	type ctxKey struct{}
	type holder struct {
		key   jwthttp.Key
		keys  jwthttp.KeySet
		token *jwthttp.Token[AppClaims]
		ctx   context.Context
		auth  *jwthttp.Middleware[AppClaims]
	}
	for name, v := range map[string]any{
		"key": keys[0], "key pointer": &keys[0], "key set": keys, "token": token, "token value": *token, "nil token": (*jwthttp.Token[AppClaims])(nil),
		"context": ctx, "derived context": context.WithValue(ctx, ctxKey{}, "b"), "middleware": auth, "zero key": jwthttp.Key{},
		"holder": holder{keys[0], keys, token, ctx, auth}, "holder pointer": &holder{keys[0], keys, token, ctx, auth},
		"in any": []any{keys[0], token, ctx}, "in a map": map[string]any{"k": keys[0], "t": *token},
	} {
		var out bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
			slog.New(h).Info("x", "v", v, slog.Group("g", "v", v))
		}
		forbidden := forbidden
		if !strings.HasPrefix(name, "holder") {
			// Claims do not show either. The exception is an unexported field under a verb
			// that does not fit: there fmt calls no methods.
			forbidden = append(forbidden, "PRIVATE")
		}
		for _, bad := range forbidden {
			if strings.Contains(out.String(), bad) {
				t.Errorf("%s prints %.60q in:\n%.2000s", name, bad, out.String())
			}
		}
	}
	if got, want := fmt.Sprintf("%v %v %#v", keys[0], token, ctx), `jwthttp.Key{HS256 kid="k1"} jwthttp.Token{HS256 kid="k1" } jwthttp.Context`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// The text of an inner error is cut, and a client never sees it.
func TestInnerErrors(t *testing.T) {
	inner := errors.New("x" + strings.Repeat("é", 100) + "MIDDLE" + strings.Repeat("é", 100) + ": mend it so")
	var seen error
	auth := mustNew(t, jwthttp.HS256(secret), jwthttp.Options{ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
		seen = err
		jwthttp.WriteError(w, r, err)
	}}, func(context.Context, *jwthttp.Token[AppClaims]) error { return inner })
	a := serve(t, auth).send(t, "GET", "Authorization: Bearer "+good())
	if strings.Contains(a.body, "é") || strings.Contains(a.Header.Get("WWW-Authenticate"), "é") {
		t.Errorf("the client sees the inner error: %v %s", a.Header, a.body)
	}
	if text := seen.Error(); !errors.Is(seen, inner) || strings.Contains(text, "MIDDLE") || !strings.HasSuffix(text, ": x"+strings.Repeat("é", 78)+"…"+strings.Repeat("é", 42)+": mend it so") || !utf8.ValidString(text) {
		t.Errorf("error = %v", seen)
	}
}

// Whatever a token is refused for, neither the error's text nor its record nor the answer
// contains a part of the token or of the secret.
func TestErrorsShowNoToken(t *testing.T) {
	var seen error
	var out bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&out, nil))
	auth := mustNew(t, jwthttp.KeySet{jwthttp.HS256(secret), jwthttp.RS256(&rsaKey().PublicKey)}, jwthttp.Options{
		Issuer: issuerA, Audience: []string{"orders"}, Extractors: bothPlaces,
		OnResult:     func(_ *http.Request, res jwthttp.Result) { logger.Info("told", "result", res) },
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) { seen = err; jwthttp.WriteError(w, r, err) },
	}, func(_ context.Context, token *jwthttp.Token[AppClaims]) error {
		return fmt.Errorf("checking %v, %+v, %s: %w", token, *token, token.Header, errors.New("no"))
	})
	claims := func(more string) string { return payload(`"role":"a role that is long enough",` + more) }
	const ours = `"iss":"https://a.example","aud":"orders"`
	for name, raw := range map[string]string{
		"segments":      signHS(secret, plainHeader, claims(ours)) + ".x",
		"alphabet":      signHS(secret, plainHeader, claims(ours)) + "*",
		"size":          signHS(secret, plainHeader, claims(ours+`,"pad":"`+strings.Repeat("x", 8<<10)+`"`)),
		"header":        signHS(secret, `{"alg":"HS256","typ":"JWT",}`, claims(ours)),
		"crit":          signHS(secret, `{"alg":"HS256","crit":["a name that is long enough"]}`, claims(ours)),
		"kid":           signHS(secret, `{"alg":"HS256","kid":"`+strings.Repeat("k", 300)+`"}`, claims(ours)),
		"typ":           signHS(secret, `{"alg":"HS256","typ":"logout+jwt"}`, claims(ours)),
		"alg":           signHS(secret, `{"alg":"HS512","typ":"JWT"}`, claims(ours)),
		"signature":     signHS(secretN(1), plainHeader, claims(ours)),
		"RSA signature": signRS(t, rsaForger(), `{"alg":"RS256"}`, claims(ours)),
		"no JSON":       signHS(secret, plainHeader, claims(ours)+"x"),
		"claims":        signHS(secret, plainHeader, claims(ours+`,"jti":1`)),
		"field":         signHS(secret, plainHeader, payload(ours+`,"role":["a role that is long enough"]`)),
		"name twice":    signHS(secret, plainHeader, claims(ours+`,"role":"x"`)),
		"no exp":        signHS(secret, plainHeader, `{`+ours+`}`),
		"cnf":           signHS(secret, plainHeader, claims(ours+`,"cnf":{}`)),
		"iss":           signHS(secret, plainHeader, claims(`"iss":"https://b.example","aud":"orders"`)),
		"aud":           signHS(secret, plainHeader, claims(`"iss":"https://a.example","aud":"bills"`)),
		"nbf":           signHS(secret, plainHeader, claims(ours+`,"nbf":4102444800`)),
		"expired":       signHS(secret, plainHeader, `{"exp":1,`+ours+`}`),
		"check":         signHS(secret, plainHeader, claims(ours)),
	} {
		for _, header := range []string{"Authorization", "X-Token"} {
			out.Reset()
			seen = nil
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("X-Token", raw)
			if header == "Authorization" {
				r.Header = http.Header{"Authorization": {"Bearer " + raw}}
			}
			rec := httptest.NewRecorder()
			auth.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Errorf("%s: next ran", name) })).ServeHTTP(rec, r)
			if seen == nil || out.Len() == 0 {
				t.Fatalf("%s: nothing was logged", name)
			}
			text := fmt.Sprintf("%v %+v %#v %q %s %v %s", seen, seen, seen, seen, &out, rec.Header(), rec.Body)
			for _, part := range append(strings.Split(raw, "."), string(secret)) {
				if len(part) > 16 && strings.Contains(text, part[:16]) {
					t.Errorf("%s: %s shows in %s", name, part[:16], text)
				}
			}
		}
	}
}

// A failure has exactly one kind, whatever kind its inner error has. errors.Is and errors.As
// still find the caller's own errors. The text is one line.
func TestKinds(t *testing.T) {
	kinds := []error{jwthttp.ErrNoToken, jwthttp.ErrInvalidRequest, jwthttp.ErrInvalidToken, jwthttp.ErrForbidden, jwthttp.ErrInsufficientScope, jwthttp.ErrCrossOrigin, jwthttp.ErrUnavailable, jwthttp.ErrMisconfigured}
	of := func(err error) (is []error) {
		for _, k := range kinds {
			if errors.Is(err, k) {
				is = append(is, k)
			}
		}
		return is
	}
	own := &ownError{"own\r\nforged line\x00"}
	for _, cause := range append(kinds, jwthttp.ErrUnknownKey, own) {
		want := jwthttp.ErrInvalidToken
		if cause == jwthttp.ErrUnavailable {
			want = cause
		}
		cause = fmt.Errorf("%w, %w", cause, own)
		failing := mustNew(t, jwthttp.HS256(secret), jwthttp.Options{}, func(context.Context, *jwthttp.Token[AppClaims]) error { return cause })
		_, err := failing.Verify(t.Context(), good())
		if got := of(err); !slices.Equal(got, []error{want}) {
			t.Errorf("a check's %v is of the kinds %v", cause, got)
		}
		var asOwn *ownError
		if !errors.Is(err, own) || !errors.As(err, &asOwn) || asOwn != own || strings.ContainsAny(err.Error(), "\r\n\x00") {
			t.Errorf("the own error in %q is not found, or breaks the line", err)
		}
		source := mustNew[AppClaims](t, jwthttp.KeyFunc(func(context.Context, jwthttp.TokenHeader) ([]jwthttp.Key, error) { return nil, cause }), jwthttp.Options{})
		_, err = source.Verify(t.Context(), good())
		want = jwthttp.ErrUnavailable
		if errors.Is(cause, jwthttp.ErrUnknownKey) {
			want = jwthttp.ErrInvalidToken
		}
		if got := of(err); !slices.Equal(got, []error{want}) || errors.Is(err, jwthttp.ErrUnknownKey) != (want == jwthttp.ErrInvalidToken) {
			t.Errorf("a key source's %v is of the kinds %v", cause, got)
		}
	}
}

type ownError struct{ text string }

func (e *ownError) Error() string { return e.text }

// WriteError answers errors that are not from a middleware.
func TestWriteErrorOfAnyError(t *testing.T) {
	for _, tc := range []struct {
		err    error
		status int
		code   string
	}{
		{jwthttp.ErrNoToken, 401, ""},
		{fmt.Errorf("x: %w", jwthttp.ErrInvalidRequest), 400, "invalid_request"},
		{jwthttp.ErrInvalidToken, 401, "invalid_token"},
		{jwthttp.ErrUnknownKey, 401, "invalid_token"},
		{fmt.Errorf("x: %w", jwthttp.ErrForbidden), 403, "forbidden"},
		{jwthttp.ErrInsufficientScope, 403, "insufficient_scope"},
		{jwthttp.ErrInsufficientUserAuthentication, 401, "insufficient_user_authentication"},
		{jwthttp.ErrCrossOrigin, 403, "cross_origin"},
		{fmt.Errorf("x: %w", jwthttp.ErrUnavailable), 503, "temporarily_unavailable"},
		{fmt.Errorf("x: %w", jwthttp.ErrMisconfigured), 500, "server_error"},
		{context.DeadlineExceeded, 503, "temporarily_unavailable"},
		{errors.New("own"), 401, "invalid_token"},
		{nil, 401, "invalid_token"},
	} {
		rec := httptest.NewRecorder()
		rec.Header().Set("Content-Length", "999")
		rec.Header().Set("Retry-After", "999")
		rec.Header().Set("Etag", "x")
		rec.Header().Set("WWW-Authenticate", "Basic")
		rec.Header().Set("Cache-Control", "public")
		jwthttp.WriteError(rec, httptest.NewRequest("GET", "/", nil), tc.err)
		if rec.Code != tc.status || (tc.code != "") != strings.Contains(rec.Body.String(), `"error":"`+tc.code+`"`) {
			t.Errorf("%v: %d %s", tc.err, rec.Code, rec.Body)
		}
		if h := rec.Header(); h.Get("Etag") != "" || h.Get("Cache-Control") != "no-store" || h.Get("Content-Length") != "" {
			t.Errorf("%v: %v", tc.err, h)
		}
		if got := strings.Join(rec.Header().Values("Retry-After"), "|"); got != map[bool]string{true: "5"}[tc.status == 503] {
			t.Errorf("%v: Retry-After %q", tc.err, got)
		}
		if challenged := strings.HasPrefix(strings.Join(rec.Header().Values("WWW-Authenticate"), "|"), `Bearer realm="api"`); challenged != (tc.status == 400 || tc.status == 401 || tc.code == "insufficient_scope") {
			t.Errorf("%v: %v", tc.err, rec.Header())
		}
	}
}

// Headers that were set for another answer are removed. Headers that are true of every answer
// stay.
func TestWriteErrorRemovesHeaders(t *testing.T) {
	gone := []string{
		"Content-Length", "Content-Range", "Accept-Ranges", "Content-Disposition", "Content-Language", "Content-Location", "ETag", "Last-Modified", "Location", "Refresh",
		"Trailer", http.TrailerPrefix + "Content-Digest", "Digest", "Content-Digest", "Repr-Digest", "Content-MD5", "Expires", "Age", "Retry-After", "X-Accel-Redirect", "X-Accel-Expires",
		"X-Sendfile", "CDN-Cache-Control", "Cloudflare-CDN-Cache-Control", "Vercel-CDN-Cache-Control", "Netlify-CDN-Cache-Control", "X-LiteSpeed-Cache-Control", "Surrogate-Control", "Edge-Control",
	}
	replaced := map[string]string{"Cache-Control": "no-store", "Content-Type": "application/problem+json", "WWW-Authenticate": `Bearer realm="api"`}
	kept := []string{
		"Content-Encoding", "Vary", "Set-Cookie", "Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Strict-Transport-Security", "Content-Security-Policy", "X-Content-Type-Options",
		"Want-Content-Digest", "Want-Repr-Digest", "Surrogate-Key", "X-Request-Id", "Link", "Server-Timing", "Connection", "Clear-Site-Data",
	}
	for _, spelling := range []func(string) string{http.CanonicalHeaderKey, strings.ToLower, strings.ToUpper} {
		for _, method := range []string{"GET", "HEAD"} {
			rec := httptest.NewRecorder()
			all := slices.Concat(gone, kept, slices.Collect(maps.Keys(replaced)))
			for _, name := range all {
				if strings.HasPrefix(name, http.TrailerPrefix) {
					rec.Header()[name] = []string{"x"} // net/http knows only one spelling of the prefix
					continue
				}
				rec.Header()[spelling(name)] = []string{"x", "y"}
			}
			jwthttp.WriteError(rec, httptest.NewRequest(method, "/", nil), jwthttp.ErrNoToken)
			got := map[string][]string{}
			for name, values := range rec.Header() {
				key := http.CanonicalHeaderKey(name)
				got[key] = append(got[key], values...)
			}
			want := map[string][]string{}
			for _, name := range kept {
				want[http.CanonicalHeaderKey(name)] = []string{"x", "y"}
			}
			for name, value := range replaced {
				want[http.CanonicalHeaderKey(name)] = []string{value}
			}
			if !maps.EqualFunc(got, want, slices.Equal[[]string]) {
				t.Errorf("%s: %v\nwant %v", method, got, want)
			}
		}
	}
}

// A middleware outside may have declared before that it compresses. The client can read the
// answer, RFC 9110 section 8.4.
func TestInsideCompression(t *testing.T) {
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{})
	compress := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Accept-Encoding") != "gzip" {
				next.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Encoding", "gzip")
			w.Header().Set("Vary", "Accept-Encoding")
			w.Header().Set("Content-Length", "3") // set by code that does not know of the compression
			if r.Method == http.MethodHead {
				next.ServeHTTP(w, r)
				return
			}
			gz := gzip.NewWriter(w)
			defer gz.Close()
			next.ServeHTTP(&compressed{w, gz}, r)
		})
	}
	s := &site{}
	s.Server = httptest.NewServer(alice.New(compress, auth.Handler, jwthttp.RequireScopes("read")).ThenFunc(func(http.ResponseWriter, *http.Request) { s.ran++ }))
	defer s.Close()
	s.Client().Transport.(*http.Transport).DisableCompression = true
	for _, tc := range []struct {
		name, line, code string
		status           int
	}{
		{"no token", "X: y", "", 401},
		{"malformed", "Authorization: Bearer", "invalid_request", 400},
		{"bad", "Authorization: Bearer x", "invalid_token", 401},
		{"refused by a guard", "Authorization: Bearer " + good(), "insufficient_scope", 403},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := s.send(t, "GET", tc.line, "Accept-Encoding: gzip")
			if a.StatusCode != tc.status || a.Header.Get("Content-Encoding") != "gzip" || a.Header.Get("Vary") != "Accept-Encoding" || a.ran != 0 {
				t.Fatalf("%d %v %q", a.StatusCode, a.Header, a.body)
			}
			gz, err := gzip.NewReader(strings.NewReader(a.body))
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(gz)
			if err != nil {
				t.Fatal(err)
			}
			var problem struct {
				Status int
				Error  string
			}
			if err := json.Unmarshal(body, &problem); err != nil || problem.Status != tc.status || problem.Error != tc.code {
				t.Errorf("%s, %v", body, err)
			}
			head := s.send(t, "HEAD", tc.line, "Accept-Encoding: gzip")
			for _, name := range []string{"Content-Type", "Content-Encoding", "Cache-Control", "Www-Authenticate", "Vary"} {
				if got, want := head.Header.Values(name), a.Header.Values(name); head.StatusCode != tc.status || !slices.Equal(got, want) {
					t.Errorf("HEAD: %d, %s is %q, want %q", head.StatusCode, name, got, want)
				}
			}
			if plain := s.send(t, "GET", tc.line); plain.StatusCode != tc.status || plain.Header["Content-Encoding"] != nil || !strings.HasPrefix(plain.body, `{"title":`) {
				t.Errorf("not compressed: %d %v %q", plain.StatusCode, plain.Header, plain.body)
			}
		})
	}
}

type compressed struct {
	http.ResponseWriter
	gz *gzip.Writer
}

func (w *compressed) Write(b []byte) (int, error) { return w.gz.Write(b) }

// The cost of any request is bounded: a forged token of the full size costs less than 2 KiB of
// memory. No value of the claims type is made.
func TestForgedTokensAreCheap(t *testing.T) {
	keys := allKeys()
	keys[0] = keys[0].WithID("hs")
	auth := mustNew[AppClaims](t, keys, jwthttp.Options{})
	big := payload(`"pad":"` + strings.Repeat("x", 5000) + `"`)
	withHeader := func(header string) string {
		return signHS([]byte("another"), header, payload(`"pad":"`+strings.Repeat("x", 3900)+`"`))
	}
	members := func(format string, n int) string {
		header := `{"alg":"HS256"`
		for i := range n {
			header += fmt.Sprintf(format, 'Ā'+i) // as %c, each is another letter of two bytes
		}
		return header + "}"
	}
	inside := func(header string) string {
		return `{"alg":"HS256","x":` + strings.Replace(header, `"alg"`, `"a"`, 1) + `}`
	}
	tokens := map[string]string{ // each has nearly 8 KiB
		"unknown alg":    signHS(secret, `{"alg":"none"}`, big),
		"unknown kid":    signHS(secret, `{"alg":"HS256","kid":"nobody's"}`, big),
		"garbage":        strings.Repeat("x", 8000) + "." + "y.z",
		"no JSON":        b64(strings.Repeat("x", 2048)) + ".x.x",
		"oversized":      strings.Repeat("x", 1<<20),
		"longest header": withHeader(pad(`{"alg":"HS256"`, 2048)),
		"longest kid":    withHeader(`{"alg":"HS256","kid":"` + strings.Repeat("k", 256) + `"}`),
		"escaped kid":    withHeader(`{"alg":"HS256","kid":"` + strings.Repeat(`\u006b`, 256) + `"}`),
		"escaped alg":    withHeader(`{"alg":"` + strings.Repeat(`\u0048`, 330) + `"}`),
		"long alg":       withHeader(`{"alg":"` + strings.Repeat("H", 2000) + `"}`),
		"long typ":       withHeader(`{"alg":"HS256","typ":"` + strings.Repeat("J", 2000) + `"}`),
		"many names":     withHeader(members(`,"%x":1`, 250)),
		"many strings":   withHeader(members(`,"%x":"1"`, 31)),
		"escaped names":  withHeader(members(`,"\u0041%x":1`, 31)),
		"long names":     withHeader(members(`,"%055x":1`, 31)),
		"60 names":       withHeader(members(`,"%021x":1`, 60)),
		"one long name":  withHeader(`{"alg":"HS256","` + strings.Repeat(`\u0041`, 330) + `":1}`),
		"names inside":   withHeader(inside(members(`,"%055x":1`, 30))),
		"most inside":    withHeader(inside(members(`,"%c":1`, 280))),
		"most names":     withHeader(members(`,"%025x":1`, 31)),
		"many objects":   withHeader(members(`,"%x":{"a":{"b":1}}`, 10)),
	}
	for _, a := range algorithms() {
		tokens[a.name] = a.forge(t, big)
		tokens[a.name+", misplaced"] = a.misplace(t, big)
		_, sig := cutSignature(t, tokens[a.name])
		tokens[a.name+", ones"] = b64(a.header()) + "." + b64(big) + "." + b64(strings.Repeat("\xff", len(sig)))
	}
	for name, raw := range tokens {
		request := httptest.NewRequest("GET", "/", nil)
		request.Header.Set("Authorization", "Bearer "+raw)
		once := func() {
			if _, err := auth.Authenticate(request); !errors.Is(err, jwthttp.ErrInvalidToken) {
				t.Fatalf("%s: %v", name, err)
			}
		}
		bytes := bytesPerRun(200, once)
		if bytes >= 2<<10 && !underRace() {
			t.Errorf("%s: %d bytes", name, bytes)
		}
	}
}

// bytesPerRun returns how many bytes f allocates on average.
func bytesPerRun(runs int, f func()) uint64 {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // nothing else allocates at the same time
	f()                                             // fills the pools
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		f()
	}
	runtime.ReadMemStats(&after)
	return (after.TotalAlloc - before.TotalAlloc) / uint64(runs)
}

// underRace reports whether the race detector is on. The race detector empties pools at
// random.
func underRace() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// A key function for golang-jwt is called for every token. Each of its keys is prepared only
// once. The function's token and its header are all that a forged token costs more than without
// it: at most half a KiB.
func TestForgedTokensAreCheapWithFromKeyfunc(t *testing.T) {
	big := payload(`"pad":"` + strings.Repeat("x", 5000) + `"`)
	for _, a := range algorithms() {
		raw := a.misplace(t, big)
		cost := func(keys jwthttp.KeySource) uint64 {
			auth := mustNew[AppClaims](t, keys, jwthttp.Options{})
			var err error
			bytes := bytesPerRun(400, func() { _, err = auth.Verify(t.Context(), raw) })
			if !errors.Is(err, jwt.ErrTokenSignatureInvalid) { // this takes memory itself
				t.Fatal(err)
			}
			return bytes
		}
		more, most := uint64(1<<9), uint64(2<<10)
		if a.name == "PS512" {
			most += 16 // crypto/rsa makes its hash anew, which is larger
		}
		plain, bytes := cost(a.key), cost(jwthttp.FromKeyfunc(anyKey(a.public), a.name))
		if (bytes >= most || bytes > plain+more) && !underRace() {
			t.Errorf("%s: %d bytes, and %d without a function", a.name, bytes, plain)
		}
	}
}

// Parallel requests each see their own claims, under the race detector as well.
func TestParallelRequests(t *testing.T) {
	auth := mustNew[AppClaims](t, allKeys(), jwthttp.Options{})
	h := auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, _ := jwthttp.ClaimsFromContext[AppClaims](r.Context())
		fmt.Fprint(w, claims.Subject)
	}))
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for i := range 20 {
				subject := fmt.Sprintf("user-%d-%d", n, i)
				claims := fmt.Sprintf(`{"sub":%q,"exp":%d}`, subject, time.Now().Add(time.Hour).Unix())
				for _, a := range algorithms() {
					raw := a.sign(t, claims)
					for token, want := range map[string]string{raw: subject, raw[:len(raw)-8] + "AAAAAAAA": ""} {
						r := httptest.NewRequest("GET", "/", nil)
						r.Header.Set("Authorization", "Bearer "+token)
						rec := httptest.NewRecorder()
						h.ServeHTTP(rec, r)
						if (rec.Code == 200) != (want != "") || want != "" && rec.Body.String() != want {
							t.Errorf("%s: %d %s", subject, rec.Code, rec.Body)
						}
					}
				}
			}
		})
	}
	wg.Wait()
}

// An error does not show the claims or the header that could not be read.
func TestErrorsShowNoClaims(t *testing.T) {
	type dated struct {
		At    time.Time `json:"at"`
		Small int8      `json:"small"`
	}
	auth := mustNew[dated](t, jwthttp.HS256(secret), jwthttp.Options{})
	for _, raw := range []string{
		signHS(secret, plainHeader, payload(`"at":"SECRETVALUE"`)), signHS(secret, plainHeader, payload(`"small":98765`)), signHS(secret, plainHeader, payload(`"small":"SECRETVALUE"`)),
		signHS(secret, plainHeader, `{"exp":"SECRETVALUE"}`), signHS(secret, plainHeader, `{"exp":98765,"sub":["SECRETVALUE"]}`), signHS(secret, plainHeader, payload(`"x":"SECRETVALUE`)),
		signHS(secret, `{"alg":"HS256","x":"SECRETVALUE`, payload("")), signHS(secret, `{"alg":["SECRETVALUE"]}`, payload("")), signHS(secret, `{"alg":"HS256","crit":["SECRETVALUE"]}`, payload("")),
	} {
		_, err := auth.Verify(t.Context(), raw)
		if err == nil || strings.Contains(err.Error(), "SECRETVALUE") || strings.Contains(err.Error(), "98765") {
			t.Errorf("error %v", err)
		}
	}
}
