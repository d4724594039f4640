package conformance

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/c2sp/wycheproof"

	"github.com/jwthttp/jwthttp/internal/jwk"
	"github.com/jwthttp/jwthttp/internal/jws"
)

// A vectorGroup is what is needed of a group in a file of Project Wycheproof.
type vectorGroup struct {
	PublicKeyDer    string
	TagSize         int
	Public, Private json.RawMessage
	Comment         string
	Tests           []struct {
		ID      int `json:"tcId"`
		Comment string
		Result  string
		Msg     string
		Sig     string
		Key     string
		Tag     string
		JWS     string
	}
}

func vectors(t *testing.T, name string) []vectorGroup {
	t.Helper()
	data, err := fs.ReadFile(wycheproof.TestVectors, name+"_test.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ TestGroups []vectorGroup }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	return file.TestGroups
}

// verdict asks with and without a memory, and with the memory a second time. All three agree.
func verdict(t *testing.T, v jws.Verifier, input, sig string) bool {
	t.Helper()
	remembering := jws.NewWorkspace(8)
	ok, _ := v.Verify(input, sig, jws.NewWorkspace(0))
	first, _ := v.Verify(input, sig, remembering)
	again, _ := v.Verify(input, sig, remembering)
	if first != ok || again != ok {
		t.Errorf("%t without a memory, with one %t and then %t", ok, first, again)
	}
	return ok
}

func fromHex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Every signature of these files is judged as Project Wycheproof judges it. "acceptable" ones,
// which are PKCS #1 v1.5 signatures without the NULL of RFC 8017 appendix A.2.4, are refused.
func TestWycheproofSignatures(t *testing.T) {
	files := map[string]string{
		"ecdsa_secp256r1_sha256_p1363": "ES256", "ecdsa_secp384r1_sha384_p1363": "ES384", "ecdsa_secp521r1_sha512_p1363": "ES512", "ed25519": "EdDSA",
		"rsa_pss_2048_sha256_mgf1_32": "PS256", "rsa_pss_3072_sha256_mgf1_32": "PS256", "rsa_pss_4096_sha256_mgf1_32": "PS256",
		"rsa_pss_2048_sha384_mgf1_48": "PS384", "rsa_pss_4096_sha384_mgf1_48": "PS384", "rsa_pss_4096_sha512_mgf1_64": "PS512",
	}
	for _, bits := range []string{"2048", "3072", "4096", "8192"} {
		for _, hash := range []string{"256", "384", "512"} {
			files["rsa_signature_"+bits+"_sha"+hash] = "RS" + hash
		}
	}
	for name, algorithm := range files {
		t.Run(name, func(t *testing.T) {
			valid, invalid := 0, 0
			for _, group := range vectors(t, name) {
				key, err := x509.ParsePKIXPublicKey(fromHex(t, group.PublicKeyDer))
				if err != nil {
					t.Fatal(err)
				}
				verifier, err := jws.NewVerifier(algorithm, key)
				if err != nil {
					t.Fatal(err)
				}
				for _, tc := range group.Tests {
					sig := base64.RawURLEncoding.EncodeToString(fromHex(t, tc.Sig))
					got := verdict(t, verifier, string(fromHex(t, tc.Msg)), sig)
					if got != (tc.Result == "valid") {
						t.Errorf("%d, %s: %t, want %s", tc.ID, tc.Comment, got, tc.Result)
					}
					if got {
						valid++
					} else {
						invalid++
					}
				}
			}
			if valid == 0 || invalid == 0 {
				t.Errorf("%d are valid and %d are not", valid, invalid)
			}
		})
	}
}

// Every HMAC of full length is judged as Project Wycheproof judges it. A short one, and a key that
// is shorter than the hash, are refused.
func TestWycheproofHMAC(t *testing.T) {
	for name, algorithm := range map[string]string{"hmac_sha256": "HS256", "hmac_sha384": "HS384", "hmac_sha512": "HS512"} {
		t.Run(name, func(t *testing.T) {
			var bits int
			fmt.Sscanf(algorithm, "HS%d", &bits)
			valid := 0
			for _, group := range vectors(t, name) {
				for _, tc := range group.Tests {
					secret := fromHex(t, tc.Key)
					verifier, err := jws.NewVerifier(algorithm, secret)
					if isShort := len(secret)*8 < bits; (err != nil) != isShort {
						t.Fatalf("%d, a secret of %d bytes: %v", tc.ID, len(secret), err)
					}
					if err != nil {
						continue
					}
					got := verdict(t, verifier, string(fromHex(t, tc.Msg)), base64.RawURLEncoding.EncodeToString(fromHex(t, tc.Tag)))
					if want := tc.Result == "valid" && group.TagSize == bits; got != want {
						t.Errorf("%d, %s: %t, want %t", tc.ID, tc.Comment, got, want)
					}
					if got {
						valid++
					}
				}
			}
			if valid == 0 {
				t.Error("none is valid")
			}
		})
	}
}

// Every token is judged as Project Wycheproof judges it, and without exception if it is invalid.
// The rules of this module refuse some valid ones: an empty payload, characters that are not of
// base64url, and the group base64, whose secret is all zeros.
func TestWycheproofTokens(t *testing.T) {
	stricter := []string{"emptyPayload", "InvalidCharacterInsertedInHeader", "InvalidCharacterInsertedInPayload"}
	valid := 0
	for _, group := range vectors(t, "json_web_signature") {
		for _, tc := range group.Tests {
			t.Run(fmt.Sprint(tc.ID, " ", group.Comment, " ", tc.Comment), func(t *testing.T) {
				got := accepts(t, group, tc.JWS)
				if want := tc.Result == "valid" && group.Comment != "base64" && !slices.Contains(stricter, tc.Comment); got != want {
					t.Errorf("%t, want %s", got, tc.Result)
				}
				if got {
					valid++
				}
			})
		}
	}
	if valid == 0 {
		t.Error("none is valid")
	}
}

// accepts reports whether a token passes the form, the header, the signature and base64.
func accepts(t *testing.T, group vectorGroup, raw string) bool {
	t.Helper()
	parts, err := jws.Split(raw, 64<<10, false)
	if err != nil {
		return false
	}
	header, err := jws.NewWorkspace(0).ReadHeader(parts.Header)
	if err != nil {
		return false
	}
	text := group.Public
	if text == nil {
		text = group.Private
	}
	var oct struct{ Kty, K, Alg string }
	if err := json.Unmarshal(text, &oct); err != nil {
		t.Fatal(err)
	}
	var material any
	if oct.Kty == "oct" {
		if material, err = base64.RawURLEncoding.DecodeString(oct.K); err != nil {
			t.Fatal(err)
		}
	} else if k, err := jwk.Parse(text, jwk.Lenient); err == nil {
		material = k.Public
	} else {
		return false // a key for encryption
	}
	algorithm := oct.Alg
	if strings.HasPrefix(group.Comment, "rfc7520") || algorithm == "" { // their alg is wrong: one is ES521
		algorithm = header.Algorithm
	}
	verifier, err := jws.NewVerifier(algorithm, material)
	if err != nil || header.Algorithm != algorithm {
		return false
	}
	if !verdict(t, verifier, parts.SigningInput, parts.Signature) {
		return false
	}
	_, err = jws.NewWorkspace(0).Payload(parts.Payload)
	return err == nil
}
