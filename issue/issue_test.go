package issue_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/issue"
)

// Claims are those of a program.
type Claims struct {
	jwt.RegisteredClaims
	Roles []string `json:"roles,omitempty"`
	Fails string   `json:"fails,omitempty"`
}

var errFails = errors.New("the program refuses it")

func (c Claims) Validate() error {
	if c.Fails != "" {
		return errFails
	}
	return nil
}

var secret = []byte(strings.Repeat("0123456789abcdef", 4))

func newIssuer[C any](t *testing.T, opts issue.Options, keys ...issue.Key) *issue.Issuer[C] {
	t.Helper()
	if keys == nil {
		keys = []issue.Key{issue.HS256(secret)}
	}
	iss, err := issue.New[C](opts, keys...)
	if err != nil {
		t.Fatal(err)
	}
	return iss
}

func newAuth[C any](t *testing.T, iss *issue.Issuer[C]) *jwthttp.Middleware[C] {
	t.Helper()
	auth, err := jwthttp.New[C](iss, iss.Options())
	if err != nil {
		t.Fatal(err)
	}
	return auth
}

// The middleware that has the issuer's options accepts its tokens, with the claims that went in and
// those that the issuer sets.
func TestToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(300 * time.Millisecond) // so that exp is rounded down
		now := time.Now()
		iss := newIssuer[Claims](t, issue.Options{Issuer: "https://issuer.example.com", Audience: []string{"orders", "bills"}, Lifetime: time.Hour, Type: "at+jwt"})
		token, expires, err := iss.Token(t.Context(), Claims{RegisteredClaims: jwt.RegisteredClaims{Subject: "alice"}, Roles: []string{"admin"}}, issue.Claim{Name: "sid", Value: "s1"})
		if err != nil {
			t.Fatal(err)
		}
		if want := now.Add(time.Hour).Truncate(time.Second); !expires.Equal(want) {
			t.Errorf("expires %v, want %v", expires, want)
		}
		auth := newAuth(t, iss)
		got, err := auth.Verify(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		c := got.Claims
		if c.Subject != "alice" || !reflect.DeepEqual(c.Roles, []string{"admin"}) || c.Issuer != "https://issuer.example.com" ||
			!reflect.DeepEqual([]string(c.Audience), []string{"orders", "bills"}) || c.IssuedAt.Unix() != now.Unix() || !c.ExpiresAt.Equal(expires) || len(c.ID) < 20 {
			t.Errorf("claims %+v", c)
		}
		if got.Header.Type != "at+jwt" || got.Header.Algorithm != "HS256" || got.Header.KeyID != "" {
			t.Errorf("header %v", got.Header)
		}
		if all := parse(t, token); all["sid"] != "s1" || len(all) != 8 {
			t.Errorf("all claims %v", all)
		}
		other, _, err := iss.Token(t.Context(), Claims{})
		if err != nil || parse(t, other)["jti"] == c.ID {
			t.Errorf("the jti is not new: %v %v", other, err)
		}
		time.Sleep(time.Hour)
		if _, err := auth.Verify(t.Context(), token); !errors.Is(err, jwt.ErrTokenExpired) {
			t.Errorf("after an hour: %v", err)
		}
	})
}

// parse returns the claims of a token.
func parse(t *testing.T, token string) jwt.MapClaims {
	t.Helper()
	claims := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(token, claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// Without options a token has no iss and no aud, and lives 15 minutes.
func TestZeroOptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		iss := newIssuer[jwt.MapClaims](t, issue.Options{})
		token, expires, err := iss.Token(t.Context(), jwt.MapClaims{"sub": "alice"})
		if err != nil || time.Until(expires) != 15*time.Minute {
			t.Fatal(expires, err)
		}
		if got := parse(t, token); len(got) != 4 || got["sub"] != "alice" || got["iat"] == nil || got["exp"] == nil || got["jti"] == nil {
			t.Errorf("claims %v", got)
		}
		if _, err := newAuth(t, iss).Verify(t.Context(), token); err != nil {
			t.Error(err)
		}
	})
}

