package libraries

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	josejwt "github.com/go-jose/go-jose/v4/jwt"
	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/dpop"
)

var (
	secret = []byte("0123456789abcdef0123456789abcdef")

	algorithms = []string{"ES256", "ES384", "ES512", "Ed25519", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
)

const (
	origin = "https://api.example.com"
	target = "/orders?limit=2"
	url    = origin + "/orders"
)

// protect returns a handler inside a middleware.
func protect(t *testing.T, opts dpop.Options) http.Handler {
	t.Helper()
	opts.Origins = []string{origin}
	proofs, err := dpop.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	auth, err := jwthttp.New[jwt.RegisteredClaims](jwthttp.HS256(secret), jwthttp.Options{Bindings: []jwthttp.Binding{proofs}})
	if err != nil {
		t.Fatal(err)
	}
	return auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }))
}

// try sends a token with a proof. It returns the status, the error of the challenge, and the nonce.
func try(h http.Handler, token, proof string) (got, nonce string) {
	r := httptest.NewRequest("GET", target, nil)
	r.Header.Set("Authorization", "DPoP "+token)
	r.Header.Set("DPoP", proof)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	_, code, _ := strings.Cut(w.Header().Get("WWW-Authenticate"), `error="`)
	code, _, _ = strings.Cut(code, `"`)
	return fmt.Sprint(w.Code, " ", code), w.Header().Get("DPoP-Nonce")
}

// A signer is the key of a client, with an algorithm.
type signer struct {
	alg string
	crypto.Signer
}

// newSigner returns a new key for the algorithm, or that key.
func newSigner(t *testing.T, alg string) signer {
	t.Helper()
	var key crypto.Signer
	var err error
	switch alg {
	case "ES256":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ES384":
		key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "ES512":
		key, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case "EdDSA":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	default:
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		t.Fatal(err)
	}
	return signer{alg, key}
}

func (s signer) jwk() jose.JSONWebKey { return jose.JSONWebKey{Key: s.Public()} }

// token returns a token that is bound to the key. go-jose computes its thumbprint.
func (s signer) token(t *testing.T) string {
	t.Helper()
	jwk := s.jwk()
	thumbprint, err := jwk.Thumbprint(crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": "alice", "exp": time.Now().Add(time.Hour).Unix(),
		"cnf": map[string]string{"jkt": base64.RawURLEncoding.EncodeToString(thumbprint)},
	}).SignedString(secret)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// claims are those of a good proof.
func claims(token string) map[string]any {
	sum := sha256.Sum256([]byte(token))
	return map[string]any{
		"jti": rand.Text(), "htm": "GET", "htu": url, "iat": time.Now().Unix(),
		"ath": base64.RawURLEncoding.EncodeToString(sum[:]),
	}
}

func byGoJose(t *testing.T, s signer, claims map[string]any) string {
	t.Helper()
	by, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(s.alg), Key: s.Signer},
		(&jose.SignerOptions{EmbedJWK: true}).WithType("dpop+jwt"))
	if err != nil {
		t.Fatal(err)
	}
	proof, err := josejwt.Signed(by).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return proof
}

