package numericdate_test

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/jwthttp/jwthttp/internal/numericdate"
)

func TestAgainstBig(t *testing.T) {
	for _, number := range []string{
		"0", "-0", "0.0", "-0.0e5", "1", "1.0", "1.5", "0.9999999999999999999999", "1e3", "1E+3", "1e-3", "1000e-3", "1001e-3", "12345e-2",
		"253402300799", "253402300799.0", "253402300799.000000001", "253402300800", "2534023007990e-1", "0.253402300799e12", "0.253402300800e12",
		"1e11", "1e12", "1e300", "1e-300", "1e999999", "1e-999999", "1e99999999999999999999", "1e-99999999999999999999", "0e99999999999999999999",
		"-1", "-0.5", "-1e-99999999999999999999", "9223372036854775807", "9223372036854775808", "18446744073709551616", "1.7e9", "1700000000.123456789123456789",
		"0.00000000000000000000000000000000001e45", "100000000000000000000000000000000000000e-30",
	} {
		check(t, number)
	}
}

func check(t *testing.T, number string) {
	t.Helper()
	date, ok := numericdate.Parse(number)
	floor, ceil := date.Floor(), date.Ceil()
	wantFloor, wantCeil, want := bigDate(number)
	if ok != want {
		t.Fatalf("%s: accepted %v", number, ok)
	}
	if ok && (floor.Unix() != wantFloor || ceil.Unix() != wantCeil) {
		t.Errorf("%s: %d to %d, want %d to %d", number, floor.Unix(), ceil.Unix(), wantFloor, wantCeil)
	}
}

// bigDate reads a JSON number of at most some hundred digits with math/big. ok reports whether
// the number is between 0 and the end of the year 9999.
func bigDate(number string) (floor, ceil int64, ok bool) {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(number), "e")
	value, _ := new(big.Rat).SetString(mantissa)
	if value.Sign() < 0 {
		return 0, 0, false
	}
	if value.Sign() == 0 {
		return 0, 0, true
	}
	shift, hasShift := new(big.Int).SetString(exponent, 10)
	if hasShift && shift.CmpAbs(big.NewInt(10_000)) > 0 {
		return 0, 1, shift.Sign() < 0 // a big.Rat of this size would take all memory
	}
	if hasShift {
		power := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), new(big.Int).Abs(shift), nil))
		if shift.Sign() < 0 {
			power.Inv(power)
		}
		value.Mul(value, power)
	}
	if value.Cmp(big.NewRat(253402300799, 1)) > 0 {
		return 0, 0, false
	}
	floor = new(big.Int).Quo(value.Num(), value.Denom()).Int64()
	if ceil = floor; !value.IsInt() {
		ceil++
	}
	return floor, ceil, true
}

func TestHugeExponents(t *testing.T) {
	for number, want := range map[string]bool{
		"1e999999999": false, "1e99999999999999999999": false, "0e99999999999999999999": true, "-1e-99999999999999999999": false,
		"1e-999999999": true, "1e-99999999999999999999": true, "1e1000001": false, "0.1e-1000001": true,
	} {
		date, ok := numericdate.Parse(number)
		floor, ceil := date.Floor(), date.Ceil()
		if ok != want || ok && floor.Unix() != 0 {
			t.Errorf("%s: %v, %v, accepted %v", number, floor, ceil, ok)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, n := range []string{"1e000000005", "0.00001e+0000010", "25340230079900000000e-0000008", "1e-100000000000000000000", "0e1000000", "-0e-99999999", "-1e-99999999999999999999", "1e-99999999999999999999", "1e99999999999999999999", "123e1000001", "0", "-0.0e1", "1.5", "253402300799.9", "1e3", "17e8", "1E+9", "9007199254740993", "0.1e-5"} {
		f.Add(n)
	}
	f.Fuzz(func(t *testing.T, number string) {
		var n json.Number
		if json.Unmarshal([]byte(number), &n) != nil || string(n) != number || len(number) > 400 {
			return
		}
		check(t, number)
	})
}
