package jwthttp

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"
)

const (
	maxPayloadDepth = 32
	maxMembers      = 256
	maxAudiences    = 64
	maxNumericDate  = 253402300799 // 9999-12-31T23:59:59Z
)

// A claimsDecoder decodes payloads into one claims type. Names match in exact
// case, and no name may stand twice.
type claimsDecoder struct {
	options []json.Options
	// Types with methods that decode get a copy of the payload, for they may
	// write to what they are given, and only after its syntax has been checked,
	// for an UnmarshalJSONFrom may relax the decoder.
	foreign bool
}

// decoderFor returns the decoder for a claims type. The functions for golang-jwt's
// types and for numbers cost a look-up a field, so only types that need them
// get them.
func decoderFor(needsFuncs, foreign bool) claimsDecoder {
	d := claimsDecoder{foreign: foreign}
	if needsFuncs {
		d.options = []json.Options{json.WithUnmarshalers(json.JoinUnmarshalers(
			json.UnmarshalFunc(decodeNumericDate),
			json.UnmarshalFunc(decodeClaimStrings),
			json.UnmarshalFunc(decodeNumber),
			json.UnmarshalFromFunc(decodeAny),
		))}
	}
	return d
}

var (
	typesWithFuncs = []reflect.Type{
		reflect.TypeFor[jwt.NumericDate](), reflect.TypeFor[jwt.ClaimStrings](), reflect.TypeFor[stdjson.Number](), reflect.TypeFor[any](),
	}
	unmarshalerFrom = reflect.TypeFor[json.UnmarshalerFrom]()
)

// decodeNumericDate gives what golang-jwt gives, but for dates that it overflows on.
func decodeNumericDate(b []byte, date *jwt.NumericDate) error {
	if seconds, err := strconv.ParseInt(string(b), 10, 64); err == nil && seconds >= -maxNumericDate && seconds <= maxNumericDate {
		*date = jwt.NumericDate{Time: time.Unix(seconds, 0).Truncate(jwt.TimePrecision)}
		return nil
	}
	if seconds, err := strconv.ParseFloat(string(b), 64); err != nil || math.Abs(seconds) > maxNumericDate {
		return errors.New("no date between the years -6061 and 9999")
	}
	return date.UnmarshalJSON(b)
}

// decodeClaimStrings takes a string or an array of strings, RFC 7519 section
// 4.1.3, and leaves nil for an empty one, as golang-jwt does.
func decodeClaimStrings(b []byte, list *jwt.ClaimStrings) error {
	if text, ok := stringValue(b); ok {
		*list = jwt.ClaimStrings{text}
		return nil
	}
	var texts []*string
	if err := json.Unmarshal(b, &texts); err != nil {
		return err
	}
	*list = nil
	for _, text := range texts {
		if text == nil {
			return errors.New("null is no string")
		}
		*list = append(*list, *text)
	}
	return nil
}

// decodeNumber keeps the digits of a number, and n where there is a null.
func decodeNumber(b []byte, n *stdjson.Number) error {
	if b[0] == 'n' {
		return nil
	}
	if c := b[0]; c != '-' && (c < '0' || c > '9') {
		return errors.New("no number")
	}
	*n = stdjson.Number(b)
	return nil
}

// decodeAny decodes as encoding/json does, but for integers that a float64 does
// not hold exactly: they stay as they are, in a json.Number.
func decodeAny(dec *jsontext.Decoder, v *any) error {
	switch dec.PeekKind() {
	case '0':
		b, err := dec.ReadValue()
		if err != nil {
			return err
		}
		f, err := strconv.ParseFloat(string(b), 64)
		if err != nil {
			return err
		}
		*v = f
		if math.Abs(f) >= 1<<53 && strings.Trim(string(b), "-0123456789") == "" {
			*v = stdjson.Number(b)
		}
		return nil
	case '{':
		if _, err := dec.ReadToken(); err != nil {
			return err
		}
		m := map[string]any{}
		for dec.PeekKind() != '}' {
			name, err := dec.ReadToken()
			if err != nil {
				return err
			}
			key := name.String()
			var member any
			if err := decodeAny(dec, &member); err != nil {
				return err
			}
			m[key] = member
		}
		*v = m
	case '[':
		if _, err := dec.ReadToken(); err != nil {
			return err
		}
		list := []any{}
		for dec.PeekKind() != ']' {
			var element any
			if err := decodeAny(dec, &element); err != nil {
				return err
			}
			list = append(list, element)
		}
		*v = list
	}
	// A string, a literal, or the end of an object or array.
	token, err := dec.ReadToken()
	if err != nil {
		return err
	}
	switch token.Kind() {
	case '"':
		*v = token.String()
	case 't', 'f':
		*v = token.Bool()
	case 'n':
		*v = nil
	}
	return nil
}

