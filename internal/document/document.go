// Package document answers requests for a public JSON document, such as metadata or a key set.
package document

import (
	"net/http"
	"strconv"
	"time"
)

// Serve answers every path in the same way. The document may be cached for maxAge, and pages of any
// origin may read it, with any header in their request but Authorization.
func Serve(w http.ResponseWriter, r *http.Request, contentType string, maxAge time.Duration, document []byte) {
	const allow = "GET, HEAD, OPTIONS"
	age := strconv.Itoa(int(maxAge.Seconds()))
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		h.Set("Cache-Control", "public, max-age="+age)
		h.Set("Content-Type", contentType)
		h.Set("Content-Length", strconv.Itoa(len(document)))
		if r.Method == http.MethodGet {
			w.Write(document)
		}
	case http.MethodOptions:
		h.Set("Allow", allow)
		h.Set("Access-Control-Allow-Methods", "GET, HEAD")
		h.Set("Access-Control-Allow-Headers", "*") // such as MCP-Protocol-Version and traceparent
		h.Set("Access-Control-Max-Age", age)
		w.WriteHeader(http.StatusNoContent)
	default:
		h.Set("Allow", allow)
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
	}
}
