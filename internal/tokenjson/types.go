package tokenjson

import (
	"cmp"
	"encoding"
	stdjson "encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// NewDecoder returns the decoder for claims of type t. The error lists why tokens could not be
// decoded into t, so that New fails and not every request. numericSubject allows a sub that is a
// number.
func NewDecoder(t reflect.Type, numericSubject bool) (Decoder, error) {
	w := typeWalk{root: t, seen: map[reflect.Type]bool{}, named: map[string]bool{}, numericSubject: numericSubject}
	switch {
	case t.Kind() == reflect.Pointer:
		w.fault("is a pointer: write New[%s], then ClaimsFromContext[%s] finds the claims", t.Elem(), t.Elem())
	case t.Kind() == reflect.Interface:
		w.fault("is an interface, and the decoder cannot know what to put in it: use a struct or jwt.MapClaims")
	case implements(t, unmarshalerFrom, jsonUnmarshaler):
		w.foreign = true
	case t.Kind() == reflect.Map && t.Key().Kind() == reflect.String && t.Elem().Kind() == reflect.String:
		w.fault("cannot hold the number in exp: use jwt.MapClaims")
	case t.Kind() == reflect.Struct, t.Kind() == reflect.Map && t.Key().Kind() == reflect.String:
		w.visit(t, "")
		w.visitEmbedded(t, "", map[reflect.Type]bool{})
		w.visitRegistered()
	default:
		w.fault("cannot hold the members of a JSON object: use a struct or jwt.MapClaims")
	}
	if len(w.faults) == 0 {
		w.visitValidate()
	}
	if len(w.faults) > 0 {
		return Decoder{}, fmt.Errorf("the claims type %s %s", t, strings.Join(w.faults, "; it "))
	}
	d := decoderFor(w.needsFuncs)
	d.numericSubject = numericSubject
	if s := make(shapes).of(t); !w.foreign && (s.kind == object || s.kind == anyDictionary) {
		d.target = newTarget(s)
	}
	return d, nil
}

var (
	jsonUnmarshaler = reflect.TypeFor[stdjson.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	unmarshalerFrom = reflect.TypeFor[json.UnmarshalerFrom]()
)

func implements(t reflect.Type, ifaces ...reflect.Type) bool {
	return slices.ContainsFunc(ifaces, func(i reflect.Type) bool { return t.Implements(i) || reflect.PointerTo(t).Implements(i) })
}

// A typeWalk visits every type in a claims type.
type typeWalk struct {
	root           reflect.Type
	seen           map[reflect.Type]bool
	named          map[string]bool // fields of the root and of what it embeds, by the names in their tags
	needsFuncs     bool
	foreign        bool
	faults         []string
	numericSubject bool
}

func (w *typeWalk) fault(format string, args ...any) {
	w.faults = append(w.faults, fmt.Sprintf(format, args...))
}

func (w *typeWalk) visit(t reflect.Type, path string) {
	if w.seen[t] {
		return
	}
	w.seen[t] = true
	switch {
	case t.Kind() == reflect.Pointer:
		if pointsToItself(t) {
			w.fault("has the pointer %s at %s, which only ever points to itself: use a type with a value", t, path)
			return
		}
		w.visit(t.Elem(), path)
		return
	case special[t] >= number && special[t] <= recipients:
		w.needsFuncs = true
		return
	case t == reflect.TypeFor[time.Duration]():
		w.fault("has a time.Duration at %s, which JSON does not have: use int64 and name the unit in the field's name", path)
		return
	case implements(t, unmarshalerFrom, jsonUnmarshaler, textUnmarshaler):
		w.foreign = true
		return
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		w.visit(t.Elem(), path)
	case reflect.Map:
		if k := t.Key(); k.Kind() != reflect.String && !implements(k, textUnmarshaler) && (k.Kind() < reflect.Int || k.Kind() > reflect.Float64 || k.Kind() == reflect.Uintptr) {
			w.fault("has a map at %s whose keys are %s: use strings", path, k)
		}
		w.visit(t.Key(), path+" (key)")
		w.visit(t.Elem(), path)
	case reflect.Interface:
		w.fault("has the interface %s at %s, and the decoder cannot know what to put in it: use a concrete type", t, path)
	case reflect.Chan, reflect.Func, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer:
		w.fault("has a %s at %s, which JSON cannot fill: take it out or tag it `json:\"-\"`", t, path)
	case reflect.Struct:
		w.visitFields(t, path)
	}
}

func pointsToItself(t reflect.Type) bool {
	const levels = 100 // more than any type of a program has
	for i := 0; i < levels && t.Kind() == reflect.Pointer; i++ {
		t = t.Elem()
	}
	return t.Kind() == reflect.Pointer
}

// mayBeQuoted reports whether a field of type t can be filled with the option string: a number, or a
// type that reads its text itself, for which the option does nothing.
func mayBeQuoted(t reflect.Type) bool {
	for t.Kind() == reflect.Pointer && !pointsToItself(t) {
		t = t.Elem()
	}
	switch {
	case t == reflect.TypeFor[time.Time]():
		return false
	case special[t] >= number && special[t] <= recipients, implements(t, unmarshalerFrom, jsonUnmarshaler, textUnmarshaler):
		return true
	}
	return reflect.Int <= t.Kind() && t.Kind() <= reflect.Float64 && t.Kind() != reflect.Uintptr
}

func (w *typeWalk) visitFields(t reflect.Type, path string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if _, tagged := f.Tag.Lookup("json"); tagged || !f.Anonymous {
			continue
		}
		if f.Type.Kind() == reflect.Interface || f.Type.Kind() == reflect.Map {
			w.fault("embeds %s, which gets no members: embed jwt.RegisteredClaims and declare the other claims as fields", f.Type)
			return
		}
		if f.Type.Kind() == reflect.Pointer && !f.IsExported() {
			w.fault("embeds %s, which the decoder cannot set: embed it without the pointer", f.Type)
			return
		}
	}
	// The decoder itself finds names that clash and tags that are wrong.
	d := decoderFor(false)
	if _, err := d.try(`{}`, t); err != nil {
		w.fault("cannot be decoded: mend its fields and tags: %v", err)
		return
	}
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("json")
		if tag == "-" || !f.IsExported() && !f.Anonymous {
			continue
		}
		// encoding/json would fill a field Role from role, and here it would stay empty.
		if name, _, _ := strings.Cut(tag, ","); name == "" && !f.Anonymous {
			w.fault("has the field %s.%s without a name in its tag, so that only a claim %[2]q in exactly this case would fill it: tag it `json:%q`, or use another type", path, f.Name, cmp.Or(registeredNames[f.Name], strings.ToLower(f.Name[:1])+f.Name[1:]))
		}
		for _, option := range strings.Split(tag, ",")[1:] {
			// case:ignore would accept a second spelling of a claim. The meaning of the
			// others depends on the version of the decoder.
			if !slices.Contains([]string{"", "omitempty", "omitzero", "string"}, option) {
				w.fault("has the option %q in the tag of %s.%s: use only omitempty, omitzero and string", option, path, f.Name)
			}
			if option == "string" && !mayBeQuoted(f.Type) {
				w.fault("has the option string in the tag of %s.%s, which is no number, so that nothing would fill it: leave the option out, and for a Boolean in quotes give the field a type with UnmarshalJSON", path, f.Name)
			}
		}
		w.visit(f.Type, path+"."+f.Name)
	}
}

