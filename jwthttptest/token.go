package jwthttptest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/internal/jws"
)

const beyondLeeway = 6 * time.Minute

// A TokenOption changes what [Issuer.Token] makes. It is an [Algorithm], [Claim], [Header],
// [BoundTo] or [Fault].
type TokenOption interface{ apply(*draft) }

// An Algorithm is what a token is signed with, by its name in RFC 7518 section 3.1 and RFC 8037
// section 3.1. Its position among the options does not matter. Of several the last one counts.
//
// A token of [EdDSA] names it so. [Header] can give it its other name, Ed25519 (RFC 9864).
type Algorithm string

const (
	HS256 Algorithm = "HS256"
	HS384 Algorithm = "HS384"
	HS512 Algorithm = "HS512"
	RS256 Algorithm = "RS256" // the default
	RS384 Algorithm = "RS384"
	RS512 Algorithm = "RS512"
	PS256 Algorithm = "PS256"
	PS384 Algorithm = "PS384"
	PS512 Algorithm = "PS512"
	ES256 Algorithm = "ES256" // with P-256
	ES384 Algorithm = "ES384" // with P-384
	ES512 Algorithm = "ES512" // with P-521
	EdDSA Algorithm = "EdDSA" // with Ed25519
)

// Claim sets a claim to the JSON of value. A nil value removes the claim.
func Claim(name string, value any) TokenOption {
	return option(func(d *draft) { d.claims.set(name, value) })
}

// Header sets a member of the token's header to the JSON of value. A nil value removes the
// member.
func Header(name string, value any) TokenOption {
	return option(func(d *draft) { d.header.set(name, value) })
}

// A Fault is an option that makes a token bad in one way. Its text is a name for subtests:
//
//	for _, fault := range jwthttptest.Faults() {
//		t.Run(string(fault), func(t *testing.T) { … iss.Token(t, claims, fault) … })
//	}
type Fault string

const (
	Expired            Fault = "expired"               // exp was 6 minutes ago, beyond the largest Leeway
	NotYetValid        Fault = "not yet valid"         // nbf is 6 minutes ahead, beyond the largest Leeway
	NoExpiry           Fault = "no expiry"             // no exp
	TextExpiry         Fault = "expiry as text"        // exp is a string
	WrongIssuer        Fault = "wrong issuer"          // iss is another issuer
	NoIssuer           Fault = "no issuer"             // no iss
	WrongAudience      Fault = "wrong audience"        // aud is another service
	NoAudience         Fault = "no audience"           // no aud
	WrongType          Fault = "wrong type"            // typ is logout+jwt, or dpop+jwt in place of logout+jwt
	ForgedSignature    Fault = "forged signature"      // signed with a key that is not the issuer's
	UnknownKeyID       Fault = "unknown key id"        // ForgedSignature, and kid names that key
	TamperedClaims     Fault = "tampered claims"       // the payload was changed after signing
	NoSignature        Fault = "no signature"          // the third segment is empty
	AlgNone            Fault = "alg none"              // alg is none, and there is no signature
	HS256WithPublicKey Fault = "HS256 with public key" // the secret is the PEM text of the public key
	HS256WithNoSecret  Fault = "HS256 with no secret"  // the secret is empty (HS384 and HS512 stay)
	UnknownIDNoSecret  Fault = "unknown id, no secret" // HS256WithNoSecret, with a kid for which a look-up may find an empty secret
	EmbeddedKey        Fault = "embedded key"          // signed with the key in the header's jwk
	UnknownCritical    Fault = "unknown critical"      // crit names an extension that does not exist
	SenderConstrained  Fault = "sender-constrained"    // cnf binds it to a client's key, so it is not a bearer token
	DuplicateClaims    Fault = "duplicate claims"      // exp twice
	InvalidUTF8        Fault = "invalid UTF-8"         // in a claim
	Truncated          Fault = "truncated"             // the last 8 bytes of the signature are missing
	Oversized          Fault = "oversized"             // more than 64 KiB
)

// Faults returns every Fault.
func Faults() []Fault {
	var names []Fault
	for _, f := range faults {
		names = append(names, f.Fault)
	}
	return names
}

