package tokenjson

import (
	"errors"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

const (
	maxDepth   = 32
	maxMembers = 256
	maxSubject = 1<<53 - 1 // every number up to it is exact, RFC 8259 section 6
)

// Facts are the registered claims that the rules need, RFC 7519 section 4.1.
type Facts struct {
	Expires       NumericDate
	NotBefore     NumericDate
	IssuedAt      NumericDate
	SenderIsBound bool // cnf is present, RFC 7800

	issuer, subject, audience []byte // JSON text; nil if absent
}

// readFacts walks the members of a payload that a strict decoder has accepted.
func readFacts(members *Object, numericSubject bool) (f Facts, err error) {
	n := 0
	for members.Next() {
		n++
		ok, v := true, members.Value
		switch string(members.Name()) {
		case "iss":
			f.issuer, ok = v, v[0] == '"'
		case "sub":
			f.subject, ok = v, v[0] == '"' || numericSubject && isSubject(v)
		case "jti":
			ok = v[0] == '"'
		case "aud":
			f.audience, ok = v, isAudience(v)
		case "exp":
			f.Expires, ok = ParseNumericDate(v)
		case "nbf":
			f.NotBefore, ok = ParseNumericDate(v)
		case "iat":
			f.IssuedAt, ok = ParseNumericDate(v)
		case "cnf":
			f.SenderIsBound = true
		}
		if !ok {
			return Facts{}, errors.New(kindOf(string(members.Name()), v))
		}
	}
	if members.tooDeep || n > maxMembers {
		return Facts{}, errors.New("there are too many members, or they are nested too deep")
	}
	return f, nil
}

// kindOf returns the error text for a claim that has the wrong type or is out of range.
func kindOf(name string, value []byte) string {
	const mend = ": have the issuer send a number of seconds since 1970"
	isString := value[0] == '"'
	if name == "sub" && isSubject(value) {
		return "sub is a number: have the issuer send a string, or set AllowNumericSubject"
	}
	switch name {
	case "exp", "nbf", "iat":
		if isString {
			return name + " is a string" + mend
		}
		if value[0] >= '0' && value[0] <= '9' {
			return name + " is beyond the year 9999, as milliseconds are" + mend
		}
		return name + " is not a date" + mend
	case "aud":
		return "aud is neither a string nor a list of strings"
	}
	return name + " is not a string: have the issuer send one"
}

// FactsOf returns the facts of a payload that was decoded.
func FactsOf(payload []byte) Facts {
	var members Object
	if !members.Open(payload, maxDepth) {
		return Facts{}
	}
	f, _ := readFacts(&members, true)
	return f
}

// IsFor reports whether aud names one of the audiences. It does if there are no audiences.
func (f *Facts) IsFor(audiences []string) bool {
	if len(audiences) == 0 {
		return true
	}
	s := scanner{text: f.audience}
	if s.peek() == '[' {
		s.pos++
	}
	for s.peek() == '"' {
		one := Unquote(s.value(), nil)
		for _, audience := range audiences {
			if string(one) == audience {
				return true
			}
		}
	}
	return false
}

// HasIssuer reports whether the token has an iss.
func (f *Facts) HasIssuer() bool { return f.issuer != nil }

// HasAudience reports whether the token has an aud.
func (f *Facts) HasAudience() bool { return f.audience != nil }

// Issuer returns iss, "" if it is absent.
func (f *Facts) Issuer() string {
	issuer, _ := stringValue(f.issuer)
	return issuer
}

// Subject returns sub, "" if it is absent.
func (f *Facts) Subject() string {
	return subjectOf(f.subject)
}

// isSubject reports whether v is a number that may be a subject: digits without a fraction or an
// exponent, which would be further spellings of one number.
func isSubject(v []byte) bool {
	n, ok := parseDigits(v)
	return ok && n <= maxSubject
}

// subjectOf returns the string or the digits.
func subjectOf(v []byte) string {
	if text, ok := stringValue(v); ok {
		return text
	}
	return string(v)
}

// Audience returns aud as a list, nil if it is absent.
func (f *Facts) Audience() []string {
	var list jwt.ClaimStrings
	if f.audience != nil {
		_ = decodeClaimStrings(f.audience, &list) // readFacts has checked its type
	}
	return list
}

// IsFrom reports whether iss is issuer. It does not allocate.
func (f *Facts) IsFrom(issuer string) bool { return isString(f.issuer, issuer) }

// isAudience reports whether v is a string or an array of strings.
func isAudience(v []byte) bool {
	if v[0] == '"' {
		return true
	}
	if v[0] != '[' {
		return false
	}
	s := scanner{text: v, pos: 1}
	for s.peek() == '"' {
		s.value()
	}
	return s.peek() == ']'
}

// Registered returns the registered claims of a payload that was decoded.
func Registered(payload []byte) (c jwt.RegisteredClaims) {
	var members Object
	if !members.Open(payload, maxDepth) {
		return c
	}
	date := func(v []byte) *jwt.NumericDate {
		d, _ := ParseNumericDate(v)
		return &jwt.NumericDate{Time: d.Floor()}
	}
	for members.Next() {
		switch v := members.Value; string(members.Name()) {
		case "iss":
			c.Issuer, _ = stringValue(v)
		case "sub":
			c.Subject = subjectOf(v)
		case "jti":
			c.ID, _ = stringValue(v)
		case "aud":
			_ = decodeClaimStrings(v, &c.Audience) // readFacts has checked its type
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

// Scopes returns the scopes of a payload that was decoded.
func Scopes(payload []byte) []string {
	var members Object
	if !members.Open(payload, maxDepth) {
		return nil
	}
	var scp []byte
	for members.Next() {
		switch string(members.Name()) {
		case "scope":
			if scopes, ok := scopesIn(members.Value); !ok || len(scopes) > 0 {
				return scopes
			}
		case "scp":
			scp = members.Value
		}
	}
	scopes, _ := scopesIn(scp)
	return scopes
}

// scopesIn returns the words of a string (RFC 6749 section 3.3), or the elements of an array of
// strings. It reports whether v is one of these, null or nil.
func scopesIn(v []byte) (scopes []string, ok bool) {
	s := scanner{text: v}
	switch s.peek() {
	case '"':
		text, _ := stringValue(v)
		return strings.FieldsFunc(text, func(c rune) bool { return c == ' ' }), true
	case '[':
		for s.pos++; s.peek() != ']'; {
			text, ok := stringValue(s.value())
			if !ok {
				return nil, false
			}
			scopes = append(scopes, text)
		}
		return scopes, true
	}
	return nil, len(v) == 0 || v[0] == 'n'
}

// PeekIssuer returns the iss of a payload that was not decoded. It is "" if iss is not a
// string, or has more than maxBytes as it is written. scratch is at least as long as payload.
func PeekIssuer(payload, scratch []byte, maxBytes int) string {
	// Nothing here checks that this is strict JSON.
	var members Object
	if !members.Open(payload, maxDepth) {
		return ""
	}
	for range maxMembers {
		if !members.Next() || members.TooDeep() {
			break
		}
		if string(members.Name()) != "iss" {
			continue
		}
		if v := members.Value; v[0] == '"' && len(v) <= maxBytes+2 {
			return string(Unquote(v, scratch))
		}
		break
	}
	return ""
}
