package issue_test

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	josejwt "github.com/go-jose/go-jose/v4/jwt"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/issue"
)

// fields are claims of a program with several types.
type fields struct {
	jwt.RegisteredClaims
	Name     string            `json:"name,omitempty"`
	Admin    bool              `json:"admin"`
	Level    int64             `json:"level"`
	Share    float64           `json:"share,omitempty"`
	Raw      json.RawMessage   `json:"raw,omitempty"`
	Roles    []string          `json:"roles"`
	Labels   map[string]string `json:"labels,omitempty"`
	Bytes    []byte            `json:"bytes"`
	Since    *jwt.NumericDate  `json:"since,omitempty"`
	Optional *fields           `json:"optional,omitempty"`
}

// own is a type that encodes itself.
type own struct{ text []byte }

func (o own) MarshalJSON() ([]byte, error) { return o.text, nil }

func (o *own) UnmarshalJSON(text []byte) error {
	o.text = bytes.Clone(text)
	return nil
}

// A rig is an issuer for each claims type, and what others verify its tokens with.
type rig struct {
	opts   issue.Options
	alg    string
	method jwt.SigningMethod
	signs  any
	public any

	maps    both[jwt.MapClaims]
	raws    both[map[string]json.RawMessage]
	structs both[fields]
	owns    both[own]
}

type both[C any] struct {
	iss  *issue.Issuer[C]
	auth *jwthttp.Middleware[C]
}

func newBoth[C any](f *testing.F, r *rig) (p both[C]) {
	f.Helper()
	var err error
	if p.iss, err = issue.New[C](r.opts, issue.NewKey(r.method, r.signs)); err != nil {
		f.Fatal(err)
	}
	if p.auth, err = jwthttp.New[C](p.iss, p.iss.Options()); err != nil {
		f.Fatal(err)
	}
	return p
}

func newRigs(f *testing.F) (rigs []*rig) {
	f.Helper()
	for _, r := range []*rig{
		{method: jwt.SigningMethodHS256, signs: secret, public: secret},
		{method: jwt.SigningMethodHS256, signs: secret, public: secret, opts: issue.Options{Issuer: "https://issuer.example.com/?a=<b>&c", Audience: []string{"api"}, Type: "at+jwt", Lifetime: time.Hour}},
		{method: jwt.SigningMethodES256, signs: p256, public: p256.Public(), opts: issue.Options{Audience: []string{"orders", "bills"}}},
		{method: jwt.SigningMethodEdDSA, signs: edKey, public: edKey.Public(), opts: issue.Options{Issuer: "me"}},
	} {
		r.alg = r.method.Alg()
		r.maps, r.raws, r.structs, r.owns = newBoth[jwt.MapClaims](f, r), newBoth[map[string]json.RawMessage](f, r), newBoth[fields](f, r), newBoth[own](f, r)
		rigs = append(rigs, r)
	}
	return rigs
}

// What Token returns, its middleware, golang-jwt and go-jose accept with the claims that went in.
// What it refuses contradicts the issuer, or its middleware refuses it too.
func FuzzToken(f *testing.F) {
	now := time.Now().Unix()
	for _, text := range []string{
		`{}`, `{"sub":"alice","roles":["admin"]}`, `{"sub":42}`, `{"sub":0}`, `{"sub":null}`, `{"iss":"me"}`, `{"iss":"\u006de"}`, `{"iss":"you"}`, `{"aud":"api"}`, `{"aud":["orders","bills"]}`,
		`{"aud":["bills","orders"]}`, `{"exp":1}`, fmt.Sprintf(`{"exp":%d.5}`, now+600), fmt.Sprintf(`{"exp":%de-1}`, 10*(now+600)), fmt.Sprintf(`{"exp":%d}`, now+1e9), `{"exp":"soon"}`, `{"exp":1e300}`, `{"exp":-0}`,
		fmt.Sprintf(`{"iat":%d}`, now), `{"iat":1}`, `{"nbf":1.5}`, `{"nbf":1e999}`, fmt.Sprintf(`{"nbf":%d}`, now+1000), `{"nbf":"1"}`, `{"jti":""}`, `{"jti":"one"}`, `{"jti":7}`, `{"jti":"a","jti":"b"}`, `{"exp":0,"exp":1}`,
		`{"cnf":{"jkt":"x"}}`, `{"cnf":{}}`, `{"cnf":null}`, `{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"\u0065xp":1}`, `{"EXP":1,"Sub":"bob"}`, `{"a":"\ud800"}`, "{\"a\":\"\xff\"}", "{\"\xff\":1}", `{"a":"<&>\u2028"}`, "{\"a\":\"\u2028\"}", `{"\u2028<":1}`,
		`{"n":9007199254740993}`, `{"n":1e400}`, `{"n":-0.0}`, `{"n":1.00}`, `[]`, `null`, `"text"`, `7`, ``, ` { "a" : [ 1 , { } ] } `, `{"a":1}{}`, `{"a":`, `{"":""}`, `{"name":"x","level":-7,"share":0.1,"raw":{"a":[1.0]},"labels":{"a":"b"},"bytes":"AAE=","since":7}`,
		`{"optional":{"exp":1,"iss":"you"}}`, `{"roles":null}`, `{"level":1.5}`, `{"share":1e308}`, strings.Repeat(`{"a":`, 40) + `1` + strings.Repeat(`}`, 40), `{"text":"` + strings.Repeat("x", 100_000) + `"}`, `{"text":"` + strings.Repeat("x", 5_800) + `"}`,
		`{"ids":[` + strings.Repeat("1,", 3_000) + `1]}`, `{"typ":"x","alg":"none","crit":["exp"]}`,
	} {
		for i := range uint8(4) {
			f.Add(i, []byte(text))
		}
	}
	rigs := newRigs(f)
	f.Fuzz(func(t *testing.T, which uint8, text []byte) {
		r := rigs[int(which)%len(rigs)]
		tryToken(t, r, r.owns, own{text})
		var m jwt.MapClaims
		if decode(text, &m) == nil {
			tryToken(t, r, r.maps, m)
		}
		var raw map[string]json.RawMessage
		if json.Unmarshal(text, &raw) == nil {
			tryToken(t, r, r.raws, raw)
		}
		var s fields
		if json.Unmarshal(text, &s) == nil {
			tryToken(t, r, r.structs, s)
		}
	})
}

