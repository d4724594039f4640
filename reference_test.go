package jwthttp_test

import (
	"encoding/json"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
)

// This file has the rules for headers and payloads a second time, slowly and with
// encoding/json and math/big alone. The fuzz targets compare the code with it.

// A strictText is what encoding/json finds in a text, with what encoding/json itself does not
// check.
type strictText struct {
	isStrict      bool                       // JSON, UTF-8, no lone surrogates, no name twice
	members       map[string]any             // numbers are json.Number; nil if the text is not an object
	raw           map[string]json.RawMessage // the members as they are written
	depth         int
	names         int // at all depths
	hasHugeNumber bool
}

var escape = regexp.MustCompile(`\\(u[0-9A-Fa-f]{4}|.)`)

func readStrict(text string) (s strictText) {
	if !utf8.ValidString(text) || !json.Valid([]byte(text)) || hasLoneSurrogate(text) {
		return s
	}
	s.isStrict = true
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	s.walk(dec, 1)
	dec = json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if dec.Decode(&s.members) != nil || json.Unmarshal([]byte(text), &s.raw) != nil {
		s.members, s.raw = nil, nil // the value is not an object
	}
	return s
}

// walk reads one value. An object or array at this place has this depth.
func (s *strictText) walk(dec *json.Decoder, depth int) {
	token, _ := dec.Token()
	switch token := token.(type) {
	case json.Number:
		if _, err := strconv.ParseFloat(string(token), 64); err != nil {
			s.hasHugeNumber = true
		}
	case json.Delim:
		s.depth = max(s.depth, depth)
		seen := map[string]bool{}
		for dec.More() {
			if token == '{' {
				name, _ := dec.Token()
				s.names++
				s.isStrict = s.isStrict && !seen[name.(string)]
				seen[name.(string)] = true
			}
			s.walk(dec, depth+1)
		}
		dec.Token()
	}
}

// hasLoneSurrogate reports whether valid JSON has a lone surrogate. In valid JSON only strings
// contain backslashes.
func hasLoneSurrogate(text string) bool {
	lowAt := -1 // where a low surrogate must follow
	for _, at := range escape.FindAllStringIndex(text, -1) {
		code, _ := strconv.ParseUint(strings.TrimPrefix(text[at[0]:at[1]], `\u`), 16, 16)
		isHigh, isLow := code&0xfc00 == 0xd800, code&0xfc00 == 0xdc00
		if lowAt >= 0 && (at[0] != lowAt || !isLow) || lowAt < 0 && isLow {
			return true
		}
		lowAt = -1
		if isHigh {
			lowAt = at[1]
		}
	}
	return lowAt >= 0
}

func (s strictText) text(name string) string {
	text, _ := s.members[name].(string)
	return text
}

type referenceHeader struct {
	strictText
	faults       []error // an error may name any of them; a good header has none
	isUnknownKey bool    // the fault is that alg is not HS256
}

// readHeader applies the rules for an HS256 key without id and for the zero Options.
func readHeader(text string) (h referenceHeader) {
	malformed := func() { h.faults = append(h.faults, jwt.ErrTokenMalformed) }
	refused := func() { h.faults = append(h.faults, jwt.ErrTokenUnverifiable) }
	h.strictText = readStrict(text)
	if len(text) > 2<<10 {
		refused()
		return h
	}
	if h.members == nil || !h.isStrict {
		malformed()
		refused() // in a text that is not JSON, the number of names does not count
		return h
	}
	if h.names > 32 || h.depth > 4 {
		refused()
	}
	for _, name := range []string{"crit", "b64", "zip", "enc"} {
		if _, ok := h.members[name]; ok {
			refused()
		}
	}
	for name, limit := range map[string]int{"alg": 64, "typ": 64, "kid": 256} {
		value, present := h.members[name]
		text, isString := value.(string)
		if present && !isString {
			malformed()
		}
		if len(text) > limit {
			refused()
		}
	}
	if strings.ContainsFunc(h.text("kid"), func(c rune) bool { return c < 0x20 || c > 0x7e }) {
		refused()
	}
	typ, hasType := h.members["typ"]
	isAccess := regexp.MustCompile(`^(?i:application/)?(?i:jwt|at\+jwt)$`)
	if text, ok := typ.(string); hasType && ok && !isAccess.MatchString(text) {
		refused()
	}
	if len(h.faults) == 0 && h.text("alg") != "HS256" {
		h.isUnknownKey = true
		refused()
	}
	return h
}

type referencePayload struct {
	strictText
	hasForm               bool // the form of an access token; other rules are about values
	expires, before, born *referenceDate
}

// subject returns the text of sub, or its digits, up to 2^53-1.
func (p referencePayload) subject() string {
	number, _ := p.members["sub"].(json.Number)
	if n, ok := new(big.Int).SetString(string(number), 10); ok && n.Sign() >= 0 && n.Cmp(big.NewInt(9007199254740991)) <= 0 && number[0] != '-' {
		return n.String()
	}
	return p.text("sub")
}

type referenceDate struct{ floor, ceil int64 }

