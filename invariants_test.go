package jwthttp_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A clause is a part of what must never happen, as the rule of that number says it,
// with the tests that fail when the code breaks it.
type clause struct {
	number int
	text   string
	tests  []string // "TestName", "TestName/case", "dir.TestName/case"
}

const invariants = 22

// Whoever changes the code so that a test of these fails has broken the clause, and
// whoever takes the test out leaves the clause to nobody.
var clauses = []clause{
	// Order and state.
	{1, "what is refused never reaches the next handler", []string{"TestAnswers/expired", "TestEveryCorruptedByteIsRefused", "FuzzRequest"}},
	{1, "the next handler runs once", []string{"TestAnswers/good", "TestAllowAnonymous/nothing"}},
	{1, "it runs only behind extraction", []string{"TestAnswers/header and cookie", "TestAnswers/Bearer alone"}},
	{1, "and the cross-origin gate", []string{"TestAnswers/cookie from another origin", "TestAnswers/bad cookie from another origin", "TestTrustedOrigins", "TestGate", "FuzzGate"}},
	{1, "which an origin without a host never passes", []string{"TestGate/data: with an empty Host", "TestGate/null with an empty Host", "TestGateWithoutHost"}},
	{1, "and the signature", []string{"TestAnswers/wrongly signed", "TestAlgorithms", "FuzzVerify"}},
	{1, "and the rules for claims, those of their type included", []string{"TestClaimRules", "TestIssuerAndAudience", "TestTime", "TestValidateOfTheType"}},
	{1, "and all checks, which are asked last", []string{"TestChecks", "TestAnswers/failed check", "TestAnswers/store out of reach"}},
	{1, "without a token it runs only under AllowAnonymous", []string{"TestAnswers/nothing", "TestAuthenticate"}},
	{1, "and then only if none was sent", []string{"TestAllowAnonymous/bad", "TestAllowAnonymous/malformed", "TestAllowAnonymous/cross-origin", "TestCheckErrorIsNoAnonymity", "TestCancelledContexts"}},
	{1, "no context holds claims before they are verified", []string{"TestNobodySeesClaimsEarly"}},
	{1, "Authenticate returns a token or an error", []string{"TestAuthenticate", "TestSegments", "TestCancelledContexts"}},
	{1, "an anonymous inner door hides an outer token of its claims type", []string{"TestAnonymousInnerDoorHidesOuterToken", "TestNewContext"}},
	{1, "from guards too", []string{"TestAnonymousInnerDoorHidesOuterToken", "TestScopesOfTheInnermostDoor/an anonymous inner door hides the outer token"}},

	{1, "a guard that is not inside a middleware for its claims type lets nothing pass, and says that the program is at fault", []string{"TestMisplacedGuards/rule outside", "TestMisplacedGuards/rule for a pointer", "TestMisplacedGuards/scopes outside", "TestRequireScopes/given nothing"}},

	{2, "two credentials in one place are refused", []string{"TestAnswers/two headers", "TestAnswers/two headers of other schemes", "TestAnswers/two values of a named header", "TestAnswers/two cookies of the name", "TestCookies/an empty one beside a full one"}},
	{2, "tokens in two places are refused", []string{"TestAnswers/header and cookie", "TestAnswers/cookie and named header"}},
	{2, "white space around a header's value does not count, over every version of HTTP", []string{"TestWhiteSpace", "jwthttptest.TestConformance", "FuzzRequest"}},
	{2, "nor does it for an extractor of the user's own", []string{"TestWhiteSpace/before a custom scheme", "TestWhiteSpace/what a custom extractor returns"}},
	{2, "a value without the name of a scheme is malformed", []string{"TestAnswers/no scheme", "TestOtherSpace", "TestWhiteSpace/a no-break space before Bearer"}},
	{2, "a cookie that net/http drops is malformed, not absent", []string{"TestCookies/a backslash", "TestCookies/a quote alone", "TestAnswers/a cookie with a backslash", "FuzzCookies"}},
	{2, "more than 3,000 cookies are not none", []string{"TestCookies/3,001 pairs", "TestCookies/two good ones and 2,999 more", "TestAnswers/3,001 cookies", "cookie.TestCookiesAsSent/before 3,000 others"}},
	{2, "what is in the first place is final", []string{"TestFirstOf/malformed header beside a good cookie", "TestAnswers/bad header beside a good cookie"}},
	{2, "nothing is taken from the query", []string{"TestCustomExtractor", "jwthttptest.TestConformance"}},

	{3, "each request has claims of its own", []string{"TestRequestsShareNothing"}},
	{3, "and payload bytes of its own", []string{"TestRequestsShareNothing", "TestParallelRequests"}},
	{3, "what was read of a header in a buffer is a copy", []string{"TestHeadersShareNothing"}},
	{3, "buffers belong to no key", []string{"TestBuffersBelongToNoKey"}},
	{3, "a signature in a buffer is not completed by the one before", []string{"TestSegments", "TestAlgorithms"}},
	{3, "buffers and HMAC states survive panics of the user's code", []string{"TestPanics", "TestPanicsOverHTTP"}},

	{4, "no data race", []string{"TestParallelRequests", "TestParallelIssuers", "TestPanics", "TestKeysAreSwappedUnderLoad", "jwks.TestRotationUnderLoad", "denylist.TestMemoryConcurrently", "cookie.TestConcurrentUse"}},
	{4, "the root package starts no goroutine", []string{"TestNoGoroutines", "TestCancelledContexts", "TestClockSteps"}},
	{4, "none of another package outlives its Close", []string{"jwks.TestClose", "jwks.TestCloseWaitsForEvents", "TestNoGoroutines"}},

	// Tokens.
	{5, "a token has 8 KiB, or what the option says", []string{"TestSizeLimits", "TestAnswers/oversized"}},
	{5, "which is at most 64 KiB", []string{"TestNewRefuses/big token"}},
	{5, "a cookie has 4 KiB, whatever the option says", []string{"TestCookieSizeLimit", "TestAnswers/oversized for a cookie"}},
	{5, "there are exactly two dots", []string{"TestSegments/one dot", "TestAlphabet"}},
	{5, "and no segment is empty", []string{"TestSegments/empty header", "TestSegments/empty payload", "TestSegments/empty signature"}},
	{5, "every byte is of base64url, line breaks and padding are none", []string{"TestAlphabet", "TestSegments/line feed inside", "TestSegments/padding", "TestSegments/standard alphabet"}},
	{5, "this is checked before anything is decoded", []string{"TestAlphabet"}},
	{5, "stray trailing bits are refused", []string{"TestSegments/stray trailing bits"}},

	{6, "the header is one JSON object", []string{"TestHeaderRules/array", "TestHeaderRules/null", "TestHeaderRules/two objects"}},
	{6, "of at most 2 KiB", []string{"TestHeaderRules/more than 2 KiB", "TestHeaderRules/2 KiB"}},
	{6, "at most 4 deep", []string{"TestHeaderRules/5 deep", "TestHeaderRules/4 deep"}},
	{6, "without a name twice", []string{"TestHeaderRules/duplicate", "TestHeaderRules/duplicate by escape", "TestHeaderRules/duplicate inside", "internal/jws.FuzzHeader"}},
	{6, "in valid UTF-8", []string{"TestHeaderRules/invalid UTF-8", "TestHeaderRules/lone surrogate"}},
	{6, "alg, kid and typ are strings", []string{"TestHeaderRules/alg null", "TestHeaderRules/alg number", "TestHeaderRules/kid number", "TestHeaderRules/typ null"}},
	{6, "kid has at most 256 bytes", []string{"TestHeaderRules/kid too long", "TestHeaderRules/longest kid"}},
	{6, "from 0x20 to 0x7e", []string{"TestHeaderRules/kid with 0x1f", "TestHeaderRules/kid with DEL", "TestHeaderRules/kid of the first and the last byte"}},
	{6, "crit, b64, zip and enc are refused, whatever they say", []string{"TestHeaderRules/crit", "TestHeaderRules/crit null", "TestHeaderRules/crit escaped", "TestHeaderRules/b64 false", "TestHeaderRules/zip null", "TestHeaderRules/enc null"}},
	{6, "keys that it offers are never looked at", []string{"TestHeaderRules/keys offered", "jwks.TestTokensLeadNowhere/forged with jku"}},

	{7, "a typ is one that is meant for access", []string{"TestType", "TestAnswers/wrong typ"}},
	{7, "with or without application/, in any case", []string{"TestType"}},
	{7, "the one that is asked for must be there", []string{"TestType"}},

	{8, "nothing of the payload is decoded before the signature is verified", []string{"TestSignatureComesFirst"}},
	{8, "a source for several issuers sees the top-level iss alone", []string{"TestIssuers/iss nested", "TestIssuers/iss in a string", "TestUnverifiedIssuer", "FuzzUnverifiedIssuer"}},
	{8, "under the limits of the payload", []string{"TestIssuers/the 257th", "TestIssuers/33 deep before", "TestUnverifiedIssuer/257 bytes"}},

	{9, "the payload is one JSON object", []string{"TestClaimRules/null", "TestClaimRules/array", "TestTypesThatDecodeThemselves"}},
	{9, "in valid UTF-8, without lone surrogates", []string{"TestClaimRules/invalid UTF-8", "TestClaimRules/lone surrogate", "TestTypesThatDecodeThemselves"}},
	{9, "at most 32 deep", []string{"TestClaimRules/33 deep", "TestClaimRules/33 deep in objects", "TestClaimRules/32 deep"}},
	{9, "of at most 256 members", []string{"TestClaimRules/257 members", "TestClaimRules/256 members"}},
	{9, "and 64 audiences", []string{"TestClaimRules/65 audiences", "TestClaimRules/64 audiences"}},
	{9, "without a name twice at any depth", []string{"TestClaimRules/duplicate", "TestClaimRules/duplicate by escape", "TestClaimRules/duplicate inside", "TestTypesThatDecodeThemselves"}},
	{9, "with nothing after it", []string{"TestClaimRules/trailing object", "TestClaimRules/NUL"}},
	{9, "names bind to fields in exact case alone", []string{"TestClaimsTypes", "TestClaimRules/other case is another name"}},

	{10, "the rules hold for every claims type", []string{"TestClaimRules", "TestTypesThatWriteToThePayload"}},
	{10, "exp is a number between 0 and the end of year 9999, if it is there", []string{"TestClaimRules/exp null", "TestClaimRules/exp string", "TestClaimRules/exp 1e300", "TestClaimRules/exp beyond 9999", "TestClaimRules/exp negative"}},
	{10, "so is nbf", []string{"TestClaimRules/nbf null", "TestClaimRules/nbf string", "TestClaimRules/nbf negative", "TestClaimRules/nbf beyond 9999"}},
	{10, "so is iat", []string{"TestClaimRules/iat null", "TestClaimRules/iat string", "TestClaimRules/iat negative", "TestClaimRules/iat beyond 9999"}},
	{10, "fractions count: exp is rounded down, nbf up", []string{"TestTime", "internal/tokenjson.TestNumericDateAgainstBig", "internal/tokenjson.FuzzNumericDate"}},
	{10, "iss, sub and jti are strings", []string{"TestClaimRules/iss null", "TestClaimRules/iss number", "TestClaimRules/sub null", "TestClaimRules/jti null"}},
	{10, "aud is a string or an array of strings", []string{"TestClaimRules/aud null", "TestClaimRules/aud number", "TestClaimRules/aud with null", "TestClaimRules/aud nested"}},
	{10, "a name is a name however it is escaped", []string{"TestClaimRules/exp escaped and past", "TestClaimRules/nbf escaped and ahead", "TestClaimRules/cnf escaped"}},
	{10, "exp is required", []string{"TestClaimRules/no exp", "TestClaimRules/exp nested"}},
	{10, "and refused from its second on", []string{"TestTime", "TestRememberedTokensExpire", "TestClockSteps"}},
	{10, "unless AllowMissingExpiry says so, which leaves one that is there in force", []string{"TestTime", "TestClaimRules/exp null", "TestClaimRules/exp 0"}},
	{10, "leeway is counted, 5 minutes of it at most", []string{"TestTime", "TestNewRefuses/long leeway"}},
	{10, "iat counts with MaxAge alone, which requires it", []string{"TestTime", "TestClaimRules/iat ahead"}},

	{11, "one of the audiences must be there, compared exactly", []string{"TestIssuerAndAudience/another aud", "TestIssuerAndAudience/a prefix", "TestIssuerAndAudience/no aud", "TestIssuersWithAudiences"}},
	{11, "an audience that nobody asked for is refused", []string{"TestIssuerAndAudience/an aud nobody asked for", "TestIssuerAndAudience/an empty aud nobody asked for", "TestAnswers/an audience where none is configured"}},
	{11, "a remote source without an audience is refused when it is made", []string{"jwks.TestConstructorErrors/no audience"}},
	{11, "iss is compared exactly with the one of the options", []string{"TestIssuerAndAudience/another iss", "TestIssuerAndAudience/iss in another case", "TestIssuerAndAudience/no iss"}},
	{11, "and with the one that the key is bound to", []string{"TestIssuerAndAudience/bound, another iss", "TestIssuersBindKeys", "jwks.TestBinding/another issuer"}},

	// Keys.
	{12, "a key verifies signatures of its algorithm alone", []string{"TestOnlyOneAlgorithmPerKey", "TestAlgorithmConfusion", "TestRSASignatures"}},
	{12, "a secret has 32 bytes", []string{"TestNewRefusesKeys/short secret"}},
	{12, "and is no public key", []string{"TestNewRefusesKeys/PEM as a secret", "TestNewRefusesKeys/PKIX DER as a secret", "TestNewRefusesKeys/ssh line as a secret", "TestPublicKeysAreNoSecrets", "FuzzParseRSAPublicKey"}},
	{12, "an RSA key has 2048 to 8192 bits", []string{"TestNewRefusesKeys/2047 bits", "TestNewRefusesKeys/8193 bits"}},
	{12, "and an odd exponent from 3 below 2^31", []string{"TestNewRefusesKeys/exponent 1", "TestNewRefusesKeys/exponent even", "TestNewRefusesKeys/exponent 2^31+1"}},
	{12, "a key of a curve lies on it", []string{"TestEdDSAKeysOffTheCurve", "TestNewRefusesPublicKeys"}},
	{12, "all this holds for keys of remote sets", []string{"jwks.TestParseKey/RSA 8192 bits", "jwks.TestParseKey/RSA 8193 bits", "jwks.TestParseKey/RSA e even", "jwks.TestParseKey/EC off the curve", "jwks.TestParseKey/Ed25519 off the curve", "internal/jwk.TestForms"}},
	{12, "keys copy what they are made of", []string{"TestKeysCopy", "TestNewCopies"}},
	{12, "New refuses a key that is nil or empty, also behind a type", []string{"TestNewRefusesKeys/nil", "TestNewRefusesKeys/zero key", "TestNewRefusesKeys/typed nil", "TestNewRefusesKeys/nil RSA key"}},
	{12, "one that a function returns later is a 503", []string{"TestKeyFunc/zero beside a good one", "TestNewRefusesPublicKeys", "TestFromKeyfunc/typed nil"}},

	{13, "a key is for its algorithm and id, or for any where one side has none", []string{"TestEligibleKeys/ids in another order", "TestEligibleKeys/no id in the token, one named key", "TestEligibleKeys/unnamed key, named token"}},
	{13, "a token that names a kid is tried with the key of that kid and algorithm alone", []string{"TestEligibleKeys/an id in the token, signed by the key without", "TestEligibleKeys/one id, two algorithms", "TestEligibleKeys/an id in the token, nine named keys"}},
	{13, "or, where none has that kid, with those without id", []string{"TestEligibleKeys/another id, eight named keys and one without", "TestEligibleKeys/another id, signed by a named key", "TestEligibleKeys/an id in the token, named keys of another algorithm"}},
	{13, "one without kid is tried with all keys of its algorithm", []string{"TestEligibleKeys/no id in the token, two named keys", "TestEligibleKeys/from a key without id to one with, old"}},
	{13, "at most 8 are tried, and with more the token is refused", []string{"TestNewRefusesKeys/nine unnamed", "TestEligibleKeys/no id in the token, nine named keys", "TestEligibleKeys/no id in the token, eight named keys and one without", "TestFromKeyfunc/nine keys", "TestBindingIsBounded"}},
	{13, "New refuses the same id and algorithm twice", []string{"TestNewRefusesKeys/duplicate id", "TestNewRefusesKeys/duplicate id among others"}},
	{13, "named and unnamed keys may be in one set", []string{"TestEligibleKeys/from a key with an id to one without, new", "TestEligibleKeys/from a key without id to one with, new"}},
	{13, "in remote sets too", []string{"jwks.TestEligibleKeys/one of each", "jwks.TestEligibleKeys/nine named", "jwks.TestEligibleKeys/nine without kid", "jwks.TestRotationToNames"}},
	{13, "in a remote set the first of one kid and algorithm counts, and the other one is reported", []string{"jwks.TestParseSet/two keys of one kid: the first stays", "jwks.TestParseSet/two algorithms of one kid", "jwks.TestEligibleKeys/the second of a kid"}},
	{13, "a KeyFunc returns eight keys at most", []string{"TestEligibleKeys"}},

	{14, "no secret comes from a remote set", []string{"jwks.TestParseKey/oct HS256", "jwks.TestBadRefresh/no usable key"}},
	{14, "secrets and public keys side by side are not taken for each other", []string{"TestAlgorithmConfusion", "TestNewRefusesKeys/keyfunc with both"}},

	// Remote key sets.
	{15, "keys come over https, but from this machine", []string{"jwks.TestConstructorErrors/plain http", "jwks.TestWhereKeysAre"}},
	{15, "no redirect leads to another host", []string{"jwks.TestRedirects/another host", "jwks.TestRedirects/another port", "jwks.TestRedirectsOverNetwork"}},
	{15, "or down to http", []string{"jwks.TestRedirects/down to http"}},
	{15, "a fetch takes 5 seconds, with all that belongs to it", []string{"jwks.TestFetchTakesFiveSeconds", "jwks.TestDiscoveryTakesFiveSeconds"}},
	{15, "and brings 512 KiB", []string{"jwks.TestAnswers/512 KiB and a byte"}},
	{15, "of which the first 100 keys that can be used count, and the rest is reported", []string{"jwks.TestParseManyKeys/101", "jwks.TestParseManyKeys/150 with odd ones among them"}},
	{15, "a key that cannot be used spoils no other", []string{"jwks.TestParseKey", "jwks.TestParseProviders"}},
	{15, "a use other than sig is skipped", []string{"jwks.TestParseKey/use enc"}},
	{15, "so are key_ops without verify", []string{"jwks.TestParseKey/key_ops without verify"}},

	{16, "unknown kids and failed signatures have a budget: four fetches, one more each 30 seconds", []string{"jwks.TestBudget/unknown kids", "jwks.TestBudget/failed signatures", "jwks.TestFloodOfUnknownKeys", "jwks.TestForgedSignatures"}},
	{16, "a key that was replaced under its kid is found", []string{"jwks.TestReplacedKeys/one kid", "jwks.TestReplacedKeys/no kid", "TestReplacedKeys/replaced"}},
	{16, "one at a time", []string{"jwks.TestReadyAndRefresh", "jwks.TestRotation", "jwks.TestReplacedKeyUnderLoad"}},
	{16, "which goes on without the request", []string{"jwks.TestWaiting"}},
	{16, "that waits no longer than its context and 2 seconds", []string{"jwks.TestWaiting", "jwks.TestContextIsOver", "jwks.TestFailedSignatureInTrouble"}},
	{16, "a good token of a known key never waits", []string{"jwks.TestRenewal", "jwks.TestFloodOfUnknownKeys", "jwks.TestForgedSignatures"}},
	{16, "the budget is claimed before the fetch", []string{"jwks.TestBudget"}},
	{16, "a failed fetch is tried again after a second, then less often", []string{"jwks.TestDownAtBoot"}},
	{16, "not by all at once", []string{"jwks.TestRetriesSpread", "jwks.TestRenewalsSpread"}},
	{16, "whatever the budget says: it is well within seconds", []string{"jwks.TestDownAtBoot"}},
	{16, "in a flood a new key is seen after 30 seconds", []string{"jwks.TestFloodOfUnknownKeys", "jwks.TestFloodWhileDown"}},
	{16, "a single stray kid delays nothing", []string{"jwks.TestStrayKids"}},
	{16, "Retry-After is heeded: a minute, 5 minutes, an hour, half of the time until keys are stale", []string{"jwks.TestRetryAfter", "jwks.TestRetryAfterWhileStale", "jwks.TestRetryAfterOfMetadataAlone"}},
	{16, "but not by Refresh", []string{"jwks.TestRetryAfter"}},

	{17, "no bad answer takes good keys away", []string{"jwks.TestBadRefresh/status 500", "jwks.TestBadRefresh/empty", "jwks.TestBadRefresh/no keys", "jwks.TestBadRefresh/truncated"}},
	{17, "nor does a set of keys that cannot verify", []string{"jwks.TestBadRefresh/keys that cannot verify"}},
	{17, "keys past the stale limit verify nothing, with a 503", []string{"jwks.TestStale"}},
	{17, "by the earlier of both clocks, and a machine that wakes up renews them", []string{"jwks.TestSleep", "jwks.TestRenewalAfterSleep"}},
	{17, "max-age counts from 5 minutes to a day", []string{"jwks.TestLifetime/max-age", "jwks.TestLifetime/max-age below 5 minutes", "jwks.TestLifetime/max-age above a day"}},
	{17, "no sum of times overflows", []string{"jwks.TestLifetime/Expires in the year 1 with Age", "jwks.TestLifetime/Age beyond 64 bits", "jwks.TestRetryAfter/beyond 64 bits"}},
	{17, "Refresh asks for everything anew", []string{"jwks.TestRevalidation", "jwks.TestKeysMove/by Refresh", "jwks.TestRefreshIsWhole"}},
	{17, "so do an unknown kid, a failed signature and at least one fetch a day", []string{"jwks.TestKeysMove/for an unknown key", "jwks.TestKeysMove/for a failed signature", "jwks.TestWholeFetchEveryDay", "jwks.TestWholeFetchAfterSleep"}},

	{18, "no token decides where keys come from", []string{"jwks.TestTokensLeadNowhere", "TestIssuers/another", "jwks.TestBadMetadata"}},

	// Answers and logs.
	{19, "a client reads constant sentences", []string{"TestAnswers", "TestInnerErrors", "TestAnswerToAnotherIssuer"}},
	{19, "nothing prints a key, a token or claims", []string{"TestNothingPrintsSecrets", "TestNothingPrintsThePayload"}},
	{19, "no error text shows a token", []string{"TestErrorsShowNoToken", "TestSegments"}},
	{19, "nor does one of a fetch, or of a key, show a secret", []string{"jwks.TestErrorText/a private key", "jwks.TestParseKey/RSA private"}},
	{19, "what is logged of an inner error is one line of 256 bytes", []string{"TestInnerErrors", "TestKinds", "TestResultAtItsDoor", "jwks.TestErrorText/a long kid", "jwks.TestEventsAreShort"}},

	{20, "what a forged token of the full size costs is written down, for each algorithm and key size, and less than 2 KiB for HMAC and RSA 2048", []string{"TestCostOfForgedTokens", "TestForgedTokensAreCheap", "TestForgedTokensAreCheapWithFromKeyfunc", "TestForgedTokensAreCheapWithIssuers", "TestForgedNamesAreCheap"}},
	{20, "nothing of a refused request is kept", []string{"TestBuffersBelongToNoKey"}},
	{20, "and no decoding of claims", []string{"TestSignatureComesFirst"}},
	{20, "many cookies cost no more than their bytes", []string{"TestManyCookiesAreCheap"}},
	{20, "the memory of signatures holds good ones alone, and so many", []string{"TestSignatureMemory", "TestSignatureMemoryOfAllAlgorithms", "internal/jws.TestMemoryIsBounded"}},
	{20, "keys that are made or bound on the way are few", []string{"TestFromKeyfuncFollowsTheFunction", "TestBindingIsBounded"}},
	{20, "a list of revocations has an end", []string{"denylist.TestMemoryFull", "denylist.TestMemoryFullOfOneKind"}},

	{21, "a token that is bound to a key is no bearer token", []string{"TestClaimRules/cnf", "TestClaimRules/cnf null", "TestClaimRules/cnf escaped"}},
	{21, "unless an option says so", []string{"TestIssuerAndAudience/cnf allowed"}},

	{22, "a guard that is not inside a middleware for its claims type is logged with a zero configuration, once a minute", []string{"TestMisplacedGuards", "TestMisplacedGuardsAreLoggedOnceAMinute"}},
	{22, "log texts are one line for every reader, and hold no bidirectional control characters", []string{"internal/logtext.TestCut", "internal/logtext.FuzzCut", "TestInnerErrors"}},
}

