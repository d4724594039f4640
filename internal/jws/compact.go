package jws

import "strings"

// A Fault is what is wrong with the form of a token. Clients do not see its text.
type Fault struct {
	Class Class
	text  string
}

func (f *Fault) Error() string { return f.text }

// A Class says which rule of the form a token breaks.
type Class int

// The classes.
const (
	Malformed Class = iota // the three segments, base64url, JSON
	TooLarge
	InHeader // a limit of the header, or a member that is refused
	WrongType
)

// The faults that Split and ReadHeader find.
var (
	errTooLarge = &Fault{TooLarge, "it is larger than the limit"}

	errScheme    = &Fault{Malformed, `it begins with "Bearer ": send the token alone`}
	errOpaque    = &Fault{Malformed, "it has no dots: it is an opaque token, and not a JWT: ask the issuer for a JWT, often by naming an audience"}
	errWord      = &Fault{Malformed, "it is a short word, such as undefined or null: have the client send the token that it got"}
	errEncrypted = &Fault{Malformed, "it has five segments: it is an encrypted token (JWE): have the issuer send a signed one (JWS)"}
	errUnsigned  = &Fault{Malformed, "it has no signature: copy all of it, or have the issuer sign it"}
	errSegments  = &Fault{Malformed, "it does not have three segments: was it cut, or joined with another text?"}
	errPadding   = &Fault{Malformed, `it has "=": base64url in a token has no padding: have the issuer leave it out, or set AllowPadding`}
	errUneven    = &Fault{Malformed, `it has "=", but not in every segment the padding that base64 needs: have the issuer pad all or none`}
	errStandard  = &Fault{Malformed, `it has "+" or "/": a token is base64url, not base64`}
	errSpace     = &Fault{Malformed, "it has white space or a quote: was it cut out of a text with line breaks?"}
	errAlphabet  = &Fault{Malformed, "it has a byte that is not of base64url"}
	errEncoding  = &Fault{Malformed, "a segment is not base64url: was the token cut?"}
	errSignature = &Fault{Malformed, "its signature is not base64url, for its length or its last character: was the token cut or changed?"}
	errNotJSON   = &Fault{Malformed, "its header is not a strict JSON object"}
	errNotString = &Fault{Malformed, "alg, kid or typ is not a string"}

	errHeader = &Fault{InHeader, "the header is too large, is nested too deep or has too many members"}
	errKeyID  = &Fault{InHeader, "kid is not printable ASCII of at most 256 bytes"}
	errCrit   = &Fault{InHeader, "the header has crit: no extension is supported"}
	errB64    = &Fault{InHeader, "the header has b64: an unencoded payload (RFC 7797) is not supported"}
	errZip    = &Fault{InHeader, "the header has zip: a compressed token is not supported"}
	errEnc    = &Fault{InHeader, "the header has enc, as that of an encrypted token (JWE)"}
	errType   = &Fault{WrongType, "typ is empty"}
)

// Segments are the parts of a JWS in compact form, RFC 7515 section 7.1. Each is
// base64url and not decoded yet.
type Segments struct {
	Header, Payload, Signature string
	SigningInput               string // header and payload, with the dot between them
}

// Split cuts raw at its two dots and checks its size and alphabet. The error is a *[Fault]. It
// decodes nothing. With allowPadding, every segment may have its padding. Of the results, SigningInput
// alone keeps it.
func Split(raw string, limit int, allowPadding bool) (Segments, error) {
	s, err := Cut(raw, limit, allowPadding)
	if err == nil {
		err = CheckPayload(raw, &s)
	}
	if err != nil {
		return Segments{}, err
	}
	return s, nil
}

