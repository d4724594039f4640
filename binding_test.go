package jwthttp_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/justinas/alice"

	"github.com/jwthttp/jwthttp"
)

// A fakeBinding is a Binding of a test. It counts the calls of Confirm.
type fakeBinding struct {
	member, scheme, parameters string

	confirm func(r *http.Request, token string, thumbprint [sha256.Size]byte) error
	answer  func(h http.Header)
	asked   atomic.Int32
}

func (b *fakeBinding) Member() string           { return b.member }
func (b *fakeBinding) Scheme() (string, string) { return b.scheme, b.parameters }
func (b *fakeBinding) Answer(h http.Header) {
	if b.answer != nil {
		b.answer(h)
	}
}

func (b *fakeBinding) Confirm(r *http.Request, token string, thumbprint [sha256.Size]byte) error {
	b.asked.Add(1)
	return b.confirm(r, token, thumbprint)
}

// A proofError wraps a kind, and says more.
type proofError struct {
	kind error
	text string
}

func (e proofError) Error() string { return e.text }
func (e proofError) Unwrap() error { return e.kind }

// fakeDPoP takes the DPoP header for the name of the key that proves itself, or for what is wrong.
func fakeDPoP() *fakeBinding {
	confirm := func(r *http.Request, _ string, thumbprint [sha256.Size]byte) error {
		proofs := r.Header["Dpop"]
		if len(proofs) != 1 || proofs[0] == "bad" {
			return fmt.Errorf("%w: one good proof is wanted", jwthttp.ErrInvalidProof)
		}
		switch proof := proofs[0]; {
		case proof == "stale":
			return fmt.Errorf("%w: the nonce is old", jwthttp.ErrUseNonce)
		case proof == "store down":
			return fmt.Errorf("used proofs: %w", jwthttp.ErrUnavailable)
		case sha256.Sum256([]byte(proof)) != thumbprint:
			return errors.New("another key")
		}
		return nil
	}
	answer := func(h http.Header) {
		h.Set("DPoP-Nonce", "n2")
		if h.Get("Cache-Control") == "" {
			h.Set("Cache-Control", "no-store")
		}
	}
	return &fakeBinding{member: "jkt", scheme: "DPoP", parameters: `algs="ES256 EdDSA"`, confirm: confirm, answer: answer}
}

// fakeTLS takes the header X-Cert for the certificate of the client.
func fakeTLS() *fakeBinding {
	return &fakeBinding{member: "x5t#S256", confirm: func(r *http.Request, _ string, thumbprint [sha256.Size]byte) error {
		if cert := r.Header.Get("X-Cert"); cert == "" || sha256.Sum256([]byte(cert)) != thumbprint {
			return errors.New("another certificate, or none")
		}
		return nil
	}, answer: func(http.Header) { panic("Answer without a scheme") }}
}