// faults is how each Fault changes a token.
var faults = []struct {
	Fault
	change option
}{
	{Expired, func(d *draft) { d.claims.set("iat", in(-time.Hour)); d.claims.set("exp", in(-beyondLeeway)) }},
	{NotYetValid, func(d *draft) { d.claims.set("nbf", in(beyondLeeway)); d.claims.set("exp", in(2*time.Hour)) }},
	{NoExpiry, func(d *draft) { d.claims.set("exp", nil) }},
	{TextExpiry, func(d *draft) { d.claims.set("exp", fmt.Sprint(in(time.Hour))) }},
	{WrongIssuer, func(d *draft) { d.claims.set("iss", "https://other-issuer.example.com") }},
	{NoIssuer, func(d *draft) { d.claims.set("iss", nil) }},
	{WrongAudience, func(d *draft) { d.claims.set("aud", "another-service") }},
	{NoAudience, func(d *draft) { d.claims.set("aud", nil) }},
	{WrongType, func(d *draft) {
		other := "logout+jwt"
		if typ, _ := d.header["typ"].(string); strings.Contains(strings.ToLower(typ), other) {
			other = "dpop+jwt"
		}
		d.header.set("typ", other)
	}},
	{ForgedSignature, (*draft).forge},
	{UnknownKeyID, func(d *draft) { d.forge(); d.header.set("kid", "unknown") }},
	{TamperedClaims, func(d *draft) {
		d.tokenEdits = append(d.tokenEdits, func(raw string) string {
			part := strings.Split(raw, ".")
			d.claims.set("sub", rand.Text())
			part[1] = base64.RawURLEncoding.EncodeToString([]byte(d.payloadEdits.of(d.claims.text(d.tb))))
			return strings.Join(part, ".")
		})
	}},
	{NoSignature, editToken(func(raw string) string { return raw[:strings.LastIndexByte(raw, '.')+1] })},
	{AlgNone, func(d *draft) { d.algorithm = "none"; d.header.set("alg", "none") }},
	{HS256WithPublicKey, func(d *draft) {
		public := d.iss.keys.current(string(RS256))
		if keyType(d.own) != "oct" {
			public = d.iss.keys.current(d.own)
		}
		d.sign(signer{"HS256", publicPEM(d.tb, public.material()), public.id})
	}},
	{HS256WithNoSecret, func(d *draft) { d.signHMAC([]byte{}, d.iss.keys.current(d.hmac()).id) }},
	{UnknownIDNoSecret, func(d *draft) { d.signHMAC([]byte{}, "unknown") }},
	{EmbeddedKey, func(d *draft) {
		s := signer{d.own, foreignKey(d.own), "mine"}
		d.sign(s)
		d.header.set("jwk", s.jwk())
	}},
	{UnknownCritical, func(d *draft) {
		d.header.set("crit", []string{"urn:example:unknown"})
		d.header.set("urn:example:unknown", true)
	}},
	{SenderConstrained, func(d *draft) {
		d.claims.set("cnf", map[string]string{"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"})
	}},
	{DuplicateClaims, editPayload(first(`"exp":1`))},
	{InvalidUTF8, editPayload(first("\"invalid UTF-8\":\"\xff\""))},
	{Truncated, editSignature(func(s []byte) ([]byte, bool) { return s[:max(0, len(s)-8)], true })},
	{Oversized, func(d *draft) { d.claims.set("padding", strings.Repeat("x", 64<<10)) }},
}

// in returns the Unix time after d.
func in(d time.Duration) int64 { return time.Now().Add(d).Unix() }

func (f Fault) apply(d *draft) {
	d.tb.Helper()
	for _, known := range faults {
		if known.Fault == f {
			known.change(d)
			return
		}
	}
	d.tb.Fatalf("jwthttptest: %q is not a Fault: use the constants", f)
}

