package denylist_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/internal/tokentest"
)

const (
	provider = "https://op.example.com"
	client   = "s6BhdRkqt3"
	event    = "http://schemas.openid.net/event/backchannel-logout"
)

var typed = jwt.MapClaims{"alg": "HS256", "typ": "logout+jwt"}

// logoutToken returns a logout token for alice, now, with these claims besides. One that is nil is
// left out.
func logoutToken(t testing.TB, header, claims jwt.MapClaims) string {
	t.Helper()
	now := time.Now().Unix()
	all := jwt.MapClaims{"iss": provider, "aud": client, "sub": "alice", "jti": "bWJq", "iat": now, "exp": now + 120, "events": map[string]any{event: map[string]any{}}}
	maps.Copy(all, claims)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return signText(t, header, string(text))
}

// signText signs a payload that may be anything.
func signText(t testing.TB, header jwt.MapClaims, payload string) string {
	t.Helper()
	first, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	input := encode(first) + "." + encode([]byte(payload))
	signature, err := jwt.SigningMethodHS256.Sign(input, tokentest.Secret)
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + encode(signature)
}

func newBackChannel(t testing.TB, list *denylist.List, opts denylist.BackChannelOptions) http.Handler {
	t.Helper()
	h, err := denylist.BackChannel(jwthttp.HS256(tokentest.Secret).WithIssuer(provider), client, list, opts)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// post sends a form as a provider does.
func post(h http.Handler, form string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "/backchannel-logout", strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func postToken(h http.Handler, raw string) *httptest.ResponseRecorder {
	return post(h, url.Values{"logout_token": {raw}}.Encode())
}

// The bodies of answers that are not 200.
const (
	badToken   = `{"error":"invalid_request","error_description":"the logout token was refused"}` + "\n"
	badRequest = `{"error":"invalid_request","error_description":"send one logout_token, in a form of at most 16 KiB"}` + "\n"
	away       = `{"error":"temporarily_unavailable","error_description":"the logout failed for the moment"}` + "\n"
)

// wantAnswer asserts all of an answer.
func wantAnswer(t testing.TB, w *httptest.ResponseRecorder, status int, body string) {
	t.Helper()
	if w.Code != status || w.Body.String() != body {
		t.Errorf("answer %d %q, want %d %q", w.Code, w.Body, status, body)
	}
	wantHeader := http.Header{"Cache-Control": {"no-store"}}
	if status != 200 {
		wantHeader.Set("Content-Type", "application/json")
	}
	switch status {
	case 405:
		wantHeader.Set("Allow", "POST")
	case 503:
		wantHeader.Set("Retry-After", "5")
	}
	if !maps.EqualFunc(w.Header(), wantHeader, func(a, b []string) bool { return strings.Join(a, "|") == strings.Join(b, "|") }) {
		t.Errorf("header %v, want %v", w.Header(), wantHeader)
	}
}

// alice's tokens before the logout.
func aliceIn(sid any, age int64) jwt.MapClaims {
	now := time.Now().Unix()
	return jwt.MapClaims{"iss": provider, "sub": "alice", "sid": sid, "iat": now - age, "exp": now + 600}
}

// Each sentence of section 2.6, and of 2.4 for the claims that it refers to, with what a token may
// and may not say. A token that is refused ends nothing.
func TestBackChannelValidation(t *testing.T) {
	type claims = jwt.MapClaims
	ahead := func(seconds int64) int64 { return time.Now().Unix() + seconds }
	untyped := denylist.BackChannelOptions{AllowUntypedLogout: true}
	token := func(c claims) func(testing.TB) string {
		return func(t testing.TB) string { return logoutToken(t, typed, c) }
	}
	header := func(h claims) func(testing.TB) string {
		return func(t testing.TB) string { return logoutToken(t, h, nil) }
	}
	// later is for claims that depend on the clock of the test.
	later := func(c func() claims) func(testing.TB) string {
		return func(t testing.TB) string { return logoutToken(t, typed, c()) }
	}
	events := func(v any) func(testing.TB) string { return token(claims{"events": v}) }
	changed := func(change func(string) string) func(testing.TB) string {
		return func(t testing.TB) string { return change(logoutToken(t, typed, nil)) }
	}
	raw := func(payload string) func(testing.TB) string {
		return func(t testing.TB) string { return signText(t, typed, payload) }
	}

	for _, tc := range []struct {
		sentence string // of section 2.6 by its number, or a section
		name     string
		opts     denylist.BackChannelOptions
		token    func(testing.TB) string
		ends     bool
		logs     string
	}{
		{"all", "good", denylist.BackChannelOptions{}, token(nil), true, ""},

		{"1 an encrypted one is decrypted, or refused", "encrypted", denylist.BackChannelOptions{}, changed(func(s string) string { return s + ".a.b" }), false, "it is an encrypted token (JWE)"},
		{"2 the signature", "signature", denylist.BackChannelOptions{}, changed(func(s string) string { return s[:strings.LastIndexByte(s, '.')] + "." + strings.Repeat("A", 43) }), false, "signature is invalid"},
		{"2 the signature", "a changed payload", denylist.BackChannelOptions{}, changed(func(s string) string {
			parts := strings.Split(s, ".")
			parts[1] = base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"` + provider + `","sub":"alice"}`))
			return strings.Join(parts, ".")
		}), false, "signature is invalid"},
		{"3 alg is that of the key", "alg", denylist.BackChannelOptions{}, header(claims{"alg": "HS384", "typ": "logout+jwt"}), false, `no key for alg \"HS384\"`},
		{"3 none must not be used", "alg none", denylist.BackChannelOptions{}, header(claims{"alg": "none", "typ": "logout+jwt"}), false, `no key can have alg \"none\"`},
		{"3 none must not be used", "no signature", denylist.BackChannelOptions{}, changed(func(s string) string { return s[:strings.LastIndexByte(s, '.')+1] }), false, "it has no signature"},
		{"4 iss", "another iss", denylist.BackChannelOptions{}, token(claims{"iss": provider + "/"}), false, "the slash at the end counts"},
		{"4 iss", "no iss", denylist.BackChannelOptions{}, token(claims{"iss": nil}), false, "the token has none"},
		{"4 aud", "another aud", denylist.BackChannelOptions{}, token(claims{"aud": "other"}), false, `want aud \"s6BhdRkqt3\", the token has \"other\"`},
		{"4 aud", "no aud", denylist.BackChannelOptions{}, token(claims{"aud": nil}), false, "the token has none"},
		{"4 aud", "aud in a list", denylist.BackChannelOptions{}, token(claims{"aud": []string{client}}), true, ""},
		{"4 aud", "another aud besides", denylist.BackChannelOptions{}, token(claims{"aud": []string{"other", client}}), true, ""},
		{"4 iat", "no iat", denylist.BackChannelOptions{}, token(claims{"iat": nil}), false, "iss, jti or iat is missing"},
		{"4 iat", "iat 2 minutes back", denylist.BackChannelOptions{}, later(func() claims { return claims{"iat": ahead(-120)} }), true, ""},
		{"4 iat", "iat 121 s back", denylist.BackChannelOptions{}, later(func() claims { return claims{"iat": ahead(-121)} }), false, "iat is more than 2m0s away"},
		{"4 iat", "iat 2 minutes ahead", denylist.BackChannelOptions{}, later(func() claims { return claims{"iat": ahead(120), "exp": ahead(240)} }), true, ""},
		{"4 iat", "iat 121 s ahead", denylist.BackChannelOptions{}, later(func() claims { return claims{"iat": ahead(121), "exp": ahead(240)} }), false, "iat is more than 2m0s away"},
		{"4 iat", "iat in the year 9999", denylist.BackChannelOptions{}, token(claims{"iat": int64(253402300799)}), false, "iat is more than 2m0s away"},
		{"4 iat", "iat 0", denylist.BackChannelOptions{}, token(claims{"iat": 0}), false, "iat is more than 2m0s away"},
		{"4 iat", "iat as text", denylist.BackChannelOptions{}, token(claims{"iat": "1471566154"}), false, "iat is a string"},
		{"4 exp", "no exp", denylist.BackChannelOptions{}, token(claims{"exp": nil}), false, "exp is missing"},
		{"4 exp", "exp over", denylist.BackChannelOptions{}, later(func() claims { return claims{"exp": ahead(-120)} }), false, "exp is"},
		{"4 exp", "exp 119 s back", denylist.BackChannelOptions{}, later(func() claims { return claims{"exp": ahead(-119)} }), true, ""},
		{"5 a sub, a sid, or both", "sub and sid", denylist.BackChannelOptions{}, token(claims{"sid": "s1"}), true, ""},
		{"5 a sub, a sid, or both", "sid", denylist.BackChannelOptions{}, token(claims{"sid": "s1", "sub": nil}), true, ""},
		{"5 a sub, a sid, or both", "neither", denylist.BackChannelOptions{}, token(claims{"sub": nil}), false, "neither sub nor sid"},
		{"5 a sub, a sid, or both", "both empty", denylist.BackChannelOptions{}, token(claims{"sub": "", "sid": ""}), false, "neither sub nor sid"},
		{"5 a sub, a sid, or both", "both null", denylist.BackChannelOptions{}, raw(`{"iss":"` + provider + `","aud":"` + client + `","sub":null,"sid":null,"jti":"1","exp":253402300799}`), false, "sub is not a string"},
		{"5 a sub, a sid, or both", "sid a number beside sub", denylist.BackChannelOptions{}, token(claims{"sid": 1}), false, "sid is not a string, or is empty"},
		{"2.4 sid is a string", "sid null beside sub", denylist.BackChannelOptions{}, changedPayload(`"sid":null`), false, "sid is not a string, or is empty"},
		{"2.4 sid is a string", "sid empty beside sub", denylist.BackChannelOptions{}, token(claims{"sid": ""}), false, "sid is not a string, or is empty"},
		{"2.4 sid is a string", "sid a list beside sub", denylist.BackChannelOptions{}, token(claims{"sid": []string{"s1"}}), false, "sid is not a string, or is empty"},
		{"2.4 sid is a string", "sid in another case", denylist.BackChannelOptions{}, token(claims{"Sid": ""}), true, ""},
		{"5 a sub, a sid, or both", "sub a list", denylist.BackChannelOptions{}, token(claims{"sub": []string{"alice"}}), false, "sub is not a string"},
		{"6 events", "no events", denylist.BackChannelOptions{}, events(nil), false, "events has no object"},
		{"6 events", "events in another case", denylist.BackChannelOptions{}, token(claims{"events": nil, "Events": claims{event: claims{}}}), false, "events has no object"},
		{"6 events is an object", "events a string", denylist.BackChannelOptions{}, events(event), false, `the claim at \"/events\" does not fit`},
		{"6 events is an object", "events a list", denylist.BackChannelOptions{}, events([]string{event}), false, `the claim at \"/events\" does not fit`},
		{"6 with the member", "another event", denylist.BackChannelOptions{}, events(claims{"http://schemas.openid.net/event/other": claims{}}), false, "events has no object"},
		{"6 with the member", "the event in another case", denylist.BackChannelOptions{}, events(claims{"HTTP://schemas.openid.net/event/backchannel-logout": claims{}}), false, "events has no object"},
		{"2.4 the member is an object", "the event null", denylist.BackChannelOptions{}, events(claims{event: nil}), false, "events has no object"},
		{"2.4 the member is an object", "the event a list", denylist.BackChannelOptions{}, events(claims{event: []int{}}), false, "events has no object"},
		{"2.4 the member is an object", "the event true", denylist.BackChannelOptions{}, events(claims{event: true}), false, "events has no object"},
		{"2.4 should be empty", "an event with members", denylist.BackChannelOptions{}, events(claims{event: claims{"a": 1}, "revoke_offline_access": true}), true, ""},
		{"7 no nonce", "nonce", denylist.BackChannelOptions{}, token(claims{"nonce": "n-0S6"}), false, "it has a nonce"},
		{"7 no nonce", "an empty nonce", denylist.BackChannelOptions{}, token(claims{"nonce": ""}), false, "it has a nonce"},
		{"7 no nonce", "nonce null", denylist.BackChannelOptions{}, changedPayload(`"nonce":null`), false, "it has a nonce"},
		{"7 no nonce", "nonce escaped", denylist.BackChannelOptions{}, changedPayload(`"\u006eonce":"x"`), false, "it has a nonce"},
		{"2.4 jti is required", "no jti", denylist.BackChannelOptions{}, token(claims{"jti": nil}), false, "iss, jti or iat is missing"},
		{"2.4 other claims are ignored", "other claims", denylist.BackChannelOptions{}, token(claims{"nonces": "x", "auth_time": 1, "azp": "x", "x": []int{1}}), true, ""},
		{"2.4 typ is recommended", "typ JWT", denylist.BackChannelOptions{}, header(claims{"alg": "HS256", "typ": "JWT"}), false, "its typ is not logout+jwt"},
		{"2.4 typ is recommended", "no typ", denylist.BackChannelOptions{}, header(claims{"alg": "HS256"}), false, "its typ is not logout+jwt"},
		{"2.4 typ is recommended", "typ in full", denylist.BackChannelOptions{}, header(claims{"alg": "HS256", "typ": "application/LOGOUT+JWT"}), true, ""},
		{"2.4 typ is recommended", "typ at+jwt", untyped, header(claims{"alg": "HS256", "typ": "at+jwt"}), false, `the token has \"at+jwt\"`},
		{"2.4 typ is recommended", "typ JWT is allowed", untyped, header(claims{"alg": "HS256", "typ": "JWT"}), true, ""},
		{"2.4 typ is recommended", "no typ is allowed", untyped, header(claims{"alg": "HS256"}), true, ""},
		{"2.4 typ is recommended", "typ is allowed besides", untyped, token(nil), true, ""},
		{"4.1 an ID token is none", "an ID token", untyped, func(t testing.TB) string {
			return logoutToken(t, claims{"alg": "HS256", "typ": "JWT"}, claims{"events": nil, "nonce": "x", "sid": "s1"})
		}, false, "events has no object"},
		{"hostile", "two sids", denylist.BackChannelOptions{}, changedPayload(`"sid":"s1","sid":"s2"`), false, "claims"},
		{"hostile", "not JSON", denylist.BackChannelOptions{}, raw(`{`), false, "claims"},
		{"hostile", "null", denylist.BackChannelOptions{}, raw(`null`), false, "claims"},
		{"hostile", "deep", denylist.BackChannelOptions{}, changedPayload(`"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40)), false, "too deep"},
		{"hostile", "bound to a key", denylist.BackChannelOptions{}, token(claims{"cnf": claims{"jkt": "x"}}), false, "bound to a key"},
		{"hostile", "large", denylist.BackChannelOptions{}, token(claims{"a": strings.Repeat("a", 8<<10)}), false, "at most 8192"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				list := newMemory(t, denylist.Options{Logger: newLogger(&log)})
				auth := tokentest.Protect[jwt.MapClaims](t, list)
				w := postToken(newBackChannel(t, list, tc.opts), tc.token(t))
				if tc.ends {
					wantAnswer(t, w, 200, "")
					want(t, auth, aliceIn("s1", 121), denylist.ErrRevoked)
					wantRecords(t, &log)
					return
				}
				wantAnswer(t, w, 400, badToken)
				if denylist.Entries(list) != 0 {
					t.Error("a bad logout token has ended something")
				}
				if text := log.String(); !strings.Contains(text, tc.logs) {
					t.Errorf("%s: the log is %q, want %q", tc.sentence, text, tc.logs)
				}
				wantRecords(t, &log, `level=WARN msg="denylist: a back-channel logout was refused" err="`)
			})
		})
	}
}

// changedPayload returns what makes a good logout token with more members, as they are.
func changedPayload(members string) func(testing.TB) string {
	return func(t testing.TB) string {
		parts := strings.Split(logoutToken(t, typed, nil), ".")
		payload, err := base64.RawURLEncoding.DecodeString(parts[1])
		if err != nil {
			t.Fatal(err)
		}
		return signText(t, typed, "{"+members+","+string(payload[1:]))
	}
}

// The key decides on the algorithm: with an asymmetric one no shared secret counts.
func TestBackChannelAlgorithm(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	h, err := denylist.BackChannel(jwthttp.ES256(&key.PublicKey).WithIssuer(provider), client, newMemory(t, denylist.Options{}), denylist.BackChannelOptions{})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().Unix()
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{"iss": provider, "aud": client, "sid": "s1", "jti": "1", "iat": now, "exp": now + 60, "events": map[string]any{event: map[string]any{}}})
	token.Header["typ"] = "logout+jwt"
	raw, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	wantAnswer(t, postToken(h, raw), 200, "")
	wantAnswer(t, postToken(h, logoutToken(t, typed, nil)), 400, badToken)
}

// Section 2.4: with a sid one session ends, with a sub alone all that began before. Section 2.7: the
// ids of one issuer are no ids of another.
func TestBackChannelEnds(t *testing.T) {
	type claims = jwt.MapClaims
	for _, tc := range []struct {
		name            string
		token           claims
		refused, passes []claims
	}{
		{
			name: "a sid", token: claims{"sid": "s1", "sub": nil},
			refused: []claims{{"sid": "s1"}, {"sid": "s1", "sub": "bob"}, {"sid": "s1", "iat+": 60}},
			passes:  []claims{{"sid": "s2"}, {}, {"sid": "S1"}, {"sid": "s1", "iss": "https://other.example.com"}, {"sub": "s1"}},
		}, {
			name: "a sid beside a sub", token: claims{"sid": "s1"},
			refused: []claims{{"sid": "s1"}, {"sid": "s1", "sub": "bob"}},
			passes:  []claims{{"sid": "s2"}, {}},
		}, {
			name: "a sub", token: nil,
			refused: []claims{{}, {"sid": "s1"}, {"sid": "s2"}, {"iat+": -100}},
			passes:  []claims{{"sub": "bob"}, {"sub": "Alice"}, {"iss": "https://other.example.com"}, {"iat+": 1}, {"iat+": 1, "sid": "s1"}},
		}, {
			name: "a sub, a minute ago", token: claims{"iat+": -60},
			refused: []claims{{"iat+": -60}, {"iat+": -61, "sid": "s1"}},
			passes:  []claims{{"iat+": -59}, {}},
		}, {
			name: "a sub that is a number", token: claims{"sub": 42},
			refused: []claims{{"sub": "42"}},
			passes:  []claims{{"sub": "43"}, {}},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				list := newMemory(t, denylist.Options{})
				auth := tokentest.Protect[jwt.MapClaims](t, list)
				h := newBackChannel(t, list, denylist.BackChannelOptions{})
				began := time.Now().Unix()
				at := func(c claims) claims {
					c = maps.Clone(c)
					if d, ok := c["iat+"]; ok {
						c["iat"] = began + int64(d.(int))
						delete(c, "iat+")
					}
					return c
				}
				tokenOf := func(c claims) claims {
					all := claims{"iss": provider, "sub": "alice", "iat": began, "exp": began + 3600}
					maps.Copy(all, at(c))
					return all
				}
				for _, c := range tc.refused {
					want(t, auth, tokenOf(c), nil)
				}
				raw := logoutToken(t, typed, at(tc.token))
				// Again, as a provider that lost the answer sends it: the same is refused, and no more.
				for range 3 {
					wantAnswer(t, postToken(h, raw), 200, "")
					for _, c := range tc.refused {
						want(t, auth, tokenOf(c), denylist.ErrRevoked)
					}
					for _, c := range tc.passes {
						want(t, auth, tokenOf(c), nil)
					}
					if n := denylist.Entries(list); n != 1 {
						t.Errorf("%d entries, want 1", n)
					}
					time.Sleep(20 * time.Second)
				}
			})
		})
	}
}