// Every invariant has its clauses, and every clause its tests.
func TestInvariants(t *testing.T) {
	known := map[string]testFiles{}
	for _, fault := range faultsOf(t, clauses, known) {
		t.Error(fault)
	}
	if t.Failed() {
		return
	}
	// And a table that is not so is found out.
	change := func(i int, f func(*clause)) []clause {
		table := slices.Clone(clauses)
		table[i].tests = slices.Clone(table[i].tests)
		f(&table[i])
		return table
	}
	for want, table := range map[string][]clause{
		"no clause for 21":                      slices.DeleteFunc(slices.Clone(clauses), func(c clause) bool { return c.number == 21 }),
		"there is no 23":                        change(0, func(c *clause) { c.number = 23 }),
		"a clause of 1 says nothing":            change(0, func(c *clause) { c.text = "" }),
		"has no test":                           change(0, func(c *clause) { c.tests = nil }),
		"no TestNothing in .":                   change(0, func(c *clause) { c.tests[0] = "TestNothing" }),
		"no TestAnswer in .":                    change(0, func(c *clause) { c.tests[0] = "TestAnswer/expired" }),
		"no TestStale in denylist":              change(0, func(c *clause) { c.tests[0] = "denylist.TestStale" }),
		"no TestStale in nowhere":               change(0, func(c *clause) { c.tests[0] = "nowhere.TestStale" }),
		`no case "no case" beside TestAnswers`:  change(0, func(c *clause) { c.tests[0] = "TestAnswers/no case" }),
		"no testClaimRules in jwks":             change(0, func(c *clause) { c.tests[0] = "jwks.testClaimRules" }),
		"TestAnswers/expired is there twice in": change(0, func(c *clause) { c.tests = append(c.tests, c.tests[0]) }),
	} {
		if faults := faultsOf(t, table, known); len(faults) != 1 || !strings.Contains(faults[0], want) {
			t.Errorf("found %q, want %q", faults, want)
		}
	}
}

