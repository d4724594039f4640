package jwthttp_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
)

// Whatever stands in the headers, next runs for the good token alone, and the
// answer is one of the contract's.
func FuzzRequest(f *testing.F) {
	token := goodForLong()
	for _, auth := range []string{"", "Bearer", "Bearer " + token, "bearer  " + token + " ", "Bearer\t" + token, "Basic YTpi", "Bearer " + token + ",x", "Bearer a.b.c"} {
		for _, cookie := range []string{"", "token=" + token, `token="` + token + `"`, "token=" + token + "; token=" + token, "token=; x", "Token=" + token} {
			f.Add(auth, cookie)
		}
	}
	auth := mustNew[AppClaims](f, jwthttp.HS256(secret), jwthttp.Options{Extractors: bothPlaces})
	f.Fuzz(func(t *testing.T, authorization, cookie string) {
		ran := false
		r := httptest.NewRequest("GET", "/", nil)
		if authorization != "" {
			r.Header["Authorization"] = []string{authorization}
		}
		if cookie != "" {
			r.Header["Cookie"] = []string{cookie}
		}
		rec := httptest.NewRecorder()
		auth.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { ran = true })).ServeHTTP(rec, r)
		switch rec.Code {
		case 200:
			if !ran || !strings.Contains(authorization+cookie, token) {
				t.Errorf("accepted %q %q", authorization, cookie)
			}
		case 400, 401:
			if ran || rec.Header().Get("WWW-Authenticate") == "" {
				t.Errorf("%d for %q %q", rec.Code, authorization, cookie)
			}
		default:
			t.Errorf("%d for %q %q", rec.Code, authorization, cookie)
		}
	})
}

func goodForLong() string { return signHS(secret, plainHeader, `{"sub":"alice","exp":4102444800}`) }

// A token that is not a known good one is refused, whatever it is made of.
func FuzzVerify(f *testing.F) {
	token := goodForLong()
	for _, raw := range []string{token, "..", token + "\n", token[:len(token)-1], "a.b.c", unsignedToken()} {
		f.Add(raw)
	}
	auth := mustNew[jwt.MapClaims](f, allKeys(), jwthttp.Options{})
	f.Fuzz(func(t *testing.T, raw string) {
		if _, err := auth.Verify(t.Context(), raw); (err == nil) != (raw == token) {
			t.Errorf("%q: %v", raw, err)
		}
	})
}

func unsignedToken() string {
	return b64(`{"alg":"none"}`) + "." + b64(`{"sub":"alice","exp":4102444800}`) + "."
}

