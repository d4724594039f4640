package oauth_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/oauth"
)

// AppClaims add a claim of a user's own to those of the RFC.
type AppClaims struct {
	oauth.Claims
	Tenant string `json:"tenant"`
}

// StrictClaims have a rule of their own, and also apply the rule of the RFC.
type StrictClaims struct {
	oauth.Claims
	Tenant string `json:"tenant"`
}

func (c *StrictClaims) Validate() error {
	if c.Tenant == "" {
		return errors.New("no tenant")
	}
	return c.Claims.Validate()
}

func TestEveryClaim(t *testing.T) {
	raw := sign(t, "at+jwt", accessToken(map[string]any{
		"iat": 1700000000, "exp": int64(9000000000), "aud": []string{"other", audience}, "scope": "read write",
		"auth_time": 1699999999, "acr": "urn:mfa", "amr": []string{"pwd", "otp"},
		"roles": []any{"admin"}, "groups": []any{map[string]any{"value": "g1", "display": "One"}}, "entitlements": []any{"e1", map[string]any{"value": "e2"}},
	}))
	token, err := mustNew[oauth.Claims](t, key(), mustAccessTokens(t, issuer, audience)).Verify(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	date := func(unix int64) *jwt.NumericDate { return jwt.NewNumericDate(time.Unix(unix, 0)) }
	want := oauth.Claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: issuer, Subject: "alice", Audience: jwt.ClaimStrings{"other", audience}, ID: "dbe39bf3a3ba4238a513f51d6e1691c4",
			IssuedAt: date(1700000000), ExpiresAt: date(9000000000),
		},
		ClientID: "s6BhdRkqt3", Scope: "read write", AuthTime: date(1699999999), ACR: "urn:mfa", AMR: []string{"pwd", "otp"},
		Roles: oauth.Values{"admin"}, Groups: oauth.Values{"g1"}, Entitlements: oauth.Values{"e1", "e2"},
	}
	if !reflect.DeepEqual(token.Claims, want) {
		t.Errorf("claims %+v\nwant   %+v", token.Claims, want)
	}
}

func TestRequiredClaims(t *testing.T) {
	// These options are as loose as possible, so only the claims type refuses a token.
	loose := jwthttp.Options{AllowMissingExpiry: true, AllowAnyAudience: true}
	strict := mustAccessTokens(t, issuer, audience)
	for _, tc := range []struct {
		name    string
		changes map[string]any
		missing string // the claim that Validate names
	}{
		{"complete", nil, ""},
		{"no iss", map[string]any{"iss": nil}, "iss"},
		{"no exp", map[string]any{"exp": nil}, "exp"},
		{"no aud", map[string]any{"aud": nil}, "aud"},
		{"no sub", map[string]any{"sub": nil}, "sub"},
		{"no client_id", map[string]any{"client_id": nil}, "client_id"},
		{"no iat", map[string]any{"iat": nil}, "iat"},
		{"no jti", map[string]any{"jti": nil}, "jti"},
		{"several", map[string]any{"jti": nil, "client_id": nil}, "client_id, jti"},
		{"iss empty", map[string]any{"iss": ""}, "iss"},
		{"aud empty", map[string]any{"aud": []string{}}, "aud"},
		{"sub empty", map[string]any{"sub": ""}, "sub"},
		{"client_id empty", map[string]any{"client_id": ""}, "client_id"},
		{"client_id null", map[string]any{"client_id": json.RawMessage("null")}, "client_id"},
		{"jti empty", map[string]any{"jti": ""}, "jti"},
		{"client_id in another case", map[string]any{"client_id": nil, "Client_ID": "s6BhdRkqt3"}, "client_id"},
		{"azp instead", map[string]any{"client_id": nil, "azp": "s6BhdRkqt3"}, "client_id"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			raw := sign(t, "at+jwt", accessToken(tc.changes))
			_, err := mustNew[oauth.Claims](t, key(), loose).Verify(t.Context(), raw)
			_, errEmbedded := mustNew[AppClaims](t, key(), loose).Verify(t.Context(), raw)
			_, errStrict := mustNew[oauth.Claims](t, key(), strict).Verify(t.Context(), raw)
			if tc.missing == "" {
				if err := errors.Join(err, errEmbedded, errStrict); err != nil {
					t.Fatal(err)
				}
				return
			}
			want := "jwthttp: invalid token: The access token was refused: oauth: token is missing required claim: " + tc.missing + " (RFC 9068 section 2.2)"
			for _, err := range []error{err, errEmbedded} {
				if !errors.Is(err, jwthttp.ErrInvalidToken) || !errors.Is(err, jwt.ErrTokenRequiredClaimMissing) || err.Error() != want {
					t.Errorf("error %v\nwant  %s", err, want)
				}
			}
			// The rules of Options may refuse the token before Validate does.
			if !errors.Is(errStrict, jwthttp.ErrInvalidToken) {
				t.Errorf("with AccessTokens: %v", errStrict)
			}
		})
	}
}

