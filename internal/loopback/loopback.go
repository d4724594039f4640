// Package loopback tells addresses of this machine, for which plain http will do.
package loopback

import (
	"net/netip"
	"strings"
)

// Is reports whether the name of a host, without port and brackets, is localhost or
// an address of 127.0.0.0/8 or ::1. It folds no other letters than those of ASCII.
func Is(hostname string) bool {
	addr, err := netip.ParseAddr(hostname)
	return strings.ToLower(hostname) == "localhost" || err == nil && addr.IsLoopback() && addr.Zone() == ""
}