// registeredNames are the claims that golang-jwt has in fields with these names.
var registeredNames = map[string]string{"Issuer": "iss", "Subject": "sub", "Audience": "aud", "ExpiresAt": "exp", "NotBefore": "nbf", "IssuedAt": "iat", "ID": "jti"}

// visitEmbedded finds a struct that is embedded in itself. seen has the structs that were visited. It
// is true for those that t is embedded in.
func (w *typeWalk) visitEmbedded(t reflect.Type, path string, seen map[reflect.Type]bool) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return
	}
	if isOutside, ok := seen[t]; ok {
		if isOutside {
			w.fault("embeds %s in itself, at %s: take that field out, or give it a name in its tag", t, path)
		}
		return
	}
	seen[t] = true
	defer func() { seen[t] = false }()
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if w.named[name] = true; name == "" && f.Anonymous {
			w.visitEmbedded(f.Type, path+"."+f.Name, seen)
		}
	}
}

// A Validator is a claims type with a rule of its own. It is called for every token.
type Validator interface{ Validate() error }

// visitValidate finds Validate methods that would not be called, or that would panic.
func (w *typeWalk) visitValidate() {
	claims := reflect.New(w.root)
	if own, ok := claims.Interface().(Validator); ok {
		defer func() {
			if p := recover(); p != nil {
				w.fault("has a Validate that panics on claims without any member: %v; if it is that of an embedded pointer, embed the value", p)
			}
		}()
		own.Validate()
		return
	}
	if m := claims.MethodByName("Validate"); m.IsValid() {
		w.fault("has a Validate of the type %s, which nothing calls: make it Validate() error", m.Type())
	}
	if _, ok := claims.Interface().(interface{ Valid() error }); ok {
		w.fault("has a Valid() error, which golang-jwt called before v5 and nothing calls now: rename it to Validate")
	}
	if w.root.Kind() != reflect.Struct {
		return
	}
	for _, f := range reflect.VisibleFields(w.root) {
		if f.Anonymous && implements(f.Type, reflect.TypeFor[Validator]()) {
			w.fault("embeds %s, whose Validate is not called, since there is another beside it: give the type a Validate of its own", f.Type)
		}
	}
}

