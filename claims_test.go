package jwthttp_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
)

func claimsOf[C any](t testing.TB, payload string) C {
	t.Helper()
	auth := mustNew[C](t, jwthttp.HS256(secret), jwthttp.Options{AllowAnyAudience: true, AllowMissingExpiry: true})
	return verify(t, auth, signHS(secret, plainHeader, payload), nil).Claims
}

func notClaimsOf[C any](t testing.TB, payload string) {
	t.Helper()
	auth := mustNew[C](t, jwthttp.HS256(secret), jwthttp.Options{AllowAnyAudience: true, AllowMissingExpiry: true})
	verify(t, auth, signHS(secret, plainHeader, payload), jwthttp.ErrInvalidToken)
}

func equal(t testing.TB, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v, want %#v", got, want)
	}
}

func TestClaimsTypes(t *testing.T) {
	const registered = `"iss":"i","sub":"s","aud":["a","b"],"exp":4102444800,"nbf":1,"iat":2.5,"jti":"j"`
	date := func(seconds int64) *jwt.NumericDate { return jwt.NewNumericDate(time.Unix(seconds, 0)) }
	want := jwt.RegisteredClaims{
		Issuer: "i", Subject: "s", Audience: jwt.ClaimStrings{"a", "b"}, ID: "j",
		ExpiresAt: date(4102444800), NotBefore: date(1), IssuedAt: date(2),
	}
	type pointers struct {
		*jwt.RegisteredClaims
		AuthTime *jwt.NumericDate  `json:"auth_time"`
		For      *jwt.ClaimStrings `json:"for"`
	}
	equal(t, claimsOf[jwt.RegisteredClaims](t, `{`+registered+`}`), want)
	equal(t, claimsOf[embedding](t, `{`+registered+`,"role":"admin"}`), embedding{&want, "admin"})
	equal(t, claimsOf[pointers](t, `{`+registered+`,"auth_time":7,"for":"x"}`), pointers{&want, date(7), &jwt.ClaimStrings{"x"}})
	equal(t, claimsOf[pointers](t, `{"sub":"s","auth_time":null,"for":null}`), pointers{RegisteredClaims: &jwt.RegisteredClaims{Subject: "s"}})
	equal(t, claimsOf[AppClaims](t, `{"sub":"alice","SUB":"admin","Role":"admin","ROLE":"admin","Subject":"admin"}`), AppClaims{Subject: "alice"})

	equal(t, claimsOf[jwt.RegisteredClaims](t, `{"aud":[]}`), jwt.RegisteredClaims{})
	equal(t, claimsOf[jwt.RegisteredClaims](t, `{"aud":""}`), jwt.RegisteredClaims{Audience: jwt.ClaimStrings{""}})
	notClaimsOf[pointers](t, `{"for":["x",null]}`)

	type numbers struct {
		N json.Number     `json:"n"`
		R json.RawMessage `json:"r"`
		I int64           `json:"i"`
		A any             `json:"a"`
	}
	equal(t, claimsOf[numbers](t, `{"n":12345678901234567890,"r":{"x": 1},"i":9007199254740993,"a":[1]}`),
		numbers{"12345678901234567890", json.RawMessage(`{"x": 1}`), 9007199254740993, []any{1.0}})
	equal(t, claimsOf[numbers](t, `{"n":null}`), numbers{})
	notClaimsOf[numbers](t, `{"n":"1"}`)
	notClaimsOf[numbers](t, `{"i":1.5}`)

	type uuid struct {
		ID textual `json:"sub"`
	}
	equal(t, claimsOf[uuid](t, `{"sub":"text:x"}`), uuid{"x"})
	notClaimsOf[uuid](t, `{"sub":"x"}`)
	notClaimsOf[struct {
		Times []*jwt.NumericDate `json:"times"`
	}](t, `{"times":[1e300]}`)
	notClaimsOf[struct {
		For jwt.ClaimStrings `json:"for"`
	}](t, `{"for":[1]}`)
}

