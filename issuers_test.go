package jwthttp_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
)

const (
	issuerA = "https://a.example"
	issuerB = "https://b.example/" // some issuers end with a slash
)

// A counter is a key source that counts how often it is called.
type counter struct {
	keys  []jwthttp.Key
	asked int
}

func (c *counter) Keys(context.Context, jwthttp.TokenHeader) ([]jwthttp.Key, error) {
	c.asked++
	return c.keys, nil
}

// iss returns the JSON of claims that name this issuer.
func iss(issuer string) string { return payload(fmt.Sprintf(`"iss":%q`, issuer)) }

// The token's iss decides which source is asked for keys. No other source is asked.
func TestIssuers(t *testing.T) {
	members := func(n int) string { // n members before iss
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"m%d":0,`, i)
		}
		return b.String()
	}
	nested := func(depth int) string { return strings.Repeat("[", depth-1) + strings.Repeat("]", depth-1) }
	unknown := jwthttp.ErrUnknownKey // the error is jwt.ErrTokenInvalidIssuer as well
	for _, tc := range []struct {
		name    string
		signer  string
		payload string
		want    error
		asked   string
	}{
		{"A", "A", iss(issuerA), nil, "A"},
		{"B", "B", iss(issuerB), nil, "B"},
		{"A, by B", "B", iss(issuerA), jwt.ErrTokenSignatureInvalid, "A"},
		{"B, by A", "A", iss(issuerB), jwt.ErrTokenSignatureInvalid, "B"},
		{"A, expired", "A", `{"iss":"https://a.example","exp":1}`, jwt.ErrTokenExpired, "A"},

		{"another", "A", iss("https://evil.example"), unknown, ""},
		{"a slash more", "A", iss(issuerA + "/"), unknown, ""},
		{"a slash less", "B", iss("https://b.example"), unknown, ""},
		{"another case", "A", iss("https://A.example"), unknown, ""},
		{"another scheme", "A", iss("http://a.example"), unknown, ""},
		{"with a port", "A", iss("https://a.example:443"), unknown, ""},
		{"a space more", "A", iss(issuerA + " "), unknown, ""},
		{"a NUL more", "A", payload(`"iss":"https://a.example\u0000"`), unknown, ""},
		{"a prefix", "A", iss("https://a.exampl"), unknown, ""},
		{"both", "A", iss(issuerA + " " + issuerB), unknown, ""},

		{"no iss", "A", payload(""), unknown, ""},
		{"empty object", "A", `{}`, unknown, ""},
		{"iss empty", "A", iss(""), unknown, ""},
		{"iss number", "A", payload(`"iss":1`), unknown, ""},
		{"iss null", "A", payload(`"iss":null`), unknown, ""},
		{"iss array", "A", payload(`"iss":["https://a.example"]`), unknown, ""},
		{"iss object", "A", payload(`"iss":{"iss":"https://a.example"}`), unknown, ""},
		{"Iss", "A", payload(`"Iss":"https://a.example"`), unknown, ""},
		{"iss nested", "A", payload(`"x":{"iss":"https://a.example"}`), unknown, ""},
		{"iss in an array", "A", payload(`"x":["iss","https://a.example"]`), unknown, ""},
		{"iss in a string", "A", payload(`"x":"\",\"iss\":\"https://a.example"`), unknown, ""},
		{"iss nested before another", "B", payload(`"x":{"iss":"https://a.example"},"iss":"https://b.example/"`), nil, "B"},

		{"escaped iss", "A", payload(`"iss":"\u0068ttps:\/\/a.example"`), nil, "A"},
		{"escaped name", "A", payload(`"\u0069\u0073\u0073":"https://a.example"`), nil, "A"},
		{"white space", "A", " {\r\n\t\"exp\" : 4102444800 , \"iss\" : \"https://a.example\" } ", nil, "A"},
		{"lone surrogate", "A", payload(`"iss":"https://a.example\ud800"`), unknown, ""},
		{"not UTF-8", "A", payload(`"iss":"https://a.example` + "\xff" + `"`), unknown, ""},

		{"iss twice, good one first", "A", payload(`"iss":"https://a.example","iss":"https://evil.example"`), jwt.ErrTokenInvalidClaims, "A"},
		{"iss twice, good one last", "A", payload(`"iss":"https://evil.example","iss":"https://a.example"`), unknown, ""},
		{"iss twice, A first", "B", payload(`"iss":"https://a.example","iss":"https://b.example/"`), jwt.ErrTokenSignatureInvalid, "A"},
		{"iss twice, both good", "A", payload(`"iss":"https://a.example","iss":"https://a.example"`), jwt.ErrTokenInvalidClaims, "A"},
		{"iss twice, by escape", "A", payload(`"iss":"https://a.example","\u0069ss":"https://evil.example"`), jwt.ErrTokenInvalidClaims, "A"},
		{"iss twice, number first", "A", payload(`"iss":1,"iss":"https://a.example"`), unknown, ""},

		{"the 256th", "A", `{` + members(254) + `"exp":4102444800,"iss":"https://a.example"}`, nil, "A"},
		{"the 257th", "A", `{` + members(255) + `"exp":4102444800,"iss":"https://a.example"}`, unknown, ""},
		{"32 deep before", "A", `{"x":` + nested(32) + `,"exp":4102444800,"iss":"https://a.example"}`, nil, "A"},
		{"33 deep before", "A", `{"x":` + nested(33) + `,"exp":4102444800,"iss":"https://a.example"}`, unknown, ""},
		{"33 deep after", "A", `{"exp":4102444800,"iss":"https://a.example","x":` + nested(33) + `}`, jwt.ErrTokenInvalidClaims, "A"},
		{"very deep", "A", `{"x":` + nested(2900), unknown, ""},

		{"no JSON", "A", `iss=https://a.example`, unknown, ""},
		{"null", "A", `null`, unknown, ""},
		{"array", "A", `["iss","https://a.example"]`, unknown, ""},
		{"object in an array", "A", `[{"iss":"https://a.example"}]`, unknown, ""},
		{"byte order mark", "A", "\ufeff" + iss(issuerA), unknown, ""},
		{"cut at the name", "A", `{"iss"`, unknown, ""},
		{"cut at the value", "A", `{"iss":`, unknown, ""},
		{"cut at the quote", "A", `{"iss":"`, unknown, ""},
		{"cut in the value", "A", `{"iss":"https://a.examp`, unknown, ""},
		{"cut after a whole name", "A", `{"iss":"https://a.example.`, unknown, ""},
		{"cut at a backslash", "A", `{"iss":"https://a.example\`, unknown, ""},
		{"cut after the value", "A", `{"iss":"https://a.example"`, jwt.ErrTokenInvalidClaims, "A"},
		{"without colon and comma", "A", `{"x" 1 "iss" "https://a.example" "exp" 4102444800}`, unknown, ""},
		{"another object after it", "A", iss(issuerA) + `{"iss":"https://evil.example"}`, jwt.ErrTokenInvalidClaims, "A"},

		{"huge, iss first", "A", payload(`"iss":"https://a.example","x":"` + strings.Repeat("x", 5900) + `"`), nil, "A"},
		{"huge, iss last", "A", payload(`"x":"` + strings.Repeat("x", 5900) + `","iss":"https://a.example"`), nil, "A"},
		{"huge iss", "A", iss(issuerA + strings.Repeat("/", 5900)), unknown, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a, b := &counter{keys: []jwthttp.Key{jwthttp.HS256(secretN(1))}}, &counter{keys: []jwthttp.Key{jwthttp.HS256(secretN(2))}}
			auth := mustNew[AppClaims](t, jwthttp.Issuers{issuerA: a, issuerB: b}, jwthttp.Options{})
			signer := map[string][]byte{"A": secretN(1), "B": secretN(2)}[tc.signer]
			verify(t, auth, signHS(signer, plainHeader, tc.payload), tc.want)
			if got := strings.Repeat("A", a.asked) + strings.Repeat("B", b.asked); got != tc.asked {
				t.Errorf("%q was asked, want %q", got, tc.asked)
			}
			if tc.want == unknown {
				verify(t, auth, signHS(signer, plainHeader, tc.payload), jwt.ErrTokenInvalidIssuer)
			}
			// Keys that New can see give the same result.
			static := jwthttp.Issuers{issuerA: jwthttp.HS256(secretN(1)), issuerB: jwthttp.KeySet{jwthttp.HS256(secretN(2)), jwthttp.ES256(&ecKey().PublicKey)}}
			verify(t, mustNew[AppClaims](t, static, jwthttp.Options{}), signHS(signer, plainHeader, tc.payload), tc.want)
		})
	}

	// A payload that is not base64url has no issuer.
	auth := mustNew[AppClaims](t, jwthttp.Issuers{issuerA: jwthttp.HS256(secret)}, jwthttp.Options{})
	verify(t, auth, macSegments(secret, b64(plainHeader)+"."+b64(iss(issuerA)+"  ")), nil)
	for _, segment := range []string{strayBits(b64(iss(issuerA) + "  ")[:len(b64(iss(issuerA)))+1]), b64("{}") + "a", "a"} {
		_, err := auth.Verify(t.Context(), macSegments(secret, b64(plainHeader)+"."+segment))
		if !errors.Is(err, jwthttp.ErrUnknownKey) || !errors.Is(err, jwt.ErrTokenInvalidIssuer) {
			t.Errorf("%s: %v", segment, err)
		}
	}
}

// The answer to a source's error is the same with Issuers as without.
func TestIssuersPassErrors(t *testing.T) {
	var result error
	source := jwthttp.KeyFunc(func(context.Context, jwthttp.TokenHeader) ([]jwthttp.Key, error) {
		return []jwthttp.Key{jwthttp.HS256(secret)}, result
	})
	auth := mustNew[AppClaims](t, jwthttp.Issuers{issuerA: source}, jwthttp.Options{})
	token := signHS(secret, plainHeader, iss(issuerA))
	verify(t, auth, token, nil)
	result = errors.New("disk on fire")
	verify(t, auth, token, jwthttp.ErrUnavailable)
	verify(t, auth, token, result)
	result = fmt.Errorf("%w: of that kid", jwthttp.ErrUnknownKey)
	verify(t, auth, token, jwthttp.ErrUnknownKey)
	if _, err := auth.Verify(t.Context(), token); errors.Is(err, jwt.ErrTokenInvalidIssuer) || errors.Is(err, jwthttp.ErrUnavailable) {
		t.Error(err)
	}
}

// asked returns the keys that the source returns for this token.
func asked(t testing.TB, source jwthttp.KeySource, raw string) (keys []jwthttp.Key) {
	t.Helper()
	mustNew[AppClaims](t, jwthttp.KeyFunc(func(ctx context.Context, h jwthttp.TokenHeader) (_ []jwthttp.Key, err error) {
		keys, err = source.Keys(ctx, h)
		return keys, err
	}), jwthttp.Options{}).Verify(t.Context(), raw)
	return keys
}

// Keys that are not bound to an issuer are bound to the issuer that they are listed under.
// They verify tokens of no other issuer, wherever they are used.
func TestIssuersBindKeys(t *testing.T) {
	key := jwthttp.ES256(&ecKey().PublicKey)
	token := func(claims string) string { return signAs(t, "ES256", ecKey(), `{"alg":"ES256"}`, claims) }
	own := []jwthttp.Key{key, key.WithIssuer(issuerB)}
	for name, source := range map[string]jwthttp.KeySource{
		"Key":          key,
		"Key pointer":  &key,
		"KeySet":       jwthttp.KeySet{jwthttp.HS256(secret), key},
		"KeyFunc":      jwthttp.KeyFunc(key.Keys),
		"FromKeyfunc":  jwthttp.FromKeyfunc(anyKey(&ecKey().PublicKey), "ES256"),
		"Issuers":      jwthttp.Issuers{issuerA: key},
		"own type":     &ownSource{own[:1]},
		"beside bound": &ownSource{own},
	} {
		t.Run(name, func(t *testing.T) {
			issuers := jwthttp.Issuers{issuerA: source}
			verify(t, mustNew[AppClaims](t, issuers, jwthttp.Options{}), token(iss(issuerB)), jwt.ErrTokenInvalidIssuer)
			keys := asked(t, issuers, token(iss(issuerA)))
			if len(keys) == 0 {
				t.Fatal("no keys")
			}
			auth := mustNew[AppClaims](t, keys[0], jwthttp.Options{})
			verify(t, auth, token(iss(issuerA)), nil)
			verify(t, auth, token(iss(issuerB)), jwt.ErrTokenInvalidIssuer)
			verify(t, auth, token(payload("")), jwt.ErrTokenInvalidIssuer)
		})
	}
	// The source's own keys do not change.
	verify(t, mustNew[AppClaims](t, own[0], jwthttp.Options{}), token(iss(issuerB)), nil)
	verify(t, mustNew[AppClaims](t, own[1], jwthttp.Options{}), token(iss(issuerA)), jwt.ErrTokenInvalidIssuer)

	// A key that is bound to another issuer verifies nothing here, whatever the token's iss
	// is.
	auth := mustNew[AppClaims](t, jwthttp.Issuers{issuerA: &ownSource{own[1:]}}, jwthttp.Options{})
	verify(t, auth, token(iss(issuerA)), jwt.ErrTokenInvalidIssuer)
	verify(t, auth, token(iss(issuerB)), jwt.ErrTokenInvalidIssuer)
	// A bad key does not verify anything either. Binding it to an issuer does not mend it.
	for _, bad := range []jwthttp.Key{{}, jwthttp.ES256(nil), key.WithIssuer("")} {
		auth := mustNew[AppClaims](t, jwthttp.Issuers{issuerA: &ownSource{[]jwthttp.Key{bad}}}, jwthttp.Options{})
		verify(t, auth, token(iss(issuerA)), jwthttp.ErrUnavailable)
	}
}

// Two issuers share one key, such as two tenants of one provider. The token's iss decides
// between them, and each has audiences of its own.
func TestIssuersWithAudiences(t *testing.T) {
	key := jwthttp.ES256(&ecKey().PublicKey)
	shared := jwthttp.Issuers{issuerA: key.WithIssuer(issuerA, "orders", "eu"), issuerB: key.WithIssuer(issuerB, "billing", "eu")}
	open := jwthttp.Issuers{issuerA: key.WithIssuer(issuerA, "orders"), issuerB: key}
	eu := jwthttp.Options{Audience: []string{"eu"}}
	for _, tc := range []struct {
		name     string
		issuers  jwthttp.Issuers
		opts     jwthttp.Options
		iss, aud string
		want     error
	}{
		{"A", shared, jwthttp.Options{}, issuerA, `"orders"`, nil},
		{"B", shared, jwthttp.Options{}, issuerB, `"billing"`, nil},
		{"A with B's audience", shared, jwthttp.Options{}, issuerA, `"billing"`, jwt.ErrTokenInvalidAudience},
		{"B with A's audience", shared, jwthttp.Options{}, issuerB, `"orders"`, jwt.ErrTokenInvalidAudience},
		{"A with both", shared, jwthttp.Options{}, issuerA, `["billing","orders"]`, nil},
		{"A with none", shared, jwthttp.Options{}, issuerA, `[]`, jwt.ErrTokenInvalidAudience},
		{"another", shared, jwthttp.Options{}, "https://c.example", `"orders"`, jwt.ErrTokenInvalidIssuer},
		{"any audience does not undo it", shared, jwthttp.Options{AllowAnyAudience: true}, issuerA, `"billing"`, jwt.ErrTokenInvalidAudience},
		{"options beside", shared, eu, issuerA, `["eu","orders"]`, nil},
		{"options beside, without theirs", shared, eu, issuerA, `"orders"`, jwt.ErrTokenInvalidAudience},
		{"options beside, theirs alone", shared, eu, issuerA, `"eu"`, nil},
		{"options beside, B without A's", shared, eu, issuerB, `["eu","orders"]`, nil},
		{"unbound beside bound", open, jwthttp.Options{}, issuerB, `"orders"`, jwt.ErrTokenInvalidAudience},
		{"unbound beside bound, of its own", open, eu, issuerB, `"eu"`, nil},
		{"the issuer of the options", jwthttp.Issuers{issuerA: key}, jwthttp.Options{Issuer: issuerA, AllowAnyAudience: true}, issuerA, `"x"`, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			auth := mustNew[AppClaims](t, tc.issuers, tc.opts)
			token := signAs(t, "ES256", ecKey(), `{"alg":"ES256"}`, payload(fmt.Sprintf(`"iss":%q,"aud":%s`, tc.iss, tc.aud)))
			for range 2 { // the second verification uses the remembered signature
				verify(t, auth, token, tc.want)
			}
		})
	}
	// A signature that is remembered for A does not count for B.
	auth := mustNew[AppClaims](t, jwthttp.Issuers{issuerA: key, issuerB: jwthttp.ES256(&ecForger().PublicKey)}, jwthttp.Options{})
	verify(t, auth, signAs(t, "ES256", ecKey(), `{"alg":"ES256"}`, iss(issuerA)), nil)
	verify(t, auth, signAs(t, "ES256", ecKey(), `{"alg":"ES256"}`, iss(issuerB)), jwt.ErrTokenSignatureInvalid)
}

// A remote is a source that names the issuer of its keys, as the sources of package jwks do.
type remote struct {
	ownSource
	issuer string
}

func (r *remote) Issuer() string { return r.issuer }

func TestNewRefusesIssuers(t *testing.T) {
	key := jwthttp.HS256(secret)
	long := "https://" + strings.Repeat("a", 248)
	of := func(source jwthttp.KeySource) jwthttp.Issuers {
		return jwthttp.Issuers{issuerA: source, issuerB: key}
	}
	const here = `jwthttp: Issuers["https://a.example"]: `
	for _, tc := range []struct {
		name string
		keys jwthttp.Issuers
		opts jwthttp.Options
		want []string
	}{
		{"nil map", nil, jwthttp.Options{}, []string{"jwthttp: Issuers is empty, so no token could be accepted: add one with its key source"}},
		{"empty map", jwthttp.Issuers{}, jwthttp.Options{}, []string{"Issuers is empty"}},
		{"nil source", of(nil), jwthttp.Options{}, []string{here + "the key source is nil"}},
		{"nil KeyFunc", of(jwthttp.KeyFunc(nil)), jwthttp.Options{}, []string{here + "the key source is nil"}},
		{"nil pointer", of((*ownSource)(nil)), jwthttp.Options{}, []string{here + "the key source is nil"}},
		{"nil key pointer", of((*jwthttp.Key)(nil)), jwthttp.Options{}, []string{here + "the key source is nil"}},
		{"nil Issuers pointer", of((*jwthttp.Issuers)(nil)), jwthttp.Options{}, []string{here + "the key source is nil"}},
		{"nil set", of(jwthttp.KeySet(nil)), jwthttp.Options{}, []string{here + "the key set is empty"}},
		{"empty Issuers inside", of(jwthttp.Issuers{}), jwthttp.Options{}, []string{here + "Issuers is empty"}},

		{"empty name", jwthttp.Issuers{"": key, issuerA: key}, jwthttp.Options{}, []string{`jwthttp: Issuers has "", which cannot be the iss of a token here: use 1 to 256 bytes of UTF-8`}},
		{"257 bytes", jwthttp.Issuers{long + "a": key}, jwthttp.Options{}, []string{`Issuers has "https://` + strings.Repeat("a", 32) + `", which cannot be the iss`}},
		{"not UTF-8", jwthttp.Issuers{"https://\xe9.example": key}, jwthttp.Options{}, []string{`Issuers has "https://\xe9.example", which cannot be the iss`}},

		{"white space at the end", jwthttp.Issuers{issuerA + " ": key}, jwthttp.Options{}, []string{`jwthttp: Issuers: "https://a.example " has white space at its beginning or end`}},
		{"a template", jwthttp.Issuers{issuerA + "/{realm}": key}, jwthttp.Options{}, []string{`jwthttp: Issuers: the issuer "https://a.example/{realm}" is a template`}},

		{"zero key", of(jwthttp.Key{}), jwthttp.Options{}, []string{here + "the key is empty"}},
		{"short secret", of(jwthttp.HS256(secret[:31])), jwthttp.Options{}, []string{here + "an HS256 secret needs 32 bytes or more, not 31"}},
		{"bad key in a set", of(jwthttp.KeySet{key, jwthttp.ES256(nil)}), jwthttp.Options{}, []string{here + "key 2: the EC key is nil"}},
		{"bad key by pointer", of(&jwthttp.KeySet{jwthttp.RS256(nil)}), jwthttp.Options{}, []string{here + "the RSA key is nil"}},
		{"an id twice", of(jwthttp.KeySet{key.WithID("a"), key.WithID("a")}), jwthttp.Options{}, []string{here + `key 2: the id "a" is twice`}},
		{"mistaken keyfunc", of(jwthttp.FromKeyfunc(anyKey(secret))), jwthttp.Options{}, []string{here + "FromKeyfunc needs the algorithm"}},

		{"key of another issuer", of(key.WithIssuer("https://a.example/")), jwthttp.Options{}, []string{here + `the key is bound to the issuer "https://a.example/", but Options.Issuer or Issuers asks for "https://a.example": use one issuer in both`}},
		{"key of another issuer, by pointer", of(&jwthttp.KeySet{key.WithIssuer(issuerB)}), jwthttp.Options{}, []string{here + `the key is bound to the issuer "https://b.example/"`}},
		{"one of two keys of another issuer", of(jwthttp.KeySet{key, key.WithIssuer(issuerB)}), jwthttp.Options{}, []string{here + `key 2: the key is bound to the issuer "https://b.example/"`}},
		{"source of another issuer", of(&remote{issuer: issuerA + "/"}), jwthttp.Options{}, []string{here + `the key source is for tokens of "https://a.example/"`, `asks for "https://a.example"`, "a slash at the end counts"}},
		{"source of no issuer", of(&remote{}), jwthttp.Options{}, []string{here + `the key source is for tokens of ""`}},
		{"Issuers of another issuer inside", of(jwthttp.Issuers{issuerB: key}), jwthttp.Options{}, []string{here + `Issuers has "https://b.example/", but`}},
		{"Options.Issuer", of(key), jwthttp.Options{Issuer: issuerA}, []string{`jwthttp: Issuers has "https://b.example/", but Options.Issuer, or the Issuers around it, asks for "https://a.example": leave that out`}},
		{"Options.Issuer that is none of them", jwthttp.Issuers{issuerA: key}, jwthttp.Options{Issuer: issuerA + "/"}, []string{`Issuers has "https://a.example", but Options.Issuer, or the Issuers around it, asks for "https://a.example/"`}},

		{"all at once", jwthttp.Issuers{"": key, issuerA: nil, issuerB: jwthttp.HS256(nil), "https://c.example": key.WithIssuer("x")}, jwthttp.Options{Leeway: -1}, []string{
			`Issuers has ""`, here + "the key source is nil", `Issuers["https://b.example/"]: an HS256 secret`, `Issuers["https://c.example"]: the key is bound to the issuer "x"`, "use 0 to 5m"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for range 5 { // the order of the map must not matter
				for _, want := range tc.want {
					refused(t, want)(jwthttp.New[AppClaims](tc.keys, tc.opts))
				}
			}
		})
	}

	// These good maps are nearest to the bad ones.
	for _, keys := range []jwthttp.Issuers{
		{long: key}, {"a": key}, {"a {b} c": key}, {issuerA: key, issuerB: key}, {issuerA: key.WithIssuer(issuerA, "x")}, {issuerA: &remote{issuer: issuerA}}, {issuerA: jwthttp.Issuers{issuerA: key}},
	} {
		if _, err := jwthttp.New[AppClaims](keys, jwthttp.Options{}); err != nil {
			t.Error(err)
		}
	}
}

// New copies what it is given.
func TestIssuersAreCopied(t *testing.T) {
	set := jwthttp.KeySet{jwthttp.HS256(secret)}
	issuers := jwthttp.Issuers{issuerA: set, issuerB: jwthttp.HS256(secretN(1))}
	auth := mustNew[AppClaims](t, issuers, jwthttp.Options{})
	set[0] = jwthttp.Key{}
	delete(issuers, issuerB)
	issuers["https://c.example"] = jwthttp.HS256(secret)
	verify(t, auth, signHS(secret, plainHeader, iss(issuerA)), nil)
	verify(t, auth, signHS(secretN(1), plainHeader, iss(issuerB)), nil)
	verify(t, auth, signHS(secret, plainHeader, iss("https://c.example")), jwt.ErrTokenInvalidIssuer)
	if len(issuers) != 2 || len(set) != 1 {
		t.Errorf("New changed %v", issuers)
	}
	own := jwthttp.KeySet{jwthttp.HS256(secret)}
	mustNew[AppClaims](t, jwthttp.Issuers{issuerA: own}, jwthttp.Options{})
	verify(t, mustNew[AppClaims](t, own, jwthttp.Options{}), good(), nil) // not bound to an issuer
}

// A key source sees the iss of the payload. Nothing else sees it.
func TestUnverifiedIssuer(t *testing.T) {
	plain := strings.Repeat("i", 256)
	escaped := strings.Repeat(`\u0069`, 42) + "iiii" // it has 256 bytes as well, as it is written
	for _, tc := range []struct{ name, payload, want string }{
		{"plain", iss(issuerA), issuerA},
		{"unknown", iss("x"), "x"},
		{"empty", iss(""), ""},
		{"none", payload(""), ""},
		{"number", payload(`"iss":1`), ""},
		{"null", payload(`"iss":null`), ""},
		{"array", payload(`"iss":["x"]`), ""},
		{"object", payload(`"iss":{}`), ""},
		{"escaped", payload(`"iss":"\u0078\n\"\ud83d\ude00é"`), "x\n\"\U0001f600é"},
		{"lone surrogate", payload(`"iss":"x\ud83d"`), ""},
		{"broken escape", payload(`"iss":"x\q"`), ""},
		{"256 bytes", iss(plain), plain},
		{"257 bytes", iss(plain + "i"), ""},
		{"256 bytes, escaped", payload(`"iss":"` + escaped + `"`), strings.Repeat("i", 46)},
		{"257 bytes, escaped", payload(`"iss":"` + escaped + `i"`), ""},
		{"a long one, then a short one", payload(`"iss":"` + plain + `i","iss":"x"`), ""},
		{"no object", `"iss"`, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := "nobody asked"
			var header jwthttp.TokenHeader
			auth := mustNew[struct{}](t, jwthttp.KeyFunc(func(_ context.Context, h jwthttp.TokenHeader) ([]jwthttp.Key, error) {
				header, got = h, h.UnverifiedIssuer()
				if again := h.UnverifiedIssuer(); again != got {
					t.Errorf("the second call returns %q", again)
				}
				return []jwthttp.Key{jwthttp.HS256(secret)}, nil
			}), jwthttp.Options{})
			token, _ := auth.Verify(t.Context(), signHS(secret, `{"alg":"HS256","kid":"k","typ":"JWT"}`, tc.payload))
			if got != tc.want {
				t.Errorf("it is %q, want %q", got, tc.want)
			}
			if header.Algorithm != "HS256" || header.KeyID != "k" || header.Type != "JWT" {
				t.Errorf("header %+v", header)
			}
			if token != nil && (token.Header != jwthttp.TokenHeader{Algorithm: "HS256", KeyID: "k", Type: "JWT"} || token.Header.UnverifiedIssuer() != "") {
				t.Errorf("verified header %+v, %q", token.Header, token.Header.UnverifiedIssuer())
			}
		})
	}
	if got := (jwthttp.TokenHeader{Algorithm: "HS256"}).UnverifiedIssuer(); got != "" {
		t.Errorf("a literal has %q", got)
	}
	// The smallest buffers work too.
	auth := mustNew[struct{}](t, jwthttp.Issuers{"\u00e9": jwthttp.HS256(secret)}, jwthttp.Options{MaxTokenBytes: 100, AllowMissingExpiry: true})
	verify(t, auth, signHS(secret, `{"alg":"HS256"}`, `{"iss":"\u00e9"}`), nil)
}

// A header in a log does not show the payload.
func TestNothingPrintsThePayload(t *testing.T) {
	var out string
	mustNew[AppClaims](t, jwthttp.KeyFunc(func(_ context.Context, h jwthttp.TokenHeader) ([]jwthttp.Key, error) {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			out += fmt.Sprintf(verb+" "+verb+"\n", h, &h)
		}
		return nil, nil
	}), jwthttp.Options{}).Verify(t.Context(), signHS(secret, plainHeader, payload("")))
	for _, bad := range []string{b64(payload("")), fmt.Sprintf("%x", b64(payload(""))), fmt.Sprintf("%X", b64(payload(""))), "alice"} {
		if out == "" || strings.Contains(out, bad) {
			t.Errorf("the header prints %s in:\n%s", bad, out)
		}
	}
}

// Reading the iss of a forged token stays within the bound for forged tokens.
func TestForgedTokensAreCheapWithIssuers(t *testing.T) {
	// Both have 256 bytes as they are written in the token. Only the second is written with
	// escapes.
	known, knownEscaped := strings.Repeat("i", 256), strings.Repeat("e", 42)+"eeee"
	static := jwthttp.Issuers{known: allKeys(), knownEscaped: allKeys()}
	free, bound := allKeys(), jwthttp.Issuers{}
	for name := range static {
		var keys []jwthttp.Key
		for _, k := range free {
			keys = append(keys, k.WithIssuer(name))
		}
		bound[name] = &ownSource{keys}
	}
	for kind, issuers := range map[string]jwthttp.Issuers{
		"static":       static,
		"bound by own": bound,
		"free":         {known: jwthttp.KeyFunc(free.Keys), knownEscaped: jwthttp.KeyFunc(free.Keys)},
	} {
		auth := mustNew[AppClaims](t, issuers, jwthttp.Options{})
		for _, a := range algorithms() {
			for name, issuer := range map[string]string{
				"known": known, "known, escaped": strings.Repeat(`\u0065`, 42) + "eeee",
				"unknown": strings.Repeat("u", 256), "unknown, escaped": strings.Repeat(`\u0075`, 42) + "uuuu",
				"too long": strings.Repeat("i", 4000), "too long, escaped": strings.Repeat(`\u0069`, 700),
			} {
				pad := `"pad":"` + strings.Repeat("x", 5000-len(issuer)) + `",`
				raw := a.misplace(t, payload(pad+`"iss":"`+issuer+`"`))
				var err error
				bytes := bytesPerRun(50, func() { _, err = auth.Verify(t.Context(), raw) })
				// errors.Is takes memory itself.
				if isKnown := strings.HasPrefix(name, "known"); !errors.Is(err, jwt.ErrTokenInvalidIssuer) && !isKnown || isKnown && !errors.Is(err, jwt.ErrTokenSignatureInvalid) {
					t.Fatalf("%s: %v", name, err)
				}
				if bytes >= 2<<10 && !underRace() {
					t.Errorf("%s, %s, %s: %d bytes", a.name, kind, name, bytes)
				}
			}
		}
	}
}

// Escaped names, and many names, stay within that bound too.
func TestForgedNamesAreCheap(t *testing.T) {
	escaped := `{"a":0` + strings.Repeat(`,"\u0061\u0061\u0061\u0061":0`, 200) + `}`
	for _, a := range algorithms() {
		auth := mustNew[AppClaims](t, jwthttp.Issuers{issuerA: a.key}, jwthttp.Options{})
		for name, want := range map[string]error{
			escaped: jwt.ErrTokenInvalidIssuer,
			strings.Replace(escaped, "{", `{"iss":"`+issuerA+`",`, 1):      jwt.ErrTokenSignatureInvalid,
			strings.Replace(escaped, "}", `,"i\u0073s":"`+issuerA+`"}`, 1): jwt.ErrTokenSignatureInvalid,
		} {
			raw := a.misplace(t, name)
			bytes := bytesPerRun(50, func() {
				if _, err := auth.Verify(t.Context(), raw); !errors.Is(err, want) {
					t.Fatal(err)
				}
			})
			if bytes >= 2<<10 && !underRace() {
				t.Errorf("%s: %d bytes", a.name, bytes)
			}
		}
	}
}

// A source that names an issuer verifies only tokens of that issuer.
func TestSourceOfOneIssuer(t *testing.T) {
	source := &remote{ownSource{[]jwthttp.Key{jwthttp.HS256(secret)}}, issuerA}
	auth := mustNew[AppClaims](t, source, jwthttp.Options{})
	verify(t, auth, signHS(secret, plainHeader, iss(issuerA)), nil)
	verify(t, auth, signHS(secret, plainHeader, iss(issuerB)), jwt.ErrTokenInvalidIssuer)
	verify(t, auth, signHS(secret, plainHeader, payload("")), jwt.ErrTokenInvalidIssuer)
}

// Only the keys that are eligible for a token are bound, however many keys the source returns.
func TestBindingIsBounded(t *testing.T) {
	var keys []jwthttp.Key
	for i := range 100 {
		keys = append(keys, jwthttp.HS256(secretN(i)).WithID(fmt.Sprint(i)))
	}
	auth := mustNew[AppClaims](t, jwthttp.Issuers{issuerA: &ownSource{keys}}, jwthttp.Options{})
	verify(t, auth, signHS(secretN(99), withKid("99"), iss(issuerA)), nil)
	raw := signHS(secret, withKid("99"), iss(issuerA))
	bytes := bytesPerRun(100, func() {
		if _, err := auth.Verify(t.Context(), raw); !errors.Is(err, jwt.ErrTokenSignatureInvalid) {
			t.Fatal(err)
		}
	})
	if bytes >= 2<<10 && !underRace() {
		t.Errorf("%d bytes", bytes)
	}
	for i := range keys {
		keys[i] = jwthttp.HS256(secretN(i))
	}
	verify(t, auth, signHS(secretN(0), plainHeader, iss(issuerA)), jwthttp.ErrUnknownKey) // more keys than are tried
	keys[99] = jwthttp.Key{}
	keys = keys[95:]
	auth = mustNew[AppClaims](t, jwthttp.Issuers{issuerA: &ownSource{keys}}, jwthttp.Options{})
	verify(t, auth, signHS(secretN(95), plainHeader, iss(issuerA)), jwthttp.ErrUnavailable) // an unfit key is the server's fault
}

// Issuers by pointer act like Issuers by value.
func TestIssuersByPointer(t *testing.T) {
	for _, bad := range []*jwthttp.Issuers{{}, {"": jwthttp.HS256(secret)}, {"a": nil}, {"a": jwthttp.HS256(nil)}} {
		if _, err := jwthttp.New[AppClaims](bad, jwthttp.Options{}); err == nil {
			t.Errorf("%v: no error", bad)
		}
	}
	issuers := jwthttp.Issuers{issuerA: jwthttp.HS256(secret)}
	auth := mustNew[AppClaims](t, &issuers, jwthttp.Options{})
	delete(issuers, issuerA)
	verify(t, auth, signHS(secret, plainHeader, iss(issuerA)), nil)
}

// A token of another issuer is refused over HTTP like any other.
func TestAnswerToAnotherIssuer(t *testing.T) {
	s := serve(t, mustNew[AppClaims](t, jwthttp.Issuers{issuerA: jwthttp.HS256(secret)}, jwthttp.Options{}))
	a := s.send(t, "GET", "Authorization: Bearer "+signHS(secret, plainHeader, iss("https://evil.example")))
	const challenge = `Bearer realm="api", error="invalid_token", error_description="The access token has another issuer"`
	const body = `{"title":"Unauthorized","status":401,"detail":"The access token has another issuer","error":"invalid_token"}` + "\n"
	if a.StatusCode != 401 || a.Header.Get("WWW-Authenticate") != challenge || a.body != body || a.ran != 0 {
		t.Errorf("%d %v %s, next ran %d times", a.StatusCode, a.Header, a.body, a.ran)
	}
	if a := s.send(t, "GET", "Authorization: Bearer "+signHS(secret, plainHeader, iss(issuerA))); a.StatusCode != 200 || a.ran != 1 {
		t.Errorf("%d %s, next ran %d times", a.StatusCode, a.body, a.ran)
	}
}

// Parallel requests each see the claims of their own issuer, under the race detector as well.
func TestParallelIssuers(t *testing.T) {
	auth := mustNew[AppClaims](t, jwthttp.Issuers{
		issuerA: jwthttp.KeySet{jwthttp.HS256(secretN(1)), jwthttp.ES256(&ecKey().PublicKey)},
		issuerB: jwthttp.KeyFunc(jwthttp.HS256(secretN(2)).Keys),
	}, jwthttp.Options{})
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for i := range 50 {
				more := fmt.Sprintf(`"role":"role-%d-%d","iss":`, n, i)
				a, b := payload(more+`"https://a.example"`), payload(more+`"https:\/\/b.example\/"`)
				for _, tc := range []struct {
					raw  string
					want error
				}{
					{signHS(secretN(1), plainHeader, a), nil},
					{signHS(secretN(2), plainHeader, b), nil},
					{signAs(t, "ES256", ecKey(), `{"alg":"ES256"}`, a), nil},
					{signHS(secretN(2), plainHeader, a), jwt.ErrTokenSignatureInvalid},
					{signHS(secretN(1), plainHeader, b), jwt.ErrTokenSignatureInvalid},
					{signHS(secretN(1), plainHeader, payload(more+`"https://c.example"`)), jwt.ErrTokenInvalidIssuer},
				} {
					r := httptest.NewRequest("GET", "/", nil)
					r.Header.Set("Authorization", "Bearer "+tc.raw)
					token, err := auth.Authenticate(r)
					if !errors.Is(err, tc.want) || err == nil && token.Claims.Role != fmt.Sprintf("role-%d-%d", n, i) {
						t.Errorf("%v, %v, want %v", token, err, tc.want)
					}
				}
			}
		})
	}
	wg.Wait()
}
