// Package tokenjson reads the JSON of tokens. It decodes a payload strictly into a claims type,
// and finds the facts that the rules need. It checks the JSON types of the registered claims (RFC
// 7519), and not their values.
package tokenjson

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/internal/numericdate"
)

// A Decoder decodes payloads into one claims type. Names match in exact case. Duplicate names
// are an error.
type Decoder struct {
	options        []json.Options
	numericSubject bool    // sub may be a number
	target         *target // nil if the library decodes all payloads, since the type has a method that decodes
}

// decoderFor returns the decoder for a claims type. needsFuncs adds functions for golang-jwt's
// types and for numbers. They cost a look-up for each field.
func decoderFor(needsFuncs bool) Decoder {
	var d Decoder
	if needsFuncs {
		d.options = []json.Options{json.WithUnmarshalers(json.JoinUnmarshalers(
			json.UnmarshalFunc(decodeNumericDate),
			json.UnmarshalFunc(fillWith[jwt.ClaimStrings]()),
			json.UnmarshalFunc(fillWith[stdjson.Number]()),
			json.UnmarshalFunc(fillWith[any]()),
		))}
	}
	return d
}

// decodeNumericDate decodes as golang-jwt does. Dates that overflow there are an error.
func decodeNumericDate(b []byte, date *jwt.NumericDate) error {
	seconds, err := strconv.ParseFloat(string(b), 64)
	if err != nil || math.Abs(seconds) > numericdate.Max {
		return errors.New("it is not a date between the years -6061 and 9999")
	}
	whole, fraction := math.Modf(seconds)
	date.Time = time.Unix(int64(whole), int64(fraction*1e9)).Truncate(jwt.TimePrecision)
	return nil
}

// fillWith returns a function that decodes as a pass does.
func fillWith[T any]() func([]byte, *T) error {
	s := shapes{}.of(reflect.TypeFor[T]()) // once, and not for each element of a list
	return func(text []byte, v *T) error {
		p := newPass(string(text), nil)
		defer p.release()
		if p.fill(s, reflect.ValueOf(v).Elem()); !p.isDone() {
			return errors.New("its type or its size does not fit")
		}
		return nil
	}
}

// Decode decodes a payload into claims, a pointer to a new value. The facts do not depend on the
// claims type. Claims and facts keep the payload in memory. One pass reads nearly every good
// payload. The library's decoder gets those that are odd, and bad ones: it says what is wrong.
func (d *Decoder) Decode(payload string, claims any, f *Facts) error {
	v := reflect.ValueOf(claims).Elem()
	if d.target != nil {
		if d.target.pass(payload, v, f, d) == nil {
			return nil
		}
		v.SetZero()
	}
	// A copy, since a method that decodes may write to it. Such a method may also relax the
	// decoder, so ReadFacts looks at everything again.
	text := []byte(payload)
	if !bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("{")) {
		return errors.New("the payload is not a strict JSON object")
	}
	errType := json.Unmarshal(text, claims, d.options...)
	var err error
	*f, err = ReadFacts(payload, d.numericSubject)
	switch {
	case errType != nil && err != nil && jsontext.Value(payload).IsValid():
		return unfitError{err.Error(), errType} // it says more
	case errType != nil:
		return unfit(errType)
	}
	return err
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
func (d *Decoder) try(sample string, t reflect.Type) (reflect.Value, error) {
	v := reflect.New(t)
	return v.Elem(), json.Unmarshal([]byte(sample), v.Interface(), d.options...)
}
