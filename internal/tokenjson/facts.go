package tokenjson

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/internal/numericdate"
)

const (
	maxDepth   = 32
	maxMembers = 256
	maxSubject = 1<<53 - 1 // every number up to it is exact, RFC 8259 section 6
)

// Facts are the registered claims that the rules need, RFC 7519 section 4.1, and the scopes. They
// are parts of the payload, and keep it in memory.
type Facts struct {
	Expires, NotBefore, IssuedAt                                     numericdate.Date
	payload                                                          string
	issuer, subject, id, session, audience, confirmation, scope, scp part
}

// A part is where the JSON text of a claim is in the payload. It is zero if the claim is absent.
type part struct{ start, end uint32 }

func (f *Facts) text(p part) string { return f.payload[p.start:p.end] }

// A setter takes the place p of a claim, and its JSON text v. It reports whether v has the claim's type.
type setter func(f *Facts, p part, v string, numericSubject bool) (ok bool)

// setters are those of the claims that Facts have.
var setters = map[string]setter{
	"iss":   func(f *Facts, p part, v string, _ bool) bool { f.issuer = p; return v[0] == '"' },
	"sub":   func(f *Facts, p part, v string, n bool) bool { f.subject = p; return v[0] == '"' || n && isSubject(v) },
	"aud":   func(f *Facts, p part, v string, _ bool) bool { f.audience = p; return isAudience(v) },
	"exp":   func(f *Facts, _ part, v string, _ bool) (ok bool) { f.Expires, ok = numericdate.Parse(v); return ok },
	"nbf":   func(f *Facts, _ part, v string, _ bool) (ok bool) { f.NotBefore, ok = numericdate.Parse(v); return ok },
	"iat":   func(f *Facts, _ part, v string, _ bool) (ok bool) { f.IssuedAt, ok = numericdate.Parse(v); return ok },
	"jti":   func(f *Facts, p part, v string, _ bool) bool { f.id = p; return v[0] == '"' },
	"sid":   func(f *Facts, p part, v string, _ bool) bool { f.session = p; return true },
	"cnf":   func(f *Facts, p part, _ string, _ bool) bool { f.confirmation = p; return true },
	"scope": func(f *Facts, p part, _ string, _ bool) bool { f.scope = p; return true },
	"scp":   func(f *Facts, p part, _ string, _ bool) bool { f.scp = p; return true },
}

var errLimits = errors.New("there are too many members, or they are nested too deep")

// ReadFacts reads the facts of a payload alone.
func ReadFacts(payload string, numericSubject bool) (f Facts, err error) {
	if err := factsOnly.pass(payload, reflect.Value{}, &f, &Decoder{numericSubject: numericSubject}); err != nil {
		return Facts{}, err
	}
	return f, nil
}

var factsOnly = newTarget(&shape{})

// unfitClaim returns the error for a claim that has the wrong type or is out of range.
func unfitClaim(name, value string) error {
	const mend = ": have the issuer send a number of seconds since 1970"
	switch c := value[0]; {
	case name == "sub" && isSubject(value):
		return errors.New("sub is a number: have the issuer send a string, or set AllowNumericSubject")
	case name == "aud":
		return errors.New("aud is neither a string nor a list of strings")
	case name != "exp" && name != "nbf" && name != "iat":
		return errors.New(name + " is not a string: have the issuer send one")
	case c == '"':
		return errors.New(name + " is a string" + mend)
	case c >= '0' && c <= '9':
		return errors.New(name + " is beyond the year 9999, as milliseconds are" + mend)
	}
	return errors.New(name + " is not a date" + mend)
}

// IsFor reports whether aud names one of the audiences. It does if there are no audiences.
func (f *Facts) IsFor(audiences []string) bool {
	if len(audiences) == 0 {
		return true
	}
	found := false
	each(f.text(f.audience), func(v string) bool {
		found = slices.Contains(audiences, unquote(v))
		return !found
	})
	return found
}

// HasIssuer reports whether the token has an iss.
func (f *Facts) HasIssuer() bool { return f.issuer != part{} }

// Confirmation returns cnf as JSON text, RFC 7800. It is "" if it is absent.
func (f *Facts) Confirmation() string { return f.text(f.confirmation) }

// HasAudience reports whether the token has an aud.
func (f *Facts) HasAudience() bool { return f.audience != part{} }

// Issuer returns iss, "" if it is absent.
func (f *Facts) Issuer() string { return unquote(f.text(f.issuer)) }

// Subject returns sub, "" if it is absent.
func (f *Facts) Subject() string { return unquote(f.text(f.subject)) }

// ID returns jti, "" if it is absent.
func (f *Facts) ID() string { return unquote(f.text(f.id)) }

// Session returns sid, "" if it is absent or not a string.
func (f *Facts) Session() string {
	if sid := f.text(f.session); sid != "" && sid[0] == '"' {
		return unquote(sid)
	}
	return ""
}

