package tokenjson

import "bytes"

// An Object walks the members of a JSON object.
type Object struct {
	Value []byte // of the member, JSON text

	scanner
	member  []byte               // the name; if it has escapes, it still has its quotes
	escaped bool                 // the name has escapes, and is short enough to be wanted
	room    [maxEscapedName]byte // for a name with escapes, so that it costs no allocation
}

// maxEscapedName is the length of scope, the longest name that is wanted, with every letter
// escaped and with quotes.
const maxEscapedName = len("scope")*len(`\u0000`) + 2

// Open begins a walk over text, and reports whether it begins as an object.
func (o *Object) Open(text []byte, maxDepth int) bool {
	*o = Object{scanner: scanner{text: text, depth: 1, maxDepth: maxDepth}}
	if o.peek() != '{' {
		return false
	}
	o.pos++
	return true
}

// Next goes to the next member, and reports whether there is one.
func (o *Object) Next() bool {
	if o.peek() != '"' {
		return false
	}
	// Nearly every name has no escapes, so one loop finds its end.
	start := o.pos + 1
	end := start
	for end < len(o.text) && o.text[end] != '"' && o.text[end] != '\\' {
		end++
	}
	if end < len(o.text) && o.text[end] == '"' {
		o.member, o.escaped, o.pos = o.text[start:end], false, end+1
	} else {
		o.member = o.scanner.value()
		o.escaped = len(o.member) <= maxEscapedName
	}
	o.Value = o.scanner.value()
	return len(o.Value) > 0
}

// Name returns the name of the member without escapes. A long name with escapes keeps them and
// its quotes, and equals no name that is wanted. The result is valid until the next call of
// Next.
//
// It is a method and not a field, because an Object with a pointer into itself is moved to the
// heap.
func (o *Object) Name() []byte {
	if o.escaped {
		return Unquote(o.member, o.room[:])
	}
	return o.member
}

// A scanner steps over the values of a JSON text that a strict decoder has accepted. So it can
// skip commas and colons like space, and only has to find where a value ends. For other texts
// its results are undefined, but it always stops and never panics.
type scanner struct {
	text     []byte
	pos      int
	depth    int // of the object or array that pos is in
	maxDepth int
	tooDeep  bool
}

// TooDeep reports whether a value so far was nested deeper than maxDepth of Open.
func (o *Object) TooDeep() bool { return o.tooDeep }

// peek returns the first byte of the next value, or the byte that ends an object or array. It
// is 0 at the end.
func (s *scanner) peek() byte {
	for ; s.pos < len(s.text); s.pos++ {
		if c := s.text[s.pos]; c > ' ' && c != ',' && c != ':' {
			return c
		}
	}
	return 0
}

// value steps over one value and returns its text.
func (s *scanner) value() []byte {
	c := s.peek()
	start := s.pos
	switch c {
	case 0:
		return nil
	case '"':
		s.skipString()
	case '{', '[':
		s.skipNested()
	default:
		s.skipLiteral()
	}
	return s.text[start:s.pos]
}

func (s *scanner) skipString() {
	start := s.pos + 1
	end := bytes.IndexByte(s.text[start:], '"')
	if end >= 0 && s.text[start+end-1] != '\\' {
		s.pos = start + end + 1
		return
	}
	for s.pos = start; s.pos < len(s.text); s.pos++ {
		switch s.text[s.pos] {
		case '\\':
			s.pos++
		case '"':
			s.pos++
			return
		}
	}
	s.pos = len(s.text)
}

func (s *scanner) skipNested() {
	outside := s.depth
	for {
		switch s.peek() {
		case 0:
			return
		case '"':
			s.skipString()
		case '{', '[':
			s.pos++
			s.depth++
			s.tooDeep = s.tooDeep || s.depth > s.maxDepth
		case '}', ']':
			s.pos++
			s.depth--
		default:
			s.skipLiteral()
		}
		if s.depth <= outside {
			return
		}
	}
}

func (s *scanner) skipLiteral() {
	for s.pos++; s.pos < len(s.text); s.pos++ {
		if c := s.text[s.pos]; c <= ' ' || c == ',' || c == '}' || c == ']' {
			return
		}
	}
}

// CountNames returns the number of members in text, at all depths, and the bytes of their names
// together. text may be any text.
func CountNames(text []byte) (members, size int) {
	s := scanner{text: text} // in the for clause it would be copied for each byte
	for s.pos < len(text) {
		if text[s.pos] != '"' {
			s.pos++
			continue
		}
		start := s.pos
		s.skipString()
		if rest := bytes.TrimLeft(text[s.pos:], " \t\r\n"); len(rest) > 0 && rest[0] == ':' {
			members++
			size += s.pos - start
		}
	}
	return members, size
}

// Unquote returns the text of a JSON string. It is a part of v. With escapes it is in scratch,
// or in new memory if scratch is too short.
func Unquote(v, scratch []byte) []byte {
	if len(v) < 2 || v[0] != '"' {
		return nil
	}
	inner := v[1 : len(v)-1]
	for _, c := range inner {
		if c == '\\' {
			return appendUnquoted(scratch[:0], v)
		}
	}
	return inner
}

func stringValue(v []byte) (string, bool) {
	if len(v) < 2 || v[0] != '"' {
		return "", false
	}
	return string(Unquote(v, nil)), true
}

func isString(v []byte, want string) bool {
	return len(v) > 0 && v[0] == '"' && string(Unquote(v, nil)) == want
}
