package syntax

import "strings"

// NormalURL returns the origin and the path of an http or https URL in their normal form, RFC
// 3986 sections 6.2.2 and 6.2.3. Query and fragment are left out. ok is false for everything that
// is not such a URL, for one with a user, and for a malformed percent-encoding.
//
// Bytes that no URL has, such as spaces, are kept as they are.
func NormalURL(raw string) (origin, path string, ok bool) {
	origin, path, ok = splitURL(raw)
	return origin, removeDots(path), ok
}

// NormalTarget returns the path of a request's target in its normal form, without the query. For
// a target in absolute form, origin is its origin, else "". ok is false for other forms, RFC 9112
// section 3.2, and for a path with dot segments: what serves the request may remove these, and
// may not.
func NormalTarget(target string) (origin, path string, ok bool) {
	if end := strings.IndexAny(target, "?#"); end >= 0 && target[end] == '#' {
		return "", "", false // a client does not send the fragment, and Go's path would have it
	}
	if strings.HasPrefix(target, "/") {
		path, ok = normalEscapes(WithoutQuery(target))
	} else {
		origin, path, ok = splitURL(target)
	}
	return origin, path, ok && !hasDots(path)
}

// splitURL is NormalURL without the removal of dot segments.
func splitURL(raw string) (origin, path string, ok bool) {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok || !EqualFold(scheme, "https") && !EqualFold(scheme, "http") {
		return "", "", false
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	if authority := rest[:end]; isPlainHost(authority) && scheme == lower(scheme) {
		origin = raw[:len(raw)-len(rest)+end] // as nearly every URL is written
	} else if authority, ok = normalAuthority(lower(scheme), authority); ok {
		origin = lower(scheme) + "://" + authority
	} else {
		return "", "", false
	}
	path, ok = normalEscapes(WithoutQuery(rest[end:]))
	if path == "" {
		path = "/"
	}
	return origin, path, ok
}

// isPlainHost reports whether an authority is a name that is in its normal form.
func isPlainHost(authority string) bool {
	return authority != "" && strings.Trim(authority, "abcdefghijklmnopqrstuvwxyz-."+digits) == ""
}

// normalAuthority returns an authority in lower case and without the port that its scheme has
// anyway. ok is false if there is a user or a password.
func normalAuthority(scheme, authority string) (normal string, ok bool) {
	authority, ok = normalEscapes(authority)
	if !ok {
		return "", false
	}
	host, port := authority, ""
	if colon := strings.LastIndexByte(authority, ':'); colon > strings.LastIndexByte(authority, ']') {
		host, port = authority[:colon], authority[colon:]
	}
	isAddress := strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]")
	if host == "" || strings.Contains(host, ":") && !isAddress || strings.Trim(port, ":"+digits) != "" || strings.Contains(host, "@") {
		return "", false
	}
	if port == ":" || port == ":443" && scheme == "https" || port == ":80" && scheme == "http" {
		port = ""
	}
	return lowerHost(host) + port, true
}

// lowerHost is lower for what may have percent-encodings, whose digits are in upper case.
func lowerHost(host string) string {
	host, _ = normalEscapes(lower(host))
	return host
}

// lower makes ASCII letters lower case. strings.ToLower makes a k of the Kelvin sign.
func lower(s string) string {
	for i := range len(s) {
		if s[i]-'A' < 26 {
			b := []byte(s)
			for ; i < len(b); i++ {
				if b[i]-'A' < 26 {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

// normalEscapes decodes the percent-encodings of unreserved characters, and writes the digits of
// the others in upper case, RFC 3986 sections 6.2.2.1 and 6.2.2.2. %2F stays, and is not a slash.
func normalEscapes(s string) (string, bool) {
	if strings.IndexByte(s, '%') < 0 {
		return s, true
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b = append(b, s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", false
		}
		high, low := hexDigit(s[i+1]), hexDigit(s[i+2])
		if high > 15 || low > 15 {
			return "", false
		}
		if c := high<<4 | low; IsUnreserved(c) {
			b = append(b, c)
		} else {
			const hex = "0123456789ABCDEF"
			b = append(b, '%', hex[high], hex[low])
		}
		i += 2
	}
	return string(b), true
}

// IsUnreserved reports whether c means the same with and without percent-encoding, RFC 3986
// section 2.3.
func IsUnreserved(c byte) bool {
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

// hasDots reports whether a segment of a path is "." or "..".
func hasDots(path string) bool {
	for {
		at := strings.Index(path, "/.")
		if at < 0 {
			return false
		}
		path = path[at+2:]
		if after := strings.TrimPrefix(path, "."); after == "" || after[0] == '/' || path == "" || path[0] == '/' {
			return true
		}
	}
}

// removeDots removes dot segments, RFC 3986 section 5.2.4. The path is empty, or begins with a
// slash.
func removeDots(path string) string {
	if !hasDots(path) {
		return path
	}
	var kept []string
	segments := strings.Split(path[1:], "/")
	for i, segment := range segments {
		isDots := segment == "." || segment == ".."
		if segment == ".." && len(kept) > 0 {
			kept = kept[:len(kept)-1]
		}
		if !isDots {
			kept = append(kept, segment)
		} else if i == len(segments)-1 {
			kept = append(kept, "") // a directory
		}
	}
	return "/" + strings.Join(kept, "/")
}
