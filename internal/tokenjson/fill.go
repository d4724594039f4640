package tokenjson

import (
	stdjson "encoding/json"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/golang-jwt/jwt/v5"
)

// A shape is a type that a pass fills. What is not filled here is left to the library, value by
// value.
type shape struct {
	kind kind
	t    reflect.Type
	elem *shape  // of a list, a dictionary or a pointer
	of   members // of an object
}

type kind uint8

const (
	other kind = iota // the library fills it
	text
	boolean
	signed
	unsigned
	float
	number     // json.Number
	anything   // any
	date       // jwt.NumericDate
	recipients // jwt.ClaimStrings
	texts      // []string
	list
	dictionary
	anyDictionary // map[string]any
	object
	pointer
)

// shapes makes shapes. A type that contains itself gets one shape.
type shapes map[reflect.Type]*shape

var kinds = map[reflect.Kind]kind{
	reflect.String: text, reflect.Bool: boolean, reflect.Float64: float,
	reflect.Int: signed, reflect.Int8: signed, reflect.Int16: signed, reflect.Int32: signed, reflect.Int64: signed,
	reflect.Uint: unsigned, reflect.Uint8: unsigned, reflect.Uint16: unsigned, reflect.Uint32: unsigned, reflect.Uint64: unsigned,
}

func (b shapes) of(t reflect.Type) *shape {
	if s := b[t]; s != nil {
		return s
	}
	s := &shape{kind: kinds[t.Kind()], t: t}
	b[t] = s
	switch t {
	case reflect.TypeFor[stdjson.Number]():
		s.kind = number
		return s
	case reflect.TypeFor[any]():
		s.kind = anything
		return s
	case reflect.TypeFor[jwt.NumericDate]():
		s.kind = date
		return s
	case reflect.TypeFor[jwt.ClaimStrings]():
		s.kind = recipients
		return s
	case reflect.TypeFor[[]string]():
		s.kind = texts
		return s
	}
	switch t.Kind() {
	case reflect.Pointer:
		s.kind, s.elem = pointer, b.of(t.Elem())
	case reflect.Slice:
		if t.Elem().Kind() != reflect.Uint8 { // bytes are base64
			s.kind, s.elem = list, b.of(t.Elem())
		}
	case reflect.Map:
		switch {
		case t.Key() == reflect.TypeFor[string]() && t.Elem() == reflect.TypeFor[any]():
			s.kind = anyDictionary
		case t.Key().Kind() == reflect.String:
			s.kind, s.elem = dictionary, b.of(t.Elem())
		}
	case reflect.Struct:
		if fields, ok := b.fields(t); ok {
			s.kind, s.of = object, newMembers(fields)
		}
	}
	return s
}