func thumbprint(key string) string {
	sum := sha256.Sum256([]byte(key))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// jkt and x5t return the claim cnf for a key.
func jkt(key string) string { return fmt.Sprintf(`"cnf":{"jkt":%q}`, thumbprint(key)) }
func x5t(key string) string { return fmt.Sprintf(`"cnf":{"x5t#S256":%q}`, thumbprint(key)) }
func both(jkt, x5t string) string {
	return fmt.Sprintf(`"cnf":{"x5t#S256":%q,"jkt":%q}`, thumbprint(x5t), thumbprint(jkt))
}

func signed(more string) string { return signHS(secret, plainHeader, payload(more)) }

// boundBy returns the middleware of each profile of bindings.
func boundBy(t *testing.T, profile string, opts jwthttp.Options) *jwthttp.Middleware[AppClaims] {
	t.Helper()
	for name := range strings.SplitSeq(profile, ", ") {
		switch name {
		case "DPoP":
			opts.Bindings = append(opts.Bindings, fakeDPoP())
		case "TLS":
			opts.Bindings = append(opts.Bindings, fakeTLS())
		case "unbound":
			opts.AllowUnbound = true
		case "anonymous":
			opts.AllowAnonymous = true
		case "cookie":
			opts.Extractors = []jwthttp.Extractor{jwthttp.FirstOf(jwthttp.BearerHeader(), jwthttp.Cookie("token")), jwthttp.HeaderNamed("X-Token")}
		}
	}
	return mustNew[AppClaims](t, jwthttp.HS256(secret), opts)
}

const (
	malformed   = "The credential is malformed"
	several     = "The request carries more than one credential"
	notAccepted = "The access token is bound in a way that is not accepted"
	notBound    = "The access token is not bound to a key"
	otherScheme = "The access token was sent under another scheme than its own"
	otherKey    = "The access token is bound to another key"
	badProof    = "The proof of possession was refused"
	needsNonce  = "The proof of possession needs a current nonce of the server"
	needsScope  = "The access token lacks a required scope"
)

// Each row of the table for bound tokens is checked over real HTTP: the status, each challenge, the
// body's error, the nonce, and whether next ran.
func TestBoundAnswers(t *testing.T) {
	const dpop, both2, mixed, tls = "DPoP", "DPoP, unbound", "DPoP, TLS", "TLS"
	good := signed(jkt("alice"))
	plain := signed("")
	expired := signHS(secret, plainHeader, `{"exp":1,`+jkt("alice")+`}`)
	forged := signHS([]byte("another"), plainHeader, payload(jkt("alice")))
	const proof = "DPoP: alice"
	for _, tc := range []struct {
		name       string
		profile    string
		lines      []string
		status     int
		code       string // the error of challenge and body
		in         string // the schemes whose lines have the error
		text       string // error_description
		challenged string // the schemes with a line; "" for none
		nonce      bool
	}{
		{"two headers", dpop, []string{"Authorization: DPoP " + good, "Authorization: DPoP " + good, proof}, 400, "invalid_request", "DPoP", several, "DPoP", true},
		{"Bearer and DPoP", both2, []string{"Authorization: Bearer " + plain, "Authorization: DPoP " + good, proof}, 400, "invalid_request", "Bearer DPoP", several, "Bearer DPoP", true},
		{"DPoP twice, both lines", both2, []string{"Authorization: DPoP " + good, "Authorization: DPoP " + good, proof}, 400, "invalid_request", "Bearer DPoP", several, "Bearer DPoP", true},
		{"DPoP and Basic", mixed, []string{"Authorization: DPoP " + good, "Authorization: Basic YTpi", proof}, 400, "invalid_request", "Bearer DPoP", several, "Bearer DPoP", true},
		{"DPoP beside a token in another place", "DPoP, unbound, cookie", []string{"Authorization: DPoP " + good, "X-Token: " + plain, proof}, 400, "invalid_request", "Bearer DPoP", several, "Bearer DPoP", true},
		{"no scheme", both2, []string{"Authorization: \"DPoP " + good, proof}, 400, "invalid_request", "Bearer DPoP", malformed, "Bearer DPoP", true},

		{"none", dpop, nil, 401, "", "", "", "DPoP", true},
		{"none, both lines", both2, nil, 401, "", "", "", "Bearer DPoP", true},
		{"none, with TLS beside it", mixed, nil, 401, "", "", "", "Bearer DPoP", true},
		{"none, TLS alone", tls, nil, 401, "", "", "", "Bearer", false},
		{"none, TLS alone and unbound", "TLS, unbound", nil, 401, "", "", "", "Bearer", false},
		{"another scheme", both2, []string{"Authorization: Basic YTpi", proof}, 401, "", "", "", "Bearer DPoP", true},
		{"a scheme that begins so", both2, []string{"Authorization: DPoPX " + good, proof}, 401, "", "", "", "Bearer DPoP", true},
		{"DPoP where TLS is alone", tls, []string{"Authorization: DPoP " + good, proof}, 401, "", "", "", "Bearer", false},
		{"a DPoP header alone", dpop, []string{proof}, 401, "", "", "", "DPoP", true},
		{"none, anonymous", "DPoP, anonymous", nil, 200, "", "", "", "", false},
		{"a DPoP header alone, anonymous", "DPoP, anonymous", []string{proof}, 200, "", "", "", "", false},
		{"another scheme, anonymous", "DPoP, anonymous", []string{"Authorization: Basic YTpi"}, 200, "", "", "", "", false},
		{"a bad DPoP token is not none", "DPoP, anonymous", []string{"Authorization: DPoP x", proof}, 401, "invalid_token", "DPoP", "The access token is malformed", "DPoP", true},

		{"DPoP with nothing", both2, []string{"Authorization: DPoP", proof}, 400, "invalid_request", "DPoP", malformed, "Bearer DPoP", true},
		{"DPoP with two words", both2, []string{"Authorization: DPoP " + good + " x", proof}, 400, "invalid_request", "DPoP", malformed, "Bearer DPoP", true},
		{"DPoP with a tab", both2, []string{"Authorization: DPoP\t" + good, proof}, 400, "invalid_request", "DPoP", malformed, "Bearer DPoP", true},
		{"DPoP with nothing, anonymous", "DPoP, anonymous", []string{"Authorization: DPoP", proof}, 400, "invalid_request", "DPoP", malformed, "DPoP", true},
		{"DPoP with a comma beside other places", "DPoP, cookie", []string{"Authorization: DPoP " + good + ",", proof}, 400, "invalid_request", "DPoP", malformed, "DPoP", true},
		{"Bearer with two words", both2, []string{"Authorization: Bearer " + plain + " x"}, 400, "invalid_request", "Bearer", malformed, "Bearer DPoP", true},

		{"an expired token", both2, []string{"Authorization: DPoP " + expired, "DPoP: bad"}, 401, "invalid_token", "DPoP", "The access token expired", "Bearer DPoP", true},
		{"a forged token", dpop, []string{"Authorization: DPoP " + forged, "DPoP: store down"}, 401, "invalid_token", "DPoP", "The access token signature is invalid", "DPoP", true},

		{"cnf is null", dpop, []string{"Authorization: DPoP " + signed(`"cnf":null`), proof}, 401, "invalid_token", "DPoP", notAccepted, "DPoP", true},
		{"cnf is empty", both2, []string{"Authorization: Bearer " + signed(`"cnf":{}`), proof}, 401, "invalid_token", "Bearer", notAccepted, "Bearer DPoP", true},
		{"an unknown member", mixed, []string{"Authorization: DPoP " + signed(`"cnf":{"jkt":"`+thumbprint("alice")+`","kid":"x"}`), proof}, 401, "invalid_token", "DPoP", notAccepted, "Bearer DPoP", true},
		{"a member of a Binding that is not there", tls, []string{"Authorization: Bearer " + good, proof}, 401, "invalid_token", "Bearer", notAccepted, "Bearer", false},

		{"jkt under Bearer", both2, []string{"Authorization: Bearer " + good, proof}, 401, "invalid_token", "Bearer", otherScheme, "Bearer DPoP", true},
		{"jkt under Bearer, one line", dpop, []string{"Authorization: Bearer " + good, proof}, 401, "invalid_token", "DPoP", otherScheme, "DPoP", true},
		{"jkt in a cookie", "DPoP, unbound, cookie", []string{"Cookie: token=" + good, proof}, 401, "invalid_token", "Bearer", otherScheme, "Bearer DPoP", true},
		{"jkt in a cookie, one line", "DPoP, cookie", []string{"Cookie: token=" + good, proof}, 401, "invalid_token", "DPoP", otherScheme, "DPoP", true},
		{"jkt in another header", "DPoP, unbound, cookie", []string{"X-Token: " + good, proof}, 401, "invalid_token", "Bearer", otherScheme, "Bearer DPoP", true},
		{"x5t#S256 and jkt under Bearer", mixed, []string{"Authorization: Bearer " + signed(both("alice", "bob")), proof, "X-Cert: bob"}, 401, "invalid_token", "Bearer", otherScheme, "Bearer DPoP", true},
		{"x5t#S256 under DPoP", mixed, []string{"Authorization: DPoP " + signed(x5t("alice")), proof, "X-Cert: alice"}, 401, "invalid_token", "DPoP", otherScheme, "Bearer DPoP", true},
		{"no cnf under DPoP", both2, []string{"Authorization: DPoP " + plain, proof}, 401, "invalid_token", "DPoP", otherScheme, "Bearer DPoP", true},
		{"no cnf under DPoP, one line", dpop, []string{"Authorization: DPoP " + plain, proof}, 401, "invalid_token", "DPoP", notBound, "DPoP", true},
		{"no cnf under Bearer", dpop, []string{"Authorization: Bearer " + plain, proof}, 401, "invalid_token", "DPoP", notBound, "DPoP", true},
		{"no cnf under Bearer, TLS", tls, []string{"Authorization: Bearer " + plain, "X-Cert: alice"}, 401, "invalid_token", "Bearer", notBound, "Bearer", false},
		{"no cnf under Bearer, with TLS beside it", mixed, []string{"Authorization: Bearer " + plain, proof}, 401, "invalid_token", "Bearer", notBound, "Bearer DPoP", true},
		{"no cnf in a cookie", "DPoP, cookie", []string{"Cookie: token=" + plain, proof}, 401, "invalid_token", "DPoP", notBound, "DPoP", true},

		{"no proof", dpop, []string{"Authorization: DPoP " + good}, 401, "invalid_dpop_proof", "DPoP", badProof, "DPoP", true},
		{"two proofs", both2, []string{"Authorization: DPoP " + good, proof, proof}, 401, "invalid_dpop_proof", "DPoP", badProof, "Bearer DPoP", true},
		{"a bad proof", mixed, []string{"Authorization: DPoP " + good, "DPoP: bad"}, 401, "invalid_dpop_proof", "DPoP", badProof, "Bearer DPoP", true},
		{"another key", dpop, []string{"Authorization: DPoP " + good, "DPoP: mallory"}, 401, "invalid_token", "DPoP", otherKey, "DPoP", true},
		{"another certificate", mixed, []string{"Authorization: Bearer " + signed(x5t("alice")), "X-Cert: mallory"}, 401, "invalid_token", "Bearer", otherKey, "Bearer DPoP", true},
		{"no certificate", tls, []string{"Authorization: Bearer " + signed(x5t("alice"))}, 401, "invalid_token", "Bearer", otherKey, "Bearer", false},
		{"both, another certificate", mixed, []string{"Authorization: DPoP " + signed(both("alice", "bob")), proof, "X-Cert: mallory"}, 401, "invalid_token", "DPoP", otherKey, "Bearer DPoP", true},
		{"both, a bad proof", mixed, []string{"Authorization: DPoP " + signed(both("alice", "bob")), "DPoP: bad", "X-Cert: bob"}, 401, "invalid_dpop_proof", "DPoP", badProof, "Bearer DPoP", true},
		{"both bad: the certificate comes first", mixed, []string{"Authorization: DPoP " + signed(both("alice", "bob")), "DPoP: bad"}, 401, "invalid_token", "DPoP", otherKey, "Bearer DPoP", true},
		{"an old nonce", dpop, []string{"Authorization: DPoP " + good, "DPoP: stale"}, 401, "use_dpop_nonce", "DPoP", needsNonce, "DPoP", true},
		{"an old nonce, both lines", both2, []string{"Authorization: DPoP " + good, "DPoP: stale"}, 401, "use_dpop_nonce", "DPoP", needsNonce, "Bearer DPoP", true},
		{"the store is down", both2, []string{"Authorization: DPoP " + good, "DPoP: store down"}, 503, "temporarily_unavailable", "", "", "", true},

		{"a DPoP header beside a good Bearer token", both2, []string{"Authorization: Bearer " + plain, "DPoP: bad"}, 200, "", "", "", "", false},
		{"no cnf in a cookie, unbound", "DPoP, unbound, cookie", []string{"Cookie: token=" + plain}, 200, "", "", "", "", false},
		{"good", dpop, []string{"Authorization: DPoP " + good, proof}, 200, "", "", "", "", true},
		{"good, in any case and with spaces", dpop, []string{"Authorization: dPOP   " + good, proof}, 200, "", "", "", "", true},
		{"good, beside other places", "DPoP, cookie", []string{"Authorization: DPoP " + good, "Cookie: token=x", proof}, 200, "", "", "", "", true},
		{"good, unbound", both2, []string{"Authorization: DPoP " + good, proof}, 200, "", "", "", "", true},
		{"good, by a name with escapes", dpop, []string{"Authorization: DPoP " + signed(strings.Replace(jkt("alice"), "jkt", `\u006akt`, 1)), proof}, 200, "", "", "", "", true},
		{"good by certificate", tls, []string{"Authorization: Bearer " + signed(x5t("alice")), "X-Cert: alice"}, 200, "", "", "", "", false},
		{"good by certificate beside DPoP", mixed, []string{"Authorization: Bearer " + signed(x5t("alice")), "X-Cert: alice"}, 200, "", "", "", "", false},
		{"good by both", mixed, []string{"Authorization: DPoP " + signed(both("alice", "bob")), proof, "X-Cert: bob"}, 200, "", "", "", "", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, more := range []jwthttp.Options{{}, {Realm: "shop", ChallengeScopes: []string{"a", "b"}, ResourceMetadata: "https://api.example.com/.well-known/oauth-protected-resource"}} {
				res := serve(t, boundBy(t, tc.profile, more)).send(t, "GET", tc.lines...)
				if res.StatusCode != tc.status || (res.ran == 1) != (tc.status == 200) || res.ran > 1 {
					t.Fatalf("status %d, next ran %d times: %s", res.StatusCode, res.ran, res.body)
				}
				var want []string
				for scheme := range strings.FieldsSeq(tc.challenged) {
					line := scheme + ` realm="api"`
					if more.Realm != "" {
						line = scheme + ` realm="shop"`
					}
					hasError := slices.Contains(strings.Fields(tc.in), scheme)
					if hasError {
						line += `, error="` + tc.code + `"`
					}
					if more.ChallengeScopes != nil && tc.status == 401 {
						line += `, scope="a b"`
					}
					if hasError {
						line += `, error_description="` + tc.text + `"`
					}
					if scheme == "DPoP" {
						line += `, algs="ES256 EdDSA"`
					}
					if more.ResourceMetadata != "" {
						line += `, resource_metadata="` + more.ResourceMetadata + `"`
					}
					want = append(want, line)
				}
				if got := res.Header["Www-Authenticate"]; !slices.Equal(got, want) {
					t.Errorf("the challenges are\n%q\nwant\n%q", got, want)
				}
				checkNonce(t, res.Header, tc.nonce)
				if retry := res.Header.Get("Retry-After"); (retry == "5") != (tc.status == 503) {
					t.Errorf("Retry-After: %q", retry)
				}
				if tc.nonce || tc.status != 200 {
					if got := res.Header["Cache-Control"]; !slices.Equal(got, []string{"no-store"}) {
						t.Errorf("Cache-Control: %q", got)
					}
				}
				var body struct{ Error string }
				json.Unmarshal([]byte(res.body), &body)
				if tc.status != 200 && body.Error != tc.code {
					t.Errorf("the body has the error %q, want %q", body.Error, tc.code)
				}
			}
		})
	}
}

