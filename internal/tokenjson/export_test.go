package tokenjson

// ParseNumericDate is parseNumericDate for a JSON number.
func ParseNumericDate(number string) (NumericDate, bool) {
	return parseNumericDate([]byte(number))
}
