package jws_test

import (
	"encoding/json"
	"github.com/go-json-experiment/json/jsontext"
	"strings"
	"testing"

	"github.com/jwthttp/jwthttp/internal/jws"
)

// A header that the short reader accepts is accepted by the long reader, with the same result.
// That result is what encoding/json reads.
func FuzzHeader(f *testing.F) {
	for _, text := range []string{
		`{"alg":"HS256"}`, `{"alg":"HS256","typ":"JWT"}`, `{"typ":"JWT","alg":"RS256","kid":"a b~"}`, `{"kid":"","alg":"HS256"}`, `{}`, `{"alg":"HS256",}`,
		`{"alg":"HS256"}}`, `{"alg":"HS256"} `, `{"alg":"HS256","alg":"HS256"}`, `{"alg":"HS\u0032"}`, `{"alg":"HS256","xyz":"a"}`, `{"alg":"HS256" ,"typ":"JWT"}`,
		`{"alg":"` + strings.Repeat("A", 64) + `"}`, `{"alg":"` + strings.Repeat("A", 65) + `"}`, `{"typ":"` + strings.Repeat("A", 70) + `"}`, `{"alg":"é"}`, `{"alg":"a` + "\x7f" + `"}`, `{"alg"`, `{"alg":"`, `{"alg":"a"`, `{"alg":"a",`, `{,"alg":"a"}`, `{"alg":"a","typ":"b","kid":"c"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		short, isPlain, long, err := jws.ReadBothWays(text)
		if isPlain && (err != nil || short != long) {
			t.Errorf("%q: the short way says %+v, the long way %+v, %v", text, short, long, err)
		}
		if err != nil {
			return
		}
		var want map[string]any
		if !jsontext.Value(text).IsValid() || json.Unmarshal(text, &want) != nil {
			t.Fatalf("%q: %+v", text, long)
		}
		for name, got := range map[string]string{"alg": long.Algorithm, "kid": long.KeyID, "typ": long.Type} {
			if value, isThere := want[name]; isThere && value != got || !isThere && got != "" {
				t.Errorf("%q: %s is %q, want %v", text, name, got, value)
			}
		}
	})
}
