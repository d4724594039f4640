package tokenjson

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/internal/numericdate"
)

type selfDecoding string

func (x *selfDecoding) UnmarshalText(b []byte) error { *x = selfDecoding(b); return nil }

type access struct {
	Roles []string `json:"roles"`
}

type keycloakClaims struct {
	jwt.RegisteredClaims
	Realm    access            `json:"realm_access"`
	Resource map[string]access `json:"resource_access"`
	Origins  []string          `json:"allowed-origins"`
	Verified bool              `json:"email_verified"`
	Name     *string           `json:"name"`
}

type embeddingClaims struct {
	*jwt.RegisteredClaims
	Subject string `json:"sub"`
	Inner   *struct {
		A     *any             `json:"a"`
		Map   map[string]int   `json:"map"`
		Next  *embeddingClaims `json:"next"`
		Bytes []byte           `json:"bytes"`
	} `json:"inner"`
}

type namedText string

type numberClaims struct {
	I   int              `json:"i"`
	I8  int8             `json:"i8"`
	U   uint64           `json:"u"`
	U16 uint16           `json:"u16"`
	F   float64          `json:"f"`
	F32 float32          `json:"f32"`
	N   json.Number      `json:"n"`
	D   jwt.NumericDate  `json:"d"`
	P   *jwt.NumericDate `json:"exp"`
	Q   **int            `json:"q"`
	L   []int            `json:"l"`
	R   [2]int           `json:"r"`
}

type textClaims struct {
	Named  namedText               `json:"sub"`
	List   []namedText             `json:"groups"`
	Plain  []string                `json:"roles"`
	For    jwt.ClaimStrings        `json:"aud"`
	Keys   map[namedText]namedText `json:"keys"`
	Lists  [][]string              `json:"lists"`
	Quoted quotedClaims            `json:"quotes"`
	Any    any                     `json:"any"`
	Maps   []map[string]any        `json:"maps"`
	Empty  struct{}                `json:"empty"`
	Hidden string                  `json:"-"`
}

type quotedClaims struct {
	N int `json:"n,string"`
}

type plainClaims struct {
	Subject string   `json:"sub"`
	Groups  []string `json:"groups"`
	Expires int64    `json:"exp"`
	Long    string   `json:"12345678AAAA12345678"`
}

type foreignClaims struct {
	Subject selfDecoding    `json:"sub"`
	Raw     json.RawMessage `json:"any"`
}

var differential = []struct {
	name    string
	compare func(t *testing.T, payload string) (passed bool)
}{
	{"struct{}", compare[struct{}]},
	{"RegisteredClaims", compare[jwt.RegisteredClaims]},
	{"MapClaims", compare[jwt.MapClaims]},
	{"map[string]any", compare[map[string]any]},
	{"plain", compare[plainClaims]},
	{"keycloak", compare[keycloakClaims]},
	{"embedding", compare[embeddingClaims]},
	{"numbers", compare[numberClaims]},
	{"texts", compare[textClaims]},
	{"foreign", compare[foreignClaims]},
}

var decoders sync.Map // of types

// compare decodes a payload by the pass and by the library alone. It reports whether the pass has
// read it.
func compare[C any](t *testing.T, payload string) (passed bool) {
	t.Helper()
	made, ok := decoders.Load(reflect.TypeFor[C]())
	if !ok {
		d, err := NewDecoder(reflect.TypeFor[C](), false)
		if err != nil {
			t.Fatal(err)
		}
		made, _ = decoders.LoadOrStore(reflect.TypeFor[C](), d)
	}
	for _, numericSubject := range []bool{false, true} {
		fast := made.(Decoder)
		fast.numericSubject = numericSubject
		slow := fast
		slow.target = nil
		if slow.options != nil {
			slow.options = referenceOptions
		}
		var got, want C
		var gotFacts, wantFacts Facts
		errGot := fast.Decode(payload, &got, &gotFacts)
		errWant := slow.Decode(payload, &want, &wantFacts)
		if (errGot == nil) != (errWant == nil) {
			t.Fatalf("%T, %q: the error is %v, want %v", got, payload, errGot, errWant)
		}
		if errGot != nil {
			continue
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%T, %q: got %#v, want %#v", got, payload, got, want)
		}
		if gotFacts != wantFacts {
			t.Fatalf("%q: got %+v, want %+v", payload, gotFacts, wantFacts)
		}
		passed = fast.target != nil && fast.target.pass(payload, reflect.New(reflect.TypeFor[C]()).Elem(), new(Facts), &fast) == nil
	}
	return passed
}