// decode keeps numbers as they are written.
func decode(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(v)
}

// These say that the claims contradict the issuer, or that they are none.
var contradictions = []string{"leave it out of the claims", "the claims are not a JSON object", "the claims cannot be encoded"}

func tryToken[C any](t *testing.T, r *rig, p both[C], claims C) {
	t.Helper()
	token, expires, err := p.iss.Token(t.Context(), claims)
	given, errGiven := json.Marshal(claims)
	if err != nil {
		if token != "" || !expires.IsZero() || !errors.Is(err, jwthttp.ErrMisconfigured) || errors.Is(err, jwthttp.ErrInvalidToken) || errors.Is(err, jwthttp.ErrUnavailable) {
			t.Fatalf("%T %s: %q %v %v", claims, given, token, expires, err)
		}
		isContradiction := slices.ContainsFunc(contradictions, func(text string) bool { return strings.Contains(err.Error(), text) })
		if errGiven == nil && !isContradiction && isAccepted(t, r, p, given) {
			t.Errorf("%T %s: refused, and its middleware accepts it: %v", claims, given, err)
		}
		return
	}
	if errGiven != nil {
		t.Fatalf("%T: a token of what cannot be encoded: %v", claims, errGiven)
	}
	payload := payloadOf(t, token)
	checkPayload(t, r, given, payload, expires)

	// The middleware decodes as encoding/json does, but that it keeps all digits of a number.
	got, err := p.auth.Verify(t.Context(), token)
	if err != nil {
		t.Fatalf("%T %s: the middleware: %v", claims, payload, err)
	}
	if m, ok := any(got.Claims).(jwt.MapClaims); ok {
		if !isEqual(map[string]any(m), membersOf(t, payload)) {
			t.Errorf("%s: the middleware has %v", payload, m)
		}
	} else {
		var want C
		if err := json.Unmarshal(payload, &want); err != nil {
			t.Fatalf("%T %s: %v", claims, payload, err)
		}
		if !reflect.DeepEqual(got.Claims, want) && !sameJSON(t, got.Claims, want) {
			t.Errorf("%T %s: the middleware has %+v, want %+v", claims, payload, got.Claims, want)
		}
	}

	parsed, err := jwt.Parse(token, func(*jwt.Token) (any, error) { return r.public, nil }, r.strict()...)
	if err != nil {
		t.Fatalf("%T %s: golang-jwt: %v", claims, payload, err)
	}
	if !reflect.DeepEqual(map[string]any(parsed.Claims.(jwt.MapClaims)), membersOf(t, payload)) {
		t.Errorf("%T %s: golang-jwt has %v", claims, payload, parsed.Claims)
	}
	checkGoJose(t, r, token, payload)
}

// isEqual compares decoded JSON. want has numbers as they were written.
func isEqual(got, want any) bool {
	switch want := want.(type) {
	case json.Number:
		if number, ok := got.(json.Number); ok {
			return number == want
		}
		f, err := want.Float64()
		return err == nil && got == f
	case []any:
		list, ok := got.([]any)
		return ok && slices.EqualFunc(list, want, isEqual)
	case map[string]any:
		members, ok := got.(map[string]any)
		return ok && maps.EqualFunc(members, want, isEqual)
	}
	return got == want
}

