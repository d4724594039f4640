package syntax

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// ParseURL is ParseHTTP for a URL that must be https, or http for loopback.
func ParseURL(raw, example string) (*url.URL, error) {
	u, err := ParseHTTP(raw, example)
	if err == nil && IsPlain(u) {
		return nil, fmt.Errorf("%.200q is plain http, which others can change on the way; only loopback, such as http://127.0.0.1, may use it: write it like %s", WithoutQuery(raw), example)
	}
	return u, err
}

// IsPlain reports whether a URL is http and not for loopback.
func IsPlain(u *url.URL) bool { return u.Scheme == "http" && !IsLoopback(u.Hostname()) }

// ParseHTTP returns the URL that raw is. It must be https or http. It must have a host, and
// neither user nor password. The error shows nothing of raw that may be secret. example is what
// a good URL looks like.
func ParseHTTP(raw, example string) (*url.URL, error) {
	u, err := url.Parse(raw)
	shown := WithoutQuery(raw)
	switch {
	case err != nil:
		err = errors.New("it is not a URL")
	case u.User != nil, u.Hostname() == "" && strings.Contains(raw, "@"):
		err = errors.New("it has a user or password, which end up in logs")
	case !strings.Contains(shown, "://"):
		err = fmt.Errorf("%.200q does not begin with https://", shown)
	case u.Hostname() == "":
		err = fmt.Errorf("%.200q names no host", shown)
	case u.Scheme != "http" && u.Scheme != "https":
		err = fmt.Errorf("%.200q is not an https URL", shown)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: write it like %s", err, example)
	}
	return u, nil
}

// CheckURL is ParseURL for a URL that a client compares or finds in a challenge. It must be
// printable ASCII without spaces, quotes and backslashes, and have no fragment.
func CheckURL(raw, example string) (*url.URL, error) {
	u, err := ParseURL(raw, example)
	switch {
	case err != nil:
		return nil, err
	case !IsWord(raw):
		err = fmt.Errorf("%.200q has other characters than printable ASCII without spaces, quotes and backslashes", WithoutQuery(raw))
	case strings.Contains(raw, "#"):
		err = fmt.Errorf("%.200q has a fragment (#)", WithoutQuery(raw))
	default:
		return u, nil
	}
	return nil, fmt.Errorf("%w: write it like %s", err, example)
}

// WithoutQuery removes query and fragment, which may hold a secret, from an address.
func WithoutQuery(address string) string {
	if end := strings.IndexAny(address, "?#"); end >= 0 {
		return address[:end]
	}
	return address
}

// IsLoopback reports whether a host, without port and brackets, is localhost, ::1 or in
// 127.0.0.0/8. It ignores the case of ASCII letters only.
func IsLoopback(hostname string) bool {
	addr, err := netip.ParseAddr(hostname)
	return EqualFold(hostname, "localhost") || err == nil && addr.IsLoopback() && addr.Zone() == ""
}

// IsOrigin reports whether a browser can send s as an Origin header. Origins are compared
// exactly, so another spelling would never match.
func IsOrigin(s string) bool {
	u, err := url.Parse(s)
	if err != nil || s != u.Scheme+"://"+u.Host || slices.Contains([]string{"", "ws", "wss", "ftp", "file"}, u.Scheme) {
		return false
	}
	return isPort(u) && isHost(u, strings.TrimSuffix(u.Hostname(), ".")) // browsers keep a dot at the end
}

// IsCanonical reports whether scheme, host and port of raw are written as clients send
// them. u is raw, parsed. Clients compare URLs as texts, RFC 9728 section 3.3.
func IsCanonical(u *url.URL, raw string) bool {
	// url.Parse has made the scheme lower case.
	return strings.HasPrefix(raw, u.Scheme+":") && isPort(u) && isHost(u, u.Hostname())
}

// isPort reports whether the port of u is written as browsers write it. They leave out the
// default port.
func isPort(u *url.URL) bool {
	port := u.Port()
	if port == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0 && port[0] != '0' && !(u.Scheme == "https" && n == 443 || u.Scheme == "http" && n == 80)
}

// isHost reports whether name, the host of u, is written as browsers write it.
func isHost(u *url.URL, name string) bool {
	if addr, err := netip.ParseAddr(name); err == nil {
		return addr.Zone() == "" && addr.String() == name && addr.Is6() == strings.HasPrefix(u.Host, "[")
	}
	if last := name[strings.LastIndexByte(name, '.')+1:]; last != "" && (strings.Trim(last, digits) == "" || strings.HasPrefix(last, "0x")) {
		return false // browsers take it for an address
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}
