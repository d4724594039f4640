package oauth_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/dpop"
	"github.com/jwthttp/jwthttp/oauth"
)

// loginError is the challenge of RequireRecent with the default realm.
func loginError(parameters string) string {
	return `Bearer realm="api", error="insufficient_user_authentication", error_description="A more recent or a stronger login is required", ` + parameters
}

// get sends a request with a token, or without one if it is empty.
func get(h http.Handler, token string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "https://api.example.com/mcp", nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

var hello = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })

// What a token says of the login, against what is required. The examples of the RFC are rows.
func TestRequireRecent(t *testing.T) {
	type claims = map[string]any
	ago := func(seconds int64) int64 { return time.Now().Unix() - seconds }
	const minute = time.Minute
	const noTime = "the token has no auth_time that is a number of seconds since 1970: "
	const forEver = math.MaxInt64 / time.Second * time.Second
	for _, tc := range []struct {
		name   string
		maxAge time.Duration
		acr    []string
		leeway time.Duration
		claims func() claims
		wants  string // the parameters of the challenge, "" if the request passes
		logs   string
	}{
		// RFC 9470 section 3, figures 2 and 3, and the token of section 6.1.
		{"RFC: another acr", 0, []string{"myACR"}, 0, func() claims { return claims{"acr": "other", "auth_time": ago(2)} }, `acr_values="myACR"`, `the token has acr \"other\", want \"myACR\": `},
		{"RFC: an older login", 5 * time.Second, nil, 0, func() claims { return claims{"acr": "myACR", "auth_time": ago(6)} }, `max_age="5"`, "the login is 6s old, and at most 5s are accepted: "},
		{"RFC: the token of section 6.1", 5 * time.Second, []string{"myACR"}, 0, func() claims { return claims{"acr": "myACR", "auth_time": ago(2)} }, "", ""},

		{"just now", minute, nil, 0, func() claims { return claims{"auth_time": ago(0)} }, "", ""},
		{"at the limit", minute, nil, 0, func() claims { return claims{"auth_time": ago(60)} }, "", ""},
		{"a second more", minute, nil, 0, func() claims { return claims{"auth_time": ago(61)} }, `max_age="60"`, "the login is 1m1s old"},
		{"at the limit of the leeway", minute, nil, 30 * time.Second, func() claims { return claims{"auth_time": ago(90)} }, "", ""},
		{"beyond the leeway", minute, nil, 30 * time.Second, func() claims { return claims{"auth_time": ago(91)} }, `max_age="60"`, "the login is 1m31s old"},
		{"ahead", minute, nil, 0, func() claims { return claims{"auth_time": ago(-1)} }, `max_age="60"`, "auth_time is 1s ahead, and Leeway is 0s: set Leeway"},
		{"ahead by more than a Duration is", minute, nil, 0, func() claims { return claims{"auth_time": int64(253402300799)} }, `max_age="60"`, "auth_time is more than 290 years ahead"},
		{"ahead within the leeway", minute, nil, 30 * time.Second, func() claims { return claims{"auth_time": ago(-30)} }, "", ""},
		{"ahead beyond the leeway", minute, nil, 30 * time.Second, func() claims { return claims{"auth_time": ago(-31)} }, `max_age="60"`, "auth_time is 31s ahead"},
		{"a fraction rounds down", minute, nil, 0, func() claims { return claims{"auth_time": float64(ago(61)) + 0.9} }, `max_age="60"`, "the login is 1m1s old"},
		{"iat is no auth_time", minute, nil, 0, func() claims { return nil }, `max_age="60"`, noTime},
		{"auth_time null", minute, nil, 0, func() claims { return claims{"auth_time?": nil} }, `max_age="60"`, noTime},
		{"auth_time as text", minute, nil, 0, func() claims { return claims{"auth_time": "2000-01-01T00:00:00Z"} }, `max_age="60"`, noTime},
		{"auth_time a list", minute, nil, 0, func() claims { return claims{"auth_time": []int64{ago(0)}} }, `max_age="60"`, noTime},
		{"auth_time in milliseconds", minute, nil, 0, func() claims { return claims{"auth_time": ago(0) * 1000} }, `max_age="60"`, noTime},
		{"auth_time negative", minute, nil, 0, func() claims { return claims{"auth_time": -1} }, `max_age="60"`, noTime},
		{"auth_time 0", minute, nil, 0, func() claims { return claims{"auth_time": 0} }, `max_age="60"`, " days old"},
		{"auth_time in another case", minute, nil, 0, func() claims { return claims{"Auth_Time": ago(0)} }, `max_age="60"`, noTime},
		{"auth_time inside another claim", minute, nil, 0, func() claims { return claims{"a": claims{"auth_time": ago(0)}} }, `max_age="60"`, noTime},
		{"after a claim with escapes", minute, []string{"b"}, 0, func() claims {
			return claims{"a\"": claims{"\n": "\n"}, "auth_time": ago(1), "acr": "b", "z": []string{"\t"}}
		}, "", ""},
		{"any age, with leeway", forEver, nil, 5 * minute, func() claims { return claims{"auth_time": 1} }, "", ""},
		{"any age, ahead within the leeway", forEver, nil, 5 * minute, func() claims { return claims{"auth_time": ago(-300)} }, "", ""},
		{"any age, ahead beyond the leeway", forEver, nil, 5 * minute, func() claims { return claims{"auth_time": ago(-301)} }, `max_age="9223372036"`, "auth_time is 5m1s ahead"},

		{"acr alone, an old login", 0, []string{"mfa"}, 0, func() claims { return claims{"acr": "mfa", "auth_time": 1} }, "", ""},
		{"acr alone, no auth_time", 0, []string{"mfa"}, 0, func() claims { return claims{"acr": "mfa"} }, "", ""},
		{"the second acr", 0, []string{"gold", "silver"}, 0, func() claims { return claims{"acr": "silver"} }, "", ""},
		{"neither acr", 0, []string{"gold", "silver"}, 0, func() claims { return claims{"acr": "bronze"} }, `acr_values="gold silver"`, `the token has acr \"bronze\", want \"gold\", \"silver\": `},
		{"long names of acr", 0, []string{"urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken", "http://schemas.openid.net/pape/policies/2007/06/multi-factor", "https://refeds.org/profile/mfa"}, 0,
			func() claims {
				return claims{"acr": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"}
			},
			`acr_values="urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken http://schemas.openid.net/pape/policies/2007/06/multi-factor https://refeds.org/profile/mfa"`,
			": have the client pass acr_values to the issuer, and the issuer set acr"},
		{"acr in another case", 0, []string{"gold"}, 0, func() claims { return claims{"acr": "Gold"} }, `acr_values="gold"`, ""},
		{"a list for acr", 0, []string{"gold"}, 0, func() claims { return claims{"acr": []string{"gold"}} }, `acr_values="gold"`, `the token has acr \"\"`},
		{"a number for acr", 0, []string{"1"}, 0, func() claims { return claims{"acr": 1} }, `acr_values="1"`, ""},
		{"all for acr", 0, []string{"gold", "silver"}, 0, func() claims { return claims{"acr": "gold silver"} }, `acr_values="gold silver"`, ""},
		{"no acr", 0, []string{"gold"}, 0, func() claims { return nil }, `acr_values="gold"`, ""},
		{"acr escaped", 0, []string{"gold"}, 0, func() claims { return claims{"\\u0061cr": "g\\u006fld"} }, "", ""},
		{"both, the login is old", minute, []string{"mfa"}, 0, func() claims { return claims{"acr": "mfa", "auth_time": ago(61)} }, `acr_values="mfa", max_age="60"`, "the login is"},
		{"both, another acr", minute, []string{"mfa"}, 0, func() claims { return claims{"acr": "pwd", "auth_time": ago(1)} }, `acr_values="mfa", max_age="60"`, "want \\\"mfa"},
		{"both, no acr", minute, []string{"mfa"}, 0, func() claims { return claims{"auth_time": ago(1)} }, `acr_values="mfa", max_age="60"`, "want \\\"mfa"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				var guards []string
				opts := jwthttp.Options{
					Leeway: tc.leeway, AllowAnyAudience: true,
					Logger:   slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
					OnResult: func(_ *http.Request, res jwthttp.Result) { guards = append(guards, res.Guard+" "+res.Reason) },
				}
				changes := tc.claims()
				_, isNull := changes["auth_time?"]
				delete(changes, "auth_time?")
				all := accessToken(changes)
				if isNull {
					all["auth_time"] = nil
				}
				token := signRaw(t, all)
				// Whatever the claims type has of the login: it is read from the token.
				for _, h := range []func(http.Handler) http.Handler{
					mustNew[jwt.MapClaims](t, key(), opts).Handler,
					mustNew[jwt.RegisteredClaims](t, key(), opts).Handler,
					mustNew[struct{}](t, key(), opts).Handler,
				} {
					log.Reset()
					guards = nil
					w := get(h(oauth.RequireRecent(tc.maxAge, tc.acr...)(hello)), token)
					if tc.wants == "" {
						if w.Code != 204 || w.Header()["Www-Authenticate"] != nil || log.Len() > 0 || len(guards) != 1 {
							t.Errorf("%d %v %q %s", w.Code, w.Header(), guards, &log)
						}
						continue
					}
					if got := w.Header()["Www-Authenticate"]; w.Code != 401 || !slices.Equal(got, []string{loginError(tc.wants)}) {
						t.Errorf("%d %q, want %q", w.Code, got, loginError(tc.wants))
					}
					if want := `{"title":"Unauthorized","status":401,"detail":"A more recent or a stronger login is required","error":"insufficient_user_authentication"}` + "\n"; w.Body.String() != want {
						t.Errorf("body %s", w.Body)
					}
					if w.Header().Get("Cache-Control") != "no-store" {
						t.Errorf("header %v", w.Header())
					}
					if !strings.Contains(log.String(), tc.logs) || !strings.Contains(log.String(), "level=DEBUG") || !strings.HasSuffix(log.String(), " see=docs/refusals.md#insufficient_user_authentication\n") {
						t.Errorf("log %s, want %s", &log, tc.logs)
					}
					if want := []string{" ", "RequireRecent insufficient_user_authentication"}; !slices.Equal(guards, want) {
						t.Errorf("results %q, want %q", guards, want)
					}
				}
			})
		})
	}
}