// byGolangJWT also has the header of a proof changed.
func byGolangJWT(t *testing.T, s signer, claims map[string]any, header map[string]any) string {
	t.Helper()
	proof := jwt.NewWithClaims(jwt.GetSigningMethod(s.alg), jwt.MapClaims(claims))
	proof.Header["typ"], proof.Header["jwk"] = "dpop+jwt", s.jwk()
	maps.Copy(proof.Header, header)
	signed, err := proof.SignedString(s.Signer)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

var libraries = map[string]func(t *testing.T, s signer, claims map[string]any) string{
	"go-jose": byGoJose,
	"golang-jwt": func(t *testing.T, s signer, claims map[string]any) string {
		t.Helper()
		return byGolangJWT(t, s, claims, nil)
	},
}

func TestProofs(t *testing.T) {
	nonces, err := dpop.NewNonces(secret)
	if err != nil {
		t.Fatal(err)
	}
	plain, withNonces := protect(t, dpop.Options{Algorithms: algorithms}), protect(t, dpop.Options{Algorithms: algorithms, Nonces: nonces})
	for _, alg := range algorithms {
		if alg == "Ed25519" {
			alg = "EdDSA" // both libraries have the older name
		}
		s := newSigner(t, alg)
		token := s.token(t)
		for library, proof := range libraries {
			t.Run(library+" "+alg, func(t *testing.T) {
				once := proof(t, s, claims(token))
				if got, _ := try(plain, token, once); got != "200 " {
					t.Error(got)
				}
				if got, _ := try(plain, token, once); got != "401 invalid_dpop_proof" {
					t.Errorf("again: %s", got)
				}
				c := claims(token)
				got, nonce := try(withNonces, token, proof(t, s, c))
				if got != "401 use_dpop_nonce" {
					t.Errorf("no nonce: %s", got)
				}
				c["nonce"] = nonce
				if got, _ := try(withNonces, token, proof(t, s, c)); got != "200 " {
					t.Errorf("nonce: %s", got)
				}
			})
		}
	}
}

// golang-jwt makes what RFC 9449 allows, and what it does not.
func TestUnusualProofs(t *testing.T) {
	type object = map[string]any
	h := protect(t, dpop.Options{})
	s, other := newSigner(t, "ES256"), newSigner(t, "ES256")
	token := s.token(t)
	jwk := func(more object) object {
		text, err := json.Marshal(s.jwk())
		if err != nil {
			t.Fatal(err)
		}
		members := object{}
		if err := json.Unmarshal(text, &members); err != nil {
			t.Fatal(err)
		}
		maps.Copy(members, more)
		return object{"jwk": members}
	}
	now := time.Now()
	const good, bad = "200 ", "401 invalid_dpop_proof"
	for name, c := range map[string]struct {
		header, claims object // a value nil removes a claim
		want           string
	}{
		"good":                     {nil, nil, good},
		"a kid":                    {object{"kid": "k"}, nil, good},
		"a jwk with use and alg":   {jwk(object{"use": "sig", "alg": "ES256", "kid": "k", "ext": true, "key_ops": []string{"verify"}}), nil, good},
		"other claims":             {nil, object{"iss": "client", "aud": []string{origin}, "sub": nil, "x": object{"y": 1}}, good},
		"a fraction in iat":        {nil, object{"iat": float64(now.UnixMilli()) / 1000}, good},
		"exp and nbf":              {nil, object{"exp": now.Add(time.Minute).Unix(), "nbf": now.Unix()}, good},
		"the query in htu":         {nil, object{"htu": origin + target}, good},
		"the port in htu":          {nil, object{"htu": "HTTPS://API.example.com:443/%6frders"}, good},
		"a long jti":               {nil, object{"jti": strings.Repeat("j", 256)}, good},
		"a clock that is ahead":    {nil, object{"iat": now.Add(8 * time.Second).Unix()}, good},
		"a clock that is behind":   {nil, object{"iat": now.Add(-time.Minute).Unix()}, good},
		"typ with application/":    {object{"typ": "application/dpop+jwt"}, nil, bad}, // RFC 9449 has one spelling
		"typ in upper case":        {object{"typ": "DPOP+JWT"}, nil, bad},
		"typ JWT":                  {object{"typ": "JWT"}, nil, bad},
		"a jti of 257 bytes":       {nil, object{"jti": strings.Repeat("j", 257)}, bad}, // as the next two, RFC 9449 has no such limit
		"a large jwk":              {jwk(object{"x5c": []string{strings.Repeat("A", 2048)}}), nil, bad},
		"deep claims":              {nil, object{"x": []any{[]any{[]any{[]any{1}}}}}, bad},
		"no typ":                   {object{"typ": ""}, nil, bad},
		"typ of tokens":            {object{"typ": "at+jwt"}, nil, bad},
		"typ that is a number":     {object{"typ": 1}, nil, bad},
		"crit":                     {object{"crit": []string{"exp"}}, nil, bad},
		"no jwk":                   {object{"jwk": nil}, nil, bad},
		"a private jwk":            {object{"jwk": jose.JSONWebKey{Key: s.Signer}}, nil, bad},
		"a symmetric jwk":          {object{"jwk": jose.JSONWebKey{Key: secret}}, nil, bad},
		"a jwk for encryption":     {jwk(object{"use": "enc"}), nil, bad},
		"a jwk for another alg":    {jwk(object{"alg": "ES384"}), nil, bad},
		"another alg":              {object{"alg": "ES384"}, nil, bad},
		"alg none":                 {object{"alg": "none"}, nil, bad},
		"alg HS256":                {object{"alg": "HS256"}, nil, bad},
		"the key of another":       {object{"jwk": other.jwk()}, nil, "401 invalid_token"},
		"another method":           {nil, object{"htm": "POST"}, bad},
		"no htm":                   {nil, object{"htm": nil}, bad},
		"another path":             {nil, object{"htu": url + "/"}, bad},
		"another host":             {nil, object{"htu": "https://example.com/orders"}, bad},
		"another scheme":           {nil, object{"htu": "http://api.example.com/orders"}, bad},
		"the path alone":           {nil, object{"htu": "/orders"}, bad},
		"no htu":                   {nil, object{"htu": nil}, bad},
		"another token":            {nil, object{"ath": claims(token + "A")["ath"]}, bad},
		"no ath":                   {nil, object{"ath": nil}, bad},
		"no jti":                   {nil, object{"jti": nil}, bad},
		"an empty jti":             {nil, object{"jti": ""}, bad},
		"no iat":                   {nil, object{"iat": nil}, bad},
		"iat that is text":         {nil, object{"iat": fmt.Sprint(now.Unix())}, bad},
		"an old proof":             {nil, object{"iat": now.Add(-2 * time.Minute).Unix()}, bad},
		"a proof for later":        {nil, object{"iat": now.Add(time.Minute).Unix()}, bad},
		"exp in the past":          {nil, object{"exp": now.Add(-time.Minute).Unix()}, bad},
		"nbf in the future":        {nil, object{"nbf": now.Add(time.Minute).Unix()}, bad},
		"a nonce nobody asked for": {nil, object{"nonce": "n"}, good},
	} {
		t.Run(name, func(t *testing.T) {
			proof := claims(token)
			for name, value := range c.claims {
				if proof[name] = value; value == nil {
					delete(proof, name)
				}
			}
			if got, _ := try(h, token, byGolangJWT(t, s, proof, c.header)); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
	t.Run("signed by another", func(t *testing.T) {
		if got, _ := try(h, token, byGolangJWT(t, other, claims(token), jwk(nil))); got != bad {
			t.Error(got)
		}
	})
}

// Both libraries verify what dpop.Key makes.
func TestKey(t *testing.T) {
	for _, alg := range []string{"ES256", "ES384", "ES512", "EdDSA", "PS256"} {
		t.Run(alg, func(t *testing.T) {
			s := newSigner(t, alg)
			key, err := dpop.NewKey(s.Signer)
			if err != nil {
				t.Fatal(err)
			}
			proof, err := key.Proof("GET", origin+target, "token", "nonce")
			if err != nil {
				t.Fatal(err)
			}
			want := claims("token")
			want["nonce"] = "nonce"

			signed, err := josejwt.ParseSigned(proof, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(alg)})
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]any{}
			if err := signed.Claims(signed.Headers[0].JSONWebKey, &got); err != nil {
				t.Errorf("go-jose: %v", err)
			}
			compare(t, got, want)

			parsed, err := jwt.Parse(proof, func(token *jwt.Token) (any, error) {
				text, err := json.Marshal(token.Header["jwk"])
				if err != nil {
					return nil, err
				}
				var jwk jose.JSONWebKey
				err = jwk.UnmarshalJSON(text)
				return jwk.Key, err
			}, jwt.WithValidMethods([]string{alg}))
			if err != nil {
				t.Fatalf("golang-jwt: %v", err)
			}
			compare(t, parsed.Claims.(jwt.MapClaims), want)
			if parsed.Header["typ"] != "dpop+jwt" || len(parsed.Header) != 3 {
				t.Errorf("header %v", parsed.Header)
			}
		})
	}
}

// compare compares the claims of two proofs. jti and iat differ.
func compare(t *testing.T, got, want map[string]any) {
	t.Helper()
	for name := range want {
		if _, ok := got[name]; !ok || name != "jti" && name != "iat" && got[name] != want[name] {
			t.Errorf("%s is %v, want %v", name, got[name], want[name])
		}
	}
	if len(got) != len(want) {
		t.Errorf("claims %v", got)
	}
}
