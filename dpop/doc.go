// Package dpop confirms that an access token is used by its owner: Demonstrating Proof of
// Possession, RFC 9449. Such a token names a key in its claim cnf. Each request carries a proof in
// the header DPoP, which the owner of the key signs for this request alone. A token that was stolen
// is then of no use without its key.
//
// For a server, [New] makes a binding for [jwthttp.Options]:
//
//	proofs, err := dpop.New(dpop.Options{Origins: []string{"https://api.example.com"}})
//	if err != nil {
//		log.Fatal(err)
//	}
//	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{Bindings: []jwthttp.Binding{proofs}})
//
// A login that issues bound tokens asks [Verifier.TokenRequest] for the client's key. Package session
// has such logins, by StartBound.
//
// For a client, a [Transport] sends tokens with proofs:
//
//	key, err := dpop.GenerateKey()
//	if err != nil {
//		log.Fatal(err)
//	}
//	transport, err := dpop.NewTransport(key, dpop.TransportOptions{
//		Origins: []string{"https://api.example.com"},
//		Token:   func(context.Context) (string, error) { return token, nil },
//	})
//	if err != nil {
//		log.Fatal(err)
//	}
//	client := &http.Client{Transport: transport}
//
// # Which proofs are good
//
// A proof is refused unless all of these hold, RFC 9449 section 4.3:
//
//   - There is one DPoP header, of at most 4 KiB, with one JWT whose typ is dpop+jwt.
//   - It is signed with one of [Options].Algorithms, by the public key in its own header. That key
//     is the one that the token names.
//   - htm is the method of the request. htu is its URL, as the next section says. ath is the
//     SHA-256 digest of the token.
//   - iat is now, within [Options].MaxAge and Leeway. With [Options].Nonces, the time of the nonce
//     counts instead. exp and nbf hold, where they are present.
//   - jti has 1 to 256 bytes, and the key has not used it before.
//
// # Which URL a proof is for
//
// Anybody can write anything into Host and X-Forwarded-Host. So a proof must be for one of
// [Options].Origins and the target of the request ([http.Request].RequestURI), which routers and
// [http.StripPrefix] do not change.
//
// Where a proxy takes a prefix off the path, the origin has that prefix: a request for /orders that
// clients sent to https://example.com/api/orders fits the origin https://example.com/api.
//
// URLs are compared in the normal form of RFC 3986 sections 6.2.2 and 6.2.3, without query and
// fragment. %2F is not a slash. A target with dot segments, such as /a/../b, matches nothing.
//
// # Used proofs
//
// A proof is good once. A [Store] remembers it until it is too old anyway. [NewMemory] makes the
// default, for one process. Several instances of a service need a store that they share, such as
// that of package goredis. With AllowReplays nothing is remembered.
package dpop
