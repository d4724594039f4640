package tokenjson

import (
	stdjson "encoding/json"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/internal/numericdate"
)

// A shape is a type that a pass fills.
type shape struct {
	kind   kind
	t      reflect.Type
	elem   *shape  // of a dictionary or a pointer
	fields members // of an object
}

type kind uint8

const (
	other kind = iota // the library fills it
	text
	boolean
	integer       // signed
	number        // json.Number
	anything      // any
	date          // jwt.NumericDate
	recipients    // jwt.ClaimStrings
	texts         // []string
	dictionary    // with other elements
	anyDictionary // map[string]any
	object
	pointer
)

var special = map[reflect.Type]kind{
	reflect.TypeFor[stdjson.Number]():   number,
	reflect.TypeFor[any]():              anything,
	reflect.TypeFor[jwt.NumericDate]():  date,
	reflect.TypeFor[jwt.ClaimStrings](): recipients,
	reflect.TypeFor[[]string]():         texts,
	reflect.TypeFor[map[string]any]():   anyDictionary,
	reflect.TypeFor[jwt.MapClaims]():    anyDictionary,
}

// shapes has the shapes of types, so that a type that contains itself gets one.
type shapes map[reflect.Type]*shape

func (made shapes) of(t reflect.Type) *shape {
	if s := made[t]; s != nil {
		return s
	}
	s := &shape{kind: special[t], t: t}
	made[t] = s
	switch k := t.Kind(); {
	case s.kind != other:
	case k == reflect.String:
		s.kind = text
	case k == reflect.Bool:
		s.kind = boolean
	case k >= reflect.Int && k <= reflect.Int64:
		s.kind = integer
	case k == reflect.Pointer:
		s.kind, s.elem = pointer, made.of(t.Elem())
	case k == reflect.Map && t.Key().Kind() == reflect.String && special[t.Key()] == other:
		s.kind, s.elem = dictionary, made.of(t.Elem())
	case k == reflect.Struct:
		if fields := map[string]member{}; made.addFields(t, nil, nil, fields) {
			s.kind, s.fields = object, newMembers(fields)
		}
	}
	return s
}