// referenceOptions decode what the options of a Decoder leave to a pass.
var referenceOptions = []jsonv2.Options{jsonv2.WithUnmarshalers(jsonv2.JoinUnmarshalers(
	jsonv2.UnmarshalFunc(decodeByGolangJWT),
	jsonv2.UnmarshalFunc(decodeClaimStrings),
	jsonv2.UnmarshalFunc(decodeNumber),
	jsonv2.UnmarshalFromFunc(decodeAny),
))}

func decodeByGolangJWT(b []byte, date *jwt.NumericDate) error {
	if seconds, err := strconv.ParseFloat(string(b), 64); err != nil || math.Abs(seconds) > numericdate.Max {
		return errors.New("it is not a date")
	}
	return date.UnmarshalJSON(b)
}

// decodeClaimStrings decodes a string or an array of strings, RFC 7519 section 4.1.3. As with
// golang-jwt, an empty array is nil.
func decodeClaimStrings(b []byte, list *jwt.ClaimStrings) error {
	if b[0] == '"' {
		*list = jwt.ClaimStrings{unquote(string(b))}
		return nil
	}
	var texts []*string
	if err := jsonv2.Unmarshal(b, &texts); err != nil {
		return err
	}
	*list = nil
	for _, text := range texts {
		if text == nil {
			return errors.New("null is not a string")
		}
		*list = append(*list, *text)
	}
	return nil
}

// decodeNumber keeps the digits of a number. null leaves n as it is.
func decodeNumber(b []byte, n *json.Number) error {
	if b[0] == 'n' {
		return nil
	}
	if c := b[0]; c != '-' && (c < '0' || c > '9') {
		return errors.New("it is not a number")
	}
	*n = json.Number(b)
	return nil
}

// decodeAny decodes as encoding/json does. Only an integer that a float64 may not hold exactly
// becomes a json.Number.
func decodeAny(dec *jsontext.Decoder, v *any) error {
	switch dec.PeekKind() {
	case '0':
		b, err := dec.ReadValue()
		if err != nil {
			return err
		}
		f, err := strconv.ParseFloat(string(b), 64)
		if err != nil {
			return err
		}
		*v = f
		if math.Abs(f) >= 1<<53 && strings.Trim(string(b), "-0123456789") == "" {
			*v = json.Number(b)
		}
		return nil
	case '{':
		if _, err := dec.ReadToken(); err != nil {
			return err
		}
		m := map[string]any{}
		for dec.PeekKind() != '}' {
			name, err := dec.ReadToken()
			if err != nil {
				return err
			}
			key := name.String()
			var member any
			if err := decodeAny(dec, &member); err != nil {
				return err
			}
			m[key] = member
		}
		*v = m
	case '[':
		if _, err := dec.ReadToken(); err != nil {
			return err
		}
		list := []any{}
		for dec.PeekKind() != ']' {
			var element any
			if err := decodeAny(dec, &element); err != nil {
				return err
			}
			list = append(list, element)
		}
		*v = list
	}
	// A string, a literal, or the end of an object or array.
	token, err := dec.ReadToken()
	if err != nil {
		return err
	}
	switch token.Kind() {
	case '"':
		*v = token.String()
	case 't', 'f':
		*v = token.Bool()
	case 'n':
		*v = nil
	}
	return nil
}

// goodPayloads are read by the pass into every type that has no value of another kind in it.
var goodPayloads = []string{
	`{}`,
	`{"iss":"https://issuer.example.com/","sub":"alice","aud":["a","b"],"exp":4102444800,"nbf":1,"iat":1700000000,"\u006ati":"j","scope":"a b","12345678BBBB12345678":"x","scp":["a","b"]}`,
	`{"sub":"a\u00e9\n\"\\","aud":"x","roles":["a","\/b"],"groups":["é","\ud83d\ude00"],"realm_access":{"roles":["x","y"]},"resource_access":{"account":{"roles":["manage"]},"b":{"roles":[]},"c":{}}}`,
	` { "sub" : "x" , "any" : [ 1 , { "a" : null } , true , "x" , -1.5e3 , 9007199254740993 ] } `,
	`{"i":-5,"i8":127,"u":18446744073709551615,"u16":65535,"f":-1.25e-7,"n":-12.5e+3,"d":1700000000,"q":7,"l":[1,-2,3],"r":[1,2],"f32":1.5}`,
	`{"inner":{"a":{"b":[1]},"map":{"x":1},"next":{"sub":"y","inner":null},"bytes":"AQID"},"keys":{"a":"b"},"lists":[["a"],[],["b","c"]],"maps":[{"a":1},{}],"empty":{"x":1},"name":"n","email_verified":true}`,
	`{` + manyMembers(256) + `}`,
	`{"groups":null,"any":null,"name":null,"resource_access":null,"inner":null,"i":null,"n":null,"exp":1}`,
}