type textual string

func (x *textual) UnmarshalText(b []byte) error {
	rest, ok := strings.CutPrefix(string(b), "text:")
	if !ok {
		return errors.New("no text")
	}
	*x = textual(rest)
	return nil
}

// MapClaims hold the values that golang-jwt puts there, except integers beyond 2^53: those are
// exact.
func TestMapClaims(t *testing.T) {
	got := claimsOf[jwt.MapClaims](t, `{"sub":"a","n":1,"f":1.5,"big":9007199254740993,"neg":-9007199254740993,"e":1e300,
		"list":[true,false,null,"x",[],{}],"deep":{"big":18446744073709551615,"\u0061":"\u00e9"},"edge":9007199254740991,"exp":4102444800}`)
	equal(t, got, jwt.MapClaims{
		"sub": "a", "n": 1.0, "f": 1.5, "big": json.Number("9007199254740993"), "neg": json.Number("-9007199254740993"), "e": 1e300,
		"list": []any{true, false, nil, "x", []any{}, map[string]any{}},
		"deep": map[string]any{"big": json.Number("18446744073709551615"), "a": "é"}, "edge": 9007199254740991.0, "exp": 4102444800.0,
	})
	if exp, err := got.GetExpirationTime(); err != nil || exp.Unix() != 4102444800 {
		t.Error(exp, err)
	}
	notClaimsOf[jwt.MapClaims](t, `{"x":1e400}`)

	const small = `{"sub":"a","list":[1,2.5,{"x":[null]}],"t":true}`
	var std jwt.MapClaims
	if err := json.Unmarshal([]byte(small), &std); err != nil {
		t.Fatal(err)
	}
	equal(t, claimsOf[jwt.MapClaims](t, small), std)
	equal(t, claimsOf[map[string]any](t, small), map[string]any(std))
}

// New refuses a claims type under which every token would be a 401.
// A number in sub is accepted only by option, and its digits are the subject everywhere.
func TestNumericSubject(t *testing.T) {
	t.Run("MapClaims", func(t *testing.T) { testNumericSubject[jwt.MapClaims](t) })
	t.Run("empty", func(t *testing.T) { testNumericSubject[struct{}](t) })
	t.Run("raw", func(t *testing.T) { testNumericSubject[rawClaims](t) })
	t.Run("Number", func(t *testing.T) {
		type claims struct {
			Subject json.Number `json:"sub"`
		}
		auth := mustNew[claims](t, jwthttp.HS256(secret), jwthttp.Options{AllowNumericSubject: true})
		equal(t, verify(t, auth, signHS(secret, plainHeader, `{"exp":4102444800,"sub":9007199254740991}`), nil).Claims.Subject, json.Number("9007199254740991"))
		verify(t, auth, signHS(secret, plainHeader, `{"exp":4102444800,"sub":"42"}`), jwt.ErrTokenInvalidClaims)
	})
	t.Run("int64", func(t *testing.T) {
		type claims struct {
			jwt.RegisteredClaims
			Subject int64 `json:"sub"`
		}
		auth := mustNew[claims](t, jwthttp.HS256(secret), jwthttp.Options{AllowNumericSubject: true})
		equal(t, verify(t, auth, signHS(secret, plainHeader, `{"exp":4102444800,"sub":42}`), nil).Claims.Subject, int64(42))
	})
}