// decode fills claims, a pointer to a fresh value, and f with what the rules need
// to know of the payload, whatever the type made of it.
func (d *claimsDecoder) decode(payload []byte, claims any, f *facts) error {
	var members object
	if !members.open(payload, maxPayloadDepth) || d.foreign && !isStrictJSON(payload) {
		return errPayloadJSON
	}
	text := payload
	if d.foreign {
		text = bytes.Clone(payload)
	}
	if err := json.Unmarshal(text, claims, d.options...); err != nil {
		return errClaims.because(err)
	}
	return f.read(&members)
}

// try decodes a sample into a new value of type t.
func (d *claimsDecoder) try(sample string, t reflect.Type) error {
	return json.Unmarshal([]byte(sample), reflect.New(t).Interface(), d.options...)
}

func isStrictJSON(b []byte) bool { return jsontext.Value(b).IsValid() }

// appendUnquoted appends what a JSON string says.
func appendUnquoted(dst, quoted []byte) []byte {
	text, err := jsontext.AppendUnquote(dst, quoted)
	if err != nil {
		return dst
	}
	return text
}

// facts are what the rules need of a payload, RFC 7519 section 4.1.
type facts struct {
	issuer        []byte // JSON text, as audience is; nil if absent
	audience      []byte
	expires       numericDate
	notBefore     numericDate
	issuedAt      numericDate
	senderIsBound bool // cnf is present, RFC 7800
}

// read walks the members of a payload that a strict decoder has accepted.
func (f *facts) read(members *object) error {
	n := 0
	for members.next() {
		n++
		ok, v := true, members.value
		switch string(members.name()) {
		case "iss":
			f.issuer, ok = v, v[0] == '"'
		case "sub", "jti":
			ok = v[0] == '"'
		case "aud":
			f.audience, ok = v, isAudience(v)
		case "exp":
			f.expires, ok = parseNumericDate(v)
		case "nbf":
			f.notBefore, ok = parseNumericDate(v)
		case "iat":
			f.issuedAt, ok = parseNumericDate(v)
		case "cnf":
			f.senderIsBound = true
		}
		if !ok {
			return errClaims.because(fmt.Errorf("%s is not of the kind that RFC 7519 says", string(members.name())))
		}
	}
	if members.tooDeep || n > maxMembers {
		return errPayloadSize
	}
	return nil
}

// validate applies the rules of o and of the key that verified the token. Time
// comes last, so that "expired" is said only of a token that was good here.
func (f *facts) validate(o *Options, k Key) error {
	bound := k.material
	if f.senderIsBound && !o.AllowSenderConstrained {
		return errBound
	}
	for _, want := range [...]string{o.Issuer, bound.issuer} {
		if want != "" && !isString(f.issuer, want) {
			return errIssuer.because(fmt.Errorf("want iss %q", want))
		}
	}
	for _, want := range [...][]string{o.Audience, bound.audience} {
		if f.isFor(want) {
			continue
		}
		if f.audience == nil {
			return errAudience.because(fmt.Errorf("the token has no aud, want one of %q", want))
		}
		return errAudience.because(fmt.Errorf("want aud to name one of %q", want))
	}
	if f.audience != nil && len(o.Audience)+len(bound.audience) == 0 && !o.AllowAnyAudience {
		return errUnasked // RFC 7519 section 4.1.3: it is not for us
	}

	now := time.Now()
	if f.notBefore.present && now.Add(o.Leeway).Before(f.notBefore.ceil()) {
		return errNotYet
	}
	if !f.expires.present && !o.AllowMissingExpiry {
		return errMissingExpiry
	}
	if f.expires.present && !now.Before(f.expires.floor().Add(o.Leeway)) {
		return errExpired
	}
	if o.MaxAge == 0 {
		return nil
	}
	if !f.issuedAt.present {
		return errMissingIssued
	}
	issued := f.issuedAt.floor()
	if now.Add(o.Leeway).Before(issued) {
		return errIssuedLater
	}
	if now.After(issued.Add(o.MaxAge).Add(o.Leeway)) {
		return errTooOld
	}
	return nil
}

// isFor reports whether aud names one of the audiences, or none are asked for.
func (f *facts) isFor(audiences []string) bool {
	if len(audiences) == 0 {
		return true
	}
	s := scanner{text: f.audience}
	if s.peek() == '[' {
		s.pos++
	}
	for s.peek() == '"' {
		one := unquote(s.value(), nil)
		for _, audience := range audiences {
			if string(one) == audience {
				return true
			}
		}
	}
	return false
}

