package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/cmd/jwthttp/internal/explain"
	"github.com/jwthttp/jwthttp/jwthttptest"
)

// explained has the reason and a part of the mend of each fault of the test kit.
var explained = map[jwthttptest.Fault][2]string{
	jwthttptest.Expired:            {"expired", "the token expired 6m"},
	jwthttptest.NotYetValid:        {"not_yet_valid", "s ahead"},
	jwthttptest.NoExpiry:           {"missing_claim", "the token has no exp"},
	jwthttptest.TextExpiry:         {"claims", "exp is a string"},
	jwthttptest.WrongIssuer:        {"issuer", "exactly \"https://other-issuer.example.com\", if you trust it"},
	jwthttptest.NoIssuer:           {"issuer", "the token has no iss"},
	jwthttptest.WrongAudience:      {"audience", "and not for"},
	jwthttptest.NoAudience:         {"audience", "the token has no aud"},
	jwthttptest.WrongType:          {"type", "a logout token"},
	jwthttptest.ForgedSignature:    {"signature", "the keys are not those that signed the token"},
	jwthttptest.UnknownKeyID:       {"unknown_key", "no key has the kid"},
	jwthttptest.TamperedClaims:     {"signature", "or it was changed after it was signed"},
	jwthttptest.NoSignature:        {"malformed_token", "has no signature"},
	jwthttptest.AlgNone:            {"malformed_token", `its alg is "none"`},
	jwthttptest.HS256WithPublicKey: {"unknown_key", "everybody can read: it is a forgery"},
	jwthttptest.HS256WithNoSecret:  {"unknown_key", "an empty secret"},
	jwthttptest.UnknownIDNoSecret:  {"unknown_key", "an empty secret"},
	jwthttptest.EmbeddedKey:        {"unknown_key", "for which nobody vouches"},
	jwthttptest.UnknownCritical:    {"header", "the header has crit"},
	jwthttptest.SenderConstrained:  {"sender_constrained", "is bound to"},
	jwthttptest.DuplicateClaims:    {"claims", `"exp" is twice in the payload`},
	jwthttptest.InvalidUTF8:        {"claims", "not valid UTF-8"},
	jwthttptest.Truncated:          {"signature", "the token was cut off"},
	jwthttptest.Oversized:          {"token_too_large", "no option allows more than 65536 bytes"},
}

func TestEveryFaultOfTheTestKit(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	local := []string{"-issuer", iss.URL, "-audience", iss.Audience, "-key", keySetOf(t, iss)}
	remote := []string{"-discover", iss.URL, "-audience", iss.Audience}
	for _, fault := range jwthttptest.Faults() {
		want, ok := explained[fault]
		if !ok {
			t.Errorf("no reason is expected for the fault %q", fault)
		}
		for name, config := range map[string][]string{"file": local, "discovery": remote} {
			for _, algorithm := range []jwthttptest.Algorithm{jwthttptest.RS256, jwthttptest.PS512, jwthttptest.ES256, jwthttptest.ES384, jwthttptest.ES512, jwthttptest.EdDSA} {
				t.Run(fmt.Sprintf("%s/%s/%s", fault, name, algorithm), func(t *testing.T) {
					token := iss.Token(t, jwt.MapClaims{"sub": "alice"}, algorithm, fault)
					expectFirstLine(t, token, mistake{flags: config, reason: want[0], says: want[1]})
					r := asJSON(t, token, config...)
					if name == "discovery" && strings.Contains(r.Findings[0].Mend, "Options.Issuer") {
						t.Errorf("keys of discovery are bound to their issuer: %s", r.Findings[0].Mend)
					}
					if len(r.Findings) != 1 {
						t.Errorf("got %d findings, want 1: %+v", len(r.Findings), r.Findings)
					}
				})
			}
		}
	}
}

// keySetOf writes the key set of an issuer to a file and returns its name.
func keySetOf(t *testing.T, iss *jwthttptest.Issuer) string {
	t.Helper()
	w := httptest.NewRecorder()
	iss.ServeHTTP(w, httptest.NewRequest("GET", "/.well-known/openid-configuration", nil))
	_, address, _ := strings.Cut(w.Body.String(), `"jwks_uri":"`)
	address, _, _ = strings.Cut(address, `"`)
	w = httptest.NewRecorder()
	iss.ServeHTTP(w, httptest.NewRequest("GET", address, nil))
	return writeFile(t, w.Body.Bytes())
}

func writeFile(t *testing.T, content []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestNothingIsWrongWithGoodTokens(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	hmac := explain.Setup{Options: iss.Options()}
	if err := hmac.AddSecret(iss.Secret(), "the secret", "", ""); err != nil {
		t.Fatal(err)
	}
	document, err := os.ReadFile(keySetOf(t, iss))
	if err != nil {
		t.Fatal(err)
	}
	keySet := explain.Setup{Options: iss.Options()}
	if err := keySet.AddKeys(document, "the key set", "", ""); err != nil {
		t.Fatal(err)
	}
	lax := keySet
	lax.Options = jwthttp.Options{AllowAnyAudience: true, AllowMissingExpiry: true, AllowSenderConstrained: true, Leeway: time.Minute, MaxAge: time.Hour}
	now := time.Now()
	public := []jwthttptest.Algorithm{jwthttptest.RS256, jwthttptest.RS512, jwthttptest.PS256, jwthttptest.ES256, jwthttptest.ES384, jwthttptest.ES512, jwthttptest.EdDSA}
	n := 0
	for i := range 100 {
		for j, claims := range []jwt.MapClaims{
			{"sub": fmt.Sprint("user-", i)},
			{"aud": []string{"other", iss.Audience}, "nbf": now.Unix() - int64(i)},
			{"exp": float64(now.Unix()) + 1000.5, "roles": []string{"admin", strings.Repeat("x", i)}},
			{"nested": map[string]any{"a": map[string]any{"b": i}}, "name": "Zoë \u202e \x00 <b>"},
			{"typ": "Bearer", "azp": "web", "scope": "openid", "at_hash": "x", "iat": now.Unix() - int64(i)},
		} {
			for name, c := range map[string]struct {
				setup  explain.Setup
				option jwthttptest.TokenOption
			}{"secret": {hmac, jwthttptest.HS256}, "key set": {keySet, public[n/2%len(public)]}} {
				n++
				if r := explain.Explain(t.Context(), iss.Token(t, claims, c.option), c.setup); r.Verdict != explain.Good || len(r.Findings) > 0 {
					t.Fatalf("token %d.%d, %s: got %s: %+v", i, j, name, r.Verdict, r.Findings)
				}
			}
		}
		lenient := iss.Token(t, jwt.MapClaims{"cnf": map[string]string{"jkt": "x"}}, jwthttptest.NoExpiry, jwthttptest.WrongAudience, jwthttptest.WrongIssuer)
		if r := explain.Explain(t.Context(), lenient, lax); r.Verdict != explain.Good {
			t.Fatalf("got %s: %+v", r.Verdict, r.Findings)
		}
	}
	if n != 1000 {
		t.Errorf("%d tokens, want 1000", n)
	}
}