func sameJSON(t *testing.T, a, b any) bool {
	t.Helper()
	one, err1 := json.Marshal(a)
	two, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && bytes.Equal(one, two)
}

func (r *rig) strict() []jwt.ParserOption {
	opts := []jwt.ParserOption{jwt.WithValidMethods([]string{r.alg}), jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithStrictDecoding(), jwt.WithJSONNumber()}
	if r.opts.Issuer != "" {
		opts = append(opts, jwt.WithIssuer(r.opts.Issuer))
	}
	for _, a := range r.opts.Audience {
		opts = append(opts, jwt.WithAudience(a))
	}
	return opts
}

func checkGoJose(t *testing.T, r *rig, token string, payload []byte) {
	t.Helper()
	signed, err := josejwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(r.alg)})
	if err != nil {
		t.Fatalf("%s: go-jose: %v", payload, err)
	}
	var registered josejwt.Claims
	var raw json.RawMessage
	if err := signed.Claims(r.public, &registered, &raw); err != nil {
		t.Fatalf("%s: go-jose: %v", payload, err)
	}
	if err := registered.ValidateWithLeeway(josejwt.Expected{Issuer: r.opts.Issuer, AnyAudience: r.opts.Audience, Time: time.Now()}, 0); err != nil {
		t.Errorf("%s: go-jose: %v", payload, err)
	}
	if !bytes.Equal(raw, payload) {
		t.Errorf("go-jose has %s, and the token %s", raw, payload)
	}
}

func payloadOf(t *testing.T, token string) []byte {
	t.Helper()
	payload, err := base64.RawURLEncoding.Strict().DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

func membersOf(t *testing.T, text []byte) (all map[string]any) {
	t.Helper()
	if err := decode(text, &all); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return all
}

var registered = []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "cnf"}

// present returns the claims that count as present.
func present(all map[string]any) map[string]any {
	for _, name := range registered {
		v := all[name]
		list, isList := v.([]any)
		if v == nil || v == "" || v == json.Number("0") || isList && len(list) == 0 {
			delete(all, name)
		}
	}
	return all
}

// checkPayload compares the payload of a token with the claims that were given, number by number.
func checkPayload(t *testing.T, r *rig, given, payload []byte, expires time.Time) {
	t.Helper()
	if !jsontext.Value(given).IsValid() {
		t.Errorf("a token of %q", given) // a name twice, or a text that is not UTF-8
	}
	want, got := present(membersOf(t, given)), membersOf(t, payload)
	now := time.Now()
	iat, err := got["iat"].(json.Number).Int64()
	if err != nil || now.Sub(time.Unix(iat, 0)) < 0 || now.Sub(time.Unix(iat, 0)) > 5*time.Second {
		t.Errorf("%s: iat: %v", payload, err)
	}
	want["iat"], want["exp"] = got["iat"], json.Number(fmt.Sprint(expires.Unix()))
	if _, ok := want["jti"]; !ok && len(got["jti"].(string)) >= 20 {
		want["jti"] = got["jti"]
	}
	delete(want, "iss")
	delete(want, "aud")
	if r.opts.Issuer != "" {
		want["iss"] = r.opts.Issuer
	}
	switch len(r.opts.Audience) {
	case 0:
	case 1:
		want["aud"] = r.opts.Audience[0]
	default:
		var list []any
		for _, a := range r.opts.Audience {
			list = append(list, a)
		}
		want["aud"] = list
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("claims %v, want %v", got, want)
	}
	if lifetime := cmp.Or(r.opts.Lifetime, 15*time.Minute); !expires.After(now.Add(-5*time.Second)) || expires.After(now.Add(lifetime)) {
		t.Errorf("%s: expires %v", payload, expires)
	}
}

// isAccepted reports whether the middleware accepts the claims when another library signs them.
func isAccepted[C any](t *testing.T, r *rig, p both[C], given []byte) bool {
	t.Helper()
	if !jsontext.Value(given).IsValid() {
		return false
	}
	claims := jwt.MapClaims(present(membersOf(t, given)))
	now := time.Now().Unix()
	more := map[string]any{"iat": now, "exp": now + 600, "jti": "made by hand"}
	if r.opts.Issuer != "" {
		more["iss"] = r.opts.Issuer
	}
	if r.opts.Audience != nil {
		more["aud"] = r.opts.Audience
	}
	for name, value := range more {
		if _, ok := claims[name]; !ok {
			claims[name] = value
		}
	}
	token := jwt.NewWithClaims(r.method, claims)
	if r.opts.Type != "" {
		token.Header["typ"] = r.opts.Type
	}
	signed, err := token.SignedString(r.signs)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.auth.Verify(t.Context(), signed)
	return err == nil
}