// Token returns a good token, unless an option makes it bad. Options are applied in order.
// Claims that cannot be encoded and a nil option end the test.
//
// claims has any type whose JSON is an object. Nil is for no claims. These members are added if
// claims lacks them, or has them empty, such as 0. [Claim] can set an empty one.
//   - iss is the issuer, and aud its Audience.
//   - iat is now, and exp is an hour ahead.
//   - jti is a new one.
//   - typ and kid are in the header.
func (iss *Issuer) Token(tb testing.TB, claims any, options ...TokenOption) string {
	tb.Helper()
	d := &draft{tb: tb, iss: iss, header: members{"typ": "JWT"}, claims: encode(tb, claims)}
	now := time.Now()
	d.claims.setDefault("iss", iss.URL)
	d.claims.setDefault("aud", iss.Audience)
	d.claims.setDefault("iat", now.Unix())
	d.claims.setDefault("exp", now.Add(time.Hour).Unix())
	d.claims.setDefault("jti", rand.Text())
	algorithm := RS256
	for i, o := range options {
		if o == nil {
			tb.Fatalf("jwthttptest: option %d of the token is nil", i)
		}
		if a, ok := o.(Algorithm); ok {
			algorithm = a
		}
	}
	algorithm.apply(d) // only the last one: an RSA key takes a while to make
	for _, o := range options {
		if _, ok := o.(Algorithm); !ok {
			o.apply(d)
		}
	}
	return d.token()
}

// Sign returns a token with any header and payload, for tokens that no option makes. algorithm
// is golang-jwt's name for it, such as "ES256". It signs, whatever alg the header has. "none"
// leaves the signature empty. key is a []byte, *rsa.PrivateKey, *ecdsa.PrivateKey of any curve, or
// ed25519.PrivateKey. An unknown algorithm and a key of another type end the test.
func Sign(tb testing.TB, algorithm string, key any, header, payload string) string {
	tb.Helper()
	return signSegments(tb, algorithm, key, base64.RawURLEncoding.EncodeToString([]byte(header))+"."+base64.RawURLEncoding.EncodeToString([]byte(payload)))
}

