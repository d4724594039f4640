// Package numericdate reads dates of tokens, RFC 7519 section 2, exactly.
package numericdate

import (
	"strconv"
	"strings"
	"time"
)

// Max is the last second that a date may be at: 9999-12-31T23:59:59Z.
const Max = 253402300799

// A Date is a Unix time in seconds. It is 0 if there is none, 1+2s for the second s, and 2+2s for
// what is between s and the next one.
type Date int64

// Present reports whether there is a date.
func (d Date) Present() bool { return d != 0 }

// Floor returns the date, rounded down to a second.
func (d Date) Floor() time.Time { return time.Unix(int64(d-1)/2, 0) }

// Ceil returns the date, rounded up to a second.
func (d Date) Ceil() time.Time { return time.Unix(int64(d)/2, 0) }

// ParseDigits reads a number of up to 18 digits and nothing else, as nearly every date is.
func ParseDigits(v string) (n int64, ok bool) {
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

// Parse reads a JSON value. ok reports whether it is a number from 0 to Max. It reads the digits,
// because a float64 would round.
func Parse(v string) (d Date, ok bool) {
	if v[0] != '-' && (v[0] < '0' || v[0] > '9') {
		return d, false
	}
	if seconds, ok := ParseDigits(v); ok {
		return Date(1 + 2*seconds), seconds <= Max
	}
	mantissa, exponent, _ := strings.Cut(strings.ToLower(v), "e")
	mantissa, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return 1, true
	}
	shift := 0
	if exponent != "" {
		var err error
		if shift, err = strconv.Atoi(exponent); err != nil || shift < -1e6 || shift > 1e6 {
			// No token has room for as many digits as would make up for this exponent.
			return 2, !negative && exponent[0] == '-'
		}
	}
	point := len(digits) - len(fraction) + shift // the number of digits before the point
	if negative || point > len("253402300799") {
		return d, false
	}
	seconds, more := int64(0), Date(0)
	for i, c := range []byte(digits) {
		if i < point {
			seconds = seconds*10 + int64(c-'0')
		} else if c != '0' {
			more = 1
		}
	}
	for range point - len(digits) {
		seconds *= 10
	}
	d = Date(1+2*seconds) + more
	return d, d <= 1+2*Max
}
