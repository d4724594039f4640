// Package libraries has the tests of package dpop with proofs that other Go libraries make and read:
// golang-jwt and go-jose.
package libraries