func checkNonce(t *testing.T, h http.Header, want bool) {
	t.Helper()
	var wanted []string
	if want {
		wanted = []string{"n2"}
	}
	if got := h["Dpop-Nonce"]; !slices.Equal(got, wanted) {
		t.Errorf("DPoP-Nonce: %q, want %q", got, wanted)
	}
}

// What the claim may be.
func TestConfirmationClaim(t *testing.T) {
	a := thumbprint("alice")
	trailing := a[:42] + string(a[42]+1) // has a bit that is in no byte
	for name, cnf := range map[string]string{
		"null": `null`, "a string": `"` + a + `"`, "a list": `[{"jkt":"` + a + `"}]`, "a number": `1`, "true": `true`, "empty": `{}`,
		"null inside": `{"jkt":null}`, "a number inside": `{"jkt":1}`, "a list inside": `{"jkt":["` + a + `"]}`, "an object inside": `{"jkt":{"jkt":"` + a + `"}}`,
		"an empty one": `{"jkt":""}`, "too short": `{"jkt":"` + a[:42] + `"}`, "too long": `{"jkt":"` + a + `A"}`, "padded": `{"jkt":"` + a + `="}`,
		"trailing bits": `{"jkt":"` + trailing + `"}`, "standard base64": `{"jkt":"` + strings.Repeat("/", 42) + `8"}`, "a line break": `{"jkt":"\n` + a[1:] + `"}`,
		"white space": `{"jkt":" ` + a + `"}`, "hex": `{"jkt":"` + strings.Repeat("0f", 32) + `"}`, "a key": `{"jwk":{"kty":"EC"}}`, "a kid": `{"kid":"` + a + `"}`,
		"in another case": `{"JKT":"` + a + `"}`, "one more member": `{"jkt":"` + a + `","x":"` + a + `"}`, "one more before": `{"x":"` + a + `","jkt":"` + a + `"}`,
		"one more that is an object": `{"jkt":"` + a + `","x":{"y":1}}`, "one more that is a list": `{"jkt":"` + a + `","x":[]}`,
		"one more that is null": `{"jkt":"` + a + `","x":null}`, "an empty name": `{"jkt":"` + a + `","":"` + a + `"}`, "an x5t of SHA-1": `{"jkt":"` + a + `","x5t":"` + a[:27] + `"}`,
	} {
		for _, scheme := range []string{"DPoP", "Bearer"} {
			word := ""
			auth := boundBy(t, "DPoP, unbound", jwthttp.Options{OnResult: func(_ *http.Request, res jwthttp.Result) { word = res.Reason }})
			res := serve(t, auth).send(t, "GET", "Authorization: "+scheme+" "+signed(`"cnf":`+cnf), "DPoP: alice")
			if res.StatusCode != 401 || res.ran != 0 || word != "confirmation" {
				t.Errorf("%s under %s: %d, %s", name, scheme, res.StatusCode, word)
			}
		}
	}
	for name, cnf := range map[string]string{"plain": `{"jkt":"` + a + `"}`, "white space": "{ \"jkt\" :\n\"" + a + "\" }", "escapes": `{"\u006Akt":"\u00` + fmt.Sprintf("%02x", a[0]) + a[1:] + `"}`} {
		res := serve(t, boundBy(t, "DPoP", jwthttp.Options{})).send(t, "GET", "Authorization: DPoP "+signed(`"cnf":`+cnf), "DPoP: alice")
		if res.StatusCode != 200 || res.ran != 1 {
			t.Errorf("%s: %d %s", name, res.StatusCode, res.body)
		}
	}
	twice := serve(t, boundBy(t, "DPoP", jwthttp.Options{})).send(t, "GET", "Authorization: DPoP "+signed(`"cnf":{"jkt":"`+a+`","\u006akt":"`+a+`"}`), "DPoP: alice")
	if twice.StatusCode != 401 || twice.ran != 0 {
		t.Errorf("a name twice: %d", twice.StatusCode)
	}
}

