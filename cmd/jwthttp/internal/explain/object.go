package explain

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

// An object is a JSON object that was read without being strict: of a name that is there twice
// the last value counts. Until it is changed, its JSON is the text that was read.
type object struct {
	text    []byte
	members map[string]json.RawMessage // nil if the text is not an object
}

func readObject(text []byte) object {
	o := object{text: text}
	if json.Unmarshal(text, &o.members) != nil {
		o.members = nil
	}
	return o
}

func (o *object) clone() object { return object{o.text, maps.Clone(o.members)} }

// json returns the JSON of o.
func (o *object) json() []byte { return o.text }

// set sets a member. A nil value removes it.
func (o *object) set(name string, value any) {
	if o.members == nil {
		o.members = map[string]json.RawMessage{}
	}
	delete(o.members, name)
	if value != nil {
		text, err := json.Marshal(value)
		if err != nil {
			return
		}
		o.members[name] = text
	}
	o.rewrite()
}

// keepOnly removes all members but those of names, and reports whether there were any. It writes
// the text once: a text for each member would be work that grows with their square.
func (o *object) keepOnly(names ...string) (removed bool) {
	before := len(o.members)
	maps.DeleteFunc(o.members, func(name string, _ json.RawMessage) bool { return !slices.Contains(names, name) })
	if len(o.members) == before {
		return false
	}
	o.rewrite()
	return true
}

// rewrite makes the text strict JSON. Nothing is escaped that need not be, so that a token at
// the limit of the size stays within it.
func (o *object) rewrite() {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(o.members) == nil {
		o.text = bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	}
}

func (o *object) has(name string) bool { return o.members[name] != nil }

// str returns a member that is a string, else "".
func (o *object) str(name string) string {
	s, _ := asString(o.members[name])
	return s
}

// list returns a member that is a string or a list of strings.
func (o *object) list(name string) []string {
	if s, ok := asString(o.members[name]); ok {
		return []string{s}
	}
	var list []string
	if json.Unmarshal(o.members[name], &list) != nil {
		return nil
	}
	return list
}

func asString(value json.RawMessage) (string, bool) {
	if len(value) == 0 || value[0] != '"' {
		return "", false
	}
	var s string
	return s, json.Unmarshal(value, &s) == nil
}

// asNumber returns a value that is a JSON number.
func asNumber(value json.RawMessage) (float64, bool) {
	if len(value) == 0 || value[0] != '-' && (value[0] < '0' || value[0] > '9') {
		return 0, false
	}
	var n float64
	return n, json.Unmarshal(value, &n) == nil
}
