package jwthttptest_test

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/internal/jws"
	"github.com/jwthttp/jwthttp/jwks"
	"github.com/jwthttp/jwthttp/jwthttptest"
)

type ctx = context.Context

type Claims struct {
	Subject string `json:"sub"`
}

// algorithms are those of the constants.
var algorithms = []jwthttptest.Algorithm{
	jwthttptest.HS256, jwthttptest.HS384, jwthttptest.HS512, jwthttptest.RS256, jwthttptest.RS384, jwthttptest.RS512, jwthttptest.PS256,
	jwthttptest.PS384, jwthttptest.PS512, jwthttptest.ES256, jwthttptest.ES384, jwthttptest.ES512, jwthttptest.EdDSA,
}

func allKeys(iss *jwthttptest.Issuer) (set jwthttp.KeySet) {
	for _, a := range algorithms {
		set = append(set, iss.Key(a))
	}
	return set
}

// There is a constant for each algorithm of package jwthttp.
func TestAlgorithms(t *testing.T) {
	var names []string
	for _, a := range algorithms {
		names = append(names, string(a))
	}
	if want := jws.Algorithms(); !slices.Equal(names, want) {
		t.Errorf("%v, want %v", names, want)
	}
}

func publicPEM(t testing.TB, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// golang-jwt accepts a good token too.
func TestGoodTokens(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	for _, claims := range []any{nil, Claims{"alice"}, &Claims{"alice"}, map[string]any{"sub": "alice"}, jwt.MapClaims{}, jwt.RegisteredClaims{Subject: "alice"}} {
		type token struct {
			options []jwthttptest.TokenOption
			key     any
			own     jwthttp.Key
			method  string
		}
		tokens := []token{
			{nil, iss.PublicKey(), iss.RS256(), "RS256"},
			{[]jwthttptest.TokenOption{jwthttptest.HS256}, iss.Secret(), iss.HS256(), "HS256"},
		}
		for _, a := range algorithms {
			tokens = append(tokens, token{[]jwthttptest.TokenOption{a}, iss.Material(a), iss.Key(a), string(a)})
		}
		for _, tc := range tokens {
			raw := iss.Token(t, claims, tc.options...)
			var got jwt.RegisteredClaims
			_, err := jwt.ParseWithClaims(raw, &got, func(*jwt.Token) (any, error) { return tc.key, nil },
				jwt.WithValidMethods([]string{tc.method}), jwt.WithIssuer(iss.URL), jwt.WithAudience("jwthttptest"), jwt.WithExpirationRequired(), jwt.WithIssuedAt())
			if err != nil {
				t.Errorf("%T, %s: %v", claims, tc.method, err)
				continue
			}
			if left := time.Until(got.ExpiresAt.Time); got.ID == "" || got.IssuedAt == nil || left < 59*time.Minute || left > time.Hour {
				t.Errorf("%T: %+v", claims, got)
			}
			if _, err := mustNew(t, tc.own, iss.Options()).Verify(t.Context(), raw); err != nil {
				t.Errorf("%T, %s: %v", claims, tc.method, err)
			}
		}
	}
}

func TestTokenKeepsWhatItIsGiven(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	iss.Audience = "orders"
	raw := iss.Token(t, map[string]any{"iss": "https://other", "jti": "1", "n": json.Number("12345678901234567890"), "exp": int64(9000000000)},
		jwthttptest.Header("typ", "at+jwt"), jwthttptest.Claim("role", "admin"), jwthttptest.Claim("iat", nil), jwthttptest.Header("kid", nil))
	part := strings.Split(raw, ".")
	decode := func(s string) string {
		b, err := jwt.NewParser().DecodeSegment(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if got, want := decode(part[0]), `{"alg":"RS256","typ":"at+jwt"}`; got != want {
		t.Errorf("header %s, want %s", got, want)
	}
	if got, want := decode(part[1]), `{"aud":"orders","exp":9000000000,"iss":"https://other","jti":"1","n":12345678901234567890,"role":"admin"}`; got != want {
		t.Errorf("payload %s, want %s", got, want)
	}
}

// The middleware refuses every fault for the reason that the fault names.
func TestFaults(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	want := map[jwthttptest.Fault]error{
		jwthttptest.Expired: jwt.ErrTokenExpired, jwthttptest.NotYetValid: jwt.ErrTokenNotValidYet, jwthttptest.NoExpiry: jwt.ErrTokenRequiredClaimMissing,
		jwthttptest.TextExpiry: jwt.ErrTokenInvalidClaims, jwthttptest.WrongIssuer: jwt.ErrTokenInvalidIssuer, jwthttptest.NoIssuer: jwt.ErrTokenInvalidIssuer,
		jwthttptest.WrongAudience: jwt.ErrTokenInvalidAudience, jwthttptest.NoAudience: jwt.ErrTokenInvalidAudience, jwthttptest.WrongType: jwt.ErrTokenUnverifiable,
		jwthttptest.ForgedSignature: jwt.ErrTokenSignatureInvalid, jwthttptest.UnknownKeyID: jwthttp.ErrUnknownKey, jwthttptest.TamperedClaims: jwt.ErrTokenSignatureInvalid,
		jwthttptest.NoSignature: jwt.ErrTokenMalformed, jwthttptest.AlgNone: jwt.ErrTokenMalformed, jwthttptest.HS256WithPublicKey: jwthttp.ErrUnknownKey,
		jwthttptest.HS256WithNoSecret: jwt.ErrTokenSignatureInvalid, jwthttptest.UnknownIDNoSecret: jwthttp.ErrUnknownKey, jwthttptest.EmbeddedKey: jwthttp.ErrUnknownKey, jwthttptest.UnknownCritical: jwt.ErrTokenUnverifiable,
		jwthttptest.SenderConstrained: jwt.ErrTokenInvalidClaims, jwthttptest.DuplicateClaims: jwt.ErrTokenInvalidClaims, jwthttptest.InvalidUTF8: jwt.ErrTokenInvalidClaims,
		jwthttptest.Truncated: jwt.ErrTokenSignatureInvalid, jwthttptest.Oversized: jwt.ErrTokenMalformed,
	}
	opts := iss.Options()
	opts.Leeway = 5 * time.Minute
	auth := mustNew(t, allKeys(iss), opts)
	for _, fault := range jwthttptest.Faults() {
		t.Run(string(fault), func(t *testing.T) {
			if want[fault] == nil {
				t.Fatal("this test does not know it")
			}
			orders := [][]jwthttptest.TokenOption{{fault}}
			for _, a := range algorithms {
				orders = append(orders, []jwthttptest.TokenOption{a, fault}, []jwthttptest.TokenOption{fault, a})
			}
			for _, options := range orders {
				_, err := auth.Verify(t.Context(), iss.Token(t, Claims{"alice"}, options...))
				if !errors.Is(err, jwthttp.ErrInvalidToken) || !errors.Is(err, want[fault]) {
					t.Errorf("%v: error %v, want %v", options, err, want[fault])
				}
			}
		})
	}
	if len(want) != len(jwthttptest.Faults()) {
		t.Errorf("Faults has %d, this test %d", len(jwthttptest.Faults()), len(want))
	}
}

// Faults can be combined. They keep what the caller has set.
func TestFaultsTogether(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	decode := func(claims any, options ...jwthttptest.TokenOption) (header, payload string) {
		t.Helper()
		part := strings.Split(iss.Token(t, claims, options...), ".")
		for i, text := range []*string{&header, &payload} {
			b, err := base64.RawURLEncoding.DecodeString(part[i])
			if err != nil {
				t.Fatal(err)
			}
			*text = string(b)
		}
		return header, payload
	}
	for _, options := range [][]jwthttptest.TokenOption{
		{jwthttptest.DuplicateClaims, jwthttptest.InvalidUTF8, jwthttptest.TamperedClaims},
		{jwthttptest.TamperedClaims, jwthttptest.InvalidUTF8, jwthttptest.Truncated, jwthttptest.DuplicateClaims},
	} {
		_, payload := decode(Claims{"alice"}, options...)
		if strings.Count(payload, `"exp":`) != 2 || !strings.Contains(payload, "\xff") || strings.Contains(payload, "alice") {
			t.Errorf("%v: %s", options, payload)
		}
	}
	if _, payload := decode(map[string]string{"name": "Alice"}, jwthttptest.InvalidUTF8); strings.Count(payload, `"name":`) != 1 {
		t.Errorf("payload %s", payload)
	}
	if header, _ := decode(nil, jwthttptest.Header("typ", "application/Logout+JWT"), jwthttptest.WrongType); !strings.Contains(header, `"dpop+jwt"`) {
		t.Errorf("header %s", header)
	}
}

// The listener at URL and the client in memory reach the same provider.
func TestProvider(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	for name, client := range map[string]*http.Client{"listener": nil, "in memory": iss.Client()} {
		source, err := jwks.Discover(iss.URL, jwks.Options{Audience: []string{iss.Audience}, Client: client})
		if err != nil {
			t.Fatal(err)
		}
		defer source.Close()
		if _, err := mustNew(t, source, jwthttp.Options{}).Verify(t.Context(), iss.Token(t, nil)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := iss.Fetches(); n != 2 {
		t.Errorf("%d fetches", n)
	}
	if _, err := iss.Client().Get("http://example.com/keys"); err == nil || !strings.Contains(err.Error(), "reaches "+iss.URL+" only") {
		t.Errorf("error %v", err)
	}
	res, err := iss.Client().Get(iss.URL + "/elsewhere")
	if err != nil || res.StatusCode != http.StatusNotFound {
		t.Errorf("%v, %v", res, err)
	}
}

// A source in a bubble uses an issuer that fails, stalls, recovers and rotates.
func TestMoods(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		iss := jwthttptest.NewIssuer(t)
		auth := mustNew(t, iss.Source(t), jwthttp.Options{})
		check := func(raw string, want error) {
			t.Helper()
			if _, err := auth.Verify(t.Context(), raw); !errors.Is(err, want) {
				t.Errorf("error %v, want %v", err, want)
			}
		}
		iss.Fail(http.StatusBadGateway)
		check(iss.Token(t, nil), jwthttp.ErrUnavailable)
		iss.Stall()
		time.Sleep(time.Minute)
		check(iss.Token(t, nil), jwthttp.ErrUnavailable)
		iss.Recover()
		time.Sleep(time.Minute)
		first := iss.Token(t, nil)
		check(first, nil)
		before := iss.Fetches()

		iss.Rotate()
		check(iss.Token(t, nil), nil)
		check(first, nil)
		if n := iss.Fetches(); n != before+1 {
			t.Errorf("%d fetches for a rotation", n-before)
		}
		time.Sleep(time.Minute)
		iss.Rotate()
		check(iss.Token(t, nil), nil)
		check(first, jwthttp.ErrUnknownKey)
	})
}

// The key set has a key for each algorithm of public keys, and Rotate changes them all.
func TestRotateChangesEachKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		iss := jwthttptest.NewIssuer(t)
		auth := mustNew(t, iss.Source(t), jwthttp.Options{})
		public := algorithms[3:]
		check := func(tokens []string, want error) {
			t.Helper()
			for i, raw := range tokens {
				if _, err := auth.Verify(t.Context(), raw); !errors.Is(err, want) {
					t.Errorf("%s: error %v, want %v", public[i], err, want)
				}
			}
		}
		mint := func() (tokens []string) {
			for _, a := range public {
				tokens = append(tokens, iss.Token(t, nil, a))
			}
			return tokens
		}
		first := mint()
		check(first, nil)
		secret, key, before := iss.Token(t, nil, jwthttptest.HS512), iss.Key(jwthttptest.HS512), iss.Fetches()
		var keys []any
		for _, a := range public {
			keys = append(keys, iss.Material(a))
		}
		iss.Rotate()
		for i, a := range public {
			if keys[i].(interface{ Equal(crypto.PublicKey) bool }).Equal(iss.Material(a)) {
				t.Errorf("%s: the key is the same after Rotate", a)
			}
		}
		second := mint()
		check(second, nil)
		check(first, nil)
		iss.Rotate()
		check(mint(), nil)
		check(second, nil)
		check(first, jwthttp.ErrUnknownKey)
		if _, err := mustNew(t, key, iss.Options()).Verify(t.Context(), iss.Token(t, nil, jwthttptest.HS512)); err != nil {
			t.Errorf("after Rotate: %v", err)
		}
		if _, err := auth.Verify(t.Context(), secret); !errors.Is(err, jwthttp.ErrUnknownKey) {
			t.Errorf("a secret is published: %v", err)
		}
		if n := iss.Fetches() - before; n > 4 {
			t.Errorf("%d fetches", n)
		}
	})
}

