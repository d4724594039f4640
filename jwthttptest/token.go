package jwthttptest

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
)

const (
	hmacID       = "hmac-1"
	beyondLeeway = 6 * time.Minute
)

// A TokenOption changes what [Issuer.Token] mints: an [Algorithm], [Claim],
// [Header] or [Fault].
type TokenOption interface{ apply(*draft) }

// An Algorithm says what a token is signed with; it counts wherever it stands among
// the options.
type Algorithm string

const (
	RS256 Algorithm = "RS256" // the default
	HS256 Algorithm = "HS256"
)

// Claim sets a claim to what encoding/json makes of value; nil takes it out.
func Claim(name string, value any) TokenOption {
	return option(func(d *draft) { d.claims.set(name, value) })
}

// Header sets a member of the token's header to what encoding/json makes of value;
// nil takes it out.
func Header(name string, value any) TokenOption {
	return option(func(d *draft) { d.header.set(name, value) })
}

// A Fault is an option that makes a token bad in one way, and the name of that way:
//
//	for _, fault := range jwthttptest.Faults() {
//		t.Run(string(fault), func(t *testing.T) { … iss.Token(t, claims, fault) … })
//	}
type Fault string

const (
	Expired            Fault = "expired"               // since 6 minutes, for 5 is the most of Options.Leeway
	NotYetValid        Fault = "not yet valid"         // nbf is 6 minutes ahead
	NoExpiry           Fault = "no expiry"             // no exp
	TextExpiry         Fault = "expiry as text"        // exp is a string
	WrongIssuer        Fault = "wrong issuer"          // iss is somebody else
	NoIssuer           Fault = "no issuer"             // no iss
	WrongAudience      Fault = "wrong audience"        // aud is another service
	NoAudience         Fault = "no audience"           // no aud
	WrongType          Fault = "wrong type"            // typ is logout+jwt, or dpop+jwt if it was that
	ForgedSignature    Fault = "forged signature"      // by a key of somebody else
	UnknownKeyID       Fault = "unknown key id"        // the same, and its kid names that key
	TamperedClaims     Fault = "tampered claims"       // the payload was changed after signing
	NoSignature        Fault = "no signature"          // the third segment is empty
	AlgNone            Fault = "alg none"              // and no signature
	HS256WithPublicKey Fault = "HS256 with public key" // the PEM text of the RSA public key as the secret
	HS256WithNoSecret  Fault = "HS256 with no secret"  // signed with nothing as the secret
	UnknownIDNoSecret  Fault = "unknown id, no secret" // the same, under a kid for which a look-up may find just that
	EmbeddedKey        Fault = "embedded key"          // signed by the key that it brings in the header's jwk
	UnknownCritical    Fault = "unknown critical"      // crit names an extension that nobody knows
	SenderConstrained  Fault = "sender-constrained"    // cnf binds it to a client's key, so it is no bearer token
	DuplicateClaims    Fault = "duplicate claims"      // exp twice
	InvalidUTF8        Fault = "invalid UTF-8"         // in a claim
	Truncated          Fault = "truncated"             // its end is missing
	Oversized          Fault = "oversized"             // more than 64 KiB
)

// Faults returns all of them.
func Faults() []Fault {
	return []Fault{
		Expired, NotYetValid, NoExpiry, TextExpiry, WrongIssuer, NoIssuer, WrongAudience, NoAudience, WrongType,
		ForgedSignature, UnknownKeyID, TamperedClaims, NoSignature, AlgNone, HS256WithPublicKey, HS256WithNoSecret,
		UnknownIDNoSecret, EmbeddedKey, UnknownCritical, SenderConstrained, DuplicateClaims, InvalidUTF8, Truncated, Oversized,
	}
}

