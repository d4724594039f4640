package jwthttp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/golang-jwt/jwt/v5"
	"github.com/justinas/alice"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/dpop"
	"github.com/jwthttp/jwthttp/internal/keyhook"
	"github.com/jwthttp/jwthttp/mtls"
	"github.com/jwthttp/jwthttp/oauth"
)

// The text of a refusal says what was wanted, what came, and how to mend it.
func TestRefusalTexts(t *testing.T) {
	const issuer = "https://a.example.com"
	key := jwthttp.HS256(secret)
	named := jwthttp.KeySet{jwthttp.HS256(secret).WithID("2025"), jwthttp.RS256(&rsaKey().PublicKey).WithID("rs")}
	strict := jwthttp.Options{Issuer: issuer, Audience: []string{"orders", "https://orders.example.com"}}
	cookies := jwthttp.Options{Extractors: []jwthttp.Extractor{jwthttp.FirstOf(jwthttp.BearerHeader(), jwthttp.Cookie("__Host-token"))}}
	two := jwthttp.Options{Extractors: []jwthttp.Extractor{jwthttp.BearerHeader(), jwthttp.HeaderNamed("x-access-token")}}
	custom := jwthttp.Extractor{Source: "header:x-other", Extract: func(r *http.Request) (string, error) { return r.Header.Get("X-Other"), nil }}
	three := jwthttp.Options{Extractors: append(two.Extractors[:2:2], custom, jwthttp.Cookie("token"))}
	ofProxy := jwthttp.HeaderNamed("X-Access-Token")
	ofProxy.Source = "proxy"
	renamed := jwthttp.Options{Extractors: []jwthttp.Extractor{jwthttp.BearerHeader(), ofProxy}}
	trusting := jwthttp.Options{Extractors: cookies.Extractors, TrustedOrigins: []string{"https://front.example.com"}}
	now := time.Now().Unix()
	const noSignature = "The access token signature is invalid: its signature is not base64url, for its length or its last character: was the token cut or changed?"
	hs := func(header, claims string) string { return signHS(secret, header, claims) }
	plain := func(more string) string { return hs(plainHeader, payload(more)) }
	down := jwthttp.KeyFunc(func(context.Context, jwthttp.TokenHeader) ([]jwthttp.Key, error) {
		return nil, errors.New("the vault is sealed")
	})

	for _, tc := range []struct {
		name   string
		keys   jwthttp.KeySource
		opts   jwthttp.Options
		lines  string // of the request, or a token for "Authorization: Bearer"
		reason string
		want   []string
	}{
		{"nothing", key, jwthttp.Options{}, "Accept: */*", "no_token", []string{"looked for Authorization: Bearer, the request has neither Authorization nor a cookie"}},
		{"Basic", key, jwthttp.Options{}, "Authorization: basic aHVudGVyMg==", "no_token", []string{"Authorization with the scheme Basic"}},
		{"no Bearer", key, jwthttp.Options{}, "Authorization: " + plain(""), "no_token", []string{`the request has Authorization without "Bearer "`}},
		{"an unknown scheme", key, jwthttp.Options{}, "Authorization: hunter2 x", "no_token", []string{`Authorization without "Bearer "`}},
		{"another cookie", key, cookies, "Cookie: token=aHVudGVyMg; theme=dark", "no_token", []string{`looked for Authorization: Bearer and the cookie "__Host-token", the request has the cookies "token", "theme"`}},
		{"many cookies", key, cookies, "Cookie: " + strings.Repeat("c=1; ", 5) + "a=1; b=1; d=1; e=1; f=1; g=1; h=1; i=1; j=1; k=1", "no_token", []string{`"a", "b", "d", "e", "f", "g", "h" and others: have`}},
		{"eight cookies", key, cookies, "Cookie: a=1; b=1; d=1; e=1; f=1; g=1; h=1; i=1", "no_token", []string{`"a", "b", "d", "e", "f", "g", "h", "i": have`}},
		{"two headers", key, jwthttp.Options{}, "Authorization: Bearer a\nAuthorization: Bearer b", "two_credentials", []string{"there are 2 Authorization headers: send one"}},
		{"two places", key, two, "Authorization: Bearer a.b.c\nX-Access-Token: d", "two_credentials", []string{"a token may be in Authorization: Bearer and the header X-Access-Token, the request has Authorization and the header X-Access-Token: send one token, without other text, or wrap the places in FirstOf"}},
		{"two of a header", key, two, "X-Access-Token: a.b.c\nX-Access-Token: d", "two_credentials", []string{"a token may be in Authorization: Bearer and the header X-Access-Token, the request has 2 headers X-Access-Token: send one token"}},
		{"a place with a Source of its own", key, renamed, "Authorization: Bearer a.b.c\nX-Access-Token: d", "two_credentials", []string{"a token may be in Authorization: Bearer and proxy, the request has Authorization and the header X-Access-Token: send one token"}},
		{"two places, another one empty", key, three, "Authorization: Bearer a.b.c\nX-Access-Token: d\nX-Other:  ", "two_credentials", []string{"the request has Authorization and the header X-Access-Token: send one token"}},
		{"a header and a cookie", key, three, "X-Other: a.b.c\nCookie: token=a.b.c", "two_credentials", []string{`the request has the cookie "token" and the header x-other: send one token`}},
		{"Bearer alone", key, jwthttp.Options{}, "Authorization: Bearer", "malformed_credential", []string{"nothing follows the scheme after a space: have the client send"}},
		{"two words", key, jwthttp.Options{}, "Authorization: Bearer hunter2 x", "malformed_credential", []string{"more than one word: send the token alone"}},
		{"quotes", key, jwthttp.Options{}, `Authorization: Bearer "hunter2"`, "malformed_credential", []string{"a quote or a comma"}},
		{"another byte", key, jwthttp.Options{}, "Authorization: Bearer hunter2{", "malformed_credential", []string{"a byte that no token has"}},
		{"no scheme", key, jwthttp.Options{}, `Authorization: "hunter2"`, "malformed_credential", []string{"does not begin with the name of a scheme"}},
		{"two cookies", key, cookies, "Cookie: __Host-token=a; __Host-token=b", "two_credentials", []string{`a token may be in Authorization: Bearer and the cookie "__Host-token", the request has two cookies "__Host-token": send one token`}},
		{"a cookie with a comma", key, cookies, "Cookie: __Host-token=hunter2,b", "malformed_credential", []string{"a byte that RFC 6265 section 4.1.1 forbids"}},
		{"another origin", key, cookies, "Cookie: __Host-token=a\nOrigin: http://a.example.com\nSec-Fetch-Site: same-site", "cross_origin", []string{`Origin "http://a.example.com", Sec-Fetch-Site "same-site", for host "example.com"`, "TrustedOrigins"}},

		{"padding of a cookie without a name", key, cookies, "Cookie: aHVudGVyMg==; a=b", "no_token", []string{`the request has the cookie "a"`}},
		{"a cookie with an open quote", key, cookies, `Cookie: a=b; c="x; hunter2=y"; d=e`, "no_token", []string{`the request has the cookie "a"`}},
		{"no origin", key, cookies, "Cookie: __Host-token=a\nSec-Fetch-Site: cross-site", "cross_origin", []string{"no origin can be trusted for that"}},
		{"two origins", key, trusting, "Cookie: __Host-token=a\nOrigin: https://front.example.com\nOrigin: https://front.example.com", "cross_origin", []string{"there are 2 Origin headers, and a browser sends one: have the proxy on the way remove its own"}},
		{"two sites", key, trusting, "Cookie: __Host-token=a\nSec-Fetch-Site: same-origin\nSec-Fetch-Site: same-origin", "cross_origin", []string{"there are 2 Sec-Fetch-Site headers, and a browser sends one: have the proxy on the way remove its own"}},
		{"origin null", key, cookies, "Cookie: __Host-token=a\nOrigin: null", "cross_origin", []string{"no origin can be trusted for that"}},
		{"many cookies of one name", key, cookies, "Cookie: " + strings.Repeat("a=b;", 3000), "malformed_credential", []string{"more than 3,000 cookies: remove some"}},

		{"opaque", key, jwthttp.Options{}, "hunter2-and-some-more", "malformed_token", []string{"no dots: it is an opaque token, and not a JWT"}},
		{"undefined", key, jwthttp.Options{}, "undefined", "malformed_token", []string{"a short word, such as undefined or null"}},
		{"encrypted", key, jwthttp.Options{}, "a.b.c.d.e", "malformed_token", []string{"five segments: it is an encrypted token (JWE)"}},
		{"unsigned", key, jwthttp.Options{}, "a.b.", "malformed_token", []string{"it has no signature: copy all of it, or have the issuer sign it"}},
		{"padded", key, jwthttp.Options{}, "a.b.c=", "malformed_token", []string{"base64url in a token has no padding", "set AllowPadding"}},
		{"padded in part", key, jwthttp.Options{AllowPadding: true}, "abc.abc.abc=", "malformed_token", []string{"not in every segment the padding that base64 needs"}},
		{"header is not JSON", key, jwthttp.Options{}, "aaaa.b.c", "malformed_token", []string{"its header is not a strict JSON object"}},
		{"large", key, jwthttp.Options{}, strings.Repeat("x", 9412), "token_too_large", []string{"9412 bytes, and at most 8192 are accepted: raise MaxTokenBytes"}},
		{"large cookie", key, cookies, "Cookie: __Host-token=" + strings.Repeat("x", 5000), "token_too_large", []string{"5000 bytes, and a cookie has at most 4096", "send it in a header"}},
		{"large cookie, small limit", key, jwthttp.Options{MaxTokenBytes: 1000, Extractors: cookies.Extractors}, "Cookie: __Host-token=" + strings.Repeat("x", 5000), "token_too_large", []string{"5000 bytes, and at most 1000 are accepted"}},
		{"large cookie, at the limit of cookies", key, jwthttp.Options{MaxTokenBytes: 4096, Extractors: cookies.Extractors}, "Cookie: __Host-token=" + strings.Repeat("x", 5000), "token_too_large", []string{"a cookie has at most 4096", "send it in a header"}},
		{"large, at the highest limit", key, jwthttp.Options{MaxTokenBytes: 65536}, strings.Repeat("x", 65537), "token_too_large", []string{"at most 65536 are accepted, which is the most there is: have the issuer put less into the token"}},
		{"crit", key, jwthttp.Options{}, hs(`{"alg":"HS256","crit":["x"]}`, "{}"), "header", []string{"the header has crit"}},
		{"zip", key, jwthttp.Options{}, hs(`{"alg":"HS256","zip":"DEF"}`, "{}"), "header", []string{"the header has zip: a compressed token"}},
		{"kid", key, jwthttp.Options{}, hs(`{"alg":"HS256","kid":"a\u0000"}`, "{}"), "header", []string{"kid is not printable ASCII"}},
		{"logout token", key, jwthttp.Options{}, hs(`{"alg":"HS256","typ":"logout+jwt"}`, "{}"), "type", []string{`want typ JWT, at+jwt or none, the token has "logout+jwt" (unverified): have the client send its access token`}},
		{"not an access token", key, jwthttp.Options{Type: "at+jwt"}, hs(`{"alg":"HS256","typ":"JWT"}`, "{}"), "type", []string{`want typ "at+jwt", as Options.Type says, the token has "JWT" (unverified)`}},
		{"not of the list", key, jwthttp.Options{Types: []string{"JWT", "application/JOSE", ""}}, hs(`{"alg":"HS256","typ":"at+jwt"}`, "{}"), "type", []string{`want typ "JWT", "JOSE" or none, as Options.Types says, the token has "at+jwt" (unverified)`}},
		{"not without typ", key, jwthttp.Options{Types: []string{""}}, hs(`{"alg":"HS256","typ":"JWT"}`, "{}"), "type", []string{`want typ none, as Options.Types says, the token has "JWT" (unverified)`}},
		{"typ with odd bytes", key, jwthttp.Options{}, hs(`{"alg":"HS256","typ":"\u001b[31m\u202e\u2028"}`, "{}"), "type", []string{`"\x1b[31m\u202e\u2028" (unverified)`}},

		{"alg", named, jwthttp.Options{}, hs(`{"alg":"RS512","kid":"2026"}`, "{}"), "unknown_key", []string{`no key for alg "RS512", kid "2026" (unverified): the source has HS256 "2025", RS256 "rs"`}},
		{"alg that no key can have", named, jwthttp.Options{}, hs(`{"alg":"ES256K","kid":"2026"}`, "{}"), "unknown_key", []string{`no key can have alg "ES256K" (unverified), because keys are used for HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512 and EdDSA only`}},
		{"alg none", named, jwthttp.Options{}, hs(`{"alg":"none"}`, "{}"), "unknown_key", []string{`no key can have alg "none" (unverified)`, `the source has HS256 "2025", RS256 "rs"`}},
		{"alg that a function is not asked for", jwthttp.FromKeyfunc(anyKey(secret), "HS256", "HS384"), jwthttp.Options{}, hs(`{"alg":"RS512"}`, "{}"), "unknown_key", []string{`no key can have alg "RS512" (unverified): FromKeyfunc was told that the function has keys for HS256 and HS384 only`}},
		{"no such kid", named, jwthttp.Options{}, hs(`{"alg":"HS256","kid":"2026"}`, "{}"), "unknown_key", []string{`no key for alg "HS256", kid "2026" (unverified): the source has HS256 "2025", RS256 "rs"`}},
		{"no kid", named, jwthttp.Options{}, hs(`{"alg":"ES256"}`, "{}"), "unknown_key", []string{`no key for alg "ES256" without kid (unverified)`}},
		{"no kid, of one of several issuers", jwthttp.Issuers{issuer: named}, jwthttp.Options{}, hs(`{"alg":"ES256"}`, payload(`"iss":"`+issuer+`"`)), "unknown_key", []string{`the source has HS256 "2025", RS256 "rs"`}},
		{"a function's keys", jwthttp.KeyFunc(func(context.Context, jwthttp.TokenHeader) ([]jwthttp.Key, error) { return named, nil }), jwthttp.Options{}, hs(`{"alg":"ES256"}`, "{}"), "unknown_key", []string{`the source has HS256 "2025", RS256 "rs"`}},
		{"a function without keys", jwthttp.KeyFunc(func(context.Context, jwthttp.TokenHeader) ([]jwthttp.Key, error) { return nil, nil }), jwthttp.Options{}, hs(`{"alg":"ES256"}`, "{}"), "unknown_key", []string{`the source has no key`}},
		{"another secret", named, jwthttp.Options{}, signHS([]byte("another"), `{"alg":"HS256","kid":"2025"}`, payload("")), "signature", []string{`tried the key HS256 "2025", the token names HS256 "2025" (unverified)`, "base64 is not decoded, and a line break at the end counts"}},
		{"another key", named, jwthttp.Options{}, signRS(t, rsaForger(), `{"alg":"RS256"}`, payload("")), "signature", []string{`tried the key RS256 "rs", the token names RS256 without kid`, "use the public key of the issuer that signed it"}},
		{"a signature with stray bits", key, jwthttp.Options{}, withStrayBit(plain("")), "signature", []string{noSignature}},
		{"a signature with stray bits, RSA", named, jwthttp.Options{}, withStrayBit(signRS(t, rsaKey(), `{"alg":"RS256","kid":"rs"}`, payload(""))), "signature", []string{noSignature}},
		{"a signature of an odd length", key, jwthttp.Options{}, plain("")[:len(plain(""))-2], "signature", []string{noSignature}},
		{"a signature of one character", key, jwthttp.Options{}, plain("")[:len(plain(""))-42], "signature", []string{noSignature}},
		{"a signature that goes on", key, jwthttp.Options{AllowPadding: true}, plain("") + "AA", "signature", []string{noSignature}},
		{"half a signature", key, jwthttp.Options{}, plain("")[:len(plain(""))-23], "signature", []string{"tried the key HS256 without kid"}},
		{"another issuer", jwthttp.Issuers{issuer: key}, jwthttp.Options{}, plain(`"iss":"https://b.example.com"`), "issuer", []string{`the token has iss "https://b.example.com" (unverified), which is not among the trusted ones`}},
		{"no issuer", jwthttp.Issuers{issuer: key}, jwthttp.Options{}, plain(""), "issuer", []string{"the token has no iss, or one that is not a string or is longer than 256 bytes"}},
		{"down", down, jwthttp.Options{}, plain(""), "unavailable", []string{"the vault is sealed"}},

		{"exp in milliseconds", key, jwthttp.Options{}, hs(plainHeader, `{"exp":1700000000000}`), "claims", []string{"exp is beyond the year 9999, as milliseconds are: have the issuer send a number of seconds"}},
		{"exp as text", key, jwthttp.Options{}, hs(plainHeader, `{"exp":"1700000000"}`), "claims", []string{"exp is a string: have the issuer send a number of seconds"}},
		{"a number for sub", key, jwthttp.Options{}, hs(plainHeader, `{"sub":7}`), "claims", []string{"sub is a number: have the issuer send a string, or set AllowNumericSubject"}},
		{"a fraction for sub", key, jwthttp.Options{}, hs(plainHeader, `{"sub":7.5}`), "claims", []string{"sub is not a string: have the issuer send one"}},
		{"another type", key, jwthttp.Options{}, plain(`"role":[1]`), "claims", []string{`the claim at "/role" does not fit string`}},
		{"no exp", key, jwthttp.Options{}, hs(plainHeader, `{}`), "missing_claim", []string{"exp is missing: have the issuer set it, or set AllowMissingExpiry"}},
		{"no iat", key, jwthttp.Options{MaxAge: time.Hour}, plain(""), "missing_claim", []string{"iat is missing, which MaxAge needs"}},
		{"cnf", key, jwthttp.Options{}, plain(`"cnf":{"jkt":"x"}`), "sender_constrained", []string{"bound to a key by DPoP or mutual TLS", "AllowSenderConstrained"}},
		{"a slash", key, strict, plain(`"iss":"https://a.example.com/"`), "issuer", []string{`want iss "https://a.example.com", the token has "https://a.example.com/": the slash at the end counts`}},
		{"an iss without a scheme", key, jwthttp.Options{Issuer: "https://accounts.google.com"}, plain(`"iss":"accounts.google.com"`), "issuer", []string{`the token has "accounts.google.com": if you trust that issuer, name it`}},
		{"http where no scheme is wanted", key, jwthttp.Options{Issuer: "orders"}, plain(`"iss":"http://orders"`), "issuer", []string{`the token has "http://orders": if you trust that issuer, name it`}},
		{"http", key, strict, plain(`"iss":"http://a.example.com"`), "issuer", []string{`the token has "http://a.example.com": http is not https`}},
		{"case", key, strict, plain(`"iss":"https://A.example.com"`), "issuer", []string{"case counts"}},
		{"another iss", key, strict, plain(`"iss":"https://b.example.com"`), "issuer", []string{`the token has "https://b.example.com": if you trust that issuer`}},
		{"no iss", key, strict, plain(""), "issuer", []string{`want iss "https://a.example.com", the token has none`}},
		{"the key's issuer", key.WithIssuer(issuer), jwthttp.Options{}, plain(`"iss":"x"`), "issuer", []string{`want iss "https://a.example.com", the token has "x"`}},
		{"another aud", key, strict, plain(`"iss":"https://a.example.com","aud":"account"`), "audience", []string{`want aud "orders", "https://orders.example.com", the token has "account", which names Keycloak itself: add an Audience mapper`}},
		{"another service's aud", key, strict, plain(`"iss":"https://a.example.com","aud":["bills"]`), "audience", []string{`the token has "bills": have the issuer add it, or name this service in Options.Audience`}},
		{"Keycloak's aud, none wanted", key, jwthttp.Options{}, plain(`"aud":"account"`), "audience", []string{`the token has "account", which names Keycloak itself`}},
		{"64 odd audiences", key, jwthttp.Options{Audience: []string{"x"}}, plain(`"aud":["` + strings.Repeat(strings.Repeat("\\u0001", 10)+`","`, 63) + `"]`), "audience", []string{`" and 56 more`}},
		{"no aud", key, strict, plain(`"iss":"https://a.example.com"`), "audience", []string{`want aud "orders", "https://orders.example.com", the token has none`}},
		{"an aud, none wanted", key, jwthttp.Options{}, plain(`"aud":["a","b"]`), "audience", []string{`want no aud, as jwthttp.Options.Audience is empty, the token has "a", "b"`, "AllowAnyAudience"}},
		{"an empty aud, none wanted", key, jwthttp.Options{}, plain(`"aud":[]`), "audience", []string{`want no aud, as jwthttp.Options.Audience is empty, the token has []: have the issuer leave it out, or set AllowAnyAudience there`}},
		{"an aud without a name, none wanted", key, jwthttp.Options{}, plain(`"aud":""`), "audience", []string{`the token has "": name this service there`}},
		{"the key's audience", key.WithIssuer(issuer, "bills"), jwthttp.Options{AllowAnyAudience: true}, plain(`"iss":"https://a.example.com","aud":"x"`), "audience", []string{`want aud "bills", the token has "x": have the issuer add it, or name this service in the Audience of its keys (jwks.Options or WithIssuer) as the token does`}},
		{"the key's audience beside that of the options", key.WithIssuer(issuer, "bills"), jwthttp.Options{Audience: []string{"x"}}, plain(`"iss":"https://a.example.com","aud":"x"`), "audience", []string{`or name this service in the Audience of its keys`}},
		{"nbf", key, jwthttp.Options{}, plain(fmt.Sprintf(`"nbf":%d`, now+100000)), "not_yet_valid", []string{"nbf is 27h", "ahead, and Leeway is 0s: mend the clocks, or have the issuer set it earlier"}},
		{"nbf within the longest leeway", key, jwthttp.Options{}, plain(fmt.Sprintf(`"nbf":%d`, now+290)), "not_yet_valid", []string{"nbf is 4m", "ahead, and Leeway is 0s: set Leeway, or mend the clocks"}},
		{"iat ahead", key, jwthttp.Options{MaxAge: time.Hour}, plain(fmt.Sprintf(`"iat":%d`, now+100000)), "not_yet_valid", []string{"iat is 27h", "ahead"}},
		{"exp", key, jwthttp.Options{Leeway: time.Second}, hs(plainHeader, `{"exp":1}`), "expired", []string{" days back, and Leeway is 1s: the client needs a new token"}},
		{"old", key, jwthttp.Options{MaxAge: time.Hour}, plain(`"iat":1`), "expired", []string{"iat is ", " days back, MaxAge is 1h0m0s"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var reported error
			opts := tc.opts
			opts.Logger = slog.New(slog.DiscardHandler)
			opts.OnResult = func(_ *http.Request, res jwthttp.Result) {
				if reported = res.Err; res.Reason != tc.reason {
					t.Errorf("reason %s, want %s", res.Reason, tc.reason)
				}
			}
			auth := mustNew[AppClaims](t, tc.keys, opts)
			r := httptest.NewRequest("POST", "/", nil)
			lines := tc.lines
			if !strings.Contains(lines, ": ") {
				lines = "Authorization: Bearer " + lines
			}
			for line := range strings.SplitSeq(lines, "\n") {
				name, value, _ := strings.Cut(line, ": ")
				r.Header.Add(name, value)
			}
			rec := httptest.NewRecorder()
			auth.Handler(http.NotFoundHandler()).ServeHTTP(rec, r)
			_, err := auth.Authenticate(r)
			errs := map[string]error{"Handler": reported, "Authenticate": err}
			if token, ok := strings.CutPrefix(lines, "Authorization: Bearer "); ok && !strings.Contains(token, ": ") && !strings.Contains(tc.reason, "credential") {
				_, errs["Verify"] = auth.Verify(t.Context(), token)
			}
			for by, err := range errs {
				if err == nil {
					t.Errorf("%s: no error", by)
					continue
				}
				text := err.Error()
				for _, want := range tc.want {
					if !strings.Contains(text, want) {
						t.Errorf("%s: %s\nhas no %q", by, text, want)
					}
				}
				if len(text) > 1100 {
					t.Errorf("%s: the text has %d bytes", by, len(text))
				}
				isOdd := func(c rune) bool { return !unicode.IsPrint(c) }
				if strings.ContainsFunc(text, isOdd) || strings.Contains(text, "hunter2") || strings.Contains(text, "aHVudGVyMg") {
					t.Errorf("%s: the text shows what it must not: %q", by, text)
				}
				marshaled, _ := json.Marshal(err)
				for verb, shown := range map[string]string{"%v": fmt.Sprint(err), "%+v": fmt.Sprintf("%+v", err), "%#v": fmt.Sprintf("%#v", err), "%x": fmt.Sprintf("%x", err)} {
					if shown != text {
						t.Errorf("%s: %s shows %q", by, verb, shown)
					}
				}
				var inJSON string
				if err := json.Unmarshal(marshaled, &inJSON); err != nil || inJSON != text {
					t.Errorf("%s: as JSON %s", by, marshaled)
				}
			}
			// The client gets the constant sentence, and nothing of what came.
			for _, want := range tc.want {
				if strings.Contains(rec.Body.String()+fmt.Sprint(rec.Header()), want) {
					t.Errorf("the client is told %q", want)
				}
			}
		})
	}
}

