package jwthttp_test

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A type that decodes itself from the token stream may ask for a laxer decoder.
type laxStream struct{ Claims map[string]any }

func (l *laxStream) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return json.UnmarshalDecode(dec, &l.Claims, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

type laxField struct {
	A laxAny `json:"a"`
}

type laxAny struct{ value any }

func (l *laxAny) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return json.UnmarshalDecode(dec, &l.value, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}
