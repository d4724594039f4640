package syntax

import (
	"bytes"
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

const maxAuthority = 253 + len(":65535") // a name of RFC 1035, and a port

// NormalURL returns the origin and the path of an http or https URL in their normal form, RFC
// 3986 sections 6.2.2 and 6.2.3, without query and fragment. The path is in the memory of buffer,
// if it has room there. ok is false for everything that is not such a URL, for one with a user,
// and for a malformed percent-encoding.
//
// Bytes that no URL has, such as spaces, are kept as they are.
func NormalURL(raw string, buffer []byte) (origin string, path []byte, ok bool) {
	origin, rest, ok := cutOrigin(raw)
	if !ok {
		return "", nil, false
	}
	path, ok = appendNormal(buffer[:0], WithoutQuery(rest))
	if len(path) == 0 {
		path = append(path, '/')
	}
	return origin, removeDots(path), ok
}

// ParseOrigin reads an origin that a user of this module has configured. prefix is the path, without
// the slash at its end. The error shows example.
func ParseOrigin(raw, example string) (origin, prefix string, err error) {
	u, err := CheckURL(raw, example)
	if err != nil {
		return "", "", err
	}
	if strings.ContainsAny(u.Host, ",;") {
		return "", "", fmt.Errorf("%.200q has a comma or a semicolon in its host: write one origin in each text, like %s", WithoutQuery(raw), example)
	}
	if n, err := strconv.ParseUint(cmp.Or(u.Port(), "443"), 10, 16); err != nil || n == 0 {
		return "", "", fmt.Errorf("%.200q has a port that is not from 1 to 65535: write it like %s", WithoutQuery(raw), example)
	}
	origin, path, ok := NormalURL(raw, nil)
	if _, target, _ := CutTarget(raw); !ok || !IsNormalOf(path, target) || strings.ContainsAny(raw, "?*") {
		return "", "", fmt.Errorf("%.200q has a query, a wildcard, dot segments or a malformed escape: write it like %s", WithoutQuery(raw), example)
	}
	return origin, strings.TrimSuffix(string(path), "/"), nil
}

// CutTarget returns the path of a request's target, without the query, as it was sent. For a
// target in absolute form, origin is its origin, else "". ok is false for other forms, RFC 9112
// section 3.2.
func CutTarget(target string) (origin, path string, ok bool) {
	if end := strings.IndexAny(target, "?#"); end >= 0 && target[end] == '#' {
		return "", "", false // a client does not send the fragment, and Go's path would have it
	}
	if strings.HasPrefix(target, "/") {
		return "", WithoutQuery(target), true
	}
	origin, path, ok = cutOrigin(target)
	if path = WithoutQuery(path); path == "" {
		path = "/"
	}
	return origin, path, ok
}

// IsNormalOf reports whether normal, a path of NormalURL, is the normal form of another path. It is
// not if that has dot segments: what serves the request may remove these, and may not.
func IsNormalOf(normal []byte, path string) bool {
	for ; path != ""; path = path[1:] {
		var one [3]byte
		next, rest, ok := normalByte(one[:0], path)
		if !ok || !bytes.HasPrefix(normal, next) {
			return false
		}
		normal, path = normal[len(next):], rest
	}
	return len(normal) == 0
}

// cutOrigin returns the origin of a URL in its normal form, and what follows it.
func cutOrigin(raw string) (origin, rest string, ok bool) {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok || !EqualFold(scheme, "https") && !EqualFold(scheme, "http") {
		return "", "", false
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	authority, rest := rest[:end], rest[end:]
	lower := strings.ToLower(scheme)
	if isPlainHost(authority) && scheme == lower {
		return raw[:len(raw)-len(rest)], rest, true // as nearly every URL is written
	}
	origin, ok = normalOrigin(lower, authority)
	return origin, rest, ok
}

// isPlainHost reports whether an authority is a name that is in its normal form.
func isPlainHost(authority string) bool {
	return authority != "" && strings.Trim(authority, "abcdefghijklmnopqrstuvwxyz-."+digits) == ""
}

// normalOrigin returns an origin in lower case and without the port that its scheme has anyway. ok is
// false if there is a user or a password.
func normalOrigin(scheme, authority string) (normal string, ok bool) {
	if len(authority) > maxAuthority {
		return "", false
	}
	var room [len("https://") + maxAuthority]byte
	decoded, ok := appendNormal(append(append(room[:0], scheme...), "://"...), authority)
	if !ok {
		return "", false
	}
	lowerHost(decoded)
	normal = string(decoded)
	host, port := normal[len(scheme)+len("://"):], ""
	if colon := strings.LastIndexByte(host, ':'); colon > strings.LastIndexByte(host, ']') {
		host, port = host[:colon], host[colon:]
	}
	isAddress := strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]")
	if host == "" || strings.Contains(host, ":") && !isAddress || strings.Trim(port, ":"+digits) != "" || strings.Contains(host, "@") {
		return "", false
	}
	if port == ":" || port == ":443" && scheme == "https" || port == ":80" && scheme == "http" {
		normal = normal[:len(normal)-len(port)]
	}
	return normal, true
}

// lowerHost makes ASCII letters of a text of appendNormal lower case, but not the digits of its
// percent-encodings. bytes.ToLower makes a k of the Kelvin sign.
func lowerHost(host []byte) {
	for i := 0; i < len(host); i++ {
		if host[i] == '%' {
			i += len("00")
		} else if host[i]-'A' < 26 {
			host[i] += 'a' - 'A'
		}
	}
}

// appendNormal decodes the percent-encodings of unreserved characters, and writes the digits of the
// others in upper case, RFC 3986 sections 6.2.2.1 and 6.2.2.2. %2F stays, and is not a slash.
func appendNormal(b []byte, s string) (normal []byte, ok bool) {
	for {
		end := strings.IndexByte(s, '%')
		if end < 0 {
			return append(b, s...), true
		}
		b = append(b, s[:end]...)
		if b, s, ok = normalByte(b, s[end:]); !ok {
			return nil, false
		}
		s = s[1:]
	}
}

// normalByte appends the first byte of s, or its first percent-encoding, in its normal form. rest
// begins with the last byte that was read.
func normalByte(b []byte, s string) (normal []byte, rest string, ok bool) {
	if s[0] != '%' {
		return append(b, s[0]), s, true
	}
	if len(s) < len("%00") {
		return nil, "", false
	}
	high, low := hexDigit(s[1]), hexDigit(s[2])
	if high > 15 || low > 15 {
		return nil, "", false
	}
	if c := high<<4 | low; isUnreserved(c) {
		return append(b, c), s[2:], true
	}
	const hex = "0123456789ABCDEF"
	return append(b, '%', hex[high], hex[low]), s[2:], true
}

// isUnreserved reports whether c means the same with and without percent-encoding, RFC 3986
// section 2.3.
func isUnreserved(c byte) bool {
	return c-'0' < 10 || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '-' || c == '.' || c == '_' || c == '~'
}

// hexDigit returns the value of a hexadecimal digit, and 255 for other bytes.
func hexDigit(c byte) byte {
	switch {
	case c-'0' < 10:
		return c - '0'
	case c-'a' < 6:
		return c - 'a' + 10
	case c-'A' < 6:
		return c - 'A' + 10
	}
	return 255
}

// removeDots removes dot segments, RFC 3986 section 5.2.4. The path begins with a slash. The result
// is in its memory.
func removeDots(path []byte) []byte {
	if !bytes.Contains(path, []byte("/.")) {
		return path
	}
	kept := path[:0]
	for len(path) > 0 {
		segment := path // with the slash before it
		if end := bytes.IndexByte(path[1:], '/'); end >= 0 {
			segment = path[:1+end]
		}
		path = path[len(segment):]
		switch string(segment) {
		case "/..":
			kept = kept[:max(bytes.LastIndexByte(kept, '/'), 0)]
		case "/.":
		default:
			kept = append(kept, segment...)
			continue
		}
		if len(path) == 0 {
			kept = append(kept, '/') // a directory
		}
	}
	return kept
}