// withStrayBit returns a token whose signature has the same bytes, and a bit after the last of them.
func withStrayBit(token string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := len(token) - 1
	return token[:last] + alphabet[strings.IndexByte(alphabet, token[last])+1:][:1]
}

// What failed before its signature is in fields of its own.
func TestUnverified(t *testing.T) {
	var got jwthttp.Result
	opts := jwthttp.Options{OnResult: func(_ *http.Request, res jwthttp.Result) { got = res }}
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), opts)
	forger := []byte("another secret that has 32 bytes")
	long := strings.Repeat("i", 257)
	for _, tc := range []struct {
		name, token        string
		segments           int
		alg, kid, typ, iss string
	}{
		{"good", signHS(secret, plainHeader, payload(`"iss":"a"`)), 0, "", "", "", ""},
		{"good, but expired", signHS(secret, plainHeader, `{"exp":1,"iss":"a"}`), 0, "", "", "", ""},
		{"opaque", "x", 1, "", "", "", ""},
		{"encrypted", "a.b.c.d.e", 5, "", "", "", ""},
		{"too large", strings.Repeat("a.", 5000), 5001, "", "", "", ""},
		{"crit", signHS(secret, `{"alg":"HS256","crit":[]}`, payload(`"iss":"a"`)), 3, "", "", "", ""},
		{"typ", signHS(secret, `{"alg":"HS256","kid":"k","typ":"x"}`, payload(`"iss":"a"`)), 3, "HS256", "k", "x", "a"},
		{"alg", signHS(secret, `{"alg":"RS256","kid":"k"}`, payload(`"iss":"a"`)), 3, "RS256", "k", "", "a"},
		{"forged", signHS(forger, `{"alg":"HS256","kid":"k","typ":"JWT"}`, payload(`"iss":"a"`)), 3, "HS256", "k", "JWT", "a"},
		{"forged, a long iss", signHS(forger, plainHeader, payload(`"iss":"`+long+`"`)), 3, "HS256", "", "JWT", ""},
		{"forged, an iss that is a number", signHS(forger, plainHeader, payload(`"iss":1`)), 3, "HS256", "", "JWT", ""},
		{"forged, not JSON", signHS(forger, plainHeader, "iss"), 3, "HS256", "", "JWT", ""},
	} {
		got = jwthttp.Result{}
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+tc.token)
		auth.Handler(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), r)
		want := jwthttp.Result{}.Unverified
		want.Segments, want.Algorithm, want.KeyID, want.Type, want.Issuer = tc.segments, tc.alg, tc.kid, tc.typ, tc.iss
		if strings.Contains(tc.name, "too large") {
			want.Segments = got.Unverified.Segments // counted below
			if got.Unverified.Segments != strings.Count(tc.token, ".")+1 {
				t.Errorf("%s: %d segments", tc.name, got.Unverified.Segments)
			}
		}
		if got.Unverified != want {
			t.Errorf("%s: %+v, want %+v", tc.name, got.Unverified, want)
		}
		if isUnverified := tc.segments > 0; isUnverified && (got.Algorithm+got.KeyID+got.Issuer+got.Subject != "" || got.Remembered) {
			t.Errorf("%s: what is unverified is shown as verified: %+v", tc.name, got)
		}
	}
}