// signRaw signs claims whose names and texts may have escapes of JSON.
func signRaw(t testing.TB, claims jwt.MapClaims) string {
	t.Helper()
	_, hasEscapes := claims[`\u0061cr`]
	if !hasEscapes {
		return sign(t, "at+jwt", claims)
	}
	return signText(t, "at+jwt", claims, func(payload string) string { return strings.ReplaceAll(payload, `\\u`, `\u`) })
}

// RequireRecent is a guard as those of package jwthttp: the same answers outside of a middleware,
// without a token, and with the settings of the middleware.
func TestRequireRecentIsAGuard(t *testing.T) {
	recent := oauth.RequireRecent(time.Minute)
	old := func() string {
		return sign(t, "at+jwt", accessToken(map[string]any{"auth_time": time.Now().Unix() - 3600}))
	}
	opts := func(change func(*jwthttp.Options)) func(http.Handler) http.Handler {
		o := mustAccessTokens(t, issuer, audience)
		o.Logger = slog.New(slog.DiscardHandler)
		change(&o)
		return mustNew[oauth.Claims](t, key(), o).Handler
	}
	t.Run("no token", func(t *testing.T) {
		w := get(opts(func(o *jwthttp.Options) { o.AllowAnonymous = true })(recent(hello)), "")
		if got := w.Header().Get("WWW-Authenticate"); w.Code != 401 || got != `Bearer realm="api"` {
			t.Errorf("%d %q", w.Code, got)
		}
	})
	t.Run("realm, scopes and metadata", func(t *testing.T) {
		w := get(opts(func(o *jwthttp.Options) {
			o.Realm, o.ChallengeScopes, o.ResourceMetadata = "shop", []string{"read"}, "https://api.example.com/.well-known/oauth-protected-resource"
		})(recent(hello)), old())
		want := `Bearer realm="shop", error="insufficient_user_authentication", scope="read", error_description="A more recent or a stronger login is required", max_age="60", resource_metadata="https://api.example.com/.well-known/oauth-protected-resource"`
		if got := w.Header()["Www-Authenticate"]; w.Code != 401 || !slices.Equal(got, []string{want}) {
			t.Errorf("%d %q", w.Code, got)
		}
	})
	t.Run("error handler", func(t *testing.T) {
		var got error
		w := get(opts(func(o *jwthttp.Options) {
			o.ErrorHandler = func(w http.ResponseWriter, r *http.Request, err error) { got = err; jwthttp.WriteError(w, r, err) }
		})(recent(hello)), old())
		if !errors.Is(got, jwthttp.ErrInsufficientUserAuthentication) || errors.Is(got, jwthttp.ErrInvalidToken) || w.Header().Get("WWW-Authenticate") != loginError(`max_age="60"`) {
			t.Errorf("%v %v", got, w.Header())
		}
	})
	t.Run("the kind, wrapped", func(t *testing.T) {
		w := httptest.NewRecorder()
		jwthttp.WriteError(w, httptest.NewRequest("GET", "/", nil), errors.Join(errors.New("x"), jwthttp.ErrInsufficientUserAuthentication))
		want := strings.TrimSuffix(loginError(""), ", ")
		if got := w.Header().Get("WWW-Authenticate"); w.Code != 401 || got != want {
			t.Errorf("%d %q, want %q", w.Code, got, want)
		}
	})
	t.Run("a token that a test made", func(t *testing.T) {
		ctx := jwthttp.NewContext(context.Background(), &jwthttp.Token[oauth.Claims]{Claims: oauth.Claims{ACR: "mfa", AuthTime: jwt.NewNumericDate(time.Now())}})
		w := httptest.NewRecorder()
		recent(hello).ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", "/", nil))
		if w.Code != 401 || w.Header().Get("WWW-Authenticate") != loginError(`max_age="60"`) {
			t.Errorf("%d %v", w.Code, w.Header())
		}
	})
	t.Run("changed afterwards", func(t *testing.T) {
		acr := []string{"mfa"}
		guard := oauth.RequireRecent(0, acr...)
		acr[0] = ""
		if w := get(opts(func(*jwthttp.Options) {})(guard(hello)), sign(t, "at+jwt", accessToken(map[string]any{"acr": "mfa"}))); w.Code != 204 {
			t.Errorf("%d", w.Code)
		}
	})
}

