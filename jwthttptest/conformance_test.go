package jwthttptest_test

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwthttptest"
)

// A recorder records the faults of a chain.
type recorder []string

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) { *r = append(*r, fmt.Sprintf(format, args...)) }

func mustNew(t testing.TB, keys jwthttp.KeySource, opts jwthttp.Options) *jwthttp.Middleware[Claims] {
	t.Helper()
	auth, err := jwthttp.New[Claims](keys, opts)
	if err != nil {
		t.Fatal(err)
	}
	return auth
}

var whoami = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	claims, ok := jwthttp.ClaimsFromContext[Claims](r.Context())
	if !ok {
		io.WriteString(w, "hello")
		return
	}
	io.WriteString(w, claims.Subject)
})

func TestConformance(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	cookie := []jwthttp.Extractor{jwthttp.BearerHeader(), jwthttp.Cookie("token")}
	for _, tc := range []struct {
		name  string
		keys  jwthttp.KeySource
		opts  func(*jwthttp.Options)
		setup jwthttptest.Setup
	}{
		{"RS256", iss.RS256(), nil, jwthttptest.Setup{Shows: "alice"}},
		{"HS256", iss.HS256(), nil, jwthttptest.Setup{Options: []jwthttptest.TokenOption{jwthttptest.HS256}}},
		{"a key without id", jwthttp.RS256(iss.PublicKey()), nil, jwthttptest.Setup{}},
		{"a secret", jwthttp.HS256(iss.Secret()), nil, jwthttptest.Setup{Options: []jwthttptest.TokenOption{jwthttptest.HS256}}},
		{"a key set", jwthttp.KeySet{iss.RS256(), iss.HS256()}, nil, jwthttptest.Setup{}},
		{"a source", iss.Source(t), nil, jwthttptest.Setup{}},
		{"issuers", jwthttp.Issuers{iss.URL: iss.RS256()}, nil, jwthttptest.Setup{}},
		{"realm and metadata", iss.RS256(), func(o *jwthttp.Options) {
			o.Realm, o.ResourceMetadata = "shop", "https://api.example.com/.well-known/oauth-protected-resource"
		}, jwthttptest.Setup{Realm: "shop", ResourceMetadata: "https://api.example.com/.well-known/oauth-protected-resource"}},
		{"challenge scopes", iss.RS256(), func(o *jwthttp.Options) { o.ChallengeScopes = []string{"read", "write"} },
			jwthttptest.Setup{ChallengeScopes: []string{"read", "write"}}},
		{"a cookie too", iss.RS256(), func(o *jwthttp.Options) { o.Extractors = cookie }, jwthttptest.Setup{Cookie: "token"}},
		{"a cookie only", iss.RS256(), func(o *jwthttp.Options) { o.Extractors = cookie[1:] }, jwthttptest.Setup{Cookie: "token", CookieOnly: true}},
		{"a header of another name", iss.RS256(), func(o *jwthttp.Options) {
			o.Extractors = []jwthttp.Extractor{jwthttp.HeaderNamed("X-Access-Token")}
		}, jwthttptest.Setup{Header: "x-access-token"}},
		{"that and a cookie, or anonymous", iss.RS256(), func(o *jwthttp.Options) {
			o.Extractors, o.AllowAnonymous = []jwthttp.Extractor{jwthttp.HeaderNamed("X-Access-Token"), cookie[1]}, true
		}, jwthttptest.Setup{Header: "X-Access-Token", Cookie: "token", AllowAnonymous: true}},
		{"a header, else a cookie", iss.RS256(), func(o *jwthttp.Options) { o.Extractors = []jwthttp.Extractor{jwthttp.FirstOf(cookie...)} }, jwthttptest.Setup{Cookie: "token", HeaderFirst: true}},
		{"that header, else a cookie", iss.RS256(), func(o *jwthttp.Options) {
			o.Extractors = []jwthttp.Extractor{jwthttp.FirstOf(jwthttp.HeaderNamed("X-Access-Token"), cookie[1])}
		}, jwthttptest.Setup{Header: "X-Access-Token", Cookie: "token", HeaderFirst: true}},
		{"anonymous", iss.RS256(), func(o *jwthttp.Options) { o.AllowAnonymous = true }, jwthttptest.Setup{AllowAnonymous: true}},
		{"without expiry", iss.RS256(), func(o *jwthttp.Options) { o.AllowMissingExpiry = true }, jwthttptest.Setup{Accepts: []jwthttptest.Fault{jwthttptest.NoExpiry}}},
		{"without issuer", iss.RS256(), func(o *jwthttp.Options) { o.Issuer = "" }, jwthttptest.Setup{Accepts: []jwthttptest.Fault{jwthttptest.WrongIssuer, jwthttptest.NoIssuer}}},
		{"a redirect", iss.RS256(), func(o *jwthttp.Options) {
			o.ErrorHandler = func(w http.ResponseWriter, r *http.Request, _ error) {
				http.Redirect(w, r, "/login", http.StatusSeeOther)
			}
		}, jwthttptest.Setup{OwnErrors: true}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			opts := iss.Options()
			if tc.opts != nil {
				tc.opts(&opts)
			}
			tc.setup.Issuer, tc.setup.Claims = iss, Claims{Subject: "alice"}
			jwthttptest.Conformance(t, mustNew(t, tc.keys, opts).Handler(whoami), tc.setup)
		})
	}
	around := func(name string, setup jwthttptest.Setup, wrap func(http.Handler) http.Handler) {
		t.Run(name, func(t *testing.T) {
			opts := iss.Options()
			opts.Extractors = cookie
			setup.Issuer, setup.Claims, setup.Cookie = iss, Claims{Subject: "alice"}, "token"
			jwthttptest.Conformance(t, wrap(mustNew(t, iss.RS256(), opts).Handler(whoami)), setup)
		})
	}
	for _, status := range []int{200, 400, 401, 403, 404} {
		around(fmt.Sprintf("a handler for all else that answers %d", status), jwthttptest.Setup{}, func(next http.Handler) http.Handler {
			mux := http.NewServeMux()
			mux.Handle("GET /{$}", next)
			mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { http.Error(w, "public", status) })
			return mux
		})
	}
	around("a gate outside", jwthttptest.Setup{}, http.NewCrossOriginProtection().Handler)
	// Layers that know nothing of tokens refuse some of the requests first.
	outside := func(status int, refuses func(*http.Request) bool) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if refuses(r) {
					http.Error(w, "not here", status)
					return
				}
				next.ServeHTTP(w, r)
			})
		}
	}
	asked := func(r *http.Request) bool { return r.URL.RawQuery != "" }
	around("content types", jwthttptest.Setup{}, outside(http.StatusUnsupportedMediaType, func(r *http.Request) bool { return strings.Contains(r.Header.Get("Content-Type"), "form") }))
	around("no upgrades", jwthttptest.Setup{}, outside(http.StatusBadRequest, func(r *http.Request) bool { return r.Header.Get("Upgrade") != "" }))
	around("sizes", jwthttptest.Setup{}, outside(http.StatusRequestHeaderFieldsTooLarge, func(r *http.Request) bool { return len(r.Header.Get("Authorization")) > 16<<10 }))
	around("no queries", jwthttptest.Setup{}, outside(http.StatusRequestURITooLong, asked))
	t.Run("no queries, or anonymous", func(t *testing.T) {
		opts := iss.Options()
		opts.AllowAnonymous = true
		chain := outside(http.StatusBadRequest, asked)(mustNew(t, iss.RS256(), opts).Handler(whoami))
		jwthttptest.Conformance(t, chain, jwthttptest.Setup{Issuer: iss, Claims: Claims{Subject: "alice"}, AllowAnonymous: true})
	})
	for name, answer := range map[string]func(http.ResponseWriter, *http.Request, error){
		"a login that comes back": func(w http.ResponseWriter, r *http.Request, _ error) {
			http.Redirect(w, r, "/login?next="+url.QueryEscape(r.URL.String()), http.StatusSeeOther)
		},
		"an error page with its address": func(w http.ResponseWriter, r *http.Request, _ error) {
			http.Error(w, "no access to "+r.URL.String(), http.StatusUnauthorized)
		},
	} {
		t.Run(name, func(t *testing.T) {
			opts := iss.Options()
			opts.ErrorHandler = answer
			jwthttptest.Conformance(t, mustNew(t, iss.RS256(), opts).Handler(whoami), jwthttptest.Setup{Issuer: iss, Claims: Claims{Subject: "alice"}, OwnErrors: true})
		})
	}
	around("CORS with credentials for its own origins", jwthttptest.Setup{CORS: "https://app.example.com"}, func(next http.Handler) http.Handler { return cors(next, "https://app.example.com") })
	around("early hints", jwthttptest.Setup{}, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			next.ServeHTTP(w, r)
		})
	})
	around("a router without HEAD", jwthttptest.Setup{}, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodHead {
				http.Error(w, "no HEAD", http.StatusMethodNotAllowed)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	request := httptest.NewRequest("GET", "/", nil)
	around("one request for all", jwthttptest.Setup{Request: func() *http.Request { return request }}, func(next http.Handler) http.Handler { return next })
	around("an error page", jwthttptest.Setup{OwnErrors: true}, func(next http.Handler) http.Handler {
		return answered(next, func(w *httptest.ResponseRecorder) {
			if w.Code >= 400 {
				w.Body = bytes.NewBufferString("We could not sign you in, or failed to find out who you are.")
			}
		})
	})
	t.Run("a page that is a part of a word", func(t *testing.T) {
		opts := iss.Options()
		opts.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) {
			http.Error(w, "The token is not good", http.StatusUnauthorized)
		}
		ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
		jwthttptest.Conformance(t, mustNew(t, iss.RS256(), opts).Handler(ok), jwthttptest.Setup{Issuer: iss, OwnErrors: true})
	})
	t.Run("a text that is a part of a word", func(t *testing.T) {
		ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
		jwthttptest.Conformance(t, mustNew(t, iss.RS256(), iss.Options()).Handler(ok), jwthttptest.Setup{Issuer: iss, Shows: "ok"})
	})
	t.Run("a cookie that is set again", func(t *testing.T) {
		opts := iss.Options()
		opts.Extractors = cookie
		again := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if c, err := r.Cookie("token"); err == nil {
				http.SetCookie(w, c)
			}
			whoami(w, r)
		})
		jwthttptest.Conformance(t, mustNew(t, iss.RS256(), opts).Handler(again), jwthttptest.Setup{Issuer: iss, Claims: Claims{Subject: "alice"}, Cookie: "token"})
	})
	t.Run("guards", func(t *testing.T) {
		guarded := mustNew(t, iss.RS256(), iss.Options()).Handler(jwthttp.RequireScopes("read", "write")(jwthttp.Require(notMallory)(whoami)))
		jwthttptest.Conformance(t, guarded, jwthttptest.Setup{Issuer: iss, Claims: Claims{Subject: "alice"}, Scopes: []string{"read", "write"}, Forbidden: Claims{Subject: "mallory"}})
	})
	t.Run("guards in one another", func(t *testing.T) {
		guarded := mustNew(t, iss.RS256(), iss.Options()).Handler(jwthttp.RequireScopes("write")(jwthttp.RequireScopes("read")(whoami)))
		jwthttptest.Conformance(t, guarded, jwthttptest.Setup{Issuer: iss, Claims: Claims{Subject: "alice"}, Scopes: []string{"read", "write"}})
	})
	t.Run("scopes in another order", func(t *testing.T) {
		guarded := mustNew(t, iss.RS256(), iss.Options()).Handler(jwthttp.RequireScopes("write", "read")(whoami))
		jwthttptest.Conformance(t, guarded, jwthttptest.Setup{Issuer: iss, Claims: Claims{Subject: "alice"}, Scopes: []string{"read", "write"}})
	})
	t.Run("scopes in another claim", func(t *testing.T) {
		type claims struct {
			Scope []string `json:"scope,omitempty"`
			Scp   []string `json:"scp"`
		}
		auth, err := jwthttp.New[claims](iss.RS256(), iss.Options())
		if err != nil {
			t.Fatal(err)
		}
		jwthttptest.Conformance(t, auth.Handler(jwthttp.RequireScopes("read", "write")(whoami)), jwthttptest.Setup{
			Issuer: iss, Scopes: []string{"read", "write"},
			Options: []jwthttptest.TokenOption{jwthttptest.Claim("scope", nil), jwthttptest.Claim("scp", []string{"write", "read"})},
		})
	})
	t.Run("guards inside of an anonymous middleware", func(t *testing.T) {
		opts := iss.Options()
		opts.AllowAnonymous = true
		for name, setup := range map[string]jwthttptest.Setup{
			"scopes": {Scopes: []string{"read"}},
			"rule":   {Forbidden: Claims{Subject: "mallory"}},
		} {
			guard := jwthttp.RequireScopes(setup.Scopes...)
			if setup.Forbidden != nil {
				guard = jwthttp.Require(notMallory)
			}
			setup.Issuer, setup.Claims, setup.AllowAnonymous = iss, Claims{Subject: "alice"}, true
			t.Run(name, func(t *testing.T) {
				jwthttptest.Conformance(t, mustNew(t, iss.RS256(), opts).Handler(guard(whoami)), setup)
			})
		}
	})
	requests := 0
	for name, more := range map[string]func(*http.Request) string{
		"an anonymous page that is another each time": func(*http.Request) string { return rand.Text() },
		"an anonymous page with its address":          func(r *http.Request) string { return r.URL.String() },
		"an anonymous page with the time": func(r *http.Request) string {
			requests++
			return fmt.Sprint(requests / 4)
		},
	} {
		t.Run(name, func(t *testing.T) {
			opts := iss.Options()
			opts.AllowAnonymous = true
			page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				whoami(w, r)
				io.WriteString(w, more(r))
			})
			jwthttptest.Conformance(t, mustNew(t, iss.RS256(), opts).Handler(page), jwthttptest.Setup{Issuer: iss, Claims: Claims{Subject: "alice"}, AllowAnonymous: true})
		})
	}
	t.Run("an outage", func(t *testing.T) {
		down := false
		keys := jwthttp.KeyFunc(func(_ ctx, _ jwthttp.TokenHeader) ([]jwthttp.Key, error) {
			if down {
				return nil, errors.New("no keys")
			}
			return []jwthttp.Key{iss.RS256()}, nil
		})
		jwthttptest.Conformance(t, mustNew(t, keys, iss.Options()).Handler(whoami), jwthttptest.Setup{Issuer: iss, Claims: Claims{Subject: "alice"}, Outage: func() { down = true }})
	})
	t.Run("an outage of a source", func(t *testing.T) {
		source := iss.Source(t)
		jwthttptest.Conformance(t, mustNew(t, source, iss.Options()).Handler(whoami), jwthttptest.Setup{Issuer: iss, Claims: Claims{Subject: "alice"}, Outage: func() { source.Close() }})
	})
	t.Run("an outage of hours", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			iss := jwthttptest.NewIssuer(t)
			jwthttptest.Conformance(t, mustNew(t, iss.Source(t), iss.Options()).Handler(whoami), jwthttptest.Setup{Issuer: iss, Claims: Claims{Subject: "alice"}, Outage: func() {
				iss.Fail(http.StatusBadGateway)
				time.Sleep(3 * time.Hour)
			}})
		})
	})
	t.Run("CORS outside", func(t *testing.T) {
		jwthttptest.Conformance(t, cors(mustNew(t, iss.RS256(), iss.Options()).Handler(whoami)), jwthttptest.Setup{Issuer: iss, Claims: Claims{Subject: "alice"}, CORS: "https://app.example.com"})
	})
}

