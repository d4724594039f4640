package tokenjson_test

import (
	"encoding/json"
	"fmt"
	"github.com/go-json-experiment/json/jsontext"
	"io"
	"strings"
	"testing"

	"github.com/jwthttp/jwthttp/internal/tokenjson"
)

// Members accepts exactly the objects that the library accepts as strict, within its limits, and
// finds the members that encoding/json finds.
func FuzzMembers(f *testing.F) {
	long := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"member_number_%d":%d,`, i, i)
		}
		return b.String()
	}
	for _, text := range []string{
		`{"a":1,"b":[{"c":"}"}],"d":"\"","\u0065":null}`, `{}`, `{"a"`, `{"a":`, `{"a":"`, `{"a":"\`, `{"a":]}`, ` { "a" : -1.5e3 , "b" : true } `, `{"a":{}}x`, `{"":""}`,
		`{"\u0073\u0063\u006f\u0070\u0065":1,"\u0073cope":2}`, `{"\\":"\\","\"":"\\\"","\ud83d\ude00":0}`, `{"a":"\ud800"}`, `{"a":[[[]]],"b":{"c":{"d":{}}}}`,
		`{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"a":{"b":1,"b":2}}`, `{"a":[{"b":1,"b":2}]}`, `{"a":1,}`, `{,"a":1}`, `{"a":[1,]}`, `{"a":01}`, `{"a":-}`, `{"a":1.}`, `{"a":1e}`, `{"a":+1}`, `{"a":.5}`,
		`{"a":-0.0E+1}`, `{"a":tru}`, `{"a":nul}`, `{"a":"` + "\x1f" + `"}`, `{"a":"` + "\xff" + `"}`, `{"a":"` + "\xc3\xa9" + `"}`, `{"` + "\xed\xa0\x80" + `":1}`, `{"a" 1}`, `{"a"=1}`, `{"a":1 "b":2}`, "{\x00}", "{\"a\":1}\x00", "\v{}",
		`{` + long(12) + `"member_number_3":0}`, `{` + long(256) + `"member_number_3":0}`, `{` + long(300) + `"member_number_255":0}`, `{` + long(300) + `"last":0}`, `{` + long(256)[:len(long(256))-1] + `}`,
		`{"12345678":1,"123456780":1,"1234567":{"12345678":1}}`, `{"a":"1234567\n1234567"}`,
		`{"12345678AAAA12345678":1,"12345678BBBB12345678":2}`, `{"a":"abcdefgh` + "\xff" + `abcdefgh","b":12345678}`, `{"a":"abcdefgh` + "\x1f" + `abcdefgh","b":12345678}`, `{"a":"12345678` + "\xff" + `12345678"}`, `{"a":"12345678` + "\x1f" + `12345678"}`,
		`{"a":[{},{},{},{},[],[],[],[],0]}`, `{"a":[{"b":1},{"b":1},{"b":1},[1],[1],[1]]}`,
	} {
		f.Add([]byte(text), 3, 20)
		f.Add([]byte(text), 9, 1000)
	}
	f.Fuzz(func(t *testing.T, text []byte, maxDepth, maxMembers int) {
		maxDepth, maxMembers = max(maxDepth, 1), max(maxMembers, 0)
		got := map[string]string{}
		ok, isLarge := tokenjson.Members(text, maxDepth, maxMembers, func(name, value []byte) bool {
			got[string(name)] = string(value)
			return true
		})
		var want map[string]json.RawMessage
		isStrict := jsontext.Value(text).IsValid() && json.Unmarshal(text, &want) == nil && want != nil
		if ok && isLarge || ok && !isStrict {
			t.Fatalf("%q: ok %v, large %v, and strict is %v", text, ok, isLarge, isStrict)
		}
		if !isStrict {
			return
		}
		if fits := depthOf(t, text) <= maxDepth && countNames(text) <= maxMembers; ok != fits || isLarge == fits {
			t.Fatalf("%q: ok %v, large %v, and it fits: %v", text, ok, isLarge, fits)
		}
		if !ok {
			return
		}
		if len(got) != len(want) {
			t.Fatalf("%q: %d members, want %d", text, len(got), len(want))
		}
		for name, value := range got {
			if string(want[name]) != value {
				t.Errorf("%q: %q is %q, want %q", text, name, value, want[name])
			}
		}
	})
}

// depthOf returns how deeply the objects and arrays of a JSON text are nested.
func depthOf(t *testing.T, text []byte) (deepest int) {
	t.Helper()
	depth := 0
	for dec := json.NewDecoder(strings.NewReader(string(text))); ; {
		token, err := dec.Token()
		if err == io.EOF {
			return deepest
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
			deepest = max(deepest, depth)
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
}

// countNames returns the number of members in a JSON text, at all depths.
func countNames(text []byte) (n int) {
	dec := json.NewDecoder(strings.NewReader(string(text)))
	var value func()
	value = func() {
		token, err := dec.Token()
		if err != nil {
			return
		}
		for token == json.Delim('{') && dec.More() {
			dec.Token()
			n++
			value()
		}
		for token == json.Delim('[') && dec.More() {
			value()
		}
		if _, ok := token.(json.Delim); ok {
			dec.Token()
		}
	}
	value()
	return n
}

// A text that is cut where its limit is reached has no member too many.
func TestCutIsNotLarge(t *testing.T) {
	for _, text := range []string{`{"a":1,`, `{"a":1, `, `{"a":1,}`, `{"a":{`} {
		if ok, isLarge := tokenjson.Members([]byte(text), 9, 1, func(_, _ []byte) bool { return true }); ok || isLarge {
			t.Errorf("%s: ok %v, large %v", text, ok, isLarge)
		}
	}
}