// isAudience reports whether v is a string or an array of at most 64 strings.
func isAudience(v []byte) bool {
	if v[0] == '"' {
		return true
	}
	if v[0] != '[' {
		return false
	}
	s := scanner{text: v, pos: 1}
	for range maxAudiences + 1 {
		switch s.peek() {
		case ']':
			return true
		case '"':
			s.value()
		default:
			return false
		}
	}
	return false
}

// payloadOf returns the members of the payload of a token that was verified.
func payloadOf(raw string) (members object, ok bool) {
	parts, err := split(raw, maxMaxTokenBytes)
	if err != nil {
		return members, false
	}
	payload, err := base64url.DecodeString(parts.payload)
	if err != nil {
		return members, false
	}
	return members, members.open(payload, maxPayloadDepth)
}

// registeredIn returns the registered claims of a token that was verified.
func registeredIn(raw string) (c jwt.RegisteredClaims) {
	members, ok := payloadOf(raw)
	if !ok {
		return c
	}
	date := func(v []byte) *jwt.NumericDate {
		d, _ := parseNumericDate(v)
		return &jwt.NumericDate{Time: d.floor()}
	}
	for members.next() {
		switch v := members.value; string(members.name()) {
		case "iss":
			c.Issuer, _ = stringValue(v)
		case "sub":
			c.Subject, _ = stringValue(v)
		case "jti":
			c.ID, _ = stringValue(v)
		case "aud":
			_ = decodeClaimStrings(v, &c.Audience) // it is of the right kind, or the token had been refused
		case "exp":
			c.ExpiresAt = date(v)
		case "nbf":
			c.NotBefore = date(v)
		case "iat":
			c.IssuedAt = date(v)
		}
	}
	return c
}

// scopesIn returns the scopes of a token that was verified.
func scopesIn(raw string) []string {
	members, ok := payloadOf(raw)
	if !ok {
		return nil
	}
	var scp []byte
	for members.next() {
		switch string(members.name()) {
		case "scope": // decides, whatever its kind and wherever scp stands
			text, _ := stringValue(members.value)
			return splitScopes(text)
		case "scp":
			scp = members.value
		}
	}
	if text, ok := stringValue(scp); ok {
		return splitScopes(text)
	}
	s := scanner{text: scp}
	if s.peek() != '[' {
		return nil
	}
	var scopes []string
	for s.pos++; s.peek() != ']'; {
		text, ok := stringValue(s.value())
		if !ok {
			return nil
		}
		scopes = append(scopes, text)
	}
	return scopes
}

// splitScopes returns the words of a list, RFC 6749 section 3.3.
func splitScopes(list string) []string {
	return strings.FieldsFunc(list, func(c rune) bool { return c == ' ' })
}

// A numericDate is a Unix time in seconds, RFC 7519 section 2.
type numericDate struct {
	seconds  int64 // rounded down
	fraction bool  // something was rounded off
	present  bool
}

func (d numericDate) floor() time.Time { return time.Unix(d.seconds, 0) }

func (d numericDate) ceil() time.Time {
	if d.fraction {
		return time.Unix(d.seconds+1, 0)
	}
	return time.Unix(d.seconds, 0)
}

// parseDigits reads what nearly every date is.
func parseDigits(v []byte) (n int64, ok bool) {
	if len(v) > 18 {
		return 0, false
	}
	for _, c := range v {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// parseNumericDate reads a JSON value; ok says that it is a number between 0 and
// the end of the year 9999. It goes by the digits: a float64 would round.
func parseNumericDate(v []byte) (d numericDate, ok bool) {
	if v[0] != '-' && (v[0] < '0' || v[0] > '9') {
		return d, false
	}
	if seconds, ok := parseDigits(v); ok {
		return numericDate{seconds: seconds, present: true}, seconds <= maxNumericDate
	}
	mantissa, exponent, _ := strings.Cut(strings.ToLower(string(v)), "e")
	mantissa, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return numericDate{present: true}, true
	}
	shift := 0
	if exponent != "" {
		var err error
		if shift, err = strconv.Atoi(exponent); err != nil || shift < -1e6 || shift > 1e6 {
			// Beyond any length of digits that fits in a token.
			return numericDate{fraction: true, present: true}, !negative && exponent[0] == '-'
		}
	}
	point := len(digits) - len(fraction) + shift // how many of the digits stand before the point
	if negative || point > len("253402300799") {
		return d, false
	}
	d.present = true
	for i, c := range []byte(digits) {
		if i < point {
			d.seconds = d.seconds*10 + int64(c-'0')
		} else {
			d.fraction = d.fraction || c != '0'
		}
	}
	for range point - len(digits) {
		d.seconds *= 10
	}
	return d, d.seconds < maxNumericDate || d.seconds == maxNumericDate && !d.fraction
}
