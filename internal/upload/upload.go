// Package upload gives a request what a handler has written into its copy.
package upload

import "net/http"

// Return gives r what a handler has written into a copy of r: the pattern of a ServeMux, for loggers
// outside, and the form. net/http removes the files of the request that it has made, and does not know
// the copy. A middleware that copies defers it, because a handler outside may recover from a panic.
func Return(r, copied *http.Request) {
	if r.Pattern != copied.Pattern { // else it may be read meanwhile
		r.Pattern = copied.Pattern
	}
	if form := copied.MultipartForm; form != nil && r.MultipartForm == nil {
		r.MultipartForm = form
	}
}