// A guard that refuses calls OnResult a second time, with its name.
func TestGuardResults(t *testing.T) {
	var results []jwthttp.Result
	opts := jwthttp.Options{
		AllowAnonymous: true,
		Logger:         slog.New(slog.DiscardHandler),
		OnResult:       func(_ *http.Request, res jwthttp.Result) { results = append(results, res) },
	}
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret).WithID("k"), opts)
	no := jwthttp.Require(func(AppClaims) error { return errors.New("not for you") })
	closed := jwthttp.Require(func(AppClaims) error { return jwthttp.ErrUnavailable })
	other := jwthttp.Require(func(jwt.MapClaims) error { return nil })
	for _, tc := range []struct {
		name                   string
		guard                  func(http.Handler) http.Handler
		token                  bool
		guardName              string // "" if the request passes
		outcome, reason, cause string
	}{
		{"passes", jwthttp.RequireScopes("read"), true, "", "", "", ""},
		{"scope", jwthttp.RequireScopes("read", "admin"), true, "RequireScopes", "refused", "insufficient_scope", `RequireScopes needs "read" and "admin", the token has "read write"`},
		{"any scope", jwthttp.RequireAnyScope("admin"), true, "RequireAnyScope", "refused", "insufficient_scope", `RequireAnyScope needs "admin", the token has "read write"`},
		{"rule", no, true, "Require[jwthttp_test.AppClaims]", "refused", "forbidden", "not for you"},
		{"rule, no token", no, false, "Require[jwthttp_test.AppClaims]", "refused", "no_token", "needs one"},
		{"scope, no token", jwthttp.RequireScopes("read"), false, "RequireScopes", "refused", "no_token", "RequireScopes needs one"},
		{"down", closed, true, "Require[jwthttp_test.AppClaims]", "unavailable", "unavailable", ""},
		{"another claims type", other, true, "Require[jwt.MapClaims]", "refused", "misconfigured", "make both for the same claims type"},
	} {
		results = nil
		r := httptest.NewRequest("GET", "/", nil)
		if tc.token {
			r.Header.Set("Authorization", "Bearer "+signHS(secret, `{"alg":"HS256","kid":"k"}`, payload(`"iss":"https://a","scope":"read write"`)))
		}
		alice.New(auth.Handler, tc.guard).ThenFunc(func(http.ResponseWriter, *http.Request) {}).ServeHTTP(httptest.NewRecorder(), r)
		if tc.guardName == "" {
			if len(results) != 1 || results[0].Guard != "" || results[0].Outcome != "accepted" {
				t.Errorf("%s: %+v", tc.name, results)
			}
			continue
		}
		if len(results) != 2 || results[0].Guard != "" || results[1].Err == nil {
			t.Errorf("%s: %+v", tc.name, results)
			continue
		}
		got := results[1]
		if !strings.Contains(got.Err.Error(), tc.cause) {
			t.Errorf("%s: %v, want %q", tc.name, got.Err, tc.cause)
		}
		got.Err = nil
		want := jwthttp.Result{Outcome: tc.outcome, Reason: tc.reason, Guard: tc.guardName}
		if tc.token && tc.reason != "misconfigured" {
			want.Source, want.Algorithm, want.KeyID, want.Issuer, want.Subject = "header:Authorization", "HS256", "k", "https://a", "alice"
		}
		if got != want {
			t.Errorf("%s: %+v\nwant %+v", tc.name, got, want)
		}
	}
}