// Confirm gets the request, the token and the thumbprint, once, after all rules and before Validate
// and the checks.
func TestConfirm(t *testing.T) {
	dpop, tls := fakeDPoP(), fakeTLS()
	var steps []string
	confirmDPoP, confirmTLS := dpop.confirm, tls.confirm
	token := signed(both("alice", "bob"))
	dpop.confirm = func(r *http.Request, raw string, thumbprint [sha256.Size]byte) error {
		if raw != token || thumbprint != sha256.Sum256([]byte("alice")) || r.URL.Path != "/orders" {
			t.Errorf("Confirm got %s, %s, %x", r.URL, raw, thumbprint)
		}
		steps = append(steps, "DPoP")
		return confirmDPoP(r, raw, thumbprint)
	}
	tls.confirm = func(r *http.Request, raw string, thumbprint [sha256.Size]byte) error {
		if raw != token || thumbprint != sha256.Sum256([]byte("bob")) {
			t.Errorf("Confirm got %s, %x", raw, thumbprint)
		}
		steps = append(steps, "TLS")
		return confirmTLS(r, raw, thumbprint)
	}
	auth := mustNew(t, jwthttp.HS256(secret), jwthttp.Options{Bindings: []jwthttp.Binding{dpop, tls}}, func(context.Context, *jwthttp.Token[AppClaims]) error {
		steps = append(steps, "check")
		return nil
	})
	for _, tc := range []struct{ name, proof, cert, want string }{
		{"good", "alice", "bob", "TLS DPoP check"},
		{"a bad proof", "bad", "bob", "TLS DPoP"},
		{"another certificate", "alice", "mallory", "TLS"},
	} {
		steps = nil
		r := httptest.NewRequest("GET", "/orders", nil)
		r.Header.Set("Authorization", "DPoP "+token)
		r.Header.Set("DPoP", tc.proof)
		r.Header.Set("X-Cert", tc.cert)
		tok, err := auth.Authenticate(r)
		if got := strings.Join(steps, " "); got != tc.want || (err == nil) != (tc.name == "good") {
			t.Errorf("%s: %q, %v", tc.name, got, err)
		}
		if err == nil && (tok.Raw() != token || tok.Source != "header:Authorization") {
			t.Errorf("%v", tok)
		}
	}
}