// Token mints a token with these claims, of any type that encoding/json makes an
// object of; nil is none. Where they leave them out or empty (0 is empty, also in a map;
// [Claim] sets it), iss is the issuer, aud its Audience, iat now, exp an hour ahead and
// jti a new one, and the header has typ and kid. It is good unless an option makes it
// bad; options are applied in order. What cannot be encoded ends the test.
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
	algorithm.apply(d) // only the last, for RSA keys take a while to make
	for _, o := range options {
		if _, ok := o.(Algorithm); !ok {
			o.apply(d)
		}
	}
	header, payload := d.headerEdits.of(d.header.text(tb)), d.payloadEdits.of(d.claims.text(tb))
	return d.damage.of(Sign(tb, d.algorithm, d.key, header, payload))
}

// Sign returns a token of any two texts, for what no option makes: it signs by a
// name of RFC 7518 that golang-jwt knows, whatever the header says, with a []byte,
// *rsa.PrivateKey, *ecdsa.PrivateKey or ed25519.PrivateKey. The algorithm "none"
// leaves the signature empty.
func Sign(tb testing.TB, algorithm string, key any, header, payload string) string {
	tb.Helper()
	input := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	if algorithm == "none" {
		return input + "."
	}
	method := jwt.GetSigningMethod(algorithm)
	if method == nil {
		tb.Fatalf("jwthttptest: golang-jwt has no algorithm %q", algorithm)
	}
	signature, err := method.Sign(input, key)
	if err != nil {
		tb.Fatalf("jwthttptest: signing by %s with a %T: %v", algorithm, key, err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// WithClaims returns a copy of r that carries these claims, and scopes, as if a
// middleware for C had verified them, for a test of a handler by itself. C is that of
// the middleware, so no pointer. There is no token behind them: Raw, Registered and
// ExpiresAt of jwthttp.Token are empty, and a handler that needs them is tested with
// a token and the middleware.
func WithClaims[C any](tb testing.TB, r *http.Request, claims C, scopes ...string) *http.Request {
	tb.Helper()
	return r.WithContext(Context(tb, r.Context(), claims, scopes...))
}

// Context is [WithClaims] for what takes a context and no request.
func Context[C any](tb testing.TB, ctx context.Context, claims C, scopes ...string) context.Context {
	tb.Helper() // a nil tb panics: this is no way in for a program
	if c := reflect.TypeFor[C](); c.Kind() == reflect.Pointer {
		tb.Fatalf("jwthttptest: these claims are a pointer, %v: no middleware has such, so handlers look for %v", c, c.Elem())
	}
	return jwthttp.NewContext(ctx, jwthttp.Token[C]{Claims: claims}.WithScopes(scopes...))
}

// A draft is a token before it is signed.
type draft struct {
	tb             testing.TB
	iss            *Issuer
	header, claims members
	algorithm      string // that signs; the header may say another
	key            any
	headerEdits    changes // of the text, before signing
	payloadEdits   changes // of the payload, likewise
	damage         changes // of the token
}

// changes are made one after the other.
type changes []func(string) string

func (c changes) of(text string) string {
	for _, change := range c {
		text = change(text)
	}
	return text
}

// first puts a member before those of an object, which may have it too.
func first(member string) func(string) string {
	return func(object string) string { return "{" + member + "," + object[1:] }
}

type option func(*draft)

func (o option) apply(d *draft) { o(d) }

func (a Algorithm) apply(d *draft) {
	switch a {
	case RS256:
		key := d.iss.rsa.current()
		d.sign("RS256", key.PrivateKey, key.id)
	case HS256:
		d.sign("HS256", d.iss.secret, hmacID)
	default:
		d.tb.Fatalf("jwthttptest: an Issuer has keys for RS256 and HS256, not for %q: see Sign", a)
	}
}

func (d *draft) sign(algorithm string, key any, id string) {
	d.algorithm, d.key = algorithm, key
	d.header.set("alg", algorithm)
	d.header.set("kid", id)
}

// forger is a key of nobody's.
var forger = sync.OnceValue(pool.take)

// forge signs by the algorithm in hand with another key than the issuer's.
func (d *draft) forge() {
	if d.algorithm == "HS256" {
		d.key = []byte(rand.Text() + rand.Text())
		return
	}
	d.key = forger()
}

func (f Fault) apply(d *draft) {
	d.tb.Helper()
	now := time.Now()
	switch f {
	case Expired:
		d.claims.set("iat", now.Add(-time.Hour).Unix())
		d.claims.set("exp", now.Add(-beyondLeeway).Unix())
	case NotYetValid:
		d.claims.set("nbf", now.Add(beyondLeeway).Unix())
		d.claims.set("exp", now.Add(2*time.Hour).Unix())
	case NoExpiry:
		d.claims.set("exp", nil)
	case TextExpiry:
		d.claims.set("exp", fmt.Sprint(now.Add(time.Hour).Unix()))
	case WrongIssuer:
		d.claims.set("iss", "https://other-issuer.example.com")
	case NoIssuer:
		d.claims.set("iss", nil)
	case WrongAudience:
		d.claims.set("aud", "another-service")
	case NoAudience:
		d.claims.set("aud", nil)
	case WrongType:
		other := "logout+jwt"
		if typ, _ := d.header["typ"].(string); strings.Contains(strings.ToLower(typ), other) {
			other = "dpop+jwt"
		}
		d.header.set("typ", other)
	case ForgedSignature:
		d.forge()
	case UnknownKeyID:
		d.forge()
		d.header.set("kid", "unknown")
	case TamperedClaims:
		d.damage = append(d.damage, func(raw string) string {
			part := strings.Split(raw, ".")
			d.claims.set("sub", rand.Text())
			part[1] = base64.RawURLEncoding.EncodeToString([]byte(d.payloadEdits.of(d.claims.text(d.tb))))
			return strings.Join(part, ".")
		})
	case NoSignature:
		d.damage = append(d.damage, func(raw string) string { return raw[:strings.LastIndexByte(raw, '.')+1] })
	case AlgNone:
		d.algorithm = "none"
		d.header.set("alg", "none")
	case HS256WithPublicKey:
		key := d.iss.rsa.current()
		d.sign("HS256", publicPEM(d.tb, &key.PublicKey), key.id)
	case HS256WithNoSecret:
		d.sign("HS256", []byte{}, hmacID)
	case UnknownIDNoSecret:
		d.sign("HS256", []byte{}, "unknown")
	case EmbeddedKey:
		key := rsaKey{forger(), "mine"}
		d.sign("RS256", key.PrivateKey, key.id)
		d.header.set("jwk", key.published())
	case UnknownCritical:
		d.header.set("crit", []string{"urn:example:unknown"})
		d.header.set("urn:example:unknown", true)
	case SenderConstrained:
		d.claims.set("cnf", map[string]string{"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"})
	case DuplicateClaims:
		d.payloadEdits = append(d.payloadEdits, first(`"exp":1`))
	case InvalidUTF8:
		d.payloadEdits = append(d.payloadEdits, first(`"invalid UTF-8":"`+"\xff"+`"`))
	case Truncated:
		d.damage = append(d.damage, func(raw string) string { return raw[:len(raw)-8] })
	case Oversized:
		d.claims.set("padding", strings.Repeat("x", 64<<10))
	default:
		d.tb.Fatalf("jwthttptest: there is no Fault %q: use the constants", f)
	}
}

func publicPEM(tb testing.TB, key *rsa.PublicKey) []byte {
	tb.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// members are those of a JSON object.
type members map[string]any

func encode(tb testing.TB, claims any) members {
	tb.Helper()
	if claims == nil {
		return members{}
	}
	text, err := json.Marshal(claims)
	if err != nil {
		tb.Fatalf("jwthttptest: the claims, a %T, cannot be encoded: %v", claims, err)
	}
	// Raw, so that numbers stay as they are.
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil || raw == nil {
		tb.Fatalf("jwthttptest: the claims are %.40s in JSON: use a struct or a map, which are an object", text)
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

// setDefault replaces what a claims type has of an empty field without omitempty.
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