// Faults of the program are a 500 for every request, and a record that says how to mend it.
func TestRequireRecentMisconfigured(t *testing.T) {
	inside := func(log *bytes.Buffer) func(http.Handler) http.Handler {
		o := mustAccessTokens(t, issuer, audience)
		o.Logger = slog.New(slog.NewTextHandler(log, nil))
		return mustNew[oauth.Claims](t, key(), o).Handler
	}
	for _, tc := range []struct {
		name  string
		guard func(http.Handler) http.Handler
		logs  string
	}{
		{"negative", oauth.RequireRecent(-time.Second, "mfa"), "RequireRecent was given the age -1s: pass whole seconds"},
		{"fractions", oauth.RequireRecent(1500 * time.Millisecond), "RequireRecent was given the age 1.5s: pass whole seconds"},
		{"without a unit", oauth.RequireRecent(300), "RequireRecent was given the age 300ns: pass whole seconds"},
		{"nothing", oauth.RequireRecent(0), "RequireRecent was given no rule: "},
		{"an empty acr", oauth.RequireRecent(time.Minute, ""), "pass each acr as an argument of its own"},
		{"two in one", oauth.RequireRecent(time.Minute, "gold silver"), "pass each acr as an argument of its own"},
		{"a quote", oauth.RequireRecent(0, `gold", error="x`), "pass each acr as an argument of its own"},
		{"a line break", oauth.RequireRecent(0, "gold\r\nX: y"), "pass each acr as an argument of its own"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var log bytes.Buffer
			w := get(inside(&log)(tc.guard(hello)), sign(t, "at+jwt", accessToken(map[string]any{"auth_time": time.Now().Unix(), "acr": "mfa"})))
			if w.Code != 500 || w.Header()["Www-Authenticate"] != nil || !strings.Contains(log.String(), "level=ERROR") || !strings.Contains(log.String(), tc.logs) {
				t.Errorf("%d %v %s", w.Code, w.Header(), &log)
			}
		})
	}
	t.Run("outside of every middleware", func(t *testing.T) {
		if w := get(oauth.RequireRecent(time.Minute)(hello), ""); w.Code != 500 {
			t.Errorf("%d", w.Code)
		}
	})
}