// What the caller's claims may say of the claims that the issuer sets.
func TestClaims(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		in := func(d time.Duration) int64 { return now.Add(d).Unix() }
		iss := newIssuer[jwt.MapClaims](t, issue.Options{Issuer: "me", Audience: []string{"api"}})
		bare := newIssuer[jwt.MapClaims](t, issue.Options{})
		two := newIssuer[jwt.MapClaims](t, issue.Options{Audience: []string{"api", "web"}})
		for _, tc := range []struct {
			name  string
			by    *issue.Issuer[jwt.MapClaims]
			claim jwt.MapClaims
			more  []issue.Claim
			want  string // of the error; "" if there is none
		}{
			{"the same iss", iss, jwt.MapClaims{"iss": "me"}, nil, ""},
			{"another iss", iss, jwt.MapClaims{"iss": "you"}, nil, `the claims have the iss "you", which is not that of Options: leave it out of the claims`},
			{"an iss where there is none", bare, jwt.MapClaims{"iss": "you"}, nil, `the claims have the iss "you", which is not that of Options`},
			{"an iss that is no string", iss, jwt.MapClaims{"iss": []string{"me", "me"}}, nil, `the claims have the iss ["me","me"]`},
			{"the same aud", iss, jwt.MapClaims{"aud": []string{"api"}}, nil, ""},
			{"the same aud as a string", iss, jwt.MapClaims{"aud": "api"}, nil, ""},
			{"another aud", iss, jwt.MapClaims{"aud": "web"}, nil, `the claims have the aud "web", which is not that of Options`},
			{"one aud of two", two, jwt.MapClaims{"aud": "web"}, nil, `the claims have the aud "web"`},
			{"an aud where there is none", bare, jwt.MapClaims{"aud": "web"}, nil, `the claims have the aud "web", which is not that of Options`},
			{"an aud of another type", iss, jwt.MapClaims{"aud": 7}, nil, `the claims have the aud 7`},
			{"zeros", iss, jwt.MapClaims{"iss": "", "sub": nil, "aud": []string{}, "exp": 0, "nbf": nil, "iat": 0, "jti": "", "cnf": nil}, nil, ""},
			{"dates and ids that were not set", iss, jwt.MapClaims{"exp": new(jwt.NumericDate), "nbf": jwt.NumericDate{}, "iat": json.Number("-62135596800.000"), "jti": "00000000-0000-0000-0000-000000000000"}, nil, ""},
			{"an earlier exp", iss, jwt.MapClaims{"exp": in(time.Minute)}, nil, ""},
			{"the same exp", iss, jwt.MapClaims{"exp": in(15 * time.Minute)}, nil, ""},
			{"a later exp", iss, jwt.MapClaims{"exp": in(15*time.Minute + time.Second)}, nil, `not a time from now to Options.Lifetime (15m0s) ahead, in seconds since 1970: leave it out of the claims, or set Lifetime`},
			{"an exp in the past", iss, jwt.MapClaims{"exp": in(-time.Second)}, nil, `not a time from now to Options.Lifetime`},
			{"an exp of now", iss, jwt.MapClaims{"exp": in(0)}, nil, `not a time from now to Options.Lifetime`},
			{"an exp in milliseconds", iss, jwt.MapClaims{"exp": now.UnixMilli()}, nil, `not a time from now to Options.Lifetime`},
			{"an exp that is text", iss, jwt.MapClaims{"exp": "soon"}, nil, `not a time from now to Options.Lifetime`},
			{"the iat of a moment ago", iss, jwt.MapClaims{"iat": in(-time.Minute)}, nil, ""},
			{"an old iat", iss, jwt.MapClaims{"iat": in(-time.Minute - time.Second)}, nil, `which is not now: leave it out of the claims`},
			{"a coming iat", iss, jwt.MapClaims{"iat": in(time.Second)}, nil, `which is not now: leave it out of the claims`},
			{"an nbf that is ahead", iss, jwt.MapClaims{"nbf": in(time.Minute)}, nil, `not valid yet`},
			{"a jti of its own", iss, jwt.MapClaims{"jti": "one"}, nil, ""},
			{"a jti that is a number", iss, jwt.MapClaims{"jti": 1}, nil, `jti is not a string`},
			{"a numeric sub", iss, jwt.MapClaims{"sub": 42}, nil, `sub is a number`},
			{"a bound token", iss, jwt.MapClaims{"cnf": map[string]string{"jkt": "x"}}, nil, `bound to a key`},
			{"100 KB", iss, jwt.MapClaims{"text": strings.Repeat("x", 100_000)}, nil, `too large`},
			{"not to be encoded", iss, jwt.MapClaims{"f": func() {}}, nil, `the claims cannot be encoded`},
			{"text that is not UTF-8", iss, jwt.MapClaims{"sub": "a\xff"}, nil, `the claims cannot be encoded: invalid UTF-8`},
			{"a replacement character", iss, jwt.MapClaims{"sub": "a\ufffd \\ufffd"}, nil, ""},
			{"no claims", iss, nil, nil, `the claims are not a JSON object`},
			{"deep nesting", iss, jwt.MapClaims{"a": strings.Split("b", "")}, []issue.Claim{{Name: "deep", Value: nested(40)}}, `nested too deep`},
			{"a claim twice", iss, jwt.MapClaims{"a": 1}, []issue.Claim{{Name: "a", Value: 2}}, `the claim "a" has one value in the claims and another one beside them: leave it out of the claims`},
			{"a claim in place of a zero", iss, jwt.MapClaims{"a": ""}, []issue.Claim{{Name: "a", Value: 1}}, ""},
			{"a claim that says the same", iss, jwt.MapClaims{"a": 1}, []issue.Claim{{Name: "a", Value: 1}}, ""},
			{"two of one name", iss, jwt.MapClaims{}, []issue.Claim{{Name: "a"}, {Name: "a"}}, `duplicate object member name "a"`},
			{"a name that is not UTF-8", iss, jwt.MapClaims{}, []issue.Claim{{Name: "\xff", Value: 1}}, `the claim "\xff": jsontext: invalid UTF-8`},
			{"a Claim that contradicts", iss, jwt.MapClaims{}, []issue.Claim{{Name: "iss", Value: "you"}}, `the claims have the iss "you"`},
			{"a Claim that cannot be encoded", iss, jwt.MapClaims{}, []issue.Claim{{Name: "a", Value: func() {}}}, `the claim "a": json: unsupported type: func()`},
		} {
			token, expires, err := tc.by.Token(t.Context(), tc.claim, tc.more...)
			if tc.want != "" {
				if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), "issue: ") || !errors.Is(err, jwthttp.ErrMisconfigured) || errors.Is(err, jwthttp.ErrInvalidToken) {
					t.Errorf("%s: the error is %v, want %q", tc.name, err, tc.want)
				}
				if token != "" || !expires.IsZero() {
					t.Errorf("%s: %q %v", tc.name, token, expires)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", tc.name, err)
				continue
			}
			got, err := newAuth(t, tc.by).Verify(t.Context(), token)
			if err != nil {
				t.Errorf("%s: %v", tc.name, err)
				continue
			}
			for _, name := range []string{"jti", "sub"} {
				if want, ok := tc.claim[name].(string); ok && strings.Trim(want, "0-") != "" && got.Claims[name] != want {
					t.Errorf("%s: %s is %v", tc.name, name, got.Claims[name])
				}
			}
			if want, ok := tc.claim["exp"].(int64); ok && expires.Unix() != want || !got.ExpiresAt().Equal(expires) {
				t.Errorf("%s: expires %v", tc.name, expires)
			}
			if got.Registered().IssuedAt.Unix() != now.Unix() {
				t.Errorf("%s: iat %v", tc.name, got.Registered().IssuedAt)
			}
		}
	})
}