// A captured logout token cannot be used when its time is over: a user who has logged in again stays
// so, whatever exp says.
func TestBackChannelReplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newBackChannel(t, newMemory(t, denylist.Options{}), denylist.BackChannelOptions{})
		raw := logoutToken(t, typed, jwt.MapClaims{"exp": time.Now().Unix() + 1e6})
		time.Sleep(2 * time.Minute)
		wantAnswer(t, postToken(h, raw), 200, "")
		time.Sleep(time.Millisecond)
		wantAnswer(t, postToken(h, raw), 400, badToken)
		time.Sleep(time.Hour)
		wantAnswer(t, postToken(h, raw), 400, badToken)
	})
}

// Section 2.5: a POST with a form that has one logout_token.
func TestBackChannelRequest(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	good := logoutToken(t, typed, nil)
	field := "logout_token=" + good
	for _, tc := range []struct {
		name, method, target, kind string
		body                       io.Reader
		status                     int
	}{
		{"good", "POST", "/", form, strings.NewReader(field), 200},
		{"charset", "POST", "/", form + "; charset=UTF-8", strings.NewReader(field), 200},
		{"other values", "POST", "/?a=b", form, strings.NewReader("a=b&a=c&" + field + "&LOGOUT_TOKEN=x&state="), 200},
		{"escaped", "POST", "/", form, strings.NewReader("logout%5Ftoken=" + strings.ReplaceAll(good, ".", "%2E")), 200},
		{"a token in the query besides", "POST", "/?logout_token=x", form, strings.NewReader(field), 200},
		{"a semicolon in the query", "POST", "/?tenant=a;b", form, strings.NewReader(field), 200},
		{"a bad escape in the query", "POST", "/?x=%zz", form, strings.NewReader(field), 200},
		{"nearly too large", "POST", "/", form, strings.NewReader(field + "&a=" + strings.Repeat("a", 16<<10-len(field)-3)), 200},

		{"GET", "GET", "/?" + field, "", nil, 405},
		{"HEAD", "HEAD", "/?" + field, "", nil, 405},
		{"PUT", "PUT", "/", form, strings.NewReader(field), 405},
		{"OPTIONS", "OPTIONS", "/", "", nil, 405},
		{"post", "post", "/", form, strings.NewReader(field), 405},

		{"two", "POST", "/", form, strings.NewReader(field + "&" + field), 400},
		{"two, one of them empty", "POST", "/", form, strings.NewReader(field + "&logout_token="), 400},
		{"none", "POST", "/", form, strings.NewReader("a=b"), 400},
		{"an empty one", "POST", "/", form, strings.NewReader("logout_token="), 400},
		{"no body", "POST", "/", form, nil, 400},
		{"in the query", "POST", "/?" + field, form, nil, 400},
		{"too large", "POST", "/", form, strings.NewReader(field + "&a=" + strings.Repeat("a", 16<<10-len(field)-2)), 400},
		{"endless", "POST", "/", form, io.MultiReader(strings.NewReader(field+"&a="), endless{}), 400},
		{"broken off", "POST", "/", form, io.MultiReader(strings.NewReader(field), iotest.ErrReader(io.ErrUnexpectedEOF)), 400},
		{"a bad escape", "POST", "/", form, strings.NewReader(field + "&a=%zz"), 400},
		{"a semicolon", "POST", "/", form, strings.NewReader(field + ";a=b"), 400},
		{"no type", "POST", "/", "", strings.NewReader(field), 400},
		{"plain text", "POST", "/", "text/plain", strings.NewReader(field), 400},
		{"JSON", "POST", "/", "application/json", strings.NewReader(`{"logout_token":"` + good + `"}`), 400},
		{"multipart", "POST", "/", "multipart/form-data; boundary=x", strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"logout_token\"\r\n\r\n" + good + "\r\n--x--\r\n"), 400},
		{"a type that is too long", "POST", "/", form + "; a=" + strings.Repeat("b", 256), strings.NewReader(field), 400},
		{"a bad type", "POST", "/", form + "; charset", strings.NewReader(field), 400},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var log bytes.Buffer
			list := newMemory(t, denylist.Options{Logger: newLogger(&log)})
			r := httptest.NewRequest(tc.method, tc.target, tc.body)
			if tc.kind != "" {
				r.Header.Set("Content-Type", tc.kind)
			}
			r.Header.Set("Cookie", "logout_token=x; session=y") // is not read
			r.Header.Set("Authorization", "Bearer x")
			w := httptest.NewRecorder()
			newBackChannel(t, list, denylist.BackChannelOptions{}).ServeHTTP(w, r)
			switch tc.status {
			case 200:
				wantAnswer(t, w, 200, "")
				wantRecords(t, &log)
			case 405:
				wantAnswer(t, w, 405, `{"error":"invalid_request","error_description":"use POST"}`+"\n")
				wantRecords(t, &log)
			default:
				body := badRequest
				if tc.name == "an empty one" {
					body = badToken
				}
				wantAnswer(t, w, 400, body)
				if strings.Contains(log.String(), good[len(good)-20:]) {
					t.Errorf("a token in the log: %s", &log)
				}
				wantRecords(t, &log, `level=WARN msg="denylist: a back-channel logout was refused" err="`)
			}
			if n := denylist.Entries(list); (n == 1) != (tc.status == 200) {
				t.Errorf("%d entries", n)
			}
		})
	}
	t.Run("no body at all", func(t *testing.T) { // as only a test makes it
		r := httptest.NewRequest("POST", "/", nil)
		r.Header.Set("Content-Type", form)
		r.Body = nil
		w := httptest.NewRecorder()
		newBackChannel(t, newMemory(t, denylist.Options{}), denylist.BackChannelOptions{}).ServeHTTP(w, r)
		wantAnswer(t, w, 400, badRequest)
	})
}