func testNumericSubject[C any](t *testing.T) {
	var seen jwthttp.Result
	strict := mustNew[C](t, jwthttp.HS256(secret), jwthttp.Options{})
	auth := mustNew[C](t, jwthttp.HS256(secret), jwthttp.Options{
		AllowNumericSubject: true, OnResult: func(_ *http.Request, res jwthttp.Result) { seen = res },
	})
	for _, tc := range []struct {
		name, sub, want string // "" is refused
	}{
		{"zero", `0`, "0"},
		{"digits", `42`, "42"},
		{"the largest", `9007199254740991`, "9007199254740991"},
		{"a string", `"42"`, "42"},
		{"one too large", `9007199254740992`, ""},
		{"18 digits", `999999999999999999`, ""},
		{"19 digits", `1000000000000000000`, ""},
		{"negative", `-1`, ""},
		{"negative zero", `-0`, ""},
		{"a fraction", `42.0`, ""},
		{"an exponent", `42e0`, ""},
		{"null", `null`, ""},
		{"true", `true`, ""},
		{"a list", `[42]`, ""},
		{"an object", `{"id":42}`, ""},
	} {
		raw := signHS(secret, plainHeader, `{"exp":4102444800,"sub":`+tc.sub+`}`)
		if _, err := strict.Verify(t.Context(), raw); (err == nil) != (tc.sub[0] == '"') {
			t.Errorf("%s, without the option: %v", tc.name, err)
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+raw)
		seen = jwthttp.Result{}
		auth.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(httptest.NewRecorder(), r)
		token, err := auth.Verify(t.Context(), raw)
		switch {
		case tc.want == "" && (!errors.Is(err, jwt.ErrTokenInvalidClaims) || seen.Reason != "claims"):
			t.Errorf("%s: %v, %s", tc.name, err, seen.Reason)
		case tc.want != "" && err != nil:
			t.Errorf("%s: %v", tc.name, err)
		case tc.want != "" && (token.Registered().Subject != tc.want || seen.Subject != tc.want):
			t.Errorf("%s: %q and %q", tc.name, token.Registered().Subject, seen.Subject)
		}
	}
}

// AllowNumericSubject needs a claims type that takes every number that it allows.
func TestNewRefusesStringSubjects(t *testing.T) {
	const want = "cannot take what a token has for sub: use json.Number or int64"
	key, opts := jwthttp.HS256(secret), jwthttp.Options{AllowNumericSubject: true}
	refused(t, want)(jwthttp.New[AppClaims](key, opts))
	refused(t, want)(jwthttp.New[jwt.RegisteredClaims](key, opts))
	refused(t, want)(jwthttp.New[struct {
		Subject *string `json:"sub"`
	}](key, opts))
	refused(t, want)(jwthttp.New[struct {
		Subject uint32 `json:"sub"`
	}](key, opts))
	refused(t, want)(jwthttp.New[struct {
		Subject int64 `json:"sub,string"`
	}](key, opts))
	refused(t, "for sub: use a plain string")(jwthttp.New[struct {
		Subject int64 `json:"sub"`
	}](key, jwthttp.Options{}))
}

type ownPointer *ownPointer

