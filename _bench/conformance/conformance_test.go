// Package conformance runs jwthttptest.Conformance on this package and on other middlewares, and shows
// what each of them fails:
//
//	go -C _bench test -v -run TestTable ./conformance
//
// The answers of others need not be those of this package, so Setup.OwnErrors is set for them. What is
// left applies to every middleware. The test fails for a fault of this package alone.
package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	ginjwt "github.com/appleboy/gin-jwt/v3"
	auth0 "github.com/auth0/go-jwt-middleware/v3"
	"github.com/auth0/go-jwt-middleware/v3/validator"
	"github.com/gin-gonic/gin"
	"github.com/go-chi/jwtauth/v5"
	"github.com/golang-jwt/jwt/v5"
	echojwt "github.com/labstack/echo-jwt/v5"
	"github.com/labstack/echo/v5"
	jwx "github.com/lestrrat-go/jwx/v2/jwt"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/dpop"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/jwthttptest"
	"github.com/jwthttp/jwthttp/session"
)

const (
	origin  = "https://api.example.com"
	ours    = "jwthttp"
	subject = "alice"
)

// A program is a chain, and what Conformance must know of it.
type program func(t *testing.T, iss *jwthttptest.Issuer) (http.Handler, jwthttptest.Setup)

// A profile is a part of the table. Faults that a package has in the first one are not shown again.
type profile struct {
	name     string
	only     string // the beginning of the names of its probes
	programs map[string]program
}

// packages are the columns.
var packages = []string{ours, "auth0 v3.1.0", "jwtauth v5.3.3", "echo-jwt v5.0.1", "gin-jwt v3.4.1"}

var profiles = []profile{
	{"A token in the header", "", map[string]program{
		packages[0]: oursWith(false), packages[1]: withAuth0(false), packages[2]: withJWTAuth(false), packages[3]: withEcho(false), packages[4]: withGin(false),
	}},
	{"A token in the header, else in a cookie", "", map[string]program{
		packages[0]: oursWith(true), packages[1]: withAuth0(true), packages[2]: withJWTAuth(true), packages[3]: withEcho(true), packages[4]: withGin(true),
	}},
	{"DPoP", "", map[string]program{packages[0]: oursWithDPoP, packages[1]: auth0WithDPoP}},
	{"Login, refresh and logout of browsers and apps", "(?:browser|app): ", map[string]program{packages[0]: oursWithSessions, packages[4]: ginWithSessions}},
}

// A row has the probes that showed a fault, by package.
type row struct {
	kind, probe string
	has         map[string]bool
}

func TestTable(t *testing.T) {
	var kinds, table strings.Builder
	seen := map[string]bool{} // by package and probe
	for _, p := range profiles {
		var rows []*row
		for _, name := range packages {
			examined, ok := p.programs[name]
			if !ok {
				continue
			}
			iss := jwthttptest.NewIssuer(t)
			chain, setup := examined(t, iss)
			setup.Issuer, setup.Shows, setup.OwnErrors = iss, subject, name != ours
			setup.Claims = jwt.MapClaims{"sub": subject}
			r := &recorder{TB: t, isOurs: name == ours}
			jwthttptest.Conformance(r, chain, setup)
			for _, f := range r.found {
				key := name + f.kind + f.probe
				if !regexp.MustCompile("^"+p.only).MatchString(f.probe) || seen[key] {
					continue
				}
				seen[key] = true
				i := slices.IndexFunc(rows, func(other *row) bool { return other.kind == f.kind && other.probe == f.probe })
				if i < 0 {
					i, rows = len(rows), append(rows, &row{f.kind, f.probe, map[string]bool{}})
				}
				rows[i].has[name] = true
			}
		}
		show(&kinds, p, rows, false)
		show(&table, p, rows, true)
	}
	t.Log("\n" + kinds.String() + table.String())
}