// A token that came under DPoP is refused under DPoP, RFC 9470 section 3.
func TestRequireRecentUnderDPoP(t *testing.T) {
	proofs, err := dpop.New(dpop.Options{Origins: []string{"https://api.example.com"}, Algorithms: []string{"ES256"}})
	if err != nil {
		t.Fatal(err)
	}
	owner, err := dpop.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	opts := mustAccessTokens(t, issuer, audience)
	opts.Bindings, opts.AllowUnbound = []jwthttp.Binding{proofs}, true
	h := mustNew[oauth.Claims](t, key(), opts).Handler(oauth.RequireRecent(time.Minute)(hello))
	call := func(age int64) *httptest.ResponseRecorder {
		token := sign(t, "at+jwt", accessToken(map[string]any{"auth_time": time.Now().Unix() - age, "cnf": map[string]any{"jkt": owner.Thumbprint()}}))
		proof, err := owner.Proof("GET", "https://api.example.com/mcp", token, "")
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("GET", "https://api.example.com/mcp", nil)
		r.RequestURI = "/mcp" // as on a server
		r.Header.Set("Authorization", "DPoP "+token)
		r.Header.Set("DPoP", proof)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	w := call(3600)
	want := []string{`Bearer realm="api"`, strings.Replace(loginError(`max_age="60"`), "Bearer", "DPoP", 1) + `, algs="ES256"`}
	if got := w.Header()["Www-Authenticate"]; w.Code != 401 || !slices.Equal(got, want) {
		t.Errorf("%d\n%q, want\n%q", w.Code, got, want)
	}
	if w := call(1); w.Code != 204 {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}