func TestValidateNamesEveryClaim(t *testing.T) {
	const want = "oauth: token is missing required claim: iss, exp, aud, sub, client_id, iat, jti (RFC 9068 section 2.2)"
	if err := (oauth.Claims{}).Validate(); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestEmbeddedClaims(t *testing.T) {
	opts := mustAccessTokens(t, issuer, audience)
	good := sign(t, "at+jwt", accessToken(map[string]any{"tenant": "acme", "scope": "read"}))
	t.Run("fields and scopes", func(t *testing.T) {
		token, err := mustNew[AppClaims](t, key(), opts).Verify(t.Context(), good)
		if err != nil {
			t.Fatal(err)
		}
		if token.Claims.Tenant != "acme" || token.Claims.Subject != "alice" || !reflect.DeepEqual(token.Scopes(), []string{"read"}) {
			t.Errorf("%+v, scopes %q", token.Claims, token.Scopes())
		}
	})
	t.Run("with a rule of its own", func(t *testing.T) {
		auth := mustNew[StrictClaims](t, key(), opts)
		for _, tc := range []struct {
			raw  string
			want error
		}{
			{good, nil},
			{sign(t, "at+jwt", accessToken(nil)), jwthttp.ErrInvalidToken},
			{sign(t, "at+jwt", accessToken(map[string]any{"tenant": "acme", "client_id": nil})), jwt.ErrTokenRequiredClaimMissing},
		} {
			if _, err := auth.Verify(t.Context(), tc.raw); !errors.Is(err, tc.want) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
		}
	})
	t.Run("as a pointer", func(t *testing.T) {
		_, err := jwthttp.New[struct{ *oauth.Claims }](key(), opts)
		if err == nil || !strings.Contains(err.Error(), "embed the value") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("beside another with a Validate", func(t *testing.T) {
		_, err := jwthttp.New[struct {
			oauth.Claims
			Other
		}](key(), opts)
		if err == nil || !strings.Contains(err.Error(), "give the type a Validate of its own") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("beside another with a Validate, further in", func(t *testing.T) {
		type base struct {
			oauth.Claims
			Other
		}
		type hidden struct {
			oauth.Claims
			Validate string `json:"v"`
		}
		_, err := jwthttp.New[struct{ base }](key(), opts)
		_, errHidden := jwthttp.New[struct{ hidden }](key(), opts)
		for _, err := range []error{err, errHidden} {
			if err == nil || !strings.Contains(err.Error(), "give the type a Validate of its own") {
				t.Errorf("error %v", err)
			}
		}
	})
	// The comment of Claims warns of this type, which refuses every token.
	t.Run("with a claim declared again", func(t *testing.T) {
		type again struct {
			oauth.Claims
			Subject string `json:"sub"`
		}
		if _, err := mustNew[again](t, key(), opts).Verify(t.Context(), good); !errors.Is(err, jwt.ErrTokenRequiredClaimMissing) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("beside RegisteredClaims", func(t *testing.T) {
		type beside struct {
			oauth.Claims
			jwt.RegisteredClaims
		}
		if _, err := mustNew[beside](t, key(), opts).Verify(t.Context(), good); !errors.Is(err, jwt.ErrTokenRequiredClaimMissing) {
			t.Errorf("error %v", err)
		}
	})
}

// Other has a Validate method too.
type Other struct{}

func (Other) Validate() error { return nil }

func TestValues(t *testing.T) {
	auth := mustNew[oauth.Claims](t, key(), mustAccessTokens(t, issuer, audience))
	for _, tc := range []struct {
		name, json string
		want       oauth.Values
		ok         bool
	}{
		{"strings", `["a", "b"]`, oauth.Values{"a", "b"}, true},
		{"objects", `[{"value":"a","display":"A","primary":true},{"type":"direct","$ref":"https://x/Groups/b","value":"b"}]`, oauth.Values{"a", "b"}, true},
		{"both", `["a",{"value":"b"}]`, oauth.Values{"a", "b"}, true},
		{"escapes", `["\u0061",{"valu\u0065":"\u0062"}]`, oauth.Values{"a", "b"}, true},
		{"none", `[]`, nil, true},
		{"null", `null`, nil, true},
		{"two spellings", `[{"value":"a","VALUE":"admin"},{"Value":"admin","value":"b"}]`, oauth.Values{"a", "b"}, true},
		{"another spelling alone", `[{"Value":"admin"}]`, nil, false},
		{"a string", `"a"`, nil, false},
		{"an object", `{"value":"a"}`, nil, false},
		{"a number", `1`, nil, false},
		{"a number among them", `["a",1]`, nil, false},
		{"null among them", `["a",null]`, nil, false},
		{"an array among them", `["a",["b"]]`, nil, false},
		{"an object without value", `[{"display":"a"}]`, nil, false},
		{"a value of null", `[{"value":null}]`, nil, false},
		{"a value that is a number", `[{"value":1}]`, nil, false},
		{"a value that is an array", `[{"value":["a"]}]`, nil, false},
		{"the same name twice", `[{"value":"a","value":"b"}]`, nil, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			value := json.RawMessage(tc.json)
			token, err := auth.Verify(t.Context(), sign(t, "at+jwt", accessToken(map[string]any{"roles": value, "groups": value, "entitlements": value})))
			if !tc.ok {
				if !errors.Is(err, jwthttp.ErrInvalidToken) || !errors.Is(err, jwt.ErrTokenInvalidClaims) {
					t.Errorf("error %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, got := range []oauth.Values{token.Claims.Roles, token.Claims.Groups, token.Claims.Entitlements} {
				if !reflect.DeepEqual(got, tc.want) {
					t.Errorf("%q, want %q", got, tc.want)
				}
			}
		})
	}
}

// An old value does not stay, and a written value can be read again.
func TestScope(t *testing.T) {
	auth := mustNew[oauth.Claims](t, key(), mustAccessTokens(t, issuer, audience))
	for _, tc := range []struct {
		name, scope string
		want        oauth.Scope
		ok          bool
	}{
		{"a string", `" read  write"`, " read  write", true},
		{"an array", `["read","wr\u0069te"]`, "read write", true},
		{"an empty array", `[]`, "", true},
		{"an empty string", `""`, "", true},
		{"null", `null`, "", true},
		{"two scopes in an element", `["read write"]`, "", false},
		{"an empty element", `["read",""]`, "", false},
		{"null among them", `["read",null]`, "", false},
		{"a number among them", `["read",1]`, "", false},
		{"a number", `1`, "", false},
		{"an object", `{"read":true}`, "", false},
	} {
		raw := sign(t, "at+jwt", accessToken(map[string]any{"scope": json.RawMessage(tc.scope)}))
		token, err := auth.Verify(t.Context(), raw)
		if !tc.ok {
			if !errors.Is(err, jwt.ErrTokenInvalidClaims) {
				t.Errorf("%s: %v", tc.name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		if words := strings.Fields(string(tc.want)); token.Claims.Scope != tc.want || !slices.Equal(token.Scopes(), words) {
			t.Errorf("%s: %q and %q", tc.name, token.Claims.Scope, token.Scopes())
		}
	}
	if b, err := json.Marshal(oauth.Claims{Scope: "read write"}); err != nil || !strings.Contains(string(b), `"scope":"read write"`) {
		t.Errorf("%s, %v", b, err)
	}
}

func TestValuesWithEncodingJSON(t *testing.T) {
	v := oauth.Values{"admin"}
	if err := json.Unmarshal([]byte(`[{"value":"a"}]`), &v); err != nil || !reflect.DeepEqual(v, oauth.Values{"a"}) {
		t.Errorf("%q, %v", v, err)
	}
	v = oauth.Values{"admin"}
	if err := json.Unmarshal([]byte(`["a",1]`), &v); err == nil {
		t.Errorf("%q was taken", v)
	}
	for want, claims := range map[string]oauth.Claims{
		`{"client_id":""}`: {},
		`{"client_id":"","roles":["a","b"],"groups":["c"]}`: {Roles: oauth.Values{"a", "b"}, Groups: oauth.Values{"c"}},
	} {
		if text, err := json.Marshal(claims); err != nil || string(text) != want {
			t.Errorf("%s, %v", text, err)
		}
	}
	// An error contains nothing of the token.
	const array = "oauth: roles, groups and entitlements are arrays"
	const element = "oauth: an element of roles, groups or entitlements is neither a string nor an object with a string as its value"
	for text, want := range map[string]string{`"hunter2"`: array, `{"hunter2":1}`: array, `[{"hunter2":1}]`: element, `[["hunter2"]]`: element} {
		if err := v.UnmarshalJSON([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%s: error %v", text, err)
		}
	}
}

func TestAccessTokens(t *testing.T) {
	names := []string{"orders", audience}
	opts := mustAccessTokens(t, issuer, names...)
	names[1] = "changed"
	want := jwthttp.Options{Issuer: issuer, Audience: []string{"orders", audience}, Type: "at+jwt"}
	if !reflect.DeepEqual(opts, want) {
		t.Fatalf("%+v", opts)
	}
	idToken := map[string]any{"client_id": nil, "nonce": "n-0S6_WzA2Mj", "azp": "s6BhdRkqt3"}
	for _, tc := range []struct {
		name    string
		typ     string
		changes map[string]any
		want    error
	}{
		{"at+jwt", "at+jwt", nil, nil},
		{"with application/", "application/at+jwt", nil, nil},
		{"in upper case", "AT+JWT", nil, nil},
		{"in upper case with application/", "Application/AT+JWT", nil, nil},
		{"the first audience", "at+jwt", map[string]any{"aud": "orders"}, nil},
		{"JWT", "JWT", nil, jwt.ErrTokenUnverifiable},
		{"no typ", "", nil, jwt.ErrTokenUnverifiable},
		{"a longer typ", "at+jwtx", nil, jwt.ErrTokenUnverifiable},
		{"an ID token", "JWT", idToken, jwt.ErrTokenUnverifiable},
		{"an ID token without typ", "", idToken, jwt.ErrTokenUnverifiable},
		{"an ID token that calls itself at+jwt", "at+jwt", idToken, jwt.ErrTokenRequiredClaimMissing},
		{"a logout token", "logout+jwt", nil, jwt.ErrTokenUnverifiable},
		{"another issuer", "at+jwt", map[string]any{"iss": issuer + "/"}, jwt.ErrTokenInvalidIssuer},
		{"another audience", "at+jwt", map[string]any{"aud": audience + "/"}, jwt.ErrTokenInvalidAudience},
		{"expired", "at+jwt", map[string]any{"exp": time.Now().Add(-time.Second).Unix()}, jwt.ErrTokenExpired},
	} {
		t.Run(tc.name, func(t *testing.T) {
			raw := sign(t, tc.typ, accessToken(tc.changes))
			// The result is the same for a key that is already bound, as keys of package jwks
			// are.
			for _, k := range []jwthttp.Key{key(), key().WithIssuer(issuer, "orders", audience)} {
				_, err := mustNew[oauth.Claims](t, k, opts).Verify(t.Context(), raw)
				if !errors.Is(err, tc.want) || err != nil && !errors.Is(err, jwthttp.ErrInvalidToken) {
					t.Errorf("error %v, want %v", err, tc.want)
				}
			}
		})
	}
}

// Incomplete arguments are an error that says what to pass.
func TestAccessTokensMistakes(t *testing.T) {
	const (
		noIssuer   = "oauth: the issuer is empty: pass AccessTokens the iss of the tokens"
		noAudience = "oauth: the audience is missing or empty: pass AccessTokens the name of this service in aud"
	)
	for _, tc := range []struct {
		name     string
		issuer   string
		audience []string
		want     string
	}{
		{"no issuer", "", []string{audience}, noIssuer},
		{"no audience", issuer, nil, noAudience},
		{"an empty audience", issuer, []string{""}, noAudience},
		{"an empty audience among others", issuer, []string{audience, ""}, noAudience},
		{"neither", "", nil, noIssuer + "\n" + noAudience},
	} {
		t.Run(tc.name, func(t *testing.T) {
			opts, err := oauth.AccessTokens(tc.issuer, tc.audience...)
			if err == nil || err.Error() != tc.want {
				t.Errorf("error %v\nwant  %s", err, tc.want)
			}
			// A caller that ignores the error must not get a middleware that takes any issuer.
			if auth, err := jwthttp.New[oauth.Claims](key(), opts); err == nil {
				t.Errorf("New took %+v: %v", opts, auth)
			}
		})
	}
}

// Guards and handlers use the claims over HTTP.
func TestGuards(t *testing.T) {
	auth := mustNew[oauth.Claims](t, key(), mustAccessTokens(t, issuer, audience))
	var seen oauth.Claims
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen, _ = jwthttp.ClaimsFromContext[oauth.Claims](r.Context())
	})
	server := httptest.NewServer(auth.Handler(jwthttp.RequireScopes("read", "write")(handler)))
	defer server.Close()
	for _, tc := range []struct {
		name, scope, challenge string
		status                 int
	}{
		{"both", "write read", "", 200},
		{"one", "read", `Bearer realm="api", error="insufficient_scope", scope="read write", error_description="The access token lacks a required scope"`, 403},
	} {
		seen = oauth.Claims{}
		a := send(t, "GET", server.URL, "Authorization", "Bearer "+sign(t, "at+jwt", accessToken(map[string]any{"scope": tc.scope})))
		if a.StatusCode != tc.status || a.Header.Get("WWW-Authenticate") != tc.challenge {
			t.Errorf("%s: %d, %q", tc.name, a.StatusCode, a.Header["Www-Authenticate"])
		}
		if (string(seen.Scope) == tc.scope && seen.ClientID == "s6BhdRkqt3") != (tc.status == 200) {
			t.Errorf("%s: claims %+v", tc.name, seen)
		}
	}
}