// Cut is Split without a look at the characters of the payload, which takes as long as decoding does.
// [Workspace.Payload] refuses what Split refuses. Ask [CheckPayload] for the fault after any other
// failure, so that the fault of the form comes first.
func Cut(raw string, limit int, allowPadding bool) (Segments, error) {
	if len(raw) > limit {
		return Segments{}, errTooLarge
	}
	if allowPadding && strings.Contains(raw, "=") {
		return splitPadded(raw)
	}
	header, rest, hasHeader := cutSegment(raw)
	payload, signature, _ := strings.Cut(rest, ".")
	if hasHeader && payload != "" && signature != "" && segmentLen(signature) == len(signature) {
		return Segments{header, payload, signature, raw[:len(header)+1+len(payload)]}, nil
	}
	return Segments{}, faultOf(raw)
}

// CheckPayload returns the fault in the characters of a payload, for the result of Cut for raw. It is
// a *[Fault], or nil.
func CheckPayload(raw string, s *Segments) error {
	if segmentLen(s.Payload) != len(s.Payload) {
		return faultOf(raw)
	}
	return nil
}

// CheckSignature returns why a signature is not base64url, for the result of Cut. It is a *[Fault],
// or nil. Cut has seen the characters, so only those after the last whole four are decoded.
func CheckSignature(s *Segments) error {
	var room [3]byte
	if _, ok := Decode(room[:], s.Signature[len(s.Signature)/4*4:]); !ok {
		return errSignature
	}
	return nil
}

// cutSegment cuts s after a segment of base64url, which is not empty, and the dot that ends it.
func cutSegment(s string) (segment, rest string, ok bool) {
	n := segmentLen(s)
	if n == 0 || n == len(s) || s[n] != '.' {
		return "", "", false
	}
	return s[:n], s[n+1:], true
}

// splitPadded is Split for a raw with padding.
func splitPadded(raw string) (Segments, error) {
	header, rest, _ := strings.Cut(raw, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	s := Segments{SigningInput: raw[:min(len(raw), len(header)+1+len(payload))]}
	var ok [3]bool
	s.Header, ok[0] = unpad(header)
	s.Payload, ok[1] = unpad(payload)
	s.Signature, ok[2] = unpad(signature)
	if ok == [3]bool{true, true, true} {
		return s, nil
	}
	if fault := faultOf(raw); fault != errPadding {
		return Segments{}, fault
	}
	return Segments{}, errUneven
}

// unpad returns a segment without its padding, RFC 4648 section 4. ok reports whether the
// segment has exactly the padding that it needs, and whether the rest is base64url.
func unpad(segment string) (bare string, ok bool) {
	bare = strings.TrimRight(segment, "=")
	return bare, bare != "" && len(segment)%4 == 0 && len(segment)-len(bare) <= 2 && segmentLen(bare) == len(bare)
}

// faultOf returns why raw is not three segments of base64url.
func faultOf(raw string) *Fault {
	const scheme = "Bearer "
	dots := strings.Count(raw, ".")
	switch {
	case len(raw) > len(scheme) && strings.EqualFold(raw[:len(scheme)], scheme):
		return errScheme
	case strings.ContainsAny(raw, " \t\r\n\"'"):
		return errSpace
	case dots == 0 && len(raw) <= len("[object Object]"):
		return errWord
	case dots == 0:
		return errOpaque
	case dots == 4:
		return errEncrypted
	case dots == 1 || dots == 2 && raw[len(raw)-1] == '.':
		return errUnsigned
	case dots != 2:
		return errSegments
	case strings.Contains(raw, "="):
		return errPadding
	case strings.ContainsAny(raw, "+/"):
		return errStandard
	case raw[0] == '.' || strings.Contains(raw, ".."):
		return errSegments
	}
	return errAlphabet
}

// Payload decodes the payload of a token. It is fresh memory, which the claims keep.
func (w *Workspace) Payload(segment string) (string, error) {
	b := w.buffers.Get().(*buffers)
	defer w.buffers.Put(b)
	payload, ok := b.decode(segment)
	if !ok {
		return "", errEncoding
	}
	return string(payload), nil
}
