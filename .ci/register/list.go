package main

// The register, by rules. A new clause, test or mutant goes to the rule that it is about. "DOC" is
// what doc comments promise, and "HTTP" the answers on the wire; "SENDER" has those for bound tokens.
var register = []clause{
	{"1", "what is refused never reaches the next handler", []proof{
		{"TestAnswers/expired", nil},
		{"TestEveryCorruptedByteIsRefused", nil},
		{"FuzzRequest", nil},
	}},
	{"1", "the next handler runs once", []proof{
		{"TestAnswers/good", nil},
		{"TestAllowAnonymous", []mutant{
			{"lets caches mix anonymous answers with others", "Middleware.Handler", `if m.vary != "" {`, `if false {`},
			{"names no cookie in Vary", "internal/credential.Vary", `true`, `false`},
		}},
		{"TestVaryOfChangedSources", []mutant{
			{"names what the Source says in Vary", "internal/credential.Vary", `CutPrefix(p.Reads`, `CutPrefix(p.Source`},
		}},
	}},
	{"1", "it runs only after extraction", []proof{
		{"TestAnswers/header and cookie", nil},
		{"TestAnswers/Bearer alone", nil},
	}},
	{"1", "and the cross-origin gate", []proof{
		{"TestAnswers/cookie from another origin", nil},
		{"TestAnswers/bad cookie from another origin", nil},
		{"TestTrustedOrigins", nil},
		{"TestGate", []mutant{
			{"takes a typ with letters that fold to those of ASCII", "internal/syntax.EqualFold", `len(s) == len(ascii) && `, ``},
			{"has no gate", "Middleware.authenticate", `!ok && gate.IsCrossOrigin(r, m.trusted)`, `false && !ok && gate.IsCrossOrigin(r, m.trusted)`},
			{"lets other hosts of the site through the gate", "internal/gate.IsCrossOrigin", `none"`, `none" && site != "same-site"`},
			{"lets an empty Sec-Fetch-Site through the gate", "internal/gate.IsCrossOrigin", `none"`, `none" && site != ""`},
			{"looks at the first of two Sec-Fetch-Site headers", "internal/gate.IsCrossOrigin", `||`, `{
		sites = sites[:1]
	}
	if`},
			{"looks at the first of two Origin headers", "internal/gate.IsCrossOrigin", `sites) > 1 || len(origins`, `origins) > 1 {
		origins = origins[:1]
	}
	if len(sites`},
			{"takes an app's origin for that of a page", "internal/gate.isOwnOrigin", `== "https" || scheme == "http" &&`, `!= "http" ||`},
			{"takes an http origin over TLS for its own", "internal/gate.isOwnOrigin", ` && r.TLS == nil`, ``},
			{"takes the default port of https for that of an http origin", "internal/gate.isOwnOrigin", `port = ":80"`, `port = ":443"`},
			{"takes every method for a safe one", "internal/gate.IsCrossOrigin", `case http.MethodGet, http.MethodHead, http.MethodOptions`, `default`},
			{"lets a WebSocket over HTTP/2 through the gate", "internal/gate.IsCrossOrigin", `MethodOptions:`, `MethodOptions, http.MethodConnect:`},
			{"lets WebSockets through the gate", "internal/gate.IsCrossOrigin", `!isWebSocket(r)`, `true`},
			{"lets WebSockets in upper case through the gate", "internal/gate.isWebSocket", `syntax.CountFold(v, "websocket") > 0`, `strings.Contains(v, "websocket")`},
			{"lets WebSockets in a second header through the gate", "internal/gate.isWebSocket", `r.Header["Upgrade"]`, `[]string{r.Header.Get("Upgrade")}`},
			{"challenges from another origin", "internal/reason.crossOrigin", `false`, `true`},
		}},
		{"FuzzGate", nil},
	}},
	{"1", "which an origin without a host never passes", []proof{
		{"TestGate/data: with an empty Host", nil},
		{"TestGate/null with an empty Host", []mutant{
			{"takes an origin without a host for that of a request without one", "internal/gate.isOwnOrigin", `	return len(origin) <= maxOrigin && syntax.IsOrigin(origin) && `, `	if _, after, _ := strings.Cut(origin, ":"); r.Host == "" && !strings.HasPrefix(after, "//") {
		return true
	}
	return len(origin) <= maxOrigin && syntax.IsOrigin(origin) && `},
		}},
		{"TestGateWithoutHost", nil},
	}},
	{"1", "and the signature", []proof{
		{"TestAnswers/wrongly signed", nil},
		{"TestAlgorithms", []mutant{
			{"takes any signature", "verifier.signedBy", `ok {`, `ok || true {`},
			{"takes any HMAC", "internal/jws.hmacVerifier.Verify", `equal,`, `equal || true,`},
			{"takes an HMAC with more after it", "internal/jws.hmacVerifier.Verify", ` != encodedLen`, ` < encodedLen`},
			{"takes a public key's signature with more after it", "internal/jws.publicVerifier.Verify", ` != encodedLen`, ` < encodedLen`},
			{"remembers a signature before it has verified", "internal/jws.publicVerifier.Verify", `if !v.check(b, signingInput, sum, signature) {
		return false, false
	}
	w.memory.add(b.seen)`, `w.memory.add(b.seen)
	if !v.check(b, signingInput, sum, signature) {
		return false, false
	}`},
			{"remembers a token whatever its signature", "internal/jws.publicVerifier.Verify", `	h.Write(signature)
`, ``},
			{"takes any remembered signature for this one", "internal/jws.memory.has", ` && *known == *d`, ``},
		}},
		{"FuzzVerify", nil},
	}},
	{"1", "and the rules for claims, those of their type included", []proof{
		{"TestClaimRules", []mutant{
			{"takes an exp after the year 9999", "internal/numericdate.Parse", `seconds <= Max`, `true`},
			{"takes a date before 1970", "internal/numericdate.Parse", `negative || `, ``},
			{"takes an exp that is no number", "internal/tokenjson.setters", `f.Expires, ok = numericdate.Parse(v)`, `f.Expires, _ = numericdate.Parse(v); ok = true`},
			{"takes an nbf that is no number", "internal/tokenjson.setters", `f.NotBefore, ok = numericdate.Parse(v)`, `f.NotBefore, _ = numericdate.Parse(v); ok = true`},
			{"takes an iat that is no number", "internal/tokenjson.setters", `f.IssuedAt, ok = numericdate.Parse(v)`, `f.IssuedAt, _ = numericdate.Parse(v); ok = true`},
			{"takes an iss that is no string", "internal/tokenjson.setters", `f.issuer = p; return v[0] == '"'`, `f.issuer = p; return true`},
			{"takes a sub that is no string", "internal/tokenjson.setters", `f.subject = p; return v[0] == '"' || n && isSubject(v)`, `f.subject = p; return true`},
			{"takes a jti that is no string", "internal/tokenjson.setters", `f.id = p; return v[0] == '"'`, `f.id = p; return true`},
			{"takes an aud that is no list of strings", "internal/tokenjson.setters", `isAudience(v)`, `true`},
			{"asks for no exp", "internal/rules.Rules.Check", `!f.Expires.Present() && !r.AllowMissingExpiry`, `false`},
			{"takes an exp that has passed where none is needed", "internal/rules.Rules.Check", `f.Expires.Present() && !now`, `f.Expires.Present() && !r.AllowMissingExpiry && !now`},
			{"takes a token whose cnf is null for a bearer token", "internal/tokenjson.setters", `"cnf":   func(f *Facts, p part, _ string, _ bool) bool { f.confirmation = p;`, `"cnf":   func(f *Facts, p part, v string, _ bool) bool { if v == "null" { return true }; f.confirmation = p;`},
			{"refuses a list of audiences", "internal/tokenjson.isAudience", `ok = ok && one[0] == '"'`, `ok = ok && v[0] == '"'`},
		}},
		{"TestIssuerAndAudience", nil},
		{"TestTime", []mutant{
			{"rounds exp up", "internal/rules.Rules.Check", `Before(f.Expires.Floor()`, `Before(f.Expires.Ceil()`},
			{"adds the leeway to exp twice", "internal/rules.Rules.Check", `f.Expires.Floor().Add(r.Leeway)`, `f.Expires.Floor().Add(2 * r.Leeway)`},
			{"rounds nbf down", "internal/rules.Rules.Check", `Before(f.NotBefore.Ceil()`, `Before(f.NotBefore.Floor()`},
			{"adds the leeway to nbf twice", "internal/rules.Rules.Check", `now.Add(r.Leeway).Before(f.NotBefore`, `now.Add(2 * r.Leeway).Before(f.NotBefore`},
			{"takes a token without iat for young", "internal/rules.Rules.Check", `!f.IssuedAt.Present()`, `false`},
			{"adds the leeway to MaxAge twice", "internal/rules.Rules.Check", `issued.Add(r.MaxAge).Add(r.Leeway)`, `issued.Add(r.MaxAge).Add(2 * r.Leeway)`},
		}},
		{"TestValidateOfTheType", []mutant{
			{"passes over the error of Validate", "Middleware.verify", `(); err != nil {`, `(); err != nil && false {`},
		}},
	}},
	{"1", "and all checks, which are asked last", []proof{
		{"TestChecks", nil},
		{"TestAnswers/failed check", nil},
		{"TestAnswers/store out of reach", nil},
	}},
	{"1", "without a token it runs only under AllowAnonymous", []proof{
		{"TestAnswers/nothing", []mutant{
			{"calls next without a token", "Middleware.decide", `m.anonymous && err`, `err`},
		}},
		{"TestAuthenticate", nil},
	}},
	{"1", "and then only if none was sent", []proof{
		{"TestAllowAnonymous", nil},
		{"TestCheckErrorIsNoAnonymity", nil},
		{"TestCancelledContexts", []mutant{
			{"says 400 where an extractor's store is out of reach", "unfitRequest", `orUnavailable(reason.Credential, err)`, `because(reason.Credential, err)`},
			{"does not say when to come again", "internal/answer.Answer.Write", `		h.Set("Retry-After", "5")
`, ``},
			{"says 401 where a store takes too long", "isUnavailable", ` || errors.Is(err, context.DeadlineExceeded)`, ``},
		}},
	}},
	{"1", "no context holds claims before they are verified", []proof{
		{"TestOnlyTheHandlerSeesClaims", []mutant{
			{"passes over the error of a check", "Middleware.verify", `if err := rule(ctx, t); err != nil {`, `if err := rule(ctx, t); err != nil && false {`},
			{"calls checks before it has looked at the claims", "Middleware.verify", `	if err := m.rules.Check(l.facts, &l.token.key.material.sender); err != nil {`, `	for _, check := range m.checks {
		if err := check(ctx, t); err != nil {
			return nil, orUnavailable(reason.Check, err)
		}
	}
	if err := m.rules.Check(l.facts, &l.token.key.material.sender); err != nil {`},
			{"calls next after it has refused", "Middleware.Handler", `m.write(w, r, err)
			return`, `m.write(w, r, err)
			next.ServeHTTP(w, r)
			return`},
		}},
	}},
	{"1", "Authenticate returns a token or an error", []proof{
		{"TestAuthenticate", nil},
		{"TestSegments", nil},
		{"TestCancelledContexts", nil},
	}},
	{"1", "an anonymous inner middleware hides an outer token of its claims type", []proof{
		{"TestAnonymousInnerMiddlewareHidesOuterToken", nil},
		{"TestNewContext", nil},
	}},
	{"1", "from guards too", []proof{
		{"TestAnonymousInnerMiddlewareHidesOuterToken", nil},
		{"TestScopesOfTheInnermostMiddleware", nil},
	}},
	{"1", "a guard that is not inside a middleware for its claims type lets nothing pass, and says that the program is at fault", []proof{
		{"TestMisplacedGuards/rule outside", []mutant{
			{"Require takes a misplaced guard for a request without a token", "requireRule", `misplaced(r.Context(), name, claims)`, `missing`},
			{"says nothing of a misplaced guard", "refuse", `f.Err == ErrMisconfigured`, `false`},
			{"tells the client what an error says, in the body", "WriteError", `	if f.at == nil {`, `	defer w.Write([]byte(err.Error()))
	if f.at == nil {`},
		}},
		{"TestMisplacedGuards/rule for a pointer", nil},
		{"TestMisplacedGuards/scopes outside", nil},
		{"TestRequireScopes/given nothing", []mutant{
			{"RequireScopes takes no scopes", "requireScopes", `len(scopes) == 0 || `, ``},
		}},
	}},
	{"2", "two credentials in one place are refused", []proof{
		{"TestAnswers/two headers", nil},
		{"TestAnswers/two headers of other schemes", nil},
		{"TestAnswers/two values of a named header", nil},
		{"TestAnswers/two cookies of the name", nil},
		{"TestCookies/an empty one beside a full one", []mutant{
			{"takes the full one of two cookies", "internal/syntax.FindCookie", `, true`, `, v != ""`},
		}},
	}},
	{"2", "tokens in two places are refused", []proof{
		{"TestAnswers/header and cookie", nil},
		{"TestAnswers/cookie and named header", nil},
	}},
	{"2", "white space around a header's value does not count, over every version of HTTP", []proof{
		{"TestWhiteSpace", []mutant{
			{"takes the first of two Authorization headers", "internal/credential.Authorization", `if len(values) > 1 {
		return "", reason.TwoCredentials
	}
	`, ``},
			{"does not know a cookie after white space", "internal/syntax.FindCookie", `textproto.TrimString(key)`, `key`},
			{"takes the first of two headers", "internal/credential.Header", `1:`, `1, 2:`},
			{"takes a Bearer header after white space for none", "internal/syntax.Credentials", `	value = Trim(value)
	if value == "" {
		return "", nil
	}
	if !IsToken(value[:1]) {
		return "", ErrNoScheme
	}
`, ``},
			{"removes spaces alone", "internal/syntax.Trim", `" \t"`, `" "`},
			{"leaves the white space in a named header", "internal/credential.Header", `syntax.Trim(values[0])`, `values[0]`},
			{"leaves the second of two headers to custom extractors", "internal/credential.OneValue", `len(values) > 1`, `false`},
			{"leaves the white space in what custom extractors return", "internal/credential.OneValue", `return syntax.Trim(token), err`, `return token, err`},
			{"takes the first of two places", "internal/credential.Find", `return "", nil, reason.TwoCredentials`, `continue`},
			{"falls back from a malformed header to the cookie", "internal/credential.Find", `return "", p, err
`, `continue
`},
			{"falls back from Bearer without a token to the cookie", "internal/credential.Authorization", `reason.Credential`, `nil`},
			{"falls back from an error of FirstOf's first place to the second", "internal/credential.Place.find", `|| err != nil `, ``},
			{"calls next anonymously for a bad token", "Middleware.Handler", `== error(reason.NoToken)`, `!= nil`},
		}},
		{"jwthttptest.TestConformance", nil},
		{"FuzzRequest", nil},
	}},
	{"2", "nor does it for an extractor of the user's own", []proof{
		{"TestWhiteSpace/before a custom scheme", []mutant{
			{"shows custom extractors the white space", "internal/credential.OneValue", `[]string{syntax.Trim(values[0])}`, `values`},
			{"leaves the white space to custom extractors in FirstOf", "Extractor.compiled", `compiled(e.firstOf, schemes)`, `func() (raw []credential.Place) {
		for _, f := range e.firstOf {
			raw = append(raw, credential.Place{Source: string(f.Source), Extract: f.Extract, IsB64Token: f.bearer})
		}
		return raw
	}()`},
			{"removes white space from the caller's request", "internal/credential.OneValue", `trimmed.Header = maps.Clone(`, `maps.Copy(trimmed.Header, `},
		}},
		{"TestWhiteSpace/what a custom extractor returns", nil},
	}},
	{"2", "a value without the name of a scheme is malformed", []proof{
		{"TestAnswers/no scheme", nil},
		{"TestOtherSpace", nil},
		{"TestWhiteSpace/a no-break space before Bearer", []mutant{
			{"takes a Bearer header after a no-break space for none", "internal/credential.Authorization", `	case syntax.ErrNoScheme:
		return "", err
`, `	case syntax.ErrNoScheme:
		return "", nil
`},
			{"removes other white space than RFC 9110 names", "internal/syntax.Trim", `strings.Trim(value, " \t")`, `strings.TrimSpace(value)`},
		}},
	}},
	{"2", "a cookie that net/http drops is malformed, not absent", []proof{
		{"TestCookies/a backslash", nil},
		{"TestCookies/a quote alone", nil},
		{"TestAnswers/a cookie with a backslash", nil},
		{"FuzzCookies", nil},
	}},
	{"2", "more than 3,000 cookies are not none", []proof{
		{"TestCookies/3,001 pairs", []mutant{
			{"takes 3,001 cookies", "internal/syntax.maxCookiePairs", `3000`, `3001`},
		}},
		{"TestCookies/two good ones and 2,999 more", nil},
		{"TestAnswers/3,001 cookies", nil},
		{"cookie.TestCookiesAsSent/before 3,000 others", nil},
	}},
	{"2", "what is in the first place is final", []proof{
		{"TestFirstOf", nil},
		{"TestAnswers/bad header beside a good cookie", nil},
	}},
	{"2", "nothing is taken from the query", []proof{
		{"TestCustomExtractor", []mutant{
			{"has a gate for cookies alone", "Middleware.authenticate", `inHeader); !`, `inCookie); `},
		}},
		{"jwthttptest.TestConformance", nil},
	}},
	{"3", "each request has claims of its own", []proof{
		{"TestRequestsShareNothing", nil},
	}},
	{"3", "and payload bytes of its own", []proof{
		{"TestRequestsShareNothing", nil},
		{"TestParallelRequests", nil},
	}},
	{"3", "and what is kept of a request keeps no payload of another one, nor its own for a result", []proof{
		{"TestStringsKeepTheirPayloadAlone", []mutant{
			{"keeps the payload for the subject in a result of a guard", "Token.tokenResult", `strings.Clone(t.facts.Subject())`, `t.facts.Subject()`},
		}},
	}},
	{"3", "what was read of a header in a buffer is a copy", []proof{
		{"TestHeadersShareNothing", []mutant{
			{"leaves escapes in a plain header as they are", "internal/jws.isPlainText", ` || c == '\\'`, ``},
		}},
	}},
	{"3", "buffers belong to no key", []proof{
		{"TestBuffersBelongToNoKey", nil},
	}},
	{"3", "at most 64 headers are remembered, of tokens that verified", []proof{
		{"TestHeadersOfForgedTokensAreNotKept", []mutant{
			{"remembers headers of forged tokens", "verifier.openParts", `	o.unverified = unverifiedPayload{`, `	v.work.KeepHeader(parts.Header, header)
	o.unverified = unverifiedPayload{`},
			{"remembers no header", "verifier.openParts", `	v.work.KeepHeader(parts.Header, header)
`, ``},
		}},
		{"internal/jws.TestHeadersAreBounded", []mutant{
			{"takes the header in a place for that of the token", "internal/jws.headers.find", ` || known.segment != segment`, ``},
			{"remembers 65 headers", "internal/jws.maxHeaders", `64`, `65`},
		}},
		{"internal/jws.TestHeadersAreReplacedRarely", []mutant{
			{"replaces a header at once", "internal/jws.Workspace.KeepHeader", `%missesPerReplace != 0`, `%missesPerReplace == 0`},
			{"never replaces a header", "internal/jws.missesPerReplace", `64`, `1 << 20`},
		}},
	}},
	{"3", "a key's HMAC state serves every token", []proof{
		{"internal/jws.TestSecretLengths", []mutant{
			{"cuts a secret that is longer than a block", "internal/jws.keyedHMAC", `if len(secret) > len(block) {`, `if false {`},
			{"hashes a secret that is as long as a block", "internal/jws.keyedHMAC", `len(secret) > len(block)`, `len(secret) >= len(block)`},
		}},
	}},
	{"3", "a signature in a buffer is not completed by the one before", []proof{
		{"internal/jws.TestCutSignatures", []mutant{
			{"completes an HMAC that is cut", "internal/jws.hmacVerifier.Verify", ` != encodedLen`, ` > encodedLen`},
			{"completes a public key's signature that is cut", "internal/jws.publicVerifier.Verify", ` != encodedLen`, ` > encodedLen`},
		}},
		{"TestSegments", nil},
		{"TestAlgorithms", nil},
	}},
	{"3", "buffers and HMAC states survive panics of the user's code", []proof{
		{"TestPanics", []mutant{
			{"writes to the keys of a source", "eligible", `var some []Key`, `some := keys[:0]`},
		}},
		{"TestPanicsOverHTTP", nil},
	}},
	{"4", "no data race", []proof{
		{"TestParallelRequests", nil},
		{"TestParallelIssuers", nil},
		{"TestPanics", nil},
		{"TestKeysAreSwappedUnderLoad", []mutant{
			{"remembers a signature for every key", "internal/jws.publicVerifier.Verify", `	h.Write(v.fingerprint[:])
`, ``},
		}},
		{"jwks.TestRotationUnderLoad", nil},
		{"denylist.TestMemoryConcurrently", nil},
		{"cookie.TestConcurrentUse", nil},
	}},
	{"4", "the root package starts no goroutine", []proof{
		{"TestNoGoroutines", nil},
		{"TestCancelledContexts", nil},
		{"TestClockSteps", []mutant{
			{"passes over MaxAge", "internal/rules.Rules.Check", `if r.MaxAge == 0 {`, `if true {`},
			{"takes an iat that is ahead", "internal/rules.Rules.Check", `now.Add(r.Leeway).Before(issued)`, `false`},
		}},
	}},
	{"4", "none of another package outlives its Close", []proof{
		{"jwks.TestClose", nil},
		{"jwks.TestCloseWaitsForEvents", nil},
		{"TestNoGoroutines", nil},
	}},
	{"4", "nor does one of the tenants, whatever they were doing", []proof{
		{"jwks.TestCloseTenants", []mutant{
			{"leaves the sources of tenants open", "jwks.Tenants.Close", `	t.shutAll()
`, ``},
		}},
		{"jwks.TestCloseWaitsForLookup", []mutant{
			{"does not wait for look-ups", "jwks.Tenants.Close", `	t.running.Wait()
`, ``},
			{"lets requests wait for tenants that are closed", "jwks.Tenants.wait", `	case <-t.ctx.Done():
		return errTenantsClosed
`, ``},
		}},
		{"jwks.TestTenantsUnderLoad", nil},
	}},
	{"5", "a token has 8 KiB, or what the option says", []proof{
		{"TestSizeLimits", []mutant{
			{"takes a token that is one byte too large", "internal/jws.Cut", `> limit`, `> limit+1`},
		}},
		{"TestAnswers/oversized", nil},
	}},
	{"5", "which is at most 64 KiB", []proof{
		{"TestNewRefuses/big token", []mutant{
			{"takes any MaxTokenBytes", "Options.checkLimits", ` || o.MaxTokenBytes > maxMaxTokenBytes`, ``},
		}},
	}},
	{"5", "a cookie has 4 KiB, whatever the option says", []proof{
		{"TestCookieSizeLimit", []mutant{
			{"takes a cookie of another Source as large as any token", "internal/credential.Place.IsCookie", `p.Reads`, `p.Source`},
		}},
		{"TestAnswers/oversized for a cookie", []mutant{
			{"takes a cookie as large as any token", "Middleware.verify", `min`, `max`},
		}},
	}},
	{"5", "there are exactly two dots", []proof{
		{"TestSegments/one dot", nil},
		{"TestAlphabet", []mutant{
			{"takes any character for a dot", "internal/jws.cutSegment", ` || s[n] != '.'`, ``},
		}},
	}},
	{"5", "and no segment is empty", []proof{
		{"TestAlphabet", []mutant{
			{"takes an empty payload", "internal/jws.Cut", `payload != "" && `, ``},
		}},
		{"internal/jws.TestSplit", []mutant{
			{"takes an empty header", "internal/jws.cutSegment", `n == 0 || `, ``},
		}},
		{"TestSegments/empty header", nil},
		{"TestSegments/empty payload", nil},
		{"TestSegments/empty signature", nil},
	}},
	{"5", "every byte is of base64url, line breaks and padding are none", []proof{
		{"TestAlphabet", nil},
		{"TestSegments/line feed inside", nil},
		{"TestSegments/padding", nil},
		{"TestSegments/standard alphabet", nil},
	}},
	{"5", "with AllowPadding, no segment has padding, or each has exactly what it needs", []proof{
		{"internal/jws.TestSplitPadded", []mutant{
			{"takes padding in some segments", "internal/jws.splitPadded", `{true, true, true}`, `{true, ok[1], true}`},
			{"takes another length of padding", "internal/jws.unpad", ` && len(segment)%4 == 0`, ``},
			{"takes three characters of padding", "internal/jws.unpad", `<= 2`, `<= 3`},
			{"takes any bytes before the padding", "internal/jws.unpad", ` && segmentLen(bare) == len(bare)`, ``},
			{"takes an empty segment beside one with padding", "internal/jws.unpad", `bare != "" && `, ``},
		}},
		{"TestPadding", []mutant{
			{"verifies the text without its padding", "internal/jws.splitPadded", `raw[:min(len(raw), len(header)+1+len(payload))]`, `strings.ReplaceAll(raw[:min(len(raw), len(header)+1+len(payload))], "=", "")`},
			{"takes padding that is not allowed", "verifier.open", `v.padding`, `true`},
		}},
	}},
	{"5", "this is checked before a key source that may call somebody is asked, and is the first fault of a token with any", []proof{
		{"TestAlphabet", []mutant{
			{"asks the source of a user about a payload of another alphabet", "hasFixedKeys", `	return false`, `	return true`},
		}},
		{"TestAlphabetOfFixedKeys", []mutant{
			{"takes another fault for that of the alphabet", "verifier.open", `jws.CheckPayload(raw, &parts); fault != nil { // it`, `error(nil); fault != nil { // it`},
			{"tells what another fault has found out", "verifier.open", `*o = openedToken{fault: fault}`, `o.fault = fault`},
		}},
	}},
	{"5", "stray trailing bits are refused", []proof{
		{"TestSegments/stray trailing bits", nil},
		{"internal/jws.TestDecode", []mutant{
			{"takes stray bits after two characters", "internal/jws.decode", `0xff << 16`, `0xffff << 8`},
			{"takes stray bits after three characters", "internal/jws.decode", `0xffff << 8`, `0xffffff`},
			{"takes anything for the last characters", "internal/jws.decode", `rest == 0 && `, ``},
			{"takes anything for the other characters", "internal/jws.decode", ` && all < 1<<24`, ``},
			{"takes a character that is no byte", "internal/jws.decode", `	case 1:
		return false
`, ``},
		}},
	}},
	{"5", "one look at eight bytes sees what a look at each sees", []proof{
		{"internal/jws.FuzzSegmentLen/seed#8", []mutant{
			{"takes line breaks in base64", "internal/jws.notInSegment", `alphabet, byte(c)`, `alphabet+"\n", byte(c)`},
		}},
		{"internal/jws.FuzzSegmentLen/seed#3", []mutant{
			{"looks at seven of eight characters", "internal/jws.segmentLen", `|not[rest[7]]`, ``},
		}},
	}},
	{"6", "the header is one JSON object", []proof{
		{"TestHeaderRules/array", nil},
		{"TestHeaderRules/null", nil},
		{"TestHeaderRules/two objects", []mutant{
			{"takes text after a plain header", "internal/jws.readPlainHeader", `len(text) == 1`, `true`},
		}},
	}},
	{"6", "of at most 2 KiB", []proof{
		{"TestHeaderRules/more than 2 KiB", []mutant{
			{"takes a header of 2049 bytes", "internal/jws.Workspace.decodeHeader", `size > maxHeaderBytes`, `size > maxHeaderBytes+1`},
		}},
		{"TestHeaderRules/2 KiB", nil},
	}},
	{"6", "at most 4 deep", []proof{
		{"TestHeaderRules/5 deep", []mutant{
			{"takes a header that is nested 5 deep", "internal/jws.maxHeaderDepth", `4`, `5`},
		}},
		{"TestHeaderRules/4 deep", nil},
	}},
	{"6", "without a name twice", []proof{
		{"TestHeaderRules/duplicate", []mutant{
			{"takes the second alg, kid or typ of a plain header", "internal/jws.readPlainHeader", `*field != "" || `, ``},
		}},
		{"TestHeaderRules/duplicate by escape", nil},
		{"TestHeaderRules/duplicate inside", nil},
		{"internal/jws.FuzzHeader", nil},
	}},
	{"6", "in valid UTF-8", []proof{
		{"TestHeaderRules/invalid UTF-8", nil},
		{"TestHeaderRules/lone surrogate", nil},
	}},
	{"6", "alg, kid and typ are strings", []proof{
		{"TestHeaderRules/alg null", []mutant{
			{"takes null for a kid", "internal/jws.readHeader", `case value[0] != '"':`, `case value[0] == 'n':
		case value[0] != '"':`},
		}},
		{"TestHeaderRules/alg number", nil},
		{"TestHeaderRules/kid number", nil},
		{"TestHeaderRules/typ null", nil},
	}},
	{"6", "kid has at most 256 bytes", []proof{
		{"TestHeaderRules/kid too long", nil},
		{"TestHeaderRules/longest kid", nil},
	}},
	{"6", "from 0x20 to 0x7e", []proof{
		{"TestHeaderRules/kid with 0x1f", nil},
		{"TestHeaderRules/kid with DEL", []mutant{
			{"takes characters beyond ASCII in a plain header", "internal/jws.isPlainText", `> 0x7e || c `, ``},
		}},
		{"TestHeaderRules/kid of the first and the last byte", nil},
	}},
	{"6", "crit, b64, zip and enc are refused, whatever they say", []proof{
		{"TestHeaderRules/crit", nil},
		{"TestHeaderRules/crit null", nil},
		{"TestHeaderRules/crit escaped", nil},
		{"TestHeaderRules/b64 false", nil},
		{"TestHeaderRules/zip null", []mutant{
			{"passes over zip", "internal/jws.readHeader", `			fault = errZip
`, ``},
		}},
		{"TestHeaderRules/enc null", []mutant{
			{"passes over enc", "internal/jws.readHeader", `			fault = errEnc
`, ``},
		}},
	}},
	{"6", "keys that it offers are never looked at", []proof{
		{"TestHeaderRules/keys offered", nil},
		{"jwks.TestTokensLeadNowhere/Issuers, forged with jku", nil},
	}},
	{"6", "a header keeps its limits", []proof{
		{"TestHeaderRules/33 members", []mutant{
			{"takes a header of 33 members", "internal/jws.maxHeaderMembers", `32`, `33`},
		}},
		{"TestHeaderRules/control character", []mutant{
			{"takes a header that is no strict JSON, such as with a name twice", "internal/jws.readHeader", `	case !ok:`, `	case !ok && false:`},
			{"takes control characters in a plain header", "internal/jws.isPlainText", `< 0x20 || c `, ``},
		}},
		{"TestHeaderRules/kid beyond ASCII", []mutant{
			{"takes characters beyond ASCII in a kid", "internal/jws.IsKeyID", `> 0x7e`, `== 0x7f`},
		}},
		{"TestHeaderRules/b64 true", []mutant{
			{"passes over b64", "internal/jws.readHeader", `			fault = errB64
`, ``},
		}},
	}},
	{"7", "a typ is one that is meant for access", []proof{
		{"TestType", []mutant{
			{"takes at+jwt in lower case alone", "internal/rules.AcceptsType", `syntax.EqualFold(typ, "at+jwt")`, `typ == "at+jwt"`},
			{"takes JWT in upper case alone", "internal/rules.AcceptsType", ` || syntax.EqualFold(typ, "JWT")`, ``},
			{"takes a token without typ where one is asked for", "internal/rules.AcceptsType", `return syntax.EqualFold(typ, w)`, `return typ == "" || syntax.EqualFold(typ, w)`},
			{"takes an empty typ for none", "internal/jws.readHeader", `field == &h.Type && len(text) == 0`, `false`},
		}},
		{"TestAnswers/wrong typ", []mutant{
			{"takes any typ", "verifier.openParts", `!rules.AcceptsType(header.Type, v.types)`, `false`},
		}},
	}},
	{"7", "with or without application/, in any case", []proof{
		{"TestType", nil},
	}},
	{"7", "of a list, exactly these are accepted", []proof{
		{"TestListOfTypes", []mutant{
			{"takes the default types beside those of a list", "internal/rules.AcceptsType", `if len(want) > 0 {
		return `, `if len(want) > 0 && typ != "at+jwt" {
		return `},
			{"goes by the first type of a list", "internal/rules.AcceptsType", `ContainsFunc(want,`, `ContainsFunc(want[:1],`},
			{"compares types with application/", "internal/rules.ShortTypes", `types[i] = syntax.BareType(types[i])`, `types[i] += ""`},
			{"keeps the caller's list of types", "internal/rules.ShortTypes", `slices.Clone(list)`, `list`},
		}},
		{"TestNewRefuses/type and types", []mutant{
			{"takes Type and Types together", "Options.checkNames", `o.Type != "" && len(o.Types) > 0`, `false`},
		}},
		{"TestNewRefuses/odd type in the list", []mutant{
			{"takes any text in Types", "Options.checkNames", `range o.Types`, `range o.Types[:0]`},
		}},
	}},
	{"7", "the one that is asked for must be there", []proof{
		{"TestType", nil},
	}},
	{"8", "nothing of the payload is decoded before the signature is verified", []proof{
		{"TestSignatureComesFirst", nil},
	}},
	{"8", "a source for several issuers sees the top-level iss alone", []proof{
		{"TestIssuers/iss nested", nil},
		{"TestIssuers/iss in a string", nil},
		{"TestUnverifiedIssuer", []mutant{
			{"takes an escaped quote for the end of a string", "internal/tokenjson.reader.oddString", `			i++
`, ``},
		}},
		{"FuzzUnverifiedIssuer", nil},
	}},
	{"8", "under the limits of the payload", []proof{
		{"TestIssuers/the 257th", []mutant{
			{"takes 257 claims", "internal/tokenjson.maxMembers", `256`, `257`},
		}},
		{"TestIssuers/33 deep before", []mutant{
			{"takes claims that are nested 33 deep", "internal/tokenjson.maxDepth", `32`, `33`},
		}},
		{"TestUnverifiedIssuer/257 bytes", nil},
	}},
	{"8", "what a Result says of a token is verified", []proof{
		{"TestOnResult", []mutant{
			{"tells OnResult what is not verified", "learned.result", `l.token.key.material != nil`, `h.Algorithm != ""`},
		}},
	}},
	{"9", "the payload is one JSON object", []proof{
		{"TestClaimRules/MapClaims/aud null", nil},
		{"TestClaimRules/MapClaims/exp array", nil},
		{"TestTypesThatDecodeThemselves", []mutant{
			{"lets a type that decodes itself decide what JSON is", "internal/tokenjson.Decoder.Decode", `	return err
}`, `	return nil
}`},
		}},
	}},
	{"9", "one pass reads exactly what a strict decoder reads", []proof{
		{"internal/tokenjson.FuzzMembers", []mutant{
			{"takes invalid UTF-8", "internal/tokenjson.reader.isText", `return utf8.Valid(quoted)`, `return true`},
			{"takes lone surrogates", "internal/tokenjson.reader.isText", `return err == nil`, `return err == nil || true`},
			{"sees no byte beyond ASCII among eight", "internal/tokenjson.oddBytes", `(x | `, `(`},
			{"sees no control character among eight", "internal/tokenjson.oddBytes", `x^ones*2,`, `x^ones*'"',`},
			{"takes control characters in strings", "internal/tokenjson.reader.oddString", ` && b[i] >= ' '`, ``},
			{"takes a name twice", "internal/tokenjson.reader.close", `n.key == other.key && `, `false && `},
			{"takes a name twice in a large object", "internal/tokenjson.reader.close", `len(seen) < len(names)`, `len(seen) > len(names)`},
			{"takes names with one key for equal", "internal/tokenjson.reader.close", ` && bytes.Equal(r.textOf(n), r.textOf(other))`, ``},
			{"takes a leading zero", "internal/tokenjson.reader.number", ` && (b[start] != '0' || i == start+1)`, ` && i > start`},
			{"takes a point without digits", "internal/tokenjson.reader.number", `b[i] == '.' {
		i++
		ok = digits()`, `b[i] == '.' {
		i++
		digits()`},
			{"takes an exponent without digits", "internal/tokenjson.reader.number", `			i++
		}
		ok = digits()`, `			i++
		}
		digits()`},
			{"takes any depth", "internal/tokenjson.reader.open", `r.depth > r.maxDepth`, `false`},
			{"takes bytes after the object", "internal/tokenjson.reader.isDone", `r.peek() == 0 && r.pos == len(r.text)`, `true`},
			{"takes a list without commas", "internal/tokenjson.reader.next", `	r.fail()
	return false`, `	return r.peek() != 0`},
			{"takes a comma after the last element", "internal/tokenjson.reader.next", `		return true`, `		return r.peek() != end || r.next(end)`},
			{"takes any byte for the colon", "internal/tokenjson.reader.name", `r.peek() != ':'`, `r.peek() == 0`},
			{"takes other bytes for white space", "internal/tokenjson.reader.peek", `c != ' ' && c != '\t' && c != '\n' && c != '\r'`, `c == 0`},
			{"takes any number of members", "internal/tokenjson.reader.name", `r.members > r.maxMembers`, `false`},
			{"does not look for names in an inner object", "internal/tokenjson.reader.skip", `		r.close(base)
`, `		r.names = r.names[:base]
`},
		}},
		{"internal/tokenjson.TestManyFields", []mutant{
			{"takes a name twice after 64 fields", "internal/tokenjson.pass.wanted", `m.bit == 0 || `, ``},
			{"takes two fields for one", "internal/tokenjson.newMembers", `bit <<= 1`, `bit <<= 0`},
		}},
		{"internal/tokenjson.FuzzPass", []mutant{
			{"takes a name twice at the top", "internal/tokenjson.target.pass", `p.close(0)`, `p.names = nil`},
			{"takes a name twice in an inner struct", "internal/tokenjson.pass.fill", `				p.skip(p.peek())
			}
		}
		p.close(base)`, `				p.skip(p.peek())
			}
		}
		p.names = p.names[:base]`},
			{"takes a name twice in a map", "internal/tokenjson.pass.fill", `			v.SetMapIndex(name, elem)
		}
		p.close(base)`, `			v.SetMapIndex(name, elem)
		}
		p.names = p.names[:base]`},
			{"takes a name twice in any", "internal/tokenjson.pass.takeMap", `p.close(base)`, `p.names = p.names[:base]`},
			{"fills a field from a name in another case", "internal/tokenjson.pass.wanted", `m := t[t.place(name.key, p.textOf(name))]`, `lower := []byte(strings.ToLower(string(p.textOf(name))))
	m := t[t.place(keyOf(lower), lower)]`},
			{"takes a wanted name twice", "internal/tokenjson.pass.wanted", `*seen&m.bit != 0`, `false`},
			{"finds a field by the key of its name alone", "internal/tokenjson.members.place", ` && m.name == string(name)`, ``},
			{"takes null for a date", "internal/tokenjson.pass.fill", ` && s.kind != date`, ``},
			{"rounds integers in any", "internal/tokenjson.pass.anything", `math.Abs(x) >= 1<<53`, `math.Abs(x) < 0`},
			{"takes a number that a field does not hold", "internal/tokenjson.pass.fill", `|| v.OverflowInt(x)`, ``},
			{"keeps escapes in a list", "internal/tokenjson.pass.texts", `unquote(p.payload[s.start-1 : s.end+1])`, `p.payload[s.start:s.end]`},
		}},
		{"internal/tokenjson.TestLibraryFillsOddTypes", []mutant{
			{"takes names of a map for numbers", "internal/tokenjson.shapes.of", ` && special[t.Key()] == other`, ``},
		}},
		{"internal/tokenjson.TestPassReads", []mutant{
			{"leaves a struct with an embedded one to the library", "internal/tokenjson.shapes.addFields", `if inner.Kind() != reflect.Struct || `, `if inner.Kind() == reflect.Struct || `},
			{"leaves names with escapes to the library", "internal/tokenjson.reader.name", `	if n.escaped {
`, `	if n.escaped {
		r.fail()
`},
		}},
	}},
	{"9", "in valid UTF-8, without lone surrogates", []proof{
		{"TestClaimRules", nil},
		{"TestTypesThatDecodeThemselves", nil},
	}},
	{"9", "at most 32 deep", []proof{
		{"TestClaimRules", nil},
	}},
	{"9", "of at most 256 members", []proof{
		{"TestClaimRules", nil},
	}},
	{"9", "and as many audiences as the token has room for", []proof{
		{"TestManyAudiences", nil},
	}},
	{"9", "without a name twice at any depth", []proof{
		{"TestClaimRules", nil},
		{"TestTypesThatDecodeThemselves", nil},
	}},
	{"9", "with nothing after it", []proof{
		{"TestClaimRules", nil},
	}},
	{"9", "names bind to fields in exact case alone", []proof{
		{"TestClaimsTypes", []mutant{}},
		{"TestClaimRules", nil},
	}},
	{"10", "the rules hold for every claims type", []proof{
		{"TestClaimRules", nil},
		{"TestTypesThatWriteToThePayload", []mutant{
			{"lets a type that decodes itself write to what the rules read", "internal/tokenjson.Decoder.Decode", `ReadFacts(payload,`, `ReadFacts(string(text),`},
			{"passes over nbf", "internal/rules.Rules.Check", `f.NotBefore.Present()`, `false`},
			{"passes over the audiences of Options", "internal/rules.Rules.Check", `[...][]string{r.Audience, key.Audience}`, `[...][]string{key.Audience}`},
			{"takes a token that is bound to a key for a bearer token", "internal/rules.Rules.Check", `f.Confirmation() != "" && !r.AllowSenderBound`, `false`},
		}},
	}},
	{"10", "exp is a number between 0 and the end of year 9999, if it is there", []proof{
		{"TestClaimRules", nil},
	}},
	{"10", "so is nbf", []proof{
		{"TestClaimRules", nil},
	}},
	{"10", "so is iat", []proof{
		{"TestClaimRules", nil},
	}},
	{"10", "fractions count: exp is rounded down, nbf up", []proof{
		{"TestTime", nil},
		{"internal/numericdate.TestAgainstBig", nil},
		{"internal/numericdate.FuzzParse", nil},
	}},
	{"10", "iss, sub and jti are strings", []proof{
		{"TestClaimRules", nil},
	}},
	{"10", "with AllowNumericSubject, sub may be plain digits up to 2^53-1 too, which all see", []proof{
		{"TestNumericSubject", []mutant{
			{"takes a number for sub without AllowNumericSubject", "internal/tokenjson.setters", `n && isSubject(v)`, `isSubject(v)`},
			{"takes any number for sub", "internal/tokenjson.setters", `n && isSubject(v)`, `n && v[0] != '[' && v[0] != '{' && v[0] != 'n' && v[0] != 't' && v[0] != 'f'`},
			{"takes a sub that a float64 rounds", "internal/tokenjson.maxSubject", `53 - 1`, `53`},
			{"has no subject for a number in results", "internal/tokenjson.Facts.Subject", `return unquote(f.text(f.subject))`, `if v := f.text(f.subject); v == "" || v[0] != '"' {
		return ""
	}
	return unquote(f.text(f.subject))`},
			{"has no subject for a number in Registered", "internal/tokenjson.Facts.Registered", `Subject: f.Subject()`, `Subject: strings.TrimLeft(f.Subject(), "0123456789")`},
		}},
		{"TestNewRefusesStringSubjects", []mutant{
			{"takes a claims type that a number in sub does not fit", "internal/tokenjson.NewDecoder", `numericSubject: numericSubject`, `numericSubject: false`},
		}},
		{"denylist.TestNumericSubject", nil},
		{"FuzzClaimsTypes", nil},
	}},
	{"10", "aud is a string or an array of strings", []proof{
		{"TestClaimRules", nil},
	}},
	{"10", "a name is a name however it is escaped", []proof{
		{"TestClaimRules", nil},
	}},
	{"10", "exp is required", []proof{
		{"TestClaimRules", nil},
	}},
	{"10", "and refused from its second on", []proof{
		{"TestTime", nil},
		{"TestRememberedTokensExpire", []mutant{
			{"takes a token in the very second of its exp", "internal/rules.Rules.Check", `!now.Before`, `now.After`},
		}},
		{"TestClockSteps", nil},
	}},
	{"10", "unless AllowMissingExpiry says so, which leaves one that is there in force", []proof{
		{"TestTime", nil},
		{"TestClaimRules", nil},
	}},
	{"10", "leeway is counted, 5 minutes of it at most", []proof{
		{"TestTime", nil},
		{"TestNewRefuses/long leeway", []mutant{
			{"takes a leeway of any length", "Options.checkTimes", `o.Leeway, maxLeeway`, `o.Leeway, math.MaxInt64`},
		}},
	}},
	{"10", "iat counts with MaxAge alone, which requires it", []proof{
		{"TestTime", nil},
		{"TestClaimRules", nil},
	}},
	{"11", "one of the audiences must be there, compared exactly", []proof{
		{"TestIssuerAndAudience/another aud", []mutant{
			{"compares audiences in any case", "internal/tokenjson.Facts.IsFor", `slices.Contains(audiences, unquote(v))`, `slices.ContainsFunc(audiences, func(a string) bool { return strings.EqualFold(a, unquote(v)) })`},
		}},
		{"TestIssuerAndAudience/a prefix", []mutant{
			{"compares the beginning of an audience", "internal/tokenjson.Facts.IsFor", `slices.Contains(audiences, unquote(v))`, `slices.ContainsFunc(audiences, func(a string) bool { return strings.HasPrefix(unquote(v), a) })`},
		}},
		{"TestIssuerAndAudience/no aud", nil},
		{"TestIssuersWithAudiences", []mutant{
			{"takes a token for others where no audience is configured", "internal/rules.Rules.Check", ` f.HasAudience() `, ` false `},
			{"passes over the audiences of a key", "internal/rules.Rules.Check", `, key.Audience`, ``},
		}},
	}},
	{"11", "an audience is refused where none is configured", []proof{
		{"TestIssuerAndAudience/an aud where none is configured", nil},
		{"TestIssuerAndAudience/an empty aud where none is configured", nil},
		{"TestAnswers/an audience where none is configured", nil},
	}},
	{"11", "a remote source without an audience is refused when it is made", []proof{
		{"jwks.TestConstructorErrors/Discover no audience", nil},
	}},
	{"11", "iss is compared exactly with the one of the options", []proof{
		{"TestIssuerAndAudience/another iss", []mutant{
			{"compares the beginning of an issuer", "internal/rules.Rules.Check", `f.Issuer() != want`, `f.Issuer()[:min(len(f.Issuer()), len(want))] != want`},
		}},
		{"TestIssuerAndAudience/iss in another case", []mutant{
			{"compares issuers in any case", "internal/rules.Rules.Check", `f.Issuer() != want`, `!syntax.EqualFold(f.Issuer(), want)`},
		}},
		{"TestIssuerAndAudience/no iss", nil},
	}},
	{"11", "and with the one that the key is bound to", []proof{
		{"TestIssuerAndAudience/bound, another iss", nil},
		{"TestIssuersBindKeys", []mutant{
			{"binds no key to its issuer", "Key.bindTo", `.WithIssuer(issuer)`, ``},
			{"passes over the issuer of a key", "internal/rules.Rules.Check", `, key.Issuer`, ``},
		}},
		{"jwks.TestBinding", nil},
	}},
	{"11", "the issuer of the only source counts as configured", []proof{
		{"TestSourceOfOneIssuer", []mutant{
			{"passes over the issuer of Options", "internal/rules.Rules.Check", `[...]string{r.Issuer, key.Issuer}`, `[...]string{key.Issuer}`},
		}},
	}},
	{"12", "a key verifies signatures of its algorithm alone", []proof{
		{"TestOnlyOneAlgorithmPerKey", []mutant{
			{"takes alg none", "verifier.openParts", `	keys, err := eligibleKeys(ctx, v.keys, asked)
	o.offered = keys
	if err != nil {`, `	keys, err := eligibleKeys(ctx, v.keys, asked)
	o.offered = keys
	if header.Algorithm == "none" {
		o.key = Key{&keyMaterial{}}
		o.payload, err = v.work.Payload(parts.Payload)
		return err
	}
	if err != nil {`},
			{"uses a key of any alg for a token without kid", "eligible", ` && k.material.algorithm == h.Algorithm`, ``},
		}},
		{"TestAlgorithmConfusion", nil},
		{"TestRSASignatures", []mutant{
			{"takes PSS with a salt of any length", "internal/jws.rsaScheme.verify", `PSSSaltLengthEqualsHash`, `PSSSaltLengthAuto`},
		}},
	}},
	{"12", "a key is for one of golang-jwt's own methods", []proof{
		{"TestNewKey", []mutant{
			{"takes any method that has a known name", "internal/jws.NameOf", `method == algorithms[i].method`, `method != nil && method.Alg() == algorithms[i].name`},
			{"takes a private key with an error that does not say so", "internal/jws.MaterialError", `; ok && want`, `; ok && false && want`},
		}},
	}},
	{"12", "Ed25519 and EdDSA name one algorithm", []proof{
		{"TestNamesOfEd25519", []mutant{
			{"knows one name of EdDSA in tokens", "internal/jws.Workspace.ReadHeader", `	h.Algorithm = Canonical(h.Algorithm)
`, ``},
			{"knows one name of EdDSA in configuration", "internal/keyfunc.New", `		a = jws.Canonical(a)
`, ``},
		}},
		{"jwks.TestParseKey/Ed25519 Ed25519", nil},
	}},
	{"12", "a key of a set serves the listed algorithms that it names or that fit it, and no others", []proof{
		{"jwks.TestAlgorithms", []mutant{
			{"uses keys for algorithms that are not listed", "jwks.algorithmsOf", `!slices.Contains(possible(wanted), name)`, `false`},
			{"uses a key without alg for the usual algorithm alone", "jwks.algorithmsOf", `alg == "" && wanted == nil`, `alg == ""`},
		}},
		{"jwks.TestAlgorithms/one kid for two keys, both without alg", []mutant{
			{"reports a second key once for each of its algorithms", "jwks.collector.add", `twice = append(twice, algorithm)`, `c.skip(name.kid, fmt.Errorf("its kid is twice in the set for %s, and the first key is used", algorithm))`},
		}},
		{"jwks.TestAlgorithmsErrors", []mutant{
			{"takes any name for an algorithm of keys", "jwks.checkAlgorithms", `!slices.Contains(algorithms, canonical)`, `false`},
			{"takes an empty list of algorithms", "jwks.checkAlgorithms", `len(names) == 0`, `false`},
			{"takes an algorithm twice", "jwks.checkAlgorithms", `slices.Contains(names, canonical)`, `slices.Contains(names, name) && name != "RS256"`},
		}},
		{"jwks.TestAlgorithmsOfManyKeys", []mutant{
			{"counts a key once for each of its algorithms", "jwks.collector.add", `c.used++`, `c.used += len(serves)`},
		}},
		{"jwks.TestAlgorithmsAndEvents", []mutant{
			{"reports a key once for each of its algorithms", "jwks.Source.reportKeys", `firstOfEach(keys)`, `keys`},
			{"counts keys by their algorithms", "jwks.Source.Stats", `known.used`, `len(known.found)`},
		}},
		{"jwks.FuzzParse", nil},
	}},
	{"12", "a signature of ECDSA has the length of its curve", []proof{
		{"TestSignaturesOfLargerCurves", []mutant{
			{"passes r and s with zeros before them", "internal/jws.appendInteger", `	number = bytes.TrimLeft(number, "\x00")
`, ``},
			{"passes r and s as negative numbers", "internal/jws.appendInteger", ` || number[0] >= 0x80`, ``},
			{"passes the length of a long signature in one byte", "internal/jws.ecScheme.check", `len(body) >= 0x80`, `false`},
		}},
	}},
	{"12", "a secret has 32 bytes", []proof{
		{"TestNewRefusesKeys/short secret", nil},
	}},
	{"12", "and is as long as its hash", []proof{
		{"TestNewKey/47 bytes for HS384", []mutant{
			{"takes 32 bytes for every HMAC", "internal/jws.newHMACVerifier", `a.hash.Size() //`, `32 //`},
		}},
		{"TestNewKey/63 bytes for HS512", nil},
	}},
	{"12", "and is no public key", []proof{
		{"TestNewRefusesKeys/PEM as a secret", nil},
		{"TestNewRefusesKeys/PKIX DER as a secret", nil},
		{"TestNewRefusesKeys/ssh line as a secret", nil},
		{"TestPublicKeysAreNoSecrets", []mutant{
			{"takes a public key for a secret", "internal/jws.newHMACVerifier", `looksPublic(secret)`, `false`},
			{"takes a public key for a secret that is in DER", "internal/jws.isKeyForm", `IsPublicDER(b)`, `false`},
		}},
		{"TestUnknownPublicKeysAreNoSecrets", []mutant{
			{"takes a certificate for a secret", "internal/jws.IsPublicDER", `new([]asn1.RawValue), `, ``},
		}},
		{"TestSecretsLikePublicKeys", []mutant{
			{"refuses a secret that begins as a public key does", "internal/jws.startsWith", `!isDER(`, `i == 0 && !isDER(`},
		}},
		{"FuzzParseRSAPublicKey", nil},
	}},
	{"12", "an RSA key has 2048 to 8192 bits", []proof{
		{"TestNewRefusesKeys/2047 bits", nil},
		{"TestNewRefusesKeys/8193 bits", nil},
	}},
	{"12", "and an odd exponent from 3 below 2^31", []proof{
		{"TestNewRefusesKeys/exponent 1", nil},
		{"TestNewRefusesKeys/exponent even", nil},
		{"TestNewRefusesKeys/exponent 2^31+1", []mutant{
			{"takes an RSA key with an exponent of 2^31 and more", "internal/jws.checkRSA", `<31`, `<40`},
		}},
	}},
	{"12", "the algorithm fixes the curve", []proof{
		{"TestNewKey/P-256 for ES384", nil},
		{"TestNewKey/P-521 for ES384", nil},
		{"jwks.TestParseKey/P-384 that says ES256", nil},
	}},
	{"12", "a key of a curve lies on it", []proof{
		{"TestEdDSAKeysOffTheCurve", []mutant{
			{"takes an Ed25519 key off the curve", "internal/jws.checkEd", `fmt.Sprint(verifyNothing(pub)) != badSignature()`, `false`},
		}},
		{"TestNewRefusesPublicKeys", []mutant{
			{"passes over an unfit key of a key source", "eligibleKeys", `		return nil, because(reason.Unavailable, err)
		`, `		continue
		`},
			{"takes unfit keys into a set", "KeySet.prepare", `fault(err)
			`, ``},
			{"takes an RSA key of 2047 bits", "internal/jws.checkRSA", `< 2048`, `< 2047`},
			{"takes an RSA key of any size", "internal/jws.checkRSA", `maxRSABits`, `1<<20`},
			{"takes an RSA key with the exponent 1", "internal/jws.checkRSA", `< 3`, `< 1`},
			{"takes an RSA key with an even exponent", "internal/jws.checkRSA", ` || pub.E%2 == 0`, ``},
			{"takes an RSA key with an even modulus", "internal/jws.checkRSA", ` || pub.N.Bit(0) == 0`, ``},
			{"takes an RSA key without modulus", "internal/jws.checkRSA", ` || pub.N == nil`, ``},
			{"takes an Ed25519 key of small order", "internal/jws.checkEdForm", `slices.Contains(smallOrder`, `false && slices.Contains(smallOrder`},
		}},
	}},
	{"12", "all this holds for keys of remote sets", []proof{
		{"jwks.TestParseKey/RSA 8192 bits", nil},
		{"jwks.TestParseKey/RSA 8193 bits", nil},
		{"jwks.TestParseKey/RSA e even", nil},
		{"jwks.TestParseKey/EC off the curve", nil},
		{"jwks.TestParseKey/Ed25519 off the curve", nil},
		{"internal/jwk.TestForms", []mutant{
			{"fills up a coordinate at its end", "internal/jwk.members.ecKey", `(i+1)*size-len(coordinate)`, `i*size`},
			{"takes no standard alphabet", "internal/jwk.members.bytes", `form == Lenient`, `false`},
			{"takes integers with zeros before them in any form", "internal/jwk.members.integer", `== Canonical`, `> Lenient`},
			{"takes bits after the last byte in any form", "internal/jwk.members.bytes", `== Canonical`, `> Lenient`},
			{"takes short coordinates in any form", "internal/jwk.members.ecKey", `== Canonical`, `> Lenient`},
			{"hashes how a key was written", "internal/jwk.Parse", `Thumbprint(k.Public)`, `sha256.Sum256([]byte(m.text("n") + m.text("x")))`},
		}},
	}},
	{"12", "keys copy what they are made of", []proof{
		{"TestKeysCopy", []mutant{}},
		{"TestNewCopies", nil},
	}},
	{"12", "New refuses a key that is nil, empty or a typed nil", []proof{
		{"TestNewRefusesKeys/nil", nil},
		{"TestNewRefusesKeys/zero key", nil},
		{"TestNewRefusesKeys/typed nil", nil},
		{"TestNewRefusesKeys/nil RSA key", nil},
	}},
	{"12", "one that a function returns later is a 503", []proof{
		{"TestKeyFunc", nil},
		{"TestNewRefusesPublicKeys", nil},
		{"TestFromKeyfunc/typed nil", nil},
	}},
	{"12", "each key of each algorithm has a memory of its own", []proof{
		{"internal/jws.TestFingerprints", []mutant{
			{"remembers a signature for every algorithm of its key", "internal/jws.newPublicVerifier", `append([]byte(a.name+" "), pub...)`, `pub`},
		}},
	}},
	{"12", "New refuses keys and key sources that are unfit", []proof{
		{"TestNewRefusesKeys/long id", []mutant{
			{"takes a kid of 257 bytes", "internal/jws.maxKeyIDBytes", `256`, `257`},
		}},
		{"TestNewRefusesKeys/control in the id", []mutant{
			{"takes control characters in a kid", "internal/jws.IsKeyID", `< 0x20 || s[i] `, ``},
		}},
		{"TestNewRefusesKeys", []mutant{
			{"uses a key for any alg", "Key.has", `algorithm == algorithm && m.`, ``},
		}},
		{"TestNewRefusesKeys/nine unnamed beside a named one", []mutant{
			{"takes any number of keys without id", "KeySet.prepare", `maxKeys `, `1<<20 `},
		}},
		{"TestNewRefusesKeys/bad set by pointer", []mutant{
			{"takes a nil *KeySet for a key source", "prepareKeys", `	case *KeySet:
		return s.prepare(issuer)
	case KeySet:`, `	case KeySet:`},
			{"takes a secret of 31 bytes", "internal/jws.newHMACVerifier", `< size {`, `< size-1 {`},
		}},
		{"TestNewRefusesKeys/nil KeyFunc", []mutant{
			{"takes a nil KeyFunc for a key source", "prepareKeys", `.Kind() == reflect.Func || v`, ``},
		}},
		{"TestNewRefusesKeys/UTF-16 PEM", []mutant{
			{"takes a public key for a secret that is indented, or in UTF-16", "internal/jws.looksPublic", `|| isKeyForm(text) `, ``},
		}},
	}},
	{"12", "a golang-jwt function is asked for keys of its algorithms only", []proof{
		{"TestFromKeyfunc/a secret that is not asked for", []mutant{
			{"asks a golang-jwt function for keys of any alg", "keyfuncSource.Keys", `!s.source.HasAlgorithm(h.Algorithm)`, `false`},
		}},
	}},
	{"12", "an Ed25519 key of small order is refused", []proof{
		{"TestEdDSAKeysOfSmallOrder", []mutant{
			{"takes an Ed25519 key of small order with the other sign", "internal/jws.checkEdForm", `	y[31] &= 0x7f // the sign of x
`, ``},
		}},
	}},
	{"12", "keys that differ in one part are not taken for each other", []proof{
		{"TestFromKeyfuncTellsKeysApart", []mutant{
			{"takes a point for its negative", "internal/jws.ecScheme.IsFor", ` && pub.Y.Cmp(e.key.Y) == 0`, ``},
			{"takes one exponent for another", "internal/jws.rsaScheme.IsFor", `pub.E == r.key.E && `, ``},
		}},
	}},
	{"12", "an unfit key of a golang-jwt function is not kept", []proof{
		{"TestFromKeyfuncKeepsNoUnfitKey", []mutant{
			{"keeps an unfit key", "internal/keyfunc.Source.Key", `err == nil`, `true`},
		}},
	}},
	{"13", "a key is for its algorithm and id, or for any where one side has none", []proof{
		{"TestEligibleKeys/ids in another order", nil},
		{"TestEligibleKeys/no id in the token, one named key", nil},
		{"TestEligibleKeys/unnamed key, named token", nil},
	}},
	{"13", "a token that names a kid is tried with the key of that kid and algorithm alone", []proof{
		{"TestEligibleKeys/an id in the token, signed by the key without", []mutant{
			{"tries keys without id beside the one that the token names", "eligible", `KeyID)
`, `KeyID) || k.has(h.Algorithm, "")
`},
		}},
		{"TestEligibleKeys/one id, two algorithms", nil},
		{"TestEligibleKeys/an id in the token, nine named keys", nil},
	}},
	{"13", "or, where none has that kid, with those without id", []proof{
		{"TestEligibleKeys/another id, eight named keys and one without", nil},
		{"TestEligibleKeys/another id, signed by a named key", nil},
		{"TestEligibleKeys/an id in the token, named keys of another algorithm", []mutant{
			{"the index finds a key of any alg by its id", "keyIndex.Keys", `k.material.algorithm == h.Algorithm`, `k.material.algorithm != ""`},
			{"the index has no keys without id for a token with kid", "keyIndex.Keys", `slices.Clip(x.unnamed[h.Algorithm])`, `nil`},
		}},
	}},
	{"13", "one without kid is tried with all keys of its algorithm", []proof{
		{"TestEligibleKeys/no id in the token, two named keys", nil},
		{"TestEligibleKeys/from a key without id to one with, old", nil},
	}},
	{"13", "at most 8 are tried, and with more the token is refused", []proof{
		{"TestNewRefusesKeys/nine unnamed", nil},
		{"TestEligibleKeys/no id in the token, nine named keys", []mutant{
			{"tries any number of keys", "eligibleKeys", `if len(some) > maxKeys {
		return nil, errTooManyKeys
	}
	`, ``},
		}},
		{"TestEligibleKeys/no id in the token, eight named keys and one without", nil},
		{"TestFromKeyfunc/nine keys", nil},
		{"TestBindingIsBounded", []mutant{
			{"uses a key for any kid", "Key.has", ` && m.id == id`, ``},
		}},
	}},
	{"13", "New refuses the same id and algorithm twice", []proof{
		{"TestNewRefusesKeys/duplicate id", []mutant{
			{"takes an id twice in a set", "KeySet.prepare", `slices.ContainsFunc(x.named[m.id], func(k Key) bool { return k.has(m.algorithm, m.id) })`, `false`},
		}},
		{"TestNewRefusesKeys/duplicate id among others", nil},
	}},
	{"13", "named and unnamed keys may be in one set", []proof{
		{"TestEligibleKeys/from a key with an id to one without, new", nil},
		{"TestEligibleKeys/from a key without id to one with, new", nil},
	}},
	{"13", "in remote sets too", []proof{
		{"jwks.TestEligibleKeys/one of each", nil},
		{"jwks.TestEligibleKeys/nine named", nil},
		{"jwks.TestEligibleKeys/nine without kid", nil},
		{"jwks.TestRotationToNames", nil},
	}},
	{"13", "a source around a set that appends to its keys changes no list of the set", []proof{
		{"TestKeysAreAppendedTo", []mutant{
			{"returns keys with room for more", "eligible", `slices.Clip(keys)`, `keys`},
		}},
		{"jwks.TestEligibleKeys/five named, four without kid", []mutant{
			{"returns all keys with room for more", "keyIndex.Keys", `slices.Clip(x.all[h.Algorithm])`, `x.all[h.Algorithm]`},
		}},
		{"jwks.TestEligibleKeys/nine without kid", []mutant{
			{"returns keys without id with room for more", "keyIndex.Keys", `slices.Clip(x.unnamed[h.Algorithm])`, `x.unnamed[h.Algorithm]`},
		}},
	}},
	{"13", "in a remote set the first of one kid and algorithm counts, and the other one is reported", []proof{
		{"jwks.TestParseSet/two keys of one kid: the first stays", []mutant{
			{"takes a kid twice", "jwks.collector.add", `f.keyName == name`, `false`},
		}},
		{"jwks.TestParseSet/the second of a kid is not examined", []mutant{
			{"examines hundreds of keys that are not used", "jwks.collector.add", `name.kid != "" && slices`, `name.kid != "" && jwthttp.NewKey(jws.MethodOf(algorithm), parsed.Public).Err() == nil && slices`},
		}},
		{"jwks.TestParseSet/two algorithms of one kid", nil},
		{"jwks.TestEligibleKeys/the second of a kid", nil},
	}},
	{"13", "a KeyFunc returns eight keys at most", []proof{
		{"TestEligibleKeys", []mutant{
			{"takes any number of keys from a KeyFunc", "KeyFunc.Keys", `err == nil && len(keys) > maxKeys`, `false`},
		}},
	}},
	{"14", "no secret comes from a remote set", []proof{
		{"jwks.TestParseKey/oct HS256", nil},
		{"jwks.TestBadRefresh/no usable key", nil},
	}},
	{"14", "secrets and public keys side by side are not taken for each other", []proof{
		{"TestAlgorithmConfusion", nil},
		{"TestNewRefusesKeys/keyfunc with both", []mutant{
			{"takes a golang-jwt function for HS256 and RS256 at once", "internal/keyfunc.New", `symmetric > 0`, `false`},
		}},
	}},
	{"15", "keys come over https, but from this machine", []proof{
		{"jwks.TestConstructorErrors/New plain http", []mutant{
			{"takes plain http", "jwks.checkAddress", `!insecure && syntax.IsPlain(u)`, `false`},
		}},
		{"jwks.TestWhereKeysAre", nil},
		{"oauth.TestMisuse/http", []mutant{
			{"takes plain http for a resource", "internal/syntax.ParseURL", `err == nil && IsPlain(u)`, `false`},
		}},
	}},
	{"15", "unless AllowInsecureHTTP is set, which no redirect needs", []proof{
		{"jwks.TestAllowInsecureHTTP/all of them, not allowed", nil},
		{"jwks.TestAllowInsecureHTTP/all of them, allowed", []mutant{
			{"does not allow plain http of an issuer", "jwks.placesOf", `checkAddress(o.Issuer, "", o.AllowInsecureHTTP)`, `checkAddress(o.Issuer, "", false)`},
		}},
		{"jwks.TestAllowInsecureHTTP/of the metadata alone, allowed", []mutant{
			{"does not allow plain http of metadata", "jwks.placesOf", `wellKnownOIDC, o.AllowInsecureHTTP)`, `wellKnownOIDC, false)`},
		}},
		{"jwks.TestAllowInsecureHTTP/of the keys alone, allowed", []mutant{
			{"does not allow plain http of keys", "jwks.newSource", `o.Issuer, o.AllowInsecureHTTP`, `o.Issuer, false`},
		}},
		{"jwks.TestAllowInsecureHTTP/of the keys alone, on this machine, allowed", []mutant{
			{"does not allow plain http of keys on this machine", "jwks.remote.locateAt", ` && !r.insecure {`, ` {`},
		}},
		{"jwks.TestAllowInsecureHTTP/a redirect from https down to http", nil},
		{"jwks.TestAllowInsecureHTTP/a redirect from http up to https", nil},
	}},
	{"15", "metadata is asked for at MetadataURL alone, and its issuer is compared", []proof{
		{"jwks.TestMetadataURL/another issuer", []mutant{
			{"asks elsewhere for metadata", "jwks.placesOf", `{u.String()}`, `{u.String(), o.Issuer + wellKnownOIDC}`},
		}},
		{"jwks.TestMetadataURL/of a plain name", nil},
		{"jwks.TestMetadataURL/the query is secret", []mutant{
			{"shows a query", "jwks.at", `syntax.WithoutQuery(address)`, `address`},
		}},
		{"jwks.TestMetadataURL/mistake, no issuer", []mutant{
			{"takes no issuer", "jwks.placesOf", `o.Issuer == ""`, `false`},
		}},
		{"jwks.TestMetadataURL/mistake, New", []mutant{
			{"ignores MetadataURL", "jwks.New", `opts.MetadataURL != ""`, `false`},
		}},
	}},
	{"15", "a map of kids to PEM texts is read by the rules of a key set", []proof{
		{"jwks.TestParsePEM", []mutant{
			{"takes the good one of two PEM blocks", "jwks.publicOf", `strings.Count(text, beginPEM) > 1`, `false`},
			{"takes what follows a PEM block", "jwks.publicOf", `len(bytes.TrimSpace(rest)) > 0`, `len(rest) > 9999`},
			{"does not say that a private key is published", "jwks.publicOf", `strings.Contains(text, "PRIVATE KEY-----")`, `false`},
			{"takes a key of another type", "jwks.parsePEM", `len(jws.AlgorithmsFor(pub)) == 0`, `false`},
		}},
		{"jwks.TestParsePEMMap", []mutant{
			{"takes a document with one PEM text for a map", "jwks.outline.isPEMMap", `o.pems == o.members`, `o.pems > 0`},
		}},
		{"jwks.TestSourceOfPEMMap", []mutant{
			{"takes a key in PEM for another one than in a JWK", "jwks.parsePEM", `jwk.Thumbprint(pub)`, `[32]byte{1}`},
		}},
		{"jwks.TestParseManyPEM", nil},
		{"jwks.FuzzParse", nil},
	}},
	{"DOC", "a document that is not a key set says what it is", []proof{
		{"jwks.TestParseDocument/a key alone", []mutant{
			{"does not know a JWK", "jwks.outline.describe", `o.isJWK`, `false`},
		}},
		{"jwks.TestParseDocument/the metadata of an issuer", []mutant{
			{"does not name the issuer of metadata", "jwks.outline.describe", `o.isMetadata && o.issuer != ""`, `false`},
		}},
		{"jwks.TestParseDocument/an OAuth error", []mutant{
			{"does not know an error", "jwks.outline.describe", `o.isError`, `false`},
		}},
		{"jwks.TestParseDocument/a public key in PEM", []mutant{
			{"does not skip a byte order mark", "jwks.outline.describe", `bytes.TrimPrefix(document, []byte(byteOrderMark))`, `document`},
		}},
		{"jwks.TestParseDocument/a private key in PEM", nil},
		{"jwks.TestParseDocument/HTML", nil},
		{"jwks.TestParseDocument/nothing", nil},
		{"jwks.TestErrorText", nil},
	}},
	{"15", "no redirect leads to another host", []proof{
		{"jwks.TestRedirects/another host", nil},
		{"jwks.TestRedirects/another port", nil},
		{"jwks.TestRedirects/the same host with its port", []mutant{
			{"takes the default port for another one", "jwks.hostAndPort", `port == ""`, `false`},
		}},
		{"jwks.TestRedirects/the port of http", nil},
		{"jwks.TestRedirectsOverNetwork", nil},
	}},
	{"15", "or down to http", []proof{
		{"jwks.TestRedirects/down to http", nil},
		{"jwks.TestRedirects/down to http with the port of https", []mutant{
			{"follows a redirect to plain http", "jwks.newClient", `req.URL.Scheme != first.Scheme || `, ``},
		}},
	}},
	{"15", "a fetch takes 5 seconds, with all that belongs to it", []proof{
		{"jwks.TestFetchTakesFiveSeconds", nil},
		{"jwks.TestDiscoveryTakesFiveSeconds", []mutant{
			{"lets a fetch take 10 seconds", "jwks.fetchTimeout", `5`, `10`},
		}},
	}},
	{"15", "and brings 512 KiB", []proof{
		{"jwks.TestAnswers/512 KiB and a byte", nil},
	}},
	{"15", "of which the first 100 keys that can be used count, and the rest is reported", []proof{
		{"jwks.TestParseManyKeys/101", []mutant{
			{"takes 101 keys", "jwks.maxKeys", `100`, `101`},
		}},
		{"jwks.TestParseManyKeys/150 with odd ones among them", nil},
	}},
	{"15", "a key that cannot be used spoils no other", []proof{
		{"jwks.TestParseKey", []mutant{
			{"takes a symmetric key from a set", "jwks.parse", `		c.add(func() (jwk.Key, error) { return jwk.Parse`, "\t\tif bytes.Contains(text, []byte(`\"oct\"`)) {\n\t\t\tc.found = append(c.found, foundKey{Key: jwthttp.HS256(bytes.Repeat([]byte(\"k\"), 32))})\n\t\t\treturn\n\t\t}\n\t\tc.add(func() (jwk.Key, error) { return jwk.Parse"},
			{"takes a key for another algorithm than it names", "jwks.algorithmsOf", `	case !slices.Contains(fitting, algorithm):`, `	case !slices.Contains(fitting, algorithm) && len(alg) > 0:
		serves = fitting[:1]
	case false:`},
			{"takes a key that jwthttp refuses", "jwks.collector.add", `k.Err()`, `error(nil)`},
			{"takes a private key from a set", "internal/jwk.Parse", `m.secret != ""`, `false`},
			{"takes members twice in a key", "internal/jwk.Parse", `if !ok {`, `if !ok && !bytes.Contains(text, []byte("kty")) {`},
		}},
		{"jwks.TestParseProviders", nil},
	}},
	{"15", "a use other than sig is skipped", []proof{
		{"jwks.TestParseKey/use enc", nil},
	}},
	{"15", "so are key_ops without verify", []proof{
		{"jwks.TestParseKey/key ops without verify", []mutant{
			{"takes a key for another operation", "internal/jwk.Parse", `m.operations != nil`, `false`},
		}},
	}},
	{"15", "what is wrong with a source is an error of its constructor", []proof{
		{"jwks.TestConstructorErrors/New without issuer, and more", []mutant{
			{"takes another issuer from a key source for one", "jwks.New", `opts.Issuer == ""`, `false`},
		}},
		{"jwks.TestConstructorErrors/New ftp with a query", []mutant{
			{"shows the query of an address", "internal/syntax.WithoutQuery", `address[:end]`, `address`},
		}},
		{"jwks.TestConstructorErrors/New no audience", []mutant{
			{"goes without an audience unasked", "jwks.checkOptions", `len(o.Audience) == 0 && !o.AllowAnyAudience`, `false`},
		}},
	}},
	{"15", "keys are fetched from where the metadata say", []proof{
		{"jwks.TestKeysMove/the old address is gone", []mutant{
			{"counts failures of before a success", "jwks.Source.finish", `s.setback.failures = 0`, `s.setback.failures += 0`},
			{"drops good keys when a fetch fails", "jwks.Source.finish", `s.setback.failures++`, `s.setback.failures++
		s.served.Store(nil)`},
			{"asks for the metadata once and never again", "jwks.remote.fetch", ` whole &`, ` r.url == "" &`},
		}},
		{"jwks.TestKeysMove/the old address redirects", []mutant{
			{"follows a redirect to another host", "jwks.newClient", ` || !strings.EqualFold(hostAndPort(req.URL), hostAndPort(first))`, ``},
		}},
		{"jwks.TestKeysMove/the old address has keys of no use", []mutant{
			{"takes a key for another use", "internal/jwk.Parse", `m.use != nil && *m.use != "sig"`, `false`},
		}},
		{"jwks.TestKeysMove/the old address has no keys", []mutant{
			{"takes a set without a key that can be used", "jwks.collector.result", `len(c.found) == 0`, `false`},
		}},
	}},
	{"15", "redirects are few, and lead nowhere else", []proof{
		{"jwks.TestRedirects/four times", []mutant{
			{"follows any number of redirects", "jwks.newClient", `maxRedirects `, `9 `},
		}},
	}},
	{"15", "of many keys the first 100 count, and the rest is reported", []proof{
		{"jwks.TestParseManyKeys/one after 101 odd ones", []mutant{
			{"reports each of a million odd keys", "jwks.collector.skip", `len(c.skipped) == maxReports`, `false`},
		}},
	}},
	{"16", "unknown kids and failed signatures have a budget: four fetches, one more each 30 seconds", []proof{
		{"jwks.TestBudget/unknown kids", nil},
		{"jwks.TestBudget/failed signatures", nil},
		{"jwks.TestFloodOfUnknownKeys", nil},
		{"jwks.TestForgedSignatures", []mutant{
			{"fills the budget again at once", "jwks.budgetDelay", `30`, `3`},
		}},
	}},
	{"16", "a key that was replaced under its kid is found", []proof{
		{"jwks.TestReplacedKeys/one kid", nil},
		{"jwks.TestReplacedKeys/no kid", nil},
		{"TestReplacedKeys/replaced", nil},
	}},
	{"16", "one at a time", []proof{
		{"jwks.TestReadyAndRefresh", nil},
		{"jwks.TestRotation", nil},
		{"jwks.TestReplacedKeyUnderLoad", nil},
	}},
	{"16", "which goes on without the request", []proof{
		{"jwks.TestWaiting", []mutant{
			{"lets the request that asked end a fetch for all", "jwks.Source.await", `	limited`, `	context.AfterFunc(ctx, s.cancel)
	limited`},
			{"makes a request wait as long as a fetch takes", "jwks.maxWait", `2 * time.Second`, `fetchTimeout`},
		}},
	}},
	{"16", "that waits no longer than its context and 2 seconds", []proof{
		{"jwks.TestWaiting", nil},
		{"jwks.TestContextIsOver", nil},
		{"jwks.TestFailedSignatureInTrouble", []mutant{
			{"uses keys after Close", "jwks.Source.Close", `served.Store(nil)
	s.`, ``},
		}},
	}},
	{"16", "a good token of a known key never waits", []proof{
		{"jwks.TestRenewal", nil},
		{"jwks.TestFloodOfUnknownKeys", nil},
		{"jwks.TestForgedSignatures", nil},
	}},
	{"16", "the budget is claimed before the fetch", []proof{
		{"jwks.TestBudget", nil},
	}},
	{"16", "a failed fetch is tried again after a second, then less often", []proof{
		{"jwks.TestDownAtBoot", nil},
	}},
	{"16", "and not over a connection that has died", []proof{
		{"jwks.TestDeadConnection/a source", []mutant{
			{"uses a dead connection until its limit", "jwks.newClient", `SendPingTimeout: time.Second`, `SendPingTimeout: time.Minute`},
		}},
		{"jwks.TestDeadConnection/tenants of one host", []mutant{
			{"waits for the answer of a dead connection", "jwks.newClient", `PingTimeout: 2 * time.Second`, `PingTimeout: time.Minute`},
		}},
	}},
	{"16", "not by all at once", []proof{
		{"jwks.TestRetriesSpread", nil},
		{"jwks.TestRenewalsSpread", nil},
	}},
	{"16", "whatever the budget says: it is well within seconds", []proof{
		{"jwks.TestDownAtBoot", nil},
	}},
	{"16", "in a flood a new key is seen after 30 seconds", []proof{
		{"jwks.TestFloodOfUnknownKeys", nil},
		{"jwks.TestFloodWhileDown", nil},
	}},
	{"16", "a single stray kid delays nothing", []proof{
		{"jwks.TestStrayKids", nil},
	}},
	{"16", "Retry-After is heeded: a minute, 5 minutes, an hour, half of the time until keys are stale", []proof{
		{"jwks.TestRetryAfter", []mutant{
			{"fetches for every token while the provider is down", "jwks.Source.join", `known == nil && s.setback.failures > 0 && since < s.setback.pause(0, 0)`, `false`},
			{"says 401 for an unknown kid where the last fetch has failed", "jwks.Source.join", `		if s.stats.LastError != nil {
			return nil, false, s.stats.LastError
		}
`, ``},
			{"is quiet for an hour without keys", "jwks.setback.pause", `maxQuietStale
`, `maxQuiet
`},
			{"fetches for tokens though the provider wants quiet", "jwks.Source.join", `since < min(s.setback.quiet, maxQuietToken) || `, ``},
			{"is quiet for an hour for tokens", "jwks.Source.join", `min(s.setback.quiet, maxQuietToken)`, `s.setback.quiet`},
		}},
		{"jwks.TestRetryAfterWhileStale", []mutant{
			{"lets keys expire because of Retry-After", "jwks.setback.pause", `min(maxQuiet, fresh/2)`, `maxQuiet`},
		}},
		{"jwks.TestRetryAfterOfMetadataAlone", nil},
	}},
	{"16", "but not by Refresh", []proof{
		{"jwks.TestRetryAfter", nil},
	}},
	{"16", "a key that was replaced under its kid is found, and each source is asked once", []proof{
		{"TestReplacedKeys/replaced, bare", []mutant{
			{"does not ask whether a key was replaced", "verifier.replacedKeys", `if !renewed {`, `if true {`},
			{"tries a token again with the keys that failed", "verifier.replacedKeys", `slices.Clone(keys), isTried)`, `slices.Clone(keys), func(k Key) bool { return !isTried(k) })`},
		}},
		{"TestReplacedKeys", []mutant{
			{"asks a source once for each key that failed", "verifier.replacedKeys", `if source := o.Source(); !slices.Contains(asked, source) {`, `if source := o.Source(); true {`},
		}},
	}},
	{"16", "an algorithm that no key could have starts no fetch", []proof{
		{"jwks.TestUnpublishedAlgorithms", []mutant{
			{"fetches for an algorithm that no key has", "jwks.Source.awaitKeys", `!slices.Contains(possible(s.wanted), h.Algorithm)`, `false`},
		}},
		{"jwks.TestUnlistedAlgorithms", []mutant{
			{"fetches for an algorithm that is not listed", "jwks.Source.awaitKeys", `possible(s.wanted)`, `algorithms`},
			{"does not name the option", "jwks.unknownKey.Error", `slices.Contains(algorithms, e.algorithm) &&`, `false &&`},
		}},
	}},
	{"16", "a signature that fails asks for the keys out of the same budget", []proof{
		{"jwks.TestReplacedKeys/one kid, KeyFunc that binds keys", []mutant{
			{"lets a stray kid delay a rotation", "jwks.budgetSize", `4`, `1`},
		}},
		{"jwks.TestReplacedKeys/of two algorithms one, bare", []mutant{
			{"has one key for each kid", "keyIndex.Keys", `k.material.algorithm == h.Algorithm`, `true || k.material.algorithm == h.Algorithm`},
		}},
	}},
	{"16", "a renewal that is under way does not decide on an unknown kid", []proof{
		{"jwks.TestRenewalDoesNotDecide", []mutant{
			{"lets a renewal decide on an unknown kid", "jwks.Source.await", `f.whole &&`, `!f.whole ||`},
		}},
	}},
	{"16", "tenants: of many tokens of a new one, one makes lookup be asked", []proof{
		{"jwks.TestOneLookup", []mutant{
			{"asks lookup for each token", "jwks.Tenants.ask", `	t.asking.flights[issuer] = f
`, ``},
		}},
	}},
	{"16", "which no request waits for longer than 2 seconds, if it never returns either", []proof{
		{"jwks.TestLookupBlocks", []mutant{
			{"waits for lookup for ever", "jwks.Tenants.wait", `	case <-timer.C:
		return errStillLooking
`, ``},
			{"lets new tenants use the turns of known ones", "jwks.maxFirst", `12`, `16`},
		}},
		{"jwks.TestLookupBlocksForOneTenant", []mutant{
			{"asks a lookup again that has not returned", "jwks.Tenants.remembered", ` && t.asking.flights[issuer] == nil && t.asking.renewals.take()`, ` && t.asking.renewals.take()`},
		}},
		{"jwks.TestLookupsAtOnce", []mutant{
			{"runs any number of look-ups at once", "jwks.turns.take", `	q.free--
`, ``},
		}},
	}},
	{"16", "invented issuers have a budget: 50 look-ups, 10 more each second; known tenants do not notice", []proof{
		{"jwks.TestFloodOfIssuers", []mutant{
			{"looks up every invented issuer", "jwks.Tenants.remembered", `!t.asking.budget.has(clock)`, `false`},
			{"counts tenants that are found", "jwks.Tenants.settle", `			t.asking.budget.giveBack()
`, ``},
		}},
		{"jwks.TestFloodWhileLookupFails", []mutant{
			{"blames the client for a database that is down", "jwks.Tenants.unasked", `t.asking.err != nil`, `false`},
		}},
	}},
	{"16", "what lookup does wrong is a 503, and is logged", []proof{
		{"jwks.TestLookupAnswers/a panic", []mutant{
			{"lets lookup end the program", "jwks.Tenants.call", `fault := recover()`, `fault := any(nil)`},
		}},
		{"jwks.TestLookupAnswers/zero options", []mutant{
			{"says nothing of mistakes in Stats", "jwks.Tenants.settle", `		t.stats.LastError = failed
`, ``},
		}},
		{"jwks.TestLookupAnswers/Goexit", nil},
		{"jwks.TestLookupAnswers/a Client", []mutant{
			{"lets a tenant bring a client", "jwks.Tenants.newSource", `opts.Client != nil || `, ``},
		}},
		{"jwks.TestLookupAnswers/ErrUnknownKey after a timeout", []mutant{
			{"refuses tokens because a database is slow", "jwks.Tenants.settle", ` && !isUnavailable(err)`, ``},
		}},
		{"jwks.TestLookupAnswers/another error", nil},
		{"jwks.TestLookupAnswers/ErrUnknownKey", []mutant{
			{"forgets refusals", "jwks.refusals.find", `now < known.until`, `false`},
		}},
	}},
	{"16", "a tenant that is removed stops within LookupTTL, and its tokens never wait until then", []proof{
		{"jwks.TestForget", []mutant{
			{"keeps a tenant that is to be forgotten", "jwks.Tenants.Forget", `t.forget(n)`, `_ = n`},
			{"keeps a refusal that is to be forgotten", "jwks.Tenants.Forget", `	t.asking.refused.remove(issuer)
`, ``},
			{"keeps an answer that was asked for before it was forgotten", "jwks.Tenants.Forget", `f.isOld = true`, `f.isOld = false`},
			{"keeps a refusal that was asked for before it was forgotten", "jwks.Tenants.settle", `!f.isOld`, `true`},
		}},
		{"jwks.TestTenantIsRemoved/10s", []mutant{
			{"lets tokens of active tenants wait", "jwks.Tenants.remembered", `n.err != nil || age >= t.opts.LookupTTL/2`, `n.err != nil`},
		}},
		{"jwks.TestSilenceAfterFailure/removed in an hour", []mutant{
			{"takes a failure of an hour ago for one of now", "jwks.Tenants.remembered", ` || t.wasSilent(n, now)`, ``},
		}},
		{"jwks.TestTenantIsRemoved/5m0s", []mutant{
			{"uses answers for ever", "jwks.Tenants.remembered", `age < t.opts.LookupTTL`, `true`},
		}},
	}},
	{"16", "and new options count at once", []proof{
		{"jwks.TestOptionsChange", []mutant{
			{"keeps the old options", "jwks.Tenants.accept", `!reflect.DeepEqual(n.options, opts)`, `false`},
			{"takes wrong options in place of good ones", "jwks.Tenants.call", `return Options{}, mistake{err}`, `return opts, nil`},
		}},
		{"jwks.TestOptionsInAnotherOrder", []mutant{
			{"drops the keys because a table returns audiences in another order", "jwks.Tenants.call", `	slices.Sort(opts.Audience)
`, ``},
		}},
		{"jwks.TestOptionsChangeWhileTokensWait", []mutant{
			{"refuses tokens because their source was replaced", "jwks.Tenants.keys", `err == errClosed && !t.closed`, `false`},
		}},
	}},
	{"16", "while lookup fails, known tenants go on for an hour", []proof{
		{"jwks.TestLookupFailsForLong", []mutant{
			{"drops good tenants when lookup fails", "jwks.Tenants.settle", `case t.fail(n, failed):`, `case t.fail(n, failed) && false:`},
			{"believes an old answer for a day", "jwks.maxLookupStale", `time.Hour`, `24 * time.Hour`},
		}},
	}},
	{"16", "at most MaxOpen tenants have keys, the longest silent goes first, and no request loses its source", []proof{
		{"jwks.TestManyTenantsAtOnce", []mutant{
			{"opens more than MaxOpen", "jwks.Tenants.pin", `t.sources.take() || t.evict()`, `true || t.evict()`},
		}},
		{"jwks.TestLongestSilentGoesFirst", []mutant{
			{"does not count tokens with known keys", "jwks.tenant.touch", `n.used.Store(int64(now))`, `_ = now`},
		}},
		{"jwks.TestFetchesNeverFall", []mutant{
			{"counts the fetches of a source once it is closed", "jwks.Tenants.shut", `	t.stats.Fetches += fetches`, `	t.stats.Fetches, fetches = t.stats.Fetches+0*fetches, 0`},
		}},
		{"jwks.TestTenantsTakeTurns", []mutant{
			{"does not make room when a request is over", "jwks.Tenants.unpin", `if t.sources.isWanted() {`, `if false {`},
		}},
		{"jwks.TestWaitingRequestKeepsItsSource", []mutant{
			{"closes a source that a request waits for", "jwks.Tenants.pin", `			t.sources.silent.remove(o)
`, ``},
		}},
		{"jwks.TestReplacedKeyOfClosedTenant", []mutant{
			{"refuses a token because its tenant made room", "jwks.origin.Renewed", ` || err == errClosed && o.source.isTenant`, ``},
		}},
		{"jwks.TestSilentTenants", []mutant{
			{"keeps the keys of silent tenants", "jwks.Tenants.sweep", `left > 0`, `true`},
		}},
		{"jwks.TestTenantWhoseProviderIsDown", nil},
	}},
	{"17", "no bad answer takes good keys away", []proof{
		{"jwks.TestBadRefresh/status 500", nil},
		{"jwks.TestBadRefresh/empty", nil},
		{"jwks.TestBadRefresh/no keys", nil},
		{"jwks.TestBadRefresh/truncated", nil},
	}},
	{"17", "nor does a set of keys that cannot verify", []proof{
		{"jwks.TestBadRefresh/keys that cannot verify", nil},
	}},
	{"17", "keys past the stale limit verify nothing, with a 503", []proof{
		{"jwks.TestStale", nil},
	}},
	{"17", "by the earlier of both clocks, and a machine that wakes up renews them", []proof{
		{"jwks.TestSleep", []mutant{
			{"takes an answer whatever its status", "jwks.remote.get", `res.StatusCode != http.StatusOK`, `false`},
			{"uses keys for ever", "jwks.Source.held", `&& fresh+s.maxStale > 0 `, ``},
			{"uses keys for longer than MaxStale", "jwks.Source.held", `s.maxStale`, `maxMaxStale`},
			{"uses keys while the machine sleeps", "jwks.moment.since", `max(m.monotonic.Sub(earlier.monotonic), m.wall.Sub(earlier.wall)`, `m.monotonic.Sub(earlier.monotonic`},
			{"uses keys while the clock is set back", "jwks.moment.since", `max(m.monotonic.Sub(earlier.monotonic), m.wall.Sub(earlier.wall)`, `m.wall.Sub(earlier.wall`},
		}},
		{"jwks.TestRenewalAfterSleep", []mutant{
			{"does not heed Retry-After", "jwks.remote.get", `max(`, `min(`},
			{"does not renew keys after a sleep", "jwks.Source.noticeStale", `next {`, `next && false {`},
		}},
	}},
	{"17", "max-age counts from 5 minutes to a day", []proof{
		{"jwks.TestLifetime/max-age", nil},
		{"jwks.TestLifetime/max-age below 5 minutes", nil},
		{"jwks.TestLifetime/max-age above a day", []mutant{
			{"keeps keys for as long as the provider says", "jwks.lifetimeOf", `min(max(lifetime, minLifetime), maxLifetime`, `max(lifetime, minLifetime`},
		}},
	}},
	{"17", "no sum of times overflows", []proof{
		{"jwks.TestLifetime/Expires in the year 1 with Age", []mutant{
			{"overflows at the year 1", "jwks.untilDate", `max(date.Sub(now), 0`, `date.Sub(now`},
		}},
		{"jwks.TestLifetime/Age beyond 64 bits", nil},
		{"jwks.TestRetryAfter/beyond 64 bits", nil},
	}},
	{"17", "Refresh asks for everything again", []proof{
		{"jwks.TestRevalidation", nil},
		{"jwks.TestKeysMove/by Refresh", []mutant{
			{"keeps the key that a kid had before", "jwks.Source.bind", `identity == k.identity`, `kid == k.kid`},
			{"asks for keys on a condition by which a stolen one stays", "jwks.remote.fetch", `!whole`, `true`},
			{"takes keys from a cache on the way", "jwks.remote.get", ` whole {`, ` false {`},
		}},
		{"jwks.TestRefreshIsWhole", []mutant{
			{"takes a fetch that began before for a Refresh", "jwks.Source.Refresh", `called)`, `called.Add(-time.Hour))`},
			{"takes a renewal for a Refresh", "jwks.Source.Refresh", `f.whole && !f.began.monotonic.Before(called`, `!f.began.monotonic.Before(called.Add(-time.Second)`},
		}},
	}},
	{"17", "and so does a renewal that would change the keys, for a cache may have an older set", []proof{
		{"jwks.TestRenewalFromACache/a withdrawn key", []mutant{
			{"takes a withdrawn key from a cache", "jwks.index.changesTo", `x.lacks(other) != nil || `, ``},
		}},
		{"jwks.TestRenewalFromACache/a new key", []mutant{
			{"drops a new key that a cache does not have yet", "jwks.index.changesTo", ` || other.lacks(x) != nil`, ``},
		}},
		{"jwks.TestRenewalFromACache/a withdrawn key, Refresh meanwhile", []mutant{
			{"takes any set from a cache", "jwks.Source.finish", `!f.whole && before`, `false && before`},
		}},
		{"jwks.TestRenewalFromACache/a withdrawn key, the provider is down", nil},
		{"jwks.TestRevalidation", nil},
	}},
	{"17", "so do an unknown kid, a failed signature and at least one fetch a day", []proof{
		{"jwks.TestKeysMove/for an unknown key", nil},
		{"jwks.TestKeysMove/for a failed signature", []mutant{
			{"does not look for a key that was replaced", "jwks.origin.Renewed", `if known.replaces(before, name, own) {`, `if known.replaces(before, name, own) && name.algorithm == "" {`},
		}},
		{"jwks.TestWholeFetchEveryDay", []mutant{
			{"fetches on a condition for ever", "jwks.maxWholeAge", `time`, `365 * time`},
		}},
		{"jwks.TestWholeFetchAfterSleep", nil},
	}},
	{"17", "the lifetime of keys is that of the answer, within bounds", []proof{
		{"jwks.TestLifetime/max-age twice, one no number", []mutant{
			{"fetches as often as the provider says", "jwks.lifetimeOf", `max(lifetime, minLifetime)`, `lifetime`},
		}},
		{"jwks.TestLifetime/max-age twice: the smallest", []mutant{
			{"takes the longest of several times", "jwks.lifetimeOf", `<`, `>`},
		}},
		{"jwks.TestLifetime/max-age in quotes", []mutant{
			{"takes a directive out of a quoted string", "internal/syntax.unquote", "!strings.HasPrefix(s, `\"`)", `true`},
		}},
	}},
	{"17", "metadata that are down take no keys away", []proof{
		{"jwks.TestMetadataDown/without an answer", []mutant{
			{"lets metadata that hang take all the time", "jwks.remote.locate", `/2`, ``},
		}},
		{"jwks.TestMetadataHangs", []mutant{
			{"begins each fetch with the place that hangs", "jwks.remote.locate", `slices.Concat(r.discovery[i+1:], r.discovery[:i+1])`, `slices.Concat(r.discovery[i:], r.discovery[:i])`},
		}},
	}},
	{"18", "no token decides where keys come from", []proof{
		{"jwks.TestTokensLeadNowhere", []mutant{
			{"binds keys to no audience", "jwks.Source.bind", `, s.audience...`, ``},
			{"binds keys to no issuer", "jwks.Source.bind", `WithIssuer(s.issuer, s.audience...)`, `Key`},
			{"fetches for every unknown kid", "jwks.budget.claim", `full.Sub(now) > b.size*b.delay`, `false`},
		}},
		{"TestIssuers/another", nil},
		{"jwks.TestBadMetadata", []mutant{
			{"lets an https issuer name an address of keys with plain http", "jwks.remote.locateAt", `!r.onMachine`, `false`},
			{"takes the metadata of another issuer", "jwks.remote.locateAt", `issuer != r.issuer`, `false`},
			{"takes a body of any size", "jwks.remote.get", `io.LimitReader(res.Body, maxBodyBytes+1))
	if err != nil {
		return fail(err)
	}
	if len(body) > maxBodyBytes`, `res.Body)
	if err != nil {
		return fail(err)
	}
	if false`},
			{"takes members twice in a document", "jwks.eachInObject", ` seen[name] `, ` false `},
			{"takes names with white space around", "jwks.hasSpace", `!= name`, `== ""  && name != ""`},
			{"takes a template for an issuer", "jwks.isTemplate", `}"`, `}}"`},
		}},
	}},
	{"18", "a source is asked for tokens of its own issuer only", []proof{
		{"TestIssuers", nil},
		{"TestIssuers/B", []mutant{
			{"asks any source for a token of an unknown issuer", "Issuers.Keys", `if source == nil {
		return nil, reason.UnknownIssuer`, `for _, source = range s {
		break`},
		}},
		{"TestIssuers/escaped name", []mutant{
			{"does not know a name that is escaped", "internal/tokenjson.reader.textOf", `if n.escaped {`, `if false {`},
		}},
	}},
	{"18", "tenants: only what lookup returns says whose keys are fetched, and for whom", []proof{
		{"jwks.TestTenants", nil},
		{"jwks.TestTenantsDiscover", nil},
		{"jwks.TestLookupAnswers/another issuer", []mutant{
			{"takes the options of another tenant", "jwks.Tenants.newSource", `opts.Issuer != "" && opts.Issuer != issuer`, `false`},
		}},
		{"jwks.TestTenantOptions", []mutant{
			{"lets New have two addresses", "jwks.checkOptions", `o.KeySetURL != ""`, `false`},
		}},
	}},
	{"19", "a client reads constant sentences", []proof{
		{"TestAnswers", []mutant{
			{"takes padding", "internal/jws.Cut", `	header`, `	raw = strings.TrimRight(raw, "=")
	header`},
			{"looks at no characters after the last whole eight", "internal/jws.segmentLen", `rest != "" && not[rest[0]] == 0`, `rest != "" && not[rest[0]] <= 1`},
			{"passes an empty signature to the keys", "internal/jws.Cut", ` && signature != ""`, ``},
			{"passes over crit", "internal/jws.readHeader", `			fault = errCrit
`, ``},
			{"takes BearerX for Bearer", "internal/syntax.Credentials", `rest != ""`, `false`},
		}},
		{"TestInnerErrors", []mutant{
			{"shows a whole inner error", "failure.Error", `logtext.Cut(strings.TrimPrefix(inner.Error(), f.Err.Error()+": "))`, `strings.TrimPrefix(inner.Error(), f.Err.Error()+": ")`},
		}},
		{"TestAnswerToAnotherIssuer", nil},
	}},
	{"19", "nothing prints a key, a token or claims", []proof{
		{"TestNothingPrintsSecrets", []mutant{
			{"prints a token", "Token.Format", `))`, `) + t.Raw())`},
		}},
		{"TestNothingPrintsThePayload", nil},
	}},
	{"19", "no error text shows a token", []proof{
		{"TestErrorsShowNoToken", nil},
		{"TestSegments", nil},
	}},
	{"19", "nor does one of a fetch, or of a key, show a secret", []proof{
		{"jwks.TestErrorText/a private key", nil},
		{"jwks.TestParseKey/RSA private", nil},
	}},
	{"19", "what is logged of an inner error is one line of 256 bytes", []proof{
		{"TestInnerErrors", nil},
		{"TestKinds", []mutant{
			{"says 503 for an unknown key, 401 for a source that has failed", "eligibleKeys", `errors`, `!errors`},
			{"says 401 for a source that has failed", "eligibleKeys", `errors.Is(err, ErrUnknownKey)`, `true`},
			{"lets an inner error choose the kind", "innerError.Is", `!reason.IsKind(target) && `, ``},
			{"says 401 where a store is out of reach", "isUnavailable", `errors.Is(err, ErrUnavailable) || `, ``},
		}},
		{"TestErrorOfAResult", nil},
		{"jwks.TestErrorText/a long kid", nil},
		{"jwks.TestEventsAreShort", nil},
	}},
	{"19", "errors show no values of claims", []proof{
		{"TestErrorsShowNoClaims", []mutant{
			{"shows the values of claims in errors", "internal/tokenjson.Decoder.Decode", `unfit(errType)`, `errType`},
		}},
	}},
	{"19", "the error of a fetch is short, on one line, and shows no secret", []proof{
		{"jwks.TestErrorText/a hundred private keys", []mutant{
			{"shows a whole error", "jwks.fetchError.Error", `(strings`, `("") + (strings`},
		}},
	}},
	{"19", "an unverified issuer in the log is one line", []proof{
		{"jwks.TestOddIssuers", []mutant{
			{"asks lookup for what no issuer is", "jwks.Tenants.keys", `!canBeIssuer(issuer)`, `issuer == ""`},
		}},
	}},
	{"20", "what a forged token of the full size costs is written down, for each algorithm and key size, and less than 2 KiB for HMAC and RSA 2048", []proof{
		{"TestCostOfForgedTokens", []mutant{
			{"goes on with a key that a golang-jwt function returns no more", "internal/keyfunc.Source.Key", ` && k.verifier.IsFor(material)`, ``},
			{"takes a public key for a secret that is in base64 or hex", "internal/jws.looksPublic", `inner)`, `inner[:0])`},
		}},
		{"TestForgedTokensAreCheap", []mutant{
			{"decodes claims before the signature is verified", "verifier.openParts", `	var ok bool
`, `	if early, err := v.work.Payload(parts.Payload); err == nil && early[len(early)-1] != '}' {
		return reason.Claims
	}
	var ok bool
`},
		}},
		{"TestForgedTokensAreCheapWithFromKeyfunc", nil},
		{"TestForgedTokensAreCheapWithIssuers", nil},
		{"TestForgedNamesAreCheap", nil},
	}},
	{"20", "what a forwarded certificate costs is written down", []proof{
		{"mtls.TestCostOfCertificates", []mutant{
			{"refuses a certificate of 8 KiB", "mtls.maxHeaderBytes", `16`, `8`},
		}},
	}},
	{"20", "nothing of a refused request is kept", []proof{
		{"TestBuffersBelongToNoKey", nil},
	}},
	{"20", "and no decoding of claims", []proof{
		{"TestSignatureComesFirst", nil},
	}},
	{"20", "many cookies cost no more than their bytes", []proof{
		{"TestManyCookiesAreCheap", []mutant{
			{"allocates for cookies", "internal/credential.Cookie", `r.Header["Cookie"]`, `slices.Concat(r.Header["Cookie"], nil)`},
		}},
	}},
	{"20", "and long headers of a request whose token has not verified cost nothing", []proof{
		{"TestLongHeadersAreCheap", []mutant{
			{"takes memory for an Origin of any length", "internal/gate.isOwnOrigin", `len(origin) <= maxOrigin && `, ``},
			{"takes memory for the Upgrade header", "internal/gate.isWebSocket", `syntax.CountFold(v, "websocket") > 0`, `strings.Contains(strings.ToLower(v), "websocket")`},
		}},
		{"internal/gate.TestIsCrossOrigin", []mutant{
			{"refuses the longest origin", "internal/gate.maxOrigin", `254`, `253`},
		}},
		{"cookie.TestLoopbackOnly/a long Host", []mutant{
			{"takes memory for a Host of any length", "cookie.isLoopback", `len(host) > longest`, `false`},
		}},
		{"session.TestHandlerCost", []mutant{
			{"takes memory for the Sec-Purpose header", "session.core.toRefresh", `slices.ContainsFunc(r.Header["Sec-Purpose"], func(v string) bool { return syntax.CountFold(v, "prefetch") > 0 })`, `strings.Contains(strings.ToLower(strings.Join(r.Header["Sec-Purpose"], ",")), "prefetch")`},
		}},
		{"session.TestAnswers/app, a Content-Type that is too long", []mutant{
			{"reads a Content-Type of any length", "session.readForm", `len(kind) <= maxTypeBytes`, `true`},
		}},
		{"denylist.TestBackChannelRequest/a type that is too long", []mutant{
			{"reads a Content-Type of any length", "denylist.logoutToken", `n > maxTypeBytes`, `n < 0`},
		}},
	}},
	{"20", "the memory of signatures holds good ones alone, and so many", []proof{
		{"TestSignatureMemory", []mutant{
			{"takes any signature of a public key if nothing is remembered", "internal/jws.publicVerifier.Verify", `),`, `) || true,`},
			{"remembers a signature for every token", "internal/jws.publicVerifier.Verify", `	h.Write(sum)
`, ``},
		}},
		{"TestSignatureMemoryOfAllAlgorithms", nil},
		{"internal/jws.TestMemoryIsBounded", nil},
	}},
	{"20", "keys that are made or bound on the way are few", []proof{
		{"TestFromKeyfuncFollowsTheFunction", []mutant{
			{"keeps the caller's modulus itself", "internal/jws.newRSAVerifier", `new(big.Int).Set`, `(*big.Int)`},
			{"keeps the caller's Ed25519 key itself", "internal/jws.newEdVerifier", `	pub = bytes.Clone(pub)
`, ``},
		}},
		{"TestBindingIsBounded", nil},
	}},
	{"20", "what is remembered of invented issuers has an end, and replaces no tenant", []proof{
		{"jwks.TestRefusalsAreBounded", []mutant{
			{"remembers every refusal", "jwks.refusals.add", `r.order.Len() > maxRefused`, `false`},
		}},
		{"jwks.TestTenantsLogOnceAMinute", []mutant{
			{"has a log record for each tenant", "jwks.Tenants.newSource", `s.records, s.isTenant = t.records, true`, `s.isTenant = true`},
		}},
		{"jwks.TestMemoryPerTenant", nil},
	}},
	{"20", "a list of revocations has an end", []proof{
		{"denylist.TestMemoryFull", []mutant{
			{"passes over jti", "denylist.List.check", `found[Token] != 0 || `, ``},
			{"takes every list in memory for empty", "denylist.memory.isEmpty", `== 0`, `>= 0`},
			{"says that it has revoked where the store failed", "denylist.List.raise", `nil {`, `nil && false {`},
			{"says 401 where the store failed", "denylist.failed", `ErrUnavailable`, `ErrInvalidToken`},
			{"forgets a revocation when its token expires", "denylist.slack", `2`, `0`},
			{"drops a revocation for another when it is full", "denylist.room.raise", `return ErrFull`, `r.entries.Delete(heap.Pop(&r.queue).(*entry).key)`},
			{"shortens how long it remembers", "denylist.room.raise", `		e.until.wall, e.until.steady = max(e.until.wall, before.until.wall), max(e.until.steady, before.until.steady)
`, ``},
		}},
		{"denylist.TestMemoryFullOfOneKind", []mutant{
			{"lets a token through that was issued in the second of the cut-off", "denylist.List.check", `<= `, `< `},
			{"passes over sub", "denylist.List.check", `|| f.IssuedAt.Floor().Unix() <= found[Subject] `, ``},
			{"lets tokens take the room of subjects", "denylist.memory.Raise", `max)`, `max-len(m.rooms[(kind+1)%3].queue)-len(m.rooms[(kind+2)%3].queue))`},
		}},
	}},
	{"21", "a token that is bound to a key is no bearer token", []proof{
		{"TestClaimRules", nil},
	}},
	{"21", "unless an option says so", []proof{
		{"TestIssuerAndAudience/cnf allowed", nil},
	}},
	{"22", "a token of an algorithm that the source can never have is told so", []proof{
		{"TestRefusalTexts/alg that no key can have", []mutant{
			{"lists keys for an algorithm that no key can have", "internal/logtext.NoKey", `!slices.Contains(possible, algorithm)`, `false`},
		}},
		{"TestRefusalTexts/alg that a function is not asked for", nil},
		{"TestRefusalsPageQuotes", []mutant{
			{"does not say how to mend it", "notAsked.Error", `: have the issuer sign with one of these, or name its algorithm there`, ``},
		}},
		{"jwks.TestUnknownKeySaysWhatThereIs", nil},
		{"jwks.TestRecords", nil},
	}},
	{"22", "a guard that is not inside a middleware for its claims type is logged with a zero configuration, once a minute", []proof{
		{"TestMisplacedGuards", []mutant{
			{"finds an outer middleware's token inside an anonymous one", "tokenContext.Value", `return c.token`, `if c.token != nil {
			return c.token
		}`},
			{"Require lets in a request without a token", "requireRule", `return nil, missing`, `_ = missing
			return nil, nil`},
			{"Require takes a request without a token for a misplaced guard", "requireRule", `inside {
`, `inside || token == nil {
`},
			{"Require lets everybody in without a rule", "requireRule", `return unfitGuard(name, fmt.Errorf("%s was given no rule: pass a function", name))`, `allow = func(*http.Request, C) error { return nil }`},
			{"Require is given no rule and finds one", "Require", `return requireRule[C]("Require", nil)`, `allow = func(C) error { return nil }`},
			{"logs what a client does wrong as an error", "refuse", `ok && f.Err == ErrMisconfigured`, `ok`},
		}},
		{"TestMisplacedGuardsAreLoggedOnceAMinute", []mutant{
			{"logs a misplaced guard at every request", "internal/logtext.Limit.Allow", `now.Before(l.next)`, `false`},
			{"logs a misplaced guard once for each handler", "newGuard", `	var records logtext.Limit
	return func(next http.Handler) http.Handler {
`, `	return func(next http.Handler) http.Handler {
		var records logtext.Limit
`},
			{"logs a misplaced guard once", "internal/logtext.Limit.Allow", `Minute`, `Hour`},
		}},
	}},
	{"22", "keys that cannot be fetched are logged with a zero configuration, once a minute, with both issuers", []proof{
		{"jwks.TestWrongSlashIsLogged", []mutant{
			{"says nothing of keys that cannot be fetched", "jwks.Source.report", `	s.log(kind, "err", err)
`, ``},
			{"logs each fetch that fails", "internal/logtext.Limit.Allow", `now.Before(l.next)`, `false`},
			{"does not count what it suppresses", "internal/logtext.Limit.Allow", `l.suppressed++`, ``},
			{"does not name the configured issuer", "jwks.remote.locateAt", `issuer, r.issuer))`, `issuer, issuer))`},
		}},
		{"jwks.TestWrongSlashIsLogged/another tenant", []mutant{
			{"cuts the end of an issuer", "jwks.remote.locateAt", `"the metadata is of %.110q`, `"the metadata is of %.90q`},
		}},
		{"jwks.TestWhichLogger", []mutant{
			{"asks for the default logger in New", "jwks.newSource", `logger: o.Logger`, `logger: slog.Default()`},
		}},
		{"jwks.TestKindsOfRecordsAreApart", nil},
		{"jwks.TestRecordsShowNothingSecret", nil},
	}},
	{"22", "keys that cannot be used, and keys past their expiry, are logged", []proof{
		{"jwks.TestRecords", []mutant{
			{"says nothing of keys past their expiry", "jwks.Source.noticeStale", `s.log(ServedStale, "err", errLast)`, `_ = errLast`},
			{"says nothing of keys that cannot be used", "jwks.Source.reportChanges", `causes != nil`, `false`},
			{"reports a key again that is in another place", "jwks.Source.reportChanges", `b.cause.Error() == k.cause.Error()`, `b.err.Error() == k.err.Error()`},
			{"says nothing of a second key like one that it knows", "jwks.Source.reportChanges", `			known = slices.Delete(known, i, i+1)
`, ``},
			{"names one of the keys that cannot be used", "jwks.maxLogged", `8`, `1`},
			{"says nothing of keys that were removed", "jwks.Source.reportKeys", `keys == nil`, `kind == KeyRemoved`},
		}},
		{"jwks.TestKeysForAnotherUseAreNotLogged", []mutant{
			{"warns of keys for encryption", "jwks.Source.reportChanges", `errors.As(k.err, new(jwk.OtherUseError))`, `false`},
		}},
	}},
	{"22", "an unknown key is explained by the keys that there are, and a flood pays for no text", []proof{
		{"jwks.TestUnknownKeySaysWhatThereIs", []mutant{
			{"does not say which keys there are", "jwks.Source.awaitKeys", `err == jwthttp.ErrUnknownKey`, `false`},
		}},
		{"jwks.TestUnknownKeyAllocations", []mutant{
			{"makes the text for each token", "jwks.Source.awaitKeys", `err = &unknownKey{h.Algorithm, h.KeyID, s.wanted, found}`, `err = errors.New((&unknownKey{h.Algorithm, h.KeyID, s.wanted, found}).Error())`},
		}},
		{"internal/logtext.TestNoKey", []mutant{
			{"does not call the kid unverified", "internal/logtext.NoKey", `no key for alg %s%s (unverified)`, `no key for alg %s%s`},
		}},
		{"internal/logtext.TestKeys", []mutant{
			{"lists nine keys", "internal/logtext.maxListed", `8`, `9`},
		}},
	}},
	{"22", "a store that fails is logged with a zero configuration, once a minute", []proof{
		{"denylist.TestStoreDownIsLogged", []mutant{
			{"says nothing of a store that cannot be asked", "denylist.List.check", `l.checkFailed(ctx, failed("denylist: the store failed: %w", err))`, `failed("denylist: the store failed: %w", err)`},
			{"counts revocations among checks", "denylist.List.raise", `&l.failedRaises`, `&l.failedChecks`},
		}},
		{"denylist.TestWhatElseIsLogged", []mutant{
			{"logs that a client has left", "denylist.List.logged", `!errors.Is(ctx.Err(), context.Canceled)`, `true`},
			{"says nothing of a number that no list wrote", "denylist.List.check", `l.checkFailed(ctx, failed("denylist: the store failed: it returned the number %d, which no list wrote", n))`, `failed("denylist: the store failed: it returned the number %d, which no list wrote", n)`},
		}},
		{"denylist.TestFullIsLogged", []mutant{
			{"logs to the default logger only", "denylist.newList", `, logger: opts.Logger`, ``},
		}},
	}},
	{"22", "nothing is computed for a level that is off", []proof{
		{"internal/logtext.TestRecordsThatAreNotWrittenCostNothing", nil},
		{"jwks.TestLevelsThatAreOff", []mutant{
			{"makes a text before it knows whether it is wanted", "jwks.Source.log", `slog.String("issuer", s.issuer)`, `slog.String("issuer", fmt.Sprint(s.issuer))`},
		}},
	}},
	{"22", "the error of a refusal says what was wanted, what came and how to mend it", []proof{
		{"TestRefusalTexts", []mutant{
			{"shows the first word of an Authorization value", "internal/syntax.KnownScheme", `return ""`, `return word`},
			{"shows odd bytes as they are", "internal/logtext.quote", `strconv.AppendQuote(room[:0], text[:n])`, `append(room[:0], "\""+text[:n]+"\""...)`},
			{"does not know the audience of a key", "internal/rules.Rules.Explain", `want, option = key.Audience, `, `want, option = want, `},
			{"names Options for the audience of a key", "internal/detail.Audience", `logtext.Quotes(got), option)`, `logtext.Quotes(got), "Options.Audience")`},
			{"does not know the issuer of a key", "internal/rules.Rules.Explain", `			want = key.Issuer
`, `			_ = want
`},
			{"does not name the keys of one of several issuers", "tokenDetail.names", `source = issuers[d.unverified.issuer()]`, `_ = issuers`},
			{"names only what a source offered", "tokenDetail.names", `source.(type)`, `KeySource(nil).(type)`},
			{"takes the padding of a value for a cookie's name", "internal/syntax.CookieNames", `strings.Trim(value, "=") == "" || `, ``},
			{"takes what follows an open quote for a cookie", "internal/syntax.CookieNames", `%2 != 0`, `%2 > 1`},
			{"prints what is inside of an error", "failure.Format", `f.Error()`, `fmt.Sprint(f.Reason.Word)`},
			{"marshals what is inside of an error", "failure.MarshalText", `f.Error()`, `f.Word`},
			{"says nothing of the form of a token", "tokenDetail.detail", `		return d.fault.Error()
`, `		return ""
`},
			{"calls an unverified issuer the token's", "internal/detail.UnknownIssuer", ` (unverified)`, ``},
			{"calls an unverified typ the token's", "internal/detail.Type", ` (unverified): have the client`, `: have the client`},
			{"says that the key is wrong where the signature is not base64url", "verifier.openParts", `			o.fault = jws.CheckSignature(parts)
`, ``},
			{"leaves out the headers that it has found", "internal/credential.NewRequest", `why != reason.TwoCredentials`, `true`},
			{"says that an origin is to be trusted which came twice", "internal/detail.CrossOrigin", `len(origins) > 1`, `false`},
			{"keeps nothing of the request", "internal/credential.NewRequest", `r.Header["Authorization"], r.Header["Cookie"]`, `nil, nil`},
		}},
		{"TestTextAfterKeysWereRenewed", []mutant{
			{"forgets the keys that were tried", "verifier.openParts", `len(keys) > 0`, `keys != nil`},
		}},
		{"internal/logtext.TestKeys", nil},
		{"internal/logtext.TestQuote", []mutant{
			{"quotes any number of bytes", "internal/logtext.quote", `len(quoted) <= most+2`, `true`},
		}},
		{"internal/jws.TestSplit", []mutant{
			{"takes an encrypted token for one that was cut", "internal/jws.faultOf", `dots == 4`, `false`},
			{"does not see a pasted Bearer", "internal/jws.faultOf", `strings.EqualFold(raw[:len(scheme)], scheme)`, `false`},
		}},
	}},
	{"22", "a Result tells what is unverified from what is verified", []proof{
		{"TestUnverified", []mutant{
			{"tells what is unverified as verified", "learned.result", `l.token.key.material != nil`, `l.segments == 0 || h.Algorithm != ""`},
			{"does not read the iss", "learned.result", `h.Type, l.token.unverified.issuer()`, `h.Type, ""`},
		}},
		{"TestOnResult", nil},
	}},
	{"22", "a guard that refuses calls OnResult once more, with its name", []proof{
		{"TestGuardResults", []mutant{
			{"does not name the guard", "observer.report", `f.Word, guard, f`, `f.Word, "", f`},
			{"does not say which scopes the token has", "refuse", `		f.inner = inner
`, `		_ = inner
`},
		}},
		{"TestGuardRecords", []mutant{
			{"does not name the guard of a store that is down", "observer.report", `guard != ""`, `false`},
			{"reports the token of the innermost middleware", "requireRule", `return token, orUnavailable`, `return r.Context().Value(scopedKey{}).(scoped), orUnavailable`},
		}},
	}},
	{"22", "a client's refusal is one record at Debug, with stable keys", []proof{
		{"TestRefusalRecord", []mutant{
			{"does not name the section of the documentation", "observer.report", `append(res.attrs(), section(res.Reason))...`, `res.attrs()...`},
			{"does not cut what a token says", "Result.attrs", `logtext.Cut(value)`, `value`},
			{"logs refusals at Info", "observer.report", `logger.LogAttrs(ctx, slog.LevelDebug,`, `logger.LogAttrs(ctx, slog.LevelInfo,`},
		}},
	}},
	{"22", "docs/refusals.md has a section for each reason, with texts that are logged", []proof{
		{"TestRefusalsPage", nil},
		{"TestRefusalsPageQuotes", []mutant{
			{"names the section of another reason", "observer.report", `section(res.Reason)`, `section(f.Word)`},
		}},
		{"dpop.TestKindIsSaidOnce", []mutant{
			{"says the kind of an inner error too", "failure.Error", `f.Err.Error()+": "`, `"no such kind"`},
		}},
	}},
	{"22", "what the operator must mend is logged with a zero configuration, once a minute", []proof{
		{"TestOperatorRecords", []mutant{
			{"logs that a client has left", "observer.report", ` && !errors.Is(ctx.Err(), context.Canceled)`, ``},
			{"counts keys among checks", "observer.refused", `		limit = &o.keysAreDown
`, `		_ = limit
`},
			{"says nothing of what is down", "observer.report", `	if isOurs {
`, `	if isOurs && false {
`},
		}},
	}},
	{"22", "a refusal that nobody prints allocates no more than before it had a text", []proof{
		{"TestRefusalsAreCheap", []mutant{
			{"makes a text that nobody reads", "observer.report", `	ctx, logger :=`, `	_ = f.Error()
	ctx, logger :=`},
			{"looks for a failure on the heap", "failureOf", `	case *reason.Reason:
		return failure{Reason: r}
`, ``},
		}},
	}},
	{"1", "a key source's error has no kind but its own two", []proof{
		{"TestKeySourceWithTheErrorOfAMiddleware", []mutant{
			{"takes the error of another middleware for its own", "eligibleKeys", `err == error(reason.UnknownIssuer) || err == error(errTooManyKeys)`, `_, ok := err.(refusal); ok`},
		}},
	}},
	{"HTTP", "a known kind decides on the answer, whatever else an error wraps", []proof{
		{"TestWriteErrorOfKindsThatWrap", []mutant{
			{"says 503 for a known kind", "failureOf", `r != reason.Check`, `false`},
			{"takes an inner refusal for the whole error", "failureOf", ` && f.at != nil`, ``},
		}},
		{"TestCookieWithAnEmptyCacheControl", []mutant{
			{"takes a field without a value for one with a value", "internal/syntax.HasField", `len(values) > 0`, `len(values) >= 0`},
		}},
	}},
	{"12", "a key that a golang-jwt function returns no more is not used", []proof{
		{"internal/keyfunc.TestKey", []mutant{
			{"keeps one key more", "internal/keyfunc.maxKept", `64`, `65`},
		}},
		{"internal/keyfunc.TestUnfitMaterial", nil},
		{"internal/keyfunc.TestKeysAtOnce", nil},
	}},
	{"8", "the program decodes unverified payloads for display, and its verdict is the middleware's", []proof{
		{"cmd/jwthttp.FuzzExplainAgreesWithTheMiddleware", nil},
		{"cmd/jwthttp.TestOnlyUsedKeysVerify", []mutant{
			{"tries keys that no middleware uses", "cmd/jwthttp/internal/explain.explainer.usedKeys", `k.Skipped != "" && !withSkipped`, `false`},
			{"tries keys of another id", "cmd/jwthttp/internal/explain.explainer.usedKeys", `KeyID: e.headerAs.str("kid")`, `KeyID: ""`},
			{"does not ask the middleware for its keys", "cmd/jwthttp/internal/explain.explainer.tryUsedKeys", `if keysWork {`, `if false {`},
			{"uses a second key of one kid", "cmd/jwthttp/internal/explain.keysOfSet", `slices.ContainsFunc(keys, isTwice)`, `isTwice(Key{})`},
		}},
		{"cmd/jwthttp.TestExplainEndsWithItsContext", []mutant{
			{"does not look at the context", "cmd/jwthttp/internal/explain.explainer.attempts", ` && e.ctx.Err() == nil`, ``},
		}},
		{"cmd/jwthttp.TestEveryFaultOfTheTestKit", []mutant{
			{"does not report what the middleware says", "cmd/jwthttp/internal/explain.explainer.askFirst", `e.asked, e.first = err == nil, reason`, `e.asked, e.first = err == nil, reason+"x"`},
		}},
		{"cmd/jwthttp.TestNothingIsWrongWithGoodTokens", nil},
	}},
	{"19", "the program shows neither a secret nor a signature, and nothing that a terminal obeys", []proof{
		{"cmd/jwthttp.TestHostileTokens", []mutant{
			{"has no reason for an empty payload", "cmd/jwthttp/internal/explain.token.isWellFormed", `slices.Contains(t.parts, "")`, `t.parts[2] == ""`},
			{"shows odd bytes as they are", "cmd/jwthttp/internal/explain.escape", `strconv.IsPrint(c)`, `true`},
		}},
		{"cmd/jwthttp.TestBadFilesAndFlags", []mutant{
			{"takes the value of a flag for a flag", "cmd/jwthttp.flagFault", `ok && b.IsBoolFlag()`, `(!ok || b.IsBoolFlag())`},
		}},
		{"cmd/jwthttp.TestServeIssues", []mutant{
			{"makes a password a claim", "cmd/jwthttp.notClaims", `"password", `, ``},
		}},
	}},
	{"DOC", "the network is asked only where a flag has a URL", []proof{
		{"cmd/jwthttp.TestNoRequestThatNoFlagNames", nil},
	}},
	{"DOC", "serve answers pages of its own origin alone, under its own names alone", []proof{
		{"cmd/jwthttp.TestServeRefusesOtherSites", []mutant{
			{"answers under any name", "cmd/jwthttp.site.guarded", `!slices.Contains(s.hosts, strings.ToLower(r.Host))`, `false`},
			{"answers pages of other origins", "cmd/jwthttp.site.guarded", `gate.IsCrossOrigin(r, nil)`, `false`},
		}},
		{"cmd/jwthttp.TestServePage", nil},
		{"cmd/jwthttp.TestServeExplainsBadInput", []mutant{
			{"has no limit for a body", "cmd/jwthttp.site.guarded", `http.MaxBytesReader(w, r.Body, maxBodyBytes)`, `http.MaxBytesReader(w, r.Body, 1<<40)`},
		}},
	}},
	{"22", "log texts are one line for every reader, and hold no bidirectional control characters", []proof{
		{"internal/logtext.TestCut", []mutant{
			{"leaves 257 bytes", "internal/logtext.maxBytes", `256`, `257`},
			{"leaves line breaks", "internal/logtext.Cut", `' '`, `c`},
			{"leaves line separators of Unicode", "internal/logtext.Cut", `unicode.Zl, unicode.Zp, `, ``},
			{"leaves what changes the direction of text", "internal/logtext.Cut", `, unicode.Bidi_Control`, ``},
		}},
		{"internal/logtext.FuzzCut", nil},
		{"TestInnerErrors", []mutant{
			{"cuts what says how to mend it", "internal/logtext.cut", ` + text[tail:]`, ``},
		}},
	}},
	{"HTTP", "a guard refuses tokens without the scopes, and is inside a middleware", []proof{
		{"TestRequireScopes/a bad token", []mutant{}},
		{"TestRequireScopes/one of one", []mutant{
			{"calls next twice", "Middleware.Handler", `next.ServeHTTP(w, accepted)`, `next.ServeHTTP(w, accepted)
		next.ServeHTTP(w, accepted)`},
		}},
		{"TestRequireScopes/no token, anonymous", []mutant{
			{"leaves an outer middleware's token to anonymous requests", "Middleware.Handler", `next.ServeHTTP(w, anonymous)`, `next.ServeHTTP(w, r)`},
			{"shows guards an outer middleware's token inside an anonymous one", "tokenContext.Value", `		return scoped(c)`, `		if c.token != nil {
			return scoped(c)
		}`},
			{"RequireScopes lets in a request without a token", "requireToken", `!token.hasToken()`, `false`},
		}},
		{"TestRequireScopes/outside of every middleware", []mutant{
			{"RequireScopes takes a misplaced guard for a request without a token", "requireToken", `outside(where)`, `missing`},
			{"challenges for a fault of the program", "internal/reason.misconfigured", `false`, `true`},
		}},
		{"TestRequireScopes/one of two", []mutant{
			{"RequireScopes lets in a token that has one of the scopes", "RequireScopes", `!slices.ContainsFunc(all, func(s string) bool { return !`, `slices.ContainsFunc(all, func(s string) bool { return `},
			{"a guard goes on after it has refused", "newGuard", `&records)
`, `&records)
			next.ServeHTTP(w, r)
`},
			{"tells the client what an error says, in the challenge", "WriteError", `failureOf(err)`, `failureOf(err)
	f.Reason = f.Reason.WithScope(err.Error(), "")`},
			{"leaves refusals to caches", "internal/answer.Answer.Write", `	h.Set("Cache-Control", "no-store")
`, ``},
		}},
		{"TestRequireScopes/given an empty one", []mutant{
			{"RequireScopes takes a list in one string", "requireScopes", `slices.ContainsFunc(scopes, func(s string) bool { return !syntax.IsWord(s) })`, `false`},
		}},
	}},
	{"HTTP", "a malformed cookie is a 400", []proof{
		{"TestCookies/two", []mutant{
			{"takes the first of two cookies", "internal/syntax.FindCookie", `return "", ErrTwoCookies`, `continue`},
		}},
		{"TestCookies/3,001 pairs in two lines", []mutant{
			{"counts the cookies of one line", "internal/syntax.FindCookie", `+=`, `=`},
		}},
		{"TestCookies/a space", []mutant{
			{"takes a malformed cookie for none", "internal/syntax.FindCookie", `return "", ErrCookieValue`, `return "", nil`},
			{"takes spaces in a cookie", "internal/syntax.FindCookie", `<= `, `< `},
		}},
		{"TestCookies/a comma", []mutant{
			{"takes commas in a cookie", "internal/syntax.FindCookie", ` || c == ','`, ``},
		}},
	}},
	{"HTTP", "a Bearer header that does not hold one b64token is a 400", []proof{
		{"TestBearerGrammarGoesWithTheExtractor", []mutant{
			{"does not hold one of several places against RFC 6750", "internal/credential.Find", `len(places) > 1 && p.IsMalformed(t)`, `false`},
		}},
	}},
	{"HTTP", "a refusal is written once, whatever the ResponseWriter does", []proof{
		{"TestBrokenResponseWriters/refused by a rule, write", []mutant{
			{"Require passes over the error of its rule", "requireRule", `!= nil {`, `!= nil && false {`},
		}},
	}},
	{"HTTP", "a rule sees the request of its route, and is a rule in all else", []proof{
		{"TestRequireRequest/its tenant", []mutant{
			{"a rule gets another request", "requireRule", `allow(r, `, `allow(new(http.Request), `},
		}},
		{"TestRequireRequest/without a rule", []mutant{
			{"RequireRequest lets everybody in without a rule", "requireRule", `if allow == nil {`, `if allow == nil {
		allow = func(*http.Request, C) error { return nil }
	}
	if false {`},
		}},
	}},
	{"HTTP", "a function is protected as a handler is", []proof{
		{"TestHandlerFunc", []mutant{
			{"HandlerFunc protects nothing", "Middleware.HandlerFunc", `return m.Handler(next).ServeHTTP`, `return next`},
			{"HandlerFunc calls a nil function", "Middleware.HandlerFunc", `next == nil`, `false`},
		}},
	}},
	{"HTTP", "a logger outside sees the pattern of a mux inside", []proof{
		{"TestPatternIsSeenOutside", []mutant{
			{"keeps the pattern", "internal/upload.Return", `		r.Pattern = copied.Pattern
`, ``},
		}},
	}},
	{"HTTP", "a handler inside leaves no temporary files of an upload", []proof{
		{"TestHandlerLeavesNoFiles/a good token", []mutant{
			{"leaves the files of uploads", "Middleware.Handler", `defer upload.Return(r, accepted)`, ``},
			{"leaves the files of uploads, in package upload", "internal/upload.Return", `form != nil`, `false && form != nil`},
		}},
		{"TestHandlerLeavesNoFiles/no token", []mutant{
			{"leaves the files of anonymous uploads", "Middleware.Handler", `defer upload.Return(r, anonymous)`, ``},
		}},
		{"TestHandlerLeavesNoFiles/a handler that panics", []mutant{
			{"leaves the files of a handler that panics", "Middleware.Handler", `		defer upload.Return(r, accepted)
		next.ServeHTTP(w, accepted)`, `		next.ServeHTTP(w, accepted)
		upload.Return(r, accepted)`},
		}},
		{"TestHandlerLeavesNoFiles/read outside before", nil},
	}},
	{"HTTP", "a HEAD request gets no body", []proof{
		{"TestHEADHasNoBody", []mutant{
			{"writes a body for HEAD", "internal/answer.Answer.Write", `r.Method != http.MethodHead`, `true`},
		}},
	}},
	{"HTTP", "WriteError removes header fields of another answer, and leaves Content-Encoding alone", []proof{
		{"TestWriteErrorRemovesHeaders", []mutant{
			{"leaves Content-Type out for HEAD", "internal/answer.Answer.Write", `h.Set("Content-Type", "application/problem+json")`, `if r.Method != http.MethodHead {
		h.Set("Content-Type", "application/problem+json")
	}`},
			{"says that a compressed answer is not compressed", "internal/answer.isOfAnotherAnswer", `Type`, `Encoding", "Content-Type`},
			{"leaves headers of another answer that are spelled otherwise", "internal/answer.Clean", `http.CanonicalHeaderKey(name)`, `name`},
			{"leaves what overrides no-store", "internal/answer.isOfAnotherAnswer", `isForCaches(name) || `, ``},
			{"leaves a trailer of another body", "internal/answer.isOfAnotherAnswer", ` || strings.HasPrefix(name, http.TrailerPrefix)`, ``},
		}},
	}},
	{"HTTP", "WriteError answers every error, and no cache keeps the answer", []proof{
		{"TestWriteErrorOfAnyError", []mutant{
			{"leaves the headers of another answer", "internal/answer.Clean", `delete(h, name)`, `_ = name`},
		}},
	}},
	{"HTTP", "every challenge of a 401, and no other, names the ChallengeScopes", []proof{
		{"TestChallengeScopes", []mutant{
			{"names no challenge scopes", "internal/answer.Answer.challengeOf", ` && s.Scopes != ""`, ` && false`},
			{"names challenge scopes for other answers", "internal/answer.Answer.challengeOf", `a.status == http.StatusUnauthorized && `, ``},
			{"names no challenge scopes for the default realm", "internal/answer.Service.isDefault", `s.Scopes == "" && `, ``},
			{"writes the scope after the description", "internal/answer.Answer.challengeOf", `code + scope + description`, `code + description + scope`},
		}},
		{"TestNewRefuses/a challenge scope with a quote", []mutant{
			{"takes any text for a challenge scope", "Options.checkAnswers", `o.ChallengeScopes`, `nil`},
		}},
		{"jwthttptest.TestConformance", nil},
	}},
	{"HTTP", "challenges name the metadata, and no other answer does", []proof{
		{"TestResourceMetadata", []mutant{
			{"challenges a token that may not do this", "internal/reason.forbidden", `false`, `true`},
			{"names no resource metadata", "internal/answer.Answer.challengeOf", `s.Metadata != ""`, `false`},
		}},
	}},
	{"HTTP", "answers to a cookie are private, unless a value is set", []proof{
		{"TestCacheControl", []mutant{
			{"lets shared caches keep what a cookie brought", "Middleware.Handler", `v.token.Source != inAuthorization`, `false`},
			{"overwrites Cache-Control", "Middleware.Handler", ` && !syntax.HasField(w.Header(), "Cache-Control")`, ``},
		}},
	}},
	{"HTTP", "a logout that can never succeed is a 500, and a failed store a 503", []proof{
		{"denylist.TestCheckOverHTTP/jwt.MapClaims/a list that fails", []mutant{
			{"lets everybody in while the store is out of reach", "denylist.List.check", `failed("denylist: the store failed: %w", err)`, `nil`},
		}},
		{"denylist.TestCheckOverHTTP/jwt.MapClaims/odd numbers in the store", []mutant{
			{"takes any number from the store", "denylist.List.check", `< 0 || n `, ``},
			{"takes a number of the store that was not asked for", "denylist.List.check", `n > 0 && keys[kind] == (Key{})`, `kind < 0`},
		}},
		{"denylist.TestCheckOverHTTP/jwt.MapClaims/a token that cannot be revoked", []mutant{
			{"has a client try a logout again that can never succeed", "denylist.misuse", `ErrMisconfigured`, `ErrUnavailable`},
		}},
	}},
	{"DOC", "Scopes reads scope, a string or an array, or scp where scope has none", []proof{
		{"TestScopes", []mutant{
			{"unites scope and scp", "internal/tokenjson.Facts.Scopes", `		if some {
`, `		if some && false {
`},
			{"goes by scp where scope is of another kind", "internal/tokenjson.Facts.Scopes", `		return // scp does not stand for something odd
`, ``},
			{"passes over scp where scope is null", "internal/tokenjson.Facts.Scopes", ` || scope == "null"`, ``},
			{"passes over scp where scope is empty", "internal/tokenjson.Facts.Scopes", `some := false`, `some := true`},
			{"gives the scopes before the odd element of an array", "internal/tokenjson.Facts.Scopes", `!isAudience(scope)`, `scope[0] != '[' && !isAudience(scope)`},
			{"splits scopes at other white space", "internal/tokenjson.words", `strings.Cut(text, " ")`, `strings.Cut(strings.Join(strings.Fields(text), " "), " ")`},
		}},
		{"FuzzScopes", nil},
	}},
	{"DOC", "oauth.Claims reads scope as Token.Scopes does", []proof{
		{"oauth.TestScope", []mutant{
			{"makes two scopes of one element", "oauth.Scope.UnmarshalJSON", ` || strings.Contains(*element, " ")`, ``},
			{"takes null for a scope", "oauth.Scope.UnmarshalJSON", `element == nil || *element == "" || strings`, `element != nil && strings`},
		}},
	}},
	{"DOC", "New reports everything that is wrong at once", []proof{
		{"TestNewReportsEverythingAtOnce", []mutant{
			{"takes a nil check", "New", `c == nil`, `false`},
		}},
	}},
	{"DOC", "New refuses options that cannot be meant", []proof{
		{"TestNewRefuses/a cookie declared a header", []mutant{
			{"opens the gate for header:Cookie", "internal/validate.Source", `ok && strings.EqualFold(name, "Cookie")`, `false`},
		}},
		{"TestNewRefuses/prefix in another case", []mutant{
			{"takes a cookie prefix in another case", "internal/validate.CookieName", `[:len(prefix)] != prefix || name`, ``},
		}},
	}},
	{"DOC", "a cookie over plain http is for this machine only", []proof{
		{"cookie.TestLoopbackOnly/10.0.0.1", []mutant{
			{"takes private addresses for this machine", "internal/syntax.IsLoopback", `addr.IsLoopback()`, `(addr.IsLoopback() || addr.IsPrivate())`},
		}},
		{"cookie.TestLoopbackOnly/192.168.0.1:8080", []mutant{
			{"serves plain http to other machines", "cookie.Cookie.Extractor", `!isLoopback(r.Host)`, `false`},
		}},
	}},
	{"DOC", "two ids never have one key in a denylist", []proof{
		{"denylist.TestKeys", []mutant{
			{"takes the ids of all issuers for one", "denylist.keyOf", `	b = append(b, issuer...)
`, ``},
			{"lets an id say where its issuer ends", "denylist.keyOf", `uint64(len(issuer))`, `0`},
			{"takes a jti for a sub", "denylist.keyOf", `tsi`, `ttt`},
		}},
	}},
	{"DOC", "a client that leaves does not undo its logout", []proof{
		{"denylist.TestClientLeaves", []mutant{
			{"lets a client that leaves undo its logout", "denylist.List.raise", `context.WithoutCancel(ctx)`, `ctx`},
		}},
		{"denylist.TestRevocationOutlivesItsRequest/RevokeSubject, a store that hangs", []mutant{
			{"waits without end for a store that hangs", "denylist.List.raise", `raiseTimeout`, `2*time.Hour`},
		}},
	}},
	{"DOC", "a clock that jumps loses no revocation", []proof{
		{"denylist.TestUntil", []mutant{
			{"does not keep what seems to be over while the clock is ahead", "denylist.List.raise", `until.Before(least)`, `false`},
		}},
		{"denylist.TestMemoryClockJumps/ahead for a moment", []mutant{
			{"forgets what is over by a clock that is ahead for a moment", "denylist.entry.isOver", ` && e.until.steady <= now.steady`, ``},
		}},
		{"denylist.TestMemoryClockJumps/ahead when it was made", []mutant{
			{"forgets what the wall clock says is not over", "denylist.entry.isOver", `wall <= now.wall && e.until.`, ``},
		}},
		{"denylist.TestMemoryPutBack", []mutant{
			{"keeps for years what was looked at while the wall clock was years slow", "denylist.room.dropOver", `min(e.until.wall-now.wall, lookAgain.Milliseconds()`, `(e.until.wall - now.wall`},
		}},
	}},
	{"DOC", "a token that no revocation reaches is refused", []proof{
		{"denylist.TestNotRevocable", []mutant{
			{"lets a token through that has neither jti nor sub", "denylist.List.canRevoke", `f.ID() == "" && f.Subject() == ""`, `false`},
			{"lets a token through that outlives its revocation", "denylist.List.canRevoke", `exp.Sub(iat) > l.maxLifetime`, `false`},
			{"lets a token through that is issued far ahead", "denylist.List.canRevoke", `iat.Unix() > now.Add(maxLeeway).Unix()`, `false`},
		}},
	}},
	{"DOC", "a stream ends at the latest when its revocation may be forgotten", []proof{
		{"denylist.TestCheckAfterExpiry", []mutant{
			{"lets a stream go on when its revocation is forgotten", "denylist.List.canRevoke", `exp.Unix() < now.Add(-maxLeeway).Unix()`, `false`},
		}},
	}},
	{"DOC", "a revocation that would reach nothing is an error", []proof{
		{"denylist.TestRevokeMistakes/an empty id", []mutant{
			{"revokes an empty id, which reaches nothing", "denylist.List.checkNames", `name == ""`, `false`},
		}},
		{"denylist.TestRevokeMistakes/an upTo ahead", []mutant{
			{"locks a subject out for the future", "denylist.List.RevokeSubject", `s > time.Now().Add(maxLeeway).Unix()`, `false`},
		}},
	}},
	{"DOC", "a list refuses what was revoked, and nothing else", []proof{
		{"denylist.TestMemoryContract/list/a subject again, earlier", []mutant{
			{"moves a cut-off backwards", "denylist.room.raise", `max(e.n, before.n)`, `e.n`},
		}},
	}},
	{"DOC", "a cookie has its prefix and its attributes", []proof{
		{"cookie.TestLoginAndLogout/https", []mutant{
			{"shows the cookie to scripts", "cookie.Cookie.write", `true`, `false`},
			{"sends the cookie over plain http", "cookie.Cookie.write", `!c.insecure`, `false`},
			{"sends the cookie with requests of other sites", "cookie.Cookie.write", `SameSiteLaxMode`, `SameSiteNoneMode`},
			{"lets caches keep the cookie", "cookie.Cookie.write", `	w.Header().Set("Cache-Control", "no-store")
`, ``},
		}},
		{"cookie.TestCookiesAsSent/one", []mutant{
			{"leaves the prefix out", "cookie.New", `!opts.AllowInsecureHTTP`, `false`},
		}},
	}},
	{"DOC", "Set refuses what a browser would drop", []proof{
		{"cookie.TestSet", []mutant{
			{"sets a cookie that browsers drop", "cookie.Cookie.Set", `len(c.name)+len(token) > maxBytes`, `false`},
			{"sets a token that has expired", "cookie.Cookie.Set", `lifetime <= 0`, `false`},
			{"blames the client for a cookie that is not set", "cookie.unsetError.Unwrap", `jwthttp.ErrMisconfigured`, `nil`},
		}},
	}},
	{"DOC", "AccessTokens asks for typ, issuer and audience", []proof{
		{"oauth.TestAccessTokens", []mutant{
			{"asks for no typ", "oauth.AccessTokens", `at+jwt`, ``},
		}},
	}},
	{"DOC", "AccessTokens returns an error without an issuer or an audience", []proof{
		{"oauth.TestAccessTokensMistakes/no issuer", []mutant{
			{"asks for no issuer", "oauth.AccessTokens", `issuer == ""`, `false`},
		}},
		{"oauth.TestAccessTokensMistakes/no audience", []mutant{
			{"asks for no audience", "oauth.AccessTokens", `len(audience) == 0 || `, ``},
		}},
		{"oauth.TestAccessTokensMistakes/an empty audience", []mutant{
			{"takes an audience that is empty", "oauth.AccessTokens", ` || slices.Contains(audience, "")`, ``},
		}},
	}},
	{"DOC", "an access token has the claims that RFC 9068 requires", []proof{
		{"oauth.TestRequiredClaims/no client id", []mutant{
			{"asks for no client_id", "oauth.Claims.Validate", `{"client_id", c.ClientID != ""},`, ``},
		}},
		{"oauth.TestRequiredClaims/no sub", []mutant{
			{"asks for no sub", "oauth.Claims.Validate", `{"sub", c.Subject != ""},`, ``},
		}},
		{"oauth.TestRequiredClaims/no jti", []mutant{
			{"asks for no jti", "oauth.Claims.Validate", `{"jti", c.ID != ""},`, ``},
		}},
		{"oauth.TestRequiredClaims/no iat", []mutant{
			{"asks for no iat", "oauth.Claims.Validate", `{"iat", c.IssuedAt != nil},`, ``},
		}},
	}},
	{"DOC", "roles are read by the exact names of the RFC", []proof{
		{"oauth.TestValues/two spellings", []mutant{
			{"takes the VALUE of a role for its value", "oauth.valueOf", `map[string]json.RawMessage
	if json.Unmarshal(element, &object) != nil || json.Unmarshal(object["value"]`, `struct{ Value json.RawMessage }
	if json.Unmarshal(element, &object) != nil || json.Unmarshal(object.Value`},
		}},
	}},
	{"DOC", "metadata name only URLs that clients may be sent to", []proof{
		{"oauth.TestMisuse/a password", []mutant{
			{"shows a password in the document", "internal/syntax.ParseHTTP", `u.User != nil, `, ``},
		}},
	}},
	{"DOC", "metadata offer no DPoP that needs a secret, or no signature", []proof{
		{"oauth.TestMisuse/DPoP with a secret", []mutant{
			{"offers DPoP with a secret", "oauth.NewResource", `!jws.IsSymmetric(alg)`, `true`},
		}},
		{"oauth.TestMisuse/DPoP without a signature", []mutant{
			{"offers DPoP without a signature", "oauth.NewResource", ` || strings.EqualFold(alg, "none")`, ``},
		}},
	}},
	{"DOC", "signed metadata are those of the resource", []proof{
		{"oauth.TestMisuse/signed: another resource", []mutant{
			{"shows signed metadata of another resource", "oauth.checkSigned", `claims.Resource != resource`, `false`},
		}},
		{"oauth.TestMisuse/signed: none", []mutant{
			{"shows metadata that nobody has signed", "oauth.checkSigned", ` || strings.EqualFold(header.Alg, "none")`, ``},
		}},
	}},
	{"16", "a replacement is found whatever a KeyFunc does with the keys of a source", []proof{
		{"jwks.TestReplacedKeyThroughAFilter", []mutant{
			{"asks for keys again where none was replaced", "verifier.replacedKeys", `	if !renewed {
		return nil, nil
	}
`, ``},
			{"takes a key that was never tried for a replacement", "jwks.origin.Renewed", `before := o.source.served.Load()`, `before := &served{index: newIndex(nil, nil)}`},
		}},
		{"jwks.TestReplacedKeyUnderAnotherID", []mutant{
			{"looks for a replacement under the id of the token only", "jwks.origin.Renewed", `append(own, t), append(names, t.name)`, `append(own, t), names`},
		}},
		{"jwks.TestReplacedKeys", []mutant{
			{"does not see that a key has come", "jwks.served.replaces", `before == nil || before.index == s.index`, `true`},
		}},
		{"jwks.TestWaitsDoNotAddUp", []mutant{
			{"gives each wait its own limit", "verifier.openParts", `arrived+maxWait`, `time.Since(v.start)+maxWait+0*arrived`},
		}},
		{"jwks.TestWaitsForTwoFetchesDoNotAddUp", nil},
		{"jwks.TestWaitsForTenantsDoNotAddUp", []mutant{
			{"waits anew for the keys of a tenant that was replaced", "verifier.replacedKeys", `keyhook.WithUntil(ctx, until)`, `ctx`},
		}},
	}},
	{"2", "an extractor of ours whose function was replaced reads a header as any other does", []proof{
		{"TestDerivedExtractors", []mutant{
			{"trusts the function that the caller has put into an extractor of ours", "Extractor.compiled", `codeOf(e.Extract) == e.own`, `e.own != 0`},
		}},
	}},
	{"DOC", "an Issuer of jwthttptest has keys for all algorithms, and Rotate changes the published ones", []proof{
		{"jwthttptest.TestGoodTokens", nil},
		{"jwthttptest.TestRotateChangesEachKey", []mutant{
			{"publishes the newest keys alone", "jwthttptest.keyRing.published", `len(k.generations)-2`, `len(k.generations)-1`},
			{"gives an algorithm the same key after Rotate", "jwthttptest.keyRing.rotate", `generation{}`, `k.generations[0]`},
		}},
		{"jwthttptest.TestIssuersShareNothing", nil},
		{"jwthttptest.TestMaterialIsACopy", []mutant{
			{"hands out its secret", "jwthttptest.signer.material", `slices.Clone(secret)`, `secret[:len(secret):len(secret)]`},
		}},
		{"jwthttptest.TestFaults", []mutant{
			{"forges with the issuer's own key", "jwthttptest.draft.forge", `d.algorithm != "none"`, `false`},
		}},
	}},
	{"DOC", "Conformance finds a chain that is wrong about one algorithm", []proof{
		{"jwthttptest.TestConformanceOfEachAlgorithm", []mutant{
			{"asks chains of several algorithms to refuse them", "jwthttptest.exam.otherAlgorithms", `slices.Contains(x.Algorithms, Algorithm(other))`, `false`},
		}},
		{"jwthttptest.TestConformanceOfBrokenAlgorithms", []mutant{
			{"tries the first other algorithm only", "jwthttptest.exam.otherAlgorithms", `range others(own)`, `range others(own)[:min(1, len(others(own)))]`},
			{"sends r and s as they are", "jwthttptest.inDER", `return der, err == nil`, `return signature[:len(signature)-1], der != nil && err == nil`},
			{"removes another byte than a zero", "jwthttptest.withoutZero", `signature[half] != 0`, `signature[half] == 0`},
			{"tries the empty secret with HS256 alone", "jwthttptest.draft.hmac", `jws.IsSymmetric(d.own)`, `d.own == "HS256"`},
		}},
	}},
	{"23", "next never runs for a token that a Binding has not confirmed", []proof{
		{"TestBoundAnswers/no proof", []mutant{
			{"asks no Binding", "Middleware.verify", `m.bindings != nil`, `false`},
			{"passes over the error of a Binding", "attempt.confirm", `found[i].Sum); err != nil {`, `found[i].Sum); err != nil && false {`},
		}},
		{"TestBoundAnswers/no certificate", []mutant{
			{"asks the Bindings of a scheme alone", "attempt.confirm", `!found[i].Present ||`, `!found[i].Present || b.scheme == 0 ||`},
		}},
		{"TestConfirm", []mutant{
			{"asks for DPoP before it looks at the certificate", "config.compileBindings", `append(c.bindings, withScheme...)`, `append(withScheme, c.bindings...)`},
		}},
		{"TestBindingThatPanics", nil},
		{"TestBoundCombinations", []mutant{
			{"asks for a certificate only beside DPoP", "attempt.confirm", `!found[i].Present ||`, `!found[i].Present || b.scheme == 0 && at.scheme == 0 ||`},
		}},
	}},
	{"23", "two bindings are both asked", []proof{
		{"TestBoundAnswers/both, a bad proof", []mutant{
			{"asks only the first of two Bindings", "attempt.confirm", `			return because(reasonOfProof(err), err)
		}
`, `			return because(reasonOfProof(err), err)
		}
		return nil
`},
		}},
		{"TestBoundAnswers/both, another certificate", []mutant{
			{"asks only the last of two Bindings", "attempt.confirm", `!found[i].Present ||`, `!found[i].Present || i < len(found)-1 && found[i+1].Present ||`},
		}},
	}},
	{"23", "a cnf that the Bindings cannot confirm is refused", []proof{
		{"TestConfirmationClaim", []mutant{
			{"passes over an unknown member of cnf", "internal/confirmation.Read", `fault = fmt.Errorf("cnf has the`, `_ = fmt.Errorf("cnf has the`},
			{"takes an empty cnf", "internal/confirmation.Read", `n == 0`, `n < 0`},
			{"takes a cnf with something nested", "internal/confirmation.Read", `!ok`, `!ok && false`},
			{"takes a member that is not a string for none", "internal/confirmation.Read", `			fault = errForm
`, `			_ = errForm
`},
			{"takes a thumbprint with bits that are in no byte", "internal/confirmation.Thumbprint.set", `.Strict()`, ``},
			{"takes a thumbprint with a line break", "internal/confirmation.Thumbprint.set", ` && n == sha256.Size`, ` && n <= sha256.Size`},
			{"knows members in any case", "internal/confirmation.Read", `slices.Index(members, string(name))`, `slices.IndexFunc(members, func(m string) bool { return len(m) == len(name) && m[0]|0x20 == name[0]|0x20 })`},
		}},
		{"TestBoundAnswers/an unknown member", nil},
	}},
	{"24", "a token with jkt comes under DPoP and in no other place", []proof{
		{"TestBoundAnswers/jkt under Bearer", []mutant{
			{"takes a bound token under any scheme", "attempt.confirm", `b.scheme > 0 && found[i]`, `false && found[i]`},
		}},
		{"TestBoundAnswers/jkt in a cookie", []mutant{
			{"takes a bound token in a cookie", "Middleware.authenticate", `m.attempts[place.Scheme]`, `m.attempts[len(m.attempts)-1]`},
		}},
		{"TestBoundAnswers/jkt in another header", nil},
	}},
	{"24", "a token without jkt never comes under DPoP", []proof{
		{"TestBoundAnswers/x5t#S256 under DPoP", []mutant{
			{"takes any bound token under DPoP", "attempt.confirm", `found[i].Present != (b.scheme == at.scheme)`, `found[i].Present && b.scheme != at.scheme`},
		}},
		{"TestBoundAnswers/no cnf under DPoP", []mutant{
			{"takes an unbound token under DPoP", "attempt.confirm", `cnf == "" && at.scheme > 0`, `false`},
		}},
	}},
	{"24", "with Bindings Verify accepts no bound token", []proof{
		{"TestVerifyWithBindings", []mutant{
			{"accepts a bound token without a request", "attempt.confirm", `return because(reason.SenderBound, errNoRequest)`, `return nil`},
		}},
	}},
	{"30", "a request that passes several middlewares is confirmed once, for each Binding and token", []proof{
		{"TestConfirmedOnce", []mutant{
			{"uses a proof again inside", "attempt.confirm", `r.Context().Value(confirmedKey{b.Binding, raw}) != nil`, `false`},
			{"takes another token for one that was confirmed", "tokenContext.Value", `c.token.Raw() == key.token && `, ``},
			{"takes over what another Binding has confirmed", "tokenContext.Value", ` && c.at.asks(key.by)`, ``},
		}},
	}},
	{"SENDER", "with Bindings a token must be bound, unless AllowUnbound is set", []proof{
		{"TestBoundAnswers/no cnf under Bearer", []mutant{
			{"takes an unbound token", "attempt.confirm", `!at.allowUnbound`, `false`},
		}},
		{"TestBoundAnswers/a DPoP header beside a good Bearer token", nil},
		{"TestBindingsCostUnboundTokensNothing", nil},
	}},
	{"SENDER", "the token comes before the proof", []proof{
		{"TestBoundAnswers/an expired token", []mutant{
			{"asks for the proof before it looks at the claims", "Middleware.verify", `	if err := m.rules.Check(`, `	if m.bindings != nil {
		if err := l.at.confirm(r, raw, v.facts.Confirmation()); err != nil {
			return nil, err
		}
	}
	if err := m.rules.Check(`},
		}},
		{"TestBoundAnswers/a forged token", nil},
	}},
	{"SENDER", "one challenge for each scheme, and the error in that of the scheme that was tried", []proof{
		{"TestBoundAnswers/none, both lines", []mutant{
			{"has no line for Bearer", "internal/answer.Answer.challenges", `!s.OnlyBound`, `false`},
			{"leaves out the parameters of a scheme", "internal/answer.Answer.challengeOf", `parameters != ""`, `false`},
			{"writes the challenges into one line", "internal/answer.Answer.challenges", `return lines`, `return []string{strings.Join(lines, ", ")}`},
		}},
		{"TestBoundAnswers/none, with TLS beside it", []mutant{
			{"has no line for Bearer beside TLS", "config.compileBindings", ` && len(c.bindings) == 0`, ``},
		}},
		{"TestBoundAnswers/none", []mutant{
			{"has a line for Bearer where no token under it is good", "internal/answer.Answer.challenges", `!s.OnlyBound`, `true`},
		}},
		{"TestBoundAnswers/an old nonce, both lines", []mutant{
			{"writes the error into every line", "internal/answer.Answer.challenges", `isInAll := `, `isInAll := true || `},
		}},
		{"TestBoundAnswers/jkt under Bearer, one line", []mutant{
			{"writes no error where the scheme has no line", "internal/answer.Answer.challenges", ` || tried == 0 && s.OnlyBound`, ``},
		}},
		{"TestBoundAnswers/DPoP twice, both lines", []mutant{
			{"takes two headers for one of the first scheme", "internal/credential.triesNone", `err == error(reason.TwoCredentials) || `, ``},
		}},
		{"TestBoundAnswers/no scheme", []mutant{
			{"takes a value without a scheme for Bearer", "internal/credential.triesNone", ` || errors.Is(err, syntax.ErrNoScheme)`, ``},
		}},
	}},
	{"SENDER", "the header fields of a Binding are in each challenge of its scheme and in each answer under it, once", []proof{
		{"TestBoundAnswers/none, both lines", []mutant{
			{"has them in answers under the scheme alone", "internal/answer.Answer.Write", `a.challenge != "" || tried == i+1`, `tried == i+1`},
		}},
		{"TestBoundAnswers/the store is down", []mutant{
			{"has them in challenges alone", "internal/answer.Answer.Write", ` || tried == i+1`, ` || false && tried == i+1`},
		}},
		{"TestBoundAnswers/good", []mutant{
			{"has them in refusals alone", "Middleware.Handler", `		v.at.answer(w.Header())
`, ``},
		}},
		{"TestBoundAnswers/a DPoP header beside a good Bearer token", []mutant{
			{"has them in every answer", "attempt.answer", `at.scheme > 0 {`, `len(at.service.Bound) > 0 {
		at = &at.attempts[1]`},
		}},
		{"TestWriteErrorOfBoundTokens", nil},
	}},
	{"SENDER", "the error of a Binding decides on the answer", []proof{
		{"TestConfirmErrors", []mutant{
			{"takes a store that is out of reach for a bad proof", "reasonOfProof", `isUnavailable(err)`, `false`},
			{"takes an old nonce for a bad proof", "reasonOfProof", `errors.Is(err, ErrUseNonce)`, `false`},
			{"takes a bad proof for another key", "reasonOfProof", `errors.Is(err, ErrInvalidProof)`, `false`},
			{"does not say what the token is bound to", "learned.result", `l.at.boundBy(l.facts.Confirmation())`, `""`},
		}},
	}},
	{"SENDER", "guards answer under the scheme of the token", []proof{
		{"TestGuardsOfBoundTokens", []mutant{
			{"answers as if no scheme was tried", "refuse", `learned{at: at}`, `learned{at: at.none}`},
			{"does not say what the token is bound to", "Token.tokenResult", `at.boundBy(t.facts.Confirmation())`, `""`},
		}},
	}},
	{"SENDER", "New refuses Bindings that cannot work, and says how to mend it", []proof{
		{"TestBindingOptions", []mutant{
			{"takes AllowUnbound alone", "Options.checkBindings", `o.AllowUnbound && len(o.Bindings) == 0`, `false`},
			{"takes AllowSenderConstrained beside Bindings", "Options.checkBindings", `o.AllowSenderConstrained && len(o.Bindings) > 0`, `false`},
			{"takes a scheme under which no token can come", "Options.checkBindings", `!slices.ContainsFunc(all(o.Extractors), (*Extractor).takesSchemes)`, `false`},
			{"takes a nil in an interface", "internal/validate.Bindings", ` || v.Kind() == reflect.Pointer && v.IsNil()`, ``},
			{"takes what cannot be compared", "internal/validate.Bindings", `!v.Comparable()`, `false`},
			{"takes a Binding without a member", "internal/validate.Bindings", `member == ""`, `false`},
			{"takes two for one member", "internal/validate.Bindings", `slices.Contains(members, member)`, `false`},
			{"takes two for one scheme in another case", "internal/validate.Bindings", `strings.EqualFold(s, name)`, `s == name`},
			{"takes Bearer for a scheme of bound tokens", "internal/validate.scheme", `syntax.EqualFold(name, "Bearer"), `, ``},
			{"takes a scheme that is not a token", "internal/validate.scheme", `!syntax.IsToken(name)`, `false`},
			{"takes line breaks for parameters", "internal/validate.scheme", `c < 0x20 || `, ``},
		}},
	}},
	{"22", "the log says why a bound token was refused", []proof{
		{"TestBoundRefusalTexts", []mutant{
			{"wants Bearer where no token under it is good", "internal/detail.words", `scheme != ""`, `scheme != "DPoP"`},
			{"says Bearer of every scheme", "internal/detail.MalformedCredentials", `have the client send %q and the token", scheme+" ")`, `have the client send %q and the token", "Bearer ")`},
			{"names places where no token is good", "internal/credential.names", `schemes[p.Scheme] == ""`, `false`},
		}},
	}},
	{"12", "an Ed25519 key is one that RFC 8032 decodes", []proof{
		{"TestEdDSAKeysOffTheCurve", []mutant{
			{"takes an Ed25519 key beyond the prime", "internal/jws.checkEdForm", `Cmp(fieldPrime) >= 0`, `Cmp(fieldPrime) > 1<<20`},
		}},
	}},
	{"25", "a request has one proof: one JWT with strict JSON, within limits, of the type and an algorithm that are accepted", []proof{
		{"dpop.TestExampleOfTheRFC", nil},
		{"dpop.TestGoodProofs", nil},
		{"dpop.TestHeaderField", []mutant{
			{"takes the first of two DPoP headers", "dpop.splitProof", `len(values) > 1`, `len(values) > 9`},
		}},
		{"dpop.TestBadProofs/more than 4 KiB", []mutant{
			{"takes a proof of 5 KiB", "dpop.splitProof", `maxProofBytes, false`, `5<<10, false`},
		}},
		{"dpop.TestBadProofs/header of more than 2 KiB", []mutant{
			{"takes a larger header", "dpop.Verifier.readHeader", `> maxHeaderBytes`, `> 2*maxHeaderBytes`},
		}},
		{"dpop.TestBadProofs/33 members in the header", []mutant{
			{"takes any number of members", "dpop.Verifier.readHeader", `maxHeaderMembers`, `1000`},
		}},
		{"dpop.TestBadProofs/payload nested 5 deep", []mutant{
			{"takes deep JSON", "dpop.scratch.object", `maxDepth`, `32`},
		}},
		{"dpop.TestBadProofs/typ", []mutant{
			{"takes any typ", "dpop.Verifier.readHeader", `s.text(typ) != proofType`, `false`},
			{"takes a typ of another kind for a string", "dpop.Verifier.readHeader", `!isString(typ)`, `false`},
		}},
		{"dpop.TestBadProofs/TYP", []mutant{
			{"takes names of the header in any case", "dpop.Verifier.readHeader", `case "typ":`, `case "typ", "TYP":`},
		}},
		{"dpop.TestBadProofs/alg", []mutant{
			{"takes any algorithm", "dpop.Verifier.algorithmOf", `name == known`, `jws.IsAlgorithm(jws.Canonical(name))`},
		}},
		{"dpop.TestBadProofs/crit", []mutant{
			{"passes over crit", "dpop.Verifier.readHeader", `case isCritical:`, `case isCritical && false:`},
		}},
		{"dpop.TestBadProofs/htm twice", []mutant{
			{"takes lax JSON", "dpop.scratch.object", `|| !ok`, `|| !ok && false`},
		}},
		{"dpop.TestBadProofs/HTM", []mutant{
			{"takes claims in any case", "dpop.readClaims", `case "htm":`, `case "htm", "HTM":`},
		}},
		{"dpop.TestBadProofs/jti", []mutant{
			{"takes an empty jti", "dpop.readClaims", `len(s.text(c.jti)) == 0`, `false`},
			{"takes a long jti", "dpop.readClaims", `len(s.text(c.jti)) > maxIDBytes`, `false`},
		}},
		{"dpop.FuzzProof", nil},
		{"dpop.TestNewErrors", []mutant{
			{"takes an algorithm whose key is a secret", "dpop.Verifier.add", `jws.IsSymmetric(canonical)`, `false`},
		}},
	}},
	{"26", "the key of a proof is a public one that goes with its algorithm", []proof{
		{"dpop.TestBadProofs/private", []mutant{
			{"takes private members", "internal/jwk.Parse", `m.secret != ""`, `false`},
		}},
		{"dpop.TestBadProofs/private d null", []mutant{
			{"takes private members that are null", "internal/jwk.members.read", `!isNull || m.form == Canonical`, `!isNull`},
		}},
		{"dpop.TestBadProofs/x", []mutant{
			{"takes any spelling of a key", "dpop.readKey", `jwk.Canonical`, `jwk.Lenient`},
		}},
		{"dpop.TestBadProofs/alg of the jwk", []mutant{
			{"takes a key for another algorithm", "dpop.readKey", `k.Algorithm != ""`, `false`},
		}},
		{"dpop.TestBadProofs/use enc", nil},
		{"dpop.TestBadProofs/alg of another key", []mutant{
			{"takes a key of another type", "internal/jws.NewOneTimeVerifier", `!a.takes(material)`, `false`},
		}},
		{"dpop.TestBadKeys", []mutant{
			{"takes RSA keys that cost much", "internal/jwk.members.rsaKey", `n.BitLen() > maxProofBits`, `false`},
			{"takes exponents that cost much", "internal/jwk.members.rsaKey", `e.Cmp(big.NewInt(maxProofExp)) > 0`, `false`},
			{"takes RSA keys of any size", "internal/jws.NewOneTimeVerifier", `checkRSA(m)`, `error(nil)`},
			{"takes keys that everybody can sign for", "internal/jws.NewOneTimeVerifier", `checkEdForm(m)`, `error(nil)`},
		}},
		{"dpop.TestGoodProofs/jwk of WebCrypto", []mutant{
			{"hashes the jwk as it was sent", "dpop.readKey", `k.Thumbprint}`, `sha256.Sum256(text)}`},
		}},
	}},
	{"27", "the key is compared before its signature is verified, and the payload is read afterwards", []proof{
		{"dpop.TestAnotherKey", []mutant{
			{"does not compare the key", "dpop.Verifier.verify", `key.Thumbprint != thumbprint`, `false`},
			{"compares the key afterwards", "dpop.Verifier.verify", `	if key.Thumbprint != thumbprint {
		return errOtherKey
	}
	if ok, _ := key.Verify(segments.SigningInput, segments.Signature, v.workspace); !ok {
		return errSignature
	}
`, `	if ok, _ := key.Verify(segments.SigningInput, segments.Signature, v.workspace); !ok {
		return errSignature
	}
	if key.Thumbprint != thumbprint {
		return errOtherKey
	}
`},
		}},
		{"dpop.TestBadProofs/signature", []mutant{
			{"does not verify the signature", "dpop.Verifier.verify", `!ok {`, `!ok && false {`},
		}},
		{"dpop.TestPayloadAfterSignature", []mutant{
			{"reads the payload first", "dpop.Verifier.verify", `	if key.Thumbprint != thumbprint {`, `	if _, err := readClaims(s, segments.Payload, true); err != nil {
		return err
	}
	if key.Thumbprint != thumbprint {`},
		}},
	}},
	{"28", "a proof is for one method and one URL of the service", []proof{
		{"dpop.TestBadProofs/htm", []mutant{
			{"compares the method in any case", "dpop.Verifier.checkRequest", `htm != r.Method`, `!strings.EqualFold(htm, r.Method)`},
		}},
		{"dpop.TestURLs", []mutant{
			{"keeps the query of the target", "internal/syntax.CutTarget", `"", WithoutQuery(target), true`, `"", target, true`},
			{"keeps the query of htu", "internal/syntax.NormalURL", `WithoutQuery(rest)`, `rest`},
			{"takes %2F for a slash", "internal/syntax.isUnreserved", `c == '-'`, `c == '-' || c == '/'`},
			{"removes dot segments of the target", "internal/syntax.CutTarget", `"", WithoutQuery(target), true`, `"", string(removeDots([]byte(WithoutQuery(target)))), true`},
			{"keeps the dot segments of both", "internal/syntax.NormalURL", `removeDots(path)`, `path`},
			{"takes Host for the origin", "dpop.Verifier.checkRequest", `range v.origins`, `range append([]origin{{base: "https://" + r.Host}}, v.origins...)`},
			{"takes X-Forwarded-Host for the origin", "dpop.Verifier.checkRequest", `range v.origins`, `range append([]origin{{base: "https://" + r.Header.Get("X-Forwarded-Host")}}, v.origins...)`},
			{"takes the URL that a router has rewritten", "dpop.Verifier.checkRequest", `syntax.CutTarget(r.RequestURI)`, `syntax.CutTarget(r.URL.Path)`},
			{"takes an absolute form for any origin", "dpop.Verifier.checkRequest", `targetOrigin == base)`, `targetOrigin != base)`},
			{"compares paths alone", "dpop.Verifier.checkRequest", `base == o.base`, `true`},
			{"takes a prefix without its slash for every path", "dpop.Verifier.checkRequest", ` && target == "/"`, ``},
			{"does without the prefix", "dpop.Verifier.checkRequest", `string(path[:len(o.prefix)]) == o.prefix`, `true`},
			{"takes a fragment of the target", "internal/syntax.CutTarget", `target[end] == '#'`, `false`},
		}},
		{"dpop.TestURLError", []mutant{
			{"shows the password of a URL", "internal/logtext.URL", `strings.Contains(text, "@")`, `false`},
			{"shows the query of a URL", "internal/logtext.URL", `end >= 0`, `false`},
			{"says nothing of Origins", "dpop.Verifier.checkRequest", `mind Options.Origins`, `it is another one`},
		}},
		{"dpop.TestServers", nil},
		{"dpop.TestTargetsOnTheWire", nil},
		{"internal/syntax.TestNormalURL", []mutant{
			{"keeps the default port", "internal/syntax.normalOrigin", `port == ":443" && scheme == "https"`, `false`},
			{"takes a k for the Kelvin sign", "internal/syntax.normalOrigin", `	lowerHost(decoded)
`, `	decoded = bytes.ToLower(decoded)
`},
			{"makes the digits of escapes lower case", "internal/syntax.lowerHost", `host[i] == '%'`, `false`},
			{"takes a user", "internal/syntax.normalOrigin", ` || strings.Contains(host, "@")`, ``},
			{"keeps the case of escapes", "internal/syntax.normalByte", `hex[high], hex[low]`, `s[1], s[2]`},
		}},
		{"internal/syntax.TestTargets", nil},
		{"internal/syntax.FuzzNormalURL", nil},
		{"dpop.TestNewErrors", nil},
	}},
	{"29", "a proof is for one token and for now", []proof{
		{"dpop.TestBadProofs/ath", []mutant{
			{"does not compare ath", "dpop.Verifier.verify", `!isDigest(s.text(c.ath), token)`, `false`},
		}},
		{"dpop.TestTimes", []mutant{
			{"takes an iat far ahead", "dpop.Verifier.checkTimes", `case ahead.Sub(now) > v.leeway:`, `case false:`},
			{"takes an iat far back", "dpop.Verifier.checkTimes", `case age > v.maxAge+v.leeway:`, `case false:`},
			{"forgets the leeway", "dpop.Verifier.checkTimes", `case age > v.maxAge+v.leeway:`, `case age > v.maxAge:`},
			{"passes over exp", "dpop.Verifier.checkTimes", `c.exp.Present() &&`, `false &&`},
			{"passes over nbf", "dpop.Verifier.checkTimes", `c.nbf.Present() &&`, `false &&`},
		}},
	}},
	{"30", "a proof passes once, and a refused one is not used up", []proof{
		{"dpop.TestReplays", []mutant{
			{"remembers jti without the key", "dpop.useID", `n := copy(both[:], thumbprint[:])`, `n := 0`},
			{"remembers the proof itself", "dpop.Verifier.verify", `s.text(c.jti)`, `segments.Signature`},
		}},
		{"dpop.TestReplayIsRememberedLongEnough", []mutant{
			{"remembers for MaxAge only", "dpop.Verifier.checkTimes", `made.Add(v.keep)`, `now.Add(v.maxAge)`},
		}},
		{"dpop.TestInstancesWithOtherLimits", []mutant{
			{"remembers in a shared store by its own limits", "dpop.New", `opts.Replays != nil && !isMemory`, `false`},
		}},
		{"dpop.TestRefusedProofIsNotUsedUp", []mutant{
			{"remembers before the rest has passed", "dpop.Verifier.verify", `	if err := v.checkRequest(s, &c, r); err != nil {
		return err
	}
	if request == nil && !isDigest(s.text(c.ath), token) {
		return errAth
	}
	until, err := v.checkTimes(s, &c, time.Now())
	if err != nil {
		return err
	}
	id := useID(thumbprint, s.text(c.jti))
	if request != nil {
		*request = tokenRequest{thumbprint, id, until}
		return nil
	}
	return v.use(r, id, until)
`, `	until, err := v.checkTimes(s, &c, time.Now())
	if err != nil {
		return err
	}
	if err := v.use(r, useID(thumbprint, s.text(c.jti)), until); err != nil {
		return err
	}
	if err := v.checkRequest(s, &c, r); err != nil {
		return err
	}
	if request == nil && !isDigest(s.text(c.ath), token) {
		return errAth
	}
	return nil
`},
		}},
		{"dpop.TestSimultaneousReplays", []mutant{
			{"looks and stores in two steps", "dpop.shard.use", `	if isEmpty := free.until`, `	s.mu.Unlock()
	time.Sleep(time.Millisecond)
	s.mu.Lock()
	if isEmpty := free.until`},
		}},
		{"dpop.TestStoreIsAsked", []mutant{
			{"passes while the store is down", "dpop.Verifier.use", `case err != nil:`, `case err != nil && !first:`},
			{"calls an outage a bad proof", "dpop.Verifier.use", `jwthttp.ErrUnavailable, err)`, `jwthttp.ErrInvalidProof, err)`},
		}},
		{"dpop.TestMemoryContract", []mutant{
			{"forgets a proof when another instance would", "dpop.shard.use", `		} else if at.id == e.id {
`, `		} else if at.id == e.id {
			at.until = e.until
`},
			{"rounds a time down", "dpop.Memory.Use", `clamp(int64(m.wall(until)) + 1)`, `clamp(int64(m.wall(until)) - 1)`},
		}},
		{"dpop.TestMemoryIsFull", []mutant{
			{"lets proofs pass when it is full", "dpop.shard.use", `return false, errFull`, `return true, nil`},
		}},
		{"dpop.TestMemoryAgainstAMap", []mutant{
			{"loses entries when it sweeps", "dpop.shard.sweep", `(i + 1) % len(s.slots)`, `(i + 2) % len(s.slots)`},
			{"ends its search at an entry that is over", "dpop.shard.use", `		if isEmpty {
			break
		}
`, `		if free != nil {
			break
		}
`},
		}},
		{"dpop.TestMemoryClocks", []mutant{
			{"believes the wall clock", "dpop.instant.isOver", ` && until.steady <= now.steady`, ``},
			{"believes the steady clock", "dpop.instant.isOver", `until.wall <= now.wall && `, ``},
		}},
		{"dpop.TestMemoryClockWasAhead", []mutant{
			{"knows no time before it was made", "dpop.clamp", `max(seconds, 1)`, `max(seconds, startingClock)`},
		}},
	}},
	{"31", "with nonces a proof has a current one", []proof{
		{"dpop.TestNonces", []mutant{
			{"takes a proof without a nonce", "dpop.Verifier.checkTimes", `			return until, errNoNonce
`, `			return now.Add(v.maxAge), nil
`},
			{"takes a nonce of anybody's", "dpop.Nonces.timeOf", `hmac.Equal(macOf(secret, nonce[:stampBytes]), nonce[stampBytes:])`, `len(secret) > 0`},
			{"has nonces for each process", "dpop.NewNonces", `bytes.Clone(secret)`, `append(bytes.Clone(secret), fmt.Sprintf("%p", &copies)...)`},
		}},
		{"dpop.TestNoncesExpire", []mutant{
			{"takes an old nonce for ever", "dpop.Verifier.checkTimes", `		ahead = made
`, `		made = now
		ahead = made
`},
			{"makes one nonce", "dpop.Nonces.at", `latest.second == second`, `true`},
		}},
		{"dpop.TestNoncesAhead", nil},
		{"dpop.TestNoncesStandForIat", nil},
		{"dpop.TestInvalidProofBeforeNonce", nil},
		{"dpop.TestNonceRotation", []mutant{
			{"makes nonces with the newest secret", "dpop.Nonces.at", `n.secrets()[0]`, `n.secrets()[len(n.secrets())-1]`},
			{"knows the first secret alone", "dpop.Nonces.timeOf", `range n.secrets()`, `range n.secrets()[:1]`},
		}},
		{"dpop.TestAnswer", []mutant{
			{"adds a nonce to another", "dpop.Verifier.Answer", `syntax.SetField(h, nonceHeader`, `http.Header.Set(h, nonceHeader`},
			{"replaces Cache-Control", "dpop.Verifier.Answer", `!syntax.HasField(h, "Cache-Control")`, `true`},
		}},
		{"dpop.TestNewNoncesErrors", nil},
	}},
	{"32", "what proofs cost is bounded", []proof{
		{"dpop.TestCostOfRefusals", []mutant{
			{"takes memory for the path of a URL", "dpop.Verifier.checkRequest", `s.path[:]`, `nil`},
			{"reads dates of any length", "dpop.readClaims", `len(value) <= maxDateBytes`, `true`},
			{"reads a member of a jwk of any length", "internal/jwk.members.isTooLong", `len(value) <= maxProofMember`, `true`},
			{"reads an RSA key for every algorithm", "dpop.readKey", `strings.HasPrefix(algorithm, "E")`, `false`},
			{"reads a modulus of any length", "internal/jwk.members.isTooLong", `len(value) <= maxProofModulus`, `true`},
			{"takes memory for a host more than once", "internal/syntax.normalOrigin", `room[:0]`, `room[:0:0]`},
			{"reads any number of key_ops", "internal/jwk.members.readOperations", `bytes.Count(value, []byte(",")) >= maxOperations`, `false`},
		}},
		{"dpop.TestCostOfForgedProofs", nil},
		{"dpop.TestCostOfRefusedRequests", []mutant{
			{"quotes long texts", "internal/logtext.URL", `quote(text, 64)`, `strconv.Quote(text)`},
		}},
		{"dpop.TestMemoryBytes", []mutant{
			{"takes a table that is twice as large", "dpop.shard.sweep", `s.limit*100/usedOf100+1`, `s.limit*2+1`},
			{"has no limit", "dpop.shard.use", `s.used >= s.limit`, `false`},
		}},
	}},
	{"SENDER", "a client sends tokens and proofs to its origins alone", []proof{
		{"dpop.TestTransport", []mutant{
			{"leaves the scheme Bearer", "dpop.Transport.prove", `"DPoP "+token`, `"Bearer "+token`},
			{"adds a proof to others", "dpop.Transport.prove", `syntax.SetField(clone.Header, proofHeader, `, `clone.Header.Add(proofHeader, `},
		}},
		{"dpop.TestTransportAndNamesInAnotherCase", []mutant{
			{"knows no token under authorization", "dpop.tokenOf", `!syntax.EqualFold(name, authorization)`, `name != authorization`},
			{"sends others what is under authorization", "dpop.withoutCredentials", `isToken && syntax.EqualFold(name, authorization)`, `isToken && name == authorization`},
			{"sends others what is under DPoP", "dpop.withoutCredentials", `return syntax.EqualFold(name, proofHeader)`, `return name == proofHeader`},
			{"sends a proof beside one under DPoP", "dpop.Transport.prove", `syntax.SetField(clone.Header, proofHeader, proof)`, `clone.Header.Set(proofHeader, proof)`},
			{"sends a token beside one under authorization", "dpop.Transport.prove", `syntax.SetField(clone.Header, authorization, `, `clone.Header.Set(authorization, `},
			{"takes the source's token where there is one under authorization", "dpop.Transport.tokenFor", `syntax.HasField(req.Header, authorization)`, `len(req.Header[authorization]) > 0`},
		}},
		{"dpop.TestTransportOfOtherOrigins", []mutant{
			{"follows a redirect with its proof", "dpop.Transport.originOf", `!ok || !slices.Contains(t.origins, normal)`, `!ok`},
			{"follows a redirect with its token", "dpop.withoutCredentials", `!isToken && !syntax.HasField(req.Header, proofHeader)`, `true`},
			{"looks at the URL alone", "dpop.Transport.originOf", `{req.URL.Host, req.Host}`, `{req.URL.Host}`},
		}},
		{"dpop.TestTransportAndNonces", []mutant{
			{"sends a body that is over", "dpop.Transport.RoundTrip", `req.GetBody == nil`, `false`},
			{"asks again whatever the error", "internal/syntax.AsksForNonce", `answer.Error == code`, `true`},
		}},
		{"dpop.TestTransportKeepsNonces", []mutant{
			{"tries again with the same nonce", "dpop.Transport.RoundTrip", `fresh == nonce`, `false`},
			{"forgets nonces", "dpop.Transport.prove", `	t.nonces.Store(origin, values[0])
`, ``},
		}},
		{"dpop.TestTransportLeavesTheRequest", []mutant{
			{"changes the caller's request", "dpop.Transport.prove", `req.Clone(req.Context())`, `req`},
		}},
		{"dpop.TestTransportSendsTrailers", []mutant{
			{"loses trailers beside a proof", "dpop.Transport.prove", `clone.Body, clone.Trailer = body, req.Trailer`, `clone.Body = body`},
			{"loses trailers where it takes credentials out", "dpop.withoutCredentials", `	clone.Trailer = req.Trailer`, `	_ = clone.Trailer`},
		}},
		{"dpop.TestTransportErrors", []mutant{
			{"leaves the body open", "dpop.Transport.RoundTrip", `tokenFor(req, origin)
	if err != nil {
		closeBody(req.Body)
`, `tokenFor(req, origin)
	if err != nil {
`},
		}},
		{"dpop.TestTransportAndVerifier", nil},
		{"dpop.TestKeys", []mutant{
			{"leaves out the zeros of a short r", "internal/jws.joined", `numbers.R.FillBytes(signature[:half])`, `copy(signature, numbers.R.Bytes())`},
			{"pads with another salt", "internal/jws.Signer.Sign", `rsa.PSSSaltLengthEqualsHash`, `8`},
		}},
		{"dpop.TestNewKeyErrors", []mutant{
			{"takes a signer of another key", "internal/jws.Signer.Check", `!ok {`, `!ok && false {`},
		}},
		{"internal/syntax.TestHasError", []mutant{
			{"takes the error of another scheme", "internal/syntax.HasError", `EqualFold(current, scheme)`, `current != ""`},
		}},
	}},
	{"19", "neither keys of clients nor secrets of nonces are printed", []proof{
		{"dpop.TestZeroValues", []mutant{
			{"takes a Verifier that nobody made", "dpop.Verifier.Member", `v.member`, `"jkt"`},
			{"takes a Memory that nobody made", "dpop.New", `, isMemory && memory.shards == nil`, `, isMemory && memory.shards == nil && false`},
		}},
		{"dpop.TestNothingSecretIsPrinted", []mutant{
			{"prints the signer", "dpop.NewKey", `encode(sum[:])`, `encode(sum[:]) + fmt.Sprint(signer)`},
			{"prints the secrets", "dpop.Nonces.Format", `f.Write([]byte("dpop.Nonces"))`, `fmt.Fprint(f, n.secrets())`},
		}},
	}},
	{"30", "of simultaneous uses of a proof one is the first, in all processes", []proof{
		{"goredis.TestProofsAtTheSameTime/one server", []mutant{
			{"looks for a proof and stores it in two steps", "goredis.Proofs.Use", `	cmd := redis.NewBoolCmd(`, `	if n, err := p.client.Exists(limited, p.key(id[:])).Result(); err == nil && n == 0 {
		return true, p.client.Set(limited, p.key(id[:]), 1, keep).Err()
	}
	cmd := redis.NewBoolCmd(`},
		}},
		{"goredis.TestProofsAtTheSameTime/a cluster", nil},
		{"goredis.TestProofsLostAnswer", []mutant{
			{"takes a proof whose answer was lost for a used one", "goredis.once.NoRetry", `true`, `false`},
		}},
	}},
	{"30", "a proof in Redis is remembered until it could no longer pass", []proof{
		{"goredis.TestProofsUntil/a minute, by a clock that is fast", []mutant{
			{"forgets a proof that another clock still accepts", "goredis.Proofs.Use", ` + clockMargin`, ``},
		}},
	}},
	{"30", "a Redis that is down or full is a 503", []proof{
		{"goredis.TestProofsDown", []mutant{
			{"lets proofs pass while Redis is down", "goredis.Proofs.Use", `return false, fmt.Errorf("%w: %w", jwthttp.ErrUnavailable, p.failed(ctx, err))`, `return true, nil`},
		}},
		{"goredis.TestProofsFaults/full", nil},
	}},
	{"33", "a forwarded certificate counts only from a configured proxy address", []proof{
		{"mtls.TestProxies/another host", []mutant{
			{"takes a forwarded certificate from anywhere", "mtls.Binding.fromHeader", `!b.isFromProxy(r)`, `false`},
		}},
		{"mtls.TestProxies/another one on a socket for IPv6", []mutant{
			{"takes every address that it cannot compare for a proxy", "mtls.Binding.isFromProxy", `proxy.Contains(addr)`, `proxy.Contains(addr) || remote.Addr().Is4In6()`},
		}},
		{"mtls.TestUnixSocket/an address", []mutant{
			{"takes whoever uses a Unix socket for a proxy", "mtls.Binding.isFromProxy", `return b.unix`, `return true`},
		}},
		{"mtls.TestForwardedMisuse/everybody", []mutant{
			{"takes everybody for a proxy", "mtls.parseProxy", `prefix.Bits() == 0`, `false`},
		}},
		{"mtls.TestForwardedMisuse/no proxy", nil},
	}},
	{"33", "from one header", []proof{
		{"mtls.TestOneHeader/one and another", []mutant{
			{"takes the first of two forwarded certificates", "mtls.Binding.fromHeader", `len(values) > 1`, `false`},
		}},
		{"mtls.TestOneHeader/another and one", []mutant{
			{"takes the last of two forwarded certificates", "mtls.Binding.fromHeader", `	if len(values) > 1 {`, `	values = values[max(0, len(values)-1):]
	if false {`},
		}},
		{"mtls.TestOneHeader/the certificate of the connection does not count", nil},
	}},
	{"33", "with one certificate", []proof{
		{"mtls.TestMalformed/a broken one before", []mutant{
			{"passes over a broken certificate", "mtls.fromEscapedPEM", `n != 1`, `n < 1`},
		}},
		{"mtls.TestMalformed/two in PEM", []mutant{
			{"takes the first of two certificates in PEM", "mtls.fromEscapedPEM", `n != 1 || !strings.HasPrefix(text, begin) {
		return nil, fmt.Errorf("it has %d blocks of PEM, and must be one alone", n)
	}
	block, rest := pem.Decode([]byte(text))`, `n < 1 {
		return nil, fmt.Errorf("it has %d blocks of PEM, and must be one alone", n)
	}
	block, rest := pem.Decode([]byte(text))
	rest = nil`},
		}},
		{"mtls.TestMalformed/a byte after the certificate", []mutant{
			{"takes any bytes for a certificate", "mtls.Format.thumbprint", `err := x509.ParseCertificate(der); err != nil {`, `err := x509.ParseCertificate(der); err != nil && false {`},
		}},
		{"mtls.TestMalformed/a URI that ends its element", []mutant{
			{"takes the Hash of any XFCC element", "mtls.hashOfXFCC", `case rest[0] == ',':`, `case false:`},
		}},
		{"mtls.TestMalformed/two Hashes in two cases", []mutant{
			{"takes the last of two Hashes", "mtls.hashOfXFCC", `syntax.CountFold(rest, "hash=") > 1`, `false`},
			{"counts Hashes in one case", "mtls.hashOfXFCC", `syntax.CountFold(rest`, `strings.Count(rest`},
		}},
		{"mtls.TestMalformed/a Hash in a value, and another", []mutant{
			{"takes a Hash beside another in a value", "mtls.hashOfXFCC", `syntax.CountFold(rest, "hash=") > 1`, `syntax.CountFold(rest, ";hash=") > 1`},
		}},
		{"mtls.TestMalformed/a URI that begins and ends with a quote", []mutant{
			{"takes quotes of a client's own", "mtls.lengthInXFCC", `!syntax.EqualFold(name, "Subject") &&`, `false &&`},
		}},
		{"mtls.TestMalformed/a Hash after an escaped quote", []mutant{
			{"ends a value in quotes at an escaped quote", "mtls.lengthInXFCC", `			i++`, ``},
		}},
		{"mtls.TestErrorsQuoteNoCertificate", []mutant{
			{"quotes a certificate in the log", "mtls.Format.thumbprint", `errors.New("it is not one certificate that Go can parse")`, `fmt.Errorf("it is not one certificate: %w", err)`},
		}},
		{"mtls.TestZeroBinding", []mutant{
			{"takes a Binding that nobody made", "mtls.Binding.Member", `b.member`, `member`},
		}},
		{"mtls.FuzzXFCC", nil},
		{"mtls.FuzzClientCert", nil},
	}},
	{"33", "as the proxy has written it", []proof{
		{"mtls.TestFormats/AWS", []mutant{
			{"turns a plus sign into a space", "mtls.fromEscapedPEM", `url.PathUnescape`, `url.QueryUnescape`},
		}},
	}},
	{"33", "and it must be the one of the token's thumbprint", []proof{
		{"mtls.TestThumbprintOfRFC8705", nil},
		{"mtls.TestConnection/another, HTTP 1", []mutant{
			{"takes any certificate", "mtls.Binding.Confirm", `got != thumbprint`, `false`},
		}},
		{"mtls.TestConnection/another, and own after it, HTTP 2", []mutant{
			{"takes a certificate whose key the client need not have", "mtls.Binding.fromConnection", `PeerCertificates[0]`, `PeerCertificates[len(r.TLS.PeerCertificates)-1]`},
		}},
		{"mtls.TestErrorsHaveNoKind", nil},
	}},
	{"SENDER", "Conformance passes a right chain of each profile", []proof{
		{"jwthttptest.TestConformanceOfBoundTokens/required", []mutant{
			{"makes no proofs", "jwthttptest.exam.prove", `x.DPoP != nil && `, `x.DPoP == nil && `},
			{"binds tokens to no key", "jwthttptest.exam.mint", `x.scheme == schemeDPoP`, `false`},
			{"signs with the same key", "jwthttptest.exam.otherKeys", `x.proving(by(another))`, `x.proving(by(x.key))`},
		}},
		{"jwthttptest.TestConformanceOfBoundTokens/both", []mutant{
			{"expects no challenge for Bearer", "jwthttptest.exam.takesBearer", `x.AllowUnbound || `, ``},
			{"expects the error in each challenge", "jwthttptest.exam.hasError", `return scheme == tried || `, `return true || scheme == tried || `},
		}},
		{"jwthttptest.TestConformanceOfBoundTokens/nonces", []mutant{
			{"keeps no nonce", "jwthttptest.exam.send", `nonce != "" && x.hasNonces()`, `nonce != "" && !x.hasNonces()`},
			{"changes no nonce", "jwthttptest.exam.nonces", `proof(changed)`, `proof(x.nonce + changed[:0])`},
			{"sends a nonce of the same server", "jwthttptest.exam.foreignNonce", `return w.Header().Get("DPoP-Nonce")`, `return x.nonce + w.Header().Get("None")`},
		}},
		{"jwthttptest.TestConformanceOfBoundTokens/several origins, and a proxy that takes a path off", nil},
		{"jwthttptest.TestConformanceOfBoundTokens/mtls beside", []mutant{
			{"expects no challenge for Bearer beside a certificate", "jwthttptest.exam.takesBearer", ` || x.Certificate != nil`, ``},
		}},
		{"jwthttptest.TestConformanceOfBoundTokens/mtls alone", []mutant{
			{"binds tokens to no certificate", "jwthttptest.exam.mint", `x.Certificate != nil`, `false`},
		}},
	}},
	{"SENDER", "Conformance finds a chain that is wrong about bound tokens", []proof{
		{"jwthttptest.TestConformanceOfBrokenBoundChains/a router that verifies Bearer apart", []mutant{
			{"does not ask for the downgrade", "jwthttptest.exam.boundTokens", `under("Bearer", good), invalidToken`, `under("Bearer", good), notWelcome`},
		}},
		{"jwthttptest.TestConformanceOfBrokenBoundChains/a member that nobody knows", []mutant{
			{"sends no cnf that has more than it may", "jwthttptest.exam.boundTokens", `json.RawMessage(cnf.text)`, `json.RawMessage(strings.Replace(cnf.text, ",\"kid\"", ",\"jkt\"", 1))`},
		}},
		{"jwthttptest.TestConformanceOfBrokenBoundChains/two proofs", []mutant{
			{"sends one proof in place of two", "jwthttptest.exam.proving", `r.Header.Add("DPoP"`, `r.Header.Set("DPoP"`},
		}},
		{"jwthttptest.TestConformanceOfBrokenBoundChains/a private key is as good", []mutant{
			{"shows no private key", "jwthttptest.clientKey.private", `m["d"] = `, `m["x"] = `},
		}},
		{"jwthttptest.TestConformanceOfBrokenBoundChains/jkt is not compared", nil},
		{"jwthttptest.TestConformanceOfBrokenBoundChains/htu by Host", []mutant{
			{"forges no Host", "jwthttptest.exam.otherRequests", `r.Host = forged`, `_ = forged`},
		}},
		{"jwthttptest.TestConformanceOfBrokenBoundChains/htu with the query", []mutant{
			{"sends no query", "jwthttptest.exam.otherRequests", `before+"?page=2"`, `before`},
		}},
		{"jwthttptest.TestConformanceOfBrokenBoundChains/used proofs", []mutant{
			{"makes another proof each time", "jwthttptest.exam.usedProofs", `all(x.with(token), proofs(proof))`, `all(x.with(token), func(r *http.Request) { r.Header.Set("DPoP", x.proof(r, token, options...)+proof[:0]) })`},
		}},
		{"jwthttptest.TestConformanceOfBrokenBoundChains/used proofs by their text", []mutant{
			{"signs no proof anew", "jwthttptest.exam.usedProofs", `with(good, Claim("jti", jti)), wantAgain`, `once, wantAgain`},
		}},
		{"jwthttptest.TestConformanceOfBrokenBoundChains/used proofs before all else", nil},
		{"jwthttptest.TestConformanceOfAStoreInTwoSteps", []mutant{
			{"sends the proofs one after the other", "jwthttptest.exam.atOnce", `			ready.Wait()
			responses[i] = x.serve(r)
		})`, `		})
		ready.Add(-1)
		responses[i] = x.serve(r)
		ready.Add(1)`},
		}},
		{"jwthttptest.TestConformanceOfBrokenBoundChains/nonces that any text is", nil},
		{"jwthttptest.TestConformanceOfBrokenBoundChains/DPoP-Nonce lost in refusals", []mutant{
			{"looks for nonces in good answers alone", "jwthttptest.exam.checkRefusal", `	x.checkNonce(p, w)
`, ``},
		}},
		{"jwthttptest.TestConformanceOfBrokenBoundChains/algs lost", []mutant{
			{"does not read algs", "jwthttptest.exam.checkChallenges", ` || m[6] != x.parameters(scheme)`, ``},
		}},
		{"jwthttptest.TestConformanceOfBrokenBoundChains/the error in each challenge", nil},
		{"jwthttptest.TestConformanceOfBrokenBoundChains/CORS that allows all", []mutant{
			{"takes * for Authorization", "jwthttptest.response.lists", ` && name != "Authorization"`, ``},
		}},
		{"jwthttptest.TestConformanceOfBrokenBoundChains/an outage that accepts proofs", nil},
		{"jwthttptest.TestConformanceOfBrokenBoundChains/any certificate", nil},
	}},
	{"SENDER", "every demand of RFC 9449 on a resource server has a test, and other libraries agree", []proof{
		{"dpop.TestBoundTokensPage", nil},
		{"dpop.TestProxyFields", nil},
		{"dpop.TestProofOfGoJose", nil},
		{"dpop.TestGoJoseReadsProofs", nil},
		{"dpop.TestAnswersOnTheWire", nil},
		{"dpop.Example", nil},
	}},
	{"DOC", "ParsePrivateKey reads what openssl and ssh-keygen write", []proof{
		{"internal/jws.TestParsePrivateKey/sec1-p256", []mutant{
			{"does not pass over EC PARAMETERS", "internal/jws.onlyBlock", `"EC PARAMETERS"`, `"PARAMETERS"`},
		}},
		{"internal/jws.TestParsePrivateKey/sec1-compressed", []mutant{
			{"takes no compressed point", "internal/jws.ecKey", `2 + own`, `4 + own`},
		}},
		{"internal/jws.TestParsePrivateKeyOfSSHKeygen", nil},
		{"internal/jws.TestParsePrivateKeyOfOtherPrograms", []mutant{
			{"takes any public half that is beside a key of Ed25519", "internal/jws.parsePKCS8", `form.Public.BitLength > 0`, `false`},
			{"takes no scalar without its zeros", "internal/jws.ecKey", `max(size-len(scalar), 0)`, `0`},
		}},
		{"internal/jws.FuzzParsePrivateKey", nil},
	}},
	{"DOC", "and no damaged file, whose halves may be those of two keys", []proof{
		{"internal/jws.TestParsePrivateKeyRefuses/checkints that differ", []mutant{
			{"does not compare the checkints", "internal/jws.parseOpenSSH", ` || !bytes.Equal(halves[1][:4], halves[1][4:8])`, ``},
		}},
		{"internal/jws.TestParsePrivateKeyRefuses/padding that ends with another number", []mutant{
			{"looks at the first byte of the padding", "internal/jws.isPadding", `range b {`, `range b[:min(len(b), 1)] {`},
		}},
		{"internal/jws.TestParsePrivateKeyRefuses/OpenSSH with more after it", []mutant{
			{"takes an OpenSSH key with more after it", "internal/jws.parseOpenSSH", `len(rest) > 0`, `len(rest) > 9`},
		}},
		{"internal/jws.TestParsePrivateKeyRefuses/PKCS#8 with more after it", []mutant{
			{"takes DER with more after it", "internal/jws.isDER", ` && len(rest) == 0`, ` && len(rest) >= 0`},
		}},
		{"internal/jws.TestParsePrivateKeyRefuses/Ed25519 with the public half of another", []mutant{
			{"does not read the public half of an Ed25519 key", "internal/jws.parseOpenSSH", ` || !isPublic(public, name[0], key[ed25519.SeedSize:])`, ``},
		}},
		{"internal/jws.TestParsePrivateKeyRefuses/RSA with the public half of another", []mutant{
			{"takes every public half", "internal/jws.isPublic", `ok && `, `true || ok && `},
		}},
		{"internal/jws.TestParsePrivateKeyRefuses/EC with another scalar", []mutant{
			{"takes a scalar of another point", "internal/jws.ecKey", `len(point) > 0 && `, `len(point) > 999 && `},
		}},
		{"internal/jws.TestParsePrivateKeyRefuses/EC without a point", []mutant{
			{"takes an ssh key without a point", "internal/jws.parseOpenSSH", ` || len(f[1]) == 0`, ``},
		}},
		{"internal/jws.TestParsePrivateKeyRefuses/RSA with another private exponent", []mutant{
			{"does not validate an RSA key", "internal/jws.sshPrivateRSA", `err != nil || `, `err == nil && `},
		}},
		{"internal/jws.TestParsePrivateKeyRefuses/RSA with another coefficient", []mutant{
			{"does not compare the coefficient", "internal/jws.sshPrivateRSA", ` || key.Precomputed.Qinv.Cmp(number(3)) != 0`, ``},
		}},
		{"internal/jws.TestParsePrivateKeyCutShort", []mutant{
			{"reads a length that is one byte too large", "internal/jws.sshStrings", `uint64(len(b)-4) <`, `uint64(len(b)-3) <`},
		}},
	}},
	{"DOC", "nor one that is encrypted, too small, or one of two", []proof{
		{"internal/jws.TestParsePrivateKeyRefuses/a cipher", []mutant{
			{"takes an encrypted OpenSSH key", "internal/jws.parseOpenSSH", `string(head[0]) != "none" || `, ``},
		}},
		{"internal/jws.TestParsePrivateKeyRefuses/encrypted PKCS#1", []mutant{
			{"does not look at Proc-Type", "internal/jws.parsePrivatePEM", ` || block.Headers["Proc-Type"] != ""`, ``},
		}},
		{"internal/jws.TestParsePrivateKeyRefuses/RSA of 1024 bits", []mutant{
			{"takes a small RSA key of openssl", "internal/jws.parsePKCS1", `err := checkRSA(&rsa.PublicKey{N: form.N, E: form.E}); err != nil`, `err := error(nil); err != nil`},
		}},
		{"internal/jws.TestParsePrivateKeyRefuses/RSA of 1024 bits of ssh-keygen", []mutant{
			{"takes a small RSA key of ssh-keygen", "internal/jws.sshPrivateRSA", `err := checkRSA(pub); err != nil`, `err := error(nil); err != nil`},
		}},
		{"internal/jws.TestParsePrivateKeyRefuses/two keys", []mutant{
			{"takes the first of two keys", "internal/jws.ParsePrivateKey", `blocks > 1`, `blocks > 2`},
		}},
		{"internal/jws.TestParsePrivateKeyRefuses/two keys in a block", []mutant{
			{"takes the first of two keys in a block", "internal/jws.parseOpenSSH", `Uint32(b) != 1`, `Uint32(b) == 0`},
		}},
	}},
	{"DOC", "a claim goes into a token as encoding/json writes it", []proof{
		{"issue.TestNumbers", []mutant{
			{"writes a json.Number as a string", "issue.marshal", `text, err := json.Marshal(v)`, `text, err := strict.Marshal(v, jsonv1.DefaultOptionsV1())`},
		}},
	}},
	{"DOC", "the program mints good tokens, and others only if it is told to", []proof{
		{"cmd/jwthttp.TestMintSignsGoodTokens/a numeric sub", []mutant{
			{"signs unchecked by default", "cmd/jwthttp.order.mint", `if o.unchecked {`, `if !o.unchecked || true {`},
			{"does not say how to sign a token all the same", "cmd/jwthttp.order.mint", `, add -unchecked`, ``},
		}},
		{"cmd/jwthttp.TestMintSignsGoodTokens/an exp that is null", []mutant{
			{"sets an exp that was to be left out", "cmd/jwthttp.order.issue", `value == nil || `, ``},
		}},
		{"cmd/jwthttp.TestMintSignsGoodTokens/an exp of 0", []mutant{
			{"sets an exp that was to be 0", "cmd/jwthttp.order.issue", ` || value == json.Number("0")`, ``},
		}},
		{"cmd/jwthttp.TestMintSignsGoodTokens/a lifetime of 0", []mutant{
			{"takes a lifetime of 0 for the default", "cmd/jwthttp.order.issue", `o.lifetime < time.Second`, `o.lifetime < 0`},
		}},
		{"cmd/jwthttp.TestMintSignsGoodTokens/an exp with odd characters", nil},
		{"cmd/jwthttp.TestMintsAdviceIsRight", []mutant{
			{"advises to accept tokens without exp", "cmd/jwthttp.order.advice", `o.unchecked && claims["exp"] == nil`, `claims["exp"] == nil`},
		}},
	}},
	{"DOC", "a rotation of the development issuer keeps its tokens good", []proof{
		{"cmd/jwthttp.TestServeIssues", []mutant{
			{"forgets the keys before a rotation", "cmd/jwthttp/internal/devissuer.Issuer.Rotate", `append(slices.Clone(iss.keys), `, `append([]issue.Key(nil), `},
			{"publishes nine keys", "cmd/jwthttp/internal/devissuer.maxKeys", `8`, `9`},
		}},
		{"cmd/jwthttp/internal/devissuer.TestRotationUnderLoad", nil},
		{"cmd/jwthttp/internal/devissuer.TestTokensDiffer", []mutant{
			{"takes any lifetime", "cmd/jwthttp/internal/devissuer.Issuer.Token", `lifetime.Abs() > maxLifetime`, `false && lifetime.Abs() > maxLifetime`},
		}},
	}},
	{"34", "only public halves are published, and never a symmetric key", []proof{
		{"issue.TestJWKSIsPublic", []mutant{
			{"publishes a secret", "issue.ring.newState", `		if k.jwk != nil {`, `		if k.jwk == nil {
			set = append(set, mustMarshal(map[string]string{"kty": "oct", "alg": k.algorithm, "k": encode([]byte(r.typ))}))
		}
		if k.jwk != nil {`},
			{"publishes a private member", "issue.ring.newState", `"use": "sig"`, `"use": "sig", "d": k.id`},
			{"publishes only the current key", "issue.ring.newState", `k.jwk != nil`, `k.jwk != nil && k == s.signs`},
		}},
		{"issue.TestJWKSOfSecrets", []mutant{
			{"does not say that no key is published", "issue.Issuer.JWKS", `len(ring.state.Load().algorithms) == 0`, `false`},
			{"lists no algorithm as an empty list", "issue.Issuer.Metadata", `len(all) > 0`, `true`},
		}},
		{"issue.TestJWKSFollowsTheIssuer/a slash at the end", []mutant{
			{"names the key set with two slashes", "issue.Issuer.Metadata", `strings.TrimSuffix(name, "/")`, `name`},
		}},
		{"issue.TestMetadataWithoutURL", []mutant{
			{"has metadata for an issuer with a query", "issue.Issuer.Metadata", `err == nil && strings`, `false && strings`},
		}},
		{"issue.TestPublishedAnswers", []mutant{
			{"publishes keys under another type", "issue.Issuer.JWKS", `application/jwk-set+json`, `application/json`},
			{"has metadata cached for an hour", "issue.Issuer.Metadata", `maxAge`, `time.Hour`},
		}},
	}},
	{"34", "and nothing that is printed shows a private key", []proof{
		{"issue.TestNothingIsShown/EdDSA", []mutant{
			{"prints the signer of a key", "issue.Key.String", `k.algorithm, k.id)`, `k.algorithm, fmt.Sprint(k.id, *k.signer))`},
		}},
		{"issue.TestNothingIsShown/HS256", nil},
		{"issue.TestNothingIsShown/RS256", nil},
		{"issue.TestNothingIsShown/ES256", nil},
		{"issue.TestNothingIsShown/files", []mutant{
			{"shows a bad file in the error", "issue.directory.load", `fmt.Errorf("the file %s: %w", logtext.Quote(f.name), err)`, `fmt.Errorf("the file %s: %w: %s", logtext.Quote(f.name), err, f.data)`},
		}},
		{"issue.TestShows", nil},
	}},
	{"35", "a rotation makes no instance refuse a good token, and no other service", []proof{
		{"issue.TestRotation", []mutant{
			{"drops the old key at once", "issue.ring.newState", `keys[i+1].from.Add(r.lifetime+maxAge)`, `keys[i+1].from`},
			{"drops the old key after the clocks' 30 seconds", "issue.ring.newState", `r.lifetime+maxAge`, `30*time.Second`},
			{"accepts a successor when it begins to sign", "issue.ring.newState", `		accepted = append(accepted, k.verifies)`, `		if !k.from.After(now) {
			accepted = append(accepted, k.verifies)
		}`},
			{"publishes a successor when it begins to sign", "issue.ring.newState", `k.jwk != nil`, `k.jwk != nil && !k.from.After(now)`},
			{"has published keys cached for 20 minutes", "issue.Issuer.JWKS", `maxAge`, `2*maxAge`},
		}},
		{"issue.TestRotationOfAlgorithms", []mutant{
			{"accepts only keys for the algorithm of the first", "issue.ring.newState", `		accepted = append(accepted, k.verifies)`, `		if k.algorithm == keys[0].algorithm || len(accepted) == 0 {
			accepted = append(accepted, k.verifies)
		}`},
		}},
		{"issue.TestConcurrentRotation", nil},
		{"issue.TestClockSetBack", []mutant{
			{"keeps what it has when the clock is set back", "issue.ring.at", ` && !now.Before(s.since)`, ``},
		}},
	}},
	{"35", "a key signs from its From on, and is accepted until its last tokens are over", []proof{
		{"issue.TestKeyTimes", []mutant{
			{"signs a minute before From", "issue.ring.newState", `!changes(k.from)`, `!changes(k.from.Add(-time.Minute))`},
			{"does not look at the time until the next day", "issue.ring.newState", `t.Before(s.until)`, `t.Before(s.since)`},
			{"keeps a retired key for ever", "issue.ring.newState", `i+1 < len(keys) && `, `i+1 < 0 && `},
			{"keeps a retired key for Lifetime alone", "issue.ring.newState", `r.lifetime+maxAge`, `r.lifetime`},
			{"takes the keys in the order of the list", "issue.sortKeys", `a.from.Compare(b.from)`, `0 * a.from.Compare(b.from)`},
		}},
		{"issue.TestKeyWithoutFrom", nil},
		{"issue.TestNewErrors", []mutant{
			{"takes two keys of one From", "issue.sortKeys", `k.from.Equal(keys[i-1].from)`, `false`},
			{"takes a first key that does not sign yet", "issue.sortKeys", `from.After(now)`, `false`},
			{"takes claims that cannot hold the audience", "issue.New", `fits[C](iss.core.fixed)`, `nil`},
		}},
	}},
	{"35", "and New warns of a From less than 11 minutes ahead, without an error", []proof{
		{"issue.TestRestart/a minute before", []mutant{
			{"does not warn", "issue.ring.warn", `lead < maxLead`, `lead > maxLead`},
			{"does not start", "issue.newRing", `err = sortKeys(keys, now)`, `if err = sortKeys(keys, now); err == nil && keys[len(keys)-1].from.After(now) {
			err = errors.New("a key begins to sign too soon")
		}`},
		}},
		{"issue.TestRestart/11 minutes before", []mutant{
			{"warns at 11 minutes", "issue.ring.warn", `lead < maxLead`, `lead <= maxLead`},
		}},
		{"issue.TestRestart/a moment less than 11 minutes before", []mutant{
			{"warns at 10 minutes", "issue.ring.warn", `lead < maxLead`, `lead < maxAge`},
		}},
		{"issue.TestRestart/a minute after", []mutant{
			{"warns of a From in the past", "issue.ring.warn", `lead > 0 && `, ``},
		}},
	}},
	{"35", "a Directory is read again without a restart", []proof{
		{"issue.TestDirectory", []mutant{
			{"reads the public halves", "issue.readFiles", ` || strings.HasSuffix(name, ".pub")`, ``},
		}},
		{"issue.TestDirectoryReload", []mutant{
			{"never reads again", "issue.ring.at", `r.directory != nil`, `false`},
			{"reads every minute", "issue.reader.reread", `age >= reloadAfter`, `age >= time.Minute`},
			{"does not warn of a file that is too near", "issue.reader.reload", `if isNew && `, `if false && isNew && `},
		}},
		{"issue.TestDirectoryOfKubernetes", []mutant{
			{"follows no symbolic link", "issue.readFile", `f.Stat()`, `os.Lstat(path)`},
			{"reads the files of Kubernetes", "issue.readFiles", `strings.HasPrefix(name, ".") || `, ``},
			{"takes a file of one name for the same", "issue.readFiles", `		digest.Write(data)
`, ``},
		}},
		{"issue.TestDirectoryStalls", nil},
		{"issue.TestDirectoryConcurrency", nil},
	}},
	{"35", "a bad file in it changes nothing, and is an error at New", []proof{
		{"issue.TestDirectoryTurnsBad/half a file", []mutant{
			{"passes over a bad file", "issue.directory.load", `			errs = append(errs, fmt.Errorf("the file %s: `, `			if d.keys != nil {
				continue
			}
			errs = append(errs, fmt.Errorf("the file %s: `},
			{"logs each time", "issue.reader.reload", `d.failed.Log(context.Background(), r.logger, `, `new(logtext.Limit).Log(context.Background(), r.logger, `},
		}},
		{"issue.TestDirectoryTurnsBad/half of the file in use", nil},
		{"issue.TestDirectoryTurnsBad/a copy", nil},
		{"issue.TestDirectoryTurnsBad/no directory", nil},
		{"issue.TestDirectoryErrors/an endless device", nil},
		{"issue.TestDirectoryErrors/a named pipe", []mutant{
			{"reads what is not a file", "issue.readFile", `!info.Mode().IsRegular()`, `info == nil`},
		}},
		{"issue.TestDirectoryErrors/65 KiB", []mutant{
			{"reads the first part of a large file", "issue.readFile", ` || len(data) > maxFileBytes`, ``},
		}},
		{"issue.TestDirectoryErrors/257 files", []mutant{
			{"reads any number of files", "issue.readFiles", `len(files) == maxFiles`, `len(files) < 0`},
		}},
		{"issue.TestDirectoryErrors/several", []mutant{
			{"names the first bad file alone", "issue.directory.load", `		keys = append(keys, key)`, `		keys = append(keys, key)
		if errs != nil {
			break
		}`},
		}},
		{"issue.TestDirectoryHalfWritten", nil},
		{"issue.TestDirectoryAmongKeys", []mutant{
			{"gives a Directory a From", "issue.Key.with", `m.directory != nil`, `false`},
		}},
	}},
	{"34", "what issue returns, its own middleware accepts; what that refuses is an error and no token", []proof{
		{"issue.TestMarshalJSONOfThePointer", []mutant{
			{"issues what a MarshalJSON of the pointer leaves out", "issue.Issuer.Token", `&claims`, `claims`},
		}},
		{"issue.FuzzToken", []mutant{
			{"does not verify what it has made", "issue.Issuer.Token", `if _, err := iss.own.Verify(ctx, token); err != nil {`, `if _, err := iss.own.Verify(ctx, token); err != nil && false {`},
			{"takes a name twice", "issue.core.payload", `if !isObject {`, `if false && !isObject {`},
		}},
		{"issue.TestValidate", []mutant{
			{"tells the client to get another token", "issue.refusal", `append(f.causes, foreign{cause})`, `append(f.causes, cause)`},
		}},
		{"issue.TestClaims", []mutant{
			{"ignores an iss that is not the issuer's", "issue.payload.add", `return fmt.Errorf("the claims have the %s %.200s, which is not that of Options: leave it out of the claims", name, value)`, `return nil`},
			{"keeps an exp that is later than Lifetime", "issue.payload.add", ` || date.Floor().After(p.now.Add(p.opts.Lifetime))`, ``},
			{"keeps an exp that is over", "issue.payload.add", ` || !date.Floor().After(p.now)`, ``},
			{"ignores an exp that is earlier", "issue.payload.add", `p.expires = date.Floor()`, ``},
			{"takes an old iat", "issue.payload.add", `p.now.Sub(date.Floor()) > time.Minute`, `p.now.Sub(date.Floor()) > 999*time.Hour`},
			{"takes an iat that is ahead", "issue.payload.add", `date.Floor().After(p.now) || p.now`, `p.now`},
			{"writes null", "issue.isZero", "`null`, ", ``},
			{"replaces what is not UTF-8", "issue.marshal", " || bytes.Contains(text, []byte(`\\ufffd`))", ``},
			{"has two jti", "issue.payload.add", `p.hasID = true`, ``},
		}},
		{"issue.TestAllocations", []mutant{
			{"encodes the claims many times", "issue.core.payload", `encoded, err := marshal(claims)`, `for range 20 { marshal(claims) }; encoded, err := marshal(claims)`},
		}},
	}},
	{"34", "a signer that fails, stalls or lies: an error within the context, and no token", []proof{
		{"issue.TestSignerFaults/stalls for 10 s", []mutant{
			{"waits for the signer", "internal/jws.Signer.call", "case <-ctx.Done():\n\t\treturn nil, context.Cause(ctx)", "case <-context.Background().Done():\n\t\treturn nil, context.Cause(ctx)"},
		}},
		{"issue.TestSignerFaults/panics", []mutant{
			{"does not catch a panic", "internal/jws.Signer.run", `p := recover(); p != nil`, `p := any(nil); p != nil`},
		}},
		{"issue.TestSignerFaults/ends its goroutine", []mutant{
			{"takes a signer that ends its goroutine for one that signs", "internal/jws.Signer.call", `errors.New("it ended its goroutine")`, `error(nil)`},
		}},
		{"issue.TestSignerFaults/returns nothing", []mutant{
			{"takes a signature of another length", "internal/jws.Signer.Sign", `len(signature) != s.size`, `len(signature) > 99*s.size`},
		}},
		{"issue.TestSignerFaults/signs with another key", []mutant{
			{"takes a bad signature for a fault of the claims", "issue.refusal", `case reason.Signature:`, `case reason.Malformed:`},
		}},
		{"issue.TestSignerFaults/returns DER with more after it", []mutant{
			{"takes DER with more after it", "internal/jws.joined", `len(rest) > 0`, `len(rest) > 9`},
		}},
		{"issue.TestSignerFaults/returns DER with a negative number", []mutant{
			{"takes a negative number", "internal/jws.joined", `numbers.R.Sign() <= 0`, `numbers.R.Sign() == 0`},
		}},
		{"issue.TestSignerFaults/returns DER with a number that is too large", []mutant{
			{"takes a number of any size", "internal/jws.joined", `> 8*half`, `> 9999*half`},
		}},
		{"issue.TestSignerFaults/fails", []mutant{
			{"does not wrap the error of the signer", "internal/jws.Signer.Sign", `the signer failed: %w`, `the signer failed: %v`},
		}},
		{"issue.TestSignerStalls", []mutant{
			{"calls a signer without limit", "internal/jws.NewSigner", `make(chan struct{}, maxSigning)`, `make(chan struct{}, 999*maxSigning)`},
			{"waits for a slot without limit", "internal/jws.Signer.call", "case <-ctx.Done():\n\t\treturn nil, fmt", "case <-context.Background().Done():\n\t\treturn nil, fmt"},
			{"keeps the slot of a call that has returned", "internal/jws.Signer.call", `<-s.slots`, ``},
		}},
		{"issue.TestContextThatIsOver", []mutant{
			{"signs for a context that is over", "issue.core.make", `if err = ctx.Err(); err == nil {`, `if err == nil {`},
		}},
		{"issue.TestSignContext", []mutant{
			{"has a signer sign without the context", "internal/jws.Signer.run", `withContext.SignContext(ctx,`, `withContext.SignContext(context.Background(),`},
		}},
		{"issue.TestSignerIsAskedOnce", []mutant{
			{"signs when the service starts", "issue.newMaterial", `if m.signer.IsLocal {`, `{`},
		}},
	}},
	{"34", "every algorithm signs, with a key that is right for it and no other", []proof{
		{"issue.TestAlgorithms", []mutant{
			{"returns DER in a token", "internal/jws.Signer.Sign", `if a.family == ecFamily {`, `if a.family == ecFamily && len(signature) == 0 {`},
			{"has a digest signed by Ed25519", "internal/jws.Signer.Sign", `digest, options = []byte(input), crypto.Hash(0)`, `options = crypto.Hash(0)`},
			{"signs PS256 as RS256", "internal/jws.Signer.Sign", `case pssFamily:`, `case family(99):`},
		}},
		{"issue.TestNewKeyRefuses", []mutant{
			{"takes a typed nil", "internal/jws.NewSigner", `validate.IsNil(material) ||`, `material == nil ||`},
			{"has a short Ed25519 key panic", "internal/jws.NewSigner", `isEd && len(ed) != ed25519.PrivateKeySize`, `isEd && len(ed) == 0`},
			{"takes a private key that does not sign", "issue.newMaterial", `m.fault = m.signer.Check()`, ``},
			{"takes the public half of another key", "internal/jws.Signer.Check", `NewWorkspace(0)); !ok {`, `NewWorkspace(0)); false && !ok {`},
		}},
		{"issue.TestMaterialIsCopied", []mutant{
			{"signs with a key that was cleared", "internal/jws.NewSigner", `slices.Clone(key)`, `key`},
		}},
	}},
	{"36", "simultaneous refreshes with one token take one step, and get one successor", []proof{
		{"session.TestSimultaneousRefreshesOfInstances", []mutant{
			{"takes every swap for one that has written", "session.Sessions.renew", `if !written {`, `if !written && false {`},
			{"makes a successor of its own for each caller", "session.secret.successor", `h.Write(s[:])`, `h.Write(s[:])
	h.Write([]byte(rand.Text()))`},
		}},
		{"session.TestFaultManySuccessors", nil},
		{"session.TestHandlerTakesOneStep", nil},
	}},
	{"37", "an answer that was lost is answered again, also by a program that has begun again", []proof{
		{"session.TestCrashBetweenWriteAndAnswer", []mutant{
			{"gives no answer again after Grace", "session.Record.decide", `is(&r.Previous) && r.Reissues < maxReissues`, `is(&r.Previous) && false`},
		}},
		{"session.TestFaultThiefTakesTurns", nil},
		{"session.TestFaultReuseEndsNothing", []mutant{
			{"ends a session without a new version", "session.core.finish", `r.Ended, r.Version = true, r.Version+1`, `r.Ended = true`},
		}},
	}},
	{"38", "no token can be made of what a store has, and nothing public is a secret", []proof{
		{"session.TestFaultRawTokensInStore", []mutant{
			{"has the family secret in the record", "session.refreshToken.id", `sum[:16]`, `append(sum[:0], t.family[:]...)`},
			{"has the current secret in the record", "session.Record.take", `sha256.Sum256(next[:]), now`, `next, now`},
		}},
		{"session.TestFaultPublicIDIsTheSecret", []mutant{
			{"shows a part of the key of the record", "session.refreshToken.id", `append([]byte("id"), t.family[:]...)`, `append([]byte(""), t.family[:]...)`},
		}},
		{"session.TestList", nil},
	}},
	{"38", "Grace and the end of a session do not move", []proof{
		{"session.TestFaultGraceSlides", nil},
		{"session.TestFaultGraceCoversGrandparents", nil},
		{"session.TestFaultClocksDiffer", nil},
		{"session.TestCookieLifetimes", []mutant{
			{"moves the end of a session", "session.Record.take", `r.End.Before(r.IdleEnd)`, `false`},
		}},
	}},
	{"39", "a session that has ended never comes back", []proof{
		{"session.TestRefreshAgainstLogout", []mutant{
			{"writes a record again that was deleted", "session.Memory.Swap", `r.Version == 1`, `true`},
			{"revokes nothing", "session.core.finish", `c.opts.Revoked != nil`, `false`},
		}},
		{"session.TestFaultRefreshAfterLogout", nil},
		{"session.TestLogoutEndsTheFamily", nil},
		{"session.TestEnd", nil},
		{"session.TestRevokedAtOnce", nil},
	}},
	{"39", "and an ending that fails half-way is completed by the next call", []proof{
		{"session.TestLogoutIsCompleted", []mutant{
			{"deletes without a mark", "session.core.finish", `!r.Ended`, `false`},
			{"does not look at the mark", "session.Record.decide", `case r.Ended:`, `case r.Ended && false:`},
			{"takes an ending that has begun for a completed one", "session.core.end", `r.Version == 0`, `r.Version == 0 || r.Ended`},
		}},
		{"session.TestEndIsCompleted", []mutant{
			{"takes an ending that has begun for one that is complete", "session.core.endWhere", `!isMeant(&r, now)`, `r.Ended || !isMeant(&r, now)`},
			{"deletes what it could not revoke", "session.core.finish", `return c.unavailable(ctx, "the denylist", err)`, `c.store.Delete(ctx, r.Key)`},
		}},
		{"session.TestLogoutOfAClientThatLeaves", nil},
		{"session.TestReuseOfAClientThatLeaves", []mutant{
			{"lets a thief leave before the session ends", "session.core.finish", `context.WithoutCancel(ctx)`, `ctx`},
		}},
	}},
	{"40", "ended, reused and unknown tokens get the same answer", []proof{
		{"session.TestEndedAnswersAreEqual", []mutant{
			{"writes to a session that is over", "session.Record.decide", `case r.isOver(now):
		return gone`, `case r.isOver(now):
		return reuse`},
		}},
		{"session.TestMalformedTokens", nil},
		{"session.TestHandlerOfEndedSessions", []mutant{
			{"keeps the cookies of an ended session", "session.Sessions.Handler", `			s.clear(w)
`, ``},
		}},
		{"session.TestFaultMadeUpTokenEndsASession", nil},
	}},
	{"40", "an outage is a 503, and ends nothing", []proof{
		{"session.TestOutage", []mutant{
			{"steps before it knows that the token fits the cookie", "session.Sessions.sign", `inCookie && n >`, `false && n >`},
			{"takes a failing claims function for the end", "session.Sessions.sign", `errors.Is(err, ErrEnded)`, `err != nil`},
		}},
		{"session.TestLoginFails", []mutant{
			{"ends the old session before there is a new one", "session.Sessions.begin", `	tokens, err := s.sign(within, &r, ends, jkt, inCookies)`, `	if old != nil {
		s.end(ctx, old.key(""), &proof{})
	}
	tokens, err := s.sign(within, &r, ends, jkt, inCookies)`},
		}},
		{"session.TestStalledForTenMinutes", nil},
		{"session.TestOutageAmidRefreshes", nil},
		{"session.TestFaultOutageLogsOut", nil},
		{"session.TestFaultFallbackToMemory", nil},
		{"session.TestEndedByClaims", nil},
		{"session.TestCrashInLogin", nil},
	}},
	{"SESSIONS", "Refresh and Logout answer as the table says", []proof{
		{"session.TestAnswers", nil},
		{"session.TestAnswers/browser", nil},
		{"session.TestAnswers/app", nil},
		{"session.TestAnswers/browser, another origin", nil},
		{"session.TestAnswers/logout of an app, as RFC 7009", []mutant{
			{"ends nothing for a revocation request", "session.core.revoked", `r.PostForm["token"]`, `[]string(nil)`},
		}},
		{"session.TestAnswers/logout of a form whose field", []mutant{
			{"takes a page's field for a token", "session.core.revoked", ` && !isPage(r)`, ``},
		}},
		{"session.TestAnswers/logout of a script whose field", []mutant{
			{"takes a script's field for a token beside the cookie", "session.Sessions.presented", `s.revoked(r, hasCookie)`, `s.revoked(r, false)`},
		}},
		{"session.TestAnswers/logout from another origin without cookie", []mutant{
			{"lets another site's form clear the cookies", "session.Sessions.presented", `if hasCookie || !isApp {`, `if hasCookie {`},
		}},
		{"session.TestAnswers/browser, two from another origin", nil},
		{"session.TestAnswers/browser, cookie and body", []mutant{
			{"takes the body where there is a cookie too", "session.Sessions.presented", `errCookie != nil || hasCookie && isApp && fault == ""`, `errCookie != nil`},
		}},
		{"session.TestAnswers/app, more than 4 KiB", []mutant{
			{"reads a body of any size", "session.readForm", `http.MaxBytesReader(w, r.Body, maxBodyBytes)`, `r.Body`},
		}},
		{"session.TestAnswers/app, token in the query", []mutant{
			{"takes a token of the query", "session.readForm", `r.PostForm, err = url.ParseQuery(string(body))`, `r.PostForm, err = url.ParseQuery(string(body) + "&" + r.URL.RawQuery)`},
		}},
		{"session.TestAnswers/logout, broken query", []mutant{
			{"refuses a request for its query", "session.readForm", `if err == nil {`, `if err == nil { _, err = url.ParseQuery(r.URL.RawQuery)
		}
		if err == nil {`},
		}},
		{"session.TestAnswers/logout of an app, JSON", []mutant{
			{"takes a body of another kind for none", "session.readForm", `n > 0`, `false && n > 0`},
		}},
		{"session.TestAnswers/browser, JSON beside the cookie", []mutant{
			{"wants a form beside a cookie", "session.readForm", `!hasCookie`, `true`},
		}},
		{"session.TestRefreshOfABodyThatWasRead", []mutant{
			{"takes an empty body for one of another kind", "session.readForm", `n > 0`, `n >= 0`},
			{"reads a form twice", "session.readForm", ` && r.PostForm == nil`, ``},
		}},
		{"session.TestABrokenFormKeepsTheSession", []mutant{
			{"clears the cookies of a session that lives", "session.Sessions.presented", ` && fault == ""`, ``},
		}},
		{"session.TestAnswers/logout, store is down", []mutant{
			{"says that an access token cannot be checked", "session.core.writeError", `errors.Is(err, jwthttp.ErrUnavailable)`, `false`},
			{"clears the cookies though nothing has happened", "session.Sessions.Logout", `			s.writeError(w, r, err)`, `			s.clear(w)
			s.writeError(w, r, err)`},
		}},
		{"session.TestRefreshWithoutBody", nil},
	}},
	{"SESSIONS", "the access cookie ends before its token, and Login ends what the browser had", []proof{
		{"session.TestCookieLifetimes", []mutant{
			{"keeps the access cookie for as long as its token", "session.core.set", `t.accessExpires.Add(-early(lifetime))`, `t.accessExpires`},
		}},
		{"session.TestCookieOfTheLastSecond", []mutant{
			{"keeps the cookie of a token of a second", "session.early", `max(lifetime/10, time.Second)`, `lifetime/10`},
		}},
		{"session.TestLogin", []mutant{
			{"has no gate", "session.core.checkBrowser", `gate.IsCrossOrigin(r, c.opts.TrustedOrigins)`, `false`},
			{"has no gate at login", "session.Sessions.Login", `if err := s.checkBrowser(r); err != nil {`, `if err := s.checkHost(r); err != nil {`},
			{"leaves the session that the browser had", "session.Sessions.Login", `old = &token`, `_ = token`},
		}},
		{"session.TestLoginAgainTakesNoPlace", nil},
		{"session.TestLoopbackOnly/another machine", []mutant{
			{"sends cookies without TLS to any machine", "session.core.checkHost", `errors.Is(err, jwthttp.ErrUnavailable)`, `false`},
			{"refreshes silently for any Host", "session.Sessions.Handler", `err = s.checkHost(r); err == nil`, `err == nil`},
			{"does not look at the Host of a login or a logout", "session.core.checkBrowser", `err != nil`, `false`},
		}},
		{"session.TestLoopbackOnly/an app", []mutant{
			{"refuses apps that keep their tokens themselves", "session.Sessions.presented", `if hasCookie || !isApp {`, `if true {`},
		}},
		{"session.TestMaxPerSubject", []mutant{
			{"ends the new session where the clock is coarse", "session.Sessions.begin", `len(others) > 0 &&`, `len(others) < 0 &&`},
		}},
		{"session.TestNewErrors", nil},
	}},
	{"SESSIONS", "Handler refreshes where it should, and its answers are in no cache", []proof{
		{"session.TestHandlerRefreshes", []mutant{
			{"refreshes for a prefetch with parameters", "session.core.toRefresh", `slices.ContainsFunc(r.Header["Sec-Purpose"], func(v string) bool { return syntax.CountFold(v, "prefetch") > 0 })`, `r.Header.Get("Sec-Purpose") == "prefetch"`},
			{"refreshes for an upgrade", "session.core.toRefresh", `syntax.HasField(r.Header, "Upgrade") ||`, ``},
			{"refreshes for a CONNECT", "session.core.toRefresh", `r.Method == http.MethodConnect ||`, ``},
			{"refreshes beside an Authorization header", "session.core.toRefresh", `len(r.Header["Authorization"]) > 0`, `false`},
			{"refreshes where two access cookies came", "session.core.toRefresh", `err != nil`, `false && err != nil`},
			{"refreshes where the new access cookie is one too many", "session.core.toRefresh", `append(slices.Clip(r.Header["Cookie"]), "")`, `r.Header["Cookie"]`},
			{"refreshes for another origin", "session.core.toRefresh", `gate.IsCrossOrigin(r, c.opts.TrustedOrigins)`, `false`},
			{"changes the request of the caller", "session.Sessions.Handler", `r.Clone(r.Context())`, `r`},
			{"passes an empty access cookie beside the new one", "session.replaced", `syntax.Trim(key) != name`, `(true || syntax.Trim(key) != name)`},
		}},
		{"session.TestLogoutInsideHandlerWins", nil},
		{"session.TestHandlerKeepsNames", []mutant{
			{"makes the name of a sibling's cookie one of ours", "session.replaced", `old = syntax.Trim(old)`, `old = strings.TrimSpace(old)`},
		}},
		{"session.TestHandlerForbidsCaching", []mutant{
			{"leaves an answer without a write to next", "session.Sessions.Handler", `defer u.complete(true)`, ``},
			{"leaves what next sets", "session.uncached.complete", `answer.ForbidCaching(h)`, `h.Set("Cache-Control", "no-store")`},
			{"leaves CDN-Cache-Control", "internal/answer.isForCaches", `strings.HasSuffix(name, "-Cache-Control")`, `false`},
			{"leaves Surrogate-Control", "internal/answer.isForCaches", `"Surrogate-Control", `, ``},
			{"leaves what is spelled otherwise", "internal/answer.ForbidCaching", `http.CanonicalHeaderKey(name)`, `name`},
			{"leaves what next sets after early hints", "session.uncached.Write", `w.begin(true)`, ``},
			{"has no Unwrap", "session.uncached.Unwrap", `return w.ResponseWriter`, `return nil`},
		}},
		{"session.TestHandlerForbidsCachingAfterAPanic", nil},
		{"session.TestHandlerReportsAFlushThatFails", []mutant{
			{"takes a flush that fails for a header that is written", "session.uncached.FlushError", `!errors.Is(err, http.ErrNotSupported)`, `true`},
		}},
		{"session.TestHandlerOfAReadThatFails", []mutant{
			{"takes a read of nothing for a header that is written", "session.uncached.ReadFrom", `return io.Copy(struct{ io.Writer }{w}, from)`, `w.begin(true); w.isWritten = true; return io.Copy(w.ResponseWriter, from)`},
		}},
		{"session.TestHandlerLeavesAHeaderThatIsWritten", []mutant{
			{"writes to the map beside another goroutine of next", "session.uncached.begin", `!w.isWritten`, `true`},
			{"takes 101 for early hints", "session.uncached.WriteHeader", `|| status == http.StatusSwitchingProtocols`, ``},
			{"leaves what a handler outside writes later", "session.Sessions.Handler", `defer u.complete(true)`, `defer u.begin(true)`},
		}},
		{"session.TestHandlerHasTheInterfacesOfNetHTTP", []mutant{
			{"calls every writer a Hijacker", "session.Sessions.Handler", `if _, ok := w.(http.Hijacker); ok {`, `if _, ok := w.(http.Hijacker); ok || !ok {`},
			{"never says that the client has left", "session.uncached.CloseNotify", `return inner.CloseNotify()`, `_ = inner`},
		}},
		{"session.TestHandlerLeavesOtherAnswers", nil},
		{"session.TestHandlerCost", nil},
		{"session.TestHandlerLeavesNoFiles", []mutant{
			{"leaves the files of uploads", "session.Sessions.Handler", `defer upload.Return(r, renewed)`, ``},
		}},
		{"session.TestHandlerKeepsTrailers", []mutant{
			{"loses the trailers of a request", "session.Sessions.Handler", `renewed.Trailer = r.Trailer`, `_ = r.Trailer`},
		}},
		{"session.TestFaultCookieInSharedCache", nil},
	}},
	{"36", "a store replaces a record only if its version is still the one before, in one step", []proof{
		{"session.TestMemory/only the next version replaces a record", []mutant{
			{"replaces any version", "session.Memory.Swap", `known.version == r.Version-1`, `true`},
			{"replaces a version that is not newer", "session.Memory.Swap", `known.version == r.Version-1`, `known.version < r.Version`},
		}},
		{"session.TestMemory/nothing is there before", []mutant{
			{"takes a later version for a login", "session.Memory.Swap", `r.Version == 1`, `r.Version >= 1`},
		}},
		{"sqlstore.TestStore/SQLite/only the next version replaces a record", []mutant{
			{"replaces any version", "sqlstore.Store.Swap", ` AND version = $2 - 1`, ``},
			{"replaces a version that is not newer", "sqlstore.Store.Swap", `version = $2 - 1`, `version < $2`},
		}},
		{"sqlstore.TestStore/SQLite/of 32 simultaneous logins with one key one is written", []mutant{
			{"reports a login that was not written", "sqlstore.Store.Swap", `return rows == 1, err`, `return rows == 1 || err == nil && r.Version == 1, err`},
		}},
		{"sqlstore.TestStore/PostgreSQL", nil},
		{"sqlstore.TestStoreSerializable", []mutant{
			{"fails where PostgreSQL has undone a statement", "sqlstore.Store.repeat", `failure.SQLState() != "40001"`, `true`},
		}},
		{"sqlstore.TestRefreshAtTheSameTime", nil},
	}},
	{"39", "a record that was deleted does not come back, and a list has all of its subject and no others", []proof{
		{"session.TestMemory/what is deleted stays deleted", []mutant{
			{"deletes nothing", "session.Memory.Delete", `m.remove(known)`, ``},
			{"leaves it in the list", "session.Memory.remove", `m.unlink(known)`, ``},
		}},
		{"session.TestMemory/a list has the sessions of its subject alone", []mutant{
			{"lists no further than the first", "session.Memory.List", `range m.bySubject[subject]`, `range m.bySubject[subject][:min(1, len(m.bySubject[subject]))]`},
			{"removes another one from the list", "session.Memory.unlink", `list[known.at], last.at = last, known.at`, `last.at = known.at`},
		}},
		{"sqlstore.TestStore/SQLite/what is deleted stays deleted", []mutant{
			{"deletes nothing", "sqlstore.Store.Delete", `key = $1`, `key = $1 AND version = 0`},
			{"deletes everything", "sqlstore.Store.Delete", `key = $1`, `$1 = $1`},
		}},
		{"sqlstore.TestStore/SQLite/a list has the sessions of its subject alone", []mutant{
			{"lists all subjects", "sqlstore.Store.List", `r.subject = $1`, `$1 = $1`},
			{"lists subjects that are nearly the same", "sqlstore.Store.List", `r.subject = $1`, `lower(r.subject) = lower($1)`},
		}},
		{"sqlstore.TestRevoked", nil},
		{"sqlstore.TestDenylist/SQLite", []mutant{
			{"lowers a number", "sqlstore.revocations.Raise", `GREATEST(r.n, excluded.n)`, `excluded.n`},
			{"shortens a time", "sqlstore.revocations.Raise", `GREATEST(r.until, excluded.until)`, `excluded.until`},
			{"keeps a number that has expired", "sqlstore.revocations.Find", ` AND r.until > LEAST(CLOCK, $4)`, ` AND $4 = $4`},
		}},
	}},
	{"38", "times are by the clock of the store, and keep their microseconds", []proof{
		{"sqlstore.TestClockOfTheServer", []mutant{
			{"takes the clock of the process", "sqlstore.micros.Scan", `time.UnixMicro(n)`, `time.UnixMicro(n - n + time.Now().UnixMicro())`},
			{"forgets a revocation while the clock of the server is ahead", "sqlstore.revocations.Find", `LEAST(CLOCK, $4)`, `CLOCK + 0 * $4`},
			{"lowers a number while that clock is ahead", "sqlstore.revocations.Raise", `LEAST(CLOCK, $5)`, `CLOCK + 0 * $5`},
		}},
		{"sqlstore.TestReplica", []mutant{
			{"answers from a replica", "sqlstore.words", `CASE WHEN NOT pg_is_in_recovery() THEN`, `CASE WHEN true THEN`},
		}},
		{"sqlstore.TestStore/SQLite/every field comes back", []mutant{
			{"keeps milliseconds", "sqlstore.Store.Swap", `r.Written.UnixMicro()`, `r.Written.UnixMilli()*1000`},
			{"writes another salt", "sqlstore.Store.Swap", `r.Salt[:]`, `r.Current[:len(r.Salt)]`},
			{"reads no mark of the end", "sqlstore.selectSession", `COALESCE(ended, FALSE)`, `FALSE`},
		}},
		{"sqlstore.TestStore/SQLite/the clock goes forward", []mutant{
			{"has a clock of seconds", "sqlstore.words", `'subsec'`, `'now'`},
		}},
		{"session.TestMemory/a record is kept until its IdleEnd", []mutant{
			{"keeps it until the IdleEnd of the login", "session.memoryRecord.set", `r.IdleEnd.UnixMicro(), r.End.UnixMicro()`, `max(known.idleEnd, r.IdleEnd.UnixMicro()*int64(max(2-r.Version, 0))), r.End.UnixMicro()`},
		}},
		{"session.TestMemory/every field comes back", []mutant{
			{"keeps no mark of the end", "session.memoryRecord.set", `known.version, known.ended, known.reissues = r.Version, r.Ended,`, `known.version, known.ended, known.reissues = r.Version, false,`},
		}},
	}},
	{"38", "a store has no token, and what another program wrote is an error", []proof{
		{"sqlstore.TestNothingToSteal/SQLite", []mutant{
			{"stores the key of the family as the secret", "session.refreshToken.key", `return sha256.Sum256(append(t.family[:], jkt...))`, `return [sha256.Size]byte(append(t.family[:], t.family[:]...))`},
			{"stores a part of a refresh token", "session.Record.take", `rand.Read(r.Salt[:])`, `_ = rand.Read; copy(r.Salt[:], presented[:])`},
			{"makes a secret of what is stored", "session.secret.successor", `h.Write(s[:])`, `sum := sha256.Sum256(s[:])
	h.Write(sum[:])`},
		}},
		{"sqlstore.TestNothingToSteal/PostgreSQL", nil},
		{"internal/leaktest.TestFind", []mutant{
			{"finds no base64 that begins elsewhere", "internal/leaktest.Secrets.Find", `range 3`, `range 1`},
			{"does not look into the digits of a dump", "internal/leaktest.Secrets.Find", `digits[:2*len(decoded)]`, `digits[:0]`},
		}},
		{"internal/leaktest.TestBuild", nil},
		{"sqlstore.TestDamagedRows", []mutant{
			{"takes a salt that was cut", "sqlstore.digest.Scan", `len(b) != len(d)`, `false`},
			{"takes a version that no store writes", "sqlstore.Store.find", `r.Version < 1`, `r.Version < -1`},
		}},
	}},
	{"37", "a program or a server that is killed between the write and the answer ends no session", []proof{
		{"sqlstore.TestCrashBetweenWriteAndAnswer/SQLite", []mutant{
			{"writes no salt, so that the same token gets another successor", "sqlstore.Store.Swap", `r.Salt[:]`, `make([]byte, len(r.Salt))`},
		}},
		{"sqlstore.TestCrashBetweenWriteAndAnswer/PostgreSQL", nil},
		{"sqlstore.TestProgramKilled/SQLite", nil},
		{"sqlstore.TestProgramKilled/PostgreSQL", nil},
		{"sqlstore.TestServerKilled", nil},
		{"goredis.TestSessionsCrash", nil},
	}},
	{"40", "a store that is away, slow or full fails, and changes nothing", []proof{
		{"sqlstore.TestOutage", nil},
		{"sqlstore.TestTimeout", []mutant{
			{"waits for as long as the database", "sqlstore.Store.repeat", `context.WithTimeout(ctx, s.timeout)`, `context.WithTimeout(ctx, time.Hour)`},
		}},
		{"sqlstore.TestCleanWaitsLittle", []mutant{
			{"cleans for as long as the database takes", "sqlstore.Store.clean", `s.timeout/10`, `s.timeout*10`},
		}},
		{"session.TestMemoryFull", []mutant{
			{"has no bound", "session.Memory.Swap", `len(m.records) >= m.max`, `false`},
			{"drops a session that lives", "session.Memory.sweep", `known.idleEnd <= now`, `now > 0 && len(m.records) >= m.max`},
		}},
	}},
	{"SESSIONS", "stores delete what is over, and are fast with many sessions of one subject", []proof{
		{"session.TestMemorySweeps", []mutant{
			{"does not sweep until it is full", "session.Memory.sweep", `looks := swept`, `looks := 0`},
		}},
		{"session.TestMemoryPerSession", []mutant{
			{"keeps a whole request", "session.memoryRecord.set", `strings.Clone(r.About)`, `r.About`},
		}},
		{"session.TestMemoryOfOneSubject", nil},
		{"sqlstore.TestClean/SQLite", []mutant{
			{"deletes nothing that is over", "sqlstore.Store.Swap", `err == nil && rows == 1 && r.Version == 1`, `err == nil && rows == 9`},
			{"deletes no revocation that is over", "sqlstore.revocations.Raise", `err == nil`, `err == nil && n < 0`},
			{"deletes at once what is over", "sqlstore.keptLonger", `24 * time.Hour`, `0 * time.Hour`},
		}},
		{"sqlstore.TestIndex/SQLite", []mutant{
			{"has no index of subjects", "sqlstore.schema", `ON jwthttp_sessions (subject)`, `ON jwthttp_sessions (id)`},
		}},
	}},
	{"SESSIONS", "several instances may migrate at once, and a migration that fails leaves nothing", []proof{
		{"sqlstore.TestMigrateAtTheSameTime/PostgreSQL", []mutant{
			{"takes no lock", "sqlstore.Store.migrate", `SELECT pg_advisory_xact_lock(%d)`, `SELECT %d`},
		}},
		{"sqlstore.TestMigrateAtTheSameTime/SQLite", nil},
		{"sqlstore.TestMigrateFails/SQLite", []mutant{
			{"keeps half of a migration", "sqlstore.Store.migrate", `defer tx.Rollback()`, `defer tx.Commit()`},
		}},
		{"sqlstore.TestMigrateHasNothingToDo", []mutant{
			{"creates its table each time", "sqlstore.Store.migrate", `err == nil && version >= len(schema)`, `err == nil && version < 0`},
		}},
		{"sqlstore.TestRefused", []mutant{
			{"takes a SQLite that does not wait", "sqlstore.Store.migrate", `busyTimeout == 0`, `false`},
		}},
	}},
	{"SESSIONS", "a refresh is decided by the first row that fits: nothing is known", []proof{
		{"session.TestRule/row 1, no record", []mutant{
			{"takes a session that is not there for one that was stolen", "session.Record.decide", `return gone
	case r.Ended`, `return reuse
	case r.Ended`},
		}},
		{"session.TestSwapRaces/malformed", []mutant{
			{"asks the store for a malformed token", "session.parseRefreshToken", `return t, false`, `return t, true`},
		}},
	}},
	{"SESSIONS", "the session has ended, is idle or over", []proof{
		{"session.TestRule/row 2, ended and current", []mutant{
			{"refreshes a session that is marked ended", "session.Record.decide", `case r.Ended:`, `case false:`},
		}},
		{"session.TestRule/row 2, ended and idle", []mutant{
			{"does not complete an ending of a session that is idle", "session.Record.decide", `case r.Ended:`, `case r.Ended && !r.isOver(now):`},
		}},
		{"session.TestRule/row 3, idle with current", []mutant{
			{"refreshes at the idle end", "session.Record.isOver", `!now.Before(r.IdleEnd)`, `now.After(r.IdleEnd)`},
		}},
		{"session.TestRule/row 3, a nanosecond before idle", []mutant{
			{"ends what is not idle yet", "session.Record.isOver", `!now.Before(r.IdleEnd)`, `now.After(r.IdleEnd.Add(-2))`},
		}},
		{"session.TestRule/row 3, idle with another", []mutant{
			{"takes a made-up token of an idle session for reuse", "session.Record.decide", `case r.isOver(now):`, `case r.isOver(now) && (is(&r.Current) || is(&r.Previous)):`},
		}},
		{"session.TestRule/row 3, over", []mutant{
			{"refreshes at the end", "session.Record.isOver", `!now.Before(r.End)`, `now.After(r.End)`},
		}},
		{"session.TestRule/row 3, a nanosecond before the end", []mutant{
			{"ends too early", "session.Record.isOver", `!now.Before(r.End)`, `now.After(r.End.Add(-2))`},
		}},
	}},
	{"SESSIONS", "the current token stays within Grace, and then gets a successor", []proof{
		{"session.TestRule/row 4, at once", []mutant{
			{"rotates twice within Grace", "session.Record.decide", `elapsed < grace`, `elapsed < 0`},
		}},
		{"session.TestRule/row 4, a nanosecond before Grace", []mutant{
			{"rotates before Grace is over", "session.Record.decide", `elapsed < grace`, `elapsed < grace-1`},
		}},
		{"session.TestRule/row 4, the clock was set back", []mutant{
			{"takes the distance from a write in the future for the time since", "session.Record.decide", `max(0, now.Sub(r.Written))`, `now.Sub(r.Written).Abs()`},
		}},
		{"session.TestRule/row 5, at Grace", []mutant{
			{"does not rotate at Grace", "session.Record.decide", `elapsed < grace`, `elapsed <= grace`},
		}},
		{"session.TestRule/row 5, late", []mutant{
			{"rotates with the old salt", "session.Record.take", `rand.Read(r.Salt[:])`, `rand.Read(r.Salt[:0])`},
			{"does not note when it rotated", "session.Record.take", `now, r.Version+1`, `r.Written, r.Version+1`},
		}},
		{"session.TestRule/row 5, no previous one", []mutant{
			{"keeps the token of a login", "session.Record.decide", `is(&r.Current) && hasPrevious &&`, `is(&r.Current) &&`},
		}},
		{"session.TestRule/row 5, after reissues", []mutant{
			{"counts reissues over rotations", "session.Record.take", `r.Previous, r.Reissues = r.Current, 0`, `r.Previous = r.Current`},
		}},
	}},
	{"SESSIONS", "the token before gets the same successor within Grace, and then another one, ten times", []proof{
		{"session.TestRule/row 6, at once", []mutant{
			{"answers the token that came", "session.Record.take", `case repeat:
		next = presented.successor(r.Salt)`, `case repeat:`},
		}},
		{"session.TestRule/row 6, at Grace", []mutant{
			{"reissues at Grace", "session.Record.decide", `elapsed <= grace`, `elapsed < grace`},
		}},
		{"session.TestRule/row 6, the clock was set back", []mutant{
			{"takes a clock that was set back for a long time", "session.Record.decide", `max(0, now.Sub(r.Written))`, `now.Sub(r.Written).Abs()`},
		}},
		{"session.TestRule/row 7, a nanosecond after Grace", []mutant{
			{"repeats a nanosecond longer", "session.Record.decide", `elapsed <= grace`, `elapsed <= grace+1`},
		}},
		{"session.TestRule/row 7, days later", []mutant{
			{"takes a lost answer for reuse", "session.Record.decide", `return reissue`, `return reuse`},
			{"loses the token that may come again", "session.Record.take", `r.Reissues++`, `r.Previous = r.Current; r.Reissues++`},
		}},
		{"session.TestRule/row 7, the tenth", []mutant{
			{"reissues nine times", "session.Record.decide", `r.Reissues < maxReissues`, `r.Reissues < maxReissues-1`},
		}},
		{"session.TestTenReissues", []mutant{
			{"does not count reissues", "session.Record.take", `r.Reissues++`, `r.Reissues += 0`},
		}},
	}},
	{"SESSIONS", "and anything else of the family is reuse", []proof{
		{"session.TestRule/row 8, the eleventh reissue", []mutant{
			{"reissues eleven times", "session.Record.decide", `r.Reissues < maxReissues`, `r.Reissues <= maxReissues`},
		}},
		{"session.TestRule/row 8, made up at once", []mutant{
			{"does not end a session for reuse", "session.Record.decide", `return reuse`, `return gone`},
		}},
		{"session.TestRule/row 8, grandparent at Grace", []mutant{
			{"has a grace for grandparents", "session.Record.decide", `return reuse`, `if elapsed <= grace {
		return same
	}
	return reuse`},
		}},
	}},
	{"37", "a thief who keeps more than Grace apart from the owner is found", []proof{
		{"session.TestThieves", []mutant{
			{"repeats for ever", "session.Record.decide", `return reissue`, `return repeat`},
			{"keeps the salt of a reissue", "session.Record.take", `rand.Read(r.Salt[:])`, `if s == rotate {
			rand.Read(r.Salt[:])
		}`},
		}},
	}},
	{"38", "from a store alone no token can be made", []proof{
		{"session.TestRecordHasNoSecret", []mutant{
			{"stores secrets", "session.Record.take", `sha256.Sum256(next[:]), now`, `next, now`},
		}},
		{"session.TestSuccessor", []mutant{
			{"makes successors without the salt", "session.secret.successor", `salt[:]`, `salt[:0]`},
			{"makes successors of the salt alone", "session.secret.successor", `h.Write(s[:])`, ``},
		}},
	}},
	{"38", "a repeated request does not move Grace, and no refresh moves the end", []proof{
		{"session.TestGraceDoesNotSlide", []mutant{
			{"slides", "session.Record.take", `case repeat:`, `case repeat:
		r.Written = now`},
		}},
		{"session.TestNoRefreshMovesEnd", []mutant{
			{"moves the end", "session.Record.take", `r.IdleEnd = now.Add(idle)`, `r.IdleEnd, r.End = now.Add(idle), now.Add(2*idle)`},
			{"has an idle end after the end", "session.Record.take", `r.End.Before(r.IdleEnd)`, `r.End.IsZero()`},
		}},
	}},
	{"36", "who loses a swap loads and decides again, four times at most", []proof{
		{"session.TestSwapRaces/three losses", []mutant{
			{"tries three times", "session.Sessions.renew", `range attempts`, `range attempts - 1`},
		}},
		{"session.TestSwapRaces/four losses", []mutant{
			{"tries five times", "session.Sessions.renew", `range attempts`, `range attempts + 1`},
		}},
		{"session.TestSwapRaces/one loss", []mutant{
			{"signs for each attempt", "session.Sessions.renew", `tokens == nil`, `true`},
		}},
		{"session.TestSwapRaces/another caller is faster", []mutant{
			{"answers although its swap was lost", "session.Sessions.renew", `if !written`, `if !written && false`},
		}},
		{"session.TestSwapRaces/a logout is faster", []mutant{
			{"brings a session back after its logout", "session.Sessions.renew", `if !written`, `if !written && false`},
		}},
	}},
	{"38", "by the clock of the store", []proof{
		{"session.TestSwapRaces/no loss", []mutant{
			{"uses the clock of the process", "session.Sessions.renew", `does := r.decide`, `now = time.Now()
		does := r.decide`},
		}},
	}},
	{"40", "nothing is written where the claims function or the signer fails or stalls", []proof{
		{"session.TestSwapRaces/the claims function fails", []mutant{
			{"writes before it asks for claims", "session.Sessions.renew", `if tokens == nil`, `if n, _ := r.take(does, &token.current, now, s.opts.Idle); n.Version != r.Version {
			s.store.Swap(ctx, n)
		}
		if tokens == nil`},
		}},
		{"session.TestSwapRaces/the signer fails", []mutant{
			{"writes although the signer failed", "session.Sessions.renew", `} else if err != nil {
				return`, `} else if err != nil {
				n, _ := r.take(does, &token.current, now, s.opts.Idle)
				s.store.Swap(ctx, n)
				return`},
		}},
		{"session.TestStalledRefresh/HMAC", []mutant{
			{"takes any time for a refresh", "session.Sessions.renew", `context.WithTimeout(ctx, refreshTimeout)`, `context.WithCancel(ctx)`},
		}},
	}},
	{"34", "an error of Token has one kind, one line, and says whose fault it is", []proof{
		{"issue.TestForeignKinds", []mutant{
			{"takes the kind of the caller's error", "issue.foreign.Is", `!reason.IsKind(target) && `, ``},
			{"takes a Validate for a bad signature", "issue.refusal", `case reason.Signature:`, `case reason.Signature, reason.Check:`},
		}},
		{"issue.TestErrorsAreShort", []mutant{
			{"shows all of the caller's error", "issue.core.make", `jwthttp.ErrMisconfigured, logtext.Cut(err.Error())`, `jwthttp.ErrMisconfigured, err.Error()`},
		}},
		{"issue.TestSlowSigner", []mutant{
			{"blames the claims for a slow signer", "issue.refusal", `case reason.Expired:`, `case reason.Malformed:`},
		}},
		{"issue.TestTwoExps", []mutant{
			{"takes the last exp", "issue.payload.add", `if p.expires.After(date.Floor()) {`, `{`},
		}},
		{"issue.TestPublicIsCopied", nil},
		{"issue.TestMetadataShowsNoPassword", []mutant{
			{"logs the issuer as it is", "issue.Issuer.Metadata", `slog.Any("err", err)`, `slog.Any("err", name)`},
		}},
		{"cmd/jwthttp.TestMintRefuses/an object and more", nil},
	}},
	{"35", "a Directory warns of a file that signs before other instances have read it", []proof{
		{"issue.TestDirectoryWarnsOfNow", []mutant{
			{"warns only of keys that do not sign yet", "issue.reader.reload", `k.from.Sub(now) < maxLead`, `k.from.After(now) && k.from.Sub(now) < maxLead`},
		}},
	}},
	{"36", "of simultaneous swaps in Redis one is written, in all processes, and a lost answer is asked for again", []proof{
		{"goredis.TestSessionsContract/one server", nil},
		{"goredis.TestSessionsContract/a cluster", nil},
		{"goredis.TestSessionsAtTheSameTime/one server", []mutant{
			{"compares a version and replaces it in two steps", "goredis.sessions.Swap", `n, err := swap.Run(limited, s.client, []string{s.key(r.Key[:])}, before, pack(&r), expiry(r.IdleEnd)).Int()`,
				`value, err := s.client.Get(limited, s.key(r.Key[:])).Result()
	if err != nil && err != redis.Nil || value[:min(len(value), 9)] != string(before) {
		return false, nil
	}
	n, err := 1, s.client.Set(limited, s.key(r.Key[:]), pack(&r), time.Hour).Err()`},
			{"takes the write of another call for its own", "goredis.pack", `rand.Read(h.Writer[:])`, `_ = rand.Read`},
		}},
		{"goredis.TestSessionsAtTheSameTime/a cluster", nil},
		{"goredis.TestSessionsRefreshes", nil},
		{"goredis.TestSessionsLostAnswer", []mutant{
			{"takes its own write for that of another call", "goredis.swap", `before == ARGV[2]`, `false`},
		}},
	}},
	{"38", "by the clock of Redis, which has neither a token nor what makes one", []proof{
		{"goredis.TestSessionsClock", []mutant{
			{"goes by the clock of the process", "goredis.sessions.ask", `time.UnixMicro(micros)`, `time.UnixMicro(micros - micros + time.Now().UnixMicro())`},
		}},
		{"goredis.TestSessionsOnDisk", nil},
	}},
	{"39", "no session in Redis is missing in the list of its subject", []proof{
		{"goredis.TestSessionsLoginStops/before", []mutant{
			{"begins a session that is not listed", "goredis.sessions.Swap", `expiry(until)).Err(); err != nil {`, `expiry(until)).Err(); false {`},
		}},
		{"goredis.TestSessionsLoginStops/between", nil},
		{"goredis.TestSessionsListDuringLogin", []mutant{
			{"forgets a session whose record comes a moment later", "goredis.sessions.List", `continue`, `s.client.ZRem(limited, s.subject(subject), keys[i])
			continue`},
		}},
		{"goredis.TestSessionsExpire", []mutant{
			{"keeps sessions for ever", "goredis.swap", `, 'PXAT', ARGV[3]`, ``},
			{"forgets the list with the session that ends first", "goredis.enlist", `-1, -1,`, `0, 0,`},
		}},
		{"goredis.TestSessionsRevoked", nil},
	}},
	{"40", "a Redis that is down, slow, full, a replica or another program's ends no session", []proof{
		{"goredis.TestSessionsDown", nil},
		{"goredis.TestSessionsClusterNodeDown", nil},
		{"goredis.TestSessionsFaults/a replica", []mutant{
			{"loads from a replica", "goredis.load", `GETEX`, `GET`},
		}},
		{"goredis.TestSessionsFaults/full", []mutant{
			{"writes to a Redis that is full", "goredis.enlist", `redis.call('ZADD'`, `redis.call('ZREM', KEYS[1], '')
redis.call('ZADD'`},
		}},
		{"goredis.TestSessionsNonsense", []mutant{
			{"takes what another program wrote for no session", "goredis.sessions.Load", `r, err = unpack(key, value)`, `r, _ = unpack(key, value)`},
		}},
	}},
	{"39", "the denylist in Redis looks for a session in the same round trip", []proof{
		{"goredis.TestRevokeSession/one server", []mutant{
			{"asks Redis once more for a session", "goredis.revocations.Find", `cmds[kind] = pipe.Get(`, `if denylist.Kind(kind) == denylist.Session {
				cmds[kind] = s.client.Get(limited, s.key(key[:]))
				continue
			}
			cmds[kind] = pipe.Get(`},
		}},
		{"goredis.TestRevokeSession/a cluster", nil},
	}},
	{"34", "an Issuer that New has not made is an error, and never a panic", []proof{
		{"issue.TestZeroIssuer", []mutant{
			{"makes a token without New", "issue.Issuer.Token", `if iss.own == nil {`, `if false {`},
		}},
	}},
	{"SESSIONS", "of simultaneous logins MaxPerSubject are kept", []proof{
		{"session.TestMaxPerSubjectAtTheSameTime", []mutant{
			{"lets each login keep its own session", "session.Sessions.begin", `			most--
			return most < 0`, `			if other.ID == r.ID {
				return false
			}
			most--
			return most < 1`},
			{"has no order of sessions that were used at the same time", "session.core.records", `cmp.Or(b.Written.Compare(a.Written), cmp.Compare(b.ID, a.ID))`, `b.Written.Compare(a.Written)`},
		}},
	}},
	{"SESSIONS", "an access token does not outlive its session, and its lifetime is never said to be 0", []proof{
		{"session.TestAccessTokenEndsWithItsSession/Idle", []mutant{
			{"has an access token that outlives an idle session", "session.Sessions.sign", `ends.Before(now.Add(s.lifetime))`, `false`},
			{"bounds an access token by the clock of the store", "session.Sessions.renew", `ends := time.Now().Add(next.IdleEnd.Sub(now))`, `ends := next.IdleEnd`},
			{"bounds an access token by the session before the step", "session.Sessions.renew", `time.Now().Add(next.IdleEnd.Sub(now))`, `time.Now().Add(r.IdleEnd.Sub(now))`},
		}},
		{"session.TestAccessTokenEndsWithItsSession/MaxLifetime", nil},
		{"session.TestAccessTokenOfTheLastSecond", []mutant{
			{"makes no access token in the last second", "session.Sessions.sign", `max(ends.Unix(), now.Unix()+1)`, `ends.Unix()`},
		}},
		{"session.TestAccessTokenEndsWithItsSession/an earlier exp of the claims", nil},
		{"session.TestAccessTokenOfALostSwapEndsWithItsSession", []mutant{
			{"keeps an access token that is for another record", "session.Sessions.renew", `tokens.accessExpires.After(ends)`, `false`},
		}},
		{"session.TestExpiresInIsNotZero", []mutant{
			{"has 0 for less than a second", "session.Sessions.sign", `max(int64(time.Until(expires).Seconds()), 1)`, `int64(time.Until(expires).Seconds())`},
		}},
	}},
	{"39", "an ending that is not complete is kept and listed until its IdleEnd", []proof{
		{"session.TestMemory/a record is kept until its IdleEnd", nil},
		{"session.TestMemoryKeepsMarks", []mutant{
			{"drops a mark at the end of its session", "session.Memory.sweep", `known.idleEnd <= now`, `min(known.idleEnd, known.end) <= now`},
		}},
		{"goredis.TestSessionsContract/one server", []mutant{
			{"does not list a mark whose End is over", "goredis.sessions.Swap", `if until.Before(r.IdleEnd) {`, `if false {`},
		}},
		{"goredis.TestSessionsExpire", []mutant{
			{"does not list a mark for longer", "goredis.sessions.Swap", `if r.Version == 1 || until != r.End {`, `if r.Version == 1 {`},
		}},
		{"sqlstore.TestStore/SQLite/a record is kept until its IdleEnd", nil},
	}},
	{"40", "a login that fails ends nothing, and takes ten seconds at most", []proof{
		{"session.TestLoginFailsAtEachStep/the new record", []mutant{
			{"ends the old session before the new one is written", "session.Sessions.begin", `	if written, err := s.store.Swap(within, r);`, `	if old != nil {
		s.end(ctx, old.key(""), &proof{})
	}
	if written, err := s.store.Swap(within, r);`},
		}},
		{"session.TestLoginFailsAtEachStep/the list of too many", []mutant{
			{"ends the old session though the login fails", "session.Sessions.begin", `if err == nil && old != nil {`, `if old != nil {`},
		}},
		{"session.TestLoginFailsAtEachStep/the mark of the old record", []mutant{
			{"leaves the new session", "session.Sessions.begin", `		s.end(ctx, r.Key, &proof{}) // if this fails too, nobody has its tokens
`, ``},
		}},
		{"session.TestStalledLogin", []mutant{
			{"takes any time for a login", "session.Sessions.begin", `context.WithTimeout(ctx, refreshTimeout)`, `context.WithCancel(ctx)`},
			{"logs nothing of what stalls", "session.core.unavailable", `ctx.Err() != context.Canceled`, `ctx.Err() == nil`},
		}},
	}},
	{"40", "an error of a store is an outage, whatever it wraps, and so is the record of another session", []proof{
		{"session.TestErrorsOfStoresHaveNoKind", []mutant{
			{"reports the error of a store as it is", "session.core.unavailable", `foreign{err}`, `err`},
			{"takes a store's word for a kind", "session.foreign.Is", `!reason.IsKind(target) && `, ``},
			{"takes a store's ErrEnded for that of a session", "session.foreign.Is", `target != ErrEnded && `, ``},
			{"forgets what a store said", "session.foreign.Is", `errors.Is(e.error, target)`, `false`},
		}},
		{"session.TestRecordOfAnotherSession", []mutant{
			{"takes any record", "session.core.load", ` && r.Key != key`, ` && false`},
		}},
	}},
	{"39", "a client that leaves before its sessions are listed ends them all the same", []proof{
		{"session.TestEndOfAClientThatLeaves", []mutant{
			{"lists nothing for a client that has left", "session.core.endWhere", `context.WithoutCancel(ctx)`, `ctx`},
			{"ends with its client", "session.core.end", `context.WithoutCancel(ctx)`, `ctx`},
			{"waits for ever for a list", "session.core.endWhere", `context.WithTimeout(context.WithoutCancel(ctx), endTimeout)`, `context.WithCancel(context.WithoutCancel(ctx))`},
		}},
	}},
	{"SESSIONS", "auth_time is when the user logged in, by the clock of the store: no refresh makes a login fresh", []proof{
		{"session.TestAuthTime/one clock", []mutant{
			{"takes the last refresh for the login", "session.Sessions.sign", `r.LoggedIn.Unix()`, `r.Written.Unix()`},
			{"begins the login again at each step", "session.Record.take", `r.IdleEnd = now.Add(idle)`, `r.IdleEnd, r.LoggedIn = now.Add(idle), now`},
		}},
		{"session.TestAuthTime/the store is a day ahead", []mutant{
			{"has the login by the clock of the process", "session.Sessions.begin", `LoggedIn: now,`, `LoggedIn: time.Now(),`},
		}},
		{"session.TestAuthTime/the store is a day behind", nil},
		{"session.TestOwnAuthTime", []mutant{
			{"leaves auth_time to the claims", "session.Sessions.sign", `, {Name: "auth_time", Value: r.LoggedIn.Unix()}`, ``},
		}},
	}},
	{"SESSIONS", "a refresh takes two round trips to its store, and at most four in a race", []proof{
		{"session.TestRoundTrips", []mutant{
			{"asks the store once more after it has signed", "session.Sessions.renew", `if next.Version != r.Version {`, `s.store.Load(within, r.Key)
		if next.Version != r.Version {`},
		}},
	}},
	{"SESSIONS", "New copies its Options", []proof{
		{"session.TestOptions", []mutant{
			{"keeps the caller's origins", "session.New", `opts.TrustedOrigins = slices.Clone(opts.TrustedOrigins)`, ``},
		}},
	}},
	{"DOC", "pages of any origin may read metadata, and no cookie or token counts there", []proof{
		{"oauth.TestServeHTTP/from another origin", []mutant{
			{"shows metadata to no page of another origin", "internal/document.Serve", `h.Set("Access-Control-Allow-Origin", "*")`, ``},
		}},
		{"oauth.TestServeHTTP/preflight", []mutant{
			{"allows no MCP-Protocol-Version", "internal/document.Serve", `h.Set("Access-Control-Allow-Headers", "*")`, ``},
		}},
	}},
	{"DOC", "pages of the origins, and no others, reach an MCP server and read its challenges", []proof{
		{"_example/mcp.TestCORS", []mutant{
			{"keeps the challenge from the page", "_example/mcp.withCORS", `"WWW-Authenticate", `, ``},
			{"wants a token of a preflight request", "_example/mcp.newHandler", `withCORS(origins, guarded(m, resource))`, `m.Handler(withCORS(origins, guarded(m, resource)))`},
			{"answers pages of every origin", "_example/mcp.withCORS", `!pages.OriginAllowed(r)`, `false`},
			{"looks at the first of two origins", "_example/mcp.withCORS", `len(r.Header["Origin"]) > 1`, `false`},
		}},
		{"_example/mcp.TestBrowser", nil},
	}},
	{"DOC", "an MCP client asks for the scopes of the challenge and for no others", []proof{
		{"_example/mcp.TestNoToken", []mutant{
			{"has the client ask for all scopes at first", "_example/mcp.newHandler", `opts.ChallengeScopes = []string{readScope}`, ``},
		}},
		{"_example/mcp.TestStepUp", []mutant{
			{"has no challenge for the tool that writes", "_example/mcp.stepUp", `"note"`, `""`},
			{"asks for more than the call needs", "_example/mcp.stepUp", `writing := jwthttp.RequireScopes(readScope, writeScope)`, `writing := jwthttp.RequireScopes(readScope, writeScope, "notes:delete")`},
		}},
		{"_example/mcp.TestManyTokens", []mutant{
			{"leaves it to stepUp who may write", "_example/mcp.newServer", `!slices.Contains(who.Scopes, writeScope)`, `false`},
		}},
	}},
	{"1", "a gRPC call that is refused never reaches its handler", []proof{
		{"grpcauth.TestAsOverHTTP", []mutant{
			{"takes a refusal for an answer of the handler", "grpcauth.gate.pass", `return w.status()`, `return nil`},
			{"lets what a guard refuses pass", "grpcauth.Option.inside", `h = guarded`, `_ = guarded`},
			{"tells no client when to try again", "grpcauth.answer.status", `&& code == codes.Unavailable`, `&& false`},
			{"takes a bad token for a malformed call", "grpcauth.codeOf", `codes.Unauthenticated`, `codes.InvalidArgument`},
		}},
		{"grpcauth.TestConformance", nil},
		{"grpcauth.TestTexts", []mutant{
			{"does not tell a client what it needs", "grpcauth.answer.status", `if text == "" {`, `if true {`},
		}},
		{"grpcauth.TestErrorHandler", []mutant{
			{"takes an answer that is not a refusal for success", "grpcauth.answer.status", `code = codes.Internal`, `code = codes.OK`},
			{"takes an early hint for the answer", "grpcauth.answer.WriteHeader", `a.code < http.StatusOK`, `a.code == 0`},
		}},
		{"grpcauth.TestAnonymous", nil},
		{"grpcauth.TestHandlerErrors", nil},
		{"grpcauth.TestPanics", nil},
	}},
	{"2", "a gRPC call has one value of authorization, and no token elsewhere", []proof{
		{"grpcauth.TestAsOverHTTP", []mutant{
			{"looks at the first of two values of authorization", "grpcauth.newRequest", `, values...)`, `, values[0])`},
		}},
		{"grpcauth.TestOddMetadata", []mutant{
			{"takes cookies from metadata", "grpcauth.newRequest", `in := &`, `r.Header["Cookie"] = metadata.ValueFromIncomingContext(ctx, "cookie")
	in := &`},
			{"misses a key in upper case", "grpcauth.newRequest", `strings.EqualFold(key, "authorization")`, `strings.TrimSpace(key) == "authorization"`},
		}},
	}},
	{"DOC", "only the methods of Public are open, and a guard is for the methods that it names", []proof{
		{"grpcauth.TestPublic", []mutant{
			{"asks for a token in public methods", "grpcauth.gate.pass", `if g.public[method] {`, `if false {`},
		}},
		{"grpcauth.TestGuards", []mutant{
			{"opens the methods of a guard", "grpcauth.newGate", `opts[i].guard == nil`, `true`},
			{"lets the last guard decide first", "grpcauth.newGate", `i := len(opts) - 1; i >= 0; i--`, `i := 0; i < len(opts); i++`},
			{"does not know a method without its slash", "grpcauth.gate.pass", `"/" + strings.TrimPrefix(method, "/")`, `strings.TrimPrefix(method, "")`},
		}},
		{"grpcauth.TestOptionErrors", []mutant{
			{"takes a name without a leading slash", "grpcauth.checkName", `!hasSlash || `, `!hasSlash && false || `},
			{"takes a name without a method", "grpcauth.checkName", ` || method == ""`, ``},
			{"takes a name with three slashes", "grpcauth.checkName", `strings.Contains(method, "/")`, `false`},
			{"takes a method that is public and has a guard", "grpcauth.check", `seen && other != (o.guard == nil)`, `false && seen && other`},
			{"takes an Option that is zero", "grpcauth.check", `len(o.methods) == 0`, `false`},
			{"takes a nil guard for Public", "grpcauth.Guard", `if guard == nil {`, `if false {`},
		}},
		{"grpcauth.TestCheck", []mutant{
			{"does not miss a service", "grpcauth.checkName", `case !registered:`, `case !registered && false:`},
			{"does not miss a method", "grpcauth.checkName", `case !slices.ContainsFunc(`, `case false && !slices.ContainsFunc(`},
			{"checks nothing", "grpcauth.Check", `check(opts, server.GetServiceInfo())`, `check(nil, server.GetServiceInfo())`},
			{"panics without a server", "grpcauth.Check", `server == nil`, `false`},
			{"panics without a server", "grpcauth.Check", `server == nil`, `false`},
		}},
		{"grpcauth.TestGuardOfNilHandler", []mutant{
			{"takes a guard without a handler", "grpcauth.newGate", `chain == nil`, `false`},
		}},
	}},
	{"DOC", "a stream ends when its token does, and not before", []proof{
		{"grpcauth.TestStreamEnds/waiting for a message", []mutant{
			{"waits for a message beyond the token's end", "grpcauth.limitedStream.RecvMsg", `s.do(s.ServerStream.RecvMsg, m)`, `s.ServerStream.RecvMsg(m)`},
		}},
		{"grpcauth.TestStreamEnds/waiting for a client", []mutant{
			{"waits for a client beyond the token's end", "grpcauth.limitedStream.SendMsg", `s.do(s.ServerStream.SendMsg, m)`, `s.ServerStream.SendMsg(m)`},
		}},
		{"grpcauth.TestStreamEnds/waiting for its context, and", []mutant{
			{"takes what a handler returns that was cut short", "grpcauth.serveUntil", `if s.isOver() {`, `if false {`},
		}},
		{"grpcauth.TestStreamEndsOverTLS", nil},
		{"grpcauth.TestStreamAfterEnd", []mutant{
			{"goes on after the end", "grpcauth.limitedStream.do", `if s.isOver() { // an op`, `if false { // an op`},
		}},
		{"grpcauth.TestStreamBefore", []mutant{
			{"takes the client's going for the token's end", "grpcauth.limitedStream.do", `case <-s.ended:`, `case <-s.ctx.Done():`},
		}},
		{"grpcauth.TestStreamOutlivesContext", []mutant{
			{"does not end with its token when its context has ended before", "grpcauth.serveUntil", `close(s.ended)`, `if context.Cause(ctx) == errExpired {
			close(s.ended)
		}`},
			{"ends with its context", "grpcauth.limitedStream.isOver", `case <-s.ended:`, `case <-s.ctx.Done():`},
		}},
		{"grpcauth.TestStreamClock", []mutant{
			{"does not see that the machine slept", "grpcauth.limitedStream.isOver", `!time.Now().Before(s.end)`, `false`},
			{"does not see that the machine slept meanwhile", "grpcauth.limitedStream.do", `if !s.isOver() {`, `if true {`},
			{"goes on when the clock is set back", "grpcauth.limitedStream.isOver", `return true`, `return !time.Now().Before(s.end)`},
		}},
		{"grpcauth.TestStreamEndIsRefusal", []mutant{
			{"does not know whose refusal it is", "grpcauth.Stream", `newRequest(ctx, info`, `newRequest(ss.Context(), info`},
			{"reports the end at each operation", "grpcauth.serveUntil", `sync.OnceValue(refusal)`, `refusal`},
		}},
		{"grpcauth.TestStreamDeadline", nil},
		{"grpcauth.TestStreamWithinLeeway", []mutant{
			{"takes a token that expired for a bad one", "grpcauth.newExpired", `reason.Expired`, `reason.Check`},
		}},
		{"grpcauth.TestStreamPanics", []mutant{
			{"swallows a panic", "grpcauth.limitedStream.do", `panic(o.panicked)`, `_ = o`},
		}},
	}},
	{"21", "over gRPC a bound token needs a Binding, and the certificate of its own connection", []proof{
		{"grpcauth.TestBoundTokens", []mutant{
			{"does not see the certificate of the connection", "grpcauth.newRequest", `r.TLS = &info.State`, `_ = info`},
			{"takes the header of a proxy from metadata", "grpcauth.newRequest", `in := &`, `r.Header["X-Cert"] = metadata.ValueFromIncomingContext(ctx, "x-cert")
	in := &`},
			{"takes a DPoP proof from metadata", "grpcauth.newRequest", `in := &`, `r.Header["Dpop"] = metadata.ValueFromIncomingContext(ctx, "dpop")
	in := &`},
		}},
	}},
	{"DOC", "OnResult sees a gRPC call as a request", []proof{
		{"grpcauth.TestOnResult", []mutant{
			{"does not name the method", "grpcauth.newRequest", `Path: method`, `Path: "/"`},
			{"does not say where the call comes from", "grpcauth.newRequest", `r.RemoteAddr = p.Addr.String()`, ``},
		}},
	}},
	{"DOC", "a logout token has the typ logout+jwt, unless AllowUntypedLogout (Back-Channel Logout 1.0 section 2.4)", []proof{
		{"denylist.TestBackChannelValidation/typ JWT", []mutant{
			{"accepts another typ", "denylist.BackChannelOptions.check", `!o.AllowUntypedLogout && !syntax`, `false && !syntax`},
		}},
		{"denylist.TestBackChannelValidation/no typ", []mutant{
			{"accepts no typ", "denylist.BackChannelOptions.check", `case !o.AllowUntypedLogout &&`, `case t.Header.Type != "" && !o.AllowUntypedLogout &&`},
		}},
		{"denylist.TestBackChannelValidation/no typ is allowed", []mutant{
			{"refuses no typ always", "denylist.BackChannelOptions.check", `!o.AllowUntypedLogout && !syntax`, `!syntax`},
		}},
		{"denylist.TestBackChannelValidation/typ at+jwt", []mutant{
			{"accepts an access token", "denylist.BackChannel", `"JWT", ""}`, `"JWT", "at+jwt", ""}`},
		}},
	}},
	{"DOC", "section 2.6, 1 to 3: no encrypted, unsigned or wrongly signed logout token is accepted", []proof{
		{"denylist.TestBackChannelValidation/encrypted", nil},
		{"denylist.TestBackChannelValidation/signature", nil},
		{"denylist.TestBackChannelValidation/a changed payload", nil},
		{"denylist.TestBackChannelValidation/alg", nil},
		{"denylist.TestBackChannelValidation/alg none", nil},
		{"denylist.TestBackChannelValidation/no signature", nil},
		{"denylist.TestBackChannelAlgorithm", nil},
	}},
	{"DOC", "section 2.6, 4: iss, aud, iat and exp are validated", []proof{
		{"denylist.TestBackChannelValidation/another iss", nil},
		{"denylist.TestBackChannelWithoutIssuer", []mutant{
			{"accepts no iss", "denylist.BackChannelOptions.check", `c.Issuer == "" || c.ID`, `c.ID`},
		}},
		{"denylist.TestBackChannelValidation/another aud", []mutant{
			{"accepts any aud", "denylist.BackChannel", `Audience: []string{clientID}, Leeway`, `AllowAnyAudience: true, Leeway`},
		}},
		{"denylist.TestBackChannelValidation/no iat", []mutant{
			{"accepts no iat", "denylist.BackChannelOptions.check", ` || c.IssuedAt == nil:`, `:
	case c.IssuedAt == nil:
		return nil`},
		}},
		{"denylist.TestBackChannelValidation/iat 121 s back", []mutant{
			{"accepts an old one", "denylist.BackChannelOptions.check", `time.Since(c.IssuedAt.Time).Abs() > logoutWindow`, `time.Since(c.IssuedAt.Time) < -logoutWindow`},
		}},
		{"denylist.TestBackChannelValidation/iat 121 s ahead", []mutant{
			{"accepts one that is ahead", "denylist.BackChannelOptions.check", `time.Since(c.IssuedAt.Time).Abs() > logoutWindow`, `time.Since(c.IssuedAt.Time) > logoutWindow`},
		}},
		{"denylist.TestBackChannelReplay", []mutant{
			{"accepts a replay", "denylist.BackChannelOptions.check", `time.Since(c.IssuedAt.Time).Abs() > logoutWindow`, `time.Since(c.IssuedAt.Time).Abs() > 24*time.Hour`},
		}},
		{"denylist.TestBackChannelValidation/no exp", []mutant{
			{"accepts no exp", "denylist.BackChannel", `AllowNumericSubject: true,`, `AllowNumericSubject: true, AllowMissingExpiry: true,`},
		}},
		{"denylist.TestBackChannelValidation/exp over", []mutant{
			{"has more leeway for exp", "denylist.BackChannel", `Leeway: logoutWindow`, `Leeway: maxLeeway`},
		}},
		{"denylist.TestBackChannelValidation/exp 119 s back", []mutant{
			{"has no leeway for exp", "denylist.BackChannel", `, Leeway: logoutWindow`, ``},
		}},
	}},
	{"DOC", "section 2.6, 5: a logout token has a sub, a sid or both", []proof{
		{"denylist.TestBackChannelValidation/neither", []mutant{
			{"accepts neither", "denylist.BackChannelOptions.check", `c.Subject == "" && t.SessionID() == ""`, `false`},
		}},
		{"denylist.TestBackChannelValidation/sid a number beside sub", []mutant{
			{"takes an odd sid for none", "denylist.BackChannelOptions.check", `t.Claims.SessionID != nil && t.SessionID() == ""`, `false`},
		}},
		{"denylist.TestBackChannelValidation/sid null beside sub", []mutant{
			{"takes null for no sid", "denylist.BackChannelOptions.check", `t.Claims.SessionID != nil &&`, `t.Claims.SessionID != nil && string(t.Claims.SessionID) != "null" &&`},
		}},
		{"denylist.TestBackChannelValidation/sid empty beside sub", []mutant{
			{"takes an empty sid for none", "denylist.BackChannelOptions.check", `t.Claims.SessionID != nil &&`, "t.Claims.SessionID != nil && string(t.Claims.SessionID) != `\"\"` &&"},
		}},
	}},
	{"DOC", "section 2.6, 6: events has the member of back-channel logout, which is an object", []proof{
		{"denylist.TestBackChannelValidation/no events", []mutant{
			{"accepts any token", "denylist.BackChannelOptions.check", `len(event) == 0 || event[0] != '{'`, `false && event == nil`},
		}},
		{"denylist.TestBackChannelValidation/the event null", []mutant{
			{"accepts a member that is null", "denylist.BackChannelOptions.check", ` || event[0] != '{'`, ``},
		}},
		{"denylist.TestBackChannelValidation/another event", []mutant{
			{"accepts another event", "denylist.BackChannelOptions.check", `t.Claims.Events[logoutEvent]`, `t.Claims.Events[logoutEvent]
	for _, event = range t.Claims.Events {
	}`},
		}},
		{"denylist.TestBackChannelValidation/an ID token", []mutant{
			{"takes an ID token for a logout token", "denylist.BackChannelOptions.check", `len(event) == 0 || event[0] != '{'`, `t.Claims.Events != nil && len(event) == 0`},
		}},
	}},
	{"DOC", "section 2.6, 7: a logout token has no nonce, and section 2.4: it has a jti", []proof{
		{"denylist.TestBackChannelValidation/nonce", []mutant{
			{"accepts a nonce", "denylist.BackChannelOptions.check", `t.Claims.Nonce != nil`, `false`},
		}},
		{"denylist.TestBackChannelValidation/nonce null", []mutant{
			{"accepts a nonce that is null", "denylist.BackChannelOptions.check", `t.Claims.Nonce != nil`, `t.Claims.Nonce != nil && string(t.Claims.Nonce) != "null"`},
		}},
		{"denylist.TestBackChannelValidation/no jti", []mutant{
			{"accepts no jti", "denylist.BackChannelOptions.check", ` || c.ID == ""`, ``},
		}},
	}},
	{"DOC", "a logout token with a sid ends that session, and one with a sub alone all that began up to its iat", []proof{
		{"denylist.TestBackChannelEnds/a sid", []mutant{
			{"ends the session of any issuer", "denylist.backChannel.logout", `RevokeSession(ctx, c.Issuer, sid)`, `RevokeSession(ctx, "", sid)`},
		}},
		{"denylist.TestBackChannelEnds/a sid beside a sub", []mutant{
			{"ends all of the subject", "denylist.backChannel.logout", `sid != "" {`, `sid != "" && c.Subject == "" {`},
		}},
		{"denylist.TestBackChannelEnds/a sub, a minute ago", []mutant{
			{"ends what began later", "denylist.backChannel.logout", `c.IssuedAt.Time)`, `time.Now())`},
		}},
		{"denylist.TestBackChannelEnds/a sub that is a number", []mutant{
			{"refuses a number for sub", "denylist.BackChannel", `AllowNumericSubject: true,`, ``},
		}},
	}},
	{"DOC", "a logout is a 200 only when the list has it, a 400 for a bad request, and a 503 while the store or the keys are out of reach", []proof{
		{"denylist.TestBackChannelStoreAway", []mutant{
			{"answers 200 without the revocation", "denylist.backChannel.logout", `err = b.list.RevokeSession(ctx, c.Issuer, sid)`, `b.list.RevokeSession(ctx, c.Issuer, sid)
		return nil`},
			{"blames the token", "denylist.backChannel.ServeHTTP", `case errors.Is(err, jwthttp.ErrUnavailable):`, `case false:`},
		}},
		{"denylist.TestBackChannelKeysAway", []mutant{
			{"blames the token", "denylist.backChannel.ServeHTTP", `case errors.Is(err, jwthttp.ErrUnavailable):`, `case errors.Is(err, context.DeadlineExceeded):`},
		}},
		{"denylist.TestBackChannelClientLeft", []mutant{
			{"blames the keys when a client left", "denylist.backChannel.log", `errors.Is(ctx.Err(), context.Canceled)`, `false`},
			{"does not log that the keys are too slow", "denylist.backChannel.log", `errors.Is(ctx.Err(), context.Canceled)`, `ctx.Err() != nil`},
		}},
		{"denylist.TestBackChannelRequest/GET", []mutant{
			{"takes every method", "denylist.backChannel.ServeHTTP", `r.Method != http.MethodPost`, `false`},
		}},
		{"denylist.TestBackChannelRequest/good", []mutant{
			{"lets caches keep an answer", "denylist.backChannel.ServeHTTP", `h.Set("Cache-Control", "no-store")`, ``},
		}},
		{"denylist.TestBackChannelRequest/two", []mutant{
			{"takes the first of two", "denylist.logoutToken", `len(tokens) != 1`, `len(tokens) == 0`},
		}},
		{"denylist.TestBackChannelRequest/in the query", []mutant{
			{"reads the query", "denylist.logoutToken", `	tokens := form.PostForm["logout_token"]`, `	r.ParseForm()
	tokens := r.Form["logout_token"]`},
		}},
		{"denylist.TestBackChannelRequest/a semicolon in the query", []mutant{
			{"fails for a query that is no form", "denylist.logoutToken", `form.URL = nil`, ``},
		}},
		{"denylist.TestBackChannelRequest/too large", []mutant{
			{"reads a body of any size", "denylist.logoutToken", `http.MaxBytesReader(w, r.Body, maxLogoutBytes)`, `http.MaxBytesReader(w, r.Body, 1<<40)`},
		}},
		{"denylist.TestBackChannelRequest/no body at all", []mutant{
			{"panics without a body", "denylist.logoutToken", `r.Body != nil`, `true`},
		}},
		{"denylist.TestBackChannelLog", []mutant{
			{"logs no refusal", "denylist.backChannel.ServeHTTP", `b.log(r.Context(), err)`, ``},
		}},
	}},
	{"DOC", "BackChannel returns an error for a key that is not bound to an issuer (section 2.6, 4: iss)", []proof{
		{"denylist.TestBackChannelKeyOfAnyIssuer/a free key", []mutant{
			{"takes a key of any issuer", "denylist.BackChannel", `keyhook.HasFreeKey(keys)`, `false`},
		}},
		{"denylist.TestBackChannelKeyOfAnyIssuer/a set with a free key", nil},
		{"denylist.TestBackChannelKeyOfAnyIssuer/a golang-jwt function", nil},
		{"denylist.TestBackChannelKeyOfAnyIssuer/a free key of an issuer", nil},
	}},
	{"DOC", "BackChannel returns an error for nil keys, an empty client id and a nil list", []proof{
		{"denylist.TestBackChannelOptions/no client id", []mutant{
			{"makes one for no client", "denylist.BackChannel", `errs = append(errs, errors.New("denylist: the client id`, `_ = append(errs, errors.New("denylist: the client id`},
		}},
		{"denylist.TestBackChannelOptions/a list that nobody made", []mutant{
			{"makes one without a list", "denylist.BackChannel", `!list.isMade()`, `list == nil`},
		}},
		{"denylist.TestBackChannelOptions/no keys", nil},
	}},
	{"HTTP", "a good token of a login that is too old or too weak is a 401 insufficient_user_authentication with max_age and acr_values (RFC 9470)", []proof{
		{"oauth.TestRequireRecent/RFC: an older login", []mutant{
			{"is a 403", "internal/reason.insufficientLogin", `http.StatusUnauthorized`, `http.StatusForbidden`},
			{"says nothing of what is wanted", "internal/answer.Answer.challengeOf", `a.description+a.parameters`, `a.description`},
		}},
		{"oauth.TestRequireRecent/RFC: another acr", []mutant{
			{"asks for no acr", "oauth.RequireRecent", `!slices.Contains(acr, login.ACR)`, `false`},
		}},
		{"oauth.TestRequireRecent/no acr", []mutant{
			{"accepts no acr", "oauth.RequireRecent", `!slices.Contains(acr, login.ACR)`, `login.ACR != "" && !slices.Contains(acr, login.ACR)`},
		}},
		{"oauth.TestRequireRecent/a second more", []mutant{
			{"accepts an old login", "oauth.RequireRecent", `case age-login.Leeway > maxAge:`, `case age-login.Leeway > 2*maxAge:`},
		}},
		{"oauth.TestRequireRecent/at the limit of the leeway", []mutant{
			{"has no leeway", "oauth.RequireRecent", `case age-login.Leeway > maxAge:`, `case age > maxAge:`},
		}},
		{"oauth.TestRequireRecent/any age, with leeway", []mutant{
			{"overflows for a huge age", "oauth.RequireRecent", `case age-login.Leeway > maxAge:`, `case age > maxAge+login.Leeway:`},
		}},
		{"oauth.TestRequireRecent/any age, ahead within the leeway", []mutant{
			{"overflows for a huge age", "oauth.RequireRecent", `case age-login.Leeway > maxAge:`, `case age-maxAge > login.Leeway:`},
		}},
		{"oauth.TestRequireRecent/ahead beyond the leeway", []mutant{
			{"accepts a login that is ahead", "oauth.RequireRecent", `case age < -login.Leeway:`, `case age < -24*time.Hour:`},
		}},
		{"oauth.TestRequireRecent/iat is no auth_time", []mutant{
			{"takes iat for auth_time", "internal/tokenjson.Facts.Login", `case "auth_time":`, `case "auth_time", "iat":`},
		}},
		{"oauth.TestRequireRecent/acr alone, no auth_time", []mutant{
			{"asks for auth_time where no age is wanted", "oauth.RequireRecent", `		if maxAge == 0 {
			return nil
		}
`, ``},
		}},
		{"oauth.TestRequireRecentUnderDPoP", nil},
		{"oauth.TestRequireRecentIsAGuard/a token that a test made", []mutant{
			{"panics for a token that a test made", "tokenContext.login", `c.token.facts != nil`, `true`},
		}},
		{"oauth.TestRequireRecentIsAGuard/changed afterwards", []mutant{
			{"keeps the slice of the caller", "oauth.RequireRecent", `acr = slices.Clone(acr)`, ``},
		}},
		{"oauth.TestRequireRecentMisconfigured/fractions", []mutant{
			{"cuts fractions of a second off", "oauth.RequireRecent", ` || maxAge%time.Second != 0`, ``},
		}},
		{"oauth.TestRequireRecentMisconfigured/nothing", []mutant{
			{"accepts everything where no rule was given", "oauth.RequireRecent", `maxAge == 0 && len(acr) == 0`, `false`},
		}},
		{"oauth.TestRequireRecentMisconfigured/a quote", []mutant{
			{"writes what would end the string", "oauth.RequireRecent", `slices.ContainsFunc(acr, func(s string) bool { return !syntax.IsWord(s) })`, `slices.Contains(acr, "")`},
		}},
	}},
	{"SESSIONS", "the example with sessions answers as it is meant to, with each store, and says at the start what is missing", []proof{
		{"_example/session.TestSite/memory", nil},
		{"_example/session.TestSite/sqlite", nil},
		{"_example/session.TestSite/postgres", nil},
		{"_example/session.TestSite/redis", nil},
		{"_example/session.TestMistakes", nil},
		{"_example/session.TestRestart", nil},
		{"_example/session.TestCheck", nil},
		{"_example/session.TestRefused", []mutant{
			{"starts although the store does not answer", "_example/session.open", `_, _, err = p.sessions.Load(`, `_, _, _ = p.sessions.Load(`},
			{"shows the password of a database", "_example/session.openPostgreSQL", `errors.New("-dsn is not the URL of a PostgreSQL")`, `err`},
		}},
	}},
	{"SESSIONS", "Chromium stays logged in: five tabs, offline, killed in the middle of a refresh, after foreign forms and links", []proof{
		{"_example.TestSession/five tabs", nil},
		{"_example.TestSession/other origins", nil},
	}},
	{"DOC", "the recipe for a WebSocket takes exactly one token", []proof{
		{"_example/recipes.TestWebSocket/two tokens", []mutant{
			{"takes the last of two tokens", "_example/recipes.protocolToken", `token != "" || len`, `len`},
		}},
		{"_example/recipes.TestWebSocket/an empty token", []mutant{
			{"takes an empty token for none", "_example/recipes.protocolToken", `token != "" || len(name) == len(prefix)`, `token != ""`},
		}},
		{"_example/recipes.TestWebSocket/a no-break space after a token", []mutant{
			{"cuts more than spaces and tabs off", "_example/recipes.protocolToken", `strings.Trim(name, " \t")`, `strings.TrimSpace(name)`},
		}},
		{"_example/recipes.TestWebSocket/a bad token with a prefix in another case beside a cookie", []mutant{
			{"takes a prefix in another case for none", "_example/recipes.protocolToken", `!strings.EqualFold(name[:len(prefix)], prefix)`, `name[:len(prefix)] != prefix`},
		}},
		{"_example/recipes.TestWebSocket/two headers", []mutant{
			{"looks at the first of two headers", "_example/recipes.protocolToken", `strings.Join(r.Header["Sec-Websocket-Protocol"], ",")`, `r.Header.Get("Sec-WebSocket-Protocol")`},
		}},
		{"_example/recipes.TestWebSocket/a token beside Authorization", []mutant{
			{"does not look at Authorization", "_example/recipes.webSocket", `jwthttp.BearerHeader(), jwthttp.FirstOf(inProtocol, `, `jwthttp.FirstOf(inProtocol, jwthttp.BearerHeader(), `},
		}},
	}},
	{"DOC", "has the gate for it, and does not send it back", []proof{
		{"_example/recipes.TestWebSocket/a token from elsewhere", []mutant{
			{"lets a token through the gate", "_example/recipes.webSocket", `"websocket:bearer"`, `"header:Sec-WebSocket-Protocol"`},
		}},
		{"_example/recipes.TestWebSocket/a token", []mutant{
			{"answers with the token", "_example/recipes.chat", `[]string{"chat"}`, `strings.Split(r.Header.Get("Sec-WebSocket-Protocol"), ", ")[1:]`},
		}},
		{"_example/recipes.TestWebSocketInABrowser", nil},
	}},
	{"DOC", "the extractor for a query in the documentation refuses two tokens, and a query that it cannot read", []proof{{"ExampleExtractor", nil}}},
	{"SESSIONS", "a browser whose session was ended elsewhere is asked to log in, and keeps no access cookie that is refused", []proof{
		{"session.TestEndedElsewhere", []mutant{
			{"keeps an access cookie that is refused", "session.core.refuseAccess", `c.access.Clear(w)`, ``},
			{"clears the cookie for a bad header", "session.core.refuseAccess", ` && !bears(r)`, ``},
			{"clears the cookie for every refusal", "session.core.refuseAccess", `errors.Is(err, jwthttp.ErrInvalidToken) && !bears(r)`, `true`},
			{"keeps the cookie beside HTTP Basic", "session.bears", `return scheme == "Bearer" || scheme == "DPoP"`, `return scheme != ""`},
			{"clears the cookie for a header under DPoP", "session.bears", ` || scheme == "DPoP"`, ``},
		}},
	}},
	{"22", "why a refresh or a logout is refused is in the log", []proof{
		{"session.TestRefusalsAreLogged", []mutant{
			{"logs nothing of a browser", "session.core.refuse", `c.logRefusal(r, why)`, ``},
			{"logs nothing of a form", "session.core.writeOAuthError", `c.logRefusal(r, description)`, ``},
			{"logs nothing of another origin", "session.core.writeError", `errors.Is(err, jwthttp.ErrCrossOrigin)`, `false`},
		}},
		{"session.TestBoundAuthenticate", []mutant{
			{"logs no wrong password", "session.Sessions.StartBound", `		s.logRefusal(r, "authenticate has refused`, `		_ = ("authenticate has refused`},
		}},
		{"session.TestNothingToEnd", []mutant{
			{"logs nothing of a token without a session", "session.core.end", `			c.logNothing(ctx)
`, ``},
			{"logs nothing of a token that is none", "session.Sessions.Logout", `text != ""`, `false`},
		}},
		{"session.TestWhyARefreshIsRefused", []mutant{
			{"logs nothing of a session that is over", "session.Sessions.renew", `			s.logGone(ctx, &r, now)
`, ``},
			{"takes the end of a session for its idle time", "session.core.logGone", `!now.Before(r.End)`, `false`},
			{"does not say that the claims function has refused", "session.Sessions.renew", `					s.logWhy(ctx, whyLocked+", and its session ends", &r)
`, ``},
			{"has the middleware look for what was refused", "internal/credential.Request.Explain", `d.cookies, d.refusedBefore)`, `d.cookies, "")`},
			{"names no session", "session.core.logWhy", `range found`, `range found[:0]`},
			{"logs nothing of another method", "session.Sessions.presented", `		s.logRefusal(r, "Refresh and Logout`, `		_ = ("Refresh and Logout`},
		}},
	}},
	{"SENDER", "a proof of a token request names its key, and is refused for all else as one for a token", []proof{
		{"dpop.TestTokenRequest", []mutant{
			{"takes a proof for a token", "dpop.readClaims", `case !isForToken && c.ath != nil:`, `case false:`},
			{"does not ask for a nonce", "dpop.Verifier.WriteTokenError", `case errors.Is(err, jwthttp.ErrUseNonce):`, `case false:`},
			{"sends no nonce", "dpop.Verifier.WriteTokenError", `v.Answer(h)`, ``},
			{"remembers a proof before it is used", "dpop.Verifier.verify", `	if request != nil {
		*request = tokenRequest{thumbprint, id, until}
		return nil
	}
`, `	if request != nil {
		*request = tokenRequest{thumbprint, id, until}
	}
`},
			{"never remembers a proof", "dpop.Verifier.TokenRequest", `return v.use(r, request.id, request.until)`, `return nil`},
		}},
		{"dpop.TestTokenRequestOfATransport", nil},
	}},
	{"SENDER", "a session of an issuer with DPoP is of no use without its client's key", []proof{
		{"session.TestBoundSession/without nonces", []mutant{
			{"finds the session without its key", "session.refreshToken.key", `append(t.family[:], jkt...)`, `t.family[:]`},
			{"does not bind the access token", "session.Sessions.sign", `if jkt != "" {`, `if false {`},
			{"asks for no proof", "session.core.proven", `if c.proofs == nil {`, `if true {`},
		}},
		{"session.TestBoundSession/with nonces", []mutant{
			{"sends no nonce with a login that succeeded", "session.core.proven", `c.proofs.Answer(w.Header())`, ``},
		}},
		{"session.TestBoundMisuse", []mutant{
			{"begins an unbound session", "session.Sessions.Start", `s.proofs != nil`, `false`},
			{"puts bound tokens into cookies", "session.Sessions.Login", `s.proofs != nil`, `false`},
			{"logs no bad proof", "session.core.writeError", `		c.logRefusal(r, err.Error())
		c.proofs.WriteTokenError(w, r, err)`, `		c.proofs.WriteTokenError(w, r, err)`},
			{"takes a request without a token for a browser's", "session.Sessions.presented", ` || s.proofs != nil && !hasCookie`, ``},
			{"prints tokens", "session.Tokens.Format", `f.Write([]byte("session.Tokens"))`, `fmt.Fprint(f, t.Access, t.Refresh)`},
			{"logs tokens", "session.Tokens.LogValue", `"session.Tokens"`, `t.Access + t.Refresh`},
			{"takes one of two Bindings", "session.New", `len(bindings) > 1`, `false`},
		}},
		{"session.TestBoundOutage", []mutant{
			{"logs no outage of the used proofs", "session.proof.spend", `errors.Is(err, jwthttp.ErrUnavailable)`, `false`},
		}},
		{"session.TestBoundStrangersUseNoProof", []mutant{
			{"lets anybody fill the store of used proofs by a refresh", "session.Sessions.renew", `if r.Version != 0 {`, `if true {`},
			{"uses no proof for a logout", "session.core.end", `p.spend(ctx); err != nil`, `error(nil); err != nil`},
		}},
		{"session.TestBoundReplay", []mutant{
			{"uses no proof for a login", "session.Sessions.StartBound", `err = p.spend(r.Context()); err == nil`, `err == nil`},
			{"lets caches keep tokens", "session.Sessions.StartBound", `answer.ForbidCaching(w.Header())`, ``},
			{"keeps fields of another answer", "dpop.Verifier.WriteTokenError", `answer.Clean(h)`, ``},
		}},
		{"session.TestBoundAuthenticate", nil},
		{"session.TestCookiesBeforeBound", []mutant{
			{"refreshes a cookie without its proof", "session.Sessions.renew", `inCookies && s.proofs != nil`, `false`},
		}},
		{"session.TestBoundClaims", nil},
	}},
	{"22", "an operator learns of tokens that cannot be revoked, and of each logout that was refused", []proof{
		{"denylist.TestUnrevocableIsLogged", []mutant{
			{"logs nothing", "denylist.Check", `list.logged(ctx, &list.unrevocable, slog.LevelWarn, "denylist: a token cannot be revoked, and gets a 401", err)`, `err`},
		}},
		{"denylist.TestBackChannelLogsEachAtDebug", []mutant{
			{"logs the first one alone", "denylist.backChannel.log", `slog.LevelDebug`, `slog.LevelDebug - 1`},
			{"says nothing of the audience", "denylist.backChannel.log", `errors.Is(err, jwt.ErrTokenInvalidAudience)`, `false`},
		}},
	}},
	{"SESSIONS", "what a first user does wrong is said", []proof{
		{"session.TestNewErrors", []mutant{
			{"takes a Lifetime that leaves no cookie", "session.New", `iss.Lifetime() < minLifetime`, `false`},
		}},
		{"session.TestRefusalsAreLogged", []mutant{
			{"says that Handler is missing where it has cleared the cookies", "session.core.refuseAccess", ` && detail.RefusedBefore(r.Context()) == ""`, ``},
			{"does not say why Handler does not refresh", "session.Sessions.Handler", `			s.logRefusal(r, "it is not refreshed: "+err.Error())
`, ``},
			{"says that a request with a token of its own is not refreshed", "session.core.toRefresh", `bears(r) || `, ``},
			{"does not say that Handler is missing", "session.core.refuseAccess", `text != ""`, `text == "-"`},
		}},
		{"TestNewRefusesClaimsTypes", []mutant{
			{"takes the option string for what it never fills", "internal/tokenjson.typeWalk.visitFields", `!mayBeQuoted(f.Type)`, `false`},
			{"takes two fields of one name, of which none is filled", "internal/tokenjson.typeWalk.visitRegistered", `w.named[c.name] && v.IsZero()`, `w.named["\x00"] && v.IsZero()`},
			{"takes a field without a name in a nested struct", "internal/tokenjson.typeWalk.visitFields", `name == "" && !f.Anonymous`, `name == "" && !f.Anonymous && path == ""`},
		}},
	}},
	{"SESSIONS", "Conformance passes a right program with sessions", []proof{
		{"jwthttptest.TestConformanceOfSessions/refreshed silently", []mutant{
			{"sends no request of another site", "jwthttptest.client.keepsOtherSitesOut", `r.Header.Set(from.header, from.value)`, ``},
			{"forges a token that is the same", "jwthttptest.forged", `text[i] = otherLetter(text[i])`, ``},
			{"sends the forms of apps for browsers", "jwthttptest.client.carrying", `if c.isApp {`, `if true {`},
		}},
		{"jwthttptest.TestConformanceOfSessions/refreshed by scripts", nil},
		{"jwthttptest.TestConformanceOfSessions/revoked", nil},
		{"jwthttptest.TestConformanceOfSessions/anonymous", nil},
		{"jwthttptest.TestConformanceOfSessions/its own answers", []mutant{
			{"wants its own statuses of every chain", "jwthttptest.client.mustRefuse", `c.OwnErrors || `, ``},
		}},
		{"jwthttptest.TestConformanceOfSessions/other answers each time", []mutant{
			{"compares answers that are different each time", "jwthttptest.client.logsIn", `one == two`, `one != "" || two != ""`},
		}},
		{"jwthttptest.TestDependencies", nil},
	}},
	{"SESSIONS", "Conformance finds a program whose sessions are wrong", []proof{
		{"jwthttptest.TestConformanceOfBrokenSessions/no HttpOnly", []mutant{
			{"takes a cookie that scripts read", "jwthttptest.client.checkPair", `!one.HttpOnly}`, `false}`},
		}},
		{"jwthttptest.TestConformanceOfBrokenSessions/no Secure", []mutant{
			{"takes a cookie that is sent without TLS", "jwthttptest.client.checkPair", `!one.Secure}`, `false}`},
		}},
		{"jwthttptest.TestConformanceOfBrokenSessions/cookies that stay", []mutant{
			{"does not look at what is removed", "jwthttptest.client.checkCleared", `if !ok {`, `if !ok && false {`},
		}},
		{"jwthttptest.TestConformanceOfBrokenSessions/no no-store", []mutant{
			{"lets a cache store tokens", "jwthttptest.client.checkNoStore", `!strings.Contains(control, "no-store")`, `false`},
		}},
		{"jwthttptest.TestConformanceOfBrokenSessions/every method refreshes", []mutant{
			{"sends no token by GET", "jwthttptest.client.refreshes", `c.carrying(next.refresh), method(http.MethodGet)`, `c.carrying(""), method(http.MethodGet)`},
		}},
		{"jwthttptest.TestConformanceOfBrokenSessions/every method logs out", []mutant{
			{"sends no GET to log out", "jwthttptest.client.logsOut", `c.carrying(now.refresh), method(http.MethodGet)`, `method(http.MethodGet)`},
		}},
		{"jwthttptest.TestConformanceOfBrokenSessions/a body of any kind", nil},
		{"jwthttptest.TestConformanceOfBrokenSessions/a token in the query", nil},
		{"jwthttptest.TestConformanceOfBrokenSessions/no gate", nil},
		{"jwthttptest.TestConformanceOfBrokenSessions/a silent refresh without a gate", nil},
		{"jwthttptest.TestConformanceOfBrokenSessions/no end", []mutant{
			{"does not ask for an ended session again", "jwthttptest.client.mustHaveEnded", `c.present(c.Sessions.Refresh, token)`, `c.presentForged()`},
		}},
		{"jwthttptest.TestConformanceOfBrokenSessions/a login that goes on with the session that came", nil},
		{"jwthttptest.TestConformanceOfBrokenSessions/a logout with the access token", nil},
		{"jwthttptest.TestConformanceOfBrokenSessions/access tokens that outlive their session", []mutant{
			{"does not use an access token after its session", "jwthttptest.client.logsOut", `if c.Sessions.RevokesAccess {`, `if false {`},
		}},
		{"jwthttptest.TestConformanceOfBrokenSessions/other texts for other tokens", []mutant{
			{"does not compare the answers", "jwthttptest.client.mustHaveEnded", `got != c.unknown`, `false`},
		}},
		{"jwthttptest.TestConformanceOfBrokenSessions/one of two tokens", nil},
		{"jwthttptest.TestConformanceOfBrokenSessions/a refusal with the token", []mutant{
			{"does not know refresh tokens when it sees them", "jwthttptest.client.pairOf", `strings.Split(p.access, "."), p.refresh)`, `strings.Split(p.access, "."))`},
		}},
		{"jwthttptest.TestConformanceOfBrokenSessions/tokens like its own end all sessions", nil},
		{"jwthttptest.TestConformanceOfBrokenSessions/an outage that ends sessions", []mutant{
			{"does not look at an outage", "jwthttptest.exam.run", `x.Sessions.Outage()`, ``},
		}},
		{"jwthttptest.TestConformanceOfBrokenSessions/a lost answer is an end", nil},
		{"jwthttptest.TestConformanceOfBrokenSessions/one token for ever", nil},
		{"jwthttptest.TestConformanceOfBrokenSessions/tokens that are never used up", []mutant{
			{"counts refusals alone", "jwthttptest.client.refreshesAtOnce", `len(successors) > 1`, `false`},
		}},
		{"jwthttptest.TestConformanceOfBrokenSessions/tokens that are used up at once", []mutant{
			{"counts successors alone", "jwthttptest.client.refreshesAtOnce", `refused > 0`, `false`},
		}},
		{"jwthttptest.TestConformanceOfBrokenSessions/refresh tokens like the others", nil},
	}},
	{"DOC", "Conformance examines a gRPC server through grpcauthtest, and finds one that is wrong", []proof{
		{"grpcauth/grpcauthtest.TestCertificate", []mutant{
			{"sends what no call carries", "jwthttptest.exam.isCall", `r.RemoteAddr == own.RemoteAddr`, `true`},
		}},
		{"grpcauth/grpcauthtest.TestBrokenServers/a right one", []mutant{
			{"sends header values that no call carries", "jwthttptest.exam.isCall", `char < ' ' || char > '~'`, `false`},
		}},
		{"grpcauth/grpcauthtest.TestBrokenServers/a right one in an outage", []mutant{
			{"does not say when to try again", "grpcauth/grpcauthtest.writeStatus", `w.Header().Set("Retry-After"`, `_ = fmt.Sprint("Retry-After"`},
		}},
		{"grpcauth/grpcauthtest.TestBrokenServers/a token in a cookie", []mutant{
			{"passes one header on", "grpcauth/grpcauthtest.Handler", `md.Append(strings.ToLower(name), values...)`, `if name == "Authorization" { md.Append("authorization", values...) }`},
		}},
		{"grpcauth/grpcauthtest.TestBrokenServers/no challenge", nil},
		{"grpcauth/grpcauthtest.TestBrokenServers/another code", []mutant{
			{"answers as if each code were a refusal", "grpcauth/grpcauthtest.writeStatus", `code = http.StatusInternalServerError`, `code = http.StatusUnauthorized`},
		}},
		{"grpcauth/grpcauthtest.TestStreamThatSendsEarly", []mutant{
			{"drops what came before an error", "grpcauth/grpcauthtest.Handler", `writeStatus(w, status.Convert(err))`, `writeStatus(w, status.Convert(err)); return`},
		}},
	}},
	{"37", "the new cookies of a silent refresh are in its answer, whatever next does with the header", []proof{
		{"session.TestHandlerKeepsItsCookies", []mutant{
			{"leaves the cookies to next", "session.uncached.complete", `			h.Add("Set-Cookie", line)
`, `			_ = line
`},
			{"has the cookies of all others too", "session.Sessions.Handler", `!isOurs(line)`, `isOurs(line)`},
		}},
		{"session.TestHandlerAndLogoutInside", nil},
		{"session.TestHandlerKeepsTheLastCookie", []mutant{
			{"brings back the first line of a name", "session.uncached.complete", `slices.Backward(w.cookies)`, `slices.All(w.cookies)`},
		}},
	}},
	{"37", "a slow answer brings back no refresh token that was replaced meanwhile", []proof{
		{"session.TestHandlerOfALateAnswer", []mutant{
			{"brings back what was replaced", "session.core.late", `does != same && does != rotate`, `does == gone || does == finish`},
			{"brings back a token that was used", "session.core.late", `does != same && does != rotate`, `does == gone || does == finish || does == reuse`},
			{"brings back an ended session", "session.core.late", `does != same && does != rotate`, `does == reuse || does == repeat || does == reissue`},
			{"asks the store for every answer", "session.core.late", `since <= shortTimeout`, `false`},
			{"takes a store that fails for one that has no session", "session.core.late", `err == nil {`, `err == nil || err != nil {`},
			{"asks for a client that has left alone", "session.core.late", `context.WithoutCancel(ctx)`, `ctx`},
			{"has an access cookie that outlives its token", "session.core.late", `since > early(t.accessExpires.Sub(made))`, `false`},
			{"has no access cookie after a second", "session.core.late", `since > early(t.accessExpires.Sub(made))`, `since > time.Second`},
			{"asks for early hints", "session.uncached.WriteHeader", `w.begin(isFinal)`, `w.begin(true)`},
			{"asks after the header is written", "session.uncached.complete", ` && !w.isWritten`, ``},
			{"takes out the cookies of next", "session.uncached.complete", `return isLate(line) && slices.Contains(w.cookies, line)`, `return isLate(line)`},
		}},
	}},
	{"39", "an ending wins over a refresh that began before it, also where the session is idle by then", []proof{
		{"session.TestEndingBesideARefreshAtIdle", []mutant{
			{"passes over sessions that are idle", "session.core.endWhere", `!isMeant(&r, now)`, `r.isOver(now) || !isMeant(&r, now)`},
		}},
		{"session.TestEndOthersOfOldSessions", []mutant{
			{"ends what was over long ago", "session.core.endWhere", `!r.Ended && isOver || `, `isOver && false || `},
		}},
		{"session.TestEndOthersOfAStoreThatStalls", []mutant{
			{"waits anew for each session", "session.core.endWhere", `within.Err() != nil`, `false`},
		}},
		{"session.TestBoundLogoutOfAClientThatLeaves", []mutant{
			{"uses no proof of a client that has left", "session.Sessions.Logout", `context.WithoutCancel(r.Context())`, `r.Context()`},
		}},
	}},
	{"40", "a session that ends while its claims are made has ended, and a login without an answer leaves none", []proof{
		{"session.TestEndOfASessionDuringItsRefresh", []mutant{
			{"takes an end for a fault of the program", "session.core.set", `!time.Now().Before(t.refreshExpires)`, `false`},
		}},
		{"session.TestLoginWhoseAnswerIsLost", []mutant{
			{"leaves a session that nobody has the tokens of", "session.Sessions.begin", `			s.undo(ctx, &r)
`, ``},
		}},
		{"session.TestLogoutWithACookieAndAForm", []mutant{
			{"ends one of two sessions", "session.core.revoked", `slices.ContainsFunc(values, isRefreshToken) || !hasCookie`, `!hasCookie && slices.ContainsFunc(values, isRefreshToken) || !hasCookie`},
		}},
	}},
	{"22", "an Idle that logs active users out, and a fault of the program, are logged", []proof{
		{"session.TestShortIdleIsLogged", []mutant{
			{"says nothing of a short Idle", "session.New", `opts.Idle < 2*iss.Lifetime()`, `false`},
		}},
		{"session.TestFaultsOfTheProgramAreLogged", []mutant{
			{"logs no fault of the program", "session.core.misconfigured", `slog.LevelError`, `slog.LevelDebug`},
		}},
	}},
	{"34", "with a Lifetime that is no whole second, no token lives longer", []proof{
		{"session.TestLifetimeWithAFraction", []mutant{
			{"counts from within a second", "issue.core.payload", `time.Unix(now.Unix(), 0).Add(`, `now.Add(`},
		}},
	}},
	{"30", "instances with Nonces and without them may share a store", []proof{
		{"dpop.TestInstancesWithAndWithoutNonces", []mutant{
			{"remembers from the nonce's time on", "dpop.Verifier.checkTimes", `		made = now
`, ``},
		}},
	}},
	{"19", "a query is in no error that quotes an answer", []proof{
		{"jwks.TestQueryInAnErrorOfTheProvider", []mutant{
			{"shows what the provider has answered", "jwks.remote.get", `hasQuery {`, `hasQuery && false {`},
		}},
	}},
	{"4", "a Transport of the user's that panics is a fetch that fails", []proof{
		{"jwks.TestTransportThatPanics", []mutant{
			{"names no reason", "jwks.remote.get", `Options.Client has panicked: %v`, `it failed: %v`},
		}},
		{"jwks.TestTransportThatCallsGoexit", []mutant{
			{"waits for ever for a fetch that is gone", "jwks.Source.run", `	defer func() { s.finish(f, fresh, errLocate, err) }()
	ctx, cancel := context.WithTimeout(s.ctx, fetchTimeout)
	defer cancel()
	fresh, errLocate, err = s.fetch(ctx, f)
`, `	ctx, cancel := context.WithTimeout(s.ctx, fetchTimeout)
	fresh, errLocate, err = s.fetch(ctx, f)
	cancel()
	s.finish(f, fresh, errLocate, err)
`},
		}},
	}},
	{"2", "no extractor reads another place than its Source says", []proof{
		{"TestNewRefuses/a cookie whose Source was changed", []mutant{
			{"lets a cookie past the gate", "Extractor.reads", `return inCookie`, `return e.Source`},
		}},
		{"TestNewRefuses/HeaderNamed for another header", []mutant{
			{"reads one header and names another in Vary", "Extractor.reads", `return e.made`, `return e.Source`},
		}},
		{"TestChangedSources", []mutant{
			{"lets a cookie of package cookie past the gate", "Extractor.reads", ` || strings.HasPrefix(string(e.made), string(inCookie))`, ``},
			{"takes another case for another header", "Extractor.check", `!strings.EqualFold(string(e.Source), string(e.reads()))`, `e.Source != e.reads()`},
		}},
		{"TestNewRefuses/FirstOf with a Source", []mutant{
			{"leaves a FirstOf with a Source to its places", "all", `e.firstOf == nil || e.Source != "" || e.Extract != nil`, `e.firstOf == nil`},
		}},
		{"TestNewRefuses/FirstOf with a function", []mutant{
			{"leaves a FirstOf with a function to its places", "all", ` || e.Extract != nil`, ``},
		}},
		{"TestNewRefuses/a cookie in a literal for a header", []mutant{
			{"takes a literal's word for the place", "Extractor.reads", `code == cookieCode || `, ``},
		}},
	}},
	{"DOC", "AccessTokens with an error, a guard of a method that cannot be, and a copy of a key file are refused", []proof{
		{"oauth.TestAccessTokensMistakes", []mutant{
			{"returns Options for any issuer", "oauth.AccessTokens", `opts.Audience = []string{""}`, ``},
		}},
		{"grpcauth.TestOptionErrors", []mutant{
			{"takes a wildcard for the name of a method", "grpcauth.checkName", ` || strings.ContainsFunc(full, isOdd)`, ``},
		}},
		{"issue.TestDirectoryErrors", []mutant{
			{"signs with the copy of a key", "issue.file.key", `strings.Contains(extension, ".") || `, ``},
		}},
	}},
	{"6", "a text that is cut at the limit of members is not called too large, and an empty object ends", []proof{
		{"internal/tokenjson.TestCutIsNotLarge", []mutant{
			{"counts a member that is not there", "internal/tokenjson.reader.name", ` && !r.fault {`, ` {`},
		}},
		{"internal/tokenjson.FuzzMembers", []mutant{
			{"stays in an empty object", "internal/tokenjson.reader.open", `	r.depth--
`, ``},
			{"stays in an object", "internal/tokenjson.reader.next", `		r.depth--
`, ``},
		}},
	}},
}