func TestNewRefusesClaimsTypes(t *testing.T) {
	new := func(name, want string, auth any, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "jwthttp: the claims type ") {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	key, opts := jwthttp.HS256(secret), jwthttp.Options{}
	type nested struct{ In struct{ T []time.Duration } }
	type tree struct {
		Children []tree `json:"children"`
	}
	type clash struct {
		Name  string
		Other string `json:"Name"` // go vet does not find this clash
	}
	type deepClash struct{ In map[string]*clash }
	type withClaims struct{ jwt.Claims }
	type withMap struct{ jwt.MapClaims }
	try := func(name, want string) func(any, error) {
		return func(auth any, err error) { t.Helper(); new(name, want, auth, err) }
	}
	try("pointer", "is a pointer: write New[jwthttp_test.AppClaims]")(jwthttp.New[*AppClaims](key, opts))
	try("any", "is an interface")(jwthttp.New[any](key, opts))
	try("jwt.Claims", "is an interface")(jwthttp.New[jwt.Claims](key, opts))
	try("string", "use a struct or jwt.MapClaims")(jwthttp.New[string](key, opts))
	try("slice", "use a struct or jwt.MapClaims")(jwthttp.New[[]string](key, opts))
	try("map of int", "use a struct or jwt.MapClaims")(jwthttp.New[map[int]any](key, opts))
	try("map of strings", "cannot hold the number in exp")(jwthttp.New[map[string]string](key, opts))
	try("func", "use a struct or jwt.MapClaims")(jwthttp.New[func()](key, opts))
	try("clashing tags", `conflict over JSON object name "Name"`)(jwthttp.New[clash](key, opts))
	try("clashing tags inside", `conflict over JSON object name "Name"`)(jwthttp.New[deepClash](key, opts))
	try("duration", "has a time.Duration at .In.T")(jwthttp.New[nested](key, opts))
	try("embedded interface", "embeds jwt.Claims, which gets no members: embed jwt.RegisteredClaims")(jwthttp.New[withClaims](key, opts))
	try("embedded map", "embeds jwt.MapClaims, which gets no members")(jwthttp.New[withMap](key, opts))
	try("interface", "has the interface fmt.Stringer at .S")(jwthttp.New[struct{ S fmt.Stringer }](key, opts))
	try("func field", "has a func() at .F")(jwthttp.New[struct{ F func() }](key, opts))
	try("channel in a map", "has a chan int at .M")(jwthttp.New[struct{ M map[string]chan int }](key, opts))
	try("complex", "has a complex128 at .C")(jwthttp.New[struct{ C complex128 }](key, opts))
	try("a Boolean in quotes", "has the option string in the tag of .B, which is no number")(jwthttp.New[struct {
		B *bool `json:"b,string"`
	}](key, opts))
	try("a text in quotes", "has the option string in the tag of .S, which is no number")(jwthttp.New[struct {
		S string `json:"s,string"`
	}](key, opts))
	try("a Boolean in quotes inside", "has the option string in the tag of .In.B, which is no number")(jwthttp.New[struct {
		In struct {
			B bool `json:"b,string"`
		} `json:"in"`
	}](key, opts))
	try("a pointer that points to itself", "which only ever points to itself")(jwthttp.New[struct {
		//lint:ignore SA5008 no type may make New hang
		P ownPointer `json:"p,string"`
	}](key, opts))
	try("a pointer to a text in quotes", "has the option string in the tag of .T, which is no number")(jwthttp.New[struct {
		T *string `json:"t,string"`
	}](key, opts))
	if _, err := jwthttp.New[struct { // the option does nothing for these
		Number json.Number `json:"number,string"`
		//lint:ignore SA5008 it does nothing
		Date *jwt.NumericDate `json:"date,string"`
		//lint:ignore SA5008 it does nothing
		Recipients jwt.ClaimStrings `json:"recipients,string"`
		//lint:ignore SA5008 it does nothing
		Address netip.Addr `json:"address,string"`
		Count   *uint8     `json:"count,string"`
	}](key, opts); err != nil {
		t.Error(err)
	}
	try("any case", `the option "case:ignore" in the tag of .Subject`)(jwthttp.New[struct {
		Subject string `json:"sub,case:ignore"`
	}](key, opts))
	try("unknown members", `the option "embed"`)(jwthttp.New[struct {
		M map[string]any `json:",embed"`
	}](key, opts))
	try("format", `format`)(jwthttp.New[struct {
		D time.Duration `json:"d,format:nano"`
	}](key, opts))
	try("unexported embedded pointer", "embeds *jwthttp_test.unexported, which the decoder cannot set")(jwthttp.New[struct {
		*unexported
		Subject string `json:"sub"`
	}](key, opts))
	try("keys of arrays", "has a map at .M whose keys are [2]int")(jwthttp.New[struct{ M map[[2]int]string }](key, opts))
	try("Validate on a nil pointer", "has a Validate that panics")(jwthttp.New[struct{ *ByValue }](key, opts))
	try("two Validates", "whose Validate is not called")(jwthttp.New[struct {
		ByValue
		AlsoByValue
	}](key, opts))
	try("two Validates, one of a pointer", "embeds jwthttp_test.ofPointer, whose Validate is not called")(jwthttp.New[struct {
		ByValue
		ofPointer
	}](key, opts))
	try("Validate with a context", "has a Validate of the type func(context.Context) error")(jwthttp.New[withContext](key, opts))
	try("golang-jwt v4", "rename it to Validate")(jwthttp.New[ofVersion4](key, opts))
	try("no tag, a registered claim", `: tag it `+"`json:\"sub\"`")(jwthttp.New[struct{ Subject string }](key, opts))
	try("no tag", `has the field .Role without a name in its tag, so that only a claim "Role" in exactly this case would fill it: tag it `+"`json:\"role\"`")(jwthttp.New[struct{ Role string }](key, opts))
	try("no name", "has the field .Role without a name")(jwthttp.New[struct {
		Role string `json:",omitempty"`
	}](key, opts))
	try("no tag, embedded", "has the field .embedded.Role without a name")(jwthttp.New[struct {
		embedded
		Subject string `json:"sub"`
	}](key, opts))
	type role struct{ Name string }
	const untagged = "has the field .Access.Name without a name in its tag"
	try("no tag, nested", untagged)(jwthttp.New[struct {
		Access role `json:"realm_access"`
	}](key, opts))
	try("no tag, in a list", untagged)(jwthttp.New[struct {
		Access []*role `json:"realm_access"`
	}](key, opts))
	try("no tag, in a map", untagged)(jwthttp.New[struct {
		Access map[string]role `json:"resource_access"`
	}](key, opts))
	try("embeds itself", "embeds jwthttp_test.Inception in itself, at .Inception")(jwthttp.New[Inception](key, opts))
	try("embeds itself by way of another", "embeds jwthttp_test.Chicken in itself, at .Egg.Chicken")(jwthttp.New[Chicken](key, opts))
	try("embeds one that embeds itself", "embeds jwthttp_test.Inception in itself, at .Inception.Inception")(jwthttp.New[struct {
		*Inception
		Role string `json:"role"`
	}](key, opts))
	try("two embedded structs with sub", "embeds two structs with a field for sub, and so the decoder fills neither: keep one of them, or declare the field in the type itself")(jwthttp.New[struct {
		jwt.RegisteredClaims
		*Profile // vet would find it without the pointer
	}](key, opts))
	try("two embedded structs with exp", "embeds two structs with a field for exp")(jwthttp.New[struct {
		jwt.RegisteredClaims
		*Lifetime
	}](key, opts))
	try("embeds itself, unexported", "embeds *jwthttp_test.loop, which the decoder cannot set")(jwthttp.New[loop](key, opts))
	try("a pointer to itself as exp", "has the pointer jwthttp_test.endless at .E, which only ever points to itself")(jwthttp.New[struct {
		E endless `json:"exp"`
	}](key, opts))
	try("a pointer to itself", "has the pointer jwthttp_test.endless at .In.P")(jwthttp.New[struct {
		In struct {
			P []endless `json:"p"`
		} `json:"in"`
	}](key, opts))
	try("exp as time.Time", "for exp: use *jwt.NumericDate")(jwthttp.New[struct {
		E time.Time `json:"exp"`
	}](key, opts))
	try("nbf as string", "for nbf: use *jwt.NumericDate")(jwthttp.New[struct {
		E string `json:"nbf"`
	}](key, opts))
	try("iat stringified", "for iat: use *jwt.NumericDate")(jwthttp.New[struct {
		E int64 `json:"iat,string"`
	}](key, opts))
	try("sub as int", "for sub: use a plain string")(jwthttp.New[struct {
		S int `json:"sub"`
	}](key, opts))
	try("aud as int", "for aud: use jwt.ClaimStrings")(jwthttp.New[struct {
		A []int `json:"aud"`
	}](key, opts))

	for _, err := range []error{
		second(jwthttp.New[tree](key, opts)), second(jwthttp.New[struct{}](key, opts)), second(jwthttp.New[rawClaims](key, opts)),
		second(jwthttp.New[json.RawMessage](key, opts)), second(jwthttp.New[twice](key, opts)), second(jwthttp.New[map[string]json.RawMessage](key, opts)), second(jwthttp.New[embedding](key, opts)),
		second(jwthttp.New[struct {
			*jwt.RegisteredClaims
			*Profile
			Subject string `json:"sub"`
		}](key, opts)),
		second(jwthttp.New[struct {
			A string        `json:"aud"`
			D time.Duration `json:"-"`
			f func()
		}](key, opts)),
	} {
		if err != nil {
			t.Error(err)
		}
	}
}

type Lifetime struct {
	Exp *jwt.NumericDate `json:"exp"`
}

type Profile struct {
	Subject string `json:"sub"`
	Mail    string `json:"email"`
}

// twice embeds the same struct two times, and no struct contains itself.
type twice struct {
	Left
	Right
}

type Left struct{ *Shared }

type Right struct{ *Shared }

type Shared struct {
	Next *twice `json:"next"` // the field has a name, so the recursion ends with the token
}

type unexported struct{ Role string }

type Inception struct {
	*Inception
	Subject string `json:"sub"`
}

type Chicken struct{ *Egg }

type Egg struct{ *Chicken }

type loop struct{ *loop }

type endless *endless

type ByValue = byValue

type AlsoByValue struct{}

func (AlsoByValue) Validate() error { return nil }

type embedded struct{ Role string }

type ofPointer struct{}

func (*ofPointer) Validate() error { return nil }

type withContext struct {
	Role string `json:"role"`
}

func (withContext) Validate(context.Context) error { return nil }

type ofVersion4 struct {
	Role string `json:"role"`
}

func (ofVersion4) Valid() error { return nil }

func second(_ any, err error) error { return err }

// A type that decodes itself laxly cannot relax the rules for the payload.
type lax struct{ Claims map[string]any }

func (l *lax) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &l.Claims) }

