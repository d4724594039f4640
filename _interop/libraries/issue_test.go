package libraries

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	josejwt "github.com/go-jose/go-jose/v4/jwt"
	"github.com/golang-jwt/jwt/v5"
	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	jwxjwt "github.com/lestrrat-go/jwx/v3/jwt"

	"github.com/jwthttp/jwthttp/issue"
)

// access are the claims of a program.
type access struct {
	jwt.RegisteredClaims
	Roles []string `json:"roles"`
	Level int64    `json:"level"`
	Name  string   `json:"name"`
}

var alice = access{RegisteredClaims: jwt.RegisteredClaims{Subject: "alice"}, Roles: []string{"admin"}, Level: 1<<53 + 1, Name: "Älice <&> \u2028"}

var longSecret = []byte("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")

// published starts the service of an issuer, which publishes its keys.
func published(t *testing.T, keys ...issue.Key) (string, *issue.Issuer[access]) {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	iss, err := issue.New[access](issue.Options{Issuer: server.URL, Audience: []string{"orders"}}, keys...)
	if err != nil {
		t.Fatal(err)
	}
	mux.Handle("/.well-known/jwks.json", iss.JWKS())
	mux.Handle("/.well-known/openid-configuration", iss.Metadata())
	return server.URL, iss
}

func issued(t *testing.T, iss *issue.Issuer[access]) string {
	t.Helper()
	token, _, err := iss.Token(t.Context(), alice, issue.Claim{Name: "sid", Value: "s1"})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func get(t *testing.T, url string) []byte {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("%s: %d %s %v", url, resp.StatusCode, body, err)
	}
	return body
}

// Three libraries verify the tokens of all algorithms, with the published keys where there are any.
func TestIssued(t *testing.T) {
	modulus, err1 := rsa.GenerateKey(rand.Reader, 2048)
	_, edwards, err2 := ed25519.GenerateKey(rand.Reader)
	keyOf := map[string]any{"HS256": longSecret, "HS384": longSecret, "HS512": longSecret, "EdDSA": edwards}
	for _, alg := range []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"} {
		keyOf[alg] = modulus
	}
	for alg, curve := range map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		keyOf[alg] = key
	}
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	for alg, key := range keyOf {
		t.Run(alg, func(t *testing.T) {
			url, iss := published(t, issue.NewKey(jwt.GetSigningMethod(alg), key))
			token := issued(t, iss)
			public := key
			if signer, ok := key.(crypto.Signer); ok {
				public = signer.Public()
			}
			t.Run("golang-jwt", func(t *testing.T) {
				var got access
				_, err := jwt.ParseWithClaims(token, &got, func(*jwt.Token) (any, error) { return public, nil },
					jwt.WithValidMethods([]string{alg}), jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithIssuer(url), jwt.WithAudience("orders"), jwt.WithStrictDecoding())
				if err != nil {
					t.Fatal(err)
				}
				compareAccess(t, url, got)
			})
			text := get(t, url+"/.well-known/jwks.json")
			t.Run("go-jose", func(t *testing.T) { testGoJose(t, url, token, alg, text, public) })
			t.Run("jwx", func(t *testing.T) { testJWX(t, url, token, alg, text, public) })
		})
	}
}

func testGoJose(t *testing.T, url, token, alg string, text []byte, public any) {
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(text, &set); err != nil {
		t.Fatal(err)
	}
	signed, err := josejwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(alg)})
	if err != nil {
		t.Fatal(err)
	}
	if alg[:2] != "HS" {
		jwk := set.Key(signed.Headers[0].KeyID)
		if len(set.Keys) != 1 || len(jwk) != 1 || !jwk[0].IsPublic() || jwk[0].Algorithm != alg || jwk[0].Use != "sig" || !reflect.DeepEqual(jwk[0].Key, public) {
			t.Fatalf("the set %s", text)
		}
		public = jwk[0]
	} else if len(set.Keys) != 0 {
		t.Errorf("the set %s", text)
	}
	var registered josejwt.Claims
	var got access
	if err := signed.Claims(public, &registered, &got); err != nil {
		t.Fatal(err)
	}
	if err := registered.ValidateWithLeeway(josejwt.Expected{Issuer: url, Subject: "alice", AnyAudience: []string{"orders"}, Time: time.Now()}, 0); err != nil {
		t.Error(err)
	}
	compareAccess(t, url, got)
}

