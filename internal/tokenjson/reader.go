package tokenjson

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// A reader steps over one JSON text and checks that it is strict: RFC 8259 in valid UTF-8,
// without lone surrogates and without a name twice in one object. After a fault every method
// does nothing, so a loop over members or elements ends.
type reader struct {
	text []byte
	progress

	buffer   []byte                 // for the caller
	names    []nameRef              // of the members so far of all objects that pos is in
	spill    []byte                 // the text of names with escapes
	table    *[2 * maxListed]uint16 // of the names of one object; made once
	elements []span                 // of an array of strings
	values   []any                  // of the objects and arrays of type any that pos is in
}

// progress says how far a reader is. It has no pointers, so it costs little to reset.
type progress struct {
	pos               int
	fault             bool // the text is not strict JSON, or breaks a limit
	depth             int  // of the object or array that pos is in
	maxDepth          int
	members           int // so far, at all depths
	maxMembers        int
	isLarge           bool // the fault is that there are more levels or members
	ignoresDuplicates bool // no list of names is kept
}

// A span is a part of reader.text.
type span struct{ start, end int }

// A nameRef is a name in reader.text, or in reader.spill.
type nameRef struct {
	span
	key     uint64
	escaped bool
}

const (
	// Up to so many members of one object, a table finds duplicates. With more, names could be
	// chosen that take long to compare, and a map finds them.
	maxListed = 256

	maxKept = 2 << 10 // of the lists for the next text
)

var readers = sync.Pool{New: func() any { return new(reader) }}

// newReader returns a reader of text. It must be given back with release.
func newReader(text []byte, maxDepth, maxMembers int) *reader {
	r := readers.Get().(*reader)
	r.text, r.progress = text, progress{maxDepth: maxDepth, maxMembers: maxMembers}
	return r
}

func (r *reader) release() {
	clear(r.values) // those of a text that was not read to its end
	if max(cap(r.names), cap(r.elements), cap(r.values)) > maxKept {
		r.names, r.elements, r.values = nil, nil, nil
	}
	r.text, r.buffer, r.spill, r.names, r.values = nil, r.buffer[:0], r.spill[:0], r.names[:0], r.values[:0]
	readers.Put(r)
}

// fail ends the reading: from now on the reader is at the end of the text.
func (r *reader) fail() {
	r.fault = true
	r.pos = len(r.text)
}

// peek steps over white space and returns the byte that follows. It is 0 at the end.
func (r *reader) peek() byte {
	for ; r.pos < len(r.text); r.pos++ {
		if c := r.text[r.pos]; c > ' ' || c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return c
		}
	}
	return 0
}

// isDone reports whether the text was strict, and nothing follows.
func (r *reader) isDone() bool { return !r.fault && r.peek() == 0 && r.pos == len(r.text) }

// open steps into the object or array at pos, whose last character is end. It reports whether there
// is a first member or element, and goes to it.
func (r *reader) open(end byte) bool {
	r.pos++
	if r.depth++; r.depth > r.maxDepth {
		r.isLarge = true
		r.fail()
		return false
	}
	if r.peek() != end {
		return true
	}
	r.pos++
	r.depth--
	return false
}

// next reports whether there is another member or element, and steps over the comma before it. It
// steps over the brace or bracket end.
func (r *reader) next(end byte) bool {
	switch r.peek() {
	case ',':
		r.pos++
		return true
	case end:
		r.pos++
		r.depth--
		return false
	}
	r.fail()
	return false
}

// name steps over the name of a member and its colon.
func (r *reader) name() (n nameRef) {
	r.peek()
	n.span, n.escaped = r.string()
	if r.members++; r.members > r.maxMembers && !r.fault { // at once, so that a forged header makes no long list
		r.isLarge = true
		r.fail()
	}
	if n.escaped {
		start := len(r.spill)
		r.spill, _ = jsontext.AppendUnquote(r.spill, r.text[n.start-1:n.end+1]) // string has tried it
		n.span = span{start, len(r.spill)}
	}
	if r.peek() != ':' {
		r.fail()
		return n
	}
	r.pos++
	n.key = keyOf(r.textOf(n))
	if !r.ignoresDuplicates {
		r.names = append(r.names, n)
	}
	return n
}

func (r *reader) textOf(n nameRef) []byte {
	if n.escaped {
		return r.spill[n.start:n.end]
	}
	return r.text[n.start:n.end]
}

// close finds a name that is twice in an object, whose names begin at base.
func (r *reader) close(base int) {
	names := r.names[base:]
	r.names = r.names[:base]
	if len(names) > maxListed {
		seen := make(map[string]bool, len(names))
		for _, n := range names {
			seen[string(r.textOf(n))] = true
		}
		if len(seen) < len(names) {
			r.fail()
		}
		return
	}
	if len(names) < 2 {
		return
	}
	if r.table == nil {
		r.table = new([2 * maxListed]uint16)
	}
	size := 1 << bits.Len(uint(2*len(names))) // at most half of it is used
	table := r.table[:min(size, len(r.table))]
	clear(table)
	for i, n := range names {
		at := int(n.key>>32) & (len(table) - 1)
		for ; table[at] != 0; at = (at + 1) & (len(table) - 1) {
			if other := names[table[at]-1]; n.key == other.key && bytes.Equal(r.textOf(n), r.textOf(other)) {
				r.fail()
			}
		}
		table[at] = uint16(i + 1)
	}
}