func notMallory(c Claims) error {
	if c.Subject == "mallory" {
		return errors.New("not her")
	}
	return nil
}

// cors is a small CORS layer. Without origins it allows any origin; otherwise it allows these,
// with credentials.
func cors(next http.Handler, origins ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if origin := r.Header.Get("Origin"); origin != "" && (origins == nil || slices.Contains(origins, origin)) {
			w.Header().Set("Access-Control-Allow-Origin", origin)
			if origins != nil {
				w.Header().Set("Access-Control-Allow-Credentials", "true")
			}
		}
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// A report begins with one of these texts.
const (
	picky       = "refuses what it must accept:"
	unseen      = "does not see a good token"
	misplaced   = "has a guard that is not inside a middleware for its claims type"
	polite      = "answers what it must refuse with a 2xx"
	letsIn      = "accepts what it must refuse:"
	status      = "refuses with another status"
	replaced    = "has something outside of the middleware that replaces the status of its refusals"
	challenge   = "refuses without the challenge"
	realm       = "names another realm, scope or resource_metadata"
	body        = "refuses with another body"
	shows       = "does not answer a good token with Setup.Shows exactly once"
	goesOn      = "writes more after a refusal"
	cache       = "does not keep caches from storing"
	leak        = "shows the client what is in a token or in an inner error:"
	noAnonymity = "does not serve requests without a token"
	gate        = "lets pages of other sites use the browser's cookie:"
)

// Conformance reports what is wrong with each broken chain, and nothing else.
func TestConformanceOfBrokenChains(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	opts := iss.Options()
	opts.Extractors = []jwthttp.Extractor{jwthttp.BearerHeader(), jwthttp.Cookie("token")}
	auth := mustNew(t, iss.RS256(), opts)
	good := auth.Handler(whoami)
	with := func(change func(*jwthttp.Options)) http.Handler {
		opts := opts
		change(&opts)
		return mustNew(t, iss.RS256(), opts).Handler(whoami)
	}
	// parsed is a middleware that calls golang-jwt with a key function.
	parsed := func(f jwt.Keyfunc, options ...jwt.ParserOption) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			raw := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
			if c, err := r.Cookie("token"); err == nil && raw == "" {
				raw = c.Value
			}
			if _, err := jwt.Parse(raw, f, options...); err != nil {
				jwthttp.WriteError(w, r, jwthttp.ErrInvalidToken)
				return
			}
			io.WriteString(w, "in")
		})
	}
	anonymousToo := with(func(o *jwthttp.Options) { o.AllowAnonymous = true })
	anonymous := with(func(o *jwthttp.Options) { o.AllowAnonymous, o.Extractors = true, nil })
	queried := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if raw := r.URL.Query().Get("access_token"); raw != "" {
				r.Header.Set("Authorization", "Bearer "+raw)
			}
			next.ServeHTTP(w, r)
		})
	}
	// hidden drops a header whose value begins with white space.
	hidden := func(next http.Handler, name string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if value := r.Header.Get(name); strings.TrimLeft(value, " \t") != value {
				r.Header.Del(name)
			}
			next.ServeHTTP(w, r)
		})
	}
	// anonymousWith serves requests without a token, and writes more text.
	anonymousWith := func(more func(*http.Request) string) http.Handler {
		opts := opts
		opts.AllowAnonymous, opts.Extractors = true, nil
		return mustNew(t, iss.RS256(), opts).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			whoami(w, r)
			io.WriteString(w, more(r))
		}))
	}
	posted := func(name string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if raw := r.PostFormValue(name); raw != "" {
				r.Header.Set("Authorization", "Bearer "+raw)
			}
			good.ServeHTTP(w, r)
		})
	}
	// skipping sends some requests past the middleware. The handler writes the same for all.
	skipping := func(skips func(*http.Request) bool) http.Handler {
		next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "in") })
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if skips(r) {
				next(w, r)
				return
			}
			auth.Handler(next).ServeHTTP(w, r)
		})
	}
	var once sync.Once
	var first, before Claims
	// strict has the checks that golang-jwt makes only if it is asked to.
	strict := []jwt.ParserOption{jwt.WithValidMethods([]string{"HS256"}), jwt.WithIssuer(iss.URL), jwt.WithAudience(iss.Audience), jwt.WithExpirationRequired()}
	hs256 := jwthttptest.Setup{Options: []jwthttptest.TokenOption{jwthttptest.HS256}, OwnErrors: true}
	// rewritten changes the last segment of the token.
	rewritten := func(change func(string) string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if all := r.Header["Authorization"]; len(all) == 1 {
				i := strings.LastIndexByte(all[0], '.') + 1
				r.Header.Set("Authorization", all[0][:i]+change(all[0][i:]))
			}
			good.ServeHTTP(w, r)
		})
	}
	anyKey := func(tok *jwt.Token) (any, error) {
		switch tok.Method.Alg() {
		case "none":
			return jwt.UnsafeAllowNoneSignatureType, nil
		case "HS256":
			return publicPEM(t, iss.PublicKey()), nil
		}
		return iss.PublicKey(), nil
	}
	out := false
	fail := func() { out = true }
	down := func(answer func(http.ResponseWriter, *http.Request, error)) http.Handler {
		keys := jwthttp.KeyFunc(func(ctx, jwthttp.TokenHeader) ([]jwthttp.Key, error) {
			if out {
				return nil, errors.New("no keys")
			}
			return []jwthttp.Key{iss.RS256()}, nil
		})
		opts := opts
		opts.ErrorHandler = func(w http.ResponseWriter, r *http.Request, err error) {
			if errors.Is(err, jwthttp.ErrUnavailable) {
				answer(w, r, err)
				return
			}
			jwthttp.WriteError(w, r, err)
		}
		return mustNew(t, keys, opts).Handler(whoami)
	}
	// withoutReturn runs the handler after a refusal.
	withoutReturn := func(refuse func(http.ResponseWriter, *http.Request, error), next http.HandlerFunc) http.Handler {
		opts := opts
		opts.ErrorHandler = func(w http.ResponseWriter, r *http.Request, err error) {
			refuse(w, r, err)
			next(w, r)
		}
		return mustNew(t, iss.RS256(), opts).Handler(next)
	}
	unauthorized := func(w http.ResponseWriter, _ *http.Request, _ error) {
		http.Error(w, "no", http.StatusUnauthorized)
	}
	page := func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<h1>Orders of alice</h1>\n") }
	whoamiAnyway := func(w http.ResponseWriter, r *http.Request, _ error) { whoami(w, r) }
	for _, tc := range []struct {
		name   string
		chain  http.Handler
		setup  jwthttptest.Setup
		faults []string // one for each report
		parts  []string // parts of the reports
	}{
		{"always next", whoami, jwthttptest.Setup{}, []string{cache, gate, "runs the handler whatever is sent"}, []string{`requests, the first: "200 hello"`}},
		{"always next, which asks for claims", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, _ := auth.Authenticate(r)
			if c == nil {
				c = new(jwthttp.Token[Claims])
			}
			io.WriteString(w, "hello "+c.Claims.Subject)
		}), jwthttptest.Setup{}, []string{cache, gate, polite}, []string{`requests, the first: "200 hello "`}},
		{"refusals without a status", with(func(o *jwthttp.Options) {
			o.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { io.WriteString(w, "no") }
		}), jwthttptest.Setup{OwnErrors: true}, []string{gate, polite}, []string{`requests, the first: "200 no"`}},
		{"refusals without a status, and no gate", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("Sec-Fetch-Site")
			r.Header.Del("Origin")
			with(func(o *jwthttp.Options) {
				o.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { io.WriteString(w, "no") }
			}).ServeHTTP(w, r)
		}), jwthttptest.Setup{OwnErrors: true}, []string{gate, polite}, nil},
		{"a guard outside", jwthttp.RequireScopes("read")(good), jwthttptest.Setup{}, []string{misplaced}, []string{"a good token: 500 "}},
		{"a guard for another claims type", auth.Handler(jwthttp.Require(func(*Claims) error { return nil })(whoami)), jwthttptest.Setup{}, []string{misplaced}, []string{"a good token: 500 "}},
		{"a guard that asks for nothing", auth.Handler(jwthttp.RequireScopes()(whoami)), jwthttptest.Setup{}, []string{misplaced}, []string{"a good token: 500 "}},
		{"white space hides the header, or anonymous", hidden(anonymous, "Authorization"), jwthttptest.Setup{AllowAnonymous: true}, []string{letsIn}, []string{
			`Authorization: " Bearer " and an expired token, over HTTP/2: 200, not 401; white space around a header's value does not count`, `Authorization: "\tBearer "`}},
		{"white space hides a good header, or anonymous", hidden(anonymous, "Authorization"), jwthttptest.Setup{AllowAnonymous: true, Shows: "alice"}, []string{letsIn, shows}, []string{`Authorization: Bearer …, with white space, over HTTP/2: "hello"`}},
		{"white space hides the header", hidden(good, "Authorization"), jwthttptest.Setup{}, []string{picky, letsIn, challenge, body}, []string{"a bad header after white space beside a good cookie, over HTTP/2: 200, not 400"}},
		{"white space hides the header, before a cookie", hidden(with(func(o *jwthttp.Options) { o.Extractors = []jwthttp.Extractor{jwthttp.FirstOf(opts.Extractors...)} }), "Authorization"),
			jwthttptest.Setup{HeaderFirst: true}, []string{picky, letsIn, challenge, body}, []string{"a bad header after white space beside a good cookie, over HTTP/2: 200, not 401"}},
		{"white space hides a header of another name, or anonymous", hidden(with(func(o *jwthttp.Options) {
			o.AllowAnonymous, o.Extractors = true, []jwthttp.Extractor{jwthttp.HeaderNamed("X-Access-Token")}
		}), "X-Access-Token"), jwthttptest.Setup{AllowAnonymous: true, Header: "X-Access-Token"}, []string{letsIn, cache}, []string{"an expired token in X-Access-Token, after white space, over HTTP/2: 200, not 401"}},
		{"cookies as net/http reads them, or anonymous", with(func(o *jwthttp.Options) {
			byNetHTTP := jwthttp.Cookie("token")
			byNetHTTP.Extract = func(r *http.Request) (string, error) {
				switch cookies := r.CookiesNamed("token"); len(cookies) {
				case 0:
					return "", nil
				case 1:
					return cookies[0].Value, nil
				default:
					return "", errors.New("two")
				}
			}
			o.AllowAnonymous, o.Extractors = true, []jwthttp.Extractor{byNetHTTP}
		}), jwthttptest.Setup{AllowAnonymous: true, Cookie: "token", CookieOnly: true}, []string{letsIn, status}, []string{`a cookie of "\"a": 200, not 400`, "a bad token before 3,000 more cookies: 200, not 400"}},
		{"a header that is removed", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("Authorization")
			good.ServeHTTP(w, r)
		}), jwthttptest.Setup{}, []string{unseen}, nil},
		{"a cookie of another name", good, jwthttptest.Setup{Cookie: "__Host-token", CookieOnly: true}, []string{unseen}, nil},

		{"nothing gets in", auth.Handler(http.NotFoundHandler()), jwthttptest.Setup{}, []string{"refuses a good token"}, []string{"404"}},
		{"next after an error", with(func(o *jwthttp.Options) {
			o.ErrorHandler = func(w http.ResponseWriter, r *http.Request, err error) { jwthttp.WriteError(w, r, err); whoami(w, r) }
		}), jwthttptest.Setup{}, []string{goesOn, "sends a body to HEAD:"}, nil},
		{"a page after a custom refusal", withoutReturn(unauthorized, page), jwthttptest.Setup{OwnErrors: true}, []string{goesOn}, []string{`no credentials: 401 "no\n<h1>Orders`}},
		{"a page after a redirect", withoutReturn(func(w http.ResponseWriter, r *http.Request, _ error) {
			http.Redirect(w, r, "/login", http.StatusSeeOther)
		}, page), jwthttptest.Setup{OwnErrors: true}, []string{goesOn}, nil},
		{"a page and more after a refusal", answered(withoutReturn(unauthorized, page), func(w *httptest.ResponseRecorder) {
			if w.Code != http.StatusOK {
				io.WriteString(w, rand.Text())
			}
		}), jwthttptest.Setup{OwnErrors: true, Shows: "alice"}, []string{goesOn}, nil},
		{"no content after a refusal", withoutReturn(jwthttp.WriteError, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }), jwthttptest.Setup{}, []string{goesOn}, []string{"no credentials: WriteHeader(204) after 401"}},
		{"an error after a custom refusal", withoutReturn(unauthorized, func(w http.ResponseWriter, r *http.Request) {
			if _, ok := jwthttp.ClaimsFromContext[Claims](r.Context()); !ok {
				http.Error(w, "no claims", http.StatusInternalServerError)
			}
		}), jwthttptest.Setup{OwnErrors: true}, []string{goesOn}, []string{"WriteHeader(500) after 401"}},
		{"more after a problem document", withoutReturn(jwthttp.WriteError, whoami), jwthttptest.Setup{OwnErrors: true}, []string{goesOn}, nil},
		{"trusts alg", parsed(anyKey), jwthttptest.Setup{}, []string{picky, challenge, body, letsIn, gate, status, cache}, []string{" more: ", "; alg none; HS256 with public key; "}},
		{"an empty secret for an unknown kid", parsed(func(tok *jwt.Token) (any, error) {
			return map[any][]byte{"hs256-1": iss.Secret()}[tok.Header["kid"]], nil
		}, strict...), hs256, []string{picky, letsIn, cache, gate}, []string{"; unknown id, no secret"}},
		{"a key of nothing for an unknown kid", mustNew(t, jwthttp.KeyFunc(func(_ ctx, h jwthttp.TokenHeader) ([]jwthttp.Key, error) {
			return []jwthttp.Key{jwthttp.HS256(map[string][]byte{"hs256-1": iss.Secret()}[h.KeyID])}, nil
		}), opts).Handler(whoami), jwthttptest.Setup{Options: hs256.Options}, []string{status}, []string{"unknown id, no secret: 503, not 401"}},
		{"a kid that is a file's name", parsed(func(tok *jwt.Token) (any, error) {
			if strings.HasSuffix(fmt.Sprint(tok.Header["kid"]), "/dev/null") {
				return []byte{}, nil
			}
			return iss.Secret(), nil
		}, strict...), hs256, []string{picky, letsIn, cache, gate}, []string{"; kid that is a path"}},
		{"a kid in a query", parsed(func(tok *jwt.Token) (any, error) {
			if strings.Contains(fmt.Sprint(tok.Header["kid"]), "' UNION SELECT 'k' --") {
				return []byte("k"), nil
			}
			return iss.Secret(), nil
		}, strict...), hs256, []string{picky, letsIn, cache, gate}, []string{"; kid that is SQL"}},
		{"a leeway of ten minutes", parsed(func(*jwt.Token) (any, error) { return iss.Secret(), nil }, append(strict, jwt.WithLeeway(10*time.Minute))...), hs256,
			[]string{picky, letsIn, cache, gate}, []string{"; expired; not yet valid"}},
		{"any audience", with(func(o *jwthttp.Options) { o.Audience, o.AllowAnyAudience = nil, true }), jwthttptest.Setup{}, []string{letsIn}, []string{"wrong audience: 200, not 401; set Options.Audience", "no audience: 200, not 401; set Options.Audience, or name this in Setup.Accepts if tokens have no aud"}},
		{"any issuer", with(func(o *jwthttp.Options) { o.Issuer = "" }), jwthttptest.Setup{}, []string{letsIn}, []string{"wrong issuer: 200, not 401; set Options.Issuer, or name this in Setup.Accepts"}},
		{"takes padding", rewritten(func(signature string) string {
			if len(signature)%4 > 0 {
				return signature
			}
			return strings.TrimRight(signature, "=")
		}), jwthttptest.Setup{}, []string{letsIn}, []string{"padding: 200"}},
		{"takes the standard alphabet", rewritten(strings.NewReplacer("+", "-", "/", "_").Replace), jwthttptest.Setup{}, []string{letsIn}, []string{"the standard alphabet: 200"}},
		{"no audience, no issuer", parsed(func(*jwt.Token) (any, error) { return iss.PublicKey(), nil }, jwt.WithValidMethods([]string{"RS256"})), jwthttptest.Setup{},
			[]string{picky, challenge, body, letsIn, gate, status, cache}, []string{"two Authorization headers: 200", "a bad header beside", "; wrong issuer; no issuer; wrong audience; no audience", "other sites use the browser's cookie"}},
		{"leaks the error", with(func(o *jwthttp.Options) {
			o.ErrorHandler = func(w http.ResponseWriter, r *http.Request, err error) {
				http.Error(w, err.Error(), http.StatusUnauthorized)
			}
		}), jwthttptest.Setup{OwnErrors: true}, []string{leak}, nil},
		{"echoes the token", with(func(o *jwthttp.Options) {
			o.ErrorHandler = func(w http.ResponseWriter, r *http.Request, err error) {
				http.Error(w, r.Header.Get("Authorization"), http.StatusUnauthorized)
			}
		}), jwthttptest.Setup{OwnErrors: true}, []string{leak}, []string{"a part of the token"}},
		{"echoes the token that is good", auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			token, _ := jwthttp.TokenFromContext[Claims](r.Context())
			io.WriteString(w, token.Raw())
		})), jwthttptest.Setup{}, []string{leak}, []string{"a good token in the cookie: the token in "}},
		{"no challenge", answered(good, func(w *httptest.ResponseRecorder) { w.Header().Del("WWW-Authenticate") }), jwthttptest.Setup{}, []string{challenge}, nil},
		{"a gate for POST alone", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodPost && r.Method != http.MethodGet {
				r.Header.Del("Sec-Fetch-Site")
				r.Header.Del("Origin")
			}
			good.ServeHTTP(w, r)
		}), jwthttptest.Setup{}, []string{gate}, []string{
			"a PUT with another Origin: 200, not 403\n\ta PATCH from another site: 200, not 403\n\tand 7 more: a PATCH from a site", "a DELETE with another Origin"}},
		{"a gate that knows no Origin", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("Origin")
			good.ServeHTTP(w, r)
		}), jwthttptest.Setup{}, []string{gate}, []string{"a WebSocket upgrade with another Origin: 200", "a POST with Origin: null: 200"}},
		{"an origin that is not trusted", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("Sec-Fetch-Site") // as a proxy that changes the Host would
			r.Header.Set("Origin", "https://app.example.com")
			good.ServeHTTP(w, r)
		}), jwthttptest.Setup{}, []string{status}, []string{"a POST from the page itself: 403; see Options.TrustedOrigins"}},
		{"falls back from a bad header to a cookie", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := auth.Authenticate(r); err != nil {
				r.Header.Del("Authorization")
			}
			good.ServeHTTP(w, r)
		}), jwthttptest.Setup{}, []string{status, letsIn, challenge, body}, []string{"a bad header beside a good cookie: 200, not 400; a header that is there is final"}},
		{"swallows refusals", answered(good, func(w *httptest.ResponseRecorder) {
			if w.Code >= 400 {
				w.Code = 200
			}
		}), jwthttptest.Setup{}, []string{replaced}, nil},
		{"an error page for all", answered(good, func(w *httptest.ResponseRecorder) {
			if w.Code >= 400 {
				w.Code = 500
			}
		}), jwthttptest.Setup{}, []string{replaced}, nil},
		{"cached", answered(good, func(w *httptest.ResponseRecorder) { w.Header().Set("Cache-Control", "public") }), jwthttptest.Setup{}, []string{cache}, nil},
		{"CORS inside", auth.Handler(cors(whoami)), jwthttptest.Setup{CORS: "https://app.example.com"}, []string{"refuses CORS preflight requests", "refuses requests from other origins without CORS headers"}, nil},
		{"CORS with credentials for everybody", cors(good, "https://app.example.com", "https://elsewhere.example", "null"), jwthttptest.Setup{CORS: "https://app.example.com"}, []string{gate}, []string{
			"a good cookie, with Origin: https://elsewhere.example: 200; Access-Control-Allow-Origin is the same", "a good cookie, with Origin: null: "}},
		{"a cookie that Setup does not name", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if c, err := r.Cookie("jwt"); err == nil && r.Header.Get("Authorization") == "" {
				r.Header.Set("Authorization", "Bearer "+c.Value)
			}
			good.ServeHTTP(w, r)
		}), jwthttptest.Setup{}, []string{letsIn}, []string{"a good token in a cookie jwt: 200, not 401; set Setup.Cookie, or do not read it"}},
		{"a cookie that Setup does not name, or anonymous", anonymousToo, jwthttptest.Setup{AllowAnonymous: true}, []string{letsIn}, []string{`a good token in a cookie token: "200 alice", not "200 hello" as without it; set Setup.Cookie`}},
		{"claims that are not there", mustNew(t, iss.RS256(), jwthttp.Options{Issuer: opts.Issuer, Audience: opts.Audience, AllowAnonymous: true}).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			token, _ := jwthttp.TokenFromContext[Claims](r.Context())
			io.WriteString(w, token.Claims.Subject)
		})), jwthttptest.Setup{AllowAnonymous: true}, []string{noAnonymity}, nil},
		{"a token in the query, or anonymous", queried(anonymous), jwthttptest.Setup{AllowAnonymous: true}, []string{letsIn}, []string{`a token in the query: "200 alice", not "200 hello" as without it`}},
		{"a token in the query of a page that is another each time", queried(anonymousWith(func(*http.Request) string { return " " + rand.Text() })), jwthttptest.Setup{AllowAnonymous: true, Shows: "alice"}, []string{letsIn}, []string{`a token in the query: "200 alice`}},
		{"a token in the query of a page with its address", queried(anonymousWith(func(r *http.Request) string { return r.URL.String() })), jwthttptest.Setup{AllowAnonymous: true, Shows: "alice"}, []string{letsIn}, []string{`a token in the query: "200 alice/?access_token=`}},
		{"a bare token, or anonymous", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if h := r.Header.Get("Authorization"); strings.HasPrefix(h, "ey") {
				r.Header.Set("Authorization", "Bearer "+h)
			}
			anonymous.ServeHTTP(w, r)
		}), jwthttptest.Setup{AllowAnonymous: true}, []string{letsIn}, []string{`Authorization: a token without a scheme: "200 alice"`}},
		{"anonymous requests are refused", answered(anonymous, func(w *httptest.ResponseRecorder) {
			if w.Body.String() == "hello" {
				w.Code = http.StatusForbidden
			}
		}), jwthttptest.Setup{AllowAnonymous: true}, []string{noAnonymity}, []string{"no credentials: 403"}},
		{"Vary for something else", answered(anonymousToo, func(w *httptest.ResponseRecorder) { w.Header().Set("Vary", "Accept-Encoding, cookie") }), jwthttptest.Setup{AllowAnonymous: true, Cookie: "token"},
			[]string{cache}, []string{`Vary is ["Accept-Encoding, cookie"]: without Authorization a cache`}},
		{"a header of another name that any place gives", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if raw := r.Header.Values("X-Access-Token"); len(raw) > 0 {
				r.Header.Set("Authorization", "Bearer "+raw[0])
			}
			good.ServeHTTP(w, r)
		}), jwthttptest.Setup{Header: "X-Access-Token", Cookie: "token"}, []string{letsIn, cache, status}, []string{
			"a good token in Authorization: 200, not 401; only X-Access-Token is read", "two of X-Access-Token: 200, not 400", `a good token in X-Access-Token: Cache-Control is ""`, "an empty X-Access-Token: 400, not 401"}},
		{"a cookie first", with(func(o *jwthttp.Options) {
			o.Extractors = []jwthttp.Extractor{jwthttp.FirstOf(jwthttp.Cookie("token"), jwthttp.BearerHeader())}
		}), jwthttptest.Setup{HeaderFirst: true}, []string{picky, letsIn}, []string{"a good header beside a bad cookie: 401", "a bad header beside a good cookie: 200, not 401"}},
		{"takes OPTIONS for a preflight", skipping(func(r *http.Request) bool { return r.Method == http.MethodOptions }), jwthttptest.Setup{}, []string{letsIn}, []string{"OPTIONS without a token: 200; that is what a good token gets"}},
		{"knows GET alone", skipping(func(r *http.Request) bool { return r.Method != http.MethodGet && r.Method != http.MethodHead }), jwthttptest.Setup{}, []string{letsIn}, []string{"POST without a token: 200", "PUT without a token: 200", "PATCH without a token: 200", "DELETE without a token: 200"}},
		{"leaves upgrades to others", skipping(func(r *http.Request) bool { return r.Header.Get("Upgrade") != "" }), jwthttptest.Setup{}, []string{letsIn, gate}, []string{"a WebSocket upgrade without a token: 200"}},
		{"a token in a form", posted("access_token"), jwthttptest.Setup{}, []string{letsIn}, []string{"a token in a form: 200, not 401"}},
		{"a token in a form, named otherwise", posted("token"), jwthttptest.Setup{}, []string{letsIn}, nil},
		{"a jwt in a form", posted("jwt"), jwthttptest.Setup{}, []string{letsIn}, nil},
		{"runs next twice", auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			whoami(w, r)
			whoami(w, r)
		})), jwthttptest.Setup{Shows: "alice"}, []string{shows}, []string{`Authorization: bearer …: "alicealice"`, "after all that"}},
		{"drops what next writes", auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { whoami(httptest.NewRecorder(), r) })), jwthttptest.Setup{Shows: "alice"}, []string{shows}, []string{`Authorization: bearer …: ""`, "after all that"}},
		{"one for all", auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			once.Do(func() { first, _ = jwthttp.ClaimsFromContext[Claims](r.Context()) })
			io.WriteString(w, first.Subject)
		})), jwthttptest.Setup{Shows: "alice"}, []string{shows}, nil},
		{"the one before", auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, before.Subject)
			before, _ = jwthttp.ClaimsFromContext[Claims](r.Context())
		})), jwthttptest.Setup{Shows: "alice"}, []string{shows}, []string{"a good token, after all that"}},
		{"a minute in caches", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "max-age=60")
			good.ServeHTTP(w, r)
		}), jwthttptest.Setup{}, []string{cache}, []string{`a good token in the cookie: Cache-Control is "max-age=60"`}},
		{"a token in the query", queried(good), jwthttptest.Setup{}, []string{letsIn}, []string{"a token in the query: 200, not 401"}},
		{"no guard", good, jwthttptest.Setup{Scopes: []string{"read"}, Forbidden: Claims{Subject: "mallory"}}, []string{letsIn}, []string{"the route lacks RequireScopes", "the route lacks its Require"}},
		{"a guard of less", auth.Handler(jwthttp.RequireScopes("read")(whoami)), jwthttptest.Setup{Scopes: []string{"read", "write"}}, []string{letsIn}, []string{"a good token without the scope write: 200, not 403; the route lacks RequireScopes, or asks for less"}},
		{"a guard of less, and a list", auth.Handler(jwthttp.RequireScopes("read")(whoami)), jwthttptest.Setup{
			Scopes:  []string{"read", "write"},
			Options: []jwthttptest.TokenOption{jwthttptest.Claim("scope", nil), jwthttptest.Claim("scp", []string{"write", "read", "more"})},
		}, []string{letsIn}, []string{"a good token without the scope write: 200, not 403"}},
		{"a guard of more", auth.Handler(jwthttp.RequireScopes("read", "write")(whoami)), jwthttptest.Setup{
			Scopes: []string{"read"}, Options: []jwthttptest.TokenOption{jwthttptest.Claim("scope", "read write")},
		}, []string{challenge}, nil},
		{"a realm that Setup does not name", with(func(o *jwthttp.Options) { o.Realm = "shop" }), jwthttptest.Setup{}, []string{realm}, []string{
			`no credentials: ["Bearer realm=\"shop\""], not Bearer realm="api"` + "\n"}},
		{"metadata that Setup does not name", with(func(o *jwthttp.Options) {
			o.ResourceMetadata = "https://api.example.com/.well-known/oauth-protected-resource"
		}), jwthttptest.Setup{}, []string{realm}, nil},
		{"metadata lost", good, jwthttptest.Setup{ResourceMetadata: "https://api.example.com/.well-known/oauth-protected-resource"}, []string{realm}, []string{`not Bearer realm="api", resource_metadata="https://api.example.com/`}},
		{"scopes that Setup does not name", with(func(o *jwthttp.Options) { o.ChallengeScopes = []string{"read"} }), jwthttptest.Setup{}, []string{realm}, nil},
		{"scopes lost", good, jwthttptest.Setup{ChallengeScopes: []string{"read", "write"}}, []string{realm}, []string{
			`no credentials: ["Bearer realm=\"api\""], not Bearer realm="api", scope="read write"` + "\n",
		}},
		{"a scope with every error", answered(good, func(w *httptest.ResponseRecorder) {
			if h := w.Header(); h.Get("WWW-Authenticate") != "" {
				h.Set("WWW-Authenticate", strings.Replace(h.Get("WWW-Authenticate"), `", error_d`, `", scope="read", error_d`, 1))
			}
		}), jwthttptest.Setup{}, []string{challenge, realm}, nil},
		{"a challenge with another error", answered(good, func(w *httptest.ResponseRecorder) {
			if w.Code == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", `Bearer realm="api", error="unauthorized"`)
			}
		}), jwthttptest.Setup{}, []string{challenge}, []string{`no credentials: ["Bearer realm=\"api\", error=\"unauthorized\""], not Bearer realm="api"` + "\n"}},
		{"another description", answered(good, func(w *httptest.ResponseRecorder) {
			if w.Code == http.StatusUnauthorized && w.Header().Get("Www-Authenticate") != `Bearer realm="api"` {
				w.Header().Set("WWW-Authenticate", `Bearer realm="api", error="invalid_token", error_description="no"`)
			}
		}), jwthttptest.Setup{}, []string{body}, nil},
		{"an outage answered as a refusal", down(func(w http.ResponseWriter, r *http.Request, _ error) {
			jwthttp.WriteError(w, r, jwthttp.ErrInvalidToken)
		}), jwthttptest.Setup{Outage: fail}, []string{"makes clients throw away good tokens"}, []string{"401, Retry-After: \"\""}},
		{"an outage that accepts a token", down(whoamiAnyway), jwthttptest.Setup{Outage: fail}, []string{letsIn}, []string{"a good token in an outage: 200, not 503; a token that cannot be checked must not pass"}},
		{"one scheme in one case", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if h := r.Header.Get("Authorization"); strings.HasPrefix(h, "bearer") {
				r.Header.Set("Authorization", "Basic"+h[6:])
			}
			good.ServeHTTP(w, r)
		}), jwthttptest.Setup{}, []string{picky}, []string{"Authorization: bearer"}},
		{"what Accepts says is refused", good, jwthttptest.Setup{Accepts: []jwthttptest.Fault{jwthttptest.NoExpiry}}, []string{"refuses what Setup.Accepts or Setup.Algorithms lists:"}, []string{`no expiry: 401 "`}},
		{"anonymous, not told", anonymousToo, jwthttptest.Setup{}, []string{letsIn}, []string{"no credentials: 200, not 401; is the handler inside the middleware on this route? Set Setup.AllowAnonymous if this is intended"}},
		{"an unknown fault", good, jwthttptest.Setup{Accepts: []jwthttptest.Fault{"no exp"}}, []string{`jwthttptest: Setup.Accepts has "no exp"`}, nil},
		{"no request", good, jwthttptest.Setup{Request: func() *http.Request { return nil }}, []string{"jwthttptest: Setup.Request returns nil"}, nil},
		{"an algorithm of another key", good, jwthttptest.Setup{Algorithms: []jwthttptest.Algorithm{"PS256", "ES256"}}, []string{`jwthttptest: Setup.Algorithms has "ES256": leave out`}, nil},
		{"the algorithm that it has anyway", good, jwthttptest.Setup{Algorithms: []jwthttptest.Algorithm{"RS256"}}, []string{`jwthttptest: Setup.Algorithms has "RS256": leave out what is not another algorithm for the key of the good token, which is RS256; to change`}, nil},
		{"what Algorithms says is refused", good, jwthttptest.Setup{Algorithms: []jwthttptest.Algorithm{"PS256"}}, []string{"refuses what Setup.Accepts or Setup.Algorithms lists:"}, []string{`PS256 with the key of RS256: 401 "`}},
		{"no chain", nil, jwthttptest.Setup{}, []string{"jwthttptest: Conformance needs a chain"}, nil},
		{"a nil function", http.HandlerFunc(nil), jwthttptest.Setup{}, []string{"jwthttptest: Conformance needs a chain"}, nil},
		{"a nil mux", (*http.ServeMux)(nil), jwthttptest.Setup{}, []string{"jwthttptest: Conformance needs a chain"}, nil},
		{"an issuer that NewIssuer did not make", good, jwthttptest.Setup{Issuer: &jwthttptest.Issuer{}}, []string{"jwthttptest: Conformance needs Setup.Issuer"}, nil},
		{"no setup", good, jwthttptest.Setup{CookieOnly: true}, []string{"jwthttptest: Setup.CookieOnly and HeaderFirst need the cookie's name"}, nil},
		{"no header to be first", good, jwthttptest.Setup{CookieOnly: true, HeaderFirst: true, Cookie: "token"}, []string{"jwthttptest: Setup.CookieOnly says that no header is read"}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.setup.Issuer, tc.setup.Claims = cmp.Or(tc.setup.Issuer, iss), Claims{Subject: "alice"}
			out = false
			if !tc.setup.AllowAnonymous && !tc.setup.CookieOnly {
				tc.setup.Cookie = "token"
			}
			var got recorder
			jwthttptest.Conformance(&got, tc.chain, tc.setup)
			checkReports(t, got, tc.faults, tc.parts)
		})
	}
}