// show writes how many probes show each kind of fault, and with all of them also which.
func show(out io.Writer, p profile, rows []*row, all bool) {
	line := func(text string, cell func(name string) string) {
		fmt.Fprintf(out, "%-78s", text)
		for _, name := range packages {
			text := ""
			if p.programs[name] != nil {
				text = cell(name)
			}
			fmt.Fprintf(out, " | %-15s", text)
		}
		fmt.Fprintln(out)
	}
	line(strings.ToUpper(p.name), func(name string) string { return name })
	line("faults", func(name string) string { return fmt.Sprint(count(rows, name, "")) })
	var kinds []string
	for _, r := range rows {
		if !slices.Contains(kinds, r.kind) {
			kinds = append(kinds, r.kind)
		}
	}
	for _, kind := range kinds {
		line(kind, func(name string) string { return fmt.Sprint(count(rows, name, kind)) })
		for _, r := range rows {
			if all && r.kind == kind {
				line("    "+r.probe, func(name string) string {
					if r.has[name] {
						return "x"
					}
					return ""
				})
			}
		}
	}
	fmt.Fprintln(out)
}

func count(rows []*row, name, kind string) (n int) {
	for _, r := range rows {
		if r.has[name] && (kind == "" || r.kind == kind) {
			n++
		}
	}
	return n
}

type fault struct{ kind, probe string }

// A recorder takes the reports of Conformance apart. The test fails for those about this package.
type recorder struct {
	testing.TB
	isOurs bool
	found  []fault
}

var (
	more  = regexp.MustCompile(`^and \d+ more: `)
	shown = regexp.MustCompile(`^(.+?): (?:\d|"|\[|Cache-Control is|Vary is|it |the |a token |token_type|none of|__|jwt: |refresh_token: ).*$`)
)

func (r *recorder) Errorf(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	head, rest, _ := strings.Cut(text, "\n\t")
	kind, _, _ := strings.Cut(strings.TrimPrefix(head, "the chain "), ":")
	kind, _, _ = strings.Cut(kind, " (")
	for line := range strings.SplitSeq(rest, "\n\t") {
		if names := more.ReplaceAllString(line, ""); names != line {
			for _, name := range strings.Split(names, "; ") {
				r.found = append(r.found, fault{kind, name})
			}
			continue
		}
		r.found = append(r.found, fault{kind, shown.ReplaceAllString(line, "$1")})
	}
	if r.isOurs {
		r.TB.Errorf("%s", text)
	}
}

// greet shows whose token it was.
func greet(w http.ResponseWriter, subject any) { fmt.Fprintf(w, "Hello, %v", subject) }

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// cookieSetup is that of a chain that reads a cookie where no header came.
func cookieSetup(hasCookie bool) (setup jwthttptest.Setup) {
	if hasCookie {
		setup.Cookie, setup.HeaderFirst = "jwt", true
	}
	return setup
}

type claims struct {
	Subject string `json:"sub"`
}

var oursNext = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	c, _ := jwthttp.ClaimsFromContext[claims](r.Context())
	greet(w, c.Subject)
})

func newOurs(t *testing.T, keys jwthttp.KeySource, opts jwthttp.Options) http.Handler {
	return must[*jwthttp.Middleware[claims]](t)(jwthttp.New[claims](keys, opts)).Handler(oursNext)
}

func oursWith(hasCookie bool) program {
	return func(t *testing.T, iss *jwthttptest.Issuer) (http.Handler, jwthttptest.Setup) {
		opts := iss.Options()
		if hasCookie {
			opts.Extractors = []jwthttp.Extractor{jwthttp.FirstOf(jwthttp.BearerHeader(), jwthttp.Cookie("jwt"))}
		}
		return newOurs(t, iss.RS256(), opts), cookieSetup(hasCookie)
	}
}

func oursWithDPoP(t *testing.T, iss *jwthttptest.Issuer) (http.Handler, jwthttptest.Setup) {
	dpopOptions := dpop.Options{Origins: []string{origin}, Replays: must[*dpop.Memory](t)(dpop.NewMemory(0))}
	opts := iss.Options()
	opts.Bindings = []jwthttp.Binding{must[*dpop.Verifier](t)(dpop.New(dpopOptions))}
	return newOurs(t, iss.RS256(), opts), jwthttptest.Setup{DPoP: &dpopOptions, Request: overTLS}
}