// keyOf returns a number for a name. Different names may have the same one.
func keyOf(name []byte) uint64 {
	const odd = 0x9e3779b97f4a7c15
	var first, last uint64
	switch n := len(name); {
	case n >= 8:
		first, last = binary.LittleEndian.Uint64(name), binary.LittleEndian.Uint64(name[n-8:])
	case n >= 4:
		first, last = uint64(binary.LittleEndian.Uint32(name)), uint64(binary.LittleEndian.Uint32(name[n-4:]))
	case n > 0:
		first, last = uint64(name[0]), uint64(name[n/2])<<8|uint64(name[n-1])
	}
	h := (first ^ bits.RotateLeft64(last, 29) ^ uint64(len(name))<<56) * odd
	return h ^ h>>29
}

// skip steps over one value, which begins with c at pos.
func (r *reader) skip(c byte) {
	if c == '"' {
		r.string()
		return
	}
	switch c {
	case '{':
		base := len(r.names)
		for more := r.open('}'); more; more = r.next('}') {
			r.name()
			r.skip(r.peek())
		}
		r.close(base)
	case '[':
		for more := r.open(']'); more; more = r.next(']') {
			r.skip(r.peek())
		}
	case 't':
		r.literal("true")
	case 'f':
		r.literal("false")
	case 'n':
		r.literal("null")
	default:
		r.number()
	}
}

// value steps over one value and returns where it is.
func (r *reader) value() span {
	c := r.peek()
	start := r.pos
	r.skip(c)
	return span{start, r.pos}
}

func (r *reader) literal(want string) {
	if !bytes.HasPrefix(r.text[r.pos:], []byte(want)) {
		r.fail()
		return
	}
	r.pos += len(want)
}

// number steps over a number, RFC 8259 section 6.
func (r *reader) number() {
	b, i := r.text, r.pos
	digits := func() bool {
		start := i
		for i < len(b) && b[i]-'0' <= 9 {
			i++
		}
		return i > start
	}
	if i < len(b) && b[i] == '-' {
		i++
	}
	start := i
	ok := digits() && (b[start] != '0' || i == start+1)
	if ok && i < len(b) && b[i] == '.' {
		i++
		ok = digits()
	}
	if ok && i < len(b) && b[i]|0x20 == 'e' {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		ok = digits()
	}
	r.pos = i
	if !ok {
		r.fail()
	}
}

// string steps over the string at pos. It returns where the text between its quotes is, and whether
// that has escapes.
func (r *reader) string() (inner span, escaped bool) {
	if r.pos >= len(r.text) || r.text[r.pos] != '"' {
		r.fail()
		return inner, false
	}
	start := r.pos + 1
	end := r.nextOdd(start)
	if end < len(r.text) && r.text[end] == '"' {
		r.pos = end + 1
		return span{start, end}, false
	}
	return r.oddString(start, end)
}

// oddString is string for one that has characters beyond ASCII or escapes, or that the text ends
// with. Up to i there are none.
func (r *reader) oddString(start, i int) (inner span, escaped bool) {
	for b := r.text; i < len(b) && b[i] >= ' '; i = r.nextOdd(min(i+1, len(b))) {
		switch b[i] {
		case '"':
			if !r.isText(b[start-1:i+1], escaped) {
				r.fail()
				return span{}, false
			}
			r.pos = i + 1
			return span{start, i}, escaped
		case '\\':
			escaped = true
			i++
		}
	}
	r.fail()
	return span{}, false
}

// nextOdd returns where the next byte is that is a quote, a backslash, a control character or not
// ASCII, from i on. It looks at eight bytes at once, and returns the place of those that are less.
func (r *reader) nextOdd(i int) int {
	for rest := r.text[i:]; len(rest) >= 8; rest = rest[8:] {
		if odd := oddBytes(binary.LittleEndian.Uint64(rest)); odd != 0 {
			return i + bits.TrailingZeros64(odd)/8
		}
		i += 8
	}
	return i
}

// isText reports whether the text of a string is valid UTF-8, with escapes that are characters.
func (r *reader) isText(quoted []byte, escaped bool) bool {
	if !escaped {
		return utf8.Valid(quoted)
	}
	n := len(r.spill)
	text, err := jsontext.AppendUnquote(r.spill, quoted)
	r.spill = text[:n]
	return err == nil
}

// oddBytes returns a word whose lowest bit is in the first byte of x that is a quote, a
// backslash, a control character or not ASCII. Bits in later bytes mean nothing.
func oddBytes(x uint64) uint64 {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	low, backslash := x^ones*2, x^ones*'\\' // the 2 brings the quote below the space, next to the control characters
	return (x | (low-ones*('"'^2+1))&^low | (backslash-ones)&^backslash) & tops
}

// object calls f with the name and the value of each member of the object at pos, until f returns
// false. Both are valid during the call.
func (r *reader) object(f func(name, value []byte) bool) (ok bool) {
	if r.peek() != '{' {
		return false
	}
	for more := r.open('}'); more; more = r.next('}') {
		n, value := r.name(), r.value()
		if !r.fault && !f(r.textOf(n), r.text[value.start:value.end]) {
			return true
		}
	}
	r.close(0)
	return r.isDone()
}

// Members calls f with the name and the value of each member of a JSON object, until f returns
// false. Both are valid during the call. The text has at most maxDepth levels, and maxMembers
// members on all of them together. ok reports whether it is strict JSON so far; isLarge reports
// that it breaks a limit.
func Members(text []byte, maxDepth, maxMembers int, f func(name, value []byte) bool) (ok, isLarge bool) {
	r := newReader(text, maxDepth, maxMembers)
	defer r.release()
	ok = r.object(f)
	return ok, r.isLarge
}
