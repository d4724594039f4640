package jwks_test

import (
	"crypto"
	"crypto/ecdh"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

func toPEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// certificatePEM returns a certificate that expired in 1990, and that another key has signed.
func certificatePEM(key crypto.Signer) string {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "securetoken.system.gserviceaccount.com"},
		NotBefore: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	return toPEM("CERTIFICATE", must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), edKey("ca"))))
}

func publicPEM(key crypto.Signer) string {
	return toPEM("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(key.Public())))
}

func privatePEM(key crypto.Signer) string {
	return toPEM("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(key)))
}

// pemMap returns a map of kids to PEM texts, from pairs of both.
func pemMap(pairs ...string) string {
	var members []string
	for i := 0; i < len(pairs); i += 2 {
		members = append(members, string(must(json.Marshal(pairs[i])))+": "+string(must(json.Marshal(pairs[i+1]))))
	}
	return "{\n  " + strings.Join(members, ",\n  ") + "\n}\n"
}

// Each rule for a single member of a map is tested, beside good ones.
func TestParsePEM(t *testing.T) {
	p384, p521 := newECKey(elliptic.P384()), newECKey(elliptic.P521())
	small := newRSAKey(1024)
	ed := edKey("odd")
	cert := certificatePEM(rsaKey())
	offCurve := must(x509.MarshalPKIXPublicKey(ecKey().Public()))
	offCurve[len(offCurve)-1] ^= 1
	for _, tc := range []struct {
		name      string
		kid       string
		text      string
		algorithm string // "" if the key is skipped
		private   crypto.Signer
		reason    string
	}{
		{"a certificate of RSA, expired and signed by another", "odd", cert, "RS256", rsaKey(), ""},
		{"a certificate of P-256", "odd", certificatePEM(ecKey()), "ES256", ecKey(), ""},
		{"a certificate of P-384", "odd", certificatePEM(p384), "ES384", p384, ""},
		{"a certificate of Ed25519", "odd", certificatePEM(ed), "EdDSA", ed, ""},
		{"a public key of RSA", "odd", publicPEM(rsaKey()), "RS256", rsaKey(), ""},
		{"a public key of P-256", "odd", publicPEM(ecKey()), "ES256", ecKey(), ""},
		{"a public key of P-521", "odd", publicPEM(p521), "ES512", p521, ""},
		{"a public key of Ed25519", "odd", publicPEM(ed), "EdDSA", ed, ""},
		{"lines that end with CR LF", "odd", strings.ReplaceAll(cert, "\n", "\r\n"), "RS256", rsaKey(), ""},
		{"no line break at its end", "odd", strings.TrimSpace(cert), "RS256", rsaKey(), ""},
		{"white space at its end", "odd", cert + " \n\n", "RS256", rsaKey(), ""},
		{"a kid of 256 bytes", strings.Repeat("k", 256), cert, "RS256", rsaKey(), ""},

		{"two certificates", "odd", cert + certificatePEM(ecKey()), "", rsaKey(), "it has more than one PEM block"},
		{"a damaged block before a good one", "odd", "-----BEGIN CERTIFICATE-----\nAAAA\n" + cert, "", rsaKey(), "it has more than one PEM block"},
		{"something after it", "odd", cert + "x", "", rsaKey(), "something follows its PEM block"},
		{"no end", "odd", cert[:len(cert)-10], "", rsaKey(), "its PEM block is damaged"},
		{"the beginning alone", "odd", "-----BEGIN", "", nil, "its PEM block is damaged"},
		{"line breaks lost", "odd", strings.ReplaceAll(cert, "\n", ""), "", rsaKey(), "its PEM block is damaged"},
		{"line breaks escaped twice", "odd", strings.ReplaceAll(cert, "\n", `\n`), "", rsaKey(), "its PEM block is damaged"},
		{"an empty certificate", "odd", toPEM("CERTIFICATE", nil), "", nil, "its certificate cannot be read"},
		{"a certificate cut short", "odd", toPEM("CERTIFICATE", make([]byte, 100)), "", nil, "its certificate cannot be read"},
		{"a public key that says certificate", "odd", toPEM("CERTIFICATE", must(x509.MarshalPKIXPublicKey(rsaKey().Public()))), "", rsaKey(), "its certificate cannot be read"},
		{"a certificate that says public key", "odd", strings.ReplaceAll(cert, "CERTIFICATE", "PUBLIC KEY"), "", rsaKey(), "its public key cannot be read"},
		{"a key off its curve", "odd", toPEM("PUBLIC KEY", offCurve), "", ecKey(), "its public key cannot be read"},
		{"an RSA public key of PKCS 1", "odd", toPEM("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&rsaKey().PublicKey)), "", rsaKey(), `of the kind "RSA PUBLIC KEY", and not CERTIFICATE or PUBLIC KEY`},
		{"a request for a certificate", "odd", toPEM("CERTIFICATE REQUEST", must(x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, rsaKey()))), "", rsaKey(), "of the kind"},
		{"a private key", "odd", privatePEM(rsaKey()), "", rsaKey(), "the issuer has to replace it, because it publishes a private key"},
		{"an RSA private key", "odd", toPEM("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey())), "", rsaKey(), "publishes a private key"},
		{"a private key after its certificate", "odd", cert + privatePEM(rsaKey()), "", rsaKey(), "publishes a private key"},
		{"RSA of 1024 bits", "odd", publicPEM(small), "", small, "2048 to 8192 bits, not 1024"},
		{"P-224", "odd", publicPEM(newECKey(elliptic.P224())), "", nil, "its type (*ecdsa.PublicKey) is not supported: use RSA, EC of P-256, P-384 or P-521, or Ed25519"},
		{"X25519", "odd", toPEM("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(must(ecdh.X25519().GenerateKey(rand.Reader)).Public()))), "", nil, "its type (*ecdh.PublicKey) is not supported"},
		{"a certificate of Ed448", "odd", toPEM("CERTIFICATE", must(base64.StdEncoding.DecodeString(ed448Certificate))), "", nil, "its key is an Ed448 key, which is not supported: use RSA, EC of P-256, P-384 or P-521, or Ed25519"},
		{"DSA", "odd", dsaPEM(), "", nil, "its type (*dsa.PublicKey) is not supported"},
		{"Ed25519 of small order", "odd", toPEM("PUBLIC KEY", append(must(x509.MarshalPKIXPublicKey(ed.Public()))[:12], make([]byte, 32)...)), "", nil, "order"},
		{"a kid of 257 bytes", strings.Repeat("k", 257), cert, "", rsaKey(), "cannot be the kid of a token"},
		{"a kid with a line break", "a\nb", cert, "", rsaKey(), "cannot be the kid of a token"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set, err := jwks.Parse([]byte(pemMap("a", publicPEM(edKey("a")), tc.kid, tc.text, "b", certificatePEM(edKey("b")))))
			if err != nil {
				t.Fatal(err)
			}
			wantToken(t, set.Keys, token("a"), nil)
			wantToken(t, set.Keys, token("b"), nil)
			if tc.algorithm != "" {
				wantSkipped(t, set.Skipped)
				for _, algorithm := range algorithmsOf(tc.private) {
					want := jwthttp.ErrUnknownKey
					if algorithm == tc.algorithm {
						want = nil
					}
					wantToken(t, set.Keys, tokenOf(algorithm, tc.kid, tc.private), want)
				}
				return
			}
			wantSkipped(t, set.Skipped, fmt.Sprintf("key 2 (kid %.40q): …", tc.kid)+tc.reason)
			for _, algorithm := range algorithmsOf(tc.private) {
				wantToken(t, set.Keys, tokenOf(algorithm, "odd", tc.private), jwthttp.ErrUnknownKey)
			}
			_, err = jwks.Parse([]byte(pemMap(tc.kid, tc.text)))
			wantError(t, err, nil, "it has no key that can be used\nkey 1 (kid")
		})
	}
}

// ed448Certificate is of openssl 3.0, in base64.
const ed448Certificate = "MIIBeTCB+qADAgECAhRV468DwdzGZBFBTCja2RN+sFqXSDAFBgMrZXEwDDEKMAgGA1UEAwwBYTAgFw0yNjExMjkwNTQyNDlaGA8yMTI2MTEwNTA1NDI0OVowDDEKMAgGA1UEAwwBYTBDMAUGAytlcQM6AL7N7oXCyoVvUxUQeU8MG2qihAkfq3a9mGVADhGXe/hqkbEwOJjvKRiwR6XVcj2QukUHpHpEo220gKNTMFEwHQYDVR0OBBYEFCilmQi91GBHIjf9VZIZ/jQzLJw8MB8GA1UdIwQYMBaAFCilmQi91GBHIjf9VZIZ/jQzLJw8MA8GA1UdEwEB/wQFMAMBAf8wBQYDK2VxA3MAcVTG+pUVEfzxXsVvucVCvZ0rjB23ITssgqXW57XM/Wp9xbVwTj4Sy1ALYMBgVNaeje/FjL4zVqUAOAIFdx3iW8iKA1WK+7rk2fGdzHiP9O/jqc1S3yJ5nkSuOP/BTm82j+SWrEbL2EKG7h1CTC4grBAA"

// dsaPEM returns a DSA public key, which the standard library reads and does not write.
func dsaPEM() string {
	one := big.NewInt(1)
	return toPEM("PUBLIC KEY", must(asn1.Marshal(struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}{
		pkix.AlgorithmIdentifier{
			Algorithm:  asn1.ObjectIdentifier{1, 2, 840, 10040, 4, 1},
			Parameters: asn1.RawValue{FullBytes: must(asn1.Marshal(struct{ P, Q, G *big.Int }{one, one, one}))},
		},
		asn1.BitString{Bytes: must(asn1.Marshal(one))},
	})))
}

// A document is a map of PEM texts only if all of its members are such texts.
func TestParsePEMMap(t *testing.T) {
	ed := edJWK("a", "a")
	pemOf := func(name string) string { return string(must(json.Marshal(publicPEM(edKey(name))))) }
	a, b := pemOf("a"), pemOf("b")
	for _, tc := range []struct {
		name   string
		text   string
		keys   int
		reason string
	}{
		{"one", `{"a":` + a + `}`, 1, ""},
		{"two, and a byte order mark", "\ufeff" + `{"a":` + a + `,"b":` + b + `}`, 2, ""},
		{"escapes", `{"\u0061":"\u002d` + a[2:] + `}`, 1, ""},
		{"two kids of one key", `{"a":` + a + `,"b":` + a + `}`, 2, ""},
		{"an empty kid", `{"":` + a + `}`, 1, ""},
		{"beside keys", `{"a":` + b + `,"keys":[` + ed + `]}`, 1, ""},
		{"beside null for keys", `{"a":` + a + `,"keys":null}`, 0, `its member "keys" is not PEM text`},
		{"a kid twice", `{"a":` + a + `,"a":` + b + `}`, 0, "duplicate name"},
		{"a kid twice, escaped", `{"a":` + a + `,"\u0061":` + b + `}`, 0, "duplicate name"},
		{"a member that is empty", `{"a":` + a + `,"b":""}`, 0, `it is not a map of kids to certificates, for its member "b" is not PEM text: the issuer has to mend that`},
		{"a member that is null", `{"b":null,"a":` + a + `}`, 0, `its member "b" is not PEM text`},
		{"a member that is an object", `{"a":` + a + `,"b":{}}`, 0, `its member "b" is not PEM text`},
		{"a space before the text", `{"b":" ` + a[1:] + `,"a":` + a + `}`, 0, `its member "b" is not PEM text`},
		{"a text in an array", `{"a":[` + a + `]}`, 0, "no member keys"},
		{"the name keys", `{"keys":` + a + `}`, 0, "keys is not an array"},
		{"invalid UTF-8 in a text", `{"a":` + a + `,"b":"-----BEGIN` + "\xff" + `"}`, 1, ""},
		{"truncated", `{"a":` + a, 0, "not a JSON key set"},
		{"something after it", `{"a":` + a + `}x`, 0, "not a JSON key set"},
		{"in an array", `[{"a":` + a + `}]`, 0, "it is a JSON array"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set, err := jwks.Parse([]byte(tc.text))
			if tc.keys == 0 {
				if wantError(t, err, nil, tc.reason); set.Keys != nil || set.Skipped != nil {
					t.Errorf("Parse returned %v, %v", set, err)
				}
				return
			}
			if err != nil || len(set.Keys) != tc.keys {
				t.Fatalf("Parse returned %v, %v", set, err)
			}
			wantToken(t, set.Keys, token("a"), nil)
			wantToken(t, set.Keys, signed("b", "a"), jwthttp.ErrInvalidToken)
		})
	}
}

// A source renews a map as it renews a key set. A key that moves from one form to the other stays
// the same key.
func TestSourceOfPEMMap(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider()
		told := &events{}
		p.set(func() {
			p.body = pemMap("rs", certificatePEM(rsaKey()), "a", publicPEM(edKey("a")), "bad", toPEM("CERTIFICATE", nil), "ec", publicPEM(ecKey()))
		})
		d := protect(t, p, jwks.Options{OnEvent: told.add})
		want := func(events string) {
			t.Helper()
			synctest.Wait()
			if got := told.take(); got != events {
				t.Errorf("events %q, want %q", got, events)
			}
		}
		d.want(t, 200, token("a"))
		d.want(t, 200, tokenOf("RS256", "rs", rsaKey()))
		d.want(t, 200, tokenOf("ES256", "ec", ecKey()))
		want("fetched, key added rs, key added a, key added ec, key skipped bad")
		p.set(func() { p.body = keySet(rsaJWK("rs", rsaKey()), edJWK("a", "a"), ecJWK("ec", ecKey())) })
		wantRefresh(t, d.Source, "")
		want("fetched")
		p.set(func() { p.body = pemMap("a", publicPEM(edKey("b"))) })
		d.want(t, 200, signed("b", "a"))
		want("fetched, key added a, key removed rs, key removed a, key removed ec")
		d.want(t, 401, token("a"))
		want("fetched") // of the token: its key may have been replaced again
	})
}

// The limits of a key set are those of a map.
func TestParseManyPEM(t *testing.T) {
	var pairs []string
	for i := range 150 {
		pairs = append(pairs, fmt.Sprint(i), publicPEM(edKey(fmt.Sprint(i))))
	}
	set, err := jwks.Parse([]byte(pemMap(pairs...)))
	if err != nil || len(set.Keys) != 100 {
		t.Fatalf("%d keys, %v", len(set.Keys), err)
	}
	wantSkipped(t, set.Skipped, "the issuer has to remove old keys: the last 50 are ignored")
	wantToken(t, set.Keys, token("99"), nil)
	wantToken(t, set.Keys, token("100"), jwthttp.ErrUnknownKey)
}
