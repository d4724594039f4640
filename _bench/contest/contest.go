// Package contest gives the same work to several packages. A request has a token with ten
// claims. When the next handler is called, issuer, audience and expiry have been checked. The
// context has the claims, typed if the package can do that.
package contest

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/_bench/tokens"
)

const (
	Issuer   = tokens.Issuer
	Audience = tokens.Audience
	KeyID    = "2026-11"
)

// Secret is the HMAC secret of all contestants. It is long enough for HS512.
var Secret = []byte("a secret for benchmarks, with the 64 bytes that HS512 asks of it")

// PrivateKey is the RS256 key of all contestants. It is made once in a process.
var PrivateKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

var ed25519Key = sync.OnceValue(func() ed25519.PrivateKey {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
})

var ecKeys = map[string]func() *ecdsa.PrivateKey{"ES256": onCurve(elliptic.P256()), "ES384": onCurve(elliptic.P384()), "ES512": onCurve(elliptic.P521())}

func onCurve(curve elliptic.Curve) func() *ecdsa.PrivateKey {
	return sync.OnceValue(func() *ecdsa.PrivateKey {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			panic(err)
		}
		return key
	})
}

// Keys returns the key that signs by an algorithm, and the one that verifies.
func Keys(alg string) (signing, verifying any) {
	switch alg[:2] {
	case "HS":
		return Secret, Secret
	case "RS", "PS":
		return PrivateKey(), &PrivateKey().PublicKey
	case "ES":
		key := ecKeys[alg]()
		return key, &key.PublicKey
	}
	return ed25519Key(), ed25519Key().Public()
}

// Claims are the ten claims of every token. They are for packages that decode into any struct.
type Claims struct {
	Issuer    string   `json:"iss"`
	Subject   string   `json:"sub"`
	Audience  []string `json:"aud"`
	ExpiresAt int64    `json:"exp"`
	IssuedAt  int64    `json:"iat"`
	NotBefore int64    `json:"nbf"`
	ID        string   `json:"jti"`
	Scope     string   `json:"scope"`
	Name      string   `json:"name"`
	Email     string   `json:"email"`
}

// Registered are the same claims for packages that require golang-jwt's claims type.
type Registered struct {
	jwt.RegisteredClaims
	Scope string `json:"scope"`
	Name  string `json:"name"`
	Email string `json:"email"`
}

// A Token is a value of the Authorization header.
type Token = string

// Tokens returns n different tokens of the algorithm. Their numbers begin with from.
func Tokens(alg string, from, n int) []Token {
	now := time.Now()
	all := make([]Token, n)
	for i := range all {
		id := from + i
		all[i] = "Bearer " + Sign(alg, Registered{
			jwt.RegisteredClaims{
				Issuer: Issuer, Subject: fmt.Sprintf("u-%d", id), Audience: jwt.ClaimStrings{Audience}, ID: fmt.Sprintf("%016x", id),
				ExpiresAt: jwt.NewNumericDate(now.Add(24 * time.Hour)), IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now.Add(-time.Minute)),
			},
			"orders:read", fmt.Sprintf("Ann %d", id), fmt.Sprintf("a%d@example.com", id),
		})
	}
	return all
}

// Sign returns a token with these claims.
func Sign(alg string, claims jwt.Claims) string {
	payload, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	key, _ := Keys(alg)
	return SignText(alg, string(payload), KeyID, key)
}

// SignText returns a token with this payload, signed by a key that has this id.
func SignText(alg, payload, kid string, key any) string {
	encode := base64.RawURLEncoding.EncodeToString
	input := encode(fmt.Appendf(nil, `{"alg":%q,"kid":%q,"typ":"JWT"}`, alg, kid)) + "." + encode([]byte(payload))
	sig, err := jwt.GetSigningMethod(alg).Sign(input, key)
	if err != nil {
		panic(err)
	}
	return input + "." + encode(sig)
}

// Signed returns n different tokens. payload makes the payload of a number.
func Signed(alg string, n int, payload func(i int) string) []Token {
	key, _ := Keys(alg)
	return SignedBy(alg, n, func(i int) (string, string, any) { return payload(i), KeyID, key })
}

// SignedBy returns n different tokens. parts returns the payload for a number, and the id and the
// material of the key that signs it.
func SignedBy(alg string, n int, parts func(i int) (payload, kid string, key any)) []Token {
	all := make([]Token, n)
	for i := range all {
		payload, kid, key := parts(i)
		all[i] = "Bearer " + SignText(alg, payload, kid, key)
	}
	return all
}

