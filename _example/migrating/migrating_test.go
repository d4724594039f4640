package migrating

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/labstack/echo/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwthttptest"
)

// A want is an answer over HTTP that docs/migrating.md promises for each After.
type want struct {
	status    int
	challenge string // a part of it, "" if there must be none
	body      string // a part of it
}

var (
	hello     = want{200, "", "Hello, alice!\n"}
	guest     = want{200, "", "Hello, guest!\n"}
	noToken   = want{401, `Bearer realm="api"`, `"detail":"No access token was sent"`}
	malformed = want{400, `error="invalid_request"`, `"error":"invalid_request"`}
	refused   = want{401, `error="invalid_token"`, `"error":"invalid_token"`}
	again     = want{401, `error="invalid_token"`, "log in again\n"}
	crossSite = want{403, "", `"error":"cross_origin"`}
	forbidden = want{403, "", `"error":"forbidden"`}
	outage    = want{503, "", `"error":"temporarily_unavailable"`}
)

// A chain is the program of one "After".
type chain struct {
	handler http.Handler
	token   func(...jwthttptest.TokenOption) string // a good token, with options that make it bad
	cookie  string                                  // the cookie's name, "" if cookies are not read
}

func (c chain) check(t *testing.T, name string, want want, change func(*http.Request)) {
	t.Helper()
	server := httptest.NewServer(c.handler)
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+"/orders", nil)
	if err != nil {
		t.Fatal(err)
	}
	change(r)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	challenge := res.Header.Get("WWW-Authenticate")
	if res.StatusCode != want.status || !strings.Contains(string(body), want.body) || !strings.Contains(challenge, want.challenge) || want.challenge == "" && challenge != "" {
		t.Errorf("%s: %d %q %q, want %+v", name, res.StatusCode, challenge, body, want)
	}
	if want.status >= 400 && res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s: Cache-Control %q", name, res.Header.Get("Cache-Control"))
	}
}

func bearer(token string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
}

// checkAll sends the requests of every section. bad has the answers that differ from the
// usual ones.
func (c chain) checkAll(t *testing.T, anonymous, bad want, accepts map[string]want) {
	t.Helper()
	c.check(t, "good", hello, bearer(c.token()))
	c.check(t, "scheme in lower case, two spaces", hello, func(r *http.Request) { r.Header.Set("Authorization", "bearer  "+c.token()) })
	c.check(t, "no token", anonymous, func(*http.Request) {})
	c.check(t, "another scheme", anonymous, func(r *http.Request) { r.SetBasicAuth("a", "b") })
	c.check(t, "no scheme", anonymous, func(r *http.Request) { r.Header.Set("Authorization", c.token()) })
	c.check(t, "query", anonymous, func(r *http.Request) { r.URL.RawQuery = "jwt=" + c.token() + "&token=" + c.token() })
	c.check(t, "Bearer alone", malformed, func(r *http.Request) { r.Header.Set("Authorization", "Bearer") })
	c.check(t, "two words", malformed, bearer(c.token()+" x"))
	c.check(t, "JSON serialization", malformed, bearer(`{"payload":"e30"}`))
	c.check(t, "two headers", malformed, func(r *http.Request) {
		r.Header["Authorization"] = []string{"Bearer " + c.token(), "Bearer " + c.token()}
	})
	claim, header := jwthttptest.Claim, jwthttptest.Header
	answers := map[string]want{}
	options := map[string]jwthttptest.TokenOption{
		"garbage":              jwthttptest.NoSignature,
		"expired":              jwthttptest.Expired,
		"no exp":               jwthttptest.NoExpiry,
		"exp as text":          jwthttptest.TextExpiry,
		"iat as text":          claim("iat", fmt.Sprint(time.Now().Unix())),
		"sub as a number":      claim("sub", 42),
		"jti as a number":      claim("jti", 42),
		"iss as a number":      claim("iss", 42),
		"aud as null":          claim("aud", json.RawMessage("null")),
		"sub as null":          claim("sub", json.RawMessage("null")),
		"jti as null":          claim("jti", json.RawMessage("null")),
		"cnf as null":          claim("cnf", json.RawMessage("null")),
		"an empty aud":         claim("aud", ""),
		"exp in milliseconds":  claim("exp", time.Now().Add(time.Hour).UnixMilli()),
		"another audience":     claim("aud", "other"),
		"another issuer":       claim("iss", "https://other.example.com"),
		"no issuer":            claim("iss", nil),
		"duplicate claims":     jwthttptest.DuplicateClaims,
		"invalid UTF-8":        jwthttptest.InvalidUTF8,
		"typ logout+jwt":       jwthttptest.WrongType,
		"typ at+jwt":           header("typ", "at+jwt"),
		"crit":                 jwthttptest.UnknownCritical,
		"cnf":                  jwthttptest.SenderConstrained,
		"forged":               jwthttptest.ForgedSignature,
		"more than 8 KiB":      claim("x", strings.Repeat("x", 8<<10)),
		"iat ahead":            claim("iat", time.Now().Add(time.Hour).Unix()),
		"nbf ahead":            jwthttptest.NotYetValid,
		"sub under other case": claim("Sub", "bob"),
	}
	for name := range options {
		answers[name] = bad
	}
	for _, name := range []string{"typ at+jwt", "iat ahead", "sub under other case"} {
		answers[name] = hello
	}
	maps.Copy(answers, accepts)
	for name, option := range options {
		c.check(t, name, answers[name], bearer(c.token(option)))
	}
	if c.cookie == "" {
		return
	}
	cookies := func(change func(*http.Request), values ...string) func(*http.Request) {
		return func(r *http.Request) {
			for _, value := range values {
				r.AddCookie(&http.Cookie{Name: c.cookie, Value: value})
			}
			change(r)
		}
	}
	none := func(*http.Request) {}
	c.check(t, "cookie", hello, cookies(none, c.token()))
	c.check(t, "cookie beside Basic", hello, cookies(func(r *http.Request) { r.SetBasicAuth("a", "b") }, c.token()))
	c.check(t, "cookie beside a good header", hello, cookies(bearer(c.token()), c.token()))
	c.check(t, "cookie beside a bad header", bad, cookies(bearer("x.y.z"), c.token()))
	c.check(t, "two cookies", malformed, cookies(none, c.token(), c.token()))
	c.check(t, "cookie, POST of another site", crossSite, cookies(func(r *http.Request) {
		r.Method = "POST"
		r.Header.Set("Sec-Fetch-Site", "cross-site")
	}, c.token()))
	c.check(t, "cookie, POST of no browser", hello, cookies(func(r *http.Request) { r.Method = "POST" }, c.token()))
}