// checkReports checks how each report begins, and what is somewhere in them.
func checkReports(t *testing.T, got recorder, faults, parts []string) {
	t.Helper()
	text := strings.Join(got, "\n")
	for _, report := range got {
		if !slices.ContainsFunc(faults, func(f string) bool { return strings.HasPrefix(strings.TrimPrefix(report, "the chain "), f) }) {
			t.Errorf("unexpected: %s", report)
		}
	}
	if len(got) != len(faults) {
		t.Errorf("%d faults, want %d:\n%s", len(got), len(faults), text)
	}
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in:\n%s", part, text)
		}
	}
}

// Conformance ends the test that calls it, and not the test of the issuer.
func TestConformanceEndsItsOwnTest(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	text := ended(t, func(tb testing.TB) {
		jwthttptest.Conformance(tb, whoami, jwthttptest.Setup{Issuer: iss, Claims: make(chan int)})
	})
	if !strings.Contains(text, "cannot be encoded") {
		t.Errorf("the text is %q", text)
	}
}

// ended returns the text with which f ended its test.
func ended(t *testing.T, f func(testing.TB)) string {
	sub := &fatal{TB: t}
	done := make(chan bool)
	go func() {
		defer close(done)
		f(sub)
	}()
	<-done
	return sub.text
}

// A fatal records the text of Fatalf, and does not fail the test.
type fatal struct {
	testing.TB
	text string
}

func (f *fatal) Fatalf(format string, args ...any) {
	f.text = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// answered changes the answers of a chain.
func answered(next http.Handler, change func(*httptest.ResponseRecorder)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, r)
		change(rec)
		for name, values := range rec.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(rec.Code)
		w.Write(rec.Body.Bytes())
	})
}
