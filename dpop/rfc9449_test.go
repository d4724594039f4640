package dpop_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/jwthttp/jwthttp/dpop"
)

// docs/bound-tokens.md has each MUST and SHOULD of RFC 9449 and RFC 8705 for a server, with the code
// that keeps it and the test that proves it. All of them exist.
func TestBoundTokensPage(t *testing.T) {
	page, err := os.ReadFile("../docs/bound-tokens.md")
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile("\\[`(\\w+)`\\]\\(([^)]+\\.go)\\)")
	rules := 0
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		if !strings.HasPrefix(line, "| ") || cells[0] == "section" {
			continue
		}
		if rules++; len(cells) != 4 || !link.MatchString(cells[3]) || !strings.Contains(cells[2], "](") {
			t.Errorf("the row has no section, rule, code and test: %s", line)
			continue
		}
		for i, pattern := range map[int]string{2: `(?m)^(func (\([^)]+\) )?|\t)%s\b`, 3: `(?m)^func %s\(`} {
			for _, m := range link.FindAllStringSubmatch(cells[i], -1) {
				text, err := os.ReadFile(filepath.Join("../docs", m[2]))
				if err != nil || !regexp.MustCompile(fmt.Sprintf(pattern, m[1])).Match(text) {
					t.Errorf("%s does not declare %s, %v", m[2], m[1], err)
				}
				if i == 3 && !strings.HasPrefix(m[1], "Test") && !strings.HasPrefix(m[1], "Fuzz") {
					t.Errorf("%s is not a test", m[1])
				}
			}
		}
	}
	if rules < 40 {
		t.Errorf("%d rules: the page has more", rules)
	}
}

// go-jose makes a proof, as another client does.
func TestProofOfGoJose(t *testing.T) {
	s := p256()
	options := (&jose.SignerOptions{EmbedJWK: true}).WithType("dpop+jwt")
	other, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: s.private}, options)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := other.Sign([]byte(payload().String()))
	if err != nil {
		t.Fatal(err)
	}
	proof, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	if err := confirm(verifier(t, dpop.Options{}), s, proof); err != nil {
		t.Error(err)
	}
}

// go-jose reads a proof of ours.
func TestGoJoseReadsProofs(t *testing.T) {
	for _, s := range []signer{p256(), edwards(), newSigner(rsa2048(), "PS256")} {
		key := newKey(t, s.private)
		proof, err := key.Proof("GET", base+target, token, "")
		if err != nil {
			t.Fatal(err)
		}
		signed, err := jose.ParseSignedCompact(proof, []jose.SignatureAlgorithm{jose.ES256, jose.EdDSA, jose.PS256})
		if err != nil {
			t.Fatal(err)
		}
		jwk := signed.Signatures[0].Header.JSONWebKey
		if jwk == nil || !jwk.IsPublic() {
			t.Fatalf("%s: jwk %v", s.alg, jwk)
		}
		if _, err := signed.Verify(jwk); err != nil {
			t.Errorf("%s: %v", s.alg, err)
		}
	}
}