// The kinds of Confirm's errors, and the texts that a client never sees.
func TestConfirmErrors(t *testing.T) {
	for _, tc := range []struct {
		err         error
		kind        error
		status      int
		word, inner string
	}{
		{proofError{jwthttp.ErrInvalidProof, "htu"}, jwthttp.ErrInvalidProof, 401, "proof", "htu"},
		{proofError{jwthttp.ErrUseNonce, "old"}, jwthttp.ErrUseNonce, 401, "nonce", "old"},
		{errors.Join(jwthttp.ErrInvalidProof, jwthttp.ErrUseNonce), jwthttp.ErrUseNonce, 401, "nonce", ""},
		{proofError{jwthttp.ErrUnavailable, "full"}, jwthttp.ErrUnavailable, 503, "unavailable", "full"},
		{errors.Join(jwthttp.ErrInvalidProof, context.DeadlineExceeded), jwthttp.ErrUnavailable, 503, "unavailable", ""},
		{errors.New("another key"), jwthttp.ErrInvalidToken, 401, "possession", "another key"},
		{proofError{jwthttp.ErrNoToken, "x"}, jwthttp.ErrInvalidToken, 401, "possession", "x"},
		{proofError{jwthttp.ErrForbidden, "x"}, jwthttp.ErrInvalidToken, 401, "possession", "x"},
	} {
		var got jwthttp.Result
		binding := &fakeBinding{member: "jkt", scheme: "DPoP", confirm: func(*http.Request, string, [32]byte) error { return tc.err }}
		opts := jwthttp.Options{Bindings: []jwthttp.Binding{binding}, AllowAnonymous: true, OnResult: func(_ *http.Request, res jwthttp.Result) { got = res }}
		res := serve(t, mustNew[AppClaims](t, jwthttp.HS256(secret), opts)).send(t, "GET", "Authorization: DPoP "+signed(jkt("alice")))
		if res.StatusCode != tc.status || res.ran != 0 || strings.Contains(fmt.Sprint(res.body, res.Header), "htu") {
			t.Errorf("%v: %d, %s", tc.err, res.StatusCode, res.body)
		}
		if got.Reason != tc.word || got.Binding != "jkt" || !strings.Contains(got.Err.Error(), tc.inner) {
			t.Errorf("%v: %+v", tc.err, got)
		}
		kinds := 0
		for _, kind := range []error{
			jwthttp.ErrNoToken, jwthttp.ErrInvalidRequest, jwthttp.ErrInvalidToken, jwthttp.ErrForbidden, jwthttp.ErrInsufficientScope, jwthttp.ErrCrossOrigin,
			jwthttp.ErrUnavailable, jwthttp.ErrMisconfigured, jwthttp.ErrInvalidProof, jwthttp.ErrUseNonce,
		} {
			if errors.Is(got.Err, kind) {
				kinds++
			}
		}
		if kinds != 1 || !errors.Is(got.Err, tc.kind) {
			t.Errorf("%v: %d kinds, %v", tc.err, kinds, got.Err)
		}
	}
}

// Verify sees no request, so it accepts no bound token. With AllowUnbound it accepts the others.
func TestVerifyWithBindings(t *testing.T) {
	for _, tc := range []struct {
		profile, cnf string
		word         string
	}{
		{"DPoP", jkt("alice"), "no request that could prove"},
		{"DPoP, unbound", jkt("alice"), "no request that could prove"},
		{"TLS", x5t("alice"), "no request that could prove"},
		{"DPoP", "", "has no cnf, and Verify has no request that could prove the key of one that has: use Handler"},
		{"DPoP, unbound", `"cnf":{}`, "no request that could prove"},
		{"DPoP, unbound", "", ""},
	} {
		_, err := boundBy(t, tc.profile, jwthttp.Options{}).Verify(t.Context(), signed(tc.cnf))
		switch {
		case tc.word == "" && err != nil:
			t.Errorf("%+v: %v", tc, err)
		case tc.word != "" && (!errors.Is(err, jwthttp.ErrInvalidToken) || !strings.Contains(err.Error(), tc.word)):
			t.Errorf("%+v: %v", tc, err)
		}
	}
	if _, err := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{AllowSenderConstrained: true}).Verify(t.Context(), signed(jkt("alice"))); err != nil {
		t.Error(err)
	}

	// Nor does it take over what a middleware outside has confirmed: its token may come from elsewhere.
	auth := boundBy(t, "DPoP", jwthttp.Options{})
	auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := auth.Verify(r.Context(), signed(jkt("alice"))); err == nil {
			t.Error("Verify accepts a bound token inside a middleware")
		}
	})).ServeHTTP(httptest.NewRecorder(), boundRequest("alice", signed(jkt("alice"))))
}

func boundRequest(proof, token string) *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "DPoP "+token)
	r.Header.Set("DPoP", proof)
	return r
}

// A request that passes several middlewares is confirmed once for each Binding and token.
func TestConfirmedOnce(t *testing.T) {
	type otherClaims struct {
		Subject string `json:"sub"`
	}
	dpop, other, tls := fakeDPoP(), fakeDPoP(), fakeTLS()
	key := jwthttp.HS256(secret)
	a := mustNew[AppClaims](t, key, jwthttp.Options{Bindings: []jwthttp.Binding{dpop}})
	same := mustNew[AppClaims](t, key, jwthttp.Options{Bindings: []jwthttp.Binding{dpop}, AllowUnbound: true})
	typed := mustNew[otherClaims](t, key, jwthttp.Options{Bindings: []jwthttp.Binding{dpop}})
	distinct := mustNew[AppClaims](t, key, jwthttp.Options{Bindings: []jwthttp.Binding{other}})
	more := mustNew[AppClaims](t, key, jwthttp.Options{Bindings: []jwthttp.Binding{dpop, tls}})
	lax := mustNew[AppClaims](t, key, jwthttp.Options{AllowSenderConstrained: true, Extractors: []jwthttp.Extractor{{Source: "header:Authorization", Extract: func(r *http.Request) (string, error) {
		return strings.TrimPrefix(r.Header.Get("Authorization"), "DPoP "), nil
	}}}})
	anonymous := mustNew[AppClaims](t, key, jwthttp.Options{AllowAnonymous: true})
	token, second := signed(jkt("alice")), signed(jkt("alice")+`,"role":"second"`)
	swap := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r = r.Clone(r.Context())
			r.Header.Set("Authorization", "DPoP "+second)
			next.ServeHTTP(w, r)
		})
	}
	for _, tc := range []struct {
		name        string
		chain       alice.Chain
		dpop, other int32
	}{
		{"one", alice.New(a.Handler), 1, 0},
		{"twice", alice.New(a.Handler, a.Handler), 1, 0},
		{"another middleware", alice.New(a.Handler, same.Handler), 1, 0},
		{"another claims type", alice.New(a.Handler, typed.Handler), 1, 0},
		{"the other way round", alice.New(typed.Handler, a.Handler, typed.Handler), 1, 0},
		{"more Bindings", alice.New(more.Handler, a.Handler), 1, 0},
		{"another Binding", alice.New(a.Handler, distinct.Handler, a.Handler), 1, 1},
		{"one that confirms nothing", alice.New(lax.Handler, a.Handler), 1, 0},
		{"one that lets all pass", alice.New(anonymous.Handler, a.Handler), 1, 0},
		{"one between that lets all pass", alice.New(a.Handler, anonymous.Handler, a.Handler), 1, 0},
		{"another token", alice.New(a.Handler, swap, a.Handler), 2, 0},
	} {
		dpop.asked.Store(0)
		other.asked.Store(0)
		ran, w := 0, httptest.NewRecorder()
		tc.chain.ThenFunc(func(http.ResponseWriter, *http.Request) { ran++ }).ServeHTTP(w, boundRequest("alice", token))
		if ran != 1 || dpop.asked.Load() != tc.dpop || other.asked.Load() != tc.other {
			t.Errorf("%s: %d, asked %d and %d times", tc.name, w.Code, dpop.asked.Load(), other.asked.Load())
		}
		checkNonce(t, w.Header(), true)
	}

	// A token of a test proves nothing.
	r := boundRequest("bad", token)
	fake := jwthttp.NewContext(r.Context(), &jwthttp.Token[AppClaims]{})
	if _, err := a.Authenticate(r.WithContext(fake)); !errors.Is(err, jwthttp.ErrInvalidProof) {
		t.Errorf("%v", err)
	}
}