func readPayload(text string) referencePayload { return readPayloadWith(text, false) }

// readPayloadWith is for a middleware with AllowNumericSubject, if that is true.
func readPayloadWith(text string, numericSubject bool) (p referencePayload) {
	p.strictText = readStrict(text)
	p.hasForm = p.isStrict && p.members != nil && p.depth <= 32 && len(p.members) <= 256
	for _, name := range []string{"iss", "sub", "jti"} {
		if value, ok := p.members[name]; ok {
			_, isString := value.(string)
			p.hasForm = p.hasForm && (isString || numericSubject && name == "sub" && p.subject() != "")
		}
	}
	if value, ok := p.members["aud"]; ok {
		_, isAudience := p.audiences()
		p.hasForm = p.hasForm && isAudience && value != nil
	}
	for name, date := range map[string]**referenceDate{"exp": &p.expires, "nbf": &p.before, "iat": &p.born} {
		value, ok := p.members[name]
		if !ok {
			continue
		}
		number, isNumber := value.(json.Number)
		if !isNumber {
			p.hasForm = false
			continue
		}
		floor, ceil, inRange := bigDate(string(number))
		p.hasForm = p.hasForm && inRange
		*date = &referenceDate{floor, ceil}
	}
	if _, bound := p.members["cnf"]; bound {
		p.hasForm = false
	}
	return p
}

// audiences returns the audiences, and reports whether aud is a string or an array of strings.
func (p referencePayload) audiences() ([]string, bool) {
	switch aud := p.members["aud"].(type) {
	case string:
		return []string{aud}, true
	case []any:
		return stringsOf(aud)
	}
	return nil, false
}

func stringsOf(list []any) (texts []string, ok bool) {
	for _, element := range list {
		text, ok := element.(string)
		if !ok {
			return nil, false
		}
		texts = append(texts, text)
	}
	return texts, true
}

// isAboutNow reports whether the verdict may change while a test runs.
func (p referencePayload) isAboutNow() bool {
	isNow := func(d *referenceDate) bool {
		return d != nil && d.floor > time.Now().Unix()-60 && d.floor < time.Now().Unix()+60
	}
	return isNow(p.expires) || isNow(p.before)
}

// verdict returns the reason of the error, or nil. An empty issuer or audience means that any
// will do.
func (p referencePayload) verdict(issuer, audience string) error {
	audiences, _ := p.audiences()
	now := time.Now().Unix()
	switch {
	case !p.hasForm:
		return jwt.ErrTokenInvalidClaims
	case issuer != "" && p.text("iss") != issuer:
		return jwt.ErrTokenInvalidIssuer
	case audience != "" && !slices.Contains(audiences, audience):
		return jwt.ErrTokenInvalidAudience
	case p.before != nil && now < p.before.ceil:
		return jwt.ErrTokenNotValidYet
	case p.expires == nil:
		return jwt.ErrTokenRequiredClaimMissing
	case now >= p.expires.floor:
		return jwt.ErrTokenExpired
	}
	return nil
}

func (p referencePayload) registered() jwt.RegisteredClaims {
	date := func(d *referenceDate) *jwt.NumericDate {
		if d == nil {
			return nil
		}
		return &jwt.NumericDate{Time: time.Unix(d.floor, 0)}
	}
	audiences, _ := p.audiences()
	return jwt.RegisteredClaims{
		Issuer: p.text("iss"), Subject: p.text("sub"), ID: p.text("jti"), Audience: audiences,
		ExpiresAt: date(p.expires), NotBefore: date(p.before), IssuedAt: date(p.born),
	}
}

// scopes reads scope, or scp where scope is absent, null, or has nothing in it.
func (p referencePayload) scopes() (scopes []string) {
	list := p.members["scope"]
	array, isArray := list.([]any)
	text, isText := list.(string)
	if list == nil || isArray && len(array) == 0 || isText && strings.Trim(text, " ") == "" {
		list = p.members["scp"]
	}
	if array, ok := list.([]any); ok {
		scopes, _ = stringsOf(array)
		return scopes
	}
	text, _ = list.(string)
	for _, word := range strings.Split(text, " ") {
		if word != "" {
			scopes = append(scopes, word)
		}
	}
	return scopes
}

// sameJSON reports whether got equals want, in which all numbers are json.Number.
func sameJSON(got, want any) bool {
	switch want := want.(type) {
	case map[string]any:
		got, ok := got.(map[string]any)
		if !ok || len(got) != len(want) {
			return false
		}
		for name := range want {
			if value, ok := got[name]; !ok || !sameJSON(value, want[name]) {
				return false
			}
		}
		return true
	case []any:
		got, ok := got.([]any)
		return ok && slices.EqualFunc(got, want, func(a, b any) bool { return sameJSON(a, b) })
	case json.Number:
		f, err := want.Float64()
		isLarge := (f >= 1<<53 || f <= -1<<53) && !strings.ContainsAny(string(want), ".eE")
		return err == nil && (isLarge && got == want || !isLarge && got == f)
	}
	return got == want
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