// Login returns auth_time, rounded down to a second, and acr (OpenID Connect Core section 2). Each is
// zero if it is absent or has another type. It reads the payload again, since few ask for them.
func (f *Facts) Login() (at time.Time, acr string) {
	r := newReader([]byte(f.payload), maxDepth, len(f.payload))
	defer r.release()
	r.ignoresDuplicates = true // there are none
	r.object(func(name, value []byte) bool {
		switch string(name) {
		case "auth_time":
			if d, ok := numericdate.Parse(string(value)); ok {
				at = d.Floor()
			}
		case "acr":
			if value[0] == '"' {
				acr = string(Unquote(value, nil))
			}
		}
		return true
	})
	return at, acr
}

// isSubject reports whether v may be a numeric subject: digits alone, the only spelling of a number.
func isSubject(v string) bool {
	n, ok := numericdate.ParseDigits(v)
	return ok && n <= maxSubject
}

// Audience returns aud as a list, nil if it is absent or empty.
func (f *Facts) Audience() (list []string) {
	each(f.text(f.audience), func(v string) bool {
		list = append(list, unquote(v))
		return true
	})
	return list
}

// isAudience reports whether v is a string or an array of strings.
func isAudience(v string) bool {
	ok := v[0] == '"' || v[0] == '['
	each(v, func(one string) bool {
		ok = ok && one[0] == '"'
		return ok
	})
	return ok
}

// Registered returns the registered claims.
func (f *Facts) Registered() jwt.RegisteredClaims {
	c := jwt.RegisteredClaims{Issuer: f.Issuer(), Subject: f.Subject(), ID: f.ID(), Audience: f.Audience()}
	var dates [3]jwt.NumericDate // in one allocation
	for i, d := range [...]numericdate.Date{f.Expires, f.NotBefore, f.IssuedAt} {
		if d.Present() {
			dates[i].Time = d.Floor()
			*[...]**jwt.NumericDate{&c.ExpiresAt, &c.NotBefore, &c.IssuedAt}[i] = &dates[i]
		}
	}
	return c
}

// Scopes calls yield with each scope, until it returns false: the words of scope if it is a string
// (RFC 6749 section 3.3), or its elements if it is an array of strings. If scope is absent, null
// or empty, these are of scp. It does not allocate, unless a scope has escapes.
func (f *Facts) Scopes(yield func(string) bool) {
	switch scope := f.text(f.scope); {
	case scope == "" || scope == "null":
	case !isAudience(scope):
		return // scp does not stand for something odd
	default:
		some := false
		words(scope, func(word string) bool {
			some = true
			return yield(word)
		})
		if some {
			return
		}
	}
	if scp := f.text(f.scp); scp != "" && isAudience(scp) {
		words(scp, yield)
	}
}

// words calls yield with the words of a string, or with the elements of an array of strings.
func words(v string, yield func(string) bool) {
	each(v, func(one string) bool {
		text := unquote(one)
		if v[0] == '[' {
			return yield(text)
		}
		for text != "" {
			var word string
			word, text, _ = strings.Cut(text, " ")
			if word != "" && !yield(word) {
				return false
			}
		}
		return true
	})
}

// each calls yield with the JSON texts of the elements of an array, until it returns false, or
// with v itself if it is no array. v is strict JSON, or "" for nothing. Of an element that is an
// object or array, yield gets a part that is no string.
func each(v string, yield func(string) bool) {
	if v == "" {
		return
	}
	if v[0] != '[' {
		yield(v)
		return
	}
	for v = v[1:]; v[0] != ']'; {
		if v[0] <= ' ' || v[0] == ',' {
			v = v[1:]
			continue
		}
		end := 1
		if v[0] == '"' {
			for ; v[end] != '"'; end++ {
				if v[end] == '\\' {
					end++
				}
			}
			end++
		}
		if !yield(v[:end]) {
			return
		}
		v = v[end:]
	}
}

// unquote returns the text of a JSON string, or v itself if it is none.
func unquote(v string) string {
	if v == "" || v[0] != '"' {
		return v
	}
	if strings.IndexByte(v, '\\') < 0 {
		return v[1 : len(v)-1]
	}
	text, _ := jsontext.AppendUnquote(nil, v) // the payload was strict
	return string(text)
}

// Unquote returns the text of a JSON string, which is valid for as long as v and scratch are.
func Unquote(v, scratch []byte) []byte {
	if bytes.IndexByte(v, '\\') < 0 {
		return v[1 : len(v)-1]
	}
	text, _ := jsontext.AppendUnquote(scratch[:0], v)
	return text
}

// PeekIssuer returns the iss of an object in text. It is "" if iss is not a string, or has more
// than maxBytes as it is written. What follows iss is not checked.
func PeekIssuer(text []byte, maxBytes int) (issuer string) {
	r := newReader(text, maxDepth, len(text))
	defer r.release()
	r.ignoresDuplicates = true
	n := 0
	r.object(func(name, value []byte) bool {
		n++
		isIssuer := string(name) == "iss"
		if isIssuer && value[0] == '"' && len(value) <= maxBytes+2 {
			issuer = string(Unquote(value, r.spill))
		}
		return !isIssuer && n < maxMembers
	})
	return issuer
}