// Guards answer under the scheme of the token, with its header fields.
func TestGuardsOfBoundTokens(t *testing.T) {
	good := "Authorization: DPoP " + signed(jkt("alice")+`,"scope":"a"`)
	scopes := jwthttp.RequireScopes("orders:read", "orders:write")
	forbids := jwthttp.Require(func(AppClaims) error { return errors.New("no") })
	slow := jwthttp.Require(func(AppClaims) error { return context.DeadlineExceeded })
	const scopeError = `, error="insufficient_scope", scope="orders:read orders:write", error_description="` + needsScope + `"`
	for _, tc := range []struct {
		name, profile string
		guard         func(http.Handler) http.Handler
		lines         []string
		status        int
		want          []string
		nonce         bool
	}{
		{"DPoP", "DPoP", scopes, []string{good, "DPoP: alice"}, 403, []string{`DPoP realm="api"` + scopeError + `, algs="ES256 EdDSA"`}, true},
		{"DPoP beside Bearer", "DPoP, unbound", scopes, []string{good, "DPoP: alice"}, 403, []string{`Bearer realm="api"`, `DPoP realm="api"` + scopeError + `, algs="ES256 EdDSA"`}, true},
		{"Bearer", "DPoP, unbound", scopes, []string{"Authorization: Bearer " + signed("")}, 403, []string{`Bearer realm="api"` + scopeError, `DPoP realm="api", algs="ES256 EdDSA"`}, true},
		{"TLS", "TLS", scopes, []string{"Authorization: Bearer " + signed(x5t("alice")), "X-Cert: alice"}, 403, []string{`Bearer realm="api"` + scopeError}, false},
		{"none", "DPoP, unbound, anonymous", scopes, nil, 401, []string{`Bearer realm="api"`, `DPoP realm="api", algs="ES256 EdDSA"`}, true},
		{"Require", "DPoP", forbids, []string{good, "DPoP: alice"}, 403, nil, true},
		{"Require under Bearer", "DPoP, unbound", forbids, []string{"Authorization: Bearer " + signed("")}, 403, nil, false},
		{"Require is slow", "DPoP", slow, []string{good, "DPoP: alice"}, 503, nil, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var results []jwthttp.Result
			auth := boundBy(t, tc.profile, jwthttp.Options{OnResult: func(_ *http.Request, res jwthttp.Result) { results = append(results, res) }})
			server := httptest.NewServer(auth.Handler(tc.guard(http.NotFoundHandler())))
			defer server.Close()
			res := (&site{Server: server}).send(t, "GET", tc.lines...)
			if got := res.Header["Www-Authenticate"]; res.StatusCode != tc.status || !slices.Equal(got, tc.want) {
				t.Errorf("%d, %q", res.StatusCode, got)
			}
			checkNonce(t, res.Header, tc.nonce)
			binding := ""
			if strings.Contains(tc.name, "DPoP") || tc.name == "Require" || tc.name == "Require is slow" {
				binding = "jkt"
			} else if tc.name == "TLS" {
				binding = "x5t#S256"
			}
			for _, r := range results {
				if r.Binding != binding {
					t.Errorf("%+v", r)
				}
			}
		})
	}
}

// A custom error handler may wrap the error, and write with WriteError later. Nothing is lost or
// doubled, also where the handler of a good request has failed.
func TestWriteErrorOfBoundTokens(t *testing.T) {
	handler := func(w http.ResponseWriter, r *http.Request, err error) {
		w.Header().Set("DPoP-Nonce", "n1")
		jwthttp.WriteError(w, r, fmt.Errorf("the gateway: %w", err))
	}
	auth := boundBy(t, "DPoP, unbound", jwthttp.Options{ErrorHandler: handler})
	res := serve(t, auth).send(t, "GET", "Authorization: DPoP "+signed(jkt("alice")), "DPoP: stale")
	want := []string{`Bearer realm="api"`, `DPoP realm="api", error="use_dpop_nonce", error_description="` + needsNonce + `", algs="ES256 EdDSA"`}
	if got := res.Header["Www-Authenticate"]; res.StatusCode != 401 || !slices.Equal(got, want) {
		t.Errorf("%d, %q", res.StatusCode, got)
	}
	checkNonce(t, res.Header, true)

	_, err := auth.Authenticate(boundRequest("bad", signed(jkt("alice"))))
	w := httptest.NewRecorder()
	jwthttp.WriteError(w, httptest.NewRequest("GET", "/", nil), err)
	if got := w.Header()["Www-Authenticate"]; w.Code != 401 || len(got) != 2 || !strings.Contains(got[1], `error="invalid_dpop_proof"`) {
		t.Errorf("%d, %q", w.Code, got)
	}
	checkNonce(t, w.Header(), true)

	// The kinds alone are known too, without a middleware.
	for kind, code := range map[error]string{jwthttp.ErrInvalidProof: "invalid_dpop_proof", jwthttp.ErrUseNonce: "use_dpop_nonce"} {
		w := httptest.NewRecorder()
		jwthttp.WriteError(w, httptest.NewRequest("GET", "/", nil), fmt.Errorf("x: %w", kind))
		if w.Code != 401 || !strings.Contains(w.Body.String(), `"error":"`+code+`"`) {
			t.Errorf("%v: %d, %s", kind, w.Code, w.Body)
		}
	}
}