// faultsOf returns what is wrong with a table. It keeps what it has read in known.
func faultsOf(t testing.TB, table []clause, known map[string]testFiles) (faults []string) {
	t.Helper()
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	for n := 1; n <= invariants; n++ {
		if !slices.ContainsFunc(table, func(c clause) bool { return c.number == n }) {
			fault("no clause for %d", n)
		}
	}
	for _, c := range table {
		if c.number < 1 || c.number > invariants {
			fault("there is no %d", c.number)
		}
		if c.text == "" {
			fault("a clause of %d says nothing", c.number)
		}
		if len(c.tests) == 0 {
			fault("%q of %d has no test", c.text, c.number)
		}
		for i, name := range c.tests {
			if slices.Contains(c.tests[:i], name) {
				fault("%s is there twice in %q of %d", name, c.text, c.number)
			}
			dir, rest := ".", name
			if !strings.HasPrefix(name, "Test") && !strings.HasPrefix(name, "Fuzz") {
				dir, rest, _ = strings.Cut(name, ".")
			}
			function, row, hasRow := strings.Cut(rest, "/")
			if known[dir] == nil {
				known[dir] = readTests(t, dir)
			}
			if literals := known[dir][function]; literals == nil {
				fault("%q of %d: no %s in %s", c.text, c.number, function, dir)
			} else if hasRow && !literals[row] {
				fault("%q of %d: no case %q beside %s", c.text, c.number, row, function)
			}
		}
	}
	return faults
}