// signSegments is Sign for the first two segments of a token.
func signSegments(tb testing.TB, algorithm string, key any, input string) string {
	tb.Helper()
	if algorithm == "none" {
		return input + "."
	}
	method := jwt.GetSigningMethod(algorithm)
	if method == nil {
		tb.Fatalf("jwthttptest: golang-jwt has no algorithm %q", algorithm)
	}
	signature, err := method.Sign(input, key)
	ec, isEC := method.(*jwt.SigningMethodECDSA)
	private, isKey := key.(*ecdsa.PrivateKey)
	if isEC && isKey && private.Params().BitSize != ec.CurveBits {
		signature, err = signOnOtherCurve(ec, private, input) // golang-jwt refuses to
	}
	if err != nil {
		tb.Fatalf("jwthttptest: signing with %s and a %T: %v", algorithm, key, err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// signOnOtherCurve returns r and s as method has them, or longer if the curve needs it.
func signOnOtherCurve(method *jwt.SigningMethodECDSA, key *ecdsa.PrivateKey, input string) ([]byte, error) {
	h := method.Hash.New()
	h.Write([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, key, h.Sum(nil))
	if err != nil {
		return nil, err
	}
	half := max(method.KeySize, (key.Params().BitSize+7)/8)
	return append(r.FillBytes(make([]byte, half)), s.FillBytes(make([]byte, half))...), nil
}

// WithClaims returns a copy of r with claims and scopes in its context, as if a middleware for
// C had verified them. It is for tests of a handler without the middleware. C must be the
// claims type of the middleware. A pointer ends the test.
//
// There is no token: Raw, Registered and ExpiresAt of jwthttp.Token are empty. Test a handler
// that needs them with a token and the middleware.
func WithClaims[C any](tb testing.TB, r *http.Request, claims C, scopes ...string) *http.Request {
	tb.Helper()
	return r.WithContext(Context(tb, r.Context(), claims, scopes...))
}

// Context is [WithClaims] for code that takes a context in place of a request.
func Context[C any](tb testing.TB, ctx context.Context, claims C, scopes ...string) context.Context {
	tb.Helper() // panics for a nil tb, so that no program authenticates this way
	if c := reflect.TypeFor[C](); c.Kind() == reflect.Pointer {
		tb.Fatalf("jwthttptest: the claims are a %v: no middleware has pointers as claims, so handlers look for %v", c, c.Elem())
	}
	return jwthttp.NewContext(ctx, jwthttp.Token[C]{Claims: claims}.WithScopes(scopes...))
}

// A draft is a token, or a proof of a client, before it is signed.
type draft struct {
	tb             testing.TB
	iss            *Issuer
	header, claims members
	own            string // the Algorithm, whatever a Fault has made of it
	algorithm      string // signs; the header may name another one
	key            any
	headerEdits    edits // of the JSON
	payloadEdits   edits // of the JSON
	tokenEdits     edits // after signing
}

func (d *draft) token() string {
	d.tb.Helper()
	header, payload := d.headerEdits.of(d.header.text(d.tb)), d.payloadEdits.of(d.claims.text(d.tb))
	return d.tokenEdits.of(Sign(d.tb, d.algorithm, d.key, header, payload))
}

// edits are made in order.
type edits []func(string) string

func (e edits) of(text string) string {
	for _, edit := range e {
		text = edit(text)
	}
	return text
}

// first puts a member before the others of an object. The object may have a member of the
// same name.
func first(member string) func(string) string {
	return func(object string) string { return "{" + member + "," + object[1:] }
}

type option func(*draft)

func (o option) apply(d *draft) { o(d) }

func editHeader(edit func(string) string) option {
	return func(d *draft) { d.headerEdits = append(d.headerEdits, edit) }
}

func editPayload(edit func(string) string) option {
	return func(d *draft) { d.payloadEdits = append(d.payloadEdits, edit) }
}

func editToken(edit func(string) string) option {
	return func(d *draft) { d.tokenEdits = append(d.tokenEdits, edit) }
}

// editSignature makes signatures until edit takes one.
func editSignature(edit func(signature []byte) (edited []byte, ok bool)) option {
	return option(func(d *draft) {
		editToken(func(raw string) string {
			for {
				i := strings.LastIndexByte(raw, '.')
				signature, err := base64.RawURLEncoding.DecodeString(raw[i+1:])
				if err != nil {
					d.tb.Fatalf("jwthttptest: %v", err)
				}
				if edited, ok := edit(signature); ok {
					return raw[:i+1] + base64.RawURLEncoding.EncodeToString(edited)
				}
				raw = signSegments(d.tb, d.algorithm, d.key, raw[:i])
			}
		}).apply(d)
	})
}

func (a Algorithm) apply(d *draft) {
	d.tb.Helper()
	d.own = string(a)
	if !jws.IsAlgorithm(d.own) {
		d.tb.Fatalf("jwthttptest: an Issuer has no key for %q: use the constants of Algorithm, or Sign", a)
	}
	d.sign(d.iss.keys.current(d.own))
}

func (d *draft) sign(s signer) {
	d.algorithm, d.key = s.algorithm, s.key
	d.header.set("alg", s.algorithm)
	d.header.set("kid", s.id)
}

// hmac returns the HMAC algorithm that the chain is most likely to accept.
func (d *draft) hmac() string {
	if jws.IsSymmetric(d.own) {
		return d.own
	}
	return string(HS256)
}

func (d *draft) signHMAC(secret []byte, id string) { d.sign(signer{d.hmac(), secret, id}) }

// forge makes a key that is not the issuer's sign, with the same algorithm.
func (d *draft) forge() {
	if d.algorithm != "none" {
		d.key = foreignKey(d.algorithm)
	}
}

func publicPEM(tb testing.TB, key any) []byte {
	tb.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// members are the members of a JSON object.
type members map[string]any

func encode(tb testing.TB, claims any) members {
	tb.Helper()
	if claims == nil {
		return members{}
	}
	text, err := json.Marshal(claims)
	if err != nil {
		tb.Fatalf("jwthttptest: the claims, a %T, cannot be encoded as JSON: %v", claims, err)
	}
	// Raw messages keep the digits of numbers.
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil || raw == nil {
		tb.Fatalf("jwthttptest: the claims are %.40s in JSON, which is not an object: use a struct or a map", text)
	}
	m := members{}
	for name, value := range raw {
		m[name] = value
	}
	return m
}

func (m members) set(name string, value any) {
	m[name] = value
	if value == nil {
		delete(m, name)
	}
}

// setDefault sets a member that is missing or empty. A field without omitempty is there when
// it is empty.
func (m members) setDefault(name string, value any) {
	raw, _ := m[name].(json.RawMessage)
	if slices.Contains([]string{"", "null", `""`, "0", "[]"}, string(bytes.TrimSpace(raw))) {
		m[name] = value
	}
}

func (m members) text(tb testing.TB) string {
	tb.Helper()
	text, err := json.Marshal(m)
	if err != nil {
		tb.Fatalf("jwthttptest: %v", err)
	}
	return string(text)
}
