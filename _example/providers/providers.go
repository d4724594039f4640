// Package providers has the Go blocks of docs/providers.md, one file for each section. A test
// runs each of them against key sets, metadata and tokens of that provider's shape.
package providers

import (
	"io"
	"net/http"
)

// Claims are what your handlers read of a token.
type Claims struct {
	Subject string `json:"sub"`
}

// api is the handler that needs a good token.
var api = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "the API") })