// testFiles are the tests and fuzz targets of a package, each with the strings that
// stand in it, and in its file outside of tests: the names of its cases among them.
type testFiles map[string]map[string]bool

func readTests(t testing.TB, dir string) testFiles {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	tests := testFiles{}
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(file) == "invariants_test.go" {
			continue // it names them all
		}
		shared := map[string]bool{} // by the tests of the file: the tables outside of them
		for _, decl := range tree.Decls {
			if f, ok := decl.(*ast.FuncDecl); !ok || !isTest(f) {
				addLiterals(t, shared, decl)
			}
		}
		for _, decl := range tree.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || !isTest(f) {
				continue
			}
			literals := maps.Clone(shared)
			if addLiterals(t, literals, f) {
				t.Errorf("%s: %s may be skipped", file, f.Name.Name)
			}
			tests[f.Name.Name] = literals
		}
	}
	return tests
}

func isTest(f *ast.FuncDecl) bool {
	return f.Recv == nil && (strings.HasPrefix(f.Name.Name, "Test") || strings.HasPrefix(f.Name.Name, "Fuzz")) && len(f.Type.Params.List) == 1
}

// addLiterals adds the strings in a declaration, and reports whether something in it
// skips a test.
func addLiterals(t testing.TB, literals map[string]bool, decl ast.Decl) (skips bool) {
	t.Helper()
	ast.Inspect(decl, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if n.Kind == token.STRING {
				text, err := strconv.Unquote(n.Value)
				if err != nil {
					t.Fatal(err)
				}
				literals[text] = true
			}
		case *ast.SelectorExpr:
			skips = skips || n.Sel.Name == "Skip" || n.Sel.Name == "Skipf" || n.Sel.Name == "SkipNow"
		}
		return true
	})
	return skips
}
