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
// The zero [Options] makes every check. Issuer, Type and MaxAge add checks. Fields that turn one
// off begin with Allow. A route that needs no token is beside the protected one. CORS is outside
// of the middleware, to answer preflight requests.
//
// # Claims
//
// AppClaims is any struct with a tag on every field, or [jwt.MapClaims], [jwt.RegisteredClaims]
// and what embeds it. [New] says how they are decoded, when their method Validate is called, and
// what every token must have: an exp in the future, and the iss and aud of [Options] and of the
// key.
//
// # Cookies
//
// A browser sends cookies by itself, also for a page of another site. So a token from a cookie,
// or from any place but a header, must pass a cross-origin gate: [Options].TrustedOrigins says
// which requests pass. GET does, unless it opens a WebSocket. So let no GET change anything.
//
// # The way of a request
//
// Each step is a function that can be read alone, here or in internal:
//
//  1. credential.Find finds exactly one credential, its place and its scheme.
//  2. gate.IsCrossOrigin finds a browser's cookie that another site has sent.
//  3. jws.Cut splits the token, and checks its size and alphabet. With a [Key] or a [KeySet], the
//     alphabet of the payload is checked as it is decoded.
//  4. Workspace.ReadHeader reads the header. rules.AcceptsType checks its typ.
//  5. eligibleKeys asks the key source. A key verifies one algorithm only.
//  6. verifier.open has steps 3 to 6. It verifies the signature, and no other function returns a
//     payload. Only [Issuers] have read its iss before.
//  7. tokenjson.Decoder decodes the claims in one strict pass.
//  8. Rules.Check checks the registered claims. Without [Options].Bindings it refuses a token that
//     is bound to a key (cnf).
//  9. attempt.confirm asks the Bindings if the key's holder sent the request.
//  10. Middleware.verify calls Validate and the checks.
//  11. Middleware.Handler puts the token in the context, and calls next once.
//
// internal/reason has every reason for a refusal, and internal/answer writes the answer.
// detail.go and internal/detail say in a log what came and how to mend it.
//
// # Other packages
//
// issue makes tokens, session keeps users logged in, denylist logs out, jwks has the keys of
// identity providers, cookie a browser's token, and oauth RFC 9068 and RFC 9728. Tokens of dpop
// and mtls are good for their owner only. jwthttptest is for tests.
package jwthttp
