package confirmation_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/jwthttp/jwthttp/internal/confirmation"
)

var members = []string{"x5t#S256", "jkt"}

// read is Read a second time, slowly, with encoding/json. ok is false for what must be refused.
func read(cnf string) (found map[string]string, ok bool) {
	if !utf8.ValidString(cnf) || strings.Contains(cnf, `\`) { // encoding/json takes lone surrogates
		return nil, false
	}
	d := json.NewDecoder(strings.NewReader(cnf))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	found = map[string]string{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, false
		}
		value, err := d.Token()
		text, isString := value.(string)
		sum, errSum := base64.RawURLEncoding.DecodeString(text)
		if err != nil || !isString || errSum != nil || len(sum) != 32 || base64.RawURLEncoding.EncodeToString(sum) != text {
			return nil, false
		}
		if _, isTwice := found[name.(string)]; isTwice || !slices.Contains(members, name.(string)) {
			return nil, false
		}
		found[name.(string)] = string(sum)
	}
	if t, err := d.Token(); err != nil || t != json.Delim('}') {
		return nil, false
	}
	_, err := d.Token()
	return found, err == io.EOF && len(found) > 0
}

// Read and encoding/json agree on what cnf says. Texts with escapes are left to other tests.
func FuzzRead(f *testing.F) {
	sum := base64.RawURLEncoding.EncodeToString(bytes.Repeat([]byte{0xa5}, 32))
	for _, cnf := range []string{
		`{"jkt":"` + sum + `"}`, ` { "jkt" : "` + sum + `" , "x5t#S256":"` + sum + `" } `, `{}`, `null`, `[]`, `"x"`, `{"jkt":null}`, `{"jkt":{}}`,
		`{"jkt":"` + sum + `","jkt":"` + sum + `"}`, `{"jkt":"` + sum + `","kid":"x"}`, `{"jkt":"` + sum + `",}`, `{"jkt":"` + sum + `"}x`, `{"jkt":"` + sum[:42] + `"}`,
		`{"jkt":"` + sum[:42] + `_"}`, `{"jkt":"` + sum + `=","x5t#S256":""}`, `{"jkt":"` + sum + `","x":[{}]}`,
	} {
		f.Add(cnf)
	}
	f.Fuzz(func(t *testing.T, cnf string) {
		got, err := confirmation.Read(cnf, members)
		if strings.Contains(cnf, `\`) {
			return
		}
		want, ok := read(cnf)
		if (err == nil) != ok {
			t.Fatalf("Read(%q): %v, want %v, %v", cnf, err, want, ok)
		}
		if !ok {
			return
		}
		for i, member := range members {
			sum, present := want[member]
			if got[i].Present != present || present && string(got[i].Sum[:]) != sum {
				t.Errorf("Read(%q): %+v, want %v", cnf, got[i], want)
			}
		}
	})
}
