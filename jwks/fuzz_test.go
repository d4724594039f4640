package jwks_test

import (
	"encoding/json"
	"testing"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

// Whatever a provider sends, Parse returns keys that New takes as they are, and
// accounts for every element of the set, or it returns an error and nothing else.
func FuzzParse(f *testing.F) {
	for _, d := range documents() {
		if len(d.text) < 2<<10 { // larger ones make it slow
			f.Add([]byte(d.text))
		}
	}
	rs, ec, ed := rsaJWK("rs", rsaKey()), ecJWK("ec", ecKey()), edJWK("ed", "ed")
	for _, more := range []string{
		`"alg":"PS256"`, `"alg":"none"`, `"alg":"HS256","k":"AAAA"`, `"use":"sig"`, `"use":null`, `"use":"enc"`, `"key_ops":["verify"]`, `"key_ops":[]`,
		`"d":"AQ"`, `"kid":"again"`, `"x5c":["garbage"],"x5u":":","x5t":"*"`, `"x":{"y":[1,null]}`, `"e":"AQAAAAE"`,
	} {
		f.Add([]byte(keySet(with(rs, more), with(ec, more), with(ed, more))))
	}
	f.Add([]byte(keySet(edJWK("a", "x"), edJWK("b", "x"), rsaJWK("x", rsaKey()), edJWK("c", ""))))
	f.Add([]byte(keySet(edJWK("a", ""), edJWK("b", ""), edJWK("c", ""), edJWK("d", ""), edJWK("e", ""), edJWK("f", ""), edJWK("g", ""), edJWK("h", ""), edJWK("i", ""))))
	f.Add([]byte(keySet(slicesOf(101, "1")...)))
	f.Add([]byte(keySet(`null`, `1`, `"a"`, `[]`, `{}`, ed)))

	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := jwks.Parse(data)
		if err != nil {
			if set.Keys != nil || set.Skipped != nil {
				t.Errorf("a set with an error: %v, %v", set, err)
			}
			return
		}
		var document map[string]json.RawMessage
		var elements []json.RawMessage
		if json.Unmarshal(data, &document) != nil || json.Unmarshal(document["keys"], &elements) != nil {
			t.Fatalf("keys are taken from %q", data)
		}
		if got := len(set.Keys) + len(set.Skipped); got != len(elements) || got > 100 {
			t.Errorf("%d keys taken, %d skipped, of %d", len(set.Keys), len(set.Skipped), len(elements))
		}
		for _, k := range set.Keys {
			if err := k.Err(); err != nil {
				t.Errorf("%v: %v", k, err)
			}
		}
		for _, err := range set.Skipped {
			if err == nil {
				t.Error("a key is skipped without a reason")
			}
		}
		if _, err := jwthttp.New[Claims](set.Keys, jwthttp.Options{}); err != nil {
			t.Errorf("New: %v", err)
		}
		again, err := jwks.Parse(data)
		if err != nil || len(again.Keys) != len(set.Keys) {
			t.Errorf("the second time: %v, %v", again, err)
		}
	})
}