// The record of a guard is of the token that the guard has refused, also inside of another
// middleware. A store that is down is logged with the guard's name.
func TestGuardRecords(t *testing.T) {
	type Inner struct {
		Subject string `json:"sub"`
	}
	var log strings.Builder
	var results []jwthttp.Result
	opts := jwthttp.Options{
		Logger:     textLogger(&log, slog.LevelInfo),
		OnResult:   func(_ *http.Request, res jwthttp.Result) { results = append(results, res) },
		Extractors: []jwthttp.Extractor{jwthttp.HeaderNamed("X-Outer")},
	}
	outer := mustNew[AppClaims](t, jwthttp.HS256(secret), opts)
	opts.Extractors = []jwthttp.Extractor{jwthttp.HeaderNamed("X-Inner")}
	inner := mustNew[Inner](t, jwthttp.HS256(secret), opts)
	var refusal error
	guard := jwthttp.Require(func(AppClaims) error { return refusal })
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("X-Outer", signHS(secret, plainHeader, fmt.Sprintf(`{"sub":"alice","exp":%d}`, time.Now().Add(time.Hour).Unix())))
	r.Header.Set("X-Inner", signHS(secret, plainHeader, fmt.Sprintf(`{"sub":"bob","exp":%d}`, time.Now().Add(time.Hour).Unix())))
	chain := alice.New(outer.Handler, inner.Handler, guard).ThenFunc(func(http.ResponseWriter, *http.Request) {})

	refusal = errors.New("no")
	chain.ServeHTTP(httptest.NewRecorder(), r)
	if got := results[len(results)-1]; got.Guard == "" || got.Subject != "alice" || got.Source != "header:X-Outer" {
		t.Errorf("%+v", got)
	}
	if log.Len() != 0 {
		t.Errorf("a client's refusal is logged: %s", &log)
	}
	refusal = fmt.Errorf("%w: redis is down", jwthttp.ErrUnavailable)
	for range 3 {
		chain.ServeHTTP(httptest.NewRecorder(), r)
	}
	const want = `level=ERROR msg="jwthttp: tokens cannot be checked" err="jwthttp: temporarily unavailable: The access token cannot be checked at the moment: redis is down" guard=Require[jwthttp_test.AppClaims] see=docs/refusals.md#unavailable` + "\n"
	if log.String() != want {
		t.Errorf("%s\nwant %s", &log, want)
	}
}

