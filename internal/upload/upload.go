// Package upload lets net/http remove the temporary files of an upload.
package upload

import "net/http"

// Return gives r the form that a handler has read from a copy of r. net/http removes the files of the
// request that it has made, and does not know the copy. A middleware that copies defers it, because a
// handler outside may recover from a panic.
func Return(r, copied *http.Request) {
	if form := copied.MultipartForm; form != nil && r.MultipartForm == nil {
		r.MultipartForm = form
	}
}