func TestTypesThatDecodeThemselves(t *testing.T) {
	equal(t, claimsOf[lax](t, `{"a":1}`), lax{map[string]any{"a": 1.0}})
	for _, payload := range []string{`{"a":1,"a":2}`, `{"a":"\ud800"}`, "{\"a\":\"\xff\"}", `{"a":1}x`, `{"a":1`, `null`} {
		notClaimsOf[lax](t, payload)
		notClaimsOf[laxStream](t, payload)
		notClaimsOf[laxField](t, payload)
	}
	equal(t, claimsOf[laxStream](t, `{"a":1}`), laxStream{map[string]any{"a": 1.0}})
}

// A type that writes to the bytes it is given cannot relax them either: the rules read other
// bytes.
type padding string

func (p *padding) UnmarshalText(b []byte) error {
	for len(b)%4 != 0 {
		b = append(b, '=') // overwrites the bytes after the value
	}
	*p = padding(b)
	return nil
}

type hexInPlace string

func (h *hexInPlace) UnmarshalText(b []byte) error {
	_, err := hex.Decode(b, b)
	*h = hexInPlace(b)
	return err
}

type spaced string

func (s *spaced) UnmarshalJSON(b []byte) error {
	for i := range b {
		b[i] = ' '
	}
	return nil
}

