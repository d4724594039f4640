package tokenjson

import (
	"strconv"
	"strings"
	"time"
)

const maxNumericDate = 253402300799 // 9999-12-31T23:59:59Z

// A NumericDate is a Unix time in seconds, RFC 7519 section 2.
type NumericDate struct {
	Seconds  int64 // rounded down
	Present  bool
	fraction bool // something was rounded off
}

// Floor returns the date, rounded down to a second.
func (d NumericDate) Floor() time.Time { return time.Unix(d.Seconds, 0) }

// Ceil returns the date, rounded up to a second.
func (d NumericDate) Ceil() time.Time {
	if d.fraction {
		return time.Unix(d.Seconds+1, 0)
	}
	return time.Unix(d.Seconds, 0)
}

// parseDigits reads a number of up to 18 digits and nothing else, as nearly every date is.
func parseDigits(v string) (n int64, ok bool) {
	if len(v) > 18 {
		return 0, false
	}
	for _, c := range []byte(v) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// ParseNumericDate reads a JSON value. ok reports whether it is a number from 0 to the end of
// the year 9999. It reads the digits, because a float64 would round.
func ParseNumericDate(v string) (d NumericDate, ok bool) {
	if v[0] != '-' && (v[0] < '0' || v[0] > '9') {
		return d, false
	}
	if seconds, ok := parseDigits(v); ok {
		return NumericDate{Seconds: seconds, Present: true}, seconds <= maxNumericDate
	}
	mantissa, exponent, _ := strings.Cut(strings.ToLower(v), "e")
	mantissa, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return NumericDate{Present: true}, true
	}
	shift := 0
	if exponent != "" {
		var err error
		if shift, err = strconv.Atoi(exponent); err != nil || shift < -1e6 || shift > 1e6 {
			// No token has room for as many digits as would make up for this exponent.
			return NumericDate{fraction: true, Present: true}, !negative && exponent[0] == '-'
		}
	}
	point := len(digits) - len(fraction) + shift // the number of digits before the point
	if negative || point > len("253402300799") {
		return d, false
	}
	d.Present = true
	for i, c := range []byte(digits) {
		if i < point {
			d.Seconds = d.Seconds*10 + int64(c-'0')
		} else {
			d.fraction = d.fraction || c != '0'
		}
	}
	for range point - len(digits) {
		d.Seconds *= 10
	}
	return d, d.Seconds < maxNumericDate || d.Seconds == maxNumericDate && !d.fraction
}