func testJWX(t *testing.T, url, token, alg string, text []byte, public any) {
	set, err := jwk.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	with := jwxjwt.WithKeySet(set)
	if alg[:2] == "HS" {
		name, _ := jwa.LookupSignatureAlgorithm(alg)
		with = jwxjwt.WithKey(name, public)
	}
	parsed, err := jwxjwt.Parse([]byte(token), with, jwxjwt.WithValidate(true), jwxjwt.WithIssuer(url), jwxjwt.WithAudience("orders"), jwxjwt.WithRequiredClaim("exp"), jwxjwt.WithAcceptableSkew(0))
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(parsed)
	if err != nil {
		t.Fatal(err)
	}
	var roles []any
	var name, sid string
	if parsed.Get("roles", &roles) != nil || parsed.Get("name", &name) != nil || parsed.Get("sid", &sid) != nil || !reflect.DeepEqual(roles, []any{"admin"}) || name != alice.Name || sid != "s1" {
		t.Errorf("claims %s", body)
	}
	subject, _ := parsed.Subject()
	issuer, _ := parsed.Issuer()
	audience, _ := parsed.Audience()
	expires, _ := parsed.Expiration()
	made, _ := parsed.IssuedAt()
	id, _ := parsed.JwtID()
	if subject != "alice" || issuer != url || !reflect.DeepEqual(audience, []string{"orders"}) || expires.Sub(made) > 15*time.Minute || len(id) < 20 {
		t.Errorf("claims %s", body)
	}
}

func compareAccess(t *testing.T, url string, got access) {
	t.Helper()
	if got.Subject != "alice" || got.Level != alice.Level || got.Name != alice.Name || !reflect.DeepEqual(got.Roles, alice.Roles) ||
		got.Issuer != url || len(got.Audience) != 1 || got.Audience[0] != "orders" || got.ExpiresAt.Sub(got.IssuedAt.Time) > 15*time.Minute || len(got.ID) < 20 {
		t.Errorf("claims %+v", got)
	}
}

// go-oidc finds the keys through the metadata, and follows a rotation.
func TestDiscovery(t *testing.T) {
	var keys []issue.Key
	for i, alg := range []string{"ES256", "EdDSA", "RS256"} {
		s := newSigner(t, alg)
		keys = append(keys, issue.NewKey(jwt.GetSigningMethod(alg), s.Signer).From(time.Now().Add(time.Duration(i-3)*time.Hour)))
	}
	for i := range keys {
		// The last keys are published, and do not sign yet.
		begin := append([]issue.Key(nil), keys[:i+1]...)
		for _, k := range keys[i+1:] {
			begin = append(begin, k.From(time.Now().Add(time.Duration(len(begin))*time.Hour)))
		}
		url, iss := published(t, begin...)
		token := issued(t, iss)
		provider, err := oidc.NewProvider(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		verified, err := provider.Verifier(&oidc.Config{ClientID: "orders"}).Verify(t.Context(), token)
		if err != nil {
			t.Errorf("key %d: %v", i, err)
			continue
		}
		var got access
		if err := verified.Claims(&got); err != nil {
			t.Fatal(err)
		}
		if verified.Subject != "alice" || verified.Issuer != url {
			t.Errorf("%+v", verified)
		}
		compareAccess(t, url, got)
		if _, err := provider.Verifier(&oidc.Config{ClientID: "bills"}).Verify(t.Context(), token); err == nil {
			t.Error("it is accepted for another audience")
		}
	}
}