// hs256 mints tokens of a service that has its own secret.
func hs256(t *testing.T, secretOf *jwthttptest.Issuer, more ...jwthttptest.TokenOption) func(...jwthttptest.TokenOption) string {
	return func(options ...jwthttptest.TokenOption) string {
		t.Helper()
		usual := []jwthttptest.TokenOption{jwthttptest.HS256, jwthttptest.Claim("iss", "https://id.example.com")}
		claims := map[string]any{"sub": "alice", "scope": "orders:read"}
		return secretOf.Token(t, claims, append(append(usual, more...), options...)...)
	}
}

func TestShadow(t *testing.T) {
	iss := newIssuer(t)
	auth, err := jwthttp.New[Claims](iss.RS256(), iss.Options())
	if err != nil {
		t.Fatal(err)
	}
	var logged strings.Builder
	defer slog.SetDefault(slog.Default())
	slog.SetDefault(slog.New(slog.NewTextHandler(&logged, nil)))
	handler := shadow(auth, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "passed") }))
	for _, try := range []struct {
		token string
		log   string
	}{
		{iss.Token(t, Claims{Scope: "x"}), ""},
		{iss.Token(t, Claims{Scope: "x"}, jwthttptest.NoExpiry), "exp is missing"},
	} {
		logged.Reset()
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
		bearer(try.token)(r)
		handler.ServeHTTP(w, r)
		if w.Body.String() != "passed" || !strings.Contains(logged.String(), try.log) || try.log == "" && logged.Len() > 0 {
			t.Errorf("%q, logged %q", w.Body, logged.String())
		}
	}
}

func newIssuer(t *testing.T) *jwthttptest.Issuer {
	iss := jwthttptest.NewIssuer(t)
	iss.Audience = "orders"
	return iss
}

func TestFromAuth0(t *testing.T) {
	iss := newIssuer(t)
	mux := http.NewServeMux()
	c := chain{handler: mux, token: func(options ...jwthttptest.TokenOption) string {
		t.Helper()
		return iss.Token(t, Claims{Subject: "alice", Scope: "orders:read"}, options...)
	}}
	fromAuth0(iss.URL, mux, func() {
		c.checkAll(t, guest, again, nil)
		c.check(t, "within the leeway", hello, bearer(c.token(jwthttptest.Claim("exp", time.Now().Add(-20*time.Second).Unix()))))
		c.check(t, "Validate", again, bearer(c.token(jwthttptest.Claim("scope", nil))))
		iss.Rotate()
		c.check(t, "a new key", hello, bearer(c.token()))
		iss.Fail(http.StatusInternalServerError)
		c.check(t, "the provider is down, its keys are known", hello, bearer(c.token()))
	})
	c.check(t, "closed", outage, bearer(c.token()))
}

func TestFromAuth0Unreachable(t *testing.T) {
	iss := newIssuer(t)
	iss.Fail(http.StatusInternalServerError)
	mux := http.NewServeMux()
	c := chain{handler: mux}
	fromAuth0(iss.URL, mux, func() { c.check(t, "no keys yet", outage, bearer(iss.Token(t, nil))) })
}

func TestFromJWTAuth(t *testing.T) {
	iss := newIssuer(t)
	router := chi.NewRouter()
	fromJWTAuth(iss.Secret(), router)
	chain{router, hs256(t, iss), "jwt"}.checkAll(t, noToken, refused, nil)
}

func TestFromEcho(t *testing.T) {
	iss := newIssuer(t)
	e := echo.New()
	fromEcho(iss.Secret(), e)
	anyIssuer := map[string]want{"another audience": hello, "an empty aud": hello, "another issuer": hello, "no issuer": hello}
	chain{e, hs256(t, iss), "token"}.checkAll(t, guest, again, anyIssuer)
}

func TestFromGin(t *testing.T) {
	gin.SetMode(gin.ReleaseMode)
	iss := newIssuer(t)
	engine := gin.New()
	fromGin(iss.Secret(), engine)
	c := chain{engine, hs256(t, iss, jwthttptest.Claim("aud", nil)), "jwt"}
	c.checkAll(t, noToken, refused, map[string]want{"another issuer": hello, "no issuer": hello})
	c.check(t, "Authorizer", forbidden, bearer(c.token(jwthttptest.Claim("sub", "mallory"))))
}

func TestFromGolangJWT(t *testing.T) {
	iss := newIssuer(t)
	mux := http.NewServeMux()
	fromGolangJWT(iss.Secret(), mux)
	chain{mux, hs256(t, iss), ""}.checkAll(t, noToken, refused, nil)
}