type (
	sliceBinding struct {
		fakeBinding
		_ []string
	}
	anyBinding struct {
		*fakeBinding
		more any
	}
)

// New refuses what cannot work, and says how to mend it.
func TestBindingOptions(t *testing.T) {
	var typedNil *fakeBinding
	bindings := func(list ...jwthttp.Binding) jwthttp.Options { return jwthttp.Options{Bindings: list} }
	named := func(member, scheme, parameters string) *fakeBinding {
		return &fakeBinding{member: member, scheme: scheme, parameters: parameters}
	}
	for _, tc := range []struct {
		name string
		opts jwthttp.Options
		want string // of the error; "" if there is none
	}{
		{"one", bindings(fakeDPoP()), ""},
		{"two", bindings(fakeDPoP(), fakeTLS()), ""},
		{"two schemes", bindings(fakeDPoP(), named("x", "PoP2", "")), ""},
		{"two without a scheme", bindings(fakeTLS(), named("x", "", "")), ""},
		{"a value that can be compared", bindings(anyBinding{fakeDPoP(), "x"}), ""},
		{"unbound", jwthttp.Options{AllowUnbound: true}, "Options.AllowUnbound needs Options.Bindings: name a Binding, or leave AllowUnbound out"},
		{"AllowSenderConstrained", jwthttp.Options{AllowSenderConstrained: true, Bindings: []jwthttp.Binding{fakeDPoP()}}, "Options.AllowSenderConstrained and Options.Bindings contradict each other: keep Bindings"},
		{"nil", bindings(nil), "Options.Bindings has one that is nil: mind the error of the function that makes it"},
		{"typed nil", bindings(fakeDPoP(), typedNil), "Options.Bindings has one that is nil: mind"},
		{"a slice in it", bindings(&sliceBinding{}), "without a Member"},
		{"not comparable", bindings(anyBinding{fakeDPoP(), []string{}}), "Options.Bindings has a jwthttp_test.anyBinding, which cannot be compared: pass a pointer to it"},
		{"no member", bindings(named("", "", "")), "Options.Bindings has a *jwthttp_test.fakeBinding without a Member: make it with the function of its package, or name the member of cnf"},
		{"a member twice", bindings(fakeDPoP(), named("jkt", "", "")), `Options.Bindings has two for the member "jkt": keep one`},
		{"a scheme twice", bindings(fakeDPoP(), named("x", "dpop", "")), `Options.Bindings has two for the scheme "dpop": keep one`},
		{"one Binding twice", bindings(fakeTLS(), fakeTLS()), `Options.Bindings has two for the member "x5t#S256": keep one`},
		{"no token", bindings(named("x", "a b", "")), `Options.Bindings has one for "x" with the scheme "a b", which cannot be one: use letters, digits and hyphens`},
		{"Bearer", bindings(named("x", "bEARER", "")), `the scheme bEARER, which other credentials have: return ""`},
		{"Basic", bindings(named("x", "basic", "")), `the scheme basic, which other credentials have`},
		{"parameters alone", bindings(named("x", "", `a="b"`)), "parameters and no scheme: name the scheme"},
		{"a line break in the parameters", bindings(named("x", "X", "a=b\r\nSet-Cookie: c")), "use printable ASCII"},
		{"no place for the scheme", jwthttp.Options{Bindings: []jwthttp.Binding{fakeDPoP()}, Extractors: []jwthttp.Extractor{jwthttp.Cookie("token")}}, "no token can come under the scheme DPoP of Options.Bindings: add BearerHeader() to Options.Extractors"},
		{"no place is needed", jwthttp.Options{Bindings: []jwthttp.Binding{fakeTLS()}, Extractors: []jwthttp.Extractor{jwthttp.Cookie("token")}}, ""},
		{"a place in FirstOf", jwthttp.Options{Bindings: []jwthttp.Binding{fakeDPoP()}, Extractors: []jwthttp.Extractor{jwthttp.FirstOf(jwthttp.Cookie("token"), jwthttp.BearerHeader())}}, ""},
	} {
		_, err := jwthttp.New[AppClaims](jwthttp.HS256(secret), tc.opts)
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), "jwthttp: ") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
	list := []jwthttp.Binding{fakeDPoP()}
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{Bindings: list})
	list[0] = nil // New has copied it
	if _, err := auth.Authenticate(boundRequest("alice", signed(jkt("alice")))); err != nil {
		t.Error(err)
	}
}