// One record for each refusal, at Debug, with stable keys.
func TestRefusalRecord(t *testing.T) {
	var log strings.Builder
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{Logger: textLogger(&log, slog.LevelDebug)})
	chain := alice.New(auth.Handler, jwthttp.RequireScopes("admin")).Then(http.NotFoundHandler())
	for _, tc := range []struct{ name, token, want string }{
		{"expired", signHS(secret, plainHeader, `{"sub":"alice","iss":"https://a","exp":1}`), `^level=DEBUG msg="jwthttp: a request was refused" outcome=refused reason=expired source=header:Authorization alg=HS256 iss=https://a sub=alice err="jwthttp: invalid token: The access token expired: exp is \d+ days back, and Leeway is 0s: the client needs a new token" see=docs/refusals.md#expired\n$`},
		{"forged", signHS([]byte("x"), `{"alg":"HS256","kid":"k"}`, `{"iss":"\u001b[1m\u202e"}`), `^level=DEBUG msg="jwthttp: a request was refused" outcome=refused reason=signature source=header:Authorization unverified.segments=3 unverified.alg=HS256 unverified.kid=k unverified.iss=" \[1m " err=".*" see=docs/refusals.md#signature\n$`},
		{"guard", good(), `^level=DEBUG msg="jwthttp: a request was refused" outcome=refused reason=insufficient_scope guard=RequireScopes source=header:Authorization alg=HS256 sub=alice err=".*" see=docs/refusals.md#insufficient_scope\n$`},
	} {
		log.Reset()
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+tc.token)
		chain.ServeHTTP(httptest.NewRecorder(), r)
		if !regexp.MustCompile(tc.want).MatchString(log.String()) {
			t.Errorf("%s: %s\nwant %s", tc.name, log.String(), tc.want)
		}
		if strings.Contains(log.String(), tc.token[len(tc.token)-20:]) {
			t.Errorf("%s: the record has the token: %s", tc.name, &log)
		}
	}
}

