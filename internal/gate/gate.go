// Package gate tells requests that another site may have made a browser send.
package gate

import (
	"net/http"
	"slices"
	"strings"

	"github.com/jwthttp/jwthttp/internal/syntax"
)

// IsCrossOrigin reports whether another site may have made a browser send r, in a way that
// can change something. It reads the same headers as [http.CrossOriginProtection].
func IsCrossOrigin(r *http.Request, trusted []string) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		// A WebSocket upgrade is a GET that opens the way for everything else. Over
		// HTTP/2 it is a CONNECT (RFC 8441).
		if !isWebSocket(r) {
			return false
		}
	}
	sites, origins := r.Header["Sec-Fetch-Site"], r.Header["Origin"]
	if len(sites) > 1 || len(origins) > 1 {
		return true // no browser sends two, so something on the way has mixed them up
	}
	if len(sites)+len(origins) == 0 {
		return false // not a browser, or a very old one with a request of the page itself
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
	return slices.ContainsFunc(r.Header["Upgrade"], func(v string) bool { return strings.Contains(strings.ToLower(v), "websocket") })
}

// isOwnOrigin reports whether origin is that of a page of this service. An origin without a
// host (null, data:, file:) is not, not even where the Host is empty. The browser's scheme is
// known only where the connection is TLS.
func isOwnOrigin(origin string, r *http.Request) bool {
	scheme, host, _ := strings.Cut(origin, "://")
	return syntax.IsOrigin(origin) && syntax.EqualFold(r.Host, host) && (scheme == "https" || scheme == "http" && r.TLS == nil)
}