func manyMembers(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`"m%d":0`, i))
	}
	return strings.Join(all, ",")
}

// A payload gives the same claims, the same facts and the same error whether the pass or the
// library reads it.
func FuzzPass(f *testing.F) {
	for _, payload := range goodPayloads {
		f.Add(payload)
	}
	for _, value := range []string{`null`, `true`, `0`, `-0`, `-1`, `1.0`, `1e2`, `128`, `65536`, `1e400`, `18446744073709551616`, `4102444800.5`, `253402300800`, `"x"`, `"\ud800"`, `""`, `[]`, `[null]`, `["x",null]`, `["x",["y"]]`, `{}`, `{"a":1,"a":2}`, `{"a":{},"a":{}}`, `{"roles":null}`, `{"n":"7"}`, `{"n":7}`, `{"roles":{}}`, `{"a":{"a":{}}}`, strings.Repeat(`[`, 31) + strings.Repeat(`]`, 31), strings.Repeat(`[`, 32) + strings.Repeat(`]`, 32)} {
		for _, name := range []string{"iss", "sub", "aud", "exp", "nbf", "jti", "cnf", "scope", "scp", "groups", "roles", "realm_access", "resource_access", "name", "email_verified", "inner", "i", "i8", "u", "u16", "f", "f32", "n", "d", "q", "l", "r", "keys", "lists", "quotes", "any", "maps", "empty", "other", `s\u0075b`} {
			f.Add(`{"` + name + `":` + value + `}`)
		}
	}
	for _, payload := range []string{``, `[]`, `null`, `{"sub":"a","sub":"b"}`, `{"x":1,"x":2}`, `{"sub":"a","\u0073ub":"b"}`, `{"sub":"a"`, `{"sub":"a"}x`, `{"sub":"a",}`, "{\"sub\":\"a\x01\"}", "{\"x\":\"\xff\"}", `{"x":01}`, `{"SUB":"a","Sub":"b"}`, `{` + manyMembers(257) + `}`} {
		f.Add(payload)
	}
	f.Fuzz(func(t *testing.T, payload string) {
		for _, d := range differential {
			d.compare(t, payload)
		}
	})
}

// The pass reads the payloads that it is for, so that the comparison above compares two things.
func TestPassReads(t *testing.T) {
	for _, d := range differential {
		for _, payload := range goodPayloads {
			want := d.name != "foreign"
			if got := d.compare(t, payload); got != want {
				t.Errorf("%s: the pass has read %s: %v", d.name, payload, got)
			}
		}
	}
}

// A name that is there twice is found among the first 64 fields of a struct, and after them.
func TestManyFields(t *testing.T) {
	var fields []reflect.StructField
	for i := range 70 {
		fields = append(fields, reflect.StructField{Name: fmt.Sprint("M", i), Type: reflect.TypeFor[int](), Tag: reflect.StructTag(fmt.Sprintf(`json:"m%d"`, i))})
	}
	typ := reflect.StructOf(fields)
	target := newTarget(make(shapes).of(typ))
	pass := func(payload string) (reflect.Value, error) {
		v := reflect.New(typ).Elem()
		return v, target.pass(payload, v, new(Facts), new(Decoder))
	}
	for i := range 70 {
		v, err := pass(fmt.Sprintf(`{%s,"other":1,"m%d":7}`, strings.Replace(manyMembers(70), fmt.Sprintf(`"m%d"`, i), `"x"`, 1), i))
		if err != nil || v.Field(i).Int() != 7 {
			t.Errorf("field %d: %v, %v", i, v, err)
		}
		if _, err := pass(fmt.Sprintf(`{%s,"m%d":7}`, manyMembers(70), i)); err == nil {
			t.Errorf("field %d is taken twice", i)
		}
	}
}

// A SelfEmbedding is exported, since the library sets no embedded pointer to a type that is not.
type SelfEmbedding struct {
	*SelfEmbedding
	A string `json:"a"`
}

type oddClaims struct {
	jwt.RegisteredClaims
	Inner   SelfEmbedding       `json:"inner"`
	Numbers map[json.Number]int `json:"numbers"`
}

// The library alone fills a struct that is embedded in itself, and a map whose names are
// json.Number, which it refuses unless the map is empty.
func TestLibraryFillsOddTypes(t *testing.T) {
	for payload, want := range map[string]bool{
		`{"sub":"x","inner":{"a":"y"}}`: true,
		`{"numbers":{}}`:                true,
		`{"numbers":{"1":2}}`:           false,
		`{"numbers":{"x":2}}`:           false,
	} {
		if got := compare[oddClaims](t, payload); got != want {
			t.Errorf("the pass has read %s: %v", payload, got)
		}
	}
}