// overTLS makes a request whose URL is that of origin, for those that read its Host.
func overTLS() *http.Request {
	r := httptest.NewRequest("GET", origin+"/", nil)
	r.RequestURI = "/"
	return r
}

func newAuth0(t *testing.T, iss *jwthttptest.Issuer, opts ...auth0.Option) http.Handler {
	v := must[*validator.Validator](t)(validator.New(
		validator.WithKeyFunc(func(context.Context) (any, error) { return iss.PublicKey(), nil }),
		validator.WithAlgorithm(validator.RS256), validator.WithIssuer(iss.URL), validator.WithAudience(iss.Audience),
	))
	m := must[*auth0.JWTMiddleware](t)(auth0.New(append(opts, auth0.WithValidator(v))...))
	return m.CheckJWT(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := auth0.GetClaims[*validator.ValidatedClaims](r.Context())
		if err != nil {
			greet(w, "nobody")
			return
		}
		greet(w, c.RegisteredClaims.Subject)
	}))
}

func withAuth0(hasCookie bool) program {
	return func(t *testing.T, iss *jwthttptest.Issuer) (http.Handler, jwthttptest.Setup) {
		var opts []auth0.Option
		if hasCookie {
			opts = append(opts, auth0.WithTokenExtractor(auth0.MultiTokenExtractor(auth0.AuthHeaderTokenExtractor, auth0.CookieTokenExtractor("jwt"))))
		}
		return newAuth0(t, iss, opts...), cookieSetup(hasCookie)
	}
}

func auth0WithDPoP(t *testing.T, iss *jwthttptest.Issuer) (http.Handler, jwthttptest.Setup) {
	return newAuth0(t, iss, auth0.WithDPoPMode(auth0.DPoPRequired)), jwthttptest.Setup{
		DPoP:    &dpop.Options{Origins: []string{origin}, Algorithms: strings.Fields(validator.DPoPSupportedAlgorithms)},
		Request: overTLS,
	}
}

func withJWTAuth(hasCookie bool) program {
	return func(t *testing.T, iss *jwthttptest.Issuer) (http.Handler, jwthttptest.Setup) {
		ja := jwtauth.New("RS256", nil, iss.PublicKey(), jwx.WithIssuer(iss.URL), jwx.WithAudience(iss.Audience), jwx.WithRequiredClaim("exp"))
		verify := jwtauth.Verify(ja, jwtauth.TokenFromHeader)
		if hasCookie {
			verify = jwtauth.Verifier(ja)
		}
		return verify(jwtauth.Authenticator(ja)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			token, _, _ := jwtauth.FromContext(r.Context())
			greet(w, token.Subject())
		}))), cookieSetup(hasCookie)
	}
}

// parserOptions are those of golang-jwt, which echo-jwt and gin-jwt verify with.
func parserOptions(alg string, iss *jwthttptest.Issuer) []jwt.ParserOption {
	return []jwt.ParserOption{jwt.WithValidMethods([]string{alg}), jwt.WithIssuer(iss.URL), jwt.WithAudience(iss.Audience), jwt.WithExpirationRequired()}
}

func withEcho(hasCookie bool) program {
	return func(t *testing.T, iss *jwthttptest.Issuer) (http.Handler, jwthttptest.Setup) {
		parser := jwt.NewParser(parserOptions("RS256", iss)...)
		// The package's own parsing checks neither issuer nor audience. So this is the function of its
		// documentation.
		config := echojwt.Config{ParseTokenFunc: func(_ *echo.Context, raw string) (any, error) {
			return parser.ParseWithClaims(raw, &jwt.RegisteredClaims{}, func(*jwt.Token) (any, error) { return iss.PublicKey(), nil })
		}}
		if hasCookie {
			config.TokenLookup = "header:Authorization:Bearer ,cookie:jwt"
		}
		e := echo.New()
		e.Logger = slog.New(slog.DiscardHandler)
		e.Use(must[echo.MiddlewareFunc](t)(config.ToMiddleware()))
		e.Any("/", func(c *echo.Context) error {
			token, _ := c.Get("user").(*jwt.Token)
			who, _ := token.Claims.GetSubject()
			greet(c.Response(), who)
			return nil
		})
		return e, cookieSetup(hasCookie)
	}
}