// A source finds a rotation at once while its budget lasts. The budget is four fetches for
// unknown keys, and one more each 30 seconds.
func TestRotateInFrontOfASource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		iss := jwthttptest.NewIssuer(t)
		auth := mustNew(t, iss.Source(t), jwthttp.Options{})
		check := func(raw string, want error) {
			t.Helper()
			if _, err := auth.Verify(t.Context(), raw); !errors.Is(err, want) {
				t.Errorf("error %v, want %v", err, want)
			}
		}
		first := iss.Token(t, nil)
		check(first, nil)
		iss.Rotate()
		iss.Rotate()
		check(first, nil) // nothing has made the source fetch keys
		check(iss.Token(t, nil, jwthttptest.UnknownKeyID), jwthttp.ErrUnknownKey)
		check(first, jwthttp.ErrUnknownKey)
		for range 2 {
			iss.Rotate()
			check(iss.Token(t, nil), nil)
		}
		iss.Rotate()
		raw := iss.Token(t, nil)
		check(raw, jwthttp.ErrUnknownKey)
		time.Sleep(30*time.Second - 1)
		check(raw, jwthttp.ErrUnknownKey)
		time.Sleep(time.Nanosecond)
		check(raw, nil)
	})
}

func TestRecoverAnswersWaitingRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		iss := jwthttptest.NewIssuer(t)
		iss.Stall()
		var status int
		go func() {
			res, err := iss.Client().Get(iss.URL + "/keys")
			if err == nil {
				status = res.StatusCode
			}
		}()
		synctest.Wait()
		if status != 0 {
			t.Fatal("it did not wait")
		}
		iss.Recover()
		synctest.Wait()
		if status != 200 {
			t.Errorf("status %d", status)
		}
	})
}