// textLogger returns a logger without times.
func textLogger(w *strings.Builder, level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
}

// What the operator must mend is logged once a minute. Keys and checks are counted apart. The
// default logger may be replaced at any time.
func TestOperatorRecords(t *testing.T) {
	for _, name := range []string{"Options.Logger", "slog.Default"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var err error
				keys := jwthttp.KeyFunc(func(context.Context, jwthttp.TokenHeader) ([]jwthttp.Key, error) {
					return []jwthttp.Key{jwthttp.HS256(secret)}, err
				})
				var stored error
				check := func(context.Context, *jwthttp.Token[AppClaims]) error { return stored }
				var own strings.Builder
				opts := jwthttp.Options{Logger: textLogger(&own, slog.LevelInfo)}
				if name == "slog.Default" {
					opts.Logger = nil
				}
				auth := mustNew(t, keys, opts, check)
				records := logged(t) // replaces the default after New
				send := func(ctx context.Context) {
					r := httptest.NewRequestWithContext(ctx, "GET", "/", nil)
					r.Header.Set("Authorization", "Bearer "+good())
					auth.Handler(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), r)
				}
				got := func() string {
					text := strings.Join(records.take(), "") + own.String()
					own.Reset()
					return text
				}
				const message = `level=ERROR msg="jwthttp: tokens cannot be checked" err="jwthttp: temporarily unavailable: The access token cannot be checked at the moment: `
				const see = ` see=docs/refusals.md#unavailable`

				send(t.Context())
				if text := got(); text != "" {
					t.Errorf("a good request is logged: %s", text)
				}
				err = errors.New("the vault is sealed")
				canceled, cancel := context.WithCancel(t.Context())
				cancel()
				send(canceled) // the client has left: nothing to mend
				if text := got(); text != "" {
					t.Errorf("a client that has left is logged: %s", text)
				}
				for range 5 {
					send(t.Context())
				}
				if text := got(); text != message+`the vault is sealed"`+see+"\n" {
					t.Errorf("%s", text)
				}
				err, stored = nil, fmt.Errorf("%w: redis is down", jwthttp.ErrUnavailable)
				send(t.Context())
				if text := got(); text != message+`redis is down"`+see+"\n" {
					t.Errorf("%s", text)
				}
				time.Sleep(time.Minute)
				err = errors.New("the vault is sealed")
				send(t.Context())
				if text := got(); text != message+`the vault is sealed"`+see+" suppressed=4\n" {
					t.Errorf("%s", text)
				}
			})
		})
	}
}

// A refusal costs no more than its answer unless somebody listens. The bounds were measured
// before refusals had texts.
func TestRefusalsAreCheap(t *testing.T) {
	if underRace() {
		t.Skip("the race detector allocates")
	}
	quiet := slog.New(slog.NewTextHandler(&strings.Builder{}, nil)) // at Info
	key := jwthttp.HS256(secret)
	down := jwthttp.KeyFunc(func(context.Context, jwthttp.TokenHeader) ([]jwthttp.Key, error) { return nil, jwthttp.ErrUnavailable })
	for _, tc := range []struct {
		name  string
		keys  jwthttp.KeySource
		opts  jwthttp.Options
		guard func(http.Handler) http.Handler
		value string // of Authorization
		most  float64
	}{
		{"no token", key, jwthttp.Options{}, nil, "", 6},
		{"Basic", key, jwthttp.Options{}, nil, "Basic x", 6},
		{"malformed", key, jwthttp.Options{}, nil, "Bearer a.b", 6},
		{"too large", key, jwthttp.Options{}, nil, "Bearer " + strings.Repeat("x", 9000), 6},
		{"forged", key, jwthttp.Options{}, nil, "Bearer " + signHS([]byte("x"), plainHeader, payload("")), 6},
		{"unknown key", key, jwthttp.Options{}, nil, "Bearer " + signHS(secret, `{"alg":"RS256"}`, payload("")), 6},
		{"unknown issuer", jwthttp.Issuers{"https://a": key}, jwthttp.Options{}, nil, "Bearer " + signHS(secret, plainHeader, payload(`"iss":"x"`)), 7},
		{"expired", key, jwthttp.Options{}, nil, "Bearer " + signHS(secret, plainHeader, `{"exp":1}`), 8},
		{"audience", key, jwthttp.Options{Audience: []string{"a"}}, nil, "Bearer " + signHS(secret, plainHeader, payload(`"aud":"x"`)), 8},
		{"scope", key, jwthttp.Options{}, jwthttp.RequireScopes("admin"), "Bearer " + good(), 8},
		{"rule", key, jwthttp.Options{}, jwthttp.Require(func(AppClaims) error { return errors.New("no") }), "Bearer " + good(), 9},
		{"unavailable", down, jwthttp.Options{}, nil, "Bearer " + good(), 9},
		{"accepted by FromKeyfunc", jwthttp.FromKeyfunc(anyKey(secret), "HS256"), jwthttp.Options{}, nil, "Bearer " + good(), 9},
	} {
		tc.opts.Logger = quiet
		h := mustNew[AppClaims](t, tc.keys, tc.opts).Handler
		chain := h(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		if tc.guard != nil {
			chain = h(tc.guard(http.NotFoundHandler()))
		}
		r := httptest.NewRequest("GET", "/", nil)
		if tc.value != "" {
			r.Header.Set("Authorization", tc.value)
		}
		w := &nothing{http.Header{}}
		n := testing.AllocsPerRun(100, func() {
			clear(w.header)
			chain.ServeHTTP(w, r)
		})
		if n > tc.most {
			t.Errorf("%s: %v allocations, at most %v are good", tc.name, n, tc.most)
		}
	}
}

// The record of a refusal costs nothing where its level is off.
func BenchmarkRefused(b *testing.B) {
	forged := signHS([]byte("another secret that has 32 bytes"), plainHeader, payload(""))
	for _, level := range []slog.Level{slog.LevelInfo, slog.LevelDebug} {
		b.Run(level.String(), func(b *testing.B) {
			logger := slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: level}))
			auth, err := jwthttp.New[AppClaims](jwthttp.HS256(secret), jwthttp.Options{Logger: logger})
			if err != nil {
				b.Fatal(err)
			}
			h := auth.Handler(http.NotFoundHandler())
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Authorization", "Bearer "+forged)
			w := &nothing{http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(w, r)
			}
		})
	}
}