func TestTypesThatWriteToThePayload(t *testing.T) {
	type claims struct {
		Padding padding            `json:"padding"`
		Hex     hexInPlace         `json:"hex"`
		Spaced  map[string]*spaced `json:"spaced"`
	}
	auth := mustNew[claims](t, jwthttp.HS256(secret), jwthttp.Options{Audience: []string{"me"}})
	ahead := time.Now().Add(time.Hour).Unix()
	injected := hex.EncodeToString([]byte(`","exp":253402300799,"aud":"me","x":"`))
	for payload, want := range map[string]error{
		fmt.Sprintf(`{"aud":"me","exp":%d,"padding":"YWI","nbf":%d}`, ahead, ahead):                 jwt.ErrTokenNotValidYet,
		fmt.Sprintf(`{"aud":"me","exp":%d,"padding":"YWI","cnf":{}}`, ahead):                        jwt.ErrTokenInvalidClaims,
		fmt.Sprintf(`{"aud":"other","exp":1000,"hex":%q}`, injected):                                jwt.ErrTokenInvalidAudience,
		fmt.Sprintf(`{"aud":"me","exp":%d,"spaced":{"a":"b"},"nbf":%d}`, ahead, ahead):              jwt.ErrTokenNotValidYet,
		fmt.Sprintf(`{"aud":"me","exp":%d,"padding":"YWI","hex":"00","spaced":{"a":"bbb"}}`, ahead): nil,
	} {
		verify(t, auth, signHS(secret, plainHeader, payload), want)
	}
}

