package jwthttp

import (
	"net/http"
)

// WriteError answers a refused request: the status, the challenge (RFC 6750 section 3, RFC 9110
// section 11) and a problem document (RFC 9457) that err's kind asks for. No text of an inner
// error and no byte of the request reaches the client.
//
// It is the default of [Options].ErrorHandler. A custom handler may call it with the error that
// it was given, wrapped or not. The challenge then names the realm of the middleware that
// refused. An error of no known kind is answered like a refused token, or with a 503 if it wraps
// [context.DeadlineExceeded] or [context.Canceled].
//
// Header fields that were set before stay, such as Vary, Set-Cookie and those of CORS. Those that
// describe another body, or let caches keep this one, are removed: Etag, Location,
// CDN-Cache-Control and their like. Content-Encoding stays: a middleware outside has set it and
// compresses this body too.
//
// WriteError logs nothing. It is safe for concurrent use.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	f := failureOf(err)
	if f.at == nil {
		f.Answer.Write(w, r, nil)
		return
	}
	f.Answer.Write(w, r, &f.at.service)
}