// What is accepted of a signed header and payload, golang-jwt accepts too, with
// the same claims; what only golang-jwt accepts is refused for its form.
func FuzzSigned(f *testing.F) {
	for _, payload := range []string{
		`{"exp":4102444800}`, `{"exp":4.1e9,"aud":["a","b"],"iss":"i","nbf":0.5}`, `{"exp":4102444800,"sub":"\u0061","x":{"y":[1,null]}}`,
		`{"exp":"1"}`, `{"exp":1e300}`, `{"a":1,"a":2}`, `{"\u0065xp":4102444800}`, ` {"exp" : 4102444800 , "nbf" : 1 } `, `[]`, `null`, `{"exp":200e7,"aud":[]}`, `{"exp":200e7,"SUB":1}`, `{"exp":4102444800,"aud":[""]}`, `{"exp":4102444800,"n":12345678901234567890}`,
	} {
		for _, header := range []string{plainHeader, `{"alg":"HS256","kid":"\u0061","x":[1]}`, ` {"typ":"at+jwt" , "alg":"HS256"}`, `{"alg":"none"}`, `{"alg":"HS256","crit":[]}`, `{"alg":"HS256","x":1e999}`} {
			f.Add(header, payload)
		}
	}
	opts := jwthttp.Options{AllowAnyAudience: true}
	maps := mustNew[jwt.MapClaims](f, jwthttp.HS256(secret), opts)
	registered := mustNew[jwt.RegisteredClaims](f, jwthttp.HS256(secret), opts)
	keyfunc := func(*jwt.Token) (any, error) { return secret, nil }
	f.Fuzz(func(t *testing.T, header, payload string) {
		raw := signHS(secret, header, payload)
		token, err := maps.Verify(t.Context(), raw)
		token2, err2 := registered.Verify(t.Context(), raw)
		if (err == nil) != (err2 == nil) && !errors.Is(errors.Join(err, err2), jwt.ErrTokenInvalidClaims) {
			t.Fatalf("the claims type decides: %v, %v", err, err2)
		}
		if err != nil || err2 != nil {
			return
		}
		var wantMap jwt.MapClaims
		if err := json.Unmarshal([]byte(payload), &wantMap); err != nil {
			t.Fatalf("encoding/json refuses %q: %v", payload, err)
		}
		if !sameKeys(token.Claims, wantMap) {
			t.Errorf("claims %#v, want %#v", token.Claims, wantMap)
		}
		if strings.ContainsAny(payload, "\\") || hasFolded(wantMap) {
			return // encoding/json takes SUB for sub
		}
		var want jwt.RegisteredClaims
		_, err = jwt.ParseWithClaims(raw, &want, keyfunc, jwt.WithValidMethods([]string{"HS256"}), jwt.WithExpirationRequired())
		var tooLarge *json.UnmarshalTypeError
		switch {
		case errors.Is(err, jwt.ErrTokenNotValidYet), errors.Is(err, jwt.ErrTokenExpired):
			return // it reads dates as float64, by the digits ours are others
		case errors.As(err, &tooLarge) && strings.HasPrefix(tooLarge.Value, "number"):
			return // it reads all numbers of the header as float64, 1e999 too
		case err != nil:
			t.Fatalf("golang-jwt refuses %q %q: %v", header, payload, err)
		}
		if got := token2.Claims; !reflect.DeepEqual(got, want) {
			t.Errorf("claims %+v, want %+v", got, want)
		}
	})
}

func sameKeys(a, b jwt.MapClaims) bool {
	for k := range a {
		if _, ok := b[k]; !ok {
			return false
		}
	}
	return len(a) == len(b)
}

// hasFolded reports whether a name is a registered one but for its case.
func hasFolded(m jwt.MapClaims) bool {
	for name := range m {
		for _, registered := range []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti"} {
			if name != registered && strings.EqualFold(name, registered) {
				return true
			}
		}
	}
	return false
}

