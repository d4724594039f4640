package tokenjson_test

import (
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/jwthttp/jwthttp/internal/tokenjson"
)

// The walk finds exactly the members that encoding/json finds in strict JSON. Their names may
// be plain, escaped or too long. No text makes the walk panic.
func FuzzWalk(f *testing.F) {
	for _, text := range []string{
		`{"a":1,"b":[{"c":"}"}],"d":"\"","\u0065":null}`, `{}`, `{"a"`, `{"a":`, `{"a":"`, `{"a":"\`, `{"a":]}`, ` { "a" : -1.5e3 , "b" : true } `, `{"a":{}}x`, `{"":""}`,
		`{"\u0073\u0063\u006f\u0070\u0065":1,"` + strings.Repeat("n", 40) + `":2,"` + strings.Repeat(`\u006e`, 40) + `":3}`, `{"\\":"\\","\"":"\\\"","\ud83d\ude00":0}`, `{"a":"\ud800"}`, `{"a":[[[]]],"b":{"c":{"d":{}}}}`,
	} {
		f.Add([]byte(text), 3)
	}
	f.Fuzz(func(t *testing.T, text []byte, maxDepth int) {
		var members tokenjson.Object
		got := map[string]string{}
		if members.Open(text, maxDepth) {
			for members.Next() {
				got[string(members.Name())] = string(members.Value)
			}
		}
		var want map[string]json.RawMessage
		if !tokenjson.IsStrict(text) || json.Unmarshal(text, &want) != nil || want == nil {
			return
		}
		if depth := depthOf(t, text); members.TooDeep() != (depth > max(maxDepth, 1)) {
			t.Errorf("%q: too deep: %v, of %d", text, members.TooDeep(), depth)
		}
		if len(got) != len(want) {
			t.Fatalf("%q: %d members, want %d", text, len(got), len(want))
		}
		for name, value := range got {
			if strings.HasPrefix(name, `"`) && len(name) > len(`"\u0073\u0063\u006f\u0070\u0065"`) {
				if err := json.Unmarshal([]byte(name), &name); err != nil {
					t.Fatalf("%q: %v", text, err)
				}
			}
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

// The counter finds the names that encoding/json finds. No text makes it panic.
func FuzzCountNames(f *testing.F) {
	for _, text := range []string{`{}`, `{"a":1}`, `{"a" : {"b":[{"c":1}]},"d":"e:"}`, `{"\"":1}`, `{"a"`, `"a":`, `[["a"],"b"]`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		members, size := tokenjson.CountNames(text)
		if !json.Valid(text) {
			return
		}
		if got := countNames(text); members != got {
			t.Errorf("%q: %d names, want %d", text, members, got)
		}
		if size < 2*members || size > len(text) {
			t.Errorf("%q: names of %d bytes", text, size)
		}
	})
}

// countNames counts the names in JSON. A name is a string before a colon.
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