// Forged returns a token of nearly 8 KiB. It has many members and a wrong signature.
func Forged(alg string) Token {
	claims := jwt.MapClaims{"iss": Issuer, "aud": Audience, "exp": time.Now().Add(time.Hour).Unix()}
	for i := range 195 {
		claims[fmt.Sprintf("claim-%03d", i)] = fmt.Sprintf("value %08d", i)
	}
	raw := Sign(alg, claims)
	i := strings.LastIndexByte(raw, '.')
	sig, err := base64.RawURLEncoding.DecodeString(raw[i+1:])
	if err != nil {
		panic(err)
	}
	sig[len(sig)/2] ^= 1
	return "Bearer " + raw[:i+1] + base64.RawURLEncoding.EncodeToString(sig)
}

// HMACOf returns a function that computes the HMAC of a forged HS256 token with a reused
// state. Every verifier must do at least that.
func HMACOf(forged Token) func() {
	input := []byte(forged[len("Bearer "):strings.LastIndexByte(forged, '.')])
	mac := hmac.New(sha256.New, Secret)
	sum := make([]byte, 0, 32)
	return func() {
		mac.Reset()
		mac.Write(input)
		sum = mac.Sum(sum[:0])
	}
}

// A Contestant protects next with keys for the algorithm.
type Contestant struct {
	Name    string
	Protect func(alg string, next http.Handler) (http.Handler, error)
}

// A Rig sends requests to one contestant. It reuses one request, and a ResponseWriter that
// discards everything.
type Rig struct {
	handler http.Handler
	request *http.Request
	header  []string
	writer  discard
	ran     int
}

// NewRig also checks that the contestant does the work. A good token must pass. A token that
// is expired, forged or for another audience must not.
func (c Contestant) NewRig(alg string) (*Rig, error) {
	rig, err := c.UncheckedRig(alg)
	if err != nil {
		return nil, err
	}
	bad := func(change func(*Registered)) Token {
		now := time.Now()
		claims := Registered{RegisteredClaims: jwt.RegisteredClaims{Issuer: Issuer, Subject: "x", Audience: jwt.ClaimStrings{Audience}, ExpiresAt: jwt.NewNumericDate(now.Add(time.Hour)), IssuedAt: jwt.NewNumericDate(now)}}
		change(&claims)
		return "Bearer " + Sign(alg, claims)
	}
	for name, try := range map[string]struct {
		token Token
		ran   int
	}{
		"good":             {bad(func(*Registered) {}), 1},
		"expired":          {bad(func(c *Registered) { c.ExpiresAt = jwt.NewNumericDate(time.Now().Add(-time.Hour)) }), 0},
		"another audience": {bad(func(c *Registered) { c.Audience = jwt.ClaimStrings{"x"} }), 0},
		"another issuer":   {bad(func(c *Registered) { c.Issuer = "x" }), 0},
		"forged":           {Forged(alg), 0},
	} {
		rig.ran = 0
		rig.Serve(try.token)
		if rig.ran != try.ran && !(strings.HasPrefix(c.Name, "floor") && try.ran == 0) {
			return nil, fmt.Errorf("%s, %s: next ran %d times for a token that is %s", c.Name, alg, rig.ran, name)
		}
	}
	rig.ran = 0
	return rig, nil
}

// UncheckedRig is for a contestant whose keys are not those of this package.
func (c Contestant) UncheckedRig(alg string) (*Rig, error) {
	rig := &Rig{request: httptest.NewRequest("GET", "/", nil), header: []string{""}, writer: discard{}}
	rig.request.Header["Authorization"] = rig.header
	var err error
	rig.handler, err = c.Protect(alg, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { rig.ran++ }))
	return rig, err
}

// Serve sends a request with that token to the contestant.
func (r *Rig) Serve(token Token) {
	r.header[0] = token
	clear(r.writer)
	r.handler.ServeHTTP(r.writer, r.request)
}

// Share returns a rig of its own for a handler that several goroutines use. It does not count
// calls.
func Share(h http.Handler) *Rig {
	rig := &Rig{handler: h, request: httptest.NewRequest("GET", "/", nil), header: []string{""}, writer: discard{}}
	rig.request.Header["Authorization"] = rig.header
	return rig
}

// Ran returns how often the next handler was called.
func (r *Rig) Ran() int { return r.ran }

type discard http.Header

func (d discard) Header() http.Header         { return http.Header(d) }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}