func nested(n int) any {
	var v any = 1
	for range n {
		v = []any{v}
	}
	return v
}

// A number that a decoder has kept as its text goes into the token as that number.
func TestNumbers(t *testing.T) {
	iss := newIssuer[jwt.MapClaims](t, issue.Options{})
	token, _, err := iss.Token(t.Context(), jwt.MapClaims{"id": json.Number("12345678901234567890"), "prices": []any{json.Number("1.50")}}, issue.Claim{Name: "auth_time", Value: json.Number("1")})
	if err != nil {
		t.Fatal(err)
	}
	payload, err := jwt.NewParser().DecodeSegment(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"id":12345678901234567890`, `"prices":[1.50]`, `"auth_time":1,`} {
		if !strings.Contains(string(payload), want) {
			t.Errorf("no %s in %s", want, payload)
		}
	}
	if _, _, err := iss.Token(t.Context(), jwt.MapClaims{"id": json.Number("1e")}); err == nil || !strings.Contains(err.Error(), "the claims cannot be encoded") {
		t.Errorf("a number that is none: %v", err)
	}
}

// The Validate of the claims type is called on what was made, and its error is found.
func TestValidate(t *testing.T) {
	iss := newIssuer[Claims](t, issue.Options{})
	token, _, err := iss.Token(t.Context(), Claims{Fails: "yes"})
	if token != "" || !errors.Is(err, errFails) || !errors.Is(err, jwthttp.ErrMisconfigured) || errors.Is(err, jwthttp.ErrInvalidToken) {
		t.Fatalf("%q %v", token, err)
	}
	// A handler that passes the error on does not tell the client to get another token.
	w := httptest.NewRecorder()
	jwthttp.WriteError(w, httptest.NewRequest("POST", "/login", nil), err)
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "program") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// Every mistake in the configuration is in one error.
type demanding struct{ Role string }

func (d *demanding) UnmarshalJSON(text []byte) error {
	var got struct{ Role string }
	if err := json.Unmarshal(text, &got); err != nil || got.Role == "" {
		return errors.New("there is no role")
	}
	d.Role = got.Role
	return nil
}

func second[T any](_ T, err error) error { return err }

func TestNewErrors(t *testing.T) {
	future := time.Now().Add(time.Hour)
	for _, tc := range []struct {
		name string
		opts issue.Options
		keys []issue.Key
		want string
	}{
		{"no key", issue.Options{}, []issue.Key{}, "there is no key"},
		{"an empty key", issue.Options{}, []issue.Key{{}}, "key 1: it is empty: make it with HS256 or NewKey"},
		{"an empty key with an id", issue.Options{}, []issue.Key{issue.Key{}.WithID("a").From(future)}, "key 1: it is empty: make it with HS256 or NewKey"},
		{"a short secret", issue.Options{}, []issue.Key{issue.HS256([]byte("short"))}, "needs 32 bytes or more, not 5"},
		{"the text of a public key", issue.Options{}, []issue.Key{issue.HS256([]byte("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExample"))}, "cannot be the text of a key"},
		{"a bad id", issue.Options{}, []issue.Key{issue.HS256(secret).WithID("ä")}, "cannot be the kid of a token"},
		{"no id", issue.Options{}, []issue.Key{issue.HS256(secret).WithID("")}, "cannot be the kid of a token"},
		{"two of one From", issue.Options{}, []issue.Key{issue.HS256(secret), issue.HS256(secret[1:])}, "begin to sign at the same time: give the successor a later From"},
		{"two of one id", issue.Options{}, []issue.Key{issue.HS256(secret).WithID("a"), issue.HS256(secret[1:]).WithID("a").From(future)}, `the id "a" is that of two keys`},
		{"no key that signs", issue.Options{}, []issue.Key{issue.HS256(secret).From(future)}, "no key signs before " + future.Format(time.RFC3339)},
		{"a negative lifetime", issue.Options{Lifetime: -1}, nil, "Options.Lifetime is -1ns: use 1s to 24h"},
		{"a lifetime without unit", issue.Options{Lifetime: 3600}, nil, "write 3600*time.Second"},
		{"a short lifetime", issue.Options{Lifetime: 999 * time.Millisecond}, nil, "Options.Lifetime is 999ms: use 1s to 24h"},
		{"a long lifetime", issue.Options{Lifetime: 24*time.Hour + 1}, nil, "use 1s to 24h"},
		{"an empty audience", issue.Options{Audience: []string{""}}, nil, "Options.Audience has an empty string"},
		{"an issuer with a space", issue.Options{Issuer: "me "}, nil, "white space"},
		{"a bad type", issue.Options{Type: "a b"}, nil, "Options.Type"},
		{"several", issue.Options{Lifetime: -1, Issuer: "me ", Type: "a b"}, []issue.Key{issue.HS256(nil)}, "not 0: make one with"},
	} {
		keys := tc.keys
		if keys == nil {
			keys = []issue.Key{issue.HS256(secret)}
		}
		iss, err := issue.New[Claims](tc.opts, keys...)
		if iss != nil || err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
			continue
		}
		for line := range strings.Lines(err.Error()) {
			if !strings.HasPrefix(line, "issue: ") {
				t.Errorf("%s: the line %q", tc.name, line)
			}
		}
		if tc.name == "several" && (strings.Count(err.Error(), "\n") != 3 || strings.Contains(err.Error(), "jwthttp")) {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
	type oneAudience struct {
		Audience string `json:"aud"`
	}
	type listOfAudiences struct {
		Audience []string `json:"aud"`
	}
	one, two := issue.Options{Audience: []string{"api"}}, issue.Options{Audience: []string{"api", "web"}}
	for name, err := range map[string]error{
		"a list for one": second(issue.New[listOfAudiences](one, issue.HS256(secret))),
		"one for two":    second(issue.New[oneAudience](two, issue.HS256(secret))),
	} {
		if want := "cannot hold what these Options put into tokens: the claim at \"/aud\" does not fit"; err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "issue: ") {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	for name, err := range map[string]error{
		"one for one":               second(issue.New[oneAudience](one, issue.HS256(secret))),
		"a list of two":             second(issue.New[listOfAudiences](two, issue.HS256(secret))),
		"no aud":                    second(issue.New[listOfAudiences](issue.Options{}, issue.HS256(secret))),
		"a decoder that needs more": second(issue.New[demanding](one, issue.HS256(secret))),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := issue.New[chan int](issue.Options{}, issue.HS256(secret)); err == nil {
		t.Error("a channel is a claims type")
	}
}

// A program that asks for something else than the issuer writes is told at the start.
func TestOptionsThatContradict(t *testing.T) {
	iss := newIssuer[Claims](t, issue.Options{Issuer: "me"})
	if _, err := jwthttp.New[Claims](iss, jwthttp.Options{Issuer: "you"}); err == nil || !strings.Contains(err.Error(), `the key source is for tokens of "me"`) {
		t.Error(err)
	}
	// Without Options, the iss must still be that of the issuer.
	auth, err := jwthttp.New[Claims](iss, jwthttp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	other := newIssuer[Claims](t, issue.Options{Issuer: "you"})
	token, _, err := other.Token(t.Context(), Claims{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := auth.Verify(t.Context(), token); !errors.Is(err, jwt.ErrTokenInvalidIssuer) {
		t.Error(err)
	}
}

// The caller's options and what Options returns are copies.
func TestOptionsAreCopied(t *testing.T) {
	opts := issue.Options{Audience: []string{"api"}}
	iss := newIssuer[Claims](t, opts)
	opts.Audience[0] = "other"
	iss.Options().Audience[0] = "other"
	if got := fmt.Sprint(iss.Options().Audience); got != "[api]" {
		t.Error(got)
	}
}

// An Issuer that New has not made is an error or a 404 everywhere, and never a panic.
func TestZeroIssuer(t *testing.T) {
	iss := new(issue.Issuer[Claims])
	if token, _, err := iss.Token(t.Context(), Claims{}); token != "" || !errors.Is(err, jwthttp.ErrMisconfigured) || !strings.Contains(err.Error(), "make it with New") {
		t.Errorf("Token: %q %v", token, err)
	}
	good, _, err := newIssuer[Claims](t, issue.Options{}).Token(t.Context(), Claims{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newAuth(t, iss).Verify(t.Context(), good); !errors.Is(err, jwthttp.ErrUnavailable) {
		t.Errorf("Verify: %v", err)
	}
	for _, h := range []http.Handler{iss.JWKS(), iss.Metadata()} {
		if w := get(h); w.Code != http.StatusNotFound {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
}

// A ticket leaves out what is not for clients, by a method of its pointer.
type ticket struct {
	Subject string `json:"sub"`
	Note    string `json:"note"`
}

func (t *ticket) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"sub": t.Subject})
}

// A MarshalJSON of the pointer is called, as for &claims in golang-jwt.
func TestMarshalJSONOfThePointer(t *testing.T) {
	type nested struct {
		Ticket ticket `json:"ticket"`
	}
	iss := newIssuer[ticket](t, issue.Options{})
	token, _, err := iss.Token(t.Context(), ticket{"alice", "internal"})
	if err != nil {
		t.Fatal(err)
	}
	if verified, err := newAuth(t, iss).Verify(t.Context(), token); err != nil || verified.Claims != (ticket{Subject: "alice"}) {
		t.Errorf("%+v, %v", verified, err)
	}
	inside := newIssuer[nested](t, issue.Options{})
	if token, _, err = inside.Token(t.Context(), nested{ticket{"alice", "internal"}}); err != nil {
		t.Fatal(err)
	}
	if verified, err := newAuth(t, inside).Verify(t.Context(), token); err != nil || verified.Claims.Ticket != (ticket{Subject: "alice"}) {
		t.Errorf("%+v, %v", verified, err)
	}
}