// endless is a body without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}

// Without the revocation in the list there is no 200.
func TestBackChannelStoreAway(t *testing.T) {
	for _, claims := range []jwt.MapClaims{nil, {"sid": "s1"}} {
		for _, err := range []error{errors.New("no route to host"), context.DeadlineExceeded, denylist.ErrFull, jwthttp.ErrInvalidToken, jwthttp.ErrMisconfigured} {
			f := &faulty{err: err}
			h := newBackChannel(t, newFaulty(t, f), denylist.BackChannelOptions{})
			raw := logoutToken(t, typed, claims)
			wantAnswer(t, postToken(h, raw), 503, away)
			f.err = nil
			wantAnswer(t, postToken(h, raw), 200, "")
			if len(f.kinds) != 2 {
				t.Errorf("%d revocations, want 2", len(f.kinds))
			}
		}
	}
}

// While the keys are out of reach nobody knows whether the logout token is good.
func TestBackChannelKeysAway(t *testing.T) {
	var log bytes.Buffer
	list := newMemory(t, denylist.Options{Logger: newLogger(&log)})
	down := jwthttp.KeyFunc(func(context.Context, jwthttp.TokenHeader) ([]jwthttp.Key, error) {
		return nil, errors.New("the vault is sealed")
	})
	h, err := denylist.BackChannel(down, client, list, denylist.BackChannelOptions{})
	if err != nil {
		t.Fatal(err)
	}
	wantAnswer(t, postToken(h, logoutToken(t, typed, nil)), 503, away)
	wantRecords(t, &log, `level=ERROR msg="denylist: logout tokens cannot be checked, and get a 503" err="jwthttp: temporarily unavailable: The access token cannot be checked at the moment: the vault is sealed"`)
}

