// Package libraries has the tests of packages dpop and issue with what other Go libraries make and
// read: golang-jwt, go-jose, jwx and go-oidc.
package libraries
