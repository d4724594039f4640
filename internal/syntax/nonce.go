package syntax

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
)

const maxErrorBytes = 64 << 10 // of an error that is read

// AsksForNonce reports whether an answer is a use_dpop_nonce of a resource server, RFC 9449 section
// 9, or of an authorization server, section 8. The body can still be read from its beginning.
func AsksForNonce(resp *http.Response) bool {
	const code = "use_dpop_nonce"
	switch resp.StatusCode {
	case http.StatusUnauthorized:
		return HasError(resp.Header["Www-Authenticate"], "DPoP", code)
	case http.StatusBadRequest:
		if media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); media != "application/json" {
			return false
		}
		body := resp.Body
		start, err := io.ReadAll(io.LimitReader(body, maxErrorBytes))
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(start), body), body}
		var answer struct {
			Error string `json:"error"`
		}
		return err == nil && json.Unmarshal(start, &answer) == nil && answer.Error == code
	}
	return false
}
