package dpop_test

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/jwthttp/jwthttp/dpop"
)

// A requirement is a MUST or a SHOULD of RFC 9449 for a resource server, or for a client where the
// Transport is meant. Lower-case demands of the RFC are in it too.
type requirement struct {
	section, rule string
	where         string // the code that keeps it; "" where it is not for this package
	tests         string // of this package, or with "root:" of package jwthttp
}

var requirements = []requirement{
	{"4.2", "typ is dpop+jwt", "Verifier.readHeader", "TestBadProofs"},
	{"4.2", "alg is not none and not symmetric", "Verifier.add, Verifier.algorithmOf", "TestBadProofs TestNewErrors"},
	{"4.2", "jwk has no private key", "readKey", "TestBadProofs TestBadKeys"},
	{"4.2", "the payload has jti, htm, htu and iat", "readClaims", "TestBadProofs"},
	{"4.2", "a client makes jti unique, with 96 random bits or more", "Key.proof", "TestProofsOfAKey"},
	{"4.2", "with an access token the payload has ath, the SHA-256 of its ASCII in base64url", "isDigest, Key.proof", "TestExampleOfTheRFC TestBadProofs TestProofsOfAKey"},
	{"4.2", "after a DPoP-Nonce the payload has nonce", "Verifier.checkTimes, Transport.prove", "TestNonces TestTransportAndNonces"},
	{"4.3 (1)", "there is not more than one DPoP header", "splitProof", "TestHeaderField"},
	{"4.3 (2)", "it is one well-formed JWT", "splitProof, scratch.object", "TestBadProofs FuzzProof"},
	{"4.3 (3)", "all required claims are there", "readClaims", "TestBadProofs FuzzProof"},
	{"4.3 (4)", "typ is dpop+jwt", "Verifier.readHeader", "TestBadProofs"},
	{"4.3 (5)", "alg is registered, asymmetric, supported and accepted", "Verifier.algorithmOf", "TestBadProofs TestGoodProofs"},
	{"4.3 (6)", "the signature verifies with jwk", "Verifier.Confirm", "TestBadProofs TestPayloadAfterSignature"},
	{"4.3 (7)", "jwk has no private key", "readKey", "TestBadProofs"},
	{"4.3 (8)", "htm is the method", "Verifier.checkRequest", "TestBadProofs"},
	{"4.3 (9)", "htu is the URI without query and fragment", "Verifier.checkRequest", "TestURLs TestServers TestTargetsOnTheWire"},
	{"4.3 (10)", "nonce is that of the server", "Verifier.checkTimes", "TestNonces TestNonceRotation"},
	{"4.3 (11)", "the time of the proof, or that of its nonce, is in a window", "Verifier.checkTimes", "TestTimes TestNoncesExpire TestNoncesAhead TestNoncesStandForIat"},
	{"4.3 (12)", "ath is the hash of the token", "Verifier.Confirm", "TestBadProofs TestRefusedProofIsNotUsedUp"},
	{"4.3 (12)", "the token is bound to the key of the proof", "Verifier.Confirm", "TestAnotherKey"},
	{"4.3", "htu is compared in the normal form of RFC 3986 sections 6.2.2 and 6.2.3", "syntax.NormalURL", "TestURLs"},
	{"6", "whether a token is bound is known, and to which key", "cnf in package jwthttp", "root:TestConfirmationClaim"},
	{"6.1", "jkt is the SHA-256 thumbprint of RFC 7638 in base64url", "jwk.Thumbprint, Key.Thumbprint", "TestExampleOfTheRFC TestKeys TestGoodProofs"},
	{"7", "a client sends token and proof with each request", "Transport.prove", "TestTransport TestTransportAndVerifier"},
	{"7.1", "for a DPoP token a proof is there, good, and by its key; else there is no access", "package jwthttp", "root:TestConfirm root:TestBoundAnswers"},
	{"7.1", "a challenge has error where a token was refused, and algs", "Verifier.Scheme, package jwthttp", "TestScheme root:TestBoundAnswers"},
	{"7.1", "CORS exposes WWW-Authenticate and DPoP-Nonce", "", ""},
	{"7.2", "a bound token under Bearer is refused", "package jwthttp", "root:TestBoundAnswers"},
	{"7.2", "without credentials a challenge has no error; else the scheme that was tried has it", "package jwthttp", "root:TestBoundAnswers"},
	{"7.3", "a client makes a new proof when it tries again", "Transport.RoundTrip", "TestTransportAndNonces TestReplays"},
	{"8, 9", "nonces are unpredictable", "Nonces", "TestNonces"},
	{"8, 9", "an answer has one DPoP-Nonce at most", "Verifier.Answer", "TestAnswer"},
	{"8, 9", "a request that needs a nonce is refused without", "Verifier.checkTimes", "TestNonces"},
	{"8.1", "a nonce is of printable ASCII without quote and backslash", "Nonces.at, Transport.prove", "TestNonces TestTransportAndNonces"},
	{"8.2", "a client uses the newest nonce of its server, and of no other", "Transport.prove", "TestTransportKeepsNonces"},
	{"8.2", "an answer with DPoP-Nonce is not stored", "Verifier.Answer", "TestAnswer"},
	{"9", "use_dpop_nonce is a 401 with DPoP-Nonce", "errNoNonce, package jwthttp", "TestNonces root:TestBoundAnswers"},
	{"11.1", "a proof is good for a short time", "Options.MaxAge", "TestTimes TestNewErrors"},
	{"11.1", "a proof is good once, for as long as it would be accepted", "Verifier.use, Memory", "TestReplays TestReplayIsRememberedLongEnough TestSimultaneousReplays TestMemoryContract"},
	{"11.1", "jti has a limit, or its hash is stored: both", "readClaims, useID", "TestBadProofs TestStoreIsAsked"},
	{"11.1", "iat may be a little ahead", "Verifier.checkTimes", "TestTimes"},
	{"11.2", "nonces are not predictable, so that no proof is made in advance", "Nonces", "TestNonces"},
	{"11.3", "with nonces no proof without one is accepted", "Verifier.checkTimes", "TestNonces"},
	{"11.5", "typ is checked, so that no other JWT is a proof", "Verifier.readHeader", "TestBadProofs"},
	{"11.6", "only asymmetric algorithms that are secure are accepted, and never none", "Verifier.add", "TestNewErrors TestBadProofs TestBadKeys"},
}

// Each test that the table names exists.
func TestRequirements(t *testing.T) {
	exists := map[string]bool{}
	for prefix, pattern := range map[string]string{"": "*_test.go", "root:": "../*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			tree, err := parser.ParseFile(gotoken.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range tree.Decls {
				if f, ok := d.(*ast.FuncDecl); ok {
					exists[prefix+f.Name.Name] = true
				}
			}
		}
	}
	for _, r := range requirements {
		if (r.where == "") != (r.tests == "") {
			t.Errorf("%s %s: code and test go together", r.section, r.rule)
		}
		for _, name := range strings.Fields(r.tests) {
			if !exists[name] {
				t.Errorf("%s %s: there is no test %s", r.section, r.rule, name)
			}
		}
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