// addFields adds the fields of a struct, which is at path and embedded in outside, and those that
// are embedded in it. It returns false if only the library knows what they mean.
func (made shapes) addFields(t reflect.Type, outside []reflect.Type, path []int, fields map[string]member) bool {
	outside = append(slices.Clone(outside), t)
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		if tag == "-" || !f.IsExported() && !f.Anonymous {
			continue
		}
		if !f.IsExported() || strings.Contains(options, "string") || strings.ContainsAny(name, `'"\`) {
			return false
		}
		at := append(slices.Clone(path), i)
		if f.Anonymous && name == "" {
			inner := f.Type
			if inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			if inner.Kind() != reflect.Struct || special[inner] != other || slices.Contains(outside, inner) || !made.addFields(inner, outside, at, fields) {
				return false
			}
			continue
		}
		if name == "" {
			name = f.Name
		}
		known, isKnown := fields[name]
		if isKnown && len(known.path) == len(at) {
			return false
		}
		if !isKnown || len(at) < len(known.path) { // the outer one counts
			fields[name] = member{name: name, path: at, shape: made.of(f.Type)}
		}
	}
	return true
}

// A member is what is wanted of an object: for a field, for the facts, or for both.
type member struct {
	name  string
	bit   uint64 // of those that an object has had; 0 if the list of names finds duplicates
	set   setter // of a claim that the facts need, or nil
	shape *shape // nil without a field
	path  []int  // of the field
}

// members is a hash table, at most half full.
type members []struct {
	key uint64 // of the name
	*member
}

func newMembers(wanted map[string]member) members {
	size := 2
	for size < 2*len(wanted) {
		size *= 2
	}
	table, bit := make(members, size), uint64(1)
	for name, m := range wanted {
		key := keyOf([]byte(name))
		m.name, m.bit = name, bit
		bit <<= 1 // and 0 from the 65th on
		to := &table[table.place(key, []byte(name))]
		to.key, to.member = key, &m
	}
	return table
}

// A target is what a pass reads a payload into.
type target struct {
	root *shape  // of the claims type; the zero shape for the facts alone
	top  members // the fields, and what the facts need
}

func newTarget(root *shape) *target {
	wanted := map[string]member{}
	for _, m := range root.fields {
		if m.member != nil {
			wanted[m.name] = *m.member
		}
	}
	for name, set := range setters {
		m := wanted[name]
		m.set = set
		wanted[name] = m
	}
	return &target{root, newMembers(wanted)}
}

// place returns where a member is, or would be.
func (t members) place(key uint64, name []byte) int {
	for at := int(key >> 32); ; at++ {
		at &= len(t) - 1
		if m := &t[at]; m.member == nil || m.key == key && m.name == string(name) {
			return at
		}
	}
}

// A pass fills a value from a payload. What it cannot do exactly as the library does is a fault.
type pass struct {
	*reader
	payload string // the text of the reader
	options []json.Options
}

func newPass(payload string, options []json.Options) pass {
	r := newReader(nil, maxDepth, len(payload))
	r.buffer = append(r.buffer, payload...)
	r.text = r.buffer
	return pass{r, payload, options}
}

// pass reads a payload into v, the zero value of the claims type, and into f.
func (t *target) pass(payload string, v reflect.Value, f *Facts, d *Decoder) error {
	p := newPass(payload, d.options)
	defer p.release()
	if p.peek() != '{' {
		return errLimits
	}
	f.payload = payload
	n, seen := 0, uint64(0)
	for more := p.open('}'); more; more = p.next('}') {
		n++
		m := p.wanted(t.top, &seen, t.root.kind == anyDictionary)
		c := p.peek()
		start := p.pos
		switch {
		case t.root.kind == anyDictionary:
			p.push(p.anything())
		case m != nil && m.shape != nil:
			p.fill(m.shape, fieldAt(v, m.path))
		default:
			p.skip(c)
		}
		at := part{uint32(start), uint32(p.pos)}
		if m != nil && m.set != nil && !p.fault && !m.set(f, at, f.text(at), d.numericSubject) {
			return unfitClaim(m.name, f.text(at))
		}
	}
	if t.root.kind == anyDictionary {
		v.Set(reflect.ValueOf(p.takeMap(0, 0)).Convert(t.root.t))
	} else {
		p.close(0)
	}
	if !p.isDone() || n > maxMembers {
		return errLimits
	}
	return nil
}

// wanted reads a name and returns what is wanted of it, nil if nothing. seen has the members that
// the object has had. Their names go to the list of names only if they are needed for a map.
func (p *pass) wanted(t members, seen *uint64, needsName bool) *member {
	name := p.name()
	m := t[t.place(name.key, p.textOf(name))].member
	if m == nil || m.bit == 0 || p.fault || needsName {
		return m
	}
	if *seen&m.bit != 0 {
		p.fail()
	}
	*seen |= m.bit
	p.names = p.names[:len(p.names)-1]
	return m
}

// fieldAt returns a field of v. It sets embedded pointers that are nil.
func fieldAt(v reflect.Value, path []int) reflect.Value {
	for i, at := range path {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(at)
	}
	return v
}

// fill reads one value into v, which is zero.
func (p *pass) fill(s *shape, v reflect.Value) {
	c, start := p.peek(), p.pos
	if c == 'n' && s.kind != other && s.kind != date {
		p.literal("null")
		return
	}
	if s.kind >= dictionary && s.kind <= object && c != '{' {
		p.fail()
		return
	}
	switch s.kind {
	case text:
		v.SetString(p.unquoted())
	case boolean:
		if p.skip(c); c != 't' && c != 'f' {
			p.fail()
		}
		v.SetBool(c == 't')
	case integer:
		x, ok := numericdate.ParseDigits(strings.TrimPrefix(p.textAt(p.value()), "-"))
		if c == '-' {
			x, ok = -x, ok && x > 0 // the library decides on -0
		}
		if !ok || v.OverflowInt(x) {
			p.fail()
		}
		v.SetInt(x)
	case number:
		if p.skip(c); c != '-' && (c < '0' || c > '9') {
			p.fail()
		}
		v.SetString(p.textAt(span{start, p.pos}))
	case anything, anyDictionary:
		v.Set(reflect.ValueOf(p.anything()).Convert(s.t))
	case date:
		text, to := p.textAt(p.value()), v.Addr().Interface().(*jwt.NumericDate)
		if seconds, ok := numericdate.ParseDigits(text); ok && seconds <= numericdate.Max {
			to.Time = time.Unix(seconds, 0).Truncate(jwt.TimePrecision)
		} else if p.fault || decodeNumericDate([]byte(text), to) != nil {
			p.fail()
		}
	case recipients:
		to := v.Addr().Interface().(*jwt.ClaimStrings)
		if c == '"' {
			*to = jwt.ClaimStrings{p.unquoted()}
		} else if all := p.texts(); len(all) > 0 {
			*to = all
		}
	case texts:
		*v.Addr().Interface().(*[]string) = p.texts()
	case dictionary:
		v.Set(reflect.MakeMap(s.t))
		name, elem := reflect.New(s.t.Key()).Elem(), reflect.New(s.t.Elem()).Elem()
		base := len(p.names)
		for more := p.open('}'); more; more = p.next('}') {
			name.SetString(p.lasting(p.name()))
			elem.SetZero()
			p.fill(s.elem, elem)
			v.SetMapIndex(name, elem)
		}
		p.close(base)
	case object:
		base, seen := len(p.names), uint64(0)
		for more := p.open('}'); more; more = p.next('}') {
			if m := p.wanted(s.fields, &seen, false); m != nil {
				p.fill(m.shape, fieldAt(v, m.path))
			} else {
				p.skip(p.peek())
			}
		}
		p.close(base)
	case pointer:
		v.Set(reflect.New(s.t.Elem()))
		p.fill(s.elem, v.Elem())
	default:
		if text := p.textAt(p.value()); !p.fault && json.Unmarshal([]byte(text), v.Addr().Interface(), p.options...) != nil {
			p.fail()
		}
	}
}

// texts reads an array of strings.
func (p *pass) texts() []string {
	if p.peek() != '[' {
		p.fail()
		return nil
	}
	p.elements = p.elements[:0]
	hasEscapes := false
	for more := p.open(']'); more; more = p.next(']') {
		p.peek()
		inner, escaped := p.string()
		p.elements = append(p.elements, inner)
		hasEscapes = hasEscapes || escaped
	}
	if p.fault {
		return nil
	}
	all := make([]string, len(p.elements))
	for i, s := range p.elements {
		if all[i] = p.textAt(s); hasEscapes {
			all[i] = unquote(p.payload[s.start-1 : s.end+1])
		}
	}
	return all
}

// anything reads one value as encoding/json does. Only an integer that a float64 may not hold
// exactly becomes a json.Number.
func (p *pass) anything() any {
	switch c := p.peek(); c {
	case '"':
		return p.unquoted()
	case '{':
		base, from := len(p.names), len(p.values)
		for more := p.open('}'); more; more = p.next('}') {
			p.name()
			p.push(p.anything())
		}
		return p.takeMap(base, from)
	case '[':
		from := len(p.values)
		for more := p.open(']'); more; more = p.next(']') {
			p.push(p.anything())
		}
		list := append(make([]any, 0, len(p.values)-from), p.values[from:]...)
		p.drop(from)
		return list
	case 't', 'f':
		p.skip(c)
		return c == 't'
	case 'n':
		p.literal("null")
		return nil
	}
	digits := p.textAt(p.value())
	if x, ok := numericdate.ParseDigits(digits); ok && x < 1<<53 {
		return float64(x)
	}
	x, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		p.fail()
	}
	if math.Abs(x) >= 1<<53 && strings.Trim(digits, "-0123456789") == "" {
		return stdjson.Number(digits)
	}
	return x
}

func (p *pass) push(x any) { p.values = append(p.values, x) }

// takeMap ends an object whose names begin at base, and whose values begin at from.
func (p *pass) takeMap(base, from int) map[string]any {
	m := make(map[string]any, len(p.values)-from)
	if !p.fault { // else there may be a name too few
		for i, x := range p.values[from:] {
			m[p.lasting(p.names[base+i])] = x
		}
	}
	p.drop(from)
	p.close(base)
	return m
}

func (p *pass) drop(from int) {
	clear(p.values[from:])
	p.values = p.values[:from]
}

// textAt returns a part of the payload, without a copy.
func (p *pass) textAt(s span) string { return p.payload[s.start:s.end] }

// lasting returns a name that stays valid.
func (p *pass) lasting(n nameRef) string {
	if n.escaped {
		return string(p.textOf(n))
	}
	return p.textAt(n.span)
}

// unquoted reads a string. It is a part of the payload, or in new memory if it has escapes.
func (p *pass) unquoted() string {
	inner, escaped := p.string()
	if escaped {
		return unquote(p.payload[inner.start-1 : inner.end+1])
	}
	return p.textAt(inner)
}
