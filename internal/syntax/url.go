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

// CheckURL returns the URL that raw is, if it is https, or http on this machine, and names
// a host and neither user nor password nor fragment. The error shows nothing of it that may be
// secret. example is what a good one looks like.
func CheckURL(raw, example string) (*url.URL, error) {
	u, err := url.Parse(raw)
	shown := WithoutQuery(raw)
	switch {
	case err != nil:
		err = errors.New("it is not a URL")
	case u.User != nil, u.Hostname() == "" && strings.Contains(raw, "@"):
		err = errors.New("it has a user or password, which end up in logs")
	case u.Hostname() == "" || u.Opaque != "":
		err = fmt.Errorf("%.200q names no host", shown)
	case !IsQuotable(raw) || strings.Contains(raw, " "):
		err = fmt.Errorf("%.200q has other characters than URLs do, which is printable ASCII without spaces, quotes and backslashes", shown)
	case u.Scheme == "http" && !IsLoopback(u.Hostname()):
		err = fmt.Errorf("%.200q is plain http, which anybody on the way can change, and only loopback may be", shown)
	case u.Scheme != "http" && u.Scheme != "https":
		err = fmt.Errorf("%.200q is not an https URL", shown)
	case strings.Contains(raw, "#"):
		err = fmt.Errorf("%.200q has a fragment (#)", shown)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: write it like %s", err, example)
	}
	return u, nil
}

// WithoutQuery leaves out what may be a secret in an address.
func WithoutQuery(address string) string {
	if end := strings.IndexAny(address, "?#"); end >= 0 {
		return address[:end]
	}
	return address
}

// IsLoopback reports whether the name of a host, without port and brackets, is localhost
// or an address of 127.0.0.0/8 or ::1. It folds no other letters than those of ASCII.
func IsLoopback(hostname string) bool {
	addr, err := netip.ParseAddr(hostname)
	return EqualFold(hostname, "localhost") || err == nil && addr.IsLoopback() && addr.Zone() == ""
}

// IsOrigin reports whether a browser can send s as an Origin header: the comparison is
// exact, so another spelling would never match.
func IsOrigin(s string) bool {
	u, err := url.Parse(s)
	if err != nil || s != u.Scheme+"://"+u.Host || slices.Contains([]string{"", "ws", "wss", "ftp", "file"}, u.Scheme) {
		return false
	}
	return isPort(u) && isHost(u, strings.TrimSuffix(u.Hostname(), ".")) // browsers keep a dot at the end
}

// IsCanonical reports whether scheme, host and port of raw, which is u, are written as
// clients send them: they compare URLs as texts, RFC 9728 section 3.3.
func IsCanonical(u *url.URL, raw string) bool {
	// url.Parse has made the scheme lower case.
	return strings.HasPrefix(raw, u.Scheme+":") && isPort(u) && isHost(u, u.Hostname())
}

// isPort reports whether the port of u is written as browsers do, who leave out the usual
// one.
func isPort(u *url.URL) bool {
	port := u.Port()
	if port == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0 && port[0] != '0' && !(u.Scheme == "https" && n == 443 || u.Scheme == "http" && n == 80)
}

// isHost reports whether name, the host of u, is written as browsers do.
func isHost(u *url.URL, name string) bool {
	if addr, err := netip.ParseAddr(name); err == nil {
		return addr.Zone() == "" && addr.String() == name && addr.Is6() == strings.HasPrefix(u.Host, "[")
	}
	labels := strings.Split(name, ".")
	if last := labels[len(labels)-1]; last != "" && (strings.Trim(last, digits) == "" || strings.HasPrefix(last, "0x")) {
		return false // browsers take it for an address
	}
	for _, label := range labels {
		if label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}