// fields returns the fields of a struct with those of embedded ones. ok is false if only the
// library knows what they mean.
func (b shapes) fields(t reflect.Type) (fields []member, ok bool) {
	byName := map[string]int{} // the index in fields
	var visit func(t reflect.Type, path []int) bool
	visit = func(t reflect.Type, path []int) bool {
		for i := range t.NumField() {
			f := t.Field(i)
			tag := f.Tag.Get("json")
			name, options, _ := strings.Cut(tag, ",")
			at := append(slices.Clone(path), i)
			switch {
			case tag == "-" || !f.IsExported() && !f.Anonymous:
				continue
			case strings.Contains(options, "string") || strings.ContainsAny(tag, `'"\`):
				return false
			case f.Anonymous && name == "":
				in := f.Type
				if in.Kind() == reflect.Pointer {
					in = in.Elem()
				}
				if !f.IsExported() || in.Kind() != reflect.Struct || slices.Contains(typesWithFuncs, in) || !visit(in, at) {
					return false
				}
				continue
			case !f.IsExported():
				return false
			case name == "":
				name = f.Name
			}
			if j, known := byName[name]; known {
				if len(fields[j].path) == len(at) {
					return false
				}
				if len(fields[j].path) > len(at) {
					fields[j].path, fields[j].shape = at, b.of(f.Type)
				}
				continue
			}
			byName[name] = len(fields)
			fields = append(fields, member{name: name, path: at, shape: b.of(f.Type)})
		}
		return true
	}
	return fields, visit(t, nil)
}

// A member is what is wanted of an object: for a field, for the facts, or for both.
type member struct {
	name  string
	key   uint64
	claim claim
	shape *shape // nil without a field
	path  []int  // of the field; longer than 1 in an embedded struct
}

// members are found by their names.
type members []*member // a hash table, at most half full

func newMembers(wanted []member) members {
	size := 1
	for size < 2*len(wanted) {
		size *= 2
	}
	table := make(members, max(size, 2))
	for i := range wanted {
		m := &wanted[i]
		m.key = keyOf([]byte(m.name))
		at := table.first(m.key)
		for table[at] != nil {
			at = (at + 1) & (len(table) - 1)
		}
		table[at] = m
	}
	return table
}

func (t members) first(key uint64) int { return int(key>>32) & (len(t) - 1) }

func (t members) find(key uint64, name []byte) *member {
	for at := t.first(key); ; at = (at + 1) & (len(t) - 1) {
		m := t[at]
		if m == nil || m.key == key && m.name == string(name) {
			return m
		}
	}
}

// newTop returns what is wanted of a payload: the facts, and the fields of the claims type.
func newTop(root *shape) members {
	wanted := map[string]member{}
	if root != nil {
		for _, m := range root.of {
			if m != nil {
				wanted[m.name] = *m
			}
		}
	}
	for name, c := range claims {
		m := wanted[name]
		m.name, m.claim = name, c
		wanted[name] = m
	}
	return newMembers(slices.Collect(maps.Values(wanted)))
}

// A pass fills a value from a payload. What it cannot do exactly as the library does is a fault.
type pass struct {
	*reader
	payload string // the text of the reader
	options []json.Options
}

// textAt returns a part of the payload, without a copy.
func (p *pass) textAt(s span) string { return p.payload[s.start:s.end] }

// unquoted reads a string. It is a part of the payload, or in new memory if it has escapes.
func (p *pass) unquoted() string {
	inner, escaped := p.string()
	if p.fault {
		return ""
	}
	if escaped {
		return unquote(p.payload[inner.start-1 : inner.end+1])
	}
	return p.textAt(inner)
}

// decode reads a payload into v, the zero value of a claims type.
func (p *pass) decode(d *Decoder, v reflect.Value, f *Facts) (ok bool) {
	if p.peek() != '{' {
		return false
	}
	var all map[string]any
	if d.root.kind == anyDictionary {
		all = map[string]any{}
		v.Set(reflect.ValueOf(all).Convert(d.root.t))
	}
	n := 0
	base := p.open()
	for ; p.next('}'); n++ {
		name := p.name()
		m := d.top.find(name.key, p.textOf(name))
		p.peek()
		start := p.pos
		switch {
		case all != nil:
			all[p.nameText(name)] = p.anything()
		case m != nil && m.shape != nil:
			p.fill(m.shape, fieldAt(v, m.path))
		default:
			p.skip()
		}
		if m != nil && m.claim != noClaim && !p.fault && !f.set(m.claim, p.payload[start:p.pos], d.numericSubject) {
			return false
		}
	}
	p.close(base)
	return p.isDone() && n <= maxMembers
}

// fill reads one value into v, which is zero.
func (p *pass) fill(s *shape, v reflect.Value) {
	c := p.peek()
	if c == 'n' && s.kind != other && s.kind != date {
		p.literal("null")
		return
	}
	switch s.kind {
	case text:
		v.SetString(p.unquoted())
	case boolean:
		p.skip()
		if c != 't' && c != 'f' {
			p.fail()
		}
		v.SetBool(c == 't')
	case signed, unsigned, float, number:
		p.fillNumber(s.kind, v)
	case anything:
		if x := p.anything(); x != nil {
			v.Set(reflect.ValueOf(x))
		}
	case date:
		seconds, ok := parseDigits(p.textAt(p.value()))
		if !ok || seconds > maxNumericDate {
			p.fail()
		}
		v.Addr().Interface().(*jwt.NumericDate).Time = time.Unix(seconds, 0).Truncate(jwt.TimePrecision)
	case recipients:
		to := v.Addr().Interface().(*jwt.ClaimStrings)
		if c == '"' {
			*to = jwt.ClaimStrings{p.unquoted()}
		} else if all := p.texts(); len(all) > 0 {
			*to = all
		}
	case texts:
		*v.Addr().Interface().(*[]string) = p.texts()
	case list:
		p.fillList(s, v)
	case dictionary:
		p.fillDictionary(s, v)
	case anyDictionary:
		v.Set(reflect.ValueOf(p.object()).Convert(s.t))
	case object:
		if c != '{' {
			p.fail()
		}
		p.fillObject(s, v)
	case pointer:
		to := reflect.New(s.t.Elem())
		p.fill(s.elem, to.Elem())
		v.Set(to)
	default:
		if text := p.textAt(p.value()); !p.fault && json.Unmarshal([]byte(text), v.Addr().Interface(), p.options...) != nil {
			p.fail()
		}
	}
}

func (p *pass) fillNumber(k kind, v reflect.Value) {
	digits := p.textAt(p.value())
	if p.fault || digits[0] != '-' && (digits[0] < '0' || digits[0] > '9') {
		p.fail()
		return
	}
	switch k {
	case number:
		v.SetString(digits)
	case float:
		x, err := strconv.ParseFloat(digits, 64)
		if err != nil {
			p.fail()
		}
		v.SetFloat(x)
	case signed:
		// Zero with a sign is left to the library.
		x, err := strconv.ParseInt(digits, 10, v.Type().Bits())
		if err != nil || digits == "-0" {
			p.fail()
		}
		v.SetInt(x)
	case unsigned:
		x, err := strconv.ParseUint(digits, 10, v.Type().Bits())
		if err != nil {
			p.fail()
		}
		v.SetUint(x)
	}
}

// texts reads an array of strings.
func (p *pass) texts() []string {
	if p.peek() != '[' {
		p.fail()
		return nil
	}
	p.elements = p.elements[:0]
	escapes := false
	for p.open(); p.next(']'); {
		inner, escaped := p.string()
		p.elements = append(p.elements, inner)
		escapes = escapes || escaped
	}
	if p.fault {
		return nil
	}
	all := make([]string, len(p.elements))
	for i, s := range p.elements {
		all[i] = p.textAt(s)
		if escapes {
			all[i] = unquote(p.payload[s.start-1 : s.end+1])
		}
	}
	return all
}

func (p *pass) fillList(s *shape, v reflect.Value) {
	if p.peek() != '[' {
		p.fail()
		return
	}
	n := 0
	for p.open(); p.next(']'); n++ {
		v.Grow(1)
		v.SetLen(n + 1)
		p.fill(s.elem, v.Index(n))
	}
	if n == 0 {
		v.Set(reflect.MakeSlice(s.t, 0, 0))
	}
}

func (p *pass) fillDictionary(s *shape, v reflect.Value) {
	if p.peek() != '{' {
		p.fail()
		return
	}
	v.Set(reflect.MakeMap(s.t))
	name, elem := reflect.New(s.t.Key()).Elem(), reflect.New(s.t.Elem()).Elem()
	base := p.open()
	for p.next('}') {
		name.SetString(p.nameText(p.name()))
		elem.SetZero()
		p.fill(s.elem, elem)
		v.SetMapIndex(name, elem)
	}
	p.close(base)
}

// nameText returns the text of a name, which stays valid.
func (p *pass) nameText(n nameRef) string {
	if n.escaped {
		return string(p.textOf(n))
	}
	return p.textAt(n.span)
}

func (p *pass) fillObject(s *shape, v reflect.Value) {
	base := p.open()
	for p.next('}') {
		n := p.name()
		if m := s.of.find(n.key, p.textOf(n)); m != nil {
			p.fill(m.shape, fieldAt(v, m.path))
		} else {
			p.skip()
		}
	}
	p.close(base)
}

// fieldAt returns a field of v. It sets embedded pointers that are nil.
func fieldAt(v reflect.Value, path []int) reflect.Value {
	for _, i := range path[:len(path)-1] {
		v = v.Field(i)
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
	}
	return v.Field(path[len(path)-1])
}

// anything reads one value as decodeAny does.
func (p *pass) anything() any {
	switch c := p.peek(); c {
	case '"':
		return p.unquoted()
	case '{':
		return p.object()
	case '[':
		list := []any{}
		for p.open(); p.next(']'); {
			list = append(list, p.anything())
		}
		return list
	case 't', 'f':
		p.skip()
		return c == 't'
	case 'n':
		p.literal("null")
		return nil
	}
	digits := p.textAt(p.value())
	if x, ok := parseDigits(digits); ok && x < 1<<53 {
		return float64(x)
	}
	x, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		p.fail()
	}
	if math.Abs(x) >= 1<<53 && isInteger(digits) {
		return stdjson.Number(digits)
	}
	return x
}

func (p *pass) object() map[string]any {
	if p.peek() != '{' {
		p.fail()
		return nil
	}
	m := map[string]any{}
	base := p.open()
	for p.next('}') {
		name := p.nameText(p.name())
		m[name] = p.anything()
	}
	p.close(base)
	return m
}
