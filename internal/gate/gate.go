// Package gate finds requests that another site may have made a browser send.
package gate

import (
	"net/http"
	"slices"
	"strings"

	"github.com/jwthttp/jwthttp/internal/syntax"
)

// IsCrossOrigin reports whether r can change something and another site may have made a browser
// send it. trusted lists the origins that may send such requests. It reads the same headers as
// [http.CrossOriginProtection].
func IsCrossOrigin(r *http.Request, trusted []string) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		// A WebSocket upgrade is a GET, and its messages can change things. Over HTTP/2 it
		// is a CONNECT (RFC 8441).
		if !isWebSocket(r) {
			return false
		}
	}
	sites, origins := r.Header["Sec-Fetch-Site"], r.Header["Origin"]
	if len(sites) > 1 || len(origins) > 1 {
		return true // a browser sends one of each, so something on the way has added one
	}
	if len(sites)+len(origins) == 0 {
		return false // not a browser, or a very old one whose own page sent the request
	}
	origin := ""
	if len(origins) == 1 {
		origin = syntax.Trim(origins[0])
		if slices.Contains(trusted, origin) {
			return false
		}
	}
	if len(sites) == 1 {
		site := syntax.Trim(sites[0])
		return site != "same-origin" && site != "none"
	}
	return !isOwnOrigin(origin, r)
}

func isWebSocket(r *http.Request) bool {
	return slices.ContainsFunc(r.Header["Upgrade"], func(v string) bool { return syntax.CountFold(v, "websocket") > 0 })
}

// maxOrigin is the length of the longest origin that a service can have, with a dot at the end of its
// host. A longer one would take memory: the token of the request is not verified yet.
const maxOrigin = len("https://") + 254 + len(":65535")

// isOwnOrigin reports whether origin is that of a page of this service. An origin without a
// host (null, data:, file:) is not, even if the Host is empty. The scheme that the browser
// used is known only if the connection is TLS. The Host may have the default port of the scheme,
// which an origin never has, RFC 6454 section 6.2.
func isOwnOrigin(origin string, r *http.Request) bool {
	scheme, host, _ := strings.Cut(origin, "://")
	port := ":443"
	if scheme == "http" {
		port = ":80"
	}
	return len(origin) <= maxOrigin && syntax.IsOrigin(origin) && syntax.EqualFold(strings.TrimSuffix(r.Host, port), host) && (scheme == "https" || scheme == "http" && r.TLS == nil)
}
