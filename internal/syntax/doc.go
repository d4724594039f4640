// Package syntax reads the grammar of HTTP fields, URLs and media types.
package syntax
