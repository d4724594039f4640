package issue

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	strict "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"github.com/jwthttp/jwthttp/internal/confirmation"
	"github.com/jwthttp/jwthttp/internal/numericdate"
	"github.com/jwthttp/jwthttp/internal/tokenjson"
)

// A payload is the claims of one token while it is made.
type payload struct {
	*core
	now, expires time.Time
	hasID        bool   // there is a jti
	isBound      bool   // there is a cnf
	text         []byte // JSON
}

// payload returns the claims of a token as JSON, and its exp. The middleware refuses a claim that is
// there twice.
func (c *core) payload(claims any, more []Claim, now time.Time) (text []byte, expires time.Time, err error) {
	encoded, err := marshal(claims)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("the claims cannot be encoded: %w", err)
	}
	p := &payload{core: c, now: now, expires: time.Unix(now.Unix(), 0).Add(c.opts.Lifetime).Truncate(time.Second)}
	p.text = append(make([]byte, 0, len(encoded)+256), '{')
	values := make([][]byte, len(more))
	for i, m := range more {
		var errValue error
		if values[i], errValue = marshal(m.Value); errValue == nil {
			errValue = p.add(m.Name, values[i])
		}
		if errValue != nil {
			err = errors.Join(err, fmt.Errorf("the claim %.100q: %w", m.Name, errValue))
		}
	}
	isObject, _ := tokenjson.Members(encoded, len(encoded), len(encoded), func(name, value []byte) bool {
		for i := range more {
			if more[i].Name != string(name) || more[i].Name == "exp" { // of which the earlier one counts
				continue
			}
			if !isZero(value) && string(value) != "false" && !bytes.Equal(value, values[i]) { // else a field that waits for it
				err = errors.Join(err, fmt.Errorf("the claim %.100q has one value in the claims and another one beside them: leave it out of the claims", name))
			}
			return true
		}
		err = errors.Join(err, p.add(string(name), value))
		return true
	})
	if !isObject {
		err = errors.Join(err, errors.New("the claims are not a JSON object with distinct names and texts in UTF-8: use a struct, or a map that is not nil"))
	}
	if err == nil && len(c.opts.Bindings) > 0 && !p.isBound {
		err = errors.Join(err, errors.New("the claims have no cnf, and Options.Bindings want one: add the Claim cnf with the thumbprint of the client's key"))
	}
	for _, f := range c.fixed {
		err = errors.Join(err, p.write(f.name, f.forms[0]))
	}
	if !p.hasID {
		err = errors.Join(err, p.write("jti", []byte(`"`+rand.Text()+`"`)))
	}
	err = errors.Join(err, p.write("iat", strconv.AppendInt(nil, now.Unix(), 10)), p.write("exp", strconv.AppendInt(nil, p.expires.Unix(), 10)))
	return append(p.text, '}'), p.expires, err
}

// marshal encodes as encoding/json does, but for a text that is not UTF-8. encoding/json replaces
// parts of it, and could make one subject of two.
func marshal(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err == nil && (bytes.Contains(text, []byte("\ufffd")) || bytes.Contains(text, []byte(`\ufffd`))) {
		_, err = strict.Marshal(v, jsonv1.DefaultOptionsV1(), jsontext.AllowInvalidUTF8(false))
	}
	return text, err
}

// A fixed claim is the same in all tokens.
type fixed struct {
	name  string
	forms [][]byte // JSON: as the issuer writes it, and as a caller may also write it
}

func fixedClaims(o *Options) (all []fixed) {
	if o.Issuer != "" {
		all = append(all, fixed{"iss", [][]byte{mustMarshal(o.Issuer)}})
	}
	if list := mustMarshal(o.Audience); len(o.Audience) == 1 {
		all = append(all, fixed{"aud", [][]byte{mustMarshal(o.Audience[0]), list}})
	} else if len(o.Audience) > 1 {
		all = append(all, fixed{"aud", [][]byte{list}})
	}
	return all
}

// fits returns an error if claims C cannot hold what is in every token. A C with an UnmarshalJSON may
// need more than that, and is not asked.
func fits[C any](all []fixed) error {
	switch any(new(C)).(type) {
	case json.Unmarshaler, strict.UnmarshalerFrom:
		return nil
	}
	text := `{"iat":1700000000,"exp":1700000000`
	for _, f := range all {
		text += `,"` + f.name + `":` + string(f.forms[0])
	}
	decoder, err := tokenjson.NewDecoder(reflect.TypeFor[C](), false)
	if err == nil {
		err = decoder.Decode(text+"}", new(C), new(tokenjson.Facts))
	}
	if err != nil {
		err = fmt.Errorf("the claims type %T cannot hold what these Options put into tokens: %w", *new(C), err)
	}
	return err
}

// isZero reports whether a claim counts as absent.
func isZero(value []byte) bool {
	whole, fraction, _ := strings.Cut(string(value), ".") // which jwt.TimePrecision may add
	if strings.Trim(fraction, "0") != "" {
		return false
	}
	switch whole {
	case `""`, `0`, `null`, `[]`, `-62135596800`, `"00000000-0000-0000-0000-000000000000"`: // a jwt.NumericDate and a UUID that were not set
		return true
	}
	return false
}

// add takes one claim, and keeps those back that the issuer sets. It returns an error for one that
// contradicts.
func (p *payload) add(name string, value []byte) error {
	switch name {
	case "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "cnf":
		if isZero(value) {
			return nil
		}
	}
	switch name {
	case "iss", "aud":
		for _, f := range p.fixed {
			if f.name == name && slices.ContainsFunc(f.forms, func(form []byte) bool { return bytes.Equal(form, value) }) {
				return nil
			}
		}
		return fmt.Errorf("the claims have the %s %.200s, which is not that of Options: leave it out of the claims", name, value)
	case "iat":
		if date, ok := numericdate.Parse(string(value)); !ok || date.Floor().After(p.now) || p.now.Sub(date.Floor()) > time.Minute {
			return fmt.Errorf("the claims have the iat %.40s, which is not now: leave it out of the claims", value)
		}
		return nil
	case "exp":
		date, ok := numericdate.Parse(string(value))
		if !ok || !date.Floor().After(p.now) || date.Floor().After(p.now.Add(p.opts.Lifetime)) {
			return fmt.Errorf("the claims have the exp %.40s, which is not a time from now to Options.Lifetime (%v) ahead, in seconds since 1970: leave it out of the claims, or set Lifetime", value, p.opts.Lifetime)
		}
		if p.expires.After(date.Floor()) {
			p.expires = date.Floor()
		}
		return nil
	case "jti":
		p.hasID = true
	case "cnf":
		if p.isBound = true; len(p.opts.Bindings) > 0 {
			if _, err := confirmation.Read(string(value), p.members); err != nil {
				return err
			}
		}
	}
	return p.write(name, value)
}

// write returns an error for a name that is not UTF-8.
func (p *payload) write(name string, value []byte) error {
	if len(p.text) > 1 {
		p.text = append(p.text, ',')
	}
	text, err := jsontext.AppendQuote(p.text, name)
	p.text = append(append(text, ':'), value...)
	return err
}

// mustMarshal is for strings and what is made of them. It writes them as marshal does.
func mustMarshal(v any) []byte {
	text, _ := marshal(v)
	return text
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