// What a log says of each refusal, and what Result has.
func TestBoundRefusalTexts(t *testing.T) {
	for _, tc := range []struct {
		name, profile string
		lines         []string
		word, binding string
		texts         []string
	}{
		{"no token", "DPoP", nil, "no_token", "", []string{"looked for Authorization: DPoP, the request has neither"}},
		{"no token, unbound", "DPoP, unbound, cookie", nil, "no_token", "", []string{`looked for Authorization: Bearer and Authorization: DPoP and the cookie "token" and the header X-Token`}},
		{"no token, cookies in vain", "DPoP, cookie", nil, "no_token", "", []string{"looked for Authorization: DPoP, the request"}},
		{"no token, TLS", "TLS", []string{"Authorization: DPoP x"}, "no_token", "", []string{"looked for Authorization: Bearer, the request has Authorization with the scheme DPoP: name the Binding of package dpop in Options.Bindings, or have the client get a token that is not bound to a DPoP key, and send it under Bearer"}},
		{"nothing after it", "DPoP", []string{"Authorization: DPoP"}, "malformed_credential", "", []string{`have the client send "DPoP " and the token`}},
		{"nothing after Bearer", "DPoP", []string{"Authorization: Bearer"}, "malformed_credential", "", []string{`nothing follows the scheme after a space: have the client send "DPoP " and the token`}},
		{"nothing after Bearer, unbound", "DPoP, unbound, cookie", []string{"Authorization: Bearer"}, "malformed_credential", "", []string{`have the client send "Bearer " and the token`}},
		{"a bare token", "DPoP", []string{"Authorization: " + signed("")}, "no_token", "", []string{`looked for Authorization: DPoP, the request has Authorization without "DPoP ": have`}},
		{"a bare token, unbound", "DPoP, unbound, cookie", []string{"Authorization: " + signed("")}, "no_token", "", []string{`the request has Authorization without "Bearer " or "DPoP ": have`}},
		{"two words", "DPoP", []string{"Authorization: DPoP a b"}, "malformed_credential", "", []string{`"DPoP " is followed by more than one word`}},
		{"empty", "DPoP", []string{"Authorization: DPoP " + signed(`"cnf":{}`)}, "confirmation", "", []string{"cnf is empty", "have the issuer"}},
		{"no object", "DPoP", []string{"Authorization: DPoP " + signed(`"cnf":"x"`)}, "confirmation", "", []string{"cnf is not an object of thumbprints"}},
		{"no thumbprint", "DPoP", []string{"Authorization: DPoP " + signed(`"cnf":{"jkt":"x"}`)}, "confirmation", "", []string{"cnf has a member jkt that is not a SHA-256 thumbprint: have the issuer write 43 characters"}},
		{"an odd member", "DPoP, TLS", []string{"Authorization: DPoP " + signed(`"cnf":{"\u2028\u001b":"x"}`)}, "confirmation", "", []string{`cnf has the member "\u2028\x1b", for which there is no Binding`, `by "x5t#S256", "jkt"`}},
		{"unbound", "DPoP", []string{"Authorization: Bearer " + signed("")}, "unbound", "", []string{"the token has no cnf", "AllowUnbound"}},
		{"under Bearer", "DPoP", []string{"Authorization: Bearer " + signed(jkt("alice"))}, "scheme", "jkt", []string{`want a cnf with "jkt" under the scheme DPoP`, "came under Bearer, or in another place"}},
		{"under DPoP", "DPoP, TLS", []string{"Authorization: DPoP " + signed(x5t("alice"))}, "scheme", "x5t#S256", []string{"this one came under DPoP"}},
		{"expired", "DPoP", []string{"Authorization: DPoP " + signHS(secret, plainHeader, `{"exp":1,`+jkt("alice")+`}`)}, "expired", "jkt", []string{"exp is"}},
		{"both", "DPoP, TLS", []string{"Authorization: DPoP " + signed(both("alice", "bob")), "DPoP: bad", "X-Cert: bob"}, "proof", "x5t#S256 jkt", []string{"one good proof is wanted"}},
	} {
		var got jwthttp.Result
		auth := boundBy(t, tc.profile, jwthttp.Options{OnResult: func(_ *http.Request, res jwthttp.Result) { got = res }})
		serve(t, auth).send(t, "GET", tc.lines...)
		if got.Reason != tc.word || got.Binding != tc.binding {
			t.Errorf("%s: %+v", tc.name, got)
			continue
		}
		for _, text := range tc.texts {
			if !strings.Contains(got.Err.Error(), text) {
				t.Errorf("%s: %v\nhas no %q", tc.name, got.Err, text)
			}
		}
		if tc.binding != "" && !strings.Contains(got.LogValue().String(), "binding="+tc.binding) {
			t.Errorf("%s: %v", tc.name, got.LogValue())
		}
	}
}

// Unbound tokens cost the same, whether Bindings are set or not.
func TestBindingsCostUnboundTokensNothing(t *testing.T) {
	if underRace() { // which allocates
		return
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer "+signed(""))
	cost := func(opts jwthttp.Options) float64 {
		auth := mustNew[AppClaims](t, jwthttp.HS256(secret), opts)
		return testing.AllocsPerRun(100, func() {
			if _, err := auth.Authenticate(r); err != nil {
				t.Fatal(err)
			}
		})
	}
	without := cost(jwthttp.Options{})
	if with := cost(jwthttp.Options{Bindings: []jwthttp.Binding{fakeDPoP(), fakeTLS()}, AllowUnbound: true}); with != without {
		t.Errorf("%v allocations, %v without Bindings", with, without)
	}
}

// A Binding that panics is the caller's code as any other. The next request finds all in order.
func TestBindingThatPanics(t *testing.T) {
	dpop := fakeDPoP()
	confirm := dpop.confirm
	dpop.confirm = func(r *http.Request, raw string, thumbprint [sha256.Size]byte) error {
		if r.Header.Get("DPoP") == "panic" {
			panic("out of order")
		}
		return confirm(r, raw, thumbprint)
	}
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{Bindings: []jwthttp.Binding{dpop}})
	for range 10 {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic is lost")
				}
			}()
			auth.Authenticate(boundRequest("panic", signed(jkt("alice"))))
		}()
		tok, err := auth.Authenticate(boundRequest("alice", signed(jkt("alice")+`,"role":"admin"`)))
		if err != nil || tok.Claims.Role != "admin" {
			t.Errorf("%v, %v", tok, err)
		}
	}
}

// Every combination of a token, the way in which it came, and proofs is decided as a few plain
// sentences say.
func TestBoundCombinations(t *testing.T) {
	tokens := map[string]string{} // by the keys in cnf: of jkt, of x5t#S256
	for keys, cnf := range map[string]string{"": "", "alice ": jkt("alice"), " bob": x5t("bob"), "alice bob": both("alice", "bob"), "?": `"cnf":{"kid":"alice"}`} {
		tokens[keys] = signed(cnf)
	}
	for _, profile := range []string{"DPoP", "DPoP, unbound", "TLS", "TLS, unbound", "DPoP, TLS", "DPoP, TLS, unbound"} {
		hasDPoP, hasTLS, unbound := strings.Contains(profile, "DPoP"), strings.Contains(profile, "TLS"), strings.Contains(profile, "unbound")
		ran := 0
		h := boundBy(t, profile+", cookie", jwthttp.Options{}).Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { ran++ }))
		for keys, token := range tokens {
			for _, way := range []string{"Authorization: Bearer ", "Authorization: DPoP ", "Cookie: token=", "X-Token: "} {
				for _, proofs := range []string{"", "alice", "mallory", "bad", "alice alice"} {
					for _, cert := range []string{"", "bob", "mallory"} {
						r := httptest.NewRequest("GET", "/", nil)
						name, before, _ := strings.Cut(way, ": ")
						r.Header.Set(name, before+token)
						for proof := range strings.FieldsSeq(proofs) {
							r.Header.Add("DPoP", proof)
						}
						if cert != "" {
							r.Header.Set("X-Cert", cert)
						}
						ran = 0
						w := httptest.NewRecorder()
						h.ServeHTTP(w, r)

						jkt, x5t, _ := strings.Cut(keys, " ")
						isDPoP := name == "Authorization" && before == "DPoP "
						want := keys != "?" && (keys != "" || unbound) && (jkt != "") == isDPoP &&
							(jkt == "" || hasDPoP && proofs == jkt) && (x5t == "" || hasTLS && cert == x5t)
						if (ran == 1) != want || (w.Code == 200) != want || ran > 1 {
							t.Errorf("%s: cnf of %q by %q, proofs %q, certificate %q: %d, next ran %d times", profile, keys, way, proofs, cert, w.Code, ran)
						}
					}
				}
			}
		}
	}
}