// A claims field that keeps its bytes sees no bytes of another request. What one request
// writes to its claims does not show in the next request.
func TestRequestsShareNothing(t *testing.T) {
	auth := mustNew[rawClaims](t, jwthttp.HS256(secret), jwthttp.Options{})
	raw := signHS(secret, plainHeader, payload(`"n":1`))
	first := verify(t, auth, raw, nil)
	kept := string(first.Claims)
	for n := range 100 {
		verify(t, auth, signHS(secret, plainHeader, payload(fmt.Sprintf(`"n":%d`, n+2))), nil)
	}
	if string(first.Claims) != kept || !strings.Contains(kept, `"n":1`) {
		t.Errorf("the bytes of the first request became %s", first.Claims)
	}
	clear(first.Claims)
	if second := verify(t, auth, raw, nil); string(second.Claims) != kept {
		t.Errorf("the second request of the same token sees %s", second.Claims)
	}

	maps := mustNew[jwt.MapClaims](t, jwthttp.HS256(secret), jwthttp.Options{})
	verify(t, maps, raw, nil).Claims["n"] = "changed"
	if got := verify(t, maps, raw, nil).Claims["n"]; got != 1.0 {
		t.Errorf("n = %v", got)
	}
}

// Headers are read into buffers that are reused. What was kept of an earlier header does not
// change.
func TestHeadersShareNothing(t *testing.T) {
	var seen []jwthttp.TokenHeader
	var issuers []string
	auth := mustNew[AppClaims](t, jwthttp.KeyFunc(func(_ context.Context, h jwthttp.TokenHeader) ([]jwthttp.Key, error) {
		seen, issuers = append(seen, h), append(issuers, h.UnverifiedIssuer())
		return []jwthttp.Key{jwthttp.HS256(secret)}, nil
	}), jwthttp.Options{Type: "x-0"})
	var want []jwthttp.TokenHeader
	var kept []*jwthttp.Token[AppClaims]
	for n := range 50 {
		kid, escaped := fmt.Sprintf("kid %d", n), fmt.Sprintf(`\u006bid %d`, n)
		for _, header := range []string{
			fmt.Sprintf(`{"alg":"HS256","kid":%q,"typ":"x-0"}`, kid),       // without escapes
			fmt.Sprintf(`{"alg":"HS256","kid":"%s","typ":"x-0"}`, escaped), // with escapes
			pad(fmt.Sprintf(`{"alg":"HS256","kid":%q,"typ":"\u0078-0"`, kid), 2048),
		} {
			kept = append(kept, verify(t, auth, signHS(secret, header, payload(fmt.Sprintf(`"iss":"\u0069-%d"`, n))), nil))
			want = append(want, jwthttp.TokenHeader{Algorithm: "HS256", KeyID: kid, Type: "x-0"})
		}
	}
	for i, h := range want {
		s := seen[i]
		if kept[i].Header != h || s.Algorithm != h.Algorithm || s.KeyID != h.KeyID || s.Type != h.Type || issuers[i] != fmt.Sprintf("i-%d", i/3) {
			t.Fatalf("header %d became %+v, for the key source %+v with iss %q", i, kept[i].Header, s, issuers[i])
		}
	}
}