// A client that left says nothing of the keys.
func TestBackChannelClientLeft(t *testing.T) {
	var log bytes.Buffer
	waiting := jwthttp.KeyFunc(func(ctx context.Context, _ jwthttp.TokenHeader) ([]jwthttp.Key, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	h, err := denylist.BackChannel(waiting, client, newMemory(t, denylist.Options{Logger: newLogger(&log)}))
	if err != nil {
		t.Fatal(err)
	}
	call := func(ctx context.Context) {
		t.Helper()
		r := httptest.NewRequestWithContext(ctx, "POST", "/", strings.NewReader("logout_token="+logoutToken(t, typed, nil)))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		wantAnswer(t, w, 503, away)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	call(ctx)
	wantRecords(t, &log)
	ctx, cancel = context.WithTimeout(t.Context(), 0) // of a middleware outside, which is too short for the keys
	defer cancel()
	call(ctx)
	wantRecords(t, &log, `level=ERROR msg="denylist: logout tokens cannot be checked, and get a 503" err="`)
}

// The iss of a logout token is that of the key. What a source returns later is not known before.
func TestBackChannelKeyOfAnyIssuer(t *testing.T) {
	free := jwthttp.HS256(tokentest.Secret)
	bound := free.WithIssuer(provider)
	list := newMemory(t, denylist.Options{})
	source := func(k jwthttp.Key) jwthttp.KeyFunc {
		return func(context.Context, jwthttp.TokenHeader) ([]jwthttp.Key, error) { return []jwthttp.Key{k}, nil }
	}
	keyfunc := jwthttp.FromKeyfunc(func(*jwt.Token) (any, error) { return tokentest.Secret, nil }, "HS256")
	for _, tc := range []struct {
		name   string
		keys   jwthttp.KeySource
		isMade bool
	}{
		{"a key", bound, true},
		{"a free key", free, false},
		{"a pointer to a free key", &free, false},
		{"a set", jwthttp.KeySet{bound.WithID("1"), bound.WithID("2")}, true},
		{"a set with a free key", jwthttp.KeySet{bound.WithID("1"), free.WithID("2")}, false},
		{"a set of a free key", jwthttp.KeySet{free}, false},
		{"a pointer to a set with a free key", &jwthttp.KeySet{free, bound.WithID("2")}, false},
		{"a free key of an issuer", jwthttp.Issuers{provider: free}, true},
		{"a function", source(bound), true},
		{"a function with a free key", source(free), true},
		{"a golang-jwt function", keyfunc, false},
		{"a golang-jwt function of an issuer", jwthttp.Issuers{provider: keyfunc}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h, err := denylist.BackChannel(tc.keys, client, list)
			if !tc.isMade {
				if h != nil || err == nil || !strings.HasPrefix(err.Error(), "denylist: BackChannel: a key is not bound to an issuer, ") || strings.Contains(err.Error(), "\n") {
					t.Errorf("a handler %v and the error %v", h, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			wantAnswer(t, postToken(h, logoutToken(t, typed, nil)), 200, "")
		})
	}
}

// A source whose keys are not bound lets a token name any issuer, but not none.
func TestBackChannelWithoutIssuer(t *testing.T) {
	list := newMemory(t, denylist.Options{})
	free := jwthttp.KeyFunc(func(context.Context, jwthttp.TokenHeader) ([]jwthttp.Key, error) {
		return []jwthttp.Key{jwthttp.HS256(tokentest.Secret)}, nil
	})
	h, err := denylist.BackChannel(free, client, list, denylist.BackChannelOptions{})
	if err != nil {
		t.Fatal(err)
	}
	wantAnswer(t, postToken(h, logoutToken(t, typed, jwt.MapClaims{"iss": nil})), 400, badToken)
	wantAnswer(t, postToken(h, logoutToken(t, typed, jwt.MapClaims{"iss": ""})), 400, badToken)
	wantAnswer(t, postToken(h, logoutToken(t, typed, jwt.MapClaims{"iss": "a"})), 200, "")
}

// A record a minute is written of logouts that were refused, whoever sends them.
func TestBackChannelLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		h := newBackChannel(t, newMemory(t, denylist.Options{Logger: newLogger(&log)}), denylist.BackChannelOptions{})
		for range 100 {
			postToken(h, "x")
		}
		wantRecords(t, &log, `err="jwthttp: invalid token: The access token is malformed: `)
		time.Sleep(time.Minute)
		post(h, "a=b")
		wantRecords(t, &log, `err="denylist: the form has 0 values of logout_token: have the provider send one, as application/x-www-form-urlencoded" suppressed=99`)
	})
}

// At Debug there is a record of each refusal. That of another audience says whose audience to mend.
func TestBackChannelLogsEachAtDebug(t *testing.T) {
	var log bytes.Buffer
	list := newMemory(t, denylist.Options{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	h := newBackChannel(t, list, denylist.BackChannelOptions{})
	for _, aud := range []string{"orders", "another"} {
		if w := postToken(h, logoutToken(t, typed, jwt.MapClaims{"aud": aud})); w.Code != 400 {
			t.Error(aud, w.Code)
		}
	}
	postToken(h, logoutToken(t, typed, jwt.MapClaims{"jti": nil}))
	const mend = `mend="a logout token is for a client id: pass that to BackChannel, make the keys with AllowAnyAudience`
	if w := postToken(h, logoutToken(t, typed, jwt.MapClaims{"sid": "1"})); w.Code != 200 || !strings.Contains(log.String(), `level=DEBUG msg="denylist: a back-channel logout ended the session of sid" iss=https://op.example.com sub=alice sid=1`) {
		t.Error(w.Code, log.String())
	}
	if text := log.String(); strings.Count(text, mend) != 2 || strings.Count(text, "level=WARN") != 1 || strings.Count(text, "level=DEBUG") != 3 || strings.Contains(text, "have the issuer add it") || !strings.Contains(text, `the token has \"another\"" mend`) {
		t.Error(text)
	}
}

func TestBackChannelOptions(t *testing.T) {
	list := newMemory(t, denylist.Options{})
	key := jwthttp.HS256(tokentest.Secret).WithIssuer(provider)
	for _, tc := range []struct {
		name   string
		keys   jwthttp.KeySource
		client string
		list   *denylist.List
		want   []string
	}{
		{"two options", key, client, list, []string{"denylist: BackChannel was given 2 options: "}},
		{"no keys", nil, client, list, []string{"denylist: BackChannel: jwthttp: "}},
		{"an unfit key", jwthttp.HS256(nil), client, list, []string{"denylist: BackChannel: jwthttp: "}},
		{"no client id", key, "", list, []string{"denylist: the client id is empty: "}},
		{"an odd client id", key, " " + client, list, []string{"denylist: BackChannel: jwthttp: Options.Audience: "}},
		{"no list", key, client, nil, []string{"denylist: the list is nil: "}},
		{"a list that nobody made", key, client, new(denylist.List), []string{"denylist: the list is nil: "}},
		{"nothing", nil, "", nil, []string{"the client id is empty", "the list is nil", "denylist: BackChannel: jwthttp: "}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			opts := make([]denylist.BackChannelOptions, strings.Count(tc.name, "two options")*2)
			h, err := denylist.BackChannel(tc.keys, tc.client, tc.list, opts...)
			if err == nil || h != nil {
				t.Fatalf("a handler %v and the error %v", h, err)
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(tc.want) {
				t.Errorf("%q, want %q", lines, tc.want)
			}
			for _, part := range tc.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q, want %q", err, part)
				}
			}
		})
	}
}

// Over a connection, many at a time: a user who was logged out is refused, and one who has logged in
// again is not.
func TestBackChannelOverHTTP(t *testing.T) {
	list := newMemory(t, denylist.Options{})
	mux := http.NewServeMux()
	mux.Handle("/logout", newBackChannel(t, list, denylist.BackChannelOptions{}))
	mux.Handle("/", tokentest.Protect[jwt.MapClaims](t, list).Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	server := httptest.NewServer(mux)
	defer server.Close()
	call := func(iat int64) int {
		raw := tokentest.Sign(t, jwt.MapClaims{"iss": provider, "sub": "alice", "iat": iat})
		r, err := http.NewRequest("GET", server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+raw)
		res, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	now := time.Now().Unix()
	if got := call(now); got != 200 {
		t.Fatalf("before the logout: %d", got)
	}
	raw := logoutToken(t, typed, jwt.MapClaims{"iat": now})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			res, err := server.Client().PostForm(server.URL+"/logout", url.Values{"logout_token": {raw}})
			if err != nil {
				t.Error(err)
				return
			}
			defer res.Body.Close()
			if res.StatusCode != 200 || res.Header.Get("Cache-Control") != "no-store" || res.Header["Set-Cookie"] != nil {
				t.Errorf("%d %v", res.StatusCode, res.Header)
			}
		})
	}
	wg.Wait()
	if got := call(now); got != 401 {
		t.Errorf("after the logout: %d", got)
	}
	if got := call(now + 1); got != 200 {
		t.Errorf("after another login: %d", got)
	}
}
