// Package jwthttp is JSON Web Token authentication for net/http (RFC 7519, RFC 6750). A
// [Middleware] takes one token from a request and verifies it. It puts the token's claims,
// decoded into a type of yours, in the request's context. A request that it refuses never reaches
// your handler.
//
//	auth, err := jwthttp.New[AppClaims](jwthttp.HS256(secret), jwthttp.Options{Audience: []string{"orders"}})
//	if err != nil {
//		log.Fatal(err) // says what to mend
//	}
//	mux.Handle("GET /me", auth.Handler(http.HandlerFunc(me)))
//
//	func me(w http.ResponseWriter, r *http.Request) {
//		claims, ok := jwthttp.ClaimsFromContext[AppClaims](r.Context())
//	}
//
// The zero [Options] makes every check. Issuer, Type and MaxAge add checks. Fields that turn one off
// begin with Allow. Do not wrap a route that needs no token: put it beside the protected one.
// Put CORS, which answers preflight requests, outside of the middleware.
//
// # Claims
//
// AppClaims is any struct, or [jwt.MapClaims], [jwt.RegisteredClaims] and what embeds it.
//
//   - Names match in exact case only, unlike with encoding/json, so every field has a name in its
//     tag.
//   - A method Validate() error of the type is called for every token. Its error is a 401, like
//     that of a [Check].
//   - An aud may be a string or an array. [jwt.ClaimStrings] takes both.
//   - A number in a field of type any is a float64. An integer of magnitude 2^53 or more is an
//     [encoding/json.Number], so that no digit is lost.
//
// Whatever the type, these rules hold:
//
//   - exp is present and in the future. nbf, if present, is in the past.
//   - iss and aud are those of [Options] and of the key.
//   - sub and jti, if present, are strings. AllowNumericSubject adds a sub that is a number.
//   - Dates are numbers from 0 to the end of the year 9999.
//   - The header has at most 2 KiB and 32 members.
//   - The payload is one JSON object of at most 256 members, nested at most 32 deep. No name
//     occurs twice.
//
// # Cookies
//
// A browser sends cookies by itself, also for a page of another site. So a token from a cookie,
// or from any place but a header, must pass a cross-origin gate. Requests with GET, HEAD and
// OPTIONS pass. Those with other methods, and WebSocket upgrades, pass from these origins only:
//
//   - the service's own, and those in [Options].TrustedOrigins
//   - a client that is not a browser: it sends neither Sec-Fetch-Site nor Origin
//
// # The way of a request
//
// Each step is a function that can be read alone:
//
//  1. credential.Find, in internal/credential, finds exactly one credential and remembers its
//     place and its scheme.
//  2. gate.IsCrossOrigin, in internal/gate, finds a browser's cookie that another site has sent.
//  3. jws.Split, in internal/jws/compact.go, splits the token and checks its size and alphabet.
//  4. ReadHeader, in internal/jws/header.go, reads the header. AcceptsType, in internal/rules,
//     checks its typ.
//  5. eligibleKeys, in keysource.go, asks the key source. A key verifies one algorithm only.
//  6. verifier.open, in verify.go, has steps 3 to 6. It verifies the signature, and no other
//     function returns a payload. Nothing of the payload was read until now, except that
//     [Issuers] read iss in step 5.
//  7. Decode, in internal/tokenjson, decodes the claims in one strict pass.
//  8. Rules.Check, in internal/rules, checks the registered claims. Without [Options].Bindings it
//     refuses a token that is bound to a key (cnf).
//  9. confirm, in binding.go, asks the Bindings whether the request comes from the key's holder.
//  10. verify, in middleware.go, calls Validate and the checks.
//  11. Handler, in middleware.go, puts the token in the context. The next handler runs, once.
//
// internal/reason has every reason for a refusal, and internal/answer writes the answer.
// detail.go and internal/detail say in a log what came and how to mend it.
//
// # Other packages
//
// Package issue makes tokens that the middleware accepts. Package jwks has the keys of identity
// providers. Package cookie keeps a browser's login. Package denylist logs out. Package oauth has the access tokens of RFC 9068 and the metadata of
// RFC 9728. Packages dpop and mtls are for tokens that only their owner can use. Package
// jwthttptest has an issuer for tests, and examines a whole chain.
package jwthttp