func ginGreet(c *gin.Context) { greet(c.Writer, ginjwt.ExtractClaims(c)["sub"]) }

func withGin(hasCookie bool) program {
	return func(t *testing.T, iss *jwthttptest.Issuer) (http.Handler, jwthttptest.Setup) {
		gin.SetMode(gin.ReleaseMode)
		config := &ginjwt.GinJWTMiddleware{
			SigningAlgorithm: "RS256", KeyFunc: func(*jwt.Token) (any, error) { return iss.PublicKey(), nil }, ParseOptions: parserOptions("RS256", iss),
		}
		if hasCookie {
			config.TokenLookup = "header: Authorization, cookie: jwt"
		}
		mw := must[*ginjwt.GinJWTMiddleware](t)(ginjwt.New(config))
		engine := gin.New()
		engine.Any("/", mw.MiddlewareFunc(), ginGreet)
		return engine, cookieSetup(hasCookie)
	}
}

func post(path string) func() *http.Request {
	return func() *http.Request { return httptest.NewRequest("POST", path, nil) }
}

// sessionSetup is that of a chain with sessions.
func sessionSetup(access string) jwthttptest.Setup {
	return jwthttptest.Setup{
		Options: []jwthttptest.TokenOption{jwthttptest.HS256}, Cookie: access, HeaderFirst: true,
		Sessions: &jwthttptest.Sessions{Login: post("/login"), Start: post("/token"), Refresh: "/refresh", Logout: "/logout", Grace: time.Second},
	}
}

func oursWithSessions(t *testing.T, iss *jwthttptest.Issuer) (http.Handler, jwthttptest.Setup) {
	own := must[*issue.Issuer[claims]](t)(issue.New[claims](issue.Options{Issuer: iss.URL, Audience: []string{iss.Audience}}, issue.HS256(iss.Secret())))
	store := must[*session.Memory](t)(session.NewMemory(0))
	none := func(context.Context, session.Session) (claims, error) { return claims{}, nil }
	sessions := must[*session.Sessions[claims]](t)(session.New(own, store, none, session.Options{Grace: time.Second, Logger: slog.New(slog.DiscardHandler)}))
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		if sessions.Login(w, r, subject) == nil {
			w.WriteHeader(http.StatusNoContent)
		}
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		tokens, err := sessions.Start(r.Context(), subject, "app")
		if err != nil {
			jwthttp.WriteError(w, r, err)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		json.NewEncoder(w).Encode(tokens)
	})
	mux.HandleFunc("POST /refresh", sessions.Refresh)
	mux.HandleFunc("POST /logout", sessions.Logout)
	mux.Handle("/{$}", sessions.Handler(newOurs(t, own, sessions.Options())))
	return mux, sessionSetup("__Host-access")
}

// ginWithSessions has the strictest settings of its cookies.
func ginWithSessions(t *testing.T, iss *jwthttptest.Issuer) (http.Handler, jwthttptest.Setup) {
	gin.SetMode(gin.ReleaseMode)
	mw := must[*ginjwt.GinJWTMiddleware](t)(ginjwt.New(&ginjwt.GinJWTMiddleware{
		Key: iss.Secret(), ParseOptions: parserOptions("HS256", iss), TokenLookup: "header: Authorization, cookie: __Host-jwt",
		Authenticator: func(*gin.Context) (any, error) { return subject, nil },
		PayloadFunc:   func(user any) jwt.MapClaims { return jwt.MapClaims{"iss": iss.URL, "aud": iss.Audience, "sub": user} },
		SendCookie:    true, SecureCookie: true, CookieHTTPOnly: true, CookieSameSite: http.SameSiteLaxMode,
		CookieName: "__Host-jwt", RefreshTokenCookieName: "__Host-refresh",
	}))
	engine := gin.New()
	engine.POST("/login", mw.LoginHandler)
	engine.POST("/token", mw.LoginHandler)
	engine.POST("/refresh", mw.RefreshHandler)
	engine.POST("/logout", mw.LogoutHandler)
	engine.Any("/", mw.MiddlewareFunc(), ginGreet)
	return engine, sessionSetup("__Host-jwt")
}
