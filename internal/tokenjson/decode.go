// Package tokenjson reads the JSON of tokens. It decodes a payload strictly into a claims
// type, and walks its members for the facts that the rules need. It checks the JSON types of
// the registered claims (RFC 7519). It does not check their values.
package tokenjson

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

// A Decoder decodes payloads into one claims type. Names match in exact case. Duplicate names
// are an error.
type Decoder struct {
	options []json.Options

	numericSubject bool // sub may be a number

	root *shape  // of the claims type; nil if the library decodes all payloads
	top  members // of the payload

	// The claims type has a method that decodes. The payload's syntax is checked first, since
	// an UnmarshalJSONFrom may relax the decoder. The method gets a copy of the payload, since
	// it may write to it.
	foreign bool
}

// decoderFor returns the decoder for a claims type. needsFuncs adds functions for golang-jwt's
// types and for numbers. They cost a look-up for each field.
func decoderFor(needsFuncs, foreign bool) Decoder {
	d := Decoder{foreign: foreign}
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

// decodeNumericDate decodes as golang-jwt does. Dates that overflow there are an error.
func decodeNumericDate(b []byte, date *jwt.NumericDate) error {
	if seconds, err := strconv.ParseInt(string(b), 10, 64); err == nil && seconds >= -maxNumericDate && seconds <= maxNumericDate {
		*date = jwt.NumericDate{Time: time.Unix(seconds, 0).Truncate(jwt.TimePrecision)}
		return nil
	}
	if seconds, err := strconv.ParseFloat(string(b), 64); err != nil || math.Abs(seconds) > maxNumericDate {
		return errors.New("it is not a date between the years -6061 and 9999")
	}
	return date.UnmarshalJSON(b)
}

// decodeClaimStrings decodes a string or an array of strings, RFC 7519 section 4.1.3. As with
// golang-jwt, an empty array is nil.
func decodeClaimStrings(b []byte, list *jwt.ClaimStrings) error {
	if b[0] == '"' {
		*list = jwt.ClaimStrings{unquote(string(b))}
		return nil
	}
	var texts []*string
	if err := json.Unmarshal(b, &texts); err != nil {
		return err
	}
	*list = nil
	for _, text := range texts {
		if text == nil {
			return errors.New("null is not a string")
		}
		*list = append(*list, *text)
	}
	return nil
}

// decodeNumber keeps the digits of a number. null leaves n as it is.
func decodeNumber(b []byte, n *stdjson.Number) error {
	if b[0] == 'n' {
		return nil
	}
	if c := b[0]; c != '-' && (c < '0' || c > '9') {
		return errors.New("it is not a number")
	}
	*n = stdjson.Number(b)
	return nil
}

func isInteger(number string) bool { return strings.Trim(number, "-0123456789") == "" }

// decodeAny decodes as encoding/json does. Only an integer that a float64 may not hold exactly
// becomes a json.Number.
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
		if math.Abs(f) >= 1<<53 && isInteger(string(b)) {
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

// Decode decodes a payload into claims, a pointer to a new value. The facts are read from the
// payload itself, so they do not depend on the claims type. Claims and facts keep the payload in
// memory.
//
// One pass reads nearly every good payload. The library's decoder gets those that are odd, and
// the bad ones: it alone says what is wrong.
func (d *Decoder) Decode(payload string, claims any, f *Facts) error {
	v := reflect.ValueOf(claims).Elem()
	if d.root != nil {
		if d.passes(payload, v, f) {
			return nil
		}
		v.SetZero()
	}
	text := []byte(payload)
	if !bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("{")) || d.foreign && !IsStrict(text) {
		return errors.New("the payload is not a strict JSON object")
	}
	errType := json.Unmarshal(text, claims, d.options...)
	var err error
	*f, err = readFacts(payload, d.numericSubject)
	switch {
	case errType != nil && err != nil && IsStrict([]byte(payload)):
		return unfitError{err.Error(), errType} // it says more
	case errType != nil:
		return unfit(errType)
	}
	return err
}

func (d *Decoder) passes(payload string, v reflect.Value, f *Facts) bool {
	r := newReader(nil, maxDepth)
	defer r.release()
	r.buffer = append(r.buffer, payload...)
	r.text = r.buffer
	p := pass{r, payload, d.options}
	return p.decode(d, v, f)
}

// unfit returns an error of the decoder with a text that does not show the value, which must
// not be in a log.
func unfit(err error) error {
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		return unfitError{fmt.Sprintf("the claim at %q does not fit %v: change the field's type, or what the issuer sends", semantic.JSONPointer, semantic.GoType), err}
	}
	return err
}

// An unfitError is an error with another text.
type unfitError struct {
	text  string
	cause error
}

func (e unfitError) Error() string { return e.text }
func (e unfitError) Unwrap() error { return e.cause }

// try decodes a sample into a new value of type t.
func (d *Decoder) try(sample string, t reflect.Type) error {
	return json.Unmarshal([]byte(sample), reflect.New(t).Interface(), d.options...)
}

// IsStrict reports whether b is JSON in valid UTF-8 without duplicate names.
func IsStrict(b []byte) bool { return jsontext.Value(b).IsValid() }
