package jwthttp

import "bytes"

// An object walks the members of a JSON object.
type object struct {
	scanner
	name  []byte // unescaped, if it is short enough to be one that this package knows
	value []byte // JSON text

	unescaped [maxEscapedName]byte
}

// maxEscapedName is what a name of four letters takes with all of them escaped,
// and its quotes.
const maxEscapedName = 4*len(`\u0000`) + 2

// openObject reports whether text begins as an object.
func openObject(text []byte, maxDepth int) (o object, ok bool) {
	o.scanner = scanner{text: text, depth: 1, maxDepth: maxDepth}
	if o.peek() != '{' {
		return o, false
	}
	o.pos++
	return o, true
}

func (o *object) next() bool {
	if o.peek() != '"' {
		return false
	}
	name := o.scanner.value()
	if len(name) > maxEscapedName {
		o.name = name // with its quotes, so it is none of ours
	} else {
		o.name = unquote(name, o.unescaped[:])
	}
	o.value = o.scanner.value()
	return len(o.value) > 0
}

// A scanner steps over the values of a JSON text that a strict decoder has
// accepted, so it can take commas and colons for space. Given other text it
// stops early, and never fails.
type scanner struct {
	text     []byte
	pos      int
	depth    int // of the value that is looked at
	maxDepth int
	tooDeep  bool
}

// peek returns the first byte of what comes next, 0 at the end.
func (s *scanner) peek() byte {
	for ; s.pos < len(s.text); s.pos++ {
		switch c := s.text[s.pos]; c {
		case ' ', '\t', '\r', '\n', ',', ':':
		default:
			return c
		}
	}
	return 0
}

// value steps over one value and returns its text.
func (s *scanner) value() []byte {
	s.peek()
	start, outside := s.pos, s.depth
	for {
		switch s.peek() {
		case 0:
			return nil
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
			return s.text[start:s.pos]
		}
	}
}

func (s *scanner) skipString() {
	s.pos++
	rest := s.text[s.pos:]
	if end := bytes.IndexByte(rest, '"'); end >= 0 && bytes.IndexByte(rest[:end], '\\') < 0 {
		s.pos += end + 1
		return
	}
	for ; s.pos < len(s.text); s.pos++ {
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

func (s *scanner) skipLiteral() {
	for ; s.pos < len(s.text); s.pos++ {
		switch s.text[s.pos] {
		case ' ', '\t', '\r', '\n', ',', ':', '}', ']', '"', '{', '[':
			return
		}
	}
}

// unquote returns what a JSON string says: a part of v, or of scratch if there
// are escapes and it fits.
func unquote(v, scratch []byte) []byte {
	if len(v) < 2 || v[0] != '"' {
		return nil
	}
	if inner := v[1 : len(v)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return inner
	}
	return appendUnquoted(scratch[:0], v)
}

func stringValue(v []byte) (string, bool) {
	if len(v) < 2 || v[0] != '"' {
		return "", false
	}
	return string(unquote(v, nil)), true
}

func isString(v []byte, want string) bool {
	return len(v) > 0 && v[0] == '"' && string(unquote(v, nil)) == want
}