// The iss that a key source sees before anything is verified is the one that the
// claims have afterwards: only so do keys of one issuer never verify what the
// claims say is another's.
func FuzzUnverifiedIssuer(f *testing.F) {
	for _, text := range []string{
		`{}`, `{"iss":"https://a.example"}`, `{"iss":"\u0068ttps:\/\/a.example"}`, `{"\u0069\u0073s":"https://a.example","exp":4102444800}`, ` { "x" : {"iss":"b"} , "iss" : "https://a.example" } `,
		`{"iss":"https://a.example","iss":"b"}`, `{"iss":"b","\u0069ss":"https://a.example"}`, `{"x":"\\","iss":"https://a.example"}`, `{"x":"\\\",\"iss\":\"b","iss":"https://a.example"}`, `{"iss":"https://a.example."`,
		`{"iss":"` + strings.Repeat("i", 256) + `"}`, `{"iss":"` + strings.Repeat("i", 257) + `"}`, `{"iss":"` + strings.Repeat(`\u0069`, 43) + `"}`, `{"iss":""}`, `{"iss":null}`, `{"iss":"\ud83d\ude00é"}`, `{"iss" "https://a.example"}`, `[{"iss":"https://a.example"}]`,
		`{"x":` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + `,"iss":"https://a.example"}`, `{"x":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `,"iss":"https://a.example"}`,
	} {
		f.Add([]byte(text))
	}
	opts := jwthttp.Options{AllowAnyAudience: true, AllowMissingExpiry: true, AllowSenderConstrained: true}
	var seen string
	plain := mustNew[jwt.MapClaims](f, jwthttp.KeyFunc(func(_ context.Context, h jwthttp.TokenHeader) ([]jwthttp.Key, error) {
		seen = h.UnverifiedIssuer()
		return []jwthttp.Key{jwthttp.HS256(secret)}, nil
	}), opts)
	issuers := mustNew[jwt.MapClaims](f, jwthttp.Issuers{issuerA: jwthttp.HS256(secret)}, opts)
	f.Fuzz(func(t *testing.T, text []byte) {
		raw := signHS(secret, `{"alg":"HS256"}`, string(text))
		seen = "nobody asked"
		token, err := plain.Verify(t.Context(), raw)
		_, errA := issuers.Verify(t.Context(), raw)
		if err != nil {
			if errA == nil {
				t.Errorf("%q: accepted by its issuer alone: %v", text, err)
			}
			return
		}
		want, _ := token.Claims["iss"].(string)
		var written map[string]json.RawMessage
		if err := json.Unmarshal(text, &written); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if len(written["iss"]) > 256+len(`""`) {
			want = ""
		}
		if seen != want {
			t.Errorf("%q: the key source saw %q, the claims have %q", text, seen, want)
		}
		if (errA == nil) != (want == issuerA) || errA != nil && !errors.Is(errA, jwt.ErrTokenInvalidIssuer) {
			t.Errorf("%q: %v", text, errA)
		}
	})
}

// The walk finds the members that encoding/json finds in well-formed JSON, and
// survives any other.
func FuzzWalk(f *testing.F) {
	for _, text := range []string{`{"a":1,"b":[{"c":"}"}],"d":"\"","\u0065":null}`, `{}`, `{"a"`, `{"a":`, `{"a":"`, `{"a":"\`, `{"a":]}`, ` { "a" : -1.5e3 , "b" : true } `, `{"a":{}}x`, `{"":""}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, tooDeep := jwthttp.WalkTo(text, 1000)
		var want map[string]json.RawMessage
		if json.Unmarshal(text, &want) != nil || want == nil || tooDeep || strings.ContainsRune(string(text), '\ufffd') || !json.Valid(text) {
			return
		}
		if len(got) != len(want) && !strings.Contains(string(text), `\u`) {
			t.Fatalf("%q: %d members, want %d", text, len(got), len(want))
		}
		for name, value := range got {
			if strings.HasPrefix(name, `"`) {
				continue // too long to be looked for, so it stays as it is
			}
			if string(want[name]) != value && !strings.Contains(string(text), `\u`) {
				t.Errorf("%q: %q is %q, want %q", text, name, value, want[name])
			}
		}
	})
}

func FuzzNumericDate(f *testing.F) {
	for _, n := range []string{"0", "-0.0e1", "1.5", "253402300799.9", "1e3", "17e8", "1E+9", "9007199254740993", "0.1e-5"} {
		f.Add(n)
	}
	f.Fuzz(func(t *testing.T, number string) {
		var n json.Number
		if json.Unmarshal([]byte(number), &n) != nil || string(n) != number || len(number) > 400 {
			return
		}
		checkNumericDate(t, number)
	})
}

func FuzzParseRSAPublicKey(f *testing.F) {
	for _, name := range []string{"pkix.pem", "pkcs1.pem", "certificate.pem", "ec.pem", "jwt_key.pub"} {
		f.Add(readFile(f, name))
	}
	f.Add([]byte("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAA=="))
	f.Fuzz(func(t *testing.T, data []byte) {
		pub, err := jwthttp.ParseRSAPublicKey(data)
		if (pub == nil) == (err == nil) {
			t.Fatalf("neither or both: %v, %v", pub, err)
		}
		if err != nil {
			return
		}
		if _, err := jwthttp.New[AppClaims](jwthttp.RS256(pub), jwthttp.Options{}); err != nil {
			t.Errorf("New refuses the key: %v", err)
		}
		if _, err := jwthttp.New[AppClaims](jwthttp.HS256(data), jwthttp.Options{}); err == nil {
			t.Error("the text of the key is accepted as a secret")
		}
	})
}