// nothing is a ResponseWriter that writes nothing.
type nothing struct{ header http.Header }

func (w *nothing) Header() http.Header         { return w.header }
func (w *nothing) Write(p []byte) (int, error) { return len(p), nil }
func (w *nothing) WriteHeader(int)             {}

// The record of a refusal names its section in docs/refusals.md.
func TestRefusalsPage(t *testing.T) {
	page, err := os.ReadFile("docs/refusals.md")
	if err != nil {
		t.Fatal(err)
	}
	var sections []string
	for _, m := range regexp.MustCompile(`(?m)^## ([a-z_]+)$`).FindAllStringSubmatch(string(page), -1) {
		sections = append(sections, m[1])
	}
	words := jwthttp.ReasonWords()
	slices.Sort(sections)
	slices.Sort(words)
	if !slices.Equal(sections, words) {
		t.Errorf("docs/refusals.md has the sections\n%q, the reasons are\n%q", sections, words)
	}
}

// The page quotes records as they are logged, and says what the client gets.
func TestRefusalsPageQuotes(t *testing.T) {
	page, err := os.ReadFile("docs/refusals.md")
	if err != nil {
		t.Fatal(err)
	}
	key := jwthttp.HS256(secret)
	opaque := errors.New("dial tcp 10.0.0.7:443: connect: connection refused")
	failing := func(err error) jwthttp.KeyFunc {
		return func(context.Context, jwthttp.TokenHeader) ([]jwthttp.Key, error) { return nil, err }
	}
	inCookie := jwthttp.Cookie("__Host-token")
	either := jwthttp.Options{Extractors: []jwthttp.Extractor{jwthttp.BearerHeader(), inCookie}}
	orders := jwthttp.Options{Audience: []string{"orders"}}
	bearer := func(more string) string {
		return "Authorization: Bearer " + signHS(secret, plainHeader, payload(more))
	}

	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		logger := textLogger(&log, slog.LevelDebug)
		before := slog.Default()
		slog.SetDefault(logger)
		defer slog.SetDefault(before)
		revoked, err := denylist.NewMemory(denylist.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := revoked.RevokeSubject(t.Context(), "", "alice", time.Now()); err != nil {
			t.Fatal(err)
		}
		auth := func(keys jwthttp.KeySource, opts jwthttp.Options, checks ...jwthttp.Check[AppClaims]) func(http.Handler) http.Handler {
			opts.Logger = logger
			return mustNew(t, keys, opts, checks...).Handler
		}
		hasLeft := func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				ctx, cancel := context.WithCancel(r.Context())
				cancel()
				next.ServeHTTP(w, r.WithContext(ctx))
			})
		}
		bound := func(opts dpop.Options, more ...jwthttp.Binding) func(http.Handler) http.Handler {
			opts.Origins = []string{"https://api.example.com"}
			proofs, err := dpop.New(opts)
			if err != nil {
				t.Fatal(err)
			}
			return auth(key, jwthttp.Options{Bindings: append(more, proofs)})
		}
		nonces, err := dpop.NewNonces(secret)
		if err != nil {
			t.Fatal(err)
		}
		owner, err := dpop.GenerateKey()
		if err != nil {
			t.Fatal(err)
		}
		thief, err := dpop.GenerateKey()
		if err != nil {
			t.Fatal(err)
		}
		jkt := `"cnf":{"jkt":"` + owner.Thumbprint() + `"}`
		// proved returns a request with owner's token, and a proof by a key for a URL.
		proved := func(by *dpop.Key, url string) string {
			_, token, _ := strings.Cut(bearer(jkt), "Bearer ")
			proof, err := by.Proof("POST", url, token, "")
			if err != nil {
				t.Fatal(err)
			}
			return "Authorization: DPoP " + token + "\nDPoP: " + proof
		}
		const orders17 = "https://api.example.com/orders/17"
		notAdmin := jwthttp.Require(func(AppClaims) error { return errors.New("not an admin") })
		now := time.Now().Unix()
		records := "" // all of them
		blocks := regexp.MustCompile("(?ms)^## ([a-z_]+)$|^```text\n(.*?)^```$").FindAllStringSubmatch(string(page), -1)
		for _, tc := range []struct {
			word  string
			chain alice.Chain
			lines string // of the request
		}{
			{"no_token", alice.New(auth(key, jwthttp.Options{})), strings.Replace(bearer(""), "Bearer ", "", 1)},
			{"two_credentials", alice.New(auth(key, either)), bearer("") + "\nCookie: __Host-token=a.b.c"},
			{"malformed_credential", alice.New(auth(key, jwthttp.Options{})), `Authorization: Bearer "a.b.c"`},
			{"cross_origin", alice.New(auth(key, either)), "Cookie: __Host-token=a.b.c\nOrigin: https://app.example.com\nSec-Fetch-Site: same-site"},
			{"malformed_token", alice.New(auth(key, jwthttp.Options{})), "Authorization: Bearer a..b.c.d"},
			{"token_too_large", alice.New(auth(key, either)), "Cookie: __Host-token=" + strings.Repeat("x", 5000)},
			{"header", alice.New(auth(key, jwthttp.Options{})), "Authorization: Bearer " + signHS(secret, `{"alg":"HS256","zip":"DEF"}`, payload(""))},
			{"type", alice.New(auth(key, jwthttp.Options{Type: "at+jwt"})), bearer("")},
			{"unknown_key", alice.New(auth(jwthttp.RS256(&rsaKey().PublicKey).WithID("2026-05"), jwthttp.Options{})), "Authorization: Bearer " + signHS(secret, `{"alg":"RS256","kid":"2026-11"}`, payload(""))},
			{"unknown_key", alice.New(auth(jwthttp.FromKeyfunc(anyKey(nil), "RS256", "ES384"), jwthttp.Options{})), "Authorization: Bearer " + signHS(secret, plainHeader, payload(""))},
			{"signature", alice.New(auth(key.WithID("2026-11"), jwthttp.Options{})), "Authorization: Bearer " + signHS([]byte("another"), `{"alg":"HS256","kid":"2026-11"}`, payload(""))},
			{"claims", alice.New(auth(key, jwthttp.Options{})), "Authorization: Bearer " + signHS(secret, plainHeader, `{"exp":1700000000000}`)},
			{"claims", alice.New(auth(key, jwthttp.Options{})), bearer(`"role":["admin"]`)},
			{"missing_claim", alice.New(auth(key, jwthttp.Options{})), "Authorization: Bearer " + signHS(secret, plainHeader, `{}`)},
			{"sender_constrained", alice.New(auth(key, jwthttp.Options{})), bearer(`"cnf":{"jkt":"x"}`)},
			{"confirmation", alice.New(bound(dpop.Options{})), bearer(`"cnf":{"x5t#S256":"` + thumbprint("a") + `"}`)},
			{"unbound", alice.New(bound(dpop.Options{})), bearer("")},
			{"scheme", alice.New(bound(dpop.Options{})), bearer(jkt)},
			{"proof", alice.New(bound(dpop.Options{})), proved(owner, "https://orders.internal/orders/17")},
			{"proof", alice.New(bound(dpop.Options{})), strings.Replace(bearer(jkt), "Bearer", "DPoP", 1)},
			{"nonce", alice.New(bound(dpop.Options{Nonces: nonces})), proved(owner, orders17)},
			{"possession", alice.New(bound(dpop.Options{})), proved(thief, orders17)},
			{"possession", alice.New(auth(key, jwthttp.Options{Bindings: []jwthttp.Binding{mtls.Connection()}})), bearer(`"cnf":{"x5t#S256":"` + thumbprint("a") + `"}`)},
			{"issuer", alice.New(auth(key, jwthttp.Options{Issuer: "https://tenant.eu.auth0.com"})), bearer(`"iss":"https://tenant.eu.auth0.com/"`)},
			{"audience", alice.New(auth(key, orders)), bearer(`"iss":"https://keycloak.example.com/realms/shop","aud":"account"`)},
			{"not_yet_valid", alice.New(auth(key, jwthttp.Options{})), bearer(fmt.Sprintf(`"nbf":%d`, now+30))},
			{"expired", alice.New(auth(key, jwthttp.Options{Leeway: 30 * time.Second})), "Authorization: Bearer " + signHS(secret, plainHeader, fmt.Sprintf(`{"exp":%d}`, now-7200))},
			{"check", alice.New(auth(key, jwthttp.Options{}, denylist.Check[AppClaims](revoked))), bearer(fmt.Sprintf(`"iat":%d`, now))},
			{"check", alice.New(auth(key, jwthttp.Options{}, denylist.Check[AppClaims](revoked))), "Authorization: Bearer " + signHS(secret, plainHeader, fmt.Sprintf(`{"jti":"1","iat":%d,"exp":%d}`, now, now+90000))},
			{"forbidden", alice.New(auth(key, jwthttp.Options{}), notAdmin), bearer("")},
			{"insufficient_scope", alice.New(auth(key, jwthttp.Options{}), jwthttp.RequireScopes("orders:read")), bearer(`"scope":"profile"`)},
			{"insufficient_user_authentication", alice.New(auth(key, jwthttp.Options{}), oauth.RequireRecent(5*time.Minute)), bearer(fmt.Sprintf(`"auth_time":%d`, now-7200))},
			{"unavailable", alice.New(auth(failing(opaque), jwthttp.Options{})), bearer("")},
			{"misconfigured", alice.New(jwthttp.RequireScopes("orders:read")), bearer("")},
			{"canceled", alice.New(hasLeft, auth(failing(context.Canceled), jwthttp.Options{})), bearer("")},
		} {
			r := httptest.NewRequest("POST", "https://api.example.com/orders/17", nil)
			r.RequestURI = "/orders/17" // as on a server
			for line := range strings.SplitSeq(tc.lines, "\n") {
				name, value, _ := strings.Cut(line, ": ")
				r.Header.Add(name, value)
			}
			w := httptest.NewRecorder()
			log.Reset()
			tc.chain.ThenFunc(http.NotFound).ServeHTTP(w, r)
			records += log.String()

			var body struct{ Detail string }
			if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
				t.Errorf("%s: %v", tc.word, err)
			}
			if row := fmt.Sprintf("\n| [%s](#%[1]s) | %d | %s |\n", tc.word, w.Code, body.Detail); !strings.Contains(string(page), row) {
				t.Errorf("the page has no row %s", row)
			}
			if !strings.HasSuffix(log.String(), " see=docs/refusals.md#"+tc.word+"\n") {
				t.Errorf("%s: the record is %s", tc.word, &log)
			}
			if strings.Count(log.String(), "jwthttp: ") != 2 { // of the message and of the kind
				t.Errorf("%s: the kind is there twice: %s", tc.word, &log)
			}
		}
		word, quoted := "", 0
		for _, m := range blocks {
			text := strings.Join(strings.Fields(m[2]), " ")
			switch {
			case m[1] != "":
				word = m[1]
				continue
			case word != "":
				text = strings.TrimPrefix(strconv.Quote(text), `"`) + " see=docs/refusals.md#" + word
			}
			if quoted++; !strings.Contains(records, text+"\n") {
				t.Errorf("no record has the quotation of section %q:\n%s", word, text)
			}
		}
		if want := len(jwthttp.ReasonWords()) + 6; quoted != want { // five sections have two, and the introduction has one
			t.Errorf("%d quotations, want %d", quoted, want)
		}
	})
}

// renewedOrigin says each time that a key was replaced.
type renewedOrigin struct{}

func (renewedOrigin) Source() any { return "a source" }

func (renewedOrigin) Renewed(context.Context, time.Time, string, string, []keyhook.Origin) bool {
	return true
}

// A source may have renewed its keys, and still have only those that were tried. The text of the
// refusal names these.
func TestTextAfterKeysWereRenewed(t *testing.T) {
	key := keyhook.WithOrigin(jwthttp.HS256(secret).WithID("2025"), renewedOrigin{}).(jwthttp.Key)
	auth := mustNew[AppClaims](t, jwthttp.KeyFunc(func(context.Context, jwthttp.TokenHeader) ([]jwthttp.Key, error) {
		return []jwthttp.Key{key}, nil
	}), jwthttp.Options{})
	_, err := auth.Verify(t.Context(), signHS([]byte("another"), plainHeader, payload("")))
	if err == nil || !strings.Contains(err.Error(), `tried the key HS256 "2025"`) {
		t.Errorf("%v", err)
	}
}