// visitRegistered decodes samples of the registered claims, whose JSON types RFC 7519 fixes.
// It skips fields with a type that decodes itself: such a type may refuse the sample and
// accept real tokens.
func (w *typeWalk) visitRegistered() {
	if len(w.faults) > 0 {
		return
	}
	d := decoderFor(w.needsFuncs)
	subject, mend := `"x"`, "use a plain string"
	if w.numericSubject {
		subject, mend = strconv.FormatInt(maxSubject, 10), "use json.Number or int64, or leave AllowNumericSubject out"
	}
	for _, c := range []struct {
		name    string
		samples []string
		mend    string
	}{
		{"exp", []string{`1700000000`}, "use *jwt.NumericDate or a plain int64"},
		{"nbf", []string{`1700000000`}, "use *jwt.NumericDate or a plain int64"},
		{"iat", []string{`1700000000`}, "use *jwt.NumericDate or a plain int64"},
		{"iss", []string{`"x"`}, "use a plain string"},
		{"sub", []string{subject}, mend},
		{"jti", []string{`"x"`}, "use a plain string"},
		{"aud", []string{`"x"`, `["x"]`}, "use jwt.ClaimStrings"},
	} {
		if w.decodesItself(c.name) {
			continue
		}
		var v reflect.Value
		var err error
		for _, sample := range c.samples {
			if v, err = d.try(`{"`+c.name+`":`+sample+`}`, w.root); err == nil {
				break
			}
		}
		if err != nil {
			w.fault("cannot take what a token has for %s: %s (%v)", c.name, c.mend, err)
		} else if w.named[c.name] && v.IsZero() {
			w.fault("embeds two structs with a field for %s, and so the decoder fills neither: keep one of them, or declare the field in the type itself", c.name)
		}
	}
}

// decodesItself reports whether the field for a claim has a type that decodes itself, in an unknown way.
func (w *typeWalk) decodesItself(name string) bool {
	if w.root.Kind() != reflect.Struct {
		return false
	}
	return slices.ContainsFunc(reflect.VisibleFields(w.root), func(f reflect.StructField) bool {
		tagged, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		t := f.Type
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		return tagged == name && special[t] == other && t != reflect.TypeFor[time.Time]() && implements(t, unmarshalerFrom, jsonUnmarshaler, textUnmarshaler)
	})
}