// An issuer that was made outside serves several bubbles, one after another. A bubble may
// leave it stalled.
func TestOneIssuerForSeveralBubbles(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	for range 2 {
		synctest.Test(t, func(t *testing.T) {
			iss.Recover()
			auth := mustNew(t, iss.Source(t), jwthttp.Options{})
			if _, err := auth.Verify(t.Context(), iss.Token(t, nil)); err != nil {
				t.Error(err)
			}
			iss.Stall()
			limited, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			r, err := http.NewRequestWithContext(limited, "GET", iss.URL+"/keys", nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := iss.Client().Do(r); !errors.Is(err, context.DeadlineExceeded) || strings.Count(err.Error(), context.DeadlineExceeded.Error()) != 1 {
				t.Errorf("error %v", err)
			}
		})
	}
}

// A wrapped T does not hide the bubble. In a bubble, the issuer does not listen.
func TestBubbleIsFound(t *testing.T) {
	type wrapper struct{ testing.TB }
	type embedding struct{ *testing.T }
	for name, wrap := range map[string]func(*testing.T) testing.TB{
		"plain":     func(t *testing.T) testing.TB { return t },
		"wrapped":   func(t *testing.T) testing.TB { return wrapper{t} },
		"embedding": func(t *testing.T) testing.TB { return embedding{t} },
	} {
		for where, want := range map[string]bool{"outside": true, "bubble": false} {
			listens := func(t *testing.T) {
				iss := jwthttptest.NewIssuer(wrap(t))
				c, err := net.Dial("tcp", strings.TrimPrefix(iss.URL, "http://"))
				if (err == nil) != want {
					t.Errorf("%s, %s: error %v", name, where, err)
				}
				if err == nil {
					c.Close()
				}
			}
			if want {
				listens(t)
			} else {
				synctest.Test(t, listens)
			}
		}
	}
}

type openBody struct{ closed *bool }

func (b openBody) Read([]byte) (int, error) { return 0, io.EOF }

func (b openBody) Close() error {
	*b.closed = true
	return nil
}

func TestClientClosesBodies(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	for _, url := range []string{iss.URL, "http://example.com"} {
		closed := false
		iss.Client().Post(url, "text/plain", openBody{&closed})
		if !closed {
			t.Errorf("%s: the body is open", url)
		}
	}
}

// Two issuers at the same time have different keys. A later one may reuse them.
func TestIssuersShareNothing(t *testing.T) {
	t.Parallel()
	a, b := jwthttptest.NewIssuer(t), jwthttptest.NewIssuer(t)
	b.Rotate()
	if a.PublicKey().Equal(b.PublicKey()) || slices.Equal(a.Secret(), b.Secret()) || a.URL == b.URL {
		t.Error("they share something")
	}
}

// An algorithm that is not one of the constants has no key.
func TestUnknownAlgorithm(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	for _, a := range []jwthttptest.Algorithm{"", "none", "ES256K", "Ed25519", "rs256"} {
		if _, err := jwthttp.New[Claims](iss.Key(a), iss.Options()); err == nil || !strings.Contains(err.Error(), "HS256, HS384") {
			t.Errorf("%q: error %v", a, err)
		}
		if m := iss.Material(a); m != nil {
			t.Errorf("%q: %T", a, m)
		}
	}
}

// Nobody can change the issuer's secret.
func TestMaterialIsACopy(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	clear(iss.Secret())
	clear(iss.Material(jwthttptest.HS384).([]byte))
	if _, err := jwthttp.New[Claims](allKeys(iss), iss.Options()); err != nil {
		t.Error(err)
	}
}

// Wrong arguments end the test with an error text.
func TestMistakes(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	for name, tc := range map[string]struct {
		want string
		make func(testing.TB)
	}{
		"a pointer to claims": {"handlers look for jwthttptest_test.Claims", func(tb testing.TB) {
			jwthttptest.WithClaims(tb, httptest.NewRequest("GET", "/", nil), &Claims{"alice"})
		}},
		"a nil option":        {"option 1 of the token is nil", func(tb testing.TB) { iss.Token(tb, nil, jwthttptest.HS256, nil) }},
		"another algorithm":   {`no key for "ES256K"`, func(tb testing.TB) { iss.Token(tb, nil, jwthttptest.Algorithm("ES256K")) }},
		"an unknown fault":    {`"bad" is not a Fault`, func(tb testing.TB) { iss.Token(tb, nil, jwthttptest.Fault("bad")) }},
		"claims of no object": {"use a struct or a map", func(tb testing.TB) { iss.Token(tb, "alice") }},
	} {
		t.Run(name, func(t *testing.T) {
			if text := ended(t, tc.make); !strings.Contains(text, tc.want) {
				t.Errorf("the text is %q", text)
			}
		})
	}
}

// A test of other algorithms makes no RSA key, and those of RSA share one.
func TestRSAKeysAreMadeOnDemand(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	auth := mustNew(t, iss.HS256(), iss.Options())
	for _, options := range [][]jwthttptest.TokenOption{nil, {jwthttptest.Expired}, {jwthttptest.ForgedSignature}} {
		auth.Verify(t.Context(), iss.Token(t, nil, append(options, jwthttptest.HS256)...))
	}
	if n := iss.RSAKeys(); n != 0 {
		t.Errorf("%d keys", n)
	}
	for _, a := range []jwthttptest.Algorithm{jwthttptest.HS512, jwthttptest.ES256, jwthttptest.ES384, jwthttptest.ES512, jwthttptest.EdDSA} {
		for _, fault := range jwthttptest.Faults() {
			if fault != jwthttptest.HS256WithPublicKey { // of HS512: the RSA key's
				iss.Token(t, nil, a, fault)
			}
		}
	}
	if n := iss.RSAKeys(); n != 0 {
		t.Errorf("%d keys for other algorithms", n)
	}
	iss.PublicKey()
	iss.Rotate()
	var all sync.WaitGroup
	for _, a := range algorithms {
		all.Go(func() { iss.Key(a) })
	}
	all.Wait()
	if n := iss.RSAKeys(); n != 2 {
		t.Errorf("%d keys", n)
	}
}

func TestWithClaims(t *testing.T) {
	token, ok := jwthttp.TokenFromContext[Claims](jwthttptest.Context(t, t.Context(), Claims{"alice"}))
	if !ok || token.Raw() != "" || !token.ExpiresAt().IsZero() || token.Registered().Issuer != "" {
		t.Errorf("%v, %v", token, ok)
	}
	guarded := jwthttp.RequireScopes("read")(whoami)
	r := jwthttptest.WithClaims(t, httptest.NewRequest("GET", "/", nil), Claims{"alice"}, "read")
	w := httptest.NewRecorder()
	guarded.ServeHTTP(w, r)
	if w.Code != 200 || w.Body.String() != "alice" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = httptest.NewRecorder()
	guarded.ServeHTTP(w, jwthttptest.WithClaims(t, httptest.NewRequest("GET", "/", nil), Claims{"alice"}))
	if w.Code != 403 {
		t.Errorf("%d without the scope", w.Code)
	}
	defer func() {
		if recover() == nil {
			t.Error("a nil TB did not panic")
		}
	}()
	jwthttptest.WithClaims(nil, r, Claims{})
}

// Issuers play providers at their real addresses, for a source of several of them.
func TestIssuersAtTheirAddresses(t *testing.T) {
	acme, bolt := jwthttptest.NewIssuer(t), jwthttptest.NewIssuer(t)
	acme.URL, bolt.URL = "https://sso.example.com/realms/acme", "https://sso.example.com/realms/acme2"
	for _, iss := range []*jwthttptest.Issuer{acme, bolt} {
		source := iss.Source(t)
		auth, err := jwthttp.New[jwt.RegisteredClaims](source, jwthttp.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := auth.Verify(t.Context(), iss.Token(t, jwt.RegisteredClaims{Subject: "alice"})); err != nil {
			t.Error(err)
		}
	}
	keys, err := jwks.NewTenants(func(context.Context, string) (jwks.Options, error) {
		return jwks.Options{Audience: []string{acme.Audience}}, nil
	}, jwks.TenantOptions{Client: jwthttptest.Client(acme, bolt)})
	if err != nil {
		t.Fatal(err)
	}
	defer keys.Close()
	auth, err := jwthttp.New[jwt.RegisteredClaims](keys, jwthttp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, iss := range []*jwthttptest.Issuer{acme, bolt} {
		if _, err := auth.Verify(t.Context(), iss.Token(t, jwt.RegisteredClaims{Subject: "alice"})); err != nil {
			t.Error(err)
		}
	}
	if _, err := jwthttptest.Client(acme, bolt).Get("https://sso.example.com/realms/other/keys"); err == nil || !strings.Contains(err.Error(), "reaches https://sso.example.com/realms/acme, https://sso.example.com/realms/acme2 only") {
		t.Error(err)
	}
}
