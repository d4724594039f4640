package tokenjson_test

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/jwthttp/jwthttp/internal/tokenjson"
)

func TestNumericDateAgainstBig(t *testing.T) {
	for _, number := range []string{
		"0", "-0", "0.0", "-0.0e5", "1", "1.0", "1.5", "0.9999999999999999999999", "1e3", "1E+3", "1e-3", "1000e-3", "1001e-3", "12345e-2",
		"253402300799", "253402300799.0", "253402300799.000000001", "253402300800", "2534023007990e-1", "0.253402300799e12", "0.253402300800e12",
		"1e11", "1e12", "1e300", "1e-300", "1e999999", "1e-999999", "1e99999999999999999999", "1e-99999999999999999999", "0e99999999999999999999",
		"-1", "-0.5", "-1e-99999999999999999999", "9223372036854775807", "9223372036854775808", "18446744073709551616", "1.7e9", "1700000000.123456789123456789",
		"0.00000000000000000000000000000000001e45", "100000000000000000000000000000000000000e-30",
	} {
		checkNumericDate(t, number)
	}
}

func checkNumericDate(t *testing.T, number string) {
	t.Helper()
	date, ok := tokenjson.ParseNumericDate(number)
	_, exponent, _ := strings.Cut(strings.ToLower(number), "e")
	if len(exponent) > 5 {
		return // big.Rat would take all memory; what is asked for has its own row below
	}
	want, valid := new(big.Rat).SetString(number)
	if !valid {
		t.Fatalf("%q is no number", number)
	}
	inRange := want.Sign() >= 0 && want.Cmp(big.NewRat(253402300799, 1)) <= 0
	if ok != inRange {
		t.Fatalf("%s: accepted %v", number, ok)
	}
	if !ok {
		return
	}
	down := new(big.Int).Quo(want.Num(), want.Denom())
	up := new(big.Int).Set(down)
	if !want.IsInt() {
		up.Add(up, big.NewInt(1))
	}
	if date.Floor().Unix() != down.Int64() || date.Ceil().Unix() != up.Int64() {
		t.Errorf("%s: %d to %d, want %d to %d", number, date.Floor().Unix(), date.Ceil().Unix(), down, up)
	}
}

func TestNumericDateOfHugeExponents(t *testing.T) {
	for number, want := range map[string]bool{
		"1e999999999": false, "1e99999999999999999999": false, "0e99999999999999999999": true, "-1e-99999999999999999999": false,
		"1e-999999999": true, "1e-99999999999999999999": true, "1e1000001": false, "0.1e-1000001": true,
	} {
		date, ok := tokenjson.ParseNumericDate(number)
		if ok != want || ok && date.Floor().Unix() != 0 {
			t.Errorf("%s: %v, accepted %v", number, date, ok)
		}
	}
}

// The walk finds the members that encoding/json finds in well-formed JSON, and
// survives any other.
func FuzzWalk(f *testing.F) {
	for _, text := range []string{`{"a":1,"b":[{"c":"}"}],"d":"\"","\u0065":null}`, `{}`, `{"a"`, `{"a":`, `{"a":"`, `{"a":"\`, `{"a":]}`, ` { "a" : -1.5e3 , "b" : true } `, `{"a":{}}x`, `{"":""}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got := map[string]string{}
		var o tokenjson.Object
		if !o.Open(text, 1000) {
			return
		}
		for o.Next() {
			got[string(o.Name())] = string(o.Value)
		}
		var want map[string]json.RawMessage
		if json.Unmarshal(text, &want) != nil || want == nil || o.TooDeep() || strings.ContainsRune(string(text), '\ufffd') || !json.Valid(text) {
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
